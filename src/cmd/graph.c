/* reeve graph: the tree and its routes as a picture. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "draw/graph_model.h"
#include "cmd/offline.h"

/* More boxes nobody can look at. */
enum { SVG_COMPONENTS_MAX = 2000 };

enum format { FORMAT_SVG, FORMAT_DOT, FORMAT_MERMAID, FORMAT_JSON, N_FORMATS };

static const char *const format_names[N_FORMATS] = { "svg", "dot", "mermaid",
						     "json" };

/* N_FORMATS: there is no such. */
static enum format format_find(const char *name)
{
	unsigned i;

	for (i = 0; i < N_FORMATS; i++)
		if (!strcmp(name, format_names[i]))
			break;
	return (enum format)i;
}

/* Pictures that this does not draw: a file that is named like one must not hold
 * something else. */
static bool is_other_picture(const char *ending)
{
	static const char *const endings[] = { "png",  "pdf", "jpg",
					       "jpeg", "gif", "webp" };
	size_t i;

	for (i = 0; i < N_ELEMENTS(endings); i++)
		if (!strcmp(ending, endings[i]))
			return true;
	return false;
}

/* By what is asked for, or the ending of the file; to standard output, text. */
static int format_choose(const struct cmd_options *options, const char *verb,
			 enum format *ret)
{
	const char *name = options->format, *near;

	*ret = options->json ? FORMAT_JSON : FORMAT_SVG;
	if (!name && options->output &&
	    (name = strrchr(options->output, '.'))) {
		name = !strcmp(++name, "mmd") ? "mermaid" : name;
		name = !strcmp(name, "gv") ? "dot" : name;
		if (format_find(name) == N_FORMATS && !is_other_picture(name))
			name = NULL;
	}
	if (!name)
		return -1;
	*ret = format_find(name);
	if (*ret != N_FORMATS)
		return -1;
	near = text_nearest(name, format_names, N_FORMATS);
	return cmd_usage(verb,
			 "no format \"%s\"%s%s%s; there are svg, dot, mermaid "
			 "and json",
			 name, near ? " (did you mean " : "", near ? near : "",
			 near ? "?)" : "");
}

/* The whole tree, with what is wrong in it. EXIT_DONE if there is one. */
static int tree_load(struct offline *o, const char *file)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	int r = check_resolve(&o->tree, resolver_check, &o->resolver,
			      &o->report);

	if (r < 0)
		return cmd_fail("%s: %s", file, strerror(-r));
	if (o->tree.root->state == REALM_RESOLVED)
		return EXIT_DONE;
	report_render(&o->report, &t);
	cmd_print_error(&t);
	return EXIT_NOT;
}

static int realm_unknown(struct offline *o, const char *moniker)
{
	const char *near = NULL;
	struct realm *r;
	unsigned best = 4, distance;

	for (r = o->tree.root; r; r = realm_next(r)) {
		distance = text_distance(moniker, r->moniker, 3);
		if (*moniker != '/' && !strcmp(moniker, r->name))
			distance = 0;
		if (distance >= best)
			continue;
		best = distance;
		near = r->moniker;
	}
	cmd_fail("there is no component %s in this tree%s%s%s", moniker,
		 near ? " (did you mean " : "", near ? near : "",
		 near ? "?)" : "");
	return EXIT_UNKNOWN;
}

static int capability_unknown(const struct graph_model *m, const char *name)
{
	const char *near = graph_model_nearest(m, name);

	return cmd_fail("nothing here uses %s%s%s%s", name,
			near ? " (did you mean " : "", near ? near : "",
			near ? "?)" : "");
}

static int text_write(const struct text *t, const char *path)
{
	FILE *f = path ? fopen(path, "we") : stdout;
	bool is_written;

	if (!f)
		return cmd_fail("%s: %s", path, strerror(errno));
	is_written = fwrite(text_string(t), 1, t->n, f) == t->n;
	is_written = (path ? fclose(f) : fflush(f)) == 0 && is_written;
	return is_written ? EXIT_DONE
			  : cmd_fail("%s: %s", path ? path : "standard output",
				     strerror(errno));
}

static int model_draw(const struct graph_model *m, enum format format,
		      const char *output)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	int r = 0;

	switch (format) {
	case FORMAT_DOT:
		graph_render_dot(m, &t);
		break;
	case FORMAT_MERMAID:
		graph_render_mermaid(m, &t);
		break;
	case FORMAT_JSON:
		graph_render_json(m, &t);
		break;
	case FORMAT_SVG:
	case N_FORMATS:
		r = graph_render_svg(m, &t);
		break;
	}
	if (r || text_is_failed(&t))
		return cmd_fail("out of memory");
	return text_write(&t, output);
}

static int tree_draw(struct offline *o, const struct cmd_options *options,
		     enum format format)
{
	struct graph_filter filter = {
		.capability = options->capability,
		.n_nodes_max =
			format == FORMAT_SVG ? SVG_COMPONENTS_MAX : SIZE_MAX,
	};
	struct graph_model m;
	int r;

	if (options->moniker) {
		filter.realm = topology_find(&o->tree, options->moniker);
		if (!filter.realm)
			return realm_unknown(o, options->moniker);
	}
	if (graph_model_make(&o->tree, &filter, &m) < 0)
		return cmd_fail("out of memory");
	if (filter.capability && !m.n_routes)
		r = capability_unknown(&m, filter.capability);
	else
		r = model_draw(&m, format, options->output);
	graph_model_fini(&m);
	return r;
}

int cmd_graph(int argc, char **argv)
{
	struct cmd_options options;
	enum format format;
	struct offline o;
	const char *file;
	int r;

	r = cmd_options(&argc, argv, "pIWQKJj", &options);
	if (r >= 0)
		return r;
	file = argv[1];
	if (argc != 2)
		return cmd_usage(argv[0], "name one root manifest");
	r = format_choose(&options, argv[0], &format);
	if (r >= 0)
		return r;
	if (!offline_init(&o, file, &options))
		return cmd_fail("out of memory");
	r = tree_load(&o, file);
	if (r == EXIT_DONE)
		r = tree_draw(&o, &options, format);
	offline_fini(&o);
	return r;
}
