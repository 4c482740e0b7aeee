/* The namespace: from a path to the directory that stands for it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "client/api.h"
#include "client/errors.h"
#include "client/remote.h"
#include "sys/fd.h"
#include "wire/io.h"

enum {
	/* How long reeve_list() waits for a directory of the namespace. */
	LIST_TIMEOUT_MS = 10000,
	SERVICE_RIGHTS = IO_RIGHT_READABLE | IO_RIGHT_WRITABLE,
};

size_t reeve_namespace_size(const struct reeve *r)
{
	return r->n_ns;
}

const char *reeve_namespace_path(const struct reeve *r, size_t i)
{
	return i < r->n_ns ? r->ns[i].path : NULL;
}

/* True if @path is @e's or below it; the rest, without a slash, in *ret. */
static bool entry_holds(const struct namespace_entry *e, const char *path,
			const char **ret)
{
	if (strncmp(path, e->path, e->n_path) != 0)
		return false;
	path += e->n_path;
	if (*path != '/' && *path != '\0')
		return false;
	*ret = *path ? path + 1 : path;
	return true;
}

/* The entry that @path lies in: they do not overlap, so there is one at most.
 */
static const struct namespace_entry *
namespace_find(const struct reeve *r, const char *path, const char **ret_rest)
{
	size_t i;

	for (i = 0; i < r->n_ns; i++) {
		if (entry_holds(&r->ns[i], path, ret_rest))
			return &r->ns[i];
	}
	return NULL;
}

/* Open @path, "" for the directory itself, with an end of the caller's. */
static int open_below(int directory, const char *path, uint32_t flags,
		      int take_server_end)
{
	if (!strlen(path))
		path = ".";
	return remote_open(directory, flags, 0, path, take_server_end);
}

static int open_pair(int directory, const char *path, uint32_t flags,
		     struct reeve_channel **ret)
{
	struct reeve_channel *c;
	int r, fds[2];

	r = channel_pair(fds);
	if (r)
		return error_of_channel(r);
	r = channel_object_new(fds[0], &c);
	if (r < 0) {
		fd_close(fds[1]);
		return r;
	}
	r = open_below(directory, path, flags, fds[1]);
	if (r < 0) {
		reeve_channel_close(c);
		return r;
	}
	*ret = c;
	return 0;
}

int reeve_open(struct reeve *r, const char *path, struct reeve_channel **ret)
{
	const struct namespace_entry *e;
	const char *rest;

	e = namespace_find(r, path, &rest);
	if (!e)
		return -ENOENT;
	if (e->directory < 0)
		return REEVE_MOUNTED;
	return open_pair(e->directory, rest, SERVICE_RIGHTS, ret);
}

int reeve_open_directory(struct reeve *r, const char *path,
			 struct reeve_channel **ret_channel, int *ret_fd)
{
	const struct namespace_entry *e;
	const char *rest;
	int fd, error;

	e = namespace_find(r, path, &rest);
	if (!e)
		return -ENOENT;
	if (e->directory >= 0) {
		/* With whatever else may be done with it: what is opened
		 * through it has no more rights than it. */
		error = open_pair(e->directory, rest,
				  IO_RIGHT_READABLE | IO_FLAG_POSIX |
					  IO_FLAG_DIRECTORY,
				  ret_channel);
		if (error == 0)
			*ret_fd = -1;
		return error;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_channel = NULL;
	*ret_fd = fd;
	return 0;
}

int reeve_open_at(struct reeve_channel *directory, const char *path,
		  struct reeve_channel **ret)
{
	return open_pair(directory->fd, path, SERVICE_RIGHTS, ret);
}

int reeve_open_with(struct reeve_channel *directory, const char *path,
		    struct reeve_channel *take_server_end)
{
	return open_below(directory->fd, path, SERVICE_RIGHTS,
			  reeve_channel_release(take_server_end));
}

struct listing {
	reeve_entry_fn fn;
	void *userdata;
};

static int on_entry(void *userdata, uint8_t type, const char *name,
		    size_t n_name)
{
	const struct listing *l = userdata;
	char copy[IO_NAME_MAX + 1];

	(void)type;
	if (n_name == 1 && name[0] == '.')
		return 0;
	memcpy(copy, name, n_name);
	copy[n_name] = '\0';
	return l->fn(l->userdata, copy);
}

int reeve_list_at(struct reeve_channel *directory, int timeout_ms,
		  reeve_entry_fn fn, void *userdata)
{
	struct listing l = { fn, userdata };

	return remote_list(directory->fd, timeout_ms, on_entry, &l);
}

static int list_mounted(const char *path, reeve_entry_fn fn, void *userdata)
{
	struct dirent *e;
	DIR *dir;
	int r = 0;

	dir = opendir(path);
	if (!dir)
		return -errno;
	while (r == 0 && (errno = 0, e = readdir(dir))) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = fn(userdata, e->d_name);
	}
	if (r == 0 && errno)
		r = -errno;
	closedir(dir);
	return r;
}

int reeve_list(struct reeve *r, const char *path, reeve_entry_fn fn,
	       void *userdata)
{
	struct reeve_channel *directory;
	int error, fd;

	error = reeve_open_directory(r, path, &directory, &fd);
	if (error < 0)
		return error;
	if (!directory) {
		fd_close(fd);
		return list_mounted(path, fn, userdata);
	}
	error = reeve_list_at(directory, LIST_TIMEOUT_MS, fn, userdata);
	reeve_channel_close(directory);
	return error;
}
