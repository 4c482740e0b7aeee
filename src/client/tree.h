/*
 * Trees of names: what a pseudo-directory serves, without the serving.
 *
 * Nodes are found through one hash map of the whole tree, keyed by parent and
 * name, so a directory with thousands of entries answers as fast as a small
 * one. Children are listed in the order in which they were added; a node's
 * number is never used again, so a listing or a watcher can stand on a number
 * while the directory changes under it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "client/directory.h"

struct node {
	struct node *parent; /* NULL: the root */
	struct list link;    /* in its parent's children, by ascending number */
	struct list children;
	struct map_node in_map;
	uint64_t number; /* from 1 on; the root is 1 */
	/* NULL: a directory of this tree. */
	directory_open_fn on_open;
	void *userdata;
	enum directory_kind kind; /* of a leaf */
	uint8_t n_name;
	char name[]; /* zero-terminated */
};

struct tree {
	struct node *root;
	struct map map;
	uint64_t next_number;
	uint32_t n_nodes, n_nodes_max; /* without the root */
};

static inline bool node_is_directory(const struct node *n)
{
	return !n->on_open;
}

/* 0 or -ENOMEM. */
int tree_init(struct tree *t, uint32_t n_nodes_max);
void tree_fini(struct tree *t);

/* The first segment's length, in a path that io_path_check() allows. */
size_t path_segment(const char *path);
/* What follows the first segment and its slash; "" at the end. */
const char *path_rest(const char *path);

/* The child of this name, or NULL. */
struct node *tree_find_child(const struct tree *t, const struct node *parent,
			     const char *name, size_t n_name);

/*
 * Walk from @from along a checked path, as far as it leads through directories
 * of this tree. Returns the last node reached and in *ret_rest what is left of
 * the path: "" when it led to the end; behind a leaf, the path below the leaf.
 */
struct node *tree_walk(const struct tree *t, struct node *from,
		       const char *path, const char **ret_rest);

/*
 * Add one node, a leaf if @on_open is given. 0, -EEXIST, -ENOTDIR, -ENOSPC, or
 * -ENOMEM.
 */
int tree_add(struct tree *t, struct node *parent, const char *name,
	     size_t n_name, directory_open_fn on_open, struct node **ret);

/*
 * Take one node that has no children out of the tree; it is freed by the caller
 * with free(). The root cannot be removed.
 */
void tree_remove(struct tree *t, struct node *n);

/* The deepest first descendant of @n, itself if it has no children. */
struct node *node_first_leaf(struct node *n);

/* The first child of @n with a number above @number, and the child that follows
 * one; NULL at the end. */
struct node *node_child_after(struct node *n, uint64_t number);
struct node *node_next(struct node *n);
