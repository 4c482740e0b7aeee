/*
 * The items of "use", "offer", "expose" and "capabilities".
 *
 * An item is read in three steps: its keyword says what it is about, its shape
 * sorts its keys, and then the names times the targets become drafts. An item
 * with a mistake still yields what is sound in it, so that a capability with a
 * wrong path is at least declared, and nobody is told twice.
 */
#include <string.h>

#include "base/own.h"
#include "manifest/item.h"
#include "manifest/names.h"

/* The path-named dialect gives paths to services and directories. */
static bool has_path_name(const struct item *i)
{
	return load_is_seed(i->load) && (i->decl.type == CAPABILITY_SERVICE ||
					 i->decl.type == CAPABILITY_DIRECTORY);
}

/* "/svc/NAME" is the service NAME; see the head of manifest.h. */
static const char *path_name(const struct item *i, const char *path)
{
	if (i->decl.type == CAPABILITY_SERVICE &&
	    strncmp(path, "/svc/", 5) == 0 && !strchr(path + 5, '/'))
		return path + 5;
	return path;
}

/* Read the name or path @v of key @what. False and an error if it is wrong. */
bool item_read_name(struct item *i, const struct json5_value *v,
		    const char *what, struct name *ret)
{
	struct load *l = i->load;
	const char *s = load_string(l, v, what), *why;

	if (!s)
		return false;
	if (has_path_name(i)) {
		why = path_check(s, l->dialect);
		if (why) {
			load_error(l, RULE_INVALID_PATH, v->place,
				   "the path \"%.300s\" %s", s, why);
			return false;
		}
		ret->written = load_copy(l, s);
		ret->name = path_name(i, ret->written);
		return true;
	}
	why = name_check(s, l->dialect, false);
	if (why) {
		load_error(l, RULE_INVALID_NAME, v->place,
			   "the name \"%.300s\" %s", s, why);
		return false;
	}
	ret->name = ret->written = load_copy(l, s);
	return true;
}

/* A storage of the path-named dialect is one of three. */
static bool storage_name_read(struct item *i, const struct json5_value *v,
			      struct name *ret)
{
	static const char *const types[] = { "data", "cache", "meta" };
	int word = load_word(i->load, v, "storage", types, N_ELEMENTS(types));

	if (word < 0)
		return false;
	ret->name = ret->written = types[word];
	return true;
}

bool item_read_own_name(struct item *i, const struct json5_value *v,
			struct name *ret)
{
	if (load_is_seed(i->load) && i->decl.type == CAPABILITY_STORAGE)
		return storage_name_read(i, v, ret);
	return item_read_name(i, v, i->keyword.name, ret);
}

/* Something that renames or places one thing stands beside several names. */
bool item_is_single(struct item *i, enum key key, const char *what)
{
	if (!item_at(i, key) || i->names.n < 2)
		return true;
	load_error(i->load, RULE_MULTIPLE_NAMES, item_at(i, key)->key_place,
		   "\"%s\" is for one name, but \"%s\" lists %zu; write one "
		   "item per name",
		   what, i->keyword.name, i->names.n);
	i->is_broken = true;
	i->fields.at[key] = NULL;
	return false;
}

static void rights_set(struct item *i)
{
	const struct json5_value *v = item_at(i, KEY_RIGHTS);

	if (v) {
		i->decl.rights = rights_read(i->load, v);
		i->decl.has_rights = true;
	}
}

static void subdir_set(struct item *i)
{
	const struct json5_value *v = item_at(i, KEY_SUBDIR);
	const char *s = v ? load_string(i->load, v, "subdir") : NULL, *why;

	if (!s)
		return;
	why = path_check_relative(s, i->load->dialect);
	if (why) {
		load_error(i->load, RULE_INVALID_PATH, v->place,
			   "the subdirectory \"%.300s\" %s", s, why);
		i->is_broken = true;
	}
	i->decl.subdir = load_copy(i->load, s);
}

static void dependency_set(struct item *i)
{
	static const char *const modern[] = { "strong", "weak" };
	static const char *const seed[] = { "strong", "weak_for_migration" };
	const struct json5_value *v = item_at(i, KEY_DEPENDENCY);

	if (!v)
		return;
	i->decl.weak = load_word(i->load, v, "dependency",
				 load_is_seed(i->load) ? seed : modern, 2) == 1;
	i->weak_place = v->place;
}

static void availability_set(struct item *i)
{
	/* A use has no target to be the same as. */
	size_t n = i->decl.kind == DECL_USE ? AVAILABILITY_SAME_AS_TARGET
					    : N_AVAILABILITIES;
	const struct json5_value *v = item_at(i, KEY_AVAILABILITY);
	int word =
		v ? load_word(i->load, v, "availability", availability_words, n)
		  : -1;

	if (word < 0)
		return;
	i->decl.availability = (enum availability)word;
	i->has_availability = true;
}

/* Which of @words stands at @key; the first one if none does. */
static size_t word_at(struct item *i, enum key key, const char *what,
		      const char *const *words, size_t n)
{
	const struct json5_value *v = item_at(i, key);
	int word = v ? load_word(i->load, v, what, words, n) : 0;

	return word < 0 ? 0 : (size_t)word;
}

/* Keys that are one word, and what the declaration says then. */
static void words_set(struct item *i)
{
	static const char *const sources[] = { "required", "unknown" };
	static const char *const transfers[] = { "none" };
	static const char *const ends[] = {
		[PROVIDER_END_NOTHING] = "nothing",
		[PROVIDER_END_TELL] = "tell",
		[PROVIDER_END_RESTART] = "restart",
	};
	static const char *const revokes[] = { "keep", "restart" };

	i->decl.source_may_be_absent =
		word_at(i, KEY_SOURCE_AVAILABILITY, "source_availability",
			sources, N_ELEMENTS(sources)) == 1;
	i->decl.no_transfer = item_at(i, KEY_TRANSFER) != NULL;
	word_at(i, KEY_TRANSFER, "transfer", transfers, N_ELEMENTS(transfers));
	i->decl.if_provider_ends = (enum provider_end)word_at(
		i, KEY_IF_PROVIDER_ENDS, "if_provider_ends", ends,
		N_ELEMENTS(ends));
	i->decl.restart_on_revoke = word_at(i, KEY_ON_REVOKE, "on_revoke",
					    revokes, N_ELEMENTS(revokes)) == 1;
}

/* Only a service can be put together from several. */
static bool can_be_many(const struct item *i)
{
	return i->decl.kind != DECL_USE &&
	       strcmp(i->keyword.name, "service") == 0;
}

/* The sources in the list @v; none and an error if it cannot be one. */
static struct strings sources_list(struct item *i, const struct json5_value *v)
{
	struct strings none = { NULL, 0 };

	if (v->type == JSON5_ARRAY && !v->list.n)
		load_error(i->load, RULE_EMPTY_LIST, v->place,
			   "the list for \"from\" is empty; it needs a source");
	else if (v->type != JSON5_ARRAY || v->list.n == 1 || can_be_many(i))
		return load_strings(i->load, v, "from");
	else if (i->decl.kind == DECL_USE)
		load_error(i->load, RULE_MULTIPLE_SOURCES, v->place,
			   "a use comes from one source; name one, and offer "
			   "or expose a service from several");
	else
		load_error(i->load, RULE_MULTIPLE_SOURCES, v->place,
			   "only a \"service\" can come from several sources; "
			   "name one for \"%s\"",
			   i->keyword.name);
	return none;
}

static void sources_read(struct item *i, const struct json5_value *v)
{
	struct strings list = sources_list(i, v);
	size_t k;

	i->is_broken = !list.n;
	if (!list.n)
		return;
	i->sources = load_scratch(i->load, list.n, sizeof(*i->sources));
	for (k = 0; i->sources && k < list.n; k++) {
		struct source *from = &i->sources[i->n_sources].from;

		if (source_read(i->load, list.at[k], from))
			i->n_sources++;
		else
			i->is_broken = true;
	}
	if (i->n_sources)
		i->decl.from = i->sources[0].from;
}

static void source_set(struct item *i)
{
	const struct json5_value *v = item_at(i, KEY_FROM);

	if (v) {
		sources_read(i, v);
	} else if (i->fields.has[KEY_FROM] || i->decl.kind != DECL_USE) {
		i->is_broken = true;
	} else {
		i->decl.from = (struct source){ .kind = SOURCE_PARENT,
						.place = i->decl.place };
		/* One for all of its names. */
		i->sources = load_scratch(i->load, 1, sizeof(*i->sources));
		if (i->sources)
			i->sources[i->n_sources++].from = i->decl.from;
	}
}

static struct draft *draft_add(struct item *i, const struct name *name,
			       const struct name *target,
			       struct draft_source *source)
{
	struct decl d = i->decl;
	struct draft *draft;

	d.name = name->name;
	d.target_name = target->name;
	if (source)
		d.from = source->from;
	draft = load_draft(i->load, &d);
	if (!draft)
		return NULL;
	draft->written_name = name->written;
	draft->written_target = target->written;
	draft->weak_place = i->weak_place;
	draft->backing_place = i->backing_place;
	draft->has_availability = i->has_availability;
	draft->source = source;
	draft->access = item_at(i, KEY_ACCESS);
	draft->is_broken = i->is_broken;
	return draft;
}

struct draft *item_add_draft(struct item *i, const struct name *name,
			     const struct name *target)
{
	struct draft *first, *draft;
	size_t k;

	first = draft_add(i, name, target, i->sources);
	for (k = 1, draft = first; draft && k < i->n_sources; k++)
		draft = draft_add(i, name, target, &i->sources[k]);
	return first;
}

void item_report_missing(struct item *i, const char *key, const char *example)
{
	load_error(i->load, RULE_MISSING_KEY, i->decl.place,
		   "the %s \"%.80s\" needs \"%s\"%s", i->keyword.name,
		   i->names.n ? i->names.at[0]->string.bytes : "", key,
		   example);
	i->is_broken = true;
}

/* An absolute path under @key, or NULL. */
const char *item_read_path(struct item *i, enum key key, const char *what)
{
	const struct json5_value *v = item_at(i, key);
	const char *s = v ? load_string(i->load, v, what) : NULL, *why;

	if (!s)
		return NULL;
	why = path_check(s, i->load->dialect);
	if (why) {
		load_error(i->load, RULE_INVALID_PATH, v->place,
			   "the path \"%.300s\" %s", s, why);
		i->is_broken = true;
		return NULL;
	}
	return load_copy(i->load, s);
}

const char *item_service_path(struct item *i, const char *name)
{
	const char *path =
		arena_printf(&i->load->manifest->arena, "/svc/%s", name);

	if (!path)
		i->load->failed = true;
	return path ? path : "";
}

static void item_read(struct load *l, enum decl_kind kind,
		      const struct json5_value *object)
{
	static const struct {
		const struct shape *shape;
		void (*read)(struct item *i);
	} kinds[] = {
		[DECL_USE] = { &shape_use, item_read_use },
		[DECL_OFFER] = { &shape_offer, item_read_offer },
		[DECL_EXPOSE] = { &shape_expose, item_read_expose },
		[DECL_CAPABILITY] = { &shape_capability, item_read_capability },
	};
	struct item i = { .load = l, .shape = kinds[kind].shape };
	const struct json5_value *names;

	if (!shape_find_keyword(l, i.shape, object, &i.keyword))
		return;
	shape_read(l, i.shape, object, &i.keyword, &i.fields);
	names = item_at(&i, i.keyword.key);
	if (names)
		i.names = load_strings(l, names, i.keyword.name);
	i.decl = (struct decl){ .kind = kind,
				.type = i.keyword.type,
				.keyword = i.keyword.name,
				.place = object->place };
	rights_set(&i);
	subdir_set(&i);
	dependency_set(&i);
	availability_set(&i);
	words_set(&i);
	if (kind != DECL_CAPABILITY || i.decl.type == CAPABILITY_STORAGE)
		source_set(&i);
	item_check_event(&i);
	if (i.decl.type == CAPABILITY_CONFIG && kind == DECL_USE)
		config_read_use(&i);
	else if (i.decl.type == CAPABILITY_CONFIG && kind == DECL_CAPABILITY)
		config_read_capability(&i);
	else
		kinds[kind].read(&i);
}

void item_read_all(struct load *l, enum decl_kind kind,
		   const struct json5_value *list)
{
	static const char *const phrases[] = {
		[DECL_USE] = "a use",
		[DECL_OFFER] = "an offer",
		[DECL_EXPOSE] = "an expose",
		[DECL_CAPABILITY] = "a capability",
	};

	shape_for_each(l, phrases[kind], object, list)
		item_read(l, kind, object);
}
