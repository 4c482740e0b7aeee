/*
 * A cell as the manager sees it: the sandbox around one component's tasks.
 *
 * A cell begins as a blank taken from the launcher, is sent its plan once, and
 * reports what becomes of it. The cell's init is a child of the manager: its
 * pidfd becomes readable when every task of the cell is gone, and cell_reap()
 * collects it. Nothing here blocks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/failure.h"
#include "cell/layer.h"
#include "cell/plan.h"

enum { CELL_GROUPS_MAX = 5 };

struct cell {
	uint64_t id; /* counts from 1 in each launcher; 0: no cell */
	pid_t pid;   /* of the cell's init */
	int pidfd;
	int socket_fd;		  /* to the init; watch for EPOLLIN */
	int userns_fd, mounts_fd; /* its user and its mount namespace */
	int cgroup_fd;		  /* O_PATH directory; -1 if it has no cgroup */
	uint32_t uid, gid;	  /* host ids of the component's user */
	bool is_root;		  /* the manager opens the mounts */
	uint32_t layers;	  /* CELL_LAYER_* that the cell is made with */
	uint32_t lacking;	  /* those it should have had, and cannot */
	bool is_reaped;
	char cgroup[256]; /* path, for people; "" if none */
	/* Lists of tasks of further cgroups, to be entered with the plan; see
	 * budget_enter(). */
	int group_fds[CELL_GROUPS_MAX];
	size_t n_groups;
};

#define CELL_INIT                                                              \
	{                                                                      \
		.pid = -1, .pidfd = -1, .socket_fd = -1, .userns_fd = -1,      \
		.mounts_fd = -1, .cgroup_fd = -1,                              \
	}

enum cell_verdict {
	CELL_OK,
	CELL_AGAIN,   /* nothing to read now */
	CELL_CLOSED,  /* the init has closed its end: see the pidfd */
	CELL_REFUSED, /* the plan cannot be carried out; see the failure */
	CELL_RUNNING, /* not ended yet */
};

/* What a component's main task starts with. -1: /dev/null. */
struct cell_files {
	int stdin_fd, stdout_fd, stderr_fd;
	/* From descriptor 3 upward, in this order: the bootstrap channel, or
	 * sockets to listen on. */
	const int *fds;
	size_t n_fds;
};

enum { CELL_FILES_MAX = 32 };

/*
 * Send the plan, once. The descriptors stay the caller's, who will mostly close
 * them now. As root this opens the plan's mounts. 0; CELL_REFUSED, with
 * *ret_why filled (nothing was sent: kill the cell); or -errno.
 */
int cell_send_plan(struct cell *c, const struct plan *plan,
		   const struct cell_files *files,
		   struct cell_failure *ret_why);

enum cell_event_type {
	/* Listening sockets of the plan's services [first, first + n). */
	CELL_EVENT_LISTENERS,
	/* Writable directories of the plan's dirs [first, first + n); give them
	 * to cell_bind_service(). */
	CELL_EVENT_DIRS,
	CELL_EVENT_STARTED, /* the program runs */
	CELL_EVENT_FAILED,  /* it never did, see the failure; the cell ends */
	CELL_EVENT_EXITED,  /* the main task ended; the rest is being killed */
};

enum { CELL_EVENT_FDS_MAX = 200 };

struct cell_event {
	enum cell_event_type type;
	uint32_t first;
	size_t n_fds;
	int fds[CELL_EVENT_FDS_MAX]; /* the reader's to close */
	uint32_t missing; /* STARTED: CELL_LAYER_* this system could not give */
	int code, signal; /* EXITED: exit code, or the signal that ended it */
	struct cell_failure failure;
};

/* Closes descriptors that were not taken (set a taken one to -1). */
void cell_event_fini(struct cell_event *e);

/*
 * The next event. 0; CELL_AGAIN; CELL_CLOSED; or a fault: -EPROTO when the init
 * talks nonsense (kill the cell).
 */
int cell_read_event(struct cell *c, struct cell_event *ret);

/* Signal the main task, or every task of the cell but its init. 0 or -errno. */
int cell_signal(struct cell *c, int signo, bool all);

/* Have the init let somebody in, who is at the other end of @desk_fd, which
 * stays the caller's; see guest.h. 0 or -errno. */
int cell_send_guest(struct cell *c, int desk_fd);

/* End every task of the cell, now. Harmless on one that has ended. */
void cell_kill(struct cell *c);

/*
 * After the pidfd became readable: CELL_RUNNING, or 0 and how the init ended
 * (the main task's exit code, or 128 + its signal).
 */
int cell_reap(struct cell *c, int *ret_status);

/* Kills the cell if it still runs, reaps it if it has ended, closes all. */
void cell_fini(struct cell *c);

/*
 * Listen on one more socket in a directory of the cell (CELL_EVENT_DIRS). 0 and
 * the listening, non-blocking SOCK_SEQPACKET socket; or -errno. Another one of
 * this name is replaced.
 */
int cell_bind_service(struct cell *c, int dir_fd, const char *name,
		      int *ret_fd);
/* Take a name away. Connections and the listener live on until closed. */
int cell_unbind_service(struct cell *c, int dir_fd, const char *name);
