/* "policy" as it is read. */
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "manifest_test.h"

static void test_form(void **state)
{
	struct manifest *m = manifest_expect(
		"{ policy: { never: [{ from: '/a/**', to: '/b/*' }, "
		"{ from: '/', to: '/**', capability: 'p', indirect: true }], "
		"must_use: [{ protocol: ['log', 'trace'] }, "
		"{ directory: 'd' }], must_offer: [{ config: 'c' }] } }",
		"");
	const struct policy *p = m->policy;

	(void)state;
	assert_int_equal(m->dialect, DIALECT_MODERN);
	assert_int_equal(p->n_nevers, 2);
	assert_string_equal(p->nevers[0].from->text, "/a/**");
	assert_int_equal(p->nevers[0].from->kind, ACCESS_PATTERN_MONIKER);
	assert_string_equal(p->nevers[0].to->text, "/b/*");
	assert_null(p->nevers[0].capability);
	assert_false(p->nevers[0].is_indirect);
	assert_string_equal(p->nevers[1].capability, "p");
	assert_true(p->nevers[1].is_indirect);
	assert_int_equal(p->nevers[1].place.column, 52);
	assert_int_equal(p->n_must_use, 3);
	assert_string_equal(p->must_use[1].name, "trace");
	assert_string_equal(p->must_use[1].keyword, "protocol");
	assert_int_equal(p->must_use[1].type, CAPABILITY_SERVICE);
	assert_int_equal(p->must_use[2].type, CAPABILITY_DIRECTORY);
	assert_int_equal(p->n_must_offer, 1);
	assert_int_equal(p->must_offer[0].type, CAPABILITY_CONFIG);
	manifest_free(m);
}

static void test_wrong(void **state)
{
	static const struct manifest_case cases[] = {
		{ "nothing asked for", "{ policy: {} }", "" },
		{ "empty lists",
		  "{ policy: { never: [], must_use: [], must_offer: [] } }",
		  "" },
		{ "no object", "{ policy: `[] }", "wrong-type" },
		{ "unknown keys",
		  "{ policy: { `nevr: [], never: [{ from: '/a', to: '/b', "
		  "`capabilty: 'x' }] } }",
		  "unknown-key unknown-key" },
		{ "from nobody, to nobody",
		  "{ policy: { never: [`{ to: '/a' }, `{ from: '/a' }] } }",
		  "missing-key missing-key" },
		{ "a name that is none",
		  "{ policy: { never: [{ from: '/a', to: '/b', "
		  "capability: `'a/b' }], must_use: [{ protocol: `'' }] } }",
		  "invalid-name invalid-name" },
		{ "indirect is true or false",
		  "{ policy: { never: [{ from: '/a', to: '/b', "
		  "indirect: `'yes' }] } }",
		  "wrong-type" },
		{ "two at once",
		  "{ policy: { must_offer: [{ protocol: 'a', "
		  "`directory: 'b' }] } }",
		  "multiple-capabilities" },
		{ "the path-named dialect has none",
		  "{ use: [{ service: '/svc/p' }], `policy: {} }",
		  "mixed-dialects" },
	};

	(void)state;
	manifest_expect_all(cases, N_ELEMENTS(cases));
}

static void test_patterns(void **state)
{
	static const struct manifest_case cases[] = {
		{ "no monikers",
		  "{ policy: { never: [{ from: `'a', to: `'#b' }, "
		  "{ from: `'/a//b', to: `'' }, "
		  "{ from: `'/**/a', to: `'/a*' }] } }",
		  "invalid-pattern invalid-pattern invalid-pattern "
		  "invalid-pattern invalid-pattern invalid-pattern" },
		{ "elements that are none",
		  "{ policy: { must_use: [`{}, `7, { protocol: `7 }, "
		  "{ protocol: `[] }, { protocol: ['a', `'a'] }] } }",
		  "missing-capability wrong-type wrong-type empty-list "
		  "duplicate-value" },
	};

	(void)state;
	manifest_expect_all(cases, N_ELEMENTS(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
