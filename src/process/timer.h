/*
 * Timers of programs: messages that are sent later.
 *
 * A wheel of its own behind a lock. A reference is a place in a table and how
 * often that was taken, with the top bit set: it is never one of a monitor, and
 * an old one never names a new timer.
 */
#pragma once

#include <stdint.h>

enum {
	/* Set at once. */
	TIMERS_MAX = 1 << 20,
};

/* With the runtime. */
void timers_init(uint64_t now);
void timers_fini(void);

/* When timers_run() has something to do, at the earliest; UINT64_MAX: never.
 * Any thread. */
uint64_t timers_next(void);
/* Send what is due. Any thread of the runtime; one that comes while another is
 * at it goes on at once. */
void timers_run(uint64_t now);
