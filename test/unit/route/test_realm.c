/* The tree and its tables: slots, derivation, children, lack of memory. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

static const struct rig_file files[] = {
	{ "root",
	  "{ " PROGRAM "children: [ " CHILD("left") CHILD(
		  "right") "],\n"
			   "collections: [ { name: 'pool',\n"
			   "  durability: 'transient' } ],\n"
			   "capabilities: [ { protocol: 'own.Y' } ],\n"
			   "use: [ { protocol: 'own.Y', from: 'self' } ],\n"
			   "offer: [ { protocol: 'X', from: '#left',\n"
			   "  to: ['#right', '#pool'] },\n"
			   "  { protocol: 'own.Y', from: 'self', to: '#left' } "
			   "] }" },
	{ "left",
	  "{ " PROGRAM "children: [ " CHILD(
		  "far") "],\n"
			 "use: [ { protocol: 'own.Y' } ],\n"
			 "expose: [ { protocol: 'X', from: '#far' } ] }" },
	{ "far", "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
		 "expose: [ { protocol: 'X', from: 'self' } ] }" },
	{ "right", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
	{ NULL, NULL },
};

static void tables_hold_what_the_manifests_say(void **state)
{
	struct rig rig;
	struct realm *root, *left, *right, *dynamic;
	struct slot *s;

	(void)state;
	rig_init(&rig, files);
	root = rig_realm(&rig, "/");
	left = topology_find(&rig.tree, "/left");
	right = topology_find(&rig.tree, "/right");
	dynamic = rig_add(&rig, "/", "pool", "w", "#meta/right.cm");
	assert_int_equal(root->tables[TABLE_INPUT].n, 0);
	assert_int_equal(root->tables[TABLE_PROGRAM_INPUT].n, 1);
	assert_int_equal(root->tables[TABLE_PROGRAM_OUTPUT].n, 1);
	assert_int_equal(root->tables[TABLE_OUTPUT].n, 0);
	/* A child's input is there before the child is read. */
	assert_int_equal(left->state, REALM_UNRESOLVED);
	assert_int_equal(left->tables[TABLE_INPUT].n, 1);
	assert_int_equal(right->tables[TABLE_INPUT].n, 1);
	assert_int_equal(dynamic->tables[TABLE_INPUT].n, 1);
	s = realm_find_slot(right, TABLE_INPUT, CAPABILITY_SERVICE, "X");
	assert_non_null(s);
	assert_ptr_equal(s->holder, right);
	assert_ptr_equal(s->declarer, root);
	assert_null(s->from);
	assert_true(list_is_empty(&s->derived));
	assert_ptr_equal(realm_slot_of(right, TABLE_INPUT, s->decl), s);
	assert_null(realm_slot_of(left, TABLE_INPUT, s->decl));
	/* One declaration, a slot for each child it goes to. */
	assert_ptr_not_equal(
		realm_find_slot(dynamic, TABLE_INPUT, CAPABILITY_SERVICE, "X"),
		s);
	assert_null(
		realm_find_slot(right, TABLE_INPUT, CAPABILITY_DIRECTORY, "X"));
	assert_null(realm_find_slot(right, TABLE_INPUT, CAPABILITY_SERVICE,
				    "own.Y"));
	assert_null(
		realm_find_slot(right, TABLE_OUTPUT, CAPABILITY_SERVICE, "X"));
	rig_fini(&rig);
}

static size_t n_derived(const struct slot *s)
{
	const struct list *at;
	size_t n = 0;

	for (at = s->derived.next; at != &s->derived; at = at->next)
		n++;
	return n;
}

static void the_route_is_the_chain_of_derivation(void **state)
{
	struct rig rig;
	struct slot *source;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(rig_route(&rig, "/right", "X"), ROUTE_ENDED);
	assert_int_equal(rig.route.n_hops, 5);
	for (i = 0; i + 1 < rig.route.n_hops; i++)
		assert_ptr_equal(rig.route.hops[i].slot->from,
				 rig.route.hops[i + 1].slot);
	source = rig.route.hops[4].slot;
	assert_null(source->from);
	assert_int_equal(n_derived(source), 1);
	/* Walking again changes nothing. */
	assert_int_equal(rig_route(&rig, "/right", "X"), ROUTE_ENDED);
	assert_int_equal(n_derived(source), 1);
	/* A second user derives from the same expose. */
	rig_add(&rig, "/", "pool", "w", "#meta/right.cm");
	assert_int_equal(rig_route(&rig, "/pool:w", "X"), ROUTE_ENDED);
	assert_ptr_equal(rig.route.hops[4].slot, source);
	assert_int_equal(n_derived(rig.route.hops[2].slot), 2);
	assert_int_equal(n_derived(source), 1);
	rig_fini(&rig);
}

static void derivation_is_recorded_and_forgotten(void **state)
{
	struct slot a = { 0 }, b = { 0 }, c = { 0 };

	(void)state;
	list_init(&a.derived);
	list_init(&a.link);
	list_init(&b.derived);
	list_init(&b.link);
	list_init(&c.derived);
	list_init(&c.link);
	slot_forget(&c);
	slot_derive(&c, &a);
	slot_derive(&c, &a);
	assert_int_equal(n_derived(&a), 1);
	slot_derive(&c, &b);
	assert_int_equal(n_derived(&a), 0);
	assert_int_equal(n_derived(&b), 1);
	assert_ptr_equal(c.from, &b);
	slot_forget(&c);
	slot_forget(&c);
	assert_int_equal(n_derived(&b), 0);
	assert_null(c.from);
}

static void what_goes_is_forgotten_by_what_stays(void **state)
{
	struct rig rig;
	struct slot *use, *offer;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(rig_route(&rig, "/right", "X"), ROUTE_ENDED);
	use = rig.route.hops[0].slot;
	offer = rig.route.hops[1].slot;
	assert_non_null(offer->from);
	/* The provider's side goes, children and all. */
	realm_remove(topology_find(&rig.tree, "/left"));
	assert_int_equal(rig.tree.n_realms, 2);
	assert_null(topology_find(&rig.tree, "/left"));
	assert_null(topology_find(&rig.tree, "/left/far"));
	assert_null(offer->from);
	assert_ptr_equal(use->from, offer);
	rig_expect(&rig, "/right", "X",
		   "use /right X | offer / X ! from-child-instance-not-found");
	/* The user's side goes: nothing hangs below the source. */
	realm_remove(topology_find(&rig.tree, "/right"));
	assert_int_equal(rig.tree.n_realms, 1);
	rig_fini(&rig);
}

static void a_user_that_goes_leaves_no_trace_at_the_source(void **state)
{
	struct rig rig;
	struct slot *source, *expose;
	int i;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(rig_route(&rig, "/right", "X"), ROUTE_ENDED);
	expose = rig.route.hops[2].slot;
	source = rig.route.hops[4].slot;
	for (i = 0; i < 100; i++) {
		rig_add(&rig, "/", "pool", "w", "#meta/right.cm");
		assert_int_equal(rig_route(&rig, "/pool:w", "X"), ROUTE_ENDED);
		assert_int_equal(n_derived(expose), 2);
		realm_remove(topology_find(&rig.tree, "/pool:w"));
		assert_int_equal(n_derived(expose), 1);
	}
	assert_int_equal(n_derived(source), 1);
	rig_fini(&rig);
}

static void the_root_may_go_alone(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/left/far");
	realm_remove(rig.tree.root);
	assert_null(rig.tree.root);
	assert_int_equal(rig.tree.n_realms, 0);
	rig_fini(&rig);
}

static void dynamic_children_have_rules(void **state)
{
	static const char *const bad[] = { "",	  ".",	"..",	     "a/b",
					   "-a",  ".a", "a b",	     "a:b",
					   "a\n", "#a", "gr\xc3\xbc" };
	char name[257];
	struct rig rig;
	struct realm *r, *again = NULL;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	r = rig_add(&rig, "/", "pool", "w-1", "#meta/right.cm");
	assert_string_equal(r->moniker, "/pool:w-1");
	assert_string_equal(r->name, "w-1");
	assert_string_equal(r->collection, "pool");
	assert_string_equal(r->url, "#meta/right.cm");
	assert_int_equal(r->depth, 1);
	assert_null(r->decl);
	assert_int_equal(realm_add_child(rig.tree.root, "pool", "w-1", "x",
					 STARTUP_LAZY, &again),
			 REALM_EXISTS);
	/* A static child of the same name is somebody else. */
	rig_add(&rig, "/", "pool", "left", "#meta/right.cm");
	for (i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(realm_add_child(rig.tree.root, "pool", bad[i],
						 "x", STARTUP_LAZY, &again),
				 REALM_NAME_INVALID);
	memset(name, 'n', sizeof(name));
	name[256] = 0;
	assert_int_equal(realm_add_child(rig.tree.root, "pool", name, "x",
					 STARTUP_LAZY, &again),
			 REALM_NAME_INVALID);
	name[255] = 0;
	assert_int_equal(realm_add_child(rig.tree.root, "pool", name, "x",
					 STARTUP_EAGER, &again),
			 0);
	assert_int_equal(again->startup, STARTUP_EAGER);
	assert_string_equal(again->name, name);
	rig_fini(&rig);
}

/* Names that come from outside are not monikers. */
static void a_child_is_found_by_its_name_only(void **state)
{
	struct rig rig;
	struct realm *root, *r;
	char *name;

	(void)state;
	rig_init(&rig, files);
	root = rig_realm(&rig, "/");
	rig_realm(&rig, "/left/far");
	r = rig_add(&rig, "/", "pool", "w", "#meta/right.cm");
	assert_ptr_equal(realm_find_child(root, "pool", "w"), r);
	assert_string_equal(realm_find_child(root, NULL, "left")->moniker,
			    "/left");
	assert_string_equal(
		realm_find_child(topology_find(&rig.tree, "/left"), NULL, "far")
			->moniker,
		"/left/far");
	/* A grandchild is not a child, nor is a collection part of a name. */
	assert_null(realm_find_child(root, NULL, "left/far"));
	assert_null(realm_find_child(root, NULL, "pool:w"));
	assert_null(realm_find_child(root, NULL, "w"));
	assert_null(realm_find_child(root, "pool", "left"));
	assert_null(realm_find_child(root, "", "left"));
	assert_null(realm_find_child(root, NULL, ""));
	assert_null(realm_find_child(root, "nopool", "w"));
	name = malloc(100000);
	assert_non_null(name);
	memset(name, 'x', 99999);
	name[99999] = 0;
	assert_null(realm_find_child(root, NULL, name));
	assert_null(realm_find_child(root, name, "w"));
	free(name);
	rig_fini(&rig);
}

/* Names so long that their monikers fit in no buffer are found all the same. */
static void deep_children_with_long_names_are_found(void **state)
{
	static const struct rig_file nest[] = {
		{ "root", "{ " PROGRAM "collections: [ { name: 'c',\n"
			  "  durability: 'transient' } ] }" },
		{ NULL, NULL },
	};
	char name[251];
	struct rig rig;
	struct realm *r, *child = NULL;
	unsigned depth;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[250] = 0;
	rig_init(&rig, nest);
	r = rig_realm(&rig, "/");
	for (depth = 1; depth <= REALM_DEPTH_MAX; depth++) {
		assert_int_equal(realm_add_child(r, "c", name, "#meta/root.cm",
						 STARTUP_LAZY, &child),
				 0);
		assert_int_equal(child->depth, depth);
		assert_ptr_equal(realm_find_child(r, "c", name), child);
		assert_null(realm_find_child(r, NULL, name));
		assert_int_equal(rig_resolve(&rig, child, &rig.report), 0);
		assert_int_equal(child->state, REALM_RESOLVED);
		r = child;
	}
	assert_int_equal(realm_add_child(r, "c", name, "#meta/root.cm",
					 STARTUP_LAZY, &child),
			 REALM_TOO_DEEP);
	rig_fini(&rig);
}

static void realms_follow_each_other_in_document_order(void **state)
{
	static const char *const order[] = { "/", "/left", "/left/far",
					     "/right", "/pool:w" };
	struct rig rig;
	struct realm *r;
	size_t n = 0;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/left/far");
	rig_add(&rig, "/", "pool", "w", "#meta/right.cm");
	for (r = rig.tree.root; r; r = realm_next(r))
		assert_string_equal(r->moniker, order[n++]);
	assert_int_equal(n, N_ELEMENTS(order));
	assert_int_equal(rig.tree.n_realms, n);
	assert_true(realm_is_below(topology_find(&rig.tree, "/left/far"),
				   rig.tree.root));
	assert_true(realm_is_below(rig.tree.root, rig.tree.root));
	assert_false(realm_is_below(rig.tree.root,
				    topology_find(&rig.tree, "/left")));
	assert_false(realm_is_below(topology_find(&rig.tree, "/right"),
				    topology_find(&rig.tree, "/left")));
	rig_fini(&rig);
}

static void a_broken_realm_can_be_mended(void **state)
{
	struct rig rig;
	struct realm *r;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/");
	r = topology_find(&rig.tree, "/left");
	realm_break(r, "for now");
	realm_break(r, "for ever");
	assert_string_equal(r->broken, "for ever");
	rig_expect(&rig, "/right", "X",
		   "use /right X | offer / X ! resolve-failed");
	assert_int_equal(rig_resolve(&rig, r, &rig.report), 0);
	assert_int_equal(r->state, REALM_RESOLVED);
	assert_null(r->broken);
	assert_int_equal(rig_route(&rig, "/right", "X"), ROUTE_ENDED);
	rig_fini(&rig);
}

/* The offers of a parent with thousands of children are found by each. */
static void many_children_get_their_own_offers(void **state)
{
	enum { N = 2000 };
	struct text t = TEXT_INIT;
	struct rig_file wide[] = { { "root", NULL }, { NULL, NULL } };
	struct rig rig;
	char name[32];
	struct realm *child;
	int i;

	(void)state;
	text_puts(&t, "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
		      "children: [\n");
	for (i = 0; i < N; i++)
		text_printf(&t, "{ name: 'c%d', url: '#meta/c.cm' },\n", i);
	text_puts(&t, "], offer: [\n");
	for (i = N - 1; i >= 0; i--)
		if (i % 2)
			text_printf(&t,
				    "{ protocol: 'X', from: 'self',\n"
				    "  to: '#c%d', as: 'X%d' },\n",
				    i, i);
	text_puts(&t, "] }");
	wide[0].text = text_string(&t);
	rig_init(&rig, wide);
	rig_realm(&rig, "/");
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		child = realm_find_child(rig.tree.root, NULL, name);
		assert_non_null(child);
		assert_int_equal(child->tables[TABLE_INPUT].n, i % 2);
		snprintf(name, sizeof(name), "X%d", i);
		if (i % 2)
			assert_non_null(realm_find_slot(
				child, TABLE_INPUT, CAPABILITY_SERVICE, name));
	}
	rig_fini(&rig);
	text_fini(&t);
}

static struct manifest *load(const char *name, const char *text)
{
	struct report report;
	struct manifest *m = NULL;

	report_init(&report);
	manifest_load(name, text, strlen(text), &m, &report);
	report_fini(&report);
	return m;
}

static int sweep_resolve(void *arg)
{
	struct topology t;
	struct manifest *m;
	size_t i;
	int r = topology_init(&t, "root", NULL, 0);

	(void)arg;
	if (r < 0)
		return r;
	m = load("root.cml", files[0].text);
	r = m ? realm_resolve(t.root, m) : -ENOMEM;
	if (r < 0) {
		/* Nothing changed. */
		assert_int_equal(t.n_realms, 1);
		assert_int_equal(t.by_moniker.n, 1);
		assert_int_equal(t.root->state, REALM_UNRESOLVED);
		assert_null(t.root->manifest);
		assert_null(t.root->offers_by_target);
		assert_true(list_is_empty(&t.root->children));
		for (i = 0; i < N_TABLES; i++)
			assert_int_equal(t.root->tables[i].n, 0);
	}
	topology_fini(&t);
	return r;
}

static int sweep_add_child(void *arg)
{
	struct rig *rig = arg;
	struct realm *child = NULL;
	size_t n = rig->tree.n_realms;
	int r = realm_add_child(rig->tree.root, "pool", "w", "#meta/right.cm",
				STARTUP_LAZY, &child);

	if (r < 0) {
		assert_null(child);
		assert_null(topology_find(&rig->tree, "/pool:w"));
		assert_int_equal(rig->tree.n_realms, n);
		return r;
	}
	realm_remove(child);
	return 0;
}

struct walk_case {
	struct realm *realm;
	const struct decl *decl;
	const char *name;
	int verdict;
};

static int sweep_walk(void *arg)
{
	struct walk_case *c = arg;
	struct route route = { .n_hops = 0 };
	int r;

	r = c->decl ? route_walk(c->realm, c->decl, &route)
		    : route_walk_name(c->realm, c->name, &route);
	route_fini(&route);
	if (r < 0)
		assert_int_equal(r, -ENOMEM);
	else
		assert_int_equal(r, c->verdict);
	return r < 0 ? r : 0;
}

static void lack_of_memory_changes_nothing(void **state)
{
	struct rig rig;

	(void)state;
	assert_true(fault_sweep(sweep_resolve, NULL) >= 15);
	rig_init(&rig, files);
	rig_realm(&rig, "/left/far");
	assert_true(fault_sweep(sweep_add_child, &rig) >= 4);
	rig_fini(&rig);
}

static void lack_of_memory_is_no_verdict(void **state)
{
	static const struct rig_file paths[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD("user") CHILD(
			  "b") "],\n"
			       "capabilities: [ { directory: 'd', path: "
			       "'/out',\n"
			       "  rights: [ 'r*' ] },\n"
			       "  { directory: 'dd', path: '/dd',\n"
			       "  rights: [ 'rw*' ] },\n"
			       "  { storage: 's', from: 'self',\n"
			       "    backing_dir: 'dd', subdir: 'sub',\n"
			       "    storage_id: "
			       "'static_instance_id_or_moniker' }"
			       "],\n"
			       "offer: [ { directory: 'd', from: 'self',\n"
			       "  to: '#user', subdir: 'a/b' },\n"
			       "  { directory: 'd', from: 'self',\n"
			       "  to: '#user', as: 'e' },\n"
			       "  { storage: 's', from: 'self', to: '#user' "
			       "},\n"
			       "  { protocol: 'Z', from: '#b', to: '#user' } ] "
			       "}" },
		{ "user", "{ " PROGRAM "use: [ { directory: 'd', path: '/d',\n"
			  "  rights: [ 'r*' ], subdir: 'c' },\n"
			  "  { directory: 'e', path: '/e',\n"
			  "  rights: [ 'w*' ] },\n"
			  "  { directory: 'missing', path: '/m',\n"
			  "  rights: [ 'r*' ] },\n"
			  "  { storage: 's', path: '/s' },\n"
			  "  { protocol: 'Z' } ] }" },
		{ NULL, NULL },
	};
	static const struct {
		const char *name;
		int verdict;
		unsigned allocations; /* at least */
	} cases[] = {
		{ "d", ROUTE_ENDED, 2 },	{ "e", ROUTE_BROKEN, 3 },
		{ "missing", ROUTE_BROKEN, 4 }, { "s", ROUTE_ENDED, 2 },
		{ "Z", ROUTE_BROKEN, 1 },
	};
	struct walk_case c = { 0 };
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, paths);
	c.realm = rig_realm(&rig, "/user");
	rig_realm(&rig, "/");
	realm_break(topology_find(&rig.tree, "/b"), "there is none");
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		c.decl = rig_decl(c.realm, DECL_USE, cases[i].name);
		c.verdict = cases[i].verdict;
		assert_true(fault_sweep(sweep_walk, &c) >=
			    cases[i].allocations);
	}
	c.decl = NULL;
	c.name = "e1";
	c.verdict = ROUTE_BROKEN;
	assert_true(fault_sweep(sweep_walk, &c) >= 2);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_hold_what_the_manifests_say),
		cmocka_unit_test(the_route_is_the_chain_of_derivation),
		cmocka_unit_test(derivation_is_recorded_and_forgotten),
		cmocka_unit_test(what_goes_is_forgotten_by_what_stays),
		cmocka_unit_test(
			a_user_that_goes_leaves_no_trace_at_the_source),
		cmocka_unit_test(the_root_may_go_alone),
		cmocka_unit_test(dynamic_children_have_rules),
		cmocka_unit_test(a_child_is_found_by_its_name_only),
		cmocka_unit_test(deep_children_with_long_names_are_found),
		cmocka_unit_test(realms_follow_each_other_in_document_order),
		cmocka_unit_test(a_broken_realm_can_be_mended),
		cmocka_unit_test(many_children_get_their_own_offers),
		cmocka_unit_test(lack_of_memory_changes_nothing),
		cmocka_unit_test(lack_of_memory_is_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
