/* From URLs to files, and what may stand where a manifest should be. */
#include "host_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "host/package.h"

static const char empty_manifest[] = "{}";

/* package_find() in the scene's packages; the verdict, and its sentence. */
static int find(struct scene *s, const struct package *context, const char *url,
		struct package *ret, struct text *why)
{
	const char *directories[] = { s->packages };
	struct package_paths paths = { .directories = directories, .n = 1 };

	text_clear(why);
	return package_find(&paths, context, url, ret, why);
}

static void assert_default_path(const char *root_file, const char *expected)
{
	char *path = package_default_path(root_file);

	assert_non_null(path);
	assert_string_equal(path, expected);
	free(path);
}

static void test_default_paths(void **state)
{
	struct scene *s = *state;
	char *above;

	assert_default_path("/x/root/meta/root.cml", "/x");
	assert_default_path("x/root/meta/root.cml", "x");
	assert_default_path("root/meta/root.cml", ".");
	assert_default_path("/root/meta/root.cml", "/");
	assert_default_path("/x/root.cml", "/x");
	assert_default_path("x/root.cml", "x");
	assert_default_path("root.cml", ".");
	assert_default_path("/root.cml", "/");
	assert_default_path("/meta/root.cml", "/");
	/* What has no name of its own is looked up. */
	scene_write(s, "packages/root/meta/root.cml", empty_manifest);
	assert_int_equal(chdir(scene_path(s, "packages/root")), 0);
	above = realpath("..", NULL);
	assert_default_path("meta/root.cml", above);
	assert_default_path("./meta/root.cml", above);
	assert_int_equal(chdir("meta"), 0);
	assert_default_path("../meta/root.cml", above);
	assert_default_path("root.cml", above);
	assert_default_path("./root.cml", above);
	assert_int_equal(chdir("/"), 0);
	free(above);
}

static void test_root_forms(void **state)
{
	struct scene *s = *state;
	struct package p = { 0 };
	_cleanup_text_ struct text why = TEXT_INIT;

	scene_write(s, "packages/root/meta/root.cml", empty_manifest);
	scene_write(s, "packages/flat/root.cml", empty_manifest);
	assert_int_equal(
		package_find_root(scene_path(s, "packages/root/meta/root.cml"),
				  &p, &why),
		0);
	assert_string_equal(p.directory, scene_path(s, "packages/root"));
	package_fini(&p);
	assert_int_equal(
		package_find_root(scene_path(s, "packages/flat/root.cml"), &p,
				  &why),
		0);
	assert_string_equal(p.directory, scene_path(s, "packages/flat"));
	package_fini(&p);
	assert_int_equal(package_find_root(scene_path(s, "none/meta/root.cml"),
					   &p, &why),
			 PACKAGE_INVALID);
	assert_contains(text_string(&why), "No such file");
}

static void test_compiled_is_preferred(void **state)
{
	struct scene *s = *state;
	struct package p = { 0 };
	_cleanup_text_ struct text why = TEXT_INIT;
	const char *url = "fuchsia-pkg://example.org/a#meta/a.cm";

	scene_write(s, "packages/a/meta/a.cml", empty_manifest);
	assert_int_equal(find(s, NULL, url, &p, &why), 0);
	assert_string_equal(p.manifest_file,
			    scene_path(s, "packages/a/meta/a.cml"));
	package_fini(&p);
	scene_write(s, "packages/a/meta/a.cm", empty_manifest);
	assert_int_equal(find(s, NULL, url, &p, &why), 0);
	assert_string_equal(p.manifest_file,
			    scene_path(s, "packages/a/meta/a.cm"));
	assert_string_equal(p.directory, scene_path(s, "packages/a"));
	package_fini(&p);
}

static void test_relative_urls(void **state)
{
	struct scene *s = *state;
	struct package context = { 0 }, p = { 0 };
	_cleanup_text_ struct text why = TEXT_INIT;
	char url[256];

	scene_write(s, "packages/a/meta/a.cml", empty_manifest);
	scene_write(s, "packages/a/meta/b.cml", empty_manifest);
	assert_int_equal(find(s, NULL, "a#meta/a.cm", &context, &why), 0);
	assert_int_equal(find(s, &context, "#meta/b.cm", &p, &why), 0);
	assert_string_equal(p.manifest_file,
			    scene_path(s, "packages/a/meta/b.cml"));
	package_fini(&p);
	snprintf(url, sizeof(url), "file://%s/a#meta/b.cm", s->packages);
	assert_int_equal(find(s, NULL, url, &p, &why), 0);
	assert_string_equal(p.directory, context.directory);
	package_fini(&p);
	package_fini(&context);
	assert_int_equal(find(s, NULL, "#meta/b.cm", &p, &why),
			 PACKAGE_INVALID);
	assert_contains(text_string(&why), "relative to a package");
}

static void test_sentences(void **state)
{
	static const struct {
		const char *url, *sentence;
	} cases[] = {
		{ "fuchsia-pkg://example.org/none#meta/a.cm",
		  "there is no package \"none\"" },
		{ "fuchsia-pkg://example.org/none#meta/a.cm",
		  "--packages DIR" },
		{ "none#meta/a.cm", "there is no package \"none\"" },
		{ "a#meta/none.cm", "there is no manifest" },
		{ "a#meta/none.cm", "nor .cml" },
		{ "fuchsia-pkg://example.org/a", "names no manifest" },
		{ "http://example.org/a.cm",
		  "has the scheme \"http\", which nothing here resolves" },
		{ "fuchsia-boot:///#meta/a.cm", "nothing here resolves" },
		{ "file:///nowhere/a#meta/a.cm", "there is no manifest" },
		{ "fuchsia-pkg://example.org/..#meta/a.cm", "the URL" },
		{ "a#../../etc/passwd", "the URL" },
		{ "%2e%2e#meta/a.cm", "the URL" },
		{ "", "the URL" },
	};
	struct scene *s = *state;
	struct package p = { 0 };
	_cleanup_text_ struct text why = TEXT_INIT;
	size_t i;

	scene_write(s, "packages/a/meta/a.cml", empty_manifest);
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		assert_int_equal(find(s, NULL, cases[i].url, &p, &why),
				 PACKAGE_INVALID);
		assert_contains(text_string(&why), cases[i].sentence);
		assert_null(p.directory);
		assert_null(p.manifest_file);
	}
}

/* package_load() of what stands at packages/a/meta/a.cm. */
static int load(struct scene *s, struct text *why, struct text *errors)
{
	struct package p = { 0 };
	struct manifest *manifest = NULL;
	struct report report;
	int r;

	text_clear(why);
	assert_int_equal(find(s, NULL, "a#meta/a.cm", &p, why), 0);
	report_init(&report);
	r = package_load(&p, NULL, &manifest, &report, why);
	assert_int_equal(r == 0, manifest != NULL);
	text_clear(errors);
	report_render(&report, errors);
	report_fini(&report);
	manifest_free(manifest);
	package_fini(&p);
	return r;
}

static void test_no_file(void **state)
{
	struct scene *s = *state;
	const char *path = scene_path(s, "packages/a/meta/a.cm");
	_cleanup_text_ struct text why = TEXT_INIT, errors = TEXT_INIT;

	scene_write(s, "packages/a/meta/x", "");
	/* Were it opened like a file, this would wait for a writer. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(s, &why, &errors), PACKAGE_INVALID);
	assert_contains(text_string(&why), "is not a file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(load(s, &why, &errors), PACKAGE_INVALID);
	assert_contains(text_string(&why), "is not a file");
	rmdir(path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_int_equal(load(s, &why, &errors), PACKAGE_INVALID);
	assert_contains(text_string(&why), "is not a file");
}

static void test_size(void **state)
{
	enum { MAX = 1024 * 1024 };
	struct scene *s = *state;
	char *bytes = malloc(MAX + 2);
	_cleanup_text_ struct text why = TEXT_INIT, errors = TEXT_INIT;

	memset(bytes, ' ', MAX + 1);
	bytes[MAX + 1] = 0;
	memcpy(bytes, "{}", 2);
	scene_write(s, "packages/a/meta/a.cml", bytes);
	assert_int_equal(load(s, &why, &errors), PACKAGE_INVALID);
	assert_contains(text_string(&why), "has 1 error");
	assert_contains(text_string(&errors), "a.cml");
	bytes[MAX] = 0;
	scene_write(s, "packages/a/meta/a.cml", bytes);
	assert_int_equal(load(s, &why, &errors), 0);
	free(bytes);
}

static void test_errors_are_counted(void **state)
{
	struct scene *s = *state;
	_cleanup_text_ struct text why = TEXT_INIT, errors = TEXT_INIT;

	scene_write(s, "packages/a/meta/a.cml",
		    "{ use: [ { protocol: 'a b' }, { protocol: '-' } ] }");
	assert_int_equal(load(s, &why, &errors), PACKAGE_INVALID);
	assert_contains(text_string(&why), "a.cml has 2 errors");
}

static void test_changed(void **state)
{
	struct scene *s = *state;
	struct package p = { 0 };
	struct manifest *manifest;
	struct report report;
	_cleanup_text_ struct text why = TEXT_INIT;

	report_init(&report);
	scene_write(s, "packages/a/meta/a.cml", empty_manifest);
	assert_int_equal(find(s, NULL, "a#meta/a.cm", &p, &why), 0);
	assert_int_equal(package_load(&p, NULL, &manifest, &report, &why), 0);
	assert_false(package_has_changed(&p));
	scene_write(s, "packages/a/meta/a.cml", "{ }");
	assert_true(package_has_changed(&p));
	unlink(p.manifest_file);
	assert_true(package_has_changed(&p));
	manifest_free(manifest);
	package_fini(&p);
	report_fini(&report);
}

static int find_and_load(void *arg)
{
	struct scene *s = arg;
	struct package p = { 0 };
	struct manifest *manifest = NULL;
	struct report report;
	struct text why = TEXT_INIT;
	int r;

	report_init(&report);
	r = find(s, NULL, "a#meta/a.cm", &p, &why);
	if (!r)
		r = package_load(&p, NULL, &manifest, &report, &why);
	manifest_free(manifest);
	package_fini(&p);
	report_fini(&report);
	text_fini(&why);
	/* A library's own allocation that failed is told in the sentence. */
	return r > 0 ? -1 : r;
}

static void test_faults(void **state)
{
	struct scene *s = *state;

	scene_write(s, "packages/a/meta/a.cml",
		    "{ use: [ { protocol: 'a.b.C' } ] }");
	assert_true(fault_sweep(find_and_load, s) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_default_paths),
		host_test(test_root_forms),
		host_test(test_compiled_is_preferred),
		host_test(test_relative_urls),
		host_test(test_sentences),
		host_test(test_no_file),
		host_test(test_size),
		host_test(test_errors_are_counted),
		host_test(test_changed),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
