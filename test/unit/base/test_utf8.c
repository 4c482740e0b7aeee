/* UTF-8: every boundary of RFC 3629, from both sides. */
#include "base_test.h"

#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/utf8.h"

static void well_formed_boundaries(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		uint32_t c;
	} rows[] = {
		{ "\0", 1, 0x0 },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbd", 3, 0xfffd },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	};
	char buffer[4];
	uint32_t c;
	size_t i, n;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		c = 0xdead;
		assert_int_equal(utf8_decode(rows[i].bytes, rows[i].n, &c),
				 rows[i].n);
		assert_int_equal(c, rows[i].c);
		assert_int_equal(utf8_length(rows[i].bytes, 100), rows[i].n);
		assert_int_equal(utf8_encode(rows[i].c, buffer), rows[i].n);
		assert_memory_equal(buffer, rows[i].bytes, rows[i].n);
		/* Cut short it is nothing, and nothing is written. */
		for (n = 0; n < rows[i].n; n++) {
			c = 0xdead;
			assert_int_equal(utf8_decode(rows[i].bytes, n, &c), 0);
			assert_int_equal(c, 0xdead);
			assert_int_equal(utf8_is_valid(rows[i].bytes, n), !n);
		}
	}
}

static void ill_formed(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "\x80", 1 },			   /* a tail alone */
		{ "\xbf", 1 },			   /**/
		{ "\xc0\x80", 2 },		   /* zero in two bytes */
		{ "\xc1\xbf", 2 },		   /* overlong U+007F */
		{ "\xe0\x80\x80", 3 },		   /* zero in three */
		{ "\xe0\x9f\xbf", 3 },		   /* overlong U+07FF */
		{ "\xed\xa0\x80", 3 },		   /* U+D800 */
		{ "\xed\xbf\xbf", 3 },		   /* U+DFFF */
		{ "\xf0\x80\x80\x80", 4 },	   /* zero in four */
		{ "\xf0\x8f\xbf\xbf", 4 },	   /* overlong U+FFFF */
		{ "\xf4\x90\x80\x80", 4 },	   /* U+110000 */
		{ "\xf5\x80\x80\x80", 4 },	   /**/
		{ "\xf7\xbf\xbf\xbf", 4 },	   /**/
		{ "\xf8\x88\x80\x80\x80", 5 },	   /* five bytes */
		{ "\xfc\x84\x80\x80\x80\x80", 6 }, /* six */
		{ "\xfe", 1 },			   /**/
		{ "\xff", 1 },			   /**/
		{ "\xc2\x7f", 2 },		   /* a head without its tail */
		{ "\xc2\xc0", 2 },		   /**/
		{ "\xe1\x80\x7f", 3 },		   /**/
		{ "\xe1\x7f\x80", 3 },		   /**/
		{ "\xf1\x80\x80\x41", 4 },	   /**/
		{ "\xf1\x80\x41\x80", 4 },	   /**/
		{ "\xf1\x41\x80\x80", 4 },	   /**/
	};
	uint32_t c;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		c = 0xdead;
		assert_int_equal(utf8_decode(rows[i].bytes, rows[i].n, &c), 0);
		assert_int_equal(c, 0xdead);
		assert_false(utf8_is_valid(rows[i].bytes, rows[i].n));
	}
}

static void every_scalar_value_survives_a_round(void **state)
{
	char buffer[4];
	uint32_t c, back;
	size_t n;

	(void)state;
	for (c = 0; c <= 0x10ffff; c++) {
		n = utf8_encode(c, buffer);
		if (c >= 0xd800 && c <= 0xdfff) {
			if (utf8_decode(buffer, n, &back))
				fail_msg("surrogate %x was accepted", c);
			continue;
		}
		if (utf8_decode(buffer, n, &back) != n || back != c)
			fail_msg("U+%04X came back as U+%04X", c, back);
	}
}

/* No two byte strings mean the same character. */
static void every_pair_of_bytes_is_read_as_the_table_says(void **state)
{
	unsigned a, b;
	char s[2];
	bool valid;

	(void)state;
	for (a = 0; a < 256; a++)
		for (b = 0; b < 256; b++) {
			s[0] = (char)a;
			s[1] = (char)b;
			valid = (a < 0x80 && b < 0x80) ||
				(a >= 0xc2 && a <= 0xdf && b >= 0x80 &&
				 b <= 0xbf);
			if (utf8_is_valid(s, 2) != valid)
				fail_msg("%02x %02x", a, b);
		}
}

static void validity_is_of_the_whole(void **state)
{
	(void)state;
	assert_true(utf8_is_valid("", 0));
	assert_true(utf8_is_valid("a\0b", 3));
	assert_true(utf8_is_valid("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x8e", 11));
	assert_false(utf8_is_valid("gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\x8e", 10));
	assert_false(utf8_is_valid("abc\xff", 4));
	assert_true(utf8_is_valid("abc\xff", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(well_formed_boundaries),
		cmocka_unit_test(ill_formed),
		cmocka_unit_test(every_scalar_value_survives_a_round),
		cmocka_unit_test(every_pair_of_bytes_is_read_as_the_table_says),
		cmocka_unit_test(validity_is_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
