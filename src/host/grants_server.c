/*
 * Requests about authority: each is checked against the realm in scope, its
 * children, and the grants it made. What has to wait (a revocation, a child's
 * end) pauses its own connection only.
 */
#include "host/grants_server.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "host/authority.h"
#include "host/child.h"
#include "host/connection.h"
#include "host/open.h"
#include "host/mounted.h"
#include "host/served.h"
#include "reeve/status.h"
#include "wire/grants.h"

struct grants_conn {
	struct served served;
	/* A request that waits for something to be over. */
	enum grants_method method;
	uint32_t txid;
	struct loop_timer timer;
	char *awaited;	  /* moniker: it may be destroyed meanwhile */
	uint64_t granted; /* the id to be answered */
	unsigned run; /* of the one to be stopped: an open starts the next */
};

/* One request is answered at a time; both are large. */
static struct grants_request request;
static struct grants_reply reply;

/* ---- replies ---- */

static void reply_send(struct grants_conn *c)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);

	if (!c->served.scope)
		return;
	reply.why = wire_string_cut(reply.why, GRANTS_WHY_MAX);
	if (grants_reply_write(&m, &reply) ||
	    channel_send(c->served.fd, &m, CHANNEL_NOW))
		served_hang_up(&c->served);
}

static void reply_begin(enum grants_method method, uint32_t txid)
{
	memset(&reply, 0, offsetof(struct grants_reply, entries));
	reply.n_entries = 0;
	reply.method = method;
	reply.txid = txid;
}

static void refuse(struct grants_conn *c, uint32_t error, const char *why)
{
	reply.error = error;
	reply.why = wire_string_of(why);
	reply_send(c);
}

static void refuse_by(struct grants_conn *c, struct authority_refusal *r,
		      int verdict)
{
	if (verdict < 0)
		refuse(c, REALM_ERROR_RESOURCE_UNAVAILABLE, "out of memory");
	else
		refuse(c, r->error, text_string(&r->why));
	text_fini(&r->why);
}

/* ---- what requests name ---- */

static struct realm *child_find(struct grants_conn *c,
				const struct realm_child_ref *ref)
{
	struct realm *r = child_find_ref(c->served.scope->realm, ref);

	if (!r)
		refuse(c, REALM_ERROR_INSTANCE_NOT_FOUND,
		       "there is no such child");
	else if (manager_is_doomed(c->served.scope->manager, r))
		refuse(c, REALM_ERROR_INSTANCE_DIED, "it is being destroyed");
	else
		return r;
	return NULL;
}

static bool spec_read(struct grants_conn *c, const struct grants_spec *s,
		      struct child_spec *ret)
{
	const char *why = child_spec_read(s, ret);

	if (why)
		refuse(c, REALM_ERROR_INVALID_ARGUMENTS, why);
	return !why;
}

static struct actor actor_of(const struct grants_conn *c)
{
	return (struct actor){ c->served.scope, SLOT_CUT_BY_PARENT };
}

/* ---- granting ---- */

/* What is waited for takes as long as it takes: look now and then. */
enum { MOUNT_LOOK_MS = 1, STOP_LOOK_MS = 10 };

/* Wait for something in @r, whose moniker is kept. */
static void wait_for(struct grants_conn *c, const struct grants_request *q,
		     const struct realm *r, loop_timer_fn fn)
{
	c->awaited = strdup(r->moniker);
	if (!c->awaited) {
		refuse(c, REALM_ERROR_RESOURCE_UNAVAILABLE, "out of memory");
		return;
	}
	c->method = q->method;
	c->txid = q->txid;
	served_pause(&c->served, true);
	loop_timer_set(c->served.scope->manager->loop, &c->timer, 0, fn);
}

static void wait_over(struct grants_conn *c)
{
	free(TAKE(c->awaited));
	reply_begin(c->method, c->txid);
	reply.id = c->granted;
	reply_send(c);
	served_pause(&c->served, false);
}

/* Who was given a directory has it when that is answered. */
static void on_mount_timer(struct loop_timer *timer)
{
	struct grants_conn *c = container_of(timer, struct grants_conn, timer);
	struct manager *m = c->served.scope->manager;
	const struct realm *r = topology_find(&m->tree, c->awaited);

	if (r && mounted_is_pending(r))
		loop_timer_set(m->loop, &c->timer, MOUNT_LOOK_MS * NS_PER_MS,
			       on_mount_timer);
	else
		wait_over(c);
}

static void do_grant(struct grants_conn *c, const struct grants_request *q)
{
	struct authority_refusal refusal = AUTHORITY_REFUSAL_INIT;
	struct realm *by = c->served.scope->realm, *to = by;
	struct actor actor = actor_of(c);
	static struct child_spec spec;
	int r;

	if (q->method == GRANTS_GRANT)
		to = child_find(c, &q->child);
	if (!to || !spec_read(c, &q->spec, &spec))
		return;
	r = authority_grant(c->served.scope->manager, &actor, by, to,
			    &spec.spec, spec.ms, &reply.id, &refusal);
	c->granted = reply.id;
	if (r)
		refuse_by(c, &refusal, r);
	else if (mounted_is_pending(to))
		wait_for(c, q, to, on_mount_timer);
	else
		reply_send(c);
}

/* ---- revoking ---- */

static void on_revoked(void *userdata, const struct revoke_report *report)
{
	struct grants_conn *c = userdata;

	reply_begin(c->method, c->txid);
	reply.report = (struct grants_report){
		.n_connections = report->n_connections,
		.n_slots = report->n_slots,
		.n_killed = report->n_killed,
		.n_open_files = report->n_open_files,
		.microseconds = report->took_us,
	};
	if (report->n_unproven) {
		reply.error = REALM_ERROR_INTERNAL;
		reply.why = wire_string_of(
			"some of it could not be proven to be dead");
	}
	reply_send(c);
	served_pause(&c->served, false);
}

/* What was cut may have been the very channel of the request. */
static void revoke_wait(struct grants_conn *c, const struct grants_request *q,
			struct revocation *v, const char *what)
{
	bool restart = q->flags & GRANTS_RESTART;

	if (!c->served.scope) {
		revoke_begin(v, what, restart, NULL, NULL);
		return;
	}
	c->method = q->method;
	c->txid = q->txid;
	served_pause(&c->served, true);
	revoke_begin(v, what, restart, on_revoked, c);
}

/* Which slot is meant; NULL, and it was answered, if none may be. */
static struct slot *revoke_find(struct grants_conn *c,
				const struct grants_request *q)
{
	struct authority_refusal refusal = AUTHORITY_REFUSAL_INIT;
	struct realm *scope = c->served.scope->realm, *child;
	char name[GRANTS_NAME_MAX + 1] = "";
	struct slot *s = NULL;
	struct grant *g;

	if (q->id) {
		g = grant_find(scope->tree, q->id);
		if (g && g->by == scope)
			return grant_top(g);
		refuse(c, REALM_ERROR_RESOURCE_NOT_FOUND,
		       "there is no such grant of yours");
		return NULL;
	}
	child = child_find(c, &q->child);
	if (!child)
		return NULL;
	(void)wire_string_copy(q->name, name, sizeof(name));
	if (authority_find_given(child, name, &s, &refusal))
		refuse(c, refusal.error, text_string(&refusal.why));
	text_fini(&refusal.why);
	return s;
}

static void do_revoke(struct grants_conn *c, const struct grants_request *q)
{
	struct slot *s = revoke_find(c, q);
	_cleanup_text_ struct text what = TEXT_INIT;
	struct revocation *v;

	if (!s)
		return;
	if (revoke_new(c->served.scope->manager, SLOT_CUT_BY_PARENT,
		       c->served.scope->realm->moniker, &v) < 0) {
		refuse(c, REALM_ERROR_RESOURCE_UNAVAILABLE, "out of memory");
		return;
	}
	slot_render(s, &what);
	revoke_slot(v, s);
	revoke_wait(c, q, v, text_string(&what));
}

static void do_revoke_child(struct grants_conn *c,
			    const struct grants_request *q)
{
	struct realm *child = child_find(c, &q->child);
	_cleanup_text_ struct text what = TEXT_INIT;
	struct revocation *v;

	if (!child)
		return;
	if (revoke_new(c->served.scope->manager, SLOT_CUT_BY_PARENT,
		       c->served.scope->realm->moniker, &v) < 0) {
		refuse(c, REALM_ERROR_RESOURCE_UNAVAILABLE, "out of memory");
		return;
	}
	text_printf(&what, "all authority of %s", child->moniker);
	revoke_realm(v, child);
	revoke_wait(c, q, v, text_string(&what));
}

static void do_close(struct grants_conn *c, const struct grants_request *q)
{
	struct instance *i = c->served.scope;
	struct connection *k = connections_find(i->manager->connections, q->id);
	_cleanup_text_ struct text what = TEXT_INIT;
	struct revocation *v;

	if (!k || (k->opener != i && k->provider != i)) {
		refuse(c, REALM_ERROR_RESOURCE_NOT_FOUND,
		       "there is no such connection that you opened or "
		       "provide");
		return;
	}
	if (revoke_new(i->manager,
		       k->provider == i ? SLOT_CUT_BY_PROVIDER
					: SLOT_CUT_BY_PARENT,
		       i->realm->moniker, &v) < 0) {
		refuse(c, REALM_ERROR_RESOURCE_UNAVAILABLE, "out of memory");
		return;
	}
	text_printf(&what, "connection %llu to %s", (unsigned long long)k->id,
		    k->capability);
	revoke_connection(v, k);
	revoke_wait(c, q, v, text_string(&what));
}

/* ---- listing ---- */

/* Those that were given by @by: to itself and to its children. The lowest id
 * above @after. */
static struct grant *grant_after(const struct realm *by, uint64_t after)
{
	const struct realm *child;
	struct grant *g, *best = NULL;

	list_for_each (g, &by->grants, link)
		if (g->by == by && g->id > after && (!best || g->id < best->id))
			best = g;
	list_for_each (child, &by->children, link)
		list_for_each (g, &child->grants, link)
			if (g->by == by && g->id > after &&
			    (!best || g->id < best->id))
				best = g;
	return best;
}

static void do_list(struct grants_conn *c, const struct grants_request *q)
{
	const struct realm *by = c->served.scope->realm;
	struct grants_entry e;
	struct grant *g;
	struct slot *top;
	uint64_t after = q->id;

	open_reconcile(c->served.payer);
	while ((g = grant_after(by, after))) {
		top = grant_top(g);
		e = (struct grants_entry){
			.id = g->id,
			.name = wire_string_of(top->decl->name),
			.as = wire_string_of(top->decl->target_name),
			.rights = child_rights_io(top->decl->rights),
			.expires_in_ms = authority_ms_left(g),
			.uses_left = g->uses_left,
			.n_connections = (uint32_t)slot_count_connections(top),
			/* Its own second slot is nobody else's. */
			.n_derived = (uint32_t)slot_count_derived(top) -
				     (g->has_slot[0] && g->has_slot[1]),
		};
		if (g->to != by)
			e.child = wire_string_of(g->to->moniker);
		if (!grants_reply_add(&reply, &e))
			break;
		after = g->id;
	}
	reply_send(c);
}

/* ---- children ---- */

static void do_create(struct grants_conn *c, const struct grants_request *q)
{
	struct authority_refusal refusal = AUTHORITY_REFUSAL_INIT;
	char name[GRANTS_CHILD_NAME_MAX + 1], url[GRANTS_URL_MAX + 1];
	struct instance *i = c->served.scope;
	struct actor actor = actor_of(c);
	struct child_request child = {
		.collection = child_find_collection(i->realm, q->collection),
		.name = name,
		.url = url,
		.startup = q->startup == REALM_STARTUP_EAGER ? STARTUP_EAGER
							     : STARTUP_LAZY,
		.offers = q->offers,
		.n_offers = q->n_offers,
		.limits = &q->limits,
	};
	int r;

	if (!child.collection) {
		refuse(c, REALM_ERROR_COLLECTION_NOT_FOUND,
		       "there is no such collection");
		return;
	}
	if (!wire_string_copy(q->name, name, sizeof(name)) ||
	    !wire_string_copy(q->url, url, sizeof(url))) {
		refuse(c, REALM_ERROR_INVALID_ARGUMENTS,
		       "its name or its URL is no string");
		return;
	}
	r = child_make(i, &actor, &child, &refusal);
	if (r)
		refuse_by(c, &refusal, r);
	else
		reply_send(c);
}

static void do_start(struct grants_conn *c, const struct grants_request *q)
{
	struct realm *child = child_find(c, &q->child);
	const char *why;

	if (!child)
		return;
	why = child_start(c->served.scope->manager, child,
			  "its parent asked for it", false);
	if (why)
		refuse(c, REALM_ERROR_INSTANCE_CANNOT_START, why);
	else
		reply_send(c);
}

static void on_stop_timer(struct loop_timer *timer)
{
	struct grants_conn *c = container_of(timer, struct grants_conn, timer);
	struct manager *m = c->served.scope->manager;
	struct realm *r = topology_find(&m->tree, c->awaited);
	struct instance *i = r ? instance_of(r) : NULL;

	if (i && instance_is_alive(i) && i->n_starts == c->run)
		loop_timer_set(m->loop, &c->timer, STOP_LOOK_MS * NS_PER_MS,
			       on_stop_timer);
	else
		wait_over(c);
}

static void do_stop(struct grants_conn *c, const struct grants_request *q)
{
	struct realm *child = child_find(c, &q->child);
	struct instance *i = child ? instance_of(child) : NULL;

	if (!child)
		return;
	c->run = i ? i->n_starts : 0;
	wait_for(c, q, child, on_stop_timer);
	if (c->awaited && i && instance_is_alive(i))
		instance_event(i, LIFE_ASKED, NULL);
}

static void do_set_limits(struct grants_conn *c, const struct grants_request *q)
{
	struct realm *child = child_find(c, &q->child);
	const char *why;

	if (!child)
		return;
	why = child_set_limits(c->served.scope->manager, child, &q->limits);
	if (why)
		refuse(c, REALM_ERROR_RESOURCE_UNAVAILABLE, why);
	else
		reply_send(c);
}

static void do_usage(struct grants_conn *c, const struct grants_request *q)
{
	struct realm *child = child_find(c, &q->child);

	if (!child)
		return;
	open_reconcile(c->served.payer);
	child_usage(c->served.scope->manager, child, &reply.usage);
	reply_send(c);
}

/* ---- the connection ---- */

static void on_message(struct served *s, struct message *m)
{
	static void (*const methods[])(struct grants_conn *,
				       const struct grants_request *) = {
		[GRANTS_GRANT] = do_grant,
		[GRANTS_DERIVE] = do_grant,
		[GRANTS_REVOKE] = do_revoke,
		[GRANTS_REVOKE_CHILD] = do_revoke_child,
		[GRANTS_CLOSE_CONNECTION] = do_close,
		[GRANTS_LIST_GRANTS] = do_list,
		[GRANTS_CREATE_CHILD] = do_create,
		[GRANTS_START_CHILD] = do_start,
		[GRANTS_STOP_CHILD] = do_stop,
		[GRANTS_SET_LIMITS] = do_set_limits,
		[GRANTS_GET_USAGE] = do_usage,
	};
	struct grants_conn *c = container_of(s, struct grants_conn, served);

	memset(&request, 0, sizeof(request));
	if (grants_request_read(m, &request)) {
		(void)channel_write_epitaph(s->fd, REEVE_ERR_INVALID_ARGS,
					    true);
		served_close(s);
		return;
	}
	reply_begin(request.method, request.txid);
	methods[request.method](c, &request);
}

static void on_close(struct served *s)
{
	struct grants_conn *c = container_of(s, struct grants_conn, served);

	revoke_forget(s->scope->manager, c);
	loop_timer_cancel(&c->timer);
	free(TAKE(c->awaited));
}

static const struct served_class class = {
	.size = sizeof(struct grants_conn),
	.on_message = on_message,
	.on_close = on_close,
};

int grants_server_serve(struct instance *scope, struct instance *payer,
			struct slot *slot, int take_channel)
{
	struct served *s;

	return served_new(&class, scope, payer, slot, take_channel, &s);
}
