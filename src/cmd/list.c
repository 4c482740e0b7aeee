/* reeve list, and reeve tree: the components of a running manager, or of the
 * manifests. */
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/offline.h"
#include "cmd/remote.h"

struct listing {
	bool json, quiet, tree, colour;
	struct text out;
};

static const char *state_colour(const char *state)
{
	if (!strcmp(state, "running"))
		return "\033[32m";
	if (!strcmp(state, "broken") || !strcmp(state, "backoff") ||
	    !strcmp(state, "suspended"))
		return "\033[31m";
	return "\033[2m";
}

static void put_state(struct listing *l, const char *state)
{
	text_printf(&l->out, "%s%-10s%s", l->colour ? state_colour(state) : "",
		    state, l->colour ? "\033[0m" : "");
}

/* Indented by its depth, by the last part of its name. */
static void put_tree_line(struct listing *l, const char *moniker,
			  const char *state, const char *rest)
{
	const char *slash = strrchr(moniker, '/'), *s;
	int depth = 0;

	if (strcmp(moniker, "/"))
		for (s = moniker; *s; s++)
			depth += *s == '/';
	put_state(l, state);
	text_printf(&l->out, " %*s%s", 2 * depth, "",
		    slash[1] ? slash + 1 : "/");
	if (*rest)
		text_printf(&l->out, "  (%s)", rest);
	text_puts(&l->out, "\n");
}

/* One that is throttled runs, and is told from those that run freely. */
static const char *realm_state(const struct json5_value *v)
{
	return json5_bool(json5_get(v, "throttled"), false)
		       ? "throttled"
		       : json_text(v, "state");
}

static bool on_realm(void *userdata, const char *json,
		     const struct json5_value *v)
{
	struct listing *l = userdata;
	const char *moniker = json_text(v, "moniker");
	double pid = json5_number(json5_get(v, "pid"), 0);

	if (l->json) {
		text_printf(&l->out, "%s\n", json);
	} else if (l->quiet) {
		text_printf(&l->out, "%s\n", moniker);
	} else if (l->tree) {
		put_tree_line(l, moniker, realm_state(v),
			      json_text(v, "reason"));
	} else {
		put_state(l, realm_state(v));
		if (pid > 0)
			text_printf(&l->out, " %8.0f", pid);
		else
			text_printf(&l->out, " %8s", "-");
		text_printf(&l->out, "  %-24s %s\n", moniker,
			    json_text(v, "url"));
	}
	cmd_print(&l->out);
	return true;
}

static int list_live(const struct cmd_options *options, bool tree)
{
	struct listing l = { .json = options->json,
			     .quiet = options->quiet,
			     .tree = tree,
			     .colour = cmd_has_colour(1),
			     .out = TEXT_INIT };
	int r = remote_ask(options, "list", NULL, 0, on_realm, &l);

	text_fini(&l.out);
	return r;
}

int cmd_list(int argc, char **argv)
{
	struct cmd_options options;
	int r = cmd_options(&argc, argv, "mjq", &options);

	if (r >= 0)
		return r;
	if (argc > 1)
		return cmd_usage(argv[0], "takes no arguments");
	return list_live(&options, false);
}

static void put_offline(struct listing *l, const struct realm *r)
{
	bool is_broken = r->state == REALM_BROKEN;
	bool has_program = !is_broken && r->manifest->program;
	const char *state = is_broken	  ? "broken"
			    : has_program ? "program"
			    : l->json	  ? "no program"
					  : "-";

	if (!l->json) {
		put_tree_line(l, r->moniker, state, r->broken ? r->broken : "");
		return;
	}
	text_puts(&l->out, "{\"moniker\":");
	text_json(&l->out, r->moniker);
	text_puts(&l->out, ",\"url\":");
	text_json(&l->out, r->url);
	text_printf(&l->out, ",\"state\":\"%s\"", state);
	if (r->broken) {
		text_puts(&l->out, ",\"error\":");
		text_json(&l->out, r->broken);
	}
	text_puts(&l->out, "}\n");
}

static int tree_offline(const char *file, const struct cmd_options *options)
{
	struct listing l = { .json = options->json,
			     .colour = cmd_has_colour(1),
			     .out = TEXT_INIT };
	_cleanup_text_ struct text errors = TEXT_INIT;
	struct offline o;
	struct realm *r;
	bool broken = false;

	if (!offline_init(&o, file, options))
		return cmd_fail("out of memory");
	for (r = o.tree.root; r; r = realm_next(r)) {
		if (resolver_resolve(&o.resolver, r, &o.report) < 0) {
			cmd_fail("out of memory");
			broken = true;
			break;
		}
		put_offline(&l, r);
		broken |= r->state == REALM_BROKEN;
	}
	cmd_print(&l.out);
	text_fini(&l.out);
	report_render(&o.report, &errors);
	cmd_print_error(&errors);
	offline_fini(&o);
	return broken ? EXIT_NOT : EXIT_DONE;
}

int cmd_tree(int argc, char **argv)
{
	struct cmd_options options;
	int r = cmd_options(&argc, argv, "pImj", &options);

	if (r >= 0)
		return r;
	if (argc > 2)
		return cmd_usage(argv[0], "name at most one root manifest");
	return argc == 2 ? tree_offline(argv[1], &options)
			 : list_live(&options, true);
}
