/*
 * Who still has something of mounts that were taken off. Runs in a worker that
 * has entered the cell.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "cell/graft.h"

enum { GRAFT_MOUNTS_MAX = 1024 };

/* One row of a task's mountinfo. */
struct graft_row {
	uint64_t id, parent_id;
	dev_t device;	    /* of the file system */
	bool is_taken;	    /* it is, or lies below, what is taken off */
	const char *target; /* in the mounts' @text */
};

struct graft_mounts {
	struct text text;
	struct graft_row rows[GRAFT_MOUNTS_MAX];
	size_t n_rows;
	const struct graft_row *top; /* of what is taken; NULL: not found */
	bool is_cut;		     /* there were more */
};

/*
 * Read our own mounts, of which the one with @id, and those below it, are to be
 * taken off. @proc_fd: a /proc of the host. 0 or -errno.
 */
int graft_mounts_read(int proc_fd, uint64_t id, struct graft_mounts *ret);

struct graft_search {
	int proc_fd;   /* of the host */
	int cgroup_fd; /* the cell's; -1: it has none */
	int userns_fd; /* the cell's; all its tasks are in it */
	int root_fd;   /* the root of the cell */
	int taken_fd;  /* the root of what was taken off */
	int socket_fd; /* to the manager: closed, nobody wants to know */
	pid_t init_pid;
	uint64_t deadline_ms; /* on the monotonic clock */
	const struct graft_mounts *mounts;
};

/* Fill in what was found. */
void graft_holders_find(const struct graft_search *s, struct graft_result *ret);

/* Milliseconds on the monotonic clock. */
uint64_t graft_clock(void);
