/*
 * Messages: bytes and handles, as they stand in memory before they are written
 * to a channel and after they were read from one.
 *
 * Handles are descriptors, but nothing on this floor makes a system call with
 * them: here they are numbers whose owner is the message until they are taken.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MESSAGE_BYTES_MAX = 65536,
	MESSAGE_HANDLES_MAX = 64,
};

struct message {
	/* The caller's buffer; 8-aligned. */
	uint8_t *bytes;
	uint32_t n_bytes, capacity;
	uint32_t n_handles;
	/* Its reader wants none: those that come are closed unseen. */
	bool drops_handles;
	/* Owned while >= 0; a handle that was taken is -1. */
	int handles[MESSAGE_HANDLES_MAX];
};

/* A message over the buffer @b (an array), empty. */
#define MESSAGE_OVER(b)                                                        \
	{                                                                      \
		.bytes = (b), .capacity = sizeof(b)                            \
	}

/* Take handle @i out of the message: the caller owns it now. -1 if there is
 * none (any more). */
static inline int message_take_handle(struct message *m, uint32_t i)
{
	int handle;

	if (i >= m->n_handles)
		return -1;
	handle = m->handles[i];
	m->handles[i] = -1;
	return handle;
}
