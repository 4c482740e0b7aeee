/* Timers of programs, and sleeping. */
#include "everywhere.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fault.h"

enum {
	PING = 1,
	PONG,
	N_TIMERS = 3000,
};

PROCESS_TEST(notices_come_in_the_order_of_their_times)
{
	/* However long it takes to set them, they stay in this order. */
	static const int timeouts[] = { 1, 5, 10, 20, 30 };
	uint64_t references[5], late;

	MUST_EQUAL(reeve_notify_after(1000000, &late), 0);
	for (int i = 0; i < 5; i++)
		MUST_EQUAL(reeve_notify_after(timeouts[i], &references[i]), 0);
	for (int i = 0; i < 5; i++) {
		struct reeve_notice n = hear_notice(REEVE_NOTICE_TIMER);

		MUST_EQUAL(n.reference, references[i]);
		MUST_EQUAL(n.pid, reeve_self());
	}
	MUST_EQUAL(reeve_cancel_timer(late), 0);
}

PROCESS_TEST(a_timer_is_cancelled_or_it_came)
{
	uint64_t soon, late;

	MUST_EQUAL(reeve_notify_after(1000000, &late), 0);
	MUST_EQUAL(reeve_notify_after(1, &soon), 0);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_TIMER).reference, soon);
	MUST_EQUAL(reeve_cancel_timer(soon), -ENOENT);
	MUST_EQUAL(reeve_cancel_timer(late), 0);
	MUST_EQUAL(reeve_cancel_timer(late), -ENOENT);
	/* The place is taken again, and the old name of it means nothing. */
	MUST_EQUAL(reeve_notify_after(1000000, &soon), 0);
	MUST_EQUAL(reeve_cancel_timer(late), -ENOENT);
	MUST_EQUAL(reeve_cancel_timer(soon), 0);
	MUST_EQUAL(reeve_cancel_timer(0), -ENOENT);
	MUST_EQUAL(reeve_cancel_timer(UINT64_MAX), -ENOENT);
	hear_nothing();
}

static void answer_one(void *arg)
{
	(void)arg;
	tell(hear(PING), PONG);
}

/* A handle, so that whatever happens to the message shows. */
static struct reeve_message message_with(int *handle)
{
	*handle = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return (struct reeve_message){ .ordinal = PING,
				       .handles = handle,
				       .n_handles = 1,
				       .bytes = "hello",
				       .n_bytes = 5 };
}

PROCESS_TEST(a_message_is_sent_later)
{
	struct reeve_message m;
	uint64_t reference, watched;
	reeve_pid pid = start(answer_one, NULL, NULL);
	int handle;

	watched = watch(pid);
	m = message_with(&handle);
	MUST_EQUAL(reeve_send_after(pid, &m, 2, &reference), 0);
	MUST_EQUAL(hear(PONG), pid);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_NORMAL);

	m = message_with(&handle);
	MUST_EQUAL(reeve_send_after(pid, &m, 2, &reference), -ESRCH);
	m = message_with(&handle);
	m.n_bytes = REEVE_BYTES_MAX;
	MUST_EQUAL(reeve_send_after(reeve_self(), &m, 2, &reference),
		   -EMSGSIZE);
	m = message_with(&handle);
	MUST_EQUAL(reeve_send_after(reeve_self(), &m, 1000000, &reference), 0);
	MUST_EQUAL(reeve_cancel_timer(reference), 0);
	/* These are there at the end. */
	m = message_with(&handle);
	MUST_EQUAL(reeve_send_after(reeve_self(), &m, 1000000, &reference), 0);
	m = message_with(&handle);
	MUST_EQUAL(reeve_send_after(reeve_self(), &m, -1, &reference), 0);
}

PROCESS_TEST(all_of_many_come)
{
	uint64_t sum = 0, reference;

	for (int i = 0; i < N_TIMERS; i++) {
		MUST_EQUAL(reeve_notify_after(i % 40, &reference), 0);
		sum += reference;
	}
	for (int i = 0; i < N_TIMERS; i++)
		sum -= hear_notice(REEVE_NOTICE_TIMER).reference;
	MUST_EQUAL(sum, 0);
	hear_nothing();
}

static void sleep_often(void *arg)
{
	for (int i = 0; i < 20; i++)
		MUST_EQUAL(reeve_sleep(i % 3), 0);
	tell(*(reeve_pid *)arg, PONG);
}

static void sleep_for_ever(void *arg)
{
	(void)arg;
	reeve_sleep(-1);
	MUST(false);
}

PROCESS_TEST(many_sleep)
{
	reeve_pid self = reeve_self(), pid;
	uint64_t watched;

	for (int i = 0; i < 100; i++)
		start(sleep_often, &self, NULL);
	for (int i = 0; i < 100; i++)
		(void)hear(PONG);
	pid = start(sleep_for_ever, NULL, NULL);
	watched = watch(pid);
	/* What comes does not wake it. */
	tell(pid, PING);
	MUST_EQUAL(reeve_sleep(2), 0);
	MUST(reeve_is_alive(pid));
	MUST_EQUAL(reeve_kill(pid, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
}

/* ---- no memory ---- */

static int set_and_cancel(void *arg)
{
	uint64_t reference;
	struct reeve_message m;
	int handle, r;

	(void)arg;
	r = reeve_notify_after(1000000, &reference);
	if (r < 0)
		return r;
	MUST_EQUAL(reeve_cancel_timer(reference), 0);
	m = message_with(&handle);
	r = reeve_send_after(reeve_self(), &m, 1000000, &reference);
	if (r < 0)
		return r;
	return reeve_cancel_timer(reference);
}

static void sweep(void *arg)
{
	MUST(fault_sweep(set_and_cancel, arg) >= 1);
	hear_nothing();
}

/* With one worker: nobody else allocates meanwhile. */
static void a_lack_of_memory_is_told(void **state)
{
	(void)state;
	assert_int_equal(
		reeve_processes_run(
			&(struct reeve_runtime_options){ .n_workers = 1 },
			sweep, NULL),
		REEVE_EXIT_NORMAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notices_come_in_the_order_of_their_times),
		cmocka_unit_test(a_timer_is_cancelled_or_it_came),
		cmocka_unit_test(a_message_is_sent_later),
		cmocka_unit_test(all_of_many_come),
		cmocka_unit_test(many_sleep),
		cmocka_unit_test(a_lack_of_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
