/*
 * The light processes of one component at one moment, as it tells of them, and
 * compared with the moment before.
 *
 * The component is not trusted: what it sends as text is text of any kind, and
 * is shown as text_safe() has it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "wire/processes.h"

struct process_row {
	struct processes_entry entry; /* its strings are the table's */
	double cpu;		      /* percent of one core; < 0: not known */
};

struct process_table {
	char *moniker;
	struct process_row *rows; /* by place */
	struct process_row **order;
	size_t n, capacity;
	uint64_t at; /* when it was read, loop_now() */
	struct processes_summary summary;
	struct arena strings;
};

enum process_order { PROCESS_BY_PLACE, PROCESS_BY_MAILBOX, PROCESS_BY_CPU };

void process_table_fini(struct process_table *t);

/* Add the next. False: out of memory, or its place is not behind the last. */
bool process_table_add(struct process_table *t,
		       const struct processes_entry *entry);

/* The shares of processor since @before. */
void process_table_compare(struct process_table *t,
			   const struct process_table *before);

/* False: out of memory. Before it is rendered. */
bool process_table_sort(struct process_table *t, enum process_order order);

/* "12 processes on 2 workers, ..." */
void process_table_render_summary(const struct process_table *t,
				  struct text *to);

struct process_view {
	size_t n;	  /* rows at most */
	unsigned columns; /* 0: as many as they have */
	bool colour;
	bool has_shares; /* a column of the shares of processor */
};

/* How many there are, those included that were not read. */
size_t process_table_count(const struct process_table *t);

/* The head and the rows, in their order, and how many more there are. */
void process_table_render(const struct process_table *t,
			  const struct process_view *view, struct text *to);

/* One object, on a line, with at most @n processes in their order. */
void process_table_render_json(const struct process_table *t, size_t n,
			       struct text *to);
