/* The router itself, and its services. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/router_inside.h"
#include "process/runtime.h"

enum {
	DRAIN_MS_DEFAULT = 3000,
	STATE_MAX = 32768,
	KEYS_MAX = 65536,
};

void router_lock(struct reeve_router *r)
{
	pthread_mutex_lock(&r->lock);
}

void router_unlock(struct reeve_router *r)
{
	pthread_mutex_unlock(&r->lock);
}

void router_ref(struct reeve_router *r)
{
	r->n_references++;
}

static void service_free(struct router_service *s)
{
	list_unlink(&s->link);
	pool_fini(s);
	keys_fini(s);
	free(s->state);
	free(s->path);
	free(s);
}

void router_unref(struct reeve_router *r)
{
	struct router_service *s, *tmp;
	unsigned n;

	router_lock(r);
	n = --r->n_references;
	router_unlock(r);
	if (n)
		return;
	list_for_each_safe (s, tmp, &r->services, link) {
		service_free(s);
	}
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void router_wake(struct reeve_router *r)
{
	reeve_pid runner = atomic_load(&r->runner);

	if (runner)
		process_wake(runner);
}

/* ---- making ---- */

int reeve_router_new(struct reeve *reeve, struct reeve_router **ret)
{
	struct reeve_router *r;

	if (!process_self())
		return -EPERM;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->reeve = reeve;
	r->n_references = 1;
	r->drain_ms = DRAIN_MS_DEFAULT;
	pthread_mutex_init(&r->lock, NULL);
	list_init(&r->services);
	if (getrandom(&r->random, sizeof(r->random), GRND_NONBLOCK) < 0)
		r->random = runtime_now();
	*ret = r;
	return 0;
}

void reeve_router_on_message(struct reeve_router *router,
			     void (*fn)(void *userdata,
					struct reeve_message *message),
			     void *userdata)
{
	router->on_message = fn;
	router->on_message_userdata = userdata;
}

void reeve_router_set_drain(struct reeve_router *router, int timeout_ms)
{
	router->drain_ms = timeout_ms;
}

/* ---- services ---- */

static struct router_service *service_find(struct reeve_router *r,
					   const char *path)
{
	struct router_service *s;

	if (*path == '/')
		path++;
	list_for_each (s, &r->services, link) {
		if (!strcmp(s->path, path))
			return s;
	}
	return NULL;
}

static int route_check(const struct reeve_route *route)
{
	bool is_whole = false;

	switch (route->rule) {
	case REEVE_ROUTE_CONNECTION:
		is_whole = route->talk;
		break;
	case REEVE_ROUTE_PORT:
	case REEVE_ROUTE_POOL:
		is_whole = route->serve;
		break;
	case REEVE_ROUTE_KEY:
		is_whole = route->serve && route->key;
		break;
	case REEVE_ROUTE_PICK:
		is_whole = route->pick;
		break;
	}
	if (!is_whole || route->flags & ~(uint32_t)REEVE_ROUTE_NO_STACK ||
	    route->n_state > STATE_MAX || route->n_processes > KEYS_MAX ||
	    route->idle_ms > INT32_MAX)
		return -EINVAL;
	return 0;
}

static struct router_service *service_new(struct reeve_router *r,
					  const char *path,
					  const struct reeve_route *route)
{
	struct router_service *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	*s = (struct router_service){ .router = r, .route = *route };
	s->pool.queue_end = &s->pool.queue;
	s->keys.n_processes_max =
		route->n_processes ? route->n_processes : KEYS_MAX;
	list_init(&s->link);
	list_init(&s->connections);
	list_init(&s->pool.waiting);
	list_init(&s->keys.waiting);
	s->path = strdup(*path == '/' ? path + 1 : path);
	if (route->n_state) {
		s->state = malloc(route->n_state);
		if (s->state)
			memcpy(s->state, route->state, route->n_state);
		s->route.state = s->state;
	}
	if (!s->path || (route->n_state && !s->state) ||
	    (route->rule == REEVE_ROUTE_POOL && pool_init(s) < 0)) {
		service_free(s);
		return NULL;
	}
	return s;
}

static int service_take(struct router_service *s,
			struct reeve_channel *take_channel)
{
	if (!atomic_load(&s->router->is_draining))
		return router_connect(s, take_channel);
	reeve_channel_close_with(take_channel, REEVE_ERR_UNAVAILABLE);
	return -ESHUTDOWN;
}

static void on_open(struct reeve *reeve, struct reeve_channel *take_channel,
		    void *userdata)
{
	(void)reeve;
	/* A failure was told on the channel. */
	(void)service_take(userdata, take_channel);
}

int reeve_router_serve(struct reeve_router *router, const char *path,
		       const struct reeve_route *route)
{
	struct router_service *s;
	int r = route_check(route);

	if (r < 0)
		return r;
	if (service_find(router, path))
		return -EEXIST;
	s = service_new(router, path, route);
	if (!s)
		return -ENOMEM;
	if (router->reeve)
		r = reeve_serve(router->reeve, path, on_open, s);
	if (r < 0) {
		service_free(s);
		return r;
	}
	router_lock(router);
	list_link(&router->services, &s->link);
	router_unlock(router);
	/* What is missing is tried again when it runs. */
	if (route->rule == REEVE_ROUTE_POOL)
		(void)pool_refill(s);
	return 0;
}

int reeve_router_take(struct reeve_router *router, const char *path,
		      struct reeve_channel *take_channel)
{
	struct router_service *s;

	router_lock(router);
	s = service_find(router, path);
	router_unlock(router);
	if (s)
		return service_take(s, take_channel);
	reeve_channel_close_with(take_channel, REEVE_ERR_NOT_FOUND);
	return -ENOENT;
}

int reeve_router_info(struct reeve_router *router, const char *path,
		      struct reeve_router_info *ret)
{
	struct router_service *s;

	router_lock(router);
	s = service_find(router, path);
	if (s)
		*ret = (struct reeve_router_info){
			.n_connections = s->n_connections,
			.n_processes = s->n_processes,
			.n_failed = s->n_failed,
		};
	router_unlock(router);
	return s ? 0 : -ENOENT;
}

void reeve_router_free(struct reeve_router *take_router)
{
	struct router_service *s;

	if (!take_router)
		return;
	if (take_router->reeve) {
		list_for_each (s, &take_router->services, link) {
			(void)reeve_unserve(take_router->reeve, s->path);
		}
	}
	router_abandon(take_router);
	router_unref(take_router);
}
