/* What the colours and lines of a picture mean: those that are in it, and what
 * is not in it. */
#pragma once

#include "draw/graph_layout.h"

enum { LEGEND_WIDTH_MIN = 240, LEGEND_ENTRIES_MAX = 16, LEGEND_NOTES_MAX = 2 };

struct legend_entry {
	const char *class; /* of the picture's style */
	bool is_line;
	const char *text;
	int x, y; /* from the legend's corner */
};

struct legend {
	struct legend_entry entries[LEGEND_ENTRIES_MAX];
	size_t n_entries;
	char notes[LEGEND_NOTES_MAX][96];
	size_t n_notes;
	int height;
};

void legend_make(const struct graph_model *m, const struct graph_layout *l,
		 int width, struct legend *ret);

/* Draw it from the height @top on. */
void legend_render(const struct legend *legend, int top, struct text *t);
