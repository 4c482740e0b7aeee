/* What the host does with a grant, as far as the core decides it. */
#include "rig_grant.h"

#include <stdio.h>
#include <string.h>

struct grant *rig_give(struct rig *rig, const char *by, const char *to,
		       const struct grant_spec *spec)
{
	struct realm *giver = rig_realm(rig, by), *taker = rig_realm(rig, to);
	struct text why = TEXT_INIT;
	struct grant *g = NULL;

	if (grant_new(giver, taker, spec, &g, &why))
		fail_msg("%s", text_string(&why));
	assert_int_equal(why.n, 0);
	text_fini(&why);
	(void)rig_walk_slot(rig, grant_slot(g), to);
	return g;
}

void rig_give_refused(struct rig *rig, const char *by, const char *to,
		      const struct grant_spec *spec, int verdict,
		      const char *sentence)
{
	struct realm *giver = rig_realm(rig, by), *taker = rig_realm(rig, to);
	size_t n = rig->tree.grants_by_id.n;
	struct text why = TEXT_INIT;
	struct grant *g = NULL;

	assert_int_equal(grant_new(giver, taker, spec, &g, &why), verdict);
	assert_string_equal(text_string(&why), sentence);
	assert_null(g);
	assert_int_equal(rig->tree.grants_by_id.n, n);
	text_fini(&why);
	rig_check_tree(rig);
}

int rig_walk_slot(struct rig *rig, struct slot *slot, const char *client)
{
	const struct realm *r = rig_realm(rig, client);
	int k;

	while ((k = route_walk_slot(slot, r, &rig->route)) == ROUTE_UNRESOLVED)
		rig_realm(rig, rig->route.need->moniker);
	assert_true(k >= 0);
	return k;
}

static void summary_expect(const struct rig *rig, int verdict,
			   const char *summary)
{
	struct text t = TEXT_INIT;

	rig_summary(rig, verdict, &t);
	if (strcmp(text_string(&t), summary) != 0)
		fail_msg("\n  %s\nexpected\n  %s\n%s", text_string(&t), summary,
			 text_string(&rig->route.why.text));
	text_fini(&t);
}

void rig_expect_grant(struct rig *rig, struct grant *g, const char *summary)
{
	summary_expect(rig, rig_walk_slot(rig, grant_slot(g), g->to->moniker),
		       summary);
}

struct grant *rig_register(struct rig *rig, const char *moniker,
			   const char *name, const char *const *access)
{
	struct registration what = { .name = name,
				     .access = access,
				     .has_access = access };
	struct text why = TEXT_INIT;
	struct grant *g = NULL;

	while (access && access[what.n_access])
		what.n_access++;
	if (registry_add(rig_realm(rig, moniker), &what, &g, &why))
		fail_msg("%s", text_string(&why));
	text_fini(&why);
	return g;
}

void rig_expect_connect(struct rig *rig, const char *moniker, const char *name,
			const char *summary)
{
	struct realm *r = rig_realm(rig, moniker);
	const struct decl *d = NULL;
	struct text why = TEXT_INIT;
	int k = registry_look_up(r, name, &d, &why);

	if (k) {
		assert_int_equal(k, GRANT_INVALID);
		assert_memory_equal(summary, "? ", 2);
		assert_string_equal(text_string(&why), summary + 2);
		text_fini(&why);
		return;
	}
	assert_int_equal(why.n, 0);
	k = rig_walk_slot(rig, realm_slot_of(r, TABLE_PROGRAM_INPUT, d),
			  moniker);
	summary_expect(rig, k, summary);
}

/* ---- soundness ---- */

static bool is_in(const struct slot *s, const struct slot *slots, size_t n)
{
	return n && s >= slots && s < slots + n;
}

static bool is_held(const struct slot *s)
{
	const struct realm *r = s->holder;
	const struct grant *g;
	size_t i;

	for (i = 0; i < N_TABLES; i++)
		if (is_in(s, r->tables[i].slots, r->tables[i].n))
			return !s->grant;
	list_for_each (g, &r->grants, link)
		if (is_in(s, g->slots, 2))
			return s->grant == g && g->has_slot[s - g->slots];
	return false;
}

static void slot_check(const struct rig *rig, const struct slot *s)
{
	const struct slot *derived, *above;
	unsigned steps = 0;

	assert_ptr_equal(topology_find(&rig->tree, s->holder->moniker),
			 s->holder);
	assert_true(s->declarer == s->holder ||
		    s->declarer == s->holder->parent);
	assert_int_equal(!s->from, list_is_empty(&s->link));
	if (s->from)
		assert_true(is_held(s->from));
	list_for_each (derived, &s->derived, link) {
		assert_ptr_equal(derived->from, s);
		assert_true(is_held(derived));
	}
	for (above = s; above; above = above->from)
		assert_true(steps++ < ROUTE_HOPS_MAX);
	/* Only the manifest's are marked, and what the rule made; any other
	 * grant that is cut is gone. */
	assert_true(!s->cut || !s->grant || s->grant->kind == GRANT_RULE);
}

static void grant_check(const struct rig *rig, const struct realm *r,
			struct grant *g)
{
	int k;

	assert_ptr_equal(g->to, r);
	assert_true(g->by == r || g->by == r->parent);
	assert_ptr_equal(grant_find(&rig->tree, g->id), g);
	assert_true(g->id && g->id <= rig->tree.last_grant);
	assert_true(g->has_slot[0] || g->has_slot[1]);
	assert_ptr_equal(grant_slot(g)->grant, g);
	if (g->has_slot[0] && g->has_slot[1])
		assert_ptr_equal(g->slots[1].from, &g->slots[0]);
	for (k = 0; k < 2; k++) {
		if (!g->has_slot[k])
			continue;
		assert_ptr_equal(g->slots[k].grant, g);
		assert_ptr_equal(g->slots[k].decl, &g->decls[k]);
		slot_check(rig, &g->slots[k]);
	}
}

void rig_check_tree(const struct rig *rig)
{
	size_t n_realms = 0, n_grants = 0, i, k;
	struct grant *g;
	struct realm *r;

	for (r = rig->tree.root; r; r = realm_next(r), n_realms++) {
		assert_ptr_equal(topology_find(&rig->tree, r->moniker), r);
		for (i = 0; i < N_TABLES; i++)
			for (k = 0; k < r->tables[i].n; k++)
				slot_check(rig, &r->tables[i].slots[k]);
		list_for_each (g, &r->grants, link) {
			grant_check(rig, r, g);
			n_grants++;
		}
	}
	assert_int_equal(rig->tree.n_realms, n_realms);
	assert_int_equal(rig->tree.by_moniker.n, n_realms);
	assert_int_equal(rig->tree.grants_by_id.n, n_grants);
}

/* ---- cuts ---- */

bool rig_was_told(const struct cut_told *told, const struct slot *s)
{
	size_t i;

	for (i = 0; i < told->n_slots; i++)
		if (told->slots[i] == s)
			return true;
	return false;
}

static void on_slot(void *userdata, struct slot *s)
{
	struct cut_told *told = userdata;
	const struct list *at;

	/* When a realm is cut, an input and a use below it are cut each. */
	if (rig_was_told(told, s))
		return;
	assert_true(told->n_slots < CUT_TOLD_MAX);
	told->slots[told->n_slots++] = s;
	for (at = s->connections.next; at != &s->connections; at = at->next)
		told->n_connections++;
}

static void on_grant(void *userdata, struct grant *g)
{
	struct cut_told *told = userdata;
	size_t i;
	int k;

	for (k = 0; k < 2; k++)
		assert_true(!g->has_slot[k] ||
			    rig_was_told(told, &g->slots[k]));
	for (i = 0; i < told->n_grants; i++)
		assert_true(told->grants[i] != g->id);
	assert_true(told->n_grants < CUT_TOLD_MAX);
	told->grants[told->n_grants++] = g->id;
}

struct cutting rig_cutting(struct cut_told *told)
{
	*told = (struct cut_told){ 0 };
	return (struct cutting){ on_slot, on_grant, told };
}
