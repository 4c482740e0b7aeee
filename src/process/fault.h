/*
 * Faults of processes: stacks that overflow, and what is said of a crash.
 *
 * SIGSEGV and SIGBUS whose address is in the guard of the stack in use end the
 * process and nothing else: the handler returns to where the runtime wants to
 * go on. For anything else, and for SIGFPE, SIGILL and SIGABRT, it says on
 * standard error which process it was and what that did last, and leaves the
 * signal to whoever had it before, or to the kernel: a core dump shows the true
 * place.
 */
#pragma once

/* Take the signals over, and give them back. Once at a time in a task. */
void fault_init(void);
void fault_fini(void);

/* A stack for the handler, for this thread, which is a worker's. -ENOMEM. */
int fault_thread_init(void);
void fault_thread_fini(void);
