/* The first task of a cell is the init of its pid namespace: whatever runs in
 * the cell descends from it, always. */
#include "cmd/usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/task.h"

enum { TASKS_MAX = 65536 };

struct pids {
	pid_t *pid;
	size_t n, capacity;
};

static int pids_add(int number, void *context)
{
	struct pids *p = context;
	size_t capacity = p->capacity ? 2 * p->capacity : 16;
	pid_t *more;

	if (p->n == TASKS_MAX)
		return 1;
	if (p->n == p->capacity) {
		more = realloc(p->pid, capacity * sizeof(*more));
		if (!more)
			return 1;
		p->pid = more;
		p->capacity = capacity;
	}
	p->pid[p->n++] = number;
	return 0;
}

/* proc(5): behind the name, which may hold anything, fields are words. */
static bool stat_add(pid_t pid, struct usage *u)
{
	unsigned long utime, stime, tasks, pages;
	long cutime, cstime;
	char path[64], line[1024];
	const char *name_end;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	line[n] = 0;
	name_end = strrchr(line, ')');
	if (!name_end ||
	    sscanf(name_end + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld "
		   "%ld %*d %*d %lu %*d %*u %*u %lu",
		   &utime, &stime, &cutime, &cstime, &tasks, &pages) != 6)
		return false;
	u->tasks += tasks;
	u->memory += (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
	u->cpu_usec += (utime + stime + (unsigned long)cutime +
			(unsigned long)cstime) *
		       UINT64_C(1000000) / (uint64_t)sysconf(_SC_CLK_TCK);
	return true;
}

bool usage_count(pid_t pid, struct usage *ret)
{
	struct pids pids = { 0 };
	size_t i;

	*ret = (struct usage){ 0 };
	if (!stat_add(pid, ret))
		return false;
	(void)pids_add(pid, &pids);
	for (i = 0; i < pids.n; i++) {
		if (i)
			(void)stat_add(pids.pid[i], ret);
		(void)task_each_child(pids.pid[i], pids_add, &pids);
	}
	free(pids.pid);
	return true;
}
