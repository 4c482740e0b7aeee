/*
 * Race 1: a handler removes a source whose event was collected in the same
 * turn. Events therefore carry not a pointer but an index into a table of live
 * sources with a generation; an entry that was cleared or reused in between is
 * skipped.
 *
 * Timers are a sorted list: there are few of them (one per instance that is
 * stopping or backing off), and they are mostly set further ahead than the
 * rest.
 */
#include "sys/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "sys/fd.h"

enum { LOOP_EVENTS_MAX = 64 };

struct loop_slot {
	struct loop_source *source; /* NULL: free */
	uint32_t generation;
	uint32_t next_free;
};

struct loop {
	int epoll_fd;
	struct loop_slot *slots;
	uint32_t n_slots, first_free; /* index plus one; 0: none */
	struct list timers, tasks;
	uint64_t n_turns;
	bool is_done;
	int status;
};

uint64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_SECOND + (uint64_t)ts.tv_nsec;
}

int loop_new(struct loop **ret)
{
	struct loop *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	list_init(&l->timers);
	list_init(&l->tasks);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd < 0) {
		free(l);
		return -errno;
	}
	*ret = l;
	return 0;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	fd_close(l->epoll_fd);
	free(l->slots);
	free(l);
}

void loop_freep(struct loop **l)
{
	loop_free(*l);
}

int loop_fd(const struct loop *l)
{
	return l->epoll_fd;
}

/* Take a free slot, growing the table when there is none. */
static int loop_take_slot(struct loop *l, uint32_t *ret)
{
	struct loop_slot *slots;
	uint32_t n, i;

	if (!l->first_free) {
		n = l->n_slots ? l->n_slots * 2 : 16;
		slots = realloc(l->slots, n * sizeof(*slots));
		if (!slots)
			return -ENOMEM;
		for (i = l->n_slots; i < n; i++)
			slots[i] = (struct loop_slot){
				.next_free = i + 1 < n ? i + 2 : 0
			};
		l->first_free = l->n_slots + 1;
		l->slots = slots;
		l->n_slots = n;
	}
	*ret = l->first_free;
	l->first_free = l->slots[*ret - 1].next_free;
	return 0;
}

static void loop_drop_slot(struct loop *l, uint32_t slot)
{
	struct loop_slot *s = &l->slots[slot - 1];

	s->source = NULL;
	s->generation++;
	s->next_free = l->first_free;
	l->first_free = slot;
}

static struct epoll_event loop_event(struct loop *l, uint32_t slot,
				     uint32_t events)
{
	return (struct epoll_event){
		.events = events,
		.data.u64 = (uint64_t)l->slots[slot - 1].generation << 32 | slot
	};
}

int loop_add(struct loop *l, struct loop_source *source, int fd,
	     uint32_t events, loop_source_fn fn)
{
	struct epoll_event event;
	uint32_t slot;
	int r;

	r = loop_take_slot(l, &slot);
	if (r < 0)
		return r;
	event = loop_event(l, slot, events);
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		r = -errno;
		loop_drop_slot(l, slot);
		return r;
	}
	*source = (struct loop_source){ .loop = l,
					.fd = fd,
					.events = events,
					.on_event = fn,
					.slot = slot };
	list_init(&source->paused);
	l->slots[slot - 1].source = source;
	return 0;
}

static int loop_tell(struct loop_source *source, uint32_t events)
{
	struct epoll_event event =
		loop_event(source->loop, source->slot, events);

	return epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_MOD, source->fd,
			 &event) < 0
		       ? -errno
		       : 0;
}

int loop_modify(struct loop_source *source, uint32_t events)
{
	int r;

	if (source->events == events)
		return 0;
	r = loop_is_paused(source) ? 0 : loop_tell(source, events);
	if (r < 0)
		return r;
	source->events = events;
	return 0;
}

bool loop_is_paused(const struct loop_source *source)
{
	return source->slot && !list_is_empty(&source->paused);
}

/* EPOLLHUP cannot be masked; told by edges, it does not keep us awake. Changing
 * an entry takes no memory, so it does not fail. */
void loop_pause(struct loop_source *source, struct list *paused)
{
	if (!source->slot || loop_is_paused(source))
		return;
	(void)loop_tell(source, EPOLLET);
	list_link(paused, &source->paused);
}

/* What came meanwhile is told anew: changing an entry looks at what is there.
 */
void loop_resume(struct loop_source *source)
{
	if (!loop_is_paused(source))
		return;
	list_unlink(&source->paused);
	(void)loop_tell(source, source->events);
}

void loop_remove(struct loop_source *source)
{
	if (!source->slot)
		return;
	epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	loop_drop_slot(source->loop, source->slot);
	list_unlink(&source->paused);
	source->slot = 0;
}

void loop_timer_set(struct loop *l, struct loop_timer *timer, uint64_t ns,
		    loop_timer_fn fn)
{
	struct loop_timer *other;
	struct list *at;

	loop_timer_cancel(timer);
	timer->loop = l;
	timer->deadline = loop_now() + ns;
	timer->on_fire = fn;
	for (at = l->timers.previous; at != &l->timers; at = at->previous) {
		other = list_entry(at, struct loop_timer, link);
		if (other->deadline <= timer->deadline)
			break;
	}
	/* Behind @at: in front of what follows it. */
	list_link(at->next, &timer->link);
}

void loop_timer_cancel(struct loop_timer *timer)
{
	if (!timer->loop)
		return;
	list_unlink(&timer->link);
	timer->loop = NULL;
}

void loop_defer(struct loop *l, struct loop_task *task, loop_task_fn fn)
{
	if (task->link.next && !list_is_empty(&task->link))
		return;
	task->run = fn;
	list_link(&l->tasks, &task->link);
}

void loop_defer_cancel(struct loop_task *task)
{
	if (task->link.next)
		list_unlink(&task->link);
}

/* How long the wait may last, given the first timer and pending tasks. */
static int loop_timeout(const struct loop *l, int timeout_ms)
{
	const struct loop_timer *first;
	uint64_t now, ms;

	if (!list_is_empty(&l->tasks))
		return 0;
	if (list_is_empty(&l->timers))
		return timeout_ms;
	first = list_entry(l->timers.next, struct loop_timer, link);
	now = loop_now();
	if (first->deadline <= now)
		return 0;
	ms = (first->deadline - now + NS_PER_MS - 1) / NS_PER_MS;
	if (timeout_ms >= 0 && (uint64_t)timeout_ms < ms)
		return timeout_ms;
	return ms > 3600000 ? 3600000 : (int)ms;
}

static int loop_fire(struct loop *l)
{
	struct loop_timer *timer;
	uint64_t now;
	int n = 0;

	if (list_is_empty(&l->timers))
		return 0;
	/* One reading of the clock: a timer set now waits for the next turn. */
	now = loop_now();
	while ((timer = list_first(&l->timers, struct loop_timer, link))) {
		if (timer->deadline > now)
			break;
		loop_timer_cancel(timer);
		timer->on_fire(timer);
		n++;
	}
	return n;
}

static void loop_run_tasks(struct loop *l)
{
	struct loop_task *task;

	while ((task = list_first(&l->tasks, struct loop_task, link))) {
		list_unlink(&task->link);
		task->run(task);
	}
}

int loop_turn(struct loop *l, int timeout_ms)
{
	struct epoll_event events[LOOP_EVENTS_MAX];
	struct loop_slot *slot;
	int n, i, handled = 0;

	n = epoll_wait(l->epoll_fd, events, LOOP_EVENTS_MAX,
		       loop_timeout(l, timeout_ms));
	if (n < 0 && errno != EINTR)
		return -errno;
	l->n_turns++;
	for (i = 0; i < n; i++) {
		slot = &l->slots[(uint32_t)events[i].data.u64 - 1];
		/* Race 1. */
		if (!slot->source ||
		    slot->generation != events[i].data.u64 >> 32)
			continue;
		slot->source->on_event(slot->source, events[i].events);
		handled++;
	}
	handled += loop_fire(l);
	loop_run_tasks(l);
	return handled;
}

int loop_run(struct loop *l)
{
	int r;

	l->is_done = false;
	while (!l->is_done) {
		r = loop_turn(l, -1);
		if (r < 0)
			return r;
	}
	return l->status;
}

void loop_quit(struct loop *l, int status)
{
	l->is_done = true;
	l->status = status;
}

uint64_t loop_n_turns(const struct loop *l)
{
	return l->n_turns;
}
