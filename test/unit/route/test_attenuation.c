/*
 * Random chains of grants and copies down random trees. What a route over such
 * a chain gives is computed a second time, by plain loops over what was asked
 * for at each step, and has to be the same: rights, sub-directory, the ban on
 * descriptors, the number of opens that are left, and which step refuses.
 */
#include "rig_grant.h"

#include <stdio.h>
#include <string.h>

enum {
	N_TREES = 200,
	N_CHAINS = 60, /* in each tree */
	N_NODES = 24,
	DEPTH_MAX = 8,
	COPIES_MAX = 2, /* in each realm */
	STEPS_MAX = DEPTH_MAX * (1 + COPIES_MAX),
	OPENS_MAX = 6,
};

static const struct rig_file files[] = {
	{ "root",
	  "{ " PROGRAM "collections: [ { name: 'pool',\n"
	  "  durability: 'transient' } ],\n"
	  "capabilities: [\n"
	  "  { directory: 'd0', path: '/d0', rights: [ 'rw*' ] },\n"
	  "  { directory: 'd1', path: '/d1', rights: [ 'r*' ] },\n"
	  "  { directory: 'd2', path: '/d2', rights: [ 'rx*' ] },\n"
	  "  { directory: 'd3', path: '/d3', rights: [ 'rw*', 'execute' ] } ] "
	  "}" },
	{ "node", "{ " PROGRAM "collections: [ { name: 'pool',\n"
		  "  durability: 'transient' } ] }" },
	{ NULL, NULL },
};

static const uint32_t source_rights[] = { RIGHTS_R | RIGHTS_W, RIGHTS_R,
					  RIGHTS_R | RIGHTS_X,
					  RIGHTS_R | RIGHTS_W | RIGHT_EXECUTE };

/* What was asked for at one step, and what the test counts itself. */
struct step {
	struct grant *grant;
	uint64_t id;
	uint32_t rights; /* 0: not said */
	char subdir[32]; /* "": not said */
	bool no_transfer, is_counted;
	uint32_t uses_left;
};

struct chain {
	struct rig *rig;
	uint32_t source; /* rights of the directory it begins with */
	struct step steps[STEPS_MAX];
	unsigned n;
	char name[32]; /* what the last one is called */
};

/* What has to come out. */
struct outcome {
	const char *rule; /* NULL: it is routed */
	uint64_t refuses; /* the grant; 0: the directory itself */
	uint32_t rights;
	char subdir[STEPS_MAX * 32];
	bool no_transfer;
};

static struct {
	unsigned chains, routed, rights_invalid, used_up, at_source, deepest;
	unsigned longest, opens;
} seen;

static unsigned random_state;

static unsigned random_below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

/* ---- trees ---- */

static struct realm *node_any(struct rig *rig)
{
	struct realm *r = rig->tree.root;
	unsigned n;

	for (n = random_below((unsigned)rig->tree.n_realms); n; n--)
		r = realm_next(r);
	return r;
}

static void tree_grow(struct rig *rig)
{
	struct realm *above, *r;
	char name[8];
	unsigned i;

	rig_init(rig, files);
	above = rig_realm(rig, "/");
	for (i = 0; i < N_NODES; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_int_equal(realm_add_child(above, "pool", name,
						 "#meta/node.cm", STARTUP_LAZY,
						 &r),
				 0);
		assert_int_equal(rig_resolve(rig, r, &rig->report), 0);
		/* Long branches as well as broad ones. */
		above = r->depth < DEPTH_MAX && random_below(4) ? r
								: node_any(rig);
		if (above->depth == DEPTH_MAX)
			above = above->parent;
	}
}

/* ---- the same, naively ---- */

static bool step_refuses(const struct step *s, uint32_t asked)
{
	return s->rights && asked && (asked & ~s->rights);
}

/* From the last step but @skip towards the source, as a request goes. */
static void outcome_compute(const struct chain *c, unsigned n,
			    struct outcome *ret)
{
	unsigned i;

	*ret = (struct outcome){ .rights = 0 };
	for (i = n; i-- > 0;) {
		const struct step *s = &c->steps[i];

		ret->refuses = s->id;
		if (s->is_counted && !s->uses_left) {
			ret->rule = "used-up";
			return;
		}
		if (step_refuses(s, ret->rights)) {
			ret->rule = "rights-invalid";
			return;
		}
		if (!ret->rights)
			ret->rights = s->rights;
	}
	ret->refuses = 0;
	if (ret->rights & ~c->source) {
		ret->rule = "rights-invalid";
		return;
	}
	if (!ret->rights)
		ret->rights = c->source;
	for (i = 0; i < n; i++) {
		const struct step *s = &c->steps[i];

		if (*s->subdir && *ret->subdir)
			strcat(ret->subdir, "/");
		strcat(ret->subdir, s->subdir);
		ret->no_transfer |= s->no_transfer;
	}
}

static void outcome_expect(const struct rig *rig, int verdict,
			   const struct outcome *o)
{
	const struct route *route = &rig->route;
	const struct hop *last = &route->hops[route->n_hops - 1];
	uint64_t refuses = last->slot->grant ? last->slot->grant->id : 0;

	if (o->rule) {
		assert_int_equal(verdict, ROUTE_BROKEN);
		assert_string_equal(route->why.rule, o->rule);
		assert_int_equal(refuses, o->refuses);
		assert_ptr_equal(route->why.realm, last->realm);
		return;
	}
	assert_int_equal(verdict, ROUTE_ENDED);
	assert_int_equal(route->rights, o->rights);
	assert_string_equal(text_string(&route->subdir), o->subdir);
	assert_int_equal(route->no_transfer, o->no_transfer);
}

/* Whatever came out: nobody has more than any step before him said. */
static void rights_never_grew(const struct chain *c, unsigned n, uint32_t had)
{
	unsigned i;

	assert_int_equal(had & ~c->source, 0);
	for (i = 0; i < n; i++)
		if (c->steps[i].rights)
			assert_int_equal(had & ~c->steps[i].rights, 0);
}

/* ---- chains ---- */

/* Mostly less than there is, sometimes anything. */
static uint32_t rights_any(uint32_t before)
{
	static const uint32_t all = RIGHTS_R | RIGHTS_W | RIGHTS_X;
	uint32_t rights = random_below(RIGHT_ADMIN) & all;

	switch (random_below(8)) {
	case 0:
	case 1:
	case 2:
		return 0;
	case 3:
		return rights;
	case 4:
		return before;
	default:
		return before & (rights | random_below(RIGHT_ADMIN));
	}
}

static void subdir_any(char *subdir, size_t n)
{
	static const char *const some[] = { "",	 "",  "",     "a",
					    "b", "c", "a/bc", "x/y/z" };

	snprintf(subdir, n, "%s", some[random_below(N_ELEMENTS(some))]);
}

static int chain_walk(struct chain *c, unsigned n)
{
	struct grant *g = c->steps[n - 1].grant;
	int k = route_walk_slot(grant_slot(g), g->to, &c->rig->route);

	/* Everybody in the tree is resolved. */
	assert_true(k == ROUTE_ENDED || k == ROUTE_BROKEN);
	return k;
}

/* One more step, from @by to @to; with @is_kept, even one that is refused. */
static void chain_extend(struct chain *c, struct realm *by, struct realm *to,
			 bool is_kept)
{
	struct step *s = &c->steps[c->n];
	struct grant_spec spec = { .type = CAPABILITY_DIRECTORY,
				   .name = c->name };
	uint32_t before = c->source;
	struct text why = TEXT_INIT;
	struct outcome o;
	char as[32];
	unsigned i;

	for (i = 0; i < c->n; i++)
		before = c->steps[i].rights ? c->steps[i].rights : before;
	*s = (struct step){ .rights = rights_any(before),
			    .no_transfer = !random_below(9),
			    .is_counted = !random_below(5) };
	s->uses_left = s->is_counted ? 1 + random_below(OPENS_MAX) : 0;
	subdir_any(s->subdir, sizeof(s->subdir));
	snprintf(as, sizeof(as), "s%u", c->n);
	spec.as = as;
	spec.rights = s->rights;
	spec.subdir = s->subdir;
	spec.uses = s->uses_left;
	spec.no_transfer = s->no_transfer;
	if (random_below(2))
		spec.from = by->parent ? "parent" : "self";
	if (grant_new(by, to, &spec, &s->grant, &why))
		fail_msg("%s", text_string(&why));
	s->id = s->grant->id;

	outcome_compute(c, c->n + 1, &o);
	i = c->n + 1;
	outcome_expect(c->rig, chain_walk(c, i), &o);
	if (o.rule && !is_kept) {
		grant_free(s->grant);
		return;
	}
	c->n++;
	memcpy(c->name, as, sizeof(as));
}

/* Grants and copies from the root down to @to. */
static void chain_make(struct chain *c, struct realm *to, bool is_kept)
{
	struct realm *way[DEPTH_MAX + 1], *r;
	unsigned depth = 0, i, n, given;

	for (r = to; r; r = r->parent)
		way[depth++] = r;
	for (i = depth; i-- > 1;) {
		for (n = random_below(COPIES_MAX + 1); n && way[i]->parent; n--)
			chain_extend(c, way[i], way[i], is_kept);
		/* A refused grant ends the way down. */
		given = c->n;
		chain_extend(c, way[i], way[i - 1], is_kept);
		if (c->n == given)
			return;
		seen.deepest = seen.deepest > way[i - 1]->depth
				       ? seen.deepest
				       : way[i - 1]->depth;
	}
}

static void outcome_count(const struct outcome *o)
{
	seen.routed += !o->rule;
	seen.used_up += o->rule && !strcmp(o->rule, "used-up");
	seen.rights_invalid += o->rule && !strcmp(o->rule, "rights-invalid");
	seen.at_source += o->rule && !o->refuses;
}

/* Open at any of its steps, and count along. */
static void chain_open(struct chain *c)
{
	unsigned n = 1 + random_below(c->n), i;
	struct outcome o;

	if (random_below(3))
		n = c->n;
	outcome_compute(c, n, &o);
	outcome_expect(c->rig, chain_walk(c, n), &o);
	outcome_count(&o);
	if (!o.rule) {
		rights_never_grew(c, n, c->rig->route.rights);
		route_spend(&c->rig->route);
		for (i = 0; i < n; i++)
			c->steps[i].uses_left -= c->steps[i].is_counted;
		seen.opens++;
	}
	for (i = 0; i < c->n; i++)
		assert_int_equal(c->steps[i].grant->uses_left,
				 c->steps[i].is_counted ? c->steps[i].uses_left
							: GRANT_USES_ANY);
}

static void chain_run(struct rig *rig)
{
	unsigned source = random_below(N_ELEMENTS(source_rights)), i;
	struct chain c = { .rig = rig, .source = source_rights[source] };
	struct cut_told told;
	struct cutting cutting = rig_cutting(&told);

	snprintf(c.name, sizeof(c.name), "d%u", source);
	chain_make(&c, node_any(rig), random_below(2));
	if (!c.n)
		return;
	seen.chains++;
	seen.longest = seen.longest > c.n ? seen.longest : c.n;
	for (i = 0; i < OPENS_MAX; i++)
		chain_open(&c);
	/* All of it hangs on the first. */
	slot_cut(grant_slot(c.steps[0].grant), SLOT_CUT_BY_PARENT, &cutting);
	assert_int_equal(told.n_grants, c.n);
	assert_int_equal(rig->tree.grants_by_id.n, 0);
}

static void authority_only_shrinks_along_a_chain(void **state)
{
	struct rig rig;
	unsigned tree, i;

	(void)state;
	for (tree = 0; tree < N_TREES; tree++) {
		random_state = tree;
		tree_grow(&rig);
		for (i = 0; i < N_CHAINS; i++)
			chain_run(&rig);
		rig_check_tree(&rig);
		rig_fini(&rig);
	}
	print_message("%u chains, %u steps the longest, %u deep; %u opens; "
		      "routed %u, rights-invalid %u (%u at the source), "
		      "used-up %u\n",
		      seen.chains, seen.longest, seen.deepest, seen.opens,
		      seen.routed, seen.rights_invalid, seen.at_source,
		      seen.used_up);
	assert_true(seen.chains >= 10000);
	assert_int_equal(seen.deepest, DEPTH_MAX);
	assert_true(seen.longest > DEPTH_MAX);
	assert_true(seen.routed > 10000);
	assert_true(seen.rights_invalid > 1000);
	assert_true(seen.at_source > 100);
	assert_true(seen.used_up > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authority_only_shrinks_along_a_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
