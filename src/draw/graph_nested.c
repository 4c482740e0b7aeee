/* Without recursion: a tree may be as deep as realms are. */
#include "draw/graph_nested.h"

void graph_nested_indent(const struct graph_model *m, uint32_t node,
			 struct text *t)
{
	for (; node != GRAPH_NONE; node = m->nodes[node].parent)
		text_puts(t, "  ");
}

void graph_nested_put(const struct graph_nested *n, const struct graph_model *m,
		      struct text *t)
{
	uint32_t i = m->nodes[0].first_child;

	while (i != GRAPH_NONE && i != 0) {
		if (m->nodes[i].first_child != GRAPH_NONE) {
			n->open(m, i, t);
			i = m->nodes[i].first_child;
			continue;
		}
		n->leaf(m, i, t);
		while (i && m->nodes[i].next == GRAPH_NONE) {
			i = m->nodes[i].parent;
			if (!i)
				return;
			graph_nested_indent(m, m->nodes[i].parent, t);
			text_printf(t, "%s\n", n->end);
		}
		i = m->nodes[i].next;
	}
}
