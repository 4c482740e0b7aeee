/*
 * What stands twice at one target: in one place of the namespace, under one
 * name at one child, in one environment.
 *
 * Everything is sorted by its target, so that what shares one is neighbours.
 * Two things may share a name: a service that is put together from several
 * sources (see aggregate.c), and what is offered to all children and once more,
 * in the same way, to one of them.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/load.h"

/*
 * Things that may not have the same name at one target. In the path-named
 * dialect services and directories are paths, and the others live apart; in the
 * modern one everything shares the names, and for a use the path decides. An
 * environment keeps runners, resolvers and debug protocols apart.
 */
static int target_space(const struct load *l, const struct decl *d)
{
	if (d->kind == DECL_USE)
		return d->path ? 0 : 1 + (int)d->type;
	if (d->kind == DECL_REGISTRATION)
		return 1 + (int)d->type;
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
	const struct decl *d = &left->draft->decl, *e = &right->draft->decl;
	int c = entry_compare_target(left, right);

	if (!c)
		c = place_compare(d->name_place, e->name_place);
	if (!c)
		c = place_compare(d->to.place, e->to.place);
	return c ? c : place_compare(d->from.place, e->from.place);
}

static void duplicate_report(struct load *l, const struct draft *first,
			     struct draft *again)
{
	static const char *const acts[] = {
		[DECL_USE] = "used",
		[DECL_OFFER] = "offered",
		[DECL_EXPOSE] = "exposed",
		[DECL_REGISTRATION] = "registered",
	};
	const struct decl *d = &again->decl;
	const char *sign = d->to.kind == TARGET_DICTIONARY ? "self/" : "#";

	again->is_broken = true;
	load_error(l, RULE_DUPLICATE_TARGET, d->name_place,
		   "\"%.300s\" is %s%s%s%s a second time; it is already at %s",
		   target_name(again), acts[d->kind], d->to.name ? " to " : "",
		   d->to.name ? sign : "", d->to.name ? d->to.name : "",
		   load_place(l, first->decl.name_place, d->name_place));
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_offer(const struct decl *a, const struct decl *b)
{
	return a->type == b->type && strcmp(a->name, b->name) == 0 &&
	       a->from.kind == b->from.kind &&
	       is_same_text(a->from.name, b->from.name) &&
	       is_same_text(a->from.dictionary, b->from.dictionary) &&
	       a->weak == b->weak && a->availability == b->availability &&
	       a->no_transfer == b->no_transfer;
}

/*
 * Take what is offered to all out of the @n of one target and name, and look
 * that the others say the same. Returns how many others there are.
 */
static size_t group_take_all(struct load *l, struct entry *group, size_t n)
{
	struct draft *all = NULL;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		struct draft *d = group[i].draft;

		if (!d->decl.to.is_all)
			group[k++] = group[i];
		else if (!all)
			all = d;
		else
			d->is_broken = true; /* all_offers_check() tells */
	}
	for (i = 0; all && i < k; i++) {
		struct draft *d = group[i].draft;

		if (is_same_offer(&all->decl, &d->decl)) {
			all->is_dropped = true;
			continue;
		}
		d->is_broken = true;
		load_error(l, RULE_DUPLICATE_TARGET, d->decl.name_place,
			   "\"%.300s\" is offered to \"#%s\" and, otherwise, "
			   "to \"all\" at %s; say the same, or call it "
			   "something else with \"as\"",
			   target_name(d), d->decl.to.name,
			   load_place(l, all->decl.name_place,
				      d->decl.name_place));
	}
	return k;
}

/* May the two be one service from two sources? */
static bool is_aggregate(const struct load *l, const struct draft *a,
			 const struct draft *b)
{
	if (a->decl.kind == DECL_USE ||
	    strcmp(a->decl.keyword, "service") != 0 ||
	    strcmp(b->decl.keyword, "service") != 0)
		return false;
	return !load_is_seed(l) ||
	       (draft_is_same_name(a, b) &&
		place_compare(a->decl.to.place, b->decl.to.place) == 0);
}

/* Events come through one stream, however many there are. */
static bool is_same_stream(const struct draft *a, const struct draft *b)
{
	return a->decl.kind == DECL_USE &&
	       a->decl.type == CAPABILITY_EVENT_STREAM &&
	       b->decl.type == CAPABILITY_EVENT_STREAM && a->decl.path;
}

static void group_check(struct load *l, struct entry *group, size_t n,
			struct draft **members)
{
	size_t i, k = 0;

	n = group_take_all(l, group, n);
	if (n < 2)
		return;
	members[k++] = group[0].draft;
	for (i = 1; i < n; i++) {
		if (is_aggregate(l, members[0], group[i].draft))
			members[k++] = group[i].draft;
		else if (!is_same_stream(members[0], group[i].draft))
			duplicate_report(l, members[0], group[i].draft);
	}
	if (k > 1)
		aggregate_check(l, members, k);
}

static size_t entries_collect(struct load *l, enum decl_kind kind,
			      struct entry *entries)
{
	struct draft *d;
	size_t n = 0;

	for (d = l->first[kind]; d; d = d->next) {
		const char *to = d->decl.to.name;

		/* A second runner is reported as such. */
		if (d->is_broken ||
		    (kind == DECL_USE && d->decl.type == CAPABILITY_RUNNER))
			continue;
		if (kind == DECL_REGISTRATION) {
			to = d->decl.environment->name;
			/* One without a name is reported as such. */
			if (!*to)
				continue;
		}
		entries[n++] = (struct entry){
			.to = to ? to : "",
			.to_kind = d->decl.to.kind,
			.space = target_space(l, &d->decl),
			.name = target_name(d),
			.draft = d,
		};
	}
	return n;
}

static void duplicates_find(struct load *l, enum decl_kind kind)
{
	struct draft **members;
	struct entry *entries;
	size_t n, i, first = 0;

	if (l->n_drafts[kind] < 2)
		return;
	entries = load_scratch(l, l->n_drafts[kind], sizeof(*entries));
	members = load_scratch(l, l->n_drafts[kind], sizeof(struct draft *));
	if (!entries || !members)
		return;
	n = entries_collect(l, kind, entries);
	qsort(entries, n, sizeof(*entries), entry_compare);
	for (i = 1; i <= n; i++) {
		if (i < n &&
		    !entry_compare_target(&entries[first], &entries[i]))
			continue;
		if (i - first > 1)
			group_check(l, &entries[first], i - first, members);
		first = i;
	}
}

static int all_offer_compare(const void *a, const void *b)
{
	const struct all_offer *const *left = a, *const *right = b;
	int c = strcmp((*left)->name, (*right)->name);

	return c ? c : place_compare((*left)->place, (*right)->place);
}

/* A name goes to all once, whether there is anybody or not. */
static void all_offers_check(struct load *l)
{
	const struct all_offer **offers, *o;
	size_t n = 0, i, first = 0;

	if (l->n_all_offers < 2)
		return;
	offers = load_scratch(l, l->n_all_offers, sizeof(struct all_offer *));
	if (!offers)
		return;
	for (o = l->all_offers; o; o = o->next)
		offers[n++] = o;
	qsort(offers, n, sizeof(struct all_offer *), all_offer_compare);
	for (i = 1; i < n; i++) {
		if (strcmp(offers[first]->name, offers[i]->name) != 0) {
			first = i;
			continue;
		}
		load_error(
			l, RULE_DUPLICATE_TARGET, offers[i]->place,
			"\"%.300s\" is offered to \"all\" a second time; it "
			"is already at %s",
			offers[i]->name,
			load_place(l, offers[first]->place, offers[i]->place));
	}
}

void check_duplicates(struct load *l)
{
	static const enum decl_kind kinds[] = { DECL_USE, DECL_OFFER,
						DECL_EXPOSE,
						DECL_REGISTRATION };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		duplicates_find(l, kinds[i]);
	all_offers_check(l);
}
