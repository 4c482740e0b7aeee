/*
 * What the policy of a tree forbids.
 *
 * Who has something directly is refused by the walk, so that it holds for
 * grants as well. Here is the rest: what one component could get at through
 * others, and what members of collections would have, who are in no manifest. A
 * pattern that nobody matches forbids nothing, which nobody would notice: that
 * is told.
 */
#include "route/check_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/access.h"
#include "route/reach.h"

/* Of so many components one is found that was perhaps meant. */
enum { NEAR_LOOKED_MAX = 1000 };

static void path_report(const struct realm *root, const struct policy_never *n,
			const struct reach_path *path, struct report *report)
{
	const struct reach_step *first = &path->steps[0];
	struct text t = TEXT_INIT;
	size_t i;

	for (i = 0; i < path->n; i++)
		text_printf(&t, "%s -> ", path->steps[i].from->moniker);
	text_puts(&t, path->steps[path->n - 1].to->moniker);
	report_add(
		report, SEVERITY_ERROR, reach_record_file(first->by),
		first->by->decl->place, "policy-never",
		"%s can get at %s through others (%s), and the tree's policy "
		"(%s:%u:%u) says never",
		first->from->moniker, path->steps[path->n - 1].to->moniker,
		text_string(&t), manifest_file(root->manifest, n->place),
		n->place.line, n->place.column);
	report->failed |= text_is_failed(&t);
	text_fini(&t);
}

/* One route from the one to the other is refused by the walk, and told there.
 */
static bool is_refused(const struct reach_path *path)
{
	return path->n == 1 && (path->steps[0].kind == REACH_SERVICE ||
				path->steps[0].kind == REACH_DIRECTORY);
}

/* Who matches "to" may not get at who matches "from". */
static int never_check(const struct reach *g, const struct realm *root,
		       const struct policy_never *n, struct report *report)
{
	bool *from = calloc(g->n_realms + 1, sizeof(*from));
	struct reach_search search = { 0 };
	struct reach_path path;
	const char *why = NULL;
	size_t i;
	int k = from ? 0 : -ENOMEM;

	if (!k && reach_match(g, n->from->text, from, &why))
		k = reach_search(g, from, true, &search);
	else if (!k)
		k = REACH_NONE;
	for (i = 0; !k && i < g->n_components; i++) {
		if (!access_moniker_matches(n->to->text, g->realms[i]->moniker))
			continue;
		k = reach_search_path(&search, g->realms[i], &path);
		if (!k && !is_refused(&path))
			path_report(root, n, &path, report);
		if (!k)
			reach_path_fini(&path);
		k = k == REACH_NONE ? 0 : k;
	}
	reach_search_fini(&search);
	free(from);
	return k == REACH_NONE ? 0 : k;
}

/* @member stands for whoever is made in a collection. */
static void member_check(const struct realm *root, const struct reach_record *m,
			 const struct policy *p, struct report *report)
{
	const struct policy_never *n;

	for (n = p->nevers; n < p->nevers + p->n_nevers; n++) {
		if (!access_moniker_matches(n->from->text,
					    m->provider->moniker) ||
		    !access_moniker_matches(n->to->text, m->realm->moniker))
			continue;
		report_add(report, SEVERITY_ERROR, reach_record_file(m),
			   m->decl->place, "policy-never",
			   "%s would have %s of %s, and the tree's policy "
			   "(%s:%u:%u) says never",
			   m->realm->moniker, m->name, m->provider->moniker,
			   manifest_file(root->manifest, n->place),
			   n->place.line, n->place.column);
		return;
	}
}

static bool is_matched(const struct reach *g, const char *pattern)
{
	size_t i;

	for (i = 0; i < g->n_realms; i++)
		if (access_moniker_matches(pattern, g->realms[i]->moniker))
			return true;
	return false;
}

static void unmatched_report(const struct reach *g, const struct realm *root,
			     const struct access_pattern *pattern,
			     struct report *report)
{
	const char *names[NEAR_LOOKED_MAX], *near;
	size_t n = 0;

	for (; n < g->n_realms && n < NEAR_LOOKED_MAX; n++)
		names[n] = g->realms[n]->moniker;
	near = text_nearest(pattern->text, names, n);
	report_add(report, SEVERITY_WARNING,
		   manifest_file(root->manifest, pattern->place),
		   pattern->place, "policy-unmatched",
		   "no component of this tree is \"%s\", so nothing is "
		   "forbidden here%s%s%s",
		   pattern->text, near ? "; did you mean \"" : "",
		   near ? near : "", near ? "\"?" : "");
}

int check_nevers(struct topology *t, const struct policy *p,
		 struct report *report)
{
	const struct policy_never *n;
	struct reach g;
	size_t i;
	int k;

	if (!p->n_nevers)
		return 0;
	k = reach_take(t, NULL, NULL, &g);
	if (k)
		return k;
	for (i = 0; i < g.n_records; i++)
		if (g.records[i].is_forbidden)
			member_check(t->root, &g.records[i], p, report);
	for (n = p->nevers; n < p->nevers + p->n_nevers && !k; n++) {
		if (!is_matched(&g, n->from->text))
			unmatched_report(&g, t->root, n->from, report);
		if (!is_matched(&g, n->to->text))
			unmatched_report(&g, t->root, n->to, report);
		if (n->is_indirect)
			k = never_check(&g, t->root, n, report);
	}
	reach_fini(&g);
	return k;
}
