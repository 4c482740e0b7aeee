/*
 * A service that is put together from several sources: no source counts twice,
 * all are there or none has to be, and an instance has one source. Either each
 * says which instances it gives, or none does.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/load.h"

/* A source that may be absent, and is, has no part in the service. */
static bool is_absent(const struct draft *d)
{
	return d->decl.from.kind == SOURCE_VOID && d->decl.source_may_be_absent;
}

static size_t absent_drop(struct draft *const *drafts, size_t n,
			  struct draft **ret)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (!is_absent(drafts[i]))
			ret[k++] = drafts[i];
	/* With all of them absent, one of them says so. */
	if (!k)
		ret[k++] = drafts[0];
	for (i = 0; i < n; i++)
		if (is_absent(drafts[i]) && drafts[i] != ret[0])
			drafts[i]->is_dropped = true;
	return k;
}

static int text_compare(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

/* Without their places. */
static int source_compare(const struct decl *a, const struct decl *b)
{
	int c;

	if (a->from.kind != b->from.kind)
		return a->from.kind < b->from.kind ? -1 : 1;
	c = text_compare(a->from.name, b->from.name);
	if (!c)
		c = text_compare(a->from.dictionary, b->from.dictionary);
	return c ? c : strcmp(a->name, b->name);
}

static int draft_compare_source(const void *a, const void *b)
{
	const struct draft *const *left = a, *const *right = b;
	int c = source_compare(&(*left)->decl, &(*right)->decl);

	return c ? c
		 : place_compare((*left)->decl.name_place,
				 (*right)->decl.name_place);
}

static int draft_compare_place(const void *a, const void *b)
{
	const struct draft *const *left = a, *const *right = b;
	int c = place_compare((*left)->decl.name_place,
			      (*right)->decl.name_place);

	return c ? c
		 : place_compare((*left)->decl.from.place,
				 (*right)->decl.from.place);
}

/* The same of the same is no second source, unless it gives other instances. */
static void sources_check(struct load *l, struct draft **drafts, size_t n)
{
	size_t i;

	qsort(drafts, n, sizeof(struct draft *), draft_compare_source);
	for (i = 1; i < n; i++) {
		struct decl *first = &drafts[i - 1]->decl, *d;

		d = &drafts[i]->decl;
		if (source_compare(first, d) ||
		    (first->instances && d->instances))
			continue;
		drafts[i]->is_broken = true;
		load_error(l, RULE_DUPLICATE_TARGET, d->name_place,
			   "the service \"%s\" has this source already, at %s",
			   d->target_name,
			   load_place(l, first->name_place, d->name_place));
	}
	qsort(drafts, n, sizeof(struct draft *), draft_compare_place);
}

static void availability_check(struct load *l, struct draft *const *drafts,
			       size_t n)
{
	const struct decl *first = &drafts[0]->decl, *d;
	size_t i;

	for (i = 1; i < n; i++) {
		d = &drafts[i]->decl;
		if (d->availability == first->availability)
			continue;
		load_error(l, RULE_AGGREGATE_AVAILABILITY, d->name_place,
			   "a service from several sources has one "
			   "availability; \"%s\" is \"%s\" here and \"%s\" at "
			   "%s",
			   d->target_name, availability_words[d->availability],
			   availability_words[first->availability],
			   load_place(l, first->name_place, d->name_place));
	}
}

/* An instance as it is called at the target. */
struct given {
	const char *name;
	const struct decl *by;
};

static int given_compare(const void *a, const void *b)
{
	const struct given *left = a, *right = b;
	int c = strcmp(left->name, right->name);

	return c ? c
		 : place_compare(left->by->name_place, right->by->name_place);
}

static void instances_compare(struct load *l, struct draft *const *drafts,
			      size_t n, size_t n_instances)
{
	struct given *given = load_scratch(l, n_instances, sizeof(*given));
	size_t i, k, n_given = 0;

	if (!given)
		return;
	for (i = 0; i < n; i++)
		for (k = 0; k < drafts[i]->decl.n_instances; k++)
			given[n_given++] = (struct given){
				drafts[i]->decl.instances[k].target,
				&drafts[i]->decl
			};
	qsort(given, n_given, sizeof(*given), given_compare);
	for (i = 1; i < n_given; i++) {
		if (given[i].by == given[i - 1].by ||
		    strcmp(given[i].name, given[i - 1].name) != 0)
			continue;
		load_error(l, RULE_AGGREGATE_INSTANCES, given[i].by->name_place,
			   "the instance \"%s\" of the service \"%s\" comes "
			   "from here and from what is at %s",
			   given[i].name, given[i].by->target_name,
			   load_place(l, given[i - 1].by->name_place,
				      given[i].by->name_place));
	}
}

static void instances_check(struct load *l, struct draft *const *drafts,
			    size_t n)
{
	const struct decl *first = &drafts[0]->decl, *d;
	size_t i, n_instances = 0;

	for (i = 0; i < n; i++) {
		d = &drafts[i]->decl;
		n_instances += d->n_instances;
		if (!first->instances == !d->instances)
			continue;
		load_error(l, RULE_AGGREGATE_INSTANCES, d->name_place,
			   "of several sources of the service \"%s\" either "
			   "each says which instances it gives, or none does; "
			   "see %s",
			   d->target_name,
			   load_place(l, first->name_place, d->name_place));
		return;
	}
	if (n_instances)
		instances_compare(l, drafts, n, n_instances);
}

void aggregate_check(struct load *l, struct draft *const *drafts, size_t n)
{
	struct draft **present = load_scratch(l, n, sizeof(struct draft *));

	if (!present)
		return;
	n = absent_drop(drafts, n, present);
	if (n < 2)
		return;
	sources_check(l, present, n);
	availability_check(l, present, n);
	instances_check(l, present, n);
}
