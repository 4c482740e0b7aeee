#include "process/queue.h"

void queue_init(struct queue *q)
{
	*q = (struct queue){ .lock = PTHREAD_MUTEX_INITIALIZER };
	q->end = &q->first;
}

/* Into the ring of the caller, which has room. */
static void ring_put(struct queue *q, struct process *p)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

	atomic_store_explicit(&q->ring[tail % QUEUE_RING], p,
			      memory_order_relaxed);
	atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
}

/* ---- the list ---- */

/* Locked. */
static void list_grew(struct queue *q, uint32_t by)
{
	atomic_store_explicit(
		&q->n_behind,
		atomic_load_explicit(&q->n_behind, memory_order_relaxed) + by,
		memory_order_relaxed);
}

void queue_put_behind(struct queue *q, struct process *p)
{
	p->run_next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->end = p;
	q->end = &p->run_next;
	list_grew(q, 1);
	pthread_mutex_unlock(&q->lock);
}

/* Up to @n from the beginning of the list, as one of their own. */
static struct process *list_take(struct queue *q, uint32_t n)
{
	struct process *all, **at;
	uint32_t taken;

	pthread_mutex_lock(&q->lock);
	all = q->first;
	at = &all;
	for (taken = 0; *at && taken < n; taken++)
		at = &(*at)->run_next;
	q->first = *at;
	*at = NULL;
	if (!q->first)
		q->end = &q->first;
	list_grew(q, -taken);
	pthread_mutex_unlock(&q->lock);
	return all;
}

static void ring_put_all(struct queue *q, struct process *list)
{
	struct process *next;

	for (; list; list = next) {
		next = list->run_next;
		ring_put(q, list);
	}
}

void queue_refill(struct queue *q)
{
	uint32_t room = queue_room(
		q, atomic_load_explicit(&q->tail, memory_order_relaxed));

	if (room >= QUEUE_RING / 2)
		ring_put_all(q, list_take(q, room));
}

/* ---- thieves ---- */

static struct process *list_steal(struct queue *q, struct queue *from)
{
	uint32_t n =
		atomic_load_explicit(&from->n_behind, memory_order_relaxed);
	struct process *p = NULL;

	n -= n / 2;
	if (n > QUEUE_RING / 2)
		n = QUEUE_RING / 2;
	if (n)
		p = list_take(from, n);
	if (p)
		ring_put_all(q, p->run_next);
	return p;
}

struct process *queue_steal(struct queue *q, struct queue *from)
{
	uint32_t mine = atomic_load_explicit(&q->tail, memory_order_relaxed);
	uint32_t head, tail, n, i;
	struct process *p, *first;

	head = atomic_load_explicit(&from->head, memory_order_acquire);
	do {
		tail = atomic_load_explicit(&from->tail, memory_order_acquire);
		n = tail - head;
		n -= n / 2;
		if (!n)
			return list_steal(q, from);
		/* Head and tail were not read at one moment. */
		if (n > QUEUE_RING / 2) {
			head = atomic_load_explicit(&from->head,
						    memory_order_acquire);
			continue;
		}
		first = atomic_load_explicit(&from->ring[head % QUEUE_RING],
					     memory_order_relaxed);
		/* It is taken at once, the others are in the ring. */
		for (i = 1; i < n; i++) {
			p = atomic_load_explicit(
				&from->ring[(head + i) % QUEUE_RING],
				memory_order_relaxed);
			atomic_store_explicit(
				&q->ring[(mine + i - 1) % QUEUE_RING], p,
				memory_order_relaxed);
		}
	} while (n > QUEUE_RING / 2 ||
		 !atomic_compare_exchange_weak_explicit(
			 &from->head, &head, head + n, memory_order_acq_rel,
			 memory_order_acquire));

	atomic_store_explicit(&q->tail, mine + n - 1, memory_order_release);
	return first;
}
