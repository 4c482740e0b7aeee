/* Budgets and cells: who is in which, what they use, what they are told. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cell/budget_parts.h"
#include "sys/cgroup_file.h"
#include "sys/fd.h"

/* Those of a cell that has not begun: its init, and the component's first. */
enum { CELL_TASKS = 2 };

/* ---- entering ---- */

/* The directory of @b, or of the nearest above it, in this hierarchy. */
static int budget_nearest_fd(const struct budget *b, enum budget_hierarchy h)
{
	while (b->parent && !budget_is_in(b, h))
		b = b->parent;
	return b->parent ? b->fds[h] : -1;
}

static int budget_open_list(struct cell *c, int fd)
{
	int list_fd = openat(fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	if (list_fd < 0)
		return -errno;
	c->group_fds[c->n_groups++] = list_fd;
	return 0;
}

/* Remember the cell, and in version 2 make its directory. */
static int budget_add_cell(struct budget *b, const struct cell *c, int *ret_fd)
{
	struct budget_cell *cell = calloc(1, sizeof(*cell));
	char name[32];
	int r = 0;

	if (!cell)
		return -ENOMEM;
	snprintf(name, sizeof(name), "cell-%" PRIu64, c->id);
	if (budget_is_in(b, BUDGET_V2))
		r = cgroup_new(b->fds[BUDGET_V2], name, ret_fd);
	if (r < 0) {
		free(cell);
		return r;
	}
	cell->id = c->id;
	cell->has_directory = budget_is_in(b, BUDGET_V2);
	list_init(&cell->link);
	list_link(&b->cells, &cell->link);
	return 0;
}

static uint64_t budget_count_cells(const struct budget *b)
{
	const struct budget_cell *cell;
	const struct budget *child;
	uint64_t n = 0;

	list_for_each (cell, &b->cells, link)
		n += !cell->has_left;
	list_for_each (child, &b->children, link)
		n += budget_count_cells(child);
	return n;
}

/*
 * The kernel lets tasks be moved into a group that has its most already, so
 * without this each cell would bring its first tasks along. Cells that were let
 * in may not have arrived yet: hence the count.
 */
static bool budget_has_room(const struct budget *b)
{
	struct budget_usage usage;
	uint64_t used;

	for (; b->parent; b = b->parent) {
		if (!b->limits.tasks_max)
			continue;
		memset(&usage, 0, sizeof(usage));
		budget_v2_read(b, &usage);
		budget_v1_read(b, &usage);
		used = budget_count_cells(b) * CELL_TASKS;
		if (used < usage.tasks_now)
			used = usage.tasks_now;
		if (used + CELL_TASKS > b->limits.tasks_max)
			return false;
	}
	return true;
}

/* For people: a long path is cut. */
static void budget_put_path(const struct budget *b, struct text *t)
{
	if (!b->parent) {
		text_puts(t, b->root->places[BUDGET_V2].path);
		return;
	}
	budget_put_path(b->parent, t);
	text_printf(t, "/%s", b->name);
}

static void budget_tell_path(const struct budget *b, struct cell *c)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	budget_put_path(b, &t);
	text_printf(&t, "/cell-%" PRIu64, c->id);
	snprintf(c->cgroup, sizeof(c->cgroup), "%s", text_string(&t));
}

/* Undo what was done for a cell that is not to enter. */
static int budget_fail_to_enter(struct budget *b, struct cell *c, int error)
{
	fd_close_all(c->group_fds, c->n_groups);
	c->n_groups = 0;
	budget_leave(b, c->id);
	return error;
}

static int budget_try_enter(struct budget *b, struct cell *c)
{
	_cleanup_fd_ int leaf_fd = -1;
	int h, fd, r = 0;

	r = budget_add_cell(b, c, &leaf_fd);
	if (r == 0 && leaf_fd >= 0)
		r = budget_open_list(c, leaf_fd);
	for (h = BUDGET_V2 + 1; r == 0 && h < N_BUDGET_HIERARCHIES; h++) {
		fd = budget_nearest_fd(b, (enum budget_hierarchy)h);
		if (fd >= 0)
			r = budget_open_list(c, fd);
	}
	if (r < 0)
		return budget_fail_to_enter(b, c, r);
	if (leaf_fd < 0)
		return 0;
	fd_close(c->cgroup_fd);
	c->cgroup_fd = TAKE_FD(leaf_fd);
	budget_tell_path(b, c);
	return 0;
}

int budget_enter(struct budget *b, struct cell *c)
{
	int r;

	if (b->root->controllers[BUDGET_TASKS] < N_BUDGET_HIERARCHIES &&
	    !budget_has_room(b))
		return -EAGAIN;
	r = budget_try_enter(b, c);
	if (r != -ENOENT && r != -ENODEV)
		return r;
	/* Somebody has removed our directories: make them again. */
	r = budget_make(b);
	if (r == 0)
		r = budget_set(b, &b->limits);
	return r < 0 ? r : budget_try_enter(b, c);
}

int budget_adopt(struct budget *b, struct cell *c)
{
	_cleanup_fd_ int leaf_fd = -1;
	int h, fd, r = 0;

	if (c->cgroup_fd < 0)
		return -ENOTSUP;
	for (h = BUDGET_V2 + 1; r == 0 && h < N_BUDGET_HIERARCHIES; h++) {
		fd = budget_nearest_fd(b, (enum budget_hierarchy)h);
		if (fd >= 0)
			r = cgroup_move_all(c->cgroup_fd, fd);
	}
	if (r == 0)
		r = budget_add_cell(b, c, &leaf_fd);
	if (r == 0 && leaf_fd >= 0)
		r = cgroup_move_all(c->cgroup_fd, leaf_fd);
	if (r < 0)
		return budget_fail_to_enter(b, c, r);
	if (leaf_fd < 0)
		return 0;
	fd_close(c->cgroup_fd);
	c->cgroup_fd = TAKE_FD(leaf_fd);
	budget_tell_path(b, c);
	return 0;
}

int budget_open_lists(const struct budget *b, const struct cell *c,
		      int *ret_fds, size_t *ret_n)
{
	/* Only to collect them in. */
	struct cell lists = CELL_INIT;
	int h, fd, r = 0;

	if (c->cgroup_fd >= 0)
		r = budget_open_list(&lists, c->cgroup_fd);
	for (h = BUDGET_V2 + 1; b && r == 0 && h < N_BUDGET_HIERARCHIES; h++) {
		fd = budget_nearest_fd(b, (enum budget_hierarchy)h);
		if (fd >= 0)
			r = budget_open_list(&lists, fd);
	}
	if (r < 0) {
		fd_close_all(lists.group_fds, lists.n_groups);
		return r;
	}
	memcpy(ret_fds, lists.group_fds, lists.n_groups * sizeof(int));
	*ret_n = lists.n_groups;
	return 0;
}

void budget_leave(struct budget *b, uint64_t id)
{
	struct budget_cell *cell;

	list_for_each (cell, &b->cells, link)
		cell->has_left |= cell->id == id;
	(void)budget_root_tidy(b->root);
}

/* ---- limits of tasks ---- */

static void budget_lower(uint64_t *max, uint64_t than)
{
	if (than && than < *max)
		*max = than;
}

int budget_plan(const struct budget_root *root,
		const struct budget_limits *limits, uint32_t tasks_max,
		struct plan *plan)
{
	uint64_t memory = UINT64_MAX, tasks = tasks_max;
	int r;

	if (limits &&
	    budget_root_mechanism(root, BUDGET_TASKS_MAX) == BUDGET_BY_RLIMIT)
		budget_lower(&tasks, limits->tasks_max);
	if (limits &&
	    budget_root_mechanism(root, BUDGET_MEMORY_MAX) == BUDGET_BY_RLIMIT)
		budget_lower(&memory, limits->memory_max);
	r = plan_add_limit(plan, RLIMIT_NPROC, tasks, tasks);
	if (r || memory == UINT64_MAX)
		return r;
	/* Files in memory are no task's data. */
	budget_lower(&plan->tmp_bytes, memory);
	return plan_add_limit(plan, RLIMIT_DATA, memory, memory);
}

/* ---- usage ---- */

static uint64_t budget_kills(const struct budget *b)
{
	uint64_t kills = 0, refused = 0;
	struct budget *child;

	if (b->root->controllers[BUDGET_MEMORY] == BUDGET_V2) {
		budget_v2_count(b, &kills, &refused);
		return kills;
	}
	budget_v1_count(b, &kills, &refused);
	kills += b->gone_oom_kills;
	list_for_each (child, &b->children, link)
		kills += budget_kills(child);
	return kills;
}

static uint64_t budget_refused(const struct budget *b)
{
	uint64_t kills = 0, own = 0, below = b->gone_tasks_refused;
	struct budget *child;

	list_for_each (child, &b->children, link)
		below += budget_refused(child);
	if (b->root->controllers[BUDGET_TASKS] == BUDGET_V2) {
		/* Either it has all of them, or none. */
		budget_v2_count(b, &kills, &own);
		return own > below ? own : below;
	}
	budget_v1_count(b, &kills, &own);
	return own + below;
}

void budget_read(const struct budget *b, struct budget_usage *ret)
{
	const struct budget_root *root = b->root;

	memset(ret, 0xff, sizeof(*ret));
	budget_v2_read(b, ret);
	budget_v1_read(b, ret);
	if (root->controllers[BUDGET_MEMORY] < N_BUDGET_HIERARCHIES)
		ret->oom_kills = budget_kills(b);
	if (root->controllers[BUDGET_TASKS] < N_BUDGET_HIERARCHIES)
		ret->tasks_refused = budget_refused(b);
}

/* ---- watching ---- */

void budget_watch(struct budget *b,
		  struct budget_watch ret[static N_BUDGET_WATCHES])
{
	int i;

	for (i = 0; i < N_BUDGET_WATCHES; i++)
		ret[i] = (struct budget_watch){ .fd = -1 };
	budget_v2_watch(b, ret);
	budget_v1_watch(b, ret);
	/* Such a file tells of what comes after it was read. */
	for (i = 0; i < N_BUDGET_WATCHES; i++)
		budget_watch_clear(&ret[i]);
}

void budget_watch_clear(struct budget_watch *w)
{
	char text[1024];

	if (w->fd < 0)
		return;
	if (w->events & EPOLLPRI)
		(void)!pread(w->fd, text, sizeof(text), 0);
	else
		(void)!read(w->fd, text, sizeof(text));
}

void budget_watch_fini(struct budget_watch *w)
{
	w->fd = fd_close(w->fd);
}
