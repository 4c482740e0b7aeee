/* reeve why: how a capability reaches a component as things are now, or why it
 * does not; of the manifests alone if a root is named. */
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/remote.h"
#include "cmd/why_fix.h"

struct why {
	const struct cmd_options *options;
	const char *capability;
};

/* The same form as that of the manifests; but the manager edits no files. */
static void json_add_fix(const struct json5_value *route, struct text *t)
{
	const struct json5_value *error = json5_get(route, "error");

	if (!error || !t->n || t->bytes[t->n - 1] != '}')
		return;
	t->bytes[--t->n] = 0;
	text_puts(t, ",\"fix\":{\"text\":");
	text_json(t, json_text(error, "fix"));
	text_puts(t, ",\"edits\":[]}}");
}

static bool on_route(void *userdata, const char *json,
		     const struct json5_value *v)
{
	const struct why *w = userdata;
	const struct json5_value *route = json5_get(v, "route");
	_cleanup_text_ struct text t = TEXT_INIT;
	const char *source, *verdict;
	size_t n;

	if (!route)
		return true;
	if (w->options->json) {
		source = json_source(json, route, &n);
		text_append(&t, source, n);
		json_add_fix(route, &t);
		text_puts(&t, "\n");
	} else {
		verdict = json_text(route, "verdict");
		text_printf(&t, "%s: %s\n%s", w->capability,
			    *verdict == 'r' ? "routed" : "broken",
			    json_text(v, "text"));
	}
	cmd_print(&t);
	return true;
}

/* As reeve route does it, with the root as its first argument. */
static int route_offline(const struct cmd_options *options, char **argv)
{
	char *words[7 + 4 * CMD_PACKAGES_MAX];
	size_t n = 0, i;

	words[n++] = argv[0];
	for (i = 0; i < options->n_packages; i++) {
		words[n++] = (char *)"--packages";
		words[n++] = (char *)options->packages[i];
	}
	for (i = 0; i < options->n_includes; i++) {
		words[n++] = (char *)"--include";
		words[n++] = (char *)options->includes[i];
	}
	words[n++] = (char *)"--";
	words[n++] = (char *)options->file;
	words[n++] = argv[1];
	words[n++] = argv[2];
	words[n] = NULL;
	return cmd_route((int)n, words);
}

static int why_offline(const struct cmd_options *options, char **argv)
{
	int r;

	if (options->json)
		return why_json(options, argv[1], argv[2]);
	r = route_offline(options, argv);
	return r == EXIT_NOT && options->fix
		       ? why_fix(options, argv[1], argv[2])
		       : r;
}

int cmd_why(int argc, char **argv)
{
	struct cmd_options options;
	struct why why = { .options = &options };
	const char *arguments[2];
	int r = cmd_options(&argc, argv, "ipImjeX", &options);

	if (r >= 0)
		return r;
	if (argc != 3)
		return cmd_usage(argv[0], "name a component and a capability");
	if (options.apply && !options.fix)
		return cmd_usage(argv[0], "--apply goes with --fix");
	if (options.file)
		return why_offline(&options, argv);
	if (options.fix)
		return cmd_usage(argv[0], "--fix is for manifests: name their "
					  "root with --file");
	if (options.n_packages || options.n_includes)
		return cmd_usage(argv[0],
				 "%s is for the manifests below "
				 "--file",
				 options.n_packages ? "--packages"
						    : "--include");
	arguments[0] = argv[1];
	arguments[1] = why.capability = argv[2];
	r = remote_ask(&options, argv[0], arguments, 2, on_route, &why);
	if (r == EXIT_NOT_RUNNING)
		cmd_fail("without one, of the manifests: reeve why -f ROOT.cml "
			 "%s %s",
			 argv[1], argv[2]);
	return r;
}
