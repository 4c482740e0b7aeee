/*
 * Environments: what a component finds besides what it is offered.
 *
 * A component is placed in an environment by its parent, which declares it.
 * What that does not register is looked for further up, as long as each extends
 * the one above it. Above the root is the manager, which runs programs of the
 * machine and resolves packages and files.
 */
#include "route/walk.h"

#include <errno.h>
#include <string.h>

#include "reeve/status.h"
#include "route/why.h"

/* The environment that was looked into last: the outermost. */
struct scope {
	const struct realm *declarer; /* NULL: there is none */
	const struct environment_decl *environment;
};

/* What it registers under a name that @d's may be a slip of; NULL if nothing.
 */
static const struct decl *registration_near(const struct scope *s,
					    const struct decl *d)
{
	const struct table *t = &s->declarer->tables[TABLE_ENVIRONMENT];
	const struct decl *at;
	size_t i;

	for (i = 0; i < t->n && i < WHY_LOOKED_MAX; i++) {
		at = t->slots[i].decl;
		if (at->environment == s->environment && at->type == d->type &&
		    text_nearest(d->name, &at->target_name, 1))
			return at;
	}
	return NULL;
}

static const char *registered_as(const struct decl *d)
{
	return d->from.kind == SOURCE_DEBUG ? "debug capability" : d->keyword;
}

static int environment_missing(struct walk *w, const struct realm *r,
			       const struct decl *d, const struct scope *s)
{
	struct why *why = &w->route->why;
	const struct decl *near = s->declarer ? registration_near(s, d) : NULL;

	if (s->declarer)
		why_at(why, s->declarer,
		       near ? near->place : s->environment->place,
		       "use-from-environment-not-found", REEVE_ERR_NOT_FOUND,
		       "the environment \"%s\" of %s has no %s %s, which %s "
		       "needs%s%s%s",
		       s->environment->name, s->declarer->moniker,
		       registered_as(d), d->name, r->moniker,
		       near ? " (did you mean " : "",
		       near ? near->target_name : "", near ? "?)" : "");
	else
		why_refused(
			why, r, d, "use-from-environment-not-found",
			REEVE_ERR_NOT_FOUND,
			"%s needs the %s %s, and neither it nor a component "
			"above it was placed in an environment",
			r->moniker, registered_as(d), d->name);
	text_printf(&why->fix, "register { %s: \"%s\", from: ... } in %s",
		    d->keyword, d->name,
		    s->declarer ? "that environment"
				: "an environment of a parent, and place the "
				  "child in it");
	return ROUTE_BROKEN;
}

/* The registration that @d asks for, by the environment of @r; NULL if there is
 * none. */
static struct slot *environment_search(const struct realm *r,
				       const struct decl *d, struct scope *ret)
{
	const struct environment_decl *e;
	struct slot *found;

	*ret = (struct scope){ NULL, NULL };
	for (; r->parent; r = r->parent) {
		e = realm_environment(r);
		if (!e)
			continue;
		*ret = (struct scope){ r->parent, e };
		found = realm_find_registration(r->parent, e, d->type, d->name);
		if (found || !e->extends_parent)
			return found;
	}
	return NULL;
}

int walk_to_environment(struct walk *w, struct realm *r, const struct decl *d)
{
	struct scope last;
	struct slot *found = environment_search(r, d, &last);

	if (found)
		return walk_derive(w, found);
	if (d->type == CAPABILITY_RUNNER && !strcmp(d->name, "elf") &&
	    (!last.declarer || last.environment->extends_parent))
		return walk_end(w, ROUTE_SOURCE_BUILTIN, NULL, d->name);
	return environment_missing(w, r, d, &last);
}

int route_walk_resolver(struct realm *r, const char *scheme,
			struct route *route)
{
	const struct decl wanted = { .type = CAPABILITY_RESOLVER,
				     .name = scheme };
	struct scope last;
	struct slot *found = environment_search(r, &wanted, &last);

	if (found)
		return route_walk_slot(found, found->holder, route);
	route_clear(route);
	why_realm(&route->why, r, "resolver-not-found", REEVE_ERR_NOT_FOUND,
		  "no resolver for URLs that begin with \"%s:\" is registered "
		  "in the environment of %s",
		  scheme, r->moniker);
	return text_is_failed(&route->why.text) ? -ENOMEM : ROUTE_BROKEN;
}
