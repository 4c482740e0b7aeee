/*
 * Frames: how messages follow each other on a byte stream.
 *
 * A header of lines that end in CR LF, of which only Content-Length counts, an
 * empty line, and that many bytes. Pure: bytes are fed in, whole bodies come
 * out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum {
	FRAME_HEADER_MAX = 8 * 1024,
	FRAME_BODY_MAX = 16 * 1024 * 1024,
};

struct frame_reader {
	char *bytes; /* what was fed and not yet taken out */
	size_t n, capacity;
	size_t at;   /* what was taken out already */
	size_t skip; /* bytes of a body that is too large, still to come */
};

enum frame_verdict {
	FRAME_PARTIAL,	 /* feed more */
	FRAME_WHOLE,	 /* *ret is a body */
	FRAME_TOO_LARGE, /* a body above the bound; it is passed over */
	FRAME_BROKEN,	 /* no header; nothing that follows can be read */
};

void frame_reader_fini(struct frame_reader *f);

/* 0 or -ENOMEM. */
int frame_feed(struct frame_reader *f, const char *bytes, size_t n);

/* The next body; it is there until the next call of either function. */
enum frame_verdict frame_next(struct frame_reader *f, const char **ret,
			      size_t *ret_n);

/* Append @body with its header. */
void frame_write(struct text *out, const struct text *body);
