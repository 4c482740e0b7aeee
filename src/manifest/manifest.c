/*
 * Loading a manifest, from bytes to the form that the rest of the house knows.
 *
 * The order: the tree of values; the dialect; whatever has a name that can be
 * referred to; everything else; then what holds between them. Each step goes on
 * past mistakes, and only what was found wrong is left out of later ones.
 */
#include "manifest/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "manifest/include.h"
#include "manifest/shape.h"
#include "manifest/write.h"

void manifest_free(struct manifest *m)
{
	if (!m)
		return;
	arena_fini(&m->arena);
	free(m);
}

void manifest_freep(struct manifest **m)
{
	manifest_free(*m);
}

const char *capability_type_name(enum capability_type type)
{
	static const char *const names[] = {
		[CAPABILITY_SERVICE] = "service",
		[CAPABILITY_DIRECTORY] = "directory",
		[CAPABILITY_STORAGE] = "storage",
		[CAPABILITY_RUNNER] = "runner",
		[CAPABILITY_RESOLVER] = "resolver",
		[CAPABILITY_DICTIONARY] = "dictionary",
		[CAPABILITY_CONFIG] = "config",
		[CAPABILITY_EVENT_STREAM] = "event_stream",
	};

	return names[type];
}

const char *const availability_words[] = {
	[AVAILABILITY_REQUIRED] = "required",
	[AVAILABILITY_OPTIONAL] = "optional",
	[AVAILABILITY_TRANSITIONAL] = "transitional",
	[AVAILABILITY_SAME_AS_TARGET] = "same_as_target",
};

const char *decl_kind_name(enum decl_kind kind)
{
	static const char *const names[] = {
		[DECL_USE] = "use",
		[DECL_OFFER] = "offer",
		[DECL_EXPOSE] = "expose",
		[DECL_CAPABILITY] = "capability",
		[DECL_REGISTRATION] = "registration",
	};

	return names[kind];
}

void source_render(const struct source *s, struct text *t)
{
	static const char *const words[] = {
		[SOURCE_PARENT] = "parent",
		[SOURCE_SELF] = "self",
		[SOURCE_FRAMEWORK] = "framework",
		[SOURCE_VOID] = "void",
		[SOURCE_DEBUG] = "debug",
		[SOURCE_ENVIRONMENT] = "environment",
	};

	if (s->name)
		text_printf(t, "#%s", s->name);
	else
		text_puts(t, words[s->kind]);
	if (s->dictionary)
		text_printf(t, "/%s", s->dictionary);
}

/* Copy the drafts of one kind into the array the manifest keeps. */
static void decls_seal(struct load *l, enum decl_kind kind)
{
	size_t n = l->n_drafts[kind], i = 0;
	const struct draft *draft;
	struct decl *decls;

	if (!n)
		return;
	decls = load_keep(l, n, sizeof(*decls));
	if (!decls)
		return;
	for (draft = l->first[kind]; draft; draft = draft->next)
		if (!draft->is_dropped)
			decls[i++] = draft->decl;
	l->manifest->decls[kind] = decls;
	l->manifest->n_decls[kind] = i;
}

static void sections_read(struct load *l, const struct json5_value *root)
{
	struct fields f;

	shape_read(l, &shape_manifest, root, NULL, &f);
	if (f.at[KEY_ENVIRONMENTS])
		environment_read_all(l, f.at[KEY_ENVIRONMENTS]);
	if (f.at[KEY_CHILDREN])
		child_read_all(l, f.at[KEY_CHILDREN]);
	if (f.at[KEY_COLLECTIONS])
		collection_read_all(l, f.at[KEY_COLLECTIONS]);
	if (f.at[KEY_STORAGE])
		storage_read_all(l, f.at[KEY_STORAGE]);
	if (f.at[KEY_RUNNERS])
		served_read_all(l, CAPABILITY_RUNNER, f.at[KEY_RUNNERS]);
	if (f.at[KEY_RESOLVERS])
		served_read_all(l, CAPABILITY_RESOLVER, f.at[KEY_RESOLVERS]);
	if (f.at[KEY_CAPABILITIES])
		item_read_all(l, DECL_CAPABILITY, f.at[KEY_CAPABILITIES]);
	symbol_check_names(l);
	environment_resolve(l);
	capability_index(l);
	access_read_all(l);
	if (f.at[KEY_USE])
		item_read_all(l, DECL_USE, f.at[KEY_USE]);
	config_check(l, f.at[KEY_CONFIG]);
	if (f.at[KEY_OFFER])
		item_read_all(l, DECL_OFFER, f.at[KEY_OFFER]);
	if (f.at[KEY_EXPOSE])
		item_read_all(l, DECL_EXPOSE, f.at[KEY_EXPOSE]);
	if (f.at[KEY_PROGRAM])
		program_read(l, f.at[KEY_PROGRAM]);
	if (f.at[KEY_POLICY])
		policy_read(l, f.at[KEY_POLICY]);
}

static void load_run(struct load *l, const struct json5_value *root)
{
	size_t kind, before = l->n_errors;

	dialect_find(l, root);
	/* Of two dialects at once, every second word would be wrong. */
	if (l->n_errors > before)
		return;
	sections_read(l, root);
	if (l->failed)
		return;
	check_sources(l);
	check_targets(l);
	check_undeclared(l);
	check_duplicates(l);
	check_same(l);
	overlap_check(l);
	cycle_check(l);
	capability_imply(l);
	program_imply(l);
	for (kind = 0; kind < N_DECL_KINDS; kind++)
		decls_seal(l, (enum decl_kind)kind);
}

const struct environment_decl *manifest_environment(const struct manifest *m,
						    const char *name)
{
	size_t i;

	for (i = 0; i < m->n_environments; i++)
		if (!strcmp(m->environments[i].name, name))
			return &m->environments[i];
	return NULL;
}

int manifest_load(const char *file, const char *bytes, size_t n,
		  struct manifest **ret, struct report *report)
{
	return manifest_load_with(file, bytes, n, NULL, ret, report);
}

/* @compiled, if it is not NULL, gets the merged tree. */
static int manifest_read(const char *file, const char *bytes, size_t n,
			 const struct manifest_includes *includes,
			 struct manifest **ret, struct text *compiled,
			 struct report *report)
{
	_cleanup_(manifest_freep) struct manifest *m = calloc(1, sizeof(*m));
	struct load l = { .report = report };
	struct json5_value *root = NULL;
	size_t kind;
	int r;

	if (!m)
		return -ENOMEM;
	l.manifest = m;
	for (kind = 0; kind < N_DECL_KINDS; kind++)
		l.last[kind] = &l.first[kind];
	m->file = arena_copy(&m->arena, file, strlen(file));
	if (!m->file)
		return -ENOMEM;

	r = include_load(&l, bytes, n, includes, &root);
	if (root)
		load_run(&l, root);
	if (compiled && !r && !l.n_errors)
		write_tree(root, compiled);
	arena_fini(&l.scratch);
	if (r < 0)
		return r;
	if (l.failed || report->failed)
		return -ENOMEM;
	if (r || l.n_errors)
		return MANIFEST_INVALID;
	m->dialect = l.dialect;
	*ret = TAKE(m);
	return 0;
}

int manifest_load_with(const char *file, const char *bytes, size_t n,
		       const struct manifest_includes *includes,
		       struct manifest **ret, struct report *report)
{
	return manifest_read(file, bytes, n, includes, ret, NULL, report);
}

int manifest_compile(const char *file, const char *bytes, size_t n,
		     const struct manifest_includes *includes,
		     struct report *report, struct text *ret)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	int r;

	r = manifest_read(file, bytes, n, includes, &m, ret, report);
	if (r)
		return r;
	return text_is_failed(ret) ? -ENOMEM : 0;
}
