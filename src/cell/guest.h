/*
 * Guests: programs that the operator runs in a component's cell, beside the
 * component.
 *
 * A guest has what the component's own tasks have and nothing more: the same
 * namespaces, user, cgroups, limits, system call filter and Landlock rules. It
 * is a child of the cell's init, so it is swept, frozen, counted and killed
 * with everything else in there. How it gets in is told in guest_work.c, and
 * why so in doc/adr/0013-exec-in-a-cell.md.
 *
 * Whoever wants the guest talks over a line (a socket) to the worker that makes
 * it: first a struct guest_start with the standard streams, then signals; and
 * hears that it runs, or why not, and how it ended. Closing the line ends the
 * guest.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell/cell.h"
#include "cell/failure.h"
#include "cell/launcher.h"

enum {
	GUESTS_MAX = 8, /* in one cell, at a time */
	/* Arguments and environment, with their zeros. */
	GUEST_BYTES_MAX = 60000,
	GUEST_STRINGS_MAX = 2048,
};

/* ---- the manager ---- */

struct guest_request {
	/* The lists of tasks it is to enter; see budget_open_lists(). */
	int groups[CELL_GROUPS_MAX];
	size_t n_groups;
	/* What its environment begins with. */
	const char *const *environ;
	size_t n_environ;
};

/*
 * Have a guest made in a cell that runs. All of @q stays the caller's. 0; a
 * socket to be watched in *ret_fd, for guest_read(), whose closing ends the
 * guest; and in *ret_line the line. -EAGAIN when the init is not to be reached
 * now, or another -errno.
 */
int guest_begin(struct launcher *l, struct cell *c,
		const struct guest_request *q, int *ret_fd, int *ret_line);

/* ---- the line ---- */

enum guest_type {
	/* To the worker. */
	/* With three descriptors, the standard streams; and perhaps a fourth,
	 * the program itself, which is then not looked for in the cell. */
	GUEST_START = 1,
	GUEST_SIGNAL,
	/* From it. */
	GUEST_STARTED,
	GUEST_FAILED, /* it never ran; the last message */
	GUEST_ENDED,  /* the last message */
};

struct guest_start {
	uint32_t type;
	uint32_t has_terminal; /* standard input becomes its terminal */
	uint32_t n_args, n_environ;
	char bytes[GUEST_BYTES_MAX]; /* that many strings, each with a zero */
};

struct guest_signal {
	uint32_t type;
	int32_t signo; /* for the guest and its process group */
};

struct guest_event {
	uint32_t type;
	int32_t code, signal; /* ENDED: as struct cell_event */
	uint32_t is_forced;   /* ENDED: with its cell */
	char program[200];    /* STARTED: its arguments, as far as they go in */
	struct cell_failure failure; /* FAILED */
};

enum guest_verdict {
	GUEST_OK,
	GUEST_AGAIN, /* nothing to read now */
	GUEST_OVER,  /* the other side is gone */
};

/*
 * The next event, on the line or on the manager's socket, without waiting. 0 or
 * a verdict; -errno. What comes over a line is the worker's, our own code.
 */
int guest_read(int fd, struct guest_event *ret);

/* What is to be run. */
struct guest_what {
	char *const *args, *const *environ; /* each ends in NULL */
	int streams[3];
	bool has_terminal;
	int program_fd; /* -1: args[0] is looked for in the cell */
};

/* Send it, without waiting. -E2BIG when it does not fit, or another -errno. The
 * descriptors stay the caller's. */
int guest_send_start(int line_fd, const struct guest_what *w);
int guest_send_signal(int line_fd, int signo);
