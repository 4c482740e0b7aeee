/* The same resolver and the same walk as the manager's. */
#include "cmd/offline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
		return (struct package_paths){ options->packages,
					       options->n_packages };
	*ret_default = package_default_path(file);
	room[0] = *ret_default;
	return (struct package_paths){ room, *ret_default ? 1 : 0 };
}

bool offline_init(struct offline *o, const char *file,
		  const struct cmd_options *options)
{
	*o = (struct offline){ 0 };
	report_init(&o->report);
	resolver_init(&o->resolver,
		      offline_paths(file, options, o->packages,
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
