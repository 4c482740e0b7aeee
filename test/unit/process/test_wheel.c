/*
 * The timing wheel beside a plain list of the same times: whatever is set,
 * taken back and waited for, both name the same entries at the same time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "process/wheel.h"

#define TICK (UINT64_C(1) << WHEEL_TICK_BITS)
#define DAY  (UINT64_C(24) * 3600 * 1000000000)

enum {
	N = 200,
	N_STEPS = 4000,
};

static uint64_t random_state;

static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % n;
}

/* The tick that @at is rounded up to, as a time. */
static uint64_t rounded(uint64_t at)
{
	return (at + TICK - 1) / TICK * TICK;
}

struct plain {
	struct wheel w;
	struct wheel_entry entries[N];
	bool is_set[N];
	uint64_t fires[N]; /* its time in whole ticks, not before it was set */
	uint64_t now;
};

/* When the earliest fires. */
static uint64_t plain_next(const struct plain *p)
{
	uint64_t next = WHEEL_NEVER;

	for (int i = 0; i < N; i++)
		if (p->is_set[i] && p->fires[i] < next)
			next = p->fires[i];
	return next;
}

static void check_next(const struct plain *p)
{
	uint64_t next = wheel_next(&p->w), plain = plain_next(p);

	assert_true(next <= plain);
	assert_int_equal(next == WHEEL_NEVER, plain == WHEEL_NEVER);
	/* Within the 64 ticks of the lowest level it is exact. */
	if (plain / TICK / WHEEL_SLOTS == p->w.tick / WHEEL_SLOTS &&
	    plain / TICK > p->w.tick)
		assert_int_equal(next, plain);
}

/* Take all that is due; the list must agree on each, and in the end. */
static void take_all(struct plain *p)
{
	uint64_t last = 0;
	struct wheel_entry *e;

	while ((e = wheel_take(&p->w, p->now))) {
		ptrdiff_t i = e - p->entries;

		assert_true(i >= 0 && i < N && p->is_set[i]);
		assert_false(wheel_entry_is_set(e));
		assert_true(e->at <= p->now);
		assert_true(p->fires[i] >= last);
		last = p->fires[i];
		p->is_set[i] = false;
	}
	for (int i = 0; i < N; i++) {
		assert_int_equal(wheel_entry_is_set(&p->entries[i]),
				 p->is_set[i]);
		if (p->is_set[i])
			assert_true(p->fires[i] > p->now);
	}
}

/* From a tick to years; often exactly on a border of slots. */
static uint64_t some_time(uint64_t now)
{
	uint64_t reach = UINT64_C(1) << random_below(58);
	uint64_t at = now + random_below(reach + 1);

	switch (random_below(4)) {
	case 0:
		return at & ~(TICK * WHEEL_SLOTS - 1);
	case 1:
		return at & ~(TICK - 1);
	default:
		return at;
	}
}

static void step(struct plain *p)
{
	size_t i = (size_t)random_below(N);

	switch (random_below(8)) {
	case 0:
		p->now += random_below(UINT64_C(1) << random_below(56));
		take_all(p);
		break;
	case 1:
		/* To where the wheel says, as a sleeper does. */
		if (wheel_next(&p->w) != WHEEL_NEVER &&
		    wheel_next(&p->w) > p->now)
			p->now = wheel_next(&p->w);
		take_all(p);
		break;
	case 2:
	case 3:
		wheel_unset(&p->w, &p->entries[i]);
		p->is_set[i] = false;
		break;
	default:
		wheel_unset(&p->w, &p->entries[i]);
		wheel_set(&p->w, &p->entries[i], some_time(p->now));
		p->is_set[i] = true;
		p->fires[i] = rounded(p->entries[i].at);
		if (p->fires[i] < p->w.tick * TICK)
			p->fires[i] = p->w.tick * TICK;
	}
}

static void it_agrees_with_a_plain_list(void **state)
{
	static struct plain p;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		random_state = seed * UINT64_C(0x9e3779b97f4a7c15);
		p = (struct plain){ .now = random_below(DAY) };
		wheel_init(&p.w, p.now);
		for (int i = 0; i < N_STEPS; i++) {
			uint32_t n = 0;

			step(&p);
			check_next(&p);
			for (int k = 0; k < N; k++)
				n += p.is_set[k];
			assert_int_equal(p.w.n, n);
		}
	}
}

static void a_sleeper_that_follows_next_misses_nothing(void **state)
{
	static const uint64_t distances[] = {
		1,	   TICK,	TICK + 1,	 TICK * 63, TICK * 64,
		TICK * 65, TICK * 4095, TICK * 4096 + 1, DAY,	    DAY * 40,
		DAY * 208, DAY * 209,	DAY * 365 * 5,
	};
	const uint64_t start = 12345678901234;
	struct wheel w;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(distances); i++) {
		struct wheel_entry e = { 0 };
		uint64_t now = start;
		int n = 0;

		wheel_init(&w, now);
		wheel_set(&w, &e, now + distances[i]);
		while (!wheel_take(&w, now)) {
			assert_true(wheel_next(&w) > now);
			now = wheel_next(&w);
			assert_true(++n < 50);
		}
		assert_int_equal(now, rounded(start + distances[i]));
		assert_int_equal(wheel_next(&w), WHEEL_NEVER);
	}
}

static void one_tick_fires_in_the_order_of_setting(void **state)
{
	struct wheel_entry entries[5] = { 0 };
	struct wheel w;
	int i;

	(void)state;
	wheel_init(&w, 0);
	/* Far enough to come down through two levels. */
	for (i = 0; i < 5; i++)
		wheel_set(&w, &entries[i], TICK * 5000 - (uint64_t)i);
	wheel_unset(&w, &entries[2]);
	assert_null(wheel_take(&w, TICK * 4999 + 1));
	assert_ptr_equal(wheel_take(&w, TICK * 5000), &entries[0]);
	assert_ptr_equal(wheel_take(&w, TICK * 5000), &entries[1]);
	assert_ptr_equal(wheel_take(&w, TICK * 5000), &entries[3]);
	assert_ptr_equal(wheel_take(&w, TICK * 5000), &entries[4]);
	assert_null(wheel_take(&w, TICK * 5000));
}

static void what_is_past_fires_at_once(void **state)
{
	struct wheel_entry e = { 0 };
	struct wheel w;

	(void)state;
	wheel_init(&w, 0);
	assert_null(wheel_take(&w, TICK * 1000));
	wheel_set(&w, &e, TICK * 3);
	assert_true(wheel_next(&w) <= TICK * 1000);
	assert_ptr_equal(wheel_take(&w, TICK * 1000), &e);
	wheel_unset(&w, &e);
	assert_int_equal(w.n, 0);
}

static void the_end_of_time_is_never(void **state)
{
	struct wheel_entry e = { 0 };
	struct wheel w;

	(void)state;
	wheel_init(&w, 0);
	wheel_set(&w, &e, UINT64_MAX);
	assert_null(wheel_take(&w, UINT64_MAX - 1));
	assert_int_equal(wheel_next(&w), WHEEL_NEVER);
	assert_true(wheel_entry_is_set(&e));
	wheel_unset(&w, &e);
	assert_false(wheel_entry_is_set(&e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_agrees_with_a_plain_list),
		cmocka_unit_test(a_sleeper_that_follows_next_misses_nothing),
		cmocka_unit_test(one_tick_fires_in_the_order_of_setting),
		cmocka_unit_test(what_is_past_fires_at_once),
		cmocka_unit_test(the_end_of_time_is_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
