#include "golden.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

void golden_handles(struct message *m, uint32_t n)
{
	m->n_handles = n;
	for (uint32_t i = 0; i < n; i++)
		m->handles[i] = 100 + (int)i;
}

void golden_parse(const char *hex, uint32_t n_handles, struct message *ret)
{
	ret->n_bytes = 0;
	for (; *hex; hex++) {
		if (isspace(*hex))
			continue;
		assert_true(isxdigit(hex[0]) && isxdigit(hex[1]));
		assert_true(ret->n_bytes < ret->capacity);
		ret->bytes[ret->n_bytes++] =
			(uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex++;
	}
	golden_handles(ret, n_handles);
}

static const struct echo *echo_find(const char *name)
{
	for (size_t i = 0; i < n_echoes; i++) {
		if (strcmp(echoes[i].name, name) == 0)
			return &echoes[i];
	}
	fail_msg("no echo %s", name);
	return NULL;
}

void golden_assert(const struct message *m, const char *hex)
{
	GOLDEN_MESSAGE(expected);

	golden_parse(hex, 0, &expected);
	assert_int_equal(m->n_bytes, expected.n_bytes);
	assert_memory_equal(m->bytes, expected.bytes, m->n_bytes);
}

/* 0 when refused. Otherwise the echo must be exact. */
static bool echo_is_exact(const struct echo *echo, const struct message *m)
{
	GOLDEN_MESSAGE(out);
	int r = echo->run(m, &out);

	if (r == ECHO_UNKNOWN)
		return true;
	if (r) {
		assert_int_not_equal(r, ECHO_REFUSED);
		return false;
	}
	assert_int_equal(out.n_bytes, m->n_bytes);
	assert_memory_equal(out.bytes, m->bytes, m->n_bytes);
	return true;
}

static void check_lengths(const struct echo *echo, struct message *m)
{
	GOLDEN_MESSAGE(out);
	uint32_t n = m->n_bytes;

	/* Exact allocations, so that a sanitizer sees any read beyond. */
	for (m->n_bytes = 0; m->n_bytes < n; m->n_bytes++) {
		uint8_t *whole = m->bytes;
		uint8_t *cut = test_malloc(m->n_bytes ? m->n_bytes : 1);

		memcpy(cut, whole, m->n_bytes);
		m->bytes = cut;
		assert_int_equal(echo->run(m, &out), -EBADMSG);
		m->bytes = whole;
		test_free(cut);
	}
	for (uint32_t more = 1; more <= 16; more++) {
		memset(m->bytes + n, 0, more);
		m->n_bytes = n + more;
		assert_int_equal(echo->run(m, &out), -EBADMSG);
	}
	m->n_bytes = n;
}

static void check_handles(const struct echo *echo, struct message *m)
{
	GOLDEN_MESSAGE(out);
	uint32_t n = m->n_handles;

	for (uint32_t i = 0; i <= MESSAGE_HANDLES_MAX; i++) {
		golden_handles(m, i);
		if (i != n)
			assert_int_equal(echo->run(m, &out), -EBADMSG);
	}
	golden_handles(m, n);
}

void golden_check(const char *name, const char *hex, uint32_t n_handles)
{
	const struct echo *echo = echo_find(name);
	GOLDEN_MESSAGE(m);

	golden_parse(hex, n_handles, &m);
	assert_true(echo_is_exact(echo, &m));
	check_lengths(echo, &m);
	check_handles(echo, &m);
	for (uint32_t bit = 0; bit < m.n_bytes * 8; bit++) {
		m.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		echo_is_exact(echo, &m);
		m.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

int golden_run(const char *name, const char *hex, uint32_t n_handles)
{
	GOLDEN_MESSAGE(m);
	GOLDEN_MESSAGE(out);

	golden_parse(hex, n_handles, &m);
	return echo_find(name)->run(&m, &out);
}

void golden_refuse(const char *name, const char *hex, uint32_t n_handles)
{
	assert_int_equal(golden_run(name, hex, n_handles), -EBADMSG);
}
