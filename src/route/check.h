/*
 * Checking a whole tree before anything runs: every use and every expose of
 * every realm is routed, by the same walk that serves a live open.
 */
#pragma once

#include "base/report.h"
#include "route/route.h"

/*
 * How the tree's manifests are had. Resolves @r with realm_resolve() or
 * realm_break(), and puts what is wrong with the file into @report. 0, or a
 * fault.
 */
typedef int (*check_resolve_fn)(void *userdata, struct realm *r,
				struct report *report);

/*
 * Resolve everything that can be reached from the root, then route. What is
 * wrong goes into @report. 0, or a fault.
 */
int check_tree(struct topology *t, check_resolve_fn resolve, void *userdata,
	       struct report *report);
