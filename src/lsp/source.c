/* Where a declaration leads, by the walk that decides everything. */
#include <errno.h>
#include <string.h>

#include "lsp/answer.h"

/* What is offered to a collection is in nobody's table yet: begin behind it. */
static struct slot *slot_behind(struct realm *r, const struct decl *d)
{
	struct realm *child;

	switch (d->from.kind) {
	case SOURCE_PARENT:
		return realm_find_slot(r, TABLE_INPUT, d->type, d->name);
	case SOURCE_SELF:
	case SOURCE_CAPABILITY:
		return realm_find_slot(r, TABLE_PROGRAM_OUTPUT, d->type,
				       d->name);
	case SOURCE_CHILD:
		child = realm_find_child(r, NULL, d->from.name);
		return child && child->state == REALM_RESOLVED
			       ? realm_find_slot(child, TABLE_OUTPUT, d->type,
						 d->name)
			       : NULL;
	default:
		return NULL;
	}
}

static struct slot *offer_slot(struct realm *r, const struct decl *d,
			       struct realm **ret_client)
{
	struct realm *child;
	struct slot *slot;

	*ret_client = r;
	if (d->to.kind == TARGET_CHILD) {
		child = realm_find_child(r, NULL, d->to.name);
		slot = child && child->state == REALM_RESOLVED
			       ? realm_slot_of(child, TABLE_INPUT, d)
			       : NULL;
		if (slot) {
			*ret_client = child;
			return slot;
		}
	}
	return slot_behind(r, d);
}

int source_route(struct realm *r, const struct decl *d, struct route *route,
		 int *ret_verdict)
{
	struct realm *client;
	struct slot *slot;
	int k;

	if (d->kind == DECL_USE || d->kind == DECL_EXPOSE) {
		k = route_walk(r, d, route);
	} else if (d->kind == DECL_OFFER) {
		slot = offer_slot(r, d, &client);
		if (!slot)
			return SOURCE_ABSENT;
		k = route_walk_slot(slot, client, route);
	} else {
		return SOURCE_ABSENT;
	}
	/* A declaration without a slot is none that can be walked. */
	if (k == -ENOENT || k == ROUTE_UNRESOLVED)
		return SOURCE_ABSENT;
	if (k < 0)
		return k;
	*ret_verdict = k;
	return 0;
}

const struct hop *source_hop(const struct route *route, const struct decl *d)
{
	size_t at = route->n_hops && route->hops[0].decl == d;

	return at < route->n_hops ? &route->hops[at] : NULL;
}

bool rule_is_of_parent(const char *rule)
{
	const char *at = strstr(rule, "-from-component-manager-not-found");

	return at != NULL;
}
