/*
 * First every edge is lifted to the two neighbours below the box that holds
 * both ends; these decide the layers, and so on which side of which box each
 * edge passes. Then edges that say the same are bundled, and each bundle is
 * laid through the boxes, from its target and from each of its sources, until
 * it meets itself.
 */
#include "draw/graph_nets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "draw/graph_layers.h"

/* Layers that all nets may span together; a picture with more is none. */
enum { LAYERS_MAX = 100000 };

struct lift {
	const struct graph_edge *edge;
	uint32_t box;
	struct layer_edge between;
	bool is_mirrored;
};

struct making {
	const struct graph_model *m;
	struct nets *n;
	struct lift *lifts;
	uint32_t *depth;
	/* By box: the bundle that was last laid through it, and its net. */
	uint32_t *stamp, *net_of;
	uint32_t nets_capacity, spokes_capacity;
	size_t n_spanned;
};

/* ---- neighbours ---- */

static void edge_lift(const struct making *k, const struct graph_edge *e,
		      struct lift *ret)
{
	const struct graph_node *nodes = k->m->nodes;
	uint32_t a = e->from, b = e->to;

	while (k->depth[a] > k->depth[b])
		a = nodes[a].parent;
	while (k->depth[b] > k->depth[a])
		b = nodes[b].parent;
	while (nodes[a].parent != nodes[b].parent) {
		a = nodes[a].parent;
		b = nodes[b].parent;
	}
	*ret = (struct lift){
		.edge = e,
		.box = nodes[a].parent,
		.between = { a, b },
	};
}

static int lift_compare(const void *a, const void *b)
{
	const struct lift *x = a, *y = b;

	if (x->box != y->box)
		return x->box < y->box ? -1 : 1;
	return (x->edge > y->edge) - (x->edge < y->edge);
}

static int layers_make(struct making *k)
{
	size_t n = k->m->n_edges, first, i, j;
	struct layer_edge *edges = calloc(n + 1, sizeof(*edges));
	int r = edges ? 0 : -ENOMEM;

	for (i = 0; i < n; i++)
		edge_lift(k, &k->m->edges[i], &k->lifts[i]);
	qsort(k->lifts, n, sizeof(*k->lifts), lift_compare);
	for (first = 0; first < n && !r; first = i) {
		for (i = first; i < n && k->lifts[i].box == k->lifts[first].box;
		     i++)
			edges[i - first] = k->lifts[i].between;
		r = layers_assign(edges, i - first, k->n->layer,
				  &k->n->n_layers[k->lifts[first].box]);
		for (j = first; j < i && !r; j++)
			k->lifts[j].is_mirrored =
				k->n->layer[k->lifts[j].between.from] >
				k->n->layer[k->lifts[j].between.to];
	}
	free(edges);
	return r;
}

/* ---- bundles ---- */

static int labels_compare(const struct graph_edge *x,
			  const struct graph_edge *y)
{
	size_t i;
	int r = 0;

	if (x->n_labels != y->n_labels)
		return x->n_labels < y->n_labels ? -1 : 1;
	for (i = 0; i < x->n_labels && !r; i++)
		r = strcmp(x->labels[i], y->labels[i]);
	return r;
}

/* 0: they run together. */
static int bundle_compare(const struct lift *x, const struct lift *y)
{
	if (x->box != y->box)
		return x->box < y->box ? -1 : 1;
	if (x->edge->to != y->edge->to)
		return x->edge->to < y->edge->to ? -1 : 1;
	if (x->is_mirrored != y->is_mirrored)
		return x->is_mirrored ? 1 : -1;
	if (x->edge->is_broken != y->edge->is_broken)
		return x->edge->is_broken ? 1 : -1;
	if (x->edge->is_weak != y->edge->is_weak)
		return x->edge->is_weak ? 1 : -1;
	return labels_compare(x->edge, y->edge);
}

static int bundled_compare(const void *a, const void *b)
{
	const struct lift *x = a, *y = b;
	int r = bundle_compare(x, y);

	return r ? r : (x->edge > y->edge) - (x->edge < y->edge);
}

static void bundles_make(struct making *k)
{
	struct nets *n = k->n;
	size_t count = k->m->n_edges, first, i;

	qsort(k->lifts, count, sizeof(*k->lifts), bundled_compare);
	for (first = 0; first < count; first = i) {
		for (i = first; i < count &&
				!bundle_compare(&k->lifts[first], &k->lifts[i]);
		     i++)
			n->edges[i] = k->lifts[i].edge;
		n->bundles[n->n_bundles++] = (struct net_bundle){
			.first = first,
			.n = i - first,
			.box = k->lifts[first].box,
			.is_mirrored = k->lifts[first].is_mirrored,
		};
	}
}

/* ---- nets ---- */

/* The array with room for one more; NULL: no memory, and it is as it was. */
static void *grown(void *array, uint32_t n, uint32_t *capacity, size_t size)
{
	uint32_t more = *capacity ? 2 * *capacity : 64;
	void *moved;

	if (n < *capacity)
		return array;
	moved = reallocarray(array, more, size);
	if (moved)
		*capacity = more;
	return moved;
}

/* GRAPH_NONE: no memory. */
static uint32_t net_add(struct making *k, uint32_t box, uint32_t bundle)
{
	struct nets *n = k->n;
	struct net *moved;

	moved = grown(n->nets, n->n_nets, &k->nets_capacity, sizeof(*moved));
	if (!moved)
		return GRAPH_NONE;
	n->nets = moved;
	n->nets[n->n_nets] = (struct net){
		.box = box,
		.bundle = bundle,
		.hub = { GRAPH_NONE, GRAPH_NONE },
		.first_spoke = GRAPH_NONE,
		.is_mirrored = n->bundles[bundle].is_mirrored,
		.next = n->first_net[box],
	};
	n->first_net[box] = n->n_nets;
	k->n_spanned++;
	return n->n_nets++;
}

/* What does not decide about layers may be put into any. */
static uint32_t layer_of(const struct nets *n, const struct net *net,
			 struct net_end end)
{
	if (end.node == GRAPH_NONE)
		return net->is_mirrored ? 0 : n->n_layers[net->box] - 1;
	return n->layer[end.node] == GRAPH_NONE ? 0 : n->layer[end.node];
}

static void span_charge(struct making *k, struct net *net, struct net_end end)
{
	uint32_t a = layer_of(k->n, net, end);
	uint32_t b = layer_of(k->n, net, net->hub);
	uint32_t reach = a < b ? b - a : a - b;

	if (reach <= net->reach)
		return;
	k->n_spanned += reach - net->reach;
	net->reach = reach;
}

static bool spoke_add(struct making *k, uint32_t net, struct net_end end)
{
	struct nets *n = k->n;
	struct net_spoke *moved;

	moved = grown(n->spokes, n->n_spokes, &k->spokes_capacity,
		      sizeof(*moved));
	if (!moved)
		return false;
	n->spokes = moved;
	n->spokes[n->n_spokes] = (struct net_spoke){
		.end = end,
		.next = n->nets[net].first_spoke,
	};
	n->nets[net].first_spoke = n->n_spokes++;
	n->nets[net].n_spokes++;
	span_charge(k, &n->nets[net], end);
	if (n->nets[net].is_mirrored)
		n->n_left[end.node]++;
	else
		n->n_right[end.node]++;
	return true;
}

static void hub_set(struct making *k, uint32_t net, struct net_end end)
{
	struct nets *n = k->n;

	n->nets[net].hub = end;
	if (n->nets[net].is_mirrored)
		n->n_right[end.node]++;
	else
		n->n_left[end.node]++;
}

/* From the target out to the box of the bundle; the net there. */
static uint32_t target_lay(struct making *k, uint32_t bundle)
{
	const struct net_bundle *b = &k->n->bundles[bundle];
	struct net_end end = { k->n->edges[b->first]->to, GRAPH_NONE };
	uint32_t box, net;

	for (;;) {
		box = k->m->nodes[end.node].parent;
		net = net_add(k, box, bundle);
		if (net == GRAPH_NONE)
			return net;
		hub_set(k, net, end);
		/* From the border, perhaps all the way. */
		if (box != b->box)
			k->n_spanned += k->n->n_layers[box];
		if (box == b->box)
			return net;
		end = (struct net_end){ box, net };
	}
}

/* From a source out, until the bundle is met. */
static bool source_lay(struct making *k, uint32_t bundle, uint32_t source)
{
	struct net_end end = { source, GRAPH_NONE };
	uint32_t box, net;

	for (;;) {
		box = k->m->nodes[end.node].parent;
		if (k->stamp[box] == bundle + 1)
			return spoke_add(k, k->net_of[box], end);
		net = net_add(k, box, bundle);
		if (net == GRAPH_NONE || !spoke_add(k, net, end))
			return false;
		k->stamp[box] = bundle + 1;
		k->net_of[box] = net;
		end = (struct net_end){ box, net };
	}
}

static int bundle_lay(struct making *k, uint32_t bundle)
{
	const struct net_bundle *b = &k->n->bundles[bundle];
	uint32_t net;
	size_t i;

	if (k->n_spanned > LAYERS_MAX) {
		k->n->n_left_out += b->n;
		return 0;
	}
	net = target_lay(k, bundle);
	if (net == GRAPH_NONE)
		return -ENOMEM;
	k->n->nets[net].has_label = true;
	k->stamp[b->box] = bundle + 1;
	k->net_of[b->box] = net;
	for (i = 0; i < b->n; i++)
		if (!source_lay(k, bundle, k->n->edges[b->first + i]->from))
			return -ENOMEM;
	return 0;
}

/* What only passes lines on to the right stands there. */
static void layers_complete(struct making *k)
{
	struct nets *n = k->n;
	uint32_t i, box;

	for (i = 1; i < k->m->n_nodes; i++) {
		box = k->m->nodes[i].parent;
		if (box == GRAPH_NONE || n->layer[i] != GRAPH_NONE)
			continue;
		n->layer[i] = n->n_right[i] && !n->n_left[i]
				      ? n->n_layers[box] - 1
				      : 0;
	}
}

static int making_init(struct making *k)
{
	const struct graph_model *m = k->m;
	struct nets *n = k->n;
	uint32_t i;

	k->lifts = calloc(m->n_edges + 1, sizeof(*k->lifts));
	k->depth = calloc(m->n_nodes, sizeof(uint32_t));
	k->stamp = calloc(m->n_nodes, sizeof(uint32_t));
	k->net_of = calloc(m->n_nodes, sizeof(uint32_t));
	n->edges = calloc(m->n_edges + 1, sizeof(*n->edges));
	n->bundles = calloc(m->n_edges + 1, sizeof(*n->bundles));
	n->layer = calloc(m->n_nodes, sizeof(uint32_t));
	n->n_layers = calloc(m->n_nodes, sizeof(uint32_t));
	n->first_net = calloc(m->n_nodes, sizeof(uint32_t));
	n->n_left = calloc(m->n_nodes, sizeof(uint32_t));
	n->n_right = calloc(m->n_nodes, sizeof(uint32_t));
	if (!k->lifts || !k->depth || !k->stamp || !k->net_of || !n->edges ||
	    !n->bundles || !n->layer || !n->n_layers || !n->first_net ||
	    !n->n_left || !n->n_right)
		return -ENOMEM;
	for (i = 0; i < m->n_nodes; i++) {
		/* Parents have lower numbers. */
		if (m->nodes[i].parent != GRAPH_NONE)
			k->depth[i] = k->depth[m->nodes[i].parent] + 1;
		n->layer[i] = n->first_net[i] = GRAPH_NONE;
		n->n_layers[i] = 1;
	}
	return 0;
}

int nets_make(const struct graph_model *m, struct nets *ret)
{
	struct making k = { .m = m, .n = ret };
	uint32_t i;
	int r;

	*ret = (struct nets){ 0 };
	r = making_init(&k);
	if (!r)
		r = layers_make(&k);
	if (!r)
		bundles_make(&k);
	for (i = 0; i < ret->n_bundles && !r; i++)
		r = bundle_lay(&k, i);
	if (!r)
		layers_complete(&k);
	free(k.lifts);
	free(k.depth);
	free(k.stamp);
	free(k.net_of);
	if (r)
		nets_fini(ret);
	return r;
}

void nets_fini(struct nets *n)
{
	free(n->edges);
	free(n->bundles);
	free(n->nets);
	free(n->spokes);
	free(n->layer);
	free(n->n_layers);
	free(n->first_net);
	free(n->n_left);
	free(n->n_right);
	*n = (struct nets){ 0 };
}
