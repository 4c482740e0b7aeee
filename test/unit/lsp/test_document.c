/* Offsets, places and positions of one text agree in every encoding. */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "base/utf8.h"
#include "fault.h"
#include "lsp/document.h"

/* Two bytes, three, four (a pair in UTF-16); each kind of line end. */
static const char text[] = "\xc3\xa4x\r\n\xe2\x82\xac\xf0\x9d\x84\x9ey\r"
			   "\n\nlast \xf0\x9d\x84\x9e";

static struct document *document_of(const char *bytes, size_t n)
{
	struct document *d;

	assert_int_equal(document_new("file:///x.cml", 1, bytes, n, &d), 0);
	return d;
}

static void test_round_trips(void **state)
{
	static const enum encoding encodings[] = {
		ENCODING_UTF16,
		ENCODING_UTF8,
		ENCODING_UTF32,
	};
	struct document *d = document_of(text, strlen(text));
	size_t e, at, n;
	struct position p;

	(void)state;
	assert_int_equal(d->n_lines, 4);
	for (at = 0; at <= strlen(text); at += n) {
		n = utf8_length(text + at, strlen(text) - at);
		n = n ? n : 1;
		/* Between CR and LF there is no position. */
		if (at && text[at - 1] == '\r' && text[at] == '\n')
			continue;
		for (e = 0; e < N_ELEMENTS(encodings); e++) {
			p = document_position(d, at, encodings[e]);
			assert_int_equal(document_offset(d, p, encodings[e]),
					 at);
		}
		assert_int_equal(
			document_place_offset(d, document_place(d, at)), at);
	}
	document_free(d);
}

static void test_units(void **state)
{
	static const struct {
		enum encoding encoding;
		uint32_t character;
	} cases[] = {
		{ ENCODING_UTF16, 3 },
		{ ENCODING_UTF8, 7 },
		{ ENCODING_UTF32, 2 },
	};
	struct document *d = document_of(text, strlen(text));
	size_t y = (size_t)(strchr(text, 'y') - text), i;
	struct position p;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		p = document_position(d, y, cases[i].encoding);
		assert_int_equal(p.line, 1);
		assert_int_equal(p.character, cases[i].character);
	}
	/* Within a pair: its beginning. Behind a line: its end. */
	assert_int_equal(
		document_offset(d, (struct position){ 1, 2 }, ENCODING_UTF16),
		y - 4);
	assert_int_equal(
		document_offset(d, (struct position){ 1, 99 }, ENCODING_UTF16),
		y + 1);
	assert_int_equal(
		document_offset(d, (struct position){ 99, 0 }, ENCODING_UTF16),
		strlen(text));
	document_free(d);
}

static void test_byte_order_mark(void **state)
{
	static const char marked[] = "\xef\xbb\xbf{\n}";
	struct document *d = document_of(marked, strlen(marked));

	(void)state;
	assert_int_equal(document_place_offset(d, place_at(1, 1)), 3);
	assert_int_equal(document_position(d, 3, ENCODING_UTF16).character, 1);
	assert_int_equal(document_place_offset(d, place_at(2, 1)), 5);
	document_free(d);
}

static void test_edits(void **state)
{
	struct document *d = document_of("0123456789", 10);

	(void)state;
	assert_int_equal(document_edit(d, 2, 4, "ab\n", 3), 0);
	assert_string_equal(text_string(&d->text), "01ab\n456789");
	assert_int_equal(d->n_lines, 2);
	/* An end before the start is the start. */
	assert_int_equal(document_edit(d, 2, 0, "", 0), 0);
	assert_string_equal(text_string(&d->text), "01ab\n456789");
	assert_int_equal(document_set(d, "", 0), 0);
	assert_int_equal(d->n_lines, 1);
	document_free(d);
}

static void test_token_ends(void **state)
{
	static const struct {
		const char *text;
		size_t at, end;
	} cases[] = {
		{ "word: 1", 0, 4 },	 { "'a\\'b' c", 0, 6 },
		{ "'open\n", 0, 5 },	 { "'a\\\nb' c", 0, 6 },
		{ "[1, {}] ", 0, 7 },	 { "[1,\n{}] ", 0, 1 },
		{ "[ {a: 1 } ]", 2, 9 }, { "{", 0, 1 },
		{ "x\ny", 1, 1 },	 { "", 0, 0 },
		{ "\xc3\xa4.", 0, 3 },	 { ": 1", 0, 1 },
		{ "-1.5e+3,", 0, 7 },
	};
	struct document *d;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		d = document_of(cases[i].text, strlen(cases[i].text));
		assert_int_equal(document_token_end(d, cases[i].at),
				 cases[i].end);
		document_free(d);
	}
}

static int document_round(void *arg)
{
	struct document *d;
	int r = document_new("file:///x", 1, "{ use: ['a'] }", 14, &d);

	(void)arg;
	if (r)
		return r;
	r = document_edit(d, 0, 1, "{ a: 'b', ", 10);
	if (!r)
		r = document_refresh(d);
	document_free(d);
	return r;
}

static void test_no_memory(void **state)
{
	(void)state;
	assert_true(fault_sweep(document_round, NULL) > 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_byte_order_mark),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_token_ends),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
