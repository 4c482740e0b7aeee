/*
 * An end that nobody wished for has a cause of its own, a number that is never
 * used twice. Who is stopped to be started again because of it bears the same
 * cause, and so on to those who depend on that one; nobody is stopped twice for
 * one cause. So restarts do not go round where components depend on each other.
 *
 * Those who wait to be started again stand in the manager's list `due`. One of
 * them starts when nothing that it depends on is itself on its way: providers
 * first. If they all wait for each other, somebody must be first.
 */
#include "host/restart.h"

#include <stdio.h>
#include <string.h>

#include "host/lost.h"
#include "host/order.h"
#include "host/run.h"
#include "reeve/status.h"

static const struct restart policy_default = {
	.policy = RESTART_NEVER,
	.delay_ms = RESTART_DELAY_MS,
	.max_delay_ms = RESTART_MAX_DELAY_MS,
	.give_up = RESTART_GIVE_UP,
	.forget_ms = RESTART_FORGET_MS,
};

/* NULL for what is no member of any. */
static const struct collection_decl *collection_of(const struct realm *r)
{
	const struct manifest *m = r->parent ? r->parent->manifest : NULL;
	size_t i;

	if (!r->collection || !m)
		return NULL;
	for (i = 0; i < m->n_collections; i++)
		if (!strcmp(m->collections[i].name, r->collection))
			return &m->collections[i];
	return NULL;
}

const struct restart *restart_policy_of(const struct realm *r)
{
	const struct collection_decl *c = collection_of(r);

	/* A single run is one. */
	if (c && c->durability == DURABILITY_TRANSIENT)
		return &c->restart;
	return r->decl ? &r->decl->restart : &policy_default;
}

const struct limits *restart_limits_of(const struct realm *r)
{
	const struct collection_decl *c = collection_of(r);

	if (c)
		return c->limits;
	return r->decl ? r->decl->limits : NULL;
}

/* ---- the instance itself ---- */

/*
 * A program that ended well without a look at any of the opens that wait would
 * be started for them again at once, and for ever: it has failed.
 */
enum life_event restart_end_event(struct instance *i)
{
	if (i->exit_signal || i->exit_code || outgoing_is_ignored(&i->outgoing))
		return LIFE_CRASHED;
	if (restart_policy_of(i->realm)->policy == RESTART_ALWAYS) {
		i->has_ended_well = true;
		return LIFE_AGAIN;
	}
	i->n_crashes = i->n_again = 0;
	return LIFE_EXITED;
}

static enum run_end restart_run_end(const struct instance *i)
{
	if (i->manager->is_stopping || i->is_doomed)
		return RUN_WAS_ASKED;
	return i->has_ended_well ? RUN_ENDED_WELL : RUN_FAILED;
}

static void restart_tell_refused(const struct instance *i)
{
	if (i->outgoing.n_pending)
		journal_write(i->manager->journal, JOURNAL_REFUSED,
			      i->realm->moniker, NULL, NULL,
			      "%u opens refused: it ended %u times in a row "
			      "without reading them; see reeve log %s",
			      i->outgoing.n_pending, i->n_crashes,
			      i->realm->moniker);
}

static void restart_tell_again(struct instance *i, const struct restart *p,
			       uint64_t ms)
{
	char fields[80];

	snprintf(fields, sizeof(fields),
		 ",\"restart\":\"again\",\"delay_ms\":%llu,\"failures\":%u",
		 (unsigned long long)ms, i->n_crashes);
	journal_write(i->manager->journal, JOURNAL_MANAGER, i->realm->moniker,
		      NULL, fields,
		      "%s and is started again in %llu ms: its restart policy "
		      "is %s; %u failures in a row so far, %u are its limit",
		      i->has_ended_well ? "ended" : "failed",
		      (unsigned long long)ms, restart_policy_name(p->policy),
		      i->n_crashes, p->give_up);
	snprintf(i->reason, sizeof(i->reason),
		 "it %s, and its restart policy is %s",
		 i->has_ended_well ? "ended" : "failed",
		 restart_policy_name(p->policy));
}

static void restart_tell_pause(const struct instance *i, uint64_t ms)
{
	if (ms && i->outgoing.n_pending)
		journal_write(i->manager->journal, JOURNAL_MANAGER,
			      i->realm->moniker, NULL, NULL,
			      "ended %u times in a row by a crash or without "
			      "reading an open; waits %llu ms before it may "
			      "start again",
			      i->n_crashes, (unsigned long long)ms);
}

void restart_wait(struct instance *i)
{
	const struct restart *p = restart_policy_of(i->realm);
	uint64_t lasted = (loop_now() - i->started_at) / NS_PER_MS;
	struct restart_decision d = restart_decide(
		p, restart_run_end(i), lasted,
		(struct restart_history){ i->n_again, i->n_crashes });

	i->n_again = d.history.n_starts;
	i->n_crashes = d.history.n_failures;
	i->starts_again = d.step == RESTART_STEP_AGAIN;
	outgoing_renew(&i->outgoing);
	switch (d.step) {
	case RESTART_STEP_SUSPEND:
		instance_event(i, LIFE_GIVEN_UP, NULL);
		return;
	case RESTART_STEP_AGAIN:
		restart_tell_again(i, p, d.delay_ms);
		break;
	case RESTART_STEP_REFUSE:
		restart_tell_refused(i);
		outgoing_refuse(&i->outgoing, REEVE_ERR_UNAVAILABLE);
		break;
	default:
		restart_tell_pause(i, d.delay_ms);
		break;
	}
	instance_set_timer(i, d.delay_ms);
}

void restart_suspend(struct instance *i)
{
	char fields[64];

	snprintf(fields, sizeof(fields),
		 ",\"restart\":\"suspend\",\"failures\":%u", i->n_crashes);
	restart_tell_refused(i);
	outgoing_refuse(&i->outgoing, REEVE_ERR_UNAVAILABLE);
	snprintf(i->reason, sizeof(i->reason),
		 "suspended: it failed %u times in a row", i->n_crashes);
	journal_write(i->manager->journal, JOURNAL_FAILED, i->realm->moniker,
		      NULL, fields,
		      "%s; opens are refused until somebody starts it: reeve "
		      "start %s",
		      i->reason, i->realm->moniker);
}

bool restart_is_coming(const struct instance *i)
{
	return i->starts_again || !list_is_empty(&i->by_due);
}

void restart_render_refusal(const struct instance *provider, char *buffer,
			    size_t n)
{
	snprintf(buffer, n,
		 "its provider %s is suspended, for it failed %u times in a "
		 "row; see reeve log %s, and start it with reeve start %s",
		 provider->realm->moniker, provider->n_crashes,
		 provider->realm->moniker, provider->realm->moniker);
}

void restart_render_json(const struct realm *r, const struct instance *i,
			 struct text *t)
{
	const struct restart *p = restart_policy_of(r);
	uint64_t now = loop_now();

	text_printf(t,
		    "{\"policy\":\"%s\",\"delay_ms\":%u,\"max_delay_ms\":%u,"
		    "\"give_up\":%u,\"forget_ms\":%u,\"starts_in_a_row\":%u,"
		    "\"failures_in_a_row\":%u,\"next_ms\":",
		    restart_policy_name(p->policy), p->delay_ms,
		    p->max_delay_ms, p->give_up, p->forget_ms,
		    i ? i->n_again : 0, i ? i->n_crashes : 0);
	if (i && i->state == LIFE_BACKOFF && i->timer.loop)
		text_printf(t, "%llu}",
			    i->timer.deadline > now
				    ? (unsigned long long)((i->timer.deadline -
							    now) /
							   NS_PER_MS)
				    : 0ULL);
	else
		text_puts(t, "null}");
}

/* ---- those who depend on it ---- */

void restart_know_providers(struct instance *i)
{
	const struct manifest *m = i->realm->manifest;
	const struct decl *use;
	size_t k;

	for (k = 0; k < m->n_decls[DECL_USE]; k++) {
		use = &m->decls[DECL_USE][k];
		if (use->if_provider_ends != PROVIDER_END_NOTHING)
			(void)manager_route(i->manager, i->realm, use,
					    i->manager->route);
	}
}

/* What one end brought about, for one entry of the journal. */
struct consequences {
	struct instance *provider;
	unsigned n_told, n_restarted, n_lines;
	struct text lines;
};

enum { CONSEQUENCE_LINES_MAX = 16 };

static void consequence_add(struct consequences *c, const struct slot *use,
			    const char *what)
{
	if (c->n_lines++ >= CONSEQUENCE_LINES_MAX)
		return;
	text_printf(&c->lines, "%-9s %s %s", what, use->holder->moniker,
		    use->decl->target_name);
	if (use->declarer->manifest && use->decl->place.line)
		text_printf(&c->lines, " (%s:%u:%u)",
			    use->declarer->manifest->file,
			    use->decl->place.line, use->decl->place.column);
	text_puts(&c->lines, "\n");
}

/* Stop a running one, to be started again for the same cause. */
static void restart_due(struct instance *i, uint64_t cause, const char *reason)
{
	i->cause = cause;
	instance_event(i, LIFE_ASKED, NULL);
	snprintf(i->reason, sizeof(i->reason), "%s", reason);
	list_link(&i->manager->due, &i->by_due);
}

bool restart_instance(struct instance *i, const char *reason)
{
	run_catch_up(i);
	if (i->state != LIFE_RUNNING)
		return false;
	restart_due(i, ++i->manager->last_cause, reason);
	return true;
}

bool restart_after_stop(struct instance *i, const char *reason)
{
	if (i->state != LIFE_STOPPING && i->state != LIFE_KILLING)
		return false;
	restart_due(i, ++i->manager->last_cause, reason);
	return true;
}

static void on_dependent(void *userdata, struct instance *user,
			 struct slot *use)
{
	struct consequences *c = userdata;
	uint64_t cause = c->provider->cause;
	char reason[REASON_MAX];

	/* It may run already, and only the news of it be unread. */
	run_catch_up(user);
	if (user->state != LIFE_RUNNING)
		return;
	if (use->decl->if_provider_ends == PROVIDER_END_TELL) {
		if (lost_tell(user, use->decl->path)) {
			c->n_told++;
			consequence_add(c, use, "told");
		} else {
			consequence_add(c, use, "untold");
		}
	}
	if (use->decl->if_provider_ends != PROVIDER_END_RESTART ||
	    user->cause == cause)
		return;
	snprintf(reason, sizeof(reason), "what provides its %s, %s, has ended",
		 use->decl->target_name, c->provider->realm->moniker);
	c->n_restarted++;
	consequence_add(c, use, "restarted");
	restart_due(user, cause, reason);
}

void restart_ended(struct instance *i)
{
	struct consequences c = { .provider = i, .lines = TEXT_INIT };

	if (i->manager->is_stopping || !i->has_started)
		return;
	if (list_is_empty(&i->by_due))
		i->cause = ++i->manager->last_cause;
	order_each_dependent(i, on_dependent, &c);
	if (c.n_lines > CONSEQUENCE_LINES_MAX)
		text_printf(&c.lines, "and %u more\n",
			    c.n_lines - CONSEQUENCE_LINES_MAX);
	if (c.n_lines)
		journal_write(i->manager->journal, JOURNAL_MANAGER,
			      i->realm->moniker, text_string(&c.lines), NULL,
			      "its end is told to %u of those who use it, and "
			      "%u are started again",
			      c.n_told, c.n_restarted);
	text_fini(&c.lines);
}

void restart_forget(struct instance *i)
{
	i->starts_again = false;
	list_unlink(&i->by_due);
}

/* ---- starting again, providers first ---- */

enum blocked {
	BLOCKED_NOT,
	/* By one that is due and stopped: it waits as well. */
	BLOCKED_BY_DUE,
	/* By one that is on its way, and will be there or not. */
	BLOCKED_FOR_NOW,
};

/* NULL where the source is no component, or is not known yet. */
static const struct instance *provider_of(const struct slot *use)
{
	const struct slot *s = use;

	while (s->from)
		s = s->from;
	return s->decl->kind == DECL_CAPABILITY ? s->holder->instance : NULL;
}

static enum blocked slot_blocks(const struct instance *i,
				const struct slot *use)
{
	const struct instance *p;

	if (use->decl->if_provider_ends != PROVIDER_END_RESTART)
		return BLOCKED_NOT;
	p = provider_of(use);
	if (!p || p == i)
		return BLOCKED_NOT;
	if (!list_is_empty(&p->by_due))
		return instance_is_alive(p) ? BLOCKED_FOR_NOW : BLOCKED_BY_DUE;
	return p->state == LIFE_STARTING || p->starts_again ? BLOCKED_FOR_NOW
							    : BLOCKED_NOT;
}

static enum blocked restart_blocked(const struct instance *i)
{
	const struct table *t = &i->realm->tables[TABLE_PROGRAM_INPUT];
	enum blocked worst = BLOCKED_NOT, b;
	const struct slot *s;
	size_t k;

	for (k = 0; k < t->n; k++) {
		b = slot_blocks(i, &t->slots[k]);
		worst = b > worst ? b : worst;
	}
	for (s = realm_next_added(i->realm, TABLE_PROGRAM_INPUT, NULL); s;
	     s = realm_next_added(i->realm, TABLE_PROGRAM_INPUT, s)) {
		b = slot_blocks(i, s);
		worst = b > worst ? b : worst;
	}
	return worst;
}

static void restart_start(struct instance *i)
{
	list_unlink(&i->by_due);
	instance_event(i, LIFE_WANTED, NULL);
}

/* Start whoever can be. Nobody is freed before the end of the turn. */
static void on_serve(struct loop_task *task)
{
	struct manager *m = container_of(task, struct manager, serve_due);
	struct instance *i, *tmp, *first = NULL;
	bool somebody_moves = false;
	enum blocked b;

	list_for_each_safe (i, tmp, &m->due, by_due) {
		b = instance_is_alive(i) ? BLOCKED_FOR_NOW : restart_blocked(i);
		if (b == BLOCKED_NOT)
			restart_start(i);
		if (b != BLOCKED_BY_DUE)
			somebody_moves = true;
		else if (!first)
			first = i;
	}
	if (first && !somebody_moves)
		restart_start(first);
}

void restart_continue(struct manager *m)
{
	if (!list_is_empty(&m->due))
		loop_defer(m->loop, &m->serve_due, on_serve);
}
