/*
 * Half of the time that a start takes is dropping privileges and loading the
 * filter, and neither depends on the plan: so the task is made with the blank.
 * It shares the init's memory and descriptors until it runs the program, so
 * that it needs no message to learn what to run; nothing of this is visible to
 * the program, for exec replaces the memory, and the descriptors are unshared
 * first.
 *
 * Only one of the two runs at a time: the init waits until the task is ready,
 * the task until it is told to go, and the init until the task has let go of
 * the memory. The kernel clears the word @state and wakes its waiters when that
 * happens, by exec or by exit. They share errno too, which is why this matters,
 * and why the init must not wait with a timeout: its end would set errno.
 */
#include "cell/exec.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/confine.h"
#include "sys/fd.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

enum { EXEC_STACK = 64 * 1024 };

#define LISTEN_PID "LISTEN_PID="

/* The values of an exec_task's @state. */
enum { EXEC_GONE, EXEC_PREPARING, EXEC_READY };

struct exec_task {
	pid_t pid;
	int state, is_go; /* futex words */
	/* For the preparation. */
	const struct blank *blank;
	const struct filter *filter;
	/* For the run. */
	const struct plan *plan;
	const struct exec_files *files;
	char **args, **environ;
	char *listen_pid; /* room for the number behind "LISTEN_PID=" */
	/* What failed. */
	struct cell_failure why;
	enum cell_stage stage;
	int error;
	int limit; /* the resource whose limit could not be set */
};

static void exec_wait(int *word, int while_value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == while_value)
		syscall(SYS_futex, word, FUTEX_WAIT, while_value, NULL);
}

static void exec_wake(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, 1);
}

static void exec_put_pid(char *at, pid_t pid)
{
	char digits[16];
	int n = 0;

	do
		digits[n++] = (char)('0' + pid % 10);
	while ((pid /= 10));
	while (n)
		*at++ = digits[--n];
	*at = 0;
}

int exec_reset_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		sigaction(i, &action, NULL);
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Into the low descriptors; all others close on exec. The table is still the
 * init's, and the filter refuses to unshare it. */
static int exec_set_files(const struct exec_files *f)
{
	unsigned first = 3 + (unsigned)f->n_fds;
	size_t i;

	for (i = 0; i < 3; i++)
		if (dup2(f->stdio[i], (int)i) < 0)
			return -1;
	for (i = 0; i < f->n_fds; i++)
		if (dup2(f->fds[i], (int)(3 + i)) < 0)
			return -1;
	return (int)syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC);
}

static int exec_set_limits(struct exec_task *t)
{
	struct rlimit limit;
	bool has_core = false;
	size_t i;

	for (i = 0; i < t->plan->n_limits; i++) {
		limit.rlim_cur = t->plan->limits[i].soft;
		limit.rlim_max = t->plan->limits[i].hard;
		t->limit = t->plan->limits[i].resource;
		has_core |= t->limit == RLIMIT_CORE;
		if (setrlimit((__rlimit_resource_t)t->limit, &limit) < 0)
			return -1;
	}
	/* A component's memory must not end up in a file of the host, unless
	 * its plan says otherwise. */
	limit = (struct rlimit){ 0, 0 };
	if (!has_core)
		setrlimit(RLIMIT_CORE, &limit);
	return 0;
}

/* The second half: what only the plan could say. */
static void exec_child_run(struct exec_task *t)
{
	t->stage = CELL_STAGE_LANDLOCK;
	if (confine_landlock(t->blank) < 0)
		goto failed;
	t->stage = CELL_STAGE_STDIO;
	if (exec_set_files(t->files) < 0)
		goto failed;
	t->stage = CELL_STAGE_LIMIT;
	if (exec_set_limits(t) < 0)
		goto failed;
	t->stage = CELL_STAGE_CWD;
	if (chdir(t->plan->cwd ? t->plan->cwd : "/") < 0)
		goto failed;
	t->stage = CELL_STAGE_EXEC;
	if (t->listen_pid)
		exec_put_pid(t->listen_pid, (pid_t)syscall(SYS_getpid));
	execve(t->plan->binary, t->args, t->environ);
failed:
	t->error = errno;
	syscall(SYS_exit_group, 127);
}

static int exec_child(void *arg)
{
	struct exec_task *t = arg;
	int r;

	setsid();
	umask(022);
	r = exec_reset_signals();
	if (r == 0)
		r = confine_task(t->blank, t->filter, &t->why);
	if (r < 0) {
		t->error = 1;
		syscall(SYS_exit_group, 127);
	}
	exec_wake(&t->state, EXEC_READY);
	exec_wait(&t->is_go, 0);
	exec_child_run(t);
	return 0;
}

int exec_prepare(const struct blank *b, const struct filter *filter,
		 struct exec_task **ret, struct cell_failure *ret_why)
{
	static struct exec_task task;
	struct exec_task *t = &task;
	char *stack;
	int flags = CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | SIGCHLD;

	t->blank = b;
	t->filter = filter;
	t->state = EXEC_PREPARING;
	stack = mmap(NULL, EXEC_STACK, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack != MAP_FAILED)
		t->pid = clone(exec_child, stack + EXEC_STACK, flags, t, NULL,
			       NULL, &t->state);
	if (stack == MAP_FAILED || t->pid < 0) {
		cell_failure_set(ret_why, CELL_STAGE_FORK, errno,
				 CELL_REASON_NONE, NULL);
		return -1;
	}
	exec_wait(&t->state, EXEC_PREPARING);
	if (__atomic_load_n(&t->state, __ATOMIC_ACQUIRE) == EXEC_GONE) {
		*ret_why = t->why;
		return -1;
	}
	*ret = t;
	return 0;
}

/* The plan's strings as execve() wants them. */
static int exec_set_strings(struct exec_task *t, const struct plan *p)
{
	static char listen_pid[sizeof(LISTEN_PID) + 16] = LISTEN_PID;
	size_t i;

	t->args = calloc(p->n_args + 1, sizeof(*t->args));
	t->environ = calloc(p->n_environ + 1, sizeof(*t->environ));
	if (!t->args || !t->environ)
		return -ENOMEM;
	for (i = 0; i < p->n_args; i++)
		t->args[i] = (char *)p->args[i];
	for (i = 0; i < p->n_environ; i++) {
		t->environ[i] = (char *)p->environ[i];
		if (strcmp(p->environ[i], LISTEN_PID))
			continue;
		t->environ[i] = listen_pid;
		t->listen_pid = listen_pid + strlen(LISTEN_PID);
	}
	return 0;
}

static void exec_explain(const struct exec_task *t, struct cell_failure *why)
{
	const char *detail = NULL;

	switch (t->stage) {
	case CELL_STAGE_EXEC:
		exec_diagnose(t->plan->binary, t->error, why);
		return;
	case CELL_STAGE_CWD:
		detail = t->plan->cwd;
		break;
	case CELL_STAGE_LIMIT:
		detail = plan_limit_name(t->limit);
		break;
	default:
		break;
	}
	cell_failure_set(why, t->stage, t->error, CELL_REASON_NONE, detail);
}

pid_t exec_pid(const struct exec_task *t)
{
	return t->pid;
}

pid_t exec_run(struct exec_task *t, const struct blank *b,
	       const struct plan *plan, const struct exec_files *files,
	       struct cell_failure *ret_why)
{
	int r;

	t->blank = b;
	t->plan = plan;
	t->files = files;
	r = exec_set_strings(t, plan);
	if (r < 0) {
		cell_failure_set(ret_why, CELL_STAGE_FORK, r, CELL_REASON_NONE,
				 NULL);
		return -1;
	}
	exec_wake(&t->is_go, 1);
	exec_wait(&t->state, EXEC_READY);
	free(t->args);
	free(t->environ);
	if (t->error) {
		exec_explain(t, ret_why);
		return -1;
	}
	return t->pid;
}
