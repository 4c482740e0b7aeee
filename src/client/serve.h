/*
 * The inside of a pseudo-directory: what directory.c, connection.c, open.c and
 * watcher.c share. Nobody else includes this.
 *
 * Nothing is freed while its own handler runs: a connection that ends while it
 * is busy, and a directory that is freed by a callback, are only marked, and
 * the handler frees them on its way out.
 */
#pragma once

#include "client/directory.h"
#include "client/tree.h"
#include "sys/loop.h"
#include "wire/io.h"

struct directory {
	struct loop *loop;
	struct directory_limits limits;
	struct tree tree;
	struct list connections, watchers;
	uint32_t n_connections, n_watchers;
	/* Handlers of its connections that are running. */
	unsigned n_busy;
	bool is_dead;
	bool is_manager;
	const struct directory_payer *payer; /* or NULL */
	void (*on_idle)(void *userdata);
	void *on_idle_userdata;
	struct loop_task idle_task;
};

struct connection {
	struct directory *directory;
	struct list link;
	struct loop_source source;
	int fd;
	uint32_t rights;
	/* Opened with NODE_REFERENCE: it may ask what the node is, no more. */
	bool is_reference;
	bool is_busy, is_dead;
	/* Its handler found that this is the end, and what to say then. */
	bool is_ending;
	int32_t end_status;
	/* A directory; or a service, if @is_reference. */
	struct node *node;
	/* The number of the last node that ReadDirents told, 0 at the start;
	 * "." counts as the number 1, which only the root has. */
	uint64_t cursor;
	uint64_t client;
};

/* What a new connection is to be. */
struct connection_kind {
	struct node *node;
	uint32_t rights;
	bool is_reference;
	bool describe; /* OnOpen first */
	uint64_t client;
};

/*
 * Serve @take_channel. Beyond the bound, or when it fails, the channel is
 * refused. 0, -ENOSPC, or another -errno.
 */
int connection_new(struct directory *d, const struct connection_kind *kind,
		   int take_channel);

/* End it, with an epitaph unless @status is REEVE_OK. */
void connection_close(struct connection *c, int32_t status);

/* The answer to an open that is refused: OnOpen if asked for, an epitaph. */
void open_refuse(struct directory *d, int take_server_end, uint32_t flags,
		 int32_t status);

/*
 * Perform Open and Clone. A verdict means that the request is not one an honest
 * client sends, and is the status to close the connection with; whatever
 * else is wrong is told on the new channel. The server end is taken.
 */
int connection_open(struct connection *c, const struct io_open *open,
		    int take_server_end);
int connection_clone(struct connection *c, const struct io_clone *clone,
		     int take_server_end);

/* Write OnOpen to the new channel @fd: best effort. */
void describe_open(int fd, int32_t status, const struct node *n);
struct io_node_info node_info(const struct node *n);

/* Watch @n. Returns a status for the reply. The channel is taken. */
int32_t watcher_new(struct connection *c, uint32_t mask, int take_channel);

/* Tell those who watch @n that @name was added or removed. */
void watchers_tell(struct directory *d, const struct node *n,
		   enum io_watch_event_kind event, const struct node *child);

/* @n is about to go: tell its watchers and end them. */
void watchers_end(struct directory *d, const struct node *n);

/* End the watchers of one client, or all. */
void watchers_close(struct directory *d, const uint64_t *client);

/* Charge @client for a connection or watcher: false if it may have no more. */
bool directory_take(const struct directory *d, uint64_t client);
void directory_give_back(const struct directory *d, uint64_t client);

/* A connection or watcher is gone. */
void directory_check_idle(struct directory *d);
