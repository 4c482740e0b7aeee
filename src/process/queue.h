/*
 * The run queue of a worker: first in, first out.
 *
 * A ring of 256, and behind it a list without end, which has a lock. The owner
 * adds at the tail and takes at the head; thieves take up to half of the ring
 * at its head, and when it is empty, some of the list. Head and tail only ever
 * grow, so an exchange of the head cannot mistake one round for another (it is
 * the queue of Go's scheduler, by D. Vyukov).
 */
#pragma once

#include <pthread.h>

#include "process/process.h"

enum { QUEUE_RING = 256 };

struct queue {
	_Atomic uint32_t head; /* moved by whoever takes */
	_Atomic uint32_t tail; /* by the owner */
	_Atomic(struct process *) ring[QUEUE_RING];
	pthread_mutex_t lock; /* of the list */
	struct process *first, **end;
	/* In the list. Only the owner adds: what it sees is not too few. */
	_Atomic uint32_t n_behind;
};

void queue_init(struct queue *q);

/* ---- the parts that do not fit into the ring ---- */

void queue_put_behind(struct queue *q, struct process *p);
/* Move on what waits behind the ring, when there is much room. */
void queue_refill(struct queue *q);

/* ---- the owner ---- */

static inline bool queue_has_list(const struct queue *q)
{
	return atomic_load_explicit(&q->n_behind, memory_order_relaxed);
}

/* Room in the ring? The head may have moved on meanwhile: then there is more.
 */
static inline uint32_t queue_room(const struct queue *q, uint32_t tail)
{
	return QUEUE_RING -
	       (tail - atomic_load_explicit(&q->head, memory_order_acquire));
}

static inline void queue_put(struct queue *q, struct process *p)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

	/* What is behind the ring was there before. */
	if (__builtin_expect(queue_has_list(q) || !queue_room(q, tail), 0)) {
		queue_put_behind(q, p);
		return;
	}
	atomic_store_explicit(&q->ring[tail % QUEUE_RING], p,
			      memory_order_relaxed);
	atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
}

/* NULL if it is empty. @is_alone: there are no thieves. */
static inline struct process *queue_take(struct queue *q, bool is_alone)
{
	uint32_t head, tail;
	struct process *p;

	if (__builtin_expect(queue_has_list(q), 0))
		queue_refill(q);
	head = atomic_load_explicit(&q->head, memory_order_acquire);
	tail = atomic_load_explicit(&q->tail, memory_order_relaxed);
	do {
		if (head == tail)
			return NULL;
		p = atomic_load_explicit(&q->ring[head % QUEUE_RING],
					 memory_order_relaxed);
		if (is_alone) {
			atomic_store_explicit(&q->head, head + 1,
					      memory_order_relaxed);
			break;
		}
	} while (!atomic_compare_exchange_weak_explicit(
		&q->head, &head, head + 1, memory_order_acq_rel,
		memory_order_acquire));
	return p;
}

/* ---- others ---- */

/* Take about half of @from's ring, or else of its list, into @q, which is the
 * caller's and empty, and of these the first. NULL if there was none. */
struct process *queue_steal(struct queue *q, struct queue *from);

/* How many wait; a hint. Any worker. */
static inline uint32_t queue_n_stealable(struct queue *q)
{
	uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);

	return atomic_load_explicit(&q->tail, memory_order_relaxed) - head +
	       atomic_load_explicit(&q->n_behind, memory_order_relaxed);
}

/* True if there is something in it; a hint to anybody but the owner. */
static inline bool queue_has_any(struct queue *q)
{
	return queue_n_stealable(q);
}
