/*
 * Waiting for a descriptor and for messages at the same time: the place in the
 * entry is taken as by a wait, but the process parks where it likes.
 */
#include <poll.h>
#include <sys/epoll.h>

#include "process/poller_entry.h"

static bool is_among(enum direction d, short events)
{
	return events & (d == DIRECTION_IN ? POLLIN : POLLOUT);
}

int poller_arm(struct poller *p, int fd, short events)
{
	uint32_t wanted = (uint32_t)events & (POLLIN | POLLOUT);
	reeve_pid me = reeve_self();
	struct entry *e;
	uint32_t armed;
	int r;

	r = entry_get(p, fd, &e);
	for (enum direction d = 0; d < N_DIRECTIONS && r == 0; d++) {
		bool is_mine = atomic_load(&e->waiting[d]) == me;

		if (is_among(d, events) && !is_mine)
			r = entry_claim(p, e, d, me);
		else if (!is_among(d, events) && is_mine)
			entry_leave(p, e, d, me);
	}
	if (r < 0)
		return r;
	armed = atomic_load(&e->armed);
	if ((armed & (wanted | EPOLLONESHOT)) == wanted)
		return 0;
	pthread_mutex_lock(entry_lock(p, fd));
	r = entry_arm(p, e, fd, true, 0);
	pthread_mutex_unlock(entry_lock(p, fd));
	return r;
}

short poller_take_ready(struct poller *p, int fd, short events)
{
	struct entry *e = entry_at(p, fd);
	reeve_pid me = reeve_self();
	short ready = 0;

	for (enum direction d = 0; e && d < N_DIRECTIONS; d++)
		if (is_among(d, events) && atomic_load(&e->waiting[d]) != me)
			ready |= d == DIRECTION_IN ? POLLIN : POLLOUT;
	return ready;
}
