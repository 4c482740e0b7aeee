/*
 * A blank: the generic part of a cell, built before anybody knows for which
 * component. Everything here runs in the cell's init.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cell/failure.h"
#include "cell/layer.h"

struct blank {
	int root_fd;	    /* the root of the cell's file system */
	int tmp_fd, shm_fd; /* mounts whose size the plan may change */
	int ruleset_fd;	    /* Landlock rules so far; -1: no Landlock */
	/* Without root: the mount namespace in which the host's paths are, and
	 * the cell's; see blank_enter_host(). -1 as root. */
	int host_ns_fd, cell_ns_fd;
	int landlock_abi;
	uint32_t layers;  /* to use */
	uint32_t missing; /* of those, what the kernel did not give */
	bool is_root;
};

/*
 * Build it. @b->layers and @b->is_root are set by the caller. 0, or -1 with
 * *ret_why filled.
 */
int blank_build(struct blank *b, struct cell_failure *ret_why);

/*
 * Without root, plan sources are opened here: between these two calls "/" is
 * the host's root. As root there is nothing to open, and nothing happens. 0 or
 * -errno.
 */
int blank_enter_host(struct blank *b);
int blank_leave_host(struct blank *b);

/* Take the host's programs and libraries out again. 0 or -errno. */
int blank_make_strict(struct blank *b);
