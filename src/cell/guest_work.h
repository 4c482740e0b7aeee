/* What the manager, the worker that makes a guest, and the cell's init say to
 * each other; see guest.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell/failure.h"
#include "cell/filter.h"
#include "cell/work.h"

/* The worker's descriptors; behind them the lists of tasks to enter. */
enum guest_fd {
	GUEST_FD_LINE, /* to whoever wants the guest */
	GUEST_FD_DESK, /* to the cell's init */

	N_GUEST_FDS,
};

enum { GUEST_ENVIRON_MAX = 16 * 1024 };

struct guest_order {
	uint32_t layers;   /* CELL_LAYER_* of the cell */
	uint32_t uid, gid; /* the component's user, on the host */
	uint32_t is_root;
	uint32_t n_environ;
	char environ[GUEST_ENVIRON_MAX]; /* as many as are used */
};

/* ---- the desk ---- */

enum guest_desk_type {
	/* The init: its papers, with a pidfd of the component's main task and,
	 * if it has them, the Landlock rules of the cell. */
	GUEST_DESK_PAPERS = 1,
	/* The worker: @value is the guest, in the cell's numbers. From then on
	 * the init watches over it, which it says with KEPT. */
	GUEST_DESK_KEEP,
	GUEST_DESK_KEPT,
	GUEST_DESK_SIGNAL, /* the worker: @value is to be sent */
	GUEST_DESK_ENDED,  /* the init: @value is its wait status */
};

struct guest_desk {
	uint32_t type;
	int32_t value;
};

/* ---- the making ---- */

/* What a guest is made of. */
struct guest_parts {
	const struct guest_order *order;
	const struct filter *filter;
	int main_fd, rules_fd; /* the init's papers */
	const int *groups;     /* lists of tasks to enter */
	size_t n_groups;
	int streams[4]; /* and the program, if it is brought along; else -1 */
	bool has_terminal;
	char **args, **environ;
	/* Pipes: the guest goes on when there is something to read, and reports
	 * are written. */
	int go_fd, report_fd;
};

/* One report. The pipe's end is the last: the guest runs. */
struct guest_report {
	int32_t pid; /* in the cell's numbers; 0: it failed */
	struct cell_failure failure;
};

/* In a child of the worker's: enter the cell, and make the guest there. */
_Noreturn void guest_enter(const struct guest_parts *p);

/* The worker's part. */
void guest_work(const struct work *w);
