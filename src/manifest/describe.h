/*
 * What each key of a manifest is for, in a line, and which words it takes: for
 * editors. What is right and wrong is the shapes' and readers' to say.
 */
#pragma once

#include "manifest/manifest.h"
#include "manifest/shape.h"

struct description {
	const struct shape *shape; /* NULL: wherever the key stands */
	const char *key;
	const char *text; /* a sentence */
	/* What the objects are that stand under it; NULL: none, or anything. */
	const struct shape *inner;
	/* They stand one level further down: under it are names. */
	bool is_map;
	/* The words it takes, separated by blanks; NULL: it takes no words, or
	 * names as well. */
	const char *words;
	const char *seed_words; /* in that dialect, where they differ */
};

/* NULL if nothing is known of @key there. */
const struct description *describe_key(const struct shape *shape,
				       const char *key);

/* The words in a dialect; NULL if there are none. */
const char *describe_words(const struct description *d,
			   enum manifest_dialect dialect);
