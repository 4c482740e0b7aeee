/*
 * Every string of registrations, connections by name, grants of what was
 * registered, cuts and removals in a chain of four realms, until nothing new
 * comes of it: the real core beside a plain account.
 *
 *	/ - a - b - c	a and b register s; anybody connects; what a realm
 *			has, its parent gave it or the rule found
 */
#include "explore.h"

#include <stdio.h>
#include <string.h>

enum { ROOT, A, B, C, REALMS, STATES_MAX = 60000 };

static const char *const monikers[REALMS] = { "/", "/a", "/a/pool:b",
					      "/a/pool:b/pool:c" };

#define NODE                                                                   \
	"{ " PROGRAM "collections: [ { name: 'pool',\n"                        \
	"  durability: 'transient' } ] }"

static const struct rig_file files[] = {
	{ "root", "{ " PROGRAM "children: [ " CHILD("a") "] }" },
	{ "a", NODE },
	{ "node", NODE },
	{ NULL, NULL },
};

enum kind {
	REGISTER,
	UNREGISTER,
	CONNECT,
	GIVE,
	GIVE_ONCE,
	CUT,
	CUT_REALM,
	MEND_REALM,
	REMOVE,
	ADD,
};

static const struct change {
	enum kind kind;
	int realm;
} changes[] = {
	{ REGISTER, A },   { REGISTER, B },   { UNREGISTER, A },
	{ UNREGISTER, B }, { CONNECT, ROOT }, { CONNECT, A },
	{ CONNECT, B },	   { CONNECT, C },    { GIVE, B },
	{ GIVE_ONCE, B },  { GIVE, C },	      { CUT, ROOT },
	{ CUT, A },	   { CUT, B },	      { CUT, C },
	{ CUT_REALM, B },  { MEND_REALM, B }, { REMOVE, B },
	{ REMOVE, C },	   { ADD, B },	      { ADD, C },
};

/* ---- the account ---- */

/* What the name means to a realm. */
enum way { NONE, GIVEN, BY_PARENT, BY_CHILD };

/* What a grant of what the giver has was last found to come from. */
enum link { UNKNOWN, OF_SELF, OF_GIVEN, OF_RULE };

struct having {
	bool is_given;
	enum link link;
	uint32_t uses_left;
};

struct rule {
	bool is_made, is_cut;
};

static struct account {
	bool is_alive[REALMS], is_cut[REALMS], is_registered[REALMS];
	struct having has[REALMS];
	/* What the rule found in the parent and in a child. */
	struct rule by_parent[REALMS], by_child[REALMS];
} account;

static struct rig rig;
static unsigned n_connected, n_refused, n_cut, n_ended;

static enum way account_way(int r)
{
	if (account.has[r].is_given)
		return GIVEN;
	if (r && account.is_registered[r - 1])
		return BY_PARENT;
	if (r + 1 < REALMS && account.is_registered[r + 1])
		return BY_CHILD;
	return NONE;
}

static struct rule *account_rule(int r)
{
	switch (account_way(r)) {
	case BY_PARENT:
		return &account.by_parent[r];
	case BY_CHILD:
		return &account.by_child[r];
	default:
		return NULL;
	}
}

/* Has a program something that it can open? */
static bool account_has_use(int r)
{
	const struct rule *rule = account_rule(r);

	return rule ? rule->is_made : account.has[r].is_given;
}

/* What was found before is meant as long as it is whole; else what was given
 * comes before what the rule made. What the rule found in a child is for nobody
 * else. */
static enum link account_link(int r)
{
	enum link link = account.has[r].link;

	if (link != UNKNOWN &&
	    (link != OF_RULE || !account.by_parent[r - 1].is_cut))
		return link;
	if (account.has[r - 1].is_given)
		return OF_GIVEN;
	return account.by_parent[r - 1].is_made ? OF_RULE : UNKNOWN;
}

/* Does what was given lead to a provider? With @walks, the core was made to
 * look, and knows from now on what it came from. */
static bool account_reaches_given(int r, bool walks)
{
	struct having *h = &account.has[r];
	enum link link;

	if (!h->uses_left)
		return false;
	if (h->link == OF_SELF)
		return account.is_registered[r - 1];
	link = account_link(r);
	if (walks)
		h->link = link;
	switch (link) {
	case OF_GIVEN:
		return account_reaches_given(r - 1, walks);
	case OF_RULE:
		return !account.by_parent[r - 1].is_cut;
	default:
		return false;
	}
}

static bool account_reaches(int r, bool walks)
{
	const struct rule *rule = account_rule(r);

	return rule ? !rule->is_cut : account_reaches_given(r, walks);
}

/* An open passes over all of these. */
static void account_spend(int r)
{
	struct having *h = &account.has[r];

	if (h->uses_left != GRANT_USES_ANY)
		h->uses_left--;
	if (h->link == OF_GIVEN)
		account_spend(r - 1);
}

/* What was given of this goes, or is left without it. */
static void account_lose(int r, enum link link, bool is_end)
{
	if (r + 1 == REALMS || !account.has[r + 1].is_given ||
	    account.has[r + 1].link != link)
		return;
	if (is_end) {
		account.has[r + 1].link = UNKNOWN;
		return;
	}
	account_lose(r + 1, OF_GIVEN, false);
	account.has[r + 1] = (struct having){ 0 };
}

static void account_cut_given(int r)
{
	account_lose(r, OF_GIVEN, false);
	account.has[r] = (struct having){ 0 };
}

static void account_cut_rule(int r, struct rule *rule)
{
	if (!rule->is_made)
		return;
	rule->is_cut = true;
	if (rule == &account.by_parent[r])
		account_lose(r, OF_RULE, false);
}

/* What the rule made of it goes as well. */
static void account_unregister(int r)
{
	account.is_registered[r] = false;
	if (r + 1 < REALMS) {
		account_lose(r + 1, OF_RULE, true);
		account.by_parent[r + 1] = (struct rule){ 0 };
	}
	account.by_child[r - 1] = (struct rule){ 0 };
}

static void account_remove(int r)
{
	for (; r < REALMS; r++) {
		account.is_alive[r] = account.is_cut[r] = false;
		account.has[r] = (struct having){ 0 };
		account.by_parent[r] = account.by_child[r] = (struct rule){ 0 };
	}
}

/* ---- the core ---- */

static struct realm *realm_at(int r)
{
	return rig_realm(&rig, monikers[r]);
}

/* What the name means to a realm's program, as far as it can be opened. */
static struct slot *use_of(int r)
{
	struct slot *s = registry_peek(realm_at(r), "s");

	return s && s->decl->kind == DECL_USE ? s : NULL;
}

static bool walk(int r)
{
	size_t i;

	if (rig_walk_slot(&rig, use_of(r), monikers[r]) == ROUTE_BROKEN)
		return false;
	assert_int_equal(rig.route.source, ROUTE_SOURCE_COMPONENT);
	for (i = 0; i < rig.route.n_hops; i++)
		assert_int_equal(rig.route.hops[i].slot->cut, SLOT_WHOLE);
	return true;
}

/* ---- the changes ---- */

static void do_register(int r)
{
	struct registration what = { .name = "s" };
	struct text why = TEXT_INIT;
	struct grant *g = NULL;

	assert_int_equal(registry_add(realm_at(r), &what, &g, &why),
			 account.is_registered[r] ? GRANT_EXISTS : 0);
	text_fini(&why);
	account.is_registered[r] = true;
}

static void do_unregister(int r)
{
	struct grant *g = registry_find(realm_at(r), "s");
	struct cut_told told;
	struct cutting cutting = rig_cutting(&told);

	assert_int_equal(g != NULL, account.is_registered[r]);
	if (!g)
		return;
	slot_end(&g->slots[0], &cutting);
	account_unregister(r);
	n_ended++;
}

static void do_connect(int r)
{
	struct rule *rule = account_rule(r);
	const struct decl *d = NULL;
	struct text why = TEXT_INIT;
	int k = registry_look_up(realm_at(r), "s", &d, &why);

	text_fini(&why);
	if (rule && !account.is_cut[r])
		rule->is_made = true;
	assert_int_equal(k, account_has_use(r) ? 0 : GRANT_INVALID);
	if (k)
		return;
	assert_ptr_equal(use_of(r)->decl, d);
	if (!walk(r)) {
		assert_false(account_reaches(r, true));
		n_refused++;
		return;
	}
	assert_true(account_reaches(r, true));
	route_spend(&rig.route);
	if (!rule)
		account_spend(r);
	n_connected++;
}

static void do_give(int r, uint32_t uses)
{
	struct having *h = &account.has[r];
	struct grant_spec spec = { .type = CAPABILITY_SERVICE,
				   .name = "s",
				   .uses = uses };
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	int k = grant_new(realm_at(r - 1), realm_at(r), &spec, &g, &why);

	text_fini(&why);
	assert_int_equal(k, h->is_given ? GRANT_EXISTS : 0);
	if (k)
		return;
	*h = (struct having){ .is_given = true,
			      .uses_left = uses ? uses : GRANT_USES_ANY };
	if (account.is_registered[r - 1] && !account.has[r - 1].is_given &&
	    !account.by_parent[r - 1].is_made)
		h->link = OF_SELF;
	if (walk(r)) {
		assert_true(account_reaches(r, true));
		return;
	}
	assert_false(account_reaches(r, true));
	/* As the host does. */
	grant_free(g);
	*h = (struct having){ 0 };
}

static void do_cut(int r)
{
	struct rule *rule = account_rule(r);
	struct slot *s = use_of(r);
	struct cut_told told;
	struct cutting cutting = rig_cutting(&told);

	assert_int_equal(s != NULL, account_has_use(r));
	if (!s)
		return;
	slot_cut(s, SLOT_CUT_BY_OPERATOR, &cutting);
	if (rule)
		account_cut_rule(r, rule);
	else
		account_cut_given(r);
	n_cut++;
}

static void do_cut_realm(int r)
{
	struct cut_told told;
	struct cutting cutting = rig_cutting(&told);

	realm_cut(realm_at(r), SLOT_CUT_BY_PARENT, &cutting);
	account.is_cut[r] = true;
	account_cut_given(r);
	/* What is cut already is passed by. */
	if (!account.by_parent[r].is_cut)
		account_cut_rule(r, &account.by_parent[r]);
	account_cut_rule(r, &account.by_child[r]);
}

static void do_mend_realm(int r)
{
	realm_mend(realm_at(r));
	account.is_cut[r] = false;
	if (account.by_parent[r].is_cut) {
		account_lose(r, OF_RULE, true);
		account.by_parent[r] = (struct rule){ 0 };
	}
	if (account.by_child[r].is_cut)
		account.by_child[r] = (struct rule){ 0 };
}

/* As the host does: who ends provides nothing any more. */
static void do_remove(int r)
{
	if (r == B)
		do_unregister(B);
	realm_remove(realm_at(r));
	account_remove(r);
}

static void do_add(int r)
{
	if (account.is_alive[r] || !account.is_alive[r - 1])
		return;
	rig_add(&rig, monikers[r - 1], "pool", r == B ? "b" : "c",
		"#meta/node.cm");
	realm_at(r);
	account.is_alive[r] = true;
}

static void apply(size_t change)
{
	int r = changes[change].realm;
	enum kind kind = changes[change].kind;

	if (kind == ADD)
		do_add(r);
	if (kind == ADD || !account.is_alive[r])
		return;
	switch (kind) {
	case REGISTER:
		do_register(r);
		return;
	case UNREGISTER:
		do_unregister(r);
		return;
	case CONNECT:
		do_connect(r);
		return;
	case GIVE:
	case GIVE_ONCE:
		do_give(r, kind == GIVE_ONCE);
		return;
	case CUT:
		do_cut(r);
		return;
	case CUT_REALM:
		do_cut_realm(r);
		return;
	case MEND_REALM:
		do_mend_realm(r);
		return;
	case REMOVE:
		do_remove(r);
		return;
	case ADD:
		return;
	}
}

/* ---- the test ---- */

static void begin(void)
{
	account = (struct account){ .is_alive = { true, true } };
	realm_at(A);
}

static void check(void)
{
	int r;

	for (r = 0; r < REALMS && account.is_alive[r]; r++) {
		assert_int_equal(registry_find(realm_at(r), "s") != NULL,
				 account.is_registered[r]);
		assert_int_equal(use_of(r) != NULL, account_has_use(r));
		if (use_of(r))
			assert_int_equal(walk(r), account_reaches(r, false));
	}
	assert_int_equal(rig.tree.n_realms, r);
}

static const char *change_name(size_t change)
{
	static const char *const kinds[] = { "register in",  "unregister in",
					     "connect",	     "give to",
					     "give once to", "cut in",
					     "cut all of",   "mend all of",
					     "remove",	     "add" };
	static char line[64];

	snprintf(line, sizeof(line), "%s %s", kinds[changes[change].kind],
		 monikers[changes[change].realm]);
	return line;
}

static void services_are_as_the_account_says_in_every_state(void **state)
{
	static const struct exploration e = { .rig = &rig,
					      .files = files,
					      .n_changes = N_ELEMENTS(changes),
					      .begin = begin,
					      .apply = apply,
					      .check = check,
					      .name = change_name };
	struct explored found;

	(void)state;
	found = explore(&e, STATES_MAX);
	print_message("%zu states, %zu changes, at most %zu deep; %u "
		      "connections, %u refused, %u cuts, %u ends\n",
		      found.n_states, found.n_changes, found.deepest,
		      n_connected, n_refused, n_cut, n_ended);
	assert_true(found.n_states > 200);
	assert_true(n_connected > 500 && n_refused > 500 && n_cut > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			services_are_as_the_account_says_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
