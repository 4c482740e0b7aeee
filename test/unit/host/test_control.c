/* What a tool asks of the manager, over one connection for each question. */
#include "host_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel.h"
#include "host/control.h"
#include "manifest/json5.h"
#include "sys/fd.h"
#include "wire/control.h"
#include "wire/io.h"
#include "wire/processes.h"

static void scene_begin(struct scene *s)
{
	scene_write(s, "packages/root/meta/root.cml",
		    "{ children: [ { name: 'a', url: '#meta/a.cm' },"
		    "    { name: 'b', url: '#meta/b.cm' },"
		    "    { name: 'gone', url: 'gone#meta/gone.cm' } ] }");
	scene_write(s, "packages/root/meta/a.cml",
		    "{ program: { runner: 'elf', binary: 'bin/a' },"
		    "  children: [ { name: 'web', url: '#meta/leaf.cm' } ] }");
	scene_write(s, "packages/root/meta/b.cml",
		    "{ children: [ { name: 'web', url: '#meta/leaf.cm' } ] }");
	scene_write(s, "packages/root/meta/leaf.cml",
		    "{ program: { runner: 'elf', binary: 'bin/l' } }");
	scene_run(s);
}

static int connect_to(struct scene *s)
{
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(control_adopt(s->m->control, fds[1]), 0);
	return fds[0];
}

static void ask(int fd, const char *verb, const char *const *argv, unsigned n)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	struct control_request q = { .txid = 3,
				     .verb = wire_string_of(verb),
				     .n_arguments = n };

	for (unsigned i = 0; i < n; i++)
		q.arguments[i] = wire_string_of(argv[i]);
	assert_int_equal(control_request_write(&m, &q), 0);
	assert_int_equal(channel_send(fd, &m, CHANNEL_NOW), 0);
}

static void assert_json(struct wire_string json)
{
	struct json5_value *root = NULL;
	struct arena arena = ARENA_INIT;
	struct report report;

	report_init(&report);
	assert_int_equal(
		json5_read("reply", json.bytes, json.n, &arena, &root, &report),
		0);
	report_fini(&report);
	arena_fini(&arena);
}

/* The next event on @fd; its strings live until the next call. False when the
 * connection is closed. */
static bool next_event(int fd, struct control_event *ret)
{
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	int r = channel_read(fd, &m, CHANNEL_NOW);

	if (r == CHANNEL_CLOSED)
		return false;
	assert_int_equal(r, 0);
	assert_int_equal(control_event_read(&m, ret), 0);
	return true;
}

/* Ask, and read to the end: the exit status. The data and the error are in
 * *ret_said. */
static int run(struct scene *s, struct text *ret_said, const char *verb,
	       const char *const *argv, unsigned n)
{
	struct control_event e;
	int fd = connect_to(s), status = -1;

	text_clear(ret_said);
	ask(fd, verb, argv, n);
	bare_turn(s->m);
	assert_true(next_event(fd, &e));
	assert_int_equal(e.kind, CONTROL_REPLY);
	assert_int_equal(e.txid, 3);
	while (next_event(fd, &e)) {
		assert_int_equal(status, -1);
		if (e.kind == CONTROL_ON_DATA) {
			assert_json(e.json);
			text_append(ret_said, e.json.bytes, e.json.n);
			text_puts(ret_said, "\n");
			bare_turn(s->m);
			continue;
		}
		assert_int_equal(e.kind, CONTROL_ON_END);
		status = e.exit_status;
		text_append(ret_said, e.error.bytes, e.error.n);
		bare_turn(s->m);
	}
	fd_close(fd);
	return status;
}

static int run1(struct scene *s, struct text *ret_said, const char *verb,
		const char *argument)
{
	return run(s, ret_said, verb, &argument, argument ? 1 : 0);
}

static void test_verbs(void **state)
{
	struct scene *s = *state;
	_cleanup_text_ struct text t = TEXT_INIT;

	scene_begin(s);
	assert_int_equal(run1(s, &t, "list", NULL), 0);
	assert_contains(text_string(&t), "\"moniker\":\"/\"");
	assert_contains(text_string(&t), "\"moniker\":\"/gone\"");
	assert_int_equal(run1(s, &t, "status", NULL), 0);
	assert_contains(text_string(&t), "\"realms\":");
	assert_int_equal(run1(s, &t, "show", "/a"), 0);
	assert_contains(text_string(&t), "bin/a");
	assert_int_equal(run1(s, &t, "show", "/gone"), 0);
	assert_contains(text_string(&t), "there is no package");
	assert_int_equal(
		run(s, &t, "show", (const char *[]){ "/a", "plan" }, 2), 0);
	assert_int_equal(run1(s, &t, "stop", "/a"), 3);
	assert_int_equal(run1(s, &t, "start", "/b"), 1);
	assert_contains(text_string(&t), "no program");
	assert_int_equal(run1(s, &t, "start", "/gone"), 1);
	assert_int_equal(run1(s, &t, "log", NULL), 0);
	assert_contains(text_string(&t), "cannot be resolved");
	assert_int_equal(run1(s, &t, "log", "/a"), 0);
	assert_string_equal(text_string(&t), "");
}

static void test_wrong_questions(void **state)
{
	struct scene *s = *state;
	_cleanup_text_ struct text t = TEXT_INIT;

	scene_begin(s);
	assert_int_equal(run1(s, &t, "frobnicate", NULL), 2);
	assert_contains(text_string(&t), "another version");
	assert_int_equal(run1(s, &t, "show", NULL), 2);
	assert_int_equal(run1(s, &t, "list", "x"), 2);
	assert_int_equal(run1(s, &t, "show", "/none"), 4);
	assert_contains(text_string(&t), "there is no component \"/none\"");
	/* Nothing is not the ending of everything. */
	assert_int_equal(run1(s, &t, "show", ""), 4);
	assert_int_equal(run1(s, &t, "stop", ""), 4);
}

static void test_endings(void **state)
{
	struct scene *s = *state;
	_cleanup_text_ struct text t = TEXT_INIT;

	scene_begin(s);
	scene_instance(s, "/a/web");
	scene_instance(s, "/b/web");
	assert_int_equal(run1(s, &t, "show", "web"), 4);
	assert_contains(text_string(&t), "could be any of /a/web, /b/web");
	assert_int_equal(run1(s, &t, "show", "a/web"), 0);
	assert_int_equal(run1(s, &t, "show", "eb"), 4);
	assert_int_equal(run1(s, &t, "show", "gone"), 0);
}

/* Arguments that are as long as they may be, and not only ASCII. */
static void test_long_arguments(void **state)
{
	char argument[CONTROL_ARGUMENT_MAX + 1];
	struct scene *s = *state;
	_cleanup_text_ struct text t = TEXT_INIT;
	size_t shift;

	scene_begin(s);
	for (shift = 0; shift < 3; shift++) {
		memset(argument, 'x', sizeof(argument));
		for (size_t i = shift; i + 3 < CONTROL_ARGUMENT_MAX; i += 3)
			memcpy(argument + i, "\xe2\x82\xac", 3);
		argument[CONTROL_ARGUMENT_MAX - 4 + shift] = 0;
		argument[(CONTROL_ARGUMENT_MAX - 4) / 3 * 3 + shift] = 0;
		/* The end is said, however long the question was. */
		assert_int_equal(run1(s, &t, "show", argument), 4);
	}
	memset(argument, 'x', sizeof(argument));
	argument[CONTROL_ARGUMENT_MAX - 1] = 'x';
	argument[CONTROL_ARGUMENT_MAX] = 0;
	assert_int_equal(run1(s, &t, "show", argument), 2);
	assert_contains(text_string(&t), "too long");
}

static void test_log_of_long_lines(void **state)
{
	static char line[JOURNAL_LINE_MAX + 1];
	struct scene *s = *state;
	_cleanup_text_ struct text t = TEXT_INIT;
	unsigned i;

	scene_begin(s);
	memset(line, '"', JOURNAL_LINE_MAX);
	for (i = 0; i < JOURNAL_KEPT; i++)
		journal_write(s->m->journal, JOURNAL_LOG, "/a", NULL, NULL,
			      "%s", line);
	/* All of it, though nobody reads while it is written. */
	assert_int_equal(run1(s, &t, "log", NULL), 0);
	assert_true(t.n > 2 * 1024 * 1024);
	assert_int_equal(run(s, &t, "log", (const char *[]){ "", "3" }, 2), 0);
	assert_in_range(t.n, 3 * 2 * JOURNAL_LINE_MAX,
			4 * 2 * JOURNAL_LINE_MAX);
}

static void test_follow(void **state)
{
	struct scene *s = *state;
	struct control_event e;
	int fd;

	scene_begin(s);
	fd = connect_to(s);
	ask(fd, "log", (const char *[]){ "/a", "0", "follow" }, 3);
	bare_turn(s->m);
	assert_true(next_event(fd, &e));
	assert_int_equal(e.kind, CONTROL_REPLY);
	expect_quiet(fd);
	journal_write(s->m->journal, JOURNAL_LOG, "/b", NULL, NULL, "other");
	journal_write(s->m->journal, JOURNAL_LOG, "/a/web", NULL, NULL, "mine");
	assert_true(next_event(fd, &e));
	assert_int_equal(e.kind, CONTROL_ON_DATA);
	expect_quiet(fd);
	fd_close(fd);
	journal_write(s->m->journal, JOURNAL_LOG, "/a", NULL, NULL, "alone");
	bare_turn(s->m);
	journal_write(s->m->journal, JOURNAL_LOG, "/a", NULL, NULL, "alone");
}

/* Who follows and does not read loses its connection. */
static void test_follower_that_does_not_read(void **state)
{
	static char line[JOURNAL_LINE_MAX + 1];
	struct scene *s = *state;
	struct control_event e;
	int fd;
	unsigned i;

	scene_begin(s);
	fd = connect_to(s);
	ask(fd, "log", (const char *[]){ "", "0", "follow" }, 3);
	bare_turn(s->m);
	memset(line, 'x', JOURNAL_LINE_MAX);
	for (i = 0; i < 10000; i++) {
		journal_write(s->m->journal, JOURNAL_LOG, "/a", NULL, NULL,
			      "%s", line);
		if (channel_is_closed(fd))
			break;
	}
	assert_in_range(i, 100, 9000);
	while (next_event(fd, &e))
		;
	fd_close(fd);
	bare_turn(s->m);
}

static void test_second_request_closes(void **state)
{
	struct scene *s = *state;
	struct control_event e;
	int fd;

	scene_begin(s);
	fd = connect_to(s);
	ask(fd, "log", (const char *[]){ "", "0", "follow" }, 3);
	ask(fd, "list", NULL, 0);
	bare_turn(s->m);
	while (next_event(fd, &e))
		assert_int_not_equal(e.kind, CONTROL_ON_END);
	fd_close(fd);
}

static void test_malformed(void **state)
{
	struct scene *s = *state;
	int fd;

	scene_begin(s);
	fd = connect_to(s);
	assert_int_equal(channel_write(fd, "nonsense", 8, NULL, 0, CHANNEL_NOW),
			 0);
	bare_turn(s->m);
	expect_closed(fd);
	fd = connect_to(s);
	fd_close(fd);
	bare_turn(s->m);
}

static void test_connections_are_bounded(void **state)
{
	enum { N = 100 };
	struct scene *s = *state;
	int fds[N], pair[2], n;

	scene_begin(s);
	for (n = 0; n < N; n++) {
		assert_int_equal(channel_pair(pair), 0);
		fds[n] = pair[0];
		if (control_adopt(s->m->control, pair[1]) < 0)
			break;
	}
	assert_in_range(n, 1, N - 1);
	expect_epitaph(fds[n], REEVE_ERR_NO_RESOURCES);
	while (n--)
		fd_close(fds[n]);
	bare_turn(s->m);
	fd_close(connect_to(s));
}

/* The socket itself: in a directory of its own, for its owner. */
static void test_socket(void **state)
{
	struct scene *s = *state;
	char *directory;

	scene_begin(s);
	if (geteuid() == 0) {
		/* Root's is a fixed place, where other managers may be. */
		return;
	}
	setenv("XDG_RUNTIME_DIR", s->directory, 1);
	directory = control_directory();
	assert_non_null(directory);
	assert_string_equal(directory, scene_path(s, "reeve"));
	free(directory);
	rmdir(scene_path(s, "reeve"));
	assert_int_equal(symlink("/tmp", scene_path(s, "reeve")), 0);
	assert_null(control_directory());
}

/* The events of "processes /a"; *ret is the channel, -1 for none. */
static int look(struct scene *s, struct text *ret_said, int *ret)
{
	_Alignas(8) uint8_t bytes[8192];
	struct message m = MESSAGE_OVER(bytes);
	struct control_event e;
	int fd = connect_to(s), status = -1;

	*ret = -1;
	text_clear(ret_said);
	ask(fd, "processes", (const char *[]){ "/a" }, 1);
	bare_turn(s->m);
	while (!channel_read(fd, &m, CHANNEL_NOW)) {
		assert_int_equal(control_event_read(&m, &e), 0);
		if (e.kind == CONTROL_ON_CHANNEL)
			*ret = message_take_handle(&m, e.channel);
		if (e.kind == CONTROL_ON_DATA)
			text_append(ret_said, e.json.bytes, e.json.n);
		if (e.kind == CONTROL_ON_END) {
			status = e.exit_status;
			text_append(ret_said, e.error.bytes, e.error.n);
		}
	}
	fd_close(fd);
	return status;
}

/* The tool gets a channel to the program, which only one that runs is. */
static void test_processes(void **state)
{
	_Alignas(8) uint8_t bytes[8192];
	struct message m = MESSAGE_OVER(bytes);
	struct scene *s = *state;
	_cleanup_text_ struct text t = TEXT_INIT;
	struct io_request q;
	struct instance *a;
	int fd, provider, server, i;

	scene_begin(s);
	assert_int_equal(look(s, &t, &fd), 3);
	assert_string_equal(text_string(&t), "/a is not running");
	a = scene_instance(s, "/a");
	assert_int_equal(look(s, &t, &fd), 3);
	assert_int_equal(a->outgoing.send_fd, -1);

	a->state = LIFE_RUNNING;
	provider = outgoing_lend(&a->outgoing);
	assert_int_equal(look(s, &t, &fd), 0);
	assert_string_equal(text_string(&t), "{\"moniker\":\"/a\"}");
	assert_int_equal(channel_read(provider, &m, CHANNEL_NOW), 0);
	assert_int_equal(io_request_read(&m, &q), 0);
	assert_true(wire_string_equals(q.open.path, PROCESSES_PATH));
	server = message_take_handle(&m, q.open.object);
	assert_int_equal(channel_write(server, "x", 1, NULL, 0, CHANNEL_NOW),
			 0);
	assert_int_equal(channel_read(fd, &m, CHANNEL_NOW), 0);
	fd_close(server);
	expect_closed(fd);

	/* One that reads nothing is not asked for ever. */
	for (i = 0; i < OUTGOING_LOOKS_MAX; i++) {
		assert_int_equal(look(s, &t, &fd), 0);
		fd_close(fd);
	}
	assert_int_equal(look(s, &t, &fd), 1);
	assert_contains(text_string(&t), "has not even read");
	assert_int_equal(fd, -1);
	a->state = LIFE_STOPPED;
	fd_close(provider);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_verbs),
		host_test(test_wrong_questions),
		host_test(test_endings),
		host_test(test_long_arguments),
		host_test(test_log_of_long_lines),
		host_test(test_follow),
		host_test(test_follower_that_does_not_read),
		host_test(test_second_request_closes),
		host_test(test_malformed),
		host_test(test_connections_are_bounded),
		host_test(test_socket),
		host_test(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
