/*
 * Tables are read by number: the kernel says how many descriptors a task has,
 * and most tables are dense from zero on, so trying 0, 1, 2... until all were
 * met costs less than having /proc list them. Of a sparse table, and where the
 * kernel does not say, /proc lists the rest. Where it may not be listed (a task
 * that is not dumpable, seen by an ordinary user), every number is tried.
 */
#include "cell/sweep.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "cell/crew.h"
#include "sys/fd.h"
#include "sys/pidfd.h"
#include "sys/task.h"
#include "sys/unix_socket.h"

enum {
	SWEEP_LOOKS =
		32, /* descriptors from one look at the clock to the next */
	/* Free numbers in a table that is called dense, above twice as many as
	 * it has descriptors. */
	SWEEP_MISSES = 64,
};

/* One table of descriptors. */
struct sweep_table {
	struct sweep *sweep;
	pid_t pid, tid;
	int pidfd;
	int next;     /* the lowest number not tried yet */
	int n_left;   /* of those that the kernel says there are; -1: unknown */
	int n_missed; /* free numbers so far */
};

uint64_t sweep_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int sweep_init(struct sweep *s, const struct sever_target *what,
	       struct sever_found *found, size_t n, int quit_fd)
{
	*s = (struct sweep){ .flight = FLIGHT_INIT, .quit_fd = quit_fd };
	return targets_init(&s->targets, what, found, n);
}

void sweep_fini(struct sweep *s)
{
	flight_fini(&s->flight);
	targets_fini(&s->targets);
}

bool sweep_is_over(struct sweep *s)
{
	struct pollfd quit = { .fd = s->quit_fd, .events = 0 };

	if (s->is_over || s->n_looks++ % SWEEP_LOOKS)
		return s->is_over;
	s->is_unwanted = poll(&quit, 1, 0) > 0;
	s->is_over = s->is_unwanted || sweep_clock_us() >= s->cell_end_us;
	return s->is_over;
}

void sweep_begin_cell(struct sweep *s, uint32_t cell_ms)
{
	s->cell_end_us = sweep_clock_us() + (uint64_t)cell_ms * 1000;
	if (s->cell_end_us > s->end_us)
		s->cell_end_us = s->end_us;
	s->problems = 0;
	s->n_looks = 0;
	s->is_over = s->is_unwanted;
	flight_restart(&s->flight);
}

void sweep_descriptor(struct sweep *s, int take_fd)
{
	struct target *target;
	enum sever_end end;
	uint64_t cookie;
	bool has_input;

	s->n_descriptors++;
	if (socket_cookie(take_fd, &cookie) < 0) {
		fd_close(take_fd);
		return;
	}
	target = targets_find(&s->targets, take_fd, cookie, &end);
	if (target && target->found->ends & end)
		target = NULL;
	if (!target && !s->is_thorough) {
		fd_close(take_fd);
		return;
	}
	/* Emptying it would lose what else lies in it before it was seen. */
	has_input = socket_has_input(take_fd);
	if (target)
		targets_shut(&s->targets, target, take_fd);
	if (has_input)
		flight_add(s, take_fd, cookie, target, end);
	else if (target)
		targets_drain(&s->targets, target, take_fd, end);
	if (!has_input)
		fd_close(take_fd);
}

/* Is there nothing left to look for, or no time? */
static bool sweep_is_done(struct sweep *s)
{
	if (!s->targets.n_pending)
		return true;
	if (!sweep_is_over(s))
		return false;
	s->problems |= SEVER_PROBLEM_BUDGET;
	return true;
}

/* Look at one number. 0; 1 to stop; -EBADF if it is free; or another -errno. */
static int sweep_number(int number, void *context)
{
	struct sweep_table *t = context;
	int fd, r;

	if (sweep_is_done(t->sweep))
		return 1;
	if (number < t->next)
		return 0;
	r = pidfd_take_fd(t->pidfd, number, &fd);
	if (r < 0)
		return r;
	sweep_descriptor(t->sweep, fd);
	if (t->sweep->flight.n_waiting)
		flight_run(t->sweep);
	return 0;
}

/* The same, while /proc lists them: they may be closed meanwhile. */
static int sweep_listed(int number, void *context)
{
	int r = sweep_number(number, context);

	return r == -EBADF ? 0 : r;
}

/* All numbers below @limit that are worth trying. As sweep_number(). */
static int sweep_try(struct sweep_table *t, int limit, int max_missed)
{
	int r = 0;

	while (t->next < limit && t->n_left != 0 && t->n_missed < max_missed) {
		r = sweep_number(t->next, t);
		if (r != 0 && r != -EBADF)
			return r;
		t->n_missed += r == -EBADF;
		t->n_left -= r == 0 && t->n_left > 0;
		t->next++;
	}
	return 0;
}

/* As sweep_number(). */
static int sweep_dense(struct sweep_table *t)
{
	int n = task_count_fds(t->pid, t->tid), r;

	if (n > 0) {
		t->n_left = n;
		r = sweep_try(t, INT32_MAX, SWEEP_MISSES + 2 * n);
		if (r != 0 || t->n_left == 0)
			return r;
	}
	r = task_each_fd(t->pid, t->tid, sweep_listed, t);
	if (r != -EACCES && r != -EPERM)
		return r;
	n = task_limit_fds(t->pid, t->tid);
	t->n_left = -1;
	return n < 0 ? n : sweep_try(t, n, INT32_MAX);
}

static void sweep_table(struct sweep *s, pid_t pid, pid_t tid, int pidfd)
{
	struct sweep_table t = {
		.sweep = s, .pid = pid, .tid = tid, .pidfd = pidfd, .n_left = -1
	};
	int r = sweep_dense(&t);

	/* One that ended meanwhile holds nothing. */
	if (r == -EPERM || r == -EACCES)
		s->problems |= SEVER_PROBLEM_DENIED;
	else if (r < 0 && r != -ESRCH && r != -ENOENT && r != -EBADF)
		s->problems |= SEVER_PROBLEM_FAULT;
}

struct sweep_threads {
	struct sweep *sweep;
	pid_t pid;
};

/* A thread's table, if it is one of its own, or we cannot tell. */
static int sweep_thread(int tid, void *context)
{
	struct sweep_threads *t = context;
	_cleanup_fd_ int pidfd = -1;
	int r;

	if (sweep_is_done(t->sweep))
		return 1;
	if (tid == t->pid || task_shares_fds(t->pid, tid) == 1)
		return 0;
	r = task_open_thread(tid, &pidfd);
	if (r == -ESRCH)
		return 0;
	if (r < 0)
		t->sweep->problems |= SEVER_PROBLEM_THREAD;
	else
		sweep_table(t->sweep, t->pid, tid, pidfd);
	return 0;
}

static void sweep_task(struct sweep *s, pid_t pid)
{
	struct sweep_threads threads = { s, pid };
	_cleanup_fd_ int pidfd = -1;
	int r = pidfd_from_pid(pid, &pidfd);

	s->n_tasks++;
	/* A task whose first thread has ended: the others live. */
	if (r == -EINVAL || r == -ENOENT)
		r = task_open_thread(pid, &pidfd);
	if (r < 0 && r != -ESRCH)
		s->problems |= SEVER_PROBLEM_FAULT;
	if (r == 0)
		sweep_table(s, pid, pid, pidfd);
	if (s->is_thorough && r != -ESRCH && task_count_threads(pid) > 1)
		task_each_thread(pid, sweep_thread, &threads);
}

static void sweep_crew(struct sweep *s, const struct crew *crew, pid_t init)
{
	uint32_t before;
	size_t i;

	for (i = 0; i < crew->n && !sweep_is_done(s); i++) {
		before = s->problems;
		sweep_task(s, crew->pids[i]);
		if (crew->pids[i] == init)
			s->problems &= before | ~(uint32_t)SEVER_PROBLEM_DENIED;
	}
}

void sweep_cell(struct sweep *s, pid_t init, int cgroup_fd)
{
	struct crew crew = CREW_INIT;
	int r = crew_read(&crew, init, cgroup_fd);

	if (r == -ESRCH)
		s->problems |= SEVER_PROBLEM_GONE;
	else if (r < 0)
		s->problems |= SEVER_PROBLEM_FAULT;
	else
		sweep_crew(s, &crew, init);
	crew_fini(&crew);
}
