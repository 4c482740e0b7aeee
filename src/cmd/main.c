/*
 * reeve: verbs first. This file is the table of verbs, their help, and what they
 * print through.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"

#define PACKAGES_HELP                                                          \
	"  -p, --packages DIR   look up packages in DIR; may be given again\n" \
	"                       (default: beside the root's package)\n"
#define MANAGER_HELP                                                           \
	"  -m, --manager PID    of several running managers, this one\n"
#define JSON_HELP "      --json           one JSON value a line\n"

static const struct cmd cmds[] = {
	{ "run", "[OPTION]... ROOT.cml | [OPTION]... -- PROGRAM [ARG]...",
	  "bring a tree of components to life",
	  "Runs the tree below ROOT.cml in the foreground, and shows its life: "
	  "each open\nwith its route, each start and end, what the components "
	  "print. What is started:\nthe components named with --start; else the "
	  "root and everything eager; else, if\nthat has no program, every "
	  "program that nobody can open. When these have ended,\nthe rest is "
	  "stopped, dependents first. ^C stops everything; twice kills it.\n\n"
	  "With --, one program of this machine runs in a cell of its own, with "
	  "nothing\nbut its standard input, output and error; the exit status "
	  "is the program's.\n\n"
	  PACKAGES_HELP
	  "      --start MONIKER  start this component; may be given again\n"
	  "      --state DIR      keep storage in DIR (default: "
	  "/var/lib/reeve/...\n"
	  "                       or ~/.local/state/reeve/...)\n"
	  "      --json           one JSON object a line instead of text\n"
	  "  -q, --quiet          only what the components print\n",
	  cmd_run },
	{ "check", "[OPTION]... FILE...", "are manifests and routes valid?",
	  "Reads each FILE as the root of a tree, loads the whole tree, and "
	  "routes every use\nand every expose, as a live open would be. All "
	  "errors are shown in one go, as\nFILE:LINE:COL: error: TEXT [rule].\n\n"
	  "      --manifest-only  check only the files that are named\n"
	  PACKAGES_HELP
	  "      --json           the diagnostics as a JSON array\n"
	  "  -q, --quiet          only the exit status\n",
	  cmd_check },
	{ "route", "[OPTION]... ROOT.cml MONIKER [CAPABILITY]",
	  "how does a capability reach a component?",
	  "Shows each hop from the use (or expose) of the component to the "
	  "source, or the\nhop that does not hold and how to mend it; without "
	  "CAPABILITY, for all that the\ncomponent uses and exposes. No manager "
	  "need run.\n\n" PACKAGES_HELP JSON_HELP,
	  cmd_route },
	{ "tree", "[OPTION]... [ROOT.cml]", "the components as a tree",
	  "Of the running manager, or, with ROOT.cml, of the manifests.\n\n"
	  PACKAGES_HELP MANAGER_HELP JSON_HELP,
	  cmd_tree },
	{ "list", "[OPTION]...", "the components, a line each",
	  "Moniker, state, process id and URL.\n\n"
	  MANAGER_HELP JSON_HELP
	  "  -q, --quiet          monikers only\n",
	  cmd_list },
	{ "show", "[OPTION]... MONIKER", "everything about one component",
	  "A unique ending of the moniker will do (\"web\" for /shop/web), or a "
	  "beginning\n(\"/sh\").\n\n"
	  "      --plan           with the plan of its cell\n"
	  MANAGER_HELP JSON_HELP,
	  cmd_show },
	{ "start", "[OPTION]... MONIKER...", "start components",
	  "One that runs already is left alone. A unique ending of the moniker "
	  "will do.\n\n" MANAGER_HELP, cmd_start },
	{ "stop", "[OPTION]... MONIKER...", "stop components",
	  "Asks the program to stop; what still runs after the grace period is "
	  "killed. An\nopen that waits starts it again.\n\n" MANAGER_HELP,
	  cmd_stop },
	{ "log", "[OPTION]... [MONIKER]", "what happened, and what was printed",
	  "Of all components, or of MONIKER and those below it.\n\n"
	  "  -f, --follow         go on as things happen\n"
	  "  -n, --lines N        the last N only\n" MANAGER_HELP JSON_HELP,
	  cmd_log },
	{ "doctor", "[OPTION]...", "can this machine run cells, and how well?",
	  "One line for each thing that cells need of the kernel and the "
	  "system, with the\nfix where something is missing.\n\n"
	  "      --json           the lines as a JSON array\n",
	  cmd_doctor },
	{ "version", "", "the version", "", cmd_version },
};

/* ---- printing ---- */

void cmd_print(struct text *t)
{
	fwrite(text_string(t), 1, t->n, stdout);
	fflush(stdout);
	text_clear(t);
}

void cmd_print_error(struct text *t)
{
	fwrite(text_string(t), 1, t->n, stderr);
	text_clear(t);
}

bool cmd_has_colour(int fd)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fd) && !(no && *no);
}

int cmd_fail(const char *format, ...)
{
	va_list args;

	fputs("reeve: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_NOT;
}

int cmd_usage(const char *verb, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "reeve %s: ", verb);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; see reeve %s --help\n", verb);
	return EXIT_USAGE;
}

/* ---- the table ---- */

static const struct cmd *cmd_find(const char *name)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(cmds); i++)
		if (!strcmp(cmds[i].name, name))
			return &cmds[i];
	return NULL;
}

int cmd_help(const char *verb)
{
	const struct cmd *c = cmd_find(verb);

	bool asks = strchr(c->summary, '?');

	printf("usage: reeve %s%s%s\n\n%c%s%s\n", c->name,
	       *c->synopsis ? " " : "", c->synopsis,
	       c->summary[0] - ('a' - 'A'), c->summary + 1, asks ? "" : ".");
	if (*c->help)
		printf("\n%s", c->help);
	return EXIT_DONE;
}

static int help_all(FILE *out)
{
	size_t i;

	fputs("usage: reeve VERB [OPTION]... [ARGUMENT]...\n\n"
	      "Sandboxed components that see only what was routed to them.\n\n",
	      out);
	for (i = 0; i < N_ELEMENTS(cmds); i++)
		fprintf(out, "  %-9s %s\n", cmds[i].name, cmds[i].summary);
	fputs("\nreeve VERB --help says more; so does the manual, reeve(1).\n",
	      out);
	return out == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int unknown_verb(const char *verb)
{
	const char *names[N_ELEMENTS(cmds)], *near;
	size_t i;

	for (i = 0; i < N_ELEMENTS(cmds); i++)
		names[i] = cmds[i].name;
	near = text_nearest(verb, names, N_ELEMENTS(names));
	fprintf(stderr, "reeve: no verb \"%s\"%s%s%s; see reeve --help\n", verb,
		near ? " (did you mean " : "", near ? near : "",
		near ? "?)" : "");
	return EXIT_USAGE;
}

int cmd_version(int argc, char **argv)
{
	struct cmd_options options;
	int r = cmd_options(&argc, argv, "", &options);

	if (r >= 0)
		return r;
	if (argc > 1)
		return cmd_usage("version", "takes no arguments");
	puts("reeve " REEVE_VERSION);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	const struct cmd *c;

	if (argc < 2)
		return help_all(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    !strcmp(argv[1], "help")) {
		if (argc < 3)
			return help_all(stdout);
		return cmd_find(argv[2]) ? cmd_help(argv[2]) :
					   unknown_verb(argv[2]);
	}
	if (!strcmp(argv[1], "--version"))
		argv[1] = (char *)"version";
	c = cmd_find(argv[1]);
	if (!c)
		return unknown_verb(argv[1]);
	return c->run(argc - 1, argv + 1);
}
