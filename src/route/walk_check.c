/*
 * What each hop of a walk is checked for: that nobody took it back, that rights
 * and availability are promised as they are asked for, and at the end the
 * source's own policy.
 */
#include "route/walk.h"

#include <errno.h>
#include <string.h>

#include "manifest/access.h"
#include "reeve/status.h"
#include "route/cut.h"
#include "route/why.h"

/* What the rule made is marked at its use, and is taken back whole: what its
 * holder gives on is derived from the input. */
static enum slot_cut slot_cut_of(const struct slot *slot)
{
	const struct grant *g = slot->grant;

	return g && g->kind == GRANT_RULE ? g->slots[1].cut : slot->cut;
}

/* What was taken back, or was good for so many opens, is good no more. */
int walk_check_slot(struct walk *w, const struct slot *slot)
{
	enum slot_cut cut = slot_cut_of(slot);
	const struct decl *d = slot->decl;

	if (cut)
		why_refused(&w->route->why, slot->declarer, d, "revoked",
			    REEVE_ERR_ACCESS_DENIED,
			    "the %s of %s by %s was taken back by %s",
			    decl_kind_name(d->kind), d->target_name,
			    slot->declarer->moniker, slot_cut_name(cut));
	else if (slot->grant && !slot->grant->uses_left)
		why_refused(&w->route->why, slot->declarer, d, "used-up",
			    REEVE_ERR_ACCESS_DENIED,
			    "%s was given to %s for a number of opens, and "
			    "these have been made",
			    d->target_name, slot->holder->moniker);
	else
		return ROUTE_ENDED;
	return ROUTE_BROKEN;
}

/*
 * Rights only grow towards the source: each declaration that states any must
 * have all that were asked for.
 */
int walk_check_rights(struct walk *w, const struct realm *realm,
		      const struct decl *d)
{
	struct text asked = TEXT_INIT, stated = TEXT_INIT;
	int r;

	if (d->type != CAPABILITY_DIRECTORY || !d->has_rights)
		return ROUTE_ENDED;
	if (!w->has_rights || !(w->rights & ~d->rights)) {
		w->rights = w->has_rights ? w->rights : d->rights;
		w->has_rights = true;
		return ROUTE_ENDED;
	}
	rights_render(w->rights, &asked);
	rights_render(d->rights, &stated);
	why_refused(&w->route->why, realm, d, "rights-invalid",
		    REEVE_ERR_ACCESS_DENIED,
		    "directory %s is used with rights [%s], but this %s gives "
		    "only [%s]",
		    d->target_name, text_string(&asked),
		    decl_kind_name(d->kind), text_string(&stated));
	r = text_is_failed(&asked) || text_is_failed(&stated) ? -ENOMEM
							      : ROUTE_BROKEN;
	text_fini(&asked);
	text_fini(&stated);
	return r;
}

/* A declaration may promise more than its target asks for, never less. */
int walk_check_availability(struct walk *w, const struct realm *realm,
			    const struct decl *d)
{
	if (d->kind == DECL_CAPABILITY ||
	    d->availability == AVAILABILITY_SAME_AS_TARGET)
		return ROUTE_ENDED;
	if (d->availability <= w->availability) {
		/* transitional asks for nothing and stays as it is. */
		if (w->availability != AVAILABILITY_TRANSITIONAL)
			w->availability = d->availability;
		return ROUTE_ENDED;
	}
	why_refused(
		&w->route->why, realm, d, "availability", REEVE_ERR_NOT_FOUND,
		"%s is %s for its user, but this %s promises only %s",
		d->target_name, availability_words[w->availability],
		decl_kind_name(d->kind), availability_words[d->availability]);
	return ROUTE_BROKEN;
}

/* The source's own policy: whom its manifest or its registration allows. */
int walk_check_access(struct walk *w, const struct realm *r,
		      const struct decl *d)
{
	struct text allowed = TEXT_INIT;
	int k;

	if (access_allows(d->access, r->moniker, w->client->moniker))
		return ROUTE_ENDED;
	access_render(d->access, &allowed);
	why_refused(
		&w->route->why, r, d, "access-denied", REEVE_ERR_ACCESS_DENIED,
		"%s lets only %s have %s, and %s is not among them", r->moniker,
		text_string(&allowed), d->name, w->client->moniker);
	k = text_is_failed(&allowed) ? -ENOMEM : ROUTE_BROKEN;
	text_fini(&allowed);
	return k;
}

/* What a component is configured with has the type it expects. */
int walk_check_config(struct walk *w, const struct realm *r,
		      const struct decl *d)
{
	const struct hop *first = &w->route->hops[0];
	struct text asked = TEXT_INIT, given = TEXT_INIT;
	int k;

	if (first->decl->kind != DECL_USE || !first->decl->config ||
	    !d->config || config_type_is_same(first->decl->config, d->config))
		return ROUTE_ENDED;
	config_type_render(first->decl->config, &asked);
	config_type_render(d->config, &given);
	why_refused(&w->route->why, r, d, "config-type-mismatch",
		    REEVE_ERR_NOT_FOUND,
		    "%s expects a %s for %s, but this is a %s",
		    first->realm->moniker, text_string(&asked), d->name,
		    text_string(&given));
	k = text_is_failed(&asked) || text_is_failed(&given) ? -ENOMEM
							     : ROUTE_BROKEN;
	text_fini(&asked);
	text_fini(&given);
	return k;
}

static bool never_matches(const struct policy_never *n, const char *from,
			  const char *to, const char *capability)
{
	return access_moniker_matches(n->from->text, from) &&
	       access_moniker_matches(n->to->text, to) &&
	       (!n->capability || !strcmp(n->capability, capability));
}

/* The tree's own policy, which the root's manifest declares: no grant and no
 * route gets past it. Nobody is kept from what is his own. */
int walk_check_policy(struct walk *w, const struct realm *provider,
		      const struct decl *d)
{
	const struct realm *root = provider->tree->root;
	const struct policy *p = root->manifest ? root->manifest->policy : NULL;
	const struct policy_never *n;
	size_t i;

	if (!p || w->client == provider)
		return ROUTE_ENDED;
	for (i = 0; i < p->n_nevers; i++) {
		n = &p->nevers[i];
		if (!never_matches(n, provider->moniker, w->client->moniker,
				   d->name))
			continue;
		why_refused(&w->route->why, w->route->hops[0].realm,
			    w->route->hops[0].decl, "policy-never",
			    REEVE_ERR_ACCESS_DENIED,
			    "%s would have %s of %s, and the tree's policy "
			    "(%s:%u:%u) says never",
			    w->client->moniker, d->name, provider->moniker,
			    manifest_file(root->manifest, n->place),
			    n->place.line, n->place.column);
		return ROUTE_BROKEN;
	}
	return ROUTE_ENDED;
}

int walk_prepend_subdir(struct walk *w, const struct realm *realm,
			const struct decl *d, const char *subdir)
{
	struct text joined = TEXT_INIT;
	struct text *s = &w->route->subdir;

	if (!subdir || !*subdir)
		return ROUTE_ENDED;
	text_printf(&joined, "%s%s%s", subdir, s->n ? "/" : "", text_string(s));
	if (text_is_failed(&joined)) {
		text_fini(&joined);
		return -ENOMEM;
	}
	text_fini(s);
	*s = joined;
	if (s->n <= ROUTE_PATH_MAX)
		return ROUTE_ENDED;
	why_refused(&w->route->why, realm, d, "path-too-long",
		    REEVE_ERR_NOT_FOUND,
		    "with this subdir the path to %s is longer than %d bytes",
		    d->target_name, ROUTE_PATH_MAX);
	return ROUTE_BROKEN;
}
