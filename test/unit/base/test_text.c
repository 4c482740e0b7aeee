/* Growing text, quoting, and names that are nearly others. */
#include "base_test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/text.h"
#include "fault.h"

static void an_empty_text_is_the_empty_string(void **state)
{
	struct text t = TEXT_INIT;

	(void)state;
	assert_string_equal(text_string(&t), "");
	assert_false(text_is_failed(&t));
	text_clear(&t);
	text_puts(&t, "");
	assert_string_equal(text_string(&t), "");
	assert_int_equal(t.n, 0);
	text_fini(&t);
	text_fini(&t);
	assert_string_equal(text_string(&t), "");
}

static void text_grows_and_stays_terminated(void **state)
{
	struct text t = TEXT_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		text_append(&t, "abc", 3);
		assert_int_equal(t.n, 3 * (i + 1));
		assert_int_equal(t.bytes[t.n], 0);
		assert_true(t.capacity > t.n);
	}
	assert_int_equal(strlen(text_string(&t)), 9000);
	text_clear(&t);
	assert_string_equal(text_string(&t), "");
	text_append(&t, "x\0y", 3);
	assert_int_equal(t.n, 3);
	assert_memory_equal(t.bytes, "x\0y\0", 4);
	text_fini(&t);
}

static void formats_of_any_length(void **state)
{
	struct text t = TEXT_INIT;
	int n;

	(void)state;
	for (n = 0; n < 300; n++) {
		text_clear(&t);
		text_printf(&t, "%*d|%s", n, 7, "end");
		assert_int_equal(t.n, strlen(t.bytes));
		assert_string_equal(t.bytes + t.n - 5, "7|end");
	}
	text_printf(&t, "%s", "");
	text_fini(&t);
}

static void assert_json(const char *bytes, size_t n, const char *expected)
{
	struct text t = TEXT_INIT;

	text_json_bytes(&t, bytes, n);
	assert_string_equal(text_string(&t), expected);
	text_fini(&t);
}

static void json_strings(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *expected;
	} rows[] = {
		{ "", 0, "\"\"" },
		{ "plain /svc/X", 12, "\"plain /svc/X\"" },
		{ "\"\\", 2, "\"\\\"\\\\\"" },
		{ "\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f\x7f", 3, "\"\\u0001\\u001f\\u007f\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\x1b[31m", 5, "\"\\u001b[31m\"" },
		{ "\xc3\xbc", 2, "\"\xc3\xbc\"" },
		{ "\xf0\x9f\x90\x8e", 4, "\"\xf0\x9f\x90\x8e\"" },
		/* Each stray byte for itself. */
		{ "a\xff\xfe"
		  "b",
		  4,
		  "\"a\xef\xbf\xbd\xef\xbf\xbd"
		  "b\"" },
		{ "\xed\xa0\x80", 3,
		  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xc3", 1, "\"\xef\xbf\xbd\"" },
		{ "\xc3\"", 2, "\"\xef\xbf\xbd\\\"\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++)
		assert_json(rows[i].bytes, rows[i].n, rows[i].expected);
}

static void every_control_character_is_escaped_in_json(void **state)
{
	struct text t = TEXT_INIT;
	size_t i;
	int c;

	(void)state;
	for (c = 0; c < 0x20; c++) {
		char byte = (char)c;

		text_clear(&t);
		text_json_bytes(&t, &byte, 1);
		for (i = 0; i < t.n; i++)
			assert_true((unsigned char)t.bytes[i] >= 0x20);
		assert_int_equal(t.bytes[1], '\\');
	}
	text_fini(&t);
}

static void terminals_see_no_control_characters(void **state)
{
	static const struct {
		const char *bytes;
		const char *expected;
	} rows[] = {
		{ "plain\ttext", "plain\ttext" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "a\rb\nc", "a\\x0db\\x0ac" },
		{ "\x7f", "\\x7f" },
		/* CSI as one character of the second control block. */
		{ "\xc2\x9b"
		  "31m",
		  "\\x9b31m" },
		{ "\xc2\x80\xc2\x9f\xc2\xa0", "\\x80\\x9f\xc2\xa0" },
		/* The same byte alone is not even a character. */
		{ "\x9b"
		  "31m",
		  "\xef\xbf\xbd"
		  "31m" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xff", "\xef\xbf\xbd" },
	};
	struct text t = TEXT_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		text_clear(&t);
		text_safe(&t, rows[i].bytes, strlen(rows[i].bytes));
		assert_string_equal(text_string(&t), rows[i].expected);
	}
	text_clear(&t);
	text_safe(&t, "a\0b", 3);
	assert_string_equal(text_string(&t), "a\\x00b");
	text_fini(&t);
}

static void distances(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned distance;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "abc", 0 },
		{ "abc", "abd", 1 },   /* replaced */
		{ "abc", "abcd", 1 },  /* added */
		{ "abc", "ab", 1 },    /* left out */
		{ "abc", "acb", 1 },   /* swapped */
		{ "abcd", "badc", 2 }, /* swapped twice */
		{ "ca", "abc", 3 },    /* what tells this from the full form */
		{ "kitten", "sitting", 3 },
		{ "fuchsia.example.Foo", "fuchsia.example.Fooo", 1 },
		{ "fuchsia.example.Foo", "fuhcsia.example.Foo", 1 },
		{ "fuchsia.example.Foo", "fuschia.example.Foo", 2 },
		{ "fuchsia.example.Foo", "fuchsia.exmaple.Fo", 2 },
		{ "flaw", "lawn", 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		assert_int_equal(text_distance(rows[i].a, rows[i].b, 10),
				 rows[i].distance);
		assert_int_equal(text_distance(rows[i].b, rows[i].a, 10),
				 rows[i].distance);
		/* At the limit exact, beyond it one more than the limit. */
		assert_int_equal(
			text_distance(rows[i].a, rows[i].b, rows[i].distance),
			rows[i].distance);
		if (rows[i].distance)
			assert_int_equal(text_distance(rows[i].a, rows[i].b,
						       rows[i].distance - 1),
					 rows[i].distance);
	}
}

static void distances_of_long_names(void **state)
{
	char a[300], b[300];

	(void)state;
	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	a[255] = b[255] = 0;
	b[100] = 'y';
	assert_int_equal(text_distance(a, b, 3), 1);
	b[255] = 'x';
	b[256] = 0;
	assert_int_equal(text_distance(a, b, 3), 4);
	assert_int_equal(text_distance(b, b, 3), 4);
}

static void near_names(void **state)
{
	static const char *const candidates[] = {
		"fuchsia.example.Foo",
		"fuchsia.example.Bar",
		"data",
		"cache",
		"protocol",
		"directory",
		"ab",
		"Q",
		"r*",
	};
	static const struct {
		const char *s, *near;
	} rows[] = {
		{ "fuchsia.example.Fooo", "fuchsia.example.Foo" },
		{ "fuchsia.exmaple.Bar", "fuchsia.example.Bar" },
		{ "Fuchsia.Example.foo", "fuchsia.example.Foo" },
		/* Four edits are no slip, however long the name. */
		{ "FUCHsia.example.Foo", NULL },
		{ "date", "data" },
		{ "dte", NULL },
		{ "cach", "cache" },
		{ "protocl", "protocol" },
		{ "diretcory", "directory" },
		{ "service", NULL },
		{ "abc", "ab" },
		{ "cb", "ab" },
		/* One letter for another is another name, not a slip. */
		{ "A", NULL },
		{ "q", "Q" },
		{ "r", "r*" },
		{ "", NULL },
		/* The name itself is no near miss. */
		{ "data", NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		const char *near = text_nearest(rows[i].s, candidates,
						N_ELEMENTS(candidates));

		if (rows[i].near) {
			assert_non_null(near);
			assert_string_equal(near, rows[i].near);
		} else if (near) {
			fail_msg("\"%s\" for \"%s\"", near, rows[i].s);
		}
	}
	assert_null(text_nearest("data", NULL, 0));
}

static void the_nearest_wins_and_then_the_first(void **state)
{
	static const char *const candidates[] = { "abcdexx", "abcdef1",
						  "abcdefg", "abcdefh" };

	(void)state;
	assert_string_equal(text_nearest("abcdef", candidates, 4), "abcdef1");
	assert_string_equal(text_nearest("abcdexy", candidates, 4), "abcdexx");
}

static int write_all(void *arg)
{
	struct text t = TEXT_INIT;
	int i, r;

	(void)arg;
	for (i = 0; i < 100; i++) {
		text_puts(&t, "name ");
		text_printf(&t, "%d ", i);
		text_json(&t, "a\nb\xff");
		text_safe(&t, "\x1b", 1);
	}
	r = text_is_failed(&t) ? -ENOMEM : 0;
	/* Also then it is a string. */
	assert_int_equal(strlen(text_string(&t)), t.n);
	text_fini(&t);
	return r;
}

static void lack_of_memory_is_remembered(void **state)
{
	(void)state;
	assert_true(fault_sweep(write_all, NULL) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_text_is_the_empty_string),
		cmocka_unit_test(text_grows_and_stays_terminated),
		cmocka_unit_test(formats_of_any_length),
		cmocka_unit_test(json_strings),
		cmocka_unit_test(every_control_character_is_escaped_in_json),
		cmocka_unit_test(terminals_see_no_control_characters),
		cmocka_unit_test(distances),
		cmocka_unit_test(distances_of_long_names),
		cmocka_unit_test(near_names),
		cmocka_unit_test(the_nearest_wins_and_then_the_first),
		cmocka_unit_test(lack_of_memory_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
