/*
 * Watched channels: messages to handlers.
 *
 * A client may send many requests before it reads the replies. When a reply
 * does not fit into its queue, that one reply is kept, and no request is read
 * before it could be delivered: the client waits for itself, and costs one
 * message.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "channel/channel.h"
#include "client/api.h"
#include "reeve/status.h"
#include "sys/fd.h"

/* Messages handled per channel and turn; the others have their turn then. */
enum { MESSAGES_PER_TURN = 32 };

static void watch_on_event(struct loop_source *source, uint32_t events);

int reeve_watch(struct reeve *r, struct reeve_channel *take_channel,
		reeve_message_fn fn, void *userdata)
{
	struct reeve_channel *c = take_channel;
	int e;

	if (c->reeve)
		return -EBUSY;
	e = loop_add(r->loop, &c->source, c->fd, EPOLLIN, watch_on_event);
	if (e < 0) {
		reeve_channel_close(c);
		return e;
	}
	c->reeve = r;
	c->on_message = fn;
	c->userdata = userdata;
	list_link(&r->channels, &c->link);
	return 0;
}

static void pending_free(struct reeve_channel *c)
{
	if (!c->pending)
		return;
	message_close_handles(&c->pending->m);
	free(TAKE(c->pending));
}

void watch_end(struct reeve_channel *c)
{
	loop_remove(&c->source);
	list_unlink(&c->link);
	pending_free(c);
	c->reeve = NULL;
}

void watch_close_all(struct reeve *r)
{
	struct reeve_channel *c, *tmp;

	list_for_each_safe (c, tmp, &r->channels, link) {
		reeve_channel_close(c);
	}
}

int watch_keep(struct reeve_channel *c, struct message *m)
{
	struct pending *p = malloc(sizeof(*p) + m->n_bytes);
	int r;

	if (!p)
		return -ENOMEM;
	r = loop_modify(&c->source, EPOLLOUT);
	if (r < 0) {
		free(p);
		return r;
	}
	memcpy(p->bytes, m->bytes, m->n_bytes);
	p->m = *m;
	p->m.bytes = p->bytes;
	m->n_handles = 0;
	c->pending = p;
	return 0;
}

/* True when nothing is kept back any more. */
static bool pending_flush(struct reeve_channel *c)
{
	int r;

	if (!c->pending)
		return true;
	r = channel_send(c->fd, &c->pending->m, CHANNEL_NOW);
	if (r == CHANNEL_WOULD_BLOCK)
		return false;
	/* Sent, or nobody will ever read it: reading tells which. */
	pending_free(c);
	return loop_modify(&c->source, EPOLLIN) == 0;
}

/* The last call of the handler, then the channel's end. */
static void watch_finish(struct reeve_channel *c)
{
	c->on_message(c->reeve, c, NULL, c->userdata);
	reeve_channel_close(c);
}

/* Hand out one message. False when there is no more to do. */
static bool watch_turn(struct reeve_channel *c)
{
	struct message m = { .bytes = c->reeve->buffer,
			     .capacity = sizeof(c->reeve->buffer) };
	struct reeve_message message;
	int r;

	r = channel_read(c->fd, &m, CHANNEL_NOW);
	if (r == CHANNEL_WOULD_BLOCK)
		return false;
	/* A message that cannot be taken in full is a reply that would never
	 * come: the peer has to learn it. */
	if (r == 0)
		r = frame_read(c, &m, &message);
	else
		channel_note_end(c, NULL);
	if (r == 0) {
		c->on_message(c->reeve, c, &message, c->userdata);
	} else {
		if (r != CHANNEL_CLOSED && r != -EPIPE)
			channel_write_epitaph(c->fd,
					      r == -EMFILE
						      ? REEVE_ERR_NO_RESOURCES
						      : REEVE_ERR_INVALID_ARGS,
					      false);
		watch_finish(c);
	}
	message_close_handles(&m);
	return !c->is_dead && c->reeve && !c->pending;
}

static void watch_read(struct reeve_channel *c)
{
	struct reeve *r = c->reeve;
	bool looks_on = c->expects_more || ++c->n_turns % 16 == 0;
	int i, n = looks_on ? MESSAGES_PER_TURN : 1;

	for (i = 0; i < n && !r->is_done; i++) {
		if (!watch_turn(c))
			break;
	}
	if (looks_on)
		c->expects_more = i > 1;
}

static void watch_on_event(struct loop_source *source, uint32_t events)
{
	struct reeve_channel *c =
		container_of(source, struct reeve_channel, source);

	(void)events;
	c->is_busy = true;
	if (pending_flush(c))
		watch_read(c);
	c->is_busy = false;
	if (c->is_dead)
		free(c);
}
