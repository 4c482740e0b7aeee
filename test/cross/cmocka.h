/*
 * As much of cmocka as the tests need that also run on an emulated machine, for
 * which there is no cmocka: an assertion that does not hold ends the program.
 */
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
	const char *name;
	void (*fn)(void **state);
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

#define cmocka_unit_test(fn)                                                   \
	{                                                                      \
#fn, fn, NULL, NULL                                            \
	}
#define cmocka_unit_test_setup_teardown(fn, setup, teardown)                   \
	{                                                                      \
#fn, fn, setup, teardown                                       \
	}

#define cmocka_run_group_tests(tests, setup, teardown)                         \
	cmocka_run_group_tests_name(#tests, tests, setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)              \
	cross_run(name, tests, sizeof(tests) / sizeof((tests)[0]), setup,      \
		  teardown)

#define assert_true(condition)                                                 \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, \
				__LINE__, #condition);                         \
			exit(1);                                               \
		}                                                              \
	} while (0)
#define assert_false(condition)	      assert_true(!(condition))
#define assert_null(p)		      assert_true((p) == NULL)
#define assert_non_null(p)	      assert_true((p) != NULL)
#define assert_int_equal(a, b)	      assert_true((intmax_t)(a) == (intmax_t)(b))
#define assert_int_not_equal(a, b)    assert_true((intmax_t)(a) != (intmax_t)(b))
#define assert_ptr_equal(a, b)	      assert_true((a) == (b))
#define assert_ptr_not_equal(a, b)    assert_true((a) != (b))
#define assert_string_equal(a, b)     assert_true(!strcmp(a, b))
#define assert_memory_equal(a, b, n)  assert_true(!memcmp(a, b, n))
#define assert_in_range(a, low, high) assert_true((a) >= (low) && (a) <= (high))

#define fail_msg(...)                                                          \
	do {                                                                   \
		fprintf(stderr, __VA_ARGS__);                                  \
		exit(1);                                                       \
	} while (0)

/* The rest of the test is left out. */
#define skip() return

static inline int cross_run(const char *name, const struct CMUnitTest *tests,
			    size_t n, int (*setup)(void **state),
			    int (*teardown)(void **state))
{
	void *state = NULL;
	size_t i;

	assert_true(!setup || !setup(&state));
	for (i = 0; i < n; i++) {
		fprintf(stderr, "%s: %s\n", name, tests[i].name);
		assert_true(!tests[i].setup || !tests[i].setup(&state));
		tests[i].fn(&state);
		assert_true(!tests[i].teardown || !tests[i].teardown(&state));
	}
	assert_true(!teardown || !teardown(&state));
	return 0;
}
