/* Trees with their graph of authority, and how its parts are printed: for reach
 * and diff. */
#pragma once

#include "cmd/offline.h"
#include "route/reach.h"

struct reach_tree {
	struct offline offline;
	struct reach reach;
};

/*
 * Read the whole tree below @file. What cannot be read is told on standard
 * error. -1 and the caller owns *ret (reach_tree_fini); or the exit status, if
 * not even the root can be read.
 */
int reach_tree_load(const char *file, const struct cmd_options *options,
		    struct reach_tree *ret);
void reach_tree_fini(struct reach_tree *t);

/* "FILE:LINE:COL", or the file alone if it is about the file as a whole. */
void place_render(const char *file, struct place place, struct text *t);

/* "file":...,"line":...,"column":... */
void place_json(const char *file, struct place place, struct text *t);

/* What is had, as members of a JSON object: type, name, source, rights, ... */
void record_json(const struct reach_record *r, struct text *t);

/* A step in a line, and the places it stands on, a line each. */
void step_render(const struct reach_step *s, struct text *t);
void step_json(const struct reach_step *s, struct text *t);

/* The component that is not in the tree by that moniker, with what was perhaps
 * meant; EXIT_UNKNOWN. */
int reach_no_such(const struct reach_tree *t, const char *pattern,
		  const char *option, const char *why);
