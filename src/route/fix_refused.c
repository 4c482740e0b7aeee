/* A declaration that is there, but refuses: it gives too little, or it takes
 * from where there is nothing. */
#include <errno.h>
#include <string.h>

#include "route/fix_step.h"

/* What was asked of a directory: storage is written to. */
static uint32_t rights_asked(const struct route *route)
{
	size_t i;

	if (route->storage)
		return RIGHTS_R | RIGHTS_W;
	for (i = 0; i < route->n_hops; i++)
		if (route->hops[i].decl->has_rights)
			return route->hops[i].decl->rights;
	return RIGHTS_R;
}

static int step_rights(struct steps *s)
{
	const struct why *w = &s->route->why;
	uint32_t rights = rights_asked(s->route);
	_cleanup_text_ struct text words = TEXT_INIT;
	struct draft d = *s->sim->draft;
	int k;

	if (w->decl->has_rights)
		rights |= w->decl->rights;
	rights_render(rights, &words);
	k = draft_set_rights(&d, w->realm, w->decl, rights);
	if (!k)
		k = draft_note(&d, "give %s with [%s] in %s",
			       w->decl->target_name, text_string(&words),
			       step_file(w->realm, w->decl));
	if (text_is_failed(&words))
		return -ENOMEM;
	return steps_take(s, &d, k, COST_EDIT);
}

static int step_word(struct steps *s, const struct realm *r,
		     const struct decl *decl, const char *word, unsigned cost)
{
	struct draft d = *s->sim->draft;
	int k = draft_set_availability(&d, r, decl, word);

	if (!k)
		k = draft_note(&d, "%s is %s in %s", decl->target_name, word,
			       step_file(r, decl));
	return steps_take(s, &d, k, cost);
}

/* The hop promises what is asked for; or no more is asked for than there is. */
static int step_availability(struct steps *s)
{
	const struct why *w = &s->route->why;
	const struct hop *user = &s->route->hops[0];
	int k;

	if (!s->route->n_hops)
		return 0;
	k = step_word(s, w->realm, w->decl,
		      availability_words[user->decl->availability], COST_EDIT);
	if (k < 0 || user->decl->kind != DECL_USE)
		return k;
	return step_word(s, user->realm, user->decl,
			 w->decl->from.kind == SOURCE_VOID
				 ? "optional"
				 : availability_words[w->decl->availability],
			 COST_TAKE_OTHER);
}

int steps_refused(struct steps *s)
{
	const struct why *w = &s->route->why;

	if (!strcmp(w->rule, "rights-invalid") ||
	    !strcmp(w->rule, "missing-rights-source"))
		return step_rights(s);
	if (!strcmp(w->rule, "availability") ||
	    !strcmp(w->rule, "void-to-required"))
		return step_availability(s);
	/* Nothing above the root has it; somebody in the tree may. */
	if (strstr(w->rule, "-from-component-manager-not-found"))
		return step_source(s, w->realm, w->decl);
	return 0;
}
