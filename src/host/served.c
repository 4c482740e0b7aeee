#include "host/served.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "channel/channel.h"
#include "host/connection.h"
#include "reeve/status.h"
#include "route/realm.h"
#include "sys/fd.h"

enum { REQUESTS_PER_TURN = 16 };

/* There are as many as were paid for. */
static struct list all = LIST_INIT(all);

static void on_free(struct loop_task *task)
{
	struct served *s = container_of(task, struct served, task);

	if (s->class->fini)
		s->class->fini(s);
	free(s);
}

void served_close(struct served *s)
{
	struct manager *m;

	if (!s->scope)
		return;
	m = s->scope->manager;
	if (s->class->on_close)
		s->class->on_close(s);
	if (s->connection)
		connections_remove(m->connections, s->connection);
	account_release(&s->payer->account, CHARGE_CHANNELS);
	loop_remove(&s->source);
	s->fd = fd_close(s->fd);
	s->scope = NULL;
	list_unlink(&s->link);
	loop_defer(m->loop, &s->task, on_free);
}

void served_hang_up(struct served *s)
{
	(void)shutdown(s->fd, SHUT_RDWR);
}

void served_drop(const struct instance *i)
{
	struct served *s, *tmp;

	list_for_each_safe (s, tmp, &all, link)
		if (s->scope == i || s->payer == i)
			served_close(s);
}

void served_pause(struct served *s, bool is_paused)
{
	if (!s->scope)
		return;
	s->is_paused = is_paused;
	(void)loop_modify(&s->source, is_paused ? 0 : EPOLLIN);
}

static void on_event(struct loop_source *source, uint32_t events)
{
	struct served *s = container_of(source, struct served, source);
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	int n, r;

	if (!throttle_allows(&s->payer->throttle, source))
		return;
	for (n = 0; n < REQUESTS_PER_TURN && s->scope && !s->is_paused; n++) {
		r = channel_read(s->fd, &m, CHANNEL_NOW);
		if (r == CHANNEL_WOULD_BLOCK)
			return;
		if (r) {
			served_close(s);
			return;
		}
		throttle_count(&s->payer->throttle);
		s->class->on_message(s, &m);
		message_close_handles(&m);
		m.n_handles = 0;
	}
	/* Paused, the peer may close all the same. */
	if (s->scope && s->is_paused && events & EPOLLHUP)
		served_close(s);
}

static void on_cut(struct connection *c)
{
	struct served *s = c->own;

	(void)channel_write_epitaph(s->fd, REEVE_ERR_ACCESS_DENIED, true);
	served_close(s);
}

static int served_remember(struct served *s, struct slot *slot)
{
	struct connection *c;
	int r = connections_add_own(s->scope->manager->connections, on_cut, &c);

	if (r < 0)
		return r;
	c->own = s;
	c->opener = s->payer;
	c->capability = strdup(slot->decl->target_name);
	list_link(&slot->connections, &c->by_slot);
	s->connection = c;
	return c->capability ? 0 : -ENOMEM;
}

int served_new(const struct served_class *class, struct instance *scope,
	       struct instance *payer, struct slot *slot, int take_channel,
	       struct served **ret)
{
	struct manager *m = scope->manager;
	struct served *s;
	int r;

	if (!manager_has_room(m, take_channel, ROOM_FOR_CHANNELS) ||
	    account_charge(&payer->account, CHARGE_CHANNELS)) {
		channel_close_epitaph(take_channel, REEVE_ERR_NO_RESOURCES,
				      true);
		return -EDQUOT;
	}
	s = calloc(1, class->size);
	r = s ? loop_add(m->loop, &s->source, take_channel, EPOLLIN, on_event)
	      : -ENOMEM;
	if (r < 0) {
		account_release(&payer->account, CHARGE_CHANNELS);
		free(s);
		fd_close(take_channel);
		return r;
	}
	s->class = class;
	if (class->init)
		class->init(s);
	s->scope = scope;
	s->payer = payer;
	s->fd = take_channel;
	list_link(&all, &s->link);
	if (slot)
		r = served_remember(s, slot);
	if (r < 0)
		served_close(s);
	else
		*ret = s;
	return r;
}
