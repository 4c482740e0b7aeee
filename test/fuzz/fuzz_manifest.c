/*
 * No bytes harm the loader; a refused manifest says why; and what a loaded one
 * promises to the router and the cell holds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/access.h"
#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool has_child(const struct manifest *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->n_children; i++)
		if (strcmp(m->children[i].name, name) == 0)
			return true;
	return false;
}

static bool has_collection(const struct manifest *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->n_collections; i++)
		if (strcmp(m->collections[i].name, name) == 0)
			return true;
	return false;
}

static bool has_environment(const struct manifest *m,
			    const struct environment_decl *environment)
{
	return environment >= m->environments &&
	       environment < m->environments + m->n_environments;
}

static bool has_capability(const struct manifest *m, enum capability_type type,
			   const char *name)
{
	size_t i;

	for (i = 0; i < m->n_decls[DECL_CAPABILITY]; i++) {
		const struct decl *d = &m->decls[DECL_CAPABILITY][i];

		if (d->type == type && strcmp(d->name, name) == 0)
			return true;
	}
	return false;
}

static void path_require(const char *path)
{
	require(path[0] == '/' && path[1] && !strstr(path, "//") &&
		!strstr(path, "/../") && path[strlen(path) - 1] != '/');
}

/* The first name of a path is a dictionary of this manifest. */
static bool has_dictionary(const struct manifest *m, const char *path)
{
	char name[256];
	size_t n = strcspn(path, "/");

	require(n && n < sizeof(name));
	memcpy(name, path, n);
	name[n] = 0;
	return has_capability(m, CAPABILITY_DICTIONARY, name);
}

static void source_require(const struct manifest *m, const struct decl *d)
{
	if (d->from.dictionary)
		require(*d->from.dictionary && d->from.kind <= SOURCE_CHILD);
	switch (d->from.kind) {
	case SOURCE_CHILD:
		require(has_child(m, d->from.name));
		break;
	case SOURCE_COLLECTION:
		require(has_collection(m, d->from.name));
		break;
	case SOURCE_CAPABILITY:
		require(has_capability(m, CAPABILITY_STORAGE, d->from.name));
		break;
	case SOURCE_SELF:
		if (d->from.dictionary)
			require(has_dictionary(m, d->from.dictionary));
		else
			require(d->kind == DECL_CAPABILITY
					? d->backing != NULL
					: has_capability(m, d->type, d->name));
		break;
	default:
		require(!d->from.name);
		break;
	}
}

static void target_require(const struct manifest *m, const struct decl *d)
{
	if (d->kind == DECL_EXPOSE)
		require(d->to.kind <= TARGET_FRAMEWORK && !d->to.name);
	else if (d->to.kind == TARGET_CHILD)
		require(has_child(m, d->to.name));
	else if (d->to.kind == TARGET_DICTIONARY)
		require(has_capability(m, CAPABILITY_DICTIONARY, d->to.name) &&
			d->type != CAPABILITY_STORAGE);
	else
		require(d->to.kind == TARGET_COLLECTION &&
			has_collection(m, d->to.name));
}

/* What was read can be read again, and matching it ends. */
static void access_require(const struct manifest *m, const struct access *a)
{
	static const char *const monikers[] = { "/", "/a", "/a/b:c", "/a/*/d" };
	struct access_pattern again;
	const char *why;
	size_t i;

	require(a->place.line && (a->kind == ACCESS_LIST || !a->n_patterns));
	for (i = 0; i < a->n_patterns; i++) {
		const struct access_pattern *p = &a->patterns[i];

		require(p->place.line);
		if (p->kind == ACCESS_PATTERN_CHILD)
			require(has_child(m, p->text));
		else if (p->kind == ACCESS_PATTERN_COLLECTION)
			require(has_collection(m, p->text));
		else
			require(!access_pattern_read(p->text, &again, &why) &&
				again.kind == ACCESS_PATTERN_MONIKER);
	}
	for (i = 0; i < sizeof(monikers) / sizeof(monikers[0]); i++)
		require(access_allows(a, monikers[i], monikers[i]) &&
			(!access_allows(a, "/x", monikers[i]) ||
			 a->n_patterns));
}

static void limits_require(const struct limits *l)
{
	require(l->place.line && (!l->memory_max || l->memory_max >= 65536) &&
		(!l->memory_max || l->memory_min <= l->memory_max) &&
		l->cpu_share <= 10000 && l->cpu_max <= 100000);
}

static void restart_require(const struct restart *r)
{
	require(r->policy <= RESTART_ALWAYS && r->delay_ms &&
		r->delay_ms <= r->max_delay_ms && r->give_up && r->forget_ms);
}

static void decl_require(const struct manifest *m, const struct decl *d)
{
	size_t i;

	require(d->keyword && d->name && *d->name && d->target_name &&
		*d->target_name && d->place.line && d->name_place.line);
	require(d->type < N_CAPABILITY_TYPES);
	if (d->path)
		path_require(d->path);
	if (d->type == CAPABILITY_DIRECTORY &&
	    (d->kind == DECL_USE || d->kind == DECL_CAPABILITY))
		require(d->has_rights && d->rights && d->path);
	if (d->kind != DECL_CAPABILITY || d->type == CAPABILITY_STORAGE)
		source_require(m, d);
	if (d->kind == DECL_OFFER || d->kind == DECL_EXPOSE)
		target_require(m, d);
	require(d->kind == DECL_OFFER || d->kind == DECL_USE || !d->weak);
	require(!d->to.is_all || d->to.name);
	require((d->kind == DECL_REGISTRATION) == !!d->environment);
	if (d->environment)
		require(has_environment(m, d->environment));
	require(!d->n_instances == !d->instances);
	for (i = 0; i < d->n_instances; i++)
		require(*d->instances[i].source && *d->instances[i].target);
	require(!d->source_may_be_absent || d->kind == DECL_OFFER ||
		d->kind == DECL_EXPOSE);
	require(!d->no_transfer || d->type == CAPABILITY_SERVICE);
	require(d->if_provider_ends <= PROVIDER_END_RESTART);
	if (d->access) {
		require(d->kind == DECL_CAPABILITY &&
			d->type <= CAPABILITY_DIRECTORY);
		access_require(m, d->access);
	}
	require(d->subdir ? *d->subdir && *d->subdir != '/' : true);
}

static void manifest_require(const struct manifest *m)
{
	size_t kind, i;

	for (kind = 0; kind < N_DECL_KINDS; kind++)
		for (i = 0; i < m->n_decls[kind]; i++) {
			require(m->decls[kind][i].kind == kind);
			decl_require(m, &m->decls[kind][i]);
		}
	for (i = 0; i < m->n_children; i++) {
		require(m->children[i].name && m->children[i].url &&
			!strchr(m->children[i].name, '/') &&
			m->children[i].startup <= STARTUP_EAGER);
		restart_require(&m->children[i].restart);
		require(!m->children[i].environment ||
			has_environment(m, m->children[i].environment));
		if (m->children[i].limits)
			limits_require(m->children[i].limits);
	}
	for (i = 0; i < m->n_collections; i++) {
		require(m->collections[i].name &&
			!strchr(m->collections[i].name, '/'));
		restart_require(&m->collections[i].restart);
		require(!m->collections[i].environment ||
			has_environment(m, m->collections[i].environment));
		if (m->collections[i].limits)
			limits_require(m->collections[i].limits);
	}
	if (m->program)
		require(m->program->runner &&
			(strcmp(m->program->runner, "elf") != 0 ||
			 (m->program->binary && *m->program->binary != '/')));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest *m = NULL;
	struct report report;
	int r;

	report_init(&report);
	r = manifest_load("fuzz", (const char *)data, size, &m, &report);
	require(r >= 0 && (r == 0) == (report.n_errors == 0) &&
		(r == 0) == (m != NULL));
	if (m)
		manifest_require(m);
	manifest_free(m);
	report_fini(&report);
	return 0;
}
