/* The JSON5 reader: what it reads, what it refuses and where, and its bounds.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "fault.h"
#include "json5_write.h"
#include "manifest_test.h"

/* What every test of this file reads into. */
struct reading {
	struct arena arena;
	struct report report;
	struct json5_value *root;
	int r;
};

static void reading_init(struct reading *g, const char *bytes, size_t n)
{
	/* A block of the exact size, so that a sanitizer sees a step too far.
	 */
	char *exact = malloc(n ? n : 1);

	assert_non_null(exact);
	memcpy(exact, bytes, n);
	*g = (struct reading){ .arena = ARENA_INIT };
	report_init(&g->report);
	g->r = json5_read("f.json5", exact, n, &g->arena, &g->root, &g->report);
	free(exact);
}

static void reading_fini(struct reading *g)
{
	arena_fini(&g->arena);
	report_fini(&g->report);
}

static void golden_check(const char *name, void *arg)
{
	struct text t = TEXT_INIT;
	struct reading g;
	char other[512], *bytes, *golden;
	size_t n, n_golden;

	(void)arg;
	bytes = data_read(name, &n);
	snprintf(other, sizeof(other), "%.*s.golden",
		 (int)(strrchr(name, '.') - name), name);
	golden = data_read(other, &n_golden);
	reading_init(&g, bytes, n);
	if (g.r) {
		report_render(&g.report, &t);
		fail_msg("%s: %s", name, text_string(&t));
	}
	assert_int_equal(g.report.n_errors, 0);
	json5_write(g.root, &t);
	assert_string_equal(text_string(&t), golden);
	text_fini(&t);
	reading_fini(&g);
	free(bytes);
	free(golden);
}

static void test_golden(void **state)
{
	(void)state;
	assert_true(data_each("json5/good", ".json5", golden_check, NULL) > 15);
}

static void bad_check(const char *name, void *arg)
{
	struct reading g;
	char *bytes;
	size_t n;

	(void)arg;
	bytes = data_read(name, &n);
	reading_init(&g, bytes, n);
	assert_true(g.r == JSON5_INVALID || g.r == JSON5_MENDED);
	assert_true((g.root != NULL) == (g.r == JSON5_MENDED));
	report_expect_line(&g.report, name, bytes);
	reading_fini(&g);
	free(bytes);
}

static void test_bad(void **state)
{
	(void)state;
	assert_true(data_each("json5/bad", ".json5", bad_check, NULL) > 40);
}

static void place_equal(struct place p, unsigned line, unsigned column)
{
	assert_int_equal(p.line, line);
	assert_int_equal(p.column, column);
}

static void test_places(void **state)
{
	static const char text[] = "{ // ö\r\n"
				   "  'ä': \"ü\",\r"
				   "\tb: [ 1,\n"
				   "      {} ],\n"
				   "}\n";
	const struct json5_value *a, *b;
	struct reading g;

	(void)state;
	reading_init(&g, text, sizeof(text) - 1);
	assert_int_equal(g.r, 0);
	place_equal(g.root->place, 1, 1);
	place_equal(g.root->end, 5, 2);
	a = json5_get(g.root, "ä");
	place_equal(a->key_place, 2, 3);
	place_equal(a->place, 2, 8);
	place_equal(a->end, 2, 11);
	b = json5_get(g.root, "b");
	place_equal(b->key_place, 3, 2);
	place_equal(b->place, 3, 5);
	place_equal(b->end, 4, 11);
	place_equal(b->list.first->place, 3, 7);
	place_equal(b->list.first->next->place, 4, 7);
	reading_fini(&g);
}

static void test_byte_order_mark_has_no_column(void **state)
{
	struct reading g;

	(void)state;
	reading_init(&g, "\xef\xbb\xbf[ ?", 6);
	assert_int_equal(g.r, JSON5_INVALID);
	place_equal(g.report.first->place, 1, 3);
	reading_fini(&g);
}

static void test_several_mistakes_at_once(void **state)
{
	static const char text[] = "{\n"
				   "  a: yes\n"
				   "  \"b: 1,,\n"
				   "  c 2,\n"
				   "  c: 3,\n"
				   "}\n";
	static const struct place places[] = { { 2, 6, 0 }, { 2, 9, 0 }, { 3, 5, 0 },
					       { 3, 9, 0 }, { 4, 4, 0 }, { 5, 3, 0 } };
	const struct diagnostic *d;
	struct reading g;
	size_t i = 0;

	(void)state;
	reading_init(&g, text, sizeof(text) - 1);
	assert_int_equal(g.r, JSON5_MENDED);
	report_sort(&g.report);
	for (d = g.report.first; d; d = d->next, i++) {
		assert_true(i < sizeof(places) / sizeof(places[0]));
		place_equal(d->place, places[i].line, places[i].column);
	}
	assert_int_equal(i, sizeof(places) / sizeof(places[0]));
	/* And the tree is what was meant; of a key, the first value stands. */
	assert_string_equal(json5_string(json5_get(g.root, "a")), "yes");
	assert_true(json5_number(json5_get(g.root, "b"), 0) == 1);
	assert_true(json5_number(json5_get(g.root, "c"), 0) == 2);
	assert_int_equal(g.root->list.n, 3);
	reading_fini(&g);
}

static void test_key_three_times(void **state)
{
	struct text t = TEXT_INIT;
	struct reading g;

	(void)state;
	reading_init(&g, "{k: 1, a: 0, k: 2, b: 0, k: 3}", 30);
	assert_int_equal(g.r, JSON5_MENDED);
	assert_int_equal(g.report.n_errors, 2);
	assert_non_null(strstr(g.report.first->text, "1:2"));
	assert_non_null(strstr(g.report.first->next->text, "1:2"));
	json5_write(g.root, &t);
	assert_string_equal(text_string(&t), "{\"k\":1,\"a\":0,\"b\":0}");
	text_fini(&t);
	reading_fini(&g);
}

static void test_encoding(void **state)
{
	static const struct {
		const char *bytes;
		unsigned line, column;
	} cases[] = {
		{ "[\"\xff\"]", 1, 3 },	      { "\"\xc0\x80\"", 1, 2 },
		{ "\"\xed\xa0\x80\"", 1, 2 }, { "\"\xf4\x90\x80\x80\"", 1, 2 },
		{ "\n\"ä\xe2\x82", 2, 3 },    { "// \x80", 1, 4 },
		{ "\xff\xfe[", 1, 1 },
	};
	struct reading g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reading_init(&g, cases[i].bytes, strlen(cases[i].bytes));
		assert_int_equal(g.r, JSON5_INVALID);
		assert_int_equal(g.report.n_errors, 1);
		assert_string_equal(g.report.first->rule, "encoding");
		place_equal(g.report.first->place, cases[i].line,
			    cases[i].column);
		reading_fini(&g);
	}
}

static void test_largest_file(void **state)
{
	char *bytes = malloc(JSON5_SIZE_MAX + 1);
	struct reading g;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, ' ', JSON5_SIZE_MAX + 1);
	bytes[0] = '1';
	reading_init(&g, bytes, JSON5_SIZE_MAX);
	assert_int_equal(g.r, 0);
	reading_fini(&g);
	reading_init(&g, bytes, JSON5_SIZE_MAX + 1);
	assert_int_equal(g.r, JSON5_INVALID);
	assert_string_equal(g.report.first->rule, "too-large");
	assert_int_equal(g.report.first->place.line, 0);
	reading_fini(&g);
	free(bytes);
}

/* The densest files there are stay within a bound of memory and time. */
static void test_memory_is_bounded(void **state)
{
	char *bytes = malloc(JSON5_SIZE_MAX);
	struct reading g;
	size_t i;

	(void)state;
	assert_non_null(bytes);
	for (i = 0; i < JSON5_SIZE_MAX; i += 2) {
		bytes[i] = '1';
		bytes[i + 1] = ',';
	}
	bytes[0] = '[';
	bytes[1] = ' ';
	bytes[JSON5_SIZE_MAX - 1] = ']';
	reading_init(&g, bytes, JSON5_SIZE_MAX);
	assert_int_equal(g.r, 0);
	assert_int_equal(g.root->list.n, JSON5_SIZE_MAX / 2 - 1);
	assert_true(g.arena.n_bytes < 64u * JSON5_SIZE_MAX);
	reading_fini(&g);
	free(bytes);
}

/* One mistake per two bytes: counted, not kept. */
static void test_many_mistakes(void **state)
{
	char *bytes = malloc(JSON5_SIZE_MAX);
	struct reading g;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, ',', JSON5_SIZE_MAX);
	bytes[0] = '[';
	bytes[JSON5_SIZE_MAX - 1] = ']';
	reading_init(&g, bytes, JSON5_SIZE_MAX);
	assert_int_equal(g.r, JSON5_MENDED);
	assert_int_equal(g.report.n_errors, JSON5_SIZE_MAX - 2);
	assert_int_equal(g.report.n_kept, REPORT_MAX);
	reading_fini(&g);
	free(bytes);
}

static void test_accessors(void **state)
{
	static const char text[] =
		"{s: 'x', z: 'a\\0b', t: true, n: 4, a: [1]}";
	struct reading g;

	(void)state;
	reading_init(&g, text, sizeof(text) - 1);
	assert_int_equal(g.r, 0);
	assert_string_equal(json5_string(json5_get(g.root, "s")), "x");
	assert_null(json5_string(json5_get(g.root, "z")));
	assert_int_equal(json5_get(g.root, "z")->string.n, 3);
	assert_null(json5_string(json5_get(g.root, "t")));
	assert_null(json5_string(NULL));
	assert_null(json5_get(NULL, "x"));
	assert_null(json5_get(json5_get(g.root, "a"), "x"));
	assert_null(json5_get(g.root, "missing"));
	assert_true(json5_bool(json5_get(g.root, "t"), false));
	assert_true(json5_bool(json5_get(g.root, "s"), true));
	assert_true(json5_number(json5_get(g.root, "n"), 0) == 4);
	assert_true(json5_number(NULL, 7) == 7);
	assert_null(json5_first(json5_get(g.root, "s")));
	assert_non_null(json5_first(json5_get(g.root, "a")));
	assert_string_equal(json5_type_phrase(JSON5_ARRAY), "an array");
	reading_fini(&g);
}

/* The messages people read most often. */
static void test_texts(void **state)
{
	static const struct {
		const char *bytes, *text;
	} cases[] = {
		{ "{ \"a: [ ] }", "the string that begins at column 3 is not "
				  "closed: a quote (\") is missing here, "
				  "behind \"a\"" },
		{ "{ a: 1\n b: 2 }", "a comma is missing here, before the "
				     "word b (line 2)" },
		{ "[1, 2", "found the end of the file, but the \"[\" at 1:1 "
			   "is not closed; \"]\" is missing" },
		{ "[yes]", "found the word yes where a value was expected; put "
			   "quotes around it" },
		{ "{a: 1 = 2}", "found \"=\" where a comma or \"}\" was "
				"expected" },
		{ "[# x\n]", "found \"#\" where a value was expected; comments "
			     "begin with \"//\"" },
	};
	struct reading g;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reading_init(&g, cases[i].bytes, strlen(cases[i].bytes));
		assert_non_null(g.report.first);
		assert_string_equal(g.report.first->text, cases[i].text);
		reading_fini(&g);
	}
}

static int sweep(void *arg)
{
	struct reading g = { .arena = ARENA_INIT };
	const char *text = arg;

	report_init(&g.report);
	g.r = json5_read("f", text, strlen(text), &g.arena, &g.root, &g.report);
	reading_fini(&g);
	return g.r < 0 ? g.r : 0;
}

static void test_faults(void **state)
{
	static char many[40000];
	size_t i;

	(void)state;
	assert_true(
		fault_sweep(sweep, "{ a: [ 'b', \"c\", d ] \"e: 1, a: 2 }"));
	memset(many, '1', 300);
	assert_true(fault_sweep(sweep, many));
	for (i = 0; i < sizeof(many) - 4; i += 4)
		memcpy(many + i, "'a',", 4);
	many[0] = '[';
	many[1] = many[2] = ' ';
	many[3] = ' ';
	many[sizeof(many) - 4] = ']';
	many[sizeof(many) - 3] = 0;
	assert_true(fault_sweep(sweep, many) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_byte_order_mark_has_no_column),
		cmocka_unit_test(test_several_mistakes_at_once),
		cmocka_unit_test(test_key_three_times),
		cmocka_unit_test(test_encoding),
		cmocka_unit_test(test_largest_file),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_many_mistakes),
		cmocka_unit_test(test_accessors),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
