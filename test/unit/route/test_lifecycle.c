/*
 * The table of an instance's life, explored whole: it is small enough that
 * nothing has to be sampled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "route/lifecycle.h"

static bool is_impossible(int state, int event)
{
	return life_step(state, event).action == LIFE_IMPOSSIBLE;
}

/* Has it tasks, or is about to? */
static bool is_alive(int state)
{
	return state == LIFE_STARTING || state == LIFE_RUNNING ||
	       state == LIFE_STOPPING || state == LIFE_KILLING;
}

static bool is_wish(int event)
{
	return event == LIFE_WANTED || event == LIFE_ASKED ||
	       event == LIFE_DESTROYED;
}

/* A cell nobody wrote would read as (stopped, nothing). */
static void no_cell_was_forgotten(void **state)
{
	struct life_step step;
	int s, e;

	(void)state;
	for (s = 0; s < N_LIFE_STATES; s++)
		for (e = 0; e < N_LIFE_EVENTS; e++) {
			step = life_step(s, e);
			assert_in_range(step.state, 0, N_LIFE_STATES - 1);
			assert_in_range(step.action, 0, LIFE_IMPOSSIBLE);
			if (step.state == LIFE_STOPPED &&
			    step.action == LIFE_NOTHING &&
			    (s != LIFE_STOPPED || e != LIFE_ASKED))
				fail_msg("%s/%s is not in the table",
					 life_state_name(s),
					 life_event_name(e));
		}
}

static void impossible_is_said_only_where_it_is(void **state)
{
	static const char possible[N_LIFE_STATES][N_LIFE_EVENTS + 1] = {
		/* wanted started failed exited again crashed given-up asked
		 * expired destroyed */
		[LIFE_STOPPED] = "w......a.d",
		[LIFE_STARTING] = "wsfegc.axd",
		[LIFE_RUNNING] = "w..egc.a.d",
		[LIFE_STOPPING] = "w.fegc.axd",
		[LIFE_KILLING] = "wsfegc.axd",
		[LIFE_BACKOFF] = "w.....uaxd",
		[LIFE_SUSPENDED] = "w......a.d",
		[LIFE_GONE] = "w......a.d",
	};
	int s, e;

	(void)state;
	for (s = 0; s < N_LIFE_STATES; s++)
		for (e = 0; e < N_LIFE_EVENTS; e++) {
			if (is_impossible(s, e) != (possible[s][e] == '.'))
				fail_msg("%s/%s", life_state_name(s),
					 life_event_name(e));
			/* A wish may come at any time. */
			if (is_wish(e))
				assert_false(is_impossible(s, e));
			/* Our own bug leaves everything as it was. */
			if (is_impossible(s, e))
				assert_int_equal(life_step(s, e).state, s);
		}
}

static void two_equal_wishes_are_one(void **state)
{
	static const enum life_event wishes[] = { LIFE_WANTED, LIFE_ASKED,
						  LIFE_DESTROYED };
	struct life_step once, twice;
	int s, i;

	(void)state;
	for (s = 0; s < N_LIFE_STATES; s++)
		for (i = 0; i < 3; i++) {
			once = life_step(s, wishes[i]);
			twice = life_step(once.state, wishes[i]);
			/* Stop wished twice in back-off: the first ends it. */
			assert_int_equal(twice.state, once.state);
			/* To start later is one wish, however often. */
			assert_true(twice.action == LIFE_NOTHING ||
				    twice.action == LIFE_LATER);
		}
}

static void actions_go_with_their_states(void **state)
{
	struct life_step step;
	int s, e;

	(void)state;
	for (s = 0; s < N_LIFE_STATES; s++)
		for (e = 0; e < N_LIFE_EVENTS; e++) {
			step = life_step(s, e);
			if (step.action == LIFE_IMPOSSIBLE)
				continue;
			/* Tasks come into being in one place only. */
			assert_int_equal(step.action == LIFE_START,
					 (s == LIFE_STOPPED ||
					  s == LIFE_SUSPENDED) &&
						 step.state == LIFE_STARTING);
			assert_int_equal(step.action == LIFE_SUSPEND,
					 step.state == LIFE_SUSPENDED &&
						 s != LIFE_SUSPENDED);
			if (step.action == LIFE_LATER)
				assert_int_equal(step.state, LIFE_BACKOFF);
			/* Whoever stops is watched again. */
			assert_int_equal(step.action == LIFE_WATCH,
					 step.state == LIFE_STOPPED &&
						 s != LIFE_STOPPED);
			assert_int_equal(step.action == LIFE_WAIT,
					 step.state == LIFE_BACKOFF &&
						 s != LIFE_BACKOFF);
			assert_int_equal(step.action == LIFE_ASK,
					 step.state == LIFE_STOPPING &&
						 s != LIFE_STOPPING);
			assert_int_equal(step.action == LIFE_REMOVE,
					 step.state == LIFE_GONE &&
						 s != LIFE_GONE);
			if (step.state == LIFE_KILLING && s != LIFE_KILLING)
				assert_int_equal(step.action, LIFE_KILL);
			/* What has tasks is not removed. */
			if (step.action == LIFE_REMOVE)
				assert_false(is_alive(s));
			/* A wish alone never makes tasks disappear. */
			if (is_wish(e) && is_alive(s))
				assert_true(is_alive(step.state));
		}
}

static void mark(int s, bool *seen)
{
	int e;

	if (seen[s])
		return;
	seen[s] = true;
	for (e = 0; e < N_LIFE_EVENTS; e++)
		if (!is_impossible(s, e))
			mark((int)life_step(s, e).state, seen);
}

static void no_state_is_a_trap(void **state)
{
	int s, k;

	(void)state;
	for (s = 0; s < N_LIFE_STATES; s++) {
		bool seen[N_LIFE_STATES] = { false };

		mark(s, seen);
		for (k = 0; k < N_LIFE_STATES; k++)
			/* Everything can be reached from anything, but for the
			 * end. */
			assert_int_equal(seen[k],
					 s != LIFE_GONE || k == LIFE_GONE);
	}
}

/*
 * What the manager does once an instance is doomed: it says so at once, says it
 * again when a run has ended, and grants no more starts. Then every event that
 * can come leads on or leaves the state as it is; there is no way round in a
 * circle, so that any sequence in which running things finally end, ends gone.
 */
static int step_doomed(int s, int event)
{
	int next;

	if (event == LIFE_WANTED && (s == LIFE_STOPPED || s == LIFE_SUSPENDED))
		return s;
	next = (int)life_step(s, event).state;
	if (is_alive(s) && !is_alive(next))
		next = (int)life_step(next, LIFE_DESTROYED).state;
	return next;
}

static void walk_doomed(int s, bool *on_way)
{
	bool leads_on = false;
	int e, next;

	if (on_way[s])
		fail_msg("a doomed instance can go round through %s",
			 life_state_name(s));
	on_way[s] = true;
	for (e = 0; e < N_LIFE_EVENTS; e++) {
		if (is_impossible(s, e))
			continue;
		next = step_doomed(s, e);
		if (next == s)
			continue;
		leads_on = true;
		walk_doomed(next, on_way);
	}
	if (!leads_on)
		assert_int_equal(s, LIFE_GONE);
	/* The end of its tasks is always one of the ways on. */
	if (is_alive(s)) {
		assert_int_equal(step_doomed(s, LIFE_EXITED), LIFE_GONE);
		assert_int_equal(step_doomed(s, LIFE_CRASHED), LIFE_GONE);
	}
	on_way[s] = false;
}

static void who_is_destroyed_is_gone_in_the_end(void **state)
{
	int s;

	(void)state;
	for (s = 0; s < N_LIFE_STATES; s++) {
		bool on_way[N_LIFE_STATES] = { false };
		int first = (int)life_step(s, LIFE_DESTROYED).state;

		assert_true(first != s || s == LIFE_STOPPING ||
			    s == LIFE_KILLING || s == LIFE_GONE);
		walk_doomed(first, on_way);
	}
}

/* A program that ignores its grace period is killed, whatever is wished. */
static void grace_ends(void **state)
{
	int e;

	(void)state;
	assert_int_equal(life_step(LIFE_STOPPING, LIFE_EXPIRED).state,
			 LIFE_KILLING);
	for (e = 0; e < N_LIFE_EVENTS; e++)
		if (is_wish(e)) {
			assert_int_equal(life_step(LIFE_STOPPING, e).state,
					 LIFE_STOPPING);
			assert_int_equal(life_step(LIFE_STOPPING, e).action,
					 LIFE_NOTHING);
		}
	/* And it is killed again until it is dead. */
	assert_int_equal(life_step(LIFE_KILLING, LIFE_EXPIRED).action,
			 LIFE_KILL);
}

/* An open must not defeat the back-off of what crashes on every open. */
static void opens_wait_for_the_back_off(void **state)
{
	(void)state;
	assert_int_equal(life_step(LIFE_RUNNING, LIFE_CRASHED).state,
			 LIFE_BACKOFF);
	assert_int_equal(life_step(LIFE_BACKOFF, LIFE_WANTED).state,
			 LIFE_BACKOFF);
	assert_int_equal(life_step(LIFE_BACKOFF, LIFE_EXPIRED).action,
			 LIFE_WATCH);
}

/* A stop that somebody asked for is not undone by a policy. */
static void who_was_asked_to_stop_stays_stopped(void **state)
{
	static const enum life_state on_way[] = { LIFE_STOPPING, LIFE_KILLING };
	static const enum life_event ends[] = { LIFE_EXITED, LIFE_AGAIN,
						LIFE_CRASHED };
	int s, e;

	(void)state;
	for (s = 0; s < 2; s++)
		for (e = 0; e < 3; e++)
			assert_int_equal(life_step(on_way[s], ends[e]).state,
					 LIFE_STOPPED);
	assert_int_equal(life_step(LIFE_BACKOFF, LIFE_ASKED).state,
			 LIFE_STOPPED);
}

/* Only a wish leads out of it, never time and never an open that waits. */
static void who_is_suspended_waits_for_somebody(void **state)
{
	int e;

	(void)state;
	for (e = 0; e < N_LIFE_EVENTS; e++)
		if (!is_impossible(LIFE_SUSPENDED, e))
			assert_true(is_wish(e));
	assert_int_equal(life_step(LIFE_SUSPENDED, LIFE_ASKED).state,
			 LIFE_SUSPENDED);
	assert_int_equal(life_step(LIFE_SUSPENDED, LIFE_WANTED).action,
			 LIFE_START);
}

static void everything_has_a_name(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < N_LIFE_STATES; i++)
		assert_non_null(life_state_name(i));
	for (i = 0; i < N_LIFE_EVENTS; i++)
		assert_non_null(life_event_name(i));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_cell_was_forgotten),
		cmocka_unit_test(impossible_is_said_only_where_it_is),
		cmocka_unit_test(two_equal_wishes_are_one),
		cmocka_unit_test(actions_go_with_their_states),
		cmocka_unit_test(no_state_is_a_trap),
		cmocka_unit_test(who_is_destroyed_is_gone_in_the_end),
		cmocka_unit_test(grace_ends),
		cmocka_unit_test(opens_wait_for_the_back_off),
		cmocka_unit_test(who_was_asked_to_stop_stays_stopped),
		cmocka_unit_test(who_is_suspended_waits_for_somebody),
		cmocka_unit_test(everything_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
