/*
 * Work that is done beside the manager: a task for each piece of it, which may
 * take its time, be hindered by a hostile component, or be killed, and holds up
 * nobody but itself.
 *
 * The manager asks for a worker with launcher_work(). The launcher forks it and
 * forgets it: a worker is nobody's child, has nothing open but what is in
 * struct work, and talks to the manager over a socket of its own (packets).
 * Closing the manager's end is what ends it, so it dies with the manager; what
 * it was told to do and has not done is then left, but whatever it has frozen
 * is thawed first.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum work_kind {
	WORK_SEVER, /* finding and shutting down sockets; see sever.h */
	WORK_GRAFT, /* mounts of a running cell; see graft.h */
	WORK_AUDIT, /* what two cells have in common; see audit.h */
	WORK_GUEST, /* a program of the operator's in a cell; see guest.h */
};

enum { WORK_BYTES_MAX = 32768, WORK_FDS_MAX = 64 };

/* What a worker has. It lives as long as the worker. */
struct work {
	int socket_fd; /* to the manager; blocking; end of file: end at once */
	int cells_fd;  /* O_PATH directory of all cells' cgroups; -1: none */
	const char *name;  /* "reeve-PID", the launcher's: names what is this
			      manager's among others' */
	const void *bytes; /* the order it was asked for with */
	size_t n;
	const int *fds; /* and its descriptors */
	size_t n_fds;
};

/* One kind of work: returns when it is done or no longer wanted. */
typedef void (*work_fn)(const struct work *w);

/*
 * Be a worker: read the order from @socket_fd, do it, and exit. Called by the
 * launcher in a fork of its own. Keeps no descriptor but these two.
 */
_Noreturn void work_main(int socket_fd, int cells_fd, const char *name);
