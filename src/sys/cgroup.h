/*
 * Control groups of the second version: finding a place where we may make some,
 * and what is done with them. No controller is needed to freeze and to kill.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { CGROUP_PATH_MAX = 1024 };

/*
 * The directory of our own cgroup in the cgroup2 tree. 0; -ENOENT when no such
 * tree is mounted; or another -errno.
 */
int cgroup_find_own(char ret[CGROUP_PATH_MAX]);

/* Where version 1 keeps a controller ("memory") for us, for limits that the
 * second version cannot set there. 0; -ENOENT; or another -errno. */
int cgroup_find_v1(const char *controller, char ret[CGROUP_PATH_MAX]);

/* Make a child cgroup and open it (O_PATH directory). 0 or -errno. */
int cgroup_new(int parent_fd, const char *name, int *ret);
/* Remove an empty child. 0 or -errno: -EBUSY while there are tasks. */
int cgroup_remove(int parent_fd, const char *name);

/* May tasks of ours be moved to, or born in, this cgroup? */
bool cgroup_is_usable(int fd);

/*
 * Kill all tasks in a cgroup: cgroup.kill, then SIGKILL for those it overlooks
 * (a thread group whose leader has ended). 0 or -errno.
 */
int cgroup_kill(int fd);

/* Freeze or thaw; the effect takes a moment, see cgroup_is_frozen(). */
int cgroup_freeze(int fd, bool freeze);
/* 1, 0 or -errno. */
int cgroup_is_frozen(int fd);
/* Does it, or do its children, hold a living task? 1, 0 or -errno. */
int cgroup_is_populated(int fd);
