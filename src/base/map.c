/*
 * Chained hashing with SipHash-1-3 (J.-P. Aumasson, D. J. Bernstein: "SipHash:
 * a fast short-input PRF", 2012; the 1-3 variant as used for hash tables).
 */
#include "base/map.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t map_key[2] = { 0x7265657665206d61, 0x70206b6579730a21 };

void map_seed(uint64_t k0, uint64_t k1)
{
	map_key[0] = k0;
	map_key[1] = k1;
}

static uint64_t rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t map_hash(const void *bytes, size_t n)
{
	uint64_t v[4] = { map_key[0] ^ 0x736f6d6570736575,
			  map_key[1] ^ 0x646f72616e646f6d,
			  map_key[0] ^ 0x6c7967656e657261,
			  map_key[1] ^ 0x7465646279746573 };
	const unsigned char *p = bytes;
	uint64_t word, last = (uint64_t)n << 56;
	size_t i;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&word, p, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (i = 0; i < n; i++)
		last |= (uint64_t)p[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t map_hash_string(const char *s)
{
	return map_hash(s, strlen(s));
}

void map_fini(struct map *m)
{
	assert(!m->n);
	free(m->buckets);
	*m = (struct map)MAP_INIT;
}

static int map_grow(struct map *m)
{
	size_t n_buckets = m->n_buckets ? m->n_buckets * 2 : 8, i;
	struct map_node **buckets, *node, *next;

	buckets = calloc(n_buckets, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < m->n_buckets; i++) {
		for (node = m->buckets[i]; node; node = next) {
			struct map_node **at =
				&buckets[node->hash & (n_buckets - 1)];

			next = node->next;
			node->next = *at;
			*at = node;
		}
	}
	free(m->buckets);
	m->buckets = buckets;
	m->n_buckets = n_buckets;
	return 0;
}

int map_link(struct map *m, struct map_node *node, uint64_t hash)
{
	struct map_node **at;
	int r;

	if (m->n >= m->n_buckets) {
		r = map_grow(m);
		/* A full table still works, only slower. */
		if (r < 0 && !m->n_buckets)
			return r;
	}
	at = &m->buckets[hash & (m->n_buckets - 1)];
	node->hash = hash;
	node->next = *at;
	*at = node;
	m->n++;
	return 0;
}

void map_unlink(struct map *m, struct map_node *node)
{
	struct map_node **at = &m->buckets[node->hash & (m->n_buckets - 1)];

	while (*at && *at != node)
		at = &(*at)->next;
	assert(*at);
	*at = node->next;
	node->next = NULL;
	m->n--;
}

struct map_node *map_find(const struct map *m, uint64_t hash)
{
	struct map_node *node;

	if (!m->n_buckets)
		return NULL;
	for (node = m->buckets[hash & (m->n_buckets - 1)]; node;
	     node = node->next)
		if (node->hash == hash)
			return node;
	return NULL;
}

struct map_node *map_next(const struct map_node *node)
{
	struct map_node *next;

	for (next = node->next; next; next = next->next)
		if (next->hash == node->hash)
			return next;
	return NULL;
}
