/*
 * For Mermaid: a flowchart with subgraphs. Nodes and edges have names of our
 * own
 * ("n7"), so that no component's name can be one of Mermaid's words; names of
 * theirs stand in quoted labels only.
 */
#include "draw/graph_model.h"
#include "draw/graph_nested.h"
#include "draw/graph_text.h"

static const char classes[] =
	"  classDef program fill:#ddf4ff,stroke:#54aeff,color:#1f2328\n"
	"  classDef none fill:#f6f8fa,stroke:#afb8c1,color:#1f2328\n"
	"  classDef broken fill:#ffebe9,stroke:#cf222e,color:#82071e\n"
	"  classDef collection fill:#fbefff,stroke:#8250df,color:#1f2328,"
	"stroke-dasharray:4 3\n"
	"  classDef lines fill:none,stroke:none,color:#57606a\n"
	"  classDef outside fill:none,stroke:#afb8c1,stroke-dasharray:2 3\n";

/* Lines below each other, without a name. */
static void put_lines(const struct graph_line *line, struct text *t)
{
	const char *between = "";

	for (; line; line = line->next) {
		text_printf(t, "%s<small>", between);
		graph_put_mermaid(t, line->text);
		text_puts(t, "</small>");
		between = "<br/>";
	}
}

static void put_label(const struct graph_node *n, struct text *t)
{
	text_puts(t, "\"<b>");
	graph_put_mermaid(t, n->name);
	text_puts(t, n->lines ? "</b><br/>" : "</b>");
	put_lines(n->lines, t);
	text_puts(t, "\"");
}

/* A class of the chart's end. */
static const char *node_class(const struct graph_node *n)
{
	switch (n->kind) {
	case GRAPH_COLLECTION:
		return "collection";
	case GRAPH_PROGRAM:
		return "program";
	case GRAPH_BREAK:
		return "broken";
	case GRAPH_OUTSIDE:
		return "outside";
	case GRAPH_CANVAS:
	case GRAPH_COMPONENT:
		break;
	}
	if (n->state == GRAPH_BROKEN)
		return "broken";
	return n->state == GRAPH_HAS_PROGRAM ? "program" : "none";
}

static void put_leaf(const struct graph_model *m, uint32_t i, struct text *t)
{
	const struct graph_node *n = &m->nodes[i];
	bool is_round = n->kind == GRAPH_BREAK || n->kind == GRAPH_OUTSIDE;

	graph_nested_indent(m, n->parent, t);
	text_printf(t, "n%u%s", i, is_round ? "([" : "[");
	put_label(n, t);
	text_printf(t, "%s:::%s\n", is_round ? "])" : "]", node_class(n));
}

/* A subgraph's title is one line, or it would lie on what is in it: more than
 * its URL is in a node of its own. */
static void put_open(const struct graph_model *m, uint32_t i, struct text *t)
{
	const struct graph_node *n = &m->nodes[i];

	graph_nested_indent(m, n->parent, t);
	text_printf(t, "subgraph n%u[\"<b>", i);
	graph_put_mermaid(t, n->name);
	text_puts(t, "</b>\"]\n");
	graph_nested_indent(m, i, t);
	text_puts(t, "direction LR\n");
	if (!n->lines || !n->lines->next)
		return;
	graph_nested_indent(m, i, t);
	text_printf(t, "n%ul[\"", i);
	put_lines(n->lines->next, t);
	text_puts(t, "\"]:::lines\n");
}

static const struct graph_nested nested = { .open = put_open,
					    .end = "end",
					    .leaf = put_leaf };

static void put_edge(const struct graph_edge *e, struct text *t)
{
	size_t i;

	text_printf(t, "  n%u %s|\"", e->from,
		    e->is_broken || e->is_weak ? "-.->" : "-->");
	for (i = 0; i < e->n_labels; i++) {
		text_puts(t, i ? "<br/>" : "");
		graph_put_mermaid(t, e->labels[i]);
	}
	text_printf(t, "\"| n%u\n", e->to);
}

/* One style for all broken edges, which are named by their numbers. */
static void put_broken(const struct graph_model *m, struct text *t)
{
	const char *between = "  linkStyle ";
	size_t i;

	for (i = 0; i < m->n_edges; i++) {
		if (!m->edges[i].is_broken)
			continue;
		text_printf(t, "%s%zu", between, i);
		between = ",";
	}
	if (*between == ',')
		text_puts(t, " stroke:#cf222e,color:#cf222e\n");
}

/* Subgraphs take no class where they are opened. */
static void put_boxes(const struct graph_model *m, struct text *t)
{
	const char *between = "  class ";
	uint32_t i;

	for (i = 1; i < m->n_nodes; i++) {
		if (m->nodes[i].first_child == GRAPH_NONE)
			continue;
		text_printf(t, "%sn%u", between, i);
		between = ",";
	}
	if (*between == ',')
		text_puts(t, " none\n");
}

void graph_render_mermaid(const struct graph_model *m, struct text *t)
{
	size_t i;

	text_puts(t, "flowchart LR\n");
	graph_nested_put(&nested, m, t);
	for (i = 0; i < m->n_edges; i++)
		put_edge(&m->edges[i], t);
	put_broken(m, t);
	put_boxes(m, t);
	text_puts(t, classes);
}
