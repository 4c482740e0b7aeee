/*
 * Trees that change while they are routed through: children come and go, break
 * and are read again, in random order. After every change the derivation of
 * slots has to be a forest whose links agree in both directions, over living
 * slots only, and every route has to end as the tree that is there says.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct rig_file files[] = {
	{ "root",
	  "{ " PROGRAM "children: [ " CHILD(
		  "provider") "],\n"
			      "collections: [ { name: 'pool',\n"
			      "  durability: 'transient' } ],\n"
			      "offer: [ { protocol: 'X', from: '#provider',\n"
			      "  to: '#pool' } ],\n"
			      "use: [ { protocol: 'X', from: '#provider' } ] "
			      "}" },
	{ "provider",
	  "{ children: [ " CHILD(
		  "far") "],\n"
			 "expose: [ { protocol: 'X', from: '#far' } ] }" },
	{ "far", "{ " PROGRAM "capabilities: [ { protocol: 'X' } ],\n"
		 "expose: [ { protocol: 'X', from: 'self' } ] }" },
	{ "user", "{ " PROGRAM "use: [ { protocol: 'X' } ],\n"
		  "collections: [ { name: 'pool',\n"
		  "  durability: 'transient' } ],\n"
		  "offer: [ { protocol: 'X', from: 'parent',\n"
		  "  to: '#pool' } ] }" },
	{ NULL, NULL },
};

static unsigned random_state;

static unsigned random_below(unsigned n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static bool is_held(const struct slot *s)
{
	const struct table *t = s->holder->tables;
	size_t i;

	for (i = 0; i < N_TABLES; i++)
		if (s >= t[i].slots && s < t[i].slots + t[i].n)
			return true;
	return false;
}

static void slot_check(const struct rig *rig, const struct slot *s)
{
	const struct list *at;
	const struct slot *derived;
	const struct slot *above = s;
	unsigned steps = 0;

	assert_int_equal(!s->from, list_is_empty(&s->link));
	if (s->from) {
		/* It is in a table of a realm that is in the tree. */
		assert_ptr_equal(
			topology_find(&rig->tree, s->from->holder->moniker),
			s->from->holder);
		assert_true(is_held(s->from));
	}
	for (at = s->derived.next; at != &s->derived; at = at->next) {
		derived = list_entry(at, const struct slot, link);
		assert_ptr_equal(derived->from, s);
	}
	for (; above; above = above->from)
		assert_true(steps++ < ROUTE_HOPS_MAX);
}

static void tree_check(const struct rig *rig)
{
	struct realm *r;
	size_t n = 0, i, k;

	for (r = rig->tree.root; r; r = realm_next(r), n++) {
		assert_ptr_equal(topology_find(&rig->tree, r->moniker), r);
		for (i = 0; i < N_TABLES; i++)
			for (k = 0; k < r->tables[i].n; k++)
				slot_check(rig, &r->tables[i].slots[k]);
	}
	assert_int_equal(rig->tree.n_realms, n);
	assert_int_equal(rig->tree.by_moniker.n, n);
}

/* Any realm but the root; NULL if there is only that. */
static struct realm *realm_any(struct rig *rig)
{
	struct realm *r = rig->tree.root;
	unsigned n;

	if (rig->tree.n_realms < 2)
		return NULL;
	for (n = 1 + random_below((unsigned)rig->tree.n_realms - 1); n; n--)
		r = realm_next(r);
	return r;
}

static void add_one(struct rig *rig)
{
	struct realm *parent =
		random_below(2) ? rig->tree.root : realm_any(rig);
	struct realm *child;
	char name[8];

	if (!parent || parent->state != REALM_RESOLVED ||
	    !parent->manifest->n_collections)
		return;
	snprintf(name, sizeof(name), "w%u", random_below(6));
	realm_add_child(parent, "pool", name, "#meta/user.cm", STARTUP_LAZY,
			&child);
}

static bool is_served(const struct rig *rig)
{
	const struct realm *p = topology_find(&rig->tree, "/provider");
	const struct realm *far = topology_find(&rig->tree, "/provider/far");

	return p && p->state == REALM_RESOLVED && far &&
	       far->state == REALM_RESOLVED;
}

static void route_one(struct rig *rig)
{
	struct realm *r = random_below(4) ? realm_any(rig) : rig->tree.root;
	int k;

	if (!r || r->state != REALM_RESOLVED ||
	    !r->tables[TABLE_PROGRAM_INPUT].n)
		return;
	while ((k = route_walk_name(r, "X", &rig->route)) == ROUTE_UNRESOLVED)
		assert_int_equal(
			rig_resolve(rig, rig->route.need, &rig->report), 0);
	assert_int_equal(k, is_served(rig) ? ROUTE_ENDED : ROUTE_BROKEN);
}

/* The manifest is read, or cannot be; a realm that was read stays so. */
static void resolve_one(struct rig *rig)
{
	struct realm *r = realm_any(rig);

	if (!r || r->state == REALM_RESOLVED)
		return;
	if (random_below(3))
		assert_int_equal(rig_resolve(rig, r, &rig->report), 0);
	else
		realm_break(r, "not today");
}

static void any_order_of_changes_leaves_a_sound_tree(void **state)
{
	struct rig rig;
	struct realm *r;
	unsigned run, i;

	(void)state;
	for (run = 0; run < 60; run++) {
		random_state = run;
		rig_init(&rig, files);
		rig_realm(&rig, "/");
		for (i = 0; i < 300; i++) {
			switch (random_below(8)) {
			case 0:
			case 1:
			case 2:
				add_one(&rig);
				break;
			case 3:
				r = realm_any(&rig);
				/* What provides goes seldom. */
				if (r && (r->collection || !random_below(20)))
					realm_remove(r);
				break;
			case 4:
				resolve_one(&rig);
				break;
			default:
				route_one(&rig);
			}
			tree_check(&rig);
		}
		rig_fini(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_of_changes_leaves_a_sound_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
