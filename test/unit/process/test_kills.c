/* Monitors and kills, in all orders. */
#include "link_rig.h"

#include <errno.h>
#include <stdatomic.h>

/* ---- monitors ---- */

PROCESS_TEST(every_monitor_tells_once)
{
	reeve_pid child = start(end_when_told, WITH_REASON(REASON), &monitored);
	uint64_t references[3], seen = 0;
	struct reeve_notice n;
	unsigned i, k;

	for (i = 0; i < 3; i++) {
		MUST_EQUAL(reeve_monitor(child, &references[i]), 0);
		for (k = 0; k < i; k++)
			MUST(references[i] != references[k]);
		MUST(references[i] != 0);
	}
	MUST_EQUAL(reeve_unmonitor(references[1]), 0);
	MUST_EQUAL(reeve_unmonitor(references[1]), -ENOENT);
	MUST_EQUAL(tell(child, GO), 0);
	for (i = 0; i < 3; i++) {
		n = hear_notice(REEVE_NOTICE_DOWN);
		MUST_EQUAL(n.pid, child);
		MUST_EQUAL(n.reason, REASON);
		for (k = 0; k < 3; k++)
			if (n.reference == references[k])
				seen |= 1u << k;
	}
	MUST_EQUAL(seen, 5);
	hear_nothing();
	for (i = 0; i < 3; i++)
		MUST_EQUAL(reeve_unmonitor(references[i]), -ENOENT);
}

PROCESS_TEST(a_monitor_of_who_is_gone_tells_at_once)
{
	reeve_pid gone = start(end_at_once, WITH_REASON(REASON), NULL);
	static const reeve_pid never[] = { UINT64_C(1) << 32 | 0x3fffff,
					   UINT64_C(99) << 32, UINT64_MAX };
	struct reeve_notice n;
	uint64_t reference;
	unsigned i;

	while (reeve_is_alive(gone))
		reeve_yield();
	MUST_EQUAL(reeve_monitor(gone, &reference), 0);
	n = hear_notice(REEVE_NOTICE_DOWN);
	MUST_EQUAL(n.reference, reference);
	MUST_EQUAL(n.pid, gone);
	MUST_EQUAL(n.reason, REEVE_EXIT_NO_PROCESS);
	for (i = 0; i < 3; i++) {
		MUST_EQUAL(reeve_monitor(never[i], &reference), 0);
		n = hear_notice(REEVE_NOTICE_DOWN);
		MUST_EQUAL(n.pid, never[i]);
		MUST_EQUAL(n.reason, REEVE_EXIT_NO_PROCESS);
	}
	hear_nothing();
}

/* It lived when it was watched, and ends before it looks. */
PROCESS_TEST(a_monitor_hears_the_reason_of_who_lived_then)
{
	reeve_pid child;
	uint64_t reference;
	unsigned i;

	for (i = 0; i < 50; i++) {
		child = start(end_at_once, WITH_REASON(REASON), NULL);
		MUST_EQUAL(reeve_monitor(child, &reference), 0);
		if (reeve_is_alive(child))
			MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason,
				   REASON);
		else
			hear_notice(REEVE_NOTICE_DOWN);
	}
}

PROCESS_TEST(nothing_is_told_after_unmonitor)
{
	struct reeve_message *m;
	uint64_t reference;
	reeve_pid child;
	unsigned i;

	for (i = 0; i < 30; i++) {
		child = start(end_at_once, WITH_REASON(REASON), NULL);
		MUST_EQUAL(reeve_monitor(child, &reference), 0);
		while (i % 3 && reeve_is_alive(child))
			reeve_yield();
		if (i % 3 == 2)
			MUST_EQUAL(reeve_sleep(1), 0);
		/* -ENOENT: it came, and can be read, or was taken back. */
		if (reeve_unmonitor(reference) == 0)
			continue;
		if (reeve_next(0, &m) == 0)
			reeve_message_free(m);
	}
	hear_nothing();
	MUST_EQUAL(reeve_unmonitor(0), -EINVAL);
	MUST_EQUAL(reeve_unmonitor(UINT64_MAX), -ENOENT);
}

static void monitor_and_end(void *arg)
{
	uint64_t reference;

	MUST_EQUAL(reeve_monitor(*(reeve_pid *)arg, &reference), 0);
}

/* Who watches may end first. */
PROCESS_TEST(the_watched_outlives_those_who_watch)
{
	reeve_pid watched = start(wait_for_ever, NULL, NULL), watcher;
	const struct reeve_spawn_options o = { .arg_size = sizeof(watched) };
	uint64_t end;
	unsigned i;

	for (i = 0; i < 20; i++) {
		watcher = start(monitor_and_end, &watched, &o);
		while (reeve_is_alive(watcher))
			reeve_yield();
	}
	end = watch(watched);
	MUST_EQUAL(reeve_kill(watched, REASON), 0);
	MUST_EQUAL(end_of(end), REASON);
	hear_nothing();
}

/* ---- kills ---- */

static _Atomic unsigned n_deferred;

static void count_deferred(void *arg)
{
	(void)arg;
	atomic_fetch_add(&n_deferred, 1);
}

static void defer_and_wait(void *arg)
{
	MUST_EQUAL(reeve_defer(count_deferred, NULL), 0);
	MUST_EQUAL(tell(*(reeve_pid *)arg, READY), 0);
	wait_for_ever(NULL);
}

PROCESS_TEST(a_killed_one_ends_where_it_waits)
{
	reeve_pid self = reeve_self(), child;
	const struct reeve_spawn_options o = { .arg_size = sizeof(self) };
	uint64_t watched;

	atomic_store(&n_deferred, 0);
	child = start(defer_and_wait, &self, &o);
	hear(READY);
	watched = watch(child);
	MUST_EQUAL(reeve_kill(child, REASON), 0);
	MUST_EQUAL(end_of(watched), REASON);
	MUST_EQUAL(atomic_load(&n_deferred), 1);
	MUST_EQUAL(reeve_kill(child, REASON), -ESRCH);
	MUST_EQUAL(reeve_kill(REEVE_PID_NONE, REASON), -ESRCH);
	MUST_EQUAL(reeve_kill(UINT64_MAX, REEVE_EXIT_KILLED), -ESRCH);
}

PROCESS_TEST(one_that_has_not_begun_can_be_killed)
{
	reeve_pid child = start(wait_for_ever, NULL, NULL);
	uint64_t watched = watch(child);

	MUST_EQUAL(reeve_kill(child, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
}

static void spin_sending(void *arg)
{
	while (true)
		(void)tell(*(reeve_pid *)arg, READY);
}

static void kill_who_spins(void *arg)
{
	reeve_pid self = reeve_self(), child;
	const struct reeve_spawn_options o = { .arg_size = sizeof(self) };
	uint64_t watched;

	(void)arg;
	child = start(spin_sending, &self, &o);
	hear(READY);
	watched = watch(child);
	MUST_EQUAL(reeve_kill(child, REASON), 0);
	MUST_EQUAL(end_of(watched), REASON);
}

/* The other one keeps its worker for itself. */
static void a_killed_one_ends_though_it_never_waits(void **state)
{
	const struct reeve_runtime_options o = { .n_workers = 2 };

	(void)state;
	assert_int_equal(reeve_processes_run(&o, kill_who_spins, NULL), 0);
}

static void receive_what_is_there(void *arg)
{
	unsigned *n = arg;
	struct reeve_message *m;

	hear(GO);
	for (*n = 0; reeve_next(-1, &m) == 0; ++*n) {
		reeve_message_free(m);
		if (*n == 0)
			MUST_EQUAL(reeve_kill(reeve_self(), REASON), 0);
	}
}

/* Messages that wait do not keep it alive. */
PROCESS_TEST(a_killed_one_reads_no_further)
{
	static unsigned n;
	reeve_pid child = start(receive_what_is_there, &n, NULL);
	uint64_t watched = watch(child);
	unsigned i;

	MUST_EQUAL(tell(child, GO), 0);
	for (i = 0; i < 100; i++)
		if (tell(child, READY) < 0)
			break;
	MUST_EQUAL(end_of(watched), REASON);
	MUST_EQUAL(n, 0);
}

static void trap_and_report(void *arg)
{
	reeve_pid parent = *(reeve_pid *)arg;
	struct reeve_notice n;

	MUST_EQUAL(tell(parent, READY), 0);
	n = hear_notice(REEVE_NOTICE_EXIT);
	MUST_EQUAL(n.pid, parent);
	MUST_EQUAL(n.reason, REASON);
	MUST_EQUAL(tell(parent, READY), 0);
	wait_for_ever(NULL);
}

PROCESS_TEST(who_traps_is_asked_and_can_still_be_killed)
{
	reeve_pid self = reeve_self(), child;
	const struct reeve_spawn_options o = { .flags = trapping.flags,
					       .arg_size = sizeof(self) };
	uint64_t watched;

	child = start(trap_and_report, &self, &o);
	hear(READY);
	MUST_EQUAL(reeve_kill(child, REASON), 0);
	hear(READY);
	MUST(reeve_is_alive(child));
	watched = watch(child);
	MUST_EQUAL(reeve_kill(child, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
}

PROCESS_TEST(the_first_kill_is_the_one_that_counts)
{
	uint64_t watched;
	reeve_pid child;
	unsigned i;
	int reason;

	for (i = 0; i < 20; i++) {
		child = start(wait_for_ever, NULL, NULL);
		watched = watch(child);
		MUST_EQUAL(reeve_kill(child, REASON), 0);
		reason = reeve_kill(child, REASON + 1);
		MUST(reason == 0 || reason == -ESRCH);
		MUST_EQUAL(end_of(watched), REASON);
	}
}

static void kill_oneself(void *arg)
{
	(void)reeve_kill(reeve_self(), REASON);
	MUST(arg == NULL && false);
}

PROCESS_TEST(one_can_kill_oneself)
{
	reeve_pid child = start(kill_oneself, NULL, &monitored);

	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REASON);
	MUST(!reeve_is_alive(child));
}

static int kept_state(void *state, struct reeve_message *m)
{
	(void)state;
	(void)m;
	return 0;
}

PROCESS_TEST(a_handler_is_killed_and_linked_like_any_other)
{
	struct reeve_notice n;
	reeve_pid child;

	MUST_EQUAL(reeve_spawn_handler(kept_state, NULL, 0, &linked, &child),
		   0);
	reeve_trap_exit(true);
	MUST_EQUAL(reeve_kill(child, REASON), 0);
	n = hear_notice(REEVE_NOTICE_EXIT);
	MUST_EQUAL(n.pid, child);
	MUST_EQUAL(n.reason, REASON);
	MUST_EQUAL(reeve_spawn_handler(kept_state, NULL, 0, &monitored, &child),
		   0);
	MUST_EQUAL(reeve_kill(child, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REEVE_EXIT_KILLED);
	hear_nothing();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_monitor_tells_once),
		cmocka_unit_test(a_monitor_of_who_is_gone_tells_at_once),
		cmocka_unit_test(a_monitor_hears_the_reason_of_who_lived_then),
		cmocka_unit_test(nothing_is_told_after_unmonitor),
		cmocka_unit_test(the_watched_outlives_those_who_watch),
		cmocka_unit_test(a_killed_one_ends_where_it_waits),
		cmocka_unit_test(one_that_has_not_begun_can_be_killed),
		cmocka_unit_test(a_killed_one_ends_though_it_never_waits),
		cmocka_unit_test(a_killed_one_reads_no_further),
		cmocka_unit_test(who_traps_is_asked_and_can_still_be_killed),
		cmocka_unit_test(the_first_kill_is_the_one_that_counts),
		cmocka_unit_test(one_can_kill_oneself),
		cmocka_unit_test(a_handler_is_killed_and_linked_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
