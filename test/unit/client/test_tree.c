#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "client/tree.h"
#include "fault.h"

static void leaf(void *userdata, const struct directory_open *open, int fd)
{
	(void)userdata;
	(void)open;
	(void)fd;
}

static struct node *add(struct tree *t, struct node *parent, const char *name,
			directory_open_fn fn)
{
	struct node *n;

	assert_int_equal(tree_add(t, parent, name, strlen(name), fn, &n), 0);
	return n;
}

static void test_walk(void **state)
{
	struct node *svc, *foo;
	struct tree t;
	const char *rest;

	(void)state;
	assert_int_equal(tree_init(&t, 10), 0);
	svc = add(&t, t.root, "svc", NULL);
	foo = add(&t, svc, "foo", leaf);
	assert_ptr_equal(tree_walk(&t, t.root, "svc/foo", &rest), foo);
	assert_string_equal(rest, "");
	assert_ptr_equal(tree_walk(&t, svc, "foo/", &rest), foo);
	assert_string_equal(rest, "");
	assert_ptr_equal(tree_walk(&t, t.root, "svc/foo/bar/baz", &rest), foo);
	assert_string_equal(rest, "bar/baz");
	assert_ptr_equal(tree_walk(&t, t.root, "svc/fo/bar", &rest), svc);
	assert_string_equal(rest, "fo/bar");
	assert_ptr_equal(tree_walk(&t, svc, ".", &rest), svc);
	assert_string_equal(rest, "");
	/* The same name in another place is another node. */
	assert_null(tree_find_child(&t, t.root, "foo", 3));
	assert_ptr_not_equal(add(&t, t.root, "foo", leaf), foo);
	tree_fini(&t);
}

static void test_refusals(void **state)
{
	struct node *one, *n;
	struct tree t;

	(void)state;
	assert_int_equal(tree_init(&t, 2), 0);
	one = add(&t, t.root, "one", leaf);
	assert_int_equal(tree_add(&t, t.root, "one", 3, leaf, &n), -EEXIST);
	assert_int_equal(tree_add(&t, one, "two", 3, leaf, &n), -ENOTDIR);
	add(&t, t.root, "two", NULL);
	assert_int_equal(tree_add(&t, t.root, "three", 5, leaf, &n), -ENOSPC);
	tree_remove(&t, one);
	free(one);
	add(&t, t.root, "three", NULL);
	tree_fini(&t);
}

static void test_numbers_are_never_used_again(void **state)
{
	struct node *a, *b, *c;
	struct tree t;
	uint64_t number;

	(void)state;
	assert_int_equal(tree_init(&t, 10), 0);
	a = add(&t, t.root, "a", leaf);
	b = add(&t, t.root, "b", leaf);
	number = b->number;
	assert_true(number > a->number);
	tree_remove(&t, b);
	free(b);
	b = add(&t, t.root, "b", leaf);
	assert_true(b->number > number);
	/* Standing on the number of a node that is gone. */
	assert_ptr_equal(node_child_after(t.root, number), b);
	c = add(&t, t.root, "c", leaf);
	assert_ptr_equal(node_next(b), c);
	assert_null(node_next(c));
	assert_null(node_child_after(t.root, c->number));
	tree_fini(&t);
}

static void test_deep_and_wide(void **state)
{
	struct node *n;
	struct tree t;
	char name[16];
	int i;

	(void)state;
	assert_int_equal(tree_init(&t, 20000), 0);
	n = t.root;
	for (i = 0; i < 5000; i++)
		n = add(&t, n, "d", NULL);
	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		add(&t, t.root, name, leaf);
	}
	assert_non_null(tree_find_child(&t, t.root, "n4999", 5));
	assert_ptr_equal(node_first_leaf(t.root), n);
	tree_fini(&t);
}

static int build(void *arg)
{
	struct node *svc, *n;
	struct tree t;
	int r;

	(void)arg;
	r = tree_init(&t, 100);
	if (r < 0)
		return r;
	r = tree_add(&t, t.root, "svc", 3, NULL, &svc);
	if (r == 0)
		r = tree_add(&t, svc, "foo", 3, leaf, &n);
	if (r == 0)
		r = tree_add(&t, svc, "bar", 3, leaf, &n);
	tree_fini(&t);
	return r;
}

static void test_faults(void **state)
{
	(void)state;
	assert_true(fault_sweep(build, NULL) >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_numbers_are_never_used_again),
		cmocka_unit_test(test_deep_and_wide),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
