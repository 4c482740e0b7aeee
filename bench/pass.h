/*
 * Passing: messages with a handle over bare sockets, for the floors. Whoever
 * fails ends, with the reason.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PASS_PAYLOAD = 64, PASS_HANDLES_MAX = 64 };

static inline void die(const char *what)
{
	perror(what);
	_exit(1);
}

static inline void pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		die("socketpair");
}

static inline void put(int fd, const void *bytes, size_t n)
{
	if (send(fd, bytes, n, MSG_NOSIGNAL) < 0)
		die("send");
}

static inline void put_handle(int fd, const void *bytes, size_t n, int handle)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {};
	struct iovec v = { (void *)bytes, n };
	struct msghdr h = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &handle, sizeof(int));
	if (sendmsg(fd, &h, MSG_NOSIGNAL) < 0)
		die("sendmsg");
}

/* One message, with room for handles. 0 bytes: the end. */
static inline ssize_t get(int fd, void *bytes, size_t n, int *ret_handle)
{
	union {
		char bytes[CMSG_SPACE(PASS_HANDLES_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec v = { bytes, n };
	struct msghdr h = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t r;

	*ret_handle = -1;
	r = recvmsg(fd, &h, MSG_CMSG_CLOEXEC);
	if (r < 0)
		return errno == ECONNRESET ? 0 : -1;
	c = h.msg_controllen ? CMSG_FIRSTHDR(&h) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(ret_handle, CMSG_DATA(c), sizeof(int));
	return r;
}

static inline void round_trip(int fd)
{
	char bytes[PASS_PAYLOAD] = { 1 };
	int handle;

	put(fd, bytes, sizeof(bytes));
	if (get(fd, bytes, sizeof(bytes), &handle) <= 0)
		die("no answer");
}

/* What an epoll set waits for. */
static inline void epoll_put(int epoll_fd, int fd, uint32_t events,
			     uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		die("epoll_ctl");
}

static inline int epoll_new(void)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		die("epoll_create1");
	return fd;
}

/* A task in a session of its own, like a daemon or a component's; it ends when
 * we do. The pid, or 0 in the task itself. */
static inline pid_t task_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
	}
	return pid;
}
