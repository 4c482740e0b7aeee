/*
 * Calls: a request, and the reply that belongs to it.
 *
 * One end has one caller at a time, so whatever arrives in between is an event,
 * an epitaph or a reply to a call that was given up.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>

#include "channel/channel.h"
#include "channel/wait.h"
#include "sys/loop.h"

enum {
	TXID_MASK = 0x7fffffff,
	/* A peer that stopped reading may go on writing; look for its epitaph
	 * only so far. */
	EPITAPH_SEARCH_MAX = 256,
};

enum answer {
	/* Not for this call: go on reading. Nobody else's verdict. */
	ANSWER_OTHER = INT_MAX,
};

/* Never 0, never in the upper half; unique for as long as calls are pending. */
static uint32_t txid_new(void)
{
	static _Atomic uint32_t last;
	uint32_t id;

	do {
		id = (atomic_fetch_add_explicit(&last, 1,
						memory_order_relaxed) +
		      1) &
		     TXID_MASK;
	} while (!id);
	return id;
}

static int request_send(int fd, struct message *m,
			const struct channel_call *call)
{
	int r;

	if (call->cancel_fd < 0)
		return channel_send(fd, m, call->deadline);
	for (;;) {
		r = channel_send(fd, m, CHANNEL_NOW);
		if (r != CHANNEL_WOULD_BLOCK || call->deadline == CHANNEL_NOW)
			return r;
		r = wait_for(fd, POLLOUT, call->deadline, call->cancel_fd);
		if (r)
			return r;
	}
}

/* One message, whatever it is. */
static int message_read(int fd, struct message *m,
			const struct channel_call *call)
{
	int r;

	if (call->deadline == CHANNEL_NOW)
		return channel_read(fd, m, CHANNEL_NOW);
	if (call->deadline == CHANNEL_FOREVER && call->cancel_fd < 0 &&
	    !wait_is_parking())
		return channel_read(fd, m, CHANNEL_FOREVER);

	/* The reply is not there yet: wait first, then read. */
	do {
		r = wait_for(fd, POLLIN, call->deadline, call->cancel_fd);
		if (r)
			return r;
		r = channel_read(fd, m, CHANNEL_NOW);
	} while (r == CHANNEL_WOULD_BLOCK);
	return r;
}

/* What the message in @m is to the call: 0 for its reply. */
static int message_judge(struct message *m, const struct wire_header *request,
			 struct channel_call *call)
{
	struct wire_header h;
	int r;

	r = wire_epitaph_read(m, &call->epitaph);
	if (!r)
		return CHANNEL_CLOSED;
	if (r < 0)
		return r;
	r = wire_header_read(m, &h);
	if (r)
		return r;
	if (h.txid == request->txid)
		return h.ordinal == request->ordinal ? 0 : -EPROTO;
	if (h.txid)
		return ANSWER_OTHER;
	if (!call->on_event)
		return -EPROTO;
	r = call->on_event(m, call->arg);
	return r ? r : ANSWER_OTHER;
}

static int reply_read(int fd, struct message *reply,
		      const struct wire_header *request,
		      struct channel_call *call)
{
	bool is_bare = message_is_bare(reply);
	int r;

	for (;;) {
		/* The one that was read before lies with another thread. */
		if (is_bare)
			reply->bytes = NULL;
		r = message_read(fd, reply, call);
		if (r)
			return r;
		r = message_judge(reply, request, call);
		if (r)
			message_close_handles(reply);
		if (r != ANSWER_OTHER)
			return r;
		/* A flood of other messages does not hold up the deadline. */
		if (call->deadline != CHANNEL_FOREVER &&
		    call->deadline != CHANNEL_NOW &&
		    loop_now() >= call->deadline)
			return CHANNEL_TIMED_OUT;
	}
}

/* The peer takes nothing any more; its last word may still wait. */
static void epitaph_search(int fd, struct message *scratch,
			   struct channel_call *call)
{
	for (int i = 0; i < EPITAPH_SEARCH_MAX; i++) {
		int r = channel_read(fd, scratch, CHANNEL_NOW);

		/* A bad message is passed over like any other. */
		if (r == -EBADMSG || r == -EMFILE)
			continue;
		if (r)
			return;
		r = wire_epitaph_read(scratch, &call->epitaph);
		message_close_handles(scratch);
		if (!r)
			return;
	}
}

int channel_call(int fd, struct message *request, struct message *reply,
		 struct channel_call *call)
{
	struct wire_header h;
	int r;

	call->epitaph = (struct wire_epitaph){ REEVE_ERR_PEER_CLOSED, false };
	r = wire_header_read(request, &h);
	if (!r) {
		h.txid = txid_new();
		wire_header_set_txid(request, h.txid);
		r = request_send(fd, request, call);
	} else {
		r = -EINVAL;
	}
	message_close_handles(request);
	if (r == CHANNEL_CLOSED)
		epitaph_search(fd, reply, call);
	if (r)
		return r;
	return reply_read(fd, reply, &h, call);
}
