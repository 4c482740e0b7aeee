/*
 * Documents: the files that are open in the editor, as the editor has them.
 *
 * Three ways to say where something is meet here: the offset of a byte, the
 * place of a report (characters, from 1), and the position of the protocol
 * (from 0, in code units of the encoding that was agreed on).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/report.h"
#include "lsp/outline.h"
#include "manifest/json5.h"
#include "manifest/manifest.h"

enum encoding {
	ENCODING_UTF16, /* the protocol's default */
	ENCODING_UTF8,
	ENCODING_UTF32,
};

struct position {
	uint32_t line, character;
};

struct document {
	struct list link;
	char *uri;
	char *path; /* NULL: no file of this machine */
	int64_t version;
	struct text text;
	bool is_ascii; /* every character is one byte: no need to count them */
	uint32_t *lines; /* the offset at which each begins */
	size_t n_lines;
	struct outline outline; /* empty for what is larger than a manifest */

	/* The text that could last be read as a manifest; what the tree is made
	 * of while the present one cannot. */
	struct text good;
	bool is_current;      /* the two are the same */
	bool is_dirty;	      /* edited, and nothing derived from it yet */
	struct report report; /* of the present text alone */
	enum manifest_dialect dialect; /* of @good */

	/* Which file it is, for telling it by whatever path; 0: none yet. */
	uint64_t device, inode;

	uint64_t published; /* hash of what the editor was last told */
};

/* The text and what is derived from it. 0 or -ENOMEM. */
int document_new(const char *uri, int64_t version, const char *bytes, size_t n,
		 struct document **ret);
void document_free(struct document *d);

/* Replace all of it, or from one offset to another. 0 or -ENOMEM; after a fault
 * the text is as it was. */
int document_set(struct document *d, const char *bytes, size_t n);
int document_edit(struct document *d, size_t from, size_t to, const char *bytes,
		  size_t n);
/* Once after some edits: the outline anew. 0 or -ENOMEM. */
int document_refresh(struct document *d);

/* What lies outside of the text is moved to its nearest end. */
size_t document_offset(const struct document *d, struct position p,
		       enum encoding encoding);
struct position document_position(const struct document *d, size_t offset,
				  enum encoding encoding);
size_t document_place_offset(const struct document *d, struct place place);
struct place document_place(const struct document *d, size_t offset);

/* Behind the last byte of the value, key or sign that begins at @offset. An
 * object or array of several lines counts as its bracket. */
size_t document_token_end(const struct document *d, size_t offset);
