/* The ways to freeze a cell, as freezer.c sees them. */
#pragma once

#include "cell/freezer.h"

struct freezer_way {
	/* Begin to freeze; 0, or -errno and nothing was changed. */
	int (*freeze)(struct freezer *f, struct freezer_cell *c);
	/* Is it frozen by now? If not, do what may help. */
	bool (*check)(struct freezer *f, struct freezer_cell *c);
	/*
	 * Undo it. With @is_blind, nothing that happened since freezer_init()
	 * is known here: find out what there is to undo.
	 */
	void (*thaw)(struct freezer *f, struct freezer_cell *c, bool is_blind);
};

extern const struct freezer_way freezer_way_v1, freezer_way_stop;

/* Take a directory "NAME.cell-ID" of ours apart, wherever it came from. */
void freezer_v1_remove(int v1_fd, const char *name);
