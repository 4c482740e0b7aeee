/* The Processes protocol, against bytes worked out by hand. */
#include "golden.h"

#include <errno.h>
#include <string.h>

#include "wire/processes.h"

#define LIST	CALL_7 "194376d6a3362c67 "
#define SUMMARY CALL_7 "dacd76565b800722 "

/* 4.1, of nobody, "main", runs "f", waits for "x", with 2 messages, 3 bytes of
 * stack, no handler; 5 received, 6 sent, 7 ns. */
#define PROCESS                                                                \
	"0400000001000000 0000000000000000 " COUNT(04) PRESENT COUNT(01)       \
		PRESENT COUNT(01) PRESENT                                      \
		"02000000 02000000 03000000 00 000000 "                        \
		"0500000000000000 0600000000000000 0700000000000000 "
#define PROCESS_CONTENT "6d61696e00000000 6600000000000000 7800000000000000 "

/* 5.2, of 4.1, a handler of which nothing is known. */
#define HANDLER                                                                \
	"0500000002000000 0400000001000000 " COUNT(00) PRESENT COUNT(00)       \
		PRESENT COUNT(00) PRESENT                                      \
		"03000000 00000000 00000000 01 000000 "                        \
		"0000000000000000 0000000000000000 0000000000000000 "

static void messages_are_golden(void **state)
{
	(void)state;
	golden_check("processes_request", LIST "0400000001000000 ", 0);
	golden_check("processes_request", SUMMARY, 0);
	golden_check("processes_reply", LIST COUNT(00) PRESENT, 0);
	golden_check("processes_reply",
		     LIST COUNT(02) PRESENT PROCESS HANDLER PROCESS_CONTENT, 0);
	golden_check("processes_reply",
		     SUMMARY "01000000 02000000 0300000000000000 "
			     "0400000000000000 0500000000000000",
		     0);
}

static void messages_are_strict(void **state)
{
	(void)state;
	/* A handle; an event; a state that is none; a boolean that is none. */
	golden_refuse("processes_request", SUMMARY, 1);
	golden_refuse("processes_reply", LIST COUNT(00) PRESENT, 1);
	golden_refuse("processes_reply",
		      ONE_WAY "194376d6a3362c67 " COUNT(00) PRESENT, 0);
	golden_refuse("processes_reply",
		      LIST COUNT(01) PRESENT
		      "0500000002000000 0400000001000000 " COUNT(00)
			      PRESENT COUNT(00) PRESENT COUNT(00) PRESENT
		      "04000000 00000000 00000000 01 000000 "
		      "0000000000000000 0000000000000000 "
		      "0000000000000000 ",
		      0);
	golden_refuse("processes_reply",
		      LIST COUNT(01) PRESENT
		      "0500000002000000 0400000001000000 " COUNT(00)
			      PRESENT COUNT(00) PRESENT COUNT(00) PRESENT
		      "03000000 00000000 00000000 02 000000 "
		      "0000000000000000 0000000000000000 "
		      "0000000000000000 ",
		      0);
	/* More than there are bytes for. */
	golden_refuse("processes_reply", LIST COUNT(02) PRESENT PROCESS, 0);
}

static void a_process_is_read_as_it_was_meant(void **state)
{
	static struct processes_reply r;
	GOLDEN_MESSAGE(m);

	(void)state;
	golden_parse(LIST COUNT(02) PRESENT PROCESS HANDLER PROCESS_CONTENT, 0,
		     &m);
	assert_int_equal(processes_reply_read(&m, &r), 0);
	assert_int_equal(r.method, PROCESSES_LIST);
	assert_int_equal(r.txid, 7);
	assert_int_equal(r.n_entries, 2);
	assert_int_equal(r.entries[0].pid, UINT64_C(1) << 32 | 4);
	assert_int_equal(r.entries[0].parent, 0);
	assert_true(wire_string_equals(r.entries[0].name, "main"));
	assert_true(wire_string_equals(r.entries[0].function, "f"));
	assert_true(wire_string_equals(r.entries[0].waits_for, "x"));
	assert_int_equal(r.entries[0].state, PROCESSES_STATE_WAITING);
	assert_int_equal(r.entries[0].n_messages, 2);
	assert_int_equal(r.entries[0].stack_bytes, 3);
	assert_false(r.entries[0].is_handler);
	assert_int_equal(r.entries[0].n_received, 5);
	assert_int_equal(r.entries[0].n_sent, 6);
	assert_int_equal(r.entries[0].cpu_ns, 7);
	assert_int_equal(r.entries[1].parent, r.entries[0].pid);
	assert_int_equal(r.entries[1].state, PROCESSES_STATE_ENDING);
	assert_true(r.entries[1].is_handler);
	assert_string_equal(processes_state_name(r.entries[1].state), "ending");
	assert_string_equal(processes_state_name(PROCESSES_STATE_MAX + 1),
			    "unknown");
}

/* Whatever processes_reply_add() takes can be written, and it takes as much as
 * can be. */
static void fill(const struct processes_entry *entry, uint32_t n_expected)
{
	static struct processes_reply r, back;
	GOLDEN_MESSAGE(m);

	memset(&r, 0, sizeof(r));
	r.method = PROCESSES_LIST;
	r.txid = 1;
	while (processes_reply_add(&r, entry))
		;
	assert_int_equal(r.n_entries, n_expected);
	assert_int_equal(processes_reply_write(&m, &r), 0);
	assert_int_equal(m.n_bytes, r.n_bytes);
	assert_int_equal(processes_reply_read(&m, &back), 0);
	assert_int_equal(back.n_entries, n_expected);
	if (n_expected == PROCESSES_BATCH_MAX)
		return;
	r.entries[r.n_entries++] = *entry;
	assert_int_equal(processes_reply_write(&m, &r), -EMSGSIZE);
}

static void a_reply_is_as_long_as_it_may_be(void **state)
{
	static char text[PROCESSES_FUNCTION_MAX];
	const struct wire_string none = { "", 0 };
	struct processes_entry entry = {
		.pid = 1, .name = none, .function = none, .waits_for = none
	};

	(void)state;
	/* 104 bytes without a word: more of these fit than there may be. */
	fill(&entry, PROCESSES_BATCH_MAX);
	memset(text, 'x', sizeof(text));
	entry.name = (struct wire_string){ text, PROCESSES_NAME_MAX };
	entry.function = (struct wire_string){ text, PROCESSES_FUNCTION_MAX };
	entry.waits_for = (struct wire_string){ text, PROCESSES_WAITS_FOR_MAX };
	/* 104 + 64 + 128 + 64, behind 32 of header and vector. */
	fill(&entry, (65536 - 32) / 360);
}

static void nonsense_is_not_written(void **state)
{
	static struct processes_reply r;
	struct processes_request q = { .method = PROCESSES_LIST };
	GOLDEN_MESSAGE(m);

	(void)state;
	assert_int_equal(processes_request_write(&m, &q), -EINVAL);
	q.txid = 1;
	assert_int_equal(processes_request_write(&m, &q), 0);
	q.method = PROCESSES_SUMMARY + 1;
	assert_int_equal(processes_request_write(&m, &q), -EINVAL);
	q.method = 0;
	assert_int_equal(processes_request_write(&m, &q), -EINVAL);
	assert_int_equal(processes_reply_write(&m, &r), -EINVAL);
	r.method = PROCESSES_SUMMARY;
	assert_int_equal(processes_reply_write(&m, &r), -EINVAL);
	r.txid = 1;
	assert_int_equal(processes_reply_write(&m, &r), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_golden),
		cmocka_unit_test(messages_are_strict),
		cmocka_unit_test(a_process_is_read_as_it_was_meant),
		cmocka_unit_test(a_reply_is_as_long_as_it_may_be),
		cmocka_unit_test(nonsense_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
