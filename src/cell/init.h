/*
 * The init of a cell: process 1 of its pid namespace. It builds the blank,
 * waits for a plan, carries it out, starts the component's main task, and from
 * then on reaps and reports.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cell/filter.h"

struct init_config {
	int socket_fd; /* to the launcher first, then to the manager */
	uint32_t layers, required;
	bool is_root; /* the plan's mounts come as descriptors */
	bool has_ids; /* mapped ids other than our own: groups can be cleared */
	const struct filter *filter, *init_filter;
};

/* Runs in the new namespaces, on a copy of the launcher's memory. */
_Noreturn void init_main(const struct init_config *config);
