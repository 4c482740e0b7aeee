/*
 * The framed level of the public API: a header in front of every message.
 *
 * A received message is read to the buffer of the thread, and then copied to an
 * envelope (process/envelope.h) of its own length: who waits holds no memory,
 * and what is received costs one allocation.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "client/api.h"
#include "client/errors.h"
#include "process/process.h"
#include "sys/fd.h"

/* What is being sent: small messages need no heap. */
struct outgoing_frame {
	struct message m;
	uint8_t *heap;
	_Alignas(8) uint8_t small[1024];
};

/*
 * Put header and body together and take the handles; they are closed by
 * frame_fini() unless they were sent. On failure as well: always fini.
 */
static int frame_init(struct outgoing_frame *f, uint32_t txid, uint64_t ordinal,
		      const struct reeve_message *message)
{
	size_t n = WIRE_HEADER_SIZE + message->n_bytes;
	const struct wire_header h = { .txid = txid, .ordinal = ordinal };
	uint32_t i;

	f->m = (struct message){ .bytes = f->small,
				 .capacity = sizeof(f->small) };
	f->heap = NULL;
	for (i = 0; i < message->n_handles; i++) {
		if (i < MESSAGE_HANDLES_MAX)
			f->m.handles[f->m.n_handles++] = message->handles[i];
		else
			fd_close(message->handles[i]);
	}
	if (message->n_bytes > MESSAGE_BYTES_MAX - WIRE_HEADER_SIZE ||
	    message->n_handles > MESSAGE_HANDLES_MAX)
		return -EMSGSIZE;
	if (n > sizeof(f->small)) {
		f->heap = malloc(n);
		if (!f->heap)
			return -ENOMEM;
		f->m.bytes = f->heap;
		f->m.capacity = (uint32_t)n;
	}
	if (!ordinal || ordinal > WIRE_ORDINAL_MAX || txid > INT32_MAX ||
	    wire_header_write(&f->m, &h) != 0)
		return -EINVAL;
	if (message->n_bytes)
		memcpy(f->m.bytes + WIRE_HEADER_SIZE, message->bytes,
		       message->n_bytes);
	f->m.n_bytes = (uint32_t)n;
	return 0;
}

static void frame_fini(struct outgoing_frame *f)
{
	message_close_handles(&f->m);
	free(f->heap);
}

int frame_read(struct reeve_channel *c, struct message *m,
	       struct reeve_message *ret)
{
	struct wire_header h;

	if (channel_note_end(c, m))
		return -EPIPE;
	if (wire_header_read(m, &h) != 0)
		return -EPROTO;
	*ret = (struct reeve_message){
		.ordinal = h.ordinal,
		.txid = h.txid,
		.handles = m->handles,
		.n_handles = m->n_handles,
		.bytes = m->bytes + WIRE_HEADER_SIZE,
		.n_bytes = m->n_bytes - WIRE_HEADER_SIZE,
	};
	return 0;
}

/* A whole frame was read to @m, which gives up its handles. In a process it is
 * freed with that, as all that it received. */
static int received_finish(struct reeve_channel *c, struct message *m,
			   struct reeve_message **ret)
{
	struct reeve_message frame;
	struct envelope *e;
	int r;

	r = frame_read(c, m, &frame);
	if (r < 0) {
		message_close_handles(m);
		return r;
	}
	r = envelope_copy(&frame, &e);
	m->n_handles = 0;
	if (r < 0)
		return r;
	process_received(e);
	*ret = &e->message;
	return 0;
}

int reeve_message_take_handle(struct reeve_message *message, uint32_t i)
{
	int handle;

	if (i >= message->n_handles)
		return -1;
	handle = message->handles[i];
	message->handles[i] = -1;
	return handle;
}

int reeve_send(struct reeve_channel *channel,
	       const struct reeve_message *message)
{
	struct outgoing_frame f;
	int r;

	r = frame_init(&f, message->txid, message->ordinal, message);
	if (r == 0)
		r = channel_object_write(channel, f.m.bytes, f.m.n_bytes,
					 f.m.handles, f.m.n_handles);
	frame_fini(&f);
	return r;
}

static int drop_event(struct message *m, void *arg)
{
	(void)m;
	(void)arg;
	return 0;
}

int channel_object_call(struct reeve_channel *c, struct message *request,
			int timeout_ms, struct message *in)
{
	struct channel_call call = CHANNEL_CALL_INIT;
	int r;

	if (c->reeve) {
		message_close_handles(request);
		return -EBUSY;
	}
	call.deadline = deadline_of(timeout_ms);
	call.cancel_fd = c->cancel_fd;
	call.on_event = drop_event;
	r = channel_call(c->fd, request, in, &call);
	if (r == CHANNEL_CLOSED) {
		c->status = call.epitaph.status;
		if (call.epitaph.by_manager)
			c->closer = REEVE_CLOSER_MANAGER;
		else if (c->status != REEVE_ERR_PEER_CLOSED)
			c->closer = REEVE_CLOSER_PEER;
		/* An orderly close is no reason. */
		if (c->status == REEVE_OK)
			c->status = REEVE_ERR_PEER_CLOSED;
	}
	return error_of_channel(r);
}

int reeve_call(struct reeve_channel *channel,
	       const struct reeve_message *request, int timeout_ms,
	       struct reeve_message **ret)
{
	struct message in = MESSAGE_BARE;
	struct outgoing_frame f;
	int r;

	r = frame_init(&f, 0, request->ordinal, request);
	if (r == 0)
		r = channel_object_call(channel, &f.m, timeout_ms, &in);
	frame_fini(&f);
	if (r == 0)
		r = received_finish(channel, &in, ret);
	return r;
}

int reeve_receive(struct reeve_channel *channel, int timeout_ms,
		  struct reeve_message **ret)
{
	struct message in = MESSAGE_BARE;
	int r;

	if (channel->reeve)
		return -EBUSY;
	r = channel_object_read(channel, deadline_of(timeout_ms), &in);
	if (r == 0)
		r = received_finish(channel, &in, ret);
	return r;
}

int reeve_reply_with(struct reeve_channel *channel,
		     const struct reeve_message *request,
		     const struct reeve_message *reply)
{
	struct outgoing_frame f;
	int r;

	r = frame_init(&f, request->txid, request->ordinal, reply);
	if (r == 0 && channel->is_dead)
		r = -EPIPE;
	if (r == 0 && channel->pending)
		r = -EAGAIN;
	if (r == 0)
		r = channel_object_write(channel, f.m.bytes, f.m.n_bytes,
					 f.m.handles, f.m.n_handles);
	if (r == -EAGAIN && channel->reeve && !channel->pending)
		r = watch_keep(channel, &f.m);
	frame_fini(&f);
	return r;
}

int reeve_reply(struct reeve_channel *channel,
		const struct reeve_message *request, const void *bytes,
		size_t n_bytes)
{
	const struct reeve_message reply = { .bytes = bytes,
					     .n_bytes = n_bytes };

	return reeve_reply_with(channel, request, &reply);
}
