#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fd.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

enum {
	PATH_NO_MAGICLINKS = 0x02,
	PATH_NO_SYMLINKS = 0x04,
	PATH_BENEATH = 0x08,
};

/* The kernel's struct open_how. */
struct path_how {
	uint64_t flags, mode, resolve;
};

int path_open_beneath(int dir_fd, const char *path, int flags, int *ret)
{
	struct path_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = PATH_BENEATH | PATH_NO_SYMLINKS | PATH_NO_MAGICLINKS,
	};
	long fd;

	/* EAGAIN: something was renamed meanwhile, so ".." could not be judged.
	 */
	do
		fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	if (fd < 0)
		return -errno;
	*ret = (int)fd;
	return 0;
}

int path_read_file(const char *path, char *buffer, size_t n)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	while (at < n) {
		got = read(fd, buffer + at, n - at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		at += (size_t)got;
	}
	if (at == n)
		return -E2BIG;
	buffer[at] = 0;
	return 0;
}

int path_write_file(int dir_fd, const char *path, const char *text)
{
	_cleanup_fd_ int fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(text);
	ssize_t r;

	if (fd < 0)
		return -errno;
	r = write(fd, text, n);
	if (r < 0)
		return -errno;
	return (size_t)r == n ? 0 : -EIO;
}

long long path_read_number(const char *path, long long missing)
{
	char buffer[64], *end;
	long long v;

	if (path_read_file(path, buffer, sizeof(buffer)) < 0)
		return missing;
	errno = 0;
	v = strtoll(buffer, &end, 10);
	return errno || end == buffer ? missing : v;
}
