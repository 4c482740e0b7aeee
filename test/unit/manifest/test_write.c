/* The compiled form: it says the same, and compiling it changes nothing. */
#include "manifest/write.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "dump_test.h"
#include "fault.h"
#include "manifest_test.h"
#include "shards_test.h"

static void dump(const char *name, const char *bytes, size_t n, struct text *t)
{
	struct manifest *m = NULL;
	struct report report;

	report_init(&report);
	assert_int_equal(data_load(name, bytes, n, &m, &report), 0);
	manifest_dump(m, t);
	manifest_free(m);
	report_fini(&report);
}

static void compile(const char *name, const char *bytes, size_t n,
		    struct text *ret)
{
	struct report report;

	report_init(&report);
	assert_int_equal(data_compile(name, bytes, n, &report, ret), 0);
	report_fini(&report);
}

static void same_check(const char *name, void *arg)
{
	_cleanup_text_ struct text once = TEXT_INIT, twice = TEXT_INIT;
	_cleanup_text_ struct text before = TEXT_INIT, after = TEXT_INIT;
	_cleanup_free_ char *bytes = NULL;
	size_t n;

	(void)arg;
	bytes = data_read(name, &n);
	compile(name, bytes, n, &once);
	compile(name, once.bytes, once.n, &twice);
	assert_string_equal(text_string(&once), text_string(&twice));
	dump(name, bytes, n, &before);
	dump(name, once.bytes, once.n, &after);
	assert_string_equal(text_string(&before), text_string(&after));
	assert_null(strstr(text_string(&once), "\"include\""));
}

static void test_all_good_ones(void **state)
{
	(void)state;
	assert_true(data_each("good", ".cml", same_check, NULL) > 50);
	assert_true(data_each("seed/corrected", ".cml", same_check, NULL) > 2);
}

static void test_examples(void **state)
{
	static const char *const directories[] = {
		"../../examples/config/config/meta",
		"../../examples/config/lamp/meta",
		"../../examples/hippo/a/meta",
		"../../examples/hippo/b/meta",
		"../../examples/hippo/c/meta",
		"../../examples/hippo/d/meta",
		"../../examples/hippo-modern/b/meta",
		"../../examples/plugin-host/plugin-host/meta",
		"../../examples/registry/registry/meta",
		"../../examples/revocation/revocation/meta",
		"../../examples/storage/storage/meta",
		"../../examples/supervisor/supervisor/meta",
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(directories); i++)
		assert_true(data_each(directories[i], ".cml", same_check,
				      NULL) > 0);
}

static void test_form(void **state)
{
	static const struct shard files[] = {
		{ "a.cml",
		  "// A comment.\n"
		  "{ facets: { b: [1.50, Infinity], a: 0x10, },\n"
		  "  use: [ { from: 'parent', protocol: 'p' } ],\n"
		  "  include: ['b.cml'],\n"
		  "  config: { z: { type: 'bool' }, a: { type: 'bool' } },\n"
		  "  program: { args: ['\\u20ac\\n'], binary: 'bin/x', "
		  "runner: 'elf' } }" },
		{ "b.cml", "{ use: [{ protocol: 'q' }], expose: [] }" },
		{ NULL, NULL },
	};
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)state;
	shards_compile(files, &t);
	assert_string_equal(
		text_string(&t),
		"{\n"
		"    \"program\": {\"runner\": \"elf\", \"binary\": "
		"\"bin/x\", \"args\": [\"\xe2\x82\xac\\n\"]},\n"
		"    \"config\": {\"z\": {\"type\": \"bool\"}, \"a\": "
		"{\"type\": \"bool\"}},\n"
		"    \"use\": [\n"
		"        {\"protocol\": \"p\", \"from\": \"parent\"},\n"
		"        {\"protocol\": \"q\"}\n"
		"    ],\n"
		"    \"expose\": [],\n"
		"    \"facets\": {\"a\":16,\"b\":[1.5,Infinity]}\n"
		"}\n");
}

/* The names of variables and fields are no keys of ours. */
static void test_own_names(void **state)
{
	static const struct shard files[] = {
		{ "a.cml", "{ use: [{ service: '/svc/p' }], program: { binary: "
			   "'x', env: { z: '1', name: '2', path: '3' } } }" },
		{ NULL, NULL },
	};
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)state;
	shards_compile(files, &t);
	assert_non_null(strstr(text_string(&t),
			       "\"env\": {\"z\": \"1\", \"name\": "
			       "\"2\", \"path\": \"3\"}"));
}

static void test_empty(void **state)
{
	static const struct shard files[] = { { "a.cml", "{ /* */ }" },
					      { NULL, NULL } };
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)state;
	shards_compile(files, &t);
	assert_string_equal(text_string(&t), "{}\n");
}

/* Nothing is written of what is wrong. */
static void test_invalid(void **state)
{
	static const char *const texts[] = {
		"{ use: [{}] }",
		"{",
		"{ include: ['x'] }",
	};
	_cleanup_text_ struct text t = TEXT_INIT;
	struct report report;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(texts); i++) {
		report_init(&report);
		assert_int_equal(manifest_compile("f", texts[i],
						  strlen(texts[i]), NULL,
						  &report, &t),
				 MANIFEST_INVALID);
		assert_true(report.n_errors > 0);
		assert_int_equal(t.n, 0);
		report_fini(&report);
	}
}

static int compile_faulty(void *arg)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct report report;
	int r;

	report_init(&report);
	r = manifest_compile("f", arg, strlen(arg), NULL, &report, &t);
	report_fini(&report);
	return r;
}

static void test_faults(void **state)
{
	static char text[] = "{ use: [{ protocol: 'p' }], "
			     "facets: { a: { b: [1, 2.5, 'x'] } } }";

	(void)state;
	assert_true(fault_sweep(compile_faulty, text) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_good_ones),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_own_names),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
