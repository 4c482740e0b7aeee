/*
 * A connection by name leaves a declaration in the caller's program input, made
 * as if its manifest had used the service: so the connection has a slot, the
 * slot has a route, and taking back works as for everything else.
 */
#include "route/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "manifest/access.h"
#include "manifest/names.h"
#include "route/cut.h"

/* ---- registering ---- */

static bool has_member(const struct realm *r, const char *name, bool *ret_child)
{
	const struct manifest *m = r->manifest;
	size_t i;

	*ret_child = realm_find_child(r, NULL, name);
	if (*ret_child)
		return true;
	for (i = 0; i < m->n_collections; i++)
		if (!strcmp(m->collections[i].name, name))
			return true;
	return false;
}

static int access_check(const struct realm *r, const struct registration *what,
			struct text *why)
{
	struct access_pattern p;
	const char *reason;
	bool is_child;
	size_t i;

	if (what->n_access > REGISTRATION_ACCESS_MAX) {
		text_printf(why, "a policy has at most %d patterns",
			    REGISTRATION_ACCESS_MAX);
		return GRANT_INVALID;
	}
	for (i = 0; i < what->n_access; i++) {
		if (!strcmp(what->access[i], "children") && what->n_access == 1)
			return 0;
		if (access_pattern_read(what->access[i], &p, &reason)) {
			text_printf(why, "the pattern \"%s\" %s",
				    what->access[i], reason);
			return GRANT_INVALID;
		}
		if (p.kind != ACCESS_PATTERN_MONIKER &&
		    !has_member(r, p.text, &is_child)) {
			text_printf(why, "%s has no child or collection \"%s\"",
				    r->moniker, p.text);
			return GRANT_INVALID;
		}
	}
	return 0;
}

int registry_check(const struct realm *r, const struct registration *what,
		   bool replaces, struct text *why)
{
	struct slot *there;

	if (name_check(what->name, DIALECT_MODERN, false)) {
		text_printf(why, "\"%s\" is not the name of a service",
			    what->name);
		return GRANT_INVALID;
	}
	if (what->path && *what->path &&
	    path_check(what->path, DIALECT_MODERN)) {
		text_printf(why,
			    "\"%s\" is not a path in an outgoing "
			    "directory",
			    what->path);
		return GRANT_INVALID;
	}
	if (what->path && path_is_reserved(what->path)) {
		text_printf(why,
			    "\"%s\" cannot be registered: /reeve is for "
			    "the tools that look at a program",
			    what->path);
		return GRANT_INVALID;
	}
	there = realm_find_slot(r, TABLE_PROGRAM_OUTPUT, CAPABILITY_SERVICE,
				what->name);
	if (!there)
		there = realm_find_slot(r, TABLE_OUTPUT, CAPABILITY_SERVICE,
					what->name);
	if (there && !there->grant && !there->cut) {
		text_printf(why,
			    "%s is declared in the manifest of %s; it "
			    "needs no registration",
			    what->name, r->moniker);
		return GRANT_INVALID;
	}
	if (there && there->grant && !replaces) {
		text_printf(why, "%s has registered %s already", r->moniker,
			    what->name);
		return GRANT_EXISTS;
	}
	return access_check(r, what, why);
}

static size_t access_room(const struct registration *what)
{
	/* The structs stand first, so that the strings need no alignment. */
	size_t n = sizeof(struct access) +
		   what->n_access * sizeof(struct access_pattern);
	size_t i;

	for (i = 0; i < what->n_access; i++)
		n += string_room(what->access[i]);
	return n;
}

static void access_keep(struct decl *d, const struct realm *r,
			const struct registration *what, struct strings *room)
{
	struct access *a = (struct access *)(void *)room->at;
	struct access_pattern *patterns = (struct access_pattern *)(a + 1);
	const char *reason;
	bool is_child;
	size_t i;

	room->at = (char *)(patterns + what->n_access);
	*a = (struct access){ .kind = ACCESS_LIST, .patterns = patterns };
	d->access = a;
	if (what->n_access == 1 && !strcmp(what->access[0], "children")) {
		a->kind = ACCESS_CHILDREN;
		return;
	}
	a->n_patterns = what->n_access;
	for (i = 0; i < what->n_access; i++) {
		/* Checked before. */
		(void)access_pattern_read(string_keep(room, what->access[i]),
					  &patterns[i], &reason);
		if (patterns[i].kind != ACCESS_PATTERN_MONIKER &&
		    has_member(r, patterns[i].text, &is_child) && !is_child)
			patterns[i].kind = ACCESS_PATTERN_COLLECTION;
	}
}

static void registration_fill(struct grant *g, const struct registration *what,
			      const char *path, struct strings *room)
{
	struct decl *d = &g->decls[0], *expose = &g->decls[1];
	const char *name;

	decl_fill(d, DECL_CAPABILITY, CAPABILITY_SERVICE, NULL, NULL);
	/* First: structs stand before strings. */
	if (what->has_access)
		access_keep(d, g->to, what, room);
	name = string_keep(room, what->name);
	d->name = d->target_name = name;
	d->path = string_keep(room, path);
	d->no_transfer = what->no_transfer;
	decl_fill(expose, DECL_EXPOSE, CAPABILITY_SERVICE, name, name);
	expose->from.kind = SOURCE_SELF;
	expose->to.kind = TARGET_PARENT;
}

int registry_add(struct realm *r, const struct registration *what,
		 struct grant **ret, struct text *ret_why)
{
	char buffer[GRANT_NAME_MAX + 8];
	const char *path = what->path;
	struct strings room;
	struct grant *g;
	int k;

	k = registry_check(r, what, false, ret_why);
	if (k)
		return k;
	if (!path || !*path) {
		snprintf(buffer, sizeof(buffer), "/svc/%s", what->name);
		path = buffer;
	}
	k = grant_alloc(r->tree,
			access_room(what) + string_room(what->name) +
				string_room(path),
			&g, &room);
	if (k < 0)
		return k;
	g->kind = GRANT_REGISTRATION;
	g->by = g->to = r;
	registration_fill(g, what, path, &room);
	grant_put(g, 0, r);
	grant_put(g, 1, r);
	grant_link(g);
	*ret = g;
	return 0;
}

static struct slot *registered(const struct realm *r, enum table_kind table,
			       const char *name)
{
	struct slot *s;

	for (s = realm_next_added(r, table, NULL); s;
	     s = realm_next_added(r, table, s))
		if (s->grant->kind == GRANT_REGISTRATION &&
		    !strcmp(s->decl->target_name, name))
			return s;
	return NULL;
}

struct grant *registry_find(const struct realm *r, const char *name)
{
	struct slot *s = registered(r, TABLE_PROGRAM_OUTPUT, name);

	return s ? s->grant : NULL;
}

/* ---- finding ---- */

/* The child of @r that registered @name: alone, or NULL and how many did. */
static const struct realm *registering_child(const struct realm *r,
					     const char *name, size_t *ret_n)
{
	const struct realm *child, *found = NULL;

	*ret_n = 0;
	list_for_each (child, &r->children, link) {
		if (!registered(child, TABLE_OUTPUT, name))
			continue;
		found = child;
		++*ret_n;
	}
	return *ret_n == 1 ? found : NULL;
}

/*
 * Make the declaration by which @r uses @name, taken from @from, where @found
 * is. What its parent registered reaches r's input by an offer.
 */
static int rule_new(struct realm *r, const char *name,
		    const struct source *from, struct slot *found,
		    const struct decl **ret)
{
	struct realm *parent = found->holder == r->parent ? r->parent : NULL;
	struct strings room;
	struct grant *g;
	int k;

	k = grant_alloc(r->tree, string_room(name) + string_room(from->name),
			&g, &room);
	if (k < 0)
		return k;
	g->kind = GRANT_RULE;
	g->by = parent ? parent : r;
	g->to = r;
	name = string_keep(&room, name);
	decl_fill(&g->decls[1], DECL_USE, CAPABILITY_SERVICE, name, name);
	g->decls[1].from = *from;
	g->decls[1].from.name = string_keep(&room, from->name);
	if (parent) {
		decl_fill(&g->decls[0], DECL_OFFER, CAPABILITY_SERVICE, name,
			  name);
		g->decls[0].from.kind = SOURCE_SELF;
		g->decls[0].to.kind =
			r->collection ? TARGET_COLLECTION : TARGET_CHILD;
		g->decls[0].to.name = r->name;
		grant_put(g, 0, parent);
	}
	grant_put(g, 1, r);
	/* Known from the start, so that it goes with what it came from. */
	slot_derive(&g->slots[parent ? 0 : 1], found);
	grant_link(g);
	*ret = &g->decls[1];
	return 0;
}

/* The name by which a parent's declarations call a child. */
static void child_render(const struct realm *child, struct text *t)
{
	text_printf(t, "%s%s%s", child->collection ? child->collection : "",
		    child->collection ? ":" : "", child->name);
}

/* What @r was given under @name, or uses; not what the rule made of a name. */
static struct slot *given(const struct realm *r, enum table_kind table,
			  const char *name)
{
	struct slot *s = realm_find_slot(r, table, CAPABILITY_SERVICE, name);

	return s && s->grant && s->grant->kind == GRANT_RULE ? NULL : s;
}

/* The use that the rule made of @found before; NULL if there is none. */
static struct slot *ruled(const struct realm *r, const char *name,
			  const struct slot *found)
{
	const struct slot *first;
	struct slot *s;

	for (s = realm_next_added(r, TABLE_PROGRAM_INPUT, NULL); s;
	     s = realm_next_added(r, TABLE_PROGRAM_INPUT, s)) {
		first = grant_top(s->grant);
		if (s->grant->kind == GRANT_RULE && first->from == found &&
		    !strcmp(s->decl->name, name))
			return s;
	}
	return NULL;
}

/*
 * What is not whole is found as well, and refuses: what was taken back is not
 * to be had by another way.
 */
struct slot *registry_peek(const struct realm *r, const char *name)
{
	const struct realm *child;
	struct slot *s, *use;
	size_t n;

	s = given(r, TABLE_PROGRAM_INPUT, name);
	if (s)
		return s;
	s = given(r, TABLE_INPUT, name);
	if (!s && r->parent)
		s = registered(r->parent, TABLE_PROGRAM_OUTPUT, name);
	if (!s) {
		child = registering_child(r, name, &n);
		s = child ? registered(child, TABLE_OUTPUT, name) : NULL;
	}
	use = s ? ruled(r, name, s) : NULL;
	if (use)
		return use;
	/* Of whom all was taken, the rule gives nothing either. */
	return s && s->holder != r && r->cut ? NULL : s;
}

static int missing(const struct realm *r, const char *name, struct text *why)
{
	size_t n;

	(void)registering_child(r, name, &n);
	if (name_check(name, DIALECT_MODERN, false))
		text_printf(why, "\"%s\" is not the name of a service", name);
	else if (r->cut)
		text_printf(why, "all authority of %s was taken back by %s",
			    r->moniker, slot_cut_name(r->cut));
	else if (n)
		text_printf(why,
			    "%zu children of %s have registered %s; open "
			    "it in the exposed directory of one of them",
			    n, r->moniker, name);
	else
		text_printf(why,
			    "%s has no service %s: it neither uses it nor "
			    "was given it, and neither its parent nor its "
			    "children have registered it",
			    r->moniker, name);
	return GRANT_INVALID;
}

int registry_look_up(struct realm *r, const char *name, const struct decl **ret,
		     struct text *ret_why)
{
	_cleanup_text_ struct text called = TEXT_INIT;
	struct source from = { .kind = SOURCE_PARENT };
	struct slot *s = registry_peek(r, name);

	if (!s)
		return missing(r, name, ret_why);
	if (s->decl->kind == DECL_USE) {
		*ret = s->decl;
		return 0;
	}
	if (s->holder == r || s->holder == r->parent)
		return rule_new(r, name, &from, s, ret);
	child_render(s->holder, &called);
	if (text_is_failed(&called))
		return -ENOMEM;
	from.kind = SOURCE_CHILD;
	from.name = text_string(&called);
	return rule_new(r, name, &from, s, ret);
}
