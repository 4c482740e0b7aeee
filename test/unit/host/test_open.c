/*
 * Opens, from a use to the provider's queue: what is handed over, what is
 * refused and how, and who pays. Exposed directories are a way to open, too.
 */
#include "host_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel.h"
#include "host/exposed.h"
#include "host/open.h"
#include "sys/fd.h"
#include "wire/io.h"

static void scene_begin(struct scene *s)
{
	scene_write(
		s, "packages/root/meta/root.cml",
		"{ children: [ { name: 'user', url: '#meta/user.cm' },"
		"    { name: 'a', url: '#meta/a.cm' },"
		"    { name: 'b', url: '#meta/b.cm' } ],"
		"  offer: [ { protocol: 'x.A', from: '#a', to: '#user' },"
		"    { protocol: 'x.B', from: '#b', to: '#user' },"
		"    { protocol: 'x.Broken', from: '#b', to: '#user' } ] }");
	scene_write(s, "packages/root/meta/user.cml",
		    "{ program: { runner: 'elf', binary: 'bin/u' },"
		    "  use: [ { protocol: 'x.A' }, { protocol: 'x.B' },"
		    "    { protocol: 'x.Broken' }, { protocol: 'x.None' } ] }");
	scene_write(s, "packages/root/meta/a.cml",
		    "{ program: { runner: 'elf', binary: 'bin/a' },"
		    "  capabilities: [ { protocol: 'x.A', path: '/out/a' } ],"
		    "  expose: [ { protocol: 'x.A', from: 'self' } ] }");
	scene_write(s, "packages/root/meta/b.cml",
		    "{ program: { runner: 'elf', binary: 'bin/b' },"
		    "  capabilities: [ { protocol: 'x.B' } ],"
		    "  expose: [ { protocol: 'x.B', from: 'self' },"
		    "    { protocol: 'x.B', from: 'self', as: 'x.Also' } ] }");
	scene_run(s);
}

/* Open the @n-th use of /user; returns the client's end. */
static int open_use(struct scene *s, size_t n)
{
	struct instance *user = scene_instance(s, "/user");
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	open_capability(user, &user->realm->manifest->decls[DECL_USE][n],
			IO_RIGHT_READABLE, IO_MODE_SERVICE, "", fds[1]);
	return fds[0];
}

/* What waits at @provider is an open of @path; its server end. */
static int read_open(struct instance *provider, const char *path)
{
	_Alignas(8) uint8_t bytes[8192];
	struct message m = MESSAGE_OVER(bytes);
	struct io_request q;
	int fd = outgoing_lend(&provider->outgoing);

	assert_true(fd >= 0);
	assert_int_equal(channel_read(fd, &m, CHANNEL_NOW), 0);
	assert_int_equal(io_request_read(&m, &q), 0);
	assert_true(wire_string_equals(q.open.path, path));
	fd_close(fd);
	return message_take_handle(&m, q.open.object);
}

static void test_handed_over(void **state)
{
	struct scene *s = *state;
	struct instance *a, *user;
	int client, server;
	char byte;

	scene_begin(s);
	a = scene_instance(s, "/a");
	user = scene_instance(s, "/user");
	client = open_use(s, 0);
	assert_said(s, "open /user x.A -> /a");
	assert_int_equal(s->m->n_opens, 1);
	assert_int_equal(user->account.held[CHARGE_CONNECTIONS], 1);
	server = read_open(a, "out/a");
	/* The manager is out of the way: the two have the only ends. */
	fd_close(server);
	assert_int_equal(recv(client, &byte, 1, MSG_DONTWAIT), 0);
	fd_close(client);
	assert_int_equal(connections_reconcile(s->m->connections), 0);
	assert_int_equal(user->account.held[CHARGE_CONNECTIONS], 0);
	assert_said(s, "closed /user x.A after");
}

static void test_client_closes(void **state)
{
	struct scene *s = *state;
	int client, server;

	scene_begin(s);
	client = open_use(s, 1);
	server = read_open(scene_instance(s, "/b"), "svc/x.B");
	fd_close(client);
	bare_turn(s->m);
	assert_said(s, "closed /user x.B");
	assert_int_equal(connections_count(s->m->connections), 0);
	fd_close(server);
}

static void test_broken_routes(void **state)
{
	struct scene *s = *state;

	scene_begin(s);
	expect_epitaph(open_use(s, 2), REEVE_ERR_NOT_FOUND);
	assert_said(s, "refused /user x.Broken");
	expect_epitaph(open_use(s, 3), REEVE_ERR_NOT_FOUND);
	assert_said(s, "refused /user x.None");
	assert_said(s, "see reeve route");
	assert_int_equal(s->m->n_refused, 2);
	assert_int_equal(
		scene_instance(s, "/user")->account.held[CHARGE_CONNECTIONS],
		0);
}

static void test_what_is_no_channel(void **state)
{
	struct scene *s = *state;
	struct instance *user;
	int fds[2];

	scene_begin(s);
	user = scene_instance(s, "/user");
	open_capability(user, &user->realm->manifest->decls[DECL_USE][0], 0, 0,
			"", open("/dev/null", O_RDWR | O_CLOEXEC));
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	open_capability(user, &user->realm->manifest->decls[DECL_USE][0], 0, 0,
			"", fds[1]);
	fd_close(fds[0]);
	open_capability(user, &user->realm->manifest->decls[DECL_USE][0], 0, 0,
			"", -1);
	assert_int_equal(s->m->n_opens, 0);
	assert_int_equal(user->account.held[CHARGE_CONNECTIONS], 0);
}

/* Who exceeds its own bound is refused; nobody else notices. */
static void test_bound_of_unread_opens(void **state)
{
	enum { LIMIT = 16 };
	struct scene *s = *state;
	struct instance *user, *a;
	int clients[LIMIT], server;
	unsigned i;

	scene_begin(s);
	user = scene_instance(s, "/user");
	a = scene_instance(s, "/a");
	user->account.limits[CHARGE_OPENS] = LIMIT;
	for (i = 0; i < LIMIT; i++)
		clients[i] = open_use(s, 0);
	expect_epitaph(open_use(s, 0), REEVE_ERR_NO_RESOURCES);
	expect_epitaph(open_use(s, 1), REEVE_ERR_NO_RESOURCES);
	assert_said(s, "unread opens (16)");
	assert_int_equal(user->account.held[CHARGE_CONNECTIONS], LIMIT);
	/* One was read: there is room for one. */
	server = read_open(a, "out/a");
	fd_close(open_use(s, 1));
	expect_epitaph(open_use(s, 1), REEVE_ERR_NO_RESOURCES);
	fd_close(server);
	for (i = 0; i < LIMIT; i++)
		fd_close(clients[i]);
}

static void test_bound_of_connections(void **state)
{
	enum { LIMIT = 20 };
	struct scene *s = *state;
	struct instance *user, *a;
	int clients[LIMIT], servers[LIMIT];
	unsigned i;

	scene_begin(s);
	user = scene_instance(s, "/user");
	a = scene_instance(s, "/a");
	user->account.limits[CHARGE_CONNECTIONS] = LIMIT;
	for (i = 0; i < LIMIT; i++) {
		clients[i] = open_use(s, 0);
		servers[i] = read_open(a, "out/a");
	}
	expect_epitaph(open_use(s, 0), REEVE_ERR_NO_RESOURCES);
	/* A provider that closed without a word is found when it matters. */
	fd_close(servers[7]);
	fd_close(clients[7]);
	clients[7] = open_use(s, 0);
	servers[7] = read_open(a, "out/a");
	expect_quiet(clients[7]);
	for (i = 0; i < LIMIT; i++) {
		fd_close(clients[i]);
		fd_close(servers[i]);
	}
	bare_turn(s->m);
	connections_reconcile(s->m->connections);
	assert_int_equal(user->account.held[CHARGE_CONNECTIONS], 0);
}

/* The two ends talk on when their instances are gone. */
static void test_connection_outlives_its_opener(void **state)
{
	struct scene *s = *state;
	struct instance *user;
	struct realm *r;
	int client, server;

	scene_begin(s);
	client = open_use(s, 0);
	server = read_open(scene_instance(s, "/a"), "out/a");
	user = scene_instance(s, "/user");
	r = user->realm;
	instance_event(user, LIFE_DESTROYED, NULL);
	resolver_forget(&s->m->resolver, r);
	realm_remove(r);
	bare_turn(s->m);
	assert_int_equal(channel_write(client, "x", 1, NULL, 0, CHANNEL_NOW),
			 0);
	assert_int_equal(connections_count(s->m->connections), 1);
	fd_close(client);
	bare_turn(s->m);
	assert_int_equal(connections_count(s->m->connections), 0);
	fd_close(server);
}

static void test_connection_outlives_its_provider(void **state)
{
	struct scene *s = *state;
	struct instance *a;
	int client, server;

	scene_begin(s);
	client = open_use(s, 0);
	a = scene_instance(s, "/a");
	server = read_open(a, "out/a");
	instance_event(a, LIFE_DESTROYED, NULL);
	bare_turn(s->m);
	fd_close(client);
	bare_turn(s->m);
	assert_said(s, "closed /user x.A");
	fd_close(server);
}

/* An open that waits starts its provider; without a cell it is refused. */
static void test_start_that_cannot_be(void **state)
{
	struct scene *s = *state;
	int client;

	scene_begin(s);
	client = open_use(s, 0);
	bare_turn(s->m);
	assert_said(s, "start /a /user opens x.A");
	assert_said(s, "failed /a cannot be started");
	expect_epitaph(client, REEVE_ERR_UNAVAILABLE);
}

static void test_nothing_starts_while_stopping(void **state)
{
	struct scene *s = *state;

	scene_begin(s);
	s->m->is_stopping = true;
	expect_epitaph(open_use(s, 0), REEVE_ERR_UNAVAILABLE);
	assert_not_said(s, "start /a");
}

/* ---- exposed directories ---- */

static void ask(int fd, const char *path, uint32_t flags, int take_end)
{
	_Alignas(8) uint8_t bytes[8192];
	struct message m = MESSAGE_OVER(bytes);
	struct io_request q = { .method = IO_OPEN };

	q.open = (struct io_open){ .flags = flags,
				   .path = wire_string_of(path),
				   .object = message_put_handle(&m, take_end) };
	assert_int_equal(io_request_write(&m, &q), 0);
	assert_int_equal(channel_send(fd, &m, CHANNEL_NOW), 0);
}

/* Open @path in the exposed directory @fd; the client's end. */
static int open_in(struct scene *s, int fd, const char *path)
{
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	ask(fd, path, IO_RIGHT_READABLE, fds[1]);
	loop_turn(s->m->loop, 0);
	return fds[0];
}

static int expose(struct scene *s, const char *moniker)
{
	int fds[2];

	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(exposed_serve(scene_instance(s, moniker),
				       scene_instance(s, "/"), fds[1]),
			 0);
	return fds[0];
}

static void test_exposed(void **state)
{
	struct scene *s = *state;
	struct instance *b;
	int fd, client, server;

	scene_begin(s);
	fd = expose(s, "/b");
	b = scene_instance(s, "/b");
	/* Two names of one thing are two ways to it. */
	client = open_in(s, fd, "svc/x.Also");
	server = read_open(b, "svc/x.B");
	fd_close(server);
	fd_close(client);
	client = open_in(s, fd, "svc/x.B");
	server = read_open(b, "svc/x.B");
	fd_close(server);
	fd_close(client);
	bare_turn(s->m);
	expect_epitaph(open_in(s, fd, "svc/none"), REEVE_ERR_NOT_FOUND);
	fd_close(fd);
	bare_turn(s->m);
}

static void test_exposed_goes_with_its_instance(void **state)
{
	struct scene *s = *state;
	int fd;

	scene_begin(s);
	fd = expose(s, "/b");
	instance_event(scene_instance(s, "/b"), LIFE_DESTROYED, NULL);
	bare_turn(s->m);
	expect_closed(fd);
}

static void test_exposed_connections_are_bounded(void **state)
{
	enum { N = 100 };
	struct scene *s = *state;
	int fds[N][2], n = 0, i;

	scene_begin(s);
	for (i = 0; i < N; i++) {
		assert_int_equal(channel_pair(fds[i]), 0);
		if (exposed_serve(scene_instance(s, "/b"),
				  scene_instance(s, "/"), fds[i][1]))
			expect_epitaph(fds[i][0], REEVE_ERR_NO_RESOURCES);
		else
			fds[n++][0] = fds[i][0];
	}
	assert_in_range(n, 1, N - 1);
	for (i = 0; i < n; i++)
		fd_close(fds[i][0]);
	bare_turn(s->m);
	/* There is room again. */
	fd_close(expose(s, "/b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_handed_over),
		host_test(test_client_closes),
		host_test(test_broken_routes),
		host_test(test_what_is_no_channel),
		host_test(test_bound_of_unread_opens),
		host_test(test_bound_of_connections),
		host_test(test_connection_outlives_its_opener),
		host_test(test_connection_outlives_its_provider),
		host_test(test_start_that_cannot_be),
		host_test(test_nothing_starts_while_stopping),
		host_test(test_exposed),
		host_test(test_exposed_goes_with_its_instance),
		host_test(test_exposed_connections_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
