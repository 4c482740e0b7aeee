/*
 * What the tests of the manifest floor share: marked texts, and files that say
 * themselves what is wrong with them.
 */
#pragma once

#include "base/report.h"
#include "base/text.h"
#include "manifest/manifest.h"

/*
 * Load @marked with its backquotes taken out. Each backquote stands where a
 * diagnostic has to point, in the order of the file; @rules are their rules,
 * separated by blanks, "?" in front of a warning. "" means that the manifest is
 * valid and silent. Fails the test, and shows the report, on any difference.
 * Returns the manifest if it loaded; the caller frees it.
 */
struct manifest *manifest_expect(const char *marked, const char *rules);

enum { MARKS_MAX = 16 };

/* @marked without its marks, in a block of its exact size; where they stood in
 * *ret, which has room for MARKS_MAX. */
char *marks_take(const char *marked, size_t *ret_n, struct place *ret,
		 size_t *ret_n_marks);

/* The same, for a text with a place in every row of a table. */
struct manifest_case {
	const char *name, *marked, *rules;
};

void manifest_expect_all(const struct manifest_case *cases, size_t n);

/* The whole file at TEST_DATA/@name; the caller frees it. */
char *data_read(const char *name, size_t *ret_n);

/* Load, or compile, the @n bytes of the file TEST_DATA/@name. What it includes
 * lies beside it, or in TEST_DATA/shards. */
int data_load(const char *name, const char *bytes, size_t n,
	      struct manifest **ret, struct report *report);
int data_compile(const char *name, const char *bytes, size_t n,
		 struct report *report, struct text *ret);

/* Call @fn with the path (below TEST_DATA) of each file in TEST_DATA/@directory
 * whose name ends in @end. Returns how many there were. */
size_t data_each(const char *directory, const char *end,
		 void (*fn)(const char *name, void *arg), void *arg);

/*
 * A file's first line is "// expect: RULE LINE:COLUMN". Fails the test unless
 * @r holds exactly that.
 */
void report_expect_line(const struct report *r, const char *name,
			const char *bytes);

/* The one declaration of @kind named @name; fails the test if there is none. */
const struct decl *decl_find(const struct manifest *m, enum decl_kind kind,
			     const char *name);
