/*
 * Members of collections are made while the system runs, of manifests that
 * nobody has seen yet. What is offered to a collection any of them may use; so
 * one realm, which is in no tree, stands for all of one collection, and each
 * offer is walked on its behalf.
 */
#include "route/reach_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct realm *member_new(struct reach *g, struct realm *parent,
				const struct collection_decl *collection)
{
	struct realm *r = arena_new(&g->arena, struct realm);

	if (!r)
		return NULL;
	r->tree = parent->tree;
	r->parent = parent;
	r->collection = collection->name;
	r->depth = parent->depth + 1;
	r->url = "";
	r->name = "*";
	r->moniker = arena_printf(&g->arena, "%s/%s:*",
				  parent->parent ? parent->moniker : "",
				  collection->name);
	list_init(&r->children);
	list_init(&r->link);
	list_init(&r->grants);
	return r->moniker ? r : NULL;
}

static int member_add_offer(struct reach *g, struct realm *member,
			    const struct decl *offer, struct route *route)
{
	struct reach_record record = { .hold = REACH_MEMBER,
				       .realm = member,
				       .declarer = member->parent,
				       .decl = offer };
	struct slot slot;

	slot_init(&slot, member, member->parent, offer);
	record.verdict = route_walk_slot(&slot, member, route);
	slot_fini(&slot);
	if (record.verdict == ROUTE_BROKEN &&
	    !strcmp(route->why.rule, "policy-never")) {
		record.is_forbidden = true;
		record.provider = route->hops[route->n_hops - 1].realm;
	}
	return record.verdict < 0 ? record.verdict
				  : reach_add_record(g, record, route);
}

static int member_add(struct reach *g, struct realm *parent,
		      const struct collection_decl *collection,
		      struct route *route)
{
	const struct manifest *m = parent->manifest;
	struct realm *member = member_new(g, parent, collection);
	const struct decl *d;
	int k = 0;
	size_t i;

	if (!member)
		return -ENOMEM;
	g->realms[g->n_realms++] = member;
	for (i = 0; i < m->n_decls[DECL_OFFER] && !k; i++) {
		d = &m->decls[DECL_OFFER][i];
		if (d->to.kind == TARGET_COLLECTION &&
		    !strcmp(d->to.name, collection->name))
			k = member_add_offer(g, member, d, route);
	}
	return k;
}

int reach_add_members(struct reach *g, struct topology *t)
{
	struct route *route = calloc(1, sizeof(*route));
	struct realm *r;
	int k = 0;
	size_t i;

	if (!route)
		return -ENOMEM;
	for (r = t->root; r && !k; r = realm_next(r)) {
		if (r->state != REALM_RESOLVED)
			continue;
		for (i = 0; i < r->manifest->n_collections && !k; i++)
			k = member_add(g, r, &r->manifest->collections[i],
				       route);
	}
	route_fini(route);
	free(route);
	return k;
}
