/* close() is not retried on EINTR: on Linux the descriptor is gone anyway. */
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic(void (*)(int fd)) on_close;

void fd_set_on_close(void (*fn)(int fd))
{
	atomic_store_explicit(&on_close, fn, memory_order_release);
}

void fd_forget(int fd)
{
	void (*fn)(int fd);

	fn = atomic_load_explicit(&on_close, memory_order_acquire);
	if (fn && fd >= 0)
		fn(fd);
}

int fd_close(int fd)
{
	int saved = errno;

	if (fd < 0)
		return -1;
	fd_forget(fd);
	close(fd);
	errno = saved;
	return -1;
}

void fd_closep(int *fd)
{
	*fd = fd_close(*fd);
}

void fd_close_all(int *fds, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		fds[i] = fd_close(fds[i]);
}

static int fd_change(int fd, int get, int set, int add)
{
	int flags = fcntl(fd, get);

	if (flags < 0)
		return -errno;
	return fcntl(fd, set, flags | add) < 0 ? -errno : 0;
}

int fd_set_nonblocking(int fd)
{
	return fd_change(fd, F_GETFL, F_SETFL, O_NONBLOCK);
}

int fd_set_cloexec(int fd)
{
	return fd_change(fd, F_GETFD, F_SETFD, FD_CLOEXEC);
}
