/*
 * What is told of a route: rendered when it is first opened, and again only
 * after the tree has changed. The lines of a route are long and an open is
 * short, so rendering them at each open would be most of its cost.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"
#include "route/route.h"

struct told;

int told_new(struct told **ret);
void told_free(struct told *t);

struct telling {
	const char *detail; /* for people: the hops, a line each */
	const char *fields; /* JSON members, beginning with a comma */
};

/*
 * The telling of @route, which is that of @r's declaration @decl and has ended.
 * @generation changes whenever the tree does. *ret is valid until the next
 * call. 0 or -ENOMEM.
 */
int told_get(struct told *t, const struct realm *r, const struct decl *decl,
	     const struct route *route, uint64_t generation,
	     struct telling *ret);
