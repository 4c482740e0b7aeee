/*
 * libreeve: what a component says to Reeve, and to other components.
 *
 * A component is started with a namespace: paths at which it finds the services
 * and directories that were routed to it, and nothing else. It opens a service
 * with reeve_open() and then talks to the provider directly. What it provides
 * itself it serves in its outgoing directory with reeve_serve().
 *
 * A provider, whole:
 *
 *	static void on_message(struct reeve *r, struct reeve_channel *channel,
 *			       struct reeve_message *m, void *userdata)
 *	{
 *		if (m)
 *			reeve_reply(channel, m, m->bytes, m->n_bytes);
 *	}
 *
 *	static void on_open(struct reeve *r, struct reeve_channel *channel,
 *			    void *userdata)
 *	{
 *		reeve_watch(r, channel, on_message, NULL);
 *	}
 *
 *	int main(void)
 *	{
 *		struct reeve *r;
 *
 *		if (reeve_join(&r) < 0)
 *			return 1;
 *		reeve_serve(r, "/svc/example.Echo", on_open, NULL);
 *		return reeve_run(r);
 *	}
 *
 * Functions that can fail return 0 or a negative errno and set their outputs
 * only when they return 0; <reeve/channel.h> lists the errors of channels, and
 * the rules for handles and timeouts. Strings that are returned live as long as
 * the struct reeve.
 *
 * What it is configured with is in <reeve/config.h>.
 *
 * What moves while everything runs is in <reeve/registry.h> (services that are
 * registered and found by name), <reeve/realm.h> (children) and
 * <reeve/grant.h> (giving to children and taking back).
 *
 * A struct reeve and the channels it watches belong to one thread at a time. It
 * starts no threads, installs no signal handlers and prints nothing. Signals:
 * writing to a closed channel is an error, never SIGPIPE.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <reeve/channel.h>
#include <reeve/status.h>

#ifdef __cplusplus
extern "C" {
#endif

struct reeve;

/* ---- joining ---- */

/*
 * Take part: read what the manager left for this program on descriptor 3. Once
 * in a program, and before it opens other descriptors. -ENOTCONN when it was
 * not started by Reeve, -EPROTO when the manager speaks another version.
 */
REEVE_PUBLIC int reeve_join(struct reeve **ret);

/* Close everything that belongs to @r, watched channels included, and free it.
 * NULL is allowed. Not in a handler. */
REEVE_PUBLIC void reeve_leave(struct reeve *take_r);

/* The instance's absolute name, "/shop/web". */
REEVE_PUBLIC const char *reeve_moniker(const struct reeve *r);

/* The URL that its manifest came from. */
REEVE_PUBLIC const char *reeve_url(const struct reeve *r);

/* The arguments from the manifest, without the program's name; NULL ends. */
REEVE_PUBLIC const char *const *reeve_args(const struct reeve *r);

/* ---- the namespace ---- */

/* How many entries there are, and the path of entry @i; NULL past the end. */
REEVE_PUBLIC size_t reeve_namespace_size(const struct reeve *r);
REEVE_PUBLIC const char *reeve_namespace_path(const struct reeve *r, size_t i);

/* One name in a directory; anything but 0 ends the listing. */
typedef int (*reeve_entry_fn)(void *userdata, const char *name);

/*
 * Call @fn for every entry of the directory at @path, which may lie in an entry
 * of the namespace or be a mounted path. Enumerating starts nothing. Returns
 * what @fn returned, or as reeve_open().
 */
REEVE_PUBLIC int reeve_list(struct reeve *r, const char *path,
			    reeve_entry_fn fn, void *userdata);

/* A verdict of reeve_open(): the path is mounted, use open(2) on it. */
#define REEVE_MOUNTED 1

/*
 * Open the service at @path, "/svc/fuchsia.example.Foo". Returns at once,
 * before anybody looked at the request: messages may be written to the channel
 * right away. If the open is refused, using the channel gives -EPIPE, and
 * reeve_channel_status() and reeve_channel_closer() say why and by whom.
 * REEVE_MOUNTED for a path in a directory that the kernel mounted; -ENOENT
 * outside of the namespace; -EAGAIN when too many opens are waiting.
 */
REEVE_PUBLIC int reeve_open(struct reeve *r, const char *path,
			    struct reeve_channel **ret);

/*
 * Open the directory at @path for reading. For a mounted path *ret_fd is a
 * descriptor as from open(2) with O_DIRECTORY and *ret_channel is NULL; for one
 * that is served, *ret_channel is a channel to use with the functions that end
 * in _at, and *ret_fd is -1.
 */
REEVE_PUBLIC int reeve_open_directory(struct reeve *r, const char *path,
				      struct reeve_channel **ret_channel,
				      int *ret_fd);

/* As reeve_open(), reeve_list(): below a directory that one has a channel to,
 * with a relative path; "." is the directory itself. */
REEVE_PUBLIC int reeve_open_at(struct reeve_channel *directory,
			       const char *path, struct reeve_channel **ret);
REEVE_PUBLIC int reeve_list_at(struct reeve_channel *directory, int timeout_ms,
			       reeve_entry_fn fn, void *userdata);

/*
 * As reeve_open_at(), with an end that the caller made: it gets whatever stands
 * at @path. @take_server_end is consumed in any case.
 */
REEVE_PUBLIC int reeve_open_with(struct reeve_channel *directory,
				 const char *path,
				 struct reeve_channel *take_server_end);

/* ---- serving ---- */

/* Somebody opened the service; the channel to the client is the handler's. */
typedef void (*reeve_open_fn)(struct reeve *r,
			      struct reeve_channel *take_channel,
			      void *userdata);

/*
 * Serve @path, "/svc/fuchsia.example.Foo", in the outgoing directory: @fn is
 * called for every open. What was opened before this call is waiting and is not
 * lost, provided it is made before reeve_run() or reeve_dispatch().
 * -EEXIST, -EINVAL for a path that is none, -ENOSPC beyond 4096 entries. Below
 * /reeve is what the operator's tools ask this program for, served from the
 * start; nobody else can open anything there.
 */
REEVE_PUBLIC int reeve_serve(struct reeve *r, const char *path,
			     reeve_open_fn fn, void *userdata);

/* End it: later opens get REEVE_ERR_NOT_FOUND. Channels that were handed out
 * live on. -ENOENT. */
REEVE_PUBLIC int reeve_unserve(struct reeve *r, const char *path);

/*
 * A message on a watched channel, valid during the call; or NULL, once and
 * last, when the other end is closed or broke the protocol: the channel is
 * freed after that call. Handlers may do anything but reeve_leave().
 */
typedef void (*reeve_message_fn)(struct reeve *r, struct reeve_channel *channel,
				 struct reeve_message *message, void *userdata);

/*
 * Call @fn for each framed message on @take_channel. The channel belongs to @r
 * from now on; reeve_channel_close() ends the watch without a last call.
 */
REEVE_PUBLIC int reeve_watch(struct reeve *r,
			     struct reeve_channel *take_channel,
			     reeve_message_fn fn, void *userdata);

/* ---- the loop ---- */

/*
 * Handle events until the manager asks this program to stop (returns 0) or
 * reeve_quit() (returns its status), or something failed for good (-errno).
 */
REEVE_PUBLIC int reeve_run(struct reeve *r);
REEVE_PUBLIC void reeve_quit(struct reeve *r, int status);

/*
 * For a loop of one's own: when reeve_fd() is readable, call reeve_dispatch(),
 * which handles what is there and does not wait. It returns how many events it
 * handled. reeve_is_stopping() becomes true when the program should end.
 */
REEVE_PUBLIC int reeve_fd(const struct reeve *r);
REEVE_PUBLIC int reeve_dispatch(struct reeve *r);
REEVE_PUBLIC bool reeve_is_stopping(const struct reeve *r);

typedef void (*reeve_fn)(struct reeve *r, void *userdata);

/*
 * Call @fn when the manager asks this program to stop, instead of ending
 * reeve_run(); it calls reeve_quit() when all is saved. The time for it is
 * limited (a few seconds), then the program is killed. NULL: as before.
 */
REEVE_PUBLIC void reeve_on_stop(struct reeve *r, reeve_fn fn, void *userdata);

typedef void (*reeve_lost_fn)(struct reeve *r, const char *path,
			      void *userdata);

/*
 * Call @fn when what provided the use at @path, "/svc/fuchsia.example.Foo", has
 * ended: its channels are closed or about to be, and a new open starts it again
 * if it can be started. Only uses whose declaration says `if_provider_ends:
 * "tell"` are told of. @path is valid during the call. NULL: as before.
 */
REEVE_PUBLIC void reeve_on_lost(struct reeve *r, reeve_lost_fn fn,
				void *userdata);

/* Call @fn once, @ms milliseconds from now. -ENOMEM. */
REEVE_PUBLIC int reeve_after(struct reeve *r, uint32_t ms, reeve_fn fn,
			     void *userdata);

#ifdef __cplusplus
}
#endif
