/*
 * The walk over the derivation tree is iterative: chains are as deep as realms
 * and copies of copies make them. Slots to be visited are chained through their
 * own @derived lists, which nothing else changes meanwhile: grants that go are
 * first unlinked into a list, and freed when the walk is over. What is carried
 * waits until all that is derived was visited.
 */
#include "route/cut.h"

#include "route/carry.h"

struct slot *slot_next_derived(struct slot *s, const struct slot *top)
{
	if (!list_is_empty(&s->derived))
		return list_first(&s->derived, struct slot, link);
	for (; s != top; s = s->from)
		if (s->link.next != &s->from->derived)
			return list_entry(s->link.next, struct slot, link);
	return NULL;
}

bool slot_is_at_or_below(const struct slot *s, const struct slot *above)
{
	while (s && s != above)
		s = s->from;
	return s;
}

size_t slot_count_connections(struct slot *s)
{
	const struct list *l;
	struct slot *at;
	size_t n = 0;

	for (at = s; at; at = slot_next_derived(at, s))
		for (l = at->connections.next; l != &at->connections;
		     l = l->next)
			n++;
	return n;
}

size_t slot_count_derived(struct slot *s)
{
	struct slot *at;
	size_t n = 0;

	for (at = slot_next_derived(s, s); at; at = slot_next_derived(at, s))
		n++;
	return n;
}

/* Should the grant of this slot go, when what it was derived from does? */
static bool goes(const struct grant *g, bool is_end)
{
	/* What the rule made is only marked when it is cut itself, so that the
	 * rule does not make it anew. */
	if (!is_end && g->kind == GRANT_RULE && g->slots[1].cut)
		return false;
	return !is_end || g->kind == GRANT_RULE ||
	       g->kind == GRANT_REGISTRATION;
}

/* What was seen so far, and what is to be. */
struct visit {
	bool is_end;
	const struct cutting *cutting;
	struct list going; /* grants */
	struct carry *waiting;
	size_t n;
};

/* What @at carries depends on it as what is derived from it does: dictionaries
 * may be in each other, so each record is followed once in a round. */
static void visit_carried(struct visit *v, const struct slot *at)
{
	uint64_t round = at->holder->tree->cut_round;
	struct carry *carry;

	for (carry = carry_next(at, NULL); carry;
	     carry = carry_next(at, carry)) {
		if (carry->round == round)
			continue;
		carry->round = round;
		carry->waiting = v->waiting;
		v->waiting = carry;
	}
}

/* Visit all below @top, but for what is carried; the grants among them are
 * moved into v->going. */
static void visit_below(struct visit *v, struct slot *top)
{
	struct slot *at;

	for (at = top; at; at = slot_next_derived(at, top)) {
		v->n++;
		v->cutting->on_slot(v->cutting->userdata, at);
		if (at->grant && goes(at->grant, v->is_end)) {
			list_unlink(&at->grant->link);
			list_link(&v->going, &at->grant->link);
		}
		visit_carried(v, at);
	}
}

/* A grant's two slots may both be below; it is freed once. The grant of @top
 * itself goes last. */
static size_t cut_below(struct slot *top, bool is_end, const struct cutting *c)
{
	struct visit v = { .is_end = is_end,
			   .cutting = c,
			   .going = LIST_INIT(v.going) };
	struct carry *carry;
	struct grant *g;

	top->holder->tree->cut_round++;
	visit_below(&v, top);
	while ((carry = v.waiting)) {
		v.waiting = carry->waiting;
		visit_below(&v, carry->slot);
	}
	while ((g = list_first(&v.going, struct grant, link))) {
		c->on_grant(c->userdata, g);
		grant_free(g);
	}
	return v.n;
}

size_t slot_cut(struct slot *s, enum slot_cut why, const struct cutting *c)
{
	if (!s->grant)
		s->cut = why;
	else if (s->grant->kind == GRANT_RULE)
		s->grant->slots[1].cut = why;
	/* Of a grant, the whole. */
	return cut_below(s->grant ? grant_top(s->grant) : s, false, c);
}

size_t slot_end(struct slot *s, const struct cutting *c)
{
	return cut_below(s, true, c);
}

/* A slot that a grant added and nobody cut yet. */
static struct slot *added_whole(const struct realm *r, enum table_kind table)
{
	struct slot *s;

	for (s = realm_next_added(r, table, NULL); s;
	     s = realm_next_added(r, table, s))
		if (!s->grant->slots[1].cut)
			return s;
	return NULL;
}

size_t realm_cut(struct realm *r, enum slot_cut why, const struct cutting *c)
{
	static const enum table_kind held[] = { TABLE_INPUT,
						TABLE_PROGRAM_INPUT };
	struct slot *s;
	size_t n = 0, i, k;

	r->cut = why;
	for (i = 0; i < N_ELEMENTS(held); i++) {
		for (k = 0; k < r->tables[held[i]].n; k++) {
			s = &r->tables[held[i]].slots[k];
			if (!s->cut)
				n += slot_cut(s, why, c);
		}
		while ((s = added_whole(r, held[i])))
			n += slot_cut(s, why, c);
	}
	return n;
}

/*
 * With two of a name, what is derived from the grant would be derived from the
 * mended slot at its next walk, and taking the grant back would miss it.
 */
static bool is_replaced(const struct slot *s)
{
	static const enum table_kind tables[N_DECL_KINDS] = {
		[DECL_USE] = TABLE_PROGRAM_INPUT,
		[DECL_OFFER] = TABLE_INPUT,
		[DECL_EXPOSE] = TABLE_OUTPUT,
		[DECL_CAPABILITY] = TABLE_PROGRAM_OUTPUT,
	};
	const struct decl *d = s->decl;
	const struct slot *found = realm_find_slot(s->holder, tables[d->kind],
						   d->type, d->target_name);

	return found && found->grant;
}

bool slot_mend(struct slot *s)
{
	if (!s->cut || is_replaced(s))
		return false;
	s->cut = SLOT_WHOLE;
	return true;
}

void realm_mend(struct realm *r)
{
	enum table_kind t;
	struct slot *s, *next;
	size_t k;

	r->cut = SLOT_WHOLE;
	for (t = TABLE_INPUT; t <= TABLE_PROGRAM_INPUT; t++) {
		for (k = 0; k < r->tables[t].n; k++)
			(void)slot_mend(&r->tables[t].slots[k]);
		/* The rule makes anew what it made before. */
		for (s = realm_next_added(r, t, NULL); s; s = next) {
			next = realm_next_added(r, t, s);
			if (s->cut && s->grant->kind == GRANT_RULE)
				grant_free(s->grant);
		}
	}
}

const char *slot_cut_name(enum slot_cut why)
{
	static const char *const names[] = {
		[SLOT_WHOLE] = "nobody",
		[SLOT_CUT_BY_PARENT] = "its parent",
		[SLOT_CUT_BY_PROVIDER] = "its provider",
		[SLOT_CUT_BY_OPERATOR] = "the operator",
		[SLOT_CUT_BY_EXPIRY] = "the end of its time",
		[SLOT_CUT_BY_END] = "the end of its provider",
	};

	return names[why];
}
