/*
 * What a port reads from its channel and writes to it. Nothing here waits, so
 * bytes pass through the buffer of the thread.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "channel/buffer.h"
#include "channel/channel.h"
#include "client/errors.h"
#include "client/port_inside.h"
#include "reeve/router.h"
#include "wire/codec.h"

/* ---- reading ---- */

/* Nothing more will come. */
static void read_end(struct port *p)
{
	if (p->spec.sink && p->spec.sink->is_draining(p->spec.arg)) {
		p->is_eof = true;
		return;
	}
	process_self()->exit_detail = p->channel->status;
	port_end(p, REEVE_EXIT_PEER_CLOSED, REEVE_OK);
}

/* What came is no message, or could not be taken in full: the other end has to
 * know. */
static void read_refuse(struct port *p, int error)
{
	int32_t status = error == -EMFILE ? REEVE_ERR_NO_RESOURCES
					  : REEVE_ERR_INVALID_ARGS;

	process_self()->exit_detail = status;
	port_end(p, REEVE_EXIT_PEER_CLOSED, status);
}

bool port_read(struct port *p)
{
	struct message m = MESSAGE_BARE;
	struct reeve_message message;
	int r;

	r = channel_object_read(p->channel, CHANNEL_NOW, &m);
	if (r == -EAGAIN) {
		p->ready &= (short)~POLLIN;
		return false;
	}
	if (r == 0) {
		r = frame_read(p->channel, &m, &message);
		if (r < 0)
			message_close_handles(&m);
	}
	if (r == -EPIPE)
		read_end(p);
	else if (r < 0)
		read_refuse(p, r);
	else
		port_accept(p, &message);
	return true;
}

/* ---- writing ---- */

/* -ENOENT: nobody waits for it. */
static int answer_address(struct port *p, uint32_t txid)
{
	reeve_pid target;

	if (!port_requests_take(&p->requests, txid, &target))
		return -ENOENT;
	port_on_answered(p, target);
	p->leaving_txid = txid;
	return 0;
}

static int call_address(struct port *p, const struct envelope *e)
{
	const struct port_call call = {
		.pid = e->from,
		.ordinal = e->message.ordinal,
		.txid = e->message.txid,
		.is_plain = !e->is_call,
	};
	int r;

	if (p->is_deaf)
		return -EPIPE;
	r = port_calls_add(&p->calls, &call, &p->leaving_txid);
	if (r == -EAGAIN && port_calls_clean(&p->calls, reeve_is_alive))
		r = port_calls_add(&p->calls, &call, &p->leaving_txid);
	return r;
}

/* Find out under which id it leaves: 0; -EAGAIN: too many are waited for; or it
 * goes nowhere. */
static int address(struct port *p)
{
	const struct envelope *e = envelope_of(p->leaving);
	uint32_t txid = e->message.txid;

	if (e->is_call)
		return call_address(p, e);
	if (txid & PORT_TXID_REMOTE)
		return answer_address(p, txid & ~PORT_TXID_REMOTE);
	if (txid)
		return call_address(p, e);
	p->leaving_txid = 0;
	return 0;
}

static int frame_send(struct port *p, const struct reeve_message *m)
{
	const struct wire_header h = { .txid = p->leaving_txid,
				       .ordinal = m->ordinal };
	struct message out = { .bytes = buffer_of_thread(),
			       .capacity = MESSAGE_BYTES_MAX };

	if (!m->ordinal || m->ordinal > WIRE_ORDINAL_MAX)
		return -EINVAL;
	if (m->n_bytes > MESSAGE_BYTES_MAX - WIRE_HEADER_SIZE)
		return -EMSGSIZE;
	if (!out.bytes)
		return -ENOMEM;
	if (wire_header_write(&out, &h) != 0)
		return -EINVAL;
	if (m->n_bytes)
		memcpy(out.bytes + WIRE_HEADER_SIZE, m->bytes, m->n_bytes);
	/* Borrowed: they are closed with the message. */
	return channel_object_write(p->channel, out.bytes,
				    WIRE_HEADER_SIZE + m->n_bytes, m->handles,
				    m->n_handles);
}

/* The call goes nowhere; nothing is to wait for it here. */
static void call_forget(struct port *p)
{
	struct port_call call;

	(void)port_calls_take(&p->calls, p->leaving_txid, p->leaving->ordinal,
			      &call);
}

bool port_write(struct port *p)
{
	int r = p->is_addressed ? 0 : address(p);

	if (r == -EAGAIN)
		return false;
	p->is_addressed = r == 0;
	if (r == 0)
		r = p->is_deaf ? -EPIPE : frame_send(p, p->leaving);
	if (r == -EAGAIN)
		p->ready &= (short)~POLLOUT;
	if (r == -ETOOMANYREFS)
		p->is_held_up = true;
	if (r == -EAGAIN || r == -ETOOMANYREFS)
		return false;
	if (r == -EPIPE) {
		/* Why is to be read, behind what may still wait there. */
		p->is_deaf = true;
		p->ready |= POLLIN;
	} else if (r < 0 && p->is_addressed && p->leaving_txid) {
		call_forget(p);
	}
	reeve_message_free(TAKE(p->leaving));
	return true;
}

/* ---- the public functions ---- */

int reeve_port_close(reeve_pid port, int32_t status)
{
	const struct reeve_message m = { .ordinal = PORT_CLOSE,
					 .bytes = &status,
					 .n_bytes = sizeof(status) };

	return reeve_send_to(port, &m);
}

int reeve_open_process(struct reeve *r, const char *path, reeve_pid to,
		       const struct reeve_spawn_options *options,
		       reeve_pid *ret)
{
	struct reeve_channel *channel;
	int e = reeve_open(r, path, &channel);

	if (e)
		return e == REEVE_MOUNTED ? -EISDIR : e;
	return reeve_port_open(channel, to, options, ret);
}
