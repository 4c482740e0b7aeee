/* What can be asked of a manager: one row for each request. */
#pragma once

#include "host/control_conn.h"

struct control_verb {
	const char *name;
	unsigned n_min, n_max; /* arguments */
	bool changes;	       /* needs the manager's own user, or root */
	void (*run)(struct control_conn *c, const char *const *argv,
		    unsigned n);
};

/* NULL if there is none. */
const struct control_verb *control_verb_find(const char *name, size_t n);
