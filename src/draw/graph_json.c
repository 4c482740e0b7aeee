/* The picture as data: each component, each collection, each route. */
#include "draw/graph_model.h"

static const char *state_word(enum graph_state state)
{
	switch (state) {
	case GRAPH_HAS_PROGRAM:
		return "program";
	case GRAPH_BROKEN:
		return "broken";
	case GRAPH_NO_PROGRAM:
		break;
	}
	return "no program";
}

static void put_node(const struct graph_node *n, struct text *t)
{
	text_puts(t, "{\"moniker\":");
	text_json(t, n->realm->moniker);
	text_puts(t, ",\"url\":");
	text_json(t, n->realm->url);
	text_printf(t, ",\"state\":\"%s\"", state_word(n->state));
	if (n->state == GRAPH_BROKEN) {
		text_puts(t, ",\"error\":");
		text_json(t, n->realm->broken ? n->realm->broken
					      : "out of memory");
	}
	text_puts(t, "}");
}

static void put_collection(const struct graph_node *n, struct text *t)
{
	text_puts(t, "{\"moniker\":");
	text_json(t, n->realm->moniker);
	text_puts(t, ",\"name\":");
	text_json(t, n->name);
	text_printf(t, ",\"durability\":\"%s\"}",
		    n->collection->durability == DURABILITY_TRANSIENT
			    ? "transient"
			    : "single_run");
}

static void put_nodes(const struct graph_model *m, enum graph_kind kind,
		      void (*put)(const struct graph_node *n, struct text *t),
		      struct text *t)
{
	const char *between = "\n  ";
	uint32_t i;

	for (i = 0; i < m->n_nodes; i++) {
		if (m->nodes[i].kind != kind || !m->nodes[i].is_drawn)
			continue;
		text_puts(t, between);
		put(&m->nodes[i], t);
		between = ",\n  ";
	}
}

static void put_route(const struct graph_model *m,
		      const struct graph_route *route, struct text *t)
{
	const struct survey_route *s = route->survey;

	text_puts(t, "{\"from\":");
	text_json(t, s->realm->moniker);
	text_puts(t, ",\"to\":");
	text_json(t, graph_route_target(m, route));
	text_printf(t, ",\"declaration\":\"%s\",\"type\":\"%s\",\"name\":",
		    decl_kind_name(s->decl->kind), s->decl->keyword);
	text_json(t, s->name ? s->name : s->decl->name);
	text_puts(t, ",\"as\":");
	text_json(t, s->decl->target_name);
	text_printf(t, ",\"verdict\":\"%s\",\"weak\":%s,\"file\":",
		    s->verdict == ROUTE_ENDED ? "routed" : "failed",
		    s->is_weak ? "true" : "false");
	text_json(t, route->file);
	text_printf(t, ",\"line\":%u,\"column\":%u", s->decl->place.line,
		    s->decl->place.column);
	if (s->verdict == ROUTE_BROKEN) {
		text_printf(t, ",\"rule\":\"%s\",\"text\":", route->rule);
		text_json(t, route->why);
	}
	text_puts(t, "}");
}

void graph_render_json(const struct graph_model *m, struct text *t)
{
	size_t i;

	text_puts(t, "{\"nodes\":[");
	put_nodes(m, GRAPH_COMPONENT, put_node, t);
	text_puts(t, "],\n\"collections\":[");
	put_nodes(m, GRAPH_COLLECTION, put_collection, t);
	text_puts(t, "],\n\"edges\":[");
	for (i = 0; i < m->n_routes; i++) {
		text_puts(t, i ? ",\n  " : "\n  ");
		put_route(m, &m->routes[i], t);
	}
	text_puts(t, "]}\n");
}
