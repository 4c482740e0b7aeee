/*
 * The mail of a process, as its owner has it: the queue of what was taken out
 * of the mailbox, and what the program has of it. Inlined: this is on the way
 * of every message.
 */
#pragma once

#include <errno.h>

#include "process/history.h"
#include "process/mailbox.h"
#include "process/runtime.h"

static inline uint32_t load(const _Atomic uint32_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

/* Only the owner writes it. */
static inline void add(_Atomic uint32_t *n, uint32_t more)
{
	atomic_store_explicit(n, load(n) + more, memory_order_relaxed);
}

static inline void process_queue(struct process *p, struct envelope *e)
{
	e->next = NULL;
	*p->queue_end = e;
	p->queue_end = &e->next;
	add(&p->n_queued, 1);
}

/* Take the message at @at out of the queue. */
static inline struct envelope *process_take(struct process *p,
					    struct envelope **at)
{
	struct envelope *e = *at;

	*at = e->next;
	if (!*at)
		p->queue_end = at;
	add(&p->n_queued, UINT32_MAX);
	if (__builtin_expect(!!p->room_waiters, 0))
		room_check(p);
	return e;
}

/* Link it to those that the program has. */
static inline void process_hold(struct process *p, struct envelope *e)
{
	e->is_held = true;
	e->next = p->held;
	p->held = e;
	count_up(&p->n_received, 1);
}

/* The reverse; false if the program does not have it. */
static inline bool process_let_go(struct process *p, struct envelope *e)
{
	struct envelope **at;

	/* What was received last is most often what is meant. */
	for (at = &p->held; *at; at = &(*at)->next) {
		if (*at != e)
			continue;
		*at = e->next;
		e->is_held = false;
		if (p->served == e)
			p->served = NULL;
		return true;
	}
	return false;
}

/* How many messages wait for @p: a hint to all but its owner. */
static inline uint32_t n_waiting(struct process *p)
{
	int32_t pushed = (int32_t)(load(&p->n_pushed) - load(&p->n_taken));

	/* A message is counted after it was pushed. */
	return load(&p->n_queued) + (uint32_t)(pushed > 0 ? pushed : 0);
}

/* @p seems to be full: -EAGAIN. */
int process_push_refused(struct process *p, reeve_pid pid);

/* As process_push(); @w is the caller's worker, or NULL. */
static inline int process_push_by(struct worker *w, reeve_pid pid,
				  struct envelope *e)
{
	struct process *p = table_at(pid);
	int r;

	if (__builtin_expect(
		    !p || atomic_load_explicit(&p->pid, memory_order_relaxed) !=
				    pid,
		    0))
		return -ESRCH;
	if (__builtin_expect(n_waiting(p) >= load(&p->mailbox_max), 0))
		return process_push_refused(p, pid);
	r = mailbox_push(p, pid, e);
	if (r == MAILBOX_GONE)
		return -ESRCH;
	if (r != MAILBOX_OWNED) {
		atomic_fetch_add_explicit(&p->n_pushed, 1,
					  memory_order_release);
		return 0;
	}
	process_queue(p, e);
	if (w)
		worker_ready(w, p);
	else
		runtime_ready(p);
	return 0;
}
