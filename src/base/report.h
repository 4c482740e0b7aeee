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

/* A place in a file. Lines and columns count from 1; columns count characters,
 * not bytes. Line 0 means the file as a whole. */
struct place {
	uint32_t line, column;
};

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

/* Order by file, then line, then column; equal places keep their order. */
void report_sort(struct report *r);

/* One line per diagnostic, as in the head of this file. */
void report_render(const struct report *r, struct text *t);

/* A JSON array of {file, line, column, severity, rule, text}. */
void report_render_json(const struct report *r, struct text *t);
