/*
 * Edits of a manifest's text.
 *
 * A person wrote the file and goes on reading it. So an edit changes the bytes
 * that it is about and no others: comments, layout, the order of things all
 * stay. What it adds is written as the file around it is: its indentation, its
 * quotes, keys quoted or not, elements one per line or in a row, a comma behind
 * the last one or none.
 *
 * Each edit writes the whole new text; for the next one that is opened anew.
 * That memory ran out is remembered in the new text.
 */
#pragma once

#include "base/text.h"
#include "manifest/json5.h"

/* How a file is written. */
struct edit_style {
	const char *newline;
	const char *indent; /* of one level */
	char quote;
	char key_quote; /* 0: keys stand without quotes */
	bool has_space_after_colon, has_space_after_comma;
	bool has_space_in_braces, has_space_in_brackets;
	bool has_comma_at_end; /* behind the last of what stands in lines */
	bool is_one_line;      /* the whole file */
};

struct edit_file {
	struct arena arena;
	const char *bytes; /* not owned */
	size_t n;
	const struct json5_value *root;
	struct edit_style style;
};

enum {
	EDIT_INVALID = 1, /* not JSON5, or not what can be edited */
};

/* Zeroed memory is a file that is not open. @bytes stay the caller's and
 * outlive it. 0, EDIT_INVALID or -ENOMEM; edit_close() in all cases. */
int edit_open(struct edit_file *f, const char *bytes, size_t n);
void edit_close(struct edit_file *f);

/* The value that begins at this line and column (its file does not count), of
 * that type; NULL if there is none. */
const struct json5_value *edit_find(const struct edit_file *f,
				    struct place place, enum json5_type type);

/* The object or array that @v is directly in; NULL for the root. */
const struct json5_value *edit_parent(const struct edit_file *f,
				      const struct json5_value *v);

/*
 * Read @json into a value for the functions below: what is written does not
 * depend on how it was laid out. It lives as long as the file is open. NULL
 * when memory ran out, or when it is no JSON5.
 */
const struct json5_value *edit_value(struct edit_file *f, const char *json);

/* Put another value in the place of @v, which belongs to the file. Comments in
 * it go with it. */
void edit_replace(const struct edit_file *f, const struct json5_value *v,
		  const struct json5_value *with, struct text *ret);

/* Call the member @m of an object @key. */
void edit_rename(const struct edit_file *f, const struct json5_value *m,
		 const char *key, struct text *ret);

/* Add a last element. */
void edit_add_element(const struct edit_file *f,
		      const struct json5_value *array,
		      const struct json5_value *value, struct text *ret);

/* Add a last member. */
void edit_add_member(const struct edit_file *f,
		     const struct json5_value *object, const char *key,
		     const struct json5_value *value, struct text *ret);

/* Take the element or member @v out of @list, with its comma; if nothing is
 * left of its lines, they go as well. Comments in it go with it, others stay.
 */
void edit_remove(const struct edit_file *f, const struct json5_value *list,
		 const struct json5_value *v, struct text *ret);
