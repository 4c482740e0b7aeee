/*
 * The policy of a tree.
 *
 * What it demands of every manifest is here; what it forbids is in the walk
 * (walk_check_policy()) and, as far as that takes more than one route, in
 * check_never.c.
 */
#include "route/check_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool decl_is(const struct decl *d, const struct policy_must *must)
{
	return d->type == must->type && !strcmp(d->name, must->name);
}

static void must_use_check(const struct realm *r,
			   const struct policy_must *must,
			   struct report *report)
{
	const struct manifest *m = r->manifest;
	size_t i;

	if (!m->program)
		return;
	for (i = 0; i < m->n_decls[DECL_USE]; i++)
		if (decl_is(&m->decls[DECL_USE][i], must))
			return;
	report_add(report, SEVERITY_ERROR, manifest_file(m, m->program->place),
		   m->program->place, "must-use",
		   "%s has to use the %s %s, as every component with a program "
		   "here: add { %s: \"%s\" } to \"use\"",
		   r->moniker, must->keyword, must->name, must->keyword,
		   must->name);
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * To whom @m offers it, in order; and from whom, because where it comes from it
 * is not offered back. Children and collections share one space of names. 0 and
 * the caller owns *ret (free), or -ENOMEM.
 */
static int offered_list(const struct manifest *m,
			const struct policy_must *must, const char ***ret,
			size_t *ret_n)
{
	const struct decl *d;
	const char **names =
		calloc(2 * m->n_decls[DECL_OFFER] + 1, sizeof(*names));
	size_t n = 0, i;

	if (!names)
		return -ENOMEM;
	for (i = 0; i < m->n_decls[DECL_OFFER]; i++) {
		d = &m->decls[DECL_OFFER][i];
		if (!decl_is(d, must))
			continue;
		if (d->to.kind != TARGET_DICTIONARY)
			names[n++] = d->to.name;
		if (d->from.name)
			names[n++] = d->from.name;
	}
	qsort(names, n, sizeof(*names), name_compare);
	*ret = names;
	*ret_n = n;
	return 0;
}

static void offer_report(const struct realm *r, struct place place,
			 const char *name, const struct policy_must *must,
			 struct report *report)
{
	report_add(report, SEVERITY_ERROR, manifest_file(r->manifest, place),
		   place, "must-offer",
		   "%s has to offer the %s %s to \"#%s\", as to every child "
		   "here: add { %s: \"%s\", from: ..., to: \"#%s\" } to "
		   "\"offer\"",
		   r->moniker, must->keyword, must->name, name, must->keyword,
		   must->name, name);
}

static int must_offer_check(const struct realm *r,
			    const struct policy_must *must,
			    struct report *report)
{
	const struct manifest *m = r->manifest;
	const char **names;
	size_t n, i;
	int k;

	if (!m->n_children && !m->n_collections)
		return 0;
	k = offered_list(m, must, &names, &n);
	if (k)
		return k;
	for (i = 0; i < m->n_children; i++)
		if (!bsearch(&m->children[i].name, names, n, sizeof(*names),
			     name_compare))
			offer_report(r, m->children[i].place,
				     m->children[i].name, must, report);
	for (i = 0; i < m->n_collections; i++)
		if (!bsearch(&m->collections[i].name, names, n, sizeof(*names),
			     name_compare))
			offer_report(r, m->collections[i].place,
				     m->collections[i].name, must, report);
	free(names);
	return 0;
}

/* Is this realm who provides what everybody has to use? It need not use it. */
static bool is_provider(const struct realm *r, const struct policy_must *must)
{
	size_t i;

	for (i = 0; i < r->manifest->n_decls[DECL_CAPABILITY]; i++)
		if (decl_is(&r->manifest->decls[DECL_CAPABILITY][i], must))
			return true;
	return false;
}

int check_policy(struct topology *t, const struct policy *p,
		 struct report *report)
{
	struct realm *r;
	size_t i;
	int k = 0;

	for (r = t->root; r; r = realm_next(r)) {
		if (r->state != REALM_RESOLVED)
			continue;
		for (i = 0; i < p->n_must_use; i++)
			if (!is_provider(r, &p->must_use[i]))
				must_use_check(r, &p->must_use[i], report);
		for (i = 0; i < p->n_must_offer && !k; i++)
			k = must_offer_check(r, &p->must_offer[i], report);
		if (k)
			return k;
	}
	return check_nevers(t, p, report);
}
