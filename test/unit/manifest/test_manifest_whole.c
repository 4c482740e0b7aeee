/*
 * What holds for a manifest as a whole: no circles, one dialect, bounds, and
 * texts that say what to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "manifest_test.h"

#define RUN "program: { runner: 'elf', binary: 'bin/x' }, "
#define AB                                                                     \
	"children: [{ name: 'a', url: '#meta/a.cm' }, "                        \
	"{ name: 'b', url: '#meta/b.cm' }], "
#define STORE                                                                  \
	"{ storage: 's', from: 'parent', backing_dir: 'd', "                   \
	"storage_id: 'static_instance_id_or_moniker' }"
#define COLL "collections: [{ name: 'c', durability: 'transient' }], "

static const struct manifest_case cycles[] = {
	{ "two circles through one child",
	  "{ children: [{ name: 'a', url: '#a' }, { name: 'b', url: '#b' }, "
	  "{ name: 'c', url: '#c' }, { name: 'd', url: '#d' }], offer: ["
	  "{ protocol: 'p', from: '#a', to: '#b' }, "
	  "{ directory: 'q', from: '#b', to: '#c' }, "
	  "{ service: 'r', from: '#c', to: `'#a' }, "
	  "{ runner: 's', from: '#b', to: '#d' }, "
	  "{ protocol: 't', from: '#d', to: `'#b' }] }",
	  "dependency-cycle dependency-cycle" },
	{ "broken by a weak one",
	  "{ " AB "offer: [{ protocol: 'p', from: '#a', to: '#b', "
	  "dependency: 'weak' }, { protocol: 'q', from: '#b', to: '#a' }] }",
	  "" },
	{ "with the component itself",
	  "{ " AB RUN
	  "capabilities: [{ protocol: 'p' }], use: [{ protocol: 'q', "
	  "from: '#a' }], offer: [{ protocol: 'p', from: 'self', to: `'#a' }] "
	  "}",
	  "dependency-cycle" },
	{ "with the component itself, weakly",
	  "{ " AB RUN "capabilities: [{ protocol: 'p' }], use: [{ protocol: "
	  "'q', from: '#a', dependency: 'weak' }], "
	  "offer: [{ protocol: 'p', from: 'self', to: '#a' }] }",
	  "" },
	{ "through a storage",
	  "{ " AB "capabilities: [{ storage: 's', from: '#a', backing_dir: "
	  "'d', storage_id: 'static_instance_id_or_moniker' }], "
	  "offer: [{ storage: 's', from: 'self', to: '#b' }, "
	  "{ protocol: 'p', from: '#b', to: `'#a' }] }",
	  "dependency-cycle" },
	{ "a storage of one's own is not the program",
	  "{ " AB RUN "capabilities: [" STORE "], use: [{ protocol: 'p', "
	  "from: '#a' }], offer: [{ storage: 's', from: 'self', to: '#a' }] }",
	  "" },
	{ "through a collection",
	  "{ " AB COLL "offer: [{ service: 's', from: '#c', to: '#a' }, "
	  "{ protocol: 'p', from: '#a', to: `'#c' }] }",
	  "dependency-cycle" },
	{ "several capabilities, one circle",
	  "{ " AB "offer: [{ protocol: ['p', 'q'], from: '#a', to: '#b' }, "
	  "{ protocol: 'r', from: '#b', to: `'#a' }, "
	  "{ protocol: 's', from: '#b', to: '#a' }] }",
	  "dependency-cycle" },
	{ "no circle: what comes from outside",
	  "{ " AB "offer: [{ protocol: 'p', from: 'parent', to: ['#a', '#b'] "
	  "}, { protocol: 'q', from: '#a', to: '#b' }, { protocol: 'r', "
	  "from: 'framework', to: '#a' }], "
	  "expose: [{ protocol: 's', from: '#b' }] }",
	  "" },
};

static const struct manifest_case dialects[] = {
	{ "a path decides, a name offends",
	  "{ use: [{ service: '/svc/a' }, { protocol: `'b' }] }",
	  "mixed-dialects" },
	{ "a name decides, a path offends",
	  "{ use: [{ protocol: 'b' }, { service: `'/svc/a' }] }",
	  "mixed-dialects" },
	{ "realm and parent",
	  "{ use: [{ runner: 'r', from: 'realm' }, { runner: 's', "
	  "from: `'parent' }] }",
	  "mixed-dialects" },
	{ "capabilities and dest",
	  "{ capabilities: [], " AB "offer: [{ runner: 'r', from: '#a', "
	  "to: [{ `dest: '#b' }] }] }",
	  "mixed-dialects" },
	{ "a storage section and a runner",
	  "{ storage: [], program: { `runner: 'elf', binary: 'x' } }",
	  "mixed-dialects" },
	{ "as of the other kind",
	  "{ " AB "offer: [{ protocol: 'a', from: '#a', to: '#b', "
	  "as: `'/svc/b' }] }",
	  "mixed-dialects" },
	{ "availability",
	  "{ use: [{ service: '/svc/a', `availability: 'optional' }] }",
	  "mixed-dialects" },
	{ "collections",
	  "{ use: [{ service: '/svc/a' }], "
	  "collections: [{ name: 'c', durability: `'single_run' }] }",
	  "mixed-dialects" },
	{ "nothing else is said of a mixture",
	  "{ use: [{ service: '/svc/a' }, { protocol: `'b', zz: 1 }], x: 1 }",
	  "mixed-dialects" },
};

static void test_cycles(void **state)
{
	(void)state;
	manifest_expect_all(cycles, N_ELEMENTS(cycles));
}

static void test_dialects(void **state)
{
	(void)state;
	manifest_expect_all(dialects, N_ELEMENTS(dialects));
}

/* What the report says is what a person acts on. */
static void test_texts(void **state)
{
	static const struct {
		const char *manifest, *text;
	} cases[] = {
		{ "{ childen: [] }",
		  "\"childen\" is not a key of a manifest; did you mean "
		  "\"children\"?" },
		{ "{ use: [{ protcol: 'a' }] }",
		  "a use has to say what it is about: \"service\", "
		  "\"protocol\", \"directory\", \"storage\", \"runner\", "
		  "\"dictionary\", \"config\" or \"event_stream\"; did you "
		  "mean \"protocol\"?" },
		{ "{ use: [{ protocol: 7 }] }",
		  "expected a string or an array for \"protocol\", found a "
		  "number" },
		{ "{ " AB "expose: [{ protocol: 'p', from: '#A' }] }",
		  "\"#A\" is not in \"children\" or elsewhere in this "
		  "manifest; did you mean \"#a\"?" },
		{ "{ " AB "offer: [{ protocol: 'p', from: '#a', to: '#b' }, "
		  "{ protocol: 'q', from: '#b', to: '#a' }] }",
		  "this closes a circle in which each needs the one before it: "
		  "a -> b -> a; take one away, or make it \"weak\"" },
		{ "{ " AB "offer: [{ protocol: 'p', from: '#a', "
		  "to: '#missing' }] }",
		  "\"p\" from \"#a\" is offered to \"#missing\", which is "
		  "neither in \"children\" nor in \"collections\"" },
		{ "{ capabilities: [{ dictionary: 'bundle' }], use: ["
		  "{ protocol: 'p', from: 'self/bundel' }] }",
		  "\"self/bundel\" is no dictionary that \"capabilities\" "
		  "declares; did you mean \"self/bundle\"?" },
		{ "{ environments: [{ name: 'env' }], children: [{ name: 'a', "
		  "url: '#a', environment: '#enf' }] }",
		  "\"#enf\" is not in \"environments\"; did you mean "
		  "\"#env\"?" },
		{ "{ " AB "use: [{ protocol: 'p', from: 'b' }] }",
		  "\"b\" is no source; a child is written \"#name\"; did "
		  "you mean \"#b\"?" },
		{ "{ " AB "offer: [{ protocol: 'p', from: '#a', to: 'b' }] }",
		  "\"b\" is no target; a child is written \"#name\", a "
		  "dictionary \"self/name\"; did you mean \"#b\"?" },
		{ "{ " AB "offer: [{ protocol: 'p', from: '#a', to: 'alle' "
		  "}] }",
		  "\"alle\" is no target; a child is written \"#name\", a "
		  "dictionary \"self/name\"; did you mean \"all\"?" },
		{ "{ " AB "expose: [{ protocol: 'p', from: '#a', "
		  "to: 'framwork' }] }",
		  "\"to\" of an expose is \"parent\" or \"framework\", not "
		  "\"framwork\"; did you mean \"framework\"?" },
		{ "{ use: [{ protocol: 'p', from: 'parnet' }] }",
		  "\"parnet\" is no source; a child is written \"#name\"; did "
		  "you mean \"parent\"?" },
	};
	struct manifest *m = NULL;
	struct report report;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		report_init(&report);
		assert_int_equal(manifest_load("f", cases[i].manifest,
					       strlen(cases[i].manifest), &m,
					       &report),
				 MANIFEST_INVALID);
		assert_int_equal(report.n_errors, 1);
		assert_string_equal(report.first->text, cases[i].text);
		report_fini(&report);
	}
}

/* Names times targets: the declarations are counted, not the bytes. */
static void test_too_many(void **state)
{
	struct text t = TEXT_INIT;
	struct manifest *m = NULL;
	struct report report;
	int i;

	(void)state;
	text_puts(&t, "{ children: [");
	for (i = 0; i < 400; i++)
		text_printf(&t, "{ name: 'c%d', url: '#c' },", i);
	text_puts(&t, "], offer: [{ from: 'parent', protocol: [");
	for (i = 0; i < 400; i++)
		text_printf(&t, "'p%d',", i);
	text_puts(&t, "], to: [");
	for (i = 0; i < 400; i++)
		text_printf(&t, "'#c%d',", i);
	text_puts(&t, "] }] }");
	report_init(&report);
	assert_int_equal(manifest_load("f", t.bytes, t.n, &m, &report),
			 MANIFEST_INVALID);
	assert_int_equal(report.n_errors, 1);
	assert_string_equal(report.first->rule, "too-many");
	report_fini(&report);
	text_fini(&t);
}

/* One root that offers to 10,000 children is an ordinary large manifest. */
static void test_many_children(void **state)
{
	struct text t = TEXT_INIT;
	struct manifest *m = NULL;
	struct report report;
	int i;

	(void)state;
	text_puts(&t, "{ children: [");
	for (i = 0; i < 10000; i++)
		text_printf(&t, "{ name: 'c%d', url: '#c.cm' },", i);
	text_puts(&t, "], offer: [{ from: 'parent', protocol: 'p', to: [");
	for (i = 0; i < 10000; i++)
		text_printf(&t, "'#c%d',", i);
	text_puts(&t, "] }");
	for (i = 1; i < 5000; i++)
		text_printf(&t,
			    ", { protocol: 'x', from: '#c%d', to: '#c%d', "
			    "as: 'x' }",
			    i - 1, i);
	text_puts(&t, "] }");
	report_init(&report);
	assert_int_equal(manifest_load("f", t.bytes, t.n, &m, &report), 0);
	assert_int_equal(m->n_children, 10000);
	assert_int_equal(m->n_decls[DECL_OFFER], 14999);
	manifest_free(m);
	report_fini(&report);
	text_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_dialects),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_many_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
