/* Directory records, watcher records and paths. */
#include "golden.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "wire/io.h"

static void dirents_are_golden(void **state)
{
	uint8_t b[64];
	uint32_t n = 0;
	struct io_dirent e = { IO_INO_UNKNOWN, IO_DIRENT_SERVICE,
			       wire_string_of("ab") };
	struct message m = MESSAGE_OVER(b);

	(void)state;
	assert_int_equal(io_dirent_write(b, sizeof(b), &n, &e), 0);
	e = (struct io_dirent){ 3, IO_DIRENT_DIRECTORY, wire_string_of(".") };
	assert_int_equal(io_dirent_write(b, sizeof(b), &n, &e), 0);
	m.n_bytes = n;
	golden_assert(&m, "ffffffffffffffff 02 10 6162"
			  "0300000000000000 01 04 2e");
}

static void dirents_are_read_one_by_one(void **state)
{
	GOLDEN_MESSAGE(m);
	struct wire_bytes bytes;
	struct io_dirent e;
	uint32_t at = 0;

	(void)state;
	golden_parse("0500000000000000 02 08 6162 0600000000000000 01 10 63", 0,
		     &m);
	bytes = (struct wire_bytes){ m.bytes, m.n_bytes };
	assert_int_equal(io_dirent_read(bytes, &at, &e), 0);
	assert_int_equal(e.ino, 5);
	assert_int_equal(e.type, IO_DIRENT_FILE);
	assert_true(wire_string_equals(e.name, "ab"));
	assert_int_equal(io_dirent_read(bytes, &at, &e), 0);
	assert_true(wire_string_equals(e.name, "c"));
	assert_int_equal(io_dirent_read(bytes, &at, &e), IO_RECORD_END);

	/* Cut anywhere but between records it is broken. */
	for (uint32_t n = 1; n < m.n_bytes; n++) {
		bytes.n = n;
		at = 0;
		while (!io_dirent_read(bytes, &at, &e))
			;
		assert_int_equal(io_dirent_read(bytes, &at, &e),
				 n == 12 ? IO_RECORD_END : -EBADMSG);
	}
}

static void full_buffers_are_left_alone(void **state)
{
	uint8_t b[12 + 1] = { 0 };
	struct io_dirent e = { 1, IO_DIRENT_FILE, wire_string_of("ab") };
	struct io_watch_event w = { IO_WATCH_ADDED, wire_string_of("ab") };
	uint32_t n;

	(void)state;
	for (uint32_t capacity = 0; capacity < 12; capacity++) {
		n = 0;
		assert_int_equal(io_dirent_write(b, capacity, &n, &e),
				 IO_RECORD_NO_ROOM);
		assert_int_equal(n, 0);
	}
	for (uint32_t capacity = 0; capacity < 4; capacity++) {
		n = 0;
		assert_int_equal(io_watch_event_write(b, capacity, &n, &w),
				 IO_RECORD_NO_ROOM);
	}
	n = 0;
	assert_int_equal(io_dirent_write(b, 12, &n, &e), 0);
	assert_int_equal(n, 12);
	assert_int_equal(b[12], 0);
}

static void bad_names_are_refused(void **state)
{
	static char longest[IO_NAME_MAX + 2];
	const struct wire_string bad[] = {
		{ NULL, 0 },   { "", 0 },     { "a/b", 3 },
		{ "a\0b", 3 }, { "\xff", 1 }, { longest, IO_NAME_MAX + 1 },
	};
	uint8_t b[512];
	uint32_t n = 0, at = 0;

	(void)state;
	memset(longest, 'x', IO_NAME_MAX + 1);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		struct io_dirent e = { 1, IO_DIRENT_FILE, bad[i] };
		struct io_watch_event w = { IO_WATCH_ADDED, bad[i] };

		assert_int_equal(io_dirent_write(b, sizeof(b), &n, &e),
				 -EINVAL);
		assert_int_equal(io_watch_event_write(b, sizeof(b), &n, &w),
				 -EINVAL);
	}
	/* Not from the other side either. */
	memcpy(b, "\1\0\0\0\0\0\0\0\3\10a/b", 13);
	assert_int_equal(io_dirent_read((struct wire_bytes){ b, 13 }, &at,
					&(struct io_dirent){ 0 }),
			 -EBADMSG);
	assert_int_equal(at, 0);
}

static void watch_events_have_names_or_not(void **state)
{
	uint8_t b[64];
	struct message m = MESSAGE_OVER(b);
	const struct io_watch_event events[] = {
		{ IO_WATCH_EXISTING, wire_string_of("a") },
		{ IO_WATCH_IDLE, wire_string_of("") },
		{ IO_WATCH_DELETED, { NULL, 0 } },
	};
	const struct io_watch_event bad[] = {
		{ IO_WATCH_ADDED, wire_string_of("") },
		{ IO_WATCH_IDLE, wire_string_of("a") },
		{ IO_WATCH_IDLE + 1, wire_string_of("a") },
	};
	struct io_watch_event e;
	uint32_t at = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(io_watch_event_write(b, sizeof(b), &m.n_bytes,
						      &events[i]),
				 0);
	golden_assert(&m, "03 01 61 04 00 00 00");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
			io_watch_event_read((struct wire_bytes){ b, m.n_bytes },
					    &at, &e),
			0);
		assert_int_equal(e.event, events[i].event);
	}
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(
			io_watch_event_write(b, sizeof(b), &m.n_bytes, &bad[i]),
			-EINVAL);
	assert_int_equal(io_watch_event_read(
				 (struct wire_bytes){ (uint8_t *)"\4\1a", 3 },
				 &(uint32_t){ 0 }, &e),
			 -EBADMSG);
}

static void paths_are_walked_by_name(void **state)
{
	struct wire_string path = wire_string_of("svc/a.b/c/"), name;
	bool is_directory;

	(void)state;
	assert_int_equal(io_path_next(&path, &name, &is_directory), 0);
	assert_true(wire_string_equals(name, "svc"));
	assert_true(is_directory);
	assert_true(wire_string_equals(path, "a.b/c/"));
	assert_int_equal(io_path_next(&path, &name, NULL), 0);
	assert_true(wire_string_equals(name, "a.b"));
	assert_int_equal(io_path_next(&path, &name, &is_directory), 0);
	assert_true(wire_string_equals(name, "c"));
	assert_true(is_directory);
	assert_int_equal(io_path_next(&path, &name, NULL), IO_PATH_END);

	path = wire_string_of("c");
	assert_int_equal(io_path_next(&path, &name, &is_directory), 0);
	assert_false(is_directory);
}

static void paths_cannot_climb(void **state)
{
	static char longest[IO_NAME_MAX + 3];
	const char *good[] = { ".", "a", "a/", "a/b", "...", "a/..b", ".a" };
	const char *bad[] = { "",   "/",     "/a",    "a//b",	  "a//",
			      "..", "a/..",  "../a",  "./a",	  "a/.",
			      "./", "a/./b", "a/../", "\xc0\xaf", longest };
	struct wire_string zero = { "a\0b", 3 };

	(void)state;
	memset(longest, 'x', IO_NAME_MAX + 1);
	for (size_t i = 0; i < N_ELEMENTS(good); i++)
		assert_int_equal(io_path_check(wire_string_of(good[i])), 0);
	for (size_t i = 0; i < N_ELEMENTS(bad); i++)
		assert_int_equal(io_path_check(wire_string_of(bad[i])),
				 IO_PATH_BAD);
	assert_int_equal(io_path_check(zero), IO_PATH_BAD);
	assert_int_equal(io_path_check((struct wire_string){ 0 }), IO_PATH_BAD);
	longest[IO_NAME_MAX] = 0;
	assert_int_equal(io_path_check(wire_string_of(longest)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dirents_are_golden),
		cmocka_unit_test(dirents_are_read_one_by_one),
		cmocka_unit_test(full_buffers_are_left_alone),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(watch_events_have_names_or_not),
		cmocka_unit_test(paths_are_walked_by_name),
		cmocka_unit_test(paths_cannot_climb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
