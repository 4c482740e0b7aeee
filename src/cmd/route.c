/* reeve route: the hops of a capability, or the one that does not hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/offline.h"
#include "reeve/status.h"
#include "route/why.h"

static void print_route(const struct route *route, int verdict,
			const char *what, bool json)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (json) {
		route_render_json(route, verdict, &t);
		text_puts(&t, "\n");
	} else {
		text_printf(&t, "%s: %s\n", what,
			    verdict == ROUTE_ENDED ? "routed" : "broken");
		route_render(route, verdict, &t);
	}
	cmd_print(&t);
}

static int route_one(struct offline *o, struct realm *r, const char *name,
		     bool json)
{
	struct route *route = calloc(1, sizeof(*route));
	int k, status;

	if (!route)
		return cmd_fail("out of memory");
	while ((k = route_walk_name(r, name, route)) == ROUTE_UNRESOLVED)
		if (resolver_resolve(&o->resolver, route->need, &o->report) < 0)
			break;
	if (k < 0 || k == ROUTE_UNRESOLVED)
		status = cmd_fail("%s", k < 0 ? strerror(-k) : "out of memory");
	else
		status = k == ROUTE_ENDED ? EXIT_DONE : EXIT_NOT;
	if (k == ROUTE_ENDED || k == ROUTE_BROKEN)
		print_route(route, k, name, json);
	route_fini(route);
	free(route);
	return status;
}

static int route_all(struct offline *o, struct realm *r, bool json)
{
	static const enum decl_kind kinds[] = { DECL_USE, DECL_EXPOSE };
	struct route *route = calloc(1, sizeof(*route));
	const struct manifest *m = r->manifest;
	int k, status = EXIT_DONE;
	size_t i, j;

	if (!route)
		return cmd_fail("out of memory");
	if (!m->n_decls[DECL_USE] && !m->n_decls[DECL_EXPOSE])
		fprintf(stderr, "%s uses and exposes nothing\n", r->moniker);
	for (i = 0; i < N_ELEMENTS(kinds); i++) {
		for (j = 0; j < m->n_decls[kinds[i]]; j++) {
			k = offline_route(o, r, &m->decls[kinds[i]][j], route);
			if (k < 0) {
				status = cmd_fail("%s", strerror(-k));
				break;
			}
			print_route(route, k,
				    m->decls[kinds[i]][j].target_name, json);
			if (k != ROUTE_ENDED)
				status = EXIT_NOT;
		}
	}
	route_fini(route);
	free(route);
	return status;
}

/* As far on the way to @moniker as there are components. */
static const struct realm *realm_above(const struct offline *o,
				       const char *moniker)
{
	_cleanup_free_ char *path = strdup(moniker);
	const struct realm *r = NULL;
	char *slash;

	while (path && !(r = topology_find(&o->tree, path))) {
		slash = strrchr(path, '/');
		if (!slash)
			break;
		*slash = 0;
	}
	return r ? r : o->tree.root;
}

/* What was perhaps meant, of the children of @above; NULL if nothing is near. */
static const char *moniker_near(struct offline *o, const struct realm *above,
				const char *moniker)
{
	_cleanup_text_ struct text absolute = TEXT_INIT;
	const char *slash = strrchr(moniker, '/');
	const char *name = slash ? slash + 1 : moniker;
	const struct realm *child;

	text_printf(&absolute, "/%s", moniker);
	child = *moniker != '/' ? offline_find(o, text_string(&absolute)) : NULL;
	if (child)
		return child->moniker;
	list_for_each(child, &above->children, link)
		/* Of one letter, any other would be near. */
		if (name[0] && name[1] && text_nearest(name, &child->name, 1))
			return child->moniker;
	return NULL;
}

/* No such component, or none that can be read: in the form of a broken route,
 * for scripts. */
static int no_such_realm(struct offline *o, const char *moniker, bool json)
{
	struct route *route = calloc(1, sizeof(*route));
	const struct realm *above = realm_above(o, moniker);
	_cleanup_text_ struct text t = TEXT_INIT;
	const char *near;

	if (!route)
		return cmd_fail("out of memory");
	report_sort(&o->report);
	report_render(&o->report, &t);
	cmd_print_error(&t);
	if (above->state == REALM_BROKEN) {
		why_realm(&route->why, above, "resolve-failed",
			  REEVE_ERR_NOT_FOUND, "%s cannot be resolved: %s",
			  above->moniker,
			  above->broken ? above->broken : "out of memory");
	} else {
		near = moniker_near(o, above, moniker);
		why_realm(&route->why, above, "instance-not-found",
			  REEVE_ERR_NOT_FOUND,
			  "there is no component %s in this tree%s%s%s",
			  moniker, near ? " (did you mean " : "",
			  near ? near : "", near ? "?)" : "");
	}
	if (json) {
		route_render_json(route, ROUTE_BROKEN, &t);
		text_puts(&t, "\n");
		cmd_print(&t);
	} else {
		cmd_fail("%s; see reeve tree %s",
			 text_string(&route->why.text), o->tree.root->url);
	}
	route_fini(route);
	free(route);
	return EXIT_NOT;
}

int cmd_route(int argc, char **argv)
{
	struct cmd_options options;
	_cleanup_text_ struct text t = TEXT_INIT;
	struct offline o;
	struct realm *realm;
	int r;

	r = cmd_options(&argc, argv, "pj", &options);
	if (r >= 0)
		return r;
	if (argc < 3 || argc > 4)
		return cmd_usage(argv[0], "name a root manifest, a moniker and "
				 "at most one capability");
	if (!offline_init(&o, argv[1], &options))
		return cmd_fail("out of memory");
	realm = offline_find(&o, argv[2]);
	if (!realm || realm->state != REALM_RESOLVED) {
		r = no_such_realm(&o, argv[2], options.json);
	} else {
		r = argc == 4 ? route_one(&o, realm, argv[3], options.json) :
				route_all(&o, realm, options.json);
		report_sort(&o.report);
		report_render(&o.report, &t);
		cmd_print_error(&t);
	}
	offline_fini(&o);
	return r;
}
