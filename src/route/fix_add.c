/* What is added to manifests: targets, offers, exposes, capabilities, uses.
 * They take the form that the file's other ones have. */
#include <errno.h>
#include <string.h>

#include "route/fix_pen.h"

static void target_write(const struct realm *child, struct text *json)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_printf(&t, "#%s",
		    child->collection ? child->collection : child->name);
	text_json(json, text_string(&t));
	json->failed |= text_is_failed(&t);
}

/* One more element for @to, in the form of those that it has. */
static void target_write_like(const struct json5_value *to,
			      const struct realm *r, const struct realm *child,
			      const struct decl *offer, struct text *json)
{
	const struct json5_value *first = json5_first(to);
	bool is_object = first ? first->type == JSON5_OBJECT : draft_is_seed(r);
	bool has_as = first && is_object && offer && json5_get(first, "as") &&
		      strcmp(offer->name, offer->target_name);

	text_puts(json, is_object ? "{\"dest\":" : "");
	target_write(child, json);
	if (has_as) {
		text_puts(json, ",\"as\":");
		name_write(r, offer->keyword, offer->target_name, json);
	}
	text_puts(json, is_object ? "}" : "");
}

int draft_add_target(struct draft *d, const struct realm *r,
		     const struct decl *offer, const struct realm *child)
{
	_cleanup_text_ struct text json = TEXT_INIT;
	_cleanup_pen_ struct pen p;
	const struct json5_value *item, *to, *value;
	int k = pen_open_item(&p, d, r, offer, &item);

	if (k)
		return k;
	to = json5_get(item, "to");
	/* The others of a list are not for this child. */
	if (!to || offer->to.is_all || !item_has_one_name(item, offer))
		return FIX_NONE;
	if (to->type == JSON5_STRING) {
		text_puts(&json, "[");
		text_json(&json, to->string.bytes);
		text_puts(&json, ",");
		target_write(child, &json);
		text_puts(&json, "]");
	} else {
		target_write_like(to, r, child, offer, &json);
	}
	if (text_is_failed(&json))
		return -ENOMEM;
	value = edit_value(&p.edit, text_string(&json));
	if (!value)
		return -ENOMEM;
	if (to->type == JSON5_STRING)
		edit_replace(&p.edit, to, value, &p.written);
	else if (to->type == JSON5_ARRAY)
		edit_add_element(&p.edit, to, value, &p.written);
	else
		return FIX_NONE;
	return pen_close(&p);
}

const char *source_write(const struct draft *d, const struct realm *r,
			 enum source_kind kind, const char *name)
{
	switch (kind) {
	case SOURCE_PARENT:
		return draft_is_seed(r) ? "realm" : "parent";
	case SOURCE_SELF:
		return "self";
	default:
		return arena_printf(d->store->arena, "#%s", name);
	}
}

/* The "to" of the last offer of the section: new ones look the same. */
static const struct json5_value *to_find(const struct json5_value *section)
{
	const struct json5_value *to = NULL;

	json5_for_each(item, section)
	{
		const struct json5_value *v = json5_get(item, "to");

		if (v && (v->type == JSON5_STRING || json5_first(v)))
			to = v;
	}
	return to;
}

static void dictionary_write(const char *name, struct text *json)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	text_printf(&t, "self/%s", name);
	text_json(json, text_string(&t));
	json->failed |= text_is_failed(&t);
}

static void addition_write_to(const struct realm *r,
			      const struct addition_decl *a,
			      const struct json5_value *section,
			      struct text *json)
{
	const struct json5_value *to = to_find(section);
	bool is_list = to ? to->type == JSON5_ARRAY : draft_is_seed(r);

	text_puts(json, ",\"to\":");
	if (!a->child) {
		dictionary_write(a->dictionary, json);
		return;
	}
	if (!is_list) {
		target_write(a->child, json);
		return;
	}
	text_puts(json, "[");
	target_write_like(to, r, a->child, NULL, json);
	text_puts(json, "]");
}

static void addition_write(const struct realm *r, const struct addition_decl *a,
			   const struct json5_value *section, struct text *json)
{
	text_puts(json, "{");
	text_json(json, a->keyword);
	text_puts(json, ":");
	name_write(r, a->keyword, a->name, json);
	if (a->from) {
		text_puts(json, ",\"from\":");
		text_json(json, a->from);
	}
	if (a->kind == DECL_OFFER)
		addition_write_to(r, a, section, json);
	if (a->rights) {
		text_puts(json, ",\"rights\":");
		rights_write(a->rights, json);
	}
	text_puts(json, "}");
}

int draft_add(struct draft *d, const struct realm *r,
	      const struct addition_decl *a)
{
	static const char *const sections[N_DECL_KINDS] = {
		[DECL_USE] = "use",
		[DECL_OFFER] = "offer",
		[DECL_EXPOSE] = "expose",
		[DECL_CAPABILITY] = "capabilities",
	};
	_cleanup_text_ struct text json = TEXT_INIT;
	const struct json5_value *section, *value;
	_cleanup_pen_ struct pen p;
	int k = pen_open(&p, d, r->manifest->file);

	if (k)
		return k;
	section = json5_get(p.edit.root, sections[a->kind]);
	text_puts(&json, section ? "" : "[");
	addition_write(r, a, section, &json);
	text_puts(&json, section ? "" : "]");
	if (text_is_failed(&json))
		return -ENOMEM;
	if (!section)
		return pen_add_member(&p, p.edit.root, sections[a->kind],
				      text_string(&json));
	value = edit_value(&p.edit, text_string(&json));
	if (!value)
		return -ENOMEM;
	edit_add_element(&p.edit, section, value, &p.written);
	return pen_close(&p);
}
