/*
 * What is fed is kept in one buffer, whose beginning is dropped when a message
 * was taken out of it. It never holds more than one header, one body and what
 * one read brought: the bodies that are too large are counted, not kept.
 */
#include "lsp/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void frame_reader_fini(struct frame_reader *f)
{
	free(f->bytes);
	*f = (struct frame_reader){ 0 };
}

/* Drop what was taken out. */
static void frame_compact(struct frame_reader *f)
{
	if (!f->at)
		return;
	memmove(f->bytes, f->bytes + f->at, f->n - f->at);
	f->n -= f->at;
	f->at = 0;
	/* One large message does not stay for the whole session. */
	if (!f->n && f->capacity > FRAME_BODY_MAX / 16) {
		free(f->bytes);
		f->bytes = NULL;
		f->capacity = 0;
	}
}

int frame_feed(struct frame_reader *f, const char *bytes, size_t n)
{
	size_t skipped = n < f->skip ? n : f->skip, capacity;
	char *grown;

	f->skip -= skipped;
	bytes += skipped;
	n -= skipped;
	frame_compact(f);
	if (f->n + n > f->capacity) {
		capacity = (f->n + n) * 2;
		grown = realloc(f->bytes, capacity);
		if (!grown)
			return -ENOMEM;
		f->bytes = grown;
		f->capacity = capacity;
	}
	if (n)
		memcpy(f->bytes + f->n, bytes, n);
	f->n += n;
	return 0;
}

/* The length that a header line states, if it does. */
static bool line_length(const char *line, size_t n, size_t *ret)
{
	static const char name[] = "Content-Length:";
	size_t at = sizeof(name) - 1, length = 0, digits = 0;

	if (n < at || strncasecmp(line, name, at) != 0)
		return false;
	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	for (; at < n && line[at] >= '0' && line[at] <= '9'; at++, digits++) {
		/* Far above every bound, and no larger. */
		if (length < FRAME_BODY_MAX * 64ul)
			length = length * 10 + (size_t)(line[at] - '0');
	}
	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	if (!digits || at < n)
		return false;
	*ret = length;
	return true;
}

/* The header that begins at @bytes and is @n long, its last empty line not
 * counted. */
static bool header_length(const char *bytes, size_t n, size_t *ret)
{
	const char *end = bytes + n, *stop;
	bool found = false;

	while (bytes < end) {
		stop = memmem(bytes, (size_t)(end - bytes), "\r\n", 2);
		stop = stop ? stop : end;
		found |= line_length(bytes, (size_t)(stop - bytes), ret);
		bytes = stop + 2;
	}
	return found;
}

enum frame_verdict frame_next(struct frame_reader *f, const char **ret,
			      size_t *ret_n)
{
	const char *bytes = f->bytes + f->at, *stop;
	size_t n = f->n - f->at, header, length, here;

	stop = n ? memmem(bytes, n < FRAME_HEADER_MAX ? n : FRAME_HEADER_MAX,
			  "\r\n\r\n", 4)
		 : NULL;
	if (!stop)
		return n < FRAME_HEADER_MAX ? FRAME_PARTIAL : FRAME_BROKEN;
	header = (size_t)(stop - bytes) + 4;
	if (!header_length(bytes, header - 4, &length))
		return FRAME_BROKEN;
	here = n - header;
	if (length > FRAME_BODY_MAX) {
		f->at += header + (here < length ? here : length);
		f->skip = here < length ? length - here : 0;
		return FRAME_TOO_LARGE;
	}
	if (here < length)
		return FRAME_PARTIAL;
	*ret = bytes + header;
	*ret_n = length;
	f->at += header + length;
	return FRAME_WHOLE;
}

void frame_write(struct text *out, const struct text *body)
{
	text_printf(out, "Content-Length: %zu\r\n\r\n", body->n);
	text_append(out, text_string(body), body->n);
	out->failed = out->failed || text_is_failed(body);
}
