#include "cell/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/own.h"
#include "cell/sweep.h"
#include "sys/fd.h"
#include "sys/unix_socket.h"

enum {
	/* Larger than any message that can be: two times the largest send
	 * buffer that an ordinary system allows. Untouched pages cost nothing.
	 */
	FLIGHT_BUFFER = 4 * 1024 * 1024,
	/* Parts without descriptors in a row that show nothing, before the rest
	 * is taken for hidden: at the end of a socket that was shut down the
	 * kernel gives such for ever. */
	FLIGHT_EMPTY_MAX = 1000,
	FLIGHT_ACCEPT_MAX = 10000,
	FLIGHT_SEEN_MAX = 1 << 20,
};

void flight_fini(struct flight *f)
{
	while (f->n_waiting)
		fd_close(f->waiting[--f->n_waiting].fd);
	free(f->waiting);
	free(f->seen);
	free(f->buffer);
	*f = (struct flight)FLIGHT_INIT;
}

void flight_restart(struct flight *f)
{
	if (f->n_seen)
		memset(f->seen, 0, f->size_seen * sizeof(*f->seen));
	f->n_seen = 0;
}

static size_t flight_slot(const uint64_t *seen, size_t size, uint64_t cookie)
{
	size_t i = (size_t)(cookie * 0x9e3779b97f4a7c15ULL >> 20) & (size - 1);

	while (seen[i] && seen[i] != cookie)
		i = (i + 1) & (size - 1);
	return i;
}

static int flight_grow(struct flight *f)
{
	size_t size = f->size_seen ? f->size_seen * 2 : 256, i;
	uint64_t *seen;

	if (f->n_seen * 2 < f->size_seen)
		return 0;
	if (size > FLIGHT_SEEN_MAX)
		return -E2BIG;
	seen = calloc(size, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	for (i = 0; i < f->size_seen; i++)
		if (f->seen[i])
			seen[flight_slot(seen, size, f->seen[i])] = f->seen[i];
	free(f->seen);
	f->seen = seen;
	f->size_seen = size;
	return 0;
}

/* Is this the first time that we see the socket? 1, 0 or -errno. */
static int flight_mark(struct flight *f, uint64_t cookie)
{
	int r = flight_grow(f);
	size_t i;

	if (r < 0)
		return r;
	i = flight_slot(f->seen, f->size_seen, cookie);
	if (f->seen[i])
		return 0;
	f->seen[i] = cookie;
	f->n_seen++;
	return 1;
}

static int flight_push(struct flight *f, const struct flight_socket *socket)
{
	size_t size = f->size_waiting ? f->size_waiting * 2 : 64;
	struct flight_socket *waiting;

	if (!f->buffer)
		f->buffer = malloc(FLIGHT_BUFFER);
	if (!f->buffer)
		return -ENOMEM;
	if (f->n_waiting == f->size_waiting) {
		waiting = realloc(f->waiting, size * sizeof(*waiting));
		if (!waiting)
			return -ENOMEM;
		f->waiting = waiting;
		f->size_waiting = size;
	}
	f->waiting[f->n_waiting++] = *socket;
	return 0;
}

/* How many descriptors there are in its queue, if that is to be looked at now.
 */
static int flight_count(struct sweep *s, int fd, uint64_t cookie)
{
	int r;

	if (!socket_is_unix(fd, false))
		return 0;
	r = flight_mark(&s->flight, cookie);
	if (r < 0)
		s->problems |= SEVER_PROBLEM_FAULT;
	if (r <= 0)
		return 0;
	r = socket_count_in_flight(fd);
	if (r < 0)
		s->problems |= SEVER_PROBLEM_HIDDEN;
	return r < 0 ? 0 : r;
}

/* The end of looking at a socket. */
static void flight_leave(struct sweep *s, const struct flight_socket *socket)
{
	if (socket->target)
		targets_drain(&s->targets, socket->target, socket->fd,
			      socket->end);
	fd_close(socket->fd);
}

void flight_add(struct sweep *s, int take_fd, uint64_t cookie,
		struct target *target, enum sever_end end)
{
	struct flight_socket socket = { take_fd, 0, target, end };

	socket.n_in_flight = flight_count(s, take_fd, cookie);
	if (!socket.n_in_flight) {
		flight_leave(s, &socket);
		return;
	}
	s->n_in_flight += (uint32_t)socket.n_in_flight;
	if (flight_push(&s->flight, &socket) < 0) {
		s->problems |= SEVER_PROBLEM_FAULT;
		flight_leave(s, &socket);
	}
}

/* How many of the descriptors in a queue can be seen. Each is looked at. */
static int flight_peek(struct sweep *s, const struct flight_socket *socket)
{
	int fds[SOCKET_PEEK_MAX], n, i, n_seen = 0, n_empty = 0;
	struct socket_peek peek;

	if (socket_peek_begin(&peek, socket->fd) < 0)
		return 0;
	while (n_seen < socket->n_in_flight && n_empty < FLIGHT_EMPTY_MAX &&
	       !sweep_is_over(s)) {
		n = socket_peek_next(&peek, s->flight.buffer, FLIGHT_BUFFER,
				     fds);
		if (n < 0)
			break;
		n_empty = n ? 0 : n_empty + 1;
		n_seen += n;
		for (i = 0; i < n; i++)
			sweep_descriptor(s, fds[i]);
	}
	socket_peek_end(&peek);
	return n_seen;
}

static void flight_accept(struct sweep *s, int listener_fd)
{
	int fd, n;

	for (n = 0; n < FLIGHT_ACCEPT_MAX && !sweep_is_over(s); n++) {
		fd = socket_accept(listener_fd);
		if (fd < 0)
			return;
		sweep_descriptor(s, fd);
	}
}

void flight_run(struct sweep *s)
{
	struct flight_socket socket;

	while (s->flight.n_waiting) {
		socket = s->flight.waiting[--s->flight.n_waiting];
		if (sweep_is_over(s))
			s->problems |= SEVER_PROBLEM_BUDGET;
		else if (socket_is_unix(socket.fd, true))
			flight_accept(s, socket.fd);
		else if (flight_peek(s, &socket) < socket.n_in_flight)
			s->problems |= SEVER_PROBLEM_HIDDEN;
		flight_leave(s, &socket);
	}
}
