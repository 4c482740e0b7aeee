/*
 * Numbers of JSON5: decimal, hexadecimal, infinite and none at all. Their form
 * is checked here character by character, so that strtod() only converts.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/json5.h"
#include "manifest/json5_lex.h"

static size_t skip_digits(struct lexer *l)
{
	size_t start = l->at;

	while (character_is_digit(lexer_peek(l)))
		lexer_next(l);
	return l->at - start;
}

/* Step over a decimal or hexadecimal number without its sign. */
static int skip_number(struct lexer *l, struct place start)
{
	size_t n_digits, first = l->at;

	if (lexer_peek(l) == '0' && (lexer_peek_byte(l, 1) | 0x20) == 'x') {
		lexer_next(l);
		lexer_next(l);
		if (character_hex(lexer_peek(l)) < 0)
			return lexer_error(l, RULE_SYNTAX, start,
					   "found no digits behind \"0x\"");
		while (character_hex(lexer_peek(l)) >= 0)
			lexer_next(l);
		return 0;
	}
	n_digits = skip_digits(l);
	if (n_digits > 1 && l->bytes[first] == '0')
		return lexer_error(l, RULE_SYNTAX, start,
				   "a number has no leading zeros; remove "
				   "them (octal numbers do not exist here)");
	if (lexer_peek(l) == '.') {
		lexer_next(l);
		n_digits += skip_digits(l);
	}
	if (!n_digits)
		return lexer_error(l, RULE_SYNTAX, start,
				   "found no digits where a number was "
				   "expected");
	if (lexer_peek(l) != LEXER_END && (lexer_peek(l) | 0x20) == 'e') {
		lexer_next(l);
		if (lexer_peek(l) == '+' || lexer_peek(l) == '-')
			lexer_next(l);
		if (!skip_digits(l))
			return lexer_error(l, RULE_SYNTAX, start,
					   "found no digits in this number's "
					   "exponent");
	}
	return 0;
}

/* The number in @n bytes of source, which was checked to be one. */
static int number_convert(struct lexer *l, const char *s, size_t n, double *ret)
{
	char small[64];
	char *copy = small;

	if (n < sizeof(small)) {
		memcpy(small, s, n);
		small[n] = 0;
	} else {
		copy = arena_copy(l->arena, s, n);
		if (!copy)
			return -ENOMEM;
	}
	/* Knows hexadecimal as well. No program of ours sets a locale, so the
	 * decimal point is a point. */
	*ret = strtod(copy, NULL);
	return 0;
}

int lexer_read_number(struct lexer *l, double *ret)
{
	struct mark start = lexer_mark(l), digits;
	bool is_negative = lexer_peek(l) == '-';
	struct word w;
	double value;
	int r;

	if (lexer_peek(l) == '-' || lexer_peek(l) == '+')
		lexer_next(l);
	if (character_is_word_start(lexer_peek(l))) {
		r = lexer_read_word(l, &w);
		if (r)
			return r;
		if (strcmp(w.bytes, "Infinity") == 0)
			value = INFINITY;
		else if (strcmp(w.bytes, "NaN") == 0)
			value = NAN;
		else
			return lexer_error(l, RULE_SYNTAX, start.place,
					   "found a sign and the word %.40s "
					   "where a number was expected",
					   w.bytes);
	} else {
		digits = lexer_mark(l);
		r = skip_number(l, start.place);
		if (r)
			return r;
		if (character_is_word_part(lexer_peek(l)) ||
		    lexer_peek(l) == '\\')
			return lexer_error(l, RULE_SYNTAX, l->place,
					   "found a letter or a digit right "
					   "behind a number; put quotes around "
					   "text");
		r = number_convert(l, l->bytes + digits.at, l->at - digits.at,
				   &value);
		if (r)
			return r;
	}
	*ret = is_negative ? -value : value;
	return 0;
}
