/*
 * Floors of giving, mounting and telling: the same steps without us.
 *
 *	lend CASE N
 *
 * grant	a pair is made, one end sent to a provider and the other to a
 *		client, which calls over it once and says so; both wait in epoll
 * mount	a detached copy of a directory, read-only, mounted in a mount
 *		namespace of our own ("mount") and taken off again ("unmount"),
 *		by one task that is there already
 * enter	the same two by a task that is forked for each, and enters the
 *		namespaces of another task first, as whoever is outside has to
 *		("enter", "enter-off")
 * tell-N	N messages of 56 bytes over 16 sockets to each of 10 tasks,
 *		which wait in epoll: until the last was read; 5 times
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pass.h"
#include "samples.h"

enum {
	WARM_UP = 3,
	LISTENERS = 10,
	PER_LISTENER = 16,
	N_TELLS = 5,
	TOLD_BYTES = 56,
};

#define PLACE "/tmp"

/* Not in every C library's headers. */
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x4
#endif

/* ---- giving ---- */

static bool echo_once(int fd)
{
	char bytes[PASS_PAYLOAD];
	int handle;
	ssize_t n = get(fd, bytes, sizeof(bytes), &handle);

	if (n <= 0)
		return false;
	put(fd, bytes, (size_t)n);
	return true;
}

static void provide(int fd)
{
	int epoll_fd = epoll_new(), handle;
	struct epoll_event e;
	char byte;

	epoll_put(epoll_fd, fd, EPOLLIN, (uint32_t)fd);
	while (epoll_wait(epoll_fd, &e, 1, -1) > 0) {
		if (e.data.fd != fd) {
			if (!echo_once(e.data.fd))
				close(e.data.fd);
			continue;
		}
		if (get(fd, &byte, 1, &handle) <= 0)
			_exit(0);
		epoll_put(epoll_fd, handle, EPOLLIN, (uint32_t)handle);
	}
}

static void use(int fd)
{
	int epoll_fd = epoll_new(), handle;
	struct epoll_event e;
	char byte;

	epoll_put(epoll_fd, fd, EPOLLIN, (uint32_t)fd);
	while (epoll_wait(epoll_fd, &e, 1, -1) > 0) {
		if (get(fd, &byte, 1, &handle) <= 0)
			_exit(0);
		round_trip(handle);
		close(handle);
		put(fd, &byte, 1);
	}
}

static int role_start(void (*role)(int fd))
{
	int fds[2];

	pair(fds);
	if (!task_fork()) {
		close(fds[0]);
		role(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static void measure_grant(uint64_t *ns, size_t n)
{
	int provider = role_start(provide), client = role_start(use);
	int fds[2], handle;
	uint64_t start;
	char byte = 0;
	size_t i;

	for (i = 0; i < n + WARM_UP; i++) {
		start = now_ns();
		pair(fds);
		put_handle(provider, &byte, 1, fds[0]);
		put_handle(client, &byte, 1, fds[1]);
		close(fds[0]);
		close(fds[1]);
		if (get(client, &byte, 1, &handle) <= 0)
			die("client");
		ns[i < WARM_UP ? 0 : i - WARM_UP] = now_ns() - start;
	}
	samples_print_each("grant", ns, n);
}

/* ---- mounting ---- */

static void namespace_enter_new(void)
{
	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) < 0)
		die("unshare");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("private");
}

static int copy_detached(const char *directory)
{
	struct {
		uint64_t attr_set, attr_clr, propagation, userns_fd;
	} attributes = { .attr_set = 0x1 | 0x2 | 0x4 };
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, directory,
			      1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);

	if (fd < 0)
		die("open_tree");
	/* Read-only, nosuid, nodev. */
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes,
		    sizeof(attributes)) < 0)
		die("mount_setattr");
	return fd;
}

static void put_on(void)
{
	int fd = copy_detached("/usr");

	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, PLACE,
		    MOVE_MOUNT_F_EMPTY_PATH) < 0)
		die("move_mount");
	close(fd);
}

static void take_off(void)
{
	if (umount2(PLACE, MNT_DETACH) < 0)
		die("umount2");
}

static void measure_mount(uint64_t *on, uint64_t *off, size_t n)
{
	uint64_t start;
	size_t i, at;

	namespace_enter_new();
	for (i = 0; i < n + WARM_UP; i++) {
		at = i < WARM_UP ? 0 : i - WARM_UP;
		start = now_ns();
		put_on();
		on[at] = now_ns() - start;
		start = now_ns();
		take_off();
		off[at] = now_ns() - start;
	}
	samples_print_each("mount", on, n);
	samples_print_each("unmount", off, n);
}

/* In a task of its own, for who enters a mount namespace does not come back. */
static void do_inside(pid_t pid, void (*what)(void))
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	pid_t worker = fork();
	int status;

	if (!worker) {
		if (setns(pidfd, geteuid() ? CLONE_NEWUSER | CLONE_NEWNS
					   : CLONE_NEWNS) < 0)
			die("setns");
		what();
		_exit(0);
	}
	if (waitpid(worker, &status, 0) < 0 || status)
		_exit(1);
	close(pidfd);
}

static void stay_inside(int fd)
{
	char byte = 0;

	namespace_enter_new();
	put(fd, &byte, 1);
	for (;;)
		pause();
}

static void measure_enter(uint64_t *on, uint64_t *off, size_t n)
{
	int fds[2], handle;
	uint64_t start;
	size_t i, at;
	char byte;
	pid_t pid;

	pair(fds);
	pid = task_fork();
	if (!pid)
		stay_inside(fds[1]);
	if (get(fds[0], &byte, 1, &handle) <= 0)
		die("inside");
	for (i = 0; i < n + WARM_UP; i++) {
		at = i < WARM_UP ? 0 : i - WARM_UP;
		start = now_ns();
		do_inside(pid, put_on);
		on[at] = now_ns() - start;
		start = now_ns();
		do_inside(pid, take_off);
		off[at] = now_ns() - start;
	}
	samples_print_each("enter", on, n);
	samples_print_each("enter-off", off, n);
}

/* ---- telling ---- */

struct listener {
	int fd; /* its report */
	int fds[PER_LISTENER];
};

/* Reports the time of every @n-th message. */
static void listen_to(const int *fds, int report_fd, size_t n)
{
	int epoll_fd = epoll_new(), i, handle;
	struct epoll_event e;
	char bytes[256];
	size_t n_told = 0;
	uint64_t now;

	for (i = 0; i < PER_LISTENER; i++)
		epoll_put(epoll_fd, fds[i], EPOLLIN, (uint32_t)fds[i]);
	while (epoll_wait(epoll_fd, &e, 1, -1) > 0) {
		if (get(e.data.fd, bytes, sizeof(bytes), &handle) <= 0)
			_exit(0);
		now = now_ns();
		if (++n_told % n == 0)
			put(report_fd, &now, sizeof(now));
	}
}

static void listener_start(struct listener *l, size_t n)
{
	int theirs[PER_LISTENER], report[2], fds[2], i;

	pair(report);
	for (i = 0; i < PER_LISTENER; i++) {
		pair(fds);
		l->fds[i] = fds[0];
		theirs[i] = fds[1];
	}
	l->fd = report[0];
	if (!task_fork())
		listen_to(theirs, report[1], n);
	for (i = 0; i < PER_LISTENER; i++)
		close(theirs[i]);
	close(report[1]);
}

static uint64_t tell_all(struct listener *all, size_t n_each)
{
	char bytes[TOLD_BYTES] = { 1 };
	uint64_t last = 0, told, start = now_ns();
	size_t i, k;

	for (k = 0; k < n_each; k++)
		for (i = 0; i < LISTENERS; i++)
			put(all[i].fds[k % PER_LISTENER], bytes, sizeof(bytes));
	for (i = 0; i < LISTENERS; i++) {
		if (recv(all[i].fd, &told, sizeof(told), 0) != sizeof(told))
			die("report");
		last = told > last ? told : last;
	}
	return last - start;
}

static void measure_tell(size_t n)
{
	struct listener all[LISTENERS];
	uint64_t ns[N_TELLS];
	char name[64];
	size_t i;

	for (i = 0; i < LISTENERS; i++)
		listener_start(&all[i], n / LISTENERS);
	for (i = 0; i < N_TELLS; i++)
		ns[i] = tell_all(all, n / LISTENERS);
	snprintf(name, sizeof(name), "tell-%zu", n);
	samples_print_each(name, ns, N_TELLS);
}

int main(int argc, char **argv)
{
	size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	uint64_t *first = calloc(n + 1, sizeof(*first));
	uint64_t *second = calloc(n + 1, sizeof(*second));

	if (!n || !first || !second) {
		fputs("usage: lend grant|mount|enter|tell N\n", stderr);
		return 2;
	}
	if (!strcmp(argv[1], "grant"))
		measure_grant(first, n);
	else if (!strcmp(argv[1], "mount"))
		measure_mount(first, second, n);
	else if (!strcmp(argv[1], "enter"))
		measure_enter(first, second, n);
	else
		measure_tell(n);
	return 0;
}
