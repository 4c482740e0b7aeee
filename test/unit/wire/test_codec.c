/* Frames, and each type of the format by itself. */
#include "golden.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "wire/codec.h"
#include "wire/describe.h"

#define HEADER	ONE_WAY "0100000000000000 "
#define EPITAPH "00000000 0200 00 01 " PRESENT

static const struct wire_header header = { .ordinal = 1 };

/* ---- headers and epitaphs ---- */

static void headers_are_golden(void **state)
{
	GOLDEN_MESSAGE(m);
	struct wire_header h;

	(void)state;
	h = (struct wire_header){ 0x01020304, WIRE_FLAG_FLEXIBLE,
				  0x1122334455667788 };
	assert_int_equal(wire_header_write(&m, &h), 0);
	golden_assert(&m, "04030201 0200 80 01 8877665544332211");
	memset(&h, 0, sizeof(h));
	assert_int_equal(wire_header_read(&m, &h), 0);
	assert_int_equal(h.txid, 0x01020304);
	assert_int_equal(h.flags, WIRE_FLAG_FLEXIBLE);
	assert_int_equal(h.ordinal, 0x1122334455667788);
	wire_header_set_txid(&m, 9);
	golden_assert(&m, "09000000 0200 80 01 8877665544332211");
	m.capacity = 15;
	assert_int_equal(wire_header_write(&m, &h), -EMSGSIZE);
}

static void bad_headers_are_refused(void **state)
{
	const char *bad[] = {
		/* version 1; unknown at-rest flags; unknown dynamic flags */
		"00000000 0000 00 01 0100000000000000",
		"00000000 0600 00 01 0100000000000000",
		"00000000 0201 00 01 0100000000000000",
		"00000000 0200 02 01 0100000000000000",
		/* magic; the kernel's transaction ids; no ordinal; short */
		"00000000 0200 00 00 0100000000000000",
		"00000000 0200 00 02 0100000000000000",
		"00000080 0200 00 01 0100000000000000",
		"00000000 0200 00 01 0000000000000000",
		"00000000 0200 00 01 01000000000000",
		"",
	};
	GOLDEN_MESSAGE(m);
	struct wire_header h;

	(void)state;
	for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
		golden_parse(bad[i], 0, &m);
		assert_int_equal(wire_header_read(&m, &h), -EBADMSG);
	}
}

static void epitaphs_are_golden(void **state)
{
	GOLDEN_MESSAGE(m);
	struct wire_epitaph e;

	(void)state;
	golden_check("epitaph", EPITAPH "e7ffffff 00000000", 0);
	golden_check("epitaph",
		     "00000000 0200 01 01 " PRESENT "e2ffffff 00000000", 0);
	golden_parse("00000000 0200 01 01 " PRESENT "e2ffffff 00000000", 0, &m);
	assert_int_equal(wire_epitaph_read(&m, &e), 0);
	assert_int_equal(e.status, -30);
	assert_true(e.by_manager);

	/* An id, a flag, padding, a handle; another message. */
	golden_refuse("epitaph",
		      "01000000 0200 00 01 " PRESENT "e7ffffff 00000000", 0);
	golden_refuse("epitaph",
		      "00000000 0200 80 01 " PRESENT "e7ffffff 00000000", 0);
	golden_refuse("epitaph", EPITAPH "e7ffffff 01000000", 0);
	golden_refuse("epitaph", EPITAPH "e7ffffff 00000000", 1);
	assert_int_equal(golden_run("epitaph", HEADER "e7ffffff 00000000", 0),
			 WIRE_UNKNOWN);
	m.capacity = WIRE_EPITAPH_SIZE - 1;
	assert_int_equal(wire_epitaph_write(&m, &e), -EMSGSIZE);
}

/* ---- strings and handles in C ---- */

static void strings_are_copied_whole_or_not(void **state)
{
	char b[4] = "???";
	struct wire_string zero = { "a\0b", 3 };

	(void)state;
	assert_true(wire_string_copy(wire_string_of("abc"), b, sizeof(b)));
	assert_string_equal(b, "abc");
	assert_true(wire_string_copy(wire_string_of(""), b, sizeof(b)));
	assert_string_equal(b, "");
	assert_false(wire_string_copy(wire_string_of("abcd"), b, sizeof(b)));
	assert_false(wire_string_copy(zero, b, sizeof(b)));
	assert_false(wire_string_copy(wire_string_of(NULL), b, sizeof(b)));
	assert_false(wire_string_copy(wire_string_of(""), b, 0));
	assert_false(wire_string_equals(wire_string_of(NULL), ""));
	assert_true(wire_string_equals(wire_string_of(""), ""));
	assert_false(wire_string_equals(wire_string_of("ab"), "abc"));
}

static void messages_hold_64_handles(void **state)
{
	GOLDEN_MESSAGE(m);

	(void)state;
	assert_int_equal(message_put_handle(&m, -1), WIRE_NO_HANDLE);
	for (uint32_t i = 0; i < MESSAGE_HANDLES_MAX; i++)
		assert_int_equal(message_put_handle(&m, 200), i);
	assert_int_equal(message_put_handle(&m, 200), WIRE_NO_HANDLE);
	assert_int_equal(message_take_handle(&m, 63), 200);
	assert_int_equal(message_take_handle(&m, 63), -1);
	assert_int_equal(message_take_handle(&m, m.n_handles), -1);
}

/* ---- types ---- */

struct numbers {
	bool b;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	int32_t i32;
	uint64_t u64;
	uint8_t last;
};

static const struct wire_field numbers_fields[] = {
	F_U8(numbers, u8),   F_U16(numbers, u16), F_BOOL(numbers, b),
	F_U32(numbers, u32), F_I32(numbers, i32), F_U64(numbers, u64),
	F_U8(numbers, last),
};
static const struct wire_type numbers_type = WIRE_TYPE(numbers_fields);

/* u8, 1 of padding, u16, bool, 3 of padding, ... and 7 at the end. */
static void structs_are_padded_with_zeros(void **state)
{
	const char *hex = HEADER "12 00 3412 01 000000 78563412 ffffffff "
				 "0807060504030201 99 00000000000000";
	struct numbers v = { true,	 0x12, 0x1234,
			     0x12345678, -1,   0x0102030405060708,
			     0x99 };
	struct numbers back = { 0 };
	const uint32_t padding[] = { 17, 21, 22, 23, 41, 47 };
	GOLDEN_MESSAGE(m);

	(void)state;
	assert_int_equal(wire_write(&m, &header, &numbers_type, &v), 0);
	golden_assert(&m, hex);
	assert_int_equal(wire_read(&m, &numbers_type, &back), 0);
	assert_int_equal(back.u16, v.u16);
	assert_int_equal(back.i32, -1);
	assert_int_equal(back.u64, v.u64);
	assert_int_equal(back.last, 0x99);
	for (size_t i = 0; i < N_ELEMENTS(padding); i++) {
		m.bytes[padding[i]] = 1;
		assert_int_equal(wire_read(&m, &numbers_type, &back), -EBADMSG);
		m.bytes[padding[i]] = 0;
	}
	/* A bool is 0 or 1. */
	m.bytes[20] = 2;
	assert_int_equal(wire_read(&m, &numbers_type, &back), -EBADMSG);
}

struct strings {
	struct wire_string required, optional;
	struct wire_bytes bytes;
};

static const struct wire_field strings_fields[] = {
	F_STRING(strings, required, 8),
	F_STRING_OPTIONAL(strings, optional, 8),
	{ .kind = WIRE_BYTES,
	  .optional = true,
	  WIRE_AT(strings, bytes),
	  .max = 8 },
};
static const struct wire_type strings_type = WIRE_TYPE(strings_fields);

static void absent_is_not_empty(void **state)
{
	struct strings v = { 0 }, back = { 0 };
	GOLDEN_MESSAGE(m);

	(void)state;
	/* What is required and NULL is written as empty. */
	assert_int_equal(wire_write(&m, &header, &strings_type, &v), 0);
	golden_assert(&m, HEADER COUNT(00) PRESENT ABSENT ABSENT);
	assert_int_equal(wire_read(&m, &strings_type, &back), 0);
	assert_non_null(back.required.bytes);
	assert_null(back.optional.bytes);
	assert_null(back.bytes.bytes);

	v.optional = wire_string_of("");
	v.bytes = (struct wire_bytes){ (const uint8_t *)"\xff\0", 2 };
	assert_int_equal(wire_write(&m, &header, &strings_type, &v), 0);
	golden_assert(&m, HEADER COUNT(00) PRESENT COUNT(00) PRESENT COUNT(02)
				  PRESENT "ff00000000000000");
	assert_int_equal(wire_read(&m, &strings_type, &back), 0);
	assert_non_null(back.optional.bytes);
	assert_int_equal(back.bytes.n, 2);
	v.optional = (struct wire_string){ NULL, 1 };
	assert_int_equal(wire_write(&m, &header, &strings_type, &v), -EINVAL);
}

static void multiples_of_eight_have_no_padding(void **state)
{
	struct strings v = { .required = wire_string_of("12345678") };
	GOLDEN_MESSAGE(m);

	(void)state;
	assert_int_equal(wire_write(&m, &header, &strings_type, &v), 0);
	golden_assert(&m, HEADER COUNT(08) PRESENT ABSENT ABSENT
		      "3132333435363738");
	v.required = wire_string_of("123456789");
	assert_int_equal(wire_write(&m, &header, &strings_type, &v), -EINVAL);
}

struct inner {
	uint32_t handle;
	struct wire_string name;
};

struct vectors {
	struct inner items[3];
	uint32_t n_items;
	uint32_t last;
};

static const struct wire_field inner_fields[] = {
	F_HANDLE_OPTIONAL(inner, handle),
	F_STRING(inner, name, 100),
};
static const struct wire_type inner_type = WIRE_ELEMENT(inner_fields, inner);
static const struct wire_field vectors_fields[] = {
	F_VECTOR(vectors, items, n_items, 3, &inner_type),
	F_HANDLE(vectors, last),
};
static const struct wire_type vectors_type = WIRE_TYPE(vectors_fields);

/* The elements, then what each of them points to; handles the same way. */
static void vectors_are_depth_first(void **state)
{
	struct vectors v = { .items = { { 1, wire_string_of("a") },
					{ WIRE_NO_HANDLE, wire_string_of("") },
					{ 2, wire_string_of("b") } },
			     .n_items = 3,
			     .last = 0 };
	struct vectors back = { 0 };
	GOLDEN_MESSAGE(m);

	(void)state;
	golden_handles(&m, 3);
	assert_int_equal(wire_write(&m, &header, &vectors_type, &v), 0);
	golden_assert(&m, HEADER COUNT(03) PRESENT HANDLE
		      "00000000 " HANDLE "00000000 " COUNT(01) PRESENT
		      "0000000000000000 " COUNT(00) PRESENT HANDLE
		      "00000000 " COUNT(01) PRESENT
		      "6100000000000000 6200000000000000");
	assert_int_equal(m.handles[0], 101);
	assert_int_equal(m.handles[1], 102);
	assert_int_equal(m.handles[2], 100);
	assert_int_equal(wire_read(&m, &vectors_type, &back), 0);
	assert_int_equal(back.n_items, 3);
	assert_int_equal(back.items[0].handle, 0);
	assert_int_equal(back.items[1].handle, WIRE_NO_HANDLE);
	assert_int_equal(back.items[2].handle, 1);
	assert_int_equal(back.last, 2);
	assert_true(wire_string_equals(back.items[2].name, "b"));

	v.n_items = 4;
	assert_int_equal(wire_write(&m, &header, &vectors_type, &v), -EINVAL);
	/* Four elements, though the array holds three. */
	m.bytes[16] = 4;
	assert_int_equal(wire_read(&m, &vectors_type, &back), -EBADMSG);
}

struct choice {
	uint64_t which;
	uint16_t number;
	struct wire_string text;
};

static const struct wire_field choice_fields[] = {
	{ .kind = WIRE_U16, .ordinal = 1, WIRE_AT(choice, number) },
	{ .kind = WIRE_STRING, .ordinal = 2, WIRE_AT(choice, text), .max = 9 },
};
static const struct wire_type choice_type = WIRE_TYPE(choice_fields);
static const struct wire_field choice_body_fields[] = {
	F_UNION(choice, which, &choice_type),
};
static const struct wire_type choice_body = WIRE_TYPE(choice_body_fields);

static void unions_are_enveloped(void **state)
{
	struct choice v = { .which = 1, .number = 1 }, back = { 0 };
	GOLDEN_MESSAGE(m);

	(void)state;
	/* The vector of the format's own conformance suite. */
	assert_int_equal(wire_write(&m, &header, &choice_body, &v), 0);
	golden_assert(&m, HEADER COUNT(01) "0100 0000 0000 0100");
	assert_int_equal(wire_read(&m, &choice_body, &back), 0);
	assert_int_equal(back.number, 1);

	v = (struct choice){ .which = 2, .text = wire_string_of("abcd") };
	assert_int_equal(wire_write(&m, &header, &choice_body, &v), 0);
	golden_assert(&m, HEADER COUNT(02) "18000000 0000 0000 " COUNT(04)
				  PRESENT "6162636400000000");
	/* The envelope must not lie about the size of its content. */
	m.bytes[24] = 0x10;
	assert_int_equal(wire_read(&m, &choice_body, &back), -EBADMSG);

	v.which = 0;
	assert_int_equal(wire_write(&m, &header, &choice_body, &v), -EINVAL);
	v.which = 3;
	assert_int_equal(wire_write(&m, &header, &choice_body, &v), -EINVAL);
}

struct open_table {
	uint64_t has;
	uint8_t small;
	struct wire_string text;
};

static const struct wire_field table_fields[] = {
	{ .kind = WIRE_U8, .ordinal = 1, WIRE_AT(open_table, small) },
	{ .kind = WIRE_STRING,
	  .ordinal = 3,
	  WIRE_AT(open_table, text),
	  .max = 9 },
};
static const struct wire_type table_type = WIRE_TYPE(table_fields);
static const struct wire_field table_body_fields[] = {
	F_TABLE(open_table, has, &table_type),
};
static const struct wire_type table_body = WIRE_TYPE(table_body_fields);

static void tables_have_gaps(void **state)
{
	struct open_table v = { 5, 7, wire_string_of("x") }, back = { 0 };
	GOLDEN_MESSAGE(m);

	(void)state;
	assert_int_equal(wire_write(&m, &header, &table_body, &v), 0);
	golden_assert(&m, HEADER COUNT(03) PRESENT
		      "07000000 0000 0100 "
		      "0000000000000000 18000000 0000 0000 " COUNT(01) PRESENT
		      "7800000000000000");
	assert_int_equal(wire_read(&m, &table_body, &back), 0);
	assert_int_equal(back.has, 5);
	assert_int_equal(back.small, 7);

	/* Written only as far as needed; what is not described never. */
	v.has = 1;
	assert_int_equal(wire_write(&m, &header, &table_body, &v), 0);
	golden_assert(&m, HEADER COUNT(01) PRESENT "07000000 0000 0100");
	v.has = 2;
	assert_int_equal(wire_write(&m, &header, &table_body, &v), -EINVAL);
	v.has = WIRE_TABLE_UNKNOWN;
	assert_int_equal(wire_write(&m, &header, &table_body, &v), -EINVAL);
}

/* ---- depth ---- */

enum { LEVELS = WIRE_DEPTH_MAX + 2 };

/* A vector of one vector of one vector ... Each level is one C struct, which
 * embeds the next at its end. */
struct level {
	uint32_t n;
	uint32_t unused;
};

static struct wire_field level_fields[LEVELS];
static struct wire_type level_types[LEVELS];

static const struct wire_type *nested_type(uint32_t levels)
{
	for (uint32_t i = 0; i < levels; i++) {
		level_fields[i] = (struct wire_field){
			.kind = WIRE_VECTOR,
			.offset = sizeof(struct level),
			.count_offset = 0,
			.max = 1,
			.type = &level_types[i + 1],
		};
		level_types[i] = (struct wire_type){ .fields = &level_fields[i],
						     .n_fields = 1 };
	}
	level_types[levels] = (struct wire_type){ 0 };
	return &level_types[0];
}

static void nesting_ends_at_32(void **state)
{
	struct level v[LEVELS + 1] = { 0 }, back[LEVELS + 1] = { 0 };
	GOLDEN_MESSAGE(m);

	(void)state;
	for (uint32_t i = 0; i < LEVELS; i++)
		v[i].n = 1;
	assert_int_equal(
		wire_write(&m, &header, nested_type(WIRE_DEPTH_MAX), v), 0);
	assert_int_equal(wire_read(&m, nested_type(WIRE_DEPTH_MAX), back), 0);
	assert_int_equal(
		wire_write(&m, &header, nested_type(WIRE_DEPTH_MAX + 1), v),
		-EINVAL);

	/* The same by hand for the reader: 33 headers, then the empty struct.
	 */
	wire_header_write(&m, &header);
	for (uint32_t i = 0; i < WIRE_DEPTH_MAX + 1; i++) {
		memset(m.bytes + 16 + i * 16, 0, 16);
		m.bytes[16 + i * 16] = 1;
		memset(m.bytes + 24 + i * 16, 0xff, 8);
	}
	m.n_bytes = 16 + (WIRE_DEPTH_MAX + 1) * 16 + 8;
	memset(m.bytes + m.n_bytes - 8, 0, 8);
	assert_int_equal(wire_read(&m, nested_type(WIRE_DEPTH_MAX + 1), back),
			 -EBADMSG);
}

static uint32_t cut(const char *s, uint32_t max)
{
	return wire_string_cut(wire_string_of(s), max).n;
}

static void sentences_are_cut_between_characters(void **state)
{
	(void)state;
	assert_int_equal(cut("abc", 4), 3);
	assert_int_equal(cut("abc", 3), 3);
	assert_int_equal(cut("abc", 2), 2);
	assert_int_equal(cut("abc", 0), 0);
	assert_int_equal(cut("a\xc3\xa9", 3), 3);
	assert_int_equal(cut("a\xc3\xa9", 2), 1);
	assert_int_equal(cut("\xe2\x82\xac\xe2\x82\xac", 5), 3);
	/* What is no UTF-8 ends it as well. */
	assert_int_equal(cut("ab\xff\x63", 9), 2);
	assert_int_equal(cut("ab\xc3", 9), 2);
	assert_int_equal(wire_string_cut((struct wire_string){ 0 }, 9).n, 0);
}

/* ---- methods ---- */

/* Which of both writers writes it, with a transaction id or without. */
static void expect_written(int method, bool is_request, bool is_reply,
			   uint32_t txid)
{
	static const struct wire_method methods[] = {
		{ .method = 1, .ordinal = 1, .has_request = true },
		{ .method = 2,
		  .ordinal = 1,
		  .has_request = true,
		  .has_reply = true },
		{ .method = 3, .ordinal = 1, .has_reply = true },
	};
	const size_t n = N_ELEMENTS(methods);
	GOLDEN_MESSAGE(m);

	assert_int_equal(
		wire_request_write(methods, n, method, txid, &m, NULL),
		is_request ? 0 : -EINVAL);
	assert_int_equal(wire_reply_write(methods, n, method, txid, &m, NULL),
			 is_reply ? 0 : -EINVAL);
	if (is_request || is_reply)
		golden_assert(&m, txid ? "07000000 0200 00 01 0100000000000000"
				       : HEADER);
}

static void only_messages_of_the_protocol_are_written(void **state)
{
	(void)state;
	expect_written(0, false, false, 0);
	expect_written(1, true, false, 0);
	expect_written(1, false, false, 7);
	expect_written(2, false, false, 0);
	expect_written(2, true, true, 7);
	expect_written(3, false, true, 0);
	expect_written(3, false, false, 7);
	expect_written(4, false, false, 7);
	expect_written(-1, false, false, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_golden),
		cmocka_unit_test(bad_headers_are_refused),
		cmocka_unit_test(epitaphs_are_golden),
		cmocka_unit_test(strings_are_copied_whole_or_not),
		cmocka_unit_test(messages_hold_64_handles),
		cmocka_unit_test(structs_are_padded_with_zeros),
		cmocka_unit_test(absent_is_not_empty),
		cmocka_unit_test(multiples_of_eight_have_no_padding),
		cmocka_unit_test(vectors_are_depth_first),
		cmocka_unit_test(unions_are_enveloped),
		cmocka_unit_test(tables_have_gaps),
		cmocka_unit_test(nesting_ends_at_32),
		cmocka_unit_test(sentences_are_cut_between_characters),
		cmocka_unit_test(only_messages_of_the_protocol_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
