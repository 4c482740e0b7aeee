/*
 * What is had as one and is many. Who is offered a dictionary has what its
 * declarer puts into it; each of these is a record of its own, made as if the
 * holder had taken it out. (The survey looks into those that are used.) A
 * service that is put together of a collection's members comes from whoever is
 * made there.
 */
#include "route/reach_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING_MAX = 8 }; /* dictionaries in dictionaries */

static bool is_dictionary(const struct reach_record *r)
{
	return reach_is_held(r) && r->source == ROUTE_SOURCE_DECLARATION &&
	       r->decl->type == CAPABILITY_DICTIONARY && r->provider;
}

static int dictionary_take(struct reach *g, const struct reach_record *of,
			   struct slot *slot, struct route *route)
{
	struct reach_record record = { .hold = of->hold,
				       .realm = of->realm,
				       .declarer = slot->declarer,
				       .decl = slot->decl,
				       .nesting = of->nesting + 1 };

	record.verdict = route_walk_slot(slot, of->realm, route);
	return record.verdict < 0 ? record.verdict
				  : reach_add_record(g, record, route);
}

static int dictionary_open(struct reach *g, size_t i, struct route *route)
{
	/* Adding moves the records. */
	const struct reach_record of = g->records[i];
	const struct table *t = &of.provider->tables[TABLE_DICTIONARY];
	size_t j;
	int k = 0;

	for (j = 0; j < t->n && !k; j++)
		if (!strcmp(t->slots[j].decl->to.name, of.name))
			k = dictionary_take(g, &of, &t->slots[j], route);
	return k;
}

/* Who stands for the members of that collection; NULL if nobody. */
static const struct realm *member_of(const struct reach *g,
				     const struct realm *parent,
				     const char *collection)
{
	size_t i;

	for (i = g->n_components; i < g->n_realms; i++)
		if (g->realms[i]->parent == parent &&
		    !strcmp(g->realms[i]->collection, collection))
			return g->realms[i];
	return NULL;
}

static void collection_open(const struct reach *g, struct reach_record *r)
{
	const struct decl *d = r->origin_decl;

	if (r->verdict == ROUTE_ENDED && r->source == ROUTE_SOURCE_AGGREGATE)
		r->provider = d->from.kind == SOURCE_COLLECTION
				      ? member_of(g, r->origin, d->from.name)
				      : NULL;
}

int reach_open_bundles(struct reach *g)
{
	struct route *route = calloc(1, sizeof(*route));
	size_t i;
	int k = 0;

	if (!route)
		return -ENOMEM;
	/* What is found inside is looked into as well. */
	for (i = 0; i < g->n_records && !k; i++) {
		collection_open(g, &g->records[i]);
		if (is_dictionary(&g->records[i]) &&
		    g->records[i].nesting < NESTING_MAX)
			k = dictionary_open(g, i, route);
	}
	route_fini(route);
	free(route);
	return k;
}
