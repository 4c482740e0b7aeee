#include "host/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "channel/channel.h"
#include "host/open.h"
#include "host/revoker.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "sys/unix_socket.h"

/* One open that waits for its client's end to be sealed. */
struct seal {
	struct list link;    /* in revoker.seals */
	uint64_t connection; /* its id: either side may go meanwhile */
	int fd;
	uint32_t flags, mode;
	bool is_sought; /* in the present order */
	char path[];
};

static void seal_free(struct seal *s)
{
	list_unlink(&s->link);
	fd_close(s->fd);
	free(s);
}

void seal_fini(struct revoker *r)
{
	while (!list_is_empty(&r->seals))
		seal_free(list_first(&r->seals, struct seal, link));
}

static void seal_finish(struct revoker *r, struct seal *s, bool is_sealed)
{
	struct connection *c =
		connections_find(r->manager->connections, s->connection);
	int status = REEVE_ERR_ACCESS_DENIED, e;

	if (c && c->opener && c->provider && !c->is_cut && is_sealed) {
		e = outgoing_open(&c->provider->outgoing, &c->opener->opener,
				  s->flags, s->mode, s->path, s->fd);
		if (!e) {
			s->fd = -1;
			if (c->provider->state == LIFE_STOPPED)
				(void)outgoing_watch(&c->provider->outgoing);
			seal_free(s);
			return;
		}
		status = REEVE_ERR_NO_RESOURCES;
	}
	if (c && c->opener && !is_sealed && open_may_tell(c->opener))
		journal_write(r->manager->journal, JOURNAL_REFUSED,
			      c->opener->realm->moniker, NULL, NULL,
			      "%s, ACCESS_DENIED: no descriptor may pass over "
			      "it, and the client's end of the channel was not "
			      "found among its own descriptors to see to that",
			      c->capability);
	s->fd = channel_close_epitaph(s->fd, status, true);
	seal_free(s);
}

void seal_report(struct revoker *r, const struct sever_report *report)
{
	struct seal *s, *tmp;
	size_t k = 0;

	r->is_sealing = false;
	list_for_each_safe (s, tmp, &r->seals, link) {
		if (!s->is_sought)
			continue;
		seal_finish(r, s,
			    report && k < report->n_found &&
				    report->found[k].ends & SEVER_CLIENT_END);
		k++;
	}
}

void seal_refuse_cut(struct revoker *r)
{
	struct connection *c;
	struct seal *s, *tmp;

	list_for_each_safe (s, tmp, &r->seals, link) {
		c = connections_find(r->manager->connections, s->connection);
		if (c && c->is_cut)
			seal_finish(r, s, true);
	}
}

/* All that wait, in one order. */
void seal_begin(struct revoker *r)
{
	struct sever_order order = { .kind = SEVER_SEAL };
	struct sever_target *targets;
	struct sever_cell *cells;
	struct connection *c;
	struct seal *s;
	size_t n = 0;

	if (r->is_sealing || list_is_empty(&r->seals))
		return;
	list_for_each (s, &r->seals, link)
		n++;
	targets = calloc(n, sizeof(*targets));
	cells = calloc(n, sizeof(*cells));
	list_for_each (s, &r->seals, link) {
		c = connections_find(r->manager->connections, s->connection);
		s->is_sought = true;
		if (!targets || !cells)
			continue;
		if (c && c->opener && c->opener->cell.id) {
			severing_target(c, &targets[order.n_targets]);
			cells[order.n_cells++] =
				sever_cell_from(&c->opener->cell);
		}
		order.n_targets++;
	}
	order.targets = targets;
	order.cells = cells;
	r->is_sealing = true;
	if (!targets || !cells || severing_order(r, &order) < 0)
		seal_report(r, NULL);
	free(targets);
	free(cells);
}

int seal_open(struct connection *c, const struct seal_request *q, int take_fd)
{
	struct revoker *r = c->opener->manager->revoker;
	struct seal *s;
	int e;

	e = socket_forbid_rights(take_fd);
	if (e < 0)
		return e;
	if (!c->has_label)
		return -EDESTADDRREQ;
	s = calloc(1, sizeof(*s) + strlen(q->path) + 1);
	if (!s)
		return -ENOMEM;
	strcpy(s->path, q->path);
	s->connection = c->id;
	s->fd = take_fd;
	s->flags = q->flags;
	s->mode = q->mode;
	list_link(&r->seals, &s->link);
	/* A revocation comes first; it begins this when it is over. */
	if (list_is_empty(&r->queue))
		seal_begin(r);
	return 0;
}
