/*
 * Values in their one canonical form: JSON without blanks, the keys of every
 * object in the order of their bytes, each number as short as it can be said
 * exactly. Equal texts are equal values.
 *
 * What JSON cannot say stays as JSON5 says it: Infinity and NaN.
 */
#pragma once

#include "base/text.h"
#include "manifest/json5.h"

/* Append @v. A failed allocation is remembered in @t. */
void canonical_render(const struct json5_value *v, struct text *t);

/* Append @v, whose members are not rendered, in the same form. */
void canonical_render_number(const struct json5_value *v, struct text *t);

/* A whole number, as far as 64 bits hold it. */
struct whole {
	bool is_negative; /* not of 0 */
	uint64_t n;
};

/* False if the number @v is none. "1e3" and "0x10" are some. */
bool canonical_whole(const struct json5_value *v, struct whole *ret);
