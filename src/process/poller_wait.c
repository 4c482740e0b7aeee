/* Waiting for a descriptor, by a process: it publishes itself, and parks. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "process/poller_entry.h"
#include "process/process.h"

/* One wait, on the stack of who waits. */
struct wait {
	struct poller *poller;
	struct entry *entry;
	reeve_pid me;
	int fd;
	int cancel_fd; /* -1: none */
	short events;
	bool is_own; /* its close is told */
	uint64_t deadline;
};

/* What poll(2) says right now; an address of errno is not kept across a wait.
 */
__attribute__((noinline)) static int look(int fd, short events,
					  short *ret_events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (p.revents & POLLNVAL)
		return -EBADF;
	*ret_events = p.revents;
	return 0;
}

/* ---- the descriptor ---- */

static bool wait_has(const struct wait *w, enum direction d)
{
	return w->events & (d == DIRECTION_IN ? POLLIN : POLLOUT);
}

/* Take all places back. False if a report was first in one of them. */
static bool wait_leave(struct wait *w, enum direction n)
{
	bool all = true;

	for (enum direction d = 0; d < n; d++)
		if (wait_has(w, d))
			all &= entry_leave(w->poller, w->entry, d, w->me);
	return all;
}

static int wait_claim(struct wait *w)
{
	for (enum direction d = 0; d < N_DIRECTIONS; d++) {
		int r = wait_has(w, d)
				? entry_claim(w->poller, w->entry, d, w->me)
				: 0;

		if (r < 0) {
			wait_leave(w, d);
			return r;
		}
	}
	return 0;
}

static bool wait_is_reported(const struct wait *w)
{
	for (enum direction d = 0; d < N_DIRECTIONS; d++)
		if (wait_has(w, d) &&
		    atomic_load(&w->entry->waiting[d]) != w->me)
			return true;
	return false;
}

static int wait_arm(struct wait *w)
{
	uint32_t wanted = (uint32_t)w->events, armed;
	int r;

	armed = atomic_load(&w->entry->armed);
	if (w->is_own && (armed & (wanted | EPOLLONESHOT)) == wanted)
		return 0;
	pthread_mutex_lock(entry_lock(w->poller, w->fd));
	r = entry_arm(w->poller, w->entry, w->fd, w->is_own,
		      w->is_own ? 0 : EPOLLONESHOT);
	pthread_mutex_unlock(entry_lock(w->poller, w->fd));
	return r;
}

/* Nothing came: it is not to be reported to nobody. */
static void wait_disarm(struct wait *w)
{
	if (w->is_own)
		return;
	pthread_mutex_lock(entry_lock(w->poller, w->fd));
	entry_arm(w->poller, w->entry, w->fd, false, EPOLLONESHOT);
	pthread_mutex_unlock(entry_lock(w->poller, w->fd));
}

/* ---- the cancel descriptor ---- */

static void canceled_drop(struct poller *p, _Atomic(struct canceled *) *at_head,
			  struct canceled *before, struct canceled *take_c)
{
	if (before)
		before->next = take_c->next;
	else
		atomic_store(at_head, take_c->next);
	free(take_c);
	atomic_fetch_sub_explicit(&p->n_waiting, 1, memory_order_relaxed);
}

/* Drop @pid, and those that died while they waited. Locked. */
static void canceled_prune(struct poller *p, struct entry *e, reeve_pid pid)
{
	struct canceled *c, *next, *before = NULL;

	for (c = atomic_load(&e->canceled); c; c = next) {
		next = c->next;
		if (c->pid == pid || !reeve_is_alive(c->pid))
			canceled_drop(p, &e->canceled, before, c);
		else
			before = c;
	}
}

/* Be woken when the cancel descriptor is readable, once. */
static int cancel_watch(struct wait *w)
{
	struct canceled *c;
	struct entry *e;
	int r;

	r = entry_get(w->poller, w->cancel_fd, &e);
	if (r < 0)
		return r;
	c = malloc(sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->pid = w->me;
	pthread_mutex_lock(entry_lock(w->poller, w->cancel_fd));
	canceled_prune(w->poller, e, w->me);
	c->next = atomic_load(&e->canceled);
	atomic_store(&e->canceled, c);
	atomic_fetch_add_explicit(&w->poller->n_waiting, 1,
				  memory_order_relaxed);
	r = entry_arm(w->poller, e, w->cancel_fd, false, EPOLLONESHOT);
	pthread_mutex_unlock(entry_lock(w->poller, w->cancel_fd));
	/* A file that does not poll is always readable. */
	return r == -EPERM ? 0 : r;
}

static void cancel_unwatch(struct wait *w)
{
	struct entry *e = entry_at(w->poller, w->cancel_fd);

	if (!e)
		return;
	pthread_mutex_lock(entry_lock(w->poller, w->cancel_fd));
	canceled_prune(w->poller, e, w->me);
	entry_arm(w->poller, e, w->cancel_fd, false, EPOLLONESHOT);
	pthread_mutex_unlock(entry_lock(w->poller, w->cancel_fd));
}

/* 0, -ECANCELED, or a fault. */
static int cancel_look(const struct wait *w)
{
	short events;
	int r = look(w->cancel_fd, POLLIN, &events);

	if (r < 0)
		return r;
	return events ? -ECANCELED : 0;
}

/* ---- both ---- */

static int wait_park(struct wait *w)
{
	int r = 0;

	process_wait_until(w->deadline);
	for (;;) {
		/* Armed anew each time, for a report is given once. */
		if (w->cancel_fd >= 0) {
			r = cancel_watch(w);
			if (r == 0)
				r = cancel_look(w);
		}
		if (r < 0 || wait_is_reported(w))
			break;
		if (process_is_late()) {
			r = -ETIMEDOUT;
			break;
		}
		process_park("descriptor", w->fd);
	}
	process_wait_until(WAIT_FOREVER);
	if (w->cancel_fd >= 0)
		cancel_unwatch(w);
	return r;
}

static int wait_run(struct wait *w, short *ret_events)
{
	bool is_silent;
	short events;
	int r;

	r = wait_claim(w);
	if (r < 0)
		return r;
	r = wait_arm(w);
	if (r == 0)
		r = wait_park(w);
	events = (short)atomic_load(&w->entry->seen);
	is_silent = wait_leave(w, N_DIRECTIONS);
	if (is_silent)
		wait_disarm(w);
	else if (r == -ETIMEDOUT)
		r = 0;
	if (r < 0)
		return r;
	if (events & POLLNVAL)
		return -EBADF;
	/* Another report may have come since ours: then all may be true. */
	events &= w->events | POLLERR | POLLHUP;
	if (ret_events)
		*ret_events = events ? events : w->events;
	return 0;
}

/* Not to wait is no matter of processes. */
static int wait_not(const struct wait *w, short *ret_events)
{
	short events;
	int r;

	r = w->cancel_fd >= 0 ? cancel_look(w) : 0;
	if (r == 0)
		r = look(w->fd, w->events, &events);
	if (r < 0)
		return r;
	if (!events)
		return -ETIMEDOUT;
	if (ret_events)
		*ret_events = events;
	return 0;
}

static int wait_begin(struct wait *w, short *ret_events)
{
	int r;

	if (!w->events || w->events & ~(POLLIN | POLLOUT))
		return -EINVAL;
	if (!w->deadline)
		return wait_not(w, ret_events);
	r = process_may_wait();
	if (r == 0)
		r = entry_get(w->poller, w->fd, &w->entry);
	if (r < 0)
		return r;
	w->me = reeve_self();
	return wait_run(w, ret_events);
}

int poller_wait(struct poller *p, int fd, short events, uint64_t deadline,
		short *ret_events)
{
	struct wait w = {
		.poller = p,
		.fd = fd,
		.cancel_fd = -1,
		.events = events,
		.deadline = deadline,
	};

	return wait_begin(&w, ret_events);
}

int poller_wait_own(struct poller *p, int fd, short events, int cancel_fd,
		    uint64_t deadline, short *ret_events)
{
	struct wait w = {
		.poller = p,
		.fd = fd,
		.cancel_fd = cancel_fd,
		.events = events,
		.is_own = true,
		.deadline = deadline,
	};

	return wait_begin(&w, ret_events);
}
