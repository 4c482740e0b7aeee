/*
 * Looking into tables: by type and name, by declaration, and at what grants
 * added to them while the tree lives.
 *
 * A manifest may make a hundred thousand slots, and as many routes ask for one
 * of them: large tables have their slots in order once more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route/grant.h"
#include "route/realm.h"

enum {
	/* So many slots are looked at one by one. */
	TABLE_SCAN_MAX = 16,
};

/* By type and name; within these by the environment or the dictionary that the
 * declaration is for, where both say so. */
static int decl_compare(const struct decl *a, const struct decl *b)
{
	int c;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	c = strcmp(a->target_name, b->target_name);
	if (!c && a->environment != b->environment)
		c = a->environment < b->environment ? -1 : 1;
	if (!c && a->to.name && b->to.name)
		c = strcmp(a->to.name, b->to.name);
	return c;
}

static int order_compare(const void *a, const void *b, void *userdata)
{
	const struct table *t = userdata;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int c = decl_compare(t->slots[x].decl, t->slots[y].decl);

	/* Within a name, the order of the file. */
	return c ? c : x < y ? -1 : x > y;
}

int table_order(struct table *t)
{
	size_t i;

	if (t->n <= TABLE_SCAN_MAX)
		return 0;
	t->by_name = calloc(t->n, sizeof(*t->by_name));
	if (!t->by_name)
		return -ENOMEM;
	for (i = 0; i < t->n; i++)
		t->by_name[i] = (uint32_t)i;
	qsort_r(t->by_name, t->n, sizeof(*t->by_name), order_compare, t);
	return 0;
}

/* The first slot like @like from number @from on; NULL if there is none. */
static struct slot *table_find_from(const struct table *t,
				    const struct decl *like, size_t from)
{
	size_t low = 0, high = t->n, middle, at;
	int c;

	/* Those of one name are often side by side. */
	for (at = from; at < t->n && (!t->by_name || at == from); at++)
		if (!decl_compare(t->slots[at].decl, like))
			return &t->slots[at];
	if (!t->by_name)
		return NULL;
	while (low < high) {
		middle = low + (high - low) / 2;
		at = t->by_name[middle];
		c = decl_compare(t->slots[at].decl, like);
		if (c < 0 || (!c && at < from))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == t->n)
		return NULL;
	at = t->by_name[low];
	return decl_compare(t->slots[at].decl, like) ? NULL : &t->slots[at];
}

struct slot *table_find(const struct table *t, const struct decl *like,
			const struct slot *before)
{
	return table_find_from(t, like,
			       before ? (size_t)(before - t->slots) + 1 : 0);
}

/* What is exposed to the framework is not for the parent. */
static bool is_for_parent(const struct slot *s, enum table_kind table)
{
	return table != TABLE_OUTPUT || s->decl->to.kind == TARGET_PARENT;
}

static bool slot_matches(const struct slot *s, enum table_kind table,
			 enum capability_type type, const char *name)
{
	return s->decl->type == type && !strcmp(s->decl->target_name, name) &&
	       is_for_parent(s, table);
}

/* How good a slot is as an answer: what was taken back is the last, and what
 * the hierarchy rule made gives way to what was given. */
static int slot_rank(const struct slot *s)
{
	if (s->grant && s->grant->kind == GRANT_RULE)
		return s->grant->slots[1].cut ? 1 : 2;
	return s->cut ? 1 : 3;
}

struct slot *realm_find_slot(const struct realm *r, enum table_kind table,
			     enum capability_type type, const char *name)
{
	const struct decl like = { .type = type, .target_name = name };
	const struct table *t = &r->tables[table];
	struct slot *s, *found = NULL;

	for (s = table_find(t, &like, NULL); s; s = table_find(t, &like, s)) {
		if (!is_for_parent(s, table))
			continue;
		if (!s->cut)
			return s;
		found = found ? found : s;
	}
	for (s = realm_next_added(r, table, NULL); s;
	     s = realm_next_added(r, table, s))
		if (slot_matches(s, table, type, name) &&
		    (!found || slot_rank(s) > slot_rank(found)))
			found = s;
	return found;
}

/* The slot like @like behind @before, or the first with NULL. */
static struct slot *same_behind(const struct realm *r, enum table_kind table,
				const struct slot *like,
				const struct slot *before)
{
	const struct table *t = &r->tables[table];
	struct slot *s = table_find(t, like->decl, before);

	while (s && !is_for_parent(s, table))
		s = table_find(t, like->decl, s);
	return s;
}

struct slot *realm_first_same(const struct realm *r, enum table_kind table,
			      const struct slot *slot)
{
	return same_behind(r, table, slot, NULL);
}

struct slot *realm_next_same(const struct realm *r, enum table_kind table,
			     const struct slot *slot)
{
	return same_behind(r, table, slot, slot);
}

struct slot *realm_find_member(const struct realm *r, const char *dictionary,
			       enum capability_type type, const char *name)
{
	const struct decl like = { .type = type,
				   .target_name = name,
				   .to.name = dictionary };

	return table_find(&r->tables[TABLE_DICTIONARY], &like, NULL);
}

struct slot *realm_find_registration(const struct realm *r,
				     const struct environment_decl *e,
				     enum capability_type type,
				     const char *name)
{
	const struct decl like = { .type = type,
				   .target_name = name,
				   .environment = e };

	return table_find(&r->tables[TABLE_ENVIRONMENT], &like, NULL);
}

/* Which table the slot @k of @g is in. */
static enum table_kind added_table(const struct grant *g, int k)
{
	if (g->kind == GRANT_REGISTRATION)
		return k ? TABLE_OUTPUT : TABLE_PROGRAM_OUTPUT;
	return k ? TABLE_PROGRAM_INPUT : TABLE_INPUT;
}

struct slot *realm_next_added(const struct realm *r, enum table_kind table,
			      const struct slot *slot)
{
	const struct list *at = slot ? &slot->grant->link : r->grants.next;
	struct grant *g;
	int k = slot ? (int)(slot - slot->grant->slots) + 1 : 0;

	for (; at != &r->grants; at = at->next, k = 0) {
		g = list_entry(at, struct grant, link);
		for (; k < 2; k++)
			if (g->has_slot[k] && added_table(g, k) == table)
				return &g->slots[k];
	}
	return NULL;
}

struct slot *realm_slot_of(const struct realm *r, enum table_kind table,
			   const struct decl *decl)
{
	const struct table *t = &r->tables[table];
	uintptr_t first = t->n ? (uintptr_t)t->slots[0].decl : 0;
	size_t i = ((uintptr_t)decl - first) / sizeof(*decl);
	struct slot *s;

	/* A table that has a slot per declaration has them in its order; a
	 * grant's declaration is none of them. */
	if (i < t->n && t->slots[i].decl == decl)
		return &t->slots[i];
	for (i = 0; i < t->n; i++)
		if (t->slots[i].decl == decl)
			return &t->slots[i];
	for (s = realm_next_added(r, table, NULL); s;
	     s = realm_next_added(r, table, s))
		if (s->decl == decl)
			return s;
	return NULL;
}
