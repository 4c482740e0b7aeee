/* The files a manifest includes, on disk. */
#include "host_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "host/shard.h"

/* The package a of the scene, loaded. */
static int load(struct scene *s, const struct package_paths *paths,
		struct package *ret, struct text *errors, struct text *why)
{
	struct manifest *m = NULL;
	struct report report;
	int r;

	report_init(&report);
	r = package_find_root(scene_path(s, "packages/a/meta/a.cml"), ret, why);
	if (!r)
		r = package_load(ret, paths, &m, &report, why);
	if (errors)
		report_render(&report, errors);
	report_fini(&report);
	manifest_free(m);
	return r;
}

static void test_changed(void **state)
{
	struct scene *s = *state;
	struct package p = { 0 };
	_cleanup_text_ struct text why = TEXT_INIT;

	scene_write(s, "packages/a/meta/a.cml", "{ include: ['x', 'y'] }");
	scene_write(s, "packages/a/meta/x", "{ include: ['y'] }");
	scene_write(s, "packages/a/meta/y", "{}");
	assert_int_equal(load(s, NULL, &p, NULL, &why), 0);
	assert_int_equal(p.n_shards, 2);
	assert_string_equal(p.shards[1].file,
			    scene_path(s, "packages/a/meta/y"));
	assert_false(package_has_changed(&p));
	scene_write(s, "packages/a/meta/y", "{ }");
	assert_true(package_has_changed(&p));
	scene_write(s, "packages/a/meta/y", "{}");
	package_fini(&p);
	assert_int_equal(load(s, NULL, &p, NULL, &why), 0);
	assert_false(package_has_changed(&p));
	unlink(p.shards[0].file);
	assert_true(package_has_changed(&p));
	package_fini(&p);
}

/* A second load begins anew. */
static void test_loaded_twice(void **state)
{
	struct scene *s = *state;
	struct package p = { 0 };
	struct manifest *m = NULL;
	struct report report;
	_cleanup_text_ struct text why = TEXT_INIT;

	scene_write(s, "packages/a/meta/a.cml", "{ include: ['x'] }");
	scene_write(s, "packages/a/meta/x", "{}");
	assert_int_equal(load(s, NULL, &p, NULL, &why), 0);
	scene_write(s, "packages/a/meta/a.cml", "{ }");
	report_init(&report);
	assert_int_equal(package_load(&p, NULL, &m, &report, &why), 0);
	assert_int_equal(p.n_shards, 0);
	assert_int_equal(m->n_files, 1);
	manifest_free(m);
	report_fini(&report);
	package_fini(&p);
}

/* Files are called what people call their directories. */
static void test_names(void **state)
{
	struct scene *s = *state;
	struct package p = { 0 };
	_cleanup_text_ struct text why = TEXT_INIT, errors = TEXT_INIT;
	const char *includes[] = { "../shared" };
	const struct package_paths paths = { .includes = includes,
					     .n_includes = 1 };
	struct report report;
	struct manifest *m = NULL;

	scene_write(s, "packages/a/meta/a.cml", "{ include: ['x', 'y'] }");
	scene_write(s, "packages/a/meta/x", "{ x: 1 }");
	scene_write(s, "shared/y", "{ y: 1 }");
	assert_int_equal(chdir(s->packages), 0);
	report_init(&report);
	assert_int_equal(package_find_root("a/meta/a.cml", &p, &why), 0);
	assert_int_equal(package_load(&p, &paths, &m, &report, &why),
			 PACKAGE_INVALID);
	report_render(&report, &errors);
	assert_contains(text_string(&errors), "a/meta/x:1:3: error: ");
	assert_contains(text_string(&errors), "\n../shared/y:1:3: error: ");
	assert_contains(text_string(&why), "a/meta/a.cml has 2 errors");
	report_fini(&report);
	package_fini(&p);
	assert_int_equal(chdir("/"), 0);
}

/* Components write in the state directory; a package around it must not make
 * manifests of what they wrote. */
static void test_not_from_the_state(void **state)
{
	struct scene *s = *state;
	const char *directories[] = { s->packages };
	struct resolver resolver;
	struct topology tree;
	struct realm *a;
	struct report report;
	char root[128], written[128];

	scene_write(s, "packages/root/meta/root.cml",
		    "{ children: [{ name: 'a', url: 'a#meta/a.cm' }] }");
	scene_write(s, "packages/a/meta/a.cml", "{ include: ['//s/d/x'] }");
	scene_write(s, "packages/a/s/d/x", "{}");
	snprintf(root, sizeof(root), "%s",
		 scene_path(s, "packages/root/meta/root.cml"));
	snprintf(written, sizeof(written), "%s", scene_path(s, "packages/a/s"));
	resolver_init(&resolver, (struct package_paths){
					 .directories = directories, .n = 1 });
	resolver.state_directory = written;
	report_init(&report);
	assert_int_equal(resolver_tree(&tree, root, NULL, 0), 0);
	assert_int_equal(resolver_resolve(&resolver, tree.root, &report), 0);
	a = topology_find(&tree, "/a");
	assert_int_equal(resolver_resolve(&resolver, a, &report), 0);
	assert_int_equal(a->state, REALM_BROKEN);
	assert_contains(a->broken, "which lies in the state directory");
	resolver.state_directory = NULL;
	topology_fini(&tree);
	resolver_fini(&resolver);
	report_fini(&report);
}

static int load_faulty(void *arg)
{
	struct scene *s = arg;
	const char *includes[] = { s->state };
	const struct package_paths paths = { .includes = includes,
					     .n_includes = 1 };
	struct package p = { 0 };
	struct text why = TEXT_INIT;
	int r;

	r = load(s, &paths, &p, NULL, &why);
	package_fini(&p);
	/* A library's own allocation that failed is told in the sentence. */
	if (r > 0 && (text_is_failed(&why) || why.n))
		r = -1;
	text_fini(&why);
	return r;
}

static void test_faults(void **state)
{
	struct scene *s = *state;

	scene_write(s, "packages/a/meta/a.cml", "{ include: ['x', '//y'] }");
	scene_write(s, "packages/a/meta/x", "{ use: [{ protocol: 'p' }] }");
	scene_write(s, "packages/a/y", "{ use: [{ protocol: 'p' }] }");
	assert_true(fault_sweep(load_faulty, s) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_changed), host_test(test_loaded_twice),
		host_test(test_names),	 host_test(test_not_from_the_state),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
