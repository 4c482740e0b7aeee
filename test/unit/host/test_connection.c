/* Channels that were handed over: remembered, not held. */
#include "host_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel.h"
#include "fault.h"
#include "host/connection.h"
#include "sys/fd.h"

struct rig {
	struct loop *loop;
	struct connections *connections;
	unsigned n_closed;
	uint64_t last_closed;
};

static void on_closed(void *userdata, struct connection *c)
{
	struct rig *rig = userdata;

	rig->n_closed++;
	rig->last_closed = c->id;
}

static void rig_init(struct rig *rig)
{
	struct connection_owner owner = { on_closed, rig };

	memset(rig, 0, sizeof(*rig));
	assert_int_equal(loop_new(&rig->loop), 0);
	assert_int_equal(connections_new(rig->loop, &owner, &rig->connections),
			 0);
}

static void rig_fini(struct rig *rig)
{
	connections_free(rig->connections);
	loop_free(rig->loop);
}

static void rig_turn(struct rig *rig)
{
	while (loop_turn(rig->loop, 0) > 0)
		;
}

/* One that is remembered, with its client and its server end. */
struct ends {
	struct connection *connection;
	int client, server;
};

static struct ends add(struct rig *rig)
{
	struct ends e;
	int fds[2], copy;

	assert_int_equal(channel_pair(fds), 0);
	e.client = fds[0];
	/* As in life: the provider gets a duplicate, and ours is closed. */
	assert_int_equal(
		connections_add(rig->connections, fds[1], &e.connection), 0);
	copy = fcntl(fds[1], F_DUPFD_CLOEXEC, 0);
	assert_true(copy >= 0);
	fd_close(fds[1]);
	e.server = copy;
	return e;
}

static size_t count(const struct rig *rig)
{
	return connections_count(rig->connections);
}

static void test_clients_end_is_told(void **state)
{
	struct rig rig;
	struct ends e;
	uint64_t id;

	(void)state;
	rig_init(&rig);
	e = add(&rig);
	id = e.connection->id;
	assert_int_equal(count(&rig), 1);
	rig_turn(&rig);
	assert_int_equal(rig.n_closed, 0);
	fd_close(e.client);
	rig_turn(&rig);
	assert_int_equal(rig.n_closed, 1);
	assert_int_equal(rig.last_closed, id);
	assert_int_equal(count(&rig), 0);
	fd_close(e.server);
	rig_fini(&rig);
}

/* A client that shuts its end down has closed it for all purposes. */
static void test_shutdown_is_told(void **state)
{
	struct rig rig;
	struct ends e;

	(void)state;
	rig_init(&rig);
	e = add(&rig);
	shutdown(e.client, SHUT_RDWR);
	rig_turn(&rig);
	assert_int_equal(rig.n_closed, 1);
	fd_close(e.client);
	fd_close(e.server);
	rig_turn(&rig);
	assert_int_equal(rig.n_closed, 1);
	rig_fini(&rig);
}

static void test_providers_end_is_found(void **state)
{
	struct rig rig;
	struct ends e, other;

	(void)state;
	rig_init(&rig);
	e = add(&rig);
	other = add(&rig);
	fd_close(e.server);
	/* The kernel drops the entry without a word. */
	rig_turn(&rig);
	assert_int_equal(rig.n_closed, 0);
	assert_int_equal(connections_reconcile(rig.connections), 0);
	assert_int_equal(rig.n_closed, 1);
	assert_int_equal(count(&rig), 1);
	fd_close(e.client);
	rig_turn(&rig);
	assert_int_equal(rig.n_closed, 1);
	fd_close(other.client);
	fd_close(other.server);
	assert_int_equal(connections_reconcile(rig.connections), 0);
	assert_int_equal(rig.n_closed, 2);
	rig_fini(&rig);
}

static void test_no_reference_is_held(void **state)
{
	struct rig rig;
	struct ends e;
	char byte;

	(void)state;
	rig_init(&rig);
	e = add(&rig);
	fd_close(e.server);
	/* The client sees the end at once, before anybody looks. */
	assert_int_equal(recv(e.client, &byte, 1, MSG_DONTWAIT), 0);
	fd_close(e.client);
	e = add(&rig);
	fd_close(e.client);
	assert_int_equal(recv(e.server, &byte, 1, MSG_DONTWAIT), 0);
	fd_close(e.server);
	rig_fini(&rig);
}

static void test_traffic_does_not_wake(void **state)
{
	struct rig rig;
	struct ends e;
	unsigned i;

	(void)state;
	rig_init(&rig);
	e = add(&rig);
	for (i = 0; i < 100; i++) {
		assert_int_equal(
			channel_write(e.client, "x", 1, NULL, 0, CHANNEL_NOW),
			0);
		assert_int_equal(
			channel_write(e.server, "y", 1, NULL, 0, CHANNEL_NOW),
			0);
		assert_int_equal(loop_turn(rig.loop, 0), 0);
	}
	fd_close(e.client);
	fd_close(e.server);
	rig_fini(&rig);
}

static void test_ids_are_never_reused(void **state)
{
	struct rig rig;
	struct ends e;
	uint64_t last = 0;
	unsigned i;

	(void)state;
	rig_init(&rig);
	for (i = 0; i < 1000; i++) {
		e = add(&rig);
		assert_true(e.connection->id > last);
		last = e.connection->id;
		if (i % 2)
			connections_remove(rig.connections, e.connection);
		fd_close(e.client);
		fd_close(e.server);
		rig_turn(&rig);
	}
	rig_fini(&rig);
}

/* The record is gone, the channel lives on: its end is nobody's news. */
static void test_removed_one_ends_later(void **state)
{
	struct rig rig;
	struct ends e;

	(void)state;
	rig_init(&rig);
	e = add(&rig);
	connections_remove(rig.connections, e.connection);
	assert_int_equal(count(&rig), 0);
	fd_close(e.client);
	rig_turn(&rig);
	assert_int_equal(rig.n_closed, 0);
	fd_close(e.server);
	rig_fini(&rig);
}

/* A channel may be handed over once more, by whoever got it the first time. */
static void test_same_channel_twice(void **state)
{
	struct rig rig;
	struct connection *c, *again;
	int fds[2];

	(void)state;
	rig_init(&rig);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(connections_add(rig.connections, fds[1], &c), 0);
	assert_int_equal(connections_add(rig.connections, fds[1], &again), 0);
	assert_int_equal(count(&rig), 2);
	assert_true(c->id != again->id);
	assert_true(c->cookie == again->cookie);
	assert_true(c->has_label && !again->has_label);
	fd_close_all(fds, 2);
	rig_turn(&rig);
	rig_fini(&rig);
}

/* Providers that end silently do not pile up records. */
static void test_records_are_bounded(void **state)
{
	enum { N = 5000 };
	struct rig rig;
	struct ends e;
	size_t most = 0;
	unsigned i;

	(void)state;
	rig_init(&rig);
	for (i = 0; i < N; i++) {
		e = add(&rig);
		fd_close(e.server);
		fd_close(e.client);
		if (count(&rig) > most)
			most = count(&rig);
	}
	assert_in_range(most, 1, 1024);
	assert_int_equal(connections_reconcile(rig.connections), 0);
	assert_int_equal(count(&rig), 0);
	assert_int_equal(rig.n_closed, N);
	rig_fini(&rig);
}

/* Many that live: none is lost, and none is taken for ended. */
static void test_many_live(void **state)
{
	enum { N = 2000 };
	static struct ends ends[N];
	struct rig rig;
	unsigned i;

	(void)state;
	need_fds(2 * N + 50);
	rig_init(&rig);
	for (i = 0; i < N; i++)
		ends[i] = add(&rig);
	assert_int_equal(connections_reconcile(rig.connections), 0);
	assert_int_equal(count(&rig), N);
	for (i = 0; i < N; i++)
		fd_close(i % 2 ? ends[i].client : ends[i].server);
	rig_turn(&rig);
	assert_int_equal(count(&rig), N / 2);
	assert_int_equal(connections_reconcile(rig.connections), 0);
	assert_int_equal(count(&rig), 0);
	assert_int_equal(rig.n_closed, N);
	for (i = 0; i < N; i++)
		fd_close(i % 2 ? ends[i].server : ends[i].client);
	rig_fini(&rig);
}

static void test_what_is_no_socket(void **state)
{
	struct rig rig;
	struct connection *c;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	rig_init(&rig);
	assert_int_equal(connections_add(rig.connections, fd, &c), -ENOTSOCK);
	assert_int_equal(connections_add(rig.connections, -1, &c), -EBADF);
	assert_int_equal(count(&rig), 0);
	fd_close(fd);
	rig_fini(&rig);
}

static int add_one(void *arg)
{
	struct rig *rig = arg;
	struct connection_owner owner = { on_closed, rig };
	struct connections *s;
	struct connection *c;
	struct loop *loop;
	unsigned n_fds = count_fds();
	int fds[2], r;

	r = loop_new(&loop);
	if (r)
		return r;
	assert_int_equal(channel_pair(fds), 0);
	r = connections_new(loop, &owner, &s);
	if (!r) {
		r = connections_add(s, fds[0], &c);
		connections_free(s);
	}
	fd_close_all(fds, 2);
	loop_free(loop);
	assert_int_equal(count_fds(), n_fds);
	return r;
}

static void test_faults(void **state)
{
	struct rig rig = { .n_closed = 0 };

	(void)state;
	assert_true(fault_sweep(add_one, &rig) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_clients_end_is_told),
		host_test(test_shutdown_is_told),
		host_test(test_providers_end_is_found),
		host_test(test_no_reference_is_held),
		host_test(test_traffic_does_not_wake),
		host_test(test_ids_are_never_reused),
		host_test(test_removed_one_ends_later),
		host_test(test_same_channel_twice),
		host_test(test_records_are_bounded),
		host_test(test_many_live),
		host_test(test_what_is_no_socket),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
