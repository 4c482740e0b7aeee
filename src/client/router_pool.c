/*
 * Pools: a queue for all connections, and processes that take from it.
 *
 * A message goes straight to a free process, or waits in the queue, from which
 * whoever is done takes the next one. When the queue is full, connections wait
 * in a line; a place in the queue that becomes free is granted to the first of
 * them, so nobody overtakes it.
 */
#include <errno.h>
#include <stdlib.h>

#include "client/router_inside.h"

enum {
	PER_WORKER = 4,
	PROCESSES_MIN = 8,
};

int pool_init(struct router_service *s)
{
	uint32_t n = s->route.n_processes;
	struct pool *p = &s->pool;
	struct reeve_runtime_info info;

	if (!n) {
		reeve_runtime_info(&info);
		n = info.n_workers * PER_WORKER;
		n = n < PROCESSES_MIN ? PROCESSES_MIN : n;
	}
	p->slots = calloc(n, sizeof(*p->slots));
	if (!p->slots)
		return -ENOMEM;
	p->n_slots = p->n_empty = n;
	p->queue_end = &p->queue;
	p->n_queued_max = s->route.queue ? s->route.queue : n;
	return 0;
}

void pool_fini(struct router_service *s)
{
	struct envelope *e;

	while ((e = s->pool.queue)) {
		s->pool.queue = e->next;
		envelope_free(e);
	}
	free(s->pool.slots);
}

/* ---- locked ---- */

static void line_put(struct pool *p, struct envelope *take_e)
{
	take_e->next = NULL;
	*p->queue_end = take_e;
	p->queue_end = &take_e->next;
	p->n_queued++;
}

static struct envelope *line_take(struct pool *p)
{
	struct envelope *e = p->queue;

	p->queue = e->next;
	if (!p->queue)
		p->queue_end = &p->queue;
	p->n_queued--;
	return e;
}

/* Tell the first ones in the line that there is a place for them. */
static void pool_grant(struct pool *p)
{
	struct router_connection *c;

	while (p->n_queued + p->n_granted < p->n_queued_max &&
	       (c = list_first(&p->waiting, struct router_connection,
			       waiting))) {
		list_unlink(&c->waiting);
		c->is_granted = true;
		p->n_granted++;
		process_wake(c->pid);
	}
}

static void slot_empty(struct pool *p, struct slot *slot)
{
	*slot = (struct slot){};
	p->n_empty++;
}

/* False: it is gone. */
static bool slot_give(struct pool *p, struct slot *slot,
		      struct envelope *take_e)
{
	struct slot given = {
		.state = SLOT_BUSY,
		.pid = slot->pid,
		.current = take_e,
		.port = take_e->from,
		.is_request = take_e->message.txid,
	};

	/* Only a mailbox that somebody else has filled could be full. */
	if (process_push(slot->pid, take_e) < 0) {
		slot_empty(p, slot);
		return false;
	}
	*slot = given;
	return true;
}

/* The next message for a process that has none. */
static void slot_next(struct pool *p, struct slot *slot)
{
	struct envelope *e;

	slot->state = SLOT_FREE;
	slot->current = NULL;
	if (!p->queue)
		return;
	e = line_take(p);
	if (!slot_give(p, slot, e)) {
		e->next = p->queue;
		if (!p->queue)
			p->queue_end = &e->next;
		p->queue = e;
		p->n_queued++;
		return;
	}
	pool_grant(p);
}

/* Give it to a free process; false: there is none. */
static bool pool_give(struct pool *p, struct envelope *take_e)
{
	uint32_t i;

	for (i = 0; i < p->n_slots; i++)
		if (p->slots[i].state == SLOT_FREE &&
		    slot_give(p, &p->slots[i], take_e))
			return true;
	return false;
}

static int deliver(struct pool *p, struct router_connection *c,
		   struct envelope *take_e)
{
	if (c->is_granted) {
		c->is_granted = false;
		p->n_granted--;
	} else if (!list_is_empty(&c->waiting)) {
		return -EAGAIN;
	} else if (p->n_queued + p->n_granted >= p->n_queued_max ||
		   !list_is_empty(&p->waiting)) {
		list_link(&p->waiting, &c->waiting);
		return -EAGAIN;
	}
	if (p->queue || !pool_give(p, take_e))
		line_put(p, take_e);
	/* A place that was granted, and was not needed. */
	pool_grant(p);
	return 0;
}

void pool_forget(struct router_connection *c)
{
	struct pool *p = &c->service->pool;

	list_unlink(&c->waiting);
	if (!c->is_granted)
		return;
	c->is_granted = false;
	p->n_granted--;
	pool_grant(p);
}

/* ---- not locked ---- */

int pool_deliver(struct router_connection *c, struct envelope *take_e)
{
	struct router_service *s = c->service;
	int r;

	/* Before the connection may stand in the line: spawning may take the
	 * wake-up for its own. */
	(void)pool_refill(s);
	router_lock(s->router);
	/* Who made it may not have come so far yet. */
	c->pid = reeve_self();
	r = deliver(&s->pool, c, take_e);
	router_unlock(s->router);
	return r;
}

void pool_on_done(struct router_service *s, uint32_t slot,
		  const struct envelope *e)
{
	struct slot *at = &s->pool.slots[slot];

	router_lock(s->router);
	if (at->current == e)
		slot_next(&s->pool, at);
	router_unlock(s->router);
}

void pool_on_worker_end(struct router_service *s, uint32_t slot)
{
	struct slot *at = &s->pool.slots[slot];
	int reason = process_self()->exit_reason;
	reeve_pid port = REEVE_PID_NONE;

	router_lock(s->router);
	if (at->pid == reeve_self()) {
		if (at->current && at->is_request)
			port = at->port;
		slot_empty(&s->pool, at);
	}
	router_wake(s->router);
	router_unlock(s->router);
	/* Whose request it had will not get an answer any more. */
	if (port && reason != REEVE_EXIT_NORMAL)
		(void)reeve_kill(port, reason == REEVE_EXIT_SHUTDOWN
					       ? REEVE_EXIT_SHUTDOWN
					       : REEVE_EXIT_FAILED);
}

/* A slot that nobody fills yet; NULL if there is none. */
static struct slot *slot_begin(struct router_service *s)
{
	struct pool *p = &s->pool;
	struct slot *slot = NULL;
	uint32_t i;

	router_lock(s->router);
	for (i = 0; p->n_empty && i < p->n_slots && !slot; i++) {
		if (p->slots[i].state != SLOT_EMPTY)
			continue;
		slot = &p->slots[i];
		slot->state = SLOT_STARTING;
		p->n_empty--;
	}
	router_unlock(s->router);
	return slot;
}

bool pool_refill(struct router_service *s)
{
	struct pool *p = &s->pool;
	struct slot *slot;
	reeve_pid pid;
	int r = 0;

	/* A look without the lock: whoever empties one wakes the router. */
	while (r == 0 && __atomic_load_n(&p->n_empty, __ATOMIC_RELAXED) &&
	       (slot = slot_begin(s))) {
		r = worker_spawn(s, (uint32_t)(slot - p->slots), 0, &pid);
		router_lock(s->router);
		if (r < 0) {
			slot_empty(p, slot);
		} else {
			slot->pid = pid;
			slot_next(p, slot);
		}
		router_unlock(s->router);
	}
	return r == 0;
}
