#include "sys/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "sys/fd.h"

union packet_control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * PACKET_FDS_MAX)];
};

int packet_pair(int ret[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret) < 0)
		return -errno;
	return 0;
}

int packet_send(int fd, const void *bytes, size_t n, const int *fds,
		size_t n_fds, int flags)
{
	struct iovec part = { (void *)bytes, n };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	union packet_control control;
	struct cmsghdr *header;
	ssize_t r;

	if (n_fds > PACKET_FDS_MAX)
		return -EMSGSIZE;
	if (n_fds) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * n_fds);
		memset(&control, 0, message.msg_controllen);
		header = &control.header;
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * n_fds);
		memcpy(CMSG_DATA(header), fds, sizeof(int) * n_fds);
	}
	do
		r = sendmsg(fd, &message, flags | MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	return r < 0 ? -errno : 0;
}

/* Move the descriptors of a received message to @all, which is large enough. */
static size_t packet_collect(struct msghdr *message, int *all)
{
	struct cmsghdr *header;
	size_t n, total = 0;

	for (header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET ||
		    header->cmsg_type != SCM_RIGHTS)
			continue;
		n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (total + n > PACKET_FDS_MAX)
			n = PACKET_FDS_MAX - total;
		memcpy(all + total, CMSG_DATA(header), n * sizeof(int));
		total += n;
	}
	return total;
}

ssize_t packet_receive(int fd, void *bytes, size_t n, int *fds, size_t max_fds,
		       size_t *ret_n_fds, int flags)
{
	struct iovec part = { bytes, n };
	union packet_control control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int all[PACKET_FDS_MAX];
	size_t total;
	ssize_t r;

	do
		r = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	total = packet_collect(&message, all);
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || total > max_fds) {
		fd_close_all(all, total);
		return -EMSGSIZE;
	}
	if (total)
		memcpy(fds, all, total * sizeof(int));
	*ret_n_fds = total;
	return r;
}
