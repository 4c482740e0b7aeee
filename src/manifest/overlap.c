/*
 * The namespace that the uses make up: no entry lies inside another, and /pkg
 * belongs to the package.
 *
 * A directory takes its whole path, and so do a storage and a dictionary; of a
 * service, the directory it is in counts, because many services share one.
 * Sorted with "/" before every other byte, a path is directly followed by what
 * lies inside it.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/load.h"

struct entry {
	const char *path;
	size_t n; /* bytes of it that count */
	bool is_service;
	const struct draft *draft;
};

/* "/" sorts before everything, so that "/a/b" comes before "/a-b". */
static int rank(char c)
{
	return c == '/' ? 0 : 1 + (unsigned char)c;
}

static int entry_compare(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	size_t i, n = left->n < right->n ? left->n : right->n;

	for (i = 0; i < n; i++)
		if (left->path[i] != right->path[i])
			return rank(left->path[i]) - rank(right->path[i]);
	if (left->n != right->n)
		return left->n < right->n ? -1 : 1;
	/* Directories first: what equals them is wrong, whatever it is. */
	if (left->is_service != right->is_service)
		return left->is_service ? 1 : -1;
	if (left->draft->decl.place.line != right->draft->decl.place.line)
		return left->draft->decl.place.line <
				       right->draft->decl.place.line
			       ? -1
			       : 1;
	return left->draft->decl.place.column < right->draft->decl.place.column
		       ? -1
		       : 1;
}

static bool is_inside(const struct entry *inner, const struct entry *outer)
{
	return inner->n > outer->n &&
	       memcmp(inner->path, outer->path, outer->n) == 0 &&
	       (inner->path[outer->n] == '/' || !outer->n);
}

static bool is_equal(const struct entry *a, const struct entry *b)
{
	return a->n == b->n && memcmp(a->path, b->path, a->n) == 0;
}

static bool is_after(const struct place a, const struct place b)
{
	return place_compare(a, b) > 0;
}

/* Report at the one that stands later. */
static void overlap_report(struct load *l, const struct entry *a,
			   const struct entry *b)
{
	const struct decl *first = &a->draft->decl, *again = &b->draft->decl;

	if (is_after(first->name_place, again->name_place)) {
		first = &b->draft->decl;
		again = &a->draft->decl;
	}
	load_error(
		l, RULE_PATH_OVERLAP, again->name_place,
		"\"%.300s\" of this %s overlaps with \"%.300s\" of the %s at "
		"%s; one cannot lie inside the other",
		again->path, again->keyword, first->path, first->keyword,
		load_place(l, first->name_place, again->name_place));
}

static bool is_protected(const char *path)
{
	return strncmp(path, "/pkg", 4) == 0 && (!path[4] || path[4] == '/');
}

static size_t entries_collect(struct load *l, struct entry *entries)
{
	const struct draft *d;
	size_t n = 0;

	for (d = l->first[DECL_USE]; d; d = d->next) {
		const char *path = d->decl.path;
		bool is_service = d->decl.type == CAPABILITY_SERVICE ||
				  d->decl.type == CAPABILITY_EVENT_STREAM;

		if (d->is_broken || !path)
			continue;
		if (is_protected(path)) {
			load_error(l, RULE_PROTECTED_PATH, d->decl.name_place,
				   "\"%.300s\" cannot be used for this %s: "
				   "/pkg belongs to the component's package",
				   path, d->decl.keyword);
			continue;
		}
		entries[n++] = (struct entry){
			.path = path,
			.n = is_service ? (size_t)(strrchr(path, '/') - path)
					: strlen(path),
			.is_service = is_service,
			.draft = d,
		};
	}
	return n;
}

void overlap_check(struct load *l)
{
	struct entry *entries, *outer;
	size_t n, i;

	if (!l->n_drafts[DECL_USE])
		return;
	entries = load_scratch(l, l->n_drafts[DECL_USE], sizeof(*entries));
	if (!entries)
		return;
	n = entries_collect(l, entries);
	if (!n)
		return;
	qsort(entries, n, sizeof(*entries), entry_compare);
	outer = entries;
	for (i = 1; i < n; i++) {
		struct entry *e = &entries[i];

		if (is_inside(e, outer) ||
		    (is_equal(e, outer) && !outer->is_service))
			overlap_report(l, outer, e);
		else if (!is_equal(e, outer))
			outer = e;
	}
}
