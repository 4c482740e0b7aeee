/* Services that are put together from several sources, and configuration. */
#include "rig.h"

#include <string.h>

#include "reeve/status.h"
#include "route/cut.h"
#include "route/survey.h"

#define PROVIDER                                                               \
	"{ " PROGRAM "capabilities: [ { service: 'X' } ],\n"                     \
	"expose: [ { service: 'X', from: 'self' } ] }"

static void from_several_children(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a") CHILD("b") CHILD("user")
			  "],\n"
			  "offer: [ { service: 'X', from: [ '#a', '#b' ],\n"
			  "  to: '#user' } ] }" },
		{ "a", PROVIDER },
		{ "b", PROVIDER },
		{ "user", "{ " PROGRAM "use: [ { service: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct survey s;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "X", "use /user X = / of a b");
	rig_expect_instance(&rig, "/user", "X", "b",
			    "use /user X | offer / X | expose /b X | "
			    "capability /b X = /b:/svc/X");
	rig_expect_instance(&rig, "/user", "X", "c",
			    "use /user X ! instance-not-found");
	assert_non_null(rig_realm(&rig, "/a"));
	assert_int_equal(survey_take(&rig.tree, NULL, NULL, &s), 0);
	assert_int_equal(s.n, 4); /* two exposes, two instances */
	assert_string_equal(s.routes[3].instance, "b");
	assert_string_equal(s.routes[3].provider->moniker, "/b");
	survey_fini(&s);
	rig_fini(&rig);
}

static void from_a_collection(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("user") "],\n"
			  "collections: [ { name: 'pool',\n"
			  "  durability: 'transient' } ],\n"
			  "offer: [ { service: 'X', from: '#pool',\n"
			  "  to: '#user' } ] }" },
		{ "worker", PROVIDER },
		{ "idler", "{ " PROGRAM "}" },
		{ "user", "{ " PROGRAM "use: [ { service: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "X", "use /user X | offer / X = / of");
	rig_add(&rig, "/", "pool", "one", "#meta/worker.cm");
	rig_add(&rig, "/", "pool", "two", "#meta/worker.cm");
	rig_add(&rig, "/", "pool", "idler", "#meta/idler.cm");
	rig_expect(&rig, "/user", "X", "use /user X | offer / X = / of one two");
	rig_expect_instance(&rig, "/user", "X", "two",
			    "use /user X | offer / X | expose /pool:two X | "
			    "capability /pool:two X = /pool:two:/svc/X");
	rig_fini(&rig);
}

/* A service of one source has no other instances. */
static void no_instance_that_is_not_there(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a") CHILD("user") "],\n"
			  "offer: [ { service: 'X', from: '#a',\n"
			  "  to: '#user' } ] }" },
		{ "a", PROVIDER },
		{ "user", "{ " PROGRAM "use: [ { service: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect_instance(&rig, "/user", "X", "other",
			    "use /user X | offer / X | expose /a X | "
			    "capability /a X ! instance-not-found");
	rig_expect_instance(&rig, "/user", "X", "default",
			    "use /user X | offer / X | expose /a X | "
			    "capability /a X = /a:/svc/X");
	rig_fini(&rig);
}

static void on_slot(void *userdata, struct slot *s)
{
	(void)userdata;
	(void)s;
}

static void on_grant(void *userdata, struct grant *g)
{
	(void)userdata;
	(void)g;
}

/* Of two sources one is taken back: the other is still what it was called. */
static void what_is_left_keeps_its_name(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a") CHILD("b") CHILD("user")
			  "],\n"
			  "offer: [ { service: 'X', from: [ '#a', '#b' ],\n"
			  "  to: '#user' } ] }" },
		{ "a", PROVIDER },
		{ "b", PROVIDER },
		{ "user", "{ " PROGRAM "use: [ { service: 'X' } ] }" },
		{ NULL, NULL },
	};
	const struct cutting c = { on_slot, on_grant, NULL };
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	slot_cut(&rig_realm(&rig, "/user")->tables[TABLE_INPUT].slots[0],
		 SLOT_CUT_BY_OPERATOR, &c);
	rig_expect(&rig, "/user", "X", "use /user X = / of b");
	rig_expect_instance(&rig, "/user", "X", "b",
			    "use /user X | offer / X | expose /b X | "
			    "capability /b X = /b:/svc/X");
	rig_expect_instance(&rig, "/user", "X", "a",
			    "use /user X | offer / X ! revoked");
	rig_fini(&rig);
}

/* What is put together of what is put together. */
static void inside_each_other(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("pair") CHILD("one")
			  CHILD("user") "],\n"
			  "offer: [ { service: 'X', from: [ '#pair', '#one' ],\n"
			  "  to: '#user' } ] }" },
		{ "pair", "{ children: [ { name: 'left',\n"
			  "  url: '#meta/one.cm' }, { name: 'right',\n"
			  "  url: '#meta/one.cm' } ],\n"
			  "expose: [ { service: 'X',\n"
			  "  from: [ '#left', '#right' ] } ] }" },
		{ "one", PROVIDER },
		{ "user", "{ " PROGRAM "use: [ { service: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct survey s;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "X", "use /user X = / of pair one");
	rig_expect_instance(&rig, "/user", "X", "pair",
			    "use /user X | offer / X = /pair of left right");
	rig_expect_instance(&rig, "/user", "X", "pair:right",
			    "use /user X | offer / X | expose /pair X | "
			    "expose /pair/right X | capability /pair/right X = "
			    "/pair/right:/svc/X");
	assert_non_null(rig_realm(&rig, "/pair/left"));
	assert_non_null(rig_realm(&rig, "/one"));
	assert_int_equal(survey_take(&rig.tree, NULL, NULL, &s), 0);
	/* Five exposes, and the three that the user reaches. */
	assert_int_equal(s.n, 8);
	assert_string_equal(s.routes[5].instance, "pair:left");
	assert_string_equal(s.routes[6].provider->moniker, "/pair/right");
	assert_string_equal(s.routes[7].instance, "one");
	survey_fini(&s);
	rig_fini(&rig);
}

static void filtered_and_renamed(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("a") CHILD("b") CHILD("user") "],\n"
		  "offer: [ { service: 'X', from: '#a', to: '#user',\n"
		  "  renamed_instances: [ { source_name: 'default',\n"
		  "   target_name: 'left' } ] },\n"
		  " { service: 'X', from: '#b', to: '#user',\n"
		  "  renamed_instances: [ { source_name: 'default',\n"
		  "   target_name: 'right' } ] } ] }" },
		{ "a", PROVIDER },
		{ "b", PROVIDER },
		{ "user", "{ " PROGRAM "use: [ { service: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "X", "use /user X = / of left right");
	rig_expect_instance(&rig, "/user", "X", "right",
			    "use /user X | offer / X | expose /b X | "
			    "capability /b X = /b:/svc/X");
	rig_fini(&rig);
}

static void configuration(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("user") "],\n"
		  "capabilities: [ { config: 'size', type: 'uint8',\n"
		  "  value: 7 }, { config: 'name', type: 'string',\n"
		  "  max_size: 10, value: 'x' } ],\n"
		  "offer: [ { config: [ 'size', 'name' ], from: 'self',\n"
		  "  to: '#user' } ] }" },
		{ "user", "{ " PROGRAM
			  "config: { size: { type: 'uint8' },\n"
			  " name: { type: 'string', max_size: 20 } },\n"
			  "use: [ { config: 'size', key: 'size',\n"
			  "  type: 'uint8' },\n"
			  " { config: 'name', key: 'name', type: 'string',\n"
			  "  max_size: 20 } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "size",
		   "use /user size | offer / size | capability / size = /");
	assert_int_equal(rig.route.source, ROUTE_SOURCE_DECLARATION);
	assert_string_equal(rig.route.declaration->value, "7");
	rig_expect(&rig, "/user", "name",
		   "use /user name | offer / name | capability / name ! "
		   "config-type-mismatch");
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_several_children),
		cmocka_unit_test(from_a_collection),
		cmocka_unit_test(no_instance_that_is_not_there),
		cmocka_unit_test(what_is_left_keeps_its_name),
		cmocka_unit_test(inside_each_other),
		cmocka_unit_test(filtered_and_renamed),
		cmocka_unit_test(configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
