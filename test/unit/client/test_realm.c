/* The Realm protocol's client, against a server that checks what arrives. */
#include "rig.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "client/api.h"
#include "reeve/realm.h"
#include "sys/fd.h"
#include "wire/realm.h"

/* What the server saw of one request, and what it answers. */
struct exchange {
	enum realm_method method;
	bool is_modern;
	const char *collection, *name, *url;
	uint32_t error;
	/* ListChildren: what the iterator yields, then nothing. */
	const char *const *children;
	uint32_t n_children;
};

struct server {
	pthread_t thread;
	int fd;
	const struct exchange *exchange;
	bool is_as_expected;
};

static bool strings_match(const struct exchange *e,
			  const struct realm_request *q)
{
	bool is_create = q->method == REALM_CREATE_CHILD;
	bool is_list = q->method == REALM_LIST_CHILDREN;
	struct wire_string collection =
		is_create || is_list ? q->collection : q->child.collection;

	if (e->collection && !wire_string_equals(collection, e->collection))
		return false;
	if (!e->collection && collection.bytes)
		return false;
	if (is_list)
		return true;
	if (is_create)
		return wire_string_equals(q->decl.name, e->name) &&
		       wire_string_equals(q->decl.url, e->url);
	return wire_string_equals(q->child.name, e->name);
}

static int answer(int fd, const struct realm_request *q, uint32_t error,
		  const char *const *children, uint32_t n)
{
	static _Alignas(8) uint8_t buffer[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(buffer);
	static struct realm_reply reply;
	uint32_t i;

	memset(&reply, 0, sizeof(reply));
	reply.method = q->method;
	reply.is_modern = q->is_modern;
	reply.txid = q->txid;
	reply.error = error;
	for (i = 0; i < n; i++) {
		reply.children[i].name = wire_string_of(children[i]);
		reply.children[i].collection = wire_string_of("pool");
	}
	reply.n_children = n;
	if (realm_reply_write(&m, &reply) != 0)
		return -1;
	return channel_send(fd, &m, CHANNEL_NOW);
}

/* Serve the iterator: one batch with all, one with none. */
static void iterate(const struct exchange *e, int fd)
{
	static _Alignas(8) uint8_t buffer[MESSAGE_BYTES_MAX];
	struct realm_request q;
	int i;

	for (i = 0; i < 2; i++) {
		struct message m = MESSAGE_OVER(buffer);

		memset(&q, 0, sizeof(q));
		if (channel_read(fd, &m, CHANNEL_FOREVER) != 0 ||
		    realm_request_read(&m, &q) != 0 || q.method != REALM_NEXT)
			break;
		answer(fd, &q, 0, e->children, i ? 0 : e->n_children);
	}
	fd_close(fd);
}

static void *server_run(void *arg)
{
	static _Alignas(8) uint8_t buffer[MESSAGE_BYTES_MAX];
	struct message m = MESSAGE_OVER(buffer);
	struct server *s = arg;
	const struct exchange *e = s->exchange;
	struct realm_request q = {};
	int handle;

	if (channel_read(s->fd, &m, CHANNEL_FOREVER) != 0)
		return NULL;
	if (realm_request_read(&m, &q) != 0)
		return NULL;
	s->is_as_expected = q.method == e->method &&
			    q.is_modern == e->is_modern && strings_match(e, &q);
	handle = message_take_handle(&m, q.handle);
	answer(s->fd, &q, e->error, NULL, 0);
	if (handle >= 0 && e->n_children)
		iterate(e, handle);
	else
		fd_close(handle);
	return NULL;
}

static struct reeve_channel *server_start(struct server *s,
					  const struct exchange *e)
{
	struct reeve_channel *c;
	int fds[2];

	*s = (struct server){ .exchange = e };
	assert_int_equal(channel_pair(fds), 0);
	s->fd = fds[1];
	assert_int_equal(pthread_create(&s->thread, NULL, server_run, s), 0);
	assert_int_equal(channel_object_new(fds[0], &c), 0);
	return c;
}

static void server_finish(struct server *s, struct reeve_channel *realm)
{
	pthread_join(s->thread, NULL);
	fd_close(s->fd);
	reeve_channel_close(realm);
	assert_true(s->is_as_expected);
}

static const struct reeve_child child = { .collection = "pool", .name = "one" };

static void test_create(void **state)
{
	const struct exchange good = { .method = REALM_CREATE_CHILD,
				       .collection = "pool",
				       .name = "one",
				       .url = "#meta/one.cm" };
	struct exchange refused = good;
	struct reeve_child none = { .name = "one" };
	struct reeve_channel *c;
	struct server s;

	(void)state;
	c = server_start(&s, &good);
	assert_int_equal(
		reeve_realm_create_child(c, &none, "#meta/one.cm", 2000),
		-EINVAL);
	assert_int_equal(
		reeve_realm_create_child(c, &child, "#meta/one.cm", 2000), 0);
	server_finish(&s, c);
	refused.error = REALM_ERROR_INSTANCE_ALREADY_EXISTS;
	c = server_start(&s, &refused);
	assert_int_equal(
		reeve_realm_create_child(c, &child, "#meta/one.cm", 2000),
		REEVE_REALM_INSTANCE_ALREADY_EXISTS);
	server_finish(&s, c);
	assert_string_equal(
		reeve_realm_error_name(REEVE_REALM_INSTANCE_ALREADY_EXISTS),
		"INSTANCE_ALREADY_EXISTS");
}

static void test_bind_and_open(void **state)
{
	struct exchange e = { .method = REALM_BIND_CHILD,
			      .collection = "pool",
			      .name = "one" };
	const struct reeve_child fixed = { .name = "one" };
	struct reeve_channel *c, *exposed;
	struct reeve_message *m;
	struct server s;

	(void)state;
	c = server_start(&s, &e);
	assert_int_equal(reeve_realm_bind_child(c, &child, 2000, &exposed), 0);
	server_finish(&s, c);
	/* The server closed its end. */
	assert_int_equal(reeve_receive(exposed, 2000, &m), -EPIPE);
	reeve_channel_close(exposed);
	e.collection = NULL;
	e.method = REALM_OPEN_EXPOSED_DIR;
	e.is_modern = true;
	e.error = REALM_ERROR_INSTANCE_NOT_FOUND;
	c = server_start(&s, &e);
	assert_int_equal(reeve_realm_open_exposed(c, &fixed, 2000, &exposed),
			 REEVE_REALM_INSTANCE_NOT_FOUND);
	server_finish(&s, c);
}

static void test_destroy(void **state)
{
	const struct exchange e = { .method = REALM_DESTROY_CHILD,
				    .collection = "pool",
				    .name = "one" };
	struct reeve_channel *c;
	struct server s;

	(void)state;
	c = server_start(&s, &e);
	assert_int_equal(reeve_realm_destroy_child(c, &child, 2000), 0);
	server_finish(&s, c);
	c = NULL;
}

static int note_child(void *userdata, const struct reeve_child *seen)
{
	strcat(userdata, seen->collection);
	strcat(userdata, ":");
	strcat(userdata, seen->name);
	strcat(userdata, " ");
	return 0;
}

static void test_list(void **state)
{
	static const char *const names[] = { "one", "two" };
	const struct exchange e = { .method = REALM_LIST_CHILDREN,
				    .collection = "pool",
				    .children = names,
				    .n_children = 2 };
	struct reeve_channel *c;
	char all[128] = "";
	struct server s;

	(void)state;
	c = server_start(&s, &e);
	assert_int_equal(
		reeve_realm_list_children(c, "pool", 2000, note_child, all), 0);
	server_finish(&s, c);
	assert_string_equal(all, "pool:one pool:two ");
}

static void test_nobody_answers(void **state)
{
	struct reeve_channel *a, *b;
	int n = count_fds();

	(void)state;
	assert_int_equal(reeve_channel_pair(&a, &b), 0);
	assert_int_equal(reeve_realm_destroy_child(a, &child, 10), -ETIMEDOUT);
	reeve_channel_close(b);
	assert_int_equal(reeve_realm_bind_child(a, &child, 10, &b), -EPIPE);
	reeve_channel_close(a);
	assert_int_equal(count_fds(), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_bind_and_open),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_nobody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
