/*
 * Making the model: a node for each component in document order (so parents
 * come first), a record for each route, what the filter keeps, then the tree of
 * what is drawn and the edges between its nodes. Everything is a pass over an
 * array or a sort of one.
 */
#include "draw/graph_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "draw/graph_words.h"

/* Why one route broke; in the order of the survey. */
struct break_note {
	struct break_note *next;
	const struct realm *realm;
	const char *rule, *text;
};

/* By address, for looking up. */
struct realm_node {
	const struct realm *realm;
	uint32_t node;
};

struct making {
	struct graph_model *m;
	const struct graph_filter *filter;
	struct break_note *first, **last;
	struct realm_node *by_realm;
	size_t n_realms;
	uint32_t outside;
	uint32_t *chips[2]; /* by component: its program, its break */
};

/* ---- what the survey says ---- */

/* A component that cannot be had is where the route breaks, though its parent's
 * manifest is where that is told. */
static const struct realm *break_realm(const struct route *route)
{
	const struct decl *d;
	const struct realm *child = NULL;

	if (!route->n_hops || strcmp(route->why.rule, "resolve-failed"))
		return route->why.realm;
	d = route->hops[route->n_hops - 1].decl;
	if (d->kind != DECL_CAPABILITY && d->from.kind == SOURCE_CHILD)
		child = realm_find_child(route->hops[route->n_hops - 1].realm,
					 NULL, d->from.name);
	return child && child->state == REALM_BROKEN ? child : route->why.realm;
}

static int on_route(void *userdata, struct realm *r, const struct decl *d,
		    int verdict, const struct route *route)
{
	struct making *k = userdata;
	struct arena *a = &k->m->arena;
	struct break_note *note;

	(void)r;
	(void)d;
	if (verdict != ROUTE_BROKEN)
		return 0;
	note = arena_new(a, struct break_note);
	if (!note)
		return -ENOMEM;
	note->realm = break_realm(route);
	note->rule = route->why.rule;
	note->text =
		arena_copy(a, text_string(&route->why.text), route->why.text.n);
	*k->last = note;
	k->last = &note->next;
	return note->text ? 0 : -ENOMEM;
}

/* ---- nodes ---- */

static uint32_t node_add(struct graph_model *m, enum graph_kind kind,
			 const struct realm *r, const char *name)
{
	struct graph_node *n = &m->nodes[m->n_nodes];

	*n = (struct graph_node){
		.kind = kind,
		.realm = r,
		.name = name,
		.last_line = &n->lines,
		.parent = GRAPH_NONE,
		.first_child = GRAPH_NONE,
		.last_child = GRAPH_NONE,
		.next = GRAPH_NONE,
	};
	return m->n_nodes++;
}

static int realm_node_compare(const void *a, const void *b)
{
	const struct realm_node *x = a, *y = b;

	return (x->realm > y->realm) - (x->realm < y->realm);
}

static uint32_t node_of(const struct making *k, const struct realm *r)
{
	struct realm_node key = { r, 0 }, *found;

	found = !r ? NULL
		   : bsearch(&key, k->by_realm, k->n_realms, sizeof(key),
			     realm_node_compare);
	return found ? found->node : GRAPH_NONE;
}

static void nodes_count(struct topology *t, size_t *ret_realms,
			size_t *ret_collections)
{
	struct realm *r;

	*ret_realms = *ret_collections = 0;
	for (r = t->root; r; r = realm_next(r)) {
		++*ret_realms;
		if (r->manifest)
			*ret_collections += r->manifest->n_collections;
	}
}

static enum graph_state state_of(const struct realm *r)
{
	if (r->state != REALM_RESOLVED)
		return GRAPH_BROKEN;
	return r->manifest->program ? GRAPH_HAS_PROGRAM : GRAPH_NO_PROGRAM;
}

static int nodes_make(struct making *k, struct topology *t)
{
	struct graph_model *m = k->m;
	size_t n_realms, n_collections, i;
	struct realm *r;
	uint32_t node;

	nodes_count(t, &n_realms, &n_collections);
	/* Each component may need a program and a break in it. */
	m->nodes = arena_array(&m->arena, 3 * n_realms + n_collections + 2,
			       sizeof(*m->nodes));
	k->by_realm = calloc(n_realms, sizeof(*k->by_realm));
	if (!m->nodes || !k->by_realm)
		return -ENOMEM;
	node_add(m, GRAPH_CANVAS, NULL, "");
	for (r = t->root; r; r = realm_next(r)) {
		node = node_add(m, GRAPH_COMPONENT, r,
				*r->name ? r->name : "/");
		m->nodes[node].state = state_of(r);
		k->by_realm[k->n_realms++] = (struct realm_node){ r, node };
		for (i = 0; r->manifest && i < r->manifest->n_collections;
		     i++) {
			node = node_add(m, GRAPH_COLLECTION, r,
					r->manifest->collections[i].name);
			m->nodes[node].collection =
				&r->manifest->collections[i];
		}
	}
	qsort(k->by_realm, k->n_realms, sizeof(*k->by_realm),
	      realm_node_compare);
	m->n_components = n_realms;
	return 0;
}

/* ---- routes and what is kept of them ---- */

static bool route_is_shown(const struct survey_route *s)
{
	return s->decl->kind == DECL_USE || !s->realm->parent ||
	       s->verdict == ROUTE_BROKEN;
}

static bool route_is_kept(const struct graph_filter *f,
			  const struct graph_route *route,
			  const struct realm *provider)
{
	const struct decl *d = route->survey->decl;
	const char *name = route->survey->name;

	if (f->capability && strcmp(f->capability, d->target_name) &&
	    strcmp(f->capability, d->name) &&
	    (!name || strcmp(f->capability, name)))
		return false;
	return !f->realm || realm_is_below(route->survey->realm, f->realm) ||
	       (provider && realm_is_below(provider, f->realm));
}

static int routes_make(struct making *k)
{
	struct graph_model *m = k->m;
	struct break_note *note = k->first;
	const struct survey_route *s;
	const struct realm *provider;
	struct graph_route route;
	size_t i;

	m->routes = arena_array(&m->arena, m->survey.n + 1, sizeof(*m->routes));
	if (!m->routes)
		return -ENOMEM;
	for (i = 0; i < m->survey.n; i++) {
		s = &m->survey.routes[i];
		route = (struct graph_route){
			.survey = s,
			.user = node_of(k, s->realm),
			.file = manifest_file(s->realm->manifest,
					      s->decl->place),
			.from = GRAPH_NONE,
			.to = GRAPH_NONE,
		};
		provider = s->provider;
		if (s->verdict == ROUTE_BROKEN) {
			route.rule = note->rule;
			route.why = note->text;
			provider = note->realm;
			note = note->next;
		} else if (s->source == ROUTE_SOURCE_FRAMEWORK) {
			provider = NULL;
		}
		route.provider = node_of(k, provider);
		if (route_is_shown(s) &&
		    route_is_kept(k->filter, &route, provider))
			m->routes[m->n_routes++] = route;
	}
	return 0;
}

/* What the filter lets through, without what it is in. */
static void nodes_filter(struct making *k)
{
	const struct graph_filter *f = k->filter;
	struct graph_model *m = k->m;
	struct graph_node *n;
	size_t i;

	for (i = 1; i < m->n_nodes; i++) {
		n = &m->nodes[i];
		n->is_drawn = !f->capability &&
			      (!f->realm || realm_is_below(n->realm, f->realm));
		if (n->kind == GRAPH_COMPONENT && n->realm == f->realm)
			n->is_drawn = true;
	}
	for (i = 0; i < m->n_routes; i++) {
		m->nodes[m->routes[i].user].is_drawn = true;
		if (m->routes[i].provider != GRAPH_NONE)
			m->nodes[m->routes[i].provider].is_drawn = true;
	}
	m->nodes[0].is_drawn = m->nodes[1].is_drawn = true;
	/* Parents stand before their children. */
	for (i = m->n_nodes; i-- > 1;)
		if (m->nodes[i].is_drawn && m->nodes[i].realm->parent)
			m->nodes[node_of(k, m->nodes[i].realm->parent)]
				.is_drawn = true;
}

/* Of more than can be drawn, those nearer to the root. */
static void nodes_cut(struct making *k)
{
	size_t at_depth[REALM_DEPTH_MAX + 2] = { 0 }, left, depth;
	struct graph_model *m = k->m;
	struct graph_node *n;
	size_t i;

	m->n_drawn = 0;
	for (i = 1; i < m->n_nodes; i++)
		if (m->nodes[i].is_drawn &&
		    m->nodes[i].kind == GRAPH_COMPONENT) {
			at_depth[m->nodes[i].realm->depth]++;
			m->n_drawn++;
		}
	if (m->n_drawn <= k->filter->n_nodes_max)
		return;
	left = k->filter->n_nodes_max;
	for (depth = 0; at_depth[depth] <= left; depth++)
		left -= at_depth[depth];
	m->n_drawn = k->filter->n_nodes_max;
	for (i = 1; i < m->n_nodes; i++) {
		n = &m->nodes[i];
		if (!n->is_drawn || n->realm->depth < depth)
			continue;
		if (n->kind == GRAPH_COMPONENT && n->realm->depth == depth &&
		    left) {
			left--;
			continue;
		}
		n->is_drawn = false;
		n->is_left_out = n->kind == GRAPH_COMPONENT;
	}
}

static void node_link(struct graph_model *m, uint32_t parent, uint32_t child)
{
	struct graph_node *p = &m->nodes[parent];

	m->nodes[child].parent = parent;
	if (p->last_child == GRAPH_NONE)
		p->first_child = child;
	else
		m->nodes[p->last_child].next = child;
	p->last_child = child;
}

/* The node that stands for @node in the picture: itself, or what it is in. */
static uint32_t node_drawn(const struct making *k, uint32_t node)
{
	const struct graph_model *m = k->m;

	while (!m->nodes[node].is_drawn)
		node = node_of(k, m->nodes[node].realm->parent);
	return node;
}

static void nodes_link(struct making *k)
{
	struct graph_model *m = k->m;
	struct graph_node *n;
	uint32_t i, parent;

	for (i = 1; i < m->n_nodes; i++) {
		n = &m->nodes[i];
		parent = n->kind == GRAPH_COLLECTION ? node_of(k, n->realm)
			 : n->realm->parent ? node_of(k, n->realm->parent)
					    : 0;
		if (n->is_drawn)
			node_link(m, parent, i);
		else if (n->is_left_out)
			m->nodes[node_drawn(k, i)].n_left_out++;
	}
}

/* ---- edges ---- */

/* A node inside the component @node, made on first need. */
static uint32_t chip(struct making *k, uint32_t node, enum graph_kind kind)
{
	uint32_t *made = &k->chips[kind == GRAPH_BREAK][node];
	struct graph_model *m = k->m;
	const char *name = "program";

	if (*made)
		return *made;
	if (kind == GRAPH_BREAK)
		name = "\xc3\x97";
	else if (m->nodes[node].state != GRAPH_HAS_PROGRAM)
		name = "manifest";
	*made = node_add(m, kind, m->nodes[node].realm, name);
	m->nodes[*made].state = m->nodes[node].state;
	m->nodes[*made].is_drawn = true;
	node_link(m, node, *made);
	return *made;
}

static uint32_t end_of(struct making *k, uint32_t node, enum graph_kind inside)
{
	node = node_drawn(k, node);
	return k->m->nodes[node].first_child == GRAPH_NONE
		       ? node
		       : chip(k, node, inside);
}

static uint32_t outside_of(struct making *k)
{
	if (!k->outside) {
		k->outside = node_add(k->m, GRAPH_OUTSIDE, NULL, "outside");
		k->m->nodes[k->outside].is_drawn = true;
		node_link(k->m, 0, k->outside);
	}
	return k->outside;
}

static void route_end(struct making *k, struct graph_route *route)
{
	bool is_broken = route->survey->verdict == ROUTE_BROKEN;
	bool leaves = !route->survey->realm->parent &&
		      route->survey->decl->kind == DECL_EXPOSE;

	if (route->provider == GRAPH_NONE)
		return;
	if (route->provider == route->user && (is_broken || !leaves))
		return;
	if (node_drawn(k, route->provider) == node_drawn(k, route->user) &&
	    !leaves)
		return;
	route->to = end_of(k, route->provider,
			   is_broken ? GRAPH_BREAK : GRAPH_PROGRAM);
	route->from =
		leaves ? outside_of(k) : end_of(k, route->user, GRAPH_PROGRAM);
}

static int route_compare(const void *a, const void *b)
{
	const struct graph_route *x = *(const struct graph_route *const *)a;
	const struct graph_route *y = *(const struct graph_route *const *)b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->survey->verdict != y->survey->verdict)
		return x->survey->verdict < y->survey->verdict ? -1 : 1;
	if (x->survey->is_weak != y->survey->is_weak)
		return x->survey->is_weak ? 1 : -1;
	return (x > y) - (x < y);
}

static bool route_joins(const struct graph_route *a,
			const struct graph_route *b)
{
	return a->from == b->from && a->to == b->to &&
	       a->survey->verdict == b->survey->verdict &&
	       a->survey->is_weak == b->survey->is_weak;
}

static void edge_add(struct graph_model *m, const struct graph_route **routes,
		     size_t n)
{
	struct graph_edge *e = &m->edges[m->n_edges++];
	size_t i;

	*e = (struct graph_edge){
		.from = routes[0]->from,
		.to = routes[0]->to,
		.is_broken = routes[0]->survey->verdict == ROUTE_BROKEN,
		.is_weak = routes[0]->survey->is_weak,
		.type = routes[0]->survey->decl->type,
		.routes = routes,
		.n_routes = n,
	};
	for (i = 1; i < n; i++)
		if (routes[i]->survey->decl->type != e->type)
			e->type = N_CAPABILITY_TYPES;
}

static int edges_make(struct making *k)
{
	struct graph_model *m = k->m;
	const struct graph_route **sorted;
	size_t i, n = 0, first;

	sorted = arena_array(&m->arena, m->n_routes + 1, sizeof(void *));
	m->edges = arena_array(&m->arena, m->n_routes + 1, sizeof(*m->edges));
	k->chips[0] = calloc(m->n_nodes, sizeof(uint32_t));
	k->chips[1] = calloc(m->n_nodes, sizeof(uint32_t));
	if (!sorted || !m->edges || !k->chips[0] || !k->chips[1])
		return -ENOMEM;
	for (i = 0; i < m->n_routes; i++) {
		route_end(k, &m->routes[i]);
		if (m->routes[i].from != GRAPH_NONE)
			sorted[n++] = &m->routes[i];
	}
	qsort(sorted, n, sizeof(*sorted), route_compare);
	for (first = 0; first < n; first = i) {
		for (i = first + 1;
		     i < n && route_joins(sorted[first], sorted[i]); i++)
			;
		edge_add(m, sorted + first, i - first);
	}
	return 0;
}

static int model_make(struct making *k, struct topology *t)
{
	int r;

	r = survey_take(t, on_route, k, &k->m->survey);
	if (!r)
		r = nodes_make(k, t);
	if (!r)
		r = routes_make(k);
	if (r)
		return r;
	nodes_filter(k);
	nodes_cut(k);
	nodes_link(k);
	r = edges_make(k);
	return r ? r : graph_words_make(k->m);
}

int graph_model_make(struct topology *t, const struct graph_filter *filter,
		     struct graph_model *ret)
{
	struct making k = { .m = ret, .filter = filter };
	int r;

	*ret = (struct graph_model){ 0 };
	k.last = &k.first;
	r = model_make(&k, t);
	free(k.by_realm);
	free(k.chips[0]);
	free(k.chips[1]);
	if (r)
		graph_model_fini(ret);
	return r;
}

void graph_model_fini(struct graph_model *m)
{
	survey_fini(&m->survey);
	arena_fini(&m->arena);
	*m = (struct graph_model){ 0 };
}
