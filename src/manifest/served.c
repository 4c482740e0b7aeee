/* The path-named dialect's sections "runners" and "resolvers": what a program
 * serves for the manager. */
#include <string.h>

#include "base/own.h"
#include "manifest/names.h"
#include "manifest/shape.h"

/* A name under @key; NULL if there is none, or it is wrong and reported. */
static const char *name_read(struct load *l, const struct fields *f,
			     const char *what)
{
	const struct json5_value *v = f->at[KEY_NAME];
	const char *s = v ? load_string(l, v, "name") : NULL, *why;

	if (!s)
		return NULL;
	why = name_check(s, l->dialect, false);
	if (!why)
		return load_copy(l, s);
	load_error(l, RULE_INVALID_NAME, v->place,
		   "the %s's name \"%.300s\" %s", what, s, why);
	return NULL;
}

static const char *path_read(struct load *l, const struct fields *f)
{
	const struct json5_value *v = f->at[KEY_PATH];
	const char *s = v ? load_string(l, v, "path") : NULL, *why;

	if (!s)
		return NULL;
	why = path_check(s, l->dialect);
	if (!why && path_is_reserved(s)) {
		load_error(l, RULE_PROTECTED_PATH, v->place,
			   "\"%.300s\" cannot be provided: /reeve is for the "
			   "tools that look at a program",
			   s);
		return NULL;
	}
	if (!why)
		return load_copy(l, s);
	load_error(l, RULE_INVALID_PATH, v->place, "the path \"%.300s\" %s", s,
		   why);
	return NULL;
}

/* Only what the program itself serves can be declared. */
static bool from_check(struct load *l, const struct json5_value *v)
{
	struct source from;

	if (!source_read(l, v, &from))
		return false;
	if (from.kind == SOURCE_SELF)
		return true;
	if (from.kind == SOURCE_FRAMEWORK)
		load_error(l, RULE_BAD_SOURCE, v->place,
			   "a runner comes from \"self\", and not from "
			   "\"framework\"");
	else
		load_error(l, RULE_UNSUPPORTED, v->place,
			   "a runner is declared by the component that serves "
			   "it; declare it there, and offer or expose it");
	return false;
}

static void served_read(struct load *l, enum capability_type type,
			const struct json5_value *object)
{
	const char *keyword = capability_type_name(type);
	struct decl d = { .kind = DECL_CAPABILITY,
			  .type = type,
			  .keyword = keyword,
			  .place = object->place };
	struct draft *draft;
	struct fields f;
	bool ok = true;

	shape_read(l,
		   type == CAPABILITY_RUNNER ? &shape_runner : &shape_resolver,
		   object, NULL, &f);
	if (f.at[KEY_FROM])
		ok = from_check(l, f.at[KEY_FROM]);
	d.path = path_read(l, &f);
	d.name = d.target_name = name_read(l, &f, keyword);
	if (!d.name)
		return;
	d.name_place = f.at[KEY_NAME]->place;
	draft = load_draft(l, &d);
	if (!draft)
		return;
	draft->written_name = draft->written_target = d.name;
	draft->is_broken = !ok || !d.path;
	symbol_add(l, (struct symbol){ .name = d.name,
				       .kind = type == CAPABILITY_RUNNER
						       ? SYMBOL_RUNNER
						       : SYMBOL_RESOLVER,
				       .place = d.name_place });
}

void served_read_all(struct load *l, enum capability_type type,
		     const struct json5_value *list)
{
	const char *what =
		type == CAPABILITY_RUNNER ? "a runner" : "a resolver";

	shape_for_each(l, what, object, list) served_read(l, type, object);
}
