/*
 * Outlines: the objects, arrays, keys and values of a JSON5 text, however
 * broken it is.
 *
 * The reader of manifests says what is wrong; this one never fails, so that a
 * half-typed file still has a structure to ask about. Offsets are bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum node_kind {
	NODE_MISSING, /* a key without a value */
	NODE_WORD,    /* true, 12, ... */
	NODE_STRING,
	NODE_ARRAY,
	NODE_OBJECT,
};

struct node {
	enum node_kind kind;
	/* The value: its first byte and the one behind its last. A missing one
	 * is where it could stand. */
	uint32_t start, end;
	bool is_closed;	  /* its last quote or bracket is there */
	const char *text; /* words, strings: what they say; else "" */

	/* A member of an object. */
	const char *key; /* NULL: an element */
	uint32_t key_start, key_end;
	bool has_colon;

	struct node *parent, *first, *last, *next;
};

enum { OUTLINE_NODES_MAX = 200000 };

struct outline {
	struct arena arena;
	struct node *root; /* NULL: there is nothing */
	size_t n_nodes;
	bool failed; /* memory ran out */
};

/* What comes behind the bound is not seen. 0 or -ENOMEM. */
int outline_read(struct outline *o, const char *bytes, size_t n);
void outline_fini(struct outline *o);

/* The innermost node that @at lies in or touches; NULL if there is none. */
const struct node *outline_find(const struct outline *o, size_t at);

/* A member of @object; NULL if there is none. Accepts NULL. */
const struct node *node_get(const struct node *object, const char *key);
/* The text of a string or word member; NULL if it is none. */
const char *node_text(const struct node *object, const char *key);

/* The key under which @node, or an array it is in, stands; NULL if none. */
const char *node_key(const struct node *node);

/* The object that @node stands in, arrays passed over; NULL for the root. */
const struct node *node_object(const struct node *node);

#define node_for_each(it, n)                                                   \
	for (const struct node *it = (n) ? (n)->first : NULL; it; it = it->next)
