/*
 * Kernel behaviour that this relies on, as tried on 6.1 and 6.18: af_unix.c,
 * unix(7), socket(7).
 */
#include "sys/unix_socket.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/path.h"

#ifndef SO_PEEK_OFF
#define SO_PEEK_OFF 42
#endif
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

/* Newer than the C library's headers may be. */
enum { SOCKET_SCM_PIDFD = 4 };

enum {
	/* More messages than fit into the largest buffer there is by default,
	 * and an end to it where the buffer is larger. */
	DRAIN_MAX = 100000,
	/* 253 descriptors, and whatever else the owner has asked to get. */
	CONTROL_MAX = 4096,
};

int socket_cookie(int fd, uint64_t *ret)
{
	socklen_t n = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, ret, &n) < 0 ? -errno : 0;
}

static int socket_option(int fd, int name, int missing)
{
	int value;
	socklen_t n = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &n) < 0 ? missing
								: value;
}

bool socket_is_unix(int fd, bool is_listening)
{
	return socket_option(fd, SO_DOMAIN, -1) == AF_UNIX &&
	       (!is_listening || socket_option(fd, SO_ACCEPTCONN, 0));
}

/* The abstract name in an address of @n bytes. */
static size_t socket_abstract_name(const struct sockaddr_un *a, socklen_t n,
				   char ret[static SOCKET_NAME_MAX])
{
	const size_t start = offsetof(struct sockaddr_un, sun_path) + 1;

	if (n <= start || n > sizeof(*a) || a->sun_family != AF_UNIX ||
	    a->sun_path[0])
		return 0;
	memcpy(ret, a->sun_path + 1, n - start);
	return n - start;
}

size_t socket_peer_name(int fd, char ret[static SOCKET_NAME_MAX])
{
	struct sockaddr_un a;
	socklen_t n = sizeof(a);

	if (getpeername(fd, (struct sockaddr *)&a, &n) < 0)
		return 0;
	return socket_abstract_name(&a, n, ret);
}

size_t socket_own_name(int fd, char ret[static SOCKET_NAME_MAX])
{
	struct sockaddr_un a;
	socklen_t n = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return 0;
	return socket_abstract_name(&a, n, ret);
}

int socket_shutdown(int fd)
{
	return shutdown(fd, SHUT_RDWR) < 0 ? -errno : 0;
}

int socket_forbid_rights(int fd)
{
	/* SO_PASSRIGHTS, newer than most headers. */
	const int option = 83, none = 0;

	return setsockopt(fd, SOL_SOCKET, option, &none, sizeof(none)) < 0
		       ? -errno
		       : 0;
}

/*
 * Receive one message into nothing. With SO_PASSCRED on, each message brings
 * its sender's ids: that is how one of no bytes can be told from the end. There
 * is room for these only, so the kernel closes the descriptors itself.
 */
static bool socket_drop_message(int fd, char *buffer, size_t n)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { buffer, n };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got;

	/* An other end that closed with messages unread is told once, before
	 * what it had sent. */
	do
		got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && (errno == EINTR || errno == ECONNRESET));
	return got > 0 || (got == 0 && message.msg_controllen > 0);
}

void socket_drain(int fd)
{
	char buffer[65536];
	int on = 1, i;

	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	for (i = 0; i < DRAIN_MAX; i++)
		if (!socket_drop_message(fd, buffer, sizeof(buffer)))
			return;
}

uint32_t socket_unread(int fd)
{
	int n;

	return ioctl(fd, SIOCOUTQ, &n) < 0 || n < 0 ? 0 : (uint32_t)n;
}

bool socket_has_input(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

int socket_count_in_flight(int fd)
{
	char path[48], text[2048], *at;
	int r;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	r = path_read_file(path, text, sizeof(text));
	if (r < 0)
		return r;
	at = strstr(text, "scm_fds:");
	return at ? atoi(at + strlen("scm_fds:")) : -EOPNOTSUPP;
}

static int socket_set_peek_offset(int fd, int offset)
{
	if (setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) <
	    0)
		return -errno;
	return 0;
}

int socket_peek_begin(struct socket_peek *p, int fd)
{
	*p = (struct socket_peek){ fd, socket_option(fd, SO_PEEK_OFF, -1) };
	return socket_set_peek_offset(fd, 0);
}

void socket_peek_end(struct socket_peek *p)
{
	socket_set_peek_offset(p->fd, p->old_offset);
}

/* The descriptors of a message. What else was made for us is closed. */
static int socket_collect(struct msghdr *message,
			  int ret[static SOCKET_PEEK_MAX])
{
	struct cmsghdr *header;
	size_t n, total = 0;
	int fd;

	for (header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET)
			continue;
		if (header->cmsg_type == SOCKET_SCM_PIDFD) {
			memcpy(&fd, CMSG_DATA(header), sizeof(fd));
			fd_close(fd);
		}
		if (header->cmsg_type != SCM_RIGHTS)
			continue;
		n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (total + n > SOCKET_PEEK_MAX)
			n = SOCKET_PEEK_MAX - total;
		memcpy(ret + total, CMSG_DATA(header), n * sizeof(int));
		total += n;
	}
	return (int)total;
}

int socket_peek_next(struct socket_peek *p, char *buffer, size_t n,
		     int ret[static SOCKET_PEEK_MAX])
{
	union {
		struct cmsghdr header;
		char bytes[CONTROL_MAX];
	} control;
	struct iovec part = { buffer, n };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t got;
	int n_fds;

	do
		got = recvmsg(p->fd, &message,
			      MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && (errno == EINTR || errno == ECONNRESET));
	if (got < 0)
		return -errno;
	n_fds = socket_collect(&message, ret);
	if ((size_t)got == n || message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		fd_close_all(ret, (size_t)n_fds);
		return -EMSGSIZE;
	}
	return n_fds;
}

int socket_accept(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int r;

	/* Whether accept4() waits is the listening socket's own setting. */
	if (poll(&p, 1, 0) <= 0)
		return -EAGAIN;
	r = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	return r < 0 ? -errno : r;
}

void socket_collect_garbage(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0)
		fd_close_all(ends, 2);
}
