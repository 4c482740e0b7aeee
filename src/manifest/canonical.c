/* Whole numbers are read from their digits, the others go by their double; of
 * that the fewest digits that lead back to it are written. */
#include "manifest/canonical.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

/* Up to here every whole number is a double. */
#define EXACT_MAX 9007199254740992.0

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* All of @s, which are digits of @base. False if it is more than 64 bits, or
 * anything else. */
static bool digits_read(const char *s, unsigned base, uint64_t *ret)
{
	uint64_t n = 0;
	int digit;

	for (; *s; s++) {
		digit = digit_value(*s);
		if (digit < 0 || (unsigned)digit >= base ||
		    n > (UINT64_MAX - (unsigned)digit) / base)
			return false;
		n = n * base + (unsigned)digit;
	}
	*ret = n;
	return true;
}

bool canonical_whole(const struct json5_value *v, struct whole *ret)
{
	const char *s = v->digits;
	bool is_negative = *s == '-';
	double size = v->number < 0 ? -v->number : v->number;
	uint64_t n;

	s += *s == '-' || *s == '+';
	if (s[0] == '0' && (s[1] | 0x20) == 'x') {
		if (!digits_read(s + 2, 16, &n))
			return false;
	} else if (!digits_read(s, 10, &n)) {
		/* Written with a point or an exponent, or not finite. */
		if (!(size <= EXACT_MAX) || !strpbrk(s, ".eE"))
			return false;
		n = (uint64_t)size;
		if ((double)n != size)
			return false;
	}
	*ret = (struct whole){ is_negative && n, n };
	return true;
}

void canonical_render_number(const struct json5_value *v, struct text *t)
{
	struct whole whole;
	char digits[40];
	int precision;

	if (canonical_whole(v, &whole)) {
		text_printf(t, "%s%" PRIu64, whole.is_negative ? "-" : "",
			    whole.n);
		return;
	}
	if (!isfinite(v->number)) {
		text_puts(t, isnan(v->number)  ? "NaN"
			     : v->number < 0.0 ? "-Infinity"
					       : "Infinity");
		return;
	}
	for (precision = 1; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, v->number);
		if (strtod(digits, NULL) == v->number)
			break;
	}
	text_puts(t, digits);
}

static int member_compare(const void *a, const void *b)
{
	const struct json5_value *const *left = a, *const *right = b;
	uint32_t n_left = (*left)->n_key, n_right = (*right)->n_key;
	int c = memcmp((*left)->key, (*right)->key,
		       n_left < n_right ? n_left : n_right);

	return c ? c : (n_left > n_right) - (n_left < n_right);
}

static void object_render(const struct json5_value *v, struct text *t)
{
	_cleanup_free_ const struct json5_value **members = NULL;
	size_t n = 0, i;

	members = calloc(v->list.n + 1, sizeof(*members));
	if (!members) {
		t->failed = true;
		return;
	}
	json5_for_each(m, v) members[n++] = m;
	qsort(members, n, sizeof(*members), member_compare);
	text_puts(t, "{");
	for (i = 0; i < n; i++) {
		text_puts(t, i ? "," : "");
		text_json_bytes(t, members[i]->key, members[i]->n_key);
		text_puts(t, ":");
		canonical_render(members[i], t);
	}
	text_puts(t, "}");
}

static void array_render(const struct json5_value *v, struct text *t)
{
	text_puts(t, "[");
	json5_for_each(element, v)
	{
		text_puts(t, element == v->list.first ? "" : ",");
		canonical_render(element, t);
	}
	text_puts(t, "]");
}

void canonical_render(const struct json5_value *v, struct text *t)
{
	switch (v->type) {
	case JSON5_NULL:
		text_puts(t, "null");
		break;
	case JSON5_BOOL:
		text_puts(t, v->truth ? "true" : "false");
		break;
	case JSON5_NUMBER:
		canonical_render_number(v, t);
		break;
	case JSON5_STRING:
		text_json_bytes(t, v->string.bytes, v->string.n);
		break;
	case JSON5_ARRAY:
		array_render(v, t);
		break;
	case JSON5_OBJECT:
		object_render(v, t);
		break;
	case N_JSON5_TYPES:
		break;
	}
}
