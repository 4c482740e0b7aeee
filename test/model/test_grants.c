/*
 * Every string of grants, copies, opens, cuts and removals in a chain of four
 * realms, until nothing new comes of it: the real core beside a plain account
 * of who gave what to whom. The account knows no derivation tree: what can be
 * reached it finds anew each time, by asking the giver, and its giver.
 */
#include "explore.h"

#include <stdio.h>
#include <string.h>

enum { REALMS = 4, STATES_MAX = 60000 };

static const char *const monikers[REALMS] = { "/", "/a", "/a/pool:b",
					      "/a/pool:b/pool:c" };
static const char *const short_names[REALMS] = { "/", "a", "b", "c" };

enum name { D, E, N_NAMES };
static const char *const names[N_NAMES] = { "d", "e" };

#define NODE(uses)                                                             \
	"{ " PROGRAM "collections: [ { name: 'pool',\n"                        \
	"  durability: 'transient' } ],\n" uses "}"

static const struct rig_file files[] = {
	{ "root", "{ " PROGRAM "children: [ " CHILD(
			  "a") "],\n"
			       "capabilities: [ { directory: 'd',\n"
			       "  path: '/d', rights: ['rw*'] } ],\n"
			       "offer: [ { directory: 'd', from: 'self',\n"
			       "  to: '#a', rights: ['rw*'] } ] }" },
	{ "a", NODE("use: [ { directory: 'd', path: '/d',\n"
		    "  rights: ['r*'] } ],\n") },
	{ "node", NODE("") },
	{ NULL, NULL },
};

enum kind {
	GIVE,
	COPY,
	OPEN,
	CUT,
	CUT_OFFER,
	MEND_OFFER,
	CUT_REALM,
	REMOVE,
	ADD,
};

static const struct change {
	enum kind kind;
	int realm;
	enum name name; /* of what is given, opened, cut */
	uint32_t rights, uses;
} changes[] = {
	{ GIVE, 1, D, 0, 0 },
	{ GIVE, 1, D, RIGHTS_R, 1 },
	{ GIVE, 2, D, 0, 0 },
	{ GIVE, 2, D, RIGHTS_R, 1 },
	{ GIVE, 2, D, RIGHTS_R | RIGHTS_W, 0 },
	{ GIVE, 2, E, 0, 0 },
	{ GIVE, 2, E, RIGHTS_R | RIGHTS_W, 0 },
	{ GIVE, 3, D, 0, 0 },
	{ GIVE, 3, D, RIGHTS_R | RIGHTS_W, 0 },
	{ GIVE, 3, E, RIGHTS_R, 2 },
	{ COPY, 1, D, RIGHTS_R, 0 },
	{ COPY, 1, D, 0, 1 },
	{ COPY, 2, D, RIGHTS_R, 0 },
	{ OPEN, 1, D, 0, 0 },
	{ OPEN, 1, E, 0, 0 },
	{ OPEN, 2, D, 0, 0 },
	{ OPEN, 2, E, 0, 0 },
	{ OPEN, 3, D, 0, 0 },
	{ CUT, 1, D, 0, 0 },
	{ CUT, 1, E, 0, 0 },
	{ CUT, 2, D, 0, 0 },
	{ CUT, 2, E, 0, 0 },
	{ CUT, 3, D, 0, 0 },
	{ CUT_OFFER, 1, D, 0, 0 },
	{ MEND_OFFER, 1, D, 0, 0 },
	{ CUT_REALM, 2, D, 0, 0 },
	{ REMOVE, 2, D, 0, 0 },
	{ REMOVE, 3, D, 0, 0 },
	{ ADD, 2, D, 0, 0 },
	{ ADD, 3, D, 0, 0 },
};

/* ---- the account ---- */

/* What a realm has under a name. */
struct gift {
	bool is_there, is_copy;
	enum name of;		    /* under which name the giver has it */
	uint32_t rights, uses_left; /* 0 rights: states none */
};

static struct account {
	bool is_alive[REALMS];
	bool is_offer_cut;
	struct gift gifts[REALMS][N_NAMES];
} account;

static struct rig rig;
static unsigned n_opened, n_refused, n_cut;

/* A route as the account sees it: what each hop was asked for. */
struct way {
	uint32_t rights;
	bool has_rights;
	struct gift *gifts[2 * REALMS];
	size_t n;
};

static bool way_states(struct way *w, uint32_t rights)
{
	if (!rights)
		return true;
	if (!w->has_rights)
		w->rights = rights;
	w->has_rights = true;
	return !(w->rights & ~rights);
}

static bool account_reaches(int realm, enum name name, struct way *w)
{
	struct gift *g = &account.gifts[realm][name];

	if (!realm)
		return name == D && way_states(w, RIGHTS_R | RIGHTS_W);
	if (!g->is_there)
		return realm == 1 && name == D && !account.is_offer_cut &&
		       way_states(w, RIGHTS_R | RIGHTS_W) &&
		       account_reaches(0, D, w);
	w->gifts[w->n++] = g;
	return g->uses_left && way_states(w, g->rights) &&
	       account_reaches(g->is_copy ? realm : realm - 1, g->of, w);
}

/* From the program of a realm on: the manifest of a asks for r* only. */
static bool account_opens(int realm, enum name name, struct way *w)
{
	*w = (struct way){ 0 };
	if (realm == 1 && name == D)
		way_states(w, RIGHTS_R);
	return account_reaches(realm, name, w);
}

/* All that was given of this goes with it. */
static void account_cut(int realm, enum name name)
{
	struct gift *g;
	int n;

	account.gifts[realm][name].is_there = false;
	for (n = 0; n < N_NAMES; n++) {
		g = &account.gifts[realm][n];
		if (g->is_there && g->is_copy && g->of == name)
			account_cut(realm, n);
		if (realm + 1 == REALMS)
			continue;
		g = &account.gifts[realm + 1][n];
		if (g->is_there && !g->is_copy && g->of == name)
			account_cut(realm + 1, n);
	}
}

static bool account_has(int realm, enum name name)
{
	return account.gifts[realm][name].is_there ||
	       (realm == 1 && name == D && !account.is_offer_cut);
}

static void account_remove(int realm)
{
	for (; realm < REALMS; realm++) {
		account.is_alive[realm] = false;
		memset(account.gifts[realm], 0, sizeof(account.gifts[realm]));
	}
}

/* ---- the core ---- */

static struct realm *realm_at(int realm)
{
	return rig_realm(&rig, monikers[realm]);
}

static struct slot *input_of(int realm, enum name name)
{
	return realm_find_slot(realm_at(realm), TABLE_INPUT,
			       CAPABILITY_DIRECTORY, names[name]);
}

static struct grant *grant_of(int realm, enum name name)
{
	struct slot *s = input_of(realm, name);

	return s ? s->grant : NULL;
}

static struct slot *offer(void)
{
	return &realm_at(1)->tables[TABLE_INPUT].slots[0];
}

/* Where an open of @name in @realm begins; NULL if it has no such thing. */
static struct slot *program_of(int realm, enum name name)
{
	struct grant *g = grant_of(realm, name);

	if (realm == 1 && name == D)
		return &realm_at(1)->tables[TABLE_PROGRAM_INPUT].slots[0];
	return g ? grant_slot(g) : NULL;
}

/* Rights never grow on the way to whoever uses it, and what was cut is not on
 * it. */
static void route_check(const struct way *w)
{
	const struct route *route = &rig.route;
	const struct decl *d;
	size_t i;

	assert_int_equal(route->source, ROUTE_SOURCE_COMPONENT);
	assert_ptr_equal(route->realm, rig.tree.root);
	assert_int_equal(route->rights, w->rights);
	for (i = 0; i < route->n_hops; i++) {
		d = route->hops[i].decl;
		assert_int_equal(route->hops[i].slot->cut, SLOT_WHOLE);
		if (d->has_rights)
			assert_int_equal(route->rights & ~d->rights, 0);
		if (i + 1 < route->n_hops)
			assert_ptr_equal(route->hops[i].slot->from,
					 route->hops[i + 1].slot);
	}
}

/* Walk, and compare. */
static bool walk(int realm, enum name name, struct way *w)
{
	struct slot *s = program_of(realm, name);
	bool opens = account_opens(realm, name, w);

	if (!s) {
		assert_false(opens);
		return false;
	}
	assert_int_equal(rig_walk_slot(&rig, s, monikers[realm]),
			 opens ? ROUTE_ENDED : ROUTE_BROKEN);
	if (opens)
		route_check(w);
	return opens;
}

/* ---- the changes ---- */

static void give(const struct change *c)
{
	bool is_copy = c->kind == COPY;
	int by = is_copy ? c->realm : c->realm - 1;
	enum name as = is_copy ? E : D;
	struct grant_spec spec = { .type = CAPABILITY_DIRECTORY,
				   .name = names[c->name],
				   .as = names[as],
				   .rights = c->rights,
				   .uses = c->uses };
	struct gift *gift = &account.gifts[c->realm][as];
	struct text why = TEXT_INIT;
	struct grant *g = NULL;
	struct way w;
	int k;

	if (!account.is_alive[c->realm])
		return;
	k = grant_new(realm_at(by), realm_at(c->realm), &spec, &g, &why);
	text_fini(&why);
	assert_int_equal(k, account_has(c->realm, as) ? GRANT_EXISTS : 0);
	if (k)
		return;
	*gift = (struct gift){ .is_there = true,
			       .is_copy = is_copy,
			       .of = c->name,
			       .rights = c->rights,
			       .uses_left =
				       c->uses ? c->uses : GRANT_USES_ANY };
	/* As the host does: what leads nowhere is not given. */
	w = (struct way){ 0 };
	k = rig_walk_slot(&rig, grant_slot(g), monikers[c->realm]);
	assert_int_equal(k, account_reaches(c->realm, as, &w) ? ROUTE_ENDED
							      : ROUTE_BROKEN);
	if (!k)
		return;
	grant_free(g);
	gift->is_there = false;
}

static void open_it(const struct change *c)
{
	struct way w;
	size_t i;

	if (!account.is_alive[c->realm])
		return;
	if (!walk(c->realm, c->name, &w)) {
		n_refused++;
		return;
	}
	route_spend(&rig.route);
	for (i = 0; i < w.n; i++)
		if (w.gifts[i]->uses_left != GRANT_USES_ANY)
			w.gifts[i]->uses_left--;
	n_opened++;
}

static void cut(const struct change *c)
{
	struct cut_told told;
	struct cutting cutting = rig_cutting(&told);
	struct slot *s;

	if (!account.is_alive[c->realm])
		return;
	s = c->kind == CUT_OFFER ? offer() : NULL;
	if (c->kind == CUT && grant_of(c->realm, c->name))
		s = &grant_of(c->realm, c->name)->slots[0];
	if (!s || s->cut)
		return;
	/* A grant may stand where the offer was: then that one stays. */
	if (c->kind == CUT_OFFER)
		account.is_offer_cut = true;
	assert_true(slot_cut(s, SLOT_CUT_BY_PARENT, &cutting) > 0);
	account_cut(c->realm, c->name);
	n_cut++;
}

static void cut_realm(int realm)
{
	struct cut_told told;
	struct cutting cutting = rig_cutting(&told);
	int n;

	if (!account.is_alive[realm])
		return;
	realm_cut(realm_at(realm), SLOT_CUT_BY_OPERATOR, &cutting);
	for (n = 0; n < N_NAMES; n++)
		account_cut(realm, n);
}

static void mend(void)
{
	bool mends = account.is_offer_cut && !account.gifts[1][D].is_there;

	assert_int_equal(slot_mend(offer()), mends);
	account.is_offer_cut &= !mends;
}

static void add_or_remove(const struct change *c)
{
	const char *name = c->realm == 2 ? "b" : "c";

	if (c->kind == REMOVE && account.is_alive[c->realm]) {
		realm_remove(realm_at(c->realm));
		account_remove(c->realm);
	} else if (c->kind == ADD && !account.is_alive[c->realm] &&
		   account.is_alive[c->realm - 1]) {
		rig_add(&rig, monikers[c->realm - 1], "pool", name,
			"#meta/node.cm");
		realm_at(c->realm);
		account.is_alive[c->realm] = true;
	}
}

static void apply(size_t change)
{
	const struct change *c = &changes[change];

	switch (c->kind) {
	case GIVE:
	case COPY:
		give(c);
		return;
	case OPEN:
		open_it(c);
		return;
	case CUT:
	case CUT_OFFER:
		cut(c);
		return;
	case MEND_OFFER:
		mend();
		return;
	case CUT_REALM:
		cut_realm(c->realm);
		return;
	case REMOVE:
	case ADD:
		add_or_remove(c);
		return;
	}
}

/* ---- the test ---- */

static void begin(void)
{
	account = (struct account){ .is_alive = { true, true, false, false } };
	realm_at(1);
}

static void check(void)
{
	const struct grant *g;
	const struct gift *gift;
	struct way w;
	int r, n;

	for (r = 1; r < REALMS && account.is_alive[r]; r++) {
		for (n = 0; n < N_NAMES; n++) {
			g = grant_of(r, n);
			gift = &account.gifts[r][n];
			assert_int_equal(g != NULL, gift->is_there);
			if (g)
				assert_int_equal(g->uses_left, gift->uses_left);
			(void)walk(r, n, &w);
		}
	}
	assert_int_equal(rig.tree.n_realms, r);
}

static const char *change_name(size_t change)
{
	static const char *const kinds[] = {
		"give",	      "copy",	       "open",
		"cut",	      "cut the offer", "mend the offer",
		"cut all of", "remove",	       "add"
	};
	static char line[80];
	const struct change *c = &changes[change];

	snprintf(line, sizeof(line), "%s %s %s rights %x uses %u",
		 kinds[c->kind], short_names[c->realm], names[c->name],
		 c->rights, c->uses);
	return line;
}

static void grants_are_as_the_account_says_in_every_state(void **state)
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
	print_message("%zu states, %zu changes, at most %zu deep; %u opens, %u "
		      "refused, %u cuts\n",
		      found.n_states, found.n_changes, found.deepest, n_opened,
		      n_refused, n_cut);
	assert_true(found.n_states > 500);
	assert_true(n_opened > 1000 && n_refused > 1000 && n_cut > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grants_are_as_the_account_says_in_every_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
