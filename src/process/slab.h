/*
 * Slabs: where stacks of the usual size are carved from.
 *
 * Any thread, by one lock: stacks are taken and given by the batch. Slabs that
 * are wholly free go back to the kernel but for a few.
 */
#pragma once

#include <stddef.h>

/* The usual size; stack.h sets it. */
extern size_t slab_usual;

/* Take up to @n stacks, guarded; *ret are their lowest bytes. Returns how many:
 * 0 means no memory, and less than @n that no more lay ready. */
unsigned slab_take(unsigned n, void **ret);

void slab_give(unsigned n, void *const *take_stacks);

/* Give everything back: nobody uses any. */
void slab_free_all(void);

/* New memory for stacks; NULL: there is none. */
void *slab_map(size_t n);

/* How many are mapped, wholly free ones included. */
size_t slab_count(void);
