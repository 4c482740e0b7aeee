/*
 * reeve doctor: what cells need, and whether this machine has it; or of one
 * component, whether what it uses and exposes is there.
 *
 * The rows about a component come as JSON, from the manager or from the
 * manifests, and are made into a table here when all are known.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/probe.h"
#include "cmd/cmd.h"
#include "cmd/offline.h"
#include "cmd/remote.h"
#include "host/verdict.h"

/* ---- the machine ---- */

static int doctor_machine(const struct cmd_options *options)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	static struct cell_probe probe;

	cell_probe_run(&probe);
	if (options->json) {
		cell_probe_render_json(&probe, &t);
		text_puts(&t, "\n");
	} else {
		cell_probe_render(&probe, cmd_has_colour(STDOUT_FILENO), &t);
	}
	cmd_print(&t);
	return cell_probe_state(&probe) == PROBE_MISSING ? EXIT_NOT : EXIT_DONE;
}

/* ---- rows about a component ---- */

/* One capability, as it will be shown. */
struct row {
	bool is_use;
	const char *verdict; /* static */
	struct text name, type, says;
};

struct doctor {
	const struct cmd_options *options;
	struct row *rows;
	size_t n, n_broken;
	bool is_out_of_memory;
};

static void doctor_fini(struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		text_fini(&d->rows[i].name);
		text_fini(&d->rows[i].type);
		text_fini(&d->rows[i].says);
	}
	free(d->rows);
}

/* What the error of a route says, with its place before it. */
static void put_error(struct text *t, const struct json5_value *error)
{
	const char *text = json_text(error, "text");
	double line = json_count(error, "line");

	if (line > 0) {
		text_safe(t, json_text(error, "file"),
			  strlen(json_text(error, "file")));
		text_printf(t, ":%.0f:%.0f: ", line,
			    json_count(error, "column"));
	}
	text_safe(t, text, strlen(text));
}

static void row_fill(struct row *r, const struct json5_value *v)
{
	const struct json5_value *route = json5_get(v, "route");
	const char *name = json_text(v, "capability");
	const char *availability = json_text(v, "availability");
	const char *verdict = json_text(v, "verdict");
	const char *source = json_text(json5_get(route, "source"), "moniker");

	r->is_use = !strcmp(json_text(v, "declaration"), "use");
	text_safe(&r->name, name, strlen(name));
	text_puts(&r->type, json_text(v, "type"));
	if (strcmp(availability, "required"))
		text_printf(&r->type, " [%s]", availability);
	if (!strcmp(verdict, "void")) {
		r->verdict = "void";
		text_puts(&r->says, "routed from void: absent by design");
	} else if (!strcmp(verdict, "routed")) {
		r->verdict = "ok";
		text_puts(&r->says, "from ");
		text_safe(&r->says, source, strlen(source));
	} else {
		r->verdict = "broken";
		put_error(&r->says, json5_get(route, "error"));
	}
}

static bool on_row(void *userdata, const char *json,
		   const struct json5_value *v)
{
	struct doctor *d = userdata;
	struct row *rows;

	if (d->options->json)
		return remote_print_json(NULL, json, v);
	rows = realloc(d->rows, (d->n + 1) * sizeof(*rows));
	if (!rows) {
		d->is_out_of_memory = true;
		return false;
	}
	d->rows = rows;
	rows[d->n] = (struct row){ .name = TEXT_INIT,
				   .type = TEXT_INIT,
				   .says = TEXT_INIT };
	row_fill(&rows[d->n], v);
	d->n_broken += !strcmp(rows[d->n++].verdict, "broken");
	return true;
}

static const char *verdict_colour(const char *verdict)
{
	return !strcmp(verdict, "ok")	  ? "32"
	       : !strcmp(verdict, "void") ? "33"
					  : "31;1";
}

static void put_row(struct text *t, const struct row *r, int name_width,
		    int type_width, bool colour)
{
	text_puts(t, "  ");
	if (colour)
		text_printf(t, "\033[%sm", verdict_colour(r->verdict));
	text_printf(t, "%-6s", r->verdict);
	if (colour)
		text_puts(t, "\033[0m");
	text_printf(t, "  %-*s  %-*s  %s\n", name_width, text_string(&r->name),
		    type_width, text_string(&r->type), text_string(&r->says));
}

static void put_rows(const struct doctor *d, bool uses, struct text *t)
{
	bool colour = cmd_has_colour(STDOUT_FILENO), is_first = true;
	size_t i, name_width = 0, type_width = 0;

	for (i = 0; i < d->n; i++) {
		if (d->rows[i].name.n > name_width)
			name_width = d->rows[i].name.n;
		if (d->rows[i].type.n > type_width)
			type_width = d->rows[i].type.n;
	}
	for (i = 0; i < d->n; i++) {
		if (d->rows[i].is_use != uses)
			continue;
		if (is_first)
			text_puts(t, uses ? "used\n" : "exposed\n");
		is_first = false;
		put_row(t, &d->rows[i], (int)name_width, (int)type_width,
			colour);
	}
}

/* @status: what the one who routed it all says. */
static int doctor_show(struct doctor *d, const char *moniker, int status)
{
	_cleanup_text_ struct text t = TEXT_INIT;

	if (d->is_out_of_memory)
		return cmd_fail("out of memory");
	if (d->options->json || status > EXIT_NOT)
		return status;
	put_rows(d, true, &t);
	put_rows(d, false, &t);
	if (!d->n && !status)
		text_printf(&t, "%s uses and exposes nothing\n", moniker);
	cmd_print(&t);
	return status;
}

/* ---- of manifests ---- */

/* Have a row made of what would be sent. */
static void doctor_tell(struct doctor *d, const char *json, size_t n)
{
	struct arena arena = ARENA_INIT;
	struct json5_value *value = NULL;
	struct report report;

	report_init(&report);
	if (!json5_read("row", json, n, &arena, &value, &report))
		(void)on_row(d, json, value);
	report_fini(&report);
	arena_fini(&arena);
}

static int doctor_route(struct doctor *d, struct offline *o, struct realm *r,
			struct route *route)
{
	static const enum decl_kind kinds[] = { DECL_USE, DECL_EXPOSE };
	const struct manifest *m = r->manifest;
	const struct decl *decl;
	int status = EXIT_DONE, k;
	size_t i, at;

	for (i = 0; i < N_ELEMENTS(kinds); i++) {
		for (at = 0; at < m->n_decls[kinds[i]]; at++) {
			_cleanup_text_ struct text t = TEXT_INIT;

			decl = &m->decls[kinds[i]][at];
			k = offline_route(o, r, decl, route);
			if (k < 0)
				return cmd_fail("%s", strerror(-k));
			verdict_render_json(decl, route, k, &t);
			doctor_tell(d, text_string(&t), t.n);
			if (k != ROUTE_ENDED && verdict_is_required(decl))
				status = EXIT_NOT;
		}
	}
	return status;
}

/* There is no such component, or it cannot be read. */
static void say_absent(struct offline *o, const char *file, const char *moniker,
		       struct route *route)
{
	offline_explain_absent(o, moniker, route);
	cmd_fail("%s; see reeve tree %s", text_string(&route->why.text), file);
}

static int doctor_offline(struct doctor *d, const char *file,
			  const char *moniker)
{
	_cleanup_free_ struct route *route = calloc(1, sizeof(*route));
	_cleanup_text_ struct text t = TEXT_INIT;
	struct offline o;
	struct realm *r;
	int status;

	if (!route || !offline_init(&o, file, d->options))
		return cmd_fail("out of memory");
	r = offline_find(&o, moniker);
	if (!r)
		status = o.tree.root->state == REALM_RESOLVED ? EXIT_UNKNOWN
							      : EXIT_NOT;
	else
		status = r->state == REALM_RESOLVED
				 ? doctor_route(d, &o, r, route)
				 : EXIT_NOT;
	report_sort(&o.report);
	report_render(&o.report, &t);
	cmd_print_error(&t);
	if (!r || r->state != REALM_RESOLVED)
		say_absent(&o, file, moniker, route);
	status = doctor_show(d, moniker, status);
	route_fini(route);
	offline_fini(&o);
	return status;
}

/* ---- of a running tree ---- */

static int doctor_live(struct doctor *d, const char *moniker)
{
	const struct remote_request q = { .verb = "doctor",
					  .arguments = &moniker,
					  .n_arguments = 1,
					  .on_data = on_row,
					  .userdata = d };
	_cleanup_text_ struct text error = TEXT_INIT;
	int status = remote_request(d->options, &q, &error);

	status = doctor_show(d, moniker, status);
	if (error.n)
		cmd_fail("%s", text_string(&error));
	return status;
}

int cmd_doctor(int argc, char **argv)
{
	struct cmd_options options;
	struct doctor d = { .options = &options };
	int r = cmd_options(&argc, argv, "jmpIi", &options);

	if (r >= 0)
		return r;
	if (argc > 2)
		return cmd_usage(argv[0], "takes one component at most");
	if (argc == 1) {
		if (options.file)
			return cmd_usage(argv[0], "-f needs a component");
		return doctor_machine(&options);
	}
	r = options.file ? doctor_offline(&d, options.file, argv[1])
			 : doctor_live(&d, argv[1]);
	doctor_fini(&d);
	return r;
}
