/*
 * What one component has, before and after. Records are paired by local name
 * first, then by source: what is left of both is lost, or gained. A broken
 * route gives nothing, so one that was mended is a gain.
 *
 * A component rarely has more than some tens of things; pairing looks at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route/compare_build.h"

static const enum change_kind kinds[N_REACH_HOLDS] = {
	[REACH_USES] = CHANGE_USE,
	[REACH_EXPOSES] = CHANGE_EXPOSE,
	[REACH_OFFERED] = CHANGE_OFFER,
	[REACH_MEMBER] = CHANGE_MEMBER,
};

/* ---- what is the same ---- */

/* Where a component finds it: two uses of one name may be at two paths. */
static const char *local_name(const struct reach_record *r)
{
	return r->hold == REACH_USES && r->decl->path ? r->decl->path
						      : r->decl->target_name;
}

static bool source_is_same(const struct reach_record *a,
			   const struct reach_record *b)
{
	return a->source == b->source && !strcmp(a->name, b->name) &&
	       !a->provider == !b->provider &&
	       (!a->provider ||
		!strcmp(a->provider->moniker, b->provider->moniker));
}

/* A name may have several sources, so what is the same in both comes first. */
enum match {
	MATCH_BOTH,
	MATCH_NAME,
	MATCH_SOURCE,
	MATCH_OTHER_HOLD,
	N_MATCHES,
};

static bool is_match(enum match match, const struct reach_record *a,
		     const struct reach_record *b)
{
	if (a->decl->type != b->decl->type)
		return false;
	if (match != MATCH_OTHER_HOLD && a->hold != b->hold)
		return false;
	if (match <= MATCH_NAME && strcmp(local_name(a), local_name(b)))
		return false;
	if (match == MATCH_NAME)
		return true;
	if (!source_is_same(a, b))
		return false;
	if (match != MATCH_OTHER_HOLD)
		return true;
	/* It is used now, or no longer. */
	return a->hold != REACH_EXPOSES && b->hold != REACH_EXPOSES;
}

/* ---- what it says ---- */

static void hold_render(const struct reach_record *r, struct text *t)
{
	static const char *const before[N_REACH_HOLDS] = {
		[REACH_USES] = "uses ",
		[REACH_EXPOSES] = "exposes ",
		[REACH_OFFERED] = "is offered ",
		[REACH_MEMBER] = "are offered ",
	};

	text_puts(t, before[r->hold]);
	reach_render(r, t);
	if (r->hold == REACH_OFFERED)
		text_puts(t, ", which it does not use");
}

static int held_add(struct compare *c, const char *moniker,
		    enum change_sign sign, bool grows,
		    const struct reach_record *before,
		    const struct reach_record *after, const struct text *text)
{
	const struct reach_record *r = sign == CHANGE_REMOVED ? before : after;

	if (!r)
		r = before;
	/* A value is no authority. */
	grows = grows && r->decl->type != CAPABILITY_CONFIG;
	return compare_add(c,
			   (struct change){ .kind = kinds[r->hold],
					    .sign = sign,
					    .grows = grows,
					    .moniker = moniker,
					    .file = reach_record_file(r),
					    .place = r->decl->place,
					    .before = before,
					    .after = after },
			   text);
}

static int held_gained(struct compare *c, const char *moniker,
		       const struct reach_record *before,
		       const struct reach_record *after)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	hold_render(after, &text);
	if (before && before->verdict == ROUTE_BROKEN)
		text_puts(&text, "; its route was broken");
	else if (before && before->hold == REACH_OFFERED)
		text_puts(&text, "; it was only offered before");
	return held_add(c, moniker, CHANGE_ADDED, true, before, after, &text);
}

static int held_lost(struct compare *c, const char *moniker,
		     const struct reach_record *before,
		     const struct reach_record *after)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	hold_render(before, &text);
	if (after && after->verdict == ROUTE_BROKEN)
		text_puts(&text, "; its route is broken now");
	else if (after && after->hold == REACH_OFFERED)
		text_puts(&text, "; it is still offered");
	return held_add(c, moniker, CHANGE_REMOVED, false, before, after,
			&text);
}

/* ---- what is another about it ---- */

static bool path_has(const char *above, const char *path)
{
	size_t n = strlen(above);

	return !n || (!strncmp(path, above, n) && (!path[n] || path[n] == '/'));
}

static bool part_source(const struct reach_record *old,
			const struct reach_record *new, struct text *t)
{
	if (source_is_same(old, new))
		return false;
	compare_part(t, "it is %s of ", new->name);
	reach_source_render(new, t);
	text_printf(t, ", not %s of ", old->name);
	reach_source_render(old, t);
	text_puts(t, " any more");
	return true;
}

static bool part_subdir(const struct reach_record *old,
			const struct reach_record *new, struct text *t)
{
	bool grows = !path_has(old->subdir, new->subdir);

	if (!strcmp(old->subdir, new->subdir))
		return false;
	compare_part(t, "%s%s, not %s%s any more",
		     *new->subdir ? "below " : "all of it", new->subdir,
		     *old->subdir ? "below " : "all of it", old->subdir);
	return grows;
}

static bool part_rights(const struct reach_record *old,
			const struct reach_record *new, struct text *t)
{
	if (old->rights == new->rights)
		return false;
	compare_part(t, "rights [");
	rights_render(new->rights, t);
	text_puts(t, "], not [");
	rights_render(old->rights, t);
	text_puts(t, "] any more");
	return new->rights & ~old->rights;
}

/* What changes what it is good for, and gives no authority. */
static void part_manner(const struct reach_record *old,
			const struct reach_record *new, struct text *t)
{
	if (old->hold == new->hold && strcmp(local_name(old), local_name(new)))
		compare_part(t, "%s is called %s, not %s any more", new->name,
			     local_name(new), local_name(old));
	if (old->is_weak != new->is_weak)
		compare_part(t, "its dependency is %s now",
			     new->is_weak ? "weak" : "strong");
	if (old->decl->availability != new->decl->availability)
		compare_part(t, "it is %s, not %s any more",
			     availability_words[new->decl->availability],
			     availability_words[old->decl->availability]);
}

/* Both give something. */
static int held_altered(struct compare *c, const char *moniker,
			const struct reach_record *old,
			const struct reach_record *new)
{
	_cleanup_text_ struct text parts = TEXT_INIT, text = TEXT_INIT;
	bool grows = part_source(old, new, &parts);

	grows |= part_subdir(old, new, &parts);
	grows |= part_rights(old, new, &parts);
	if (old->no_transfer != new->no_transfer) {
		compare_part(&parts,
			     new->no_transfer
				     ? "no handles pass over it any more"
				     : "handles may pass over it now");
		grows |= !new->no_transfer;
	}
	part_manner(old, new, &parts);
	if (!parts.n)
		return text_is_failed(&parts) ? -ENOMEM : 0;
	text_printf(&text, "%s %s %s: %s",
		    new->hold == REACH_USES	 ? "uses"
		    : new->hold == REACH_EXPOSES ? "exposes"
		    : new->hold == REACH_MEMBER	 ? "are offered"
						 : "is offered",
		    new->decl->keyword, new->decl->target_name,
		    text_string(&parts));
	text.failed = text.failed || text_is_failed(&parts);
	return held_add(c, moniker, CHANGE_ALTERED, grows, old, new, &text);
}

static int held_pair(struct compare *c, const char *moniker,
		     const struct reach_record *old,
		     const struct reach_record *new)
{
	bool had = old && reach_is_held(old), has = new &&reach_is_held(new);

	/* Offered counts for less than used. */
	if (had && has && old->hold != new->hold)
		return new->hold == REACH_USES
			       ? held_gained(c, moniker, old, new)
			       : held_lost(c, moniker, old, new);
	if (had && has)
		return held_altered(c, moniker, old, new);
	if (has)
		return held_gained(c, moniker, old, new);
	return had ? held_lost(c, moniker, old, new) : 0;
}

/* ---- pairing ---- */

enum { UNPAIRED = -1 };

/* Each of @after gets the index of its partner in @before. */
static void records_pair(struct compare_records before,
			 struct compare_records after, long *partner,
			 bool *is_paired)
{
	enum match match;
	size_t i, j;

	for (i = 0; i < after.n; i++)
		partner[i] = UNPAIRED;
	for (match = 0; match < N_MATCHES; match++)
		for (i = 0; i < after.n; i++)
			for (j = 0; j < before.n && partner[i] == UNPAIRED;
			     j++) {
				if (is_paired[j] ||
				    !is_match(match, &before.at[j],
					      &after.at[i]))
					continue;
				partner[i] = (long)j;
				is_paired[j] = true;
			}
}

int compare_held(struct compare *c, const char *moniker,
		 struct compare_records before, struct compare_records after)
{
	long *partner = calloc(after.n + 1, sizeof(*partner));
	bool *is_paired = calloc(before.n + 1, sizeof(*is_paired));
	size_t i;
	int k = partner && is_paired ? 0 : -ENOMEM;

	if (!k)
		records_pair(before, after, partner, is_paired);
	for (i = 0; i < after.n && !k; i++)
		k = held_pair(c, moniker,
			      partner[i] == UNPAIRED ? NULL
						     : &before.at[partner[i]],
			      &after.at[i]);
	for (i = 0; i < before.n && !k; i++)
		if (!is_paired[i])
			k = held_pair(c, moniker, &before.at[i], NULL);
	free(partner);
	free(is_paired);
	return k;
}
