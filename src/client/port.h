/*
 * Ports: channels as processes.
 *
 * A port has a stack, of which it uses one page. It takes turns between its
 * mailbox and its channel, and waits for both at once, so that neither holds up
 * the other. What does not fit on one side is one message that is kept; nothing
 * more is taken for that side then.
 */
#pragma once

#include "process/process.h"
#include "reeve.h"

/* Requests that came over a channel have this in their txid, so that an answer
 * can be told from what a process asks by itself. */
#define PORT_TXID_REMOTE UINT32_C(0x80000000)

/* Where messages of the channel go, if not to one process. All are called by
 * the port. */
struct port_sink {
	/*
	 * Give @take_e to a process. 0, and *ret_target is who answers it, for
	 * the port to watch, or NONE. -EAGAIN: not now; somebody wakes the port
	 * (process_wake(), or process_ask_room()), which tries again. Others:
	 * it ends. @take_e is taken only with 0.
	 */
	int (*deliver)(void *arg, struct envelope *take_e,
		       reeve_pid *ret_target);
	/* True if what ended the channel is that this side stops reading. */
	bool (*is_draining)(void *arg);
	/* Last, before the channel is closed; even if it never ran. */
	void (*on_end)(void *arg);
};

/* Whom a port has asked for room. All zero: nobody. */
struct port_room {
	reeve_pid asked;
};

/* After process_push() gave -EAGAIN: have the caller woken when there is room.
 * -EAGAIN; -ESRCH, -ENOMEM. */
int port_ask_room(struct port_room *room, reeve_pid pid);
/* Both. */
int port_push(struct port_room *room, reeve_pid pid, struct envelope *e);

struct port_spec {
	reeve_pid to; /* without a sink */
	const struct port_sink *sink;
	void *arg;
	bool links;  /* with @to */
	bool serves; /* says why, when it closes the channel */
};

/* As reeve_port_open(). If it fails, nothing of the sink is called. */
int port_open(struct reeve_channel *take_channel, const struct port_spec *spec,
	      const struct reeve_spawn_options *options, reeve_pid *ret);
