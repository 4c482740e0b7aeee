/*
 * The order of things in a revocation, as a table: what is tried next when some
 * of what was cut is still alive.
 *
 * What must be true at the end is decided elsewhere, by the weak reference to
 * each connection (host/connection.h). Here it is only said how far to go:
 * first what costs nobody anything, then what stops cells for a moment, then
 * what ends them.
 */
#pragma once

#include <stdbool.h>

enum revocation_step {
	REVOCATION_SWEEP,	/* provider's and client's cells, running */
	REVOCATION_FREEZE,	/* the same, frozen, with what is in flight */
	REVOCATION_FREEZE_ALL,	/* every cell there is, frozen */
	REVOCATION_KILL_HIDERS, /* cells that could not be searched whole */
	REVOCATION_KILL_ENDS,	/* the provider's and the client's */
	REVOCATION_KILL_ALL,	/* whoever is left might have been given it */
	REVOCATION_DONE,
	N_REVOCATION_STEPS,
};

struct revocation_outcome {
	bool is_alive;	   /* something that was cut is not proven dead */
	bool is_undrained; /* dead, but somebody may read what was queued */
	bool has_hiders;   /* cells that could not be searched whole */
};

/*
 * The step after @step. What is only undrained is searched for, but nobody is
 * killed for it: it was sent before anybody wished for the end.
 */
enum revocation_step revocation_next(enum revocation_step step,
				     const struct revocation_outcome *outcome);

const char *revocation_step_name(enum revocation_step step);
