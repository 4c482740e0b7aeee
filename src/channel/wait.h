/*
 * Waiting on a channel, for the files of this floor, and how a thread that runs
 * light processes does it: only the process waits then, not the thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Wait for @events (POLL*) on @fd, for its end, for @cancel_fd (or -1), or for
 * the deadline. 0, or the verdicts and faults of channel_wait().
 */
int wait_for(int fd, short events, uint64_t deadline, int cancel_fd);

struct wait_hook {
	/* Does this thread run a process right now? */
	bool (*is_process)(void);
	/* As wait_for(), for that process; @deadline is not CHANNEL_NOW. It may
	 * return on another thread: no address of a thread's own, errno among
	 * them, may be kept across it. */
	int (*wait)(int fd, short events, uint64_t deadline, int cancel_fd);
};

/* Set by who can park; NULL: nobody any more. @hook stays where it is. */
void wait_set_hook(const struct wait_hook *hook);

/* True if wait_for() would not stop this thread, and so it must not be stopped
 * by any other call. */
bool wait_is_parking(void);
