/* The making of the graph, for its own files. */
#pragma once

#include "route/reach.h"

/* May the realm itself open it? */
static inline bool reach_opens(const struct reach_record *r)
{
	return (r->hold == REACH_USES || r->hold == REACH_MEMBER) &&
	       reach_is_held(r);
}

/* Take note of one declaration. @route is that of a verdict. 0 or -ENOMEM. */
int reach_add_record(struct reach *g, struct reach_record record,
		     const struct route *route);

/* Realms for the members of collections, with what is offered to them. Behind
 * those of the tree in @realms, of which there is room for all. */
int reach_add_members(struct reach *g, struct topology *t);

/* What is in the dictionaries that somebody has, and the members of collections
 * behind a service that is put together of theirs. */
int reach_open_bundles(struct reach *g);

/* Adds an edge; 0 or -ENOMEM. */
int reach_add_edge(struct reach *g, struct reach_edge edge);

/* A new place; its node. */
uint32_t reach_add_place(struct reach *g);

/* What one record gives by itself, or with others of its realm and children. */
int reach_link_records(struct reach *g);

/* Where those meet who have the same part of a directory. */
int reach_link_shared(struct reach *g);
