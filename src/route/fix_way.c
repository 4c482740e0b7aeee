/*
 * Breadth first: from the realm that lacks it up to its ancestors and down into
 * everybody's children, but never back into the branch that it is for. Each
 * realm on the way needs one declaration, so the first found is the shortest.
 */
#include "route/fix_way.h"

#include <errno.h>
#include <string.h>

static void ways_add(struct ways *ways, struct way way)
{
	if (ways->n < WAYS_MAX)
		ways->at[ways->n++] = way;
}

static void here_self(const struct way_node *node, const struct wish *wish,
		      struct ways *ret)
{
	struct slot *slot = realm_find_slot(node->realm, TABLE_PROGRAM_OUTPUT,
					    wish->type, wish->name);

	if (!slot)
		return;
	ways_add(ret, (struct way){
			      .end = node,
			      .from = wish->type == CAPABILITY_STORAGE &&
						      draft_is_seed(node->realm)
					      ? SOURCE_CAPABILITY
					      : SOURCE_SELF,
			      .name = slot->decl->name,
			      .keyword = slot->decl->keyword,
			      .slot = slot,
		      });
}

static void here_child(const struct way_node *node, const struct realm *child,
		       const struct wish *wish, struct ways *ret)
{
	struct slot *slot =
		realm_find_slot(child, TABLE_OUTPUT, wish->type, wish->name);

	if (slot && slot->decl->to.kind == TARGET_PARENT)
		ways_add(ret, (struct way){ .end = node,
					    .from = SOURCE_CHILD,
					    .name = child->name,
					    .keyword = slot->decl->keyword,
					    .slot = slot });
}

static void here_builtin(const struct way_node *node, const struct wish *wish,
			 struct ways *ret)
{
	const struct topology *t = node->realm->tree;
	const char *name = wish->name + (*wish->name == '/');
	size_t i;

	for (i = 0; i < t->n_builtins; i++)
		if (t->builtins[i].type == wish->type &&
		    !strcmp(t->builtins[i].name, name))
			ways_add(ret, (struct way){ .end = node,
						    .from = SOURCE_PARENT,
						    .keyword = wish->keyword });
}

static void here_parent(const struct way_node *node, const struct wish *wish,
			struct ways *ret)
{
	struct slot *slot;

	if (!node->realm->parent) {
		here_builtin(node, wish, ret);
		return;
	}
	slot = realm_find_slot(node->realm, TABLE_INPUT, wish->type,
			       wish->name);
	if (slot)
		ways_add(ret, (struct way){ .end = node,
					    .from = SOURCE_PARENT,
					    .keyword = slot->decl->keyword,
					    .slot = slot });
}

/* What @node's realm has already. */
static int ways_at(struct sim *s, const struct way_node *node,
		   bool may_be_parent, const struct wish *wish,
		   struct ways *ret)
{
	struct realm *child;
	int k;

	here_self(node, wish, ret);
	list_for_each (child, &node->realm->children, link) {
		if (child == node->child || child->collection)
			continue;
		k = sim_resolve(s, child);
		if (k < 0)
			return k;
		here_child(node, child, wish, ret);
	}
	if (may_be_parent)
		here_parent(node, wish, ret);
	return 0;
}

/* Of several, those whose own route holds, if there are any. */
static int ways_prefer_whole(struct sim *s, struct ways *ways)
{
	struct route *route = calloc(1, sizeof(*route));
	struct ways whole = { 0 };
	size_t i;
	int k = 0;

	if (!route)
		return -ENOMEM;
	for (i = 0; k >= 0 && i < ways->n; i++) {
		k = ways->at[i].slot
			    ? sim_route_slot(s, ways->at[i].slot,
					     ways->at[i].end->realm, route)
			    : ROUTE_ENDED;
		if (k == ROUTE_ENDED)
			whole.at[whole.n++] = ways->at[i];
	}
	route_fini(route);
	free(route);
	if (k >= 0 && whole.n)
		*ways = whole;
	return k < 0 ? k : 0;
}

static struct way_node *node_new(struct sim *s, struct realm *r,
				 const struct way_node *before,
				 const struct realm *child)
{
	struct way_node *node =
		arena_new(s->draft->store->arena, struct way_node);

	if (node)
		*node = (struct way_node){ r, before, child, NULL };
	return node;
}

/* The realms one step further. Appends them at @last. */
static int nodes_around(struct sim *s, const struct way_node *node,
			struct way_node ***last)
{
	struct realm *r = node->realm, *child;
	bool is_up = node->child != NULL;
	int k;

	if (is_up && r->parent) {
		**last = node_new(s, r->parent, node, r);
		if (!**last)
			return -ENOMEM;
		*last = &(**last)->next;
	}
	list_for_each (child, &r->children, link) {
		if (child == node->child || child->collection)
			continue;
		k = sim_resolve(s, child);
		if (k < 0)
			return k;
		if (child->state != REALM_RESOLVED)
			continue;
		**last = node_new(s, child, node, NULL);
		if (!**last)
			return -ENOMEM;
		*last = &(**last)->next;
	}
	return 0;
}

int ways_here(struct sim *s, struct realm *start, const struct realm *child,
	      bool may_be_parent, const struct wish *wish, struct ways *ret)
{
	struct way_node *node = node_new(s, start, NULL, child);
	int k;

	ret->n = 0;
	if (!node)
		return -ENOMEM;
	k = ways_at(s, node, may_be_parent, wish, ret);
	return k ? k : ways_prefer_whole(s, ret);
}

int ways_find(struct sim *s, struct realm *start, const struct realm *child,
	      const struct wish *wish, struct ways *ret)
{
	struct way_node *level = node_new(s, start, NULL, child), *next, **last;
	const struct way_node *node;
	int k = level ? 0 : -ENOMEM;

	ret->n = 0;
	while (level && !k && !ret->n) {
		for (node = level; node && !k; node = node->next)
			k = ways_at(s, node, node->child != NULL, wish, ret);
		next = NULL;
		last = &next;
		for (node = level; node && !k && !ret->n; node = node->next)
			k = nodes_around(s, node, &last);
		level = next;
	}
	if (!k && ret->n > 1)
		k = ways_prefer_whole(s, ret);
	return k;
}

unsigned way_length(const struct way *w)
{
	const struct way_node *node;
	unsigned n = 0;

	for (node = w->end; node; node = node->before)
		n++;
	return n;
}

/* Where the realm of @node takes it from: the one behind it on the way. */
static const char *node_source(const struct way_node *node,
			       const struct way_node *behind,
			       const struct way *w, const struct draft *d)
{
	if (!behind)
		return source_write(d, node->realm, w->from, w->name);
	if (behind->realm == node->realm->parent)
		return source_write(d, node->realm, SOURCE_PARENT, NULL);
	return source_write(d, node->realm, SOURCE_CHILD, behind->realm->name);
}

/* The words that go with the file: what its neighbour says may not be known in
 * the other dialect. */
static const char *node_keyword(const struct way_node *node,
				const struct way *w, const struct wish *wish)
{
	if (wish->type != CAPABILITY_SERVICE)
		return w->keyword;
	return draft_is_seed(node->realm) ? wish->keyword : w->keyword;
}

static int node_apply(const struct way_node *node,
		      const struct way_node *behind, const struct way *w,
		      const struct wish *wish, struct draft *d)
{
	struct addition_decl a = {
		.kind = node->child ? DECL_OFFER : DECL_EXPOSE,
		.keyword = node_keyword(node, w, wish),
		.name = wish->name,
		.from = node_source(node, behind, w, d),
		.child = node->child,
	};
	int k;

	if (!a.from)
		return -ENOMEM;
	/* In the path-named dialect this is the source as well. */
	if (wish->type == CAPABILITY_DIRECTORY && draft_is_seed(node->realm) &&
	    !behind && w->from == SOURCE_SELF)
		a.rights = wish->rights;
	k = draft_add(d, node->realm, &a);
	if (k)
		return k;
	if (node->child)
		return draft_note(d, "offer %s %s from %s to #%s in %s",
				  a.keyword, a.name, a.from, node->child->name,
				  node->realm->manifest->file);
	return draft_note(d, "expose %s %s from %s in %s", a.keyword, a.name,
			  a.from, node->realm->manifest->file);
}

int way_apply(const struct way *w, const struct wish *wish, struct draft *d)
{
	const struct way_node *node, *behind = NULL;
	int k = 0;

	for (node = w->end; node && !k; node = node->before) {
		k = node_apply(node, behind, w, wish, d);
		behind = node;
	}
	return k;
}

void way_render(const struct way *w, struct text *t)
{
	const char *moniker = w->end->realm->moniker;

	if (w->from == SOURCE_CHILD)
		text_printf(t, "#%s of %s", w->name, moniker);
	else if (w->from == SOURCE_PARENT)
		text_printf(t, "the parent of %s", moniker);
	else
		text_printf(t, "%s itself", moniker);
}
