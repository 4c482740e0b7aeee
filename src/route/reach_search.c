/*
 * Breadth first, step by step, from many at once. Two labels a node, of
 * different origins: by the first alone, none of those that were searched from
 * could be found from another. The nearest two of a node are among the nearest
 * two of those before it, so nothing is missed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/access.h"
#include "route/reach.h"

enum { LABELS = 2 };

void reach_search_fini(struct reach_search *s)
{
	free(s->origin);
	free(s->edge);
	free(s->before);
	free(s->steps);
	*s = (struct reach_search){ 0 };
}

static int search_init(struct reach_search *s, const struct reach *g,
		       bool is_backward)
{
	size_t n = g->n_nodes * LABELS, i;

	*s = (struct reach_search){ .g = g, .is_backward = is_backward };
	s->origin = calloc(n + 1, sizeof(*s->origin));
	s->edge = calloc(n + 1, sizeof(*s->edge));
	s->before = calloc(n + 1, sizeof(*s->before));
	s->steps = calloc(n + 1, sizeof(*s->steps));
	if (!s->origin || !s->edge || !s->before || !s->steps) {
		reach_search_fini(s);
		return -ENOMEM;
	}
	for (i = 0; i < n; i++)
		s->origin[i] = s->edge[i] = s->before[i] = REACH_NO_NODE;
	return 0;
}

/* Where @origin is noted at @node; REACH_NO_NODE if it is noted already, or two
 * nearer ones are. */
static uint32_t search_label(const struct reach_search *s, uint32_t node,
			     uint32_t origin)
{
	uint32_t label = node * LABELS, i;

	for (i = 0; i < LABELS; i++, label++) {
		if (s->origin[label] == origin)
			return REACH_NO_NODE;
		if (s->origin[label] == REACH_NO_NODE)
			return label;
	}
	return REACH_NO_NODE;
}

/* Labels that are to be gone on from. */
struct queue {
	uint32_t *at;
	size_t n;
};

/* Go on from one label along each edge: what is a place belongs to the same
 * step, what is a realm to the next. */
static void search_spread(struct reach_search *s, uint32_t from,
			  struct queue *now, struct queue *next)
{
	const struct reach *g = s->g;
	const struct reach_index *index = s->is_backward ? &g->in : &g->out;
	uint32_t node = from / LABELS, i, label, to;
	const struct reach_edge *e;
	struct queue *queue;

	for (i = index->first[node]; i < index->first[node + 1]; i++) {
		e = &g->edges[index->at[i]];
		to = s->is_backward ? e->from : e->to;
		label = search_label(s, to, s->origin[from]);
		if (label == REACH_NO_NODE)
			continue;
		queue = to < g->n_realms ? next : now;
		s->origin[label] = s->origin[from];
		s->edge[label] = index->at[i];
		s->before[label] = from;
		s->steps[label] = s->steps[from] + (queue == next);
		queue->at[queue->n++] = label;
	}
}

static void search_run(struct reach_search *s, struct queue now,
		       struct queue next)
{
	struct queue done;
	size_t i;

	while (now.n) {
		for (i = 0; i < now.n; i++)
			search_spread(s, now.at[i], &now, &next);
		done = now;
		now = next;
		next = done;
		next.n = 0;
	}
}

int reach_search(const struct reach *g, const bool *from, bool is_backward,
		 struct reach_search *ret)
{
	size_t n = g->n_nodes * LABELS + 1;
	struct queue now = { calloc(n, sizeof(*now.at)), 0 };
	struct queue next = { calloc(n, sizeof(*next.at)), 0 };
	struct reach_search s;
	uint32_t node;
	int k = now.at && next.at ? search_init(&s, g, is_backward) : -ENOMEM;

	for (node = 0; node < g->n_realms && !k; node++) {
		if (!from[node])
			continue;
		s.origin[node * LABELS] = node;
		now.at[now.n++] = node * LABELS;
	}
	if (!k)
		search_run(&s, now, next);
	free(now.at);
	free(next.at);
	if (!k)
		*ret = s;
	return k;
}

static const struct reach_record *record_at(const struct reach *g, uint32_t i)
{
	return i == REACH_NO_RECORD ? NULL : &g->records[i];
}

/* Edges from a realm over any places to the next realm, as one step. */
static struct reach_step step_of(const struct reach *g,
				 const struct reach_edge *first,
				 const struct reach_edge *last)
{
	struct reach_step step = {
		.kind = last->kind,
		.from = g->realms[first->from],
		.to = g->realms[last->to],
		.by = record_at(g, first->by),
		.with = record_at(g, first->with),
	};

	if (last->kind == REACH_SHARED || last->kind == REACH_REGISTERED)
		step.with = record_at(g, last->by);
	if (last->kind == REACH_CHILD || last->kind == REACH_NAME) {
		step.with = step.by;
		step.by = record_at(g, last->by);
	}
	return step;
}

static int path_make(const struct reach *g, const uint32_t *edges, size_t n,
		     struct reach_path *ret)
{
	struct reach_path p = { calloc(n, sizeof(*p.steps)), 0 };
	const struct reach_edge *first = NULL, *e;
	size_t i;

	if (!p.steps)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		e = &g->edges[edges[i]];
		first = first ? first : e;
		if (e->to >= g->n_realms)
			continue;
		p.steps[p.n++] = step_of(g, first, e);
		first = NULL;
	}
	*ret = p;
	return 0;
}

/* The label of the nearest other; REACH_NO_NODE if there is none. */
static uint32_t label_of(const struct reach_search *s, const struct realm *r)
{
	uint32_t node = reach_node(s->g, r), label;

	if (node == REACH_NO_NODE)
		return REACH_NO_NODE;
	label = node * LABELS;
	if (s->origin[label] == node)
		label++;
	return s->origin[label] == REACH_NO_NODE ? REACH_NO_NODE : label;
}

uint32_t reach_search_steps(const struct reach_search *s, const struct realm *r)
{
	uint32_t label = label_of(s, r);

	return label == REACH_NO_NODE ? 0 : s->steps[label];
}

int reach_search_path(const struct reach_search *s, const struct realm *r,
		      struct reach_path *ret)
{
	uint32_t label = label_of(s, r), at;
	uint32_t *edges;
	size_t n = 0, i;
	int k;

	if (label == REACH_NO_NODE)
		return REACH_NONE;
	for (at = label; s->before[at] != REACH_NO_NODE; at = s->before[at])
		n++;
	edges = calloc(n + 1, sizeof(*edges));
	if (!edges)
		return -ENOMEM;
	/* From the target towards the origin: backward, that is the path. */
	for (at = label, i = 0; i < n; at = s->before[at], i++)
		edges[s->is_backward ? i : n - 1 - i] = s->edge[at];
	k = path_make(s->g, edges, n, ret);
	free(edges);
	return k;
}

int reach_find(const struct reach *g, const struct realm *from,
	       const struct realm *to, struct reach_path *ret)
{
	bool *set = calloc(g->n_realms + 1, sizeof(*set));
	uint32_t node = reach_node(g, from);
	struct reach_search s;
	int k;

	if (!set)
		return -ENOMEM;
	if (node != REACH_NO_NODE)
		set[node] = true;
	k = reach_search(g, set, false, &s);
	free(set);
	if (k)
		return k;
	k = reach_search_path(&s, to, ret);
	reach_search_fini(&s);
	return k;
}

void reach_path_fini(struct reach_path *p)
{
	free(p->steps);
	*p = (struct reach_path){ NULL, 0 };
}

size_t reach_match(const struct reach *g, const char *pattern, bool *set,
		   const char **ret_why)
{
	struct access_pattern p;
	struct access access = { .kind = ACCESS_LIST,
				 .patterns = &p,
				 .n_patterns = 1 };
	size_t n = 0, i;

	*ret_why = NULL;
	/* That of the members of a collection is no pattern. */
	for (i = g->n_components; i < g->n_realms; i++)
		if (!strcmp(g->realms[i]->moniker, pattern)) {
			set[i] = true;
			return 1;
		}
	if (access_pattern_read(pattern, &p, ret_why))
		return 0;
	if (p.kind != ACCESS_PATTERN_MONIKER) {
		*ret_why = "is no absolute moniker";
		return 0;
	}
	for (i = 0; i < g->n_realms; i++) {
		/* Declared by nobody of the tree, whose own it would be. */
		if (!access_allows(&access, "nobody", g->realms[i]->moniker))
			continue;
		set[i] = true;
		n++;
	}
	return n;
}
