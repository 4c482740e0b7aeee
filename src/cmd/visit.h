/* Running a program in a component's cell: what exec and explore share. */
#pragma once

#include "cmd/cmd.h"

struct visit {
	const struct cmd_options *options; /* --manager, --start, --bring */
	const char *name;		   /* the component, as it was called */
	/* Found out by visit_open(). */
	char *moniker;
	bool is_strict; /* nothing of the host's programs is in there */
	char state[32];
	int line_fd;
};

/* Let us in. EXIT_DONE, or an exit status: it was said why. visit_close() in
 * any case. */
int visit_open(struct visit *v, const struct cmd_options *options,
	       const char *name);
void visit_close(struct visit *v);

/*
 * Run @args there, with our standard streams and @environment (both end in
 * NULL) behind what the component's environment is, to its end. Returns its
 * exit status, 128 and the signal that ended it, or 126 or 127 if it cannot be
 * run; EXIT_NOT if we failed.
 */
int visit_run(struct visit *v, char *const *args, char *const *environment);
