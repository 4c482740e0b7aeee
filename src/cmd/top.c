/*
 * reeve top: what runs, and what it needs.
 *
 * Shares of processor are differences, so there are always two tables: the one
 * that is shown, and the one before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/remote.h"
#include "cmd/terminal.h"
#include "cmd/top_processes.h"
#include "cmd/top_table.h"
#include "sys/loop.h"

enum {
	ROUND_MS = 1000,
	FIRST_MS = 300, /* between the first two readings */
};

static const char *const orders[] = {
	[TOP_BY_NAME] = "name",
	[TOP_BY_MEMORY] = "memory",
	[TOP_BY_CPU] = "cpu",
};

struct top {
	struct cmd_options *options;
	const char *moniker; /* NULL: all */
	enum top_order order;
	struct top_table now, before;
	struct text root, status; /* of the manager, in words */
	char manager[16];
	struct terminal *terminal; /* NULL: not on one */
	bool is_ended;		   /* somebody wishes so */
	/* Of one component, its light processes; NULL: components. */
	struct top_processes *processes;
};

/* ---- asking ---- */

static bool on_component(void *userdata, const char *json,
			 const struct json5_value *v)
{
	struct top *t = userdata;

	if (t->options->json)
		return remote_print_json(NULL, json, v);
	top_table_add(&t->now, v);
	return !t->now.failed;
}

static bool on_status(void *userdata, const char *json,
		      const struct json5_value *v)
{
	struct top *t = userdata;
	const char *root = json_text(v, "root"), *slash = strrchr(root, '/');

	(void)json;
	text_clear(&t->status);
	text_printf(&t->status,
		    "%.0f components, %.0f connections, %.0f opens, %.0f "
		    "refused",
		    json_count(v, "realms"), json_count(v, "connections"),
		    json_count(v, "opens"), json_count(v, "refused"));
	text_clear(&t->root);
	text_safe(&t->root, slash ? slash + 1 : root,
		  strlen(slash ? slash + 1 : root));
	/* From now on this one, though another may be started. */
	if (!t->options->manager) {
		snprintf(t->manager, sizeof(t->manager), "%.0f",
			 json_count(v, "pid"));
		t->options->manager = t->manager;
	}
	return true;
}

static void on_key(struct top *t, char key)
{
	if (key == 'q' || key == 'Q')
		t->is_ended = true;
	else if (t->processes)
		top_processes_key(t->processes, key);
	switch (key) {
	case 'm':
		t->order = TOP_BY_MEMORY;
		break;
	case 'c':
		t->order = TOP_BY_CPU;
		break;
	case 'n':
		t->order = TOP_BY_NAME;
		break;
	}
}

/* Somebody may want to leave a manager that does not answer. */
static bool on_wait(void *userdata, unsigned seconds)
{
	struct top *t = userdata;
	enum terminal_event e;
	char key;

	(void)seconds;
	if (!t->terminal)
		return true;
	while (!t->is_ended &&
	       (e = terminal_wait(t->terminal, 0, &key)) != TERMINAL_TIME) {
		if (e == TERMINAL_KEY)
			on_key(t, key);
		else if (e == TERMINAL_END)
			t->is_ended = true;
	}
	return !t->is_ended;
}

static int top_ask(struct top *t, const char *verb, size_t n,
		   remote_data_fn on_data, struct text *error)
{
	const struct remote_request q = {
		.verb = verb,
		.arguments = &t->moniker,
		.n_arguments = n,
		.on_data = on_data,
		.userdata = t,
		.on_wait = on_wait,
	};

	return remote_request(t->options, &q, error);
}

/* Read a new table. An exit status. */
static int top_read(struct top *t, struct text *error)
{
	int r;

	if (t->processes)
		return top_processes_read(t->processes, error);
	r = top_ask(t, "status", 0, on_status, error);
	if (r)
		return r;
	top_table_fini(&t->before);
	t->before = t->now;
	t->now = (struct top_table){ .at = loop_now() };
	r = top_ask(t, "top", t->moniker ? 1 : 0, on_component, error);
	if (!r && t->now.failed) {
		text_puts(error, "out of memory");
		r = EXIT_NOT;
	}
	/* Before they are sorted, most are at the same place. */
	top_table_sort(&t->before, TOP_BY_NAME);
	top_table_compare(&t->now, &t->before);
	return r;
}

/* ---- showing ---- */

static void top_render(struct top *t, unsigned lines, unsigned columns,
		       struct text *to)
{
	_cleanup_text_ struct text head = TEXT_INIT;
	time_t now = time(NULL);
	struct tm tm;
	char clock[16] = "";

	if (t->processes) {
		top_processes_render(t->processes, lines, columns, to);
		return;
	}
	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%T", &tm);
	text_printf(&head, "%s  %s  %zu running of %s", text_string(&t->root),
		    clock, top_table_count(&t->now), text_string(&t->status));
	if (t->terminal)
		text_printf(&head, "  by %s (m c n)  q ends", orders[t->order]);
	top_put_line(to, &head, columns, "");
	top_table_sort(&t->now, t->order);
	top_table_render(&t->now, lines > 1 ? lines - 1 : 0, columns,
			 cmd_has_colour(STDOUT_FILENO), to);
}

/* Each line overwrites what was there, so that nothing flickers. */
static void top_draw(struct top *t)
{
	_cleanup_text_ struct text frame = TEXT_INIT;
	unsigned lines, columns;
	const char *s, *end;

	terminal_size(&lines, &columns);
	top_render(t, lines, columns, &frame);
	fputs("\033[H", stdout);
	for (s = text_string(&frame); *s; s = end) {
		end = strchrnul(s, '\n');
		fprintf(stdout, "%.*s\033[K", (int)(end - s), s);
		/* The last line's end would scroll. */
		if (*end && *++end)
			fputs("\r\n", stdout);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

/* Until it is time for the next table. */
static void top_wait(struct top *t, uint64_t deadline)
{
	enum terminal_event e;
	char key;

	while (!t->is_ended && (e = terminal_wait(t->terminal, deadline,
						  &key)) != TERMINAL_TIME) {
		if (e == TERMINAL_END)
			t->is_ended = true;
		else if (e == TERMINAL_KEY)
			on_key(t, key);
		if (!t->is_ended)
			top_draw(t);
	}
}

static int top_live(struct top *t)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	unsigned wait_ms = FIRST_MS;
	struct terminal terminal;
	int r;

	/* What is wrong at once is said before anything is hidden. */
	r = top_read(t, &error);
	if (!r && terminal_open(&terminal) == 0) {
		t->terminal = &terminal;
		while (!r && !t->is_ended) {
			top_draw(t);
			top_wait(t, loop_now() + wait_ms * NS_PER_MS);
			wait_ms = ROUND_MS;
			if (!t->is_ended)
				r = top_read(t, &error);
		}
		terminal_close(&terminal);
	}
	if (t->is_ended)
		return EXIT_DONE;
	if (error.n)
		cmd_fail("%s", text_string(&error));
	return r;
}

static void pause_ms(unsigned ms)
{
	struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&time, &time) < 0)
		;
}

static int top_print(struct top *t, unsigned long rounds)
{
	_cleanup_text_ struct text error = TEXT_INIT;
	_cleanup_text_ struct text out = TEXT_INIT;
	unsigned long i;
	int r = EXIT_DONE;

	/* One more, for the first to be compared with. */
	for (i = t->options->json; i <= rounds && !r; i++) {
		if (i > t->options->json)
			pause_ms(i == 1 ? FIRST_MS : ROUND_MS);
		r = top_read(t, &error);
		if (r || !i || (t->options->json && !t->processes))
			continue;
		if (i > 1 && !t->options->json)
			text_puts(&out, "\n");
		if (t->options->json)
			top_processes_render_json(t->processes, &out);
		else
			top_render(t, 0, 0, &out);
		cmd_print(&out);
	}
	if (error.n)
		cmd_fail("%s", text_string(&error));
	return r;
}

static bool order_read(const char *s, enum top_order *ret)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(orders); i++) {
		if (strcmp(orders[i], s))
			continue;
		*ret = (enum top_order)i;
		return true;
	}
	return false;
}

/* What the options and arguments mean together; as cmd_options(). */
static int top_check(struct top *t, int argc, char **argv)
{
	const struct cmd_options *o = t->options;

	if (o->processes && argc != 2)
		return cmd_usage(argv[0], "--processes needs one component");
	if (argc > 2)
		return cmd_usage(argv[0], "name at most one component");
	if (o->processes && o->sort &&
	    !top_processes_sort(t->processes, o->sort))
		return cmd_usage(argv[0],
				 "processes are sorted by mailbox, cpu or pid, "
				 "not \"%s\"",
				 o->sort);
	if (!o->processes && o->sort && !order_read(o->sort, &t->order))
		return cmd_usage(argv[0],
				 "--sort is by memory, cpu or name, "
				 "not \"%s\"",
				 o->sort);
	if (o->rounds && !o->rounds[strspn(o->rounds, "0")])
		return cmd_usage(argv[0], "--rounds needs at least 1");
	return -1;
}

int cmd_top(int argc, char **argv)
{
	struct top_processes processes = { .order = PROCESS_BY_CPU };
	struct cmd_options options;
	struct top t = { .options = &options };
	int r = cmd_options(&argc, argv, "mjkyz", &options);

	if (r >= 0)
		return r;
	processes_init(&processes.asked, &options, argv[1]);
	if (options.processes)
		t.processes = &processes;
	r = top_check(&t, argc, argv);
	if (r >= 0)
		return r;
	t.moniker = argv[1];
	if (options.rounds || options.json || !isatty(STDOUT_FILENO))
		r = top_print(&t, options.rounds
					  ? strtoul(options.rounds, NULL, 10)
					  : 1);
	else
		r = top_live(&t);
	top_processes_fini(&processes);
	top_table_fini(&t.now);
	top_table_fini(&t.before);
	text_fini(&t.root);
	text_fini(&t.status);
	return r;
}
