/*
 * Lines end at LF, CR or CR LF, for the protocol as for reports. A byte order
 * mark is a character of the protocol's first line, and none of a report's.
 */
#include "lsp/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "lsp/uri.h"

/* Where the line behind the end of one at @at begins; 0 if none ends there. */
static size_t line_break(const char *bytes, size_t n, size_t at)
{
	if (bytes[at] == '\n')
		return at + 1;
	if (bytes[at] != '\r')
		return 0;
	return at + 1 < n && bytes[at + 1] == '\n' ? at + 2 : at + 1;
}

static size_t lines_count(const char *bytes, size_t n)
{
	size_t lines = 1, at, next;

	for (at = 0; at < n; at = next ? next : at + 1) {
		next = line_break(bytes, n, at);
		lines += next > 0;
	}
	return lines;
}

static int lines_find(struct document *d)
{
	const char *bytes = text_string(&d->text);
	size_t n = d->text.n, i = 0, at, next;
	uint32_t *lines;

	lines = calloc(lines_count(bytes, n), sizeof(*lines));
	if (!lines)
		return -ENOMEM;
	lines[i++] = 0;
	for (at = 0; at < n; at = next ? next : at + 1) {
		next = line_break(bytes, n, at);
		if (next)
			lines[i++] = (uint32_t)next;
	}
	free(d->lines);
	d->lines = lines;
	d->n_lines = i;
	for (at = 0; at < n && (unsigned char)bytes[at] < 0x80;)
		at++;
	d->is_ascii = at == n;
	return 0;
}

int document_new(const char *uri, int64_t version, const char *bytes, size_t n,
		 struct document **ret)
{
	struct document *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	list_init(&d->link);
	report_init(&d->report);
	d->version = version;
	d->uri = strdup(uri);
	if (!d->uri || uri_path(uri, &d->path) < 0 ||
	    document_set(d, bytes, n) < 0 || document_refresh(d) < 0) {
		document_free(d);
		return -ENOMEM;
	}
	*ret = d;
	return 0;
}

void document_free(struct document *d)
{
	if (!d)
		return;
	list_unlink(&d->link);
	report_fini(&d->report);
	outline_fini(&d->outline);
	text_fini(&d->text);
	text_fini(&d->good);
	free(d->lines);
	free(d->uri);
	free(d->path);
	free(d);
}

/* Take @t as the new text, with its lines. */
static int document_take(struct document *d, struct text *t)
{
	struct text before = d->text;
	int r = text_is_failed(t) ? -ENOMEM : 0;

	if (!r) {
		d->text = *t;
		r = lines_find(d);
	}
	if (r) {
		d->text = before;
		text_fini(t);
		return r;
	}
	text_fini(&before);
	return 0;
}

int document_set(struct document *d, const char *bytes, size_t n)
{
	struct text t = TEXT_INIT;

	text_append(&t, bytes, n);
	return document_take(d, &t);
}

int document_edit(struct document *d, size_t from, size_t to, const char *bytes,
		  size_t n)
{
	const char *old = text_string(&d->text);
	struct text t = TEXT_INIT;

	if (to < from)
		to = from;
	text_append(&t, old, from);
	text_append(&t, bytes, n);
	text_append(&t, old + to, d->text.n - to);
	return document_take(d, &t);
}

int document_refresh(struct document *d)
{
	outline_fini(&d->outline);
	if (d->text.n > JSON5_SIZE_MAX)
		return 0;
	return outline_read(&d->outline, text_string(&d->text), d->text.n);
}

/* The end of a line, what ends it not counted. */
static size_t line_end(const struct document *d, size_t line)
{
	size_t end = line + 1 < d->n_lines ? d->lines[line + 1] : d->text.n;
	const char *bytes = text_string(&d->text);

	while (end > d->lines[line] && line + 1 < d->n_lines &&
	       (bytes[end - 1] == '\n' || bytes[end - 1] == '\r'))
		end--;
	return end;
}

/* The bytes of the character at @at; what is no UTF-8 counts byte by byte. */
static size_t character_length(const struct document *d, size_t at)
{
	size_t n = utf8_length(text_string(&d->text) + at, d->text.n - at);

	return n ? n : 1;
}

/* How many code units a character of @n bytes is. */
static uint32_t character_units(size_t n, enum encoding encoding)
{
	switch (encoding) {
	case ENCODING_UTF8:
		return (uint32_t)n;
	case ENCODING_UTF16:
		return n == 4 ? 2 : 1;
	case ENCODING_UTF32:
		break;
	}
	return 1;
}

size_t document_offset(const struct document *d, struct position p,
		       enum encoding encoding)
{
	uint32_t units = 0;
	size_t at, end, n;

	if (p.line >= d->n_lines)
		return d->text.n;
	end = line_end(d, p.line);
	at = d->lines[p.line];
	if (d->is_ascii)
		return p.character < end - at ? at + p.character : end;
	for (; at < end; at += n) {
		n = character_length(d, at);
		units += character_units(n, encoding);
		/* The middle of a character is its beginning. */
		if (units > p.character)
			break;
	}
	return at;
}

/* The line that @offset is on. */
static size_t line_of(const struct document *d, size_t offset)
{
	size_t low = 0, high = d->n_lines, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (d->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct position document_position(const struct document *d, size_t offset,
				  enum encoding encoding)
{
	struct position p = { 0 };
	size_t line, at, n;

	if (offset > d->text.n)
		offset = d->text.n;
	line = line_of(d, offset);
	p.line = (uint32_t)line;
	if (d->is_ascii) {
		p.character = (uint32_t)(offset - d->lines[line]);
		return p;
	}
	for (at = d->lines[line]; at < offset; at += n) {
		n = character_length(d, at);
		p.character += character_units(n, encoding);
	}
	return p;
}

/* Where the characters of a report's line begin. */
static size_t line_start(const struct document *d, size_t line)
{
	bool has_mark = !line && d->text.n >= 3 &&
			!memcmp(text_string(&d->text), "\xef\xbb\xbf", 3);

	return d->lines[line] + (has_mark ? 3 : 0);
}

size_t document_place_offset(const struct document *d, struct place place)
{
	size_t line, at, end;
	uint32_t column;

	if (!place.line)
		return 0;
	line = place.line - 1;
	if (line >= d->n_lines)
		return d->text.n;
	at = line_start(d, line);
	end = line_end(d, line);
	if (d->is_ascii && place.column)
		return at + place.column - 1u < end ? at + place.column - 1u
						    : end;
	for (column = 1; column < place.column && at < end; column++)
		at += character_length(d, at);
	return at;
}

struct place document_place(const struct document *d, size_t offset)
{
	size_t line = line_of(d, offset), at;
	uint32_t column = 1;

	at = line_start(d, line);
	if (d->is_ascii)
		return place_at((uint32_t)line + 1,
				(uint32_t)(offset - at) + 1);
	for (; at < offset; column++)
		at += character_length(d, at);
	return place_at((uint32_t)line + 1, column);
}

static bool is_word(unsigned char c)
{
	return c >= 0x80 || c == '_' || c == '$' || c == '+' || c == '-' ||
	       c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static size_t string_end(const struct document *d, size_t offset, size_t end)
{
	const char *bytes = text_string(&d->text);
	size_t at;

	for (at = offset + 1; at < d->text.n; at++) {
		if (bytes[at] == bytes[offset])
			return at + 1;
		if (bytes[at] == '\\')
			at++;
		else if (bytes[at] == '\n' || bytes[at] == '\r')
			break;
	}
	/* It is not closed. */
	return end;
}

/* The end of the array or object at @offset if it is on this line. */
static size_t bracket_end(const struct document *d, size_t offset, size_t end)
{
	const struct node *node = outline_find(&d->outline, offset + 1);

	while (node && (node->kind < NODE_ARRAY || node->start != offset))
		node = node->parent;
	return node && node->is_closed && node->end <= end ? node->end
							   : offset + 1;
}

size_t document_token_end(const struct document *d, size_t offset)
{
	const char *bytes = text_string(&d->text);
	size_t end = line_end(d, line_of(d, offset)), at = offset;

	if (offset >= end)
		return offset;
	if (bytes[offset] == '"' || bytes[offset] == '\'')
		return string_end(d, offset, end);
	if (bytes[offset] == '{' || bytes[offset] == '[')
		return bracket_end(d, offset, end);
	while (at < end && is_word((unsigned char)bytes[at]))
		at++;
	return at > offset ? at : offset + character_length(d, offset);
}
