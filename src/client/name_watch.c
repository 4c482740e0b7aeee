/*
 * Waiting for names of the registry, for the public API.
 *
 * Each has a channel of its own, because its answer may come at any time and
 * would hold up what is asked behind it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "channel/channel.h"
#include "client/api.h"
#include "client/errors.h"
#include "client/registry.h"
#include "sys/fd.h"
#include "wire/realm.h"

enum { TXID_MAX = 0x7fffffff };

struct reeve_name_watch {
	struct list link;
	struct reeve *reeve;
	struct loop_source source;
	int fd;
	char *name;
	reeve_name_fn fn;
	void *userdata;
	uint32_t txid; /* of the request that waits for its answer */
	bool is_present;
	/* Its handler runs; it was ended meanwhile. */
	bool is_busy, is_dead;
};

int reeve_wait_name(struct reeve *r, const char *name, bool present,
		    int timeout_ms)
{
	struct registry_request request = { .method = REGISTRY_WATCH,
					    .name = wire_string_of(name),
					    .is_known_present = !present };
	struct reeve_channel *c;
	int e;

	e = registry_open(r, &c);
	if (e < 0)
		return e;
	e = registry_call(r, c, &request, -1, timeout_ms);
	reeve_channel_close(c);
	return e;
}

static void name_watch_free(struct reeve_name_watch *w)
{
	free(w->name);
	free(w);
}

void reeve_unwatch_name(struct reeve_name_watch *take_watch)
{
	struct reeve_name_watch *w = take_watch;

	if (!w || w->is_dead)
		return;
	loop_remove(&w->source);
	w->fd = fd_close(w->fd);
	list_unlink(&w->link);
	/* The handler that is on the stack frees it. */
	w->is_dead = true;
	if (!w->is_busy)
		name_watch_free(w);
}

/* Ask to be told when it is not as it was last known to be. */
static int name_watch_ask(struct reeve_name_watch *w)
{
	_Alignas(8) uint8_t buffer[REGISTRY_NAME_MAX + 128];
	struct message m = MESSAGE_OVER(buffer);
	struct registry_request request = { .method = REGISTRY_WATCH,
					    .name = wire_string_of(w->name),
					    .is_known_present = w->is_present };
	int e;

	w->txid = w->txid == TXID_MAX ? 1 : w->txid + 1;
	request.txid = w->txid;
	e = registry_request_write(&m, &request);
	if (e == 0)
		e = channel_send(w->fd, &m, CHANNEL_NOW);
	/* Why it is closed is read next. */
	return e == CHANNEL_CLOSED ? 0 : error_of_channel(e);
}

/* A refusal to watch ends the watch, and that is told as an error. */
static int error_of_refusal(uint32_t error)
{
	switch (error) {
	case REALM_ERROR_ACCESS_DENIED:
		return -EACCES;
	case REALM_ERROR_INVALID_ARGUMENTS:
		return -EINVAL;
	case REALM_ERROR_RESOURCE_UNAVAILABLE:
		return -ENOSPC;
	default:
		return -EIO;
	}
}

/* What a message says: 0, and it changed; or why the watch ends. */
static int name_watch_judge(struct reeve_name_watch *w, const struct message *m)
{
	struct registry_reply reply;
	struct wire_epitaph epitaph;

	if (wire_epitaph_read(m, &epitaph) == 0)
		return registry_error_of_end(epitaph.status);
	if (registry_reply_read(m, &reply) || reply.method != REGISTRY_WATCH ||
	    reply.txid != w->txid)
		return -EPROTO;
	if (reply.error) {
		why_keep(&w->reeve->registry_why, reply.why);
		return error_of_refusal(reply.error);
	}
	if (reply.is_present == w->is_present)
		return -EPROTO;
	w->is_present = reply.is_present;
	return 0;
}

/* The last call of the handler, then the watch's end. */
static void name_watch_finish(struct reeve_name_watch *w, int error)
{
	w->fn(w->reeve, w->name, error, w->userdata);
	reeve_unwatch_name(w);
}

static void name_watch_turn(struct reeve_name_watch *w)
{
	struct reeve *r = w->reeve;
	struct message m = { .bytes = r->buffer,
			     .capacity = sizeof(r->buffer) };
	int e;

	e = channel_read(w->fd, &m, CHANNEL_NOW);
	if (e == CHANNEL_WOULD_BLOCK)
		return;
	e = e ? error_of_channel(e) : name_watch_judge(w, &m);
	message_close_handles(&m);
	/* Asked before it is told, for the handler may take its time. */
	if (e == 0)
		e = name_watch_ask(w);
	if (e < 0)
		name_watch_finish(w, e);
	else
		w->fn(r, w->name, w->is_present, w->userdata);
}

static void name_watch_on_event(struct loop_source *source, uint32_t events)
{
	struct reeve_name_watch *w =
		container_of(source, struct reeve_name_watch, source);

	(void)events;
	w->is_busy = true;
	name_watch_turn(w);
	w->is_busy = false;
	if (w->is_dead)
		name_watch_free(w);
}

/* The channel of a watch, which is the watch's. */
static int name_watch_open(struct reeve_name_watch *w)
{
	struct reeve_channel *c;
	int e;

	e = registry_open(w->reeve, &c);
	if (e < 0)
		return e;
	w->fd = reeve_channel_release(c);
	e = name_watch_ask(w);
	if (e < 0)
		return e;
	return loop_add(w->reeve->loop, &w->source, w->fd, EPOLLIN,
			name_watch_on_event);
}

int reeve_watch_name(struct reeve *r, const char *name, reeve_name_fn fn,
		     void *userdata, struct reeve_name_watch **ret)
{
	struct reeve_name_watch *w = calloc(1, sizeof(*w));
	int e = -ENOMEM;

	if (!w)
		return -ENOMEM;
	list_init(&w->link);
	w->fd = -1;
	w->reeve = r;
	w->fn = fn;
	w->userdata = userdata;
	w->name = strdup(name);
	if (w->name)
		e = name_watch_open(w);
	if (e < 0) {
		reeve_unwatch_name(w);
		return e;
	}
	list_link(&r->name_watches, &w->link);
	*ret = w;
	return 0;
}

void name_watch_close_all(struct reeve *r)
{
	struct reeve_name_watch *w, *next;

	list_for_each_safe (w, next, &r->name_watches, link) {
		reeve_unwatch_name(w);
	}
}
