/* The client of the registry, against a server that plays what it was told. */
#include "world.h"

#include <errno.h>
#include <string.h>

#include "client/api.h"
#include "fault.h"
#include "reeve/registry.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/realm.h"

static const struct registry_reply done = { 0 };
static const struct registry_reply denied = {
	.error = REALM_ERROR_ACCESS_DENIED,
	.why = { "Only #shop may.", 15 },
};

static void on_open(struct reeve *r, struct reeve_channel *take_channel,
		    void *userdata)
{
	(void)r;
	++*(unsigned *)userdata;
	reeve_channel_close(take_channel);
}

static unsigned n_served;

/* Whether @path is served: whether one who opens it comes through. */
static bool is_served(const char *path)
{
	unsigned before = n_served;
	int fd = manager_open(&world.m, path,
			      IO_RIGHT_READABLE | IO_RIGHT_WRITABLE);

	while (reeve_dispatch(world.r) > 0)
		;
	fd_close(fd);
	return n_served > before;
}

static void test_register(void **state)
{
	static const char *const access[] = { "#shop", "/web/*", NULL };
	static const char *const nobody[] = { NULL };
	const struct reeve_registration options = { .path = "/svc/v2/foo",
						    .access = access,
						    .replace = true,
						    .no_transfer = true };
	const struct reeve_registration closed = { .access = nobody };
	const struct script_step steps[] = { { .reply = &done },
					     { .reply = &done },
					     { .reply = &done } };
	const struct registry_request *q;

	(void)state;
	world_init();
	will_play(steps, 3);
	manager_start(&world.m);
	assert_int_equal(
		reeve_register(world.r, "foo", &options, on_open, &n_served),
		0);
	assert_int_equal(
		reeve_register(world.r, "bar", NULL, on_open, &n_served), 0);
	assert_int_equal(
		reeve_register(world.r, "baz", &closed, on_open, &n_served), 0);
	assert_true(is_served("svc/v2/foo"));
	assert_true(is_served("svc/bar"));
	world_fini(1);
	q = asked(0, 0, REGISTRY_REGISTER, "foo");
	assert_true(wire_string_equals(q->path, "/svc/v2/foo"));
	assert_int_equal(q->flags, REGISTRY_REPLACE | REGISTRY_HAS_ACCESS |
					   REGISTRY_NO_TRANSFER);
	assert_int_equal(q->n_access, 2);
	assert_true(wire_string_equals(q->access[0], "#shop"));
	assert_true(wire_string_equals(q->access[1], "/web/*"));
	q = asked(0, 1, REGISTRY_REGISTER, "bar");
	assert_int_equal(q->path.n, 0);
	assert_int_equal(q->flags, 0);
	q = asked(0, 2, REGISTRY_REGISTER, "baz");
	assert_int_equal(q->flags, REGISTRY_HAS_ACCESS);
	assert_int_equal(q->n_access, 0);
}

/* What is refused is not served, and what cannot be asked is not asked. */
static void test_refused_registrations(void **state)
{
	static const char *many[REGISTRY_ACCESS_MAX + 2];
	static char name[REGISTRY_NAME_MAX + 2];
	const struct reeve_registration options = { .access = many };
	const struct registry_reply exists = {
		.error = REALM_ERROR_INSTANCE_ALREADY_EXISTS,
		.why = wire_string_of("It stands already."),
	};
	const struct script_step steps[] = { { .reply = &exists },
					     { .reply = &done } };

	(void)state;
	world_init();
	will_play(steps, 2);
	manager_start(&world.m);
	assert_string_equal(reeve_registry_why(world.r), "");
	assert_int_equal(
		reeve_register(world.r, "foo", NULL, on_open, &n_served),
		REEVE_REALM_INSTANCE_ALREADY_EXISTS);
	assert_string_equal(reeve_registry_why(world.r), "It stands already.");
	assert_false(is_served("svc/foo"));
	for (size_t i = 0; i <= REGISTRY_ACCESS_MAX; i++)
		many[i] = "#a";
	assert_int_equal(
		reeve_register(world.r, "foo", &options, on_open, &n_served),
		-EINVAL);
	memset(name, 'n', sizeof(name) - 1);
	assert_int_equal(reeve_register(world.r, name, NULL, NULL, NULL),
			 -EINVAL);
	/* The path is served already, and stays so. */
	assert_int_equal(reeve_serve(world.r, "/svc/foo", on_open, &n_served),
			 0);
	assert_int_equal(
		reeve_register(world.r, "foo", NULL, on_open, &n_served),
		-EEXIST);
	assert_int_equal(reeve_register(world.r, "foo", NULL, NULL, NULL), 0);
	assert_string_equal(reeve_registry_why(world.r), "");
	assert_true(is_served("svc/foo"));
	world_fini(1);
	assert_int_equal(world.scripts[0].n_asked, 2);
}

static void test_registering_again(void **state)
{
	const struct reeve_registration other = { .path = "/svc/new",
						  .replace = true };
	const struct reeve_registration same = { .path = "svc/foo",
						 .replace = true };
	const struct script_step step = { .reply = &done };

	(void)state;
	world_init();
	will_play(&step, 1);
	world.scripts[0].repeats = true;
	manager_start(&world.m);
	assert_int_equal(
		reeve_register(world.r, "foo", NULL, on_open, &n_served), 0);
	/* With other options; it is served as it was. */
	assert_int_equal(reeve_register(world.r, "foo", &same, NULL, NULL), 0);
	assert_true(is_served("svc/foo"));
	/* At another place; the former is not served any more. */
	assert_int_equal(
		reeve_register(world.r, "foo", &other, on_open, &n_served), 0);
	assert_false(is_served("svc/foo"));
	assert_true(is_served("svc/new"));
	assert_int_equal(reeve_unregister(world.r, "foo", LONG_MS), 0);
	assert_false(is_served("svc/new"));
	world_fini(1);
}

static void test_unregister(void **state)
{
	const struct script_step steps[] = { { .reply = &done },
					     { .reply = &denied },
					     { .reply = &done } };

	(void)state;
	world_init();
	will_play(steps, 3);
	manager_start(&world.m);
	assert_int_equal(
		reeve_register(world.r, "foo", NULL, on_open, &n_served), 0);
	/* Nothing is served any more, even so. */
	assert_int_equal(reeve_unregister(world.r, "foo", LONG_MS),
			 REEVE_REALM_ACCESS_DENIED);
	assert_string_equal(reeve_registry_why(world.r), "Only #shop may.");
	assert_false(is_served("svc/foo"));
	/* What one did not register is for the manager to judge. */
	assert_int_equal(reeve_unregister(world.r, "bar", LONG_MS), 0);
	world_fini(1);
	asked(0, 1, REGISTRY_UNREGISTER, "foo");
	asked(0, 2, REGISTRY_UNREGISTER, "bar");
}

static void test_connect(void **state)
{
	const struct registry_reply none = {
		.error = REALM_ERROR_RESOURCE_NOT_FOUND,
		.why = wire_string_of("Nobody registered \"bar\"."),
	};
	const struct script_step steps[] = { { .reply = &done },
					     { .reply = &none },
					     { SCRIPT_SILENCE, 0, NULL },
					     { .reply = &done } };
	struct reeve_channel *c = NULL, *other = NULL;
	char text[4];
	size_t n;

	(void)state;
	world_init();
	will_play(steps, 4);
	manager_start(&world.m);
	assert_int_equal(reeve_connect(world.r, "foo", LONG_MS, &c), 0);
	/* What was sent is the other end. */
	assert_int_equal(channel_write(world.scripts[0].asked[0].handles[0],
				       "hi", 3, NULL, 0, CHANNEL_NOW),
			 0);
	assert_int_equal(reeve_channel_read(c, LONG_MS, text, sizeof(text), &n,
					    NULL, NULL),
			 0);
	assert_string_equal(text, "hi");
	reeve_channel_close(c);
	assert_int_equal(reeve_connect(world.r, "bar", LONG_MS, &other),
			 REEVE_REALM_RESOURCE_NOT_FOUND);
	assert_string_equal(reeve_registry_why(world.r),
			    "Nobody registered \"bar\".");
	assert_int_equal(reeve_connect(world.r, "bar", 1, &other), -ETIMEDOUT);
	assert_string_equal(reeve_registry_why(world.r), "");
	assert_null(other);
	assert_int_equal(reeve_connect(world.r, "foo", LONG_MS, &other), 0);
	reeve_channel_close(other);
	world_fini(1);
	asked(0, 0, REGISTRY_CONNECT, "foo");
	assert_int_equal(world.scripts[0].asked[1].n_handles, 1);
}

/* One that ends is opened again, by the next request. */
static void test_registries_that_end(void **state)
{
	const struct script_step not_used = { SCRIPT_CLOSE, REEVE_ERR_NOT_FOUND,
					      NULL };
	const struct script_step gone = { SCRIPT_CLOSE, 0, NULL };
	const struct script_step step = { .reply = &done };
	struct reeve_channel *c;

	(void)state;
	world_init();
	will_play(&not_used, 1);
	will_play(&gone, 1);
	will_play(&step, 1);
	manager_start(&world.m);
	assert_int_equal(reeve_connect(world.r, "foo", LONG_MS, &c), -ENOENT);
	assert_int_equal(reeve_connect(world.r, "foo", LONG_MS, &c), -EPIPE);
	assert_int_equal(reeve_connect(world.r, "foo", LONG_MS, &c), 0);
	reeve_channel_close(c);
	world_fini(3);
}

static void test_answers_that_are_none(void **state)
{
	static const enum script_act acts[] = { SCRIPT_JUNK, SCRIPT_CUT,
						SCRIPT_HANDLE,
						SCRIPT_OTHER_METHOD };

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(acts); i++) {
		const struct script_step step = { acts[i], 0, &done };
		const struct script_step good = { .reply = &done };
		struct reeve_channel *c;

		world_init();
		will_play(&step, 1);
		will_play(&good, 1);
		manager_start(&world.m);
		assert_int_equal(reeve_connect(world.r, "foo", LONG_MS, &c),
				 -EPROTO);
		assert_int_equal(reeve_connect(world.r, "foo", LONG_MS, &c), 0);
		reeve_channel_close(c);
		world_fini(2);
	}
}

static void test_no_registry(void **state)
{
	struct reeve_name_watch *w;
	struct reeve_channel *c;
	struct manager m;
	struct reeve *r;

	(void)state;
	manager_init(&m);
	r = manager_join(&m);
	manager_start(&m);
	assert_int_equal(reeve_connect(r, "foo", LONG_MS, &c), -ENOENT);
	assert_int_equal(reeve_register(r, "foo", NULL, on_open, &n_served),
			 -ENOENT);
	assert_int_equal(reeve_wait_name(r, "foo", true, LONG_MS), -ENOENT);
	/* /svc is there but mounted. */
	r->ns[1].directory = fd_close(r->ns[1].directory);
	assert_int_equal(reeve_connect(r, "foo", LONG_MS, &c), -ENOENT);
	assert_int_equal(reeve_watch_name(r, "foo", NULL, NULL, &w), -ENOENT);
	reeve_leave(r);
	manager_fini(&m);
}

static int register_and_connect(void *arg)
{
	struct reeve_channel *c;
	int e, gone;

	(void)arg;
	e = reeve_register(world.r, "foo", NULL, on_open, &n_served);
	if (e < 0)
		return e;
	e = reeve_connect(world.r, "bar", LONG_MS, &c);
	if (e == 0)
		reeve_channel_close(c);
	/* In any case: it is not served any more, whatever this says. */
	gone = reeve_unregister(world.r, "foo", LONG_MS);
	return e < 0 ? e : gone;
}

static void test_faults(void **state)
{
	const struct script_step step = { .reply = &done };
	struct reeve_channel *c;

	(void)state;
	world_init();
	will_play(&step, 1);
	world.scripts[0].repeats = true;
	manager_start(&world.m);
	/* Opened before: the manager's thread allocates as well. */
	assert_int_equal(reeve_connect(world.r, "foo", LONG_MS, &c), 0);
	reeve_channel_close(c);
	assert_true(fault_sweep(register_and_connect, NULL) >= 6);
	world_fini(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_register),
		cmocka_unit_test(test_refused_registrations),
		cmocka_unit_test(test_registering_again),
		cmocka_unit_test(test_unregister),
		cmocka_unit_test(test_connect),
		cmocka_unit_test(test_registries_that_end),
		cmocka_unit_test(test_answers_that_are_none),
		cmocka_unit_test(test_no_registry),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
