/*
 * One pass over each tree. Records stand by realm, so those of one component
 * before and after are two slices.
 */
#include "route/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route/compare_build.h"

/* Realms of one graph by moniker, with their records. */
struct entry {
	const struct realm *realm;
	struct compare_records records;
};

struct side {
	const struct reach *g;
	struct entry *entries;	     /* by node */
	const struct entry **sorted; /* by moniker */
};

static int entry_compare(const void *a, const void *b)
{
	return strcmp((*(const struct entry *const *)a)->realm->moniker,
		      (*(const struct entry *const *)b)->realm->moniker);
}

static void side_fini(struct side *s)
{
	free(s->entries);
	free(s->sorted);
}

static int side_init(struct side *s, const struct reach *g)
{
	struct compare_records *of;
	size_t i;

	*s = (struct side){ .g = g };
	s->entries = calloc(g->n_realms + 1, sizeof(*s->entries));
	s->sorted = calloc(g->n_realms + 1, sizeof(*s->sorted));
	if (!s->entries || !s->sorted)
		return -ENOMEM;
	for (i = 0; i < g->n_realms; i++) {
		s->entries[i].realm = g->realms[i];
		s->sorted[i] = &s->entries[i];
	}
	qsort(s->sorted, g->n_realms, sizeof(*s->sorted), entry_compare);
	for (i = 0; i < g->n_records; i++) {
		of = &s->entries[reach_node(g, g->records[i].realm)].records;
		of->at = of->at ? of->at : &g->records[i];
		of->n++;
	}
	return 0;
}

static const struct entry *side_find(const struct side *s,
				     const struct realm *r)
{
	const struct entry key = { .realm = r }, *p = &key;
	const struct entry *const *found =
		bsearch(&p, s->sorted, s->g->n_realms, sizeof(*s->sorted),
			entry_compare);

	return found ? *found : NULL;
}

int compare_add(struct compare *c, struct change change,
		const struct text *text)
{
	size_t room = c->n_changes_room ? c->n_changes_room * 2 : 64;
	struct change *moved;

	if (text_is_failed(text))
		return -ENOMEM;
	change.text = arena_copy(&c->arena, text_string(text), text->n);
	if (!change.text)
		return -ENOMEM;
	if (c->n_changes == c->n_changes_room) {
		moved = realloc(c->changes, room * sizeof(*moved));
		if (!moved)
			return -ENOMEM;
		c->changes = moved;
		c->n_changes_room = room;
	}
	c->n_growing += change.grows;
	c->changes[c->n_changes++] = change;
	return 0;
}

void compare_part(struct text *t, const char *format, ...)
{
	va_list args;

	if (t->n)
		text_puts(t, "; ");
	va_start(args, format);
	text_vprintf(t, format, args);
	va_end(args);
}

/* Where a component is declared, or its manifest if it is nobody's child. */
static void change_place(const struct realm *r, struct change *ret)
{
	if (r->decl) {
		ret->file = manifest_file(r->parent->manifest, r->decl->place);
		ret->place = r->decl->place;
	} else {
		ret->file = r->manifest ? r->manifest->file : r->url;
		ret->place = place_at(0, 0);
	}
}

/* The component itself: new, gone, or another under the same name. */
static int compare_component(struct compare *c, const struct realm *before,
			     const struct realm *after)
{
	const struct realm *r = after ? after : before;
	struct change change = { .kind = CHANGE_COMPONENT,
				 .moniker = r->moniker,
				 .sign = CHANGE_ALTERED };
	_cleanup_text_ struct text text = TEXT_INIT;

	if (!before) {
		change.sign = CHANGE_ADDED;
		text_printf(&text, "component %s", r->url);
	} else if (!after) {
		change.sign = CHANGE_REMOVED;
		text_printf(&text, "component %s", r->url);
	} else if (r->parent && strcmp(before->url, after->url)) {
		text_printf(&text, "component %s, not %s any more", after->url,
			    before->url);
	} else {
		return 0;
	}
	change_place(r, &change);
	return compare_add(c, change, &text);
}

static int compare_one(struct compare *c, const struct entry *before,
		       const struct entry *after)
{
	const struct realm *old = before ? before->realm : NULL;
	const struct realm *new = after ? after->realm : NULL;
	struct compare_records none = { NULL, 0 };
	int k = 0;

	/* Those that stand for the members of a collection have no manifest. */
	if (!(old ? old : new)->collection) {
		k = compare_component(c, old, new);
		if (!k)
			k = compare_manifests(c, old, new);
	}
	if (k)
		return k;
	return compare_held(c, (old ? old : new)->moniker,
			    before ? before->records : none,
			    after ? after->records : none);
}

static int compare_sides(struct compare *c, const struct side *before,
			 const struct side *after)
{
	size_t i;
	int k;

	k = compare_policies(c, before->g->realms[0], after->g->realms[0]);
	for (i = 0; i < after->g->n_realms && !k; i++)
		k = compare_one(c, side_find(before, after->g->realms[i]),
				&after->entries[i]);
	for (i = 0; i < before->g->n_realms && !k; i++)
		if (!side_find(after, before->g->realms[i]))
			k = compare_one(c, &before->entries[i], NULL);
	return k ? k : compare_pairs(c, before->g, after->g);
}

int compare_take(const struct reach *before, const struct reach *after,
		 struct compare *ret)
{
	struct compare c = { .arena = ARENA_INIT };
	struct side old = { 0 }, new = { 0 };
	int k = side_init(&old, before);

	if (!k)
		k = side_init(&new, after);
	if (!k)
		k = compare_sides(&c, &old, &new);
	side_fini(&old);
	side_fini(&new);
	if (k) {
		compare_fini(&c);
		return k;
	}
	*ret = c;
	return 0;
}

void compare_fini(struct compare *c)
{
	free(c->changes);
	arena_fini(&c->arena);
	*c = (struct compare){ .arena = ARENA_INIT };
}

const char *change_kind_name(enum change_kind kind)
{
	static const char *const names[N_CHANGE_KINDS] = {
		[CHANGE_COMPONENT] = "component",
		[CHANGE_PROGRAM] = "program",
		[CHANGE_USE] = "use",
		[CHANGE_EXPOSE] = "expose",
		[CHANGE_OFFER] = "offer",
		[CHANGE_MEMBER] = "member",
		[CHANGE_ACCESS] = "access",
		[CHANGE_LIMIT] = "limit",
		[CHANGE_POLICY] = "policy",
	};

	return names[kind];
}
