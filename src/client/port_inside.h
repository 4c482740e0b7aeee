/* The inside of a port, for its own files. */
#pragma once

#include "client/api.h"
#include "client/port.h"
#include "client/port_calls.h"

/* Of reeve_port_close(); its body is a status. No program can send it. */
#define PORT_CLOSE REEVE_NOTICE(256)

/* Somebody who has, or had, requests to answer. */
struct port_target {
	reeve_pid pid;
	uint64_t reference; /* of the monitor */
	uint32_t n_open;
};

struct port {
	struct reeve_channel *channel;
	int fd;
	struct port_spec spec;
	struct port_calls calls;
	struct port_requests requests;
	uint32_t n_requests_max;
	struct port_target *targets;
	uint32_t n_targets;
	struct port_room room; /* of the plain way to @spec.to */
	/* What waits for room: in a mailbox, and in the channel. */
	struct envelope *arrived;
	struct reeve_message *leaving; /* held by the process */
	uint32_t leaving_txid;	       /* on the wire, if @is_addressed */
	bool is_addressed;
	short armed, ready;
	uint8_t n_turns;
	bool expects_more;
	bool is_eof;	 /* this side does not read any more */
	bool is_deaf;	 /* the other side does not */
	bool is_held_up; /* by the kernel's bound on handles in flight */
	bool is_closing;
	bool has_epitaph;
	int32_t epitaph;
};

/* End the port, and tell the other end why, if it is not REEVE_OK. */
_Noreturn void port_end(struct port *p, int reason, int32_t epitaph);

/* Read one message and pass it on. False: there is none now. */
bool port_read(struct port *p);
/* The message is whole: pass it on. Its handles are taken. */
void port_accept(struct port *p, struct reeve_message *m);

/* Write what is to leave. False: it has to wait. */
bool port_write(struct port *p);

/* ---- port_target.c ---- */

/* @pid has so many requests more. 0, -ENOMEM. */
int port_watch(struct port *p, reeve_pid pid, uint32_t n_open);
/* One of its requests was answered. */
void port_on_answered(struct port *p, reeve_pid target);
/* Somebody who was watched has ended: whoever waits for its answers is told by
 * the end of the connection. */
void port_on_down(struct port *p, const struct reeve_notice *notice);
