/*
 * Everyone who can get a capability. What is called so somewhere on its way is
 * looked for first: these are its sources. Then whoever has anything of one of
 * these sources, whatever it is called there, has it; and whoever reaches one
 * of those, or the source, may get at it through them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/reach.h"

enum { INDIRECT_SHOWN = 20, SOURCES_SHOWN = 20, WIDTH_MAX = 40 };

/* How somebody has it; the stronger first. */
enum holding {
	HOLDS_NOT,
	HOLDS_USE,
	HOLDS_MEMBER, /* stands for members, which may use it */
	HOLDS_TABLE,  /* may pass it on */
	HOLDS_INDIRECT,
};

struct holder {
	enum holding holding;
	const struct reach_record *record; /* not if indirect */
};

struct of {
	const struct reach_tree *tree;
	const struct reach *g;
	const struct cmd_options *options;
	/* By node, of the source that is looked at. */
	struct holder *holders;
	bool *is_near; /* the source, and who may open it */
	size_t n_sources, n_told;
	bool is_held; /* by anybody */
	int width;    /* of the monikers in text */
	struct text out;
};

/* ---- sources ---- */

static bool is_provider(const struct reach_record *r,
			const struct cmd_options *options)
{
	return !options->provider ||
	       !strcmp(options->provider, reach_source_moniker(r));
}

static bool is_same_source(const struct reach_record *a,
			   const struct reach_record *b)
{
	/* The framework's is one, to whose realm it may be bound. */
	return a->source == b->source &&
	       (a->provider == b->provider ||
		a->source == ROUTE_SOURCE_FRAMEWORK) &&
	       !strcmp(a->name, b->name) &&
	       (reach_type(a) == CAPABILITY_SERVICE) ==
		       (reach_type(b) == CAPABILITY_SERVICE);
}

static bool is_asked_for(const struct of *of, const struct reach_record *r)
{
	return reach_is_held(r) && is_provider(r, of->options) &&
	       reach_is_called(r, of->options->of);
}

/* ---- who has it ---- */

static void holder_take(struct of *of, const struct realm *realm,
			enum holding holding, const struct reach_record *r)
{
	uint32_t node = reach_node(of->g, realm);
	struct holder *h;

	if (node == REACH_NO_NODE)
		return;
	h = &of->holders[node];
	if (h->holding == HOLDS_NOT || holding < h->holding)
		*h = (struct holder){ holding, r };
	if (holding != HOLDS_TABLE)
		of->is_near[node] = true;
}

static void holders_direct(struct of *of, const struct reach_record *source)
{
	const struct reach_record *r, *end = of->g->records + of->g->n_records;

	memset(of->holders, 0, of->g->n_realms * sizeof(*of->holders));
	memset(of->is_near, 0, of->g->n_realms * sizeof(*of->is_near));
	for (r = of->g->records; r != end; r++) {
		if (!reach_is_held(r) || !is_same_source(r, source))
			continue;
		if (r->hold == REACH_USES)
			holder_take(of, r->realm, HOLDS_USE, r);
		else if (r->hold == REACH_MEMBER)
			holder_take(of, r->realm, HOLDS_MEMBER, r);
		else if (r->hold == REACH_OFFERED)
			holder_take(of, r->realm, HOLDS_TABLE, r);
		else if (r->realm->parent)
			holder_take(of, r->realm->parent, HOLDS_TABLE, r);
	}
	if (source->source == ROUTE_SOURCE_COMPONENT &&
	    reach_node(of->g, source->provider) != REACH_NO_NODE)
		of->is_near[reach_node(of->g, source->provider)] = true;
}

/* ---- telling ---- */

/* The stable words of JSON, and those for people. */
static const char *holding_word(const struct holder *h)
{
	switch (h->holding) {
	case HOLDS_USE:
		return "use";
	case HOLDS_MEMBER:
		return "member";
	case HOLDS_TABLE:
		return h->record->hold == REACH_OFFERED ? "offer" : "expose";
	default:
		return "indirect";
	}
}

static const char *holding_says(enum holding holding)
{
	return holding == HOLDS_USE	 ? "uses it"
	       : holding == HOLDS_MEMBER ? "may use it"
	       : holding == HOLDS_TABLE	 ? "may give it"
					 : "through others";
}

static void note_render(const struct holder *h, const struct reach_path *path,
			struct text *t)
{
	const struct reach_record *r = h->record;

	if (!r) {
		text_printf(t, "by way of %s", path->steps[0].to->moniker);
		if (path->n > 1)
			text_printf(t, ", %zu steps", path->n);
		return;
	}
	if (r->hold == REACH_OFFERED)
		text_puts(t, "offered to it, not used");
	else if (r->hold == REACH_EXPOSES)
		text_printf(t, "exposed to it by %s", r->realm->moniker);
	if (strcmp(r->decl->target_name, r->name))
		text_printf(t, "%scalled %s", t->n ? ", " : "",
			    r->decl->target_name);
	if (r->rights) {
		text_puts(t, t->n ? ", [" : "[");
		rights_render(r->rights, t);
		text_puts(t, "]");
	}
}

static void holder_json(struct of *of, const struct holder *h, uint32_t node,
			const struct reach_path *path)
{
	struct text *t = &of->out;
	size_t i;

	text_puts(t, "{\"moniker\":");
	text_json(t, of->g->realms[node]->moniker);
	text_printf(t, ",\"holding\":\"%s\",", holding_word(h));
	if (h->record) {
		record_json(h->record, t);
	} else {
		text_puts(t, "\"path\":[");
		for (i = 0; i < path->n; i++) {
			text_puts(t, i ? "," : "");
			step_json(&path->steps[i], t);
		}
		text_puts(t, "]");
	}
	text_puts(t, "}");
}

/* One line; the width of the monikers is known. */
static void holder_print(struct of *of, const struct holder *h, uint32_t node,
			 const struct reach_path *path)
{
	const struct reach_record *r =
		h->record ? h->record : path->steps[0].by;
	_cleanup_text_ struct text line = TEXT_INIT, note = TEXT_INIT;

	text_printf(&line, "  %-14s  %-*s  ", holding_says(h->holding),
		    of->width, of->g->realms[node]->moniker);
	note_render(h, path, &note);
	if (note.n)
		text_printf(&line, "%s  ", text_string(&note));
	text_puts(&line, "(");
	place_render(reach_record_file(r), r->decl->place, &line);
	text_puts(&line, ")");
	text_safe(&of->out, text_string(&line), line.n);
	text_puts(&of->out, "\n");
	of->out.failed = of->out.failed || text_is_failed(&line) ||
			 text_is_failed(&note);
}

static void holder_tell(struct of *of, const struct holder *h, uint32_t node,
			const struct reach_path *path, bool is_first)
{
	if (of->options->json) {
		text_puts(&of->out, is_first ? "" : ",");
		holder_json(of, h, node, path);
	} else {
		holder_print(of, h, node, path);
	}
}

/* Those of one kind of holding; how many. */
static size_t tell_direct(struct of *of, enum holding holding, size_t n_told)
{
	const struct holder *h;
	uint32_t node;
	size_t n = 0;

	for (node = 0; node < of->g->n_realms; node++) {
		h = &of->holders[node];
		if (h->holding == holding)
			holder_tell(of, h, node, NULL, n_told + n++ == 0);
	}
	return n;
}

/* Those who reach any of these; how many, or a fault. */
static int tell_indirect(struct of *of, size_t n_told, size_t *ret)
{
	const struct holder indirect = { HOLDS_INDIRECT, NULL };
	struct reach_search s;
	struct reach_path path;
	size_t n = 0;
	uint32_t node;
	int k = reach_search(of->g, of->is_near, true, &s);

	if (k)
		return k;
	for (node = 0; node < of->g->n_realms && k >= 0; node++) {
		if (of->is_near[node])
			continue;
		k = reach_search_path(&s, of->g->realms[node], &path);
		if (k)
			continue;
		/* Who may only pass it on may open what gets at it. */
		if (of->options->json || of->options->all || n < INDIRECT_SHOWN)
			holder_tell(of, &indirect, node, &path,
				    n_told + n == 0);
		n++;
		reach_path_fini(&path);
	}
	reach_search_fini(&s);
	if (!of->options->json && !of->options->all && n > INDIRECT_SHOWN)
		text_printf(&of->out,
			    "  through others  and %zu more; --all "
			    "shows them\n",
			    n - INDIRECT_SHOWN);
	*ret = n;
	return k < 0 ? k : 0;
}

static void source_tell(struct of *of, const struct reach_record *r)
{
	_cleanup_text_ struct text line = TEXT_INIT;

	if (of->options->json) {
		text_printf(&of->out, "%s{\"type\":\"%s\",\"name\":",
			    of->n_told ? "," : "",
			    capability_type_name(reach_type(r)));
		text_json(&of->out, r->name);
		text_puts(&of->out, ",\"source\":");
		text_json(&of->out, reach_source_moniker(r));
		text_puts(&of->out, ",");
		place_json(reach_origin_file(r), r->origin_decl->place,
			   &of->out);
		text_puts(&of->out, ",\"holders\":[");
		return;
	}
	text_printf(&line, "%s of ", r->name);
	if (r->source == ROUTE_SOURCE_FRAMEWORK)
		text_puts(&line, "the framework");
	else
		reach_source_render(r, &line);
	text_puts(&of->out, of->n_told ? "\n" : "");
	text_safe(&of->out, text_string(&line), line.n);
	text_puts(&of->out, "  (");
	place_render(reach_origin_file(r), r->origin_decl->place, &of->out);
	text_puts(&of->out, ")\n");
	of->out.failed = of->out.failed || text_is_failed(&line);
}

static int of_source(struct of *of, const struct reach_record *source)
{
	size_t n, n_indirect = 0;
	int k;

	source_tell(of, source);
	holders_direct(of, source);
	n = tell_direct(of, HOLDS_USE, 0);
	n += tell_direct(of, HOLDS_MEMBER, n);
	n += tell_direct(of, HOLDS_TABLE, n);
	k = tell_indirect(of, n, &n_indirect);
	n += n_indirect;
	if (of->options->json)
		text_puts(&of->out, "]}");
	else if (!n)
		text_puts(&of->out, "  nobody can get it\n");
	of->is_held = of->is_held || n;
	of->n_told++;
	return k;
}

/* ---- nothing of that name ---- */

/* Declared, or named on a route that is broken: then nobody has it. */
static bool is_known_name(const struct of *of)
{
	const struct reach *g = of->g;
	const char *name = of->options->of;
	const struct manifest *m;
	size_t i, j;

	for (i = 0; i < g->n_records; i++)
		if (reach_is_called(&g->records[i], name) ||
		    !strcmp(g->records[i].decl->target_name, name))
			return true;
	for (i = 0; i < g->n_components; i++) {
		m = g->realms[i]->manifest;
		for (j = 0; m && j < m->n_decls[DECL_CAPABILITY]; j++)
			if (!strcmp(m->decls[DECL_CAPABILITY][j].name, name))
				return true;
	}
	return false;
}

static int of_unknown(const struct of *of)
{
	const struct reach *g = of->g;
	const char **names = calloc(g->n_records + 1, sizeof(*names));
	const char *near = NULL;
	_cleanup_text_ struct text asked = TEXT_INIT;
	size_t i;

	for (i = 0; i < g->n_records && names; i++)
		names[i] = g->records[i].name;
	if (names)
		near = text_nearest(of->options->of, names, g->n_records);
	text_safe(&asked, of->options->of, strlen(of->options->of));
	cmd_fail("nothing in this tree is called %s%s%s%s", text_string(&asked),
		 near ? " (did you mean " : "", near ? near : "",
		 near ? "?)" : "");
	free(names);
	return EXIT_UNKNOWN;
}

static bool is_place_word(const char *provider)
{
	return !strcmp(provider, "framework") || !strcmp(provider, "builtin");
}

static int of_check(const struct of *of)
{
	const char *provider = of->options->provider, *why = NULL;

	if (provider && !is_place_word(provider) &&
	    !topology_find(&of->tree->offline.tree, provider))
		return reach_no_such(of->tree, provider, "--provider", why);
	return is_known_name(of) ? -1 : of_unknown(of);
}

/* ---- all of it ---- */

/* By source, and the first one in the tree first. */
static int source_compare(const void *a, const void *b)
{
	const struct reach_record *x = *(const struct reach_record *const *)a;
	const struct reach_record *y = *(const struct reach_record *const *)b;
	int c = strcmp(x->name, y->name);

	if (!c && is_same_source(x, y))
		return x < y ? -1 : 1;
	if (!c)
		c = (int)x->source - (int)y->source;
	if (!c)
		c = (reach_type(x) == CAPABILITY_SERVICE) -
		    (reach_type(y) == CAPABILITY_SERVICE);
	if (!c)
		c = (uintptr_t)x->provider < (uintptr_t)y->provider ? -1 : 1;
	return c;
}

static int record_compare(const void *a, const void *b)
{
	const struct reach_record *x = *(const struct reach_record *const *)a;
	const struct reach_record *y = *(const struct reach_record *const *)b;

	return x < y ? -1 : x > y;
}

/* One record of each source, in the order of the tree; the caller owns them. */
static int of_find_sources(struct of *of, const struct reach_record ***ret,
			   size_t *ret_n)
{
	const struct reach *g = of->g;
	const struct reach_record **found =
		calloc(g->n_records + 1, sizeof(const void *));
	size_t n_found = 0, n = 0, i;

	if (!found)
		return -ENOMEM;
	for (i = 0; i < g->n_records; i++) {
		if (!is_asked_for(of, &g->records[i]))
			continue;
		found[n_found++] = &g->records[i];
		/* The root exposes to nobody in the tree. */
		of->is_held = of->is_held || g->records[i].realm->parent ||
			      g->records[i].hold != REACH_EXPOSES;
	}
	qsort(found, n_found, sizeof(const void *), source_compare);
	for (i = 0; i < n_found; i++)
		if (!n || !is_same_source(found[n - 1], found[i]))
			found[n++] = found[i];
	qsort(found, n, sizeof(const void *), record_compare);
	*ret = found;
	*ret_n = n;
	return 0;
}

static int of_sources(struct of *of)
{
	const struct reach_record **sources;
	size_t n, shown, i;
	int k = of_find_sources(of, &sources, &n);

	if (k)
		return k;
	shown = of->options->all || n < SOURCES_SHOWN ? n : SOURCES_SHOWN;
	/* Nothing of them is printed, and one is enough. */
	if (of->options->quiet && !of->options->json && of->is_held)
		shown = 0;
	for (i = 0; i < shown && !k; i++)
		k = of_source(of, sources[i]);
	free(sources);
	of->n_sources = n;
	if (!of->options->json && shown < n)
		text_printf(&of->out,
			    "\nand of %zu more; --provider names one, --all "
			    "shows them\n",
			    n - shown);
	return k;
}

static int of_width(const struct reach *g)
{
	size_t width = 0, n, i;

	for (i = 0; i < g->n_realms; i++) {
		n = strlen(g->realms[i]->moniker);
		width = n > width ? n : width;
	}
	return width > WIDTH_MAX ? WIDTH_MAX : (int)width;
}

static void of_print(struct of *of)
{
	const struct cmd_options *options = of->options;
	_cleanup_text_ struct text t = TEXT_INIT;

	if (options->json) {
		text_printf(&t, "{\"verdict\":\"%s\",\"capability\":",
			    of->is_held ? "held" : "unheld");
		text_json(&t, options->of);
		text_printf(&t, ",\"unread\":%zu,\"found\":%zu,\"sources\":[",
			    of->g->n_broken, of->n_sources);
		text_append(&t, text_string(&of->out), of->out.n);
		text_puts(&t, "]}\n");
	} else if (!of->n_sources) {
		text_puts(&t, "nothing in this tree can get ");
		text_safe(&t, options->of, strlen(options->of));
		if (options->provider)
			text_printf(&t, " of %s", options->provider);
		text_puts(&t, "\n");
	} else {
		text_append(&t, of->out.bytes, of->out.n);
	}
	if (!options->quiet || options->json)
		cmd_print(&t);
}

int reach_of(const struct reach_tree *t, const struct cmd_options *options)
{
	const struct reach *g = &t->reach;
	struct of of = { .tree = t, .g = g, .options = options };
	int k = of_check(&of);

	if (k >= 0)
		return k;
	of.holders = calloc(g->n_realms + 1, sizeof(*of.holders));
	of.is_near = calloc(g->n_realms + 1, sizeof(*of.is_near));
	of.width = of_width(g);
	k = of.holders && of.is_near ? of_sources(&of) : -ENOMEM;
	if (!k && text_is_failed(&of.out))
		k = -ENOMEM;
	if (!k)
		of_print(&of);
	k = k ? cmd_fail("%s", strerror(-k))
	      : reach_status(g, options, of.is_held);
	text_fini(&of.out);
	free(of.holders);
	free(of.is_near);
	return k;
}
