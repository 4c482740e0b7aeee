/* What a table of keys is made of; for those who write tables, and shape.c. */
#pragma once

#include "base/own.h"
#include "manifest/shape.h"

enum {
	/* Which types a value may have. */
	BOOL = 1 << JSON5_BOOL,
	NUMBER = 1 << JSON5_NUMBER,
	STRING = 1 << JSON5_STRING,
	ARRAY = 1 << JSON5_ARRAY,
	OBJECT = 1 << JSON5_OBJECT,
	STRINGS = STRING | ARRAY,
	ANY = (1 << N_JSON5_TYPES) - 1,

	SEED = 1 << 0,
	MODERN = 1 << 1,
	BOTH = SEED | MODERN,

	REQUIRED = 1 << 0,
	/* Part of the language, not of this program. */
	UNSUPPORTED = 1 << 1,
	/* Says what kind of capability the object declares. */
	KEYWORD = 1 << 2,
	/* A truth value that can only be false here; shape_restriction() says
	 * why. */
	RESTRICTED = 1 << 3,

	/* Which capabilities the key goes with. */
	SERVICE = 1 << CAPABILITY_SERVICE,
	DIRECTORY = 1 << CAPABILITY_DIRECTORY,
	STORAGE = 1 << CAPABILITY_STORAGE,
	RUNNER = 1 << CAPABILITY_RUNNER,
	RESOLVER = 1 << CAPABILITY_RESOLVER,
	DICTIONARY = 1 << CAPABILITY_DICTIONARY,
	CONFIG = 1 << CAPABILITY_CONFIG,
	EVENT_STREAM = 1 << CAPABILITY_EVENT_STREAM,
	ALL = (1 << N_CAPABILITY_TYPES) - 1,
};

struct row {
	const char *name;
	enum key key;
	unsigned types, dialects, flags;
	/* keyword: its own type; others: what they go with */
	unsigned with;
};

struct shape {
	const char *phrase; /* "an offer" */
	const struct row *rows;
	size_t n;
};

#define SHAPE(name, text)                                                      \
	const struct shape shape_##name = { text, rows_##name,                 \
					    N_ELEMENTS(rows_##name) }

/* Why the key @name, which is RESTRICTED, cannot be true, and what to do. */
const char *shape_restriction(const char *name);
