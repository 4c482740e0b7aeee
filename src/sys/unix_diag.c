/*
 * Any user may read the list of its own namespace. A netlink socket keeps the
 * namespace that it was made in, so a child enters it, makes one, and hands it
 * over.
 */
#include "sys/unix_diag.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/packet.h"

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif

struct unix_diag_request {
	struct nlmsghdr header;
	struct unix_diag_req what;
};

int unix_diag_get_namespace(int socket_fd, int *ret)
{
	int fd = ioctl(socket_fd, SIOCGSKNS);

	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

int unix_diag_open(int *ret)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

/* Entering needs rights that its user namespace gives. */
static int unix_diag_enter(int namespace_fd)
{
	_cleanup_fd_ int user_fd = ioctl(namespace_fd, NS_GET_USERNS);

	if (user_fd < 0)
		return -errno;
	/* Who is in it already may not enter it once more. */
	if (setns(user_fd, CLONE_NEWUSER) < 0 && errno != EINVAL)
		return -errno;
	return setns(namespace_fd, CLONE_NEWNET) < 0 ? -errno : 0;
}

static _Noreturn void unix_diag_child(int namespace_fd, int answer_fd)
{
	int fd = -1, r;

	r = unix_diag_enter(namespace_fd);
	if (r == 0)
		r = unix_diag_open(&fd);
	packet_send(answer_fd, &r, sizeof(r), &fd, r == 0 ? 1 : 0, 0);
	_exit(0);
}

static int unix_diag_receive(int answer_fd, int *ret)
{
	_cleanup_fd_ int fd = -1;
	size_t n_fds = 0;
	ssize_t n;
	int r;

	n = packet_receive(answer_fd, &r, sizeof(r), &fd, 1, &n_fds, 0);
	if (n != sizeof(r))
		return n < 0 ? (int)n : -EPIPE;
	if (r < 0)
		return r;
	if (n_fds != 1)
		return -EPROTO;
	*ret = TAKE_FD(fd);
	return 0;
}

int unix_diag_open_in(int namespace_fd, int *ret)
{
	int ends[2], r;
	pid_t pid;

	r = packet_pair(ends);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0)
		unix_diag_child(namespace_fd, ends[1]);
	fd_close(ends[1]);
	r = pid < 0 ? -EAGAIN : unix_diag_receive(ends[0], ret);
	fd_close(ends[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return r;
}

/* For the socket of @inode; 0: for all. */
static int unix_diag_ask(int fd, uint32_t inode)
{
	const struct unix_diag_request request = {
		.header = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = (uint16_t)(NLM_F_REQUEST |
						  (inode ? 0 : NLM_F_DUMP)),
		},
		.what = {
			.sdiag_family = AF_UNIX,
			.udiag_states = ~0U,
			.udiag_show = UDIAG_SHOW_PEER,
			.udiag_ino = inode,
			/* Whatever its cookie is. */
			.udiag_cookie = { ~0U, ~0U },
		},
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

/* The peer among the attributes of a message. */
static uint32_t unix_diag_find_peer(const struct nlmsghdr *header)
{
	size_t at = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(struct unix_diag_msg)));
	const char *bytes = (const char *)header;
	struct nlattr attribute;
	uint32_t peer;

	while (at + sizeof(attribute) <= header->nlmsg_len) {
		memcpy(&attribute, bytes + at, sizeof(attribute));
		if (attribute.nla_len < NLA_HDRLEN)
			return 0;
		if (attribute.nla_type == UNIX_DIAG_PEER &&
		    attribute.nla_len == NLA_HDRLEN + sizeof(peer) &&
		    at + attribute.nla_len <= header->nlmsg_len) {
			memcpy(&peer, bytes + at + NLA_HDRLEN, sizeof(peer));
			return peer;
		}
		at += NLA_ALIGN((size_t)attribute.nla_len);
	}
	return 0;
}

/* What a message says. 0; 1 if it is the end; or -errno, which it may say. */
static int unix_diag_read(const struct nlmsghdr *header,
			  struct unix_diag_socket *ret)
{
	struct unix_diag_msg m;
	struct nlmsgerr e;

	if (header->nlmsg_type == NLMSG_DONE)
		return 1;
	if (header->nlmsg_type == NLMSG_ERROR) {
		if (header->nlmsg_len < NLMSG_LENGTH(sizeof(e)))
			return -EPROTO;
		memcpy(&e, NLMSG_DATA(header), sizeof(e));
		return e.error < 0 ? e.error : -EPROTO;
	}
	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    header->nlmsg_len < NLMSG_LENGTH(sizeof(m)))
		return -EPROTO;
	memcpy(&m, NLMSG_DATA(header), sizeof(m));
	ret->inode = m.udiag_ino;
	ret->peer_inode = unix_diag_find_peer(header);
	ret->cookie = (uint64_t)m.udiag_cookie[1] << 32 | m.udiag_cookie[0];
	return 0;
}

int unix_diag_each(int fd, unix_diag_fn fn, void *context)
{
	static char bytes[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *header;
	struct unix_diag_socket s;
	ssize_t n;
	int r;

	r = unix_diag_ask(fd, 0);
	while (r == 0) {
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n < 0)
			return -errno;
		for (header = (const struct nlmsghdr *)(const void *)bytes;
		     r == 0 && NLMSG_OK(header, (size_t)n);
		     header = NLMSG_NEXT(header, n)) {
			r = unix_diag_read(header, &s);
			if (r == 0 && s.peer_inode && !fn(&s, context))
				r = 1;
		}
	}
	return r < 0 ? r : 0;
}

int unix_diag_find(int fd, uint32_t inode, struct unix_diag_socket *ret)
{
	char bytes[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *header =
		(const struct nlmsghdr *)(const void *)bytes;
	ssize_t n;
	int r;

	if (!inode)
		return -ENOENT;
	r = unix_diag_ask(fd, inode);
	if (r < 0)
		return r;
	n = recv(fd, bytes, sizeof(bytes), 0);
	if (n < 0)
		return -errno;
	r = NLMSG_OK(header, (size_t)n) ? unix_diag_read(header, ret) : 1;
	return r > 0 ? -EPROTO : r;
}
