/*
 * Offers that nobody takes: the child's manifest has nothing that comes from
 * its parent under that name. Only the last offer of a chain is told; what is
 * passed on is taken. "to": "all" is meant for whoever wants it.
 */
#include "route/check_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Offers times declarations of one child that are looked at. */
	LOOKED_MAX = 4000000,
};

static bool is_from_parent(const struct decl *d, const char *name,
			   enum capability_type type)
{
	const char *dictionary = d->from.dictionary;
	size_t n = strlen(name);

	if (d->from.kind == SOURCE_DEBUG || d->from.kind == SOURCE_ENVIRONMENT)
		return false;
	if (d->kind == DECL_CAPABILITY)
		return d->type == CAPABILITY_STORAGE &&
		       d->from.kind == SOURCE_PARENT && d->backing &&
		       type == CAPABILITY_DIRECTORY &&
		       !strcmp(d->backing, name);
	if (d->from.kind != SOURCE_PARENT)
		return false;
	if (dictionary)
		return type == CAPABILITY_DICTIONARY &&
		       !strncmp(dictionary, name, n) &&
		       (!dictionary[n] || dictionary[n] == '/');
	return d->type == type && !strcmp(d->name, name);
}

static bool is_taken(const struct realm *r, const struct decl *offer)
{
	const struct manifest *m = r->manifest;
	size_t kind, i;

	for (kind = 0; kind < N_DECL_KINDS; kind++)
		for (i = 0; i < m->n_decls[kind]; i++)
			if (is_from_parent(&m->decls[kind][i],
					   offer->target_name, offer->type))
				return true;
	return false;
}

bool check_has_framework(const struct realm *r)
{
	const struct manifest *m = r->manifest;
	size_t i;

	for (i = 0; m && i < m->n_decls[DECL_USE]; i++)
		if (m->decls[DECL_USE][i].from.kind == SOURCE_FRAMEWORK)
			return true;
	return false;
}

static size_t decls_count(const struct manifest *m)
{
	size_t kind, n = 0;

	for (kind = 0; kind < N_DECL_KINDS; kind++)
		n += m->n_decls[kind];
	return n;
}

static void check_input(const struct realm *r, struct report *report)
{
	const struct table *t = &r->tables[TABLE_INPUT];
	const struct slot *s;
	size_t i;

	/* What it may give on or look up while it runs is in no manifest. */
	if (check_has_framework(r) ||
	    t->n > LOOKED_MAX / (decls_count(r->manifest) + 1))
		return;
	for (i = 0; i < t->n; i++) {
		s = &t->slots[i];
		if (!list_is_empty(&s->derived) || s->is_carrier ||
		    s->decl->to.is_all || is_taken(r, s->decl))
			continue;
		report_add(
			report, SEVERITY_WARNING,
			manifest_file(s->declarer->manifest, s->decl->to.place),
			s->decl->to.place, "unused-offer",
			"%s is offered to %s, which neither uses it nor "
			"passes it on",
			s->decl->target_name, r->moniker);
	}
}

void check_offers(struct topology *t, struct report *report)
{
	struct realm *r;

	for (r = t->root; r; r = realm_next(r))
		if (r->parent && r->state == REALM_RESOLVED)
			check_input(r, report);
}
