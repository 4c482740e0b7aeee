/* Adding rows to a probe. */
#pragma once

#include <stdbool.h>

#include "cell/probe.h"

/* @name is kept; @fix may be NULL. */
void cell_probe_add(struct cell_probe *p, const char *name,
		    enum probe_state state, const char *fix, const char *format,
		    ...) __attribute__((format(printf, 5, 6)));

/* Rows about what enforces the limits of realms; see budget.h. */
void cell_probe_budgets(struct cell_probe *p);

/* Rows about switches and limits of the system. */
void cell_probe_settings(struct cell_probe *p, bool is_root);

/* Whether, and how, a cell can be frozen. @has_cgroup2: in cgroups of version 2
 * it can. */
void cell_probe_freezer(struct cell_probe *out, bool has_cgroup2);
