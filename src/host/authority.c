/*
 * A grant is made, walked, and only then kept: what could not be opened is not
 * granted. So a grant never has more than its giver had at that moment; what
 * the giver loses later is cut below it as well.
 */
#include "host/authority.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cell/graft.h"
#include "host/connection.h"
#include "host/exposed.h"
#include "host/namespace.h"
#include "host/registry_server.h"
#include "host/run.h"
#include "wire/realm.h"

/* The host's part of a grant. */
struct granted {
	struct manager *manager;
	struct grant *grant;
	struct instance *payer; /* NULL: nobody, or gone */
	struct list by_payer;
	struct loop_timer timer;
	uint64_t since;	     /* seconds since 1970 */
	uint64_t expires_at; /* loop_now(); 0: never */
	bool is_operators;
};

/* ---- words ---- */

void slot_render(const struct slot *s, struct text *t)
{
	const struct grant *g = s->grant;

	if (!g)
		text_printf(t, "the %s of %s %s %s",
			    decl_kind_name(s->decl->kind), s->decl->target_name,
			    s->decl->kind == DECL_OFFER ? "to" : "by",
			    s->holder->moniker);
	else if (g->kind == GRANT_REGISTRATION)
		text_printf(t, "the registration of %s by %s",
			    s->decl->target_name, g->to->moniker);
	else if (g->kind == GRANT_COPY)
		text_printf(t, "the copy #%llu called %s of %s",
			    (unsigned long long)g->id, g->decls[0].target_name,
			    g->to->moniker);
	else
		text_printf(t, "the grant #%llu of %s to %s",
			    (unsigned long long)g->id, s->decl->target_name,
			    g->to->moniker);
}

__attribute__((format(printf, 3, 4))) static int
refuse(struct authority_refusal *r, uint32_t error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(&r->why, format, args);
	va_end(args);
	r->error = error;
	return AUTHORITY_REFUSED;
}

static const char *actor_name(const struct actor *a)
{
	return a->instance ? a->instance->realm->moniker : "the operator";
}

/* ---- the host's part of a grant ---- */

uint64_t authority_ms_left(const struct grant *g)
{
	const struct granted *h = g->host;
	uint64_t now = loop_now();

	if (!h || !h->expires_at)
		return 0;
	return h->expires_at > now ? (h->expires_at - now) / NS_PER_MS + 1 : 1;
}

uint64_t authority_since(const struct grant *g)
{
	const struct granted *h = g->host;

	return h ? h->since : 0;
}

bool authority_is_operators(const struct grant *g)
{
	const struct granted *h = g->host;

	return h && h->is_operators;
}

static void on_expiry(struct loop_timer *timer)
{
	struct granted *h = container_of(timer, struct granted, timer);
	struct manager *m = h->manager;
	_cleanup_text_ struct text what = TEXT_INIT;
	struct revocation *v;

	slot_render(grant_top(h->grant), &what);
	if (revoke_new(m, SLOT_CUT_BY_EXPIRY, "the end of its time", &v) < 0) {
		/* It is over all the same, as soon as there is memory. */
		loop_timer_set(m->loop, &h->timer, NS_PER_SECOND, on_expiry);
		return;
	}
	revoke_slot(v, grant_top(h->grant));
	revoke_begin(v, text_string(&what), false, NULL, NULL);
}

static int granted_new(struct manager *m, const struct actor *actor,
		       struct grant *g, uint64_t ms)
{
	struct granted *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	list_init(&h->by_payer);
	h->manager = m;
	h->grant = g;
	h->since = (uint64_t)time(NULL);
	h->is_operators = !actor->instance;
	g->host = h;
	if (actor->instance) {
		h->payer = actor->instance;
		list_link(&actor->instance->granted, &h->by_payer);
	}
	if (ms) {
		h->expires_at = loop_now() + ms * NS_PER_MS;
		loop_timer_set(m->loop, &h->timer, ms * NS_PER_MS, on_expiry);
	}
	return 0;
}

void authority_forget(struct grant *g)
{
	struct granted *h = g->host;

	if (!h)
		return;
	loop_timer_cancel(&h->timer);
	if (h->payer)
		account_release(&h->payer->account, CHARGE_GRANTS);
	list_unlink(&h->by_payer);
	free(h);
	g->host = NULL;
}

void authority_forget_realm(struct realm *r)
{
	struct grant *g;

	list_for_each (g, &r->grants, link)
		authority_forget(g);
}

void authority_forget_payer(struct instance *i)
{
	struct granted *h, *tmp;

	list_for_each_safe (h, tmp, &i->granted, by_payer) {
		list_unlink(&h->by_payer);
		h->payer = NULL;
	}
}

/* Nothing was told of it yet. */
static void grant_undo(struct grant *g)
{
	authority_forget(g);
	grant_free(g);
}

/* ---- granting ---- */

static int charge(const struct actor *actor, struct authority_refusal *why)
{
	if (!actor->instance ||
	    !account_charge(&actor->instance->account, CHARGE_GRANTS))
		return 0;
	return refuse(why, REALM_ERROR_RESOURCE_UNAVAILABLE,
		      "%s has made as many grants and registrations (%u) as "
		      "it may",
		      actor->instance->realm->moniker,
		      actor->instance->account.limits[CHARGE_GRANTS]);
}

static void uncharge(const struct actor *actor)
{
	if (actor->instance)
		account_release(&actor->instance->account, CHARGE_GRANTS);
}

/* Only the core's syntax was checked so far: whether something can be at @path
 * in a cell. */
static bool is_place(const struct grant_spec *spec)
{
	const char *path = spec->path, *slash;
	char parent[GRANT_STRING_MAX + 1];

	if (!path || !*path)
		return true;
	if (spec->type != CAPABILITY_SERVICE)
		return plan_is_target(path) ||
		       !strncmp(path, GRAFT_DIR "/", strlen(GRAFT_DIR "/"));
	slash = strrchr(path, '/');
	if (!slash || slash == path || strlen(path) > GRANT_STRING_MAX)
		return false;
	memcpy(parent, path, (size_t)(slash - path));
	parent[slash - path] = 0;
	return plan_is_target(parent) && strlen(slash + 1) <= NAME_MAX;
}

/* Is the grant good for anything? The walk also links it to what it is derived
 * from. */
static int grant_try(struct manager *m, struct grant *g,
		     struct authority_refusal *why)
{
	struct route *route = m->route;
	int r = manager_route_slot(m, grant_slot(g), g->to, route);

	if (r < 0)
		return r;
	if (r == ROUTE_BROKEN)
		return refuse(why,
			      route->why.status == REEVE_ERR_ACCESS_DENIED
				      ? REALM_ERROR_ACCESS_DENIED
				      : REALM_ERROR_RESOURCE_NOT_FOUND,
			      "%s [%s]", text_string(&route->why.text),
			      route->why.rule);
	if (route->source == ROUTE_SOURCE_VOID)
		return refuse(why, REALM_ERROR_RESOURCE_NOT_FOUND,
			      "%s is absent: it is offered from void, or "
			      "nobody has registered it",
			      g->decls[0].name);
	return 0;
}

static void grant_tell(struct manager *m, const struct actor *actor,
		       struct grant *g, uint64_t ms)
{
	_cleanup_text_ struct text fields = TEXT_INIT;
	_cleanup_text_ struct text detail = TEXT_INIT;
	_cleanup_text_ struct text bounds = TEXT_INIT;
	const struct decl *d = &g->decls[0];

	route_render(m->route, ROUTE_ENDED, &detail);
	if (ms)
		text_printf(&bounds, " for %.1f s", (double)ms / 1000.0);
	if (g->uses_left != GRANT_USES_ANY)
		text_printf(&bounds, " for %u open%s", g->uses_left,
			    g->uses_left == 1 ? "" : "s");
	text_printf(&fields, ",\"grant\":%llu,\"capability\":",
		    (unsigned long long)g->id);
	text_json(&fields, d->target_name);
	text_puts(&fields, ",\"by\":");
	text_json(&fields, actor_name(actor));
	text_printf(&fields,
		    ",\"expires_ms\":%llu,\"route\":", (unsigned long long)ms);
	route_render_json(m->route, ROUTE_ENDED, &fields);
	journal_write(m->journal,
		      g->kind == GRANT_COPY ? JOURNAL_MINT : JOURNAL_GRANT,
		      g->to->moniker, text_string(&detail),
		      text_string(&fields), "%s%s from %s%s, #%llu",
		      g->kind == GRANT_COPY ? "has a weaker copy called "
					    : "was given ",
		      d->target_name, actor_name(actor), text_string(&bounds),
		      (unsigned long long)g->id);
}

/* What has become routable may be wanted further down. */
static void reconcile_below(struct realm *top)
{
	struct realm *r;
	struct instance *i;

	for (r = top; r && realm_is_below(r, top); r = realm_next(r)) {
		i = instance_of(r);
		if (!i)
			continue;
		/* The news that it runs may be unread. */
		run_catch_up(i);
		if (i->ns && i->has_started)
			ns_reconcile(i->ns);
	}
}

static void appear(struct manager *m, struct realm *to, const char *name)
{
	m->resolver.generation++;
	reconcile_below(to);
	registry_server_changed(m, name);
}

/* Only the name of something that the manifest offers, and that was taken back:
 * as it was. True if so. */
static bool offer_mend(struct manager *m, struct realm *to,
		       const struct grant_spec *spec, uint64_t ms,
		       const struct actor *actor)
{
	struct slot *s =
		realm_find_slot(to, TABLE_INPUT, spec->type, spec->name);

	if (!s || !s->cut || s->grant || spec->rights || spec->uses || ms ||
	    (spec->as && *spec->as) || (spec->subdir && *spec->subdir) ||
	    (spec->from && *spec->from) || (spec->path && *spec->path) ||
	    spec->no_transfer || spec->restart_on_revoke)
		return false;
	(void)slot_mend(s);
	/* What was cut with the whole realm. */
	authority_mend_use(to, spec->type, spec->name);
	journal_write(m->journal, JOURNAL_GRANT, to->moniker, NULL, NULL,
		      "was given %s back by %s, as the manifest of %s offers "
		      "it",
		      spec->name, actor_name(actor), s->declarer->moniker);
	appear(m, to, spec->name);
	return true;
}

void authority_mend_use(struct realm *r, enum capability_type type,
			const char *name)
{
	struct table *t = &r->tables[TABLE_PROGRAM_INPUT];
	struct slot *s, *next;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->slots[i].decl->type == type &&
		    t->slots[i].decl->from.kind == SOURCE_PARENT &&
		    !strcmp(t->slots[i].decl->name, name))
			(void)slot_mend(&t->slots[i]);
	for (s = realm_next_added(r, TABLE_PROGRAM_INPUT, NULL); s; s = next) {
		next = realm_next_added(r, TABLE_PROGRAM_INPUT, s);
		if (s->cut && s->decl->type == type &&
		    !strcmp(s->decl->name, name))
			grant_free(s->grant);
	}
}

void authority_restore(struct manager *m, const struct actor *actor,
		       struct realm *to)
{
	realm_mend(to);
	journal_write(m->journal, JOURNAL_GRANT, to->moniker, NULL, NULL,
		      "was given back by %s what manifests give it",
		      actor_name(actor));
	m->resolver.generation++;
	reconcile_below(to);
	registry_server_changed(m, NULL);
}

static int grant_make(struct manager *m, const struct actor *actor,
		      struct realm *by, struct realm *to,
		      const struct grant_spec *spec, uint64_t ms,
		      struct grant **ret, struct authority_refusal *ret_why)
{
	struct grant *g;
	int r;

	r = grant_new(by, to, spec, &g, &ret_why->why);
	if (r > 0)
		ret_why->error = r == GRANT_EXISTS
					 ? REALM_ERROR_INSTANCE_ALREADY_EXISTS
					 : REALM_ERROR_INVALID_ARGUMENTS;
	if (r)
		return r > 0 ? AUTHORITY_REFUSED : r;
	r = grant_try(m, g, ret_why);
	if (r) {
		grant_undo(g);
		return r;
	}
	authority_mend_use(to, spec->type, g->decls[0].target_name);
	*ret = g;
	return granted_new(m, actor, g, ms);
}

int authority_grant(struct manager *m, const struct actor *actor,
		    struct realm *by, struct realm *to,
		    const struct grant_spec *spec, uint64_t ms,
		    uint64_t *ret_id, struct authority_refusal *ret_why)
{
	struct grant *g = NULL;
	int r;

	if (manager_resolve(m, to) < 0 || to->state != REALM_RESOLVED)
		return refuse(ret_why, REALM_ERROR_INSTANCE_CANNOT_RESOLVE,
			      "%s cannot be resolved: %s", to->moniker,
			      to->broken ? to->broken : "out of memory");
	if (!is_place(spec))
		return refuse(ret_why, REALM_ERROR_INVALID_ARGUMENTS,
			      "nothing can be put at %s in a cell", spec->path);
	if (to != by && offer_mend(m, to, spec, ms, actor)) {
		*ret_id = 0;
		return 0;
	}
	r = charge(actor, ret_why);
	if (r)
		return r;
	r = grant_make(m, actor, by, to, spec, ms, &g, ret_why);
	if (r) {
		if (r < 0 && g)
			grant_undo(g);
		uncharge(actor);
		return r;
	}
	grant_tell(m, actor, g, ms);
	appear(m, to, g->decls[0].target_name);
	*ret_id = g->id;
	return 0;
}

int authority_find(struct realm *to, const char *name, struct slot **ret,
		   struct authority_refusal *ret_why)
{
	static const enum capability_type types[] = { CAPABILITY_SERVICE,
						      CAPABILITY_DIRECTORY,
						      CAPABILITY_STORAGE,
						      CAPABILITY_DICTIONARY };
	static const enum table_kind tables[] = { TABLE_INPUT,
						  TABLE_PROGRAM_INPUT,
						  TABLE_PROGRAM_OUTPUT };
	const char *plain = strncmp(name, "/svc/", 5) ? name : name + 5;
	struct slot *s = NULL;
	size_t i, k;

	for (i = 0; !s && i < N_ELEMENTS(tables); i++)
		for (k = 0; !s && k < N_ELEMENTS(types); k++)
			s = realm_find_slot(to, tables[i], types[k], plain);
	if (!s)
		return refuse(ret_why, REALM_ERROR_RESOURCE_NOT_FOUND,
			      "%s has no %s, neither given to it nor used nor "
			      "provided; see reeve grants %s",
			      to->moniker, name, to->moniker);
	/* Cut already: two equal wishes are one, and the second waits until the
	 * first is true. */
	*ret = s;
	return 0;
}

int authority_find_given(struct realm *to, const char *name, struct slot **ret,
			 struct authority_refusal *ret_why)
{
	enum capability_type type;
	struct slot *s;

	for (type = 0; type < N_CAPABILITY_TYPES; type++) {
		s = realm_find_slot(to, TABLE_INPUT, type, name);
		if (!s)
			continue;
		*ret = s;
		return 0;
	}
	return refuse(ret_why, REALM_ERROR_RESOURCE_NOT_FOUND,
		      "%s was neither offered nor granted %s", to->moniker,
		      name);
}

/* ---- registrations ---- */

/* What is replaced goes first: its connections are not for the new one. */
static int registration_replace(struct instance *i, const char *name)
{
	struct grant *g = registry_find(i->realm, name);
	_cleanup_text_ struct text what = TEXT_INIT;
	struct revocation *v;
	int r;

	if (!g)
		return 0;
	if (revoke_is_busy(i->manager))
		return -EAGAIN;
	r = revoke_new(i->manager, SLOT_CUT_BY_PROVIDER, i->realm->moniker, &v);
	if (r < 0)
		return r;
	slot_render(&g->slots[0], &what);
	revoke_end(v, &g->slots[0]);
	revoke_begin(v, text_string(&what), false, NULL, NULL);
	return 0;
}

static int registration_make(struct instance *i, const struct actor *actor,
			     const struct registration *what, bool replaces,
			     struct grant **ret,
			     struct authority_refusal *ret_why)
{
	struct grant *g;
	int r;

	r = registry_check(i->realm, what, replaces, &ret_why->why);
	if (r > 0) {
		ret_why->error = r == GRANT_EXISTS
					 ? REALM_ERROR_INSTANCE_ALREADY_EXISTS
					 : REALM_ERROR_INVALID_ARGUMENTS;
		return AUTHORITY_REFUSED;
	}
	if (replaces)
		r = registration_replace(i, what->name);
	if (!r)
		r = registry_add(i->realm, what, &g, &ret_why->why);
	if (r)
		return r < 0 ? r : -EINVAL;
	r = granted_new(i->manager, actor, g, 0);
	if (r < 0)
		grant_free(g);
	else
		*ret = g;
	return r;
}

int authority_register(struct instance *i, const struct registration *what,
		       bool replaces, struct authority_refusal *ret_why)
{
	struct actor actor = { i, SLOT_CUT_BY_PROVIDER };
	struct manager *m = i->manager;
	_cleanup_text_ struct text fields = TEXT_INIT;
	_cleanup_text_ struct text policy = TEXT_INIT;
	struct grant *g;
	int r;

	r = charge(&actor, ret_why);
	if (r)
		return r;
	r = registration_make(i, &actor, what, replaces, &g, ret_why);
	if (r) {
		uncharge(&actor);
		return r;
	}
	if (g->decls[0].access)
		access_render(g->decls[0].access, &policy);
	text_printf(&fields, ",\"grant\":%llu,\"capability\":",
		    (unsigned long long)g->id);
	text_json(&fields, what->name);
	journal_write(m->journal, JOURNAL_REGISTER, i->realm->moniker, NULL,
		      text_string(&fields), "provides %s from now on, to %s",
		      what->name,
		      policy.n ? text_string(&policy)
			       : "whoever is given it, and its children");
	m->resolver.generation++;
	(void)exposed_reconcile(i);
	registry_server_changed(m, what->name);
	return 0;
}

/* The next registration of @r; NULL if there is none. */
static struct grant *registration_first(const struct realm *r)
{
	struct grant *g;

	list_for_each (g, &r->grants, link)
		if (g->kind == GRANT_REGISTRATION)
			return g;
	return NULL;
}

/*
 * What it provided and is alive still: it passed the server's end on before it
 * ended. Not what it never read: that waits for its next run.
 */
static struct connection *provided_first(const struct instance *i)
{
	struct connection *c;

	list_for_each (c, &i->provided, by_provider)
		if (!c->is_cut && !outgoing_holds(&i->outgoing, c->cookie))
			return c;
	return NULL;
}

void authority_end(struct instance *i)
{
	_cleanup_text_ struct text what = TEXT_INIT;
	struct connection *c = provided_first(i);
	struct grant *g = registration_first(i->realm);
	struct revocation *v;

	if ((!c && !g) || revoke_new(i->manager, SLOT_CUT_BY_END,
				     "the end of its provider", &v) < 0)
		return;
	/* Each end frees grants, of this list as well: begin anew. */
	for (; g; g = registration_first(i->realm))
		revoke_end(v, &g->slots[0]);
	for (; c; c = provided_first(i))
		revoke_connection(v, c);
	text_printf(&what, "what %s provided", i->realm->moniker);
	revoke_begin(v, text_string(&what), false, NULL, NULL);
}
