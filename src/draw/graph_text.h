/* Text in pictures: what it may contain in each format, and how long it is. */
#pragma once

#include "base/text.h"

enum {
	GRAPH_NAME_SIZE = 13, /* of a component's name, bold, in pixels */
	GRAPH_LINE_SIZE = 10, /* of what stands below it, and beside routes */
	GRAPH_LINE_HEIGHT = 14,
	/* Longer strings lose their middle. */
	GRAPH_CHARACTERS_MAX = 44,
};

/*
 * Append @s so that it is character data, or the value of an attribute, of XML:
 * markup becomes entities, and what XML cannot hold (control characters, bytes
 * that are not UTF-8) U+FFFD. Graphviz's HTML-like labels take the same.
 */
void graph_put_xml(struct text *t, const char *s);

/* For between the quotes of a string of DOT, labels and tooltips alike. */
void graph_put_dot(struct text *t, const char *s);

/* For between the quotes of a label of a Mermaid flowchart. */
void graph_put_mermaid(struct text *t, const char *s);

/* Append @s, or its beginning, an ellipsis and its end. */
void graph_put_short(struct text *t, const char *s);

/* How wide @s is at most, in the fonts of the picture: of fixed pitch in the
 * size of lines, or bold in the size of names. */
int graph_line_width(const char *s);
int graph_name_width(const char *s);
