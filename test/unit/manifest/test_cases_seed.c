/*
 * The path-named dialect case by case, each under its number. Odd numbers are
 * cases that others are known to answer; even ones are their neighbours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/own.h"
#include "manifest_test.h"

/* Makes a text one of this dialect, whatever else it says. */
#define SEED "use: [{ service: '/svc/zz' }], "
#define AB                                                                     \
	"children: [{ name: 'A', url: 'x-y://a' }, "                           \
	"{ name: 'b', url: 'x-y://b' }], "
#define COLL "collections: [{ name: 'c', durability: 'transient' }], "

#define S16   "0123456789abcdef"
#define S64   S16 S16 S16 S16
#define S100  S64 S16 S16 "abcd"
#define S256  S64 S64 S64 S64
#define S1023 S256 S256 S256 S64 S64 S64 S16 S16 S16 "0123456789abcde"
#define S1024 S256 S256 S256 S256
#define LEGAL "abcdefghijklmnopqrstuvwxyz0123456789_-."

static const struct manifest_case cases[] = {
	{ "S1", "{`", "syntax" },
	{ "S2", "{ use: [`}", "syntax" },
	{ "S3", "{}", "" },
	{ "S4", "{ " SEED "`nonsense: 1 }", "?unknown-key" },
	{ "S5", "{ " SEED "program: `{} }", "missing-key" },
	{ "S6",
	  "{ " SEED "program: { binary: 'x', args: `[], lifecycle: { "
	  "stop_event: 'notify', `start_event: 'ignore' } } }",
	  "empty-list ?unknown-key" },
	{ "S7", "{ use: [`{ as: '/svc/a' }] }", "missing-capability" },
	{ "S8",
	  "{ use: [{ service: '/svc/a' }, { protocol: ['/svc/b', '/svc/c'] }, "
	  "{ directory: '/d/d', rights: ['r*'] }, { storage: 'data' }, "
	  "{ runner: 'r' }, { event: 'started', from: 'framework' }, "
	  "{ event_stream: 'es' }] }",
	  "" },
	{ "S9", "{ use: [{ storage: 'meta', `as: '/x' }] }", "misplaced-key" },
	{ "S10",
	  "{ use: [{ storage: 'data', as: '/x' }, { storage: 'cache', "
	  "as: '/y' }] }",
	  "" },
	{ "S11", "{ use: [{ storage: 'data', `from: 'realm' }] }",
	  "misplaced-key" },
	{ "S12",
	  "{ " SEED "offer: [{ storage: `'dta', from: 'realm', to: ['#A'] }], "
	  "children: [{ name: 'A', url: '#a' }] }",
	  "invalid-value" },
	{ "S13", "{ " AB "use: [{ service: '/svc/a', from: `'#b' }] }",
	  "bad-source" },
	{ "S14",
	  "{ use: [{ service: '/svc/a', from: `'self' }, { directory: '/d', "
	  "from: `'here' }] }",
	  "bad-source invalid-reference" },
	{ "S15", "{ use: [{ service: '/svc/a' }, { protocol: `'/svc/a' }] }",
	  "duplicate-target" },
	{ "S16", "{ use: [{ service: '/svc/a' }, { directory: `'/svc/a' }] }",
	  "duplicate-target" },
	{ "S17", "{ use: [{ service: '/svc/a' }, { protocol: `[] }] }",
	  "empty-list" },
	{ "S18", "{ use: [{ protocol: ['/svc/a', `'/svc/a'] }] }",
	  "duplicate-value" },
	/* The dialect's own texts have directories without rights. */
	{ "S19", "{ use: [{ directory: '/data/x' }] }", "" },
	{ "S20",
	  "{ use: [{ directory: '/data/x', rights: ['rw*'], subdir: 'a/b' }, "
	  "{ service: '/svc/a', `rights: ['r*'] }] }",
	  "misplaced-key" },
	{ "S21",
	  "{ children: [{ name: '" LEGAL "', url: 'x-y://a' }], "
	  "expose: [{ service: '/svc/a', from: '#" LEGAL "' }] }",
	  "" },
	{ "S22",
	  "{ expose: [{ service: '/svc/a', from: 'self' }, "
	  "{ directory: '/hub', from: 'framework' }] }",
	  "" },
	{ "S23", "{ " AB "expose: [{ service: '/svc/a', from: `'#missing' }] }",
	  "unknown-source" },
	{ "S24", "{ " AB "expose: [{ service: '/svc/a', from: '#A' }] }", "" },
	{ "S25", "{ expose: [{ service: '/svc/a', from: `'realm' }] }",
	  "bad-source" },
	{ "S26", "{ expose: [`{ service: '/svc/a' }] }", "missing-key" },
	{ "S27",
	  "{ expose: [{ protocol: ['/svc/A', '/svc/B'], from: 'self' }, "
	  "{ protocol: `'/svc/A', from: 'self' }] }",
	  "duplicate-target" },
	{ "S28",
	  "{ expose: [{ service: '/svc/a', from: 'self' }, "
	  "{ service: '/svc/a', from: 'self', to: 'framework' }] }",
	  "" },
	{ "S29",
	  "{ expose: [{ directory: '/a', from: 'self', subdir: `'/' }] }",
	  "invalid-path" },
	{ "S30",
	  "{ " AB "expose: [{ service: '/svc/a', from: 'self', to: `'#A' }] }",
	  "bad-target" },
	{ "S31", "{ " SEED "expose: [`{ storage: 'data', from: 'self' }] }",
	  "bad-target" },
	{ "S32",
	  "{ " SEED AB "expose: [{ runner: 'r', from: '#A' }, "
	  "{ resolver: 's', from: '#b', as: 't' }] }",
	  "" },
	{ "S33",
	  "{ " AB COLL "storage: [{ name: 's', from: 'self', path: '/s' }], "
	  "offer: [{ service: '/svc/a', from: 'realm', to: ['#A', '#c'] }, "
	  "{ service: '/svc/b', from: 'self', to: ['#A', '#c'] }, "
	  "{ directory: '/hub', from: 'framework', to: ['#A', '#c'] }, "
	  "{ storage: 'data', from: '#s', to: ['#A', '#c'] }, "
	  "{ runner: 'elf', from: 'realm', to: ['#A', '#c'] }] }",
	  "" },
	{ "S34",
	  "{ " AB "offer: [{ storage: 'cache', from: 'realm', to: ['#A'] }, "
	  "{ event: 'started', from: 'framework', to: ['#A'], as: 'x' }, "
	  "{ resolver: 'r', from: 'realm', to: ['#A'] }, "
	  "{ event: 'stopped', from: `'self', to: ['#b'] }] }",
	  "bad-source" },
	{ "S35",
	  "{ " AB
	  "offer: [{ service: '/svc/a', from: `'#missing', to: ['#A'] }] }",
	  "unknown-source" },
	{ "S36",
	  "{ " AB COLL
	  "offer: [{ service: '/svc/a', from: `'#c', to: ['#A'] }] }",
	  "bad-source" },
	{ "S37",
	  "{ " AB "offer: [{ service: '/svc/a', from: `'#invalid@', "
	  "to: ['#A'] }] }",
	  "invalid-reference" },
	{ "S38",
	  "{ " AB "offer: [{ service: '/svc/a', from: `'A', to: ['#b'] }] }",
	  "invalid-reference" },
	{ "S39",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: `[] }] }",
	  "empty-list" },
	{ "S40",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: `'#A' }] }",
	  "wrong-type" },
	{ "S41", "{ " AB "offer: [`{ service: '/svc/a', from: 'realm' }] }",
	  "missing-key" },
	{ "S42",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', "
	  "to: [`{ as: '/svc/b' }] }] }",
	  "missing-key" },
	{ "S43",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', "
	  "to: [`'#missing'] }] }",
	  "unknown-target" },
	{ "S44",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', "
	  "to: [`'framework', `'self'] }] }",
	  "bad-target bad-target" },
	{ "S45",
	  "{ " AB "offer: [{ protocol: `[], from: 'realm', to: ['#A'] }] }",
	  "empty-list" },
	{ "S46",
	  "{ " AB "offer: [{ protocol: ['/svc/a', '/svc/b'], from: 'realm', "
	  "to: ['#A'], `as: '/svc/c' }] }",
	  "multiple-names" },
	{ "S47",
	  "{ " AB "storage: [{ name: 'x', from: '#A', path: '/x' }], "
	  "offer: [{ storage: 'data', from: '#x', to: [`'#A'] }] }",
	  "same-source-target" },
	{ "S48",
	  "{ " AB
	  "offer: [{ service: '/svc/a', from: '#A', to: ['#b', `'#A'] }] }",
	  "same-source-target" },
	{ "S49",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: ['#A'] }, "
	  "{ service: '/svc/a', from: 'realm', to: ['#b'] }] }",
	  "" },
	{ "S50",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: ['#A'] }, "
	  "{ directory: `'/d', from: 'realm', to: [{ dest: '#A', "
	  "as: '/svc/a' }] }] }",
	  "duplicate-target" },
	{ "S51",
	  "{ " AB SEED "offer: [{ runner: 'r', from: 'realm', to: ['#A'] }, "
	  "{ runner: `'r', from: '#b', to: ['#A'] }] }",
	  "duplicate-target" },
	{ "S52",
	  "{ " AB SEED "offer: [{ runner: 'r', from: 'realm', to: ['#A'] }, "
	  "{ resolver: 'r', from: 'realm', to: ['#A'] }] }",
	  "" },
	{ "S53",
	  "{ " AB "offer: [{ directory: '/a', from: 'realm', to: ['#A'], "
	  "subdir: `'/' }] }",
	  "invalid-path" },
	{ "S54",
	  "{ " AB "offer: [{ directory: '/a', from: 'realm', to: ['#A'], "
	  "subdir: 'a', rights: ['r*'] }] }",
	  "" },
	{ "S55",
	  "{ " AB "offer: [{ directory: '/a', from: 'realm', to: ['#A'] }] }",
	  "" },
	{ "S56",
	  "{ " AB "offer: [{ service: '/svc/a', from: ['realm', '#b'], "
	  "to: ['#A'] }, { protocol: '/svc/b', from: `['realm', '#b'], "
	  "to: ['#A'] }, { service: '/svc/c', from: ['#b', `'#b'], "
	  "to: ['#A'] }] }",
	  "multiple-sources duplicate-value" },
	{ "S57", "{ " SEED "children: [``{}] }", "missing-key missing-key" },
	{ "S58",
	  "{ " SEED "children: [{ name: 'a', url: 'x-y://a', "
	  "startup: 'eager' }] }",
	  "" },
	{ "S59",
	  "{ " SEED
	  "children: [{ name: 'a', url: 'x-y://a', startup: `'zzz' }] }",
	  "invalid-value" },
	{ "S60",
	  "{ " SEED "children: [{ name: 'a', url: 'x-y://a' }, "
	  "{ name: `'a', url: 'x-y://b' }] }",
	  "duplicate-name" },
	{ "S61", "{ " SEED "collections: [``{}] }", "missing-key missing-key" },
	{ "S62",
	  "{ " SEED "collections: [{ name: 'a', durability: 'transient' }] }",
	  "" },
	{ "S63", "{ " SEED "collections: [{ name: 'a', durability: `'zzz' }] }",
	  "invalid-value" },
	{ "S64",
	  "{ " SEED "collections: [{ name: 'a', durability: `'persistent' }] }",
	  "unsupported" },
	{ "S65", "{ " SEED "storage: [```{}] }",
	  "missing-key missing-key missing-key" },
	{ "S66",
	  "{ " SEED "storage: [{ name: 'a', from: `'framework', path: '/a' }] "
	  "}",
	  "bad-source" },
	{ "S67", "{ " SEED "runners: [```{}] }",
	  "missing-key missing-key missing-key" },
	{ "S68",
	  "{ " SEED
	  "runners: [{ name: 'a', from: 'self', path: '/svc/fuchsia.R' }], "
	  "resolvers: [{ name: 'b', path: '/svc/fuchsia.S' }] }",
	  "" },
	{ "S69",
	  "{ " SEED "environments: [{ name: 'a' }, { name: 'b', extends: "
	  "'realm' }, { name: 'c', extends: 'none' }, { name: 'd', extend: "
	  "'realm' }] }",
	  "" },
	{ "S70",
	  "{ " SEED AB "environments: [{ name: 'e' }], "
	  "collections: [{ name: 'c', durability: 'transient', "
	  "environment: '#e' }, { name: 'd', durability: 'transient', "
	  "environment: `'#x' }] }",
	  "unknown-environment" },
	{ "S71", "{ " SEED "environments: [`{}] }", "missing-key" },
	{ "S72",
	  "{ " SEED AB "environments: [{ name: 'e', runners: [{ runner: 'r', "
	  "from: 'realm' }, { runner: `'r', from: '#A' }, { runner: 's', "
	  "from: `'#x' }, { runner: `'t', from: 'self' }, `{ from: 'realm' }] "
	  "}] }",
	  "duplicate-target unknown-source undeclared-capability missing-key" },
	{ "S73", "{ " SEED "facets: `55 }", "wrong-type" },
	{ "S74", "{ " SEED "facets: { a: [1, 'b', { c: null }] } }", "" },
	{ "S75", "{ use: [{ directory: '/a', rights: [`'zzz'] }] }",
	  "unknown-right" },
	{ "S76",
	  "{ use: [{ directory: '/a', rights: ['connect', 'read_bytes', "
	  "'write_bytes', 'execute', 'get_attributes', 'update_attributes', "
	  "'enumerate', 'traverse', 'modify_directory', 'admin'] }] }",
	  "" },
	{ "S77", "{ use: [{ directory: '/a', rights: `[] }] }", "empty-list" },
	{ "S78",
	  "{ use: [{ directory: '/a', rights: ['connect', `'connect'] }] }",
	  "duplicate-right" },
	{ "S79", "{ use: [{ directory: '/a', rights: ['w*', 'read_bytes'] }] }",
	  "" },
	{ "S80",
	  "{ use: [{ directory: '/a', rights: ['w*', `'write_bytes'] }] }",
	  "duplicate-right" },
	{ "S81", "{ use: [{ directory: '/a', rights: ['w*', `'x*'] }] }",
	  "duplicate-right" },
	{ "S82", "{ use: [{ directory: '/a', rights: ['rw*', 'execute'] }] }",
	  "" },
	{ "S83", "{ use: [{ service: '/svc/a' }, { service: `'' }] }",
	  "invalid-path" },
	{ "S84", "{ use: [{ directory: `'/' }] }", "invalid-path" },
	{ "S85", "{ use: [{ service: '/svc/a' }, { directory: `'foo/bar' }] }",
	  "invalid-path" },
	{ "S86", "{ use: [{ directory: '/" S1023 "' }] }", "" },
	{ "S87", "{ use: [{ directory: `'/" S1024 "' }] }", "invalid-path" },
	{ "S88",
	  "{ use: [{ directory: '/a', as: `'/b/' }, { directory: '/c', "
	  "as: `'/d/../e' }, { directory: '/f', as: `'//g' }] }",
	  "invalid-path invalid-path invalid-path" },
	{ "S89",
	  "{ use: [{ directory: '/a', subdir: `'' }, "
	  "{ directory: '/b', subdir: `'/' }, "
	  "{ directory: '/c', subdir: `'/bar' }, "
	  "{ directory: '/d', subdir: `'bar/' }, "
	  "{ directory: '/e', subdir: `'" S1024 "x' }] }",
	  "invalid-path invalid-path invalid-path invalid-path invalid-path" },
	{ "S90", "{ use: [{ directory: '/e', subdir: '" S1024 "' }] }", "" },
	{ "S91",
	  "{ " SEED "children: [{ name: '" LEGAL "', url: 'x-y://b' }, "
	  "{ name: `'#bad', url: 'x-y://b' }, { name: `'" S100
	  "e', url: 'x-y://b' }] }",
	  "invalid-name invalid-name" },
	{ "S92",
	  "{ " SEED "children: [{ name: '" S100 "', url: 'x-y://b' }, "
	  "{ name: `'', url: 'x-y://b' }], collections: [{ name: `'" S100
	  "e', durability: 'transient' }] }",
	  "invalid-name invalid-name" },
	{ "S93",
	  "{ " SEED "children: [{ name: 'a', url: `'fuchsia-pkg://' }, "
	  "{ name: 'b', url: `'x-y://" S1024 S1024 S1024 S1023 "' }] }",
	  "invalid-url invalid-url" },
	{ "S94",
	  "{ " SEED "children: [{ name: 'a', url: `'x://a' }, { name: 'b', "
	  "url: `'x_y://a' }] }",
	  "invalid-url invalid-url" },
	/* Two printed texts that are no JSON5: a quote and a comma lack. */
	{ "S95",
	  "{ \"expose`: [\n{ \"service\": \"/svc/a\", \"from\": \"self\" } "
	  "] }",
	  "syntax" },
	{ "S95", "{ \"offer\": []`\n\"children\": [] }", "syntax" },
};

static void test_cases(void **state)
{
	(void)state;
	manifest_expect_all(cases, N_ELEMENTS(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
