/*
 * Routes that break: each names the component whose manifest lacks or refuses
 * the capability, the place, the reason, the near miss and the edit that mends
 * it. The expected place is marked by "^" in a manifest; without a mark it is
 * the beginning of the file.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reeve/status.h"

struct broken {
	struct rig_file files[6];
	const char *moniker, *capability;
	const char *rule;
	int status;
	const char *named; /* the moniker that is named */
	const char *file;  /* unless there is a mark */
	const char *text, *fix;
};

#define USER "{ " PROGRAM "use: [ { protocol: 'X' } ] }"

/* clang-format off */
static const struct broken rows[] = {
	{ { { "root", "{ children: [\n^" CHILD("user") "] }" },
	    { "user", USER } },
	  "/user", "X", "use-from-parent-not-found", REEVE_ERR_NOT_FOUND, "/",
	  NULL,
	  "/ does not offer protocol X to /user, which /user uses "
	  "(user.cml:2:8)",
	  "add { protocol: \"X\", from: ..., to: \"#user\" } to \"offer\"" },

	/* A slip in the offer's name. */
	{ { { "root", "{ " PROGRAM "children: [" CHILD("user") "],\n"
		      "capabilities: [ { protocol: 'fuchsia.exampel.Foo' } ],"
		      "\noffer: [\n^{ protocol: 'fuchsia.exampel.Foo',\n"
		      "  from: 'self', to: '#user' } ] }" },
	    { "user", "{ " PROGRAM
		      "use: [ { protocol: 'fuchsia.example.Foo' } ] }" } },
	  "/user", "fuchsia.example.Foo", "use-from-parent-not-found",
	  REEVE_ERR_NOT_FOUND, "/", NULL,
	  "/ does not offer protocol fuchsia.example.Foo to /user, which /user "
	  "uses (user.cml:2:8) (did you mean fuchsia.exampel.Foo?)",
	  "change \"fuchsia.exampel.Foo\" to \"fuchsia.example.Foo\"" },

	/* The right name under another type. */
	{ { { "root", "{ " PROGRAM "children: [" CHILD("user") "],\n"
		      "capabilities: [ { directory: 'data', path: '/d',\n"
		      "  rights: [ 'r*' ] } ],\n"
		      "offer: [\n^{ directory: 'data', from: 'self',\n"
		      "  to: '#user' } ] }" },
	    { "user", "{ " PROGRAM "use: [ { storage: 'data',\n"
		      "  path: '/data' } ] }" } },
	  "/user", "data", "use-from-parent-not-found", REEVE_ERR_NOT_FOUND,
	  "/", NULL,
	  "/ does not offer storage data to /user, which /user uses "
	  "(user.cml:2:8); it is there as a directory",
	  "change \"storage\" to \"directory\"" },

	/* A slip is looked for among the same type only. */
	{ { { "root", "{ " PROGRAM "children: [\n^" CHILD("user") "],\n"
		      "capabilities: [ { directory: 'data1', path: '/d',\n"
		      "  rights: [ 'r*' ] } ],\n"
		      "offer: [ { directory: 'data1', from: 'self',\n"
		      "  to: '#user' } ] }" },
	    { "user", "{ " PROGRAM "use: [ { storage: 'data',\n"
		      "  path: '/data' } ] }" } },
	  "/user", "data", "use-from-parent-not-found", REEVE_ERR_NOT_FOUND,
	  "/", NULL,
	  "/ does not offer storage data to /user, which /user uses "
	  "(user.cml:2:8)",
	  "add { storage: \"data\", from: ..., to: \"#user\" } to \"offer\"" },

	/* Offered, but to somebody else. */
	{ { { "root", "{ " PROGRAM "children: [" CHILD("user") CHILD("other")
		      "],\ncapabilities: [ { protocol: 'X' } ],\n"
		      "offer: [\n^{ protocol: 'X', from: 'self',\n"
		      "  to: '#other' } ] }" },
	    { "user", USER } },
	  "/user", "X", "use-from-parent-not-found", REEVE_ERR_NOT_FOUND, "/",
	  NULL,
	  "/ does not offer protocol X to /user, which /user uses "
	  "(user.cml:2:8); it offers it to #other",
	  "add \"#user\" to the \"to\" of that offer" },

	/* Offered under the name it has at the source. */
	{ { { "root", "{ " PROGRAM "children: [\n^" CHILD("user") "],\n"
		      "capabilities: [ { protocol: 'X' } ],\n"
		      "offer: [ { protocol: 'X', from: 'self',\n"
		      "  to: '#user', as: 'renamed' } ] }" },
	    { "user", USER } },
	  "/user", "X", "use-from-parent-not-found", REEVE_ERR_NOT_FOUND, "/",
	  NULL, "/ does not offer protocol X to /user", "add { protocol" },

	/* The seed's first example: C offers from realm, R does not offer. */
	{ { { "root", "{ children: [\n^" CHILD("c") "] }" },
	    { "c", "{ offer: [ { service: '/svc/X', from: 'realm',\n"
		   "  to: [ { dest: '#user' } ] } ],\n"
		   "children: [ { name: 'user',\n"
		   "  url: 'fuchsia-pkg://x/user#meta/user.cm' } ] }" },
	    { "user", USER } },
	  "/c/user", "X", "offer-from-parent-not-found", REEVE_ERR_NOT_FOUND,
	  "/", NULL,
	  "/ does not offer service X to /c, which /c offers on (c.cml:1:12)",
	  "add { service: \"X\", from: ..., to: \"#c\" } to \"offer\"" },

	/* The seed's second: C offers from its child D, D does not expose. */
	{ { { "root", "{ children: [" CHILD("d") CHILD("user") "],\n"
		      "offer: [ { protocol: 'X', from: '#d',\n"
		      "  to: '#user' } ] }" },
	    { "d", "{ " PROGRAM "capabilities: [ { protocol: 'X' } ] }" },
	    { "user", USER } },
	  "/user", "X", "offer-from-child-expose-not-found",
	  REEVE_ERR_NOT_FOUND, "/d", "d.cml",
	  "/d does not expose protocol X to its parent, which / offers on "
	  "(root.cml:4:10)",
	  "add { protocol: \"X\", from: ... } to \"expose\"" },

	/* Exposed under another name. */
	{ { { "root", "{ children: [" CHILD("d") CHILD("user") "],\n"
		      "offer: [ { protocol: 'Xylophone', from: '#d',\n"
		      "  to: '#user', as: 'X' } ] }" },
	    { "d", "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
		   "expose: [\n^{ protocol: 'X', from: 'self',\n"
		   "  as: 'Xylofone' } ] }" },
	    { "user", USER } },
	  "/user", "X", "offer-from-child-expose-not-found",
	  REEVE_ERR_NOT_FOUND, "/d", NULL,
	  "which / offers on (root.cml:4:10) (did you mean Xylofone?)",
	  "change \"Xylofone\" to \"Xylophone\"" },

	/* Exposed, but not to the parent. */
	{ { { "root", "{ " PROGRAM "children: [" CHILD("d") "],\n"
		      "use: [ { protocol: 'X', from: '#d' } ] }" },
	    { "d", "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
		   "expose: [\n^{ protocol: 'X', from: 'self',\n"
		   "  to: 'framework' } ] }" } },
	  "/", "X", "use-from-child-expose-not-found", REEVE_ERR_NOT_FOUND,
	  "/d", NULL,
	  "/d does not expose protocol X to its parent, which / uses "
	  "(root.cml:4:8); it exposes it to the framework only",
	  "leave out its \"to\"" },

	/* Exposed on from a child that does not. */
	{ { { "root", "{ children: [" CHILD("b") CHILD("user") "],\n"
		      "offer: [ { protocol: 'X', from: '#b',\n"
		      "  to: '#user' } ] }" },
	    { "b", "{ children: [" CHILD("a") "],\n"
		   "expose: [ { protocol: 'X', from: '#a' } ] }" },
	    { "a", "{ " PROGRAM "}" },
	    { "user", USER } },
	  "/user", "X", "expose-from-child-expose-not-found",
	  REEVE_ERR_NOT_FOUND, "/b/a", "a.cml",
	  "/b/a does not expose protocol X to its parent, which /b exposes on "
	  "(b.cml:3:11)",
	  "add { protocol" },

	/* Nothing runs there. */
	{ { { "root", "{ children: [" CHILD("b") CHILD("user") "],\n"
		      "offer: [ { protocol: 'X', from: '#b',\n"
		      "  to: '#user' } ] }" },
	    { "b", "{ capabilities: [\n^{ protocol: 'X' } ],\n"
		   "expose: [ { protocol: 'X', from: 'self' } ] }" },
	    { "user", USER } },
	  "/user", "X", "instance-not-executable", REEVE_ERR_NOT_FOUND, "/b",
	  NULL, "/b provides X but has no program to run", "" },

	/* The package is missing. */
	{ { { "root", "{ children: [ { name: 'b',\n"
		      "  url: ^'#meta/nowhere.cm' }," CHILD("user") "],\n"
		      "offer: [ { protocol: 'X', from: '#b',\n"
		      "  to: '#user' } ] }" },
	    { "user", USER } },
	  "/user", "X", "resolve-failed", REEVE_ERR_NOT_FOUND, "/", NULL,
	  "/b cannot be resolved: there is no such package", "" },

	/* The framework has no such thing. */
	{ { { "root", "{ " PROGRAM "use: [\n^{ protocol: 'fuchsia.sys2.Relm',\n"
		      "  from: 'framework' } ] }" } },
	  "/", "fuchsia.sys2.Relm", "framework-not-found",
	  REEVE_ERR_NOT_FOUND, "/", NULL,
	  "the framework has no protocol fuchsia.sys2.Relm; it provides "
	  "reeve.Registry, reeve.Realm, fuchsia.sys2.Realm and "
	  "fuchsia.component.Realm", "" },
	{ { { "root", "{ " PROGRAM "children: [" CHILD("user") "],\n"
		      "offer: [\n^{ protocol: 'X', from: 'framework',\n"
		      "  to: '#user' } ] }" },
	    { "user", USER } },
	  "/user", "X", "framework-not-found", REEVE_ERR_NOT_FOUND, "/", NULL,
	  "the framework has no protocol X", "" },
	{ { { "root", "{ " PROGRAM "children: [" CHILD("user") "],\n"
		      "offer: [\n^{ directory: 'hub', from: 'framework',\n"
		      "  to: '#user', as: 'X' } ] }" },
	    { "user", "{ " PROGRAM "use: [ { directory: 'X', path: '/hub',\n"
		      "  rights: [ 'r*' ] } ] }" } },
	  "/user", "X", "framework-not-found", REEVE_ERR_NOT_FOUND, "/", NULL,
	  "the framework has no directory hub", "" },

	{ { { "root", "{ " PROGRAM "use: [\n^{ directory:\n"
		      "  'fuchsia.sys2.Realm', from: 'framework', path: '/d',\n"
		      "  rights: ['r*'] } ] }" } },
	  "/", "fuchsia.sys2.Realm", "framework-not-found",
	  REEVE_ERR_NOT_FOUND, "/", NULL,
	  "the framework has no directory fuchsia.sys2.Realm", "" },

	/* The host gave nothing of that name. */
	{ { { "root", "{ " PROGRAM "use: [\n^{ protocol: 'X' } ] }" } },
	  "/", "X", "use-from-component-manager-not-found",
	  REEVE_ERR_NOT_FOUND, "/", NULL,
	  "X is taken from the parent of the root, but nothing was given to "
	  "this tree under that name", "" },
	{ { { "root", "{ children: [" CHILD("user") "],\n"
		      "offer: [\n^{ protocol: 'X', from: 'parent',\n"
		      "  to: '#user' } ] }" },
	    { "user", USER } },
	  "/user", "X", "offer-from-component-manager-not-found",
	  REEVE_ERR_NOT_FOUND, "/", NULL,
	  "X is taken from the parent of the root", "" },
	/* Of the host's, type and name have to fit. */
	{ { { "root", "{ " PROGRAM "use: [\n^{ protocol: 'srv' } ] }" } },
	  "/", "srv", "use-from-component-manager-not-found",
	  REEVE_ERR_NOT_FOUND, "/", NULL, "srv is taken from the parent", "" },

	/* Storage: no directory behind it. */
	{ { { "root", "{ children: [\n^" CHILD("mid") "] }" },
	    { "mid", "{ children: [" CHILD("user") "],\n"
		     "capabilities: [ { storage: 'X', from: 'parent',\n"
		     "  backing_dir: 'disk',\n"
		     "  storage_id: 'static_instance_id_or_moniker' } ],\n"
		     "offer: [ { storage: 'X', from: 'self',\n"
		     "  to: '#user' } ] }" },
	    { "user", "{ " PROGRAM
		      "use: [ { storage: 'X', path: '/data' } ] }" } },
	  "/mid/user", "X", "storage-from-parent-not-found",
	  REEVE_ERR_NOT_FOUND, "/", NULL,
	  "/ does not offer directory disk to /mid, which /mid keeps storage "
	  "in (mid.cml:3:17)",
	  "add { directory: \"disk\", from: ..., to: \"#mid\" } to \"offer\"" },
	{ { { "root", "{ children: [" CHILD("disk") CHILD("user") "],\n"
		      "capabilities: [ { storage: 'X', from: '#disk',\n"
		      "  backing_dir: 'disk',\n"
		      "  storage_id: 'static_instance_id_or_moniker' } ],\n"
		      "offer: [ { storage: 'X', from: 'self',\n"
		      "  to: '#user' } ] }" },
	    { "disk", "{ " PROGRAM "}" },
	    { "user", "{ " PROGRAM
		      "use: [ { storage: 'X', path: '/data' } ] }" } },
	  "/user", "X", "storage-from-child-expose-not-found",
	  REEVE_ERR_NOT_FOUND, "/disk", "disk.cml",
	  "/disk does not expose directory disk to its parent, which / keeps "
	  "storage in (root.cml:4:17)",
	  "add { directory" },

	/* Void is for those that can do without. */
	{ { { "root", "{ children: [" CHILD("user") "],\n"
		      "offer: [\n^{ protocol: 'X', from: 'void',\n"
		      "  to: '#user', availability: 'optional' } ] }" },
	    { "user", USER } },
	  "/user", "X", "availability", REEVE_ERR_NOT_FOUND, "/", NULL,
	  "X is required for its user, but this offer promises only optional",
	  "" },

	/* A storage that may be absent needs its directory all the same. */
	{ { { "root", "{ children: [" CHILD("mid") "],\n"
		      "offer: [\n^{ directory: 'disk', from: 'void',\n"
		      "  to: '#mid', availability: 'optional' } ] }" },
	    { "mid", "{ children: [" CHILD("user") "],\n"
		     "capabilities: [ { storage: 'X', from: 'parent',\n"
		     "  backing_dir: 'disk',\n"
		     "  storage_id: 'static_instance_id_or_moniker' } ],\n"
		     "offer: [ { storage: 'X', from: 'self',\n"
		     "  to: '#user', availability: 'same_as_target' } ] }" },
	    { "user", "{ " PROGRAM "use: [ { storage: 'X', path: '/data',\n"
		      "  availability: 'optional' } ] }" } },
	  "/mid/user", "X", "availability", REEVE_ERR_NOT_FOUND, "/", NULL,
	  "disk is required for its user, but this offer promises only "
	  "optional", "" },

	/* What is understood and not routed. */
	{ { { "root", "{ " PROGRAM "use: [\n^{ event_stream: 'started',\n"
		      "  path: '/events/started', from: 'parent' } ] }" } },
	  "/", "started", "event-stream-unsupported", REEVE_ERR_NOT_SUPPORTED,
	  "/", NULL, "the event stream started cannot be routed", "" },

	/* Not even asked for. */
	{ { { "root", "{ " PROGRAM "use: [ { protocol: 'host.Log' } ] }" } },
	  "/", "/svc/host.Lgo", "not-used", REEVE_ERR_NOT_FOUND, "/",
	  "root.cml",
	  "/ neither uses nor exposes host.Lgo (did you mean host.Log?)", "" },
	/* What is exposed to the framework only is nothing to the parent. */
	{ { { "root", "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
		      "expose: [ { protocol: 'X', from: 'self',\n"
		      "  to: 'framework' } ] }" } },
	  "/", "X", "not-used", REEVE_ERR_NOT_FOUND, "/", "root.cml",
	  "/ neither uses nor exposes X", "" },
	{ { { "root", "{ " PROGRAM "}" } },
	  "/", "X", "not-used", REEVE_ERR_NOT_FOUND, "/", "root.cml",
	  "/ neither uses nor exposes X", "" },
};
/* clang-format on */

static void assert_has(const char *text, const char *part, const char *what)
{
	if (*part ? !strstr(text, part) : *text)
		fail_msg("%s is\n  %s\nwithout\n  %s", what, text, part);
}

static void row_check(const struct broken *row)
{
	struct rig rig;
	const struct why *w = &rig.route.why;
	const char *file = row->file;
	struct place place = place_at(1, 1);

	rig_init(&rig, row->files);
	if (rig_route(&rig, row->moniker, row->capability) != ROUTE_BROKEN)
		fail_msg("%s: %s of %s was routed", row->rule, row->capability,
			 row->moniker);
	if (strcmp(w->rule, row->rule) != 0)
		fail_msg("%s instead of %s: %s", w->rule, row->rule,
			 text_string(&w->text));
	assert_int_equal(w->status, row->status);
	assert_string_equal(w->realm->moniker, row->named);
	if (!file) {
		file = rig.marked_file;
		place = rig.marked;
	}
	if (w->place.line != place.line || w->place.column != place.column ||
	    strcmp(w->file, file) != 0)
		fail_msg("%s: %s:%u:%u instead of %s:%u:%u", row->rule, w->file,
			 w->place.line, w->place.column, file, place.line,
			 place.column);
	assert_has(text_string(&w->text), row->text, "the reason");
	assert_has(text_string(&w->fix), row->fix, "the fix");
	/* The hops that held end where it broke, at the latest. */
	assert_true(rig.route.n_hops > 0 || !strcmp(row->rule, "not-used"));
	rig_fini(&rig);
}

static void every_way_to_break(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++)
		row_check(&rows[i]);
}

/* A dynamic child that has no place in any file. */
static void dynamic_children(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ " PROGRAM "collections: [ { name: 'pool',\n"
			  "  durability: 'transient' } ] }" },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_add(&rig, "/", "pool", "w", "#meta/user.cm");
	rig_expect(&rig, "/pool:w", "X",
		   "use /pool:w X ! use-from-parent-not-found");
	assert_string_equal(rig.route.why.file, "root.cml");
	assert_string_equal(
		text_string(&rig.route.why.fix),
		"add { protocol: \"X\", from: ..., to: \"#pool\" } to "
		"\"offer\"");
	rig_fini(&rig);
}

/* A child that went away after its parent's manifest was read. */
static void a_child_that_is_gone(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [" CHILD(
			  "b") "],\n"
			       "use: [\n^{ protocol: 'X', from: '#b' } ] }" },
		{ "b", "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
		       "expose: [ { protocol: 'X', from: 'self' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/");
	realm_remove(topology_find(&rig.tree, "/b"));
	rig_expect(&rig, "/", "X", "use / X ! from-child-instance-not-found");
	assert_string_equal(rig.route.why.realm->moniker, "/");
	assert_memory_equal(&rig.route.why.place, &rig.marked,
			    sizeof(rig.marked));
	assert_int_equal(rig.route.why.status, REEVE_ERR_NOT_FOUND);
	rig_fini(&rig);
}

/* A used route is empty again before the next one is walked into it. */
static void nothing_of_the_last_walk_is_left(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "capabilities: [ { protocol: 'own.Y' } ],\n"
		  "use: [ { protocol: 'X' },\n"
		  "  { protocol: 'own.Y', from: 'self' },\n"
		  "  { directory: 'srv', path: '/d', subdir: 's',\n"
		  "    rights: ['r*'] } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/", "srv", "use / srv = builtin in s rights r*");
	rig_expect(&rig, "/", "X",
		   "use / X ! use-from-component-manager-not-found");
	assert_int_equal(rig.route.subdir.n, 0);
	rig_expect(&rig, "/", "own.Y",
		   "use / own.Y | capability / own.Y = /:/svc/own.Y");
	assert_int_equal(rig.route.why.text.n, 0);
	assert_null(rig.route.why.rule);
	rig_expect(&rig, "/", "X",
		   "use / X ! use-from-component-manager-not-found");
	assert_null(rig.route.path);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_to_break),
		cmocka_unit_test(dynamic_children),
		cmocka_unit_test(a_child_that_is_gone),
		cmocka_unit_test(nothing_of_the_last_walk_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
