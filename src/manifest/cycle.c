/*
 * Dependency cycles within one manifest.
 *
 * The nodes are the component itself, its children, its collections, its
 * environments, its storages and its dictionaries; an edge leads from a source
 * to what needs it. A depth-first search meets an edge back into its own path
 * once per cycle it can close, and names the path: { a -> b -> a }. Weak
 * dependencies, and what comes from outside of this component, are no edges.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/load.h"

enum {
	/* So that a hostile file does not make us print without end. */
	CYCLES_MAX = 16,
	NAMES_MAX = 32,
};

/* Node 0 is the component itself; node i + 1 is symbol i. */
struct edge {
	size_t from, to;
	struct place place; /* where to look at it */
};

enum colour {
	WHITE, /* not visited yet */
	GREY,  /* on the path */
	BLACK, /* done */
};

struct graph {
	const struct load *load;
	struct edge *edges; /* sorted by source, then by target */
	size_t n_edges;
	size_t n_nodes;
	size_t *first; /* the first edge of each node; one more at the end */
	unsigned char *colours;
	size_t *path; /* nodes */
	size_t *next; /* per node on the path, the edge to follow next */
	size_t n_path;
	size_t n_cycles;
};

static size_t node_of(const struct load *l, const char *name)
{
	const struct symbol *s = name ? symbol_find(l, name) : NULL;

	return s ? (size_t)(s - l->symbols) + 1 : 0;
}

static const char *node_name(const struct graph *g, size_t node)
{
	return node ? g->load->symbols[node - 1].name : "self";
}

static void edge_add(struct graph *g, size_t from, size_t to,
		     struct place place)
{
	if (from != to)
		g->edges[g->n_edges++] = (struct edge){ from, to, place };
}

/* The node that what @d passes on comes from: a storage or a dictionary of
 * one's own is a node itself. */
static size_t source_node(struct load *l, const struct decl *d)
{
	if (d->from.name)
		return node_of(l, d->from.name);
	if (d->from.dictionary)
		return node_of(l, source_dictionary(l, &d->from));
	if (d->type == CAPABILITY_STORAGE || d->type == CAPABILITY_DICTIONARY)
		return node_of(l, d->name);
	return 0;
}

static bool is_local(const struct source *s)
{
	return s->name || s->kind == SOURCE_SELF;
}

static bool is_edge(const struct draft *d)
{
	return !d->is_broken && !d->decl.weak && is_local(&d->decl.from);
}

/* What a capability is made of: the directory behind a storage, the program
 * that serves a dictionary. */
static void capability_edge(struct graph *g, struct load *l,
			    const struct draft *d)
{
	size_t node = node_of(l, d->decl.name);

	if (d->is_broken)
		return;
	if (d->decl.type == CAPABILITY_STORAGE && is_local(&d->decl.from))
		edge_add(g, node_of(l, d->decl.from.name), node,
			 d->decl.from.place);
	if (d->decl.type == CAPABILITY_DICTIONARY && d->decl.path)
		edge_add(g, 0, node, d->decl.name_place);
}

static void edges_collect(struct graph *g, struct load *l)
{
	const struct environment_use *use;
	const struct draft *d;

	for (d = l->first[DECL_USE]; d; d = d->next)
		if (is_edge(d))
			edge_add(g, source_node(l, &d->decl), 0,
				 d->decl.from.place);
	for (d = l->first[DECL_OFFER]; d; d = d->next)
		if (is_edge(d))
			edge_add(g, source_node(l, &d->decl),
				 node_of(l, d->decl.to.name), d->decl.to.place);
	for (d = l->first[DECL_REGISTRATION]; d; d = d->next)
		if (is_edge(d) && *d->decl.environment->name)
			edge_add(g, source_node(l, &d->decl),
				 node_of(l, d->decl.environment->name),
				 d->decl.from.place);
	for (d = l->first[DECL_CAPABILITY]; d; d = d->next)
		capability_edge(g, l, d);
	for (use = l->environment_uses; use; use = use->next)
		if (*use->slot)
			edge_add(g, node_of(l, use->name),
				 node_of(l, use->user), use->place);
}

static int edge_compare(const void *a, const void *b)
{
	const struct edge *left = a, *right = b;

	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	if (left->to != right->to)
		return left->to < right->to ? -1 : 1;
	return place_compare(left->place, right->place);
}

static bool is_later(const struct edge *a, const struct edge *b)
{
	return place_compare(a->place, b->place) > 0;
}

/*
 * The path from @e's end back to it is a circle that @e closes. Of its edges
 * the one that stands last in the file is the one to look at; the circle is
 * told so that it ends there.
 */
static void cycle_report(struct graph *g, struct load *l, const struct edge *e)
{
	size_t start = g->n_path - 1, n, i, turn;
	const struct edge *last = e, *step;
	struct text t = TEXT_INIT;

	if (g->n_cycles++ >= CYCLES_MAX)
		return;
	while (g->path[start] != e->to)
		start--;
	n = turn = g->n_path - start;
	for (i = 0; i + 1 < n; i++) {
		step = &g->edges[g->next[start + i] - 1];
		if (is_later(step, last)) {
			last = step;
			turn = i + 1;
		}
	}
	for (i = 0; i < n && i < NAMES_MAX; i++)
		text_printf(&t, "%s -> ",
			    node_name(g, g->path[start + (turn + i) % n]));
	text_printf(&t, "%s%s", n > NAMES_MAX ? "... -> " : "",
		    node_name(g, last->to));
	if (text_is_failed(&t))
		l->failed = true;
	load_error(l, RULE_DEPENDENCY_CYCLE, last->place,
		   "this closes a circle in which each needs the one before "
		   "it: %s; take one away, or make it \"weak\"",
		   text_string(&t));
	text_fini(&t);
}

static void path_push(struct graph *g, size_t node)
{
	g->colours[node] = GREY;
	g->next[g->n_path] = g->first[node];
	g->path[g->n_path++] = node;
}

static void search(struct graph *g, struct load *l, size_t root)
{
	path_push(g, root);
	while (g->n_path) {
		size_t node = g->path[g->n_path - 1];
		size_t i = g->next[g->n_path - 1];
		const struct edge *e = &g->edges[i];

		if (i == g->first[node + 1]) {
			g->colours[node] = BLACK;
			g->n_path--;
			continue;
		}
		g->next[g->n_path - 1]++;
		/* Several capabilities from one to another are one edge. */
		if (i > g->first[node] && e[-1].to == e->to)
			continue;
		if (g->colours[e->to] == GREY)
			cycle_report(g, l, e);
		else if (g->colours[e->to] == WHITE)
			path_push(g, e->to);
	}
}

static void graph_index(struct graph *g)
{
	size_t node, i = 0;

	qsort(g->edges, g->n_edges, sizeof(*g->edges), edge_compare);
	for (node = 0; node < g->n_nodes; node++) {
		g->first[node] = i;
		while (i < g->n_edges && g->edges[i].from == node)
			i++;
	}
	g->first[g->n_nodes] = i;
}

void cycle_check(struct load *l)
{
	struct graph g = { .load = l, .n_nodes = l->n_symbols + 1 };
	const struct environment_use *use;
	size_t node, n_edges = l->n_drafts_all;

	if (!l->n_symbols || !l->n_drafts_all)
		return;
	for (use = l->environment_uses; use; use = use->next)
		n_edges++;
	g.edges = load_scratch(l, n_edges, sizeof(*g.edges));
	g.first = load_scratch(l, g.n_nodes + 1, sizeof(*g.first));
	g.colours = load_scratch(l, g.n_nodes, sizeof(*g.colours));
	g.path = load_scratch(l, g.n_nodes, sizeof(*g.path));
	g.next = load_scratch(l, g.n_nodes, sizeof(*g.next));
	if (l->failed)
		return;
	edges_collect(&g, l);
	graph_index(&g);
	for (node = 0; node < g.n_nodes; node++)
		if (g.colours[node] == WHITE)
			search(&g, l, node);
}
