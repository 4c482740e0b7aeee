/* Links, in all orders, and exit reasons. */
#include "link_rig.h"

#include <stdatomic.h>

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
