/*
 * The other side of the Directory protocol: asking somebody else's directory.
 *
 * @channel is a connection to a directory that this program may not trust. The
 * one-way requests return at once; the others wait for an answer, at most
 * @timeout_ms milliseconds (-1: for ever), and must not be used on a channel
 * that a loop reads as well.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Send Open: one message, no reply; what becomes of it is seen on the other end
 * of @take_server_end. 0, -EAGAIN when the receiver's queue is full, -EPIPE
 * when nobody holds the other end, -EINVAL for a path beyond 4096 bytes, or
 * another -errno. @take_server_end is taken in any case.
 */
int remote_open(int channel, uint32_t flags, uint32_t mode, const char *path,
		int take_server_end);

/* Send Clone. As remote_open(). */
int remote_clone(int channel, uint32_t flags, int take_server_end);

/* @type is a enum io_dirent_type; @name is not terminated. Other than 0 ends
 * the listing and is what remote_list() returns. */
typedef int (*remote_entry_fn)(void *userdata, uint8_t type, const char *name,
			       size_t n_name);

/*
 * Call @fn for each entry, "." included, from the first one on. 0, what @fn
 * returned, -EPROTO for an answer that is none, -ETIMEDOUT, -EPIPE, or another
 * -errno (a refusal by status is mapped to one).
 */
int remote_list(int channel, int timeout_ms, remote_entry_fn fn,
		void *userdata);

/* Ask to be told of changes: @take_watcher gets the events in @mask (1 << enum
 * io_watch_event_kind). 0, or as remote_list(). Taken in any case. */
int remote_watch(int channel, int timeout_ms, uint32_t mask, int take_watcher);

/* @event is an enum io_watch_event_kind; as remote_entry_fn. */
typedef int (*remote_event_fn)(void *userdata, uint8_t event, const char *name,
			       size_t n_name);

/* Take apart one message of a watcher. 0, what @fn returned, or -EPROTO. */
int remote_read_events(const uint8_t *bytes, size_t n, remote_event_fn fn,
		       void *userdata);
