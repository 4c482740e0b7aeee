/*
 * Descriptors in flight: what has been sent over a unix socket and not yet been
 * received is in nobody's table. It lies in the socket's queue, perhaps in the
 * queue of a socket that itself lies in one, and so on.
 *
 * Queues are looked at, and left as they are (MSG_PEEK with SO_PEEK_OFF), each
 * socket once; nothing recurses. The kernel tells how many descriptors there
 * must be: if fewer are seen, something is hidden. Connections that wait at a
 * listening socket cannot be looked at without accepting them; those with
 * descriptors in flight are, and end. See unix(7), SO_PEEK_OFF in socket(7),
 * and "scm_fds" of the kernel's net/unix/af_unix.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "cell/sever.h"

struct sweep;
struct target;

/* A socket whose queue is to be looked at. */
struct flight_socket {
	int fd;
	int n_in_flight;
	struct target *target; /* to be emptied after that; NULL: to be left */
	enum sever_end end;    /* of the target */
};

struct flight {
	struct flight_socket *waiting;
	size_t n_waiting, size_waiting;
	/* Cookies of those that were looked at: a table with open addressing,
	 * 0: free. */
	uint64_t *seen;
	size_t n_seen, size_seen;
	char *buffer;
};

#define FLIGHT_INIT                                                            \
	{                                                                      \
		.waiting = NULL                                                \
	}

void flight_fini(struct flight *f);

/* Forget what was looked at. */
void flight_restart(struct flight *f);

/*
 * Have the queue of a socket looked at, if there may be descriptors in it and
 * it has not been before. @target: the target that it is the end @end of, and
 * that was shut down; it is emptied afterwards, in any case. Takes @fd.
 */
void flight_add(struct sweep *s, int take_fd, uint64_t cookie,
		struct target *target, enum sever_end end);

/* Look at all queues that wait, and at those that are found in them. */
void flight_run(struct sweep *s);
