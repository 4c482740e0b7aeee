/*
 * A search for the cheapest way.
 *
 * A state is a draft of the files. The cheapest one not looked at yet is taken,
 * its tree is made and the route walked there: if it holds, and the tree as a
 * whole is not worse than before, this is the answer; otherwise each edit that
 * is known for what broke makes a further state. Costs only grow; they, the
 * number of states and the manifests that are loaded for them are bounded.
 */
#include "route/fix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "route/fix_step.h"

enum {
	STATES_MAX = 256,
	COST_MAX = 200,
	/* A search that has read so many manifests ends: some seconds. */
	LOADS_MAX = 1000 * 1000,
};

struct state {
	struct draft draft;
	bool is_done; /* was looked at */
};

struct search {
	struct topology *tree;
	const char *moniker;
	struct arena *arena;
	struct fix_store store;
	struct state *states[STATES_MAX];
	size_t n_states;
	struct sim_verdict before;
	bool has_before;
	struct text why;       /* the first break that nothing mends */
	struct text ambiguous; /* the first one with several sources */
};

void fix_fini(struct fix *fix)
{
	arena_fini(&fix->arena);
	text_fini(&fix->text);
	*fix = (struct fix){ 0 };
}

static bool draft_has_text(const struct draft *d, const struct draft_text *t)
{
	const char *bytes = NULL;
	size_t n = 0;

	return !draft_read(d, t->file, &bytes, &n) && n == t->n &&
	       !memcmp(bytes, t->bytes, n);
}

static bool draft_is_same(const struct draft *a, const struct draft *b)
{
	size_t i;

	for (i = 0; i < a->n_texts; i++)
		if (!draft_has_text(b, &a->texts[i]))
			return false;
	for (i = 0; i < b->n_texts; i++)
		if (!draft_has_text(a, &b->texts[i]))
			return false;
	return true;
}

static int search_add(void *userdata, const struct draft *draft)
{
	struct search *s = userdata;
	struct state *state;
	size_t i;

	if (s->n_states == STATES_MAX || draft->cost > COST_MAX)
		return 0;
	for (i = 0; i < s->n_states; i++)
		if (s->states[i]->draft.cost <= draft->cost &&
		    draft_is_same(&s->states[i]->draft, draft))
			return 0;
	state = arena_new(s->arena, struct state);
	if (!state)
		return -ENOMEM;
	state->draft = *draft;
	s->states[s->n_states++] = state;
	return 0;
}

/* Of equal ones the first: it was found first. */
static struct state *search_next(struct search *s)
{
	struct state *best = NULL;
	size_t i;

	for (i = 0; i < s->n_states; i++)
		if (!s->states[i]->is_done &&
		    (!best || s->states[i]->draft.cost < best->draft.cost))
			best = s->states[i];
	return best;
}

/* What is wrong with the tree as it is: only asked for once a way was found. */
static int search_judge_before(struct search *s)
{
	struct draft untouched = { .store = &s->store,
				   .name = "",
				   .steps = "" };
	struct sim sim = { 0 };
	int k;

	if (s->has_before)
		return 0;
	k = sim_init(&sim, s->tree, &untouched);
	if (k < 0)
		return k;
	k = sim_judge(&sim, s->arena, &s->before);
	sim_fini(&sim);
	s->has_before = true;
	return k;
}

/* 0: the draft mends it and breaks nothing; FIX_NONE; or a fault. */
static int search_accept(struct search *s, struct sim *sim)
{
	struct sim_verdict after;
	int k = search_judge_before(s);

	if (!k)
		k = sim_judge(sim, s->arena, &after);
	if (k < 0)
		return k;
	return sim_is_worse(&after, &s->before) ? FIX_NONE : 0;
}

static void text_keep(struct text *kept, const struct text *t)
{
	if (!kept->n)
		text_append(kept, text_string(t), t->n);
}

static void place_write(const char *file, struct place place, struct text *t)
{
	if (place.line)
		text_printf(t, "%s:%u:%u: ", file, place.line, place.column);
}

/* Nothing was found for this break: say which, and after what. @route is NULL
 * if a file does not load. */
static void search_note_end(struct search *s, const struct sim *sim,
			    const struct route *route)
{
	const struct diagnostic *error = sim->unloaded.first;

	if (s->why.n)
		return;
	text_printf(&s->why, "no edit is known that mends it%s: ",
		    *sim->draft->steps ? " wholly; what is left" : "");
	while (error && error->severity != SEVERITY_ERROR)
		error = error->next;
	if (route) {
		place_write(route->why.file, route->why.place, &s->why);
		text_puts(&s->why, text_string(&route->why.text));
	} else if (error) {
		place_write(error->file, error->place, &s->why);
		text_puts(&s->why, error->text);
	}
}

static int search_expand(struct search *s, struct sim *sim,
			 const struct route *route)
{
	struct steps steps = { .sim = sim,
			       .route = route,
			       .on_draft = search_add,
			       .userdata = s };
	size_t n = s->n_states;
	int k = route ? steps_find(&steps) : steps_find_unloaded(&steps);

	if (steps.ambiguous.n)
		text_keep(&s->ambiguous, &steps.ambiguous);
	else if (!k && n == s->n_states)
		search_note_end(s, sim, route);
	if (text_is_failed(&steps.ambiguous))
		k = -ENOMEM;
	text_fini(&steps.ambiguous);
	return k;
}

static int search_decide(struct search *s, struct sim *sim, struct route *route)
{
	struct realm *r = NULL;
	int verdict, k = sim_find(sim, s->moniker, &r);

	if (k < 0)
		return k;
	verdict = r ? sim_route_name(sim, r, sim->draft->name, route)
		    : ROUTE_BROKEN;
	if (verdict < 0)
		return verdict;
	if (!r && !sim->unloaded.n_errors && !s->why.n)
		text_printf(&s->why,
			    "no edit is known that mends it: no component %s "
			    "can be read",
			    s->moniker);
	if (sim->is_invalid || (!r && !sim->unloaded.n_errors))
		return FIX_NONE;
	if (verdict == ROUTE_ENDED)
		return search_accept(s, sim);
	k = search_expand(s, sim, r ? route : NULL);
	return k < 0 ? k : FIX_NONE;
}

/* 0: this is the answer; FIX_NONE: it is not, and what follows from it was
 * added; or a fault. */
static int search_look(struct search *s, const struct state *state)
{
	struct route *route = calloc(1, sizeof(*route));
	struct sim sim;
	int k = route ? sim_init(&sim, s->tree, &state->draft) : -ENOMEM;

	if (!k) {
		k = search_decide(s, &sim, route);
		route_fini(route);
		sim_fini(&sim);
	}
	free(route);
	return k;
}

static int search_run(struct search *s, struct state **ret)
{
	struct state *state;
	int k = FIX_NONE;

	while (k == FIX_NONE && s->store.n_loads < LOADS_MAX &&
	       (state = search_next(s))) {
		state->is_done = true;
		k = search_look(s, state);
		if (!k)
			*ret = state;
	}
	return k;
}

static int file_compare(const void *a, const void *b)
{
	const struct fix_file *left = a, *right = b;

	return strcmp(left->file, right->file);
}

static int fix_set(struct fix *fix, struct search *s, const struct draft *d)
{
	struct fix_file *files =
		arena_array(&fix->arena, d->n_texts + 1, sizeof(*files));
	size_t i;
	int k;

	if (!files)
		return -ENOMEM;
	for (i = 0; i < d->n_texts; i++) {
		files[i] = (struct fix_file){ .file = d->texts[i].file,
					      .new = d->texts[i].bytes,
					      .n_new = d->texts[i].n };
		k = store_read(&s->store, files[i].file, &files[i].old,
			       &files[i].n_old);
		if (k)
			return k;
	}
	qsort(files, d->n_texts, sizeof(*files), file_compare);
	fix->files = files;
	fix->n_files = d->n_texts;
	fix->name = d->name;
	text_puts(&fix->text, d->steps);
	return 0;
}

static int fix_conclude(struct fix *fix, struct search *s, int k,
			const struct state *found)
{
	if (k < 0)
		return k;
	if (!k && !found->draft.n_texts)
		return FIX_NOT_NEEDED;
	if (!k)
		return fix_set(fix, s, &found->draft);
	if (s->ambiguous.n) {
		text_keep(&fix->text, &s->ambiguous);
		return FIX_AMBIGUOUS;
	}
	text_keep(&fix->text, &s->why);
	if (!fix->text.n)
		text_puts(&fix->text, "no edit is known that mends it without "
				      "breaking something else");
	return FIX_NONE;
}

int fix_find(struct topology *tree, const char *moniker, const char *name,
	     const struct fix_files *files, struct fix *ret)
{
	struct search *s = calloc(1, sizeof(*s));
	struct state *found = NULL;
	struct draft first;
	int k;

	*ret = (struct fix){ 0 };
	if (!s)
		return -ENOMEM;
	s->tree = tree;
	s->moniker = moniker;
	s->arena = &ret->arena;
	s->store = (struct fix_store){ .files = files, .arena = &ret->arena };
	first = (struct draft){ .store = &s->store, .steps = "" };
	first.name = arena_copy(&ret->arena, name, strlen(name));
	k = first.name ? search_add(s, &first) : -ENOMEM;
	if (!k)
		k = search_run(s, &found);
	k = fix_conclude(ret, s, k, found);
	if (text_is_failed(&ret->text) || text_is_failed(&s->why) ||
	    text_is_failed(&s->ambiguous))
		k = -ENOMEM;
	text_fini(&s->why);
	text_fini(&s->ambiguous);
	store_fini(&s->store);
	free(s);
	return k;
}
