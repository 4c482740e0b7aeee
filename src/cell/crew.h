/*
 * The tasks of a cell, as they are at one time: from its cgroup, or where there
 * is none, by descending from its init, to which the kernel gives all orphans.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A list of pids. */
struct crew {
	pid_t *pids;
	size_t n, size;
};

#define CREW_INIT                                                              \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

void crew_fini(struct crew *c);

/* 0 or -ENOMEM. */
int crew_add(struct crew *c, pid_t pid);
bool crew_has(const struct crew *c, pid_t pid);
bool crew_is_equal(const struct crew *a, const struct crew *b);

/*
 * Read the list anew, the eldest first. @cgroup_fd: the cell's directory; -1:
 * it has none, so descend from @init. 0 or -errno; -ESRCH: there is none left.
 */
int crew_read(struct crew *c, pid_t init, int cgroup_fd);
