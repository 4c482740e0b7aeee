/*
 * What was taken out of a dictionary.
 *
 * A slot is derived from one other. One that takes its capability out of a
 * dictionary needs two things to hold: the member it is derived from, and the
 * way by which the dictionary came to it. The second is noted here, so that
 * whoever takes the dictionary back takes back what was taken out of it.
 *
 * Few slots are carried, so that they are kept in maps of the tree and cost the
 * others nothing.
 */
#pragma once

#include "route/realm.h"

struct carry {
	struct slot *slot;    /* what was taken out */
	struct slot *carrier; /* a dictionary on the way to it */
	struct map_node by_slot, by_carrier, by_both;
	uint64_t round;	       /* in which it was last taken back */
	struct carry *waiting; /* the next to be visited in that round */
};

/* @slot depends on @carrier as well. 0 or -ENOMEM; the same again is nothing.
 */
int carry_note(struct slot *slot, struct slot *carrier);

/* @s ends, or is derived anew: nothing is carried to it or by it any more. */
void carry_forget(struct slot *s);

/* What @carrier carries, one after the other: @c NULL is the first. */
struct carry *carry_next(const struct slot *carrier, struct carry *c);
