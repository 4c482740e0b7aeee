/*
 * Columns are shared: a component of both trees has the same one, so its rows
 * before and after differ in just the pairs that were gained or lost. What the
 * component may open by itself is said of its uses; it is no indirect gain.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route/compare_build.h"
#include "route/pairs.h"

struct laid {
	const struct reach *before, *after;
	uint32_t *column_before, *column_after; /* by node */
	uint32_t *node_before, *node_after;	/* by column; REACH_NO_NODE */
	size_t n_columns;
	struct pairs pairs_before, pairs_after;
};

struct named {
	const char *moniker;
	uint32_t node;
};

static int named_compare(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->moniker,
		      ((const struct named *)b)->moniker);
}

static struct named *names_sorted(const struct reach *g)
{
	struct named *names = calloc(g->n_realms + 1, sizeof(*names));
	uint32_t i;

	if (!names)
		return NULL;
	for (i = 0; i < g->n_realms; i++)
		names[i] = (struct named){ g->realms[i]->moniker, i };
	qsort(names, g->n_realms, sizeof(*names), named_compare);
	return names;
}

static void laid_merge(struct laid *l, const struct named *old,
		       const struct named *new)
{
	size_t i = 0, j = 0;
	uint32_t column;
	int c;

	while (i < l->before->n_realms || j < l->after->n_realms) {
		c = i == l->before->n_realms ? 1
		    : j == l->after->n_realms
			    ? -1
			    : strcmp(old[i].moniker, new[j].moniker);
		column = (uint32_t)l->n_columns++;
		l->node_before[column] = l->node_after[column] = REACH_NO_NODE;
		if (c <= 0) {
			l->node_before[column] = old[i].node;
			l->column_before[old[i++].node] = column;
		}
		if (c >= 0) {
			l->node_after[column] = new[j].node;
			l->column_after[new[j++].node] = column;
		}
	}
}

static int laid_columns(struct laid *l)
{
	struct named *old = names_sorted(l->before);
	struct named *new = names_sorted(l->after);
	size_t n = l->before->n_realms + l->after->n_realms + 1;

	l->column_before = calloc(n, sizeof(*l->column_before));
	l->column_after = calloc(n, sizeof(*l->column_after));
	l->node_before = calloc(n, sizeof(*l->node_before));
	l->node_after = calloc(n, sizeof(*l->node_after));
	if (old && new && l->column_before && l->column_after &&
	    l->node_before && l->node_after) {
		laid_merge(l, old, new);
		free(old);
		free(new);
		return 0;
	}
	free(old);
	free(new);
	return -ENOMEM;
}

static void laid_fini(struct laid *l)
{
	free(l->column_before);
	free(l->column_after);
	free(l->node_before);
	free(l->node_after);
	pairs_fini(&l->pairs_before);
	pairs_fini(&l->pairs_after);
}

/* What @node opens without anybody between, as a row. */
static void row_direct(const struct reach *g, const uint32_t *column,
		       uint32_t node, uint64_t *row, bool set)
{
	uint32_t i, to;

	for (i = g->out.first[node]; i < g->out.first[node + 1]; i++) {
		to = g->edges[g->out.at[i]].to;
		if (to >= g->n_realms)
			continue;
		if (set)
			row[column[to] / 64] |= UINT64_C(1)
						<< (column[to] % 64);
		else
			row[column[to] / 64] = 0;
	}
}

/* Bits that are in @has, and in neither of the other rows; @has may be NULL. */
static size_t row_count(const uint64_t *has, const uint64_t *had,
			const uint64_t *direct, size_t n)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++)
		count += (size_t)__builtin_popcountll(
			has[i] & ~(had ? had[i] : 0) & ~direct[i]);
	return count;
}

static void gained_note(struct compare *c, const struct laid *l, uint32_t node,
			const uint64_t *has, const uint64_t *had,
			const uint64_t *direct)
{
	size_t n = c->n_gained < COMPARE_PAIRS_MAX ? c->n_gained
						   : COMPARE_PAIRS_MAX;
	uint64_t bits;
	uint32_t column;
	size_t i;

	for (i = 0; i < l->pairs_after.n_words; i++) {
		bits = has[i] & ~(had ? had[i] : 0) & ~direct[i];
		for (; bits && n < COMPARE_PAIRS_MAX; bits &= bits - 1) {
			column = (uint32_t)i * 64 +
				 (uint32_t)__builtin_ctzll(bits);
			c->gained[n++] = (struct change_pair){
				l->after->realms[node],
				l->after->realms[l->node_after[column]],
			};
		}
	}
}

/* One component's rows. @direct is a row of zeros, and is one again. */
static void compare_rows(struct compare *c, const struct laid *l,
			 uint32_t column, uint64_t *direct)
{
	uint32_t old = l->node_before[column], new = l->node_after[column];
	size_t n = l->pairs_after.n_words;
	const uint64_t *had =
		old == REACH_NO_NODE ? NULL : pairs_row(&l->pairs_before, old);
	const uint64_t *has =
		new == REACH_NO_NODE ? NULL : pairs_row(&l->pairs_after, new);

	/* Nobody gains itself. */
	direct[column / 64] |= UINT64_C(1) << (column % 64);
	if (has) {
		row_direct(l->after, l->column_after, new, direct, true);
		gained_note(c, l, new, has, had, direct);
		c->n_gained += row_count(has, had, direct, n);
		row_direct(l->after, l->column_after, new, direct, false);
	}
	direct[column / 64] |= UINT64_C(1) << (column % 64);
	if (had) {
		row_direct(l->before, l->column_before, old, direct, true);
		c->n_lost += row_count(had, has, direct, n);
		row_direct(l->before, l->column_before, old, direct, false);
	}
	direct[column / 64] = 0;
}

static int laid_compare(struct compare *c, struct laid *l)
{
	uint64_t *direct;
	uint32_t column;
	int k = pairs_take(l->before, l->column_before, l->n_columns,
			   &l->pairs_before);

	if (!k)
		k = pairs_take(l->after, l->column_after, l->n_columns,
			       &l->pairs_after);
	if (k)
		return k;
	direct = calloc(l->pairs_after.n_words, sizeof(*direct));
	if (!direct)
		return -ENOMEM;
	for (column = 0; column < l->n_columns; column++)
		compare_rows(c, l, column, direct);
	free(direct);
	c->has_pairs = true;
	return 0;
}

int compare_pairs(struct compare *c, const struct reach *before,
		  const struct reach *after)
{
	struct laid l = { .before = before, .after = after };
	int k = laid_columns(&l);

	if (!k)
		k = laid_compare(c, &l);
	laid_fini(&l);
	return k == PAIRS_TOO_MANY ? 0 : k;
}
