/* The reeve.Realm protocol, against bytes worked out by hand. */
#include "golden.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire/grants.h"

#define GRANT	     CALL_7 "dd3c88bd093e5652 "
#define DERIVE	     CALL_7 "2827c875e3664a57 "
#define REVOKE	     CALL_7 "0652e17b5e43f258 "
#define REVOKE_CHILD CALL_7 "dfe3ded67d1a740e "
#define CLOSE	     CALL_7 "6386ca911ad75a73 "
#define LIST	     CALL_7 "64c27113b4648b31 "
#define CREATE	     CALL_7 "005d80139aa0bf0a "
#define START	     CALL_7 "1c1e221f57fc6609 "
#define STOP	     CALL_7 "d8b780235c0b2116 "
#define SET_LIMITS   CALL_7 "aed545bef7d38819 "
#define GET_USAGE    CALL_7 "ba0cb19cbf276361 "

#define A      "6100000000000000 "
#define B      "6200000000000000 "
#define CC     "6363000000000000 "
#define PARENT "706172656e740000 "

/* {name: "a", collection: absent}, then {name: "b", collection: "cc"}. */
#define STATIC_CHILD  COUNT(01) PRESENT ABSENT
#define DYNAMIC_CHILD COUNT(01) PRESENT COUNT(02) PRESENT

/* A directory from "parent" called "a", as "b", at the usual path, to be read
 * and written, subdir "cc", for 1000 ms, 5 uses, both flags. */
#define SPEC                                                                   \
	"02000000 00000000 " COUNT(06) PRESENT COUNT(01) PRESENT COUNT(01)     \
		PRESENT COUNT(00) PRESENT "03000000 00000000 " COUNT(02)       \
			PRESENT "e803000000000000 05000000 03000000 "
#define SPEC_CONTENT PARENT A B CC

#define LIMITS                                                                 \
	"0100000000000000 0200000000000000 03000000 04000000 05000000 "        \
	"06000000 07000000 08000000 09000000 0a000000 "

#define DONE	"00000000 00000000 " COUNT(00) PRESENT
#define REFUSED "04000000 00000000 " COUNT(02) PRESENT
#define REPORT	"01000000 02000000 03000000 04000000 0500000000000000 "
#define USAGE                                                                  \
	"0100000000000000 0200000000000000 0300000000000000 "                  \
	"0400000000000000 05000000 06000000 0700000000000000 "                 \
	"0800000000000000 09000000 0a000000 0b000000 00000000 "

/* Number 9, of "b", called "a", as "cc". */
#define ENTRY                                                                  \
	"0900000000000000 " COUNT(01) PRESENT COUNT(01) PRESENT COUNT(02)      \
		PRESENT                                                        \
		"01000000 00000000 0200000000000000 ffffffff 03000000 "        \
		"04000000 00000000 "
#define ENTRY_CONTENT B A CC

static void requests_are_golden(void **state)
{
	(void)state;
	golden_check("grants_request",
		     GRANT DYNAMIC_CHILD SPEC B CC SPEC_CONTENT, 0);
	golden_check("grants_request", DERIVE SPEC SPEC_CONTENT, 0);
	golden_check("grants_request",
		     REVOKE "0900000000000000 " STATIC_CHILD COUNT(02) PRESENT
		     "01000000 00000000 " A CC,
		     0);
	golden_check("grants_request",
		     REVOKE_CHILD DYNAMIC_CHILD "01000000 00000000 " B CC, 0);
	golden_check("grants_request",
		     CLOSE "0900000000000000 00000000 00000000 ", 0);
	golden_check("grants_request", LIST "0900000000000000 ", 0);
	golden_check("grants_request",
		     CREATE COUNT(02) PRESENT COUNT(01) PRESENT COUNT(01)
			     PRESENT "01000000 00000000 " COUNT(01)
				     PRESENT LIMITS CC A B SPEC SPEC_CONTENT,
		     0);
	golden_check("grants_request", START STATIC_CHILD A, 0);
	golden_check("grants_request", STOP DYNAMIC_CHILD B CC, 0);
	golden_check("grants_request", SET_LIMITS STATIC_CHILD LIMITS A, 0);
	golden_check("grants_request", GET_USAGE STATIC_CHILD A, 0);
}

static void replies_are_golden(void **state)
{
	(void)state;
	golden_check("grants_reply", GRANT DONE "0900000000000000 ", 0);
	golden_check("grants_reply", DERIVE REFUSED "0000000000000000 " CC, 0);
	golden_check("grants_reply", REVOKE DONE REPORT, 0);
	golden_check("grants_reply", REVOKE_CHILD REFUSED REPORT CC, 0);
	golden_check("grants_reply", CLOSE DONE REPORT, 0);
	golden_check("grants_reply", LIST DONE COUNT(00) PRESENT, 0);
	golden_check("grants_reply",
		     LIST DONE COUNT(02)
			     PRESENT ENTRY ENTRY ENTRY_CONTENT ENTRY_CONTENT,
		     0);
	golden_check("grants_reply", CREATE REFUSED CC, 0);
	golden_check("grants_reply", START DONE, 0);
	golden_check("grants_reply", STOP DONE, 0);
	golden_check("grants_reply", SET_LIMITS REFUSED CC, 0);
	golden_check("grants_reply", GET_USAGE DONE USAGE, 0);
}

static void a_grant_is_read_as_it_was_meant(void **state)
{
	static struct grants_request q;
	GOLDEN_MESSAGE(m);

	(void)state;
	golden_parse(GRANT DYNAMIC_CHILD SPEC B CC SPEC_CONTENT, 0, &m);
	assert_int_equal(grants_request_read(&m, &q), 0);
	assert_int_equal(q.method, GRANTS_GRANT);
	assert_int_equal(q.txid, 7);
	assert_true(wire_string_equals(q.child.name, "b"));
	assert_true(wire_string_equals(q.child.collection, "cc"));
	assert_int_equal(q.spec.type, GRANTS_DIRECTORY);
	assert_true(wire_string_equals(q.spec.from, "parent"));
	assert_true(wire_string_equals(q.spec.name, "a"));
	assert_true(wire_string_equals(q.spec.as, "b"));
	assert_true(wire_string_equals(q.spec.path, ""));
	assert_int_equal(q.spec.rights, 3);
	assert_true(wire_string_equals(q.spec.subdir, "cc"));
	assert_int_equal(q.spec.expires_ms, 1000);
	assert_int_equal(q.spec.uses, 5);
	assert_int_equal(q.spec.flags,
			 GRANTS_NO_TRANSFER | GRANTS_RESTART_ON_REVOKE);
}

static void a_child_is_read_as_it_was_meant(void **state)
{
	static struct grants_request q;
	GOLDEN_MESSAGE(m);

	(void)state;
	golden_parse(CREATE COUNT(02) PRESENT COUNT(01) PRESENT COUNT(01)
			     PRESENT "01000000 00000000 " COUNT(01)
				     PRESENT LIMITS CC A B SPEC SPEC_CONTENT,
		     0, &m);
	assert_int_equal(grants_request_read(&m, &q), 0);
	assert_true(wire_string_equals(q.collection, "cc"));
	assert_true(wire_string_equals(q.name, "a"));
	assert_true(wire_string_equals(q.url, "b"));
	assert_int_equal(q.startup, REALM_STARTUP_EAGER);
	assert_int_equal(q.n_offers, 1);
	assert_true(wire_string_equals(q.offers[0].subdir, "cc"));
	assert_int_equal(q.limits.memory_min, 1);
	assert_int_equal(q.limits.memory_max, 2);
	assert_int_equal(q.limits.cpu_share, 3);
	assert_int_equal(q.limits.cpu_max, 4);
	assert_int_equal(q.limits.tasks_max, 5);
	assert_int_equal(q.limits.opens, 6);
	assert_int_equal(q.limits.connections, 7);
	assert_int_equal(q.limits.channels, 8);
	assert_int_equal(q.limits.children, 9);
	assert_int_equal(q.limits.requests_per_second, 10);
	assert_null(q.child.name.bytes);
}

static void numbers_are_where_they_belong(void **state)
{
	static struct grants_reply reply;
	GOLDEN_MESSAGE(m);

	(void)state;
	golden_parse(REVOKE DONE REPORT, 0, &m);
	assert_int_equal(grants_reply_read(&m, &reply), 0);
	assert_int_equal(reply.report.n_connections, 1);
	assert_int_equal(reply.report.n_slots, 2);
	assert_int_equal(reply.report.n_killed, 3);
	assert_int_equal(reply.report.n_open_files, 4);
	assert_int_equal(reply.report.microseconds, 5);

	golden_parse(GET_USAGE DONE USAGE, 0, &m);
	assert_int_equal(grants_reply_read(&m, &reply), 0);
	assert_int_equal(reply.usage.memory_bytes, 1);
	assert_int_equal(reply.usage.memory_peak_bytes, 2);
	assert_int_equal(reply.usage.memory_max_bytes, 3);
	assert_int_equal(reply.usage.limit_hits, 4);
	assert_int_equal(reply.usage.tasks, 5);
	assert_int_equal(reply.usage.tasks_max, 6);
	assert_int_equal(reply.usage.cpu_us, 7);
	assert_int_equal(reply.usage.throttled_us, 8);
	assert_int_equal(reply.usage.connections, 9);
	assert_int_equal(reply.usage.opens, 10);
	assert_int_equal(reply.usage.refused, 11);

	golden_parse(LIST DONE COUNT(01) PRESENT ENTRY ENTRY_CONTENT, 0, &m);
	assert_int_equal(grants_reply_read(&m, &reply), 0);
	assert_int_equal(reply.n_entries, 1);
	assert_int_equal(reply.entries[0].id, 9);
	assert_true(wire_string_equals(reply.entries[0].child, "b"));
	assert_true(wire_string_equals(reply.entries[0].name, "a"));
	assert_true(wire_string_equals(reply.entries[0].as, "cc"));
	assert_int_equal(reply.entries[0].rights, 1);
	assert_int_equal(reply.entries[0].expires_in_ms, 2);
	assert_true(reply.entries[0].uses_left == GRANTS_USES_ANY);
	assert_int_equal(reply.entries[0].n_connections, 3);
	assert_int_equal(reply.entries[0].n_derived, 4);
}

static void what_is_none_is_refused(void **state)
{
	(void)state;
	/* No such error; no such startup; too many offers and entries. */
	golden_refuse("grants_reply",
		      START "10000000 00000000 " COUNT(00) PRESENT, 0);
	golden_refuse("grants_request",
		      CREATE COUNT(02) PRESENT COUNT(01) PRESENT COUNT(01)
			      PRESENT "02000000 00000000 " COUNT(00)
				      PRESENT LIMITS CC A B,
		      0);
	golden_refuse("grants_request",
		      CREATE COUNT(02) PRESENT COUNT(01) PRESENT COUNT(01)
			      PRESENT "01000000 00000000 " COUNT(21)
				      PRESENT LIMITS CC A B,
		      0);
	golden_refuse("grants_reply", LIST DONE COUNT(41) PRESENT, 0);
	/* fuchsia's Realm is another protocol. */
	assert_int_equal(golden_run("realm_request", START STATIC_CHILD A, 0),
			 WIRE_UNKNOWN);
}

/* What a server does not know it can still refuse with a sentence. */
static void unknown_types_and_flags_are_read(void **state)
{
	(void)state;
	golden_check("grants_request",
		     CLOSE "0900000000000000 ffffffff 00000000 ", 0);
}

static void a_batch_ends_where_a_message_does(void **state)
{
	static char moniker[GRANTS_MONIKER_MAX + 1];
	static struct grants_reply reply, back;
	struct grants_entry entry = { .id = 1, .name = wire_string_of("n") };
	GOLDEN_MESSAGE(m);
	uint32_t n = 0;

	(void)state;
	reply = (struct grants_reply){ .method = GRANTS_LIST_GRANTS,
				       .txid = 7 };
	/* By count. */
	while (grants_reply_add(&reply, &entry))
		n++;
	assert_int_equal(n, GRANTS_BATCH_MAX);
	assert_int_equal(reply.n_entries, GRANTS_BATCH_MAX);
	assert_int_equal(grants_reply_write(&m, &reply), 0);

	/* By length, which is known to the byte. */
	memset(moniker, 'm', sizeof(moniker) - 1);
	for (uint32_t length = 0; length < 64; length++) {
		reply.n_entries = 0;
		entry.child = wire_string_of(moniker);
		while (grants_reply_add(&reply, &entry))
			;
		n = reply.n_entries;
		assert_in_range(n, 2, GRANTS_BATCH_MAX - 1);
		reply.n_entries--;
		entry.child.n -= length;
		assert_true(grants_reply_add(&reply, &entry));
		assert_int_equal(grants_reply_write(&m, &reply), 0);
		assert_int_equal(grants_reply_read(&m, &back), 0);
		assert_int_equal(back.n_entries, n);
		/* The rest, but for an entry's fixed part and its name. */
		entry.child.n = MESSAGE_BYTES_MAX - m.n_bytes - 96;
		assert_true(grants_reply_add(&reply, &entry));
		assert_int_equal(grants_reply_write(&m, &reply), 0);
		assert_int_equal(m.n_bytes, MESSAGE_BYTES_MAX);
		assert_false(grants_reply_add(&reply, &entry));
		reply.entries[reply.n_entries++] = entry;
		assert_int_equal(grants_reply_write(&m, &reply), -EMSGSIZE);
	}
}

static void writers_are_strict(void **state)
{
	static struct grants_request q;
	static struct grants_reply reply;
	GOLDEN_MESSAGE(m);

	(void)state;
	q = (struct grants_request){ .method = GRANTS_START_CHILD, .txid = 7 };
	q.child.name = wire_string_of("a");
	assert_int_equal(grants_request_write(&m, &q), 0);
	golden_assert(&m, START STATIC_CHILD A);
	q.txid = 0;
	assert_int_equal(grants_request_write(&m, &q), -EINVAL);
	q.txid = 7;
	q.method = (enum grants_method)0;
	assert_int_equal(grants_request_write(&m, &q), -EINVAL);
	q.method = (enum grants_method)12;
	assert_int_equal(grants_request_write(&m, &q), -EINVAL);
	q.method = GRANTS_CREATE_CHILD;
	q.n_offers = GRANTS_OFFERS_MAX + 1;
	assert_int_equal(grants_request_write(&m, &q), -EINVAL);
	reply = (struct grants_reply){ .method = GRANTS_START_CHILD,
				       .txid = 7,
				       .error = REALM_ERROR_MAX + 1 };
	assert_int_equal(grants_reply_write(&m, &reply), -EINVAL);
	reply.error = 0;
	assert_int_equal(grants_reply_write(&m, &reply), 0);
	golden_assert(&m, START DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_golden),
		cmocka_unit_test(replies_are_golden),
		cmocka_unit_test(a_grant_is_read_as_it_was_meant),
		cmocka_unit_test(a_child_is_read_as_it_was_meant),
		cmocka_unit_test(numbers_are_where_they_belong),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(unknown_types_and_flags_are_read),
		cmocka_unit_test(a_batch_ends_where_a_message_does),
		cmocka_unit_test(writers_are_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
