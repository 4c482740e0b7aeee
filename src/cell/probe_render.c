/* The rows of a probe, for people and for programs. */
#include <string.h>

#include "cell/probe.h"

const char *probe_state_name(enum probe_state state)
{
	switch (state) {
	case PROBE_OK:
		return "ok";
	case PROBE_DEGRADED:
		return "degraded";
	case PROBE_MISSING:
		return "missing";
	}
	return "unknown";
}

enum probe_state cell_probe_state(const struct cell_probe *p)
{
	enum probe_state worst = PROBE_OK;
	size_t i;

	for (i = 0; i < p->n_rows; i++)
		if (p->rows[i].state > worst)
			worst = p->rows[i].state;
	return worst;
}

const struct cell_probe_row *cell_probe_find(const struct cell_probe *p,
					     const char *name)
{
	size_t i;

	for (i = 0; i < p->n_rows; i++)
		if (!strcmp(p->rows[i].name, name))
			return &p->rows[i];
	return NULL;
}

/* ANSI. */
static const char *probe_colour(enum probe_state state)
{
	return state == PROBE_OK	? "32"
	       : state == PROBE_MISSING ? "31;1"
					: "33";
}

void cell_probe_render(const struct cell_probe *p, bool colour, struct text *t)
{
	const struct cell_probe_row *row;

	for (row = p->rows; row < p->rows + p->n_rows; row++) {
		if (colour)
			text_printf(t, "\033[%sm", probe_colour(row->state));
		text_printf(t, "%-8s", probe_state_name(row->state));
		if (colour)
			text_puts(t, "\033[0m");
		text_printf(t, "  %-19s  %s\n", row->name, row->sentence);
		if (row->fix[0])
			text_printf(t, "%33s%s\n", "to mend it: ", row->fix);
	}
}

void cell_probe_render_json(const struct cell_probe *p, struct text *t)
{
	const struct cell_probe_row *row;

	text_puts(t, "[");
	for (row = p->rows; row < p->rows + p->n_rows; row++) {
		text_printf(t, "%s{\"name\":\"%s\",\"state\":\"%s\",\"text\":",
			    row == p->rows ? "" : ",", row->name,
			    probe_state_name(row->state));
		text_json(t, row->sentence);
		text_puts(t, ",\"fix\":");
		text_json(t, row->fix);
		text_puts(t, "}");
	}
	text_puts(t, "]");
}
