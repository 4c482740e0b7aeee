/*
 * The place where the cgroups of one manager's cells are: a directory
 * "reeve-PID" in the manager's own cgroup, with one child for each cell. The
 * pid is the launcher's, which makes and removes it.
 */
#pragma once

#include <stdint.h>

#include "sys/cgroup.h"

struct hearth {
	int parent_fd, fd; /* -1: no cgroup2 tree that we may use */
	int error;	   /* why not; -errno */
	char name[32];
	char path[CGROUP_PATH_MAX]; /* of the directory, as seen from the root
				     */
};

/* Find and make it, named after this task; a failure is kept in @h. Removes
 * what launchers that were killed have left behind. */
void hearth_open(struct hearth *h);

/* The cgroup of cell @id. 0 or -errno. */
int hearth_new_cgroup(struct hearth *h, uint64_t id, int *ret_fd,
		      char ret_path[static 256]);
void hearth_drop_cgroup(struct hearth *h, uint64_t id);

/* Kill whatever runs below. */
void hearth_kill(struct hearth *h);

/* Remove it all. */
void hearth_remove(struct hearth *h);
