/*
 * The plan's part of a cell's file system: mounts, and directories of listening
 * sockets. Runs in the cell's init.
 */
#pragma once

#include <stdint.h>

#include "cell/blank.h"
#include "cell/plan.h"
#include "cell/protocol.h"

/* The Landlock rights that stand for a plan's rights. Pure. */
uint64_t attach_landlock_rights(uint32_t rights);

/*
 * Carry out the mounts and services of @plan. @how says for each mount how to
 * get at it, @mount_fds holds those that were passed, -1 for others (consumed).
 * Sockets and directories are sent over @socket_fd as they are made. 0, or -1
 * with *ret_why.
 */
int attach_plan(struct blank *b, const struct plan *plan, const uint8_t *how,
		int *mount_fds, int socket_fd, struct cell_failure *ret_why);
