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
 * Resolve everything that can be reached from the root, and nothing more: every
 * realm is resolved or broken then. What cannot be had goes into @report. 0, or
 * a fault.
 */
int check_resolve(struct topology *t, check_resolve_fn resolve, void *userdata,
		  struct report *report);

/*
 * Resolve everything that can be reached from the root, then route, and look at
 * the tree as a whole. What is wrong goes into @report: as errors what would be
 * refused, and what the tree's policy forbids or demands (the root's, and
 * @more, if that is not NULL); as warnings what is offered and taken by nobody.
 * 0, or a fault.
 */
int check_tree(struct topology *t, check_resolve_fn resolve, void *userdata,
	       const struct policy *more, struct report *report);
