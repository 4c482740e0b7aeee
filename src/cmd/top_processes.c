/* Shares of processor are differences, so there are always two tables. */
#include "cmd/top_processes.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/top_table.h"

/* The line on top, and the head of the table. */
enum { LINES_ABOVE = 2 };

static const char *const orders[] = {
	[PROCESS_BY_PLACE] = "pid",
	[PROCESS_BY_MAILBOX] = "mailbox",
	[PROCESS_BY_CPU] = "cpu",
};

bool top_processes_sort(struct top_processes *t, const char *key)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(orders); i++) {
		if (strcmp(orders[i], key))
			continue;
		t->order = (enum process_order)i;
		return true;
	}
	return false;
}

void top_processes_key(struct top_processes *t, char key)
{
	switch (key) {
	case 'm':
		t->order = PROCESS_BY_MAILBOX;
		break;
	case 'c':
		t->order = PROCESS_BY_CPU;
		break;
	case 'n':
		t->order = PROCESS_BY_PLACE;
		break;
	}
}

int top_processes_read(struct top_processes *t, struct text *error)
{
	int r;

	process_table_fini(&t->before);
	t->before = t->now;
	t->now = (struct process_table){ 0 };
	r = processes_read(&t->asked, &t->now, error);
	if (!r)
		process_table_compare(&t->now, &t->before);
	return r;
}

/* How many rows fit, with a line for the others where there are any. */
static size_t rows_of(const struct process_table *t, unsigned lines)
{
	size_t n = lines > LINES_ABOVE ? lines - LINES_ABOVE : 0;

	if (!lines)
		return PROCESSES_SHOWN;
	return n && process_table_count(t) > n ? n - 1 : n;
}

static void put_head(const struct top_processes *t, bool is_live,
		     struct text *line)
{
	const struct process_table *now = &t->now;
	time_t seconds = time(NULL);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%T", &tm);
	text_safe(line, now->moniker, strlen(now->moniker));
	text_printf(line, "  %s  ", clock);
	process_table_render_summary(now, line);
	if (is_live)
		text_printf(line, "  by %s (m c n)  q ends", orders[t->order]);
}

void top_processes_render(struct top_processes *t, unsigned lines,
			  unsigned columns, struct text *to)
{
	const struct process_view view = {
		.n = rows_of(&t->now, lines),
		.columns = columns,
		.colour = cmd_has_colour(STDOUT_FILENO),
		.has_shares = true,
	};
	_cleanup_text_ struct text head = TEXT_INIT;

	put_head(t, lines > 0, &head);
	top_put_line(to, &head, columns, "");
	(void)process_table_sort(&t->now, t->order);
	process_table_render(&t->now, &view, to);
}

void top_processes_render_json(struct top_processes *t, struct text *to)
{
	(void)process_table_sort(&t->now, t->order);
	process_table_render_json(&t->now, PROCESSES_READ_MAX, to);
}

void top_processes_fini(struct top_processes *t)
{
	process_table_fini(&t->now);
	process_table_fini(&t->before);
	processes_fini(&t->asked);
}
