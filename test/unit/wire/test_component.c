/* reeve.component, against bytes worked out by hand. */
#include "golden.h"

#include <errno.h>
#include <string.h>

#include "wire/component.h"

#define ON_START ONE_WAY "051e536afadbab6b "
#define STOP	 ONE_WAY "11eff56b27dffe6e"

#define LOST	 ONE_WAY "fe257130254ca865 "
#define LOST_AT_SVC LOST COUNT(06) PRESENT "2f7376632f580000"

/* moniker "/a", url "u", args ["x", ""], namespace /svc with a handle and /pkg
 * without, outgoing, lifecycle. */
#define START                                                                  \
	ON_START COUNT(02) PRESENT COUNT(01) PRESENT COUNT(02)                 \
		PRESENT COUNT(02) PRESENT HANDLE HANDLE                        \
		"2f61000000000000 7500000000000000 " COUNT(01)                 \
			PRESENT COUNT(00) PRESENT                              \
		"7800000000000000 " COUNT(04) PRESENT HANDLE                   \
		"00000000 " COUNT(04) PRESENT "00000000 00000000 "             \
					      "2f73766300000000 "              \
					      "2f706b6700000000"

static void messages_are_golden(void **state)
{
	(void)state;
	golden_check("component_start", START, 3);
	golden_check("component_start",
		     ON_START COUNT(00) PRESENT COUNT(00) PRESENT COUNT(00)
			     PRESENT COUNT(00) PRESENT HANDLE HANDLE,
		     2);
	golden_check("component_stop", STOP, 0);
	golden_check("component_lost", LOST_AT_SVC, 0);
	golden_check("component_lost", LOST COUNT(00) PRESENT, 0);
}

static void a_lost_use_is_named(void **state)
{
	static char path[COMPONENT_STRING_MAX + 1];
	struct component_lost lost;
	GOLDEN_MESSAGE(m);

	(void)state;
	golden_parse(LOST_AT_SVC, 0, &m);
	assert_int_equal(component_lost_read(&m, &lost), 0);
	assert_true(wire_string_equals(lost.path, "/svc/X"));
	/* On one channel there is the other as well. */
	assert_int_equal(component_stop_read(&m), WIRE_UNKNOWN);
	golden_parse(STOP, 0, &m);
	assert_int_equal(component_lost_read(&m, &lost), WIRE_UNKNOWN);
	/* A path is not left out, and not longer than any path. */
	golden_refuse("component_lost", LOST COUNT(00) "0000000000000000", 0);
	memset(path, 'x', COMPONENT_STRING_MAX);
	lost.path = (struct wire_string){ path, COMPONENT_STRING_MAX };
	assert_int_equal(component_lost_write(&m, &lost), 0);
	assert_int_equal(component_lost_read(&m, &lost), 0);
	lost.path = (struct wire_string){ path, COMPONENT_STRING_MAX + 1 };
	assert_int_equal(component_lost_write(&m, &lost), -EINVAL);
}

static void start_is_read_as_it_was_meant(void **state)
{
	static struct component_start_info info;
	GOLDEN_MESSAGE(m);

	(void)state;
	golden_parse(START, 3, &m);
	assert_int_equal(component_start_read(&m, &info), 0);
	assert_true(wire_string_equals(info.moniker, "/a"));
	assert_true(wire_string_equals(info.url, "u"));
	assert_int_equal(info.n_args, 2);
	assert_true(wire_string_equals(info.args[0], "x"));
	assert_true(wire_string_equals(info.args[1], ""));
	assert_int_equal(info.n_ns, 2);
	assert_true(wire_string_equals(info.ns[0].path, "/svc"));
	assert_true(wire_string_equals(info.ns[1].path, "/pkg"));
	assert_int_equal(info.ns[0].directory, 0);
	assert_int_equal(info.ns[1].directory, WIRE_NO_HANDLE);
	assert_int_equal(info.outgoing, 1);
	assert_int_equal(info.lifecycle, 2);
}

/* Whatever order the handles were put in, they leave in that of the format. */
static void handles_leave_in_order(void **state)
{
	static struct component_start_info info;
	GOLDEN_MESSAGE(m);

	(void)state;
	info = (struct component_start_info){
		.moniker = wire_string_of("/a"),
		.url = wire_string_of("u"),
		.args = { wire_string_of("x"), wire_string_of("") },
		.n_args = 2,
		.n_ns = 2,
	};
	info.ns[0].path = wire_string_of("/svc");
	info.ns[1].path = wire_string_of("/pkg");
	info.ns[1].directory = WIRE_NO_HANDLE;
	info.outgoing = message_put_handle(&m, 11);
	info.lifecycle = message_put_handle(&m, 12);
	info.ns[0].directory = message_put_handle(&m, 10);
	assert_int_equal(component_start_write(&m, &info), 0);
	golden_assert(&m, START);
	for (int i = 0; i < 3; i++)
		assert_int_equal(m.handles[i], 10 + i);
}

static void handles_are_named_once(void **state)
{
	static struct component_start_info info;
	GOLDEN_MESSAGE(m);

	(void)state;
	info = (struct component_start_info){ .outgoing = 0, .lifecycle = 1 };
	golden_handles(&m, 2);
	assert_int_equal(component_start_write(&m, &info), 0);
	info.lifecycle = 0;
	assert_int_equal(component_start_write(&m, &info), -EINVAL);
	info.lifecycle = 2;
	assert_int_equal(component_start_write(&m, &info), -EINVAL);
	info.lifecycle = 1;
	golden_handles(&m, 3);
	assert_int_equal(component_start_write(&m, &info), -EINVAL);
	/* A handle that was taken is none. */
	golden_handles(&m, 2);
	message_take_handle(&m, 1);
	assert_int_equal(component_start_write(&m, &info), -EINVAL);
	assert_int_equal(m.handles[0], 100);
}

static void namespace_is_bounded(void **state)
{
	static struct component_start_info info, back;
	GOLDEN_MESSAGE(m);
	const uint32_t n = COMPONENT_NAMESPACE_HANDLES_MAX;

	(void)state;
	info = (struct component_start_info){ .n_ns = COMPONENT_NAMESPACE_MAX };
	for (uint32_t i = 0; i < COMPONENT_NAMESPACE_MAX; i++) {
		info.ns[i].path = wire_string_of("/p");
		info.ns[i].directory = i < n ? i : WIRE_NO_HANDLE;
	}
	info.outgoing = n;
	info.lifecycle = n + 1;
	golden_handles(&m, n + 2);
	assert_int_equal(component_start_write(&m, &info), 0);
	assert_int_equal(component_start_read(&m, &back), 0);
	assert_int_equal(back.ns[n - 1].directory, n - 1);

	info.ns[n].directory = n + 2;
	golden_handles(&m, n + 3);
	assert_int_equal(component_start_write(&m, &info), -EINVAL);
	info.ns[n].directory = WIRE_NO_HANDLE;
	info.n_ns = COMPONENT_NAMESPACE_MAX + 1;
	assert_int_equal(component_start_write(&m, &info), -EINVAL);
}

static void long_starts_do_not_fit(void **state)
{
	static struct component_start_info info;
	static char argument[COMPONENT_STRING_MAX + 1];
	GOLDEN_MESSAGE(m);

	(void)state;
	memset(argument, 'x', COMPONENT_STRING_MAX);
	info = (struct component_start_info){ .outgoing = 0, .lifecycle = 1 };
	golden_handles(&m, 2);
	for (uint32_t i = 0; i < 15; i++)
		info.args[i] = wire_string_of(argument);
	info.n_args = 15;
	assert_int_equal(component_start_write(&m, &info), 0);
	info.args[15] = wire_string_of(argument);
	info.n_args = 16;
	assert_int_equal(component_start_write(&m, &info), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_golden),
		cmocka_unit_test(a_lost_use_is_named),
		cmocka_unit_test(start_is_read_as_it_was_meant),
		cmocka_unit_test(handles_leave_in_order),
		cmocka_unit_test(handles_are_named_once),
		cmocka_unit_test(namespace_is_bounded),
		cmocka_unit_test(long_starts_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
