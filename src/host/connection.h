/*
 * Connections: channels that were handed over, remembered without being held.
 *
 * Before the manager closes its descriptor of a channel, it puts the channel
 * into an epoll set of its own. That entry holds no reference to the socket and
 * is not woken by traffic (EPOLLET, and nothing is asked for but the hang-up
 * that is always told); it reports the end of the other side. The end of the
 * registered side removes the entry silently, so the set is listed from time to
 * time to find those.
 *
 * The end that is handed over is bound to a unique abstract name, its label.
 * The other end has it as the name of its peer: so both ends of a connection,
 * and the audit log, can be told to belong together, wherever they went.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "route/account.h"
#include "sys/loop.h"

struct connections;
struct instance;

struct connection {
	uint64_t id;
	uint64_t cookie;		    /* SO_COOKIE of the server end */
	struct list by_slot;		    /* in the use's slot */
	struct list by_opener, by_provider; /* in their instances */
	struct instance *opener, *provider; /* NULL once gone */
	uint64_t turn;	    /* of the loop, when it was handed over */
	uint64_t opened_at; /* loop_now() */
	char *capability;   /* the name in the opener's namespace; owned */
	bool has_label;	    /* else its name is the listener's it came from */
	bool is_cut;	    /* it is being revoked */
	struct list by_revocation;
	/* Not NULL: the manager itself serves it, and ends it by this. It is in
	 * no epoll set. */
	void (*on_cut)(struct connection *c);
	void *own; /* what serves it then */
};

enum { CONNECTION_LABEL_MAX = 48 };

struct connection_owner {
	/* The other side has closed; the connection is freed afterwards. */
	void (*on_closed)(void *userdata, struct connection *c);
	void *userdata;
};

int connections_new(struct loop *loop, const struct connection_owner *owner,
		    struct connections **ret);
void connections_free(struct connections *s);

/*
 * Remember the channel @fd, which the caller is about to pass on. *ret is not
 * linked into any list but the set's own. 0, or -errno.
 */
int connections_add(struct connections *s, int fd, struct connection **ret);

/* The same for a channel that the manager serves itself: @on_cut ends it, and
 * whoever does calls connections_remove(). */
int connections_add_own(struct connections *s,
			void (*on_cut)(struct connection *c),
			struct connection **ret);

/* NULL if there is none of that id. */
struct connection *connections_find(struct connections *s, uint64_t id);

/* The label of @c, which begins with a zero byte. Returns its length. */
size_t connection_label(const struct connection *c,
			char ret[static CONNECTION_LABEL_MAX]);

/* Tell the owner now of all that has ended so far. */
void connections_poll(struct connections *s);

/* The manager has closed the end it had of @c: tell the owner now. */
void connections_end(struct connections *s, struct connection *c);

/* Forget one (its lists are unlinked); the epoll entry dies with the socket. */
void connections_remove(struct connections *s, struct connection *c);

/* Find out which connections ended silently, and tell the owner. 0 or -errno.
 */
int connections_reconcile(struct connections *s);

size_t connections_count(const struct connections *s);
