/* Where walks begin: at a declaration, at a name, at any slot. */
#include "route/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reeve/status.h"
#include "route/grant.h"
#include "route/walk.h"
#include "route/why.h"

void route_fini(struct route *route)
{
	text_fini(&route->subdir);
	text_fini(&route->instances);
	text_fini(&route->why.text);
	text_fini(&route->why.fix);
	text_fini(&route->why.wanted_name);
}

void route_clear(struct route *route)
{
	route_fini(route);
	/* The hops beyond n_hops are never read; do not clear 4 KiB of them. */
	memset((char *)route + offsetof(struct route, n_hops), 0,
	       sizeof(*route) - offsetof(struct route, n_hops));
}

static int walk_from(struct slot *slot, const struct realm *client,
		     const char *instance, struct route *route)
{
	struct walk w = { .route = route,
			  .availability = slot->decl->availability,
			  .client = client,
			  .instance = instance };
	int k;

	route_clear(route);
	k = walk_arrive(&w, slot);
	if (!k) {
		do
			k = walk_step(&w);
		while (k == STEP_ON);
	}
	if (text_is_failed(&route->subdir) ||
	    text_is_failed(&route->instances) ||
	    text_is_failed(&route->why.text) || text_is_failed(&route->why.fix))
		return -ENOMEM;
	if (k != STEP_SOURCE)
		return k;
	route->rights = w.rights;
	return ROUTE_ENDED;
}

int route_walk_slot(struct slot *slot, const struct realm *client,
		    struct route *route)
{
	return walk_from(slot, client, NULL, route);
}

int route_walk(struct realm *r, const struct decl *decl, struct route *route)
{
	return route_walk_instance(r, decl, NULL, route);
}

int route_walk_instance(struct realm *r, const struct decl *decl,
			const char *instance, struct route *route)
{
	bool is_use = decl->kind == DECL_USE;
	struct slot *slot = realm_slot_of(
		r, is_use ? TABLE_PROGRAM_INPUT : TABLE_OUTPUT, decl);

	if (!slot)
		return -ENOENT;
	/* What is exposed is for the parent, if there is one. */
	return walk_from(slot, is_use || !r->parent ? r : r->parent, instance,
			 route);
}

void route_spend(struct route *route)
{
	struct grant *g;
	size_t i;

	for (i = 0; i < route->n_hops; i++) {
		g = route->hops[i].slot->grant;
		/* A grant that made two slots counts once. */
		if (g && route->hops[i].slot == &g->slots[0] &&
		    g->uses_left != GRANT_USES_ANY)
			g->uses_left--;
	}
}

static const struct decl *decl_named(const struct realm *r, enum decl_kind kind,
				     const char *name)
{
	const struct manifest *m = r->manifest;
	const struct decl *d;
	size_t i;

	for (i = 0; i < m->n_decls[kind]; i++) {
		d = &m->decls[kind][i];
		if (kind == DECL_EXPOSE && d->to.kind != TARGET_PARENT)
			continue;
		if (!strcmp(d->target_name, name) ||
		    (d->path && !strcmp(d->path, name)))
			return d;
		/* A value goes by its field as well as by its name. */
		if (d->type == CAPABILITY_CONFIG && !strcmp(d->name, name))
			return d;
	}
	return NULL;
}

int route_walk_name(struct realm *r, const char *name, struct route *route)
{
	const char *plain = strncmp(name, "/svc/", 5) ? name : name + 5;
	const struct manifest *m = r->manifest;
	const struct decl *d;
	const char **names, *near;
	size_t n = 0, i;

	d = decl_named(r, DECL_USE, plain);
	if (!d)
		d = decl_named(r, DECL_USE, name);
	if (!d)
		d = decl_named(r, DECL_EXPOSE, plain);
	if (d)
		return route_walk(r, d, route);

	route_clear(route);
	names = calloc(m->n_decls[DECL_USE] + m->n_decls[DECL_EXPOSE] + 1,
		       sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (i = 0; i < m->n_decls[DECL_USE]; i++)
		names[n++] = m->decls[DECL_USE][i].target_name;
	for (i = 0; i < m->n_decls[DECL_EXPOSE]; i++)
		names[n++] = m->decls[DECL_EXPOSE][i].target_name;
	near = text_nearest(plain, names, n);
	free(names);
	why_realm(&route->why, r, "not-used", REEVE_ERR_NOT_FOUND,
		  "%s neither uses nor exposes %s%s%s%s", r->moniker, plain,
		  near ? " (did you mean " : "", near ? near : "",
		  near ? "?)" : "");
	return text_is_failed(&route->why.text) ? -ENOMEM : ROUTE_BROKEN;
}
