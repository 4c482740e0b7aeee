/*
 * An entry for each realm that has limits. Its budget is made when something in
 * it starts for the first time, after those of the realms above.
 */
#include "host/budget.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/budget_entry.h"
#include "host/restart.h"

enum {
	TIDY_FIRST_MS = 20,
	TIDY_LAST_MS = 5000,
};

static uint64_t realm_hash(const struct realm *r)
{
	return map_hash(&r, sizeof(r));
}

static struct realm_budget *entry_find(const struct budgets *b,
				       const struct realm *r)
{
	struct map_node *n = map_find(&b->by_realm, realm_hash(r));

	for (; n; n = map_next(n))
		if (container_of(n, struct realm_budget, by_realm)->realm == r)
			return container_of(n, struct realm_budget, by_realm);
	return NULL;
}

static int entry_get(struct budgets *b, const struct realm *r,
		     struct realm_budget **ret)
{
	struct realm_budget *e = entry_find(b, r);
	int i;

	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e || map_link(&b->by_realm, &e->by_realm, realm_hash(r))) {
			free(e);
			return -ENOMEM;
		}
		e->all = b;
		e->realm = r;
		for (i = 0; i < N_BUDGET_WATCHES; i++) {
			e->watches[i].owner = e;
			e->watches[i].watch.fd = -1;
		}
		list_init(&e->link);
		list_link(&b->list, &e->link);
	}
	*ret = e;
	return 0;
}

/* ---- limits ---- */

/* Of two limits the lower one; 0 is none. */
static uint64_t limit_lower(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static void limits_add(struct budget_limits *to, const struct limits *l)
{
	to->memory_min = limit_lower(to->memory_min, l->memory_min);
	to->memory_max = limit_lower(to->memory_max, l->memory_max);
	to->cpu_share = (uint32_t)limit_lower(to->cpu_share, l->cpu_share);
	to->cpu_max = (uint32_t)limit_lower(to->cpu_max, l->cpu_max);
	to->tasks_max = (uint32_t)limit_lower(to->tasks_max, l->tasks_max);
}

void budgets_given(struct manager *m, const struct realm *r, struct limits *ret)
{
	const struct realm_budget *e = entry_find(m->budgets, r);

	*ret = e ? e->given : (struct limits){ 0 };
}

bool budgets_limits(struct manager *m, const struct realm *r,
		    struct budget_limits *ret)
{
	const struct limits *declared = restart_limits_of(r);
	const struct realm_budget *e = entry_find(m->budgets, r);

	*ret = (struct budget_limits){ 0 };
	if (declared)
		limits_add(ret, declared);
	if (e)
		limits_add(ret, &e->given);
	return ret->memory_min || ret->memory_max || ret->cpu_share ||
	       ret->cpu_max || ret->tasks_max;
}

/* ---- budgets ---- */

static void on_tidy(struct loop_timer *timer);

static void budgets_tidy_later(struct budgets *b, uint64_t ms)
{
	b->tidy_ms = ms < TIDY_LAST_MS ? ms : TIDY_LAST_MS;
	loop_timer_set(b->manager->loop, &b->tidy, b->tidy_ms * NS_PER_MS,
		       on_tidy);
}

static void on_tidy(struct loop_timer *timer)
{
	struct budgets *b = container_of(timer, struct budgets, tidy);

	if (budget_root_tidy(b->root))
		budgets_tidy_later(b, b->tidy_ms * 2);
}

static int entry_make(struct realm_budget *e, struct budget *parent,
		      const struct budget_limits *limits)
{
	const char *name = strrchr(e->realm->moniker, '/') + 1;
	int r;

	r = budget_new(e->all->root, parent, name, limits, &e->budget);
	if (r < 0)
		return r;
	budget_entry_watch(e);
	return 0;
}

/* The budget that @r belongs to, made if need be; NULL if there is none. */
static int budgets_make(struct budgets *b, const struct realm *r,
			struct budget **ret)
{
	struct budget *parent = NULL;
	struct budget_limits limits;
	struct realm_budget *e;
	int k;

	while (r && !budgets_limits(b->manager, r, &limits))
		r = r->parent;
	if (!r) {
		*ret = NULL;
		return 0;
	}
	k = entry_get(b, r, &e);
	if (!k && !e->budget) {
		if (r->parent)
			k = budgets_make(b, r->parent, &parent);
		if (!k)
			k = entry_make(e, parent, &limits);
	}
	if (!k)
		*ret = e->budget;
	return k;
}

/* The nearest realm whose tasks are limited, for people. */
static void budgets_tell_full(struct instance *i, struct text *ret_why)
{
	struct budget_limits limits;
	const struct realm *r;

	for (r = i->realm; r; r = r->parent)
		if (budgets_limits(i->manager, r, &limits) && limits.tasks_max)
			text_printf(ret_why, "%stasks_max of %s is %u",
				    ret_why->n ? ", "
					       : "there is no room for its "
						 "tasks: ",
				    r->moniker, limits.tasks_max);
}

int budgets_enter(struct instance *i, struct text *ret_why)
{
	struct budget *budget;
	int r = budgets_make(i->manager->budgets, i->realm, &budget);

	if (r || !budget)
		return r;
	r = budget_enter(budget, &i->cell);
	if (!r)
		i->budget = budget;
	if (r == -EAGAIN)
		budgets_tell_full(i, ret_why);
	return r;
}

void budgets_leave(struct instance *i)
{
	struct budgets *b = i->manager->budgets;
	struct budget *budget = TAKE(i->budget);

	if (!budget)
		return;
	budget_leave(budget, i->cell.id);
	budgets_tidy_later(b, TIDY_FIRST_MS);
}

int budgets_plan(struct instance *i, uint32_t tasks_max, struct plan *plan)
{
	struct budget_limits limits, lowest = { 0 };
	const struct realm *r;

	for (r = i->realm; r; r = r->parent) {
		(void)budgets_limits(i->manager, r, &limits);
		lowest.memory_max =
			limit_lower(lowest.memory_max, limits.memory_max);
		lowest.tasks_max = (uint32_t)limit_lower(lowest.tasks_max,
							 limits.tasks_max);
	}
	return budget_plan(i->manager->budgets->root, &lowest, tasks_max, plan);
}

/* ---- other limits ---- */

static bool entry_is_below(const struct realm_budget *e, const struct realm *r)
{
	return e->budget && e->realm != r && realm_is_below(e->realm, r);
}

/* Can the realm, which has no budget, get one while it lives? */
static bool budgets_can_begin(const struct budgets *b, const struct realm *r)
{
	const struct realm_budget *e;
	const struct instance *i;

	/* Directories cannot be moved into another. */
	list_for_each (e, &b->list, link)
		if (entry_is_below(e, r))
			return false;
	/* It is on its way into another budget, or would be. */
	list_for_each (i, &b->manager->instances, link)
		if (i->state == LIFE_STARTING && i->cell.id &&
		    realm_is_below(i->realm, r))
			return false;
	return true;
}

static bool budgets_is_used(const struct budgets *b, const struct realm *r)
{
	const struct instance *i;

	list_for_each (i, &b->manager->instances, link)
		if (i->cell.id && realm_is_below(i->realm, r))
			return true;
	return false;
}

/* All that runs in the realm comes into its new budget. */
static int budgets_adopt(struct budgets *b, const struct realm *r)
{
	struct budget *budget, *old;
	struct instance *i;
	int k = budgets_make(b, r, &budget);

	if (k || !budget)
		return k;
	list_for_each (i, &b->manager->instances, link) {
		if (!i->cell.id || i->budget == budget ||
		    !realm_is_below(i->realm, r))
			continue;
		old = i->budget;
		k = budget_adopt(budget, &i->cell);
		if (k)
			return k;
		i->budget = budget;
		if (old)
			budget_leave(old, i->cell.id);
	}
	return 0;
}

int budgets_set(struct manager *m, struct realm *r, const struct limits *limits)
{
	struct budgets *b = m->budgets;
	struct budget_limits now;
	struct realm_budget *e;
	struct limits old;
	int k = entry_get(b, r, &e);

	if (k)
		return k;
	old = e->given;
	e->given = *limits;
	/* Without limits that are a budget's, none is begun. */
	if (!e->budget && !budgets_limits(m, r, &now))
		return 0;
	if (!e->budget && !budgets_can_begin(b, r)) {
		e->given = old;
		return -EBUSY;
	}
	/* One that has a budget keeps it, if without any limit. */
	if (e->budget) {
		(void)budgets_limits(m, r, &now);
		k = budget_set(e->budget, &now);
	} else if (budgets_is_used(b, r)) {
		k = budgets_adopt(b, r);
	}
	if (k)
		e->given = old;
	return k;
}

/* ---- what is seen ---- */

bool budgets_read(struct manager *m, const struct realm *r,
		  struct budget_usage *ret)
{
	const struct realm_budget *e = entry_find(m->budgets, r);

	if (!e || !e->budget)
		return false;
	budget_read(e->budget, ret);
	return true;
}

static void render_number(struct text *t, const char *key, uint64_t value)
{
	text_printf(t, "\"%s\":", key);
	if (value == BUDGET_UNKNOWN)
		text_puts(t, "null");
	else
		text_printf(t, "%llu", (unsigned long long)value);
}

static void render_percent(struct text *t, const char *key, uint64_t hundredths)
{
	text_printf(t, "\"%s\":", key);
	if (hundredths == BUDGET_UNKNOWN)
		text_puts(t, "null");
	else
		text_printf(t, "%llu.%02llu",
			    (unsigned long long)(hundredths / 100),
			    (unsigned long long)(hundredths % 100));
}

static void render_usage(struct text *t, const struct budget_usage *u)
{
	text_puts(t, ",\"memory\":{");
	render_number(t, "now", u->memory_now);
	text_puts(t, ",");
	render_number(t, "peak", u->memory_peak);
	text_puts(t, ",");
	render_number(t, "hits", u->memory_hits);
	text_puts(t, ",");
	render_number(t, "kills", u->oom_kills);
	text_puts(t, ",");
	render_percent(t, "pressure", u->memory_pressure);
	text_puts(t, "},\"tasks\":{");
	render_number(t, "now", u->tasks_now);
	text_puts(t, ",");
	render_number(t, "refused", u->tasks_refused);
	text_puts(t, "},\"cpu\":{");
	render_number(t, "usec", u->cpu_usec);
	text_puts(t, ",");
	render_number(t, "throttled_usec", u->throttled_usec);
	text_puts(t, ",");
	render_number(t, "throttled_periods", u->throttled_periods);
	text_puts(t, ",");
	render_percent(t, "pressure", u->cpu_pressure);
	text_puts(t, "}");
}

static void render_limits(struct text *t, const struct budget_root *root,
			  const struct budget_limits *limits)
{
	uint64_t value;
	int i, n = 0;

	text_puts(t, ",\"limits\":{");
	for (i = 0; i < N_BUDGET_LIMITS; i++) {
		value = budget_limits_value(limits, (enum budget_limit)i);
		if (!value)
			continue;
		text_printf(t, "%s\"%s\":{\"value\":%llu,\"by\":\"%s\"}",
			    n++ ? "," : "",
			    budget_limit_name((enum budget_limit)i),
			    (unsigned long long)value,
			    budget_mechanism_name(budget_root_mechanism(
				    root, (enum budget_limit)i)));
	}
	text_puts(t, "}");
}

void budget_render_json(struct manager *m, const struct realm *r,
			struct text *t)
{
	struct budget_limits limits;
	struct budget_usage usage;

	while (r && !budgets_limits(m, r, &limits))
		r = r->parent;
	if (!r)
		return;
	text_puts(t, ",\"budget\":{\"moniker\":");
	text_json(t, r->moniker);
	render_limits(t, m->budgets->root, &limits);
	if (budgets_read(m, r, &usage))
		render_usage(t, &usage);
	text_puts(t, "}");
}

/* ---- beginning and end ---- */

void budgets_forget(struct manager *m, struct realm *r)
{
	struct realm_budget *e = entry_find(m->budgets, r);

	if (!e)
		return;
	if (e->budget) {
		budget_entry_leave(e);
		budget_free(TAKE(e->budget));
		budgets_tidy_later(e->all, TIDY_FIRST_MS);
	}
	list_unlink(&e->link);
	map_unlink(&m->budgets->by_realm, &e->by_realm);
	free(e);
}

void budgets_register(struct budgets *b)
{
	budget_root_register(b->root, &b->manager->launcher);
}

int budgets_new(struct manager *m, struct budgets **ret)
{
	struct budgets *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->manager = m;
	list_init(&b->list);
	r = budget_root_open(&m->launcher, &b->root);
	if (r < 0) {
		free(b);
		return r;
	}
	*ret = b;
	return 0;
}

void budgets_free(struct budgets *b)
{
	struct realm_budget *e;

	if (!b)
		return;
	loop_timer_cancel(&b->tidy);
	while ((e = list_first(&b->list, struct realm_budget, link))) {
		budget_entry_unwatch(e);
		list_unlink(&e->link);
		map_unlink(&b->by_realm, &e->by_realm);
		free(e);
	}
	map_fini(&b->by_realm);
	budget_root_close(b->root);
	free(b);
}
