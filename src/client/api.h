/* The inside of libreeve: what stands behind the opaque types of reeve.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "client/directory.h"
#include "reeve.h"
#include "reeve/process.h"
#include "sys/loop.h"
#include "wire/codec.h"

/* A reply that did not fit into the client's queue yet. */
struct pending {
	struct message m;
	_Alignas(8) uint8_t bytes[];
};

struct reeve_channel {
	int fd;
	int cancel_fd; /* borrowed; -1: none */
	/* How often a process looked in vain for a message, and waited. */
	uint8_t n_misses, n_waits;
	/* What is known of the other end's close. */
	int32_t status;
	enum reeve_closer closer;
	/* What reeve.Realm last refused, and why; NULL for nothing. */
	char *why;

	/* Only while watched. */
	struct reeve *reeve; /* NULL: not watched */
	struct list link;
	struct loop_source source;
	reeve_message_fn on_message;
	void *userdata;
	struct pending *pending;
	/* Whether it pays to look for a second message; see watch.c. */
	bool expects_more;
	uint8_t n_turns;
	/* Its handler runs; it was closed meanwhile. */
	bool is_busy, is_dead;
};

struct namespace_entry {
	const char *path;
	size_t n_path;
	int directory; /* -1: mounted */
};

struct service {
	struct list link;
	struct reeve *reeve;
	const char *path; /* without the leading slash */
	reeve_open_fn fn;
	void *userdata;
};

struct timer {
	struct list link;
	struct reeve *reeve;
	struct loop_source source;
	int fd;
	reeve_fn fn;
	void *userdata;
};

struct reeve {
	struct arena arena; /* of what the manager said at the start */
	int bootstrap_fd, lifecycle_fd;
	struct loop *loop;
	struct loop_source lifecycle;
	struct directory *outgoing;
	struct list services, channels, timers;
	struct list registrations, name_watches;
	struct reeve_channel *registry; /* NULL: not opened yet */
	char *registry_why;		/* NULL: nothing refused */
	const char *moniker, *url;
	const char *const *args;
	struct namespace_entry *ns;
	size_t n_ns;
	reeve_fn on_stop;
	void *on_stop_userdata;
	reeve_lost_fn on_lost;
	void *on_lost_userdata;
	bool is_stopping, is_done;
	int status;
	/* Processes that answer the tools; see processes_server.c. */
	reeve_pid askers[4];
	/* Where watched channels are read to; one handler runs at a time. */
	_Alignas(8) uint8_t buffer[MESSAGE_BYTES_MAX];
};

/* Join over the bootstrap channel @take_fd. As reeve_join(). */
int reeve_join_on(int take_fd, struct reeve **ret);

/* A channel object for @take_fd, which is one; it is closed on -ENOMEM. */
int channel_object_new(int take_fd, struct reeve_channel **ret);

/* Close what @r has of these; each is called once, at its end. */
void watch_close_all(struct reeve *r);
void timer_close_all(struct reeve *r);
void service_free_all(struct reeve *r);
void registry_close(struct reeve *r);
void name_watch_close_all(struct reeve *r);

/* End the watch of @c and what is kept back for it; the descriptor stays. */
void watch_end(struct reeve_channel *c);

/* Keep a reply until there is room. 0, -EAGAIN, or -ENOMEM; the handles of @m
 * are taken on 0. */
int watch_keep(struct reeve_channel *c, struct message *m);

/* Note what is known about the end of a channel: an epitaph in @m, or, with
 * NULL, nothing. True if there was an epitaph. */
bool channel_note_end(struct reeve_channel *c, const struct message *m);

/* One message out, and in. As the public functions return; the handles are
 * borrowed, and received ones belong to @m. */
int channel_object_write(struct reeve_channel *c, const void *bytes,
			 size_t n_bytes, const int *handles, size_t n_handles);
int channel_object_read(struct reeve_channel *c, uint64_t deadline,
			struct message *m);

/*
 * Send the frame @request, whose handles are closed, under a new transaction id
 * and read its reply to @in (another message, or the same one). As
 * reeve_call(); after -EPIPE the status of @c is known.
 */
int channel_object_call(struct reeve_channel *c, struct message *request,
			int timeout_ms, struct message *in);

/* Keep a copy of the sentence in *@slot, which is freed before; NULL when it is
 * empty or there is no memory. */
void why_keep(char **slot, struct wire_string why);

/* A deadline from a timeout of the public API. */
uint64_t deadline_of(int timeout_ms);

/*
 * Take the header off: @ret points into @m. 0, -EPIPE for an epitaph (noted),
 * -EPROTO for what is no frame.
 */
int frame_read(struct reeve_channel *c, struct message *m,
	       struct reeve_message *ret);
