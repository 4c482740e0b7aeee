/* The set itself: waiting in it, and being called out of the wait. */
#include "process/poller.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "process/poller_entry.h"
#include "sys/fd.h"
#include "sys/loop.h"

/* What the event descriptor is reported as; no entry has it. */
#define DATA_INTERRUPT UINT64_MAX

enum {
	N_EVENTS = 128,
	/* Some systems allow a billion; the table is for what is used. */
	N_FDS_MAX = 1 << 24,
};

static size_t chunks_needed(void)
{
	struct rlimit limit;
	size_t n = N_FDS_MAX;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < n)
		n = (size_t)limit.rlim_max;
	return n / CHUNK_ENTRIES + 1;
}

static int poller_open(struct poller *p)
{
	struct epoll_event event = { .events = EPOLLIN,
				     .data.u64 = DATA_INTERRUPT };

	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll_fd < 0)
		return -errno;
	p->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->event_fd < 0)
		return -errno;
	if (epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, p->event_fd, &event) < 0)
		return -errno;
	return 0;
}

int poller_new(struct poller **ret)
{
	size_t n = chunks_needed();
	struct poller *p;
	int r;

	p = calloc(1, sizeof(*p) + n * sizeof(p->chunks[0]));
	if (!p)
		return -ENOMEM;
	p->epoll_fd = p->event_fd = -1;
	p->n_chunks = n;
	pthread_mutex_init(&p->grow_lock, NULL);
	for (int i = 0; i < N_LOCKS; i++)
		pthread_mutex_init(&p->locks[i], NULL);
	r = poller_open(p);
	if (r < 0) {
		poller_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void poller_free(struct poller *take_p)
{
	if (!take_p)
		return;
	fd_close(take_p->event_fd);
	fd_close(take_p->epoll_fd);
	entries_free(take_p);
	for (int i = 0; i < N_LOCKS; i++)
		pthread_mutex_destroy(&take_p->locks[i]);
	pthread_mutex_destroy(&take_p->grow_lock);
	free(take_p);
}

bool poller_is_wanted(const struct poller *p)
{
	return atomic_load_explicit(&p->n_waiting, memory_order_relaxed) > 0;
}

void poller_interrupt(struct poller *p)
{
	uint64_t one = 1;

	if (atomic_exchange(&p->is_interrupted, true))
		return;
	/* It cannot be full, and a write to it is not interrupted. */
	if (write(p->event_fd, &one, sizeof(one)) < 0)
		return;
}

/* First emptied, then allowed again: who finds it set before that has said what
 * it wanted to say before this poll ends. */
static void interrupt_take(struct poller *p)
{
	uint64_t n;

	if (read(p->event_fd, &n, sizeof(n)) < 0)
		n = 0;
	atomic_exchange(&p->is_interrupted, false);
}

static int milliseconds_of(uint64_t ns)
{
	if (ns == UINT64_MAX)
		return -1;
	if (ns / NS_PER_MS >= INT32_MAX)
		return INT32_MAX;
	return (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

static int events_wait(struct poller *p, struct epoll_event *events,
		       uint64_t timeout_ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(timeout_ns / NS_PER_SECOND),
		.tv_nsec = (long)(timeout_ns % NS_PER_SECOND),
	};
	int n;

	/* Not waiting needs no precision, and the older call is everywhere. */
	if (timeout_ns &&
	    !atomic_load_explicit(&p->has_no_pwait2, memory_order_relaxed)) {
		n = epoll_pwait2(p->epoll_fd, events, N_EVENTS,
				 timeout_ns == UINT64_MAX ? NULL : &t, NULL);
		if (n >= 0 || (errno != ENOSYS && errno != EPERM))
			return n < 0 ? -errno : n;
		atomic_store_explicit(&p->has_no_pwait2, true,
				      memory_order_relaxed);
	}
	n = epoll_wait(p->epoll_fd, events, N_EVENTS,
		       milliseconds_of(timeout_ns));
	return n < 0 ? -errno : n;
}

int poller_poll(struct poller *p, uint64_t timeout_ns)
{
	struct epoll_event events[N_EVENTS];
	int n, n_woken = 0;

	n = events_wait(p, events, timeout_ns);
	if (n < 0)
		return n == -EINTR ? 0 : n;
	for (int i = 0; i < n; i++) {
		uint64_t data = events[i].data.u64;

		if (data == DATA_INTERRUPT)
			interrupt_take(p);
		else
			n_woken += entry_report(p, (int)(uint32_t)data,
						(uint32_t)(data >> 32),
						events[i].events);
	}
	return n_woken;
}
