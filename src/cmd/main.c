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
	  "      --processes      instead, the light processes in it now\n"
	  "  -n, --lines N        no more than N of these (default: 1000)\n"
	  MANAGER_HELP JSON_HELP,
	  cmd_show },
	{ "start", "[OPTION]... MONIKER...", "start components",
	  "One that runs already is left alone; one that is suspended, or waits "
	  "after a\ncrash, starts at once. A unique ending of the moniker will "
	  "do.\n\n" MANAGER_HELP, cmd_start },
	{ "stop", "[OPTION]... MONIKER...", "stop components",
	  "Asks the program to stop; what still runs after the grace period is "
	  "killed. An\nopen that waits starts it again.\n\n" MANAGER_HELP,
	  cmd_stop },
	{ "restart", "[OPTION]... MONIKER...", "stop components and start them",
	  "Opens that come meanwhile wait for the new one. One that does not "
	  "run is started.\n\n" MANAGER_HELP, cmd_restart },
	{ "create", "[OPTION]... PARENT COLLECTION:NAME URL",
	  "make a component in a collection",
	  "PARENT declares the collection; URL says where the manifest is. The "
	  "component is\nstarted when somebody opens it.\n\n" MANAGER_HELP,
	  cmd_create },
	{ "destroy", "[OPTION]... MONIKER...", "end components of collections",
	  "Each is stopped with all below it, and is gone when this returns; so "
	  "is what it\nprovided.\n\n" MANAGER_HELP, cmd_destroy },
	{ "limit", "[OPTION]... MONIKER KEY=VALUE...",
	  "change what a component may have",
	  "For it and all below it: memory_min, memory_max (64M), cpu_share "
	  "(100 is usual),\ncpu_max (50% of one core), tasks_max. For itself: "
	  "opens, connections, channels,\nchildren, requests_per_second. "
	  "\"none\" takes a limit away that was given so; the\nmanifests' own "
	  "cannot be exceeded.\n\n" MANAGER_HELP, cmd_limit },
	{ "top", "[OPTION]... [MONIKER]", "what runs, and what it needs",
	  "A table of the components that run (MONIKER and those below it), "
	  "each second\nanew: tasks, memory and processor, with their limits; "
	  "connections, opens that\nnobody has read yet, and what was refused. "
	  "q ends it; m sorts by memory, c by\nprocessor, n by name. Not on a "
	  "terminal it is printed once.\n\n"
	  "      --processes      the light processes of MONIKER instead; m "
	  "sorts by\n"
	  "                       mailbox, n by pid\n"
	  "  -n, --rounds N       print it N times and end\n"
	  "  -s, --sort KEY       memory, cpu or name; of processes, mailbox, "
	  "cpu or pid\n" MANAGER_HELP JSON_HELP,
	  cmd_top },
	{ "grants", "[OPTION]... [MONIKER]", "who has what, and from whom",
	  "The derivation tree: what is provided, below it who passes it on and "
	  "who has it,\nby manifest or by a grant, and the live connections. "
	  "With MONIKER, only trees that\nreach it or those below it.\n\n"
	  "  -a, --all            also what leads nowhere\n"
	  MANAGER_HELP JSON_HELP,
	  cmd_grants },
	{ "grant", "[OPTION]... MONIKER CAPABILITY",
	  "give a component something while it runs",
	  "Of its parent: what that has, provides, or gets from another child. "
	  "It appears in\nthe running component at /svc/CAPABILITY, a directory "
	  "at /grants/CAPABILITY. An\noffer of the manifest that was taken back "
	  "is given again.\n\n"
	  "      --from SOURCE    parent, self or #CHILD, if several have it\n"
	  "      --as NAME        under another name\n"
	  "      --path PATH      at another path of its namespace\n"
	  "      --directory      it is a directory\n"
	  "      --storage        it is a storage\n"
	  "      --rights RIGHTS  of a directory, no more than: r, rw, rx, ...\n"
	  "      --subdir DIR     of a directory, only what is below DIR\n"
	  "      --for TIME       for 10s, 5m, 1h30m, ...\n"
	  "      --uses N         for N opens\n"
	  "      --no-transfer    no descriptors pass over it\n"
	  "      --restart        if it is taken back while files are open, "
	  "restart\n"
	  "                       the component\n"
	  "  -q, --quiet          do not say its number\n"
	  MANAGER_HELP JSON_HELP,
	  cmd_grant },
	{ "revoke", "[OPTION]... MONIKER CAPABILITY | OPTION... [MONIKER]...",
	  "take it back, and all that came of it",
	  "With all that was derived from it, and every connection, wherever its "
	  "descriptors\nwent. When this returns 0, it is true: nothing passes any "
	  "more.\n\n"
	  "  -a, --all            all that the component has\n"
	  "      --grant N        the grant #N; '#N' alone will do\n"
	  "      --connection N   that connection only\n"
	  "      --restart        restart components that have files open of it\n"
	  "      --audit          revoke nothing; show what two components gave "
	  "each\n"
	  "                       other that would stay\n"
	  "  -q, --quiet          only the exit status\n"
	  MANAGER_HELP JSON_HELP,
	  cmd_revoke },
	{ "restore", "[OPTION]... MONIKER...",
	  "give back what manifests give a component",
	  "All that was taken back from it by reeve revoke, if a manifest "
	  "says that\nit has it. What was granted while it ran has to be granted "
	  "again.\n\n" MANAGER_HELP, cmd_restore },
	{ "why", "[OPTION]... MONIKER CAPABILITY",
	  "why does a component have it, or not?",
	  "The route as it is now, with grants and what was taken back. Without "
	  "a manager,\nof manifests: -f ROOT.cml.\n\n"
	  "  -f, --file ROOT.cml  the tree below this manifest\n"
	  PACKAGES_HELP MANAGER_HELP JSON_HELP,
	  cmd_why },
	{ "log", "[OPTION]... [MONIKER]", "what happened, and what was printed",
	  "Of all components, or of MONIKER and those below it.\n\n"
	  "      --audit          opens, refusals, ends, grants and revocations "
	  "only,\n"
	  "                       with the time\n"
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
