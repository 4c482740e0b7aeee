/* Calls: answers, late answers, ends; forwarding; timers. */
#include "everywhere.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { GO = 1, READY = 2, ASK = 3, STOP = 4, LATE = 5 };

static int ask(reeve_pid pid, uint64_t ordinal, uint64_t n, int timeout_ms,
	       uint64_t *ret)
{
	const struct reeve_message m = { .ordinal = ordinal,
					 .txid = 77,
					 .bytes = &n,
					 .n_bytes = sizeof(n) };
	struct reeve_message *answer;
	int r = reeve_call_to(pid, &m, timeout_ms, &answer);

	if (r < 0)
		return r;
	MUST_EQUAL(answer->ordinal, ordinal);
	MUST_EQUAL(reeve_message_sender(answer) != REEVE_PID_NONE, 1);
	*ret = number_of(answer);
	reeve_message_free(answer);
	return 0;
}

static void answer_number(const struct reeve_message *request, uint64_t n)
{
	MUST(request->txid != 0);
	MUST_EQUAL(reeve_answer(request, &n, sizeof(n)), 0);
}

/* Answers with one more, ends when it is told STOP, and keeps LATE requests
 * until the next one. */
static void serve(void *arg)
{
	struct reeve_message *m, *late = NULL;

	(void)arg;
	while (true) {
		MUST_EQUAL(reeve_next(-1, &m), 0);
		if (m->ordinal == STOP)
			return;
		if (m->ordinal == LATE && !late) {
			late = m;
			continue;
		}
		if (late)
			answer_number(late, 1000000);
		reeve_message_free(late);
		late = NULL;
		answer_number(m, number_of(m) + 1);
		reeve_message_free(m);
	}
}

static int serve_in_handler(void *state, struct reeve_message *m)
{
	++*(uint64_t *)state;
	answer_number(m, number_of(m) + *(uint64_t *)state);
	return 0;
}

PROCESS_TEST(a_call_is_answered)
{
	reeve_pid server = start(serve, NULL, NULL);
	uint64_t n, i;

	for (i = 0; i < 100; i++) {
		MUST_EQUAL(ask(server, ASK, i, -1, &n), 0);
		MUST_EQUAL(n, i + 1);
	}
	hear_nothing();
}

PROCESS_TEST(a_handler_is_called_like_any_other)
{
	const uint64_t state = 10;
	reeve_pid server;
	uint64_t n, i;

	MUST_EQUAL(reeve_spawn_handler(serve_in_handler, &state, sizeof(state),
				       NULL, &server),
		   0);
	for (i = 0; i < 100; i++) {
		MUST_EQUAL(ask(server, ASK, i, 100000, &n), 0);
		MUST_EQUAL(n, i + 11 + i);
	}
	hear_nothing();
}

static void call_many_times(void *arg)
{
	reeve_pid server = *(reeve_pid *)arg;
	uint64_t self = reeve_self(), n, i;

	for (i = 0; i < 200; i++) {
		MUST_EQUAL(ask(server, ASK, self + i, -1, &n), 0);
		MUST_EQUAL(n, self + i + 1);
	}
}

PROCESS_TEST(everybody_gets_the_own_answer)
{
	reeve_pid server = start(serve, NULL, NULL);
	const struct reeve_spawn_options o = { .flags = REEVE_SPAWN_MONITOR,
					       .arg_size = sizeof(server) };
	unsigned i;

	for (i = 0; i < 20; i++)
		start(call_many_times, &server, &o);
	for (i = 0; i < 20; i++)
		MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, 0);
}

static void call_and_wait(void *arg)
{
	uint64_t n;

	MUST_EQUAL(ask(*(reeve_pid *)arg, ASK, 1, -1, &n), 0);
}

PROCESS_TEST(who_calls_is_seen_to_wait_for_an_answer)
{
	reeve_pid silent = start(wait_for_ever, NULL, NULL), calling;
	struct reeve_process_info info;

	calling = start(call_and_wait, &silent,
			&(struct reeve_spawn_options){
				.arg_size = sizeof(silent) });
	do {
		reeve_yield();
		MUST_EQUAL(reeve_process_info(calling, &info), 0);
	} while (info.state != REEVE_PROCESS_WAITING);
	MUST_EQUAL(strcmp(info.waits_for, "an answer"), 0);
	MUST_EQUAL(reeve_kill(calling, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(reeve_kill(silent, REEVE_EXIT_KILLED), 0);
}

/* Messages that wait, and that come meanwhile, stay in their order. */
PROCESS_TEST(a_call_leaves_other_messages_where_they_are)
{
	reeve_pid self = reeve_self(), server = start(serve, NULL, NULL);
	uint64_t n, i;

	for (i = 100; i < 110; i++) {
		MUST_EQUAL(tell(self, i), 0);
		/* One that looks like the answer. */
		MUST_EQUAL(reeve_send_to(self,
					 &(struct reeve_message){
						 .ordinal = ASK,
						 .txid = 1 + (uint32_t)i }),
			   0);
		MUST_EQUAL(ask(server, ASK, i, -1, &n), 0);
		MUST_EQUAL(n, i + 1);
	}
	for (i = 100; i < 110; i++) {
		MUST_EQUAL(hear(i), self);
		hear(ASK);
	}
	hear_nothing();
}

PROCESS_TEST(a_late_answer_is_dropped)
{
	reeve_pid server = start(serve, NULL, NULL);
	uint64_t n, i;

	for (i = 0; i < 10; i++) {
		MUST_EQUAL(ask(server, LATE, i, 1, &n), -ETIMEDOUT);
		/* Its answer comes before this one's. */
		MUST_EQUAL(ask(server, ASK, i, -1, &n), 0);
		MUST_EQUAL(n, i + 1);
	}
	hear_nothing();
	MUST_EQUAL(ask(server, LATE, 1, 0, &n) < 0, 1);
	MUST_EQUAL(ask(server, ASK, 1, -1, &n), 0);
	hear_nothing();
}

static void end_when_asked(void *arg)
{
	struct reeve_message *m;

	MUST_EQUAL(reeve_next(-1, &m), 0);
	reeve_exit((int)(intptr_t)arg);
}

PROCESS_TEST(a_call_ends_with_whom_it_asked)
{
	reeve_pid server = start(end_when_asked, NULL, NULL);
	uint64_t n;

	MUST_EQUAL(ask(server, ASK, 1, -1, &n), -ESRCH);
	MUST_EQUAL(ask(server, ASK, 1, -1, &n), -ESRCH);
	server = start(end_when_asked, (void *)REEVE_EXIT_FAILED, NULL);
	MUST_EQUAL(ask(server, ASK, 1, -1, &n), -ESRCH);
	MUST_EQUAL(ask(REEVE_PID_NONE, ASK, 1, -1, &n), -ESRCH);
	MUST_EQUAL(ask(UINT64_MAX, ASK, 1, -1, &n), -ESRCH);
	/* Nobody hears of the monitors that this took. */
	hear_nothing();
}

static void fill_and_wait(void *arg)
{
	while (tell(reeve_self(), READY) == 0)
		;
	MUST_EQUAL(tell(*(reeve_pid *)arg, READY), 0);
	while (true)
		MUST_EQUAL(reeve_sleep(-1), 0);
}

PROCESS_TEST(a_call_to_a_full_mailbox_fails)
{
	reeve_pid self = reeve_self();
	reeve_pid full =
		start(fill_and_wait, &self,
		      &(struct reeve_spawn_options){
			      .mailbox = 2, .arg_size = sizeof(self) });
	uint64_t n;

	hear(READY);
	MUST_EQUAL(ask(full, ASK, 1, -1, &n), -EAGAIN);
	MUST_EQUAL(reeve_kill(full, REEVE_EXIT_KILLED), 0);
	hear_nothing();
}

PROCESS_TEST(an_answer_passes_a_full_mailbox)
{
	reeve_pid server = start(serve, NULL, NULL);
	uint64_t n;

	while (tell(reeve_self(), READY) == 0)
		;
	MUST_EQUAL(ask(server, ASK, 1, -1, &n), 0);
	MUST_EQUAL(n, 2);
}

PROCESS_TEST(only_requests_are_answered)
{
	struct reeve_message *m;

	MUST_EQUAL(tell(reeve_self(), GO), 0);
	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(reeve_answer(m, NULL, 0), -EINVAL);
	reeve_message_free(m);
	/* To one that was sent, the answer is a message. */
	MUST_EQUAL(reeve_send_to(reeve_self(),
				 &(struct reeve_message){ .ordinal = GO,
							  .txid = 12345 }),
		   0);
	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(reeve_answer(m, "yes", 3), 0);
	reeve_message_free(m);
	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(m->ordinal, GO);
	MUST_EQUAL(m->txid, 12345);
	MUST_EQUAL(m->n_bytes, 3);
	MUST_EQUAL(reeve_message_sender(m), reeve_self());
	reeve_message_free(m);
}

static void answer_the_gone(void *arg)
{
	struct reeve_message *m;
	reeve_pid asker;

	(void)arg;
	MUST_EQUAL(reeve_next(-1, &m), 0);
	asker = reeve_message_sender(m);
	MUST_EQUAL(reeve_kill(asker, REEVE_EXIT_KILLED), 0);
	while (reeve_is_alive(asker))
		reeve_yield();
	MUST_EQUAL(reeve_answer(m, NULL, 0), -ESRCH);
}

static void call_without_end(void *arg)
{
	uint64_t n;

	MUST(ask(*(reeve_pid *)arg, ASK, 1, -1, &n) < 0 && false);
}

PROCESS_TEST(an_answer_to_who_is_gone_fails)
{
	reeve_pid server = start(answer_the_gone, NULL, NULL);
	uint64_t watched = watch(server);

	start(call_without_end, &server,
	      &(struct reeve_spawn_options){ .arg_size = sizeof(server) });
	MUST_EQUAL(end_of(watched), REEVE_EXIT_NORMAL);
}

/* ---- passing on ---- */

static void pass_on(void *arg)
{
	reeve_pid to = *(reeve_pid *)arg;
	struct reeve_message *m;

	while (reeve_next(-1, &m) == 0)
		MUST_EQUAL(reeve_forward(to, m), 0);
}

PROCESS_TEST(the_answer_to_what_was_passed_on_comes_here)
{
	reeve_pid last = start(serve, NULL, NULL);
	const struct reeve_spawn_options o = { .arg_size = sizeof(last) };
	reeve_pid middle = start(pass_on, &last, &o);
	reeve_pid first = start(pass_on, &middle, &o);
	uint64_t n, i;

	for (i = 0; i < 50; i++) {
		MUST_EQUAL(ask(first, ASK, i, -1, &n), 0);
		MUST_EQUAL(n, i + 1);
	}
	hear_nothing();
}

PROCESS_TEST(what_cannot_be_passed_on_is_the_callers_still)
{
	struct reeve_message *m;
	uint64_t n = 9;

	MUST_EQUAL(reeve_send_to(reeve_self(),
				 &(struct reeve_message){ .ordinal = GO,
							  .bytes = &n,
							  .n_bytes = 8 }),
		   0);
	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(reeve_forward(REEVE_PID_NONE, m), -ESRCH);
	MUST_EQUAL(number_of(m), 9);
	MUST_EQUAL(reeve_forward(reeve_self(), m), 0);
	MUST_EQUAL(hear(GO), reeve_self());
	hear_nothing();
}

PROCESS_TEST(an_answer_is_passed_on_as_any_message)
{
	reeve_pid server = start(serve, NULL, NULL);
	const uint64_t n = 1;
	const struct reeve_message m = { .ordinal = ASK,
					 .bytes = &n,
					 .n_bytes = sizeof(n) };
	struct reeve_message *answer;

	MUST_EQUAL(reeve_call_to(server, &m, -1, &answer), 0);
	MUST_EQUAL(reeve_forward(reeve_self(), answer), 0);
	MUST_EQUAL(hear(ASK), server);
}

static void answer_twice(void *arg)
{
	struct reeve_message *m;

	(void)arg;
	while (reeve_next(-1, &m) == 0) {
		answer_number(m, 1);
		answer_number(m, 2);
		reeve_message_free(m);
	}
}

PROCESS_TEST(a_second_answer_is_dropped)
{
	reeve_pid server = start(answer_twice, NULL, NULL);
	uint64_t n, i;

	for (i = 0; i < 20; i++) {
		MUST_EQUAL(ask(server, ASK, 0, -1, &n), 0);
		MUST_EQUAL(n, 1);
	}
	hear_nothing();
}

/* ---- handles where nothing is sent ---- */

/* A GO that cannot be passed on, and an ASK after it, which is answered. */
static int fail_to_pass_on(void *state, struct reeve_message *m)
{
	(void)state;
	if (m->ordinal == ASK)
		answer_number(m, 0);
	else
		MUST_EQUAL(reeve_forward(REEVE_PID_NONE, m), -ESRCH);
	return 0;
}

PROCESS_TEST(what_a_handler_could_not_pass_on_is_freed)
{
	int fd = open_something();
	const struct reeve_message m = { .ordinal = GO,
					 .handles = &fd,
					 .n_handles = 1 };
	reeve_pid handler;
	uint64_t n;

	MUST_EQUAL(reeve_spawn_handler(fail_to_pass_on, NULL, 0, NULL,
				       &handler),
		   0);
	MUST_EQUAL(reeve_send_to(handler, &m), 0);
	MUST_EQUAL(ask(handler, ASK, 0, -1, &n), 0);
	MUST(!is_open(fd));
}

static int send_what_is_refused(void *state, struct reeve_message *m)
{
	int fd = open_something();
	const struct reeve_message other = { .ordinal = GO,
					     .handles = &fd,
					     .n_handles = 1 };
	struct reeve_message *answer;

	(void)state;
	MUST_EQUAL(reeve_send_wait(reeve_self(), &other, -1), -EDEADLK);
	MUST(!is_open(fd));
	fd = open_something();
	MUST_EQUAL(reeve_call_to(reeve_self(), &other, -1, &answer), -EDEADLK);
	MUST(!is_open(fd));
	if (m->ordinal == ASK) {
		answer_number(m, 0);
		return 0;
	}
	fd = open_something();
	MUST_EQUAL(reeve_answer_with(m, &other), -EINVAL);
	MUST(!is_open(fd));
	return 0;
}

PROCESS_TEST(handles_are_closed_where_a_process_may_not_send)
{
	reeve_pid handler;
	uint64_t n;

	MUST_EQUAL(reeve_spawn_handler(send_what_is_refused, NULL, 0, NULL,
				       &handler),
		   0);
	MUST_EQUAL(tell(handler, GO), 0);
	MUST_EQUAL(ask(handler, ASK, 0, -1, &n), 0);
}

static void handles_are_closed_outside_of_processes(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const struct reeve_message m = { .ordinal = GO,
					 .handles = &fd,
					 .n_handles = 1 };

	(void)state;
	assert_int_equal(reeve_send_to(1, &m), -EPERM);
	assert_false(is_open(fd));
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(reeve_send_wait(1, &m, -1), -EPERM);
	assert_false(is_open(fd));
}

/* ---- timers ---- */

PROCESS_TEST(timers_come_in_their_order)
{
	static const int times[] = { 30, 10, 20, 0, 40, 5 };
	static const unsigned order[] = { 3, 5, 1, 2, 0, 4 };
	uint64_t references[6];
	struct reeve_notice n;
	unsigned i;

	for (i = 0; i < 6; i++)
		MUST_EQUAL(reeve_notify_after(times[i], &references[i]), 0);
	for (i = 0; i < 6; i++) {
		n = hear_notice(REEVE_NOTICE_TIMER);
		MUST_EQUAL(n.reference, references[order[i]]);
	}
	hear_nothing();
	for (i = 0; i < 6; i++)
		MUST_EQUAL(reeve_cancel_timer(references[i]), -ENOENT);
}

PROCESS_TEST(a_cancelled_timer_does_not_come)
{
	uint64_t one, other;

	MUST_EQUAL(reeve_notify_after(3, &one), 0);
	MUST_EQUAL(reeve_send_after(reeve_self(),
				    &(struct reeve_message){ .ordinal = GO }, 4,
				    &other),
		   0);
	MUST(one != other);
	/* On a slow machine it was sent already. */
	if (reeve_cancel_timer(one) < 0)
		hear_notice(REEVE_NOTICE_TIMER);
	hear(GO);
	MUST_EQUAL(reeve_cancel_timer(one), -ENOENT);
	MUST_EQUAL(reeve_cancel_timer(other), -ENOENT);
	MUST_EQUAL(reeve_cancel_timer(0), -ENOENT);
	MUST_EQUAL(reeve_cancel_timer(UINT64_MAX), -ENOENT);
	hear_nothing();
}

static void set_a_timer_and_end(void *arg)
{
	uint64_t reference;

	MUST_EQUAL(reeve_notify_after(2, &reference), 0);
	MUST_EQUAL(reeve_send_after(*(reeve_pid *)arg,
				    &(struct reeve_message){ .ordinal = GO }, 2,
				    &reference),
		   0);
}

/* It is sent by whoever set it, also after its end. */
PROCESS_TEST(a_timer_outlives_who_set_it)
{
	reeve_pid self = reeve_self();

	start(set_a_timer_and_end, &self,
	      &(struct reeve_spawn_options){ .arg_size = sizeof(self) });
	hear(GO);
	hear_nothing();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_answered),
		cmocka_unit_test(a_handler_is_called_like_any_other),
		cmocka_unit_test(everybody_gets_the_own_answer),
		cmocka_unit_test(who_calls_is_seen_to_wait_for_an_answer),
		cmocka_unit_test(a_call_leaves_other_messages_where_they_are),
		cmocka_unit_test(a_late_answer_is_dropped),
		cmocka_unit_test(a_call_ends_with_whom_it_asked),
		cmocka_unit_test(a_call_to_a_full_mailbox_fails),
		cmocka_unit_test(an_answer_passes_a_full_mailbox),
		cmocka_unit_test(only_requests_are_answered),
		cmocka_unit_test(an_answer_to_who_is_gone_fails),
		cmocka_unit_test(the_answer_to_what_was_passed_on_comes_here),
		cmocka_unit_test(what_cannot_be_passed_on_is_the_callers_still),
		cmocka_unit_test(an_answer_is_passed_on_as_any_message),
		cmocka_unit_test(a_second_answer_is_dropped),
		cmocka_unit_test(what_a_handler_could_not_pass_on_is_freed),
		cmocka_unit_test(handles_are_closed_where_a_process_may_not_send),
		cmocka_unit_test(handles_are_closed_outside_of_processes),
		cmocka_unit_test(timers_come_in_their_order),
		cmocka_unit_test(a_cancelled_timer_does_not_come),
		cmocka_unit_test(a_timer_outlives_who_set_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
