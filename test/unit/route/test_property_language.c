/*
 * Random trees over the whole language, each with one route: plain or through a
 * dictionary or by an environment, of a service, a directory or a value. The
 * route is found; then one declaration is damaged, and the place that is named is
 * the damaged one, to the column. And: trees of many routes that were accepted
 * have no circles of need.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route/survey.h"

enum { N_MAX = 20, HOPS_MAX = 64, N_TREES = 10000, N_FORESTS = 2000 };

enum wanted { WANTED_PROTOCOL, WANTED_DIRECTORY, WANTED_CONFIG, N_WANTED };
enum way { WAY_PLAIN, WAY_DICTIONARY, WAY_DEBUG, N_WAYS };

enum damage {
	WHOLE,
	DROPPED,
	MISSPELT,
	WRONG_KEYWORD,
	NARROW_RIGHTS,
	TO_FRAMEWORK,
	OPTIONAL,
	NOT_ALLOWED,
	NEVER,
	NO_PROGRAM,
	OTHER_TYPE,
	N_DAMAGES,
};

static const char *const rules[N_DAMAGES] = {
	[DROPPED] = "-not-found", /* or not-in-dictionary */
	[MISSPELT] = "-not-found",
	[WRONG_KEYWORD] = "-not-found",
	[NARROW_RIGHTS] = "rights-invalid",
	[TO_FRAMEWORK] = "-not-found",
	[OPTIONAL] = "availability",
	[NOT_ALLOWED] = "access-denied",
	[NEVER] = "policy-never",
	[NO_PROGRAM] = "instance-not-executable",
	[OTHER_TYPE] = "config-type-mismatch",
};

struct hop_plan {
	enum decl_kind kind;
	int node;
	int from_child; /* -1: self or parent */
	bool from_self, into_dictionary, of_dictionary;
	int to_child; /* offers */
	char source[24], target[24];
};

struct plan {
	int n;
	int parent[N_MAX];
	int provider, user, fork;
	int placed; /* WAY_DEBUG: the node that is in an environment of its parent */
	enum wanted wanted;
	enum way way;
	struct hop_plan hops[HOPS_MAX];
	int n_hops;
	enum damage damage;
	int at; /* the hop that is damaged */
};

static uint64_t random_state;

/* A generator of our own: the same trees on every machine. */
static int below(int n)
{
	random_state = random_state * 6364136223846793005u +
		       1442695040888963407u;
	return (int)((random_state >> 33) % (uint64_t)n);
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

static int child_towards(const struct plan *p, int above, int node)
{
	while (p->parent[node] != above)
		node = p->parent[node];
	return node;
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
	snprintf(h->source, sizeof(h->source), "%s", target);
	/* Names that are far from each other, so that no slip is found where
	 * there is none. */
	if ((kind == DECL_OFFER || kind == DECL_EXPOSE) && below(2))
		snprintf(h->source, sizeof(h->source), "%c%c%c.n%d",
			 'a' + below(26), 'a' + below(26), 'a' + below(26),
			 p->n_hops);
	return h;
}

static void source_set(const struct plan *p, struct hop_plan *h, int node)
{
	if (node == p->provider)
		h->from_self = true;
	else if (node == p->fork || h->kind == DECL_EXPOSE)
		h->from_child = child_towards(p, node, p->provider);
}

/* From the fork down to the provider, by exposes. Returns the name there. */
static const char *lay_down(struct plan *p, const char *name, bool of_dictionary)
{
	struct hop_plan *h;
	int node;

	for (node = p->fork; node != p->provider;) {
		node = child_towards(p, node, p->provider);
		h = hop_add(p, DECL_EXPOSE, node, name);
		h->of_dictionary = of_dictionary;
		source_set(p, h, node);
		name = h->source;
	}
	return name;
}

/* The use, up to the fork by offers or by an environment, and down. */
static void lay(struct plan *p)
{
	bool bundled = p->way == WAY_DICTIONARY;
	struct hop_plan *h = hop_add(p, DECL_USE, p->user, "service.used");
	const char *name = bundled ? "bundle.used" : h->source;
	int child;

	if (p->fork == p->user)
		h->from_child = child_towards(p, p->fork, p->provider);
	if (p->way == WAY_DEBUG) {
		h = hop_add(p, DECL_REGISTRATION, p->fork, name);
		source_set(p, h, p->fork);
		name = h->source;
	}
	for (child = p->user; p->way != WAY_DEBUG && child != p->fork;
	     child = p->parent[child]) {
		h = hop_add(p, DECL_OFFER, p->parent[child], name);
		h->to_child = child;
		h->of_dictionary = bundled;
		source_set(p, h, p->parent[child]);
		name = h->source;
	}
	name = lay_down(p, name, bundled);
	h = hop_add(p, DECL_CAPABILITY, p->provider, name);
	h->of_dictionary = bundled;
	if (!bundled)
		return;
	h = hop_add(p, DECL_OFFER, p->provider, "service.used");
	h->into_dictionary = h->from_self = true;
	hop_add(p, DECL_CAPABILITY, p->provider, h->source);
}

static void tree_make(struct plan *p)
{
	int i;

	p->n = 2 + below(N_MAX - 2);
	p->parent[0] = -1;
	for (i = 1; i < p->n; i++)
		p->parent[i] = below(2) ? i - 1 : below(i);
}

static void plan_make(struct plan *p)
{
	*p = (struct plan){ .wanted = (enum wanted)below(N_WANTED),
			    .way = (enum way)below(N_WAYS) };
	tree_make(p);
	/* A parent cannot use configuration of a child, and what a debug
	 * registration brings is a protocol from above. */
	do {
		p->provider = below(p->n);
		p->user = below(p->n);
		p->fork = common_ancestor(p, p->user, p->provider);
	} while (p->provider == p->user);
	if (p->fork == p->user && p->wanted == WANTED_CONFIG)
		p->wanted = WANTED_PROTOCOL;
	if (p->way == WAY_DEBUG && p->fork == p->user)
		p->way = WAY_PLAIN;
	if (p->way == WAY_DEBUG)
		p->wanted = WANTED_PROTOCOL;
	p->placed = p->way == WAY_DEBUG ? child_towards(p, p->fork, p->user)
					: -1;
	lay(p);
}

/* Can @damage be done to this hop, and be told from a mistake in one file? */
static bool is_possible(const struct plan *p, enum damage damage, int at)
{
	const struct hop_plan *h = &p->hops[at];
	bool moves = h->kind == DECL_OFFER || h->kind == DECL_EXPOSE;
	bool is_thing = !h->of_dictionary;

	switch (damage) {
	case DROPPED:
		return moves || h->kind == DECL_REGISTRATION;
	case MISSPELT:
		return moves || h->kind == DECL_REGISTRATION;
	case WRONG_KEYWORD:
		/* From self it would be an undeclared capability. */
		return moves && !h->from_self && is_thing &&
		       p->wanted == WANTED_PROTOCOL;
	case NARROW_RIGHTS:
		return p->wanted == WANTED_DIRECTORY && is_thing && at &&
		       h->kind != DECL_USE;
	case TO_FRAMEWORK:
		return h->kind == DECL_EXPOSE && is_thing &&
		       p->wanted != WANTED_CONFIG;
	case OPTIONAL:
		return moves && !h->into_dictionary;
	case NOT_ALLOWED:
		return at == p->n_hops - 1 && p->wanted != WANTED_CONFIG;
	case NEVER:
		return !at && p->wanted != WANTED_CONFIG;
	case NO_PROGRAM:
		return at == p->n_hops - 1 && p->wanted == WANTED_PROTOCOL;
	case OTHER_TYPE:
		return at == p->n_hops - 1 && p->wanted == WANTED_CONFIG;
	default:
		return false;
	}
}

static void damage_choose(struct plan *p)
{
	do {
		p->damage = (enum damage)(1 + below(N_DAMAGES - 1));
		p->at = below(p->n_hops);
	} while (!is_possible(p, p->damage, p->at));
}

/* ---- writing it down; "^" marks what has to be named ---- */

static const char *keyword_of(const struct plan *p, const struct hop_plan *h,
			      bool is_wrong)
{
	static const char *const words[] = {
		[WANTED_PROTOCOL] = "protocol",
		[WANTED_DIRECTORY] = "directory",
		[WANTED_CONFIG] = "config",
	};

	if (h->of_dictionary)
		return "dictionary";
	return is_wrong ? "directory" : words[p->wanted];
}

static void from_write(const struct plan *p, const struct hop_plan *h,
		       struct text *t)
{
	bool takes = h->kind == DECL_USE && p->way == WAY_DICTIONARY;

	if (h->kind == DECL_CAPABILITY)
		return;
	text_puts(t, ", from: '");
	if (h->kind == DECL_USE && p->way == WAY_DEBUG)
		text_puts(t, "debug");
	else if (h->from_child >= 0)
		text_printf(t, "#n%d", h->from_child);
	else
		text_puts(t, h->from_self ? "self" : "parent");
	text_puts(t, takes ? "/bundle.used'" : "'");
}

static void rest_write(const struct plan *p, const struct hop_plan *h,
		       enum damage damage, struct text *t)
{
	bool is_thing = !h->of_dictionary;

	if (p->wanted == WANTED_DIRECTORY && is_thing &&
	    (h->kind == DECL_USE || h->kind == DECL_CAPABILITY)) {
		text_printf(t, ", path: '/%s'", h->target);
		text_printf(t, ", rights: [ '%s' ]",
			    damage == NARROW_RIGHTS ? "connect" : "r*");
	} else if (damage == NARROW_RIGHTS) {
		text_puts(t, ", rights: [ 'connect' ]");
	}
	if (p->wanted == WANTED_CONFIG && is_thing && h->kind == DECL_USE)
		text_puts(t, ", key: 'k', type: 'uint8'");
	if (p->wanted == WANTED_CONFIG && is_thing &&
	    h->kind == DECL_CAPABILITY)
		text_printf(t, ", type: '%s', value: 7",
			    damage == OTHER_TYPE ? "uint16" : "uint8");
	if (damage == TO_FRAMEWORK)
		text_puts(t, ", to: 'framework'");
	if (damage == OPTIONAL)
		text_puts(t, ", availability: 'optional'");
	if (damage == NOT_ALLOWED)
		text_puts(t, ", access: [ '/nobody' ]");
}

static void hop_write(const struct plan *p, int i, struct text *t)
{
	const struct hop_plan *h = &p->hops[i];
	enum damage damage = i == p->at ? p->damage : WHOLE;
	char target[24];

	snprintf(target, sizeof(target), "%s", h->target);
	if (damage == MISSPELT) {
		target[0] = h->target[1];
		target[1] = h->target[0];
		if (target[0] == target[1])
			target[2] = target[2] == 'x' ? 'y' : 'x';
	}
	if (damage && damage != NO_PROGRAM)
		text_puts(t, "^");
	if (damage == NO_PROGRAM)
		text_puts(t, "^");
	text_printf(t, "{ %s: '%s'",
		    keyword_of(p, h, damage == WRONG_KEYWORD), h->source);
	from_write(p, h, t);
	if (strcmp(h->source, target) != 0 && h->kind != DECL_CAPABILITY)
		text_printf(t, ", as: '%s'", target);
	if (h->into_dictionary)
		text_printf(t, ", to: 'self/%s'",
			    p->hops[p->n_hops - 3].target);
	else if (h->to_child >= 0)
		text_printf(t, ", to: '#n%d'", h->to_child);
	rest_write(p, h, damage, t);
	text_puts(t, " },\n");
}

static void section_write(const struct plan *p, int node, enum decl_kind kind,
			  struct text *t)
{
	int i;

	for (i = 0; i < p->n_hops; i++)
		if (p->hops[i].kind == kind && p->hops[i].node == node &&
		    !(i == p->at && p->damage == DROPPED))
			hop_write(p, i, t);
}

/* Is this what is named when the damaged hop is not there at all? */
static bool is_named_instead(const struct plan *p, int child, int node)
{
	const struct hop_plan *h = &p->hops[p->at];

	return p->damage == DROPPED && h->kind == DECL_OFFER &&
	       h->node == node && h->to_child == child;
}

static void children_write(const struct plan *p, int node, struct text *t)
{
	int i;

	text_puts(t, "children: [\n");
	for (i = 1; i < p->n; i++)
		if (p->parent[i] == node)
			text_printf(t,
				    "%s{ name: 'n%d', url: "
				    "'fuchsia-pkg://x/n#meta/n%d.cm'%s },\n",
				    is_named_instead(p, i, node) ? "^" : "", i,
				    i,
				    i == p->placed ? ", environment: '#e'"
						   : "");
	text_puts(t, "],\n");
}

static void capabilities_write(const struct plan *p, int node, struct text *t)
{
	const struct hop_plan *gone = &p->hops[p->at];
	int i;

	text_puts(t, "capabilities: [\n");
	for (i = 0; i < p->n_hops; i++) {
		if (p->hops[i].kind != DECL_CAPABILITY ||
		    p->hops[i].node != node)
			continue;
		/* A member that was dropped: its dictionary is named. */
		if (p->damage == DROPPED && gone->into_dictionary &&
		    i == p->at - 1)
			text_puts(t, "^");
		hop_write(p, i, t);
	}
	text_puts(t, "],\n");
}

static void node_write(const struct plan *p, int node, struct text *t)
{
	const struct hop_plan *gone = &p->hops[p->at];
	bool drops_expose = p->damage == DROPPED && gone->kind == DECL_EXPOSE;

	/* An expose that is not there has no place but the file. */
	text_printf(t, "%s{ ", drops_expose && gone->node == node ? "^" : "");
	if (p->damage != NO_PROGRAM || node != p->provider)
		text_puts(t, PROGRAM);
	if (!node && p->damage == NEVER)
		text_printf(t, "policy: { never: [ { from: '/**', to: '/**' },"
			       "{ from: '/', to: '/**' },"
			       "{ from: '/**', to: '/' } ] },\n");
	if (node == p->user && p->wanted == WANTED_CONFIG)
		text_puts(t, "config: { k: { type: 'uint8' } },\n");
	children_write(p, node, t);
	if (node == p->fork && p->way == WAY_DEBUG) {
		text_printf(t, "environments: [\n%s{ name: 'e', extends: "
			       "'realm', debug: [\n",
			    p->damage == DROPPED &&
					    gone->kind == DECL_REGISTRATION
				    ? "^"
				    : "");
		section_write(p, node, DECL_REGISTRATION, t);
		text_puts(t, "] } ],\n");
	}
	text_puts(t, "use: [\n");
	section_write(p, node, DECL_USE, t);
	text_puts(t, "],\noffer: [\n");
	section_write(p, node, DECL_OFFER, t);
	text_puts(t, "],\nexpose: [\n");
	section_write(p, node, DECL_EXPOSE, t);
	text_puts(t, "],\n");
	capabilities_write(p, node, t);
	text_puts(t, "}");
}

struct world {
	struct rig rig;
	struct rig_file files[N_MAX + 1];
	struct text texts[N_MAX];
	char names[N_MAX][16];
};

static void world_make(struct world *w, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		assert_false(text_is_failed(&w->texts[i]));
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
	memset(w, 0, sizeof(*w));
}

static void moniker_of(const struct plan *p, int node, struct text *t)
{
	if (p->parent[node] < 0) {
		text_puts(t, t->n ? "" : "/");
		return;
	}
	moniker_of(p, p->parent[node], t);
	if (t->n == 1)
		text_clear(t);
	text_printf(t, "/n%d", node);
}

static int world_route(struct world *w, const struct plan *p)
{
	struct text moniker = TEXT_INIT;
	int i, k;

	for (i = 0; i < p->n; i++)
		node_write(p, i, &w->texts[i]);
	world_make(w, p->n);
	moniker_of(p, p->user, &moniker);
	k = rig_route(&w->rig, text_string(&moniker), "service.used");
	text_fini(&moniker);
	return k;
}

static void tell(const struct world *w, const struct plan *p)
{
	int i;

	for (i = 0; i < p->n; i++)
		fprintf(stderr, "%s:\n%s\n", w->files[i].name,
			w->files[i].text);
	fprintf(stderr, "damage %d at %d: %s %s:%u:%u %s\n", p->damage, p->at,
		w->rig.route.why.rule ? w->rig.route.why.rule : "",
		w->rig.route.why.file ? w->rig.route.why.file : "",
		w->rig.route.why.place.line, w->rig.route.why.place.column,
		text_string(&w->rig.route.why.text));
}

static void whole(struct world *w, struct plan *p)
{
	struct rig *rig = &w->rig;
	int i;

	p->damage = WHOLE;
	p->at = 0;
	if (world_route(w, p) != ROUTE_ENDED) {
		tell(w, p);
		fail();
	}
	assert_int_equal(rig->route.n_hops, p->n_hops);
	for (i = 0; i < p->n_hops; i++) {
		assert_int_equal(rig->route.hops[i].decl->kind,
				 p->hops[i].kind);
		assert_string_equal(rig->route.hops[i].decl->name,
				    p->hops[i].source);
	}
	world_fini(w);
}

static void damaged(struct world *w, struct plan *p)
{
	const struct why *why = &w->rig.route.why;
	bool is_named;

	damage_choose(p);
	if (world_route(w, p) != ROUTE_BROKEN) {
		tell(w, p);
		fail();
	}
	is_named = w->rig.marked.line &&
		   why->place.line == w->rig.marked.line &&
		   why->place.column == w->rig.marked.column &&
		   !strcmp(why->file, w->rig.marked_file);
	if (!is_named || (!strstr(why->rule, rules[p->damage]) &&
			  strcmp(why->rule, "not-in-dictionary"))) {
		tell(w, p);
		fail_msg("expected %s:%u:%u %s", w->rig.marked_file,
			 w->rig.marked.line, w->rig.marked.column,
			 rules[p->damage]);
	}
	world_fini(w);
}

static void what_was_damaged_is_named(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned n_damages[N_DAMAGES] = { 0 };
	struct plan plan;
	uint64_t tree;
	int k;

	(void)state;
	assert_non_null(w);
	for (tree = 0; tree < N_TREES; tree++) {
		random_state = tree * 2654435761u;
		plan_make(&plan);
		whole(w, &plan);
		damaged(w, &plan);
		n_damages[plan.damage]++;
	}
	/* Every kind was met often. */
	for (k = 1; k < N_DAMAGES; k++)
		assert_true(n_damages[k] > N_TREES / 200);
	free(w);
}

/* ---- circles ---- */

/* Several plain routes in one tree: of the k-th, names end in k. */
static void forest_write(struct world *w, struct plan *plans, int n_plans)
{
	static const enum decl_kind kinds[] = { DECL_USE, DECL_OFFER,
						DECL_EXPOSE, DECL_CAPABILITY };
	static const char *const sections[] = { "use", "offer", "expose",
						"capabilities" };
	int node, k;
	size_t s;

	for (node = 0; node < plans[0].n; node++) {
		text_puts(&w->texts[node], "{ " PROGRAM);
		children_write(&plans[0], node, &w->texts[node]);
		for (s = 0; s < N_ELEMENTS(kinds); s++) {
			text_printf(&w->texts[node], "%s: [\n", sections[s]);
			for (k = 0; k < n_plans; k++)
				section_write(&plans[k], node, kinds[s],
					      &w->texts[node]);
			text_puts(&w->texts[node], "],\n");
		}
		text_puts(&w->texts[node], "}");
	}
}

/* Plain routes of protocols between random components of one tree. */
static int forest_make(struct plan *plans)
{
	int n_plans = 2 + below(4), k, i;
	struct plan tree = { .placed = -1 };

	tree_make(&tree);
	tree.n = tree.n > 8 ? 8 : tree.n;
	for (k = 0; k < n_plans; k++) {
		plans[k] = tree;
		do {
			plans[k].provider = below(tree.n);
			plans[k].user = below(tree.n);
		} while (plans[k].provider == plans[k].user);
		plans[k].fork = common_ancestor(&tree, plans[k].user,
						plans[k].provider);
		lay(&plans[k]);
		for (i = 0; i < plans[k].n_hops; i++) {
			snprintf(plans[k].hops[i].target, 24, "service.%d", k);
			snprintf(plans[k].hops[i].source, 24, "service.%d", k);
		}
	}
	return n_plans;
}

/* Is there a way along strong routes from @from to @to? */
static bool needs(const struct survey *s, const struct realm *from,
		  const struct realm *to, int depth)
{
	size_t i;

	for (i = 0; i < s->n && depth < N_MAX; i++)
		if (s->routes[i].realm == from &&
		    s->routes[i].decl->kind == DECL_USE &&
		    !s->routes[i].verdict &&
		    (s->routes[i].provider == to ||
		     needs(s, s->routes[i].provider, to, depth + 1)))
			return true;
	return false;
}

static void trees_that_are_accepted_have_no_circles(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct plan plans[6];
	unsigned n_accepted = 0, n_refused = 0;
	struct report report;
	struct survey s;
	struct realm *r;
	uint64_t forest;

	(void)state;
	assert_non_null(w);
	for (forest = 0; forest < N_FORESTS; forest++) {
		random_state = forest * 40503u;
		forest_write(w, plans, forest_make(plans));
		world_make(w, plans[0].n);
		report_init(&report);
		assert_int_equal(check_tree(&w->rig.tree, rig_resolve, &w->rig,
					    NULL, &report),
				 0);
		if (report.n_errors) {
			n_refused++;
		} else {
			n_accepted++;
			assert_int_equal(
				survey_take(&w->rig.tree, NULL, NULL, &s), 0);
			for (r = w->rig.tree.root; r; r = realm_next(r))
				assert_false(needs(&s, r, r, 0));
			survey_fini(&s);
		}
		report_fini(&report);
		world_fini(w);
	}
	assert_true(n_accepted > N_FORESTS / 10);
	assert_true(n_refused > N_FORESTS / 20);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_damaged_is_named),
		cmocka_unit_test(trees_that_are_accepted_have_no_circles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
