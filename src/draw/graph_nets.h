/*
 * From edges anywhere in a tree to nets inside one box each: an edge leaves the
 * boxes that it begins in through their sides, passes to a neighbour in the box
 * that holds both ends, and enters the boxes that it ends in.
 */
#pragma once

#include "draw/graph_model.h"

/* One end of a net: a child of the box, and there the net that goes on, or
 * GRAPH_NONE if the child is what it is about. */
struct net_end {
	uint32_t node, inner;
};

struct net_spoke {
	struct net_end end;
	uint32_t next;
};

struct net {
	uint32_t box, bundle;
	struct net_end hub;   /* node GRAPH_NONE: the border */
	uint32_t first_spoke; /* GRAPH_NONE: the border */
	uint32_t n_spokes;
	bool is_mirrored; /* the hub is on the left */
	bool has_label;	  /* here the edge passes between neighbours */
	uint32_t next;	  /* in the same box */
	uint32_t reach;	  /* how many layers it spans */
	int border_y;	  /* for who lays it out */
};

/* Edges that run together: the sorted edges from @first on. */
struct net_bundle {
	size_t first, n;
	uint32_t box; /* that holds all ends */
	bool is_mirrored;
};

struct nets {
	const struct graph_edge **edges; /* sorted by bundle */
	struct net_bundle *bundles;
	size_t n_bundles;
	struct net *nets;
	uint32_t n_nets;
	struct net_spoke *spokes;
	uint32_t n_spokes;
	/* By node: its layer in its parent, how many layers are in it, its
	 * nets, and how many lines touch its sides. */
	uint32_t *layer, *n_layers, *first_net, *n_left, *n_right;
	size_t n_left_out; /* edges that are in no bundle: it were too many */
};

/* The caller owns *ret (nets_fini). 0 or -ENOMEM. */
int nets_make(const struct graph_model *m, struct nets *ret);
void nets_fini(struct nets *n);
