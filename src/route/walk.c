/*
 * The walk.
 *
 * A step takes the slot that was reached and finds the slot it was derived from:
 * in the holder's own tables, in the declarer's, or in a child's. The upward part
 * (input tables) and the downward part (output tables) need no two loops,
 * because every slot says by itself where it comes from; it ends because a
 * depth-bounded tree is walked up first and then only down, and storage starts
 * one second walk for its backing directory.
 */
#include "route/walk.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "reeve/status.h"
#include "route/grant.h"
#include "route/why.h"

static const char *const framework_services[] = {
	"reeve.Realm",
	"reeve.Registry",
	"fuchsia.sys2.Realm",
	"fuchsia.component.Realm",
};

static bool is_framework_service(const char *name)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(framework_services); i++)
		if (!strcmp(framework_services[i], name))
			return true;
	return false;
}

/* Arrive at @slot: note the hop and check what its declaration demands. */
int walk_arrive(struct walk *w, struct slot *slot)
{
	struct route *route = w->route;
	int r;

	/* No tree is so deep, but somebody may make copies of copies. */
	if (route->n_hops == ROUTE_HOPS_MAX) {
		why_refused(&route->why, slot->declarer, slot->decl,
			    "route-too-long", REEVE_ERR_NO_RESOURCES,
			    "the way to %s has more than %d hops",
			    route->hops[0].decl->target_name, ROUTE_HOPS_MAX);
		return ROUTE_BROKEN;
	}
	route->hops[route->n_hops++] =
		(struct hop){ slot->declarer, slot->decl, slot };
	w->slot = slot;
	route->no_transfer |= slot->decl->no_transfer;
	route->restart_on_revoke |= slot->grant &&
				    slot->grant->restart_on_revoke;
	r = walk_check_slot(w, slot);
	if (!r)
		r = walk_check_availability(w, slot->declarer, slot->decl);
	if (!r)
		r = walk_check_rights(w, slot->declarer, slot->decl);
	if (!r && slot->decl->type == CAPABILITY_DIRECTORY)
		r = walk_prepend_subdir(w, slot->declarer, slot->decl,
					slot->decl->subdir);
	return r;
}

static bool slot_is_below(const struct slot *s, const struct slot *above)
{
	while (s && s != above)
		s = s->from;
	return s;
}

/* The slot that the present one was derived from is @from. */
static int walk_derive(struct walk *w, struct slot *from)
{
	int r;

	/* Copies of each other, whose common source is gone: the derivation
	 * stays a tree. */
	if (from->grant && slot_is_below(from, w->slot)) {
		why_refused(&w->route->why, w->slot->declarer, w->slot->decl,
			    "grant-cycle", REEVE_ERR_NOT_FOUND,
			    "%s of %s is a copy of itself",
			    w->slot->decl->target_name,
			    w->slot->holder->moniker);
		return ROUTE_BROKEN;
	}
	slot_derive(w->slot, from);
	r = walk_arrive(w, from);
	return r ? r : STEP_ON;
}

static int walk_end(struct walk *w, enum route_source_kind kind,
		    const struct realm *realm, const char *name)
{
	w->route->source = kind;
	w->route->realm = realm;
	w->route->name = name;
	return STEP_SOURCE;
}

/* Make sure that @r can be looked into. */
static int walk_need(struct walk *w, struct realm *r)
{
	if (r->state == REALM_RESOLVED)
		return ROUTE_ENDED;
	if (r->state == REALM_UNRESOLVED) {
		w->route->need = r;
		return ROUTE_UNRESOLVED;
	}
	why_realm(&w->route->why, r, "resolve-failed", REEVE_ERR_NOT_FOUND,
		  "%s cannot be resolved: %s", r->moniker,
		  r->broken ? r->broken : "out of memory");
	return ROUTE_BROKEN;
}

static bool builtin_matches(const struct builtin *b, const struct decl *d)
{
	const char *name = d->name;

	/* The seed's dialect names directories by path. */
	if (*name == '/')
		name++;
	return b->type == d->type && !strcmp(b->name, name);
}

/* The root's parent is the manager: it has what the operator gave it. */
static int walk_above_root(struct walk *w, const struct realm *realm,
			   const struct decl *d)
{
	const struct topology *t = realm->tree;
	size_t i;

	for (i = 0; i < t->n_builtins; i++) {
		if (!builtin_matches(&t->builtins[i], d))
			continue;
		if (d->type == CAPABILITY_DIRECTORY && w->has_rights &&
		    w->rights & ~t->builtins[i].rights) {
			why_refused(&w->route->why, realm, d, "rights-invalid",
				    REEVE_ERR_ACCESS_DENIED,
				    "the host's directory %s was given to the "
				    "root with fewer rights than are used here",
				    t->builtins[i].name);
			return ROUTE_BROKEN;
		}
		return walk_end(w, ROUTE_SOURCE_BUILTIN, NULL,
				t->builtins[i].name);
	}
	why_refused(&w->route->why, realm, d,
		    d->kind == DECL_USE ? "use-from-component-manager-not-found" :
					  "offer-from-component-manager-not-found",
		    REEVE_ERR_NOT_FOUND,
		    "%s is taken from the parent of the root, but nothing was "
		    "given to this tree under that name",
		    d->name);
	return ROUTE_BROKEN;
}

static const char *missing_rule(enum decl_kind kind, enum source_kind from)
{
	static const char *const rules[N_DECL_KINDS][SOURCE_DEBUG + 1] = {
		[DECL_USE] = { [SOURCE_PARENT] = "use-from-parent-not-found",
			       [SOURCE_SELF] = "use-from-self-not-found",
			       [SOURCE_CHILD] =
				       "use-from-child-expose-not-found" },
		[DECL_OFFER] = { [SOURCE_PARENT] = "offer-from-parent-not-found",
				 [SOURCE_SELF] = "offer-from-self-not-found",
				 [SOURCE_CHILD] =
					 "offer-from-child-expose-not-found",
				 [SOURCE_CAPABILITY] =
					 "offer-from-self-not-found" },
		[DECL_EXPOSE] = { [SOURCE_SELF] = "expose-from-self-not-found",
				  [SOURCE_CHILD] =
					  "expose-from-child-expose-not-found" },
		[DECL_CAPABILITY] = { [SOURCE_PARENT] =
					      "storage-from-parent-not-found",
				      [SOURCE_SELF] =
					      "storage-from-self-not-found",
				      [SOURCE_CHILD] =
					      "storage-from-child-expose-not-"
					      "found" },
	};

	return rules[kind][from];
}

static int walk_to_void(struct walk *w, const struct realm *r,
			const struct decl *d);

static int walk_missing(struct walk *w, const struct realm *realm,
			const struct realm *child, enum table_kind table,
			const struct decl *d, const struct realm *wanting)
{
	/* What is not there, by its author's leave, is absent by design. */
	if (d->source_may_be_absent)
		return walk_to_void(w, wanting, d);
	why_missing(&w->route->why, realm, child, table, d, wanting,
		    missing_rule(d->kind, d->from.kind));
	return ROUTE_BROKEN;
}

/* What it came from before, while that holds: a grant of the same name that comes
 * later is another thing, and what was minted by the first is found below it. */
static struct slot *parent_before(const struct slot *s)
{
	struct slot *from = s->from;

	if (!from || from->cut)
		return NULL;
	return from->grant && from->grant->kind == GRANT_RULE &&
			       from->grant->slots[1].cut ?
		       NULL :
		       from;
}

static int walk_to_parent(struct walk *w, struct realm *r, const struct decl *d)
{
	struct slot *from;

	if (!r->parent)
		return walk_above_root(w, r, d);
	from = parent_before(w->slot);
	if (!from)
		from = realm_find_slot(r, TABLE_INPUT, d->type, d->name);
	if (!from)
		return walk_missing(w, r->parent, r, TABLE_INPUT, d, r);
	return walk_derive(w, from);
}

static int walk_to_self(struct walk *w, struct realm *r, const struct decl *d)
{
	struct slot *from;

	from = realm_find_slot(r, TABLE_PROGRAM_OUTPUT, d->type, d->name);
	if (!from)
		return walk_missing(w, r, NULL, TABLE_PROGRAM_OUTPUT, d, r);
	return walk_derive(w, from);
}

/* The child that a declaration calls so; grants call those of a collection by
 * "collection:name". */
static struct realm *child_called(const struct realm *r, const char *name)
{
	const char *colon = strchr(name, ':');
	char collection[256];
	size_t n;

	if (!colon)
		return realm_find_child(r, NULL, name);
	n = (size_t)(colon - name);
	if (n >= sizeof(collection))
		return NULL;
	memcpy(collection, name, n);
	collection[n] = 0;
	return realm_find_child(r, collection, colon + 1);
}

static int walk_to_child(struct walk *w, struct realm *r, const struct decl *d)
{
	struct realm *child = child_called(r, d->from.name);
	struct slot *from;
	int k;

	if (!child) {
		why_refused(&w->route->why, r, d,
			    "from-child-instance-not-found",
			    REEVE_ERR_NOT_FOUND,
			    "%s is taken from #%s, but there is no such child",
			    d->name, d->from.name);
		return ROUTE_BROKEN;
	}
	k = walk_need(w, child);
	if (k)
		return k;
	from = realm_find_slot(child, TABLE_OUTPUT, d->type, d->name);
	if (!from)
		return walk_missing(w, child, NULL, TABLE_OUTPUT, d, r);
	return walk_derive(w, from);
}

static int walk_to_framework(struct walk *w, struct realm *r,
			     const struct decl *d)
{
	if (d->type == CAPABILITY_SERVICE && is_framework_service(d->name))
		return walk_end(w, ROUTE_SOURCE_FRAMEWORK, r, d->name);
	why_refused(&w->route->why, r, d, "framework-not-found",
		    REEVE_ERR_NOT_FOUND,
		    "the framework has no %s %s; it provides "
		    "reeve.Registry, reeve.Realm, fuchsia.sys2.Realm and "
		    "fuchsia.component.Realm",
		    d->keyword, d->name);
	return ROUTE_BROKEN;
}

/* An offer of storage names a storage section of its own manifest. */
static int walk_to_storage(struct walk *w, struct realm *r, const struct decl *d)
{
	const char *name = d->from.kind == SOURCE_CAPABILITY ? d->from.name :
							       d->name;
	struct slot *from;

	from = realm_find_slot(r, TABLE_PROGRAM_OUTPUT, CAPABILITY_STORAGE,
			       name);
	if (!from)
		return walk_missing(w, r, NULL, TABLE_PROGRAM_OUTPUT, d, r);
	return walk_derive(w, from);
}

static int walk_to_void(struct walk *w, const struct realm *r,
			const struct decl *d)
{
	if (w->availability != AVAILABILITY_REQUIRED)
		return walk_end(w, ROUTE_SOURCE_VOID, NULL, d->name);
	why_refused(&w->route->why, r, d, "void-to-required",
		    REEVE_ERR_NOT_FOUND,
		    "%s comes from void, but its user requires it",
		    d->target_name);
	return ROUTE_BROKEN;
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
		text_printf(&path, "%s%s%s/", chain[n]->collection ?
			    chain[n]->collection : "",
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
static int walk_to_backing(struct walk *w, struct realm *r,
			   const struct decl *storage)
{
	struct route *route = w->route;
	struct decl as_use = *storage;
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
	as_use.type = CAPABILITY_DIRECTORY;
	as_use.keyword = capability_type_name(CAPABILITY_DIRECTORY);
	as_use.name = storage->backing;
	switch (storage->from.kind) {
	case SOURCE_PARENT:
		return walk_to_parent(w, r, &as_use);
	case SOURCE_SELF:
		return walk_to_self(w, r, &as_use);
	case SOURCE_CHILD:
		return walk_to_child(w, r, &as_use);
	default:
		return -ENOTRECOVERABLE;
	}
}

/* The walk has reached the program that provides it. */
static int walk_to_program(struct walk *w, struct realm *r, const struct decl *d)
{
	int k = walk_check_access(w, r, d);

	if (k)
		return k;
	if (d->type == CAPABILITY_DIRECTORY && !d->has_rights) {
		why_refused(&w->route->why, r, d, "missing-rights-source",
			    REEVE_ERR_NOT_FOUND,
			    "the source of directory %s must state its rights",
			    d->name);
		return ROUTE_BROKEN;
	}
	if (d->type == CAPABILITY_SERVICE && !r->manifest->program) {
		why_refused(&w->route->why, r, d, "instance-not-executable",
			    REEVE_ERR_NOT_FOUND,
			    "%s provides %s but has no program to run",
			    r->moniker, d->name);
		return ROUTE_BROKEN;
	}
	w->route->path = d->path;
	return walk_end(w, ROUTE_SOURCE_COMPONENT, r, d->name);
}

int walk_step(struct walk *w)
{
	struct realm *r = w->slot->declarer;
	const struct decl *d = w->slot->decl;

	if (d->kind == DECL_CAPABILITY)
		return d->type == CAPABILITY_STORAGE ?
			       walk_to_backing(w, r, d) :
			       walk_to_program(w, r, d);
	switch (d->from.kind) {
	case SOURCE_PARENT:
		return walk_to_parent(w, r, d);
	case SOURCE_SELF:
		return d->type == CAPABILITY_STORAGE ? walk_to_storage(w, r, d) :
						       walk_to_self(w, r, d);
	case SOURCE_CAPABILITY:
		return walk_to_storage(w, r, d);
	case SOURCE_CHILD:
		return walk_to_child(w, r, d);
	case SOURCE_FRAMEWORK:
		return walk_to_framework(w, r, d);
	case SOURCE_VOID:
		return walk_to_void(w, r, d);
	case SOURCE_COLLECTION:
	case SOURCE_DEBUG:
		break;
	}
	why_refused(&w->route->why, r, d, "unsupported",
		    REEVE_ERR_NOT_SUPPORTED,
		    "%s is taken from a source that cannot be routed yet",
		    d->name);
	return ROUTE_BROKEN;
}
