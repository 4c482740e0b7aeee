/*
 * Growing strings, quoting for the two places text goes to (JSON and a
 * terminal), and the distance between names.
 */
#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

void text_fini(struct text *t)
{
	free(t->bytes);
	*t = (struct text)TEXT_INIT;
}

void text_clear(struct text *t)
{
	t->n = 0;
	if (t->bytes)
		t->bytes[0] = 0;
}

/* Make room for @n more bytes and the terminator. */
static bool text_reserve(struct text *t, size_t n)
{
	size_t capacity = t->capacity ? t->capacity : 64;
	char *bytes;

	if (t->failed)
		return false;
	if (n >= SIZE_MAX / 2 - t->n) {
		t->failed = true;
		return false;
	}
	if (t->n + n + 1 <= t->capacity)
		return true;
	while (capacity < t->n + n + 1)
		capacity *= 2;
	bytes = realloc(t->bytes, capacity);
	if (!bytes) {
		t->failed = true;
		return false;
	}
	t->bytes = bytes;
	t->capacity = capacity;
	return true;
}

void text_append(struct text *t, const char *bytes, size_t n)
{
	if (!text_reserve(t, n))
		return;
	if (n)
		memcpy(t->bytes + t->n, bytes, n);
	t->n += n;
	t->bytes[t->n] = 0;
}

void text_puts(struct text *t, const char *s)
{
	text_append(t, s, strlen(s));
}

void text_vprintf(struct text *t, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	if (n < 0)
		t->failed = true;
	else if (text_reserve(t, (size_t)n)) {
		vsnprintf(t->bytes + t->n, (size_t)n + 1, format, again);
		t->n += (size_t)n;
	}
	va_end(again);
}

void text_printf(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vprintf(t, format, args);
	va_end(args);
}

/*
 * Walk bytes of unknown origin character by character; @put gets each valid
 * character, and U+FFFD for each byte that is part of none.
 */
static void text_each(struct text *t, const char *s, size_t n,
		      void (*put)(struct text *, const char *, size_t))
{
	size_t k;

	while (n) {
		k = utf8_length(s, n);
		if (k)
			put(t, s, k);
		else
			put(t, "\xef\xbf\xbd", 3);
		k = k ? k : 1;
		s += k;
		n -= k;
	}
}

static void text_put_json(struct text *t, const char *s, size_t n)
{
	static const char escapes[] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r',
		['\t'] = 't', ['"'] = '"',  ['\\'] = '\\'
	};
	unsigned char c = (unsigned char)*s;

	if (n == 1 && c < sizeof(escapes) && escapes[c])
		text_printf(t, "\\%c", escapes[c]);
	else if (n == 1 && (c < 0x20 || c == 0x7f))
		text_printf(t, "\\u%04x", c);
	else
		text_append(t, s, n);
}

void text_json_bytes(struct text *t, const char *s, size_t n)
{
	text_append(t, "\"", 1);
	text_each(t, s, n, text_put_json);
	text_append(t, "\"", 1);
}

void text_json(struct text *t, const char *s)
{
	text_json_bytes(t, s, strlen(s));
}

static void text_put_safe(struct text *t, const char *s, size_t n)
{
	unsigned char c = (unsigned char)*s;

	/* C1 controls (U+0080..U+009F) drive terminals like C0 does. */
	if (n == 1 && (c < 0x20 || c == 0x7f) && c != '\t')
		text_printf(t, "\\x%02x", c);
	else if (n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0)
		text_printf(t, "\\x%02x", (unsigned char)s[1]);
	else
		text_append(t, s, n);
}

void text_safe(struct text *t, const char *s, size_t n)
{
	text_each(t, s, n, text_put_safe);
}

const char *text_string(const struct text *t)
{
	return t->bytes ? t->bytes : "";
}

enum { DISTANCE_MAX = 255 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned text_distance(const char *a, const char *b, unsigned limit)
{
	/* Three rows of the classic matrix: two back for a swap, one back. Only
	 * the cells next to its diagonal, the others are above the limit. */
	unsigned rows[3][DISTANCE_MAX + 2];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t n_a = strlen(a), n_b = strlen(b), i, j, from, to;

	if (n_a > DISTANCE_MAX || n_b > DISTANCE_MAX)
		return limit + 1;
	if ((n_a > n_b ? n_a - n_b : n_b - n_a) > limit)
		return limit + 1;

	for (j = 0; j <= n_b; j++)
		before[j] = last[j] = (unsigned)j;
	for (i = 1; i <= n_a; i++) {
		from = i > limit ? i - limit : 1;
		to = n_b < i + limit ? n_b : i + limit;
		now[from - 1] = from == 1 ? (unsigned)i : limit + 1;
		now[to + 1] = limit + 1;
		for (j = from; j <= to; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[n_b] > limit ? limit + 1 : last[n_b];
}

const char *text_nearest(const char *s, const char *const *candidates, size_t n)
{
	unsigned limit = (unsigned)strlen(s) / 3, distance;
	const char *best = NULL;
	size_t i;

	if (limit > 3)
		limit = 3;
	if (!limit)
		limit = 1;
	for (i = 0; i < n; i++) {
		distance = text_distance(s, candidates[i], limit);
		if (!distance || distance > limit)
			continue;
		/* Of two names of one letter each is near to every other,
		 * unless it is the same letter. */
		if (distance >= strlen(s) &&
		    distance >= strlen(candidates[i]) &&
		    strcasecmp(s, candidates[i]))
			continue;
		best = candidates[i];
		limit = distance - 1;
		if (!limit)
			break;
	}
	return best;
}
