/* What a component may do with its own children, and what it may not. */
#include "realm_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "fault.h"
#include "host/realm_server.h"
#include "sys/fd.h"

static void test_children_come_and_go(void **state)
{
	struct scene *s = *state;
	int fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_ERROR_INSTANCE_ALREADY_EXISTS);
	assert_int_equal(realm_create(s, fd, "none", "a", "#meta/w.cm"),
			 REALM_ERROR_COLLECTION_NOT_FOUND);
	/* What it is is found out when it is needed. */
	assert_int_equal(realm_create(s, fd, "pool", "b", "gone#meta/w.cm"),
			 REALM_OK);
	assert_non_null(manager_find(s->m, "/pool:a"));
	assert_int_equal(realm_destroy(s, fd, "pool", "a"), REALM_OK);
	assert_null(manager_find(s->m, "/pool:a"));
	assert_int_equal(realm_destroy(s, fd, "pool", "a"),
			 REALM_ERROR_INSTANCE_NOT_FOUND);
	assert_int_equal(realm_destroy(s, fd, "pool", "b"), REALM_OK);
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	fd_close(fd);
}

static void test_names(void **state)
{
	static const char *const wrong[] = { "a/b", "..",     ".",   "a b",
					     "",    "pool:a", "\x01" };
	struct scene *s = *state;
	size_t i;
	int fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	for (i = 0; i < N_ELEMENTS(wrong); i++) {
		assert_int_equal(
			realm_create(s, fd, "pool", wrong[i], "#meta/w.cm"),
			REALM_ERROR_INVALID_ARGUMENTS);
		assert_int_equal(realm_destroy(s, fd, "pool", wrong[i]),
				 REALM_ERROR_INSTANCE_NOT_FOUND);
	}
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	manager_find(s->m, "/fixed/inner");
	/* No name reaches beyond the own children. */
	assert_int_equal(realm_destroy(s, fd, NULL, "pool:a"),
			 REALM_ERROR_INSTANCE_NOT_FOUND);
	assert_int_equal(realm_destroy(s, fd, NULL, "fixed/inner"),
			 REALM_ERROR_INSTANCE_NOT_FOUND);
	assert_int_equal(realm_destroy(s, fd, "fixed", "a"),
			 REALM_ERROR_INSTANCE_NOT_FOUND);
	/* Nor does what the manifest says go away. */
	assert_int_equal(realm_destroy(s, fd, NULL, "fixed"),
			 REALM_ERROR_INVALID_ARGUMENTS);
	assert_int_equal(
		s->m->tree.root->instance == (void *)scene_instance(s, "/"), 1);
	fd_close(fd);
}

static void test_scope(void **state)
{
	struct scene *s = *state;
	int root, fixed;

	realm_scene(s);
	root = realm_connect(s, "/");
	fixed = realm_connect(s, "/fixed");
	assert_int_equal(realm_create(s, root, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	assert_int_equal(realm_destroy(s, fixed, "pool", "a"),
			 REALM_ERROR_INSTANCE_NOT_FOUND);
	assert_int_equal(realm_create(s, fixed, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	assert_non_null(manager_find(s->m, "/fixed/pool:a"));
	assert_int_equal(realm_destroy(s, root, "pool", "a"), REALM_OK);
	assert_non_null(manager_find(s->m, "/fixed/pool:a"));
	fd_close(root);
	fd_close(fixed);
}

static void test_list(void **state)
{
	enum { N = 300 };
	struct scene *s = *state;
	struct realm_request q = { .method = REALM_LIST_CHILDREN,
				   .is_modern = true };
	struct realm_request next = { .method = REALM_NEXT, .is_modern = true };
	const struct realm_reply *reply;
	char name[200];
	bool seen[N] = { false };
	int fds[2], fd;
	unsigned i, n = 0;
	uint32_t k;

	realm_scene(s);
	fd = realm_connect(s, "/");
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "%u-%0150u", i, 0);
		assert_int_equal(
			realm_create(s, fd, "pool", name, "#meta/w.cm"),
			REALM_OK);
	}
	assert_int_equal(channel_pair(fds), 0);
	q.collection = wire_string_of("pool");
	assert_int_equal(realm_call(s, fd, &q, fds[1]), REALM_OK);
	do {
		realm_ask(fds[0], &next, -1);
		bare_turn(s->m);
		reply = realm_answer(fds[0]);
		for (k = 0; k < reply->n_children; k++, n++) {
			i = (unsigned)strtoul(reply->children[k].name.bytes,
					      NULL, 10);
			assert_in_range(i, 0, N - 1);
			assert_false(seen[i]);
			seen[i] = true;
		}
	} while (reply->n_children);
	assert_int_equal(n, N);
	/* The end stays the end. */
	realm_ask(fds[0], &next, -1);
	bare_turn(s->m);
	assert_int_equal(realm_answer(fds[0])->n_children, 0);
	fd_close(fds[0]);
	assert_int_equal(channel_pair(fds), 0);
	q.collection = wire_string_of("none");
	assert_int_equal(realm_call(s, fd, &q, fds[1]),
			 REALM_ERROR_COLLECTION_NOT_FOUND);
	expect_closed(fds[0]);
	q.collection = wire_string_of("pool");
	assert_int_equal(realm_call(s, fd, &q, open("/dev/null", O_RDONLY)),
			 REALM_ERROR_INVALID_ARGUMENTS);
	fd_close(fd);
}

static void test_exposed_directory(void **state)
{
	struct scene *s = *state;
	int fds[2], fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_open_exposed(s, fd, NULL, "fixed",
					    open("/dev/null", O_RDONLY)),
			 REALM_ERROR_INVALID_ARGUMENTS);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(realm_open_exposed(s, fd, NULL, "none", fds[1]),
			 REALM_ERROR_INSTANCE_NOT_FOUND);
	expect_closed(fds[0]);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(realm_open_exposed(s, fd, NULL, "fixed", fds[1]),
			 REALM_OK);
	expect_quiet(fds[0]);
	/* Looking starts nothing. */
	assert_int_equal(scene_instance(s, "/fixed")->state, LIFE_STOPPED);
	fd_close(fds[0]);
	assert_int_equal(realm_create(s, fd, "pool", "b", "gone#meta/w.cm"),
			 REALM_OK);
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(realm_open_exposed(s, fd, "pool", "b", fds[1]),
			 REALM_ERROR_INSTANCE_CANNOT_RESOLVE);
	expect_closed(fds[0]);
	fd_close(fd);
}

static void test_malformed(void **state)
{
	struct scene *s = *state;
	int fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(channel_write(fd, "nonsense", 8, NULL, 0, CHANNEL_NOW),
			 0);
	bare_turn(s->m);
	expect_epitaph(fd, REEVE_ERR_INVALID_ARGS);
	/* The methods of one protocol are not those of the other. */
	fd = realm_connect(s, "/");
	realm_ask(fd,
		  &(struct realm_request){ .method = REALM_NEXT,
					   .is_modern = true },
		  -1);
	bare_turn(s->m);
	expect_closed(fd);
}

static void test_channels_are_bounded(void **state)
{
	enum { LIMIT = 8 };
	struct scene *s = *state;
	struct realm_request q = { .method = REALM_LIST_CHILDREN,
				   .is_modern = true,
				   .collection = wire_string_of("pool") };
	struct instance *root;
	int fds[LIMIT][2], more[2], fd;
	unsigned i;

	realm_scene(s);
	root = scene_instance(s, "/");
	root->account.limits[CHARGE_CHANNELS] = LIMIT;
	fd = realm_connect(s, "/");
	for (i = 1; i < LIMIT; i++) {
		assert_int_equal(channel_pair(fds[i]), 0);
		assert_int_equal(realm_call(s, fd, &q, fds[i][1]), REALM_OK);
	}
	assert_int_equal(channel_pair(more), 0);
	assert_int_equal(realm_call(s, fd, &q, more[1]),
			 REALM_ERROR_RESOURCE_UNAVAILABLE);
	expect_epitaph(more[0], REEVE_ERR_NO_RESOURCES);
	assert_int_equal(channel_pair(more), 0);
	assert_true(realm_server_serve(root, root, NULL, more[1]) < 0);
	expect_epitaph(more[0], REEVE_ERR_NO_RESOURCES);
	for (i = 1; i < LIMIT; i++)
		fd_close(fds[i][0]);
	bare_turn(s->m);
	assert_int_equal(root->account.held[CHARGE_CHANNELS], 1);
	fd_close(fd);
	bare_turn(s->m);
	assert_int_equal(root->account.held[CHARGE_CHANNELS], 0);
}

static void test_children_are_bounded(void **state)
{
	struct scene *s = *state;
	struct instance *root;
	int fd, below;

	realm_scene(s);
	root = scene_instance(s, "/");
	root->account.limits[CHARGE_CHILDREN] = 3;
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	assert_int_equal(realm_create(s, fd, "pool", "b", "#meta/w.cm"),
			 REALM_OK);
	/* Children that create children bring no account along. */
	below = realm_connect(s, "/pool:a");
	assert_int_equal(realm_create(s, below, "pool", "c", "#meta/w.cm"),
			 REALM_OK);
	assert_int_equal(realm_create(s, below, "pool", "d", "#meta/w.cm"),
			 REALM_ERROR_RESOURCE_UNAVAILABLE);
	assert_int_equal(realm_create(s, fd, "pool", "d", "#meta/w.cm"),
			 REALM_ERROR_RESOURCE_UNAVAILABLE);
	assert_int_equal(root->account.held[CHARGE_CHILDREN], 3);
	/* What goes with its parent is not held either. */
	assert_int_equal(realm_destroy(s, fd, "pool", "a"), REALM_OK);
	assert_int_equal(root->account.held[CHARGE_CHILDREN], 1);
	expect_closed(below);
	fd_close(fd);
}

/* A client that asks and never reads loses its connection, not the manager its
 * memory; the others are served. */
static void test_client_that_does_not_read(void **state)
{
	struct scene *s = *state;
	struct realm_request q = realm_destruction("pool", "none");
	static _Alignas(8) uint8_t bytes[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(bytes);
	unsigned i;
	int fd, other;

	realm_scene(s);
	fd = realm_connect(s, "/");
	other = realm_connect(s, "/");
	q.txid = 5;
	assert_int_equal(realm_request_write(&m, &q), 0);
	for (i = 0; i < 100000; i++) {
		if (channel_write(fd, m.bytes, m.n_bytes, NULL, 0,
				  CHANNEL_NOW) == CHANNEL_CLOSED)
			break;
		loop_turn(s->m->loop, 0);
	}
	assert_in_range(i, 1, 99999);
	assert_int_equal(realm_create(s, other, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	fd_close(fd);
	fd_close(other);
}

struct faulty {
	struct scene *s;
	struct instance *root;
	/* What the destruction could not remove is told in the journal. */
	struct journal_listener listener;
	unsigned n_told;
};

static void on_told(struct journal_listener *l, const struct journal_entry *e)
{
	struct faulty *f = container_of(l, struct faulty, listener);

	f->n_told += strstr(e->text, "could not be removed") != NULL;
}

static int create_and_destroy(void *arg)
{
	struct faulty *f = arg;
	struct realm_request q = {
		.method = REALM_CREATE_CHILD,
		.is_modern = true,
		.collection = wire_string_of("pool"),
		.decl = { .has = REALM_CHILD_NAME | REALM_CHILD_URL,
			  .name = wire_string_of("a"),
			  .url = wire_string_of("#meta/w.cm") },
	};
	struct instance *root = f->root;
	unsigned n_told = f->n_told;
	int fds[2], r = 0;
	_Alignas(8) uint8_t bytes[4096];
	struct message m = MESSAGE_OVER(bytes);
	struct realm_reply reply;

	assert_int_equal(channel_pair(fds), 0);
	if (realm_server_serve(root, root, NULL, fds[1]) < 0) {
		fd_close(fds[0]);
		return -1;
	}
	realm_ask(fds[0], &q, -1);
	loop_turn(f->s->m->loop, 0);
	assert_int_equal(channel_read(fds[0], &m, CHANNEL_NOW), 0);
	assert_int_equal(realm_reply_read(&m, &reply), 0);
	if (reply.error == REALM_ERROR_RESOURCE_UNAVAILABLE) {
		r = -1;
	} else {
		assert_int_equal(reply.error, REALM_OK);
		q = realm_destruction("pool", "a");
		realm_ask(fds[0], &q, -1);
		loop_turn(f->s->m->loop, 0);
		assert_int_equal(channel_read(fds[0], &m, CHANNEL_NOW), 0);
		assert_int_equal(realm_reply_read(&m, &reply), 0);
		if (reply.error == REALM_ERROR_RESOURCE_UNAVAILABLE)
			r = -1;
	}
	fd_close(fds[0]);
	loop_turn(f->s->m->loop, 0);
	if (r < 0) {
		struct realm *left = topology_find(&f->s->m->tree, "/pool:a");

		if (left)
			assert_int_equal(
				manager_doom(f->s->m, left, NULL, NULL), 0);
	}
	assert_int_equal(root->account.held[CHARGE_CHILDREN], 0);
	assert_int_equal(root->account.held[CHARGE_CHANNELS], 0);
	return f->n_told == n_told ? r : -1;
}

static void test_faults(void **state)
{
	struct faulty f = { .s = *state };

	realm_scene(f.s);
	f.root = scene_instance(f.s, "/");
	f.listener.on_entry = on_told;
	journal_listen(f.s->m->journal, &f.listener);
	assert_true(fault_sweep(create_and_destroy, &f) > 3);
	list_unlink(&f.listener.link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_children_come_and_go),
		host_test(test_names),
		host_test(test_scope),
		host_test(test_list),
		host_test(test_exposed_directory),
		host_test(test_malformed),
		host_test(test_channels_are_bounded),
		host_test(test_children_are_bounded),
		host_test(test_client_that_does_not_read),
		host_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
