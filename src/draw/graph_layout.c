/*
 * Boxes are placed from the inside out: what is in a box decides its size, and
 * where lines leave it decides where they go on outside. Children with lines
 * stand in columns (graph_flow.h), the others in rows below. At the end all is
 * moved to where it is in the whole.
 */
#include "draw/graph_layout.h"

#include <errno.h>
#include <stdlib.h>

#include "base/own.h"
#include "draw/graph_nets.h"
#include "draw/graph_text.h"

enum {
	PADDING = 16,
	SPACE = 16,
	TEXT_TOP = 7,
	TEXT_SIDE = 12,
	NAME_HEIGHT = 18,
	WIDTH_MIN = 84,
	CHIP_HEIGHT = 26,
	CROSS_SIZE = 18,
};

/* A curve where it was made, inside its box. */
struct inner_curve {
	struct flow_curve curve;
	uint32_t box, bundle;
};

struct laying {
	const struct graph_model *m;
	struct graph_layout *l;
	struct nets nets;
	uint32_t *item_of; /* by node, in its parent's flow */
	struct inner_curve *curves;
	size_t n_curves, curves_capacity;
};

/* What one box needs for its flow; of the same order as the nets in it. */
struct flow_room {
	struct flow flow;
	uint32_t *net; /* by net of the flow: which it is */
};

/* ---- the size of what has nothing inside ---- */

static int text_width(const struct graph_node *n)
{
	const struct graph_line *line;
	int width = graph_name_width(n->name), one;

	for (line = n->lines; line; line = line->next) {
		one = graph_line_width(line->text);
		width = one > width ? one : width;
	}
	return width + 2 * TEXT_SIDE;
}

static int text_height(const struct graph_node *n)
{
	return TEXT_TOP + NAME_HEIGHT + (int)n->n_lines * GRAPH_LINE_HEIGHT;
}

static void leaf_measure(const struct laying *p, uint32_t node)
{
	const struct graph_node *n = &p->m->nodes[node];
	struct graph_box *b = &p->l->boxes[node];
	uint32_t pins = p->nets.n_left[node];
	int need;

	if (p->nets.n_right[node] > pins)
		pins = p->nets.n_right[node];
	need = flow_pins_height(pins);
	switch (n->kind) {
	case GRAPH_BREAK:
		b->width = b->height = CROSS_SIZE;
		break;
	case GRAPH_PROGRAM:
	case GRAPH_OUTSIDE:
		b->width = graph_line_width(n->name) + 2 * TEXT_SIDE;
		b->height = CHIP_HEIGHT;
		break;
	case GRAPH_CANVAS:
	case GRAPH_COMPONENT:
	case GRAPH_COLLECTION:
		b->width = text_width(n);
		b->width = b->width < WIDTH_MIN ? WIDTH_MIN : b->width;
		b->height = text_height(n) + TEXT_TOP;
		need += 8;
		break;
	}
	if (need > b->height && n->kind != GRAPH_BREAK)
		b->height = need;
}

/* ---- children without lines: rows ---- */

static bool has_lines(const struct laying *p, uint32_t node)
{
	return p->nets.n_left[node] || p->nets.n_right[node];
}

/* Rows of at most @width pixels from @top on; returns the lower edge, and the
 * width that was needed. Plain boxes of one parent are equally wide. */
static int rows_place(const struct laying *p, uint32_t box, int width, int top,
		      int *ret_width)
{
	const struct graph_node *nodes = p->m->nodes;
	struct graph_box *b;
	int x = PADDING, y = top, row = 0;
	uint32_t c;

	*ret_width = 0;
	for (c = nodes[box].first_child; c != GRAPH_NONE; c = nodes[c].next) {
		if (has_lines(p, c))
			continue;
		b = &p->l->boxes[c];
		if (x > PADDING && x + b->width > width) {
			x = PADDING;
			y += row + SPACE;
			row = 0;
		}
		b->x = x;
		b->y = y;
		x += b->width + SPACE;
		row = b->height > row ? b->height : row;
		if (x - SPACE + PADDING > *ret_width)
			*ret_width = x - SPACE + PADDING;
	}
	return y + row;
}

static int rows_width(const struct laying *p, uint32_t box)
{
	const struct graph_node *nodes = p->m->nodes;
	double area = 0;
	int widest = 0;
	uint32_t c;

	for (c = nodes[box].first_child; c != GRAPH_NONE; c = nodes[c].next)
		if (!has_lines(p, c) && nodes[c].first_child == GRAPH_NONE &&
		    p->l->boxes[c].width > widest)
			widest = p->l->boxes[c].width;
	for (c = nodes[box].first_child; c != GRAPH_NONE; c = nodes[c].next) {
		if (has_lines(p, c))
			continue;
		if (nodes[c].first_child == GRAPH_NONE)
			p->l->boxes[c].width = widest;
		area += (double)(p->l->boxes[c].width + SPACE) *
			(p->l->boxes[c].height + SPACE);
	}
	return 2 * PADDING + flow_root(area * 3);
}

/* ---- children with lines: a flow ---- */

static void room_fini(struct flow_room *room)
{
	free(room->flow.items);
	free(room->flow.pins);
	free(room->flow.nets);
	free(room->flow.curves);
	free(room->net);
}

static void room_pin(struct laying *p, struct flow_room *room,
		     struct net_end end)
{
	struct flow_pin *pin = &room->flow.pins[room->flow.n_pins++];

	pin->item = end.node == GRAPH_NONE ? FLOW_BORDER : p->item_of[end.node];
	pin->offset =
		end.inner == GRAPH_NONE ? 0 : p->nets.nets[end.inner].border_y;
}

static void room_net(struct laying *p, struct flow_room *room, uint32_t net)
{
	const struct net *n = &p->nets.nets[net];
	const struct graph_edge *e;
	const struct net_end border = { GRAPH_NONE, GRAPH_NONE };
	struct flow_net *f = &room->flow.nets[room->flow.n_nets];
	uint32_t s;
	size_t i;
	int width;

	room->net[room->flow.n_nets++] = net;
	f->is_mirrored = n->is_mirrored;
	f->hub = room->flow.n_pins;
	room_pin(p, room, n->hub);
	f->first_spoke = room->flow.n_pins;
	for (s = n->first_spoke; s != GRAPH_NONE; s = p->nets.spokes[s].next)
		room_pin(p, room, p->nets.spokes[s].end);
	if (n->first_spoke == GRAPH_NONE)
		room_pin(p, room, border);
	f->n_spokes = room->flow.n_pins - f->first_spoke;
	if (!n->has_label)
		return;
	e = p->nets.edges[p->nets.bundles[n->bundle].first];
	for (i = 0; i < e->n_labels; i++) {
		width = graph_line_width(e->labels[i]) + 2;
		f->label_width =
			width > f->label_width ? width : f->label_width;
	}
	f->label_height = (int)e->n_labels * GRAPH_LINE_HEIGHT;
}

static int room_make(struct laying *p, uint32_t box, struct flow_room *room)
{
	const struct graph_node *nodes = p->m->nodes;
	uint32_t c, n, n_items = 0, n_nets = 0, n_pins = 0;
	struct flow *f = &room->flow;

	for (c = nodes[box].first_child; c != GRAPH_NONE; c = nodes[c].next)
		n_items += has_lines(p, c);
	for (n = p->nets.first_net[box]; n != GRAPH_NONE;
	     n = p->nets.nets[n].next) {
		n_nets++;
		n_pins += p->nets.nets[n].n_spokes + 2;
	}
	f->items = calloc(n_items + 1, sizeof(*f->items));
	f->nets = calloc(n_nets + 1, sizeof(*f->nets));
	f->pins = calloc(n_pins + 1, sizeof(*f->pins));
	room->net = calloc(n_nets + 1, sizeof(uint32_t));
	if (!f->items || !f->nets || !f->pins || !room->net)
		return -ENOMEM;
	f->n_layers = p->nets.n_layers[box];
	for (c = nodes[box].first_child; c != GRAPH_NONE; c = nodes[c].next) {
		if (!has_lines(p, c))
			continue;
		p->item_of[c] = f->n_items;
		f->items[f->n_items++] = (struct flow_item){
			.width = p->l->boxes[c].width,
			.height = p->l->boxes[c].height,
			.layer = p->nets.layer[c],
			.side = !p->nets.n_left[c]    ? FLOW_SOURCE
				: !p->nets.n_right[c] ? FLOW_SINK
						      : FLOW_INNER,
			.is_fixed = nodes[c].first_child != GRAPH_NONE,
			.stretches = nodes[c].first_child == GRAPH_NONE &&
				     (nodes[c].kind == GRAPH_COMPONENT ||
				      nodes[c].kind == GRAPH_COLLECTION),
		};
	}
	for (n = p->nets.first_net[box]; n != GRAPH_NONE;
	     n = p->nets.nets[n].next)
		room_net(p, room, n);
	return 0;
}

static int curve_keep(struct laying *p, const struct flow_curve *curve,
		      uint32_t box, uint32_t bundle)
{
	size_t more = p->curves_capacity ? 2 * p->curves_capacity : 256;
	struct inner_curve *grown;

	if (p->n_curves == p->curves_capacity) {
		grown = reallocarray(p->curves, more, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		p->curves = grown;
		p->curves_capacity = more;
	}
	p->curves[p->n_curves++] = (struct inner_curve){ *curve, box, bundle };
	return 0;
}

/* Take over what the flow found, @top below the box's upper edge. */
static int room_take(struct laying *p, uint32_t box, int top,
		     const struct flow_room *room)
{
	const struct graph_node *nodes = p->m->nodes;
	const struct flow *f = &room->flow;
	const struct flow_item *item;
	struct graph_bundle *bundle;
	struct flow_curve curve;
	struct net *net;
	uint32_t c, i;
	size_t k;

	for (c = nodes[box].first_child; c != GRAPH_NONE; c = nodes[c].next) {
		if (!has_lines(p, c))
			continue;
		item = &f->items[p->item_of[c]];
		p->l->boxes[c].x = item->x;
		p->l->boxes[c].y = item->y + top;
		p->l->boxes[c].width = item->width;
	}
	for (i = 0; i < f->n_nets; i++) {
		net = &p->nets.nets[room->net[i]];
		net->border_y = f->nets[i].border_y + top;
		if (!net->has_label)
			continue;
		bundle = &p->l->bundles[net->bundle];
		bundle->label_x = f->nets[i].label_x;
		bundle->label_y = f->nets[i].label_y + top;
		bundle->label_width = f->nets[i].label_width;
	}
	for (k = 0; k < f->n_curves; k++) {
		curve = f->curves[k];
		curve.y0 += top;
		curve.y1 += top;
		net = &p->nets.nets[room->net[curve.net]];
		/* A hub inside which the line goes on is not the end. */
		curve.is_end = curve.is_end && net->hub.inner == GRAPH_NONE;
		if (curve_keep(p, &curve, box, net->bundle))
			return -ENOMEM;
	}
	return 0;
}

/* ---- boxes ---- */

static int box_place(struct laying *p, uint32_t box)
{
	const struct graph_node *n = &p->m->nodes[box];
	struct graph_box *b = &p->l->boxes[box];
	struct flow_room room = { 0 };
	int top = n->kind == GRAPH_CANVAS ? PADDING : text_height(n) + 10;
	int width, rows, bottom, r;

	bottom = rows_place(p, box, rows_width(p, box), top, &rows);
	width = n->kind == GRAPH_CANVAS ? 0 : text_width(n);
	b->width = rows > width ? rows : width;
	r = room_make(p, box, &room);
	if (!r && room.flow.n_items) {
		room.flow.min_width = b->width;
		r = flow_fold(&room.flow);
		if (!r)
			r = flow_place(&room.flow);
		if (!r)
			r = room_take(p, box, top, &room);
		b->width = room.flow.width;
		bottom = top + room.flow.height;
		if (rows)
			bottom = rows_place(p, box, b->width, bottom + SPACE,
					    &rows);
	}
	b->height = bottom + PADDING;
	room_fini(&room);
	return r;
}

static void boxes_move(const struct laying *p)
{
	const struct graph_node *nodes = p->m->nodes;
	struct graph_layout *l = p->l;
	const struct graph_box *in;
	struct inner_curve *c;
	uint32_t i;
	size_t k;

	for (i = 1; i < p->m->n_nodes; i++) {
		if (nodes[i].parent == GRAPH_NONE)
			continue;
		l->boxes[i].x += l->boxes[nodes[i].parent].x;
		l->boxes[i].y += l->boxes[nodes[i].parent].y;
	}
	for (k = 0; k < l->n_bundles; k++) {
		in = &l->boxes[p->nets.bundles[k].box];
		l->bundles[k].label_x += in->x;
		l->bundles[k].label_y += in->y;
	}
	for (k = 0; k < p->n_curves; k++) {
		c = &p->curves[k];
		in = &l->boxes[c->box];
		c->curve.x0 += in->x;
		c->curve.x1 += in->x;
		c->curve.x2 += in->x;
		c->curve.x3 += in->x;
		c->curve.y0 += in->y;
		c->curve.y1 += in->y;
	}
}

/* Each bundle's curves next to each other. */
static int curves_sort(struct laying *p)
{
	struct graph_layout *l = p->l;
	struct flow_curve *next;
	struct graph_bundle *b;
	size_t k;

	l->curves = next = calloc(p->n_curves + 1, sizeof(*next));
	if (!next)
		return -ENOMEM;
	for (k = 0; k < p->n_curves; k++)
		l->bundles[p->curves[k].bundle].n_curves++;
	for (k = 0; k < l->n_bundles; k++) {
		b = &l->bundles[k];
		b->curves = next;
		next += b->n_curves;
		b->n_curves = 0;
	}
	for (k = 0; k < p->n_curves; k++) {
		b = &l->bundles[p->curves[k].bundle];
		b->curves[b->n_curves++] = p->curves[k].curve;
	}
	return 0;
}

static int layout_make(struct laying *p)
{
	const struct graph_model *m = p->m;
	struct graph_layout *l = p->l;
	uint32_t i;
	size_t k;
	int r;

	r = nets_make(m, &p->nets);
	if (r)
		return r;
	l->edges = p->nets.edges;
	l->n_bundles = p->nets.n_bundles;
	l->n_left_out = p->nets.n_left_out;
	l->boxes = calloc(m->n_nodes, sizeof(*l->boxes));
	l->bundles = calloc(l->n_bundles + 1, sizeof(*l->bundles));
	p->item_of = calloc(m->n_nodes, sizeof(uint32_t));
	if (!l->boxes || !l->bundles || !p->item_of)
		return -ENOMEM;
	for (k = 0; k < l->n_bundles; k++)
		l->bundles[k] = (struct graph_bundle){
			.edges = l->edges + p->nets.bundles[k].first,
			.n_edges = p->nets.bundles[k].n,
			.is_mirrored = p->nets.bundles[k].is_mirrored,
		};
	/* Children have higher numbers. */
	for (i = m->n_nodes; i-- > 0 && !r;) {
		if (m->nodes[i].first_child != GRAPH_NONE)
			r = box_place(p, i);
		else if (m->nodes[i].is_drawn)
			leaf_measure(p, i);
	}
	if (r)
		return r;
	boxes_move(p);
	l->width = l->boxes[0].width;
	l->height = l->boxes[0].height;
	return curves_sort(p);
}

int graph_layout_make(const struct graph_model *m, struct graph_layout *ret)
{
	struct laying p = { .m = m, .l = ret };
	int r;

	*ret = (struct graph_layout){ 0 };
	r = layout_make(&p);
	/* These are the layout's now. */
	p.nets.edges = NULL;
	nets_fini(&p.nets);
	free(p.item_of);
	free(p.curves);
	if (r)
		graph_layout_fini(ret);
	return r;
}

void graph_layout_fini(struct graph_layout *l)
{
	free(l->boxes);
	free(l->bundles);
	free(l->edges);
	free(l->curves);
	*l = (struct graph_layout){ 0 };
}
