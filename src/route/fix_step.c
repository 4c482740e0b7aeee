/*
 * Costs decide which way is tried first. A change of one declaration costs ten;
 * what is a guess costs more, what is a slip for sure a little less.
 */
#include "route/fix_step.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int steps_take(struct steps *s, struct draft *d, int k, unsigned cost)
{
	if (k)
		return k < 0 ? k : 0;
	d->cost += cost;
	return s->on_draft(s->userdata, d);
}

static struct draft step_draft(const struct steps *s)
{
	return *s->sim->draft;
}

/* Is @d the declaration that was asked about? */
static bool is_asked(const struct steps *s, const struct decl *d)
{
	const struct decl *asked =
		s->route->n_hops ? s->route->hops[0].decl : NULL;

	return asked && asked->place.line == d->place.line &&
	       asked->place.column == d->place.column &&
	       asked->place.file == d->place.file && asked->kind == d->kind &&
	       !strcmp(asked->name, d->name);
}

const char *step_file(const struct realm *r, const struct decl *d)
{
	return manifest_file(r->manifest, d->place);
}

static struct wish wish_of(const struct steps *s, const struct decl *wanted)
{
	const struct decl *used =
		s->route->n_hops ? s->route->hops[0].decl : wanted;

	return (struct wish){
		.type = wanted->type,
		.keyword = wanted->keyword,
		.name = wanted->name,
		.rights = used->has_rights ? used->rights : 0,
	};
}

/* --- A near miss of the type --- */

static int step_keyword(struct steps *s, const struct realm *r,
			const struct decl *decl, const char *keyword,
			unsigned cost)
{
	struct draft d = step_draft(s);
	int k = draft_set_keyword(&d, r, decl, keyword);

	if (!k)
		k = draft_note(&d, "change \"%s\" to \"%s\" for %s in %s",
			       decl->keyword, keyword, decl->target_name,
			       step_file(r, decl));
	return steps_take(s, &d, k, cost);
}

static int step_keywords(struct steps *s, const struct decl *other)
{
	const struct why *w = &s->route->why;
	int k = step_keyword(s, w->wanting, &w->wanted, other->keyword,
			     COST_EDIT);

	if (k < 0)
		return k;
	return step_keyword(s, w->realm, other, w->wanted.keyword,
			    COST_EDIT + 1);
}

static int step_audience(struct steps *s)
{
	const struct why *w = &s->route->why;
	struct draft d = step_draft(s);
	int k = draft_remove_to(&d, w->realm, w->decl);

	if (!k)
		k = draft_note(&d, "expose %s to the parent in %s",
			       w->wanted.name, step_file(w->realm, w->decl));
	return steps_take(s, &d, k, COST_EDIT);
}

/* --- A near miss of the name --- */

static bool is_same_source(const struct source *a, const struct source *b)
{
	if (a->kind != b->kind || !a->name != !b->name ||
	    !a->dictionary != !b->dictionary)
		return false;
	return (!a->name || !strcmp(a->name, b->name)) &&
	       (!a->dictionary || !strcmp(a->dictionary, b->dictionary));
}

/* Does @r take anything of that name from where it takes @wanted? */
static bool is_asked_for(const struct realm *r, const struct decl *wanted,
			 const char *name)
{
	const struct manifest *m = r->manifest;
	const struct decl *d;
	size_t kind, i;

	for (kind = 0; kind < N_DECL_KINDS; kind++)
		for (i = 0; i < m->n_decls[kind]; i++) {
			d = &m->decls[kind][i];
			if (d->type == wanted->type && !d->implied &&
			    d->kind != DECL_CAPABILITY &&
			    is_same_source(&d->from, &wanted->from) &&
			    !strcmp(d->name, name))
				return true;
		}
	return false;
}

/* Is it to be had under its own name anywhere in the tree? */
static int is_provided(struct steps *s, const struct wish *wish, bool *ret)
{
	struct ways ways;
	int k = ways_find(s->sim, s->sim->tree.root, NULL, wish, &ways);

	*ret = ways.n > 0;
	return k;
}

static int step_rename_near(struct steps *s, bool is_used)
{
	const struct why *w = &s->route->why;
	struct draft d = step_draft(s);
	int k = draft_set_target_name(&d, w->realm, w->decl, w->wanted.name);

	if (!k)
		k = draft_note(&d, "change %s to %s in %s",
			       w->decl->target_name, w->wanted.name,
			       step_file(w->realm, w->decl));
	return steps_take(s, &d, k, is_used ? COST_RENAME_USED : COST_SLIP);
}

static int step_rename_wanted(struct steps *s, unsigned cost)
{
	const struct why *w = &s->route->why;
	const char *name = w->decl->target_name;
	struct draft d = step_draft(s);
	int k = draft_set_name(&d, w->wanting, &w->wanted, name);

	/* The question is then about the new name. */
	if (!k && is_asked(s, &w->wanted) &&
	    !strcmp(w->wanted.name, w->wanted.target_name)) {
		d.name = arena_copy(d.store->arena, name, strlen(name));
		k = d.name ? 0 : -ENOMEM;
	}
	if (!k)
		k = draft_note(&d, "change %s to %s in %s", w->wanted.name,
			       name, step_file(w->wanting, &w->wanted));
	return steps_take(s, &d, k, cost);
}

static int step_rename_with_as(struct steps *s, unsigned cost)
{
	const struct why *w = &s->route->why;
	const char *name = w->decl->target_name;
	struct draft d = step_draft(s);
	int k;

	if (w->wanted.kind != DECL_OFFER && w->wanted.kind != DECL_EXPOSE)
		return 0;
	k = draft_set_source_name(&d, w->wanting, &w->wanted, name);
	if (!k)
		k = draft_note(&d, "take %s as %s in %s", name, w->wanted.name,
			       step_file(w->wanting, &w->wanted));
	return steps_take(s, &d, k, cost);
}

static int step_names(struct steps *s)
{
	const struct why *w = &s->route->why;
	struct wish wish = wish_of(s, &w->wanted);
	bool provided = false;
	unsigned more;
	int k;

	k = is_provided(s, &wish, &provided);
	/* Then it is that one that is meant, and no other. */
	more = provided ? COST_TAKE_OTHER : 0;
	if (!k)
		k = step_rename_near(s, is_asked_for(w->wanting, &w->wanted,
						     w->decl->target_name));
	if (!k)
		k = step_rename_wanted(s, COST_EDIT + more);
	if (!k)
		k = step_rename_with_as(s, COST_AS + more);
	return k;
}

/* --- What is not there at all --- */

/* Somebody else gets the very thing. */
static int step_target(struct steps *s, const struct decl *offer)
{
	const struct why *w = &s->route->why;
	struct draft d = step_draft(s);
	struct addition_decl a = {
		.kind = DECL_OFFER,
		.keyword = offer->keyword,
		.name = offer->name,
		.child = w->child,
	};
	int k = draft_add_target(&d, w->realm, offer, w->child);

	/* In a list of several it would get the others as well. */
	if (k == FIX_NONE && !strcmp(offer->name, offer->target_name) &&
	    offer->from.kind <= SOURCE_CHILD && !offer->from.dictionary) {
		d = step_draft(s);
		a.from = source_write(&d, w->realm, offer->from.kind,
				      offer->from.name);
		k = a.from ? draft_add(&d, w->realm, &a) : -ENOMEM;
	}
	if (!k)
		k = draft_note(&d, "offer %s %s to #%s as well in %s",
			       offer->keyword, offer->target_name,
			       w->child->name, step_file(w->realm, offer));
	return steps_take(s, &d, k, COST_EDIT);
}

static int step_targets(struct steps *s)
{
	const struct why *w = &s->route->why;
	const struct manifest *m = w->realm->manifest;
	const struct decl *d;
	size_t i;

	for (i = 0; i < m->n_decls[DECL_OFFER]; i++) {
		d = &m->decls[DECL_OFFER][i];
		if (d->type == w->wanted.type &&
		    (d->to.kind == TARGET_CHILD ||
		     d->to.kind == TARGET_COLLECTION) &&
		    !strcmp(d->target_name, w->wanted.name) &&
		    !(d->from.kind == SOURCE_CHILD &&
		      !strcmp(d->from.name, w->child->name)))
			return step_target(s, d);
	}
	return 0;
}

static void step_ambiguous(struct steps *s, const struct wish *wish,
			   const struct ways *ways)
{
	size_t i;

	if (s->ambiguous.n)
		return;
	text_printf(&s->ambiguous,
		    "%s could come from %zu places that are equally near; "
		    "write the one that is meant:",
		    wish->name, ways->n);
	for (i = 0; i < ways->n; i++) {
		text_puts(&s->ambiguous, "\n  ");
		way_render(&ways->at[i], &s->ambiguous);
	}
}

/* Nobody says that it is there, but it is taken from this component: then it
 * may have been forgotten altogether. */
static int step_assume(struct steps *s, const struct wish *wish)
{
	const struct why *w = &s->route->why;
	struct addition_decl a = {
		.kind = DECL_EXPOSE,
		.keyword = wish->keyword,
		.name = wish->name,
		.from = "self",
	};
	struct draft d = step_draft(s);
	int k;

	if (w->table != TABLE_OUTPUT || wish->type != CAPABILITY_SERVICE ||
	    !w->realm->manifest->program)
		return 0;
	k = draft_add(&d, w->realm, &a);
	if (!k)
		k = draft_note(&d,
			       "expose %s %s from self in %s, if its program "
			       "serves it",
			       a.keyword, a.name, w->realm->manifest->file);
	if (draft_is_seed(w->realm))
		return steps_take(s, &d, k, COST_ASSUME);
	a.kind = DECL_CAPABILITY;
	a.from = NULL;
	if (!k)
		k = draft_add(&d, w->realm, &a);
	if (!k)
		k = draft_note(&d, "declare %s %s in %s", a.keyword, a.name,
			       w->realm->manifest->file);
	return steps_take(s, &d, k, COST_ASSUME + COST_EDIT);
}

static int step_ways(struct steps *s)
{
	const struct why *w = &s->route->why;
	struct wish wish = wish_of(s, &w->wanted);
	struct draft d = step_draft(s);
	struct ways ways;
	int k;

	k = ways_find(s->sim, (struct realm *)w->realm, w->child, &wish, &ways);
	if (k < 0)
		return k;
	if (!ways.n)
		return step_assume(s, &wish);
	if (ways.n > 1) {
		step_ambiguous(s, &wish, &ways);
		return 0;
	}
	k = way_apply(&ways.at[0], &wish, &d);
	return steps_take(s, &d, k, COST_EDIT * way_length(&ways.at[0]));
}

static bool way_is_same(const struct way *w, const struct source *from)
{
	return w->from == from->kind &&
	       (w->from != SOURCE_CHILD || !strcmp(w->name, from->name));
}

/* The one who takes it has it from somewhere else. */
int step_source(struct steps *s, const struct realm *r,
		const struct decl *wanted)
{
	struct wish wish = wish_of(s, wanted);
	const struct realm *to = NULL;
	struct draft d = step_draft(s);
	const char *from;
	struct ways ways;
	int k;

	if (wanted->kind > DECL_EXPOSE || wanted->from.dictionary)
		return 0;
	if (wanted->kind == DECL_OFFER && wanted->to.kind == TARGET_CHILD)
		to = realm_find_child(r, NULL, wanted->to.name);
	k = ways_here(s->sim, (struct realm *)r, to,
		      wanted->kind != DECL_EXPOSE, &wish, &ways);
	if (k < 0 || ways.n != 1 || way_is_same(&ways.at[0], &wanted->from))
		return k;
	from = source_write(&d, r, ways.at[0].from, ways.at[0].name);
	if (!from)
		return -ENOMEM;
	k = draft_set_source(&d, r, wanted, from);
	if (!k)
		k = draft_note(&d, "take %s from %s in %s", wanted->name, from,
			       step_file(r, wanted));
	return steps_take(s, &d, k, COST_SOURCE);
}

static int step_declare(struct steps *s)
{
	const struct why *w = &s->route->why;
	struct wish wish = wish_of(s, &w->wanted);
	struct addition_decl a = {
		.kind = DECL_CAPABILITY,
		.keyword = wish.keyword,
		.name = wish.name,
	};
	struct draft d = step_draft(s);
	bool provided = false;
	int k;

	/* Where a program serves a directory is not known. */
	if (wish.type != CAPABILITY_SERVICE || !w->realm->manifest->program)
		return 0;
	k = is_provided(s, &wish, &provided);
	if (k < 0)
		return k;
	k = draft_add(&d, w->realm, &a);
	if (!k)
		k = draft_note(&d, "declare %s %s in %s", a.keyword, a.name,
			       w->realm->manifest->file);
	return steps_take(s, &d, k, provided ? COST_DECLARE : COST_EDIT);
}

/* In the path-named dialect "/svc/NAME" is a service, and any other type of
 * that path is the mistake. */
static const char *name_plain(const char *name)
{
	return strncmp(name, "/svc/", 5) ? name : name + 5;
}

/* The same name under another type, where it is missing. */
static const struct decl *near_of_type(const struct why *w)
{
	const struct table *t = w->child ? &w->child->tables[w->table]
					 : &w->realm->tables[w->table];
	const struct decl *d;
	size_t i;

	for (i = 0; i < t->n; i++) {
		d = t->slots[i].decl;
		if (d->type != w->wanted.type && !d->implied &&
		    !strcmp(name_plain(d->target_name),
			    name_plain(w->wanted.name)))
			return d;
	}
	return NULL;
}

/* What the dictionary's owner has is put into it. */
static int step_member(struct steps *s)
{
	const struct why *w = &s->route->why;
	struct wish wish = wish_of(s, &w->wanted);
	struct draft d = step_draft(s);
	struct addition_decl a = { .kind = DECL_OFFER, .name = wish.name };
	struct ways ways;
	int k = ways_here(s->sim, (struct realm *)w->realm, NULL, true, &wish,
			  &ways);

	if (k < 0 || !ways.n)
		return k;
	if (ways.n > 1) {
		step_ambiguous(s, &wish, &ways);
		return 0;
	}
	a.keyword = ways.at[0].keyword;
	a.dictionary = w->dictionary->name;
	a.from = source_write(&d, w->realm, ways.at[0].from, ways.at[0].name);
	if (!a.from)
		return -ENOMEM;
	k = draft_add(&d, w->realm, &a);
	if (!k)
		k = draft_note(&d, "put %s %s from %s into %s in %s", a.keyword,
			       a.name, a.from, a.dictionary,
			       w->realm->manifest->file);
	return steps_take(s, &d, k, COST_EDIT);
}

static int steps_missing(struct steps *s)
{
	const struct why *w = &s->route->why;
	const struct decl *other =
		w->table == TABLE_DICTIONARY ? NULL : near_of_type(w);
	int k = 0;

	if (other)
		k = step_keywords(s, other);
	if (!k && w->near == NEAR_AUDIENCE)
		k = step_audience(s);
	if (!k && w->near == NEAR_NAME)
		k = step_names(s);
	if (!k && w->table == TABLE_INPUT)
		k = step_targets(s);
	if (!k && (w->table == TABLE_INPUT || w->table == TABLE_OUTPUT))
		k = step_ways(s);
	if (!k && w->table == TABLE_PROGRAM_OUTPUT)
		k = step_declare(s);
	if (!k && w->table == TABLE_DICTIONARY)
		k = step_member(s);
	if (!k)
		k = step_source(s, w->wanting, &w->wanted);
	return k;
}

/* --- What is not asked for --- */

/* A component that does not ask for what is asked about. */
static int steps_unused(struct steps *s)
{
	const struct why *w = &s->route->why;
	const char *name = s->sim->draft->name;
	struct wish wish = {
		.type = CAPABILITY_SERVICE,
		.keyword = draft_is_seed(w->realm) ? "service" : "protocol",
		.name = strncmp(name, "/svc/", 5) ? name : name + 5,
	};
	struct addition_decl a = { .kind = DECL_USE, .name = wish.name };
	struct draft d = step_draft(s);
	struct ways ways;
	int k;

	if (!w->realm->parent || !w->realm->manifest->program)
		return 0;
	k = ways_find(s->sim, w->realm->parent, w->realm, &wish, &ways);
	if (k < 0 || !ways.n)
		return k;
	a.keyword = draft_is_seed(w->realm) ? wish.keyword : ways.at[0].keyword;
	k = draft_add(&d, w->realm, &a);
	if (!k)
		k = draft_note(&d, "use %s %s in %s", a.keyword, a.name,
			       w->realm->manifest->file);
	return steps_take(s, &d, k, COST_EDIT);
}

int steps_find(struct steps *s)
{
	const struct why *w = &s->route->why;

	switch (w->kind) {
	case WHY_MISSING:
		return w->realm->manifest ? steps_missing(s) : 0;
	case WHY_REFUSED:
		return w->realm->manifest ? steps_refused(s) : 0;
	case WHY_REALM:
		break;
	}
	if (s->sim->unloaded.n_errors && !strcmp(w->rule, "resolve-failed"))
		return steps_find_unloaded(s);
	return w->realm->manifest && !strcmp(w->rule, "not-used")
		       ? steps_unused(s)
		       : 0;
}
