/* The light processes of one component as reeve top shows them: again and
 * again, with what changed. */
#pragma once

#include "cmd/processes.h"

struct top_processes {
	struct processes asked;
	struct process_table now, before;
	enum process_order order;
};

/* By "mailbox", "cpu" or "pid". False for anything else. */
bool top_processes_sort(struct top_processes *t, const char *key);

/* A key was typed. */
void top_processes_key(struct top_processes *t, char key);

/* Read a new table. As processes_read(). */
int top_processes_read(struct top_processes *t, struct text *error);

/* Append a frame of at most @lines (0: not on a terminal) of @columns (0: as
 * long as they are) characters. */
void top_processes_render(struct top_processes *t, unsigned lines,
			  unsigned columns, struct text *to);
void top_processes_render_json(struct top_processes *t, struct text *to);

void top_processes_fini(struct top_processes *t);
