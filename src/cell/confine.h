/*
 * Giving up: everything that is let go of before the component's first
 * instruction.
 */
#pragma once

#include "cell/blank.h"
#include "cell/filter.h"

/*
 * The task that will become the component: drop privileges, load the filter. 0,
 * or -1 with *ret_why.
 */
int confine_task(const struct blank *b, const struct filter *filter,
		 struct cell_failure *ret_why);

/* The same task, once all mounts are there. 0, or -1 with errno. */
int confine_landlock(const struct blank *b);

/*
 * The init, once it has nothing left to do but to reap and report. It is not
 * under Landlock: in a domain of its own it could not signal the component, and
 * there is nothing that it could be made to open. 0, or -1 with *ret_why.
 */
int confine_init(const struct blank *b, const struct filter *filter,
		 struct cell_failure *ret_why);
