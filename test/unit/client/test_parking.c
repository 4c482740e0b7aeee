/* The functions of <reeve/channel.h> that wait, called from processes: they
 * park. With one worker, the first that did not would be the last. */
#include "process/everywhere.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "reeve.h"

enum {
	ECHO = 7,
	DONE,
	N_PAIRS = 20,
	N_ROUNDS = 60,
	N_PARKED = 200,
	N_REUSED = 200,
	LARGE = 40000,
};

static void pair_make(struct reeve_channel *ret[2])
{
	MUST_EQUAL(reeve_channel_pair(&ret[0], &ret[1]), 0);
}

static void pair_close(struct reeve_channel *pair[2])
{
	reeve_channel_close(pair[0]);
	reeve_channel_close(pair[1]);
}

/* Until the other end is closed; some of what comes is freed with the process.
 */
static void serve(void *arg)
{
	struct reeve_channel *c = *(struct reeve_channel **)arg;
	struct reeve_message *m;
	int r;

	for (unsigned i = 0;; i++) {
		r = reeve_receive(c, i % 3 ? -1 : 1000000, &m);
		if (r == -EPIPE)
			break;
		MUST_EQUAL(r, 0);
		MUST_EQUAL(reeve_reply(c, m, m->bytes, m->n_bytes), 0);
		if (i % 2 || reeve_self() == REEVE_PID_NONE)
			reeve_message_free(m);
	}
	reeve_channel_close(c);
}

static const struct reeve_spawn_options with_channel = {
	.arg_size = sizeof(struct reeve_channel *),
};

static void ask(struct reeve_channel *c, uint32_t n, const uint8_t *bytes,
		int timeout_ms)
{
	const struct reeve_message request = { .ordinal = ECHO,
					       .bytes = bytes,
					       .n_bytes = n };
	struct reeve_message *reply;

	MUST_EQUAL(reeve_call(c, &request, timeout_ms, &reply), 0);
	MUST_EQUAL(reply->n_bytes, n);
	MUST(!memcmp(reply->bytes, bytes, n));
	reeve_message_free(reply);
}

struct asking {
	struct reeve_channel *channel;
	reeve_pid tells;
	int number;
};

static void ask_often(void *arg)
{
	const struct asking *a = arg;
	uint8_t bytes[64];

	memset(bytes, a->number, sizeof(bytes));
	for (int i = 0; i < N_ROUNDS; i++) {
		bytes[0] = (uint8_t)i;
		ask(a->channel, sizeof(bytes), bytes, i % 2 ? -1 : 1000000);
	}
	reeve_channel_close(a->channel);
	tell(a->tells, DONE);
}

PROCESS_TEST(many_call_and_serve)
{
	const struct reeve_spawn_options asking = {
		.arg_size = sizeof(struct asking),
	};
	struct reeve_channel *pair[2];

	for (int i = 0; i < N_PAIRS; i++) {
		struct asking a = { .tells = reeve_self(), .number = i };

		pair_make(pair);
		a.channel = pair[0];
		start(serve, &pair[1], &with_channel);
		start(ask_often, &a, &asking);
	}
	for (int i = 0; i < N_PAIRS; i++)
		(void)hear(DONE);
	/* All of them close their ends. */
	while (reeve_process_list(REEVE_PID_NONE, 2,
				  (struct reeve_process_info[2]){}) > 1)
		reeve_sleep(1);
}

static void serve_and_tell(void *arg)
{
	const struct asking *a = arg;
	struct reeve_channel *c = a->channel;

	serve(&c);
	tell(a->tells, DONE);
}

PROCESS_TEST(large_messages_and_small_ones)
{
	static const uint8_t bytes[LARGE] = { 1, 2, 3 };
	struct reeve_channel *pair[2];
	struct asking a;

	pair_make(pair);
	a = (struct asking){ .channel = pair[1], .tells = reeve_self() };
	start(serve_and_tell, &a, NULL);
	for (uint32_t n = 0; n < 40; n++)
		ask(pair[0], n % 2 ? LARGE : n, bytes, -1);
	reeve_channel_close(pair[0]);
	(void)hear(DONE);
}

PROCESS_TEST(the_time_is_over)
{
	struct reeve_message *m;
	struct reeve_channel *pair[2];
	const struct reeve_message request = { .ordinal = ECHO };
	char buffer[16];
	size_t n;

	pair_make(pair);
	MUST_EQUAL(reeve_receive(pair[0], 0, &m), -EAGAIN);
	MUST_EQUAL(reeve_receive(pair[0], 2, &m), -ETIMEDOUT);
	MUST_EQUAL(reeve_channel_wait(pair[0], POLLIN, 0), -ETIMEDOUT);
	MUST_EQUAL(reeve_channel_wait(pair[0], POLLIN, 2), -ETIMEDOUT);
	MUST_EQUAL(reeve_channel_wait(pair[0], POLLOUT, -1), 0);
	MUST_EQUAL(reeve_call(pair[0], &request, 2, &m), -ETIMEDOUT);
	MUST_EQUAL(reeve_channel_read(pair[0], 2, buffer, sizeof(buffer), &n,
				      NULL, NULL),
		   -ETIMEDOUT);
	pair_close(pair);
}

/* ---- cancelling ---- */

static void be_cancelled(void *arg)
{
	const struct asking *a = arg;
	struct reeve_message *m;

	MUST_EQUAL(reeve_receive(a->channel, -1, &m), -ECANCELED);
	tell(a->tells, DONE);
}

static void until_it_waits(reeve_pid pid)
{
	struct reeve_process_info info;

	do {
		reeve_yield();
		MUST_EQUAL(reeve_process_info(pid, &info), 0);
	} while (info.state != REEVE_PROCESS_WAITING);
}

PROCESS_TEST(one_descriptor_cancels_many)
{
	int cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct reeve_channel *pairs[N_PAIRS][2];
	struct asking a[N_PAIRS];
	uint64_t one = 1;

	for (int i = 0; i < N_PAIRS; i++) {
		pair_make(pairs[i]);
		reeve_channel_set_cancel(pairs[i][0], cancel);
		a[i] = (struct asking){ .channel = pairs[i][0],
					.tells = reeve_self() };
		until_it_waits(start(be_cancelled, &a[i], NULL));
	}
	MUST_EQUAL(write(cancel, &one, sizeof(one)), sizeof(one));
	for (int i = 0; i < N_PAIRS; i++)
		(void)hear(DONE);
	MUST_EQUAL(reeve_channel_wait(pairs[0][0], POLLIN, -1), -ECANCELED);
	/* And no longer. */
	MUST_EQUAL(read(cancel, &one, sizeof(one)), sizeof(one));
	MUST_EQUAL(reeve_channel_wait(pairs[0][0], POLLIN, 2), -ETIMEDOUT);
	reeve_channel_close(pairs[1][1]);
	MUST_EQUAL(reeve_channel_wait(pairs[1][0], POLLIN, -1), 0);
	pairs[1][1] = NULL;
	for (int i = 0; i < N_PAIRS; i++)
		pair_close(pairs[i]);
	close(cancel);
}

/* ---- closing ---- */

PROCESS_TEST(numbers_are_used_again)
{
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct reeve_channel *pair[2];
	int last = -1, n_again = 0;

	for (int i = 0; i < N_REUSED; i++) {
		struct asking a = { .tells = reeve_self() };

		pair_make(pair);
		n_again += reeve_channel_fd(pair[0]) == last;
		last = reeve_channel_fd(pair[0]);
		a.channel = pair[1];
		start(serve_and_tell, &a, NULL);
		ask(pair[0], sizeof(bytes), bytes, -1);
		if (i % 2)
			reeve_channel_close(pair[0]);
		else
			close(reeve_channel_release(pair[0]));
		(void)hear(DONE);
	}
	/* A sanitizer has files of its own open while threads begin. */
	MUST(n_again > N_REUSED / 2);
}

static void close_channel(void *arg)
{
	reeve_channel_close(arg);
}

static void wait_and_die(void *arg)
{
	struct reeve_channel *c = *(struct reeve_channel **)arg;
	struct reeve_message *m;

	reeve_defer(close_channel, c);
	MUST_EQUAL(reeve_receive(c, -1, &m), 0);
	reeve_receive(c, -1, &m);
	MUST(false);
}

/* What it had received goes with it. */
PROCESS_TEST(one_that_waits_is_killed)
{
	const struct reeve_message event = { .ordinal = ECHO,
					     .bytes = "hi",
					     .n_bytes = 2 };
	struct reeve_channel *pair[2];
	struct reeve_message *m;
	uint64_t watched;
	reeve_pid pid;

	for (int i = 0; i < 20; i++) {
		pair_make(pair);
		pid = start(wait_and_die, &pair[1], &with_channel);
		watched = watch(pid);
		until_it_waits(pid);
		MUST_EQUAL(reeve_send(pair[0], &event), 0);
		while (reeve_channel_wait(pair[1], POLLIN, 0) == 0)
			reeve_yield();
		MUST_EQUAL(reeve_kill(pid, REEVE_EXIT_KILLED), 0);
		MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
		MUST_EQUAL(reeve_receive(pair[0], -1, &m), -EPIPE);
		reeve_channel_close(pair[0]);
	}
}

/* ---- others ---- */

static int receive_in_handler(void *state, struct reeve_message *m)
{
	struct reeve_channel *c = *(struct reeve_channel **)state;
	struct reeve_message *in;

	MUST_EQUAL(reeve_receive(c, -1, &in), -EDEADLK);
	MUST_EQUAL(reeve_receive(c, 5, &in), -EDEADLK);
	MUST_EQUAL(reeve_receive(c, 0, &in), -EAGAIN);
	tell(reeve_message_sender(m), DONE);
	return 0;
}

PROCESS_TEST(a_handler_cannot_wait)
{
	struct reeve_channel *pair[2];
	reeve_pid pid;

	pair_make(pair);
	MUST_EQUAL(reeve_spawn_handler(receive_in_handler, &pair[0],
				       sizeof(pair[0]), NULL, &pid),
		   0);
	tell(pid, ECHO);
	(void)hear(DONE);
	pair_close(pair);
}

static void *serve_on_thread(void *arg)
{
	serve(&arg);
	return NULL;
}

PROCESS_TEST(a_thread_is_at_the_other_end)
{
	static const uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct reeve_channel *pair[2];
	pthread_t thread;

	pair_make(pair);
	MUST(!pthread_create(&thread, NULL, serve_on_thread, pair[1]));
	for (int i = 0; i < N_ROUNDS; i++)
		ask(pair[0], sizeof(bytes), bytes, -1);
	reeve_channel_close(pair[0]);
	MUST(!pthread_join(thread, NULL));
}

/* A sanitizer's malloc does not count, and this says nothing then. */
PROCESS_TEST(who_waits_holds_no_buffer)
{
	struct reeve_channel *pairs[N_PARKED][2];
	size_t before, more;

	for (int i = 0; i < N_PARKED; i++)
		pair_make(pairs[i]);
	before = mallinfo2().uordblks + mallinfo2().hblkhd;
	for (int i = 0; i < N_PARKED; i++)
		until_it_waits(start(serve, &pairs[i][1], &with_channel));
	more = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	MUST(more / N_PARKED < 4096);
	for (int i = 0; i < N_PARKED; i++)
		reeve_channel_close(pairs[i][0]);
	while (reeve_process_list(REEVE_PID_NONE, 2,
				  (struct reeve_process_info[2]){}) > 1)
		reeve_sleep(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_call_and_serve),
		cmocka_unit_test(large_messages_and_small_ones),
		cmocka_unit_test(the_time_is_over),
		cmocka_unit_test(one_descriptor_cancels_many),
		cmocka_unit_test(numbers_are_used_again),
		cmocka_unit_test(one_that_waits_is_killed),
		cmocka_unit_test(a_handler_cannot_wait),
		cmocka_unit_test(a_thread_is_at_the_other_end),
		cmocka_unit_test(who_waits_holds_no_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
