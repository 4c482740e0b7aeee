#include "sys/task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/path.h"

#ifndef SYS_kcmp
#define SYS_kcmp 312
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum {
	TASK_KCMP_FILE = 0,
	TASK_KCMP_FILES = 2,
	TASK_PIDFD_THREAD = O_EXCL,
	TASK_PATH_MAX = 80,
};

/* As getdents64(2) writes it. */
struct task_entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* Call @fn with the numbers among the names of one reading. */
static int task_each_entry(const char *entries, size_t n, task_fn fn,
			   void *context)
{
	const struct task_entry *e;
	size_t at;
	int r = 0;

	for (at = 0; r == 0 && at < n; at += e->size) {
		e = (const struct task_entry *)(const void *)(entries + at);
		if (e->name[0] >= '0' && e->name[0] <= '9')
			r = fn(atoi(e->name), context);
	}
	return r;
}

/* A plain readdir() would allocate. */
int task_each_number(const char *path, task_fn fn, void *context)
{
	char entries[8192] __attribute__((aligned(8)));
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (r == 0) {
		n = syscall(SYS_getdents64, fd, entries, sizeof(entries));
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		r = task_each_entry(entries, (size_t)n, fn, context);
	}
	return r;
}

static void task_path(char ret[static TASK_PATH_MAX], pid_t pid, pid_t tid,
		      const char *name)
{
	snprintf(ret, TASK_PATH_MAX, "/proc/%d/task/%d/%s", (int)pid, (int)tid,
		 name);
}

int task_each_fd(pid_t pid, pid_t tid, task_fn fn, void *context)
{
	char path[TASK_PATH_MAX];

	task_path(path, pid, tid, "fd");
	return task_each_number(path, fn, context);
}

int task_count_fds(pid_t pid, pid_t tid)
{
	char path[TASK_PATH_MAX];
	struct stat st;

	task_path(path, pid, tid, "fd");
	if (stat(path, &st) < 0)
		return -errno;
	/* One that has none is not worth telling apart. */
	return st.st_size > 0 ? (int)st.st_size : -EOPNOTSUPP;
}

int task_limit_fds(pid_t pid, pid_t tid)
{
	char path[TASK_PATH_MAX], text[8192], *at;
	int r;

	task_path(path, pid, tid, "status");
	r = path_read_file(path, text, sizeof(text));
	if (r < 0)
		return r;
	at = strstr(text, "\nFDSize:");
	return at ? atoi(at + strlen("\nFDSize:")) : -EOPNOTSUPP;
}

int task_each_thread(pid_t pid, task_fn fn, void *context)
{
	char path[TASK_PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	return task_each_number(path, fn, context);
}

int task_count_threads(pid_t pid)
{
	char path[TASK_PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	if (stat(path, &st) < 0)
		return -errno;
	/* Each is a directory with a link to its parent. */
	return (int)st.st_nlink - 2;
}

int task_each_word(int fd, task_fn fn, void *context)
{
	int number = -1, r = 0;
	char text[4096];
	ssize_t n, i;

	while (r == 0 && (n = read(fd, text, sizeof(text))) != 0) {
		if (n < 0)
			return -errno;
		for (i = 0; r == 0 && i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				number = (number < 0 ? 0 : number) * 10 +
					 (text[i] - '0');
				continue;
			}
			if (number >= 0)
				r = fn(number, context);
			number = -1;
		}
	}
	return r;
}

struct task_children {
	pid_t pid;
	task_fn fn;
	void *context;
};

static int task_each_child_of(int tid, void *context)
{
	struct task_children *c = context;
	_cleanup_fd_ int fd = -1;
	char path[TASK_PATH_MAX];
	int r;

	task_path(path, c->pid, tid, "children");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -errno : task_each_word(fd, c->fn, c->context);
	/* A thread that ended meanwhile has left its children to another. */
	return r == -ESRCH || r == -ENOENT ? 0 : r;
}

int task_each_child(pid_t pid, task_fn fn, void *context)
{
	struct task_children c = { pid, fn, context };

	return task_each_thread(pid, task_each_child_of, &c);
}

int task_shares_fds(pid_t a, pid_t b)
{
	long r = syscall(SYS_kcmp, a, b, TASK_KCMP_FILES, 0, 0);

	return r < 0 ? -errno : r == 0;
}

int task_shares_fd(pid_t a, int fd_a, pid_t b, int fd_b)
{
	long r = syscall(SYS_kcmp, a, b, TASK_KCMP_FILE, fd_a, fd_b);

	return r < 0 ? -errno : r == 0;
}

int task_open_thread(pid_t tid, int *ret)
{
	long fd = syscall(SYS_pidfd_open, tid, TASK_PIDFD_THREAD);

	if (fd < 0)
		return -errno;
	*ret = (int)fd;
	return 0;
}

static uint64_t task_number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

char task_state(pid_t pid, pid_t tid, uint64_t *ret_switches)
{
	char path[TASK_PATH_MAX], text[8192], *at;

	task_path(path, pid, tid, "status");
	if (path_read_file(path, text, sizeof(text)) < 0)
		return 0;
	/* The name in front may hold anything but a line's end. */
	if (ret_switches)
		*ret_switches =
			task_number_after(text, "\nvoluntary_ctxt_switches:") +
			task_number_after(text,
					  "\nnonvoluntary_ctxt_switches:");
	at = strstr(text, "\nState:\t");
	return at ? at[strlen("\nState:\t")] : 0;
}
