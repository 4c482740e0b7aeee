/*
 * Severing: finding channels that nobody but components holds any more, and
 * shutting them down.
 *
 * The manager keeps no copy of a channel that it handed over, so a worker of
 * its own (see work.h) looks for one in the descriptor tables of the
 * components' tasks. One shutdown(2) on any copy of either end ends the channel
 * for all who hold it: they read end-of-file, they write EPIPE. What was queued
 * in either end is then read away, so that not even that arrives.
 *
 * The manager gives one order at a time and goes on; a report answers it.
 * Nothing here blocks. The proof that a channel is dead is not the report,
 * though, but the hang-up that the manager's own epoll entry for it shows. The
 * usual order of things:
 *
 *   1. SEVER_SWEEP over the provider's cell, then the client's, then others
 * that were given it. Cells go on running. Honest components are done here.
 *   2. SEVER_SWEEP_FROZEN over the cells that may still have it, for what is
 *      alive: nothing moves, and descriptors are also found that are on their
 *      way in a socket's queue, or that only one thread has.
 *   3. For what lives even then: kill the cells that could not be searched
 * whole (see SEVER_PROBLEM_*), then all others that may have it.
 *
 * Both ends of a channel can be told: the server's by its cookie, and the
 * client's by the name of its peer, if the server's end was bound to a name (a
 * label) before it was handed over.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cell/cell.h"
#include "cell/launcher.h"

enum {
	SEVER_LABEL_MAX = 40,
	SEVER_TARGETS_MAX = 65536, /* in one order */
	SEVER_CELLS_MAX = 4096,
	SEVER_LOOSE_MAX = 1000,
};

/* A channel to be ended. */
struct sever_target {
	uint64_t cookie; /* SO_COOKIE of the server's end; 0: not known */
	/* The abstract name that the server's end is bound to, without the zero
	 * in front; n_label 0: none, so the client's end cannot be told. */
	uint8_t n_label;
	char label[SEVER_LABEL_MAX];
};

/* A cell to be searched. Not the struct cell itself, which may end meanwhile.
 */
struct sever_cell {
	uint64_t id; /* of the struct cell: comes back */
	pid_t pid;   /* of its init */
	/* O_PATH directory; -1: it has none. Stays the cell's, and has to be
	 * open only until sever_order() returns. */
	int cgroup_fd;
};

struct sever_cell sever_cell_from(const struct cell *c);

enum sever_kind {
	SEVER_SWEEP = 1,
	SEVER_SWEEP_FROZEN,
	/* Nothing is ended: descriptors are kept from passing over the ends
	 * that are found, see socket_forbid_rights(). */
	SEVER_SEAL,
};

/* How cells are kept from running. */
enum sever_freezer {
	SEVER_FREEZER_BEST, /* the first of these that works, for each cell */
	SEVER_FREEZER_CGROUP2,
	SEVER_FREEZER_CGROUP1,
	SEVER_FREEZER_STOP, /* SIGSTOP; the cell's tasks can tell afterwards */
	SEVER_FREEZER_NONE, /* they run: searched until nothing new appears */
};

struct sever_order {
	enum sever_kind kind;
	enum sever_freezer freezer;
	/* In the order in which they are searched: the likeliest first. The
	 * search ends as soon as every target has been dealt with. */
	const struct sever_cell *cells;
	size_t n_cells;
	const struct sever_target *targets;
	size_t n_targets;
	/* Sockets of the manager's own whose receive queues are searched, and
	 * otherwise left as they are. They stay the caller's. Nobody may
	 * receive from them until the report is there. */
	const int *loose_fds;
	size_t n_loose;
	/* Searching one cell, and all of them, may take this long; 0: the
	 * defaults. What took longer has SEVER_PROBLEM_BUDGET. Frozen cells
	 * are frozen this long at most, and for the freezing: mostly less than
	 * a millisecond, at most SEVER_FREEZE_MS, or on a machine that is so
	 * busy that we wait ourselves, SEVER_FREEZE_MAX_MS. */
	uint32_t cell_ms, order_ms;
};

enum {
	SEVER_CELL_MS = 250,
	SEVER_ORDER_MS = 1000,
	SEVER_FREEZE_MS = 50,
	SEVER_FREEZE_MAX_MS = 500
};

enum sever_end {
	SEVER_SERVER_END = 1 << 0, /* found by its cookie */
	SEVER_CLIENT_END = 1 << 1, /* found by its peer's name */
};

/* What became of a target. */
struct sever_found {
	/* enum sever_end: those that were seen, shut down and drained. With any
	 * of them the channel is dead. */
	uint32_t ends;
	/*
	 * What is still readable in the end that was not seen: what it costs in
	 * memory, not its length. 0: nothing. Only if ends is not 0.
	 */
	uint32_t n_unread;
};

/* Why a cell was not searched whole. Any but the last two: it may hide a
 * target, so kill it if one lives. */
enum sever_problem {
	SEVER_PROBLEM_DENIED = 1 << 0, /* a task that may not be looked at */
	SEVER_PROBLEM_HIDDEN = 1 << 1, /* descriptors in flight, out of sight */
	SEVER_PROBLEM_THREAD = 1 << 2, /* a thread's own table, out of reach */
	SEVER_PROBLEM_BUDGET = 1 << 3, /* it took too long */
	SEVER_PROBLEM_FREEZE = 1 << 4, /* it could not be frozen in time */
	SEVER_PROBLEM_FAULT = 1 << 5,  /* we ran out of something */
	SEVER_PROBLEM_SKIPPED = 1
				<< 6, /* not looked at: all was found before */
	SEVER_PROBLEM_GONE = 1 << 7,  /* it had ended */
};

struct sever_seen {
	uint64_t id;
	uint32_t problems; /* enum sever_problem; 0: searched whole */
	uint32_t freezer;  /* enum sever_freezer, as used */
	uint32_t n_tasks, n_descriptors;
};

struct sever_report {
	struct sever_found *found; /* as many as targets, in their order */
	size_t n_found;
	struct sever_seen *cells; /* as many as cells, in their order */
	size_t n_cells;
	uint32_t loose_problems; /* enum sever_problem, of the loose sockets */
	/* For people. */
	uint32_t n_tasks, n_descriptors, n_in_flight;
	uint32_t took_us, frozen_us;
};

#define SEVER_REPORT_INIT                                                      \
	{                                                                      \
		NULL, 0, NULL, 0, 0, 0, 0, 0, 0, 0,                            \
	}

void sever_report_fini(struct sever_report *r);

struct sever {
	int fd; /* watch for EPOLLIN, then sever_read(); -1: no worker */
	bool is_busy;
	int order_fd; /* the order under way, where its results come to stand */
	size_t n_cells, n_targets;
};

#define SEVER_INIT                                                             \
	{                                                                      \
		.fd = -1, .order_fd = -1,                                      \
	}

/*
 * Ask @l for a worker. One at a time: a new one first thaws what a lost one may
 * have left frozen. It lasts for any number of orders. 0 or -errno.
 */
int sever_begin(struct sever *s, struct launcher *l);

/* The worker ends, at once or after having thawed what it froze. */
void sever_end(struct sever *s);

/*
 * Give an order; it is copied. 0. -EBUSY: the last one was not answered yet;
 * -E2BIG: it has more than the limits above; neither changes anything. -EPIPE:
 * the worker is gone; or another fault: sever_end(), and begin anew.
 */
int sever_order(struct sever *s, const struct sever_order *order);

enum sever_verdict {
	SEVER_OK,
	SEVER_AGAIN, /* no report yet */
};

/*
 * The report on the last order, when fd is readable. 0, with *ret to be ended
 * by sever_report_fini(); SEVER_AGAIN; -EPIPE when the worker is gone
 * (sever_end(), and begin anew); or another fault (likewise).
 */
int sever_read(struct sever *s, struct sever_report *ret);

/* "denied,hidden": the names of some problems, for a log line. */
void sever_problems_render(uint32_t problems, struct text *t);
const char *sever_freezer_name(enum sever_freezer freezer);
