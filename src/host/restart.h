/*
 * What the end of a run brings about: it is started again or not, and those who
 * use what it provided are told, or started again as well.
 *
 * What follows for the instance itself is its restart policy's to say (see
 * route/restart.h). What follows for the others stands at each of their uses
 * (if_provider_ends), and whom that concerns is known from the derivation of
 * the slots, as far as routes were walked.
 */
#pragma once

#include "host/instance.h"
#include "route/restart.h"

/* What the manifest of its parent says about @r; the default where nothing
 * does. */
const struct restart *restart_policy_of(const struct realm *r);
/* The same for its limits; NULL: none. */
const struct limits *restart_limits_of(const struct realm *r);

/* What the end of the run of @i means for its life. */
enum life_event restart_end_event(struct instance *i);

/* It has ended by itself, or could not be started: decide what follows, say so,
 * and begin to wait for it. */
void restart_wait(struct instance *i);

/* It was given up: refuse the opens that wait, and say so. */
void restart_suspend(struct instance *i);

/* Is it at rest, or about to be started again by itself? */
bool restart_is_coming(const struct instance *i);

/* Its program is about to run: know those whose end it wants to know. */
void restart_know_providers(struct instance *i);

/* Its run has ended: tell those who use what it provided, or have them stopped
 * to start again. */
void restart_ended(struct instance *i);

/*
 * Stop @i, and start it again for @reason as soon as nothing that it depends on
 * is on its way itself. False if it does not run.
 */
bool restart_instance(struct instance *i, const char *reason);

/* Start @i, which is on its way down, as soon as it is there; a later wish for
 * its end takes that back. False if it is not on its way down. */
bool restart_after_stop(struct instance *i, const char *reason);

/* Somebody's state has changed: start those that waited for it. */
void restart_continue(struct manager *m);

/* The instance is stopped for somebody's wish, started, or goes: no restart is
 * due any more. */
void restart_forget(struct instance *i);

/* The sentence with which an open of a suspended provider is refused. */
void restart_render_refusal(const struct instance *provider, char *buffer,
			    size_t n);

/*
 * A JSON object for `reeve show`: {"policy":"on-failure","delay_ms":100,
 * "max_delay_ms":30000,"give_up":6,"forget_ms":10000,"starts_in_a_row":0,
 * "failures_in_a_row":0,"next_ms":null}. @i may be NULL.
 */
void restart_render_json(const struct realm *r, const struct instance *i,
			 struct text *t);
