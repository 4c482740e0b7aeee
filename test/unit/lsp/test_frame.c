/* Bodies come out as they went in, however the stream is cut. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "lsp/frame.h"

static void feed(struct frame_reader *f, const char *s)
{
	assert_int_equal(frame_feed(f, s, strlen(s)), 0);
}

static void expect_body(struct frame_reader *f, const char *body)
{
	const char *bytes;
	size_t n;

	assert_int_equal(frame_next(f, &bytes, &n), FRAME_WHOLE);
	assert_int_equal(n, strlen(body));
	assert_memory_equal(bytes, body, n);
}

static void expect(struct frame_reader *f, enum frame_verdict verdict)
{
	const char *bytes;
	size_t n;

	assert_int_equal(frame_next(f, &bytes, &n), verdict);
}

static void test_however_it_is_cut(void **state)
{
	static const char *const bodies[] = { "{}", "", "\r\n\r\n", "abc" };
	struct text body = TEXT_INIT, stream = TEXT_INIT;
	struct frame_reader f = { 0 };
	const char *bytes;
	size_t cut, at, n, i, got;

	(void)state;
	for (i = 0; i < N_ELEMENTS(bodies); i++) {
		text_clear(&body);
		text_puts(&body, bodies[i]);
		frame_write(&stream, &body);
	}
	for (cut = 1; cut <= stream.n; cut++) {
		for (at = got = 0; at < stream.n; at += n) {
			n = stream.n - at < cut ? stream.n - at : cut;
			assert_int_equal(frame_feed(&f, stream.bytes + at, n),
					 0);
			while (frame_next(&f, &bytes, &i) == FRAME_WHOLE) {
				assert_int_equal(i, strlen(bodies[got]));
				assert_memory_equal(bytes, bodies[got++], i);
			}
		}
		assert_int_equal(got, N_ELEMENTS(bodies));
	}
	frame_reader_fini(&f);
	text_fini(&stream);
	text_fini(&body);
}

static void test_headers(void **state)
{
	static const char *const good[] = {
		"Content-Length: 2\r\n\r\n{}",
		"content-length:2 \r\nX: y\r\n\r\n{}",
		"X\r\nCONTENT-LENGTH: \t002\r\n\r\n{}",
	};
	static const char *const bad[] = {
		"\r\n\r\n",
		"Content-Length:\r\n\r\n",
		"Content-Length: x\r\n\r\n",
		"Content-Length: -2\r\n\r\n",
		"Content-Length: 2 2\r\n\r\n",
		"Content-Lengt: 2\r\n\r\n",
		"XContent-Length: 2\r\n\r\n",
	};
	struct frame_reader f = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(good); i++) {
		feed(&f, good[i]);
		expect_body(&f, "{}");
		expect(&f, FRAME_PARTIAL);
	}
	frame_reader_fini(&f);
	for (i = 0; i < N_ELEMENTS(bad); i++) {
		feed(&f, bad[i]);
		expect(&f, FRAME_BROKEN);
		frame_reader_fini(&f);
	}
}

static void test_a_header_is_bounded(void **state)
{
	struct frame_reader f = { 0 };
	int i;

	(void)state;
	for (i = 0; i < FRAME_HEADER_MAX - 1; i++)
		feed(&f, "x");
	expect(&f, FRAME_PARTIAL);
	feed(&f, "x");
	expect(&f, FRAME_BROKEN);
	frame_reader_fini(&f);
}

static void test_large_bodies_are_passed_over(void **state)
{
	static char chunk[1024 * 1024];
	static const char *const lengths[] = {
		"16777217",
		"20000000",
	};
	struct frame_reader f = { 0 };
	char header[64];
	size_t i, left, n;

	(void)state;
	for (i = 0; i < N_ELEMENTS(lengths); i++) {
		snprintf(header, sizeof(header), "Content-Length: %s\r\n\r\nab",
			 lengths[i]);
		feed(&f, header);
		expect(&f, FRAME_TOO_LARGE);
		expect(&f, FRAME_PARTIAL);
		for (left = strtoul(lengths[i], NULL, 10) - 2; left;
		     left -= n) {
			n = left < sizeof(chunk) ? left : sizeof(chunk);
			assert_int_equal(frame_feed(&f, chunk, n), 0);
			assert_true(f.capacity < sizeof(chunk));
		}
		feed(&f, "Content-Length: 2\r\n\r\n{}");
		expect_body(&f, "{}");
	}
	/* More than any number holds: nothing behind it is ever reached. */
	feed(&f, "Content-Length: 99999999999999999999999999\r\n\r\n");
	expect(&f, FRAME_TOO_LARGE);
	frame_reader_fini(&f);
}

static int feed_round(void *arg)
{
	struct frame_reader f = { 0 };
	int r = frame_feed(&f, "Content-Length: 2\r\n\r\n", 21);

	(void)arg;
	if (!r)
		r = frame_feed(&f, "{}0123456789012345678901234567890123456789",
			       42);
	frame_reader_fini(&f);
	return r;
}

static void test_no_memory(void **state)
{
	(void)state;
	assert_true(fault_sweep(feed_round, NULL) >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_however_it_is_cut),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_a_header_is_bounded),
		cmocka_unit_test(test_large_bodies_are_passed_over),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
