/*
 * The tree of budgets. Limits are first computed for the whole tree, then what
 * differs from what was written is written: a child's cap of processor time may
 * not exceed its parent's in version 1, and what is guaranteed to a child must
 * be guaranteed to its parent.
 *
 * A directory for the cpu controller is made only where there is such a limit,
 * and above it: being in one has a price by itself, for all tasks of a group
 * together weigh as much as a single task outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell/budget_parts.h"
#include "sys/cgroup_file.h"
#include "sys/fd.h"

enum {
	BUDGET_SHARE_USUAL = 100,
	/* A directory's name: from the realm's, and a number. */
	BUDGET_NAME_MAX = 64,
};

void budget_init(struct budget *b, struct budget_root *root,
		 struct budget *parent)
{
	int i;

	*b = (struct budget){ .root = root, .parent = parent };
	list_init(&b->children);
	list_init(&b->link);
	list_init(&b->cells);
	for (i = 0; i < N_BUDGET_HIERARCHIES; i++)
		b->fds[i] = -1;
}

void budget_drop(struct budget *b)
{
	struct budget_cell *cell;

	while (!list_is_empty(&b->children))
		budget_drop(list_first(&b->children, struct budget, link));
	while ((cell = list_first(&b->cells, struct budget_cell, link))) {
		list_unlink(&cell->link);
		free(cell);
	}
	list_unlink(&b->link);
	fd_close_all(b->fds, N_BUDGET_HIERARCHIES);
	free(b);
}

/* ---- directories ---- */

static int budget_parent_fd(const struct budget *b, enum budget_hierarchy h)
{
	return b->parent ? b->parent->fds[h] : b->root->places[h].own_fd;
}

static int budget_make_in(struct budget *b, enum budget_hierarchy h)
{
	int parent_fd = budget_parent_fd(b, h);

	b->fds[h] = fd_close(b->fds[h]);
	if (parent_fd < 0)
		return 0;
	return cgroup_new(parent_fd, b->name, &b->fds[h]);
}

/* Version 2: what the parent's children may be limited by. */
static int budget_enable_in_parent(struct budget *b)
{
	const enum budget_hierarchy *by = b->root->controllers;
	int fd, r = 0;

	/* Our own cgroup has been divided by budget_root_prepare(). */
	if (!b->parent)
		return 0;
	fd = b->parent->fds[BUDGET_V2];
	if (fd < 0)
		return 0;
	if (by[BUDGET_MEMORY] == BUDGET_V2)
		r = budget_v2_enable(fd, "memory");
	if (r == 0 && by[BUDGET_TASKS] == BUDGET_V2)
		r = budget_v2_enable(fd, "pids");
	return r;
}

static int budget_make_once(struct budget *b)
{
	bool had_cpu = budget_is_in(b, BUDGET_V1_CPU);
	int h, r;

	r = budget_enable_in_parent(b);
	for (h = 0; r == 0 && h < N_BUDGET_HIERARCHIES; h++)
		if (h != BUDGET_V1_CPU || had_cpu)
			r = budget_make_in(b, (enum budget_hierarchy)h);
	b->written = (struct budget_values){ 0 };
	return r;
}

int budget_make(struct budget *b)
{
	int r = budget_make_once(b);

	/* Somebody has removed those above. */
	if (b->parent && (r == -ENOENT || r == -ENODEV)) {
		r = budget_make(b->parent);
		if (r == 0)
			r = budget_make_once(b);
	}
	return r;
}

/* A hierarchy that lists every task of a budget. */
static int budget_tasks_fd(const struct budget *b)
{
	if (budget_is_in(b, BUDGET_V1_TASKS))
		return b->fds[BUDGET_V1_TASKS];
	if (budget_is_in(b, BUDGET_V1_MEMORY))
		return b->fds[BUDGET_V1_MEMORY];
	return b->fds[BUDGET_V1_CPU_TIME];
}

/* Version 1: who runs already comes into the new directory @fd. */
static int budget_fill_cpu(struct budget *b, int fd)
{
	int from_fd = budget_tasks_fd(b), r = 0;
	struct budget *child;

	if (from_fd >= 0)
		r = cgroup_move_all(from_fd, fd);
	list_for_each (child, &b->children, link)
		if (r == 0 && !budget_is_in(child, BUDGET_V1_CPU))
			r = budget_fill_cpu(child, fd);
	return r;
}

static int budget_need_cpu_v1(struct budget *b)
{
	int r;

	if (budget_is_in(b, BUDGET_V1_CPU))
		return 0;
	r = b->parent ? budget_need_cpu_v1(b->parent) : 0;
	if (r == 0)
		r = budget_make_in(b, BUDGET_V1_CPU);
	return r < 0 ? r : budget_fill_cpu(b, b->fds[BUDGET_V1_CPU]);
}

static int budget_need_cpu_v2(struct budget *b)
{
	int r = b->parent ? budget_need_cpu_v2(b->parent) : 0;
	int fd = budget_parent_fd(b, BUDGET_V2);

	return r < 0 || fd < 0 ? r : budget_v2_enable(fd, "cpu");
}

static int budget_need_cpu(struct budget *b)
{
	const struct budget_root *root = b->root;

	if (!b->limits.cpu_share && !b->limits.cpu_max)
		return 0;
	if (root->controllers[BUDGET_CPU] == BUDGET_V2)
		return budget_need_cpu_v2(b);
	if (root->controllers[BUDGET_CPU] == BUDGET_V1_CPU)
		return budget_need_cpu_v1(b);
	return 0;
}

/* ---- limits ---- */

/* From below: what is guaranteed to children without a guarantee of one's own,
 * and how much all of them together weigh. */
static void budget_sum(struct budget *b)
{
	struct budget_values *w = &b->wanted;
	struct budget *child;
	uint64_t memory = 0;
	uint32_t shares = 0;

	list_for_each (child, &b->children, link) {
		budget_sum(child);
		memory += child->wanted.memory_min;
		if (child->is_freed)
			continue;
		shares += child->limits.cpu_share ? child->limits.cpu_share
						  : BUDGET_SHARE_USUAL;
	}
	w->memory_min = b->limits.memory_min ? b->limits.memory_min : memory;
	w->memory_max = b->limits.memory_max;
	w->tasks_max = b->limits.tasks_max;
	w->cpu_share = b->parent ? b->limits.cpu_share : shares;
}

/* From above: nobody has more than those above. @cap 0: no limit. */
static void budget_cap(struct budget *b, uint32_t cap)
{
	uint32_t own = b->limits.cpu_max;
	struct budget *child;

	b->wanted.cpu_max = own && cap && own > cap ? cap : own;
	list_for_each (child, &b->children, link)
		budget_cap(child, b->wanted.cpu_max ? b->wanted.cpu_max : cap);
}

static bool is_lower(uint32_t max, uint32_t than)
{
	return max && (!than || max < than);
}

/* A cap is lowered from below, and raised from above. */
static int budget_write_lower(struct budget *b)
{
	struct budget *child;
	int r = 0, k;

	list_for_each (child, &b->children, link) {
		k = budget_write_lower(child);
		r = r ? r : k;
	}
	if (!is_lower(b->wanted.cpu_max, b->written.cpu_max))
		return r;
	k = budget_v1_write_cpu_max(b);
	return r ? r : k;
}

static int budget_write(struct budget *b)
{
	struct budget *child;
	int r, k;

	r = budget_v2_write(b);
	if (r == 0)
		r = budget_v1_write(b);
	list_for_each (child, &b->children, link) {
		k = budget_write(child);
		r = r ? r : k;
	}
	return r;
}

static int budget_apply(struct budget_root *root)
{
	int r, k;

	budget_sum(&root->top);
	/* Where nobody below has a share, nothing weighs anything. */
	if (root->controllers[BUDGET_CPU] == BUDGET_V2 && !root->has_cpu_v2)
		root->top.wanted.cpu_share = 0;
	budget_cap(&root->top, 0);
	r = budget_write_lower(&root->top);
	k = budget_write(&root->top);
	return r ? r : k;
}

static int budget_set_cpu(struct budget *b)
{
	int r = budget_need_cpu(b);

	if (r == 0 && (b->limits.cpu_share || b->limits.cpu_max))
		b->root->has_cpu_v2 =
			b->root->controllers[BUDGET_CPU] == BUDGET_V2;
	return r;
}

int budget_set(struct budget *b, const struct budget_limits *limits)
{
	struct budget_limits old = b->limits;
	int r;

	b->limits = *limits;
	r = budget_set_cpu(b);
	if (r == 0)
		r = budget_apply(b->root);
	if (r < 0) {
		b->limits = old;
		(void)budget_apply(b->root);
	}
	return r;
}

/* ---- making and removing ---- */

/* A number behind the dot: files of cgroups have words there. */
static void budget_set_name(struct budget *b, const char *name)
{
	char word[BUDGET_NAME_MAX];
	size_t n = 0;

	for (; *name && n < sizeof(word) - 1; name++) {
		if ((*name >= 'a' && *name <= 'z') ||
		    (*name >= 'A' && *name <= 'Z') ||
		    (*name >= '0' && *name <= '9') || *name == '_')
			word[n++] = *name;
		else if (n && word[n - 1] != '-')
			word[n++] = '-';
	}
	word[n] = 0;
	snprintf(b->name, sizeof(b->name), "%s.%" PRIu64, n ? word : "root",
		 ++b->root->last_id);
}

int budget_new(struct budget_root *root, struct budget *parent,
	       const char *name, const struct budget_limits *limits,
	       struct budget **ret)
{
	struct budget *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	budget_root_prepare(root);
	budget_init(b, root, parent ? parent : &root->top);
	budget_set_name(b, name);
	r = budget_make(b);
	list_link(&b->parent->children, &b->link);
	if (r == 0)
		r = budget_set(b, limits);
	if (r < 0) {
		budget_free(b);
		return r;
	}
	*ret = b;
	return 0;
}

/* The directory of version 2 of a cell that has ended. 0 or -errno. */
static int budget_remove_cell(struct budget *b, const struct budget_cell *cell)
{
	char name[64];
	uint64_t n;
	int r;

	if (!cell->has_directory)
		return 0;
	snprintf(name, sizeof(name), "cell-%" PRIu64 "/pids.events", cell->id);
	if (cgroup_read_key(b->fds[BUDGET_V2], name, "max", &n) < 0)
		n = 0;
	*strchr(name, '/') = 0;
	r = cgroup_remove(b->fds[BUDGET_V2], name);
	if (r == 0)
		b->gone_tasks_refused += n;
	return r;
}

/* Forget the cells that have ended. True if nothing of them is left. */
static bool budget_collect_cells(struct budget *b)
{
	struct budget_cell *cell, *tmp;
	bool is_done = true;

	list_for_each_safe (cell, tmp, &b->cells, link) {
		if (!cell->has_left)
			continue;
		if (budget_remove_cell(b, cell) < 0) {
			is_done = false;
			continue;
		}
		list_unlink(&cell->link);
		free(cell);
	}
	return is_done;
}

/* What only the directory knew goes to its parent's counts. */
static int budget_remove_from(struct budget *b, enum budget_hierarchy h)
{
	uint64_t kills = 0, refused = 0;
	struct budget *above = b->parent;
	int r;

	if (h == BUDGET_V2)
		budget_v2_count(b, &kills, &refused);
	else
		budget_v1_count(b, &kills, &refused);
	r = cgroup_remove(budget_parent_fd(b, h), b->name);
	if (r < 0)
		return r;
	b->fds[h] = fd_close(b->fds[h]);
	if (h == BUDGET_V1_MEMORY)
		above->gone_oom_kills += kills;
	if (h == BUDGET_V1_TASKS || h == BUDGET_V2)
		above->gone_tasks_refused += refused;
	return 0;
}

/* 0, or -errno if any of its directories is left. */
static int budget_remove(struct budget *b)
{
	int h, k, r = 0;

	for (h = 0; h < N_BUDGET_HIERARCHIES; h++) {
		if (!budget_is_in(b, (enum budget_hierarchy)h))
			continue;
		k = budget_remove_from(b, (enum budget_hierarchy)h);
		if (k < 0)
			r = k;
	}
	return r;
}

/* True if nothing that was freed is left in or below @b. */
static bool budget_collect(struct budget *b)
{
	struct budget *child, *tmp;
	bool is_done = budget_collect_cells(b);

	list_for_each_safe (child, tmp, &b->children, link) {
		is_done &= budget_collect(child);
		if (!child->is_freed)
			continue;
		if (!list_is_empty(&child->children) ||
		    budget_remove(child) < 0) {
			is_done = false;
			continue;
		}
		b->gone_oom_kills += child->gone_oom_kills;
		b->gone_tasks_refused += child->gone_tasks_refused;
		budget_drop(child);
	}
	return is_done;
}

bool budget_root_tidy(struct budget_root *root)
{
	return !budget_collect(&root->top);
}

void budget_free(struct budget *b)
{
	struct budget_root *root;
	struct budget_cell *cell;

	if (!b)
		return;
	root = b->root;
	b->is_freed = true;
	list_for_each (cell, &b->cells, link)
		cell->has_left = true;
	(void)budget_collect(&root->top);
	/* Its siblings share what it had. */
	(void)budget_apply(root);
}

const struct budget_limits *budget_limits(const struct budget *b)
{
	return &b->limits;
}

struct budget_root *budget_root(const struct budget *b)
{
	return b->root;
}

struct budget *budget_parent(const struct budget *b)
{
	return b->parent && b->parent->parent ? b->parent : NULL;
}
