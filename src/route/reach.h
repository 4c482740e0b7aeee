/*
 * Reach: who can get at whom, as far as manifests say.
 *
 * The graph of authority of one survey. There is a way from one component to
 * another if the first may open a service, a directory or a storage of the
 * second; if it holds a realm's service of the framework and the second is a
 * child of that realm, or provides what such a child exposes; if it may look up
 * names and the second provides what is offered to it, used or not, or may
 * register names itself, as its parent or its child; if it provides the runner
 * or the resolver of the second; or if both have the same part of a directory,
 * the first may write there and the second reads it. A path is any number of
 * these in a row: whether the components on it pass anything on is up to their
 * programs, so a path says what is possible, and the lack of one what is not.
 *
 * Not claimed: what programs register and grant while they run, what the
 * members of collections would expose, what comes back as an answer, and covert
 * channels.
 */
#pragma once

#include "route/survey.h"

/* How a component has a capability. */
enum reach_hold {
	REACH_USES,
	REACH_EXPOSES, /* its parent may have it */
	REACH_OFFERED, /* by its parent, but it does not use it */
	REACH_MEMBER,  /* the same, of whoever is made in a collection */
	N_REACH_HOLDS,
};

/*
 * One declaration and where it led: of the survey, and an offer that the
 * component makes no use of. The members of a collection are in no manifest:
 * one realm that is not in the tree stands for them, "/shop/pool:*", and may
 * open whatever the collection is offered.
 */
struct reach_record {
	enum reach_hold hold;
	const struct realm *realm;    /* who has it */
	const struct realm *declarer; /* whose manifest says so */
	const struct decl *decl;
	int verdict; /* ROUTE_ENDED or ROUTE_BROKEN; the rest is of the first */
	enum route_source_kind source;
	const struct realm *provider; /* NULL for builtin and void */
	const char *name;	      /* what the source calls it */
	const char *subdir; /* of the source's directory; "" for all of it */
	uint32_t rights;    /* directories and storage */
	bool is_weak, no_transfer;
	bool is_forbidden; /* by the tree's policy; @provider has it */
	uint32_t nesting;  /* in so many dictionaries that it has */
	/* The declaration where it begins, the last in the author's hand. */
	const struct realm *origin;
	const struct decl *origin_decl;
	/* What it is called on the way, where that is not its name. */
	const char **names;
	size_t n_names;
};

enum reach_kind {
	/* @by is a use: */
	REACH_SERVICE,
	REACH_DIRECTORY, /* also a storage, whose directory it is in */
	REACH_CONTROL, /* the framework's service for the children of a realm */
	/* @by is what the child exposes, or what the realm has, @with the use
	 * of the framework's service that opens it: */
	REACH_CHILD,
	REACH_NAME,
	/* @by and @with are the uses of the service by which the one finds what
	 * the other may register: */
	REACH_REGISTERED,
	/* @by is the use (or registration) of the one that is run: */
	REACH_RUNNER,
	/* @by is the use of who writes, @with that of who reads: */
	REACH_SHARED,
	N_REACH_KINDS,
};

/*
 * A node is a realm, or a place where several meet: a part of a directory, the
 * framework's service for the children of one realm. A step that leads through
 * places is of the kind of the edge that leaves the last.
 */
struct reach_edge {
	uint32_t from, to;
	uint32_t by, with; /* records; REACH_NO_RECORD: none */
	enum reach_kind kind;
};

/* Edges by one of their ends: those of node i are at[first[i]..first[i + 1]].
 */
struct reach_index {
	uint32_t *first, *at;
};

struct reach_node {
	const struct realm *realm;
	uint32_t index;
};

struct reach {
	struct arena arena;
	struct reach_record *records; /* by realm in document order */
	size_t n_records, n_records_room;
	/* The first nodes: the tree in document order, then members. */
	const struct realm **realms;
	size_t n_realms, n_components; /* with and without members */
	size_t n_broken; /* realms whose manifest could not be had */
	struct reach_node *by_pointer;
	size_t n_nodes; /* with the places where components meet */
	struct reach_edge *edges;
	size_t n_edges, n_edges_room;
	struct reach_index out, in;
};

enum {
	/* Verdicts. */
	REACH_NONE = 1, /* there is no path */
};

enum {
	/* Of a survey, and of what is offered and not used. */
	REACH_RECORDS_MAX = 1000000,
};

#define REACH_NO_NODE	UINT32_MAX
#define REACH_NO_RECORD UINT32_MAX

/*
 * Survey a tree whose realms are all resolved or broken, and make its graph.
 * @on_route as for survey_take(), or NULL. 0 and the caller owns *ret
 * (reach_fini; it points into the tree), or a fault: -EFBIG if there are more
 * than REACH_RECORDS_MAX.
 */
int reach_take(struct topology *t, survey_fn on_route, void *userdata,
	       struct reach *ret);
void reach_fini(struct reach *g);

/* The node of a realm. */
uint32_t reach_node(const struct reach *g, const struct realm *r);

/* One step of a path. */
struct reach_step {
	enum reach_kind kind;
	const struct realm *from, *to;
	const struct reach_record *by;
	const struct reach_record *with; /* NULL where the kind has none */
};

struct reach_path {
	struct reach_step *steps; /* at least one */
	size_t n;
};

void reach_path_fini(struct reach_path *p);

/*
 * A path of authority with the fewest steps. 0 and the caller owns *ret
 * (reach_path_fini); REACH_NONE; -ENOMEM. A component does not reach itself.
 */
int reach_find(const struct reach *g, const struct realm *from,
	       const struct realm *to, struct reach_path *ret);

/*
 * The same for many at once: a search from each realm whose element of @from
 * (by node) is set, forward, or backward: then paths lead to these. It keeps to
 * each node the two nearest of them, so that one of them is found from the
 * others.
 */
struct reach_search {
	const struct reach *g;
	bool is_backward;
	uint32_t *origin, *edge, *before, *steps; /* two a node */
};

int reach_search(const struct reach *g, const bool *from, bool is_backward,
		 struct reach_search *ret);
void reach_search_fini(struct reach_search *s);

/* The path between @r and the nearest other realm that was searched from: 0,
 * REACH_NONE, -ENOMEM. */
int reach_search_path(const struct reach_search *s, const struct realm *r,
		      struct reach_path *ret);

/* How many steps that path has; 0 if there is none. */
uint32_t reach_search_steps(const struct reach_search *s,
			    const struct realm *r);

/*
 * The realms whose moniker matches @pattern, or is it: set in @set, by node.
 * How many; 0 also if the pattern is none, and *ret_why says what is wrong with
 * it (static; NULL otherwise).
 */
size_t reach_match(const struct reach *g, const char *pattern, bool *set,
		   const char **ret_why);

/* Is it one of the realms that stand for the members of a collection? */
bool reach_is_member(const struct reach *g, uint32_t node);

/* Does it give anything: has it ended, and not in void? */
bool reach_is_held(const struct reach_record *r);

/* Is it called so, by its source or on the way? "/svc/NAME" and NAME are one.
 */
bool reach_is_called(const struct reach_record *r, const char *name);

/* The file and place of a record's own declaration, and of its origin. */
const char *reach_record_file(const struct reach_record *r);
const char *reach_origin_file(const struct reach_record *r);

/* What it is where it comes from: what is in a dictionary is a service. */
enum capability_type reach_type(const struct reach_record *r);

/* Where it comes from: a moniker, "framework", "builtin", "void". */
const char *reach_source_moniker(const struct reach_record *r);

/* The same in words: "/b", "the framework at /b", "the host". */
void reach_source_render(const struct reach_record *r, struct text *t);

/* What is had, in words: "directory data of /b below x [r*], called d". */
void reach_render(const struct reach_record *r, struct text *t);
