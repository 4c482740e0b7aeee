/* What a few bytes could make large: tables, trees, routes. Answers stay right and
 * what would be without end is refused. */
#include "rig.h"

#include <stdio.h>
#include <string.h>

static const struct rig_file files[] = {
	{ "root", "{ children: [ " CHILD("left") " ] }" },
	{ "left", "{ children: [ " CHILD("far") " ] }" },
	{ "far", "{ }" },
	{ NULL, NULL },
};

static void trees_have_an_end(void **state)
{
	struct rig rig;
	struct realm *left;
	size_t n;

	(void)state;
	rig_init(&rig, files);
	(void)rig_realm(&rig, "/");
	left = topology_find(&rig.tree, "/left");
	assert_non_null(left);
	n = rig.tree.n_realms;
	rig.tree.n_realms = TOPOLOGY_REALMS_MAX;
	assert_int_equal(rig_resolve(&rig, left, &rig.report), 0);
	assert_int_equal(left->state, REALM_BROKEN);
	rig.tree.n_realms = n;
	rig_fini(&rig);
}

/* Every name of a large table is found where a small one has it. */
static void large_tables_are_in_order(void **state)
{
	enum { N = 200 };
	struct text root = TEXT_INIT;
	struct rig_file many[] = { { "root", NULL }, { NULL, NULL } };
	struct slot *slot, *other;
	struct realm *r;
	struct rig rig;
	char name[16];
	int i;

	(void)state;
	text_puts(&root, "{ " PROGRAM "capabilities: [ { protocol: 'X' },\n"
			 "{ dictionary: 'd' }, { dictionary: 'e' } ], offer: [ ");
	for (i = N; i--;)
		text_printf(&root, "{ protocol: 'X', from: 'self', as: 'n%d',\n"
				   "to: 'self/%c' },", i / 2, "ed"[i % 2]);
	text_puts(&root, "] }");
	many[0].text = text_string(&root);
	rig_init(&rig, many);
	r = rig_realm(&rig, "/");
	for (i = 0; i < N / 2; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		slot = realm_find_member(r, "d", CAPABILITY_SERVICE, name);
		other = realm_find_member(r, "e", CAPABILITY_SERVICE, name);
		assert_non_null(slot);
		assert_non_null(other);
		assert_string_equal(slot->decl->target_name, name);
		assert_string_equal(slot->decl->to.name, "d");
		assert_string_equal(other->decl->to.name, "e");
		assert_null(realm_next_same(r, TABLE_DICTIONARY, slot));
		assert_null(realm_find_member(r, "d", CAPABILITY_DIRECTORY,
					      name));
	}
	assert_null(realm_find_member(r, "d", CAPABILITY_SERVICE, "n"));
	assert_null(realm_find_member(r, "f", CAPABILITY_SERVICE, "n1"));
	text_fini(&root);
	rig_fini(&rig);
}

/* Each of many sources is looked for among all of them, for each who has them. */
static void services_of_everybody(void **state)
{
	enum { N = 14200 };
	struct text root = TEXT_INIT, t = TEXT_INIT;
	struct rig_file many[] = {
		{ "root", NULL },
		{ "a", "{ " PROGRAM "capabilities: [ { service: 'S' } ],\n"
		       "expose: [ { service: 'S', from: 'self' } ] }" },
		{ "u", "{ " PROGRAM "use: [ { service: 'S' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;
	int i;

	(void)state;
	text_puts(&root, "{ children: [ " CHILD("u"));
	for (i = 0; i < N; i++)
		text_printf(&root, "{ name: 'c%d', url: '#meta/a.cm' },", i);
	text_puts(&root, "], offer: [ { service: 'S', to: '#u', from: [ ");
	for (i = 0; i < N; i++)
		text_printf(&root, "'#c%d',", i);
	text_puts(&root, "] } ] }");
	many[0].text = text_string(&root);
	rig_init(&rig, many);
	assert_int_equal(check_tree(&rig.tree, rig_resolve, &rig, NULL,
				    &rig.report),
			 0);
	report_render(&rig.report, &t);
	assert_int_equal(rig.report.n_errors, 1);
	assert_non_null(strstr(text_string(&t), "[tree-too-large]"));
	text_fini(&root);
	text_fini(&t);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_have_an_end),
		cmocka_unit_test(large_tables_are_in_order),
		cmocka_unit_test(services_of_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
