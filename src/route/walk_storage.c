/*
 * Storage: from its use to its declaration, and on from there to the directory
 * behind it, which is routed as if the declaring component used it.
 */
#include "route/walk.h"

#include <errno.h>
#include <string.h>

#include "reeve/status.h"
#include "route/why.h"

/* An offer of storage names a storage section of its own manifest. */
int walk_to_storage(struct walk *w, struct realm *r, const struct decl *d)
{
	const char *name =
		d->from.kind == SOURCE_CAPABILITY ? d->from.name : d->name;
	struct slot *from;

	from = realm_find_slot(r, TABLE_PROGRAM_OUTPUT, CAPABILITY_STORAGE,
			       name);
	if (!from)
		return walk_missing(w, r, NULL, TABLE_PROGRAM_OUTPUT, d, r);
	return walk_derive(w, from);
}

/*
 * The path of a user's own part of a storage: the names from the declaring
 * realm down to it, joined by "children", then the storage's name, as the
 * second seed's system lays it out.
 */
static int walk_storage_path(struct walk *w, const struct realm *user,
			     const struct realm *declarer, const char *name)
{
	const struct realm *chain[REALM_DEPTH_MAX + 1];
	struct text path = TEXT_INIT;
	size_t n = 0;

	/* Its directory would hold those of the user's own children. */
	if (!strcmp(name, "children")) {
		why_refused(&w->route->why, user, w->route->hops[0].decl,
			    "storage-name", REEVE_ERR_NOT_FOUND,
			    "a storage cannot be used under the name "
			    "\"children\": that is where the storage of the "
			    "children of %s is",
			    user->moniker);
		return ROUTE_BROKEN;
	}
	for (; user != declarer; user = user->parent)
		chain[n++] = user;
	while (n--) {
		text_printf(&path, "%s%s%s/",
			    chain[n]->collection ? chain[n]->collection : "",
			    chain[n]->collection ? ":" : "", chain[n]->name);
		if (n)
			text_puts(&path, "children/");
	}
	text_puts(&path, name);
	if (text_is_failed(&path)) {
		text_fini(&path);
		return -ENOMEM;
	}
	text_fini(&w->route->subdir);
	w->route->subdir = path;
	return ROUTE_ENDED;
}

/* At a storage declaration: go on to the directory behind it. */
int walk_to_backing(struct walk *w, struct realm *r, const struct decl *storage)
{
	struct route *route = w->route;
	struct decl *as_use = &route->between;
	int k;

	route->storage_realm = r;
	route->storage = storage;
	/* The directory behind it is had by whoever makes storage of it. */
	w->client = r;
	k = walk_storage_path(w, route->hops[0].realm, r,
			      route->hops[0].decl->name);
	if (!k)
		k = walk_prepend_subdir(w, r, storage, storage->subdir);
	if (k)
		return k;
	/* Storage is written to, so its backing must be writable. */
	w->rights = RIGHTS_R | RIGHTS_W;
	w->has_rights = true;
	w->availability = AVAILABILITY_REQUIRED;
	*as_use = *storage;
	as_use->type = CAPABILITY_DIRECTORY;
	as_use->keyword = capability_type_name(CAPABILITY_DIRECTORY);
	as_use->name = storage->backing;
	switch (storage->from.kind) {
	case SOURCE_PARENT:
		return walk_to_parent(w, r, as_use);
	case SOURCE_SELF:
		return walk_to_self(w, r, as_use);
	case SOURCE_CHILD:
		return walk_to_child(w, r, as_use);
	default:
		return -ENOTRECOVERABLE;
	}
}
