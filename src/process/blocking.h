/*
 * Threads on which processes may block for real: reeve_block().
 *
 * They are made as they are needed, up to a bound, and end when nobody needs
 * them for some seconds. They run no processes.
 */
#pragma once

enum {
	BLOCKING_MAX = 64,
	BLOCKING_STACK = 256 * 1024,
	BLOCKING_IDLE_MS = 5000,
};

/* End and join all of them: no process waits for one any more. */
void blocking_fini(void);
