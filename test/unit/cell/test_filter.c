/*
 * The filter as the kernel sees it: each test forks a task, loads the filter
 * there and makes calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cell/filter.h"
#include "sys/caps.h"

static struct filter filter;

static int build(void **state)
{
	(void)state;
	return filter_build(&filter);
}

static int drop(void **state)
{
	(void)state;
	filter_fini(&filter);
	return 0;
}

/* Run @fn under the filter; its line number is the exit status. */
static void under_filter(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (caps_set_no_new_privs() < 0 || filter_load(&filter) < 0)
			_exit(255);
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("status %x, line %d", (unsigned)status,
			 WEXITSTATUS(status));
}

/* Lines are numbered from the table's or function's own first one. */
#define EXPECT(n, condition)                                                   \
	do {                                                                   \
		if (!(condition))                                              \
			return (n);                                            \
	} while (0)

static int fails_with(long r, int error)
{
	return r < 0 && errno == error;
}

static int sockets(void)
{
	int pair[2];

	EXPECT(1, socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
	EXPECT(2, socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) >= 0);
	EXPECT(3, socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
			     pair) == 0);
	EXPECT(4, fails_with(socket(AF_UNIX, SOCK_DGRAM, 0), EPROTONOSUPPORT));
	EXPECT(5, fails_with(socket(AF_UNIX, SOCK_RAW, 0), EPROTONOSUPPORT));
	EXPECT(6, fails_with(socket(AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT));
	EXPECT(7, fails_with(socket(AF_NETLINK, SOCK_RAW, 0), EAFNOSUPPORT));
	/* The kernel takes 32 bits of each argument. */
	EXPECT(8, syscall(SYS_socket, 0x100000001UL | 1UL << 40, SOCK_DGRAM,
			  0) < 0);
	EXPECT(9, syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | 1UL << 40, 0) < 0);
	EXPECT(10, fails_with(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair),
			      EPROTONOSUPPORT));
	return 0;
}

static void *thread(void *arg)
{
	return arg;
}

static int tasks(void)
{
	pthread_t t;
	int status;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		_exit(0);
	EXPECT(1, pid > 0 && waitpid(pid, &status, 0) == pid);
	EXPECT(2, pthread_create(&t, NULL, thread, NULL) == 0);
	EXPECT(3, pthread_join(t, NULL) == 0);
	EXPECT(4, system("true") == 0);
	EXPECT(5, fails_with(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0,
				     0, 0),
			     EPERM));
	EXPECT(6, fails_with(syscall(SYS_clone,
				     CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0,
				     0, 0, 0),
			     EPERM));
	EXPECT(7, fails_with(syscall(SYS_clone3, NULL, 0), ENOSYS));
	EXPECT(8, fails_with(syscall(SYS_unshare, CLONE_FILES), EPERM));
	EXPECT(9, fails_with(syscall(SYS_close_range, 100, 200, 2), EPERM));
	EXPECT(10, syscall(SYS_close_range, 100, 200, 0) == 0);
	EXPECT(11, fails_with(syscall(SYS_io_setup, 1, NULL), ENOSYS));
	return 0;
}

static int modes(void)
{
	char path[] = "/tmp/reeve-filter-XXXXXX";
	int fd = mkstemp(path);

	EXPECT(1, fd >= 0);
	EXPECT(2, fchmod(fd, 0755) == 0);
	EXPECT(3, fails_with(fchmod(fd, 04755), EPERM));
	EXPECT(4, fails_with(chmod(path, 02755), EPERM));
	EXPECT(5, fails_with(chmod(path, 06755), EPERM));
	EXPECT(6, fails_with(fchmodat(AT_FDCWD, path, 04755, 0), EPERM));
	EXPECT(7, chmod(path, 01755) == 0);
	unlink(path);
	fd = open(path, O_CREAT | O_RDWR, 0644);
	EXPECT(8, fd >= 0);
	unlink(path);
	EXPECT(9, fails_with(open(path, O_CREAT | O_RDWR, 04644), EPERM));
	EXPECT(10, fails_with(open(path, O_CREAT | O_RDWR, 02644), EPERM));
	/* The mode is nobody's business when nothing is made. */
	EXPECT(11, syscall(SYS_openat, AT_FDCWD, "/tmp", O_RDONLY, 04777) >= 0);
	EXPECT(12, open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0 ||
			   errno == EOPNOTSUPP);
	EXPECT(13, open("/tmp", O_TMPFILE | O_RDWR, 04600) < 0);
	EXPECT(14, fails_with(creat(path, 04644), EPERM));
	EXPECT(15, fails_with(mknod(path, S_IFREG | 04644, 0), EPERM));
	EXPECT(16, mknod(path, S_IFREG | 0644, 0) == 0);
	unlink(path);
	EXPECT(17,
	       syscall(437, AT_FDCWD, "/tmp", NULL, 0) < 0 && errno == ENOSYS);
	return 0;
}

static int refused(void)
{
	static const long calls[] = {
		SYS_mount,
		SYS_umount2,
		SYS_ptrace,
		SYS_bpf,
		SYS_perf_event_open,
		SYS_userfaultfd,
		SYS_add_key,
		SYS_request_key,
		SYS_keyctl,
		SYS_setns,
		SYS_unshare,
		SYS_kexec_load,
		SYS_process_vm_readv,
		SYS_process_vm_writev,
		SYS_open_by_handle_at,
		SYS_name_to_handle_at,
		SYS_quotactl,
		SYS_swapon,
		SYS_reboot,
		SYS_init_module,
		SYS_acct,
		SYS_settimeofday,
		SYS_chroot,
		SYS_pivot_root,
		438, /* pidfd_getfd */
		428,
		429,
		430,
		431,
		432,
		433,
		442, /* the new mount calls */
	};
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		EXPECT((int)i + 1,
		       fails_with(syscall(calls[i], -1, -1, -1, -1, -1, -1),
				  EPERM));
	/* Unknown to us, and therefore to the program. */
	EXPECT(100, fails_with(syscall(425, 0, 0), ENOSYS));
	EXPECT(101, fails_with(syscall(426, 0, 0), ENOSYS));
	EXPECT(102, fails_with(syscall(500, 0, 0), ENOSYS));
	EXPECT(103, fails_with(syscall(SYS_personality, 0x0040000), ENOSYS));
	EXPECT(104, syscall(SYS_personality, 0xffffffff) >= 0);
	return 0;
}

static int ioctls(void)
{
	int pair[2], n;

	EXPECT(1, socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	EXPECT(2, ioctl(pair[0], FIONREAD, &n) == 0);
	EXPECT(3, fails_with(ioctl(pair[0], TIOCSTI, "x"), EPERM));
	EXPECT(4,
	       syscall(SYS_ioctl, pair[0], 0x700000000UL | TIOCSTI, "x") < 0 &&
		       errno == EPERM);
	EXPECT(5, fails_with(ioctl(pair[0], TIOCLINUX, "x"), EPERM));
	/* A C library that sign-extends the request is understood. */
	EXPECT(6, syscall(SYS_ioctl, pair[0], 0xffffffff80086601UL, &n) < 0 &&
			  errno != ENOSYS);
	return 0;
}

static int messages(void)
{
	int pair[2];

	EXPECT(1, socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	EXPECT(2, send(pair[0], "x", 1, MSG_NOSIGNAL) == 1);
	EXPECT(3, fails_with(send(pair[0], "x", 1, MSG_OOB), EOPNOTSUPP));
	EXPECT(4, fails_with(send(pair[0], "x", 1, MSG_OOB | MSG_DONTWAIT),
			     EOPNOTSUPP));
	return 0;
}

static void filter_sockets(void **state)
{
	(void)state;
	under_filter(sockets);
}

static void filter_tasks(void **state)
{
	(void)state;
	under_filter(tasks);
}

static void filter_modes(void **state)
{
	(void)state;
	under_filter(modes);
}

static void filter_refused_calls(void **state)
{
	(void)state;
	under_filter(refused);
}

static void filter_ioctls(void **state)
{
	(void)state;
	under_filter(ioctls);
}

static void filter_messages(void **state)
{
	(void)state;
	under_filter(messages);
}

/* The init's filter is a small one, and allows nothing that opens anything. */
static void filter_of_init(void **state)
{
	struct filter small = FILTER_INIT;

	(void)state;
	assert_int_equal(filter_build_init(&small), 0);
	assert_true(small.n < 100);
	assert_true(small.n < filter.n);
	filter_fini(&small);
}

#if defined(__x86_64__)
static int foreign(void)
{
	/* getpid of the x32 table. */
	return syscall(0x40000000 | SYS_getpid) > 0 ? 1 : 0;
}

static void filter_kills_x32(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (caps_set_no_new_privs() < 0 || filter_load(&filter) < 0)
			_exit(255);
		_exit(foreign());
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_sockets),
		cmocka_unit_test(filter_tasks),
		cmocka_unit_test(filter_modes),
		cmocka_unit_test(filter_refused_calls),
		cmocka_unit_test(filter_ioctls),
		cmocka_unit_test(filter_messages),
		cmocka_unit_test(filter_of_init),
#if defined(__x86_64__)
		cmocka_unit_test(filter_kills_x32),
#endif
	};

	return cmocka_run_group_tests(tests, build, drop);
}
