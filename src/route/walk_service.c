/*
 * Services of several sources.
 *
 * Where several declarations give one service one name, or a collection is the
 * source, there is not one provider but instances. A walk that names none ends
 * there, and lists them; one that names an instance goes on with that. The
 * members are carried rather than derived from: a slot is derived from one
 * other only, and here any of them may be behind a connection.
 */
#include "route/walk.h"

#include <string.h>

#include "reeve/status.h"
#include "route/why.h"

/* What the instance of a service that has only one is called. */
#define ONLY_INSTANCE "default"

static bool is_put_together(const struct slot *s)
{
	return !s->grant && !strcmp(s->decl->keyword, "service");
}

/* What the target calls the instances of one source, which lists none. */
static const char *member_name(const struct slot *s)
{
	const struct source *from = &s->decl->from;

	if (from->name)
		return from->name;
	return from->kind == SOURCE_SELF	? "self"
	       : from->kind == SOURCE_FRAMEWORK ? "framework"
						: "parent";
}

static void instance_add(struct route *route, const char *name)
{
	text_append(&route->instances, name, strlen(name) + 1);
	route->n_instances++;
}

static void member_list(struct walk *w, const struct slot *s)
{
	const struct decl *d = s->decl;
	size_t i;

	for (i = 0; i < d->n_instances; i++)
		instance_add(w->route, d->instances[i].target);
	if (!d->n_instances)
		instance_add(w->route, member_name(s));
}

static int instance_missing(struct walk *w, const struct realm *r,
			    const struct decl *d)
{
	why_refused(&w->route->why, r, d, "instance-not-found",
		    REEVE_ERR_NOT_FOUND, "%s has no instance \"%s\"",
		    d->target_name, w->instance);
	return ROUTE_BROKEN;
}

int walk_check_instance(struct walk *w, const struct realm *r,
			const struct decl *d)
{
	if (!w->instance || !strcmp(w->instance, ONLY_INSTANCE))
		return ROUTE_ENDED;
	return instance_missing(w, r, d);
}

/* Does @instance mean this member? Then *ret_rest is what the member is asked
 * for: "" for the only one it has. */
static bool member_matches(const struct slot *s, const char *instance,
			   const char **ret_rest)
{
	const struct decl *d = s->decl;
	const char *name = member_name(s);
	size_t n = strlen(name), i;

	/* Renamed as it arrives, like at any other hop. */
	for (i = 0; i < d->n_instances; i++) {
		*ret_rest = instance;
		if (!strcmp(d->instances[i].target, instance))
			return true;
	}
	if (d->n_instances || strncmp(instance, name, n) ||
	    (instance[n] && instance[n] != ':'))
		return false;
	*ret_rest = instance[n] ? instance + n + 1 : instance + n;
	return true;
}

int walk_choose(struct walk *w, struct realm *holder, enum table_kind table,
		struct slot *found)
{
	const char *rest = NULL;
	struct slot *s;

	if (!is_put_together(found))
		return walk_derive(w, found);
	/* One that was taken back keeps its name, so that those of the others
	 * stay what they were. */
	s = realm_first_same(holder, table, found);
	if (!realm_next_same(holder, table, s))
		return walk_derive(w, found);
	for (; s; s = realm_next_same(holder, table, s)) {
		if (!w->instance) {
			if (!s->cut)
				member_list(w, s);
		} else if (member_matches(s, w->instance, &rest)) {
			w->instance = *rest ? rest : NULL;
			w->is_carrying = true;
			return walk_derive(w, s);
		}
	}
	if (w->instance)
		return instance_missing(w, found->declarer, found->decl);
	return walk_end(w, ROUTE_SOURCE_AGGREGATE, found->declarer,
			found->decl->target_name);
}

static bool is_member(const struct realm *child, const char *collection)
{
	return child->collection && !strcmp(child->collection, collection);
}

static int collection_list(struct walk *w, struct realm *r,
			   const struct decl *d)
{
	struct realm *child;
	int k;

	list_for_each (child, &r->children, link) {
		if (!is_member(child, d->from.name))
			continue;
		k = walk_need(w, child);
		if (k == ROUTE_UNRESOLVED)
			return k;
		/* One that cannot be read, or does not expose it, has none. */
		if (!k &&
		    realm_find_slot(child, TABLE_OUTPUT, d->type, d->name))
			instance_add(w->route, child->name);
		if (k)
			text_clear(&w->route->why.text);
	}
	return walk_end(w, ROUTE_SOURCE_AGGREGATE, r, d->name);
}

int walk_to_collection(struct walk *w, struct realm *r, const struct decl *d)
{
	const char *instance = w->instance;
	struct realm *child;
	struct slot *found;
	size_t n;
	int k;

	if (!instance)
		return collection_list(w, r, d);
	n = strcspn(instance, ":");
	list_for_each (child, &r->children, link) {
		if (!is_member(child, d->from.name) ||
		    strncmp(child->name, instance, n) || child->name[n])
			continue;
		k = walk_need(w, child);
		if (k)
			return k;
		found = realm_find_slot(child, TABLE_OUTPUT, d->type, d->name);
		if (!found)
			return walk_missing(w, child, NULL, TABLE_OUTPUT, d, r);
		w->instance = instance[n] ? instance + n + 1 : NULL;
		w->is_carrying = true;
		return walk_choose(w, child, TABLE_OUTPUT, found);
	}
	return instance_missing(w, r, d);
}

int walk_rename_instance(struct walk *w, const struct realm *r,
			 const struct decl *d)
{
	size_t i;

	for (i = 0; i < d->n_instances; i++) {
		if (strcmp(d->instances[i].target, w->instance))
			continue;
		w->instance = d->instances[i].source;
		if (!strcmp(w->instance, ONLY_INSTANCE))
			w->instance = NULL;
		return ROUTE_ENDED;
	}
	return instance_missing(w, r, d);
}
