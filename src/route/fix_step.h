/* For fix.c: from what broke to the edits that might mend it. */
#pragma once

#include "route/fix_way.h"

/* What is found for one break. The drafts are the tree's, edited. */
typedef int (*step_fn)(void *userdata, const struct draft *edited);

struct steps {
	struct sim *sim;
	const struct route *route; /* broken */
	step_fn on_draft;	   /* 0 or a fault */
	void *userdata;
	/* Several sources that are equally near, of which none is taken. */
	struct text ambiguous;
};

/* What an edit costs. */
enum {
	/* A name that nobody asks for, near one that is missing. */
	COST_SLIP = 9,
	/* Any one declaration. */
	COST_EDIT = 10,
	/* It is taken from somewhere else; it is renamed on the way. */
	COST_SOURCE = 12,
	COST_AS = 14,
	/* Others have it, but this one may be meant; nothing says that anybody
	 * has it. */
	COST_DECLARE = 15,
	COST_ASSUME = 18,
	/* Another capability of a near name; somebody asks for the old name. */
	COST_TAKE_OTHER = 30,
	COST_RENAME_USED = 40,
};

/* Call @on_draft for each edit that is known for what broke. 0 or a fault. */
int steps_find(struct steps *s);

/* The same, if a declaration refuses. */
int steps_refused(struct steps *s);

/* @wanted of @r is taken from the one other place where @r has it. */
int step_source(struct steps *s, const struct realm *r,
		const struct decl *wanted);

/* The file that a declaration is in. */
const char *step_file(const struct realm *r, const struct decl *d);

/* The same for the first thing that is wrong in a file that does not load; then
 * @route is NULL. */
int steps_find_unloaded(struct steps *s);

/* Hand on the draft @d if it could be made: @k is what its maker returned. */
int steps_take(struct steps *s, struct draft *d, int k, unsigned cost);
