/* What a plan looks like to a person, and to a program. */
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "cell/plan.h"

static const struct {
	uint32_t right;
	const char *name;
} plan_right_names[] = {
	{ PLAN_CONNECT, "connect" },
	{ PLAN_READ_BYTES, "read_bytes" },
	{ PLAN_WRITE_BYTES, "write_bytes" },
	{ PLAN_EXECUTE, "execute" },
	{ PLAN_GET_ATTRIBUTES, "get_attributes" },
	{ PLAN_UPDATE_ATTRIBUTES, "update_attributes" },
	{ PLAN_ENUMERATE, "enumerate" },
	{ PLAN_TRAVERSE, "traverse" },
	{ PLAN_MODIFY_DIRECTORY, "modify_directory" },
	{ PLAN_ADMIN, "admin" },
};

static const struct {
	int resource;
	const char *name;
} plan_limit_names[] = {
	{ RLIMIT_AS, "address_space" }, { RLIMIT_CORE, "core" },
	{ RLIMIT_CPU, "cpu_seconds" },	{ RLIMIT_DATA, "data" },
	{ RLIMIT_FSIZE, "file_size" },	{ RLIMIT_MEMLOCK, "locked_memory" },
	{ RLIMIT_NOFILE, "files" },	{ RLIMIT_NPROC, "tasks" },
	{ RLIMIT_STACK, "stack" },
};

static const char *const plan_kind_names[] = {
	[PLAN_PACKAGE] = "package",
	[PLAN_DIRECTORY] = "directory",
	[PLAN_STORAGE] = "storage",
};

const char *plan_limit_name(int resource)
{
	size_t i;

	for (i = 0; i < N_ELEMENTS(plan_limit_names); i++)
		if (plan_limit_names[i].resource == resource)
			return plan_limit_names[i].name;
	return "other";
}

static void plan_put(struct text *t, const char *s)
{
	text_safe(t, s, strlen(s));
}

/* One labelled line whose value came from somebody else. */
static void plan_put_line(struct text *t, const char *label, const char *s)
{
	text_printf(t, "%-12s", label);
	plan_put(t, s);
	text_puts(t, "\n");
}

static void plan_put_mount(struct text *t, const struct plan_mount *m)
{
	const char *sub = m->subpath ? m->subpath : "";

	text_puts(t, "mount       ");
	plan_put(t, m->target);
	text_printf(t, "  %s %s%s%s ", plan_kind_names[m->kind],
		    m->rights & PLAN_RIGHTS_WRITE ? "rw" : "ro",
		    m->rights & PLAN_EXECUTE ? "" : ",noexec",
		    m->optional ? ",optional" : "");
	plan_put(t, m->source);
	if (sub[0]) {
		text_puts(t, " / ");
		plan_put(t, sub);
	}
	text_puts(t, "\n");
}

static void plan_put_link(struct text *t, const struct plan_link *l)
{
	text_puts(t, "link        ");
	plan_put(t, l->path);
	text_puts(t, "  -> ");
	plan_put(t, l->into);
	text_puts(t, "\n");
}

static void plan_put_limit(struct text *t, const struct plan_limit *l)
{
	text_printf(t, "limit       %s ", plan_limit_name(l->resource));
	if (l->soft == UINT64_MAX)
		text_puts(t, "unlimited\n");
	else
		text_printf(t, "%" PRIu64 "\n", l->soft);
}

void plan_render(const struct plan *p, struct text *t)
{
	size_t i;

	plan_put_line(t, "moniker", p->moniker ? p->moniker : "");
	plan_put_line(t, "binary", p->binary ? p->binary : "");
	for (i = 0; i < p->n_args; i++)
		plan_put_line(t, i ? "" : "args", p->args[i]);
	for (i = 0; i < p->n_environ; i++)
		plan_put_line(t, i ? "" : "environ", p->environ[i]);
	plan_put_line(t, "cwd", p->cwd ? p->cwd : "/");
	if (p->config)
		plan_put_line(t, "config", p->config);
	plan_put_line(t, "namespaces", "user mount pid ipc uts net cgroup");
	plan_put_line(t, "host",
		      p->strict ? "nothing (strict)"
				: "/usr and the loader, read-only");
	text_printf(t, "tmp         %" PRIu64 " bytes\n", p->tmp_bytes);
	for (i = 0; i < p->n_mounts; i++)
		plan_put_mount(t, &p->mounts[i]);
	for (i = 0; i < p->n_links; i++)
		plan_put_link(t, &p->links[i]);
	plan_put_line(t, "grants",
		      "/grants, read-only; what is granted later goes below");
	for (i = 0; i < p->n_dirs; i++)
		plan_put_line(t, "sockets", p->dirs[i]);
	for (i = 0; i < p->n_services; i++) {
		text_puts(t, "service     ");
		plan_put(t, p->dirs[p->services[i].dir]);
		text_puts(t, "/");
		plan_put(t, p->services[i].name);
		text_puts(t, "\n");
	}
	for (i = 0; i < p->n_limits; i++)
		plan_put_limit(t, &p->limits[i]);
	text_printf(t, "stop        %s, %" PRIu32 " ms of grace\n",
		    p->notify_stop ? "notified" : "terminated", p->stop_ms);
}

static void plan_json_strings(struct text *t, const char *key, const char **s,
			      size_t n)
{
	size_t i;

	text_printf(t, ",\"%s\":[", key);
	for (i = 0; i < n; i++) {
		text_puts(t, i ? "," : "");
		text_json(t, s[i]);
	}
	text_puts(t, "]");
}

static void plan_json_string(struct text *t, const char *key, const char *s)
{
	text_printf(t, "\"%s\":", key);
	text_json(t, s ? s : "");
}

static void plan_json_mount(struct text *t, const struct plan_mount *m)
{
	const char *comma = "";
	size_t i;

	text_puts(t, "{");
	plan_json_string(t, "target", m->target);
	text_puts(t, ",");
	plan_json_string(t, "source", m->source);
	text_puts(t, ",");
	plan_json_string(t, "subpath", m->subpath);
	text_printf(t, ",\"kind\":\"%s\",\"optional\":%s,\"rights\":[",
		    plan_kind_names[m->kind], m->optional ? "true" : "false");
	for (i = 0; i < N_ELEMENTS(plan_right_names); i++) {
		if (!(m->rights & plan_right_names[i].right))
			continue;
		text_printf(t, "%s\"%s\"", comma, plan_right_names[i].name);
		comma = ",";
	}
	text_puts(t, "]}");
}

static void plan_json_links(struct text *t, const struct plan *p)
{
	size_t i;

	text_puts(t, ",\"links\":[");
	for (i = 0; i < p->n_links; i++) {
		text_puts(t, i ? ",{" : "{");
		plan_json_string(t, "path", p->links[i].path);
		text_puts(t, ",");
		plan_json_string(t, "into", p->links[i].into);
		text_puts(t, "}");
	}
	text_puts(t, "],\"grants\":\"/grants\"");
}

static void plan_json_services(struct text *t, const struct plan *p)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	size_t i;

	text_puts(t, ",\"services\":[");
	for (i = 0; i < p->n_services; i++) {
		text_clear(&path);
		text_printf(&path, "%s/%s", p->dirs[p->services[i].dir],
			    p->services[i].name);
		text_puts(t, i ? "," : "");
		text_json(t, text_string(&path));
		if (text_is_failed(&path))
			t->failed = true;
	}
	text_puts(t, "]");
}

static void plan_json_limits(struct text *t, const struct plan *p)
{
	size_t i;

	text_puts(t, ",\"limits\":{");
	for (i = 0; i < p->n_limits; i++) {
		text_printf(t, "%s\"%s\":", i ? "," : "",
			    plan_limit_name(p->limits[i].resource));
		if (p->limits[i].soft == UINT64_MAX)
			text_puts(t, "null");
		else
			text_printf(t, "%" PRIu64, p->limits[i].soft);
	}
	text_puts(t, "}");
}

void plan_render_json(const struct plan *p, struct text *t)
{
	size_t i;

	text_puts(t, "{");
	plan_json_string(t, "moniker", p->moniker);
	text_puts(t, ",");
	plan_json_string(t, "binary", p->binary);
	text_puts(t, ",");
	plan_json_string(t, "cwd", p->cwd ? p->cwd : "/");
	if (p->config) {
		text_puts(t, ",");
		plan_json_string(t, "config", p->config);
	}
	plan_json_strings(t, "args", p->args, p->n_args);
	plan_json_strings(t, "environ", p->environ, p->n_environ);
	text_puts(t, ",\"mounts\":[");
	for (i = 0; i < p->n_mounts; i++) {
		text_puts(t, i ? "," : "");
		plan_json_mount(t, &p->mounts[i]);
	}
	text_puts(t, "]");
	plan_json_links(t, p);
	plan_json_strings(t, "sockets", p->dirs, p->n_dirs);
	plan_json_services(t, p);
	plan_json_limits(t, p);
	text_printf(t,
		    ",\"tmp_bytes\":%" PRIu64 ",\"strict\":%s,"
		    "\"notify_stop\":%s,\"stop_ms\":%" PRIu32 "}",
		    p->tmp_bytes, p->strict ? "true" : "false",
		    p->notify_stop ? "true" : "false", p->stop_ms);
}
