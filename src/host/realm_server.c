/*
 * Each request is checked against the realm in scope and nothing else: the
 * names in it are children and collections of that realm.
 */
#include "host/realm_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "host/child.h"
#include "host/exposed.h"
#include "host/open.h"
#include "host/served.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/realm.h"

enum {
	NAME_SIZE = REALM_NAME_MAX + 1,
	URL_SIZE = REALM_URL_MAX + 1,
};

struct realm_conn {
	struct served served;
	/* A request that waits for its child's end. */
	struct realm_reply waiting;
	/* As a ChildIterator: what is left of the snapshot, zero-terminated
	 * names behind each other. */
	bool is_iterator;
	char *collection;
	struct text names;
	size_t offset;
};

static void on_message(struct served *s, struct message *m);

static void on_close(struct served *s)
{
	manager_doom_forget(s->scope->manager, s);
}

static void fini(struct served *s)
{
	struct realm_conn *c = container_of(s, struct realm_conn, served);

	text_fini(&c->names);
	free(c->collection);
}

static const struct served_class class = {
	.size = sizeof(struct realm_conn),
	.on_message = on_message,
	.on_close = on_close,
	.fini = fini,
};

static void conn_reply(struct realm_conn *c, const struct realm_reply *reply)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);

	/* Who does not read its replies has no use for the connection. */
	if (realm_reply_write(&m, reply) ||
	    channel_send(c->served.fd, &m, CHANNEL_NOW))
		served_close(&c->served);
}

/* ---- the methods ---- */

static uint32_t do_bind(struct realm_conn *c, const struct realm_request *q,
			int take_channel, bool starts)
{
	struct realm *child = child_find_ref(c->served.scope->realm, &q->child);
	struct manager *m = c->served.scope->manager;
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
	if (exposed_serve(i, c->served.payer, take_channel) < 0)
		return REALM_ERROR_RESOURCE_UNAVAILABLE;
	if (starts) {
		snprintf(i->reason, sizeof(i->reason), "%s binds to it",
			 c->served.scope->realm->moniker);
		manager_start(m, i, NULL, false);
	}
	return REALM_OK;
}

static uint32_t do_create(struct realm_conn *c, const struct realm_request *q)
{
	struct authority_refusal refusal = AUTHORITY_REFUSAL_INIT;
	struct actor actor = { c->served.scope, SLOT_CUT_BY_PARENT };
	char name[NAME_SIZE], url[URL_SIZE];
	struct child_request child = {
		.collection = child_find_collection(c->served.scope->realm,
						    q->collection),
		.name = name,
		.url = url,
		.startup =
			q->decl.has & REALM_CHILD_STARTUP &&
					q->decl.startup == REALM_STARTUP_EAGER
				? STARTUP_EAGER
				: STARTUP_LAZY,
	};
	int r;

	if (!child.collection)
		return REALM_ERROR_COLLECTION_NOT_FOUND;
	if (q->has_unknown)
		return REALM_ERROR_UNSUPPORTED;
	if (!(q->decl.has & REALM_CHILD_NAME) ||
	    !(q->decl.has & REALM_CHILD_URL) ||
	    !wire_string_copy(q->decl.name, name, sizeof(name)) ||
	    !wire_string_copy(q->decl.url, url, sizeof(url)))
		return REALM_ERROR_INVALID_ARGUMENTS;
	r = child_make(c->served.scope, &actor, &child, &refusal);
	text_fini(&refusal.why);
	return r < 0 ? REALM_ERROR_RESOURCE_UNAVAILABLE
	       : r   ? refusal.error
		     : REALM_OK;
}

/* The child that a waiting reply was for is gone. */
static void on_destroyed(void *userdata)
{
	struct realm_conn *c = userdata;

	conn_reply(c, &c->waiting);
	served_pause(&c->served, false);
}

/* True if the reply is to be sent now. */
static bool do_destroy(struct realm_conn *c, const struct realm_request *q,
		       struct realm_reply *reply)
{
	struct realm *child = child_find_ref(c->served.scope->realm, &q->child);
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
	served_pause(&c->served, true);
	r = manager_doom(c->served.scope->manager, child, on_destroyed, c);
	if (r < 0) {
		served_pause(&c->served, false);
		reply->error = REALM_ERROR_RESOURCE_UNAVAILABLE;
		return true;
	}
	return false;
}

static uint32_t do_list(struct realm_conn *c, const struct realm_request *q,
			int take_channel)
{
	const struct collection_decl *collection =
		child_find_collection(c->served.scope->realm, q->collection);
	struct realm_conn *iterator;
	struct served *served;
	struct realm *child;
	int r;

	if (!collection || !channel_is(take_channel)) {
		fd_close(take_channel);
		return collection ? REALM_ERROR_INVALID_ARGUMENTS
				  : REALM_ERROR_COLLECTION_NOT_FOUND;
	}
	r = served_new(&class, c->served.scope, c->served.payer, NULL,
		       take_channel, &served);
	if (r)
		return REALM_ERROR_RESOURCE_UNAVAILABLE;
	iterator = container_of(served, struct realm_conn, served);
	iterator->is_iterator = true;
	iterator->collection = strdup(collection->name);
	list_for_each (child, &c->served.scope->realm->children, link)
		if (child->collection &&
		    !strcmp(child->collection, collection->name))
			text_append(&iterator->names, child->name,
				    strlen(child->name) + 1);
	if (!iterator->collection || text_is_failed(&iterator->names)) {
		served_close(&iterator->served);
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
		served_close(&c->served);
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
	if (c->served.scope)
		conn_reply(c, &reply);
}

static void on_message(struct served *s, struct message *m)
{
	struct realm_conn *c = container_of(s, struct realm_conn, served);
	static struct realm_request q;

	memset(&q, 0, sizeof(q));
	if (!realm_request_read(m, &q)) {
		conn_request(c, m, &q);
		return;
	}
	(void)channel_write_epitaph(s->fd, REEVE_ERR_INVALID_ARGS, true);
	served_close(s);
}

int realm_server_serve(struct instance *scope, struct instance *payer,
		       struct slot *slot, int take_channel)
{
	struct served *s;

	return served_new(&class, scope, payer, slot, take_channel, &s);
}
