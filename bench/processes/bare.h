/*
 * Bare processes: the floor that ours and the peers stand on.
 *
 * One thread, one run queue, an assembly switch straight from who waits to who
 * runs next, and a list of messages each, which are copied in and out. Nothing
 * is checked, nobody is interrupted, there is no second worker, no exit reason,
 * no guard page: what is left is what any such runtime has to do. A stack is
 * one page, its process stands on top of it, and both are used again when it
 * ends.
 *
 * x86-64 only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BARE_BYTES = 64, BARE_STACK = 4096, BARE_SLAB = 1 << 21 };

struct message {
	struct message *next;
	uint64_t tag;
	char bytes[BARE_BYTES];
};

struct process {
	void *stack_pointer;
	/* In the run queue, among the free ones, or waiting for room. */
	struct process *next;
	struct message *first, **last;
	size_t n_messages;
	struct process *blocked, **blocked_last; /* who wait for room */
	bool is_waiting;
	void (*fn)(void *arg);
	void *arg;
};

static struct process main_process, *current = &main_process;
static struct process *runnable, **runnable_last = &runnable;
static struct process *free_processes;
static struct message *free_messages;
static char *slab, *slab_end;

/* Save the registers that a call keeps, and go on where @to was saved. An
 * indirect jump, not a return: that one would be predicted wrong each time. */
void bare_switch(void **save, void *to);
__asm__(".text\n"
	".globl bare_switch\n"
	".type bare_switch, @function\n"
	"bare_switch:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	pop %rcx\n"
	"	jmp *%rcx\n"
	".size bare_switch, . - bare_switch\n");

enum { BARE_SAVED = 6 }; /* the registers above */

static inline void *slab_take(size_t n)
{
	char *taken;

	if ((size_t)(slab_end - slab) < n) {
		slab = mmap(NULL, BARE_SLAB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (slab == MAP_FAILED) {
			perror("mmap");
			exit(1);
		}
		/* A large page for 512 stacks would be the faster way to fill
		 * a million of them, and is not what others do. */
		madvise(slab, BARE_SLAB, MADV_NOHUGEPAGE);
		slab_end = slab + BARE_SLAB;
	}
	taken = slab;
	slab += n;
	return taken;
}

static inline void process_run_later(struct process *process)
{
	process->next = NULL;
	*runnable_last = process;
	runnable_last = &process->next;
}

/* Go on with whoever is next. The caller stands in a queue, waits, or ends. */
static inline void process_run_next(void)
{
	struct process *before = current;

	current = runnable;
	if (!current) {
		fputs("everybody waits\n", stderr);
		exit(1);
	}
	runnable = current->next;
	if (!runnable)
		runnable_last = &runnable;
	if (current != before)
		bare_switch(&before->stack_pointer, current->stack_pointer);
}

static inline void process_yield(void)
{
	process_run_later(current);
	process_run_next();
}

static inline void message_free(struct message *message)
{
	message->next = free_messages;
	free_messages = message;
}

static void process_begin(void)
{
	struct message *message;

	current->fn(current->arg);
	while ((message = current->first)) {
		current->first = message->next;
		message_free(message);
	}
	/* Nobody takes it before the switch below has left it. */
	current->next = free_processes;
	free_processes = current;
	process_run_next();
}

static inline void process_init(struct process *process)
{
	process->first = NULL;
	process->last = &process->first;
	process->n_messages = 0;
	process->blocked = NULL;
	process->blocked_last = &process->blocked;
	process->is_waiting = false;
}

/* Start a process; it runs when its turn comes. */
static inline struct process *process_new(void (*fn)(void *arg), void *arg)
{
	struct process *process = free_processes;
	void **stack;

	if (process)
		free_processes = process->next;
	else
		process = (void *)((char *)slab_take(BARE_STACK) + BARE_STACK -
				   sizeof(*process));
	process_init(process);
	process->fn = fn;
	process->arg = arg;

	/* As if it had been called: the stack is aligned but for the address
	 * to return to, which nobody uses. */
	stack = (void **)((uintptr_t)process & ~(uintptr_t)15);
	*--stack = NULL;
	*--stack = (void *)process_begin;
	stack -= BARE_SAVED;
	memset(stack, 0, BARE_SAVED * sizeof(*stack));
	process->stack_pointer = stack;
	process_run_later(process);
	return process;
}

static inline void process_send(struct process *to, uint64_t tag,
				const void *bytes, size_t n)
{
	struct message *message = free_messages;

	if (message)
		free_messages = message->next;
	else
		message = slab_take(sizeof(*message));
	message->next = NULL;
	message->tag = tag;
	memcpy(message->bytes, bytes, n);
	*to->last = message;
	to->last = &message->next;
	to->n_messages++;
	if (to->is_waiting) {
		to->is_waiting = false;
		process_run_later(to);
	}
}

static inline void process_wait(void)
{
	current->is_waiting = true;
	process_run_next();
}

/* Until @to has less than @most messages. */
static inline void process_wait_room(struct process *to, size_t most)
{
	while (to->n_messages >= most) {
		current->next = NULL;
		*to->blocked_last = current;
		to->blocked_last = &current->next;
		process_run_next();
	}
}

static inline void blocked_wake(void)
{
	struct process *process = current->blocked;

	current->blocked = process->next;
	if (!current->blocked)
		current->blocked_last = &current->blocked;
	process_run_later(process);
}

static inline void message_take(struct message **at, void *bytes, size_t n)
{
	struct message *message = *at;

	*at = message->next;
	if (!*at)
		current->last = at;
	current->n_messages--;
	memcpy(bytes, message->bytes, n);
	message_free(message);
	if (current->blocked)
		blocked_wake();
}

/* The next message, copied to @bytes; returns its tag. */
static inline uint64_t process_receive(void *bytes, size_t n)
{
	uint64_t tag;

	while (!current->first)
		process_wait();
	tag = current->first->tag;
	message_take(&current->first, bytes, n);
	return tag;
}

/* The first with that tag; the others stay. Each is looked at once. */
static inline void process_receive_tag(uint64_t tag, void *bytes, size_t n)
{
	struct message **at = &current->first;

	for (;;) {
		while (!*at)
			process_wait();
		if ((*at)->tag == tag)
			break;
		at = &(*at)->next;
	}
	message_take(at, bytes, n);
}
