/* Trees without a manager: what check, route and tree work on. */
#pragma once

#include "cmd/cmd.h"
#include "host/resolve.h"
#include "route/route.h"

struct offline {
	struct resolver resolver;
	struct topology tree;
	struct report report;
	const char *packages[CMD_PACKAGES_MAX + 1];
	char *default_packages;
};

/* A tree of the manifest @file; nothing is resolved yet. False: no memory. */
bool offline_init(struct offline *o, const char *file,
		  const struct cmd_options *options);
void offline_fini(struct offline *o);

/* The package directories that the options name, or the default for @file,
 * which *ret_default owns. */
struct package_paths offline_paths(const char *file,
				   const struct cmd_options *options,
				   const char **room, char **ret_default);

/* The realm of a moniker, resolving its ancestors and itself; NULL if there is
 * none. */
struct realm *offline_find(struct offline *o, const char *moniker);

/* route_walk() that resolves what it needs. */
int offline_route(struct offline *o, struct realm *r, const struct decl *decl,
		  struct route *route);

/* There is no component @moniker, or it cannot be read: say so, with what was
 * perhaps meant, or as a broken route in JSON. Returns EXIT_NOT. */
int offline_no_such_realm(struct offline *o, const char *moniker, bool json);

/* Only why, in the form of a broken route; @route is an empty one. */
void offline_explain_absent(struct offline *o, const char *moniker,
			    struct route *route);
