/* Token buckets: rates, bursts, debts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/bucket.h"

#define MS     UINT64_C(1000000)
#define SECOND (1000 * MS)
/* Some time after the machine was started. */
#define NOW (12345 * SECOND)

/* Take as many as there are, without going into debt. */
static unsigned drain(struct bucket *b, uint64_t now)
{
	unsigned n = 0;

	while (bucket_has(b, now)) {
		bucket_take(b, now);
		n++;
	}
	return n;
}

static void a_new_one_is_full(void **state)
{
	static const uint32_t bursts[] = { 1, 2, 10, 1000 };
	struct bucket b;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		bucket_init(&b, 100, bursts[i]);
		assert_int_equal(drain(&b, NOW), bursts[i]);
		assert_int_equal(drain(&b, NOW), 0);
	}
}

static void it_fills_at_its_rate(void **state)
{
	struct bucket b;
	uint64_t now = NOW;
	unsigned n;

	(void)state;
	bucket_init(&b, 50, 10);
	drain(&b, now);
	/* 20 ms for each. */
	assert_int_equal(drain(&b, now + 20 * MS - 1), 0);
	assert_int_equal(drain(&b, now + 20 * MS), 1);
	assert_int_equal(drain(&b, now + 20 * MS), 0);
	/* However often one looks, a second yields 50. */
	now += 20 * MS;
	for (n = 0; now <= NOW + 20 * MS + SECOND; now += MS)
		n += drain(&b, now);
	assert_int_equal(n, 50);
}

static void it_never_holds_more_than_a_burst(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 1000, 7);
	drain(&b, NOW);
	assert_int_equal(drain(&b, NOW + 3600 * SECOND), 7);
}

static void a_debt_is_paid_first(void **state)
{
	struct bucket b;
	int i;

	(void)state;
	bucket_init(&b, 10, 2);
	for (i = 0; i < 2 + 5; i++)
		bucket_take(&b, NOW);
	assert_false(bucket_has(&b, NOW + 599 * MS));
	assert_true(bucket_has(&b, NOW + 600 * MS));
	assert_int_equal(drain(&b, NOW + 600 * MS), 1);
}

static void the_wait_is_exact(void **state)
{
	struct bucket b;
	uint64_t wait;
	uint32_t n;

	(void)state;
	bucket_init(&b, 100, 20);
	assert_int_equal(bucket_wait(&b, 1, NOW), 0);
	assert_int_equal(bucket_wait(&b, 20, NOW), 0);
	for (n = 0; n < 23; n++)
		bucket_take(&b, NOW);
	for (n = 1; n <= 20; n++) {
		struct bucket copy = b;

		wait = bucket_wait(&b, n, NOW);
		assert_int_equal(wait, (3 + n) * 10 * MS);
		assert_int_equal(drain(&copy, NOW + wait), n);
		copy = b;
		assert_int_equal(drain(&copy, NOW + wait - 1), n - 1);
	}
	/* More than there is room for never come. */
	assert_int_equal(bucket_wait(&b, 1000, NOW), 230 * MS);
}

/* The extremes that a manifest may state. */
static void rates_from_one_to_the_most(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 1, 1);
	assert_int_equal(drain(&b, NOW), 1);
	assert_int_equal(bucket_wait(&b, 1, NOW), SECOND);
	bucket_init(&b, UINT32_MAX, UINT32_MAX);
	bucket_take(&b, NOW);
	assert_true(bucket_has(&b, NOW));
	bucket_init(&b, 5, 0);
	assert_int_equal(drain(&b, NOW), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_one_is_full),
		cmocka_unit_test(it_fills_at_its_rate),
		cmocka_unit_test(it_never_holds_more_than_a_burst),
		cmocka_unit_test(a_debt_is_paid_first),
		cmocka_unit_test(the_wait_is_exact),
		cmocka_unit_test(rates_from_one_to_the_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
