/* Links, monitors, kills and exit reasons, in all orders. */
#include "everywhere.h"

#include <errno.h>
#include <stdatomic.h>

enum { REASON = REEVE_EXIT_OWN + 7, GO = 1, READY = 2 };

/* Waits for GO, then ends with the reason that it was given. */
static void end_when_told(void *arg)
{
	hear(GO);
	reeve_exit((int)(intptr_t)arg);
}

static void end_at_once(void *arg)
{
	reeve_exit((int)(intptr_t)arg);
}

#define WITH_REASON(reason) ((void *)(intptr_t)(reason))

static const struct reeve_spawn_options linked = { .flags = REEVE_SPAWN_LINK };
static const struct reeve_spawn_options monitored = {
	.flags = REEVE_SPAWN_MONITOR
};
static const struct reeve_spawn_options trapping = {
	.flags = REEVE_SPAWN_TRAP_EXIT
};

/* Links itself with the first of @arg, tells the second, and waits. */
static void link_and_wait(void *arg)
{
	const reeve_pid *who = arg;

	MUST_EQUAL(reeve_link(who[0]), 0);
	MUST_EQUAL(tell(who[1], READY), 0);
	wait_for_ever(NULL);
}

static reeve_pid start_linked_with(reeve_pid pid)
{
	reeve_pid who[2] = { pid, reeve_self() };
	const struct reeve_spawn_options o = { .arg_size = sizeof(who) };

	return start(link_and_wait, who, &o);
}

/* ---- links ---- */

PROCESS_TEST(linked_ones_end_with_the_same_reason)
{
	static const int reasons[] = { REASON, REEVE_EXIT_SHUTDOWN,
				       REEVE_EXIT_KILLED, REEVE_EXIT_FAILED };
	uint64_t watched;
	reeve_pid one;
	unsigned i;

	for (i = 0; i < 4; i++) {
		one = start(end_when_told, WITH_REASON(reasons[i]), NULL);
		watched = watch(start_linked_with(one));
		hear(READY);
		MUST_EQUAL(tell(one, GO), 0);
		MUST_EQUAL(end_of(watched), reasons[i]);
	}
}

PROCESS_TEST(a_normal_end_ends_nobody_else)
{
	reeve_pid child = start(end_when_told, WITH_REASON(0), &linked);
	uint64_t watched = watch(child);

	MUST_EQUAL(tell(child, GO), 0);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_NORMAL);
	/* One that had ended normally, or not even that, before. */
	child = start(end_at_once, WITH_REASON(0), &linked);
	while (reeve_is_alive(child))
		reeve_yield();
	hear_nothing();
}

PROCESS_TEST(who_traps_exits_hears_of_every_end_once)
{
	struct reeve_notice n;
	reeve_pid child;
	int reason;

	MUST(!reeve_trap_exit(true));
	MUST(reeve_trap_exit(true));
	for (reason = 0; reason < 12; reason++) {
		if (reason == REEVE_EXIT_DONE)
			continue;
		child = start(end_when_told, WITH_REASON(reason), &linked);
		/* Twice is once. */
		MUST_EQUAL(reeve_link(child), 0);
		MUST_EQUAL(tell(child, GO), 0);
		n = hear_notice(REEVE_NOTICE_EXIT);
		MUST_EQUAL(n.pid, child);
		MUST_EQUAL(n.reason, reason);
		MUST_EQUAL(n.reference, 0);
	}
	hear_nothing();
}

PROCESS_TEST(a_link_with_who_is_gone_ends_at_once)
{
	reeve_pid gone = start(end_at_once, WITH_REASON(0), NULL);
	struct reeve_notice n;
	uint64_t watched;

	while (reeve_is_alive(gone))
		reeve_yield();
	watched = watch(start_linked_with(gone));
	MUST_EQUAL(end_of(watched), REEVE_EXIT_NO_PROCESS);
	/* It ended as soon as it had linked itself. */
	hear_nothing();
	reeve_trap_exit(true);
	MUST_EQUAL(reeve_link(gone), 0);
	n = hear_notice(REEVE_NOTICE_EXIT);
	MUST_EQUAL(n.pid, gone);
	MUST_EQUAL(n.reason, REEVE_EXIT_NO_PROCESS);
	hear_nothing();
}

PROCESS_TEST(nothing_is_told_after_unlink)
{
	reeve_pid child = start(end_when_told, WITH_REASON(REASON), &linked);
	uint64_t watched = watch(child);

	MUST_EQUAL(reeve_unlink(child), 0);
	MUST_EQUAL(tell(child, GO), 0);
	MUST_EQUAL(end_of(watched), REASON);
	/* Nor when it ended meanwhile. */
	reeve_trap_exit(true);
	child = start(end_at_once, WITH_REASON(REASON), &linked);
	while (reeve_is_alive(child))
		reeve_yield();
	MUST_EQUAL(reeve_unlink(child), 0);
	/* The notice may have come before. */
	while (true) {
		struct reeve_message *m;

		if (reeve_next(0, &m) < 0)
			break;
		MUST_EQUAL(m->ordinal, REEVE_NOTICE_EXIT);
		reeve_message_free(m);
	}
	hear_nothing();
	/* Of nobody. */
	MUST_EQUAL(reeve_unlink(child), 0);
	MUST_EQUAL(reeve_unlink(reeve_self()), 0);
}

PROCESS_TEST(a_link_can_be_made_again)
{
	reeve_pid child = start(end_when_told, WITH_REASON(REASON), &linked);
	unsigned i;

	reeve_trap_exit(true);
	for (i = 0; i < 5; i++) {
		MUST_EQUAL(reeve_unlink(child), 0);
		MUST_EQUAL(reeve_link(child), 0);
	}
	MUST_EQUAL(tell(child, GO), 0);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_EXIT).reason, REASON);
	hear_nothing();
}

PROCESS_TEST(a_link_with_oneself_is_none)
{
	MUST_EQUAL(reeve_link(reeve_self()), 0);
	hear_nothing();
}

static void return_at_once(void *arg)
{
	(void)arg;
}

/* Links itself with @arg, after it was perhaps interrupted, and ends. */
static void link_late(void *arg)
{
	reeve_pid other = *(reeve_pid *)arg;

	hear(GO);
	start(return_at_once, NULL, NULL);
	MUST_EQUAL(reeve_link(other), 0);
	start(return_at_once, NULL, NULL);
	reeve_exit(REASON);
}

/* Both want the link at once, and one takes its wish back: the other's holds.
 */
static void link_from_both_sides(void *arg)
{
	const struct reeve_match exits = { .ordinal = REEVE_NOTICE_EXIT };
	reeve_pid self = reeve_self(), other;
	struct reeve_message *m;
	uint64_t watched;
	unsigned i;

	(void)arg;
	reeve_trap_exit(true);
	for (i = 0; i < 20; i++) {
		other = start(link_late, &self,
			      &(struct reeve_spawn_options){
				      .arg_size = sizeof(self) });
		watched = watch(other);
		MUST_EQUAL(tell(other, GO), 0);
		if (i % 2)
			reeve_yield();
		MUST_EQUAL(reeve_link(other), 0);
		if (i % 4 > 1)
			start(return_at_once, NULL, NULL);
		MUST_EQUAL(reeve_unlink(other), 0);
		/* Whoever unlinks last wins; it is told the end, or it is not
		 * linked any more: then this makes it so. */
		MUST_EQUAL(reeve_link(other), 0);
		MUST_EQUAL(end_of(watched), REASON);
		MUST_EQUAL(hear_notice(REEVE_NOTICE_EXIT).pid, other);
		/* One of the first link may have come before it was undone. */
		MUST_EQUAL(reeve_sleep(1), 0);
		while (reeve_next_match(&exits, 0, &m) == 0)
			reeve_message_free(m);
	}
	hear_nothing();
}

static void links_of_both_sides_at_once_are_whole(void **state)
{
	struct reeve_runtime_options o = {};

	(void)state;
	for (o.seed = 1; o.seed <= 60; o.seed++)
		assert_int_equal(
			reeve_processes_run(&o, link_from_both_sides, NULL), 0);
	o = (struct reeve_runtime_options){ .n_workers = 2 };
	assert_int_equal(reeve_processes_run(&o, link_from_both_sides, NULL),
			 0);
}

static _Atomic bool has_begun_to_link;

static void link_and_say_when(void *arg)
{
	reeve_pid other = *(reeve_pid *)arg;

	start(return_at_once, NULL, NULL);
	atomic_store(&has_begun_to_link, true);
	MUST_EQUAL(reeve_link(other), 0);
	hear(GO);
	reeve_exit(REASON);
}

/* Who was unlinked before it began to link itself is linked. */
static void link_after_unlink(void *arg)
{
	struct reeve_match exit_of = { .ordinal = REEVE_NOTICE_EXIT };
	reeve_pid self = reeve_self(), other;
	struct reeve_message *m;
	bool is_later;
	unsigned i, k;

	(void)arg;
	reeve_trap_exit(true);
	for (i = 0; i < 40; i++) {
		atomic_store(&has_begun_to_link, false);
		other = start(link_and_say_when, &self,
			      &(struct reeve_spawn_options){
				      .arg_size = sizeof(self) });
		for (k = 0; k < i % 4; k++)
			reeve_yield();
		MUST_EQUAL(reeve_link(other), 0);
		MUST_EQUAL(reeve_unlink(other), 0);
		is_later = !atomic_load(&has_begun_to_link);
		MUST_EQUAL(tell(other, GO), 0);
		exit_of.sender = other;
		if (is_later) {
			MUST_EQUAL(reeve_next_match(&exit_of, -1, &m), 0);
			reeve_message_free(m);
		}
		while (reeve_is_alive(other))
			reeve_yield();
	}
}

static void a_link_after_an_unlink_holds(void **state)
{
	struct reeve_runtime_options o = {};

	(void)state;
	run_everywhere(NULL, link_after_unlink, 0);
	for (o.seed = 10; o.seed <= 60; o.seed++)
		assert_int_equal(
			reeve_processes_run(&o, link_after_unlink, NULL), 0);
}

static _Atomic int stage;

/* From its beginning to its end it does not look at what comes. */
static void end_without_looking(void *arg)
{
	(void)arg;
	atomic_store(&stage, 1);
	while (atomic_load(&stage) != 2)
		;
	reeve_exit(REASON);
}

static void ask_one_that_does_not_look(void *arg)
{
	struct reeve_notice n;
	reeve_pid other;
	uint64_t watched;

	(void)arg;
	reeve_trap_exit(true);
	atomic_store(&stage, 0);
	other = start(end_without_looking, NULL, NULL);
	while (atomic_load(&stage) != 1)
		reeve_yield();
	watched = watch(other);
	MUST_EQUAL(reeve_link(other), 0);
	atomic_store(&stage, 2);
	/* It lived when it was asked. */
	MUST_EQUAL(end_of(watched), REASON);
	n = hear_notice(REEVE_NOTICE_EXIT);
	MUST_EQUAL(n.pid, other);
	MUST_EQUAL(n.reason, REASON);
	hear_nothing();
}

static void who_ends_without_looking_tells_all(void **state)
{
	const struct reeve_runtime_options o = { .n_workers = 2 };

	(void)state;
	assert_int_equal(
		reeve_processes_run(&o, ask_one_that_does_not_look, NULL), 0);
}

enum { N_CHAIN = 200 };

/* Each is linked with the one before; @arg: how many follow. */
static void chain(void *arg)
{
	intptr_t n = (intptr_t)arg;

	if (n)
		start(chain, (void *)(n - 1), &linked);
	else
		MUST_EQUAL(tell(reeve_whereis("collector"), READY), 0);
	wait_for_ever(NULL);
}

PROCESS_TEST(an_end_goes_through_a_chain_of_links)
{
	struct reeve_runtime_info info;
	reeve_pid first;

	MUST_EQUAL(reeve_register_name("collector", reeve_self()), 0);
	first = start(chain, (void *)(intptr_t)N_CHAIN, NULL);
	hear(READY);
	reeve_runtime_info(&info);
	MUST_EQUAL(info.n_processes, N_CHAIN + 2);
	MUST_EQUAL(reeve_kill(first, REASON), 0);
	do {
		reeve_yield();
		reeve_runtime_info(&info);
	} while (info.n_processes > 1);
}

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
		cmocka_unit_test(linked_ones_end_with_the_same_reason),
		cmocka_unit_test(a_normal_end_ends_nobody_else),
		cmocka_unit_test(who_traps_exits_hears_of_every_end_once),
		cmocka_unit_test(a_link_with_who_is_gone_ends_at_once),
		cmocka_unit_test(nothing_is_told_after_unlink),
		cmocka_unit_test(a_link_can_be_made_again),
		cmocka_unit_test(a_link_with_oneself_is_none),
		cmocka_unit_test(links_of_both_sides_at_once_are_whole),
		cmocka_unit_test(a_link_after_an_unlink_holds),
		cmocka_unit_test(who_ends_without_looking_tells_all),
		cmocka_unit_test(an_end_goes_through_a_chain_of_links),
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
