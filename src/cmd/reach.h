/* The two questions of reeve reach. */
#pragma once

#include "cmd/reach_words.h"

/* Everyone who can get the capability --of; the exit status. */
int reach_of(const struct reach_tree *t, const struct cmd_options *options);

/* The exit status of an answer. What could not be read is told. */
int reach_status(const struct reach *g, const struct cmd_options *options,
		 bool is_found);
