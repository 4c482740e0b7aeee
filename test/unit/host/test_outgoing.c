/*
 * The queue of opens at a provider: order, handles, charges, and what happens to
 * them when the program that should have read them ends.
 */
#include "host_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel.h"
#include "fault.h"
#include "host/outgoing.h"
#include "sys/fd.h"
#include "wire/io.h"

struct rig {
	struct loop *loop;
	struct outgoing outgoing;
	struct account account;
	struct opener opener;
	unsigned n_readable;
};

/*
 * A holder of a copy of the end may read at any time, also between two calls of
 * ours: here that is right after the queue was measured.
 */
static int thief_fd = -1;
int __real_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg);

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	int r = __real_ioctl(fd, request, arg), thief = thief_fd;
	_Alignas(8) uint8_t bytes[8192];
	struct message m = MESSAGE_OVER(bytes);

	thief_fd = -1;
	if (thief >= 0) {
		assert_int_equal(channel_read(thief, &m, CHANNEL_NOW), 0);
		message_close_handles(&m);
	}
	return r;
}

static bool pairs_fail;
int __real_socketpair(int domain, int type, int protocol, int fds[2]);
int __wrap_socketpair(int domain, int type, int protocol, int fds[2]);

int __wrap_socketpair(int domain, int type, int protocol, int fds[2])
{
	if (!pairs_fail)
		return __real_socketpair(domain, type, protocol, fds);
	errno = EMFILE;
	return -1;
}

static void on_readable(struct outgoing *o)
{
	container_of(o, struct rig, outgoing)->n_readable++;
}

static void rig_init(struct rig *rig, uint32_t limit)
{
	memset(rig, 0, sizeof(*rig));
	assert_int_equal(loop_new(&rig->loop), 0);
	outgoing_init(&rig->outgoing, rig->loop, on_readable);
	account_init(&rig->account);
	rig->account.limits[CHARGE_OPENS] = limit;
	opener_init(&rig->opener, &rig->account);
}

static void rig_fini(struct rig *rig)
{
	outgoing_fini(&rig->outgoing);
	opener_fini(&rig->opener);
	assert_int_equal(rig->account.held[CHARGE_OPENS], 0);
	loop_free(rig->loop);
}

static void rig_turn(struct rig *rig)
{
	while (loop_turn(rig->loop, 0) > 0)
		;
}

static uint32_t held(const struct rig *rig)
{
	return rig->account.held[CHARGE_OPENS];
}

/* Open @path; returns the client's end, or -1 when the verdict was @expected
 * and not 0. */
static int open_path(struct rig *rig, const char *path, int expected)
{
	int fds[2], r;

	assert_int_equal(channel_pair(fds), 0);
	r = outgoing_open(&rig->outgoing, &rig->opener, 1, 2, path, fds[1]);
	assert_int_equal(r, expected);
	if (!r)
		return fds[0];
	fd_close(fds[0]);
	fd_close(fds[1]);
	return -1;
}

/* Open paths "@first" to "@first + @n - 1". */
static void open_many(struct rig *rig, unsigned first, unsigned n, int *clients)
{
	char path[16];
	unsigned i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%u", first + i);
		clients[i] = open_path(rig, path, 0);
	}
}

/* Read one open as the provider does; its server end, or -1. */
static int read_open(int fd, char path[static 8192])
{
	_Alignas(8) uint8_t bytes[8192];
	struct message m = MESSAGE_OVER(bytes);
	struct io_request q;

	if (channel_read(fd, &m, CHANNEL_NOW))
		return -1;
	assert_int_equal(io_request_read(&m, &q), 0);
	assert_int_equal(q.method, IO_OPEN);
	assert_int_equal(q.open.flags, 1);
	assert_int_equal(q.open.mode, 2);
	assert_true(wire_string_copy(q.open.path, path, 8192));
	return message_take_handle(&m, q.open.object);
}

/* The next open that @provider reads is for "@number", and its server end is
 * the other end of @client. Closes both. */
static void expect_open(int provider, unsigned number, int client)
{
	char path[8192], expected[16], byte = 0;
	int server = read_open(provider, path);

	assert_true(server >= 0);
	snprintf(expected, sizeof(expected), "%u", number);
	assert_string_equal(path, expected);
	assert_int_equal(channel_write(server, "x", 1, NULL, 0, CHANNEL_NOW),
			 0);
	assert_int_equal(recv(client, &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(byte, 'x');
	fd_close(server);
	fd_close(client);
}

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
	outgoing_init(&other, rig.loop, on_readable);
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

static void test_renew_keeps_what_was_not_read(void **state)
{
	struct rig rig;
	int clients[20], provider, stale;
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	open_many(&rig, 0, 10, clients);
	provider = outgoing_lend(&rig.outgoing);
	for (i = 0; i < 4; i++)
		expect_open(provider, i, clients[i]);
	stale = fcntl(provider, F_DUPFD_CLOEXEC, 0);
	fd_close(provider);
	assert_int_equal(outgoing_renew(&rig.outgoing), 0);
	assert_int_equal(held(&rig), 6);
	/* Whoever kept a copy of the old end has nothing of it. */
	expect_closed(stale);
	open_many(&rig, 10, 10, clients + 10);
	assert_int_equal(outgoing_watch(&rig.outgoing), 0);
	rig_turn(&rig);
	assert_int_equal(rig.n_readable, 1);
	provider = outgoing_lend(&rig.outgoing);
	for (i = 4; i < 20; i++)
		expect_open(provider, i, clients[i]);
	expect_quiet(provider);
	outgoing_settle(&rig.outgoing);
	assert_int_equal(held(&rig), 0);
	fd_close(provider);
	rig_fini(&rig);
}

static void test_renew_of_nothing(void **state)
{
	struct rig rig;
	int client, provider;

	(void)state;
	rig_init(&rig, 128);
	assert_int_equal(outgoing_renew(&rig.outgoing), 0);
	assert_int_equal(rig.outgoing.send_fd, -1);
	client = open_path(&rig, "0", 0);
	provider = outgoing_lend(&rig.outgoing);
	expect_open(provider, 0, client);
	fd_close(provider);
	/* All was read: an instance that nobody opens costs no descriptor. */
	assert_int_equal(outgoing_renew(&rig.outgoing), 0);
	assert_int_equal(rig.outgoing.send_fd, -1);
	rig_fini(&rig);
}

/* No descriptors for a new pair: the opens stay, until it can be made. */
static void test_renew_without_descriptors(void **state)
{
	struct rig rig;
	int clients[4], provider;
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	open_many(&rig, 0, 3, clients);
	pairs_fail = true;
	assert_int_equal(outgoing_renew(&rig.outgoing), -EMFILE);
	assert_int_equal(rig.outgoing.send_fd, -1);
	assert_int_equal(rig.outgoing.n_pending, 3);
	assert_int_equal(outgoing_lend(&rig.outgoing), -EMFILE);
	assert_int_equal(outgoing_renew(&rig.outgoing), -EMFILE);
	pairs_fail = false;
	assert_int_equal(outgoing_renew(&rig.outgoing), 0);
	open_many(&rig, 3, 1, clients + 3);
	provider = outgoing_lend(&rig.outgoing);
	for (i = 0; i < 4; i++)
		expect_open(provider, i, clients[i]);
	fd_close(provider);
	rig_fini(&rig);
}

/* The same, and then there is no point in waiting any longer. */
static void test_refuse_without_descriptors(void **state)
{
	struct rig rig;
	int clients[3];
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	open_many(&rig, 0, 3, clients);
	pairs_fail = true;
	assert_int_equal(outgoing_renew(&rig.outgoing), -EMFILE);
	pairs_fail = false;
	outgoing_refuse(&rig.outgoing, REEVE_ERR_NO_RESOURCES);
	for (i = 0; i < 3; i++)
		expect_epitaph(clients[i], REEVE_ERR_NO_RESOURCES);
	rig_fini(&rig);
}

/* The reader of a copy makes a gap: no open gets another one's channel. */
static void test_renew_against_a_thief(void **state)
{
	struct rig rig;
	int clients[6], provider;
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	open_many(&rig, 0, 6, clients);
	thief_fd = outgoing_lend(&rig.outgoing);
	provider = thief_fd;
	assert_int_equal(outgoing_renew(&rig.outgoing), 0);
	assert_int_equal(thief_fd, -1);
	fd_close(provider);
	assert_int_equal(held(&rig), 5);
	provider = outgoing_lend(&rig.outgoing);
	expect_closed(clients[0]);
	for (i = 1; i < 6; i++)
		expect_open(provider, i, clients[i]);
	expect_quiet(provider);
	fd_close(provider);
	rig_fini(&rig);
}

static void test_hostile_reader_shuts_its_end_down(void **state)
{
	static const int how[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };
	struct rig rig;
	int clients[8], provider;
	unsigned i, k;

	(void)state;
	for (k = 0; k < N_ELEMENTS(how); k++) {
		rig_init(&rig, 8);
		open_many(&rig, 0, 4, clients);
		provider = outgoing_lend(&rig.outgoing);
		assert_int_equal(shutdown(provider, how[k]), 0);
		/* The openers do not notice, and nobody spins. */
		open_many(&rig, 4, 4, clients + 4);
		open_path(&rig, "8", OUTGOING_EXCEEDED);
		for (i = 0; i < 100 && loop_turn(rig.loop, 0) > 0; i++)
			;
		assert_true(i < 10);
		fd_close(provider);
		/* The next program gets all of them. */
		assert_int_equal(outgoing_renew(&rig.outgoing), 0);
		provider = outgoing_lend(&rig.outgoing);
		for (i = 0; i < 8; i++)
			expect_open(provider, i, clients[i]);
		fd_close(provider);
		rig_fini(&rig);
	}
}

/* What a program writes into its end the manager never reads, and it cannot put
 * anything among the opens. */
static void test_hostile_reader_writes(void **state)
{
	struct rig rig;
	int clients[2], provider;

	(void)state;
	rig_init(&rig, 8);
	open_many(&rig, 0, 1, clients);
	provider = outgoing_lend(&rig.outgoing);
	while (channel_write(provider, "junk", 4, NULL, 0, CHANNEL_NOW) == 0)
		;
	open_many(&rig, 1, 1, clients + 1);
	rig_turn(&rig);
	expect_open(provider, 0, clients[0]);
	outgoing_settle(&rig.outgoing);
	assert_int_equal(held(&rig), 1);
	fd_close(provider);
	assert_int_equal(outgoing_renew(&rig.outgoing), 0);
	provider = outgoing_lend(&rig.outgoing);
	expect_open(provider, 1, clients[1]);
	expect_quiet(provider);
	fd_close(provider);
	rig_fini(&rig);
}

static void test_refuse_says_why(void **state)
{
	struct rig rig;
	int clients[10];
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	outgoing_refuse(&rig.outgoing, REEVE_ERR_UNAVAILABLE);
	open_many(&rig, 0, 10, clients);
	outgoing_refuse(&rig.outgoing, REEVE_ERR_UNAVAILABLE);
	for (i = 0; i < 10; i++)
		expect_epitaph(clients[i], REEVE_ERR_UNAVAILABLE);
	assert_int_equal(held(&rig), 0);
	assert_int_equal(rig.outgoing.n_pending, 0);
	assert_int_equal(rig.outgoing.send_fd, -1);
	rig_fini(&rig);
}

/* Also what has no pair to wait in. */
static void test_refuse_after_a_shutdown(void **state)
{
	struct rig rig;
	int clients[3], provider;
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	open_many(&rig, 0, 1, clients);
	provider = outgoing_lend(&rig.outgoing);
	shutdown(provider, SHUT_RDWR);
	fd_close(provider);
	open_many(&rig, 1, 2, clients + 1);
	outgoing_refuse(&rig.outgoing, REEVE_ERR_NO_RESOURCES);
	for (i = 0; i < 3; i++)
		expect_epitaph(clients[i], REEVE_ERR_NO_RESOURCES);
	rig_fini(&rig);
}

static void test_fini_closes_what_is_queued(void **state)
{
	struct rig rig;
	int clients[10];
	unsigned i;

	(void)state;
	rig_init(&rig, 128);
	open_many(&rig, 0, 10, clients);
	rig_fini(&rig);
	for (i = 0; i < 10; i++)
		expect_closed(clients[i]);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_opens_queue_in_order),
		host_test(test_readability_starts),
		host_test(test_charges_go_when_read),
		host_test(test_charges_go_at_every_provider),
		host_test(test_overflow_waits),
		host_test(test_renew_keeps_what_was_not_read),
		host_test(test_renew_of_nothing),
		host_test(test_renew_without_descriptors),
		host_test(test_refuse_without_descriptors),
		host_test(test_renew_against_a_thief),
		host_test(test_hostile_reader_shuts_its_end_down),
		host_test(test_hostile_reader_writes),
		host_test(test_refuse_says_why),
		host_test(test_refuse_after_a_shutdown),
		host_test(test_fini_closes_what_is_queued),
		host_test(test_opener_goes_first),
		host_test(test_long_path),
		host_test(test_ten_thousand_opens),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
