/* The calls as they stand in the kernel; C libraries came to them late. */
#include "sys/pidfd.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* Own name: P_PIDFD is an enumerator in some C libraries, absent in others. */
enum { WAIT_PIDFD = 3 };

int pidfd_from_pid(pid_t pid, int *ret)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return -errno;
	*ret = (int)fd;
	return 0;
}

int pidfd_signal(int pidfd, int signo)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, signo, NULL, 0) < 0)
		return -errno;
	return 0;
}

int pidfd_take_fd(int pidfd, int fd, int *ret)
{
	long r = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	if (r < 0)
		return -errno;
	*ret = (int)r;
	return 0;
}

static int pidfd_collect(int pidfd, int options, siginfo_t *ret)
{
	siginfo_t info = { 0 };

	if (waitid((idtype_t)WAIT_PIDFD, (id_t)pidfd, &info,
		   WEXITED | options) < 0)
		return -errno;
	if (!info.si_pid)
		return -EAGAIN;
	*ret = info;
	return 0;
}

int pidfd_reap(int pidfd, siginfo_t *ret)
{
	return pidfd_collect(pidfd, WNOHANG, ret);
}

int pidfd_wait(int pidfd, siginfo_t *ret)
{
	int r;

	do
		r = pidfd_collect(pidfd, 0, ret);
	while (r == -EINTR);
	return r;
}
