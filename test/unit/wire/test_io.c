/* fuchsia.io: each message against bytes worked out by hand. */
#include "golden.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "wire/io.h"

/* "a/b", object */
#define OPEN                                                                   \
	ONE_WAY "c05e681d5644502c "                                            \
		"03000000 00000100 " COUNT(03) PRESENT HANDLE                  \
		"00000000 "                                                    \
		"612f6200 00000000"
#define CLONE  ONE_WAY "6fe13c298f67615a 00008004 " HANDLE
#define WATCH  CALL_7 "916dd6593a191757 1f000000 00000000 " HANDLE "00000000"
#define UNLINK CALL_7 "23bca86007f90f5a " COUNT(01) PRESENT "78000000 00000000"
/* "x", token, "yy" */
#define MOVE                                                                   \
	COUNT(01)                                                              \
	PRESENT HANDLE "00000000 " COUNT(02) PRESENT "78000000 00000000 "      \
						     "79790000 00000000"
#define ATTRIBUTES                                                             \
	"00400000 00000000 0100000000000000 0200000000000000 "                 \
	"0300000000000000 0400000000000000 0500000000000000 "                  \
	"0600000000000000 "
#define DESCRIBE_REPLY CALL_7 "a0de785021ecfc0f "
#define ON_OPEN	       ONE_WAY "7219fddbb1bbc77f "

static void requests_are_golden(void **state)
{
	(void)state;
	golden_check("io_request", OPEN, 1);
	golden_check("io_request", CLONE, 1);
	golden_check("io_request", CALL_7 "44dc331cbdc50953", 0);
	golden_check("io_request", CALL_7 "a0de785021ecfc0f", 0);
	golden_check("io_request", CALL_7 "19b5186c32889d18", 0);
	golden_check("io_request", CALL_7 "fdda1463215e9878", 0);
	golden_check("io_request",
		     CALL_7 "468f930df4c08641 05000000 00000000 " ATTRIBUTES,
		     0);
	golden_check("io_request", CALL_7 "0aaa7ff26b808235 0020000000000000",
		     0);
	golden_check("io_request", CALL_7 "714cf3f02a20b116", 0);
	golden_check("io_request", WATCH, 1);
	golden_check("io_request", UNLINK, 0);
	golden_check("io_request", CALL_7 "05c9f347a2008e0a " MOVE, 1);
	golden_check("io_request", CALL_7 "e730c9c7c0040674 " MOVE, 1);
	golden_check("io_request", CALL_7 "55863c76189dae26", 0);
}

static void replies_are_golden(void **state)
{
	(void)state;
	/* Close, NOT_FOUND. */
	golden_check("io_reply", CALL_7 "44dc331cbdc50953 e7ffffff 00000000",
		     0);
	golden_check("io_reply",
		     CALL_7 "fdda1463215e9878 00000000 00000000 " ATTRIBUTES,
		     0);
	golden_check("io_reply",
		     CALL_7 "0aaa7ff26b808235 00000000 00000000 " COUNT(0c)
			     PRESENT "0100000000000000 0208 6162 00000000",
		     0);
	/* GetToken with and without one. */
	golden_check("io_reply", CALL_7 "55863c76189dae26 00000000 " HANDLE, 1);
	golden_check("io_reply", CALL_7 "55863c76189dae26 feffffff 00000000",
		     0);
}

static void node_infos_are_golden(void **state)
{
	(void)state;
	/* Members without content are one byte of zero, inlined. */
	golden_check("io_reply", DESCRIBE_REPLY COUNT(01) "00000000 0000 0100",
		     0);
	golden_check("io_reply", DESCRIBE_REPLY COUNT(03) "00000000 0000 0100",
		     0);
	/* A file with and without its event; a pipe. */
	golden_check("io_reply", DESCRIBE_REPLY COUNT(02) HANDLE "0100 0100",
		     1);
	golden_check("io_reply", DESCRIBE_REPLY COUNT(02) "00000000 0000 0100",
		     0);
	golden_check("io_reply", DESCRIBE_REPLY COUNT(04) HANDLE "0100 0100",
		     1);
	golden_refuse("io_reply", DESCRIBE_REPLY COUNT(04) "00000000 0000 0100",
		      0);
	/* A vmofile is 24 bytes out of line. */
	golden_check("io_reply",
		     DESCRIBE_REPLY COUNT(05) "18000000 0100 0000 " HANDLE
					      "00000000 0800000000000000 "
					      "1000000000000000",
		     1);
	/* OnOpen with an info, and without. */
	golden_check(
		"io_reply",
		ON_OPEN "00000000 00000000 " COUNT(01) "00000000 0000 0100", 0);
	golden_check("io_reply", ON_OPEN "e7ffffff 00000000 " ABSENT, 0);
	/* Describe's is not optional. */
	golden_refuse("io_reply", DESCRIBE_REPLY ABSENT, 0);
}

/* The union is flexible: a member we do not know is passed over, handles too.
 */
static void unknown_node_info_is_accepted(void **state)
{
	GOLDEN_MESSAGE(m);
	struct io_reply reply;

	(void)state;
	golden_parse(DESCRIBE_REPLY COUNT(09) "08000000 0200 0000 "
					      "0102030405060708",
		     2, &m);
	assert_int_equal(io_reply_read(&m, &reply), 0);
	assert_int_equal(reply.info.kind, 9);
	assert_int_equal(reply.info.handle, WIRE_NO_HANDLE);
	golden_parse(DESCRIBE_REPLY COUNT(09) "deadbeef 0000 0100", 0, &m);
	assert_int_equal(io_reply_read(&m, &reply), 0);

	/* Its envelope has to be one all the same. */
	golden_refuse("io_reply", DESCRIBE_REPLY COUNT(09) "00000000 0000 0000",
		      0);
	golden_refuse("io_reply",
		      DESCRIBE_REPLY COUNT(09) "04000000 0000 0000 00000000",
		      0);
	golden_refuse("io_reply",
		      DESCRIBE_REPLY COUNT(09) "10000000 0000 0000 "
					       "0102030405060708",
		      0);
	golden_refuse("io_reply", DESCRIBE_REPLY COUNT(09) "00000000 0000 0200",
		      0);
}

static void open_is_read_as_it_was_meant(void **state)
{
	GOLDEN_MESSAGE(m);
	struct io_request request;

	(void)state;
	golden_parse(OPEN, 1, &m);
	assert_int_equal(io_request_read(&m, &request), 0);
	assert_int_equal(request.method, IO_OPEN);
	assert_int_equal(request.txid, 0);
	assert_int_equal(request.open.flags,
			 IO_RIGHT_READABLE | IO_RIGHT_WRITABLE);
	assert_int_equal(request.open.mode, IO_MODE_SERVICE);
	assert_true(wire_string_equals(request.open.path, "a/b"));
	assert_int_equal(message_take_handle(&m, request.open.object), 100);
	assert_int_equal(message_take_handle(&m, request.open.object), -1);
}

static void open_is_written_as_it_was_meant(void **state)
{
	GOLDEN_MESSAGE(m);
	struct io_request request = {
		.method = IO_OPEN,
		.open = { .flags = 3,
			  .mode = IO_MODE_SERVICE,
			  .path = wire_string_of("a/b"),
			  .object = message_put_handle(&m, 5) },
	};

	(void)state;
	assert_int_equal(io_request_write(&m, &request), 0);
	golden_assert(&m, OPEN);
	assert_int_equal(m.n_handles, 1);
	assert_int_equal(m.handles[0], 5);

	/* The server end is not optional. */
	request.open.object = WIRE_NO_HANDLE;
	assert_int_equal(io_request_write(&m, &request), -EINVAL);
	/* A one-way method has no transaction id. */
	request.open.object = 0;
	request.txid = 1;
	assert_int_equal(io_request_write(&m, &request), -EINVAL);
}

static void transaction_ids_fit_the_method(void **state)
{
	(void)state;
	/* Open with one, Close without. */
	golden_refuse("io_request",
		      CALL_7 "c05e681d5644502c 00000000 00000000 " COUNT(01)
			      PRESENT HANDLE "00000000 61000000 00000000",
		      1);
	golden_refuse("io_request", ONE_WAY "44dc331cbdc50953", 0);
	golden_refuse("io_reply", ONE_WAY "44dc331cbdc50953 00000000 00000000",
		      0);
	golden_refuse("io_reply",
		      CALL_7 "7219fddbb1bbc77f 00000000 00000000 " ABSENT, 0);
}

static void other_messages_are_a_verdict(void **state)
{
	(void)state;
	/* An unknown ordinal, an epitaph, an event as a request. */
	assert_int_equal(golden_run("io_request", CALL_7 "0100000000000000", 0),
			 WIRE_UNKNOWN);
	assert_int_equal(golden_run("io_request",
				    ONE_WAY PRESENT "00000000 00000000", 0),
			 WIRE_UNKNOWN);
	assert_int_equal(golden_run("io_request", ON_OPEN, 0), WIRE_UNKNOWN);
	/* Open is never a reply. */
	assert_int_equal(golden_run("io_reply", OPEN, 1), WIRE_UNKNOWN);
}

static void strings_are_checked(void **state)
{
	(void)state;
	/* A lone continuation byte; padding behind the path. */
	golden_refuse("io_request",
		      CALL_7 "23bca86007f90f5a " COUNT(01) PRESENT
		      "80000000 00000000",
		      0);
	golden_refuse("io_request",
		      CALL_7 "23bca86007f90f5a " COUNT(01) PRESENT
		      "78010000 00000000",
		      0);
	/* Absent though required; a length without content; a bad presence. */
	golden_refuse("io_request", CALL_7 "23bca86007f90f5a " ABSENT, 0);
	golden_refuse("io_request",
		      CALL_7 "23bca86007f90f5a " COUNT(
			      01) "0000000000000000 78000000 00000000",
		      0);
	golden_refuse("io_request",
		      CALL_7 "23bca86007f90f5a " COUNT(
			      01) "feffffffffffffff 78000000 00000000",
		      0);
	/* Lengths that are large, and so large that sums wrap. */
	golden_refuse("io_request",
		      CALL_7 "23bca86007f90f5a 0110000000000000 " PRESENT, 0);
	golden_refuse("io_request",
		      CALL_7 "23bca86007f90f5a f9ffffffffffffff " PRESENT, 0);
	golden_refuse("io_request", CALL_7 "23bca86007f90f5a " PRESENT PRESENT,
		      0);
}

static void limits_hold_when_writing(void **state)
{
	static char path[IO_PATH_MAX + 2];
	GOLDEN_MESSAGE(m);
	struct io_request request = { .method = IO_UNLINK, .txid = 1 };

	(void)state;
	memset(path, 'x', IO_PATH_MAX + 1);
	request.path = wire_string_of(path);
	assert_int_equal(io_request_write(&m, &request), -EINVAL);
	request.path.n = IO_PATH_MAX;
	assert_int_equal(io_request_write(&m, &request), 0);
	assert_int_equal(m.n_bytes, 16 + 16 + IO_PATH_MAX);
	request.path = wire_string_of("\xff");
	assert_int_equal(io_request_write(&m, &request), -EINVAL);

	request.path = wire_string_of("12345678");
	for (m.capacity = 0; m.capacity < 40; m.capacity++)
		assert_int_equal(io_request_write(&m, &request), -EMSGSIZE);
	assert_int_equal(io_request_write(&m, &request), 0);
}

static void methods_have_names(void **state)
{
	(void)state;
	assert_string_equal(io_method_name(IO_OPEN), "Open");
	assert_string_equal(io_method_name(IO_GET_TOKEN), "GetToken");
	assert_string_equal(io_method_name(0), "unknown");
	assert_string_equal(io_method_name(IO_GET_TOKEN + 1), "unknown");
	assert_false(io_method_has_reply(IO_OPEN));
	assert_false(io_method_has_reply(IO_CLONE));
	assert_false(io_method_has_reply(IO_ON_OPEN));
	assert_true(io_method_has_reply(IO_CLOSE));
	assert_false(io_method_has_reply(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_golden),
		cmocka_unit_test(replies_are_golden),
		cmocka_unit_test(node_infos_are_golden),
		cmocka_unit_test(unknown_node_info_is_accepted),
		cmocka_unit_test(open_is_read_as_it_was_meant),
		cmocka_unit_test(open_is_written_as_it_was_meant),
		cmocka_unit_test(transaction_ids_fit_the_method),
		cmocka_unit_test(other_messages_are_a_verdict),
		cmocka_unit_test(strings_are_checked),
		cmocka_unit_test(limits_hold_when_writing),
		cmocka_unit_test(methods_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
