/* For fix.c: the tree as it would be with a draft. */
#pragma once

#include "route/fix_draft.h"

struct sim {
	struct topology tree;
	const struct topology *original;
	const struct draft *draft;
	/* A file that was a manifest is none with the draft: it is no way to
	 * go. */
	bool is_invalid;
	/* What is wrong with the first file that was none before either. */
	struct report unloaded;
};

/* 0 or -ENOMEM. The draft stays as it is until sim_fini(), which zeroed memory
 * may be given as well. */
int sim_init(struct sim *s, const struct topology *original,
	     const struct draft *draft);
void sim_fini(struct sim *s);

/* Make sure that @r is resolved or broken. 0 or a fault. */
int sim_resolve(struct sim *s, struct realm *r);

/* The realm of a moniker, resolved; NULL: there is none. 0 or a fault. */
int sim_find(struct sim *s, const char *moniker, struct realm **ret);

/* route_walk_name() and route_walk_slot(), resolving what they need. */
int sim_route_name(struct sim *s, struct realm *r, const char *name,
		   struct route *route);
int sim_route_slot(struct sim *s, struct slot *slot, const struct realm *client,
		   struct route *route);

/*
 * What is wrong with the whole tree: the routes that do not hold, sorted, in
 * the arena, and how many errors there are of any kind. 0 or a fault.
 */
struct sim_verdict {
	const char **broken;
	size_t n_broken, n_errors;
	size_t n_resolved; /* realms */
};

int sim_judge(struct sim *s, struct arena *arena, struct sim_verdict *ret);

/* Is something broken in @after that was not in @before? */
bool sim_is_worse(const struct sim_verdict *after,
		  const struct sim_verdict *before);
