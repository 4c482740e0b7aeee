/* The Realm protocol in its two forms, against bytes worked out by hand. */
#include "golden.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire/realm.h"

#define BIND	       CALL_7 "812936c58d90e439 "
#define OPEN_EXPOSED   CALL_7 "2cf959ca3532997f "
#define CREATE	       CALL_7 "2507f423912f174a "
#define CREATE_MODERN  CALL_7 "60753d48e88ce443 "
#define DESTROY	       CALL_7 "ff1e21e2e8332563 "
#define DESTROY_MODERN CALL_7 "22920c85f8cad871 "
#define LIST	       CALL_7 "00c1c239cb115e59 "
#define LIST_MODERN    CALL_7 "a1c0ef8366a78868 "
#define NEXT	       CALL_7 "f1b199d4ac76f13d "
#define NEXT_MODERN    CALL_7 "080d052b88c3e440 "

/* {name: "a", collection: absent}, then {name: "b", collection: "cc"}. */
#define STATIC_REF  COUNT(01) PRESENT ABSENT
#define DYNAMIC_REF COUNT(01) PRESENT COUNT(02) PRESENT
#define A	    "6100000000000000 "
#define B	    "6200000000000000 "
#define CC	    "6363000000000000 "

/* A table of all three fields: name "b", url "cc", startup EAGER. */
#define DECL COUNT(03) PRESENT
#define DECL_CONTENT                                                           \
	"18000000 0000 0000 18000000 0000 0000 01000000 0000 0100 " COUNT(01)  \
		PRESENT B COUNT(02) PRESENT CC
#define EMPTY_TABLE COUNT(00) PRESENT

static void requests_are_golden(void **state)
{
	(void)state;
	golden_check("realm_request", BIND STATIC_REF HANDLE "00000000 " A, 1);
	golden_check("realm_request",
		     OPEN_EXPOSED DYNAMIC_REF HANDLE "00000000 " B CC, 1);
	golden_check("realm_request",
		     CREATE COUNT(02) PRESENT DECL CC DECL_CONTENT, 0);
	golden_check("realm_request",
		     CREATE_MODERN COUNT(02)
			     PRESENT DECL EMPTY_TABLE CC DECL_CONTENT,
		     0);
	golden_check("realm_request", DESTROY DYNAMIC_REF B CC, 0);
	golden_check("realm_request", DESTROY_MODERN DYNAMIC_REF B CC, 0);
	golden_check("realm_request",
		     LIST COUNT(02) PRESENT HANDLE "00000000 " CC, 1);
	golden_check("realm_request",
		     LIST_MODERN COUNT(02) PRESENT HANDLE "00000000 " CC, 1);
	golden_check("realm_request", NEXT, 0);
	golden_check("realm_request", NEXT_MODERN, 0);
}

static void replies_are_golden(void **state)
{
	(void)state;
	/* Success: an empty struct, inlined. Failure: the error, inlined. */
	golden_check("realm_reply", BIND COUNT(01) "00000000 0000 0100", 0);
	golden_check("realm_reply", OPEN_EXPOSED COUNT(02) "05000000 0000 0100",
		     0);
	golden_check("realm_reply", CREATE COUNT(02) "0f000000 0000 0100", 0);
	golden_check("realm_reply",
		     DESTROY_MODERN COUNT(01) "00000000 0000 0100", 0);
	golden_check("realm_reply", LIST_MODERN COUNT(01) "00000000 0000 0100",
		     0);
	golden_check("realm_reply", NEXT COUNT(00) PRESENT, 0);
	golden_check(
		"realm_reply",
		NEXT_MODERN COUNT(02) PRESENT STATIC_REF DYNAMIC_REF A B CC, 0);
}

static void results_are_strict(void **state)
{
	(void)state;
	/* No such error; no error; not success, error or anything known. */
	golden_refuse("realm_reply", BIND COUNT(02) "10000000 0000 0100", 0);
	golden_refuse("realm_reply", BIND COUNT(02) "00000000 0000 0100", 0);
	golden_refuse("realm_reply", BIND COUNT(03) "00000000 0000 0100", 0);
	golden_refuse("realm_reply", BIND ABSENT, 0);
	/* What belongs inline is not sent out of line. */
	golden_refuse("realm_reply",
		      BIND COUNT(02) "08000000 0000 0000 05000000 00000000", 0);
	/* The padding of an inlined byte. */
	golden_refuse("realm_reply", BIND COUNT(01) "00010000 0000 0100", 0);
}

static void create_child_is_read_as_it_was_meant(void **state)
{
	GOLDEN_MESSAGE(m);
	struct realm_request r;

	(void)state;
	golden_parse(CREATE COUNT(02) PRESENT DECL CC DECL_CONTENT, 0, &m);
	assert_int_equal(realm_request_read(&m, &r), 0);
	assert_int_equal(r.method, REALM_CREATE_CHILD);
	assert_false(r.is_modern);
	assert_int_equal(r.txid, 7);
	assert_true(wire_string_equals(r.collection, "cc"));
	assert_int_equal(r.decl.has, REALM_CHILD_NAME | REALM_CHILD_URL |
					     REALM_CHILD_STARTUP);
	assert_true(wire_string_equals(r.decl.name, "b"));
	assert_true(wire_string_equals(r.decl.url, "cc"));
	assert_int_equal(r.decl.startup, REALM_STARTUP_EAGER);
	assert_int_equal(r.handle, WIRE_NO_HANDLE);
	assert_false(r.has_unknown);
}

/* Tables are open: other fields are seen and reported, never ignored. */
static void unknown_fields_are_reported(void **state)
{
	GOLDEN_MESSAGE(m);
	struct realm_request r;

	(void)state;
	/* Field 4 of the declaration, and nothing else. */
	golden_parse(CREATE COUNT(02) PRESENT COUNT(04) PRESENT CC
		     "0000000000000000 0000000000000000 0000000000000000 "
		     "01000000 0000 0100",
		     0, &m);
	assert_int_equal(realm_request_read(&m, &r), 0);
	assert_true(r.has_unknown);
	assert_int_equal(r.decl.has, 0);

	/* A field of the arguments, with a handle. */
	golden_parse(CREATE_MODERN COUNT(02) PRESENT EMPTY_TABLE COUNT(01)
			     PRESENT CC "ffffffff 0100 0100",
		     1, &m);
	assert_int_equal(realm_request_read(&m, &r), 0);
	assert_true(r.has_unknown);

	/* A last envelope that is absent is not canonical. */
	golden_refuse("realm_request",
		      CREATE COUNT(02) PRESENT COUNT(01) PRESENT CC
		      "0000000000000000",
		      0);
	/* No such startup. */
	golden_refuse("realm_request",
		      CREATE COUNT(02) PRESENT COUNT(03) PRESENT CC
		      "0000000000000000 0000000000000000 "
		      "02000000 0000 0100",
		      0);
	/* A table longer than any message. */
	golden_refuse("realm_request",
		      CREATE COUNT(02) PRESENT
		      "ffffffffffffff1f ffffffffffffffff " CC,
		      0);
}

static void forms_do_not_mix(void **state)
{
	GOLDEN_MESSAGE(m);
	struct realm_request r = {
		.method = REALM_BIND_CHILD,
		.is_modern = true,
		.txid = 1,
		.child = { wire_string_of("a"), { 0 } },
		.handle = 0,
	};

	(void)state;
	golden_handles(&m, 1);
	assert_int_equal(realm_request_write(&m, &r), -EINVAL);
	r.is_modern = false;
	assert_int_equal(realm_request_write(&m, &r), 0);
	r.method = REALM_OPEN_EXPOSED_DIR;
	assert_int_equal(realm_request_write(&m, &r), -EINVAL);
	r.is_modern = true;
	assert_int_equal(realm_request_write(&m, &r), 0);
	/* A call without an id cannot be answered. */
	r.txid = 0;
	assert_int_equal(realm_request_write(&m, &r), -EINVAL);
}

static void batches_are_bounded(void **state)
{
	static struct realm_reply reply, back;
	GOLDEN_MESSAGE(m);
	char names[REALM_BATCH_MAX][8];

	(void)state;
	reply = (struct realm_reply){ .method = REALM_NEXT, .txid = 3 };
	for (uint32_t i = 0; i < REALM_BATCH_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u", i);
		reply.children[i].name = wire_string_of(names[i]);
	}
	reply.n_children = REALM_BATCH_MAX;
	assert_int_equal(realm_reply_write(&m, &reply), 0);
	assert_int_equal(realm_reply_read(&m, &back), 0);
	assert_int_equal(back.n_children, REALM_BATCH_MAX);
	assert_true(wire_string_equals(back.children[127].name, "n127"));
	reply.n_children++;
	assert_int_equal(realm_reply_write(&m, &reply), -EINVAL);
}

static void errors_have_names(void **state)
{
	(void)state;
	assert_string_equal(realm_error_name(REALM_OK), "OK");
	assert_string_equal(realm_error_name(REALM_ERROR_INSTANCE_NOT_FOUND),
			    "INSTANCE_NOT_FOUND");
	assert_string_equal(realm_error_name(REALM_ERROR_DEPENDENCY_CYCLE),
			    "DEPENDENCY_CYCLE");
	assert_string_equal(realm_error_name(16), "UNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_golden),
		cmocka_unit_test(replies_are_golden),
		cmocka_unit_test(results_are_strict),
		cmocka_unit_test(create_child_is_read_as_it_was_meant),
		cmocka_unit_test(unknown_fields_are_reported),
		cmocka_unit_test(forms_do_not_mix),
		cmocka_unit_test(batches_are_bounded),
		cmocka_unit_test(errors_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
