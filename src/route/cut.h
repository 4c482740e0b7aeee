/*
 * Taking back: a slot, and everything that was derived from it.
 *
 * Pure. What becomes of live connections is the host's to do: here they are
 * only found.
 */
#pragma once

#include "route/grant.h"

struct cutting {
	/* A slot below, with the connections that were minted under it. */
	void (*on_slot)(void *userdata, struct slot *s);
	/* A grant, whose slots were told before, is about to be freed. */
	void (*on_grant)(void *userdata, struct grant *g);
	void *userdata;
};

/*
 * Cut @s: a slot of a manifest is marked, and refuses from now on; one of a
 * grant goes with its grant (but what the hierarchy rule made is marked, or the
 * next connection by name would make it anew). Everything below it in the
 * derivation tree is visited, and the grants there go as well. Returns how many
 * slots were visited.
 *
 * The tree below is known as far as routes were walked; what nobody has walked
 * yet will end at the mark.
 */
size_t slot_cut(struct slot *s, enum slot_cut why, const struct cutting *c);

/*
 * Who provided @s has ended, or has taken its registration back to replace it:
 * visit what is below, and free only what cannot be had again (the registration
 * itself and what the rule made of it). What was granted of it stays, and leads
 * to nothing until it is registered again.
 */
size_t slot_end(struct slot *s, const struct cutting *c);

/* All that @r holds: its input and what its program uses. What is below both is
 * visited twice. */
size_t realm_cut(struct realm *r, enum slot_cut why, const struct cutting *c);

/* A slot of a manifest that was cut is whole again. False if it was not cut, or
 * a grant has taken its place: that one goes first. */
bool slot_mend(struct slot *s);

/* The slot after @s among @top and all that is derived from it, parents first;
 * NULL at the end. */
struct slot *slot_next_derived(struct slot *s, const struct slot *top);

/* Is @s the slot @above, or derived from it at any depth? */
bool slot_is_at_or_below(const struct slot *s, const struct slot *above);

/* All that a manifest gave it, and the rule. */
void realm_mend(struct realm *r);

/* How many connections were minted under it and what is derived from it. */
size_t slot_count_connections(struct slot *s);
/* How many slots are derived from it, at any depth. */
size_t slot_count_derived(struct slot *s);

/* "its parent", "the operator": who cut it, for a sentence. */
const char *slot_cut_name(enum slot_cut why);
