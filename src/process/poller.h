/*
 * The poller: descriptors that processes wait for.
 *
 * One epoll set for all workers. A descriptor whose close is told
 * (poller_forget()) is watched level-triggered and stays armed when its wait is
 * over: who reads, answers and waits again makes no system call for the
 * waiting. One that is reported again and again while nobody waits for it is
 * taken out of the set until somebody does. Any other descriptor is armed for
 * one report by each wait: it may have been closed, and its number may mean
 * something else by now. Where a worker finds nothing to do, one of them waits
 * here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "reeve/process.h"

struct poller;

int poller_new(struct poller **ret);
/* Nobody waits, and nobody is in a call. NULL is allowed. */
void poller_free(struct poller *take_p);

/*
 * Wait at most @timeout_ns (0: do not; UINT64_MAX: without end) and wake who
 * waits for what came. Returns how many were woken; -errno. By one thread at a
 * time: the caller sees to it.
 */
int poller_poll(struct poller *p, uint64_t timeout_ns);

/* End a poller_poll() that waits, or the next one. Any thread. */
void poller_interrupt(struct poller *p);

/* True while some process waits for a descriptor: a hint, for one that was
 * killed while it waited counts until its descriptor is reported or closed. Any
 * thread. */
bool poller_is_wanted(const struct poller *p);

/* As reeve_wait_fd(), with a deadline (process/process.h). */
int poller_wait(struct poller *p, int fd, short events, uint64_t deadline,
		short *ret_events);

/*
 * The same for a @fd of which poller_forget() will be told, and not longer than
 * until @cancel_fd (-1: none) is readable: -ECANCELED, also if both are. Any
 * number of processes may wait with the same @cancel_fd.
 */
int poller_wait_own(struct poller *p, int fd, short events, int cancel_fd,
		    uint64_t deadline, short *ret_events);

/*
 * Have the caller woken, as by process_wake(), when one of @events is there on
 * @fd, once for each, without waiting here: so it can wait for messages as
 * well, by process_park(). What is not among @events is not waited for any
 * more. To be used like poller_wait_own(), also with poller_forget().
 */
int poller_arm(struct poller *p, int fd, short events);

/* Which of @events, that the caller armed, came; these have to be armed again.
 */
short poller_take_ready(struct poller *p, int fd, short events);

/* @fd is about to be closed by who owns it: whoever waits for it gets -EBADF.
 * Cheap for one that nobody ever waited for. Any thread. */
void poller_forget(struct poller *p, int fd);
