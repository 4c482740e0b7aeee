/*
 * Objects against the tables of their keys: what is known, of which type, and
 * with which capability.
 */
#include "manifest/shape.h"

#include <string.h>

#include "manifest/shape_rows.h"

static unsigned dialect_bit(const struct load *l)
{
	return load_is_seed(l) ? SEED : MODERN;
}

static const struct row *row_find(const struct load *l,
				  const struct shape *shape,
				  const struct json5_value *member)
{
	const struct row *row;

	for (row = shape->rows; row < shape->rows + shape->n; row++)
		if ((row->dialects & dialect_bit(l)) &&
		    strlen(row->name) == member->n_key &&
		    memcmp(row->name, member->key, member->n_key) == 0)
			return row;
	return NULL;
}

static void unknown_report(struct load *l, const struct shape *shape,
			   const struct json5_value *member)
{
	const char *names[64], *near;
	size_t n = 0, i;

	for (i = 0; i < shape->n; i++)
		if (shape->rows[i].dialects & dialect_bit(l))
			names[n++] = shape->rows[i].name;
	near = text_nearest(member->key, names, n);
	if (load_is_seed(l))
		load_warning(l, RULE_UNKNOWN_KEY, member->key_place,
			     "\"%.80s\" is not a key of %s and is "
			     "ignored%s%s%s",
			     member->key, shape->phrase,
			     near ? "; did you mean \"" : "", near ? near : "",
			     near ? "\"?" : "");
	else
		load_error(l, RULE_UNKNOWN_KEY, member->key_place,
			   "\"%.80s\" is not a key of %s%s%s%s", member->key,
			   shape->phrase, near ? "; did you mean \"" : "",
			   near ? near : "", near ? "\"?" : "");
}

static void unsupported_report(struct load *l, const struct shape *shape,
			       const struct json5_value *member)
{
	load_error(l, RULE_UNSUPPORTED, member->key_place,
		   "\"%s\" in %s is not supported; take it out", member->key,
		   shape->phrase);
}

static void restricted_check(struct load *l, const struct shape *shape,
			     const struct json5_value *member)
{
	if (member->truth)
		load_error(l, RULE_RESTRICTED_FEATURE, member->place,
			   "\"%s\" in %s cannot be had: %s", member->key,
			   shape->phrase, shape_restriction(member->key));
}

static void type_report(struct load *l, const struct row *row,
			const struct json5_value *v)
{
	struct text t = TEXT_INIT;
	unsigned i;

	for (i = 0; i < N_JSON5_TYPES; i++) {
		if (!(row->types & 1u << i))
			continue;
		if (t.n)
			text_puts(&t, " or ");
		text_puts(&t, json5_type_phrase(i));
	}
	if (text_is_failed(&t))
		l->failed = true;
	load_error(l, RULE_WRONG_TYPE, v->place,
		   "expected %s for \"%s\", found %s", text_string(&t),
		   row->name, json5_type_phrase(v->type));
	text_fini(&t);
}

static void keyword_missing_report(struct load *l, const struct shape *shape,
				   const struct json5_value *object)
{
	const char *names[64], *near = NULL;
	struct text t = TEXT_INIT;
	size_t n = 0, i;

	for (i = 0; i < shape->n; i++)
		if ((shape->rows[i].flags & KEYWORD) &&
		    !(shape->rows[i].flags & UNSUPPORTED) &&
		    (shape->rows[i].dialects & dialect_bit(l)))
			names[n++] = shape->rows[i].name;
	for (i = 0; i < n; i++)
		text_printf(&t, "%s\"%s\"",
			    !i		 ? ""
			    : i + 1 == n ? " or "
					 : ", ",
			    names[i]);
	if (text_is_failed(&t))
		l->failed = true;
	json5_for_each(m, object) if (!near && !row_find(l, shape, m)) near =
		text_nearest(m->key, names, n);
	load_error(l, RULE_MISSING_CAPABILITY, object->place,
		   "%s has to say what it is about: %s%s%s%s", shape->phrase,
		   text_string(&t), near ? "; did you mean \"" : "",
		   near ? near : "", near ? "\"?" : "");
	text_fini(&t);
}

static enum capability_type row_capability(const struct row *row)
{
	enum capability_type type = 0;

	while (!(row->with & 1u << type))
		type++;
	return type;
}

bool shape_find_keyword(struct load *l, const struct shape *shape,
			const struct json5_value *object, struct keyword *ret)
{
	const struct row *row, *found = NULL;
	const struct json5_value *at = NULL;

	json5_for_each(m, object)
	{
		row = row_find(l, shape, m);
		if (!row || !(row->flags & KEYWORD))
			continue;
		if (row->flags & UNSUPPORTED) {
			unsupported_report(l, shape, m);
			return false;
		}
		if (found) {
			load_error(l, RULE_MULTIPLE_CAPABILITIES, m->key_place,
				   "%s is about one type of capability; this "
				   "one has \"%s\" (%u:%u) and \"%s\"",
				   shape->phrase, found->name,
				   at->key_place.line, at->key_place.column,
				   row->name);
			return false;
		}
		found = row;
		at = m;
	}
	if (!found) {
		keyword_missing_report(l, shape, object);
		return false;
	}
	*ret = (struct keyword){ .name = found->name,
				 .key = found->key,
				 .type = row_capability(found),
				 .value = at };
	return true;
}

static void required_check(struct load *l, const struct shape *shape,
			   const struct json5_value *object,
			   const struct fields *fields)
{
	const struct row *row;

	for (row = shape->rows; row < shape->rows + shape->n; row++)
		if ((row->flags & REQUIRED) &&
		    (row->dialects & dialect_bit(l)) && !fields->has[row->key])
			load_error(l, RULE_MISSING_KEY, object->place,
				   "%s needs \"%s\"", shape->phrase, row->name);
}

void shape_read(struct load *l, const struct shape *shape,
		const struct json5_value *object, const struct keyword *keyword,
		struct fields *ret)
{
	const struct row *row;

	*ret = (struct fields){ 0 };
	json5_for_each(m, object)
	{
		row = row_find(l, shape, m);
		if (!row) {
			unknown_report(l, shape, m);
			continue;
		}
		if (row->flags & UNSUPPORTED) {
			unsupported_report(l, shape, m);
			continue;
		}
		if (!(row->flags & RESTRICTED))
			ret->has[row->key] = true;
		if (keyword && !(row->with & 1u << keyword->type)) {
			load_error(l, RULE_MISPLACED_KEY, m->key_place,
				   "\"%s\" does not go with \"%s\" in %s",
				   row->name, keyword->name, shape->phrase);
			continue;
		}
		if (!(row->types & 1u << m->type)) {
			type_report(l, row, m);
			continue;
		}
		if (row->flags & RESTRICTED)
			restricted_check(l, shape, m);
		else
			ret->at[row->key] = m;
	}
	required_check(l, shape, object, ret);
}

const struct json5_value *shape_next(struct load *l, const char *what,
				     const struct json5_value *element)
{
	for (; element; element = element->next) {
		if (element->type == JSON5_OBJECT)
			return element;
		load_error(l, RULE_WRONG_TYPE, element->place,
			   "expected an object (%s), found %s", what,
			   json5_type_phrase(element->type));
	}
	return NULL;
}

bool shape_key_at(const struct shape *shape, size_t i, struct shape_key *ret)
{
	const struct row *row = shape->rows + i;

	if (i >= shape->n)
		return false;
	*ret = (struct shape_key){
		.name = row->name,
		.is_seed = row->dialects & SEED,
		.is_modern = row->dialects & MODERN,
		.is_supported = !(row->flags & (UNSUPPORTED | RESTRICTED)),
		.is_required = row->flags & REQUIRED,
		.is_keyword = row->flags & KEYWORD,
		.types = row->types,
		.with = row->with,
	};
	return true;
}
