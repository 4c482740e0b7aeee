/* Waiting for what the kernel has: descriptors, tasks, threads that block. */
#include "everywhere.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"

enum {
	PING = 1,
	PONG,
	DONE,
	N_ROUNDS = 100,
	N_PAIRS = 30,
	N_BLOCKED = 150,
};

static void pair_make(int ret[2])
{
	MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			 ret));
}

static void pair_close(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static void byte_read(int fd)
{
	char c;

	while (read(fd, &c, 1) != 1)
		MUST_EQUAL(reeve_wait_fd(fd, POLLIN, -1, NULL), 0);
}

static void byte_write(int fd)
{
	MUST_EQUAL(write(fd, "x", 1), 1);
}

/* ---- descriptors ---- */

static void echo_bytes(void *arg)
{
	int fd = *(int *)arg;

	for (int i = 0; i < N_ROUNDS; i++) {
		byte_read(fd);
		byte_write(fd);
	}
}

struct asking {
	int fds[2];
	reeve_pid tells;
};

static void ask_bytes(void *arg)
{
	const struct reeve_spawn_options echo = { .arg_size = sizeof(int) };
	struct asking *a = arg;
	int *fds = a->fds;

	start(echo_bytes, &fds[1], &echo);
	for (int i = 0; i < N_ROUNDS; i++) {
		byte_write(fds[0]);
		byte_read(fds[0]);
	}
	tell(a->tells, DONE);
}

PROCESS_TEST(many_wait_for_descriptors)
{
	struct asking a[N_PAIRS];

	for (int i = 0; i < N_PAIRS; i++) {
		pair_make(a[i].fds);
		a[i].tells = reeve_self();
		start(ask_bytes, &a[i], NULL);
	}
	for (int i = 0; i < N_PAIRS; i++)
		(void)hear(DONE);
	for (int i = 0; i < N_PAIRS; i++)
		pair_close(a[i].fds);
}

PROCESS_TEST(the_time_of_a_wait_is_over)
{
	short events = 77;
	int fds[2];

	pair_make(fds);
	MUST_EQUAL(reeve_wait_fd(fds[0], POLLIN, 0, &events), -ETIMEDOUT);
	MUST_EQUAL(reeve_wait_fd(fds[0], POLLIN, 3, &events), -ETIMEDOUT);
	MUST_EQUAL(events, 77);
	MUST_EQUAL(reeve_wait_fd(fds[0], POLLIN | POLLOUT, -1, &events), 0);
	MUST_EQUAL(events, POLLOUT);
	byte_write(fds[1]);
	MUST_EQUAL(reeve_wait_fd(fds[0], POLLIN, 0, &events), 0);
	MUST_EQUAL(events, POLLIN);
	pair_close(fds);
}

static void wait_for_byte(void *arg)
{
	int fd = *(int *)arg;

	byte_read(fd);
}

/* It waits in the kernel's eyes: nothing else is left for it to do. */
static void until_it_waits(reeve_pid pid)
{
	struct reeve_process_info info;

	do {
		reeve_yield();
		MUST_EQUAL(reeve_process_info(pid, &info), 0);
	} while (info.state != REEVE_PROCESS_WAITING);
}

PROCESS_TEST(a_place_is_taken_until_its_process_dies)
{
	int fds[2];
	uint64_t watched;
	reeve_pid pid;

	pair_make(fds);
	pid = start(wait_for_byte, fds, NULL);
	watched = watch(pid);
	until_it_waits(pid);
	MUST_EQUAL(reeve_wait_fd(fds[0], POLLIN, -1, NULL), -EBUSY);
	MUST_EQUAL(reeve_kill(pid, REEVE_EXIT_KILLED), 0);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
	byte_write(fds[1]);
	byte_read(fds[0]);
	pair_close(fds);
}

static int wait_in_handler(void *state, struct reeve_message *m)
{
	int fd = *(int *)state;
	int status;

	MUST_EQUAL(reeve_wait_fd(fd, POLLIN, -1, NULL), -EDEADLK);
	MUST_EQUAL(reeve_wait_fd(fd, POLLIN, 0, NULL), -ETIMEDOUT);
	MUST_EQUAL(reeve_wait_task(getpid(), -1, &status), -ECHILD);
	MUST_EQUAL(reeve_block(NULL, NULL), -EDEADLK);
	MUST_EQUAL(reeve_sleep(1), -EDEADLK);
	tell(reeve_message_sender(m), PONG);
	return REEVE_EXIT_DONE;
}

PROCESS_TEST(a_handler_cannot_wait)
{
	reeve_pid pid;
	int fds[2];

	pair_make(fds);
	MUST_EQUAL(reeve_spawn_handler(wait_in_handler, fds, sizeof(fds), NULL,
				       &pid),
		   0);
	tell(pid, PING);
	MUST_EQUAL(hear(PONG), pid);
	pair_close(fds);
}

PROCESS_TEST(what_does_not_poll_is_refused)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	MUST_EQUAL(reeve_wait_fd(fd, POLLIN, -1, NULL), -EPERM);
	close(fd);
	MUST_EQUAL(reeve_wait_fd(fd, POLLIN, -1, NULL), -EBADF);
	MUST_EQUAL(reeve_wait_fd(0, 0, -1, NULL), -EINVAL);
}

/* ---- tasks ---- */

static pid_t task_begin(const char *script)
{
	const char *const args[] = { "sh", "-c", script, NULL };
	pid_t pid;

	MUST(!posix_spawn(&pid, "/bin/sh", NULL, NULL, (char *const *)args,
			  NULL));
	return pid;
}

PROCESS_TEST(the_end_of_a_task)
{
	pid_t quick = task_begin("exit 7"), killed = task_begin("kill -9 $$");
	int status;

	MUST_EQUAL(reeve_wait_task(killed, -1, &status), 0);
	MUST(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	MUST_EQUAL(reeve_wait_task(quick, -1, &status), 0);
	MUST(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	MUST_EQUAL(reeve_wait_task(quick, -1, &status), -ECHILD);
	MUST_EQUAL(reeve_wait_task(getppid(), -1, &status), -ECHILD);
	MUST_EQUAL(reeve_wait_task(0, -1, &status), -EINVAL);
}

static void wait_for_task(void *arg)
{
	int status;

	reeve_wait_task(*(pid_t *)arg, -1, &status);
}

PROCESS_TEST(a_wait_for_a_task_is_given_up)
{
	pid_t task = task_begin("exec sleep 1000");
	uint64_t watched;
	reeve_pid pid;
	int status;

	MUST_EQUAL(reeve_wait_task(task, 2, &status), -ETIMEDOUT);
	pid = start(wait_for_task, &task, NULL);
	watched = watch(pid);
	until_it_waits(pid);
	reeve_kill(pid, REEVE_EXIT_KILLED);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
	kill(task, SIGTERM);
	MUST_EQUAL(reeve_wait_task(task, -1, &status), 0);
}

/* ---- threads that block ---- */

struct counted {
	_Atomic int n;
	reeve_pid tells;
};

static void add_one(void *arg)
{
	struct counted *c = arg;

	atomic_fetch_add(&c->n, 1);
}

static void block_once(void *arg)
{
	struct counted *c = arg;

	MUST_EQUAL(reeve_block(add_one, c), 0);
	tell(c->tells, DONE);
}

PROCESS_TEST(more_block_than_there_are_threads)
{
	struct counted c = { .tells = reeve_self() };

	for (int i = 0; i < N_BLOCKED; i++)
		start(block_once, &c, NULL);
	for (int i = 0; i < N_BLOCKED; i++)
		(void)hear(DONE);
	MUST_EQUAL(c.n, N_BLOCKED);
}

struct blocked {
	int begun_fd, may_end_fd;
	reeve_pid tells;
	_Atomic bool is_done;
};

/* Really blocks. */
static void block_for_real(void *arg)
{
	struct blocked *b = arg;
	uint64_t n = 1;

	MUST_EQUAL(write(b->begun_fd, &n, sizeof(n)), sizeof(n));
	MUST_EQUAL(read(b->may_end_fd, &n, sizeof(n)), sizeof(n));
	tell(b->tells, DONE);
	atomic_store(&b->is_done, true);
}

static void be_blocked(void *arg)
{
	reeve_block(block_for_real, arg);
	MUST(false);
}

PROCESS_TEST(who_is_killed_waits_for_the_thread)
{
	struct blocked b = {
		.begun_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.may_end_fd = eventfd(0, EFD_CLOEXEC),
		.tells = reeve_self(),
	};
	reeve_pid pid = start(be_blocked, &b, NULL);
	uint64_t watched = watch(pid), one = 1;

	MUST_EQUAL(reeve_wait_fd(b.begun_fd, POLLIN, -1, NULL), 0);
	MUST_EQUAL(reeve_kill(pid, REEVE_EXIT_KILLED), 0);
	for (int i = 0; i < 100; i++)
		reeve_yield();
	MUST(reeve_is_alive(pid));
	MUST_EQUAL(write(b.may_end_fd, &one, sizeof(one)), sizeof(one));
	(void)hear(DONE);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_KILLED);
	MUST(atomic_load(&b.is_done));
	close(b.begun_fd);
	close(b.may_end_fd);
}

/* ---- no memory ---- */

static int wait_for_no_child(void *arg)
{
	int status, r = reeve_wait_task(getppid(), -1, &status);

	(void)arg;
	return r == -ECHILD ? 0 : r;
}

static void sweep(void *arg)
{
	MUST(fault_sweep(wait_for_no_child, arg) >= 1);
}

/* With one worker: nobody else allocates meanwhile. */
static void a_lack_of_memory_is_told(void **state)
{
	(void)state;
	assert_int_equal(
		reeve_processes_run(
			&(struct reeve_runtime_options){ .n_workers = 1 },
			sweep, NULL),
		REEVE_EXIT_NORMAL);
}

/* ---- outside ---- */

static void a_plain_thread_is_refused(void **state)
{
	uint64_t reference;
	int status;

	(void)state;
	assert_int_equal(reeve_wait_fd(0, POLLIN, -1, NULL), -EPERM);
	assert_int_equal(reeve_wait_task(getpid(), -1, &status), -EPERM);
	assert_int_equal(reeve_block(add_one, NULL), -EPERM);
	assert_int_equal(reeve_sleep(1), -EPERM);
	assert_int_equal(reeve_notify_after(1, &reference), -EPERM);
	assert_int_equal(reeve_cancel_timer(1), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_wait_for_descriptors),
		cmocka_unit_test(the_time_of_a_wait_is_over),
		cmocka_unit_test(a_place_is_taken_until_its_process_dies),
		cmocka_unit_test(a_handler_cannot_wait),
		cmocka_unit_test(what_does_not_poll_is_refused),
		cmocka_unit_test(the_end_of_a_task),
		cmocka_unit_test(a_wait_for_a_task_is_given_up),
		cmocka_unit_test(more_block_than_there_are_threads),
		cmocka_unit_test(who_is_killed_waits_for_the_thread),
		cmocka_unit_test(a_lack_of_memory_is_told),
		cmocka_unit_test(a_plain_thread_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
