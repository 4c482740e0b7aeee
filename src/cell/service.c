/*
 * A unix address holds 107 bytes, a name may have 255 and its directory more:
 * so the socket is bound relative to the working directory, and a long name, or
 * one that is taken, is bound under a short one and renamed.
 */
#include "cell/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/fd.h"

enum { SERVICE_BACKLOG = 64 };

/* Gone again before anybody can look, unless somebody died in between. */
#define SERVICE_SHORT ".new"

static int service_bind_as(int fd, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	/* Whatever the umask left of it: who sees it may connect. */
	if (fchmodat(AT_FDCWD, name, 0666, 0) < 0)
		return -errno;
	return 0;
}

/* In the right working directory. */
static int service_bind(int fd, const char *name)
{
	int r;

	if (strlen(name) < sizeof(((struct sockaddr_un *)NULL)->sun_path)) {
		r = service_bind_as(fd, name);
		if (r != -EADDRINUSE)
			return r;
	}
	unlink(SERVICE_SHORT);
	r = service_bind_as(fd, SERVICE_SHORT);
	if (r == 0 && rename(SERVICE_SHORT, name) < 0)
		r = -errno;
	return r;
}

int service_listen(int dir_fd, const char *name, int *ret)
{
	_cleanup_fd_ int fd = -1, back_fd = -1;
	int r;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	back_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (back_fd < 0 || fchdir(dir_fd) < 0)
		return -errno;
	r = service_bind(fd, name);
	if (fchdir(back_fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		return r;
	if (listen(fd, SERVICE_BACKLOG) < 0)
		return -errno;
	*ret = TAKE_FD(fd);
	return 0;
}
