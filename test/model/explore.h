/*
 * Every state that a tree of realms can get into by a few kinds of changes.
 *
 * A state is reached by a string of changes; it cannot be copied, so it is made
 * anew from the string when it is needed again. Two strings that lead to the
 * same state (told by its rendering: tables, marks, counts, and what is derived
 * from what) are one. The search ends when no change leads to a new state.
 */
#pragma once

#include "rig_grant.h"

struct exploration {
	struct rig *rig;
	const struct rig_file *files;
	size_t n_changes;
	/* The rig was made anew; begin with the test's own account of it. */
	void (*begin)(void);
	/* Make a change, in the rig and in the account, and compare. */
	void (*apply)(size_t change);
	/* Compare all that can be reached. May walk as much as it likes. */
	void (*check)(void);
	/* What the test itself knows that the rig does not show; may be NULL.
	 */
	void (*render)(struct text *t);
	const char *(*name)(size_t change);
};

struct explored {
	size_t n_states, n_changes, deepest;
};

/* Fails the test when there are more than @max states. */
struct explored explore(const struct exploration *e, size_t max);
