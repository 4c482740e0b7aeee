/*
 * The instances that an offer of a service gives: "source_instance_filter" says
 * which, "renamed_instances" what they are called at the target. The two become
 * one list.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/item.h"
#include "manifest/names.h"

static const char *name_read(struct load *l, const struct json5_value *v,
			     const char *what)
{
	const char *s = load_string(l, v, what), *why;

	if (!s)
		return NULL;
	why = name_check(s, l->dialect, false);
	if (!why)
		return load_copy(l, s);
	load_error(l, RULE_INVALID_NAME, v->place,
		   "the instance's name \"%.300s\" %s", s, why);
	return NULL;
}

/* A rename, and where its target stands. */
struct rename {
	struct instance_name name;
	struct place place;
};

static int rename_compare_target(const void *a, const void *b)
{
	const struct rename *left = a, *right = b;
	int c = strcmp(left->name.target, right->name.target);

	return c ? c : place_compare(left->place, right->place);
}

static int rename_compare_source(const void *a, const void *b)
{
	const struct rename *left = a, *right = b;
	int c = strcmp(left->name.source, right->name.source);

	return c ? c : place_compare(left->place, right->place);
}

/* Two instances cannot become one. */
static void targets_check(struct load *l, struct rename *renames, size_t n)
{
	size_t i;

	qsort(renames, n, sizeof(*renames), rename_compare_target);
	for (i = 1; i < n; i++)
		if (!strcmp(renames[i - 1].name.target, renames[i].name.target))
			load_error(l, RULE_DUPLICATE_VALUE, renames[i].place,
				   "\"%.80s\" is already what an instance is "
				   "called, at %s",
				   renames[i].name.target,
				   load_place(l, renames[i - 1].place,
					      renames[i].place));
}

static bool rename_read(struct load *l, const struct json5_value *object,
			struct rename *ret)
{
	struct fields f;

	shape_read(l, &shape_instance, object, NULL, &f);
	if (!f.at[KEY_SOURCE_NAME] || !f.at[KEY_TARGET_NAME])
		return false;
	ret->place = f.at[KEY_TARGET_NAME]->place;
	ret->name.source = name_read(l, f.at[KEY_SOURCE_NAME], "source_name");
	ret->name.target = name_read(l, f.at[KEY_TARGET_NAME], "target_name");
	return ret->name.source && ret->name.target;
}

static size_t renames_read(struct load *l, const struct json5_value *list,
			   struct rename **ret)
{
	struct rename *renames;
	size_t n = 0;

	if (!list->list.n) {
		load_error(l, RULE_EMPTY_LIST, list->place,
			   "the list for \"renamed_instances\" is empty; it "
			   "needs at least one element");
		return 0;
	}
	renames = load_scratch(l, list->list.n, sizeof(*renames));
	if (!renames)
		return 0;
	shape_for_each(l, "a renamed instance", object,
		       list) if (rename_read(l, object, &renames[n])) n++;
	targets_check(l, renames, n);
	*ret = renames;
	return n;
}

/* The first of the @n renames, sorted by source, of the instance @source; @n if
 * there is none. */
static size_t rename_find(const struct rename *renames, size_t n,
			  const char *source)
{
	size_t low = 0, high = n, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (strcmp(renames[middle].name.source, source) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && !strcmp(renames[low].name.source, source) ? low : n;
}

/* What the filter lets through, under the names it gets. */
static size_t filter_apply(struct item *i, const struct strings *filter,
			   struct rename *renames, size_t n_renames,
			   struct instance_name *ret)
{
	size_t n = 0, k, at;
	const char *name;

	if (n_renames)
		qsort(renames, n_renames, sizeof(*renames),
		      rename_compare_source);
	for (k = 0; k < filter->n; k++) {
		name = name_read(i->load, filter->at[k],
				 "source_instance_filter");
		if (!name)
			continue;
		at = rename_find(renames, n_renames, name);
		if (at == n_renames)
			ret[n++] = (struct instance_name){ name, name };
		for (; at < n_renames && !strcmp(renames[at].name.source, name);
		     at++)
			ret[n++] = renames[at].name;
	}
	return n;
}

/* A protocol has no instances. */
static const struct json5_value *list_at(struct item *i, enum key key)
{
	const struct json5_value *v = item_at(i, key);

	if (!v || strcmp(i->keyword.name, "service") == 0)
		return v;
	load_error(i->load, RULE_MISPLACED_KEY, v->key_place,
		   "\"%s\" goes with \"service\" only: a \"%s\" has no "
		   "instances",
		   v->key, i->keyword.name);
	return NULL;
}

void item_read_instances(struct item *i)
{
	const struct json5_value *v = list_at(i, KEY_SOURCE_INSTANCE_FILTER);
	const struct json5_value *renamed = list_at(i, KEY_RENAMED_INSTANCES);
	struct strings filter = { NULL, 0 };
	struct rename *renames = NULL;
	struct instance_name *instances;
	size_t n_renames = 0, n;

	if (v)
		filter = load_strings(i->load, v, "source_instance_filter");
	if (renamed)
		n_renames = renames_read(i->load, renamed, &renames);
	if (!filter.n && !n_renames)
		return;
	instances =
		load_keep(i->load, filter.n + n_renames, sizeof(*instances));
	if (!instances)
		return;
	if (filter.n) {
		n = filter_apply(i, &filter, renames, n_renames, instances);
	} else {
		for (n = 0; n < n_renames; n++)
			instances[n] = renames[n].name;
	}
	i->decl.instances = instances;
	i->decl.n_instances = n;
}
