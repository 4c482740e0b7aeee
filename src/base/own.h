/*
 * Ownership, as declared at the variable that owns.
 *
 * A local that owns something says so with _cleanup_(x_freep); ownership moves
 * only by TAKE() or by a parameter whose name begins with take_.
 */
#pragma once

#include <stdlib.h>

#define _cleanup_(f) __attribute__((cleanup(f)))

/* Give up ownership: yields the value and leaves the variable empty (0). */
#define TAKE(p)                                                                \
	({                                                                     \
		__typeof__(p) *own_at_ = &(p);                                 \
		__typeof__(p) own_value_ = *own_at_;                           \
		*own_at_ = (__typeof__(p)){ 0 };                               \
		own_value_;                                                    \
	})

/* The same for a descriptor, whose empty value is -1. */
#define TAKE_FD(p)                                                             \
	({                                                                     \
		int *own_at_ = &(p);                                           \
		int own_value_ = *own_at_;                                     \
		*own_at_ = -1;                                                 \
		own_value_;                                                    \
	})

static inline void freep(void *p)
{
	free(*(void **)p);
}

#define _cleanup_free_ _cleanup_(freep)

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(p, type, member)                                          \
	((type *)((char *)(p) - __builtin_offsetof(type, member)))
