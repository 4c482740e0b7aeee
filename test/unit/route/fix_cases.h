/* Trees with one mistake, for test_fix.c: what is asked, and how it is mended.
 */
#pragma once

#include "rig.h"

#include "route/fix.h"

enum { FILES_MAX = 8 };

struct fix_case {
	const char *name;
	struct rig_file files[FILES_MAX];
	const char *moniker, *capability;
	int verdict;
	const char *text; /* what was done, or a part of why not */
	/* A file, and a part of it afterwards. */
	const char *file, *part;
};

#define RUNS "program: { runner: 'elf', binary: 'b' }, "
#define PART(n)                                                                \
	"{ name: '" n "', url: 'fuchsia-pkg://x/" n "#meta/" n ".cm' }, "
#define USER                                                                   \
	{                                                                      \
		"d", "{ " RUNS "use: [ { protocol: 'x.Foo' } ] }"              \
	}
#define PROVIDER                                                               \
	{                                                                      \
		"b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' } ], "     \
		     "expose: [ { protocol: 'x.Foo', from: 'self' } ] }"       \
	}
#define ROOT(offers)                                                           \
	{                                                                      \
		"root", "{ children: [ " PART("b")                             \
				PART("d") "], offer: [ " offers " ] }"         \
	}
#define FOO "{ protocol: 'x.Foo', from: '#b', to: '#d' }"

static const struct fix_case mended[] = {
	{ "an offer is missing",
	  { ROOT(""), PROVIDER, USER },
	  "/d",
	  "x.Foo",
	  0,
	  "offer protocol x.Foo from #b to #d in root.cml\n",
	  "root.cml",
	  "offer: [ { protocol: 'x.Foo', from: '#b', to: '#d' } ]" },
	{ "offer and expose are missing",
	  { ROOT(""),
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' } ] }" },
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "expose protocol x.Foo from self in b.cml\n"
	  "offer protocol x.Foo from #b to #d in root.cml\n",
	  "b.cml",
	  ", expose: [ { protocol: 'x.Foo', from: 'self' } ] }" },
	{ "the parent has it itself",
	  { { "root",
	      "{ " RUNS "children: [ " PART(
		      "d") "], "
			   "capabilities: [ { protocol: 'x.Foo' } ] }" },
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "offer protocol x.Foo from self to #d in root.cml\n",
	  NULL,
	  NULL },
	{ "the host has it",
	  { { "root", "{ children: [ " PART("d") "] }" },
	    { "d", "{ " RUNS "use: [ { protocol: 'host.Log' } ] }" } },
	  "/d",
	  "host.Log",
	  0,
	  "offer protocol host.Log from parent to #d in root.cml\n",
	  NULL,
	  NULL },
	{ "a capability is missing",
	  { ROOT(FOO),
	    { "b",
	      "{ " RUNS "expose: [ { protocol: 'x.Foo', from: 'self' } ] }" },
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "declare protocol x.Foo in b.cml\n",
	  "b.cml",
	  "capabilities: [ { protocol: 'x.Foo' } ]" },
	{ "the use is a slip",
	  { ROOT(FOO),
	    PROVIDER,
	    { "d", "{ " RUNS "use: [ { protocol: 'x.Fooo' } ] }" } },
	  "/d",
	  "x.Fooo",
	  0,
	  "change x.Fooo to x.Foo in d.cml\n",
	  NULL,
	  NULL },
	{ "\"as\" is the slip",
	  { ROOT("{ protocol: 'x.Bar', from: '#b', to: '#d', as: 'x.Fo' }"),
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Bar' } ], "
		   "expose: [ { protocol: 'x.Bar', from: 'self' } ] }" },
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "change x.Fo to x.Foo in root.cml\n",
	  "root.cml",
	  "'x.Bar', from: '#b', to: '#d', as: 'x.Foo'" },
	{ "the path-named dialect renames at each target",
	  { { "root", "{ 'children': [ { 'name': 'b', 'url': "
		      "'fuchsia-pkg://x/b#meta/b.cm' }, { 'name': 'd', 'url': "
		      "'fuchsia-pkg://x/d#meta/d.cm' } ], 'offer': [ { "
		      "'service': '/svc/x.Bar', 'from': '#b', 'to': [ { "
		      "'dest': '#d', 'as': '/svc/x.Fo' } ] } ] }" },
	    { "b", "{ program: { binary: 'b' }, expose: [ { service: "
		   "'/svc/x.Bar', from: 'self' } ] }" },
	    { "d", "{ program: { binary: 'b' }, use: [ { service: "
		   "'/svc/x.Foo' } ] }" } },
	  "/d",
	  "x.Foo",
	  0,
	  "change x.Fo to x.Foo in root.cml\n",
	  "root.cml",
	  "'dest': '#d', 'as': '/svc/x.Foo'" },
	{ "a near name that others use stays",
	  { ROOT("{ protocol: 'x.Foos', from: '#b', to: '#d' }"),
	    { "b",
	      "{ " RUNS "capabilities: [ { protocol: ['x.Foo', 'x.Foos'] } ], "
	      "expose: [ { protocol: ['x.Foo', 'x.Foos'], "
	      "from: 'self' } ] }" },
	    { "d", "{ " RUNS "use: [ { protocol: ['x.Foo', 'x.Foos'] } ] }" } },
	  "/d",
	  "x.Foo",
	  0,
	  "offer protocol x.Foo from #b to #d in root.cml\n",
	  NULL,
	  NULL },
	{ "another type",
	  { ROOT("{ directory: 'x.Foo', from: '#b', to: '#d', rights: "
		 "['r*'] }"),
	    PROVIDER, USER },
	  "/d",
	  "x.Foo",
	  0,
	  "change \"directory\" to \"protocol\" for x.Foo in root.cml\n",
	  "root.cml",
	  "[ { protocol: 'x.Foo', from: '#b', to: '#d' } ]" },
	{ "one more target",
	  { { "root", "{ children: [ " PART("b") PART("d") PART(
			      "e") "], "
				   "offer: [ { protocol: 'x.Foo', from: '#b', "
				   "to: ['#e'] } ] }" },
	    PROVIDER,
	    USER,
	    { "e", "{ " RUNS "use: [ { protocol: 'x.Foo' } ] }" } },
	  "/d",
	  "x.Foo",
	  0,
	  "offer protocol x.Foo to #d as well in root.cml\n",
	  "root.cml",
	  "to: ['#e', '#d']" },
	{ "one of a list for one more target",
	  { { "root", "{ children: [ " PART("b") PART("d")
			      PART("e") "], "
					"offer: [ { protocol: ['x.Foo', "
					"'x.Bar'], from: '#b', "
					"to: '#e' } ] }" },
	    { "b",
	      "{ " RUNS "capabilities: [ { protocol: ['x.Foo', 'x.Bar'] } ], "
	      "expose: [ { protocol: ['x.Foo', 'x.Bar'], "
	      "from: 'self' } ] }" },
	    USER,
	    { "e", "{ }" } },
	  "/d",
	  "x.Foo",
	  0,
	  "offer protocol x.Foo to #d as well in root.cml\n",
	  "root.cml",
	  "to: '#e' }, { protocol: 'x.Foo', from: '#b', to: '#d' } ]" },
	{ "exposed to the framework",
	  { ROOT(FOO),
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' } ], "
		   "expose: [ { protocol: 'x.Foo', from: 'self', "
		   "to: 'framework' } ] }" },
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "expose x.Foo to the parent in b.cml\n",
	  "b.cml",
	  "{ protocol: 'x.Foo', from: 'self' }" },
	{ "rights, twice",
	  { ROOT("{ directory: 'f', from: '#b', to: '#d', rights: ['r*'] }"),
	    { "b", "{ " RUNS "capabilities: [ { directory: 'f', path: '/f', "
		   "rights: ['r*', /* and */ 'write_bytes' /* so */] } ], "
		   "expose: [ { directory: "
		   "'f', from: 'self' } ] }" },
	    { "d", "{ " RUNS "use: [ { directory: 'f', path: '/f', rights: "
		   "['rw*'] } ] }" } },
	  "/d",
	  "f",
	  0,
	  "give f with [rw*] in root.cml\ngive f with [rw*] in b.cml\n",
	  "b.cml",
	  "rights: ['rw*' /* and */  /* so */] }" },
	{ "taken from the wrong place",
	  { ROOT("{ protocol: 'x.Foo', from: 'parent', to: '#d' }"), PROVIDER,
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "take x.Foo from #b in root.cml\n",
	  NULL,
	  NULL },
	{ "promised only sometimes",
	  { ROOT("{ protocol: 'x.Foo', from: '#b', to: '#d', "
		 "availability: 'optional' }"),
	    PROVIDER, USER },
	  "/d",
	  "x.Foo",
	  0,
	  "x.Foo is required in root.cml\n",
	  "root.cml",
	  "to: '#d' }" },
	{ "not used at all",
	  { ROOT(FOO), PROVIDER, { "d", "{ " RUNS "}" } },
	  "/d",
	  "x.Foo",
	  0,
	  "use protocol x.Foo in d.cml\n",
	  "d.cml",
	  "use: [{ protocol: 'x.Foo' }]" },
	{ "three levels down and two up",
	  { { "root", "{ children: [ " PART("b") PART("m") "] }" },
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' } ] }" },
	    { "m", "{ children: [ " PART("n") "] }" },
	    { "n", "{ children: [ " PART("d") "] }" },
	    USER },
	  "/m/n/d",
	  "x.Foo",
	  0,
	  "expose protocol x.Foo from self in b.cml\n"
	  "offer protocol x.Foo from #b to #m in root.cml\n"
	  "offer protocol x.Foo from parent to #n in m.cml\n"
	  "offer protocol x.Foo from parent to #d in n.cml\n",
	  NULL,
	  NULL },
	{ "the nearer of two",
	  { { "root", "{ children: [ " PART("b") PART("m") "] }" },
	    PROVIDER,
	    { "m", "{ children: [ " PART("c") PART("d") "] }" },
	    { "c", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' } ], "
		   "expose: [ { protocol: 'x.Foo', from: 'self' } ] }" },
	    USER },
	  "/m/d",
	  "x.Foo",
	  0,
	  "offer protocol x.Foo from #c to #d in m.cml\n",
	  NULL,
	  NULL },
	{ "of two the one that works",
	  { { "root", "{ children: [ " PART("b") PART("c") PART("d") "] }" },
	    PROVIDER,
	    { "c", "{ expose: [ { protocol: 'x.Foo', from: '#e' } ], "
		   "children: [ " PART("e") "] }" },
	    { "e", "{ " RUNS "}" },
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "offer protocol x.Foo from #b to #d in root.cml\n",
	  NULL,
	  NULL },
	{ "nobody says that it is there, but it is taken from there",
	  { ROOT(FOO), { "b", "{ " RUNS "}" }, USER },
	  "/d",
	  "x.Foo",
	  0,
	  "expose protocol x.Foo from self in b.cml, if its program serves "
	  "it\ndeclare protocol x.Foo in b.cml\n",
	  NULL,
	  NULL },
	{ "storage",
	  { { "root", "{ children: [ " PART(
			      "d") "], capabilities: [ { "
				   "storage: 'data', from: 'parent', "
				   "backing_dir: 'state', "
				   "storage_id: "
				   "'static_instance_id_or_moniker' } ] }" },
	    { "d",
	      "{ " RUNS "use: [ { storage: 'data', path: '/data' } ] }" } },
	  "/d",
	  "data",
	  0,
	  "offer storage data from self to #d in root.cml\n",
	  NULL,
	  NULL },
	{ "nobody offers the dictionary",
	  { ROOT(""),
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' }, { "
		   "dictionary: 'box' } ], offer: [ { protocol: 'x.Foo', "
		   "from: 'self', to: 'self/box' } ], expose: [ { dictionary: "
		   "'box', from: 'self' } ] }" },
	    { "d", "{ " RUNS "use: [ { protocol: 'x.Foo', from: 'parent/box' "
		   "} ] }" } },
	  "/d",
	  "x.Foo",
	  0,
	  "offer dictionary box from #b to #d in root.cml\n",
	  NULL,
	  NULL },
	{ "it is not in the dictionary",
	  { ROOT("{ dictionary: 'box', from: '#b', to: '#d' }"),
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' }, { "
		   "dictionary: 'box' } ], expose: [ { dictionary: 'box', "
		   "from: 'self' } ] }" },
	    { "d", "{ " RUNS "use: [ { protocol: 'x.Foo', from: 'parent/box' "
		   "} ] }" } },
	  "/d",
	  "x.Foo",
	  0,
	  "put protocol x.Foo from self into box in b.cml\n",
	  "b.cml",
	  "offer: [ { protocol: 'x.Foo', from: 'self', to: 'self/box' } ]" },
	{ "a slip in the dictionary",
	  { ROOT("{ dictionary: 'box', from: '#b', to: '#d' }"),
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' }, { "
		   "dictionary: 'box' } ], offer: [ { protocol: 'x.Foo', from: "
		   "'self', to: 'self/box', as: 'x.Fo' } ], expose: [ { "
		   "dictionary: 'box', from: 'self' } ] }" },
	    { "d", "{ " RUNS "use: [ { protocol: 'x.Foo', from: 'parent/box' "
		   "} ] }" } },
	  "/d",
	  "x.Foo",
	  0,
	  "change x.Fo to x.Foo in b.cml\n",
	  NULL,
	  NULL },
	{ "void for who requires it",
	  { ROOT("{ protocol: 'x.Foo', from: 'void', to: '#d', availability: "
		 "'optional' }"),
	    { "b", "{ }" },
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "x.Foo is optional in d.cml\n",
	  NULL,
	  NULL },
	{ "a key is a slip, so that it does not load",
	  { ROOT(FOO),
	    PROVIDER,
	    { "d", "{ " RUNS "use: [ { protocl: 'x.Foo' } ] }" } },
	  "/d",
	  "x.Foo",
	  0,
	  "change protocl to protocol in d.cml\n",
	  NULL,
	  NULL },
	{ "no such child, so that it does not load",
	  { ROOT("{ protocol: 'x.Foo', from: '#bb', to: '#d' }"), PROVIDER,
	    USER },
	  "/d",
	  "x.Foo",
	  0,
	  "change #bb to #b in root.cml\n",
	  NULL,
	  NULL },
	{ "the directory behind a storage",
	  { { "root",
	      "{ children: [ " PART(
		      "d") "], capabilities: [ { "
			   "storage: 'data', from: 'parent', backing_dir: "
			   "'stat', "
			   "storage_id: 'static_instance_id_or_moniker' } ], "
			   "offer: "
			   "[ { storage: 'data', from: 'self', to: '#d' } ] "
			   "}" },
	    { "d",
	      "{ " RUNS "use: [ { storage: 'data', path: '/data' } ] }" } },
	  "/d",
	  "data",
	  FIX_NONE,
	  "stat is taken from the parent of the root",
	  NULL,
	  NULL },
};

static const struct fix_case others[] = {
	{ "it holds",
	  { ROOT(FOO), PROVIDER, USER },
	  "/d",
	  "x.Foo",
	  FIX_NOT_NEEDED,
	  "",
	  NULL,
	  NULL },
	{ "nobody has it",
	  { ROOT(""), { "b", "{ }" }, USER },
	  "/d",
	  "x.Foo",
	  FIX_NONE,
	  "no edit is known that mends it: root.cml:",
	  NULL,
	  NULL },
	{ "two have it",
	  { { "root", "{ children: [ " PART(
			      "b") "{ name: 'c', url: "
				   "'fuchsia-pkg://x/b#meta/b.cm' }, " PART(
					   "d") "] }" },
	    PROVIDER,
	    USER },
	  "/d",
	  "x.Foo",
	  FIX_AMBIGUOUS,
	  "2 places that are equally near; write the one that is meant:\n"
	  "  #b of /\n  #c of /",
	  NULL,
	  NULL },
	{ "a policy is no mistake",
	  { ROOT(FOO),
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo', access: "
		   "['/x'] } ], expose: [ { protocol: 'x.Foo', from: 'self' } "
		   "] }" },
	    USER },
	  "/d",
	  "x.Foo",
	  FIX_NONE,
	  "/b lets only [\"/x\"] have x.Foo",
	  NULL,
	  NULL },
	{ "what the tree forbids is not proposed",
	  { { "root", "{ children: [ " PART("b") PART(
			      "d") "], policy: { "
				   "never: [ { from: '/b', to: '/d' } ] } }" },
	    PROVIDER,
	    USER },
	  "/d",
	  "x.Foo",
	  FIX_NONE,
	  "and the tree's policy (root.cml:",
	  NULL,
	  NULL },
	{ "what would close a circle is not proposed",
	  { ROOT("{ protocol: 'x.Bar', from: '#d', to: '#b' }"),
	    { "b", "{ " RUNS "capabilities: [ { protocol: 'x.Foo' } ], "
		   "expose: [ { protocol: 'x.Foo', from: 'self' } ], "
		   "use: [ { protocol: 'x.Bar' } ] }" },
	    { "d", "{ " RUNS "capabilities: [ { protocol: 'x.Bar' } ], "
		   "expose: [ { protocol: 'x.Bar', from: 'self' } ], "
		   "use: [ { protocol: 'x.Foo' } ] }" } },
	  "/d",
	  "x.Foo",
	  FIX_NONE,
	  "no edit is known",
	  NULL,
	  NULL },
	{ "no such component",
	  { ROOT(FOO), PROVIDER, USER },
	  "/e",
	  "x.Foo",
	  FIX_NONE,
	  "no component /e can be read",
	  NULL,
	  NULL },
};
