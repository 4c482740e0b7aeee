/*
 * Configuration in a manifest: the section "config", capabilities and uses of
 * type config, and what holds between them.
 *
 * A field is what the section declares or what a use fills without it. Only a
 * use that may come out empty (it is not required and has no default) has to
 * have its field declared: else nobody would know that there is one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "manifest/canonical.h"
#include "manifest/config_type.h"
#include "manifest/item.h"
#include "manifest/shape_rows.h"

/* clang-format off */
static const struct row rows_config_field[] = {
	{ "type", KEY_TYPE, STRING, MODERN, REQUIRED, ALL },
	{ "max_size", KEY_MAX_SIZE, NUMBER, MODERN, 0, ALL },
	{ "max_count", KEY_MAX_COUNT, NUMBER, MODERN, 0, ALL },
	{ "element", KEY_ELEMENT, OBJECT, MODERN, 0, ALL },
	{ "mutability", KEY_MUTABILITY, ARRAY, MODERN, 0, ALL },
};
SHAPE(config_field, "a field of \"config\"");

static const struct row rows_config_element[] = {
	{ "type", KEY_TYPE, STRING, MODERN, REQUIRED, ALL },
	{ "max_size", KEY_MAX_SIZE, NUMBER, MODERN, 0, ALL },
};
SHAPE(config_element, "an \"element\"");
/* clang-format on */

/* A number that a type of @kind needs, and others do not have. 0 and an error
 * if it is wrong. */
static uint32_t bound_read(struct load *l, const struct fields *f, enum key key,
			   const char *what, enum config_kind kind,
			   bool is_needed)
{
	const struct range range = { 1, UINT32_MAX };
	const struct json5_value *type = f->at[KEY_TYPE];

	if (f->at[key] && !is_needed)
		load_error(l, RULE_MISPLACED_KEY, f->at[key]->key_place,
			   "\"%s\" does not go with the type \"%s\"", what,
			   config_kind_name(kind));
	else if (f->at[key])
		return (uint32_t)load_number(l, f->at[key], what, range);
	else if (is_needed && !f->has[key])
		load_error(l, RULE_MISSING_KEY, type->place,
			   "the type \"%s\" needs \"%s\"",
			   config_kind_name(kind), what);
	return 0;
}

static enum config_kind kind_read(struct load *l, const struct json5_value *v)
{
	const char *words[N_CONFIG_KINDS];
	size_t i;
	int word;

	for (i = 0; i < N_CONFIG_KINDS; i++)
		words[i] = config_kind_name((enum config_kind)i);
	word = load_word(l, v, "type", words, N_CONFIG_KINDS);
	return word < 0 ? N_CONFIG_KINDS : (enum config_kind)word;
}

/* What a vector is of. */
static void element_read(struct load *l, const struct json5_value *object,
			 struct config_type *ret)
{
	enum config_kind kind;
	struct fields f;

	shape_read(l, &shape_config_element, object, NULL, &f);
	if (!f.at[KEY_TYPE])
		return;
	kind = kind_read(l, f.at[KEY_TYPE]);
	if (kind == N_CONFIG_KINDS)
		return;
	if (kind == CONFIG_VECTOR) {
		load_error(l, RULE_INVALID_VALUE, f.at[KEY_TYPE]->place,
			   "the elements of a vector cannot be vectors");
		return;
	}
	ret->element = kind;
	ret->max_size = bound_read(l, &f, KEY_MAX_SIZE, "max_size", kind,
				   kind == CONFIG_STRING);
}

/* The type that the keys of an object at @place say. False and an error if it
 * is none. */
static bool type_read(struct load *l, const struct fields *f,
		      struct place place, struct config_type *ret)
{
	size_t before = l->n_errors;
	const struct json5_value *v = f->at[KEY_TYPE];
	const struct json5_value *element = f->at[KEY_ELEMENT];
	bool is_vector;

	*ret = (struct config_type){ .kind = CONFIG_BOOL };
	if (!f->has[KEY_TYPE])
		load_error(l, RULE_MISSING_KEY, place,
			   "a configuration value needs its \"type\"");
	if (!v)
		return false;
	ret->kind = kind_read(l, v);
	if (ret->kind == N_CONFIG_KINDS)
		return false;
	is_vector = ret->kind == CONFIG_VECTOR;
	ret->max_size = bound_read(l, f, KEY_MAX_SIZE, "max_size", ret->kind,
				   ret->kind == CONFIG_STRING);
	ret->max_count = bound_read(l, f, KEY_MAX_COUNT, "max_count", ret->kind,
				    is_vector);
	if (element && is_vector)
		element_read(l, element, ret);
	else if (element)
		load_error(l, RULE_MISPLACED_KEY, element->key_place,
			   "\"element\" does not go with the type \"%s\"",
			   config_kind_name(ret->kind));
	else if (is_vector && !f->has[KEY_ELEMENT])
		load_error(l, RULE_MISSING_KEY, v->place,
			   "the type \"vector\" needs \"element\", the type of "
			   "what is in it");
	return l->n_errors == before;
}

/* @v, which has to be of @type, as canonical JSON; NULL and an error if not. */
static const char *value_read(struct load *l, const struct json5_value *v,
			      const struct config_type *type, const char *what)
{
	_cleanup_text_ struct text t = TEXT_INIT, shown = TEXT_INIT;
	const struct json5_value *at;
	const char *why = config_value_refusal(type, v, &at), *copy = NULL;

	if (why) {
		config_type_render(type, &t);
		canonical_render(at, &shown);
		load_error(l, RULE_CONFIG_VALUE, at->place,
			   "\"%s\" is a %s, but %.60s%s %s", what,
			   text_string(&t), text_string(&shown),
			   shown.n > 60 ? "..." : "", why);
	} else {
		canonical_render(v, &t);
		copy = load_copy(l, text_string(&t));
	}
	if (text_is_failed(&t) || text_is_failed(&shown))
		l->failed = true;
	return copy;
}

static const char *key_read(struct load *l, const struct json5_value *v)
{
	const char *key = load_string(l, v, "key"), *why;

	if (!key)
		return NULL;
	why = config_key_check(key);
	if (!why)
		return load_copy(l, key);
	load_error(l, RULE_INVALID_NAME, v->place,
		   "the configuration key \"%.80s\" %s", key, why);
	return NULL;
}

/* The type of @i, in the manifest's arena. */
static const struct config_type *item_type(struct item *i)
{
	struct config_type type, *copy;

	if (!type_read(i->load, &i->fields, i->decl.place, &type))
		return NULL;
	copy = load_keep(i->load, 1, sizeof(*copy));
	if (copy)
		*copy = type;
	return copy;
}

static void item_add(struct item *i, const char *target)
{
	struct name name, as;

	i->decl.name_place = i->names.at[0]->place;
	if (!item_read_own_name(i, i->names.at[0], &name))
		return;
	as = (struct name){ target, target };
	item_add_draft(i, &name, target ? &as : &name);
}

void config_read_capability(struct item *i)
{
	const struct json5_value *v = item_at(i, KEY_VALUE);

	if (!i->names.n)
		return;
	i->decl.config = item_type(i);
	if (!i->fields.has[KEY_VALUE])
		item_report_missing(i, "value", "");
	if (v && i->decl.config)
		i->decl.value = value_read(i->load, v, i->decl.config, "value");
	item_add(i, NULL);
}

void config_read_use(struct item *i)
{
	const struct json5_value *key = item_at(i, KEY_KEY);
	const struct json5_value *v = item_at(i, KEY_DEFAULT);

	if (!i->names.n)
		return;
	if (!i->fields.has[KEY_KEY])
		item_report_missing(i, "key", ": which field it fills");
	i->decl.config = item_type(i);
	i->decl.config_key = key ? key_read(i->load, key) : NULL;
	if (v && i->decl.config)
		i->decl.value =
			value_read(i->load, v, i->decl.config, "default");
	i->is_broken |= v && !i->decl.value;
	if (v && i->decl.availability == AVAILABILITY_REQUIRED)
		load_error(i->load, RULE_CONFIG_DEFAULT, v->key_place,
			   "a required value has no \"default\": it always "
			   "comes; say \"availability\": \"optional\", or take "
			   "the default out");
	if (i->decl.config && i->decl.config_key)
		item_add(i, i->decl.config_key);
}

static bool mutability_read(struct load *l, const struct json5_value *list)
{
	static const char *const words[] = { "parent" };
	struct strings strings;
	size_t n = 0;

	if (!list->list.n)
		return false;
	strings = load_strings(l, list, "mutability");
	while (n < strings.n &&
	       load_word(l, strings.at[n], "mutability", words, 1) == 0)
		n++;
	return n > 0;
}

static bool field_read(struct load *l, const struct json5_value *v,
		       struct config_field *ret)
{
	const char *why = strlen(v->key) != v->n_key
				  ? "has a zero character in it"
				  : config_key_check(v->key);
	struct fields f;

	*ret = (struct config_field){ .key = load_copy(l, v->key),
				      .place = v->place,
				      .key_place = v->key_place };
	if (why) {
		load_error(l, RULE_INVALID_NAME, v->key_place,
			   "the configuration key \"%.80s\" %s", v->key, why);
		return false;
	}
	if (v->type != JSON5_OBJECT) {
		load_error(l, RULE_WRONG_TYPE, v->place,
			   "expected an object ({\"type\": ...}) for the field "
			   "\"%s\", found %s",
			   v->key, json5_type_phrase(v->type));
		return false;
	}
	shape_read(l, &shape_config_field, v, NULL, &f);
	if (f.at[KEY_MUTABILITY])
		ret->is_mutable = mutability_read(l, f.at[KEY_MUTABILITY]);
	return f.at[KEY_TYPE] && type_read(l, &f, v->place, &ret->type);
}

static int field_compare(const void *a, const void *b)
{
	const struct config_field *left = a, *right = b;
	int c = strcmp(left->key, right->key);

	return c ? c : place_compare(left->key_place, right->key_place);
}

static void type_report(struct load *l, const struct decl *d,
			const struct config_field *field)
{
	_cleanup_text_ struct text used = TEXT_INIT, declared = TEXT_INIT;

	config_type_render(d->config, &used);
	config_type_render(&field->type, &declared);
	if (text_is_failed(&used) || text_is_failed(&declared))
		l->failed = true;
	load_error(l, RULE_CONFIG_TYPE, d->name_place,
		   "\"%s\" is used as a %s, but \"config\" says %s at %s",
		   d->config_key, text_string(&used), text_string(&declared),
		   load_place(l, field->place, d->name_place));
}

/* The use @draft beside the declared fields; one of its own into *ret. True if
 * it has one. */
static bool use_check(struct load *l, struct draft *draft,
		      struct config_field *ret)
{
	const struct decl *d = &draft->decl;
	const struct config_field *field =
		manifest_config_field(l->manifest, d->config_key);

	if (field) {
		if (!config_type_is_same(&field->type, d->config))
			type_report(l, d, field);
		return false;
	}
	if (d->availability != AVAILABILITY_REQUIRED && !d->value) {
		load_error(l, RULE_UNDECLARED_CONFIG, d->name_place,
			   "\"%s\" may get no value: give it a \"default\", or "
			   "declare it in \"config\"",
			   d->config_key);
		return false;
	}
	*ret = (struct config_field){ .key = d->config_key,
				      .type = *d->config,
				      .place = d->place,
				      .key_place = d->name_place };
	return true;
}

/* The section itself, as the first of *fields, which has room for all. */
static size_t section_read(struct load *l, const struct json5_value *object,
			   struct config_field *fields)
{
	size_t n = 0;

	if (object && !object->list.n)
		load_error(l, RULE_EMPTY_LIST, object->place,
			   "\"config\" has no fields; take it out");
	json5_for_each(v, object) if (field_read(l, v, &fields[n])) n++;
	qsort(fields, n, sizeof(*fields), field_compare);
	return n;
}

void config_check(struct load *l, const struct json5_value *object)
{
	size_t n_max = object ? object->list.n : 0, n, n_declared, i;
	struct config_field *fields;
	struct draft *draft;

	for (draft = l->first[DECL_USE]; draft; draft = draft->next)
		n_max += draft->decl.type == CAPABILITY_CONFIG;
	if (!object && !n_max)
		return;
	fields = load_keep(l, n_max + 1, sizeof(*fields));
	if (!fields)
		return;
	n = n_declared = section_read(l, object, fields);
	l->manifest->config = fields;
	l->manifest->n_config = n_declared;
	for (draft = l->first[DECL_USE]; draft; draft = draft->next)
		if (draft->decl.type == CAPABILITY_CONFIG &&
		    !draft->is_broken && use_check(l, draft, &fields[n]))
			n++;
	qsort(fields, n, sizeof(*fields), field_compare);
	/* Two uses of one key are reported as such. */
	for (i = 0, l->manifest->n_config = 0; i < n; i++)
		if (!i || strcmp(fields[i].key, fields[i - 1].key) != 0)
			fields[l->manifest->n_config++] = fields[i];
}
