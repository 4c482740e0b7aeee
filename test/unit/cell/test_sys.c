#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/cgroup.h"
#include "sys/clone.h"
#include "sys/fd.h"
#include "sys/packet.h"
#include "sys/path.h"
#include "sys/pidfd.h"
#include "sys/task.h"
#include "sys/unix_diag.h"
#include "sys/unix_socket.h"

static void path_stays_beneath(void **state)
{
	char dir[] = "/tmp/reeve-path-XXXXXX", path[64];
	int dir_fd, fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(dir_fd, "sub", 0755), 0);
	assert_int_equal(symlinkat("/etc", dir_fd, "link"), 0);
	assert_int_equal(symlinkat("sub", dir_fd, "inner"), 0);
	assert_int_equal(path_open_beneath(dir_fd, "sub", O_PATH, &fd), 0);
	fd_close(fd);
	assert_int_equal(
		path_open_beneath(dir_fd, "link", O_PATH | O_DIRECTORY, &fd),
		-ELOOP);
	assert_int_equal(
		path_open_beneath(dir_fd, "inner", O_PATH | O_DIRECTORY, &fd),
		-ELOOP);
	assert_int_equal(path_open_beneath(dir_fd, "..", O_PATH, &fd), -EXDEV);
	assert_int_equal(path_open_beneath(dir_fd, "/etc", O_PATH, &fd),
			 -EXDEV);
	assert_int_equal(path_open_beneath(dir_fd, "sub/../../x", O_PATH, &fd),
			 -EXDEV);
	assert_int_equal(path_open_beneath(dir_fd, "none", O_PATH, &fd),
			 -ENOENT);
	close(dir_fd);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	assert_int_equal(system(path), 0);
}

static void path_reads_only_what_fits(void **state)
{
	char path[] = "/tmp/reeve-read-XXXXXX", buffer[8];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "1234567", 7), 7);
	assert_int_equal(path_read_file(path, buffer, sizeof(buffer)), 0);
	assert_string_equal(buffer, "1234567");
	assert_int_equal(path_read_number(path, -1), 1234567);
	assert_int_equal(write(fd, "8", 1), 1);
	assert_int_equal(path_read_file(path, buffer, sizeof(buffer)), -E2BIG);
	close(fd);
	unlink(path);
	assert_int_equal(path_read_file(path, buffer, sizeof(buffer)), -ENOENT);
	assert_int_equal(path_read_number(path, -7), -7);
}

static void packet_carries_descriptors(void **state)
{
	int pair[2], sent[2], got[4] = { -1, -1, -1, -1 };
	char buffer[16];
	size_t n_fds;

	(void)state;
	assert_int_equal(packet_pair(pair), 0);
	assert_int_equal(packet_pair(sent), 0);
	assert_int_equal(packet_send(pair[0], "hello", 5, sent, 2, 0), 0);
	assert_int_equal(packet_receive(pair[1], buffer, sizeof(buffer), got, 4,
					&n_fds, 0),
			 5);
	assert_int_equal(n_fds, 2);
	assert_int_equal(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	fd_close_all(got, 2);
	fd_close_all(sent, 2);
	fd_close_all(pair, 2);
}

static unsigned count_fds(void)
{
	unsigned n = 0;
	int fd;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* More than we are ready for is refused whole, and nothing of it stays open. */
static void packet_refuses_too_much(void **state)
{
	int pair[2], sent[2], got[1];
	char buffer[4];
	unsigned before;
	size_t n_fds;

	(void)state;
	assert_int_equal(packet_pair(pair), 0);
	assert_int_equal(packet_pair(sent), 0);
	before = count_fds();
	assert_int_equal(packet_send(pair[0], "x", 1, sent, 2, 0), 0);
	assert_int_equal(packet_receive(pair[1], buffer, sizeof(buffer), got, 1,
					&n_fds, 0),
			 -EMSGSIZE);
	assert_int_equal(packet_send(pair[0], "too long", 8, sent, 1, 0), 0);
	assert_int_equal(packet_receive(pair[1], buffer, sizeof(buffer), got, 1,
					&n_fds, 0),
			 -EMSGSIZE);
	assert_int_equal(packet_receive(pair[1], buffer, sizeof(buffer), got, 1,
					&n_fds, MSG_DONTWAIT),
			 -EAGAIN);
	assert_int_equal(count_fds(), before);
	fd_close_all(sent, 2);
	fd_close_all(pair, 2);
}

static void pidfd_reaps_without_waiting(void **state)
{
	struct clone_request request = { .exit_signal = SIGCHLD,
					 .cgroup_fd = -1 };
	siginfo_t info;
	pid_t pid;
	int pidfd;

	(void)state;
	pid = clone_task(&request, &pidfd);
	if (pid == 0)
		for (;;)
			pause();
	assert_true(pid > 0);
	assert_int_equal(pidfd_reap(pidfd, &info), -EAGAIN);
	assert_int_equal(pidfd_signal(pidfd, SIGKILL), 0);
	assert_int_equal(pidfd_wait(pidfd, &info), 0);
	assert_int_equal(info.si_pid, pid);
	assert_int_equal(info.si_status, SIGKILL);
	assert_int_equal(pidfd_reap(pidfd, &info), -ECHILD);
	assert_int_equal(pidfd_signal(pidfd, SIGKILL), -ESRCH);
	close(pidfd);
}

static void cgroup_freezes_and_kills(void **state)
{
	struct clone_request request = { .exit_signal = SIGCHLD };
	char own[CGROUP_PATH_MAX], name[32];
	int parent_fd, fd = -1, pidfd, i;
	siginfo_t info;
	pid_t pid;

	(void)state;
	snprintf(name, sizeof(name), "test-%d", (int)getpid());
	if (cgroup_find_own(own) < 0)
		skip();
	parent_fd = open(own, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent_fd < 0 || !cgroup_is_usable(parent_fd) ||
	    cgroup_new(parent_fd, name, &fd) < 0)
		skip();
	request.cgroup_fd = fd;
	pid = clone_task(&request, &pidfd);
	if (pid == 0)
		for (;;)
			pause();
	assert_true(pid > 0);
	assert_int_equal(cgroup_is_populated(fd), 1);
	assert_int_equal(cgroup_remove(parent_fd, name), -EBUSY);
	assert_int_equal(cgroup_freeze(fd, true), 0);
	for (i = 0; i < 1000 && cgroup_is_frozen(fd) != 1; i++)
		usleep(1000);
	assert_int_equal(cgroup_is_frozen(fd), 1);
	assert_int_equal(cgroup_freeze(fd, false), 0);
	assert_int_equal(cgroup_kill(fd), 0);
	assert_int_equal(pidfd_wait(pidfd, &info), 0);
	assert_int_equal(cgroup_is_populated(fd), 0);
	assert_int_equal(cgroup_remove(parent_fd, name), 0);
	assert_int_equal(cgroup_remove(parent_fd, name), 0);
	close(fd);
	close(pidfd);
	close(parent_fd);
}

/* The other end closes with something unread: that is an error, once, and not
 * the end of what it had sent. */
static void draining_goes_on_behind_a_reset(void **state)
{
	char buffer[8];
	int ends[2], i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
				    ends),
			 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(send(ends[0], "sent", 4, 0), 4);
	assert_int_equal(send(ends[1], "unread", 6, 0), 6);
	close(ends[0]);
	socket_drain(ends[1]);
	assert_int_equal(recv(ends[1], buffer, sizeof(buffer), MSG_DONTWAIT),
			 0);
	close(ends[1]);
}

/* All that the kernel lists, and what we look for. */
struct listed {
	uint32_t inode;
	struct unix_diag_socket found;
};

static bool on_listed(const struct unix_diag_socket *s, void *context)
{
	struct listed *l = context;

	if (s->inode == l->inode)
		l->found = *s;
	return true;
}

static void unix_diag_knows_peers(void **state)
{
	struct unix_diag_socket found = { 0 };
	struct stat own, peer;
	struct listed l = { 0 };
	uint64_t cookie;
	int ends[2], fd, r;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    ends),
			 0);
	assert_int_equal(fstat(ends[0], &own), 0);
	assert_int_equal(fstat(ends[1], &peer), 0);
	assert_int_equal(socket_cookie(ends[0], &cookie), 0);
	l.inode = (uint32_t)own.st_ino;
	r = unix_diag_open(&fd);
	if (r == 0)
		r = unix_diag_each(fd, on_listed, &l);
	if (r < 0) {
		print_message("this kernel does not list unix sockets\n");
		skip();
	}
	/* The list may be incomplete, the search is not. */
	if (l.found.inode) {
		assert_int_equal(l.found.peer_inode, peer.st_ino);
		assert_int_equal(l.found.cookie, cookie);
	}
	assert_int_equal(unix_diag_find(fd, l.inode, &found), 0);
	assert_int_equal(found.inode, own.st_ino);
	assert_int_equal(found.peer_inode, peer.st_ino);
	assert_int_equal(found.cookie, cookie);
	close(ends[1]);
	assert_int_equal(unix_diag_find(fd, (uint32_t)peer.st_ino, &found),
			 -ENOENT);
	assert_int_equal(unix_diag_find(fd, 0, &found), -ENOENT);
	close(ends[0]);
	close(fd);
}

static void sockets_have_names(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char name[SOCKET_NAME_MAX];
	int ends[2], n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
				    ends),
			 0);
	assert_int_equal(socket_own_name(ends[0], name), 0);
	assert_int_equal(socket_peer_name(ends[1], name), 0);
	n = snprintf(a.sun_path + 1, sizeof(a.sun_path) - 1, "reeve-test-%d",
		     getpid());
	assert_int_equal(
		bind(ends[0], (struct sockaddr *)&a,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				 (size_t)n)),
		0);
	assert_int_equal(socket_own_name(ends[0], name), n);
	assert_memory_equal(name, a.sun_path + 1, n);
	assert_int_equal(socket_own_name(ends[1], name), 0);
	assert_int_equal(socket_peer_name(ends[1], name), n);
	assert_memory_equal(name, a.sun_path + 1, n);
	fd_close_all(ends, 2);
}

static void tasks_share_open_files(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int again = open("/dev/null", O_RDONLY | O_CLOEXEC), copy = dup(fd);

	(void)state;
	assert_int_equal(task_shares_fd(getpid(), fd, getpid(), copy), 1);
	assert_int_equal(task_shares_fd(getpid(), fd, getpid(), again), 0);
	close(copy);
	assert_int_equal(task_shares_fd(getpid(), fd, getpid(), copy), -EBADF);
	close(fd);
	close(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_stays_beneath),
		cmocka_unit_test(path_reads_only_what_fits),
		cmocka_unit_test(packet_carries_descriptors),
		cmocka_unit_test(packet_refuses_too_much),
		cmocka_unit_test(pidfd_reaps_without_waiting),
		cmocka_unit_test(cgroup_freezes_and_kills),
		cmocka_unit_test(draining_goes_on_behind_a_reset),
		cmocka_unit_test(unix_diag_knows_peers),
		cmocka_unit_test(sockets_have_names),
		cmocka_unit_test(tasks_share_open_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
