/*
 * Histories: what processes did last, for whoever looks at one that failed.
 *
 * Each worker writes what its processes do into a ring of its own. A process
 * may be on another worker later, so it numbers its events itself; put together
 * by these numbers, they are its history. Nothing is written for others to rely
 * on: what is read while it is overwritten may be wrong, and costs no lock.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "process/process.h"

enum history_what {
	HISTORY_SPAWNED,  /* other: its parent */
	HISTORY_RECEIVED, /* number: the ordinal; other: the sender */
	HISTORY_SENT,	  /* number: the ordinal; other: to whom */
	HISTORY_WAITS, /* number: what for, as a pointer to a text that stays;
			* other: a number that belongs to it, or -1 */
	HISTORY_WOKE,
	HISTORY_ENDED, /* number: the reason */
};

enum {
	HISTORY_N = 4096, /* a power of two */
	HISTORY_SHOWN = 16,
};

struct history_event {
	_Atomic uint64_t pid, number, other;
	_Atomic uint32_t order; /* of the events of that process; wraps */
	_Atomic uint32_t what;
};

struct history {
	struct history_event events[HISTORY_N];
	uint32_t next;
};

/* One for a worker; history_print() looks into all that are there, at most 64.
 * -ENOMEM. */
int history_new(struct history **ret);
void history_free(struct history *take_h);

/*
 * By the worker, for a process that it owns. The PID is what a reader looks at
 * first and last: a half-written event is nobody's. Whoever sees any of the
 * other fields as they are stored here, sees that as well.
 */
static inline void history_note(struct history *h, struct process *p,
				enum history_what what, uint64_t number,
				uint64_t other)
{
	struct history_event *e = &h->events[h->next++ & (HISTORY_N - 1)];

	atomic_store_explicit(&e->pid, REEVE_PID_NONE, memory_order_relaxed);
	atomic_store_explicit(&e->order, p->n_noted++, memory_order_release);
	atomic_store_explicit(&e->number, number, memory_order_release);
	atomic_store_explicit(&e->other, other, memory_order_release);
	atomic_store_explicit(&e->what, what, memory_order_release);
	atomic_store_explicit(
		&e->pid, atomic_load_explicit(&p->pid, memory_order_relaxed),
		memory_order_release);
}

typedef void (*history_write_fn)(void *arg, const char *text, size_t n);

/*
 * The last sixteen events of @pid that are still there, oldest first, a line
 * each. Returns how many. Signal handlers may call it.
 */
unsigned history_print(reeve_pid pid, history_write_fn write, void *arg);
