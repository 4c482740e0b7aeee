/*
 * Environments: what the children placed in one find besides their offers, and
 * who is placed in which.
 */
#include "base/own.h"
#include "manifest/names.h"
#include "manifest/shape.h"
#include "manifest/url.h"

/* One registration while it is read. */
struct registration {
	const struct shape *shape;
	const char *keyword;
	enum key key; /* its names */
	enum key as;  /* what it is called in the environment */
	enum capability_type type;
};

static const struct registration registrations[] = {
	{ &shape_environment_runner, "runner", KEY_RUNNER, KEY_AS,
	  CAPABILITY_RUNNER },
	{ &shape_environment_resolver, "resolver", KEY_RESOLVER, KEY_SCHEME,
	  CAPABILITY_RESOLVER },
	{ &shape_environment_debug, "protocol", KEY_PROTOCOL, KEY_AS,
	  CAPABILITY_SERVICE },
};

static const char *name_read(struct load *l, const struct json5_value *v,
			     const char *what, const char *phrase)
{
	const char *s = load_string(l, v, what), *why;

	if (!s)
		return NULL;
	why = name_check(s, l->dialect, false);
	if (why) {
		load_error(l, RULE_INVALID_NAME, v->place, "%s \"%.300s\" %s",
			   phrase, s, why);
		return NULL;
	}
	return load_copy(l, s);
}

static const char *scheme_read(struct load *l, const struct json5_value *v)
{
	const char *s = load_string(l, v, "scheme"), *why;

	if (!s)
		return NULL;
	why = url_check_scheme(s);
	if (why) {
		load_error(l, RULE_INVALID_NAME, v->place,
			   "the URL scheme \"%.300s\" %s", s, why);
		return NULL;
	}
	return load_copy(l, s);
}

/* What one thing is called in the environment; NULL: its own name, or an
 * error. */
static const char *as_read(struct load *l, const struct registration *r,
			   const struct fields *f, size_t n_names)
{
	const struct json5_value *v = f->at[r->as];

	if (!v)
		return NULL;
	if (r->as == KEY_SCHEME)
		return scheme_read(l, v);
	if (n_names > 1) {
		load_error(l, RULE_MULTIPLE_NAMES, v->key_place,
			   "\"as\" is for one name, but \"%s\" lists %zu; "
			   "write one item per name",
			   r->keyword, n_names);
		return NULL;
	}
	return name_read(l, v, "as", "the name");
}

static void names_add(struct load *l, const struct registration *r,
		      const struct strings *names, const char *as,
		      const struct draft *common)
{
	struct draft *draft;
	struct decl d;
	size_t i;

	for (i = 0; i < names->n; i++) {
		d = common->decl;
		d.name_place = names->at[i]->place;
		d.name = name_read(l, names->at[i], r->keyword, "the name");
		if (!d.name)
			continue;
		d.target_name = as ? as : d.name;
		draft = load_draft(l, &d);
		if (!draft)
			return;
		draft->written_name = d.name;
		draft->written_target = d.target_name;
		draft->source = common->source;
		draft->is_broken = common->is_broken;
	}
}

static void registration_read(struct load *l, const struct registration *r,
			      const struct environment_decl *environment,
			      const struct json5_value *object)
{
	struct draft common = { .decl = { .kind = DECL_REGISTRATION,
					  .type = r->type,
					  .keyword = r->keyword,
					  .environment = environment,
					  .place = object->place } };
	const struct json5_value *from;
	struct strings names;
	struct fields f;
	const char *as;

	shape_read(l, r->shape, object, NULL, &f);
	from = f.at[KEY_FROM];
	common.source = load_scratch(l, 1, sizeof(*common.source));
	if (!from || !source_read(l, from, &common.decl.from))
		common.is_broken = true;
	if (!f.at[r->key])
		return;
	names = load_strings(l, f.at[r->key], r->keyword);
	as = as_read(l, r, &f, names.n);
	if (!as && (f.has[r->as] || r->as == KEY_SCHEME))
		common.is_broken = true;
	names_add(l, r, &names, as, &common);
}

static void registrations_read(struct load *l, const struct registration *r,
			       const struct environment_decl *environment,
			       const struct json5_value *list)
{
	if (list)
		shape_for_each(l, r->keyword, object, list)
			registration_read(l, r, environment, object);
}

static void extends_read(struct load *l, const struct fields *f,
			 struct environment_decl *ret)
{
	static const char *const words[] = { "none", "realm" };
	const struct json5_value *v = f->at[KEY_EXTENDS];
	int word = v ? load_word(l, v, "extends", words, N_ELEMENTS(words)) : 0;

	ret->extends_parent = word == 1;
	if (v && word == 0 && !load_is_seed(l) && !f->has[KEY_STOP_TIMEOUT_MS])
		load_error(l, RULE_MISSING_KEY, ret->place,
			   "an environment that extends \"none\" has no "
			   "timeout to take over; it needs "
			   "\"__stop_timeout_ms\"");
}

static void timeout_read(struct load *l, const struct json5_value *v,
			 struct environment_decl *ret)
{
	if (!v)
		return;
	ret->has_stop_timeout = true;
	/* 0, at once, is a timeout as well. */
	if (v->number != 0)
		ret->stop_timeout_ms =
			(uint32_t)load_number(l, v, "__stop_timeout_ms",
					      (struct range){ 1, UINT32_MAX });
}

static void environment_read(struct load *l, const struct json5_value *object,
			     struct environment_decl *ret, size_t *n)
{
	const struct json5_value *v;
	struct fields f;

	shape_read(l, &shape_environment, object, NULL, &f);
	*ret = (struct environment_decl){ .place = object->place };
	extends_read(l, &f, ret);
	timeout_read(l, f.at[KEY_STOP_TIMEOUT_MS], ret);
	v = f.at[KEY_NAME];
	ret->name = v ? name_read(l, v, "name", "an environment's name") : NULL;
	if (ret->name) {
		ret->name_place = v->place;
		(*n)++;
		symbol_add(l, (struct symbol){ .name = ret->name,
					       .kind = SYMBOL_ENVIRONMENT,
					       .place = v->place,
					       .environment = ret });
	} else {
		/* It goes on being something for its registrations. */
		ret->name = "";
	}
	registrations_read(l, &registrations[0], ret, f.at[KEY_RUNNERS]);
	registrations_read(l, &registrations[1], ret, f.at[KEY_RESOLVERS]);
	registrations_read(l, &registrations[2], ret, f.at[KEY_DEBUG]);
}

void environment_read_all(struct load *l, const struct json5_value *list)
{
	struct environment_decl *all;
	size_t n = 0, i = 0;

	if (!list->list.n)
		return;
	all = load_keep(l, list->list.n, sizeof(*all));
	if (!all)
		return;
	/* A nameless one keeps its place: the file is refused anyhow. */
	shape_for_each(l, "an environment", object, list)
		environment_read(l, object, &all[i++], &n);
	l->manifest->environments = all;
	l->manifest->n_environments = i;
}

void environment_use_add(struct load *l, const struct json5_value *v,
			 const char *user, const struct environment_decl **slot)
{
	struct environment_use *use;
	const char *s = load_string(l, v, "environment"), *name;

	if (!s)
		return;
	if (*s != '#') {
		load_error(l, RULE_INVALID_REFERENCE, v->place,
			   "an environment is written \"#name\", not \"%.80s\"",
			   s);
		return;
	}
	if (!reference_read(l, v, s, &name))
		return;
	use = load_scratch(l, 1, sizeof(*use));
	if (!use)
		return;
	*use = (struct environment_use){ .slot = slot,
					 .user = user,
					 .name = name,
					 .place = v->place,
					 .next = l->environment_uses };
	l->environment_uses = use;
}

void environment_resolve(struct load *l)
{
	const struct environment_use *use;
	const struct symbol *symbol;
	const char *near;

	for (use = l->environment_uses; use; use = use->next) {
		symbol = symbol_find(l, use->name);
		if (symbol && symbol->kind == SYMBOL_ENVIRONMENT) {
			*use->slot = symbol->environment;
			continue;
		}
		near = symbol_nearest(l, use->name, 1u << SYMBOL_ENVIRONMENT);
		load_error(l, RULE_UNKNOWN_ENVIRONMENT, use->place,
			   "\"#%s\" is %s%s%s%s", use->name,
			   symbol ? symbol_kind_phrase(symbol->kind)
				  : "not in \"environments\"",
			   near ? "; did you mean \"#" : "", near ? near : "",
			   near ? "\"?" : "");
	}
}
