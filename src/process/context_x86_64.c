/* The first frame of a stack, as context_switch() expects to find it. */
#include "process/context.h"

#include <stdint.h>

void context_begin(void);

void context_make(struct context *c, void *lowest, size_t n,
		  void (*entry)(void))
{
	uintptr_t top = ((uintptr_t)lowest + n) & ~(uintptr_t)15;
	/* r15, r14, r13, r12, rbx, rbp, where to go on; what is left is aligned
	 * as before a call. */
	void **frame = (void **)top - 9;

	frame[0] = frame[1] = frame[2] = frame[3] = NULL;
	frame[4] = (void *)(uintptr_t)entry;
	frame[5] = NULL;
	frame[6] = (void *)(uintptr_t)context_begin;
	c->sp = frame;
}
