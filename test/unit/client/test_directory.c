/* The Directory protocol, method by method. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reeve/status.h"
#include "sys/fd.h"

enum {
	R = IO_RIGHT_READABLE,
	W = IO_RIGHT_WRITABLE,
	X = IO_RIGHT_EXECUTABLE,
	A = IO_RIGHT_ADMIN,
	RW = R | W,
	DESCRIBE = IO_FLAG_DESCRIBE,
};

static void test_open_service(void **state)
{
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, RW, NULL);
	fd = rig_open_at(&rig, rig.client, "svc/one", RW, 0);
	assert_int_equal(rig.open.n, 1);
	assert_string_equal(rig.open.name, "one");
	assert_string_equal(rig.open.path, "");
	assert_int_equal(rig.open.flags, RW);
	assert_int_equal(rig.open.client, RIG_CLIENT);
	/* It is the other end of ours. */
	assert_int_equal(channel_write(fd, "hi", 2, NULL, 0, CHANNEL_NOW), 0);
	assert_int_equal(channel_wait(rig.open.fd, CHANNEL_NOW, -1), 0);
	fd_close(fd);
	rig_fini(&rig);
}

static void test_describe_is_the_callees_unless_the_entry_says_so(void **state)
{
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, RW, NULL);
	fd = rig_open_at(&rig, rig.client, "svc/one", R | DESCRIBE, 0);
	expect_quiet(fd);
	assert_int_equal(rig.open.flags, R | DESCRIBE);
	fd_close(fd);
	fd = rig_open_at(&rig, rig.client, "svc/told", R | DESCRIBE, 0);
	expect_on_open(fd, REEVE_OK, IO_NODE_SERVICE);
	assert_int_equal(rig.open.flags, R);
	fd_close(fd);
	fd = rig_open_at(&rig, rig.client, "svc/told", R, 0);
	expect_quiet(fd);
	fd_close(fd);
	rig_fini(&rig);
}

static void test_open_directory(void **state)
{
	struct rig rig;
	int svc, again;

	(void)state;
	rig_init(&rig, RW, NULL);
	svc = rig_open_at(&rig, rig.client, "svc", R | DESCRIBE, 0);
	expect_on_open(svc, REEVE_OK, IO_NODE_DIRECTORY);
	assert_string_equal(list_names(&rig, svc), ". one two told ");
	again = rig_open_at(&rig, svc, ".", R, IO_MODE_DIRECTORY);
	assert_string_equal(list_names(&rig, again), ". one two told ");
	fd_close(again);
	again = rig_open_at(&rig, rig.client, "svc/", R | IO_FLAG_DIRECTORY, 0);
	assert_string_equal(list_names(&rig, again), ". one two told ");
	fd_close(again);
	fd_close(svc);
	assert_int_equal(rig.open.n, 0);
	rig_fini(&rig);
}

struct refusal {
	const char *path;
	uint32_t flags, mode;
	int32_t status;
};

static void check_refusals(struct rig *rig, const struct refusal *refusals,
			   size_t n)
{
	size_t i;
	int fd;

	for (i = 0; i < n; i++) {
		const struct refusal *r = &refusals[i];

		fd = rig_open_at(rig, rig->client, r->path, r->flags, r->mode);
		expect_epitaph(fd, r->status);
		fd = rig_open_at(rig, rig->client, r->path, r->flags | DESCRIBE,
				 r->mode);
		expect_on_open(fd, r->status, IO_NODE_ABSENT);
		expect_epitaph(fd, r->status);
	}
	assert_int_equal(rig->open.n, 0);
	/* None of these costs the connection. */
	assert_int_equal(request_status(rig, rig->client, IO_SYNC), REEVE_OK);
}

static void test_open_refusals(void **state)
{
	static const struct refusal refusals[] = {
		{ "nothing", R, 0, REEVE_ERR_NOT_FOUND },
		{ "svc/nothing", R, 0, REEVE_ERR_NOT_FOUND },
		{ "nothing/one", R, 0, REEVE_ERR_NOT_FOUND },
		{ "nothing", RW | IO_FLAG_CREATE, 0, REEVE_ERR_NOT_SUPPORTED },
		{ "svc/one/more", R, 0, REEVE_ERR_NOT_DIR },
		{ "svc/one/", R, 0, REEVE_ERR_NOT_DIR },
		{ "svc/one", R | IO_FLAG_DIRECTORY, 0, REEVE_ERR_NOT_DIR },
		{ "svc/one", R, IO_MODE_DIRECTORY, REEVE_ERR_NOT_DIR },
		{ "svc/one", R, IO_MODE_FILE, REEVE_ERR_NOT_FILE },
		{ "svc/one", R, IO_MODE_SOCKET, REEVE_ERR_INVALID_ARGS },
		{ "svc/one", RW | IO_FLAG_CREATE | IO_FLAG_CREATE_IF_ABSENT, 0,
		  REEVE_ERR_ALREADY_EXISTS },
		{ "svc/one", RW | IO_FLAG_CREATE_IF_ABSENT, 0,
		  REEVE_ERR_INVALID_ARGS },
		{ "svc/one", RW | IO_FLAG_TRUNCATE, 0, REEVE_ERR_INVALID_ARGS },
		{ "svc/one", RW | IO_FLAG_APPEND, 0, REEVE_ERR_INVALID_ARGS },
		{ "svc", R | IO_FLAG_NOT_DIRECTORY, 0, REEVE_ERR_NOT_FILE },
		{ "svc", R, IO_MODE_FILE, REEVE_ERR_NOT_FILE },
		{ "svc", R, IO_MODE_SERVICE, REEVE_ERR_WRONG_TYPE },
		{ "svc", RW | IO_FLAG_TRUNCATE, 0, REEVE_ERR_INVALID_ARGS },
		{ "svc", R | IO_FLAG_DIRECTORY | IO_FLAG_NOT_DIRECTORY, 0,
		  REEVE_ERR_INVALID_ARGS },
		{ "svc", RW | IO_FLAG_CREATE | IO_FLAG_CREATE_IF_ABSENT, 0,
		  REEVE_ERR_ALREADY_EXISTS },
		/* Rights, or a reference: one has to be asked for. */
		{ "svc", 0, 0, REEVE_ERR_INVALID_ARGS },
		{ "svc/one", 0, 0, REEVE_ERR_INVALID_ARGS },
		{ "svc", IO_FLAG_POSIX, 0, REEVE_ERR_INVALID_ARGS },
		{ "svc", IO_FLAG_NODE_REFERENCE | R, 0,
		  REEVE_ERR_INVALID_ARGS },
		{ "far", R | IO_FLAG_NO_REMOTE, 0, REEVE_ERR_NOT_SUPPORTED },
		{ "far", R | IO_FLAG_NOT_DIRECTORY, 0, REEVE_ERR_NOT_FILE },
		/* What is no path. */
		{ "", R, 0, REEVE_ERR_BAD_PATH },
		{ "/", R, 0, REEVE_ERR_BAD_PATH },
		{ "/svc", R, 0, REEVE_ERR_BAD_PATH },
		{ "..", R, 0, REEVE_ERR_BAD_PATH },
		{ "svc/../svc/one", R, 0, REEVE_ERR_BAD_PATH },
		{ "svc/./one", R, 0, REEVE_ERR_BAD_PATH },
		{ "svc//one", R, 0, REEVE_ERR_BAD_PATH },
		{ "far/../svc", R, 0, REEVE_ERR_BAD_PATH },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, RW, NULL);
	check_refusals(&rig, refusals, sizeof(refusals) / sizeof(*refusals));
	rig_fini(&rig);
}

static void test_rights_never_increase(void **state)
{
	static const struct refusal refusals[] = {
		{ "svc", RW, 0, REEVE_ERR_ACCESS_DENIED },
		{ "svc", R | X, 0, REEVE_ERR_ACCESS_DENIED },
		{ "svc", A, 0, REEVE_ERR_ACCESS_DENIED },
		{ "svc/one", RW, 0, REEVE_ERR_ACCESS_DENIED },
		{ "far/away", RW, 0, REEVE_ERR_ACCESS_DENIED },
		{ "nothing", W, 0, REEVE_ERR_ACCESS_DENIED },
	};
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, R, NULL);
	check_refusals(&rig, refusals, sizeof(refusals) / sizeof(*refusals));
	/* Through a directory that was opened with less. */
	rig_fini(&rig);
	rig_init(&rig, RW, NULL);
	fd = rig_open_at(&rig, rig.client, "svc", R, 0);
	expect_epitaph(rig_open_at(&rig, fd, "one", RW, 0),
		       REEVE_ERR_ACCESS_DENIED);
	expect_epitaph(rig_clone(&rig, fd, RW), REEVE_ERR_ACCESS_DENIED);
	fd_close(fd);
	rig_fini(&rig);
}

static void test_posix_means_what_the_connection_has(void **state)
{
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, RW, NULL);
	fd = rig_open_at(&rig, rig.client, "svc", R | IO_FLAG_POSIX, 0);
	fd_close(rig_open_at(&rig, fd, "one", RW, 0));
	assert_int_equal(rig.open.n, 1);
	expect_epitaph(rig_open_at(&rig, fd, "one", R | X, 0),
		       REEVE_ERR_ACCESS_DENIED);
	fd_close(fd);
	/* A remote server would take it for its own rights. */
	fd_close(rig_open_at(&rig, rig.client, "far", R | IO_FLAG_POSIX, 0));
	assert_int_equal(rig.open.flags, R);
	rig_fini(&rig);
	rig_init(&rig, RW | X, NULL);
	fd_close(rig_open_at(&rig, rig.client, "far", R | IO_FLAG_POSIX, 0));
	assert_int_equal(rig.open.flags, R | IO_FLAG_POSIX);
	fd_close(
		rig_open_at(&rig, rig.client, "svc/one", R | IO_FLAG_POSIX, 0));
	assert_int_equal(rig.open.flags, R);
	rig_fini(&rig);
}

static void test_remote_gets_the_rest(void **state)
{
	const uint32_t flags = RW | DESCRIBE | IO_FLAG_CREATE;
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, RW, NULL);
	fd = rig_open_at(&rig, rig.client, "far/a/b/c", flags,
			 IO_MODE_FILE | 0600);
	assert_string_equal(rig.open.name, "far");
	assert_string_equal(rig.open.path, "a/b/c");
	assert_int_equal(rig.open.flags, flags);
	assert_int_equal(rig.open.mode, IO_MODE_FILE | 0600);
	expect_quiet(fd);
	fd_close(fd);
	fd_close(rig_open_at(&rig, rig.client, "far/a/", R, 0));
	assert_string_equal(rig.open.path, "a/");
	fd_close(rig_open_at(&rig, rig.client, "far", R, 0));
	assert_string_equal(rig.open.path, "");
	rig_fini(&rig);
}

static void test_node_reference(void **state)
{
	struct io_request request = { .method = IO_DESCRIBE };
	struct io_reply reply;
	struct rig rig;
	int fd, clone;

	(void)state;
	rig_init(&rig, RW, NULL);
	fd = rig_open_at(&rig, rig.client, "svc/one",
			 IO_FLAG_NODE_REFERENCE | DESCRIBE, 0);
	/* Answered here: asking what something is starts nothing. */
	assert_int_equal(rig.open.n, 0);
	expect_on_open(fd, REEVE_OK, IO_NODE_SERVICE);
	request_call(&rig, fd, &request, -1, &reply);
	assert_int_equal(reply.info.kind, IO_NODE_SERVICE);
	request.method = IO_GET_ATTR;
	request_call(&rig, fd, &request, -1, &reply);
	assert_int_equal(reply.attributes.mode & IO_MODE_TYPE, IO_MODE_SERVICE);
	assert_int_equal(request_status(&rig, fd, IO_READ_DIRENTS),
			 REEVE_ERR_BAD_HANDLE);
	assert_int_equal(request_status(&rig, fd, IO_REWIND),
			 REEVE_ERR_BAD_HANDLE);
	expect_epitaph(rig_clone(&rig, fd, R), REEVE_ERR_ACCESS_DENIED);
	clone = rig_clone(&rig, fd, IO_FLAG_SAME_RIGHTS | DESCRIBE);
	expect_on_open(clone, REEVE_OK, IO_NODE_SERVICE);
	fd_close(clone);
	fd_close(fd);

	fd = rig_open_at(&rig, rig.client, "svc", IO_FLAG_NODE_REFERENCE, 0);
	expect_epitaph(rig_open_at(&rig, fd, "one", R, 0),
		       REEVE_ERR_BAD_HANDLE);
	expect_epitaph(rig_open_at(&rig, fd, "one", IO_FLAG_NODE_REFERENCE, 0),
		       REEVE_ERR_BAD_HANDLE);
	fd_close(fd);
	fd = rig_clone(&rig, rig.client, IO_FLAG_NODE_REFERENCE);
	assert_int_equal(request_status(&rig, fd, IO_READ_DIRENTS),
			 REEVE_ERR_BAD_HANDLE);
	fd_close(fd);
	rig_fini(&rig);
}

static void test_clone(void **state)
{
	struct rig rig;
	int fd, weaker;

	(void)state;
	rig_init(&rig, RW, NULL);
	fd = rig_clone(&rig, rig.client, IO_FLAG_SAME_RIGHTS | DESCRIBE);
	expect_on_open(fd, REEVE_OK, IO_NODE_DIRECTORY);
	fd_close(rig_open_at(&rig, fd, "svc/one", RW, 0));
	assert_int_equal(rig.open.n, 1);
	assert_int_equal(rig.open.client, RIG_CLIENT);
	weaker = rig_clone(&rig, fd, R);
	expect_epitaph(rig_open_at(&rig, weaker, "svc/one", RW, 0),
		       REEVE_ERR_ACCESS_DENIED);
	expect_epitaph(rig_clone(&rig, weaker, RW), REEVE_ERR_ACCESS_DENIED);
	expect_epitaph(rig_clone(&rig, fd, IO_FLAG_SAME_RIGHTS | R),
		       REEVE_ERR_INVALID_ARGS);
	expect_epitaph(rig_clone(&rig, fd, 0), REEVE_ERR_INVALID_ARGS);
	fd_close(weaker);
	fd_close(fd);
	rig_fini(&rig);
}

static void test_close(void **state)
{
	struct rig rig;
	int fd;

	(void)state;
	rig_init(&rig, R, NULL);
	fd = rig_clone(&rig, rig.client, R);
	assert_int_equal(directory_n_connections(rig.d), 2);
	assert_int_equal(request_status(&rig, fd, IO_CLOSE), REEVE_OK);
	expect_closed(fd);
	/* A bare close is as good. */
	fd_close(rig_clone(&rig, rig.client, R));
	rig_turn(&rig);
	assert_int_equal(directory_n_connections(rig.d), 1);
	rig_fini(&rig);
}

static void test_describe_and_attributes(void **state)
{
	struct io_request request = { .method = IO_DESCRIBE };
	struct io_reply reply;
	struct rig rig;

	(void)state;
	rig_init(&rig, R, NULL);
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(reply.info.kind, IO_NODE_DIRECTORY);
	request.method = IO_GET_ATTR;
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(reply.status, REEVE_OK);
	assert_int_equal(reply.attributes.mode & IO_MODE_TYPE,
			 IO_MODE_DIRECTORY);
	assert_int_equal(reply.attributes.id, 1);
	assert_int_equal(reply.attributes.link_count, 1);
	assert_int_equal(request_status(&rig, rig.client, IO_SYNC), REEVE_OK);
	rig_fini(&rig);
}

static void test_what_would_change_it_is_not_supported(void **state)
{
	struct io_request request = { .method = IO_SET_ATTR };
	struct io_reply reply;
	struct rig rig;
	int fds[2];

	(void)state;
	rig_init(&rig, IO_RIGHTS, NULL);
	assert_int_equal(request_status(&rig, rig.client, IO_SET_ATTR),
			 REEVE_ERR_NOT_SUPPORTED);
	assert_int_equal(request_status(&rig, rig.client, IO_GET_TOKEN),
			 REEVE_ERR_NOT_SUPPORTED);
	request.method = IO_UNLINK;
	request.path = wire_string_of("svc");
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(reply.status, REEVE_ERR_NOT_SUPPORTED);
	request.method = IO_RENAME;
	request.move.source = wire_string_of("svc");
	request.move.destination = wire_string_of("s");
	assert_int_equal(channel_pair(fds), 0);
	request_call(&rig, rig.client, &request, fds[1], &reply);
	assert_int_equal(reply.status, REEVE_ERR_NOT_SUPPORTED);
	/* The token was not kept. */
	expect_closed(fds[0]);
	assert_true(directory_has(rig.d, "svc/one"));
	rig_fini(&rig);
}

static void test_read_dirents(void **state)
{
	struct io_request request = { .method = IO_READ_DIRENTS,
				      .max_bytes = 14 };
	uint32_t offset = 0;
	struct io_reply reply;
	struct io_dirent e;
	struct rig rig;

	(void)state;
	rig_init(&rig, R, NULL);
	/* One by one: room for a name of four bytes. */
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(io_dirent_read(reply.dirents, &offset, &e), 0);
	assert_true(wire_string_equals(e.name, "."));
	assert_int_equal(e.type, IO_DIRENT_DIRECTORY);
	request_call(&rig, rig.client, &request, -1, &reply);
	offset = 0;
	assert_int_equal(io_dirent_read(reply.dirents, &offset, &e), 0);
	assert_true(wire_string_equals(e.name, "svc"));
	/* An entry that goes, and one that comes, while the listing stands. */
	assert_int_equal(directory_remove(rig.d, "svc"), 0);
	assert_int_equal(directory_remove(rig.d, "far"), 0);
	assert_int_equal(directory_add_directory(rig.d, "new"), 0);
	request.max_bytes = IO_BYTES_MAX;
	request_call(&rig, rig.client, &request, -1, &reply);
	offset = 0;
	assert_int_equal(io_dirent_read(reply.dirents, &offset, &e), 0);
	assert_true(wire_string_equals(e.name, "empty"));
	assert_int_equal(io_dirent_read(reply.dirents, &offset, &e), 0);
	assert_true(wire_string_equals(e.name, "new"));
	assert_int_equal(io_dirent_read(reply.dirents, &offset, &e),
			 IO_RECORD_END);
	/* The end stays the end until Rewind. */
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(reply.dirents.n, 0);
	assert_string_equal(list_names(&rig, rig.client), ". empty new ");
	rig_fini(&rig);
}

static void test_read_dirents_limits(void **state)
{
	struct io_request request = { .method = IO_READ_DIRENTS };
	struct io_reply reply;
	struct rig rig;

	(void)state;
	rig_init(&rig, R, NULL);
	request.max_bytes = IO_BYTES_MAX + 1;
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(reply.status, REEVE_ERR_OUT_OF_RANGE);
	request.max_bytes = 3;
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(reply.status, REEVE_ERR_BUFFER_TOO_SMALL);
	request.max_bytes = 11;
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(reply.status, REEVE_OK);
	request_call(&rig, rig.client, &request, -1, &reply);
	assert_int_equal(reply.status, REEVE_ERR_BUFFER_TOO_SMALL);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_service),
		cmocka_unit_test(
			test_describe_is_the_callees_unless_the_entry_says_so),
		cmocka_unit_test(test_open_directory),
		cmocka_unit_test(test_open_refusals),
		cmocka_unit_test(test_rights_never_increase),
		cmocka_unit_test(test_posix_means_what_the_connection_has),
		cmocka_unit_test(test_remote_gets_the_rest),
		cmocka_unit_test(test_node_reference),
		cmocka_unit_test(test_clone),
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_describe_and_attributes),
		cmocka_unit_test(test_what_would_change_it_is_not_supported),
		cmocka_unit_test(test_read_dirents),
		cmocka_unit_test(test_read_dirents_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
