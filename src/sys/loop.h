/*
 * The event loop: one epoll set, timers, and work put off to the end of a turn.
 *
 * A turn is: wait, call the handler of each ready source, fire due timers, then
 * run what was deferred. Handlers may remove any source, their own included, at
 * any time; whatever a handler wants to free, it frees in a deferred call
 * (loop_defer), so nothing is freed while its own handler runs. Not
 * thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct loop;
struct loop_source;
struct loop_timer;
struct loop_task;

/* @events are EPOLL* bits. */
typedef void (*loop_source_fn)(struct loop_source *source, uint32_t events);
typedef void (*loop_timer_fn)(struct loop_timer *timer);
typedef void (*loop_task_fn)(struct loop_task *task);

/* Embedded in its owner. Zeroed memory is a source that is not in a loop. */
struct loop_source {
	struct loop *loop;
	int fd;
	uint32_t events;
	loop_source_fn on_event;
	/* Index into the loop's table of live sources, plus one; see loop.c. */
	uint32_t slot;
	struct list
		paused; /* in a list of whoever paused it; see loop_pause() */
};

struct loop_timer {
	struct loop *loop;
	struct list link;
	uint64_t deadline; /* CLOCK_MONOTONIC, nanoseconds */
	loop_timer_fn on_fire;
};

struct loop_task {
	struct list link;
	loop_task_fn run;
};

/* 0 or -errno. */
int loop_new(struct loop **ret);
void loop_free(struct loop *l);
void loop_freep(struct loop **l);

/* Readable when the loop has something to do: to nest it in another loop. */
int loop_fd(const struct loop *l);

/* Watch @fd, which the caller keeps owning, until loop_remove(). */
int loop_add(struct loop *l, struct loop_source *source, int fd,
	     uint32_t events, loop_source_fn fn);
int loop_modify(struct loop_source *source, uint32_t events);
/* Before the descriptor is closed. Harmless on a source that is in no loop. */
void loop_remove(struct loop_source *source);

/*
 * Tell @source no more events, but that the other side is gone, and that once,
 * until loop_resume(). It is linked into @paused, by its member of that name;
 * loop_remove() takes it out again. What loop_modify() asks for meanwhile holds
 * from then on. Harmless on a source that is paused or in no loop.
 */
void loop_pause(struct loop_source *source, struct list *paused);
void loop_resume(struct loop_source *source);
bool loop_is_paused(const struct loop_source *source);

/* Fire @fn once, @ns nanoseconds from now; again replaces the deadline. */
void loop_timer_set(struct loop *l, struct loop_timer *timer, uint64_t ns,
		    loop_timer_fn fn);
void loop_timer_cancel(struct loop_timer *timer);

/* Run at the end of this turn; a task that waits already is left alone. */
void loop_defer(struct loop *l, struct loop_task *task, loop_task_fn fn);
void loop_defer_cancel(struct loop_task *task);

/*
 * One turn. Waits at most @timeout_ms milliseconds (-1: until something
 * happens). Returns the number of sources and timers handled, or -errno; a
 * signal (EINTR) counts as nothing handled.
 */
int loop_turn(struct loop *l, int timeout_ms);

/* Turns until loop_quit(); returns its argument, or -errno. */
int loop_run(struct loop *l);
void loop_quit(struct loop *l, int status);

/* How often the loop woke up so far. */
uint64_t loop_n_turns(const struct loop *l);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t loop_now(void);

#define NS_PER_MS     UINT64_C(1000000)
#define NS_PER_SECOND UINT64_C(1000000000)
