/* What a change of manifests adds and takes away: every kind of line, whether
 * it adds authority, and where it points. */
#include "reach_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "route/compare.h"
#include "route/pairs.h"

/* One line a change: "+! use /a: uses protocol X of /b (a.cml:1:2)"; then the
 * pairs, if there are any. */
static void compare_summary(const struct compare *c, struct text *t)
{
	const struct change *change;
	size_t i;

	for (i = 0; i < c->n_changes; i++) {
		change = &c->changes[i];
		text_printf(t, "%c%s %s %s: %s (%s:%u:%u)\n",
			    (char)change->sign, change->grows ? "!" : "",
			    change_kind_name(change->kind), change->moniker,
			    change->text, change->file, change->place.line,
			    change->place.column);
	}
	for (i = 0; i < c->n_gained && i < COMPARE_PAIRS_MAX; i++)
		text_printf(t, "%s > %s\n", c->gained[i].from->moniker,
			    c->gained[i].to->moniker);
	if (c->n_lost)
		text_printf(t, "lost %zu\n", c->n_lost);
}

static void compare_expect(const struct rig_file *before,
			   const struct rig_file *after, const char *expected)
{
	struct text t = TEXT_INIT;
	struct reach_rig old, new;
	struct compare c;
	size_t n = 0, i;

	reach_rig_init(&old, before);
	reach_rig_init(&new, after);
	assert_int_equal(old.reach.n_broken + new.reach.n_broken, 0);
	assert_int_equal(compare_take(&old.reach, &new.reach, &c), 0);
	assert_true(c.has_pairs);
	compare_summary(&c, &t);
	assert_string_equal(text_string(&t), expected);
	for (i = 0; i < c.n_changes; i++)
		n += c.changes[i].grows;
	assert_int_equal(c.n_growing, n);
	compare_fini(&c);
	text_fini(&t);
	reach_rig_fini(&old);
	reach_rig_fini(&new);
}

/* A root with a and b, b providing X and a directory d; @offer and what a has
 * are the test's. */
#define TREE(offer, a, b)                                                      \
	{                                                                      \
		{ "root", "{ children: [ " CHILD("a")                          \
				  CHILD("b") "],\n"                            \
					     "offer: [ " offer " ] }" },       \
			{ "a", a }, { "b", b },                                \
		{                                                              \
			NULL, NULL                                             \
		}                                                              \
	}

#define B_WITH(access)                                                         \
	"{ " PROGRAM "capabilities: [\n"                                       \
	"  { protocol: 'X'" access " },\n"                                     \
	"  { directory: 'd', path: '/d', rights: ['rw*'] } ],\n"               \
	"expose: [ { protocol: 'X', from: 'self' },\n"                         \
	"  { directory: 'd', from: 'self' } ] }"
#define B	  B_WITH("")
#define A(use)	  "{ " PROGRAM "use: [ " use " ] }"
#define OFFER_X	  "{ protocol: 'X', from: '#b', to: '#a' },"
#define OFFER_D	  "{ directory: 'd', from: '#b', to: '#a' },"
#define USE_X	  "{ protocol: 'X' },"
#define USE_D(rw) "{ directory: 'd', path: '/d', rights: ['" rw "'] },"

static void nothing_changes(void **state)
{
	static const struct rig_file tree[] =
		TREE(OFFER_X OFFER_D, A(USE_X USE_D("r*")), B);

	(void)state;
	compare_expect(tree, tree, "");
}

static void what_is_gained_and_lost(void **state)
{
	static const struct rig_file none[] = TREE("", A(""), B);
	static const struct rig_file both[] =
		TREE(OFFER_X OFFER_D, A(USE_X USE_D("r*")), B);
	static const struct rig_file offered[] = TREE(OFFER_X, A(""), B);
	static const struct rig_file used[] = TREE(OFFER_X, A(USE_X), B);
	static const struct rig_file broken[] = TREE("", A(USE_X), B);

	(void)state;
	compare_expect(none, both,
		       "+! use /a: uses protocol X of /b (a.cml:2:8)\n"
		       "+! use /a: uses directory d of /b [r*] (a.cml:2:26)\n");
	compare_expect(both, none,
		       "- use /a: uses protocol X of /b (a.cml:2:8)\n"
		       "- use /a: uses directory d of /b [r*] (a.cml:2:26)\n");
	compare_expect(
		none, offered,
		"+! offer /a: is offered protocol X of /b, which it does "
		"not use (root.cml:4:10)\n");
	compare_expect(offered, used,
		       "+! use /a: uses protocol X of /b; it was only offered "
		       "before (a.cml:2:8)\n");
	compare_expect(used, offered,
		       "- use /a: uses protocol X of /b; it is still offered "
		       "(a.cml:2:8)\n");
	compare_expect(broken, used,
		       "+! use /a: uses protocol X of /b; its route was broken "
		       "(a.cml:2:8)\n");
	compare_expect(used, broken,
		       "- use /a: uses protocol X of /b; its route is broken "
		       "now (a.cml:2:8)\n");
	compare_expect(none, broken, "");
}

static void rights_and_parts(void **state)
{
	static const struct rig_file reads[] = TREE(OFFER_D, A(USE_D("r*")), B);
	static const struct rig_file writes[] =
		TREE(OFFER_D, A(USE_D("rw*")), B);
	static const struct rig_file part[] =
		TREE("{ directory: 'd', from: '#b', to: '#a', subdir: 's' },",
		     A(USE_D("r*")), B);

	(void)state;
	compare_expect(reads, writes,
		       "~! use /a: uses directory d: rights [rw*], not [r*] "
		       "any more (a.cml:2:8)\n");
	compare_expect(writes, reads,
		       "~ use /a: uses directory d: rights [r*], not [rw*] "
		       "any more (a.cml:2:8)\n");
	compare_expect(
		part, reads,
		"~! use /a: uses directory d: all of it, not below s any "
		"more (a.cml:2:8)\n");
	compare_expect(reads, part,
		       "~ use /a: uses directory d: below s, not all of it any "
		       "more (a.cml:2:8)\n");
}

static void manners(void **state)
{
	static const struct rig_file plain[] = TREE(OFFER_X, A(USE_X), B);
	static const struct rig_file weak[] =
		TREE("{ protocol: 'X', from: '#b', to: '#a',\n"
		     "  dependency: 'weak' },",
		     A(USE_X), B);
	static const struct rig_file optional[] = TREE(
		OFFER_X, A("{ protocol: 'X', availability: 'optional' }"), B);
	static const struct rig_file called[] =
		TREE("{ protocol: 'X', from: '#b', to: '#a', as: 'Y' }",
		     A("{ protocol: 'Y' }"), B);
	static const struct rig_file kept[] =
		TREE("{ protocol: 'X', from: '#b', to: '#a' },", A(USE_X),
		     B_WITH(", transfer: 'none'"));

	(void)state;
	compare_expect(plain, weak,
		       "~ use /a: uses protocol X: its dependency is weak now "
		       "(a.cml:2:8)\n");
	compare_expect(
		weak, plain,
		"~ use /a: uses protocol X: its dependency is strong now "
		"(a.cml:2:8)\n");
	compare_expect(
		plain, optional,
		"~ use /a: uses protocol X: it is optional, not required "
		"any more (a.cml:2:8)\n");
	compare_expect(plain, called,
		       "~ use /a: uses protocol Y: X is called /svc/Y, not "
		       "/svc/X any more (a.cml:2:8)\n");
	compare_expect(
		plain, kept,
		"~ use /a: uses protocol X: no handles pass over it any "
		"more (a.cml:2:8)\n"
		"~ expose /b: exposes protocol X: no handles pass over it "
		"any more (b.cml:5:11)\n");
	compare_expect(
		kept, plain,
		"~! use /a: uses protocol X: handles may pass over it now "
		"(a.cml:2:8)\n"
		"~! expose /b: exposes protocol X: handles may pass over "
		"it now (b.cml:5:11)\n");
}

/* A value is had, but gives no authority; who runs a component has it. */
static void values_and_runners(void **state)
{
#define RUN(more, a)                                                           \
	{                                                                      \
		{ "root",                                                      \
		  "{ children: [ " CHILD(                                      \
			  "r") "{ name: 'a', url: '#meta/a.cm'" more " } ],\n" \
			       "environments: [ { name: 'env',\n"              \
			       "  extends: 'realm',\n"                         \
			       "  runners: [ { runner: 'rr',\n"                \
			       "    from: '#r' } ] } ],\n"                     \
			       "capabilities: [ { config: 'c',\n"              \
			       "  type: 'bool', value: true } ],\n"            \
			       "offer: [ { config: 'c', from: 'self',"         \
			       "\n  to: '#a' } ] }" },                         \
			{ "r",                                                 \
			  "{ " PROGRAM "capabilities: [\n"                     \
			  "  { runner: 'rr', path: '/svc/r' } ],\n"            \
			  "expose: [ { runner: 'rr', from: 'self' } ] }" },    \
			{ "a", a },                                            \
		{                                                              \
			NULL, NULL                                             \
		}                                                              \
	}
	static const struct rig_file plain[] = RUN("", "{ " PROGRAM " }");
	static const struct rig_file runs[] =
		RUN(", environment: '#env'", "{ program: { runner: 'rr' } }");
	static const struct rig_file valued[] =
		RUN("", "{ " PROGRAM "config: { k: { type: 'bool' } },\n"
			"use: [ { config: 'c', key: 'k', type: 'bool' } ] }");

	(void)state;
	compare_expect(plain, runs,
		       "+! use /a: uses runner rr of /r (a.cml:1:12)\n");
	compare_expect(plain, valued,
		       "+ use /a: uses config c of /, called k; it was only "
		       "offered before (a.cml:3:8)\n");
	compare_expect(valued, plain,
		       "- use /a: uses config c of /, called k; it is still "
		       "offered "
		       "(a.cml:3:8)\n");
#undef RUN
}

static void another_provider(void **state)
{
	static const struct rig_file of_b[] = TREE(OFFER_X, A(USE_X), B);
	static const struct rig_file of_c[] = {
		{ "root", "{ children: [ " CHILD("a") CHILD("b") CHILD(
				  "c") "],\n"
				       "offer: [ { protocol: 'Z', from: '#c',\n"
				       "  to: '#a', as: 'X' } ] }" },
		{ "a", A(USE_X) },
		{ "b", B },
		{ "c", "{ " PROGRAM "capabilities: [ { protocol: 'Z' } ],\n"
		       "expose: [ { protocol: 'Z', from: 'self' } ] }" },
		{ NULL, NULL },
	};

	(void)state;
	compare_expect(
		of_b, of_c,
		"~! use /a: uses protocol X: it is Z of /c, not X of /b any "
		"more (a.cml:2:8)\n"
		"+ component /c: component #meta/c.cm (root.cml:3:1)\n"
		"+! expose /c: exposes protocol Z of /c (c.cml:3:11)\n");
	compare_expect(
		of_c, of_b,
		"~! use /a: uses protocol X: it is X of /b, not Z of /c any "
		"more (a.cml:2:8)\n"
		"- component /c: component #meta/c.cm (root.cml:3:1)\n"
		"- expose /c: exposes protocol Z of /c (c.cml:3:11)\n");
}

#define B_FOR(access)                                                          \
	"{ " PROGRAM "capabilities: [ { protocol: 'X'" access " } ] }"

static void access_policies(void **state)
{
	static const struct rig_file open[] = TREE("", A(""), B_FOR(""));
	static const struct rig_file some[] =
		TREE("", A(""), B_FOR(", access: ['/a']"));
	static const struct rig_file more[] =
		TREE("", A(""), B_FOR(", access: ['/a', '/c']"));
	static const struct rig_file nobody[] =
		TREE("", A(""), B_FOR(", access: []"));
	static const struct rig_file children[] =
		TREE("", A(""), B_FOR(", access: 'children'"));

	(void)state;
	compare_expect(open, some,
		       "~ access /b: access to protocol X is for [\"/a\"], not "
		       "for everybody any more (b.cml:2:42)\n");
	compare_expect(
		some, open,
		"~! access /b: access to protocol X is for everybody, not "
		"for [\"/a\"] any more (b.cml:2:17)\n");
	compare_expect(some, more,
		       "~! access /b: access to protocol X is for [\"/a\", "
		       "\"/c\"], not for [\"/a\"] any more (b.cml:2:42)\n");
	compare_expect(more, some,
		       "~ access /b: access to protocol X is for [\"/a\"], not "
		       "for [\"/a\", \"/c\"] any more (b.cml:2:42)\n");
	compare_expect(
		some, nobody,
		"~ access /b: access to protocol X is for nobody, not for "
		"[\"/a\"] any more (b.cml:2:42)\n");
	compare_expect(
		nobody, children,
		"~! access /b: access to protocol X is for \"children\", "
		"not for nobody any more (b.cml:2:42)\n");
}

#define LIMITED(limits, of_pool)                                               \
	{                                                                      \
		{ "root", "{ children: [\n"                                    \
			  "  { name: 'a', url: '#meta/a.cm',\n"                \
			  "    " limits " } ],\n"                              \
			  "collections: [\n"                                   \
			  "  { name: 'pool', durability: 'transient',\n"       \
			  "    " of_pool " } ] }" },                           \
			{ "a", "{ " PROGRAM " }" },                            \
		{                                                              \
			NULL, NULL                                             \
		}                                                              \
	}

static void limits(void **state)
{
	static const struct rig_file free[] = LIMITED("", "");
	static const struct rig_file low[] =
		LIMITED("limits: { memory: { max: '64M', min: '16M' },\n"
			"  tasks: { max: 8 } }",
			"limits: { cpu: { max: '50%' } }");
	static const struct rig_file high[] =
		LIMITED("limits: { memory: { max: '1G', min: '1025K' },\n"
			"  tasks: { max: 8 } }",
			"limits: { cpu: { max: '80%' } }");

	(void)state;
	compare_expect(
		low, high,
		"~! limit /: limit cpu_max of the members of pool is 80%, not "
		"50% any more (root.cml:7:13)\n"
		"~ limit /a: limit memory_min is 1025K, not 16M any more "
		"(root.cml:3:13)\n"
		"~! limit /a: limit memory_max is 1G, not 64M any more "
		"(root.cml:3:13)\n");
	compare_expect(
		high, low,
		"~ limit /: limit cpu_max of the members of pool is 50%, not "
		"80% any more (root.cml:7:13)\n"
		"~! limit /a: limit memory_min is 16M, not 1025K any more "
		"(root.cml:3:13)\n"
		"~ limit /a: limit memory_max is 64M, not 1G any more "
		"(root.cml:3:13)\n");
	compare_expect(
		free, low,
		"~ limit /: limit cpu_max of the members of pool is 50%, "
		"not none any more (root.cml:7:13)\n"
		"~! limit /a: limit memory_min is 16M, not none any more "
		"(root.cml:3:13)\n"
		"~ limit /a: limit memory_max is 64M, not none any more "
		"(root.cml:3:13)\n"
		"~ limit /a: limit tasks_max is 8, not none any more "
		"(root.cml:3:13)\n");
}

static void programs(void **state)
{
	static const struct rig_file idle[] = TREE("", "{ }", B);
	static const struct rig_file runs[] = TREE("", "{ " PROGRAM " }", B);
	static const struct rig_file strict[] =
		TREE("",
		     "{ program: { runner: 'elf', binary: 'x',\n"
		     "  strict: true } }",
		     B);

	(void)state;
	compare_expect(
		idle, runs,
		"+! program /a: a program, which makes use of what it has "
		"(a.cml:1:12)\n");
	compare_expect(
		runs, idle,
		"- program /a: a program, which makes use of what it has "
		"(a.cml:1:12)\n");
	compare_expect(strict, runs,
		       "~! program /a: the program sees the host's libraries "
		       "now (a.cml:1:12)\n");
	compare_expect(runs, strict,
		       "~ program /a: the program does not see the host's "
		       "libraries any more (a.cml:1:12)\n");
}

static void policies(void **state)
{
	static const struct rig_file none[] = { { "root", "{ }" },
						{ NULL, NULL } };
	static const struct rig_file never[] = {
		{ "root", "{ policy: { never: [\n"
			  "  { from: '/a', to: '/b' } ] } }" },
		{ NULL, NULL },
	};

	(void)state;
	compare_expect(none, never,
		       "+ policy /: policy: nothing of /a may get to /b "
		       "(root.cml:2:3)\n");
	compare_expect(never, none,
		       "-! policy /: policy: nothing of /a may get to /b "
		       "(root.cml:2:3)\n");
	compare_expect(never, never, "");
}

static void members_of_collections(void **state)
{
#define POOL(offer)                                                            \
	{                                                                      \
		{ "root", "{ children: [ " CHILD(                              \
				  "b") "],\n"                                  \
				       "collections: [ { name: 'pool',\n"      \
				       "  durability: 'transient' } ],\n"      \
				       "offer: [ " offer " ] }" },             \
			{ "b", B },                                            \
		{                                                              \
			NULL, NULL                                             \
		}                                                              \
	}
	static const struct rig_file none[] = POOL("");
	static const struct rig_file some[] =
		POOL("{ protocol: 'X', from: '#b', to: '#pool' }");

	(void)state;
	compare_expect(none, some,
		       "+! member /pool:*: are offered protocol X of /b "
		       "(root.cml:5:10)\n");
	compare_expect(some, none,
		       "- member /pool:*: are offered protocol X of /b "
		       "(root.cml:5:10)\n");
#undef POOL
}

/* a uses b, which begins to use c: a reaches c now. */
#define ROW(use)                                                               \
	{                                                                      \
		{ "root",                                                      \
		  "{ children: [ " CHILD("a") CHILD("b") CHILD(                \
			  "c") "]"                                             \
			       ",\noffer: [\n"                                 \
			       "  { protocol: 'B', from: '#b', to: '#a' },\n"  \
			       "  { protocol: 'C', from: '#c', to: '#b' } ] "  \
			       "}" },                                          \
			{ "a", "{ " PROGRAM "use: [ { protocol: 'B' } ] }" },  \
			{ "b",                                                 \
			  "{ " PROGRAM use                                     \
			  "capabilities: [ { protocol: 'B' } ],\n"             \
			  "expose: [ { protocol: 'B', from: 'self' } ] }" },   \
			{ "c", "{ " PROGRAM                                    \
			       "capabilities: [ { protocol: 'C' } ],\n"        \
			       "expose: [ { protocol: 'C', from: 'self' } "    \
			       "] }" },                                        \
		{                                                              \
			NULL, NULL                                             \
		}                                                              \
	}

static const struct rig_file row_apart[] = ROW("");
static const struct rig_file row_whole[] = ROW("use: [ { protocol: 'C' } ],\n");

static void indirect_reach(void **state)
{
	(void)state;
	compare_expect(row_apart, row_whole,
		       "+! use /b: uses protocol C of /c; it was only offered "
		       "before (b.cml:2:8)\n"
		       "/a > /c\n");
	compare_expect(row_whole, row_apart,
		       "- use /b: uses protocol C of /c; it is still offered "
		       "(b.cml:2:8)\n"
		       "lost 1\n");
}

/* ---- pairs ---- */

/* n components of which each uses what the next provides, the last what the
 * first does: everybody reaches everybody. Or the row without its end. */
static void pairs_of_many(size_t n, bool is_circle)
{
	struct text root = TEXT_INIT;
	struct rig_file files[] = {
		{ "root", NULL },
		{ "c", "{ " PROGRAM
		       "use: [ { protocol: 'Y', availability: 'optional' } ],\n"
		       "capabilities: [ { protocol: 'X' } ],\n"
		       "expose: [ { protocol: 'X', from: 'self' } ] }" },
		{ NULL, NULL },
	};
	struct reach_rig r;
	struct pairs p;
	uint32_t *column, i, j;

	text_puts(&root, "{ children: [\n");
	for (i = 0; i < n; i++)
		text_printf(&root, "{ name: 'c%u', url: 'c%u#meta/c.cm' },\n",
			    i, i);
	text_puts(&root, "], offer: [\n");
	for (i = 0; i + !is_circle < n; i++)
		text_printf(
			&root,
			"{ protocol: 'X', from: '#c%u', to: '#c%u', as: 'Y',\n"
			"  dependency: 'weak' },\n",
			(i + 1) % (uint32_t)n, i);
	if (!is_circle)
		text_printf(&root,
			    "{ protocol: 'Y', from: 'void', to: '#c%zu',\n"
			    "  availability: 'optional' },\n",
			    n - 1);
	text_puts(&root, "] }");
	files[0].text = text_string(&root);
	reach_rig_init(&r, files);
	assert_int_equal(r.rig.report.n_errors, 0);
	column = calloc(n + 1, sizeof(*column));
	assert_non_null(column);
	/* The other way round, and one is left out. */
	for (i = 0; i <= n; i++)
		column[i] = (uint32_t)(n - i);
	assert_int_equal(pairs_take(&r.reach, column, n + 1, &p), 0);
	for (i = 1; i <= n; i++)
		for (j = 1; j <= n; j++)
			assert_int_equal(pairs_has(&p, i, column[j]),
					 is_circle || i <= j);
	for (i = 1; i <= n; i++)
		assert_false(pairs_has(&p, 0, column[i]));
	pairs_fini(&p);
	free(column);
	reach_rig_fini(&r);
	text_fini(&root);
}

static void pairs_in_rows_and_circles(void **state)
{
	(void)state;
	pairs_of_many(1, false);
	pairs_of_many(63, true);
	pairs_of_many(64, false);
	pairs_of_many(130, true);
	pairs_of_many(130, false);
}

/* The graph of anything: edges at random, against a search from each. */
static void pairs_are_what_searches_find(void **state)
{
	enum { N = 40 };
	struct realm realms[N] = { 0 };
	struct reach_node by_pointer[N];
	const struct realm *pointers[N];
	uint32_t column[N], i, j, round;
	struct reach_edge edges[80];
	uint32_t first[N + 2], at[80];
	unsigned seed = 7;

	(void)state;
	for (i = 0; i < N; i++) {
		pointers[i] = &realms[i];
		by_pointer[i] = (struct reach_node){ &realms[i], i };
		column[i] = i;
	}
	for (round = 0; round < 200; round++) {
		size_t n = round % N + round % 41, e = 0;
		struct reach g = { .realms = pointers,
				   .n_realms = N - 5,
				   .n_components = N - 5,
				   .n_nodes = N,
				   .by_pointer = by_pointer,
				   .edges = edges,
				   .n_edges = n,
				   .out = { first, at },
				   .in = { first, at } };
		struct pairs p;
		bool from[N] = { false };
		struct reach_search s;

		/* In order of their origin, so the index is plain. */
		for (i = 0; i < N; i++) {
			first[i] = (uint32_t)e;
			while (e < n && e * N / n <= i) {
				seed = seed * 1664525u + 1013904223u;
				edges[e] = (struct reach_edge){
					.from = i, .to = (seed >> 9) % N
				};
				at[e] = (uint32_t)e;
				e++;
			}
		}
		g.n_edges = e;
		first[N] = first[N + 1] = (uint32_t)e;
		assert_int_equal(pairs_take(&g, column, N, &p), 0);
		for (i = 0; i < g.n_realms; i++) {
			memset(from, 0, sizeof(from));
			from[i] = true;
			assert_int_equal(reach_search(&g, from, false, &s), 0);
			for (j = 0; j < g.n_realms; j++)
				if (i != j)
					assert_int_equal(
						pairs_has(&p, i, j),
						reach_search_steps(
							&s, &realms[j]) > 0);
			reach_search_fini(&s);
		}
		pairs_fini(&p);
	}
}

static void too_many_pairs(void **state)
{
	struct reach g = { .n_nodes = 40000, .n_realms = 40000 };
	struct pairs p;

	(void)state;
	assert_int_equal(pairs_take(&g, NULL, 40000, &p), PAIRS_TOO_MANY);
}

/* ---- faults ---- */

struct sweep {
	struct reach_rig old, new;
};

static int sweep_compare(void *arg)
{
	struct sweep *s = arg;
	struct compare c;
	int k = compare_take(&s->old.reach, &s->new.reach, &c);

	if (!k)
		compare_fini(&c);
	return k;
}

static void memory_runs_out(void **state)
{
	struct sweep s;

	(void)state;
	reach_rig_init(&s.old, row_apart);
	reach_rig_init(&s.new, row_whole);
	assert_true(fault_sweep(sweep_compare, &s) >= 20);
	reach_rig_fini(&s.old);
	reach_rig_fini(&s.new);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_changes),
		cmocka_unit_test(what_is_gained_and_lost),
		cmocka_unit_test(rights_and_parts),
		cmocka_unit_test(manners),
		cmocka_unit_test(values_and_runners),
		cmocka_unit_test(another_provider),
		cmocka_unit_test(access_policies),
		cmocka_unit_test(limits),
		cmocka_unit_test(programs),
		cmocka_unit_test(policies),
		cmocka_unit_test(members_of_collections),
		cmocka_unit_test(indirect_reach),
		cmocka_unit_test(pairs_in_rows_and_circles),
		cmocka_unit_test(pairs_are_what_searches_find),
		cmocka_unit_test(too_many_pairs),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
