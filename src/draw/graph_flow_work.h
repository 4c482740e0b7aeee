/* What the steps of laying out a flow share; see graph_flow.c. */
#pragma once

#include "draw/graph_flow.h"

/* An item, or a net in one column. */
struct flow_element {
	uint32_t column;
	uint32_t net; /* FLOW_NONE: an item */
	int width, height;
	int offset; /* of its line, from its top; nets only */
	int y;
	double key; /* that its column is ordered by */
};

/* From the element @left to @right, in neighbouring columns. */
struct flow_link {
	uint32_t left, right;
	uint32_t left_pin, right_pin; /* of items */
	uint32_t net;
	bool is_end;
};

struct flow_work {
	struct flow *f;
	uint32_t n_columns;
	struct flow_element *elements;
	uint32_t n_elements;
	struct flow_link *links;
	uint32_t n_links;
	/* Elements by column, in order from the top; links by either end. */
	uint32_t *order, *column_first;
	uint32_t *by_left, *left_first, *by_right, *right_first;
	int *column_x, *column_width;
	double *fit_value, *fit_weight;
	uint32_t *fit_count;
};

/* Put the elements of each column in an order in which few lines cross. */
void flow_order(struct flow_work *w);

/* Find their heights in that order, and their pins' places. 0 or -ENOMEM. */
int flow_fit(struct flow_work *w);

/* The height of a link's end in the picture so far. */
double flow_link_y(const struct flow_work *w, const struct flow_link *l,
		   bool at_left);

/* What has to be free between two neighbours of a column. */
int flow_spacing(const struct flow_element *above,
		 const struct flow_element *below);

/* The links of an element to its left, or right. */
const uint32_t *flow_links_of(const struct flow_work *w, uint32_t e,
			      bool to_left, uint32_t *ret_n);
