/*
 * An open in a component's name goes the way of its own opens: by its
 * declaration, on its account. What is said about a refusal is what the journal
 * is told at the time, so the two cannot differ.
 */
#include "host/control_call.h"

#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "host/instance.h"
#include "host/open.h"
#include "host/verdict.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

enum { NAMES_MAX = 256 };

/* ---- which one is meant ---- */

static const char *without_directory(const char *name)
{
	return strncmp(name, "/svc/", 5) ? name : name + 5;
}

/* Names of services in a table, for the near miss. */
static size_t collect_names(const struct realm *r, enum table_kind k,
			    const char **names)
{
	const struct table *t = &r->tables[k];
	struct slot *s;
	size_t i, n = 0;

	for (i = 0; i < t->n && n < NAMES_MAX; i++)
		if (t->slots[i].decl->type == CAPABILITY_SERVICE)
			names[n++] = t->slots[i].decl->target_name;
	for (s = realm_next_added(r, k, NULL); s && n < NAMES_MAX;
	     s = realm_next_added(r, k, s))
		if (s->decl->type == CAPABILITY_SERVICE)
			names[n++] = s->decl->target_name;
	return n;
}

static void refuse_unknown(struct control_conn *c, const struct realm *r,
			   enum table_kind k, const char *name)
{
	const char *names[NAMES_MAX], *near;
	_cleanup_text_ struct text t = TEXT_INIT;
	size_t n = collect_names(r, k, names);
	const char *verb = k == TABLE_OUTPUT ? "exposes" : "uses";

	near = text_nearest(name, names, n);
	text_printf(&t, "%s %s no service \"%.200s\"", r->moniker, verb, name);
	if (near)
		text_printf(&t, " (did you mean %s?)", near);
	else if (k == TABLE_PROGRAM_INPUT &&
		 realm_find_slot(r, TABLE_OUTPUT, CAPABILITY_SERVICE, name))
		text_puts(&t, ", but exposes it: see --exposed");
	else if (!n)
		text_printf(&t, "; it %s no service at all", verb);
	else
		text_printf(&t, "; see reeve doctor %s", r->moniker);
	control_conn_end(c, 1, text_string(&t));
}

/* The instance in whose name is opened; NULL, and the connection was ended. */
static struct instance *find_opener(struct control_conn *c, const char *name)
{
	struct realm *r = control_conn_find(c, name);
	struct instance *i;

	if (!r)
		return NULL;
	if (manager_resolve(c->manager, r) < 0 || r->state != REALM_RESOLVED) {
		control_conn_end(
			c, 1, r->broken ? r->broken : "it cannot be resolved");
		return NULL;
	}
	if (instance_get(c->manager, r, &i) < 0) {
		control_conn_end(c, 1, "it is being destroyed");
		return NULL;
	}
	return i;
}

/* ---- opening ---- */

/* What the journal is told of a refusal. */
struct hearing {
	struct journal_listener listener;
	const char *moniker;
	struct text refusal;
};

static void on_told(struct journal_listener *l, const struct journal_entry *e)
{
	struct hearing *h = container_of(l, struct hearing, listener);

	if (e->kind != JOURNAL_REFUSED || strcmp(e->moniker, h->moniker) ||
	    h->refusal.n)
		return;
	text_puts(&h->refusal, e->text);
	if (e->detail)
		text_printf(&h->refusal, "\n%s", e->detail);
}

static void answer(struct control_conn *c, const struct instance *i,
		   const struct decl *d, int take_fd)
{
	const struct route *route = c->manager->route;
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"moniker\":");
	text_json(&t, i->realm->moniker);
	text_puts(&t, ",\"capability\":");
	text_json(&t, d->target_name);
	text_puts(&t, ",\"source\":");
	text_json(&t, route_source_moniker(route));
	text_puts(&t, "}");
	control_conn_data(c, text_string(&t));
	control_conn_channel(c, take_fd);
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}

static void open_for(struct control_conn *c, struct instance *i,
		     const struct decl *d)
{
	struct manager *m = c->manager;
	struct hearing h = { .listener.on_entry = on_told,
			     .moniker = i->realm->moniker,
			     .refusal = TEXT_INIT };
	int fds[2], r, status;

	r = channel_pair(fds);
	if (r < 0) {
		control_conn_end(c, 1, strerror(-r));
		return;
	}
	journal_write(m->journal, JOURNAL_OPERATOR, i->realm->moniker, NULL,
		      NULL, "the operator opens %s in its name",
		      d->target_name);
	list_init(&h.listener.link);
	journal_listen(m->journal, &h.listener);
	status = open_capability(i, d, IO_RIGHT_READABLE, IO_MODE_SERVICE, "",
				 fds[1]);
	list_unlink(&h.listener.link);
	if (status == REEVE_OK) {
		answer(c, i, d, fds[0]);
	} else {
		if (!h.refusal.n)
			text_printf(&h.refusal, "%s, %s", d->target_name,
				    route_status_name(status));
		fd_close(fds[0]);
		control_conn_end(c, 1, text_string(&h.refusal));
	}
	text_fini(&h.refusal);
}

void verb_call(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct instance *i = find_opener(c, argv[0]);
	const char *name = without_directory(argv[1]);
	enum table_kind k =
		strcmp(argv[2], "exposed") ? TABLE_PROGRAM_INPUT : TABLE_OUTPUT;
	struct slot *s;

	(void)n;
	if (!i)
		return;
	s = realm_find_slot(i->realm, k, CAPABILITY_SERVICE, name);
	if (!s)
		refuse_unknown(c, i->realm, k, name);
	else if (!manager_has_room(c->manager, -1, ROOM_FOR_OPENS))
		control_conn_end(c, 1,
				 "the manager has hardly any descriptors "
				 "left");
	else
		open_for(c, i, s->decl);
}

/* ---- verdicts ---- */

/* One slot; whether all is well. */
static bool send_verdict(struct control_conn *c, struct slot *s,
			 struct realm *r)
{
	struct route *route = c->manager->route;
	_cleanup_text_ struct text t = TEXT_INIT;
	int k;

	while ((k = route_walk_slot(s, r, route)) == ROUTE_UNRESOLVED)
		if (manager_resolve(c->manager, route->need) < 0)
			break;
	if (k < 0 || k == ROUTE_UNRESOLVED) {
		control_conn_end(c, 1, "out of memory");
		return false;
	}
	verdict_render_json(s->decl, route, k, &t);
	control_conn_data(c, text_string(&t));
	return k == ROUTE_ENDED || !verdict_is_required(s->decl);
}

void verb_doctor(struct control_conn *c, const char *const *argv, unsigned n)
{
	static const enum table_kind tables[] = { TABLE_PROGRAM_INPUT,
						  TABLE_OUTPUT };
	struct instance *i = find_opener(c, argv[0]);
	struct realm *r = i ? i->realm : NULL;
	bool is_well = true;
	struct slot *s;
	size_t k, at;

	(void)n;
	if (!i)
		return;
	for (k = 0; k < N_ELEMENTS(tables); k++) {
		for (at = 0;
		     at < r->tables[tables[k]].n && !c->is_ended && c->fd >= 0;
		     at++)
			is_well &= send_verdict(
				c, &r->tables[tables[k]].slots[at], r);
		for (s = realm_next_added(r, tables[k], NULL);
		     s && !c->is_ended && c->fd >= 0;
		     s = realm_next_added(r, tables[k], s))
			is_well &= send_verdict(c, s, r);
	}
	if (c->fd >= 0 && !c->is_ended)
		control_conn_end(c, is_well ? 0 : 1, NULL);
}
