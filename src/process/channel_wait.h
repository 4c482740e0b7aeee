/*
 * What a process waits for in a channel: the waiting functions below and above
 * this floor come here while the runtime runs, and closed descriptors are told
 * to the poller.
 */
#pragma once

/* When there is a poller, and before it goes. */
void channel_waits_begin(void);
void channel_waits_end(void);
