/*
 * Breadth first, so that the string which is told when something fails is a
 * shortest one. A change that changed nothing leaves the rig as good as new;
 * only after one that did is the next string played from its beginning.
 */
#include "explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

struct state {
	struct map_node by_key;
	char *key;
	struct state *before; /* NULL: the first */
	size_t change;	      /* that led here from @before */
	size_t depth;
};

struct search {
	const struct exploration *e;
	struct map by_key;
	struct state **states; /* in the order in which they were found */
	size_t n, max;
	const struct state *played; /* where the rig is; NULL: nowhere */
};

/* ---- what a state is ---- */

static void slot_render(const struct slot *s, struct text *t)
{
	text_printf(t, "%s.%s.%s%s", s->holder->moniker,
		    decl_kind_name(s->decl->kind), s->decl->target_name,
		    s->grant ? "+" : "");
}

static void slot_render_links(const struct slot *s, struct text *t)
{
	slot_render(s, t);
	text_printf(t, " !%d <", s->cut);
	if (s->from)
		slot_render(s->from, t);
	text_puts(t, "\n");
}

static void grant_render(const struct grant *g, struct text *t)
{
	const struct decl *d = &g->decls[g->has_slot[0] ? 0 : 1];
	int k;

	text_printf(t, "%d %s %d:%s:%s %x %u\n", g->kind, g->by->moniker,
		    d->from.kind, d->from.name ? d->from.name : "", d->name,
		    d->rights, g->uses_left);
	for (k = 0; k < 2; k++)
		if (g->has_slot[k])
			slot_render_links(&g->slots[k], t);
}

static char *key_of(const struct exploration *e)
{
	struct text t = TEXT_INIT;
	const struct grant *g;
	struct realm *r;
	size_t i, k;

	for (r = e->rig->tree.root; r; r = realm_next(r)) {
		text_printf(&t, "%s %d !%d\n", r->moniker, r->state, r->cut);
		for (i = 0; i < N_TABLES; i++)
			for (k = 0; k < r->tables[i].n; k++)
				slot_render_links(&r->tables[i].slots[k], &t);
		list_for_each (g, &r->grants, link)
			grant_render(g, &t);
	}
	if (e->render)
		e->render(&t);
	assert_false(text_is_failed(&t));
	return t.bytes;
}

static struct state *state_find(const struct search *s, const char *key)
{
	struct map_node *node = map_find(&s->by_key, map_hash_string(key));
	struct state *state;

	for (; node; node = map_next(node)) {
		state = container_of(node, struct state, by_key);
		if (!strcmp(state->key, key))
			return state;
	}
	return NULL;
}

static struct state *state_add(struct search *s, char *take_key,
			       struct state *before, size_t change)
{
	struct state *state = calloc(1, sizeof(*state));

	assert_non_null(state);
	if (s->n == s->max)
		fail_msg("there are more than %zu states", s->max);
	*state = (struct state){ .key = take_key,
				 .before = before,
				 .change = change,
				 .depth = before ? before->depth + 1 : 0 };
	assert_int_equal(
		map_link(&s->by_key, &state->by_key, map_hash_string(take_key)),
		0);
	s->states[s->n++] = state;
	return state;
}

/* ---- going there ---- */

static void rig_restart(struct search *s)
{
	if (s->played)
		rig_fini(s->e->rig);
	rig_init(s->e->rig, s->e->files);
	s->e->begin();
}

static void play(struct search *s, const struct state *to)
{
	size_t changes[DEPTH_MAX], n;
	const struct state *at;

	if (s->played == to)
		return;
	rig_restart(s);
	assert_true(to->depth < DEPTH_MAX);
	n = to->depth;
	for (at = to; at->before; at = at->before)
		changes[--n] = at->change;
	for (n = 0; n < to->depth; n++)
		s->e->apply(changes[n]);
	s->played = to;
}

/* How it came to this, when the next change fails. */
static void tell(const struct search *s, const struct state *at)
{
	if (at->before) {
		tell(s, at->before);
		print_message("    %s\n", s->e->name(at->change));
	}
}

static void visit(struct search *s, const struct state *state)
{
	play(s, state);
	rig_check_tree(s->e->rig);
	s->e->check();
	rig_check_tree(s->e->rig);
	/* The walks have left their traces. */
	rig_restart(s);
	s->played = s->states[0];
}

static void change(struct search *s, struct state *from, size_t change)
{
	struct state *to;
	char *key;

	play(s, from);
	s->e->apply(change);
	key = key_of(s->e);
	to = state_find(s, key);
	if (to)
		free(key);
	else
		to = state_add(s, key, from, change);
	s->played = to;
}

static void search_fini(struct search *s)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		map_unlink(&s->by_key, &s->states[i]->by_key);
		free(s->states[i]->key);
		free(s->states[i]);
	}
	free(s->states);
	map_fini(&s->by_key);
	rig_fini(s->e->rig);
}

/* cmocka leaves a test that fails by a long jump: say before what is tried. */
static const struct search *searching;
static const struct state *trying;
static size_t trying_change;

static void tell_at_exit(void)
{
	if (!searching || !trying)
		return;
	print_message("after\n");
	tell(searching, trying);
	if (trying_change < searching->e->n_changes)
		print_message("  * %s\n", searching->e->name(trying_change));
}

struct explored explore(const struct exploration *e, size_t max)
{
	static struct search s;
	struct explored ret = { 0 };
	size_t i, k;

	s = (struct search){ .e = e, .by_key = MAP_INIT, .max = max };
	s.states = calloc(max, sizeof(struct state *));
	assert_non_null(s.states);
	atexit(tell_at_exit);
	searching = &s;
	rig_restart(&s);
	s.played = state_add(&s, key_of(e), NULL, 0);
	for (i = 0; i < s.n; i++) {
		trying = s.states[i];
		trying_change = e->n_changes;
		visit(&s, s.states[i]);
		for (k = 0; k < e->n_changes; k++) {
			trying_change = k;
			change(&s, s.states[i], k);
		}
		ret.n_changes += e->n_changes;
		ret.deepest = s.states[i]->depth;
	}
	ret.n_states = s.n;
	search_fini(&s);
	searching = NULL;
	return ret;
}
