/*
 * Hash maps whose nodes are embedded in their elements.
 *
 * The map does not own its elements and does not know their keys: a look-up
 * yields the chain of nodes with an equal hash, and the caller compares. Hashes
 * are keyed per process (map_seed), so that names chosen by a component cannot
 * be aimed at one bucket.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct map_node {
	struct map_node *next;
	uint64_t hash;
};

struct map {
	struct map_node **buckets;
	size_t n_buckets; /* a power of two, or 0 */
	size_t n;
};

#define MAP_INIT                                                               \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/* Frees the buckets; the map must be empty. */
void map_fini(struct map *m);

/* Choose the key of all hashes. Once, before the first map is used. */
void map_seed(uint64_t k0, uint64_t k1);

uint64_t map_hash(const void *bytes, size_t n);
uint64_t map_hash_string(const char *s);

/* Adds @node under @hash. 0, or -ENOMEM and nothing changed. */
int map_link(struct map *m, struct map_node *node, uint64_t hash);
void map_unlink(struct map *m, struct map_node *node);

/* The first node with this hash, and the next one after @node; NULL if none. */
struct map_node *map_find(const struct map *m, uint64_t hash);
struct map_node *map_next(const struct map_node *node);
