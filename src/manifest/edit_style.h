/* How a file is written, for edit.c: what is found in it, and writing as it is
 * written. */
#pragma once

#include "manifest/edit.h"

/* What stands between values. */
enum gap_kind {
	GAP_END, /* anything else */
	GAP_BLANK,
	GAP_NEWLINE,
	GAP_LINE_COMMENT, /* without the newline that ends it */
	GAP_BLOCK_COMMENT,
	GAP_COMMA,
};

/* What begins at @at, and where it ends. */
enum gap_kind gap_read(const struct edit_file *f, size_t at, size_t *ret_end);

/* Where a value begins: a member with its key. */
size_t value_begin(const struct json5_value *v);

/* The last in an array or object; NULL if it is empty. */
const struct json5_value *list_last(const struct json5_value *list);

/* The comma behind an element, before the next or before the end; 0 if there is
 * none. */
size_t list_find_comma(const struct edit_file *f,
		       const struct json5_value *element);

/* Where the line of @at begins, and behind its indentation. */
size_t line_begin(const struct edit_file *f, size_t at);
size_t line_indent_end(const struct edit_file *f, size_t at);

/* Is it written over several lines, its first element on a line of its own? */
bool list_is_in_lines(const struct edit_file *f,
		      const struct json5_value *list);

/* Look at the whole file. The strings live in its arena. 0 or -ENOMEM. */
int style_find(struct edit_file *f);

/* Append a key and its colon. @object: in which it will be. */
void style_write_key(const struct edit_file *f,
		     const struct json5_value *object, const char *key,
		     struct text *t);

/*
 * Append a value. @indent is that of the line in which it begins. If @model,
 * the value's neighbour, is an object in lines, an object is written likewise.
 */
void style_write(const struct edit_file *f, const struct json5_value *value,
		 const struct json5_value *model, const char *indent,
		 struct text *t);
