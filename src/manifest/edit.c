/*
 * An edit is a few splices: bytes that go, bytes that come, at offsets that the
 * reader kept.
 *
 * What is added stands behind the last element and the comment that belongs to
 * it, on a line of its own if that one does.
 */
#include "manifest/edit.h"

#include <string.h>

#include "manifest/edit_style.h"

int edit_open(struct edit_file *f, const char *bytes, size_t n)
{
	struct json5_value *root = NULL;
	struct report report;
	int r;

	*f = (struct edit_file){ .bytes = bytes, .n = n };
	report_init(&report);
	r = json5_read("", bytes, n, &f->arena, &root, &report);
	report_fini(&report);
	if (r)
		return r < 0 ? r : EDIT_INVALID;
	if (root->type != JSON5_OBJECT)
		return EDIT_INVALID;
	f->root = root;
	return style_find(f);
}

void edit_close(struct edit_file *f)
{
	arena_fini(&f->arena);
	*f = (struct edit_file){ 0 };
}

static const struct json5_value *find_below(const struct json5_value *v,
					    struct place place,
					    enum json5_type type)
{
	const struct json5_value *found = NULL;

	if (v->type == type && v->place.line == place.line &&
	    v->place.column == place.column)
		return v;
	json5_for_each(child, v)
	{
		found = find_below(child, place, type);
		if (found)
			return found;
	}
	return NULL;
}

const struct json5_value *edit_find(const struct edit_file *f,
				    struct place place, enum json5_type type)
{
	return find_below(f->root, place, type);
}

static const struct json5_value *parent_below(const struct json5_value *list,
					      const struct json5_value *v)
{
	const struct json5_value *found;

	json5_for_each(child, list)
	{
		if (child == v)
			return list;
		found = parent_below(child, v);
		if (found)
			return found;
	}
	return NULL;
}

const struct json5_value *edit_parent(const struct edit_file *f,
				      const struct json5_value *v)
{
	return parent_below(f->root, v);
}

const struct json5_value *edit_value(struct edit_file *f, const char *json)
{
	struct json5_value *value = NULL;
	size_t n = strlen(json);
	char *copy = arena_copy(&f->arena, json, n);
	struct report report;
	int r;

	if (!copy)
		return NULL;
	report_init(&report);
	r = json5_read("", copy, n, &f->arena, &value, &report);
	report_fini(&report);
	return r ? NULL : value;
}

static void copy_until(const struct edit_file *f, size_t from, size_t to,
		       struct text *ret)
{
	text_append(ret, f->bytes + from, to - from);
}

/* The bytes from @at to @end give way to @with. */
static void splice(const struct edit_file *f, size_t at, size_t end,
		   const struct text *with, struct text *ret)
{
	copy_until(f, 0, at, ret);
	text_append(ret, text_string(with), with->n);
	copy_until(f, end, f->n, ret);
	ret->failed = ret->failed || text_is_failed(with);
}

/* The indentation of the line that @at is in. */
static void indent_copy(const struct edit_file *f, size_t at, struct text *t)
{
	copy_until(f, line_begin(f, at), line_indent_end(f, at), t);
}

void edit_replace(const struct edit_file *f, const struct json5_value *v,
		  const struct json5_value *with, struct text *ret)
{
	_cleanup_text_ struct text t = TEXT_INIT, indent = TEXT_INIT;
	struct edit_file like = *f;

	/* A string keeps its own quotes. */
	if (v->type == JSON5_STRING && with->type == JSON5_STRING)
		like.style.quote = f->bytes[v->at];
	indent_copy(f, v->at, &indent);
	style_write(&like, with, NULL, text_string(&indent), &t);
	splice(f, v->at, v->at_end, &t, ret);
	ret->failed = ret->failed || text_is_failed(&indent);
}

void edit_rename(const struct edit_file *f, const struct json5_value *m,
		 const char *key, struct text *ret)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	char quote[2] = { f->bytes[m->key_at], 0 };

	if (*quote != '"' && *quote != '\'')
		*quote = 0;
	text_printf(&t, "%s%s%s", quote, key, quote);
	splice(f, m->key_at, m->key_end, &t, ret);
}

/* --- Adding --- */

struct addition {
	const struct edit_file *f;
	const struct json5_value *list;
	const char *key; /* NULL in arrays */
	const struct json5_value *value;
	/* An item of the kind that is written: how they are laid out. */
	const struct json5_value *model;
};

static void addition_write(const struct addition *a, const char *indent,
			   struct text *t)
{
	if (a->key)
		style_write_key(a->f, a->list, a->key, t);
	style_write(a->f, a->value, a->model, indent, t);
}

/*
 * The last item of the file's sections shows how items are written; where there
 * is none, any object that is a section itself; where there is none either,
 * they stand in a row.
 */
static const struct json5_value *model_find(const struct edit_file *f)
{
	static const struct json5_value in_a_row = { .type = JSON5_OBJECT };
	const struct json5_value *item = NULL, *object = &in_a_row, *last;

	json5_for_each(section, f->root)
	{
		last = section->type == JSON5_ARRAY ? list_last(section) : NULL;
		if (last && last->type == JSON5_OBJECT &&
		    (!item || strcmp(section->key, "children") != 0))
			item = last;
		if (section->type == JSON5_OBJECT)
			object = section;
	}
	return item ? item : object;
}

/*
 * Where the line's part ends that belongs to what ends at @at: behind its comma
 * and the comments beside it. *ret_kind is what follows: GAP_NEWLINE, or
 * GAP_END.
 */
static size_t beside_end(const struct edit_file *f, size_t at,
			 enum gap_kind *ret_kind, bool *ret_line_comment)
{
	size_t behind = at, end;

	*ret_line_comment = false;
	while ((*ret_kind = gap_read(f, at, &end)) != GAP_END &&
	       *ret_kind != GAP_NEWLINE) {
		if (*ret_kind != GAP_BLANK)
			behind = end;
		*ret_line_comment |= *ret_kind == GAP_LINE_COMMENT;
		at = end;
	}
	return behind;
}

static void add_behind(const struct addition *a, const struct json5_value *last,
		       struct text *ret)
{
	const struct edit_file *f = a->f;
	size_t begin = value_begin(last), comma = list_find_comma(f, last), at;
	bool begins_line = line_indent_end(f, begin) == begin;
	_cleanup_text_ struct text indent = TEXT_INIT;
	bool has_line_comment;
	enum gap_kind kind;

	at = beside_end(f, comma ? comma + 1 : last->at_end, &kind,
			&has_line_comment);
	indent_copy(f, begin, &indent);
	copy_until(f, 0, last->at_end, ret);
	if (begins_line || has_line_comment) {
		if (!begins_line)
			text_puts(&indent, f->style.indent);
		text_puts(ret, comma ? "" : ",");
		copy_until(f, last->at_end, at, ret);
		text_printf(ret, "%s%s", f->style.newline,
			    text_string(&indent));
	} else {
		copy_until(f, last->at_end, at, ret);
		text_puts(ret, comma ? "" : ",");
		text_puts(ret, f->style.has_space_after_comma ? " " : "");
	}
	addition_write(a, text_string(&indent), ret);
	text_puts(ret, comma ? "," : "");
	copy_until(f, at, f->n, ret);
	ret->failed = ret->failed || text_is_failed(&indent);
}

/* What is in an empty list. */
struct inside {
	size_t begin, end;	     /* between the brackets */
	size_t comment, comment_end; /* the last one; 0: none */
	bool has_newline;
	bool is_line_comment;
};

static struct inside inside_read(const struct edit_file *f,
				 const struct json5_value *list)
{
	struct inside in = { .begin = list->at + 1, .end = list->at_end - 1 };
	size_t at, end;
	enum gap_kind kind;

	for (at = in.begin; at < in.end; at = end) {
		kind = gap_read(f, at, &end);
		if (kind == GAP_NEWLINE)
			in.has_newline = true;
		if (kind == GAP_LINE_COMMENT || kind == GAP_BLOCK_COMMENT) {
			in.comment = at;
			in.comment_end = end;
			in.is_line_comment = kind == GAP_LINE_COMMENT;
		}
		if (end == at)
			break;
	}
	return in;
}

/* In a line of its own. @keep_end: what stood between the brackets ends with a
 * newline already. */
static void add_line_inside(const struct addition *a, size_t at, size_t end,
			    bool keep_end, struct text *ret)
{
	const struct edit_file *f = a->f;
	_cleanup_text_ struct text indent = TEXT_INIT;

	indent_copy(f, a->list->at, &indent);
	text_puts(&indent, f->style.indent);
	copy_until(f, 0, at, ret);
	text_printf(ret, "%s%s", f->style.newline, text_string(&indent));
	addition_write(a, text_string(&indent), ret);
	text_puts(ret, f->style.has_comma_at_end ? "," : "");
	if (!keep_end) {
		text_puts(ret, f->style.newline);
		indent_copy(f, a->list->at, ret);
	}
	copy_until(f, end, f->n, ret);
	ret->failed = ret->failed || text_is_failed(&indent);
}

static void add_inside(const struct addition *a, struct text *ret)
{
	const struct edit_file *f = a->f;
	struct inside in = inside_read(f, a->list);
	bool in_lines = !f->style.is_one_line &&
			(a->list == f->root || a->value->type == JSON5_OBJECT);
	bool has_pad = a->list->type == JSON5_OBJECT
			       ? f->style.has_space_in_braces
			       : f->style.has_space_in_brackets;
	_cleanup_text_ struct text indent = TEXT_INIT;

	if (in.comment_end && in.has_newline) {
		add_line_inside(a, in.comment_end, in.comment_end,
				inside_read(f, a->list).has_newline, ret);
		return;
	}
	if (!in.comment && (in_lines || in.has_newline)) {
		/* Blanks alone would be left at the end of a line. */
		add_line_inside(a, in.begin, in.has_newline ? in.begin : in.end,
				in.has_newline, ret);
		return;
	}
	indent_copy(f, a->list->at, &indent);
	copy_until(f, 0, in.comment ? in.comment_end : in.begin, ret);
	text_puts(ret, has_pad || in.comment ? " " : "");
	addition_write(a, text_string(&indent), ret);
	text_puts(ret, has_pad ? " " : "");
	copy_until(f, in.end, f->n, ret);
	ret->failed = ret->failed || text_is_failed(&indent);
}

static void add(struct addition *a, struct text *ret)
{
	const struct json5_value *last = list_last(a->list);

	if (!a->model)
		a->model = model_find(a->f);
	if (last)
		add_behind(a, last, ret);
	else
		add_inside(a, ret);
}

void edit_add_element(const struct edit_file *f,
		      const struct json5_value *array,
		      const struct json5_value *value, struct text *ret)
{
	struct addition a = { .f = f, .list = array, .value = value };

	json5_for_each(v, array) if (v->type == value->type) a.model = v;
	add(&a, ret);
}

void edit_add_member(const struct edit_file *f,
		     const struct json5_value *object, const char *key,
		     const struct json5_value *value, struct text *ret)
{
	struct addition a = {
		.f = f, .list = object, .key = key, .value = value
	};

	add(&a, ret);
}

/* --- Removing --- */

static const struct json5_value *list_before(const struct json5_value *list,
					     const struct json5_value *v)
{
	const struct json5_value *before = NULL;

	json5_for_each(child, list)
	{
		if (child == v)
			return before;
		before = child;
	}
	return NULL;
}

/* What goes besides the value: its own comma, or that of the one before. */
struct removal {
	size_t begin, end; /* the value, with its own comma if that is next */
	size_t comma;	   /* one that stands elsewhere; 0: none */
};

static void blanks_skip(const struct edit_file *f, size_t *at)
{
	size_t end;

	while (gap_read(f, *at, &end) == GAP_BLANK)
		*at = end;
}

/* If nothing else is on its lines, the lines; else the blanks on one side. */
static void removal_widen(const struct edit_file *f, struct removal *r)
{
	size_t end = r->end, next;
	enum gap_kind kind;

	blanks_skip(f, &end);
	kind = gap_read(f, end, &next);
	if (line_indent_end(f, r->begin) == r->begin) {
		if (kind == GAP_NEWLINE) {
			r->begin = line_begin(f, r->begin);
			r->end = next;
		} else {
			r->end = end;
		}
		return;
	}
	if (kind != GAP_NEWLINE && kind != GAP_LINE_COMMENT) {
		r->end = end;
		return;
	}
	while (r->begin && strchr(" \t", f->bytes[r->begin - 1]))
		r->begin--;
}

void edit_remove(const struct edit_file *f, const struct json5_value *list,
		 const struct json5_value *v, struct text *ret)
{
	const struct json5_value *before = list_before(list, v);
	struct removal r = { .begin = value_begin(v), .end = v->at_end };
	size_t comma = list_find_comma(f, v), at = v->at_end;

	blanks_skip(f, &at);
	if (comma && comma == at)
		r.end = comma + 1;
	else if (comma)
		r.comma = comma;
	else if (before)
		r.comma = list_find_comma(f, before);
	/* The last in a row goes with the blanks before it. */
	if (!comma && before && r.comma &&
	    line_begin(f, r.comma) == line_begin(f, r.begin)) {
		size_t left = r.begin;

		while (left > r.comma + 1 && strchr(" \t", f->bytes[left - 1]))
			left--;
		if (left == r.comma + 1) {
			r.begin = r.comma;
			r.comma = 0;
		}
	} else {
		removal_widen(f, &r);
	}
	if (r.comma && r.comma < r.begin) {
		copy_until(f, 0, r.comma, ret);
		copy_until(f, r.comma + 1, r.begin, ret);
		copy_until(f, r.end, f->n, ret);
	} else if (r.comma) {
		copy_until(f, 0, r.begin, ret);
		copy_until(f, r.end, r.comma, ret);
		copy_until(f, r.comma + 1, f->n, ret);
	} else {
		splice(f, r.begin, r.end, &(struct text)TEXT_INIT, ret);
	}
}
