/*
 * Guards: pages below a stack that nobody can touch.
 *
 * MADV_GUARD_INSTALL (Linux 6.13) makes one without splitting the mapping, so
 * that a million of them are possible; mprotect(2) elsewhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

/* The kernel's, which a guard has. */
static inline size_t guard_size(void)
{
	return (size_t)getpagesize();
}

/* Make the page at @at, of a private anonymous mapping, a guard. -ENOMEM. */
int guard_install(char *at);

/* A stack of @size bytes and its guard, in whole pages. */
static inline size_t guard_stride(size_t size)
{
	size_t n = guard_size();

	return ((size + n - 1) & ~(n - 1)) + n;
}

/* For tests: go on as if the kernel had only mprotect(2); false: find out
 * anew. */
void guard_force_mprotect(bool force);
