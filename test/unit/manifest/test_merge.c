/* The merge table: what comes of what two files of one manifest say. */
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "shards_test.h"

#define CHILDREN                                                               \
	"children: [{ name: 'a', url: 'a#meta/a.cm' }, "                       \
	"{ name: 'b', url: 'b#meta/b.cm' }],"

/* Two files, and the one that says the same. */
struct merge_case {
	const char *name, *first, *second, *whole;
};

static void merge_expect_all(const struct merge_case *cases, size_t n)
{
	struct shard files[3] = { { "a.cml", NULL }, { "b.cml", NULL } };
	struct text t = TEXT_INIT, whole = TEXT_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		print_message("  %s\n", cases[i].name);
		text_clear(&t);
		text_clear(&whole);
		text_printf(&t, "{ include: ['b.cml'], %s }", cases[i].first);
		text_printf(&whole, "{ %s }", cases[i].whole);
		files[0].text = text_string(&t);
		files[1].text = cases[i].second;
		shards_expect_same(files, text_string(&whole));
	}
	text_fini(&t);
	text_fini(&whole);
}

static void test_same_is_said_once(void **state)
{
	static const struct merge_case cases[] = {
		{ "a use", "use: [{ protocol: 'p' }]",
		  "{ use: [{ protocol: 'p' }] }", "use: [{ protocol: 'p' }]" },
		{ "a default written out is none",
		  "use: [{ protocol: 'p', dependency: 'strong' }]",
		  "{ use: [{ protocol: 'p', from: 'parent', "
		  "availability: 'required' }] }",
		  "use: [{ protocol: 'p', dependency: 'strong' }]" },
		{ "the order of keys says nothing",
		  "use: [{ directory: 'd', rights: ['r*'], path: '/d' }]",
		  "{ use: [{ path: '/d', directory: 'd', rights: ['r*'] }] }",
		  "use: [{ directory: 'd', rights: ['r*'], path: '/d' }]" },
		{ "one inside a list of the second", "use: [{ protocol: 'p' }]",
		  "{ use: [{ protocol: ['o', 'p', 'q'] }] }",
		  "use: [{ protocol: 'p' }, { protocol: 'o' }, "
		  "{ protocol: 'q' }]" },
		{ "one inside a list of the first",
		  "use: [{ protocol: ['o', 'p', 'q'] }]",
		  "{ use: [{ protocol: 'p' }] }",
		  "use: [{ protocol: ['o', 'p', 'q'] }]" },
		{ "lists that share some", "use: [{ protocol: ['o', 'p'] }]",
		  "{ use: [{ protocol: ['p', 'q'] }] }",
		  "use: [{ protocol: ['o', 'p'] }, { protocol: 'q' }]" },
		{ "an offer",
		  CHILDREN "offer: [{ protocol: 'p', from: 'parent', "
			   "to: ['#a', '#b'] }]",
		  "{ offer: [{ protocol: 'p', from: 'parent', "
		  "to: ['#a', '#b'] }] }",
		  CHILDREN "offer: [{ protocol: 'p', from: 'parent', "
			   "to: ['#a', '#b'] }]" },
		{ "one target of an offer",
		  CHILDREN "offer: [{ protocol: 'p', from: 'parent', "
			   "to: '#a' }]",
		  "{ offer: [{ protocol: 'p', from: 'parent', "
		  "to: ['#a', '#b'] }] }",
		  CHILDREN "offer: [{ protocol: 'p', from: 'parent', "
			   "to: '#a' }, { protocol: 'p', from: 'parent', "
			   "to: ['#b'] }]" },
		{ "an expose", "expose: [{ protocol: 'p', from: 'framework' }]",
		  "{ expose: [{ protocol: ['p'], from: 'framework', "
		  "to: 'parent' }] }",
		  "expose: [{ protocol: 'p', from: 'framework' }]" },
		{ "a capability", "capabilities: [{ protocol: ['p', 'q'] }]",
		  "{ capabilities: [{ protocol: 'q' }, { protocol: 'r' }] }",
		  "capabilities: [{ protocol: ['p', 'q'] }, "
		  "{ protocol: 'r' }]" },
		{ "a numeral of another spelling",
		  "capabilities: [{ config: 'c', type: 'uint8', value: 16 }]",
		  "{ capabilities: [{ config: 'c', type: 'uint8', "
		  "value: 0x10 }] }",
		  "capabilities: [{ config: 'c', type: 'uint8', value: 16 }]" },
	};

	(void)state;
	merge_expect_all(cases, N_ELEMENTS(cases));
}

static void test_stronger_availability(void **state)
{
	static const struct merge_case cases[] = {
		{ "the second asks for more",
		  "use: [{ protocol: 'p', availability: 'optional' }]",
		  "{ use: [{ protocol: 'p', availability: 'required' }] }",
		  "use: [{ protocol: 'p', availability: 'required' }]" },
		{ "the second asks for more by saying nothing",
		  "use: [{ protocol: 'p', availability: 'optional' }]",
		  "{ use: [{ protocol: 'p' }] }", "use: [{ protocol: 'p' }]" },
		{ "the first asks for more", "use: [{ protocol: 'p' }]",
		  "{ use: [{ protocol: 'p', availability: 'transitional' }] }",
		  "use: [{ protocol: 'p' }]" },
		{ "optional is more than transitional",
		  "use: [{ protocol: 'p', availability: 'transitional' }]",
		  "{ use: [{ protocol: 'p', availability: 'optional' }] }",
		  "use: [{ protocol: 'p', availability: 'optional' }]" },
		{ "only one name of a list",
		  "use: [{ protocol: ['o', 'p', 'q'], "
		  "availability: 'optional' }]",
		  "{ use: [{ protocol: 'p' }] }",
		  "use: [{ protocol: 'o', availability: 'optional' }, "
		  "{ protocol: 'p' }, "
		  "{ protocol: 'q', availability: 'optional' }]" },
		{ "only one target of an offer",
		  CHILDREN "offer: [{ protocol: 'p', from: 'parent', "
			   "to: ['#a', '#b'], availability: 'optional' }]",
		  "{ offer: [{ protocol: 'p', from: 'parent', to: '#b' }] }",
		  CHILDREN "offer: [{ protocol: 'p', from: 'parent', "
			   "to: ['#a'], availability: 'optional' }, "
			   "{ protocol: 'p', from: 'parent', to: ['#b'] }]" },
		{ "a list against one that asked for less",
		  "use: [{ protocol: 'p', availability: 'optional' }]",
		  "{ use: [{ protocol: ['o', 'p'] }] }",
		  "use: [{ protocol: 'p' }, { protocol: 'o' }]" },
	};

	(void)state;
	merge_expect_all(cases, N_ELEMENTS(cases));
}

/* Each of three files asks for more than the one before. */
static void test_stronger_twice(void **state)
{
	static const struct shard files[] = {
		{ "a.cml", "{ include: ['b.cml', 'c.cml'], use: [{ protocol: "
			   "['p', 'q'], availability: 'transitional' }] }" },
		{ "b.cml", "{ use: [{ protocol: 'q', "
			   "availability: 'optional' }] }" },
		{ "c.cml", "{ use: [{ protocol: 'q', "
			   "availability: 'required' }] }" },
		{ NULL, NULL },
	};

	(void)state;
	shards_expect_same(files,
			   "{ use: [{ protocol: 'p', "
			   "availability: 'transitional' }, { protocol: 'q', "
			   "availability: 'required' }] }");
}

static void test_lists_are_joined(void **state)
{
	static const struct merge_case cases[] = {
		{ "children", "children: [{ name: 'a', url: 'a#meta/a.cm' }]",
		  "{ children: [{ name: 'b', url: 'b#meta/b.cm' }] }",
		  CHILDREN },
		{ "children of the second only", "use: [{ protocol: 'p' }]",
		  "{ " CHILDREN " }", "use: [{ protocol: 'p' }], " CHILDREN },
		{ "collections",
		  "collections: [{ name: 'a', durability: 'transient' }]",
		  "{ collections: [{ name: 'b', durability: 'single_run' }] }",
		  "collections: [{ name: 'a', durability: 'transient' }, "
		  "{ name: 'b', durability: 'single_run' }]" },
		{ "environments", "environments: [{ name: 'a' }]",
		  "{ environments: [{ name: 'b' }] }",
		  "environments: [{ name: 'a' }, { name: 'b' }]" },
		{ "a policy's lists",
		  "policy: { never: [{ from: '/a', to: '/b' }] }",
		  "{ policy: { never: [{ from: '/c', to: '/d' }], "
		  "must_use: [{ protocol: 'p' }] } }",
		  "policy: { never: [{ from: '/a', to: '/b' }, "
		  "{ from: '/c', to: '/d' }], "
		  "must_use: [{ protocol: 'p' }] }" },
	};

	(void)state;
	merge_expect_all(cases, N_ELEMENTS(cases));
}

static void test_objects_are_merged(void **state)
{
	static const struct merge_case cases[] = {
		{ "a program from both",
		  "program: { runner: 'elf', binary: 'bin/a' }",
		  "{ program: { args: ['x'], "
		  "lifecycle: { stop_event: 'notify' } } }",
		  "program: { runner: 'elf', binary: 'bin/a', args: ['x'], "
		  "lifecycle: { stop_event: 'notify' } }" },
		{ "the same said twice",
		  "program: { runner: 'elf', binary: 'bin/a', args: ['x'] }",
		  "{ program: { runner: 'elf', args: ['x'] } }",
		  "program: { runner: 'elf', binary: 'bin/a', args: ['x'] }" },
		{ "the environments of a program",
		  "program: { runner: 'elf', binary: 'bin/a', "
		  "environ: ['A=1', 'B=2'] }",
		  "{ program: { environ: ['B=2', 'C=3'] } }",
		  "program: { runner: 'elf', binary: 'bin/a', "
		  "environ: ['A=1', 'B=2', 'C=3'] }" },
		{ "facets, to any depth", "facets: { x: { y: { a: 1 } } }",
		  "{ facets: { x: { y: { b: [1, 2] }, z: null } } }",
		  "facets: { x: { y: { a: 1, b: [1, 2] }, z: null } }" },
		{ "the fields of config", "config: { a: { type: 'bool' } }",
		  "{ config: { b: { type: 'uint8' }, a: { type: 'bool' } } }",
		  "config: { a: { type: 'bool' }, b: { type: 'uint8' } }" },
	};

	(void)state;
	merge_expect_all(cases, N_ELEMENTS(cases));
}

/* What differs is not merged, and the ordinary rules tell. */
static void test_different_is_refused(void **state)
{
	static const struct {
		const char *name;
		struct shard files[4];
		const char *rules;
	} cases[] = {
		{ "another source",
		  { { "a.cml", "{ include: ['b.cml'], " CHILDREN
			       "use: [{ protocol: 'p' }] }" },
		    { "b.cml", "{ use: [{ protocol: `'p', from: '#a' }] }" } },
		  "duplicate-target" },
		{ "another source, in a list",
		  { { "a.cml", "{ include: ['b.cml'], " CHILDREN
			       "use: [{ protocol: ['o', 'p'] }] }" },
		    { "b.cml", "{ use: [{ protocol: [`'p', 'q'], "
			       "from: '#a' }] }" } },
		  "duplicate-target" },
		{ "same_as_target is in no order",
		  { { "a.cml", "{ include: ['b.cml'], " CHILDREN
			       "offer: [{ protocol: 'p', from: 'parent', "
			       "to: '#a', availability: 'same_as_target' }] "
			       "}" },
		    { "b.cml", "{ offer: [{ protocol: `'p', from: 'parent', "
			       "to: '#a' }] }" } },
		  "duplicate-target" },
		{ "what one file says twice",
		  { { "a.cml", "{ include: ['b.cml'] }" },
		    { "b.cml", "{ use: [{ protocol: 'p' }, "
			       "{ protocol: `'p' }] }" } },
		  "duplicate-target" },
		{ "a capability",
		  { { "a.cml", "{ include: ['b.cml'], "
			       "capabilities: [{ protocol: 'p' }] }" },
		    { "b.cml", "{ capabilities: [{ protocol: `'p', "
			       "path: '/x/p' }] }" } },
		  "duplicate-name" },
		{ "a child",
		  { { "a.cml", "{ include: ['b.cml'], " CHILDREN "}" },
		    { "b.cml", "{ children: [{ name: `'a', "
			       "url: 'a#meta/a.cm' }] }" } },
		  "duplicate-name" },
		{ "two binaries",
		  { { "a.cml", "{ include: ['b.cml'], program: "
			       "{ runner: 'elf', binary: 'bin/a' } }" },
		    { "b.cml", "{ program: { binary: `'bin/b' } }" } },
		  "conflicting-value" },
		{ "a variable with two values",
		  { { "a.cml", "{ include: ['b.cml'], program: { runner: "
			       "'elf', binary: 'bin/a', environ: ['A=1'] } }" },
		    { "b.cml", "{ program: { environ: ['B=1', `'A=2'] } }" } },
		  "conflicting-value" },
		{ "facets deep down",
		  { { "a.cml",
		      "{ include: ['b.cml'], facets: { x: { y: 1 } } }" },
		    { "b.cml", "{ facets: { x: { y: `2, z: 1 } } }" } },
		  "conflicting-value" },
		{ "a field of another type",
		  { { "a.cml", "{ include: ['b.cml'], "
			       "config: { a: { type: 'bool' } } }" },
		    { "b.cml", "{ config: { a: `{ type: 'uint8' } } }" } },
		  "conflicting-value" },
		{ "both shards, and the message is in the later one",
		  { { "a.cml", "{ include: ['b.cml', 'c.cml'] }" },
		    { "b.cml", "{ facets: { x: 1 } }" },
		    { "c.cml", "{ facets: { x: `[1] } }" } },
		  "conflicting-value" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		print_message("  %s\n", cases[i].name);
		shards_expect(cases[i].files, cases[i].rules);
	}
}

/* A person has to find both. */
static void test_messages_name_both_files(void **state)
{
	static const struct {
		struct shard files[3];
		const char *text;
	} cases[] = {
		{ { { "a.cml", "{ include: ['b.cml'], " CHILDREN
			       "use: [{ protocol: 'p' }] }" },
		    { "b.cml", "{ use: [{ protocol: 'p', from: '#a' }] }" } },
		  "\"/svc/p\" is used a second time; it is already at "
		  "a.cml:1:122" },
		{ { { "a.cml", "{ include: ['b.cml'], facets: { x: 1 } }" },
		    { "b.cml", "{ facets: { x: 2 } }" } },
		  "\"facets.x\" contradicts what is said at a.cml:1:36" },
		{ { { "a.cml", "{ include: ['b.cml'], " CHILDREN "}" },
		    { "b.cml",
		      "{ children: [{ name: 'a', url: 'a#meta/a.cm' }] }" } },
		  "the name \"a\" is already taken by a child at "
		  "a.cml:1:42; " },
		{ { { "a.cml",
		      "{ include: ['b.cml'], use: [{ protocol: '/svc/p' "
		      "}] }" },
		    { "b.cml", "{ capabilities: [] }" } },
		  "\"capabilities\" belongs to the modern dialect, but "
		  "\"/svc/p\" at a.cml:1:41 made this manifest a path-named "
		  "one; a manifest keeps to one dialect" },
	};
	struct manifest *m = NULL;
	struct report report;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		report_init(&report);
		assert_int_equal(shards_load(cases[i].files, &m, &report),
				 MANIFEST_INVALID);
		assert_int_equal(report.n_errors, 1);
		assert_string_equal(report.first->file, "b.cml");
		if (!strstr(report.first->text, cases[i].text))
			assert_string_equal(report.first->text, cases[i].text);
		report_fini(&report);
	}
}

/* The path-named dialect has lists of objects as targets. */
static void test_seed(void **state)
{
	static const struct merge_case cases[] = {
		{ "offers",
		  CHILDREN "offer: [{ service: '/svc/p', from: 'realm', "
			   "to: [{ dest: '#a' }, { dest: '#b', "
			   "as: '/svc/q' }] }]",
		  "{ offer: [{ service: '/svc/p', from: 'realm', "
		  "to: [{ as: '/svc/q', dest: '#b' }] }], "
		  "use: [{ service: '/svc/r' }] }",
		  CHILDREN "offer: [{ service: '/svc/p', from: 'realm', "
			   "to: [{ dest: '#a' }, { dest: '#b', "
			   "as: '/svc/q' }] }], "
			   "use: [{ service: '/svc/r' }]" },
		{ "storage",
		  "storage: [{ name: 's', from: 'realm', path: '/d' }]",
		  "{ storage: [{ name: 't', from: 'realm', path: '/d' }] }",
		  "storage: [{ name: 's', from: 'realm', path: '/d' }, "
		  "{ name: 't', from: 'realm', path: '/d' }]" },
	};

	(void)state;
	merge_expect_all(cases, N_ELEMENTS(cases));
}

static void test_values_keep_their_file(void **state)
{
	static const struct shard files[] = {
		{ "a.cml", "{ include: ['b.cml', 'c.cml'], "
			   "use: [{ protocol: 'p', availability: 'optional' "
			   "}] }" },
		{ "b.cml", "{ use: [{ protocol: ['p', 'q'] }] }" },
		{ "c.cml", "{ " CHILDREN " }" },
		{ NULL, NULL },
	};
	struct manifest *m = NULL;
	struct report report;
	const struct decl *d;

	(void)state;
	report_init(&report);
	assert_int_equal(shards_load(files, &m, &report), 0);
	assert_int_equal(m->n_files, 3);
	assert_string_equal(m->files[0], "a.cml");
	assert_int_equal(m->n_decls[DECL_USE], 2);
	d = m->decls[DECL_USE];
	assert_string_equal(manifest_file(m, d[0].place), "a.cml");
	assert_int_equal(d[0].availability, AVAILABILITY_REQUIRED);
	assert_string_equal(manifest_file(m, d[1].place), "b.cml");
	assert_string_equal(manifest_file(m, m->children[0].place), "c.cml");
	assert_string_equal(manifest_file(m, m->children[0].name_place),
			    "c.cml");
	manifest_free(m);
	report_fini(&report);
}

static int load_faulty(void *arg)
{
	struct manifest *m = NULL;
	struct report report;
	int r;

	report_init(&report);
	r = shards_load(arg, &m, &report);
	manifest_free(m);
	report_fini(&report);
	return r;
}

static void test_faults(void **state)
{
	/* Small ones: a map that fails to grow goes on as it is. */
	static const struct shard items[] = {
		{ "a.cml", "{ include: ['b.cml', 'c.cml'], use: [{ protocol: "
			   "['p', 'q'], availability: 'optional' }] }" },
		{ "b.cml", "{ include: ['c.cml'], use: [{ protocol: "
			   "['p', 'r'] }] }" },
		{ "c.cml", "{ " CHILDREN " }" },
		{ NULL, NULL },
	};
	static const struct shard objects[] = {
		{ "a.cml", "{ include: ['b.cml'], facets: { x: [1, { a: 1 }] "
			   "}, program: { runner: 'elf', binary: 'b', "
			   "environ: ['A=1'] } }" },
		{ "b.cml", "{ facets: { x: [1, { a: 1 }] }, "
			   "program: { environ: ['A=1'] } }" },
		{ NULL, NULL },
	};

	(void)state;
	assert_true(fault_sweep(load_faulty, (void *)items) > 10);
	assert_true(fault_sweep(load_faulty, (void *)objects) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_is_said_once),
		cmocka_unit_test(test_stronger_availability),
		cmocka_unit_test(test_stronger_twice),
		cmocka_unit_test(test_lists_are_joined),
		cmocka_unit_test(test_objects_are_merged),
		cmocka_unit_test(test_different_is_refused),
		cmocka_unit_test(test_messages_name_both_files),
		cmocka_unit_test(test_seed),
		cmocka_unit_test(test_values_keep_their_file),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
