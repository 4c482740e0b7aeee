/*
 * Race 1: a connection's entry may still be in the epoll set when its record is
 * already freed (the provider was stopped, but passed the channel on). Events
 * carry the connection's id, which is never reused, and unknown ids are
 * ignored.
 */
#include "host/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/map.h"
#include "sys/fd.h"

struct record {
	struct connection connection;
	struct map_node node;
	uint64_t seen; /* the last reconciliation that listed it */
};

struct connections {
	struct loop *loop;
	struct connection_owner owner;
	struct loop_source source;
	int epoll_fd;
	struct map by_id;
	uint64_t last_id, n_reconciled;
	/* Reconcile when there are as many as this. */
	size_t threshold;
};

enum { THRESHOLD_MIN = 256, DUPLICATES_MAX = 16 };

#define LABEL_PREFIX "reeve/"

static struct record *record_find(struct connections *s, uint64_t id)
{
	struct map_node *node = map_find(&s->by_id, map_hash(&id, sizeof(id)));
	struct record *r;

	for (; node; node = map_next(node)) {
		r = container_of(node, struct record, node);
		if (r->connection.id == id)
			return r;
	}
	return NULL;
}

void connections_remove(struct connections *s, struct connection *c)
{
	struct record *r = container_of(c, struct record, connection);

	list_unlink(&c->by_slot);
	list_unlink(&c->by_opener);
	list_unlink(&c->by_provider);
	list_unlink(&c->by_revocation);
	map_unlink(&s->by_id, &r->node);
	free(c->capability);
	free(r);
}

void connections_end(struct connections *s, struct connection *c)
{
	s->owner.on_closed(s->owner.userdata, c);
	connections_remove(s, c);
}

/*
 * Only a hang-up is the end: it means that nothing passes in either direction
 * any more. A peer that shuts down one direction is half-way there, and would
 * otherwise be forgotten while it still listens.
 */
void connections_poll(struct connections *s)
{
	struct epoll_event ready[64];
	struct record *r;
	int n, i;

	do {
		n = epoll_wait(s->epoll_fd, ready, (int)N_ELEMENTS(ready), 0);
		for (i = 0; i < n; i++) {
			if (!(ready[i].events & EPOLLHUP))
				continue;
			r = record_find(s, ready[i].data.u64);
			if (r) /* Race 1. */
				connections_end(s, &r->connection);
		}
	} while (n == (int)N_ELEMENTS(ready));
}

static void on_epoll(struct loop_source *source, uint32_t events)
{
	(void)events;
	connections_poll(container_of(source, struct connections, source));
}

int connections_new(struct loop *loop, const struct connection_owner *owner,
		    struct connections **ret)
{
	struct connections *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->loop = loop;
	s->owner = *owner;
	s->threshold = THRESHOLD_MIN;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r = s->epoll_fd < 0 ? -errno
			    : loop_add(loop, &s->source, s->epoll_fd, EPOLLIN,
				       on_epoll);
	if (r < 0) {
		fd_close(s->epoll_fd);
		free(s);
		return r;
	}
	*ret = s;
	return 0;
}

void connections_free(struct connections *s)
{
	size_t i;

	if (!s)
		return;
	loop_remove(&s->source);
	fd_close(s->epoll_fd);
	for (i = 0; i < s->by_id.n_buckets; i++)
		while (s->by_id.buckets[i])
			connections_remove(s, &container_of(s->by_id.buckets[i],
							    struct record, node)
						       ->connection);
	map_fini(&s->by_id);
	free(s);
}

size_t connection_label(const struct connection *c,
			char ret[static CONNECTION_LABEL_MAX])
{
	/* The hash is keyed: nobody can make a label that will be another's. */
	int n = snprintf(ret + 1, CONNECTION_LABEL_MAX - 1,
			 LABEL_PREFIX "%016llx/%016llx",
			 (unsigned long long)c->id,
			 (unsigned long long)map_hash(&c->id, sizeof(c->id)));

	ret[0] = 0;
	return (size_t)n + 1;
}

/* Name the end. One that came from a listener has that one's name already. */
static int connection_bind(struct connection *c, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char label[CONNECTION_LABEL_MAX];
	socklen_t n = (socklen_t)connection_label(c, label);

	memcpy(address.sun_path, label, n);
	n += (socklen_t)offsetof(struct sockaddr_un, sun_path);
	c->has_label = !bind(fd, (struct sockaddr *)&address, n);
	if (c->has_label)
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* Handed over before, it has a label already. Who has named it himself
	 * wants something else than to connect. */
	n = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &n) < 0)
		return -errno;
	return address.sun_path[0] ||
			       !strncmp(address.sun_path + 1, LABEL_PREFIX,
					strlen(LABEL_PREFIX))
		       ? 0
		       : -EADDRINUSE;
}

static struct record *record_new(struct connections *s)
{
	struct record *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	list_init(&r->connection.by_slot);
	list_init(&r->connection.by_opener);
	list_init(&r->connection.by_provider);
	list_init(&r->connection.by_revocation);
	r->connection.id = ++s->last_id;
	r->connection.opened_at = loop_now();
	r->connection.turn = loop_n_turns(s->loop);
	if (map_link(&s->by_id, &r->node,
		     map_hash(&r->connection.id, sizeof(r->connection.id))) <
	    0) {
		free(r);
		return NULL;
	}
	return r;
}

/*
 * A channel that is handed over once more, by whoever got it the first time:
 * the set knows the pair of file and number. It goes in under another number.
 */
static int connection_watch_again(struct connections *s, int fd,
				  struct epoll_event *event)
{
	int number = fd, r = -EEXIST, k;

	for (k = 0; k < DUPLICATES_MAX && r == -EEXIST; k++) {
		number = fcntl(fd, F_DUPFD_CLOEXEC, number + 1);
		if (number < 0)
			return -errno;
		r = epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, number, event) < 0
			    ? -errno
			    : 0;
		close(number);
	}
	return r;
}

static int connection_watch(struct connections *s, struct connection *c, int fd)
{
	struct epoll_event event = { .events = EPOLLET, .data.u64 = c->id };
	socklen_t n = sizeof(c->cookie);
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &c->cookie, &n) < 0)
		return -errno;
	r = connection_bind(c, fd);
	if (!r && epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		r = errno == EEXIST ? connection_watch_again(s, fd, &event)
				    : -errno;
	return r;
}

int connections_add(struct connections *s, int fd, struct connection **ret)
{
	struct record *r;
	int k;

	if (s->by_id.n >= s->threshold) {
		connections_reconcile(s);
		s->threshold = s->by_id.n * 2;
		if (s->threshold < THRESHOLD_MIN)
			s->threshold = THRESHOLD_MIN;
	}
	r = record_new(s);
	if (!r)
		return -ENOMEM;
	k = connection_watch(s, &r->connection, fd);
	if (k < 0) {
		connections_remove(s, &r->connection);
		return k;
	}
	*ret = &r->connection;
	return 0;
}

int connections_add_own(struct connections *s,
			void (*on_cut)(struct connection *c),
			struct connection **ret)
{
	struct record *r = record_new(s);

	if (!r)
		return -ENOMEM;
	r->connection.on_cut = on_cut;
	*ret = &r->connection;
	return 0;
}

struct connection *connections_find(struct connections *s, uint64_t id)
{
	struct record *r = record_find(s, id);

	return r ? &r->connection : NULL;
}

/* Mark every connection that the kernel still lists in the set. */
static int connections_list(struct connections *s)
{
	unsigned long long id;
	char path[64], line[256];
	const char *data;
	struct record *r;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", s->epoll_fd);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		data = strstr(line, " data:");
		if (!data || sscanf(data, " data: %llx", &id) != 1)
			continue;
		r = record_find(s, id);
		if (r)
			r->seen = s->n_reconciled;
	}
	fclose(f);
	return 0;
}

int connections_reconcile(struct connections *s)
{
	struct map_node *node, *next;
	struct record *r;
	size_t i;
	int k;

	s->n_reconciled++;
	k = connections_list(s);
	if (k < 0)
		return k;
	for (i = 0; i < s->by_id.n_buckets; i++) {
		for (node = s->by_id.buckets[i]; node; node = next) {
			next = node->next;
			r = container_of(node, struct record, node);
			if (r->seen != s->n_reconciled && !r->connection.on_cut)
				connections_end(s, &r->connection);
		}
	}
	return 0;
}

size_t connections_count(const struct connections *s)
{
	return s->by_id.n;
}
