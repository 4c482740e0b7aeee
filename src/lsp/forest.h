/*
 * The trees that open documents belong to, made of what is in the editor where
 * it differs from the files.
 *
 * The roots are those that the client names. A document that is in none of
 * their trees is the root of one of its own; what that takes from its parent is
 * nobody's mistake then.
 */
#pragma once

#include "base/list.h"
#include "host/resolve.h"
#include "lsp/document.h"

enum { FOREST_PATHS_MAX = 64 };

/* Absolute paths that the client named. */
struct paths {
	const char *at[FOREST_PATHS_MAX];
	size_t n;
};

struct tree {
	struct list link;
	struct forest *forest;
	char *root;
	bool is_lone; /* of a document that no root leads to */
	bool is_built, is_stale;
	struct topology topology;
	struct resolver resolver;
	struct report report;
	const char *packages[FOREST_PATHS_MAX];
	char *default_packages;
};

struct forest {
	struct list trees;
	struct list *documents; /* all that are open */
	struct paths roots, packages, includes;
};

/* Where a document is in a tree. */
struct seat {
	struct tree *tree;
	struct realm *realm; /* of whose manifest it is a part */
	const char *file;    /* what reports of the tree call it */
	bool is_shard;	     /* the manifest includes it */
};

void forest_init(struct forest *f, struct list *documents);
void forest_fini(struct forest *f);

/* Name the roots, and the directories of packages and of shards; relative paths
 * are below
 * @directory. All trees are made anew. 0 or -ENOMEM. */
int forest_set_roots(struct forest *f, const char *const *paths, size_t n,
		     const char *directory);
int forest_set_packages(struct forest *f, const char *const *paths, size_t n,
			const char *directory);
int forest_set_includes(struct forest *f, const char *const *paths, size_t n,
			const char *directory);

/* The document says something else now, was opened, or is about to be closed.
 */
void forest_touch(struct forest *f, const struct document *d);
/* It is closed: the tree of it alone goes. */
void forest_forget(struct forest *f, const struct document *d);
/* Files have changed. */
void forest_touch_all(struct forest *f);

/* The first place at which @d is in a tree, which is built if need be. 0,
 * FOREST_ABSENT or a fault. */
enum { FOREST_ABSENT = 1 };
int forest_find(struct forest *f, struct document *d, struct seat *ret);

/* The same of all trees: @seat is {NULL} at first. FOREST_ABSENT at the end. */
int forest_next(struct forest *f, struct document *d, struct seat *seat);

/* The open document that is the file; NULL if there is none. */
struct document *forest_document(const struct forest *f, const char *file);

/* The document's file may be another one now: look. */
void forest_stamp(struct document *d);

/* Read a document's text by itself: fills its report, and @good if it is
 * valid. 0 or a fault. */
int forest_check(const struct forest *f, struct document *d);
