/*
 * The picture as SVG that stands alone: its own fonts' names, colours for light
 * and dark surroundings, tooltips in <title>. All numbers are whole pixels of
 * the picture as a whole, so that what is in it can be measured.
 */
#include <errno.h>
#include <string.h>

#include "draw/graph_layout.h"
#include "draw/graph_legend.h"
#include "draw/graph_text.h"

enum { HEAD_SIZE = 8, CHIP_RADIUS = 13 };

static const char style[] =
	"  .paper{fill:#ffffff}\n"
	"  rect{stroke-width:1.2}\n"
	"  .component rect,.legend .none,.manifest "
	"rect{fill:#f6f8fa;stroke:#d0d7de}\n"
	"  .odd rect{fill:#ffffff}\n"
	"  .leaf.has-program rect,.program rect,.legend .has-program"
	"{fill:#ddf4ff;stroke:#54aeff}\n"
	"  .has-program rect{stroke:#54aeff}\n"
	"  .unresolved rect,.legend .unresolved{fill:#ffebe9;stroke:#cf222e}\n"
	"  .collection rect,.legend .collection"
	"{fill:#fbefff;stroke:#8250df;stroke-dasharray:5 3}\n"
	"  .outside rect{fill:none;stroke:#8c959f;stroke-dasharray:2 3}\n"
	"  .break circle{fill:#ffebe9;stroke:#cf222e}\n"
	"  .break path,.cross{stroke:#cf222e;stroke-width:1.8;fill:none;"
	"stroke-linecap:round}\n"
	"  text{font:10px ui-monospace,SFMono-Regular,Menlo,Consolas,"
	"'DejaVu Sans Mono',monospace;fill:#57606a}\n"
	"  .name{font:bold 13px system-ui,-apple-system,'Segoe UI',Helvetica,"
	"Arial,'DejaVu Sans',sans-serif;fill:#1f2328}\n"
	"  .chip{text-anchor:middle;fill:#1f2328}\n"
	"  .wire{fill:none;stroke-width:1.4}\n"
	"  .hit{fill:none;stroke:#000000;stroke-opacity:0;stroke-width:9}\n"
	"  .route:hover .wire{stroke-width:2.6}\n"
	"  .label{text-anchor:middle}\n"
	"  .weak .wire,.broken .wire{stroke-dasharray:6 4}\n"
	"  .mixed .wire{stroke:#57606a} .mixed .head{fill:#57606a}\n"
	"  .service .wire{stroke:#0969da} .service .head,.service .label"
	"{fill:#0969da}\n"
	"  .directory .wire{stroke:#1a7f37} .directory .head,.directory .label"
	"{fill:#1a7f37}\n"
	"  .storage .wire{stroke:#9a6700} .storage .head,.storage .label"
	"{fill:#9a6700}\n"
	"  .other .wire{stroke:#8250df} .other .head,.other .label"
	"{fill:#8250df}\n"
	"  .broken .wire{stroke:#cf222e} .broken .label,text.broken"
	"{fill:#cf222e}\n"
	"  @media (prefers-color-scheme:dark){\n"
	"  .paper{fill:#0d1117}\n"
	"  .component rect,.legend .none,.manifest "
	"rect{fill:#161b22;stroke:#3d444d}\n"
	"  .odd rect{fill:#0d1117}\n"
	"  .leaf.has-program rect,.program rect,.legend .has-program"
	"{fill:#0f2740;stroke:#388bfd}\n"
	"  .has-program rect{stroke:#388bfd}\n"
	"  .unresolved rect,.legend .unresolved{fill:#3c1618;stroke:#f85149}\n"
	"  .collection rect,.legend .collection"
	"{fill:#221a33;stroke:#a371f7}\n"
	"  .outside rect{stroke:#6e7681}\n"
	"  .break circle{fill:#3c1618;stroke:#f85149}\n"
	"  .break path,.cross{stroke:#f85149}\n"
	"  text{fill:#9198a1} .name,.chip{fill:#e6edf3}\n"
	"  .mixed .wire{stroke:#9198a1} .mixed .head{fill:#9198a1}\n"
	"  .service .wire{stroke:#58a6ff} .service .head,.service .label"
	"{fill:#58a6ff}\n"
	"  .directory .wire{stroke:#3fb950} .directory .head,.directory .label"
	"{fill:#3fb950}\n"
	"  .storage .wire{stroke:#d29922} .storage .head,.storage .label"
	"{fill:#d29922}\n"
	"  .other .wire{stroke:#a371f7} .other .head,.other .label"
	"{fill:#a371f7}\n"
	"  .broken .wire{stroke:#f85149} .broken .label,text.broken"
	"{fill:#f85149}\n"
	"  }\n";

/* ---- boxes ---- */

static void put_text(struct text *t, const char *class, int x, int y,
		     const char *s)
{
	text_printf(t, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	graph_put_xml(t, s);
	text_puts(t, "</text>\n");
}

static void put_title(struct text *t, const char *s)
{
	text_puts(t, "<title>");
	graph_put_xml(t, s);
	text_puts(t, "</title>");
}

static void put_rect(struct text *t, const struct graph_box *b, int radius)
{
	text_printf(t,
		    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
		    "rx=\"%d\"/>\n",
		    b->x, b->y, b->width, b->height, radius);
}

static void put_cross(struct text *t, const char *class, int x, int y, int size)
{
	text_printf(t, "<path%s d=\"M%d %dl%d %dm0 %dl%d %d\"/>", class,
		    x - size, y - size, 2 * size, 2 * size, -2 * size,
		    -2 * size, 2 * size);
}

/* A box with nothing but a word, or a cross, in it. */
static void put_chip(struct text *t, const struct graph_node *n,
		     const struct graph_box *b)
{
	int x = b->x + b->width / 2, y = b->y + b->height / 2;

	if (n->kind == GRAPH_BREAK) {
		text_puts(t, "<g class=\"break\">");
		put_title(t, "routes break here");
		text_printf(t, "<circle cx=\"%d\" cy=\"%d\" r=\"%d\"/>", x, y,
			    b->width / 2);
		put_cross(t, "", x, y, 4);
	} else {
		text_printf(t, "<g class=\"%s\">",
			    n->kind == GRAPH_OUTSIDE	    ? "outside"
			    : n->state == GRAPH_HAS_PROGRAM ? "program"
							    : "manifest");
		put_title(t, n->kind == GRAPH_PROGRAM
				     ? n->realm->moniker
				     : "who has what the root exposes");
		put_rect(t, b, CHIP_RADIUS);
		put_text(t, "chip", x, y + 4, n->name);
	}
	text_puts(t, "</g>\n");
}

static const char *state_class(const struct graph_node *n)
{
	if (n->kind == GRAPH_COLLECTION)
		return "collection";
	switch (n->state) {
	case GRAPH_HAS_PROGRAM:
		return "component has-program";
	case GRAPH_BROKEN:
		return "component unresolved";
	case GRAPH_NO_PROGRAM:
		break;
	}
	return "component none";
}

static void put_words(struct text *t, const struct graph_node *n,
		      const struct graph_box *b)
{
	const struct graph_line *line;
	int y = b->y + 21;

	put_text(t, "name", b->x + 12, y, n->name);
	for (line = n->lines; line; line = line->next) {
		y += GRAPH_LINE_HEIGHT;
		if (line->title) {
			text_puts(t, "<g>");
			put_title(t, line->title);
		}
		put_text(t, line->is_broken ? "line broken" : "line", b->x + 12,
			 y, line->text);
		text_puts(t, line->title ? "</g>" : "");
	}
}

static void put_box(struct text *t, const struct graph_node *n,
		    const struct graph_box *b)
{
	bool is_odd = n->realm->depth % 2;

	text_printf(t, "<g class=\"%s%s%s\" data-moniker=\"", state_class(n),
		    n->first_child == GRAPH_NONE ? " leaf" : "",
		    is_odd && n->kind == GRAPH_COMPONENT ? " odd" : "");
	graph_put_xml(t, n->realm->moniker);
	if (n->kind == GRAPH_COLLECTION) {
		text_puts(t, "\" data-collection=\"");
		graph_put_xml(t, n->name);
	}
	text_puts(t, "\">");
	put_title(t, n->kind == GRAPH_COMPONENT ? n->realm->moniker : n->name);
	put_rect(t, b, 8);
	put_words(t, n, b);
	text_puts(t, "</g>\n");
}

static void put_boxes(struct text *t, const struct graph_model *m,
		      const struct graph_layout *l)
{
	const struct graph_node *n;
	uint32_t i;

	for (i = 1; i < m->n_nodes; i++) {
		n = &m->nodes[i];
		if (!n->is_drawn)
			continue;
		if (n->kind == GRAPH_COMPONENT || n->kind == GRAPH_COLLECTION)
			put_box(t, n, &l->boxes[i]);
		else
			put_chip(t, n, &l->boxes[i]);
	}
}

/* ---- routes ---- */

/* A curve that ends in a head arrives there level. */
static void put_curve(struct text *t, const struct flow_curve *c,
		      bool is_mirrored)
{
	int from = c->x1, to = c->x2, middle;

	if (c->is_end && is_mirrored && from < c->x0 + HEAD_SIZE)
		from = c->x0 + HEAD_SIZE;
	if (c->is_end && !is_mirrored && to > c->x3 - HEAD_SIZE)
		to = c->x3 - HEAD_SIZE;
	middle = (from + to) / 2;
	text_printf(t, "M%d %d", c->x0, c->y0);
	if (c->y0 != c->y1)
		text_printf(t, "H%dC%d %d %d %d %d %d", from, middle, c->y0,
			    middle, c->y1, to, c->y1);
	text_printf(t, "H%d", c->x3);
}

static void put_wires(struct text *t, const char *class,
		      const struct graph_bundle *b)
{
	size_t i;

	text_printf(t, "<path class=\"%s\" d=\"", class);
	for (i = 0; i < b->n_curves; i++)
		put_curve(t, &b->curves[i], b->is_mirrored);
	text_puts(t, "\"/>");
}

/* An arrow's head where the bundle ends; a cross if it breaks there. */
static void put_head(struct text *t, const struct graph_model *m,
		     const struct graph_bundle *b)
{
	const struct graph_edge *e = b->edges[0];
	const struct flow_curve *c;
	int x, y, back;
	size_t i;

	for (i = 0; i < b->n_curves; i++) {
		c = &b->curves[i];
		if (!c->is_end)
			continue;
		x = b->is_mirrored ? c->x0 : c->x3;
		y = b->is_mirrored ? c->y0 : c->y1;
		back = b->is_mirrored ? HEAD_SIZE : -HEAD_SIZE;
		if (!e->is_broken)
			text_printf(t,
				    "<path class=\"head\" d=\"M%d %dl%d "
				    "-4v8z\"/>",
				    x, y, back);
		else if (m->nodes[e->to].kind != GRAPH_BREAK)
			put_cross(t, " class=\"cross\"", x, y, 4);
	}
}

static const char *type_class(const struct graph_edge *e)
{
	if (e->is_broken)
		return "broken";
	switch (e->type) {
	case CAPABILITY_SERVICE:
		return "service";
	case CAPABILITY_DIRECTORY:
		return "directory";
	case CAPABILITY_STORAGE:
		return "storage";
	case N_CAPABILITY_TYPES:
		return "mixed";
	default:
		return "other";
	}
}

/* Many routes in one bundle: a tooltip with some of them. */
static void put_bundle_title(struct text *t, const struct graph_model *m,
			     const struct graph_bundle *b)
{
	_cleanup_text_ struct text s = TEXT_INIT;
	size_t i, j, n = 0, left = 0;

	for (i = 0; i < b->n_edges; i++) {
		for (j = 0; j < b->edges[i]->n_routes; j++) {
			if (n == 12) {
				left++;
				continue;
			}
			if (n++)
				text_puts(&s, "\n");
			graph_route_render(m, b->edges[i]->routes[j], &s);
		}
	}
	if (left)
		text_printf(&s, "\nand %zu more", left);
	t->failed = t->failed || text_is_failed(&s);
	text_puts(t, "<title>");
	/* The breaks between lines are ours. */
	for (i = 0; i < s.n; i += strlen(s.bytes + i) + 1) {
		char *end = strchr(s.bytes + i, '\n');

		if (end)
			*end = 0;
		graph_put_xml(t, s.bytes + i);
		text_puts(t, end ? "\n" : "");
	}
	text_puts(t, "</title>");
}

static void put_bundle(struct text *t, const struct graph_model *m,
		       const struct graph_bundle *b)
{
	const struct graph_edge *e = b->edges[0];
	size_t i;

	text_printf(t, "<g class=\"route %s%s\">", type_class(e),
		    e->is_weak ? " weak" : "");
	put_bundle_title(t, m, b);
	put_wires(t, "hit", b);
	put_wires(t, "wire", b);
	put_head(t, m, b);
	text_puts(t, "\n");
	for (i = 0; i < e->n_labels; i++)
		put_text(t, "label", b->label_x + b->label_width / 2,
			 b->label_y + 10 + (int)i * GRAPH_LINE_HEIGHT,
			 e->labels[i]);
	text_puts(t, "</g>\n");
}

/* ---- the whole ---- */

static void put_picture(struct text *t, const struct graph_model *m,
			const struct graph_layout *l)
{
	struct legend legend;
	size_t i;
	int width = l->width < LEGEND_WIDTH_MIN ? LEGEND_WIDTH_MIN : l->width;
	int height;

	legend_make(m, l, width, &legend);
	height = l->height + legend.height;
	text_printf(t,
		    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		    "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
		    width, height, width, height);
	put_title(t, m->nodes[1].realm->url);
	text_printf(t, "\n<style>\n%s</style>\n", style);
	text_printf(t,
		    "<rect class=\"paper\" width=\"%d\" height=\"%d\" "
		    "rx=\"6\"/>\n",
		    width, height);
	put_boxes(t, m, l);
	for (i = 0; i < l->n_bundles; i++)
		if (l->bundles[i].n_curves)
			put_bundle(t, m, &l->bundles[i]);
	legend_render(&legend, l->height, t);
	text_puts(t, "</svg>\n");
}

int graph_render_svg(const struct graph_model *m, struct text *t)
{
	struct graph_layout l;
	int r = graph_layout_make(m, &l);

	if (r)
		return r;
	put_picture(t, m, &l);
	graph_layout_fini(&l);
	return text_is_failed(t) ? -ENOMEM : 0;
}
