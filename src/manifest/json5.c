/*
 * The JSON5 grammar, by recursive descent; JSON5_DEPTH_MAX bounds the
 * recursion.
 *
 * Slips that leave no doubt about what was meant are mended, so that one run
 * shows all of them: a missing comma or colon between two values that stand
 * apart, a comma too many, a word without quotes, a string without its closing
 * quote, a key that stands twice. Anything else ends the reading; nothing is
 * reported that could be the echo of an earlier slip.
 */
#include "manifest/json5.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "manifest/json5_lex.h"

static int read_value(struct lexer *l, unsigned depth, struct json5_value *v);

const char *json5_type_phrase(enum json5_type type)
{
	static const char *const phrases[] = {
		[JSON5_NULL] = "null",	     [JSON5_BOOL] = "true or false",
		[JSON5_NUMBER] = "a number", [JSON5_STRING] = "a string",
		[JSON5_ARRAY] = "an array",  [JSON5_OBJECT] = "an object",
	};

	return phrases[type];
}

/* An array or object being read. */
struct list {
	struct json5_value *value;
	struct json5_value **last;
	struct place open;
	char opening, closing;
	struct place behind; /* the last element */
	size_t at_behind;
	bool is_closed; /* the last element ended with a bracket */
};

static void list_open(struct list *list, struct lexer *l, struct json5_value *v,
		      bool is_object)
{
	*list = (struct list){
		.value = v,
		.last = &v->list.first,
		.open = l->place,
		.opening = is_object ? '{' : '[',
		.closing = is_object ? '}' : ']',
	};
	v->type = is_object ? JSON5_OBJECT : JSON5_ARRAY;
	lexer_next(l);
}

static void list_link(struct list *list, struct lexer *l,
		      struct json5_value *element)
{
	*list->last = element;
	list->last = &element->next;
	list->value->list.n++;
	list->behind = l->place;
	list->at_behind = l->at;
	list->is_closed = element->type >= JSON5_ARRAY;
}

/*
 * Go to the next element. Returns 0 and whether there is one; skips the comma
 * behind the last one, and commas that are too many.
 */
static int list_step(struct list *list, struct lexer *l, bool *ret)
{
	bool has_comma = list->last == &list->value->list.first;
	bool is_object = list->opening == '{', touches;
	char found[FOUND_MAX];
	uint32_t c;
	int r;

	for (;;) {
		r = lexer_skip(l);
		if (r)
			return r;
		c = lexer_peek(l);
		if (c != ',')
			break;
		if (has_comma)
			lexer_mend(l, l->place,
				   "found a comma where %s was expected; "
				   "remove it",
				   is_object ? "a key" : "a value");
		has_comma = true;
		lexer_next(l);
	}
	if (c == (uint32_t)list->closing) {
		lexer_next(l);
		*ret = false;
		return 0;
	}
	if (c == ']' || c == '}' || c == LEXER_END)
		return lexer_error(l, RULE_SYNTAX, l->place,
				   "found %s, but the \"%c\" at %u:%u is not "
				   "closed; \"%c\" is missing",
				   lexer_found(l, found), list->opening,
				   list->open.line, list->open.column,
				   list->closing);
	if (has_comma) {
		*ret = true;
		return 0;
	}

	/* Only what stands apart is surely a next element; what touches the
	 * last one more likely is a part of it that a stray quote cut off. */
	touches = l->at == list->at_behind && !list->is_closed;
	if (touches && lexer_is_word(l))
		return lexer_error(l, RULE_SYNTAX, l->place,
				   "found %s right behind a value; a comma is "
				   "missing here, or a quote before it",
				   lexer_found(l, found));
	if (touches ||
	    !(lexer_is_string(l) || lexer_is_word(l) ||
	      (!is_object && (lexer_is_number(l) || c == '[' || c == '{'))))
		return lexer_error(l, RULE_SYNTAX, l->place,
				   "found %s where a comma or \"%c\" was "
				   "expected",
				   lexer_found(l, found), list->closing);
	lexer_mend(l, list->behind,
		   "a comma is missing here, before %s (line %u)",
		   lexer_found(l, found), l->place.line);
	*ret = true;
	return 0;
}

static int read_array(struct lexer *l, unsigned depth, struct json5_value *v)
{
	struct json5_value *element;
	struct list list;
	bool more;
	int r;

	list_open(&list, l, v, false);
	for (;;) {
		r = list_step(&list, l, &more);
		if (r || !more)
			return r;
		element = arena_new(l->arena, struct json5_value);
		if (!element)
			return -ENOMEM;
		r = read_value(l, depth, element);
		if (r)
			return r;
		list_link(&list, l, element);
	}
}

static int read_key(struct lexer *l, struct json5_value *member,
		    struct word *ret)
{
	char found[FOUND_MAX];
	int r;

	if (lexer_is_string(l))
		r = lexer_read_string(l, true, ret);
	else if (lexer_is_word(l))
		r = lexer_read_word(l, ret);
	else
		return lexer_error(l, RULE_SYNTAX, l->place,
				   "found %s where a key or \"}\" was "
				   "expected%s",
				   lexer_found(l, found),
				   lexer_is_number(l)
					   ? "; put quotes around the key"
					   : "");
	if (r)
		return r;
	member->key = ret->bytes;
	member->n_key = ret->n;
	member->key_place = ret->start.place;
	member->key_at = (uint32_t)ret->start.at;
	member->key_end = (uint32_t)ret->end.at;
	return 0;
}

/* The colon between the key @w, just read, and its value. */
static int read_colon(struct lexer *l, struct json5_value *member,
		      const struct word *w)
{
	char found[FOUND_MAX], *name;
	int r;

	r = lexer_skip(l);
	if (r)
		return r;
	if (lexer_peek(l) == ':') {
		lexer_next(l);
		return lexer_skip(l);
	}
	if (w->quote.at) {
		/* `"name: "A"`: the key took up its colon and the next quote.
		 */
		lexer_return(l, w->quote);
		name = arena_copy(l->arena, l->bytes + w->start.at + 1,
				  w->quote.at - w->start.at - 1);
		if (!name)
			return -ENOMEM;
		lexer_mend_quote(l, w, name);
		member->key = name;
		member->n_key = (uint32_t)strlen(name);
		r = lexer_skip(l);
		if (r)
			return r;
		lexer_next(l);
		return lexer_skip(l);
	}
	if (lexer_peek(l) == '=') {
		lexer_mend(l, l->place, "found \"=\" where \":\" was expected");
		lexer_next(l);
		return lexer_skip(l);
	}
	if (l->at == w->end.at ||
	    !(lexer_is_string(l) || lexer_is_word(l) || lexer_is_number(l) ||
	      lexer_peek(l) == '[' || lexer_peek(l) == '{'))
		return lexer_error(l, RULE_SYNTAX, l->place,
				   "found %s where the \":\" behind the key "
				   "\"%.40s\" was expected",
				   lexer_found(l, found), member->key);
	lexer_mend(l, w->end.place, "a colon is missing here, behind \"%.40s\"",
		   member->key);
	return 0;
}

static int key_compare(const struct json5_value *a, const struct json5_value *b)
{
	uint32_t n = a->n_key < b->n_key ? a->n_key : b->n_key;
	int c = memcmp(a->key, b->key, n);

	if (c)
		return c;
	return (a->n_key > b->n_key) - (a->n_key < b->n_key);
}

static bool place_is_before(struct place a, struct place b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

/* By key, then by place. */
static int member_compare(const void *a, const void *b)
{
	const struct json5_value *const *left = a, *const *right = b;
	int c = key_compare(*left, *right);

	if (c)
		return c;
	return place_is_before((*left)->key_place, (*right)->key_place) ? -1
									: 1;
}

static void duplicate_report(struct lexer *l, const struct json5_value *first,
			     const struct json5_value *again)
{
	l->mended = true;
	lexer_error(l, RULE_DUPLICATE_KEY, again->key_place,
		    "the key \"%.80s\" stands here again; it is already at "
		    "%u:%u",
		    again->key, first->key_place.line, first->key_place.column);
}

/*
 * Report every key that stands twice and take its later members out. Sorting
 * keeps this cheap for any number of keys.
 */
static int object_check_keys(struct lexer *l, struct json5_value *object)
{
	struct json5_value **sorted, **link, *m;
	bool any = false;
	size_t i;

	if (object->list.n < 2)
		return 0;
	sorted = arena_array(l->arena, object->list.n, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (i = 0, m = object->list.first; m; m = m->next)
		sorted[i++] = m;
	qsort(sorted, object->list.n, sizeof(*sorted), member_compare);

	for (i = 1; i < object->list.n; i++) {
		if (key_compare(sorted[i - 1], sorted[i]) != 0)
			continue;
		m = sorted[i];
		duplicate_report(l, sorted[i - 1], m);
		m->key_place.line = 0;
		/* A third one is told about the first. */
		sorted[i] = sorted[i - 1];
		any = true;
	}
	if (!any)
		return 0;
	for (link = &object->list.first; *link;) {
		if ((*link)->key_place.line) {
			link = &(*link)->next;
			continue;
		}
		*link = (*link)->next;
		object->list.n--;
	}
	return 0;
}

static int read_object(struct lexer *l, unsigned depth, struct json5_value *v)
{
	struct json5_value *member;
	struct list list;
	struct word key;
	bool more;
	int r;

	list_open(&list, l, v, true);
	for (;;) {
		r = list_step(&list, l, &more);
		if (r)
			return r;
		if (!more)
			return object_check_keys(l, v);
		member = arena_new(l->arena, struct json5_value);
		if (!member)
			return -ENOMEM;
		r = read_key(l, member, &key);
		if (r)
			return r;
		r = read_colon(l, member, &key);
		if (r)
			return r;
		r = read_value(l, depth, member);
		if (r)
			return r;
		list_link(&list, l, member);
	}
}

static void value_set_text(struct json5_value *v, const struct word *w)
{
	v->type = JSON5_STRING;
	v->string.bytes = w->bytes;
	v->string.n = w->n;
}

static int read_literal(struct lexer *l, struct json5_value *v)
{
	struct word w;
	int r;

	r = lexer_read_word(l, &w);
	if (r)
		return r;
	if (w.has_escapes) {
		;
	} else if (strcmp(w.bytes, "true") == 0 ||
		   strcmp(w.bytes, "false") == 0) {
		v->type = JSON5_BOOL;
		v->truth = w.bytes[0] == 't';
		return 0;
	} else if (strcmp(w.bytes, "null") == 0) {
		v->type = JSON5_NULL;
		return 0;
	} else if (strcmp(w.bytes, "Infinity") == 0 ||
		   strcmp(w.bytes, "NaN") == 0) {
		v->type = JSON5_NUMBER;
		v->number = w.bytes[0] == 'I' ? INFINITY : NAN;
		v->digits = w.bytes;
		return 0;
	}
	lexer_mend(l, w.start.place,
		   "found the word %.40s where a value was expected; put "
		   "quotes around it",
		   w.bytes);
	value_set_text(v, &w);
	return 0;
}

static int read_number(struct lexer *l, struct json5_value *v)
{
	size_t start = l->at;
	int r;

	v->type = JSON5_NUMBER;
	r = lexer_read_number(l, &v->number);
	if (r)
		return r;
	v->digits = arena_copy(l->arena, l->bytes + start, l->at - start);
	return v->digits ? 0 : -ENOMEM;
}

static int read_value(struct lexer *l, unsigned depth, struct json5_value *v)
{
	uint32_t c = lexer_peek(l);
	char found[FOUND_MAX];
	struct word w;
	int r;

	v->place = l->place;
	v->at = (uint32_t)l->at;
	if (c == '[' || c == '{') {
		if (depth == JSON5_DEPTH_MAX)
			return lexer_error(
				l, RULE_TOO_DEEP, l->place,
				"more than %d arrays and objects are "
				"inside each other here",
				JSON5_DEPTH_MAX);
		r = c == '[' ? read_array(l, depth + 1, v)
			     : read_object(l, depth + 1, v);
	} else if (lexer_is_string(l)) {
		r = lexer_read_string(l, false, &w);
		if (!r)
			value_set_text(v, &w);
	} else if (lexer_is_number(l)) {
		r = read_number(l, v);
	} else if (lexer_is_word(l)) {
		r = read_literal(l, v);
	} else {
		return lexer_error(l, RULE_SYNTAX, l->place,
				   "found %s where a value was expected%s",
				   lexer_found(l, found),
				   c == '#' ? "; comments begin with \"//\""
					    : "");
	}
	v->end = l->place;
	v->at_end = (uint32_t)l->at;
	return r;
}

static int check_encoding(struct lexer *l)
{
	struct lexer ahead = *l;

	if (utf8_is_valid(l->bytes, l->n))
		return 0;
	while (lexer_peek(&ahead) != LEXER_END)
		lexer_next(&ahead);
	return lexer_error(l, RULE_ENCODING, ahead.place,
			   "the byte 0x%02x is not UTF-8 here; save the file "
			   "as UTF-8",
			   (unsigned char)l->bytes[ahead.at]);
}

static int read_file(struct lexer *l, size_t n_max, struct json5_value **ret)
{
	struct json5_value *root;
	char found[FOUND_MAX];
	int r;

	if (l->n > n_max)
		return lexer_error(l, RULE_TOO_LARGE, place_at(0, 0),
				   "the file is larger than %zu bytes (%zu "
				   "MiB), the most that is read",
				   n_max, n_max / (1024 * 1024));
	r = check_encoding(l);
	if (r)
		return r;
	root = arena_new(l->arena, struct json5_value);
	if (!root)
		return -ENOMEM;
	r = lexer_skip(l);
	if (r)
		return r;
	r = read_value(l, 0, root);
	if (r)
		return r;
	r = lexer_skip(l);
	if (r)
		return r;
	if (lexer_peek(l) != LEXER_END)
		return lexer_error(l, RULE_SYNTAX, l->place,
				   "found %s behind the end of the value; the "
				   "file should end here",
				   lexer_found(l, found));
	*ret = root;
	return l->mended ? JSON5_MENDED : 0;
}

int json5_read(const char *file, const char *bytes, size_t n,
	       struct arena *arena, struct json5_value **ret,
	       struct report *report)
{
	return json5_read_up_to(JSON5_SIZE_MAX, file, bytes, n, arena, ret,
				report);
}

int json5_read_up_to(size_t n_max, const char *file, const char *bytes,
		     size_t n, struct arena *arena, struct json5_value **ret,
		     struct report *report)
{
	struct lexer l = { .file = file,
			   .bytes = bytes,
			   .n = n,
			   .place = place_at(1, 1),
			   .arena = arena,
			   .report = report };
	struct json5_value *root = NULL;
	int r;

	/* A byte order mark is no character of the file. */
	if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		l.at = 3;
	r = read_file(&l, n_max, &root);
	if (report->failed)
		return -ENOMEM;
	if (root)
		*ret = root;
	return r;
}

const struct json5_value *json5_get(const struct json5_value *object,
				    const char *key)
{
	size_t n = strlen(key);

	if (!object || object->type != JSON5_OBJECT)
		return NULL;
	json5_for_each(m, object) if (m->n_key == n &&
				      memcmp(m->key, key, n) == 0) return m;
	return NULL;
}

const char *json5_string(const struct json5_value *v)
{
	if (!v || v->type != JSON5_STRING ||
	    strlen(v->string.bytes) != v->string.n)
		return NULL;
	return v->string.bytes;
}

bool json5_bool(const struct json5_value *v, bool otherwise)
{
	return v && v->type == JSON5_BOOL ? v->truth : otherwise;
}

double json5_number(const struct json5_value *v, double otherwise)
{
	return v && v->type == JSON5_NUMBER ? v->number : otherwise;
}
