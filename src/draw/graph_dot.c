/* For Graphviz: clusters in clusters. Everything is written in document order,
 * with an explicit stack of what is open in place of recursion. */
#include "draw/graph_model.h"
#include "draw/graph_nested.h"
#include "draw/graph_text.h"

/* <<b>name</b><br/>line...>, which Graphviz reads as HTML. */
static void put_label(const struct graph_node *n, struct text *t)
{
	const struct graph_line *line;

	text_puts(t, "label=<<b>");
	graph_put_xml(t, n->name);
	text_puts(t, "</b>");
	for (line = n->lines; line; line = line->next) {
		text_printf(t, "<br/><font point-size=\"9\" color=\"%s\">",
			    line->is_broken ? "#cf222e" : "#57606a");
		graph_put_xml(t, line->text);
		text_puts(t, "</font>");
	}
	text_puts(t, ">");
}

static const char *node_style(const struct graph_node *n)
{
	switch (n->kind) {
	case GRAPH_COLLECTION:
		return "style=\"rounded,dashed,filled\" fillcolor=\"#faf7ff\" "
		       "color=\"#8250df\"";
	case GRAPH_PROGRAM:
		return "shape=box style=\"rounded,filled\" "
		       "fillcolor=\"#ddf4ff\" color=\"#54aeff\"";
	case GRAPH_BREAK:
		return "shape=circle margin=0 width=0.25 fixedsize=true "
		       "fontcolor=\"#cf222e\" color=\"#cf222e\"";
	case GRAPH_OUTSIDE:
		return "shape=plaintext style=\"\"";
	case GRAPH_CANVAS:
	case GRAPH_COMPONENT:
		break;
	}
	if (n->state == GRAPH_BROKEN)
		return "fillcolor=\"#ffebe9\" color=\"#cf222e\"";
	return n->state == GRAPH_HAS_PROGRAM
		       ? "fillcolor=\"#ddf4ff\" color=\"#54aeff\""
		       : "fillcolor=\"#f6f8fa\" color=\"#afb8c1\"";
}

static void put_tooltip(const struct graph_node *n, struct text *t)
{
	text_puts(t, " tooltip=\"");
	if (n->kind == GRAPH_COMPONENT) {
		graph_put_dot(t, n->realm->moniker);
		text_puts(t, "\\n");
		graph_put_dot(t, n->realm->url);
	} else {
		graph_put_dot(t, n->name);
	}
	text_puts(t, "\"");
}

static void put_leaf(const struct graph_model *m, uint32_t i, struct text *t)
{
	const struct graph_node *n = &m->nodes[i];

	graph_nested_indent(m, n->parent, t);
	text_printf(t, "n%u [", i);
	put_label(n, t);
	text_printf(t, " %s", node_style(n));
	put_tooltip(n, t);
	text_puts(t, "];\n");
}

static void put_open(const struct graph_model *m, uint32_t i, struct text *t)
{
	const struct graph_node *n = &m->nodes[i];

	graph_nested_indent(m, n->parent, t);
	text_printf(t, "subgraph cluster_n%u {\n", i);
	graph_nested_indent(m, i, t);
	put_label(n, t);
	text_puts(t, "; style=\"rounded\"; color=\"#afb8c1\";");
	put_tooltip(n, t);
	text_puts(t, ";\n");
}

static const struct graph_nested nested = { .open = put_open,
					    .end = "}",
					    .leaf = put_leaf };

static void put_edge(const struct graph_model *m, const struct graph_edge *e,
		     struct text *t)
{
	size_t i;

	text_printf(t, "  n%u -> n%u [label=\"", e->from, e->to);
	for (i = 0; i < e->n_labels; i++) {
		graph_put_dot(t, e->labels[i]);
		text_puts(t, "\\n");
	}
	text_puts(t, "\" edgetooltip=\"");
	for (i = 0; i < e->n_routes; i++) {
		_cleanup_text_ struct text sentence = TEXT_INIT;

		graph_route_render(m, e->routes[i], &sentence);
		t->failed = t->failed || text_is_failed(&sentence);
		graph_put_dot(t, text_string(&sentence));
		text_puts(t, "\\n");
	}
	text_puts(t, "\"");
	if (e->is_broken)
		text_puts(t, " style=dashed color=\"#cf222e\" "
			     "fontcolor=\"#cf222e\"");
	else if (e->is_weak)
		text_puts(t, " style=dashed");
	text_puts(t, "];\n");
}

void graph_render_dot(const struct graph_model *m, struct text *t)
{
	size_t i;

	text_puts(t,
		  "digraph reeve {\n"
		  "  rankdir=LR;\n"
		  "  nodesep=0.3;\n"
		  "  ranksep=0.6;\n"
		  "  fontname=\"Helvetica\";\n"
		  "  fontsize=12;\n"
		  "  node [shape=box style=\"rounded,filled\" "
		  "fillcolor=\"#f6f8fa\" fontname=\"Helvetica\" fontsize=12];\n"
		  "  edge [fontname=\"Courier\" fontsize=9 color=\"#57606a\" "
		  "fontcolor=\"#57606a\" arrowsize=0.7];\n");
	graph_nested_put(&nested, m, t);
	for (i = 0; i < m->n_edges; i++)
		put_edge(m, &m->edges[i], t);
	text_puts(t, "}\n");
}
