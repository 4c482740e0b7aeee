/*
 * Routes: from a use (or an expose) to the source of the capability.
 *
 * One function decides for everybody: the live open, `check`, `route` and the
 * tests. It follows the slots up by offers and down by exposes, renaming at
 * each hop, narrowing rights and collecting sub-directories, and returns every
 * hop with its place. What breaks is described in a struct why, rendered once
 * by whoever talks to a person.
 */
#pragma once

#include "base/text.h"
#include "route/realm.h"

enum {
	ROUTE_ENDED = 0,      /* the source is known */
	ROUTE_BROKEN = 1,     /* no such route; @why says at which hop */
	ROUTE_UNRESOLVED = 2, /* resolve route.need, then walk again */
};

enum route_source_kind {
	ROUTE_SOURCE_COMPONENT, /* served by the program of @realm at @path */
	ROUTE_SOURCE_FRAMEWORK, /* served by the manager, scoped to @realm */
	ROUTE_SOURCE_BUILTIN,	/* the host's; only below the root */
	ROUTE_SOURCE_VOID,	/* absent by design */
	/* A declaration of @realm itself, which no program serves: a
	 * dictionary, or a configuration value (@declaration). */
	ROUTE_SOURCE_DECLARATION,
	/* A service put together from several sources at @realm: each of
	 * @instances is a route of its own, see route_walk_instance(). */
	ROUTE_SOURCE_AGGREGATE,
};

enum why_kind {
	WHY_REALM,   /* a realm as a whole */
	WHY_REFUSED, /* a declaration that refuses */
	WHY_MISSING, /* a declaration that is not there */
};

/* What nearly was what is missing. */
enum why_near {
	NEAR_NOTHING,
	NEAR_TYPE,     /* the same name, but of another type */
	NEAR_AUDIENCE, /* the very thing, but for the framework only */
	NEAR_NAME,     /* a name that may be a slip */
	NEAR_TARGET,   /* an offer of the very thing, to somebody else */
};

/*
 * Why a route broke. @realm is the realm whose manifest lacks or refuses it;
 * @file and @place point into that manifest: at the declaration that refuses,
 * or at the nearest thing to where the missing one belongs.
 */
struct why {
	const struct realm *realm;
	const char *file;
	struct place place;
	const char *rule;
	int status;	  /* REEVE_ERR_*, what the opener sees */
	struct text text; /* one sentence, with the near miss if there is one */
	struct text fix;  /* the smallest edit that would mend it; may be "" */

	/* The same for a program that mends it, see route/fix.h. */
	enum why_kind kind;
	/* Refused: the declaration that refuses. Missing: the near miss, or
	 * NULL. */
	const struct decl *decl;
	enum why_near near;
	/*
	 * Missing: in this table, which is @child's if it is not NULL; or in
	 * this dictionary. And a copy of what needs it, of the realm @wanting;
	 * what that looks for may be a part of what it says, so its name is
	 * kept here.
	 */
	enum table_kind table;
	const struct realm *child, *wanting;
	const struct decl *dictionary;
	struct decl wanted;
	struct text wanted_name;
};

struct hop {
	const struct realm *realm; /* whose manifest declares it */
	const struct decl *decl;
	struct slot *slot;
};

enum {
	/* What a declaration takes may be no longer. */
	ROUTE_NAME_MAX = 255,
	/* Up the whole tree and down again, twice for storage. */
	ROUTE_HOPS_MAX = 4 * REALM_DEPTH_MAX + 8,
	ROUTE_PATH_MAX = 4095,
};

struct route {
	struct hop hops[ROUTE_HOPS_MAX];
	size_t n_hops;

	enum route_source_kind source;
	const struct realm *realm; /* NULL for builtin and void */
	const char *name;	   /* what the source calls it */
	const char *path;	   /* component: the path its program serves */
	uint32_t rights;	   /* directories: what the use gets */
	/* Directories: from the source's path down to what is used. In storage,
	 * the part of the tree that is the user's own. "" if none. */
	struct text subdir;

	bool no_transfer;	/* no descriptor may pass over what is opened */
	bool restart_on_revoke; /* a grant on the way says so */

	/* ROUTE_SOURCE_DECLARATION: the capability. */
	const struct decl *declaration;

	/* ROUTE_SOURCE_AGGREGATE: @n_instances names, each with a zero behind
	 * it. None, if it is a collection without members. */
	struct text instances;
	size_t n_instances;

	/* Storage: the realm that declares it, and its declaration. */
	const struct realm *storage_realm;
	const struct decl *storage;

	/*
	 * What a hop looks for that no manifest declares as such: a dictionary
	 * on the way, the directory behind a storage. @why may say that this is
	 * what refuses.
	 */
	struct decl between;
	char between_name[ROUTE_NAME_MAX + 1];

	struct realm *need; /* ROUTE_UNRESOLVED */
	struct why why;	    /* ROUTE_BROKEN */
};

/* A route owns its texts. Zeroed memory is an empty route. */
void route_fini(struct route *route);

/*
 * Route a use of @r, or one of its exposes, given by its declaration. Whatever
 * @route held before is dropped. Returns ROUTE_ENDED, ROUTE_BROKEN,
 * ROUTE_UNRESOLVED or -ENOMEM.
 */
int route_walk(struct realm *r, const struct decl *decl, struct route *route);

/*
 * The same for one instance of a service that is put together from several.
 * @instance names it as route.instances does: by the child that provides it, by
 * "self" or "parent"; a member of a collection by its name, behind the
 * collection's and a ":" if there are other sources; and behind another ":"
 * what a source that is put together itself calls it. With NULL it is
 * route_walk().
 */
int route_walk_instance(struct realm *r, const struct decl *decl,
			const char *instance, struct route *route);

/* Who resolves URLs of that scheme for @r, by the environment that its parent
 * placed it in. As route_walk(). */
int route_walk_resolver(struct realm *r, const char *scheme,
			struct route *route);

/* The same from any slot on, on behalf of @client. */
int route_walk_slot(struct slot *slot, const struct realm *client,
		    struct route *route);

/* The route is opened: grants on it that are good for so many opens are good
 * for one less. */
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

/* Where the source is, for people: a moniker, "framework", "builtin", "void".
 */
const char *route_source_moniker(const struct route *route);

/* What one declaration says, in words: "protocol X from #B to #D as Y". */
void decl_render(const struct decl *d, struct text *t);
