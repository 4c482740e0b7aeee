/* Configuration: types, values, and the fields of a component. */
#include "manifest/config.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "manifest_test.h"

#define C "capabilities: [{ config: 'c', "

static void test_sections(void **state)
{
	static const struct manifest_case cases[] = {
		{ "every type",
		  "{ config: { a: { type: 'bool' }, b: { type: 'uint8' }, "
		  "c: { type: 'uint16' }, d: { type: 'uint32' }, "
		  "e: { type: 'uint64' }, f: { type: 'int8' }, "
		  "g: { type: 'int16' }, h: { type: 'int32' }, "
		  "i: { type: 'int64' }, j: { type: 'string', max_size: 1 }, "
		  "k: { type: 'vector', max_count: 4294967295, "
		  "element: { type: 'string', max_size: 4294967295 } }, "
		  "l: { type: 'vector', max_count: 1, "
		  "element: { type: 'bool' } }, "
		  "m_1: { type: 'bool', mutability: ['parent'] }, "
		  "n: { type: 'bool', mutability: [] } } }",
		  "" },
		{ "no object", "{ config: `[] }", "wrong-type" },
		{ "empty", "{ config: `{} }", "empty-list" },
		{ "a field that is no object", "{ config: { a: `'bool' } }",
		  "wrong-type" },
		{ "no type", "{ config: { a: `{} } }", "missing-key" },
		{ "a type of another kind", "{ config: { a: { type: `7 } } }",
		  "wrong-type" },
		{ "an unknown type", "{ config: { a: { type: `'uint' } } }",
		  "invalid-value" },
		{ "a string without max_size",
		  "{ config: { a: { type: `'string' } } }", "missing-key" },
		{ "a vector without max_count",
		  "{ config: { a: { type: `'vector', "
		  "element: { type: 'bool' } } } }",
		  "missing-key" },
		{ "a vector without element",
		  "{ config: { a: { type: `'vector', max_count: 1 } } }",
		  "missing-key" },
		{ "a nested string without max_size",
		  "{ config: { a: { type: 'vector', max_count: 1, "
		  "element: { type: `'string' } } } }",
		  "missing-key" },
		{ "a nested vector",
		  "{ config: { a: { type: 'vector', max_count: 1, "
		  "element: { type: `'vector' } } } }",
		  "invalid-value" },
		{ "an element without a type",
		  "{ config: { a: { type: 'vector', max_count: 1, "
		  "element: `{} } } }",
		  "missing-key" },
		{ "sizes that are none",
		  "{ config: { a: { type: 'string', max_size: `'abcd' }, "
		  "b: { type: 'string', max_size: `0 }, "
		  "c: { type: 'string', max_size: `4294967296 }, "
		  "d: { type: 'vector', max_count: `0, "
		  "element: { type: 'bool' } }, "
		  "e: { type: 'vector', max_count: `'abcd', "
		  "element: { type: 'bool' } }, "
		  "f: { type: 'string', max_size: `1.5 }, "
		  "g: { type: 'vector', max_count: 2, "
		  "element: { type: 'string', max_size: `-1 } } } }",
		  "wrong-type invalid-number invalid-number invalid-number "
		  "wrong-type invalid-number invalid-number" },
		{ "keys that go with another type",
		  "{ config: { a: { type: 'bool', `max_size: 1 }, "
		  "b: { type: 'string', max_size: 1, `max_count: 1 }, "
		  "c: { type: 'uint8', `element: { type: 'bool' } }, "
		  "d: { type: 'vector', max_count: 1, `max_size: 1, "
		  "element: { type: 'bool', `max_size: 1 } } } }",
		  "misplaced-key misplaced-key misplaced-key misplaced-key "
		  "misplaced-key" },
		{ "unknown keys",
		  "{ config: { a: { type: 'bool', `default: true }, "
		  "b: { type: 'vector', max_count: 1, "
		  "element: { type: 'bool', `max_count: 1 } } } }",
		  "unknown-key unknown-key" },
		{ "keys that are no keys",
		  "{ config: { `A: { type: 'bool' }, `_a: { type: 'bool' }, "
		  "`a_: { type: 'bool' }, `'a-b': { type: 'bool' }, "
		  "`'': { type: 'bool' }, `'1a': { type: 'bool' }, "
		  "`'a\\0': { type: 'bool' } } }",
		  "invalid-name invalid-name invalid-name invalid-name "
		  "invalid-name invalid-name invalid-name" },
		{ "whom else may change it",
		  "{ config: { a: { type: 'bool', mutability: [`'child'] } } "
		  "}",
		  "invalid-value" },
		{ "the path-named dialect has none",
		  "{ use: [{ service: '/svc/p' }], `config: {} }",
		  "mixed-dialects" },
	};

	(void)state;
	manifest_expect_all(cases, N_ELEMENTS(cases));
}

static void test_values(void **state)
{
	static const struct manifest_case cases[] = {
		{ "the ends of every range",
		  "{ capabilities: ["
		  "{ config: 'a', type: 'uint8', value: 255 },"
		  "{ config: 'b', type: 'uint16', value: 65535 },"
		  "{ config: 'c', type: 'uint32', value: 4294967295 },"
		  "{ config: 'd', type: 'uint64', "
		  "value: 18446744073709551615 },"
		  "{ config: 'e', type: 'int8', value: -128 },"
		  "{ config: 'f', type: 'int8', value: 127 },"
		  "{ config: 'g', type: 'int16', value: -32768 },"
		  "{ config: 'h', type: 'int32', value: -2147483648 },"
		  "{ config: 'i', type: 'int64', "
		  "value: -9223372036854775808 },"
		  "{ config: 'j', type: 'int64', "
		  "value: 9223372036854775807 },"
		  "{ config: 'k', type: 'uint8', value: 0 },"
		  "{ config: 'l', type: 'uint8', value: -0 },"
		  "{ config: 'm', type: 'string', max_size: 3, "
		  "value: '\xe2\x82\xac' },"
		  "{ config: 'n', type: 'string', max_size: 1, value: '' },"
		  "{ config: 'o', type: 'vector', max_count: 2, "
		  "element: { type: 'int8' }, value: [-1, 1] },"
		  "{ config: 'p', type: 'vector', max_count: 2, "
		  "element: { type: 'int8' }, value: [] },"
		  "{ config: 'q', type: 'bool', value: false },"
		  "{ config: 'r', type: 'uint16', value: 0xffFF },"
		  "{ config: 's', type: 'uint16', value: 1e3 },"
		  "{ config: 't', type: 'int8', value: +1.0 }] }",
		  "" },
		{ "one beyond",
		  "{ capabilities: ["
		  "{ config: 'a', type: 'uint8', value: `256 },"
		  "{ config: 'b', type: 'uint16', value: `65536 },"
		  "{ config: 'c', type: 'uint32', value: `4294967296 },"
		  "{ config: 'd', type: 'uint64', "
		  "value: `18446744073709551616 },"
		  "{ config: 'e', type: 'int8', value: `-129 },"
		  "{ config: 'f', type: 'int8', value: `128 },"
		  "{ config: 'g', type: 'int16', value: `-32769 },"
		  "{ config: 'h', type: 'int32', value: `-2147483649 },"
		  "{ config: 'i', type: 'int64', "
		  "value: `-9223372036854775809 },"
		  "{ config: 'j', type: 'int64', "
		  "value: `9223372036854775808 },"
		  "{ config: 'k', type: 'uint8', value: `-1 },"
		  "{ config: 'l', type: 'string', max_size: 2, "
		  "value: `'\xe2\x82\xac' },"
		  "{ config: 'm', type: 'vector', max_count: 1, "
		  "element: { type: 'int8' }, value: `[-1, 1] },"
		  "{ config: 'n', type: 'vector', max_count: 9, "
		  "element: { type: 'int8' }, value: [-1, `200] }] }",
		  "config-value config-value config-value config-value "
		  "config-value config-value config-value config-value "
		  "config-value config-value config-value config-value "
		  "config-value config-value" },
		{ "of another type",
		  "{ capabilities: ["
		  "{ config: 'a', type: 'uint8', value: `'1' },"
		  "{ config: 'b', type: 'uint8', value: `1.5 },"
		  "{ config: 'c', type: 'uint8', value: `Infinity },"
		  "{ config: 'd', type: 'uint8', value: `NaN },"
		  "{ config: 'e', type: 'bool', value: `0 },"
		  "{ config: 'f', type: 'string', max_size: 9, value: `7 },"
		  "{ config: 'g', type: 'string', max_size: 9, "
		  "value: `'a\\0' },"
		  "{ config: 'h', type: 'vector', max_count: 9, "
		  "element: { type: 'bool' }, value: `true },"
		  "{ config: 'i', type: 'bool', value: `null },"
		  "{ config: 'j', type: 'bool', value: `{} }] }",
		  "config-value config-value config-value config-value "
		  "config-value config-value config-value config-value "
		  "config-value config-value" },
		{ "a capability without a type or a value",
		  "{ capabilities: [`{ config: 'a', value: 1 }, "
		  "`{ config: 'b', type: 'bool' }] }",
		  "missing-key missing-key" },
		{ "keys of another capability",
		  "{ " C "type: 'bool', value: true, `path: '/x' }], "
		  "use: [{ protocol: 'p', `key: 'a' }] }",
		  "misplaced-key misplaced-key" },
		{ "a list of names",
		  "{ capabilities: [{ config: `['a', 'b'], type: 'bool', "
		  "value: true }] }",
		  "wrong-type" },
		{ "twice",
		  "{ " C "type: 'bool', value: true }, { config: `'c', "
		  "type: 'bool', value: true }] }",
		  "duplicate-name" },
	};

	(void)state;
	manifest_expect_all(cases, N_ELEMENTS(cases));
}

static void test_uses(void **state)
{
	static const struct manifest_case cases[] = {
		{ "required",
		  "{ use: [{ config: 'c', key: 'k', type: 'bool' }] }", "" },
		{ "optional with a default",
		  "{ use: [{ config: 'c', key: 'k', type: 'bool', "
		  "availability: 'optional', default: true }] }",
		  "" },
		{ "optional and declared",
		  "{ use: [{ config: 'c', key: 'k', type: 'bool', "
		  "availability: 'optional' }], config: "
		  "{ k: { type: 'bool' } } }",
		  "" },
		{ "transitional and neither",
		  "{ use: [{ config: `'c', key: 'k', type: 'bool', "
		  "availability: 'transitional' }], "
		  "config: { j: { type: 'bool' } } }",
		  "undeclared-config" },
		{ "required with a default",
		  "{ use: [{ config: 'c', key: 'k', type: 'bool', "
		  "`default: true }] }",
		  "config-default" },
		{ "a default of another type",
		  "{ use: [{ config: 'c', key: 'k', type: 'bool', "
		  "availability: 'optional', default: `7 }] }",
		  "config-value" },
		{ "declared with another type",
		  "{ use: [{ config: `'c', key: 'k', type: 'bool' }, "
		  "{ config: `'d', key: 's', type: 'string', max_size: 2 }, "
		  "{ config: 'e', key: 't', type: 'string', max_size: 3 }], "
		  "config: { k: { type: 'uint8' }, "
		  "s: { type: 'string', max_size: 3 }, "
		  "t: { type: 'string', max_size: 3 } } }",
		  "config-type config-type" },
		{ "no key", "{ use: [`{ config: 'c', type: 'bool' }] }",
		  "missing-key" },
		{ "a key that is none",
		  "{ use: [{ config: 'c', key: `'K', type: 'bool' }] }",
		  "invalid-name" },
		{ "one field twice",
		  "{ use: [{ config: 'c', key: 'k', type: 'bool' }, "
		  "{ config: `'d', key: 'k', type: 'bool' }] }",
		  "duplicate-target" },
		{ "from itself, undeclared",
		  "{ use: [{ config: `'c', from: 'self', key: 'k', "
		  "type: 'bool' }] }",
		  "undeclared-capability" },
		{ "from itself",
		  "{ use: [{ config: 'c', from: 'self', key: 'k', "
		  "type: 'bool' }], " C "type: 'bool', value: true }] }",
		  "" },
		{ "passed on by name",
		  "{ children: [{ name: 'a', url: 'a#meta/a.cm' }], "
		  "offer: [{ config: ['c', 'd'], from: 'parent', to: '#a' }], "
		  "expose: [{ config: 'c', from: '#a', as: 'e' }] }",
		  "" },
	};

	(void)state;
	manifest_expect_all(cases, N_ELEMENTS(cases));
}

/* Whole numbers above 2^53 stay what they are, and spelling is levelled. */
static void test_canonical(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "a", "18446744073709551615" },
		{ "b", "9007199254740993" },
		{ "c", "-9223372036854775808" },
		{ "d", "255" },
		{ "e", "1000" },
		{ "f", "\"a\\\"\xe2\x82\xac\\n\"" },
		{ "g", "[true,false]" },
	};
	struct manifest *m = manifest_expect(
		"{ capabilities: ["
		"{ config: 'a', type: 'uint64', value: 18446744073709551615 },"
		"{ config: 'b', type: 'uint64', value: +9007199254740993 },"
		"{ config: 'c', type: 'int64', value: -9223372036854775808 },"
		"{ config: 'd', type: 'uint8', value: 0xFF },"
		"{ config: 'e', type: 'int16', value: 1e3 },"
		"{ config: 'f', type: 'string', max_size: 9, "
		"value: 'a\\\"\\u20ac\\n' },"
		"{ config: 'g', type: 'vector', max_count: 2, "
		"element: { type: 'bool' }, value: [true, false,] }] }",
		"");
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++)
		assert_string_equal(
			decl_find(m, DECL_CAPABILITY, rows[i].name)->value,
			rows[i].value);
	manifest_free(m);
}

static void test_fields(void **state)
{
	struct manifest *m = manifest_expect(
		"{ use: [{ config: 'x', key: 'b', type: 'uint8' }, "
		"{ config: 'y', key: 'a', type: 'string', max_size: 5, "
		"availability: 'optional', default: 'q' }, "
		"{ config: 'z', key: 'd', type: 'bool' }], config: "
		"{ d: { type: 'bool', mutability: ['parent'] }, "
		"c: { type: 'int8' } } }",
		"");
	const struct config_field *field;
	const struct decl *d;
	size_t i;

	(void)state;
	assert_int_equal(m->n_config, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(m->config[i].key[0], 'a' + (int)i);
	field = manifest_config_field(m, "a");
	assert_ptr_equal(field, &m->config[0]);
	assert_int_equal(field->type.kind, CONFIG_STRING);
	assert_int_equal(field->type.max_size, 5);
	assert_true(manifest_config_field(m, "d")->is_mutable);
	assert_false(field->is_mutable);
	assert_null(manifest_config_field(m, "e"));
	d = decl_find(m, DECL_USE, "y");
	assert_string_equal(d->config_key, "a");
	assert_string_equal(d->value, "\"q\"");
	assert_int_equal(d->config->kind, CONFIG_STRING);
	assert_null(d->path);
	manifest_free(m);
}

static void test_types_as_text(void **state)
{
	static const struct {
		struct config_type type;
		const char *text;
	} rows[] = {
		{ { .kind = CONFIG_BOOL }, "bool" },
		{ { .kind = CONFIG_UINT64 }, "uint64" },
		{ { .kind = CONFIG_STRING, .max_size = 10 },
		  "string of at most 10 bytes" },
		{ { .kind = CONFIG_STRING, .max_size = 1 },
		  "string of at most 1 byte" },
		{ { .kind = CONFIG_VECTOR,
		    .max_count = 3,
		    .element = CONFIG_INT8 },
		  "vector of at most 3 int8s" },
		{ { .kind = CONFIG_VECTOR,
		    .max_count = 1,
		    .max_size = 4,
		    .element = CONFIG_STRING },
		  "vector of at most 1 string of at most 4 bytes" },
	};
	struct text t = TEXT_INIT;
	size_t i, k;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		text_clear(&t);
		config_type_render(&rows[i].type, &t);
		assert_string_equal(text_string(&t), rows[i].text);
		for (k = 0; k < N_ELEMENTS(rows); k++)
			assert_int_equal(config_type_is_same(&rows[i].type,
							     &rows[k].type),
					 i == k);
	}
	text_fini(&t);
}

static void test_check_value(void **state)
{
	static const struct config_type bytes = { .kind = CONFIG_UINT8 },
					words = { .kind = CONFIG_VECTOR,
						  .max_count = 2,
						  .max_size = 2,
						  .element = CONFIG_STRING };
	static const struct {
		const struct config_type *type;
		const char *json, *why, *canonical;
	} rows[] = {
		{ &bytes, " 0x10 ", NULL, "16" },
		{ &bytes, "256", "is too large for its type", NULL },
		{ &bytes, "", "is no value", NULL },
		{ &bytes, "1 2", "is no value", NULL },
		{ &words, "['ab', \"c\"]", NULL, "[\"ab\",\"c\"]" },
		{ &words, "['abc']", "is longer than its \"max_size\"", NULL },
		{ &words, "[1]", "is no string", NULL },
		{ &words, "['a', 'b', 'c']",
		  "has more elements than its \"max_count\"", NULL },
	};
	struct text t = TEXT_INIT;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		text_clear(&t);
		why = NULL;
		assert_int_equal(config_check_value(rows[i].type, rows[i].json,
						    &t, &why),
				 rows[i].why ? CONFIG_MISMATCH : 0);
		if (rows[i].why)
			assert_string_equal(why, rows[i].why);
		assert_string_equal(text_string(&t),
				    rows[i].canonical ? rows[i].canonical : "");
	}
	text_fini(&t);
}

static void test_keys(void **state)
{
	char longest[CONFIG_KEY_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[CONFIG_KEY_MAX] = 0;
	assert_null(config_key_check(longest));
	longest[CONFIG_KEY_MAX] = 'a';
	longest[CONFIG_KEY_MAX + 1] = 0;
	assert_non_null(config_key_check(longest));
	assert_null(config_key_check("a_1_b"));
	assert_non_null(config_key_check("a_"));
	assert_non_null(config_key_check("aB"));
}

static int load_faulty(void *arg)
{
	struct manifest *m = NULL;
	struct report report;
	int r;

	report_init(&report);
	r = manifest_load("f", arg, strlen(arg), &m, &report);
	manifest_free(m);
	report_fini(&report);
	return r;
}

static void test_faults(void **state)
{
	static char text[] =
		"{ use: [{ config: 'c', key: 'k', type: 'vector', "
		"max_count: 2, element: { type: 'string', max_size: 9 }, "
		"availability: 'optional', default: ['a'] }], "
		"config: { k: { type: 'vector', max_count: 2, "
		"element: { type: 'string', max_size: 9 } } } }";

	(void)state;
	assert_true(fault_sweep(load_faulty, text) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_types_as_text),
		cmocka_unit_test(test_check_value),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
