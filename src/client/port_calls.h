/*
 * What a port remembers of calls: those that processes here made over the
 * channel, and the requests of the other end that were passed on to processes.
 *
 * Transaction ids on the wire are the port's own: a place in its table and a
 * generation, so that a late or an invented answer finds nothing. Pure: tables
 * and numbers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "reeve/process.h"

/* ---- calls of processes here ---- */

enum { PORT_CALLS_MAX = 65536 };

struct port_call {
	reeve_pid pid; /* who called; NONE: the place is free */
	uint64_t ordinal;
	uint32_t txid; /* the caller's; or the next free place */
	uint32_t wire; /* on the channel */
	/* Sent, and not by reeve_call_to(): the answer is a message. */
	bool is_plain;
};

/* All zero is empty; @generation may be anything. */
struct port_calls {
	struct port_call *places;
	uint32_t n_places, n, first_free;
	uint32_t generation;
};

/* Note a call; *ret is its id on the wire. -EAGAIN: the table is full. -ENOMEM.
 */
int port_calls_add(struct port_calls *c, const struct port_call *call,
		   uint32_t *ret);
/* Take the call out that an answer is for; false if there is none. */
bool port_calls_take(struct port_calls *c, uint32_t wire, uint64_t ordinal,
		     struct port_call *ret);
/* Take out those whose caller is gone. Returns how many. */
uint32_t port_calls_clean(struct port_calls *c,
			  bool (*is_alive)(reeve_pid pid));
void port_calls_fini(struct port_calls *c);

/* ---- requests of the other end ---- */

enum { PORT_REQUESTS_MAX = 1024 };

struct port_request {
	reeve_pid target; /* NONE: somebody else knows */
	uint32_t txid;
};

/* All zero is empty. */
struct port_requests {
	struct port_request *items; /* oldest first, from @first on */
	uint32_t first, n, capacity;
};

/* -ENOMEM. Not when there are PORT_REQUESTS_MAX. */
int port_requests_add(struct port_requests *q, reeve_pid target, uint32_t txid);
/* The oldest one with that id; false if there is none. */
bool port_requests_take(struct port_requests *q, uint32_t txid,
			reeve_pid *ret_target);
void port_requests_fini(struct port_requests *q);
