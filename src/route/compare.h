/*
 * Compare: what a change of manifests adds to the authority in a tree, and what
 * it takes away.
 *
 * Two trees, each with its graph (route/reach.h). Components are the same if
 * their monikers are; what one has is the same if it has the same type and the
 * same local name, or comes from the same source.
 */
#pragma once

#include "route/reach.h"

enum change_kind {
	CHANGE_COMPONENT, /* it is there, or its URL is another */
	CHANGE_PROGRAM,	  /* it has a program, or that sees the host's libraries
			   */
	CHANGE_USE,
	CHANGE_EXPOSE,
	CHANGE_OFFER,  /* it is offered what it does not use */
	CHANGE_MEMBER, /* the members of a collection are */
	CHANGE_ACCESS, /* of a capability that it declares */
	CHANGE_LIMIT,
	CHANGE_POLICY, /* of the tree, in the root's manifest */
	N_CHANGE_KINDS,
};

enum change_sign {
	CHANGE_ADDED = '+',
	CHANGE_REMOVED = '-',
	CHANGE_ALTERED = '~',
};

struct change {
	enum change_kind kind;
	enum change_sign sign;
	bool grows; /* there is authority that was not there */
	const char *moniker;
	const char *text; /* of one line, without the component */
	/* In the new tree; of what was removed, in the old one. */
	const char *file;
	struct place place;
	/* Of uses, exposes and offers; NULL on the side where there is none. */
	const struct reach_record *before, *after;
};

/* Two components of which the first can reach the second now, over at least one
 * other, and could not before. */
struct change_pair {
	const struct realm *from, *to; /* of the new tree */
};

enum { COMPARE_PAIRS_MAX = 100 };

struct compare {
	struct arena arena;
	/* By component: those of the new tree in its order, then those that are
	 * only in the old one. */
	struct change *changes;
	size_t n_changes, n_changes_room;
	size_t n_growing;
	/* Trees may be too large for it, see route/pairs.h. */
	bool has_pairs;
	size_t n_gained, n_lost;
	/* The first ones. */
	struct change_pair gained[COMPARE_PAIRS_MAX];
};

/*
 * 0 and the caller owns *ret (compare_fini; it points into both trees), or
 * -ENOMEM.
 */
int compare_take(const struct reach *before, const struct reach *after,
		 struct compare *ret);
void compare_fini(struct compare *c);

/* The stable word for a kind: "use", "limit". */
const char *change_kind_name(enum change_kind kind);
