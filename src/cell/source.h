/*
 * The host's side of a plan's mount: from a path to a detached mount that
 * carries the rights in its flags.
 */
#pragma once

#include "cell/failure.h"
#include "cell/plan.h"

/* The component's user and group inside of every cell, and thereby the owner of
 * storage on the disk. */
enum { CELL_INSIDE_ID = 1000 };

/* For whom a mount is opened. */
struct source_owner {
	/* Ids are mapped for the cell: the manager is root and the cell has a
	 * range of ids of its own. */
	bool is_mapped;
	int userns_fd;	   /* the cell's */
	uint32_t uid, gid; /* host ids of the component's user */
	bool has_readonly; /* false only for tests: never mount read-only */
};

enum source_verdict {
	SOURCE_OK,
	SOURCE_ABSENT, /* it was optional */
	SOURCE_FAILED, /* see the failure */
};

/* The directory that @m names, O_PATH. 0 or -errno. */
int source_find(const struct plan_mount *m, int *ret);

/*
 * Open @m as a detached mount. 0 and the descriptor, or a verdict.
 */
int source_open(const struct plan_mount *m, const struct source_owner *owner,
		int *ret, struct cell_failure *ret_why);
