/*
 * A tree is read whole and checked whole, as `reeve check` does it; then it is
 * kept until a document in it changes, or files do. Which realms are made of a
 * document is asked by device and inode: there are many paths to one file.
 */
#include "lsp/forest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/source_file.h"
#include "lsp/overlay.h"

void forest_init(struct forest *f, struct list *documents)
{
	*f = (struct forest){ .documents = documents };
	list_init(&f->trees);
}

static void paths_fini(struct paths *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free((char *)p->at[i]);
	*p = (struct paths){ 0 };
}

static void tree_clear(struct tree *t)
{
	if (!t->is_built)
		return;
	topology_fini(&t->topology);
	resolver_fini(&t->resolver);
	report_fini(&t->report);
	free(t->default_packages);
	t->default_packages = NULL;
	t->is_built = false;
}

static void tree_free(struct tree *t)
{
	tree_clear(t);
	list_unlink(&t->link);
	free(t->root);
	free(t);
}

static int tree_new(struct forest *f, const char *root, bool is_lone,
		    struct tree **ret)
{
	struct tree *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	list_init(&t->link);
	t->forest = f;
	t->is_lone = is_lone;
	t->root = strdup(root);
	if (!t->root) {
		tree_free(t);
		return -ENOMEM;
	}
	list_link(&f->trees, &t->link);
	*ret = t;
	return 0;
}

static void trees_clear(struct forest *f)
{
	struct tree *t, *next;

	list_for_each_safe (t, next, &f->trees, link)
		tree_free(t);
}

void forest_fini(struct forest *f)
{
	trees_clear(f);
	paths_fini(&f->roots);
	paths_fini(&f->packages);
	paths_fini(&f->includes);
}

/* @path below @directory, the way that the file system goes if it is there. */
static char *path_absolute(const char *path, const char *directory)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	char *real;

	if (*path != '/' && directory)
		text_printf(&t, "%s/", directory);
	text_puts(&t, path);
	if (text_is_failed(&t))
		return NULL;
	real = realpath(text_string(&t), NULL);
	return real ? real : strdup(text_string(&t));
}

static int paths_set(struct paths *p, const char *const *paths, size_t n,
		     const char *directory)
{
	size_t i;

	paths_fini(p);
	for (i = 0; i < n && i < FOREST_PATHS_MAX; i++) {
		p->at[p->n] = path_absolute(paths[i], directory);
		if (!p->at[p->n])
			return -ENOMEM;
		p->n++;
	}
	return 0;
}

int forest_set_roots(struct forest *f, const char *const *paths, size_t n,
		     const char *directory)
{
	struct tree *t;
	size_t i;
	int r = paths_set(&f->roots, paths, n, directory);

	trees_clear(f);
	for (i = 0; i < f->roots.n && !r; i++)
		r = tree_new(f, f->roots.at[i], false, &t);
	return r;
}

int forest_set_packages(struct forest *f, const char *const *paths, size_t n,
			const char *directory)
{
	forest_touch_all(f);
	return paths_set(&f->packages, paths, n, directory);
}

int forest_set_includes(struct forest *f, const char *const *paths, size_t n,
			const char *directory)
{
	forest_touch_all(f);
	return paths_set(&f->includes, paths, n, directory);
}

void forest_touch_all(struct forest *f)
{
	struct tree *t;

	list_for_each (t, &f->trees, link)
		t->is_stale = true;
}

static bool stamp_is(const struct package_stamp *stamp,
		     const struct document *d)
{
	return d->inode && stamp->inode == d->inode &&
	       stamp->device == d->device;
}

/* What the manifest calls the shard that @d is; NULL if it has none. */
static const char *shard_name(const struct manifest *m,
			      const struct document *d)
{
	struct stat st;
	size_t i;

	for (i = 1; i < m->n_files; i++)
		if (stat(m->files[i], &st) == 0 && st.st_ino == d->inode &&
		    st.st_dev == d->device)
			return m->files[i];
	return NULL;
}

/* Is @d the manifest of @r, or a part of it? */
static bool realm_has(struct tree *t, struct realm *r, const struct document *d,
		      struct seat *ret)
{
	const struct package *p = resolver_package(&t->resolver, r);
	size_t i;

	if (!p || r->state != REALM_RESOLVED)
		return false;
	*ret = (struct seat){ .tree = t, .realm = r };
	if (stamp_is(&p->stamp, d)) {
		ret->file = r->manifest->file;
		return true;
	}
	for (i = 0; i < p->n_shards; i++) {
		if (!stamp_is(&p->shards[i].stamp, d))
			continue;
		ret->file = shard_name(r->manifest, d);
		ret->is_shard = true;
		return ret->file;
	}
	return false;
}

static bool tree_find(struct tree *t, const struct document *d,
		      struct seat *ret)
{
	struct realm *r;

	for (r = t->topology.root; r; r = realm_next(r))
		if (realm_has(t, r, d, ret))
			return true;
	return false;
}

/* Is there a component in it whose manifest could not be had? Then any document
 * may be the one that is missing. */
static bool tree_has_gaps(const struct tree *t)
{
	struct realm *r;

	for (r = t->topology.root; r; r = realm_next(r))
		if (r->state != REALM_RESOLVED)
			return true;
	return false;
}

void forest_touch(struct forest *f, const struct document *d)
{
	struct seat seat;
	struct tree *t;

	list_for_each (t, &f->trees, link)
		if (t->is_built && !t->is_stale)
			t->is_stale =
				tree_find(t, d, &seat) || tree_has_gaps(t);
}

void forest_forget(struct forest *f, const struct document *d)
{
	struct tree *t, *next;

	list_for_each_safe (t, next, &f->trees, link)
		if (t->is_lone && d->path && !strcmp(t->root, d->path))
			tree_free(t);
}

void forest_stamp(struct document *d)
{
	struct stat st;

	d->device = d->inode = 0;
	if (!d->path || stat(d->path, &st) < 0)
		return;
	d->device = st.st_dev;
	d->inode = st.st_ino;
}

struct document *forest_document(const struct forest *f, const char *file)
{
	struct document *d;
	struct stat st;

	if (stat(file, &st) < 0)
		st = (struct stat){ 0 };
	list_for_each (d, f->documents, link) {
		if (d->path && !strcmp(d->path, file))
			return d;
		if (st.st_ino && d->inode == st.st_ino &&
		    d->device == st.st_dev)
			return d;
	}
	return NULL;
}

/* A text by itself, with what it includes if it is a file. */
static int document_load(const struct forest *f, struct document *d,
			 struct manifest **ret)
{
	const struct package_paths paths = { .includes = f->includes.at,
					     .n_includes = f->includes.n };
	_cleanup_text_ struct text why = TEXT_INIT;
	struct package p = { 0 };
	int r = d->path ? package_find_root(d->path, &p, &why) : 1;

	if (r < 0 || text_is_failed(&why))
		return r < 0 ? r : -ENOMEM;
	r = r ? manifest_load(d->path ? d->path : d->uri, text_string(&d->text),
			      d->text.n, ret, &d->report)
	      : overlay_load(f, &p, &paths, &d->text, ret, &d->report);
	package_fini(&p);
	return r;
}

static int document_keep(struct document *d)
{
	text_clear(&d->good);
	text_append(&d->good, text_string(&d->text), d->text.n);
	if (text_is_failed(&d->good)) {
		text_fini(&d->good);
		return -ENOMEM;
	}
	d->is_current = true;
	return 0;
}

int forest_check(const struct forest *f, struct document *d)
{
	struct manifest *m = NULL;
	int r;

	report_fini(&d->report);
	d->is_current = false;
	r = document_load(f, d, &m);
	report_sort(&d->report);
	if (r < 0)
		return r;
	if (m)
		d->dialect = m->dialect;
	manifest_free(m);
	/* What a shard lacks may be in what includes it. */
	return !r || (document_is_shard(d) && report_is_of_whole(&d->report))
		       ? document_keep(d)
		       : 0;
}

/* Make @r of @text. */
static int tree_plant(struct tree *t, struct realm *r, const struct text *text,
		      struct package *take_package, struct report *report)
{
	struct manifest *m = NULL;
	int k;

	k = overlay_load(t->forest, take_package, &t->resolver.paths, text, &m,
			 report);
	if (!k) {
		k = resolver_plant(&t->resolver, r, m, take_package);
		if (k && k != -ENOMEM)
			realm_break(r, "the tree is too deep");
		return k == -ENOMEM ? k : 0;
	}
	package_fini(take_package);
	if (k > 0)
		realm_break(r, "its manifest has errors");
	return k < 0 ? k : 0;
}

/* As resolver_resolve(), but what is open in the editor goes before its file.
 * In the form of check_resolve_fn. */
static int tree_resolve(void *userdata, struct realm *r, struct report *report)
{
	_cleanup_(source_file_fini) struct source_file file = { 0 };
	_cleanup_text_ struct text why = TEXT_INIT;
	const struct text *text = NULL;
	struct tree *t = userdata;
	struct package p = { 0 };
	struct text saved;
	struct document *d;
	int k, error;

	/* Whether that may be is the resolver's to say. */
	if (r->parent && !strncmp(r->url, "file://", 7))
		return resolver_resolve(&t->resolver, r, report);
	k = r->parent ? package_find(&t->resolver.paths,
				     resolver_package(&t->resolver, r->parent),
				     r->url, &p, &why)
		      : package_find_root(r->url, &p, &why);
	if (!k)
		k = source_file_read(p.manifest_file, &file, &error);
	if (text_is_failed(&why))
		k = -ENOMEM;
	if (k) {
		package_fini(&p);
		return k < 0 ? k : resolver_resolve(&t->resolver, r, report);
	}
	p.stamp = file.stamp;
	d = forest_document(t->forest, p.manifest_file);
	text = d ? overlay_text(d) : NULL;
	saved = (struct text){ .bytes = file.bytes, .n = file.n };
	return tree_plant(t, r, text ? text : &saved, &p, report);
}

static int tree_build(struct tree *t)
{
	/* What a manager gives to the root; to one that has a parent in truth,
	 * nobody knows what is given. */
	static const struct builtin builtins[] = {
		{ CAPABILITY_DIRECTORY, "data", RIGHTS_R | RIGHTS_W },
	};
	struct package_paths paths = { .directories = t->packages,
				       .n = t->forest->packages.n,
				       .includes = t->forest->includes.at,
				       .n_includes = t->forest->includes.n };
	int r;

	tree_clear(t);
	memcpy(t->packages, t->forest->packages.at, sizeof(t->packages));
	if (!paths.n) {
		t->default_packages = package_default_path(t->root);
		if (!t->default_packages)
			return -ENOMEM;
		t->packages[0] = t->default_packages;
		paths.n = 1;
	}
	report_init(&t->report);
	resolver_init(&t->resolver, paths);
	r = resolver_tree(&t->topology, t->root, builtins,
			  t->is_lone ? 0 : N_ELEMENTS(builtins));
	if (r < 0) {
		resolver_fini(&t->resolver);
		free(TAKE(t->default_packages));
		return r;
	}
	t->is_built = true;
	r = check_tree(&t->topology, tree_resolve, t, NULL, &t->report);
	t->is_stale = r < 0;
	return r;
}

/* Has a file of the tree changed behind the editor's back? */
static bool tree_has_changed(const struct tree *t)
{
	enum { LOOK_MAX = 256 };
	const struct package *p;
	struct realm *r;
	size_t n = 0;

	for (r = t->topology.root; r && n < LOOK_MAX; r = realm_next(r), n++) {
		p = resolver_package(&t->resolver, r);
		if (p && package_has_changed(p))
			return true;
	}
	return false;
}

static int tree_refresh(struct tree *t)
{
	if (t->is_built && !t->is_stale && !tree_has_changed(t))
		return 0;
	return tree_build(t);
}

/* The tree of @d alone. */
static int tree_lone(struct forest *f, const struct document *d,
		     struct tree **ret)
{
	struct tree *t;

	list_for_each (t, &f->trees, link) {
		if (!t->is_lone || strcmp(t->root, d->path))
			continue;
		*ret = t;
		return 0;
	}
	return tree_new(f, d->path, true, ret);
}

static int forest_find_lone(struct forest *f, struct document *d,
			    struct seat *ret)
{
	struct tree *t;
	int r;

	if (!d->path)
		return FOREST_ABSENT;
	r = tree_lone(f, d, &t);
	if (!r)
		r = tree_refresh(t);
	if (r)
		return r;
	if (t->topology.root->state != REALM_RESOLVED)
		return FOREST_ABSENT;
	*ret = (struct seat){ .tree = t,
			      .realm = t->topology.root,
			      .file = t->topology.root->manifest->file };
	return 0;
}

int forest_next(struct forest *f, struct document *d, struct seat *seat)
{
	bool is_found = seat->tree != NULL, is_behind = !is_found;
	struct seat next = { 0 };
	struct tree *t;
	int r;

	if (is_found && seat->tree->is_lone)
		return FOREST_ABSENT;
	list_for_each (t, &f->trees, link) {
		if (t->is_lone)
			continue;
		if (!is_behind) {
			is_behind = t == seat->tree;
			continue;
		}
		r = tree_refresh(t);
		if (r < 0)
			return r;
		if (!tree_find(t, d, &next))
			continue;
		*seat = next;
		return 0;
	}
	return is_found ? FOREST_ABSENT : forest_find_lone(f, d, seat);
}

int forest_find(struct forest *f, struct document *d, struct seat *ret)
{
	*ret = (struct seat){ 0 };
	return forest_next(f, d, ret);
}
