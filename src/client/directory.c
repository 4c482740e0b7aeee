#include "client/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "channel/channel.h"
#include "client/serve.h"
#include "reeve/status.h"
#include "sys/fd.h"

static const struct directory_limits limits_default = {
	.n_connections = 32,
	.n_watchers = 16,
	.n_entries = 4096,
	.n_requests = 16,
};

static struct directory_limits
limits_complete(const struct directory_limits *limits)
{
	struct directory_limits l = limits_default;

	if (!limits)
		return l;
	if (limits->n_connections)
		l.n_connections = limits->n_connections;
	if (limits->n_watchers)
		l.n_watchers = limits->n_watchers;
	if (limits->n_entries)
		l.n_entries = limits->n_entries;
	if (limits->n_requests)
		l.n_requests = limits->n_requests;
	return l;
}

int directory_new(struct loop *loop, const struct directory_limits *limits,
		  struct directory **ret)
{
	struct directory *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->loop = loop;
	d->limits = limits_complete(limits);
	list_init(&d->connections);
	list_init(&d->watchers);
	r = tree_init(&d->tree, d->limits.n_entries);
	if (r < 0) {
		free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void directory_set_manager(struct directory *d)
{
	d->is_manager = true;
}

void directory_set_payer(struct directory *d,
			 const struct directory_payer *payer)
{
	d->payer = payer;
}

bool directory_take(const struct directory *d, uint64_t client)
{
	return !d->payer || d->payer->on_take(client);
}

void directory_give_back(const struct directory *d, uint64_t client)
{
	if (d->payer)
		d->payer->on_give_back(client);
}

void directory_hold(struct directory *d)
{
	struct connection *c;

	list_for_each (c, &d->connections, link) {
		loop_remove(&c->source);
	}
}

void directory_free(struct directory *d)
{
	struct connection *c, *tmp;

	if (!d || d->is_dead)
		return;
	d->is_dead = true;
	list_for_each_safe (c, tmp, &d->connections, link) {
		connection_close(c, REEVE_OK);
	}
	watchers_close(d, NULL);
	loop_defer_cancel(&d->idle_task);
	tree_fini(&d->tree);
	if (!d->n_busy)
		free(d);
}

void directory_freep(struct directory **d)
{
	directory_free(*d);
}

static int add_child(struct directory *d, struct node *parent, const char *path,
		     directory_open_fn fn, struct node **ret)
{
	int r;

	r = tree_add(&d->tree, parent, path, path_segment(path), fn, ret);
	if (r < 0)
		return r;
	watchers_tell(d, parent, IO_WATCH_ADDED, *ret);
	return 0;
}

/* Make what is missing of @path; its last node is a leaf if @fn is given. */
static int add_path(struct directory *d, const char *path, directory_open_fn fn,
		    struct node **ret)
{
	struct wire_string checked = wire_string_of(path);
	struct node *n, *made = NULL;
	const char *rest, *next;
	int r;

	if (!strcmp(path, ".") || io_path_check(checked) != 0 ||
	    path[checked.n - 1] == '/')
		return -EINVAL;
	n = tree_walk(&d->tree, d->tree.root, path, &rest);
	if (!*rest)
		return -EEXIST;
	while (*rest) {
		next = path_rest(rest);
		r = add_child(d, n, rest, *next ? NULL : fn, &made);
		if (r < 0)
			return r;
		n = made;
		rest = next;
	}
	*ret = n;
	return 0;
}

int directory_add(struct directory *d, const char *path,
		  enum directory_kind kind, directory_open_fn fn,
		  void *userdata)
{
	struct node *n;
	int r;

	r = add_path(d, path, fn, &n);
	if (r < 0)
		return r;
	n->kind = kind;
	n->userdata = userdata;
	return 0;
}

int directory_add_directory(struct directory *d, const char *path)
{
	struct node *n;
	const char *rest;
	int r;

	r = add_path(d, path, NULL, &n);
	if (r != -EEXIST)
		return r;
	n = tree_walk(&d->tree, d->tree.root, path, &rest);
	return node_is_directory(n) ? 0 : -ENOTDIR;
}

/* Nobody may stand on a node that goes. */
static void node_evict(struct directory *d, struct node *n)
{
	struct connection *c, *tmp;

	list_for_each_safe (c, tmp, &d->connections, link) {
		if (c->node == n)
			connection_close(c, REEVE_ERR_NOT_FOUND);
	}
	watchers_end(d, n);
}

int directory_remove(struct directory *d, const char *path)
{
	struct node *top, *n, *parent;
	const char *rest;

	top = tree_walk(&d->tree, d->tree.root, path, &rest);
	if (*rest || top == d->tree.root)
		return -ENOENT;
	do {
		n = node_first_leaf(top);
		parent = n->parent;
		node_evict(d, n);
		tree_remove(&d->tree, n);
		watchers_tell(d, parent, IO_WATCH_REMOVED, n);
		free(n);
	} while (n != top);
	return 0;
}

bool directory_has(const struct directory *d, const char *path)
{
	const char *rest;

	tree_walk(&d->tree, d->tree.root, path, &rest);
	return !*rest;
}

int directory_serve(struct directory *d, int take_channel, uint32_t rights,
		    uint64_t client)
{
	const struct connection_kind kind = { .node = d->tree.root,
					      .rights = rights & IO_RIGHTS,
					      .client = client };

	if (!channel_is(take_channel)) {
		fd_close(take_channel);
		return -ENOTSOCK;
	}
	return connection_new(d, &kind, take_channel);
}

void directory_disconnect(struct directory *d, uint64_t client, int32_t status)
{
	struct connection *c, *tmp;

	list_for_each_safe (c, tmp, &d->connections, link) {
		if (c->client == client)
			connection_close(c, status);
	}
	watchers_close(d, &client);
}

uint32_t directory_n_connections(const struct directory *d)
{
	return d->n_connections + d->n_watchers;
}

void directory_on_idle(struct directory *d, void (*fn)(void *userdata),
		       void *userdata)
{
	d->on_idle = fn;
	d->on_idle_userdata = userdata;
}

static void on_idle_task(struct loop_task *task)
{
	struct directory *d = container_of(task, struct directory, idle_task);

	/* Somebody may have come again since. */
	if (!directory_n_connections(d) && d->on_idle)
		d->on_idle(d->on_idle_userdata);
}

void directory_check_idle(struct directory *d)
{
	if (!d->is_dead && d->on_idle && !directory_n_connections(d))
		loop_defer(d->loop, &d->idle_task, on_idle_task);
}
