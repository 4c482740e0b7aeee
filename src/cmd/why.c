/* reeve why: how a capability reaches a component as things are now, or why it
 * does not; of the manifests alone if a root is named. */
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/remote.h"

struct why {
	const struct cmd_options *options;
	const char *capability;
};

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
static int why_offline(const struct cmd_options *options, char **argv)
{
	char *words[7 + 2 * CMD_PACKAGES_MAX];
	size_t n = 0, i;

	words[n++] = argv[0];
	if (options->json)
		words[n++] = (char *)"--json";
	for (i = 0; i < options->n_packages; i++) {
		words[n++] = (char *)"--packages";
		words[n++] = (char *)options->packages[i];
	}
	words[n++] = (char *)"--";
	words[n++] = (char *)options->file;
	words[n++] = argv[1];
	words[n++] = argv[2];
	words[n] = NULL;
	return cmd_route((int)n, words);
}

int cmd_why(int argc, char **argv)
{
	struct cmd_options options;
	struct why why = { .options = &options };
	const char *arguments[2];
	int r = cmd_options(&argc, argv, "ipmj", &options);

	if (r >= 0)
		return r;
	if (argc != 3)
		return cmd_usage(argv[0], "name a component and a capability");
	if (options.file)
		return why_offline(&options, argv);
	if (options.n_packages)
		return cmd_usage(argv[0], "--packages is for the manifests "
					  "below --file");
	arguments[0] = argv[1];
	arguments[1] = why.capability = argv[2];
	r = remote_ask(&options, argv[0], arguments, 2, on_route, &why);
	if (r == EXIT_NOT_RUNNING)
		cmd_fail("without one, of the manifests: reeve why -f ROOT.cml "
			 "%s %s",
			 argv[1], argv[2]);
	return r;
}
