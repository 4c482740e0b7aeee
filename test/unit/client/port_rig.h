/* A port and the other end of its channel. */
#pragma once

#include "processes.h"

#include "reeve/router.h"

enum {
	ORDINAL = 7,
	LONG_MS = 20000,
};

/* A port to @to; *ret is the other end of its channel. */
reeve_pid port_new(reeve_pid to, uint32_t flags, uint32_t mailbox,
		   struct reeve_channel **ret);
void send_pid(reeve_pid pid, uint64_t ordinal, const char *text);
