/*
 * Mending a route: the edits of manifests with which it holds.
 *
 * What broke is known exactly (struct why), so the edits that could mend it are
 * few: a name, a type, a target, a declaration that is not there, rights that
 * are too narrow, a slip because of which a file does not load. Each is tried
 * on a copy of the tree, with the files as they would be, and the route is
 * walked again; what breaks then is mended next. The cheapest way that makes
 * the route whole, and breaks no other, is the answer.
 *
 * Nothing is written: the answer is the new text of each file.
 */
#pragma once

#include "base/arena.h"
#include "route/route.h"

enum {
	FIX_NONE = 1,	    /* no edit is known; @text says why not */
	FIX_AMBIGUOUS = 2,  /* there are several; @text lists them */
	FIX_NOT_NEEDED = 3, /* the route holds */
};

/* How the bytes of files are had. */
struct fix_files {
	/*
	 * The bytes of @file, a name that a manifest of the tree has. 0 and the
	 * caller owns *ret (free), FIX_NONE if it cannot be read, or a fault.
	 */
	int (*read)(void *userdata, const char *file, char **ret,
		    size_t *ret_n);
	/*
	 * The file of the manifest of @r, which could not be loaded when the
	 * tree was resolved, or is below one that could not. As above; NULL if
	 * this is never asked for.
	 */
	int (*find)(void *userdata, const struct realm *r, char **ret);
	void *userdata;
};

struct fix_file {
	const char *file;
	const char *old;
	size_t n_old;
	const char *new;
	size_t n_new;
};

struct fix {
	struct arena arena;
	const struct fix_file *files; /* those that change, by name */
	size_t n_files;
	const char *name; /* what @name is called afterwards */
	struct text text; /* a line for each edit; or why there is none */
};

/* Zeroed memory is no fix. */
void fix_fini(struct fix *fix);

/*
 * How the route of @name, used or exposed by the component @moniker, can be
 * mended. All realms of @tree are resolved or broken. 0, a verdict from above,
 * or a fault; fix_fini() in all cases.
 */
int fix_find(struct topology *tree, const char *moniker, const char *name,
	     const struct fix_files *files, struct fix *ret);
