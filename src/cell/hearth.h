/*
 * The place where the cgroups of one manager's cells are: a directory
 * "reeve-PID" in the manager's own cgroup, with one child for each cell.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "sys/cgroup.h"

struct hearth {
	int parent_fd, fd; /* -1: no cgroup2 tree that we may use */
	int error; /* why not; -errno */
	char name[32];
	char path[CGROUP_PATH_MAX]; /* of the directory, as seen from the root */
};

/* Find and make it; a failure is kept in @h. Removes what managers that have
 * died left behind. */
void hearth_open(struct hearth *h, pid_t manager_pid);

/* The cgroup of cell @id. 0 or -errno. */
int hearth_new_cgroup(struct hearth *h, uint64_t id, int *ret_fd,
		      char ret_path[static 256]);
void hearth_drop_cgroup(struct hearth *h, uint64_t id);

/* Kill whatever runs below. */
void hearth_kill(struct hearth *h);

/* Remove it all. */
void hearth_remove(struct hearth *h);
