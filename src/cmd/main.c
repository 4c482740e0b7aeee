/*
 * reeve: verbs first. This file is the table of verbs, their help, and what
 * they print through.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"

#define INCLUDE_HELP                                                           \
	"  -I, --include DIR    look up included files in DIR as well; may "   \
	"be "                                                                  \
	"given again\n"
#define PACKAGES_HELP                                                          \
	"  -p, --packages DIR   look up packages in DIR; may be given again\n" \
	"                       (default: beside the root's "                  \
	"package)\n" INCLUDE_HELP
#define MANAGER_HELP                                                           \
	"  -m, --manager PID    of several running managers, this one\n"
#define JSON_HELP "      --json           one JSON value a line\n"

static const struct cmd cmds[] = {
	{ "run", "[OPTION]... ROOT.cml | [OPTION]... -- PROGRAM [ARG]...",
	  "bring a tree of components to life",
	  "Runs the tree below ROOT.cml in the foreground, and shows its life: "
	  "each open\nwith its route, each start and end, what the components "
	  "print. What is started:\nthe components named with --start; else "
	  "the "
	  "root and everything eager; else, if\nthat has no program, every "
	  "program that nobody can open. When these have ended,\nthe rest is "
	  "stopped, dependents first. ^C stops everything; twice kills it.\n\n"
	  "With --, one program of this machine runs in a cell of its own, "
	  "with "
	  "nothing\nbut its standard input, output and error; the exit status "
	  "is the program's.\n\n" PACKAGES_HELP
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
	  "errors are shown in one go, as\nFILE:LINE:COL: error: TEXT "
	  "[rule].\n\n"
	  "      --manifest-only  check only the files that are named\n"
	  "      --must-use TYPE:NAME    every component with a program has to "
	  "use it\n"
	  "      --must-offer TYPE:NAME  every parent has to offer it to its "
	  "children;\n"
	  "                       both may be given again (protocol:NAME, "
	  "directory:NAME)\n" PACKAGES_HELP
	  "      --json           the diagnostics as a JSON array\n"
	  "  -q, --quiet          only the exit status\n",
	  cmd_check },
	{ "route", "[OPTION]... ROOT.cml MONIKER [CAPABILITY]",
	  "how does a capability reach a component?",
	  "Shows each hop from the use (or expose) of the component to the "
	  "source, or the\nhop that does not hold and how to mend it; without "
	  "CAPABILITY, for all that the\ncomponent uses and exposes. No "
	  "manager "
	  "need run.\n\n" PACKAGES_HELP JSON_HELP,
	  cmd_route },
	{ "why", "[OPTION]... MONIKER CAPABILITY",
	  "why does a component have it, or not?",
	  "The route as it is now, with grants and what was taken back. "
	  "Without "
	  "a manager,\nof manifests: -f ROOT.cml.\n\n"
	  "  -f, --file ROOT.cml  the tree below this manifest\n"
	  "      --fix            with -f: show the edits that mend it, as a "
	  "patch\n"
	  "      --apply          and make them\n" PACKAGES_HELP MANAGER_HELP
		  JSON_HELP,
	  cmd_why },
	{ "reach", "[OPTION]... ROOT.cml", "who can reach whom?",
	  "With --from and --to: a path of authority, the shortest for each "
	  "component that\nis reached, or that there is none. With --of: "
	  "everyone who can get a capability,\nby a use of its own, to give it "
	  "on, or through others. A component is a moniker,\nin which * stands "
	  "for any one segment and a last ** for one or more. No manager\nneed "
	  "run.\n\n"
	  "      --from A         who reaches\n"
	  "      --to B           whom\n"
	  "      --of CAPABILITY  by any name that it has on its way\n"
	  "      --provider MONIKER\n"
	  "                       only that of this component, or framework, "
	  "or "
	  "builtin\n"
	  "      --none           0 if there is none, else 1\n"
	  "  -a, --all            all paths, not ten; all who have it through "
	  "others\n"
	  "  -q, --quiet          only the exit status\n" PACKAGES_HELP
	  "      --json           one JSON object\n",
	  cmd_reach },
	{ "diff", "[OPTION]... OLD.cml NEW.cml",
	  "what authority does a change add or remove?",
	  "Compares the trees below two root manifests, component by "
	  "component: "
	  "what each can\nopen, gives, and is offered, with rights, policies "
	  "and limits; and who can reach\nwhom by way of others. What adds "
	  "authority is marked with a !.\n\n"
	  "      --fail-on-growth\n"
	  "                       1 if any authority is added\n"
	  "  -a, --all            100 of the pairs that reach each other now, "
	  "not ten\n"
	  "  -q, --quiet          only the exit status\n" PACKAGES_HELP
	  "      --json           one JSON object\n",
	  cmd_diff },
	{ "graph", "[OPTION]... ROOT.cml",
	  "the tree and its routes as a picture",
	  "Components are boxes in each other; arrows lead from who uses "
	  "something to who\nprovides it; broken routes are red. With "
	  "--moniker only that component, what is\nbelow it, and those that "
	  "these exchange something with. No manager need run.\n\n"
	  "      --format FORMAT  svg, dot, mermaid or json (default: by the "
	  "file's ending,\n"
	  "                       else svg)\n"
	  "      --output FILE    write to FILE\n"
	  "      --moniker MONIKER\n"
	  "                       only what concerns this component\n"
	  "      --capability NAME\n"
	  "                       only routes of that name, and their "
	  "ends\n" PACKAGES_HELP
	  "      --json           the same as --format json\n",
	  cmd_graph },
	{ "tree", "[OPTION]... [ROOT.cml]", "the components as a tree",
	  "Of the running manager, or, with ROOT.cml, of the "
	  "manifests.\n\n" PACKAGES_HELP MANAGER_HELP JSON_HELP,
	  cmd_tree },
	{ "list", "[OPTION]...", "the components, a line each",
	  "Moniker, state, process id and URL.\n\n" MANAGER_HELP JSON_HELP
	  "  -q, --quiet          monikers only\n",
	  cmd_list },
	{ "show", "[OPTION]... MONIKER", "everything about one component",
	  "A unique ending of the moniker will do (\"web\" for /shop/web), or "
	  "a "
	  "beginning\n(\"/sh\"). Without a manager, what the manifests say: "
	  "-f ROOT.cml.\n\n"
	  "  -f, --file ROOT.cml  the tree below this manifest\n"
	  "      --plan           with the plan of its cell\n"
	  "      --processes      instead, the light processes in it now\n"
	  "  -n, --lines N        no more than N of these (default: "
	  "1000)\n" PACKAGES_HELP MANAGER_HELP JSON_HELP,
	  cmd_show },
	{ "start", "[OPTION]... MONIKER...", "start components",
	  "One that runs already is left alone; one that is suspended, or "
	  "waits "
	  "after a\ncrash, starts at once. A unique ending of the moniker will "
	  "do.\n\n" MANAGER_HELP JSON_HELP,
	  cmd_start },
	{ "stop", "[OPTION]... MONIKER...", "stop components",
	  "Asks the program to stop; what still runs after the grace period is "
	  "killed. An\nopen that waits starts it again.\n\n" MANAGER_HELP
		  JSON_HELP,
	  cmd_stop },
	{ "restart", "[OPTION]... MONIKER...", "stop components and start them",
	  "Opens that come meanwhile wait for the new one. One that does not "
	  "run is started.\n\n" MANAGER_HELP JSON_HELP,
	  cmd_restart },
	{ "create", "[OPTION]... PARENT COLLECTION:NAME URL",
	  "make a component in a collection",
	  "PARENT declares the collection; URL says where the manifest is. The "
	  "component is\nstarted when somebody opens it.\n\n" MANAGER_HELP
		  JSON_HELP,
	  cmd_create },
	{ "destroy", "[OPTION]... MONIKER...", "end components of collections",
	  "Each is stopped with all below it, and is gone when this returns; "
	  "so "
	  "is what it\nprovided.\n\n" MANAGER_HELP JSON_HELP,
	  cmd_destroy },
	{ "limit", "[OPTION]... MONIKER KEY=VALUE...",
	  "change what a component may have",
	  "For it and all below it: memory_min, memory_max (64M), cpu_share "
	  "(100 is usual),\ncpu_max (50% of one core), tasks_max. For itself: "
	  "opens, connections, channels,\nchildren, requests_per_second. "
	  "\"none\" takes a limit away that was given so; the\nmanifests' own "
	  "cannot be exceeded.\n\n" MANAGER_HELP JSON_HELP,
	  cmd_limit },
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
	  "The derivation tree: what is provided, below it who passes it on "
	  "and "
	  "who has it,\nby manifest or by a grant, and the live connections. "
	  "With MONIKER, only trees that\nreach it or those below it.\n\n"
	  "  -a, --all            also what leads nowhere\n" MANAGER_HELP
		  JSON_HELP,
	  cmd_grants },
	{ "grant", "[OPTION]... MONIKER CAPABILITY",
	  "give a component something while it runs",
	  "Of its parent: what that has, provides, or gets from another child. "
	  "It appears in\nthe running component at /svc/CAPABILITY, a "
	  "directory "
	  "at /grants/CAPABILITY. An\noffer of the manifest that was taken "
	  "back "
	  "is given again.\n\n"
	  "      --from SOURCE    parent, self or #CHILD, if several have it\n"
	  "      --as NAME        under another name\n"
	  "      --path PATH      at another path of its namespace\n"
	  "      --directory      it is a directory\n"
	  "      --storage        it is a storage\n"
	  "      --rights RIGHTS  of a directory, no more than: r, rw, rx, "
	  "...\n"
	  "      --subdir DIR     of a directory, only what is below DIR\n"
	  "      --for TIME       for 10s, 5m, 1h30m, ...\n"
	  "      --uses N         for N opens\n"
	  "      --no-transfer    no descriptors pass over it\n"
	  "      --restart        if it is taken back while files are open, "
	  "restart\n"
	  "                       the component\n"
	  "  -q, --quiet          do not say its number\n" MANAGER_HELP
		  JSON_HELP,
	  cmd_grant },
	{ "revoke", "[OPTION]... MONIKER CAPABILITY | OPTION... [MONIKER]...",
	  "take it back, and all that came of it",
	  "With all that was derived from it, and every connection, wherever "
	  "its "
	  "descriptors\nwent. When this returns 0, it is true: nothing passes "
	  "any "
	  "more.\n\n"
	  "  -a, --all            all that the component has\n"
	  "      --grant N        the grant #N; '#N' alone will do\n"
	  "      --connection N   that connection only\n"
	  "      --restart        restart components that have files open of "
	  "it\n"
	  "      --audit          revoke nothing; show what two components "
	  "gave "
	  "each\n"
	  "                       other that would stay\n"
	  "  -q, --quiet          only the exit status\n" MANAGER_HELP
		  JSON_HELP,
	  cmd_revoke },
	{ "restore", "[OPTION]... MONIKER...",
	  "give back what manifests give a component",
	  "All that was taken back from it by reeve revoke, if a manifest "
	  "says that\nit has it. What was granted while it ran has to be "
	  "granted "
	  "again.\n\n" MANAGER_HELP JSON_HELP,
	  cmd_restore },
	{ "log", "[OPTION]... [MONIKER]", "what happened, and what was printed",
	  "Of all components, or of MONIKER and those below it.\n\n"
	  "      --audit          opens, refusals, ends, grants and "
	  "revocations "
	  "only,\n"
	  "                       with the time\n"
	  "  -f, --follow         go on as things happen\n"
	  "  -n, --lines N        the last N only\n" MANAGER_HELP JSON_HELP,
	  cmd_log },
	{ "explore", "[OPTION]... MONIKER",
	  "a shell that sees what a component sees",
	  "/bin/sh in the cell of a running component, as reeve exec runs it. "
	  "First, a few\nlines say where everything is.\n\n"
	  "      --start          start the component if it does not run\n"
	  "      --bring FILE     bring this shell along: a static program, "
	  "where the cell\n"
	  "                       has none\n"
	  "  -q, --quiet          no lines before the first "
	  "prompt\n" MANAGER_HELP,
	  cmd_explore },
	{ "exec", "[OPTION]... MONIKER -- PROGRAM [ARG]...",
	  "run a program that sees what a component sees",
	  "Runs PROGRAM in the cell of a running component, beside its own: "
	  "what it sees is\nwhat the component sees, and it may do no more. It "
	  "is looked for in there. Its\nstandard streams are ours, through "
	  "pipes, or a terminal of its own if ours are\none; signals and the "
	  "exit status are passed on. What is revoked is revoked from\nit "
	  "too, and it ends with the component.\n\n"
	  "      --start          start the component if it does not run\n"
	  "      --bring FILE     run a copy of this program, as PROGRAM; a "
	  "static one, if\n"
	  "                       the cell is strict\n" MANAGER_HELP,
	  cmd_exec },
	{ "call", "[OPTION]... MONIKER SERVICE [DATA]",
	  "send a service one raw message",
	  "Opens SERVICE as the component would, over its own route, sends "
	  "one message, and\nshows the first that comes back: as text if it is "
	  "text, else as a dump. The\nmessage is DATA, or what an option says, "
	  "or standard input. Nothing is known of\nthe protocol.\n\n"
	  "      --exposed        what the component exposes, as its parent "
	  "would open it\n"
	  "      --text TEXT      send this text\n"
	  "      --hex DIGITS     send these bytes: 0a0b, or 0a 0b\n"
	  "      --timeout TIME   wait so many seconds for an answer "
	  "(default: 5)\n"
	  "      --json           one JSON object: bytes, hex, text, handles, "
	  "epitaph\n" MANAGER_HELP,
	  cmd_call },
	{ "doctor", "[OPTION]... [MONIKER]",
	  "can this machine run cells? does a component get all?",
	  "Without MONIKER: one line for each thing that cells need of the "
	  "kernel and the\nsystem, with the fix where something is missing. "
	  "With it: one line for each\ncapability that the component uses or "
	  "exposes, as the running manager routes it,\nand where it breaks. 1 "
	  "if something is missing, or required and broken.\n\n"
	  "  -f, --file ROOT.cml  the component in this tree of manifests; no "
	  "manager is\n"
	  "                       asked\n" PACKAGES_HELP MANAGER_HELP
	  "      --json           the lines as a JSON array; of a component, "
	  "one value a line\n",
	  cmd_doctor },
	{ "compile", "[OPTION]... FILE.cml...", "write a manifest out whole",
	  "Writes the manifest FILE.cml to FILE.cm beside it: the same "
	  "manifest "
	  "in one\nfile of plain JSON, with the shards that it includes merged "
	  "into it. Where both\nare there, FILE.cm is what is "
	  "run.\n\n" INCLUDE_HELP "      --output FILE    write to FILE, or to "
				  "standard output if it is "
	  "-\n"
	  "      --json           what was done as one JSON object for each "
	  "file\n"
	  "  -q, --quiet          nothing but the exit status\n",
	  cmd_compile },
	{ "lsp", "", "a language server for manifests",
	  "Started by an editor, which it talks to on standard input and "
	  "output: what is\nwrong with a manifest while it is typed, what a "
	  "key means, where a capability\ncomes from, and what can stand at "
	  "the cursor. man reeve-lsp says how editors are\nset up.\n",
	  cmd_lsp },
	{ "version", "[OPTION]...", "the version",
	  "      --json           as a JSON object\n", cmd_version },
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
	int r = cmd_options(&argc, argv, "j", &options);

	if (r >= 0)
		return r;
	if (argc > 1)
		return cmd_usage("version", "takes no arguments");
	puts(options.json ? "{\"version\":\"" REEVE_VERSION "\"}"
			  : "reeve " REEVE_VERSION);
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
		return cmd_find(argv[2]) ? cmd_help(argv[2])
					 : unknown_verb(argv[2]);
	}
	if (!strcmp(argv[1], "--version"))
		argv[1] = (char *)"version";
	c = cmd_find(argv[1]);
	if (!c)
		return unknown_verb(argv[1]);
	return c->run(argc - 1, argv + 1);
}
