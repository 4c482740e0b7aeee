/*
 * Pseudo-directories: a tree of named entries, served over channels with the
 * Directory protocol of fuchsia.io.
 *
 * The tree belongs to this program; its clients are not trusted. The manager
 * serves /svc and the exposed directories of its instances with it, libreeve
 * the outgoing directory of a component. A leaf is a service or a remote
 * directory: opening it hands the client's channel to a callback. Everything
 * between is answered here: Open, Clone, Close, Describe, GetAttr, ReadDirents,
 * Rewind, Watch and Sync; what would change the tree is NOT_SUPPORTED.
 *
 * Rights never increase from a connection to what is opened through it. Nothing
 * here ever blocks, and nothing is queued: a client that does not read what it
 * asked for loses its own connection. Not thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/own.h"

struct directory;
struct loop;
struct loop_source;

/* Zero in a field means its default. */
struct directory_limits {
	/* Connections of all clients together: 32. The open that exceeds it is
	 * answered with the epitaph NO_RESOURCES. */
	uint32_t n_connections;
	/* Watchers, likewise: 16. */
	uint32_t n_watchers;
	/* Entries, intermediate directories included: 4096. */
	uint32_t n_entries;
	/* Requests answered per connection and turn of the loop: 16. */
	uint32_t n_requests;
};

enum directory_kind {
	/* A service. IO_FLAG_DESCRIBE is passed on to the callback. */
	DIRECTORY_SERVICE,
	/* A service; OnOpen is answered here before the callback is called. */
	DIRECTORY_SERVICE_DESCRIBED,
	/* A service that may be put together from several: the callback gets
	 * the rest of the path too, which names one of them. */
	DIRECTORY_INSTANCES,
	/* A directory that somebody else serves: the callback gets the flags
	 * and the rest of the path too. */
	DIRECTORY_REMOTE,
};

/* One open that reached a leaf. Valid during the callback. */
struct directory_open {
	/* As asked, checked, and no wider than the connection's rights. */
	uint32_t flags, mode;
	/* What follows the entry in the path: "" at the entry itself, always
	 * so for a plain service. Without a leading slash. */
	const char *path;
	/* The name of the entry. */
	const char *name;
	/* Whom directory_serve() named as the client of this connection. */
	uint64_t client;
};

/*
 * @take_server_end is a channel (checked), close-on-exec. The callback may do
 * anything to the directory, directory_free() included.
 */
typedef void (*directory_open_fn)(void *userdata,
				  const struct directory_open *open,
				  int take_server_end);

/* Whoever pays for the connections and watchers of a client. */
struct directory_payer {
	/* It is to have one more: may it? */
	bool (*on_take)(uint64_t client);
	/* It has one less. */
	void (*on_give_back)(uint64_t client);
	/* Its connection has something to say: may it be read now? If not, the
	 * payer has paused @source, which is the connection's, and resumes it
	 * in its own time. NULL: always. */
	bool (*may_ask)(uint64_t client, struct loop_source *source);
	/* It said something, which is about to be answered. May be NULL. */
	void (*on_request)(uint64_t client);
};

/* @limits may be NULL: the defaults. 0 or -ENOMEM. */
int directory_new(struct loop *loop, const struct directory_limits *limits,
		  struct directory **ret);

/* Mark its epitaphs as the manager's, so that a client can tell who refused. */
void directory_set_manager(struct directory *d);

/* Ask @payer, which outlives @d, before the first is served; what it refuses is
 * answered as beyond the bound. */
void directory_set_payer(struct directory *d,
			 const struct directory_payer *payer);

/* Read nothing more: what is asked for from now on waits in the channels, for
 * whoever gets them next. Not in a callback of the directory. */
void directory_hold(struct directory *d);

/* Closes all connections and watchers. At any time; NULL is allowed. */
void directory_free(struct directory *d);
void directory_freep(struct directory **d);

/*
 * Add an entry at @path ("svc/fuchsia.example.Foo", no leading slash);
 * directories on the way are made. Watchers are told.
 * 0, -EINVAL for a path that is none, -EEXIST, -ENOTDIR when a leaf stands in
 * the way, -ENOSPC beyond the bound of entries, or -ENOMEM; directories that
 * were made on the way stay then.
 */
int directory_add(struct directory *d, const char *path,
		  enum directory_kind kind, directory_open_fn fn,
		  void *userdata);

/* The same for a directory that is empty as yet. An existing one is fine. */
int directory_add_directory(struct directory *d, const char *path);

/*
 * Remove the entry at @path; of a directory, all that is below it as well, and
 * the connections to it are closed. Watchers are told. The directories on the
 * way stay. 0, or -ENOENT.
 */
int directory_remove(struct directory *d, const char *path);

/* True if there is an entry at @path; "" is the root. */
bool directory_has(const struct directory *d, const char *path);

/*
 * Serve the root on a channel, with these IO_RIGHT_* bits. @client is passed
 * on to the callbacks, also for connections that are opened or cloned through
 * this one. 0; -ENOTSOCK when it is no channel, -ENOSPC beyond the bound of
 * connections, or another -errno. The channel is taken in any case.
 */
int directory_serve(struct directory *d, int take_channel, uint32_t rights,
		    uint64_t client);

/* Close every connection and watcher of this client with an epitaph. */
void directory_disconnect(struct directory *d, uint64_t client, int32_t status);

/* How many connections and watchers are live. */
uint32_t directory_n_connections(const struct directory *d);

/* Call @fn whenever the last connection is gone. It may free the directory. */
void directory_on_idle(struct directory *d, void (*fn)(void *userdata),
		       void *userdata);
