/* Rows stay by place, so that two tables are compared by going along both; what
 * is sorted is an array of pointers to them. */
#include "cmd/process_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/amount.h"
#include "cmd/top_table.h"

enum {
	PID_WIDTH = 11,
	NAME_WIDTH = 16,
	FUNCTION_WIDTH = 20,
	NUMBER_WIDTH = 9,
};

void process_table_fini(struct process_table *t)
{
	free(t->moniker);
	free(t->rows);
	free(t->order);
	arena_fini(&t->strings);
	*t = (struct process_table){ 0 };
}

static uint32_t place_of(uint64_t pid)
{
	return (uint32_t)pid;
}

/* ---- adding ---- */

static bool string_keep(struct process_table *t, struct wire_string *s,
			const struct wire_string *last)
{
	/* Most are as the one before. */
	if (last && last->n == s->n && !memcmp(last->bytes, s->bytes, s->n)) {
		*s = *last;
		return true;
	}
	s->bytes = arena_copy(&t->strings, s->bytes, s->n);
	return s->bytes;
}

static bool table_grow(struct process_table *t)
{
	size_t capacity = t->capacity ? 2 * t->capacity : 256;
	struct process_row *rows;

	if (t->n < t->capacity)
		return true;
	rows = realloc(t->rows, capacity * sizeof(*rows));
	if (!rows)
		return false;
	t->rows = rows;
	t->capacity = capacity;
	return true;
}

bool process_table_add(struct process_table *t,
		       const struct processes_entry *entry)
{
	const struct processes_entry *last;
	struct process_row *row;

	if (!entry->pid || !table_grow(t))
		return false;
	last = t->n ? &t->rows[t->n - 1].entry : NULL;
	if (last && place_of(entry->pid) <= place_of(last->pid))
		return false;
	row = &t->rows[t->n];
	*row = (struct process_row){ .entry = *entry, .cpu = -1 };
	if (!string_keep(t, &row->entry.name, NULL) ||
	    !string_keep(t, &row->entry.function,
			 last ? &last->function : NULL) ||
	    !string_keep(t, &row->entry.waits_for,
			 last ? &last->waits_for : NULL))
		return false;
	t->n++;
	return true;
}

/* ---- comparing and sorting ---- */

void process_table_compare(struct process_table *t,
			   const struct process_table *before)
{
	double ns = t->at > before->at ? (double)(t->at - before->at) : 0;
	const struct processes_entry *old;
	struct process_row *row;
	size_t i, k = 0;

	for (i = 0; i < t->n && ns > 0; i++) {
		row = &t->rows[i];
		while (k < before->n && place_of(before->rows[k].entry.pid) <
						place_of(row->entry.pid))
			k++;
		if (k == before->n)
			break;
		old = &before->rows[k].entry;
		if (old->pid == row->entry.pid &&
		    old->cpu_ns <= row->entry.cpu_ns)
			row->cpu = (double)(row->entry.cpu_ns - old->cpu_ns) *
				   100 / ns;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct process_row *x = *(struct process_row *const *)a;
	const struct process_row *y = *(struct process_row *const *)b;

	return x < y ? -1 : x > y;
}

static int by_mailbox(const void *a, const void *b)
{
	const struct process_row *x = *(struct process_row *const *)a;
	const struct process_row *y = *(struct process_row *const *)b;

	return x->entry.n_messages > y->entry.n_messages   ? -1
	       : x->entry.n_messages < y->entry.n_messages ? 1
							   : by_place(a, b);
}

/* What was used since the table before; else, or if that is the same, ever. */
static int by_cpu(const void *a, const void *b)
{
	const struct process_row *x = *(struct process_row *const *)a;
	const struct process_row *y = *(struct process_row *const *)b;

	if (x->cpu != y->cpu)
		return x->cpu > y->cpu ? -1 : 1;
	return x->entry.cpu_ns > y->entry.cpu_ns   ? -1
	       : x->entry.cpu_ns < y->entry.cpu_ns ? 1
						   : by_place(a, b);
}

bool process_table_sort(struct process_table *t, enum process_order order)
{
	static int (*const orders[])(const void *, const void *) = {
		[PROCESS_BY_PLACE] = by_place,
		[PROCESS_BY_MAILBOX] = by_mailbox,
		[PROCESS_BY_CPU] = by_cpu,
	};
	size_t i;

	if (!t->order)
		t->order = calloc(t->n + 1, sizeof(struct process_row *));
	if (!t->order)
		return false;
	for (i = 0; i < t->n; i++)
		t->order[i] = &t->rows[i];
	if (order != PROCESS_BY_PLACE)
		qsort(t->order, t->n, sizeof(*t->order), orders[order]);
	return true;
}

/* ---- as text ---- */

/* How many are not among the first @n. */
static size_t n_more(const struct process_table *t, size_t n)
{
	return process_table_count(t) - (n < t->n ? n : t->n);
}

size_t process_table_count(const struct process_table *t)
{
	return t->summary.n_processes > t->n ? t->summary.n_processes : t->n;
}

void process_table_render_summary(const struct process_table *t,
				  struct text *to)
{
	const struct processes_summary *s = &t->summary;

	text_printf(to, "%u process%s on %u worker%s, %llu spawned so far",
		    s->n_processes, s->n_processes == 1 ? "" : "es",
		    s->n_workers, s->n_workers == 1 ? "" : "s",
		    (unsigned long long)s->n_spawned);
}

static void put_pid(struct text *line, uint64_t pid)
{
	char buffer[32];

	snprintf(buffer, sizeof(buffer), "%u.%u", place_of(pid),
		 (uint32_t)(pid >> 32));
	text_printf(line, "%*s", PID_WIDTH, buffer);
}

/* In @width characters; one that is too long keeps its beginning. */
static void put_string(struct text *line, struct wire_string s, int width)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	const char *at;
	int n = 0;

	text_safe(&t, s.bytes, s.n);
	for (at = text_string(&t); *at && n < width; n++) {
		do
			text_append(line, at++, 1);
		while (((unsigned char)*at & 0xc0) == 0x80);
	}
	if (*at)
		text_puts(line, "~");
	else
		text_printf(line, "%*s", width + 1 - n, "");
	text_puts(line, " ");
}

static void put_count(struct text *line, uint64_t n)
{
	text_printf(line, " %*llu", NUMBER_WIDTH, (unsigned long long)n);
}

static void put_right(struct text *line, const struct text *t, int width)
{
	text_printf(line, " %*s", width, text_string(t));
}

static void put_stack(struct text *line, const struct processes_entry *e)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (!e->stack_bytes)
		text_puts(&t, "-");
	else
		amount_put_size(&t, (double)e->stack_bytes);
	put_right(line, &t, 6);
}

static void put_cpu(struct text *line, const struct processes_entry *e)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	amount_put_time(&t, (double)e->cpu_ns / 1e6);
	put_right(line, &t, NUMBER_WIDTH);
}

static void row_line(const struct process_row *row,
		     const struct process_view *view, struct text *line)
{
	const struct processes_entry *e = &row->entry;

	text_clear(line);
	put_pid(line, e->pid);
	text_puts(line, "  ");
	put_string(line, e->name.n ? e->name : wire_string_of("-"), NAME_WIDTH);
	put_string(line, e->function, FUNCTION_WIDTH);
	text_printf(line, "%-7s %-8s", e->is_handler ? "handler" : "stack",
		    processes_state_name(e->state));
	put_count(line, e->n_messages);
	put_count(line, e->n_received);
	put_count(line, e->n_sent);
	if (view->has_shares && row->cpu >= 0)
		text_printf(line, " %6.1f", row->cpu);
	else if (view->has_shares)
		text_printf(line, " %6s", "-");
	put_cpu(line, e);
	put_stack(line, e);
	text_puts(line, "  ");
	if (e->waits_for.n)
		text_safe(line, e->waits_for.bytes, e->waits_for.n);
	else
		text_puts(line, "-");
}

static void head_line(const struct process_view *view, struct text *line)
{
	text_printf(line, "%*s  %-*s %-*s %-7s %-8s %*s %*s %*s", PID_WIDTH,
		    "PID", NAME_WIDTH + 1, "NAME", FUNCTION_WIDTH + 1,
		    "FUNCTION", "KIND", "STATE", NUMBER_WIDTH, "MAILBOX",
		    NUMBER_WIDTH, "RECEIVED", NUMBER_WIDTH, "SENT");
	if (view->has_shares)
		text_printf(line, " %6s", "CPU%");
	text_printf(line, " %*s %6s  %s", NUMBER_WIDTH, "CPU", "STACK",
		    "WAITS FOR");
}

void process_table_render(const struct process_table *t,
			  const struct process_view *view, struct text *to)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t i, n = view->n < t->n ? view->n : t->n;

	head_line(view, &line);
	top_put_line(to, &line, view->columns, view->colour ? "7" : "");
	for (i = 0; i < n; i++) {
		row_line(t->order[i], view, &line);
		top_put_line(to, &line, view->columns, "");
	}
	if (!n_more(t, n))
		return;
	text_clear(&line);
	text_printf(&line, "... and %zu more", n_more(t, n));
	top_put_line(to, &line, view->columns, view->colour ? "2" : "");
}

/* ---- as JSON ---- */

static void member_string(struct text *to, const char *key,
			  struct wire_string s)
{
	text_printf(to, ",\"%s\":", key);
	if (s.n)
		text_json_bytes(to, s.bytes, s.n);
	else
		text_puts(to, "null");
}

static void member_pid(struct text *to, const char *key, uint64_t pid)
{
	if (pid)
		text_printf(to, "\"%s\":\"%u.%u\"", key, place_of(pid),
			    (uint32_t)(pid >> 32));
	else
		text_printf(to, "\"%s\":null", key);
}

static void row_json(const struct processes_entry *e, struct text *to)
{
	text_puts(to, "{");
	member_pid(to, "pid", e->pid);
	text_puts(to, ",");
	member_pid(to, "parent", e->parent);
	member_string(to, "name", e->name);
	member_string(to, "function", e->function);
	text_printf(to, ",\"kind\":\"%s\",\"state\":\"%s\"",
		    e->is_handler ? "handler" : "stack",
		    processes_state_name(e->state));
	member_string(to, "waits_for", e->waits_for);
	text_printf(to,
		    ",\"mailbox\":%u,\"received\":%llu,\"sent\":%llu,"
		    "\"cpu_ns\":%llu,\"stack_bytes\":%u}",
		    e->n_messages, (unsigned long long)e->n_received,
		    (unsigned long long)e->n_sent,
		    (unsigned long long)e->cpu_ns, e->stack_bytes);
}

void process_table_render_json(const struct process_table *t, size_t n,
			       struct text *to)
{
	const struct processes_summary *s = &t->summary;
	size_t i;

	if (n > t->n)
		n = t->n;
	text_puts(to, "{\"moniker\":");
	text_json(to, t->moniker);
	text_printf(to,
		    ",\"n_processes\":%u,\"n_workers\":%u,\"n_spawned\":%llu,"
		    "\"n_switches\":%llu,\"n_steals\":%llu,\"n_more\":%zu,"
		    "\"processes\":[",
		    s->n_processes, s->n_workers,
		    (unsigned long long)s->n_spawned,
		    (unsigned long long)s->n_switches,
		    (unsigned long long)s->n_steals, n_more(t, n));
	for (i = 0; i < n; i++) {
		if (i)
			text_puts(to, ",");
		row_json(&t->order[i]->entry, to);
	}
	text_puts(to, "]}\n");
}
