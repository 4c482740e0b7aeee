/*
 * Contexts: what a stack needs to be left and come back to.
 *
 * A switch saves the registers that the C calling convention leaves to the
 * callee on the stack that is left, and loads those of the other. It does not
 * touch the floating-point control words, the signal mask, or thread-local
 * storage: these belong to the thread. In assembly for x86-64 and aarch64; by
 * ucontext(3) elsewhere (or with -Dcontext=ucontext), ten times slower.
 */
#pragma once

#include <stddef.h>

struct context {
	void *sp;
#if defined(REEVE_CONTEXT_UCONTEXT)
	void *ucontext; /* on the stack that it belongs to */
#endif
};

/* Prepare @c so that the first switch to it calls @entry, on the stack of
 * @n bytes from @lowest. @entry must not return. */
void context_make(struct context *c, void *lowest, size_t n,
		  void (*entry)(void));

/* Leave, so that a switch to *@save returns from this call; go on at @load. */
void context_switch(struct context *save, const struct context *load);
