/* Who can get at whom: each kind of step, what is no step, and what a search
 * finds. */
#include "reach_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

#define PROVIDES(name)                                                         \
	"{ " PROGRAM "capabilities: [ { protocol: '" name "' } ],\n"           \
	"expose: [ { protocol: '" name "', from: 'self' } ] }"

static void services_are_followed(void **state)
{
	/* a calls b, b calls c; d may only pass on what it is offered. */
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("a") CHILD("b") CHILD("c") CHILD(
			  "d") "],\noffer: [\n"
			       "  { protocol: 'B', from: '#b', to: '#a' },\n"
			       "  { protocol: 'C', from: '#c', to: '#b' },\n"
			       "  { protocol: 'C', from: '#c', to: '#d' } ] "
			       "}" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'B' } ] }" },
		{ "b", "{ " PROGRAM "use: [ { protocol: 'C' } ],\n"
		       "capabilities: [ { protocol: 'B' } ],\n"
		       "expose: [ { protocol: 'B', from: 'self' } ] }" },
		{ "c", PROVIDES("C") },
		{ "d", "{ " PROGRAM " }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/a", "/b", "/a service B /b");
	reach_expect(&r, "/a", "/c", "/a service B /b | service C /c");
	reach_expect(&r, "/b", "/c", "/b service C /c");
	reach_expect(&r, "/c", "/a", "none");
	reach_expect(&r, "/d", "/c", "none");
	reach_expect(&r, "/", "/a", "none");
	reach_expect(&r, "/a", "/", "none");
	reach_expect(&r, "/a", "/a", "none");
	reach_rig_fini(&r);
}

static void the_shortest_path_is_found(void **state)
{
	/* a, b, c, d in a row, and from a straight to d. */
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("a") CHILD("b") CHILD("c") CHILD(
			  "d") "],\noffer: [\n"
			       "  { protocol: 'B', from: '#b', to: '#a' },\n"
			       "  { protocol: 'C', from: '#c', to: '#b' },\n"
			       "  { protocol: 'D', from: '#d', to: '#c' },\n"
			       "  { protocol: 'D', from: '#d', to: '#a',\n"
			       "    as: 'E' } ] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: ['B', 'E'] } ] }" },
		{ "b", "{ " PROGRAM "use: [ { protocol: 'C' } ],\n"
		       "capabilities: [ { protocol: 'B' } ],\n"
		       "expose: [ { protocol: 'B', from: 'self' } ] }" },
		{ "c", "{ " PROGRAM "use: [ { protocol: 'D' } ],\n"
		       "capabilities: [ { protocol: 'C' } ],\n"
		       "expose: [ { protocol: 'C', from: 'self' } ] }" },
		{ "d", PROVIDES("D") },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/a", "/d", "/a service D /d");
	reach_expect(&r, "/b", "/d", "/b service C /c | service D /d");
	reach_rig_fini(&r);
}

static void a_broken_route_gives_nothing(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("a") CHILD(
			  "b") "],\n"
			       "offer: [ { protocol: 'B', from: '#b', to: '#a' "
			       "},\n"
			       "  { directory: 'd', from: '#b', to: '#a',\n"
			       "    rights: ['r*'] } ] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'B' },\n"
		       "  { directory: 'd', path: '/d', rights: ['rw*'] },\n"
		       "  { protocol: 'V', from: 'parent',\n"
		       "    availability: 'optional' } ] }" },
		{ "b", "{ " PROGRAM
		       "capabilities: [ { protocol: 'B', access: [] },\n"
		       "  { directory: 'd', path: '/d', rights: ['rw*'] } ],\n"
		       "expose: [ { protocol: 'B', from: 'self' },\n"
		       "  { directory: 'd', from: 'self' } ] }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/a", "/b", "none");
	reach_rig_fini(&r);
}

/* A parent that may control its children reaches them, and whom they expose. */
static const struct rig_file control_files[] = {
	{ "root", "{ children: [ " CHILD("p") CHILD("q") "] }" },
	{ "p", "{ " PROGRAM "use: [ { protocol: 'fuchsia.component.Realm',\n"
	       "  from: 'framework' } ],\n"
	       "children: [ " CHILD("a") "],\n"
					 "collections: [ { name: 'pool', "
					 "durability: 'transient' } ],\n"
					 "offer: [ { protocol: 'reeve.Realm', "
					 "from: 'framework',\n"
					 "  to: '#a' } ] }" },
	{ "q", "{ " PROGRAM "children: [ " CHILD("a") "] }" },
	{ "a", "{ children: [ " CHILD(
		       "b") "],\n"
			    "expose: [ { protocol: 'B', from: '#b' } ] }" },
	{ "b", PROVIDES("B") },
	{ NULL, NULL },
};

static void children_are_controlled(void **state)
{
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, control_files);
	reach_expect(&r, "/p", "/p/a",
		     "/p control fuchsia.component.Realm /p/a");
	reach_expect(&r, "/p", "/p/a/b", "/p child B /p/a/b");
	reach_expect(&r, "/p", "/p/pool:*",
		     "/p control fuchsia.component.Realm /p/pool:*");
	reach_expect(&r, "/q", "/q/a", "none");
	reach_expect(&r, "/q", "/q/a/b", "none");
	reach_expect(&r, "/p/a", "/p", "none");
	reach_rig_fini(&r);
}

/* Passed on, the framework's service is still for who passed it. */
static void control_is_passed_on(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a") CHILD(
				  "b") "],\n"
				       "offer: [ { protocol: 'reeve.Realm',\n"
				       "  from: 'framework', to: '#a' } ] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'reeve.Realm' } ] }" },
		{ "b", "{ " PROGRAM " }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/a", "/b", "/a control reeve.Realm /b");
	reach_expect(&r, "/b", "/a", "none");
	reach_rig_fini(&r);
}

static void names_are_looked_up(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a") CHILD("b") CHILD(
				  "c") "],\n"
				       "offer: [ { protocol: 'C', from: '#c',\n"
				       "  to: ['#a', '#b'] } ] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'reeve.Registry',\n"
		       "  from: 'framework' } ] }" },
		{ "b", "{ " PROGRAM " }" },
		{ "c", PROVIDES("C") },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/a", "/c", "/a name C /c");
	reach_expect(&r, "/b", "/c", "none");
	reach_rig_fini(&r);
}

/* Who may look names up finds what its parent or its child may register. */
static void names_are_registered(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("p") CHILD("q") "] }" },
		{ "p", "{ " PROGRAM "children: [ " CHILD("a") CHILD("b") CHILD(
			       "c") "],\n"
				    "use: [ { protocol: 'reeve.Registry',\n"
				    "  from: 'framework' } ] }" },
		{ "q", "{ " PROGRAM "children: [ " CHILD("a") "] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'reeve.Registry',\n"
		       "  from: 'framework' } ] }" },
		{ "b", "{ " PROGRAM "use: [ { protocol: 'reeve.Registry',\n"
		       "  from: 'framework' } ] }" },
		{ "c", "{ " PROGRAM " }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/p", "/p/a", "/p registered reeve.Registry /p/a");
	reach_expect(&r, "/p/a", "/p", "/p/a registered reeve.Registry /p");
	reach_expect(&r, "/p/a", "/p/b",
		     "/p/a registered reeve.Registry /p | registered "
		     "reeve.Registry /p/b");
	reach_expect(&r, "/p", "/p/c", "none");
	reach_expect(&r, "/p/c", "/p", "none");
	reach_expect(&r, "/q", "/q/a", "none");
	reach_expect(&r, "/q/a", "/q", "none");
	reach_rig_fini(&r);
}

/* Passed on, it looks up what its giver has. */
static void names_of_another_realm(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("p") CHILD(
				  "c") "],\n"
				       "offer: [ { protocol: 'C', from: '#c',\n"
				       "  to: '#p' } ] }" },
		{ "p", "{ children: [ " CHILD(
			       "a") "],\n"
				    "offer: [ { protocol: 'reeve.Registry',\n"
				    "  from: 'framework', to: '#a' } ] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'reeve.Registry' } ] "
		       "}" },
		{ "c", PROVIDES("C") },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/p/a", "/c", "/p/a name C /c");
	reach_expect(&r, "/p", "/c", "none");
	reach_rig_fini(&r);
}

static void members_may_use_what_they_are_offered(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "a") "],\n"
			       "collections: [\n"
			       "  { name: 'pool', durability: 'transient' },\n"
			       "  { name: 'other', durability: 'transient' } "
			       "],\n"
			       "offer: [ { protocol: 'A', from: '#a',\n"
			       "  to: '#pool' } ] }" },
		{ "a", PROVIDES("A") },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	assert_int_equal(r.reach.n_components, 2);
	assert_int_equal(r.reach.n_realms, 4);
	reach_expect(&r, "/pool:*", "/a", "/pool:* service A /a");
	reach_expect(&r, "/other:*", "/a", "none");
	reach_expect(&r, "/", "/pool:*", "none");
	reach_rig_fini(&r);
}

/* ---- directories ---- */

#define USES_DATA(rights, more)                                                \
	"{ " PROGRAM "use: [ { directory: 'data', path: '/data',\n"            \
	"  rights: ['" rights "']" more " } ] }"

#define FOUR                                                                   \
	"children: [ " CHILD("store") CHILD("w") CHILD("r") CHILD("x") "],\n"

static const struct rig_file shared_files[] = {
	{ "root", "{ " FOUR "offer: [\n"
		  "  { directory: 'data', from: '#store',\n"
		  "    to: ['#w', '#r', '#x'] } ] }" },
	{ "store",
	  "{ " PROGRAM "capabilities: [ { directory: 'data', path: '/data',\n"
	  "  rights: ['rw*'] } ],\n"
	  "expose: [ { directory: 'data', from: 'self' } ] }" },
	{ "w", USES_DATA("rw*", "") },
	{ "r", USES_DATA("r*", "") },
	{ "x", USES_DATA("r*", "") },
	{ NULL, NULL },
};

static void who_writes_reaches_who_reads(void **state)
{
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, shared_files);
	reach_expect(&r, "/w", "/store", "/w directory data /store");
	reach_expect(&r, "/w", "/r", "/w shared data /r");
	reach_expect(&r, "/r", "/store", "/r directory data /store");
	/* Reading tells nobody anything; and a provider only answers. */
	reach_expect(&r, "/r", "/w", "none");
	reach_expect(&r, "/r", "/x", "none");
	reach_expect(&r, "/store", "/r", "none");
	reach_rig_fini(&r);
}

/* Of one directory: w writes at a/b, r reads at a, x at a/c, y at a/b/d. */
static const struct rig_file parts_files[] = {
	{ "root",
	  "{ children: [ " CHILD("store") CHILD("w") CHILD("r") CHILD("x")
		  CHILD("y") "],\n"
			     "offer: [\n"
			     "  { directory: 'data', from: '#store',\n"
			     "    to: '#w', subdir: 'a/b' },\n"
			     "  { directory: 'data', from: '#store',\n"
			     "    to: '#r', subdir: 'a' },\n"
			     "  { directory: 'data', from: '#store',\n"
			     "    to: '#x', subdir: 'a/c' },\n"
			     "  { directory: 'data', from: '#store',\n"
			     "    to: '#y', subdir: 'a/b' } ] }" },
	{ "store",
	  "{ " PROGRAM "capabilities: [ { directory: 'data', path: '/data',\n"
	  "  rights: ['rw*'] } ],\n"
	  "expose: [ { directory: 'data', from: 'self' } ] }" },
	{ "w", USES_DATA("rw*", "") },
	{ "r", USES_DATA("rw*", "") },
	{ "x", USES_DATA("r*", "") },
	{ "y", USES_DATA("r*", ", subdir: 'd'") },
	{ NULL, NULL },
};

static void parts_have_to_overlap(void **state)
{
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, parts_files);
	reach_expect(&r, "/w", "/r", "/w shared data /r");
	reach_expect(&r, "/w", "/y", "/w shared data /y");
	/* Not beside each other; but over r, who sees and writes both. */
	reach_expect(&r, "/w", "/x", "/w shared data /r | shared data /x");
	reach_expect(&r, "/r", "/x", "/r shared data /x");
	reach_expect(&r, "/r", "/y", "/r shared data /y");
	reach_expect(&r, "/y", "/w", "none");
	reach_rig_fini(&r);
}

static void parts_beside_each_other_are_apart(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ " FOUR "offer: [\n"
			  "  { directory: 'data', from: '#store', to: '#w',\n"
			  "    subdir: 'a' },\n"
			  "  { directory: 'data', from: '#store', to: '#r',\n"
			  "    subdir: 'a-b' },\n"
			  "  { directory: 'data', from: '#store', to: '#x',\n"
			  "    subdir: 'ab' } ] }" },
		{ "store",
		  "{ " PROGRAM "capabilities: [\n"
		  "  { directory: 'data', path: '/data',\n"
		  "  rights: ['rw*'] } ],\n"
		  "expose: [ { directory: 'data', from: 'self' } ] }" },
		{ "w", USES_DATA("rw*", "") },
		{ "r", USES_DATA("r*", "") },
		{ "x", USES_DATA("r*", "") },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/w", "/r", "none");
	reach_expect(&r, "/w", "/x", "none");
	reach_expect(&r, "/w", "/store", "/w directory data /store");
	reach_rig_fini(&r);
}

static void the_host_s_directory_is_a_meeting_place(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("w") CHILD(
				  "r") "],\n"
				       "offer: [ { directory: 'state', from: "
				       "'parent',\n"
				       "  to: ['#w', '#r'], as: 'data' },\n"
				       "  { directory: 'srv', from: 'parent',\n"
				       "  to: ['#w', '#r'] } ] }" },
		{ "w", USES_DATA("rw*", "") },
		{ "r", "{ " PROGRAM "use: [\n"
		       "  { directory: 'data', path: '/d', rights: ['r*'] },\n"
		       "  { directory: 'srv', path: '/s', rights: ['r*'] }\n"
		       "] }" },
		{ NULL, NULL },
	};
	struct reach_rig r;
	struct reach_path p;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/w", "/r", "/w shared state /r");
	reach_expect(&r, "/r", "/w", "none");
	assert_int_equal(reach_find(&r.reach, reach_rig_realm(&r, "/w"),
				    reach_rig_realm(&r, "/r"), &p),
			 0);
	assert_int_equal(p.n, 1);
	assert_int_equal(p.steps[0].by->source, ROUTE_SOURCE_BUILTIN);
	assert_ptr_equal(p.steps[0].with->realm, reach_rig_realm(&r, "/r"));
	reach_path_fini(&p);
	reach_rig_fini(&r);
}

static bool part_has(const char *part, const char *other)
{
	size_t n = strlen(part);

	return !n ||
	       (!strncmp(part, other, n) && (!other[n] || other[n] == '/'));
}

static bool parts_overlap(const char *a, const char *b)
{
	return part_has(a, b) || part_has(b, a);
}

/* Is the shortest path from component i to j a single step, or is it not? */
static void share_expect(const struct reach_rig *r, unsigned i, unsigned j,
			 bool is_shared)
{
	struct reach_path p = { NULL, 0 };
	char from[8], to[8];
	int k;

	snprintf(from, sizeof(from), "/c%u", i);
	snprintf(to, sizeof(to), "/c%u", j);
	k = reach_find(&r->reach, reach_rig_realm(r, from),
		       reach_rig_realm(r, to), &p);
	assert_true(k == 0 || k == REACH_NONE);
	assert_int_equal(k == 0 && p.n == 1, i != j && is_shared);
	reach_path_fini(&p);
}

/* Eight components with parts of one directory at random: of two, the first
 * reaches the second in one step if it writes, the other reads, and one's part
 * has the other's. */
static void parts_at_random(void **state)
{
	static const char *const parts[] = { "",    "a",     "a/b",    "a/b/c",
					     "a/c", "ab",    "a-",     "b",
					     "b/a", "a/b/d", "a/b/c/e" };
	static const char *const rights[] = { "r*", "rw*", "w*" };
	enum { N = 8 };
	unsigned seed = 3, round, i, j, part[N], right[N];

	(void)state;
	for (round = 0; round < 60; round++) {
		struct text root = TEXT_INIT, manifests[N];
		struct rig_file files[N + 2] = { { "root", NULL } };
		char names[N][3];
		struct reach_rig r;

		text_puts(&root, "{ children: [\n");
		for (i = 0; i < N; i++)
			text_printf(&root, CHILD("c%u"), i, i);
		text_puts(&root, "], offer: [\n");
		for (i = 0; i < N; i++) {
			seed = seed * 1664525u + 1013904223u;
			part[i] = (seed >> 9) % N_ELEMENTS(parts);
			right[i] = (seed >> 17) % N_ELEMENTS(rights);
			text_printf(&root,
				    "{ directory: 'state', from: 'parent',\n"
				    "  to: '#c%u'",
				    i);
			if (part[i])
				text_printf(&root, ", subdir: '%s'",
					    parts[part[i]]);
			text_puts(&root, " },\n");
			manifests[i] = (struct text)TEXT_INIT;
			text_printf(&manifests[i],
				    "{ " PROGRAM "use: [ {\n"
				    "  directory: 'state', path: '/d',\n"
				    "  rights: ['%s'] } ] }",
				    rights[right[i]]);
			snprintf(names[i], sizeof(names[i]), "c%u", i);
			files[i + 1].name = names[i];
			files[i + 1].text = text_string(&manifests[i]);
		}
		text_puts(&root, "] }");
		files[0].text = text_string(&root);
		reach_rig_init(&r, files);
		assert_int_equal(r.reach.n_broken, 0);
		for (i = 0; i < N; i++)
			for (j = 0; j < N; j++)
				share_expect(
					&r, i, j,
					right[i] &&
						parts_overlap(parts[part[i]],
							      parts[part[j]]));
		reach_rig_fini(&r);
		text_fini(&root);
		for (i = 0; i < N; i++)
			text_fini(&manifests[i]);
	}
}

/* Storage is one's own part; who has the directory behind it sees it all. */
static void storage_is_apart(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " FOUR "capabilities: [ { storage: 'st', from: '#store',\n"
		  "  backing_dir: 'data', storage_id: "
		  "'static_instance_id_or_moniker' } ],\n"
		  "offer: [\n"
		  "  { storage: 'st', from: 'self',\n"
		  "    to: ['#w', '#r'] },\n"
		  "  { directory: 'data', from: '#store',\n"
		  "    to: '#x' } ] }" },
		{ "store",
		  "{ " PROGRAM "capabilities: [\n"
		  "  { directory: 'data', path: '/data',\n"
		  "  rights: ['rw*'] } ],\n"
		  "expose: [ { directory: 'data', from: 'self' } ] }" },
		{ "w",
		  "{ " PROGRAM "use: [ { storage: 'st', path: '/st' } ] }" },
		{ "r",
		  "{ " PROGRAM "use: [ { storage: 'st', path: '/st' } ] }" },
		{ "x", USES_DATA("r*", "") },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/w", "/r", "none");
	reach_expect(&r, "/w", "/store", "/w directory data /store");
	reach_expect(&r, "/w", "/x", "/w shared data /x");
	reach_expect(&r, "/x", "/w", "none");
	reach_rig_fini(&r);
}

/* ---- records ---- */

static const struct reach_record *record_of(const struct reach_rig *r,
					    const char *moniker,
					    const char *target_name)
{
	size_t i;

	for (i = 0; i < r->reach.n_records; i++)
		if (!strcmp(r->reach.records[i].realm->moniker, moniker) &&
		    !strcmp(r->reach.records[i].decl->target_name, target_name))
			return &r->reach.records[i];
	fail_msg("%s has no %s", moniker, target_name);
	return NULL;
}

static void a_record_knows_all_names(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a")
				  CHILD("p") "],\n"
					     "offer: [ { protocol: 'Y', from: "
					     "'#p', to: '#a',\n"
					     "  as: 'Z' } ] }" },
		{ "p",
		  "{ children: [ " CHILD("b") "],\n"
					      "expose: [ { protocol: 'X', "
					      "from: '#b', as: 'Y' } ] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'Z' } ] }" },
		{ "b", PROVIDES("X") },
		{ NULL, NULL },
	};
	const struct reach_record *use;
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	use = record_of(&r, "/a", "Z");
	assert_int_equal(use->hold, REACH_USES);
	assert_string_equal(use->name, "X");
	assert_true(reach_is_called(use, "X"));
	assert_true(reach_is_called(use, "Y"));
	assert_true(reach_is_called(use, "/svc/Z"));
	assert_false(reach_is_called(use, "W"));
	assert_string_equal(reach_record_file(use), "a.cml");
	assert_string_equal(reach_origin_file(use), "b.cml");
	assert_int_equal(record_of(&r, "/p/b", "X")->hold, REACH_EXPOSES);
	reach_rig_fini(&r);
}

static void what_is_offered_and_not_used(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("a") CHILD(
			  "b") "],\n"
			       "offer: [ { protocol: 'B', from: '#b', to: '#a' "
			       "},\n"
			       "  { protocol: 'B', from: '#b', to: '#a',\n"
			       "    as: 'C' } ] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'B' } ] }" },
		{ "b", PROVIDES("B") },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	assert_int_equal(r.reach.n_records, 3);
	assert_int_equal(record_of(&r, "/a", "C")->hold, REACH_OFFERED);
	assert_int_equal(record_of(&r, "/a", "B")->hold, REACH_USES);
	assert_string_equal(reach_record_file(record_of(&r, "/a", "C")),
			    "root.cml");
	reach_rig_fini(&r);
}

static void what_is_in_a_dictionary_is_had(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("a") CHILD("b") CHILD(
			  "c") "],\n"
			       "collections: [ { name: 'pool',\n"
			       "  durability: 'transient' } ],\n"
			       "capabilities: [ { dictionary: 'bundle' } ],\n"
			       "offer: [\n"
			       "  { protocol: 'B', from: '#b',\n"
			       "    to: 'self/bundle' },\n"
			       "  { dictionary: 'bundle', from: 'self',\n"
			       "    to: ['#a', '#c', '#pool'] } ] }" },
		{ "a", "{ " PROGRAM "use: [ { dictionary: 'bundle',\n"
		       "  path: '/bundle' } ] }" },
		{ "b", PROVIDES("B") },
		{ "c", "{ " PROGRAM " }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/a", "/b", "/a service B /b");
	assert_int_equal(record_of(&r, "/a", "bundle")->hold, REACH_USES);
	reach_expect(&r, "/pool:*", "/b", "/pool:* service B /b");
	assert_int_equal(record_of(&r, "/pool:*", "B")->hold, REACH_MEMBER);
	reach_expect(&r, "/c", "/b", "none");
	assert_int_equal(record_of(&r, "/c", "B")->hold, REACH_OFFERED);
	reach_rig_fini(&r);
}

static void what_a_collection_provides_comes_from_its_members(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD(
			  "a") "],\n"
			       "collections: [ { name: 'pool',\n"
			       "  durability: 'transient' } ],\n"
			       "offer: [ { service: 'S', from: '#pool',\n"
			       "  to: '#a' } ] }" },
		{ "a", "{ " PROGRAM "use: [ { service: 'S' } ] }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/a", "/pool:*", "/a service S /pool:*");
	reach_rig_fini(&r);
}

static void a_service_of_several_sources_reaches_all(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a") CHILD("b") CHILD(
				  "c") "],\n"
				       "offer: [ { service: 'S',\n"
				       "  from: ['#b', '#c'], to: '#a' } ] }" },
		{ "a", "{ " PROGRAM "use: [ { service: 'S' } ] }" },
		{ "b", "{ " PROGRAM "capabilities: [ { service: 'S' } ],\n"
		       "expose: [ { service: 'S', from: 'self' } ] }" },
		{ "c", "{ " PROGRAM "capabilities: [ { service: 'S' } ],\n"
		       "expose: [ { service: 'S', from: 'self' } ] }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/a", "/b", "/a service S /b");
	reach_expect(&r, "/a", "/c", "/a service S /c");
	reach_rig_fini(&r);
}

/* Who runs a component has all of it. */
static void a_runner_reaches_whom_it_runs(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD(
				  "r") "  { name: 'a', url: '#meta/a.cm',\n"
				       "    environment: '#env' } ],\n"
				       "environments: [ { name: 'env', "
				       "extends: 'realm',\n"
				       "  runners: [ { runner: 'rr', from: "
				       "'#r' } ] } ] }" },
		{ "r", "{ " PROGRAM "capabilities: [ { runner: 'rr',\n"
		       "  path: '/svc/fuchsia.component.runner.ComponentRunner'"
		       " } ],\n"
		       "expose: [ { runner: 'rr', from: 'self' } ] }" },
		{ "a", "{ program: { runner: 'rr' } }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	reach_expect(&r, "/r", "/a", "/r runner rr /a");
	reach_expect(&r, "/a", "/r", "none");
	reach_rig_fini(&r);
}

/* ---- searches ---- */

/* a, b and c in a row: which of @from is the nearest other? */
static const struct rig_file row_files[] = {
	{ "root",
	  "{ children: [ " CHILD("a") CHILD("b") CHILD(
		  "c") "],\n"
		       "offer: [ { protocol: 'B', from: '#b', to: '#a' },\n"
		       "  { protocol: 'C', from: '#c', to: '#b' } ] }" },
	{ "a", "{ " PROGRAM "use: [ { protocol: 'B' } ] }" },
	{ "b", "{ " PROGRAM "use: [ { protocol: 'C' } ],\n"
	       "capabilities: [ { protocol: 'B' } ],\n"
	       "expose: [ { protocol: 'B', from: 'self' } ] }" },
	{ "c", PROVIDES("C") },
	{ NULL, NULL },
};

static void search_expect(const struct reach_rig *r, const char *pattern,
			  bool is_backward, const char *to, const char *path)
{
	bool *set = calloc(r->reach.n_realms, sizeof(*set));
	const struct realm *realm = reach_rig_realm(r, to);
	struct text t = TEXT_INIT;
	struct reach_search s;
	struct reach_path p;
	const char *why;
	int k;

	assert_non_null(set);
	reach_match(&r->reach, pattern, set, &why);
	assert_null(why);
	assert_int_equal(reach_search(&r->reach, set, is_backward, &s), 0);
	k = reach_search_path(&s, realm, &p);
	if (k) {
		assert_int_equal(k, REACH_NONE);
		assert_int_equal(reach_search_steps(&s, realm), 0);
		text_puts(&t, "none");
	} else {
		assert_int_equal(reach_search_steps(&s, realm), p.n);
		reach_path_summary(&p, &t);
		reach_path_fini(&p);
	}
	assert_string_equal(text_string(&t), path);
	text_fini(&t);
	reach_search_fini(&s);
	free(set);
}

static void searches_from_many(void **state)
{
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, row_files);
	search_expect(&r, "/**", false, "/c", "/b service C /c");
	search_expect(&r, "/**", false, "/b", "/a service B /b");
	search_expect(&r, "/**", false, "/a", "none");
	search_expect(&r, "/a", false, "/c", "/a service B /b | service C /c");
	search_expect(&r, "/a", false, "/a", "none");
	search_expect(&r, "/c", true, "/a", "/a service B /b | service C /c");
	search_expect(&r, "/**", true, "/a", "/a service B /b");
	search_expect(&r, "/a", true, "/c", "none");
	reach_rig_fini(&r);
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern;
		size_t n;
		bool is_wrong;
	} cases[] = {
		{ "/", 1, false },    { "/**", 3, false }, { "/*", 3, false },
		{ "/a", 1, false },   { "/x", 0, false },  { "/*/*", 0, false },
		{ "/a/", 0, true },   { "a", 0, true },	   { "#a", 0, true },
		{ "/**/a", 0, true }, { "", 0, true },
	};
	bool set[4];
	struct reach_rig r;
	const char *why;
	size_t i;

	(void)state;
	reach_rig_init(&r, row_files);
	assert_int_equal(r.reach.n_realms, 4);
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		memset(set, 0, sizeof(set));
		assert_int_equal(
			reach_match(&r.reach, cases[i].pattern, set, &why),
			cases[i].n);
		assert_int_equal(why != NULL, cases[i].is_wrong);
	}
	reach_rig_fini(&r);
}

static void what_cannot_be_read_is_counted(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a")
				  CHILD("nowhere") "],\n"
						   "offer: [ { protocol: 'X', "
						   "from: '#nowhere',\n"
						   "  to: '#a' } ] }" },
		{ "a", "{ " PROGRAM "use: [ { protocol: 'X' } ] }" },
		{ NULL, NULL },
	};
	struct reach_rig r;

	(void)state;
	reach_rig_init(&r, files);
	assert_int_equal(r.reach.n_broken, 1);
	reach_expect(&r, "/a", "/nowhere", "none");
	reach_rig_fini(&r);
}

/* ---- faults ---- */

static int sweep_take(void *arg)
{
	struct rig *rig = arg;
	struct reach g;
	struct reach_path p;
	int k = reach_take(&rig->tree, NULL, NULL, &g);

	if (k)
		return k;
	k = reach_find(&g, topology_find(&rig->tree, "/w"),
		       topology_find(&rig->tree, "/x"), &p);
	if (!k)
		reach_path_fini(&p);
	reach_fini(&g);
	return k;
}

static void memory_runs_out(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, parts_files);
	assert_int_equal(
		check_resolve(&rig.tree, rig_resolve, &rig, &rig.report), 0);
	assert_true(fault_sweep(sweep_take, &rig) >= 15);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services_are_followed),
		cmocka_unit_test(the_shortest_path_is_found),
		cmocka_unit_test(a_broken_route_gives_nothing),
		cmocka_unit_test(children_are_controlled),
		cmocka_unit_test(control_is_passed_on),
		cmocka_unit_test(names_are_looked_up),
		cmocka_unit_test(names_are_registered),
		cmocka_unit_test(names_of_another_realm),
		cmocka_unit_test(members_may_use_what_they_are_offered),
		cmocka_unit_test(who_writes_reaches_who_reads),
		cmocka_unit_test(parts_have_to_overlap),
		cmocka_unit_test(parts_beside_each_other_are_apart),
		cmocka_unit_test(the_host_s_directory_is_a_meeting_place),
		cmocka_unit_test(parts_at_random),
		cmocka_unit_test(storage_is_apart),
		cmocka_unit_test(a_record_knows_all_names),
		cmocka_unit_test(what_is_offered_and_not_used),
		cmocka_unit_test(what_is_in_a_dictionary_is_had),
		cmocka_unit_test(
			what_a_collection_provides_comes_from_its_members),
		cmocka_unit_test(a_service_of_several_sources_reaches_all),
		cmocka_unit_test(a_runner_reaches_whom_it_runs),
		cmocka_unit_test(searches_from_many),
		cmocka_unit_test(patterns),
		cmocka_unit_test(what_cannot_be_read_is_counted),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
