/*
 * A mount that was taken off keeps its number while anybody uses it, and the
 * kernel tells the number of whatever is open (fdinfo, statx). Mappings have
 * only a device, an inode and a path, which now begins at what was the root of
 * the mount: one is ours unless its file can be reached by that path through
 * what is still mounted.
 *
 * Nothing here calls into a component's file system or waits for one, but a
 * component can have more descriptors, tasks and mappings than anybody wants to
 * count; therefore the deadline. What a task does meanwhile is not held up, so
 * the result tells people and policies who has something open; it proves
 * nothing.
 */
#include "cell/graft_holders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/pidfd.h"

enum { HOLDERS_TASK_PATH = 64 };

struct holders {
	const struct graft_search *search;
	struct graft_result *result;
	pid_t pid; /* that is looked at */
};

/* A line of a task's maps. */
struct holders_map {
	dev_t device;
	uint64_t inode;
	const char *path;
};

uint64_t graft_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Is there time left, and somebody who wants to know? */
static bool holders_may_go_on(struct holders *h)
{
	struct pollfd p = { .fd = h->search->socket_fd };

	if (graft_clock() < h->search->deadline_ms && poll(&p, 1, 0) == 0)
		return true;
	h->result->is_partial = true;
	return false;
}

/* The row of a mount that was taken off; NULL for any other. */
static const struct graft_row *holders_find_row(const struct holders *h,
						uint64_t id)
{
	const struct graft_mounts *m = h->search->mounts;
	size_t i;

	for (i = 0; i < m->n_rows; i++)
		if (m->rows[i].is_taken && m->rows[i].id == id)
			return &m->rows[i];
	return NULL;
}

/* @path begins at the root of the mount. */
static void holders_add(struct holders *h, enum graft_hold hold, int fd,
			const struct graft_row *row, const char *path)
{
	struct graft_result *r = h->result;
	struct graft_open *o = &r->opens[r->n_named];

	r->n_opens++;
	if (r->n_named == GRAFT_OPENS_MAX)
		return;
	r->n_named++;
	o->hold = hold;
	o->pid = h->pid;
	o->fd = fd;
	/* Too long a path is cut: it is for people. */
	(void)!snprintf(o->path, sizeof(o->path), "%s%s", row->target,
			strcmp(path, "/") ? path : "");
}

/* The path of one of /proc's links; "" if it cannot be read any more. */
static const char *holders_read_link(const struct holders *h, const char *link)
{
	static char path[PATH_MAX];
	ssize_t n =
		readlinkat(h->search->proc_fd, link, path, sizeof(path) - 1);

	path[n < 0 ? 0 : n] = 0;
	return path;
}

/* The number in the "mnt_id:" line of a descriptor's fdinfo; 0 if it is gone.
 */
static uint64_t holders_read_mount(const struct holders *h, const char *info)
{
	_cleanup_fd_ int fd =
		openat(h->search->proc_fd, info, O_RDONLY | O_CLOEXEC);
	char buffer[512], *at;
	ssize_t n;

	n = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer) - 1);
	if (n <= 0)
		return 0;
	buffer[n] = 0;
	at = strstr(buffer, "mnt_id:");
	return at ? strtoull(at + strlen("mnt_id:"), NULL, 10) : 0;
}

/* The mount that an open descriptor of ours is on; 0 if nobody knows. */
static uint64_t holders_get_mount(int fd)
{
	struct statx x;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID,
		  &x) < 0)
		return 0;
	return x.stx_mnt_id;
}

static void holders_look_at_fd(struct holders *h, const char *task, int fd)
{
	const struct graft_row *row;
	char path[HOLDERS_TASK_PATH + 32];

	snprintf(path, sizeof(path), "%s/fdinfo/%d", task, fd);
	row = holders_find_row(h, holders_read_mount(h, path));
	if (!row)
		return;
	snprintf(path, sizeof(path), "%s/fd/%d", task, fd);
	holders_add(h, GRAFT_HOLD_FILE, fd, row, holders_read_link(h, path));
}

/* A directory in /proc; NULL and errno. */
static DIR *holders_open_dir(const struct holders *h, const char *path)
{
	int fd = openat(h->search->proc_fd, path,
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d)
		fd_close(fd);
	return d;
}

/* The next entry that is a number; -1 at the end. */
static int holders_next_number(DIR *d)
{
	struct dirent *e;

	while ((e = readdir(d)))
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
			return atoi(e->d_name);
	return -1;
}

/* A task that is there and keeps us out holds we know not what. */
static void holders_on_refusal(struct holders *h, int error)
{
	if (error != ENOENT && error != ESRCH)
		h->result->is_partial = true;
}

/* How many numbers of descriptors a task may be using; 0 if it is gone. */
static int holders_count_numbers(const struct holders *h, const char *task)
{
	char path[HOLDERS_TASK_PATH + 8], text[4096], *at;
	_cleanup_fd_ int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/status", task);
	fd = openat(h->search->proc_fd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	at = strstr(text, "\nFDSize:");
	return at ? atoi(at + strlen("\nFDSize:")) : 0;
}

/*
 * The table of a task that made itself undumpable: without root nobody can list
 * it, but we can take what is in it, number by number.
 */
static void holders_try_fds(struct holders *h, const char *task)
{
	int i, n = holders_count_numbers(h, task), r = 0;
	_cleanup_fd_ int pidfd = -1;
	const struct graft_row *row;
	char path[HOLDERS_TASK_PATH];

	if (pidfd_from_pid(h->pid, &pidfd) < 0)
		return;
	for (i = 0; i < n && holders_may_go_on(h); i++) {
		_cleanup_fd_ int fd = -1;

		r = pidfd_take_fd(pidfd, i, &fd);
		if (r == -EBADF)
			continue;
		if (r < 0) {
			holders_on_refusal(h, -r);
			return;
		}
		row = holders_find_row(h, holders_get_mount(fd));
		snprintf(path, sizeof(path), "self/fd/%d", fd);
		if (row)
			holders_add(h, GRAFT_HOLD_FILE, i, row,
				    holders_read_link(h, path));
	}
}

/* The table of task "PID" or "PID/task/TID"; false if it has none. */
static bool holders_look_at_fds(struct holders *h, const char *task)
{
	char path[HOLDERS_TASK_PATH + 8];
	bool has_any = false;
	DIR *d;
	int fd;

	snprintf(path, sizeof(path), "%s/fd", task);
	d = holders_open_dir(h, path);
	if (!d && errno == EACCES) {
		holders_try_fds(h, task);
		return true;
	}
	if (!d) {
		holders_on_refusal(h, errno);
		return true;
	}
	while ((fd = holders_next_number(d)) >= 0) {
		has_any = true;
		if (!holders_may_go_on(h))
			break;
		holders_look_at_fd(h, task, fd);
	}
	closedir(d);
	return has_any;
}

static void holders_look_at_place(struct holders *h, const char *task,
				  const char *name, enum graft_hold hold)
{
	char path[HOLDERS_TASK_PATH + 8];
	_cleanup_fd_ int fd = -1;
	const struct graft_row *row;

	snprintf(path, sizeof(path), "%s/%s", task, name);
	fd = openat(h->search->proc_fd, path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return;
	row = holders_find_row(h, holders_get_mount(fd));
	if (row)
		holders_add(h, hold, -1, row, holders_read_link(h, path));
}

/* "START-END PERMISSIONS OFFSET MAJOR:MINOR INODE   PATH" */
static bool holders_read_map(char *line, struct holders_map *ret)
{
	unsigned major, minor;
	int at = 0;

	if (sscanf(line, "%*s %*s %*s %x:%x %" SCNu64 " %n", &major, &minor,
		   &ret->inode, &at) != 3 ||
	    !at || line[at] != '/')
		return false;
	line[strcspn(line, "\n")] = 0;
	ret->device = makedev(major, minor);
	ret->path = line + at;
	return true;
}

/* Is it the file with @inode (0: any file) that is at @path below @dir_fd? */
static bool holders_is_there(int dir_fd, const char *path, uint64_t inode)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	return path_open_beneath(dir_fd, path + 1, O_PATH, &fd) == 0 &&
	       fstat(fd, &st) == 0 && (!inode || st.st_ino == inode);
}

static bool holders_is_beneath(const char *path, const char *parent)
{
	size_t n = strlen(parent);

	if (n == 1)
		return true;
	return !strncmp(path, parent, n) && (!path[n] || path[n] == '/');
}

/* The row of the mount that was taken off and through which this was mapped. */
static const struct graft_row *holders_judge_map(const struct holders *h,
						 const struct holders_map *map)
{
	const struct graft_mounts *m = h->search->mounts;
	const struct graft_row *row = NULL;
	bool is_elsewhere = false, is_known = false;
	uint64_t inode;
	size_t i;

	for (i = 0; i < m->n_rows; i++) {
		if (m->rows[i].device != map->device)
			continue;
		is_known = true;
		if (m->rows[i].is_taken)
			row = row ? row : &m->rows[i];
		else if (holders_is_beneath(map->path, m->rows[i].target))
			is_elsewhere = true;
	}
	if (is_known && (!row || !is_elsewhere))
		return row;
	/* An overlay, before Linux 6.9, shows what lies below it. */
	inode = is_known ? map->inode : 0;
	if (holders_is_there(h->search->root_fd, map->path, inode) ||
	    !holders_is_there(h->search->taken_fd, map->path, inode))
		return NULL;
	return row ? row : m->top;
}

static void holders_look_at_maps(struct holders *h, const char *task)
{
	char path[HOLDERS_TASK_PATH + 8], line[PATH_MAX + 128];
	struct holders_map map, last = { 0 };
	const struct graft_row *row;
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "%s/maps", task);
	fd = openat(h->search->proc_fd, path, O_RDONLY | O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f) {
		fd_close(fd);
		return;
	}
	while (fgets(line, sizeof(line), f) && holders_may_go_on(h)) {
		if (!holders_read_map(line, &map))
			continue;
		/* The parts of one mapping follow each other. */
		if (map.device == last.device && map.inode == last.inode)
			continue;
		last = map;
		row = holders_judge_map(h, &map);
		if (row)
			holders_add(h, GRAFT_HOLD_MAP, -1, row, map.path);
	}
	fclose(f);
}

/* A leader that has ended has nothing; then it is the others who share it. */
static void holders_look_at_threads(struct holders *h, const char *leader)
{
	char path[HOLDERS_TASK_PATH + 32];
	DIR *d;
	int tid;

	snprintf(path, sizeof(path), "%s/task", leader);
	d = holders_open_dir(h, path);
	while (d && (tid = holders_next_number(d)) >= 0) {
		snprintf(path, sizeof(path), "%s/task/%d", leader, tid);
		if (!holders_may_go_on(h) || holders_look_at_fds(h, path))
			break;
	}
	if (d)
		closedir(d);
}

static void holders_look_at(struct holders *h, pid_t pid)
{
	char task[HOLDERS_TASK_PATH];

	/* It keeps nothing of what was mounted, and lets nobody look. */
	if (pid == h->search->init_pid)
		return;
	h->pid = pid;
	snprintf(task, sizeof(task), "%d", (int)pid);
	if (!holders_look_at_fds(h, task))
		holders_look_at_threads(h, task);
	holders_look_at_place(h, task, "cwd", GRAFT_HOLD_CWD);
	holders_look_at_place(h, task, "root", GRAFT_HOLD_ROOT);
	holders_look_at_maps(h, task);
}

static void holders_look_at_cgroup(struct holders *h, FILE *f)
{
	char line[32];
	pid_t pid;

	while (fgets(line, sizeof(line), f) && holders_may_go_on(h)) {
		pid = atoi(line);
		/* 0 is a task that we cannot see. */
		if (pid > 0)
			holders_look_at(h, pid);
	}
}

static bool holders_has_namespace(const struct holders *h, const char *task,
				  const char *name, const struct stat *which)
{
	char path[HOLDERS_TASK_PATH];
	struct stat st;

	snprintf(path, sizeof(path), "%s/ns/%s", task, name);
	return fstatat(h->search->proc_fd, path, &st, 0) == 0 &&
	       st.st_ino == which->st_ino && st.st_dev == which->st_dev;
}

/*
 * Without a cgroup: everybody who is in the cell's user namespace. So are
 * workers like us, which however see the pids that we see.
 */
static void holders_look_at_all(struct holders *h)
{
	struct stat cell, ours;
	char task[16];
	DIR *d = NULL;
	pid_t pid;

	if (fstat(h->search->userns_fd, &cell) == 0 &&
	    fstatat(h->search->proc_fd, "self/ns/pid", &ours, 0) == 0)
		d = holders_open_dir(h, ".");
	if (!d) {
		h->result->is_partial = true;
		return;
	}
	while ((pid = holders_next_number(d)) >= 0 && holders_may_go_on(h)) {
		snprintf(task, sizeof(task), "%d", (int)pid);
		if (holders_has_namespace(h, task, "user", &cell) &&
		    !holders_has_namespace(h, task, "pid", &ours))
			holders_look_at(h, pid);
	}
	closedir(d);
}

void graft_holders_find(const struct graft_search *s, struct graft_result *ret)
{
	struct holders h = { .search = s, .result = ret };
	FILE *f = NULL;
	int fd = -1;

	ret->is_partial = s->mounts->is_cut;
	if (s->cgroup_fd >= 0)
		fd = openat(s->cgroup_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		f = fdopen(fd, "r");
	if (f) {
		holders_look_at_cgroup(&h, f);
		fclose(f);
		return;
	}
	fd_close(fd);
	holders_look_at_all(&h);
}
