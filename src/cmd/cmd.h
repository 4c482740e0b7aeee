/*
 * The command line: what every verb shares.
 *
 * A verb is one file with one function; the table is in main.c. Exit statuses:
 * 0 done, 1 it did not work (or: not valid, not routed), 2 wrong usage, 3 not
 * running, 4 no such component.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/report.h"
#include "base/text.h"

enum {
	EXIT_DONE = 0,
	EXIT_NOT = 1,
	EXIT_USAGE = 2,
	EXIT_NOT_RUNNING = 3,
	EXIT_UNKNOWN = 4,
};

struct cmd {
	const char *name;
	const char *synopsis; /* what follows the name */
	const char *summary;  /* one line */
	const char *help;     /* more lines, options included */
	int (*run)(int argc, char **argv);
};

int cmd_call(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_compile(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_destroy(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_exec(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_grant(int argc, char **argv);
int cmd_grants(int argc, char **argv);
int cmd_graph(int argc, char **argv);
int cmd_limit(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_lsp(int argc, char **argv);
int cmd_reach(int argc, char **argv);
int cmd_restart(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_revoke(int argc, char **argv);
int cmd_route(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_tree(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_why(int argc, char **argv);

/* Print "reeve VERB: TEXT" and how to get help; returns EXIT_USAGE. */
int cmd_usage(const char *verb, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Print "reeve: TEXT"; returns EXIT_NOT. */
int cmd_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print the help of a verb to standard output; returns EXIT_DONE. */
int cmd_help(const char *verb);

/* Write a text to standard output, or error; it is emptied. */
void cmd_print(struct text *t);
void cmd_print_error(struct text *t);

/* Colour: only on a terminal, and not when NO_COLOR is set. */
bool cmd_has_colour(int fd);

/* --- Options that several verbs take --- */

enum { CMD_PACKAGES_MAX = 32 };

struct cmd_options {
	const char *packages[CMD_PACKAGES_MAX];
	size_t n_packages;
	const char *includes[CMD_PACKAGES_MAX];
	size_t n_includes;
	const char *starts[CMD_PACKAGES_MAX];
	size_t n_starts;
	const char *must_use[CMD_PACKAGES_MAX], *must_offer[CMD_PACKAGES_MAX];
	size_t n_must_use, n_must_offer;
	bool json, quiet, follow, manifest_only, plan, verbose;
	bool all, audit, restart;
	bool directory, storage, no_transfer;
	bool processes;
	bool none, fail_on_growth;
	const char *to, *of, *provider;
	bool fix, apply;
	bool starts_first, exposed;
	const char *bring, *hex, *text, *timeout;
	const char *manager; /* pid of a manager, as text */
	const char *state, *file, *sort;
	const char *from, *as, *path, *rights, *subdir, *duration;
	const char *format, *output, *moniker, *capability;
	/* Digits. */
	const char *lines, *rounds, *uses, *grant, *connection;
};

/*
 * Read options by the letters in @accepted, which are those of the table in
 * options.c. The arguments that are no options are moved to the front of @argv
 * (behind argv[0]), and *argc counts them. "--" ends the options. Returns -1,
 * or the exit status (help was asked for, or the usage is wrong).
 */
int cmd_options(int *argc, char **argv, const char *accepted,
		struct cmd_options *ret);
