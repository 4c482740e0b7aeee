/* Edits of files that are no manifests yet: only their JSON5 is there to go by.
 */
#include <errno.h>
#include <string.h>

#include "route/fix_draft.h"

/* A file of a draft, opened. */
static int file_open(const struct draft *d, const char *file,
		     struct edit_file *ret)
{
	const char *bytes;
	size_t n;
	int r = draft_read(d, file, &bytes, &n);

	*ret = (struct edit_file){ 0 };
	if (r)
		return r;
	r = edit_open(ret, bytes, n);
	return r > 0 ? FIX_NONE : r;
}

static const struct json5_value *key_find(const struct json5_value *v,
					  struct place place)
{
	const struct json5_value *found;

	json5_for_each(child, v)
	{
		if (child->key && child->key_place.line == place.line &&
		    child->key_place.column == place.column)
			return child;
		found = key_find(child, place);
		if (found)
			return found;
	}
	return NULL;
}

/* The member of @object whose key may be a slip of @key. */
static const struct json5_value *key_near(const struct json5_value *object,
					  const char *key)
{
	json5_for_each(m, object)
	{
		if (text_nearest(key, &m->key, 1))
			return m;
	}
	return NULL;
}

static const struct json5_value *string_value(struct edit_file *f,
					      const char *s)
{
	_cleanup_text_ struct text json = TEXT_INIT;

	text_json(&json, s);
	return text_is_failed(&json) ? NULL : edit_value(f, text_string(&json));
}

int draft_set_text(struct draft *d, const char *file, struct place place,
		   const char *s, const char **ret_old)
{
	_cleanup_(edit_close) struct edit_file f;
	_cleanup_text_ struct text written = TEXT_INIT;
	const struct json5_value *key, *string, *value;
	const char *old;
	int k = file_open(d, file, &f);

	if (k)
		return k;
	string = edit_find(&f, place, JSON5_STRING);
	key = key_find(f.root, place);
	if (!string && !key)
		key = key_near(edit_find(&f, place, JSON5_OBJECT), s);
	if (!string && !key)
		return FIX_NONE;
	old = key ? key->key : string->string.bytes;
	*ret_old = arena_copy(d->store->arena, old, strlen(old));
	value = string_value(&f, s);
	if (!*ret_old || !value)
		return -ENOMEM;
	if (key)
		edit_rename(&f, key, s, &written);
	else
		edit_replace(&f, string, value, &written);
	return draft_write(d, file, &written);
}

int draft_declare(struct draft *d, const char *file, const char *keyword,
		  const char *name)
{
	_cleanup_(edit_close) struct edit_file f;
	_cleanup_text_ struct text written = TEXT_INIT, json = TEXT_INIT;
	const struct json5_value *section, *value;
	int k = file_open(d, file, &f);

	if (k)
		return k;
	section = json5_get(f.root, "capabilities");
	text_puts(&json, section ? "{" : "[{");
	text_json(&json, keyword);
	text_puts(&json, ":");
	text_json(&json, name);
	text_puts(&json, section ? "}" : "}]");
	value = text_is_failed(&json) ? NULL
				      : edit_value(&f, text_string(&json));
	if (!value)
		return -ENOMEM;
	if (section)
		edit_add_element(&f, section, value, &written);
	else
		edit_add_member(&f, f.root, "capabilities", value, &written);
	return draft_write(d, file, &written);
}

int draft_read_item(const struct draft *d, const char *file, struct place place,
		    const char **ret_keyword, const char **ret_name)
{
	_cleanup_(edit_close) struct edit_file f;
	const struct json5_value *v, *parent;
	int k = file_open(d, file, &f);

	if (k)
		return k;
	v = edit_find(&f, place, JSON5_STRING);
	parent = v ? edit_parent(&f, v) : NULL;
	if (!parent || (!v->key && !parent->key))
		return FIX_NONE;
	*ret_keyword = v->key ? v->key : parent->key;
	*ret_keyword =
		arena_copy(d->store->arena, *ret_keyword, strlen(*ret_keyword));
	*ret_name = arena_copy(d->store->arena, v->string.bytes, v->string.n);
	return *ret_keyword && *ret_name ? 0 : -ENOMEM;
}

/* The string @v, if it is nearer to @name than any before it. */
static void near_try(const struct json5_value *v, const char *name,
		     const struct json5_value **near)
{
	const char *both[2] = { NULL, json5_string(v) };
	const char *best;

	if (!both[1])
		return;
	both[0] = *near ? (*near)->string.bytes : both[1];
	best = text_nearest(name, both, 2);
	if (best == both[1] && (!*near || best != both[0]))
		*near = v;
}

static bool names_have(const struct json5_value *names, const char *name)
{
	const char *s = json5_string(names);

	if (s)
		return !strcmp(s, name);
	if (!names || names->type != JSON5_ARRAY)
		return false;
	json5_for_each(element, names)
	{
		s = json5_string(element);
		if (s && !strcmp(s, name))
			return true;
	}
	return false;
}

/* Does the file take a capability of that name from itself? */
static bool is_taken(const struct edit_file *f, const char *keyword,
		     const char *name)
{
	static const char *const sections[] = { "use", "offer", "expose" };
	size_t i;

	for (i = 0; i < N_ELEMENTS(sections); i++)
		json5_for_each(item, json5_get(f->root, sections[i]))
		{
			if (names_have(json5_get(item, "from"), "self") &&
			    names_have(json5_get(item, keyword), name))
				return true;
		}
	return false;
}

int draft_find_near(const struct draft *d, const char *file,
		    const char *keyword, const char *name,
		    struct near_capability *ret)
{
	_cleanup_(edit_close) struct edit_file f;
	const struct json5_value *near = NULL;
	int k = file_open(d, file, &f);

	ret->name = NULL;
	if (k)
		return k;
	json5_for_each(item, json5_get(f.root, "capabilities"))
	{
		const struct json5_value *v = json5_get(item, keyword);

		near_try(v, name, &near);
		if (v && v->type == JSON5_ARRAY)
			json5_for_each(element, v)
				near_try(element, name, &near);
	}
	if (!near)
		return 0;
	ret->place = near->place;
	ret->is_taken = is_taken(&f, keyword, near->string.bytes);
	ret->name =
		arena_copy(d->store->arena, near->string.bytes, near->string.n);
	return ret->name ? 0 : -ENOMEM;
}

int draft_read_children(const struct draft *d, const char *file,
			const char **ret, size_t n, size_t *ret_n)
{
	static const char *const sections[] = { "children", "collections" };
	_cleanup_(edit_close) struct edit_file f;
	const char *name;
	size_t i;
	int k = file_open(d, file, &f);

	*ret_n = 0;
	if (k)
		return k;
	for (i = 0; i < N_ELEMENTS(sections); i++)
		json5_for_each(item, json5_get(f.root, sections[i]))
		{
			name = json5_string(json5_get(item, "name"));
			if (!name || *ret_n == n)
				continue;
			name = arena_copy(d->store->arena, name, strlen(name));
			if (!name)
				return -ENOMEM;
			ret[(*ret_n)++] = name;
		}
	return 0;
}
