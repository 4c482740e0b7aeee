/*
 * reeve reach: paths of authority from some components to others, or that there
 * are none; and everyone who can get a capability, in reach_of.c.
 *
 * One search finds the nearest component of --from for each of --to. What could
 * not be read may hold anything: without a path it is said, and it is no proof.
 */
#include "cmd/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PATHS_SHOWN = 10 };

/* A component of --to that is reached. */
struct arrival {
	const struct realm *to;
	uint32_t steps, node;
};

struct found {
	struct reach_search search;
	struct arrival *arrivals; /* fewest steps first, then by the tree */
	size_t n;
	size_t n_within; /* components that --from can get at */
};

static void found_fini(struct found *f)
{
	reach_search_fini(&f->search);
	free(f->arrivals);
}

static int arrival_compare(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	if (x->steps != y->steps)
		return x->steps < y->steps ? -1 : 1;
	return x->node < y->node ? -1 : 1;
}

static int found_take(const struct reach *g, const bool *from, const bool *to,
		      struct found *f)
{
	struct arrival arrival;
	uint32_t node;

	*f = (struct found){ 0 };
	f->arrivals = calloc(g->n_realms + 1, sizeof(*f->arrivals));
	if (!f->arrivals || reach_search(g, from, false, &f->search))
		return -ENOMEM;
	for (node = 0; node < g->n_realms; node++) {
		arrival.to = g->realms[node];
		arrival.steps = reach_search_steps(&f->search, arrival.to);
		arrival.node = node;
		if (!arrival.steps)
			continue;
		f->n_within++;
		if (to[node])
			f->arrivals[f->n++] = arrival;
	}
	qsort(f->arrivals, f->n, sizeof(*f->arrivals), arrival_compare);
	return 0;
}

static size_t found_shown(const struct found *f,
			  const struct cmd_options *options)
{
	return options->all || f->n < PATHS_SHOWN ? f->n : PATHS_SHOWN;
}

static void path_print(const struct reach_path *p, struct text *t)
{
	size_t i;

	text_printf(t, "%s reaches %s in %zu step%s\n",
		    p->steps[0].from->moniker, p->steps[p->n - 1].to->moniker,
		    p->n, p->n == 1 ? "" : "s");
	for (i = 0; i < p->n; i++)
		step_render(&p->steps[i], t);
}

static void path_json(const struct reach_path *p, struct text *t)
{
	size_t i;

	text_puts(t, "[");
	for (i = 0; i < p->n; i++) {
		text_puts(t, i ? "," : "");
		step_json(&p->steps[i], t);
	}
	text_puts(t, "]");
}

/* The paths that are shown, each followed by what stands between. */
static int found_paths(const struct found *f, const struct cmd_options *options,
		       struct text *t)
{
	size_t n = found_shown(f, options), i;
	struct reach_path path;
	int k;

	for (i = 0; i < n; i++) {
		k = reach_search_path(&f->search, f->arrivals[i].to, &path);
		if (k)
			return -ENOMEM;
		if (i)
			text_puts(t, options->json ? "," : "\n");
		if (options->json)
			path_json(&path, t);
		else
			path_print(&path, t);
		reach_path_fini(&path);
	}
	return text_is_failed(t) ? -ENOMEM : 0;
}

static int found_print(const struct found *f, const struct cmd_options *options)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	size_t n = found_shown(f, options);
	int k = found_paths(f, options, &t);

	if (k)
		return k;
	if (n < f->n)
		text_printf(&t,
			    "\nand %zu more component%s that %s can reach; "
			    "--all shows them\n",
			    f->n - n, f->n - n == 1 ? "" : "s", options->from);
	if (!f->n)
		text_printf(&t,
			    "nothing in this tree lets %s reach %s; %zu "
			    "component%s within reach of %s\n",
			    options->from, options->to, f->n_within,
			    f->n_within == 1 ? " is" : "s are", options->from);
	cmd_print(&t);
	return 0;
}

static int found_json(const struct found *f, const struct reach *g,
		      const struct cmd_options *options)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	int k;

	text_printf(&t, "{\"verdict\":\"%s\",\"from\":",
		    f->n ? "reached" : "unreached");
	text_json(&t, options->from);
	text_puts(&t, ",\"to\":");
	text_json(&t, options->to);
	text_printf(&t,
		    ",\"reached\":%zu,\"within\":%zu,\"unread\":%zu,"
		    "\"paths\":[",
		    f->n, f->n_within, g->n_broken);
	k = found_paths(f, options, &t);
	if (k)
		return k;
	text_puts(&t, "]}\n");
	cmd_print(&t);
	return 0;
}

int reach_status(const struct reach *g, const struct cmd_options *options,
		 bool is_found)
{
	if (g->n_broken)
		cmd_fail("%zu component%s could not be read; what %s may reach "
			 "is not known%s",
			 g->n_broken, g->n_broken == 1 ? "" : "s",
			 g->n_broken == 1 ? "it" : "they",
			 is_found ? "" : ", so this proves nothing");
	if (!options->none)
		return is_found ? EXIT_DONE : EXIT_NOT;
	return is_found || g->n_broken ? EXIT_NOT : EXIT_DONE;
}

static int reach_between(const struct reach_tree *t,
			 const struct cmd_options *options, bool *from,
			 bool *to)
{
	const struct reach *g = &t->reach;
	struct found f;
	const char *why;
	int k;

	if (!reach_match(g, options->from, from, &why))
		return reach_no_such(t, options->from, "--from", why);
	if (!reach_match(g, options->to, to, &why))
		return reach_no_such(t, options->to, "--to", why);
	k = found_take(g, from, to, &f);
	if (!k && options->json)
		k = found_json(&f, g, options);
	else if (!k && !options->quiet)
		k = found_print(&f, options);
	k = k ? cmd_fail("%s", strerror(-k)) : reach_status(g, options, f.n);
	found_fini(&f);
	return k;
}

/* What is asked: between two, or of a capability. NULL if it is clear. */
static const char *question_wrong(const struct cmd_options *options)
{
	if (options->of && (options->from || options->to))
		return "--of stands without --from and --to";
	if (!options->of && (!options->from || !options->to))
		return "say --from and --to, or --of";
	if (options->provider && !options->of)
		return "--provider goes with --of";
	if (options->from && !strcmp(options->from, options->to) &&
	    !strchr(options->from, '*'))
		return "--from and --to are the same component";
	return NULL;
}

int cmd_reach(int argc, char **argv)
{
	struct cmd_options options;
	struct reach_tree t;
	const char *wrong;
	bool *sets;
	int r = cmd_options(&argc, argv, "pIjqaFOCVM", &options);

	if (r >= 0)
		return r;
	if (argc != 2)
		return cmd_usage(argv[0], "name one root manifest");
	wrong = question_wrong(&options);
	if (wrong)
		return cmd_usage(argv[0], "%s", wrong);
	r = reach_tree_load(argv[1], &options, &t);
	if (r >= 0)
		return r;
	sets = calloc(2 * t.reach.n_realms, sizeof(*sets));
	if (!sets)
		r = cmd_fail("out of memory");
	else if (options.of)
		r = reach_of(&t, &options);
	else
		r = reach_between(&t, &options, sets, sets + t.reach.n_realms);
	free(sets);
	reach_tree_fini(&t);
	return r;
}
