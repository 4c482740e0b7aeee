/* Ports: channels as processes. */
#include "port_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

/* ---- both ways ---- */

static void passes_events(void *arg)
{
	struct reeve_channel *other;
	struct reeve_message *m;
	reeve_pid port = port_new(reeve_self(), REEVE_SPAWN_MONITOR, 0, &other);

	(void)arg;
	send_pid(port, ORDINAL, "one");
	send_pid(port, ORDINAL, "two");
	expect_text(expect_receive(other), "one");
	expect_text(expect_receive(other), "two");
	send_text(other, 9, 0, "three");
	send_text(other, 9, 0, "four");
	m = expect_message();
	REEVE_CHECK(reeve_message_sender(m) == port);
	REEVE_CHECK(m->ordinal == 9 && !m->txid);
	expect_text(m, "three");
	expect_text(expect_message(), "four");
	reeve_channel_close(other);
	REEVE_CHECK(expect_end(port).reason == REEVE_EXIT_PEER_CLOSED);
}

static void test_events(void **state)
{
	(void)state;
	play(passes_events, NULL);
}

/* Requests of the other end are answered under the id that it chose. */
static void answers_requests(void *arg)
{
	struct reeve_channel *other;
	struct reeve_message *m, *n;
	reeve_pid port = port_new(reeve_self(), REEVE_SPAWN_MONITOR, 0, &other);

	(void)arg;
	send_text(other, 9, 41, "a");
	send_text(other, 10, 42, "b");
	m = expect_message();
	n = expect_message();
	/* In another order than they came in, and one of them twice. */
	REEVE_CHECK(reeve_answer(n, "B", 1) == 0);
	REEVE_CHECK(reeve_answer(n, "again", 5) == 0);
	REEVE_CHECK(reeve_answer(m, "A", 1) == 0);
	reeve_message_free(m);
	reeve_message_free(n);
	m = expect_receive(other);
	REEVE_CHECK(m->txid == 42 && m->ordinal == 10);
	expect_text(m, "B");
	m = expect_receive(other);
	REEVE_CHECK(m->txid == 41 && m->ordinal == 9);
	expect_text(m, "A");
	REEVE_CHECK(reeve_kill(port, REEVE_EXIT_SHUTDOWN) == 0);
	REEVE_CHECK(expect_end(port).reason == REEVE_EXIT_SHUTDOWN);
	/* It had served, so it says why. */
	REEVE_CHECK(reeve_receive(other, LONG_MS, &m) == -EPIPE);
	REEVE_CHECK(reeve_channel_status(other) == REEVE_ERR_UNAVAILABLE);
	reeve_channel_close(other);
}

static void test_requests(void **state)
{
	(void)state;
	play(answers_requests, NULL);
}

/* ---- calls ---- */

enum { CALLERS = 50 };

struct caller {
	reeve_pid port, parent;
	int number;
};

static void call(void *arg)
{
	struct caller *c = arg;
	const struct reeve_message request = { .ordinal = ORDINAL,
					       .bytes = &c->number,
					       .n_bytes = sizeof(c->number) };
	struct reeve_message *answer;
	int number;

	REEVE_CHECK(reeve_call_to(c->port, &request, LONG_MS, &answer) == 0);
	REEVE_CHECK(answer->ordinal == ORDINAL);
	memcpy(&number, answer->bytes, sizeof(number));
	REEVE_CHECK(number == c->number + 1000);
	reeve_message_free(answer);
	send_pid(c->parent, 1, "done");
}

/* Many processes call over one channel; each gets its own answer, in whatever
 * order they come. */
static void calls_over_one_channel(void *arg)
{
	const struct reeve_spawn_options o = { .arg_size =
						       sizeof(struct caller) };
	struct reeve_message *requests[CALLERS];
	struct caller c = { .parent = reeve_self() };
	struct reeve_channel *other;
	int i, number;

	(void)arg;
	c.port = port_new(REEVE_PID_NONE, REEVE_SPAWN_MONITOR, 0, &other);
	for (i = 0; i < CALLERS; i++) {
		c.number = i;
		REEVE_CHECK(reeve_spawn(call, &c, &o, NULL) == 0);
	}
	for (i = 0; i < CALLERS; i++)
		requests[i] = expect_receive(other);
	for (i = CALLERS - 1; i >= 0; i--) {
		memcpy(&number, requests[i]->bytes, sizeof(number));
		number += 1000;
		REEVE_CHECK(reeve_reply(other, requests[i], &number,
					sizeof(number)) == 0);
		reeve_message_free(requests[i]);
	}
	for (i = 0; i < CALLERS; i++)
		reeve_message_free(expect_ordinal(1));
	reeve_channel_close(other);
	REEVE_CHECK(expect_end(c.port).reason == REEVE_EXIT_PEER_CLOSED);
}

static void test_calls(void **state)
{
	(void)state;
	play(calls_over_one_channel, NULL);
}

static void call_and_see_the_end(void *arg)
{
	const struct caller *c = arg;
	const struct reeve_message request = { .ordinal = ORDINAL };
	struct reeve_message *answer;

	REEVE_CHECK(reeve_call_to(c->port, &request, LONG_MS, &answer) ==
		    -EPIPE);
	send_pid(c->parent, 1, "done");
}

/* Whoever waits for an answer learns that the other end is gone, and why is in
 * the notice. */
static void tells_callers_of_the_end(void *arg)
{
	const struct reeve_spawn_options o = { .arg_size =
						       sizeof(struct caller) };
	struct caller c = { .parent = reeve_self() };
	struct reeve_channel *other;
	struct reeve_notice notice;
	int i;

	(void)arg;
	c.port = port_new(REEVE_PID_NONE, REEVE_SPAWN_MONITOR, 0, &other);
	for (i = 0; i < 3; i++)
		REEVE_CHECK(reeve_spawn(call_and_see_the_end, &c, &o, NULL) ==
			    0);
	for (i = 0; i < 3; i++)
		reeve_message_free(expect_receive(other));
	reeve_channel_close_with(other, REEVE_ERR_NO_RESOURCES);
	for (i = 0; i < 3; i++)
		reeve_message_free(expect_ordinal(1));
	notice = expect_end(c.port);
	REEVE_CHECK(notice.reason == REEVE_EXIT_PEER_CLOSED);
	REEVE_CHECK((int32_t)notice.reserved == REEVE_ERR_NO_RESOURCES);
}

static void test_end_of_the_other(void **state)
{
	(void)state;
	play(tells_callers_of_the_end, NULL);
}

/* An answer that comes too late is nobody's. */
static void drops_late_answers(void *arg)
{
	const struct reeve_message request = { .ordinal = ORDINAL,
					       .bytes = "x",
					       .n_bytes = 1 };
	struct reeve_message *first, *m;
	struct reeve_channel *other;
	reeve_pid port = port_new(reeve_self(), REEVE_SPAWN_MONITOR, 0, &other);

	(void)arg;
	REEVE_CHECK(reeve_call_to(port, &request, 1, &m) == -ETIMEDOUT);
	first = expect_receive(other);
	REEVE_CHECK(reeve_reply(other, first, "late", 4) == 0);
	/* One that was never asked for is a request. */
	send_text(other, ORDINAL, 0x7ffffff0, "own");
	m = expect_message();
	REEVE_CHECK(m->txid);
	expect_text(m, "own");
	expect_nothing();
	reeve_message_free(first);
	reeve_channel_close(other);
	expect_end(port);
}

static void test_late_answers(void **state)
{
	(void)state;
	play(drops_late_answers, NULL);
}

/* Sent with an id of one's own: the answer comes as a message with that id. */
static void answers_what_was_sent(void *arg)
{
	const struct reeve_message request = { .ordinal = ORDINAL,
					       .txid = 1234 };
	struct reeve_channel *other;
	struct reeve_message *m;
	reeve_pid port = port_new(reeve_self(), REEVE_SPAWN_MONITOR, 0, &other);

	(void)arg;
	REEVE_CHECK(reeve_send_to(port, &request) == 0);
	m = expect_receive(other);
	REEVE_CHECK(reeve_reply(other, m, "yes", 3) == 0);
	reeve_message_free(m);
	m = expect_message();
	REEVE_CHECK(m->txid == 1234);
	expect_text(m, "yes");
	reeve_channel_close(other);
	expect_end(port);
}

static void test_sent_requests(void **state)
{
	(void)state;
	play(answers_what_was_sent, NULL);
}

/* ---- handles ---- */

static void passes_handles(void *arg)
{
	struct reeve_channel *other;
	struct reeve_message *m;
	struct stat a, b;
	int fds[2];
	reeve_pid port = port_new(reeve_self(), REEVE_SPAWN_MONITOR, 0, &other);

	(void)arg;
	REEVE_CHECK(pipe2(fds, O_CLOEXEC) == 0);
	REEVE_CHECK(fstat(fds[0], &a) == 0);
	REEVE_CHECK(reeve_send_to(port, &(struct reeve_message){
						.ordinal = ORDINAL,
						.handles = fds,
						.n_handles = 2 }) == 0);
	m = expect_receive(other);
	REEVE_CHECK(m->n_handles == 2);
	fds[0] = reeve_message_take_handle(m, 0);
	REEVE_CHECK(fstat(fds[0], &b) == 0 && a.st_ino == b.st_ino);
	/* Its other handle is closed with it. */
	reeve_message_free(m);
	REEVE_CHECK(reeve_send(other,
			       &(struct reeve_message){ .ordinal = ORDINAL,
							.handles = fds,
							.n_handles = 1 }) == 0);
	m = expect_message();
	REEVE_CHECK(m->n_handles == 1);
	REEVE_CHECK(fstat(m->handles[0], &b) == 0 && a.st_ino == b.st_ino);
	reeve_message_free(m);
	reeve_channel_close(other);
	expect_end(port);
}

static void test_handles(void **state)
{
	(void)state;
	play(passes_handles, NULL);
}

/* ---- without memory ---- */

/* A request through a port and its answer: 0, or it is said that there is no
 * memory; nothing is left in any case. */
static int ask_once(void *arg)
{
	const struct reeve_spawn_options o = { .flags = REEVE_SPAWN_MONITOR };
	struct reeve_channel *mine, *other;
	struct reeve_message *m = NULL, *answer = NULL;
	bool has_ended = false;
	reeve_pid port;
	int r;

	(void)arg;
	r = reeve_channel_pair(&mine, &other);
	if (r < 0)
		return r;
	r = reeve_port_open(mine, reeve_self(), &o, &port);
	if (r == 0)
		r = reeve_send(other, &(struct reeve_message){
					      .ordinal = ORDINAL, .txid = 1 });
	if (r == 0)
		m = expect_message();
	if (m) {
		has_ended = m->ordinal == REEVE_NOTICE_DOWN;
		r = has_ended ? -ENOMEM : reeve_answer(m, "x", 1);
		reeve_message_free(m);
	}
	if (r == 0)
		r = reeve_receive(other, LONG_MS, &answer);
	reeve_message_free(answer);
	reeve_channel_close(other);
	if (m && !has_ended) {
		/* Without memory nobody can be told of an end: it just ends. */
		while (reeve_is_alive(port))
			REEVE_CHECK(reeve_sleep(1) == 0);
		while (reeve_next(0, &m) == 0)
			reeve_message_free(m);
	}
	return r;
}

static void ask_without_memory(void *arg)
{
	(void)arg;
	REEVE_CHECK(fault_sweep(ask_once, NULL) > 5);
}

static void test_no_memory(void **state)
{
	(void)state;
	assert_int_equal(
		reeve_processes_run(
			&(struct reeve_runtime_options){ .n_workers = 1 },
			ask_without_memory, NULL),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_end_of_the_other),
		cmocka_unit_test(test_late_answers),
		cmocka_unit_test(test_sent_requests),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
