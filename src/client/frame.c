/*
 * The framed level of the public API: a header in front of every message.
 *
 * A received message is one block of memory: the public struct, the handles and
 * the bytes. It is allocated for the longest message and then cut to its
 * length, so receiving costs one system call and one allocation.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"
#include "client/api.h"
#include "client/errors.h"
#include "sys/fd.h"

struct received {
	struct reeve_message public;
	struct message m;
	_Alignas(8) uint8_t bytes[];
};

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

static struct received *received_new(void)
{
	struct received *in = malloc(sizeof(*in) + MESSAGE_BYTES_MAX);

	if (in)
		in->m = (struct message){ .bytes = in->bytes,
					  .capacity = MESSAGE_BYTES_MAX };
	return in;
}

/* A whole frame was read to @take_in: cut it to its length and hand it out. */
static int received_finish(struct reeve_channel *c, struct received *take_in,
			   struct reeve_message **ret)
{
	struct received *in = take_in, *cut;
	int r;

	cut = realloc(in, sizeof(*in) + in->m.n_bytes);
	if (cut)
		in = cut;
	in->m.bytes = in->bytes;
	r = frame_read(c, &in->m, &in->public);
	if (r < 0) {
		message_close_handles(&in->m);
		free(in);
		return r;
	}
	*ret = &in->public;
	return 0;
}

void reeve_message_free(struct reeve_message *take_message)
{
	struct received *in;

	if (!take_message)
		return;
	in = container_of(take_message, struct received, public);
	message_close_handles(&in->m);
	free(in);
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
	struct received *in = NULL;
	struct outgoing_frame f;
	int r;

	r = frame_init(&f, 0, request->ordinal, request);
	if (r == 0 && channel->reeve)
		r = -EBUSY;
	if (r == 0) {
		in = received_new();
		r = in ? channel_object_call(channel, &f.m, timeout_ms, &in->m)
		       : -ENOMEM;
	}
	frame_fini(&f);
	if (r == 0)
		return received_finish(channel, in, ret);
	if (in)
		message_close_handles(&in->m);
	free(in);
	return r;
}

int reeve_receive(struct reeve_channel *channel, int timeout_ms,
		  struct reeve_message **ret)
{
	struct received *in;
	int r;

	if (channel->reeve)
		return -EBUSY;
	in = received_new();
	if (!in)
		return -ENOMEM;
	r = channel_object_read(channel, deadline_of(timeout_ms), &in->m);
	if (r == 0)
		return received_finish(channel, in, ret);
	free(in);
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
