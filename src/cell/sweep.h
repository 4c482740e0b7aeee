/*
 * Looking for targets in the descriptor tables of a cell's tasks.
 *
 * Each descriptor is copied here (pidfd_getfd(2)), asked for its cookie, and
 * closed: that never calls into what it may be. A sweep of cells that run looks
 * at each task's table once, quickly; what hides from it is for the sweep of
 * frozen cells, which looks everywhere: at threads with tables of their own,
 * and at what is on its way in sockets' queues (see
 * flight.h). Documented in pidfd_getfd(2), kcmp(2), socket(7) (SO_COOKIE) and
 * proc_pid_fd(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/flight.h"
#include "cell/sever.h"
#include "cell/targets.h"

struct sweep {
	struct targets targets;
	bool is_thorough; /* all tables and queues; they must not run */
	int quit_fd;	  /* when its other end closes, nothing matters */
	uint64_t end_us, cell_end_us; /* of the time there is */
	struct flight flight;

	uint32_t problems;			      /* of this cell so far */
	uint32_t n_tasks, n_descriptors, n_in_flight; /* of all */
	unsigned n_looks; /* since the clock was read */
	bool is_over;	  /* time is up, for this cell or for all */
	bool is_unwanted; /* the manager has closed its end */
};

/* The clock that the times above are of. */
uint64_t sweep_clock_us(void);

/* The targets are @what; what becomes of them goes to @found. 0 or -errno. */
int sweep_init(struct sweep *s, const struct sever_target *what,
	       struct sever_found *found, size_t n, int quit_fd);
void sweep_fini(struct sweep *s);

/* Should this cell, or all, be left now? */
bool sweep_is_over(struct sweep *s);

/* A descriptor that may be an end of a target, or lead to one; takes it. */
void sweep_descriptor(struct sweep *s, int take_fd);

/* Begin with another cell, or with sockets of our own, for so long at most. */
void sweep_begin_cell(struct sweep *s, uint32_t cell_ms);

/*
 * Look at all tasks of a cell. @cgroup_fd: -1 if it has none. Its init is our
 * own code, which holds nothing of the component's and makes itself undumpable:
 * that an ordinary user may not look at it is no problem of the cell's.
 */
void sweep_cell(struct sweep *s, pid_t init, int cgroup_fd);
