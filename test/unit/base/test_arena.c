/* Arenas: alignment, zeroed memory, growth, bounds, lack of memory. */
#include "base_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "fault.h"

static void an_empty_arena_is_nothing(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	arena_fini(&a);
	arena_fini(&a);
	assert_null(a.blocks);
	assert_int_equal(a.n_bytes, 0);
}

static void memory_is_aligned_zeroed_and_apart(void **state)
{
	struct arena a = ARENA_INIT;
	unsigned char *all[500];
	size_t i, k;

	(void)state;
	for (i = 0; i < 500; i++) {
		all[i] = arena_alloc(&a, i);
		assert_non_null(all[i]);
		assert_int_equal((uintptr_t)all[i] % _Alignof(max_align_t), 0);
		for (k = 0; k < i; k++)
			assert_int_equal(all[i][k], 0);
		memset(all[i], (int)(i & 0xff), i);
	}
	/* Nobody wrote into anybody else's. */
	for (i = 0; i < 500; i++)
		for (k = 0; k < i; k++)
			assert_int_equal(all[i][k], i & 0xff);
	assert_true(a.n_bytes >= 500 * 499 / 2);
	arena_fini(&a);
	assert_int_equal(a.n_bytes, 0);
}

static void small_things_share_a_block(void **state)
{
	struct arena a = ARENA_INIT;
	size_t n_bytes;
	int i;

	(void)state;
	assert_non_null(arena_alloc(&a, 1));
	n_bytes = a.n_bytes;
	for (i = 0; i < 20; i++)
		assert_non_null(arena_alloc(&a, 16));
	assert_int_equal(a.n_bytes, n_bytes);
	arena_fini(&a);
}

static void large_things_get_a_block_of_their_own(void **state)
{
	struct arena a = ARENA_INIT;
	unsigned char *p;

	(void)state;
	p = arena_alloc(&a, 3 * 1024 * 1024);
	assert_non_null(p);
	assert_int_equal(p[3 * 1024 * 1024 - 1], 0);
	p[3 * 1024 * 1024 - 1] = 1;
	/* The next block is bounded, not twice as large again. */
	assert_non_null(arena_alloc(&a, 100));
	assert_true(a.n_bytes < 4 * 1024 * 1024);
	arena_fini(&a);
}

static void impossible_sizes_are_refused(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 8));
	assert_null(arena_alloc(&a, SIZE_MAX - 24));
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_null(arena_array(&a, SIZE_MAX / 8 + 1, 8));
	assert_non_null(arena_array(&a, 0, 8));
	assert_non_null(arena_array(&a, 8, 0));
	/* A refusal leaves the arena usable. */
	assert_non_null(arena_alloc(&a, 8));
	arena_fini(&a);
}

static void copies_and_formats_end_in_a_zero(void **state)
{
	struct arena a = ARENA_INIT;
	char *s;

	(void)state;
	s = arena_copy(&a, "abcdef", 3);
	assert_string_equal(s, "abc");
	s = arena_copy(&a, "a\0b", 3);
	assert_memory_equal(s, "a\0b\0", 4);
	assert_string_equal(arena_copy(&a, NULL, 0), "");
	s = arena_printf(&a, "%s-%d", "x", 7);
	assert_string_equal(s, "x-7");
	s = arena_printf(&a, "%*s", 5000, "end");
	assert_int_equal(strlen(s), 5000);
	assert_string_equal(s + 4997, "end");
	arena_fini(&a);
}

static int build(void *arg)
{
	struct arena a = ARENA_INIT;
	int i, r = 0;

	(void)arg;
	for (i = 0; i < 40 && !r; i++) {
		char *s = arena_printf(&a, "%0*d", 100, i);

		if (!s || !arena_array(&a, 10, 100) || !arena_copy(&a, s, 100))
			r = -ENOMEM;
	}
	arena_fini(&a);
	return r;
}

static void lack_of_memory_is_reported(void **state)
{
	(void)state;
	assert_true(fault_sweep(build, NULL) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_arena_is_nothing),
		cmocka_unit_test(memory_is_aligned_zeroed_and_apart),
		cmocka_unit_test(small_things_share_a_block),
		cmocka_unit_test(large_things_get_a_block_of_their_own),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(copies_and_formats_end_in_a_zero),
		cmocka_unit_test(lack_of_memory_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
