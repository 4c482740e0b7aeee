/* Taking back: a slot and all that was derived from it, and nothing else. */
#include "rig_grant.h"

#include <stdio.h>
#include <string.h>

#include "reeve/status.h"

static const struct rig_file files[] = {
	{ "root", "{ " PROGRAM "children: [ " CHILD("a") CHILD("b") CHILD(
			  "c") "],\n"
			       "capabilities: [ { protocol: 'own' } ],\n"
			       "offer: [ { protocol: 'fixed', from: '#b',\n"
			       "  to: [ '#a', '#c' ] } ] }" },
	{ "a", "{ " PROGRAM "children: [ " CHILD(
		       "aa") "],\n"
			     "capabilities: [ { protocol: 'mine' } ],\n"
			     "offer: [ { protocol: 'fixed', from: 'parent',\n"
			     "  to: '#aa' } ],\n"
			     "use: [ { protocol: 'fixed' } ],\n"
			     "expose: [ { protocol: 'mine', from: 'self' } ] "
			     "}" },
	{ "aa", "{ " PROGRAM "children: [ " CHILD(
			"aaa") "],\n"
			       "use: [ { protocol: 'fixed' } ] }" },
	{ "aaa", "{ " PROGRAM " }" },
	{ "b", "{ " PROGRAM "capabilities: [ { protocol: 'fixed' } ],\n"
	       "expose: [ { protocol: 'fixed', from: 'self' } ] }" },
	{ "c", "{ " PROGRAM "use: [ { protocol: 'fixed' } ] }" },
	{ NULL, NULL },
};

#define TO_A                                                                   \
	"use /a fixed | offer / fixed | expose /b fixed | capability /b "      \
	"fixed = /b:/svc/fixed"
#define TO_AA                                                                  \
	"use /a/aa fixed | offer /a fixed | offer / fixed | expose /b fixed "  \
	"| capability /b fixed = /b:/svc/fixed"
#define TO_C                                                                   \
	"use /c fixed | offer / fixed | expose /b fixed | capability /b "      \
	"fixed = /b:/svc/fixed"

static struct slot *slot_of(struct rig *rig, const char *moniker,
			    enum table_kind table, const char *name)
{
	struct slot *s = realm_find_slot(rig_realm(rig, moniker), table,
					 CAPABILITY_SERVICE, name);

	assert_non_null(s);
	return s;
}

static void route_all(struct rig *rig)
{
	rig_expect(rig, "/a", "fixed", TO_A);
	rig_expect(rig, "/a/aa", "fixed", TO_AA);
	rig_expect(rig, "/c", "fixed", TO_C);
}

/* ---- slots of manifests ---- */

static void an_offer_that_was_cut_refuses(void **state)
{
	static const struct {
		enum slot_cut why;
		const char *sentence;
	} rows[] = {
		{ SLOT_CUT_BY_PARENT, "its parent" },
		{ SLOT_CUT_BY_PROVIDER, "its provider" },
		{ SLOT_CUT_BY_OPERATOR, "the operator" },
		{ SLOT_CUT_BY_EXPIRY, "the end of its time" },
		{ SLOT_CUT_BY_END, "the end of its provider" },
	};
	struct text sentence = TEXT_INIT;
	struct cut_told told;
	struct cutting c;
	struct slot *s;
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		route_all(&rig);
		s = slot_of(&rig, "/a", TABLE_INPUT, "fixed");
		c = rig_cutting(&told);
		/* The offer, what it gives on, and the two uses. */
		assert_int_equal(slot_cut(s, rows[i].why, &c), 4);
		assert_int_equal(told.n_slots, 4);
		assert_int_equal(told.n_grants, 0);
		assert_ptr_equal(told.slots[0], s);
		assert_true(rig_was_told(
			&told,
			slot_of(&rig, "/a/aa", TABLE_PROGRAM_INPUT, "fixed")));
		assert_int_equal(s->cut, rows[i].why);
		rig_expect(&rig, "/a", "fixed",
			   "use /a fixed | offer / fixed ! revoked");
		text_clear(&sentence);
		text_printf(&sentence,
			    "the offer of fixed by / was taken back by %s",
			    rows[i].sentence);
		assert_string_equal(text_string(&rig.route.why.text),
				    text_string(&sentence));
		assert_int_equal(rig.route.why.status, REEVE_ERR_ACCESS_DENIED);
		assert_ptr_equal(rig.route.why.realm, rig.tree.root);
		assert_int_equal(rig.route.why.place.line, s->decl->place.line);
		rig_expect(&rig, "/a/aa", "fixed",
			   "use /a/aa fixed | offer /a fixed | offer / fixed ! "
			   "revoked");
		/* The same provider, another client. */
		rig_expect(&rig, "/c", "fixed", TO_C);
		rig_check_tree(&rig);
		assert_true(slot_mend(s));
		assert_false(slot_mend(s));
	}
	route_all(&rig);
	text_fini(&sentence);
	rig_fini(&rig);
}

static void a_cut_anywhere_on_the_way_is_found(void **state)
{
	static const struct {
		const char *holder;
		enum table_kind table;
		bool cuts_a, cuts_aa, cuts_c;
		size_t n;
	} rows[] = {
		{ "/a", TABLE_PROGRAM_INPUT, true, false, false, 1 },
		{ "/a", TABLE_INPUT, true, true, false, 4 },
		{ "/a/aa", TABLE_INPUT, false, true, false, 2 },
		{ "/a/aa", TABLE_PROGRAM_INPUT, false, true, false, 1 },
		{ "/c", TABLE_INPUT, false, false, true, 2 },
		{ "/b", TABLE_OUTPUT, true, true, true, 7 },
		{ "/b", TABLE_PROGRAM_OUTPUT, true, true, true, 8 },
	};
	struct cut_told told;
	struct cutting c;
	struct rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		rig_init(&rig, files);
		route_all(&rig);
		c = rig_cutting(&told);
		assert_int_equal(slot_cut(slot_of(&rig, rows[i].holder,
						  rows[i].table, "fixed"),
					  SLOT_CUT_BY_OPERATOR, &c),
				 rows[i].n);
		assert_int_equal(told.n_slots, rows[i].n);
		assert_int_equal(rig_route(&rig, "/a", "fixed"),
				 rows[i].cuts_a ? ROUTE_BROKEN : ROUTE_ENDED);
		assert_int_equal(rig_route(&rig, "/a/aa", "fixed"),
				 rows[i].cuts_aa ? ROUTE_BROKEN : ROUTE_ENDED);
		assert_int_equal(rig_route(&rig, "/c", "fixed"),
				 rows[i].cuts_c ? ROUTE_BROKEN : ROUTE_ENDED);
		rig_fini(&rig);
	}
}

/* What nobody walked yet is not below it, and ends at the mark all the same. */
static void what_was_never_walked_is_cut_too(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(slot_cut(slot_of(&rig, "/a", TABLE_INPUT, "fixed"),
				  SLOT_CUT_BY_PARENT, &c),
			 1);
	assert_int_equal(rig_route(&rig, "/a/aa", "fixed"), ROUTE_BROKEN);
	assert_string_equal(rig.route.why.rule, "revoked");
	rig_fini(&rig);
}

/* ---- grants ---- */

/* root -> a, a copy there, -> aa, -> aaa; and from the first to aa beside. */
static void chain_make(struct rig *rig, struct grant **g)
{
	rig_init(rig, files);
	g[0] = rig_give(rig, "/", "/a", &(struct grant_spec){ .name = "own" });
	g[1] = rig_give(rig, "/a", "/a",
			&(struct grant_spec){ .name = "own", .as = "copy" });
	g[2] = rig_give(rig, "/a", "/a/aa",
			&(struct grant_spec){ .name = "copy" });
	g[3] = rig_give(rig, "/a/aa", "/a/aa/aaa",
			&(struct grant_spec){ .name = "copy" });
	g[4] = rig_give(rig, "/a", "/a/aa",
			&(struct grant_spec){ .name = "own" });
}

enum { N_CHAIN = 5 };

static void a_grant_goes_with_all_that_was_derived_from_it(void **state)
{
	/* Which go with which; and how many slots these have. */
	static const struct {
		unsigned going;
		size_t n_slots;
	} rows[N_CHAIN] = {
		{ 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4, 9 },
		{ 1u << 1 | 1u << 2 | 1u << 3, 5 },
		{ 1u << 2 | 1u << 3, 4 },
		{ 1u << 3, 2 },
		{ 1u << 4, 2 },
	};
	struct grant *g[N_CHAIN];
	uint64_t ids[N_CHAIN];
	struct cut_told told;
	struct cutting c;
	struct rig rig;
	unsigned i, k, n;

	(void)state;
	for (i = 0; i < N_CHAIN; i++) {
		chain_make(&rig, g);
		for (k = 0; k < N_CHAIN; k++)
			ids[k] = g[k]->id;
		c = rig_cutting(&told);
		assert_int_equal(
			slot_cut(&g[i]->slots[0], SLOT_CUT_BY_OPERATOR, &c),
			rows[i].n_slots);
		for (n = 0, k = 0; k < N_CHAIN; k++) {
			n += rows[i].going >> k & 1;
			assert_int_equal(grant_find(&rig.tree, ids[k]) == NULL,
					 rows[i].going >> k & 1);
		}
		/* Each was told once, see the rig. */
		assert_int_equal(told.n_grants, n);
		assert_int_equal(told.n_slots, rows[i].n_slots);
		rig_check_tree(&rig);
		for (k = 0; k < N_CHAIN; k++)
			if (!(rows[i].going >> k & 1))
				assert_int_equal(
					rig_walk_slot(&rig, grant_slot(g[k]),
						      g[k]->to->moniker),
					ROUTE_ENDED);
		rig_fini(&rig);
	}
}

static void either_of_its_slots_takes_the_whole_grant(void **state)
{
	struct grant *g[N_CHAIN];
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct rig rig;

	(void)state;
	chain_make(&rig, g);
	/* The last thing one would think of: what the program sees. */
	assert_int_equal(slot_cut(&g[2]->slots[1], SLOT_CUT_BY_OPERATOR, &c),
			 4);
	assert_int_equal(told.n_grants, 2);
	assert_null(grant_find(&rig.tree, 3));
	assert_null(grant_find(&rig.tree, 4));
	rig_check_tree(&rig);
	rig_fini(&rig);
}

/* No walk has found the way from the one to the other yet. */
static void both_slots_go_before_anybody_walked(void **state)
{
	struct grant_spec spec = { .name = "own" };
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	struct slot *use;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(grant_new(rig_realm(&rig, "/"), rig_realm(&rig, "/a"),
				   &spec, &g, &why),
			 0);
	use = &g->slots[1];
	assert_int_equal(slot_cut(&g->slots[0], SLOT_CUT_BY_PARENT, &c), 2);
	assert_true(rig_was_told(&told, use));
	assert_int_equal(told.n_grants, 1);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void grants_below_an_offer_go_with_it(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	route_all(&rig);
	rig_give(&rig, "/a", "/a/aa",
		 &(struct grant_spec){ .name = "fixed", .as = "more" });
	rig_give(&rig, "/", "/a",
		 &(struct grant_spec){
			 .name = "fixed", .from = "#b", .as = "beside" });
	slot_cut(slot_of(&rig, "/a", TABLE_INPUT, "fixed"), SLOT_CUT_BY_PARENT,
		 &c);
	assert_int_equal(told.n_grants, 1);
	assert_int_equal(told.grants[0], 1);
	/* It came another way. */
	assert_non_null(grant_find(&rig.tree, 2));
	c = rig_cutting(&told);
	slot_cut(slot_of(&rig, "/b", TABLE_PROGRAM_OUTPUT, "fixed"),
		 SLOT_CUT_BY_PROVIDER, &c);
	assert_int_equal(told.n_grants, 1);
	assert_int_equal(told.grants[0], 2);
	assert_int_equal(rig.tree.grants_by_id.n, 0);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

/* ---- connections ---- */

static void every_connection_below_is_found(void **state)
{
	struct list connections[4];
	struct grant *g[N_CHAIN];
	struct cut_told told;
	struct cutting c;
	struct rig rig;
	size_t i;

	(void)state;
	chain_make(&rig, g);
	for (i = 0; i < N_ELEMENTS(connections); i++)
		list_init(&connections[i]);
	list_link(&g[0]->slots[1].connections, &connections[0]);
	list_link(&g[2]->slots[1].connections, &connections[1]);
	list_link(&g[3]->slots[1].connections, &connections[2]);
	list_link(&g[3]->slots[1].connections, &connections[3]);
	assert_int_equal(slot_count_connections(&g[0]->slots[0]), 4);
	assert_int_equal(slot_count_derived(&g[0]->slots[0]), 8);
	assert_int_equal(slot_count_connections(&g[1]->slots[0]), 3);
	assert_int_equal(slot_count_derived(&g[1]->slots[0]), 4);
	assert_int_equal(slot_count_connections(&g[3]->slots[1]), 2);
	assert_int_equal(slot_count_derived(&g[3]->slots[1]), 0);
	assert_int_equal(slot_count_connections(&g[4]->slots[0]), 0);

	c = rig_cutting(&told);
	slot_cut(&g[1]->slots[0], SLOT_CUT_BY_OPERATOR, &c);
	assert_int_equal(told.n_connections, 3);
	/* They are nobody's now; the other one is where it was. */
	for (i = 1; i < N_ELEMENTS(connections); i++)
		assert_true(list_is_empty(&connections[i]));
	assert_ptr_equal(g[0]->slots[1].connections.next, &connections[0]);
	rig_fini(&rig);
	assert_true(list_is_empty(&connections[0]));
}

/* ---- the end of a provider ---- */

static void the_end_of_a_registration_keeps_what_was_granted(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct list connection;
	struct grant *r, *g;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	r = rig_register(&rig, "/b", "x", NULL);
	g = rig_give(&rig, "/", "/a",
		     &(struct grant_spec){ .name = "x", .from = "#b" });
	rig_expect_connect(&rig, "/", "x",
			   "use#3 / x | expose#1 /b x | capability#1 /b x = "
			   "/b:/svc/x");
	list_init(&connection);
	list_link(&g->slots[1].connections, &connection);
	/* Its two slots, the grant's two, the rule's one. */
	assert_int_equal(slot_end(&r->slots[0], &c), 5);
	assert_int_equal(told.n_connections, 1);
	assert_int_equal(told.n_grants, 2);
	assert_null(grant_find(&rig.tree, 1));
	assert_ptr_equal(grant_find(&rig.tree, 2), g);
	assert_null(grant_find(&rig.tree, 3));
	rig_check_tree(&rig);
	rig_expect_grant(&rig, g,
			 "use#2 /a x | offer#2 / x ! "
			 "offer-from-child-expose-not-found");
	/* And it is good again. */
	rig_register(&rig, "/b", "x", NULL);
	rig_expect_grant(&rig, g,
			 "use#2 /a x | offer#2 / x | expose#4 /b x | "
			 "capability#4 /b x = /b:/svc/x");
	rig_check_tree(&rig);
	list_unlink(&connection);
	rig_fini(&rig);
}

static void the_end_of_what_a_manifest_declares_marks_nothing(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct slot *s;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	route_all(&rig);
	s = slot_of(&rig, "/b", TABLE_PROGRAM_OUTPUT, "fixed");
	assert_int_equal(slot_end(s, &c), 8);
	assert_int_equal(s->cut, SLOT_WHOLE);
	route_all(&rig);
	rig_fini(&rig);
}

/* It hangs on an input slot by its only slot, the use. */
static void a_rule_without_an_offer_of_its_own_can_be_cut(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	static struct route route;
	struct text why = TEXT_INIT;
	const struct decl *use;
	struct grant *rule;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/b", "x", NULL);
	rig_expect_connect(&rig, "/", "x",
			   "use#2 / x | expose#1 /b x | capability#1 /b x = "
			   "/b:/svc/x");
	rule = grant_find(&rig.tree, 2);
	assert_false(rule->has_slot[0]);
	assert_int_equal(slot_cut(&rule->slots[1], SLOT_CUT_BY_OPERATOR, &c),
			 1);
	/* It is marked, so that the rule does not make it anew. */
	assert_int_equal(told.n_grants, 0);
	assert_ptr_equal(grant_find(&rig.tree, 2), rule);
	assert_int_equal(registry_look_up(rig_realm(&rig, "/"), "x", &use,
					  &why),
			 0);
	assert_ptr_equal(use, &rule->decls[1]);
	assert_int_equal(route_walk(rig_realm(&rig, "/"), use, &route),
			 ROUTE_BROKEN);
	assert_string_equal(route.why.rule, "revoked");
	route_fini(&route);
	/* It goes with what was registered. */
	assert_true(slot_end(&registry_find(rig_realm(&rig, "/b"), "x")
				      ->slots[0],
			     &c) > 0);
	assert_null(grant_find(&rig.tree, 2));
	text_fini(&why);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

/* ---- realms ---- */

static void a_realm_loses_all_it_holds_and_its_siblings_nothing(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct grant *beside;
	struct realm *a, *aa;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	route_all(&rig);
	a = rig_realm(&rig, "/a");
	aa = rig_realm(&rig, "/a/aa");
	rig_give(&rig, "/", "/a", &(struct grant_spec){ .name = "own" });
	rig_give(&rig, "/a", "/a/aa", &(struct grant_spec){ .name = "own" });
	rig_give(&rig, "/a", "/a/aa", &(struct grant_spec){ .name = "mine" });
	rig_register(&rig, "/a/aa", "up", NULL);
	rig_expect_connect(&rig, "/a", "up",
			   "use#5 /a up | expose#4 /a/aa up | capability#4 "
			   "/a/aa up = /a/aa:/svc/up");
	beside = rig_give(&rig, "/", "/c",
			  &(struct grant_spec){ .name = "own" });
	rig_expect(&rig, "/a", "mine",
		   "expose /a mine | capability /a mine = /a:/svc/mine");

	realm_cut(a, SLOT_CUT_BY_OPERATOR, &c);
	rig_check_tree(&rig);
	/* What the rule made is marked, and the rule gives it no more. */
	assert_int_equal(told.n_grants, 2);
	assert_int_equal(a->cut, SLOT_CUT_BY_OPERATOR);
	assert_null(registry_peek(a, "never asked for"));
	rig_expect_connect(&rig, "/a", "up", "use#5 /a up ! revoked");
	rig_expect(&rig, "/a", "fixed", "use /a fixed ! revoked");
	rig_expect(
		&rig, "/a/aa", "fixed",
		"use /a/aa fixed | offer /a fixed | offer / fixed ! revoked");
	rig_expect_connect(&rig, "/a/aa", "own",
			   "? /a/aa has no service own: it neither uses it nor "
			   "was given it, and neither its parent nor its "
			   "children have registered it");
	/* What it provides itself is its own to give. */
	rig_expect_connect(&rig, "/a/aa", "mine",
			   "use#3 /a/aa mine | offer#3 /a mine | capability /a "
			   "mine = /a:/svc/mine");
	rig_expect(&rig, "/a", "mine",
		   "expose /a mine | capability /a mine = /a:/svc/mine");
	assert_non_null(registry_find(aa, "up"));
	rig_expect(&rig, "/c", "fixed", TO_C);
	rig_expect_grant(&rig, beside,
			 "use#6 /c own | offer#6 / own | capability / own = "
			 "/:/svc/own");
	/* Twice is once. */
	c = rig_cutting(&told);
	assert_int_equal(realm_cut(a, SLOT_CUT_BY_PARENT, &c), 0);
	assert_int_equal(a->tables[TABLE_INPUT].slots[0].cut,
			 SLOT_CUT_BY_OPERATOR);
	rig_fini(&rig);
}

static void what_was_mended_is_as_it_was(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct realm *a;
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	route_all(&rig);
	a = rig_realm(&rig, "/a");
	realm_cut(a, SLOT_CUT_BY_OPERATOR, &c);
	assert_true(slot_mend(&a->tables[TABLE_INPUT].slots[0]));
	rig_expect(&rig, "/a/aa", "fixed", TO_AA);
	rig_expect(&rig, "/a", "fixed", "use /a fixed ! revoked");
	for (i = 0; i < a->tables[TABLE_PROGRAM_INPUT].n; i++)
		assert_true(
			slot_mend(&a->tables[TABLE_PROGRAM_INPUT].slots[i]));
	route_all(&rig);
	rig_fini(&rig);
}

/* A registration in the place of what the manifest declared. */
static void what_was_registered_instead_is_in_the_way_of_mending(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct slot *s;
	struct grant *g;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	route_all(&rig);
	s = slot_of(&rig, "/b", TABLE_PROGRAM_OUTPUT, "fixed");
	slot_cut(s, SLOT_CUT_BY_PROVIDER, &c);
	g = rig_register(&rig, "/b", "fixed", NULL);
	rig_expect(&rig, "/c", "fixed",
		   "use /c fixed | offer / fixed | expose /b fixed | "
		   "capability#1 /b fixed = /b:/svc/fixed");
	assert_false(slot_mend(s));
	c = rig_cutting(&told);
	slot_end(&g->slots[0], &c);
	assert_true(rig_was_told(
		&told, slot_of(&rig, "/c", TABLE_PROGRAM_INPUT, "fixed")));
	assert_true(slot_mend(s));
	rig_expect(&rig, "/c", "fixed", TO_C);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_offer_that_was_cut_refuses),
		cmocka_unit_test(a_cut_anywhere_on_the_way_is_found),
		cmocka_unit_test(what_was_never_walked_is_cut_too),
		cmocka_unit_test(
			a_grant_goes_with_all_that_was_derived_from_it),
		cmocka_unit_test(either_of_its_slots_takes_the_whole_grant),
		cmocka_unit_test(both_slots_go_before_anybody_walked),
		cmocka_unit_test(grants_below_an_offer_go_with_it),
		cmocka_unit_test(every_connection_below_is_found),
		cmocka_unit_test(
			the_end_of_a_registration_keeps_what_was_granted),
		cmocka_unit_test(
			the_end_of_what_a_manifest_declares_marks_nothing),
		cmocka_unit_test(a_rule_without_an_offer_of_its_own_can_be_cut),
		cmocka_unit_test(
			a_realm_loses_all_it_holds_and_its_siblings_nothing),
		cmocka_unit_test(what_was_mended_is_as_it_was),
		cmocka_unit_test(
			what_was_registered_instead_is_in_the_way_of_mending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
