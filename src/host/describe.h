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
