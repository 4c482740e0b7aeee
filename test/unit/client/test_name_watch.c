/* Waiting for names and watching them, against a server that plays what it was
 * told. */
#include "world.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/api.h"
#include "reeve/registry.h"
#include "reeve/status.h"
#include "wire/realm.h"

static const struct registry_reply absent = { .is_present = false };
static const struct registry_reply present = { .is_present = true };
static const struct registry_reply denied = {
	.error = REALM_ERROR_ACCESS_DENIED,
	.why = { "Only #shop may.", 15 },
};

/* What name watches were told, "1 0 -32 ", and the last of them. */
static char told_so_far[128];
static struct reeve_name_watch *name_watch;

static void begin(void)
{
	told_so_far[0] = '\0';
	world_init();
}

static void test_wait(void **state)
{
	const struct script_step here = { .reply = &present };
	const struct script_step gone = { .reply = &absent };
	const struct script_step no = { .reply = &denied };

	(void)state;
	begin();
	will_play(&here, 1);
	will_play(&gone, 1);
	will_play(&no, 1);
	manager_start(&world.m);
	assert_int_equal(reeve_wait_name(world.r, "foo", true, LONG_MS), 0);
	assert_int_equal(reeve_wait_name(world.r, "foo", false, LONG_MS), 0);
	assert_int_equal(reeve_wait_name(world.r, "foo", true, LONG_MS),
			 REEVE_REALM_ACCESS_DENIED);
	assert_string_equal(reeve_registry_why(world.r), "Only #shop may.");
	world_fini(3);
	assert_false(asked(0, 0, REGISTRY_WATCH, "foo")->is_known_present);
	assert_true(asked(1, 0, REGISTRY_WATCH, "foo")->is_known_present);
}

static void test_wait_in_vain(void **state)
{
	const struct script_step liar = { .reply = &absent };

	(void)state;
	begin();
	will_play(NULL, 0);
	will_play(&liar, 1);
	manager_start(&world.m);
	assert_int_equal(reeve_wait_name(world.r, "foo", true, 1), -ETIMEDOUT);
	assert_int_equal(reeve_wait_name(world.r, "foo", true, LONG_MS),
			 -EPROTO);
	world_fini(2);
}

static void on_name(struct reeve *r, const char *name, int presence,
		    void *userdata)
{
	char text[16];

	assert_ptr_equal(r, world.r);
	assert_string_equal(name, "foo");
	snprintf(text, sizeof(text), "%d ", presence);
	strcat(told_so_far, text);
	if (userdata)
		reeve_unwatch_name(name_watch);
}

/* Run the loop until so much was told. */
static void expect_told(const char *told)
{
	struct pollfd p = { .fd = reeve_fd(world.r), .events = POLLIN };

	while (strlen(told_so_far) < strlen(told)) {
		assert_int_equal(poll(&p, 1, LONG_MS), 1);
		reeve_dispatch(world.r);
	}
	assert_string_equal(told_so_far, told);
}

static void watch(void *userdata)
{
	assert_int_equal(reeve_watch_name(world.r, "foo", on_name, userdata,
					  &name_watch),
			 0);
}

static void test_watch(void **state)
{
	const struct script_step steps[] = { { .reply = &present },
					     { .reply = &absent },
					     { .reply = &present },
					     { SCRIPT_CLOSE, 0, NULL } };

	(void)state;
	begin();
	will_play(steps, 4);
	manager_start(&world.m);
	watch(NULL);
	expect_told("1 0 1 -32 ");
	world_fini(1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			asked(0, i, REGISTRY_WATCH, "foo")->is_known_present,
			i % 2);
}

static void test_watches_are_ended(void **state)
{
	const struct script_step step = { .reply = &present };
	const struct script_step closing = { SCRIPT_CLOSE, REEVE_ERR_NOT_FOUND,
					     NULL };

	(void)state;
	begin();
	will_play(&step, 1);
	will_play(&closing, 1);
	will_play(&step, 1);
	will_play(NULL, 0);
	manager_start(&world.m);
	/* In its own handler; in its last call, which ends it anyway. */
	watch(&world);
	expect_told("1 ");
	watch(&world);
	expect_told("1 -2 ");
	/* By somebody else. */
	watch(NULL);
	expect_told("1 -2 1 ");
	reeve_unwatch_name(name_watch);
	reeve_unwatch_name(NULL);
	/* By leaving, which is not told. */
	watch(NULL);
	/* By a registry that is closed before it can be asked. */
	watch(NULL);
	expect_told("1 -2 1 -32 ");
	world_fini(4);
}

static void test_refused_watches(void **state)
{
	static char name[REGISTRY_NAME_MAX + 2];
	static const struct registry_reply replies[] = {
		{ .error = REALM_ERROR_ACCESS_DENIED, .why = { "No.", 3 } },
		{ .error = REALM_ERROR_INVALID_ARGUMENTS },
		{ .error = REALM_ERROR_RESOURCE_UNAVAILABLE },
	};
	const struct script_step steps[] = { { .reply = &replies[0] },
					     { .reply = &replies[1] },
					     { .reply = &replies[2] } };

	(void)state;
	begin();
	for (size_t i = 0; i < 3; i++)
		will_play(&steps[i], 1);
	manager_start(&world.m);
	watch(NULL);
	expect_told("-13 ");
	assert_string_equal(reeve_registry_why(world.r), "No.");
	watch(NULL);
	expect_told("-13 -22 ");
	watch(NULL);
	expect_told("-13 -22 -28 ");
	memset(name, 'n', sizeof(name) - 1);
	assert_int_equal(
		reeve_watch_name(world.r, name, on_name, NULL, &name_watch),
		-EINVAL);
	world_fini(3);
}

static void test_watches_that_lie(void **state)
{
	static const struct script_step steps[] = {
		{ SCRIPT_JUNK, 0, &present },
		{ SCRIPT_CUT, 0, &present },
		{ SCRIPT_HANDLE, 0, &present },
		{ SCRIPT_OTHER_METHOD, 0, &present },
		/* It says that nothing changed. */
		{ SCRIPT_ANSWER, 0, &absent },
	};

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
		begin();
		will_play(&steps[i], 1);
		manager_start(&world.m);
		watch(NULL);
		expect_told("-71 ");
		world_fini(1);
	}
}

/* An answer to what was answered already. */
static void test_watches_that_stutter(void **state)
{
	const struct script_step steps[] = {
		{ .reply = &present }, { SCRIPT_ANSWER_LATE, 0, &absent }
	};

	(void)state;
	begin();
	will_play(steps, 2);
	manager_start(&world.m);
	watch(NULL);
	expect_told("1 -71 ");
	world_fini(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_wait_in_vain),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_watches_are_ended),
		cmocka_unit_test(test_refused_watches),
		cmocka_unit_test(test_watches_that_lie),
		cmocka_unit_test(test_watches_that_stutter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
