/* What the manager orders a worker to look at; see audit.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The descriptors of an order; then the cgroups of the cells that have one, in
 * their order. */
enum {
	AUDIT_FD_FIRST, /* pidfds of the cells' inits */
	AUDIT_FD_SECOND,
	AUDIT_FD_CGROUPS,

	N_AUDIT_FDS = AUDIT_FD_CGROUPS + 2,
};

struct audit_order {
	uint32_t budget_ms;
	pid_t inits[2];
	bool has_cgroup[2];
};
