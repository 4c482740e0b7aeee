/* Document symbols: the sections, and what stands in each. */
#include <string.h>

#include "lsp/answer.h"

enum {
	/* Of the protocol's SymbolKind. */
	SYMBOL_MODULE = 2,
	SYMBOL_NAMESPACE = 3,
	SYMBOL_PROPERTY = 7,
	SYMBOL_INTERFACE = 11,
	SYMBOL_ARRAY = 18,
};

static const struct {
	const char *section, *name;
	int kind;
} sections[] = {
	{ "program", NULL, SYMBOL_PROPERTY },
	{ "children", "name", SYMBOL_MODULE },
	{ "collections", "name", SYMBOL_ARRAY },
	{ "environments", "name", SYMBOL_PROPERTY },
	{ "capabilities", NULL, SYMBOL_INTERFACE },
	{ "storage", "name", SYMBOL_INTERFACE },
	{ "use", NULL, SYMBOL_INTERFACE },
	{ "offer", NULL, SYMBOL_INTERFACE },
	{ "expose", NULL, SYMBOL_INTERFACE },
};

/* What a value says, the elements of an array one by one. */
static void value_text(const struct node *value, struct text *t)
{
	enum { LENGTH_MAX = 200 };
	bool is_first = true;

	if (!value)
		return;
	if (value->kind != NODE_ARRAY) {
		text_puts(t, value->text);
		return;
	}
	node_for_each(element, value)
	{
		if (t->n > LENGTH_MAX) {
			text_puts(t, ", ...");
			return;
		}
		text_puts(t, is_first ? "" : ", ");
		text_puts(t, element->kind == NODE_OBJECT &&
					     node_text(element, "dest")
				     ? node_text(element, "dest")
				     : element->text);
		is_first = false;
	}
}

static void detail_write(const struct node *element, const struct node *keyword,
			 struct text *t)
{
	_cleanup_text_ struct text detail = TEXT_INIT;
	const struct node *v;

	if (keyword)
		text_puts(&detail, keyword->key);
	v = node_get(element, "from");
	if (v) {
		text_puts(&detail, " from ");
		value_text(v, &detail);
	}
	v = node_get(element, "to");
	if (v) {
		text_puts(&detail, " to ");
		value_text(v, &detail);
	}
	value_text(node_get(element, "url"), &detail);
	t->failed |= text_is_failed(&detail);
	if (!detail.n)
		return;
	text_puts(t, ",\"detail\":");
	text_json(t, text_string(&detail));
}

static void element_write(const struct server *s, const struct document *d,
			  const struct node *element, size_t section,
			  struct text *t)
{
	const struct node *keyword = NULL, *name;
	_cleanup_text_ struct text label = TEXT_INIT;

	if (sections[section].name)
		name = node_get(element, sections[section].name);
	else
		name = keyword = node_keyword(element, node_shape(element));
	value_text(name, &label);
	text_puts(t, "{\"name\":");
	text_json(t, label.n ? text_string(&label) : "?");
	t->failed |= text_is_failed(&label);
	detail_write(element, keyword, t);
	text_printf(t, ",\"kind\":%d,\"range\":", sections[section].kind);
	range_write(s, d, element->start, element->end, t);
	text_puts(t, ",\"selectionRange\":");
	if (name)
		range_write(s, d, name->start, name->end, t);
	else
		range_write(s, d, element->start, element->start, t);
	text_puts(t, "}");
}

static void section_write(const struct server *s, const struct document *d,
			  const struct node *node, size_t section,
			  struct text *t)
{
	bool is_first = true;

	text_puts(t, "{\"name\":");
	text_json(t, node->key);
	text_printf(t, ",\"kind\":%d,\"range\":", SYMBOL_NAMESPACE);
	range_write(s, d, node->key_start,
		    node->end > node->key_end ? node->end : node->key_end, t);
	text_puts(t, ",\"selectionRange\":");
	range_write(s, d, node->key_start, node->key_end, t);
	text_puts(t, ",\"children\":[");
	if (node->kind == NODE_ARRAY) {
		node_for_each(element, node)
		{
			if (element->kind != NODE_OBJECT)
				continue;
			text_puts(t, is_first ? "" : ",");
			element_write(s, d, element, section, t);
			is_first = false;
		}
	}
	text_puts(t, "]}");
}

int symbols_answer(struct server *s, const struct json5_value *params,
		   struct text *ret)
{
	struct document *d = params_document(s, params);
	const struct node *root = d ? d->outline.root : NULL;
	bool is_first = true;
	size_t i;

	if (!d)
		return ANSWER_INVALID;
	text_puts(ret, "[");
	if (root && root->kind == NODE_OBJECT) {
		node_for_each(m, root)
		{
			for (i = 0; i < N_ELEMENTS(sections); i++)
				if (m->key &&
				    !strcmp(m->key, sections[i].section))
					break;
			if (i == N_ELEMENTS(sections))
				continue;
			text_puts(ret, is_first ? "" : ",");
			section_write(s, d, m, i, ret);
			is_first = false;
		}
	}
	text_puts(ret, "]");
	return 0;
}
