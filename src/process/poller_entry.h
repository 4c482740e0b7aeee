/*
 * What the poller knows about each descriptor, for its own files.
 *
 * 1. Who waits publishes its PID, then looks whether the direction is armed for
 *    good; if not, it arms under the lock of the entry.
 * 2. Who takes something away from what is armed (under the lock) first says
 *    that nothing is armed, then looks who waits, and arms for them.
 * So one of the two sees the other (all of it is sequentially consistent), and
 * as the kernel reports levels, it does not matter when something came.
 *
 * A report takes the PID out of the entry. That is the whole message: a PID
 * that is gone from its place was reported. PIDs of processes that were killed
 * in their wait do no harm: a wake-up finds nobody, and whoever comes next may
 * take their place.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/poller.h"

enum direction {
	DIRECTION_IN,
	DIRECTION_OUT,
	N_DIRECTIONS,
};

/* Whoever waits for reading beside the one in its place: @cancel_fd. */
struct canceled {
	struct canceled *next;
	reeve_pid pid;
};

struct entry {
	_Atomic uint64_t waiting[N_DIRECTIONS]; /* PIDs */
	_Atomic(struct canceled *) canceled;	/* changed under the lock */
	/* EPOLLIN, EPOLLOUT: the kernel reports them until further notice, or,
	 * with EPOLLONESHOT, once or not any more. */
	_Atomic uint32_t armed;
	_Atomic uint32_t seen; /* what was reported last */
	_Atomic uint32_t generation;
	/* Was put into the set; it may have gone with the descriptor. */
	_Atomic bool is_in_set;
	/* Reports in a row for which nobody waited. */
	_Atomic uint8_t n_unwanted;
};

enum {
	CHUNK_ENTRIES = 256,
	N_LOCKS = 64,
};

struct poller {
	int epoll_fd, event_fd;
	_Atomic bool is_interrupted;
	_Atomic bool has_no_pwait2; /* of the kernel */
	_Atomic uint32_t n_waiting;
	/* Entries by descriptor: they appear as needed and never move. */
	pthread_mutex_t grow_lock;
	pthread_mutex_t locks[N_LOCKS];
	size_t n_chunks;
	_Atomic(struct entry *) chunks[];
};

/* NULL if nobody ever waited for @fd, or a neighbour of it. */
struct entry *entry_at(struct poller *p, int fd);
/* 0, -EBADF, -EMFILE, -ENOMEM. */
int entry_get(struct poller *p, int fd, struct entry **ret);
void entries_free(struct poller *p);

pthread_mutex_t *entry_lock(struct poller *p, int fd);

/* Put @me into the place of that direction: 0, -EBUSY. */
int entry_claim(struct poller *p, struct entry *e, enum direction d,
		reeve_pid me);
/* Take it out again; false if a report did. */
bool entry_leave(struct poller *p, struct entry *e, enum direction d,
		 reeve_pid me);

/*
 * Make the kernel watch for what processes wait for. @keeps: and for what it
 * watches for now. @mode: 0, or EPOLLONESHOT. Locked. 0 or -errno.
 */
int entry_arm(struct poller *p, struct entry *e, int fd, bool keeps,
	      uint32_t mode);

/* The kernel reported it; returns how many were woken. */
int entry_report(struct poller *p, int fd, uint32_t generation,
		 uint32_t events);
