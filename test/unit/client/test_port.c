/* Ports: channels as processes. */
#include "processes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/port_calls.h"
#include "fault.h"
#include "reeve/router.h"
#include "rig.h"

enum {
	ORDINAL = 7,
	LONG_MS = 20000,
};

/* A port to @to, and the other end of its channel. */
static reeve_pid port_new(reeve_pid to, uint32_t flags, uint32_t mailbox,
			  struct reeve_channel **ret)
{
	const struct reeve_spawn_options o = { .flags = flags,
					       .mailbox = mailbox };
	struct reeve_channel *mine;
	reeve_pid port;

	REEVE_CHECK(reeve_channel_pair(&mine, ret) == 0);
	REEVE_CHECK(reeve_port_open(mine, to, &o, &port) == 0);
	return port;
}

static void send_pid(reeve_pid pid, uint64_t ordinal, const char *text)
{
	const struct reeve_message m = { .ordinal = ordinal,
					 .bytes = text,
					 .n_bytes = strlen(text) };

	REEVE_CHECK(reeve_send_to(pid, &m) == 0);
}

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

/* ---- back-pressure ---- */

/* Send until the channel is full; how many went. */
static int fill(struct reeve_channel *channel)
{
	static const char body[2000];
	int n = 0;

	while (reeve_send(channel, &(struct reeve_message){
					   .ordinal = ORDINAL,
					   .txid = (uint32_t)n,
					   .bytes = body,
					   .n_bytes = sizeof(body) }) == 0)
		n++;
	return n;
}

struct slow {
	reeve_pid parent;
};

/* Takes nothing until it is told to, then all. */
static void slow(void *arg)
{
	const struct slow *s = arg;
	struct reeve_message *m = expect_ordinal(2);
	int i, n;

	memcpy(&n, m->bytes, sizeof(n));
	reeve_message_free(m);
	for (i = 0; i < n; i++)
		reeve_message_free(expect_ordinal(ORDINAL));
	send_pid(s->parent, 1, "all");
}

/* The channel is not read while the mailbox is full, and goes on after that;
 * what goes the other way is not held up. */
static void waits_for_a_mailbox(void *arg)
{
	struct slow s = { .parent = reeve_self() };
	const struct reeve_spawn_options o = { .mailbox = 4,
					       .arg_size = sizeof(s) };
	struct reeve_channel *other;
	reeve_pid reader, port;
	struct reeve_message *m;
	int n, more, rounds;

	(void)arg;
	REEVE_CHECK(reeve_spawn(slow, &s, &o, &reader) == 0);
	port = port_new(reader, REEVE_SPAWN_MONITOR, 0, &other);
	/* Four in the mailbox, one that the port holds, and the channel: until
	 * it stays full. */
	for (n = rounds = 0; rounds < 20; rounds = more ? 0 : rounds + 1) {
		more = fill(other);
		n += more;
		REEVE_CHECK(reeve_sleep(1) == 0);
	}
	REEVE_CHECK(n > 10);
	send_pid(port, 3, "through");
	m = expect_receive(other);
	REEVE_CHECK(m->ordinal == 3);
	reeve_message_free(m);
	REEVE_CHECK(
		reeve_send_wait(reader,
				&(struct reeve_message){ .ordinal = 2,
							 .bytes = &n,
							 .n_bytes = sizeof(n) },
				0) == -EAGAIN);
	/* Its own way in is full as well: it looks for one ordinal only. */
	REEVE_CHECK(reeve_kill(reader, REEVE_EXIT_SHUTDOWN) == 0);
	REEVE_CHECK(expect_end(port).reason == REEVE_EXIT_SHUTDOWN);
	REEVE_CHECK(reeve_send(other, &(struct reeve_message){
					      .ordinal = 1 }) == -EPIPE);
	reeve_channel_close(other);
}

static void test_full_mailbox(void **state)
{
	(void)state;
	play_in_time(waits_for_a_mailbox, NULL);
}

/* Begins late, and then takes one message after the other. */
static void late(void *arg)
{
	const struct slow *s = arg;
	struct reeve_message *m;
	uint32_t i = 0;

	reeve_message_free(expect_ordinal(2));
	for (;;) {
		m = expect_message();
		if (m->ordinal == 3) {
			send_pid(s->parent, 1, "all");
			return;
		}
		/* The ids of requests that nobody answers. */
		if ((m->txid & INT32_MAX) != i)
			reeve_fail("%u came and not %u", m->txid & INT32_MAX,
				   i);
		i++;
		reeve_message_free(m);
	}
}

/* Nothing is lost or changes its place by waiting. */
static void goes_on_when_there_is_room(void *arg)
{
	struct slow s = { .parent = reeve_self() };
	const struct reeve_spawn_options o = { .mailbox = 4,
					       .arg_size = sizeof(s) };
	struct reeve_channel *other;
	reeve_pid reader, port;

	(void)arg;
	REEVE_CHECK(reeve_spawn(late, &s, &o, &reader) == 0);
	send_pid(reader, 2, "go");
	port = port_new(reader, REEVE_SPAWN_MONITOR, 0, &other);
	REEVE_CHECK(fill(other) > 4);
	while (reeve_send(other, &(struct reeve_message){ .ordinal = 3 }) ==
	       -EAGAIN)
		REEVE_CHECK(reeve_channel_wait(other, POLLOUT, LONG_MS) == 0);
	reeve_message_free(expect_ordinal(1));
	expect_end(port);
	reeve_channel_close(other);
}

static void test_room_again(void **state)
{
	(void)state;
	play_in_time(goes_on_when_there_is_room, NULL);
}

/* Who sends to a port whose other end does not read gets -EAGAIN, after no more
 * than its mailbox and the channel take. */
static void senders_see_a_reader_that_is_slow(void *arg)
{
	static const char body[2000];
	const struct reeve_message event = { .ordinal = ORDINAL,
					     .bytes = body,
					     .n_bytes = sizeof(body) };
	struct reeve_channel *other;
	reeve_pid port = port_new(reeve_self(), REEVE_SPAWN_MONITOR, 8, &other);
	int i, n = 0, rounds = 0;

	(void)arg;
	/* Until it stays full. */
	while (rounds < 20) {
		if (reeve_send_to(port, &event) == 0) {
			n++;
			rounds = 0;
		} else {
			rounds++;
			REEVE_CHECK(reeve_sleep(1) == 0);
		}
	}
	/* It reads its channel nevertheless. */
	send_text(other, 9, 0, "still here");
	expect_text(expect_message(), "still here");
	for (i = 0; i < n; i++)
		reeve_message_free(expect_receive(other));
	REEVE_CHECK(reeve_send_wait(port, &event, LONG_MS) == 0);
	reeve_message_free(expect_receive(other));
	reeve_channel_close(other);
	expect_end(port);
}

static void test_slow_reader(void **state)
{
	(void)state;
	play_in_time(senders_see_a_reader_that_is_slow, NULL);
}

/* ---- ends ---- */

static void ends_with_its_process(void *arg)
{
	struct reeve_channel *other;
	struct reeve_message *m;
	struct slow s = {};
	const struct reeve_spawn_options o = { .arg_size = sizeof(s) };
	reeve_pid reader, port;

	(void)arg;
	REEVE_CHECK(reeve_spawn(slow, &s, &o, &reader) == 0);
	port = port_new(reader, REEVE_SPAWN_MONITOR, 0, &other);
	send_text(other, ORDINAL, 5, "will not be answered");
	while (reeve_kill(reader, REEVE_EXIT_OWN + 1) == 0 &&
	       reeve_is_alive(reader))
		reeve_yield();
	REEVE_CHECK(expect_end(port).reason != REEVE_EXIT_NORMAL);
	REEVE_CHECK(reeve_receive(other, LONG_MS, &m) == -EPIPE);
	reeve_channel_close(other);
}

static void test_end_of_its_process(void **state)
{
	(void)state;
	play(ends_with_its_process, NULL);
}

/* What was sent before it was closed arrives, then the epitaph. */
static void closes_in_order(void *arg)
{
	struct reeve_channel *other;
	struct reeve_message *m;
	reeve_pid port = port_new(reeve_self(), REEVE_SPAWN_MONITOR, 0, &other);

	(void)arg;
	send_pid(port, ORDINAL, "last");
	REEVE_CHECK(reeve_port_close(port, REEVE_ERR_TIMED_OUT) == 0);
	REEVE_CHECK(expect_end(port).reason == REEVE_EXIT_NORMAL);
	expect_text(expect_receive(other), "last");
	REEVE_CHECK(reeve_receive(other, LONG_MS, &m) == -EPIPE);
	REEVE_CHECK(reeve_channel_status(other) == REEVE_ERR_TIMED_OUT);
	reeve_channel_close(other);
	REEVE_CHECK(reeve_port_close(port, REEVE_OK) == -ESRCH);
}

static void test_close(void **state)
{
	(void)state;
	play(closes_in_order, NULL);
}

/* What is no frame ends it, and the other end is told. */
static void refuses_nonsense(void *arg)
{
	struct reeve_channel *other;
	struct reeve_message *m;
	reeve_pid port = port_new(reeve_self(), REEVE_SPAWN_MONITOR, 0, &other);

	(void)arg;
	REEVE_CHECK(reeve_channel_write(other, "hello", 5, NULL, 0) == 0);
	REEVE_CHECK(expect_end(port).reason == REEVE_EXIT_PEER_CLOSED);
	REEVE_CHECK(reeve_receive(other, LONG_MS, &m) == -EPIPE);
	REEVE_CHECK(reeve_channel_status(other) == REEVE_ERR_INVALID_ARGS);
	expect_nothing();
	reeve_channel_close(other);
}

static void test_nonsense(void **state)
{
	(void)state;
	play(refuses_nonsense, NULL);
}

/* Killed before it ever ran, it closes its channel all the same. */
static void closes_if_it_never_ran(void *arg)
{
	struct reeve_channel *other;
	struct reeve_message *m;
	reeve_pid port =
		port_new(REEVE_PID_NONE, REEVE_SPAWN_MONITOR, 0, &other);

	(void)arg;
	REEVE_CHECK(reeve_kill(port, REEVE_EXIT_KILLED) == 0);
	REEVE_CHECK(expect_end(port).reason == REEVE_EXIT_KILLED);
	REEVE_CHECK(reeve_receive(other, LONG_MS, &m) == -EPIPE);
	reeve_channel_close(other);
}

static void test_killed_at_birth(void **state)
{
	(void)state;
	play(closes_if_it_never_ran, NULL);
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

/* ---- tables ---- */

static bool is_odd(reeve_pid pid)
{
	return pid % 2;
}

static void test_table_of_calls(void **state)
{
	static uint32_t ids[PORT_CALLS_MAX];
	struct port_calls c = { .generation = UINT32_MAX };
	struct port_call call = { .ordinal = ORDINAL }, found;
	uint32_t i, id;

	(void)state;
	assert_false(port_calls_take(&c, 0, ORDINAL, &found));
	for (i = 0; i < PORT_CALLS_MAX; i++) {
		call.pid = i + 1;
		call.txid = i;
		assert_int_equal(port_calls_add(&c, &call, &ids[i]), 0);
		assert_true(ids[i] && ids[i] <= INT32_MAX);
	}
	assert_int_equal(port_calls_add(&c, &call, &id), -EAGAIN);
	assert_false(port_calls_take(&c, ids[5], ORDINAL + 1, &found));
	assert_false(port_calls_take(&c, ids[5] ^ 1U << 20, ORDINAL, &found));
	assert_true(port_calls_take(&c, ids[5], ORDINAL, &found));
	assert_int_equal(found.pid, 6);
	assert_int_equal(found.txid, 5);
	assert_false(port_calls_take(&c, ids[5], ORDINAL, &found));
	/* The place is used again, under another id. */
	assert_int_equal(port_calls_add(&c, &call, &id), 0);
	assert_int_not_equal(id, ids[5]);
	assert_false(port_calls_take(&c, ids[5], ORDINAL, &found));
	assert_int_equal(port_calls_clean(&c, is_odd), PORT_CALLS_MAX / 2);
	assert_true(port_calls_take(&c, ids[0], ORDINAL, &found));
	assert_false(port_calls_take(&c, ids[1], ORDINAL, &found));
	port_calls_fini(&c);
}

static void test_table_of_requests(void **state)
{
	struct port_requests q = {};
	reeve_pid target;
	uint32_t i, round;

	(void)state;
	assert_false(port_requests_take(&q, 1, &target));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 100; i++)
			assert_int_equal(port_requests_add(&q, i + 1, i), 0);
		/* The same id twice: the older one first. */
		assert_int_equal(port_requests_add(&q, 500, 7), 0);
		assert_true(port_requests_take(&q, 7, &target));
		assert_int_equal(target, 8);
		assert_true(port_requests_take(&q, 7, &target));
		assert_int_equal(target, 500);
		for (i = 99; i > 0; i--)
			assert_int_equal(port_requests_take(&q, i, &target),
					 i != 7);
		assert_int_equal(q.n, 1);
		assert_true(port_requests_take(&q, 0, &target));
	}
	port_requests_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_of_calls),
		cmocka_unit_test(test_table_of_requests),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_end_of_the_other),
		cmocka_unit_test(test_late_answers),
		cmocka_unit_test(test_sent_requests),
		cmocka_unit_test(test_handles),
		cmocka_unit_test(test_full_mailbox),
		cmocka_unit_test(test_room_again),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_end_of_its_process),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_killed_at_birth),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
