/*
 * Pairs: who can reach whom in a graph of authority, for all at once.
 *
 * A row of bits for each group of components that all reach each other; a bit
 * for each column that the caller gave a component, so that the rows of two
 * graphs can be laid beside each other.
 */
#pragma once

#include "route/reach.h"

enum {
	PAIRS_BYTES_MAX = 128 << 20,

	/* Verdict. */
	PAIRS_TOO_MANY = 1, /* the rows would need more memory than that */
};

struct pairs {
	size_t n_columns, n_words; /* of a row */
	uint32_t *row_of;	   /* by node */
	uint64_t *rows;
};

/*
 * @column has one below @n_columns for each realm of the graph, by node. 0 and
 * the caller owns *ret (pairs_fini); PAIRS_TOO_MANY; -ENOMEM.
 */
int pairs_take(const struct reach *g, const uint32_t *column, size_t n_columns,
	       struct pairs *ret);
void pairs_fini(struct pairs *p);

/* The bits of all whom the realm of @node reaches; its own may be among them.
 */
static inline const uint64_t *pairs_row(const struct pairs *p, uint32_t node)
{
	return p->rows + (size_t)p->row_of[node] * p->n_words;
}

static inline bool pairs_has(const struct pairs *p, uint32_t node,
			     uint32_t column)
{
	return pairs_row(p, node)[column / 64] >> (column % 64) & 1;
}
