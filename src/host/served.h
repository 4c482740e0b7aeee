/*
 * Channels on which the manager itself serves a protocol to components: Realm,
 * Registry and the like.
 *
 * A connection is scoped to the realm that the route named, whoever holds it;
 * it is paid for by the instance that opened it, and hangs under the slot it
 * was opened by, so that it is cut with that. Requests are read in order, some
 * in a turn; a server that cannot answer yet pauses its connection, and holds
 * up nobody else's.
 */
#pragma once

#include "host/instance.h"
#include "wire/codec.h"

struct served;
struct connection;
struct slot;

struct served_class {
	size_t size; /* of the struct that begins with a struct served */
	/* Make the rest of the zeroed struct fit for the others. May be NULL.
	 */
	void (*init)(struct served *s);
	/* One request. Handles that are left in @m are closed afterwards. */
	void (*on_message)(struct served *s, struct message *m);
	/* It is closed: whoever waits for it waits no longer. May be NULL. */
	void (*on_close)(struct served *s);
	/* Frees what the rest of the struct holds, at the end of the turn. May
	 * be NULL. */
	void (*fini)(struct served *s);
};

struct served {
	const struct served_class *class;
	struct list link;	/* in the list of all */
	struct instance *scope; /* NULL: closed */
	struct instance *payer;
	struct connection *connection; /* NULL: under no slot */
	struct loop_source source;
	struct loop_task task;
	int fd;
	bool is_paused;
};

/*
 * Serve @take_channel, which is consumed in any case. @slot: under which it was
 * opened, as @capability; or NULL. 0 or -errno.
 */
int served_new(const struct served_class *class, struct instance *scope,
	       struct instance *payer, struct slot *slot, int take_channel,
	       struct served **ret);

/* At any time, in its own handler too; it is freed at the end of the turn. */
void served_close(struct served *s);

/* Who does not read its replies has no use for the connection: it will be
 * closed when the loop comes to it. */
void served_hang_up(struct served *s);

/* Read no more requests, or read on. */
void served_pause(struct served *s, bool is_paused);

/* The scope or the payer goes: close what is served for it. */
void served_drop(const struct instance *i);
