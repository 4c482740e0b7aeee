/*
 * Each request is checked against the realm in scope and nothing else: the names
 * in it are children and collections of that realm.
 *
 * A connection is freed at the end of the turn in which it was closed.
 */
#include "host/realm_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "channel/channel.h"
#include "host/exposed.h"
#include "host/open.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/realm.h"

enum {
	REQUESTS_PER_TURN = 16,
	NAME_SIZE = REALM_NAME_MAX + 1,
	URL_SIZE = REALM_URL_MAX + 1,
};

struct realm_conn {
	struct list link; /* in servers */
	struct instance *scope; /* NULL: closed */
	struct instance *payer;
	struct loop_source source;
	struct loop_task task;
	int fd;
	/* A request that waits for its child's end. */
	bool is_waiting;
	struct realm_reply waiting;
	/* As a ChildIterator: what is left of the snapshot, zero-terminated
	 * names behind each other. */
	bool is_iterator;
	char *collection;
	struct text names;
	size_t offset;
};

/* All connections of this manager; there are as many as were paid for. */
static struct list servers = LIST_INIT(servers);

static void conn_free(struct loop_task *task)
{
	struct realm_conn *c = container_of(task, struct realm_conn, task);

	text_fini(&c->names);
	free(c->collection);
	free(c);
}

static void conn_close(struct realm_conn *c)
{
	struct loop *loop;

	if (!c->scope)
		return;
	loop = c->scope->manager->loop;
	manager_doom_forget(c->scope->manager, c);
	account_release(&c->payer->account, CHARGE_CHANNELS);
	loop_remove(&c->source);
	c->fd = fd_close(c->fd);
	c->scope = NULL;
	list_unlink(&c->link);
	loop_defer(loop, &c->task, conn_free);
}

void realm_server_drop(struct manager *m, const struct instance *i)
{
	struct realm_conn *c, *tmp;

	(void)m;
	list_for_each_safe(c, tmp, &servers, link)
		if (c->scope == i || c->payer == i)
			conn_close(c);
}

static void conn_reply(struct realm_conn *c, const struct realm_reply *reply)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);

	/* Who does not read its replies has no use for the connection. */
	if (realm_reply_write(&m, reply) ||
	    channel_send(c->fd, &m, CHANNEL_NOW))
		conn_close(c);
}

/* ---- the methods ---- */

static struct realm *find_child(struct realm_conn *c,
				const struct realm_child_ref *ref)
{
	char name[NAME_SIZE], collection[NAME_SIZE];

	if (!wire_string_copy(ref->name, name, sizeof(name)))
		return NULL;
	if (ref->collection.bytes &&
	    !wire_string_copy(ref->collection, collection, sizeof(collection)))
		return NULL;
	return realm_find_child(c->scope->realm,
				ref->collection.bytes ? collection : NULL,
				name);
}

static uint32_t do_bind(struct realm_conn *c, const struct realm_request *q,
			int take_channel, bool starts)
{
	struct realm *child = find_child(c, &q->child);
	struct manager *m = c->scope->manager;
	struct instance *i;

	if (!child) {
		fd_close(take_channel);
		return REALM_ERROR_INSTANCE_NOT_FOUND;
	}
	if (manager_is_doomed(m, child)) {
		fd_close(take_channel);
		return REALM_ERROR_INSTANCE_DIED;
	}
	if (manager_resolve(m, child) < 0 || child->state != REALM_RESOLVED ||
	    instance_get(m, child, &i) < 0) {
		fd_close(take_channel);
		return REALM_ERROR_INSTANCE_CANNOT_RESOLVE;
	}
	if (!channel_is(take_channel)) {
		fd_close(take_channel);
		return REALM_ERROR_INVALID_ARGUMENTS;
	}
	if (exposed_serve(i, c->payer, take_channel) < 0)
		return REALM_ERROR_RESOURCE_UNAVAILABLE;
	if (starts) {
		snprintf(i->reason, sizeof(i->reason), "%s binds to it",
			 c->scope->realm->moniker);
		manager_start(m, i, NULL, false);
	}
	return REALM_OK;
}

static const struct collection_decl *find_collection(const struct realm *r,
						     struct wire_string name)
{
	const struct manifest *m = r->manifest;
	size_t i;

	for (i = 0; i < m->n_collections; i++)
		if (wire_string_equals(name, m->collections[i].name))
			return &m->collections[i];
	return NULL;
}

static uint32_t do_create(struct realm_conn *c, const struct realm_request *q)
{
	const struct collection_decl *collection =
		find_collection(c->scope->realm, q->collection);
	struct manager *m = c->scope->manager;
	char name[NAME_SIZE], url[URL_SIZE];
	enum startup startup = STARTUP_LAZY;
	struct instance *i, *payer;
	struct realm *child;
	int r;

	if (!collection)
		return REALM_ERROR_COLLECTION_NOT_FOUND;
	if (q->has_unknown)
		return REALM_ERROR_UNSUPPORTED;
	if (!(q->decl.has & REALM_CHILD_NAME) ||
	    !(q->decl.has & REALM_CHILD_URL) ||
	    !wire_string_copy(q->decl.name, name, sizeof(name)) ||
	    !wire_string_copy(q->decl.url, url, sizeof(url)))
		return REALM_ERROR_INVALID_ARGUMENTS;
	if (q->decl.has & REALM_CHILD_STARTUP &&
	    q->decl.startup == REALM_STARTUP_EAGER)
		startup = STARTUP_EAGER;
	if (instance_get_payer(m, c->scope->realm, &payer) < 0 ||
	    account_charge(&payer->account, CHARGE_CHILDREN))
		return REALM_ERROR_RESOURCE_UNAVAILABLE;
	r = realm_add_child(c->scope->realm, collection->name, name, url,
			    startup, &child);
	if (r)
		account_release(&payer->account, CHARGE_CHILDREN);
	if (r == REALM_EXISTS)
		return REALM_ERROR_INSTANCE_ALREADY_EXISTS;
	if (r)
		return r < 0 ? REALM_ERROR_RESOURCE_UNAVAILABLE :
			       REALM_ERROR_INVALID_ARGUMENTS;
	if (startup == STARTUP_LAZY &&
	    collection->durability == DURABILITY_TRANSIENT)
		return REALM_OK;
	if (manager_resolve(m, child) < 0 || child->state != REALM_RESOLVED ||
	    instance_get(m, child, &i) < 0)
		return REALM_ERROR_INSTANCE_CANNOT_RESOLVE;
	manager_start(m, i,
		      startup == STARTUP_EAGER ? "created as an eager child" :
						 "created for a single run",
		      false);
	return REALM_OK;
}

/* The child that a waiting reply was for is gone. */
static void on_destroyed(void *userdata)
{
	struct realm_conn *c = userdata;

	c->is_waiting = false;
	conn_reply(c, &c->waiting);
	if (c->scope)
		(void)loop_modify(&c->source, EPOLLIN);
}

/* True if the reply is to be sent now. */
static bool do_destroy(struct realm_conn *c, const struct realm_request *q,
		       struct realm_reply *reply)
{
	struct realm *child = find_child(c, &q->child);
	int r;

	if (!child) {
		reply->error = REALM_ERROR_INSTANCE_NOT_FOUND;
		return true;
	}
	if (!child->collection) {
		reply->error = REALM_ERROR_INVALID_ARGUMENTS;
		return true;
	}
	c->waiting = *reply;
	c->is_waiting = true;
	(void)loop_modify(&c->source, 0);
	r = manager_doom(c->scope->manager, child, on_destroyed, c);
	if (r < 0) {
		c->is_waiting = false;
		(void)loop_modify(&c->source, EPOLLIN);
		reply->error = REALM_ERROR_RESOURCE_UNAVAILABLE;
		return true;
	}
	return false;
}

static int conn_new(struct instance *scope, struct instance *payer,
		    int take_channel, struct realm_conn **ret);

static uint32_t do_list(struct realm_conn *c, const struct realm_request *q,
			int take_channel)
{
	const struct collection_decl *collection =
		find_collection(c->scope->realm, q->collection);
	struct realm_conn *iterator;
	struct realm *child;
	int r;

	if (!collection || !channel_is(take_channel)) {
		fd_close(take_channel);
		return collection ? REALM_ERROR_INVALID_ARGUMENTS :
				    REALM_ERROR_COLLECTION_NOT_FOUND;
	}
	r = conn_new(c->scope, c->payer, take_channel, &iterator);
	if (r)
		return REALM_ERROR_RESOURCE_UNAVAILABLE;
	iterator->is_iterator = true;
	iterator->collection = strdup(collection->name);
	list_for_each(child, &c->scope->realm->children, link)
		if (child->collection &&
		    !strcmp(child->collection, collection->name))
			text_append(&iterator->names, child->name,
				    strlen(child->name) + 1);
	if (!iterator->collection || text_is_failed(&iterator->names)) {
		conn_close(iterator);
		return REALM_ERROR_RESOURCE_UNAVAILABLE;
	}
	return REALM_OK;
}

static void do_next(struct realm_conn *c, struct realm_reply *reply)
{
	struct realm_child_ref *ref;
	/* A reply is one message: names may be long. */
	size_t n_bytes = 0;

	while (c->offset < c->names.n && reply->n_children < REALM_BATCH_MAX &&
	       n_bytes < MESSAGE_BYTES_MAX / 2) {
		ref = &reply->children[reply->n_children++];
		ref->name = wire_string_of(c->names.bytes + c->offset);
		ref->collection = wire_string_of(c->collection);
		c->offset += ref->name.n + 1;
		n_bytes += ref->name.n + ref->collection.n + 64;
	}
}

static void conn_request(struct realm_conn *c, struct message *m,
			 const struct realm_request *q)
{
	static struct realm_reply reply;
	int handle = -1;

	memset(&reply, 0, sizeof(reply));
	reply.method = q->method;
	reply.is_modern = q->is_modern;
	reply.txid = q->txid;
	if ((q->method == REALM_NEXT) != c->is_iterator) {
		conn_close(c);
		return;
	}
	if (q->method == REALM_BIND_CHILD ||
	    q->method == REALM_OPEN_EXPOSED_DIR ||
	    q->method == REALM_LIST_CHILDREN)
		handle = message_take_handle(m, q->handle);
	switch (q->method) {
	case REALM_BIND_CHILD:
		reply.error = do_bind(c, q, handle, true);
		break;
	case REALM_OPEN_EXPOSED_DIR:
		reply.error = do_bind(c, q, handle, false);
		break;
	case REALM_CREATE_CHILD:
		reply.error = do_create(c, q);
		break;
	case REALM_DESTROY_CHILD:
		if (!do_destroy(c, q, &reply))
			return;
		break;
	case REALM_LIST_CHILDREN:
		reply.error = do_list(c, q, handle);
		break;
	case REALM_NEXT:
		do_next(c, &reply);
		break;
	}
	if (c->scope)
		conn_reply(c, &reply);
}

static void on_event(struct loop_source *source, uint32_t events)
{
	struct realm_conn *c = container_of(source, struct realm_conn, source);
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	static struct realm_request q;
	int n, r;

	(void)events;
	for (n = 0; n < REQUESTS_PER_TURN && c->scope && !c->is_waiting; n++) {
		r = channel_read(c->fd, &m, CHANNEL_NOW);
		if (r == CHANNEL_WOULD_BLOCK)
			return;
		if (r) {
			conn_close(c);
			return;
		}
		memset(&q, 0, sizeof(q));
		r = realm_request_read(&m, &q);
		if (r)
			(void)channel_write_epitaph(
				c->fd, REEVE_ERR_INVALID_ARGS, true);
		if (r)
			conn_close(c);
		else
			conn_request(c, &m, &q);
		message_close_handles(&m);
		m.n_handles = 0;
	}
	/* Waiting for a child, the peer may close all the same. */
	if (c->scope && c->is_waiting && events & EPOLLHUP)
		conn_close(c);
}

static int conn_new(struct instance *scope, struct instance *payer,
		    int take_channel, struct realm_conn **ret)
{
	struct realm_conn *c;
	int r;

	if (!manager_has_room(scope->manager, take_channel,
			      ROOM_FOR_CHANNELS) ||
	    account_charge(&payer->account, CHARGE_CHANNELS)) {
		channel_close_epitaph(take_channel, REEVE_ERR_NO_RESOURCES,
				      true);
		return -EDQUOT;
	}
	c = calloc(1, sizeof(*c));
	r = c ? loop_add(scope->manager->loop, &c->source, take_channel,
			 EPOLLIN, on_event) :
		-ENOMEM;
	if (r < 0) {
		account_release(&payer->account, CHARGE_CHANNELS);
		free(c);
		fd_close(take_channel);
		return r;
	}
	c->scope = scope;
	c->payer = payer;
	c->fd = take_channel;
	list_link(&servers, &c->link);
	*ret = c;
	return 0;
}

int realm_server_serve(struct instance *scope, struct instance *payer,
		       int take_channel)
{
	struct realm_conn *c;

	return conn_new(scope, payer, take_channel, &c);
}
