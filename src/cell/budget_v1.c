/*
 * Version 1: a hierarchy for each controller. Tasks are in the budget's own
 * directory, beside those of the budgets below it; use is counted with all
 * below, but what was refused or killed only where it happened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cell/budget_parts.h"
#include "sys/cgroup_file.h"
#include "sys/fd.h"

enum {
	PERIOD_USEC = 100000,
	/* What a share of 100 is here. */
	SHARES_USUAL = 1024,
	SHARES_MIN = 2,
	SHARES_MAX = 262144,
	NSEC_PER_USEC = 1000,
	SWAP_SLACK = 256 * 1024,
};

static int v1_write_bytes(const struct budget *b, const char *name,
			  uint64_t max)
{
	int fd = b->fds[BUDGET_V1_MEMORY];

	return max ? cgroup_write_number(fd, name, max)
		   : cgroup_write(fd, name, "-1");
}

/*
 * Memory alone, and memory with swap, which may not be the smaller of the two.
 * The kernel may have no account of swap. It counts what met the limit only if
 * that was the first: hence the slack, which is as much as it takes at a time.
 */
static int v1_write_memory_max(struct budget *b)
{
	static const char alone[] = "memory.limit_in_bytes";
	static const char with_swap[] = "memory.memsw.limit_in_bytes";
	uint64_t max = b->wanted.memory_max;
	int r = v1_write_bytes(b, alone, max);

	if (r < 0 && r != -EINVAL)
		return r;
	/* Refused for the order: the other one goes first. */
	if (v1_write_bytes(b, with_swap, max ? max + SWAP_SLACK : 0) == -EBUSY)
		return -EBUSY;
	if (r < 0)
		r = v1_write_bytes(b, alone, max);
	if (r == 0)
		b->written.memory_max = max;
	return r;
}

static int v1_write_tasks_max(struct budget *b)
{
	uint32_t max = b->wanted.tasks_max;
	int fd = b->fds[BUDGET_V1_TASKS], r;

	r = max ? cgroup_write_number(fd, "pids.max", max)
		: cgroup_write(fd, "pids.max", "max");
	if (r == 0)
		b->written.tasks_max = max;
	return r;
}

static int v1_write_cpu_share(struct budget *b)
{
	uint64_t share = b->wanted.cpu_share ? b->wanted.cpu_share : 100;
	int r;

	share = share * SHARES_USUAL / 100;
	if (share < SHARES_MIN)
		share = SHARES_MIN;
	if (share > SHARES_MAX)
		share = SHARES_MAX;
	r = cgroup_write_number(b->fds[BUDGET_V1_CPU], "cpu.shares", share);
	if (r == 0)
		b->written.cpu_share = b->wanted.cpu_share;
	return r;
}

int budget_v1_write_cpu_max(struct budget *b)
{
	uint64_t percent = b->wanted.cpu_max;
	int fd = b->fds[BUDGET_V1_CPU], r;

	if (fd < 0 || b->wanted.cpu_max == b->written.cpu_max)
		return 0;
	r = percent ? cgroup_write_number(fd, "cpu.cfs_quota_us",
					  percent * PERIOD_USEC / 100)
		    : cgroup_write(fd, "cpu.cfs_quota_us", "-1");
	if (r == 0)
		b->written.cpu_max = b->wanted.cpu_max;
	return r;
}

int budget_v1_write(struct budget *b)
{
	const struct budget_values *want = &b->wanted, *have = &b->written;
	int r = 0;

	if (budget_is_in(b, BUDGET_V1_MEMORY) &&
	    want->memory_max != have->memory_max)
		r = v1_write_memory_max(b);
	if (r == 0 && budget_is_in(b, BUDGET_V1_TASKS) &&
	    want->tasks_max != have->tasks_max)
		r = v1_write_tasks_max(b);
	if (r == 0 && budget_is_in(b, BUDGET_V1_CPU) &&
	    want->cpu_share != have->cpu_share)
		r = v1_write_cpu_share(b);
	if (r == 0)
		r = budget_v1_write_cpu_max(b);
	return r;
}

void budget_v1_read(const struct budget *b, struct budget_usage *ret)
{
	int memory = b->fds[BUDGET_V1_MEMORY], tasks = b->fds[BUDGET_V1_TASKS];
	int cpu = b->fds[BUDGET_V1_CPU], usage = b->fds[BUDGET_V1_CPU_TIME];
	uint64_t ns;

	if (memory >= 0) {
		(void)cgroup_read_number(memory, "memory.usage_in_bytes",
					 &ret->memory_now);
		(void)cgroup_read_number(memory, "memory.max_usage_in_bytes",
					 &ret->memory_peak);
		(void)cgroup_read_number(memory, "memory.failcnt",
					 &ret->memory_hits);
	}
	if (tasks >= 0)
		(void)cgroup_read_number(tasks, "pids.current",
					 &ret->tasks_now);
	/* Mounted together, they share the directory. */
	if (usage < 0)
		usage = cpu;
	if (usage >= 0 && cgroup_read_number(usage, "cpuacct.usage", &ns) == 0)
		ret->cpu_usec = ns / NSEC_PER_USEC;
	if (cpu < 0)
		return;
	(void)cgroup_read_key(cpu, "cpu.stat", "nr_throttled",
			      &ret->throttled_periods);
	if (cgroup_read_key(cpu, "cpu.stat", "throttled_time", &ns) == 0)
		ret->throttled_usec = ns / NSEC_PER_USEC;
}

void budget_v1_count(const struct budget *b, uint64_t *ret_kills,
		     uint64_t *ret_refused)
{
	if (budget_is_in(b, BUDGET_V1_MEMORY))
		(void)cgroup_read_key(b->fds[BUDGET_V1_MEMORY],
				      "memory.oom_control", "oom_kill",
				      ret_kills);
	if (budget_is_in(b, BUDGET_V1_TASKS))
		(void)cgroup_read_key(b->fds[BUDGET_V1_TASKS], "pids.events",
				      "max", ret_refused);
}

/* An eventfd that the kernel counts up whenever memory runs out. */
static int v1_watch_memory(const struct budget *b)
{
	int fd = b->fds[BUDGET_V1_MEMORY];
	_cleanup_fd_ int event_fd = -1, file_fd = -1;
	char text[64];

	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	file_fd = openat(fd, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	if (event_fd < 0 || file_fd < 0)
		return -1;
	snprintf(text, sizeof(text), "%d %d", event_fd, file_fd);
	if (cgroup_write(fd, "cgroup.event_control", text) < 0)
		return -1;
	return TAKE_FD(event_fd);
}

void budget_v1_watch(struct budget *b, struct budget_watch *ret)
{
	int tasks = b->fds[BUDGET_V1_TASKS];

	if (budget_is_in(b, BUDGET_V1_MEMORY))
		ret[BUDGET_WATCH_MEMORY] =
			(struct budget_watch){ v1_watch_memory(b), EPOLLIN };
	if (tasks >= 0)
		ret[BUDGET_WATCH_TASKS] =
			(struct budget_watch){ openat(tasks, "pids.events",
						      O_RDONLY | O_CLOEXEC),
					       EPOLLPRI };
}
