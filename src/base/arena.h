/*
 * Arenas: memory that is freed all at once.
 *
 * For things that are built together and die together: a parsed file, a
 * manifest, one answer. Not thread-safe.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/own.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	/* Bytes taken from the heap so far, for accounts and bounds. */
	size_t n_bytes;
};

#define ARENA_INIT                                                             \
	{                                                                      \
		NULL, 0                                                        \
	}

void arena_fini(struct arena *a);

/* @n zeroed bytes, aligned for any object. NULL when memory ran out. */
void *arena_alloc(struct arena *a, size_t n);

/* A zeroed array; NULL also when n * size would overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* A zero-terminated copy of the @n bytes at @s. */
char *arena_copy(struct arena *a, const char *s, size_t n);

/* A zero-terminated formatted string. */
char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define arena_new(a, type) ((type *)arena_alloc(a, sizeof(type)))
