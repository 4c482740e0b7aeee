/* Languages in which boxes are written inside each other: DOT, Mermaid. */
#pragma once

#include "draw/graph_model.h"

struct graph_nested {
	/* What begins a box that has others in it; @end ends it, on a line of
	 * its own. */
	void (*open)(const struct graph_model *m, uint32_t node,
		     struct text *t);
	const char *end;
	void (*leaf)(const struct graph_model *m, uint32_t node,
		     struct text *t);
};

/* Append all nodes but the canvas, in the order of the tree. */
void graph_nested_put(const struct graph_nested *n, const struct graph_model *m,
		      struct text *t);

/* What stands in front of something in @node. */
void graph_nested_indent(const struct graph_model *m, uint32_t node,
			 struct text *t);
