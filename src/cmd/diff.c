/*
 * reeve diff: what authority a change of manifests adds and removes.
 *
 * Both trees are read from where they are; their components go by monikers, so
 * the two may be work trees of one repository.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/reach_words.h"
#include "route/compare.h"

enum { PAIRS_SHOWN = 10 };

struct diff {
	const struct cmd_options *options;
	struct reach_tree before, after;
	struct compare compare;
	bool colour;
	struct text out;
};

/* ---- for people ---- */

static void put_coloured(struct diff *d, const char *colour, const char *s)
{
	text_printf(&d->out, "%s%s%s", d->colour ? colour : "", s,
		    d->colour ? "\033[0m" : "");
}

static void change_print(struct diff *d, const struct change *c)
{
	static const char *const green = "\033[32m", *const red = "\033[31m",
				 * const yellow = "\033[33m";
	const char sign[2] = { (char)c->sign, 0 };
	_cleanup_text_ struct text place = TEXT_INIT;

	text_puts(&d->out, "  ");
	put_coloured(d, c->grows ? "\033[1;31m" : "", c->grows ? "!" : " ");
	text_puts(&d->out, " ");
	put_coloured(d,
		     c->sign == CHANGE_ADDED	 ? green
		     : c->sign == CHANGE_REMOVED ? red
						 : yellow,
		     sign);
	text_puts(&d->out, " ");
	text_safe(&d->out, c->text, strlen(c->text));
	text_puts(&place, "  (");
	place_render(c->file, c->place, &place);
	text_puts(&place, ")");
	put_coloured(d, "\033[2m", text_string(&place));
	text_puts(&d->out, "\n");
	d->out.failed = d->out.failed || text_is_failed(&place);
}

static void pair_print(struct diff *d, const struct change_pair *pair)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	struct reach_path path;
	size_t i;
	int k = reach_find(&d->after.reach, pair->from, pair->to, &path);

	if (k) {
		d->out.failed = d->out.failed || k < 0;
		return;
	}
	text_printf(&line, "%s reaches %s", pair->from->moniker,
		    pair->to->moniker);
	for (i = 0; i + 1 < path.n; i++)
		text_printf(&line, "%s %s", i ? "," : " over",
			    path.steps[i].to->moniker);
	if (path.n == 1 && path.steps[0].kind == REACH_SHARED) {
		text_puts(&line, " over ");
		reach_render(path.steps[0].by, &line);
	}
	reach_path_fini(&path);
	text_puts(&d->out, "  ");
	put_coloured(d, "\033[1;31m", "!");
	text_puts(&d->out, " ");
	text_safe(&d->out, text_string(&line), line.n);
	text_puts(&d->out, "\n");
}

static size_t pairs_shown(const struct diff *d)
{
	size_t most = d->options->all || d->options->json ? COMPARE_PAIRS_MAX
							  : PAIRS_SHOWN;

	return d->compare.n_gained < most ? d->compare.n_gained : most;
}

static void pairs_print(struct diff *d)
{
	const struct compare *c = &d->compare;
	size_t n = pairs_shown(d), i;

	if (!c->has_pairs) {
		text_puts(&d->out, "\nthe trees are too large to compare who "
				   "reaches whom; ask reeve reach\n");
		return;
	}
	if (!c->n_gained && !c->n_lost)
		return;
	text_printf(&d->out,
		    "%sindirectly: %zu pair%s can reach each other "
		    "now, %zu can not any more\n",
		    c->n_changes ? "\n" : "", c->n_gained,
		    c->n_gained == 1 ? "" : "s", c->n_lost);
	for (i = 0; i < n; i++)
		pair_print(d, &c->gained[i]);
	if (n < c->n_gained)
		text_printf(&d->out, "    and %zu more\n", c->n_gained - n);
}

static void diff_print(struct diff *d)
{
	const struct compare *c = &d->compare;
	const char *last = NULL;
	size_t i;

	for (i = 0; i < c->n_changes; i++) {
		if (!last || strcmp(last, c->changes[i].moniker)) {
			text_puts(&d->out, i ? "\n" : "");
			put_coloured(d, "\033[1m", c->changes[i].moniker);
			text_puts(&d->out, "\n");
		}
		last = c->changes[i].moniker;
		change_print(d, &c->changes[i]);
	}
	pairs_print(d);
	if (!c->n_changes && !c->n_gained && !c->n_lost)
		text_puts(&d->out, "no authority is added or removed\n");
	else
		text_printf(&d->out, "\n%zu change%s; %zu add%s authority%s\n",
			    c->n_changes, c->n_changes == 1 ? "" : "s",
			    c->n_growing, c->n_growing == 1 ? "s" : "",
			    c->n_growing ? " (!)" : "");
}

/* ---- for programs ---- */

static void side_json(const char *name, const struct reach_record *r,
		      struct text *t)
{
	text_printf(t, ",\"%s\":", name);
	if (!r) {
		text_puts(t, "null");
		return;
	}
	text_puts(t, "{");
	record_json(r, t);
	text_puts(t, "}");
}

static void change_json(const struct change *c, struct text *t)
{
	text_puts(t, "{\"moniker\":");
	text_json(t, c->moniker);
	text_printf(t,
		    ",\"kind\":\"%s\",\"change\":\"%s\",\"grows\":%s,"
		    "\"text\":",
		    change_kind_name(c->kind),
		    c->sign == CHANGE_ADDED	? "added"
		    : c->sign == CHANGE_REMOVED ? "removed"
						: "altered",
		    c->grows ? "true" : "false");
	text_json(t, c->text);
	text_puts(t, ",");
	place_json(c->file, c->place, t);
	side_json("before", c->before, t);
	side_json("after", c->after, t);
	text_puts(t, "}");
}

static void pair_json(struct diff *d, const struct change_pair *pair)
{
	struct text *t = &d->out;
	struct reach_path path;
	size_t i;
	int k = reach_find(&d->after.reach, pair->from, pair->to, &path);

	text_puts(t, "{\"from\":");
	text_json(t, pair->from->moniker);
	text_puts(t, ",\"to\":");
	text_json(t, pair->to->moniker);
	text_puts(t, ",\"path\":[");
	if (k)
		t->failed = true;
	for (i = 0; !k && i < path.n; i++) {
		text_puts(t, i ? "," : "");
		step_json(&path.steps[i], t);
	}
	text_puts(t, "]}");
	if (!k)
		reach_path_fini(&path);
}

static void diff_json(struct diff *d)
{
	const struct compare *c = &d->compare;
	struct text *t = &d->out;
	size_t i;

	text_printf(t, "{\"grows\":%s,\"unread\":%zu,\"changes\":[",
		    c->n_growing || c->n_gained ? "true" : "false",
		    d->before.reach.n_broken + d->after.reach.n_broken);
	for (i = 0; i < c->n_changes; i++) {
		text_puts(t, i ? "," : "");
		change_json(&c->changes[i], t);
	}
	text_puts(t, "],\"indirect\":");
	if (!c->has_pairs) {
		text_puts(t, "null}\n");
		return;
	}
	text_printf(t, "{\"gained\":%zu,\"lost\":%zu,\"pairs\":[", c->n_gained,
		    c->n_lost);
	for (i = 0; i < pairs_shown(d); i++) {
		text_puts(t, i ? "," : "");
		pair_json(d, &c->gained[i]);
	}
	text_puts(t, "]}}\n");
}

/* ---- all of it ---- */

static int diff_status(const struct diff *d)
{
	size_t n = d->before.reach.n_broken + d->after.reach.n_broken;

	if (n)
		return cmd_fail("%zu component%s could not be read; what %s "
				"may do was not compared",
				n, n == 1 ? "" : "s", n == 1 ? "it" : "they");
	return d->options->fail_on_growth &&
			       (d->compare.n_growing || d->compare.n_gained)
		       ? EXIT_NOT
		       : EXIT_DONE;
}

static int diff_trees(struct diff *d)
{
	int k = compare_take(&d->before.reach, &d->after.reach, &d->compare);

	if (!k) {
		if (d->options->json)
			diff_json(d);
		else if (!d->options->quiet)
			diff_print(d);
		if (text_is_failed(&d->out))
			k = -1;
		else if (d->out.n)
			cmd_print(&d->out);
	}
	text_fini(&d->out);
	return k ? cmd_fail("out of memory") : -1;
}

int cmd_diff(int argc, char **argv)
{
	struct cmd_options options;
	struct diff d = { .options = &options, .colour = cmd_has_colour(1) };
	int r = cmd_options(&argc, argv, "pIjqaB", &options);

	if (r >= 0)
		return r;
	if (argc != 3)
		return cmd_usage(argv[0], "name two root manifests, the old "
					  "and the new one");
	r = reach_tree_load(argv[1], &options, &d.before);
	if (r >= 0)
		return r;
	r = reach_tree_load(argv[2], &options, &d.after);
	if (r >= 0) {
		reach_tree_fini(&d.before);
		return r;
	}
	r = diff_trees(&d);
	if (r < 0)
		r = diff_status(&d);
	compare_fini(&d.compare);
	reach_tree_fini(&d.before);
	reach_tree_fini(&d.after);
	return r;
}
