#include "client/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"

/* The multiplier spreads the parents' small numbers over the hash. */
static uint64_t tree_hash(const struct node *parent, const char *name,
			  size_t n_name)
{
	return map_hash(name, n_name) ^
	       parent->number * UINT64_C(0x9e3779b97f4a7c15);
}

static struct node *node_new(const char *name, size_t n_name)
{
	struct node *n = calloc(1, sizeof(*n) + n_name + 1);

	if (!n)
		return NULL;
	list_init(&n->link);
	list_init(&n->children);
	memcpy(n->name, name, n_name);
	n->n_name = (uint8_t)n_name;
	return n;
}

int tree_init(struct tree *t, uint32_t n_nodes_max)
{
	struct node *root = node_new("", 0);

	if (!root)
		return -ENOMEM;
	root->number = 1;
	*t = (struct tree){ .root = root,
			    .map = MAP_INIT,
			    .next_number = 2,
			    .n_nodes_max = n_nodes_max };
	return 0;
}

void tree_fini(struct tree *t)
{
	struct node *n;

	if (!t->root)
		return;
	while ((n = node_first_leaf(t->root)) != t->root) {
		tree_remove(t, n);
		free(n);
	}
	free(TAKE(t->root));
	map_fini(&t->map);
}

size_t path_segment(const char *path)
{
	return strcspn(path, "/");
}

const char *path_rest(const char *path)
{
	path += path_segment(path);
	return *path ? path + 1 : path;
}

struct node *tree_find_child(const struct tree *t, const struct node *parent,
			     const char *name, size_t n_name)
{
	struct map_node *it;
	struct node *n;

	it = map_find(&t->map, tree_hash(parent, name, n_name));
	for (; it; it = map_next(it)) {
		n = container_of(it, struct node, in_map);
		if (n->parent == parent && n->n_name == n_name &&
		    !memcmp(n->name, name, n_name))
			return n;
	}
	return NULL;
}

struct node *tree_walk(const struct tree *t, struct node *from,
		       const char *path, const char **ret_rest)
{
	struct node *n = from, *child;

	if (!strcmp(path, "."))
		path = "";
	while (*path && node_is_directory(n)) {
		child = tree_find_child(t, n, path, path_segment(path));
		if (!child)
			break;
		n = child;
		path = path_rest(path);
	}
	*ret_rest = path;
	return n;
}

int tree_add(struct tree *t, struct node *parent, const char *name,
	     size_t n_name, directory_open_fn on_open, struct node **ret)
{
	struct node *n;
	int r;

	if (!node_is_directory(parent))
		return -ENOTDIR;
	if (tree_find_child(t, parent, name, n_name))
		return -EEXIST;
	if (t->n_nodes >= t->n_nodes_max)
		return -ENOSPC;
	n = node_new(name, n_name);
	if (!n)
		return -ENOMEM;
	r = map_link(&t->map, &n->in_map, tree_hash(parent, name, n_name));
	if (r < 0) {
		free(n);
		return r;
	}
	n->number = t->next_number++;
	n->parent = parent;
	n->on_open = on_open;
	list_link(&parent->children, &n->link);
	t->n_nodes++;
	*ret = n;
	return 0;
}

void tree_remove(struct tree *t, struct node *n)
{
	map_unlink(&t->map, &n->in_map);
	list_unlink(&n->link);
	t->n_nodes--;
}

struct node *node_first_leaf(struct node *n)
{
	while (!list_is_empty(&n->children))
		n = list_first(&n->children, struct node, link);
	return n;
}

struct node *node_child_after(struct node *n, uint64_t number)
{
	struct node *child;

	list_for_each (child, &n->children, link) {
		if (child->number > number)
			return child;
	}
	return NULL;
}

struct node *node_next(struct node *n)
{
	struct list *next = n->link.next;

	return next == &n->parent->children
		       ? NULL
		       : list_entry(next, struct node, link);
}
