/*
 * A record is kept of each route while its hops are there; from then on only
 * records are looked at. Edges are added in any order and then indexed by both
 * of their ends, so a search costs what it visits.
 */
#include "route/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "route/reach_build.h"

/* ---- records ---- */

static int reach_room(void **array, size_t *room, size_t n, size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *moved;

	if (n < *room)
		return 0;
	moved = realloc(*array, more * size);
	if (!moved)
		return -ENOMEM;
	*array = moved;
	*room = more;
	return 0;
}

static size_t name_add(const char **names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return n;
	names[n] = name;
	return n + 1;
}

/* The names that the source's own is not among. */
static int record_names(struct reach *g, const struct route *route,
			struct reach_record *to)
{
	const char *names[2 * ROUTE_HOPS_MAX + 1];
	size_t n = name_add(names, 0, route->name), i;

	for (i = 0; i < route->n_hops; i++) {
		n = name_add(names, n, route->hops[i].decl->name);
		n = name_add(names, n, route->hops[i].decl->target_name);
	}
	if (n == 1)
		return 0;
	to->names = arena_array(&g->arena, n - 1, sizeof(*to->names));
	if (!to->names)
		return -ENOMEM;
	memcpy(to->names, names + 1, (n - 1) * sizeof(*names));
	to->n_names = n - 1;
	return 0;
}

static void record_origin(const struct route *route, struct reach_record *to)
{
	size_t i = route->n_hops;

	/* An implied declaration is in no file. */
	while (i-- > 1 && route->hops[i].decl->implied)
		;
	to->origin = route->hops[i].realm;
	to->origin_decl = route->hops[i].decl;
}

static int record_route(struct reach *g, const struct route *route,
			struct reach_record *to)
{
	size_t i;

	to->source = route->source;
	to->provider = route->realm;
	to->name = route->name;
	to->rights = route->rights;
	to->no_transfer = route->no_transfer;
	for (i = 0; i < route->n_hops; i++)
		to->is_weak = to->is_weak || route->hops[i].decl->weak;
	record_origin(route, to);
	if (route->subdir.n) {
		to->subdir = arena_copy(&g->arena, route->subdir.bytes,
					route->subdir.n);
		if (!to->subdir)
			return -ENOMEM;
	}
	return record_names(g, route, to);
}

int reach_add_record(struct reach *g, struct reach_record record,
		     const struct route *route)
{
	void *records = g->records;
	int k;

	if (g->n_records == REACH_RECORDS_MAX)
		return -EFBIG;
	k = reach_room(&records, &g->n_records_room, g->n_records,
		       sizeof(*g->records));
	g->records = records;
	record.name = record.decl->name;
	record.subdir = "";
	record.origin = record.declarer;
	record.origin_decl = record.decl;
	if (!k && record.verdict == ROUTE_ENDED)
		k = record_route(g, route, &record);
	if (!k)
		g->records[g->n_records++] = record;
	return k;
}

struct survey_listener {
	struct reach *g;
	survey_fn on_route;
	void *userdata;
};

static int on_survey_route(void *userdata, struct realm *r,
			   const struct decl *d, int verdict,
			   const struct route *route)
{
	struct survey_listener *l = userdata;
	struct reach_record record = {
		.hold = d->kind == DECL_EXPOSE ? REACH_EXPOSES : REACH_USES,
		.realm = r,
		.declarer = r,
		.decl = d,
		.verdict = verdict,
	};
	int k = 0;

	/* Programs of the machine are what runs unless somebody says more. */
	if (verdict != ROUTE_ENDED || d->type != CAPABILITY_RUNNER ||
	    route->source != ROUTE_SOURCE_BUILTIN)
		k = reach_add_record(l->g, record, route);
	if (!k && l->on_route)
		k = l->on_route(l->userdata, r, d, verdict, route);
	return k;
}

/* What is taken of the parent, by type and name. */
struct taken {
	enum capability_type type;
	const char *name;
};

static int taken_compare(const void *a, const void *b)
{
	const struct taken *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* In order. 0 and the caller owns *ret (free), or -ENOMEM. */
static int taken_list(const struct realm *r, struct taken **ret, size_t *ret_n)
{
	const struct manifest *m = r->manifest;
	const struct decl *d = m->decls[DECL_USE];
	struct taken *taken = calloc(m->n_decls[DECL_USE] + 1, sizeof(*taken));
	size_t n = 0, i;

	if (!taken)
		return -ENOMEM;
	for (i = 0; i < m->n_decls[DECL_USE]; i++)
		if (d[i].from.kind == SOURCE_PARENT)
			taken[n++] = (struct taken){ d[i].type, d[i].name };
	qsort(taken, n, sizeof(*taken), taken_compare);
	*ret = taken;
	*ret_n = n;
	return 0;
}

static int reach_add_offer(struct reach *g, struct realm *r, struct slot *slot,
			   struct route *route)
{
	struct reach_record record = { .hold = REACH_OFFERED,
				       .realm = r,
				       .declarer = slot->declarer,
				       .decl = slot->decl };

	record.verdict = route_walk_slot(slot, r, route);
	return record.verdict < 0 ? record.verdict
				  : reach_add_record(g, record, route);
}

static int reach_add_offers(struct reach *g, struct realm *r,
			    struct route *route)
{
	const struct table *t = &r->tables[TABLE_INPUT];
	struct taken *taken, wanted;
	size_t n, i;
	int k;

	if (!t->n)
		return 0;
	k = taken_list(r, &taken, &n);
	if (k)
		return k;
	for (i = 0; i < t->n && !k; i++) {
		wanted = (struct taken){ t->slots[i].decl->type,
					 t->slots[i].decl->target_name };
		if (!bsearch(&wanted, taken, n, sizeof(*taken), taken_compare))
			k = reach_add_offer(g, r, &t->slots[i], route);
	}
	free(taken);
	return k;
}

/* What is offered and not used, behind what the survey found. */
static int reach_add_all_offers(struct reach *g, struct topology *t)
{
	struct route *route = calloc(1, sizeof(*route));
	struct realm *r;
	int k = 0;

	if (!route)
		return -ENOMEM;
	for (r = t->root; r && !k; r = realm_next(r))
		if (r->state == REALM_RESOLVED)
			k = reach_add_offers(g, r, route);
	route_fini(route);
	free(route);
	return k;
}

/* ---- nodes ---- */

static int node_compare(const void *a, const void *b)
{
	const struct realm *x = ((const struct reach_node *)a)->realm;
	const struct realm *y = ((const struct reach_node *)b)->realm;

	return (uintptr_t)x < (uintptr_t)y ? -1 : x != y;
}

uint32_t reach_node(const struct reach *g, const struct realm *r)
{
	const struct reach_node key = { .realm = r }, *found;

	found = bsearch(&key, g->by_pointer, g->n_realms, sizeof(key),
			node_compare);
	return found ? found->index : REACH_NO_NODE;
}

/* How many realms there are, with one for each collection. */
static size_t reach_count_realms(struct topology *t)
{
	struct realm *r;
	size_t n = 0;

	for (r = t->root; r; r = realm_next(r))
		n += 1 + (r->manifest ? r->manifest->n_collections : 0);
	return n;
}

static int reach_list_realms(struct reach *g, struct topology *t)
{
	size_t n = reach_count_realms(t);
	struct realm *r;

	if (n >= REACH_NO_NODE / 8)
		return -ENOMEM;
	g->realms = calloc(n + 1, sizeof(*g->realms));
	if (!g->realms)
		return -ENOMEM;
	for (r = t->root; r; r = realm_next(r)) {
		g->realms[g->n_realms++] = r;
		g->n_broken += r->state != REALM_RESOLVED;
	}
	g->n_components = g->n_realms;
	return reach_add_members(g, t);
}

static int reach_number_realms(struct reach *g)
{
	size_t i;

	g->by_pointer = calloc(g->n_realms + 1, sizeof(*g->by_pointer));
	if (!g->by_pointer)
		return -ENOMEM;
	for (i = 0; i < g->n_realms; i++)
		g->by_pointer[i] =
			(struct reach_node){ g->realms[i], (uint32_t)i };
	qsort(g->by_pointer, g->n_realms, sizeof(*g->by_pointer), node_compare);
	g->n_nodes = g->n_realms;
	return 0;
}

/* The records of a realm next to each other, in the order they were added. */
static int reach_sort_records(struct reach *g)
{
	struct reach_record *sorted = calloc(g->n_records + 1, sizeof(*sorted));
	uint32_t *next = calloc(g->n_realms + 1, sizeof(*next));
	size_t i;

	if (!sorted || !next) {
		free(sorted);
		free(next);
		return -ENOMEM;
	}
	for (i = 0; i < g->n_records; i++)
		next[reach_node(g, g->records[i].realm) + 1]++;
	for (i = 0; i < g->n_realms; i++)
		next[i + 1] += next[i];
	for (i = 0; i < g->n_records; i++)
		sorted[next[reach_node(g, g->records[i].realm)]++] =
			g->records[i];
	free(next);
	free(g->records);
	g->records = sorted;
	return 0;
}

/* ---- edges ---- */

uint32_t reach_add_place(struct reach *g)
{
	return (uint32_t)g->n_nodes++;
}

int reach_add_edge(struct reach *g, struct reach_edge edge)
{
	void *edges = g->edges;
	int k = reach_room(&edges, &g->n_edges_room, g->n_edges,
			   sizeof(*g->edges));

	g->edges = edges;
	/* Nobody has as many as would not fit; but nothing may wrap. */
	if (!k &&
	    (g->n_edges >= UINT32_MAX / 2 || g->n_nodes >= UINT32_MAX / 4))
		k = -ENOMEM;
	if (!k && edge.from != edge.to)
		g->edges[g->n_edges++] = edge;
	return k;
}

static int reach_index_edges(const struct reach *g, bool by_target,
			     struct reach_index *ret)
{
	uint32_t *first = calloc(g->n_nodes + 2, sizeof(*first));
	uint32_t *at = calloc(g->n_edges + 1, sizeof(*at));
	size_t i, node;

	*ret = (struct reach_index){ first, at };
	if (!first || !at)
		return -ENOMEM;
	/* Counted two behind, summed, and moved on while they are placed: then
	 * each begins where the one before it ended. */
	for (i = 0; i < g->n_edges; i++)
		first[(by_target ? g->edges[i].to : g->edges[i].from) + 2]++;
	for (i = 0; i < g->n_nodes; i++)
		first[i + 2] += first[i + 1];
	for (i = 0; i < g->n_edges; i++) {
		node = by_target ? g->edges[i].to : g->edges[i].from;
		at[first[node + 1]++] = (uint32_t)i;
	}
	return 0;
}

int reach_take(struct topology *t, survey_fn on_route, void *userdata,
	       struct reach *ret)
{
	struct reach g = { .arena = ARENA_INIT };
	struct survey_listener listener = { &g, on_route, userdata };
	struct survey survey = { 0 };
	int k;

	k = survey_take(t, on_survey_route, &listener, &survey);
	survey_fini(&survey);
	if (!k)
		k = reach_add_all_offers(&g, t);
	if (!k)
		k = reach_list_realms(&g, t);
	if (!k)
		k = reach_open_bundles(&g);
	if (!k)
		k = reach_number_realms(&g);
	if (!k)
		k = reach_sort_records(&g);
	if (!k)
		k = reach_link_records(&g);
	if (!k)
		k = reach_link_shared(&g);
	if (!k)
		k = reach_index_edges(&g, false, &g.out);
	if (!k)
		k = reach_index_edges(&g, true, &g.in);
	if (k) {
		reach_fini(&g);
		return k;
	}
	*ret = g;
	return 0;
}

void reach_fini(struct reach *g)
{
	free(g->records);
	free(g->realms);
	free(g->by_pointer);
	free(g->edges);
	free(g->out.first);
	free(g->out.at);
	free(g->in.first);
	free(g->in.at);
	arena_fini(&g->arena);
	*g = (struct reach){ .arena = ARENA_INIT };
}

bool reach_is_member(const struct reach *g, uint32_t node)
{
	return node >= g->n_components && node < g->n_realms;
}
