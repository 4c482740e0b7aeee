/* What the manager orders a worker to do with a cell's mounts; see graft.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/plan.h"

enum graft_deed { GRAFT_DEED_MOUNT, GRAFT_DEED_UNMOUNT };

/* The descriptors of an order; the last is there if the cell has a cgroup. */
enum {
	GRAFT_FD_USERNS,
	GRAFT_FD_MOUNTS,
	GRAFT_FD_PIDFD,
	GRAFT_FD_CGROUP,

	N_GRAFT_FDS,
};

struct graft_order {
	enum graft_deed deed;
	uint32_t budget_ms;
	/* The cell. */
	pid_t init_pid;
	uint32_t uid, gid;
	bool is_root, is_mapped, has_readonly;
	/* The mount. */
	uint32_t rights;
	enum plan_mount_kind kind;
	char target[PLAN_PATH_MAX + 1];
	char source[PLAN_PATH_MAX + 1];
	char subpath[PLAN_PATH_MAX + 1]; /* "": the source itself */
};
