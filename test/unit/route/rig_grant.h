/*
 * Grants in the tree of a test: to make them as the host does, to see what a
 * cut takes, and to look whether the tree is still sound.
 */
#pragma once

#include "rig.h"
#include "route/cut.h"
#include "route/registry.h"

/* Make a grant that has to be made; it is routed as far as it goes. */
struct grant *rig_give(struct rig *rig, const char *by, const char *to,
		       const struct grant_spec *spec);

/* Make one that has to be refused, with this sentence; nothing is changed. */
void rig_give_refused(struct rig *rig, const char *by, const char *to,
		      const struct grant_spec *spec, int verdict,
		      const char *sentence);

/* Route from a slot, on behalf of this realm, resolving what is needed. */
int rig_walk_slot(struct rig *rig, struct slot *slot, const char *client);

/* The same, of a grant, on behalf of its holder, compared with the summary. */
void rig_expect_grant(struct rig *rig, struct grant *g, const char *summary);

/* Register a service. @access ends with NULL; a NULL list is everybody. */
struct grant *rig_register(struct rig *rig, const char *moniker,
			   const char *name, const char *const *access);

/*
 * Connect by name, compared with the summary of the route; where nothing of
 * that name is found, with "? " and the sentence.
 */
void rig_expect_connect(struct rig *rig, const char *moniker, const char *name,
			const char *summary);

/* Every list agrees with every pointer, derivation is a forest over slots that
 * live, and every grant has one id. */
void rig_check_tree(const struct rig *rig);

enum { CUT_TOLD_MAX = 512 };

/* What a cut told. */
struct cut_told {
	struct slot *slots[CUT_TOLD_MAX]; /* each once */
	size_t n_slots;
	uint64_t grants[CUT_TOLD_MAX];
	size_t n_grants;
	size_t n_connections; /* under the slots */
};

/* Forgets what was told before. */
struct cutting rig_cutting(struct cut_told *told);
bool rig_was_told(const struct cut_told *told, const struct slot *s);
