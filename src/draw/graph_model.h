/*
 * What a picture of a tree shows: components in components, and who has what of
 * whom.
 *
 * The model is made once, from a survey; every format draws it. Routes end at a
 * component without others in it, or, where there are others in it, at a node
 * of its own that stands for its program, or for its manifest where a route
 * breaks.
 */
#pragma once

#include "base/arena.h"
#include "route/survey.h"

#define GRAPH_NONE UINT32_MAX

enum graph_kind {
	GRAPH_CANVAS, /* what holds the root; always the first node */
	GRAPH_COMPONENT,
	GRAPH_COLLECTION,
	GRAPH_PROGRAM, /* of the component around it */
	GRAPH_BREAK,   /* in the component around it routes break */
	GRAPH_OUTSIDE, /* what the root exposes goes there */
};

enum graph_state {
	GRAPH_HAS_PROGRAM,
	GRAPH_NO_PROGRAM,
	GRAPH_BROKEN, /* its manifest cannot be had */
};

/* A line in a component's box, below its name. */
struct graph_line {
	const char *text;
	const char *title; /* more, for a tooltip; or NULL */
	bool is_broken;
	struct graph_line *next;
};

struct graph_node {
	enum graph_kind kind;
	enum graph_state state;	   /* components */
	const struct realm *realm; /* the component, or the one around it */
	const struct collection_decl *collection;
	const char *name;
	struct graph_line *lines, **last_line;
	uint32_t n_lines;
	uint32_t n_left_out; /* components in it that are not drawn */
	bool is_drawn, is_left_out;
	/* Drawn nodes only; GRAPH_NONE where there is none. */
	uint32_t parent, first_child, last_child, next;
};

/* One use, or one expose of the root, or one broken expose. */
struct graph_route {
	const struct survey_route *survey;
	uint32_t user; /* the component whose declaration it is */
	/* The component that provides it; of a broken one, whose manifest
	 * breaks it. GRAPH_NONE: none, see survey->source. */
	uint32_t provider;
	const char *file;
	const char *rule, *why; /* broken ones */
	uint32_t from, to;	/* nodes, GRAPH_NONE: a line in a box instead */
};

/* All routes of one kind between the same two nodes. */
struct graph_edge {
	uint32_t from, to;
	bool is_broken, is_weak;
	enum capability_type type; /* N_CAPABILITY_TYPES: several */
	const struct graph_route *const *routes;
	size_t n_routes;
	/* What to write beside it: each different text once. */
	const char **labels;
	size_t n_labels;
};

struct graph_filter {
	/* Only it, what is below it, and those they exchange something with;
	 * NULL: everything. */
	const struct realm *realm;
	const char *capability; /* only routes of that name, and their ends */
	size_t n_nodes_max; /* drawn components; those further up come first */
};

struct graph_model {
	struct arena arena;
	struct survey survey;
	struct graph_node *nodes;
	uint32_t n_nodes;
	struct graph_route *routes;
	size_t n_routes;
	struct graph_edge *edges;
	size_t n_edges;
	size_t n_components, n_drawn;
};

/*
 * Make the model of a tree whose realms are all resolved or broken. 0 and the
 * caller owns *ret (graph_model_fini; it points into the tree), or -ENOMEM.
 */
int graph_model_make(struct topology *t, const struct graph_filter *filter,
		     struct graph_model *ret);
void graph_model_fini(struct graph_model *m);

/* The name of a capability in the tree that @capability was perhaps meant to
 * be; NULL if none is near. */
const char *graph_model_nearest(const struct graph_model *m,
				const char *capability);

/* The source of a route that ends at no component: "framework", ...; else its
 * moniker. */
const char *graph_route_target(const struct graph_model *m,
			       const struct graph_route *route);

/* A sentence for a tooltip: who has what of whom, and where that is written. */
void graph_route_render(const struct graph_model *m,
			const struct graph_route *route, struct text *t);

/* Formats. The text is complete, or failed. */
void graph_render_json(const struct graph_model *m, struct text *t);
void graph_render_dot(const struct graph_model *m, struct text *t);
void graph_render_mermaid(const struct graph_model *m, struct text *t);
/* 0 or -ENOMEM. */
int graph_render_svg(const struct graph_model *m, struct text *t);
