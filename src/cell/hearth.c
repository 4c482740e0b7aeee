#include "cell/hearth.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/fd.h"

enum { HEARTH_TRIES = 200, HEARTH_TRY_MS = 5 };

static void hearth_cell_name(uint64_t id, char ret[32])
{
	snprintf(ret, 32, "cell-%" PRIu64, id);
}

/* Call @fn for each entry of the directory @fd whose name begins so. */
static void hearth_each(int fd, const char *prefix,
			void (*fn)(int fd, const char *name))
{
	int own_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own_fd < 0 ? NULL : fdopendir(own_fd);
	struct dirent *entry;

	if (!dir) {
		fd_close(own_fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, prefix, strlen(prefix)))
			fn(fd, entry->d_name);
	closedir(dir);
}

static void hearth_remove_child(int fd, const char *name)
{
	cgroup_remove(fd, name);
}

/* A directory of ours whose launcher is gone. Living tasks keep it from being
 * removed, so a launcher that we cannot see loses nothing. */
static void hearth_remove_stale(int fd, const char *name)
{
	pid_t pid = (pid_t)strtol(name + strlen("reeve-"), NULL, 10);
	int stale_fd;

	if (pid <= 0 || kill(pid, 0) == 0 || errno != ESRCH)
		return;
	stale_fd = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (stale_fd < 0)
		return;
	hearth_each(stale_fd, "cell-", hearth_remove_child);
	fd_close(stale_fd);
	cgroup_remove(fd, name);
}

static int hearth_make(struct hearth *h)
{
	int r;

	h->fd = fd_close(h->fd);
	r = cgroup_new(h->parent_fd, h->name, &h->fd);
	if (r == 0 && !cgroup_is_usable(h->fd))
		r = -EACCES;
	if (r < 0)
		h->fd = fd_close(h->fd);
	return r;
}

static int hearth_find(struct hearth *h)
{
	char own[CGROUP_PATH_MAX];
	size_t n;
	int r;

	r = cgroup_find_own(own);
	if (r < 0)
		return r;
	h->parent_fd = open(own, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (h->parent_fd < 0)
		return -errno;
	/* To be born in a child of ours, a task must be allowed to leave our
	 * own cgroup: both need the common ancestor's cgroup.procs. */
	if (!cgroup_is_usable(h->parent_fd))
		return -EACCES;
	n = strlen(own);
	if (n + strlen(h->name) + 2 > sizeof(h->path))
		return -ENAMETOOLONG;
	memcpy(h->path, own, n);
	h->path[n] = '/';
	strcpy(h->path + n + 1, h->name);
	hearth_each(h->parent_fd, "reeve-", hearth_remove_stale);
	return hearth_make(h);
}

void hearth_open(struct hearth *h)
{
	*h = (struct hearth){ .parent_fd = -1, .fd = -1 };
	snprintf(h->name, sizeof(h->name), "reeve-%d", (int)getpid());
	h->error = hearth_find(h);
}

int hearth_new_cgroup(struct hearth *h, uint64_t id, int *ret_fd,
		      char ret_path[static 256])
{
	char name[32];
	int r;

	if (h->error)
		return h->error;
	hearth_cell_name(id, name);
	r = cgroup_new(h->fd, name, ret_fd);
	/* Somebody has removed our directory: make it again. */
	if (r == -ENOENT || r == -ENODEV) {
		r = hearth_make(h);
		if (r == 0)
			r = cgroup_new(h->fd, name, ret_fd);
	}
	if (r < 0)
		return r;
	/* For people: a longer one is cut. */
	snprintf(ret_path, 256, "%.220s/%s", h->path, name);
	return 0;
}

void hearth_drop_cgroup(struct hearth *h, uint64_t id)
{
	char name[32];

	if (h->fd < 0)
		return;
	hearth_cell_name(id, name);
	cgroup_remove(h->fd, name);
}

static void hearth_kill_child(int fd, const char *name)
{
	_cleanup_fd_ int child_fd =
		openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (child_fd >= 0)
		cgroup_kill(child_fd);
}

void hearth_kill(struct hearth *h)
{
	if (h->fd < 0)
		return;
	/* Whole at once, so that nothing forks from one cell to another's
	 * time, then each for what that overlooks. */
	cgroup_kill(h->fd);
	hearth_each(h->fd, "cell-", hearth_kill_child);
}

void hearth_remove(struct hearth *h)
{
	int i, r;

	if (h->fd < 0)
		return;
	/* The last tasks may still be on their way out. */
	for (i = 0; i < HEARTH_TRIES; i++) {
		hearth_each(h->fd, "cell-", hearth_remove_child);
		r = cgroup_remove(h->parent_fd, h->name);
		if (r != -EBUSY && r != -ENOTEMPTY)
			break;
		poll(NULL, 0, HEARTH_TRY_MS);
	}
	/* Also what a launcher before us left, had it been killed. */
	hearth_each(h->parent_fd, "reeve-", hearth_remove_stale);
	h->fd = fd_close(h->fd);
	h->parent_fd = fd_close(h->parent_fd);
}
