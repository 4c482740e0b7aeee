/*
 * Watchers: channels that are told what changes in one directory.
 *
 * A watcher that does not read is ended when its queue is full, for an event
 * that is left out would make it believe something that is not so.
 */
#include <errno.h>
#include <stdlib.h>

#include "channel/channel.h"
#include "client/serve.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/status.h"

struct watcher {
	struct directory *directory;
	struct list link;
	struct loop_source source;
	int fd;
	uint32_t mask;
	const struct node *node;
	uint64_t client;
};

static void watcher_free(struct watcher *w)
{
	struct directory *d = w->directory;

	loop_remove(&w->source);
	fd_close(w->fd);
	list_unlink(&w->link);
	d->n_watchers--;
	directory_give_back(d, w->client);
	free(w);
	directory_check_idle(d);
}

/* Nothing is read from a watcher: only its end is an event. */
static void watcher_on_event(struct loop_source *source, uint32_t events)
{
	(void)events;
	watcher_free(container_of(source, struct watcher, source));
}

/* False when the watcher cannot be told. */
static bool watcher_write(struct watcher *w, const uint8_t *bytes, uint32_t n)
{
	return n == 0 ||
	       channel_write(w->fd, bytes, n, NULL, 0, CHANNEL_NOW) == 0;
}

static bool watcher_wants(const struct watcher *w,
			  enum io_watch_event_kind event)
{
	return w->mask & 1u << event;
}

static bool watcher_tell(struct watcher *w, enum io_watch_event_kind event,
			 const char *name)
{
	uint8_t buffer[IO_NAME_MAX + 2];
	const struct io_watch_event e = { (uint8_t)event,
					  wire_string_of(name) };
	uint32_t n = 0;

	if (!watcher_wants(w, event))
		return true;
	return io_watch_event_write(buffer, sizeof(buffer), &n, &e) == 0 &&
	       watcher_write(w, buffer, n);
}

/* All that is there, as many in a message as fit. */
static bool watcher_tell_existing(struct watcher *w)
{
	struct io_watch_event e = { .event = IO_WATCH_EXISTING };
	uint8_t buffer[IO_BYTES_MAX];
	const struct node *child;
	uint32_t n = 0;

	if (!watcher_wants(w, IO_WATCH_EXISTING))
		return true;
	list_for_each (child, &w->node->children, link) {
		e.name = wire_string_of(child->name);
		if (io_watch_event_write(buffer, sizeof(buffer), &n, &e) == 0)
			continue;
		if (!watcher_write(w, buffer, n))
			return false;
		n = 0;
		io_watch_event_write(buffer, sizeof(buffer), &n, &e);
	}
	return watcher_write(w, buffer, n);
}

int32_t watcher_new(struct connection *c, uint32_t mask, int take_channel)
{
	struct directory *d = c->directory;
	struct watcher *w = NULL;
	int r = -ENOSPC;

	if (d->n_watchers < d->limits.n_watchers &&
	    directory_take(d, c->client)) {
		w = calloc(1, sizeof(*w));
		r = w ? loop_add(d->loop, &w->source, take_channel, 0,
				 watcher_on_event)
		      : -ENOMEM;
		if (r < 0)
			directory_give_back(d, c->client);
	}
	if (r < 0) {
		free(w);
		fd_close(take_channel);
		return status_from_errno(r);
	}
	w->directory = d;
	w->fd = take_channel;
	w->mask = mask;
	w->node = c->node;
	w->client = c->client;
	list_link(&d->watchers, &w->link);
	d->n_watchers++;
	if (!watcher_tell_existing(w) || !watcher_tell(w, IO_WATCH_IDLE, "")) {
		watcher_free(w);
		return REEVE_ERR_SHOULD_WAIT;
	}
	return REEVE_OK;
}

void watchers_tell(struct directory *d, const struct node *n,
		   enum io_watch_event_kind event, const struct node *child)
{
	struct watcher *w, *tmp;

	list_for_each_safe (w, tmp, &d->watchers, link) {
		if (w->node == n && !watcher_tell(w, event, child->name))
			watcher_free(w);
	}
}

void watchers_end(struct directory *d, const struct node *n)
{
	struct watcher *w, *tmp;

	list_for_each_safe (w, tmp, &d->watchers, link) {
		if (w->node != n)
			continue;
		watcher_tell(w, IO_WATCH_DELETED, "");
		watcher_free(w);
	}
}

void watchers_close(struct directory *d, const uint64_t *client)
{
	struct watcher *w, *tmp;

	list_for_each_safe (w, tmp, &d->watchers, link) {
		if (!client || w->client == *client)
			watcher_free(w);
	}
}
