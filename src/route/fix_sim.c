/*
 * The realms are those of the original tree, by moniker, because no edit adds
 * or removes a child; only the manifests are loaded anew, from the draft.
 */
#include "route/fix_sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route/check.h"
#include "route/survey.h"

enum { LARGE_MIN = 65536 };

int sim_init(struct sim *s, const struct topology *original,
	     const struct draft *draft)
{
	*s = (struct sim){ .original = original, .draft = draft };
	report_init(&s->unloaded);
	return topology_init(&s->tree, original->root->url, original->builtins,
			     original->n_builtins);
}

void sim_fini(struct sim *s)
{
	topology_fini(&s->tree);
	report_fini(&s->unloaded);
}

/* Whose files are read. */
struct including {
	const struct draft *draft;
	const struct manifest *was;
};

/* @path without what leads out of its directory. */
static const char *path_tail(const char *path)
{
	for (;;) {
		if (!strncmp(path, "../", 3))
			path += 3;
		else if (!strncmp(path, "./", 2))
			path += 2;
		else if (*path == '/')
			path++;
		else
			return path;
	}
}

static bool path_ends_with(const char *path, const char *tail)
{
	size_t n = strlen(path), n_tail = strlen(tail);

	return n > n_tail && path[n - n_tail - 1] == '/' &&
	       !strcmp(path + n - n_tail, tail);
}

static size_t prefix_length(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

/*
 * The file that @from includes as @path, of those that the manifest was put
 * together from: no edit includes any other. Where two are called so, the one
 * nearer to @from.
 */
static const char *included_find(const struct manifest *was, const char *from,
				 const char *path)
{
	const char *tail = path_tail(path), *found = NULL;
	size_t i;

	for (i = 1; i < was->n_files; i++)
		if (path_ends_with(was->files[i], tail) &&
		    (!found || prefix_length(was->files[i], from) >
				       prefix_length(found, from)))
			found = was->files[i];
	return found;
}

static int included_read(void *userdata, const char *from, const char *path,
			 char **ret_file, char **ret_bytes, size_t *ret_n,
			 const char **ret_why)
{
	const struct including *in = userdata;
	const char *file = included_find(in->was, from, path), *bytes;
	size_t n;
	int r = file ? draft_read(in->draft, file, &bytes, &n) : FIX_NONE;

	if (r < 0)
		return r;
	if (r) {
		*ret_why = "cannot be read";
		return MANIFEST_INVALID;
	}
	*ret_file = strdup(file);
	*ret_bytes = malloc(n + 1);
	if (!*ret_file || !*ret_bytes) {
		free(TAKE(*ret_file));
		free(TAKE(*ret_bytes));
		return -ENOMEM;
	}
	memcpy(*ret_bytes, bytes, n);
	(*ret_bytes)[n] = 0;
	*ret_n = n;
	return 0;
}

/* 0, FIX_NONE (it is no manifest, or cannot be had) or a fault. */
static int sim_load(struct sim *s, const char *file, const struct manifest *was,
		    struct manifest **ret, struct report *report)
{
	struct including including = { s->draft, was };
	const struct manifest_includes includes = { included_read, &including };
	const char *bytes;
	size_t n;
	int r = draft_read(s->draft, file, &bytes, &n);

	if (r)
		return r;
	/* What takes a tenth of a second to read counts as much. */
	s->draft->store->n_loads += 1 + (n > LARGE_MIN ? n / 32 : 0);
	/* Which files it includes is known of what was loaded before. */
	r = manifest_load_with(file, bytes, n, was ? &includes : NULL, ret,
			       report);
	return r > 0 ? FIX_NONE : r;
}

static int sim_take(struct realm *r, struct manifest *take_manifest)
{
	int k = realm_resolve(r, take_manifest);

	if (k > 0)
		realm_break(r, "the tree would be too large");
	return k < 0 ? k : 0;
}

/* A realm that was not resolved before: its file may be a manifest by now. */
static int sim_resolve_unloaded(struct sim *s, struct realm *r,
				struct report *report)
{
	const struct fix_files *files = s->draft->store->files;
	_cleanup_free_ char *file = NULL;
	struct manifest *m = NULL;
	int k = FIX_NONE;

	if (files->find)
		k = files->find(files->userdata, r, &file);
	if (!k)
		k = sim_load(s, file, NULL, &m, report);
	if (!k)
		return sim_take(r, m);
	realm_break(r, "its manifest cannot be loaded");
	return k < 0 ? k : 0;
}

static int sim_resolve_reporting(struct sim *s, struct realm *r,
				 struct report *report)
{
	const struct realm *was = topology_find(s->original, r->moniker);
	struct manifest *m = NULL;
	int k;

	if (!was || was->state != REALM_RESOLVED)
		return sim_resolve_unloaded(s, r, report);
	k = sim_load(s, was->manifest->file, was->manifest, &m, report);
	if (!k)
		return sim_take(r, m);
	s->is_invalid = true;
	realm_break(r, "its manifest is not valid any more");
	return k < 0 ? k : 0;
}

int sim_resolve(struct sim *s, struct realm *r)
{
	struct report report;
	int k;

	if (r->state != REALM_UNRESOLVED)
		return 0;
	report_init(&report);
	k = sim_resolve_reporting(s, r, &report);
	if (report.n_errors && !s->unloaded.n_errors) {
		report_fini(&s->unloaded);
		s->unloaded = report;
		return k;
	}
	report_fini(&report);
	return k;
}

int sim_find(struct sim *s, const char *moniker, struct realm **ret)
{
	_cleanup_free_ char *path = strdup(moniker);
	struct realm *r = s->tree.root;
	char *slash = path;
	int k;

	if (!path)
		return -ENOMEM;
	for (;;) {
		k = sim_resolve(s, r);
		if (k < 0)
			return k;
		if (!slash || !slash[1])
			break;
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = 0;
		r = topology_find(&s->tree, path);
		if (!r)
			break;
		if (slash)
			*slash = '/';
	}
	*ret = r && r->state == REALM_RESOLVED ? r : NULL;
	return 0;
}

int sim_route_name(struct sim *s, struct realm *r, const char *name,
		   struct route *route)
{
	int k, error;

	while ((k = route_walk_name(r, name, route)) == ROUTE_UNRESOLVED) {
		error = sim_resolve(s, route->need);
		if (error < 0)
			return error;
	}
	return k;
}

int sim_route_slot(struct sim *s, struct slot *slot, const struct realm *client,
		   struct route *route)
{
	int k, error;

	while ((k = route_walk_slot(slot, client, route)) == ROUTE_UNRESOLVED) {
		error = sim_resolve(s, route->need);
		if (error < 0)
			return error;
	}
	return k;
}

static int sim_check(void *userdata, struct realm *r, struct report *report)
{
	return sim_resolve_reporting(userdata, r, report);
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What could not even be asked before is not worse. */
static bool was_resolved(const struct sim *s, const struct realm *r)
{
	const struct realm *was = topology_find(s->original, r->moniker);

	return was && was->state == REALM_RESOLVED;
}

int sim_judge(struct sim *s, struct arena *arena, struct sim_verdict *ret)
{
	struct sim_verdict v = { 0 };
	struct survey survey;
	struct report report;
	struct realm *r;
	size_t i;
	int k;

	report_init(&report);
	k = check_tree(&s->tree, sim_check, s, NULL, &report);
	v.n_errors = report.n_errors;
	report_fini(&report);
	if (k < 0)
		return k;
	for (r = s->tree.root; r; r = realm_next(r))
		v.n_resolved += r->state == REALM_RESOLVED;
	k = survey_take(&s->tree, NULL, NULL, &survey);
	if (k < 0)
		return k;
	v.broken = arena_array(arena, survey.n + 1, sizeof(*v.broken));
	for (i = 0; v.broken && i < survey.n; i++) {
		const struct survey_route *route = &survey.routes[i];

		if (route->verdict == ROUTE_ENDED ||
		    !was_resolved(s, route->realm))
			continue;
		v.broken[v.n_broken++] =
			arena_printf(arena, "%s %s %s", route->realm->moniker,
				     decl_kind_name(route->decl->kind),
				     route->decl->target_name);
		if (!v.broken[v.n_broken - 1])
			k = -ENOMEM;
	}
	survey_fini(&survey);
	if (!v.broken || k < 0)
		return -ENOMEM;
	qsort(v.broken, v.n_broken, sizeof(*v.broken), name_compare);
	*ret = v;
	return 0;
}

bool sim_is_worse(const struct sim_verdict *after,
		  const struct sim_verdict *before)
{
	size_t i, j = 0;

	/* What was not loaded before had no errors of its own to count. */
	if (after->n_resolved == before->n_resolved &&
	    after->n_errors > before->n_errors)
		return true;
	for (i = 0; i < after->n_broken; i++) {
		while (j < before->n_broken &&
		       strcmp(before->broken[j], after->broken[i]) < 0)
			j++;
		if (j == before->n_broken ||
		    strcmp(before->broken[j], after->broken[i]))
			return true;
	}
	return false;
}
