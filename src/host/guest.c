/*
 * A guest is known by the socket to its worker: closing it ends the guest, and
 * its end is the guest's. It is counted by the component's name, so nothing
 * here points to an instance.
 */
#include "host/guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "cell/guest.h"
#include "host/budget.h"
#include "host/child.h"
#include "host/instance.h"
#include "host/run.h"
#include "sys/fd.h"

struct guest {
	struct list link;
	struct manager *manager;
	char *moniker;
	uint64_t id, since;
	int fd;
	struct loop_source source;
	struct loop_task task;
};

static struct list guests = LIST_INIT(guests);
static uint64_t last_id;

/* ---- their life ---- */

static void guest_free(struct guest *g)
{
	free(g->moniker);
	free(g);
}

static void on_retired(struct loop_task *task)
{
	guest_free(container_of(task, struct guest, task));
}

static void guest_leave(struct guest *g)
{
	list_unlink(&g->link);
	loop_remove(&g->source);
	g->fd = fd_close(g->fd);
}

static void guest_tell(const struct guest *g, const char *fields,
		       const char *text)
{
	_cleanup_text_ struct text all = TEXT_INIT;

	text_printf(&all, ",\"guest\":%llu%s", (unsigned long long)g->id,
		    fields);
	journal_write(g->manager->journal, JOURNAL_OPERATOR, g->moniker, NULL,
		      text_string(&all), "%s (guest %llu)", text,
		      (unsigned long long)g->id);
}

static void guest_tell_started(const struct guest *g,
			       const struct guest_event *e)
{
	_cleanup_text_ struct text fields = TEXT_INIT;
	_cleanup_text_ struct text text = TEXT_INIT;

	text_puts(&fields, ",\"program\":");
	text_json(&fields, e->program);
	text_puts(&text, "the operator runs in it: ");
	text_safe(&text, e->program, strlen(e->program));
	guest_tell(g, text_string(&fields), text_string(&text));
}

static void guest_tell_failed(const struct guest *g,
			      const struct guest_event *e)
{
	_cleanup_text_ struct text why = TEXT_INIT;
	_cleanup_text_ struct text text = TEXT_INIT;

	cell_failure_render(&e->failure, &why);
	text_puts(&text, "the operator could not run anything in it: ");
	text_safe(&text, text_string(&why), why.n);
	guest_tell(g, "", text_string(&text));
}

static void guest_tell_ended(const struct guest *g, const struct guest_event *e)
{
	_cleanup_text_ struct text fields = TEXT_INIT;
	_cleanup_text_ struct text text = TEXT_INIT;
	double s = (double)(loop_now() - g->since) / (double)NS_PER_SECOND;

	text_printf(&fields, ",\"code\":%d,\"signal\":%d", e->code, e->signal);
	text_puts(&text, "what the operator ran in it ");
	if (e->is_forced)
		text_puts(&text, "ended with it");
	else if (e->signal)
		text_printf(&text, "was ended by signal %d", e->signal);
	else
		text_printf(&text, "ended with status %d", e->code);
	text_printf(&text, " after %.1f s", s);
	guest_tell(g, text_string(&fields), text_string(&text));
}

/* False when it is over. */
static bool guest_hear(struct guest *g)
{
	struct guest_event e;
	int r = guest_read(g->fd, &e);

	if (r == GUEST_AGAIN)
		return true;
	if (r)
		return false;
	switch (e.type) {
	case GUEST_STARTED:
		guest_tell_started(g, &e);
		return true;
	case GUEST_FAILED:
		guest_tell_failed(g, &e);
		return false;
	default:
		guest_tell_ended(g, &e);
		return false;
	}
}

static void on_worker(struct loop_source *source, uint32_t events)
{
	struct guest *g = container_of(source, struct guest, source);

	(void)events;
	if (guest_hear(g))
		return;
	guest_leave(g);
	loop_defer(g->manager->loop, &g->task, on_retired);
}

void guests_dismiss(void)
{
	struct guest *g, *tmp;

	list_for_each_safe (g, tmp, &guests, link) {
		guest_leave(g);
		guest_free(g);
	}
}

static size_t guests_count(const char *moniker)
{
	const struct guest *g;
	size_t n = 0;

	list_for_each (g, &guests, link)
		n += !strcmp(g->moniker, moniker);
	return n;
}

/* ---- the request ---- */

static int guest_make(struct instance *i, struct guest *g, int *ret_line)
{
	struct guest_request q = { .n_groups = 0 };
	_cleanup_plan_ struct plan plan;
	int r;

	plan_init(&plan);
	r = run_environ(i, &plan);
	if (r > 0)
		r = -E2BIG;
	if (r == 0)
		r = budget_open_lists(i->budget, &i->cell, q.groups,
				      &q.n_groups);
	q.environ = plan.environ;
	q.n_environ = plan.n_environ;
	if (r == 0)
		r = guest_begin(&i->manager->launcher, &i->cell, &q, &g->fd,
				ret_line);
	fd_close_all(q.groups, q.n_groups);
	if (r < 0)
		return r;
	r = loop_add(i->manager->loop, &g->source, g->fd, EPOLLIN, on_worker);
	if (r < 0) {
		fd_close(g->fd);
		*ret_line = fd_close(*ret_line);
	}
	return r;
}

static int guest_new(struct instance *i, int *ret_line)
{
	struct guest *g = calloc(1, sizeof(*g));
	int r = -ENOMEM;

	if (g)
		g->moniker = strdup(i->realm->moniker);
	if (g && g->moniker) {
		g->manager = i->manager;
		g->since = loop_now();
		r = guest_make(i, g, ret_line);
	}
	if (r < 0) {
		if (g)
			guest_free(g);
		return r;
	}
	g->id = ++last_id;
	list_link(&guests, &g->link);
	return 0;
}

static void send_state(struct control_conn *c, const struct realm *r)
{
	const struct instance *i = instance_of(r);
	_cleanup_text_ struct text t = TEXT_INIT;

	text_puts(&t, "{\"moniker\":");
	text_json(&t, r->moniker);
	text_printf(&t, ",\"state\":\"%s\",\"strict\":%s}",
		    life_state_name(i ? i->state : LIFE_STOPPED),
		    r->manifest && r->manifest->program &&
				    r->manifest->program->strict
			    ? "true"
			    : "false");
	control_conn_data(c, text_string(&t));
}

/* Does its program run, and may one more be beside it? Ends the connection if
 * not. */
static bool may_enter(struct control_conn *c, const struct realm *r,
		      const char *why)
{
	struct instance *i = instance_of(r);
	_cleanup_text_ struct text t = TEXT_INIT;
	int status = 1;

	/* The news that it runs may be unread. */
	if (i)
		run_catch_up(i);
	if (why) {
		text_printf(&t, "%s cannot be started: %s", r->moniker, why);
	} else if (r->manifest && !r->manifest->program) {
		text_printf(&t,
			    "%s has no program, so there is no cell to be "
			    "in",
			    r->moniker);
	} else if (!i || !i->has_started || i->state != LIFE_RUNNING) {
		status = 3;
		text_printf(&t, "%s is not running; --start starts it first",
			    r->moniker);
	} else if (guests_count(r->moniker) >= GUESTS_MAX) {
		text_printf(&t, "%s has %d guests already; end one of them",
			    r->moniker, GUESTS_MAX);
	} else if (!manager_has_room(c->manager, -1, ROOM_FOR_OPENS)) {
		text_puts(&t, "the manager has hardly any descriptors left");
	} else {
		return true;
	}
	send_state(c, r);
	if (c->fd >= 0)
		control_conn_end(c, status, text_string(&t));
	return false;
}

void verb_exec(struct control_conn *c, const char *const *argv, unsigned n)
{
	struct realm *r = control_conn_find(c, argv[0]);
	const char *why = NULL;
	int line = -1, k;

	(void)n;
	if (!r)
		return;
	if (!strcmp(argv[1], "start") &&
	    !(instance_of(r) && instance_is_alive(instance_of(r))))
		why = child_start(c->manager, r,
				  "the operator wants to be in it", true);
	if (!may_enter(c, r, why))
		return;
	k = guest_new(instance_of(r), &line);
	if (k < 0) {
		control_conn_end(c, 1, strerror(-k));
		return;
	}
	send_state(c, r);
	control_conn_channel(c, line);
	if (c->fd >= 0)
		control_conn_end(c, 0, NULL);
}
