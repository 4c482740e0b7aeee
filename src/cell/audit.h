/*
 * What two cells gave each other.
 *
 * A revocation ends channels. What the peers of a channel passed to each other
 * over it while it lived (another socket, a pipe, memory, a file) is not that
 * channel and goes on working. An audit finds such things: a worker of its own
 * (see work.h) looks at all that the tasks of both cells have open or mapped,
 * and reports each object that ties the two together.
 *
 *   - the same pipe, socket, memory file, epoll set and so on in both;
 *   - two ends of one connection, an end in each;
 *   - a file that one of them has from a mount that is not in its own cell: it
 *     was given to it, if the other has it too, or has that mount.
 *
 * What both opened for themselves in directories that both have is no such
 * thing, nor are devices or what was shut down.
 *
 * The cells go on running meanwhile: what is moved from one task to another
 * just then may be missed. Neither does it see what is on its way in a
 * socket's queue (that is counted), what waits in a listening socket's backlog,
 * nor ties by way of a third cell. So it tells people what there is, and proves
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"
#include "cell/cell.h"
#include "cell/launcher.h"
#include "cell/work.h"

enum {
	AUDIT_EDGES_MAX = 64, /* what is named; more are only counted */
	AUDIT_NAME_MAX = 96,
	AUDIT_LABEL_MAX = 40,
	AUDIT_BUDGET_MS = 1000,	 /* for looking, ordinarily */
	AUDIT_TIMEOUT_MS = 5000, /* beyond it, no answer is to be expected */
};

enum audit_kind {
	AUDIT_PIPE,   /* the same in both */
	AUDIT_SOCKET, /* the same in both */
	AUDIT_PAIR,   /* two ends of one connection */
	AUDIT_FILE,   /* a file, a directory, memory */
	AUDIT_OTHER,  /* the same epoll set, event counter and so on */
};

enum audit_hold {
	AUDIT_HOLD_FD,	  /* an open descriptor */
	AUDIT_HOLD_CWD,	  /* a working directory */
	AUDIT_HOLD_ROOT,  /* a root directory */
	AUDIT_HOLD_MAP,	  /* a mapping */
	AUDIT_HOLD_MOUNT, /* a mount of that cell; @pid is its init */
};

/* Who has it; the first that was found. */
struct audit_holder {
	enum audit_hold hold;
	pid_t pid; /* as seen by the host */
	int fd;	   /* of HOLD_FD; else -1 */
};

struct audit_edge {
	enum audit_kind kind;
	struct audit_holder holders[2]; /* in the first cell and the second */
	/* SO_COOKIE of both ends of a socket, the first cell's first; 0: not
	 * known. */
	uint64_t cookies[2];
	/* The abstract name of one of the ends, zero-terminated; "" if they
	 * have none. A component can give a socket any name. */
	char label[AUDIT_LABEL_MAX];
	/* As the kernel calls it, cut if it is longer; partly from the
	 * component, so not fit to be shown as it is. */
	char name[AUDIT_NAME_MAX];
};

struct audit_result {
	int error; /* negative errno, and the rest is not to be used; -ESRCH:
		    * one of the cells has ended; -EPIPE: the worker has */
	uint32_t n_edges;     /* all that were found */
	uint32_t n_named;     /* the first of them, in @edges */
	uint32_t n_in_flight; /* descriptors that nobody looked at */
	/* There was no time to look at everything, or something could not be
	 * looked at. */
	bool is_partial;
	/* This kernel does not tell which socket is whose peer: of pairs only
	 * those with a label were found. */
	bool lacks_pairs;
	struct audit_edge edges[AUDIT_EDGES_MAX];
};

/*
 * Look at two running cells, for @budget_ms. 0 and a socket to watch for
 * EPOLLIN in *ret_fd, to be given to audit_read() and closed; or -errno.
 */
int audit_begin(struct launcher *l, const struct cell *a, const struct cell *b,
		uint32_t budget_ms, int *ret_fd);

enum audit_verdict {
	AUDIT_OK,
	AUDIT_AGAIN, /* no answer yet */
};

/* Read the answer. 0 and *ret; AUDIT_AGAIN; or -errno. */
int audit_read(int fd, struct audit_result *ret);

/* "pipe", "socket", "pair", "file", "other". */
const char *audit_kind_name(enum audit_kind kind);

/* "pipe:[123]: descriptor 5 of task 12, descriptor 7 of task 34", fit to be
 * shown. @name: what to call it instead, or NULL. */
void audit_edge_render(const struct audit_edge *e, const char *name,
		       struct text *t);

/* The worker's part. */
void audit_work(const struct work *w);
