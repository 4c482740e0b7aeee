/*
 * Layers: which of two neighbours stands further to the left.
 *
 * What uses stands left of what it uses, as far as that is possible: where
 * things use each other in a circle, one of its edges leads back.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* An edge between two nodes that are children of the same one. */
struct layer_edge {
	uint32_t from, to;
};

/*
 * Give layers, from 0, to all ends of @edges; @layers is indexed by node, and
 * those that are no end keep what they have. No edge stays in a layer. *ret:
 * how many layers there are. 0 or -ENOMEM. Linear, but for sorting.
 */
int layers_assign(const struct layer_edge *edges, size_t n, uint32_t *layers,
		  uint32_t *ret);
