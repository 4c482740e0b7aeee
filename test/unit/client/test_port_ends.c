/* Ports: back-pressure and ends. */
#include "port_rig.h"

#include <errno.h>
#include <poll.h>
#include <string.h>


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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_mailbox),
		cmocka_unit_test(test_room_again),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_end_of_its_process),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_killed_at_birth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
