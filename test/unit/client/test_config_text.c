/* The configuration as a component reads it. */
#include "client/config_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/own.h"

static const char object[] =
	"{\"a\":true,\"ab\":[\"x\",\"]}\\\"\",3],\"b\":-9223372036854775808,"
	"\"c\":18446744073709551615,\"d\":\"q\\\"\\\\\\n\xe2\x82\xac\","
	"\"e\":[],\"f\":false,\"g\":\"\",\"h\":9223372036854775808}";

static struct config_text find(const char *key)
{
	struct config_text v = { NULL, 0 };

	assert_int_equal(config_text_find(object, key, &v), 0);
	return v;
}

static void test_find(void **state)
{
	static const char *const torn[] = {
		"",
		"[]",
		"{",
		"{\"k\"",
		"{\"k\":",
		"{\"k\":1",
		"{\"k\":1,}",
		"{\"k\":1}x",
		"{k:1}",
		"{\"k\":[1}",
		"{\"k\":[[1]]}",
		"{\"k\":{}}",
		"{\"k\":\"",
		"{\"k\":\"\\",
		"{\"k\" :1}",
	};
	struct config_text v;
	size_t i;

	(void)state;
	v = find("ab");
	assert_int_equal(v.n, strlen("[\"x\",\"]}\\\"\",3]"));
	assert_memory_equal(v.s, "[\"x\",", 5);
	assert_int_equal(find("e").n, 2);
	assert_int_equal(config_text_find(object, "x", &v), -ENOENT);
	assert_int_equal(config_text_find(object, "", &v), -ENOENT);
	assert_int_equal(config_text_find("{}", "x", &v), -ENOENT);
	for (i = 0; i < N_ELEMENTS(torn); i++)
		assert_int_equal(config_text_find(torn[i], "other", &v),
				 -EBADMSG);
}

static void test_numbers(void **state)
{
	uint64_t u = 7;
	int64_t i = 7;

	(void)state;
	assert_int_equal(config_text_int64(find("b"), &i), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(config_text_uint64(find("c"), &u), 0);
	assert_true(u == UINT64_MAX);
	i = 7;
	assert_int_equal(config_text_int64(find("c"), &i), -ERANGE);
	assert_int_equal(config_text_int64(find("h"), &i), -ERANGE);
	assert_int_equal(config_text_uint64(find("b"), &u), -ERANGE);
	assert_int_equal(config_text_int64(find("a"), &i), -EINVAL);
	assert_int_equal(config_text_uint64(find("d"), &u), -EINVAL);
	assert_int_equal(i, 7);
	assert_int_equal(config_text_int64((struct config_text){ "-", 1 }, &i),
			 -EINVAL);
	assert_int_equal(
		config_text_uint64(
			(struct config_text){ "18446744073709551616", 20 }, &u),
		-ERANGE);
}

static void test_bools(void **state)
{
	bool b = false;

	(void)state;
	assert_int_equal(config_text_bool(find("a"), &b), 0);
	assert_true(b);
	assert_int_equal(config_text_bool(find("f"), &b), 0);
	assert_false(b);
	assert_int_equal(config_text_bool(find("d"), &b), -EINVAL);
}

static void test_strings(void **state)
{
	static const struct {
		const char *json, *text; /* NULL: it is none */
	} rows[] = {
		{ "\"\"", "" },
		{ "\"\\b\\f\\n\\r\\t\\/\"", "\b\f\n\r\t/" },
		{ "\"\\u0041\\u20ac\\ud83d\\ude00\"",
		  "A\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\"\\u0000\"", NULL },
		{ "\"\\ud83d\"", NULL },
		{ "\"\\ude00\"", NULL },
		{ "\"\\ud83d\\u0041\"", NULL },
		{ "\"\\u00\"", NULL },
		{ "\"\\x\"", NULL },
	};
	char *s;
	size_t i;

	(void)state;
	assert_int_equal(config_text_string(find("d"), &s), 0);
	assert_string_equal(s, "q\"\\\n\xe2\x82\xac");
	free(s);
	assert_int_equal(config_text_string(find("g"), &s), 0);
	assert_string_equal(s, "");
	free(s);
	assert_int_equal(config_text_string(find("a"), &s), -EINVAL);
	assert_int_equal(config_text_string(find("e"), &s), -EINVAL);
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		s = NULL;
		assert_int_equal(
			config_text_string(
				(struct config_text){ rows[i].json,
						      strlen(rows[i].json) },
				&s),
			rows[i].text ? 0 : -EBADMSG);
		if (rows[i].text)
			assert_string_equal(s, rows[i].text);
		free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bools),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
