/*
 * "policy": authority that must not be in the tree, and what each of its
 * manifests has to use and to offer. Ours. Only read here: who reaches whom is
 * for the floor above.
 */
#include <string.h>

#include "base/own.h"
#include "manifest/access.h"
#include "manifest/names.h"
#include "manifest/shape_rows.h"

/* clang-format off */
static const struct row rows_policy[] = {
	{ "never", KEY_NEVER, ARRAY, MODERN, 0, ALL },
	{ "must_use", KEY_MUST_USE, ARRAY, MODERN, 0, ALL },
	{ "must_offer", KEY_MUST_OFFER, ARRAY, MODERN, 0, ALL },
};
SHAPE(policy, "a policy");

static const struct row rows_policy_never[] = {
	{ "from", KEY_FROM, STRING, MODERN, REQUIRED, ALL },
	{ "to", KEY_TO, STRING, MODERN, REQUIRED, ALL },
	{ "capability", KEY_CAPABILITY, STRING, MODERN, 0, ALL },
	{ "indirect", KEY_INDIRECT, BOOL, MODERN, 0, ALL },
};
SHAPE(policy_never, "an element of \"never\"");

/* What a policy can ask for: what can be used and offered under one name. */
#define ROWS_MUST                                                              \
	{ "service", KEY_SERVICE, STRINGS, MODERN, KEYWORD, SERVICE },         \
	{ "protocol", KEY_PROTOCOL, STRINGS, MODERN, KEYWORD, SERVICE },       \
	{ "directory", KEY_DIRECTORY, STRINGS, MODERN, KEYWORD, DIRECTORY },   \
	{ "storage", KEY_STORAGE, STRINGS, MODERN, KEYWORD, STORAGE },         \
	{ "dictionary", KEY_DICTIONARY, STRINGS, MODERN, KEYWORD, DICTIONARY }, \
	{ "config", KEY_CONFIG, STRINGS, MODERN, KEYWORD, CONFIG }

static const struct row rows_policy_must_use[] = { ROWS_MUST };
SHAPE(policy_must_use, "an element of \"must_use\"");

static const struct row rows_policy_must_offer[] = { ROWS_MUST };
SHAPE(policy_must_offer, "an element of \"must_offer\"");
/* clang-format on */

/* A pattern of monikers; NULL and an error if it is none. */
static const struct access_pattern *
pattern_read(struct load *l, const struct json5_value *v, const char *what)
{
	struct access_pattern *pattern;
	const char *s = load_string(l, v, what), *why = NULL;

	if (!s)
		return NULL;
	pattern = load_keep(l, 1, sizeof(*pattern));
	if (!pattern)
		return NULL;
	if (*s != '/')
		why = "is no absolute moniker; a child of the root is "
		      "\"/NAME\", "
		      "and \"/**\" is everything below it";
	else if (!access_pattern_read(load_copy(l, s), pattern, &why))
		why = NULL;
	if (why) {
		load_error(l, RULE_INVALID_PATTERN, v->place,
			   "the pattern \"%.300s\" %s", s, why);
		return NULL;
	}
	pattern->place = v->place;
	return pattern;
}

static const char *name_read(struct load *l, const struct json5_value *v,
			     const char *what)
{
	const char *s = load_string(l, v, what), *why;

	if (!s)
		return NULL;
	why = name_check(s, DIALECT_MODERN, true);
	if (!why)
		return load_copy(l, s);
	load_error(l, RULE_INVALID_NAME, v->place, "the name \"%.300s\" %s", s,
		   why);
	return NULL;
}

static void nevers_read(struct load *l, const struct json5_value *list,
			struct policy *ret)
{
	struct policy_never *nevers, *never;
	struct fields f;

	nevers = load_keep(l, list->list.n + 1, sizeof(*nevers));
	if (!nevers)
		return;
	ret->nevers = nevers;
	shape_for_each(l, "an element of \"never\"", object, list)
	{
		shape_read(l, &shape_policy_never, object, NULL, &f);
		never = &nevers[ret->n_nevers];
		*never = (struct policy_never){ .place = object->place };
		if (f.at[KEY_FROM])
			never->from = pattern_read(l, f.at[KEY_FROM], "from");
		if (f.at[KEY_TO])
			never->to = pattern_read(l, f.at[KEY_TO], "to");
		if (f.at[KEY_CAPABILITY])
			never->capability = name_read(l, f.at[KEY_CAPABILITY],
						      "capability");
		never->is_indirect =
			f.at[KEY_INDIRECT] && f.at[KEY_INDIRECT]->truth;
		if (never->from && never->to)
			ret->n_nevers++;
	}
}

/* How many names all elements of @list have. */
static size_t names_count(const struct json5_value *list)
{
	size_t n = 0;

	json5_for_each(object, list) json5_for_each(m, object) n +=
		m->type == JSON5_ARRAY ? m->list.n : 1;
	return n;
}

static const struct policy_must *
musts_read(struct load *l, const struct shape *shape, const char *what,
	   const struct json5_value *list, size_t *ret_n)
{
	struct policy_must *musts;
	struct strings names;
	struct keyword keyword;
	struct fields f;
	size_t n = 0, i;

	musts = load_keep(l, names_count(list) + 1, sizeof(*musts));
	if (!musts)
		return NULL;
	shape_for_each(l, what, object, list)
	{
		if (!shape_find_keyword(l, shape, object, &keyword))
			continue;
		shape_read(l, shape, object, &keyword, &f);
		if (!f.at[keyword.key])
			continue;
		names = load_strings(l, f.at[keyword.key], keyword.name);
		for (i = 0; i < names.n; i++)
			musts[n++] = (struct policy_must){
				.type = keyword.type,
				.keyword = keyword.name,
				.name = name_read(l, names.at[i], keyword.name),
				.place = names.at[i]->place,
			};
	}
	*ret_n = n;
	return musts;
}

void policy_read(struct load *l, const struct json5_value *object)
{
	struct policy *p = load_keep(l, 1, sizeof(*p));
	struct fields f;

	if (!p)
		return;
	*p = (struct policy){ .place = object->place };
	shape_read(l, &shape_policy, object, NULL, &f);
	if (f.at[KEY_NEVER])
		nevers_read(l, f.at[KEY_NEVER], p);
	if (f.at[KEY_MUST_USE])
		p->must_use = musts_read(l, &shape_policy_must_use,
					 "an element of \"must_use\"",
					 f.at[KEY_MUST_USE], &p->n_must_use);
	if (f.at[KEY_MUST_OFFER])
		p->must_offer =
			musts_read(l, &shape_policy_must_offer,
				   "an element of \"must_offer\"",
				   f.at[KEY_MUST_OFFER], &p->n_must_offer);
	l->manifest->policy = p;
}
