/* The first frame of a stack, as context_switch() expects to find it. */
#include "process/context.h"

#include <stdint.h>
#include <string.h>

void context_begin(void);

/* As context_switch() leaves it. */
struct frame {
	void *x29, *x30;
	void *x19_to_x28[10];
	double d8_to_d15[8];
};

_Static_assert(sizeof(struct frame) == 160, "as in context_aarch64.S");

void context_make(struct context *c, void *lowest, size_t n,
		  void (*entry)(void))
{
	uintptr_t top = ((uintptr_t)lowest + n) & ~(uintptr_t)15;
	struct frame *frame = (struct frame *)top - 1;

	memset(frame, 0, sizeof(*frame));
	frame->x30 = (void *)(uintptr_t)context_begin;
	frame->x19_to_x28[0] = (void *)(uintptr_t)entry;
	c->sp = frame;
}
