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
#include "manifest/shape.h"

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
	};

	return names[type];
}

const char *decl_kind_name(enum decl_kind kind)
{
	static const char *const names[] = {
		[DECL_USE] = "use",
		[DECL_OFFER] = "offer",
		[DECL_EXPOSE] = "expose",
		[DECL_CAPABILITY] = "capability",
	};

	return names[kind];
}

void source_render(const struct source *s, struct text *t)
{
	static const char *const words[] = {
		[SOURCE_PARENT] = "parent",	  [SOURCE_SELF] = "self",
		[SOURCE_FRAMEWORK] = "framework", [SOURCE_VOID] = "void",
		[SOURCE_DEBUG] = "debug",
	};

	if (s->name)
		text_printf(t, "#%s", s->name);
	else
		text_puts(t, words[s->kind]);
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
		decls[i++] = draft->decl;
	l->manifest->decls[kind] = decls;
	l->manifest->n_decls[kind] = n;
}

static void sections_read(struct load *l, const struct json5_value *root)
{
	struct fields f;

	shape_read(l, &shape_manifest, root, NULL, &f);
	if (f.at[KEY_CHILDREN])
		child_read_all(l, f.at[KEY_CHILDREN]);
	if (f.at[KEY_COLLECTIONS])
		collection_read_all(l, f.at[KEY_COLLECTIONS]);
	if (f.at[KEY_STORAGE])
		storage_read_all(l, f.at[KEY_STORAGE]);
	if (f.at[KEY_CAPABILITIES])
		item_read_all(l, DECL_CAPABILITY, f.at[KEY_CAPABILITIES]);
	symbol_check_names(l);
	capability_index(l);
	access_read_all(l);
	if (f.at[KEY_USE])
		item_read_all(l, DECL_USE, f.at[KEY_USE]);
	if (f.at[KEY_OFFER])
		item_read_all(l, DECL_OFFER, f.at[KEY_OFFER]);
	if (f.at[KEY_EXPOSE])
		item_read_all(l, DECL_EXPOSE, f.at[KEY_EXPOSE]);
	if (f.at[KEY_PROGRAM])
		program_read(l, f.at[KEY_PROGRAM]);
}

static void load_run(struct load *l, const struct json5_value *root)
{
	size_t kind;

	if (root->type != JSON5_OBJECT) {
		load_error(l, RULE_WRONG_TYPE, root->place,
			   "a manifest is an object ({...}), not %s",
			   json5_type_phrase(root->type));
		return;
	}
	dialect_find(l, root);
	/* Of two dialects at once, every second word would be wrong. */
	if (l->n_errors)
		return;
	sections_read(l, root);
	if (l->failed)
		return;
	check_sources(l);
	check_targets(l);
	check_undeclared(l);
	check_duplicates(l);
	overlap_check(l);
	cycle_check(l);
	capability_imply(l);
	for (kind = 0; kind < N_DECL_KINDS; kind++)
		decls_seal(l, (enum decl_kind)kind);
}

int manifest_load(const char *file, const char *bytes, size_t n,
		  struct manifest **ret, struct report *report)
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

	r = json5_read(m->file, bytes, n, &l.scratch, &root, report);
	if (root)
		load_run(&l, root);
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
