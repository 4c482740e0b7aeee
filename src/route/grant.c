/*
 * A grant owns its two declarations and all strings in them: one block behind
 * the struct. The declarations look like those of a manifest, so the walk needs
 * to know nothing of grants but their use counts.
 */
#include "route/grant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/names.h"

/* ---- strings behind the struct ---- */

size_t string_room(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

const char *string_keep(struct strings *room, const char *s)
{
	size_t n = string_room(s);
	char *kept = room->at;

	if (!s)
		return NULL;
	memcpy(kept, s, n);
	room->at += n;
	return kept;
}

static const char *string_or_null(const char *s)
{
	return s && *s ? s : NULL;
}

/* ---- checking what is asked for ---- */

static bool is_name(const char *name)
{
	/* The seed's dialect calls directories by their path. */
	return *name == '/' ? !path_check(name, DIALECT_MODERN)
			    : !name_check(name, DIALECT_MODERN, false);
}

static const char *spec_path(const struct grant_spec *spec, const char *name,
			     char *buffer, size_t n)
{
	if (string_or_null(spec->path))
		return spec->path;
	while (*name == '/')
		name++;
	/* A name is at most GRANT_STRING_MAX long: checked before. */
	snprintf(buffer, n, "%s/%s",
		 spec->type == CAPABILITY_SERVICE ? "/svc" : "/grants", name);
	return buffer;
}

static bool is_static_only(const struct realm *by, const struct realm *to)
{
	const struct collection_decl *c = realm_collection(by, to->collection);

	return c && c->has_static_offers_only;
}

static int spec_check(const struct realm *by, const struct realm *to,
		      const struct grant_spec *spec, struct text *why)
{
	const char *as = string_or_null(spec->as) ? spec->as : spec->name;

	if (!spec->name || !is_name(spec->name) || !is_name(as))
		text_printf(why, "\"%s\" is not the name of a capability",
			    spec->name && is_name(spec->name) ? as
			    : spec->name		      ? spec->name
							      : "");
	else if (spec->type != CAPABILITY_SERVICE &&
		 spec->type != CAPABILITY_DIRECTORY &&
		 spec->type != CAPABILITY_STORAGE)
		text_puts(why, "only services, directories and storage can be "
			       "granted");
	else if (string_or_null(spec->path) &&
		 path_check(spec->path, DIALECT_MODERN))
		text_printf(
			why,
			"\"%s\" is not a path in a namespace: it must "
			"be absolute, without \".\", \"..\" and empty parts",
			spec->path);
	else if (string_or_null(spec->subdir) &&
		 path_check_relative(spec->subdir, DIALECT_MODERN))
		text_printf(why,
			    "\"%s\" is not a relative path below a "
			    "directory",
			    spec->subdir);
	else if (spec->type != CAPABILITY_DIRECTORY &&
		 (spec->rights || string_or_null(spec->subdir)))
		text_puts(why,
			  "only directories have rights and a subdirectory");
	else if (spec->rights &
		 ~(uint32_t)(RIGHTS_R | RIGHTS_W | RIGHTS_X | RIGHT_ADMIN))
		text_puts(why, "the rights are none of fuchsia.io's");
	else if (to != by && to->parent != by)
		text_printf(why, "%s is not a child of %s", to->moniker,
			    by->moniker);
	else if (by->state != REALM_RESOLVED)
		text_printf(why, "%s has no manifest yet", by->moniker);
	else if (to != by && to->collection && is_static_only(by, to))
		text_printf(
			why,
			"the collection %s of %s gives its members what the "
			"manifest offers and no more (\"allowed_offers\": "
			"\"static_only\")",
			to->collection, by->moniker);
	else if (to == by && !strcmp(as, spec->name))
		text_puts(why, "a copy needs a name of its own");
	else
		return 0;
	return GRANT_INVALID;
}

/* ---- where it comes from ---- */

static bool child_named(const struct realm *by, const char *name)
{
	const char *colon = strchr(name, ':');
	char collection[GRANT_NAME_MAX + 1];

	if (!colon)
		return realm_find_child(by, NULL, name);
	if ((size_t)(colon - name) >= sizeof(collection))
		return false;
	memcpy(collection, name, (size_t)(colon - name));
	collection[colon - name] = 0;
	return realm_find_child(by, collection, colon + 1);
}

/* The child but @to that exposes it, if only one does. */
static const struct realm *exposing_child(const struct realm *by,
					  const struct realm *to,
					  const struct grant_spec *spec)
{
	const struct realm *child, *found = NULL;

	list_for_each (child, &by->children, link) {
		if (child == to || !realm_find_slot(child, TABLE_OUTPUT,
						    spec->type, spec->name))
			continue;
		if (found)
			return NULL;
		found = child;
	}
	return found;
}

/* Wherever the giver has it: its input, what it provides, one of its children;
 * "parent" if nowhere, for the sentence that this gives. */
static void source_find(const struct realm *by, const struct realm *to,
			const struct grant_spec *spec, struct source *ret)
{
	const struct realm *child;

	if (realm_find_slot(by, TABLE_INPUT, spec->type, spec->name))
		return;
	if (realm_find_slot(by, TABLE_PROGRAM_OUTPUT, spec->type, spec->name)) {
		ret->kind = SOURCE_SELF;
		return;
	}
	child = exposing_child(by, to, spec);
	if (!child)
		return;
	ret->kind = SOURCE_CHILD;
	/* "collection:name" of a dynamic one. */
	ret->name = strrchr(child->moniker, '/') + 1;
}

/* Fill *ret; its name points into @from. 0 or GRANT_INVALID. */
static int source_parse(const struct realm *by, const struct realm *to,
			const struct grant_spec *spec, struct source *ret,
			struct text *why)
{
	const char *from = string_or_null(spec->from);

	*ret = (struct source){ .kind = SOURCE_PARENT };
	if (!from) {
		source_find(by, to, spec, ret);
		return 0;
	}
	if (!strcmp(from, "parent") || !strcmp(from, "realm"))
		return 0;
	if (!strcmp(from, "self")) {
		ret->kind = SOURCE_SELF;
		return 0;
	}
	if (*from == '#' && child_named(by, from + 1)) {
		ret->kind = SOURCE_CHILD;
		ret->name = from + 1;
		return 0;
	}
	text_printf(why,
		    "\"%s\" is not a source: it is \"parent\", \"self\" "
		    "or \"#\" and the name of a child of %s",
		    from, by->moniker);
	return GRANT_INVALID;
}

/* ---- making ---- */

void decl_fill(struct decl *d, enum decl_kind kind, enum capability_type type,
	       const char *name, const char *target_name)
{
	*d = (struct decl){ .kind = kind,
			    .type = type,
			    .keyword = type == CAPABILITY_SERVICE
					       ? "protocol"
					       : capability_type_name(type),
			    .name = name,
			    .target_name = target_name };
}

int grant_alloc(struct topology *t, size_t n_strings, struct grant **ret,
		struct strings *ret_room)
{
	struct grant *g = calloc(1, sizeof(*g) + n_strings);
	int r;

	if (!g)
		return -ENOMEM;
	g->id = t->last_grant + 1;
	r = map_link(&t->grants_by_id, &g->by_id,
		     map_hash(&g->id, sizeof(g->id)));
	if (r < 0) {
		free(g);
		return r;
	}
	t->last_grant++;
	g->uses_left = GRANT_USES_ANY;
	list_init(&g->link);
	ret_room->at = (char *)(g + 1);
	*ret = g;
	return 0;
}

void grant_put(struct grant *g, int k, struct realm *declarer)
{
	slot_init(&g->slots[k], g->to, declarer, &g->decls[k]);
	g->slots[k].grant = g;
	g->has_slot[k] = true;
	/* From now on: taking the first back must find the second, walked or
	 * not. */
	if (k && g->has_slot[0])
		slot_derive(&g->slots[1], &g->slots[0]);
}

void grant_link(struct grant *g)
{
	list_link(&g->to->grants, &g->link);
}

void grant_free(struct grant *g)
{
	int k;

	list_unlink(&g->link);
	map_unlink(&g->to->tree->grants_by_id, &g->by_id);
	for (k = 1; k >= 0; k--)
		if (g->has_slot[k])
			slot_fini(&g->slots[k]);
	free(g);
}

/* Does the manifest of @r use this name? A use that was cut still has its
 * place, and can be mended. */
static bool is_used(const struct realm *r, enum capability_type type,
		    const char *name)
{
	const struct slot *s;
	size_t i;

	for (i = 0; i < r->tables[TABLE_PROGRAM_INPUT].n; i++) {
		s = &r->tables[TABLE_PROGRAM_INPUT].slots[i];
		if (s->decl->type == type &&
		    s->decl->from.kind == SOURCE_PARENT &&
		    !strcmp(s->decl->name, name))
			return true;
	}
	return false;
}

/* What is given is mounted below /grants, wherever it was asked for. */
static const char *path_in_grants(const char *path)
{
	return strncmp(path, "/grants/", 8) ? path : path + 7;
}

static bool path_holds(const char *above, const char *path)
{
	size_t n = strlen(above);

	return !strncmp(above, path, n) && (!path[n] || path[n] == '/');
}

/* Two mounts would hide each other if one lay inside the other. */
static bool is_in_the_way(const struct slot *s, enum capability_type type,
			  const char *path)
{
	const char *there = s->decl->path;

	if (!there || type == CAPABILITY_SERVICE ||
	    s->decl->type == CAPABILITY_SERVICE)
		return there && !strcmp(there, path);
	there = path_in_grants(there);
	path = path_in_grants(path);
	return path_holds(there, path) || path_holds(path, there);
}

/* What @r uses that leaves no room at @path; NULL if there is none. */
static const struct slot *path_taken_by(const struct realm *r,
					enum capability_type type,
					const char *path)
{
	const struct slot *s;
	size_t i;

	for (i = 0; i < r->tables[TABLE_PROGRAM_INPUT].n; i++) {
		s = &r->tables[TABLE_PROGRAM_INPUT].slots[i];
		if (is_in_the_way(s, type, path))
			return s;
	}
	for (s = realm_next_added(r, TABLE_PROGRAM_INPUT, NULL); s;
	     s = realm_next_added(r, TABLE_PROGRAM_INPUT, s))
		if (is_in_the_way(s, type, path))
			return s;
	return NULL;
}

/* The offer that the holder's input gets. */
static void grant_fill_offer(struct grant *g, const struct grant_spec *spec,
			     const struct source *from, const char *as,
			     struct strings *room)
{
	struct decl *d = &g->decls[0];

	decl_fill(d, DECL_OFFER, spec->type, string_keep(room, spec->name),
		  string_keep(room, as));
	d->from = *from;
	d->from.name = string_keep(room, from->name);
	d->to.kind = g->to->collection ? TARGET_COLLECTION : TARGET_CHILD;
	d->to.name = g->to->name;
	d->rights = spec->rights;
	d->has_rights = spec->rights;
	d->subdir = string_keep(room, string_or_null(spec->subdir));
	d->no_transfer = spec->no_transfer;
	d->availability = AVAILABILITY_REQUIRED;
}

/* What its program sees of it. */
static void grant_fill_use(struct grant *g, const char *path,
			   struct strings *room)
{
	const struct decl *offer = &g->decls[0];
	struct decl *d = &g->decls[1];

	decl_fill(d, DECL_USE, offer->type, offer->target_name,
		  offer->target_name);
	d->from.kind = SOURCE_PARENT;
	d->path = string_keep(room, path);
}

int grant_new(struct realm *by, struct realm *to, const struct grant_spec *spec,
	      struct grant **ret, struct text *ret_why)
{
	const char *as = string_or_null(spec->as) ? spec->as : spec->name;
	char buffer[GRANT_STRING_MAX + 16];
	struct strings room;
	struct source from;
	const struct slot *other;
	struct slot *there;
	const char *path;
	struct grant *g;
	int r;

	r = spec_check(by, to, spec, ret_why);
	if (!r)
		r = source_parse(by, to, spec, &from, ret_why);
	if (r)
		return r;
	there = realm_find_slot(to, TABLE_INPUT, spec->type, as);
	/* What the hierarchy rule gives is not in the way. */
	if (there && !there->cut &&
	    !(there->grant && there->grant->kind == GRANT_RULE)) {
		text_printf(ret_why, "%s has %s %s already", to->moniker,
			    capability_type_name(spec->type), as);
		return GRANT_EXISTS;
	}
	path = spec_path(spec, as, buffer, sizeof(buffer));
	r = grant_alloc(to->tree,
			string_room(spec->name) + string_room(as) +
				string_room(from.name) +
				string_room(string_or_null(spec->subdir)) +
				string_room(path),
			&g, &room);
	if (r < 0)
		return r;
	g->kind = by == to ? GRANT_COPY : GRANT_OFFER;
	g->by = by;
	g->to = to;
	g->restart_on_revoke = spec->restart_on_revoke;
	if (spec->uses)
		g->uses_left = spec->uses;
	grant_fill_offer(g, spec, &from, as, &room);
	grant_put(g, 0, by);
	/* A copy is for giving on; it is opened by name. */
	if (by != to && to->state == REALM_RESOLVED && to->manifest->program &&
	    !is_used(to, spec->type, as)) {
		other = path_taken_by(to, spec->type, path);
		if (other) {
			text_printf(ret_why, "%s has something at %s already",
				    to->moniker, other->decl->path);
			grant_free(g);
			return GRANT_EXISTS;
		}
		grant_fill_use(g, path, &room);
		grant_put(g, 1, to);
	}
	grant_link(g);
	*ret = g;
	return 0;
}

struct grant *grant_find(const struct topology *t, uint64_t id)
{
	struct map_node *node =
		map_find(&t->grants_by_id, map_hash(&id, sizeof(id)));
	struct grant *g;

	for (; node; node = map_next(node)) {
		g = container_of(node, struct grant, by_id);
		if (g->id == id)
			return g;
	}
	return NULL;
}

struct slot *grant_top(struct grant *g)
{
	return &g->slots[g->has_slot[0] ? 0 : 1];
}

struct slot *grant_slot(struct grant *g)
{
	if (g->kind != GRANT_REGISTRATION && g->has_slot[1])
		return &g->slots[1];
	return &g->slots[0];
}
