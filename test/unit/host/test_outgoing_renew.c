/*
 * What happens to queued opens when the program that should have read them
 * ends, or does not behave.
 */
#include "outgoing_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "channel/channel.h"
#include "sys/fd.h"

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

	if (thief >= 0 && request == SIOCINQ) {
		thief_fd = -1;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
