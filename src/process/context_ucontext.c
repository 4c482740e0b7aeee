/*
 * The portable way: each switch saves and loads the signal mask too, by a
 * system call. All threads that run processes have the same one, so nobody sees
 * it.
 */
#include "process/context.h"

#include <stdint.h>
#include <ucontext.h>

void context_make(struct context *c, void *lowest, size_t n,
		  void (*entry)(void))
{
	uintptr_t top = ((uintptr_t)lowest + n) & ~(uintptr_t)63;
	ucontext_t *u = (ucontext_t *)((top - sizeof(*u)) & ~(uintptr_t)63);

	/* It cannot fail on the systems that have it. */
	getcontext(u);
	u->uc_stack.ss_sp = lowest;
	u->uc_stack.ss_size = (size_t)((char *)u - (char *)lowest);
	u->uc_link = NULL;
	makecontext(u, entry, 0);
	c->ucontext = u;
	c->sp = u;
}

void context_switch(struct context *save, const struct context *load)
{
	ucontext_t *to = load->ucontext, here;

	save->ucontext = &here;
	save->sp = &here;
	swapcontext(&here, to);
}
