/*
 * Routers: a service's main process takes what comes from other realms and
 * hands it to processes of its own, by a rule.
 *
 *	static int answer(void *state, struct reeve_message *m)
 *	{
 *		reeve_answer(m, m->bytes, m->n_bytes);
 *		return 0;
 *	}
 *
 *	static void start(void *arg)
 *	{
 *		const struct reeve_route route = {
 *			.rule = REEVE_ROUTE_POOL, .serve = answer,
 *		};
 *		struct reeve_router *router;
 *
 *		if (reeve_router_new(arg, &router) < 0)
 *			return;
 *		reeve_router_serve(router, "/svc/example.Echo", &route);
 *		reeve_router_run(router);
 *		reeve_router_free(router);
 *	}
 *
 *	int main(void)
 *	{
 *		struct reeve *r;
 *
 *		if (reeve_join(&r) < 0)
 *			return 1;
 *		return reeve_processes_run(NULL, start, r);
 *	}
 *
 * Every connection is a process: a port (see reeve_port_open()), or one that
 * talks on the channel itself. Where nobody takes what a client asks, its
 * channel is not read, and the client waits for itself; others go on.
 *
 * When a process that serves fails, the connections whose requests it had are
 * closed with the epitaph REEVE_ERR_INTERNAL, and another one takes its place.
 * One that ends without having failed closes them with REEVE_ERR_UNAVAILABLE.
 * Requests that it passed on count as its own.
 *
 * When the component is asked to stop, the router drains: it takes no more
 * opens, which wait for the next start, and from connections only what was sent
 * before; each ends when all its requests are answered, or at the deadline,
 * with the epitaph REEVE_ERR_UNAVAILABLE.
 *
 * All functions are to be called from processes; they return 0 or a negative
 * errno as in <reeve/process.h>.
 */
#pragma once

#include <reeve.h>
#include <reeve/process.h>

#ifdef __cplusplus
extern "C" {
#endif

struct reeve_router;

enum reeve_route_rule {
	/* A process for each connection, which talks on the channel: @talk. */
	REEVE_ROUTE_CONNECTION,
	/* A process for each connection, which gets its messages. */
	REEVE_ROUTE_PORT,
	/* A number of processes; each message goes to one that is free. */
	REEVE_ROUTE_POOL,
	/* A process for each key that @key finds in messages: what has the same
	 * key goes to the same process, in order. It is made when it is needed
	 * and ends when it had nothing to do for some time. */
	REEVE_ROUTE_KEY,
	/* @pick says which process. */
	REEVE_ROUTE_PICK,
};

enum reeve_route_flags {
	/* The processes are handlers without a stack: @serve must not wait. */
	REEVE_ROUTE_NO_STACK = 1,
};

struct reeve_route {
	enum reeve_route_rule rule;
	uint32_t flags;
	/* For @talk, @key and @pick. */
	void *userdata;

	/*
	 * REEVE_ROUTE_CONNECTION: the whole life of a connection, closed when
	 * this returns. When the router drains, the channel ends for it, once
	 * what was sent before is read.
	 */
	void (*talk)(struct reeve_channel *channel, void *userdata);

	/*
	 * PORT, POOL, KEY: called for each message with the process' own copy
	 * of the @n_state bytes at @state. Requests are answered by
	 * reeve_answer(), here or later; the sender is the port of the
	 * connection. 0: go on; anything else ends the process, as in
	 * reeve_handler_fn. The message is freed after the call unless it was
	 * kept with reeve_message_keep() or passed on with reeve_forward(). It
	 * may wait, unless REEVE_ROUTE_NO_STACK. A process of a pool is free
	 * for the next message when this returns.
	 */
	int (*serve)(void *state, struct reeve_message *message);
	const void *state;
	size_t n_state; /* at most 32,768 */

	/* KEY: must only look. Called by several threads at a time. */
	uint64_t (*key)(const struct reeve_message *message, void *userdata);
	/* PICK: REEVE_PID_NONE or one that has ended closes the connection.
	 * Called by several threads at a time; must not wait. */
	reeve_pid (*pick)(const struct reeve_message *message, void *userdata);

	/* POOL: how many. 0: four per worker thread, at least eight. KEY: at
	 * most that many at a time, others wait; 0: 65,536. */
	uint32_t n_processes;
	/* POOL: messages that wait for a process, in all. 0: as many as there
	 * are processes. PORT, KEY: for one process; 0: 64. */
	uint32_t queue;
	/* KEY: a process that had nothing to do for so long ends. 0: 10,000. */
	uint32_t idle_ms;
	/* Answers and events that wait for one client that does not read.
	 * Beyond them reeve_answer() and reeve_send_to() give -EAGAIN. 0: 256.
	 */
	uint32_t backlog;
};

/* A router for @r; NULL: outside of a component, for connections that
 * reeve_router_take() brings. */
REEVE_PUBLIC int reeve_router_new(struct reeve *r, struct reeve_router **ret);

/* Close what is left of it, and free it. NULL is allowed. */
REEVE_PUBLIC void reeve_router_free(struct reeve_router *take_router);

/* Route what is opened at @path, "/svc/example.Echo". As reeve_serve(); -EINVAL
 * for a route that lacks what its rule needs. Before reeve_router_run(). To
 * register it as well, see reeve_register(), whose @fn is NULL then. */
REEVE_PUBLIC int reeve_router_serve(struct reeve_router *router,
				    const char *path,
				    const struct reeve_route *route);

/* Route a connection that came otherwise by the route of @path. -ENOENT;
 * -ESHUTDOWN when the router drains. */
REEVE_PUBLIC int reeve_router_take(struct reeve_router *router,
				   const char *path,
				   struct reeve_channel *take_channel);

/* Messages to the process that runs the router. */
REEVE_PUBLIC void reeve_router_on_message(
	struct reeve_router *router,
	void (*fn)(void *userdata, struct reeve_message *message),
	void *userdata);

/* How long draining may take. The manager kills five seconds after it asked to
 * stop. Default: 3,000 milliseconds. */
REEVE_PUBLIC void reeve_router_set_drain(struct reeve_router *router,
					 int timeout_ms);

/*
 * Serve until the component is asked to stop, reeve_router_stop() or
 * reeve_quit(), and drain. It takes part in the component's loop, so what is
 * watched there goes on, and it sets reeve_on_stop(). Returns what reeve_quit()
 * was told, 0, or what failed. The caller is to be the only one that uses the
 * struct reeve.
 */
REEVE_PUBLIC int reeve_router_run(struct reeve_router *router);

/* Let it drain, and reeve_router_run() return. From any process. */
REEVE_PUBLIC void reeve_router_stop(struct reeve_router *router);

struct reeve_router_info {
	uint32_t n_connections;
	uint32_t n_processes; /* that serve */
	/* Of those that serve, or talk, how many have failed. */
	uint64_t n_failed;
};

/* Of one path. -ENOENT. From any process. */
REEVE_PUBLIC int reeve_router_info(struct reeve_router *router,
				   const char *path,
				   struct reeve_router_info *ret);

/* ---- ports ---- */

/*
 * Open a service of the namespace as reeve_open() does, as a port: what is sent
 * to the PID reaches whichever process its router chooses, and the answer comes
 * back to who asked. With a name in @options, "database", reeve_whereis() finds
 * it. @to gets its events and may be REEVE_PID_NONE: they are dropped then.
 */
REEVE_PUBLIC int reeve_open_process(struct reeve *r, const char *path,
				    reeve_pid to,
				    const struct reeve_spawn_options *options,
				    reeve_pid *ret);

/* Close a port's channel, after what was sent to it before, with an epitaph
 * (REEVE_OK: without); it ends normally. */
REEVE_PUBLIC int reeve_port_close(reeve_pid port, int32_t status);

#ifdef __cplusplus
}
#endif
