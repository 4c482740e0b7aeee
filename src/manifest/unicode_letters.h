/*
 * Which characters beyond ASCII may stand in an unquoted key.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* @c, above U+007F, is a letter or a letter-like number. */
bool unicode_is_letter(uint32_t c);

/* @c, above U+007F, is a combining mark, a digit or a connector: it may follow
 * a letter. */
bool unicode_is_mark(uint32_t c);
