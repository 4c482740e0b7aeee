/*
 * The state of an instance is assigned in instance_event() and nowhere else;
 * what the table wants done is done by the functions in `actions`. An action
 * never frees the instance: that waits for the end of the turn.
 */
#include "host/instance.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "channel/channel.h"
#include "host/aggregate.h"
#include "host/authority.h"
#include "host/exposed.h"
#include "host/mounted.h"
#include "host/namespace.h"
#include "host/output.h"
#include "host/served.h"
#include "host/restart.h"
#include "host/run.h"
#include "reeve/status.h"
#include "sys/fd.h"
#include "wire/component.h"

enum {
	GRACE_MS = 5000,
	TERM_MS = 1000, /* until SIGTERM, for who was told otherwise */
	KILL_AGAIN_MS = 1000,
	START_MS = 20000, /* a cell that is not up by then never will be */
	/* The exit status for what did not even begin, as in a shell. */
	CANNOT_START = 126,
};

static void on_outgoing_readable(struct outgoing *o)
{
	struct instance *i = container_of(o, struct instance, outgoing);

	instance_event(i, LIFE_WANTED, NULL);
}

/* Nobody else ever had that end: its opener reads why, and nothing is left to
 * be cut when the start that failed is over. */
static void on_outgoing_refused(struct outgoing *o, uint64_t cookie)
{
	struct instance *i = container_of(o, struct instance, outgoing);
	struct connection *c;

	list_for_each (c, &i->provided, by_provider) {
		if (c->cookie != cookie)
			continue;
		connections_end(i->manager->connections, c);
		return;
	}
}

struct instance *instance_of(const struct realm *r)
{
	return r->instance;
}

/* What it may hold, and how much it may ask for. */
static void instance_bound(struct instance *i)
{
	const struct limits *limits = restart_limits_of(i->realm);

	account_init(&i->account);
	if (limits)
		account_limit(&i->account, limits);
	throttle_init(&i->throttle, i->manager->loop, i->manager->journal,
		      i->realm->moniker,
		      limits ? limits->requests_per_second : 0);
}

int instance_get(struct manager *m, struct realm *r, struct instance **ret)
{
	struct instance *i = r->instance;

	if (!i) {
		/* What outlives it shall not open it back to life. */
		if (manager_is_doomed(m, r))
			return -ESHUTDOWN;
		i = calloc(1, sizeof(*i));
		if (!i)
			return -ENOMEM;
		i->manager = m;
		i->realm = r;
		i->cell = (struct cell)CELL_INIT;
		i->lifecycle_fd = i->bootstrap_fd = -1;
		instance_bound(i);
		opener_init(&i->opener, &i->account);
		outgoing_init(&i->outgoing, m->loop, on_outgoing_readable);
		i->outgoing.on_refused = on_outgoing_refused;
		list_init(&i->opened);
		list_init(&i->granted);
		list_init(&i->provided);
		list_init(&i->link);
		list_init(&i->by_start);
		list_init(&i->by_due);
		list_link(&m->instances, &i->link);
		m->n_instances++;
		r->instance = i;
	}
	*ret = i;
	return 0;
}

int instance_get_payer(struct manager *m, struct realm *parent,
		       struct instance **ret)
{
	while (parent->collection)
		parent = parent->parent;
	return instance_get(m, parent, ret);
}

bool instance_is_alive(const struct instance *i)
{
	return i->state == LIFE_STARTING || i->state == LIFE_RUNNING ||
	       i->state == LIFE_STOPPING || i->state == LIFE_KILLING;
}

static void instance_drop_connections(struct instance *i)
{
	struct connection *c, *tmp;

	list_for_each_safe (c, tmp, &i->opened, by_opener) {
		list_unlink(&c->by_opener);
		account_release(&i->account, CHARGE_CONNECTIONS);
		c->opener = NULL;
	}
	list_for_each_safe (c, tmp, &i->provided, by_provider) {
		list_unlink(&c->by_provider);
		c->provider = NULL;
	}
}

void instance_retire(struct instance *i)
{
	assert(!instance_is_alive(i));
	loop_timer_cancel(&i->timer);
	restart_forget(i);
	throttle_fini(&i->throttle);
	instance_drop_connections(i);
	served_drop(i);
	exposed_drop(i);
	aggregate_drop(i, NULL);
	authority_forget_payer(i);
	mounted_forget_instance(i);
	outgoing_fini(&i->outgoing);
	opener_fini(&i->opener);
	exposed_free(TAKE(i->exposed));
	list_unlink(&i->link);
	list_unlink(&i->by_start);
	list_link(&i->manager->retired, &i->link);
	i->manager->n_instances--;
	i->realm->instance = NULL;
	i->realm = NULL;
	manager_retire_later(i->manager);
}

/* ---- actions ---- */

static void on_timer(struct loop_timer *timer);

void instance_set_timer(struct instance *i, uint64_t ms)
{
	loop_timer_set(i->manager->loop, &i->timer, ms * NS_PER_MS, on_timer);
}

static uint64_t instance_grace(const struct instance *i)
{
	uint32_t ms = i->manager->options.stop_ms;

	return realm_stop_timeout(i->realm, ms ? ms : GRACE_MS);
}

/* The second word of a stop; the kill follows at the end of the grace period.
 */
static void instance_terminate(struct instance *i)
{
	if (!i->has_term)
		(void)cell_signal(&i->cell, SIGTERM, false);
	i->has_term = true;
	instance_set_timer(i, instance_grace(i));
}

/* Stopped as any other; and started, if that was what it waited for. */
static void instance_back_off_ended(struct instance *i)
{
	bool starts = i->starts_again;

	instance_event(i, LIFE_EXPIRED, NULL);
	if (starts)
		instance_event(i, LIFE_WANTED, NULL);
}

static void on_timer(struct loop_timer *timer)
{
	struct instance *i = container_of(timer, struct instance, timer);

	if (i->state == LIFE_STARTING)
		journal_write(i->manager->journal, JOURNAL_FAILED,
			      i->realm->moniker, NULL, NULL,
			      "cannot be started: its cell was not ready after "
			      "%d s; see reeve doctor",
			      START_MS / 1000);
	if (i->state == LIFE_STOPPING && !i->has_term)
		instance_terminate(i);
	else if (i->state == LIFE_BACKOFF)
		instance_back_off_ended(i);
	else if (i->state == LIFE_KILLING && !i->cell.id)
		instance_event(i, LIFE_EXITED, NULL);
	else
		instance_event(i, LIFE_EXPIRED, NULL);
}

static void act_nothing(struct instance *i)
{
	(void)i;
}

static void act_start(struct instance *i)
{
	outgoing_unwatch(&i->outgoing);
	restart_forget(i);
	i->n_starts++;
	i->has_exit = false;
	i->has_ended_well = false;
	i->was_asked = false;
	i->has_started = false;
	i->started_at = loop_now();
	journal_write(i->manager->journal, JOURNAL_START, i->realm->moniker,
		      NULL, NULL, "%s", i->reason);
	instance_set_timer(i, START_MS);
	manager_want_cell(i->manager, i);
}

static void act_ask(struct instance *i)
{
	const struct program *p = i->realm->manifest->program;
	_Alignas(8) uint8_t bytes[64];
	struct message m = MESSAGE_OVER(bytes);
	uint64_t grace = instance_grace(i);
	/*
	 * A program that has read its bootstrap message can be told over the
	 * lifecycle channel, and gets the signal only if it does not listen.
	 */
	bool has_joined = run_has_joined(i);

	i->has_term = p->notify_stop;
	journal_write(i->manager->journal, JOURNAL_STOP, i->realm->moniker,
		      NULL, NULL, "asked to stop%s",
		      i->has_term || has_joined ? "" : ", by SIGTERM");
	if (!component_stop_write(&m))
		(void)channel_send(i->lifecycle_fd, &m, CHANNEL_NOW);
	if (!i->has_term && has_joined) {
		instance_set_timer(i, grace < TERM_MS ? grace : TERM_MS);
		return;
	}
	instance_terminate(i);
}

static void act_kill(struct instance *i)
{
	/* Still waiting for a blank: there is nothing to kill yet. It ends in
	 * a moment, not now: whoever wants it stopped may be walking a list. */
	if (!i->cell.id) {
		list_unlink(&i->by_start);
		journal_write(i->manager->journal, JOURNAL_EXIT,
			      i->realm->moniker, NULL,
			      ",\"code\":0,\"signal\":0",
			      "was stopped before it had begun");
		instance_set_timer(i, 0);
		return;
	}
	cell_kill(&i->cell);
	instance_set_timer(i, KILL_AGAIN_MS);
}

/* Stopped: from now on an open that waits starts it again. */
static void act_watch(struct instance *i)
{
	int r = outgoing_renew(&i->outgoing);

	if (i->is_doomed || i->manager->is_stopping) {
		outgoing_refuse(&i->outgoing, REEVE_ERR_UNAVAILABLE);
		return;
	}
	/* Who starts again does so anyhow, and after its providers. */
	if (!r && !restart_is_coming(i))
		r = outgoing_watch(&i->outgoing);
	if (r < 0)
		outgoing_refuse(&i->outgoing, REEVE_ERR_NO_RESOURCES);
}

static void act_later(struct instance *i)
{
	i->starts_again = true;
}

static void act_remove(struct instance *i)
{
	instance_retire(i);
}

static void act_impossible(struct instance *i)
{
	(void)i;
	/* An event that cannot happen in this state. */
	assert(false);
}

static void (*const actions[])(struct instance *) = {
	[LIFE_NOTHING] = act_nothing, [LIFE_START] = act_start,
	[LIFE_ASK] = act_ask,	      [LIFE_KILL] = act_kill,
	[LIFE_WATCH] = act_watch,     [LIFE_WAIT] = restart_wait,
	[LIFE_LATER] = act_later,     [LIFE_SUSPEND] = restart_suspend,
	[LIFE_REMOVE] = act_remove,   [LIFE_IMPOSSIBLE] = act_impossible,
};

/* The run's status as a shell would have it. */
static int instance_status(const struct instance *i)
{
	/* Who was wished to end, and did by a signal, has done nothing wrong.
	 */
	if (i->was_asked && (!i->has_exit || i->exit_signal))
		return 0;
	if (!i->has_exit)
		return CANNOT_START;
	return i->exit_signal ? 128 + i->exit_signal : i->exit_code;
}

/* The tree lives as long as it does, and as it is about to again. */
static void instance_check_main(struct instance *i)
{
	if (!i->is_main || instance_is_alive(i) || restart_is_coming(i))
		return;
	i->is_main = false;
	manager_main_ended(i->manager, instance_status(i));
}

/* What the end of a run means beyond the instance itself. */
static void instance_ended(struct instance *i)
{
	struct manager *m = i->manager;

	restart_ended(i);
	/* What it had open ended with it, partly without a word. */
	if (!list_is_empty(&i->opened) || !list_is_empty(&i->provided))
		(void)connections_reconcile(m->connections);
	authority_end(i);
	manager_drop_children(m, i->realm);
	if (i->is_doomed)
		instance_event(i, LIFE_DESTROYED, NULL);
	revoke_continue(m);
	manager_continue(m);
}

/* Somebody wants its end, and that it is not started again by itself. */
static void instance_note_wish(struct instance *i)
{
	i->was_asked = true;
	if (!restart_is_coming(i))
		return;
	restart_forget(i);
	/* It was not watched, for it would have started anyhow. */
	if (i->state == LIFE_STOPPED)
		(void)outgoing_watch(&i->outgoing);
}

void instance_event(struct instance *i, enum life_event event,
		    const char *reason)
{
	struct life_step step;
	bool was_alive, ended;

	/* It may run already, and only the news of it be unread: then it is
	 * asked, not killed. */
	if (event == LIFE_ASKED || event == LIFE_DESTROYED)
		run_catch_up(i);
	step = life_step(i->state, event);
	/* Still waiting for a blank: there is nobody to ask. */
	if (i->state == LIFE_STARTING && step.action == LIFE_ASK && !i->cell.id)
		step = life_step(LIFE_STARTING, LIFE_EXPIRED);
	was_alive = instance_is_alive(i);
	if (event == LIFE_WANTED &&
	    (step.action == LIFE_START || step.action == LIFE_LATER)) {
		if (i->manager->is_stopping || i->is_doomed)
			return;
		/* Whoever starts it by hand believes in it. */
		if (i->state == LIFE_SUSPENDED)
			i->n_crashes = i->n_again = 0;
		/* The opener's reason, if it said one, is set before. */
		if (reason || !*i->reason)
			snprintf(i->reason, sizeof(i->reason), "%s",
				 reason ? reason : "an open waits");
	}
	if (event == LIFE_DESTROYED)
		i->is_doomed = true;
	if (event == LIFE_DESTROYED || event == LIFE_ASKED)
		instance_note_wish(i);
	if (step.state != i->state)
		loop_timer_cancel(&i->timer);
	i->state = step.state;
	ended = was_alive && !instance_is_alive(i);
	if (ended) {
		run_clear(i);
		if (!restart_is_coming(i))
			i->reason[0] = 0;
	}
	actions[step.action](i);
	instance_check_main(i);
	if (ended)
		instance_ended(i);
	restart_continue(i->manager);
}

/* ---- trees of instances ---- */

void instance_start_eager(struct instance *i, bool as_mains)
{
	struct realm *child;
	struct instance *c;

	list_for_each (child, &i->realm->children, link) {
		if (child->startup != STARTUP_EAGER)
			continue;
		if (manager_resolve(i->manager, child) < 0 ||
		    child->state != REALM_RESOLVED) {
			/* It was told why; the run did not go well. */
			if (as_mains && !i->manager->status)
				i->manager->status = CANNOT_START;
			continue;
		}
		if (instance_get(i->manager, child, &c) < 0)
			continue;
		manager_start(i->manager, c, "eager child", as_mains);
	}
}

void instance_destroy(struct realm *r)
{
	struct realm *child, *tmp;
	struct instance *i = instance_of(r);

	list_for_each_safe (child, tmp, &r->children, link)
		instance_destroy(child);
	if (i)
		instance_event(i, LIFE_DESTROYED, NULL);
}
