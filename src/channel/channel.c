/*
 * The kernel gear: one system call for a message in the common case, a poll(2)
 * before it only when there is a deadline and nothing to read yet.
 *
 * An end of a channel may have been made by somebody else, and others may hold
 * copies of it: they share the file's O_NONBLOCK and the socket's options with
 * us. So "do not wait" is said with each call, EAGAIN is possible even where we
 * meant to wait, and control messages that were never asked for can arrive.
 */
#include "channel/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/buffer.h"
#include "channel/wait.h"
#include "sys/fd.h"

#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

/*
 * Room for the handles, and beside them for what a holder of a copy can switch
 * on: credentials, a pidfd, timestamps, a security label.
 */
enum {
	CONTROL_SIZE = CMSG_SPACE(MESSAGE_HANDLES_MAX * sizeof(int)) + 512,
};

int channel_pair(int ret[2])
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	ret[0] = fds[0];
	ret[1] = fds[1];
	return 0;
}

static bool option_is(int fd, int option, int expected)
{
	int value = -1;
	socklen_t n = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &n) == 0 &&
	       value == expected;
}

bool channel_is(int fd)
{
	return fd >= 0 && option_is(fd, SO_DOMAIN, AF_UNIX) &&
	       option_is(fd, SO_TYPE, SOCK_SEQPACKET) &&
	       option_is(fd, SO_ACCEPTCONN, 0);
}

bool channel_is_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0 &&
	       p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL);
}

void message_close_handles(struct message *m)
{
	fd_close_all(m->handles, m->n_handles);
	m->n_handles = 0;
}

int channel_wait(int fd, uint64_t deadline, int cancel_fd)
{
	return wait_for(fd, POLLIN, deadline, cancel_fd);
}

int channel_wait_events(int fd, short events, uint64_t deadline, int cancel_fd)
{
	return wait_for(fd, events, deadline, cancel_fd);
}

bool channel_is_parking(void)
{
	return wait_is_parking();
}

/* What does not wait; CHANNEL_FOREVER may be left to the kernel, unless the
 * thread has better things to do. */
static int flags_of(uint64_t deadline)
{
	return deadline != CHANNEL_FOREVER || wait_is_parking() ? MSG_DONTWAIT
								: 0;
}

/* ---- writing ---- */

static ssize_t handles_send(int fd, const void *bytes, size_t n,
			    const int *handles, size_t n_handles, int flags)
{
	union {
		char bytes[CMSG_SPACE(MESSAGE_HANDLES_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec v = { .iov_base = (void *)bytes, .iov_len = n };
	struct msghdr h = {
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(n_handles * sizeof(int)),
	};
	struct cmsghdr *c;

	memset(control.bytes, 0, h.msg_controllen);
	c = CMSG_FIRSTHDR(&h);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n_handles * sizeof(int));
	memcpy(CMSG_DATA(c), handles, n_handles * sizeof(int));
	return sendmsg(fd, &h, flags);
}

static int write_error(int error)
{
	switch (error) {
	case EAGAIN:
		return CHANNEL_WOULD_BLOCK;
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return CHANNEL_CLOSED;
	default:
		return -error;
	}
}

/*
 * WOULD_BLOCK can come back even if @flags did not ask not to wait. Not inlined
 * into who waits: the wait may return on another thread, and the compiler would
 * keep the address of this one's errno.
 */
__attribute__((noinline)) static int write_once(int fd, const void *bytes,
						size_t n, const int *handles,
						size_t n_handles, int flags)
{
	ssize_t sent;

	do {
		sent = n_handles ? handles_send(fd, bytes, n, handles,
						n_handles, flags)
				 : send(fd, bytes, n, flags);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? write_error(errno) : 0;
}

int channel_write(int fd, const void *bytes, size_t n, const int *handles,
		  size_t n_handles, uint64_t deadline)
{
	int flags = MSG_NOSIGNAL | flags_of(deadline);
	int r;

	if (!n)
		return -EINVAL;
	if (n > MESSAGE_BYTES_MAX || n_handles > MESSAGE_HANDLES_MAX)
		return -EMSGSIZE;

	for (;;) {
		r = write_once(fd, bytes, n, handles, n_handles, flags);
		if (r != CHANNEL_WOULD_BLOCK || deadline == CHANNEL_NOW)
			return r;
		r = wait_for(fd, POLLOUT, deadline, -1);
		if (r)
			return r;
	}
}

int channel_send(int fd, struct message *m, uint64_t deadline)
{
	int r = channel_write(fd, m->bytes, m->n_bytes, m->handles,
			      m->n_handles, deadline);

	if (!r)
		message_close_handles(m);
	return r;
}

/* ---- reading ---- */

/* Take one descriptor of a received message; false if it is one too many. */
static bool handle_take(struct message *m, const uint8_t *data)
{
	int fd;

	memcpy(&fd, data, sizeof(fd));
	if (m->n_handles >= MESSAGE_HANDLES_MAX) {
		fd_close(fd);
		return false;
	}
	m->handles[m->n_handles++] = fd;
	return true;
}

/*
 * Take what came beside the bytes. A pidfd comes when a holder of a copy asked
 * for one on the socket; it is not a handle, but it must not stay open.
 */
static bool control_take(struct message *m, struct msghdr *h)
{
	bool all = true;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		const uint8_t *data = CMSG_DATA(c);
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fd;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_PIDFD && n == 1) {
			memcpy(&fd, data, sizeof(fd));
			fd_close(fd);
		}
		if (c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++)
			all &= handle_take(m, data + i * sizeof(int));
	}
	return all;
}

/* The message is in @m; see that it is whole. */
static int read_finish(struct message *m, struct msghdr *h, size_t n)
{
	bool all = true;
	int r;

	m->n_bytes = (uint32_t)n;
	m->n_handles = 0;
	if (h->msg_controllen)
		all = control_take(m, h);
	/* A message is never empty: this is the end. */
	if (!n) {
		message_close_handles(m);
		return CHANNEL_CLOSED;
	}
	if (all && !(h->msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		return 0;

	/* Handles that are missing although there was room for them are those
	 * for which this process had no descriptor left. */
	r = !all || h->msg_flags & MSG_TRUNC ||
			    m->n_handles == MESSAGE_HANDLES_MAX
		    ? -EBADMSG
		    : -EMFILE;
	message_close_handles(m);
	return r;
}

/*
 * The verdict of a read that failed with @error; 0: read again. A peer that
 * closed without having read everything leaves a reset, which is reported once
 * and before what it had sent: its last messages, an epitaph perhaps, are
 * behind it.
 */
static int read_error(int error, bool *was_reset)
{
	if (error == EINTR)
		return 0;
	if (error == ECONNRESET && !*was_reset) {
		*was_reset = true;
		return 0;
	}
	return write_error(error);
}

/* Bytes only: the kernel closes what comes with them, and has less to do. */
__attribute__((noinline)) static int bytes_read_once(int fd, struct message *m,
						     int flags)
{
	bool was_reset = false;
	ssize_t n;
	int r;

	do {
		n = recv(fd, m->bytes, m->capacity, flags | MSG_TRUNC);
		r = n < 0 ? read_error(errno, &was_reset) : 0;
	} while (n < 0 && !r);
	if (n < 0)
		return r;
	m->n_bytes = (uint32_t)n;
	if (!n)
		return CHANNEL_CLOSED;
	return n > m->capacity ? -EBADMSG : 0;
}

/* Not inlined, as write_once(). */
__attribute__((noinline)) static int read_once(int fd, struct message *m,
					       int flags)
{
	union {
		char bytes[CONTROL_SIZE];
		struct cmsghdr align;
	} control;
	struct iovec v = { .iov_base = m->bytes, .iov_len = m->capacity };
	struct msghdr h;
	bool was_reset = false;
	ssize_t n;
	int r;

	if (m->drops_handles)
		return bytes_read_once(fd, m, flags);
	if (message_is_bare(m)) {
		v.iov_base = buffer_of_thread();
		if (!v.iov_base)
			return -ENOMEM;
	}
	for (;;) {
		h = (struct msghdr){
			.msg_iov = &v,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		n = recvmsg(fd, &h, flags | MSG_CMSG_CLOEXEC);
		if (n >= 0) {
			m->bytes = v.iov_base;
			return read_finish(m, &h, (size_t)n);
		}
		r = read_error(errno, &was_reset);
		if (r)
			return r;
	}
}

int channel_read(int fd, struct message *m, uint64_t deadline)
{
	int flags = flags_of(deadline);
	int r;

	for (;;) {
		r = read_once(fd, m, flags);
		if (r != CHANNEL_WOULD_BLOCK || deadline == CHANNEL_NOW)
			return r;
		r = wait_for(fd, POLLIN, deadline, -1);
		if (r)
			return r;
	}
}

/* ---- epitaphs ---- */

int channel_write_epitaph(int fd, int32_t status, bool by_manager)
{
	uint8_t bytes[WIRE_EPITAPH_SIZE] __attribute__((aligned(8)));
	struct message m = MESSAGE_OVER(bytes);
	int r;

	r = wire_epitaph_write(&m,
			       &(struct wire_epitaph){ status, by_manager });
	if (r)
		return r;
	return channel_send(fd, &m, CHANNEL_NOW);
}

int channel_close_epitaph(int take_fd, int32_t status, bool by_manager)
{
	if (take_fd < 0)
		return -1;
	/* A peer whose queue is full sees a close without a reason. */
	channel_write_epitaph(take_fd, status, by_manager);
	return fd_close(take_fd);
}
