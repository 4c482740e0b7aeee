/* A tree from files, realm by realm. */
#include "host_test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "host/resolve.h"

static void write_tree(struct scene *s)
{
	scene_write(s, "packages/root/meta/root.cml",
		    "{ children: ["
		    " { name: 'a', url: 'a#meta/a.cm' },"
		    " { name: 'local', url: '#meta/local.cm' },"
		    " { name: 'gone', url: 'gone#meta/gone.cm' },"
		    " { name: 'wrong', url: '#meta/wrong.cm' } ] }");
	scene_write(s, "packages/root/meta/local.cml", "{}");
	scene_write(s, "packages/root/meta/wrong.cml", "{ nonsense: 1, }");
	scene_write(s, "packages/a/meta/a.cml",
		    "{ children: ["
		    " { name: 'b', url: '#meta/b.cm' },"
		    " { name: 'c', url: 'root#meta/local.cm' } ] }");
	scene_write(s, "packages/a/meta/b.cml", "{}");
}

static void test_tree(void **state)
{
	struct scene *s = *state;
	struct realm *b, *c;

	write_tree(s);
	scene_run(s);
	assert_int_equal(s->m->tree.n_realms, 5);
	b = manager_find(s->m, "/a/b");
	assert_non_null(b);
	/* Found, but not read. */
	assert_int_equal(b->state, REALM_UNRESOLVED);
	assert_int_equal(manager_resolve(s->m, b), 0);
	assert_int_equal(b->state, REALM_RESOLVED);
	assert_string_equal(resolver_package(&s->m->resolver, b)->directory,
			    scene_path(s, "packages/a"));
	c = manager_find(s->m, "/a/c");
	assert_int_equal(manager_resolve(s->m, c), 0);
	assert_string_equal(resolver_package(&s->m->resolver, c)->directory,
			    scene_path(s, "packages/root"));
}

static void test_finding(void **state)
{
	static const char *const none[] = {
		"",	   "a",	       "/none",	 "/a/none", "//a", "/a//b",
		"/gone/x", "/wrong/x", "/a/b/c", "/.",	    "/..",
	};
	struct scene *s = *state;
	size_t i;

	write_tree(s);
	scene_run(s);
	assert_ptr_equal(manager_find(s->m, "/"), s->m->tree.root);
	assert_non_null(manager_find(s->m, "/a"));
	for (i = 0; i < N_ELEMENTS(none); i++)
		assert_null(manager_find(s->m, none[i]));
}

static void test_broken_children(void **state)
{
	struct scene *s = *state;
	struct realm *gone, *wrong, *local;

	write_tree(s);
	scene_run(s);
	gone = manager_find(s->m, "/gone");
	assert_int_equal(manager_resolve(s->m, gone), 0);
	assert_int_equal(gone->state, REALM_BROKEN);
	assert_contains(gone->broken, "there is no package \"gone\"");
	assert_said(s, "failed /gone cannot be resolved: there is no package");
	wrong = manager_find(s->m, "/wrong");
	assert_int_equal(manager_resolve(s->m, wrong), 0);
	assert_int_equal(wrong->state, REALM_BROKEN);
	assert_contains(wrong->broken, "wrong.cml has ");
	assert_null(resolver_package(&s->m->resolver, wrong));
	/* What is broken is told once; what is beside it works. */
	assert_int_equal(manager_resolve(s->m, wrong), 0);
	local = manager_find(s->m, "/local");
	assert_int_equal(manager_resolve(s->m, local), 0);
	assert_int_equal(local->state, REALM_RESOLVED);
}

static void test_deep(void **state)
{
	struct scene *s = *state;
	struct realm *r;
	unsigned depth = 0;

	scene_write(s, "packages/root/meta/root.cml",
		    "{ children: [ { name: 'x', url: '#meta/root.cm' } ] }");
	scene_run(s);
	for (r = s->m->tree.root; r->state == REALM_RESOLVED; depth++) {
		r = list_first(&r->children, struct realm, link);
		assert_int_equal(manager_resolve(s->m, r), 0);
	}
	assert_int_equal(depth, REALM_DEPTH_MAX);
	assert_contains(r->broken, "deeper than 64 components");
}

/* A fault leaves the realm as it was, so that it can be tried again. */
static int resolve_all(void *arg)
{
	struct scene *s = arg;
	const char *directories[] = { s->packages };
	struct resolver resolver;
	struct topology tree;
	struct realm *r;
	struct report report;
	struct text path = TEXT_INIT;
	int k;

	text_printf(&path, "%s/root/meta/root.cml", s->packages);
	if (text_is_failed(&path))
		return -1;
	resolver_init(&resolver, (struct package_paths){ .directories = directories, .n = 1 });
	report_init(&report);
	k = resolver_tree(&tree, text_string(&path), NULL, 0);
	if (!k) {
		for (r = tree.root; r && !k; r = realm_next(r)) {
			k = resolver_resolve(&resolver, r, &report);
			/* Never one without the other. */
			if ((r->state == REALM_RESOLVED) !=
			    !!resolver_package(&resolver, r))
				k = -1000;
			else if (!k && r->state == REALM_BROKEN &&
				 (!r->broken || strstr(r->broken, "memory")))
				k = -1;
		}
		/* What lacked the memory to be said was not said. */
		if (!k && (report.failed || !report.n_errors))
			k = -1;
		topology_fini(&tree);
	}
	resolver_fini(&resolver);
	report_fini(&report);
	text_fini(&path);
	assert_int_not_equal(k, -1000);
	return k;
}

static void test_faults(void **state)
{
	struct scene *s = *state;

	write_tree(s);
	assert_true(fault_sweep(resolve_all, s) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_tree),
		host_test(test_finding),
		host_test(test_broken_children),
		host_test(test_deep),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
