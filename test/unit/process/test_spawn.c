/* Processes: the runtime, spawning, time. */
#include "everywhere.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { REASON = REEVE_EXIT_OWN + 1, READY = 2 };

/* ---- the runtime ---- */

static void end_with(void *arg)
{
	reeve_exit((int)(intptr_t)arg);
}

static void return_at_once(void *arg)
{
	(void)arg;
}

static void the_first_ones_reason_is_the_result(void **state)
{
	static const int reasons[] = { 0, REEVE_EXIT_SHUTDOWN, REASON,
				       INT32_MAX };
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(
			reeve_processes_run(NULL, end_with,
					    (void *)(intptr_t)reasons[i]),
			reasons[i]);
	assert_int_equal(reeve_processes_run(NULL, return_at_once, NULL), 0);
	/* As a handler's return value only. */
	assert_int_equal(reeve_processes_run(NULL, end_with,
					     (void *)(intptr_t)REEVE_EXIT_DONE),
			 0);
}

static void options_out_of_range_are_refused(void **state)
{
	static const struct reeve_runtime_options wrong[] = {
		{ .n_workers = 65 },	{ .n_processes = 4194305 },
		{ .mailbox = 1048577 }, { .stack_size = 65537 },
		{ .stack_size = 100 },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			reeve_processes_run(&wrong[i], return_at_once, NULL),
			-EINVAL);
}

static void calls_from_outside_are_refused(void **state)
{
	const struct reeve_message m = { .ordinal = 1 };
	struct reeve_process_info info;
	struct reeve_message *got;
	uint64_t reference;
	reeve_pid pid;

	(void)state;
	assert_int_equal(reeve_self(), REEVE_PID_NONE);
	assert_int_equal(reeve_spawn(return_at_once, NULL, NULL, &pid), -EPERM);
	assert_int_equal(reeve_spawn_handler(NULL, NULL, 0, NULL, &pid),
			 -EPERM);
	assert_int_equal(reeve_sleep(1), -EPERM);
	assert_int_equal(reeve_defer(NULL, NULL), -EPERM);
	assert_int_equal(reeve_kill(1, REASON), -EPERM);
	assert_int_equal(reeve_send_to(1, &m), -EPERM);
	assert_int_equal(reeve_send_wait(1, &m, 1), -EPERM);
	assert_int_equal(reeve_next(0, &got), -EPERM);
	assert_int_equal(reeve_next_match(&(struct reeve_match){}, 0, &got),
			 -EPERM);
	assert_int_equal(reeve_call_to(1, &m, 1, &got), -EPERM);
	assert_int_equal(reeve_link(1), -EPERM);
	assert_int_equal(reeve_unlink(1), -EPERM);
	assert_int_equal(reeve_monitor(1, &reference), -EPERM);
	assert_int_equal(reeve_unmonitor(1), -EPERM);
	assert_int_equal(reeve_send_after(1, &m, 1, &reference), -EPERM);
	assert_int_equal(reeve_notify_after(1, &reference), -EPERM);
	assert_int_equal(reeve_cancel_timer(1), -EPERM);
	assert_false(reeve_trap_exit(true));
	assert_false(reeve_is_alive(UINT64_C(1) << 32));
	assert_int_equal(reeve_process_info(UINT64_C(1) << 32, &info), -ESRCH);
	assert_int_equal(reeve_process_list(REEVE_PID_NONE, 1, &info), 0);
	reeve_yield();
	reeve_undefer(true);
}

PROCESS_TEST(there_is_one_runtime)
{
	MUST(reeve_processes_run(NULL, return_at_once, NULL) < 0);
}

/* ---- spawning ---- */

struct thing {
	reeve_pid parent;
	char text[5000];
};

static void look_at_copy(void *arg)
{
	struct thing *t = arg;

	MUST_EQUAL((uintptr_t)arg % 16, 0);
	MUST(strcmp(t->text, "as it was") == 0);
	MUST_EQUAL(t->text[4999], 7);
	strcpy(t->text, "changed");
	MUST_EQUAL(tell(t->parent, READY), 0);
}

PROCESS_TEST(an_argument_is_copied_if_its_size_is_given)
{
	const struct reeve_spawn_options o = { .arg_size =
						       sizeof(struct thing) };
	struct thing t = { .parent = reeve_self(), .text = "as it was" };

	t.text[4999] = 7;
	start(look_at_copy, &t, &o);
	start(look_at_copy, &t, &o);
	strcpy(t.text, "later");
	hear(READY);
	hear(READY);
	MUST(strcmp(t.text, "later") == 0);
}

static void check_pointer(void *arg)
{
	MUST_EQUAL(tell(*(reeve_pid *)arg, READY), 0);
}

PROCESS_TEST(an_argument_is_a_pointer_otherwise)
{
	reeve_pid self = reeve_self();

	start(check_pointer, &self, NULL);
	hear(READY);
}

PROCESS_TEST(spawn_options_out_of_range_are_refused)
{
	static char big[65537];
	static const struct reeve_spawn_options wrong[] = {
		{ .flags = 8 },
		{ .flags = UINT32_MAX },
		{ .mailbox = 1048577 },
		{ .stack_size = 4097 },
		{ .stack_size = 1 },
		{ .arg_size = 65537 },
		{ .name = "" },
		{ .name = "0123456789012345678901234567890123456789"
			  "012345678901234567890123" },
	};
	struct reeve_runtime_info before, after;
	reeve_pid pid = 77;
	unsigned i;

	reeve_runtime_info(&before);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		MUST_EQUAL(reeve_spawn(return_at_once, big, &wrong[i], &pid),
			   -EINVAL);
	MUST_EQUAL(reeve_spawn_handler(NULL, big, 65537, NULL, &pid), -EINVAL);
	MUST_EQUAL(pid, 77);
	reeve_runtime_info(&after);
	MUST_EQUAL(after.n_processes, before.n_processes);
	MUST_EQUAL(reeve_spawn(return_at_once, big,
			       &(struct reeve_spawn_options){
				       .arg_size = 65536,
				       .mailbox = 1048576,
				       .stack_size = 1 << 20 },
			       &pid),
		   0);
}

PROCESS_TEST(a_name_that_is_taken_spawns_nothing)
{
	const struct reeve_spawn_options o = {
		.name = "taken", .flags = REEVE_SPAWN_LINK | REEVE_SPAWN_MONITOR
	};
	struct reeve_runtime_info before, after;
	reeve_pid pid;

	MUST_EQUAL(reeve_register_name("taken", reeve_self()), 0);
	reeve_runtime_info(&before);
	MUST_EQUAL(reeve_spawn(end_with, (void *)REASON, &o, &pid), -EEXIST);
	reeve_runtime_info(&after);
	MUST_EQUAL(after.n_processes, before.n_processes);
	MUST_EQUAL(reeve_whereis("taken"), reeve_self());
	/* Nothing of it is told. */
	hear_nothing();
	MUST_EQUAL(reeve_unregister_name("taken"), 0);
	MUST_EQUAL(reeve_spawn(wait_for_ever, NULL, &o, &pid), 0);
	MUST_EQUAL(reeve_whereis("taken"), pid);
	MUST_EQUAL(reeve_unlink(pid), 0);
	MUST_EQUAL(reeve_kill(pid, REASON), 0);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).pid, pid);
	MUST_EQUAL(reeve_whereis("taken"), REEVE_PID_NONE);
}

static int compare_pids(const void *a, const void *b)
{
	reeve_pid left = *(const reeve_pid *)a, right = *(const reeve_pid *)b;

	return (left > right) - (left < right);
}

PROCESS_TEST(no_pid_is_used_twice)
{
	enum { N = 3000 };
	static reeve_pid pids[N];
	unsigned i;

	for (i = 0; i < N; i++) {
		pids[i] = start(return_at_once, NULL, NULL);
		if (i % 7 == 0)
			while (reeve_is_alive(pids[i]))
				reeve_yield();
	}
	for (i = 0; i < N; i++)
		while (reeve_is_alive(pids[i]))
			reeve_yield();
	qsort(pids, N, sizeof(pids[0]), compare_pids);
	for (i = 1; i < N; i++)
		MUST(pids[i] != pids[i - 1]);
}

static void count_until_full(void *arg)
{
	reeve_pid pids[400];
	unsigned n = 1, k;
	int r;

	(void)arg;
	while (true) {
		r = reeve_spawn(wait_for_ever, NULL, NULL, &pids[n]);
		if (r < 0)
			break;
		MUST(++n < 400);
	}
	MUST_EQUAL(r, -EAGAIN);
	MUST_EQUAL(n, 300);
	/* The room of one that ends is the next one's. */
	for (k = 1; k < n; k += 50) {
		MUST_EQUAL(reeve_kill(pids[k], REEVE_EXIT_KILLED), 0);
		while (reeve_is_alive(pids[k]))
			reeve_yield();
		MUST_EQUAL(reeve_spawn(wait_for_ever, NULL, NULL, &pids[k]), 0);
		MUST_EQUAL(reeve_spawn(wait_for_ever, NULL, NULL, &pids[k]),
			   -EAGAIN);
	}
}

static void there_are_as_many_as_there_may_be(void **state)
{
	const struct reeve_runtime_options o = { .n_processes = 300,
						 .n_workers = 1 };

	(void)state;
	assert_int_equal(reeve_processes_run(&o, count_until_full, NULL), 0);
}

/* ---- time ---- */

static uint64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void sleep_for_some_time(void *arg)
{
	static const int times[] = { 1, 2, 5, 20, 70 };
	uint64_t before;
	unsigned i;

	(void)arg;
	MUST_EQUAL(reeve_sleep(0), 0);
	for (i = 0; i < 5; i++) {
		before = milliseconds();
		MUST_EQUAL(reeve_sleep(times[i]), 0);
		MUST(milliseconds() - before + 1 >= (uint64_t)times[i]);
	}
}

static void sleep_is_never_too_short(void **state)
{
	const struct reeve_runtime_options o = { .n_workers = 2 };

	(void)state;
	assert_int_equal(reeve_processes_run(&o, sleep_for_some_time, NULL), 0);
}

static void sleep_for_an_hour(void *arg)
{
	(void)arg;
	MUST_EQUAL(reeve_sleep(3600 * 1000), 0);
}

static void time_jumps_where_nobody_can_run(void **state)
{
	const struct reeve_runtime_options o = { .seed = 7 };

	(void)state;
	assert_int_equal(reeve_processes_run(&o, sleep_for_an_hour, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_ones_reason_is_the_result),
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(calls_from_outside_are_refused),
		cmocka_unit_test(there_is_one_runtime),
		cmocka_unit_test(an_argument_is_copied_if_its_size_is_given),
		cmocka_unit_test(an_argument_is_a_pointer_otherwise),
		cmocka_unit_test(spawn_options_out_of_range_are_refused),
		cmocka_unit_test(a_name_that_is_taken_spawns_nothing),
		cmocka_unit_test(no_pid_is_used_twice),
		cmocka_unit_test(there_are_as_many_as_there_may_be),
		cmocka_unit_test(sleep_is_never_too_short),
		cmocka_unit_test(time_jumps_where_nobody_can_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
