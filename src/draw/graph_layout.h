/*
 * Where everything in a picture is: a box for each drawn node, inside its
 * parent's, and for each bundle of edges its curves and its labels.
 *
 * Edges to one node that say the same and begin below the same parent are one
 * bundle: they run together, with one label. Boxes next to each other do not
 * overlap, no curve crosses a box, and no label touches a curve of another
 * bundle or another label.
 */
#pragma once

#include "draw/graph_flow.h"
#include "draw/graph_model.h"

struct graph_box {
	int x, y, width, height; /* of all of it; in the picture */
};

struct graph_bundle {
	const struct graph_edge **edges;
	size_t n_edges;
	struct flow_curve *curves;
	size_t n_curves;
	bool is_mirrored; /* it leads from the right to the left */
	int label_x, label_y, label_width;
};

struct graph_layout {
	struct graph_box *boxes; /* by node */
	struct graph_bundle *bundles;
	size_t n_bundles;
	int width, height;
	/* Edges for which there was no room: more would take too long. */
	size_t n_left_out;
	/* What the others point into. */
	const struct graph_edge **edges;
	struct flow_curve *curves;
};

/* The caller owns *ret (graph_layout_fini). 0 or -ENOMEM. */
int graph_layout_make(const struct graph_model *m, struct graph_layout *ret);
void graph_layout_fini(struct graph_layout *l);
