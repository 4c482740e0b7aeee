/*
 * Stacks of processes, carved from slabs, with a guard page below each.
 *
 * Where a guard is a mapping of its own (see guard.h), vm.max_map_count is the
 * bound. Memory is touched as it is used, and by nobody here; the stacks freed
 * last are used first, for they are warm. Slabs that are wholly free go back to
 * the kernel but for a few.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { STACK_CACHE_MAX = 64 };

/* Of one worker; all zero is empty. */
struct stack_cache {
	unsigned n;
	void *free[STACK_CACHE_MAX];
};

/* A stack of @size bytes (a multiple of 4,096), not counting its guard: *ret is
 * its lowest byte. Sizes but the usual one are mapped one by one. -ENOMEM. Any
 * thread; the cache is the caller's, or NULL. */
int stack_get(struct stack_cache *c, size_t size, void **ret);
void stack_put(struct stack_cache *c, void *take_lowest, size_t size);
void stack_cache_fini(struct stack_cache *c);

/* The usual size; before any is made. */
void stack_set_usual(size_t size);

/* Give everything back: nobody uses any, and no cache has any. */
void stack_free_all(void);

/* Does @address lie in the guard of that stack? Signal handlers may ask. */
bool stack_is_guard(const void *lowest, const void *address);

/* How much of it was ever touched, in bytes. A system call. */
size_t stack_used(const void *lowest, size_t size);
