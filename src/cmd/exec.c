/* reeve exec: one program inside a component's view. */
#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/visit.h"

int cmd_exec(int argc, char **argv)
{
	char *environ[] = { NULL, NULL };
	char term[64];
	struct cmd_options options;
	struct visit visit;
	int r = cmd_options(&argc, argv, "mxb", &options);

	if (r >= 0)
		return r;
	if (argc < 3)
		return cmd_usage(argv[0], "name a component, and behind -- a "
					  "program");
	if (getenv("TERM")) {
		snprintf(term, sizeof(term), "TERM=%s", getenv("TERM"));
		environ[0] = term;
	}
	r = visit_open(&visit, &options, argv[1]);
	if (!r)
		r = visit_run(&visit, argv + 2, environ);
	visit_close(&visit);
	return r;
}
