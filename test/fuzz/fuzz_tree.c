/*
 * Whatever manifests say, all that is asked of their tree is answered: it is
 * checked, every route walked, its authority searched and compared, what is
 * broken mended; and grants, cuts and ends leave it sound.
 *
 * The bytes are up to eight manifests, with lines of "----" between them: the
 * root, then a, b and so on. One is found by the name in a URL ("#meta/a.cm") or
 * in the path of an include ("a.cml"), and called "/m/a.cml" then. What is done
 * to the tree while it lives follows from a number made of the bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "rig_grant.h"
#include "route/compare.h"
#include "route/fix.h"
#include "route/survey.h"

enum {
	FILES_MAX = 8,
	/* Trees may be as large as they like, but not here. */
	REALMS_MAX = 64,
	FIXES_MAX = 2,
	STEPS = 24,
	NONE = FILES_MAX,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct file {
	const char *bytes;
	size_t n;
};

struct files {
	struct file at[FILES_MAX];
	size_t n, without; /* that one is not there */
};

/* A tree of them; what it was made of outlives it. */
struct tree {
	struct rig rig;
	const struct files *files;
};

static uint64_t random_state;

static void require(bool holds)
{
	if (!holds)
		abort();
}

static size_t below(size_t n)
{
	random_state = random_state * 6364136223846793005u +
		       1442695040888963407u;
	return n ? (size_t)(random_state >> 33) % n : 0;
}

/* ---- the files ---- */

static void files_split(struct files *f, const char *bytes, size_t n)
{
	static const char separator[] = "----\n";
	const char *end;
	size_t k;

	*f = (struct files){ .without = NONE };
	while (f->n < FILES_MAX) {
		end = f->n + 1 < FILES_MAX ?
			      memmem(bytes, n, separator, 5) :
			      NULL;
		k = end ? (size_t)(end - bytes) : n;
		f->at[f->n++] = (struct file){ bytes, k };
		if (!end)
			return;
		bytes += k + 5;
		n -= k + 5;
	}
}

static const char *file_name(size_t i)
{
	static const char *const names[FILES_MAX] = {
		"/m/root.cml", "/m/a.cml", "/m/b.cml", "/m/c.cml",
		"/m/d.cml",    "/m/e.cml", "/m/f.cml", "/m/g.cml",
	};

	return names[i];
}

/* The file that a path or a URL is of, by its last part; NONE if there is none.
 */
static size_t file_find(const struct files *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t n = strcspn(name, "."), i;

	for (i = 0; i < f->n; i++)
		if (i != f->without && strlen(file_name(i)) == n + 7 &&
		    !strncmp(file_name(i) + 3, name, n))
			return i;
	return NONE;
}

/* Of the exact size, so that a step too far is seen. */
static char *file_bytes(const struct file *f)
{
	char *bytes = malloc(f->n ? f->n : 1);

	require(bytes);
	memcpy(bytes, f->bytes, f->n);
	return bytes;
}

static int on_include(void *userdata, const char *from, const char *path,
		      char **ret_file, char **ret_bytes, size_t *ret_n,
		      const char **ret_why)
{
	const struct files *f = userdata;
	size_t i = file_find(f, path);

	(void)from;
	if (i == NONE) {
		*ret_why = "does not exist";
		return MANIFEST_INVALID;
	}
	*ret_file = strdup(file_name(i));
	*ret_bytes = file_bytes(&f->at[i]);
	*ret_n = f->at[i].n;
	return 0;
}

/* ---- the tree ---- */

static int on_resolve(void *userdata, struct realm *r, struct report *report)
{
	const struct tree *t = userdata;
	const struct manifest_includes includes = { on_include,
						    (void *)t->files };
	size_t i = file_find(t->files, r->url);
	struct manifest *m = NULL;
	char *bytes;
	int k;

	if (i == NONE || r->tree->n_realms > REALMS_MAX) {
		realm_break(r, "there is no such package");
		return 0;
	}
	bytes = file_bytes(&t->files->at[i]);
	k = manifest_load_with(file_name(i), bytes, t->files->at[i].n,
			       &includes, &m, report);
	free(bytes);
	require(k >= 0 && !k == !!m);
	if (!k)
		k = realm_resolve(r, m);
	require(k == 0 || k == MANIFEST_INVALID || k == REALM_TOO_DEEP);
	if (k)
		realm_break(r, "its manifest is invalid");
	return 0;
}

static void tree_make(struct tree *t, const struct files *f)
{
	*t = (struct tree){ .files = f };
	report_init(&t->rig.report);
	require(!topology_init(&t->rig.tree, "#meta/root.cm", rig_builtins,
			       rig_n_builtins));
}

static void tree_resolve(struct tree *t)
{
	require(!check_resolve(&t->rig.tree, on_resolve, t, &t->rig.report));
}

static void tree_end(struct tree *t)
{
	route_fini(&t->rig.route);
	topology_fini(&t->rig.tree);
	report_fini(&t->rig.report);
}

/* ---- routes ---- */

static void route_look(const struct route *route, int verdict)
{
	struct text t = TEXT_INIT;

	require(verdict == ROUTE_ENDED || verdict == ROUTE_BROKEN);
	require(route->n_hops && route->n_hops <= ROUTE_HOPS_MAX);
	if (verdict)
		require(route->why.text.n && route->why.rule &&
			route->why.realm && route->why.file &&
			route->why.status);
	route_render(route, verdict, &t);
	route_render_json(route, verdict, &t);
	require(t.n && !text_is_failed(&t));
	text_fini(&t);
}

static int on_route(void *userdata, struct realm *r, const struct decl *d,
		    int verdict, const struct route *route)
{
	size_t *n = userdata;

	require(realm_slot_of(r,
			      d->kind == DECL_USE ? TABLE_PROGRAM_INPUT :
						    TABLE_OUTPUT,
			      d));
	route_look(route, verdict);
	++*n;
	return 0;
}

static void routes_walk(struct tree *t)
{
	struct survey s;
	size_t n = 0, i;
	const struct survey_route *at;
	int k;

	require(!survey_take(&t->rig.tree, on_route, &n, &s) && n == s.n);
	/* The same again, from what is derived by now. */
	for (i = 0; i < s.n; i++) {
		at = &s.routes[i];
		k = route_walk_instance(at->realm, at->decl, at->instance,
					&t->rig.route);
		require(k == at->verdict);
		require(k || (t->rig.route.source == at->source &&
			      t->rig.route.realm == at->provider &&
			      t->rig.route.rights == at->rights));
	}
	survey_fini(&s);
	rig_check_tree(&t->rig);
}

/* ---- authority ---- */

static void paths_find(const struct reach *g)
{
	struct reach_path path;
	size_t from, to, i;
	int k;

	for (from = 0; from < g->n_realms && from < 12; from++)
		for (to = 0; to < g->n_realms && to < 12; to++) {
			k = reach_find(g, g->realms[from], g->realms[to],
				       &path);
			require(k == 0 || k == REACH_NONE);
			if (k)
				continue;
			require(path.n && path.steps[0].from == g->realms[from]);
			require(path.steps[path.n - 1].to == g->realms[to]);
			for (i = 1; i < path.n; i++)
				require(path.steps[i].from ==
					path.steps[i - 1].to);
			reach_path_fini(&path);
		}
}

static void records_look(const struct reach *g)
{
	struct text t = TEXT_INIT;
	size_t i;

	for (i = 0; i < g->n_records; i++) {
		require(reach_record_file(&g->records[i]) &&
			reach_origin_file(&g->records[i]));
		if (!reach_is_held(&g->records[i]))
			continue;
		reach_render(&g->records[i], &t);
		reach_source_render(&g->records[i], &t);
		require(reach_source_moniker(&g->records[i]));
	}
	require(!text_is_failed(&t));
	text_fini(&t);
}

/* Beside the same tree, and beside one that lacks a file. */
static void trees_compare(const struct reach *g, const struct files *f)
{
	struct files fewer = *f;
	struct compare c;
	struct tree other;
	struct reach h;
	size_t i;

	for (i = 0; i < 2; i++) {
		tree_make(&other, &fewer);
		tree_resolve(&other);
		require(!reach_take(&other.rig.tree, NULL, NULL, &h));
		require(!compare_take(g, &h, &c));
		require(i || (!c.n_changes && !c.n_gained && !c.n_lost));
		compare_fini(&c);
		require(!compare_take(&h, g, &c));
		compare_fini(&c);
		reach_fini(&h);
		tree_end(&other);
		fewer.without = below(f->n);
	}
}

static void authority_look(struct tree *t)
{
	struct reach g;

	require(!reach_take(&t->rig.tree, NULL, NULL, &g));
	records_look(&g);
	paths_find(&g);
	trees_compare(&g, t->files);
	reach_fini(&g);
}

/* ---- mending ---- */

static int on_read(void *userdata, const char *file, char **ret, size_t *ret_n)
{
	const struct files *f = userdata;
	size_t i = file_find(f, file);

	if (i == NONE)
		return FIX_NONE;
	*ret = file_bytes(&f->at[i]);
	*ret_n = f->at[i].n;
	return 0;
}

static int on_find(void *userdata, const struct realm *r, char **ret)
{
	size_t i = file_find(userdata, r->url);

	if (i == NONE)
		return FIX_NONE;
	*ret = strdup(file_name(i));
	require(*ret);
	return 0;
}

/* With what is above it resolved; a component may be below itself. */
static struct realm *tree_find(struct tree *t, const char *moniker)
{
	size_t n = strlen(moniker);
	struct realm *r;

	for (r = t->rig.tree.root; r; r = realm_next(r)) {
		if (strncmp(r->moniker, moniker, strlen(r->moniker)))
			continue;
		if (r->state == REALM_UNRESOLVED)
			(void)on_resolve(t, r, &t->rig.report);
		if (strlen(r->moniker) == n)
			return r;
	}
	return NULL;
}

/* With the files as they are to be, the route holds. */
static void mended_check(const struct files *f, const struct fix *fix,
			 const char *moniker)
{
	struct files files = *f;
	struct realm *r;
	struct tree t;
	size_t i, k;
	int verdict;

	for (i = 0; i < fix->n_files; i++) {
		k = file_find(f, fix->files[i].file);
		require(k != NONE);
		files.at[k] = (struct file){ fix->files[i].new,
					     fix->files[i].n_new };
	}
	tree_make(&t, &files);
	r = tree_find(&t, moniker);
	require(r && r->state == REALM_RESOLVED);
	while ((verdict = route_walk_name(r, fix->name, &t.rig.route)) ==
	       ROUTE_UNRESOLVED)
		(void)on_resolve(&t, t.rig.route.need, &t.rig.report);
	require(verdict == ROUTE_ENDED);
	tree_end(&t);
}

static void route_mend(struct tree *t, const struct realm *r, const char *name)
{
	const struct fix_files files = { on_read, on_find, (void *)t->files };
	struct fix fix = { 0 };
	int k = fix_find(&t->rig.tree, r->moniker, name, &files, &fix);

	require(k >= 0 && k <= FIX_NOT_NEEDED);
	require(fix.text.n || k == FIX_NOT_NEEDED);
	if (!k)
		mended_check(t->files, &fix, r->moniker);
	fix_fini(&fix);
}

static void routes_mend(struct tree *t)
{
	struct survey s;
	size_t i, n = 0;

	require(!survey_take(&t->rig.tree, NULL, NULL, &s));
	for (i = 0; i < s.n && n < FIXES_MAX; i++) {
		if (s.routes[i].verdict != ROUTE_BROKEN || below(3) == 0)
			continue;
		route_mend(t, s.routes[i].realm,
			   s.routes[i].decl->target_name);
		n++;
	}
	survey_fini(&s);
}

/* ---- while it lives ---- */

static struct realm *realm_any(struct tree *t)
{
	size_t n = below(t->rig.tree.n_realms);
	struct realm *r = t->rig.tree.root;

	while (n-- && realm_next(r))
		r = realm_next(r);
	return r;
}

static struct slot *slot_any(struct tree *t)
{
	struct realm *r = realm_any(t);
	enum table_kind kind = (enum table_kind)below(N_TABLES);
	struct slot *added = realm_next_added(r, kind, NULL);
	const struct table *table = &r->tables[kind];

	if (added && below(2))
		return added;
	return table->n ? &table->slots[below(table->n)] : NULL;
}

static void slot_walk(struct tree *t, struct slot *s)
{
	int k = route_walk_slot(s, s->holder, &t->rig.route);

	/* Members that were added are not resolved yet. */
	while (k == ROUTE_UNRESOLVED) {
		require(!on_resolve(t, t->rig.route.need, &t->rig.report));
		k = route_walk_slot(s, s->holder, &t->rig.route);
	}
	route_look(&t->rig.route, k);
	if (!k)
		route_spend(&t->rig.route);
}

static void step_give(struct tree *t)
{
	struct slot *s = slot_any(t);
	struct realm *by = realm_any(t), *to = by;
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	struct grant_spec spec;
	int k;

	if (s && below(4))
		by = s->holder;
	to = by;
	if (!list_is_empty(&by->children) && below(4))
		to = list_first(&by->children, struct realm, link);
	spec = (struct grant_spec){
		.type = s ? s->decl->type : CAPABILITY_SERVICE,
		.name = s ? s->decl->target_name : "X",
		.as = to == by || !below(3) ? "copy" : NULL,
		.from = below(3) ? NULL : below(2) ? "self" : "parent",
		.uses = (uint32_t)below(3),
		.no_transfer = below(2),
	};
	k = grant_new(by, to, &spec, &g, &why);
	require(k >= 0 && !k == !!g && !k == !why.n);
	if (g)
		slot_walk(t, grant_slot(g));
	text_fini(&why);
}

static void step_register(struct tree *t)
{
	struct registration what = { .name = below(2) ? "X" : "Y" };
	struct realm *r = realm_any(t);
	struct text why = TEXT_INIT;
	const struct decl *d = NULL;
	struct grant *g = NULL;
	int k;

	if (r->state == REALM_RESOLVED && below(2)) {
		k = registry_add(r, &what, &g, &why);
		require(k >= 0 && !k == !!g);
	} else if (r->state == REALM_RESOLVED) {
		k = registry_look_up(r, what.name, &d, &why);
		require(k >= 0 && !k == !!d);
		if (d)
			slot_walk(t, realm_slot_of(r, TABLE_PROGRAM_INPUT, d));
	}
	text_fini(&why);
}

static void step_take_back(struct tree *t)
{
	static struct cut_told told;
	struct cutting cutting = rig_cutting(&told);
	struct slot *s = slot_any(t);

	if (below(8) == 0)
		(void)realm_cut(realm_any(t), SLOT_CUT_BY_OPERATOR, &cutting);
	else if (s && below(4) == 0)
		(void)slot_end(s->grant ? grant_top(s->grant) : s, &cutting);
	else if (s)
		require(slot_cut(s, SLOT_CUT_BY_PARENT, &cutting) >=
			told.n_slots);
}

static void step_mend(struct tree *t)
{
	struct slot *s = slot_any(t);

	if (below(4) == 0)
		realm_mend(realm_any(t));
	else if (s && !s->grant)
		(void)slot_mend(s);
}

static void step_member(struct tree *t)
{
	struct realm *r = realm_any(t), *child;
	const struct collection_decl *c;

	if (r->parent && below(3) == 0) {
		realm_remove(r);
		return;
	}
	if (r->state != REALM_RESOLVED || !r->manifest->n_collections)
		return;
	c = &r->manifest->collections[below(r->manifest->n_collections)];
	(void)realm_add_child(r, c->name, below(2) ? "m" : "n",
			      below(2) ? "#meta/a.cm" : "#meta/b.cm",
			      STARTUP_LAZY, &child);
}

static void tree_live(struct tree *t)
{
	static void (*const kinds[])(struct tree *) = {
		step_give, step_give,	   step_register,
		step_mend, step_take_back, step_member,
	};
	struct realm *r;
	struct slot *s;
	size_t i;

	for (i = 0; i < STEPS; i++) {
		kinds[below(N_ELEMENTS(kinds))](t);
		s = slot_any(t);
		if (s)
			slot_walk(t, s);
		rig_check_tree(&t->rig);
	}
	for (r = t->rig.tree.root; r; r = realm_next(r))
		if (r->state == REALM_UNRESOLVED)
			(void)on_resolve(t, r, &t->rig.report);
	routes_walk(t);
}

/* What the rig asserts is no test's failure here. */
__attribute__((constructor)) static void rig_abort(void)
{
	(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tree *t = malloc(sizeof(*t));
	struct text text = TEXT_INIT;
	struct files f;

	require(t);
	random_state = map_hash(data, size);
	files_split(&f, (const char *)data, size);
	tree_make(t, &f);
	require(!check_tree(&t->rig.tree, on_resolve, t, NULL,
			    &t->rig.report));
	report_render(&t->rig.report, &text);
	report_render_json(&t->rig.report, &text);
	require(!t->rig.report.failed && !text_is_failed(&text));
	text_fini(&text);
	routes_walk(t);
	authority_look(t);
	routes_mend(t);
	tree_live(t);
	tree_end(t);
	free(t);
	return 0;
}
