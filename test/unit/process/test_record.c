/* Records of links and monitors: few in a chain, many in an index. */
#include "process_test.h"

#include <stdlib.h>

#include "fault.h"
#include "process/record.h"

enum { N = 5000 };

/* Link number i is with that one; every process of a place differs in the upper
 * half only. */
static reeve_pid pid_of(uint64_t i)
{
	return i % 2 ? i : (i << 32 | 7);
}

/* Of the i-th one: a link, that it watches us, that we watch it. */
static int add(struct process *p, uint64_t i)
{
	struct envelope *link = record_new(SIGNAL_LINK, pid_of(i), 0);
	struct envelope *watcher = record_new(SIGNAL_MONITOR, pid_of(i), i);
	struct envelope *watched =
		record_new(RECORD_MONITORING, pid_of(i), N + i);

	if (!link || !watcher || !watched) {
		envelope_free(link);
		envelope_free(watcher);
		envelope_free(watched);
		return -1;
	}
	record_add(p, link);
	record_add(p, watcher);
	record_add(p, watched);
	return 0;
}

static void check_there(struct process *p, uint64_t i)
{
	struct envelope *e;

	assert_true(record_is_linked(p, pid_of(i)));
	/* With another's reference it is not found. */
	assert_null(record_take(p, SIGNAL_MONITOR, pid_of(i), i + 1));
	assert_null(record_take(p, SIGNAL_MONITOR, pid_of(i), N + i));
	e = record_take(p, RECORD_MONITORING, REEVE_PID_NONE, N + i);
	assert_non_null(e);
	assert_int_equal(e->from, pid_of(i));
	record_add(p, e);
}

static void take(struct process *p, uint64_t i)
{
	struct envelope *e = record_take(p, SIGNAL_LINK, pid_of(i), 0);

	assert_non_null(e);
	assert_int_equal(e->from, pid_of(i));
	envelope_free(e);
	assert_false(record_is_linked(p, pid_of(i)));
	e = record_take(p, SIGNAL_MONITOR, pid_of(i), i);
	assert_non_null(e);
	envelope_free(e);
	e = record_take(p, RECORD_MONITORING, REEVE_PID_NONE, N + i);
	assert_non_null(e);
	envelope_free(e);
	assert_null(record_take(p, RECORD_MONITORING, REEVE_PID_NONE, N + i));
}

static size_t free_all(struct process *p)
{
	struct envelope *e, *next;
	size_t n = 0;

	for (e = record_take_all(p); e; e = next, n++) {
		next = e->next;
		assert_int_not_equal(e->kind, RECORD_INDEX);
		envelope_free(e);
	}
	assert_null(p->links);
	return n;
}

static void play(uint64_t n)
{
	struct process *p = aligned_alloc(256, sizeof(*p));
	uint64_t i;

	assert_non_null(p);
	*p = (struct process){};
	assert_false(record_is_linked(p, 1));
	for (i = 1; i <= n; i++)
		assert_int_equal(add(p, i), 0);
	for (i = 1; i <= n; i++)
		check_there(p, i);
	for (i = 1; i <= n; i += 3)
		take(p, i);
	for (i = 2; i <= n; i += 3)
		check_there(p, i);
	for (i = 1; i <= n; i += 3)
		assert_int_equal(add(p, i), 0);
	for (i = 1; i <= n; i += 2)
		take(p, i);
	assert_int_equal(free_all(p), n / 2 * 3);
	/* It can be used again. */
	assert_int_equal(add(p, 1), 0);
	check_there(p, 1);
	assert_int_equal(free_all(p), 3);
	free(p);
}

static void few_and_many_are_found_alike(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 10, 11, 12, 30, 100, N };
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(sizes); i++)
		play(sizes[i]);
}

static int add_many(void *arg)
{
	struct process *p = arg;
	uint64_t i, n = 0;
	bool has_failed = false;

	for (i = 1; i <= 20; i++) {
		if (add(p, i) < 0) {
			has_failed = true;
			break;
		}
		n++;
		/* With so many it makes an index; if that failed, with the next
		 * one. */
		if (n == 11 && p->links->kind != RECORD_INDEX)
			has_failed = true;
		assert_true(n < 12 || p->links->kind == RECORD_INDEX);
	}
	for (i = 1; i <= n; i++)
		check_there(p, i);
	assert_int_equal(free_all(p), n * 3);
	return has_failed ? -1 : 0;
}

static void goes_on_without_memory_for_an_index(void **state)
{
	struct process *p = aligned_alloc(256, sizeof(*p));

	(void)state;
	assert_non_null(p);
	*p = (struct process){};
	assert_true(fault_sweep(add_many, p) > 60);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_and_many_are_found_alike),
		cmocka_unit_test(goes_on_without_memory_for_an_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
