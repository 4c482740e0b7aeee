/*
 * Every rule has a manifest that keeps it and one that breaks it, in
 * TEST_DATA/good and TEST_DATA/bad: RULE.cml, and RULE-WORD.cml for more. A bad
 * one says in its first line what is to be reported, and nothing else may be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "manifest/rules.h"
#include "manifest_test.h"

static int file_load(const char *name, char **ret_bytes, struct report *report)
{
	struct manifest *m = NULL;
	char *bytes, *exact;
	size_t n;
	int r;

	report_init(report);
	bytes = data_read(name, &n);
	exact = malloc(n ? n : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, n);
	r = data_load(name, exact, n, &m, report);
	assert_true((m != NULL) == (r == 0));
	manifest_free(m);
	free(exact);
	*ret_bytes = bytes;
	return r;
}

static void good_check(const char *name, void *arg)
{
	struct text t = TEXT_INIT;
	struct report report;
	char *bytes;

	(void)arg;
	if (file_load(name, &bytes, &report)) {
		report_render(&report, &t);
		fail_msg("%s", text_string(&t));
	}
	free(bytes);
	report_fini(&report);
}

static void bad_check(const char *name, void *arg)
{
	struct report report;
	char *bytes;

	(void)arg;
	assert_int_equal(file_load(name, &bytes, &report), MANIFEST_INVALID);
	report_expect_line(&report, name, bytes);
	/* The file is named after its rule. */
	assert_int_equal(strncmp(strrchr(name, '/') + 1, report.first->rule,
				 strlen(report.first->rule)),
			 0);
	free(bytes);
	report_fini(&report);
}

static void test_good(void **state)
{
	(void)state;
	assert_true(data_each("good", ".cml", good_check, NULL) >= N_RULES - 3);
}

static void test_bad(void **state)
{
	(void)state;
	assert_true(data_each("bad", ".cml", bad_check, NULL) >= N_RULES - 3);
}

/* Bounds that only a file of a megabyte breaks; such a one is made by the tests
 * of the reader and the loader. */
static bool is_too_large_to_keep(const char *id)
{
	return strcmp(id, "too-large") == 0 || strcmp(id, "too-many") == 0 ||
	       strcmp(id, "too-many-includes") == 0;
}

static void test_every_rule_has_both(void **state)
{
	static const char *const directories[] = { "good", "bad" };
	size_t rule, i, n;
	char name[128];

	(void)state;
	for (rule = 0; rule < N_RULES; rule++) {
		const char *id = rule_id((enum rule)rule);

		if (is_too_large_to_keep(id))
			continue;
		for (i = 0; i < 2; i++) {
			snprintf(name, sizeof(name), "%s/%s.cml",
				 directories[i], id);
			free(data_read(name, &n));
			assert_true(n > 0);
		}
	}
}

static void test_ids_are_distinct_words(void **state)
{
	size_t a, b;

	(void)state;
	for (a = 0; a < N_RULES; a++) {
		const char *id = rule_id((enum rule)a);

		assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz-"),
				 strlen(id));
		assert_true(strlen(rule_text((enum rule)a)) > 10);
		for (b = 0; b < a; b++)
			assert_string_not_equal(id, rule_id((enum rule)b));
	}
}

/* The manual page lists them all. */
static void test_manual_page(void **state)
{
	size_t rule, n;
	char *page, item[128];

	(void)state;
	page = data_read("../../doc/man/reeve-manifest.5", &n);
	for (rule = 0; rule < N_RULES; rule++) {
		snprintf(item, sizeof(item), ".It %s\n",
			 rule_id((enum rule)rule));
		if (!strstr(page, item))
			fail_msg("the manual page lacks \".It %s\"",
				 rule_id((enum rule)rule));
	}
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_every_rule_has_both),
		cmocka_unit_test(test_ids_are_distinct_words),
		cmocka_unit_test(test_manual_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
