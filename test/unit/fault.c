/* The allocator's wrappers count down to the one that has to fail. */
#include "fault.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static long fault_countdown = -1;
static bool fault_hit;

static bool fault_now(void)
{
	if (fault_countdown < 0)
		return false;
	if (fault_countdown-- > 0)
		return false;
	fault_hit = true;
	return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
	return fault_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fault_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fault_now() ? NULL : __real_realloc(p, n);
}

unsigned fault_sweep(int (*fn)(void *arg), void *arg)
{
	unsigned n;
	int r;

	for (n = 0;; n++) {
		fault_countdown = (long)n;
		fault_hit = false;
		r = fn(arg);
		fault_countdown = -1;
		if (!fault_hit) {
			if (r < 0) {
				fprintf(stderr, "fails without a fault: %d\n",
					r);
				abort();
			}
			return n;
		}
		if (r >= 0) {
			fprintf(stderr, "allocation %u failed unnoticed\n", n);
			abort();
		}
	}
}
