/*
 * The queue of opens at a provider: order, handles, and charges.
 */
#include "outgoing_rig.h"

#include <stdio.h>
#include <string.h>

#include "channel/channel.h"
#include "fault.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/io.h"

static void test_opens_queue_in_order(void **state)
{
	struct rig rig;
	int clients[50], provider;
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	assert_int_equal(rig.outgoing.send_fd, -1);
	open_many(&rig, 0, 50, clients);
	assert_int_equal(rig.outgoing.n_pending, 50);
	provider = outgoing_lend(&rig.outgoing);
	assert_true(provider >= 0);
	for (i = 0; i < 50; i++)
		expect_open(provider, i, clients[i]);
	expect_quiet(provider);
	fd_close(provider);
	rig_fini(&rig);
}

static void test_readability_starts(void **state)
{
	struct rig rig;
	int client;

	(void)state;
	rig_init(&rig, 128);
	/* Nothing to watch before the first open. */
	assert_int_equal(outgoing_watch(&rig.outgoing), 0);
	client = open_path(&rig, "0", 0);
	assert_int_equal(outgoing_watch(&rig.outgoing), 0);
	assert_int_equal(outgoing_watch(&rig.outgoing), 0);
	rig_turn(&rig);
	assert_int_equal(rig.n_readable, 1);
	/* Once: then it is not watched any more. */
	rig_turn(&rig);
	assert_int_equal(rig.n_readable, 1);
	assert_int_equal(outgoing_watch(&rig.outgoing), 0);
	outgoing_unwatch(&rig.outgoing);
	rig_turn(&rig);
	assert_int_equal(rig.n_readable, 1);
	fd_close(client);
	rig_fini(&rig);
}

static void test_charges_go_when_read(void **state)
{
	struct rig rig;
	int clients[8], provider;
	unsigned i;

	(void)state;
	rig_init(&rig, 8);
	open_many(&rig, 0, 8, clients);
	assert_int_equal(held(&rig), 8);
	open_path(&rig, "9", OUTGOING_EXCEEDED);
	assert_int_equal(rig.account.n_refused[CHARGE_OPENS], 1);
	provider = outgoing_lend(&rig.outgoing);
	for (i = 0; i < 8; i++) {
		outgoing_settle(&rig.outgoing);
		assert_int_equal(held(&rig), 8 - i);
		expect_open(provider, i, clients[i]);
	}
	outgoing_settle(&rig.outgoing);
	assert_int_equal(held(&rig), 0);
	assert_int_equal(rig.outgoing.n_pending, 0);
	assert_int_equal(rig.outgoing.n_unread_bytes, 0);
	fd_close(provider);
	rig_fini(&rig);
}

/* Opens that one provider has read do not count at the next one. */
static void test_charges_go_at_every_provider(void **state)
{
	struct rig rig;
	struct outgoing other;
	int clients[8], fds[2], provider;
	unsigned i;

	(void)state;
	rig_init(&rig, 8);
	outgoing_init(&other, rig.loop, rig_on_readable);
	open_many(&rig, 0, 8, clients);
	provider = outgoing_lend(&rig.outgoing);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(outgoing_open(&other, &rig.opener, 1, 2, "x", fds[1]),
			 OUTGOING_EXCEEDED);
	for (i = 0; i < 8; i++)
		expect_open(provider, i, clients[i]);
	assert_int_equal(outgoing_open(&other, &rig.opener, 1, 2, "x", fds[1]),
			 0);
	assert_int_equal(held(&rig), 1);
	fd_close(fds[0]);
	fd_close(provider);
	outgoing_fini(&other);
	rig_fini(&rig);
}

/* What the socket does not take waits, in order, and costs one descriptor. */
static void test_overflow_waits(void **state)
{
	enum { N = 6000 };
	static int clients[N];
	struct rig rig;
	char path[OUTGOING_PATH_MAX];
	int provider, server;
	unsigned i, n_waiting;
	struct list *l;

	(void)state;
	need_fds(N + 50);
	rig_init(&rig, N);
	/* Long paths, so that the socket is full before the descriptors are. */
	for (i = 0; i < N; i++) {
		snprintf(path, sizeof(path), "%u/%01000u", i, 7);
		clients[i] = open_path(&rig, path, 0);
		clients[i] = fd_close(clients[i]);
	}
	n_waiting = 0;
	for (l = rig.outgoing.waiting.next; l != &rig.outgoing.waiting;
	     l = l->next)
		n_waiting++;
	assert_in_range(n_waiting, 1, N - 1);
	assert_int_equal(rig.outgoing.n_pending, N);
	assert_int_equal(held(&rig), N);
	provider = outgoing_lend(&rig.outgoing);
	for (i = 0; i < N; i++) {
		server = read_open(provider, (char[8192]){ 0 });
		if (server < 0) {
			/* The manager moves on when there is room. */
			rig_turn(&rig);
			server = read_open(provider, (char[8192]){ 0 });
		}
		assert_true(server >= 0);
		fd_close(server);
	}
	expect_quiet(provider);
	outgoing_settle(&rig.outgoing);
	assert_int_equal(held(&rig), 0);
	assert_true(list_is_empty(&rig.outgoing.waiting));
	rig_turn(&rig);
	assert_int_equal(rig.outgoing.writable.slot, 0);
	fd_close(provider);
	rig_fini(&rig);
}

static void test_opener_goes_first(void **state)
{
	struct rig rig;
	int clients[10], provider;
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	open_many(&rig, 0, 10, clients);
	opener_fini(&rig.opener);
	assert_int_equal(held(&rig), 0);
	opener_init(&rig.opener, &rig.account);
	assert_int_equal(rig.outgoing.n_pending, 10);
	provider = outgoing_lend(&rig.outgoing);
	for (i = 0; i < 10; i++)
		expect_open(provider, i, clients[i]);
	outgoing_settle(&rig.outgoing);
	assert_int_equal(rig.outgoing.n_pending, 0);
	fd_close(provider);
	rig_fini(&rig);
}

/* The longest path that may be opened, and one that may not. */
static void test_long_path(void **state)
{
	char path[OUTGOING_PATH_MAX + 2];
	struct rig rig;
	int client, server, provider, fds[2];

	(void)state;
	rig_init(&rig, 128);
	memset(path, 'p', sizeof(path));
	path[IO_PATH_MAX] = 0;
	client = open_path(&rig, path, 0);
	provider = outgoing_lend(&rig.outgoing);
	server = read_open(provider, (char[8192]){ 0 });
	assert_true(server >= 0);
	fd_close(server);
	fd_close(client);
	path[IO_PATH_MAX] = 'p';
	path[OUTGOING_PATH_MAX + 1] = 0;
	assert_int_equal(channel_pair(fds), 0);
	outgoing_settle(&rig.outgoing);
	assert_true(outgoing_open(&rig.outgoing, &rig.opener, 1, 2, path,
				  fds[1]) < 0);
	assert_int_equal(held(&rig), 0);
	fd_close_all(fds, 2);
	fd_close(provider);
	rig_fini(&rig);
}

/* Ten thousand, in parts, with a program that ends now and then. */
static void test_ten_thousand_opens(void **state)
{
	enum { N = 10000, PART = 100 };
	struct rig rig;
	int clients[PART], provider;
	unsigned i, k, n_fds = count_fds();

	(void)state;
	rig_init(&rig, 128);
	for (i = 0; i < N; i += PART) {
		open_many(&rig, i, PART, clients);
		provider = outgoing_lend(&rig.outgoing);
		for (k = 0; k < PART / 2; k++)
			expect_open(provider, i + k, clients[k]);
		if (i % 3 == 0) {
			fd_close(provider);
			assert_int_equal(outgoing_renew(&rig.outgoing), 0);
			provider = outgoing_lend(&rig.outgoing);
		}
		for (; k < PART; k++)
			expect_open(provider, i + k, clients[k]);
		fd_close(provider);
	}
	outgoing_settle(&rig.outgoing);
	assert_int_equal(held(&rig), 0);
	assert_int_equal(rig.outgoing.n_pending, 0);
	rig_fini(&rig);
	assert_int_equal(count_fds(), n_fds);
}

static int open_one(void *arg)
{
	struct rig *rig = arg;
	int fds[2], r;

	assert_int_equal(channel_pair(fds), 0);
	r = outgoing_open(&rig->outgoing, &rig->opener, 1, 2, "x", fds[1]);
	if (r)
		fd_close(fds[1]);
	fd_close(fds[0]);
	assert_int_equal(held(rig), rig->outgoing.n_pending);
	return r;
}

static void test_faults(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, 128);
	assert_true(fault_sweep(open_one, &rig) > 0);
	assert_int_equal(held(&rig), 1);
	rig_fini(&rig);
}

/* A look at the program that runs; returns the client's end, or -1. */
static int look_at(struct rig *rig, int expected)
{
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(
		outgoing_look(&rig->outgoing, 1, 2, "reeve/Processes", fds[1]),
		expected);
	if (!expected)
		return fds[0];
	fd_close_all(fds, 2);
	return -1;
}

/* It costs nobody anything, and there are few of them. */
static void test_looks_are_bounded(void **state)
{
	struct rig rig;
	int clients[OUTGOING_LOOKS_MAX], provider, fd;
	char path[8192];
	unsigned i;

	(void)state;
	rig_init(&rig, 1);
	provider = outgoing_lend(&rig.outgoing);
	for (i = 0; i < OUTGOING_LOOKS_MAX; i++)
		clients[i] = look_at(&rig, 0);
	look_at(&rig, OUTGOING_EXCEEDED);
	assert_int_equal(held(&rig), 0);
	assert_int_equal(rig.outgoing.n_pending, 0);
	/* Nobody ignores an opener who is only a look. */
	assert_false(outgoing_is_ignored(&rig.outgoing));
	fd = open_path(&rig, "0", 0);
	assert_true(outgoing_is_ignored(&rig.outgoing));
	for (i = 0; i < OUTGOING_LOOKS_MAX; i++) {
		fd_close(read_open(provider, path));
		assert_string_equal(path, "reeve/Processes");
		expect_closed(clients[i]);
	}
	/* One that was read makes room for another. */
	fd_close(look_at(&rig, 0));
	expect_open(provider, 0, fd);
	fd_close(read_open(provider, path));
	outgoing_settle(&rig.outgoing);
	assert_int_equal(rig.outgoing.n_looks, 0);
	fd_close(provider);
	rig_fini(&rig);
}

/* The next program is not started for it, nor does it ever see it. */
static void test_looks_end_with_the_program(void **state)
{
	struct rig rig;
	int provider, first, second, fd;

	(void)state;
	rig_init(&rig, 8);
	provider = outgoing_lend(&rig.outgoing);
	first = look_at(&rig, 0);
	fd = open_path(&rig, "0", 0);
	second = look_at(&rig, 0);
	fd_close(provider);
	assert_int_equal(outgoing_renew(&rig.outgoing), 0);
	expect_epitaph(first, REEVE_ERR_UNAVAILABLE);
	expect_epitaph(second, REEVE_ERR_UNAVAILABLE);
	assert_int_equal(rig.outgoing.n_looks, 0);
	provider = outgoing_lend(&rig.outgoing);
	expect_open(provider, 0, fd);
	expect_quiet(provider);
	/* With nothing else in the queue nothing is left to wake for. */
	first = look_at(&rig, 0);
	fd_close(provider);
	assert_int_equal(outgoing_renew(&rig.outgoing), 0);
	expect_epitaph(first, REEVE_ERR_UNAVAILABLE);
	assert_int_equal(outgoing_watch(&rig.outgoing), 0);
	rig_turn(&rig);
	assert_int_equal(rig.n_readable, 0);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_opens_queue_in_order),
		host_test(test_readability_starts),
		host_test(test_charges_go_when_read),
		host_test(test_charges_go_at_every_provider),
		host_test(test_overflow_waits),
		host_test(test_opener_goes_first),
		host_test(test_long_path),
		host_test(test_ten_thousand_opens),
		host_test(test_looks_are_bounded),
		host_test(test_looks_end_with_the_program),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
