/* What a path leads to is asked of the descriptor, so that nobody can change
 * the answer between the question and the reading. */
#include "host/source_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/fd.h"

enum { BYTES_MAX = 1024 * 1024 };

void source_file_fini(struct source_file *f)
{
	free(f->bytes);
	free(f->real);
	*f = (struct source_file){ 0 };
}

static struct package_stamp stamp_of(const struct stat *st)
{
	return (struct package_stamp){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000 +
			    (uint64_t)st->st_mtim.tv_nsec,
	};
}

/* The real path of what @fd, opened at @path, is. */
static char *path_of(int fd, const char *path)
{
	char link[64], real[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, real, sizeof(real));
	if (n <= 0 || n == sizeof(real) || *real != '/')
		return realpath(path, NULL);
	return strndup(real, (size_t)n);
}

static int bytes_read(int fd, size_t size, struct source_file *f)
{
	size_t room = (size < BYTES_MAX ? size : BYTES_MAX) + 1;
	ssize_t k;

	f->bytes = malloc(room);
	if (!f->bytes)
		return -ENOMEM;
	while (f->n < room) {
		k = read(fd, f->bytes + f->n, room - f->n);
		if (k < 0)
			return SOURCE_FILE_UNREADABLE;
		if (!k)
			break;
		f->n += (size_t)k;
	}
	return 0;
}

static int file_read(const char *path, bool with_real, struct source_file *ret,
		     int *ret_errno)
{
	_cleanup_(source_file_fini) struct source_file f = { 0 };
	_cleanup_fd_ int fd = -1;
	struct stat st;
	int r;

	/* Non-blocking: a fifo in the place of a manifest must not hang us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	/* Our own lack, which may pass, is no fault of the file's. */
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return -errno;
	if (fd < 0 || fstat(fd, &st) < 0) {
		*ret_errno = errno;
		return SOURCE_FILE_UNREADABLE;
	}
	if (!S_ISREG(st.st_mode))
		return SOURCE_FILE_ODD;
	r = bytes_read(fd, (size_t)st.st_size, &f);
	if (r) {
		*ret_errno = errno;
		return r;
	}
	if (with_real)
		f.real = path_of(fd, path);
	if (with_real && !f.real)
		return errno == ENOMEM ? -ENOMEM : -ESTALE;
	f.stamp = stamp_of(&st);
	*ret = f;
	f = (struct source_file){ 0 };
	return 0;
}

int source_file_read(const char *path, struct source_file *ret, int *ret_errno)
{
	return file_read(path, false, ret, ret_errno);
}

int source_file_find(const char *path, struct source_file *ret, int *ret_errno)
{
	return file_read(path, true, ret, ret_errno);
}

bool source_file_has_changed(const char *path,
			     const struct package_stamp *stamp)
{
	struct package_stamp now;
	struct stat st;

	if (stat(path, &st) < 0)
		return true;
	now = stamp_of(&st);
	return now.device != stamp->device || now.inode != stamp->inode ||
	       now.size != stamp->size || now.mtime_ns != stamp->mtime_ns;
}

bool path_lies_in(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	/* Of "/" itself. */
	if (n == 1)
		return true;
	return !strncmp(path, directory, n) && (!path[n] || path[n] == '/');
}
