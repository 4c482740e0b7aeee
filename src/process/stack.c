/*
 * Workers exchange stacks with the slabs by half a cache at a time, so that the
 * lock is met once in 32 spawns.
 */
#include "process/stack.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "process/guard.h"
#include "process/slab.h"

enum { EXCHANGE = STACK_CACHE_MAX / 2 };

/* ---- one by one ---- */

static int stack_map(size_t size, void **ret)
{
	size_t n = guard_stride(size);
	char *base = slab_map(n);

	if (!base)
		return -ENOMEM;
	madvise(base, n, MADV_NOHUGEPAGE);
	if (guard_install(base) < 0) {
		munmap(base, n);
		return -ENOMEM;
	}
	*ret = base + guard_size();
	return 0;
}

static void stack_unmap(void *take_lowest, size_t size)
{
	size_t n = guard_stride(size);
	char *base = (char *)take_lowest - guard_size();

	/* Refused as a slab may be; then at least its memory goes back. */
	if (munmap(base, n) < 0)
		madvise(base, n, MADV_DONTNEED);
}

/* ---- what others call ---- */

static __attribute__((noinline, cold)) int
stack_get_slowly(struct stack_cache *c, size_t size, void **ret)
{
	if (size != slab_usual)
		return stack_map(size, ret);
	if (!c)
		return slab_take(1, ret) == 1 ? 0 : -ENOMEM;
	c->n = slab_take(EXCHANGE, c->free);
	if (c->n == 0)
		return -ENOMEM;
	*ret = c->free[--c->n];
	return 0;
}

int stack_get(struct stack_cache *c, size_t size, void **ret)
{
	if (!c || c->n == 0 || size != slab_usual)
		return stack_get_slowly(c, size, ret);
	*ret = c->free[--c->n];
	return 0;
}

static __attribute__((noinline, cold)) void
stack_put_slowly(struct stack_cache *c, void *take_lowest, size_t size)
{
	unsigned i;

	if (size != slab_usual) {
		stack_unmap(take_lowest, size);
		return;
	}
	if (!c) {
		slab_give(1, &take_lowest);
		return;
	}
	/* The lower half was freed longest ago. */
	slab_give(EXCHANGE, c->free);
	c->n -= EXCHANGE;
	for (i = 0; i < c->n; i++)
		c->free[i] = c->free[i + EXCHANGE];
	c->free[c->n++] = take_lowest;
}

void stack_put(struct stack_cache *c, void *take_lowest, size_t size)
{
	if (!c || c->n == STACK_CACHE_MAX || size != slab_usual) {
		stack_put_slowly(c, take_lowest, size);
		return;
	}
	c->free[c->n++] = take_lowest;
}

void stack_cache_fini(struct stack_cache *c)
{
	slab_give(c->n, c->free);
	c->n = 0;
}

void stack_set_usual(size_t size)
{
	slab_usual = size;
}

void stack_free_all(void)
{
	slab_free_all();
}

bool stack_is_guard(const void *lowest, const void *address)
{
	uintptr_t end = (uintptr_t)lowest, at = (uintptr_t)address;

	return at < end && at >= end - guard_size();
}

size_t stack_used(const void *lowest, size_t size)
{
	unsigned char resident[64];
	char *at = (char *)(uintptr_t)lowest;
	size_t n = guard_stride(size) - guard_size(), offset, i, part;

	for (offset = 0; offset < n; offset += part) {
		part = n - offset;
		if (part > sizeof(resident) * guard_size())
			part = sizeof(resident) * guard_size();
		if (mincore(at + offset, part, resident) < 0)
			return 0;
		for (i = 0; i < part / guard_size(); i++)
			if (resident[i] & 1)
				return n - offset - i * guard_size();
	}
	return 0;
}
