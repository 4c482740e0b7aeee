/*
 * Completion: what can stand at the cursor, by the outline of whatever is
 * there.
 *
 * Where quotes stand already only what is between them is replaced; where none
 * do, they come with the proposal.
 */
#include "lsp/completion.h"

#include <string.h>

void proposal_add(struct proposals *p, enum proposal_kind kind,
		  const char *label, const char *detail)
{
	_cleanup_text_ struct text insert = TEXT_INIT;
	struct text *t = p->text;

	if (p->n++ >= PROPOSALS_MAX)
		return;
	text_printf(&insert, "%s%s%s", p->before, label, p->after);
	text_puts(t, p->n > 1 ? ",{\"label\":" : "{\"label\":");
	text_json(t, label);
	text_printf(t, ",\"kind\":%d,\"sortText\":\"%04zu\"", kind, p->n);
	if (detail) {
		text_puts(t, ",\"detail\":");
		text_json(t, detail);
	}
	text_puts(t, ",\"textEdit\":{\"range\":");
	range_write(p->server, p->spot->document, p->from, p->to, t);
	text_puts(t, ",\"newText\":");
	text_json_bytes(t, text_string(&insert), insert.n);
	text_puts(t, "}}");
	t->failed = t->failed || text_is_failed(&insert);
}

static bool is_truth(const char *word)
{
	return !strcmp(word, "true") || !strcmp(word, "false");
}

void proposal_add_words(struct proposals *p, const char *words)
{
	const char *before = p->before, *after = p->after, *end;
	char word[64];

	for (; *words; words = *end ? end + 1 : end) {
		end = strchrnul(words, ' ');
		if ((size_t)(end - words) >= sizeof(word))
			continue;
		*(char *)mempcpy(word, words, (size_t)(end - words)) = 0;
		if (is_truth(word)) {
			if (p->is_string)
				continue;
			p->before = *before == ' ' ? " " : "";
			p->after = "";
		}
		proposal_add(p, PROPOSAL_WORD, word, NULL);
		p->before = before;
		p->after = after;
	}
}

/* ---- keys ---- */

/* Do the keys of this file stand in quotes? The first one tells. */
static bool keys_are_quoted(const struct document *d)
{
	const struct node *root = d->outline.root;
	const char *bytes = text_string(&d->text);

	node_for_each(m, root) if (m->key) return bytes[m->key_start] == '"' ||
		bytes[m->key_start] == '\'';
	return false;
}

static unsigned keyword_types(const struct shape *shape,
			      const struct node *keyword)
{
	struct shape_key key;
	size_t i;

	for (i = 0; keyword && shape_key_at(shape, i, &key); i++)
		if (key.is_keyword && !strcmp(key.name, keyword->key))
			return key.with;
	return ~0u;
}

static bool key_fits(const struct proposals *p, const struct shape_key *key,
		     const struct node *keyword, unsigned types)
{
	const struct node *present = node_get(p->spot->object, key->name);

	if (!key->is_supported ||
	    !(p->dialect == DIALECT_SEED ? key->is_seed : key->is_modern))
		return false;
	/* The one that is being typed may stay what it is. */
	if (present && present != p->spot->node)
		return false;
	if (key->is_keyword)
		return !keyword || keyword == p->spot->node;
	return key->with & types;
}

static void keys_add(struct proposals *p)
{
	const struct shape *shape = p->spot->shape;
	const struct node *keyword = node_keyword(p->spot->object, shape);
	unsigned types = keyword_types(shape, keyword);
	const struct description *d;
	struct shape_key key;
	size_t i;

	for (i = 0; shape_key_at(shape, i, &key); i++) {
		if (!key_fits(p, &key, keyword, types))
			continue;
		d = describe_key(shape, key.name);
		proposal_add(p, PROPOSAL_KEY, key.name, d ? d->text : NULL);
	}
}

static void complete_key(struct proposals *p)
{
	const struct node *node = p->spot->node;
	const char *bytes = text_string(&p->spot->document->text);
	bool is_quoted = keys_are_quoted(p->spot->document), has_quote;

	p->from = p->to = p->spot->at;
	p->before = is_quoted ? "\"" : "";
	p->after = is_quoted ? "\": " : ": ";
	if (node) {
		has_quote = bytes[node->key_start] == '"' ||
			    bytes[node->key_start] == '\'';
		p->from = node->key_start + has_quote;
		p->to = node->key_end - has_quote;
		if (p->to < p->from)
			p->to = p->from;
		p->before = is_quoted && !has_quote ? "\"" : "";
		if (has_quote)
			p->after = "";
		else if (node->has_colon)
			p->after = is_quoted ? "\"" : "";
	}
	keys_add(p);
}

/* ---- values ---- */

/* Set what is replaced in a value; false if nothing can be typed here. */
static bool value_place(struct proposals *p)
{
	const struct node *node = p->spot->node;
	size_t at = p->spot->at;
	bool needs_blank;

	p->from = p->to = at;
	p->before = p->after = "\"";
	switch (node->kind) {
	case NODE_STRING:
		/* Outside of the quotes. */
		if (at <= node->start || (node->is_closed && at >= node->end))
			return false;
		p->is_string = true;
		p->from = node->start + 1;
		p->to = node->is_closed ? node->end - 1 : at;
		p->before = "";
		p->after = node->is_closed ? "" : "\"";
		return true;
	case NODE_WORD:
		p->from = node->start;
		p->to = node->end;
		return true;
	case NODE_MISSING:
		needs_blank = node->has_colon && at == node->start;
		p->before = needs_blank ? " \"" : "\"";
		return node->has_colon;
	case NODE_ARRAY:
		return true;
	case NODE_OBJECT:
		break;
	}
	return false;
}

static int complete_at(struct proposals *p)
{
	const struct spot *spot = p->spot;
	const struct description *d;
	const char *words;

	if (!spot->object || !spot->shape)
		return 0;
	if (!spot->node || spot->is_on_key) {
		complete_key(p);
		return 0;
	}
	if (!spot->key || !value_place(p))
		return 0;
	d = describe_key(spot->shape, spot->key);
	words = d ? describe_words(d, p->dialect) : NULL;
	if (words)
		proposal_add_words(p, words);
	return complete_value(p, spot->key);
}

/* That of the last good text, or the one that the present text looks like. */
static enum manifest_dialect dialect_guess(const struct document *d)
{
	static const char *const words[] = { "\"/svc/", "\"realm\"", "dest" };
	size_t i;

	if (d->dialect != DIALECT_NONE)
		return d->dialect;
	for (i = 0; i < N_ELEMENTS(words); i++)
		if (memmem(text_string(&d->text), d->text.n, words[i],
			   strlen(words[i])))
			return DIALECT_SEED;
	return DIALECT_MODERN;
}

int completion_answer(struct server *s, const struct json5_value *params,
		      struct text *ret)
{
	_cleanup_text_ struct text items = TEXT_INIT;
	struct proposals p = { .server = s, .text = &items };
	struct spot spot;
	int r;

	if (!params_spot(s, params, &spot))
		return ANSWER_INVALID;
	p.spot = &spot;
	p.dialect = dialect_guess(spot.document);
	r = complete_at(&p);
	if (r)
		return r;
	text_printf(ret, "{\"isIncomplete\":%s,\"items\":[",
		    p.n > PROPOSALS_MAX ? "true" : "false");
	text_append(ret, text_string(&items), items.n);
	text_puts(ret, "]}");
	ret->failed = ret->failed || text_is_failed(&items);
	return 0;
}
