/* Checking whole trees: everything that is wrong, each once, in good time. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fault.h"

static void check_expect(const struct rig_file *files, const char *expected)
{
	struct text t = TEXT_INIT;
	struct rig rig;

	rig_init(&rig, files);
	assert_int_equal(check_tree(&rig.tree, rig_resolve, &rig, NULL, &rig.report),
			 0);
	report_render(&rig.report, &t);
	assert_string_equal(text_string(&t), expected);
	text_fini(&t);
	rig_fini(&rig);
}

#define PROVIDER                                                               \
	"{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"                  \
	"expose: [ { protocol: 'X', from: 'self' } ] }"

static void a_sound_tree_has_nothing_to_report(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("a") CHILD("b")
			  CHILD("c") "],"
				     "\noffer: [ { protocol: 'X', from: '#a',\n"
				     "  to: ['#b', '#c'] } ] }" },
		{ "a", PROVIDER },
		{ "b", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ "c", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ NULL, NULL },
	};

	(void)state;
	check_expect(files, "");
}

static void everything_that_is_broken_is_reported(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [\n"
			  "  { name: 'a', url: '#meta/a.cm' },\n"
			  "  { name: 'b', url: '#meta/b.cm' },\n"
			  "  { name: 'c', url: '#meta/c.cm' },\n"
			  "], offer: [\n"
			  "  { protocol: 'X', from: '#a', to: '#b' },\n"
			  "  { protocol: 'Y', from: '#a', to: '#b' },\n"
			  "  { directory: 'd', from: '#a', to: '#b',\n"
			  "    rights: ['r*'] },\n"
			  "], expose: [\n"
			  "  { protocol: 'Y', from: '#a' },\n"
			  "] }" },
		{ "a", "{ " PROGRAM "capabilities: [\n"
		       "  { protocol: 'X' },\n"
		       "  { directory: 'd', path: '/d', rights: ['rw*'] } ],\n"
		       "expose: [\n"
		       "  { protocol: 'X', from: 'self' },\n"
		       "  { directory: 'd', from: 'self' } ] }" },
		{ "b", "{ " PROGRAM "use: [\n"
		       "  { protocol: ['X', 'Y'] },\n"
		       "  { directory: 'd', path: '/d', rights: ['rw*'] },\n"
		       "] }" },
		{ "c", "{ " PROGRAM "use: [\n"
		       "  { protocol: 'X' } ] }" },
		{ NULL, NULL },
	};

	(void)state;
	check_expect(
		files,
		"a.cml:1:1: error: /a does not expose protocol Y to its "
		"parent, which / exposes on (root.cml:11:3); so the expose of "
		"Y by / is broken: add { protocol: \"Y\", from: ... } to "
		"\"expose\" [expose-from-child-expose-not-found]\n"
		"a.cml:1:1: error: /a does not expose protocol Y to its "
		"parent, which / offers on (root.cml:7:3); so the use of Y by "
		"/b is broken: add { protocol: \"Y\", from: ... } to "
		"\"expose\" [offer-from-child-expose-not-found]\n"
		"root.cml:6:3: error: / does not offer protocol X to /c, which "
		"/c uses (c.cml:3:3); it offers it to #b; so the use of X by "
		"/c is broken: add \"#c\" to the \"to\" of that offer "
		"[use-from-parent-not-found]\n"
		"root.cml:8:3: error: directory d is used with rights [rw*], "
		"but this offer gives only [r*]; so the use of d by /b is "
		"broken [rights-invalid]\n");
}

static void a_child_that_is_missing_is_reported_once(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [\n"
			  "  { name: 'a',\n"
			  "    url: '#meta/nowhere.cm' },\n"
			  "  { name: 'b', url: '#meta/b.cm' },\n"
			  "  { name: 'c', url: '#meta/b.cm' },\n"
			  "], offer: [ { protocol: 'X', from: '#a',\n"
			  "  to: ['#b', '#c'] } ],\n"
			  "expose: [ { protocol: 'X', from: '#a' } ] }" },
		{ "b", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ NULL, NULL },
	};

	(void)state;
	check_expect(files, "root.cml:3:10: error: /a cannot be resolved: "
			    "there is no such package [resolve-failed]\n");
}

/* A manifest with a mistake in it is the file's own error and, once, the
 * reason why its component is missing. */
static void a_manifest_with_a_mistake(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [\n"
			  "  { name: 'a', url: '#meta/a.cm' } ] }" },
		{ "a", "{ program: { runner: 'elf', binary: 'x' },\n"
		       "  colour: 'blue' }" },
		{ NULL, NULL },
	};
	struct text t = TEXT_INIT;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(check_tree(&rig.tree, rig_resolve, &rig, NULL, &rig.report),
			 0);
	assert_int_equal(rig.report.n_errors, 2);
	report_render(&rig.report, &t);
	assert_memory_equal(text_string(&t), "a.cml:2:3: error: ", 18);
	assert_non_null(strstr(text_string(&t),
			       "root.cml:2:21: error: /a cannot be resolved: "
			       "its manifest is invalid [resolve-failed]\n"));
	text_fini(&t);
	rig_fini(&rig);
}

static void a_root_that_is_missing(void **state)
{
	static const struct rig_file files[] = { { NULL, NULL } };

	(void)state;
	check_expect(files, "file:///x#meta/root.cm: error: / cannot be "
			    "resolved: there is no such package "
			    "[resolve-failed]\n");
}

static void a_component_below_itself(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "a") "],\n"
			       "use: [ { protocol: 'X', from: '#a' } ] }" },
		{ "a",
		  "{ children: [ " CHILD(
			  "b") "],\n"
			       "expose: [ { protocol: 'X', from: '#b' } ] }" },
		{ "b",
		  "{ children: [ " CHILD(
			  "a") "],\n"
			       "expose: [ { protocol: 'X', from: '#a' } ] }" },
		{ NULL, NULL },
	};
	struct text t = TEXT_INIT;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(check_tree(&rig.tree, rig_resolve, &rig, NULL, &rig.report),
			 0);
	report_render(&rig.report, &t);
	/* The recursion itself, and nothing of what follows from it. */
	assert_string_equal(text_string(&t),
			    "b.cml:1:33: error: /a/b/a is the same component as /a "
		     "(a.cml -> b.cml -> a.cml), so the tree would never end "
		     "[recursive-component]\n");
	assert_int_equal(rig.tree.n_realms, 4);
	text_fini(&t);
	rig_fini(&rig);
}

/* Twice in a tree, but not below itself, is no recursion. */
static void one_component_in_two_places(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a") CHILD("b") "] }" },
		{ "a", "{ children: [ " CHILD("b") "] }" },
		{ "b", "{ " PROGRAM "}" },
		{ NULL, NULL },
	};

	(void)state;
	check_expect(files, "");
}

static void trees_have_a_bottom(void **state)
{
	struct rig_file files[72] = { { "root",
					"{ children: [ " CHILD("n1") "] }" } };
	char names[72][16];
	struct text texts[72] = { 0 }, t = TEXT_INIT;
	struct rig rig;
	int i;

	(void)state;
	for (i = 1; i <= 70; i++) {
		snprintf(names[i], sizeof(names[i]), "n%d", i);
		text_printf(&texts[i],
			    "{ children: [\n{ name: 'n%d',\n"
			    "url: '#meta/n%d.cm' } ] }",
			    i + 1, i + 1);
		files[i] =
			(struct rig_file){ names[i], text_string(&texts[i]) };
	}
	rig_init(&rig, files);
	assert_int_equal(check_tree(&rig.tree, rig_resolve, &rig, NULL, &rig.report),
			 0);
	assert_int_equal(rig.tree.n_realms, REALM_DEPTH_MAX + 1);
	report_render(&rig.report, &t);
	assert_int_equal(rig.report.n_errors, 1);
	assert_memory_equal(text_string(&t), "n63.cml:3:6: error: /n1/n2/", 27);
	assert_non_null(strstr(text_string(&t), "/n64 cannot be resolved: the "
						"tree is too deep"));
	text_fini(&t);
	rig_fini(&rig);
	for (i = 1; i <= 70; i++)
		text_fini(&texts[i]);
}

/* From the top to the bottom and back: the longest route there is. */
static void a_route_through_the_deepest_tree(void **state)
{
	enum { N = REALM_DEPTH_MAX };
	struct rig_file files[2 * N + 2];
	char names[2 * N + 2][16];
	struct text texts[2 * N + 2] = { 0 }, moniker = TEXT_INIT;
	struct rig rig;
	int i;

	(void)state;
	for (i = 1; i <= N; i++) {
		snprintf(names[i], sizeof(names[i]), "u%d", i);
		snprintf(names[N + i], sizeof(names[i]), "p%d", i);
		text_printf(&moniker, "/u%d", i);
		if (i == N) {
			text_puts(&texts[i],
				  "{ " PROGRAM "use: [ { protocol: 'X' } ] }");
			text_puts(&texts[N + i], PROVIDER);
		} else {
			text_printf(&texts[i],
				    "{ children: [ { name: 'u%d',\n"
				    "url: '#meta/u%d.cm' } ], offer: [\n"
				    "{ protocol: 'X', from: 'parent',\n"
				    "to: '#u%d' } ] }",
				    i + 1, i + 1, i + 1);
			text_printf(&texts[N + i],
				    "{ children: [ { name: 'p%d',\n"
				    "url: '#meta/p%d.cm' } ], expose: [\n"
				    "{ protocol: 'X', from: '#p%d' } ] }",
				    i + 1, i + 1, i + 1);
		}
		files[i] =
			(struct rig_file){ names[i], text_string(&texts[i]) };
		files[N + i] = (struct rig_file){ names[N + i],
						  text_string(&texts[N + i]) };
	}
	files[0] = (struct rig_file){
		"root", "{ children: [ " CHILD("u1")
				CHILD("p1") "],\n"
					    "offer: [ { protocol: 'X',\n"
					    "from: '#p1', to: '#u1' } ] }"
	};
	files[2 * N + 1] = (struct rig_file){ NULL, NULL };
	rig_init(&rig, files);
	assert_int_equal(rig_route(&rig, text_string(&moniker), "X"),
			 ROUTE_ENDED);
	assert_int_equal(rig.route.n_hops, 1 + N + N + 1);
	assert_int_equal(check_tree(&rig.tree, rig_resolve, &rig, NULL, &rig.report),
			 0);
	assert_int_equal(rig.report.n_errors, 0);
	rig_fini(&rig);
	text_fini(&moniker);
	for (i = 1; i <= 2 * N; i++)
		text_fini(&texts[i]);
}

/* 100 x 100 components, each with a use that goes to the root. */
static void ten_thousand_components(void **state)
{
	struct text root = TEXT_INIT, mid = TEXT_INIT;
	struct rig_file files[] = { { "root", NULL },
				    { "mid", NULL },
				    { "leaf", "{ " PROGRAM
					      "use: [ { protocol: 'X' } ] }" },
				    { NULL, NULL } };
	struct timespec from, to;
	struct rig rig;
	int i;

	(void)state;
	text_puts(&root, "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
			 "children: [");
	text_puts(&mid, "{ children: [");
	for (i = 0; i < 100; i++) {
		text_printf(&root, "{ name: 'c%d', url: '#meta/mid.cm' },\n",
			    i);
		text_printf(&mid, "{ name: 'c%d', url: '#meta/leaf.cm' },\n",
			    i);
	}
	text_puts(&root, "], offer: [ { protocol: 'X', from: 'self', to: [");
	text_puts(&mid, "], offer: [ { protocol: 'X', from: 'parent', to: [");
	for (i = 0; i < 100; i++) {
		text_printf(&root, "'#c%d',", i);
		text_printf(&mid, "'#c%d',", i);
	}
	text_puts(&root, "] } ] }");
	text_puts(&mid, "] } ] }");
	files[0].text = text_string(&root);
	files[1].text = text_string(&mid);
	rig_init(&rig, files);
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(check_tree(&rig.tree, rig_resolve, &rig, NULL, &rig.report),
			 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_int_equal(rig.report.n_errors, 0);
	assert_int_equal(rig.tree.n_realms, 1 + 100 + 100 * 100);
	print_message("checked %zu components in %.0f ms\n", rig.tree.n_realms,
		      (double)(to.tv_sec - from.tv_sec) * 1e3 +
			      (double)(to.tv_nsec - from.tv_nsec) / 1e6);
	rig_fini(&rig);
	text_fini(&root);
	text_fini(&mid);
}

static int sweep_check(void *arg)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("a") CHILD(
			  "b") "],\n"
			       "offer: [ { protocol: 'X', from: '#a',\n"
			       "  to: '#b' } ],\n"
			       "expose: [ { protocol: 'Y', from: '#a' } ] }" },
		{ "a", PROVIDER },
		{ "b", "{ " PROGRAM "use: [ { protocol: ['X', 'Y'] } ] }" },
		{ NULL, NULL },
	};
	struct rig rig = { .files = files };
	int r;

	(void)arg;
	report_init(&rig.report);
	r = topology_init(&rig.tree, "root", NULL, 0);
	if (r < 0)
		return r;
	r = check_tree(&rig.tree, rig_resolve, &rig, NULL, &rig.report);
	if (!r)
		assert_int_equal(rig.report.n_errors, 2);
	rig_fini(&rig);
	return r;
}

static void lack_of_memory_is_a_fault(void **state)
{
	(void)state;
	assert_true(fault_sweep(sweep_check, NULL) >= 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_tree_has_nothing_to_report),
		cmocka_unit_test(everything_that_is_broken_is_reported),
		cmocka_unit_test(a_child_that_is_missing_is_reported_once),
		cmocka_unit_test(a_manifest_with_a_mistake),
		cmocka_unit_test(a_root_that_is_missing),
		cmocka_unit_test(a_component_below_itself),
		cmocka_unit_test(one_component_in_two_places),
		cmocka_unit_test(trees_have_a_bottom),
		cmocka_unit_test(a_route_through_the_deepest_tree),
		cmocka_unit_test(ten_thousand_components),
		cmocka_unit_test(lack_of_memory_is_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
