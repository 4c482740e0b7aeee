/* A route is rendered once for as long as the tree stays as it is. */
#include "host_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "host/told.h"

static struct telling get(struct told *t, const struct realm *r,
			  const struct decl *d, enum route_source_kind source,
			  uint64_t generation)
{
	const struct route route = { .source = source };
	struct telling telling = { 0 };

	assert_int_equal(told_get(t, r, d, &route, generation, &telling), 0);
	return telling;
}

static void test_a_changed_tree_is_told_anew(void **state)
{
	const struct decl d = { .target_name = "a\"b" };
	const struct realm r = { 0 };
	struct told *t;

	(void)state;
	assert_int_equal(told_new(&t), 0);
	assert_contains(get(t, &r, &d, ROUTE_SOURCE_BUILTIN, 1).detail,
			"builtin");
	/* That the source is another one cannot be without a new generation:
	 * here it shows that nothing was rendered. */
	assert_contains(get(t, &r, &d, ROUTE_SOURCE_VOID, 1).detail, "builtin");
	assert_contains(get(t, &r, &d, ROUTE_SOURCE_VOID, 2).detail, "void");
	assert_null(
		strstr(get(t, &r, &d, ROUTE_SOURCE_VOID, 2).detail, "builtin"));
	assert_contains(get(t, &r, &d, ROUTE_SOURCE_VOID, 2).fields,
			",\"capability\":\"a\\\"b\",\"route\":{");
	told_free(t);
}

/* More uses than the table has entries: each is told as what it is. */
static void test_many_uses(void **state)
{
	enum { N = 2000 };
	static struct decl decls[N];
	static char names[N][16];
	const struct realm r = { 0 };
	char expected[32];
	struct told *t;
	size_t i, turn;

	(void)state;
	assert_int_equal(told_new(&t), 0);
	for (i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "name-%zu", i);
		decls[i].target_name = names[i];
	}
	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < N; i++) {
			snprintf(expected, sizeof(expected), "\"name-%zu\"", i);
			assert_contains(
				get(t, &r, &decls[i], ROUTE_SOURCE_VOID, 1)
					.fields,
				expected);
		}
	}
	told_free(t);
}

static int get_one(void *arg)
{
	const struct route route = { .source = ROUTE_SOURCE_VOID };
	const struct decl d = { .target_name = "name" };
	struct telling telling;
	struct told *t;
	uint64_t i;
	int r = told_new(&t);

	(void)arg;
	/* The second time into an entry that is not empty. */
	for (i = 1; !r && i <= 2; i++)
		r = told_get(t, NULL, &d, &route, i, &telling);
	if (!r && !strstr(telling.detail, "void"))
		r = -EINVAL;
	told_free(t);
	return r;
}

static int get_one_checked(void *arg)
{
	int r = get_one(arg);

	assert_int_not_equal(r, -EINVAL);
	return r;
}

static void test_faults(void **state)
{
	(void)state;
	assert_true(fault_sweep(get_one_checked, NULL) > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_a_changed_tree_is_told_anew),
		host_test(test_many_uses),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
