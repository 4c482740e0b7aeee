/*
 * Descending is sure only while nothing runs: a task whose parent ends
 * meanwhile moves to the init, whose children were read before. Whoever needs
 * to be sure reads until two lists in a row are equal.
 */
#include "cell/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/task.h"

/* More than a cell may have by any limit of ours; a bound to what it can cost.
 */
enum { CREW_MAX = 1 << 20 };

void crew_fini(struct crew *c)
{
	free(c->pids);
	*c = (struct crew)CREW_INIT;
}

int crew_add(struct crew *c, pid_t pid)
{
	size_t size = c->size ? c->size * 2 : 32;
	pid_t *pids;

	if (c->n == CREW_MAX)
		return -E2BIG;
	if (c->n == c->size) {
		pids = realloc(c->pids, size * sizeof(*pids));
		if (!pids)
			return -ENOMEM;
		c->pids = pids;
		c->size = size;
	}
	c->pids[c->n++] = pid;
	return 0;
}

bool crew_has(const struct crew *c, pid_t pid)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->pids[i] == pid)
			return true;
	return false;
}

bool crew_is_equal(const struct crew *a, const struct crew *b)
{
	return a->n == b->n &&
	       (a->n == 0 || !memcmp(a->pids, b->pids, a->n * sizeof(pid_t)));
}

static int crew_add_number(int number, void *context)
{
	/* 0 is a task that we cannot see from where we are. */
	return number > 0 ? crew_add(context, number) : 0;
}

static int crew_read_cgroup(struct crew *c, int cgroup_fd)
{
	_cleanup_fd_ int fd =
		openat(cgroup_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return task_each_word(fd, crew_add_number, c);
}

static int crew_descend(struct crew *c, pid_t init)
{
	size_t i;
	int r;

	if (task_count_threads(init) < 0)
		return -ESRCH;
	if (access("/proc/thread-self/children", R_OK) < 0)
		return -EOPNOTSUPP;
	r = crew_add(c, init);
	/* The list grows while it is walked. */
	for (i = 0; r == 0 && i < c->n; i++) {
		r = task_each_child(c->pids[i], crew_add_number, c);
		if (r == -ENOENT || r == -ESRCH)
			r = 0;
	}
	return r;
}

int crew_read(struct crew *c, pid_t init, int cgroup_fd)
{
	int r;

	c->n = 0;
	r = cgroup_fd >= 0 ? crew_read_cgroup(c, cgroup_fd)
			   : crew_descend(c, init);
	if (r == -ENODEV || r == -ENOENT)
		r = -ESRCH;
	if (r == 0 && c->n == 0)
		r = -ESRCH;
	return r;
}
