/*
 * What is erased was made by somebody who may have wanted it to stay: it can be
 * deeper than any recursion should be, and its directories can deny everything
 * to everybody. So nothing descends: the directories inside a directory are
 * moved up to the one that is erased, and are then erased from there like all
 * others. Two directories are open at a time.
 */
#include "cell/erase.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/fd.h"

enum {
	/* At least one level of the deepest directory goes with each reading;
	 * more are only needed if somebody goes on writing. */
	PASSES_MAX = 100000,
};

struct erase {
	DIR *top;
	unsigned long last_name; /* of those moved up */
	bool has_moved;
};

/* Open a directory, whatever its mode says. NULL and errno if it is none. */
static DIR *directory_open(int at_fd, const char *name)
{
	_cleanup_fd_ int path_fd = openat(
		at_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char path[64];
	DIR *d;
	int fd;

	if (path_fd < 0)
		return NULL;
	/* By descriptor: by name it could be a link by now. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	(void)chmod(path, 0700);
	fd = openat(path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		fd_close(fd);
	return d;
}

/* The next entry but "." and ".."; NULL at the end. */
static const char *directory_next(DIR *d)
{
	struct dirent *e;

	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			return e->d_name;
	return NULL;
}

/* 0 when it is gone; a directory only if it is empty. */
static int entry_remove(int at_fd, const char *name)
{
	if (unlinkat(at_fd, name, 0) == 0 || errno == ENOENT)
		return 0;
	return unlinkat(at_fd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

/* Give what lies in a directory at the top a name at the top itself. */
static int move_up(struct erase *e, int from_fd, const char *name)
{
	/* To be moved it has to be writable: its ".." changes. */
	DIR *unlocked = directory_open(from_fd, name);
	char number[32];

	if (unlocked)
		closedir(unlocked);
	for (;;) {
		snprintf(number, sizeof(number), "%lu", ++e->last_name);
		if (renameat2(from_fd, name, dirfd(e->top), number,
			      RENAME_NOREPLACE) == 0)
			break;
		if (errno != EEXIST)
			return errno == ENOENT ? 0 : -errno;
	}
	e->has_moved = true;
	return 0;
}

/* Remove the directory @name at the top; what is in it and not empty moves up.
 */
static int entry_flatten(struct erase *e, const char *name)
{
	DIR *d = directory_open(dirfd(e->top), name);
	const char *inner;
	int r = 0;

	if (!d)
		return -errno;
	while (!r && (inner = directory_next(d)))
		if (entry_remove(dirfd(d), inner) < 0)
			r = move_up(e, dirfd(d), inner);
	closedir(d);
	return r ? r : entry_remove(dirfd(e->top), name);
}

static int erase_pass(struct erase *e)
{
	const char *name;
	int r = 0, k;

	rewinddir(e->top);
	while ((name = directory_next(e->top))) {
		k = entry_remove(dirfd(e->top), name);
		if (k < 0)
			k = entry_flatten(e, name);
		if (k < 0 && k != -ENOENT && k != -ENOTEMPTY)
			r = k;
	}
	return r;
}

int erase_beneath(int at_fd, const char *name)
{
	struct erase e = { .top = NULL };
	unsigned passes;
	int r = entry_remove(at_fd, name);

	if (!r)
		return 0;
	e.top = directory_open(at_fd, name);
	if (!e.top)
		return errno == ENOENT ? 0 : -errno;
	for (passes = 0; passes < PASSES_MAX; passes++) {
		e.has_moved = false;
		r = erase_pass(&e);
		if (!e.has_moved)
			break;
	}
	closedir(e.top);
	if (r)
		return r;
	r = entry_remove(at_fd, name);
	return r == -ENOTEMPTY ? -EBUSY : r;
}
