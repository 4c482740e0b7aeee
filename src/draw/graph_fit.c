/*
 * The heights of a flow's elements: for the order that they have, the best fit,
 * in the sense of least squares, to straight lines (pool adjacent violators).
 */
#include <errno.h>
#include <stdlib.h>

#include "draw/graph_flow_work.h"

enum {
	PIN_DISTANCE = 14,
	PIN_MARGIN = 8, /* from the corners */
	N_ROUNDS = 6,
};

int flow_pins_height(uint32_t n)
{
	return n > 1000 ? 1000 * PIN_DISTANCE : (int)n * PIN_DISTANCE;
}

/* ---- pins ---- */

/* One pin of an item that may be moved. */
struct pin_place {
	uint32_t item, pin;
	bool is_left;
	double y; /* of the line's other end */
};

static int pin_compare(const void *a, const void *b)
{
	const struct pin_place *x = a, *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	if (x->is_left != y->is_left)
		return x->is_left ? -1 : 1;
	if (x->y < y->y || x->y > y->y)
		return x->y < y->y ? -1 : 1;
	return (x->pin > y->pin) - (x->pin < y->pin);
}

/* Around the middle of the side; or, if heights are settled, where the lines
 * are straight, as far as the side reaches. */
static void pins_spread(const struct flow_work *w,
			const struct pin_place *places, uint32_t n,
			bool settled)
{
	struct flow_pin *pins = w->f->pins;
	int height = w->f->items[places->item].height;
	int distance = (height - 2 * PIN_MARGIN) / (int)(n > 1 ? n - 1 : 1);
	int i, offset, low, high, count = (int)n, wish = 0;

	if (distance > PIN_DISTANCE)
		distance = PIN_DISTANCE;
	for (i = 0; i < count; i++) {
		offset = height / 2 + (2 * i - count + 1) * distance / 2;
		if (settled)
			wish = (int)places[i].y - w->elements[places->item].y;
		/* One line alone that cannot be straight begins in the
		 * middle. */
		if (settled && (count > 1 || (wish >= PIN_MARGIN &&
					      wish <= height - PIN_MARGIN)))
			offset = wish;
		/* Room for those above and below. */
		low = i ? pins[places[i - 1].pin].offset + distance
			: PIN_MARGIN;
		high = height - PIN_MARGIN - (count - 1 - i) * distance;
		offset = offset > high ? high : offset;
		pins[places[i].pin].offset = offset < low ? low : offset;
	}
}

/* Pins in the order in which their lines come, so that these do not cross. */
static int flow_pins_place(struct flow_work *w, bool settled)
{
	struct flow *f = w->f;
	struct pin_place *places = calloc(w->n_links + 1, sizeof(*places));
	uint32_t n = 0, i, first;
	const struct flow_link *l;
	bool at_left;

	if (!places)
		return -ENOMEM;
	for (i = 0; i < w->n_links; i++) {
		l = &w->links[i];
		at_left = l->left_pin != FLOW_NONE;
		if (!at_left && l->right_pin == FLOW_NONE)
			continue;
		places[n] = (struct pin_place){
			.item = at_left ? l->left : l->right,
			.pin = at_left ? l->left_pin : l->right_pin,
			.is_left = !at_left,
			.y = flow_link_y(w, l, !at_left),
		};
		n += !f->items[places[n].item].is_fixed;
	}
	qsort(places, n, sizeof(*places), pin_compare);
	for (first = 0; first < n; first = i) {
		for (i = first + 1;
		     i < n && places[i].item == places[first].item &&
		     places[i].is_left == places[first].is_left;
		     i++)
			;
		pins_spread(w, places + first, i - first, settled);
	}
	free(places);
	return 0;
}

/* ---- heights ---- */

/* Where the element's top should be for straight lines on the sides that are
 * looked at, and how much that counts. */
static double element_wish(const struct flow_work *w, uint32_t e, bool left,
			   bool right, double *ret_weight)
{
	double sum = 0, weight = 0, one, own;
	const struct flow_link *l;
	const uint32_t *links;
	uint32_t n, i, side, other;

	for (side = 0; side < 2; side++) {
		if (side == 0 ? !left : !right)
			continue;
		links = flow_links_of(w, e, side == 0, &n);
		for (i = 0; i < n; i++) {
			l = &w->links[links[i]];
			other = side == 0 ? l->left : l->right;
			own = flow_link_y(w, l, side != 0) - w->elements[e].y;
			/* Long lines bend least. */
			one = w->elements[e].net == FLOW_NONE ? 1 : 3;
			one *= w->elements[other].net == FLOW_NONE ? 1 : 3;
			sum += one * (flow_link_y(w, l, side == 0) - own);
			weight += one;
		}
	}
	*ret_weight = weight > 0 ? weight : 0.01;
	return weight > 0 ? sum / weight : w->elements[e].y;
}

static int rounded(double y)
{
	return (int)(y < 0 ? y - 0.5 : y + 0.5);
}

/* The heights nearest to the wishes that keep order and distances: blocks of
 * neighbours that would overlap move as one. */
static void column_fit(struct flow_work *w, uint32_t column, bool left,
		       bool right)
{
	uint32_t first = w->column_first[column], i, n = 0, k;
	uint32_t end = w->column_first[column + 1];
	double weight, value;
	int stacked = 0;

	for (i = first; i < end; i++) {
		struct flow_element *e = &w->elements[w->order[i]];

		value = element_wish(w, w->order[i], left, right, &weight);
		if (i > first)
			stacked +=
				w->elements[w->order[i - 1]].height +
				flow_spacing(&w->elements[w->order[i - 1]], e);
		/* From here on, the height it has if all before are stacked. */
		e->key = stacked;
		w->fit_value[n] = value - stacked;
		w->fit_weight[n] = weight;
		w->fit_count[n++] = 1;
		while (n > 1 && w->fit_value[n - 2] > w->fit_value[n - 1]) {
			weight = w->fit_weight[n - 2] + w->fit_weight[n - 1];
			w->fit_value[n - 2] =
				(w->fit_value[n - 2] * w->fit_weight[n - 2] +
				 w->fit_value[n - 1] * w->fit_weight[n - 1]) /
				weight;
			w->fit_weight[n - 2] = weight;
			w->fit_count[n - 2] += w->fit_count[n - 1];
			n--;
		}
	}
	for (i = first, k = 0; k < n; k++)
		for (; w->fit_count[k]; w->fit_count[k]--, i++)
			w->elements[w->order[i]].y =
				rounded(w->fit_value[k]) +
				(int)w->elements[w->order[i]].key;
}

static void columns_fit(struct flow_work *w, bool rightwards, bool both)
{
	uint32_t c, column;

	for (c = 0; c < w->n_columns; c++) {
		column = rightwards ? c : w->n_columns - 1 - c;
		column_fit(w, column, rightwards || both, !rightwards || both);
	}
}

int flow_fit(struct flow_work *w)
{
	int top = 0, bottom = 0;
	uint32_t i;

	if (flow_pins_place(w, false) < 0)
		return -ENOMEM;
	for (i = 0; i < N_ROUNDS; i++) {
		columns_fit(w, true, false);
		columns_fit(w, false, false);
		columns_fit(w, true, true);
		if (flow_pins_place(w, i > 0) < 0)
			return -ENOMEM;
	}
	columns_fit(w, false, true);
	columns_fit(w, true, true);
	if (flow_pins_place(w, true) < 0)
		return -ENOMEM;
	for (i = 0; i < w->n_elements; i++) {
		if (!i || w->elements[i].y < top)
			top = w->elements[i].y;
		if (!i || w->elements[i].y + w->elements[i].height > bottom)
			bottom = w->elements[i].y + w->elements[i].height;
	}
	for (i = 0; i < w->n_elements; i++)
		w->elements[i].y -= top;
	w->f->height = bottom - top;
	return 0;
}
