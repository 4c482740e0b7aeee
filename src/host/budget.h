/*
 * The budgets of realms: who shares which, and what is told about them.
 *
 * A realm with limits (those of its declaration, of its collection, or given at
 * run time) has a budget for itself and everything below it, made at the first
 * start inside and freed when the realm goes. A realm without belongs to the
 * nearest one above that has limits, or to none.
 */
#pragma once

#include "base/text.h"
#include "cell/budget.h"
#include "host/instance.h"
#include "manifest/manifest.h"

struct budgets;

int budgets_new(struct manager *m, struct budgets **ret);
void budgets_free(struct budgets *b);

/* Another launcher has taken over. */
void budgets_register(struct budgets *b);

/*
 * The cell of @i, which has no plan yet, becomes part of the budget of its
 * realm. 0, or a fault: then it must not be started, and if it is for want of
 * room
 * @ret_why says so.
 */
int budgets_enter(struct instance *i, struct text *ret_why);
/* Its cell has ended. Harmless on one that entered none. */
void budgets_leave(struct instance *i);

/* The limits of tasks that a plan for @i carries; see budget_plan(). */
int budgets_plan(struct instance *i, uint32_t tasks_max, struct plan *plan);

/*
 * Limits for a dynamic child, or other ones for a realm that lives; they are
 * copied, and replace those that were given before, but cannot exceed what is
 * declared. None: as declared. 0; -EBUSY, when it uses more memory than that,
 * or is just starting, or had no limits and something below it has; or another
 * -errno.
 */
int budgets_set(struct manager *m, struct realm *r,
		const struct limits *limits);

/* What was given to @r at run time; all zero: nothing. */
void budgets_given(struct manager *m, const struct realm *r,
		   struct limits *ret);

/* The limits in force for @r itself. False if it has none. */
bool budgets_limits(struct manager *m, const struct realm *r,
		    struct budget_limits *ret);

/* What the budget of @r itself has used. False if it has none, or nothing was
 * started in it yet. */
bool budgets_read(struct manager *m, const struct realm *r,
		  struct budget_usage *ret);

/* The realm goes; those below it went before. */
void budgets_forget(struct manager *m, struct realm *r);

/*
 * Append the member "budget" for `reeve show` and `reeve top`, with a comma
 * before it: the realm whose budget it is, that one's limits with their
 * mechanisms, and what it uses. Nothing if no budget applies to @r.
 */
void budget_render_json(struct manager *m, const struct realm *r,
			struct text *t);
