/* The graph of authority of a rig's whole tree, and its paths in a line. */
#pragma once

#include "rig.h"
#include "route/reach.h"

struct reach_rig {
	struct rig rig;
	struct reach reach;
};

void reach_rig_init(struct reach_rig *r, const struct rig_file *files);
void reach_rig_fini(struct reach_rig *r);

/* The realm of a moniker, also one that stands for members. */
const struct realm *reach_rig_realm(const struct reach_rig *r,
				    const char *moniker);

/*
 * The shortest path is this one: "/a service X /b | shared data /c", each step
 * with its kind, the name of what it is by and whom it leads to; or "none".
 */
void reach_expect(const struct reach_rig *r, const char *from, const char *to,
		  const char *path);

/* The same of any path. */
void reach_path_summary(const struct reach_path *p, struct text *t);
