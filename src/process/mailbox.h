/*
 * The mailbox: one atomic word.
 *
 *	63 ......... 20	 the newest envelope, without its four lowest bits
 *	19 ......... 4	 the generation of the process, its lower half
 *	3 .......... 0	 PARKED, NOTIFIED
 *
 * Pushing makes the word's envelope the next of the new one, so the list is
 * newest first; the owner takes it whole and turns it round. Whoever clears
 * PARKED owns the process from then on, until it put it into a run queue.
 *
 * A word of another generation belongs to another process: the place was used
 * again. The process' full PID is compared between reading the word and
 * swapping it, so half a generation is enough.
 *
 * Pure: the word and what hangs on it, nothing else. Modelled in
 * test/model/park.pml.
 */
#pragma once

#include "process/process.h"

enum {
	INBOX_PARKED = 1,
	INBOX_NOTIFIED = 2,
	INBOX_FLAGS = 15,
};

enum mailbox_verdict {
	/* The process has ended; the place may have another one. */
	MAILBOX_GONE = 1,
	/* It was parked and is the caller's now. */
	MAILBOX_OWNED,
};

static inline uint64_t inbox_tag(uint64_t generation)
{
	return (generation & 0xffff) << 4;
}

static inline uint64_t inbox_word(const struct envelope *e, uint64_t tag,
				  unsigned flags)
{
	return (uint64_t)(uintptr_t)e << 16 | tag | flags;
}

static inline struct envelope *inbox_envelope(uint64_t word)
{
	return (struct envelope *)(uintptr_t)(word >> 20 << 4);
}

/* Does the word @w, just read from @p, belong to @pid? */
static inline bool inbox_is_of(struct process *p, uint64_t w, reeve_pid pid)
{
	return (w & (UINT64_C(0xffff) << 4)) == inbox_tag(pid >> 32) &&
	       atomic_load_explicit(&p->pid, memory_order_relaxed) == pid;
}

/*
 * Push @e: 0, and the owner finds it. With MAILBOX_OWNED it was not pushed: the
 * caller owns the process and links it where it likes.
 */
static inline int mailbox_push(struct process *p, reeve_pid pid,
			       struct envelope *e)
{
	uint64_t w = atomic_load_explicit(&p->inbox, memory_order_acquire);
	uint64_t tag = inbox_tag(pid >> 32), next;

	for (;;) {
		if (!inbox_is_of(p, w, pid))
			return MAILBOX_GONE;
		if (w & INBOX_PARKED) {
			next = tag;
		} else {
			e->next = inbox_envelope(w);
			next = inbox_word(e, tag, w & INBOX_FLAGS);
		}
		if (atomic_compare_exchange_weak_explicit(&p->inbox, &w, next,
							  memory_order_acq_rel,
							  memory_order_acquire))
			return w & INBOX_PARKED ? MAILBOX_OWNED : 0;
	}
}

/* Wake it without a message: 0 if it was awake and will not park before it has
 * looked again. */
static inline int mailbox_notify(struct process *p, reeve_pid pid)
{
	uint64_t w = atomic_load_explicit(&p->inbox, memory_order_acquire);
	uint64_t next;

	for (;;) {
		if (!inbox_is_of(p, w, pid))
			return MAILBOX_GONE;
		next = w & INBOX_PARKED ? w & ~(uint64_t)INBOX_PARKED
					: w | INBOX_NOTIFIED;
		if (atomic_compare_exchange_weak_explicit(&p->inbox, &w, next,
							  memory_order_acq_rel,
							  memory_order_acquire))
			return w & INBOX_PARKED ? MAILBOX_OWNED : 0;
	}
}

/* The owner's: is there something to take, or to look at? */
static inline bool mailbox_has_news(struct process *p)
{
	uint64_t w = atomic_load_explicit(&p->inbox, memory_order_acquire);

	return w & INBOX_NOTIFIED || inbox_envelope(w);
}

/* The owner takes what is there, newest first, and the notification. */
static inline struct envelope *mailbox_take(struct process *p)
{
	uint64_t w = atomic_load_explicit(&p->inbox, memory_order_relaxed);

	while (!atomic_compare_exchange_weak_explicit(
		&p->inbox, &w, w & (UINT64_C(0xffff) << 4),
		memory_order_acquire, memory_order_relaxed))
		;
	return inbox_envelope(w);
}

/* Whoever runs next parks @p, which is not on its stack any more. False: there
 * is news, and it must run again. */
static inline bool mailbox_park(struct process *p)
{
	uint64_t w = atomic_load_explicit(&p->inbox, memory_order_relaxed);

	while (!(w & INBOX_NOTIFIED) && !inbox_envelope(w))
		if (atomic_compare_exchange_weak_explicit(
			    &p->inbox, &w, w | INBOX_PARKED,
			    memory_order_release, memory_order_relaxed))
			return true;
	return false;
}

/* The last act of the owner: nothing is pushed any more. What was is returned,
 * newest first. */
static inline struct envelope *mailbox_close(struct process *p)
{
	uint64_t pid = atomic_exchange_explicit(&p->pid, REEVE_PID_NONE,
						memory_order_relaxed);

	return inbox_envelope(atomic_exchange_explicit(
		&p->inbox, inbox_tag((pid >> 32) + 1), memory_order_acq_rel));
}

/* Oldest first, of what is newest first. */
static inline struct envelope *envelope_reverse(struct envelope *e)
{
	struct envelope *done = NULL, *next;

	for (; e; e = next) {
		next = e->next;
		e->next = done;
		done = e;
	}
	return done;
}
