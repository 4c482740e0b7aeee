/*
 * How much of the queue is unread is asked of the kernel (SIOCINQ on the end we
 * keep counts the bytes of all queued messages), and compared with the lengths
 * of the messages we sent: the difference has been read, oldest first.
 */
#include "host/outgoing.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel/channel.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "sys/unix_socket.h"
#include "wire/io.h"

struct pending {
	struct list link; /* in outgoing.waiting or .unread */
	struct list by_opener;
	struct opener *opener; /* NULL: it is gone, or there is none */
	bool is_look;
	struct outgoing *outgoing;
	int fd;		 /* while waiting; -1 once sent */
	uint64_t cookie; /* SO_COOKIE of the server end; 0: not known */
	uint32_t n_bytes;
	uint8_t bytes[];
};

enum {
	/* For the kernel's part of the queue; more waits in our list. */
	OUTGOING_BUFFER = 1 << 20,
	FRAME_MAX = OUTGOING_PATH_MAX + 128,
	SETTLE_STEP = 16,
};

void opener_init(struct opener *opener, struct account *account)
{
	opener->account = account;
	list_init(&opener->pending);
}

void opener_fini(struct opener *opener)
{
	struct pending *p, *tmp;

	list_for_each_safe (p, tmp, &opener->pending, by_opener) {
		account_release(opener->account, CHARGE_OPENS);
		list_unlink(&p->by_opener);
		p->opener = NULL;
	}
}

static void pending_free(struct outgoing *o, struct pending *p)
{
	if (p->opener)
		account_release(p->opener->account, CHARGE_OPENS);
	list_unlink(&p->by_opener);
	list_unlink(&p->link);
	fd_close(p->fd);
	if (p->is_look)
		o->n_looks--;
	else
		o->n_pending--;
	free(p);
}

void outgoing_init(struct outgoing *o, struct loop *loop,
		   void (*on_readable)(struct outgoing *o))
{
	*o = (struct outgoing){ .loop = loop,
				.send_fd = -1,
				.receive_fd = -1,
				.on_readable = on_readable };
	list_init(&o->waiting);
	list_init(&o->unread);
}

static void outgoing_close(struct outgoing *o)
{
	loop_remove(&o->readable);
	loop_remove(&o->writable);
	o->send_fd = fd_close(o->send_fd);
	o->receive_fd = fd_close(o->receive_fd);
}

static void list_drop(struct outgoing *o, struct list *l)
{
	while (!list_is_empty(l))
		pending_free(o, list_first(l, struct pending, link));
}

void outgoing_fini(struct outgoing *o)
{
	outgoing_close(o);
	list_drop(o, &o->waiting);
	list_drop(o, &o->unread);
}

/* Make the pair at the first open: an instance that nobody opens costs none. */
static int outgoing_need_pair(struct outgoing *o)
{
	int fds[2], size = OUTGOING_BUFFER, r;

	if (o->send_fd >= 0)
		return 0;
	r = channel_pair(fds);
	if (r < 0)
		return r;
	/* Beyond the system's limit only root may go; what we get is enough. */
	if (setsockopt(fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &size,
		       sizeof(size)) < 0)
		(void)setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size,
				 sizeof(size));
	o->send_fd = fds[0];
	o->receive_fd = fds[1];
	return 0;
}

/* What the kernel holds of our messages, by a measure of its own: it shrinks
 * only when somebody reads, and is had at once. */
static int outgoing_n_sent(const struct outgoing *o)
{
	int n = -1;

	return ioctl(o->send_fd, SIOCOUTQ, &n) < 0 ? -1 : n;
}

void outgoing_settle(struct outgoing *o)
{
	struct pending *p;
	int n = 0, n_sent;

	/* Counting the queue costs a walk over it: not unless it changed. */
	n_sent = outgoing_n_sent(o);
	if (list_is_empty(&o->unread) || n_sent == o->n_sent_seen ||
	    ioctl(o->receive_fd, SIOCINQ, &n) < 0)
		return;
	o->n_sent_seen = n_sent;
	while (o->n_unread_bytes > (size_t)n &&
	       (p = list_first(&o->unread, struct pending, link))) {
		o->n_unread_bytes -= p->n_bytes;
		o->was_read = true;
		pending_free(o, p);
	}
}

/* Give one to the socket. 0, CHANNEL_WOULD_BLOCK, CHANNEL_CLOSED, -errno. */
static int outgoing_push(struct outgoing *o, struct pending *p)
{
	int r = channel_write(o->send_fd, p->bytes, p->n_bytes, &p->fd, 1,
			      CHANNEL_NOW);

	if (r)
		return r;
	p->fd = fd_close(p->fd);
	o->n_unread_bytes += p->n_bytes;
	o->n_sent_seen = -1;
	list_unlink(&p->link);
	list_link(&o->unread, &p->link);
	return 0;
}

/* Move waiting opens to the socket as far as it takes them. */
static void outgoing_flush(struct outgoing *o)
{
	struct pending *p;
	int r = 0;

	while (!r && (p = list_first(&o->waiting, struct pending, link)))
		r = outgoing_push(o, p);
	if (r == CHANNEL_CLOSED) {
		/* The program shut its end down: wait for its successor. */
		loop_remove(&o->writable);
		return;
	}
	if (list_is_empty(&o->waiting))
		loop_remove(&o->writable);
}

static void on_writable(struct loop_source *source, uint32_t events)
{
	struct outgoing *o = container_of(source, struct outgoing, writable);

	(void)events;
	outgoing_settle(o);
	outgoing_flush(o);
}

/*
 * Charge @opener for one more. Before that is refused, the queues of all the
 * providers at which it has opens are looked into: what they have read since is
 * not held any more.
 */
static int opener_charge(struct opener *opener)
{
	struct account *account = opener->account;
	uint32_t held = account->held[CHARGE_OPENS];
	struct outgoing *settled = NULL;
	struct pending *p;

	if (held < account->limits[CHARGE_OPENS])
		return account_charge(account, CHARGE_OPENS);
	list_for_each (p, &opener->pending, by_opener) {
		if (p->outgoing == settled)
			continue;
		settled = p->outgoing;
		outgoing_settle(settled);
		/* The list has changed as well: out of it. */
		if (account->held[CHARGE_OPENS] < held)
			break;
	}
	return account_charge(account, CHARGE_OPENS);
}

static int pending_new(struct outgoing *o, struct opener *opener,
		       uint32_t flags, uint32_t mode, const char *path,
		       struct pending **ret)
{
	_Alignas(8) uint8_t bytes[FRAME_MAX];
	struct message m = MESSAGE_OVER(bytes);
	struct io_request open = { .method = IO_OPEN };
	struct pending *p;
	int r;

	/* The handle is only a placeholder here: it is sent from @p->fd. */
	open.open = (struct io_open){ .flags = flags,
				      .mode = mode,
				      .path = wire_string_of(path),
				      .object = message_put_handle(&m, 0) };
	r = io_request_write(&m, &open);
	if (r < 0)
		return r;
	p = malloc(sizeof(*p) + m.n_bytes);
	if (!p)
		return -ENOMEM;
	list_init(&p->link);
	list_init(&p->by_opener);
	p->outgoing = o;
	p->opener = opener;
	p->is_look = !opener;
	if (opener)
		list_link(&opener->pending, &p->by_opener);
	p->fd = -1;
	p->n_bytes = m.n_bytes;
	memcpy(p->bytes, m.bytes, m.n_bytes);
	*ret = p;
	return 0;
}

static uint64_t socket_cookie_of(int fd)
{
	uint64_t cookie = 0;

	return socket_cookie(fd, &cookie) < 0 ? 0 : cookie;
}

/* Put it behind what waits, and give the socket as much as it takes. */
static void outgoing_send(struct outgoing *o, struct pending *p, int take_fd)
{
	p->fd = take_fd;
	p->cookie = socket_cookie_of(take_fd);
	list_link(&o->waiting, &p->link);
	outgoing_flush(o);
	if (list_is_empty(&o->waiting) || o->writable.slot)
		return;
	/*
	 * Edge-triggered: said again only after something was read. Should the
	 * loop have no memory for it, the next open flushes as well.
	 */
	(void)loop_add(o->loop, &o->writable, o->send_fd, EPOLLOUT | EPOLLET,
		       on_writable);
}

int outgoing_open(struct outgoing *o, struct opener *opener, uint32_t flags,
		  uint32_t mode, const char *path, int fd)
{
	struct pending *p;
	int r;

	r = outgoing_need_pair(o);
	if (r < 0)
		return r;
	if (o->n_pending >= o->settle_at) {
		outgoing_settle(o);
		o->settle_at = 2 * o->n_pending + SETTLE_STEP;
	}
	if (opener_charge(opener))
		return OUTGOING_EXCEEDED;
	r = pending_new(o, opener, flags, mode, path, &p);
	if (r < 0) {
		account_release(opener->account, CHARGE_OPENS);
		return r;
	}
	o->n_pending++;
	outgoing_send(o, p, fd);
	return 0;
}

int outgoing_look(struct outgoing *o, uint32_t flags, uint32_t mode,
		  const char *path, int fd)
{
	struct pending *p;
	int r;

	r = outgoing_need_pair(o);
	if (r < 0)
		return r;
	outgoing_settle(o);
	if (o->n_looks >= OUTGOING_LOOKS_MAX)
		return OUTGOING_EXCEEDED;
	r = pending_new(o, NULL, flags, mode, path, &p);
	if (r < 0)
		return r;
	o->n_looks++;
	outgoing_send(o, p, fd);
	return 0;
}

static void on_readable(struct loop_source *source, uint32_t events)
{
	struct outgoing *o = container_of(source, struct outgoing, readable);

	(void)events;
	outgoing_unwatch(o);
	o->on_readable(o);
}

int outgoing_watch(struct outgoing *o)
{
	if (o->receive_fd < 0 || o->readable.slot)
		return 0;
	return loop_add(o->loop, &o->readable, o->receive_fd, EPOLLIN,
			on_readable);
}

void outgoing_unwatch(struct outgoing *o)
{
	loop_remove(&o->readable);
}

int outgoing_lend(struct outgoing *o)
{
	int r = outgoing_need_pair(o), fd;

	if (r < 0)
		return r;
	o->was_read = false;
	fd = fcntl(o->receive_fd, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

bool outgoing_is_ignored(struct outgoing *o)
{
	outgoing_settle(o);
	return o->n_pending && !o->was_read;
}

/*
 * The open that the message @m, read from our own queue, was. What was sent
 * before it is not there any more: somebody who holds a copy of the end has
 * read it after outgoing_settle() looked.
 */
static struct pending *unread_find(struct outgoing *o, const struct message *m)
{
	struct pending *p;

	while ((p = list_first(&o->unread, struct pending, link))) {
		if (p->n_bytes == m->n_bytes &&
		    !memcmp(p->bytes, m->bytes, m->n_bytes))
			return p;
		pending_free(o, p);
	}
	return NULL;
}

/* The program that somebody wanted to look at is gone. */
static void look_refuse(struct outgoing *o, struct pending *p)
{
	p->fd = channel_close_epitaph(p->fd, REEVE_ERR_UNAVAILABLE, true);
	pending_free(o, p);
}

/* Take what was not read out of the old pair: back into the waiting list, in
 * front of what waits there; but not what was for this program alone. */
static void outgoing_take_back(struct outgoing *o)
{
	_Alignas(8) uint8_t bytes[FRAME_MAX];
	struct message m = MESSAGE_OVER(bytes);
	struct list back = LIST_INIT(back);
	struct pending *p;

	(void)shutdown(o->receive_fd, SHUT_RDWR);
	outgoing_settle(o);
	/* What is queued stays readable, for us and for holders of a copy. */
	while (!list_is_empty(&o->unread) &&
	       !channel_read(o->receive_fd, &m, CHANNEL_NOW)) {
		p = unread_find(o, &m);
		if (p) {
			p->fd = message_take_handle(&m, 0);
			list_unlink(&p->link);
			list_link(&back, &p->link);
		}
		message_close_handles(&m);
	}
	o->n_unread_bytes = 0;
	list_drop(o, &o->unread);
	while ((p = list_first(&o->waiting, struct pending, link))) {
		list_unlink(&p->link);
		list_link(&back, &p->link);
	}
	while ((p = list_first(&back, struct pending, link))) {
		if (p->is_look) {
			look_refuse(o, p);
			continue;
		}
		list_unlink(&p->link);
		list_link(&o->waiting, &p->link);
	}
	outgoing_close(o);
}

int outgoing_renew(struct outgoing *o)
{
	int r;

	if (o->send_fd >= 0)
		outgoing_take_back(o);
	/* Also what could not be given a new pair the last time. */
	if (list_is_empty(&o->waiting))
		return 0;
	r = outgoing_need_pair(o);
	if (r < 0)
		return r;
	outgoing_flush(o);
	if (!list_is_empty(&o->waiting))
		r = loop_add(o->loop, &o->writable, o->send_fd,
			     EPOLLOUT | EPOLLET, on_writable);
	return r;
}

void outgoing_refuse(struct outgoing *o, int status)
{
	struct pending *p;
	uint64_t cookie;

	if (o->send_fd >= 0)
		outgoing_take_back(o);
	while ((p = list_first(&o->waiting, struct pending, link))) {
		p->fd = channel_close_epitaph(p->fd, status, true);
		cookie = p->cookie;
		pending_free(o, p);
		if (o->on_refused && cookie)
			o->on_refused(o, cookie);
	}
}

bool outgoing_holds(const struct outgoing *o, uint64_t cookie)
{
	const struct pending *p;

	list_for_each (p, &o->waiting, link)
		if (p->cookie == cookie)
			return true;
	list_for_each (p, &o->unread, link)
		if (p->cookie == cookie)
			return true;
	return false;
}

bool outgoing_refuse_one(struct outgoing *o, uint64_t cookie, int status,
			 bool is_ours)
{
	bool was_watched = o->readable.slot, was_there = false;
	struct pending *p, *tmp;

	if (!o->n_pending)
		return false;
	if (is_ours && !list_is_empty(&o->unread))
		outgoing_take_back(o);
	list_for_each_safe (p, tmp, &o->waiting, link) {
		if (p->cookie != cookie)
			continue;
		p->fd = channel_close_epitaph(p->fd, status, true);
		pending_free(o, p);
		was_there = true;
	}
	if (!is_ours || list_is_empty(&o->waiting))
		return was_there;
	(void)outgoing_renew(o);
	if (was_watched)
		(void)outgoing_watch(o);
	return was_there;
}
