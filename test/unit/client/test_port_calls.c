/* What a port remembers of calls and requests. */
#include "rig.h"

#include <errno.h>

#include "client/port_calls.h"

enum { ORDINAL = 7 };

static bool is_odd(reeve_pid pid)
{
	return pid % 2;
}

static void test_table_of_calls(void **state)
{
	static uint32_t ids[PORT_CALLS_MAX];
	struct port_calls c = { .generation = UINT32_MAX };
	struct port_call call = { .ordinal = ORDINAL }, found;
	uint32_t i, id;

	(void)state;
	assert_false(port_calls_take(&c, 0, ORDINAL, &found));
	for (i = 0; i < PORT_CALLS_MAX; i++) {
		call.pid = i + 1;
		call.txid = i;
		assert_int_equal(port_calls_add(&c, &call, &ids[i]), 0);
		assert_true(ids[i] && ids[i] <= INT32_MAX);
	}
	assert_int_equal(port_calls_add(&c, &call, &id), -EAGAIN);
	assert_false(port_calls_take(&c, ids[5], ORDINAL + 1, &found));
	assert_false(port_calls_take(&c, ids[5] ^ 1U << 20, ORDINAL, &found));
	assert_true(port_calls_take(&c, ids[5], ORDINAL, &found));
	assert_int_equal(found.pid, 6);
	assert_int_equal(found.txid, 5);
	assert_false(port_calls_take(&c, ids[5], ORDINAL, &found));
	/* The place is used again, under another id. */
	assert_int_equal(port_calls_add(&c, &call, &id), 0);
	assert_int_not_equal(id, ids[5]);
	assert_false(port_calls_take(&c, ids[5], ORDINAL, &found));
	assert_int_equal(port_calls_clean(&c, is_odd), PORT_CALLS_MAX / 2);
	assert_true(port_calls_take(&c, ids[0], ORDINAL, &found));
	assert_false(port_calls_take(&c, ids[1], ORDINAL, &found));
	port_calls_fini(&c);
}

static void test_table_of_requests(void **state)
{
	struct port_requests q = {};
	reeve_pid target;
	uint32_t i, round;

	(void)state;
	assert_false(port_requests_take(&q, 1, &target));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 100; i++)
			assert_int_equal(port_requests_add(&q, i + 1, i), 0);
		/* The same id twice: the older one first. */
		assert_int_equal(port_requests_add(&q, 500, 7), 0);
		assert_true(port_requests_take(&q, 7, &target));
		assert_int_equal(target, 8);
		assert_true(port_requests_take(&q, 7, &target));
		assert_int_equal(target, 500);
		for (i = 99; i > 0; i--)
			assert_int_equal(port_requests_take(&q, i, &target),
					 i != 7);
		assert_int_equal(q.n, 1);
		assert_true(port_requests_take(&q, 0, &target));
	}
	port_requests_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_of_calls),
		cmocka_unit_test(test_table_of_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
