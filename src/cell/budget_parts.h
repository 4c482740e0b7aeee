/*
 * What the files about budgets share: the hierarchies that were found, and the
 * tree of budgets with a directory in each of them.
 */
#pragma once

#include "base/list.h"
#include "cell/budget.h"
#include "sys/cgroup.h"

/* The hierarchies that may hold a directory of each budget. */
enum budget_hierarchy {
	BUDGET_V2,
	BUDGET_V1_MEMORY,
	BUDGET_V1_TASKS,
	BUDGET_V1_CPU,	    /* only where there is a limit: see budget.c */
	BUDGET_V1_CPU_TIME, /* counts only */
	N_BUDGET_HIERARCHIES,
};

enum budget_controller {
	BUDGET_MEMORY,
	BUDGET_TASKS,
	BUDGET_CPU,
	N_BUDGET_CONTROLLERS,
};

struct budget_place {
	int own_fd; /* our own cgroup, where the outermost directory is made;
		       -1: there is none that we may use */
	char path[CGROUP_PATH_MAX];
};

/* Limits as they are written; what they are made from is in budget.c. */
struct budget_values {
	uint64_t memory_min, memory_max;
	uint32_t cpu_share, cpu_max, tasks_max;
};

/* A cell in a budget. In version 2 it has a directory of its own there. */
struct budget_cell {
	struct list link;
	uint64_t id;
	bool has_directory;
	bool has_left;
};

struct budget {
	struct budget_root *root;
	struct budget *parent; /* NULL for the outermost directory */
	struct list children, link;
	struct list cells;
	bool is_freed;		       /* goes when it can */
	char name[96];		       /* of its directories */
	int fds[N_BUDGET_HIERARCHIES]; /* O_PATH; -1: none there */
	struct budget_limits limits;
	struct budget_values wanted, written;
	/* Counts of directories that are gone. */
	uint64_t gone_oom_kills, gone_tasks_refused;
};

struct budget_root {
	struct launcher *launcher;
	struct budget_place places[N_BUDGET_HIERARCHIES];
	/* Which hierarchy enforces it; N_BUDGET_HIERARCHIES: none does. */
	enum budget_hierarchy controllers[N_BUDGET_CONTROLLERS];
	bool is_prepared;
	bool has_cpu_v2; /* the cpu controller was switched on */
	int lock_fds[N_BUDGET_HIERARCHIES]; /* say that we live */
	bool is_moved;	/* we have left our own cgroup for one below it */
	char moved[40]; /* its name */
	char moved_path[CGROUP_PATH_MAX + 40];
	const char *reason; /* see budget_root_reason() */
	uint64_t last_id;
	struct budget top;
};

/* Empty, in no directory. */
void budget_init(struct budget *b, struct budget_root *root,
		 struct budget *parent);

/* Make its directories, or open them anew, in every hierarchy that all budgets
 * have; and those above it. 0 or -errno. */
int budget_make(struct budget *b);

/* Free it and all below, with or without their directories. */
void budget_drop(struct budget *b);

/* Does it have a directory in @h, not only its parent? */
static inline bool budget_is_in(const struct budget *b, enum budget_hierarchy h)
{
	return b->fds[h] >= 0;
}

/* Write those of @b->wanted that are not @b->written. 0 or -errno. */
int budget_v1_write(struct budget *b);
int budget_v2_write(struct budget *b);
/* The same for cpu_max alone, which has an order of its own; see budget.c. */
int budget_v1_write_cpu_max(struct budget *b);

/* Fill in what this version tells; the rest is left alone. */
void budget_v1_read(const struct budget *b, struct budget_usage *ret);
void budget_v2_read(const struct budget *b, struct budget_usage *ret);

/* Kills for want of memory, and refused tasks, of this directory alone. */
void budget_v1_count(const struct budget *b, uint64_t *ret_kills,
		     uint64_t *ret_refused);
/* In version 2 kills of all below are in it. */
void budget_v2_count(const struct budget *b, uint64_t *ret_kills,
		     uint64_t *ret_refused);

void budget_v1_watch(struct budget *b, struct budget_watch *ret);
void budget_v2_watch(struct budget *b, struct budget_watch *ret);

/* Let the children of the directory @fd have a controller. 0 or -errno. */
int budget_v2_enable(int fd, const char *controller);
