/*
 * Version 2: one tree. Tasks may only be in directories without children, so
 * each cell has a directory of its own in its budget's.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "cell/budget_parts.h"
#include "sys/cgroup_file.h"

enum { PERIOD_USEC = 100000, WEIGHT_USUAL = 100, WEIGHT_MAX = 10000 };

int budget_v2_enable(int fd, const char *controller)
{
	char text[32];

	if (cgroup_has_word(fd, "cgroup.subtree_control", controller))
		return 0;
	snprintf(text, sizeof(text), "+%s", controller);
	return cgroup_write(fd, "cgroup.subtree_control", text);
}

static int v2_write(const struct budget *b, const char *name, uint64_t value)
{
	return cgroup_write_number(b->fds[BUDGET_V2], name, value);
}

static int v2_write_max(const struct budget *b, const char *name, uint64_t max)
{
	return max ? v2_write(b, name, max)
		   : cgroup_write(b->fds[BUDGET_V2], name, "max");
}

static int v2_write_memory_max(struct budget *b)
{
	uint64_t max = b->wanted.memory_max;
	int r;

	r = v2_write_max(b, "memory.max", max);
	if (r < 0)
		return r;
	/* A limit of memory that swap extends is none; a kernel without swap
	 * has no such file. */
	(void)(max ? v2_write(b, "memory.swap.max", 0)
		   : cgroup_write(b->fds[BUDGET_V2], "memory.swap.max", "max"));
	b->written.memory_max = max;
	return 0;
}

static int v2_write_memory_min(struct budget *b)
{
	int r = v2_write(b, "memory.min", b->wanted.memory_min);

	if (r == 0)
		b->written.memory_min = b->wanted.memory_min;
	return r;
}

static int v2_write_tasks_max(struct budget *b)
{
	int r = v2_write_max(b, "pids.max", b->wanted.tasks_max);

	if (r == 0)
		b->written.tasks_max = b->wanted.tasks_max;
	return r;
}

static int v2_write_cpu_share(struct budget *b)
{
	uint32_t share = b->wanted.cpu_share;
	int r;

	if (!share)
		share = WEIGHT_USUAL;
	if (share > WEIGHT_MAX)
		share = WEIGHT_MAX;
	r = v2_write(b, "cpu.weight", share);
	if (r == 0)
		b->written.cpu_share = b->wanted.cpu_share;
	return r;
}

static int v2_write_cpu_max(struct budget *b)
{
	uint64_t percent = b->wanted.cpu_max;
	char text[64];
	int r;

	if (percent)
		snprintf(text, sizeof(text), "%" PRIu64 " %d",
			 percent * PERIOD_USEC / 100, (int)PERIOD_USEC);
	else
		snprintf(text, sizeof(text), "max %d", (int)PERIOD_USEC);
	r = cgroup_write(b->fds[BUDGET_V2], "cpu.max", text);
	if (r == 0)
		b->written.cpu_max = b->wanted.cpu_max;
	return r;
}

int budget_v2_write(struct budget *b)
{
	const struct budget_values *want = &b->wanted, *have = &b->written;
	const struct budget_root *root = b->root;
	int r = 0;

	if (!budget_is_in(b, BUDGET_V2))
		return 0;
	if (root->controllers[BUDGET_MEMORY] == BUDGET_V2) {
		if (want->memory_max != have->memory_max)
			r = v2_write_memory_max(b);
		if (r == 0 && want->memory_min != have->memory_min)
			r = v2_write_memory_min(b);
	}
	if (r == 0 && root->controllers[BUDGET_TASKS] == BUDGET_V2 &&
	    want->tasks_max != have->tasks_max)
		r = v2_write_tasks_max(b);
	if (r < 0 || root->controllers[BUDGET_CPU] != BUDGET_V2)
		return r;
	if (want->cpu_share != have->cpu_share)
		r = v2_write_cpu_share(b);
	if (r == 0 && want->cpu_max != have->cpu_max)
		r = v2_write_cpu_max(b);
	return r;
}

static void v2_read_events(int fd, struct budget_usage *ret)
{
	char text[1024];

	if (cgroup_read(fd, "memory.events", text, sizeof(text)) < 0)
		return;
	(void)cgroup_find_key(text, "max", &ret->memory_hits);
}

static void v2_read_cpu(int fd, struct budget_usage *ret)
{
	char text[1024];

	if (cgroup_read(fd, "cpu.stat", text, sizeof(text)) < 0)
		return;
	(void)cgroup_find_key(text, "usage_usec", &ret->cpu_usec);
	(void)cgroup_find_key(text, "nr_throttled", &ret->throttled_periods);
	(void)cgroup_find_key(text, "throttled_usec", &ret->throttled_usec);
}

void budget_v2_read(const struct budget *b, struct budget_usage *ret)
{
	int fd = b->fds[BUDGET_V2];

	if (fd < 0)
		return;
	(void)cgroup_read_number(fd, "memory.current", &ret->memory_now);
	(void)cgroup_read_number(fd, "memory.peak", &ret->memory_peak);
	(void)cgroup_read_number(fd, "pids.current", &ret->tasks_now);
	v2_read_events(fd, ret);
	v2_read_cpu(fd, ret);
	(void)cgroup_read_pressure(fd, "memory.pressure",
				   &ret->memory_pressure);
	(void)cgroup_read_pressure(fd, "cpu.pressure", &ret->cpu_pressure);
}

void budget_v2_count(const struct budget *b, uint64_t *ret_kills,
		     uint64_t *ret_refused)
{
	const struct budget_cell *cell;
	uint64_t own = 0, below = 0, n;
	char path[64];

	if (!budget_is_in(b, BUDGET_V2))
		return;
	(void)cgroup_read_key(b->fds[BUDGET_V2], "memory.events", "oom_kill",
			      ret_kills);
	if (b->root->controllers[BUDGET_TASKS] != BUDGET_V2)
		return;
	/* Until Linux 6.11 it was counted where the task is, not where the
	 * limit is. */
	(void)cgroup_read_key(b->fds[BUDGET_V2], "pids.events", "max", &own);
	list_for_each (cell, &b->cells, link) {
		snprintf(path, sizeof(path), "cell-%" PRIu64 "/pids.events",
			 cell->id);
		if (cgroup_read_key(b->fds[BUDGET_V2], path, "max", &n) == 0)
			below += n;
	}
	*ret_refused = own > below ? own : below;
}

static int v2_watch_file(const struct budget *b, const char *name)
{
	return openat(b->fds[BUDGET_V2], name, O_RDONLY | O_CLOEXEC);
}

void budget_v2_watch(struct budget *b, struct budget_watch *ret)
{
	const enum budget_hierarchy *by = b->root->controllers;

	if (!budget_is_in(b, BUDGET_V2))
		return;
	if (by[BUDGET_MEMORY] == BUDGET_V2)
		ret[BUDGET_WATCH_MEMORY] = (struct budget_watch){
			v2_watch_file(b, "memory.events"), EPOLLPRI
		};
	if (by[BUDGET_TASKS] == BUDGET_V2)
		ret[BUDGET_WATCH_TASKS] =
			(struct budget_watch){ v2_watch_file(b, "pids.events"),
					       EPOLLPRI };
}
