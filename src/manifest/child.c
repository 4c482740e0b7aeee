/* Children, collections, and the path-named dialect's storage section. */
#include <errno.h>
#include <string.h>

#include "base/own.h"
#include "manifest/names.h"
#include "manifest/shape.h"
#include "manifest/url.h"

/* The "name" of an object; NULL and an error if it is absent or wrong. */
static const char *name_read(struct load *l, const struct fields *f,
			     const char *what, bool allow_upper)
{
	const struct json5_value *v = f->at[KEY_NAME];
	const char *s, *why;

	s = v ? load_string(l, v, "name") : NULL;
	if (!s)
		return NULL;
	why = name_check(s, l->dialect, allow_upper);
	if (why) {
		load_error(l, RULE_INVALID_NAME, v->place,
			   "%s's name \"%.300s\" %s", what, s, why);
		return NULL;
	}
	return load_copy(l, s);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), n_end = strlen(end);

	return n >= n_end && strcmp(s + n - n_end, end) == 0;
}

static const char *url_read(struct load *l, const struct json5_value *v)
{
	static const char text[] =
		"the URL ends in .cml, the source form; write .cm (the .cml is "
		"found where there is no .cm)";
	const char *s = load_string(l, v, "url"), *why = NULL;
	struct url url;
	int r;

	if (!s)
		return NULL;
	r = url_parse(s, &l->scratch, &url, &why);
	if (r == URL_INVALID) {
		load_error(l, RULE_INVALID_URL, v->place,
			   "the URL \"%.300s\" %s", s, why);
		return NULL;
	}
	if (r) {
		l->failed = true;
		return NULL;
	}
	if (ends_with(s, ".cml")) {
		if (load_is_seed(l))
			load_warning(l, RULE_CML_URL, v->place, "%s", text);
		else
			load_error(l, RULE_CML_URL, v->place, "%s", text);
	}
	return load_copy(l, s);
}

static void on_terminate_check(struct load *l, const struct json5_value *v)
{
	static const char *const words[] = { "none", "reboot" };

	if (load_word(l, v, "on_terminate", words, N_ELEMENTS(words)) == 1)
		load_error(l, RULE_RESTRICTED_FEATURE, v->place,
			   "no component reboots the machine here; write "
			   "\"restart\": \"always\" instead");
}

static bool child_read(struct load *l, const struct json5_value *object,
		       struct child_decl *ret)
{
	static const char *const startups[] = { "lazy", "eager" };
	const struct json5_value *v;
	struct fields f;
	int word = STARTUP_LAZY;

	shape_read(l, &shape_child, object, NULL, &f);
	if (f.at[KEY_STARTUP])
		word = load_word(l, f.at[KEY_STARTUP], "startup", startups,
				 N_ELEMENTS(startups));
	*ret = (struct child_decl){ .startup = (enum startup)word,
				    .restart =
					    restart_read(l, f.at[KEY_RESTART]),
				    .place = object->place };
	if (f.at[KEY_LIMITS])
		ret->limits = limits_read(l, f.at[KEY_LIMITS]);
	if (f.at[KEY_ON_TERMINATE])
		on_terminate_check(l, f.at[KEY_ON_TERMINATE]);
	v = f.at[KEY_URL];
	if (v) {
		ret->url = url_read(l, v);
		ret->url_place = v->place;
	}
	v = f.at[KEY_NAME];
	ret->name = name_read(l, &f, "a child", true);
	if (!ret->name)
		return false;
	ret->name_place = v->place;
	if (f.at[KEY_ENVIRONMENT])
		environment_use_add(l, f.at[KEY_ENVIRONMENT], ret->name,
				    &ret->environment);
	symbol_add(l, (struct symbol){ .name = ret->name,
				       .kind = SYMBOL_CHILD,
				       .place = v->place });
	return true;
}

void child_read_all(struct load *l, const struct json5_value *list)
{
	struct child_decl *children;
	size_t n = 0;

	if (!list->list.n)
		return;
	children = load_keep(l, list->list.n, sizeof(*children));
	if (!children)
		return;
	shape_for_each(l, "a child", object,
		       list) if (child_read(l, object, &children[n])) n++;
	l->manifest->children = children;
	l->manifest->n_children = n;
}

static enum durability durability_read(struct load *l,
				       const struct json5_value *v)
{
	static const char *const modern[] = { "transient", "single_run" };
	static const char *const seed[] = { "transient", "persistent" };
	int word;

	word = load_word(l, v, "durability", load_is_seed(l) ? seed : modern,
			 2);
	if (load_is_seed(l) && word == 1)
		load_error(l, RULE_UNSUPPORTED, v->place,
			   "\"durability\": \"persistent\" is not supported");
	return word == 1 ? DURABILITY_SINGLE_RUN : DURABILITY_TRANSIENT;
}

static bool collection_read(struct load *l, const struct json5_value *object,
			    struct collection_decl *ret)
{
	static const char *const offers[] = { "static_only",
					      "static_and_dynamic" };
	const struct json5_value *v;
	struct fields f;

	shape_read(l, &shape_collection, object, NULL, &f);
	*ret = (struct collection_decl){ .restart = restart_read(
						 l, f.at[KEY_RESTART]),
					 .place = object->place };
	if (f.at[KEY_LIMITS])
		ret->limits = limits_read(l, f.at[KEY_LIMITS]);
	if (f.at[KEY_ALLOWED_OFFERS])
		ret->has_static_offers_only =
			load_word(l, f.at[KEY_ALLOWED_OFFERS], "allowed_offers",
				  offers, N_ELEMENTS(offers)) == 0;
	if (f.at[KEY_PERSISTENT_STORAGE])
		ret->keeps_storage = f.at[KEY_PERSISTENT_STORAGE]->truth;
	if (f.at[KEY_DURABILITY])
		ret->durability = durability_read(l, f.at[KEY_DURABILITY]);
	v = f.at[KEY_NAME];
	ret->name = name_read(l, &f, "a collection", false);
	if (!ret->name)
		return false;
	ret->name_place = v->place;
	if (f.at[KEY_ENVIRONMENT])
		environment_use_add(l, f.at[KEY_ENVIRONMENT], ret->name,
				    &ret->environment);
	symbol_add(l, (struct symbol){ .name = ret->name,
				       .kind = SYMBOL_COLLECTION,
				       .place = v->place });
	return true;
}

void collection_read_all(struct load *l, const struct json5_value *list)
{
	struct collection_decl *collections;
	size_t n = 0;

	if (!list->list.n)
		return;
	collections = load_keep(l, list->list.n, sizeof(*collections));
	if (!collections)
		return;
	shape_for_each(l, "a collection", object,
		       list) if (collection_read(l, object, &collections[n]))
		n++;
	l->manifest->collections = collections;
	l->manifest->n_collections = n;
}

static void storage_read(struct load *l, const struct json5_value *object)
{
	struct decl d = { .kind = DECL_CAPABILITY,
			  .type = CAPABILITY_STORAGE,
			  .keyword = "storage",
			  .place = object->place };
	const struct json5_value *path;
	const char *s, *why;
	struct draft *draft;
	struct fields f;
	bool ok = true;

	shape_read(l, &shape_storage, object, NULL, &f);
	path = f.at[KEY_PATH];
	s = path ? load_string(l, path, "path") : NULL;
	if (s) {
		why = path_check(s, l->dialect);
		if (why)
			load_error(l, RULE_INVALID_PATH, path->place,
				   "the path \"%.300s\" %s", s, why);
		d.backing = load_copy(l, s);
		ok = !why;
	} else {
		ok = false;
	}
	if (!f.at[KEY_FROM] || !source_read(l, f.at[KEY_FROM], &d.from))
		ok = false;

	d.name = d.target_name = name_read(l, &f, "a storage", false);
	if (!d.name)
		return;
	d.name_place = f.at[KEY_NAME]->place;
	draft = load_draft(l, &d);
	if (!draft)
		return;
	draft->written_name = draft->written_target = d.name;
	draft->is_broken = !ok;
	symbol_add(l, (struct symbol){ .name = d.name,
				       .kind = SYMBOL_STORAGE,
				       .place = d.name_place,
				       .storage = draft });
}

void storage_read_all(struct load *l, const struct json5_value *list)
{
	shape_for_each(l, "a storage", object, list) storage_read(l, object);
}
