/*
 * Why a cell could not be made: the stage that failed, what the kernel said,
 * and the sentence a person reads.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"

enum cell_stage {
	CELL_STAGE_NONE,
	/* In the launcher. */
	CELL_STAGE_LAUNCHER, /* the launcher itself is gone */
	CELL_STAGE_CGROUP,
	CELL_STAGE_CLONE,  /* namespaces */
	CELL_STAGE_IDS,	   /* uid and gid maps */
	CELL_STAGE_FILTER, /* compiling the seccomp filter */
	/* In the blank. */
	CELL_STAGE_USER,    /* becoming the cell's user */
	CELL_STAGE_PRIVATE, /* cutting mount propagation */
	CELL_STAGE_ROOT,    /* the root tmpfs */
	CELL_STAGE_HOST,    /* the host's /usr and loader */
	CELL_STAGE_ETC,
	CELL_STAGE_DEV,
	CELL_STAGE_PROC,
	CELL_STAGE_TMP,
	CELL_STAGE_GRANTS,
	CELL_STAGE_SYSCTL,
	/* With the plan. */
	CELL_STAGE_PLAN,    /* sending or reading it */
	CELL_STAGE_SOURCE,  /* opening a mount's source on the host */
	CELL_STAGE_IDMAP,   /* giving storage to the cell's user */
	CELL_STAGE_ATTACH,  /* putting a mount into the cell */
	CELL_STAGE_SERVICE, /* making a service's socket */
	CELL_STAGE_PIVOT,
	CELL_STAGE_PRIVILEGES,
	CELL_STAGE_LANDLOCK,
	CELL_STAGE_SECCOMP,
	CELL_STAGE_PARENT, /* the manager died meanwhile */
	CELL_STAGE_FORK,
	CELL_STAGE_STDIO,
	CELL_STAGE_LIMIT,
	CELL_STAGE_CWD,
	CELL_STAGE_EXEC,
	/* In a running cell; see graft.h. */
	CELL_STAGE_WORKER,
	CELL_STAGE_ENTER,  /* its namespaces */
	CELL_STAGE_DETACH, /* taking a mount off */
	/* Layers that the kernel lacks though the configuration requires them.
	 */
	CELL_STAGE_REQUIRED,

	N_CELL_STAGES,
};

/* What an exec failure, or a refused environment, turned out to be. */
enum cell_reason {
	CELL_REASON_NONE,
	CELL_REASON_NO_LOADER, /* detail: the ELF interpreter that is missing */
	CELL_REASON_NO_INTERPRETER, /* detail: the one after #! */
	CELL_REASON_OTHER_MACHINE,  /* detail: for which machine */
	CELL_REASON_NOT_A_PROGRAM,  /* neither ELF nor #! */
	CELL_REASON_NOT_EXECUTABLE, /* lacks the x bit */
	CELL_REASON_NOEXEC,    /* the mount it is on lacks the execute right */
	CELL_REASON_APPARMOR,  /* user namespaces restricted by AppArmor */
	CELL_REASON_NO_USERNS, /* user.max_user_namespaces is 0 */
	CELL_REASON_ROOT_USERNS, /* kernel.unprivileged_userns_clone is 0 */
	CELL_REASON_LIMIT, /* a count of tasks, namespaces or files is used up
			    */

	N_CELL_REASONS,
};

struct cell_failure {
	enum cell_stage stage;
	int error; /* errno, 0 if none */
	enum cell_reason reason;
	uint32_t layers;  /* CELL_STAGE_REQUIRED: the missing ones */
	char detail[256]; /* mostly a path; "" if none; zero-terminated */
};

/* Fill in @f; @detail may be NULL. */
void cell_failure_set(struct cell_failure *f, enum cell_stage stage, int error,
		      enum cell_reason reason, const char *detail);

/* What the system's settings say about an error at this stage. Reads sysctls.
 */
enum cell_reason cell_failure_reason(enum cell_stage stage, int error);

/* One sentence: what did not work, and what to do about it. */
void cell_failure_render(const struct cell_failure *f, struct text *t);
