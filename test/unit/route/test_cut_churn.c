/*
 * Authority that changes in random order: services are registered and end,
 * grants and copies are made, routes are walked and opened, slots and realms
 * are cut and mended, children come and go. The test remembers of every
 * connection by which slots it was minted, so that it knows by itself what a
 * cut has to find: exactly the connections that came this way.
 */
#include "rig_grant.h"

#include <stdio.h>
#include <string.h>

enum {
	N_RUNS = 200,
	N_STEPS = 400,
	CONNECTIONS_MAX = 256,
	REALMS_MAX = 24,
	GRANTS_MAX = 80,
	DEPTH_MAX = 5,
};

static const struct rig_file files[] = {
	{ "root", "{ " PROGRAM "children: [ " CHILD(
			  "p") "],\n"
			       "collections: [ { name: 'pool',\n"
			       "  durability: 'transient' } ],\n"
			       "capabilities: [ { protocol: 'mine' } ],\n"
			       "offer: [ { protocol: 'fixed', from: '#p',\n"
			       "  to: '#pool' } ],\n"
			       "use: [ { protocol: 'fixed', from: '#p' } ] }" },
	{ "p", "{ " PROGRAM "capabilities: [ { protocol: 'fixed' } ],\n"
	       "expose: [ { protocol: 'fixed', from: 'self' } ] }" },
	{ "node", "{ " PROGRAM "collections: [ { name: 'pool',\n"
		  "  durability: 'transient' } ],\n"
		  "capabilities: [ { protocol: 'mine' } ],\n"
		  "offer: [ { protocol: 'fixed', from: 'parent',\n"
		  "  to: '#pool' } ],\n"
		  "use: [ { protocol: 'fixed' } ],\n"
		  "expose: [ { protocol: 'mine', from: 'self' } ] }" },
	{ NULL, NULL },
};

static const char *const names[] = { "x", "y", "mine", "fixed" };

/* One that was minted: by which slots, and whether it lives. */
struct connection {
	struct list link; /* under a slot, as the host has it */
	bool is_live, is_visited;
	const struct realm *client, *provider;
	const struct slot *slots[ROUTE_HOPS_MAX];
	size_t n_slots;
};

static struct rig rig;
static struct connection connections[CONNECTIONS_MAX];
static uint64_t last_id;
static unsigned random_state;

static struct {
	unsigned cuts, ends, mended, minted, severed, grants, replaced, removed;
} seen;

static unsigned random_below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static const char *name_any(void)
{
	return names[random_below(N_ELEMENTS(names))];
}

static struct realm *realm_any(void)
{
	struct realm *r = rig.tree.root;
	unsigned n;

	for (n = random_below((unsigned)rig.tree.n_realms); n; n--)
		r = realm_next(r);
	return r;
}

static struct grant *grant_any(void)
{
	struct realm *r = realm_any();
	struct grant *g, *found = NULL;
	unsigned n = 0;

	list_for_each (g, &r->grants, link)
		if (!random_below(++n))
			found = g;
	return found;
}

static struct slot *slot_any(void)
{
	struct realm *r = realm_any();
	struct table *t = &r->tables[random_below(N_TABLES)];
	struct grant *g = random_below(2) ? grant_any() : NULL;
	unsigned k = random_below(2);

	if (g)
		return g->has_slot[k] ? &g->slots[k] : grant_slot(g);
	return t->n ? &t->slots[random_below((unsigned)t->n)] : NULL;
}

/* ---- connections ---- */

static bool came_by(const struct connection *c, const struct slot *s)
{
	size_t i;

	for (i = 0; i < c->n_slots; i++)
		if (c->slots[i] == s)
			return true;
	return false;
}

/* Either of the slots of a grant is all of it. */
static bool is_derived(const struct connection *c, const struct slot *s)
{
	if (!s->grant)
		return came_by(c, s);
	return came_by(c, &s->grant->slots[0]) ||
	       came_by(c, &s->grant->slots[1]);
}

static void mint(struct slot *s)
{
	struct connection *c = &connections[random_below(CONNECTIONS_MAX)];
	size_t i;

	if (c->is_live)
		list_unlink(&c->link);
	*c = (struct connection){ .is_live = true,
				  .client = s->holder,
				  .provider = rig.route.realm,
				  .n_slots = rig.route.n_hops };
	for (i = 0; i < c->n_slots; i++)
		c->slots[i] = rig.route.hops[i].slot;
	list_init(&c->link);
	list_link(&s->connections, &c->link);
	route_spend(&rig.route);
	seen.minted++;
}

static void on_slot(void *userdata, struct slot *s)
{
	const struct list *at;

	(void)userdata;
	for (at = s->connections.next; at != &s->connections; at = at->next)
		list_entry(at, struct connection, link)->is_visited = true;
}

static void on_grant(void *userdata, struct grant *g)
{
	(void)userdata;
	assert_ptr_equal(grant_find(&rig.tree, g->id), g);
}

static const struct cutting cutting = { on_slot, on_grant, NULL };

/* Everything that was expected was visited, and nothing else; it is over. */
static void visited_check(const bool *expected)
{
	struct connection *c;
	size_t i;

	for (i = 0; i < CONNECTIONS_MAX; i++) {
		c = &connections[i];
		assert_int_equal(c->is_live && c->is_visited, expected[i]);
		if (!expected[i])
			continue;
		list_unlink(&c->link);
		c->is_live = c->is_visited = false;
		seen.severed++;
	}
}

/* ---- walks ---- */

/* What ended at a source has no cut slot in it, and its links say the way. */
static void route_check(void)
{
	const struct hop *hops = rig.route.hops;
	size_t i;

	for (i = 0; i < rig.route.n_hops; i++) {
		assert_int_equal(hops[i].slot->cut, SLOT_WHOLE);
		if (i + 1 < rig.route.n_hops)
			assert_ptr_equal(hops[i].slot->from, hops[i + 1].slot);
	}
}

static int walk(struct slot *s)
{
	int k;

	while ((k = route_walk_slot(s, s->holder, &rig.route)) ==
	       ROUTE_UNRESOLVED)
		assert_int_equal(rig_resolve(&rig, rig.route.need, &rig.report),
				 0);
	assert_true(k >= 0);
	if (k == ROUTE_ENDED)
		route_check();
	return k;
}

static void open_slot(struct slot *s)
{
	if (walk(s) == ROUTE_ENDED &&
	    rig.route.source == ROUTE_SOURCE_COMPONENT)
		mint(s);
}

/* ---- what happens ---- */

static void do_register(void)
{
	static const char *const everybody[] = { "/**" };
	struct realm *r = realm_any();
	struct registration what = { .name = name_any(),
				     .access = everybody,
				     .n_access = random_below(4) > 0,
				     .has_access = random_below(2) };
	struct text why = TEXT_INIT;
	struct grant *g;

	if (r->state == REALM_RESOLVED && !registry_add(r, &what, &g, &why)) {
		assert_true(g->id > last_id);
		last_id = g->id;
	}
	text_fini(&why);
}

static void do_end(void)
{
	bool expected[CONNECTIONS_MAX];
	struct realm *r = realm_any();
	struct grant *g = registry_find(r, name_any());
	size_t i;

	if (!g)
		return;
	for (i = 0; i < CONNECTIONS_MAX; i++)
		expected[i] = connections[i].is_live &&
			      is_derived(&connections[i], &g->slots[0]);
	slot_end(&g->slots[0], &cutting);
	visited_check(expected);
	seen.ends++;
}

static void source_any(const struct realm *by, struct text *from)
{
	const struct realm *child;

	switch (random_below(4)) {
	case 0:
		text_puts(from, "self");
		return;
	case 1:
		list_for_each (child, &by->children, link) {
			if (random_below(2))
				continue;
			text_printf(from, "#%s%s%s",
				    child->collection ? child->collection : "",
				    child->collection ? ":" : "", child->name);
			return;
		}
		return;
	default:
		return;
	}
}

/* A grant, or a copy; what leads nowhere is not kept. */
static void do_give(void)
{
	struct realm *to = realm_any(),
		     *by = to->parent && random_below(3) ? to->parent : to;
	struct grant_spec spec = { .name = name_any(), .as = name_any() };
	struct text why = TEXT_INIT, from = TEXT_INIT;
	struct slot *there;
	struct grant *g;

	source_any(by, &from);
	spec.from = text_string(&from);
	spec.uses = random_below(4) ? 0 : 1 + random_below(5);
	there = realm_find_slot(to, TABLE_INPUT, CAPABILITY_SERVICE, spec.as);
	if (rig.tree.grants_by_id.n < GRANTS_MAX &&
	    !grant_new(by, to, &spec, &g, &why)) {
		assert_true(g->id > last_id);
		last_id = g->id;
		seen.replaced += there != NULL;
		seen.grants++;
		if (walk(grant_slot(g)) == ROUTE_BROKEN)
			grant_free(g);
	}
	text_fini(&why);
	text_fini(&from);
}

static void do_connect(void)
{
	struct realm *r = realm_any();
	const struct decl *d;
	struct text why = TEXT_INIT;

	if (r->state == REALM_RESOLVED &&
	    !registry_look_up(r, name_any(), &d, &why))
		open_slot(realm_slot_of(r, TABLE_PROGRAM_INPUT, d));
	text_fini(&why);
}

static void do_open(void)
{
	struct realm *r = realm_any();
	struct table *t = &r->tables[TABLE_PROGRAM_INPUT];
	struct grant *g = grant_any();

	if (g && random_below(2))
		open_slot(grant_slot(g));
	else if (t->n)
		open_slot(&t->slots[0]);
}

/* All that hangs below is the manifests', and refuses. */
static void below_check(struct slot *s)
{
	struct slot *derived;

	list_for_each (derived, &s->derived, link) {
		assert_true(!derived->grant || derived->grant->slots[1].cut);
		below_check(derived);
	}
	assert_int_equal(slot_count_connections(s), 0);
}

static void do_cut(void)
{
	bool expected[CONNECTIONS_MAX];
	struct slot *s = slot_any();
	uint64_t id;
	size_t i;

	if (!s)
		return;
	for (i = 0; i < CONNECTIONS_MAX; i++)
		expected[i] = connections[i].is_live &&
			      is_derived(&connections[i], s);
	id = s->grant ? s->grant->id : 0;
	assert_true(slot_cut(s, SLOT_CUT_BY_OPERATOR, &cutting) > 0);
	visited_check(expected);
	if (id)
		assert_true(!grant_find(&rig.tree, id) ||
			    grant_find(&rig.tree, id)->slots[1].cut);
	else
		below_check(s);
	seen.cuts++;
}

static void do_cut_realm(void)
{
	bool expected[CONNECTIONS_MAX];
	struct realm *r = realm_any();
	const struct connection *c;
	size_t i, k;

	/* Seldom, or there is little else to see. */
	if (random_below(4))
		return;
	for (i = 0; i < CONNECTIONS_MAX; i++) {
		c = &connections[i];
		expected[i] = false;
		for (k = 0; c->is_live && k < c->n_slots; k++)
			expected[i] |= c->slots[k]->holder == r &&
				       (c->slots[k]->decl->kind == DECL_USE ||
					c->slots[k]->decl->kind == DECL_OFFER);
	}
	realm_cut(r, SLOT_CUT_BY_PARENT, &cutting);
	visited_check(expected);
	for (i = 0; i <= TABLE_PROGRAM_INPUT; i++)
		for (k = 0; k < r->tables[i].n; k++) {
			assert_true(r->tables[i].slots[k].cut != SLOT_WHOLE);
			below_check(&r->tables[i].slots[k]);
		}
}

static void do_mend(void)
{
	struct slot *s = slot_any();

	if (s && slot_mend(s))
		seen.mended++;
}

static void do_add(void)
{
	struct realm *above = realm_any(), *r;
	char name[8];

	snprintf(name, sizeof(name), "n%u", random_below(4));
	if (rig.tree.n_realms < REALMS_MAX && above->depth < DEPTH_MAX &&
	    above->state == REALM_RESOLVED && above->manifest->n_collections)
		realm_add_child(above, "pool", name, "#meta/node.cm",
				STARTUP_LAZY, &r);
}

/* Its connections have ended with its cell; nobody else loses any. */
static void do_remove(void)
{
	struct realm *r = realm_any();
	struct connection *c;
	size_t i, k;
	bool is_gone;

	if (!r->collection || random_below(3))
		return;
	for (i = 0; i < CONNECTIONS_MAX; i++) {
		c = &connections[i];
		if (!c->is_live)
			continue;
		is_gone = realm_is_below(c->client, r) ||
			  realm_is_below(c->provider, r);
		for (k = 0; k < c->n_slots; k++)
			if (realm_is_below(c->slots[k]->holder, r))
				assert_true(is_gone);
		if (!is_gone)
			continue;
		list_unlink(&c->link);
		c->is_live = false;
	}
	realm_remove(r);
	seen.removed++;
}

static void (*const things[])(void) = {
	do_register, do_end,  do_give, do_give, do_give, do_connect,
	do_open,     do_open, do_open, do_open, do_cut,	 do_cut_realm,
	do_mend,     do_mend, do_mend, do_add,	do_add,	 do_remove,
};

static void no_order_of_changes_lets_anything_through(void **state)
{
	unsigned run, i;

	(void)state;
	for (run = 0; run < N_RUNS; run++) {
		random_state = run;
		last_id = 0;
		memset(connections, 0, sizeof(connections));
		rig_init(&rig, files);
		rig_realm(&rig, "/p");
		for (i = 0; i < N_STEPS; i++) {
			things[random_below(N_ELEMENTS(things))]();
			rig_check_tree(&rig);
		}
		rig_fini(&rig);
		assert_int_equal(rig.tree.n_realms, 0);
		assert_int_equal(rig.tree.grants_by_id.n, 0);
	}
	print_message("%u cuts, %u ends, %u mended; %u minted, %u severed; %u "
		      "grants, %u in the place of an offer; %u removed\n",
		      seen.cuts, seen.ends, seen.mended, seen.minted,
		      seen.severed, seen.grants, seen.replaced, seen.removed);
	/* It was about something. */
	assert_true(seen.cuts > 1000);
	assert_true(seen.ends > 100);
	assert_true(seen.mended > 500);
	assert_true(seen.severed > 500);
	assert_true(seen.replaced > 20);
	assert_true(seen.removed > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_order_of_changes_lets_anything_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
