/* One pass over the tree, in document order. */
#include "route/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* Each instance of a service is looked for among all of them. */
	LOOKED_MAX = 200000000,
};

struct pass {
	struct survey *survey;
	survey_fn on_route;
	void *userdata;
	/* Of the declaration, and of one instance of it. */
	struct route *route, *instance;
	uint64_t n_looked;
};

static bool route_is_weak(const struct route *route)
{
	size_t i;

	for (i = 0; i < route->n_hops; i++)
		if (route->hops[i].decl->weak)
			return true;
	return false;
}

static int survey_grow(struct survey *s)
{
	size_t n = s->n_room ? 2 * s->n_room : 64;
	struct survey_route *grown;

	if (s->n == SURVEY_ROUTES_MAX)
		return -EFBIG;
	if (s->n < s->n_room)
		return 0;
	grown = reallocarray(s->routes, n, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->routes = grown;
	s->n_room = n;
	return 0;
}

static int pass_note(struct pass *p, struct realm *r, const struct decl *d,
		     int verdict, const struct route *route,
		     const char *instance)
{
	struct survey *s = p->survey;
	int k = survey_grow(s);

	if (k)
		return k;
	s->routes[s->n++] = (struct survey_route){
		.realm = r,
		.decl = d,
		.verdict = verdict,
		.source = route->source,
		.provider = route->realm,
		/* What is absent has no name of a source, which would outlive
		 * the route. */
		.name = route->source == ROUTE_SOURCE_VOID ? d->name
							   : route->name,
		.rights = route->rights,
		.is_weak = route_is_weak(route),
		.instance = instance,
	};
	return p->on_route ? p->on_route(p->userdata, r, d, verdict, route) : 0;
}

/*
 * Each of the instances that @outer's walk (or, with NULL, the declaration's
 * own) listed. One that is put together itself is looked into: sources are in
 * each other as deep as realms are.
 */
static int pass_instances(struct pass *p, struct realm *r, const struct decl *d,
			  const struct route *listed, const char *outer)
{
	_cleanup_text_ struct text names = TEXT_INIT;
	const char *name, *full;
	size_t n = listed->n_instances, i;
	int k = 0;

	if (d->type == CAPABILITY_SERVICE)
		p->n_looked += (uint64_t)n * n;
	if (p->n_looked > LOOKED_MAX)
		return -EFBIG;
	text_append(&names, listed->instances.bytes, listed->instances.n);
	name = text_string(&names);
	for (i = 0; i < n && !k; i++, name += strlen(name) + 1) {
		full = arena_printf(&p->survey->arena, "%s%s%s",
				    outer ? outer : "", outer ? ":" : "", name);
		if (!full || text_is_failed(&names))
			return -ENOMEM;
		k = route_walk_instance(r, d, full, p->instance);
		if (k < 0)
			return k;
		if (!k && p->instance->source == ROUTE_SOURCE_AGGREGATE &&
		    p->instance->n_instances)
			k = pass_instances(p, r, d, p->instance, full);
		else
			k = pass_note(p, r, d, k, p->instance, full);
	}
	return k;
}

static int pass_decl(struct pass *p, struct realm *r, const struct decl *d)
{
	int k = route_walk(r, d, p->route);

	if (k < 0)
		return k;
	if (!k && p->route->source == ROUTE_SOURCE_AGGREGATE &&
	    p->route->n_instances)
		return pass_instances(p, r, d, p->route, NULL);
	return pass_note(p, r, d, k, p->route, NULL);
}

static int pass_realm(struct pass *p, struct realm *r)
{
	static const enum decl_kind kinds[] = { DECL_USE, DECL_EXPOSE };
	const struct manifest *m = r->manifest;
	size_t kind, i;
	int k;

	for (kind = 0; kind < 2; kind++) {
		for (i = 0; i < m->n_decls[kinds[kind]]; i++) {
			k = pass_decl(p, r, &m->decls[kinds[kind]][i]);
			if (k)
				return k;
		}
	}
	return 0;
}

int survey_take(struct topology *t, survey_fn on_route, void *userdata,
		struct survey *ret)
{
	struct survey s = { 0 };
	struct route *routes = calloc(2, sizeof(*routes));
	struct pass p = { .survey = &s,
			  .on_route = on_route,
			  .userdata = userdata,
			  .route = routes,
			  .instance = routes + 1 };
	struct realm *r;
	int k = 0;

	if (!routes)
		return -ENOMEM;
	for (r = t->root; r && !k; r = realm_next(r))
		if (r->state == REALM_RESOLVED)
			k = pass_realm(&p, r);
	route_fini(p.route);
	route_fini(p.instance);
	free(routes);
	if (k) {
		survey_fini(&s);
		return k;
	}
	*ret = s;
	return 0;
}

void survey_fini(struct survey *s)
{
	arena_fini(&s->arena);
	free(s->routes);
	*s = (struct survey){ 0 };
}
