/*
 * In the manner of Sugiyama, Tagawa and Toda. A net is a trunk of elements, one
 * in each column between its farthest spoke and its hub. Columns of items have
 * columns for labels between them; the border is a column at either end.
 * graph_order.c finds the order in the columns, graph_fit.c the heights.
 * Nothing is worse than n log n in the number of elements.
 */
#include "draw/graph_flow_work.h"

#include <errno.h>
#include <stdlib.h>

#include "base/own.h"

enum {
	LINE_HEIGHT = 10, /* that a line passing through needs */
	GAP_MIN = 28,
	GAP_MAX = 84,
	BORDER_GAP_MIN = 16,
};

/* ---- elements and links ---- */

static uint32_t item_column(const struct flow *f, uint32_t item)
{
	return 2 * f->items[item].layer + 1;
}

/* The columns of a net's trunk. */
static void trunk_range(const struct flow_work *w, const struct flow_net *net,
			uint32_t *ret_low, uint32_t *ret_high)
{
	const struct flow *f = w->f;
	uint32_t last = w->n_columns - 1, hub = f->pins[net->hub].item, i, item;
	uint32_t low, high, column;

	low = hub == FLOW_BORDER ? 0 : item_column(f, hub) + 1;
	high = hub == FLOW_BORDER ? last : item_column(f, hub) - 1;
	if (net->is_mirrored)
		high = low;
	else
		low = high;
	for (i = 0; i < net->n_spokes; i++) {
		item = f->pins[net->first_spoke + i].item;
		if (net->is_mirrored) {
			column = item == FLOW_BORDER ? last
						     : item_column(f, item) - 1;
			high = column > high ? column : high;
		} else {
			column = item == FLOW_BORDER ? 0
						     : item_column(f, item) + 1;
			low = column < low ? column : low;
		}
	}
	*ret_low = low;
	*ret_high = high;
}

static void element_add(struct flow_work *w, uint32_t net, uint32_t column,
			bool is_label, double key)
{
	const struct flow_net *n = &w->f->nets[net];
	struct flow_element *e = &w->elements[w->n_elements++];

	*e = (struct flow_element){
		.column = column,
		.net = net,
		.height = LINE_HEIGHT,
		.offset = LINE_HEIGHT / 2,
		.key = key,
	};
	if (is_label && n->label_width) {
		e->width = n->label_width;
		e->height = n->label_height + LINE_HEIGHT / 2;
		e->offset = n->label_height + 1;
	}
}

static void link_add(struct flow_work *w, uint32_t a, uint32_t b, uint32_t pin,
		     uint32_t net, bool is_end)
{
	struct flow_link *l = &w->links[w->n_links++];
	bool swaps = w->elements[a].column > w->elements[b].column;

	*l = (struct flow_link){
		.left = swaps ? b : a,
		.right = swaps ? a : b,
		.left_pin = FLOW_NONE,
		.right_pin = FLOW_NONE,
		.net = net,
		.is_end = is_end,
	};
	/* @pin is of @a, the item. */
	if (swaps)
		l->right_pin = pin;
	else
		l->left_pin = pin;
}

static void net_add(struct flow_work *w, uint32_t net)
{
	const struct flow *f = w->f;
	const struct flow_net *n = &f->nets[net];
	uint32_t first = w->n_elements, hub = f->pins[n->hub].item, low, high;
	uint32_t item, i, column;
	double key;

	trunk_range(w, n, &low, &high);
	item = hub == FLOW_BORDER ? f->pins[n->first_spoke].item : hub;
	key = item == FLOW_BORDER ? 0 : (double)item;
	for (column = low; column <= high; column++)
		element_add(w, net, column,
			    column == (n->is_mirrored ? low : high), key);
	for (i = 0; i + low < high; i++)
		link_add(w, first + i, first + i + 1, FLOW_NONE, net, false);
	if (hub != FLOW_BORDER)
		link_add(w, hub, first + (n->is_mirrored ? 0 : high - low),
			 n->hub, net, true);
	for (i = 0; i < n->n_spokes; i++) {
		item = f->pins[n->first_spoke + i].item;
		if (item == FLOW_BORDER)
			continue;
		column = item_column(f, item);
		column = n->is_mirrored ? column - 1 : column + 1;
		link_add(w, item, first + column - low, n->first_spoke + i, net,
			 false);
	}
}

static int work_make(struct flow_work *w)
{
	struct flow *f = w->f;
	size_t n = f->n_items, n_links = f->n_pins;
	uint32_t i, low, high;

	w->n_columns = 2 * f->n_layers + 1;
	for (i = 0; i < f->n_nets; i++) {
		trunk_range(w, &f->nets[i], &low, &high);
		n += high - low + 1;
		n_links += high - low;
	}
	w->elements = calloc(n + 1, sizeof(*w->elements));
	w->links = calloc(n_links + 1, sizeof(*w->links));
	w->order = calloc(n + 1, sizeof(uint32_t));
	w->column_first = calloc(w->n_columns + 1, sizeof(uint32_t));
	w->by_left = calloc(n_links + 1, sizeof(uint32_t));
	w->by_right = calloc(n_links + 1, sizeof(uint32_t));
	w->left_first = calloc(n + 2, sizeof(uint32_t));
	w->right_first = calloc(n + 2, sizeof(uint32_t));
	w->column_x = calloc(w->n_columns + 1, sizeof(int));
	w->column_width = calloc(w->n_columns + 1, sizeof(int));
	w->fit_value = calloc(n + 1, sizeof(double));
	w->fit_weight = calloc(n + 1, sizeof(double));
	w->fit_count = calloc(n + 1, sizeof(uint32_t));
	if (!w->elements || !w->links || !w->order || !w->column_first ||
	    !w->by_left || !w->by_right || !w->left_first || !w->right_first ||
	    !w->column_x || !w->column_width || !w->fit_value ||
	    !w->fit_weight || !w->fit_count)
		return -ENOMEM;
	for (i = 0; i < f->n_items; i++)
		w->elements[w->n_elements++] = (struct flow_element){
			.column = item_column(f, i),
			.net = FLOW_NONE,
			.width = f->items[i].width,
			.height = f->items[i].height,
			.key = i,
		};
	for (i = 0; i < f->n_nets; i++)
		net_add(w, i);
	return 0;
}

static void work_fini(struct flow_work *w)
{
	free(w->elements);
	free(w->links);
	free(w->order);
	free(w->column_first);
	free(w->by_left);
	free(w->by_right);
	free(w->left_first);
	free(w->right_first);
	free(w->column_x);
	free(w->column_width);
	free(w->fit_value);
	free(w->fit_weight);
	free(w->fit_count);
}

/* ---- columns and curves ---- */

static void columns_measure(struct flow_work *w)
{
	struct flow *f = w->f;
	struct flow_element *e;
	uint32_t i;

	for (i = 0; i < w->n_elements; i++) {
		e = &w->elements[i];
		if (e->width > w->column_width[e->column])
			w->column_width[e->column] = e->width;
	}
	/* What stretches becomes as wide as the widest of its kind. */
	for (i = 0; i < f->n_items; i++)
		if (f->items[i].stretches &&
		    f->items[i].width > w->column_x[item_column(f, i)])
			w->column_x[item_column(f, i)] = f->items[i].width;
	for (i = 0; i < f->n_items; i++)
		if (f->items[i].stretches)
			f->items[i].width = w->column_x[item_column(f, i)];
}

/* Steeper lines need wider gaps; @gap is by the column on its left. */
static void gaps_measure(const struct flow_work *w, int *gap)
{
	const struct flow_link *l;
	double slope;
	uint32_t i, c;
	int wide;

	for (c = 0; c + 1 < w->n_columns; c++)
		gap[c] = c && c + 2 < w->n_columns ? 0 : BORDER_GAP_MIN;
	for (i = 0; i < w->n_links; i++) {
		l = &w->links[i];
		slope = flow_link_y(w, l, true) - flow_link_y(w, l, false);
		wide = GAP_MIN + (int)((slope < 0 ? -slope : slope) * 0.3);
		if (wide > GAP_MAX)
			wide = GAP_MAX;
		c = w->elements[l->left].column;
		if (wide > gap[c])
			gap[c] = wide;
	}
	for (c = 1; c + 2 < w->n_columns; c++)
		if (!gap[c])
			gap[c] = GAP_MIN;
}

static int columns_place(struct flow_work *w)
{
	struct flow *f = w->f;
	int *gap = calloc(w->n_columns, sizeof(int));
	int x = 0, more;
	uint32_t c, i;

	if (!gap)
		return -ENOMEM;
	columns_measure(w);
	gaps_measure(w, gap);
	for (c = 0; c < w->n_columns; c++) {
		w->column_x[c] = x;
		x += w->column_width[c];
		x += c + 1 < w->n_columns ? gap[c] : 0;
	}
	free(gap);
	/* A box that is wider for other reasons has its contents in the middle.
	 */
	more = f->min_width > x ? f->min_width - x : 0;
	for (c = 1; c < w->n_columns; c++)
		w->column_x[c] += c + 1 < w->n_columns ? more / 2 : more;
	f->width = x + more;
	for (i = 0; i < f->n_items; i++) {
		c = item_column(f, i);
		f->items[i].x = w->column_x[c] +
				(w->column_width[c] - f->items[i].width) / 2;
		f->items[i].y = w->elements[i].y;
	}
	return 0;
}

static void curve_make(const struct flow_work *w, const struct flow_link *l,
		       struct flow_curve *ret)
{
	const struct flow *f = w->f;
	uint32_t a = w->elements[l->left].column;
	uint32_t b = w->elements[l->right].column;

	*ret = (struct flow_curve){
		.net = l->net,
		.is_end = l->is_end,
		.x0 = w->column_x[a],
		.x1 = w->column_x[a] + w->column_width[a],
		.x2 = w->column_x[b],
		.x3 = w->column_x[b],
		.y0 = (int)flow_link_y(w, l, true),
		.y1 = (int)flow_link_y(w, l, false),
	};
	if (l->left_pin != FLOW_NONE)
		ret->x0 = f->items[l->left].x + f->items[l->left].width;
	if (l->right_pin != FLOW_NONE)
		ret->x3 = f->items[l->right].x;
}

static int curves_make(struct flow_work *w)
{
	struct flow *f = w->f;
	struct flow_net *net;
	struct flow_element *e;
	uint32_t i;

	f->curves = calloc(w->n_links + 1, sizeof(*f->curves));
	if (!f->curves)
		return -ENOMEM;
	for (i = 0; i < w->n_links; i++)
		curve_make(w, &w->links[i], &f->curves[f->n_curves++]);
	for (i = f->n_items; i < w->n_elements; i++) {
		e = &w->elements[i];
		net = &f->nets[e->net];
		if (e->column == 0 || e->column + 1 == w->n_columns)
			net->border_y = e->y + e->offset;
		if (e->width) {
			net->label_x =
				w->column_x[e->column] +
				(w->column_width[e->column] - e->width) / 2;
			net->label_y = e->y;
		}
	}
	return 0;
}

int flow_place(struct flow *f)
{
	struct flow_work w = { .f = f };
	uint32_t i;
	int r;

	for (i = 0; i < f->n_pins; i++)
		if (f->pins[i].item != FLOW_BORDER &&
		    !f->items[f->pins[i].item].is_fixed)
			f->pins[i].offset =
				f->items[f->pins[i].item].height / 2;
	r = work_make(&w);
	if (!r) {
		flow_order(&w);
		r = flow_fit(&w);
	}
	if (!r)
		r = columns_place(&w);
	if (!r)
		r = curves_make(&w);
	work_fini(&w);
	return r;
}
