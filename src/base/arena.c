/*
 * Arenas are a chain of blocks; the newest block is carved from the front. A
 * request that does not fit starts a new block, twice the size of the last one
 * up to ARENA_BLOCK_MAX, so that small manifests cost little and large ones
 * cost few calls.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	ARENA_BLOCK_MIN = 1024,
	ARENA_BLOCK_MAX = 64 * 1024,
	ARENA_ALIGN = _Alignof(max_align_t),
};

struct arena_block {
	struct arena_block *next;
	size_t n, capacity;
	_Alignas(max_align_t) unsigned char bytes[];
};

void arena_fini(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena)ARENA_INIT;
}

static struct arena_block *arena_grow(struct arena *a, size_t n)
{
	size_t capacity = a->blocks ? a->blocks->capacity * 2 : ARENA_BLOCK_MIN;
	struct arena_block *b;

	if (capacity > ARENA_BLOCK_MAX)
		capacity = ARENA_BLOCK_MAX;
	if (capacity < n)
		capacity = n;
	if (capacity > SIZE_MAX - sizeof(*b))
		return NULL;

	b = malloc(sizeof(*b) + capacity);
	if (!b)
		return NULL;
	b->n = 0;
	b->capacity = capacity;
	b->next = a->blocks;
	a->blocks = b;
	a->n_bytes += sizeof(*b) + capacity;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct arena_block *b = a->blocks;
	void *p;

	if (n > SIZE_MAX - ARENA_ALIGN)
		return NULL;
	n = (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!b || b->capacity - b->n < n) {
		b = arena_grow(a, n);
		if (!b)
			return NULL;
	}
	p = b->bytes + b->n;
	b->n += n;
	return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	return arena_alloc(a, n * size);
}

char *arena_copy(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (p && n)
		memcpy(p, s, n);
	return p;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return NULL;

	p = arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return p;
}
