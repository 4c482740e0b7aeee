/*
 * Edges of single records. What a service of the framework gives for a realm is
 * the same for all who have it, so these go through places of the realm: many
 * who have it and many whom it gives cost their sum.
 */
#include "route/reach_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

/* What gives authority over the children of a realm, and what opens whatever a
 * component was offered. */
static const char *const control_services[] = {
	"fuchsia.component.Realm",
	"fuchsia.sys2.Realm",
	"reeve.Realm",
};
static const char naming_service[] = "reeve.Registry";

struct linking {
	struct reach *g;
	uint32_t *first; /* record of each realm, and one behind the last */
	/* Places of each realm, or none: the service for its children; the
	 * names that it can look up; and what finds the names it registers. */
	uint32_t *control, *names, *registry;
	uint32_t *members; /* the first node of each realm's, or none */
};

static bool gives_control(const struct reach_record *r)
{
	size_t i;

	if (!reach_opens(r) || r->source != ROUTE_SOURCE_FRAMEWORK)
		return false;
	for (i = 0; i < N_ELEMENTS(control_services); i++)
		if (!strcmp(r->name, control_services[i]))
			return true;
	return false;
}

static bool gives_names(const struct reach_record *r)
{
	return reach_opens(r) && r->source == ROUTE_SOURCE_FRAMEWORK &&
	       !strcmp(r->name, naming_service);
}

static bool is_of_component(const struct reach_record *r)
{
	return reach_is_held(r) && (r->source == ROUTE_SOURCE_COMPONENT ||
				    r->source == ROUTE_SOURCE_AGGREGATE);
}

static int link_use(struct linking *l, const struct reach_record *r,
		    uint32_t user, uint32_t record)
{
	struct reach_edge e = {
		.from = user,
		.to = reach_node(l->g, r->provider),
		.by = record,
		.with = REACH_NO_RECORD,
		.kind = REACH_SERVICE,
	};

	switch (r->decl->type) {
	case CAPABILITY_RUNNER:
	case CAPABILITY_RESOLVER:
		e.from = e.to;
		e.to = user;
		e.kind = REACH_RUNNER;
		break;
	case CAPABILITY_DIRECTORY:
	case CAPABILITY_STORAGE:
		e.kind = REACH_DIRECTORY;
		break;
	default:
		break;
	}
	return reach_add_edge(l->g, e);
}

/* What a child exposes of others: itself is reached anyway. */
static int link_exposed(struct linking *l, uint32_t place,
			const struct realm *child)
{
	uint32_t node = reach_node(l->g, child), i;
	int k = 0;

	for (i = l->first[node]; i < l->first[node + 1] && !k; i++) {
		const struct reach_record *r = &l->g->records[i];

		if (r->hold == REACH_EXPOSES && is_of_component(r) &&
		    r->provider != child)
			k = reach_add_edge(
				l->g,
				(struct reach_edge){
					.from = place,
					.to = reach_node(l->g, r->provider),
					.by = i,
					.with = REACH_NO_RECORD,
					.kind = REACH_CHILD });
	}
	return k;
}

static int link_child(struct linking *l, uint32_t place, uint32_t child)
{
	return reach_add_edge(l->g,
			      (struct reach_edge){ .from = place,
						   .to = child,
						   .by = REACH_NO_RECORD,
						   .with = REACH_NO_RECORD,
						   .kind = REACH_CONTROL });
}

/* The place of the service for the children of @scope, made on first need. */
static int link_children(struct linking *l, const struct realm *scope,
			 uint32_t *ret)
{
	uint32_t *place = &l->control[reach_node(l->g, scope)];
	const struct realm *child;
	int k = 0;
	uint32_t i;

	*ret = *place;
	if (*place != REACH_NO_NODE)
		return 0;
	*place = *ret = reach_add_place(l->g);
	list_for_each (child, &scope->children, link) {
		k = link_child(l, *place, reach_node(l->g, child));
		if (!k)
			k = link_exposed(l, *place, child);
		if (k)
			return k;
	}
	i = l->members[reach_node(l->g, scope)];
	for (; i < l->g->n_realms && l->g->realms[i]->parent == scope && !k;
	     i++)
		k = link_child(l, *place, i);
	return k;
}

static int link_control(struct linking *l, const struct reach_record *r,
			uint32_t user, uint32_t record)
{
	uint32_t place;
	int k = link_children(l, r->provider, &place);

	return k ? k
		 : reach_add_edge(l->g,
				  (struct reach_edge){ .from = user,
						       .to = place,
						       .by = record,
						       .with = REACH_NO_RECORD,
						       .kind = REACH_CONTROL });
}

/* What the realm of a place has, by its names. */
static int link_names(struct linking *l, uint32_t place, uint32_t scope)
{
	int k = 0;
	uint32_t i;

	for (i = l->first[scope]; i < l->first[scope + 1] && !k; i++) {
		const struct reach_record *r = &l->g->records[i];

		if (r->hold != REACH_EXPOSES && is_of_component(r) &&
		    reach_type(r) == CAPABILITY_SERVICE)
			k = reach_add_edge(
				l->g,
				(struct reach_edge){
					.from = place,
					.to = reach_node(l->g, r->provider),
					.by = i,
					.with = REACH_NO_RECORD,
					.kind = REACH_NAME });
	}
	return k;
}

static int link_naming(struct linking *l, const struct reach_record *r,
		       uint32_t user, uint32_t record)
{
	uint32_t scope = reach_node(l->g, r->provider);
	struct reach_edge e = { .from = user,
				.by = record,
				.with = REACH_NO_RECORD,
				.kind = REACH_NAME };
	int k = 0;

	if (l->names[scope] == REACH_NO_NODE) {
		l->names[scope] = reach_add_place(l->g);
		l->registry[scope] = reach_add_place(l->g);
		k = link_names(l, l->names[scope], scope);
	}
	e.to = l->names[scope];
	if (!k)
		k = reach_add_edge(l->g, e);
	e.from = l->registry[scope];
	e.to = user;
	e.kind = REACH_REGISTERED;
	return k ? k : reach_add_edge(l->g, e);
}

/* A realm finds what its parent registers, and what its children do. */
static int link_registries(struct linking *l)
{
	struct reach_edge e = { .by = REACH_NO_RECORD,
				.with = REACH_NO_RECORD,
				.kind = REACH_REGISTERED };
	uint32_t node, parent;
	int k = 0;

	for (node = 0; node < l->g->n_components && !k; node++) {
		if (l->names[node] == REACH_NO_NODE ||
		    !l->g->realms[node]->parent)
			continue;
		parent = reach_node(l->g, l->g->realms[node]->parent);
		if (l->names[parent] == REACH_NO_NODE)
			continue;
		e.from = l->names[node];
		e.to = l->registry[parent];
		k = reach_add_edge(l->g, e);
		e.from = l->names[parent];
		e.to = l->registry[node];
		if (!k)
			k = reach_add_edge(l->g, e);
	}
	return k;
}

static int link_record(struct linking *l, uint32_t user, uint32_t record)
{
	const struct reach_record *r = &l->g->records[record];

	if (reach_opens(r) && is_of_component(r))
		return link_use(l, r, user, record);
	if (gives_control(r))
		return link_control(l, r, user, record);
	return gives_names(r) ? link_naming(l, r, user, record) : 0;
}

static int linking_init(struct linking *l, struct reach *g)
{
	size_t node, i;

	*l = (struct linking){ .g = g };
	l->first = calloc(g->n_realms + 1, sizeof(*l->first));
	l->control = calloc(g->n_realms + 1, sizeof(*l->control));
	l->names = calloc(g->n_realms + 1, sizeof(*l->names));
	l->registry = calloc(g->n_realms + 1, sizeof(*l->registry));
	l->members = calloc(g->n_realms + 1, sizeof(*l->members));
	if (!l->first || !l->control || !l->names || !l->registry ||
	    !l->members)
		return -ENOMEM;
	for (i = 0; i < g->n_records; i++)
		l->first[reach_node(g, g->records[i].realm) + 1]++;
	for (node = 0; node < g->n_realms; node++) {
		l->first[node + 1] += l->first[node];
		l->control[node] = l->members[node] = REACH_NO_NODE;
		l->names[node] = l->registry[node] = REACH_NO_NODE;
	}
	/* The members of a realm's collections stand next to each other. */
	for (node = g->n_realms; node-- > g->n_components;)
		l->members[reach_node(g, g->realms[node]->parent)] =
			(uint32_t)node;
	return 0;
}

int reach_link_records(struct reach *g)
{
	struct linking l;
	int k = linking_init(&l, g);
	uint32_t node, i;

	for (node = 0; node < g->n_realms && !k; node++)
		for (i = l.first[node]; i < l.first[node + 1] && !k; i++)
			k = link_record(&l, node, i);
	if (!k)
		k = link_registries(&l);
	free(l.first);
	free(l.control);
	free(l.names);
	free(l.registry);
	free(l.members);
	return k;
}
