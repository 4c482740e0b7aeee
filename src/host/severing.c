/*
 * Ending the connections of a revocation, step by step (route/revocation.h).
 *
 * Each step is an order to a worker, or a kill, and comes back as an event.
 * What is still alive is asked of the weak references after each; a connection
 * that is gone from them is dead.
 *
 * An open that its provider has not read is in an outgoing queue. While the
 * provider does not run, the queue is ours alone, and the open is refused in
 * it; while it runs, the worker is given our end of the queue to look into.
 */
#include "host/revoker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "host/connection.h"
#include "reeve/status.h"
#include "sys/fd.h"

enum {
	/* A worker that does not answer by then is lost; its budgets are far
	 * below that. */
	ORDER_TIMEOUT_MS = 10000,
	/* Cells whose problems are no reason to suspect them. */
	PROBLEMS_HARMLESS = SEVER_PROBLEM_SKIPPED | SEVER_PROBLEM_GONE,
};

static void step_next(struct revoker *r);
static void step_begin(struct revoker *r);

static struct connection *target_find(const struct revoker *r,
				      const struct revoke_target *t)
{
	return connections_find(r->manager->connections, t->id);
}

/* ---- what to look for ---- */

void severing_target(const struct connection *c, struct sever_target *ret)
{
	char label[CONNECTION_LABEL_MAX];
	size_t n = connection_label(c, label);

	*ret = (struct sever_target){ .cookie = c->cookie };
	if (!c->has_label || n - 1 > SEVER_LABEL_MAX)
		return;
	/* Without the zero in front. */
	memcpy(ret->label, label + 1, n - 1);
	ret->n_label = (uint8_t)(n - 1);
}

static int targets_fill(struct revoker *r)
{
	struct revocation *v = revoker_active(r);
	struct connection *c;
	size_t n = 0;

	list_for_each (c, &v->connections, by_revocation)
		n++;
	r->n_targets = 0;
	if (!n)
		return 0;
	r->targets = calloc(n, sizeof(*r->targets));
	if (!r->targets)
		return -ENOMEM;
	list_for_each (c, &v->connections, by_revocation) {
		r->targets[r->n_targets].id = c->id;
		if (c->provider)
			r->targets[r->n_targets].cells[0] =
				c->provider->cell.id;
		if (c->opener)
			r->targets[r->n_targets].cells[1] = c->opener->cell.id;
		severing_target(c, &r->targets[r->n_targets++].target);
	}
	return 0;
}

static bool target_is_open(const struct revoker *r,
			   const struct revoke_target *t)
{
	return !t->is_drained || target_find(r, t);
}

/* ---- where to look ---- */

struct places {
	struct sever_cell *cells;
	size_t n_cells;
	int loose[SEVER_LOOSE_MAX];
	size_t n_loose;
};

static bool is_searchable(const struct instance *i)
{
	return i && i->cell.id && !i->cell.is_reaped;
}

static void place_add(struct places *p, const struct instance *i)
{
	size_t k;

	if (!is_searchable(i) || p->n_cells == SEVER_CELLS_MAX)
		return;
	for (k = 0; k < p->n_cells; k++)
		if (p->cells[k].id == i->cell.id &&
		    p->cells[k].pid == i->cell.pid)
			return;
	p->cells[p->n_cells++] = sever_cell_from(&i->cell);
}

static void place_add_loose(struct places *p, const struct instance *i)
{
	size_t k;

	if (!i || i->outgoing.receive_fd < 0 || !i->outgoing.n_pending ||
	    p->n_loose == SEVER_LOOSE_MAX)
		return;
	for (k = 0; k < p->n_loose; k++)
		if (p->loose[k] == i->outgoing.receive_fd)
			return;
	p->loose[p->n_loose++] = i->outgoing.receive_fd;
}

/* The cells in which the @end of what is dead, and perhaps not empty, was. */
static void place_add_ends(struct revoker *r, struct places *p, int end)
{
	struct instance *i;
	uint64_t last = 0;
	size_t k;

	for (k = 0; k < r->n_targets; k++) {
		if (r->targets[k].is_drained ||
		    r->targets[k].cells[end] == last)
			continue;
		last = r->targets[k].cells[end];
		list_for_each (i, &r->manager->instances, link)
			if (i->cell.id == last)
				place_add(p, i);
	}
}

/* Providers first: that is where the end is that was handed over. */
static int places_fill(struct revoker *r, struct places *p)
{
	size_t room = r->manager->n_instances + 1;
	struct connection *c;
	struct instance *i;

	if (room > SEVER_CELLS_MAX)
		room = SEVER_CELLS_MAX;
	p->cells = calloc(room, sizeof(*p->cells));
	if (!p->cells)
		return -ENOMEM;
	list_for_each (c, &revoker_active(r)->connections, by_revocation) {
		place_add(p, c->provider);
		place_add_loose(p, c->provider);
	}
	list_for_each (c, &revoker_active(r)->connections, by_revocation)
		place_add(p, c->opener);
	place_add_ends(r, p, 0);
	place_add_ends(r, p, 1);
	if (r->step != REVOCATION_FREEZE_ALL)
		return 0;
	list_for_each (i, &r->manager->instances, link) {
		place_add(p, i);
		place_add_loose(p, i);
	}
	return 0;
}

/* ---- orders ---- */

static void on_report(struct loop_source *source, uint32_t events);
static void on_timeout(struct loop_timer *timer);

static void worker_end(struct revoker *r)
{
	loop_remove(&r->source);
	sever_end(&r->sever);
	r->sever = (struct sever)SEVER_INIT;
}

static int worker_begin(struct revoker *r)
{
	int k;

	if (r->sever.fd >= 0)
		return 0;
	k = sever_begin(&r->sever, &r->manager->launcher);
	if (!k)
		k = loop_add(r->manager->loop, &r->source, r->sever.fd, EPOLLIN,
			     on_report);
	if (k < 0)
		worker_end(r);
	return k;
}

int severing_order(struct revoker *r, const struct sever_order *order)
{
	int e = worker_begin(r);

	if (!e)
		e = sever_order(&r->sever, order);
	if (e < 0)
		worker_end(r);
	else
		severing_wait(r, ORDER_TIMEOUT_MS);
	return e;
}

static int order_send(struct revoker *r)
{
	struct places places = { 0 };
	struct sever_order order = { .freezer = r->freezer };
	struct sever_target *targets;
	size_t k;
	int e;

	targets = calloc(r->n_targets, sizeof(*targets));
	e = targets ? places_fill(r, &places) : -ENOMEM;
	if (!e) {
		order.kind = r->step == REVOCATION_SWEEP ? SEVER_SWEEP
							 : SEVER_SWEEP_FROZEN;
		order.targets = targets;
		for (k = 0; k < r->n_targets; k++) {
			r->targets[k].is_sought =
				target_is_open(r, &r->targets[k]);
			if (r->targets[k].is_sought)
				targets[order.n_targets++] =
					r->targets[k].target;
		}
		order.cells = places.cells;
		order.n_cells = places.n_cells;
		order.loose_fds = places.loose;
		order.n_loose = places.n_loose;
		r->n_opens = r->manager->n_opens;
		e = severing_order(r, &order);
	}
	free(places.cells);
	free(targets);
	return e;
}

static void hiders_note(struct revoker *r, const struct sever_report *report)
{
	uint64_t *more;
	size_t k;

	for (k = 0; k < report->n_cells; k++) {
		if (!(report->cells[k].problems & ~PROBLEMS_HARMLESS))
			continue;
		more = realloc(r->hiders, (r->n_hiders + 1) * sizeof(*more));
		if (!more)
			return;
		r->hiders = more;
		r->hiders[r->n_hiders++] = report->cells[k].id;
	}
}

/*
 * Was every cell searched that there is, and did nothing leave our hands while
 * that was done?
 */
static bool is_everybody(const struct revoker *r,
			 const struct sever_report *report)
{
	const struct instance *i;
	size_t k;

	if (r->step != REVOCATION_FREEZE_ALL || r->n_hiders ||
	    report->loose_problems || report->n_cells >= SEVER_CELLS_MAX ||
	    r->manager->n_opens != r->n_opens)
		return false;
	list_for_each (i, &r->manager->instances, link) {
		if (!is_searchable(i))
			continue;
		for (k = 0; k < report->n_cells; k++)
			if (report->cells[k].id == i->cell.id)
				break;
		if (k == report->n_cells)
			return false;
	}
	return true;
}

static void report_note(struct revoker *r, const struct sever_report *report)
{
	struct revoke_report *sum = &revoker_active(r)->report;
	const struct sever_found *f = report->found;
	struct revoke_target *t;
	bool is_whole;
	size_t k;

	for (k = 0; k < r->n_targets && f < report->found + report->n_found;
	     k++) {
		t = &r->targets[k];
		if (!t->is_sought)
			continue;
		/* Nothing is known of the queues of what was not found. */
		t->is_drained = f->ends && !f->n_unread;
		f++;
	}
	r->n_hiders = 0;
	hiders_note(r, report);
	/* If everybody was searched whole, nobody has what was not found. */
	is_whole = is_everybody(r, report);
	for (k = 0, f = report->found; is_whole && k < r->n_targets; k++)
		if (r->targets[k].is_sought)
			r->targets[k].is_drained |= !f++->ends;
	sum->n_tasks += report->n_tasks;
	sum->n_descriptors += report->n_descriptors;
	sum->frozen_us += report->frozen_us;
}

/* A revocation that came while channels were sealed has waited for that. */
static void go_on(struct revoker *r)
{
	if (r->is_severing && r->has_waited)
		step_begin(r);
	else if (r->is_severing)
		step_next(r);
	else if (list_is_empty(&r->queue))
		seal_begin(r);
}

static void on_judged(struct loop_timer *timer)
{
	go_on(container_of(timer, struct revoker, timer));
}

static void on_report(struct loop_source *source, uint32_t events)
{
	struct revoker *r = container_of(source, struct revoker, source);
	struct sever_report report = SEVER_REPORT_INIT;
	int e = sever_read(&r->sever, &report);

	(void)events;
	if (e == SEVER_AGAIN)
		return;
	loop_timer_cancel(&r->timer);
	if (e < 0)
		worker_end(r);
	if (r->is_sealing)
		seal_report(r, e < 0 ? NULL : &report);
	else if (r->is_severing && !e)
		report_note(r, &report);
	sever_report_fini(&report);
	/* What the cells asked for before they were searched may be unread, and
	 * hold what was not found: timers come after that. */
	loop_timer_set(r->manager->loop, &r->timer, 0, on_judged);
}

void severing_wait(struct revoker *r, uint64_t ms)
{
	loop_timer_set(r->manager->loop, &r->timer, ms * NS_PER_MS, on_timeout);
}

static void on_timeout(struct loop_timer *timer)
{
	struct revoker *r = container_of(timer, struct revoker, timer);

	if (r->is_sealing) {
		worker_end(r);
		seal_report(r, NULL);
	} else if (r->step < REVOCATION_KILL_HIDERS) {
		worker_end(r);
	}
	go_on(r);
}

/* ---- the steps ---- */

/*
 * What our own queues hold of it is refused there. The client reads the
 * epitaph, and nothing else was ever sent to it.
 */
static void refuse_queued(struct revoker *r)
{
	struct connection *c;
	bool had_any = false;
	size_t k;

	for (k = 0; k < r->n_targets; k++) {
		c = target_find(r, &r->targets[k]);
		if (!c || !c->provider ||
		    !outgoing_refuse_one(&c->provider->outgoing, c->cookie,
					 REEVE_ERR_ACCESS_DENIED,
					 !instance_is_alive(c->provider)))
			continue;
		r->targets[k].is_drained = had_any = true;
	}
	/* The end that went was the one in the set: it says nothing. */
	if (had_any)
		(void)connections_reconcile(r->manager->connections);
}

static void outcome_fill(struct revoker *r, struct revocation_outcome *ret)
{
	size_t k;

	*ret = (struct revocation_outcome){ .has_hiders = r->n_hiders };
	ret->is_alive = !list_is_empty(&revoker_active(r)->connections);
	for (k = 0; k < r->n_targets; k++)
		ret->is_undrained |= !r->targets[k].is_drained;
}

static void severing_done(struct revoker *r)
{
	struct revocation *v = revoker_active(r);
	struct connection *c;
	size_t k;

	r->is_severing = false;
	loop_timer_cancel(&r->timer);
	for (k = 0; k < r->n_targets; k++)
		v->report.n_undrained += !r->targets[k].is_drained;
	list_for_each (c, &v->connections, by_revocation)
		v->report.n_unproven++;
	free(r->targets);
	r->targets = NULL;
	r->n_targets = 0;
	free(r->hiders);
	r->hiders = NULL;
	r->n_hiders = 0;
	revoke_severed(r);
}

static void step_begin(struct revoker *r)
{
	struct revocation_outcome outcome;

	r->has_waited = r->is_sealing;
	if (r->has_waited)
		return;
	if (r->step == REVOCATION_DONE) {
		severing_done(r);
		return;
	}
	revoker_active(r)->report.step = revocation_step_name(r->step);
	seal_refuse_cut(r);
	refuse_queued(r);
	connections_poll(r->manager->connections);
	outcome_fill(r, &outcome);
	if (!outcome.is_alive && !outcome.is_undrained) {
		severing_done(r);
		return;
	}
	if (r->step >= REVOCATION_KILL_HIDERS)
		killing_begin(r);
	else if (order_send(r) < 0)
		/* No worker is to be had: what it would have found is found
		 * by the last resort. */
		severing_wait(r, 0);
}

static void step_next(struct revoker *r)
{
	struct manager *m = r->manager;
	struct revocation_outcome outcome;
	enum revocation_step step = r->step;

	if (step >= REVOCATION_KILL_HIDERS)
		killing_end(r);
	connections_poll(m->connections);
	/* Ends that were destroyed go without a word. */
	if (!list_is_empty(&revoker_active(r)->connections))
		(void)connections_reconcile(m->connections);
	outcome_fill(r, &outcome);
	r->step = revocation_next(step, &outcome);
	step_begin(r);
}

/*
 * What the two have ended themselves is not there to be found, and everybody
 * would be searched for it. So the ends that went without a word are noticed
 * first, and do not count.
 */
static void forget_ended(struct revoker *r)
{
	struct revocation *v = revoker_active(r);
	struct connection *c;
	uint32_t n = 0;

	connections_poll(r->manager->connections);
	if (!list_is_empty(&v->connections))
		(void)connections_reconcile(r->manager->connections);
	list_for_each (c, &v->connections, by_revocation)
		n++;
	v->report.n_connections -= v->n_marked - n;
}

void severing_begin(struct revoker *r)
{
	struct revocation *v = revoker_active(r);

	forget_ended(r);
	r->step = REVOCATION_SWEEP;
	r->is_severing = true;
	if (list_is_empty(&v->connections)) {
		v->report.step = "nothing";
		severing_done(r);
		return;
	}
	if (targets_fill(r) < 0) {
		/* Out of memory: no search, but true all the same. */
		r->step = REVOCATION_KILL_ENDS;
	}
	step_begin(r);
}

void severing_fini(struct revoker *r)
{
	killing_end(r);
	loop_timer_cancel(&r->timer);
	worker_end(r);
	seal_fini(r);
	free(r->targets);
	free(r->hiders);
}
