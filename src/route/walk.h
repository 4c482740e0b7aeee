/* The walk of a route, for its own three files: the steps, what is checked at
 * each, and those who begin one. */
#pragma once

#include "route/route.h"

enum {
	/* The walk's own verdict: this step found the next slot, go on. */
	STEP_ON = 16,
	/* The source is known (ROUTE_ENDED, but not yet checked). */
	STEP_SOURCE = 17,
};

/*
 * Something is taken out of a dictionary: the walk first goes to where that is
 * declared, and on from there with what was put into it.
 */
struct bundle {
	struct slot *taker;
	const struct decl *decl; /* what the taker wants of it */
	const char *rest; /* "b/c": further dictionaries inside; "" if none */
};

enum { WALK_BUNDLES_MAX = 32 };

struct walk {
	struct route *route;
	struct slot *slot;
	/* Dictionaries on the way to which the walk is, the last one first. */
	struct bundle bundles[WALK_BUNDLES_MAX];
	size_t n_bundles;
	/* The next slot is the dictionary's, and only carried to @slot. */
	bool is_carrying;
	/* Which one of a service of several sources; NULL: none was named. */
	const char *instance;
	/* The rights that have been asked for so far; only directories. */
	uint32_t rights;
	bool has_rights;
	enum availability availability;
	/* On whose behalf: its policy is the source's to have. */
	const struct realm *client;
};

/* An empty route, whatever it held before. */
void route_clear(struct route *route);

/* Arrive at a slot: note the hop and check what its declaration demands. */
int walk_arrive(struct walk *w, struct slot *slot);
/* From the present slot to the one it is derived from: STEP_ON, STEP_SOURCE, a
 * verdict of route_walk(), or -errno. */
int walk_step(struct walk *w);

/* The present slot is derived from @from: arrive there. */
int walk_derive(struct walk *w, struct slot *from);
int walk_end(struct walk *w, enum route_source_kind kind,
	     const struct realm *realm, const char *name);
/* Make sure that @r can be looked into. */
int walk_need(struct walk *w, struct realm *r);
/* Nothing of that name is where @d, a declaration of @wanting, looks for it. */
int walk_missing(struct walk *w, const struct realm *realm,
		 const struct realm *child, enum table_kind table,
		 const struct decl *d, const struct realm *wanting);

/* The steps, by where a declaration @d of @r says that it comes from. */
int walk_to_parent(struct walk *w, struct realm *r, const struct decl *d);
int walk_to_self(struct walk *w, struct realm *r, const struct decl *d);
int walk_to_child(struct walk *w, struct realm *r, const struct decl *d);
int walk_to_void(struct walk *w, const struct realm *r, const struct decl *d);

/* walk_storage.c: at an offer of storage, and at a storage's declaration. */
int walk_to_storage(struct walk *w, struct realm *r, const struct decl *d);
int walk_to_backing(struct walk *w, struct realm *r,
		    const struct decl *storage);

/* walk_environment.c: to what the environment of @r registers. */
int walk_to_environment(struct walk *w, struct realm *r, const struct decl *d);

/* walk_dictionary.c: @d takes out of a dictionary; a dictionary was reached. */
int walk_to_dictionary(struct walk *w, struct realm *r, const struct decl *d);
int walk_to_member(struct walk *w, struct realm *r, const struct decl *d);
/* The same at the end of a use of the dictionary as a whole. */
int walk_to_used(struct walk *w, struct realm *r, const struct decl *d);

/*
 * walk_service.c: @found is in @table of @holder, where services of one name
 * may be put together. Goes on with the one that is wanted, or ends at all of
 * them.
 */
int walk_choose(struct walk *w, struct realm *holder, enum table_kind table,
		struct slot *found);
/* The service that was reached is one: was another instance named? */
int walk_check_instance(struct walk *w, const struct realm *r,
			const struct decl *d);
int walk_to_collection(struct walk *w, struct realm *r, const struct decl *d);
/* @d calls instances otherwise than its source does. */
int walk_rename_instance(struct walk *w, const struct realm *r,
			 const struct decl *d);

/* What is checked: ROUTE_ENDED, ROUTE_BROKEN with the route's why, -ENOMEM. */
int walk_check_slot(struct walk *w, const struct slot *slot);
int walk_check_availability(struct walk *w, const struct realm *realm,
			    const struct decl *d);
int walk_check_rights(struct walk *w, const struct realm *realm,
		      const struct decl *d);
int walk_check_access(struct walk *w, const struct realm *r,
		      const struct decl *d);
int walk_check_config(struct walk *w, const struct realm *r,
		      const struct decl *d);
int walk_check_policy(struct walk *w, const struct realm *provider,
		      const struct decl *d);
/* Put @subdir in front of what was collected: it is nearer to the source. */
int walk_prepend_subdir(struct walk *w, const struct realm *realm,
			const struct decl *d, const char *subdir);
