/*
 * The order of a flow's columns: sweeps to and fro put each element at the mean
 * of its neighbours.
 */
#include <stdlib.h>

#include "draw/graph_flow_work.h"

enum {
	SPACE_ITEMS = 18,
	SPACE_LINES = 4,
	N_SWEEPS = 10,
};

/* ---- indices: counting sorts ---- */

static void index_links(struct flow_work *w, bool by_left)
{
	uint32_t *first = by_left ? w->left_first : w->right_first;
	uint32_t *by = by_left ? w->by_left : w->by_right;
	uint32_t i, e;

	for (i = 0; i < w->n_links; i++) {
		e = by_left ? w->links[i].left : w->links[i].right;
		first[e + 2]++;
	}
	for (i = 2; i < w->n_elements + 2; i++)
		first[i] += first[i - 1];
	/* Filling moves each beginning to its end, which is the next one's. */
	for (i = 0; i < w->n_links; i++) {
		e = by_left ? w->links[i].left : w->links[i].right;
		by[first[e + 1]++] = i;
	}
}

static void index_columns(struct flow_work *w)
{
	uint32_t i, c;
	uint32_t *first = w->column_first;

	for (i = 0; i < w->n_elements; i++)
		first[w->elements[i].column]++;
	for (c = 1; c <= w->n_columns; c++)
		first[c] += first[c - 1];
	/* From behind, so that equal ones keep their order. */
	for (i = w->n_elements; i-- > 0;)
		w->order[--first[w->elements[i].column]] = i;
}

/* ---- the order in the columns ---- */

double flow_link_y(const struct flow_work *w, const struct flow_link *l,
		   bool at_left)
{
	uint32_t e = at_left ? l->left : l->right;
	uint32_t pin = at_left ? l->left_pin : l->right_pin;

	return w->elements[e].y + (pin == FLOW_NONE ? w->elements[e].offset
						    : w->f->pins[pin].offset);
}

int flow_spacing(const struct flow_element *above,
		 const struct flow_element *below)
{
	return above->net == FLOW_NONE || below->net == FLOW_NONE ? SPACE_ITEMS
								  : SPACE_LINES;
}

/* Put a column's elements below each other, around the middle. */
static void column_stack(struct flow_work *w, uint32_t column)
{
	uint32_t first = w->column_first[column], i;
	uint32_t end = w->column_first[column + 1];
	struct flow_element *e;
	int y = 0;

	for (i = first; i < end; i++) {
		e = &w->elements[w->order[i]];
		if (i > first)
			y += flow_spacing(&w->elements[w->order[i - 1]], e);
		e->y = y;
		y += e->height;
	}
	for (i = first; i < end; i++)
		w->elements[w->order[i]].y -= y / 2;
}

const uint32_t *flow_links_of(const struct flow_work *w, uint32_t e,
			      bool to_left, uint32_t *ret_n)
{
	const uint32_t *first = to_left ? w->right_first : w->left_first;

	*ret_n = first[e + 1] - first[e];
	return (to_left ? w->by_right : w->by_left) + first[e];
}

static void element_rate(struct flow_work *w, uint32_t e, bool to_left)
{
	struct flow_element *element = &w->elements[e];
	double sum = 0;
	uint32_t n, i;
	const uint32_t *links = flow_links_of(w, e, to_left, &n);

	for (i = 0; i < n; i++)
		sum += flow_link_y(w, &w->links[links[i]], to_left);
	element->key = n ? sum / n : element->y + element->height / 2.0;
}

static int order_compare(const void *a, const void *b, void *userdata)
{
	const struct flow_work *w = userdata;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	double k = w->elements[x].key, l = w->elements[y].key;

	if (k < l || k > l)
		return k < l ? -1 : 1;
	return (x > y) - (x < y);
}

static void column_sort(struct flow_work *w, uint32_t column)
{
	uint32_t first = w->column_first[column];

	qsort_r(w->order + first, w->column_first[column + 1] - first,
		sizeof(*w->order), order_compare, w);
	column_stack(w, column);
}

void flow_order(struct flow_work *w)
{
	uint32_t i, c, k, column;
	bool to_left;

	index_links(w, true);
	index_links(w, false);
	index_columns(w);
	for (c = 0; c < w->n_columns; c++)
		column_sort(w, c);
	for (i = 0; i < N_SWEEPS; i++) {
		to_left = i % 2 == 0;
		for (c = 0; c < w->n_columns; c++) {
			column = to_left ? c : w->n_columns - 1 - c;
			for (k = w->column_first[column];
			     k < w->column_first[column + 1]; k++)
				element_rate(w, w->order[k], to_left);
			column_sort(w, column);
		}
	}
}
