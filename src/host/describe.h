/* Realms and instances as JSON, for the tools. */
#pragma once

#include "host/manager.h"

/* {moniker, url, state, pid, ...}: one line of `reeve list`. */
void describe_brief(const struct realm *r, struct text *t);

/* Everything that `reeve show` says; with its plan if asked. */
void describe_full(struct manager *m, struct realm *r, bool with_plan,
		   struct text *t);

/* The manager itself: {pid, root, instances, connections, opens, ...}. */
void describe_manager(struct manager *m, struct text *t);

/* One slot of the derivation tree, @depth below its source: what it is, who has
 * it, from whom, since when, and the connections that live under it. */
void describe_slot(const struct slot *s, unsigned depth, struct text *t);

/* What a running component uses: one line of `reeve top`. */
void describe_usage(struct manager *m, const struct realm *r, struct text *t);
