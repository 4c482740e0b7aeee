/*
 * A draft holds only the texts that differ from the files; the others are read
 * through it. Each edit opens the text anew, so that places are those of the
 * declarations that were loaded from it.
 */
#include "route/fix_pen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static struct draft_text *draft_find(const struct draft *d, const char *file)
{
	size_t i;

	for (i = 0; i < d->n_texts; i++)
		if (!strcmp(d->texts[i].file, file))
			return (struct draft_text *)&d->texts[i];
	return NULL;
}

int draft_read(const struct draft *d, const char *file, const char **ret,
	       size_t *ret_n)
{
	const struct draft_text *t = draft_find(d, file);

	if (!t)
		return store_read(d->store, file, ret, ret_n);
	*ret = t->bytes;
	*ret_n = t->n;
	return 0;
}

int draft_note(struct draft *d, const char *format, ...)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	va_list args;

	text_puts(&t, d->steps);
	va_start(args, format);
	text_vprintf(&t, format, args);
	va_end(args);
	text_puts(&t, "\n");
	if (text_is_failed(&t))
		return -ENOMEM;
	d->steps = arena_copy(d->store->arena, text_string(&t), t.n);
	return d->steps ? 0 : -ENOMEM;
}

int draft_write(struct draft *d, const char *file, const struct text *written)
{
	struct draft_text *t = draft_find(d, file);

	if (text_is_failed(written))
		return -ENOMEM;
	if (!t) {
		if (d->n_texts == DRAFT_FILES_MAX)
			return FIX_NONE;
		t = &d->texts[d->n_texts++];
		t->file = arena_copy(d->store->arena, file, strlen(file));
	}
	t->bytes =
		arena_copy(d->store->arena, text_string(written), written->n);
	t->n = written->n;
	return t->bytes && t->file ? 0 : -ENOMEM;
}

/* --- One edit of one file --- */

void pen_fini(struct pen *p)
{
	edit_close(&p->edit);
	text_fini(&p->written);
}

int pen_open(struct pen *p, struct draft *d, const char *file)
{
	const char *bytes;
	size_t n;
	int r;

	*p = (struct pen){ .draft = d, .file = file };
	r = draft_read(d, file, &bytes, &n);
	if (r)
		return r;
	r = edit_open(&p->edit, bytes, n);
	return r > 0 ? FIX_NONE : r;
}

int pen_close(struct pen *p)
{
	return draft_write(p->draft, p->file, &p->written);
}

/* The file that @decl is in, open; its item. */
int pen_open_item(struct pen *p, struct draft *d, const struct realm *r,
		  const struct decl *decl, const struct json5_value **ret)
{
	int k = pen_open(p, d, manifest_file(r->manifest, decl->place));

	if (k)
		return k;
	*ret = edit_find(&p->edit, decl->place, JSON5_OBJECT);
	return *ret ? 0 : FIX_NONE;
}

/* Put the value that @json says in the place of @at. */
static int pen_put(struct pen *p, const struct json5_value *at,
		   struct text *json)
{
	const struct json5_value *value;

	if (text_is_failed(json))
		return -ENOMEM;
	value = edit_value(&p->edit, text_string(json));
	if (!value)
		return -ENOMEM;
	edit_replace(&p->edit, at, value, &p->written);
	return pen_close(p);
}

static int pen_put_string(struct pen *p, const struct json5_value *at,
			  const char *s)
{
	_cleanup_text_ struct text json = TEXT_INIT;

	text_json(&json, s);
	return pen_put(p, at, &json);
}

int pen_add_member(struct pen *p, const struct json5_value *object,
		   const char *key, const char *json)
{
	const struct json5_value *value = edit_value(&p->edit, json);

	if (!value)
		return -ENOMEM;
	edit_add_member(&p->edit, object, key, value, &p->written);
	return pen_close(p);
}

bool draft_is_seed(const struct realm *r)
{
	return r->manifest->dialect == DIALECT_SEED;
}

/* @name as the file of @r says it, a JSON string. */
void name_write(const struct realm *r, const char *keyword, const char *name,
		struct text *json)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	bool is_path = strcmp(keyword, "storage") &&
		       strcmp(keyword, "runner") && strcmp(keyword, "resolver");

	if (draft_is_seed(r) && is_path && *name != '/')
		text_printf(&path, "/svc/%s", name);
	else
		text_puts(&path, name);
	text_json(json, text_string(&path));
	json->failed |= text_is_failed(&path);
}

static int pen_put_name(struct pen *p, const struct realm *r,
			const struct decl *decl, const struct json5_value *at,
			const char *name)
{
	_cleanup_text_ struct text json = TEXT_INIT;

	name_write(r, decl->keyword, name, &json);
	return pen_put(p, at, &json);
}

int draft_set_name(struct draft *d, const struct realm *r,
		   const struct decl *decl, const char *name)
{
	_cleanup_pen_ struct pen p;
	const struct json5_value *item, *at;
	int k = pen_open_item(&p, d, r, decl, &item);

	if (k)
		return k;
	at = edit_find(&p.edit, decl->name_place, JSON5_STRING);
	/* What a storage takes is the directory behind it. */
	if (decl->kind == DECL_CAPABILITY && decl->type == CAPABILITY_STORAGE)
		at = json5_get(item, draft_is_seed(r) ? "path" : "backing_dir");
	if (!at || at->type != JSON5_STRING)
		return FIX_NONE;
	return pen_put_name(&p, r, decl, at, name);
}

/* Where "as" is said: in the target of an offer, or in the item. */
static const struct json5_value *as_find(const struct edit_file *f,
					 const struct json5_value *item,
					 const struct decl *decl)
{
	const struct json5_value *to =
		edit_find(f, decl->to.place, JSON5_STRING);
	const struct json5_value *target = to ? edit_parent(f, to) : NULL;

	if (target && target != item && json5_get(target, "as"))
		return json5_get(target, "as");
	return json5_get(item, "as");
}

int draft_set_target_name(struct draft *d, const struct realm *r,
			  const struct decl *decl, const char *name)
{
	_cleanup_pen_ struct pen p;
	const struct json5_value *item, *at;
	int k = pen_open_item(&p, d, r, decl, &item);

	if (k)
		return k;
	at = decl->kind == DECL_OFFER || decl->kind == DECL_EXPOSE
		     ? as_find(&p.edit, item, decl)
		     : NULL;
	if (!at)
		at = edit_find(&p.edit, decl->name_place, JSON5_STRING);
	if (!at)
		return FIX_NONE;
	return pen_put_name(&p, r, decl, at, name);
}

bool item_has_one_name(const struct json5_value *item, const struct decl *decl)
{
	const struct json5_value *v = json5_get(item, decl->keyword);

	return v && v->type == JSON5_STRING;
}

int draft_set_source_name(struct draft *d, const struct realm *r,
			  const struct decl *decl, const char *name)
{
	_cleanup_text_ struct text json = TEXT_INIT;
	_cleanup_pen_ struct pen p;
	const struct json5_value *item;
	int k = pen_open_item(&p, d, r, decl, &item);

	if (k)
		return k;
	/* "as" is for one name. */
	if (!item_has_one_name(item, decl) || as_find(&p.edit, item, decl))
		return FIX_NONE;
	name_write(r, decl->keyword, decl->target_name, &json);
	if (text_is_failed(&json))
		return -ENOMEM;
	k = pen_add_member(&p, item, "as", text_string(&json));
	/* The item still begins where it did, and its name comes before. */
	return k ? k : draft_set_name(d, r, decl, name);
}

static int draft_remove_key(struct draft *d, const struct realm *r,
			    const struct decl *decl, const char *key)
{
	_cleanup_pen_ struct pen p;
	const struct json5_value *item;
	int k = pen_open_item(&p, d, r, decl, &item);

	if (k)
		return k;
	if (!json5_get(item, key))
		return 0;
	edit_remove(&p.edit, item, json5_get(item, key), &p.written);
	return pen_close(&p);
}

int draft_set_keyword(struct draft *d, const struct realm *r,
		      const struct decl *decl, const char *keyword)
{
	static const char *const of_directories[] = { "rights", "subdir",
						      "path" };
	_cleanup_pen_ struct pen p;
	const struct json5_value *item;
	size_t i;
	int k = pen_open_item(&p, d, r, decl, &item);

	if (k)
		return k;
	/* The others of a list may well be what they say. */
	if (!item_has_one_name(item, decl))
		return FIX_NONE;
	edit_rename(&p.edit, json5_get(item, decl->keyword), keyword,
		    &p.written);
	k = pen_close(&p);
	if (decl->type != CAPABILITY_DIRECTORY)
		return k;
	for (i = 0; !k && i < N_ELEMENTS(of_directories); i++)
		k = draft_remove_key(d, r, decl, of_directories[i]);
	return k;
}

int draft_remove_to(struct draft *d, const struct realm *r,
		    const struct decl *expose)
{
	_cleanup_pen_ struct pen p;
	const struct json5_value *item;
	int k = pen_open_item(&p, d, r, expose, &item);

	if (k)
		return k;
	/* The others of a list stay as they are. */
	if (!item_has_one_name(item, expose))
		return FIX_NONE;
	return draft_remove_key(d, r, expose, "to");
}

/* A string that goes by a key, or none yet. */
static int draft_set_word(struct draft *d, const struct realm *r,
			  const struct decl *decl, const char *key,
			  const char *word)
{
	_cleanup_text_ struct text json = TEXT_INIT;
	_cleanup_pen_ struct pen p;
	const struct json5_value *item, *v;
	int k = pen_open_item(&p, d, r, decl, &item);

	if (k)
		return k;
	v = json5_get(item, key);
	if (v && v->type == JSON5_ARRAY && v->list.n == 1)
		v = v->list.first;
	if (v)
		return v->type == JSON5_STRING ? pen_put_string(&p, v, word)
					       : FIX_NONE;
	text_json(&json, word);
	if (text_is_failed(&json))
		return -ENOMEM;
	return pen_add_member(&p, item, key, text_string(&json));
}

int draft_set_availability(struct draft *d, const struct realm *r,
			   const struct decl *decl, const char *word)
{
	/* That is what nothing says as well. */
	if (!strcmp(word, "required"))
		return draft_remove_key(d, r, decl, "availability");
	return draft_set_word(d, r, decl, "availability", word);
}

int draft_set_source(struct draft *d, const struct realm *r,
		     const struct decl *decl, const char *from)
{
	return draft_set_word(d, r, decl, "from", from);
}

/* The words for @rights, each a JSON string, in a JSON array. */
void rights_write(uint32_t rights, struct text *json)
{
	_cleanup_text_ struct text words = TEXT_INIT;
	const char *s, *end;

	rights_render(rights, &words);
	text_puts(json, "[");
	for (s = text_string(&words); *s; s = end) {
		end = s + strcspn(s, ", ");
		text_json_bytes(json, s, (size_t)(end - s));
		end += strspn(end, ", ");
		text_puts(json, *end ? "," : "");
	}
	text_puts(json, "]");
	json->failed |= text_is_failed(&words);
}

static const struct json5_value *list_at(const struct json5_value *list,
					 size_t i)
{
	const struct json5_value *v = json5_first(list);

	while (v && i--)
		v = v->next;
	return v;
}

/* Word for word, so that comments between them stay: the @i-th one. *ret_more:
 * there is another one to look at, in the old list or in the new one. */
static int draft_set_right(struct draft *d, const struct realm *r,
			   const struct decl *decl, const char *json, size_t i,
			   bool *ret_more)
{
	_cleanup_pen_ struct pen p;
	const struct json5_value *item, *list, *old, *words, *word;
	int k = pen_open_item(&p, d, r, decl, &item);

	*ret_more = false;
	if (k)
		return k;
	words = edit_value(&p.edit, json);
	if (!words)
		return -ENOMEM;
	list = json5_get(item, "rights");
	if (!list) {
		edit_add_member(&p.edit, item, "rights", words, &p.written);
		return pen_close(&p);
	}
	if (list->type != JSON5_ARRAY)
		return FIX_NONE;
	old = list_at(list, i);
	word = list_at(words, i);
	if (!old && !word)
		return 0;
	*ret_more = true;
	if (old && word)
		edit_replace(&p.edit, old, word, &p.written);
	else if (word)
		edit_add_element(&p.edit, list, word, &p.written);
	else
		edit_remove(&p.edit, list, old, &p.written);
	return pen_close(&p);
}

int draft_set_rights(struct draft *d, const struct realm *r,
		     const struct decl *decl, uint32_t rights)
{
	_cleanup_text_ struct text json = TEXT_INIT;
	bool has_more = true;
	size_t i = 0, n_words = 1;
	const char *s;
	int k = 0;

	rights_write(rights, &json);
	if (text_is_failed(&json))
		return -ENOMEM;
	for (s = json.bytes; *s; s++)
		n_words += *s == ',';
	/* What is too many is always the one behind the last. */
	while (!k && has_more) {
		k = draft_set_right(d, r, decl, json.bytes, i, &has_more);
		i += i < n_words;
	}
	return k;
}
