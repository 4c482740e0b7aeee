/* For fix.c: where in the tree a capability is to be had, and what has to be
 * declared for it to come from there. */
#pragma once

#include "route/fix_sim.h"

/* A realm on the way from where it lacks. */
struct way_node {
	struct realm *realm;
	const struct way_node *before; /* nearer to where it lacks; or NULL */
	const struct realm *child; /* offer it to this child; NULL: expose */
	struct way_node *next;
};

/* Something that is there already, at the far end of a way. */
struct way {
	const struct way_node *end;
	enum source_kind from;
	const char *name; /* of a child or storage */
	const char *keyword;
	struct slot *slot; /* NULL: the tree's own */
};

enum { WAYS_MAX = 8 };

/* The nearest ones, all equally near. */
struct ways {
	struct way at[WAYS_MAX];
	size_t n;
};

struct wish {
	enum capability_type type;
	const char *keyword, *name;
	uint32_t rights; /* 0: does not say */
};

/*
 * Look around @start, which is to offer it to @child, or, with NULL, to expose
 * it. 0 or a fault.
 */
int ways_find(struct sim *s, struct realm *start, const struct realm *child,
	      const struct wish *wish, struct ways *ret);

/* The ones at @start itself. */
int ways_here(struct sim *s, struct realm *start, const struct realm *child,
	      bool may_be_parent, const struct wish *wish, struct ways *ret);

/* How many declarations it takes. */
unsigned way_length(const struct way *w);

/* Add them. 0, FIX_NONE or a fault. */
int way_apply(const struct way *w, const struct wish *wish, struct draft *d);

/* "#b of /shop": for lists. */
void way_render(const struct way *w, struct text *t);
