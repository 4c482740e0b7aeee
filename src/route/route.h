/*
 * Routes: from a use (or an expose) to the source of the capability.
 *
 * One function decides for everybody: the live open, `check`, `route` and the
 * tests. It follows the slots up by offers and down by exposes, renaming at each
 * hop, narrowing rights and collecting sub-directories, and returns every hop
 * with its place. What breaks is described in a struct why, rendered once by
 * whoever talks to a person.
 */
#pragma once

#include "base/text.h"
#include "route/realm.h"

enum {
	ROUTE_ENDED = 0, /* the source is known */
	ROUTE_BROKEN = 1, /* no such route; @why says at which hop */
	ROUTE_UNRESOLVED = 2, /* resolve route.need, then walk again */
};

enum route_source_kind {
	ROUTE_SOURCE_COMPONENT, /* served by the program of @realm at @path */
	ROUTE_SOURCE_FRAMEWORK, /* served by the manager, scoped to @realm */
	ROUTE_SOURCE_BUILTIN, /* the host's; only below the root */
	ROUTE_SOURCE_VOID, /* absent by design */
};

/*
 * Why a route broke. @realm is the realm whose manifest lacks or refuses it;
 * @file and @place point into that manifest: at the declaration that refuses, or
 * at the nearest thing to where the missing one belongs.
 */
struct why {
	const struct realm *realm;
	const char *file;
	struct place place;
	const char *rule;
	int status; /* REEVE_ERR_*, what the opener sees */
	struct text text; /* one sentence, with the near miss if there is one */
	struct text fix; /* the smallest edit that would mend it; may be "" */
};

struct hop {
	const struct realm *realm; /* whose manifest declares it */
	const struct decl *decl;
	struct slot *slot;
};

enum {
	/* Up the whole tree and down again, twice for storage. */
	ROUTE_HOPS_MAX = 4 * REALM_DEPTH_MAX + 8,
	ROUTE_PATH_MAX = 4095,
};

struct route {
	struct hop hops[ROUTE_HOPS_MAX];
	size_t n_hops;

	enum route_source_kind source;
	const struct realm *realm; /* NULL for builtin and void */
	const char *name; /* what the source calls it */
	const char *path; /* component: the path its program serves */
	uint32_t rights; /* directories: what the use gets */
	/* Directories: from the source's path down to what is used. In storage,
	 * the part of the tree that is the user's own. "" if none. */
	struct text subdir;

	bool no_transfer; /* no descriptor may pass over what is opened */
	bool restart_on_revoke; /* a grant on the way says so */

	/* Storage: the realm that declares it, and its declaration. */
	const struct realm *storage_realm;
	const struct decl *storage;

	struct realm *need; /* ROUTE_UNRESOLVED */
	struct why why; /* ROUTE_BROKEN */
};

/* A route owns its texts. Zeroed memory is an empty route. */
void route_fini(struct route *route);

/*
 * Route a use of @r, or one of its exposes, given by its declaration. Whatever
 * @route held before is dropped. Returns ROUTE_ENDED, ROUTE_BROKEN,
 * ROUTE_UNRESOLVED or -ENOMEM.
 */
int route_walk(struct realm *r, const struct decl *decl, struct route *route);

/* The same from any slot on, on behalf of @client. */
int route_walk_slot(struct slot *slot, const struct realm *client,
		    struct route *route);

/* The route is opened: grants on it that are good for so many opens are good for
 * one less. */
void route_spend(struct route *route);

/*
 * The same by name: the use, else the expose to the parent, that @r's manifest
 * calls @name ("/svc/NAME" and NAME are one). ROUTE_BROKEN with the near miss
 * when it declares no such thing. @r is resolved.
 */
int route_walk_name(struct realm *r, const char *name, struct route *route);

/* The field's word for the status of a why: "NOT_FOUND". */
const char *route_status_name(int status);

/*
 * One line per hop, aligned:
 *	  use     d.cml:6:5    fuchsia.example.Foo from parent
 * and, if it broke, the line that does not hold, the reason and the fix.
 */
void route_render(const struct route *route, int verdict, struct text *t);

/* Only the hops that hold. */
void route_render_hops(const struct route *route, struct text *t);

/* The JSON of the command line's contract: verdict, source, hops, error. */
void route_render_json(const struct route *route, int verdict, struct text *t);

/* Where the source is, for people: a moniker, "framework", "builtin", "void". */
const char *route_source_moniker(const struct route *route);

/* What one declaration says, in words: "protocol X from #B to #D as Y". */
void decl_render(const struct decl *d, struct text *t);
