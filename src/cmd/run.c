/* reeve run: a manager in the foreground, and its journal on the terminal. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/offline.h"
#include "cmd/screen.h"
#include "host/manager.h"

struct shown {
	struct journal_listener listener;
	struct screen screen;
	bool json, quiet, colour;
	const char *program; /* of a cell of its own; NULL: a tree */
};

/* The output of a single program is its own: only what kept it from running is
 * said, elsewhere. */
static void tell_failure(const struct shown *s, const struct journal_entry *e)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (e->kind != JOURNAL_FAILED && e->kind != JOURNAL_REFUSED)
		return;
	if (s->json) {
		journal_render_json(e, &t);
		text_puts(&t, "\n");
	} else {
		text_printf(&t, "reeve: %s %s\n", s->program, e->text);
	}
	cmd_print_error(&t);
}

static void on_entry(struct journal_listener *l, const struct journal_entry *e)
{
	struct shown *s = container_of(l, struct shown, listener);
	_cleanup_text_ struct text t = TEXT_INIT;

	if (s->program) {
		tell_failure(s, e);
		return;
	}
	if (s->quiet && e->kind != JOURNAL_LOG && e->kind != JOURNAL_FAILED &&
	    e->kind != JOURNAL_REFUSED)
		return;
	if (s->json) {
		journal_render_json(e, &t);
		text_puts(&t, "\n");
	} else {
		journal_render(e, s->colour, &t);
	}
	screen_write(&s->screen, &t);
}

static int run_manager(struct manager_options *m_options,
		       const struct cmd_options *options)
{
	struct shown shown = { .json = options->json,
			       .quiet = options->quiet,
			       .colour = cmd_has_colour(STDOUT_FILENO),
			       .program = m_options->program
						  ? m_options->root_file
						  : NULL };
	_cleanup_text_ struct text why = TEXT_INIT;
	struct manager *m = NULL;
	struct report report;
	int r;

	report_init(&report);
	r = manager_new(m_options, &m, &report, &why);
	if (r) {
		_cleanup_text_ struct text t = TEXT_INIT;

		report_sort(&report);
		report_render(&report, &t);
		cmd_print_error(&t);
		cmd_fail("%s cannot be run: %s", m_options->root_file,
			 r < 0 ? strerror(-r) : text_string(&why));
		report_fini(&report);
		return EXIT_NOT;
	}
	report_fini(&report);
	screen_init(&shown.screen, m->loop, STDOUT_FILENO);
	shown.screen.is_json = options->json;
	shown.listener.on_entry = on_entry;
	journal_listen(m->journal, &shown.listener);
	r = manager_run(m);
	list_unlink(&shown.listener.link);
	screen_fini(&shown.screen);
	manager_free(m);
	return r < 0 ? cmd_fail("%s", strerror(-r)) : r;
}

/* Is there a "--"? What stands behind it is a program. */
static int find_separator(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			return i;
	return 0;
}

int cmd_run(int argc, char **argv)
{
	struct manager_options m_options = { 0 };
	int separator = find_separator(argc, argv), r;
	const char *room[1];
	char *paths = NULL;
	struct cmd_options options;

	if (separator) {
		m_options.program = argv + separator + 1;
		if (!*m_options.program)
			return cmd_usage(argv[0], "name a program after --");
		argc = separator;
	}
	r = cmd_options(&argc, argv, "pIjqst", &options);
	if (r >= 0)
		return r;
	if (argc != (separator ? 1 : 2))
		return cmd_usage(argv[0], "name one root manifest, or -- and a "
					  "program");
	m_options.root_file = separator ? m_options.program[0] : argv[1];
	m_options.paths =
		offline_paths(m_options.root_file, &options, room, &paths);
	m_options.state_directory = options.state;
	m_options.starts = options.starts;
	m_options.n_starts = options.n_starts;
	r = run_manager(&m_options, &options);
	free(paths);
	return r;
}
