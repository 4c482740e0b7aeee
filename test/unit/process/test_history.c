/* Histories: whose events, in which order, how many, in which words. */
#include "process_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "fault.h"
#include "process/history.h"
#include "process/line.h"

#define PID   UINT64_C(0x300000005) /* 5.3 */
#define OTHER UINT64_C(0x100000002) /* 2.1 */

struct output {
	char text[8192];
	size_t n;
	unsigned n_lines;
};

static void collect(void *arg, const char *text, size_t n)
{
	struct output *out = arg;

	assert_true(out->n + n < sizeof(out->text));
	memcpy(out->text + out->n, text, n);
	out->n += n;
	out->text[out->n] = 0;
	out->n_lines++;
	/* Whole lines, for others may write as well. */
	assert_int_equal(text[n - 1], '\n');
}

static struct process *process_new(reeve_pid pid)
{
	struct process *p = aligned_alloc(_Alignof(struct process), sizeof(*p));

	assert_non_null(p);
	memset(p, 0, sizeof(*p));
	atomic_store(&p->pid, pid);
	return p;
}

static void each_event_has_its_words(void **state)
{
	static const char waits[] = "descriptor", message[] = "a message";
	struct process *p = process_new(PID);
	struct output out = { .n = 0 };
	struct history *h;

	(void)state;
	assert_int_equal(history_new(&h), 0);
	history_note(h, p, HISTORY_SPAWNED, 0, OTHER);
	history_note(h, p, HISTORY_WAITS, (uintptr_t)message, (uint64_t)-1);
	history_note(h, p, HISTORY_WOKE, 0, 0);
	history_note(h, p, HISTORY_RECEIVED, 0xabc, OTHER);
	history_note(h, p, HISTORY_SENT, 0xdef, OTHER);
	history_note(h, p, HISTORY_RECEIVED, 0x1, REEVE_PID_NONE);
	history_note(h, p, HISTORY_WAITS, (uintptr_t)waits, 7);
	history_note(h, p, HISTORY_ENDED, (uint64_t)-5, 0);
	history_note(h, p, HISTORY_SPAWNED, 0, REEVE_PID_NONE);
	assert_int_equal(history_print(PID, collect, &out), 9);
	assert_string_equal(out.text, "  spawned by 2.1\n"
				      "  waits for a message\n"
				      "  woke\n"
				      "  received 0xabc from 2.1\n"
				      "  sent 0xdef to 2.1\n"
				      "  received 0x1\n"
				      "  waits for descriptor 7\n"
				      "  ended with -5\n"
				      "  started\n");
	history_free(h);
	free(p);
}

/* The last ones, though they are on several rings and its number wraps. */
static void workers_are_put_together(void **state)
{
	struct process *p = process_new(PID), *q = process_new(OTHER);
	struct output out = { .n = 0 };
	struct history *h[3];
	char expected[32];
	unsigned i;

	(void)state;
	p->n_noted = UINT32_MAX - 90;
	for (i = 0; i < 3; i++)
		assert_int_equal(history_new(&h[i]), 0);
	for (i = 0; i < 100; i++) {
		history_note(h[i * 7 % 3], p, HISTORY_SENT, i, 0);
		history_note(h[i % 3], q, HISTORY_WOKE, 0, 0);
	}
	assert_int_equal(history_print(PID, collect, &out), HISTORY_SHOWN);
	assert_int_equal(out.n_lines, HISTORY_SHOWN);
	out.n = 0;
	for (i = 100 - HISTORY_SHOWN; i < 100; i++) {
		snprintf(expected, sizeof(expected), "  sent 0x%x\n", i);
		assert_memory_equal(out.text + out.n, expected,
				    strlen(expected));
		out.n += strlen(expected);
	}
	for (i = 0; i < 3; i++)
		history_free(h[i]);
	free(p);
	free(q);
}

static void old_events_make_room(void **state)
{
	struct process *p = process_new(PID), *q = process_new(OTHER);
	struct output out = { .n = 0 };
	struct history *h;
	unsigned i;

	(void)state;
	assert_int_equal(history_new(&h), 0);
	history_note(h, p, HISTORY_WOKE, 0, 0);
	history_note(h, p, HISTORY_WOKE, 0, 0);
	for (i = 0; i < HISTORY_N - 1; i++)
		history_note(h, q, HISTORY_WOKE, 0, 0);
	assert_int_equal(history_print(PID, collect, &out), 1);
	history_note(h, q, HISTORY_WOKE, 0, 0);
	assert_int_equal(history_print(PID, collect, &out), 0);
	assert_int_equal(history_print(OTHER, collect, &out), HISTORY_SHOWN);
	history_free(h);
	free(p);
	free(q);
}

static void nobody_has_no_history(void **state)
{
	struct output out = { .n = 0 };
	struct history *h;

	(void)state;
	assert_int_equal(history_print(PID, collect, &out), 0);
	assert_int_equal(history_new(&h), 0);
	/* Nor does an empty place in a ring count as its own. */
	assert_int_equal(history_print(PID, collect, &out), 0);
	history_free(h);
	history_free(NULL);
	assert_int_equal(out.n, 0);
}

static int make_one(void *arg)
{
	struct history *h;
	int r = history_new(&h);

	(void)arg;
	if (!r)
		history_free(h);
	return r;
}

static void lack_of_memory_is_told(void **state)
{
	(void)state;
	assert_true(fault_sweep(make_one, NULL) > 0);
}

static void lines_are_cut(void **state)
{
	struct line l = { .n = 0 };
	unsigned i;

	(void)state;
	line_signed(&l, INT64_MIN);
	line_puts(&l, " ");
	line_decimal(&l, UINT64_MAX);
	line_puts(&l, " ");
	line_hex(&l, 0);
	line_puts(&l, " ");
	line_hex(&l, UINT64_MAX);
	l.text[l.n] = 0;
	assert_string_equal(l.text, "-9223372036854775808 18446744073709551615 "
				    "0x0 0xffffffffffffffff");
	for (i = 0; i < 100; i++)
		line_puts(&l, "0123456789");
	assert_int_equal(l.n, sizeof(l.text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event_has_its_words),
		cmocka_unit_test(workers_are_put_together),
		cmocka_unit_test(old_events_make_room),
		cmocka_unit_test(nobody_has_no_history),
		cmocka_unit_test(lack_of_memory_is_told),
		cmocka_unit_test(lines_are_cut),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
