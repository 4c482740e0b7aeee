/*
 * UTF-8, as RFC 3629 defines it: no overlong forms, no surrogates, nothing
 * above U+10FFFF.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed character at @s, at most @n; 0 if there is none. */
size_t utf8_length(const char *s, size_t n);

/* The same, and the character itself in *ret. */
size_t utf8_decode(const char *s, size_t n, uint32_t *ret);

/* Write @c, a scalar value, to @buffer; returns its bytes, 1 to 4. */
size_t utf8_encode(uint32_t c, char buffer[static 4]);

/* True if all @n bytes are well-formed. */
bool utf8_is_valid(const char *s, size_t n);
