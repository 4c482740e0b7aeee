/*
 * Patterns of monikers, and the key "access" of a capability.
 *
 * A moniker is walked segment by segment beside its pattern; nothing
 * backtracks, because "**" only stands at the end.
 */
#include "manifest/access.h"

#include <string.h>

#include "manifest/load.h"
#include "manifest/names.h"

enum { SEGMENT_MAX = 511 }; /* COLLECTION:NAME */

static bool is_segment(const char *segment, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(segment, word, n) == 0;
}

/* What is wrong with the name of @n bytes at @s; NULL if nothing. Both dialects
 * give names to instances. */
static const char *name_bytes_check(const char *s, size_t n)
{
	char name[SEGMENT_MAX + 1];

	memcpy(name, s, n);
	name[n] = 0;
	if (!name_check(name, DIALECT_SEED, true))
		return NULL;
	return name_check(name, DIALECT_MODERN, true);
}

/* The same for a segment of a moniker: NAME or COLLECTION:NAME. */
static const char *segment_check(const char *s, size_t n)
{
	const char *colon, *why;
	size_t n_collection;

	if (!n)
		return "has an empty segment";
	if (n > SEGMENT_MAX)
		return "has a segment longer than 511 bytes";
	if (is_segment(s, n, "*"))
		return NULL;
	if (is_segment(s, n, "**"))
		return "has a \"**\" that is not at its end";
	if (memchr(s, '*', n))
		return "has a \"*\" beside other characters; it stands for a "
		       "whole segment";
	colon = memchr(s, ':', n);
	if (!colon)
		return name_bytes_check(s, n);
	n_collection = (size_t)(colon - s);
	if (!n_collection || n_collection + 1 == n)
		return "has a \":\" that is not between two names";
	why = name_bytes_check(s, n_collection);
	return why ? why : name_bytes_check(colon + 1, n - n_collection - 1);
}

static const char *moniker_check(const char *s)
{
	const char *why;
	size_t n;

	/* The root. */
	if (!s[1])
		return NULL;
	for (s++;; s += n + 1) {
		n = strcspn(s, "/");
		if (!s[n] && is_segment(s, n, "**"))
			return NULL;
		if (!n && !s[n])
			return "ends with a \"/\"";
		why = segment_check(s, n);
		if (why || !s[n])
			return why;
	}
}

int access_pattern_read(const char *s, struct access_pattern *ret,
			const char **ret_why)
{
	enum access_pattern_kind kind = ACCESS_PATTERN_MONIKER;
	const char *why;

	if (strlen(s) > ACCESS_PATTERN_MAX) {
		why = "is longer than 4095 bytes";
	} else if (*s == '#') {
		kind = ACCESS_PATTERN_CHILD;
		why = !*++s || strpbrk(s, "/*:") ? "is not \"#\" and a name"
						 : segment_check(s, strlen(s));
	} else if (*s == '/') {
		why = moniker_check(s);
	} else {
		why = "is neither \"#name\" nor an absolute moniker";
	}
	if (why) {
		*ret_why = why;
		return ACCESS_INVALID;
	}
	*ret = (struct access_pattern){ .kind = kind, .text = s };
	return 0;
}

/* The part of @moniker below @above, without a "/" in front; "" if they are the
 * same, NULL if it is not below. */
static const char *moniker_below(const char *above, const char *moniker)
{
	size_t n = strlen(above);

	if (n == 1)
		return moniker + 1;
	if (strncmp(moniker, above, n) != 0)
		return NULL;
	if (!moniker[n])
		return moniker + n;
	return moniker[n] == '/' ? moniker + n + 1 : NULL;
}

bool access_moniker_matches(const char *pattern, const char *moniker)
{
	size_t n_pattern, n;

	for (pattern++, moniker++;; pattern++, moniker++) {
		n_pattern = strcspn(pattern, "/");
		n = strcspn(moniker, "/");
		if (is_segment(pattern, n_pattern, "**"))
			return n > 0;
		if (!is_segment(pattern, n_pattern, "*") || !n)
			if (n != n_pattern || memcmp(pattern, moniker, n) != 0)
				return false;
		pattern += n_pattern;
		moniker += n;
		if (!*pattern || !*moniker)
			return !*pattern && !*moniker;
	}
}

/* @segment is the moniker of a child, seen from its parent. */
static bool pattern_matches(const struct access_pattern *p, const char *segment,
			    const char *moniker)
{
	size_t n = strlen(p->text);

	switch (p->kind) {
	case ACCESS_PATTERN_CHILD:
		return segment && strcmp(segment, p->text) == 0;
	case ACCESS_PATTERN_COLLECTION:
		return segment && strncmp(segment, p->text, n) == 0 &&
		       segment[n] == ':';
	case ACCESS_PATTERN_MONIKER:
		return access_moniker_matches(p->text, moniker);
	}
	return false;
}

bool access_allows(const struct access *access, const char *declarer,
		   const char *moniker)
{
	const char *below = moniker_below(declarer, moniker), *segment;
	size_t i;

	if (!access || (below && !*below))
		return true;
	segment = below && !strchr(below, '/') ? below : NULL;
	if (access->kind == ACCESS_CHILDREN)
		return segment != NULL;
	for (i = 0; i < access->n_patterns; i++)
		if (pattern_matches(&access->patterns[i], segment, moniker))
			return true;
	return false;
}

void access_render(const struct access *access, struct text *t)
{
	const struct access_pattern *p;
	size_t i;

	if (access->kind == ACCESS_CHILDREN) {
		text_puts(t, "\"children\"");
		return;
	}
	text_puts(t, "[");
	for (i = 0; i < access->n_patterns; i++) {
		p = &access->patterns[i];
		text_printf(t, "%s\"%s%s\"", i ? ", " : "",
			    p->kind == ACCESS_PATTERN_MONIKER ? "" : "#",
			    p->text);
	}
	text_puts(t, "]");
}

/* "children", which stands without a list. */
static void word_read(struct load *l, const struct json5_value *v)
{
	static const char *const words[] = { "children" };
	const char *s = json5_string(v);

	if (s && (*s == '#' || *s == '/'))
		load_error(l, RULE_INVALID_VALUE, v->place,
			   "\"access\" is \"children\" or a list; write "
			   "[\"%.80s\"]",
			   s);
	else
		load_word(l, v, "access", words, 1);
}

static void pattern_report(struct load *l, const struct json5_value *v,
			   const char *why)
{
	const char *s = v->string.bytes, *near;
	const struct symbol *symbol = symbol_find(l, s);

	near = symbol && symbol->kind <= SYMBOL_COLLECTION ? s : NULL;
	load_error(l, RULE_INVALID_PATTERN, v->place,
		   "the pattern \"%.300s\" %s%s%s%s", s, why,
		   near ? "; did you mean \"#" : "", near ? near : "",
		   near ? "\"?" : "");
}

/* "#name" has to be somebody; *@p becomes a collection where it is one. */
static void pattern_resolve(struct load *l, const struct json5_value *v,
			    struct access_pattern *p)
{
	const struct symbol *symbol = symbol_find(l, p->text);
	const char *near;

	if (symbol && symbol->kind == SYMBOL_COLLECTION)
		p->kind = ACCESS_PATTERN_COLLECTION;
	if (symbol && symbol->kind <= SYMBOL_COLLECTION)
		return;
	near = symbol_nearest(l, p->text,
			      1u << SYMBOL_CHILD | 1u << SYMBOL_COLLECTION);
	load_error(l, RULE_UNKNOWN_ACCESS, v->place,
		   "\"access\" names \"#%s\", which is %s%s%s%s", p->text,
		   symbol ? symbol_kind_phrase(symbol->kind)
			  : "neither in \"children\" nor in \"collections\"",
		   near ? "; did you mean \"#" : "", near ? near : "",
		   near ? "\"?" : "");
}

static void patterns_read(struct load *l, const struct json5_value *list,
			  struct access *ret)
{
	struct access_pattern *patterns;
	struct strings strings;
	const char *why;
	size_t n = 0, i;

	/* An empty list is nobody, and fine. */
	if (!list->list.n)
		return;
	strings = load_strings(l, list, "access");
	if (!strings.n)
		return;
	patterns = load_keep(l, strings.n, sizeof(*patterns));
	if (!patterns)
		return;
	for (i = 0; i < strings.n; i++) {
		const struct json5_value *v = strings.at[i];

		if (access_pattern_read(load_copy(l, v->string.bytes),
					&patterns[n], &why)) {
			pattern_report(l, v, why);
			continue;
		}
		patterns[n].place = v->place;
		if (patterns[n].kind == ACCESS_PATTERN_CHILD)
			pattern_resolve(l, v, &patterns[n]);
		n++;
	}
	ret->patterns = patterns;
	ret->n_patterns = n;
}

static const struct access *access_read(struct load *l,
					const struct json5_value *v)
{
	struct access *access = load_keep(l, 1, sizeof(*access));

	if (!access)
		return NULL;
	*access = (struct access){ .place = v->place };
	if (v->type == JSON5_ARRAY) {
		access->kind = ACCESS_LIST;
		patterns_read(l, v, access);
	} else {
		word_read(l, v);
	}
	return access;
}

void access_read_all(struct load *l)
{
	const struct draft *last = NULL;
	struct draft *draft;

	for (draft = l->first[DECL_CAPABILITY]; draft; draft = draft->next) {
		/* The names of one item share it. */
		if (last && draft_is_same_item(draft, last))
			draft->decl.access = last->decl.access;
		else if (draft->access)
			draft->decl.access = access_read(l, draft->access);
		last = draft;
	}
}
