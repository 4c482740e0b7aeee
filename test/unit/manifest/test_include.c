/* Which files a manifest is made of, and what is wrong with them. */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "shards_test.h"

static void test_none(void **state)
{
	static const struct shard files[] = {
		{ "a.cml", "{ include: [], use: [{ protocol: 'p' }] }" },
		{ NULL, NULL },
	};
	struct manifest *m = NULL;
	struct report report;

	(void)state;
	shards_expect_same(files, "{ use: [{ protocol: 'p' }] }");
	/* And nobody is asked. */
	report_init(&report);
	assert_int_equal(manifest_load("a", files->text, strlen(files->text),
				       &m, &report),
			 0);
	assert_int_equal(m->n_files, 1);
	assert_string_equal(m->files[0], "a");
	manifest_free(m);
	report_fini(&report);
}

static void test_transitive(void **state)
{
	static const struct shard files[] = {
		{ "a.cml", "{ include: ['b.cml', '//d.cml'], "
			   "use: [{ protocol: 'a' }] }" },
		{ "b.cml", "{ include: ['c.cml'], use: [{ protocol: 'b' }] }" },
		{ "c.cml", "{ use: [{ protocol: 'c' }] }" },
		{ "d.cml", "{ use: [{ protocol: 'd' }] }" },
		{ NULL, NULL },
	};

	(void)state;
	shards_expect_same(files,
			   "{ use: [{ protocol: 'a' }, { protocol: 'b' }, "
			   "{ protocol: 'c' }, { protocol: 'd' }] }");
}

/* A file that two others include is there once. */
static void test_diamond(void **state)
{
	static const struct shard files[] = {
		{ "a.cml", "{ include: ['b.cml', 'c.cml'] }" },
		{ "b.cml", "{ include: ['d.cml'] }" },
		{ "c.cml", "{ include: ['d.cml'] }" },
		{ "d.cml", "{ children: [{ name: 'x', url: 'x#meta/x.cm' }], "
			   "use: [{ protocol: 'p' }] }" },
		{ NULL, NULL },
	};

	(void)state;
	shards_expect_same(files,
			   "{ children: [{ name: 'x', url: 'x#meta/x.cm' }], "
			   "use: [{ protocol: 'p' }] }");
}

static void test_wrong(void **state)
{
	static const struct {
		const char *name;
		struct shard files[4];
		const char *rules;
	} cases[] = {
		{ "missing",
		  { { "a.cml", "{ include: [`'b.cml', 'c.cml'] }" },
		    { "c.cml", "{}" } },
		  "unreadable-include" },
		{ "missing from a shard",
		  { { "a.cml", "{ include: ['c.cml'] }" },
		    { "c.cml", "{ include: [`'b.cml'] }" } },
		  "unreadable-include" },
		{ "no name",
		  { { "a.cml", "{ include: [`''] }" } },
		  "unreadable-include" },
		{ "a path of the host",
		  { { "a.cml", "{ include: [`'/etc/passwd'] }" } },
		  "unreadable-include" },
		{ "itself",
		  { { "a.cml", "{ include: [`'a.cml'] }" } },
		  "circular-include" },
		{ "a circle",
		  { { "a.cml", "{ include: ['b.cml'] }" },
		    { "b.cml", "{ include: ['c.cml'] }" },
		    { "c.cml", "{ include: [`'a.cml'] }" } },
		  "circular-include" },
		{ "a circle that the manifest is not in",
		  { { "a.cml", "{ include: ['b.cml'] }" },
		    { "b.cml", "{ include: ['c.cml'] }" },
		    { "c.cml", "{ include: [`'b.cml'] }" } },
		  "circular-include" },
		{ "not an array",
		  { { "a.cml", "{ include: `'b.cml' }" } },
		  "wrong-type" },
		{ "not a path",
		  { { "a.cml", "{ include: [`7, 'b.cml'] }" },
		    { "b.cml", "{}" } },
		  "wrong-type" },
		{ "twice",
		  { { "a.cml", "{ include: ['b.cml', `'b.cml'] }" },
		    { "b.cml", "{}" } },
		  "duplicate-value" },
		{ "not JSON5",
		  { { "a.cml", "{ include: ['b.cml'], use: [{ protcol: 'p' "
			       "}] }" },
		    { "b.cml", "{ use: `; }" } },
		  "syntax" },
		{ "not an object",
		  { { "a.cml", "{ include: ['b.cml'] }" }, { "b.cml", "`[]" } },
		  "wrong-type" },
		{ "a slip in one file and mistakes in both",
		  { { "a.cml", "{ include: ['b.cml'], `usee: [] }" },
		    { "b.cml", "{ use: []` expose: [`{}] }" } },
		  "unknown-key syntax missing-capability" },
		{ "two dialects",
		  { { "a.cml",
		      "{ include: ['b.cml'], use: [{ service: '/svc/p' }] }" },
		    { "b.cml", "{ use: [{ protocol: `'p' }] }" } },
		  "mixed-dialects" },
		{ "a known key of a wrong type in each",
		  { { "a.cml", "{ include: ['b.cml'], use: `{} }" },
		    { "b.cml", "{ use: [], facets: `7, children: `{} }" } },
		  "wrong-type wrong-type wrong-type" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		print_message("  %s\n", cases[i].name);
		shards_expect(cases[i].files, cases[i].rules);
	}
}

static void test_circle_is_named(void **state)
{
	static const struct shard files[] = {
		{ "a.cml", "{ include: ['b.cml'] }" },
		{ "b.cml", "{ include: ['c.cml'] }" },
		{ "c.cml", "{ include: ['b.cml'] }" },
		{ NULL, NULL },
	};
	struct manifest *m = NULL;
	struct report report;

	(void)state;
	report_init(&report);
	assert_int_equal(shards_load(files, &m, &report), MANIFEST_INVALID);
	assert_string_equal(report.first->text,
			    "the files include each other in a circle: b.cml, "
			    "which includes c.cml, which includes b.cml again");
	report_fini(&report);
}

static void test_nobody_reads(void **state)
{
	static const char text[] = "{ include: ['b.cml'] }";
	struct manifest *m = NULL;
	struct report report;

	(void)state;
	report_init(&report);
	assert_int_equal(manifest_load("a", text, strlen(text), &m, &report),
			 MANIFEST_INVALID);
	assert_int_equal(report.n_errors, 1);
	assert_string_equal(report.first->rule, "unreadable-include");
	report_fini(&report);
}

/* Files made up as they are asked for: "N" includes "N + 1". */
struct endless {
	size_t room; /* blanks in each */
	unsigned width, n;
};

static int endless_read(void *userdata, const char *from, const char *path,
			char **ret_file, char **ret_bytes, size_t *ret_n,
			const char **ret_why)
{
	struct endless *e = userdata;
	struct text t = TEXT_INIT;
	unsigned i;

	(void)from;
	(void)ret_why;
	e->n++;
	text_puts(&t, "{ include: [");
	for (i = 0; i < e->width; i++)
		text_printf(&t, "'%s.%u',", path, i);
	text_puts(&t, "] ");
	for (i = 0; i < e->room; i++)
		text_puts(&t, " ");
	text_puts(&t, "}");
	*ret_file = strdup(path);
	*ret_bytes = t.bytes;
	*ret_n = t.n;
	return 0;
}

static void test_bounds(void **state)
{
	struct endless cases[] = {
		{ 0, 1, 0 },  /* deeper and deeper */
		{ 0, 50, 0 }, /* more and more */
		{ 500000, 1, 0 },
	};
	static const char *const texts[] = {
		"a manifest has at most 64 files inside each other, counting "
		"all that it includes",
		"a manifest has at most 64 files inside each other, counting "
		"all that it includes",
		"a manifest has at most 8388608 bytes, counting all that it "
		"includes",
	};
	static const char text[] = "{ include: ['x'] }";
	struct manifest *m = NULL;
	struct report report;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		const struct manifest_includes includes = { endless_read,
							    &cases[i] };

		report_init(&report);
		assert_int_equal(manifest_load_with("a", text, strlen(text),
						    &includes, &m, &report),
				 MANIFEST_INVALID);
		assert_int_equal(report.n_errors, 1);
		assert_string_equal(report.first->rule, "too-many-includes");
		assert_string_equal(report.first->text, texts[i]);
		assert_true(cases[i].n < 5000);
		report_fini(&report);
	}
}

/* Three levels of 20 files each would be thousands. */
static int wide_read(void *userdata, const char *from, const char *path,
		     char **ret_file, char **ret_bytes, size_t *ret_n,
		     const char **ret_why)
{
	struct endless e = { 0, strlen(path) < 5 ? 20 : 0, 0 };

	(void)userdata;
	return endless_read(&e, from, path, ret_file, ret_bytes, ret_n,
			    ret_why);
}

static void test_too_many_files(void **state)
{
	const struct manifest_includes includes = { wide_read, NULL };
	static const char text[] = "{ include: ['x'] }";
	struct manifest *m = NULL;
	struct report report;

	(void)state;
	report_init(&report);
	assert_int_equal(manifest_load_with("a", text, strlen(text), &includes,
					    &m, &report),
			 MANIFEST_INVALID);
	assert_int_equal(report.n_errors, 1);
	assert_string_equal(report.first->text,
			    "a manifest has at most 256 files, counting all "
			    "that it includes");
	report_fini(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_transitive),
		cmocka_unit_test(test_diamond),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_circle_is_named),
		cmocka_unit_test(test_nobody_reads),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_too_many_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
