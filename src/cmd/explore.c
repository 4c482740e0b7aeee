/*
 * reeve explore: a shell inside a component's view. Where everything is stands
 * in a few lines before the first prompt, from what the manager says of the
 * component's plan.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/remote.h"
#include "cmd/visit.h"

enum { EXPLORE_LISTED = 8 };

/* One line: where, and what it is. */
static void put_place(struct text *t, const char *where, const char *what)
{
	text_puts(t, "  ");
	text_safe(t, where, strlen(where));
	text_printf(t, "%*s  %s\n",
		    strlen(where) < 12 ? (int)(12 - strlen(where)) : 0, "",
		    what);
}

/* The last parts of the names in @list, of which there may be many. */
static void put_names(struct text *t, const struct json5_value *list,
		      const char *directory)
{
	size_t n = 0, skip = strlen(directory);
	const char *name;

	json5_for_each(v, list)
	{
		name = json5_string(v) ? json5_string(v) : json_text(v, "name");
		if (strncmp(name, directory, skip))
			continue;
		if (n++ == EXPLORE_LISTED)
			text_puts(t, ", ...");
		if (n > EXPLORE_LISTED)
			continue;
		text_puts(t, n > 1 ? ", " : "");
		text_safe(t, name + skip, strlen(name + skip));
	}
}

static void put_mounts(struct text *t, const struct json5_value *plan)
{
	json5_for_each(m, json5_get(plan, "mounts"))
	{
		const char *kind = json_text(m, "kind");
		bool is_writable = false;
		_cleanup_text_ struct text what = TEXT_INIT;

		json5_for_each(right, json5_get(m, "rights")) is_writable |=
			json5_string(right) &&
			!strcmp(json5_string(right), "write_bytes");
		text_printf(&what, "%s%s",
			    strcmp(kind, "package") ? kind : "its package",
			    is_writable ? "" : ", read-only");
		put_place(t, json_text(m, "target"), text_string(&what));
	}
}

static void put_list(struct text *t, const char *where,
		     const struct json5_value *list, const char *directory)
{
	_cleanup_text_ struct text names = TEXT_INIT;

	put_names(&names, list, directory);
	if (names.n)
		put_place(t, where, text_string(&names));
}

static bool on_show(void *userdata, const char *json,
		    const struct json5_value *v)
{
	const struct json5_value *plan = json5_get(v, "plan");
	const struct visit *visit = userdata;
	_cleanup_text_ struct text t = TEXT_INIT;

	(void)json;
	text_printf(&t, "In the cell of %s: what it has, and nothing more.\n",
		    visit->moniker);
	put_list(&t, "/svc", json5_get(plan, "services"), "/svc/");
	put_mounts(&t, plan);
	put_place(&t, "/grants", "directories that were given while it runs");
	put_place(&t, "/tmp", "its own, gone with it");
	if (visit->is_strict)
		put_place(&t, "/usr", "not here: it is strict");
	put_list(&t, "exposed", json5_get(v, "exposes"), "");
	text_puts(&t, "Leave with exit or ^D.\n");
	cmd_print_error(&t);
	return true;
}

static void show_banner(const struct visit *v)
{
	const char *const arguments[] = { v->moniker, "plan" };

	(void)remote_ask(v->options, "show", arguments, 2, on_show, (void *)v);
}

int cmd_explore(int argc, char **argv)
{
	char *args[] = { (char *)"/bin/sh", NULL };
	_cleanup_text_ struct text prompt = TEXT_INIT, term = TEXT_INIT;
	char *environment[] = { NULL, NULL, NULL };
	struct cmd_options options;
	struct visit visit;
	int r = cmd_options(&argc, argv, "mxbq", &options);

	if (r >= 0)
		return r;
	if (argc != 2)
		return cmd_usage(argv[0], "name a component");
	if (options.bring)
		args[0] = (char *)"sh";
	r = visit_open(&visit, &options, argv[1]);
	if (!r) {
		text_printf(&prompt, "PS1=%s $ ", visit.moniker);
		text_printf(&term, "TERM=%s",
			    getenv("TERM") ? getenv("TERM") : "dumb");
		environment[0] = prompt.bytes;
		environment[1] = term.bytes;
		if (isatty(STDIN_FILENO) && !options.quiet)
			show_banner(&visit);
		r = visit_run(&visit, args, environment);
	}
	visit_close(&visit);
	return r;
}
