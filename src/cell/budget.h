/*
 * Budgets: what the tasks of a realm, with everything below it, may have of
 * memory, processor time and tasks.
 *
 * A budget is a directory in each cgroup hierarchy that has a controller for
 * it, inside its parent's directory: children live inside their parent's
 * budget, and nothing that is created below creates resources. Which mechanism
 * enforces a limit differs from system to system, and is told for each limit: a
 * cgroup tree of version 2 whose controllers were delegated to us, else
 * hierarchies of version 1, else limits of single tasks, which the plan carries
 * (see budget_plan()), else nothing.
 *
 * No call waits for tasks to end. A directory whose tasks are still on their
 * way out is removed later, by budget_root_tidy().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell/cell.h"
#include "cell/launcher.h"

struct budget_limits {
	uint64_t memory_min; /* bytes that others cannot take away */
	uint64_t memory_max; /* bytes, swap included */
	uint32_t cpu_share;  /* weight among siblings, 1..10000; usual: 100 */
	uint32_t cpu_max;    /* percent of one core */
	uint32_t tasks_max;  /* threads and cells' inits included */
};			     /* 0: not limited here */

enum budget_limit {
	BUDGET_MEMORY_MIN,
	BUDGET_MEMORY_MAX,
	BUDGET_CPU_SHARE,
	BUDGET_CPU_MAX,
	BUDGET_TASKS_MAX,
	N_BUDGET_LIMITS,
};

enum budget_mechanism {
	BUDGET_BY_NOTHING,
	BUDGET_BY_RLIMIT, /* each task, or each cell, by itself */
	BUDGET_BY_V1,
	BUDGET_BY_V2,
};

#define BUDGET_UNKNOWN UINT64_MAX

/* What a budget's tasks use, and how often they met a limit. BUDGET_UNKNOWN
 * where this system does not tell. */
struct budget_usage {
	uint64_t memory_now, memory_peak; /* bytes */
	uint64_t memory_hits;		  /* allocations that met the limit */
	uint64_t oom_kills;
	uint64_t tasks_now, tasks_refused;
	uint64_t cpu_usec;
	uint64_t throttled_usec, throttled_periods;
	/* Part of the last 10 s in which some task waited, in 1/100 percent. */
	uint64_t memory_pressure, cpu_pressure;
};

struct budget_root;
struct budget;

/*
 * Find what there is; nothing is made before the first budget. Removes what
 * managers that were killed have left. @launcher, which may be NULL, removes
 * our directories should we be killed. 0 or -ENOMEM.
 */
int budget_root_open(struct launcher *launcher, struct budget_root **ret);

/* Frees every budget, and removes what is empty. */
void budget_root_close(struct budget_root *root);

/* Make the directories that all others will be in. Done by the first
 * budget_new(); earlier, it makes budget_root_mechanism() exact. */
void budget_root_prepare(struct budget_root *root);

/* Another launcher has taken over. */
void budget_root_register(struct budget_root *root, struct launcher *launcher);

enum budget_mechanism budget_root_mechanism(const struct budget_root *root,
					    enum budget_limit limit);
/* "cgroup v2", "cgroup v1", "rlimit", "none". */
const char *budget_mechanism_name(enum budget_mechanism mechanism);
/* "memory_min", and so on. */
const char *budget_limit_name(enum budget_limit limit);
/* Why the second version's controllers are not used; NULL if they are. */
const char *budget_root_reason(const struct budget_root *root);

/* Try again to remove what could not be removed. True if something is left. */
bool budget_root_tidy(struct budget_root *root);

/*
 * A budget inside @parent's (NULL: the outermost). @name is for people, and
 * need not be unique. A limit that this system cannot enforce is kept and has
 * no effect. 0 or -errno.
 */
int budget_new(struct budget_root *root, struct budget *parent,
	       const char *name, const struct budget_limits *limits,
	       struct budget **ret);

/* It goes as soon as it is empty and has no children. */
void budget_free(struct budget *b);

/*
 * Change the limits of one in use. 0; -EBUSY: more memory is in use than the
 * new limit allows, and cannot be reclaimed; or another -errno. Then it keeps
 * its old limits.
 */
int budget_set(struct budget *b, const struct budget_limits *limits);
const struct budget_limits *budget_limits(const struct budget *b);
struct budget_root *budget_root(const struct budget *b);
struct budget *budget_parent(const struct budget *b);

/*
 * Let the tasks of a blank cell belong to this budget: its init carries that
 * out when it gets the plan, so that whatever the plan starts is inside. Where
 * version 2 is used, the cell's own cgroup becomes another, inside the budget,
 * and @c says which. 0; -EAGAIN when there is no room for its first tasks; or
 * another -errno.
 */
int budget_enter(struct budget *b, struct cell *c);
/* The same for a cell that runs, at once. Its own cgroup is how its tasks are
 * known: -ENOTSUP without one. */
int budget_adopt(struct budget *b, struct cell *c);
/*
 * For one more task of a cell that runs: the lists of all cgroups that it has
 * to enter, its cell's own first. @b: NULL if the cell is in no budget. At most
 * CELL_GROUPS_MAX descriptors, which are the caller's. 0 or -errno.
 */
int budget_open_lists(const struct budget *b, const struct cell *c,
		      int *ret_fds, size_t *ret_n);
/* The cell @id has ended, or was adopted by another budget. */
void budget_leave(struct budget *b, uint64_t id);

/*
 * For what only limits of tasks can enforce: the plan's RLIMIT_NPROC, at most
 * @tasks_max, and if need be RLIMIT_DATA and the size of /tmp. @limits are the
 * lowest of all budgets that apply; NULL: none. 0, a plan's verdict, or -errno.
 */
int budget_plan(const struct budget_root *root,
		const struct budget_limits *limits, uint32_t tasks_max,
		struct plan *plan);

void budget_read(const struct budget *b, struct budget_usage *ret);

/*
 * What to watch to learn that a limit was met. A descriptor becomes ready
 * (@events, EPOLL*) when a task was killed for want of memory, or refused a new
 * task; then call budget_watch_clear(). Not every kernel tells everything.
 */
struct budget_watch {
	int fd; /* -1: none */
	uint32_t events;
};

enum { BUDGET_WATCH_MEMORY, BUDGET_WATCH_TASKS, N_BUDGET_WATCHES };

void budget_watch(struct budget *b,
		  struct budget_watch ret[static N_BUDGET_WATCHES]);
void budget_watch_clear(struct budget_watch *w);
void budget_watch_fini(struct budget_watch *w);
