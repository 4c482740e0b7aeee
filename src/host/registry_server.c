/*
 * Whoever waits for a name is found by the name, so that ten thousand that wait
 * for others cost nothing; whether it is there for the one who asks is decided
 * by the route, as for an open.
 */
#include "host/registry_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "channel/channel.h"
#include "host/authority.h"
#include "host/open.h"
#include "host/served.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"
#include "wire/realm.h"
#include "wire/registry.h"

struct registry_conn {
	struct served served;
	struct list watches;
	/* An Unregister that waits for its connections' end. */
	struct registry_reply waiting;
};

/* A hanging get. */
struct watch {
	struct list by_conn;
	struct map_node by_name;
	struct registry_conn *conn;
	uint32_t txid;
	bool is_known_present;
	char name[];
};

static struct map watches = MAP_INIT;

/* ---- replies ---- */

static void reply_send(struct registry_conn *c,
		       const struct registry_reply *reply)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);

	if (!c->served.scope)
		return;
	if (registry_reply_write(&m, reply) ||
	    channel_send(c->served.fd, &m, CHANNEL_NOW))
		served_hang_up(&c->served);
}

static void reply_why(struct registry_reply *reply, const struct text *why)
{
	reply->why = wire_string_cut(wire_string_of(text_string(why)),
				     REGISTRY_WHY_MAX);
}

/* ---- watching ---- */

static void watch_free(struct watch *w)
{
	if (w->conn->served.payer)
		account_release(&w->conn->served.payer->account,
				CHARGE_WATCHES);
	list_unlink(&w->by_conn);
	map_unlink(&watches, &w->by_name);
	free(w);
}

/* Does @name lead to somebody who provides it? */
static bool is_present(struct instance *i, const char *name)
{
	struct manager *m = i->manager;
	struct slot *s = registry_peek(i->realm, name);

	return s && !manager_route_slot(m, s, i->realm, m->route) &&
	       (m->route->source == ROUTE_SOURCE_COMPONENT ||
		m->route->source == ROUTE_SOURCE_FRAMEWORK);
}

/* Answer it if there is news. True if it was answered, and is gone. */
static bool watch_answer(struct watch *w)
{
	struct registry_conn *c = w->conn;
	struct registry_reply reply = { .method = REGISTRY_WATCH,
					.txid = w->txid };

	reply.is_present = is_present(c->served.scope, w->name);
	if (reply.is_present == w->is_known_present)
		return false;
	watch_free(w);
	reply_send(c, &reply);
	return true;
}

static int watch_new(struct registry_conn *c, const struct registry_request *q,
		     struct watch **ret)
{
	struct watch *w;

	if (account_charge(&c->served.payer->account, CHARGE_WATCHES))
		return -EDQUOT;
	w = calloc(1, sizeof(*w) + q->name.n + 1);
	if (!w) {
		account_release(&c->served.payer->account, CHARGE_WATCHES);
		return -ENOMEM;
	}
	memcpy(w->name, q->name.bytes, q->name.n);
	w->conn = c;
	w->txid = q->txid;
	w->is_known_present = q->is_known_present;
	list_init(&w->by_conn);
	if (map_link(&watches, &w->by_name, map_hash_string(w->name)) < 0) {
		account_release(&c->served.payer->account, CHARGE_WATCHES);
		free(w);
		return -ENOMEM;
	}
	list_link(&c->watches, &w->by_conn);
	*ret = w;
	return 0;
}

static void do_watch(struct registry_conn *c, const struct registry_request *q)
{
	struct registry_reply reply = {
		.method = REGISTRY_WATCH,
		.txid = q->txid,
		.error = REALM_ERROR_RESOURCE_UNAVAILABLE,
		.why = wire_string_of("as many names are waited for as may be"),
	};
	struct watch *w;

	if (watch_new(c, q, &w) < 0)
		reply_send(c, &reply);
	else
		(void)watch_answer(w);
}

/* All that may have changed in this turn, looked at once. */
static struct {
	struct loop_task task;
	struct manager *manager;
	struct list names;
	size_t n_names;
	bool is_all;
} changes = { .names = LIST_INIT(changes.names) };

struct changed_name {
	struct list link;
	char name[];
};

enum { CHANGED_NAMES_MAX = 64 };

static void changes_clear(void)
{
	struct changed_name *n;

	while ((n = list_first(&changes.names, struct changed_name, link))) {
		list_unlink(&n->link);
		free(n);
	}
	changes.n_names = 0;
	changes.is_all = false;
}

/* Answering takes nodes out of the map: the next one is known before. */
static void name_changed(const char *name)
{
	struct map_node *node, *next;
	struct watch *w;

	for (node = map_find(&watches, map_hash_string(name)); node;
	     node = next) {
		next = map_next(node);
		w = container_of(node, struct watch, by_name);
		if (!strcmp(w->name, name))
			(void)watch_answer(w);
	}
}

static void all_changed(void)
{
	struct map_node *node, *next;
	size_t i;

	for (i = 0; i < watches.n_buckets; i++) {
		for (node = watches.buckets[i]; node; node = next) {
			next = node->next;
			(void)watch_answer(
				container_of(node, struct watch, by_name));
		}
	}
}

static void on_changes(struct loop_task *task)
{
	struct changed_name *n;

	(void)task;
	if (changes.is_all)
		all_changed();
	else
		list_for_each (n, &changes.names, link)
			name_changed(n->name);
	changes_clear();
}

void registry_server_changed(struct manager *m, const char *name)
{
	struct changed_name *n = NULL;

	if (!watches.n)
		return;
	if (name && changes.n_names < CHANGED_NAMES_MAX)
		n = malloc(sizeof(*n) + strlen(name) + 1);
	if (n) {
		strcpy(n->name, name);
		list_link(&changes.names, &n->link);
		changes.n_names++;
	} else {
		changes.is_all = true;
	}
	changes.manager = m;
	loop_defer(m->loop, &changes.task, on_changes);
}

void registry_server_fini(struct manager *m)
{
	if (changes.manager == m)
		loop_defer_cancel(&changes.task);
	changes.manager = NULL;
	changes_clear();
	if (!watches.n)
		map_fini(&watches);
}

/* ---- registering ---- */

static void on_unregistered(void *userdata, const struct revoke_report *report)
{
	struct registry_conn *c = userdata;

	(void)report;
	reply_send(c, &c->waiting);
	served_pause(&c->served, false);
}

/* Take a registration back, with all that goes through it. False: there is none
 * or no memory, and *reply says so. */
static bool unregister(struct registry_conn *c, const char *name,
		       struct registry_reply *reply, struct text *why)
{
	struct instance *i = c->served.scope;
	struct grant *g = registry_find(i->realm, name);
	_cleanup_text_ struct text what = TEXT_INIT;
	struct revocation *v;

	if (!g) {
		reply->error = REALM_ERROR_RESOURCE_NOT_FOUND;
		text_printf(why, "%s has not registered %s", i->realm->moniker,
			    name);
		return false;
	}
	if (revoke_new(i->manager, SLOT_CUT_BY_PROVIDER, i->realm->moniker,
		       &v) < 0) {
		reply->error = REALM_ERROR_RESOURCE_UNAVAILABLE;
		return false;
	}
	slot_render(&g->slots[0], &what);
	revoke_end(v, &g->slots[0]);
	served_pause(&c->served, true);
	/* What was cut may have been the very channel of the request. */
	if (c->served.scope)
		revoke_begin(v, text_string(&what), false, on_unregistered, c);
	else
		revoke_begin(v, text_string(&what), false, NULL, NULL);
	return true;
}

static void do_unregister(struct registry_conn *c,
			  const struct registry_request *q,
			  struct registry_reply *reply)
{
	_cleanup_text_ struct text why = TEXT_INIT;
	char name[REGISTRY_NAME_MAX + 1] = "";

	(void)wire_string_copy(q->name, name, sizeof(name));
	c->waiting = *reply;
	if (unregister(c, name, reply, &why))
		return;
	reply_why(reply, &why);
	reply_send(c, reply);
}

/* The strings of a Register, terminated. */
struct registration_text {
	char name[REGISTRY_NAME_MAX + 1];
	char path[REGISTRY_PATH_MAX + 1];
	char patterns[REGISTRY_ACCESS_MAX][REGISTRY_PATTERN_MAX + 1];
	const char *access[REGISTRY_ACCESS_MAX];
};

static bool registration_copy(const struct registry_request *q,
			      struct registration_text *t)
{
	uint32_t k;

	t->path[0] = 0;
	if (!wire_string_copy(q->name, t->name, sizeof(t->name)) ||
	    (q->path.n && !wire_string_copy(q->path, t->path, sizeof(t->path))))
		return false;
	for (k = 0; k < q->n_access; k++) {
		if (!wire_string_copy(q->access[k], t->patterns[k],
				      sizeof(t->patterns[k])))
			return false;
		t->access[k] = t->patterns[k];
	}
	return true;
}

static void do_register(struct registry_conn *c,
			const struct registry_request *q,
			struct registry_reply *reply)
{
	struct authority_refusal refusal = AUTHORITY_REFUSAL_INIT;
	/* Large, and one at a time. */
	static struct registration_text t;
	struct registration what;
	int r = AUTHORITY_REFUSED;

	if (q->flags & ~(uint32_t)(REGISTRY_REPLACE | REGISTRY_HAS_ACCESS |
				   REGISTRY_NO_TRANSFER)) {
		refusal.error = REALM_ERROR_UNSUPPORTED;
	} else if (!registration_copy(q, &t)) {
		refusal.error = REALM_ERROR_INVALID_ARGUMENTS;
	} else {
		what = (struct registration){
			.name = t.name,
			.path = t.path,
			.access = t.access,
			.n_access = q->n_access,
			.has_access = q->flags & REGISTRY_HAS_ACCESS,
			.no_transfer = q->flags & REGISTRY_NO_TRANSFER,
		};
		r = authority_register(c->served.scope, &what,
				       q->flags & REGISTRY_REPLACE, &refusal);
	}
	if (r)
		reply->error = r < 0 ? REALM_ERROR_RESOURCE_UNAVAILABLE
				     : refusal.error;
	reply_why(reply, &refusal.why);
	reply_send(c, reply);
	text_fini(&refusal.why);
}

/* ---- connecting ---- */

static uint32_t error_of(int status)
{
	switch (status) {
	case REEVE_OK:
		return REALM_OK;
	case REEVE_ERR_ACCESS_DENIED:
		return REALM_ERROR_ACCESS_DENIED;
	case REEVE_ERR_NOT_FOUND:
		return REALM_ERROR_RESOURCE_NOT_FOUND;
	case REEVE_ERR_INVALID_ARGS:
		return REALM_ERROR_INVALID_ARGUMENTS;
	default:
		return REALM_ERROR_RESOURCE_UNAVAILABLE;
	}
}

static void refused_tell(struct instance *i, const char *name, int status,
			 const struct text *why)
{
	_cleanup_text_ struct text fields = TEXT_INIT;

	text_puts(&fields, ",\"capability\":");
	text_json(&fields, name);
	text_printf(&fields, ",\"status\":\"%s\"", route_status_name(status));
	journal_write(i->manager->journal, JOURNAL_REFUSED, i->realm->moniker,
		      NULL, text_string(&fields), "%s, %s: %s", name,
		      route_status_name(status), text_string(why));
}

static void do_connect(struct registry_conn *c,
		       const struct registry_request *q, int take_channel,
		       struct registry_reply *reply)
{
	_cleanup_text_ struct text why = TEXT_INIT;
	struct instance *i = c->served.scope;
	char name[REGISTRY_NAME_MAX + 1] = "";
	const struct decl *use;
	int r, status = REEVE_ERR_NOT_FOUND;

	(void)wire_string_copy(q->name, name, sizeof(name));
	r = registry_look_up(i->realm, name, &use, &why);
	if (r) {
		status = r < 0 ? REEVE_ERR_NO_RESOURCES : REEVE_ERR_NOT_FOUND;
		if (channel_is(take_channel))
			channel_close_epitaph(take_channel, status, true);
		else
			fd_close(take_channel);
		i->manager->n_refused++;
		if (open_may_tell(i))
			refused_tell(i, name, status, &why);
	} else {
		status = open_capability(i, use,
					 IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
					 IO_MODE_SERVICE, "", take_channel);
		if (status && i->manager->route->why.text.n)
			text_puts(&why,
				  text_string(&i->manager->route->why.text));
	}
	reply->error = error_of(status);
	if (reply->error)
		reply_why(reply, &why);
	reply_send(c, reply);
}

/* ---- the connection ---- */

static void on_message(struct served *s, struct message *m)
{
	struct registry_conn *c = container_of(s, struct registry_conn, served);
	static struct registry_request q;
	static struct registry_reply reply;

	memset(&q, 0, sizeof(q));
	memset(&reply, 0, sizeof(reply));
	if (registry_request_read(m, &q)) {
		(void)channel_write_epitaph(s->fd, REEVE_ERR_INVALID_ARGS,
					    true);
		served_close(s);
		return;
	}
	reply.method = q.method;
	reply.txid = q.txid;
	switch (q.method) {
	case REGISTRY_REGISTER:
		do_register(c, &q, &reply);
		break;
	case REGISTRY_UNREGISTER:
		do_unregister(c, &q, &reply);
		break;
	case REGISTRY_CONNECT:
		do_connect(c, &q, message_take_handle(m, q.handle), &reply);
		break;
	case REGISTRY_WATCH:
		do_watch(c, &q);
		break;
	}
}

static void on_close(struct served *s)
{
	struct registry_conn *c = container_of(s, struct registry_conn, served);

	revoke_forget(s->scope->manager, c);
	while (!list_is_empty(&c->watches))
		watch_free(list_first(&c->watches, struct watch, by_conn));
}

static void init(struct served *s)
{
	list_init(&container_of(s, struct registry_conn, served)->watches);
}

static const struct served_class class = {
	.size = sizeof(struct registry_conn),
	.init = init,
	.on_message = on_message,
	.on_close = on_close,
};

int registry_server_serve(struct instance *scope, struct instance *payer,
			  struct slot *slot, int take_channel)
{
	struct served *s;

	return served_new(&class, scope, payer, slot, take_channel, &s);
}
