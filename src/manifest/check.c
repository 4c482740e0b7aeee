/*
 * What holds between the declarations of one manifest: what comes from "self"
 * is declared, and nobody is offered what comes from himself.
 *
 * Capabilities are found by halving a sorted index; so a manifest of any size
 * is checked in n log n.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/load.h"

static int capability_compare(enum capability_type type, const char *name,
			      const struct draft *d)
{
	if (type != d->decl.type)
		return type < d->decl.type ? -1 : 1;
	return strcmp(name, d->decl.name);
}

static int index_compare(const void *a, const void *b)
{
	const struct draft *const *left = a, *const *right = b;
	int c = capability_compare((*left)->decl.type, (*left)->decl.name,
				   *right);

	return c ? c
		 : place_compare((*left)->decl.name_place,
				 (*right)->decl.name_place);
}

static bool is_symbol(enum capability_type type)
{
	return type == CAPABILITY_STORAGE || type == CAPABILITY_RUNNER ||
	       type == CAPABILITY_RESOLVER || type == CAPABILITY_DICTIONARY;
}

void capability_index(struct load *l)
{
	struct draft *d;
	size_t i, k = 0;

	if (!l->n_drafts[DECL_CAPABILITY])
		return;
	l->capabilities = load_scratch(l, l->n_drafts[DECL_CAPABILITY],
				       sizeof(struct draft *));
	if (!l->capabilities)
		return;
	for (d = l->first[DECL_CAPABILITY]; d; d = d->next)
		l->capabilities[l->n_capabilities++] = d;
	qsort(l->capabilities, l->n_capabilities, sizeof(struct draft *),
	      index_compare);
	for (i = 0; i < l->n_capabilities; i++) {
		d = l->capabilities[i];
		if (!k || capability_compare(d->decl.type, d->decl.name,
					     l->capabilities[k - 1])) {
			l->capabilities[k++] = d;
			continue;
		}
		/* Where names can be referred to, it was reported already. */
		if (is_symbol(d->decl.type))
			continue;
		load_error(l, RULE_DUPLICATE_NAME, d->decl.name_place,
			   "the %s \"%s\" is already declared at %s",
			   d->decl.keyword, d->decl.name,
			   load_place(l,
				      l->capabilities[k - 1]->decl.name_place,
				      d->decl.name_place));
	}
	l->n_capabilities = k;
}

const struct draft *capability_find(const struct load *l,
				    enum capability_type type, const char *name)
{
	size_t low = 0, high = l->n_capabilities, middle;
	int c;

	while (low < high) {
		middle = (low + high) / 2;
		c = capability_compare(type, name, l->capabilities[middle]);
		if (!c)
			return l->capabilities[middle];
		if (c > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* A capability of @type that @name may be a slip of, or NULL. */
static const char *capability_nearest(const struct load *l,
				      enum capability_type type,
				      const char *name)
{
	/* As in symbol_nearest(): bounded for large hostile files. */
	enum { CANDIDATES_MAX = 200, ERRORS_MAX = 20 };
	const char *names[CANDIDATES_MAX];
	size_t i, n = 0;

	if (l->n_errors >= ERRORS_MAX)
		return NULL;
	for (i = 0; i < l->n_capabilities && n < CANDIDATES_MAX; i++)
		if (l->capabilities[i]->decl.type == type)
			names[n++] = l->capabilities[i]->decl.name;
	return text_nearest(name, names, n);
}

static void undeclared_report(struct load *l, const struct draft *draft)
{
	const struct decl *d = &draft->decl;
	const char *near = capability_nearest(l, d->type, d->name);

	load_error(l, RULE_UNDECLARED_CAPABILITY, d->name_place,
		   "the %s \"%s\" is said to come from \"self\", but "
		   "\"%s\" does not declare it%s%s%s",
		   d->keyword, d->name,
		   !load_is_seed(l)		  ? "capabilities"
		   : d->type == CAPABILITY_RUNNER ? "runners"
						  : "resolvers",
		   near ? "; did you mean \"" : "", near ? near : "",
		   near ? "\"?" : "");
}

static void undeclared_dictionary_report(struct load *l, const struct decl *d,
					 const char *name)
{
	const char *near = capability_nearest(l, CAPABILITY_DICTIONARY, name);

	load_error(l, RULE_UNDECLARED_CAPABILITY, d->from.place,
		   "\"self/%s\" is no dictionary that \"capabilities\" "
		   "declares%s%s%s",
		   name, near ? "; did you mean \"self/" : "", near ? near : "",
		   near ? "\"?" : "");
}

/* What comes out of a dictionary of one's own: it has to be declared. */
static void dictionary_check(struct load *l, struct draft *draft,
			     const struct draft *told)
{
	const struct decl *d = &draft->decl;
	const char *name = source_dictionary(l, &d->from);

	if (capability_find(l, CAPABILITY_DICTIONARY, name))
		return;
	draft->is_broken = true;
	/* Once for what it is written in. */
	if (!told || place_compare(told->decl.from.place, d->from.place))
		undeclared_dictionary_report(l, d, name);
}

/* The path-named dialect has nothing to declare the others in. */
static bool is_declarable(const struct load *l, enum capability_type type)
{
	return !load_is_seed(l) || type == CAPABILITY_RUNNER ||
	       type == CAPABILITY_RESOLVER;
}

static void kind_check_undeclared(struct load *l, enum decl_kind kind)
{
	const struct draft *told = NULL, *told_dictionary = NULL;
	struct draft *draft;

	for (draft = l->first[kind]; draft; draft = draft->next) {
		const struct decl *d = &draft->decl;

		if (draft->is_broken || d->from.kind != SOURCE_SELF ||
		    !is_declarable(l, d->type))
			continue;
		if (d->from.dictionary) {
			dictionary_check(l, draft, told_dictionary);
			told_dictionary = draft;
			continue;
		}
		if (capability_find(l, d->type, d->name))
			continue;
		draft->is_broken = true;
		/* Once for a name, not for every target. */
		if (!told || !draft_is_same_name(draft, told))
			undeclared_report(l, draft);
		told = draft;
	}
}

/* The directories of one's own that hold storages. */
static void check_backing(struct load *l)
{
	const struct draft *draft;
	const char *near;

	for (draft = l->first[DECL_CAPABILITY]; draft; draft = draft->next) {
		const struct decl *d = &draft->decl;

		if (draft->is_broken || d->type != CAPABILITY_STORAGE ||
		    d->from.kind != SOURCE_SELF || !d->backing ||
		    capability_find(l, CAPABILITY_DIRECTORY, d->backing))
			continue;
		near = capability_nearest(l, CAPABILITY_DIRECTORY, d->backing);
		load_error(l, RULE_UNDECLARED_CAPABILITY, draft->backing_place,
			   "the storage \"%s\" is to lie in the directory "
			   "\"%.300s\" of \"self\", but \"capabilities\" does "
			   "not declare it%s%s%s",
			   d->name, d->backing, near ? "; did you mean \"" : "",
			   near ? near : "", near ? "\"?" : "");
	}
}

void check_undeclared(struct load *l)
{
	if (!load_is_seed(l))
		check_backing(l);
	kind_check_undeclared(l, DECL_USE);
	kind_check_undeclared(l, DECL_OFFER);
	kind_check_undeclared(l, DECL_EXPOSE);
	kind_check_undeclared(l, DECL_REGISTRATION);
}

/* The child that an offer in the end comes from, or the dictionary that it is
 * or is taken from; NULL if none. */
static const char *offer_origin(struct load *l, const struct decl *d)
{
	const struct draft *storage = NULL;
	const struct symbol *symbol;

	if (d->from.kind == SOURCE_SELF && d->from.dictionary)
		return source_dictionary(l, &d->from);
	if (d->from.kind == SOURCE_SELF && d->type == CAPABILITY_DICTIONARY)
		return d->name;
	if (d->type != CAPABILITY_STORAGE)
		return d->from.name;
	if (d->from.kind == SOURCE_SELF) {
		storage = capability_find(l, CAPABILITY_STORAGE, d->name);
	} else if (d->from.kind == SOURCE_CAPABILITY) {
		symbol = symbol_find(l, d->from.name);
		storage = symbol ? symbol->storage : NULL;
	}
	return storage ? storage->decl.from.name : NULL;
}

void check_same(struct load *l)
{
	const struct draft *first = NULL;
	struct draft *draft;

	for (draft = l->first[DECL_OFFER]; draft; draft = draft->next) {
		const struct decl *d = &draft->decl;
		const char *origin;

		if (!first || !draft_is_same_item(draft, first))
			first = draft;
		if (draft->is_broken ||
		    (d->weak && d->to.kind != TARGET_DICTIONARY))
			continue;
		origin = offer_origin(l, d);
		if (!origin || strcmp(origin, d->to.name) != 0)
			continue;
		draft->is_broken = true;
		/* Of several names with one source, the first one tells. */
		if (d->type != CAPABILITY_STORAGE &&
		    !draft_is_same_name(draft, first))
			continue;
		load_error(l, RULE_SAME_SOURCE_TARGET, d->to.place,
			   "\"%s\" is offered to \"%s%s\", where it comes from",
			   d->target_name,
			   d->to.kind == TARGET_DICTIONARY ? "self/" : "#",
			   origin);
	}
}

/* Declare what the path-named dialect only implies. */
static void imply(struct load *l, const struct decl *from,
		  enum capability_type type, const char *name, const char *path,
		  uint32_t rights)
{
	const struct draft *known;
	struct draft *draft;
	struct decl d = {
		.kind = DECL_CAPABILITY,
		.type = type,
		.keyword = from->type == type ? from->keyword : "directory",
		.name = name,
		.target_name = name,
		.path = path,
		.rights = rights,
		.has_rights = type == CAPABILITY_DIRECTORY,
		.implied = true,
		.place = from->place,
		.name_place = from->name_place,
	};

	/* Sorted order is kept by the caller; the last one may be the same. */
	known = l->n_capabilities ? l->capabilities[l->n_capabilities - 1]
				  : NULL;
	if (known && !capability_compare(type, name, known)) {
		/* One source for all; each declaration keeps its own rights. */
		l->capabilities[l->n_capabilities - 1]->decl.rights |= rights;
		return;
	}
	draft = load_draft(l, &d);
	if (!draft)
		return;
	draft->written_name = draft->written_target = path;
	l->capabilities[l->n_capabilities++] = draft;
}

/* What comes from "self" and is declared nowhere. */
struct origin {
	const struct decl *decl;
	enum capability_type type;
	const char *name, *path;
	uint32_t rights;
};

static int origin_compare(const void *a, const void *b)
{
	const struct origin *left = a, *right = b;
	int c;

	if (left->type != right->type)
		return left->type < right->type ? -1 : 1;
	c = strcmp(left->name, right->name);
	return c ? c
		 : place_compare(left->decl->name_place,
				 right->decl->name_place);
}

static bool origin_set(const struct load *l, const struct draft *draft,
		       struct origin *ret)
{
	const struct decl *d = &draft->decl;

	if (draft->is_broken || d->from.kind != SOURCE_SELF ||
	    is_declarable(l, d->type))
		return false;
	*ret = (struct origin){ d, d->type, d->name, draft->written_name,
				d->rights };
	if (d->kind == DECL_CAPABILITY) {
		/* A storage's directory has to be written to. */
		ret->type = CAPABILITY_DIRECTORY;
		ret->name = ret->path = d->backing;
		ret->rights = RIGHTS_R | RIGHTS_W;
	}
	return true;
}

void capability_imply(struct load *l)
{
	static const enum decl_kind kinds[] = { DECL_OFFER, DECL_EXPOSE,
						DECL_CAPABILITY };
	size_t n_max = l->n_drafts[DECL_OFFER] + l->n_drafts[DECL_EXPOSE] +
		       l->n_drafts[DECL_CAPABILITY];
	struct origin *origins;
	struct draft *d;
	size_t n = 0, i;

	if (!load_is_seed(l) || !n_max)
		return;
	origins = load_scratch(l, n_max, sizeof(*origins));
	/* From here on the index holds the implied ones: nobody asks for what
	 * is declared by it any more. */
	l->capabilities = load_scratch(l, n_max, sizeof(struct draft *));
	l->n_capabilities = 0;
	if (!origins || !l->capabilities)
		return;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (d = l->first[kinds[i]]; d; d = d->next)
			if (origin_set(l, d, &origins[n]))
				n++;
	qsort(origins, n, sizeof(*origins), origin_compare);
	for (i = 0; i < n; i++)
		imply(l, origins[i].decl, origins[i].type, origins[i].name,
		      origins[i].path, origins[i].rights);
}
