/* Mailboxes that are full: their bounds, and waiting for room. */
#include "everywhere.h"

#include <errno.h>
#include <stdatomic.h>

#include "process/table.h"

enum { GO = 1, READY = 2, ITEM = 3 };

/* ---- bounds ---- */

PROCESS_TEST(a_mailbox_takes_as_many_as_it_may)
{
	uint64_t watched;
	reeve_pid child;
	uint32_t n;

	/* One's own: nobody else takes anything. */
	for (n = 0; tell(reeve_self(), ITEM) == 0; n++)
		;
	MUST_EQUAL(n, 65536);
	MUST_EQUAL(tell(reeve_self(), ITEM), -EAGAIN);
	hear(ITEM);
	MUST_EQUAL(tell(reeve_self(), ITEM), 0);
	MUST_EQUAL(tell(reeve_self(), ITEM), -EAGAIN);
	/* What is no message comes in all the same. */
	child = start(wait_for_ever, NULL, NULL);
	watched = watch(child);
	MUST_EQUAL(reeve_kill(child, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
	while (n--)
		hear(ITEM);
	hear_nothing();
}

/* Fills its own mailbox and says how many that took. */
static void fill_oneself(void *arg)
{
	uint64_t n = 0;

	while (tell(reeve_self(), ITEM) == 0)
		n++;
	MUST_EQUAL(send_number(*(reeve_pid *)arg, READY, n), 0);
	for (; n; n--)
		hear(ITEM);
}

PROCESS_TEST(a_bound_is_kept_exactly)
{
	static const uint32_t bounds[] = { 1, 2, 3, 100, 70000 };
	reeve_pid self = reeve_self();
	struct reeve_spawn_options o = { .arg_size = sizeof(self) };
	unsigned i;

	for (i = 0; i < 5; i++) {
		o.mailbox = bounds[i];
		start(fill_oneself, &self, &o);
		MUST_EQUAL(next_number(READY), bounds[i]);
	}
}

static void hear_timers_and_fill(void *arg)
{
	uint64_t reference;
	unsigned i;

	for (i = 0; i < 5; i++) {
		MUST_EQUAL(reeve_notify_after((int)i % 2, &reference), 0);
		hear_notice(REEVE_NOTICE_TIMER);
	}
	fill_oneself(arg);
}

PROCESS_TEST(notices_do_not_move_the_bound)
{
	reeve_pid self = reeve_self();

	start(hear_timers_and_fill, &self,
	      &(struct reeve_spawn_options){ .mailbox = 10,
					     .arg_size = sizeof(self) });
	MUST_EQUAL(next_number(READY), 10);
}

/* Who pushes counts after that; the place may be another one's by then. */
PROCESS_TEST(a_late_count_of_the_last_owner_does_not_stay)
{
	reeve_pid self = reeve_self();

	atomic_fetch_add(&table_at(self)->n_pushed, 3);
	MUST_EQUAL(tell(self, GO), 0);
	hear(GO);
	start(fill_oneself, &self,
	      &(struct reeve_spawn_options){ .mailbox = 10,
					     .arg_size = sizeof(self) });
	MUST_EQUAL(next_number(READY), 10);
	MUST(atomic_load(&table_at(self)->n_pushed) ==
	     atomic_load(&table_at(self)->n_taken));
}

/* Whoever sends at the same time may pass it by one message each. */
static void send_until_full(void *arg)
{
	const reeve_pid *to = arg;

	while (tell(to[0], ITEM) == 0)
		;
	MUST_EQUAL(tell(to[1], READY), 0);
}

static void wait_for_go(void *arg)
{
	const struct reeve_match match = { .ordinal = GO };
	struct reeve_message *m;
	uint64_t n = 0;

	MUST_EQUAL(reeve_next_match(&match, -1, &m), 0);
	reeve_message_free(m);
	while (reeve_next(0, &m) == 0) {
		n++;
		reeve_message_free(m);
	}
	MUST_EQUAL(send_number(*(reeve_pid *)arg, READY, n), 0);
}

PROCESS_TEST(many_senders_do_not_pass_the_bound)
{
	reeve_pid both[2] = { REEVE_PID_NONE, reeve_self() };
	const struct reeve_spawn_options o = { .arg_size = sizeof(both) };
	struct reeve_process_info info;
	unsigned i;

	both[0] = start(wait_for_go, &both[1],
			&(struct reeve_spawn_options){
				.mailbox = 50, .arg_size = sizeof(both[1]) });
	for (i = 0; i < 8; i++)
		start(send_until_full, both, &o);
	for (i = 0; i < 8; i++)
		hear(READY);
	MUST_EQUAL(reeve_process_info(both[0], &info), 0);
	/* And one that is being taken counts twice for a moment. */
	MUST(info.n_messages >= 49 && info.n_messages < 58);
	if (info.n_messages == 49)
		MUST_EQUAL(tell(both[0], ITEM), 0);
	MUST_EQUAL(tell(both[0], ITEM), -EAGAIN);
	MUST_EQUAL(reeve_kill(both[0], REEVE_EXIT_KILLED), 0);
}

/* ---- waiting for room ---- */

enum { N_ORDERED = 500, N_SENDERS = 4 };

static void send_many(void *arg)
{
	reeve_pid to = *(reeve_pid *)arg;
	uint64_t i;

	for (i = 0; i < N_ORDERED; i++)
		MUST_EQUAL(reeve_send_wait(to,
					   &(struct reeve_message){
						   .ordinal = ITEM,
						   .bytes = &i,
						   .n_bytes = sizeof(i) },
					   -1),
			   0);
}

/* Takes what N_SENDERS send, in their order, and ends. */
static void take_all(void *arg)
{
	uint64_t sum = 0, n;
	struct reeve_message *m;

	(void)arg;
	for (n = 0; n < N_SENDERS * N_ORDERED; n++) {
		MUST_EQUAL(reeve_next(-1, &m), 0);
		sum += number_of(m);
		reeve_message_free(m);
		if (n % 11 == 0)
			reeve_yield();
	}
	MUST_EQUAL(sum, (uint64_t)N_SENDERS * N_ORDERED * (N_ORDERED - 1) / 2);
}

PROCESS_TEST(who_waits_for_room_gets_it)
{
	static const uint32_t bounds[] = { 1, 2, 7, 64 };
	struct reeve_spawn_options o = {}, senders;
	uint64_t watched;
	reeve_pid taker;
	unsigned i, k;

	for (i = 0; i < 4; i++) {
		o.mailbox = bounds[i];
		taker = start(take_all, NULL, &o);
		watched = watch(taker);
		senders = (struct reeve_spawn_options){ .arg_size =
								sizeof(taker) };
		for (k = 0; k < N_SENDERS; k++)
			start(send_many, &taker, &senders);
		MUST_EQUAL(end_of(watched), REEVE_EXIT_NORMAL);
	}
}

static int take_in_handler(void *state, struct reeve_message *m)
{
	uint64_t *left = state;

	MUST_EQUAL(m->ordinal, ITEM);
	return --*left ? 0 : REEVE_EXIT_DONE;
}

PROCESS_TEST(who_waits_for_room_at_a_handler_gets_it)
{
	const struct reeve_spawn_options o = { .mailbox = 3,
					       .flags = REEVE_SPAWN_MONITOR };
	const uint64_t n = N_SENDERS * N_ORDERED;
	reeve_pid taker;
	unsigned k;

	MUST_EQUAL(
		reeve_spawn_handler(take_in_handler, &n, sizeof(n), &o, &taker),
		0);
	for (k = 0; k < N_SENDERS; k++)
		start(send_many, &taker,
		      &(struct reeve_spawn_options){ .arg_size =
							     sizeof(taker) });
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REEVE_EXIT_NORMAL);
}

static void wait_for_room(void *arg)
{
	reeve_pid to = *(reeve_pid *)arg;
	int fd = open_something();
	const struct reeve_message m = { .ordinal = ITEM,
					 .handles = &fd,
					 .n_handles = 1 };

	MUST_EQUAL(reeve_send_wait(to, &m, -1), -ESRCH);
	MUST(!is_open(fd));
}

static void fill_and_wait(void *arg)
{
	while (tell(reeve_self(), ITEM) == 0)
		;
	MUST_EQUAL(tell(*(reeve_pid *)arg, READY), 0);
	while (true)
		MUST_EQUAL(reeve_sleep(-1), 0);
}

PROCESS_TEST(waiting_for_room_ends_in_other_ways)
{
	const struct reeve_message m = { .ordinal = ITEM };
	reeve_pid self = reeve_self(), full, waiting;
	struct reeve_spawn_options o = { .arg_size = sizeof(self),
					 .mailbox = 2 };
	struct reeve_process_info info;
	uint64_t watched;

	full = start(fill_and_wait, &self, &o);
	hear(READY);
	MUST_EQUAL(reeve_send_wait(full, &m, 0), -EAGAIN);
	MUST_EQUAL(reeve_send_wait(full, &m, 3), -ETIMEDOUT);
	MUST_EQUAL(reeve_send_wait(REEVE_PID_NONE, &m, -1), -ESRCH);
	/* Who waits is killed: */
	o = (struct reeve_spawn_options){ .arg_size = sizeof(full),
					  .flags = REEVE_SPAWN_MONITOR };
	waiting = start(wait_for_room, &full, &o);
	do {
		reeve_yield();
		MUST_EQUAL(reeve_process_info(waiting, &info), 0);
	} while (info.state != REEVE_PROCESS_WAITING);
	MUST_EQUAL(reeve_kill(waiting, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REEVE_EXIT_KILLED);
	/* who is waited for ends. */
	waiting = start(wait_for_room, &full, &o);
	do {
		reeve_yield();
		MUST_EQUAL(reeve_process_info(waiting, &info), 0);
	} while (info.state != REEVE_PROCESS_WAITING);
	watched = watch(full);
	MUST_EQUAL(reeve_kill(full, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REEVE_EXIT_NORMAL);
}

/* ... and reads what there is after a while. */
static void fill_and_read_late(void *arg)
{
	struct reeve_message *m;

	MUST_EQUAL(tell(reeve_self(), ITEM), 0);
	MUST_EQUAL(tell(*(reeve_pid *)arg, READY), 0);
	MUST_EQUAL(reeve_sleep(5), 0);
	while (true) {
		MUST_EQUAL(reeve_next(-1, &m), 0);
		reeve_message_free(m);
	}
}

static reeve_pid start_full(reeve_process_fn fn)
{
	reeve_pid self = reeve_self();
	const struct reeve_spawn_options o = { .arg_size = sizeof(self),
					       .mailbox = 1 };
	reeve_pid full = start(fn, &self, &o);

	hear(READY);
	return full;
}

static void kill_and_wait(reeve_pid pid)
{
	uint64_t watched = watch(pid);

	MUST_EQUAL(reeve_kill(pid, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
}

/* Whoever asked a process for room asks the next one in its place as well. */
PROCESS_TEST(the_next_one_in_a_place_is_asked_for_room_too)
{
	const struct reeve_message m = { .ordinal = ITEM };
	reeve_pid before = start_full(fill_and_wait), full;
	unsigned n = 0;

	MUST_EQUAL(reeve_send_wait(before, &m, 1), -ETIMEDOUT);
	kill_and_wait(before);
	/* Most often the first one; of places that other workers have at hand
	 * nothing is known. */
	while ((uint32_t)(full = start_full(fill_and_read_late)) !=
		       (uint32_t)before &&
	       n++ < 200)
		kill_and_wait(full);
	MUST_EQUAL(reeve_send_wait(full, &m, 100000), 0);
	kill_and_wait(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mailbox_takes_as_many_as_it_may),
		cmocka_unit_test(a_bound_is_kept_exactly),
		cmocka_unit_test(notices_do_not_move_the_bound),
		cmocka_unit_test(a_late_count_of_the_last_owner_does_not_stay),
		cmocka_unit_test(many_senders_do_not_pass_the_bound),
		cmocka_unit_test(who_waits_for_room_gets_it),
		cmocka_unit_test(who_waits_for_room_at_a_handler_gets_it),
		cmocka_unit_test(waiting_for_room_ends_in_other_ways),
		cmocka_unit_test(
			the_next_one_in_a_place_is_asked_for_room_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
