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
	w->file = realm->manifest ? realm->manifest->file : realm->url;
	w->place = place;
	w->rule = rule;
	w->status = status;
}

void why_refused(struct why *w, const struct realm *realm, const struct decl *d,
		 const char *rule, int status, const char *format, ...)
{
	va_list args;

	why_set(w, realm, d->place, rule, status);
	va_start(args, format);
	text_vprintf(&w->text, format, args);
	va_end(args);
}

void why_realm(struct why *w, const struct realm *realm, const char *rule,
	       int status, const char *format, ...)
{
	struct place place = { 1, 1 };
	const struct realm *where = realm;
	va_list args;

	/* What cannot be read is shown where it was asked for. */
	if (!realm->manifest) {
		place = (struct place){ 0, 0 };
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

/* The declarations among which the missing one should have been. */
static int candidates_collect(const struct realm *realm,
			      const struct realm *child, enum table_kind table,
			      const struct decl ***ret, size_t *ret_n)
{
	const struct table *t = child ? &child->tables[table] :
					&realm->tables[table];
	const struct decl **decls;
	size_t i;

	decls = calloc(t->n + 1, sizeof(*decls));
	if (!decls)
		return -1;
	for (i = 0; i < t->n; i++)
		decls[i] = t->slots[i].decl;
	*ret = decls;
	*ret_n = t->n;
	return 0;
}

/* A name of the same type that may be a slip of the one that is wanted. */
static const struct decl *near_by_name(struct why *w,
				       const struct decl *const *decls, size_t n,
				       const struct decl *wanted)
{
	const struct decl *near = NULL;
	const char **names = calloc(n + 1, sizeof(*names));
	const char *best;
	size_t n_names = 0, i;

	if (!names) {
		w->text.failed = true;
		return NULL;
	}
	for (i = 0; i < n; i++)
		if (decls[i]->type == wanted->type)
			names[n_names++] = decls[i]->target_name;
	best = text_nearest(wanted->name, names, n_names);
	for (i = 0; best && i < n && !near; i++)
		if (decls[i]->target_name == best)
			near = decls[i];
	free(names);
	return near;
}

/* The same name under another type is the other way to miss. */
static const struct decl *near_by_type(const struct decl *const *decls, size_t n,
				       const struct decl *wanted)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (decls[i]->type != wanted->type &&
		    !strcmp(decls[i]->target_name, wanted->name))
			return decls[i];
	return NULL;
}

/* The very thing, but exposed to the framework and not to the parent. */
static const struct decl *near_by_audience(const struct decl *const *decls,
					   size_t n, const struct decl *wanted)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (decls[i]->type == wanted->type &&
		    decls[i]->to.kind == TARGET_FRAMEWORK &&
		    !strcmp(decls[i]->target_name, wanted->name))
			return decls[i];
	return NULL;
}

/* An offer of the right thing to somebody else. */
static const struct decl *near_by_target(const struct realm *realm,
					 const struct decl *wanted)
{
	const struct manifest *m = realm->manifest;
	size_t i;

	for (i = 0; i < m->n_decls[DECL_OFFER]; i++)
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
		    wanted->kind == DECL_USE	? "uses" :
		    wanted->kind == DECL_OFFER	? "offers on" :
		    wanted->kind == DECL_EXPOSE ? "exposes on" :
						  "keeps storage in");
	/* A grant is in no file. */
	if (wanted->place.line)
		text_printf(t, " (%s:%u:%u)", wanting->manifest->file,
			    wanted->place.line, wanted->place.column);
}

static void missing_near(struct why *w, const struct realm *realm,
			 const struct realm *child, enum table_kind table,
			 const struct decl *wanted)
{
	const struct decl **decls = NULL, *near;
	size_t n = 0;

	if (candidates_collect(realm, child, table, &decls, &n) < 0) {
		w->text.failed = true;
		return;
	}
	near = near_by_type(decls, n, wanted);
	if (near) {
		text_printf(&w->text, "; it is there as a %s", near->keyword);
		text_printf(&w->fix, "change \"%s\" to \"%s\"",
			    wanted->keyword, near->keyword);
	}
	if (!near && table == TABLE_OUTPUT) {
		near = near_by_audience(decls, n, wanted);
		if (near) {
			text_puts(&w->text,
				  "; it exposes it to the framework only");
			text_puts(&w->fix, "leave out its \"to\"");
		}
	}
	if (!near) {
		near = near_by_name(w, decls, n, wanted);
		if (near) {
			text_printf(&w->text, " (did you mean %s?)",
				    near->target_name);
			text_printf(&w->fix, "change \"%s\" to \"%s\"",
				    near->target_name, wanted->name);
		}
	}
	if (!near && child) {
		near = near_by_target(realm, wanted);
		if (near) {
			text_printf(&w->text, "; it offers it to #%s",
				    near->to.name);
			text_printf(&w->fix, "add \"#%s\" to the \"to\" of "
				    "that offer", child->collection ?
				    child->collection : child->name);
		}
	}
	if (near)
		w->place = near->place;
	free(decls);
}

void why_missing(struct why *w, const struct realm *realm,
		 const struct realm *child, enum table_kind table,
		 const struct decl *wanted, const struct realm *wanting,
		 const char *rule)
{
	struct place place = { 1, 1 };

	if (child && child->decl)
		place = child->decl->place;
	else if (table == TABLE_PROGRAM_OUTPUT)
		place = wanted->place;
	why_set(w, realm, place, rule, REEVE_ERR_NOT_FOUND);
	missing_sentence(&w->text, realm, child, table, wanted, wanting);
	missing_near(w, realm, child, table, wanted);
	if (w->fix.n)
		return;
	if (table == TABLE_INPUT)
		text_printf(&w->fix,
			    "add { %s: \"%s\", from: ..., to: \"#%s\" } to "
			    "\"offer\"",
			    wanted->keyword, wanted->name,
			    child->collection ? child->collection :
						child->name);
	else if (table == TABLE_OUTPUT)
		text_printf(&w->fix,
			    "add { %s: \"%s\", from: ... } to \"expose\"",
			    wanted->keyword, wanted->name);
	else
		text_printf(&w->fix, "add { %s: \"%s\" } to \"capabilities\"",
			    wanted->keyword, wanted->name);
}
