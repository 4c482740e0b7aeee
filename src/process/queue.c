#include "process/queue.h"

void queue_init(struct queue *q)
{
	*q = (struct queue){};
	q->end = &q->first;
}

static void ring_put(struct queue *q, struct process *p)
{
	uint32_t tail = atomic_load_explicit(&q->tail, memory_order_relaxed);

	atomic_store_explicit(&q->ring[tail % QUEUE_RING], p,
			      memory_order_relaxed);
	atomic_store_explicit(&q->tail, tail + 1, memory_order_release);
}

void queue_put_behind(struct queue *q, struct process *p)
{
	p->run_next = NULL;
	*q->end = p;
	q->end = &p->run_next;
	atomic_store_explicit(
		&q->n_behind,
		atomic_load_explicit(&q->n_behind, memory_order_relaxed) + 1,
		memory_order_relaxed);
}

static struct process *list_take(struct queue *q)
{
	struct process *p = q->first;

	q->first = p->run_next;
	if (!q->first)
		q->end = &q->first;
	atomic_store_explicit(
		&q->n_behind,
		atomic_load_explicit(&q->n_behind, memory_order_relaxed) - 1,
		memory_order_relaxed);
	return p;
}

void queue_refill(struct queue *q)
{
	uint32_t room = queue_room(
		q, atomic_load_explicit(&q->tail, memory_order_relaxed));

	if (room < QUEUE_RING / 2)
		return;
	for (; room && q->first; room--)
		ring_put(q, list_take(q));
}

struct process *queue_steal(struct queue *q, struct queue *from)
{
	uint32_t mine = atomic_load_explicit(&q->tail, memory_order_relaxed);
	uint32_t head, tail, n, i;
	struct process *p;

	head = atomic_load_explicit(&from->head, memory_order_acquire);
	do {
		tail = atomic_load_explicit(&from->tail, memory_order_acquire);
		n = tail - head;
		n -= n / 2;
		if (!n)
			return NULL;
		/* Head and tail were not read at one moment. */
		if (n > QUEUE_RING / 2) {
			head = atomic_load_explicit(&from->head,
						    memory_order_acquire);
			continue;
		}
		for (i = 0; i < n; i++) {
			p = atomic_load_explicit(
				&from->ring[(head + i) % QUEUE_RING],
				memory_order_relaxed);
			atomic_store_explicit(
				&q->ring[(mine + i) % QUEUE_RING], p,
				memory_order_relaxed);
		}
	} while (n > QUEUE_RING / 2 ||
		 !atomic_compare_exchange_weak_explicit(
			 &from->head, &head, head + n, memory_order_acq_rel,
			 memory_order_acquire));

	/* The first one is taken at once, the others are in the ring. */
	p = atomic_load_explicit(&q->ring[mine % QUEUE_RING],
				 memory_order_relaxed);
	atomic_store_explicit(&q->head, mine + 1, memory_order_release);
	atomic_store_explicit(&q->tail, mine + n, memory_order_release);
	return p;
}
