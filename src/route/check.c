/*
 * Realms are visited in document order without recursion. A realm that could
 * not be resolved is reported once, where it is declared, not once more for
 * every route that would have passed through it.
 *
 * Components that need each other in a circle are not looked for here: whatever
 * leads from one child of a component to another, or to its own program, is
 * declared by that component, so each circle in a tree is one in the manifest
 * of the lowest component above all of it, and manifest/cycle.c finds it there.
 */
#include "route/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route/check_parts.h"

static void report_broken(struct report *report, const struct realm *r)
{
	struct place place = place_at(0, 0);
	const char *file = r->url;

	if (r->decl) {
		place = r->decl->url_place;
		file = manifest_file(r->parent->manifest, place);
	}
	report_add(report, SEVERITY_ERROR, file, place, "resolve-failed",
		   "%s cannot be resolved: %s", r->moniker,
		   r->broken ? r->broken : "out of memory");
}

/* The component above @r that is the same as @r: the tree would never end. */
static const struct realm *realm_recurs(const struct realm *r)
{
	const struct realm *above;

	for (above = r->parent; above; above = above->parent)
		if (above->manifest && r->manifest &&
		    !strcmp(above->manifest->file, r->manifest->file))
			return above;
	return NULL;
}

static void report_recursion(struct report *report, const struct realm *r,
			     const struct realm *above)
{
	const struct realm *chain[REALM_DEPTH_MAX + 1], *at;
	struct text t = TEXT_INIT;
	size_t n = 0;

	for (at = r; at != above; at = at->parent)
		chain[n++] = at;
	text_puts(&t, above->manifest->file);
	while (n--)
		text_printf(&t, " -> %s", chain[n]->manifest->file);
	report_add(report, SEVERITY_ERROR,
		   manifest_file(r->parent->manifest, r->decl->place),
		   r->decl->url_place, "recursive-component",
		   "%s is the same component as %s (%s), so the tree would "
		   "never end",
		   r->moniker, above->moniker, text_string(&t));
	report->failed |= text_is_failed(&t);
	text_fini(&t);
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

/* The parent only passes it on, unless it can open what its children expose. */
static bool is_passed_on(const struct realm *r, const struct decl *d,
			 const struct why *w)
{
	return d->kind == DECL_EXPOSE && r->parent &&
	       !strcmp(w->rule, "policy-never") &&
	       !check_has_framework(r->parent);
}

static int on_route(void *userdata, struct realm *r, const struct decl *d,
		    int verdict, const struct route *route)
{
	/* Everything was resolved before: nothing is needed now. */
	if (verdict == ROUTE_BROKEN && !is_passed_on(r, d, &route->why))
		report_route(userdata, r, d, route);
	return 0;
}

int check_resolve(struct topology *t, check_resolve_fn resolve, void *userdata,
		  struct report *report)
{
	const struct realm *above;
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
		above = realm_recurs(r);
		if (!above)
			continue;
		report_recursion(report, r, above);
		while (!list_is_empty(&r->children))
			realm_remove(
				list_first(&r->children, struct realm, link));
		/* Reported once: no route through it is reported again. */
		realm_break(r, "it is the same component as one of its own "
			       "ancestors");
	}
	return 0;
}

static int instance_compare(const void *a, const void *b)
{
	const struct survey_route *x = *(const struct survey_route *const *)a;
	const struct survey_route *y = *(const struct survey_route *const *)b;

	return strcmp(x->instance, y->instance);
}

static void report_instance(struct report *report, const struct survey_route *r)
{
	report_add(report, SEVERITY_ERROR,
		   manifest_file(r->realm->manifest, r->decl->place),
		   r->decl->place, "ambiguous-source",
		   "two sources of %s, which %s uses, give an instance called "
		   "\"%s\"; rename one with \"renamed_instances\"",
		   r->decl->target_name, r->realm->moniker, r->instance);
}

/* The instances of one declaration stand together; of one name only the first
 * is ever opened. */
static int check_instances(const struct survey *s, struct report *report)
{
	const struct survey_route **group = calloc(s->n + 1, sizeof(*group));
	const struct survey_route *r;
	size_t i, k, n;

	if (!group)
		return -ENOMEM;
	for (i = 0; i < s->n; i += n ? n : 1) {
		r = &s->routes[i];
		for (n = 0; r->instance && i + n < s->n &&
			    r[n].decl == r->decl && r[n].realm == r->realm;
		     n++)
			group[n] = &r[n];
		qsort(group, n, sizeof(*group), instance_compare);
		for (k = 1; k < n; k++)
			if (!instance_compare(&group[k - 1], &group[k]))
				report_instance(report, group[k]);
	}
	free(group);
	return 0;
}

/* A policy counts where the tree begins, and nowhere else. */
static void check_policies(struct topology *t, struct report *report)
{
	struct realm *r;

	for (r = realm_next(t->root); r; r = realm_next(r))
		if (r->state == REALM_RESOLVED && r->manifest->policy)
			report_add(report, SEVERITY_WARNING,
				   manifest_file(r->manifest,
						 r->manifest->policy->place),
				   r->manifest->policy->place, "policy-ignored",
				   "%s is not the root of this tree; only the "
				   "root's \"policy\" counts",
				   r->moniker);
}

int check_tree(struct topology *t, check_resolve_fn resolve, void *userdata,
	       const struct policy *more, struct report *report)
{
	struct survey s = { 0 };
	int k;

	k = check_resolve(t, resolve, userdata, report);
	if (!k)
		k = survey_take(t, on_route, report, &s);
	if (k == -EFBIG) {
		report_add(report, SEVERITY_ERROR, t->root->url, place_at(0, 0),
			   "tree-too-large",
			   "more than %d routes, with what is in dictionaries "
			   "and of several sources for each who has it",
			   SURVEY_ROUTES_MAX);
		return report->failed ? -ENOMEM : 0;
	}
	if (!k)
		k = check_instances(&s, report);
	survey_fini(&s);
	if (!k && t->root->manifest && t->root->manifest->policy)
		k = check_policy(t, t->root->manifest->policy, report);
	if (!k && more)
		k = check_policy(t, more, report);
	if (k)
		return k;
	check_policies(t, report);
	check_offers(t, report);
	report_sort(report);
	return report->failed ? -ENOMEM : 0;
}
