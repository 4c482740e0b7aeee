/*
 * reeve grants: what is derived from what, as a tree.
 *
 * The manager sends the slots depth first. A line of the tree needs to know
 * whether another one follows below the same parent, and declarations that lead
 * nowhere are left out; so all of it is read before the first line is drawn.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/amount.h"
#include "cmd/cmd.h"
#include "cmd/remote.h"

enum { DEPTH_MAX = 4096 };

struct row {
	unsigned depth;
	bool is_shown;
	char *line;
};

struct grants {
	struct row *rows;
	size_t n, capacity;
	bool all, colour, failed;
};

/* ---- what a line says ---- */

static void put_safe(struct text *t, const char *s)
{
	text_safe(t, s, strlen(s));
}

static void put_coloured(const struct grants *g, struct text *t,
			 const char *colour, const char *s)
{
	bool on = g->colour && *colour;

	text_puts(t, on ? colour : "");
	put_safe(t, s);
	text_puts(t, on ? "\033[0m" : "");
}

/* Who declares an offer is who has its target. */
static void put_parent(struct text *t, const char *moniker)
{
	const char *slash = strrchr(moniker, '/');

	if (slash == moniker || !slash)
		text_puts(t, "/");
	else
		text_safe(t, moniker, (size_t)(slash - moniker));
}

static void put_bounds(struct text *t, const struct json5_value *v)
{
	double ms = json_count(v, "expires_in_ms");
	double uses = json_count(v, "uses_left");

	text_puts(t, " since ");
	amount_put_moment(t, json_count(v, "since"));
	if (ms > 0) {
		text_puts(t, ", for ");
		amount_put_time(t, ms);
		text_puts(t, " more");
	}
	if (json5_get(v, "uses_left"))
		text_printf(t, ", for %.0f more open%s", uses,
			    uses == 1 ? "" : "s");
}

/* Who does what, by the kind of a slot. */
static const struct act {
	const char *kind, *verb;
	bool by_parent; /* of the holder */
	bool passes;	/* worth a line only if it leads anywhere */
} acts[] = {
	{ "capability", "provides", false, true },
	{ "expose", "exposes", false, true },
	{ "offer", "offers", true, true },
	{ "use", "uses", false, false },
	{ "grant", "gives", true, false },
	{ "copy", "copies", false, false },
	{ "registration", "registers", false, false },
	{ "rule", "finds by name", false, false },
};

static const struct act *act_find(const struct json5_value *v)
{
	static const struct act other = { "", "has", false, false };
	const char *kind = json_text(v, "kind");
	size_t i;

	for (i = 0; i < N_ELEMENTS(acts); i++)
		if (!strcmp(acts[i].kind, kind))
			return &acts[i];
	return &other;
}

/* A use whose source is not known: its provider was not looked at yet, or it
 * has none. What the root uses, and what is the framework's, has none above it.
 */
static bool is_adrift(const struct json5_value *v)
{
	return json_count(v, "depth") == 0 &&
	       !strcmp(json_text(v, "kind"), "use") &&
	       strcmp(json_text(v, "holder"), "/") &&
	       !strstr(json_text(v, "text"), " from framework") &&
	       !strstr(json_text(v, "text"), " from void");
}

static void put_act(const struct grants *g, struct text *t,
		    const struct json5_value *v)
{
	const struct act *act = act_find(v);
	_cleanup_text_ struct text who = TEXT_INIT;

	if (json5_get(v, "grant") && strcmp(act->kind, "use"))
		text_printf(t, "#%.0f ", json_count(v, "grant"));
	if (act->by_parent)
		put_parent(&who, json_text(v, "holder"));
	else
		put_safe(&who, json_text(v, "holder"));
	text_printf(t, "%s %s ", text_string(&who), act->verb);
	put_coloured(g, t, json_count(v, "depth") > 0 ? "" : "\033[1m",
		     json_text(v, "text"));
	if (!json5_get(v, "grant") || !strcmp(act->kind, "use"))
		return;
	if (strcmp(json_text(v, "by"), text_string(&who))) {
		text_puts(t, ", by ");
		put_safe(t, json_text(v, "by"));
	}
	put_bounds(t, v);
}

static void put_slot(const struct grants *g, struct text *t,
		     const struct json5_value *v)
{
	_cleanup_text_ struct text place = TEXT_INIT;

	put_act(g, t, v);
	if (json5_get(v, "rights"))
		text_printf(t, ", rights %s", json_text(v, "rights"));
	if (json5_get(v, "access")) {
		text_puts(t, ", for ");
		put_safe(t, json_text(v, "access"));
	}
	if (*json_text(v, "file") && json_count(v, "line") > 0) {
		text_printf(&place, "  %s:%.0f:%.0f", json_text(v, "file"),
			    json_count(v, "line"), json_count(v, "column"));
		put_coloured(g, t, "\033[2m", text_string(&place));
	}
	if (json5_get(v, "cut_by")) {
		text_puts(t, "  ");
		text_clear(&place);
		text_printf(&place, "taken back by %s", json_text(v, "cut_by"));
		put_coloured(g, t, "\033[31m", text_string(&place));
	} else if (is_adrift(v)) {
		text_clear(&place);
		text_printf(&place, "  from where? reeve why %s %s",
			    json_text(v, "holder"), json_text(v, "capability"));
		put_coloured(g, t, "\033[33m", text_string(&place));
	}
}

static void put_connection(const struct grants *g, struct text *t,
			   const struct json5_value *c)
{
	_cleanup_text_ struct text id = TEXT_INIT;

	text_printf(&id, "connection %.0f", json_count(c, "id"));
	put_coloured(g, t, "\033[32m", text_string(&id));
	text_puts(t, " from ");
	put_safe(t, *json_text(c, "opener") ? json_text(c, "opener") : "-");
	if (*json_text(c, "provider")) {
		text_puts(t, " to ");
		put_safe(t, json_text(c, "provider"));
	}
	text_puts(t, ", ");
	amount_put_time(t, json_count(c, "ms"));
}

/* ---- reading ---- */

static void grants_add(struct grants *g, double depth, bool is_shown,
		       const struct text *line)
{
	size_t capacity = g->capacity ? 2 * g->capacity : 64;
	struct row *rows;

	if (g->n == g->capacity) {
		rows = realloc(g->rows, capacity * sizeof(*rows));
		if (!rows) {
			g->failed = true;
			return;
		}
		g->rows = rows;
		g->capacity = capacity;
	}
	g->rows[g->n] = (struct row){
		.depth = depth < DEPTH_MAX ? (unsigned)depth : DEPTH_MAX,
		.is_shown = is_shown,
		.line = strdup(text_string(line)),
	};
	if (!g->rows[g->n].line || text_is_failed(line))
		g->failed = true;
	g->n++;
}

static bool slot_tells(const struct json5_value *v)
{
	return !act_find(v)->passes || json5_get(v, "cut_by") ||
	       json5_first(json5_get(v, "connections"));
}

static bool on_slot(void *userdata, const char *json,
		    const struct json5_value *v)
{
	struct grants *g = userdata;
	_cleanup_text_ struct text t = TEXT_INIT;
	double depth = json_count(v, "depth");

	(void)json;
	put_slot(g, &t, v);
	grants_add(g, depth, g->all || slot_tells(v), &t);
	json5_for_each(c, json5_get(v, "connections"))
	{
		text_clear(&t);
		put_connection(g, &t, c);
		grants_add(g, depth + 1, true, &t);
	}
	return !g->failed;
}

/* ---- drawing ---- */

struct lines {
	const char *through, *branch, *last, *nothing;
};

/* As tree(1): only where the locale says that such characters can be shown. */
static const struct lines *lines_find(void)
{
	static const struct lines drawn = { "│   ", "├── ", "└── ", "    " };
	static const struct lines plain = { "|   ", "|-- ", "`-- ", "    " };

	setlocale(LC_CTYPE, "");
	return strcmp(nl_langinfo(CODESET), "UTF-8") ? &plain : &drawn;
}

/* Whatever leads to a line that is shown is shown. */
static void grants_show_above(struct grants *g)
{
	unsigned wanted = 0; /* the depth that the line above has to have */
	struct row *r;
	size_t i;

	for (i = g->n; i--;) {
		r = &g->rows[i];
		if (wanted && r->depth < wanted)
			r->is_shown = true;
		if (r->is_shown)
			wanted = r->depth;
	}
}

static bool row_has_sibling(const struct grants *g, size_t at, unsigned depth)
{
	while (++at < g->n && g->rows[at].depth >= depth)
		if (g->rows[at].is_shown && g->rows[at].depth == depth)
			return true;
	return false;
}

static void grants_draw(struct grants *g, struct text *t)
{
	const struct lines *lines = lines_find();
	/* Does the line at this depth go on? */
	_cleanup_free_ bool *open = calloc(DEPTH_MAX + 2, sizeof(*open));
	const struct row *r;
	unsigned k;
	size_t i;

	g->failed |= !open;
	for (i = 0; open && i < g->n; i++) {
		r = &g->rows[i];
		if (!r->is_shown)
			continue;
		open[r->depth] = row_has_sibling(g, i, r->depth);
		for (k = 1; k < r->depth; k++)
			text_puts(t, open[k] ? lines->through : lines->nothing);
		if (r->depth)
			text_puts(t,
				  open[r->depth] ? lines->branch : lines->last);
		text_printf(t, "%s\n", r->line);
	}
}

static void grants_fini(struct grants *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		free(g->rows[i].line);
	free(g->rows);
}

int cmd_grants(int argc, char **argv)
{
	struct grants g = { .colour = cmd_has_colour(1) };
	_cleanup_text_ struct text t = TEXT_INIT;
	struct cmd_options options;
	const char *moniker;
	int r = cmd_options(&argc, argv, "mja", &options);

	if (r >= 0)
		return r;
	if (argc > 2)
		return cmd_usage(argv[0], "name at most one component");
	g.all = options.all;
	moniker = argv[1];
	r = remote_ask(&options, argv[0], &moniker, argc == 2,
		       options.json ? remote_print_json : on_slot, &g);
	grants_show_above(&g);
	grants_draw(&g, &t);
	if (g.failed || text_is_failed(&t))
		r = cmd_fail("out of memory");
	else
		cmd_print(&t);
	grants_fini(&g);
	return r;
}
