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

struct walk {
	struct route *route;
	struct slot *slot;
	/* The rights that have been asked for so far; only directories. */
	uint32_t rights;
	bool has_rights;
	enum availability availability;
	/* On whose behalf: its policy is the source's to have. */
	const struct realm *client;
};

/* Arrive at a slot: note the hop and check what its declaration demands. */
int walk_arrive(struct walk *w, struct slot *slot);
/* From the present slot to the one it is derived from: STEP_ON, STEP_SOURCE, a
 * verdict of route_walk(), or -errno. */
int walk_step(struct walk *w);

/* What is checked: ROUTE_ENDED, ROUTE_BROKEN with the route's why, -ENOMEM. */
int walk_check_slot(struct walk *w, const struct slot *slot);
int walk_check_availability(struct walk *w, const struct realm *realm,
			    const struct decl *d);
int walk_check_rights(struct walk *w, const struct realm *realm,
		      const struct decl *d);
int walk_check_access(struct walk *w, const struct realm *r,
		      const struct decl *d);
/* Put @subdir in front of what was collected: it is nearer to the source. */
int walk_prepend_subdir(struct walk *w, const struct realm *realm,
			const struct decl *d, const char *subdir);
