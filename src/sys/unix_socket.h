/*
 * Asking sockets what they are, and emptying them, without calling into
 * whatever else a foreign descriptor may be: on anything but a socket these
 * calls fail with -ENOTSOCK before a file system hears of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	SOCKET_NAME_MAX = 108,
	/* Descriptors that peeking at one message can yield. */
	SOCKET_PEEK_MAX = 253,
};

/* A number that no other socket has or will have. 0 or -errno. */
int socket_cookie(int fd, uint64_t *ret);

/* Is it a unix socket? A listening one, if @is_listening. */
bool socket_is_unix(int fd, bool is_listening);

/*
 * The abstract name of the peer of a unix socket, without the zero in front.
 * Its length; 0 when there is no peer or it has no such name.
 */
size_t socket_peer_name(int fd, char ret[static SOCKET_NAME_MAX]);
/* The same of the socket itself. */
size_t socket_own_name(int fd, char ret[static SOCKET_NAME_MAX]);

/* End both directions, for all who hold it. 0 or -errno. */
int socket_shutdown(int fd);

/*
 * Keep descriptors from being sent to this socket, for whoever holds it. 0;
 * -ENOPROTOOPT before Linux 6.16; or another -errno.
 */
int socket_forbid_rights(int fd);

/*
 * Read away all that is queued in a unix socket that was shut down. Descriptors
 * among it are closed. Something may be left if somebody adds to it.
 */
void socket_drain(int fd);

/* What was sent from here and not yet been received: the memory that it takes,
 * 0 when it was all received. */
uint32_t socket_unread(int fd);

/* Is there something to be received? */
bool socket_has_input(int fd);

/*
 * How many descriptors are on their way in what is queued in this unix socket
 * (of a listening one: in what is queued in the connections that wait). -errno
 * when the kernel does not tell.
 */
int socket_count_in_flight(int fd);

/*
 * Looking at what is queued in a unix socket, and leaving it there. Others must
 * not receive from it meanwhile.
 */
struct socket_peek {
	int fd;
	int old_offset;
};

/* 0 or -errno. */
int socket_peek_begin(struct socket_peek *p, int fd);
/*
 * The next message, or the next part of a stream: its descriptors, copies, go
 * to
 * @ret, and their number is returned, mostly 0. -EAGAIN at the end; but at the
 * end of a socket that was shut down 0, for ever. -EMSGSIZE: some of it could
 * not be seen. @buffer is for the bytes, which nobody needs; it should be
 * larger than any message.
 */
int socket_peek_next(struct socket_peek *p, char *buffer, size_t n,
		     int ret[static SOCKET_PEEK_MAX]);
void socket_peek_end(struct socket_peek *p);

/* The next connection that waits, without waiting for one. The descriptor or
 * -errno. */
int socket_accept(int fd);

/* Have the kernel look for unix sockets that are only held by messages in each
 * other's queues, and free them: it does so when one is closed. */
void socket_collect_garbage(void);
