/*
 * Every reader of src/wire with its writer: what was read is written again. The
 * unit tests and the fuzz target share it.
 */
#pragma once

#include <stddef.h>

#include "wire/message.h"

enum {
	/* Read, but with parts that are not described and so cannot be written
	 * again. */
	ECHO_UNKNOWN = 1000,
	/* Read, and then the writer refused it: a defect. */
	ECHO_REFUSED = -1000,
};

struct echo {
	const char *name;
	/* Reads @in and writes it to @out, whose handles are the numbers of
	 * @in. What the reader returned, or one of the above. */
	int (*run)(const struct message *in, struct message *out);
};

extern const struct echo echoes[];
extern const size_t n_echoes;
