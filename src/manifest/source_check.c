/*
 * What "from" and "to" refer to, and what can come from where and go where.
 */
#include <string.h>

#include "base/own.h"
#include "manifest/load.h"

enum {
	PARENT = 1 << SOURCE_PARENT,
	SELF = 1 << SOURCE_SELF,
	CHILD = 1 << SOURCE_CHILD,
	COLLECTION = 1 << SOURCE_COLLECTION,
	CAPABILITY = 1 << SOURCE_CAPABILITY,
	FRAMEWORK = 1 << SOURCE_FRAMEWORK,
	VOID = 1 << SOURCE_VOID,
	DEBUG = 1 << SOURCE_DEBUG,

	INSTANCES = 1 << SYMBOL_CHILD | 1 << SYMBOL_COLLECTION,
};

static unsigned sources_seed(const struct decl *d)
{
	switch (d->kind) {
	case DECL_USE:
		return PARENT | FRAMEWORK;
	case DECL_OFFER:
		if (d->type == CAPABILITY_STORAGE)
			return PARENT | CAPABILITY;
		if (d->type == CAPABILITY_EVENT_STREAM)
			return PARENT | FRAMEWORK;
		if (d->type == CAPABILITY_RESOLVER)
			return PARENT | SELF | CHILD;
		return PARENT | SELF | FRAMEWORK | CHILD;
	case DECL_EXPOSE:
		if (d->type == CAPABILITY_RESOLVER)
			return SELF | CHILD;
		return SELF | FRAMEWORK | CHILD;
	default:
		return PARENT | SELF | CHILD;
	}
}

/* By type, of the modern dialect; what a keyword adds is not in them. */
static const unsigned sources_of_use[N_CAPABILITY_TYPES] = {
	[CAPABILITY_SERVICE] = PARENT | SELF | FRAMEWORK | CHILD,
	[CAPABILITY_DIRECTORY] = PARENT | SELF | FRAMEWORK | CHILD,
	[CAPABILITY_STORAGE] = PARENT,
	[CAPABILITY_RUNNER] = PARENT | CHILD,
	[CAPABILITY_DICTIONARY] = PARENT | SELF | CHILD,
	[CAPABILITY_CONFIG] = PARENT | SELF | CHILD,
	[CAPABILITY_EVENT_STREAM] = PARENT | FRAMEWORK | CHILD,
};

static const unsigned sources_of_offer[N_CAPABILITY_TYPES] = {
	[CAPABILITY_SERVICE] = PARENT | SELF | FRAMEWORK | CHILD | VOID,
	[CAPABILITY_DIRECTORY] = PARENT | SELF | FRAMEWORK | CHILD | VOID,
	[CAPABILITY_STORAGE] = PARENT | SELF | VOID,
	[CAPABILITY_RUNNER] = PARENT | SELF | CHILD,
	[CAPABILITY_RESOLVER] = PARENT | SELF | CHILD,
	[CAPABILITY_DICTIONARY] = PARENT | SELF | CHILD | VOID,
	[CAPABILITY_CONFIG] = PARENT | SELF | CHILD | VOID,
	[CAPABILITY_EVENT_STREAM] = PARENT | FRAMEWORK | CHILD,
};

static unsigned sources_modern(const struct decl *d)
{
	/* Only services can be put together from many instances. */
	bool is_service = strcmp(d->keyword, "service") == 0;
	unsigned more = is_service ? COLLECTION : 0;

	switch (d->kind) {
	case DECL_USE:
		if (d->type == CAPABILITY_SERVICE && !is_service)
			more = DEBUG;
		return sources_of_use[d->type] | more;
	case DECL_OFFER:
		return sources_of_offer[d->type] | more;
	case DECL_EXPOSE:
		/* What goes up is what could go down, but for the parent's. */
		return (sources_of_offer[d->type] | more) & ~(unsigned)PARENT;
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
		[DECL_REGISTRATION] = "registered",
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
		   "a %s cannot be %s from %s%s; possible: %s", d->keyword,
		   acts[d->kind], d->from.dictionary ? "a dictionary of " : "",
		   source_word(l, d->from.kind), text_string(&t));
	text_fini(&t);
}

static void unknown_source_report(struct load *l, const struct decl *d)
{
	const char *near = symbol_nearest(l, d->from.name,
					  INSTANCES | 1u << SYMBOL_STORAGE);

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
	d->from.dictionary = NULL;
	d->availability = AVAILABILITY_OPTIONAL;
	return true;
}

static void no_source_report(struct load *l, const struct decl *d,
			     const struct symbol *symbol)
{
	if (symbol->kind == SYMBOL_DICTIONARY)
		load_error(l, RULE_BAD_SOURCE, d->from.place,
			   "\"#%s\" is a dictionary; what is in it comes from "
			   "\"self/%s\"",
			   d->from.name, d->from.name);
	else if (symbol->kind == SYMBOL_ENVIRONMENT)
		load_error(l, RULE_BAD_SOURCE, d->from.place,
			   "\"#%s\" is an environment; nothing comes from it "
			   "but to those who are placed in it",
			   d->from.name);
	else
		load_error(l, RULE_BAD_SOURCE, d->from.place,
			   "\"#%s\" is %s; what this component declares "
			   "comes from \"self\"",
			   d->from.name, symbol_kind_phrase(symbol->kind));
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
	if (symbol->kind > SYMBOL_STORAGE) {
		no_source_report(l, d, symbol);
		return false;
	}
	d->from.kind = kinds[symbol->kind];
	return true;
}

/* What comes out of a dictionary. */
static bool dictionary_check(struct load *l, const struct decl *d)
{
	if (d->type == CAPABILITY_STORAGE ||
	    d->type == CAPABILITY_EVENT_STREAM) {
		load_error(l, RULE_BAD_SOURCE, d->from.place,
			   "a %s is in no dictionary", d->keyword);
		return false;
	}
	if (d->kind == DECL_REGISTRATION) {
		load_error(l, RULE_BAD_SOURCE, d->from.place,
			   "a %s is registered from \"parent\", \"self\" or a "
			   "child, not from a dictionary",
			   d->keyword);
		return false;
	}
	if (d->from.kind == SOURCE_COLLECTION ||
	    d->from.kind == SOURCE_CAPABILITY) {
		load_error(l, RULE_BAD_SOURCE, d->from.place,
			   "a dictionary comes from \"parent\", \"self\" or a "
			   "child; \"#%s\" is %s",
			   d->from.name, source_word(l, d->from.kind));
		return false;
	}
	return true;
}

static bool source_is_allowed(struct load *l, const struct draft *draft,
			      unsigned allowed)
{
	const struct decl *d = &draft->decl;

	if (d->from.kind == SOURCE_CAPABILITY && !load_is_seed(l) &&
	    d->type == CAPABILITY_SERVICE) {
		load_error(l, RULE_UNSUPPORTED, d->from.place,
			   "no protocol manages the storage \"#%s\" from "
			   "within; take this out",
			   d->from.name);
		return false;
	}
	if (d->from.dictionary && !dictionary_check(l, d))
		return false;
	if (!(allowed & 1u << d->from.kind)) {
		bad_source_report(l, d, allowed);
		return false;
	}
	return true;
}

static bool source_check(struct load *l, struct draft *draft)
{
	struct decl *d = &draft->decl;
	unsigned allowed =
		load_is_seed(l) ? sources_seed(d) : sources_modern(d);

	if (!source_resolve(l, draft, allowed) ||
	    !source_is_allowed(l, draft, allowed))
		return false;
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

/* What several drafts share is looked at once, and what is wrong with it is
 * said once. */
static void draft_check_source(struct load *l, struct draft *draft)
{
	struct draft_source own = { .is_checked = false };
	struct draft_source *s = draft->source ? draft->source : &own;

	if (!s->is_checked) {
		s->is_sound = source_check(l, draft);
		s->from = draft->decl.from;
		s->availability = draft->decl.availability;
		s->is_checked = true;
	}
	draft->decl.from = s->from;
	draft->decl.availability = s->availability;
	if (!s->is_sound)
		draft->is_broken = true;
}

void check_sources(struct load *l)
{
	struct draft *draft;
	size_t kind;

	for (kind = 0; kind < N_DECL_KINDS; kind++)
		for (draft = l->first[kind]; draft; draft = draft->next)
			if (!draft->is_broken && has_source(&draft->decl))
				draft_check_source(l, draft);
}

static void unknown_target_report(struct load *l, const struct draft *draft,
				  const struct symbol *symbol)
{
	const struct decl *d = &draft->decl;
	const char *near = symbol_nearest(l, d->to.name, INSTANCES);
	struct text from = TEXT_INIT;

	/* A source that could not be read is nothing to speak of. */
	if (!draft->is_broken) {
		text_puts(&from, " from \"");
		source_render(&d->from, &from);
		text_puts(&from, "\"");
	}
	if (text_is_failed(&from))
		l->failed = true;
	load_error(l, RULE_UNKNOWN_TARGET, d->to.place,
		   "\"%s\"%s is offered to \"#%s\", which is %s%s%s%s",
		   d->target_name, text_string(&from), d->to.name,
		   symbol ? symbol_kind_phrase(symbol->kind)
			  : "neither in \"children\" nor in \"collections\"",
		   near ? "; did you mean \"#" : "", near ? near : "",
		   near ? "\"?" : "");
	text_fini(&from);
}

/* A child or a collection, or NULL; *ret is what is wrong otherwise. */
static bool instance_target_find(const struct load *l, struct target *to,
				 const struct symbol **ret)
{
	const struct symbol *symbol = symbol_find(l, to->name);

	*ret = symbol;
	if (!symbol || symbol->kind > SYMBOL_COLLECTION)
		return false;
	to->kind =
		symbol->kind == SYMBOL_CHILD ? TARGET_CHILD : TARGET_COLLECTION;
	return true;
}

static void unknown_dictionary_report(struct load *l, const struct decl *d)
{
	const struct symbol *symbol = symbol_find(l, d->to.name);
	const char *near =
		symbol_nearest(l, d->to.name, 1u << SYMBOL_DICTIONARY);

	load_error(l, RULE_UNKNOWN_TARGET, d->to.place,
		   "\"%s\" is offered to \"self/%s\", but \"%s\" is %s%s%s%s",
		   d->target_name, d->to.name, d->to.name,
		   symbol ? symbol_kind_phrase(symbol->kind)
			  : "no dictionary in \"capabilities\"",
		   near ? "; did you mean \"self/" : "", near ? near : "",
		   near ? "\"?" : "");
}

/* Into a dictionary of one's own. False and, if @is_first, an error. */
static bool dictionary_target_check(struct load *l, const struct decl *d,
				    bool is_first)
{
	const struct draft *dictionary =
		capability_find(l, CAPABILITY_DICTIONARY, d->to.name);

	if (dictionary && !dictionary->decl.path &&
	    d->type != CAPABILITY_STORAGE && d->type != CAPABILITY_EVENT_STREAM)
		return true;
	if (!is_first)
		return false;
	if (!dictionary)
		unknown_dictionary_report(l, d);
	else if (dictionary->decl.path)
		load_error(l, RULE_BAD_TARGET, d->to.place,
			   "the program itself serves the dictionary \"%s\"; "
			   "nothing can be offered to it",
			   d->to.name);
	else
		load_error(l, RULE_BAD_TARGET, d->to.place,
			   "a %s cannot be put into a dictionary; offer it to "
			   "the children by name",
			   d->keyword);
	return false;
}

void check_targets(struct load *l)
{
	const struct draft *first = NULL;
	const struct symbol *symbol;
	struct draft *draft;

	for (draft = l->first[DECL_OFFER]; draft; draft = draft->next) {
		struct target *to = &draft->decl.to;
		/* Each is told once, not for every name and source. */
		bool is_first;

		if (!first || !draft_is_same_item(draft, first))
			first = draft;
		is_first = draft_is_same_name(draft, first) &&
			   draft->source == first->source;
		if (to->kind == TARGET_DICTIONARY) {
			if (!dictionary_target_check(l, &draft->decl, is_first))
				draft->is_broken = true;
		} else if (!instance_target_find(l, to, &symbol)) {
			if (is_first)
				unknown_target_report(l, draft, symbol);
			draft->is_broken = true;
		}
	}
}
