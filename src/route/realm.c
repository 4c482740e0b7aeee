/*
 * The tree keeps every realm in one map by moniker; that is also how a child is
 * found by name, so a component with ten thousand children needs no second
 * index. Offers are ordered by target once per manifest: making the input table
 * of each child is then a binary search, not a scan of all offers.
 */
#include "route/realm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/names.h"
#include "route/carry.h"
#include "route/grant.h"

void slot_forget(struct slot *s)
{
	if (!s->from)
		return;
	list_unlink(&s->link);
	s->from = NULL;
}

void slot_derive(struct slot *s, struct slot *from)
{
	if (s->from == from)
		return;
	slot_forget(s);
	s->from = from;
	list_link(&from->derived, &s->link);
}

void slot_fini(struct slot *s)
{
	struct slot *derived, *tmp;

	carry_forget(s);
	slot_forget(s);
	list_for_each_safe (derived, tmp, &s->derived, link)
		slot_forget(derived);
	/* They may outlive the slot: the two ends talk on. */
	while (!list_is_empty(&s->connections))
		list_unlink(s->connections.next);
}

static void table_fini(struct table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		slot_fini(&t->slots[i]);
	free(t->slots);
	free(t->by_name);
	*t = (struct table){ 0 };
}

void slot_init(struct slot *s, struct realm *holder, struct realm *declarer,
	       const struct decl *decl)
{
	*s = (struct slot){ .holder = holder,
			    .declarer = declarer,
			    .decl = decl };
	list_init(&s->derived);
	list_init(&s->link);
	list_init(&s->connections);
}

/* Of the offers, only what stays here makes slots: what goes into a dictionary.
 */
static bool is_held(const struct decl *d)
{
	return d->kind != DECL_OFFER || d->to.kind == TARGET_DICTIONARY;
}

/* One slot per declaration of @kind. */
static int table_fill(struct table *t, struct realm *r, enum decl_kind kind)
{
	const struct manifest *m = r->manifest;
	size_t n = 0, i;

	for (i = 0; i < m->n_decls[kind]; i++)
		n += is_held(&m->decls[kind][i]);
	if (!n)
		return 0;
	t->slots = calloc(n, sizeof(*t->slots));
	if (!t->slots)
		return -ENOMEM;
	for (i = 0; i < m->n_decls[kind]; i++)
		if (is_held(&m->decls[kind][i]))
			slot_init(&t->slots[t->n++], r, r, &m->decls[kind][i]);
	return table_order(t);
}

static int target_compare(const struct decl *offer, enum target_kind kind,
			  const char *name)
{
	if (offer->to.kind != kind)
		return offer->to.kind < kind ? -1 : 1;
	return strcmp(offer->to.name, name);
}

static int offer_compare(const void *a, const void *b)
{
	const struct decl *x = *(const struct decl *const *)a;
	const struct decl *y = *(const struct decl *const *)b;
	int c = target_compare(x, y->to.kind, y->to.name);

	if (c)
		return c;
	/* Within a target, the order of the file. */
	return x < y ? -1 : x > y;
}

static int realm_order_offers(struct realm *r)
{
	size_t n = r->manifest->n_decls[DECL_OFFER], i;

	if (!n)
		return 0;
	r->offers_by_target = calloc(n, sizeof(*r->offers_by_target));
	if (!r->offers_by_target)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		r->offers_by_target[i] = &r->manifest->decls[DECL_OFFER][i];
	qsort(r->offers_by_target, n, sizeof(*r->offers_by_target),
	      offer_compare);
	return 0;
}

/* The index of the first offer to this target, or of what follows it. */
static size_t realm_first_offer(const struct realm *r, enum target_kind kind,
				const char *name)
{
	size_t low = 0, high = r->manifest->n_decls[DECL_OFFER], middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (target_compare(r->offers_by_target[middle], kind, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Fill a new child's input from its parent's offers. */
static int realm_fill_input(struct realm *child)
{
	struct realm *parent = child->parent;
	size_t n_offers = parent->manifest->n_decls[DECL_OFFER];
	enum target_kind kind =
		child->collection ? TARGET_COLLECTION : TARGET_CHILD;
	const char *name = child->collection ? child->collection : child->name;
	struct table *t = &child->tables[TABLE_INPUT];
	size_t first, end, i;

	first = n_offers ? realm_first_offer(parent, kind, name) : 0;
	for (end = first; end < n_offers; end++)
		if (target_compare(parent->offers_by_target[end], kind, name))
			break;
	if (end == first)
		return 0;
	t->slots = calloc(end - first, sizeof(*t->slots));
	if (!t->slots)
		return -ENOMEM;
	t->n = end - first;
	for (i = 0; i < t->n; i++)
		slot_init(&t->slots[i], child, parent,
			  parent->offers_by_target[first + i]);
	return table_order(t);
}

static void realm_free(struct realm *r)
{
	size_t i;

	while (!list_is_empty(&r->grants))
		grant_free(list_first(&r->grants, struct grant, link));
	for (i = 0; i < N_TABLES; i++)
		table_fini(&r->tables[i]);
	manifest_free(r->manifest);
	free(r->offers_by_target);
	free(r->broken);
	free(r->moniker);
	free(r);
}

static char *moniker_of(const struct realm *parent, const char *collection,
			const char *name)
{
	struct text t = TEXT_INIT;

	text_printf(&t, "%s/%s%s%s", parent->parent ? parent->moniker : "",
		    collection ? collection : "", collection ? ":" : "", name);
	if (text_is_failed(&t)) {
		text_fini(&t);
		return NULL;
	}
	return t.bytes;
}

/* @url and @collection outlive the realm or stand behind its moniker. */
static int realm_new(struct topology *t, struct realm *parent,
		     char *take_moniker, struct realm **ret)
{
	struct realm *r = calloc(1, sizeof(*r));
	int k;

	if (!r) {
		free(take_moniker);
		return -ENOMEM;
	}
	r->tree = t;
	r->parent = parent;
	r->moniker = take_moniker;
	r->depth = parent ? parent->depth + 1 : 0;
	list_init(&r->children);
	list_init(&r->link);
	list_init(&r->grants);
	k = map_link(&t->by_moniker, &r->by_moniker,
		     map_hash_string(r->moniker));
	if (k < 0) {
		realm_free(r);
		return k;
	}
	if (parent)
		list_link(&parent->children, &r->link);
	t->n_realms++;
	*ret = r;
	return 0;
}

static void realm_delete(struct realm *r)
{
	map_unlink(&r->tree->by_moniker, &r->by_moniker);
	list_unlink(&r->link);
	r->tree->n_realms--;
	realm_free(r);
}

void realm_remove(struct realm *r)
{
	struct realm *at = r, *parent;

	/* Leaves first, without recursion: depth is bounded, breadth is not. */
	for (;;) {
		while (!list_is_empty(&at->children))
			at = list_first(&at->children, struct realm, link);
		parent = at->parent;
		if (at == r)
			break;
		realm_delete(at);
		at = parent;
	}
	if (r->tree->root == r)
		r->tree->root = NULL;
	realm_delete(r);
}

int topology_init(struct topology *t, const char *root_url,
		  const struct builtin *builtins, size_t n_builtins)
{
	struct realm *root;
	size_t n = strlen(root_url) + 1;
	char *moniker;
	int r;

	*t = (struct topology){ .by_moniker = MAP_INIT,
				.grants_by_id = MAP_INIT,
				.carries_by_slot = MAP_INIT,
				.carries_by_carrier = MAP_INIT,
				.carries_by_both = MAP_INIT,
				.builtins = builtins,
				.n_builtins = n_builtins };
	/* The root's URL is kept behind its moniker, "/" and a zero. */
	moniker = malloc(2 + n);
	if (!moniker)
		return -ENOMEM;
	memcpy(moniker, "/", 2);
	memcpy(moniker + 2, root_url, n);
	r = realm_new(t, NULL, moniker, &root);
	if (r < 0) {
		map_fini(&t->by_moniker);
		return r;
	}
	root->name = root->moniker + 1;
	root->url = root->moniker + 2;
	t->root = root;
	return 0;
}

void topology_fini(struct topology *t)
{
	if (t->root)
		realm_remove(t->root);
	map_fini(&t->by_moniker);
	map_fini(&t->grants_by_id);
	map_fini(&t->carries_by_slot);
	map_fini(&t->carries_by_carrier);
	map_fini(&t->carries_by_both);
}

struct realm *topology_find(const struct topology *t, const char *moniker)
{
	struct map_node *node;
	struct realm *r;

	for (node = map_find(&t->by_moniker, map_hash_string(moniker)); node;
	     node = map_next(node)) {
		r = container_of(node, struct realm, by_moniker);
		if (!strcmp(r->moniker, moniker))
			return r;
	}
	return NULL;
}

static int realm_add_static(struct realm *parent, const struct child_decl *decl)
{
	struct realm *child;
	char *moniker;
	int r;

	moniker = moniker_of(parent, NULL, decl->name);
	if (!moniker)
		return -ENOMEM;
	r = realm_new(parent->tree, parent, moniker, &child);
	if (r < 0)
		return r;
	child->name = strrchr(child->moniker, '/') + 1;
	child->url = decl->url;
	child->decl = decl;
	child->startup = decl->startup;
	/* On failure the child stays in the tree; its parent unwinds. */
	return realm_fill_input(child);
}

static int realm_fill(struct realm *r)
{
	static const struct {
		enum table_kind table;
		enum decl_kind kind;
	} fills[] = {
		{ TABLE_PROGRAM_INPUT, DECL_USE },
		{ TABLE_PROGRAM_OUTPUT, DECL_CAPABILITY },
		{ TABLE_OUTPUT, DECL_EXPOSE },
		{ TABLE_ENVIRONMENT, DECL_REGISTRATION },
		{ TABLE_DICTIONARY, DECL_OFFER },
	};
	size_t i;
	int k;

	for (i = 0; i < N_ELEMENTS(fills); i++) {
		k = table_fill(&r->tables[fills[i].table], r, fills[i].kind);
		if (k < 0)
			return k;
	}
	k = realm_order_offers(r);
	for (i = 0; !k && i < r->manifest->n_children; i++)
		k = realm_add_static(r, &r->manifest->children[i]);
	return k;
}

int realm_resolve(struct realm *r, struct manifest *take_manifest)
{
	size_t i;
	int k;

	if (take_manifest->n_children && r->depth + 1 > REALM_DEPTH_MAX) {
		manifest_free(take_manifest);
		return REALM_TOO_DEEP;
	}
	if (take_manifest->n_children &&
	    r->tree->n_realms + take_manifest->n_children >
		    TOPOLOGY_REALMS_MAX) {
		manifest_free(take_manifest);
		return REALM_TOO_MANY;
	}
	r->manifest = take_manifest;
	k = realm_fill(r);
	if (k < 0) {
		while (!list_is_empty(&r->children))
			realm_delete(
				list_first(&r->children, struct realm, link));
		for (i = TABLE_PROGRAM_INPUT; i < N_TABLES; i++)
			table_fini(&r->tables[i]);
		free(r->offers_by_target);
		r->offers_by_target = NULL;
		manifest_free(TAKE(r->manifest));
		return k;
	}
	r->state = REALM_RESOLVED;
	free(TAKE(r->broken));
	return 0;
}

void realm_break(struct realm *r, const char *why)
{
	free(r->broken);
	r->broken = strdup(why);
	r->state = REALM_BROKEN;
}

int realm_add_child(struct realm *parent, const char *collection,
		    const char *name, const char *url, enum startup startup,
		    struct realm **ret)
{
	size_t n_url = strlen(url) + 1, n_moniker, n_collection;
	struct realm *child;
	char *moniker, *more;
	int r;

	if (name_check(name, DIALECT_MODERN, true))
		return REALM_NAME_INVALID;
	if (parent->depth + 1 > REALM_DEPTH_MAX)
		return REALM_TOO_DEEP;
	moniker = moniker_of(parent, collection, name);
	if (!moniker)
		return -ENOMEM;
	if (topology_find(parent->tree, moniker)) {
		free(moniker);
		return REALM_EXISTS;
	}
	/* The collection's name and the URL are kept behind the moniker. */
	n_moniker = strlen(moniker) + 1;
	n_collection = strlen(collection) + 1;
	more = realloc(moniker, n_moniker + n_collection + n_url);
	if (!more) {
		free(moniker);
		return -ENOMEM;
	}
	memcpy(more + n_moniker, collection, n_collection);
	memcpy(more + n_moniker + n_collection, url, n_url);
	r = realm_new(parent->tree, parent, more, &child);
	if (r < 0)
		return r;
	child->name = strrchr(child->moniker, '/') + 1 + n_collection;
	child->collection = child->moniker + n_moniker;
	child->url = child->moniker + n_moniker + n_collection;
	child->startup = startup;
	r = realm_fill_input(child);
	if (r < 0) {
		realm_delete(child);
		return r;
	}
	*ret = child;
	return 0;
}

static bool realm_is_child(const struct realm *child, const struct realm *r,
			   const char *collection, const char *name)
{
	if (child->parent != r || strcmp(child->name, name))
		return false;
	if (!collection || !child->collection)
		return !collection && !child->collection;
	return !strcmp(child->collection, collection);
}

/*
 * The name may be anybody's: "x/y" and "pool:x" are looked up as monikers, but
 * are nobody's name, so what was found is compared part by part. No allocation,
 * so that an answer never depends on memory.
 */
struct realm *realm_find_child(const struct realm *r, const char *collection,
			       const char *name)
{
	char moniker[2048];
	struct realm *child;
	int n;

	n = snprintf(moniker, sizeof(moniker), "%s/%s%s%s",
		     r->parent ? r->moniker : "", collection ? collection : "",
		     collection ? ":" : "", name);
	if (n >= 0 && (size_t)n < sizeof(moniker)) {
		child = topology_find(r->tree, moniker);
		return child && realm_is_child(child, r, collection, name)
			       ? child
			       : NULL;
	}
	list_for_each (child, &r->children, link)
		if (realm_is_child(child, r, collection, name))
			return child;
	return NULL;
}

struct realm *realm_next(struct realm *r)
{
	if (!list_is_empty(&r->children))
		return list_first(&r->children, struct realm, link);
	for (; r->parent; r = r->parent)
		if (r->link.next != &r->parent->children)
			return list_entry(r->link.next, struct realm, link);
	return NULL;
}

bool realm_is_below(const struct realm *r, const struct realm *above)
{
	while (r && r != above)
		r = r->parent;
	return r;
}

const struct collection_decl *realm_collection(const struct realm *r,
					       const char *name)
{
	size_t i;

	for (i = 0; i < r->manifest->n_collections; i++)
		if (!strcmp(r->manifest->collections[i].name, name))
			return &r->manifest->collections[i];
	return NULL;
}

const struct environment_decl *realm_environment(const struct realm *r)
{
	const struct collection_decl *c;

	if (r->decl)
		return r->decl->environment;
	if (!r->collection || !r->parent->manifest)
		return NULL;
	c = realm_collection(r->parent, r->collection);
	return c ? c->environment : NULL;
}

uint32_t realm_stop_timeout(const struct realm *r, uint32_t usual_ms)
{
	const struct environment_decl *e;

	for (; r->parent; r = r->parent) {
		e = realm_environment(r);
		if (e && e->has_stop_timeout)
			return e->stop_timeout_ms;
		if (e && !e->extends_parent)
			return usual_ms;
	}
	return usual_ms;
}

bool realm_keeps_storage(const struct realm *r)
{
	const struct collection_decl *c;

	for (; r->parent; r = r->parent) {
		if (!r->collection)
			continue;
		c = r->parent->manifest
			    ? realm_collection(r->parent, r->collection)
			    : NULL;
		return c && c->keeps_storage;
	}
	return false;
}
