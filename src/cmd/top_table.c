/* What is not known is UNKNOWN, and shown as "-". */
#include "cmd/top_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/amount.h"
#include "cmd/remote.h"
#include "cmd/usage.h"

#define UNKNOWN UINT64_MAX

enum {
	COLUMN_WIDTH = 9, /* of numbers */
	MONIKER_MAX = 40,
};

/* Limits that were met, ever. */
enum hit { HIT_MEMORY, HIT_KILLS, HIT_CPU, HIT_TASKS, N_HITS };

struct top_row {
	size_t number; /* in the order of the tree */
	char *moniker;
	char state[16];
	bool is_running; /* else it is only a budget */
	bool is_throttled;
	uint64_t pid;
	uint64_t tasks, tasks_max, memory, memory_max, cpu_usec;
	uint64_t connections, waiting, refused;
	uint64_t hits[N_HITS];
	bool is_hit[N_HITS]; /* since the moment before */
	double cpu;	     /* percent of one core; < 0: not known yet */
};

void top_table_fini(struct top_table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		free(t->rows[i].moniker);
	free(t->rows);
	*t = (struct top_table){ 0 };
}

size_t top_table_count(const struct top_table *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++)
		n += t->rows[i].is_running;
	return n;
}

/* ---- reading ---- */

static uint64_t member(const struct json5_value *object, const char *key)
{
	const struct json5_value *v = json5_get(object, key);

	return v && v->type == JSON5_NUMBER && v->number >= 0
		       ? (uint64_t)v->number
		       : UNKNOWN;
}

static uint64_t limit(const struct json5_value *budget, const char *key)
{
	return member(json_limit(budget, key), "value");
}

static struct top_row *row_new(struct top_table *t, const char *moniker)
{
	size_t capacity = t->capacity ? 2 * t->capacity : 32;
	struct top_row *r;

	if (t->n == t->capacity) {
		r = realloc(t->rows, capacity * sizeof(*r));
		if (!r) {
			t->failed = true;
			return NULL;
		}
		t->rows = r;
		t->capacity = capacity;
	}
	r = &t->rows[t->n];
	*r = (struct top_row){
		.number = t->n,
		.moniker = strdup(moniker),
		.state = "-",
		.pid = UNKNOWN,
		.tasks = UNKNOWN,
		.tasks_max = UNKNOWN,
		.memory = UNKNOWN,
		.memory_max = UNKNOWN,
		.cpu_usec = UNKNOWN,
		.connections = UNKNOWN,
		.waiting = UNKNOWN,
		.refused = UNKNOWN,
		.cpu = -1,
	};
	if (!r->moniker) {
		t->failed = true;
		return NULL;
	}
	t->n++;
	return r;
}

static void row_budget(struct top_row *r, const struct json5_value *budget)
{
	const struct json5_value *memory = json5_get(budget, "memory");
	const struct json5_value *tasks = json5_get(budget, "tasks");
	const struct json5_value *cpu = json5_get(budget, "cpu");

	r->tasks = member(tasks, "now");
	r->tasks_max = limit(budget, "tasks.max");
	r->memory = member(memory, "now");
	r->memory_max = limit(budget, "memory.max");
	r->cpu_usec = member(cpu, "usec");
	r->hits[HIT_MEMORY] = member(memory, "hits");
	r->hits[HIT_KILLS] = member(memory, "kills");
	r->hits[HIT_CPU] = member(cpu, "throttled_usec");
	r->hits[HIT_TASKS] = member(tasks, "refused");
}

/* What no budget says, its tasks say. */
static void row_count(struct top_row *r)
{
	struct usage usage;

	if (r->tasks != UNKNOWN && r->memory != UNKNOWN &&
	    r->cpu_usec != UNKNOWN)
		return;
	if (r->pid == UNKNOWN || !usage_count((pid_t)r->pid, &usage))
		return;
	if (r->tasks == UNKNOWN)
		r->tasks = usage.tasks;
	if (r->memory == UNKNOWN)
		r->memory = usage.memory;
	if (r->cpu_usec == UNKNOWN)
		r->cpu_usec = usage.cpu_usec;
}

static const struct top_row *row_find(const struct top_table *t,
				      const char *moniker, size_t hint)
{
	size_t i, k;

	for (i = 0; i < t->n; i++) {
		/* Most are where they were. */
		k = (hint + i) % t->n;
		if (!strcmp(t->rows[k].moniker, moniker))
			return &t->rows[k];
	}
	return NULL;
}

/* The budget of a realm above, which is told of once. */
static void top_table_add_budget(struct top_table *t,
				 const struct json5_value *budget)
{
	const char *moniker = json_text(budget, "moniker");
	struct top_row *r;

	if (row_find(t, moniker, 0))
		return;
	r = row_new(t, moniker);
	if (r)
		row_budget(r, budget);
}

void top_table_add(struct top_table *t, const struct json5_value *v)
{
	const struct json5_value *budget = json5_get(v, "budget");
	const char *moniker = json_text(v, "moniker");
	bool owns = !strcmp(json_text(budget, "moniker"), moniker);
	struct top_row *r;

	if (budget && !owns)
		top_table_add_budget(t, budget);
	r = row_new(t, moniker);
	if (!r)
		return;
	r->is_running = true;
	strncpy(r->state, json_text(v, "state"), sizeof(r->state) - 1);
	r->pid = member(v, "pid");
	r->waiting = member(v, "opens_waiting");
	r->refused = 0;
	json5_for_each(a, json5_get(v, "account"))
	{
		r->refused += (uint64_t)json_count(a, "refused");
		if (!strcmp(a->key, "connections"))
			r->connections = member(a, "held");
	}
	r->is_throttled = json5_bool(json5_get(v, "throttled"), false);
	if (budget && owns)
		row_budget(r, budget);
	row_count(r);
}

/* ---- comparing ---- */

static void row_compare(struct top_row *r, const struct top_row *before,
			uint64_t ns)
{
	int i;

	if (r->cpu_usec != UNKNOWN && before->cpu_usec != UNKNOWN &&
	    r->cpu_usec >= before->cpu_usec && ns)
		r->cpu = (double)(r->cpu_usec - before->cpu_usec) * 1e5 /
			 (double)ns;
	for (i = 0; i < N_HITS; i++)
		r->is_hit[i] = r->hits[i] != UNKNOWN &&
			       before->hits[i] != UNKNOWN &&
			       r->hits[i] > before->hits[i];
}

void top_table_compare(struct top_table *t, const struct top_table *before)
{
	const struct top_row *old;
	size_t i;

	for (i = 0; i < t->n; i++) {
		old = row_find(before, t->rows[i].moniker, i);
		/* One that was started anew counts from the start. */
		if (old && old->pid == t->rows[i].pid)
			row_compare(&t->rows[i], old, t->at - before->at);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static int by_memory(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;
	/* The unknown come last. */
	uint64_t m = x->memory + 1, n = y->memory + 1;

	return m > n ? -1 : m < n ? 1 : by_name(a, b);
}

static int by_cpu(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;

	return x->cpu > y->cpu ? -1 : x->cpu < y->cpu ? 1 : by_name(a, b);
}

void top_table_sort(struct top_table *t, enum top_order order)
{
	static int (*const orders[])(const void *, const void *) = {
		[TOP_BY_NAME] = by_name,
		[TOP_BY_MEMORY] = by_memory,
		[TOP_BY_CPU] = by_cpu,
	};

	if (t->n)
		qsort(t->rows, t->n, sizeof(*t->rows), orders[order]);
}

/* ---- showing ---- */

static size_t characters(const char *s, size_t n)
{
	size_t count = 0, i;

	for (i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

void top_put_line(struct text *to, const struct text *line, unsigned columns,
		  const char *ansi)
{
	const char *s = text_string(line);
	size_t n = line->n;

	while (columns && characters(s, n) > columns)
		n--;
	/* Not in the middle of a character. */
	while (n < line->n && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	if (*ansi)
		text_printf(to, "\033[%sm", ansi);
	text_append(to, s, n);
	text_puts(to, *ansi ? "\033[0m\n" : "\n");
}

static int moniker_width(const struct top_table *t)
{
	size_t i, n, width = strlen("MONIKER");

	for (i = 0; i < t->n; i++) {
		n = characters(t->rows[i].moniker, strlen(t->rows[i].moniker));
		if (n > width)
			width = n;
	}
	return width < MONIKER_MAX ? (int)width : MONIKER_MAX;
}

/* A long one keeps its end, which tells it from its siblings. */
static void put_moniker(struct text *line, const char *moniker, int width)
{
	size_t n = strlen(moniker);
	const char *s = moniker;

	if (characters(s, n) > (size_t)width) {
		text_puts(line, "~");
		for (; characters(s, n) >= (size_t)width; s++)
			n--;
		while (((unsigned char)*s & 0xc0) == 0x80)
			s++;
		text_puts(line, s);
		return;
	}
	text_printf(line, "%s%*s", moniker, width - (int)characters(moniker, n),
		    "");
}

static void put_number(struct text *line, uint64_t n, int width)
{
	if (n == UNKNOWN)
		text_printf(line, " %*s", width, "-");
	else
		text_printf(line, " %*llu", width, (unsigned long long)n);
}

static void put_count(struct text *t, uint64_t n)
{
	text_printf(t, "%llu", (unsigned long long)n);
}

static void put_size(struct text *t, uint64_t n)
{
	amount_put_size(t, (double)n);
}

/* "12/100", or "12" if there is no limit. */
static void put_pair(struct text *line, uint64_t now, uint64_t max, int width,
		     void (*put)(struct text *t, uint64_t n))
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (now == UNKNOWN)
		text_puts(&t, "-");
	else
		put(&t, now);
	if (max != UNKNOWN) {
		text_puts(&t, "/");
		put(&t, max);
	}
	text_printf(line, " %*s", width, text_string(&t));
}

static void put_notes(struct text *line, const struct top_row *r)
{
	static const char *const words[] = {
		[HIT_MEMORY] = "memory limit met",
		[HIT_KILLS] = "killed for memory",
		[HIT_CPU] = "cpu held back",
		[HIT_TASKS] = "tasks refused",
	};
	const char *before = "  ";
	int i;

	if (r->is_throttled) {
		text_printf(line, "%sthrottled", before);
		before = ", ";
	}
	for (i = 0; i < N_HITS; i++) {
		if (!r->hits[i] || r->hits[i] == UNKNOWN)
			continue;
		text_printf(line, "%s%s%s ", before, r->is_hit[i] ? "! " : "",
			    words[i]);
		if (i == HIT_CPU)
			amount_put_time(line, (double)r->hits[i] / 1000);
		else
			text_printf(line, "%llux",
				    (unsigned long long)r->hits[i]);
		before = ", ";
	}
}

static void row_line(const struct top_row *r, int width, struct text *line)
{
	text_clear(line);
	put_moniker(line, r->moniker, width);
	text_printf(line, "  %-9s", r->is_running ? r->state : "budget");
	put_number(line, r->pid, 7);
	put_pair(line, r->tasks, r->tasks_max, COLUMN_WIDTH, put_count);
	put_pair(line, r->memory, r->memory_max, COLUMN_WIDTH + 2, put_size);
	if (r->cpu < 0)
		text_printf(line, " %6s", "-");
	else
		text_printf(line, " %6.1f", r->cpu);
	put_number(line, r->connections, 6);
	put_number(line, r->waiting, 7);
	put_number(line, r->refused, 7);
	put_notes(line, r);
}

static const char *row_colour(const struct top_row *r)
{
	int i;

	for (i = 0; i < N_HITS; i++)
		if (r->is_hit[i])
			return "31";
	if (r->is_throttled)
		return "33";
	return r->is_running ? "" : "2";
}

void top_table_render(const struct top_table *t, unsigned lines,
		      unsigned columns, bool colour, struct text *to)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	int width = moniker_width(t);
	size_t i;

	text_printf(&line, "%-*s  %-9s %7s %*s %*s %6s %6s %7s %7s", width,
		    "MONIKER", "STATE", "PID", COLUMN_WIDTH, "TASKS",
		    COLUMN_WIDTH + 2, "MEMORY", "CPU%", "CONNS", "WAITING",
		    "REFUSED");
	top_put_line(to, &line, columns, colour ? "7" : "");
	for (i = 0; i < t->n; i++) {
		if (lines && i + 2 == lines && t->n - i > 1) {
			text_clear(&line);
			text_printf(&line, "... and %zu more", t->n - i);
			top_put_line(to, &line, columns, colour ? "2" : "");
			break;
		}
		row_line(&t->rows[i], width, &line);
		top_put_line(to, &line, columns,
			     colour ? row_colour(&t->rows[i]) : "");
	}
}
