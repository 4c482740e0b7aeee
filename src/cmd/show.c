/* reeve show: everything about one component, of a running manager or of
 * manifests. */
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "cmd/amount.h"
#include "cmd/cmd.h"
#include "cmd/offline.h"
#include "cmd/processes.h"
#include "cmd/remote.h"
#include "host/configuration.h"
#include "host/describe_manifest.h"
#include "manifest/canonical.h"

static void put_safe(struct text *t, const char *s)
{
	text_safe(t, s, strlen(s));
}

/* Nothing if it is 0 or not known. */
static void put_times(struct text *t, const char *before, double n,
		      const char *after)
{
	if (n > 0)
		text_printf(t, "%s%.0f%s", before, n, after);
}

static void put_value(struct text *t, const char *key,
		      const struct json5_value *v)
{
	const char *s;

	s = json5_string(v);
	if (v->type == JSON5_NULL || (s && !*s))
		return;
	text_printf(t, "%-18s ", key);
	if (v->type == JSON5_STRING && s)
		put_safe(t, s);
	else if (v->type == JSON5_NUMBER)
		text_printf(t, "%.0f", v->number);
	else if (v->type == JSON5_BOOL)
		text_puts(t, v->truth ? "yes" : "no");
	text_puts(t, "\n");
}

/* ---- items of arrays ---- */

/* Where it was written: which file, of a manifest with shards. */
static void put_place(struct text *t, const struct json5_value *v)
{
	text_puts(t, "  ");
	put_safe(t, json_text(v, "file"));
	text_printf(t, ":%.0f:%.0f", json_count(v, "line"),
		    json_count(v, "column"));
}

static void put_declaration(struct text *t, const struct json5_value *v)
{
	put_safe(t, json_text(v, "text"));
	/* A capability's own words name its path already. */
	if (*json_text(v, "path") && !strstr(json_text(v, "text"), " at ")) {
		text_puts(t, " at ");
		put_safe(t, json_text(v, "path"));
	}
	if (strcmp(json_text(v, "availability"), "required") &&
	    *json_text(v, "availability"))
		text_printf(t, " (%s)", json_text(v, "availability"));
	put_place(t, v);
}

static void put_child(struct text *t, const struct json5_value *v)
{
	put_safe(t, json_text(v, "name"));
	if (*json_text(v, "url")) {
		text_puts(t, " ");
		put_safe(t, json_text(v, "url"));
	}
	if (*json_text(v, "environment")) {
		text_puts(t, " in the environment ");
		put_safe(t, json_text(v, "environment"));
	}
	put_place(t, v);
}

static void put_source(struct text *t, const struct json5_value *v)
{
	const char *s = json5_string(v);

	put_safe(t, s ? s : "");
}

/* A field of the configuration: its value and who gave it, or why not. */
static void put_config(struct text *t, const struct json5_value *v)
{
	_cleanup_text_ struct text value = TEXT_INIT;

	put_safe(t, json_text(v, "key"));
	if (*json_text(v, "error")) {
		text_puts(t, ": ");
		put_safe(t, json_text(v, "error"));
		return;
	}
	canonical_render(json5_get(v, "value"), &value);
	text_puts(t, " = ");
	put_safe(t, text_string(&value));
	text_puts(t, "  from ");
	put_safe(t, json_text(v, "from"));
}

static void put_connection(struct text *t, const struct json5_value *v)
{
	text_printf(t, "%.0f ", json_count(v, "id"));
	put_safe(t, json_text(v, "capability"));
	text_puts(t, " -> ");
	put_safe(t, *json_text(v, "provider") ? json_text(v, "provider")
					      : "framework");
}

static void put_exit(struct text *t, const struct json5_value *v)
{
	double signal = json_count(v, "signal");

	if (signal > 0)
		text_printf(t, "by signal %.0f", signal);
	else
		text_printf(t, "with status %.0f", json_count(v, "code"));
	text_puts(t, ", ");
	amount_put_moment(t, json_count(v, "time"));
}

static void put_charge(struct text *t, const struct json5_value *v)
{
	text_printf(t, "%s: %.0f of %.0f", v->key, json_count(v, "held"),
		    json_count(v, "limit"));
	put_times(t, ", ", json_count(v, "refused"), " refused");
}

/* ---- what it may have, and has ---- */

static void put_throttle(struct text *t, const struct json5_value *v)
{
	text_printf(t, "%-18s %.0f requests of %.0f a second", "throttle",
		    json_count(v, "requests"),
		    json_count(v, "requests_per_second"));
	if (json_count(v, "delayed") > 0)
		text_printf(t, "; %.0f delayed, in %.0f pauses",
			    json_count(v, "delayed"), json_count(v, "pauses"));
	if (json5_bool(json5_get(v, "throttled"), false))
		text_puts(t, "; throttled now");
	text_puts(t, "\n");
}

static void put_restart(struct text *t, const struct json5_value *v)
{
	text_printf(t, "%-18s %s", "restart", json_text(v, "policy"));
	if (strcmp(json_text(v, "policy"), "never")) {
		text_puts(t, ", after ");
		amount_put_time(t, json_count(v, "delay_ms"));
		text_puts(t, ", then up to ");
		amount_put_time(t, json_count(v, "max_delay_ms"));
		text_printf(t, ", %.0f times in a row",
			    json_count(v, "give_up"));
	}
	put_times(t, "; started ", json_count(v, "starts_in_a_row"),
		  " times in a row");
	if (json5_get(v, "next_ms") &&
	    json5_get(v, "next_ms")->type == JSON5_NUMBER) {
		text_puts(t, "; next in ");
		amount_put_time(t, json_count(v, "next_ms"));
	}
	text_puts(t, "\n");
}

/* "; 64M at most (cgroup v2)" */
static void put_limit(struct text *t, const struct json5_value *budget,
		      const char *key)
{
	const struct json5_value *limit = json_limit(budget, key);
	double value = json_count(limit, "value");

	if (!limit)
		return;
	text_puts(t, "; ");
	if (!strncmp(key, "memory", 6))
		amount_put_size(t, value);
	else if (!strcmp(key, "cpu.max"))
		text_printf(t, "%.0f%% of a core", value);
	else
		text_printf(t, "%.0f", value);
	text_printf(t, " %s",
		    !strcmp(key, "cpu.share")	 ? "is its share"
		    : !strcmp(key, "memory.min") ? "are sure"
						 : "at most");
	if (!strcmp(json_text(limit, "by"), "none"))
		text_puts(t, " (not enforced here)");
	else
		text_printf(t, " (%s)", json_text(limit, "by"));
}

/* A part of what is used, or "-" where this system does not tell. */
static bool put_used(struct text *t, const char *what,
		     const struct json5_value *v,
		     void (*put)(struct text *t, double amount))
{
	text_printf(t, "    %s: ", what);
	if (!v || v->type != JSON5_NUMBER) {
		text_puts(t, "-");
		return false;
	}
	put(t, v->number);
	return true;
}

static void put_count(struct text *t, double n)
{
	text_printf(t, "%.0f", n);
}

static void put_microseconds(struct text *t, double n)
{
	amount_put_time(t, n / 1000);
}

static void put_budget_memory(struct text *t, const struct json5_value *v)
{
	const struct json5_value *memory = json5_get(v, "memory");

	if (put_used(t, "memory", json5_get(memory, "now"), amount_put_size) &&
	    json_count(memory, "peak") > 0) {
		text_puts(t, ", at its peak ");
		amount_put_size(t, json_count(memory, "peak"));
	}
	put_limit(t, v, "memory.min");
	put_limit(t, v, "memory.max");
	put_times(t, "; the limit was met ", json_count(memory, "hits"),
		  " times");
	put_times(t, ", tasks killed for it: ", json_count(memory, "kills"),
		  "");
	text_puts(t, "\n");
}

static void put_budget_cpu(struct text *t, const struct json5_value *v)
{
	const struct json5_value *cpu = json5_get(v, "cpu");

	put_used(t, "cpu", json5_get(cpu, "usec"), put_microseconds);
	put_limit(t, v, "cpu.share");
	put_limit(t, v, "cpu.max");
	if (json_count(cpu, "throttled_usec") > 0) {
		text_puts(t, "; held back for ");
		put_microseconds(t, json_count(cpu, "throttled_usec"));
	}
	text_puts(t, "\n");
}

static void put_budget(struct text *t, const struct json5_value *v)
{
	const struct json5_value *tasks = json5_get(v, "tasks");

	text_printf(t, "%-18s of %s, with all below it\n", "budget",
		    json_text(v, "moniker"));
	put_budget_memory(t, v);
	put_budget_cpu(t, v);
	put_used(t, "tasks", json5_get(tasks, "now"), put_count);
	put_limit(t, v, "tasks.max");
	put_times(t, "; ", json_count(tasks, "refused"), " refused");
	text_puts(t, "\n");
}

static void put_plan(struct text *t, const struct json5_value *v)
{
	const char *plan = json5_string(v), *end;

	text_puts(t, "plan\n");
	for (; plan && *plan; plan = *end ? end + 1 : end) {
		end = strchrnul(plan, '\n');
		text_printf(t, "    %.*s\n", (int)(end - plan), plan);
	}
}

/* ---- the whole ---- */

struct section {
	const char *key;
	/* One of these: the whole member, or each item of it on a line. */
	void (*put)(struct text *t, const struct json5_value *v);
	void (*put_item)(struct text *t, const struct json5_value *v);
};

static const struct section sections[] = {
	{ "uses", NULL, put_declaration },
	{ "exposes", NULL, put_declaration },
	{ "capabilities", NULL, put_declaration },
	{ "offers", NULL, put_declaration },
	{ "registrations", NULL, put_declaration },
	{ "children", NULL, put_child },
	{ "collections", NULL, put_child },
	{ "config", NULL, put_config },
	{ "sources", NULL, put_source },
	{ "exits", NULL, put_exit },
	{ "account", NULL, put_charge },
	{ "connections", NULL, put_connection },
	{ "throttle", put_throttle, NULL },
	{ "restart", put_restart, NULL },
	{ "budget", put_budget, NULL },
	{ "plan_text", put_plan, NULL },
};

static void put_member(struct text *t, const struct json5_value *v)
{
	const struct section *s = sections;

	while (s < sections + N_ELEMENTS(sections) && strcmp(s->key, v->key))
		s++;
	if (s == sections + N_ELEMENTS(sections)) {
		/* The plan as an object is for programs. */
		if (v->type < JSON5_ARRAY)
			put_value(t, v->key, v);
		return;
	}
	if (s->put) {
		s->put(t, v);
		return;
	}
	if (json5_first(v))
		text_printf(t, "%s\n", v->key);
	json5_for_each(item, v)
	{
		text_puts(t, "    ");
		s->put_item(t, item);
		text_puts(t, "\n");
	}
}

static bool on_show(void *userdata, const char *json,
		    const struct json5_value *value)
{
	const struct cmd_options *options = userdata;
	_cleanup_text_ struct text t = TEXT_INIT;

	if (options->json)
		return remote_print_json(NULL, json, value);
	json5_for_each(v, value) put_member(&t, v);
	cmd_print(&t);
	return true;
}

static int route_offline(void *userdata, struct realm *r,
			 const struct decl *use, struct route *route)
{
	return offline_route(userdata, r, use, route);
}

/* Of manifests: what is known before anything runs. */
static int show_offline(const struct cmd_options *options, const char *moniker)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct json5_value *value = NULL;
	struct arena a = ARENA_INIT;
	struct offline o;
	struct report errors;
	struct route route = { 0 };
	struct realm *r;
	int status;

	if (!offline_init(&o, options->file, options))
		return cmd_fail("out of memory");
	r = offline_find(&o, moniker);
	if (!r || r->state != REALM_RESOLVED) {
		status = offline_no_such_realm(&o, moniker, false);
		status = r ? status : EXIT_UNKNOWN;
		offline_fini(&o);
		return status;
	}
	report_init(&errors);
	text_puts(&t, "{\"moniker\":");
	text_json(&t, r->moniker);
	describe_member(&t, "url", r->url);
	describe_member(&t, "state",
			r->manifest->program ? "program" : "no program");
	describe_manifest(r, resolver_package(&o.resolver, r), &t);
	configuration_render_json(
		&(struct configuration_router){ .route = route_offline,
						.userdata = &o,
						.room = &route },
		r, &t);
	route_fini(&route);
	text_puts(&t, "}");
	if (text_is_failed(&t) ||
	    json5_read("show", text_string(&t), t.n, &a, &value, &errors))
		status = cmd_fail("out of memory");
	else
		status = on_show((void *)options, text_string(&t), value)
				 ? EXIT_DONE
				 : EXIT_NOT;
	report_fini(&errors);
	arena_fini(&a);
	offline_fini(&o);
	return status;
}

int cmd_show(int argc, char **argv)
{
	struct cmd_options options;
	const char *arguments[2];
	int r = cmd_options(&argc, argv, "mjlnzipI", &options);

	if (r >= 0)
		return r;
	if (argc != 2)
		return cmd_usage(argv[0], "name one component");
	if (options.processes && options.plan)
		return cmd_usage(argv[0], "either --plan or --processes");
	if (options.lines && !options.processes)
		return cmd_usage(argv[0], "--lines goes with --processes");
	if (options.file && (options.processes || options.plan))
		return cmd_usage(argv[0], "--plan and --processes are of what "
					  "runs, --file is of manifests");
	if (options.file)
		return show_offline(&options, argv[1]);
	if (options.processes)
		return processes_show(&options, argv[1]);
	arguments[0] = argv[1];
	arguments[1] = "plan";
	return remote_ask(&options, "show", arguments, options.plan ? 2 : 1,
			  on_show, &options);
}
