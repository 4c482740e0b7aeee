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
#include "route/route.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "reeve/status.h"
#include "route/why.h"

static const char *const framework_services[] = {
	"fuchsia.sys2.Realm",
	"fuchsia.component.Realm",
};

enum {
	/* The walk's own verdict: this step found the next slot, go on. */
	STEP_ON = 16,
	/* The source is known (ROUTE_ENDED, but not yet checked). */
	STEP_SOURCE = 17,
};

struct walk {
	struct route *route;
	struct slot *slot;
	/* The rights that have been asked for so far; only directories. */
	uint32_t rights;
	bool has_rights;
	enum availability availability;
};

void route_fini(struct route *route)
{
	text_fini(&route->subdir);
	text_fini(&route->why.text);
	text_fini(&route->why.fix);
}

static bool is_framework_service(const char *name)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(framework_services); i++)
		if (!strcmp(framework_services[i], name))
			return true;
	return false;
}

/*
 * Rights only grow towards the source: each declaration that states any must
 * have all that were asked for.
 */
static int walk_check_rights(struct walk *w, const struct realm *realm,
			     const struct decl *d)
{
	struct text asked = TEXT_INIT, stated = TEXT_INIT;
	int r;

	if (d->type != CAPABILITY_DIRECTORY || !d->has_rights)
		return ROUTE_ENDED;
	if (!w->has_rights || !(w->rights & ~d->rights)) {
		w->rights = w->has_rights ? w->rights : d->rights;
		w->has_rights = true;
		return ROUTE_ENDED;
	}
	rights_render(w->rights, &asked);
	rights_render(d->rights, &stated);
	why_refused(&w->route->why, realm, d, "rights-invalid",
		    REEVE_ERR_ACCESS_DENIED,
		    "directory %s is used with rights [%s], but this %s gives "
		    "only [%s]",
		    d->target_name, text_string(&asked),
		    decl_kind_name(d->kind), text_string(&stated));
	r = text_is_failed(&asked) || text_is_failed(&stated) ? -ENOMEM :
								 ROUTE_BROKEN;
	text_fini(&asked);
	text_fini(&stated);
	return r;
}

static const char *availability_name(enum availability a)
{
	static const char *const names[] = { "required", "optional",
					     "transitional",
					     "same_as_target" };

	return names[a];
}

/* A declaration may promise more than its target asks for, never less. */
static int walk_check_availability(struct walk *w, const struct realm *realm,
				   const struct decl *d)
{
	if (d->kind == DECL_CAPABILITY ||
	    d->availability == AVAILABILITY_SAME_AS_TARGET)
		return ROUTE_ENDED;
	if (d->availability <= w->availability) {
		/* transitional asks for nothing and stays as it is. */
		if (w->availability != AVAILABILITY_TRANSITIONAL)
			w->availability = d->availability;
		return ROUTE_ENDED;
	}
	why_refused(&w->route->why, realm, d, "availability",
		    REEVE_ERR_NOT_FOUND,
		    "%s is %s for its user, but this %s promises only %s",
		    d->target_name, availability_name(w->availability),
		    decl_kind_name(d->kind), availability_name(d->availability));
	return ROUTE_BROKEN;
}

/* Put @subdir in front of what was collected: it is nearer to the source. */
static int walk_prepend_subdir(struct walk *w, const struct realm *realm,
			       const struct decl *d, const char *subdir)
{
	struct text joined = TEXT_INIT;
	struct text *s = &w->route->subdir;

	if (!subdir || !*subdir)
		return ROUTE_ENDED;
	text_printf(&joined, "%s%s%s", subdir, s->n ? "/" : "", text_string(s));
	if (text_is_failed(&joined)) {
		text_fini(&joined);
		return -ENOMEM;
	}
	text_fini(s);
	*s = joined;
	if (s->n <= ROUTE_PATH_MAX)
		return ROUTE_ENDED;
	why_refused(&w->route->why, realm, d, "path-too-long",
		    REEVE_ERR_NOT_FOUND,
		    "with this subdir the path to %s is longer than %d bytes",
		    d->target_name, ROUTE_PATH_MAX);
	return ROUTE_BROKEN;
}

/* Arrive at @slot: note the hop and check what its declaration demands. */
static int walk_arrive(struct walk *w, struct slot *slot)
{
	struct route *route = w->route;
	int r;

	if (route->n_hops == ROUTE_HOPS_MAX)
		return -ELOOP;
	route->hops[route->n_hops++] =
		(struct hop){ slot->declarer, slot->decl, slot };
	w->slot = slot;
	r = walk_check_availability(w, slot->declarer, slot->decl);
	if (!r)
		r = walk_check_rights(w, slot->declarer, slot->decl);
	if (!r && slot->decl->type == CAPABILITY_DIRECTORY)
		r = walk_prepend_subdir(w, slot->declarer, slot->decl,
					slot->decl->subdir);
	return r;
}

/* The slot that the present one was derived from is @from. */
static int walk_derive(struct walk *w, struct slot *from)
{
	int r;

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

static int walk_missing(struct walk *w, const struct realm *realm,
			const struct realm *child, enum table_kind table,
			const struct decl *d, const struct realm *wanting)
{
	why_missing(&w->route->why, realm, child, table, d, wanting,
		    missing_rule(d->kind, d->from.kind));
	return ROUTE_BROKEN;
}

static int walk_to_parent(struct walk *w, struct realm *r, const struct decl *d)
{
	struct slot *from;

	if (!r->parent)
		return walk_above_root(w, r, d);
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

static int walk_to_child(struct walk *w, struct realm *r, const struct decl *d)
{
	struct realm *child = realm_find_child(r, NULL, d->from.name);
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
		    "fuchsia.sys2.Realm and fuchsia.component.Realm",
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

static int walk_step(struct walk *w)
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

int route_walk(struct realm *r, const struct decl *decl, struct route *route)
{
	enum table_kind table = decl->kind == DECL_USE ? TABLE_PROGRAM_INPUT :
							 TABLE_OUTPUT;
	struct walk w = { .route = route, .availability = decl->availability };
	struct slot *slot = realm_slot_of(r, table, decl);
	int k;

	route_fini(route);
	/* The hops beyond n_hops are never read; do not clear 4 KiB of them. */
	memset((char *)route + offsetof(struct route, n_hops), 0,
	       sizeof(*route) - offsetof(struct route, n_hops));
	if (!slot)
		return -ENOENT;
	k = walk_arrive(&w, slot);
	if (!k) {
		do
			k = walk_step(&w);
		while (k == STEP_ON);
	}
	if (text_is_failed(&route->subdir) ||
	    text_is_failed(&route->why.text) || text_is_failed(&route->why.fix))
		return -ENOMEM;
	if (k != STEP_SOURCE)
		return k;
	route->rights = w.rights;
	return ROUTE_ENDED;
}

static const struct decl *decl_named(const struct realm *r, enum decl_kind kind,
				     const char *name)
{
	const struct manifest *m = r->manifest;
	const struct decl *d;
	size_t i;

	for (i = 0; i < m->n_decls[kind]; i++) {
		d = &m->decls[kind][i];
		if (kind == DECL_EXPOSE && d->to.kind != TARGET_PARENT)
			continue;
		if (!strcmp(d->target_name, name) ||
		    (d->path && !strcmp(d->path, name)))
			return d;
	}
	return NULL;
}

int route_walk_name(struct realm *r, const char *name, struct route *route)
{
	const char *plain = strncmp(name, "/svc/", 5) ? name : name + 5;
	const struct manifest *m = r->manifest;
	const struct decl *d;
	const char **names, *near;
	size_t n = 0, i;

	d = decl_named(r, DECL_USE, plain);
	if (!d)
		d = decl_named(r, DECL_USE, name);
	if (!d)
		d = decl_named(r, DECL_EXPOSE, plain);
	if (d)
		return route_walk(r, d, route);

	route_fini(route);
	*route = (struct route){ 0 };
	names = calloc(m->n_decls[DECL_USE] + m->n_decls[DECL_EXPOSE] + 1,
		       sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (i = 0; i < m->n_decls[DECL_USE]; i++)
		names[n++] = m->decls[DECL_USE][i].target_name;
	for (i = 0; i < m->n_decls[DECL_EXPOSE]; i++)
		names[n++] = m->decls[DECL_EXPOSE][i].target_name;
	near = text_nearest(plain, names, n);
	free(names);
	why_realm(&route->why, r, "not-used", REEVE_ERR_NOT_FOUND,
		  "%s neither uses nor exposes %s%s%s%s", r->moniker, plain,
		  near ? " (did you mean " : "", near ? near : "",
		  near ? "?)" : "");
	return text_is_failed(&route->why.text) ? -ENOMEM : ROUTE_BROKEN;
}
