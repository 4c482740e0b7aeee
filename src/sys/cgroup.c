#include "sys/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/path.h"

#define CGROUP2_MAGIC 0x63677270

enum { CGROUP_TEXT_MAX = 16384, CGROUP_MOUNTS_MAX = 1024 * 1024 };

/* Where distributions mount the second version. */
static const char *const cgroup_roots[] = { "/sys/fs/cgroup",
					    "/sys/fs/cgroup/unified" };

static const char *cgroup_find_root(void)
{
	struct statfs fs;
	size_t i;

	for (i = 0; i < N_ELEMENTS(cgroup_roots); i++)
		if (statfs(cgroup_roots[i], &fs) == 0 &&
		    fs.f_type == CGROUP2_MAGIC)
			return cgroup_roots[i];
	return NULL;
}

/* Append the path of ours to @root. */
static int cgroup_join(const char *root, const char *path,
		       char ret[CGROUP_PATH_MAX])
{
	int n = snprintf(ret, CGROUP_PATH_MAX, "%s%s", root,
			 strcmp(path, "/") ? path : "");

	return n < CGROUP_PATH_MAX ? 0 : -ENAMETOOLONG;
}

int cgroup_find_own(char ret[CGROUP_PATH_MAX])
{
	const char *root = cgroup_find_root();
	char text[CGROUP_TEXT_MAX], *line, *save;
	int r;

	if (!root)
		return -ENOENT;
	r = path_read_file("/proc/self/cgroup", text, sizeof(text));
	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "0::", 3))
			return cgroup_join(root, line + 3, ret);
	return -ENOENT;
}

/* Is @name among the comma-separated @list, which ends at @end? */
static bool cgroup_lists(const char *list, const char *end, const char *name)
{
	size_t n = strlen(name);
	const char *comma;

	while (list < end) {
		comma = memchr(list, ',', (size_t)(end - list));
		if (!comma)
			comma = end;
		if ((size_t)(comma - list) == n && !memcmp(list, name, n))
			return true;
		list = comma + 1;
	}
	return false;
}

/*
 * The path of ours below the mount @line of /proc/self/mountinfo, if that is
 * @controller's hierarchy. In a container the mount may begin at our own group,
 * which the path still names in full.
 */
static int cgroup_join_mount(char *line, const char *controller,
			     const char *own, char ret[CGROUP_PATH_MAX])
{
	char root[CGROUP_PATH_MAX], point[CGROUP_PATH_MAX], *type;
	size_t n;

	type = strstr(line, " - cgroup ");
	if (!type ||
	    sscanf(line, "%*s %*s %*s %1023s %1023s", root, point) != 2)
		return -ENOENT;
	line = strrchr(type, ' ') + 1;
	if (!cgroup_lists(line, line + strlen(line), controller))
		return -ENOENT;
	n = strcmp(root, "/") ? strlen(root) : 0;
	if (!strncmp(own, root, n) && (own[n] == '/' || !own[n]))
		own += n;
	return cgroup_join(point, *own ? own : "/", ret);
}

/* Our own path in @controller's hierarchy; inside @text. NULL if there is none.
 */
static char *cgroup_find_path(char *text, const char *controller)
{
	char *line, *save, *list, *path;

	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		list = strchr(line, ':');
		path = list ? strchr(list + 1, ':') : NULL;
		if (path && cgroup_lists(list + 1, path, controller))
			return path + 1;
	}
	return NULL;
}

int cgroup_find_v1(const char *controller, char ret[CGROUP_PATH_MAX])
{
	_cleanup_free_ char *mounts = malloc(CGROUP_MOUNTS_MAX);
	char text[CGROUP_TEXT_MAX], *own, *line, *save;
	int r;

	if (!mounts)
		return -ENOMEM;
	r = path_read_file("/proc/self/cgroup", text, sizeof(text));
	if (r == 0)
		r = path_read_file("/proc/self/mountinfo", mounts,
				   CGROUP_MOUNTS_MAX);
	if (r < 0)
		return r;
	own = cgroup_find_path(text, controller);
	if (!own)
		return -ENOENT;
	for (line = strtok_r(mounts, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (cgroup_join_mount(line, controller, own, ret) == 0)
			return 0;
	return -ENOENT;
}

int cgroup_new(int parent_fd, const char *name, int *ret)
{
	int fd;

	if (mkdirat(parent_fd, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

int cgroup_remove(int parent_fd, const char *name)
{
	if (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

bool cgroup_is_usable(int fd)
{
	return faccessat(fd, "cgroup.procs", W_OK, AT_EACCESS) == 0;
}

/* SIGKILL for every task that cgroup.procs lists. */
static int cgroup_kill_each(int fd)
{
	_cleanup_fd_ int procs_fd =
		openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char text[CGROUP_TEXT_MAX], *line, *save;
	ssize_t n;
	long pid;

	if (procs_fd < 0)
		return -errno;
	n = read(procs_fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = 0;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		pid = strtol(line, NULL, 10);
		if (pid > 0)
			kill((pid_t)pid, SIGKILL);
	}
	return 0;
}

int cgroup_kill(int fd)
{
	path_write_file(fd, "cgroup.kill", "1");
	return cgroup_kill_each(fd);
}

int cgroup_freeze(int fd, bool freeze)
{
	return path_write_file(fd, "cgroup.freeze", freeze ? "1" : "0");
}

/* The value of @key in cgroup.events. */
static int cgroup_event(int fd, const char *key)
{
	_cleanup_fd_ int events_fd =
		openat(fd, "cgroup.events", O_RDONLY | O_CLOEXEC);
	char text[256], *at;
	ssize_t n;

	if (events_fd < 0)
		return -errno;
	n = read(events_fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = 0;
	at = strstr(text, key);
	if (!at)
		return -ENOENT;
	return at[strlen(key) + 1] == '1';
}

int cgroup_is_frozen(int fd)
{
	return cgroup_event(fd, "frozen");
}

int cgroup_is_populated(int fd)
{
	return cgroup_event(fd, "populated");
}
