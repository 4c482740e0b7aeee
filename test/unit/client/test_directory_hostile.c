/* The directory server against clients that do not mean well. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "reeve/status.h"
#include "sys/fd.h"

enum {
	R = IO_RIGHT_READABLE,
	RW = IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
};

/* A second connection, whose loss does not cost the rig's. */
static int victim(struct rig *rig)
{
	return rig_clone(rig, rig->client, IO_FLAG_SAME_RIGHTS);
}

static void still_serves(struct rig *rig)
{
	rig_turn(rig);
	assert_int_equal(request_status(rig, rig->client, IO_SYNC), REEVE_OK);
}

static void write_raw(int fd, const void *bytes, size_t n, const int *handles,
		      size_t n_handles)
{
	assert_int_equal(
		channel_write(fd, bytes, n, handles, n_handles, CHANNEL_NOW),
		0);
}

static void test_garbage_closes_the_connection_that_sent_it(void **state)
{
	static const uint8_t magic[16] = { 1, 0, 0, 0, 2, 0, 0, 9, 1 };
	static const uint8_t unknown[16] = { 1, 0, 0, 0, 2, 0, 0, 1, 0x42 };
	static const uint8_t sync[16] = { 1,	0,    0,    0,	  2,	0,
					  0,	1,    0x19, 0xb5, 0x18, 0x6c,
					  0x32, 0x88, 0x9d, 0x18 };
	static uint8_t big[MESSAGE_BYTES_MAX];
	uint8_t longer[24] = {};
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, R, NULL);
	fd = victim(&rig);
	write_raw(fd, "x", 1, NULL, 0);
	rig_turn(&rig);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	fd = victim(&rig);
	write_raw(fd, magic, sizeof(magic), NULL, 0);
	rig_turn(&rig);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	fd = victim(&rig);
	write_raw(fd, unknown, sizeof(unknown), NULL, 0);
	rig_turn(&rig);
	expect_epitaph(fd, REEVE_ERR_NOT_SUPPORTED);
	fd = victim(&rig);
	memcpy(longer, sync, sizeof(sync));
	write_raw(fd, longer, sizeof(longer), NULL, 0);
	rig_turn(&rig);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	fd = victim(&rig);
	write_raw(fd, big, sizeof(big), NULL, 0);
	rig_turn(&rig);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	/* Clients do not send epitaphs. */
	fd = victim(&rig);
	assert_int_equal(channel_write_epitaph(fd, REEVE_OK, false), 0);
	rig_turn(&rig);
	expect_epitaph(fd, REEVE_ERR_NOT_SUPPORTED);
	still_serves(&rig);
	rig_fini(&rig);
}

static void test_handles_that_nobody_asked_for_are_closed(void **state)
{
	static const uint8_t sync[16] = { 1,	0,    0,    0,	  2,	0,
					  0,	1,    0x19, 0xb5, 0x18, 0x6c,
					  0x32, 0x88, 0x9d, 0x18 };
	int handles[MESSAGE_HANDLES_MAX];
	struct rig rig;
	int fd, i, n;

	(void)state;
	rig_init(&rig, R, NULL);
	fd = victim(&rig);
	n = count_fds();
	for (i = 0; i < MESSAGE_HANDLES_MAX; i++)
		handles[i] = rig.client;
	write_raw(fd, sync, sizeof(sync), handles, MESSAGE_HANDLES_MAX);
	rig_turn(&rig);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	/* Both ends of the connection are gone, and nothing came. */
	assert_int_equal(count_fds(), n - 2);
	still_serves(&rig);
	rig_fini(&rig);
}

/* Descriptors that are no channels, in place of a server end. */
static int not_a_channel(int kind)
{
	int fds[2];

	switch (kind) {
	case 0:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 1:
		return open("/", O_PATH | O_CLOEXEC);
	case 2:
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		fd_close(fds[0]);
		return fds[1];
	case 3:
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds),
			0);
		fd_close(fds[0]);
		return fds[1];
	case 4:
		return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	default:
		fds[0] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		assert_int_equal(bind(fds[0],
				      (struct sockaddr *)&(struct sockaddr){
					      .sa_family = AF_UNIX },
				      sizeof(sa_family_t)),
				 0);
		assert_int_equal(listen(fds[0], 1), 0);
		return fds[0];
	}
}

static void test_server_ends_that_are_no_channels(void **state)
{
	struct io_request open = { .method = IO_OPEN };
	struct io_request clone = { .method = IO_CLONE };
	struct io_request watch = { .method = IO_WATCH, .txid = 1 };
	struct rig rig;
	int kind, fd;

	(void)state;
	rig_init(&rig, R, NULL);
	open.open.flags = clone.clone.flags = R;
	open.open.path = wire_string_of("svc/one");
	watch.watch.mask = 1;
	for (kind = 0; kind < 6; kind++) {
		fd = victim(&rig);
		request_send(fd, &open, not_a_channel(kind));
		rig_turn(&rig);
		expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
		fd = victim(&rig);
		request_send(fd, &clone, not_a_channel(kind));
		rig_turn(&rig);
		expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
		fd = victim(&rig);
		request_send(fd, &watch, not_a_channel(kind));
		rig_turn(&rig);
		expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
		assert_int_equal(
			directory_serve(rig.d, not_a_channel(kind), R, 0),
			-ENOTSOCK);
	}
	assert_int_equal(rig.open.n, 0);
	still_serves(&rig);
	rig_fini(&rig);
}

static void test_flags_that_do_not_exist(void **state)
{
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, R, NULL);
	fd = victim(&rig);
	expect_epitaph(rig_open_at(&rig, fd, "svc", R | 0x10, 0),
		       REEVE_ERR_INVALID_ARGS);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	fd = victim(&rig);
	expect_epitaph(rig_open_at(&rig, fd, "svc", R | IO_FLAG_SAME_RIGHTS, 0),
		       REEVE_ERR_INVALID_ARGS);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	fd = victim(&rig);
	expect_epitaph(rig_open_at(&rig, fd, "svc", R, 0x100000),
		       REEVE_ERR_INVALID_ARGS);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	fd = victim(&rig);
	expect_epitaph(rig_clone(&rig, fd, R | IO_FLAG_DIRECTORY),
		       REEVE_ERR_INVALID_ARGS);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	still_serves(&rig);
	rig_fini(&rig);
}

static void test_connections_are_bounded(void **state)
{
	const struct directory_limits limits = { .n_connections = 4 };
	struct rig rig;
	int fds[4], i;

	(void)state;
	rig_init(&rig, R, &limits);
	for (i = 0; i < 3; i++)
		fds[i] = rig_clone(&rig, rig.client, R);
	expect_epitaph(rig_clone(&rig, rig.client, R), REEVE_ERR_NO_RESOURCES);
	fds[3] = rig_open_at(&rig, rig.client, "svc", R | IO_FLAG_DESCRIBE, 0);
	expect_on_open(fds[3], REEVE_ERR_NO_RESOURCES, IO_NODE_ABSENT);
	expect_epitaph(fds[3], REEVE_ERR_NO_RESOURCES);
	/* A service is not a connection of the directory. */
	fd_close(rig_open_at(&rig, rig.client, "svc/one", R, 0));
	assert_int_equal(rig.open.n, 1);
	fd_close(fds[0]);
	rig_turn(&rig);
	fds[0] = rig_clone(&rig, rig.client, R);
	assert_int_equal(request_status(&rig, fds[0], IO_SYNC), REEVE_OK);
	fd_close_all(fds, 3);
	rig_fini(&rig);
}

static int32_t watch(struct rig *rig, int *ret)
{
	struct io_request request = { .method = IO_WATCH,
				      .watch = { .mask = 0x1f } };
	struct io_reply reply;
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	request_call(rig, rig->client, &request, fds[1], &reply);
	*ret = fds[0];
	return reply.status;
}

static void test_watchers_are_bounded(void **state)
{
	const struct directory_limits limits = { .n_watchers = 2 };
	struct rig rig;
	int fds[3];

	(void)state;
	rig_init(&rig, R, &limits);
	assert_int_equal(watch(&rig, &fds[0]), REEVE_OK);
	assert_int_equal(watch(&rig, &fds[1]), REEVE_OK);
	assert_int_equal(watch(&rig, &fds[2]), REEVE_ERR_NO_RESOURCES);
	expect_closed(fds[2]);
	fd_close(fds[1]);
	rig_turn(&rig);
	assert_int_equal(watch(&rig, &fds[1]), REEVE_OK);
	fd_close_all(fds, 2);
	rig_fini(&rig);
}

static void test_a_watcher_that_does_not_read_is_ended(void **state)
{
	struct rig rig;
	int lazy, keen, i;

	(void)state;
	rig_init(&rig, R, NULL);
	assert_int_equal(watch(&rig, &lazy), REEVE_OK);
	assert_int_equal(watch(&rig, &keen), REEVE_OK);
	for (i = 0; directory_n_connections(rig.d) == 3; i++) {
		assert_true(i < 100000);
		assert_int_equal(directory_add_directory(rig.d, "new"), 0);
		assert_int_equal(directory_remove(rig.d, "new"), 0);
		watch_events(keen);
	}
	assert_int_equal(directory_add_directory(rig.d, "last"), 0);
	assert_string_equal(watch_events(keen), "+last ");
	while (!channel_is_closed(lazy))
		rig_turn(&rig);
	fd_close(lazy);
	/* One that writes is not listened to, and costs no time. */
	write_raw(keen, "noise", 5, NULL, 0);
	assert_int_equal(loop_turn(rig.loop, 0), 0);
	fd_close(keen);
	rig_fini(&rig);
}

static void test_replies_that_are_not_read_cost_the_connection(void **state)
{
	struct io_request request = { .method = IO_READ_DIRENTS,
				      .txid = 1,
				      .max_bytes = IO_BYTES_MAX };
	struct rig rig;
	int fd, i;

	(void)state;
	rig_init(&rig, R, NULL);
	fd = victim(&rig);
	for (i = 0; directory_n_connections(rig.d) == 2; i++) {
		assert_true(i < 100000);
		request_send(fd, &request, -1);
		rig_turn(&rig);
	}
	fd_close(fd);
	still_serves(&rig);
	rig_fini(&rig);
}

static void test_a_flood_does_not_starve_others(void **state)
{
	const struct directory_limits limits = { .n_requests = 4 };
	struct io_request request = { .method = IO_SYNC, .txid = 1 };
	_Alignas(8) uint8_t buffer[64];
	struct message m = MESSAGE_OVER(buffer);
	int flood, i, n = 0;
	struct rig rig;

	(void)state;
	rig_init(&rig, R, &limits);
	flood = victim(&rig);
	for (i = 0; i < 100; i++)
		request_send(flood, &request, -1);
	request_send(rig.client, &request, -1);
	assert_true(loop_turn(rig.loop, 0) > 0);
	/* The other one was answered in the same turn, after four of these. */
	assert_int_equal(channel_read(rig.client, &m, CHANNEL_NOW), 0);
	while (channel_read(flood, &m, CHANNEL_NOW) == 0)
		n++;
	assert_int_equal(n, 4);
	rig_turn(&rig);
	while (channel_read(flood, &m, CHANNEL_NOW) == 0)
		n++;
	assert_int_equal(n, 100);
	fd_close(flood);
	rig_fini(&rig);
}

static void test_both_ends_of_a_channel_served(void **state)
{
	struct io_request clone = {
		.method = IO_CLONE, .clone = { .flags = R | IO_FLAG_DESCRIBE }
	};
	struct rig rig;
	int fds[2];

	(void)state;
	/* We would talk to ourselves, if anything were understood both ways. */
	rig_init(&rig, R, NULL);
	assert_int_equal(channel_pair(fds), 0);
	request_send(rig.client, &clone, fds[0]);
	request_send(rig.client, &clone, fds[1]);
	rig_turn(&rig);
	assert_int_equal(directory_n_connections(rig.d), 1);
	still_serves(&rig);
	rig_fini(&rig);
}

static void test_a_connection_may_pass_its_own_end(void **state)
{
	struct io_request request = { .method = IO_OPEN,
				      .open = { .flags = R } };
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, R, NULL);
	fd = victim(&rig);
	request.open.path = wire_string_of("svc");
	request_send(fd, &request, fd);
	rig_turn(&rig);
	/* It holds itself; nobody else does. */
	assert_true(directory_n_connections(rig.d) <= 3);
	still_serves(&rig);
	rig_fini(&rig);
}

/* Callbacks that change what they are called from. */
struct saboteur {
	struct directory *d;
	const char *remove;
	bool disconnect, free;
	unsigned n;
};

static void on_open_sabotage(void *userdata, const struct directory_open *open,
			     int take_server_end)
{
	struct saboteur *s = userdata;

	(void)open;
	s->n++;
	fd_close(take_server_end);
	if (s->remove)
		directory_remove(s->d, s->remove);
	if (s->disconnect)
		directory_disconnect(s->d, RIG_CLIENT, REEVE_ERR_CANCELED);
	if (s->free)
		directory_free(s->d);
}

static void check_sabotage(struct saboteur *s, int n_opens, bool survives)
{
	struct io_request request = { .method = IO_OPEN,
				      .open = { .flags = R } };
	int i, fds[2];
	struct rig rig;

	rig_init(&rig, R, NULL);
	s->d = rig.d;
	assert_int_equal(directory_add(rig.d, "a/trap", DIRECTORY_SERVICE,
				       on_open_sabotage, s),
			 0);
	request.open.path = wire_string_of("a/trap");
	for (i = 0; i < 3; i++) {
		assert_int_equal(channel_pair(fds), 0);
		request_send(rig.client, &request, fds[1]);
		fd_close(fds[0]);
	}
	rig_turn(&rig);
	assert_int_equal(s->n, n_opens);
	if (survives)
		still_serves(&rig);
	if (s->free)
		rig.d = NULL;
	rig_fini(&rig);
}

static void test_callbacks_may_do_anything(void **state)
{
	(void)state;
	check_sabotage(&(struct saboteur){ .remove = "a/trap" }, 1, true);
	check_sabotage(&(struct saboteur){ .remove = "a" }, 1, true);
	check_sabotage(&(struct saboteur){ .disconnect = true }, 1, false);
	check_sabotage(&(struct saboteur){ .free = true }, 1, false);
	check_sabotage(&(struct saboteur){ .remove = "a", .free = true }, 1,
		       false);
	check_sabotage(&(struct saboteur){}, 3, true);
}

static void test_entries_are_bounded(void **state)
{
	const struct directory_limits limits = { .n_entries = 8 };
	struct rig rig;

	(void)state;
	/* Six are there. */
	rig_init(&rig, R, &limits);
	assert_int_equal(directory_add_directory(rig.d, "1"), 0);
	assert_int_equal(directory_add_directory(rig.d, "2/3"), -ENOSPC);
	assert_true(directory_has(rig.d, "2"));
	rig_fini(&rig);
}

static void test_long_paths(void **state)
{
	char path[IO_PATH_MAX + 1];
	char name[IO_NAME_MAX + 2];
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, R, NULL);
	for (i = 0; i < IO_PATH_MAX; i++)
		path[i] = i % 2 ? '/' : 'a';
	path[IO_PATH_MAX] = '\0';
	expect_epitaph(rig_open_at(&rig, rig.client, path, R, 0),
		       REEVE_ERR_NOT_FOUND);
	memcpy(path, "far/", 4);
	fd_close(rig_open_at(&rig, rig.client, path, R, 0));
	assert_int_equal(strlen(rig.open.path), IO_PATH_MAX - 4);
	memset(name, 'n', sizeof(name) - 1);
	name[IO_NAME_MAX + 1] = '\0';
	expect_epitaph(rig_open_at(&rig, rig.client, name, R, 0),
		       REEVE_ERR_BAD_PATH);
	assert_int_equal(directory_add_directory(rig.d, name), -EINVAL);
	name[IO_NAME_MAX] = '\0';
	assert_int_equal(directory_add_directory(rig.d, name), 0);
	fd_close(rig_open_at(&rig, rig.client, name, R, 0));
	assert_non_null(strstr(list_names(&rig, rig.client), name));
	rig_fini(&rig);
}

static void test_ten_thousand_opens_leave_nothing(void **state)
{
	struct rig rig;
	int i, n;

	(void)state;
	rig_init(&rig, RW, NULL);
	fd_close(rig_open_at(&rig, rig.client, "svc/one", RW, 0));
	n = count_fds();
	for (i = 0; i < 10000; i++)
		fd_close(rig_open_at(&rig, rig.client,
				     i % 3 ? "svc/one" : "svc", R, 0));
	rig_turn(&rig);
	assert_int_equal(count_fds(), n);
	rig_fini(&rig);
}

static void test_half_closed_connections(void **state)
{
	struct io_request request = { .method = IO_SYNC, .txid = 1 };
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, R, NULL);
	/* The client shuts its writing side: there will be no more requests. */
	fd = victim(&rig);
	shutdown(fd, SHUT_WR);
	rig_turn(&rig);
	assert_int_equal(directory_n_connections(rig.d), 1);
	fd_close(fd);
	/* Or its reading side: replies cannot be delivered. */
	fd = victim(&rig);
	request_send(fd, &request, -1);
	shutdown(fd, SHUT_RD);
	rig_turn(&rig);
	assert_int_equal(directory_n_connections(rig.d), 1);
	fd_close(fd);
	still_serves(&rig);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_garbage_closes_the_connection_that_sent_it),
		cmocka_unit_test(test_handles_that_nobody_asked_for_are_closed),
		cmocka_unit_test(test_server_ends_that_are_no_channels),
		cmocka_unit_test(test_flags_that_do_not_exist),
		cmocka_unit_test(test_connections_are_bounded),
		cmocka_unit_test(test_watchers_are_bounded),
		cmocka_unit_test(test_a_watcher_that_does_not_read_is_ended),
		cmocka_unit_test(
			test_replies_that_are_not_read_cost_the_connection),
		cmocka_unit_test(test_a_flood_does_not_starve_others),
		cmocka_unit_test(test_both_ends_of_a_channel_served),
		cmocka_unit_test(test_a_connection_may_pass_its_own_end),
		cmocka_unit_test(test_callbacks_may_do_anything),
		cmocka_unit_test(test_entries_are_bounded),
		cmocka_unit_test(test_long_paths),
		cmocka_unit_test(test_ten_thousand_opens_leave_nothing),
		cmocka_unit_test(test_half_closed_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
