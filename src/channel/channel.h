/*
 * Channels, kernel gear: a SOCK_SEQPACKET pair that carries messages of bytes
 * and handles in order, and shows the death of the other end.
 *
 * Nothing here keeps state outside the descriptor. No call raises a signal, and
 * none returns early because of one. The other end, and whoever else holds a
 * copy of this end, is not trusted: the blocking mode of the open file is not
 * relied upon, nor are its socket options.
 *
 * Deadlines are absolute, CLOCK_MONOTONIC nanoseconds (loop_now() + ...).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/own.h"
#include "reeve/status.h"
#include "wire/codec.h"
#include "wire/message.h"

enum channel_verdict {
	/* The deadline was CHANNEL_NOW: nothing to read, or no room. */
	CHANNEL_WOULD_BLOCK = 1,
	/* The other end is gone, or somebody shut the channel down. */
	CHANNEL_CLOSED,
	/* The deadline came. */
	CHANNEL_TIMED_OUT,
	/* The cancel descriptor became readable. */
	CHANNEL_CANCELED,
};

#define CHANNEL_NOW	UINT64_C(0) /* never wait */
#define CHANNEL_FOREVER UINT64_MAX

/* Two connected ends, close-on-exec. 0 or -errno. */
int channel_pair(int ret[2]);

/*
 * True if @fd is an end of a channel: a unix SOCK_SEQPACKET socket that is not
 * a listener. For descriptors that came from somebody else: it calls nothing
 * that a hostile file system could answer.
 */
bool channel_is(int fd);

/* True if the other end is closed or the channel was shut down; messages sent
 * before may still wait to be read. */
bool channel_is_closed(int fd);

/*
 * Write one message. The handles are borrowed: the receiver gets duplicates,
 * and the caller keeps its own, always. Verdicts WOULD_BLOCK, CLOSED,
 * TIMED_OUT. Faults: -EINVAL for an empty message, -EMSGSIZE beyond the limits,
 * -EBADF for a handle that is none, -ETOOMANYREFS when too many handles of this
 * user are in flight, others as sendmsg(2). One system call when there is room.
 */
int channel_write(int fd, const void *bytes, size_t n, const int *handles,
		  size_t n_handles, uint64_t deadline);

/*
 * Write @m. After 0 its handles are closed, for the receiver has them; after
 * anything else the message still owns them (so it can be sent again).
 */
int channel_send(int fd, struct message *m, uint64_t deadline);

/*
 * A message without a buffer, for channel_read() and the reply of
 * channel_call(): it is read to the buffer of the thread and lies there until
 * the next such read, or until a process waits. So nobody holds 64 KiB while it
 * waits.
 */
#define MESSAGE_BARE                                                           \
	{                                                                      \
		.bytes = NULL, .capacity = MESSAGE_BYTES_MAX                   \
	}

static inline bool message_is_bare(const struct message *m)
{
	return !m->bytes && m->capacity == MESSAGE_BYTES_MAX;
}

/*
 * Read one message to @m, which owns no handles; it owns those received, born
 * close-on-exec. Verdicts WOULD_BLOCK, CLOSED (nothing is left to read),
 * TIMED_OUT. Faults: -EBADMSG when the message was longer than the buffer or
 * carried more than 64 handles, -EMFILE when this process had no descriptors
 * left for its handles; it is gone then, and none of its handles is kept;
 * -ENOMEM for a bare one. One system call when a message waits, or when the
 * deadline is CHANNEL_FOREVER and no process waits.
 */
int channel_read(int fd, struct message *m, uint64_t deadline);

/*
 * Wait until @fd has something to read (which includes that it was closed), and
 * with @cancel_fd >= 0 not longer than until that becomes readable. 0,
 * WOULD_BLOCK, TIMED_OUT, CANCELED; -errno.
 */
int channel_wait(int fd, uint64_t deadline, int cancel_fd);

/* The same for others of poll(2)'s events. */
int channel_wait_events(int fd, short events, uint64_t deadline, int cancel_fd);

/* True if this thread runs a light process: waiting here parks that process,
 * and the functions may return on another thread. */
bool channel_is_parking(void);

/* What a channel_call may be told. All zero but @deadline and @cancel_fd. */
struct channel_call {
	uint64_t deadline;
	int cancel_fd; /* readable: cancel. -1 for none */
	/*
	 * Events that arrive before the reply; @m owns their handles and they
	 * are closed when this returns, unless taken. A fault ends the call
	 * with that value. NULL: an event is the fault -EPROTO.
	 */
	int (*on_event)(struct message *m, void *arg);
	void *arg;
	/* Set when the verdict is CLOSED: what the server said, or
	 * REEVE_ERR_PEER_CLOSED when it said nothing. */
	struct wire_epitaph epitaph;
};

#define CHANNEL_CALL_INIT                                                      \
	{                                                                      \
		.deadline = CHANNEL_FOREVER, .cancel_fd = -1                   \
	}

/*
 * Send @request, which has a header, under a new transaction id, and read the
 * reply with that id and the same ordinal to @reply (another message, or the
 * same one). Whatever is returned, the handles of @request are closed. Late
 * replies to earlier calls, which timed out, are dropped. All verdicts, of
 * which WOULD_BLOCK only with CHANNEL_NOW; -EBADMSG for what is no frame,
 * -EPROTO for a reply with another ordinal and for events that nobody wants,
 * faults of channel_write() and channel_read(). @reply owns handles only after
 * 0. Only one call at a time may be made on one end.
 */
int channel_call(int fd, struct message *request, struct message *reply,
		 struct channel_call *call);

/* Say why, without waiting: 0, WOULD_BLOCK, CLOSED, or a fault. */
int channel_write_epitaph(int fd, int32_t status, bool by_manager);

/* The same, as far as it goes, and close. Always returns -1; nothing happens to
 * a negative @take_fd. */
int channel_close_epitaph(int take_fd, int32_t status, bool by_manager);

/* Close what the message still owns. */
void message_close_handles(struct message *m);

#define _cleanup_message_ _cleanup_(message_close_handles)
