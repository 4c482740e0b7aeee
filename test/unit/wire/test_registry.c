/* The Registry protocol, against bytes worked out by hand. */
#include "golden.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire/realm.h"
#include "wire/registry.h"

#define REGISTER   CALL_7 "9952938841fbcd0f "
#define UNREGISTER CALL_7 "8309ce0e62798025 "
#define CONNECT	   CALL_7 "c4c966f7e890250a "
#define WATCH	   CALL_7 "667973fcbe0f587d "

#define A  "6100000000000000 "
#define B  "6200000000000000 "
#define CC "6363000000000000 "

/* {name: "a", path: "b", flags: REPLACE | NO_TRANSFER, access: 2 of them}. */
#define REGISTER_ARGUMENTS                                                     \
	COUNT(01)                                                              \
	PRESENT COUNT(01) PRESENT "05000000 00000000 " COUNT(02)               \
		PRESENT A B COUNT(01) PRESENT COUNT(02) PRESENT B CC

#define DONE	"00000000 00000000 " COUNT(00) PRESENT
#define REFUSED "04000000 00000000 " COUNT(02) PRESENT

static void requests_are_golden(void **state)
{
	(void)state;
	golden_check("registry_request", REGISTER REGISTER_ARGUMENTS, 0);
	/* The usual path, and nobody. */
	golden_check("registry_request",
		     REGISTER COUNT(01) PRESENT COUNT(00) PRESENT
		     "02000000 00000000 " COUNT(00) PRESENT A,
		     0);
	golden_check("registry_request", UNREGISTER COUNT(01) PRESENT A, 0);
	golden_check("registry_request",
		     CONNECT COUNT(01) PRESENT HANDLE "00000000 " A, 1);
	golden_check("registry_request",
		     WATCH COUNT(01) PRESENT "0100000000000000 " A, 0);
}

static void replies_are_golden(void **state)
{
	(void)state;
	golden_check("registry_reply", REGISTER DONE, 0);
	golden_check("registry_reply", REGISTER REFUSED CC, 0);
	golden_check("registry_reply", UNREGISTER DONE, 0);
	golden_check("registry_reply", CONNECT REFUSED CC, 0);
	golden_check("registry_reply", WATCH DONE "0100000000000000 ", 0);
	golden_check("registry_reply", WATCH REFUSED "0000000000000000 " CC, 0);
}

static void a_registration_is_read_as_it_was_meant(void **state)
{
	GOLDEN_MESSAGE(m);
	struct registry_request q;

	(void)state;
	golden_parse(REGISTER REGISTER_ARGUMENTS, 0, &m);
	assert_int_equal(registry_request_read(&m, &q), 0);
	assert_int_equal(q.method, REGISTRY_REGISTER);
	assert_int_equal(q.txid, 7);
	assert_true(wire_string_equals(q.name, "a"));
	assert_true(wire_string_equals(q.path, "b"));
	assert_int_equal(q.flags, REGISTRY_REPLACE | REGISTRY_NO_TRANSFER);
	assert_int_equal(q.n_access, 2);
	assert_true(wire_string_equals(q.access[0], "b"));
	assert_true(wire_string_equals(q.access[1], "cc"));
	assert_int_equal(q.handle, WIRE_NO_HANDLE);
}

static void what_is_none_is_refused(void **state)
{
	(void)state;
	/* A truth that is neither; no such error; an absent name. */
	golden_refuse("registry_request",
		      WATCH COUNT(01) PRESENT "0200000000000000 " A, 0);
	golden_refuse("registry_reply",
		      CONNECT "10000000 00000000 " COUNT(00) PRESENT, 0);
	golden_refuse("registry_request", UNREGISTER ABSENT, 0);
	/* More patterns than a request may have. */
	golden_refuse("registry_request",
		      REGISTER COUNT(01) PRESENT COUNT(00) PRESENT
		      "02000000 00000000 " COUNT(41) PRESENT A,
		      0);
	/* A name that is not UTF-8. */
	golden_refuse("registry_request",
		      UNREGISTER COUNT(01) PRESENT "ff00000000000000 ", 0);
	/* Another protocol's. */
	assert_int_equal(
		golden_run("grants_request", UNREGISTER COUNT(01) PRESENT A, 0),
		WIRE_UNKNOWN);
}

static void limits_hold(void **state)
{
	static char name[REGISTRY_NAME_MAX + 2];
	static struct registry_request q;
	GOLDEN_MESSAGE(m);

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	q = (struct registry_request){ .method = REGISTRY_WATCH,
				       .txid = 1,
				       .name = wire_string_of(name) };
	assert_int_equal(registry_request_write(&m, &q), -EINVAL);
	q.name.n--;
	assert_int_equal(registry_request_write(&m, &q), 0);
	q.txid = 0;
	assert_int_equal(registry_request_write(&m, &q), -EINVAL);
	q.txid = 1;
	q.method = (enum registry_method)5;
	assert_int_equal(registry_request_write(&m, &q), -EINVAL);
	/* A server end is not optional. */
	q.method = REGISTRY_CONNECT;
	q.handle = WIRE_NO_HANDLE;
	assert_int_equal(registry_request_write(&m, &q), -EINVAL);
}

static void a_reply_needs_no_sentence(void **state)
{
	struct registry_reply reply = { .method = REGISTRY_WATCH,
					.txid = 7,
					.is_present = true };
	GOLDEN_MESSAGE(m);

	(void)state;
	assert_int_equal(registry_reply_write(&m, &reply), 0);
	golden_assert(&m, WATCH DONE "0100000000000000 ");
	reply.error = REALM_ERROR_MAX + 1;
	assert_int_equal(registry_reply_write(&m, &reply), -EINVAL);
	reply.error = 0;
	reply.txid = 0;
	assert_int_equal(registry_reply_write(&m, &reply), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_golden),
		cmocka_unit_test(replies_are_golden),
		cmocka_unit_test(a_registration_is_read_as_it_was_meant),
		cmocka_unit_test(what_is_none_is_refused),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(a_reply_needs_no_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
