/* Processes that serve, with a stack or without one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/router_inside.h"

enum {
	QUEUE_DEFAULT = 64,
	IDLE_MS_DEFAULT = 10000,
};

static int idle_ms(const struct worker_state *w)
{
	const struct reeve_route *route = &w->service->route;

	if (route->rule != REEVE_ROUTE_KEY)
		return -1;
	return route->idle_ms ? (int)route->idle_ms : IDLE_MS_DEFAULT;
}

static int worker_serve(struct worker_state *w, struct reeve_message *m)
{
	struct envelope *e = envelope_of(m);
	int reason;

	e->is_kept = false;
	process_self()->served = e;
	reason = w->service->route.serve(w->state, m);
	w->n_served++;
	/* Before @e may be used again for another message. */
	if (w->service->route.rule == REEVE_ROUTE_POOL && !reason)
		pool_on_done(w->service, w->slot, e);
	return reason;
}

/* ---- with a stack ---- */

static void worker_main(void *arg)
{
	struct worker_state *w = arg;
	struct reeve_message *m;
	int r, reason;

	for (;;) {
		r = reeve_next(idle_ms(w), &m);
		if (r == -ETIMEDOUT) {
			if (keys_retire(w->service, w->key))
				return;
			continue;
		}
		if (r < 0)
			reeve_exit(REEVE_EXIT_NO_MEMORY);
		reason = worker_serve(w, m);
		/* It may belong to somebody else by now. */
		if (process_self()->served && !envelope_of(m)->is_kept)
			reeve_message_free(m);
		if (reason)
			reeve_exit(reason);
	}
}

/* ---- without ---- */

/* True if it had nothing to do since the timer was set. */
static bool worker_is_idle(struct worker_state *w)
{
	bool is_idle = w->n_served == w->n_served_before;

	w->n_served_before = w->n_served;
	return is_idle;
}

static int worker_handle(void *state, struct reeve_message *m)
{
	struct worker_state *w = state;
	const struct reeve_notice *notice = m->bytes;

	if (m->ordinal == REEVE_NOTICE_TIMER && w->timer &&
	    notice->reference == w->timer) {
		w->timer = 0;
		if (worker_is_idle(w) && keys_retire(w->service, w->key))
			return REEVE_EXIT_DONE;
	} else {
		int reason = worker_serve(w, m);

		if (reason)
			return reason;
	}
	/* Without memory for a timer it lives for longer. */
	if (!w->timer && idle_ms(w) >= 0)
		(void)reeve_notify_after(idle_ms(w), &w->timer);
	return 0;
}

/* ---- both ---- */

static bool is_failure(int reason)
{
	return reason != REEVE_EXIT_NORMAL && reason != REEVE_EXIT_SHUTDOWN &&
	       reason != REEVE_EXIT_PEER_CLOSED;
}

static void worker_on_end(void *arg)
{
	const struct worker_state *w = arg;
	struct router_service *s = w->service;
	struct reeve_router *r = s->router;

	router_lock(r);
	s->n_processes--;
	if (is_failure(process_self()->exit_reason))
		s->n_failed++;
	router_unlock(r);
	if (s->route.rule == REEVE_ROUTE_POOL)
		pool_on_worker_end(s, w->slot);
	else if (s->route.rule == REEVE_ROUTE_KEY)
		keys_on_worker_end(s, w->key);
	router_unref(r);
}

static uint32_t worker_mailbox(const struct reeve_route *route)
{
	/* What waits for a pool is in the pool's queue. */
	if (route->rule == REEVE_ROUTE_POOL)
		return 0;
	return route->queue ? route->queue : QUEUE_DEFAULT;
}

int worker_spawn(struct router_service *s, uint32_t slot, uint64_t key,
		 reeve_pid *ret)
{
	size_t n = sizeof(struct worker_state) + s->route.n_state;
	struct worker_state *w = calloc(1, n);
	const struct reeve_spawn_options o = {
		.mailbox = worker_mailbox(&s->route),
		.arg_size = (uint32_t)n,
	};
	int r;

	if (!w)
		return -ENOMEM;
	*w = (struct worker_state){ .service = s, .slot = slot, .key = key };
	if (s->route.n_state)
		memcpy(w->state, s->route.state, s->route.n_state);
	router_lock(s->router);
	router_ref(s->router);
	s->n_processes++;
	router_unlock(s->router);
	if (s->route.flags & REEVE_ROUTE_NO_STACK)
		r = process_spawn_handler_ending(worker_handle, w, n, &o,
						 worker_on_end, ret);
	else
		r = process_spawn_ending(worker_main, w, &o, worker_on_end,
					 ret);
	free(w);
	if (r == 0)
		return 0;
	router_lock(s->router);
	s->n_processes--;
	router_unlock(s->router);
	router_unref(s->router);
	return r;
}
