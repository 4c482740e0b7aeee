/*
 * The lower half of the JSON5 reader: characters, blanks, words, strings and
 * numbers. Only json5.c uses it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/report.h"
#include "manifest/rules.h"

struct lexer {
	const char *file;
	const char *bytes; /* well-formed UTF-8 */
	size_t n, at;
	struct place place; /* of the character at @at */
	struct arena *arena;
	struct report *report;
	bool mended; /* an error was reported and worked around */
};

/* A position that can be returned to. */
struct mark {
	size_t at;
	struct place place;
};

static inline struct mark lexer_mark(const struct lexer *l)
{
	return (struct mark){ l->at, l->place };
}

static inline void lexer_return(struct lexer *l, struct mark m)
{
	l->at = m.at;
	l->place = m.place;
}

/* Decoded text: zero-terminated, may hold zeros. */
struct word {
	const char *bytes;
	uint32_t n;
	struct mark start, end;
	/* A string's first characters look like a key whose quote was
	 * forgotten: NAME and a colon. Where the quote belongs; 0 if it is not
	 * so. */
	struct mark quote;
	bool has_escapes;
};

#define LEXER_END UINT32_MAX

/* What a character is; LEXER_END is none of these. */
bool character_is_digit(uint32_t c);
bool character_is_word_start(uint32_t c);
bool character_is_word_part(uint32_t c);
int character_hex(uint32_t c); /* its value, -1 if it is no such digit */

/* The character at the lexer's position, LEXER_END behind the last one. */
uint32_t lexer_peek(const struct lexer *l);
/* The byte @ahead of it, likewise. */
uint32_t lexer_peek_byte(const struct lexer *l, size_t ahead);
/* Step over the character. */
void lexer_next(struct lexer *l);

/* Report an error; returns JSON5_INVALID, to be passed on. */
int lexer_error(struct lexer *l, enum rule rule, struct place place,
		const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Report an error that the caller works around. */
void lexer_mend(struct lexer *l, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Report that the string @w lacks its quote here, behind the text @behind. */
void lexer_mend_quote(struct lexer *l, const struct word *w,
		      const char *behind);

/* Skip blanks and comments. 0 or JSON5_INVALID (reported). */
int lexer_skip(struct lexer *l);

bool lexer_is_word(const struct lexer *l);   /* at a word's first character */
bool lexer_is_string(const struct lexer *l); /* at a quote */
bool lexer_is_number(const struct lexer *l);

/*
 * Read what begins here. 0, JSON5_INVALID (reported) or -ENOMEM. A string whose
 * quote is missing is reported and mended; @is_key says which guess fits.
 */
int lexer_read_word(struct lexer *l, struct word *ret);
int lexer_read_string(struct lexer *l, bool is_key, struct word *ret);
int lexer_read_number(struct lexer *l, double *ret);

enum { FOUND_MAX = 96 };

/* What begins here, for messages: "the word foo". Returns @buffer. */
const char *lexer_found(const struct lexer *l, char buffer[static FOUND_MAX]);
