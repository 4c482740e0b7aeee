#include "process/fault.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/own.h"
#include "process/history.h"
#include "process/line.h"
#include "process/names.h"
#include "process/runtime.h"
#include "process/stack.h"

static const struct {
	int number;
	const char *name;
} taken[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" },	{ SIGFPE, "SIGFPE" },
	{ SIGILL, "SIGILL" },	{ SIGABRT, "SIGABRT" },
};

/* Who had them before. */
static struct sigaction before[N_ELEMENTS(taken)];

/* Of a thread. */
static __thread struct {
	void *stack; /* NULL: none */
	size_t size;
	stack_t before;
} own;

static size_t signal_index(int number)
{
	size_t i = 0;

	while (taken[i].number != number)
		i++;
	return i;
}

/* ---- going on elsewhere ---- */

/* Have the handler's return call @entry on the stack that ends at @sp. */
static bool context_divert(ucontext_t *context, void *sp, void (*entry)(void))
{
	uintptr_t top = (uintptr_t)sp & ~(uintptr_t)15;

#if defined(__x86_64__)
	/* As after a call: a place to return to, which is none. */
	top -= sizeof(void *);
	*(void **)top = NULL;
	context->uc_mcontext.gregs[REG_RSP] = (greg_t)top;
	context->uc_mcontext.gregs[REG_RBP] = 0;
	context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)entry;
	/* Strings go upwards in every function. */
	context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)0x400;
	return true;
#elif defined(__aarch64__)
	context->uc_mcontext.sp = top;
	context->uc_mcontext.regs[29] = 0;
	context->uc_mcontext.regs[30] = 0;
	context->uc_mcontext.pc = (uintptr_t)entry;
	return true;
#else
	(void)context;
	(void)entry;
	(void)top;
	return false;
#endif
}

/* The kernel restores the signal mask of the interrupted code as it returns. */
static bool is_overflow(int number, const siginfo_t *info, ucontext_t *context)
{
	void (*entry)(void);
	void *sp;

	/* Not above 0: somebody sent it. */
	return (number == SIGSEGV || number == SIGBUS) && info->si_code > 0 &&
	       runtime_overflow_landing(info->si_addr, &sp, &entry) &&
	       context_divert(context, sp, entry);
}

/* ---- saying who ---- */

static void write_error(void *arg, const char *text, size_t n)
{
	(void)arg;
	/* There is nobody to tell if that fails. */
	if (write(STDERR_FILENO, text, n) < 0)
		return;
}

static void tell(int number, const siginfo_t *info, struct process *p)
{
	reeve_pid pid = atomic_load(&p->pid);
	const char *name = names_peek(p);
	struct line l = { .n = 0 };

	line_puts(&l, "reeve: ");
	line_puts(&l, taken[signal_index(number)].name);
	if (number != SIGABRT && info->si_code > 0) {
		line_puts(&l, number == SIGSEGV || number == SIGBUS
				      ? " for address "
				      : " at ");
		line_hex(&l, (uintptr_t)info->si_addr);
	}
	line_puts(&l, " in process ");
	line_pid(&l, pid);
	if (name) {
		line_puts(&l, " (");
		line_puts(&l, name);
		line_puts(&l, ")");
	}
	line_puts(&l, "; the last that it did:\n");
	write_error(NULL, l.text, l.n);
	history_print(pid, write_error, NULL);
}

/* ---- leaving it to others ---- */

/*
 * What the processor found wrong is found again when the instruction is tried
 * again; what was sent is to be sent again, and comes when this handler
 * returns.
 */
static void leave_to_kernel(int number, const siginfo_t *info)
{
	const struct sigaction none = { .sa_handler = SIG_DFL };

	sigaction(number, &none, NULL);
	if (info->si_code <= 0)
		syscall(SYS_tgkill, getpid(), gettid(), number);
}

static void leave(int number, siginfo_t *info, void *context)
{
	const struct sigaction *to = &before[signal_index(number)];
	const struct sigaction none = { .sa_handler = SIG_DFL };

	if (to->sa_flags & SA_SIGINFO) {
		to->sa_sigaction(number, info, context);
	} else if (to->sa_handler == SIG_IGN && info->si_code <= 0) {
		return;
	} else if (to->sa_handler == SIG_IGN || to->sa_handler == SIG_DFL) {
		leave_to_kernel(number, info);
		return;
	} else {
		to->sa_handler(number);
	}
	/* It counts on not being called again. */
	if (to->sa_flags & (int)SA_RESETHAND)
		sigaction(number, &none, NULL);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
	int error = errno;
	struct process *p;

	if (is_overflow(number, info, context))
		return;
	p = process_self();
	if (p)
		tell(number, info, p);
	leave(number, info, context);
	errno = error;
}

void fault_init(void)
{
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	size_t i;

	sigemptyset(&action.sa_mask);
	for (i = 0; i < N_ELEMENTS(taken); i++)
		sigaction(taken[i].number, &action, &before[i]);
}

void fault_fini(void)
{
	struct sigaction now;
	size_t i;

	for (i = 0; i < N_ELEMENTS(taken); i++) {
		/* Somebody may have come after us, and call us: leave that. */
		if (!sigaction(taken[i].number, NULL, &now) &&
		    now.sa_sigaction == on_signal)
			sigaction(taken[i].number, &before[i], NULL);
	}
}

int fault_thread_init(void)
{
	/* What the kernel puts there grows with the processor's registers. */
	size_t size =
		32768 + 4096 * ((getauxval(AT_MINSIGSTKSZ) + 4095) / 4096);
	stack_t stack = { .ss_size = size };
	int r;

	r = stack_get(NULL, size, &stack.ss_sp);
	if (r)
		return r;
	sigaltstack(&stack, &own.before);
	own.stack = stack.ss_sp;
	own.size = size;
	return 0;
}

void fault_thread_fini(void)
{
	if (!own.stack)
		return;
	sigaltstack(&own.before, NULL);
	stack_put(NULL, own.stack, own.size);
	own.stack = NULL;
}
