/*
 * A limit that was met is told once, then not again for a while, however often
 * it is met: who meets it may do so on purpose. What a budget counts includes
 * what happened below, which is told there; so that is subtracted.
 */
#include <string.h>

#include "host/budget_entry.h"

enum { COUNT_MS = 100, QUIET_MS = 10000 };

uint64_t budget_limits_value(const struct budget_limits *l,
			     enum budget_limit limit)
{
	const uint64_t values[N_BUDGET_LIMITS] = {
		[BUDGET_MEMORY_MIN] = l->memory_min,
		[BUDGET_MEMORY_MAX] = l->memory_max,
		[BUDGET_CPU_SHARE] = l->cpu_share,
		[BUDGET_CPU_MAX] = l->cpu_max,
		[BUDGET_TASKS_MAX] = l->tasks_max,
	};

	return values[limit];
}

static struct realm_budget *entry_above(const struct realm_budget *e)
{
	const struct budget *above = budget_parent(e->budget);
	struct realm_budget *other;

	list_for_each (other, &e->all->list, link)
		if (above && other->budget == above)
			return other;
	return NULL;
}

static struct limit_counts counts_read(const struct realm_budget *e)
{
	struct limit_counts c = { 0 };
	struct budget_usage usage;

	budget_read(e->budget, &usage);
	if (usage.oom_kills != BUDGET_UNKNOWN)
		c.kills = usage.oom_kills;
	if (usage.tasks_refused != BUDGET_UNKNOWN)
		c.refused = usage.tasks_refused;
	return c;
}

static void counts_subtract(struct limit_counts *c,
			    const struct limit_counts *other)
{
	c->kills -= c->kills < other->kills ? c->kills : other->kills;
	c->refused -= c->refused < other->refused ? c->refused : other->refused;
}

/* Without what happened to realms that have budgets of their own. */
static struct limit_counts counts_own(const struct realm_budget *e)
{
	struct limit_counts c = counts_read(e), below;
	struct realm_budget *other;

	counts_subtract(&c, &e->gone);
	list_for_each (other, &e->all->list, link) {
		if (!other->budget || budget_parent(other->budget) != e->budget)
			continue;
		below = counts_read(other);
		counts_subtract(&c, &below);
	}
	return c;
}

static void entry_tell_one(const struct realm_budget *e,
			   enum budget_limit limit, uint64_t n,
			   const char *what)
{
	uint64_t max = budget_limits_value(budget_limits(e->budget), limit);
	_cleanup_text_ struct text fields = TEXT_INIT;
	_cleanup_text_ struct text words = TEXT_INIT;

	text_printf(&fields, ",\"limit\":\"%s\",\"count\":%llu",
		    budget_limit_name(limit), (unsigned long long)n);
	if (max)
		text_printf(&words, "its %s is %llu", budget_limit_name(limit),
			    (unsigned long long)max);
	else
		text_printf(&words, "by the %s of a realm above",
			    budget_limit_name(limit));
	journal_write(e->all->manager->journal, JOURNAL_MANAGER,
		      e->realm->moniker, NULL, text_string(&fields),
		      "limit hit: %llu %s (%s)", (unsigned long long)n, what,
		      text_string(&words));
}

static void entry_tell(struct realm_budget *e)
{
	struct limit_counts now = counts_own(e);

	if (now.kills > e->told.kills)
		entry_tell_one(e, BUDGET_MEMORY_MAX, now.kills - e->told.kills,
			       "tasks were killed for want of memory");
	if (now.refused > e->told.refused)
		entry_tell_one(e, BUDGET_TASKS_MAX,
			       now.refused - e->told.refused,
			       "times a new task was refused");
	e->told = now;
}

static void entry_listen(struct realm_budget *e);

static void on_quiet(struct loop_timer *timer)
{
	struct realm_budget *e =
		container_of(timer, struct realm_budget, quiet);

	entry_tell(e);
	entry_listen(e);
}

/* The kernel tells before it has counted: so this is a moment later. */
static void on_counted(struct loop_timer *timer)
{
	struct realm_budget *e =
		container_of(timer, struct realm_budget, quiet);

	entry_tell(e);
	loop_timer_set(e->all->manager->loop, &e->quiet, QUIET_MS * NS_PER_MS,
		       on_quiet);
}

static void on_limit(struct loop_source *source, uint32_t events)
{
	struct realm_budget *e =
		container_of(source, struct limit_watch, source)->owner;
	int i;

	(void)events;
	for (i = 0; i < N_BUDGET_WATCHES; i++)
		loop_remove(&e->watches[i].source);
	loop_timer_set(e->all->manager->loop, &e->quiet, COUNT_MS * NS_PER_MS,
		       on_counted);
}

static void entry_listen(struct realm_budget *e)
{
	struct limit_watch *w;
	int i;

	for (i = 0; i < N_BUDGET_WATCHES; i++) {
		w = &e->watches[i];
		if (w->watch.fd < 0)
			continue;
		budget_watch_clear(&w->watch);
		/* Untold, it can still be seen. */
		(void)loop_add(e->all->manager->loop, &w->source, w->watch.fd,
			       w->watch.events, on_limit);
	}
}

void budget_entry_unwatch(struct realm_budget *e)
{
	int i;

	loop_timer_cancel(&e->quiet);
	for (i = 0; i < N_BUDGET_WATCHES; i++) {
		loop_remove(&e->watches[i].source);
		budget_watch_fini(&e->watches[i].watch);
	}
}

/* Once for each realm: limits that do not hold as they should. */
static void entry_tell_lacks(const struct realm_budget *e)
{
	const struct budget_limits *limits = budget_limits(e->budget);
	_cleanup_text_ struct text lacks = TEXT_INIT;
	enum budget_mechanism by;
	int i;

	for (i = 0; i < N_BUDGET_LIMITS; i++) {
		by = budget_root_mechanism(e->all->root, (enum budget_limit)i);
		if (!budget_limits_value(limits, (enum budget_limit)i) ||
		    by >= BUDGET_BY_V1)
			continue;
		text_printf(&lacks, "%s%s (%s)", lacks.n ? ", " : "",
			    budget_limit_name((enum budget_limit)i),
			    by == BUDGET_BY_RLIMIT
				    ? "for each component by itself"
				    : "not at all");
	}
	if (lacks.n)
		journal_write(
			e->all->manager->journal, JOURNAL_MANAGER,
			e->realm->moniker, NULL, NULL,
			"limits that hold less than they should here: %s; "
			"see reeve doctor",
			text_string(&lacks));
}

void budget_entry_watch(struct realm_budget *e)
{
	struct budget_watch watches[N_BUDGET_WATCHES];
	int i;

	e->told = e->gone = (struct limit_counts){ 0 };
	budget_watch(e->budget, watches);
	for (i = 0; i < N_BUDGET_WATCHES; i++)
		e->watches[i].watch = watches[i];
	entry_listen(e);
	entry_tell_lacks(e);
}

void budget_entry_leave(struct realm_budget *e)
{
	struct realm_budget *above = entry_above(e);
	struct limit_counts c = counts_read(e);

	budget_entry_unwatch(e);
	if (!above)
		return;
	above->gone.kills += c.kills;
	above->gone.refused += c.refused;
}
