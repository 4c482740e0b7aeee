/*
 * What a component is configured with: for each field of its manifest the value
 * that its use is routed to.
 *
 * It comes to the component once, when it is started, as the file
 * PLAN_CONFIG_FILE of its cell: one JSON object. reeve/config.h reads it.
 */
#pragma once

#include "base/text.h"
#include "host/manager.h"

enum {
	CONFIGURATION_INVALID = 1, /* *ret_why is a sentence that says why */
};

/* How routes are walked: with a manager, or without. */
struct configuration_router {
	/* As manager_route(). */
	int (*route)(void *userdata, struct realm *r, const struct decl *use,
		     struct route *route);
	void *userdata;
	struct route *room; /* for one at a time */
};

/* That of @m; it uses the manager's own room. */
struct configuration_router configuration_router_of(struct manager *m);

/*
 * Append the object to @ret: nothing, if the manifest of @r, which is resolved,
 * has no fields. 0, CONFIGURATION_INVALID or a fault.
 */
int configuration_gather(const struct configuration_router *router,
			 struct realm *r, struct text *ret,
			 struct text *ret_why);

/*
 * Append ,"config":[...] for the tools: for each field {key, type, value, from,
 * error}; the value is null where there is none, and error says why. Nothing,
 * if there are no fields.
 */
void configuration_render_json(const struct configuration_router *router,
			       struct realm *r, struct text *t);
