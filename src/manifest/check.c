/*
 * What holds between the declarations of one manifest: what comes from "self"
 * is declared, nothing is put at one place twice, and nobody is offered what
 * comes from himself.
 *
 * Capabilities are found by halving a sorted index; what stands twice is found
 * by sorting; so a manifest of any size is checked in n log n.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/load.h"

static int place_compare(struct place a, struct place b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return (a.column > b.column) - (a.column < b.column);
}

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
		/* Storages and runners have names that can be referred to;
		 * there it was reported already. */
		if (d->decl.type == CAPABILITY_STORAGE ||
		    d->decl.type == CAPABILITY_RUNNER)
			continue;
		load_error(l, RULE_DUPLICATE_NAME, d->decl.name_place,
			   "the %s \"%s\" is already declared at %u:%u",
			   d->decl.keyword, d->decl.name,
			   l->capabilities[k - 1]->decl.name_place.line,
			   l->capabilities[k - 1]->decl.name_place.column);
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

static void undeclared_report(struct load *l, const struct draft *draft)
{
	/* As in symbol_nearest(): bounded for large hostile files. */
	enum { CANDIDATES_MAX = 200 };
	const char *names[CANDIDATES_MAX], *near;
	const struct decl *d = &draft->decl;
	size_t i, n = 0;

	for (i = 0; i < l->n_capabilities && n < CANDIDATES_MAX; i++)
		if (l->capabilities[i]->decl.type == d->type)
			names[n++] = l->capabilities[i]->decl.name;
	near = l->n_errors < 20 ? text_nearest(d->name, names, n) : NULL;
	load_error(l, RULE_UNDECLARED_CAPABILITY, d->name_place,
		   "the %s \"%s\" is said to come from \"self\", but "
		   "\"capabilities\" does not declare it%s%s%s",
		   d->keyword, d->name, near ? "; did you mean \"" : "",
		   near ? near : "", near ? "\"?" : "");
}

void check_undeclared(struct load *l)
{
	const struct draft *told;
	struct draft *draft;
	size_t kind;

	/* The path-named dialect has nothing to declare in. */
	if (load_is_seed(l))
		return;
	for (kind = 0; kind < DECL_CAPABILITY; kind++) {
		told = NULL;
		for (draft = l->first[kind]; draft; draft = draft->next) {
			const struct decl *d = &draft->decl;

			if (draft->is_broken || d->from.kind != SOURCE_SELF ||
			    capability_find(l, d->type, d->name))
				continue;
			draft->is_broken = true;
			/* Once for a name, not for every target. */
			if (!told || !draft_is_same_name(draft, told))
				undeclared_report(l, draft);
			told = draft;
		}
	}
}

/*
 * Things that may not have the same name at one target. In the path-named
 * dialect services and directories are paths, and the others live apart; in the
 * modern one everything shares the names, and for a use the path decides.
 */
static int target_space(const struct load *l, const struct decl *d)
{
	if (d->kind == DECL_USE)
		return d->path ? 0 : 1 + (int)d->type;
	if (!load_is_seed(l) || d->type == CAPABILITY_SERVICE ||
	    d->type == CAPABILITY_DIRECTORY)
		return 0;
	return 1 + (int)d->type;
}

static const char *target_name(const struct draft *d)
{
	if (d->decl.kind == DECL_USE && d->decl.path)
		return d->decl.path;
	return d->written_target;
}

/* One draft as the search for duplicates sees it. */
struct entry {
	const char *to; /* "" for uses and exposes */
	enum target_kind to_kind;
	int space;
	const char *name;
	struct draft *draft;
};

static int entry_compare_target(const struct entry *a, const struct entry *b)
{
	int c;

	if (a->to_kind != b->to_kind)
		return a->to_kind < b->to_kind ? -1 : 1;
	if (a->space != b->space)
		return a->space < b->space ? -1 : 1;
	c = strcmp(a->to, b->to);
	return c ? c : strcmp(a->name, b->name);
}

static int entry_compare(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	int c = entry_compare_target(left, right);

	if (c)
		return c;
	c = place_compare(left->draft->decl.name_place,
			  right->draft->decl.name_place);
	return c ? c
		 : place_compare(left->draft->decl.to.place,
				 right->draft->decl.to.place);
}

static void duplicate_report(struct load *l, const struct draft *first,
			     struct draft *again)
{
	static const char *const acts[] = {
		[DECL_USE] = "used",
		[DECL_OFFER] = "offered",
		[DECL_EXPOSE] = "exposed",
	};
	const struct decl *d = &again->decl;

	again->is_broken = true;
	if (!load_is_seed(l) && d->kind != DECL_USE &&
	    strcmp(first->decl.keyword, "service") == 0 &&
	    strcmp(d->keyword, "service") == 0) {
		load_error(l, RULE_UNSUPPORTED, d->name_place,
			   "the service \"%s\" is put together from several "
			   "sources (first at %u:%u), which is not supported "
			   "yet",
			   d->target_name, first->decl.name_place.line,
			   first->decl.name_place.column);
		return;
	}
	load_error(l, RULE_DUPLICATE_TARGET, d->name_place,
		   "\"%.300s\" is %s%s%s a second time; it is already at %u:%u",
		   target_name(again), acts[d->kind], d->to.name ? " to #" : "",
		   d->to.name ? d->to.name : "", first->decl.name_place.line,
		   first->decl.name_place.column);
}

static void duplicates_find(struct load *l, enum decl_kind kind)
{
	struct entry *entries;
	struct draft *d;
	size_t n = 0, i, first = 0;

	if (l->n_drafts[kind] < 2)
		return;
	entries = load_scratch(l, l->n_drafts[kind], sizeof(*entries));
	if (!entries)
		return;
	for (d = l->first[kind]; d; d = d->next) {
		/* A second runner is reported as such. */
		if (d->is_broken ||
		    (kind == DECL_USE && d->decl.type == CAPABILITY_RUNNER))
			continue;
		entries[n++] = (struct entry){
			.to = d->decl.to.name ? d->decl.to.name : "",
			.to_kind = d->decl.to.kind,
			.space = target_space(l, &d->decl),
			.name = target_name(d),
			.draft = d,
		};
	}
	qsort(entries, n, sizeof(*entries), entry_compare);
	for (i = 1; i < n; i++) {
		if (entry_compare_target(&entries[first], &entries[i]))
			first = i;
		else
			duplicate_report(l, entries[first].draft,
					 entries[i].draft);
	}
}

/* The child that an offer in the end comes from; NULL if from none. */
static const char *offer_origin(const struct load *l, const struct decl *d)
{
	const struct draft *storage = NULL;
	const struct symbol *symbol;

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

static void check_same(struct load *l)
{
	const struct draft *first = NULL;
	struct draft *draft;

	for (draft = l->first[DECL_OFFER]; draft; draft = draft->next) {
		const struct decl *d = &draft->decl;
		const char *origin;

		if (!first || !draft_is_same_item(draft, first))
			first = draft;
		if (draft->is_broken || d->weak)
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
			   "\"%s\" is offered to \"#%s\", where it comes from",
			   d->target_name, origin);
	}
}

void check_duplicates(struct load *l)
{
	size_t kind;

	for (kind = 0; kind < DECL_CAPABILITY; kind++)
		duplicates_find(l, (enum decl_kind)kind);
	check_same(l);
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

static bool origin_set(const struct draft *draft, struct origin *ret)
{
	const struct decl *d = &draft->decl;

	if (draft->is_broken || d->from.kind != SOURCE_SELF)
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
	/* From here on the index holds the implied ones: nobody asks for the
	 * storages by it any more. */
	l->capabilities = load_scratch(l, n_max, sizeof(struct draft *));
	l->n_capabilities = 0;
	if (!origins || !l->capabilities)
		return;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (d = l->first[kinds[i]]; d; d = d->next)
			if (origin_set(d, &origins[n]))
				n++;
	qsort(origins, n, sizeof(*origins), origin_compare);
	for (i = 0; i < n; i++)
		imply(l, origins[i].decl, origins[i].type, origins[i].name,
		      origins[i].path, origins[i].rights);
}
