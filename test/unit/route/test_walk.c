/* Routes of services that hold: where they go, hop by hop. */
#include "rig.h"

#include <string.h>

#define SEED_A                                                                 \
	"{ program: { binary: 'bin/hippo' },\n"                                \
	"  expose: [ { service: '/svc/fuchsia.example.Foo', from: 'self' } ] " \
	"}"
#define SEED_B                                                                 \
	"{ expose: [ { service: '/svc/fuchsia.example.Foo', from: '#A' } ],\n" \
	"  children: [ { name: 'A', url: 'fuchsia-pkg://f.com/a#meta/a.cm' } " \
	"] }"
#define SEED_C                                                                 \
	"{ offer: [ { service: '/svc/fuchsia.example.Foo', from: '#B',\n"      \
	"    to: [ { dest: '#D' } ] } ],\n"                                    \
	"  children: [\n"                                                      \
	"    { name: 'B', url: 'fuchsia-pkg://f.com/b#meta/b.cm' },\n"         \
	"    { name: 'D', url: 'fuchsia-pkg://f.com/d#meta/d.cm' } ] }"
#define SEED_D                                                                 \
	"{ program: { binary: 'bin/hippo' },\n"                                \
	"  use: [ { service: '/svc/fuchsia.example.Foo' } ] }"

#define MODERN_A                                                               \
	"{ " PROGRAM                                                           \
	"  capabilities: [ { protocol: 'fuchsia.example.Foo' } ],\n"           \
	"  expose: [ { protocol: 'fuchsia.example.Foo', from: 'self' } ] }"
#define MODERN_B                                                               \
	"{ expose: [ { protocol: 'fuchsia.example.Foo', from: '#A' } ],\n"     \
	"  children: [ { name: 'A', url: '#meta/a.cm' } ] }"
#define MODERN_C                                                               \
	"{ offer: [ { protocol: 'fuchsia.example.Foo', from: '#B',\n"          \
	"    to: '#D' } ],\n"                                                  \
	"  children: [ { name: 'B', url: '#meta/b.cm' },\n"                    \
	"    { name: 'D', url: '#meta/d.cm' } ] }"
#define MODERN_D "{ " PROGRAM "  use: [ { protocol: 'fuchsia.example.Foo' } ] }"

static void the_seeds_tree_in_every_mixture_of_dialects(void **state)
{
	static const char *const texts[4][2] = {
		{ SEED_A, MODERN_A },
		{ SEED_B, MODERN_B },
		{ SEED_C, MODERN_C },
		{ SEED_D, MODERN_D },
	};
	unsigned mixture;

	(void)state;
	for (mixture = 0; mixture < 16; mixture++) {
		struct rig_file files[] = {
			{ "a", texts[0][mixture & 1] },
			{ "b", texts[1][mixture >> 1 & 1] },
			{ "root", texts[2][mixture >> 2 & 1] },
			{ "d", texts[3][mixture >> 3 & 1] },
			{ NULL, NULL },
		};
		const char *expected =
			mixture & 1 ? "use /D fuchsia.example.Foo"
				      " | offer / fuchsia.example.Foo"
				      " | expose /B fuchsia.example.Foo"
				      " | expose /B/A fuchsia.example.Foo"
				      " | capability /B/A fuchsia.example.Foo"
				      " = /B/A:/svc/fuchsia.example.Foo"
				    : "use /D fuchsia.example.Foo"
				      " | offer / fuchsia.example.Foo"
				      " | expose /B fuchsia.example.Foo"
				      " | expose /B/A fuchsia.example.Foo"
				      " | self /B/A fuchsia.example.Foo"
				      " = /B/A:/svc/fuchsia.example.Foo";
		struct rig rig;

		rig_init(&rig, files);
		rig_expect(&rig, "/D", "fuchsia.example.Foo", expected);
		/* By either name. */
		rig_expect(&rig, "/D", "/svc/fuchsia.example.Foo", expected);
		/* An expose is routed like a use. */
		rig_expect(&rig, "/B", "fuchsia.example.Foo",
			   strstr(expected, "expose /B "));
		assert_int_equal(rig.n_resolved, 4);
		rig_fini(&rig);
	}
}

/* What is not on the way is never read. */
static void only_the_way_is_resolved(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("user") CHILD("provider")
				  CHILD("bystander") "],\n"
						     "offer: [ { protocol: "
						     "'X', from: '#provider',\n"
						     "  to: '#user' } ] }" },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ "provider",
		  "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
		  "expose: [ { protocol: 'X', from: 'self' } ] }" },
		{ "bystander", "{" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/user");
	assert_int_equal(rig.n_resolved, 2);
	assert_int_equal(route_walk_name(topology_find(&rig.tree, "/user"), "X",
					 &rig.route),
			 ROUTE_UNRESOLVED);
	assert_ptr_equal(rig.route.need, topology_find(&rig.tree, "/provider"));
	rig_expect(&rig, "/user", "X",
		   "use /user X | offer / X | expose /provider X"
		   " | capability /provider X = /provider:/svc/X");
	assert_int_equal(rig.n_resolved, 3);
	assert_int_equal(topology_find(&rig.tree, "/bystander")->state,
			 REALM_UNRESOLVED);
	rig_fini(&rig);
}

static void from_parent_and_grandparent(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "mid") "],\n"
				 "capabilities: [ { protocol: 'X' } ],\n"
				 "offer: [ { protocol: 'X', from: 'self',\n"
				 "  to: '#mid' } ] }" },
		{ "mid",
		  "{ " PROGRAM "children: [ " CHILD(
			  "leaf") "],\n"
				  "use: [ { protocol: 'X', path: '/svc/other' "
				  "} ],\n"
				  "offer: [ { protocol: 'X', from: 'parent',\n"
				  "  to: '#leaf' } ] }" },
		{ "leaf", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/mid", "X",
		   "use /mid X | offer / X | capability / X = /:/svc/X");
	/* Where it stands in the namespace is a name of the use, too. */
	rig_expect(&rig, "/mid", "/svc/other",
		   "use /mid X | offer / X | capability / X = /:/svc/X");
	rig_expect(&rig, "/mid/leaf", "X",
		   "use /mid/leaf X | offer /mid X | offer / X"
		   " | capability / X = /:/svc/X");
	rig_fini(&rig);
}

static void from_the_parents_sibling(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("aunt") CHILD(
			  "mother") "],\n"
				    "offer: [ { protocol: 'X', from: '#aunt',\n"
				    "  to: '#mother' } ] }" },
		{ "aunt", "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
			  "expose: [ { protocol: 'X', from: 'self' } ] }" },
		{ "mother",
		  "{ children: [ " CHILD(
			  "child") "],\n"
				   "offer: [ { protocol: 'X', from: 'parent',\n"
				   "  to: '#child' } ] }" },
		{ "child", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/mother/child", "X",
		   "use /mother/child X | offer /mother X | offer / X"
		   " | expose /aunt X | capability /aunt X = /aunt:/svc/X");
	rig_fini(&rig);
}

static void from_root_to_what_the_host_gave(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "leaf") "],\n"
				  "use: [ { protocol: 'host.Log' },\n"
				  "  { directory: 'srv', path: '/d',\n"
				  "    rights: [ 'r*' ] } ],\n"
				  "offer: [ { protocol: 'host.Log', from: "
				  "'parent',\n"
				  "  to: '#leaf', as: 'Log' },\n"
				  "  { directory: 'state', from: 'parent',\n"
				  "  to: '#leaf', as: 'mine', subdir: 'a/b' } "
				  "] }" },
		{ "leaf", "{ " PROGRAM "use: [ { protocol: 'Log' },\n"
			  "  { directory: 'mine', path: '/mine',\n"
			  "    rights: [ 'rw*' ] } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/", "host.Log", "use / host.Log = builtin");
	rig_expect(&rig, "/", "srv", "use / srv = builtin rights r*");
	rig_expect(&rig, "/leaf", "Log",
		   "use /leaf Log | offer / host.Log>Log = builtin");
	assert_string_equal(rig.route.name, "host.Log");
	assert_null(rig.route.realm);
	rig_expect(&rig, "/leaf", "mine",
		   "use /leaf mine | offer / state>mine = builtin in a/b"
		   " rights rw*");
	assert_string_equal(rig.route.name, "state");
	rig_fini(&rig);
}

static void in_the_seeds_dialect_the_host_is_named_by_path(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ program: { binary: 'x' },\n"
		  "use: [ { service: '/svc/host.Log' },\n"
		  "  { directory: '/srv' } ],\n"
		  "offer: [ { service: '/svc/host.Log', from: 'realm',\n"
		  "  to: [ { dest: '#leaf', as: '/svc/log' } ] } ],\n"
		  "children: [ { name: 'leaf',\n"
		  "  url: 'fuchsia-pkg://x/leaf#meta/leaf.cm' } ] }" },
		{ "leaf", "{ program: { binary: 'x' },\n"
			  "use: [ { service: '/svc/log' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/", "/svc/host.Log", "use / host.Log = builtin");
	rig_expect(&rig, "/", "/srv", "use / /srv = builtin rights r*");
	rig_expect(&rig, "/leaf", "log",
		   "use /leaf log | offer / host.Log>log = builtin");
	rig_fini(&rig);
}

static void renamed_at_every_hop(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("left") CHILD(
			  "right") "],\n"
				   "offer: [ { protocol: 'c', from: '#left',\n"
				   "  to: '#right', as: 'd' } ] }" },
		{ "left",
		  "{ children: [ " CHILD(
			  "far") "],\n"
				 "expose: [ { protocol: 'b', from: '#far',\n"
				 "  as: 'c' } ] }" },
		{ "far", "{ " PROGRAM
			 "capabilities: [ { protocol: 'a', path: '/x/a' } ],\n"
			 "expose: [ { protocol: 'a', from: 'self',\n"
			 "  as: 'b' } ] }" },
		{ "right",
		  "{ children: [ " CHILD(
			  "user") "],\n"
				  "offer: [ { protocol: 'd', from: 'parent',\n"
				  "  to: '#user', as: 'e' } ] }" },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'e',\n"
			  "  path: '/svc/f' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/right/user", "e",
		   "use /right/user e | offer /right d>e | offer / c>d"
		   " | expose /left b>c | expose /left/far a>b"
		   " | capability /left/far a = /left/far:/x/a");
	assert_string_equal(rig.route.name, "a");
	rig_fini(&rig);
}

static void one_capability_under_two_names(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD("one") CHILD(
			  "two") "],\n"
				 "capabilities: [ { protocol: ['X', 'Y'] } ],\n"
				 "offer: [\n"
				 " { protocol: 'X', from: 'self', to: '#one' "
				 "},\n"
				 " { protocol: 'X', from: 'self', to: '#two',\n"
				 "   as: 'Z' },\n"
				 " { protocol: 'Y', from: 'self', to: '#two',\n"
				 "   as: 'X' } ] }" },
		{ "one", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ "two", "{ " PROGRAM "use: [ { protocol: ['X', 'Z'] } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/one", "X",
		   "use /one X | offer / X | capability / X = /:/svc/X");
	rig_expect(&rig, "/two", "Z",
		   "use /two Z | offer / X>Z | capability / X = /:/svc/X");
	/* The same name means another thing to the other child. */
	rig_expect(&rig, "/two", "X",
		   "use /two X | offer / Y>X | capability / Y = /:/svc/Y");
	rig_fini(&rig);
}

static void siblings_in_a_collection(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ " PROGRAM "collections: [ { name: 'pool',\n"
			  "  durability: 'transient' }, { name: 'other',\n"
			  "  durability: 'single_run' } ],\n"
			  "capabilities: [ { protocol: 'X' } ],\n"
			  "offer: [ { protocol: 'X', from: 'self',\n"
			  "  to: '#pool' } ] }" },
		{ "user",
		  "{ " PROGRAM "use: [ { protocol: 'X' } ],\n"
		  "children: [ " CHILD(
			  "below") "],\n"
				   "offer: [ { protocol: 'X', from: 'parent',\n"
				   "  to: '#below', as: 'W' } ] }" },
		{ "below", "{ " PROGRAM "use: [ { protocol: 'W' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_add(&rig, "/", "pool", "w-1", "#meta/user.cm");
	rig_add(&rig, "/", "pool", "w-2", "#meta/user.cm");
	rig_add(&rig, "/", "other", "w-1", "#meta/user.cm");
	rig_expect(&rig, "/pool:w-1", "X",
		   "use /pool:w-1 X | offer / X | capability / X = /:/svc/X");
	rig_expect(&rig, "/pool:w-2", "X",
		   "use /pool:w-2 X | offer / X | capability / X = /:/svc/X");
	rig_expect(&rig, "/pool:w-2/below", "W",
		   "use /pool:w-2/below W | offer /pool:w-2 X>W | offer / X"
		   " | capability / X = /:/svc/X");
	/* An offer to one collection is none to another. */
	rig_expect(&rig, "/other:w-1", "X",
		   "use /other:w-1 X ! use-from-parent-not-found");
	rig_fini(&rig);
}

static void the_frameworks_realm_is_the_asking_manifests_own(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "mid") "],\n"
				 "use: [ { protocol: "
				 "'fuchsia.component.Realm',\n"
				 "  from: 'framework' } ],\n"
				 "offer: [ { protocol: 'fuchsia.sys2.Realm',\n"
				 "  from: 'framework', to: '#mid', as: 'Boss' "
				 "} ] }" },
		{ "mid", "{ program: { binary: 'x' },\n"
			 "use: [ { service: '/svc/fuchsia.sys2.Realm',\n"
			 "  from: 'framework' }, { service: '/svc/Boss' },\n"
			 " { service: '/svc/deep.Realm' } ],\n"
			 "offer: [ { service: '/svc/fuchsia.sys2.Realm',\n"
			 "  from: 'framework', to: [ { dest: '#leaf' } ] } ],\n"
			 "expose: [ { service: '/svc/fuchsia.sys2.Realm',\n"
			 "  from: 'framework', as: '/svc/mids.Realm' } ],\n"
			 "children: [ { name: 'leaf',\n"
			 "  url: 'fuchsia-pkg://x/leaf#meta/leaf.cm' } ] }" },
		{ "leaf", "{ program: { binary: 'x' },\n"
			  "use: [ { service: '/svc/fuchsia.sys2.Realm' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	/* Used: scoped to the user. */
	rig_expect(&rig, "/", "fuchsia.component.Realm",
		   "use / fuchsia.component.Realm = framework");
	assert_string_equal(rig.route.realm->moniker, "/");
	rig_expect(&rig, "/mid", "fuchsia.sys2.Realm",
		   "use /mid fuchsia.sys2.Realm = framework");
	assert_string_equal(rig.route.realm->moniker, "/mid");
	/* Offered on: scoped to who offers. */
	rig_expect(&rig, "/mid", "Boss",
		   "use /mid Boss | offer / fuchsia.sys2.Realm>Boss"
		   " = framework");
	assert_string_equal(rig.route.realm->moniker, "/");
	rig_expect(&rig, "/mid/leaf", "fuchsia.sys2.Realm",
		   "use /mid/leaf fuchsia.sys2.Realm"
		   " | offer /mid fuchsia.sys2.Realm = framework");
	assert_string_equal(rig.route.realm->moniker, "/mid");
	/* Exposed: scoped to who exposes. */
	rig_expect(&rig, "/mid", "mids.Realm",
		   "expose /mid fuchsia.sys2.Realm>mids.Realm = framework");
	assert_string_equal(rig.route.realm->moniker, "/mid");
	rig_fini(&rig);
}

static void use_from_a_child_and_from_self(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "kid") "],\n"
				 "capabilities: [ { protocol: 'own.Y',\n"
				 "  path: '/svc/y' } ],\n"
				 "use: [ { protocol: 'X', from: '#kid',\n"
				 "    dependency: 'weak' },\n"
				 "  { protocol: 'own.Y', from: 'self' } ] }" },
		{ "kid", "{ " PROGRAM "capabilities: [ { protocol: 'Z' } ],\n"
			 "expose: [ { protocol: 'Z', from: 'self',\n"
			 "  as: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/", "X",
		   "use / X | expose /kid Z>X | capability /kid Z"
		   " = /kid:/svc/Z");
	rig_expect(&rig, "/", "own.Y",
		   "use / own.Y | capability / own.Y = /:/svc/y");
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seeds_tree_in_every_mixture_of_dialects),
		cmocka_unit_test(only_the_way_is_resolved),
		cmocka_unit_test(from_parent_and_grandparent),
		cmocka_unit_test(from_the_parents_sibling),
		cmocka_unit_test(from_root_to_what_the_host_gave),
		cmocka_unit_test(
			in_the_seeds_dialect_the_host_is_named_by_path),
		cmocka_unit_test(renamed_at_every_hop),
		cmocka_unit_test(one_capability_under_two_names),
		cmocka_unit_test(siblings_in_a_collection),
		cmocka_unit_test(
			the_frameworks_realm_is_the_asking_manifests_own),
		cmocka_unit_test(use_from_a_child_and_from_self),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
