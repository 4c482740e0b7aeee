/* Entries: who waits for a descriptor, and what the kernel was told of it. */
#include "process/poller_entry.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "process/process.h"

enum {
	/* Reports for nobody before the descriptor leaves the set. One that was
	 * woken a moment ago gets a few: it will read, and be back soon. */
	N_UNWANTED_MAX = 8,
};

static const uint32_t direction_events[N_DIRECTIONS] = {
	[DIRECTION_IN] = EPOLLIN,
	[DIRECTION_OUT] = EPOLLOUT,
};

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT &&
		       EPOLLERR == POLLERR && EPOLLHUP == POLLHUP,
	       "events are passed on as they are");

struct entry *entry_at(struct poller *p, int fd)
{
	size_t i = (size_t)fd / CHUNK_ENTRIES;
	struct entry *chunk;

	if (fd < 0 || i >= p->n_chunks)
		return NULL;
	chunk = atomic_load_explicit(&p->chunks[i], memory_order_acquire);
	return chunk ? &chunk[fd % CHUNK_ENTRIES] : NULL;
}

static int chunk_add(struct poller *p, size_t i)
{
	int r = 0;

	pthread_mutex_lock(&p->grow_lock);
	if (!atomic_load_explicit(&p->chunks[i], memory_order_relaxed)) {
		struct entry *chunk = calloc(CHUNK_ENTRIES, sizeof(*chunk));

		if (chunk)
			atomic_store_explicit(&p->chunks[i], chunk,
					      memory_order_release);
		else
			r = -ENOMEM;
	}
	pthread_mutex_unlock(&p->grow_lock);
	return r;
}

int entry_get(struct poller *p, int fd, struct entry **ret)
{
	int r;

	if (fd < 0)
		return -EBADF;
	if ((size_t)fd / CHUNK_ENTRIES >= p->n_chunks)
		return -EMFILE;
	*ret = entry_at(p, fd);
	if (*ret)
		return 0;
	r = chunk_add(p, (size_t)fd / CHUNK_ENTRIES);
	if (r == 0)
		*ret = entry_at(p, fd);
	return r;
}

void entries_free(struct poller *p)
{
	for (size_t i = 0; i < p->n_chunks; i++) {
		struct entry *chunk = p->chunks[i];

		for (int k = 0; chunk && k < CHUNK_ENTRIES; k++)
			for (struct canceled *c = chunk[k].canceled, *next; c;
			     c = next) {
				next = c->next;
				free(c);
			}
		free(chunk);
	}
}

pthread_mutex_t *entry_lock(struct poller *p, int fd)
{
	return &p->locks[fd % N_LOCKS];
}

/* ---- places ---- */

int entry_claim(struct poller *p, struct entry *e, enum direction d,
		reeve_pid me)
{
	uint64_t other = 0;

	while (!atomic_compare_exchange_weak(&e->waiting[d], &other, me))
		if (other && reeve_is_alive(other))
			return -EBUSY;
	if (!other)
		atomic_fetch_add_explicit(&p->n_waiting, 1,
					  memory_order_relaxed);
	return 0;
}

bool entry_leave(struct poller *p, struct entry *e, enum direction d,
		 reeve_pid me)
{
	uint64_t expected = me;

	if (!atomic_compare_exchange_strong(&e->waiting[d], &expected, 0))
		return false;
	atomic_fetch_sub_explicit(&p->n_waiting, 1, memory_order_relaxed);
	return true;
}

static int place_wake(struct poller *p, struct entry *e, enum direction d)
{
	reeve_pid pid;

	if (!atomic_load_explicit(&e->waiting[d], memory_order_relaxed))
		return 0;
	pid = atomic_exchange(&e->waiting[d], 0);
	if (!pid)
		return 0;
	atomic_fetch_sub_explicit(&p->n_waiting, 1, memory_order_relaxed);
	process_wake(pid);
	return 1;
}

static int canceled_wake(struct poller *p, struct entry *e, int fd)
{
	struct canceled *c, *next;
	int n = 0;

	if (!atomic_load_explicit(&e->canceled, memory_order_relaxed))
		return 0;
	pthread_mutex_lock(entry_lock(p, fd));
	c = atomic_exchange(&e->canceled, NULL);
	pthread_mutex_unlock(entry_lock(p, fd));
	for (; c; c = next) {
		next = c->next;
		process_wake(c->pid);
		free(c);
		n++;
	}
	atomic_fetch_sub_explicit(&p->n_waiting, (uint32_t)n,
				  memory_order_relaxed);
	return n;
}

static int entry_wake(struct poller *p, struct entry *e, int fd,
		      uint32_t events)
{
	const uint32_t both = EPOLLERR | EPOLLHUP | POLLNVAL;
	int n = 0;

	atomic_store(&e->seen, events);
	if (events & (EPOLLIN | both))
		n += place_wake(p, e, DIRECTION_IN);
	if (events & (EPOLLOUT | both))
		n += place_wake(p, e, DIRECTION_OUT);
	if (events & (EPOLLIN | both))
		n += canceled_wake(p, e, fd);
	return n;
}

/* ---- the kernel ---- */

static uint32_t events_wanted(struct entry *e)
{
	uint32_t events = atomic_load(&e->canceled) ? EPOLLIN : 0;

	for (int d = 0; d < N_DIRECTIONS; d++)
		if (atomic_load(&e->waiting[d]))
			events |= direction_events[d];
	return events;
}

/*
 * Put it into the set, or change it there. It may not be there although we put
 * it: it was closed, and this is another one. Or the other way round: it came
 * back as a copy. Not inlined, for the address of errno must not be kept while
 * the caller waits.
 */
__attribute__((noinline)) static int set_put(struct poller *p, struct entry *e,
					     int fd, uint32_t events)
{
	bool was_there = atomic_exchange(&e->is_in_set, true);
	uint64_t generation = atomic_load(&e->generation);
	struct epoll_event event = {
		.events = events,
		.data.u64 = generation << 32 | (uint32_t)fd,
	};
	int r;

	r = epoll_ctl(p->epoll_fd, was_there ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
		      fd, &event);
	if (r < 0 && (errno == ENOENT || errno == EEXIST))
		r = epoll_ctl(p->epoll_fd,
			      was_there ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd,
			      &event);
	if (r == 0)
		return 0;
	atomic_store(&e->is_in_set, false);
	return -errno;
}

/* It counts as in the set until the kernel is done: poller_forget() looks at
 * that without the lock, and the descriptor is another one afterwards. */
static void set_remove(struct poller *p, struct entry *e, int fd)
{
	if (!atomic_load(&e->is_in_set))
		return;
	/* An error says that it is not in the set (any more). */
	epoll_ctl(p->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	atomic_store(&e->is_in_set, false);
}

int entry_arm(struct poller *p, struct entry *e, int fd, bool keeps,
	      uint32_t mode)
{
	uint32_t events, before = atomic_exchange(&e->armed, 0);
	int r;

	events = events_wanted(e);
	if (keeps && !(before & EPOLLONESHOT))
		events |= before;
	if (!events) {
		/* Errors would still be reported if it stayed there. */
		set_remove(p, e, fd);
		return 0;
	}
	r = set_put(p, e, fd, events | mode);
	if (r == 0)
		atomic_store(&e->armed, events | mode);
	return r;
}

/* After a report: what is armed does not fit any more to who waits. */
static void entry_rearm(struct poller *p, struct entry *e, int fd,
			uint32_t generation, uint32_t mode)
{
	int r = 0;

	pthread_mutex_lock(entry_lock(p, fd));
	if (atomic_load(&e->generation) == generation)
		r = entry_arm(p, e, fd, false, mode);
	pthread_mutex_unlock(entry_lock(p, fd));
	/* Who waits shall find the error itself. */
	if (r < 0)
		entry_wake(p, e, fd, EPOLLERR);
}

int entry_report(struct poller *p, int fd, uint32_t generation, uint32_t events)
{
	struct entry *e = entry_at(p, fd);
	int n;

	if (!e || atomic_load(&e->generation) != generation)
		return 0;
	n = entry_wake(p, e, fd, events);
	if (atomic_load(&e->armed) & EPOLLONESHOT) {
		if (events_wanted(e))
			entry_rearm(p, e, fd, generation, EPOLLONESHOT);
	} else if (n) {
		atomic_store_explicit(&e->n_unwanted, 0, memory_order_relaxed);
	} else if (atomic_fetch_add_explicit(&e->n_unwanted, 1,
					     memory_order_relaxed) ==
		   N_UNWANTED_MAX - 1) {
		atomic_store_explicit(&e->n_unwanted, 0, memory_order_relaxed);
		entry_rearm(p, e, fd, generation, 0);
	}
	return n;
}

void poller_forget(struct poller *p, int fd)
{
	struct entry *e = entry_at(p, fd);

	if (!e || (!atomic_load(&e->is_in_set) && !events_wanted(e)))
		return;
	pthread_mutex_lock(entry_lock(p, fd));
	atomic_store(&e->armed, 0);
	atomic_fetch_add(&e->generation, 1);
	set_remove(p, e, fd);
	atomic_store_explicit(&e->n_unwanted, 0, memory_order_relaxed);
	pthread_mutex_unlock(entry_lock(p, fd));
	entry_wake(p, e, fd, POLLNVAL);
}
