/* What only goes with events: the scope they come from, and filters. They are
 * read and checked; no event is ever routed. */
#include "manifest/item.h"

/* Everybody in "scope" is somebody of this manifest. */
static void scope_check(struct item *i, const struct json5_value *v)
{
	enum { INSTANCES = 1 << SYMBOL_CHILD | 1 << SYMBOL_COLLECTION };
	struct strings names = load_strings(i->load, v, "scope");
	const struct symbol *symbol;
	const char *s, *name, *near;
	size_t k;

	for (k = 0; k < names.n; k++) {
		s = names.at[k]->string.bytes;
		if (*s != '#') {
			load_error(i->load, RULE_INVALID_REFERENCE,
				   names.at[k]->place,
				   "\"scope\" names children and collections, "
				   "written \"#name\", not \"%.80s\"",
				   s);
			continue;
		}
		if (!reference_read(i->load, names.at[k], s, &name))
			continue;
		symbol = symbol_find(i->load, name);
		if (symbol && symbol->kind <= SYMBOL_COLLECTION)
			continue;
		near = symbol_nearest(i->load, name, INSTANCES);
		load_error(i->load, RULE_UNKNOWN_SCOPE, names.at[k]->place,
			   "\"scope\" names \"#%s\", which is %s%s%s%s", name,
			   symbol ? symbol_kind_phrase(symbol->kind)
				  : "neither in \"children\" nor in "
				    "\"collections\"",
			   near ? "; did you mean \"#" : "", near ? near : "",
			   near ? "\"?" : "");
	}
}

void item_check_event(struct item *i)
{
	if (item_at(i, KEY_SCOPE))
		scope_check(i, item_at(i, KEY_SCOPE));
	json5_for_each(v, item_at(i, KEY_FILTER))
		load_strings(i->load, v, v->key);
}
