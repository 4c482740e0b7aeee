/*
 * Edges that lead back to where a search in depth still is are turned around;
 * what is left has no circles, and the layer is the longest way there. What is
 * used by nobody then moves right, next to what it uses.
 */
#include "draw/graph_layers.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/own.h"

/* The edges of one node are @edges[first[node]] and so on, by local number. */
struct search {
	struct layer_edge *edges; /* sorted; ends are local numbers */
	size_t n;
	uint32_t *nodes; /* by local number, ascending */
	uint32_t n_nodes;
	uint32_t *first, *at, *stack, *layer;
	bool *is_back;	     /* by edge */
	unsigned char *seen; /* 0 no, 1 on the stack, 2 done */
};

static int node_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int edge_compare(const void *a, const void *b)
{
	const struct layer_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

static uint32_t local(const struct search *s, uint32_t node)
{
	const uint32_t *found = bsearch(&node, s->nodes, s->n_nodes,
					sizeof(node), node_compare);

	return (uint32_t)(found - s->nodes);
}

static int search_make(struct search *s, const struct layer_edge *edges,
		       size_t n)
{
	size_t i;

	s->n = n;
	s->edges = calloc(n + 1, sizeof(*s->edges));
	s->nodes = calloc(2 * n + 1, sizeof(uint32_t));
	s->first = calloc(2 * n + 2, sizeof(uint32_t));
	s->at = calloc(2 * n + 2, sizeof(uint32_t));
	s->stack = calloc(2 * n + 2, sizeof(uint32_t));
	s->layer = calloc(2 * n + 2, sizeof(uint32_t));
	s->is_back = calloc(n + 1, sizeof(bool));
	s->seen = calloc(2 * n + 2, 1);
	if (!s->edges || !s->nodes || !s->first || !s->at || !s->stack ||
	    !s->layer || !s->is_back || !s->seen)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		s->nodes[2 * i] = edges[i].from;
		s->nodes[2 * i + 1] = edges[i].to;
	}
	qsort(s->nodes, 2 * n, sizeof(uint32_t), node_compare);
	for (i = 0; i < 2 * n; i++)
		if (!i || s->nodes[i] != s->nodes[s->n_nodes - 1])
			s->nodes[s->n_nodes++] = s->nodes[i];
	for (i = 0; i < n; i++)
		s->edges[i] = (struct layer_edge){ local(s, edges[i].from),
						   local(s, edges[i].to) };
	qsort(s->edges, n, sizeof(*s->edges), edge_compare);
	for (i = 0; i < n; i++)
		s->first[s->edges[i].from + 1]++;
	for (i = 0; i < s->n_nodes; i++)
		s->first[i + 1] += s->first[i];
	return 0;
}

static void search_fini(struct search *s)
{
	free(s->edges);
	free(s->nodes);
	free(s->first);
	free(s->at);
	free(s->stack);
	free(s->layer);
	free(s->is_back);
	free(s->seen);
}

static void search_from(struct search *s, uint32_t root)
{
	uint32_t depth = 0, node, to;

	s->stack[depth++] = root;
	s->seen[root] = 1;
	s->at[root] = s->first[root];
	while (depth) {
		node = s->stack[depth - 1];
		if (s->at[node] == s->first[node + 1]) {
			s->seen[node] = 2;
			depth--;
			continue;
		}
		to = s->edges[s->at[node]].to;
		s->is_back[s->at[node]++] = s->seen[to] == 1;
		if (s->seen[to])
			continue;
		s->seen[to] = 1;
		s->at[to] = s->first[to];
		s->stack[depth++] = to;
	}
}

/* Nodes of which nothing is missing any more, one after the other; @waits
 * counts for each what it waits for. The outcome is the order, in the stack's
 * room. */
static void search_order(struct search *s, uint32_t *waits)
{
	uint32_t done = 0, n = 0, node, e, i;

	for (i = 0; i < s->n_nodes; i++)
		if (!waits[i])
			s->stack[n++] = i;
	while (done < n) {
		node = s->stack[done++];
		for (e = s->first[node]; e < s->first[node + 1]; e++) {
			if (s->layer[s->edges[e].to] <= s->layer[node])
				s->layer[s->edges[e].to] = s->layer[node] + 1;
			if (!--waits[s->edges[e].to])
				s->stack[n++] = s->edges[e].to;
		}
	}
}

/* Turn around what leads back, and sort again. */
static void search_straighten(struct search *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->is_back[i])
			s->edges[i] = (struct layer_edge){ s->edges[i].to,
							   s->edges[i].from };
	qsort(s->edges, s->n, sizeof(*s->edges), edge_compare);
	for (i = 0; i <= s->n_nodes; i++)
		s->first[i] = 0;
	for (i = 0; i < s->n; i++)
		s->first[s->edges[i].from + 1]++;
	for (i = 0; i < s->n_nodes; i++)
		s->first[i + 1] += s->first[i];
}

static void search_layers(struct search *s)
{
	uint32_t *waits = s->at, i, e, nearest;
	size_t k;

	for (i = 0; i < s->n_nodes; i++)
		waits[i] = 0;
	for (k = 0; k < s->n; k++)
		waits[s->edges[k].to]++;
	search_order(s, waits);
	for (k = 0; k < s->n; k++)
		waits[s->edges[k].to]++;
	for (i = 0; i < s->n_nodes; i++) {
		if (waits[i])
			continue;
		nearest = UINT32_MAX;
		for (e = s->first[i]; e < s->first[i + 1]; e++)
			if (s->layer[s->edges[e].to] < nearest)
				nearest = s->layer[s->edges[e].to];
		if (nearest != UINT32_MAX)
			s->layer[i] = nearest - 1;
	}
}

int layers_assign(const struct layer_edge *edges, size_t n, uint32_t *layers,
		  uint32_t *ret)
{
	struct search s = { 0 };
	uint32_t i;
	int r;

	r = search_make(&s, edges, n);
	if (!r) {
		for (i = 0; i < s.n_nodes; i++)
			if (!s.seen[i])
				search_from(&s, i);
		search_straighten(&s);
		search_layers(&s);
		*ret = 0;
		for (i = 0; i < s.n_nodes; i++) {
			layers[s.nodes[i]] = s.layer[i];
			if (s.layer[i] >= *ret)
				*ret = s.layer[i] + 1;
		}
	}
	search_fini(&s);
	return r;
}
