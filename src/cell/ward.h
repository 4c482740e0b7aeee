/*
 * The part of a cell's init that watches over guests; see guest.h.
 *
 * For each there is a desk, a socket to the worker that made it. The init shows
 * its papers there, is told the guest's number, passes signals on, and says how
 * it ended. A desk whose other end closes takes its guest with it.
 */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cell/guest.h"

struct ward_guest {
	int desk_fd; /* -1: nobody */
	pid_t pid;   /* 0: not told yet */
};

struct ward {
	int main_fd;  /* a pidfd of the component's main task; -1: none */
	int rules_fd; /* the Landlock rules; -1: none */
	struct ward_guest guests[GUESTS_MAX];
};

/* With the main task's pid and the rules, which it takes. All its descriptors
 * are above @above. */
void ward_open(struct ward *w, pid_t main_pid, int take_rules_fd, int above);

/* Somebody is to be let in: show the papers. Takes the desk; one too many is
 * closed. */
void ward_admit(struct ward *w, int take_desk_fd);

/* Fill in GUESTS_MAX rows for poll(2), and handle what it said. */
void ward_poll(const struct ward *w, struct pollfd *p);
void ward_handle(struct ward *w, const struct pollfd *p);

/* A child has been reaped, which may be a guest. */
void ward_reaped(struct ward *w, pid_t pid, int status);
