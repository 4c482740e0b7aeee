/*
 * Realms are visited in document order without recursion. A realm that could
 * not be resolved is reported once, where it is declared, not once more for
 * every route that would have passed through it.
 */
#include "route/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"

static void report_broken(struct report *report, const struct realm *r)
{
	struct place place = { 0, 0 };
	const char *file = r->url;

	if (r->decl) {
		place = r->decl->url_place;
		file = r->parent->manifest->file;
	}
	report_add(report, SEVERITY_ERROR, file, place, "resolve-failed",
		   "%s cannot be resolved: %s", r->moniker,
		   r->broken ? r->broken : "out of memory");
}

/* A component that has itself among its ancestors never ends. */
static bool realm_recurs(const struct realm *r)
{
	const struct realm *above;

	for (above = r->parent; above; above = above->parent)
		if (above->manifest && r->manifest &&
		    !strcmp(above->manifest->file, r->manifest->file))
			return true;
	return false;
}

static void report_route(struct report *report, const struct realm *r,
			 const struct decl *d, const struct route *route)
{
	const struct why *w = &route->why;

	/* Already reported, once, by report_broken(). */
	if (!strcmp(w->rule, "resolve-failed"))
		return;
	report_add(report, SEVERITY_ERROR, w->file, w->place, w->rule,
		   "%s; so the %s of %s by %s is broken%s%s",
		   text_string(&w->text), decl_kind_name(d->kind),
		   d->target_name, r->moniker, w->fix.n ? ": " : "",
		   text_string(&w->fix));
}

static int check_decls(struct realm *r, enum decl_kind kind,
		       struct route *route, struct report *report)
{
	const struct manifest *m = r->manifest;
	size_t i;
	int k;

	for (i = 0; i < m->n_decls[kind]; i++) {
		k = route_walk(r, &m->decls[kind][i], route);
		if (k < 0)
			return k;
		/* Everything was resolved before: nothing is needed now. */
		if (k == ROUTE_BROKEN)
			report_route(report, r, &m->decls[kind][i], route);
	}
	return 0;
}

static int check_resolve(struct topology *t, check_resolve_fn resolve,
			 void *userdata, struct report *report)
{
	struct realm *r;
	int k;

	for (r = t->root; r; r = realm_next(r)) {
		if (r->state == REALM_UNRESOLVED) {
			k = resolve(userdata, r, report);
			if (k < 0)
				return k;
		}
		if (r->state == REALM_BROKEN) {
			report_broken(report, r);
			continue;
		}
		if (!realm_recurs(r))
			continue;
		report_add(report, SEVERITY_ERROR, r->manifest->file,
			   (struct place){ 1, 1 }, "recursive-component",
			   "%s is the same component as one of its own "
			   "ancestors, so the tree would never end",
			   r->moniker);
		while (!list_is_empty(&r->children))
			realm_remove(list_first(&r->children, struct realm,
						link));
		/* Reported once: no route through it is reported again. */
		realm_break(r, "it is the same component as one of its own "
			       "ancestors");
	}
	return 0;
}

int check_tree(struct topology *t, check_resolve_fn resolve, void *userdata,
	       struct report *report)
{
	struct route *route;
	struct realm *r;
	int k;

	k = check_resolve(t, resolve, userdata, report);
	if (k < 0)
		return k;
	route = calloc(1, sizeof(*route));
	if (!route)
		return -ENOMEM;
	for (r = t->root; r && !k; r = realm_next(r)) {
		if (r->state != REALM_RESOLVED)
			continue;
		k = check_decls(r, DECL_USE, route, report);
		if (!k)
			k = check_decls(r, DECL_EXPOSE, route, report);
	}
	route_fini(route);
	free(route);
	report_sort(report);
	return report->failed ? -ENOMEM : k;
}
