/* What a realm means by a name: in which order it is looked for. */
#include "rig_grant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "reeve/status.h"

static const struct rig_file files[] = {
	{ "root",
	  "{ " PROGRAM "children: [ " CHILD("a") CHILD(
		  "b") "],\n"
		       "collections: [ { name: 'pool',\n"
		       "  durability: 'transient' } ],\n"
		       "capabilities: [ { protocol: 'fixed' } ],\n"
		       "offer: [ { protocol: 'fixed', from: 'self',\n"
		       "  to: '#a' }, { protocol: 'fixed', from: 'self',\n"
		       "  to: '#a', as: 'unused' } ] }" },
	{ "a", "{ " PROGRAM "children: [ " CHILD("aa")
		       CHILD("ab") "],\n"
				   "use: [ { protocol: 'fixed' } ] }" },
	{ "aa", "{ " PROGRAM " }" },
	{ "ab", "{ " PROGRAM " }" },
	{ "b", "{ " PROGRAM "capabilities: [ { protocol: 'fixed' } ],\n"
	       "expose: [ { protocol: 'fixed', from: 'self' } ] }" },
	{ "w", "{ " PROGRAM " }" },
	{ NULL, NULL },
};

/* ---- finding: in this order ---- */

static void first_what_it_uses(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/a/aa", "fixed", NULL);
	rig_expect_connect(&rig, "/a", "fixed",
			   "use /a fixed | offer / fixed | capability / fixed "
			   "= /:/svc/fixed");
	assert_int_equal(rig.tree.grants_by_id.n, 1);
	rig_fini(&rig);
}

static void then_what_is_in_its_input(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/", "unused", NULL);
	rig_register(&rig, "/a/aa", "unused", NULL);
	rig_expect_connect(&rig, "/a", "unused",
			   "use#3 /a unused | offer / fixed>unused | "
			   "capability / fixed = /:/svc/fixed");
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void then_what_its_parent_registered(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/a/aa", "x", NULL);
	rig_register(&rig, "/", "x", NULL);
	rig_expect_connect(&rig, "/a", "x",
			   "use#3 /a x | offer#3 / x | capability#2 / x = "
			   "/:/svc/x");
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void then_what_one_child_registered(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/a/ab", "x", NULL);
	rig_expect_connect(&rig, "/a", "x",
			   "use#2 /a x | expose#1 /a/ab x | capability#1 /a/ab "
			   "x = /a/ab:/svc/x");
	rig_check_tree(&rig);

	rig_add(&rig, "/", "pool", "w", "#meta/w.cm");
	rig_register(&rig, "/pool:w", "y", NULL);
	rig_expect_connect(&rig, "/", "y",
			   "use#4 / y | expose#3 /pool:w y | capability#3 "
			   "/pool:w y = /pool:w:/svc/y");
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void of_two_children_neither(void **state)
{
	struct grant *one;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	one = rig_register(&rig, "/a/aa", "x", NULL);
	rig_register(&rig, "/a/ab", "x", NULL);
	rig_expect_connect(&rig, "/a", "x",
			   "? 2 children of /a have registered x; open it in "
			   "the exposed directory of one of them");
	assert_null(registry_peek(rig_realm(&rig, "/a"), "x"));
	grant_free(one);
	rig_expect_connect(&rig, "/a", "x",
			   "use#3 /a x | expose#2 /a/ab x | capability#2 /a/ab "
			   "x = /a/ab:/svc/x");
	rig_fini(&rig);
}

#define NOTHING(realm, name)                                                   \
	"? " realm " has no service " name ": it neither uses it nor was "     \
	"given it, and neither its parent nor its children have registered it"

static void and_nothing_else(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect_connect(&rig, "/a", "x", NOTHING("/a", "x"));
	rig_expect_connect(&rig, "/a", "x/y",
			   "? \"x/y\" is not the name of a service");
	rig_expect_connect(&rig, "/a", "",
			   "? \"\" is not the name of a service");
	/* Not what somebody's manifest declares without giving it. */
	rig_expect_connect(&rig, "/b", "unused", NOTHING("/b", "unused"));
	rig_expect_connect(&rig, "/", "fixed", NOTHING("/", "fixed"));
	/* Not the grandparent's, not the grandchild's. */
	rig_register(&rig, "/", "above", NULL);
	rig_register(&rig, "/a/aa", "below", NULL);
	rig_expect_connect(&rig, "/a/aa", "above", NOTHING("/a/aa", "above"));
	rig_expect_connect(&rig, "/", "below", NOTHING("/", "below"));
	/* Not its own. */
	rig_expect_connect(&rig, "/", "above", NOTHING("/", "above"));
	assert_int_equal(rig.tree.grants_by_id.n, 2);
	rig_fini(&rig);
}

static void siblings_reach_nothing_of_each_other(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/b", "x", NULL);
	rig_expect_connect(&rig, "/a", "x", NOTHING("/a", "x"));
	assert_null(registry_peek(rig_realm(&rig, "/a"), "x"));
	/* Until their parent gives it. */
	rig_give(&rig, "/", "/a",
		 &(struct grant_spec){ .name = "x", .from = "#b" });
	rig_expect_connect(&rig, "/a", "x",
			   "use#2 /a x | offer#2 / x | expose#1 /b x | "
			   "capability#1 /b x = /b:/svc/x");
	rig_fini(&rig);
}

static void a_rule_is_made_once(void **state)
{
	static const char *const summary =
		"use#2 /a x | offer#2 / x | capability#1 / x = /:/svc/x";
	struct grant *registration, *rule;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	registration = rig_register(&rig, "/", "x", NULL);
	/* To look does not make anything. */
	assert_ptr_equal(registry_peek(rig_realm(&rig, "/a"), "x"),
			 &registration->slots[0]);
	assert_int_equal(rig.tree.grants_by_id.n, 1);
	rig_expect_connect(&rig, "/a", "x", summary);
	rig_expect_connect(&rig, "/a", "x", summary);
	assert_int_equal(rig.tree.grants_by_id.n, 2);
	rule = grant_find(&rig.tree, 2);
	assert_int_equal(rule->kind, GRANT_RULE);
	assert_ptr_equal(rule->by, rig.tree.root);
	assert_ptr_equal(rule->to, rig_realm(&rig, "/a"));
	assert_ptr_equal(grant_slot(rule), &rule->slots[1]);
	assert_ptr_equal(registry_peek(rig_realm(&rig, "/a"), "x"),
			 &rule->slots[1]);
	/* Another realm has one of its own. */
	rig_expect_connect(&rig, "/b", "x",
			   "use#3 /b x | offer#3 / x | capability#1 / x = "
			   "/:/svc/x");
	assert_int_equal(rig.tree.grants_by_id.n, 3);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void a_rule_can_be_given_on(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/", "x", NULL);
	rig_expect_connect(&rig, "/a", "x",
			   "use#2 /a x | offer#2 / x | capability#1 / x = "
			   "/:/svc/x");
	rig_expect_grant(&rig,
			 rig_give(&rig, "/a", "/a/aa",
				  &(struct grant_spec){ .name = "x" }),
			 "use#3 /a/aa x | offer#3 /a x | offer#2 / x | "
			 "capability#1 / x = /:/svc/x");
	rig_fini(&rig);
}

static void what_was_taken_back_is_not_had_another_way(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct realm *a;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	a = rig_realm(&rig, "/a");
	rig_register(&rig, "/", "unused", NULL);
	rig_register(&rig, "/a/aa", "unused", NULL);
	slot_cut(realm_find_slot(a, TABLE_INPUT, CAPABILITY_SERVICE, "unused"),
		 SLOT_CUT_BY_PARENT, &c);
	rig_expect_connect(&rig, "/a", "unused",
			   "use#3 /a unused | offer / fixed>unused ! revoked");
	assert_string_equal(text_string(&rig.route.why.text),
			    "the offer of unused by / was taken back by its "
			    "parent");
	assert_int_equal(rig.route.why.status, REEVE_ERR_ACCESS_DENIED);

	rig_register(&rig, "/a/ab", "fixed", NULL);
	slot_cut(realm_find_slot(a, TABLE_PROGRAM_INPUT, CAPABILITY_SERVICE,
				 "fixed"),
		 SLOT_CUT_BY_OPERATOR, &c);
	rig_expect_connect(&rig, "/a", "fixed", "use /a fixed ! revoked");
	assert_string_equal(text_string(&rig.route.why.text),
			    "the use of fixed by /a was taken back by the "
			    "operator");
	rig_check_tree(&rig);
	rig_fini(&rig);
}

/* ---- memory ---- */

struct looking {
	struct realm *realm;
	const char *name;
};

static int sweep_look_up(void *arg)
{
	struct looking *l = arg;
	const struct decl *d = NULL;
	struct topology *t = l->realm->tree;
	size_t n = t->grants_by_id.n;
	struct text why = TEXT_INIT;
	int r = registry_look_up(l->realm, l->name, &d, &why);

	text_fini(&why);
	assert_true(!r || r == -ENOMEM);
	assert_int_equal(t->grants_by_id.n, n + !r);
	if (!r)
		grant_free(grant_find(t, t->last_grant));
	return r;
}

static void lack_of_memory_finds_nothing(void **state)
{
	struct looking l;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/a/aa");
	rig_register(&rig, "/", "above", NULL);
	rig_register(&rig, "/a/aa", "below", NULL);
	l = (struct looking){ rig_realm(&rig, "/a"), "above" };
	assert_true(fault_sweep(sweep_look_up, &l) >= 1);
	l.name = "unused";
	assert_true(fault_sweep(sweep_look_up, &l) >= 1);
	/* The name of the child as well. */
	l.name = "below";
	assert_true(fault_sweep(sweep_look_up, &l) >= 2);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_what_it_uses),
		cmocka_unit_test(then_what_is_in_its_input),
		cmocka_unit_test(then_what_its_parent_registered),
		cmocka_unit_test(then_what_one_child_registered),
		cmocka_unit_test(of_two_children_neither),
		cmocka_unit_test(and_nothing_else),
		cmocka_unit_test(siblings_reach_nothing_of_each_other),
		cmocka_unit_test(a_rule_is_made_once),
		cmocka_unit_test(a_rule_can_be_given_on),
		cmocka_unit_test(what_was_taken_back_is_not_had_another_way),
		cmocka_unit_test(lack_of_memory_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
