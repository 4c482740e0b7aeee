/*
 * Random trees, in both dialects: a route that is whole is found hop by hop as
 * it was laid, and when one declaration of it is taken away or misspelt, the
 * component that is named is the one whose manifest was changed.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_MAX = 24, HOPS_MAX = 64, N_TREES = 400 };

enum damage {
	DAMAGE_NONE,
	DAMAGE_DROPPED,
	DAMAGE_MISSPELT,
	DAMAGE_NO_PROGRAM,
};

struct hop_plan {
	enum decl_kind kind;
	int node;
	int from_child; /* -1: self or parent */
	bool from_self;
	int to_child; /* offers */
	char source[32], target[32];
};

struct plan {
	int n;
	int parent[N_MAX];
	bool seed[N_MAX]; /* written in the path-named dialect */
	int provider, user;
	struct hop_plan hops[HOPS_MAX];
	int n_hops;
};

static unsigned random_state;

/* A generator of our own: the same trees on every machine. */
static unsigned random_below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static int depth_of(const struct plan *p, int node)
{
	int depth = 0;

	for (; p->parent[node] >= 0; node = p->parent[node])
		depth++;
	return depth;
}

static int common_ancestor(const struct plan *p, int a, int b)
{
	while (a != b) {
		if (depth_of(p, a) >= depth_of(p, b))
			a = p->parent[a];
		else
			b = p->parent[b];
	}
	return a;
}

static struct hop_plan *hop_add(struct plan *p, enum decl_kind kind, int node,
				const char *target)
{
	struct hop_plan *h = &p->hops[p->n_hops++];

	assert_true(p->n_hops < HOPS_MAX);
	*h = (struct hop_plan){
		.kind = kind, .node = node, .from_child = -1, .to_child = -1
	};
	snprintf(h->target, sizeof(h->target), "%s", target);
	/* Every other hop renames. A use has one name only. */
	if (kind != DECL_USE && kind != DECL_CAPABILITY && random_below(2))
		snprintf(h->source, sizeof(h->source), "capability.of%u",
			 100 + random_below(900));
	else
		memcpy(h->source, h->target, sizeof(h->source));
	return h;
}

/* The child of @above on the way down to @below. */
static int child_towards(const struct plan *p, int above, int below)
{
	while (p->parent[below] != above)
		below = p->parent[below];
	return below;
}

/* Lay the route from the user up to the fork and down to the provider. */
static void lay(struct plan *p)
{
	int fork = common_ancestor(p, p->user, p->provider), node, child;
	struct hop_plan *h = hop_add(p, DECL_USE, p->user, "service.used");

	if (fork == p->user)
		h->from_child = child_towards(p, fork, p->provider);
	for (child = p->user; child != fork; child = node) {
		node = p->parent[child];
		h = hop_add(p, DECL_OFFER, node, h->source);
		h->to_child = child;
		if (node == p->provider)
			h->from_self = true;
		else if (node == fork)
			h->from_child = child_towards(p, fork, p->provider);
	}
	for (node = fork; node != p->provider;) {
		node = child_towards(p, node, p->provider);
		h = hop_add(p, DECL_EXPOSE, node, h->source);
		if (node == p->provider)
			h->from_self = true;
		else
			h->from_child = child_towards(p, node, p->provider);
	}
	if (!p->seed[p->provider])
		hop_add(p, DECL_CAPABILITY, p->provider, h->source);
}

static void plan_make(struct plan *p)
{
	int i;

	*p = (struct plan){ .n = 2 + (int)random_below(N_MAX - 2) };
	p->parent[0] = -1;
	for (i = 1; i < p->n; i++)
		/* Long branches as well as broad ones. */
		p->parent[i] = random_below(2) ? i - 1
					       : (int)random_below((unsigned)i);
	do {
		p->provider = (int)random_below((unsigned)p->n);
		p->user = (int)random_below((unsigned)p->n);
	} while (p->provider == p->user);
	for (i = 0; i < p->n; i++)
		p->seed[i] = random_below(2);
	/* There a parent may not use what its child exposes. */
	if (common_ancestor(p, p->user, p->provider) == p->user)
		p->seed[p->user] = false;
	lay(p);
}

static void source_write(const struct plan *p, const struct hop_plan *h,
			 struct text *t)
{
	if (h->from_child >= 0)
		text_printf(t, ", from: '#n%d'", h->from_child);
	else if (h->from_self)
		text_puts(t, ", from: 'self'");
	else if (h->kind == DECL_OFFER)
		text_printf(t, ", from: '%s'",
			    p->seed[h->node] ? "realm" : "parent");
}

static void hop_write(const struct plan *p, const struct hop_plan *h,
		      enum damage damage, struct text *t)
{
	const char *svc = p->seed[h->node] ? "/svc/" : "";
	/* Two letters are swapped, which is a slip that can be found. */
	char target[40];

	snprintf(target, sizeof(target), "%s", h->target);
	if (damage == DAMAGE_MISSPELT) {
		target[0] = h->target[1];
		target[1] = h->target[0];
	}
	text_printf(t, "{ %s: '%s%s'", *svc ? "service" : "protocol", svc,
		    h->source);
	source_write(p, h, t);
	if (strcmp(h->source, target) != 0 && h->kind != DECL_CAPABILITY)
		text_printf(t, ", as: '%s%s'", svc, target);
	if (h->to_child >= 0 && *svc)
		text_printf(t, ", to: [ { dest: '#n%d' } ]", h->to_child);
	else if (h->to_child >= 0)
		text_printf(t, ", to: '#n%d'", h->to_child);
	text_puts(t, " },\n");
}

static void section_write(const struct plan *p, int node, enum decl_kind kind,
			  int damaged, enum damage damage, struct text *t)
{
	int i;

	for (i = 0; i < p->n_hops; i++) {
		if (p->hops[i].kind != kind || p->hops[i].node != node)
			continue;
		if (i == damaged && damage == DAMAGE_DROPPED)
			continue;
		hop_write(p, &p->hops[i], i == damaged ? damage : DAMAGE_NONE,
			  t);
	}
}

static void node_write(const struct plan *p, int node, int damaged,
		       enum damage damage, struct text *t)
{
	int i;

	text_puts(t, "{ ");
	if (damage != DAMAGE_NO_PROGRAM || node != p->provider)
		text_puts(t, p->seed[node] ? "program: { binary: 'x' },\n"
					   : PROGRAM);
	text_puts(t, "children: [\n");
	for (i = 1; i < p->n; i++)
		if (p->parent[i] == node)
			text_printf(t,
				    "{ name: 'n%d',\n"
				    "url: 'fuchsia-pkg://x/n#meta/n%d.cm' },\n",
				    i, i);
	text_puts(t, "],\nuse: [\n");
	/* What tells the dialect, and is nothing to the route. */
	if (p->seed[node])
		text_puts(t, "{ service: '/svc/fuchsia.sys2.Realm',\n"
			     "from: 'framework' },\n");
	section_write(p, node, DECL_USE, damaged, damage, t);
	text_puts(t, "],\noffer: [\n");
	section_write(p, node, DECL_OFFER, damaged, damage, t);
	text_puts(t, "],\nexpose: [\n");
	section_write(p, node, DECL_EXPOSE, damaged, damage, t);
	if (!p->seed[node]) {
		text_puts(t, "],\ncapabilities: [\n");
		section_write(p, node, DECL_CAPABILITY, damaged, damage, t);
	}
	text_puts(t, "] }");
}

static void moniker_of(const struct plan *p, int node, struct text *t)
{
	text_clear(t);
	if (p->parent[node] < 0) {
		text_puts(t, "/");
		return;
	}
	if (p->parent[p->parent[node]] >= 0)
		moniker_of(p, p->parent[node], t);
	text_printf(t, "/n%d", node);
}

struct world {
	struct rig rig;
	struct rig_file files[N_MAX + 1];
	struct text texts[N_MAX];
	char names[N_MAX][16];
};

static void world_make(struct world *w, const struct plan *p, int damaged,
		       enum damage damage)
{
	int i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < p->n; i++) {
		node_write(p, i, damaged, damage, &w->texts[i]);
		snprintf(w->names[i], sizeof(w->names[i]), "n%d", i);
		w->files[i] = (struct rig_file){ i ? w->names[i] : "root",
						 text_string(&w->texts[i]) };
	}
	rig_init(&w->rig, w->files);
}

static void world_fini(struct world *w)
{
	size_t i;

	rig_fini(&w->rig);
	for (i = 0; i < N_MAX; i++)
		text_fini(&w->texts[i]);
}

static int world_route(struct world *w, const struct plan *p)
{
	struct text moniker = TEXT_INIT;
	int k;

	moniker_of(p, p->user, &moniker);
	k = rig_route(&w->rig, text_string(&moniker), "service.used");
	text_fini(&moniker);
	return k;
}

static void assert_realm(const struct plan *p, const struct realm *r, int node)
{
	struct text moniker = TEXT_INIT;

	moniker_of(p, node, &moniker);
	assert_string_equal(r->moniker, text_string(&moniker));
	text_fini(&moniker);
}

static void whole(const struct plan *p)
{
	struct world *w = malloc(sizeof(*w));
	const struct hop *hop;
	int i;

	assert_non_null(w);
	world_make(w, p, -1, DAMAGE_NONE);
	assert_int_equal(world_route(w, p), ROUTE_ENDED);
	/* The path-named dialect's implied capability is one more. */
	assert_int_equal(w->rig.route.n_hops,
			 p->n_hops + (p->seed[p->provider] ? 1 : 0));
	for (i = 0; i < p->n_hops; i++) {
		hop = &w->rig.route.hops[i];
		assert_int_equal(hop->decl->kind, p->hops[i].kind);
		assert_string_equal(hop->decl->name, p->hops[i].source);
		assert_string_equal(hop->decl->target_name, p->hops[i].target);
		assert_realm(p, hop->realm, p->hops[i].node);
	}
	assert_int_equal(w->rig.route.source, ROUTE_SOURCE_COMPONENT);
	assert_realm(p, w->rig.route.realm, p->provider);
	world_fini(w);
	free(w);
}

static void damaged(const struct plan *p, int at, enum damage damage)
{
	struct world *w = malloc(sizeof(*w));
	const struct why *why;
	char near[64];

	assert_non_null(w);
	world_make(w, p, at, damage);
	assert_int_equal(world_route(w, p), ROUTE_BROKEN);
	why = &w->rig.route.why;
	assert_realm(p, why->realm, p->hops[at].node);
	assert_string_equal(why->file, why->realm->manifest->file);
	if (damage == DAMAGE_NO_PROGRAM) {
		assert_string_equal(why->rule, "instance-not-executable");
	} else {
		assert_non_null(strstr(why->rule, "-not-found"));
		/* What held is all there. */
		assert_int_equal(w->rig.route.n_hops, at);
		assert_non_null(
			strstr(text_string(&why->text), p->hops[at].target));
	}
	if (damage == DAMAGE_MISSPELT) {
		snprintf(near, sizeof(near), "(did you mean %c%c%s?)",
			 p->hops[at].target[1], p->hops[at].target[0],
			 p->hops[at].target + 2);
		assert_non_null(strstr(text_string(&why->text), near));
	}
	world_fini(w);
	free(w);
}

static void random_trees_name_what_was_broken(void **state)
{
	struct plan plan;
	unsigned tree, n_damages = 0;
	int i;

	(void)state;
	for (tree = 0; tree < N_TREES; tree++) {
		random_state = tree;
		plan_make(&plan);
		whole(&plan);
		for (i = 0; i < plan.n_hops; i++) {
			if (plan.hops[i].kind != DECL_OFFER &&
			    plan.hops[i].kind != DECL_EXPOSE)
				continue;
			damaged(&plan, i, DAMAGE_DROPPED);
			damaged(&plan, i, DAMAGE_MISSPELT);
			n_damages += 2;
		}
		damaged(&plan, plan.n_hops - 1, DAMAGE_NO_PROGRAM);
	}
	/* The trees are not all trivial. */
	assert_true(n_damages > 2 * N_TREES);
}

/* The whole tree checked says the same as the one route. */
static void check_agrees_with_route(void **state)
{
	struct world *w = malloc(sizeof(*w));
	struct plan plan;
	unsigned tree;
	int at;

	(void)state;
	assert_non_null(w);
	for (tree = 0; tree < N_TREES; tree++) {
		random_state = tree;
		plan_make(&plan);
		world_make(w, &plan, -1, DAMAGE_NONE);
		assert_int_equal(check_tree(&w->rig.tree, rig_resolve, &w->rig, NULL,
					    &w->rig.report),
				 0);
		assert_int_equal(w->rig.report.n_errors, 0);
		world_fini(w);

		at = 1 + (int)random_below((unsigned)plan.n_hops - 1);
		if (plan.hops[at].kind == DECL_CAPABILITY)
			at--;
		if (plan.hops[at].kind == DECL_USE)
			continue;
		world_make(w, &plan, at, DAMAGE_DROPPED);
		assert_int_equal(check_tree(&w->rig.tree, rig_resolve, &w->rig, NULL,
					    &w->rig.report),
				 0);
		assert_true(w->rig.report.n_errors > 0);
		world_fini(w);
	}
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_trees_name_what_was_broken),
		cmocka_unit_test(check_agrees_with_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
