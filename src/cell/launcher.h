/*
 * The launcher: a small process that makes blank cells ahead of time, and that
 * tidies up after a manager that was killed.
 *
 * It is forked from the manager at its very start, before there is memory worth
 * copying or a descriptor worth leaking. It lives in a session of its own,
 * ignores what a terminal sends, and ends when the manager's end of its socket
 * is closed: then it kills every cell that is left, removes their cgroups,
 * unlinks the registered paths, and exits.
 *
 * All calls here run in the manager and none of them blocks, but
 * launcher_start() and launcher_stop().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/cell.h"
#include "cell/failure.h"
#include "cell/layer.h"
#include "cell/work.h"

enum { LAUNCHER_POOL_DEFAULT = 2, LAUNCHER_POOL_MAX = 32 };

struct launcher_config {
	unsigned pool;	   /* blanks kept ready; 0: the default */
	uint32_t layers;   /* CELL_LAYER_* to use; 0: all */
	uint32_t required; /* a start fails without these; 0: the default */
};

struct launcher {
	pid_t pid;
	int pidfd;
	int socket_fd; /* watch for EPOLLIN, then launcher_process() */
	bool is_root;  /* cells get user ids of their own */
	uint32_t layers, required;

	struct cell blanks[LAUNCHER_POOL_MAX];
	unsigned n_blanks, n_asked, pool;
	struct cell_failure failure;
	bool has_failure;
};

#define LAUNCHER_INIT                                                          \
	{                                                                      \
		.pid = -1, .pidfd = -1, .socket_fd = -1,                       \
	}

enum launcher_verdict {
	LAUNCHER_OK,
	LAUNCHER_EMPTY,	 /* no blank yet: one was asked for, watch socket_fd */
	LAUNCHER_FAILED, /* no blank can be made; see the failure */
};

/*
 * Fork the launcher. Call while the process is single-threaded, before it has
 * opened or allocated much, and from the thread that will live longest: its end
 * is what kills the cells. 0 or -errno.
 */
int launcher_start(struct launcher *l, const struct launcher_config *config);

/*
 * Read what the launcher sent; when socket_fd is readable. 0, or -EPIPE when
 * the launcher is gone (no more cells can be made), or another fault.
 */
int launcher_process(struct launcher *l);

/*
 * Take a blank cell, and ask for the next one. LAUNCHER_EMPTY: ask again after
 * the next launcher_process(). LAUNCHER_FAILED: *ret_why says why; the next
 * call tries anew. @ret is the caller's to end with cell_fini().
 */
int launcher_take(struct launcher *l, struct cell *ret,
		  struct cell_failure *ret_why);

/*
 * Have @path unlinked (or rmdir'd, if it is an empty directory; a cgroup with
 * all below it) should the manager die before it takes it back. The path is
 * absolute. 0 or -errno.
 */
int launcher_register_path(struct launcher *l, const char *path);
int launcher_unregister_path(struct launcher *l, const char *path);

/*
 * Have @name in the directory @at_fd erased with all that is in it, however
 * long that takes, by a task of its own; see erase.h. @at_fd stays the
 * caller's. 0, when it was asked for, or -errno.
 */
int launcher_erase(struct launcher *l, int at_fd, const char *name);

/*
 * Have work of @kind done by a task of its own, with @n bytes and @n_fds
 * descriptors that tell it what to do (at most WORK_BYTES_MAX, WORK_FDS_MAX;
 * they stay the caller's); see work.h. 0 and a non-blocking socket to it in
 * *ret_fd, to be watched: closing it ends the work, and it closes when the work
 * is done or could not be begun. Or -errno. How many workers there are at a
 * time is the caller's to bound: each costs a task and a copy of the launcher's
 * memory.
 */
int launcher_work(struct launcher *l, enum work_kind kind, const void *bytes,
		  size_t n, const int *fds, size_t n_fds, int *ret_fd);

/*
 * Let the launcher tidy up and wait until it has, at most @timeout_ms: the
 * orderly end. Blanks that are left are killed. 0, or -ETIMEDOUT.
 */
int launcher_stop(struct launcher *l, int timeout_ms);
