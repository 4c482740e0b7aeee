/* Manifests are loaded for each realm anew, as the host does. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route/grant.h"

const struct builtin rig_builtins[] = {
	{ CAPABILITY_SERVICE, "host.Log", 0 },
	{ CAPABILITY_DIRECTORY, "srv", RIGHTS_R },
	{ CAPABILITY_DIRECTORY, "state", RIGHTS_R | RIGHTS_W },
};
const size_t rig_n_builtins = N_ELEMENTS(rig_builtins);

void rig_init(struct rig *rig, const struct rig_file *files)
{
	*rig = (struct rig){ .files = files };
	report_init(&rig->report);
	assert_int_equal(topology_init(&rig->tree, "file:///x#meta/root.cm",
				       rig_builtins, rig_n_builtins),
			 0);
}

void rig_fini(struct rig *rig)
{
	route_fini(&rig->route);
	topology_fini(&rig->tree);
	report_fini(&rig->report);
}

/* "b" of ".../b.cm". */
static void name_of_url(const char *url, char *name, size_t n)
{
	const char *slash = strrchr(url, '/');
	size_t length;

	slash = slash ? slash + 1 : url;
	length = strcspn(slash, ".");
	assert_true(length < n);
	memcpy(name, slash, length);
	name[length] = 0;
}

/* A copy without the mark, which is noted. */
static char *unmarked(struct rig *rig, const char *file, const char *text,
		      size_t *ret_n)
{
	char *copy = malloc(strlen(text) + 1), *end = copy;
	struct place place = place_at(1, 1);

	if (!copy)
		return NULL;
	for (; *text; text++) {
		if (*text == '^') {
			rig->marked = place;
			snprintf(rig->marked_file, sizeof(rig->marked_file),
				 "%s", file);
			continue;
		}
		*end++ = *text;
		place.column++;
		if (*text == '\n')
			place = place_at(place.line + 1, 1);
	}
	*end = 0;
	*ret_n = (size_t)(end - copy);
	return copy;
}

int rig_resolve(void *userdata, struct realm *r, struct report *report)
{
	struct rig *rig = userdata;
	struct manifest *m = NULL;
	const struct rig_file *f;
	char name[64], file[80];
	char *text;
	size_t n;
	int k;

	name_of_url(r->url, name, sizeof(name));
	for (f = rig->files; f->name; f++)
		if (strcmp(f->name, name) == 0)
			break;
	rig->n_resolved++;
	if (!f->name) {
		realm_break(r, "there is no such package");
		return 0;
	}
	snprintf(file, sizeof(file), "%s.cml", name);
	text = unmarked(rig, file, f->text, &n);
	if (!text)
		return -ENOMEM;
	k = manifest_load(file, text, n, &m, report);
	free(text);
	if (k == MANIFEST_INVALID) {
		realm_break(r, "its manifest is invalid");
		return 0;
	}
	if (!k)
		k = realm_resolve(r, m);
	if (k == REALM_TOO_DEEP || k == REALM_TOO_MANY) {
		realm_break(r, "the tree is too deep");
		return 0;
	}
	return k;
}

static void resolve(struct rig *rig, struct realm *r)
{
	struct text t = TEXT_INIT;

	if (r->state != REALM_UNRESOLVED)
		return;
	assert_int_equal(rig_resolve(rig, r, &rig->report), 0);
	if (rig->report.n_errors) {
		report_render(&rig->report, &t);
		fail_msg("%s", text_string(&t));
	}
}

struct realm *rig_realm(struct rig *rig, const char *moniker)
{
	const char *end = moniker;
	struct realm *r = rig->tree.root;
	char above[4096];

	resolve(rig, r);
	while (end[0] && end[1]) {
		end = strchr(end + 1, '/');
		end = end ? end : moniker + strlen(moniker);
		snprintf(above, sizeof(above), "%.*s", (int)(end - moniker),
			 moniker);
		r = topology_find(&rig->tree, above);
		if (!r)
			fail_msg("there is no realm %s", above);
		resolve(rig, r);
	}
	assert_string_equal(r->moniker, moniker);
	return r;
}

struct realm *rig_add(struct rig *rig, const char *parent,
		      const char *collection, const char *name, const char *url)
{
	struct realm *r = NULL;

	assert_int_equal(realm_add_child(rig_realm(rig, parent), collection,
					 name, url, STARTUP_LAZY, &r),
			 0);
	return r;
}

int rig_route(struct rig *rig, const char *moniker, const char *capability)
{
	struct realm *r = rig_realm(rig, moniker);
	int k;

	for (;;) {
		k = route_walk_name(r, capability, &rig->route);
		assert_true(k >= 0);
		if (k != ROUTE_UNRESOLVED)
			return k;
		assert_non_null(rig->route.need);
		assert_int_equal(rig->route.need->state, REALM_UNRESOLVED);
		resolve(rig, rig->route.need);
	}
}

void rig_summary(const struct rig *rig, int verdict, struct text *t)
{
	const struct route *route = &rig->route;
	const char *instance = route->instances.bytes;
	const struct decl *d = NULL;
	size_t i;

	for (i = 0; i < route->n_hops; i++) {
		d = route->hops[i].decl;
		text_printf(t, "%s%s", i ? " | " : "",
			    d->implied ? "self" : decl_kind_name(d->kind));
		if (route->hops[i].slot->grant)
			text_printf(t, "#%llu",
				    (unsigned long long)
					    route->hops[i].slot->grant->id);
		text_printf(t, " %s %s", route->hops[i].realm->moniker,
			    d->name);
		if (strcmp(d->name, d->target_name) != 0)
			text_printf(t, ">%s", d->target_name);
	}
	if (verdict == ROUTE_BROKEN) {
		text_printf(t, " ! %s", route->why.rule);
		return;
	}
	text_printf(t, " = %s", route_source_moniker(route));
	if (route->source == ROUTE_SOURCE_AGGREGATE)
		text_puts(t, " of");
	for (i = 0; i < route->n_instances; i++) {
		text_printf(t, " %s", instance);
		instance += strlen(instance) + 1;
	}
	if (route->path)
		text_printf(t, ":%s", route->path);
	if (route->subdir.n)
		text_printf(t, " in %s", text_string(&route->subdir));
	if (route->rights) {
		text_puts(t, " rights ");
		rights_render(route->rights, t);
	}
}

void rig_expect(struct rig *rig, const char *moniker, const char *capability,
		const char *summary)
{
	struct text t = TEXT_INIT;
	int k = rig_route(rig, moniker, capability);

	rig_summary(rig, k, &t);
	if (strcmp(text_string(&t), summary) != 0)
		fail_msg("%s of %s:\n  %s\nexpected\n  %s\n%s", capability,
			 moniker, text_string(&t), summary,
			 text_string(&rig->route.why.text));
	text_fini(&t);
}

void rig_expect_instance(struct rig *rig, const char *moniker,
			 const char *capability, const char *instance,
			 const char *summary)
{
	struct realm *r = rig_realm(rig, moniker);
	const struct decl *d = rig_decl(r, DECL_USE, capability);
	struct text t = TEXT_INIT;
	int k;

	while ((k = route_walk_instance(r, d, instance, &rig->route)) ==
	       ROUTE_UNRESOLVED)
		assert_int_equal(
			rig_resolve(rig, rig->route.need, &rig->report), 0);
	rig_summary(rig, k, &t);
	assert_string_equal(text_string(&t), summary);
	text_fini(&t);
}

const struct decl *rig_decl(struct realm *r, enum decl_kind kind,
			    const char *target_name)
{
	const struct manifest *m = r->manifest;
	size_t i;

	for (i = 0; i < m->n_decls[kind]; i++)
		if (strcmp(m->decls[kind][i].target_name, target_name) == 0)
			return &m->decls[kind][i];
	fail_msg("%s has no %s of %s", r->moniker, decl_kind_name(kind),
		 target_name);
	return NULL;
}
