/*
 * The work is done by a worker beside the manager; here it is asked for, waited
 * for, and said what of it are connections of ours.
 *
 * A socket's name is the component's to choose. A label is believed if it is
 * one that we would make, and a connection is known by the cookie of its end.
 */
#include "host/control_audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "cell/audit.h"
#include "host/connection.h"
#include "host/instance.h"
#include "host/run.h"
#include "sys/fd.h"

enum { AUDITS_MAX = 4 };

struct waiting {
	struct list link;
	struct control_conn *conn;
	int fd;
	struct loop_source source;
	struct loop_timer timer;
	struct loop_task task;
};

static struct list audits = LIST_INIT(audits);

/* ---- who waits ---- */

static void waiting_free(struct loop_task *task)
{
	free(container_of(task, struct waiting, task));
}

static void waiting_end(struct waiting *w)
{
	list_unlink(&w->link);
	loop_remove(&w->source);
	loop_timer_cancel(&w->timer);
	fd_close(w->fd);
	loop_defer(w->conn->manager->loop, &w->task, waiting_free);
}

void control_audit_forget(const struct control_conn *c)
{
	struct waiting *w, *tmp;

	list_for_each_safe (w, tmp, &audits, link)
		if (w->conn == c)
			waiting_end(w);
}

static size_t audits_count(void)
{
	const struct waiting *w;
	size_t n = 0;

	list_for_each (w, &audits, link)
		n++;
	return n;
}

/* ---- connections ---- */

static bool is_end_of(const struct connection *k, const struct audit_edge *e)
{
	return k->cookie &&
	       (e->cookies[0] == k->cookie || e->cookies[1] == k->cookie);
}

/* The number in a label that is one of ours; 0 if it is none. */
static uint64_t label_read(const char *label)
{
	char real[CONNECTION_LABEL_MAX];
	unsigned long long id;
	struct connection k;
	size_t n;

	if (sscanf(label, "reeve/%16llx/", &id) != 1 || !id)
		return 0;
	memset(&k, 0, sizeof(k));
	k.id = id;
	n = connection_label(&k, real);
	return n == strlen(label) + 1 && !memcmp(real + 1, label, n - 1) ? id
									 : 0;
}

/* One that came from a listener has no label. */
static struct connection *find_by_cookie(struct manager *m,
					 const struct audit_edge *e)
{
	struct connection *k;
	struct instance *i;

	list_for_each (i, &m->instances, link)
		list_for_each (k, &i->opened, by_opener)
			if (is_end_of(k, e))
				return k;
	return NULL;
}

struct channel {
	uint64_t id;			     /* 0: it is none that we minted */
	const struct connection *connection; /* NULL: not known any more */
};

static struct channel channel_find(struct manager *m,
				   const struct audit_edge *e)
{
	struct channel c = { .id = 0 };
	uint64_t id;

	if (e->kind != AUDIT_SOCKET && e->kind != AUDIT_PAIR)
		return c;
	id = label_read(e->label);
	c.connection = id ? connections_find(m->connections, id)
			  : find_by_cookie(m, e);
	if (!c.connection)
		c.id = id;
	else if (is_end_of(c.connection, e))
		c.id = c.connection->id;
	else
		c.connection = NULL;
	return c;
}

static void channel_render(const struct channel *c, struct text *t)
{
	const struct connection *k = c->connection;

	text_printf(t, "connection %llu", (unsigned long long)c->id);
	if (!k)
		text_puts(t, ", which the manager does not know any more");
	else if (k->opener)
		text_printf(t, " of %.80s to %.80s", k->opener->realm->moniker,
			    k->capability);
}

/* ---- the answer ---- */

static void holder_json(const char *name, const struct audit_holder *h,
			struct text *t)
{
	text_printf(t, ",\"%s\":{\"pid\":%d,\"fd\":%d}", name, (int)h->pid,
		    h->fd);
}

static void edge_json(struct manager *m, const struct audit_edge *e,
		      struct text *t)
{
	struct channel channel = channel_find(m, e);
	_cleanup_text_ struct text name = TEXT_INIT;
	_cleanup_text_ struct text line = TEXT_INIT;

	if (channel.id)
		channel_render(&channel, &name);
	audit_edge_render(e, channel.id ? text_string(&name) : NULL, &line);
	text_printf(t, "{\"kind\":\"%s\",\"text\":",
		    channel.id ? "channel" : audit_kind_name(e->kind));
	text_json(t, text_string(&line));
	holder_json("a", &e->holders[0], t);
	holder_json("b", &e->holders[1], t);
	if (channel.id)
		text_printf(t, ",\"connection\":%llu,\"known\":%s",
			    (unsigned long long)channel.id,
			    channel.connection ? "true" : "false");
	text_puts(t, "}");
}

static void note(struct text *t, uint32_t n, const char *sentence)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (n)
		text_printf(&line, "%u ", n);
	text_puts(&line, sentence);
	text_json(t, text_string(&line));
	text_puts(t, ",");
}

/* What was not looked at, in sentences. */
static void notes_json(const struct audit_result *r, struct text *ret)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	uint32_t more = r->n_edges - r->n_named;

	if (more)
		note(&t, more, "more");
	if (r->n_in_flight)
		note(&t, r->n_in_flight,
		     "descriptors in flight were not looked at");
	if (r->is_partial)
		note(&t, 0,
		     "there was no time, or no right, to look at everything");
	if (r->lacks_pairs)
		note(&t, 0,
		     "this kernel does not tell which sockets are connected "
		     "to each other");
	text_append(ret, text_string(&t), t.n ? t.n - 1 : 0);
}

static void result_json(struct manager *m, const struct audit_result *r,
			struct text *t)
{
	uint32_t i;

	text_puts(t, "{\"edges\":[");
	for (i = 0; i < r->n_named; i++) {
		if (i)
			text_puts(t, ",");
		edge_json(m, &r->edges[i], t);
	}
	text_printf(t,
		    "],\"more\":%u,\"partial\":%s,\"in_flight\":%u,"
		    "\"notes\":[",
		    r->n_edges - r->n_named,
		    r->is_partial || r->lacks_pairs ? "true" : "false",
		    r->n_in_flight);
	notes_json(r, t);
	text_puts(t, "]}");
}

static void answer(struct control_conn *c, const struct audit_result *r)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (r->error == -ESRCH) {
		control_conn_end(c, 3, "one of the two has ended");
		return;
	}
	if (r->error || r->n_named > AUDIT_EDGES_MAX) {
		control_conn_end(c, 1, "the audit was lost; try again");
		return;
	}
	result_json(c->manager, r, &t);
	if (text_is_failed(&t)) {
		control_conn_end(c, 1, "out of memory");
		return;
	}
	control_conn_data(c, text_string(&t));
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}

static void on_answer(struct loop_source *source, uint32_t events)
{
	struct waiting *w = container_of(source, struct waiting, source);
	struct control_conn *c = w->conn;
	/* Large, and one at a time. */
	static struct audit_result result;
	int r = audit_read(w->fd, &result);

	(void)events;
	if (r == AUDIT_AGAIN)
		return;
	if (r < 0)
		result.error = r;
	waiting_end(w);
	answer(c, &result);
}

static void on_timeout(struct loop_timer *timer)
{
	struct waiting *w = container_of(timer, struct waiting, timer);
	struct control_conn *c = w->conn;

	waiting_end(w);
	control_conn_end(c, 1,
			 "the audit took too long: something that one of "
			 "the two has open does not answer");
}

/* ---- the request ---- */

/* A component that runs; NULL, and the connection was ended, if it does not. */
static struct instance *find_running(struct control_conn *c, const char *name)
{
	struct realm *r = control_conn_find(c, name);
	struct instance *i = r ? instance_of(r) : NULL;
	_cleanup_text_ struct text t = TEXT_INIT;

	if (!r)
		return NULL;
	/* The news that it runs may be unread. */
	if (i)
		run_catch_up(i);
	if (i && instance_is_alive(i) && i->has_started && !i->cell.is_reaped)
		return i;
	text_printf(&t, "%s is not running", r->moniker);
	control_conn_end(c, 3, text_string(&t));
	return NULL;
}

static int begin(struct control_conn *c, const struct instance *a,
		 const struct instance *b)
{
	struct waiting *w = calloc(1, sizeof(*w));
	struct manager *m = c->manager;
	int r;

	if (!w)
		return -ENOMEM;
	w->conn = c;
	list_init(&w->link);
	r = audit_begin(&m->launcher, &a->cell, &b->cell, AUDIT_BUDGET_MS,
			&w->fd);
	if (r < 0) {
		free(w);
		return r;
	}
	r = loop_add(m->loop, &w->source, w->fd, EPOLLIN, on_answer);
	if (r < 0) {
		fd_close(w->fd);
		free(w);
		return r;
	}
	loop_timer_set(m->loop, &w->timer,
		       (AUDIT_BUDGET_MS + AUDIT_TIMEOUT_MS) * NS_PER_MS,
		       on_timeout);
	list_link(&audits, &w->link);
	return 0;
}

void verb_audit(struct control_conn *c, const char *const *argv, unsigned n)
{
	const struct instance *a = find_running(c, argv[0]);
	const struct instance *b = a ? find_running(c, argv[1]) : NULL;
	int r;

	(void)n;
	if (!a || !b)
		return;
	if (a == b) {
		control_conn_end(c, 2, "an audit is of two components");
		return;
	}
	if (audits_count() >= AUDITS_MAX) {
		control_conn_end(c, 1, "other audits are under way; try again");
		return;
	}
	r = begin(c, a, b);
	if (r < 0)
		control_conn_end(c, 1, strerror(-r));
}
