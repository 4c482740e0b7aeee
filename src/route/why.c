/*
 * A missing declaration has no place of its own. It is shown at the nearest
 * thing: a declaration that nearly matches, else the place where the child is
 * declared that was to receive it, else the section's file.
 */
#include "route/why.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "reeve/status.h"

static void why_set(struct why *w, const struct realm *realm,
		    struct place place, const char *rule, int status)
{
	w->realm = realm;
	w->file = realm->manifest ? manifest_file(realm->manifest, place)
				  : realm->url;
	w->place = place;
	w->rule = rule;
	w->status = status;
}

void why_refused(struct why *w, const struct realm *realm, const struct decl *d,
		 const char *rule, int status, const char *format, ...)
{
	va_list args;

	why_set(w, realm, d->place, rule, status);
	w->kind = WHY_REFUSED;
	w->decl = d;
	va_start(args, format);
	text_vprintf(&w->text, format, args);
	va_end(args);
}

void why_at(struct why *w, const struct realm *realm, struct place place,
	    const char *rule, int status, const char *format, ...)
{
	va_list args;

	why_set(w, realm, place, rule, status);
	va_start(args, format);
	text_vprintf(&w->text, format, args);
	va_end(args);
}

void why_realm(struct why *w, const struct realm *realm, const char *rule,
	       int status, const char *format, ...)
{
	struct place place = place_at(1, 1);
	const struct realm *where = realm;
	va_list args;

	/* What cannot be read is shown where it was asked for. */
	if (!realm->manifest) {
		place = place_at(0, 0);
		if (realm->decl) {
			where = realm->parent;
			place = realm->decl->url_place;
		}
	}
	why_set(w, where, place, rule, status);
	va_start(args, format);
	text_vprintf(&w->text, format, args);
	va_end(args);
}

/* A name of the same type that may be a slip of the one that is wanted. */
static const struct decl *near_by_name(const struct table *t,
				       const struct decl *wanted)
{
	const struct decl *decls[WHY_LOOKED_MAX], *d;
	const char *names[WHY_LOOKED_MAX], *best;
	size_t n = 0, i;

	for (i = 0; i < t->n && n < WHY_LOOKED_MAX; i++) {
		d = t->slots[i].decl;
		if (d->type != wanted->type)
			continue;
		decls[n] = d;
		names[n++] = d->target_name;
	}
	best = n ? text_nearest(wanted->name, names, n) : NULL;
	for (i = 0; best && i < n; i++)
		if (names[i] == best)
			return decls[i];
	return NULL;
}

/* The same name under another type is the other way to miss. */
static const struct decl *near_by_type(const struct table *t,
				       const struct decl *wanted)
{
	struct decl like = { .target_name = wanted->name };
	const struct slot *s, *first = NULL;

	for (like.type = 0; like.type < N_CAPABILITY_TYPES; like.type++) {
		s = like.type == wanted->type ? NULL
					      : table_find(t, &like, NULL);
		if (s && (!first || s < first))
			first = s;
	}
	return first ? first->decl : NULL;
}

/* The very thing, but exposed to the framework and not to the parent. */
static const struct decl *near_by_audience(const struct table *t,
					   const struct decl *wanted)
{
	const struct decl like = { .type = wanted->type,
				   .target_name = wanted->name };
	const struct slot *s;

	for (s = table_find(t, &like, NULL); s; s = table_find(t, &like, s))
		if (s->decl->to.kind == TARGET_FRAMEWORK)
			return s->decl;
	return NULL;
}

/* An offer of the right thing to somebody else. */
static const struct decl *near_by_target(const struct realm *realm,
					 const struct decl *wanted)
{
	const struct manifest *m = realm->manifest;
	size_t i;

	for (i = 0; i < m->n_decls[DECL_OFFER] && i < 4 * WHY_LOOKED_MAX; i++)
		if (m->decls[DECL_OFFER][i].type == wanted->type &&
		    !strcmp(m->decls[DECL_OFFER][i].target_name, wanted->name))
			return &m->decls[DECL_OFFER][i];
	return NULL;
}

static void missing_sentence(struct text *t, const struct realm *realm,
			     const struct realm *child, enum table_kind table,
			     const struct decl *wanted,
			     const struct realm *wanting)
{
	const char *what = wanted->name;

	if (table == TABLE_INPUT)
		text_printf(t, "%s does not offer %s %s to %s", realm->moniker,
			    wanted->keyword, what, child->moniker);
	else if (table == TABLE_OUTPUT)
		text_printf(t, "%s does not expose %s %s to its parent",
			    realm->moniker, wanted->keyword, what);
	else
		text_printf(t, "%s does not declare %s %s", realm->moniker,
			    wanted->keyword, what);
	text_printf(t, ", which %s %s", wanting->moniker,
		    wanted->kind == DECL_USE		? "uses"
		    : wanted->kind == DECL_OFFER	? "offers on"
		    : wanted->kind == DECL_EXPOSE	? "exposes on"
		    : wanted->kind == DECL_REGISTRATION ? "registers"
							: "keeps storage in");
	/* A grant is in no file. */
	if (wanted->place.line)
		text_printf(t, " (%s:%u:%u)",
			    manifest_file(wanting->manifest, wanted->place),
			    wanted->place.line, wanted->place.column);
}

static void missing_near(struct why *w, const struct realm *realm,
			 const struct realm *child, enum table_kind table,
			 const struct decl *wanted)
{
	/* Among these the missing one should have been. */
	const struct table *t = &(child ? child : realm)->tables[table];
	const struct decl *near = near_by_type(t, wanted);

	if (near) {
		w->near = NEAR_TYPE;
		text_printf(&w->text, "; it is there as a %s", near->keyword);
		text_printf(&w->fix, "change \"%s\" to \"%s\"", wanted->keyword,
			    near->keyword);
	}
	if (!near && table == TABLE_OUTPUT) {
		near = near_by_audience(t, wanted);
		if (near) {
			w->near = NEAR_AUDIENCE;
			text_puts(&w->text,
				  "; it exposes it to the framework only");
			text_puts(&w->fix, "leave out its \"to\"");
		}
	}
	if (!near) {
		near = near_by_name(t, wanted);
		if (near) {
			w->near = NEAR_NAME;
			text_printf(&w->text, " (did you mean %s?)",
				    near->target_name);
			text_printf(&w->fix, "change \"%s\" to \"%s\"",
				    near->target_name, wanted->name);
		}
	}
	if (!near && child) {
		near = near_by_target(realm, wanted);
		if (near) {
			w->near = NEAR_TARGET;
			text_printf(&w->text, "; it offers it to #%s",
				    near->to.name);
			text_printf(&w->fix,
				    "add \"#%s\" to the \"to\" of "
				    "that offer",
				    child->collection ? child->collection
						      : child->name);
		}
	}
	if (near) {
		w->place = near->place;
		w->file = manifest_file(realm->manifest, near->place);
	}
	w->decl = near;
}

/* For whoever mends it. */
static void why_wanted(struct why *w, enum table_kind table,
		       const struct realm *child, const struct decl *wanted,
		       const struct realm *wanting)
{
	w->kind = WHY_MISSING;
	w->table = table;
	w->child = child;
	w->wanting = wanting;
	w->wanted = *wanted;
	text_puts(&w->wanted_name, wanted->name);
	w->wanted.name = text_string(&w->wanted_name);
	w->text.failed |= text_is_failed(&w->wanted_name);
}

/* The declaration that is missing, in the words of the file it belongs into. */
static void missing_fix(struct text *t, const struct realm *realm,
			const struct realm *child, enum table_kind table,
			const struct decl *wanted)
{
	bool is_seed =
		realm->manifest && realm->manifest->dialect == DIALECT_SEED;
	bool is_path = is_seed && wanted->type == CAPABILITY_SERVICE &&
		       *wanted->name != '/';
	const char *to = !child		     ? ""
			 : child->collection ? child->collection
					     : child->name;

	text_printf(t, "add { %s: \"%s%s\"", wanted->keyword,
		    is_path ? "/svc/" : "", wanted->name);
	if (table == TABLE_INPUT)
		text_printf(
			t,
			is_seed ? ", from: ..., to: [ { dest: \"#%s\" } ] } "
				  "to \"offer\""
				: ", from: ..., to: \"#%s\" } to \"offer\"",
			to);
	else if (table == TABLE_OUTPUT)
		text_puts(t, ", from: ... } to \"expose\"");
	else
		text_puts(t, " } to \"capabilities\"");
}

void why_missing(struct why *w, const struct realm *realm,
		 const struct realm *child, enum table_kind table,
		 const struct decl *wanted, const struct realm *wanting,
		 const char *rule)
{
	struct place place = place_at(1, 1);

	if (child && child->decl)
		place = child->decl->place;
	else if (table == TABLE_PROGRAM_OUTPUT)
		place = wanted->place;
	why_set(w, realm, place, rule, REEVE_ERR_NOT_FOUND);
	why_wanted(w, table, child, wanted, wanting);
	missing_sentence(&w->text, realm, child, table, wanted, wanting);
	missing_near(w, realm, child, table, wanted);
	if (w->fix.n)
		return;
	missing_fix(&w->fix, realm, child, table, wanted);
}

/* What @realm puts into @dictionary under a name that may be meant. */
static const struct decl *member_near(const struct realm *realm,
				      const char *dictionary,
				      const struct decl *wanted)
{
	const struct table *t = &realm->tables[TABLE_DICTIONARY];
	const struct slot *s;
	const char *name;
	size_t i;

	for (i = 0; i < t->n && i < WHY_LOOKED_MAX; i++) {
		s = &t->slots[i];
		name = s->decl->target_name;
		if (s->decl->type == wanted->type &&
		    !strcmp(s->decl->to.name, dictionary) &&
		    text_nearest(wanted->name, &name, 1))
			return s->decl;
	}
	return NULL;
}

void why_not_in_dictionary(struct why *w, const struct realm *realm,
			   const struct decl *dictionary,
			   const struct decl *wanted,
			   const struct realm *wanting)
{
	const struct decl *near = member_near(realm, dictionary->name, wanted);

	why_set(w, realm, near ? near->place : dictionary->place,
		"not-in-dictionary", REEVE_ERR_NOT_FOUND);
	why_wanted(w, TABLE_DICTIONARY, NULL, wanted, wanting);
	w->dictionary = dictionary;
	w->decl = near;
	w->near = near ? NEAR_NAME : NEAR_NOTHING;
	text_printf(&w->text,
		    "the dictionary %s of %s has no %s %s, which %s takes "
		    "from it (%s:%u:%u)%s%s%s",
		    dictionary->name, realm->moniker, wanted->keyword,
		    wanted->name, wanting->moniker,
		    manifest_file(wanting->manifest, wanted->place),
		    wanted->place.line, wanted->place.column,
		    near ? " (did you mean " : "",
		    near ? near->target_name : "", near ? "?)" : "");
	text_printf(&w->fix,
		    "add { %s: \"%s\", from: ..., to: \"self/%s\" } to "
		    "\"offer\"",
		    wanted->keyword, wanted->name, dictionary->name);
}
