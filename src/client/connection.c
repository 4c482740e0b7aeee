/*
 * One connection to a pseudo-directory: requests in, replies out.
 *
 * A reply that does not fit into the client's queue ends the connection: who
 * does not read what it asked for cannot make us wait or remember. What is no
 * request ends it too, with an epitaph that says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "channel/channel.h"
#include "client/serve.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/status.h"

enum {
	/* The longest request is Rename with two paths. */
	REQUEST_MAX = 12 * 1024,
	REPLY_MAX = IO_BYTES_MAX + 256,
};

static void connection_on_event(struct loop_source *source, uint32_t events);

int connection_new(struct directory *d, const struct connection_kind *kind,
		   int take_channel)
{
	uint32_t describe = kind->describe ? IO_FLAG_DESCRIBE : 0;
	struct connection *c = NULL;
	int r = -ENOSPC;

	if (d->n_connections < d->limits.n_connections &&
	    directory_take(d, kind->client)) {
		c = calloc(1, sizeof(*c));
		r = c ? loop_add(d->loop, &c->source, take_channel, EPOLLIN,
				 connection_on_event)
		      : -ENOMEM;
		if (r < 0)
			directory_give_back(d, kind->client);
	}
	if (r < 0) {
		free(c);
		open_refuse(d, take_channel, describe, status_from_errno(r));
		return r;
	}
	c->directory = d;
	c->fd = take_channel;
	c->node = kind->node;
	c->rights = kind->rights;
	c->is_reference = kind->is_reference;
	c->client = kind->client;
	list_link(&d->connections, &c->link);
	d->n_connections++;
	if (kind->describe)
		describe_open(c->fd, REEVE_OK, c->node);
	return 0;
}

void connection_close(struct connection *c, int32_t status)
{
	struct directory *d = c->directory;

	if (c->is_dead)
		return;
	c->is_dead = true;
	loop_remove(&c->source);
	if (status == REEVE_OK)
		fd_close(c->fd);
	else
		channel_close_epitaph(c->fd, status, d->is_manager);
	c->fd = -1;
	list_unlink(&c->link);
	d->n_connections--;
	directory_give_back(d, c->client);
	directory_check_idle(d);
	if (!c->is_busy)
		free(c);
}

/* To be closed when its handler is done; as connection_close(). */
static void connection_end(struct connection *c, int32_t status)
{
	c->is_ending = true;
	c->end_status = status;
}

struct io_node_info node_info(const struct node *n)
{
	return (struct io_node_info){
		.kind = !node_is_directory(n) && n->kind != DIRECTORY_REMOTE
				? IO_NODE_SERVICE
				: IO_NODE_DIRECTORY,
		.handle = WIRE_NO_HANDLE,
	};
}

void describe_open(int fd, int32_t status, const struct node *n)
{
	_Alignas(8) uint8_t buffer[128];
	struct message m = MESSAGE_OVER(buffer);
	struct io_reply event = {
		.method = IO_ON_OPEN,
		.status = status,
		.info = { .kind = IO_NODE_ABSENT, .handle = WIRE_NO_HANDLE },
	};

	if (n)
		event.info = node_info(n);
	/* A new channel is empty, so it fits, or nobody is there to read. */
	if (io_reply_write(&m, &event) == 0)
		channel_send(fd, &m, CHANNEL_NOW);
}

static int dirent_put(uint8_t *buffer, uint32_t capacity, uint32_t *n,
		      const struct node *node, const char *name)
{
	const struct io_dirent e = {
		.ino = node->number,
		.type = node_info(node).kind == IO_NODE_SERVICE
				? IO_DIRENT_SERVICE
				: IO_DIRENT_DIRECTORY,
		.name = wire_string_of(name),
	};

	return io_dirent_write(buffer, capacity, n, &e);
}

/* Fill @buffer from where the last listing stopped. */
static int32_t read_dirents(struct connection *c, uint64_t max_bytes,
			    uint8_t *buffer, uint32_t *n)
{
	struct node *child;

	if (max_bytes > IO_BYTES_MAX)
		return REEVE_ERR_OUT_OF_RANGE;
	if (c->cursor == 0) {
		if (dirent_put(buffer, (uint32_t)max_bytes, n, c->node, "."))
			return REEVE_ERR_BUFFER_TOO_SMALL;
		c->cursor = 1;
	}
	child = node_child_after(c->node, c->cursor);
	for (; child; child = node_next(child)) {
		if (dirent_put(buffer, (uint32_t)max_bytes, n, child,
			       child->name))
			return *n ? REEVE_OK : REEVE_ERR_BUFFER_TOO_SMALL;
		c->cursor = child->number;
	}
	return REEVE_OK;
}

static int32_t watch(struct connection *c, const struct io_watch *request,
		     int take_channel)
{
	if (c->is_reference || request->options != 0 || request->mask == 0 ||
	    request->mask & ~(uint32_t)IO_WATCH_MASK_ALL) {
		fd_close(take_channel);
		return c->is_reference ? REEVE_ERR_BAD_HANDLE
				       : REEVE_ERR_INVALID_ARGS;
	}
	return watcher_new(c, request->mask, take_channel);
}

static struct io_attributes attributes(const struct node *n)
{
	return (struct io_attributes){
		.mode = node_info(n).kind == IO_NODE_SERVICE
				? IO_MODE_SERVICE | 0600
				: IO_MODE_DIRECTORY | 0500,
		.id = n->number,
		.link_count = 1,
	};
}

/* Fill in the reply to everything but Open and Clone. */
static void request_answer(struct connection *c,
			   const struct io_request *request, int take_handle,
			   uint8_t *dirents, struct io_reply *reply)
{
	uint32_t n = 0;

	reply->status = REEVE_OK;
	switch (request->method) {
	case IO_CLOSE:
	case IO_SYNC:
		break;
	case IO_DESCRIBE:
		reply->info = node_info(c->node);
		break;
	case IO_GET_ATTR:
		reply->attributes = attributes(c->node);
		break;
	case IO_READ_DIRENTS:
		reply->status = c->is_reference
					? REEVE_ERR_BAD_HANDLE
					: read_dirents(c, request->max_bytes,
						       dirents, &n);
		reply->dirents = (struct wire_bytes){ dirents, n };
		break;
	case IO_REWIND:
		c->cursor = 0;
		if (c->is_reference)
			reply->status = REEVE_ERR_BAD_HANDLE;
		break;
	case IO_WATCH:
		reply->status = watch(c, &request->watch, TAKE_FD(take_handle));
		break;
	case IO_GET_TOKEN:
		reply->token = WIRE_NO_HANDLE;
		reply->status = REEVE_ERR_NOT_SUPPORTED;
		break;
	default:
		reply->status = REEVE_ERR_NOT_SUPPORTED;
		break;
	}
	fd_close(take_handle);
}

static int32_t request_reply(struct connection *c,
			     const struct io_request *request, int take_handle)
{
	_Alignas(8) uint8_t buffer[REPLY_MAX];
	uint8_t dirents[IO_BYTES_MAX];
	struct message m = MESSAGE_OVER(buffer);
	struct io_reply reply = { .method = request->method,
				  .txid = request->txid };

	request_answer(c, request, take_handle, dirents, &reply);
	if (io_reply_write(&m, &reply) != 0)
		return REEVE_ERR_INTERNAL;
	if (channel_send(c->fd, &m, CHANNEL_NOW) != 0)
		return REEVE_ERR_SHOULD_WAIT;
	if (request->method == IO_CLOSE)
		connection_end(c, REEVE_OK);
	return REEVE_OK;
}

/* The handle that a request carries; -1 for one without. */
static int request_take_handle(struct message *m,
			       const struct io_request *request)
{
	switch (request->method) {
	case IO_OPEN:
		return message_take_handle(m, request->open.object);
	case IO_CLONE:
		return message_take_handle(m, request->clone.object);
	case IO_WATCH:
		return message_take_handle(m, request->watch.watcher);
	case IO_RENAME:
	case IO_LINK:
		return message_take_handle(m, request->move.token);
	default:
		return -1;
	}
}

/* Answer one message. Not REEVE_OK: close the connection with it. */
static int32_t request_handle(struct connection *c, struct message *m)
{
	struct io_request request = {};
	int r, handle;

	r = io_request_read(m, &request);
	if (r == WIRE_UNKNOWN)
		return REEVE_ERR_NOT_SUPPORTED;
	if (r)
		return REEVE_ERR_INVALID_ARGS;
	handle = request_take_handle(m, &request);
	if (request.method == IO_OPEN)
		return connection_open(c, &request.open, handle);
	if (request.method == IO_CLONE)
		return connection_clone(c, &request.clone, handle);
	if (request.method == IO_WATCH && !channel_is(handle)) {
		fd_close(handle);
		return REEVE_ERR_INVALID_ARGS;
	}
	return request_reply(c, &request, handle);
}

/* Read and answer one message. False when nothing is to be done any more. */
static bool connection_turn(struct connection *c)
{
	_Alignas(8) uint8_t buffer[REQUEST_MAX];
	struct message m = MESSAGE_OVER(buffer);
	int32_t status;
	int r;

	r = channel_read(c->fd, &m, CHANNEL_NOW);
	if (r == CHANNEL_WOULD_BLOCK)
		return false;
	/* Our own lack of descriptors: that one request is lost, its channel
	 * closed, and the client sees it there. */
	if (r == -EMFILE || r == -ENFILE)
		return true;
	if (r == 0 && c->directory->payer && c->directory->payer->on_request)
		c->directory->payer->on_request(c->client);
	if (r == 0)
		status = request_handle(c, &m);
	else if (r == -EBADMSG)
		status = REEVE_ERR_INVALID_ARGS;
	else
		status = REEVE_ERR_PEER_CLOSED;
	message_close_handles(&m);
	if (r == CHANNEL_CLOSED)
		connection_end(c, REEVE_OK);
	else if (status != REEVE_OK)
		connection_end(c, status);
	return !c->is_dead && !c->is_ending;
}

static void connection_on_event(struct loop_source *source, uint32_t events)
{
	struct connection *c = container_of(source, struct connection, source);
	struct directory *d = c->directory;
	uint32_t i;

	(void)events;
	if (d->payer && d->payer->may_ask &&
	    !d->payer->may_ask(c->client, source))
		return;
	d->n_busy++;
	c->is_busy = true;
	/* The rest stays in the queue, and the others have their turn first. */
	for (i = 0; i < d->limits.n_requests; i++) {
		if (!connection_turn(c))
			break;
	}
	c->is_busy = false;
	if (c->is_dead)
		free(c);
	else if (c->is_ending)
		connection_close(c, c->end_status);
	d->n_busy--;
	if (d->is_dead && !d->n_busy)
		free(d);
}
