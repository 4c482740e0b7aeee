/*
 * What stops each attempt of the hostile component: the reason that it must
 * meet in a whole cell, and the layers each of which is enough to stop it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Namespaces, and what is simply not there: cannot be switched off. */
#define WALL_ALWAYS UINT32_C(0x80000000)

struct wall {
	const char *name;
	const char *reason;    /* all that may be reported, comma-separated */
	uint32_t walls;	       /* CELL_LAYER_* and WALL_ALWAYS */
	unsigned landlock_abi; /* that Landlock needs for its part */
};

extern const struct wall walls[];
extern const size_t n_walls;
