/*
 * Race 1: a connection's entry may still be in the epoll set when its record is
 * already freed (the provider was stopped, but passed the channel on). Events
 * carry the connection's id, which is never reused, and unknown ids are ignored.
 */
#include "host/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

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

enum { THRESHOLD_MIN = 256 };

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
	map_unlink(&s->by_id, &r->node);
	free(r);
}

static void connections_end(struct connections *s, struct record *r)
{
	s->owner.on_closed(s->owner.userdata, &r->connection);
	connections_remove(s, &r->connection);
}

static void on_epoll(struct loop_source *source, uint32_t events)
{
	struct connections *s = container_of(source, struct connections, source);
	struct epoll_event ready[64];
	struct record *r;
	int n, i;

	(void)events;
	n = epoll_wait(s->epoll_fd, ready, (int)N_ELEMENTS(ready), 0);
	for (i = 0; i < n; i++) {
		r = record_find(s, ready[i].data.u64);
		if (r) /* Race 1. */
			connections_end(s, r);
	}
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
	r = s->epoll_fd < 0 ? -errno :
			      loop_add(loop, &s->source, s->epoll_fd, EPOLLIN,
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
			connections_remove(
				s, &container_of(s->by_id.buckets[i],
						 struct record, node)
					    ->connection);
	map_fini(&s->by_id);
	free(s);
}

int connections_add(struct connections *s, int fd, struct connection **ret)
{
	struct epoll_event event = { .events = EPOLLRDHUP | EPOLLHUP | EPOLLET };
	socklen_t n = sizeof(uint64_t);
	struct record *r;
	int k;

	if (s->by_id.n >= s->threshold) {
		connections_reconcile(s);
		s->threshold = s->by_id.n * 2;
		if (s->threshold < THRESHOLD_MIN)
			s->threshold = THRESHOLD_MIN;
	}
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	list_init(&r->connection.by_slot);
	list_init(&r->connection.by_opener);
	list_init(&r->connection.by_provider);
	r->connection.id = ++s->last_id;
	r->connection.opened_at = loop_now();
	r->connection.turn = loop_n_turns(s->loop);
	event.data.u64 = r->connection.id;
	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &r->connection.cookie, &n) <
		    0 ||
	    epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		k = -errno;
		free(r);
		return k;
	}
	k = map_link(&s->by_id, &r->node,
		     map_hash(&r->connection.id, sizeof(r->connection.id)));
	if (k < 0) {
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		free(r);
		return k;
	}
	*ret = &r->connection;
	return 0;
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
			if (r->seen != s->n_reconciled)
				connections_end(s, r);
		}
	}
	return 0;
}

size_t connections_count(const struct connections *s)
{
	return s->by_id.n;
}
