/*
 * Words for all formats alike, each in the model's arena. Long strings lose
 * their middle here, and what is too much for a box or a route is counted
 * instead.
 */
#include "draw/graph_words.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "draw/graph_text.h"

enum { LINES_MAX = 7, LABELS_MAX = 6, RULES_MAX = 3 };

static const char *arena_text(struct arena *a, struct text *t)
{
	char *s =
		text_is_failed(t) ? NULL : arena_copy(a, text_string(t), t->n);

	text_clear(t);
	return s;
}

/* ---- boxes ---- */

/* @title is kept, @text is copied and shortened. */
static int line_add(struct graph_model *m, uint32_t node, const char *text,
		    const char *title, bool is_broken)
{
	struct graph_node *n = &m->nodes[node];
	struct graph_line *line = arena_new(&m->arena, struct graph_line);
	_cleanup_text_ struct text t = TEXT_INIT;

	graph_put_short(&t, text);
	if (!line || !(line->text = arena_text(&m->arena, &t)))
		return -ENOMEM;
	line->title = title;
	line->is_broken = is_broken;
	*n->last_line = line;
	n->last_line = &line->next;
	n->n_lines++;
	return 0;
}

/* Of "scheme://host/package#meta/it.cm" what tells components apart. */
static const char *url_tail(const char *url)
{
	size_t n = strcspn(url, "#");

	while (n && url[n - 1] != '/')
		n--;
	return url[n] ? url + n : url;
}

static int component_words(struct graph_model *m, uint32_t node)
{
	const struct realm *r = m->nodes[node].realm;
	int error = line_add(m, node, url_tail(r->url), r->url, false);

	if (!error && r->state == REALM_BROKEN)
		error = line_add(m, node, "cannot be resolved", r->broken,
				 true);
	return error;
}

static int collection_words(struct graph_model *m, uint32_t node)
{
	bool lasts =
		m->nodes[node].collection->durability == DURABILITY_TRANSIENT;

	return line_add(m, node,
			lasts ? "collection, transient"
			      : "collection, single run",
			NULL, false);
}

/* What @s calls it: the source's name, and the user's if that is another. */
static void put_name(struct text *t, const struct graph_route *route)
{
	const struct survey_route *s = route->survey;
	const char *name = s->name ? s->name : s->decl->name;

	if (s->decl->type != CAPABILITY_SERVICE)
		text_printf(t, "%s ", s->decl->keyword);
	graph_put_short(t, name);
	if (strcmp(name, s->decl->target_name)) {
		text_puts(t, " as ");
		graph_put_short(t, s->decl->target_name);
	}
}

static const char *route_title(struct graph_model *m,
			       const struct graph_route *route, struct text *t)
{
	graph_route_render(m, route, t);
	return arena_text(&m->arena, t);
}

/* A route that needs no arrow. */
static int route_words(struct graph_model *m, const struct graph_route *route)
{
	struct graph_node *n = &m->nodes[route->user];
	_cleanup_text_ struct text t = TEXT_INIT, title = TEXT_INIT;
	bool is_broken = route->survey->verdict == ROUTE_BROKEN;
	const char *more;

	if (n->n_lines > LINES_MAX || !n->is_drawn)
		return 0;
	if (n->n_lines == LINES_MAX)
		return line_add(m, route->user, "and more", NULL, is_broken);
	put_name(&t, route);
	if (is_broken)
		text_printf(&t, " [%s]", route->rule);
	else if (route->provider != GRAPH_NONE)
		text_puts(&t, " from itself");
	else
		text_printf(&t, " from %s", graph_route_target(m, route));
	more = route_title(m, route, &title);
	if (!more || text_is_failed(&t))
		return -ENOMEM;
	return line_add(m, route->user, text_string(&t), more, is_broken);
}

static int left_out_words(struct graph_model *m, uint32_t node)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_printf(&t, "and %u more component%s", m->nodes[node].n_left_out,
		    m->nodes[node].n_left_out == 1 ? "" : "s");
	return line_add(m, node, text_string(&t), NULL, false);
}

/* ---- edges ---- */

/* The label, unless it is there. */
static int label_add(struct graph_model *m, struct graph_edge *e,
		     struct text *t)
{
	const char *label = arena_text(&m->arena, t);
	size_t i;

	if (!label)
		return -ENOMEM;
	for (i = 0; i < e->n_labels; i++)
		if (!strcmp(e->labels[i], label))
			return 0;
	e->labels[e->n_labels++] = label;
	return 0;
}

/* Names first, then the rules that break them. */
static int edge_words(struct graph_model *m, struct graph_edge *e)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	size_t i, n;
	int r = 0;

	e->labels = arena_array(&m->arena, LABELS_MAX + 1 + RULES_MAX,
				sizeof(char *));
	if (!e->labels)
		return -ENOMEM;
	for (i = 0; i < e->n_routes && e->n_labels < LABELS_MAX && !r; i++) {
		put_name(&t, e->routes[i]);
		r = label_add(m, e, &t);
	}
	if (i < e->n_routes && !r) {
		text_printf(&t, "and %zu more", e->n_routes - i);
		r = label_add(m, e, &t);
	}
	n = e->n_labels + RULES_MAX;
	for (i = 0; e->is_broken && i < e->n_routes && e->n_labels < n && !r;
	     i++) {
		text_printf(&t, "[%s]", e->routes[i]->rule);
		r = label_add(m, e, &t);
	}
	return r;
}

int graph_words_make(struct graph_model *m)
{
	uint32_t i;
	size_t k;
	int r = 0;

	for (i = 0; i < m->n_nodes && !r; i++) {
		if (!m->nodes[i].is_drawn)
			continue;
		if (m->nodes[i].kind == GRAPH_COMPONENT)
			r = component_words(m, i);
		else if (m->nodes[i].kind == GRAPH_COLLECTION)
			r = collection_words(m, i);
	}
	for (k = 0; k < m->n_routes && !r; k++)
		if (m->routes[k].from == GRAPH_NONE)
			r = route_words(m, &m->routes[k]);
	for (i = 0; i < m->n_nodes && !r; i++)
		if (m->nodes[i].n_left_out)
			r = left_out_words(m, i);
	for (k = 0; k < m->n_edges && !r; k++)
		r = edge_words(m, &m->edges[k]);
	return r;
}

/* ---- sentences ---- */

const char *graph_route_target(const struct graph_model *m,
			       const struct graph_route *route)
{
	if (route->provider != GRAPH_NONE)
		return m->nodes[route->provider].realm->moniker;
	switch (route->survey->source) {
	case ROUTE_SOURCE_FRAMEWORK:
		return "framework";
	case ROUTE_SOURCE_BUILTIN:
		return "builtin";
	default:
		return "void";
	}
}

void graph_route_render(const struct graph_model *m,
			const struct graph_route *route, struct text *t)
{
	const struct survey_route *s = route->survey;

	text_printf(t, "%s %s %s ", s->realm->moniker,
		    s->decl->kind == DECL_USE ? "uses" : "exposes",
		    s->decl->keyword);
	text_puts(t, s->decl->target_name);
	if (s->verdict == ROUTE_BROKEN) {
		text_printf(t, ": %s [%s]", route->why, route->rule);
	} else {
		text_printf(t, " from %s", graph_route_target(m, route));
		if (s->name && strcmp(s->name, s->decl->target_name))
			text_printf(t, ", there called %s", s->name);
		text_puts(t, s->is_weak ? ", a weak dependency" : "");
	}
	text_printf(t, " (%s:%u:%u)", route->file, s->decl->place.line,
		    s->decl->place.column);
}

const char *graph_model_nearest(const struct graph_model *m,
				const char *capability)
{
	const char *name, *near = NULL;
	unsigned best = 4, distance;
	size_t i;

	for (i = 0; i < m->survey.n; i++) {
		name = m->survey.routes[i].decl->target_name;
		if (!text_nearest(capability, &name, 1))
			continue;
		distance = text_distance(capability, name, 3);
		if (distance < best) {
			best = distance;
			near = name;
		}
	}
	return near;
}
