/*
 * The layers of a cell's wall that can be told apart: each can be switched off
 * by a test, be missing from a kernel, and be made mandatory.
 */
#pragma once

#include <stdint.h>

enum cell_layer {
	CELL_LAYER_UIDS = 0x1, /* as root: a range of user ids for each cell */
	CELL_LAYER_NET = 0x2,  /* a network namespace of its own */
	CELL_LAYER_CAPS = 0x4, /* no capabilities, no way to get any */
	CELL_LAYER_LANDLOCK = 0x8,
	CELL_LAYER_SECCOMP = 0x10,
	CELL_LAYER_CGROUP = 0x20,
	CELL_LAYER_PROC = 0x40,	    /* a /proc of its own */
	CELL_LAYER_READONLY = 0x80, /* read-only mounts are read-only */

	CELL_LAYERS_ALL = 0xff,
	/* What no cell goes without unless it is switched off. */
	CELL_LAYERS_REQUIRED = CELL_LAYER_NET | CELL_LAYER_CAPS |
			       CELL_LAYER_SECCOMP | CELL_LAYER_READONLY,
};

/* "landlock"; NULL for anything that is not exactly one layer. */
const char *cell_layer_name(uint32_t layer);
