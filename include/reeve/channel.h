/*
 * Channels: message pipes with two ends.
 *
 * A message is up to 64 KiB of bytes and up to 64 handles (descriptors), and
 * arrives whole or not at all, in order. When the last holder of one end closes
 * it, the other end learns it.
 *
 * There are two levels. The raw level moves bytes and handles as they are. The
 * framed level puts a header of 16 bytes in front (fuchsia's FIDL header): a
 * transaction id, which pairs a reply with its request, and an ordinal, which
 * names the method. Both ends have to use the same level.
 *
 * Every function that can fail returns 0 or a negative errno:
 *   -EPIPE        the other end is closed; reeve_channel_status() says more
 *   -EAGAIN       the other end does not read and its queue is full, or there
 *                 is nothing to read
 *   -ETIMEDOUT    the time is over
 *   -ECANCELED    the cancel descriptor became readable
 *   -EMSGSIZE     a message beyond the limits
 *   -EINVAL       an ordinal or a transaction id out of range
 *   -EPROTO       the peer broke the protocol: close the channel
 *   -ENOTSOCK     a descriptor that is no channel
 *   -ETOOMANYREFS the user has too many descriptors in flight
 *   -ENOMEM, -EMFILE
 * Outputs are set only when 0 is returned.
 *
 * Handles that are passed to a function are consumed, whatever it returns. All
 * descriptors that come out of one are close-on-exec.
 *
 * Timeouts are in milliseconds; 0 does not wait, -1 waits without end.
 *
 * A channel may be used by one thread at a time; different channels by
 * different threads at the same time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <reeve/status.h>

#ifndef REEVE_PUBLIC
#define REEVE_PUBLIC __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct reeve_channel;

#define REEVE_BYTES_MAX	  65536 /* of a message, header included */
#define REEVE_HANDLES_MAX 64
#define REEVE_HEADER_SIZE 16

/*
 * A message of the framed level. To send one, fill in what it needs, the rest
 * zero; the library copies the bytes. A received one is the library's.
 */
struct reeve_message {
	/* Names the method: see reeve_ordinal(). 1 to 2^63 - 1. */
	uint64_t ordinal;
	/* Pairs a reply with its request, up to 2^31 - 1; 0 when no reply is
	 * expected. */
	uint32_t txid;
	/* Of handles, in order. A received handle that is not taken with
	 * reeve_message_take_handle() is closed with the message. */
	uint32_t n_handles;
	int *handles;
	/* The body; received bodies are 8-aligned. */
	const void *bytes;
	size_t n_bytes;
};

/* ---- making and ending ---- */

/* Make a channel; both ends are the caller's. */
REEVE_PUBLIC int reeve_channel_pair(struct reeve_channel **ret,
				    struct reeve_channel **ret_other);

/*
 * Make a channel of a descriptor, which is consumed: a received handle, or a
 * SOCK_SEQPACKET socket that is connected to /svc/NAME.
 */
REEVE_PUBLIC int reeve_channel_adopt(int take_fd, struct reeve_channel **ret);

/* The reverse: @channel is freed and its descriptor is the caller's. */
REEVE_PUBLIC int reeve_channel_release(struct reeve_channel *take_channel);

/* The descriptor, to poll; it stays the channel's. */
REEVE_PUBLIC int reeve_channel_fd(const struct reeve_channel *channel);

/* Close this end and free it. NULL is allowed. May be called from the
 * channel's own handler. */
REEVE_PUBLIC void reeve_channel_close(struct reeve_channel *take_channel);

/*
 * The same, but first tell the other end why, with an enum reeve_status: an
 * epitaph. Only the side that serves does so. Nothing is said if the other
 * end's queue is full.
 */
REEVE_PUBLIC void reeve_channel_close_with(struct reeve_channel *take_channel,
					   int32_t status);

/*
 * Why the other end is closed: the status of its epitaph, or
 * REEVE_ERR_PEER_CLOSED when it left without one. REEVE_OK while nothing is
 * known, that is, before a function returned -EPIPE.
 */
REEVE_PUBLIC int32_t reeve_channel_status(const struct reeve_channel *channel);

/* "NOT_FOUND" for REEVE_ERR_NOT_FOUND, and so on; "UNKNOWN" for a number that
 * is not one of ours. */
REEVE_PUBLIC const char *reeve_status_name(int32_t status);

enum reeve_closer {
	REEVE_CLOSER_UNKNOWN, /* not closed, or nothing said who did it */
	REEVE_CLOSER_PEER,    /* the component at the other end */
	REEVE_CLOSER_MANAGER, /* the manager: it refused the open */
};

/*
 * Who closed the other end: a provider that was reached, or the manager, which
 * did not let this channel through. To be shown to people: a provider could
 * claim to be the manager.
 */
REEVE_PUBLIC enum reeve_closer
reeve_channel_closer(const struct reeve_channel *channel);

/*
 * The number under which the manager knows this connection, the same at both
 * ends and in the audit log, also after the other end was closed; 0 for a
 * channel that the manager did not hand over. To find things out with, not to
 * trust: a channel from somewhere else can have been given any number.
 */
REEVE_PUBLIC uint64_t reeve_channel_id(const struct reeve_channel *channel);

/*
 * Waiting functions on this channel return -ECANCELED as soon as @fd is
 * readable, for instance an eventfd that another thread writes to. It stays the
 * caller's; -1 ends it.
 */
REEVE_PUBLIC void reeve_channel_set_cancel(struct reeve_channel *channel,
					   int fd);

/* ---- the raw level ---- */

/* Write one message. Never waits: -EAGAIN when the other end's queue is full.
 */
REEVE_PUBLIC int reeve_channel_write(struct reeve_channel *channel,
				     const void *bytes, size_t n_bytes,
				     const int *take_handles, size_t n_handles);

/*
 * Read one message of at most @capacity bytes: *ret_n of them, and *ret_handles
 * handles to @handles, which has room for REEVE_HANDLES_MAX, or is NULL: then
 * handles are closed. A longer message is lost: -EMSGSIZE.
 */
REEVE_PUBLIC int reeve_channel_read(struct reeve_channel *channel,
				    int timeout_ms, void *buffer,
				    size_t capacity, size_t *ret_n,
				    int *handles, size_t *ret_handles);

/*
 * Wait until the channel can be read (@events has POLLIN) or written (POLLOUT),
 * or the other end is closed: 0 in all of these cases.
 */
REEVE_PUBLIC int reeve_channel_wait(struct reeve_channel *channel, short events,
				    int timeout_ms);

/* ---- the framed level ---- */

/*
 * The ordinal of a method, from its full name, "library/Protocol.Method": the
 * first eight bytes of the name's SHA-256, little-endian, without the top bit.
 */
REEVE_PUBLIC uint64_t reeve_ordinal(const char *method);

/* Send a message, without waiting for anything. */
REEVE_PUBLIC int reeve_send(struct reeve_channel *channel,
			    const struct reeve_message *message);

/*
 * Send a request and wait for its reply, which the caller frees with
 * reeve_message_free(). The transaction id is chosen here. Events and late
 * replies to calls that timed out are dropped meanwhile. Not on a channel that
 * is watched by a loop (-EBUSY).
 */
REEVE_PUBLIC int reeve_call(struct reeve_channel *channel,
			    const struct reeve_message *request, int timeout_ms,
			    struct reeve_message **ret);

/* Wait for the next message. As reeve_call(). */
REEVE_PUBLIC int reeve_receive(struct reeve_channel *channel, int timeout_ms,
			       struct reeve_message **ret);

/*
 * Answer @request, in its handler or later, with a body and no handles. To a
 * client that does not read its replies, one is kept back and the channel is
 * not read until it could be delivered, when the channel is watched by a loop
 * (reeve_watch()); a second one is -EAGAIN.
 */
REEVE_PUBLIC int reeve_reply(struct reeve_channel *channel,
			     const struct reeve_message *request,
			     const void *bytes, size_t n_bytes);

/* The same with handles: @reply has them and the body. */
REEVE_PUBLIC int reeve_reply_with(struct reeve_channel *channel,
				  const struct reeve_message *request,
				  const struct reeve_message *reply);

/* Take handle @i (from 0) out of a received message; -1 if it is not there. */
REEVE_PUBLIC int reeve_message_take_handle(struct reeve_message *message,
					   uint32_t i);

/* Free a message from reeve_call() or reeve_receive(). NULL is allowed. */
REEVE_PUBLIC void reeve_message_free(struct reeve_message *take_message);

#ifdef __cplusplus
}
#endif
