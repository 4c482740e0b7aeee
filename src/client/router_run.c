/*
 * A router's place in the component's loop, and how it drains.
 *
 * To drain, this side of every channel stops reading: shutdown(2) lets what is
 * queued be read and takes nothing more, and whoever reads the channel sees its
 * end behind that. Ports end then as soon as they owe no answer.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "client/router_inside.h"
#include "process/runtime.h"

enum {
	/* For those that were told to end, which they do when they call
	 * anything. */
	END_MS = 500,
	/* Before it is tried again to start what there was no memory for. */
	RETRY_MS = 100,
};

/* ---- ending what is left ---- */

/* Some PIDs of connections or, without any, of processes that serve. */
static size_t left_list(struct reeve_router *r, reeve_pid *pids, size_t max)
{
	struct router_connection *c;
	struct router_service *s;
	size_t n = 0;
	uint32_t i;

	list_for_each (s, &r->services, link) {
		list_for_each (c, &s->connections, link) {
			if (n == max)
				return n;
			if (c->pid && !c->is_told_to_end) {
				c->is_told_to_end = true;
				pids[n++] = c->pid;
			}
		}
	}
	if (n || r->n_connections)
		return n;
	list_for_each (s, &r->services, link) {
		for (i = 0; i < s->pool.n_slots && n < max; i++)
			if (s->pool.slots[i].pid)
				pids[n++] = TAKE(s->pool.slots[i].pid);
		n += keys_take(s, pids + n, max - n);
	}
	return n;
}

/* Tell all to end; connections first. */
static void router_end(struct reeve_router *r)
{
	reeve_pid pids[64];
	size_t i, n;

	do {
		router_lock(r);
		n = left_list(r, pids, N_ELEMENTS(pids));
		router_unlock(r);
		for (i = 0; i < n; i++)
			(void)reeve_kill(pids[i], REEVE_EXIT_SHUTDOWN);
	} while (n);
}

void router_abandon(void *arg)
{
	struct reeve_router *r = arg;

	atomic_store(&r->runner, REEVE_PID_NONE);
	atomic_store(&r->is_draining, true);
	router_end(r);
}

/* ---- running ---- */

/* Opens that were not read are for the next start, also those that the turn of
 * the loop, which is under way, would still come to. */
static void on_stop(struct reeve *reeve, void *userdata)
{
	directory_hold(reeve->outgoing);
	reeve_router_stop(userdata);
}

void reeve_router_stop(struct reeve_router *router)
{
	atomic_store(&router->is_asked_to_stop, true);
	router_wake(router);
}

/* Start what is missing in pools; false if something still is. */
static bool pools_refill(struct reeve_router *r)
{
	struct router_service *s;
	bool are_full = true;

	/* Only this process and those before it began add services. */
	list_for_each (s, &r->services, link) {
		if (s->route.rule == REEVE_ROUTE_POOL)
			are_full &= pool_refill(s);
	}
	return are_full;
}

/* All that the mailbox has for us. */
static void router_turn(struct reeve_router *r)
{
	struct reeve_message *m;

	while (reeve_next(0, &m) == 0) {
		if (r->on_message)
			r->on_message(r->on_message_userdata, m);
		reeve_message_free(m);
	}
}

static bool router_is_done(const struct reeve_router *r)
{
	return atomic_load(&r->is_asked_to_stop) ||
	       (r->reeve && r->reeve->is_done);
}

static int router_loop(struct reeve_router *r)
{
	int e, fd = r->reeve ? reeve_fd(r->reeve) : -1;

	while (!router_is_done(r)) {
		if (r->reeve) {
			e = reeve_dispatch(r->reeve);
			if (e < 0)
				return e;
			e = router_is_done(r)
				    ? 0
				    : poller_arm(runtime->poller, fd, POLLIN);
			if (e < 0)
				return e;
		}
		router_turn(r);
		if (!pools_refill(r))
			process_wait_until(process_deadline(RETRY_MS));
		if (!router_is_done(r) &&
		    (fd < 0 || !poller_take_ready(runtime->poller, fd, POLLIN)))
			process_park("its component", fd);
		process_wait_until(WAIT_FOREVER);
	}
	if (fd >= 0)
		poller_forget(runtime->poller, fd);
	return 0;
}

/* ---- draining ---- */

static void channels_stop(struct reeve_router *r)
{
	struct router_connection *c;
	struct router_service *s;

	router_lock(r);
	list_for_each (s, &r->services, link) {
		list_for_each (c, &s->connections, link) {
			shutdown(c->fd, SHUT_RD);
		}
	}
	router_unlock(r);
}

/* Wait until no connection is left. */
static void connections_wait(struct reeve_router *r, int timeout_ms)
{
	uint64_t deadline = process_deadline(timeout_ms);
	bool are_left;

	for (;;) {
		router_turn(r);
		(void)pools_refill(r);
		router_lock(r);
		are_left = r->n_connections;
		router_unlock(r);
		process_wait_until(deadline);
		if (!are_left || process_is_late())
			break;
		process_park("the last connections", -1);
	}
	process_wait_until(WAIT_FOREVER);
}

static void router_drain(struct reeve_router *r)
{
	atomic_store(&r->is_draining, true);
	channels_stop(r);
	connections_wait(r, r->drain_ms);
	router_end(r);
	connections_wait(r, END_MS);
	/* What served them. */
	router_end(r);
}

int reeve_router_run(struct reeve_router *router)
{
	struct reeve *reeve = router->reeve;
	int e;

	e = process_may_wait();
	if (e < 0)
		return e;
	if (atomic_load(&router->runner))
		return -EBUSY;
	e = reeve_defer(router_abandon, router);
	if (e < 0)
		return e;
	atomic_store(&router->runner, reeve_self());
	if (reeve)
		reeve_on_stop(reeve, on_stop, router);
	e = router_loop(router);
	router_drain(router);
	reeve_undefer(true);
	if (reeve)
		reeve_on_stop(reeve, NULL, NULL);
	if (e < 0)
		return e;
	return reeve && reeve->is_done ? reeve->status : 0;
}
