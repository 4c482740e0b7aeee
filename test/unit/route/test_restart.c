/* Restart policies: the whole table, and what happens run after run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/restart.h"

static struct restart policy_of(enum restart_policy policy)
{
	return (struct restart){ .policy = policy,
				 .delay_ms = 100,
				 .max_delay_ms = 1000,
				 .give_up = 4,
				 .forget_ms = 10000 };
}

/* Every policy, every end, before and at the end of its patience. */
static void the_whole_table(void **state)
{
	static const struct {
		enum restart_policy policy;
		enum run_end end;
		uint32_t n_starts, n_failures; /* before */
		enum restart_step step;
		uint64_t delay_ms;
		uint32_t starts_after, failures_after;
	} rows[] = {
		{ RESTART_NEVER, RUN_ENDED_WELL, 0, 0, RESTART_STEP_REST, 0, 0,
		  0 },
		{ RESTART_NEVER, RUN_ENDED_WELL, 0, 3, RESTART_STEP_REST, 0, 0,
		  0 },
		{ RESTART_NEVER, RUN_FAILED, 0, 0, RESTART_STEP_PAUSE, 0, 0,
		  1 },
		{ RESTART_NEVER, RUN_FAILED, 0, 1, RESTART_STEP_PAUSE, 100, 0,
		  2 },
		{ RESTART_NEVER, RUN_FAILED, 0, 2, RESTART_STEP_PAUSE, 200, 0,
		  3 },
		{ RESTART_NEVER, RUN_FAILED, 0, 3, RESTART_STEP_REFUSE, 400, 0,
		  4 },
		{ RESTART_NEVER, RUN_FAILED, 0, 9, RESTART_STEP_REFUSE, 1000, 0,
		  10 },
		{ RESTART_NEVER, RUN_WAS_ASKED, 0, 2, RESTART_STEP_REST, 0, 0,
		  2 },

		{ RESTART_ON_FAILURE, RUN_ENDED_WELL, 3, 3, RESTART_STEP_REST,
		  0, 0, 0 },
		{ RESTART_ON_FAILURE, RUN_FAILED, 0, 0, RESTART_STEP_AGAIN, 100,
		  1, 1 },
		{ RESTART_ON_FAILURE, RUN_FAILED, 1, 1, RESTART_STEP_AGAIN, 200,
		  2, 2 },
		{ RESTART_ON_FAILURE, RUN_FAILED, 2, 2, RESTART_STEP_AGAIN, 400,
		  3, 3 },
		{ RESTART_ON_FAILURE, RUN_FAILED, 3, 3, RESTART_STEP_SUSPEND, 0,
		  3, 4 },
		{ RESTART_ON_FAILURE, RUN_WAS_ASKED, 3, 3, RESTART_STEP_REST, 0,
		  3, 3 },

		{ RESTART_ALWAYS, RUN_ENDED_WELL, 0, 0, RESTART_STEP_AGAIN, 100,
		  1, 0 },
		{ RESTART_ALWAYS, RUN_ENDED_WELL, 9, 3, RESTART_STEP_AGAIN,
		  1000, 10, 0 },
		{ RESTART_ALWAYS, RUN_FAILED, 0, 0, RESTART_STEP_AGAIN, 100, 1,
		  1 },
		{ RESTART_ALWAYS, RUN_FAILED, 5, 2, RESTART_STEP_AGAIN, 1000, 6,
		  3 },
		{ RESTART_ALWAYS, RUN_FAILED, 3, 3, RESTART_STEP_SUSPEND, 0, 3,
		  4 },
		{ RESTART_ALWAYS, RUN_WAS_ASKED, 3, 3, RESTART_STEP_REST, 0, 3,
		  3 },
	};
	struct restart_decision d;
	struct restart r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		r = policy_of(rows[i].policy);
		d = restart_decide(
			&r, rows[i].end, 5,
			(struct restart_history){ rows[i].n_starts,
						  rows[i].n_failures });
		if (d.step != rows[i].step || d.delay_ms != rows[i].delay_ms ||
		    d.history.n_starts != rows[i].starts_after ||
		    d.history.n_failures != rows[i].failures_after)
			fail_msg("row %zu: %s in %u ms, %u starts, %u failures",
				 i, restart_step_name(d.step),
				 (unsigned)d.delay_ms, d.history.n_starts,
				 d.history.n_failures);
	}
}

/* What a manifest without a word about it means. */
static void the_default_waits_for_opens(void **state)
{
	static const uint64_t delays[] = { 0, 100, 200, 400, 800, 1600, 3200 };
	const struct restart r = { RESTART_NEVER, RESTART_DELAY_MS,
				   RESTART_MAX_DELAY_MS, RESTART_GIVE_UP,
				   RESTART_FORGET_MS };
	struct restart_history h = { 0 };
	struct restart_decision d;
	size_t i;

	(void)state;
	for (i = 0; i < 7; i++) {
		d = restart_decide(&r, RUN_FAILED, 0, h);
		assert_int_equal(d.delay_ms, delays[i]);
		assert_int_equal(d.step, i < 5 ? RESTART_STEP_PAUSE
					       : RESTART_STEP_REFUSE);
		h = d.history;
	}
	for (; i < 100; i++)
		h = restart_decide(&r, RUN_FAILED, 0, h).history;
	assert_int_equal(restart_decide(&r, RUN_FAILED, 0, h).delay_ms,
			 RESTART_MAX_DELAY_MS);
}

static void a_long_run_forgets(void **state)
{
	struct restart r = policy_of(RESTART_ON_FAILURE);
	const struct restart_history h = { 3, 3 };
	struct restart_decision d;

	(void)state;
	d = restart_decide(&r, RUN_FAILED, r.forget_ms, h);
	assert_int_equal(d.step, RESTART_STEP_SUSPEND);
	d = restart_decide(&r, RUN_FAILED, r.forget_ms + 1, h);
	assert_int_equal(d.step, RESTART_STEP_AGAIN);
	assert_int_equal(d.delay_ms, r.delay_ms);
	assert_int_equal(d.history.n_failures, 1);
	/* Even one that never gave up. */
	r = policy_of(RESTART_NEVER);
	d = restart_decide(&r, RUN_FAILED, r.forget_ms + 1,
			   (struct restart_history){ 0, 50 });
	assert_int_equal(d.step, RESTART_STEP_PAUSE);
	assert_int_equal(d.delay_ms, 0);
}

/* Ending well is no failure: who is to run always is not given up for it. */
static void good_ends_do_not_suspend(void **state)
{
	const struct restart r = policy_of(RESTART_ALWAYS);
	struct restart_history h = { 0 };
	struct restart_decision d;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		d = restart_decide(&r, RUN_ENDED_WELL, 1, h);
		assert_int_equal(d.step, RESTART_STEP_AGAIN);
		assert_true(d.delay_ms <= r.max_delay_ms);
		h = d.history;
	}
	assert_int_equal(d.delay_ms, r.max_delay_ms);
	/* And one between failures begins their count anew. */
	for (i = 0; i < 3; i++)
		h = restart_decide(&r, RUN_FAILED, 1, h).history;
	h = restart_decide(&r, RUN_ENDED_WELL, 1, h).history;
	for (i = 0; i < 3; i++) {
		d = restart_decide(&r, RUN_FAILED, 1, h);
		assert_int_equal(d.step, RESTART_STEP_AGAIN);
		h = d.history;
	}
	assert_int_equal(restart_decide(&r, RUN_FAILED, 1, h).step,
			 RESTART_STEP_SUSPEND);
}

static void patience_may_be_without_end(void **state)
{
	struct restart r = policy_of(RESTART_ON_FAILURE);
	struct restart_history h = { UINT32_MAX, UINT32_MAX };
	struct restart_decision d;

	(void)state;
	r.give_up = 0;
	d = restart_decide(&r, RUN_FAILED, 0, h);
	assert_int_equal(d.step, RESTART_STEP_AGAIN);
	assert_int_equal(d.delay_ms, r.max_delay_ms);
	assert_int_equal(d.history.n_starts, UINT32_MAX);
	assert_int_equal(d.history.n_failures, UINT32_MAX);
	r.policy = RESTART_NEVER;
	assert_int_equal(restart_decide(&r, RUN_FAILED, 0, h).step,
			 RESTART_STEP_PAUSE);
	/* And none at all. */
	r = policy_of(RESTART_ALWAYS);
	r.give_up = 1;
	assert_int_equal(
		restart_decide(&r, RUN_FAILED, 0, (struct restart_history){ 0 })
			.step,
		RESTART_STEP_SUSPEND);
}

/* The largest numbers that fit do not wrap around. */
static void delays_do_not_overflow(void **state)
{
	struct restart r = { RESTART_ON_FAILURE, UINT32_MAX, UINT32_MAX, 0,
			     UINT32_MAX };
	struct restart_history h = { 200, 200 };

	(void)state;
	assert_true(restart_decide(&r, RUN_FAILED, 0, h).delay_ms ==
		    UINT32_MAX);
	r.delay_ms = UINT32_MAX - 1;
	assert_true(restart_decide(&r, RUN_FAILED, 0, h).delay_ms ==
		    UINT32_MAX);
	/* Nor does no delay ever become one. */
	r.delay_ms = 0;
	r.max_delay_ms = 0;
	assert_int_equal(restart_decide(&r, RUN_FAILED, 0, h).delay_ms, 0);
}

static void everything_has_a_name(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_RESTART_STEPS; i++)
		assert_non_null(restart_step_name(i));
	assert_string_equal(restart_policy_name(RESTART_NEVER), "never");
	assert_string_equal(restart_policy_name(RESTART_ON_FAILURE),
			    "on-failure");
	assert_string_equal(restart_policy_name(RESTART_ALWAYS), "always");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_table),
		cmocka_unit_test(the_default_waits_for_opens),
		cmocka_unit_test(a_long_run_forgets),
		cmocka_unit_test(good_ends_do_not_suspend),
		cmocka_unit_test(patience_may_be_without_end),
		cmocka_unit_test(delays_do_not_overflow),
		cmocka_unit_test(everything_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
