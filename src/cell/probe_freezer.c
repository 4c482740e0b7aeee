/* How the tasks of a cell are kept from running while it is searched. */
#include <unistd.h>

#include "cell/probe_row.h"
#include "sys/cgroup.h"

void cell_probe_freezer(struct cell_probe *out, bool has_cgroup2)
{
	static const char fix[] = "run reeve where cgroups of version 2 are "
				  "delegated to it";
	char path[CGROUP_PATH_MAX];

	if (has_cgroup2)
		cell_probe_add(out, "freezer", PROBE_OK, NULL,
			       "cells can be frozen while they are searched");
	else if (cgroup_find_v1("freezer", path) == 0 &&
		 access(path, W_OK) == 0)
		cell_probe_add(
			out, "freezer", PROBE_OK, NULL,
			"cells can be frozen while they are searched, by "
			"the freezer of cgroups of version 1");
	else
		cell_probe_add(out, "freezer", PROBE_DEGRADED, fix,
			       "cells that hide what is revoked are stopped by "
			       "SIGSTOP while they are searched, which their "
			       "tasks can notice");
}
