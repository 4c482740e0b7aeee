/* What differs between two texts of a file: for people as a unified diff, for
 * programs as a list of edits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct patch_texts {
	const char *file;
	const char *old;
	size_t n_old;
	const char *new;
	size_t n_new;
};

/* How a diff is written. */
struct patch_look {
	bool has_colour;
	bool is_terminal; /* control characters in it are shown, not sent */
};

/* Append it with three lines around each change; nothing if there is none. */
void patch_render(const struct patch_texts *p, const struct patch_look *look,
		  struct text *t);

/*
 * Append JSON objects {file, line, column, remove, insert}, each with a comma
 * before it if @t does not end with a bracket. Places are those of the old
 * text; "remove" and "insert" are the bytes themselves.
 */
void patch_render_json(const struct patch_texts *p, struct text *t);
