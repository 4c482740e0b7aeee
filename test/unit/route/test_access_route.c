/* Who may have what a manifest declares, and sources that may be absent. */
#include "rig_grant.h"

#include <stdio.h>
#include <string.h>

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- policies of manifests ---- */

static const struct rig_file declared[] = {
	{ "root",
	  "{ " PROGRAM "children: [ " CHILD("p") CHILD("u") CHILD(
		  "v") "],\n"
		       "offer: [ { protocol: 'X', from: '#p', to: '#u' },\n"
		       "  { protocol: 'X', from: '#p', to: '#v' },\n"
		       "  { directory: 'd', from: '#p', to: '#u' },\n"
		       "  { directory: 'd', from: '#p', to: '#v' } ],\n"
		       "use: [ { protocol: 'Y', from: '#p' },\n"
		       "  { protocol: 'X', from: '#p' } ] }" },
	{ "p", "{ " PROGRAM "capabilities: [ { protocol: 'X',\n"
	       "    ^access: [ '/u', '/v/w' ] },\n"
	       "  { protocol: 'Y', access: 'children' },\n"
	       "  { directory: 'd', path: '/d', rights: [ 'r*' ],\n"
	       "    access: [ '/u' ] } ],\n"
	       "expose: [ { protocol: [ 'X', 'Y' ], from: 'self' },\n"
	       "  { directory: 'd', from: 'self' } ] }" },
	{ "u", "{ " PROGRAM "use: [ { protocol: 'X' },\n"
	       "  { directory: 'd', path: '/d', rights: [ 'r*' ] } ] }" },
	{ "v", "{ " PROGRAM "children: [ " CHILD(
		       "w") "],\n"
			    "offer: [ { protocol: 'X', from: 'parent',\n"
			    "  to: '#w' } ],\n"
			    "use: [ { protocol: 'X' },\n"
			    "  { directory: 'd', path: '/d',\n"
			    "    rights: [ 'r*' ] } ] }" },
	{ "w", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
	{ NULL, NULL },
};

static void a_manifest_says_who_may_have_it(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, declared);
	rig_expect(&rig, "/u", "X",
		   "use /u X | offer / X | expose /p X | capability /p X = "
		   "/p:/svc/X");
	rig_expect(&rig, "/u", "d",
		   "use /u d | offer / d | expose /p d | capability /p d = "
		   "/p:/d rights r*");
	rig_expect(&rig, "/v", "X",
		   "use /v X | offer / X | expose /p X | capability /p X ! "
		   "access-denied");
	assert_string_equal(text_string(&rig.route.why.text),
			    "/p lets only [\"/u\", \"/v/w\"] have X, and /v is "
			    "not among them");
	assert_ptr_equal(rig.route.why.realm, rig_realm(&rig, "/p"));
	assert_string_equal(rig.route.why.file, "p.cml");
	assert_true(rig.route.why.place.line > 0);
	rig_expect(&rig, "/v", "d",
		   "use /v d | offer / d | expose /p d | capability /p d ! "
		   "access-denied");
	rig_expect(&rig, "/", "X",
		   "use / X | expose /p X | capability /p X ! access-denied");
	rig_expect(&rig, "/", "Y",
		   "use / Y | expose /p Y | capability /p Y ! access-denied");
	rig_fini(&rig);
}

/* However many hands it went through, it is for whoever opens it. */
static void the_client_is_who_opens(void **state)
{
	struct grant *copy, *given;
	struct rig rig;

	(void)state;
	rig_init(&rig, declared);
	rig_expect(&rig, "/v/w", "X",
		   "use /v/w X | offer /v X | offer / X | expose /p X | "
		   "capability /p X = /p:/svc/X");
	copy = rig_give(&rig, "/v", "/v",
			&(struct grant_spec){ .name = "X", .as = "Z" });
	given = rig_give(&rig, "/v", "/v/w",
			 &(struct grant_spec){ .name = "Z" });
	rig_expect_grant(&rig, given,
			 "use#2 /v/w Z | offer#2 /v Z | offer#1 /v X>Z | offer "
			 "/ X | expose /p X | capability /p X = /p:/svc/X");
	/* The one who gave it may not use it itself. */
	rig_expect_grant(&rig, copy,
			 "offer#1 /v X>Z | offer / X | expose /p X | "
			 "capability /p X ! access-denied");
	rig_fini(&rig);
}

static void an_exposed_directory_is_opened_by_the_parent(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("p") CHILD("q") "] }" },
		{ "p", "{ " PROGRAM "capabilities: [ { protocol: 'up',\n"
		       "  access: [ '/' ] }, { protocol: 'not-up',\n"
		       "  access: [ '/q' ] } ],\n"
		       "expose: [ { protocol: [ 'up', 'not-up' ],\n"
		       "  from: 'self' } ] }" },
		{ "q", "{ }" },
		{ NULL, NULL },
	};
	struct grant *g;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/p", "up",
		   "expose /p up | capability /p up = /p:/svc/up");
	rig_expect(&rig, "/p", "not-up",
		   "expose /p not-up | capability /p not-up ! access-denied");
	assert_string_equal(text_string(&rig.route.why.text),
			    "/p lets only [\"/q\"] have not-up, and / is not "
			    "among them");
	/* What was registered is among the exposed as well. */
	g = rig_register(&rig, "/p", "later", NAMES("/q"));
	assert_int_equal(
		route_walk(rig_realm(&rig, "/p"), &g->decls[1], &rig.route),
		ROUTE_BROKEN);
	assert_string_equal(rig.route.why.rule, "access-denied");
	rig_fini(&rig);
}

/* Storage is made of a directory by who may have that; its users get a part. */
static void storage_asks_for_its_maker(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("disk") CHILD(
				  "maker") "],\n"
					   "offer: [ { directory: 'd',\n"
					   "  from: '#disk', to: '#maker' } ]"
					   " }" },
		{ "disk", "{ " PROGRAM "capabilities: [ { directory: 'd',\n"
			  "  path: '/d', rights: [ 'rw*' ],\n"
			  "  access: [ '/maker' ] } ],\n"
			  "expose: [ { directory: 'd', from: 'self' } ] }" },
		{ "maker",
		  "{ children: [ " CHILD(
			  "u") "],\n"
			       "capabilities: [ { storage: 's',\n"
			       "  from: 'parent', backing_dir: 'd',\n"
			       "  storage_id: 'static_instance_id_or_moniker' "
			       "} ],\n"
			       "offer: [ { storage: 's', from: 'self',\n"
			       "  to: '#u' } ] }" },
		{ "u", "{ " PROGRAM "use: [ { storage: 's', path: '/s' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/maker/u", "s",
		   "use /maker/u s | offer /maker s | capability /maker s | "
		   "offer / d | expose /disk d | capability /disk d = /disk:/d "
		   "in u/s rights rw*");
	rig_fini(&rig);
}

/* ---- a source that may be absent ---- */

static const struct rig_file absent[] = {
	{ "root", "{ children: [ " CHILD("A") CHILD("B")
			  CHILD("C") "],\n"
				     "offer: [ { protocol: 'database', from: "
				     "'#B', to: '#A',\n"
				     "  source_availability: 'unknown',\n"
				     "  availability: 'optional' } ] }" },
	{ "A", "{ " PROGRAM "use: [ { protocol: 'database',\n"
	       "  availability: 'optional' } ] }" },
	{ "B", "{ " PROGRAM " }" },
	{ "C", "{ " PROGRAM " }" },
	{ NULL, NULL },
};

static void what_may_be_absent_comes_when_it_is_registered(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct grant *g;
	struct rig rig;
	int i;

	(void)state;
	rig_init(&rig, absent);
	for (i = 0; i < 3; i++) {
		rig_expect(&rig, "/A", "database",
			   "use /A database | offer / database = void");
		g = rig_register(&rig, "/B", "database", NULL);
		assert_int_equal(rig_route(&rig, "/A", "database"),
				 ROUTE_ENDED);
		assert_int_equal(rig.route.source, ROUTE_SOURCE_COMPONENT);
		assert_ptr_equal(rig.route.realm, rig_realm(&rig, "/B"));
		rig_check_tree(&rig);
		c = rig_cutting(&told);
		slot_end(grant_slot(g), &c);
		/* The registration went, and the offer's use was told. */
		assert_int_equal(told.n_grants, 1);
		assert_true(rig_was_told(&told,
					 &rig_realm(&rig, "/A")
						  ->tables[TABLE_PROGRAM_INPUT]
						  .slots[0]));
		rig_check_tree(&rig);
	}
	rig_fini(&rig);
}

static void whoever_requires_it_is_refused_until_then(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("A") CHILD(
			  "B") "],\n"
			       "offer: [ { protocol: 'database', from: '#B',\n"
			       "  to: '#A', source_availability: 'unknown' } ]"
			       " }" },
		{ "A", "{ " PROGRAM "use: [ { protocol: 'database' } ] }" },
		{ "B", "{ " PROGRAM " }" },
		{ NULL, NULL },
	};
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/A", "database",
		   "use /A database | offer / database ! void-to-required");
	g = rig_register(&rig, "/B", "database", NULL);
	rig_expect(&rig, "/A", "database",
		   "use /A database | offer / database | expose#1 /B database "
		   "| capability#1 /B database = /B:/svc/database");
	grant_free(g);
	rig_expect(&rig, "/A", "database",
		   "use /A database | offer / database ! void-to-required");
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_says_who_may_have_it),
		cmocka_unit_test(the_client_is_who_opens),
		cmocka_unit_test(an_exposed_directory_is_opened_by_the_parent),
		cmocka_unit_test(storage_asks_for_its_maker),
		cmocka_unit_test(
			what_may_be_absent_comes_when_it_is_registered),
		cmocka_unit_test(whoever_requires_it_is_refused_until_then),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
