/* Entries in rows, a sample and a word each. */
#include "draw/graph_legend.h"

#include <stdio.h>

#include "draw/graph_text.h"

enum { SIDE = 16, SAMPLE = 26, ROW = 20, BETWEEN = 22 };

static void entry_add(struct legend *legend, const char *class, bool is_line,
		      const char *text)
{
	legend->entries[legend->n_entries++] = (struct legend_entry){
		.class = class,
		.is_line = is_line,
		.text = text,
	};
}

static void boxes_add(struct legend *legend, const struct graph_model *m)
{
	static const struct legend_entry of_state[] = {
		{ .class = "has-program", .text = "has a program" },
		{ .class = "none", .text = "no program" },
		{ .class = "unresolved", .text = "cannot be resolved" },
	};
	bool has[3] = { false }, has_collection = false;
	uint32_t i;

	for (i = 1; i < m->n_nodes; i++) {
		if (!m->nodes[i].is_drawn)
			continue;
		if (m->nodes[i].kind == GRAPH_COMPONENT)
			has[m->nodes[i].state] = true;
		has_collection |= m->nodes[i].kind == GRAPH_COLLECTION;
	}
	for (i = 0; i < 3; i++)
		if (has[i])
			entry_add(legend, of_state[i].class, false,
				  of_state[i].text);
	if (has_collection)
		entry_add(legend, "collection", false, "collection");
}

static void lines_add(struct legend *legend, const struct graph_model *m)
{
	static const struct legend_entry of_type[N_CAPABILITY_TYPES + 1] = {
		[CAPABILITY_SERVICE] = { .class = "service",
					 .text = "uses a protocol of" },
		[CAPABILITY_DIRECTORY] = { .class = "directory",
					   .text = "uses a directory of" },
		[CAPABILITY_STORAGE] = { .class = "storage",
					 .text = "uses storage of" },
		[N_CAPABILITY_TYPES] = { .class = "mixed",
					 .text = "uses several kinds of things "
						 "of" },
	};
	bool has[N_CAPABILITY_TYPES + 1] = { false };
	bool has_other = false, has_weak = false, has_broken = false;
	size_t i;

	for (i = 0; i < m->n_edges; i++) {
		has_broken |= m->edges[i].is_broken;
		has_weak |= m->edges[i].is_weak;
		if (!m->edges[i].is_broken)
			has[m->edges[i].type] = true;
	}
	for (i = 0; i <= N_CAPABILITY_TYPES; i++) {
		if (has[i] && of_type[i].class)
			entry_add(legend, of_type[i].class, true,
				  of_type[i].text);
		else if (has[i])
			has_other = true;
	}
	if (has_other)
		entry_add(legend, "other", true, "uses something else of");
	if (has_weak)
		entry_add(legend, "mixed weak", true, "weak");
	if (has_broken)
		entry_add(legend, "broken", true, "broken");
}

static void notes_add(struct legend *legend, const struct graph_model *m,
		      const struct graph_layout *l)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < m->n_nodes; i++)
		n += m->nodes[i].is_left_out;
	if (n)
		snprintf(legend->notes[legend->n_notes++],
			 sizeof(legend->notes[0]),
			 "%zu components are too many for a picture; %zu are "
			 "drawn.",
			 n + m->n_drawn, m->n_drawn);
	if (l->n_left_out)
		snprintf(legend->notes[legend->n_notes++],
			 sizeof(legend->notes[0]),
			 "%zu routes are not drawn: there is no room.",
			 l->n_left_out);
}

void legend_make(const struct graph_model *m, const struct graph_layout *l,
		 int width, struct legend *ret)
{
	int x = SIDE, y = 0, need;
	size_t i;

	*ret = (struct legend){ 0 };
	lines_add(ret, m);
	boxes_add(ret, m);
	notes_add(ret, m, l);
	for (i = 0; i < ret->n_entries; i++) {
		need = SAMPLE + 8 + graph_line_width(ret->entries[i].text);
		if (x > SIDE && x + need > width - SIDE) {
			x = SIDE;
			y += ROW;
		}
		ret->entries[i].x = x;
		ret->entries[i].y = y;
		x += need + BETWEEN;
	}
	ret->height = y + ROW + (int)ret->n_notes * ROW + 8;
}

static void line_render(const struct legend_entry *e, int x, int y,
			struct text *t)
{
	text_printf(t,
		    "<g class=\"%s\"><path class=\"wire\" d=\"M%d %dh%d\"/>"
		    "<path class=\"head\" d=\"M%d %dl-8 -4v8z\"%s/></g>\n",
		    e->class, x, y, SAMPLE, x + SAMPLE, y,
		    *e->class == 'b' ? " fill-opacity=\"0\"" : "");
}

void legend_render(const struct legend *legend, int top, struct text *t)
{
	const struct legend_entry *e;
	int x, y;
	size_t i;

	text_puts(t, "<g class=\"legend\">\n");
	for (i = 0; i < legend->n_entries; i++) {
		e = &legend->entries[i];
		x = e->x;
		y = top + e->y + 8;
		if (e->is_line)
			line_render(e, x, y, t);
		else
			text_printf(t,
				    "<rect class=\"%s\" x=\"%d\" y=\"%d\" "
				    "width=\"%d\" height=\"14\" rx=\"4\"/>\n",
				    e->class, x, y - 7, SAMPLE);
		text_printf(t, "<text x=\"%d\" y=\"%d\">%s</text>\n",
			    x + SAMPLE + 8, y + 4, e->text);
	}
	y = top + legend->height - (int)legend->n_notes * ROW + 4;
	for (i = 0; i < legend->n_notes; i++, y += ROW)
		text_printf(t,
			    "<text class=\"note\" x=\"%d\" y=\"%d\">%s"
			    "</text>\n",
			    SIDE, y, legend->notes[i]);
	text_puts(t, "</g>\n");
}
