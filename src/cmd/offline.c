/* The same resolver and the same walk as the manager's. */
#include "cmd/offline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "reeve/status.h"
#include "route/why.h"

/* What a manager gives to the root of any tree. */
static const struct builtin builtins[] = {
	{ CAPABILITY_DIRECTORY, "data", RIGHTS_R | RIGHTS_W },
};

struct package_paths offline_paths(const char *file,
				   const struct cmd_options *options,
				   const char **room, char **ret_default)
{
	*ret_default = NULL;
	if (options->n_packages)
		return (struct package_paths){
			.directories = options->packages,
			.n = options->n_packages,
			.includes = options->includes,
			.n_includes = options->n_includes,
		};
	*ret_default = package_default_path(file);
	room[0] = *ret_default;
	return (struct package_paths){
		.directories = room,
		.n = *ret_default ? 1 : 0,
		.includes = options->includes,
		.n_includes = options->n_includes,
	};
}

bool offline_init(struct offline *o, const char *file,
		  const struct cmd_options *options)
{
	*o = (struct offline){ 0 };
	report_init(&o->report);
	resolver_init(&o->resolver, offline_paths(file, options, o->packages,
						  &o->default_packages));
	return resolver_tree(&o->tree, file, builtins, N_ELEMENTS(builtins)) ==
	       0;
}

void offline_fini(struct offline *o)
{
	topology_fini(&o->tree);
	resolver_fini(&o->resolver);
	report_fini(&o->report);
	free(o->default_packages);
}

static bool offline_resolve(struct offline *o, struct realm *r)
{
	if (r->state == REALM_UNRESOLVED)
		(void)resolver_resolve(&o->resolver, r, &o->report);
	return r->state == REALM_RESOLVED;
}

struct realm *offline_find(struct offline *o, const char *moniker)
{
	_cleanup_free_ char *path = strdup(moniker);
	struct realm *r = o->tree.root;
	char *slash = path;

	if (!path || *path != '/')
		return NULL;
	while (r && offline_resolve(o, r) && slash && slash[1]) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = 0;
		r = topology_find(&o->tree, path);
		if (slash)
			*slash = '/';
	}
	/* What could not be resolved on the way has no children. */
	return r && !strcmp(r->moniker, moniker) ? r : NULL;
}

int offline_route(struct offline *o, struct realm *r, const struct decl *decl,
		  struct route *route)
{
	int k;

	while ((k = route_walk(r, decl, route)) == ROUTE_UNRESOLVED) {
		k = resolver_resolve(&o->resolver, route->need, &o->report);
		if (k < 0)
			return k;
	}
	return k;
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

/* What was perhaps meant, of the children of @above; NULL if nothing is near.
 */
static const char *moniker_near(struct offline *o, const struct realm *above,
				const char *moniker)
{
	_cleanup_text_ struct text absolute = TEXT_INIT;
	const char *slash = strrchr(moniker, '/');
	const char *name = slash ? slash + 1 : moniker;
	const struct realm *child;

	text_printf(&absolute, "/%s", moniker);
	child = *moniker != '/' ? offline_find(o, text_string(&absolute))
				: NULL;
	if (child)
		return child->moniker;
	list_for_each (child, &above->children, link)
		/* Of one letter, any other would be near. */
		if (name[0] && name[1] && text_nearest(name, &child->name, 1))
			return child->moniker;
	return NULL;
}

void offline_explain_absent(struct offline *o, const char *moniker,
			    struct route *route)
{
	const struct realm *above = realm_above(o, moniker);
	const char *near;

	if (above->state == REALM_BROKEN) {
		why_realm(&route->why, above, "resolve-failed",
			  REEVE_ERR_NOT_FOUND, "%s cannot be resolved: %s",
			  above->moniker,
			  above->broken ? above->broken : "out of memory");
		return;
	}
	near = moniker_near(o, above, moniker);
	why_realm(&route->why, above, "instance-not-found", REEVE_ERR_NOT_FOUND,
		  "there is no component %s in this tree%s%s%s", moniker,
		  near ? " (did you mean " : "", near ? near : "",
		  near ? "?)" : "");
}

int offline_no_such_realm(struct offline *o, const char *moniker, bool json)
{
	struct route *route = calloc(1, sizeof(*route));
	_cleanup_text_ struct text t = TEXT_INIT;

	if (!route)
		return cmd_fail("out of memory");
	report_sort(&o->report);
	report_render(&o->report, &t);
	cmd_print_error(&t);
	offline_explain_absent(o, moniker, route);
	if (json) {
		route_render_json(route, ROUTE_BROKEN, &t);
		text_puts(&t, "\n");
		cmd_print(&t);
	} else {
		cmd_fail("%s; see reeve tree %s", text_string(&route->why.text),
			 o->tree.root->url);
	}
	route_fini(route);
	free(route);
	return EXIT_NOT;
}
