/* Delays double by shifting, and never beyond what the manifest says. */
#include "route/restart.h"

/* @delay times 2^@n, at most @max. */
static uint64_t delay_doubled(uint64_t delay, uint32_t n, uint64_t max)
{
	while (n-- && delay < max)
		delay *= 2;
	return delay < max ? delay : max;
}

static bool has_failed_enough(const struct restart *r,
			      const struct restart_history *h)
{
	return r->give_up && h->n_failures >= r->give_up;
}

/* Nobody wants it started by itself: only opens are held back. */
static void decide_never(const struct restart *r, struct restart_decision *d)
{
	struct restart_history *h = &d->history;

	d->step = has_failed_enough(r, h) ? RESTART_STEP_REFUSE
					  : RESTART_STEP_PAUSE;
	if (h->n_failures > 1)
		d->delay_ms = delay_doubled(r->delay_ms, h->n_failures - 2,
					    r->max_delay_ms);
}

static void decide_again(const struct restart *r, enum run_end end,
			 struct restart_decision *d)
{
	struct restart_history *h = &d->history;

	if (end == RUN_FAILED && has_failed_enough(r, h)) {
		d->step = RESTART_STEP_SUSPEND;
		return;
	}
	d->step = RESTART_STEP_AGAIN;
	d->delay_ms = delay_doubled(r->delay_ms, h->n_starts, r->max_delay_ms);
	if (h->n_starts < UINT32_MAX)
		h->n_starts++;
}

struct restart_decision restart_decide(const struct restart *r,
				       enum run_end end, uint64_t lasted_ms,
				       struct restart_history history)
{
	struct restart_decision d = { .step = RESTART_STEP_REST,
				      .history = history };
	struct restart_history *h = &d.history;

	if (lasted_ms > r->forget_ms)
		*h = (struct restart_history){ 0 };
	if (end == RUN_FAILED && h->n_failures < UINT32_MAX)
		h->n_failures++;
	if (end == RUN_ENDED_WELL)
		h->n_failures = 0;
	if (end == RUN_WAS_ASKED)
		return d;
	if (r->policy == RESTART_ALWAYS ||
	    (r->policy == RESTART_ON_FAILURE && end == RUN_FAILED))
		decide_again(r, end, &d);
	else if (end == RUN_FAILED)
		decide_never(r, &d);
	else
		h->n_starts = 0;
	return d;
}

const char *restart_policy_name(enum restart_policy policy)
{
	static const char *const names[] = { "never", "on-failure", "always" };

	return names[policy];
}

const char *restart_step_name(enum restart_step step)
{
	static const char *const names[N_RESTART_STEPS] = { "rest", "pause",
							    "refuse", "again",
							    "suspend" };

	return names[step];
}
