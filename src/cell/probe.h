/*
 * What this kernel and this system allow: one row for each thing that cells
 * use.
 *
 * Found out by trying, never by version. A probe forks short-lived children and
 * takes some milliseconds: for `reeve doctor` and for tests, not for every
 * start.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum probe_state {
	PROBE_OK,
	PROBE_DEGRADED, /* cells work, with less than they could have */
	PROBE_MISSING,	/* cells cannot be made, or a promise cannot be kept */
};

struct cell_probe_row {
	const char *name; /* static, e.g. "landlock" */
	enum probe_state state;
	char sentence[200]; /* what was found */
	char fix[200];	    /* what to do about it; "" if nothing */
};

enum { CELL_PROBE_ROWS_MAX = 40 };

struct cell_probe {
	struct cell_probe_row rows[CELL_PROBE_ROWS_MAX];
	size_t n_rows;
};

/* Run all probes. */
void cell_probe_run(struct cell_probe *p);

/* The worst state of all rows. */
enum probe_state cell_probe_state(const struct cell_probe *p);

/* The row of this name; NULL if there is none. */
const struct cell_probe_row *cell_probe_find(const struct cell_probe *p,
					     const char *name);

const char *probe_state_name(enum probe_state state);

/* @colour: what is missing in red, what is less than it could be in yellow. */
void cell_probe_render(const struct cell_probe *p, bool colour, struct text *t);
void cell_probe_render_json(const struct cell_probe *p, struct text *t);
