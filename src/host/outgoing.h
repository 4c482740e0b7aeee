/*
 * The outgoing channel of an instance: where opens queue, and whose readability
 * starts the program.
 *
 * The manager keeps the sending end for good. While the program does not run it
 * also watches the receiving end: an open that waits there is what starts it. A
 * running program holds a duplicate of the receiving end; when it ends, the
 * pair is replaced and what it had not read moves to the new one, so that no
 * open is lost and nobody who kept a copy of the old end can read the next
 * program's opens.
 *
 * An open is charged to its opener until the provider has read it. What the
 * socket cannot take waits in a list here, under the same charge.
 *
 * What the operator's tools open to look at a running program is charged to
 * nobody, for to be looked at must not cost a component anything: a few of
 * these may be unread at a time, and they never outlive the program that they
 * were for.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "route/account.h"
#include "sys/loop.h"

struct outgoing {
	struct loop *loop;
	int send_fd, receive_fd;     /* -1 until the first open */
	struct loop_source readable; /* receive_fd, while it is watched */
	struct loop_source writable; /* send_fd, while @waiting is not empty */
	struct list waiting; /* struct pending that the socket did not take */
	struct list unread;  /* struct pending that the provider did not read */
	size_t n_unread_bytes;
	/* See outgoing_settle(): what was seen when the queue was counted last,
	 * -1 for unknown; and how many pending opens make it worth a count. */
	int n_sent_seen;
	uint32_t settle_at;
	uint32_t n_pending;
	uint32_t n_looks; /* of outgoing_look(), unread; not in n_pending */
	bool was_read;	  /* something, since it was lent */
	void (*on_readable)(struct outgoing *o);
	/* The open of this server end was refused, and the end is closed. NULL:
	 * nobody wants to know. */
	void (*on_refused)(struct outgoing *o, uint64_t cookie);
};

/* An opener's charges, so that they can be orphaned when it goes. */
struct opener {
	struct account *account;
	struct list pending;
};

enum {
	OUTGOING_EXCEEDED = 1, /* the opener's bound */
	/* Unread opens that were only meant to look. */
	OUTGOING_LOOKS_MAX = 8,
	/* The longest path in a provider's outgoing directory. */
	OUTGOING_PATH_MAX = 4096,
};

void outgoing_init(struct outgoing *o, struct loop *loop,
		   void (*on_readable)(struct outgoing *o));
/* Closes all queued server ends. */
void outgoing_fini(struct outgoing *o);

/*
 * Queue Open(@flags, @mode, @path, server end). 0: the channel is on its way,
 * and the caller's descriptor was consumed. OUTGOING_EXCEEDED or -errno: it
 * still belongs to the caller.
 */
int outgoing_open(struct outgoing *o, struct opener *opener, uint32_t flags,
		  uint32_t mode, const char *path, int fd);

/*
 * Queue the same for the program that runs now, and for it alone: nothing is
 * started for it, and what the program did not read is refused when it ends.
 * Returns as outgoing_open(); the bound is OUTGOING_LOOKS_MAX.
 */
int outgoing_look(struct outgoing *o, uint32_t flags, uint32_t mode,
		  const char *path, int fd);

/* Begin or end to watch for waiting opens. */
int outgoing_watch(struct outgoing *o);
void outgoing_unwatch(struct outgoing *o);

/* A duplicate of the receiving end, for the program. Or -errno. */
int outgoing_lend(struct outgoing *o);

/* Waits something, and has the program that it was lent to read nothing? */
bool outgoing_is_ignored(struct outgoing *o);

/* The program that it was lent to is gone: replace the pair, keep the opens. */
int outgoing_renew(struct outgoing *o);

/* Refuse everything that waits, with this status. */
void outgoing_refuse(struct outgoing *o, int status);

/* Release the charges of what was read meanwhile. */
void outgoing_settle(struct outgoing *o);

/* The opener goes; what it queued stays, charged to nobody. */
void opener_init(struct opener *opener, struct account *account);
void opener_fini(struct opener *opener);

/*
 * Refuse the open whose server end has this SO_COOKIE, if it waits here. What
 * was given to a program's socket is out of our hands, unless @is_ours: no
 * program has the other end. True if it was there.
 */
bool outgoing_refuse_one(struct outgoing *o, uint64_t cookie, int status,
			 bool is_ours);

/* Does an open wait here, unread as far as is known, with this server end? */
bool outgoing_holds(const struct outgoing *o, uint64_t cookie);
