/*
 * The table of reeve top: what each component uses at one moment, compared with
 * the moment before.
 *
 * A component that has a budget of its own is shown with what the budget
 * counts, that is, with everything below it; one that has none, with its own
 * tasks. A budget of a realm that does not run has a line of its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "manifest/json5.h"

struct top_row;

struct top_table {
	struct top_row *rows; /* in the order of the tree */
	size_t n, capacity;
	uint64_t at; /* when it was read, loop_now() */
	bool failed; /* out of memory */
};

enum top_order { TOP_BY_NAME, TOP_BY_MEMORY, TOP_BY_CPU };

void top_table_fini(struct top_table *t);

/* Add a component as the manager describes it. */
void top_table_add(struct top_table *t, const struct json5_value *v);

/* How many components run. */
size_t top_table_count(const struct top_table *t);

/* What changed since @before: the shares of processor, and new hits of limits.
 */
void top_table_compare(struct top_table *t, const struct top_table *before);

void top_table_sort(struct top_table *t, enum top_order order);

/*
 * Append the table with its head: at most @lines (0: all) of at most @columns
 * (0: as long as they are) characters; with @colour, in ANSI sequences.
 */
void top_table_render(const struct top_table *t, unsigned lines,
		      unsigned columns, bool colour, struct text *to);

/* Append the first @columns (0: all) characters of @line and a newline, in the
 * colour @ansi ("31"; "": none). */
void top_put_line(struct text *to, const struct text *line, unsigned columns,
		  const char *ansi);
