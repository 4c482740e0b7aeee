/*
 * The registry, for the public API: registering and connecting.
 *
 * Requests share one channel, which is opened at the first of them and kept.
 */
#include "client/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "client/api.h"
#include "client/errors.h"
#include "reeve/registry.h"
#include "sys/fd.h"
#include "wire/realm.h"

#define REGISTRY_PATH "/svc/reeve.Registry"

enum {
	REGISTER_TIMEOUT_MS = 10000,
};

/* What reeve_register() did, so that it can be undone. */
struct registration {
	struct list link;
	char *name;
	char *path;   /* in the outgoing directory, without leading slash */
	bool is_ours; /* served by reeve_register() */
};

/* ---- requests ---- */

int registry_open(struct reeve *r, struct reeve_channel **ret)
{
	int e;

	why_keep(&r->registry_why, (struct wire_string){ 0 });
	e = reeve_open(r, REGISTRY_PATH, ret);
	/* A mounted /svc has no registry. */
	return e == REEVE_MOUNTED ? -ENOENT : e;
}

int registry_error_of_end(int32_t status)
{
	return status == REEVE_OK ? -EPIPE : error_of_status(status);
}

/*
 * One request over @c and its reply, whose sentence is kept. @m is as long as
 * the longest message and has the handle that the request carries.
 */
static int registry_exchange(struct reeve *r, struct reeve_channel *c,
			     struct message *m,
			     const struct registry_request *request,
			     int timeout_ms, struct registry_reply *ret)
{
	int e;

	why_keep(&r->registry_why, (struct wire_string){ 0 });
	e = registry_request_write(m, request);
	if (e < 0)
		return e;
	e = channel_object_call(c, m, timeout_ms, m);
	if (e == -EPIPE)
		return registry_error_of_end(c->status);
	if (e < 0)
		return e;
	if (registry_reply_read(m, ret) || ret->method != request->method)
		return -EPROTO;
	if (ret->error)
		why_keep(&r->registry_why, ret->why);
	return (int)ret->error;
}

int registry_call(struct reeve *r, struct reeve_channel *c,
		  struct registry_request *request, int take_handle,
		  int timeout_ms)
{
	_cleanup_free_ uint8_t *bytes = malloc(MESSAGE_BYTES_MAX);
	struct message m = { .bytes = bytes, .capacity = MESSAGE_BYTES_MAX };
	struct registry_reply reply;
	int e;

	/* Any but 0; the call chooses its own. */
	request->txid = 1;
	request->handle = message_put_handle(&m, take_handle);
	e = bytes ? registry_exchange(r, c, &m, request, timeout_ms, &reply)
		  : -ENOMEM;
	message_close_handles(&m);
	/* Present, or not, as it was known to be: no answer to the question. */
	if (e == 0 && request->method == REGISTRY_WATCH &&
	    reply.is_present == request->is_known_present)
		return -EPROTO;
	return e;
}

/* One request over the channel that is kept. */
static int registry_ask(struct reeve *r, struct registry_request *request,
			int take_handle, int timeout_ms)
{
	int e = 0;

	if (!r->registry)
		e = registry_open(r, &r->registry);
	if (e < 0) {
		fd_close(take_handle);
		return e;
	}
	e = registry_call(r, r->registry, request, take_handle, timeout_ms);
	/* One that has ended, or answers nonsense, is of no use any more; the
	 * next request opens another. */
	if (e == -EPROTO || r->registry->status != REEVE_OK)
		reeve_channel_close(TAKE(r->registry));
	return e;
}

const char *reeve_registry_why(const struct reeve *r)
{
	return r->registry_why ? r->registry_why : "";
}

/* ---- registering ---- */

static void registration_free(struct registration *g)
{
	if (!g)
		return;
	list_unlink(&g->link);
	free(g->name);
	free(g->path);
	free(g);
}

static void registration_freep(struct registration **g)
{
	registration_free(*g);
}

static struct registration *registration_find(struct reeve *r, const char *name)
{
	struct registration *g;

	list_for_each (g, &r->registrations, link) {
		if (!strcmp(g->name, name))
			return g;
	}
	return NULL;
}

/* End what reeve_register() began, but for the registration itself. */
static void registration_end(struct reeve *r, struct registration *g)
{
	if (g->is_ours)
		reeve_unserve(r, g->path);
	registration_free(g);
}

/* For "/svc/NAME" when @path is NULL. */
static char *served_path(const char *name, const char *path)
{
	static const char services[] = "svc/";
	size_t n = strlen(name) + 1;
	char *made;

	if (path)
		return strdup(*path == '/' ? path + 1 : path);
	made = malloc(sizeof(services) - 1 + n);
	if (made) {
		memcpy(made, services, sizeof(services) - 1);
		memcpy(made + sizeof(services) - 1, name, n);
	}
	return made;
}

static struct registration *registration_new(const char *name, const char *path)
{
	struct registration *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	list_init(&g->link);
	g->name = strdup(name);
	g->path = served_path(name, path);
	if (!g->name || !g->path) {
		registration_free(g);
		return NULL;
	}
	return g;
}

/* -EINVAL for more patterns than a request can have. */
static int access_fill(struct registry_request *request,
		       const char *const *access)
{
	if (!access)
		return 0;
	request->flags |= REGISTRY_HAS_ACCESS;
	for (; *access; access++) {
		if (request->n_access == REGISTRY_ACCESS_MAX)
			return -EINVAL;
		request->access[request->n_access++] = wire_string_of(*access);
	}
	return 0;
}

static int register_ask(struct reeve *r, const char *name,
			const struct reeve_registration *options)
{
	struct registry_request request = {
		.method = REGISTRY_REGISTER,
		.name = wire_string_of(name),
		.path = wire_string_of(options->path),
	};
	int e;

	if (options->replace)
		request.flags |= REGISTRY_REPLACE;
	if (options->no_transfer)
		request.flags |= REGISTRY_NO_TRANSFER;
	e = access_fill(&request, options->access);
	return e < 0 ? e : registry_ask(r, &request, -1, REGISTER_TIMEOUT_MS);
}

/*
 * Serve before asking: a client may come as soon as the manager has agreed.
 * Nothing is read from it before the loop runs, so nobody comes too early.
 */
int reeve_register(struct reeve *r, const char *name,
		   const struct reeve_registration *options, reeve_open_fn fn,
		   void *userdata)
{
	static const struct reeve_registration none;
	_cleanup_(registration_freep) struct registration *g = NULL;
	struct registration *earlier;
	int e = 0;

	if (!options)
		options = &none;
	g = registration_new(name, options->path);
	if (!g)
		return -ENOMEM;
	g->is_ours = fn != NULL;
	if (fn)
		e = reeve_serve(r, g->path, fn, userdata);
	if (e < 0)
		return e;
	e = register_ask(r, name, options);
	if (e) {
		if (fn)
			reeve_unserve(r, g->path);
		return e;
	}
	earlier = registration_find(r, name);
	/* What stands where it stood is still ours to end. */
	if (earlier && !strcmp(earlier->path, g->path)) {
		g->is_ours |= earlier->is_ours;
		earlier->is_ours = false;
	}
	if (earlier)
		registration_end(r, earlier);
	list_link(&r->registrations, &g->link);
	g = NULL;
	return 0;
}

int reeve_unregister(struct reeve *r, const char *name, int timeout_ms)
{
	struct registry_request request = { .method = REGISTRY_UNREGISTER,
					    .name = wire_string_of(name) };
	struct registration *g = registration_find(r, name);
	int e;

	e = registry_ask(r, &request, -1, timeout_ms);
	if (g)
		registration_end(r, g);
	return e;
}

/* ---- finding ---- */

int reeve_connect(struct reeve *r, const char *name, int timeout_ms,
		  struct reeve_channel **ret)
{
	struct registry_request request = { .method = REGISTRY_CONNECT,
					    .name = wire_string_of(name) };
	struct reeve_channel *c;
	int e, fds[2];

	e = channel_pair(fds);
	if (e)
		return error_of_channel(e);
	e = channel_object_new(fds[0], &c);
	if (e < 0) {
		fd_close(fds[1]);
		return e;
	}
	e = registry_ask(r, &request, fds[1], timeout_ms);
	if (e) {
		reeve_channel_close(c);
		return e;
	}
	*ret = c;
	return 0;
}

void registry_close(struct reeve *r)
{
	struct registration *g, *next;

	list_for_each_safe (g, next, &r->registrations, link) {
		registration_free(g);
	}
	reeve_channel_close(TAKE(r->registry));
	free(TAKE(r->registry_why));
}
