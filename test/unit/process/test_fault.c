/*
 * Faults: a stack that overflows ends its process and nothing else; what is not
 * ours is told and goes to whoever had the signal before.
 */
#include "everywhere.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "reeve/process.h"

/* ---- overflows ---- */

/* Deeper and deeper, one frame of some hundred bytes at a time. */
static __attribute__((noinline)) unsigned deeper(unsigned n)
{
	volatile char frame[200];

	memset((char *)frame, (int)n, sizeof(frame));
	return n == 0 ? 0 : deeper(n - 1) + (unsigned)frame[n % 200];
}

static volatile unsigned sink;

static void overflow(void *arg)
{
	(void)arg;
	for (;;)
		sink += deeper(100000000);
}

static int overflow_handler(void *state, struct reeve_message *message)
{
	(void)message;
	overflow(state);
	return 0;
}

/* Wait for the end of the one that was just spawned with a monitor. */
static int reason_of(reeve_pid pid)
{
	const struct reeve_match match = { .ordinal = REEVE_NOTICE_DOWN };
	struct reeve_message *m;
	struct reeve_notice notice;

	MUST_EQUAL(reeve_next_match(&match, -1, &m), 0);
	MUST_EQUAL(m->n_bytes, sizeof(notice));
	memcpy(&notice, m->bytes, sizeof(notice));
	reeve_message_free(m);
	MUST(notice.pid == pid);
	return notice.reason;
}

/* What each of them says at its end is of no interest. */
static int silence(void **state)
{
	int heard = dup(STDERR_FILENO);

	*state = (void *)(intptr_t)heard;
	return heard >= 0 && freopen("/dev/null", "w", stderr) ? 0 : -1;
}

static int end_silence(void **state)
{
	int heard = (int)(intptr_t)*state;

	if (dup2(heard, STDERR_FILENO) < 0)
		return -1;
	return close(heard);
}

static void spawn_overflows(void *arg)
{
	const struct reeve_spawn_options options = {
		.flags = REEVE_SPAWN_MONITOR
	};
	unsigned *n = arg, i;
	reeve_pid pid;

	for (i = 0; i < 200; i++) {
		MUST_EQUAL(reeve_spawn(overflow, NULL, &options, &pid), 0);
		MUST_EQUAL(reason_of(pid), REEVE_EXIT_OVERFLOW);
		MUST(!reeve_is_alive(pid));
		++*n;
	}
}

static void an_overflow_ends_one_process(void **state)
{
	struct reeve_runtime_options options = { .n_workers = 1 };
	unsigned n;

	(void)state;
	for (; options.n_workers <= 4; options.n_workers *= 2) {
		n = 0;
		assert_int_equal(
			reeve_processes_run(&options, spawn_overflows, &n), 0);
		assert_int_equal(n, 200);
	}
}

static void spawn_overflowing_handlers(void *arg)
{
	const struct reeve_spawn_options options = {
		.flags = REEVE_SPAWN_MONITOR
	};
	const struct reeve_message go = { .ordinal = 1 };
	unsigned *n = arg, i;
	reeve_pid pid;

	for (i = 0; i < 50; i++) {
		MUST_EQUAL(reeve_spawn_handler(overflow_handler, NULL, 0,
					       &options, &pid),
			   0);
		MUST_EQUAL(reeve_send_to(pid, &go), 0);
		MUST_EQUAL(reason_of(pid), REEVE_EXIT_OVERFLOW);
		++*n;
	}
}

static void so_does_a_handlers(void **state)
{
	struct reeve_runtime_options options = { .n_workers = 2 };
	unsigned n = 0;

	(void)state;
	assert_int_equal(
		reeve_processes_run(&options, spawn_overflowing_handlers, &n),
		0);
	assert_int_equal(n, 50);
}

static void count_up(void *arg)
{
	++*(unsigned *)arg;
}

static void overflow_and_defer(void *arg)
{
	MUST_EQUAL(reeve_defer(count_up, arg), 0);
	overflow(NULL);
}

static void spawn_one_that_defers(void *arg)
{
	const struct reeve_spawn_options options = {
		.flags = REEVE_SPAWN_MONITOR,
		.stack_size = 16 * 4096,
	};
	reeve_pid pid;

	MUST_EQUAL(reeve_spawn(overflow_and_defer, arg, &options, &pid), 0);
	MUST_EQUAL(reason_of(pid), REEVE_EXIT_OVERFLOW);
}

static void what_it_deferred_is_called(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_int_equal(reeve_processes_run(NULL, spawn_one_that_defers, &n),
			 0);
	assert_int_equal(n, 1);
}

/* ---- crashes; each in a child, for it ends ---- */

struct crash {
	char said[16384];
	int status;
};

static void no_core(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
}

/* Let a child run @fn as the first process, after @before. */
static void crash(reeve_process_fn fn, void (*before)(void), struct crash *ret)
{
	size_t n = 0;
	ssize_t part;
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		no_core();
		before();
		_exit(reeve_processes_run(NULL, fn, NULL) ? 1 : 0);
	}
	assert_true(child > 0);
	close(ends[1]);
	while ((part = read(ends[0], ret->said + n,
			    sizeof(ret->said) - 1 - n)) > 0)
		n += (size_t)part;
	ret->said[n] = 0;
	close(ends[0]);
	assert_int_equal(waitpid(child, &ret->status, 0), child);
}

static void says(const struct crash *c, const char *what)
{
	if (!strstr(c->said, what))
		fail_msg("'%s' is not in: %s", what, c->said);
}

static void died_of(const struct crash *c, int number)
{
	assert_true(WIFSIGNALED(c->status));
	assert_int_equal(WTERMSIG(c->status), number);
}

/* Sanitizers have handlers of their own, which come before the kernel. */
static void default_action(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
				       SIGABRT };
	size_t i;

	for (i = 0; i < N_ELEMENTS(numbers); i++)
		signal(numbers[i], SIG_DFL);
}

static volatile int *volatile wild = (int *)16;

static void follow_a_wild_pointer(void *arg)
{
	const struct reeve_message hello = { .ordinal = 0xbeef };
	struct reeve_message *m;

	(void)arg;
	reeve_register_name("wild", reeve_self());
	reeve_send_to(reeve_self(), &hello);
	if (!reeve_next(-1, &m))
		reeve_message_free(m);
	*wild = 1;
}

static void a_crash_says_who_it_was(void **state)
{
	struct crash c;

	(void)state;
	crash(follow_a_wild_pointer, default_action, &c);
	died_of(&c, SIGSEGV);
	says(&c, "reeve: SIGSEGV for address 0x10 in process ");
	says(&c, " (wild); the last that it did:\n  started\n");
	says(&c, "  received 0xbeef from ");
}

static void call_abort(void *arg)
{
	(void)arg;
	abort();
}

static void an_abort_does_too(void **state)
{
	struct crash c;

	(void)state;
	crash(call_abort, default_action, &c);
	died_of(&c, SIGABRT);
	says(&c, "reeve: SIGABRT in process ");
}

static void raise_others(void *arg)
{
	(void)arg;
	raise(SIGFPE);
	/* Not reached. */
	_exit(0);
}

static void what_is_sent_kills_too(void **state)
{
	struct crash c;

	(void)state;
	crash(raise_others, default_action, &c);
	died_of(&c, SIGFPE);
	says(&c, "reeve: SIGFPE in process ");
}

static void exit_with_address(int number, siginfo_t *info, void *context)
{
	(void)context;
	_exit(number == SIGSEGV && info->si_addr == (void *)16 ? 42 : 1);
}

static void have_a_handler(void)
{
	struct sigaction action = { .sa_sigaction = exit_with_address,
				    .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
}

static void who_had_it_before_is_called(void **state)
{
	struct crash c;

	(void)state;
	crash(follow_a_wild_pointer, have_a_handler, &c);
	assert_true(WIFEXITED(c.status));
	assert_int_equal(WEXITSTATUS(c.status), 42);
}

static void say_once(int number)
{
	(void)number;
	if (write(STDERR_FILENO, "once\n", 5) < 0)
		_exit(1);
}

static void have_a_handler_once(void)
{
	struct sigaction action = { .sa_handler = say_once,
				    .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGSEGV, &action, NULL);
}

/* It returns and counts on the kernel the next time. */
static void a_handler_for_once_is_called_once(void **state)
{
	struct crash c;
	char *at;

	(void)state;
	crash(follow_a_wild_pointer, have_a_handler_once, &c);
	died_of(&c, SIGSEGV);
	at = strstr(c.said, "once\n");
	assert_non_null(at);
	assert_null(strstr(at + 1, "once\n"));
}

static void ignore(void)
{
	default_action();
	signal(SIGFPE, SIG_IGN);
}

static void raise_and_go_on(void *arg)
{
	(void)arg;
	raise(SIGFPE);
	reeve_exit(0);
}

static void what_was_ignored_stays_so(void **state)
{
	struct crash c;

	(void)state;
	crash(raise_and_go_on, ignore, &c);
	assert_true(WIFEXITED(c.status));
	assert_int_equal(WEXITSTATUS(c.status), 0);
}

/* ---- before and after ---- */

static void nothing(void *arg)
{
	(void)arg;
}

static void signals_are_given_back(void **state)
{
	struct sigaction before, after;
	stack_t stack_before, stack_after;

	(void)state;
	assert_int_equal(sigaction(SIGSEGV, NULL, &before), 0);
	assert_int_equal(sigaltstack(NULL, &stack_before), 0);
	assert_int_equal(reeve_processes_run(NULL, nothing, NULL), 0);
	assert_int_equal(sigaction(SIGSEGV, NULL, &after), 0);
	assert_int_equal(sigaltstack(NULL, &stack_after), 0);
	assert_ptr_equal(before.sa_sigaction, after.sa_sigaction);
	assert_int_equal(before.sa_flags, after.sa_flags);
	assert_ptr_equal(stack_before.ss_sp, stack_after.ss_sp);
	assert_int_equal(stack_before.ss_flags, stack_after.ss_flags);
}

#define SILENT(fn) cmocka_unit_test_setup_teardown(fn, silence, end_silence)

int main(void)
{
	const struct CMUnitTest crashes[] = {
		cmocka_unit_test(a_crash_says_who_it_was),
		cmocka_unit_test(an_abort_does_too),
		cmocka_unit_test(what_is_sent_kills_too),
		cmocka_unit_test(who_had_it_before_is_called),
		cmocka_unit_test(a_handler_for_once_is_called_once),
		cmocka_unit_test(what_was_ignored_stays_so),
		cmocka_unit_test(signals_are_given_back),
	};
	const struct CMUnitTest overflows[] = {
		SILENT(an_overflow_ends_one_process),
		SILENT(so_does_a_handlers),
		SILENT(what_it_deferred_is_called),
	};
	int n_failed;

	n_failed = cmocka_run_group_tests_name("crashes", crashes, NULL, NULL);
	return n_failed +
	       cmocka_run_group_tests_name("overflows", overflows, NULL, NULL);
}
