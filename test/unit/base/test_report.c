/* Reports: order, the two renderings, the bound, lack of memory. */
#include "base_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "fault.h"

static struct place at(uint32_t line, uint32_t column)
{
	return place_at(line, column);
}

static void assert_rendered(const struct report *r, const char *expected)
{
	struct text t = TEXT_INIT;

	report_render(r, &t);
	assert_string_equal(text_string(&t), expected);
	text_fini(&t);
}

static void an_empty_report(void **state)
{
	struct report r;
	struct text t = TEXT_INIT;

	(void)state;
	report_init(&r);
	report_sort(&r);
	assert_rendered(&r, "");
	report_render_json(&r, &t);
	assert_string_equal(text_string(&t), "[]");
	text_fini(&t);
	report_fini(&r);
	report_fini(&r);
}

static void order_is_by_file_line_and_column(void **state)
{
	struct report r;

	(void)state;
	report_init(&r);
	report_add(&r, SEVERITY_ERROR, "b.cml", at(1, 1), "r", "1");
	report_add(&r, SEVERITY_ERROR, "a.cml", at(10, 1), "r", "2");
	report_add(&r, SEVERITY_WARNING, "a.cml", at(9, 12), "r", "3");
	report_add(&r, SEVERITY_ERROR, "a.cml", at(9, 2), "r", "4");
	report_add(&r, SEVERITY_ERROR, "a.cml", at(0, 0), "r", "5");
	assert_int_equal(r.n_errors, 4);
	assert_int_equal(r.n_warnings, 1);
	report_sort(&r);
	assert_rendered(&r, "a.cml: error: 5 [r]\n"
			    "a.cml:9:2: error: 4 [r]\n"
			    "a.cml:9:12: warning: 3 [r]\n"
			    "a.cml:10:1: error: 2 [r]\n"
			    "b.cml:1:1: error: 1 [r]\n");
	/* It can be added to behind the last one. */
	report_add(&r, SEVERITY_ERROR, "c.cml", at(1, 1), "r", "6");
	report_sort(&r);
	report_sort(&r);
	assert_rendered(&r, "a.cml: error: 5 [r]\n"
			    "a.cml:9:2: error: 4 [r]\n"
			    "a.cml:9:12: warning: 3 [r]\n"
			    "a.cml:10:1: error: 2 [r]\n"
			    "b.cml:1:1: error: 1 [r]\n"
			    "c.cml:1:1: error: 6 [r]\n");
	report_fini(&r);
}

static void equal_places_keep_their_order(void **state)
{
	struct report r;
	const struct diagnostic *d;
	int last[3] = { -1, -1, -1 }, i, n, seen = 0;
	uint32_t line = 0;

	(void)state;
	srand(7);
	for (n = 0; n < 60; n++) {
		report_init(&r);
		for (i = 0; i < n; i++)
			report_add(&r, SEVERITY_ERROR, "f",
				   at(1 + (uint32_t)rand() % 3, 1), "r", "%d",
				   i);
		report_sort(&r);
		last[0] = last[1] = last[2] = -1;
		line = 0;
		seen = 0;
		for (d = r.first; d; d = d->next, seen++) {
			assert_true(d->place.line >= line);
			line = d->place.line;
			assert_true(atoi(d->text) > last[line - 1]);
			last[line - 1] = atoi(d->text);
		}
		assert_int_equal(seen, n);
		report_fini(&r);
	}
}

static void texts_are_shown_safely(void **state)
{
	struct report r;
	struct text t = TEXT_INIT;

	(void)state;
	report_init(&r);
	report_add(&r, SEVERITY_ERROR, "a\x1b[2J.cml", at(1, 2), "rule",
		   "the name \"%s\"", "x\x1b]0;owned\a\n");
	assert_rendered(&r, "a\\x1b[2J.cml:1:2: error: the name "
			    "\"x\\x1b]0;owned\\x07\\x0a\" [rule]\n");
	report_render_json(&r, &t);
	assert_string_equal(
		text_string(&t),
		"[{\"file\":\"a\\u001b[2J.cml\",\"line\":1,\"column\":2,"
		"\"severity\":\"error\",\"rule\":\"rule\",\"text\":"
		"\"the name \\\"x\\u001b]0;owned\\u0007\\n\\\"\"}]");
	text_fini(&t);
	report_fini(&r);
}

static void json_holds_all_of_them(void **state)
{
	struct report r;
	struct text t = TEXT_INIT;

	(void)state;
	report_init(&r);
	report_add(&r, SEVERITY_WARNING, "a", at(1, 2), "x", "one");
	report_add(&r, SEVERITY_ERROR, "b", at(0, 0), "y", "two");
	report_render_json(&r, &t);
	assert_string_equal(
		text_string(&t),
		"[{\"file\":\"a\",\"line\":1,\"column\":2,\"severity\":"
		"\"warning\",\"rule\":\"x\",\"text\":\"one\"},"
		"{\"file\":\"b\",\"line\":0,\"column\":0,\"severity\":"
		"\"error\",\"rule\":\"y\",\"text\":\"two\"}]");
	text_fini(&t);
	report_fini(&r);
}

static void more_than_the_bound_is_counted_not_kept(void **state)
{
	struct report r;
	struct text t = TEXT_INIT;
	size_t n_bytes;
	int i;

	(void)state;
	report_init(&r);
	for (i = 0; i < REPORT_MAX; i++)
		report_add(&r, SEVERITY_ERROR, "f", at(1, 1), "r", "%d", i);
	n_bytes = r.arena.n_bytes;
	for (i = 0; i < 100000; i++)
		report_add(&r, i % 2 ? SEVERITY_ERROR : SEVERITY_WARNING, "f",
			   at(1, 1), "r", "%d", i);
	assert_int_equal(r.arena.n_bytes, n_bytes);
	assert_int_equal(r.n_kept, REPORT_MAX);
	assert_int_equal(r.n_errors, REPORT_MAX + 50000);
	assert_int_equal(r.n_warnings, 50000);
	report_sort(&r);
	report_render(&r, &t);
	assert_non_null(strstr(text_string(&t), "f:1:1: error: 999 [r]\n"
						"... and 100000 more\n"));
	text_fini(&t);
	report_fini(&r);
	assert_int_equal(r.n_kept, 0);
}

static int fill(void *arg)
{
	struct report r;
	int i, k;

	(void)arg;
	report_init(&r);
	for (i = 0; i < 30; i++)
		report_add(&r, SEVERITY_ERROR, "file", at(30 - (uint32_t)i, 1),
			   "rule", "%0*d", 100, i);
	/* What could not be kept is still counted as an error. */
	assert_int_equal(r.n_errors, 30);
	report_sort(&r);
	k = r.failed ? -ENOMEM : 0;
	report_fini(&r);
	return k;
}

static void what_says_the_same_stays_once(void **state)
{
	struct report r;

	(void)state;
	report_init(&r);
	report_add(&r, SEVERITY_ERROR, "a.cml", at(1, 1), "r", "1");
	report_add(&r, SEVERITY_ERROR, "a.cml", at(1, 1), "r", "2");
	report_add(&r, SEVERITY_ERROR, "a.cml", at(1, 1), "r", "1");
	report_add(&r, SEVERITY_WARNING, "a.cml", at(1, 1), "r", "1");
	report_add(&r, SEVERITY_ERROR, "a.cml", at(1, 1), "s", "1");
	report_add(&r, SEVERITY_ERROR, "a.cml", at(1, 2), "r", "1");
	report_add(&r, SEVERITY_ERROR, "b.cml", at(1, 1), "r", "1");
	report_add(&r, SEVERITY_WARNING, "a.cml", at(1, 1), "r", "1");
	report_sort(&r);
	assert_rendered(&r, "a.cml:1:1: error: 1 [r]\n"
			    "a.cml:1:1: error: 2 [r]\n"
			    "a.cml:1:1: warning: 1 [r]\n"
			    "a.cml:1:1: error: 1 [s]\n"
			    "a.cml:1:2: error: 1 [r]\n"
			    "b.cml:1:1: error: 1 [r]\n");
	assert_int_equal(r.n_errors, 5);
	assert_int_equal(r.n_warnings, 1);
	assert_int_equal(r.n_kept, 6);
	report_fini(&r);
}

static void lack_of_memory_is_remembered(void **state)
{
	(void)state;
	assert_true(fault_sweep(fill, NULL) >= 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_report),
		cmocka_unit_test(order_is_by_file_line_and_column),
		cmocka_unit_test(equal_places_keep_their_order),
		cmocka_unit_test(what_says_the_same_stays_once),
		cmocka_unit_test(texts_are_shown_safely),
		cmocka_unit_test(json_holds_all_of_them),
		cmocka_unit_test(more_than_the_bound_is_counted_not_kept),
		cmocka_unit_test(lack_of_memory_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
