/* Services that are registered while the system runs, and their policies. */
#include "rig_grant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "reeve/status.h"

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
static const char *const nobody[] = { NULL };

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

/* ---- registering ---- */

static void a_registration_is_in_the_two_outputs(void **state)
{
	struct realm *a;
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	g = rig_register(&rig, "/a", "db", NULL);
	a = rig_realm(&rig, "/a");
	assert_int_equal(g->kind, GRANT_REGISTRATION);
	assert_ptr_equal(g->by, a);
	assert_ptr_equal(g->to, a);
	assert_ptr_equal(realm_find_slot(a, TABLE_PROGRAM_OUTPUT,
					 CAPABILITY_SERVICE, "db"),
			 &g->slots[0]);
	assert_ptr_equal(
		realm_find_slot(a, TABLE_OUTPUT, CAPABILITY_SERVICE, "db"),
		&g->slots[1]);
	assert_null(realm_find_slot(a, TABLE_INPUT, CAPABILITY_SERVICE, "db"));
	assert_null(realm_find_slot(a, TABLE_PROGRAM_INPUT, CAPABILITY_SERVICE,
				    "db"));
	assert_ptr_equal(grant_slot(g), &g->slots[0]);
	assert_ptr_equal(registry_find(a, "db"), g);
	assert_null(registry_find(a, "d"));
	assert_null(registry_find(rig.tree.root, "db"));
	assert_null(g->decls[0].access);
	assert_string_equal(g->decls[0].path, "/svc/db");
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void add_refused(struct rig *rig, const struct registration *what,
			int verdict, const char *sentence)
{
	size_t n = rig->tree.grants_by_id.n;
	struct text why = TEXT_INIT;
	struct grant *g = NULL;

	assert_int_equal(registry_add(rig_realm(rig, "/b"), what, &g, &why),
			 verdict);
	assert_string_equal(text_string(&why), sentence);
	assert_null(g);
	assert_int_equal(rig->tree.grants_by_id.n, n);
	text_fini(&why);
}

static void what_is_wrong_with_a_registration_is_said(void **state)
{
	static const struct {
		struct registration what;
		const char *sentence;
	} rows[] = {
		{ { .name = "" }, "\"\" is not the name of a service" },
		{ { .name = "/svc/x" },
		  "\"/svc/x\" is not the name of a service" },
		{ { .name = "x y" }, "\"x y\" is not the name of a service" },
		{ { .name = "x", .path = "svc/x" },
		  "\"svc/x\" is not a path in an outgoing directory" },
		{ { .name = "x", .path = "/svc/../x" },
		  "\"/svc/../x\" is not a path in an outgoing directory" },
		{ { .name = "x", .path = "/reeve/Processes" },
		  "\"/reeve/Processes\" cannot be registered: /reeve is for "
		  "the tools that look at a program" },
		{ { .name = "fixed" },
		  "fixed is declared in the manifest of /b; it needs no "
		  "registration" },
	};
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	for (i = 0; i < N_ELEMENTS(rows); i++)
		add_refused(&rig, &rows[i].what, GRANT_INVALID,
			    rows[i].sentence);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void what_is_wrong_with_a_policy_is_said(void **state)
{
	/* The last pattern is the wrong one. */
	static const struct {
		const char *patterns[2], *sentence;
	} rows[] = {
		{ { "/b", "" },
		  "the pattern \"\" is neither \"#name\" nor an absolute "
		  "moniker" },
		{ { "/b", "a" },
		  "the pattern \"a\" is neither \"#name\" nor an absolute "
		  "moniker" },
		{ { "/b", "#" }, "the pattern \"#\" is not \"#\" and a name" },
		{ { "/b", "#a/b" },
		  "the pattern \"#a/b\" is not \"#\" and a name" },
		{ { "/b", "#stranger" },
		  "/b has no child or collection \"stranger\"" },
		/* Its parent's, not its own. */
		{ { "/b", "#pool" }, "/b has no child or collection \"pool\"" },
		{ { "/b", "//a" }, "the pattern \"//a\" has an empty segment" },
		{ { "/b", "/a/" }, "the pattern \"/a/\" ends with a \"/\"" },
		{ { "/b", "/**/a" },
		  "the pattern \"/**/a\" has a \"**\" that is not at its end" },
		{ { "/b", "/a*" },
		  "the pattern \"/a*\" has a \"*\" beside other characters; it "
		  "stands for a whole segment" },
		{ { "/b", "/pool:*" },
		  "the pattern \"/pool:*\" has a \"*\" beside other "
		  "characters; it stands for a whole segment" },
		/* Only alone. */
		{ { "/b", "children" },
		  "the pattern \"children\" is neither \"#name\" nor an "
		  "absolute moniker" },
	};
	struct registration what = { .name = "x",
				     .n_access = 2,
				     .has_access = true };
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		what.access = rows[i].patterns;
		add_refused(&rig, &what, GRANT_INVALID, rows[i].sentence);
	}
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void a_policy_has_a_bound(void **state)
{
	const char *access[REGISTRATION_ACCESS_MAX + 1];
	struct registration what = { .name = "x",
				     .access = access,
				     .n_access = N_ELEMENTS(access),
				     .has_access = true };
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	struct rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(access); i++)
		access[i] = "/a";
	rig_init(&rig, files);
	add_refused(&rig, &what, GRANT_INVALID,
		    "a policy has at most 64 patterns");
	what.n_access--;
	assert_int_equal(registry_add(rig_realm(&rig, "/b"), &what, &g, &why),
			 0);
	assert_int_equal(g->decls[0].access->n_patterns, 64);
	rig_fini(&rig);
}

static void a_name_is_registered_once(void **state)
{
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	g = rig_register(&rig, "/b", "x", NULL);
	/* Nothing is replaced by itself, not by something better either. */
	add_refused(&rig,
		    &(struct registration){ .name = "x", .path = "/svc/y" },
		    GRANT_EXISTS, "/b has registered x already");
	assert_ptr_equal(registry_find(rig_realm(&rig, "/b"), "x"), g);
	assert_string_equal(g->decls[0].path, "/svc/x");
	/* Others may have the name. */
	rig_register(&rig, "/a", "x", NULL);
	grant_free(g);
	assert_null(registry_find(rig_realm(&rig, "/b"), "x"));
	rig_register(&rig, "/b", "x", NULL);
	rig_fini(&rig);
}

/* Before what is replaced is gone, it is known whether the new one can be. */
static void a_replacement_is_checked_before(void **state)
{
	static const char *const stranger[] = { "#stranger" };
	struct registration what = { .name = "x" };
	struct text why = TEXT_INIT;
	struct realm *b;
	struct grant *g;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	b = rig_realm(&rig, "/b");
	assert_int_equal(registry_check(b, &what, false, &why), 0);
	assert_int_equal(registry_check(b, &what, true, &why), 0);
	g = rig_register(&rig, "/b", "x", NULL);
	assert_int_equal(registry_check(b, &what, true, &why), 0);
	assert_int_equal(why.n, 0);
	assert_int_equal(registry_check(b, &what, false, &why), GRANT_EXISTS);
	text_clear(&why);
	what.access = stranger;
	what.n_access = 1;
	assert_int_equal(registry_check(b, &what, true, &why), GRANT_INVALID);
	assert_string_equal(text_string(&why),
			    "/b has no child or collection \"stranger\"");
	text_clear(&why);
	what = (struct registration){ .name = "fixed" };
	assert_int_equal(registry_check(b, &what, true, &why), GRANT_INVALID);
	assert_ptr_equal(registry_find(b, "x"), g);
	text_fini(&why);
	rig_fini(&rig);
}

/* ---- policy ---- */

static void nobody_is_nobody_but_itself(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/a", "x", nobody);
	rig_expect_connect(&rig, "/a/aa", "x",
			   "use#2 /a/aa x | offer#2 /a x | capability#1 /a x ! "
			   "access-denied");
	assert_string_equal(text_string(&rig.route.why.text),
			    "/a lets only [] have x, and /a/aa is not among "
			    "them");
	rig_expect_connect(&rig, "/", "x",
			   "use#3 / x | expose#1 /a x | capability#1 /a x ! "
			   "access-denied");
	rig_fini(&rig);
}

static void children_are_those_of_the_provider(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_register(&rig, "/a", "x", NAMES("children"));
	rig_expect_connect(&rig, "/a/aa", "x",
			   "use#2 /a/aa x | offer#2 /a x | capability#1 /a x = "
			   "/a:/svc/x");
	rig_expect_connect(&rig, "/", "x",
			   "use#3 / x | expose#1 /a x | capability#1 /a x ! "
			   "access-denied");
	assert_string_equal(text_string(&rig.route.why.text),
			    "/a lets only \"children\" have x, and / is not "
			    "among them");
	rig_fini(&rig);
}

static void a_pattern_names_a_child_a_collection_or_anybody(void **state)
{
	static const struct {
		const char *pattern, *client;
		bool is_allowed;
	} rows[] = {
		{ "#a", "/a", true },		{ "#a", "/b", false },
		{ "#a", "/pool:w", false },	{ "#pool", "/pool:w", true },
		{ "#pool", "/a", false },	{ "/a", "/a", true },
		{ "/a", "/b", false },		{ "/*", "/pool:w", true },
		{ "/pool:w", "/pool:w", true }, { "/a/**", "/a", false },
		{ "/**", "/b", true },		{ "/", "/b", false },
	};
	struct text why = TEXT_INIT;
	const struct decl *d = NULL;
	const char *patterns[] = { NULL, NULL };
	struct registration what = { .name = "x",
				     .access = patterns,
				     .n_access = 1,
				     .has_access = true };
	struct grant *g;
	struct realm *r;
	struct rig rig;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		rig_init(&rig, files);
		rig_add(&rig, "/", "pool", "w", "#meta/w.cm");
		patterns[0] = rows[i].pattern;
		k = registry_add(rig_realm(&rig, "/"), &what, &g, &why);
		assert_int_equal(k, 0);
		r = rig_realm(&rig, rows[i].client);
		assert_int_equal(registry_look_up(r, "x", &d, &why), 0);
		k = rig_walk_slot(&rig,
				  realm_slot_of(r, TABLE_PROGRAM_INPUT, d),
				  rows[i].client);
		if (k != (rows[i].is_allowed ? ROUTE_ENDED : ROUTE_BROKEN))
			fail_msg("%s and %s", rows[i].pattern, rows[i].client);
		rig_fini(&rig);
	}
	text_fini(&why);
}

static void a_registration_keeps_its_own_words(void **state)
{
	char name[] = "x", path[] = "/other/x", pattern[] = "#a";
	const char *const access[] = { pattern };
	struct registration what = { .name = name,
				     .path = path,
				     .access = access,
				     .n_access = 1,
				     .has_access = true,
				     .no_transfer = true };
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(registry_add(rig_realm(&rig, "/"), &what, &g, &why),
			 0);
	name[0] = path[1] = pattern[1] = 'Z';
	rig_expect_connect(&rig, "/a", "x",
			   "use#2 /a x | offer#2 / x | capability#1 / x = "
			   "/:/other/x");
	assert_true(rig.route.no_transfer);
	rig_fini(&rig);
}

/* ---- memory ---- */

static int sweep_register(void *arg)
{
	struct registration what = { .name = "x",
				     .has_access = true,
				     .access = NAMES("#aa", "/**"),
				     .n_access = 2 };
	struct topology *t = arg;
	size_t n = t->grants_by_id.n;
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	int r = registry_add(topology_find(t, "/a"), &what, &g, &why);

	text_fini(&why);
	if (!r)
		grant_free(g);
	assert_true(!r || r == -ENOMEM);
	assert_int_equal(t->grants_by_id.n, n);
	return r;
}

static void lack_of_memory_registers_nothing(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/a/aa");
	assert_true(fault_sweep(sweep_register, &rig.tree) >= 2);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_registration_is_in_the_two_outputs),
		cmocka_unit_test(what_is_wrong_with_a_registration_is_said),
		cmocka_unit_test(what_is_wrong_with_a_policy_is_said),
		cmocka_unit_test(a_policy_has_a_bound),
		cmocka_unit_test(a_name_is_registered_once),
		cmocka_unit_test(a_replacement_is_checked_before),
		cmocka_unit_test(nobody_is_nobody_but_itself),
		cmocka_unit_test(children_are_those_of_the_provider),
		cmocka_unit_test(
			a_pattern_names_a_child_a_collection_or_anybody),
		cmocka_unit_test(a_registration_keeps_its_own_words),
		cmocka_unit_test(lack_of_memory_registers_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
