/* reeve.control, against bytes worked out by hand. */
#include "golden.h"

#include <errno.h>
#include <string.h>

#include "wire/control.h"

#define REQUEST CALL_7 "4697c4c4536dd118 "
#define ON_DATA ONE_WAY "bc10669551a04c55 "
#define CHANNEL ONE_WAY "bd22c0a387b5ad4b "
#define ON_END	ONE_WAY "c6e520758c44703a "

/* Request("list", ["-q"]) */
#define LIST                                                                   \
	REQUEST COUNT(04) PRESENT COUNT(01) PRESENT                            \
		"6c69737400000000 " COUNT(02) PRESENT "2d71000000000000"

static void messages_are_golden(void **state)
{
	(void)state;
	golden_check("control_request", LIST, 0);
	golden_check("control_request",
		     REQUEST COUNT(04) PRESENT COUNT(00) PRESENT
		     "6c69737400000000",
		     0);
	golden_check("control_event", REQUEST, 0);
	golden_check("control_event",
		     ON_DATA COUNT(02) PRESENT "7b7d000000000000", 0);
	golden_check("control_event", CHANNEL HANDLE "00000000", 1);
	/* OnEnd(-1, "no") and OnEnd(0, ""). */
	golden_check("control_event",
		     ON_END "ffffffff 00000000 " COUNT(02) PRESENT
		     "6e6f000000000000",
		     0);
	golden_check("control_event",
		     ON_END "00000000 00000000 " COUNT(00) PRESENT, 0);
}

static void requests_are_strict(void **state)
{
	(void)state;
	/* No verb; one of 33 bytes; 65 arguments; a handle. */
	golden_refuse("control_request",
		      REQUEST COUNT(00) PRESENT COUNT(00) PRESENT, 0);
	golden_refuse("control_request",
		      REQUEST COUNT(21) PRESENT COUNT(00) PRESENT
		      "7878787878787878 7878787878787878 7878787878787878 "
		      "7878787878787878 7800000000000000",
		      0);
	golden_refuse("control_request",
		      REQUEST COUNT(04) PRESENT COUNT(41) PRESENT
		      "6c69737400000000",
		      0);
	golden_refuse("control_request", LIST, 1);
	/* A one-way request. */
	golden_refuse("control_request",
		      ONE_WAY "4697c4c4536dd118 " COUNT(04) PRESENT COUNT(00)
			      PRESENT "6c69737400000000",
		      0);
	/* What the manager sends is no request. */
	assert_int_equal(
		golden_run("control_request", ON_DATA COUNT(00) PRESENT, 0),
		WIRE_UNKNOWN);
}

static void request_is_read_as_it_was_meant(void **state)
{
	static struct control_request r;
	GOLDEN_MESSAGE(m);

	(void)state;
	golden_parse(LIST, 0, &m);
	assert_int_equal(control_request_read(&m, &r), 0);
	assert_int_equal(r.txid, 7);
	assert_true(wire_string_equals(r.verb, "list"));
	assert_int_equal(r.n_arguments, 1);
	assert_true(wire_string_equals(r.arguments[0], "-q"));
	r.verb.n = 0;
	assert_int_equal(control_request_write(&m, &r), -EINVAL);
}

static void data_is_as_long_as_promised(void **state)
{
	static char json[CONTROL_DATA_MAX + 2];
	GOLDEN_MESSAGE(m);
	struct control_event e = { .kind = CONTROL_ON_DATA }, back;

	(void)state;
	memset(json, ' ', CONTROL_DATA_MAX + 1);
	e.json = (struct wire_string){ json, CONTROL_DATA_MAX };
	assert_int_equal(control_event_write(&m, &e), 0);
	assert_int_equal(control_event_read(&m, &back), 0);
	assert_int_equal(back.json.n, CONTROL_DATA_MAX);
	e.json.n++;
	assert_int_equal(control_event_write(&m, &e), -EINVAL);
}

static void nonsense_is_not_written(void **state)
{
	GOLDEN_MESSAGE(m);
	struct control_event e = { .kind = CONTROL_ON_END, .txid = 1 };

	(void)state;
	assert_int_equal(control_event_write(&m, &e), -EINVAL);
	e.txid = 0;
	assert_int_equal(control_event_write(&m, &e), 0);
	e.kind = 0;
	assert_int_equal(control_event_write(&m, &e), -EINVAL);
	e.kind = CONTROL_ON_END + 1;
	assert_int_equal(control_event_write(&m, &e), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_golden),
		cmocka_unit_test(requests_are_strict),
		cmocka_unit_test(request_is_read_as_it_was_meant),
		cmocka_unit_test(data_is_as_long_as_promised),
		cmocka_unit_test(nonsense_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
