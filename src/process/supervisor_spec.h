/*
 * Specifications of supervisors and children in one piece.
 *
 * What a program hands over points to strings, arguments and other
 * specifications that need not outlive the call. A piece has all of it behind
 * its header, at offsets, so that it can be sent in a message or be the
 * argument of a spawn, and goes with whoever has it. It never leaves the task:
 * pointers of the program stay what they are.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "reeve/supervisor.h"

enum {
	/* The body of a message. */
	PIECE_MAX = REEVE_BYTES_MAX - REEVE_HEADER_SIZE,
	PIECE_ALIGN = 8,
	/* Of supervisors in each other; who includes himself is found out. */
	PIECE_DEPTH = 16,
};

/* Offsets count from the piece that they are in; 0: there is none. */
struct child_piece {
	uint32_t size; /* with all that follows */
	uint32_t id_at, name_at, arg_at, supervisor_at;
	uint32_t arg_size;
	uint32_t mailbox, stack_size;
	int32_t shutdown_ms, start_ms;
	enum reeve_restart_type restart;
	reeve_process_fn fn;
	reeve_handler_fn handler;
	const void *arg;
};

/* Its children follow, each of its own size. */
struct supervisor_piece {
	uint32_t size;
	uint32_t name_at, children_at, n_children;
	enum reeve_strategy strategy;
	uint32_t max_restarts, period_ms;
	reeve_supervisor_fn report;
	void *userdata;
	/* Filled in for each start: who started it. */
	reeve_pid parent;
};

/* Make one; *ret is malloc's. -EINVAL, -EMSGSIZE, -ENOMEM. */
int child_piece_new(const struct reeve_child_spec *spec,
		    struct child_piece **ret);
int supervisor_piece_new(const struct reeve_supervisor_spec *spec,
			 struct supervisor_piece **ret);

/* What lies at an offset of a piece; NULL for 0. */
static inline void *piece_at(const void *piece, uint32_t offset)
{
	return offset ? (char *)piece + offset : NULL;
}
