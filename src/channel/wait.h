/* Waiting on a channel, for the files of this floor. */
#pragma once

#include <stdint.h>

/*
 * Wait for @events (POLL*) on @fd, for its end, for @cancel_fd (or -1), or for
 * the deadline. 0, or the verdicts and faults of channel_wait().
 */
int wait_for(int fd, short events, uint64_t deadline, int cancel_fd);
