/* Grants: what is asked for, what appears where, how often it is good. */
#include "rig_grant.h"

#include <stdio.h>
#include <string.h>

#include "reeve/status.h"

static const struct rig_file files[] = {
	{ "root",
	  "{ " PROGRAM "children: [ " CHILD("a") CHILD("b")
		  CHILD("silent") "],\n"
				  "collections: [ { name: 'pool',\n"
				  "  durability: 'transient' } ],\n"
				  "capabilities: [ { protocol: 'own' },\n"
				  "  { protocol: 'other' },\n"
				  "  { directory: 'data', path: '/data',\n"
				  "    rights: [ 'rw*' ] },\n"
				  "  { storage: 'cache', from: 'self',\n"
				  "    backing_dir: 'data', storage_id:\n"
				  "    'static_instance_id_or_moniker' } ],\n"
				  "offer: [ { protocol: 'fixed', from: '#b',\n"
				  "  to: '#a' } ] }" },
	{ "a", "{ " PROGRAM "children: [ " CHILD(
		       "aa") "],\n"
			     "capabilities: [ { protocol: 'mine' } ],\n"
			     "use: [ { protocol: 'fixed' },\n"
			     "  { protocol: 'wanted', path: '/svc/w' } ] }" },
	{ "aa", "{ " PROGRAM " }" },
	{ "b", "{ " PROGRAM "capabilities: [ { protocol: 'fixed' },\n"
	       "  { directory: 'books', path: '/books', rights: [ 'r*' ] } ],\n"
	       "expose: [ { protocol: 'fixed', from: 'self' },\n"
	       "  { directory: 'books', from: 'self' } ] }" },
	{ "silent", "{ }" },
	{ "w", "{ " PROGRAM "capabilities: [ { protocol: 'fixed' } ],\n"
	       "expose: [ { protocol: 'fixed', from: 'self' } ] }" },
	{ NULL, NULL },
};

static struct slot *find(struct rig *rig, const char *moniker,
			 enum table_kind table, enum capability_type type,
			 const char *name)
{
	return realm_find_slot(rig_realm(rig, moniker), table, type, name);
}

static void a_grant_is_in_the_input_and_in_the_programs_input(void **state)
{
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	g = rig_give(&rig, "/", "/a", &(struct grant_spec){ .name = "own" });
	assert_int_equal(g->kind, GRANT_OFFER);
	assert_ptr_equal(g->by, rig.tree.root);
	assert_ptr_equal(g->to, rig_realm(&rig, "/a"));
	assert_int_equal(g->uses_left, GRANT_USES_ANY);
	assert_ptr_equal(
		find(&rig, "/a", TABLE_INPUT, CAPABILITY_SERVICE, "own"),
		&g->slots[0]);
	assert_ptr_equal(find(&rig, "/a", TABLE_PROGRAM_INPUT,
			      CAPABILITY_SERVICE, "own"),
			 &g->slots[1]);
	assert_null(find(&rig, "/a", TABLE_PROGRAM_OUTPUT, CAPABILITY_SERVICE,
			 "own"));
	assert_null(find(&rig, "/a", TABLE_OUTPUT, CAPABILITY_SERVICE, "own"));
	assert_null(find(&rig, "/b", TABLE_INPUT, CAPABILITY_SERVICE, "own"));
	assert_ptr_equal(grant_slot(g), &g->slots[1]);
	assert_string_equal(g->decls[1].path, "/svc/own");
	rig_expect_grant(&rig, g,
			 "use#1 /a own | offer#1 / own | capability / own = "
			 "/:/svc/own");
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void what_the_manifest_uses_needs_no_second_name(void **state)
{
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/a", "wanted",
		   "use /a wanted ! use-from-parent-not-found");
	g = rig_give(&rig, "/", "/a",
		     &(struct grant_spec){ .name = "own", .as = "wanted" });
	assert_false(g->has_slot[1]);
	assert_ptr_equal(grant_slot(g), &g->slots[0]);
	rig_expect(&rig, "/a", "wanted",
		   "use /a wanted | offer#1 / own>wanted | capability / own = "
		   "/:/svc/own");
	rig_expect_grant(&rig, g,
			 "offer#1 / own>wanted | capability / own = "
			 "/:/svc/own");
	rig_fini(&rig);
}

static void without_a_program_there_is_nobody_to_show_it_to(void **state)
{
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	g = rig_give(&rig, "/", "/silent",
		     &(struct grant_spec){ .name = "own" });
	assert_true(g->has_slot[0]);
	assert_false(g->has_slot[1]);
	rig_fini(&rig);
}

struct source_row {
	const char *from, *name;
	enum capability_type type;
	const char *to, *summary;
};

static void sources(void **state)
{
	static const struct source_row rows[] = {
		{ NULL, "own", CAPABILITY_SERVICE, "/a",
		  "use#1 /a own | offer#1 / own | capability / own = "
		  "/:/svc/own" },
		{ "", "data", CAPABILITY_DIRECTORY, "/a",
		  "use#1 /a data | offer#1 / data | capability / data = "
		  "/:/data rights rw*" },
		{ "self", "own", CAPABILITY_SERVICE, "/a",
		  "use#1 /a own | offer#1 / own | capability / own = "
		  "/:/svc/own" },
		{ "#b", "fixed", CAPABILITY_SERVICE, "/pool:x",
		  "use#1 /pool:x fixed | offer#1 / fixed | expose /b fixed | "
		  "capability /b fixed = /b:/svc/fixed" },
		{ "#pool:w", "fixed", CAPABILITY_SERVICE, "/silent",
		  "offer#1 / fixed | expose /pool:w fixed | capability "
		  "/pool:w fixed = /pool:w:/svc/fixed" },
		{ "#b", "books", CAPABILITY_DIRECTORY, "/a",
		  "use#1 /a books | offer#1 / books | expose /b books | "
		  "capability /b books = /b:/books rights r*" },
		{ "self", "cache", CAPABILITY_STORAGE, "/a",
		  "use#1 /a cache | offer#1 / cache | capability / cache | "
		  "capability / data = /:/data in a/cache rights rw*" },
		{ "parent", "host.Log", CAPABILITY_SERVICE, "/a",
		  "use#1 /a host.Log | offer#1 / host.Log = builtin" },
		{ "realm", "state", CAPABILITY_DIRECTORY, "/a",
		  "use#1 /a state | offer#1 / state = builtin" },
		/* Nothing of that name anywhere: looked for at its parent. */
		{ NULL, "nothing", CAPABILITY_SERVICE, "/a",
		  "use#1 /a nothing | offer#1 / nothing ! "
		  "offer-from-component-manager-not-found" },
		{ "self", "nothing", CAPABILITY_SERVICE, "/a",
		  "use#1 /a nothing | offer#1 / nothing ! "
		  "offer-from-self-not-found" },
		{ "#a", "mine", CAPABILITY_SERVICE, "/a",
		  "use#1 /a mine | offer#1 / mine ! "
		  "offer-from-child-expose-not-found" },
		/* The type is part of the name. */
		{ "self", "data", CAPABILITY_SERVICE, "/a",
		  "use#1 /a data | offer#1 / data ! "
		  "offer-from-self-not-found" },
	};
	struct grant_spec spec;
	struct rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		rig_init(&rig, files);
		rig_add(&rig, "/", "pool", "w", "#meta/w.cm");
		rig_add(&rig, "/", "pool", "x", "#meta/w.cm");
		spec = (struct grant_spec){ .from = rows[i].from,
					    .name = rows[i].name,
					    .type = rows[i].type };
		rig_expect_grant(&rig, rig_give(&rig, "/", rows[i].to, &spec),
				 rows[i].summary);
		rig_check_tree(&rig);
		rig_fini(&rig);
	}
}

/* What was given is given on before what one has of one's own by that name. */
static void a_giver_means_its_input_first(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_give(&rig, "/", "/a",
		 &(struct grant_spec){ .name = "own", .as = "mine" });
	rig_expect_grant(&rig,
			 rig_give(&rig, "/a", "/a/aa",
				  &(struct grant_spec){ .name = "mine" }),
			 "use#2 /a/aa mine | offer#2 /a mine | offer#1 / "
			 "own>mine | capability / own = /:/svc/own");
	rig_expect_grant(&rig,
			 rig_give(&rig, "/a", "/a/aa",
				  &(struct grant_spec){ .name = "mine",
							.from = "self",
							.as = "second" }),
			 "use#3 /a/aa second | offer#3 /a mine>second | "
			 "capability /a mine = /a:/svc/mine");
	rig_fini(&rig);
}

struct refused_row {
	const char *by, *to;
	struct grant_spec spec;
	const char *sentence;
};

#define SPEC(...)                                                              \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
#define PATHS                                                                  \
	" is not a path in a namespace: it must be absolute, without \".\", "  \
	"\"..\" and empty parts"

static const struct refused_row refused[] = {
	{ "/", "/a", SPEC(.name = NULL),
	  "\"\" is not the name of a capability" },
	{ "/", "/a", SPEC(.name = ""), "\"\" is not the name of a capability" },
	{ "/", "/a", SPEC(.name = "a b"),
	  "\"a b\" is not the name of a capability" },
	{ "/", "/a", SPEC(.name = ".."),
	  "\"..\" is not the name of a capability" },
	{ "/", "/a", SPEC(.name = "/x/../y"),
	  "\"/x/../y\" is not the name of a capability" },
	{ "/", "/a", SPEC(.name = "own", .as = "x/y"),
	  "\"x/y\" is not the name of a capability" },
	{ "/", "/a", SPEC(.name = "own", .as = "-x"),
	  "\"-x\" is not the name of a capability" },
	{ "/", "/a", SPEC(.name = "own", .type = CAPABILITY_RUNNER),
	  "only services, directories and storage can be granted" },
	{ "/", "/a", SPEC(.name = "own", .path = "svc/own"),
	  "\"svc/own\"" PATHS },
	{ "/", "/a", SPEC(.name = "own", .path = "/"), "\"/\"" PATHS },
	{ "/", "/a", SPEC(.name = "own", .path = "/svc/../own"),
	  "\"/svc/../own\"" PATHS },
	{ "/", "/a", SPEC(.name = "own", .path = "/svc//own"),
	  "\"/svc//own\"" PATHS },
	{ "/", "/a",
	  SPEC(.name = "data", .type = CAPABILITY_DIRECTORY, .subdir = "/x"),
	  "\"/x\" is not a relative path below a directory" },
	{ "/", "/a",
	  SPEC(.name = "data", .type = CAPABILITY_DIRECTORY,
	       .subdir = "x/../../y"),
	  "\"x/../../y\" is not a relative path below a directory" },
	{ "/", "/a", SPEC(.name = "own", .rights = RIGHTS_R),
	  "only directories have rights and a subdirectory" },
	{ "/", "/a", SPEC(.name = "own", .subdir = "x"),
	  "only directories have rights and a subdirectory" },
	{ "/", "/a",
	  SPEC(.name = "cache", .type = CAPABILITY_STORAGE, .rights = RIGHTS_R),
	  "only directories have rights and a subdirectory" },
	{ "/", "/a",
	  SPEC(.name = "data", .type = CAPABILITY_DIRECTORY,
	       .rights = 0x80000000u | RIGHTS_R),
	  "the rights are none of fuchsia.io's" },
	{ "/", "/a/aa", SPEC(.name = "own"), "/a/aa is not a child of /" },
	{ "/a", "/", SPEC(.name = "mine"), "/ is not a child of /a" },
	{ "/a", "/b", SPEC(.name = "mine"), "/b is not a child of /a" },
	{ "/a", "/a", SPEC(.name = "fixed"), "a copy needs a name of its own" },
	{ "/a", "/a", SPEC(.name = "fixed", .as = "fixed"),
	  "a copy needs a name of its own" },
	{ "/", "/a", SPEC(.name = "own", .from = "#nobody"),
	  "\"#nobody\" is not a source: it is \"parent\", \"self\" or \"#\" "
	  "and "
	  "the name of a child of /" },
	{ "/", "/a", SPEC(.name = "own", .from = "b"),
	  "\"b\" is not a source: it is \"parent\", \"self\" or \"#\" and the "
	  "name of a child of /" },
	{ "/", "/a", SPEC(.name = "own", .from = "#"),
	  "\"#\" is not a source: it is \"parent\", \"self\" or \"#\" and the "
	  "name of a child of /" },
	{ "/", "/a", SPEC(.name = "own", .from = "#pool:nobody"),
	  "\"#pool:nobody\" is not a source: it is \"parent\", \"self\" or "
	  "\"#\" and the name of a child of /" },
	{ "/", "/a", SPEC(.name = "own", .from = "#pool"),
	  "\"#pool\" is not a source: it is \"parent\", \"self\" or \"#\" and "
	  "the name of a child of /" },
	{ "/", "/a", SPEC(.name = "own", .from = "#a/aa"),
	  "\"#a/aa\" is not a source: it is \"parent\", \"self\" or \"#\" and "
	  "the name of a child of /" },
	{ "/", "/a", SPEC(.name = "own", .from = "framework"),
	  "\"framework\" is not a source: it is \"parent\", \"self\" or \"#\" "
	  "and the name of a child of /" },
};

static void what_is_wrong_with_a_request_is_said(void **state)
{
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	for (i = 0; i < N_ELEMENTS(refused); i++)
		rig_give_refused(&rig, refused[i].by, refused[i].to,
				 &refused[i].spec, GRANT_INVALID,
				 refused[i].sentence);
	assert_int_equal(rig.tree.last_grant, 0);
	rig_fini(&rig);
}

static void long_words_are_refused(void **state)
{
	char name[GRANT_NAME_MAX + 2], from[2 * GRANT_NAME_MAX + 8];
	struct grant_spec spec = { .name = name };
	struct grant *g = NULL;
	struct text why = TEXT_INIT;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	memset(name, 'n', sizeof(name));
	name[GRANT_NAME_MAX + 1] = 0;
	assert_int_equal(grant_new(rig_realm(&rig, "/"), rig_realm(&rig, "/a"),
				   &spec, &g, &why),
			 GRANT_INVALID);
	name[GRANT_NAME_MAX] = 0;
	g = rig_give(&rig, "/", "/a", &spec);
	assert_int_equal(strlen(g->decls[1].path), 5 + GRANT_NAME_MAX);

	/* A collection's name longer than any. */
	memset(from, 'c', sizeof(from));
	memcpy(from + sizeof(from) - 3, ":x", 3);
	from[0] = '#';
	spec = (struct grant_spec){ .name = "own", .from = from };
	text_clear(&why);
	assert_int_equal(grant_new(rig_realm(&rig, "/"), rig_realm(&rig, "/a"),
				   &spec, &g, &why),
			 GRANT_INVALID);
	text_fini(&why);
	rig_fini(&rig);
}

static void a_copy_is_of_a_realm_that_is_known(void **state)
{
	struct grant_spec spec = { .name = "fixed", .as = "copy" };
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	struct realm *a;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_realm(&rig, "/");
	a = topology_find(&rig.tree, "/a");
	assert_int_equal(a->state, REALM_UNRESOLVED);
	assert_int_equal(grant_new(a, a, &spec, &g, &why), GRANT_INVALID);
	assert_string_equal(text_string(&why), "/a has no manifest yet");
	text_fini(&why);
	rig_fini(&rig);
}

static void what_is_there_is_not_given_twice(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_give_refused(&rig, "/", "/a",
			 &(struct grant_spec){ .name = "fixed" }, GRANT_EXISTS,
			 "/a has service fixed already");
	rig_give(&rig, "/", "/a", &(struct grant_spec){ .name = "own" });
	rig_give_refused(&rig, "/", "/a",
			 &(struct grant_spec){ .name = "other", .as = "own" },
			 GRANT_EXISTS, "/a has service own already");
	/* Another name, but the same place in the namespace. */
	rig_give_refused(
		&rig, "/", "/a",
		&(struct grant_spec){ .name = "other", .path = "/svc/fixed" },
		GRANT_EXISTS, "/a has something at /svc/fixed already");
	rig_give_refused(
		&rig, "/", "/a",
		&(struct grant_spec){ .name = "other", .path = "/svc/own" },
		GRANT_EXISTS, "/a has something at /svc/own already");
	/* Another type is something else. */
	rig_give(&rig, "/", "/a",
		 &(struct grant_spec){ .name = "data",
				       .as = "own",
				       .type = CAPABILITY_DIRECTORY });
	assert_int_equal(rig.tree.grants_by_id.n, 2);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

static void where_it_appears(void **state)
{
	static const struct {
		struct grant_spec spec;
		const char *path;
	} rows[] = {
		{ SPEC(.name = "own"), "/svc/own" },
		{ SPEC(.name = "own", .as = "x"), "/svc/x" },
		{ SPEC(.name = "own", .as = "x", .path = "/run/x"), "/run/x" },
		{ SPEC(.name = "data", .type = CAPABILITY_DIRECTORY),
		  "/grants/data" },
		{ SPEC(.name = "/old/data", .type = CAPABILITY_DIRECTORY),
		  "/grants/old/data" },
		{ SPEC(.name = "cache", .type = CAPABILITY_STORAGE),
		  "/grants/cache" },
		{ SPEC(.name = "data", .as = "d", .path = "",
		       .type = CAPABILITY_DIRECTORY),
		  "/grants/d" },
	};
	struct rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		rig_init(&rig, files);
		assert_string_equal(
			rig_give(&rig, "/", "/a", &rows[i].spec)->decls[1].path,
			rows[i].path);
		rig_fini(&rig);
	}
}

static void a_grant_keeps_its_own_words(void **state)
{
	char name[] = "data", as[] = "d", path[] = "/mnt/d", subdir[] = "x/y",
	     from[] = "self";
	struct grant_spec spec = { .type = CAPABILITY_DIRECTORY,
				   .from = from,
				   .name = name,
				   .as = as,
				   .path = path,
				   .subdir = subdir,
				   .rights = RIGHTS_R,
				   .no_transfer = true,
				   .restart_on_revoke = true };
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	g = rig_give(&rig, "/", "/a", &spec);
	memset(name, 'X', sizeof(name) - 1);
	memset(as, 'X', sizeof(as) - 1);
	memset(path, 'X', sizeof(path) - 1);
	memset(subdir, 'X', sizeof(subdir) - 1);
	memset(from, 'X', sizeof(from) - 1);
	assert_string_equal(g->decls[1].path, "/mnt/d");
	assert_true(g->restart_on_revoke);
	rig_expect_grant(&rig, g,
			 "use#1 /a d | offer#1 / data>d | capability / data = "
			 "/:/data in x/y rights r*");
	assert_true(rig.route.no_transfer);
	rig_fini(&rig);
}

/* A manifest that uses more than was granted is refused at the grant. */
static void a_grant_gives_no_more_than_it_says(void **state)
{
	struct grant_spec spec = { .type = CAPABILITY_DIRECTORY,
				   .name = "data",
				   .rights = RIGHTS_R };
	struct rig rig;
	struct grant *g;

	(void)state;
	rig_init(&rig, files);
	rig_give(&rig, "/", "/a", &spec);
	spec.rights = RIGHTS_R | RIGHTS_W;
	g = rig_give(&rig, "/a", "/a/aa", &spec);
	rig_expect_grant(&rig, g,
			 "use#2 /a/aa data | offer#2 /a data | offer#1 / data "
			 "! rights-invalid");
	assert_string_equal(text_string(&rig.route.why.text),
			    "directory data is used with rights [rw*], but "
			    "this offer gives only [r*]");
	assert_int_equal(rig.route.why.status, REEVE_ERR_ACCESS_DENIED);
	assert_ptr_equal(rig.route.why.realm, rig.tree.root);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_grant_is_in_the_input_and_in_the_programs_input),
		cmocka_unit_test(what_the_manifest_uses_needs_no_second_name),
		cmocka_unit_test(
			without_a_program_there_is_nobody_to_show_it_to),
		cmocka_unit_test(sources),
		cmocka_unit_test(a_giver_means_its_input_first),
		cmocka_unit_test(what_is_wrong_with_a_request_is_said),
		cmocka_unit_test(long_words_are_refused),
		cmocka_unit_test(a_copy_is_of_a_realm_that_is_known),
		cmocka_unit_test(what_is_there_is_not_given_twice),
		cmocka_unit_test(where_it_appears),
		cmocka_unit_test(a_grant_keeps_its_own_words),
		cmocka_unit_test(a_grant_gives_no_more_than_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
