/* Directories and storage: rights, sub-directories, backing, layout. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reeve/status.h"

/* The matrix of rights: provider -> expose -> offer -> use. */
struct rights_row {
	const char *provider, *expose, *offer, *use;
	/* The kind of declaration that refuses, or "" and the rights had. */
	const char *refuses, *rights;
};

static void rights_expect(const struct rights_row *row)
{
	struct text p = TEXT_INIT, r = TEXT_INIT, u = TEXT_INIT;
	struct rig_file files[] = { { "root", NULL },
				    { "provider", NULL },
				    { "user", NULL },
				    { NULL, NULL } };
	const struct hop *last;
	struct text had = TEXT_INIT;
	struct rig rig;
	int k;

	text_printf(&p,
		    "{ " PROGRAM "capabilities: [ { directory: 'd',\n"
		    " path: '/out/d', rights: [ %s ] } ],\n"
		    "expose: [ { directory: 'd', from: 'self' %s%s%s"
		    " } ] }",
		    row->provider, row->expose ? ", rights: [" : "",
		    row->expose ? row->expose : "", row->expose ? "]" : "");
	text_printf(&r,
		    "{ children: [ " CHILD("provider")
			    CHILD("user") "],\n"
					  "offer: [ { directory: 'd', from: "
					  "'#provider',\n"
					  "  to: '#user' %s%s%s } ] }",
		    row->offer ? ", rights: [" : "",
		    row->offer ? row->offer : "", row->offer ? "]" : "");
	text_printf(&u,
		    "{ " PROGRAM "use: [ { directory: 'd', path: '/d',\n"
		    " rights: [ %s ] } ] }",
		    row->use);
	files[0].text = text_string(&r);
	files[1].text = text_string(&p);
	files[2].text = text_string(&u);
	rig_init(&rig, files);
	k = rig_route(&rig, "/user", "d");
	if (*row->refuses) {
		assert_int_equal(k, ROUTE_BROKEN);
		assert_string_equal(rig.route.why.rule, "rights-invalid");
		assert_int_equal(rig.route.why.status, REEVE_ERR_ACCESS_DENIED);
		last = &rig.route.hops[rig.route.n_hops - 1];
		assert_string_equal(decl_kind_name(last->decl->kind),
				    row->refuses);
		assert_ptr_equal(last->realm, rig.route.why.realm);
		assert_memory_equal(&last->decl->place, &rig.route.why.place,
				    sizeof(struct place));
		assert_non_null(
			strstr(text_string(&rig.route.why.text), row->rights));
	} else {
		assert_int_equal(k, ROUTE_ENDED);
		rights_render(rig.route.rights, &had);
		assert_string_equal(text_string(&had), row->rights);
		assert_string_equal(rig.route.path, "/out/d");
	}
	rig_fini(&rig);
	text_fini(&had);
	text_fini(&p);
	text_fini(&r);
	text_fini(&u);
}

static void rights_only_grow_towards_the_source(void **state)
{
	static const struct rights_row rows[] = {
		/* R1..R6, R8 */
		{ "'rw*'", "'rw*'", "'rw*'", "'r*'", "", "r*" },
		{ "'rw*'", "'rw*'", "'w*'", "'r*'", "offer",
		  "used with rights [r*], but this offer gives only [w*]" },
		{ "'rw*'", "'rw*'", "'r*'", "'r*'", "", "r*" },
		{ "'rw*'", "'w*'", "'rw*'", "'r*'", "expose",
		  "this expose gives only [w*]" },
		{ "'rw*'", "'r*'", "'r*'", "'r*'", "", "r*" },
		{ "'w*'", "'rw*'", "'rw*'", "'r*'", "capability",
		  "this capability gives only [w*]" },
		{ "'read_bytes', 'get_attributes'", NULL, NULL, "'r*'",
		  "capability", "gives only [read_bytes, get_attributes]" },
		/* What a hop does not say, it passes on. */
		{ "'rw*'", NULL, NULL, "'rw*'", "", "rw*" },
		{ "'rw*'", NULL, "'r*'", "'rw*'", "offer",
		  "used with rights [rw*]" },
		{ "'r*', 'write_bytes'", NULL, NULL, "'read_bytes'", "",
		  "read_bytes" },
		{ "'rx*'", "'x*'", NULL, "'execute', 'traverse'", "",
		  "traverse, execute" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++)
		rights_expect(&rows[i]);
}

static void no_rights_at_all_are_always_had(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "user") "],\n"
				  "capabilities: [ { directory: 'd', path: "
				  "'/d',\n"
				  "  rights: [ 'execute' ] } ],\n"
				  "offer: [ { directory: 'd', from: 'self',\n"
				  "  to: '#user' } ] }" },
		{ "user", "{ " PROGRAM "use: [ { directory: 'd', path: '/d',\n"
			  "  rights: [ 'r*' ] } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;
	struct decl *use;

	(void)state;
	rig_init(&rig, files);
	/* The language cannot say it; the core has to know it all the same. */
	use = (struct decl *)rig_decl(rig_realm(&rig, "/user"), DECL_USE, "d");
	use->rights = 0;
	rig_expect(&rig, "/user", "d",
		   "use /user d | offer / d | capability / d = /:/d");
	rig_fini(&rig);
}

static void a_source_without_rights_gives_nothing(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "user") "],\n"
				  "capabilities: [ { directory: 'd', path: "
				  "'/d',\n"
				  "  rights: [ 'r*' ] } ],\n"
				  "offer: [ { directory: 'd', from: 'self',\n"
				  "  to: '#user' } ] }" },
		{ "user", "{ " PROGRAM "use: [ { directory: 'd', path: '/d',\n"
			  "  rights: [ 'r*' ] } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;
	struct decl *d;

	(void)state;
	rig_init(&rig, files);
	/* Nor can the language say this. */
	d = (struct decl *)rig_decl(rig_realm(&rig, "/"), DECL_CAPABILITY, "d");
	d->has_rights = false;
	rig_expect(&rig, "/user", "d",
		   "use /user d | offer / d | capability / d"
		   " ! missing-rights-source");
	assert_int_equal(rig.route.why.status, REEVE_ERR_NOT_FOUND);
	rig_fini(&rig);
}

static void the_hosts_directories_keep_their_rights(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ " PROGRAM "children: [ " CHILD(
				  "user") "],\n"
					  "offer: [ ^{ directory: 'srv', from: "
					  "'parent',\n"
					  "  to: '#user' } ] }" },
		{ "user", "{ " PROGRAM "use: [ { directory: 'srv',\n"
			  "  path: '/d', rights: [ 'rw*' ] } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "srv",
		   "use /user srv | offer / srv ! rights-invalid");
	assert_int_equal(rig.route.why.status, REEVE_ERR_ACCESS_DENIED);
	assert_memory_equal(&rig.route.why.place, &rig.marked,
			    sizeof(rig.marked));
	rig_fini(&rig);
}

static void sub_directories_add_up_towards_the_source(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("left") CHILD(
			  "right") "],\n"
				   "offer: [ { directory: 'd', from: '#left',\n"
				   "  to: '#right', subdir: 'of/root' } ] }" },
		{ "left", "{ " PROGRAM "capabilities: [ { directory: 'd',\n"
			  "  path: '/out', rights: [ 'r*' ] } ],\n"
			  "expose: [ { directory: 'd', from: 'self',\n"
			  "  subdir: 'of/left' } ] }" },
		{ "right",
		  "{ " PROGRAM "children: [ " CHILD(
			  "user") "],\n"
				  "offer: [ { directory: 'd', from: 'parent',\n"
				  "  to: '#user' } ] }" },
		{ "user", "{ " PROGRAM "use: [ { directory: 'd', path: '/x',\n"
			  "  rights: [ 'r*' ], subdir: 'of/user' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/right/user", "d",
		   "use /right/user d | offer /right d | offer / d"
		   " | expose /left d | capability /left d"
		   " = /left:/out in of/left/of/root/of/user rights r*");
	rig_fini(&rig);
}

static void a_path_has_an_end(void **state)
{
	struct text user = TEXT_INIT, root = TEXT_INIT, s = TEXT_INIT;
	struct rig_file files[] = { { "root", NULL },
				    { "user", NULL },
				    { NULL, NULL } };
	struct rig rig;
	int i;

	(void)state;
	for (i = 0; i < 10; i++)
		text_printf(&s, "%s%0250d", i ? "/" : "", i);
	text_printf(&user,
		    "{ " PROGRAM "use: [ { directory: 'd', path: '/x',\n"
		    "  rights: [ 'r*' ], subdir: '%s' } ] }",
		    text_string(&s));
	text_printf(
		&root,
		"{ " PROGRAM "children: [ " CHILD(
			"user") "],\n"
				"capabilities: [ { directory: 'd', path: "
				"'/d',\n"
				"  rights: [ 'r*' ] } ],\n"
				"offer: [\n^{ directory: 'd', from: 'self',\n"
				"  to: '#user', subdir: '%s' } ] }",
		text_string(&s));
	files[0].text = text_string(&root);
	files[1].text = text_string(&user);
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "d",
		   "use /user d | offer / d ! path-too-long");
	assert_int_equal(rig.route.why.status, REEVE_ERR_NOT_FOUND);
	assert_string_equal(rig.route.why.realm->moniker, "/");
	assert_memory_equal(&rig.route.why.place, &rig.marked,
			    sizeof(rig.marked));
	rig_fini(&rig);
	text_fini(&s);
	text_fini(&user);
	text_fini(&root);
}

static void the_seeds_directories_are_for_reading(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ program: { binary: 'x' },\n"
			  "offer: [ { directory: '/out/data', from: 'self',\n"
			  "  to: [ { dest: '#u', as: '/example/data' } ] } ],\n"
			  "children: [ { name: 'u',\n"
			  "  url: 'fuchsia-pkg://x/u#meta/u.cm' } ] }" },
		{ "u", "{ program: { binary: 'x' },\n"
		       "use: [ { directory: '/example/data' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/u", "/example/data",
		   "use /u /example/data | offer / /out/data>/example/data"
		   " | self / /out/data = /:/out/data rights r*");
	rig_fini(&rig);
}

/* a -> b -> c -> d, the section in a. */
#define STORAGE_CHAIN                                                          \
	{ "b", "{ offer: [ { storage: 'cache', from: 'realm',\n"               \
	       "  to: [ { dest: '#c' } ] } ],\n"                               \
	       "children: [ { name: 'c', url: 'fuchsia-pkg://x/c#meta/c.cm' }" \
	       " ] }" },                                                       \
		{ "c", "{ offer: [ { storage: 'cache', from: 'realm',\n"       \
		       "  to: [ { dest: '#d' } ] } ],\n"                       \
		       "program: { binary: 'x' },\n"                           \
		       "use: [ { storage: 'cache' } ],\n"                      \
		       "children: [ { name: 'd',\n"                            \
		       "  url: 'fuchsia-pkg://x/d#meta/d.cm' } ] }" },         \
	{                                                                      \
		"d", "{ program: { binary: 'x' },\n"                           \
		     "use: [ { storage: 'cache' } ] }"                         \
	}

static void storage_lies_where_the_users_moniker_says(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ program: { binary: 'x' },\n"
			  "storage: [ { name: 'disk', from: 'self',\n"
			  "  path: '/out/disk' } ],\n"
			  "offer: [ { storage: 'cache', from: '#disk',\n"
			  "  to: [ { dest: '#b' } ] } ],\n"
			  "children: [ { name: 'b',\n"
			  "  url: 'fuchsia-pkg://x/b#meta/b.cm' } ] }" },
		STORAGE_CHAIN,
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/b/c/d", "cache",
		   "use /b/c/d cache | offer /b/c cache | offer /b cache"
		   " | offer / cache | capability / disk"
		   " | self / /out/disk"
		   " = /:/out/disk in b/children/c/children/d/cache"
		   " rights rw*");
	assert_string_equal(rig.route.storage_realm->moniker, "/");
	assert_string_equal(rig.route.storage->name, "disk");
	/* Not inside, nor around, that of anybody else. */
	rig_expect(&rig, "/b/c", "cache",
		   "use /b/c cache | offer /b cache | offer / cache"
		   " | capability / disk | self / /out/disk"
		   " = /:/out/disk in b/children/c/cache rights rw*");
	rig_fini(&rig);
}

/* The storage of @user, declared as @storage in a manifest with these others.
 */
static const char *const storage_user =
	"{ " PROGRAM "use: [ { storage: 'data', path: '/data' } ] }";

static void storage_from_self_in_the_modern_dialect(void **state)
{
	const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "collections: [ { name: 'pool',\n"
		  "  durability: 'transient' } ],\n"
		  "children: [ " CHILD(
			  "user") "],\n"
				  "capabilities: [ { directory: 'd', path: "
				  "'/out',\n"
				  "  rights: [ 'rw*' ] },\n"
				  "  { storage: 'store', from: 'self',\n"
				  "    backing_dir: 'd', subdir: 'under/it',\n"
				  "    storage_id: "
				  "'static_instance_id_or_moniker' }"
				  "],\n"
				  "offer: [ { storage: 'store', from: 'self',\n"
				  "  to: ['#user', '#pool'], as: 'data' } ] "
				  "}" },
		{ "user", storage_user },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "data",
		   "use /user data | offer / store>data | capability / store"
		   " | capability / d = /:/out in under/it/user/data"
		   " rights rw*");
	rig_add(&rig, "/", "pool", "user", "#meta/user.cm");
	rig_add(&rig, "/", "pool", "w", "#meta/user.cm");
	rig_expect(&rig, "/pool:user", "data",
		   "use /pool:user data | offer / store>data"
		   " | capability / store | capability / d"
		   " = /:/out in under/it/pool:user/data rights rw*");
	rig_expect(&rig, "/pool:w", "data",
		   "use /pool:w data | offer / store>data"
		   " | capability / store | capability / d"
		   " = /:/out in under/it/pool:w/data rights rw*");
	rig_fini(&rig);
}

static void storage_backed_by_the_parent_and_the_host(void **state)
{
	const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD(
			  "mid") "],\n"
				 "offer: [ { directory: 'state', from: "
				 "'parent',\n"
				 "  to: '#mid', as: 'd', subdir: 'sub' } ] }" },
		{ "mid",
		  "{ children: [ " CHILD(
			  "user") "],\n"
				  "capabilities: [ { storage: 'store', from: "
				  "'parent',\n"
				  "  backing_dir: 'd',\n"
				  "  storage_id: "
				  "'static_instance_id_or_moniker' } ],\n"
				  "offer: [ { storage: 'store', from: 'self',\n"
				  "  to: '#user', as: 'data' } ] }" },
		{ "user", storage_user },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/mid/user", "data",
		   "use /mid/user data | offer /mid store>data"
		   " | capability /mid store | offer / state>d"
		   " = builtin in sub/user/data rights rw*");
	assert_string_equal(rig.route.name, "state");
	rig_fini(&rig);
}

static void storage_backed_by_a_child_and_used_by_a_grandchild(void **state)
{
	const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("disk") CHILD(
			  "mid") "],\n"
				 "capabilities: [ { storage: 'data', from: "
				 "'#disk',\n"
				 "  backing_dir: 'd',\n"
				 "  storage_id: "
				 "'static_instance_id_or_moniker' } ],\n"
				 "offer: [ { storage: 'data', from: 'self',\n"
				 "  to: '#mid' } ] }" },
		{ "disk", "{ " PROGRAM "capabilities: [ { directory: 'd',\n"
			  "  path: '/out', rights: [ 'rw*' ] } ],\n"
			  "expose: [ { directory: 'd', from: 'self',\n"
			  "  subdir: 'of/disk' } ] }" },
		{ "mid",
		  "{ children: [ " CHILD("user") "],\n"
						 "offer: [ { storage: 'data', "
						 "from: 'parent',\n"
						 "  to: '#user' } ] }" },
		{ "user", storage_user },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/mid/user", "data",
		   "use /mid/user data | offer /mid data | offer / data"
		   " | capability / data | expose /disk d"
		   " | capability /disk d"
		   " = /disk:/out in of/disk/mid/children/user/data"
		   " rights rw*");
	rig_fini(&rig);
}

static void storage_needs_a_directory_that_can_be_written_to(void **state)
{
	const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "user") "],\n"
				  "capabilities: [\n^{ directory: 'd', path: "
				  "'/out',\n"
				  "  rights: [ 'r*' ] },\n"
				  "  { storage: 'data', from: 'self',\n"
				  "    backing_dir: 'd',\n"
				  "    storage_id: "
				  "'static_instance_id_or_moniker' }"
				  "],\n"
				  "offer: [ { storage: 'data', from: 'self',\n"
				  "  to: '#user' } ] }" },
		{ "user", storage_user },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "data",
		   "use /user data | offer / data | capability / data"
		   " | capability / d ! rights-invalid");
	assert_int_equal(rig.route.why.status, REEVE_ERR_ACCESS_DENIED);
	assert_memory_equal(&rig.route.why.place, &rig.marked,
			    sizeof(rig.marked));
	rig_fini(&rig);
}

/* "b/children" would hold the storage of all children of b. */
static void no_storage_contains_that_of_children(void **state)
{
	const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "b") "],\n"
			       "capabilities: [ { directory: 'd', path: "
			       "'/out',\n"
			       "  rights: [ 'rw*' ] }, { storage: 'children',\n"
			       "    from: 'self', backing_dir: 'd',\n"
			       "    storage_id: "
			       "'static_instance_id_or_moniker' }"
			       "],\n"
			       "offer: [ { storage: 'children', from: 'self',\n"
			       "  to: '#b' } ] }" },
		{ "b", "{ " PROGRAM "children: [ " CHILD(
			       "user") "],\n"
				       "use: [\n^{ storage: 'children', path: "
				       "'/data' } ],\n"
				       "offer: [ { storage: 'children', from: "
				       "'parent',\n"
				       "  to: '#user', as: 'data' } ] }" },
		{ "user", storage_user },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/b", "children",
		   "use /b children | offer / children"
		   " | capability / children ! storage-name");
	assert_string_equal(rig.route.why.realm->moniker, "/b");
	assert_memory_equal(&rig.route.why.place, &rig.marked,
			    sizeof(rig.marked));
	/* It is the user's name for it that counts. */
	rig_expect(&rig, "/b/user", "data",
		   "use /b/user data | offer /b children>data"
		   " | offer / children | capability / children"
		   " | capability / d = /:/out in b/children/user/data"
		   " rights rw*");
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_only_grow_towards_the_source),
		cmocka_unit_test(no_rights_at_all_are_always_had),
		cmocka_unit_test(a_source_without_rights_gives_nothing),
		cmocka_unit_test(the_hosts_directories_keep_their_rights),
		cmocka_unit_test(sub_directories_add_up_towards_the_source),
		cmocka_unit_test(a_path_has_an_end),
		cmocka_unit_test(the_seeds_directories_are_for_reading),
		cmocka_unit_test(storage_lies_where_the_users_moniker_says),
		cmocka_unit_test(storage_from_self_in_the_modern_dialect),
		cmocka_unit_test(storage_backed_by_the_parent_and_the_host),
		cmocka_unit_test(
			storage_backed_by_a_child_and_used_by_a_grandchild),
		cmocka_unit_test(
			storage_needs_a_directory_that_can_be_written_to),
		cmocka_unit_test(no_storage_contains_that_of_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
