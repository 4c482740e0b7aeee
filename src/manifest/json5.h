/*
 * JSON5 (https://spec.json5.org/): bytes to a tree of values with places.
 *
 * Everything is read: comments, unquoted keys, single quotes, line
 * continuations, hexadecimal numbers, infinities, trailing commas. On top of
 * the standard the reader is strict where silence would hide a mistake: bytes
 * must be UTF-8 (a byte order mark may lead), a key may stand only once in an
 * object, and a lone surrogate escape is refused, because no UTF-8 says it.
 *
 * Places: lines end at LF, CR or CR LF, as in every editor. (U+2028 and U+2029
 * end a comment, as the standard wants, but do not count as lines.) Columns
 * count characters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/report.h"

enum {
	JSON5_SIZE_MAX = 1024 * 1024,
	JSON5_DEPTH_MAX = 64, /* arrays and objects inside each other */
};

enum json5_type {
	JSON5_NULL,
	JSON5_BOOL,
	JSON5_NUMBER,
	JSON5_STRING,
	JSON5_ARRAY,
	JSON5_OBJECT,
	N_JSON5_TYPES,
};

struct json5_value {
	enum json5_type type;
	struct place place;  /* of its first character */
	struct place end;    /* right behind its last character */
	uint32_t at, at_end; /* the same as byte offsets */

	/* A member of an object has a key; zero-terminated, may hold zeros. */
	const char *key;
	uint32_t n_key;
	struct place key_place;
	uint32_t key_at, key_end; /* byte offsets, quotes included */

	struct json5_value *next; /* in the same array or object */
	union {
		bool truth;
		struct {
			double number;
			/* As it is written, because a double holds whole
			 * numbers up to 2^53 only. In the arena. */
			const char *digits;
		};
		struct {
			/* Zero-terminated, but may hold zeros of its own. */
			const char *bytes;
			uint32_t n;
		} string;
		struct {
			struct json5_value *first;
			uint32_t n;
		} list; /* arrays, objects: in the order of the file */
	};
};

enum {
	JSON5_INVALID = 1, /* not readable; no tree */
	JSON5_MENDED = 2,  /* wrong, but the tree is what was surely meant */
};

/*
 * Read @n bytes into a tree in @arena. @file is for messages. On 0 nothing was
 * wrong. On both verdicts @report has at least one error; on JSON5_MENDED (a
 * missing comma, an unclosed string, a key that stands twice ...) *ret is set
 * as well, so that a caller can look for further mistakes. -ENOMEM is the only
 * fault.
 */
int json5_read(const char *file, const char *bytes, size_t n,
	       struct arena *arena, struct json5_value **ret,
	       struct report *report);

/* The same of what is no manifest and may be larger: messages. Columns above
 * 2^21 are not told apart. */
int json5_read_up_to(size_t n_max, const char *file, const char *bytes,
		     size_t n, struct arena *arena, struct json5_value **ret,
		     struct report *report);

/* "a string", "an array": for messages. */
const char *json5_type_phrase(enum json5_type type);

/*
 * Accessors for readers that know what they expect. Each accepts NULL and
 * values of another type, and then answers NULL (or the default).
 */
const struct json5_value *json5_get(const struct json5_value *object,
				    const char *key);
const char *json5_string(const struct json5_value *v); /* NULL if it has a \0 */
bool json5_bool(const struct json5_value *v, bool otherwise);
double json5_number(const struct json5_value *v, double otherwise);

/* Walk an array's elements or an object's members; nothing for other types. */
static inline struct json5_value *json5_first(const struct json5_value *v)
{
	return v && v->type >= JSON5_ARRAY ? v->list.first : NULL;
}

#define json5_for_each(it, v)                                                  \
	for (const struct json5_value *it = json5_first(v); it; it = it->next)
