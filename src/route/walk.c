/*
 * The walk.
 *
 * A step takes the slot that was reached and finds the slot it was derived
 * from: in the holder's own tables, in the declarer's, or in a child's. The
 * upward part (input tables) and the downward part (output tables) need no two
 * loops, because every slot says by itself where it comes from; it ends because
 * a depth-bounded tree is walked up first and then only down, and storage
 * starts one second walk for its backing directory.
 */
#include "route/walk.h"

#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "reeve/status.h"
#include "route/carry.h"
#include "route/cut.h"
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

static int walk_too_long(struct walk *w, const struct slot *slot)
{
	why_refused(&w->route->why, slot->declarer, slot->decl,
		    "route-too-long", REEVE_ERR_NO_RESOURCES,
		    "the way to %s has more than %d hops",
		    w->route->hops[0].decl->target_name, ROUTE_HOPS_MAX);
	return ROUTE_BROKEN;
}

/* Arrive at @slot: note the hop and check what its declaration demands. */
int walk_arrive(struct walk *w, struct slot *slot)
{
	struct route *route = w->route;
	int r;

	/* No tree is so deep, but somebody may make copies of copies. */
	if (route->n_hops == ROUTE_HOPS_MAX)
		return walk_too_long(w, slot);
	route->hops[route->n_hops++] =
		(struct hop){ slot->declarer, slot->decl, slot };
	w->slot = slot;
	route->no_transfer |= slot->decl->no_transfer;
	route->restart_on_revoke |=
		slot->grant && slot->grant->restart_on_revoke;
	r = walk_check_slot(w, slot);
	if (!r)
		r = walk_check_availability(w, slot->declarer, slot->decl);
	if (!r)
		r = walk_check_rights(w, slot->declarer, slot->decl);
	if (!r && slot->decl->type == CAPABILITY_DIRECTORY)
		r = walk_prepend_subdir(w, slot->declarer, slot->decl,
					slot->decl->subdir);
	if (!r && slot->decl->n_instances && w->instance)
		r = walk_rename_instance(w, slot->declarer, slot->decl);
	return r;
}

static bool was_walked(const struct route *route, const struct slot *slot)
{
	size_t i;

	for (i = 0; i < route->n_hops; i++)
		if (route->hops[i].slot == slot)
			return true;
	return false;
}

/*
 * The derivation stays a forest. Copies may be of each other, when their common
 * source is gone; and what a component puts into a dictionary and exposes from
 * there may come to it again, if its parent offers it so by a weak dependency.
 */
static int walk_check_circle(struct walk *w, struct slot *from)
{
	const struct slot *slot = w->slot, *above = from;
	size_t n = 0;

	if (w->is_carrying)
		return ROUTE_ENDED;
	/* Whatever is further away than any route leads is not reached. */
	for (; above && above != slot; above = above->from)
		if (++n > ROUTE_HOPS_MAX)
			return walk_too_long(w, slot);
	if (!above)
		return ROUTE_ENDED;
	if (!from->grant && !was_walked(w->route, from)) {
		/* It came from here before; the next step says anew from where
		 * it comes. */
		slot_forget(from);
		return ROUTE_ENDED;
	}
	why_refused(&w->route->why, slot->declarer, slot->decl,
		    from->grant ? "grant-cycle" : "dictionary-cycle",
		    REEVE_ERR_NOT_FOUND, "%s of %s is %s itself",
		    slot->decl->target_name, slot->holder->moniker,
		    from->grant ? "a copy of" : "taken out of");
	return ROUTE_BROKEN;
}

/* The slot that the present one was derived from is @from. */
int walk_derive(struct walk *w, struct slot *from)
{
	int r;

	r = walk_check_circle(w, from);
	if (r)
		return r;
	if (w->is_carrying) {
		w->is_carrying = false;
		r = carry_note(w->slot, from);
		if (r < 0)
			return r;
	} else {
		slot_derive(w->slot, from);
	}
	r = walk_arrive(w, from);
	return r ? r : STEP_ON;
}

int walk_end(struct walk *w, enum route_source_kind kind,
	     const struct realm *realm, const char *name)
{
	w->route->source = kind;
	w->route->realm = realm;
	w->route->name = name;
	return STEP_SOURCE;
}

/* Make sure that @r can be looked into. */
int walk_need(struct walk *w, struct realm *r)
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
		    d->kind == DECL_USE
			    ? "use-from-component-manager-not-found"
			    : "offer-from-component-manager-not-found",
		    REEVE_ERR_NOT_FOUND,
		    "%s is taken from the parent of the root, but nothing was "
		    "given to this tree under that name",
		    d->name);
	return ROUTE_BROKEN;
}

static const char *missing_rule(enum decl_kind kind, enum source_kind from)
{
	static const char *const rules[N_DECL_KINDS][N_SOURCE_KINDS] = {
		[DECL_USE] = { [SOURCE_PARENT] = "use-from-parent-not-found",
			       [SOURCE_SELF] = "use-from-self-not-found",
			       [SOURCE_CHILD] =
				       "use-from-child-expose-not-found",
			       [SOURCE_COLLECTION] =
				       "use-from-collection-not-found" },
		[DECL_OFFER] = { [SOURCE_PARENT] =
					 "offer-from-parent-not-found",
				 [SOURCE_SELF] = "offer-from-self-not-found",
				 [SOURCE_CHILD] =
					 "offer-from-child-expose-not-found",
				 [SOURCE_COLLECTION] =
					 "offer-from-collection-not-found",
				 [SOURCE_CAPABILITY] =
					 "offer-from-self-not-found" },
		[DECL_EXPOSE] = { [SOURCE_SELF] = "expose-from-self-not-found",
				  [SOURCE_CHILD] =
					  "expose-from-child-expose-not-found",
				  [SOURCE_COLLECTION] =
					  "expose-from-collection-not-found" },
		[DECL_CAPABILITY] = { [SOURCE_PARENT] =
					      "storage-from-parent-not-found",
				      [SOURCE_SELF] =
					      "storage-from-self-not-found",
				      [SOURCE_CHILD] =
					      "storage-from-child-expose-not-"
					      "found" },
		[DECL_REGISTRATION] = { [SOURCE_PARENT] =
						"environment-from-parent-not-"
						"found",
					[SOURCE_SELF] =
						"environment-from-self-not-"
						"found",
					[SOURCE_CHILD] =
						"environment-from-child-expose-"
						"not-found" },
	};

	return rules[kind][from];
}

int walk_missing(struct walk *w, const struct realm *realm,
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

/* The grant it came from before, while that holds: one of the same name that
 * comes later is another thing, and what was minted by the first is found below
 * it. */
static struct slot *grant_before(const struct walk *w)
{
	struct slot *from = w->is_carrying ? NULL : w->slot->from;

	if (!from || from->cut || !from->grant)
		return NULL;
	return from->grant->kind == GRANT_RULE && from->grant->slots[1].cut
		       ? NULL
		       : from;
}

int walk_to_parent(struct walk *w, struct realm *r, const struct decl *d)
{
	struct slot *from;

	if (!r->parent)
		return walk_above_root(w, r, d);
	from = grant_before(w);
	if (from)
		return walk_derive(w, from);
	from = realm_find_slot(r, TABLE_INPUT, d->type, d->name);
	if (!from)
		return walk_missing(w, r->parent, r, TABLE_INPUT, d, r);
	return walk_choose(w, r, TABLE_INPUT, from);
}

int walk_to_self(struct walk *w, struct realm *r, const struct decl *d)
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

int walk_to_child(struct walk *w, struct realm *r, const struct decl *d)
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
	return walk_choose(w, child, TABLE_OUTPUT, from);
}

static int walk_to_framework(struct walk *w, struct realm *r,
			     const struct decl *d)
{
	int k;

	if (d->type == CAPABILITY_SERVICE && is_framework_service(d->name)) {
		k = walk_check_instance(w, r, d);
		return k ? k : walk_end(w, ROUTE_SOURCE_FRAMEWORK, r, d->name);
	}
	why_refused(&w->route->why, r, d, "framework-not-found",
		    REEVE_ERR_NOT_FOUND,
		    "the framework has no %s %s; it provides "
		    "reeve.Registry, reeve.Realm, fuchsia.sys2.Realm and "
		    "fuchsia.component.Realm",
		    d->keyword, d->name);
	return ROUTE_BROKEN;
}

int walk_to_void(struct walk *w, const struct realm *r, const struct decl *d)
{
	if (w->availability != AVAILABILITY_REQUIRED)
		return walk_end(w, ROUTE_SOURCE_VOID, NULL, d->name);
	why_refused(
		&w->route->why, r, d, "void-to-required", REEVE_ERR_NOT_FOUND,
		"%s comes from void, but its user requires it", d->target_name);
	return ROUTE_BROKEN;
}

/* The walk has reached the program that provides it. */
static int walk_to_program(struct walk *w, struct realm *r,
			   const struct decl *d)
{
	int k = walk_check_access(w, r, d);

	if (!k)
		k = walk_check_policy(w, r, d);
	if (!k)
		k = walk_check_instance(w, r, d);
	if (k)
		return k;
	if (d->type == CAPABILITY_DIRECTORY && !d->has_rights) {
		why_refused(&w->route->why, r, d, "missing-rights-source",
			    REEVE_ERR_NOT_FOUND,
			    "the source of directory %s must state its rights",
			    d->name);
		return ROUTE_BROKEN;
	}
	if (d->type != CAPABILITY_DIRECTORY && !r->manifest->program) {
		why_refused(&w->route->why, r, d, "instance-not-executable",
			    REEVE_ERR_NOT_FOUND,
			    "%s provides %s but has no program to run",
			    r->moniker, d->name);
		return ROUTE_BROKEN;
	}
	w->route->path = d->path;
	return walk_end(w, ROUTE_SOURCE_COMPONENT, r, d->name);
}

/* At the declaration of a capability: what is behind it. */
static int walk_behind(struct walk *w, struct realm *r, const struct decl *d)
{
	int k;

	switch (d->type) {
	case CAPABILITY_STORAGE:
		return walk_to_backing(w, r, d);
	case CAPABILITY_DICTIONARY:
		if (w->n_bundles)
			return walk_to_member(w, r, d);
		if (w->route->hops[0].decl->kind == DECL_USE)
			return walk_to_used(w, r, d);
		break;
	case CAPABILITY_CONFIG:
		k = walk_check_config(w, r, d);
		if (k)
			return k;
		break;
	default:
		return walk_to_program(w, r, d);
	}
	w->route->declaration = d;
	return walk_end(w, ROUTE_SOURCE_DECLARATION, r, d->name);
}

static int walk_unsupported(struct walk *w, const struct realm *r,
			    const struct decl *d)
{
	if (d->type == CAPABILITY_EVENT_STREAM)
		why_refused(&w->route->why, r, d, "event-stream-unsupported",
			    REEVE_ERR_NOT_SUPPORTED,
			    "the event stream %s cannot be routed: Reeve tells "
			    "of events by reeve log --follow --json, not to "
			    "components",
			    d->name);
	else
		why_refused(&w->route->why, r, d, "unsupported",
			    REEVE_ERR_NOT_SUPPORTED,
			    "%s is taken from a source that cannot be routed",
			    d->name);
	return ROUTE_BROKEN;
}

int walk_step(struct walk *w)
{
	struct realm *r = w->slot->declarer;
	const struct decl *d = w->slot->decl;

	if (d->type == CAPABILITY_EVENT_STREAM)
		return walk_unsupported(w, r, d);
	if (d->kind == DECL_CAPABILITY)
		return walk_behind(w, r, d);
	if (d->from.dictionary)
		return walk_to_dictionary(w, r, d);
	switch (d->from.kind) {
	case SOURCE_PARENT:
		return walk_to_parent(w, r, d);
	case SOURCE_SELF:
		return d->type == CAPABILITY_STORAGE ? walk_to_storage(w, r, d)
						     : walk_to_self(w, r, d);
	case SOURCE_CAPABILITY:
		return d->type == CAPABILITY_STORAGE
			       ? walk_to_storage(w, r, d)
			       : walk_unsupported(w, r, d);
	case SOURCE_CHILD:
		return walk_to_child(w, r, d);
	case SOURCE_COLLECTION:
		return walk_to_collection(w, r, d);
	case SOURCE_FRAMEWORK:
		return walk_to_framework(w, r, d);
	case SOURCE_VOID:
		return walk_to_void(w, r, d);
	case SOURCE_DEBUG:
	case SOURCE_ENVIRONMENT:
		return walk_to_environment(w, r, d);
	case N_SOURCE_KINDS:
		break;
	}
	return -ENOTRECOVERABLE;
}
