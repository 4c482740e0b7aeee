/* Grants while they live: used up, copied, replaced, forgotten, shown. */
#include "rig_grant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "reeve/status.h"

static const struct rig_file files[] = {
	{ "root", "{ " PROGRAM "children: [ " CHILD("a") CHILD(
			  "b") "],\n"
			       "collections: [ { name: 'pool',\n"
			       "  durability: 'transient' } ],\n"
			       "capabilities: [ { protocol: 'own' },\n"
			       "  { directory: 'data', path: '/data',\n"
			       "    rights: [ 'rw*' ] } ],\n"
			       "offer: [ { protocol: 'fixed', from: '#b',\n"
			       "  to: '#a' } ] }" },
	{ "a", "{ " PROGRAM
	       "children: [ " CHILD("aa") "],\n"
					  "use: [ { protocol: 'fixed' } ] }" },
	{ "aa", "{ " PROGRAM " }" },
	{ "b", "{ " PROGRAM "capabilities: [ { protocol: 'fixed' } ],\n"
	       "expose: [ { protocol: 'fixed', from: 'self' } ] }" },
	{ "w", "{ " PROGRAM "collections: [ { name: 'pool',\n"
	       "  durability: 'transient' } ],\n"
	       "capabilities: [ { protocol: 'work' } ],\n"
	       "expose: [ { protocol: 'work', from: 'self' } ] }" },
	{ NULL, NULL },
};

/* ---- uses ---- */

static void a_grant_is_good_for_so_many_opens(void **state)
{
	struct rig rig;
	struct grant *g;
	int i;

	(void)state;
	rig_init(&rig, files);
	g = rig_give(&rig, "/", "/a",
		     &(struct grant_spec){ .name = "own", .uses = 3 });
	for (i = 3; i > 0; i--) {
		assert_int_equal(g->uses_left, i);
		rig_expect_grant(&rig, g,
				 "use#1 /a own | offer#1 / own | capability / "
				 "own = /:/svc/own");
		/* To look is not to open. */
		assert_int_equal(g->uses_left, i);
		route_spend(&rig.route);
	}
	rig_expect_grant(&rig, g, "use#1 /a own ! used-up");
	assert_string_equal(text_string(&rig.route.why.text),
			    "own was given to /a for a number of opens, and "
			    "these have been made");
	assert_int_equal(rig.route.why.status, REEVE_ERR_ACCESS_DENIED);
	assert_int_equal(g->uses_left, 0);
	rig_fini(&rig);
}

static void every_counted_grant_on_a_route_counts(void **state)
{
	struct rig rig;
	struct grant *to_a, *copy, *to_aa;

	(void)state;
	rig_init(&rig, files);
	to_a = rig_give(&rig, "/", "/a",
			&(struct grant_spec){ .name = "own", .uses = 3 });
	copy = rig_give(&rig, "/a", "/a",
			&(struct grant_spec){ .name = "own", .as = "weak" });
	to_aa = rig_give(&rig, "/a", "/a/aa",
			 &(struct grant_spec){ .name = "weak", .uses = 2 });
	rig_expect_grant(&rig, to_aa,
			 "use#3 /a/aa weak | offer#3 /a weak | offer#2 /a "
			 "own>weak | offer#1 / own | capability / own = "
			 "/:/svc/own");
	route_spend(&rig.route);
	assert_int_equal(to_aa->uses_left, 1);
	assert_int_equal(copy->uses_left, GRANT_USES_ANY);
	assert_int_equal(to_a->uses_left, 2);

	/* The holder's own opens count against what it gave on. */
	rig_expect_grant(&rig, to_a,
			 "use#1 /a own | offer#1 / own | capability / own = "
			 "/:/svc/own");
	route_spend(&rig.route);
	route_spend(&rig.route);
	assert_int_equal(to_a->uses_left, 0);
	assert_int_equal(to_aa->uses_left, 1);
	rig_expect_grant(&rig, to_aa,
			 "use#3 /a/aa weak | offer#3 /a weak | offer#2 /a "
			 "own>weak | offer#1 / own ! used-up");
	assert_string_equal(text_string(&rig.route.why.text),
			    "own was given to /a for a number of opens, and "
			    "these have been made");
	rig_fini(&rig);
}

/* ---- copies ---- */

static void a_copy_is_for_giving_on(void **state)
{
	struct rig rig;
	struct realm *a;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	rig_give(&rig, "/", "/a",
		 &(struct grant_spec){ .name = "data",
				       .type = CAPABILITY_DIRECTORY });
	g = rig_give(&rig, "/a", "/a",
		     &(struct grant_spec){ .name = "data",
					   .as = "half",
					   .subdir = "half",
					   .rights = RIGHTS_R,
					   .type = CAPABILITY_DIRECTORY });
	a = rig_realm(&rig, "/a");
	assert_int_equal(g->kind, GRANT_COPY);
	assert_ptr_equal(g->by, a);
	assert_ptr_equal(g->to, a);
	assert_false(g->has_slot[1]);
	assert_ptr_equal(
		realm_find_slot(a, TABLE_INPUT, CAPABILITY_DIRECTORY, "half"),
		&g->slots[0]);
	assert_null(realm_find_slot(a, TABLE_PROGRAM_INPUT,
				    CAPABILITY_DIRECTORY, "half"));
	rig_expect_grant(
		&rig,
		rig_give(&rig, "/a", "/a/aa",
			 &(struct grant_spec){ .name = "half",
					       .as = "quarter",
					       .subdir = "quarter",
					       .type = CAPABILITY_DIRECTORY }),
		"use#3 /a/aa quarter | offer#3 /a half>quarter | "
		"offer#2 /a data>half | offer#1 / data | capability / "
		"data = /:/data in half/quarter rights r*");
	rig_fini(&rig);
}

/* Both were copies of something that has gone since. */
static void copies_of_each_other_lead_nowhere(void **state)
{
	struct grant *given, *there, *back;
	struct cut_told told;
	struct cutting c;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	given = rig_give(&rig, "/", "/a",
			 &(struct grant_spec){ .name = "own" });
	there = rig_give(&rig, "/a", "/a",
			 &(struct grant_spec){ .name = "own", .as = "x" });
	grant_free(given);
	back = rig_give(&rig, "/a", "/a",
			&(struct grant_spec){ .name = "x", .as = "own" });
	rig_expect_grant(&rig, back,
			 "offer#3 /a x>own | offer#2 /a own>x ! grant-cycle");
	assert_string_equal(text_string(&rig.route.why.text),
			    "x of /a is a copy of itself");
	rig_expect_grant(&rig, there, "offer#2 /a own>x ! grant-cycle");
	/* The derivation stays a tree, and can be cut. */
	rig_check_tree(&rig);
	c = rig_cutting(&told);
	slot_cut(&there->slots[0], SLOT_CUT_BY_OPERATOR, &c);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void a_chain_of_copies_has_an_end(void **state)
{
	char name[16] = "own", as[16];
	struct grant_spec spec = { .name = name, .as = as };
	struct grant *g = NULL;
	struct text why = TEXT_INIT;
	struct realm *a;
	struct rig rig;
	unsigned i;

	(void)state;
	rig_init(&rig, files);
	rig_give(&rig, "/", "/a", &(struct grant_spec){ .name = "own" });
	a = rig_realm(&rig, "/a");
	for (i = 0; i < ROUTE_HOPS_MAX; i++) {
		snprintf(as, sizeof(as), "copy%u", i);
		assert_int_equal(grant_new(a, a, &spec, &g, &why), 0);
		if (rig_walk_slot(&rig, grant_slot(g), "/a"))
			break;
		memcpy(name, as, sizeof(name));
	}
	/* Besides the copies: the grant and the capability. */
	assert_int_equal(i, ROUTE_HOPS_MAX - 2);
	assert_string_equal(rig.route.why.rule, "route-too-long");
	assert_int_equal(rig.route.why.status, REEVE_ERR_NO_RESOURCES);
	rig_fini(&rig);
}

/* ---- what a grant takes the place of ---- */

static void a_grant_replaces_an_offer_that_was_taken_back(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct slot *offer;
	struct grant *g;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/a", "fixed",
		   "use /a fixed | offer / fixed | expose /b fixed | "
		   "capability /b fixed = /b:/svc/fixed");
	offer = realm_find_slot(rig_realm(&rig, "/a"), TABLE_INPUT,
				CAPABILITY_SERVICE, "fixed");
	slot_cut(offer, SLOT_CUT_BY_PARENT, &c);
	rig_expect(&rig, "/a", "fixed",
		   "use /a fixed | offer / fixed ! revoked");
	g = rig_give(&rig, "/", "/a",
		     &(struct grant_spec){ .name = "own", .as = "fixed" });
	assert_false(g->has_slot[1]);
	rig_expect(&rig, "/a", "fixed",
		   "use /a fixed | offer#1 / own>fixed | capability / own = "
		   "/:/svc/own");
	rig_check_tree(&rig);

	/* As long as it stands, the old one cannot come back beside it. */
	assert_false(slot_mend(offer));
	grant_free(g);
	rig_expect(&rig, "/a", "fixed",
		   "use /a fixed | offer / fixed ! revoked");
	assert_true(slot_mend(offer));
	rig_expect(&rig, "/a", "fixed",
		   "use /a fixed | offer / fixed | expose /b fixed | "
		   "capability /b fixed = /b:/svc/fixed");
	rig_fini(&rig);
}

/* It keeps its place for what is given under its name. */
static void a_use_that_was_cut_is_still_a_use(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct realm *a;
	struct grant *g;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	a = rig_realm(&rig, "/a");
	realm_cut(a, SLOT_CUT_BY_OPERATOR, &c);
	rig_give_refused(
		&rig, "/", "/a",
		&(struct grant_spec){ .name = "own", .path = "/svc/fixed" },
		GRANT_EXISTS, "/a has something at /svc/fixed already");
	g = rig_give(&rig, "/", "/a",
		     &(struct grant_spec){ .name = "own", .as = "fixed" });
	assert_false(g->has_slot[1]);
	rig_expect(&rig, "/a", "fixed", "use /a fixed ! revoked");
	assert_true(slot_mend(&a->tables[TABLE_PROGRAM_INPUT].slots[0]));
	rig_expect(&rig, "/a", "fixed",
		   "use /a fixed | offer#2 / own>fixed | capability / own = "
		   "/:/svc/own");
	rig_fini(&rig);
}

/* ---- ids, and the end ---- */

static void a_grant_is_found_by_an_id_that_is_used_once(void **state)
{
	struct grant *g[3];
	struct rig rig;
	char name[8];
	int i;

	(void)state;
	rig_init(&rig, files);
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "own%d", i);
		g[i] = rig_give(
			&rig, "/", i ? "/a" : "/b",
			&(struct grant_spec){ .name = "own", .as = name });
		assert_int_equal(g[i]->id, i + 1);
	}
	for (i = 0; i < 3; i++)
		assert_ptr_equal(grant_find(&rig.tree, g[i]->id), g[i]);
	assert_null(grant_find(&rig.tree, 0));
	assert_null(grant_find(&rig.tree, 4));
	assert_null(grant_find(&rig.tree, UINT64_MAX));
	grant_free(g[2]);
	assert_null(grant_find(&rig.tree, 3));
	g[2] = rig_give(&rig, "/", "/a", &(struct grant_spec){ .name = "own" });
	assert_int_equal(g[2]->id, 4);
	assert_null(grant_find(&rig.tree, 3));
	rig_fini(&rig);
}

enum { N_CHAIN = 4 };

/* A grant, a copy of it, a grant of the copy, and one beside. */
static void chain_make(struct rig *rig, struct grant **ret)
{
	rig_init(rig, files);
	ret[0] =
		rig_give(rig, "/", "/a", &(struct grant_spec){ .name = "own" });
	ret[1] = rig_give(rig, "/a", "/a",
			  &(struct grant_spec){ .name = "own", .as = "x" });
	ret[2] = rig_give(rig, "/a", "/a/aa",
			  &(struct grant_spec){ .name = "x" });
	ret[3] = rig_give(rig, "/a", "/a/aa",
			  &(struct grant_spec){ .name = "own" });
}

static void grants_are_freed_in_any_order(void **state)
{
	struct grant *g[N_CHAIN];
	unsigned order, rest, left, k, i, n = 0;
	struct rig rig;

	(void)state;
	for (order = 0; order < N_CHAIN * N_CHAIN * N_CHAIN * N_CHAIN;
	     order++) {
		for (left = 0, rest = order, i = 0; i < N_CHAIN; i++) {
			left |= 1u << rest % N_CHAIN;
			rest /= N_CHAIN;
		}
		/* Not a permutation. */
		if (left != (1u << N_CHAIN) - 1)
			continue;
		chain_make(&rig, g);
		for (rest = order; left; rest /= N_CHAIN) {
			k = rest % N_CHAIN;
			grant_free(g[k]);
			left &= ~(1u << k);
			rig_check_tree(&rig);
			/* Who came from it has lost it. */
			for (i = 0; i < N_CHAIN; i++)
				if (left & 1u << i)
					rig_walk_slot(&rig, grant_slot(g[i]),
						      g[i]->to->moniker);
			rig_check_tree(&rig);
		}
		assert_int_equal(rig.tree.grants_by_id.n, 0);
		rig_fini(&rig);
		n++;
	}
	assert_int_equal(n, 24);
}

static void a_tree_may_end_with_its_grants(void **state)
{
	struct grant *g[N_CHAIN];
	struct rig rig;

	(void)state;
	chain_make(&rig, g);
	rig_register(&rig, "/a", "spoken", NULL);
	rig_expect_connect(&rig, "/a/aa", "spoken",
			   "use#6 /a/aa spoken | offer#6 /a spoken | "
			   "capability#5 /a spoken = /a:/svc/spoken");
	topology_fini(&rig.tree);
	assert_int_equal(rig.tree.n_realms, 0);
	assert_int_equal(rig.tree.grants_by_id.n, 0);
	route_fini(&rig.route);
	report_fini(&rig.report);
}

static void a_realm_goes_with_what_it_was_given(void **state)
{
	struct rig rig;
	struct realm *w;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	w = rig_add(&rig, "/", "pool", "w", "#meta/w.cm");
	rig_add(&rig, "/pool:w", "pool", "v", "#meta/w.cm");
	rig_give(&rig, "/", "/pool:w", &(struct grant_spec){ .name = "own" });
	rig_give(&rig, "/pool:w", "/pool:w/pool:v",
		 &(struct grant_spec){ .name = "own" });
	rig_register(&rig, "/pool:w/pool:v", "spoken", NULL);
	g = rig_give(&rig, "/", "/a",
		     &(struct grant_spec){ .name = "work", .from = "#pool:w" });
	rig_expect_grant(&rig, g,
			 "use#4 /a work | offer#4 / work | expose /pool:w work "
			 "| capability /pool:w work = /pool:w:/svc/work");
	realm_remove(w);
	assert_int_equal(rig.tree.grants_by_id.n, 1);
	assert_null(g->slots[0].from);
	rig_check_tree(&rig);
	rig_expect_grant(&rig, g,
			 "use#4 /a work | offer#4 / work ! "
			 "from-child-instance-not-found");
	/* One of that name is as good. */
	rig_add(&rig, "/", "pool", "w", "#meta/w.cm");
	rig_expect_grant(&rig, g,
			 "use#4 /a work | offer#4 / work | expose /pool:w work "
			 "| capability /pool:w work = /pool:w:/svc/work");
	rig_check_tree(&rig);
	rig_fini(&rig);
}

/* ---- memory ---- */

static int sweep_give(void *arg)
{
	struct grant_spec spec = { .name = "data",
				   .as = "d",
				   .from = "self",
				   .subdir = "x",
				   .path = "/mnt/d",
				   .type = CAPABILITY_DIRECTORY };
	struct topology *t = arg;
	size_t n = t->grants_by_id.n;
	uint64_t last = t->last_grant;
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	int r;

	r = grant_new(t->root, topology_find(t, "/a"), &spec, &g, &why);
	assert_int_equal(why.n, 0);
	text_fini(&why);
	if (!r) {
		grant_free(g);
		return 0;
	}
	assert_int_equal(r, -ENOMEM);
	assert_null(g);
	assert_int_equal(t->grants_by_id.n, n);
	assert_int_equal(t->last_grant, last);
	return r;
}

static void lack_of_memory_makes_no_grant(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/a");
	/* The grant, and the index it is the first in. */
	assert_true(fault_sweep(sweep_give, &rig.tree) >= 2);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

/* The sentence is the caller's text, which says so itself when it is not
 * whole. */
static int sweep_refusal(void *arg)
{
	struct grant_spec spec = { .name = "x", .from = "#nobody" };
	struct topology *t = arg;
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	int r;

	assert_int_equal(
		grant_new(t->root, topology_find(t, "/a"), &spec, &g, &why),
		GRANT_INVALID);
	r = text_is_failed(&why) ? -ENOMEM : 0;
	text_fini(&why);
	return r;
}

static void lack_of_memory_refuses_all_the_same(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/a");
	assert_true(fault_sweep(sweep_refusal, &rig.tree) >= 1);
	rig_fini(&rig);
}

/* ---- shown ---- */

static void a_grant_is_shown_by_its_number(void **state)
{
	struct text t = TEXT_INIT, json = TEXT_INIT;
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	g = rig_give(&rig, "/", "/a",
		     &(struct grant_spec){ .name = "own", .as = "x" });
	rig_expect_grant(&rig, g,
			 "use#1 /a x | offer#1 / own>x | capability / own = "
			 "/:/svc/own");
	route_render(&rig.route, ROUTE_ENDED, &t);
	assert_string_equal(
		text_string(&t),
		"  use        grant #1       /a: protocol x from parent\n"
		"  offer      grant #1       /: protocol own from self to #a "
		"as "
		"x\n"
		"  capability root.cml:7:17  /: protocol own at /svc/own\n"
		"  source     / serves it at /svc/own\n");
	route_render_json(&rig.route, ROUTE_ENDED, &json);
	assert_string_equal(
		text_string(&json),
		"{\"verdict\":\"routed\",\"source\":{\"moniker\":\"/\","
		"\"path\":\"/svc/own\"},\"hops\":[{\"moniker\":\"/a\","
		"\"declaration\":\"use\",\"name\":\"x\",\"file\":\"a.cml\","
		"\"line\":0,\"column\":0,\"grant\":1},{\"moniker\":\"/\","
		"\"declaration\":\"offer\",\"name\":\"x\",\"file\":"
		"\"root.cml\",\"line\":0,\"column\":0,\"grant\":1},"
		"{\"moniker\":\"/\",\"declaration\":\"capability\",\"name\":"
		"\"own\",\"file\":\"root.cml\",\"line\":7,\"column\":17}]}");
	text_fini(&t);
	text_fini(&json);
	rig_fini(&rig);
}

/* No place in a file is named where there is none. */
static void a_grant_that_leads_nowhere_names_no_line(void **state)
{
	struct text t = TEXT_INIT;
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	g = rig_give(&rig, "/", "/a",
		     &(struct grant_spec){ .name = "nope", .from = "#b" });
	assert_int_equal(rig_walk_slot(&rig, grant_slot(g), "/a"),
			 ROUTE_BROKEN);
	assert_string_equal(text_string(&rig.route.why.text),
			    "/b does not expose protocol nope to its parent, "
			    "which / offers on");
	route_render(&rig.route, ROUTE_BROKEN, &t);
	assert_non_null(strstr(text_string(&t), "offer      grant #1"));
	assert_null(strstr(text_string(&t), ":0:0"));
	text_fini(&t);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grant_is_good_for_so_many_opens),
		cmocka_unit_test(every_counted_grant_on_a_route_counts),
		cmocka_unit_test(a_copy_is_for_giving_on),
		cmocka_unit_test(copies_of_each_other_lead_nowhere),
		cmocka_unit_test(a_chain_of_copies_has_an_end),
		cmocka_unit_test(a_grant_replaces_an_offer_that_was_taken_back),
		cmocka_unit_test(a_use_that_was_cut_is_still_a_use),
		cmocka_unit_test(a_grant_is_found_by_an_id_that_is_used_once),
		cmocka_unit_test(grants_are_freed_in_any_order),
		cmocka_unit_test(a_tree_may_end_with_its_grants),
		cmocka_unit_test(a_realm_goes_with_what_it_was_given),
		cmocka_unit_test(lack_of_memory_makes_no_grant),
		cmocka_unit_test(lack_of_memory_refuses_all_the_same),
		cmocka_unit_test(a_grant_is_shown_by_its_number),
		cmocka_unit_test(a_grant_that_leads_nowhere_names_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
