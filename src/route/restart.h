/*
 * Restart policies: what follows when a run has ended.
 *
 * Pure: it is told what the manifest says, how the run ended and what happened
 * before, and says what is to be done. Whoever does it keeps the history.
 */
#pragma once

#include <stdint.h>

#include "manifest/manifest.h"

/* How a run ended. */
enum run_end {
	RUN_ENDED_WELL,
	/* By a signal, with a status other than 0, before it had begun, or
	 * without a look at the opens that wait for it. */
	RUN_FAILED,
	RUN_WAS_ASKED, /* somebody wanted it stopped */
	N_RUN_ENDS,
};

/* What happened so far. Zeroed memory is the beginning. */
struct restart_history {
	uint32_t n_starts;   /* again, in a row */
	uint32_t n_failures; /* in a row */
};

enum restart_step {
	/* The next open starts it. */
	RESTART_STEP_REST,
	/* So it does, but not before the delay is over. */
	RESTART_STEP_PAUSE,
	/* The same, and what waits already is refused: it has waited for
	 * enough runs. */
	RESTART_STEP_REFUSE,
	/* It is started after the delay, whether anybody opens it or not. */
	RESTART_STEP_AGAIN,
	/* Nothing but a wish of somebody starts it, and opens are refused. */
	RESTART_STEP_SUSPEND,
	N_RESTART_STEPS,
};

struct restart_decision {
	enum restart_step step;
	uint64_t delay_ms;
	struct restart_history history; /* from now on */
};

/*
 * What follows a run that ended like @end after @lasted_ms.
 *
 * never: a failure may be an accident, so after the first the next open may
 * start it at once; after the n-th in a row it waits @r's delay times 2^(n-2).
 * From the give-up count on, what waits is refused at each further failure.
 *
 * on-failure, always: the n-th start in a row waits the delay times 2^(n-1).
 * When as many runs in a row have failed as the give-up count says, it is
 * suspended; a count of 0 is never reached. Runs that ended well never suspend.
 */
struct restart_decision restart_decide(const struct restart *r,
				       enum run_end end, uint64_t lasted_ms,
				       struct restart_history history);

/* "never", "on-failure", "always". */
const char *restart_policy_name(enum restart_policy policy);
/* "rest", "pause", "refuse", "again", "suspend": stable, for scripts. */
const char *restart_step_name(enum restart_step step);
