/* Supervisors: restart intensity, children that do not end, nested ones. */
#include "supervisor_rig.h"

#include <semaphore.h>
#include <string.h>

static reeve_pid start(const struct reeve_supervisor_spec *spec)
{
	reeve_pid pid = REEVE_PID_NONE;

	REEVE_CHECK(reeve_supervisor_start(spec, &pid) == 0);
	return pid;
}

static void stop(reeve_pid pid)
{
	REEVE_CHECK(reeve_supervisor_stop(pid, -1) == 0);
}

/* ---- intensity ---- */

static void story_intensity(void *arg)
{
	const struct reeve_child_spec ab[] = { spec_of(child, "a"),
					       spec_of(child, "b") };
	const struct reeve_supervisor_spec spec = {
		.max_restarts = 2,
		.period_ms = 1000,
		.children = ab,
		.n_children = 2,
	};
	reeve_pid s;

	(void)arg;
	reeve_trap_exit(true);
	s = start(&spec);
	expect("+a +b");
	do_to("a", CRASH);
	expect("-a +a");
	reeve_sleep(600);
	do_to("b", CRASH);
	expect("-b +b");
	/* The first one is longer ago than a period, the second is not. */
	reeve_sleep(600);
	do_to("a", CRASH);
	expect("-a +a");
	do_to("b", CRASH);
	expect("-b -a");
	end_of(s);
	expect_silence();
}

static void counts_restarts_in_a_period(void **state)
{
	(void)state;
	play_seeded(story_intensity);
}

static void story_reason(void *arg)
{
	const struct reeve_child_spec a = spec_of(child, "a");
	const struct reeve_supervisor_spec spec = {
		.max_restarts = REEVE_RESTARTS_NONE,
		.children = &a,
		.n_children = 1,
		.report = say_report,
	};
	const struct reeve_match exits = { .ordinal = REEVE_NOTICE_EXIT };
	const struct reeve_notice *notice;
	struct reeve_message *m;
	reeve_pid s;

	(void)arg;
	reeve_trap_exit(true);
	s = start(&spec);
	expect("+a a:STARTED:0");
	do_to("a", CRASH);
	expect("-a a:ENDED:256 a:GAVE_UP:9");
	REEVE_CHECK(reeve_next_match(&exits, -1, &m) == 0);
	notice = m->bytes;
	REEVE_CHECK(notice->pid == s && notice->reason == REEVE_EXIT_RESTARTS);
}

static void says_that_it_gave_up(void **state)
{
	(void)state;
	play(story_reason);
}

static void crash_at_once(void *arg)
{
	(void)arg;
	say("up");
	reeve_exit(REEVE_EXIT_OWN);
}

static void story_loop(void *arg)
{
	const struct reeve_child_spec one = { .fn = crash_at_once };
	const struct reeve_supervisor_spec spec = {
		.max_restarts = 50,
		.period_ms = 600000,
		.children = &one,
		.n_children = 1,
	};
	reeve_pid s;

	(void)arg;
	reeve_trap_exit(true);
	s = start(&spec);
	end_of(s);
	/* It was started once and started again fifty times. */
	expect("up*51");
	REEVE_CHECK(reeve_next_match(&(struct reeve_match){ .ordinal = 1000 },
				     0, &(struct reeve_message *){ NULL }) < 0);
}

static void gives_up_after_just_so_many(void **state)
{
	(void)state;
	play(story_loop);
}

enum { N_STORM = 500 };

static void crash_when_told(void *arg)
{
	bool *is_told = arg;

	while (!__atomic_load_n(is_told, __ATOMIC_ACQUIRE))
		reeve_next(-1, &(struct reeve_message *){ NULL });
	reeve_exit(REEVE_EXIT_OWN);
}

/* Which of the two a child is: it crashes in its first life only. */
static void one_of_the_storm(void *arg)
{
	bool *lived = arg;

	if (!lived[0]) {
		lived[0] = true;
		crash_when_told(&lived[1]);
	}
	say("again");
	reeve_next(-1, &(struct reeve_message *){ NULL });
}

static void story_storm(void *arg)
{
	static bool lived[N_STORM][2];
	const struct reeve_supervisor_spec spec = {
		.max_restarts = N_STORM,
		.period_ms = 600000,
	};
	const struct reeve_message wake = { .ordinal = 1 };
	struct reeve_child_spec one = { .fn = one_of_the_storm };
	struct reeve_supervisor_count count;
	reeve_pid pids[N_STORM], s = start(&spec);
	int i;

	(void)arg;
	memset(lived, 0, sizeof(lived));
	for (i = 0; i < N_STORM; i++) {
		one.arg = lived[i];
		REEVE_CHECK(reeve_supervisor_start_child(s, &one, &pids[i]) ==
			    0);
	}
	for (i = 0; i < N_STORM; i++) {
		__atomic_store_n(&lived[i][1], true, __ATOMIC_RELEASE);
		REEVE_CHECK(reeve_send_to(pids[i], &wake) == 0);
	}
	expect("again*500");
	REEVE_CHECK(reeve_supervisor_count_children(s, &count) == 0);
	REEVE_CHECK(count.n_children == N_STORM && count.n_workers == N_STORM);
	REEVE_CHECK(count.n_running == N_STORM);
	stop(s);
}

static void survives_a_storm(void **state)
{
	(void)state;
	play(story_storm);
}

/* Cannot be started before that many attempts. */
static void starts_at_last(void *arg)
{
	int *n_refusals = arg;

	if (--*n_refusals > 0) {
		say("no");
		reeve_started(-EAGAIN);
		return;
	}
	child("a");
}

static void story_again(void *arg)
{
	static int n_refusals;
	struct reeve_child_spec ab[] = { spec_of(starts_at_last, "a"),
					 spec_of(child, "b") };
	struct reeve_supervisor_spec spec = {
		.strategy = REEVE_REST_FOR_ONE,
		.max_restarts = 4,
		.period_ms = 600000,
		.children = ab,
		.n_children = 2,
	};
	reeve_pid s;

	(void)arg;
	reeve_trap_exit(true);
	ab[0].arg = &n_refusals;
	n_refusals = 1;
	s = start(&spec);
	expect("+a +b");
	/* The attempts that fail are counted, and b waits for a. */
	n_refusals = 4;
	do_to("a", CRASH);
	expect("-a -b no*3 +a +b");
	/* That was all there was. */
	do_to("b", CRASH);
	expect("-b -a");
	end_of(s);
	s = start(&spec);
	expect("+a +b");
	n_refusals = 100;
	do_to("a", CRASH);
	expect("-a -b no*4");
	end_of(s);
}

static void tries_again_when_a_restart_fails(void **state)
{
	(void)state;
	play(story_again);
}

/* ---- children that do not end ---- */

static void story_stubborn(void *arg)
{
	struct reeve_child_spec abc[] = { spec_of(child, "a"),
					  spec_of(stubborn_child, "b"),
					  spec_of(child, "c") };
	const struct reeve_supervisor_spec spec = {
		.children = abc,
		.n_children = 3,
		.report = say_report,
	};
	reeve_pid s;

	(void)arg;
	abc[1].shutdown_ms = 20;
	s = start(&spec);
	expect("+a a:STARTED:0 +b b:STARTED:0 +c c:STARTED:0");
	stop(s);
	expect("-c c:STOPPED:2 !b b:KILLED:2 -b b:STOPPED:3 -a a:STOPPED:2");
	abc[1].shutdown_ms = REEVE_SHUTDOWN_KILL;
	s = start(&spec);
	expect("+a a:STARTED:0 +b b:STARTED:0 +c c:STARTED:0");
	stop(s);
	expect("-c c:STOPPED:2 -b b:STOPPED:3 -a a:STOPPED:2");
}

static void kills_what_does_not_end(void **state)
{
	(void)state;
	play(story_stubborn);
}

static sem_t may_return;

static void block_for_real(void *arg)
{
	(void)arg;
	while (sem_wait(&may_return) < 0)
		;
}

static void sits_in_a_call(void *arg)
{
	say("+%s", (const char *)arg);
	reeve_started(0);
	reeve_block(block_for_real, NULL);
	say("never");
}

static void story_left(void *arg)
{
	struct reeve_child_spec ab[] = { spec_of(child, "a"),
					 spec_of(sits_in_a_call, "b") };
	const struct reeve_supervisor_spec spec = {
		.children = ab,
		.n_children = 2,
		.report = say_report,
	};
	reeve_pid s, b;

	(void)arg;
	ab[1].shutdown_ms = 20;
	s = start(&spec);
	expect("+a a:STARTED:0 +b b:STARTED:0");
	b = reeve_whereis("b");
	stop(s);
	expect("b:KILLED:2 b:LEFT:3 -a a:STOPPED:2");
	REEVE_CHECK(sem_post(&may_return) == 0);
	end_of(b);
}

static void leaves_behind_what_cannot_be_killed(void **state)
{
	(void)state;
	assert_int_equal(sem_init(&may_return, 0, 0), 0);
	play(story_left);
	assert_int_equal(sem_destroy(&may_return), 0);
}

static void story_let_go(void *arg)
{
	const struct reeve_child_spec ab[] = { spec_of(child, "a"),
					       spec_of(child, "b") };
	const struct reeve_supervisor_spec spec = {
		.children = ab,
		.n_children = 2,
		.report = say_report,
	};
	reeve_pid s, b;

	(void)arg;
	s = start(&spec);
	expect("+a a:STARTED:0 +b b:STARTED:0");
	b = reeve_whereis("b");
	do_to("b", LET_GO);
	expect("-b");
	end_of(b);
	/* It was not told, and finds out when it ends it. */
	stop(s);
	expect("b:STOPPED:6 -a a:STOPPED:2");
}

static void finds_out_who_left_without_a_word(void **state)
{
	(void)state;
	play(story_let_go);
}

/* ---- nested ones ---- */

static void story_nested(void *arg)
{
	const struct reeve_child_spec inner_ab[] = { spec_of(child, "a"),
						     spec_of(child, "b") };
	const struct reeve_supervisor_spec inner = {
		.strategy = REEVE_ALL_FOR_ONE,
		.max_restarts = 1,
		.period_ms = 600000,
		.children = inner_ab,
		.n_children = 2,
		.name = "inner",
	};
	const struct reeve_child_spec outer_all[] = {
		spec_of(child, "first"),
		{ .id = "inner", .supervisor = &inner },
		spec_of(child, "last"),
	};
	const struct reeve_supervisor_spec outer = {
		.strategy = REEVE_REST_FOR_ONE,
		.max_restarts = 2,
		.period_ms = 600000,
		.children = outer_all,
		.n_children = 3,
	};
	struct reeve_supervisor_count count;
	reeve_pid s;

	(void)arg;
	reeve_trap_exit(true);
	s = start(&outer);
	expect("+first +a +b +last");
	REEVE_CHECK(reeve_supervisor_count_children(s, &count) == 0);
	REEVE_CHECK(count.n_supervisors == 1 && count.n_workers == 2);
	do_to("a", CRASH);
	expect("-a -b +a +b");
	/* Too many for the inner one: it ends, and is started again with those
	 * that were started after it. */
	do_to("b", CRASH);
	expect("-b -a -last +a +b +last");
	/* It counts anew. */
	do_to("b", CRASH);
	expect("-b -a +a +b");
	do_to("last", CRASH);
	expect("-last +last");
	/* Too many for the outer one. */
	do_to("first", CRASH);
	expect("-first -last -b -a");
	end_of(s);
}

static void nests(void **state)
{
	(void)state;
	play(story_nested);
}

static void story_nested_fails(void *arg)
{
	struct reeve_child_spec inner_ab[] = { spec_of(child, "a"),
					       spec_of(child, "b") };
	const struct reeve_supervisor_spec inner = {
		.children = inner_ab,
		.n_children = 2,
	};
	const struct reeve_child_spec outer_all[] = {
		spec_of(child, "first"),
		{ .id = "inner", .supervisor = &inner },
	};
	const struct reeve_supervisor_spec outer = {
		.children = outer_all,
		.n_children = 2,
	};
	reeve_pid s;

	(void)arg;
	inner_ab[1].id = "a";
	REEVE_CHECK(reeve_supervisor_start(&outer, &s) == -EEXIST);
	expect("+first +a -a -first");
	inner_ab[1] = spec_of(crash_at_once, "b");
	REEVE_CHECK(reeve_supervisor_start(&outer, &s) == -ESRCH);
	expect("+first +a up -a -first");
}

static void does_not_start_with_a_nested_one_that_does_not(void **state)
{
	(void)state;
	play(story_nested_fails);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_restarts_in_a_period),
		cmocka_unit_test(says_that_it_gave_up),
		cmocka_unit_test(gives_up_after_just_so_many),
		cmocka_unit_test(survives_a_storm),
		cmocka_unit_test(tries_again_when_a_restart_fails),
		cmocka_unit_test(kills_what_does_not_end),
		cmocka_unit_test(leaves_behind_what_cannot_be_killed),
		cmocka_unit_test(finds_out_who_left_without_a_word),
		cmocka_unit_test(nests),
		cmocka_unit_test(
			does_not_start_with_a_nested_one_that_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
