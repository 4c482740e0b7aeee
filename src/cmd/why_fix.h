/* For reeve why: what would mend a route of the manifests. */
#pragma once

#include "cmd/cmd.h"

/* Show the patch for a route that is known to be broken, and apply it if that
 * is asked for, or said yes to. Returns the exit status. */
int why_fix(const struct cmd_options *options, const char *moniker,
	    const char *capability);

/* The route as JSON, with "fix" if it is broken. Returns the exit status. */
int why_json(const struct cmd_options *options, const char *moniker,
	     const char *capability);
