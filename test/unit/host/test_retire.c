/* How dynamic children end: on request, with their parent, or by themselves. */
#include "realm_rig.h"

#include "channel/channel.h"
#include "sys/fd.h"

/* The one who pays goes along: a static child of a dynamic one. */
static void test_payer_goes_along(void **state)
{
	struct scene *s = *state;
	int fd, below;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	below = realm_connect(s, "/pool:a/inner");
	assert_int_equal(realm_create(s, below, "pool", "x", "#meta/leaf.cm"),
			 REALM_OK);
	assert_int_equal(realm_destroy(s, fd, "pool", "a"), REALM_OK);
	expect_closed(below);
	assert_int_equal(scene_instance(s, "/")->account.held[CHARGE_CHILDREN],
			 0);
	assert_int_equal(s->m->n_instances, 1);
	fd_close(fd);
}

static void test_destruction_waits_for_the_end(void **state)
{
	struct scene *s = *state;
	struct realm_request q = realm_destruction("pool", "a");
	struct instance *i;
	int fd, other;

	realm_scene(s);
	fd = realm_connect(s, "/");
	other = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/leaf.cm"),
			 REALM_OK);
	i = realm_pretend_to_run(s, "/pool:a");
	realm_ask(fd, &q, -1);
	bare_turn(s->m);
	expect_quiet(fd);
	assert_int_equal(i->state, LIFE_STOPPING);
	assert_said(s, "stop /pool:a asked to stop");
	/* It cannot be used any more, and its name is not free yet. */
	assert_int_equal(realm_create(s, other, "pool", "a", "#meta/leaf.cm"),
			 REALM_ERROR_INSTANCE_ALREADY_EXISTS);
	assert_int_equal(realm_destroy(s, other, "pool", "a"),
			 REALM_ERROR_RESOURCE_UNAVAILABLE);
	instance_event(i, LIFE_EXITED, NULL);
	bare_turn(s->m);
	assert_int_equal(realm_answer(fd)->error, REALM_OK);
	assert_null(manager_find(s->m, "/pool:a"));
	/* The connection goes on. */
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/leaf.cm"),
			 REALM_OK);
	fd_close(fd);
	fd_close(other);
}

/* Who waits for a destruction goes away meanwhile. */
static void test_waiting_one_goes(void **state)
{
	struct scene *s = *state;
	struct realm_request q = realm_destruction("pool", "a");
	struct instance *i;
	int fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/leaf.cm"),
			 REALM_OK);
	i = realm_pretend_to_run(s, "/pool:a");
	realm_ask(fd, &q, -1);
	bare_turn(s->m);
	fd_close(fd);
	bare_turn(s->m);
	instance_event(i, LIFE_EXITED, NULL);
	bare_turn(s->m);
	assert_null(manager_find(s->m, "/pool:a"));
}

/*
 * A dynamic child and its own dynamic child are destroyed together; in whatever
 * order they end, each realm is removed once.
 */
static void test_nested_destruction(void **state)
{
	struct scene *s = *state;
	struct instance *outer, *inner;
	struct realm_request q = realm_destruction("pool", "a");
	int fd, below, inner_first;

	realm_scene(s);
	for (inner_first = 0; inner_first < 2; inner_first++) {
		fd = realm_connect(s, "/");
		assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
				 REALM_OK);
		outer = realm_pretend_to_run(s, "/pool:a");
		below = realm_connect(s, "/pool:a");
		assert_int_equal(
			realm_create(s, below, "pool", "b", "#meta/leaf.cm"),
			REALM_OK);
		inner = realm_pretend_to_run(s, "/pool:a/pool:b");
		realm_ask(fd, &q, -1);
		bare_turn(s->m);
		assert_int_equal(outer->state, LIFE_STOPPING);
		assert_int_equal(inner->state, LIFE_STOPPING);
		instance_event(inner_first ? inner : outer, LIFE_EXITED, NULL);
		bare_turn(s->m);
		expect_quiet(fd);
		instance_event(inner_first ? outer : inner, LIFE_EXITED, NULL);
		bare_turn(s->m);
		assert_int_equal(realm_answer(fd)->error, REALM_OK);
		assert_null(manager_find(s->m, "/pool:a"));
		expect_closed(below);
		fd_close(fd);
		bare_turn(s->m);
		assert_int_equal(s->m->n_instances, 1);
	}
	assert_int_equal(scene_instance(s, "/")->account.held[CHARGE_CHILDREN],
			 0);
}

/* A parent that looks into its child ends before the child does. */
static void test_directory_outlives_its_client(void **state)
{
	struct scene *s = *state;
	struct instance *outer, *inner;
	struct realm_request q = realm_destruction("pool", "a");
	int fd, below, fds[2];

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	outer = realm_pretend_to_run(s, "/pool:a");
	below = realm_connect(s, "/pool:a");
	assert_int_equal(realm_create(s, below, "pool", "b", "#meta/leaf.cm"),
			 REALM_OK);
	inner = realm_pretend_to_run(s, "/pool:a/pool:b");
	assert_int_equal(channel_pair(fds), 0);
	assert_int_equal(realm_open_exposed(s, below, "pool", "b", fds[1]),
			 REALM_OK);
	realm_ask(fd, &q, -1);
	bare_turn(s->m);
	instance_event(outer, LIFE_EXITED, NULL);
	bare_turn(s->m);
	fd_close(fds[0]);
	bare_turn(s->m);
	instance_event(inner, LIFE_EXITED, NULL);
	bare_turn(s->m);
	assert_int_equal(realm_answer(fd)->error, REALM_OK);
	expect_closed(below);
	fd_close(fd);
}

/* A child without an instance of its own whose only instance ends at once. */
static void test_destruction_of_one_that_starts(void **state)
{
	struct scene *s = *state;
	struct instance *inner;
	int fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	inner = scene_instance(s, "/pool:a/inner");
	assert_null(manager_find(s->m, "/pool:a")->instance);
	/* It waits for a blank cell: there is nothing to kill. */
	inner->state = LIFE_STARTING;
	assert_int_equal(realm_destroy(s, fd, "pool", "a"), REALM_OK);
	assert_null(manager_find(s->m, "/pool:a"));
	fd_close(fd);
}

/* The parent's program ends: so do its dynamic children. */
static void test_children_go_with_their_parent(void **state)
{
	struct scene *s = *state;
	struct instance *root;
	int fd;

	realm_scene(s);
	root = realm_pretend_to_run(s, "/");
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "pool", "a", "#meta/w.cm"),
			 REALM_OK);
	assert_int_equal(realm_create(s, fd, "pool", "b", "#meta/w.cm"),
			 REALM_OK);
	realm_pretend_to_run(s, "/pool:b");
	instance_event(root, LIFE_EXITED, NULL);
	bare_turn(s->m);
	assert_null(manager_find(s->m, "/pool:a"));
	assert_int_equal(scene_instance(s, "/pool:b")->state, LIFE_STOPPING);
	assert_non_null(manager_find(s->m, "/fixed"));
	instance_event(scene_instance(s, "/pool:b"), LIFE_EXITED, NULL);
	bare_turn(s->m);
	assert_null(manager_find(s->m, "/pool:b"));
	fd_close(fd);
}

/* There is no cell to be had: what was to run once is gone before it began. */
static void test_single_run_that_cannot_begin(void **state)
{
	struct scene *s = *state;
	int fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_create(s, fd, "once", "a", "#meta/eager.cm"),
			 REALM_OK);
	assert_said(s, "failed /once:a cannot be started");
	assert_null(manager_find(s->m, "/once:a"));
	assert_int_equal(s->m->n_instances, 1);
	fd_close(fd);
}

static void test_single_run_goes_with_its_end(void **state)
{
	struct scene *s = *state;
	struct realm *r;
	int fd;

	realm_scene(s);
	fd = realm_connect(s, "/");
	assert_int_equal(realm_add_child(s->m->tree.root, "once", "a",
					 "#meta/leaf.cm", STARTUP_LAZY, &r),
			 0);
	scene_instance(s, "/")->account.held[CHARGE_CHILDREN]++;
	instance_event(realm_pretend_to_run(s, "/once:a"), LIFE_EXITED, NULL);
	bare_turn(s->m);
	assert_null(manager_find(s->m, "/once:a"));
	fd_close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_payer_goes_along),
		host_test(test_destruction_waits_for_the_end),
		host_test(test_waiting_one_goes),
		host_test(test_nested_destruction),
		host_test(test_directory_outlives_its_client),
		host_test(test_destruction_of_one_that_starts),
		host_test(test_children_go_with_their_parent),
		host_test(test_single_run_that_cannot_begin),
		host_test(test_single_run_goes_with_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
