/* Members are written in the order in which `reeve show` prints them. */
#include "host/describe.h"

#include <string.h>
#include <unistd.h>

#include "host/authority.h"
#include "host/budget.h"
#include "host/configuration.h"
#include "host/describe_manifest.h"
#include "host/instance.h"
#include "host/restart.h"
#include "host/run.h"

/* For people: the first hundred tell the story. */
enum { CONNECTIONS_SHOWN = 100 };

static const char *realm_state_name(const struct realm *r)
{
	const struct instance *i = r->instance;

	if (r->state == REALM_UNRESOLVED)
		return "unresolved";
	if (r->state == REALM_BROKEN)
		return "broken";
	if (!r->manifest->program)
		return "no program";
	return i ? life_state_name(i->state) : "stopped";
}

static void describe_start(const struct realm *r, struct text *t)
{
	const struct instance *i = r->instance;

	text_puts(t, "{\"moniker\":");
	text_json(t, r->moniker);
	describe_member(t, "url", r->url);
	describe_member(t, "state", realm_state_name(r));
	if (i && instance_is_alive(i)) {
		text_printf(t, ",\"pid\":%d", (int)i->cell.pid);
		describe_member(t, "reason", i->reason);
		text_printf(t, ",\"uptime_ms\":%llu",
			    (unsigned long long)((loop_now() - i->started_at) /
						 NS_PER_MS));
		text_printf(t, ",\"throttled\":%s",
			    i->throttle.is_throttled ? "true" : "false");
	} else if (i && *i->reason) {
		describe_member(t, "reason", i->reason);
	}
	if (r->broken)
		describe_member(t, "error", r->broken);
}

void describe_brief(const struct realm *r, struct text *t)
{
	describe_start(r, t);
	text_puts(t, "}");
}

static void describe_exits(const struct instance *i, struct text *t)
{
	size_t n = i->n_exits < EXITS_KEPT ? i->n_exits : EXITS_KEPT, k;
	const struct instance_exit *e;

	text_puts(t, ",\"exits\":[");
	for (k = 0; k < n; k++) {
		e = &i->exits[(i->n_exits - n + k) % EXITS_KEPT];
		text_printf(t, "%s{\"time\":%llu,\"code\":%d,\"signal\":%d}",
			    k ? "," : "", (unsigned long long)e->realtime_s,
			    e->code, e->signal);
	}
	text_puts(t, "]");
}

static void describe_accounts(const struct instance *i, struct text *t)
{
	size_t k;

	text_puts(t, ",\"account\":{");
	for (k = 0; k < N_CHARGE_KINDS; k++) {
		if (k)
			text_puts(t, ",");
		text_json(t, charge_kind_name((enum charge_kind)k));
		text_printf(t, ":{\"held\":%u,\"limit\":%u,\"refused\":%u}",
			    i->account.held[k], i->account.limits[k],
			    i->account.n_refused[k]);
	}
	text_puts(t, "}");
}

static void describe_connections(const struct instance *i, struct text *t)
{
	const struct connection *c;
	bool first = true;
	size_t n = 0;

	text_puts(t, ",\"connections\":[");
	list_for_each (c, &i->opened, by_opener) {
		if (n++ == CONNECTIONS_SHOWN)
			break;
		text_printf(t, "%s{\"id\":%llu", first ? "" : ",",
			    (unsigned long long)c->id);
		first = false;
		describe_member(t, "capability", c->capability);
		describe_member(t, "provider",
				c->provider ? c->provider->realm->moniker
					    : NULL);
		text_puts(t, "}");
	}
	text_puts(t, "]");
}

static void describe_instance(struct instance *i, struct text *t)
{
	const struct connection *c;

	/* What its providers have read is not charged to it any more. */
	list_for_each (c, &i->opened, by_opener)
		if (c->provider)
			outgoing_settle(&c->provider->outgoing);
	outgoing_settle(&i->outgoing);
	text_printf(t, ",\"starts\":%u,\"crashes_in_a_row\":%u", i->n_starts,
		    i->n_crashes);
	text_printf(t, ",\"opens_waiting\":%u", i->outgoing.n_pending);
	describe_member(t, "cgroup", i->cell.cgroup);
	describe_exits(i, t);
	describe_accounts(i, t);
	describe_connections(i, t);
	text_puts(t, ",\"throttle\":");
	throttle_render_json(&i->throttle, t);
	text_puts(t, ",\"restart\":");
	restart_render_json(i->realm, i, t);
	budget_render_json(i->manager, i->realm, t);
}

static void describe_plan(struct manager *m, struct realm *r, struct text *t)
{
	_cleanup_text_ struct text why = TEXT_INIT;
	_cleanup_plan_ struct plan plan;
	struct instance *i;

	plan_init(&plan);
	text_puts(t, ",\"plan\":");
	if (!r->manifest->program || instance_get(m, r, &i) < 0 ||
	    run_plan(i, &plan, &why)) {
		text_puts(t, "null");
		describe_member(t, "plan_error",
				why.n ? text_string(&why)
				      : "it has no program");
		return;
	}
	plan_render_json(&plan, t);
	text_puts(t, ",\"plan_text\":");
	text_clear(&why);
	plan_render(&plan, &why);
	text_json(t, text_string(&why));
}

void describe_full(struct manager *m, struct realm *r, bool with_plan,
		   struct text *t)
{
	const struct configuration_router router = configuration_router_of(m);

	connections_reconcile(m->connections);
	describe_start(r, t);
	describe_manifest(r, resolver_package(&m->resolver, r), t);
	configuration_render_json(&router, r, t);
	if (r->instance)
		describe_instance(r->instance, t);
	if (with_plan && r->manifest)
		describe_plan(m, r, t);
	text_puts(t, "}");
}

/* ---- authority ---- */

static const char *slot_kind_name(const struct slot *s)
{
	static const char *const grants[] = {
		[GRANT_OFFER] = "grant",
		[GRANT_COPY] = "copy",
		[GRANT_REGISTRATION] = "registration",
		[GRANT_RULE] = "rule",
	};

	/* A grant's second slot is the use or the expose that goes with it. */
	return s->grant && s == &s->grant->slots[0]
		       ? grants[s->grant->kind]
		       : decl_kind_name(s->decl->kind);
}

static void describe_grant(const struct grant *g, struct text *t)
{
	uint64_t ms = authority_ms_left(g);

	text_printf(t, ",\"grant\":%llu", (unsigned long long)g->id);
	describe_member(t, "by",
			authority_is_operators(g) ? "the operator"
						  : g->by->moniker);
	text_printf(t, ",\"since\":%llu",
		    (unsigned long long)authority_since(g));
	if (ms)
		text_printf(t, ",\"expires_in_ms\":%llu",
			    (unsigned long long)ms);
	if (g->uses_left != GRANT_USES_ANY)
		text_printf(t, ",\"uses_left\":%u", g->uses_left);
}

static void describe_slot_connections(const struct slot *s, struct text *t)
{
	const struct connection *c;
	size_t n = 0;

	text_puts(t, ",\"connections\":[");
	list_for_each (c, &s->connections, by_slot) {
		if (n++ == CONNECTIONS_SHOWN)
			break;
		text_printf(t, "%s{\"id\":%llu,\"ms\":%llu", n == 1 ? "" : ",",
			    (unsigned long long)c->id,
			    (unsigned long long)((loop_now() - c->opened_at) /
						 NS_PER_MS));
		describe_member(t, "opener",
				c->opener ? c->opener->realm->moniker : NULL);
		describe_member(t, "provider",
				c->provider ? c->provider->realm->moniker
				: c->on_cut ? "framework"
					    : NULL);
		text_puts(t, "}");
	}
	text_puts(t, "]");
}

void describe_slot(const struct slot *s, unsigned depth, struct text *t)
{
	_cleanup_text_ struct text words = TEXT_INIT;
	const struct decl *d = s->decl;

	text_printf(t, "{\"depth\":%u", depth);
	describe_member(t, "kind", slot_kind_name(s));
	describe_member(t, "capability", d->target_name);
	describe_member(t, "type", capability_type_name(d->type));
	describe_member(t, "holder", s->holder->moniker);
	decl_render(d, &words);
	describe_member(t, "text", text_string(&words));
	if (s->grant)
		describe_grant(s->grant, t);
	else if (d->place.line)
		text_printf(t, ",\"line\":%u,\"column\":%u", d->place.line,
			    d->place.column);
	if (!s->grant)
		describe_member(t, "file",
				manifest_file(s->declarer->manifest, d->place));
	if (d->has_rights) {
		text_clear(&words);
		rights_render(d->rights, &words);
		describe_member(t, "rights", text_string(&words));
	}
	if (d->access) {
		text_clear(&words);
		access_render(d->access, &words);
		describe_member(t, "access", text_string(&words));
	}
	if (s->cut)
		describe_member(t, "cut_by", slot_cut_name(s->cut));
	describe_slot_connections(s, t);
	text_puts(t, "}");
}

void describe_usage(struct manager *m, const struct realm *r, struct text *t)
{
	const struct instance *i = instance_of(r);

	describe_start(r, t);
	text_printf(t, ",\"opens_waiting\":%u", i->outgoing.n_pending);
	describe_accounts(i, t);
	text_puts(t, ",\"throttle\":");
	throttle_render_json(&i->throttle, t);
	budget_render_json(m, r, t);
	text_puts(t, "}");
}

void describe_manager(struct manager *m, struct text *t)
{
	text_printf(t, "{\"pid\":%d", getpid());
	describe_member(t, "root", m->options.root_file);
	describe_member(t, "state_directory", m->state_directory);
	text_printf(t,
		    ",\"realms\":%zu,\"instances\":%zu,\"connections\":%zu,"
		    "\"opens\":%llu,\"refused\":%llu,\"turns\":%llu}",
		    m->tree.n_realms, m->n_instances,
		    connections_count(m->connections),
		    (unsigned long long)m->n_opens,
		    (unsigned long long)m->n_refused,
		    (unsigned long long)loop_n_turns(m->loop));
}
