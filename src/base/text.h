/*
 * Text that is being written: a growing string.
 *
 * A failed allocation is remembered in the text instead of being returned by
 * every call; text_is_failed() is asked once, at the end.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *bytes; /* zero-terminated; NULL while empty */
	size_t n, capacity;
	bool failed;
};

#define TEXT_INIT                                                              \
	{                                                                      \
		NULL, 0, 0, false                                              \
	}

void text_fini(struct text *t);

/* Forget what was written, keep the memory. */
void text_clear(struct text *t);

void text_append(struct text *t, const char *bytes, size_t n);
void text_puts(struct text *t, const char *s);
void text_printf(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void text_vprintf(struct text *t, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/*
 * Append @s as a JSON string with its quotes. Bytes that are not UTF-8 become
 * U+FFFD, so the result is always valid JSON.
 */
void text_json(struct text *t, const char *s);
void text_json_bytes(struct text *t, const char *s, size_t n);

/*
 * Append @n bytes from somebody we do not trust so that they can be shown on a
 * terminal: control characters become \xNN, bytes that are not UTF-8 U+FFFD.
 */
void text_safe(struct text *t, const char *s, size_t n);

/* The string so far; "" while nothing was written. */
const char *text_string(const struct text *t);

static inline bool text_is_failed(const struct text *t)
{
	return t->failed;
}

#define _cleanup_text_ __attribute__((cleanup(text_fini)))

/*
 * How many single-byte edits (insert, delete, replace, swap of neighbours) lie
 * between two names; anything above @limit is reported as @limit + 1. Optimal
 * string alignment distance, for "did you mean". Names longer than 255 bytes
 * are never near.
 */
unsigned text_distance(const char *a, const char *b, unsigned limit);

/*
 * Of the @n strings at @candidates, the one nearest to @s that is near enough
 * to be a typing slip (at most a third of its length, at least one edit, at
 * most 3); NULL if none.
 */
const char *text_nearest(const char *s, const char *const *candidates,
			 size_t n);
