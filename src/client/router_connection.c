/* Connections of a router: a process each, whatever the rule. */
#include <errno.h>
#include <stdlib.h>

#include "client/router_inside.h"

enum { BACKLOG_DEFAULT = 256 };

/* ---- the object ---- */

static struct router_connection *connected_new(struct router_service *s, int fd)
{
	struct router_connection *c = malloc(sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct router_connection){ .service = s,
					 .fd = fd,
					 .n_references = 2 };
	list_init(&c->waiting);
	router_lock(s->router);
	router_ref(s->router);
	list_link(&s->connections, &c->link);
	s->n_connections++;
	s->router->n_connections++;
	router_unlock(s->router);
	return c;
}

static void connected_unref(struct router_connection *c)
{
	struct reeve_router *r = c->service->router;
	unsigned n;

	router_lock(r);
	n = --c->n_references;
	router_unlock(r);
	if (n)
		return;
	free(c);
	router_unref(r);
}

/* Its process ends, or never began. After this nobody touches its descriptor.
 */
static void connected_end(struct router_connection *c)
{
	struct router_service *s = c->service;

	router_lock(s->router);
	pool_forget(c);
	list_unlink(&c->waiting);
	list_unlink(&c->link);
	s->n_connections--;
	if (!--s->router->n_connections)
		router_wake(s->router);
	router_unlock(s->router);
	connected_unref(c);
}

/* ---- those that talk themselves ---- */

static void talk_main(void *arg)
{
	struct router_connection *c = arg;

	c->service->route.talk(c->channel, c->service->route.userdata);
}

static int32_t talk_epitaph(const struct router_connection *c, int reason)
{
	if (atomic_load(&c->service->router->is_draining) ||
	    reason == REEVE_EXIT_SHUTDOWN || reason == REEVE_EXIT_KILLED)
		return REEVE_ERR_UNAVAILABLE;
	return reason == REEVE_EXIT_NORMAL ? REEVE_OK : REEVE_ERR_INTERNAL;
}

static void talk_on_end(void *arg)
{
	struct router_connection *c = arg;
	struct router_service *s = c->service;
	struct reeve_channel *channel = TAKE(c->channel);
	int32_t epitaph = talk_epitaph(c, process_self()->exit_reason);

	router_lock(s->router);
	if (epitaph == REEVE_ERR_INTERNAL)
		s->n_failed++;
	router_unlock(s->router);
	connected_end(c);
	if (epitaph == REEVE_OK)
		reeve_channel_close(channel);
	else
		reeve_channel_close_with(channel, epitaph);
}

/* ---- those that are ports ---- */

static int deliver_by_choice(struct router_connection *c,
			     struct envelope *take_e, reeve_pid *ret_target)
{
	const struct reeve_route *route = &c->service->route;
	reeve_pid pid = route->pick(&take_e->message, route->userdata);
	int r;

	if (!pid)
		return -ESRCH;
	r = port_push(&c->room, pid, take_e);
	if (!r)
		*ret_target = pid;
	return r;
}

static int sink_deliver(void *arg, struct envelope *take_e,
			reeve_pid *ret_target)
{
	struct router_connection *c = arg;

	switch (c->service->route.rule) {
	case REEVE_ROUTE_PORT:
		return port_push(&c->room, *ret_target, take_e);
	case REEVE_ROUTE_POOL:
		return pool_deliver(c, take_e);
	case REEVE_ROUTE_KEY:
		return keys_deliver(c, take_e, ret_target);
	case REEVE_ROUTE_PICK:
		return deliver_by_choice(c, take_e, ret_target);
	case REEVE_ROUTE_CONNECTION:
		break;
	}
	return -EINVAL;
}

static bool sink_is_draining(void *arg)
{
	const struct router_connection *c = arg;

	return atomic_load(&c->service->router->is_draining);
}

static void sink_on_end(void *arg)
{
	connected_end(arg);
}

static const struct port_sink sink = {
	.deliver = sink_deliver,
	.is_draining = sink_is_draining,
	.on_end = sink_on_end,
};

/* ---- opening ---- */

static int open_talk(struct router_connection *c,
		     struct reeve_channel *take_channel, reeve_pid *ret)
{
	int r;

	c->channel = take_channel;
	r = process_spawn_ending(talk_main, c, NULL, talk_on_end, ret);
	if (r < 0)
		reeve_channel_close_with(TAKE(c->channel),
					 REEVE_ERR_NO_RESOURCES);
	return r;
}

static int open_port(struct router_connection *c,
		     struct reeve_channel *take_channel, reeve_pid *ret)
{
	struct router_service *s = c->service;
	const struct reeve_spawn_options o = {
		.mailbox =
			s->route.backlog ? s->route.backlog : BACKLOG_DEFAULT,
	};
	struct port_spec spec = {
		.sink = &sink,
		.arg = c,
		.serves = true,
	};
	int r = 0;

	if (s->route.rule == REEVE_ROUTE_PORT) {
		r = worker_spawn(s, 0, 0, &spec.to);
		spec.links = true;
	}
	if (r < 0) {
		reeve_channel_close_with(take_channel, REEVE_ERR_NO_RESOURCES);
		return r;
	}
	r = port_open(take_channel, &spec, &o, ret);
	if (r < 0 && spec.to)
		(void)reeve_kill(spec.to, REEVE_EXIT_SHUTDOWN);
	return r;
}

int router_connect(struct router_service *s, struct reeve_channel *take_channel)
{
	struct router_connection *c = connected_new(s, take_channel->fd);
	reeve_pid pid;
	int r;

	if (!c) {
		reeve_channel_close_with(take_channel, REEVE_ERR_NO_MEMORY);
		return -ENOMEM;
	}
	r = s->route.rule == REEVE_ROUTE_CONNECTION
		    ? open_talk(c, take_channel, &pid)
		    : open_port(c, take_channel, &pid);
	if (r < 0) {
		connected_end(c);
	} else {
		/* It may have ended already: then nobody finds it any more. */
		router_lock(s->router);
		c->pid = pid;
		router_unlock(s->router);
	}
	connected_unref(c);
	return r;
}
