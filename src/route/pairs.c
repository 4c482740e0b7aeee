/*
 * Tarjan's strongly connected components, without recursion: a tree's authority
 * may be one long chain. They are complete in reverse topological order, so
 * when one is, the rows of all that it leads to are there to be joined.
 */
#include "route/pairs.h"

#include <errno.h>
#include <stdlib.h>

enum { UNSEEN = 0 };

struct tarjan {
	const struct reach *g;
	struct pairs *to;
	const uint32_t *column;
	uint32_t *number; /* in the order they are seen; UNSEEN */
	uint32_t *low;
	uint32_t *next; /* the edge of each that is to be looked at */
	uint32_t *calls, *stack;
	size_t n_calls, n_stack, n_seen, n_rows;
};

static void tarjan_fini(struct tarjan *t)
{
	free(t->number);
	free(t->low);
	free(t->next);
	free(t->calls);
	free(t->stack);
}

static int tarjan_init(struct tarjan *t, const struct reach *g,
		       struct pairs *to, const uint32_t *column)
{
	size_t n = g->n_nodes + 1;

	*t = (struct tarjan){ .g = g, .to = to, .column = column };
	t->number = calloc(n, sizeof(*t->number));
	t->low = calloc(n, sizeof(*t->low));
	t->next = calloc(n, sizeof(*t->next));
	t->calls = calloc(n, sizeof(*t->calls));
	t->stack = calloc(n, sizeof(*t->stack));
	if (t->number && t->low && t->next && t->calls && t->stack)
		return 0;
	tarjan_fini(t);
	return -ENOMEM;
}

static void tarjan_enter(struct tarjan *t, uint32_t node)
{
	t->number[node] = t->low[node] = (uint32_t)++t->n_seen;
	t->next[node] = t->g->out.first[node];
	t->calls[t->n_calls++] = node;
	t->stack[t->n_stack++] = node;
}

static void row_join(struct pairs *p, uint32_t row, uint32_t with)
{
	uint64_t *to = p->rows + (size_t)row * p->n_words;
	const uint64_t *from = p->rows + (size_t)with * p->n_words;
	size_t i;

	if (row == with)
		return;
	for (i = 0; i < p->n_words; i++)
		to[i] |= from[i];
}

/* Join what one member of a row leads to. */
static void row_add(struct tarjan *t, uint32_t row, uint32_t node)
{
	const struct reach *g = t->g;
	uint32_t i, column;

	if (node < g->n_realms) {
		column = t->column[node];
		t->to->rows[(size_t)row * t->to->n_words + column / 64] |=
			UINT64_C(1) << (column % 64);
	}
	for (i = g->out.first[node]; i < g->out.first[node + 1]; i++)
		row_join(t->to, row, t->to->row_of[g->edges[g->out.at[i]].to]);
}

/* @root is the first seen of its component, whose others lie above it. */
static void tarjan_complete(struct tarjan *t, uint32_t root)
{
	uint32_t row = (uint32_t)t->n_rows++;
	size_t first = t->n_stack, i;

	do {
		first--;
		t->to->row_of[t->stack[first]] = row;
		/* No longer on the stack: nobody's low comes from it. */
		t->low[t->stack[first]] = UINT32_MAX;
	} while (t->stack[first] != root);
	for (i = first; i < t->n_stack; i++)
		row_add(t, row, t->stack[i]);
	t->n_stack = first;
}

static void low_take(struct tarjan *t, uint32_t node, uint32_t low)
{
	if (low < t->low[node])
		t->low[node] = low;
}

/* One step of the call that is at the top. */
static void tarjan_step(struct tarjan *t)
{
	uint32_t node = t->calls[t->n_calls - 1], to, low;

	if (t->next[node] < t->g->out.first[node + 1]) {
		to = t->g->edges[t->g->out.at[t->next[node]++]].to;
		if (t->number[to] == UNSEEN)
			tarjan_enter(t, to);
		else if (t->low[to] != UINT32_MAX)
			low_take(t, node, t->number[to]);
		return;
	}
	t->n_calls--;
	low = t->low[node];
	if (low == t->number[node])
		tarjan_complete(t, node);
	else
		low_take(t, t->calls[t->n_calls - 1], low);
}

int pairs_take(const struct reach *g, const uint32_t *column, size_t n_columns,
	       struct pairs *ret)
{
	struct pairs p = { .n_columns = n_columns,
			   .n_words = n_columns / 64 + 1 };
	struct tarjan t;
	uint32_t node;

	if (g->n_nodes > PAIRS_BYTES_MAX / (p.n_words * sizeof(*p.rows)))
		return PAIRS_TOO_MANY;
	p.rows = calloc((g->n_nodes + 1) * p.n_words, sizeof(*p.rows));
	p.row_of = calloc(g->n_nodes + 1, sizeof(*p.row_of));
	if (!p.rows || !p.row_of || tarjan_init(&t, g, &p, column)) {
		pairs_fini(&p);
		return -ENOMEM;
	}
	for (node = 0; node < g->n_nodes; node++) {
		if (t.number[node] == UNSEEN)
			tarjan_enter(&t, node);
		while (t.n_calls)
			tarjan_step(&t);
	}
	tarjan_fini(&t);
	*ret = p;
	return 0;
}

void pairs_fini(struct pairs *p)
{
	free(p->rows);
	free(p->row_of);
	*p = (struct pairs){ 0 };
}
