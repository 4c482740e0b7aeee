/*
 * Where a capability comes from and where it goes: the words.
 *
 * What a "#name" refers to is found when all names of the file are known (see
 * source_check.c): the kind of a source that has a name is SOURCE_CHILD until
 * then, that of a target TARGET_CHILD.
 */
#include <string.h>

#include "base/own.h"
#include "manifest/load.h"
#include "manifest/names.h"

enum {
	DICTIONARY_PATH_MAX = 4095,

	INSTANCES = 1 << SYMBOL_CHILD | 1 << SYMBOL_COLLECTION,
};

bool reference_read(struct load *l, const struct json5_value *v, const char *s,
		    const char **ret)
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
	const struct symbol *symbol;
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
	symbol = symbol_without_sign(l, s, INSTANCES | 1u << SYMBOL_STORAGE);
	near = symbol ? symbol->name : text_nearest(s, known, n);
	load_error(l, RULE_INVALID_REFERENCE, v->place,
		   "\"%.80s\" is no source; a child is written "
		   "\"#name\"%s%s%s%s",
		   s, near ? "; did you mean \"" : "", symbol ? "#" : "",
		   near ? near : "", near ? "\"?" : "");
	return false;
}

static bool source_read_root(struct load *l, const struct json5_value *v,
			     const char *s, struct source *ret)
{
	if (*s != '#')
		return source_read_word(l, v, s, ret);
	ret->kind = SOURCE_CHILD;
	return reference_read(l, v, s, &ret->name);
}

/* What is wrong with the names behind the root of a path into dictionaries;
 * NULL if nothing. @s is the caller's to cut. */
static const char *segments_check(const struct load *l, char *s)
{
	const char *why;
	char *end;

	for (;; s = end + 1) {
		end = strchr(s, '/');
		if (end)
			*end = 0;
		why = name_check(s, l->dialect, false);
		if (end)
			*end = '/';
		if (why || !end)
			return why;
	}
}

/* "parent/a/b", "self/d", "#child/d". @slash is the first one in @s. */
static bool dictionary_read(struct load *l, const struct json5_value *v,
			    const char *s, const char *slash,
			    struct source *ret)
{
	char *root = arena_copy(&l->scratch, s, (size_t)(slash - s));
	char *rest =
		arena_copy(&l->manifest->arena, slash + 1, strlen(slash + 1));
	const char *why;

	if (!root || !rest) {
		l->failed = true;
		return false;
	}
	if (load_is_seed(l)) {
		load_error(l, RULE_INVALID_REFERENCE, v->place,
			   "\"%.80s\" is no source; it has a \"/\" in it", s);
		return false;
	}
	if (strlen(s) > DICTIONARY_PATH_MAX) {
		load_error(l, RULE_INVALID_REFERENCE, v->place,
			   "the path \"%.80s...\" is longer than %d bytes", s,
			   DICTIONARY_PATH_MAX);
		return false;
	}
	if (!source_read_root(l, v, root, ret))
		return false;
	if (ret->kind > SOURCE_CHILD) {
		load_error(l, RULE_INVALID_REFERENCE, v->place,
			   "a dictionary comes from \"parent\", \"self\" or a "
			   "child, not from \"%s\"",
			   root);
		return false;
	}
	why = segments_check(l, rest);
	if (why)
		load_error(l, RULE_INVALID_REFERENCE, v->place,
			   "a name in \"%.300s\" %s", s, why);
	ret->dictionary = rest;
	return !why;
}

bool source_read(struct load *l, const struct json5_value *from,
		 struct source *ret)
{
	const char *s = load_string(l, from, "from"), *slash;

	if (!s)
		return false;
	*ret = (struct source){ .place = from->place };
	slash = strchr(s, '/');
	return slash ? dictionary_read(l, from, s, slash, ret)
		     : source_read_root(l, from, s, ret);
}

const char *source_dictionary(struct load *l, const struct source *s)
{
	const char *name = arena_copy(&l->scratch, s->dictionary,
				      strcspn(s->dictionary, "/"));

	if (!name)
		l->failed = true;
	return name ? name : "";
}

static bool expose_target_read(struct load *l, const struct json5_value *to,
			       const char *s, struct target *ret)
{
	const char *parent = load_is_seed(l) ? "realm" : "parent";
	const char *words[] = { parent, "framework" };
	const char *near = text_nearest(s, words, N_ELEMENTS(words));

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
		   "\"%.80s\"; %s%s%s",
		   parent, s,
		   near ? "did you mean \"" : "children are offered to",
		   near ? near : "", near ? "\"?" : "");
	return false;
}

/* "self/NAME": into a dictionary of one's own. */
static bool dictionary_target_read(struct load *l, const struct json5_value *to,
				   const char *s, struct target *ret)
{
	const char *why = name_check(s + strlen("self/"), l->dialect, false);

	if (why) {
		load_error(l, RULE_INVALID_REFERENCE, to->place,
			   "the dictionary's name in \"%.300s\" %s", s, why);
		return false;
	}
	ret->kind = TARGET_DICTIONARY;
	ret->name = load_copy(l, s + strlen("self/"));
	return true;
}

static void target_report(struct load *l, const struct json5_value *to,
			  const char *s)
{
	static const char *const words[] = { "all" };
	const struct symbol *symbol = symbol_without_sign(l, s, INSTANCES);
	const char *near = symbol ? symbol->name : NULL;

	if (!near && !load_is_seed(l))
		near = text_nearest(s, words, 1);
	if (strcmp(s, "parent") == 0 || strcmp(s, "realm") == 0 ||
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
			   "\"#name\"%s%s%s%s%s",
			   s,
			   load_is_seed(l) ? ""
					   : ", a dictionary \"self/name\"",
			   near ? "; did you mean \"" : "", symbol ? "#" : "",
			   near ? near : "", near ? "\"?" : "");
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
	if (!load_is_seed(l) && strncmp(s, "self/", strlen("self/")) == 0)
		return dictionary_target_read(l, to, s, ret);
	target_report(l, to, s);
	return false;
}
