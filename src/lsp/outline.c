/*
 * One pass over the tokens, with the tree itself as the stack: deep nesting
 * costs no stack of ours. A closing bracket closes the nearest open one of its
 * kind, and what is open inside of that with it; one that closes nothing is
 * passed over. A string ends at its quote or at the end of its line.
 */
#include "lsp/outline.h"

#include <errno.h>
#include <string.h>

struct reader {
	struct outline *outline;
	const char *bytes;
	size_t n, at;
	struct node *open;    /* the innermost array or object */
	struct node *pending; /* a member that still wants its value */
	size_t n_open[NODE_OBJECT + 1]; /* by kind, @open and those around it */
};

static bool is_word(const struct reader *r)
{
	unsigned char c = (unsigned char)r->bytes[r->at];

	return c >= 0x80 || c == '_' || c == '$' || c == '+' || c == '-' ||
	       c == '.' || c == '#' || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip_comment(struct reader *r)
{
	const char *stop;

	if (r->bytes[r->at + 1] == '/') {
		while (r->at < r->n && r->bytes[r->at] != '\n' &&
		       r->bytes[r->at] != '\r')
			r->at++;
		return;
	}
	stop = memmem(r->bytes + r->at + 2, r->n - r->at - 2, "*/", 2);
	r->at = stop ? (size_t)(stop - r->bytes) + 2 : r->n;
}

/* What a string says: escapes lose their backslash, which is all that names and
 * paths need. */
static const char *string_text(struct reader *r, size_t from, size_t to)
{
	char *s = arena_copy(&r->outline->arena, r->bytes + from, to - from);
	size_t i, n = 0;

	if (!s) {
		r->outline->failed = true;
		return "";
	}
	for (i = 0; i < to - from; i++) {
		if (s[i] == '\\' && i + 1 < to - from)
			i++;
		s[n++] = s[i];
	}
	s[n] = 0;
	return s;
}

/* A string or word at the reader's position. */
static struct node read_token(struct reader *r)
{
	struct node v = { .kind = NODE_WORD, .is_closed = true };
	char quote = r->bytes[r->at];
	size_t start = r->at;

	v.start = (uint32_t)start;
	if (quote != '"' && quote != '\'') {
		while (r->at < r->n && is_word(r))
			r->at++;
		v.text = arena_copy(&r->outline->arena, r->bytes + start,
				    r->at - start);
		r->outline->failed |= !v.text;
		v.text = v.text ? v.text : "";
		v.end = (uint32_t)r->at;
		return v;
	}
	v.kind = NODE_STRING;
	for (r->at++; r->at < r->n; r->at++) {
		if (r->bytes[r->at] == quote || r->bytes[r->at] == '\n' ||
		    r->bytes[r->at] == '\r')
			break;
		if (r->bytes[r->at] == '\\' && r->at + 1 < r->n)
			r->at++; /* an escape, or a line that goes on */
	}
	v.text = string_text(r, start + 1, r->at < r->n ? r->at : r->n);
	v.is_closed = r->at < r->n && r->bytes[r->at] == quote;
	r->at = r->at < r->n ? r->at + v.is_closed : r->n;
	v.end = (uint32_t)r->at;
	return v;
}

/* A node behind the last one of what is open; NULL when that was enough. */
static struct node *node_add(struct reader *r, const struct node *v)
{
	struct outline *o = r->outline;
	struct node *node = NULL;

	if (o->n_nodes < OUTLINE_NODES_MAX) {
		node = arena_new(&o->arena, struct node);
		o->failed |= !node;
	}
	if (!node) {
		r->at = r->n;
		return NULL;
	}
	o->n_nodes++;
	*node = *v;
	node->parent = r->open;
	if (!r->open) {
		/* The first value is the document. */
		o->root = o->root ? o->root : node;
		return node;
	}
	if (r->open->last)
		r->open->last->next = node;
	else
		r->open->first = node;
	r->open->last = node;
	return node;
}

/* The value @v: of the member that waits for one, or an element of its own. */
static struct node *value_add(struct reader *r, const struct node *v)
{
	struct node *m = r->pending;

	r->pending = NULL;
	if (!m)
		return node_add(r, v);
	m->kind = v->kind;
	m->start = v->start;
	m->end = v->end;
	m->is_closed = v->is_closed;
	m->text = v->text;
	return m;
}

static void key_add(struct reader *r, const struct node *token)
{
	struct node member = {
		.kind = NODE_MISSING,
		.start = token->end,
		.end = token->end,
		.text = "",
		.key = token->text,
		.key_start = token->start,
		.key_end = token->end,
	};

	r->pending = node_add(r, &member);
}

/* A member gets no value any more: what could be one ends here. */
static void pending_end(struct reader *r)
{
	if (r->pending && r->pending->has_colon)
		r->pending->end = (uint32_t)r->at;
	r->pending = NULL;
}

static void bracket_open(struct reader *r, enum node_kind kind)
{
	struct node v = { .kind = kind,
			  .start = (uint32_t)r->at,
			  .end = (uint32_t)r->n,
			  .text = "" };
	bool is_value = !r->open || r->open->kind == NODE_ARRAY || r->pending;
	struct node *node;

	r->at++;
	/* In an object without a key: still worth a look inside. */
	if (!is_value)
		v.is_closed = false;
	node = value_add(r, &v);
	if (!node)
		return;
	r->open = node;
	r->n_open[kind]++;
}

static void bracket_close(struct reader *r, enum node_kind kind)
{
	struct node *node = r->open;

	pending_end(r);
	r->at++;
	/* Looked for only if it is there: what is passed over ends. */
	if (!r->n_open[kind])
		return;
	for (; node->kind != kind; node = node->parent) {
		node->end = (uint32_t)r->at - 1;
		r->n_open[node->kind]--;
	}
	node->end = (uint32_t)r->at;
	node->is_closed = true;
	r->n_open[kind]--;
	r->open = node->parent;
}

/* Is a colon the next thing on this line? */
static bool is_before_colon(const struct reader *r)
{
	size_t at = r->at;

	while (at < r->n && (r->bytes[at] == ' ' || r->bytes[at] == '\t'))
		at++;
	return at < r->n && r->bytes[at] == ':';
}

static void token_add(struct reader *r)
{
	size_t start = r->at;
	struct node v = read_token(r);

	/* A member without a colon has no value, nor has one behind which a key
	 * comes: this is the next one. */
	if (r->pending && !r->pending->has_colon)
		r->pending = NULL;
	else if (r->pending && is_before_colon(r))
		r->pending->end = (uint32_t)start;
	if (r->pending && is_before_colon(r))
		r->pending = NULL;
	if (r->open && r->open->kind == NODE_OBJECT && !r->pending)
		key_add(r, &v);
	else
		value_add(r, &v);
}

static void colon_add(struct reader *r)
{
	r->at++;
	if (!r->pending)
		return;
	r->pending->has_colon = true;
	r->pending->start = r->pending->end = (uint32_t)r->at;
}

/* What begins at the reader's position. */
static void step(struct reader *r)
{
	char c = r->bytes[r->at], next;

	if (c == '{' || c == '[') {
		bracket_open(r, c == '{' ? NODE_OBJECT : NODE_ARRAY);
	} else if (c == '}' || c == ']') {
		bracket_close(r, c == '}' ? NODE_OBJECT : NODE_ARRAY);
	} else if (c == ':') {
		colon_add(r);
	} else if (c == ',') {
		pending_end(r);
		r->at++;
	} else if (c == '"' || c == '\'' || is_word(r)) {
		token_add(r);
	} else {
		next = r->at + 1 < r->n ? r->bytes[r->at + 1] : 0;
		if (c == '/' && (next == '/' || next == '*'))
			skip_comment(r);
		else
			r->at++;
	}
}

int outline_read(struct outline *o, const char *bytes, size_t n)
{
	struct reader r = { .outline = o, .bytes = bytes, .n = n };

	*o = (struct outline){ .arena = ARENA_INIT };
	while (r.at < r.n)
		step(&r);
	r.at = n;
	pending_end(&r);
	return o->failed ? -ENOMEM : 0;
}

void outline_fini(struct outline *o)
{
	arena_fini(&o->arena);
	*o = (struct outline){ .arena = ARENA_INIT };
}

static bool node_touches(const struct node *node, size_t at)
{
	size_t start = node->key ? node->key_start : node->start;
	size_t end = node->end > node->key_end ? node->end : node->key_end;

	/* Behind a bracket one is outside of it. */
	if (node->kind >= NODE_ARRAY && node->is_closed)
		end--;
	if (node->kind >= NODE_ARRAY && !node->key)
		start++;
	return at >= start && at <= end;
}

const struct node *outline_find(const struct outline *o, size_t at)
{
	const struct node *found = NULL, *child;

	for (child = o->root; child;) {
		if (!node_touches(child, at)) {
			child = child->next;
			continue;
		}
		found = child;
		/* On a key one is not yet inside of its value. */
		if (child->key && at <= child->key_end)
			break;
		child = child->first;
	}
	return found;
}

const struct node *node_get(const struct node *object, const char *key)
{
	if (!object || object->kind != NODE_OBJECT)
		return NULL;
	node_for_each(m, object) if (m->key && !strcmp(m->key, key)) return m;
	return NULL;
}

const char *node_text(const struct node *object, const char *key)
{
	const struct node *m = node_get(object, key);

	return m && (m->kind == NODE_STRING || m->kind == NODE_WORD) ? m->text
								     : NULL;
}

const char *node_key(const struct node *node)
{
	while (node && !node->key && node->parent &&
	       node->parent->kind == NODE_ARRAY)
		node = node->parent;
	return node ? node->key : NULL;
}

const struct node *node_object(const struct node *node)
{
	for (node = node->parent; node; node = node->parent)
		if (node->kind == NODE_OBJECT)
			return node;
	return NULL;
}
