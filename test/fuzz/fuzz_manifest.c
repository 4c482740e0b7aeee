/*
 * No bytes harm the loader; a refused manifest says why; and what a loaded one
 * promises to the router and the cell holds.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

static void source_require(const struct manifest *m, const struct decl *d)
{
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
	else
		require(d->to.kind == TARGET_COLLECTION &&
			has_collection(m, d->to.name));
}

static void decl_require(const struct manifest *m, const struct decl *d)
{
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
	for (i = 0; i < m->n_children; i++)
		require(m->children[i].name && m->children[i].url &&
			!strchr(m->children[i].name, '/') &&
			m->children[i].startup <= STARTUP_EAGER);
	for (i = 0; i < m->n_collections; i++)
		require(m->collections[i].name &&
			!strchr(m->collections[i].name, '/'));
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
