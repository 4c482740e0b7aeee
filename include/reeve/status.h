/*
 * Status codes, as they travel in replies, in OnOpen events and in epitaphs.
 *
 * The numbers are those of Zircon, so that protocols written for Fuchsia mean
 * the same here. Zero is success, everything else is negative; a component may
 * use other negative numbers of its own in its own protocols.
 */
#ifndef REEVE_STATUS_H
#define REEVE_STATUS_H

enum reeve_status {
	REEVE_OK = 0,
	/* Something inside the other side went wrong. */
	REEVE_ERR_INTERNAL = -1,
	REEVE_ERR_NOT_SUPPORTED = -2,
	/* A bound or a quota is used up. */
	REEVE_ERR_NO_RESOURCES = -3,
	REEVE_ERR_NO_MEMORY = -4,
	REEVE_ERR_INVALID_ARGS = -10,
	REEVE_ERR_BAD_HANDLE = -11,
	REEVE_ERR_WRONG_TYPE = -12,
	REEVE_ERR_OUT_OF_RANGE = -14,
	REEVE_ERR_BUFFER_TOO_SMALL = -15,
	REEVE_ERR_BAD_STATE = -20,
	REEVE_ERR_TIMED_OUT = -21,
	/* Not now; try again when the channel is ready. */
	REEVE_ERR_SHOULD_WAIT = -22,
	REEVE_ERR_CANCELED = -23,
	/* The other end of the channel is gone. */
	REEVE_ERR_PEER_CLOSED = -24,
	/* Nothing of this name was routed to the asker. */
	REEVE_ERR_NOT_FOUND = -25,
	REEVE_ERR_ALREADY_EXISTS = -26,
	/* It exists, but cannot be had at the moment. */
	REEVE_ERR_UNAVAILABLE = -28,
	REEVE_ERR_ACCESS_DENIED = -30,
	REEVE_ERR_IO = -40,
	REEVE_ERR_BAD_PATH = -50,
	REEVE_ERR_NOT_DIR = -51,
	REEVE_ERR_NOT_FILE = -52,
	REEVE_ERR_NOT_EMPTY = -55,
};

#endif
