/*
 * Where a capability comes from and where it goes.
 *
 * Reading only looks at the words. What a "#name" refers to is found when all
 * names of the file are known: the kind of a source that has a name is
 * SOURCE_CHILD until then, that of a target TARGET_CHILD.
 */
#include <string.h>

#include "base/own.h"
#include "manifest/load.h"
#include "manifest/names.h"

/* "#name", into the manifest's arena. False and an error if it is none. */
static bool reference_read(struct load *l, const struct json5_value *v,
			   const char *s, const char **ret)
{
	const char *why = name_check(s + 1, l->dialect, true);

	if (why) {
		load_error(l, RULE_INVALID_REFERENCE, v->place,
			   "the name in \"%.300s\" %s", s, why);
		return false;
	}
	*ret = load_copy(l, s + 1);
	return true;
}

static bool source_read_word(struct load *l, const struct json5_value *v,
			     const char *s, struct source *ret)
{
	static const struct {
		const char *word;
		enum source_kind kind;
		bool is_seed, is_modern;
	} words[] = {
		{ "realm", SOURCE_PARENT, true, false },
		{ "parent", SOURCE_PARENT, false, true },
		{ "self", SOURCE_SELF, true, true },
		{ "framework", SOURCE_FRAMEWORK, true, true },
		{ "void", SOURCE_VOID, false, true },
		{ "debug", SOURCE_DEBUG, false, true },
	};
	const char *known[N_ELEMENTS(words)], *near;
	size_t i, n = 0;

	for (i = 0; i < N_ELEMENTS(words); i++) {
		if (!(load_is_seed(l) ? words[i].is_seed : words[i].is_modern))
			continue;
		known[n++] = words[i].word;
		if (strcmp(s, words[i].word) == 0) {
			ret->kind = words[i].kind;
			return true;
		}
	}
	near = text_nearest(s, known, n);
	load_error(l, RULE_INVALID_REFERENCE, v->place,
		   "\"%.80s\" is no source; a child is written \"#name\"%s%s%s",
		   s, near ? "; did you mean \"" : "", near ? near : "",
		   near ? "\"?" : "");
	return false;
}

/* The one element of a list; NULL and an error if it has none, or several. */
static const struct json5_value *
source_only(struct load *l, const struct json5_value *list, const char *keyword)
{
	if (!list->list.n)
		load_error(l, RULE_EMPTY_LIST, list->place,
			   "the list for \"from\" is empty; it needs a source");
	else if (list->list.n == 1)
		return list->list.first;
	else if (strcmp(keyword, "service") == 0)
		load_error(l, RULE_UNSUPPORTED, list->place,
			   "a service from several sources is not supported "
			   "yet; name one");
	else
		load_error(l, RULE_MULTIPLE_SOURCES, list->place,
			   "only a \"service\" can come from several sources; "
			   "name one for \"%s\"",
			   keyword);
	return NULL;
}

bool source_read(struct load *l, const struct json5_value *from,
		 const char *keyword, struct source *ret)
{
	const char *s;

	if (from->type == JSON5_ARRAY) {
		from = source_only(l, from, keyword);
		if (!from)
			return false;
	}
	s = load_string(l, from, "from");
	if (!s)
		return false;
	*ret = (struct source){ .place = from->place };
	if (strchr(s, '/')) {
		if (load_is_seed(l))
			load_error(l, RULE_INVALID_REFERENCE, from->place,
				   "\"%.80s\" is no source; it has a \"/\" in "
				   "it",
				   s);
		else
			load_error(
				l, RULE_UNSUPPORTED, from->place,
				"a dictionary as a source (\"%.80s\") is not "
				"supported yet",
				s);
		return false;
	}
	if (*s == '#') {
		ret->kind = SOURCE_CHILD;
		return reference_read(l, from, s, &ret->name);
	}
	if (!source_read_word(l, from, s, ret))
		return false;
	if (ret->kind == SOURCE_DEBUG) {
		load_error(l, RULE_UNSUPPORTED, from->place,
			   "\"from\": \"debug\" is not supported yet");
		return false;
	}
	return true;
}

static bool expose_target_read(struct load *l, const struct json5_value *to,
			       const char *s, struct target *ret)
{
	const char *parent = load_is_seed(l) ? "realm" : "parent";

	if (strcmp(s, parent) == 0) {
		ret->kind = TARGET_PARENT;
		return true;
	}
	if (strcmp(s, "framework") == 0) {
		ret->kind = TARGET_FRAMEWORK;
		return true;
	}
	load_error(l, RULE_BAD_TARGET, to->place,
		   "\"to\" of an expose is \"%s\" or \"framework\", not "
		   "\"%.80s\"; children are offered to",
		   parent, s);
	return false;
}

bool target_read(struct load *l, const struct json5_value *to,
		 enum decl_kind kind, struct target *ret)
{
	const char *s = load_string(l, to, "to");

	if (!s)
		return false;
	*ret = (struct target){ .place = to->place };
	if (kind == DECL_EXPOSE)
		return expose_target_read(l, to, s, ret);
	if (*s == '#' && !strchr(s, '/')) {
		ret->kind = TARGET_CHILD;
		return reference_read(l, to, s, &ret->name);
	}
	if (!load_is_seed(l) && (strcmp(s, "all") == 0 || strchr(s, '/')))
		load_error(l, RULE_UNSUPPORTED, to->place,
			   "\"%.80s\" as a target is not supported yet; name "
			   "the children",
			   s);
	else if (strcmp(s, "parent") == 0 || strcmp(s, "realm") == 0 ||
		 strcmp(s, "framework") == 0 || strcmp(s, "self") == 0)
		load_error(l, RULE_BAD_TARGET, to->place,
			   "an offer goes to a child or a collection, not to "
			   "\"%s\"%s",
			   s,
			   strcmp(s, "parent") == 0 || strcmp(s, "realm") == 0
				   ? "; expose it"
				   : "");
	else
		load_error(l, RULE_INVALID_REFERENCE, to->place,
			   "\"%.80s\" is no target; a child is written "
			   "\"#name\"",
			   s);
	return false;
}

enum {
	PARENT = 1 << SOURCE_PARENT,
	SELF = 1 << SOURCE_SELF,
	CHILD = 1 << SOURCE_CHILD,
	COLLECTION = 1 << SOURCE_COLLECTION,
	CAPABILITY = 1 << SOURCE_CAPABILITY,
	FRAMEWORK = 1 << SOURCE_FRAMEWORK,
	VOID = 1 << SOURCE_VOID,
};

static unsigned sources_seed(const struct decl *d)
{
	switch (d->kind) {
	case DECL_USE:
		return PARENT | FRAMEWORK;
	case DECL_OFFER:
		if (d->type == CAPABILITY_STORAGE)
			return PARENT | CAPABILITY;
		return PARENT | SELF | FRAMEWORK | CHILD;
	case DECL_EXPOSE:
		return SELF | FRAMEWORK | CHILD;
	default:
		return PARENT | SELF | CHILD;
	}
}

static unsigned sources_modern(const struct decl *d)
{
	/* Only services can be put together from many instances. */
	unsigned many = strcmp(d->keyword, "service") == 0 ? COLLECTION : 0;

	switch (d->kind) {
	case DECL_USE:
		if (d->type == CAPABILITY_RUNNER)
			return PARENT | CHILD;
		return PARENT | SELF | FRAMEWORK | CHILD | many;
	case DECL_OFFER:
		if (d->type == CAPABILITY_STORAGE)
			return PARENT | SELF | VOID;
		if (d->type == CAPABILITY_RUNNER)
			return PARENT | SELF | CHILD;
		return PARENT | SELF | FRAMEWORK | CHILD | VOID | many;
	case DECL_EXPOSE:
		if (d->type == CAPABILITY_RUNNER)
			return SELF | CHILD;
		return SELF | FRAMEWORK | CHILD | VOID | many;
	default:
		return PARENT | SELF | CHILD;
	}
}

static const char *source_word(const struct load *l, enum source_kind kind)
{
	static const char *const words[] = {
		[SOURCE_SELF] = "\"self\"",
		[SOURCE_CHILD] = "a child",
		[SOURCE_COLLECTION] = "a collection",
		[SOURCE_CAPABILITY] = "a storage",
		[SOURCE_FRAMEWORK] = "\"framework\"",
		[SOURCE_VOID] = "\"void\"",
		[SOURCE_DEBUG] = "\"debug\"",
	};

	if (kind == SOURCE_PARENT)
		return load_is_seed(l) ? "\"realm\"" : "\"parent\"";
	return words[kind];
}

static void bad_source_report(struct load *l, const struct decl *d,
			      unsigned allowed)
{
	static const char *const acts[] = {
		[DECL_USE] = "used",
		[DECL_OFFER] = "offered",
		[DECL_EXPOSE] = "exposed",
		[DECL_CAPABILITY] = "backed by a directory",
	};
	struct text t = TEXT_INIT;
	unsigned kind;

	if (load_is_seed(l) && d->kind == DECL_USE &&
	    d->from.kind == SOURCE_CHILD) {
		load_error(l, RULE_BAD_SOURCE, d->from.place,
			   "a parent cannot use what its child exposes; open "
			   "it at run time with fuchsia.sys2.Realm.BindChild");
		return;
	}
	for (kind = 0; kind <= SOURCE_DEBUG; kind++)
		if (allowed & 1u << kind)
			text_printf(&t, "%s%s", t.n ? ", " : "",
				    source_word(l, kind));
	if (text_is_failed(&t))
		l->failed = true;
	load_error(l, RULE_BAD_SOURCE, d->from.place,
		   "a %s cannot be %s from %s; possible: %s", d->keyword,
		   acts[d->kind], source_word(l, d->from.kind),
		   text_string(&t));
	text_fini(&t);
}

static void unknown_source_report(struct load *l, const struct decl *d)
{
	const char *near = symbol_nearest(l, d->from.name, ~0u);

	load_error(l, RULE_UNKNOWN_SOURCE, d->from.place,
		   "\"#%s\" is not in \"children\" or elsewhere in this "
		   "manifest%s%s%s",
		   d->from.name, near ? "; did you mean \"#" : "",
		   near ? near : "", near ? "\"?" : "");
}

/*
 * Nothing of this manifest has the source's name. If the author said that this
 * may be, it counts as "void".
 */
static bool source_resolve_absent(struct load *l, struct draft *draft,
				  unsigned allowed)
{
	struct decl *d = &draft->decl;

	/* Where neither can be the source, there is nothing to be absent. */
	if (!d->source_may_be_absent || !(allowed & CHILD) ||
	    !(allowed & VOID)) {
		unknown_source_report(l, d);
		return false;
	}
	if (draft->has_availability &&
	    d->availability != AVAILABILITY_OPTIONAL) {
		load_error(
			l, RULE_VOID_AVAILABILITY, d->from.place,
			"\"#%s\" is not in this manifest and counts as "
			"\"void\"; then \"availability\" is \"optional\", or "
			"not written",
			d->from.name);
		return false;
	}
	d->from.kind = SOURCE_VOID;
	d->from.name = NULL;
	d->availability = AVAILABILITY_OPTIONAL;
	return true;
}

/* Find what a named source refers to. False and an error if nothing. */
static bool source_resolve(struct load *l, struct draft *draft,
			   unsigned allowed)
{
	static const enum source_kind kinds[] = {
		[SYMBOL_CHILD] = SOURCE_CHILD,
		[SYMBOL_COLLECTION] = SOURCE_COLLECTION,
		[SYMBOL_STORAGE] = SOURCE_CAPABILITY,
	};
	struct decl *d = &draft->decl;
	const struct symbol *symbol;

	if (!d->from.name)
		return true;
	symbol = symbol_find(l, d->from.name);
	if (!symbol)
		return source_resolve_absent(l, draft, allowed);
	if (symbol->kind == SYMBOL_RUNNER) {
		load_error(l, RULE_BAD_SOURCE, d->from.place,
			   "\"#%s\" is a runner; what this component declares "
			   "comes from \"self\"",
			   d->from.name);
		return false;
	}
	d->from.kind = kinds[symbol->kind];
	return true;
}

static bool source_check(struct load *l, struct draft *draft)
{
	struct decl *d = &draft->decl;
	unsigned allowed =
		load_is_seed(l) ? sources_seed(d) : sources_modern(d);

	if (!source_resolve(l, draft, allowed))
		return false;
	if (d->from.kind == SOURCE_CAPABILITY && !load_is_seed(l) &&
	    d->type == CAPABILITY_SERVICE) {
		load_error(l, RULE_UNSUPPORTED, d->from.place,
			   "a protocol of the storage \"#%s\" is not supported "
			   "yet",
			   d->from.name);
		return false;
	}
	if (!(allowed & 1u << d->from.kind)) {
		bad_source_report(l, d, allowed);
		return false;
	}
	if (load_is_seed(l) && d->type == CAPABILITY_RUNNER &&
	    d->from.kind == SOURCE_SELF) {
		load_error(l, RULE_UNSUPPORTED, d->from.place,
			   "a runner of one's own is not supported yet in the "
			   "path-named dialect");
		return false;
	}
	if (d->from.kind == SOURCE_VOID &&
	    d->availability != AVAILABILITY_OPTIONAL) {
		load_error(l, RULE_VOID_AVAILABILITY, d->from.place,
			   "\"from\": \"void\" needs \"availability\": "
			   "\"optional\"");
		return false;
	}
	if (d->kind == DECL_USE && d->weak && !load_is_seed(l) &&
	    d->from.kind != SOURCE_CHILD) {
		load_error(l, RULE_WEAK_DEPENDENCY, draft->weak_place,
			   "only a use from a child can be weak");
		return false;
	}
	return true;
}

static bool has_source(const struct decl *d)
{
	return d->kind != DECL_CAPABILITY || d->type == CAPABILITY_STORAGE;
}

/*
 * All drafts of one item have the same source: it is looked at once, and what
 * is wrong with it is said once.
 */
static void item_check_source(struct load *l, struct draft *first)
{
	bool is_sound = source_check(l, first);
	struct draft *draft;

	for (draft = first; draft && draft_is_same_item(draft, first);
	     draft = draft->next) {
		draft->decl.from = first->decl.from;
		draft->decl.availability = first->decl.availability;
		if (!is_sound)
			draft->is_broken = true;
	}
}

void check_sources(struct load *l)
{
	const struct draft *last;
	struct draft *draft;
	size_t kind;

	for (kind = 0; kind < N_DECL_KINDS; kind++) {
		last = NULL;
		for (draft = l->first[kind]; draft; draft = draft->next) {
			if (!draft->is_broken && has_source(&draft->decl) &&
			    (!last || !draft_is_same_item(draft, last)))
				item_check_source(l, draft);
			last = draft;
		}
	}
}

static void unknown_target_report(struct load *l, const struct decl *d,
				  const struct symbol *symbol)
{
	const char *near = symbol_nearest(
		l, d->to.name, 1u << SYMBOL_CHILD | 1u << SYMBOL_COLLECTION);

	load_error(l, RULE_UNKNOWN_TARGET, d->to.place,
		   "\"%s\" is offered to \"#%s\", which is %s%s%s%s",
		   d->target_name, d->to.name,
		   symbol ? symbol_kind_phrase(symbol->kind)
			  : "neither in \"children\" nor in \"collections\"",
		   near ? "; did you mean \"#" : "", near ? near : "",
		   near ? "\"?" : "");
}

void check_targets(struct load *l)
{
	const struct draft *first = NULL;
	struct draft *draft;

	for (draft = l->first[DECL_OFFER]; draft; draft = draft->next) {
		struct target *to = &draft->decl.to;
		const struct symbol *symbol = symbol_find(l, to->name);

		if (!first || !draft_is_same_item(draft, first))
			first = draft;
		if (symbol && symbol->kind <= SYMBOL_COLLECTION) {
			to->kind = symbol->kind == SYMBOL_CHILD
					   ? TARGET_CHILD
					   : TARGET_COLLECTION;
			continue;
		}
		draft->is_broken = true;
		/* Once, not for every name that goes there. */
		if (draft_is_same_name(draft, first))
			unknown_target_report(l, &draft->decl, symbol);
	}
}
