/*
 * A manager that is made by hand: a tree of files, a loop and a journal, but no
 * launcher, no signals and no socket. Nothing can be started in it; everything
 * else is the real thing.
 */
#pragma once

#include "host/manager.h"

/*
 * @root_file is resolved; other packages are looked up in @packages, state is
 * kept in @state. The strings are the caller's. 0 or a fault.
 */
int bare_new(const char *root_file, const char *packages, const char *state,
	     struct manager **ret);
void bare_free(struct manager *m);

/* Turn the loop until it has nothing more to do at once. */
void bare_turn(struct manager *m);
