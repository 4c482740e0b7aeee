/* A directory that changes: watchers, entries that come and go, clients that
 * leave. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "reeve/status.h"
#include "sys/fd.h"

enum {
	R = IO_RIGHT_READABLE,
};

static int watch(struct rig *rig, int fd, uint32_t mask, int32_t *ret_status)
{
	struct io_request request = { .method = IO_WATCH,
				      .watch = { .mask = mask } };
	struct io_reply reply;
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	request_call(rig, fd, &request, fds[1], &reply);
	*ret_status = reply.status;
	return fds[0];
}

static void test_watch(void **state)
{
	struct rig rig;
	int32_t status;
	int svc, w;

	(void)state;
	rig_init(&rig, R, NULL);
	svc = rig_open_at(&rig, rig.client, "svc", R, 0);
	w = watch(&rig, svc, IO_WATCH_MASK_ALL, &status);
	assert_int_equal(status, REEVE_OK);
	fd_close(svc);
	assert_string_equal(watch_events(w), "=one =two =told . ");
	assert_int_equal(directory_add(rig.d, "svc/three", DIRECTORY_SERVICE,
				       rig_on_open, &rig.open),
			 0);
	assert_int_equal(directory_remove(rig.d, "svc/one"), 0);
	assert_int_equal(directory_add_directory(rig.d, "elsewhere"), 0);
	assert_string_equal(watch_events(w), "+three -one ");
	assert_int_equal(directory_remove(rig.d, "svc"), 0);
	/* Leaves first, then the directory itself. */
	assert_string_equal(watch_events(w), "-two -told -three x ");
	expect_closed(w);
	rig_fini(&rig);
}

static void test_watch_masks(void **state)
{
	struct rig rig;
	int32_t status;
	int w;

	(void)state;
	rig_init(&rig, R, NULL);
	w = watch(&rig, rig.client, 1u << IO_WATCH_ADDED, &status);
	assert_int_equal(status, REEVE_OK);
	assert_int_equal(directory_add_directory(rig.d, "new"), 0);
	assert_int_equal(directory_remove(rig.d, "new"), 0);
	assert_string_equal(watch_events(w), "+new ");
	fd_close(w);
	expect_closed(watch(&rig, rig.client, 0, &status));
	assert_int_equal(status, REEVE_ERR_INVALID_ARGS);
	expect_closed(watch(&rig, rig.client, 0x20, &status));
	assert_int_equal(status, REEVE_ERR_INVALID_ARGS);
	rig_turn(&rig);
	assert_int_equal(directory_n_connections(rig.d), 1);
	rig_fini(&rig);
}

static void test_add_and_remove(void **state)
{
	struct directory *d;
	struct rig rig;

	(void)state;
	rig_init(&rig, R, NULL);
	d = rig.d;
	assert_int_equal(
		directory_add(d, "", DIRECTORY_SERVICE, rig_on_open, NULL),
		-EINVAL);
	assert_int_equal(
		directory_add(d, "/a", DIRECTORY_SERVICE, rig_on_open, NULL),
		-EINVAL);
	assert_int_equal(
		directory_add(d, "a/", DIRECTORY_SERVICE, rig_on_open, NULL),
		-EINVAL);
	assert_int_equal(
		directory_add(d, ".", DIRECTORY_SERVICE, rig_on_open, NULL),
		-EINVAL);
	assert_int_equal(
		directory_add(d, "svc", DIRECTORY_SERVICE, rig_on_open, NULL),
		-EEXIST);
	assert_int_equal(directory_add(d, "svc/one/x", DIRECTORY_SERVICE,
				       rig_on_open, NULL),
			 -ENOTDIR);
	assert_int_equal(directory_add_directory(d, "svc/one"), -ENOTDIR);
	assert_int_equal(directory_add_directory(d, "svc"), 0);
	assert_int_equal(directory_remove(d, "nothing"), -ENOENT);
	assert_int_equal(directory_remove(d, ""), -ENOENT);
	assert_int_equal(directory_remove(d, "svc//one"), -ENOENT);
	assert_int_equal(directory_add_directory(d, "a/b/c/d"), 0);
	assert_true(directory_has(d, "a/b/c/d"));
	assert_int_equal(directory_remove(d, "a"), 0);
	assert_false(directory_has(d, "a/b"));
	assert_true(directory_has(d, ""));
	rig_fini(&rig);
}

static void test_connections_to_what_is_removed_are_closed(void **state)
{
	struct rig rig;
	int svc, reference;

	(void)state;
	rig_init(&rig, R, NULL);
	svc = rig_open_at(&rig, rig.client, "svc", R, 0);
	reference = rig_open_at(&rig, rig.client, "svc/one",
				IO_FLAG_NODE_REFERENCE, 0);
	assert_int_equal(directory_remove(rig.d, "svc"), 0);
	expect_epitaph(svc, REEVE_ERR_NOT_FOUND);
	expect_epitaph(reference, REEVE_ERR_NOT_FOUND);
	assert_int_equal(request_status(&rig, rig.client, IO_SYNC), REEVE_OK);
	rig_fini(&rig);
}

static void on_idle(void *userdata)
{
	++*(int *)userdata;
}

static void test_idle_and_disconnect(void **state)
{
	int fds[2], n = 0, w;
	int32_t status;
	struct rig rig;

	(void)state;
	rig_init(&rig, R, NULL);
	directory_on_idle(rig.d, on_idle, &n);
	w = watch(&rig, rig.client, 1u << IO_WATCH_ADDED, &status);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(directory_serve(rig.d, fds[1], R, 8), 0);
	directory_disconnect(rig.d, RIG_CLIENT, REEVE_ERR_UNAVAILABLE);
	expect_closed(w);
	expect_epitaph(TAKE_FD(rig.client), REEVE_ERR_UNAVAILABLE);
	rig_turn(&rig);
	assert_int_equal(n, 0);
	assert_int_equal(request_status(&rig, fds[0], IO_SYNC), REEVE_OK);
	fd_close(fds[0]);
	rig_turn(&rig);
	assert_int_equal(n, 1);
	rig_fini(&rig);
}

static int serve_once(void *arg)
{
	struct io_request request = { .method = IO_WATCH,
				      .watch = { .mask = IO_WATCH_MASK_ALL } };
	struct directory *d = NULL;
	struct loop *loop = NULL;
	int r, fds[2] = { -1, -1 }, watcher[2] = { -1, -1 };

	(void)arg;
	r = loop_new(&loop);
	if (r == 0)
		r = directory_new(loop, NULL, &d);
	if (r == 0)
		r = directory_add(d, "svc/one", DIRECTORY_SERVICE, rig_on_open,
				  NULL);
	assert_int_equal(channel_pair(fds), 0);
	if (r == 0)
		r = directory_serve(d, TAKE_FD(fds[1]), R, 0);
	if (r == 0) {
		/* A request that fails for lack of memory is answered so. */
		assert_int_equal(channel_pair(watcher), 0);
		request.txid = 1;
		request_send(fds[0], &request, TAKE_FD(watcher[1]));
		loop_turn(loop, 0);
		if (directory_n_connections(d) != 2)
			r = -ENOMEM;
	}
	directory_free(d);
	loop_free(loop);
	fd_close_all(fds, 2);
	fd_close_all(watcher, 2);
	return r;
}

static void test_faults(void **state)
{
	int n = count_fds();

	(void)state;
	assert_true(fault_sweep(serve_once, NULL) >= 6);
	assert_int_equal(count_fds(), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_watch_masks),
		cmocka_unit_test(test_add_and_remove),
		cmocka_unit_test(
			test_connections_to_what_is_removed_are_closed),
		cmocka_unit_test(test_idle_and_disconnect),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
