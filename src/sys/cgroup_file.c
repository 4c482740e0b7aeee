/* Each call opens the file anew: a group may be removed and made again. */
#include "sys/cgroup_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/cgroup.h"
#include "sys/fd.h"

#define CGROUP1_MAGIC 0x27e0eb
#define CGROUP2_MAGIC 0x63677270

enum {
	CGROUP_FILE_MAX = 4096,
	CGROUP_PROCS_MAX = 65536,
	CGROUP_MOVE_TRIES = 16,
	/* As deep as realms may nest, and a cell's own directory. */
	CGROUP_DEPTH_MAX = 80,
};

int cgroup_read(int fd, const char *name, char *buffer, size_t n)
{
	_cleanup_fd_ int file_fd = openat(fd, name, O_RDONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t got;

	if (file_fd < 0)
		return -errno;
	while (at < n - 1) {
		got = read(file_fd, buffer + at, n - 1 - at);
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		at += (size_t)got;
	}
	buffer[at] = 0;
	return 0;
}

int cgroup_read_number(int fd, const char *name, uint64_t *ret)
{
	char text[64], *end;
	uint64_t value;
	int r;

	r = cgroup_read(fd, name, text, sizeof(text));
	if (r < 0)
		return r;
	if (!strncmp(text, "max", 3)) {
		*ret = UINT64_MAX;
		return 0;
	}
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text)
		return -EPROTO;
	*ret = value;
	return 0;
}

int cgroup_find_key(const char *text, const char *key, uint64_t *ret)
{
	size_t n = strlen(key);
	const char *line = text;

	while (line) {
		if (!strncmp(line, key, n) && line[n] == ' ') {
			*ret = strtoull(line + n + 1, NULL, 10);
			return 0;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return -ENOENT;
}

int cgroup_read_key(int fd, const char *name, const char *key, uint64_t *ret)
{
	char text[CGROUP_FILE_MAX];
	int r = cgroup_read(fd, name, text, sizeof(text));

	return r < 0 ? r : cgroup_find_key(text, key, ret);
}

int cgroup_read_pressure(int fd, const char *name, uint64_t *ret)
{
	char text[512];
	unsigned whole, hundredths;
	int r = cgroup_read(fd, name, text, sizeof(text));

	if (r < 0)
		return r;
	if (sscanf(text, "some avg10=%u.%2u", &whole, &hundredths) != 2)
		return -EPROTO;
	*ret = (uint64_t)whole * 100 + hundredths;
	return 0;
}

bool cgroup_has_word(int fd, const char *name, const char *word)
{
	char text[CGROUP_FILE_MAX], *save, *at;

	if (cgroup_read(fd, name, text, sizeof(text)) < 0)
		return false;
	for (at = strtok_r(text, " \n", &save); at;
	     at = strtok_r(NULL, " \n", &save))
		if (!strcmp(at, word))
			return true;
	return false;
}

int cgroup_write(int fd, const char *name, const char *text)
{
	_cleanup_fd_ int file_fd =
		openat(fd, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	size_t n = strlen(text);
	ssize_t r;

	if (file_fd < 0)
		return -errno;
	r = write(file_fd, text, n);
	if (r < 0)
		return -errno;
	return (size_t)r == n ? 0 : -EIO;
}

int cgroup_write_number(int fd, const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return cgroup_write(fd, name, text);
}

int cgroup_move(int fd, pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", (int)pid);
	return cgroup_write(fd, "cgroup.procs", text);
}

static int cgroup_compare_pids(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* The tasks of a group, ascending; the caller frees them. The number, or
 * -errno.
 */
static int cgroup_list(int fd, pid_t **ret)
{
	_cleanup_free_ char *text = malloc(CGROUP_PROCS_MAX);
	_cleanup_free_ pid_t *pids =
		malloc(sizeof(*pids) * CGROUP_PROCS_MAX / 2);
	char *line, *save;
	int n = 0, r;

	if (!text || !pids)
		return -ENOMEM;
	r = cgroup_read(fd, "cgroup.procs", text, CGROUP_PROCS_MAX);
	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		pids[n++] = (pid_t)strtol(line, NULL, 10);
	qsort(pids, (size_t)n, sizeof(*pids), cgroup_compare_pids);
	*ret = TAKE(pids);
	return n;
}

/* One pass. The number of tasks that had to be moved, or -errno. */
static int cgroup_move_pass(int from_fd, int to_fd)
{
	_cleanup_free_ pid_t *from = NULL, *to = NULL;
	int i, n_from, n_to, n = 0, r;

	n_from = cgroup_list(from_fd, &from);
	n_to = n_from < 0 ? n_from : cgroup_list(to_fd, &to);
	if (n_to < 0)
		return n_to;
	for (i = 0; i < n_from; i++) {
		if (from[i] <= 0 || bsearch(&from[i], to, (size_t)n_to,
					    sizeof(*to), cgroup_compare_pids))
			continue;
		r = cgroup_move(to_fd, from[i]);
		/* It has ended meanwhile. */
		if (r < 0 && r != -ESRCH)
			return r;
		n++;
	}
	return n;
}

int cgroup_move_all(int from_fd, int to_fd)
{
	int i, r = 1;

	for (i = 0; i < CGROUP_MOVE_TRIES && r > 0; i++)
		r = cgroup_move_pass(from_fd, to_fd);
	return r > 0 ? -EAGAIN : r;
}

static int cgroup_remove_at(int parent_fd, const char *name, unsigned depth);

/* Remove all directories in @fd. */
static int cgroup_remove_children(int fd, unsigned depth)
{
	int own_fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own_fd < 0 ? NULL : fdopendir(own_fd);
	struct dirent *entry;
	int r = 0, k;

	if (!dir) {
		fd_close(own_fd);
		return -errno;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		k = cgroup_remove_at(fd, entry->d_name, depth + 1);
		if (k < 0)
			r = k;
	}
	closedir(dir);
	return r;
}

static int cgroup_remove_at(int parent_fd, const char *name, unsigned depth)
{
	_cleanup_fd_ int fd = -1;
	int r;

	if (depth > CGROUP_DEPTH_MAX)
		return -ELOOP;
	fd = openat(parent_fd, name,
		    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = cgroup_remove_children(fd, depth);
	return r < 0 ? r : cgroup_remove(parent_fd, name);
}

int cgroup_remove_tree(int parent_fd, const char *name)
{
	return cgroup_remove_at(parent_fd, name, 0);
}

void cgroup_undivide(int fd)
{
	char text[CGROUP_FILE_MAX], word[64], *save, *at;

	if (cgroup_read(fd, "cgroup.subtree_control", text, sizeof(text)) < 0)
		return;
	for (at = strtok_r(text, " \n", &save); at;
	     at = strtok_r(NULL, " \n", &save)) {
		snprintf(word, sizeof(word), "-%.60s", at);
		(void)cgroup_write(fd, "cgroup.subtree_control", word);
	}
}

/* Into the parent, should we be in @path. It may hold tasks only if it is not
 * divided. */
static void cgroup_step_out(const char *path)
{
	char own[CGROUP_PATH_MAX], parent[CGROUP_PATH_MAX + 4];
	_cleanup_fd_ int fd = -1;

	if (cgroup_find_own(own) < 0 || strcmp(own, path))
		return;
	snprintf(parent, sizeof(parent), "%s/..", own);
	fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	cgroup_undivide(fd);
	(void)cgroup_move(fd, 0);
}

int cgroup_remove_path(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fs.f_type != CGROUP1_MAGIC && fs.f_type != CGROUP2_MAGIC)
		return -EINVAL;
	cgroup_step_out(path);
	return cgroup_remove_tree(AT_FDCWD, path);
}
