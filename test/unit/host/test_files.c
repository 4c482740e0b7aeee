/* Where routed directories and storage are on the host, and that nothing that a
 * component puts there leads anywhere else. */
#include "host_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "host/files.h"

/* The place of the used directory or storage @name; a verdict of files.h. */
static int find(struct scene *s, const char *moniker, const char *name,
		struct files_place *place, struct text *why)
{
	struct instance *i = scene_instance(s, moniker);
	const struct manifest *mf = i->realm->manifest;
	const struct decl *d = NULL;
	size_t k;
	int r;

	for (k = 0; k < mf->n_decls[DECL_USE]; k++)
		if (!strcmp(mf->decls[DECL_USE][k].target_name, name))
			d = &mf->decls[DECL_USE][k];
	assert_non_null(d);
	r = manager_route(s->m, i->realm, d, s->m->route);
	if (r == ROUTE_BROKEN)
		fail_msg("%s", text_string(&s->m->route->why.text));
	assert_int_equal(r, 0);
	return files_find(s->m, s->m->route, place, why);
}

static void assert_place(struct scene *s, const char *moniker, const char *name,
			 const char *base, const char *sub)
{
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	_cleanup_text_ struct text why = TEXT_INIT;
	int r = find(s, moniker, name, &place, &why);

	if (r)
		fail_msg("%s of %s: %d, %s", name, moniker, r,
			 text_string(&why));
	assert_string_equal(text_string(&place.base), scene_path(s, base));
	assert_string_equal(text_string(&place.sub), sub);
	files_place_fini(&place);
}

static void assert_refused(struct scene *s, const char *moniker,
			   const char *name, const char *sentence)
{
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	_cleanup_text_ struct text why = TEXT_INIT;

	assert_int_equal(find(s, moniker, name, &place, &why), FILES_INVALID);
	assert_contains(text_string(&why), sentence);
	files_place_fini(&place);
}

static void assert_directory(struct scene *s, const char *name)
{
	struct stat st;

	assert_int_equal(lstat(scene_path(s, name), &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void write_root(struct scene *s, const char *manifest)
{
	scene_write(s, "packages/root/meta/root.cml", manifest);
}

static const char storage_of_builtin[] =
	"{ children: [ { name: 'a', url: '#meta/a.cm' } ],"
	"  capabilities: [ { storage: 's', from: 'parent', backing_dir: 'data',"
	"    storage_id: 'static_instance_id_or_moniker' } ],"
	"  offer: [ { storage: 's', from: 'self', to: '#a' } ] }";
static const char user_of_storage[] =
	"{ use: [ { storage: 's', path: '/data' } ] }";

static void test_package(void **state)
{
	struct scene *s = *state;

	write_root(s, "{ children: [ { name: 'a', url: '#meta/a.cm' } ],"
		      "  capabilities: [ { directory: 'c', rights: ['r*'],"
		      "    path: '/pkg/data/c' } ],"
		      "  offer: [ { directory: 'c', from: 'self', to: '#a',"
		      "    subdir: 'x/y' } ] }");
	scene_write(s, "packages/root/meta/a.cml",
		    "{ use: [ { directory: 'c', rights: ['r*'],"
		    "  path: '/c', subdir: 'z' } ] }");
	scene_run(s);
	assert_place(s, "/a", "c", "packages/root", "data/c/x/y/z");
	/* It is the author's, and not made. */
	assert_false(scene_has(s, "packages/root/data"));
}

static void test_storage_of_builtin(void **state)
{
	struct scene *s = *state;

	write_root(s, storage_of_builtin);
	scene_write(s, "packages/root/meta/a.cml", user_of_storage);
	scene_run(s);
	assert_place(s, "/a", "s", "state/data", "a/s");
	assert_directory(s, "state/data/a/s");
	/* It is there already. */
	assert_place(s, "/a", "s", "state/data", "a/s");
}

static void test_storage_of_own_directory(void **state)
{
	struct scene *s = *state;

	write_root(s,
		   "{ children: [ { name: 'a', url: '#meta/a.cm' } ],"
		   "  capabilities: [ { directory: 'd', rights: ['rw*'],"
		   "    path: '/d' }, { storage: 's', from: 'self',"
		   "    backing_dir: 'd', subdir: 'x',"
		   "    storage_id: 'static_instance_id_or_moniker' } ],"
		   "  offer: [ { storage: 's', from: 'self', to: '#a' } ] }");
	scene_write(s, "packages/root/meta/a.cml", user_of_storage);
	scene_run(s);
	assert_place(s, "/a", "s", "state/directories", "own/d/x/a/s");
	assert_directory(s, "state/directories/own/d/x/a/s");
}

/* /a gets storage and gives a directory in it on to /b. */
static void test_directory_in_a_storage(void **state)
{
	struct scene *s = *state;

	write_root(s, "{ children: [ { name: 'a', url: '#meta/a.cm' },"
		      "    { name: 'b', url: '#meta/b.cm' } ],"
		      "  capabilities: [ { storage: 's', from: 'parent',"
		      "    backing_dir: 'data',"
		      "    storage_id: 'static_instance_id_or_moniker' } ],"
		      "  offer: [ { storage: 's', from: 'self', to: '#a' },"
		      "    { directory: 'd', from: '#a', to: '#b' } ] }");
	scene_write(s, "packages/root/meta/a.cml",
		    "{ use: [ { storage: 's', path: '/data' } ],"
		    "  capabilities: [ { directory: 'd', rights: ['rw*'],"
		    "    path: '/data/shared' } ],"
		    "  expose: [ { directory: 'd', from: 'self' } ] }");
	scene_write(s, "packages/root/meta/b.cml",
		    "{ use: [ { directory: 'd', rights: ['rw*'],"
		    "    path: '/d', subdir: 'x' } ] }");
	scene_run(s);
	assert_place(s, "/b", "d", "state/data", "a/s/shared/x");
}

/* Each one's own directories are its own, whatever they are called. */
static void test_own_directories_do_not_meet(void **state)
{
	static const char *const monikers[] = { "/",	    "/root", "/a",
						"/a/b",	    "/own",  "/a/own",
						"/children" };
	static const char *const paths[] = { "/d",	   "/b/d",
					     "/root/d",	   "/own/d",
					     "/own/own/d", "/children/a/own/d",
					     "/a/own/d" };
	struct scene *s = *state;
	struct text all[N_ELEMENTS(monikers) * N_ELEMENTS(paths)];
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	_cleanup_text_ struct text why = TEXT_INIT;
	struct instance *i;
	size_t n = 0, k, p;

	write_root(s, "{ children: [ { name: 'root', url: '#meta/x.cm' },"
		      "    { name: 'a', url: '#meta/a.cm' },"
		      "    { name: 'own', url: '#meta/x.cm' },"
		      "    { name: 'children', url: '#meta/x.cm' } ] }");
	scene_write(s, "packages/root/meta/a.cml",
		    "{ children: [ { name: 'b', url: '#meta/x.cm' },"
		    "    { name: 'own', url: '#meta/x.cm' } ] }");
	scene_write(s, "packages/root/meta/x.cml", "{}");
	scene_run(s);
	for (k = 0; k < N_ELEMENTS(monikers); k++) {
		i = scene_instance(s, monikers[k]);
		for (p = 0; p < N_ELEMENTS(paths); p++) {
			assert_int_equal(files_find_own(s->m, i->realm,
							paths[p], &place, &why),
					 0);
			assert_string_equal(text_string(&place.base),
					    scene_path(s, "state/directories"));
			all[n++] = place.sub;
			place.sub = (struct text)TEXT_INIT;
			files_place_fini(&place);
		}
	}
	for (k = 0; k < n; k++)
		for (p = 0; p < k; p++) {
			const char *x = text_string(&all[k]);
			const char *y = text_string(&all[p]);

			assert_string_not_equal(x, y);
			/* Within one realm a path may lie in another. */
			if (k / N_ELEMENTS(paths) == p / N_ELEMENTS(paths))
				continue;
			assert_false(!strncmp(x, y, strlen(y)) &&
				     x[strlen(y)] == '/');
			assert_false(!strncmp(y, x, strlen(x)) &&
				     y[strlen(x)] == '/');
		}
	while (n--)
		text_fini(&all[n]);
}

static void test_elsewhere(void **state)
{
	struct scene *s = *state;
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	_cleanup_text_ struct text why = TEXT_INIT;
	struct instance *i;

	write_root(s, "{}");
	scene_run(s);
	i = scene_instance(s, "/");
	/* What is in the package is there anyway. */
	assert_int_equal(files_find_own(s->m, i->realm, "/pkg/x", &place, &why),
			 FILES_ELSEWHERE);
	files_place_fini(&place);
}

/* A component cannot make the manager work somewhere else. */
static void test_planted_link_is_refused(void **state)
{
	struct scene *s = *state;

	write_root(s, storage_of_builtin);
	scene_write(s, "packages/root/meta/a.cml", user_of_storage);
	scene_run(s);
	scene_write(s, "kept/x", "");
	scene_write(s, "state/data/x", "");
	assert_int_equal(symlink("../../kept", scene_path(s, "state/data/a")),
			 0);
	assert_refused(s, "/a", "s", "a in ");
	assert_refused(s, "/a", "s", "is in the way");
	assert_false(scene_has(s, "kept/s"));
	unlink(scene_path(s, "state/data/a"));
	scene_write(s, "state/data/a", "a file");
	assert_refused(s, "/a", "s", "is in the way");
	unlink(scene_path(s, "state/data/a"));
	assert_place(s, "/a", "s", "state/data", "a/s");
}

static void test_state_is_in_the_way(void **state)
{
	struct scene *s = *state;

	write_root(s, storage_of_builtin);
	scene_write(s, "packages/root/meta/a.cml", user_of_storage);
	scene_run(s);
	scene_write(s, "state", "a file");
	assert_refused(s, "/a", "s", "/state");
}

static const char dynamic_storage[] =
	"{ collections: [ { name: 'pool', durability: 'transient' } ],"
	"  capabilities: [ { storage: 's', from: 'parent', backing_dir: 'data',"
	"    storage_id: 'static_instance_id_or_moniker' } ],"
	"  offer: [ { storage: 's', from: 'self', to: '#pool' } ] }";

static struct realm *add_child(struct scene *s, const char *name)
{
	struct realm *child;

	assert_int_equal(realm_add_child(s->m->tree.root, "pool", name,
					 "#meta/a.cm", STARTUP_LAZY, &child),
			 0);
	assert_int_equal(manager_resolve(s->m, child), 0);
	return child;
}

static void test_removal(void **state)
{
	struct scene *s = *state;
	struct realm *one;

	write_root(s, dynamic_storage);
	scene_write(s, "packages/root/meta/a.cml", user_of_storage);
	scene_run(s);
	one = add_child(s, "one");
	add_child(s, "two");
	/* Without storage there is nothing to do. */
	files_remove_storage(s->m, one);
	assert_place(s, "/pool:one", "s", "state/data", "pool:one/s");
	assert_place(s, "/pool:two", "s", "state/data", "pool:two/s");
	scene_write(s, "state/data/pool:one/s/deep/file", "x");
	scene_write(s, "state/data/pool:two/s/file", "kept");
	scene_write(s, "kept/file", "kept");
	assert_int_equal(symlink("../../../../kept",
				 scene_path(s, "state/data/pool:one/s/link")),
			 0);
	assert_int_equal(symlink("../../pool:two/s",
				 scene_path(s, "state/data/pool:one/s/other")),
			 0);
	files_remove_storage(s->m, one);
	assert_false(scene_has(s, "state/data/pool:one"));
	assert_string_equal(scene_read(s, "kept/file"), "kept");
	assert_string_equal(scene_read(s, "state/data/pool:two/s/file"),
			    "kept");
	assert_not_said(s, "could not be removed");
	/* The whole directory as a link. */
	assert_int_equal(
		symlink("../../kept", scene_path(s, "state/data/pool:one")), 0);
	files_remove_storage(s->m, one);
	assert_string_equal(scene_read(s, "kept/file"), "kept");
}

/* What was kept for a component is not found by the next one of its name. */
static void test_removal_of_own_directories(void **state)
{
	struct scene *s = *state;
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	_cleanup_text_ struct text why = TEXT_INIT;
	struct realm *one;

	write_root(s, dynamic_storage);
	scene_write(s, "packages/root/meta/a.cml", "{}");
	scene_run(s);
	one = add_child(s, "one");
	assert_int_equal(files_find_own(s->m, one, "/d", &place, &why), 0);
	files_place_fini(&place);
	scene_write(s, "state/directories/children/pool:one/own/d/file", "x");
	scene_write(s, "state/directories/children/pool:two/own/d/file", "x");
	scene_write(s, "state/directories/own/d/file", "x");
	files_remove_storage(s->m, one);
	assert_false(scene_has(s, "state/directories/children/pool:one"));
	assert_true(
		scene_has(s, "state/directories/children/pool:two/own/d/file"));
	assert_true(scene_has(s, "state/directories/own/d/file"));
}

/* A segment that no directory can have must not stand for its parent. */
static void test_too_long_a_name(void **state)
{
	struct scene *s = *state;
	struct realm *child;
	char name[256], moniker[300];

	write_root(s, dynamic_storage);
	scene_write(s, "packages/root/meta/a.cml",
		    "{ use: [ { storage: 's', path: '/data' } ],"
		    "  collections: [ { name: 'pool',"
		    "    durability: 'transient' } ],"
		    "  offer: [ { storage: 's', from: 'parent',"
		    "    to: '#pool' } ] }");
	scene_run(s);
	add_child(s, "one");
	assert_place(s, "/pool:one", "s", "state/data", "pool:one/s");
	scene_write(s, "state/data/pool:one/children/pool:x/s/file", "kept");
	memset(name, 'n', 255);
	name[255] = 0;
	assert_int_equal(realm_add_child(manager_find(s->m, "/pool:one"),
					 "pool", name, "#meta/a.cm",
					 STARTUP_LAZY, &child),
			 0);
	assert_int_equal(manager_resolve(s->m, child), 0);
	snprintf(moniker, sizeof(moniker), "/pool:one/pool:%s", name);
	assert_refused(s, moniker, "s", "is too long");
	files_remove_storage(s->m, child);
	assert_string_equal(
		scene_read(s, "state/data/pool:one/children/pool:x/s/file"),
		"kept");
}

/* The storage of two that use each other's directories has no place. */
static void test_circle(void **state)
{
	struct scene *s = *state;

	write_root(s, "{ children: [ { name: 'a', url: '#meta/a.cm' },"
		      "    { name: 'b', url: '#meta/b.cm' } ],"
		      "  offer: [ { directory: 'x', from: '#a', to: '#b',"
		      "      dependency: 'weak' },"
		      "    { directory: 'y', from: '#b', to: '#a',"
		      "      dependency: 'weak' } ] }");
	scene_write(s, "packages/root/meta/a.cml",
		    "{ use: [ { directory: 'y', rights: ['r*'], path: '/y' } ],"
		    "  capabilities: [ { directory: 'x', rights: ['r*'],"
		    "    path: '/y/x' } ],"
		    "  expose: [ { directory: 'x', from: 'self' } ] }");
	scene_write(s, "packages/root/meta/b.cml",
		    "{ use: [ { directory: 'x', rights: ['r*'], path: '/x' } ],"
		    "  capabilities: [ { directory: 'y', rights: ['r*'],"
		    "    path: '/x/y' } ],"
		    "  expose: [ { directory: 'y', from: 'self' } ] }");
	scene_run(s);
	assert_refused(s, "/a", "y", "perhaps in a circle");
}

struct faulty {
	struct scene *s;
	struct realm *realm;
	const struct decl *use;
};

static int find_once(void *arg)
{
	struct faulty *f = arg;
	struct manager *m = f->s->m;
	struct files_place place = { TEXT_INIT, TEXT_INIT };
	struct text why = TEXT_INIT;
	int r;

	r = manager_route(m, f->realm, f->use, m->route);
	if (!r)
		r = files_find(m, m->route, &place, &why);
	files_place_fini(&place);
	text_fini(&why);
	return r;
}

static void test_faults(void **state)
{
	struct scene *s = *state;
	struct faulty f = { .s = s };

	write_root(s, storage_of_builtin);
	scene_write(s, "packages/root/meta/a.cml", user_of_storage);
	scene_run(s);
	f.realm = scene_instance(s, "/a")->realm;
	f.use = &f.realm->manifest->decls[DECL_USE][0];
	assert_true(fault_sweep(find_once, &f) > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_package),
		host_test(test_storage_of_builtin),
		host_test(test_storage_of_own_directory),
		host_test(test_directory_in_a_storage),
		host_test(test_own_directories_do_not_meet),
		host_test(test_elsewhere),
		host_test(test_planted_link_is_refused),
		host_test(test_state_is_in_the_way),
		host_test(test_removal),
		host_test(test_removal_of_own_directories),
		host_test(test_too_long_a_name),
		host_test(test_circle),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
