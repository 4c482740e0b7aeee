/*
 * Which dialect a file is written in: the first word that only one of them has
 * decides, and a word that only the other one has is an error.
 *
 * Path-named: a path under "service", "protocol" or "directory", "realm",
 * {dest}, "event", "legacy_service", the sections "storage", "runners" and
 * "resolvers". Modern: a plain name under those keys, "parent", "void",
 * "debug", "all", a path into a dictionary, the sections "capabilities",
 * "config" and "policy", a program's "runner", "environ" and "strict", the keys
 * of declarations and instances that only it knows, and a collection of
 * durability "single_run".
 *
 * What an environment extends is "realm" in both.
 *
 * A file without any such word is read as a modern one, unless it uses storage
 * the way only the path-named dialect can.
 */
#include <string.h>

#include "manifest/load.h"

struct token {
	const char *word;
	struct place place;
};

struct search {
	/* The first words that tell, by dialect; a NULL word: none. */
	struct token seed, modern;
};

static bool is_before(struct place a, struct place b)
{
	return place_compare(a, b) < 0;
}

static void note(struct token *t, const char *word, struct place place)
{
	if (!t->word || is_before(place, t->place))
		*t = (struct token){ word, place };
}

static bool is_key(const struct json5_value *v, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(v->key, *words) == 0)
			return true;
	return false;
}

static bool is_word(const struct json5_value *v, const char *const *words)
{
	const char *s = json5_string(v);

	for (; s && *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

/* A string, or the strings of an array, through @fn. */
static void each_string(struct search *s, const struct json5_value *v,
			void (*fn)(struct search *, const struct json5_value *))
{
	if (v->type == JSON5_STRING)
		fn(s, v);
	json5_for_each(element, v) if (v->type == JSON5_ARRAY &&
				       element->type == JSON5_STRING)
		fn(s, element);
}

static void on_capability_name(struct search *s, const struct json5_value *v)
{
	const char *name = json5_string(v);

	if (!name || !*name)
		return;
	if (*name == '/')
		note(&s->seed, name, v->place);
	else if (!strchr(name, '/'))
		note(&s->modern, name, v->place);
}

static void on_as(struct search *s, const struct json5_value *v)
{
	if (json5_string(v) && *json5_string(v) == '/')
		note(&s->seed, json5_string(v), v->place);
}

static void on_reference(struct search *s, const struct json5_value *v)
{
	static const char *const seed[] = { "realm", NULL };
	static const char *const modern[] = { "parent", "void", "debug", "all",
					      NULL };
	const char *word = json5_string(v);

	if (is_word(v, seed))
		note(&s->seed, json5_string(v), v->place);
	else if (is_word(v, modern) ||
		 (word && *word != '/' && strchr(word, '/')))
		note(&s->modern, json5_string(v), v->place);
}

static void search_targets(struct search *s, const struct json5_value *to)
{
	each_string(s, to, on_reference);
	if (to->type != JSON5_ARRAY)
		return;
	json5_for_each(target, to)
	{
		const struct json5_value *dest = json5_get(target, "dest");

		if (dest)
			note(&s->seed, dest->key, dest->key_place);
	}
}

/* The items of use, offer, expose and capabilities. */
static void search_items(struct search *s, const struct json5_value *list)
{
	static const char *const named[] = { "service", "protocol", "directory",
					     NULL };
	static const char *const seed[] = { "event", "legacy_service",
					    "legacy_services", NULL };
	static const char *const modern[] = { "dictionary",
					      "config",
					      "socket",
					      "availability",
					      "source_availability",
					      "source_instance_filter",
					      "renamed_instances",
					      "scope",
					      "numbered_handle",
					      "delivery",
					      "access",
					      "transfer",
					      "if_provider_ends",
					      "on_revoke",
					      NULL };

	json5_for_each(item, list)
	{
		if (item->type != JSON5_OBJECT)
			continue;
		json5_for_each(m, item)
		{
			if (is_key(m, named))
				each_string(s, m, on_capability_name);
			else if (strcmp(m->key, "as") == 0)
				on_as(s, m);
			else if (strcmp(m->key, "from") == 0)
				each_string(s, m, on_reference);
			else if (strcmp(m->key, "to") == 0)
				search_targets(s, m);
			else if (is_key(m, seed))
				note(&s->seed, m->key, m->key_place);
			else if (is_key(m, modern))
				note(&s->modern, m->key, m->key_place);
		}
	}
}

/* The lists of one environment. */
static void search_environment(struct search *s,
			       const struct json5_value *environment)
{
	static const char *const lists[] = { "runners", "resolvers", "debug",
					     NULL };

	json5_for_each(list, environment)
	{
		if (strcmp(list->key, "debug") == 0)
			note(&s->modern, list->key, list->key_place);
		if (!is_key(list, lists) || list->type != JSON5_ARRAY)
			continue;
		json5_for_each(item, list)
		{
			const struct json5_value *from =
				json5_get(item, "from");

			if (from)
				on_reference(s, from);
		}
	}
}

static void search_environments(struct search *s,
				const struct json5_value *list)
{
	json5_for_each(item, list) if (item->type == JSON5_OBJECT)
		search_environment(s, item);
}

static void search_program(struct search *s, const struct json5_value *program)
{
	static const char *const modern[] = { "runner", "environ", "strict",
					      NULL };

	if (program->type != JSON5_OBJECT)
		return;
	json5_for_each(m, program) if (is_key(m, modern))
		note(&s->modern, m->key, m->key_place);
}

/* The items of children and collections. */
static void search_instances(struct search *s, const struct json5_value *list)
{
	static const char *const modern[] = { "on_terminate",
					      "allowed_offers",
					      "allow_long_names",
					      "persistent_storage",
					      "limits",
					      "restart",
					      NULL };

	json5_for_each(item, list)
	{
		if (item->type != JSON5_OBJECT)
			continue;
		json5_for_each(m, item) if (is_key(m, modern))
			note(&s->modern, m->key, m->key_place);
	}
}

static void search_collections(struct search *s, const struct json5_value *list)
{
	search_instances(s, list);
	json5_for_each(item, list)
	{
		const struct json5_value *v = json5_get(item, "durability");
		const char *word = json5_string(v);

		if (word && strcmp(word, "single_run") == 0)
			note(&s->modern, word, v->place);
		if (word && strcmp(word, "persistent") == 0)
			note(&s->seed, word, v->place);
	}
}

static void search_sections(struct search *s, const struct json5_value *root)
{
	static const char *const items[] = { "use", "offer", "expose",
					     "capabilities", NULL };
	static const char *const seed[] = { "storage", "runners", "resolvers",
					    NULL };
	static const char *const modern[] = { "capabilities", "config",
					      "policy", NULL };

	json5_for_each(m, root)
	{
		if (is_key(m, seed))
			note(&s->seed, m->key, m->key_place);
		if (is_key(m, modern))
			note(&s->modern, m->key, m->key_place);
		if (is_key(m, items) && m->type == JSON5_ARRAY)
			search_items(s, m);
		if (strcmp(m->key, "program") == 0)
			search_program(s, m);
		if (strcmp(m->key, "environments") == 0 &&
		    m->type == JSON5_ARRAY)
			search_environments(s, m);
		if (strcmp(m->key, "children") == 0 && m->type == JSON5_ARRAY)
			search_instances(s, m);
		if (strcmp(m->key, "collections") == 0 &&
		    m->type == JSON5_ARRAY)
			search_collections(s, m);
	}
}

/* `use: [{storage: "data"}]`: without a path, so no modern one. */
static bool has_seed_storage(const struct json5_value *root)
{
	static const char *const types[] = { "data", "cache", "meta", NULL };

	json5_for_each(item, json5_get(root, "use"))
	{
		const struct json5_value *storage = json5_get(item, "storage");

		if (storage && is_word(storage, types) &&
		    !json5_get(item, "path"))
			return true;
	}
	return false;
}

const char *dialect_phrase(enum manifest_dialect dialect)
{
	return dialect == DIALECT_SEED ? "path-named" : "modern";
}

void dialect_find(struct load *l, const struct json5_value *root)
{
	struct search s = { 0 };
	const struct token *first = &s.seed, *second = &s.modern;
	const char *what = l->manifest->n_files > 1 ? "manifest" : "file";

	search_sections(&s, root);
	if (!s.seed.word && !s.modern.word) {
		l->dialect =
			has_seed_storage(root) ? DIALECT_SEED : DIALECT_NONE;
		return;
	}
	if (!s.seed.word ||
	    (s.modern.word && is_before(s.modern.place, s.seed.place))) {
		first = &s.modern;
		second = &s.seed;
	}
	l->dialect = first == &s.seed ? DIALECT_SEED : DIALECT_MODERN;
	if (!second->word)
		return;
	load_error(l, RULE_MIXED_DIALECTS, second->place,
		   "\"%.80s\" belongs to the %s dialect, but \"%.80s\" at %s "
		   "made this %s a %s one; a %s keeps to one dialect",
		   second->word,
		   dialect_phrase(first == &s.seed ? DIALECT_MODERN
						   : DIALECT_SEED),
		   first->word, load_place(l, first->place, second->place),
		   what, dialect_phrase(l->dialect), what);
}
