/*
 * A style is what most of the file does; where the file does not say, what most
 * manifests do. All that is needed is where values begin and end, and what
 * stands between them.
 */
#include "manifest/edit_style.h"

#include <errno.h>
#include <string.h>

static const char default_indent[] = "    ";

/* For and against. */
struct votes {
	int quote, key, key_double, colon, comma, brace, bracket, end;
};

static bool is_newline_at(const struct edit_file *f, size_t at)
{
	return f->bytes[at] == '\n' || f->bytes[at] == '\r';
}

static size_t block_comment_end(const struct edit_file *f, size_t at)
{
	for (at += 2; at + 1 < f->n; at++)
		if (f->bytes[at] == '*' && f->bytes[at + 1] == '/')
			return at + 2;
	return f->n;
}

/* U+2028 and U+2029 end a comment as well. */
static bool is_separator_at(const struct edit_file *f, size_t at)
{
	return f->n - at >= 3 && (!memcmp(f->bytes + at, "\xe2\x80\xa8", 3) ||
				  !memcmp(f->bytes + at, "\xe2\x80\xa9", 3));
}

static size_t line_comment_end(const struct edit_file *f, size_t at)
{
	while (at < f->n && !is_newline_at(f, at) && !is_separator_at(f, at))
		at++;
	return at;
}

/* The bytes of what JSON5 takes for a blank at @at; 0: it is none. */
static size_t blank_length(const struct edit_file *f, size_t at)
{
	static const char *const wide[] = {
		"\xc2\xa0",	"\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
		"\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
		"\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89",
		"\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
		"\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf",
	};
	size_t i, n;

	if (strchr(" \t\v\f", f->bytes[at]) && f->bytes[at])
		return 1;
	for (i = 0; i < N_ELEMENTS(wide); i++) {
		n = strlen(wide[i]);
		if (f->n - at >= n && !memcmp(f->bytes + at, wide[i], n))
			return n;
	}
	return 0;
}

enum gap_kind gap_read(const struct edit_file *f, size_t at, size_t *ret_end)
{
	const char *s = f->bytes + at;
	size_t n;

	*ret_end = at;
	if (at >= f->n)
		return GAP_END;
	if (*s == ',') {
		*ret_end = at + 1;
		return GAP_COMMA;
	}
	if (is_newline_at(f, at)) {
		*ret_end = at + 1;
		if (*s == '\r' && at + 1 < f->n && s[1] == '\n')
			*ret_end = at + 2;
		return GAP_NEWLINE;
	}
	if (*s == '/' && at + 1 < f->n && s[1] == '/') {
		*ret_end = line_comment_end(f, at);
		return GAP_LINE_COMMENT;
	}
	if (*s == '/' && at + 1 < f->n && s[1] == '*') {
		*ret_end = block_comment_end(f, at);
		return GAP_BLOCK_COMMENT;
	}
	n = blank_length(f, at);
	*ret_end = at + n;
	return n ? GAP_BLANK : GAP_END;
}

size_t value_begin(const struct json5_value *v)
{
	return v->key ? v->key_at : v->at;
}

const struct json5_value *list_last(const struct json5_value *list)
{
	const struct json5_value *last = NULL;

	json5_for_each(v, list) last = v;
	return last;
}

size_t list_find_comma(const struct edit_file *f,
		       const struct json5_value *element)
{
	size_t at = element->at_end, end;
	enum gap_kind kind;

	while ((kind = gap_read(f, at, &end)) != GAP_END && kind != GAP_COMMA)
		at = end;
	return kind == GAP_COMMA ? at : 0;
}

size_t line_begin(const struct edit_file *f, size_t at)
{
	while (at && !is_newline_at(f, at - 1))
		at--;
	return at;
}

size_t line_indent_end(const struct edit_file *f, size_t at)
{
	at = line_begin(f, at);
	while (at < f->n && (f->bytes[at] == ' ' || f->bytes[at] == '\t'))
		at++;
	return at;
}

bool list_is_in_lines(const struct edit_file *f, const struct json5_value *list)
{
	const struct json5_value *first = json5_first(list);

	return first &&
	       line_begin(f, value_begin(first)) != line_begin(f, list->at);
}

static void vote(int *votes, bool is_for)
{
	*votes += is_for ? 1 : -1;
}

static void vote_list(const struct edit_file *f, struct votes *votes,
		      const struct json5_value *list)
{
	const struct json5_value *first = json5_first(list);
	const struct json5_value *last = list_last(list);

	if (!first)
		return;
	if (list_is_in_lines(f, list)) {
		vote(&votes->end, list_find_comma(f, last) != 0);
		return;
	}
	vote(list->type == JSON5_OBJECT ? &votes->brace : &votes->bracket,
	     f->bytes[list->at + 1] == ' ');
}

static void vote_member(const struct edit_file *f, struct votes *votes,
			const struct json5_value *m)
{
	char first = f->bytes[m->key_at];

	vote(&votes->key, first == '"' || first == '\'');
	if (first == '"' || first == '\'')
		vote(&votes->key_double, first == '"');
	if (f->bytes[m->key_end] == ':')
		vote(&votes->colon, f->bytes[m->key_end + 1] == ' ');
}

/* A file may be one line of a megabyte, so its beginning is not looked for. */
static bool is_in_a_line(const struct edit_file *f, size_t from, size_t to)
{
	while (from < to && !is_newline_at(f, from))
		from++;
	return from == to;
}

static void vote_value(const struct edit_file *f, struct votes *votes,
		       const struct json5_value *v)
{
	size_t comma;

	if (v->key)
		vote_member(f, votes, v);
	comma = v->next ? list_find_comma(f, v) : 0;
	if (comma && is_in_a_line(f, comma, value_begin(v->next)))
		vote(&votes->comma, f->bytes[comma + 1] == ' ');
	if (v->type == JSON5_STRING)
		vote(&votes->quote, f->bytes[v->at] == '"');
	vote_list(f, votes, v);
	/* As deep as the reader went, which is bounded. */
	json5_for_each(child, v) vote_value(f, votes, child);
}

/* The first indentation that is deeper than that of what it is in. */
static const struct json5_value *indented_find(const struct edit_file *f,
					       const struct json5_value *list)
{
	const struct json5_value *found;

	json5_for_each(v, list)
	{
		if (list_is_in_lines(f, list) &&
		    line_indent_end(f, value_begin(v)) == value_begin(v))
			return v;
		found = indented_find(f, v);
		if (found)
			return found;
	}
	return NULL;
}

static const char *indent_find(struct edit_file *f)
{
	const struct json5_value *v = indented_find(f, f->root);
	const struct json5_value *list = v ? edit_parent(f, v) : NULL;
	size_t begin, end, outer;

	if (!list)
		return default_indent;
	begin = line_begin(f, value_begin(v));
	end = line_indent_end(f, begin);
	outer = line_indent_end(f, list->at) - line_begin(f, list->at);
	if (end - begin <= outer)
		return "";
	return arena_copy(&f->arena, f->bytes + begin + outer,
			  end - begin - outer);
}

static const char *newline_find(const struct edit_file *f)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->bytes[i] == '\n')
			return "\n";
		if (f->bytes[i] == '\r')
			return i + 1 < f->n && f->bytes[i + 1] == '\n' ? "\r\n"
								       : "\r";
	}
	return "\n";
}

int style_find(struct edit_file *f)
{
	struct votes votes = { 0 };
	bool is_one_line =
		f->root->place.line == f->root->end.line && f->root->list.n;

	vote_value(f, &votes, f->root);
	f->style = (struct edit_style){
		.newline = newline_find(f),
		.indent = indent_find(f),
		.quote = votes.quote >= 0 ? '"' : '\'',
		.key_quote = votes.key <= 0	     ? 0
			     : votes.key_double >= 0 ? '"'
						     : '\'',
		.has_space_after_colon = votes.colon >= 0,
		.has_space_after_comma =
			votes.comma ? votes.comma > 0 : votes.colon >= 0,
		.has_space_in_braces =
			votes.brace ? votes.brace > 0 : votes.colon >= 0,
		.has_space_in_brackets = votes.bracket > 0,
		.has_comma_at_end = votes.end >= 0,
		.is_one_line = is_one_line,
	};
	return f->style.indent ? 0 : -ENOMEM;
}

static void write_quoted(struct text *t, char quote, const char *s, size_t n)
{
	size_t i;

	text_append(t, &quote, 1);
	for (i = 0; i < n; i++) {
		if (s[i] == quote || s[i] == '\\')
			text_append(t, "\\", 1);
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			text_printf(t, "\\u%04x", (unsigned char)s[i]);
		else
			text_append(t, &s[i], 1);
	}
	text_append(t, &quote, 1);
}

void style_write_key(const struct edit_file *f,
		     const struct json5_value *object, const char *key,
		     struct text *t)
{
	const struct json5_value *first = json5_first(object);
	char quote = f->style.key_quote;
	size_t n = strlen(key);

	if (first) {
		quote = f->bytes[first->key_at];
		quote = quote == '"' || quote == '\'' ? quote : 0;
	}
	if (quote)
		write_quoted(t, quote, key, n);
	else
		text_append(t, key, n);
	text_puts(t, f->style.has_space_after_colon ? ": " : ":");
}

static void write_indent(const struct edit_file *f, const char *indent,
			 bool is_inner, struct text *t)
{
	text_printf(t, "%s%s%s", f->style.newline, indent,
		    is_inner ? f->style.indent : "");
}

/* What is before, between and behind the elements of a list. */
static void write_step(const struct edit_file *f, const char *indent,
		       bool is_in_lines, bool is_first, bool has_pad,
		       struct text *t)
{
	if (!is_first)
		text_puts(t, ",");
	if (is_in_lines)
		write_indent(f, indent, true, t);
	else if (is_first ? has_pad : f->style.has_space_after_comma)
		text_puts(t, " ");
}

static void write_list(const struct edit_file *f,
		       const struct json5_value *list,
		       const struct json5_value *model, bool is_in_lines,
		       const char *indent, struct text *t)
{
	bool is_object = list->type == JSON5_OBJECT, is_first = true;
	bool has_pad = is_object ? f->style.has_space_in_braces
				 : f->style.has_space_in_brackets;
	_cleanup_text_ struct text inner = TEXT_INIT;

	text_printf(&inner, "%s%s", indent, is_in_lines ? f->style.indent : "");
	text_puts(t, is_object ? "{" : "[");
	json5_for_each(v, list)
	{
		write_step(f, indent, is_in_lines, is_first, has_pad, t);
		is_first = false;
		if (is_object)
			style_write_key(f, model, v->key, t);
		style_write(f, v, is_object ? NULL : model, text_string(&inner),
			    t);
	}
	if (!is_first && is_in_lines) {
		text_puts(t, f->style.has_comma_at_end ? "," : "");
		write_indent(f, indent, false, t);
	} else if (!is_first && has_pad) {
		text_puts(t, " ");
	}
	text_puts(t, is_object ? "}" : "]");
	t->failed = t->failed || text_is_failed(&inner);
}

void style_write(const struct edit_file *f, const struct json5_value *value,
		 const struct json5_value *model, const char *indent,
		 struct text *t)
{
	const struct json5_value *first = json5_first(value);
	bool is_in_lines;

	switch (value->type) {
	case JSON5_NULL:
		text_puts(t, "null");
		return;
	case JSON5_BOOL:
		text_puts(t, value->truth ? "true" : "false");
		return;
	case JSON5_NUMBER:
		text_puts(t, value->digits);
		return;
	case JSON5_STRING:
		write_quoted(t, f->style.quote, value->string.bytes,
			     value->string.n);
		return;
	case JSON5_ARRAY:
		/* A new section: its items stand in lines. */
		is_in_lines = first && first->type == JSON5_OBJECT && model &&
			      !f->style.is_one_line;
		write_list(f, value, model, is_in_lines, indent, t);
		return;
	case JSON5_OBJECT:
		is_in_lines = model && model->type == JSON5_OBJECT &&
			      list_is_in_lines(f, model);
		write_list(f, value, model, is_in_lines, indent, t);
		return;
	case N_JSON5_TYPES:
		return;
	}
}
