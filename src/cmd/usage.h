/*
 * What the tasks of a cell use, counted from /proc.
 *
 * For cells that no budget counts. A task that begins or ends meanwhile may be
 * missed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct usage {
	uint64_t tasks;	   /* threads */
	uint64_t memory;   /* resident; what two tasks share counts twice */
	uint64_t cpu_usec; /* of tasks that ended as well, once they were
			    * waited for */
};

/* Count @pid and all that descends from it. False if it cannot be seen. */
bool usage_count(pid_t pid, struct usage *ret);
