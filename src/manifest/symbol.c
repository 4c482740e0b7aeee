/*
 * The identifier space of a manifest: children, collections, environments
 * and most capabilities share it. Names are collected, sorted once, and found
 * by halving.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest/load.h"

const char *symbol_kind_phrase(enum symbol_kind kind)
{
	static const char *const phrases[] = {
		[SYMBOL_CHILD] = "a child",
		[SYMBOL_COLLECTION] = "a collection",
		[SYMBOL_STORAGE] = "a storage",
		[SYMBOL_RUNNER] = "a runner",
		[SYMBOL_RESOLVER] = "a resolver",
		[SYMBOL_DICTIONARY] = "a dictionary",
		[SYMBOL_ENVIRONMENT] = "an environment",
	};

	return phrases[kind];
}

void symbol_add(struct load *l, struct symbol symbol)
{
	struct symbol *grown;
	size_t n = l->n_symbols_max ? l->n_symbols_max * 2 : 16;

	if (l->n_symbols == l->n_symbols_max) {
		grown = load_scratch(l, n, sizeof(*grown));
		if (!grown)
			return;
		if (l->n_symbols)
			memcpy(grown, l->symbols,
			       l->n_symbols * sizeof(*grown));
		l->symbols = grown;
		l->n_symbols_max = n;
	}
	l->symbols[l->n_symbols++] = symbol;
}

static int symbol_compare(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;
	int c = strcmp(left->name, right->name);

	return c ? c : place_compare(left->place, right->place);
}

void symbol_check_names(struct load *l)
{
	size_t i, k = 0;

	l->has_all_symbols = true;
	if (!l->n_symbols)
		return;
	qsort(l->symbols, l->n_symbols, sizeof(*l->symbols), symbol_compare);
	for (i = 0; i < l->n_symbols; i++) {
		const struct symbol *s = &l->symbols[i];

		if (!k || strcmp(l->symbols[k - 1].name, s->name) != 0) {
			l->symbols[k++] = *s;
			continue;
		}
		load_error(l, RULE_DUPLICATE_NAME, s->place,
			   "the name \"%s\" is already taken by %s at %s; "
			   "children, collections, environments, storages, "
			   "runners, resolvers and dictionaries share one set "
			   "of names",
			   s->name, symbol_kind_phrase(l->symbols[k - 1].kind),
			   load_place(l, l->symbols[k - 1].place, s->place));
	}
	l->n_symbols = k;
}

const struct symbol *symbol_find(const struct load *l, const char *name)
{
	size_t low = 0, high = l->n_symbols, middle;
	int c;

	while (low < high) {
		middle = (low + high) / 2;
		c = strcmp(l->symbols[middle].name, name);
		if (!c)
			return &l->symbols[middle];
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct symbol *symbol_without_sign(const struct load *l, const char *name,
					 unsigned kinds)
{
	const struct symbol *s =
		l->has_all_symbols ? symbol_find(l, name) : NULL;

	return s && kinds & 1u << s->kind ? s : NULL;
}

const char *symbol_nearest(struct load *l, const char *name, unsigned kinds)
{
	/* So that a large hostile file does not keep us searching. */
	enum { LENGTH_MAX = 64, SYMBOLS_MAX = 1000, ERRORS_MAX = 20 };
	const char **names;
	size_t n = 0, i;

	if (!l->n_symbols || l->n_symbols > SYMBOLS_MAX ||
	    l->n_errors > ERRORS_MAX || strlen(name) > LENGTH_MAX)
		return NULL;
	names = load_scratch(l, l->n_symbols, sizeof(*names));
	if (!names)
		return NULL;
	for (i = 0; i < l->n_symbols; i++)
		if (kinds & 1u << l->symbols[i].kind)
			names[n++] = l->symbols[i].name;
	return text_nearest(name, names, n);
}
