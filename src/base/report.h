/*
 * Reports: everything that is wrong with a file or a tree, in one go.
 *
 * The pure floors fill a report; whoever talks to a person renders it, as
 * FILE:LINE:COL: error: TEXT [rule].
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/*
 * A place in a file. Lines and columns count from 1; columns count characters,
 * not bytes. Line 0 means the file as a whole. What is put together from
 * several files numbers them; 0 is the first.
 */
struct place {
	uint32_t line;
	uint32_t column : 21; /* 2^20 is the largest file */
	uint32_t file : 11;
};

enum { PLACE_FILES_MAX = 1 << 11 };

static inline struct place place_at(uint32_t line, uint32_t column)
{
	return (struct place){ .line = line, .column = column & 0x1fffff };
}

/* By file, then line, then column: below, at or above zero. */
static inline int place_compare(struct place a, struct place b)
{
	if (a.file != b.file)
		return a.file < b.file ? -1 : 1;
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return (a.column > b.column) - (a.column < b.column);
}

enum severity {
	SEVERITY_WARNING,
	SEVERITY_ERROR,
};

struct diagnostic {
	const char *file;
	struct place place;
	enum severity severity;
	const char *rule; /* the rule's id, static */
	const char *text; /* one sentence; in the report's arena */
	struct diagnostic *next;
};

/* A report holds at most this many; more are counted, not kept. */
enum { REPORT_MAX = 1000 };

struct report {
	struct arena arena;
	struct diagnostic *first, **last;
	size_t n_errors, n_warnings, n_kept;
	bool failed; /* memory ran out while reporting */
};

void report_init(struct report *r);
void report_fini(struct report *r);

void report_add(struct report *r, enum severity severity, const char *file,
		struct place place, const char *rule, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
void report_vadd(struct report *r, enum severity severity, const char *file,
		 struct place place, const char *rule, const char *format,
		 va_list args) __attribute__((format(printf, 6, 0)));

/*
 * What a diagnostic says was perhaps meant: the first thing in quotes behind
 * "did you mean". The sentence is the only place where it is kept. False if it
 * says nothing; else *ret points into its text.
 */
bool diagnostic_suggestion(const struct diagnostic *d, const char **ret,
			   size_t *ret_n);

/* Order by file, then line, then column; equal places keep their order. What
 * says the same at the same place stays once, and is counted once. */
void report_sort(struct report *r);

/* One line per diagnostic, as in the head of this file. */
void report_render(const struct report *r, struct text *t);

/* A JSON array of {file, line, column, severity, rule, text}. */
void report_render_json(const struct report *r, struct text *t);
