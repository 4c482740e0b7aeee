/*
 * Characters, blanks, words and strings of JSON5.
 *
 * The bytes were checked to be UTF-8 before the first character is read, so
 * decoding cannot fail here. Text is decoded into the arena in one piece: no
 * escape decodes to more bytes than it is written with.
 *
 * The guess about a missing quote is made here, because only here the source of
 * a string is still at hand: see string_find_end().
 */
#include "manifest/json5_lex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "manifest/json5.h"
#include "manifest/unicode_letters.h"

uint32_t lexer_peek(const struct lexer *l)
{
	uint32_t c;

	if (!utf8_decode(l->bytes + l->at, l->n - l->at, &c))
		return LEXER_END;
	return c;
}

void lexer_next(struct lexer *l)
{
	unsigned char c = (unsigned char)l->bytes[l->at];
	size_t n = utf8_length(l->bytes + l->at, l->n - l->at);

	l->at += n;
	/* Of CR LF, the LF ends the line. */
	if (c == '\n' ||
	    (c == '\r' && (l->at == l->n || l->bytes[l->at] != '\n'))) {
		l->place.line++;
		l->place.column = 1;
	} else if (c != '\r') {
		l->place.column++;
	}
}

uint32_t lexer_peek_byte(const struct lexer *l, size_t ahead)
{
	return l->n - l->at > ahead ? (unsigned char)l->bytes[l->at + ahead]
				    : LEXER_END;
}

int lexer_error(struct lexer *l, enum rule rule, struct place place,
		const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_vadd(l->report, SEVERITY_ERROR, l->file, place, rule_id(rule),
		    format, args);
	va_end(args);
	return JSON5_INVALID;
}

void lexer_mend(struct lexer *l, struct place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_vadd(l->report, SEVERITY_ERROR, l->file, place,
		    rule_id(RULE_SYNTAX), format, args);
	va_end(args);
	l->mended = true;
}

void lexer_mend_quote(struct lexer *l, const struct word *w, const char *behind)
{
	lexer_mend(l, l->place,
		   "the string that begins at column %u is not closed: a quote "
		   "(%c) is missing here, behind \"%.40s\"",
		   w->start.place.column, l->bytes[w->start.at], behind);
}

static bool is_line_end(uint32_t c)
{
	return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029;
}

static bool is_blank(uint32_t c)
{
	switch (c) {
	case '\t':
	case '\v':
	case '\f':
	case ' ':
	case 0xa0:
	case 0xfeff:
	case 0x1680:
	case 0x202f:
	case 0x205f:
	case 0x3000:
		return true;
	default:
		return is_line_end(c) || (c >= 0x2000 && c <= 0x200a);
	}
}

bool character_is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

bool character_is_word_start(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		       c == '$' || c == '_';
	return c != LEXER_END && unicode_is_letter(c);
}

bool character_is_word_part(uint32_t c)
{
	/* U+200C and U+200D join letters in some scripts. */
	return character_is_word_start(c) || character_is_digit(c) ||
	       c == 0x200c || c == 0x200d ||
	       (c >= 0x80 && c != LEXER_END && unicode_is_mark(c));
}

int character_hex(uint32_t c)
{
	if (character_is_digit(c))
		return (int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (int)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (int)(c - 'A') + 10;
	return -1;
}

static int skip_comment(struct lexer *l)
{
	struct place start = l->place;
	bool is_line = lexer_peek_byte(l, 1) == '/';

	lexer_next(l);
	lexer_next(l);
	for (;;) {
		if (lexer_peek(l) == LEXER_END) {
			if (is_line)
				return 0;
			return lexer_error(l, RULE_SYNTAX, start,
					   "this comment is not closed; \"*/\" "
					   "is missing");
		}
		if (is_line && is_line_end(lexer_peek(l)))
			return 0;
		if (!is_line && lexer_peek_byte(l, 0) == '*' &&
		    lexer_peek_byte(l, 1) == '/')
			break;
		lexer_next(l);
	}
	lexer_next(l);
	lexer_next(l);
	return 0;
}

int lexer_skip(struct lexer *l)
{
	uint32_t c;
	int r;

	for (;;) {
		c = lexer_peek(l);
		if (is_blank(c)) {
			lexer_next(l);
		} else if (c == '/' && (lexer_peek_byte(l, 1) == '/' ||
					lexer_peek_byte(l, 1) == '*')) {
			r = skip_comment(l);
			if (r)
				return r;
		} else {
			return 0;
		}
	}
}

bool lexer_is_word(const struct lexer *l)
{
	uint32_t c = lexer_peek(l);

	return character_is_word_start(c) ||
	       (c == '\\' && lexer_peek_byte(l, 1) == 'u');
}

bool lexer_is_string(const struct lexer *l)
{
	uint32_t c = lexer_peek(l);

	return c == '"' || c == '\'';
}

bool lexer_is_number(const struct lexer *l)
{
	uint32_t c = lexer_peek(l);

	return character_is_digit(c) || c == '+' || c == '-' || c == '.';
}

/* Exactly @n hexadecimal digits. */
static int read_hex(struct lexer *l, struct place start, int n, uint32_t *ret)
{
	uint32_t value = 0;
	int i;

	for (i = 0; i < n; i++) {
		int digit = character_hex(lexer_peek(l));

		if (digit < 0)
			return lexer_error(l, RULE_SYNTAX, start,
					   "this escape needs %d hexadecimal "
					   "digits",
					   n);
		value = value << 4 | (uint32_t)digit;
		lexer_next(l);
	}
	*ret = value;
	return 0;
}

/*
 * The rest of \uXXXX, whose backslash is at @start, and of the second escape
 * when the two form a surrogate pair.
 */
static int read_unicode_escape(struct lexer *l, struct place start,
			       uint32_t *ret)
{
	uint32_t c = 0, low = 0;
	int r;

	r = read_hex(l, start, 4, &c);
	if (r)
		return r;
	if (c >= 0xd800 && c <= 0xdbff && lexer_peek_byte(l, 0) == '\\' &&
	    lexer_peek_byte(l, 1) == 'u') {
		lexer_next(l);
		lexer_next(l);
		r = read_hex(l, start, 4, &low);
		if (r)
			return r;
		if (low >= 0xdc00 && low <= 0xdfff)
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	if (c >= 0xd800 && c <= 0xdfff)
		return lexer_error(l, RULE_SYNTAX, start,
				   "this escape is one half of a surrogate "
				   "pair; its other half is missing");
	*ret = c;
	return 0;
}

int lexer_read_word(struct lexer *l, struct word *ret)
{
	struct word w = { .start = lexer_mark(l) };
	struct lexer ahead = *l;
	char *bytes, *end;
	uint32_t c;
	int r;

	/* How long it can get: to the first character that no word has. */
	while (character_is_word_part(lexer_peek(&ahead)) ||
	       lexer_peek(&ahead) == '\\')
		lexer_next(&ahead);
	bytes = end = arena_alloc(l->arena, ahead.at - l->at + 1);
	if (!bytes)
		return -ENOMEM;

	for (;;) {
		c = lexer_peek(l);
		if (c == '\\') {
			struct place start = l->place;

			w.has_escapes = true;
			lexer_next(l);
			if (lexer_peek(l) != 'u')
				return lexer_error(l, RULE_SYNTAX, start,
						   "outside of quotes only "
						   "\\uXXXX is an escape");
			lexer_next(l);
			r = read_unicode_escape(l, start, &c);
			if (r)
				return r;
			if (!(end == bytes ? character_is_word_start(c)
					   : character_is_word_part(c)))
				return lexer_error(l, RULE_SYNTAX, start,
						   "this escape stands for a "
						   "character that needs "
						   "quotes around the key");
		} else if (character_is_word_part(c)) {
			lexer_next(l);
		} else {
			break;
		}
		end += utf8_encode(c, end);
	}
	w.bytes = bytes;
	w.n = (uint32_t)(end - bytes);
	w.end = lexer_mark(l);
	*ret = w;
	return 0;
}

/*
 * Find the quote that closes the string that begins at l->at. True and its
 * offset; false and the offset of the line's end (or the file's).
 */
static bool string_find_quote(const struct lexer *l, size_t *ret)
{
	char quote = l->bytes[l->at];
	size_t i = l->at + 1;

	while (i < l->n) {
		char c = l->bytes[i];

		if (c == quote) {
			*ret = i;
			return true;
		}
		if (c == '\n' || c == '\r')
			break;
		if (c == '\\' && l->n - i > 1) {
			i++;
			/* CR LF is one line end, and one escape. */
			if (l->bytes[i] == '\r' && l->n - i > 1 &&
			    l->bytes[i + 1] == '\n')
				i++;
		}
		i++;
	}
	*ret = i;
	return false;
}

static bool is_name_byte(unsigned char c)
{
	return c == '-' || (c < 0x80 && character_is_word_part(c));
}

/*
 * The offset behind a key's name when what follows the quote at l->at is a
 * plain name and a colon (`"expose: [`); 0 otherwise.
 */
static size_t string_find_name(const struct lexer *l)
{
	size_t i = l->at + 1, end;

	while (i < l->n && is_name_byte((unsigned char)l->bytes[i]))
		i++;
	end = i;
	while (i < l->n && l->bytes[i] == ' ')
		i++;
	return end > l->at + 1 && i < l->n && l->bytes[i] == ':' ? end : 0;
}

/*
 * Where the missing quote of a string belongs that runs to its line's end at
 * @line_end: in a key behind its name, elsewhere in front of the punctuation
 * that ends the line. *ret_sure: what stands around it leaves no doubt, so that
 * reading can go on from there.
 */
static size_t string_guess_end(const struct lexer *l, size_t line_end,
			       bool is_key, bool *ret_sure)
{
	size_t end = line_end, next = line_end;
	bool has_punctuation = false;

	*ret_sure = true;
	if (is_key && string_find_name(l))
		return string_find_name(l);
	while (end > l->at + 1 && strchr(" \t,]}:[{", l->bytes[end - 1])) {
		has_punctuation |= !strchr(" \t", l->bytes[end - 1]);
		end--;
	}
	while (next < l->n && strchr(" \t\r\n", l->bytes[next]))
		next++;
	*ret_sure = !is_key && (has_punctuation ||
				(next < l->n && strchr("]}", l->bytes[next])));
	return end;
}

/* One escape, whose backslash is at the lexer's position. */
static int read_escape(struct lexer *l, char **end)
{
	static const char plain[] = "b\bf\fn\nr\rt\tv\v";
	struct place start = l->place;
	const char *p;
	uint32_t c;
	int r = 0;

	lexer_next(l);
	c = lexer_peek(l);
	if (c == LEXER_END)
		return lexer_error(l, RULE_SYNTAX, start,
				   "found the end of the file behind a "
				   "backslash");
	if (c == '\r' && lexer_peek_byte(l, 1) == '\n')
		lexer_next(l);
	lexer_next(l);
	if (is_line_end(c))
		return 0;
	if (c == 'x') {
		r = read_hex(l, start, 2, &c);
	} else if (c == 'u') {
		r = read_unicode_escape(l, start, &c);
	} else if (c == '0' && !character_is_digit(lexer_peek(l))) {
		c = 0;
	} else if (character_is_digit(c)) {
		r = lexer_error(l, RULE_SYNTAX, start,
				"a backslash and a digit is no escape; write "
				"\\xNN");
	} else if (c < 0x80) {
		for (p = plain; *p; p += 2)
			if ((uint32_t)*p == c) {
				c = (unsigned char)p[1];
				break;
			}
	}
	if (!r)
		*end += utf8_encode(c, *end);
	return r;
}

int lexer_read_string(struct lexer *l, bool is_key, struct word *ret)
{
	struct word w = { .start = lexer_mark(l) };
	char *bytes, *end;
	size_t stop, name = string_find_name(l);
	bool is_closed, is_sure = true;
	int r;

	is_closed = string_find_quote(l, &stop);
	if (!is_closed)
		stop = string_guess_end(l, stop, is_key, &is_sure);
	bytes = end = arena_alloc(l->arena, stop - l->at + 1);
	if (!bytes)
		return -ENOMEM;

	lexer_next(l);
	while (l->at < stop) {
		if (name && l->at == name)
			w.quote = lexer_mark(l);
		if (l->bytes[l->at] == '\\') {
			r = read_escape(l, &end);
			if (r)
				return r;
			continue;
		}
		end += utf8_encode(lexer_peek(l), end);
		lexer_next(l);
	}
	if (is_closed)
		lexer_next(l);
	else
		lexer_mend_quote(l, &w, bytes);
	if (!is_sure)
		return JSON5_INVALID;
	w.bytes = bytes;
	w.n = (uint32_t)(end - bytes);
	w.end = lexer_mark(l);
	*ret = w;
	return 0;
}

/* At most @max bytes of @s, cut between characters. */
static int cut(const char *s, size_t n, size_t max)
{
	size_t k = 0, step;

	while (k < n) {
		step = utf8_length(s + k, n - k);
		if (!step || k + step > max)
			break;
		k += step;
	}
	return (int)k;
}

const char *lexer_found(const struct lexer *l, char buffer[static FOUND_MAX])
{
	const char *s = l->bytes + l->at;
	struct lexer ahead = *l;
	uint32_t c = lexer_peek(l);
	size_t end;

	if (c == LEXER_END) {
		snprintf(buffer, FOUND_MAX, "the end of the file");
	} else if (lexer_is_string(l)) {
		string_find_quote(l, &end);
		snprintf(buffer, FOUND_MAX, "\"%.*s\"",
			 cut(s + 1, end - l->at - 1, 40), s + 1);
	} else if (character_is_word_start(c)) {
		while (character_is_word_part(lexer_peek(&ahead)))
			lexer_next(&ahead);
		snprintf(buffer, FOUND_MAX, "the word %.*s",
			 cut(s, ahead.at - l->at, 40), s);
	} else if (lexer_is_number(l)) {
		snprintf(buffer, FOUND_MAX, "a number");
	} else if (c < 0x20 || c == 0x7f) {
		snprintf(buffer, FOUND_MAX, "the control character U+%04X", c);
	} else {
		snprintf(buffer, FOUND_MAX, "\"%.*s\"",
			 (int)utf8_length(s, l->n - l->at), s);
	}
	return buffer;
}
