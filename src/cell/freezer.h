/*
 * Keeping the tasks of some cells from running for a moment.
 *
 * Three ways, of which the best that works is taken for each cell:
 * cgroup.freeze, where the cell has a cgroup of the second version; the freezer
 * of the first, into which its tasks are moved and from which they go back; and
 * SIGSTOP, for whoever has neither: that needs nothing, but the tasks' parents
 * are told of it. All three break off a system call that waits, which lets go
 * of the descriptors that only it held.
 *
 * See the kernel's admin-guide/cgroup-v2 (cgroup.freeze, cgroup.events),
 * cgroup-v1/freezer-subsystem, and signal(7).
 *
 * Nothing stays frozen: a task of its own thaws everything should we die or
 * hang.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/crew.h"
#include "cell/sever.h"

enum { FREEZER_NAME_MAX = 32 };

struct freezer_cell {
	uint64_t id;
	pid_t init;
	int cgroup_fd; /* -1: it has none */
	enum sever_freezer way;
	bool is_frozen; /* all of it, surely */
	/* FREEZER_CGROUP1: the directory that it is in for now. */
	int v1_fd;
	/* FREEZER_STOP: what we have stopped, and what others had. */
	struct crew crew, stopped, stopped_before;
	uint64_t switches; /* of all its threads together */
	bool is_still;	   /* they all stood, when last seen */
};

struct freezer {
	struct freezer_cell *cells;
	size_t n;
	int v1_fd;		     /* our own freezer cgroup; -1 */
	char name[FREEZER_NAME_MAX]; /* in front of what we make there */
	int priority;		     /* ours, when nothing is frozen */
	pid_t guard;		     /* -1: none */
	int guard_fd;
};

/*
 * For these cells; their cgroups stay the caller's. @name: of this manager, the
 * same for all its workers. 0 or -errno.
 */
int freezer_init(struct freezer *f, const struct sever_cell *cells, size_t n,
		 const char *name);
/* They must have been thawed. */
void freezer_fini(struct freezer *f);

/*
 * Freeze them all, within the times that sever.h tells; which of them are, see
 * is_frozen. What is still frozen @guard_ms later is thawed even if we hang.
 */
void freezer_freeze(struct freezer *f, enum sever_freezer wanted,
		    unsigned guard_ms);
/* Thaw them all. is_frozen then says which have been frozen up to here. */
void freezer_thaw(struct freezer *f);

/* Thaw whatever a worker of this manager, or of one that is gone, has left
 * frozen when it was killed together with its guard. */
void freezer_thaw_stale(int cells_fd, const char *name);
