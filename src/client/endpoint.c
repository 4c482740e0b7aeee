/* The public channel object: making, ending, and the raw level. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "channel/channel.h"
#include "client/api.h"
#include "client/errors.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/status.h"

/* Of the address that the manager gives to a connection. */
enum {
	ADDRESS_DIGITS = 16,
	ADDRESS_NUMBER = 7, /* where it begins, behind "\0reeve/" */
	ADDRESS_LENGTH = ADDRESS_NUMBER + 2 * ADDRESS_DIGITS + 1,
};

enum {
	/* Looks in vain, one after another, that show a pattern. */
	MISSES_MAX = 2,
	WAITS_PER_LOOK = 16,
};

uint64_t deadline_of(int timeout_ms)
{
	if (timeout_ms < 0)
		return CHANNEL_FOREVER;
	return timeout_ms ? loop_now() + (uint64_t)timeout_ms * NS_PER_MS
			  : CHANNEL_NOW;
}

int channel_object_new(int take_fd, struct reeve_channel **ret)
{
	struct reeve_channel *c = calloc(1, sizeof(*c));

	if (!c) {
		fd_close(take_fd);
		return -ENOMEM;
	}
	c->fd = take_fd;
	c->cancel_fd = -1;
	list_init(&c->link);
	*ret = c;
	return 0;
}

int reeve_channel_pair(struct reeve_channel **ret,
		       struct reeve_channel **ret_other)
{
	struct reeve_channel *one;
	int r, fds[2];

	r = channel_pair(fds);
	if (r)
		return error_of_channel(r);
	r = channel_object_new(fds[0], &one);
	if (r < 0) {
		fd_close(fds[1]);
		return r;
	}
	r = channel_object_new(fds[1], ret_other);
	if (r < 0) {
		reeve_channel_close(one);
		return r;
	}
	*ret = one;
	return 0;
}

int reeve_channel_adopt(int take_fd, struct reeve_channel **ret)
{
	int r;

	r = channel_is(take_fd) ? fd_set_cloexec(take_fd) : -ENOTSOCK;
	if (r < 0) {
		fd_close(take_fd);
		return r;
	}
	return channel_object_new(take_fd, ret);
}

int reeve_channel_release(struct reeve_channel *take_channel)
{
	int fd = TAKE_FD(take_channel->fd);

	/* Its next owner may close it without telling anybody. */
	fd_forget(fd);
	reeve_channel_close(take_channel);
	return fd;
}

int reeve_channel_fd(const struct reeve_channel *channel)
{
	return channel->fd;
}

void reeve_channel_close(struct reeve_channel *take_channel)
{
	struct reeve_channel *c = take_channel;

	if (!c || c->is_dead)
		return;
	if (c->reeve)
		watch_end(c);
	c->fd = fd_close(c->fd);
	free(TAKE(c->why));
	/* The handler that is on the stack frees it. */
	c->is_dead = true;
	if (!c->is_busy)
		free(c);
}

void reeve_channel_close_with(struct reeve_channel *take_channel,
			      int32_t status)
{
	if (take_channel && !take_channel->is_dead)
		channel_write_epitaph(take_channel->fd, status, false);
	reeve_channel_close(take_channel);
}

bool channel_note_end(struct reeve_channel *c, const struct message *m)
{
	struct wire_epitaph epitaph;

	if (m && wire_epitaph_read(m, &epitaph) == 0) {
		c->status = epitaph.status == REEVE_OK ? REEVE_ERR_PEER_CLOSED
						       : epitaph.status;
		c->closer = epitaph.by_manager ? REEVE_CLOSER_MANAGER
					       : REEVE_CLOSER_PEER;
		return true;
	}
	if (!m && c->status == REEVE_OK)
		c->status = REEVE_ERR_PEER_CLOSED;
	return false;
}

int32_t reeve_channel_status(const struct reeve_channel *channel)
{
	return channel->status;
}

enum reeve_closer reeve_channel_closer(const struct reeve_channel *channel)
{
	return channel->closer;
}

const char *reeve_status_name(int32_t status)
{
	return status_name(status);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * The number in an address "\0reeve/NUMBER/RANDOM", both of sixteen digits, to
 * which the manager binds the provider's end before it hands it over.
 */
static uint64_t address_number(const struct sockaddr_un *address, socklen_t n)
{
	static const char prefix[] = "\0reeve/";
	const char *name = address->sun_path;
	uint64_t number = 0;
	size_t i;

	if (n != offsetof(struct sockaddr_un, sun_path) + ADDRESS_LENGTH ||
	    memcmp(name, prefix, ADDRESS_NUMBER) != 0 ||
	    name[ADDRESS_NUMBER + ADDRESS_DIGITS] != '/')
		return 0;
	for (i = 0; i < ADDRESS_DIGITS; i++) {
		int digit = digit_of(name[ADDRESS_NUMBER + i]);

		if (digit < 0)
			return 0;
		number = number << 4 | (uint64_t)digit;
	}
	return number;
}

uint64_t reeve_channel_id(const struct reeve_channel *channel)
{
	struct sockaddr_un address;
	socklen_t n = sizeof(address);
	uint64_t number = 0;

	/* One's own first: a bound end cannot be bound again, while the other
	 * side may have bound its own to anything. */
	if (getsockname(channel->fd, (struct sockaddr *)&address, &n) == 0)
		number = address_number(&address, n);
	n = sizeof(address);
	if (!number &&
	    getpeername(channel->fd, (struct sockaddr *)&address, &n) == 0)
		number = address_number(&address, n);
	return number;
}

void reeve_channel_set_cancel(struct reeve_channel *channel, int fd)
{
	channel->cancel_fd = fd;
}

void why_keep(char **slot, struct wire_string why)
{
	free(TAKE(*slot));
	if (why.n)
		*slot = strndup(why.bytes, why.n);
}

/*
 * A write found the other end closed. If an epitaph is the next thing to read
 * it says why; it stays in the queue.
 */
static void peek_end(struct reeve_channel *c)
{
	_Alignas(8) uint8_t buffer[WIRE_EPITAPH_SIZE];
	struct message m = MESSAGE_OVER(buffer);
	ssize_t n;

	n = recv(c->fd, buffer, sizeof(buffer),
		 MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && errno == ECONNRESET)
		n = recv(c->fd, buffer, sizeof(buffer),
			 MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC);
	m.n_bytes = n == WIRE_EPITAPH_SIZE ? WIRE_EPITAPH_SIZE : 0;
	if (m.n_bytes)
		channel_note_end(c, &m);
	channel_note_end(c, NULL);
}

int channel_object_write(struct reeve_channel *c, const void *bytes,
			 size_t n_bytes, const int *handles, size_t n_handles)
{
	int r;

	if (n_bytes > MESSAGE_BYTES_MAX || n_handles > MESSAGE_HANDLES_MAX)
		return -EMSGSIZE;
	r = channel_write(c->fd, bytes, n_bytes, handles, n_handles,
			  CHANNEL_NOW);
	if (r == CHANNEL_CLOSED)
		peek_end(c);
	return error_of_channel(r);
}

int reeve_channel_write(struct reeve_channel *channel, const void *bytes,
			size_t n_bytes, const int *take_handles,
			size_t n_handles)
{
	size_t i;
	int r;

	r = channel_object_write(channel, bytes, n_bytes, take_handles,
				 n_handles);
	for (i = 0; i < n_handles; i++)
		fd_close(take_handles[i]);
	return r;
}

/*
 * Whether a process should look for a message before it waits for one. If there
 * was none lately, it is the wait that pays: a look costs a system call, and
 * the wait none.
 */
static bool pays_to_look(struct reeve_channel *c)
{
	return c->n_misses < MISSES_MAX || ++c->n_waits % WAITS_PER_LOOK == 0;
}

/* The same way that a thread goes by one blocking call; it parks instead. */
static int read_parking(struct reeve_channel *c, uint64_t deadline,
			struct message *m)
{
	int r = CHANNEL_WOULD_BLOCK;

	if (pays_to_look(c)) {
		r = channel_read(c->fd, m, CHANNEL_NOW);
		if (r != CHANNEL_WOULD_BLOCK)
			c->n_misses = 0;
		else if (c->n_misses < MISSES_MAX)
			c->n_misses++;
	}
	while (r == CHANNEL_WOULD_BLOCK) {
		r = channel_wait(c->fd, deadline, c->cancel_fd);
		if (r == 0)
			r = channel_read(c->fd, m, CHANNEL_NOW);
	}
	return r;
}

int channel_object_read(struct reeve_channel *c, uint64_t deadline,
			struct message *m)
{
	int r = 0;

	if (deadline != CHANNEL_NOW && channel_is_parking()) {
		r = read_parking(c, deadline, m);
	} else if (deadline == CHANNEL_FOREVER && c->cancel_fd < 0) {
		/* Without end and without cancel, one blocking call does it
		 * all. */
		r = channel_read(c->fd, m, CHANNEL_FOREVER);
	} else {
		if (deadline != CHANNEL_NOW)
			r = channel_wait(c->fd, deadline, c->cancel_fd);
		if (r == 0)
			r = channel_read(c->fd, m, CHANNEL_NOW);
	}
	if (r == CHANNEL_CLOSED)
		channel_note_end(c, NULL);
	return error_of_channel(r);
}

int reeve_channel_read(struct reeve_channel *channel, int timeout_ms,
		       void *buffer, size_t capacity, size_t *ret_n,
		       int *handles, size_t *ret_handles)
{
	struct message m;
	uint32_t i;
	int r;

	/* Not its handles: that would be most of the work. */
	m.bytes = buffer;
	m.n_bytes = 0;
	m.n_handles = 0;
	m.drops_handles = !handles && buffer;
	m.capacity = 0;
	if (buffer)
		m.capacity = capacity > MESSAGE_BYTES_MAX ? MESSAGE_BYTES_MAX
							  : (uint32_t)capacity;
	r = channel_object_read(channel, deadline_of(timeout_ms), &m);
	/* The only thing that can be wrong on this level is the length. */
	if (r == -EPROTO)
		return -EMSGSIZE;
	if (r < 0)
		return r;
	if (handles) {
		for (i = 0; i < m.n_handles; i++)
			handles[i] = message_take_handle(&m, i);
		*ret_handles = m.n_handles;
	}
	message_close_handles(&m);
	*ret_n = m.n_bytes;
	return 0;
}

int reeve_channel_wait(struct reeve_channel *channel, short events,
		       int timeout_ms)
{
	int r = channel_wait_events(channel->fd, events,
				    deadline_of(timeout_ms),
				    channel->cancel_fd);

	/* Not waiting is a time that is over as well. */
	return r == CHANNEL_WOULD_BLOCK ? -ETIMEDOUT : error_of_channel(r);
}
