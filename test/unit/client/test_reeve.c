/* A component of libreeve: joining, namespace, serving, loop. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/api.h"
#include "client/remote.h"
#include "fault.h"
#include "manager.h"
#include "reeve.h"
#include "reeve/status.h"
#include "sys/fd.h"

static const char echo_path[] = "/svc/fuchsia.example.Echo";

static void test_not_started_by_reeve(void **state)
{
	int fds[2], saved = dup(3);
	struct reeve *r;

	(void)state;
	close(3);
	assert_int_equal(reeve_join(&r), -ENOTCONN);
	/* Something else stands there. */
	assert_int_equal(dup2(1, 3), 3);
	assert_int_equal(reeve_join(&r), -ENOTCONN);
	close(3);
	if (saved >= 0) {
		dup2(saved, 3);
		close(saved);
	}
	/* A channel where nobody said anything. */
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(reeve_join_on(fds[1], &r), -ENOTCONN);
	fd_close(fds[0]);
}

static void test_a_start_that_is_none(void **state)
{
	int fds[2], pipes[2], other[2];
	int n = count_fds();
	struct reeve *r;

	(void)state;
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(
		channel_write(fds[0], "hello", 5, NULL, 0, CHANNEL_NOW), 0);
	assert_int_equal(reeve_join_on(fds[1], &r), -EPROTO);
	fd_close(fds[0]);
	/* A handle that is no channel, in each place. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(channel_pair(fds), 0);
		assert_int_equal(channel_pair(other), 0);
		assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
		bootstrap_write(fds[0], i == 0 ? pipes[0] : dup(other[0]),
				i == 1 ? pipes[0] : dup(other[0]),
				i == 2 ? pipes[0] : dup(other[0]));
		assert_int_equal(reeve_join_on(fds[1], &r), -EPROTO);
		fd_close(fds[0]);
		fd_close(pipes[1]);
		fd_close_all(other, 2);
	}
	assert_int_equal(count_fds(), n);
}

static void test_join_tells_who_and_where(void **state)
{
	int n = count_fds();
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	assert_string_equal(reeve_moniker(r), "/test");
	assert_string_equal(reeve_url(r),
			    "fuchsia-pkg://example.org/t#meta/t.cm");
	assert_string_equal(reeve_args(r)[0], "one");
	assert_string_equal(reeve_args(r)[1], "two");
	assert_null(reeve_args(r)[2]);
	assert_int_equal(reeve_namespace_size(r), 3);
	assert_string_equal(reeve_namespace_path(r, 1), "/svc");
	assert_null(reeve_namespace_path(r, 3));
	reeve_leave(r);
	manager_fini(&m);
	assert_int_equal(count_fds(), n);
}

static int collect(void *userdata, const char *name)
{
	strcat(userdata, name);
	strcat(userdata, " ");
	return 0;
}

static int stop_at_once(void *userdata, const char *name)
{
	(void)userdata;
	(void)name;
	return 42;
}

static void test_list(void **state)
{
	char names[256] = "";
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	manager_start(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_list(r, "/svc", collect, names), 0);
	assert_string_equal(names, "fuchsia.example.Echo denied ");
	assert_int_equal(reeve_list(r, "/svc", stop_at_once, NULL), 42);
	assert_int_equal(reeve_list(r, "/svc/nothing", collect, names), -EPIPE);
	assert_int_equal(reeve_list(r, "/nothing", collect, names), -ENOENT);
	/* A mounted path, which this test has not. */
	assert_int_equal(reeve_list(r, "/data", collect, names), -ENOENT);
	reeve_leave(r);
	manager_fini(&m);
}

static void test_open_and_call(void **state)
{
	struct reeve_message request = { .ordinal = 7,
					 .bytes = "hippo",
					 .n_bytes = 5 };
	struct reeve_message *reply;
	struct reeve_channel *c;
	int i, n = count_fds();
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	/* Pipelined: nobody has read the Open yet. */
	assert_int_equal(reeve_open(r, echo_path, &c), 0);
	assert_int_equal(reeve_send(c, &request), 0);
	manager_start(&m);
	assert_int_equal(reeve_receive(c, 5000, &reply), 0);
	assert_int_equal(reply->ordinal, 7);
	assert_int_equal(reply->txid, 0);
	reeve_message_free(reply);
	for (i = 0; i < 100; i++) {
		assert_int_equal(reeve_call(c, &request, 5000, &reply), 0);
		assert_int_equal(reply->n_bytes, 5);
		assert_memory_equal(reply->bytes, "hippo", 5);
		assert_int_equal((uintptr_t)reply->bytes % 8, 0);
		reeve_message_free(reply);
	}
	reeve_channel_close(c);
	reeve_leave(r);
	manager_fini(&m);
	assert_int_equal(count_fds(), n);
}

static void test_call_that_is_not_answered(void **state)
{
	struct reeve_message silent = { .ordinal = 9 }, *reply;
	struct reeve_message request = { .ordinal = 7 };
	struct reeve_channel *c;
	struct manager m;
	struct reeve *r;
	int fds[2];

	(void)state;
	manager_init(&m);
	manager_start(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_open(r, echo_path, &c), 0);
	assert_int_equal(reeve_call(c, &silent, 20, &reply), -ETIMEDOUT);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	reeve_channel_set_cancel(c, fds[0]);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(reeve_call(c, &silent, 5000, &reply), -ECANCELED);
	reeve_channel_set_cancel(c, -1);
	/* The channel is as good as before. */
	assert_int_equal(reeve_call(c, &request, 5000, &reply), 0);
	assert_int_equal(reply->n_bytes, 0);
	reeve_message_free(reply);
	fd_close_all(fds, 2);
	reeve_channel_close(c);
	reeve_leave(r);
	manager_fini(&m);
}

static void test_a_refused_open_says_who_refused(void **state)
{
	struct reeve_message request = { .ordinal = 7 }, *reply;
	struct reeve_channel *c;
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	manager_start(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_open(r, "/svc/denied", &c), 0);
	assert_int_equal(reeve_call(c, &request, 5000, &reply), -EPIPE);
	assert_int_equal(reeve_channel_status(c), REEVE_ERR_ACCESS_DENIED);
	assert_int_equal(reeve_channel_closer(c), REEVE_CLOSER_MANAGER);
	reeve_channel_close(c);
	assert_int_equal(reeve_open(r, "/svc/absent", &c), 0);
	assert_int_equal(reeve_receive(c, 5000, &reply), -EPIPE);
	assert_int_equal(reeve_channel_status(c), REEVE_ERR_NOT_FOUND);
	assert_int_equal(reeve_channel_closer(c), REEVE_CLOSER_MANAGER);
	assert_string_equal(reeve_status_name(reeve_channel_status(c)),
			    "NOT_FOUND");
	reeve_channel_close(c);
	reeve_leave(r);
	manager_fini(&m);
}

/* The request was still unread when the other end went: a reset, not an end. */
static void test_an_epitaph_survives_unread_requests(void **state)
{
	struct reeve_message request = { .ordinal = 7 }, *reply;
	struct reeve_channel *c;
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_open(r, "/svc/denied", &c), 0);
	assert_int_equal(reeve_send(c, &request), 0);
	loop_turn(m.loop, 0);
	assert_int_equal(reeve_receive(c, 1000, &reply), -EPIPE);
	assert_int_equal(reeve_channel_status(c), REEVE_ERR_ACCESS_DENIED);
	reeve_channel_close(c);
	/* Found by a write. */
	assert_int_equal(reeve_open(r, "/svc/denied", &c), 0);
	assert_int_equal(reeve_send(c, &request), 0);
	loop_turn(m.loop, 0);
	assert_int_equal(reeve_send(c, &request), -EPIPE);
	assert_int_equal(reeve_channel_status(c), REEVE_ERR_ACCESS_DENIED);
	reeve_channel_close(c);
	/* Found by a call. */
	assert_int_equal(reeve_open(r, "/svc/denied", &c), 0);
	assert_int_equal(reeve_send(c, &request), 0);
	loop_turn(m.loop, 0);
	assert_int_equal(reeve_call(c, &request, 1000, &reply), -EPIPE);
	assert_int_equal(reeve_channel_status(c), REEVE_ERR_ACCESS_DENIED);
	reeve_channel_close(c);
	reeve_leave(r);
	manager_fini(&m);
}

static void test_paths_outside(void **state)
{
	struct reeve_channel *c;
	struct manager m;
	struct reeve *r;
	int fd;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_open(r, "/data/file", &c), REEVE_MOUNTED);
	assert_int_equal(reeve_open(r, "/elsewhere", &c), -ENOENT);
	assert_int_equal(reeve_open(r, "/svcs/x", &c), -ENOENT);
	assert_int_equal(reeve_open(r, "", &c), -ENOENT);
	assert_int_equal(reeve_open_directory(r, "/pkg", &c, &fd), -ENOENT);
	assert_int_equal(reeve_open_directory(r, "/svc", &c, &fd), 0);
	assert_int_equal(fd, -1);
	reeve_channel_close(c);
	reeve_leave(r);
	manager_fini(&m);
}

static void on_message(struct reeve *r, struct reeve_channel *c,
		       struct reeve_message *m, void *userdata)
{
	unsigned *n = userdata;

	if (!m) {
		reeve_quit(r, 5);
		return;
	}
	++*n;
	reeve_reply(c, m, m->bytes, m->n_bytes);
}

static void on_open(struct reeve *r, struct reeve_channel *c, void *userdata)
{
	assert_int_equal(reeve_watch(r, c, on_message, userdata), 0);
}

static void frame_write(int fd, uint32_t txid, uint64_t ordinal)
{
	_Alignas(8) uint8_t buffer[64];
	struct message m = MESSAGE_OVER(buffer);

	assert_int_equal(
		wire_header_write(&m,
				  &(struct wire_header){ .txid = txid,
							 .ordinal = ordinal }),
		0);
	m.n_bytes += 8;
	memset(m.bytes + 16, 'x', 8);
	assert_int_equal(channel_send(fd, &m, CHANNEL_NOW), 0);
}

static void test_serve(void **state)
{
	static _Alignas(8) uint8_t buffer[256];
	struct message in = MESSAGE_OVER(buffer);
	struct wire_header h;
	unsigned n = 0;
	struct manager m;
	struct reeve *r;
	int fd, n_fds = count_fds();

	(void)state;
	manager_init(&m);
	/* Opened, and called, before the component serves. */
	fd = manager_open(&m, "svc/example.Echo",
			  IO_RIGHT_READABLE | IO_FLAG_DESCRIBE);
	frame_write(fd, 17, 99);
	r = manager_join(&m);
	assert_int_equal(reeve_serve(r, "/svc/example.Echo", on_open, &n), 0);
	assert_int_equal(reeve_serve(r, "/svc/example.Echo", on_open, &n),
			 -EEXIST);
	assert_int_equal(reeve_serve(r, "", on_open, &n), -EINVAL);
	assert_true(reeve_dispatch(r) > 0);
	assert_true(reeve_dispatch(r) > 0);
	expect_on_open(fd, REEVE_OK, IO_NODE_SERVICE);
	assert_int_equal(channel_read(fd, &in, CHANNEL_NOW), 0);
	assert_int_equal(wire_header_read(&in, &h), 0);
	assert_int_equal(h.txid, 17);
	assert_int_equal(h.ordinal, 99);
	assert_int_equal(in.n_bytes, 24);
	assert_int_equal(n, 1);
	fd_close(fd);
	assert_int_equal(reeve_run(r), 5);
	assert_int_equal(reeve_unserve(r, "/svc/example.Echo"), 0);
	assert_int_equal(reeve_unserve(r, "/svc/example.Echo"), -ENOENT);
	fd = manager_open(&m, "svc/example.Echo", IO_RIGHT_READABLE);
	reeve_dispatch(r);
	expect_epitaph(fd, REEVE_ERR_NOT_FOUND);
	reeve_leave(r);
	manager_fini(&m);
	assert_int_equal(count_fds(), n_fds);
}

static void test_garbage_on_a_watched_channel(void **state)
{
	unsigned n = 0;
	struct manager m;
	struct reeve *r;
	int fd;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_serve(r, "/svc/x", on_open, &n), 0);
	fd = manager_open(&m, "svc/x", IO_RIGHT_READABLE);
	assert_int_equal(channel_write(fd, "short", 5, NULL, 0, CHANNEL_NOW),
			 0);
	assert_int_equal(reeve_run(r), 5);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	assert_int_equal(n, 0);
	reeve_leave(r);
	manager_fini(&m);
}

/* A client that sends all its requests before it reads the first reply. */
static void test_a_client_that_reads_late_loses_nothing(void **state)
{
	static _Alignas(8) uint8_t buffer[256];
	struct message in = MESSAGE_OVER(buffer);
	struct wire_header h;
	uint32_t sent = 0, got = 0;
	unsigned n = 0;
	struct manager m;
	struct reeve *r;
	int fd;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_serve(r, "/svc/x", on_open, &n), 0);
	fd = manager_open(&m, "svc/x", IO_RIGHT_READABLE);
	while (sent < 5000) {
		_Alignas(8) uint8_t out[64] = {};
		struct message o = MESSAGE_OVER(out);

		wire_header_write(&o, &(struct wire_header){ .txid = sent + 1,
							     .ordinal = 99 });
		if (channel_send(fd, &o, CHANNEL_NOW) == 0)
			sent++;
		else if (reeve_dispatch(r) <= 0)
			break;
	}
	/* Neither side could go on, and it sleeps. */
	assert_true(sent < 5000);
	while (got < sent) {
		in.n_bytes = 0;
		if (channel_read(fd, &in, CHANNEL_NOW) == 0) {
			assert_int_equal(wire_header_read(&in, &h), 0);
			assert_int_equal(h.txid, ++got);
		} else {
			assert_true(reeve_dispatch(r) > 0);
		}
	}
	assert_int_equal(n, sent);
	fd_close(fd);
	reeve_leave(r);
	manager_fini(&m);
}

static void on_message_close(struct reeve *r, struct reeve_channel *c,
			     struct reeve_message *m, void *userdata)
{
	unsigned *n = userdata;

	(void)r;
	assert_non_null(m);
	++*n;
	reeve_channel_close_with(c, REEVE_ERR_BAD_STATE);
	assert_int_equal(reeve_reply(c, m, NULL, 0), -EPIPE);
}

static void on_open_close(struct reeve *r, struct reeve_channel *c,
			  void *userdata)
{
	assert_int_equal(reeve_watch(r, c, on_message_close, userdata), 0);
}

static void test_a_handler_may_close_its_channel(void **state)
{
	unsigned n = 0;
	struct manager m;
	struct reeve *r;
	int fd;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	assert_int_equal(reeve_serve(r, "/svc/x", on_open_close, &n), 0);
	fd = manager_open(&m, "svc/x", IO_RIGHT_READABLE);
	frame_write(fd, 1, 99);
	frame_write(fd, 2, 99);
	while (reeve_dispatch(r) > 0)
		;
	assert_int_equal(n, 1);
	expect_epitaph(fd, REEVE_ERR_BAD_STATE);
	reeve_leave(r);
	manager_fini(&m);
}

static void quit_with_3(struct reeve *r, void *userdata)
{
	(void)userdata;
	reeve_quit(r, 3);
}

static void test_stop(void **state)
{
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	manager_stop(&m);
	assert_int_equal(reeve_run(r), 0);
	assert_true(reeve_is_stopping(r));
	reeve_leave(r);
	manager_fini(&m);
	/* With a handler, which decides. */
	manager_init(&m);
	r = manager_join(&m);
	reeve_on_stop(r, quit_with_3, NULL);
	manager_stop(&m);
	assert_int_equal(reeve_run(r), 3);
	reeve_leave(r);
	manager_fini(&m);
	/* The manager is gone. */
	manager_init(&m);
	r = manager_join(&m);
	m.lifecycle = fd_close(m.lifecycle);
	assert_int_equal(reeve_run(r), 0);
	reeve_leave(r);
	manager_fini(&m);
	/* Asked before the loop was entered. */
	manager_init(&m);
	r = manager_join(&m);
	manager_stop(&m);
	assert_true(reeve_dispatch(r) > 0);
	assert_int_equal(reeve_run(r), 0);
	reeve_leave(r);
	manager_fini(&m);
}

static void test_timers_in_a_foreign_loop(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	p.fd = reeve_fd(r);
	assert_int_equal(reeve_after(r, 1, quit_with_3, NULL), 0);
	assert_int_equal(poll(&p, 1, 5000), 1);
	assert_int_equal(reeve_dispatch(r), 1);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(reeve_after(r, 0, quit_with_3, NULL), 0);
	assert_int_equal(reeve_run(r), 3);
	/* One that never fires is freed. */
	assert_int_equal(reeve_after(r, 100000, quit_with_3, NULL), 0);
	reeve_leave(r);
	manager_fini(&m);
}

static int join_and_serve(void *arg)
{
	int r = -ENOMEM, fds[2], other[2], fd;
	unsigned n = 0;
	struct reeve *reeve = NULL;

	(void)arg;
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(channel_pair(other), 0);
	bootstrap_write(fds[0], dup(other[1]), dup(other[1]), dup(other[0]));
	r = reeve_join_on(fds[1], &reeve);
	if (r == 0)
		r = reeve_serve(reeve, "/svc/x", on_open_close, &n);
	if (r == 0) {
		fd = -1;
		if (reeve_after(reeve, 1000, quit_with_3, NULL) < 0)
			r = -ENOMEM;
		fd_close(fd);
	}
	reeve_leave(reeve);
	fd_close(fds[0]);
	fd_close_all(other, 2);
	return r;
}

static void test_faults(void **state)
{
	int n = count_fds();

	(void)state;
	assert_true(fault_sweep(join_and_serve, NULL) >= 8);
	assert_int_equal(count_fds(), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_started_by_reeve),
		cmocka_unit_test(test_a_start_that_is_none),
		cmocka_unit_test(test_join_tells_who_and_where),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_open_and_call),
		cmocka_unit_test(test_call_that_is_not_answered),
		cmocka_unit_test(test_a_refused_open_says_who_refused),
		cmocka_unit_test(test_an_epitaph_survives_unread_requests),
		cmocka_unit_test(test_paths_outside),
		cmocka_unit_test(test_serve),
		cmocka_unit_test(test_garbage_on_a_watched_channel),
		cmocka_unit_test(test_a_client_that_reads_late_loses_nothing),
		cmocka_unit_test(test_a_handler_may_close_its_channel),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_timers_in_a_foreign_loop),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
