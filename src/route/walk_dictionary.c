/*
 * Dictionaries.
 *
 * Who takes X from "parent/a/b" first needs the dictionary a: the walk goes to
 * where that is declared, like to anything else. There it looks among what the
 * declaring component puts into a for the dictionary b, goes to where b is
 * declared, finds X there, and goes on to the source of X. On the way to b
 * another dictionary may have to be entered, so what is looked for is a stack.
 *
 * The taker is derived from X. The dictionaries that carried it are noted, so
 * that to take one of them back is to take back what came by it.
 */
#include "route/walk.h"

#include <errno.h>
#include <string.h>

#include "reeve/status.h"
#include "route/carry.h"
#include "route/why.h"

/*
 * A declaration like @d, but of the dictionary that @path begins with;
 * *ret_rest is what is behind that.
 */
static const struct decl *as_dictionary(struct route *route,
					const struct decl *d, const char *path,
					const char **ret_rest)
{
	struct decl *as = &route->between;
	size_t n = strcspn(path, "/");

	*ret_rest = path[n] ? path + n + 1 : path + n;
	if (n > ROUTE_NAME_MAX)
		n = ROUTE_NAME_MAX;
	memcpy(route->between_name, path, n);
	route->between_name[n] = 0;
	*as = *d;
	as->type = CAPABILITY_DICTIONARY;
	as->keyword = capability_type_name(CAPABILITY_DICTIONARY);
	as->name = route->between_name;
	as->from.dictionary = NULL;
	return as;
}

int walk_to_dictionary(struct walk *w, struct realm *r, const struct decl *d)
{
	const struct decl *wanted;
	const char *rest;

	if (w->n_bundles == WALK_BUNDLES_MAX) {
		why_refused(&w->route->why, r, d, "route-too-long",
			    REEVE_ERR_NO_RESOURCES,
			    "%s is inside more than %d dictionaries",
			    d->target_name, WALK_BUNDLES_MAX);
		return ROUTE_BROKEN;
	}
	wanted = as_dictionary(w->route, d, d->from.dictionary, &rest);
	w->bundles[w->n_bundles++] =
		(struct bundle){ .taker = w->slot, .decl = d, .rest = rest };
	w->is_carrying = true;
	switch (d->from.kind) {
	case SOURCE_PARENT:
		return walk_to_parent(w, r, wanted);
	case SOURCE_SELF:
		return walk_to_self(w, r, wanted);
	case SOURCE_CHILD:
		return walk_to_child(w, r, wanted);
	default:
		why_refused(&w->route->why, r, d, "unsupported",
			    REEVE_ERR_NOT_SUPPORTED,
			    "%s is taken from a dictionary of a source that "
			    "has none",
			    d->name);
		return ROUTE_BROKEN;
	}
}

static int member_missing(struct walk *w, const struct realm *r,
			  const struct decl *dictionary,
			  const struct decl *wanted,
			  const struct realm *wanting)
{
	if (wanted->source_may_be_absent)
		return walk_to_void(w, wanting, wanted);
	why_not_in_dictionary(&w->route->why, r, dictionary, wanted, wanting);
	return ROUTE_BROKEN;
}

/* The taker gets @member, which was put into a dictionary of @r. */
static int member_take(struct walk *w, struct realm *r, struct slot *member)
{
	struct bundle *b = &w->bundles[w->n_bundles - 1];

	w->slot = b->taker;
	w->n_bundles--;
	return walk_choose(w, r, TABLE_DICTIONARY, member);
}

/* The services in a used dictionary are instances of it. */
static int used_list(struct walk *w, struct realm *r, const struct decl *d)
{
	const struct table *t = &r->tables[TABLE_DICTIONARY];
	const struct slot *s;
	const char *name;
	size_t i;

	for (i = 0; i < t->n; i++) {
		s = &t->slots[i];
		name = s->decl->target_name;
		if (s->decl->type != CAPABILITY_SERVICE ||
		    strcmp(s->decl->to.name, d->name) ||
		    realm_find_member(r, d->name, CAPABILITY_SERVICE, name) !=
			    s)
			continue;
		text_append(&w->route->instances, name, strlen(name) + 1);
		w->route->n_instances++;
	}
	return walk_end(w, ROUTE_SOURCE_AGGREGATE, r, d->name);
}

int walk_to_used(struct walk *w, struct realm *r, const struct decl *d)
{
	struct slot *member;

	if (!w->instance)
		return used_list(w, r, d);
	member = realm_find_member(r, d->name, CAPABILITY_SERVICE, w->instance);
	if (!member) {
		why_refused(&w->route->why, r, d, "not-in-dictionary",
			    REEVE_ERR_NOT_FOUND,
			    "the dictionary %s of %s has no service %s",
			    d->name, r->moniker, w->instance);
		return ROUTE_BROKEN;
	}
	w->instance = NULL;
	w->slot = w->route->hops[0].slot;
	w->is_carrying = true;
	return walk_derive(w, member);
}

int walk_to_member(struct walk *w, struct realm *r, const struct decl *d)
{
	struct bundle *b = &w->bundles[w->n_bundles - 1];
	const struct realm *wanting = b->taker->declarer;
	const struct decl *wanted;
	struct slot *member;

	if (!*b->rest) {
		member = realm_find_member(r, d->name, b->decl->type,
					   b->decl->name);
		return member ? member_take(w, r, member)
			      : member_missing(w, r, d, b->decl, wanting);
	}
	wanted = as_dictionary(w->route, b->decl, b->rest, &b->rest);
	member = realm_find_member(r, d->name, CAPABILITY_DICTIONARY,
				   wanted->name);
	if (!member)
		return member_missing(w, r, d, wanted, wanting);
	w->slot = b->taker;
	w->is_carrying = true;
	return walk_derive(w, member);
}
