/* One message with descriptors over a SOCK_SEQPACKET socket. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* The kernel's own limit for one message. */
enum { PACKET_FDS_MAX = 253 };

/* A pair of connected sockets, close-on-exec; 0 or -errno. */
int packet_pair(int ret[2]);

/*
 * Send @n bytes and @n_fds descriptors as one message; the descriptors stay
 * ours. @flags as for send(2); no SIGPIPE. 0 or -errno.
 */
int packet_send(int fd, const void *bytes, size_t n, const int *fds,
		size_t n_fds, int flags);

/*
 * Receive one message: its size (0: the peer has closed) and descriptors (at
 * most @max_fds, close-on-exec). A message that does not fit whole is refused:
 * -EMSGSIZE, and it is gone with its descriptors. Or -errno: -EAGAIN.
 */
ssize_t packet_receive(int fd, void *bytes, size_t n, int *fds, size_t max_fds,
		       size_t *ret_n_fds, int flags);
