/* Asking somebody else's directory, which may answer anything. */
#include "rig.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "client/errors.h"
#include "client/remote.h"
#include "manager.h"
#include "reeve/status.h"
#include "sys/fd.h"

/* A server that answers every request with what it was given. */
struct liar {
	pthread_t thread;
	int fd;
	const struct io_reply *replies;
	size_t n;
};

static void *liar_run(void *arg)
{
	struct liar *l = arg;
	_Alignas(8) uint8_t in[16384], out[16384];
	struct wire_header h;
	size_t i;

	for (i = 0; i < l->n; i++) {
		struct message m = MESSAGE_OVER(in), o = MESSAGE_OVER(out);
		struct io_reply reply = l->replies[i];

		if (channel_read(l->fd, &m, CHANNEL_FOREVER) != 0 ||
		    wire_header_read(&m, &h) != 0)
			break;
		message_close_handles(&m);
		reply.txid = h.txid;
		if (io_reply_write(&o, &reply) != 0 ||
		    channel_send(l->fd, &o, CHANNEL_FOREVER) != 0)
			break;
	}
	fd_close(l->fd);
	return NULL;
}

static int ignore(void *userdata, uint8_t type, const char *name, size_t n)
{
	unsigned *count = userdata;

	(void)type;
	(void)name;
	(void)n;
	++*count;
	return 0;
}

static int list_liar(const struct io_reply *replies, size_t n, unsigned *ret)
{
	struct liar l = { .replies = replies, .n = n };
	int r, fds[2];

	*ret = 0;
	assert_int_equal(channel_pair(fds), 0);
	l.fd = fds[1];
	assert_int_equal(pthread_create(&l.thread, NULL, liar_run, &l), 0);
	r = remote_list(fds[0], 2000, ignore, ret);
	fd_close(fds[0]);
	pthread_join(l.thread, NULL);
	return r;
}

static void test_servers_that_lie(void **state)
{
	static const uint8_t cut[] = { 1, 0, 0, 0, 0, 0, 0, 0, 9, 4, 'x' };
	static const uint8_t slash[] = { 1, 0, 0, 0,   0,   0,	0,
					 0, 3, 4, 'a', '/', 'b' };
	static const uint8_t good[] = { 1, 0, 0, 0, 0, 0, 0, 0, 1, 4, 'x' };
	const struct io_reply refused[] = {
		{ .method = IO_REWIND },
		{ .method = IO_READ_DIRENTS,
		  .status = REEVE_ERR_ACCESS_DENIED },
	};
	const struct io_reply truncated[] = {
		{ .method = IO_REWIND },
		{ .method = IO_READ_DIRENTS, .dirents = { cut, sizeof(cut) } },
	};
	const struct io_reply slashed[] = {
		{ .method = IO_REWIND },
		{ .method = IO_READ_DIRENTS,
		  .dirents = { slash, sizeof(slash) } },
	};
	const struct io_reply other[] = { { .method = IO_SYNC } };
	const struct io_reply gone[] = {
		{ .method = IO_REWIND },
		{ .method = IO_READ_DIRENTS,
		  .dirents = { good, sizeof(good) } },
	};
	unsigned n;

	(void)state;
	assert_int_equal(list_liar(refused, 2, &n), -EACCES);
	assert_int_equal(list_liar(truncated, 2, &n), -EPROTO);
	assert_int_equal(list_liar(slashed, 2, &n), -EPROTO);
	assert_int_equal(n, 0);
	assert_int_equal(list_liar(other, 1, &n), -EPROTO);
	assert_int_equal(list_liar(gone, 2, &n), -EPIPE);
	assert_int_equal(n, 1);
	assert_int_equal(list_liar(NULL, 0, &n), -EPIPE);
}

static void test_a_server_that_is_silent(void **state)
{
	unsigned n = 0;
	int fds[2];

	(void)state;
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(remote_list(fds[0], 20, ignore, &n), -ETIMEDOUT);
	fd_close_all(fds, 2);
}

static void test_many_entries(void **state)
{
	char path[32];
	unsigned i, n = 0;
	struct manager m;

	(void)state;
	manager_init(&m);
	for (i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "entry-number-%u", i);
		assert_int_equal(directory_add_directory(m.svc, path), 0);
	}
	manager_start(&m);
	struct reeve *r = manager_join(&m);
	struct reeve_channel *c;
	int fd;

	assert_int_equal(reeve_open_directory(r, "/svc", &c, &fd), 0);
	assert_int_equal(remote_list(reeve_channel_fd(c), 5000, ignore, &n), 0);
	/* Two services and "." besides. */
	assert_int_equal(n, 3003);
	/* Again, from the start. */
	n = 0;
	assert_int_equal(remote_list(reeve_channel_fd(c), 5000, ignore, &n), 0);
	assert_int_equal(n, 3003);
	reeve_channel_close(c);
	reeve_leave(r);
	manager_fini(&m);
}

static int note_event(void *userdata, uint8_t event, const char *name, size_t n)
{
	char *all = userdata;
	size_t length = strlen(all);

	all[length++] = (char)('0' + event);
	memcpy(all + length, name, n);
	all[length + n] = '\0';
	return 0;
}

static void test_watch(void **state)
{
	static _Alignas(8) uint8_t buffer[IO_BYTES_MAX];
	struct message in = MESSAGE_OVER(buffer);
	struct manager m;
	char all[256] = "";
	int fds[2], fd;
	struct reeve_channel *c;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	manager_start(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_open_directory(r, "/svc", &c, &fd), 0);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(remote_watch(reeve_channel_fd(c), 5000,
				      1u << IO_WATCH_EXISTING, fds[1]),
			 0);
	assert_int_equal(channel_read(fds[0], &in, CHANNEL_NOW), 0);
	assert_int_equal(
		remote_read_events(in.bytes, in.n_bytes, note_event, all), 0);
	assert_string_equal(all, "3fuchsia.example.Echo3denied");
	assert_int_equal(
		remote_read_events(in.bytes, in.n_bytes - 1, note_event, all),
		-EPROTO);
	fd_close(fds[0]);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(remote_watch(reeve_channel_fd(c), 5000, 0, fds[1]),
			 -EINVAL);
	fd_close(fds[0]);
	reeve_channel_close(c);
	reeve_leave(r);
	manager_fini(&m);
}

static void test_clone_and_full_queues(void **state)
{
	int n = count_fds();
	int fds[2], pair[2], r;

	(void)state;
	assert_int_equal(channel_pair(fds), 0);
	/* Nobody reads: the opener is told, and keeps nothing. */
	do {
		assert_int_equal(channel_pair(pair), 0);
		r = remote_clone(fds[0], IO_FLAG_SAME_RIGHTS, pair[1]);
		fd_close(pair[0]);
	} while (r == 0);
	assert_true(r == -EAGAIN || r == -ETOOMANYREFS);
	assert_int_equal(count_fds(), n + 2);
	fd_close(fds[1]);
	assert_int_equal(channel_pair(pair), 0);
	assert_int_equal(remote_clone(fds[0], IO_FLAG_SAME_RIGHTS, pair[1]),
			 -EPIPE);
	expect_closed(pair[0]);
	/* What is longer than any path. */
	static char path[IO_PATH_MAX + 2];

	memset(path, 'a', IO_PATH_MAX + 1);
	assert_int_equal(channel_pair(pair), 0);
	assert_int_equal(remote_open(fds[0], 1, 0, path, pair[1]), -EINVAL);
	expect_closed(pair[0]);
	fd_close(fds[0]);
	assert_int_equal(count_fds(), n);
}

static void test_errors(void **state)
{
	(void)state;
	assert_int_equal(error_of_channel(0), 0);
	assert_int_equal(error_of_channel(-ENOMEM), -ENOMEM);
	assert_int_equal(error_of_status(REEVE_OK), 0);
	assert_int_equal(error_of_status(REEVE_ERR_NOT_FOUND), -ENOENT);
	assert_int_equal(error_of_status(12345), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_servers_that_lie),
		cmocka_unit_test(test_a_server_that_is_silent),
		cmocka_unit_test(test_many_entries),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_clone_and_full_queues),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
