/*
 * The life of a port: its turns, what it passes on, and how it ends.
 */
#include "client/port.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "client/port_inside.h"
#include "process/runtime.h"
#include "sys/fd.h"

enum {
	/* Per direction; the others have their turn then. */
	MESSAGES_PER_TURN = 32,
	/* Before it is tried again to send what the kernel has no room for. */
	HELD_UP_MS = 10,
};

/* ---- the end ---- */

void port_end(struct port *p, int reason, int32_t epitaph)
{
	p->epitaph = epitaph;
	p->has_epitaph = true;
	reeve_exit(reason);
}

static int32_t epitaph_of(const struct port *p, int reason)
{
	if (p->has_epitaph)
		return p->epitaph;
	if (!p->spec.serves || reason == REEVE_EXIT_NORMAL)
		return REEVE_OK;
	return reason == REEVE_EXIT_SHUTDOWN || reason == REEVE_EXIT_KILLED
		       ? REEVE_ERR_UNAVAILABLE
		       : REEVE_ERR_INTERNAL;
}

static void port_on_end(void *arg)
{
	struct port *p = arg;
	int32_t epitaph = epitaph_of(p, process_self()->exit_reason);

	if (p->spec.sink)
		p->spec.sink->on_end(p->spec.arg);
	if (epitaph == REEVE_OK)
		reeve_channel_close(p->channel);
	else
		reeve_channel_close_with(p->channel, epitaph);
	envelope_free(p->arrived);
	free(p->targets);
	port_calls_fini(&p->calls);
	port_requests_fini(&p->requests);
}

/* ---- from the channel to a process ---- */

int port_ask_room(struct port_room *room, reeve_pid pid)
{
	struct process *self = process_self();
	int r;

	/* It is asked once, and again when it has answered: others may have
	 * filled its mailbox meanwhile. */
	if (room->asked == pid && !self->has_room)
		return -EAGAIN;
	self->has_room = false;
	r = process_ask_room(pid);
	if (r < 0)
		return r;
	room->asked = pid;
	return -EAGAIN;
}

int port_push(struct port_room *room, reeve_pid pid, struct envelope *e)
{
	int r = process_push(pid, e);

	return r == -EAGAIN ? port_ask_room(room, pid) : r;
}

/* What has arrived goes on, if it can. */
static void port_deliver(struct port *p)
{
	uint32_t txid = p->arrived->message.txid & ~PORT_TXID_REMOTE;
	reeve_pid target = p->spec.to;
	int r;

	r = p->spec.sink
		    ? p->spec.sink->deliver(p->spec.arg, p->arrived, &target)
		    : port_push(&p->room, p->spec.to, p->arrived);
	if (r == -EAGAIN)
		return;
	if (r == -ENOMEM)
		port_end(p, REEVE_EXIT_NO_MEMORY, REEVE_ERR_NO_MEMORY);
	if (r < 0)
		port_end(p, REEVE_EXIT_NO_PROCESS, REEVE_ERR_UNAVAILABLE);
	p->arrived = NULL;
	if (!txid)
		return;
	p->spec.serves = true;
	r = port_requests_add(&p->requests, target, txid);
	if (!r && target)
		r = port_watch(p, target, 1);
	if (r < 0)
		port_end(p, REEVE_EXIT_NO_MEMORY, REEVE_ERR_NO_MEMORY);
}

/* A whole message of the channel. Its handles are taken. */
void port_accept(struct port *p, struct reeve_message *m)
{
	struct port_call call;

	if (m->txid && port_calls_take(&p->calls, m->txid, m->ordinal, &call)) {
		m->txid = call.txid;
		if (call.is_plain)
			(void)reeve_send_to(call.pid, m);
		else
			(void)process_answer(call.pid, m);
		return;
	}
	if (!p->spec.to && !p->spec.sink) {
		fd_close_all(m->handles, m->n_handles);
		return;
	}
	if (envelope_copy(m, &p->arrived) < 0)
		port_end(p, REEVE_EXIT_NO_MEMORY, REEVE_ERR_NO_MEMORY);
	p->arrived->from = reeve_self();
	if (m->txid)
		p->arrived->message.txid |= PORT_TXID_REMOTE;
	port_deliver(p);
}

static bool port_can_read(const struct port *p)
{
	return !p->arrived && !p->is_eof && p->ready & POLLIN &&
	       p->requests.n < p->n_requests_max;
}

/* True if there may be more. It pays to look for a second message only where
 * one was found lately. */
static bool port_read_turn(struct port *p)
{
	bool looks_on = p->expects_more || ++p->n_turns % 16 == 0;
	int n = 0, most = looks_on ? MESSAGES_PER_TURN : 1;

	while (n < most && port_can_read(p) && port_read(p))
		n++;
	if (looks_on)
		p->expects_more = n > 1;
	else
		p->ready &= (short)~POLLIN;
	return port_can_read(p);
}

/* ---- from processes to the channel ---- */

/* One message of the mailbox. False: there is none, or it has to wait. */
static bool port_take(struct port *p)
{
	struct reeve_message *m;

	if (p->is_closing || reeve_next(0, &m) < 0)
		return false;
	if (m->ordinal == REEVE_NOTICE_DOWN) {
		port_on_down(p, m->bytes);
		reeve_message_free(m);
	} else if (m->ordinal == PORT_CLOSE) {
		p->is_closing = true;
		memcpy(&p->epitaph, m->bytes, sizeof(p->epitaph));
		reeve_message_free(m);
	} else {
		p->leaving = m;
		p->is_addressed = false;
	}
	return true;
}

/* True if there may be more. */
static bool port_send_turn(struct port *p)
{
	int n;

	for (n = 0; n < MESSAGES_PER_TURN; n++) {
		if (p->leaving && !port_write(p))
			break;
		if (!p->leaving && !port_take(p))
			break;
	}
	return n == MESSAGES_PER_TURN;
}

/* ---- turns ---- */

static void port_check_end(struct port *p)
{
	if (p->is_closing && !p->leaving)
		port_end(p, REEVE_EXIT_NORMAL, p->epitaph);
	if (p->is_eof && !p->arrived && !p->leaving && !p->requests.n)
		port_end(p, REEVE_EXIT_SHUTDOWN, REEVE_ERR_UNAVAILABLE);
}

static short port_wanted(const struct port *p)
{
	short events = 0;

	if (!p->arrived && !p->is_eof && p->requests.n < p->n_requests_max)
		events |= POLLIN;
	if (p->leaving && !p->is_held_up && !(p->ready & POLLOUT))
		events |= POLLOUT;
	return events;
}

/* Wait for either side. */
static void port_sleep(struct port *p)
{
	struct poller *poller = runtime->poller;
	short wanted = port_wanted(p), ready;
	int r;

	if (wanted != p->armed) {
		r = poller_arm(poller, p->fd, wanted);
		if (r < 0)
			port_end(p, REEVE_EXIT_NO_MEMORY,
				 REEVE_ERR_NO_RESOURCES);
		p->armed = wanted;
	}
	if (p->is_held_up)
		process_wait_until(process_deadline(HELD_UP_MS));
	if (!poller_take_ready(poller, p->fd, p->armed))
		process_park("port", p->fd);
	if (p->is_held_up)
		process_wait_until(WAIT_FOREVER);
	p->is_held_up = false;
	ready = poller_take_ready(poller, p->fd, p->armed);
	p->armed &= (short)~ready;
	p->ready |= ready;
}

static void port_begin(struct port *p)
{
	uint32_t bound = atomic_load_explicit(&process_self()->mailbox_max,
					      memory_order_relaxed);

	p->n_requests_max =
		bound < PORT_REQUESTS_MAX ? bound : PORT_REQUESTS_MAX;
	p->ready = POLLIN | POLLOUT;
	if (!p->spec.to)
		return;
	if (port_watch(p, p->spec.to, 0) < 0 ||
	    (p->spec.links && reeve_link(p->spec.to) < 0))
		port_end(p, REEVE_EXIT_NO_MEMORY, REEVE_ERR_NO_MEMORY);
}

static void port_main(void *arg)
{
	struct port *p = arg;
	bool has_more;

	port_begin(p);
	for (;;) {
		has_more = port_send_turn(p);
		if (p->arrived)
			port_deliver(p);
		has_more |= port_read_turn(p);
		port_check_end(p);
		if (has_more)
			reeve_yield();
		else
			port_sleep(p);
	}
}

/* ---- opening ---- */

int port_open(struct reeve_channel *take_channel, const struct port_spec *spec,
	      const struct reeve_spawn_options *options, reeve_pid *ret)
{
	struct port p = {
		.channel = take_channel,
		.fd = take_channel->fd,
		.spec = *spec,
		.calls = { .generation = (uint32_t)loop_now() },
	};
	struct reeve_spawn_options o =
		options ? *options : (struct reeve_spawn_options){};
	int r = take_channel->reeve ? -EBUSY : 0;

	o.arg_size = sizeof(p);
	if (!r)
		r = process_spawn_ending(port_main, &p, &o, port_on_end, ret);
	if (r < 0)
		reeve_channel_close_with(take_channel, REEVE_ERR_NO_RESOURCES);
	return r;
}

int reeve_port_open(struct reeve_channel *take_channel, reeve_pid to,
		    const struct reeve_spawn_options *options, reeve_pid *ret)
{
	const struct port_spec spec = { .to = to };
	struct reeve_spawn_options o =
		options ? *options : (struct reeve_spawn_options){};

	if (!(o.flags & REEVE_SPAWN_MONITOR))
		o.flags |= REEVE_SPAWN_LINK;
	return port_open(take_channel, &spec, &o, ret);
}
