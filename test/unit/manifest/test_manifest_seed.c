/*
 * The path-named dialect: the printed manifests it is known from, its cases,
 * and the normal form that comes out of it.
 */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "manifest_test.h"

/* Makes a text one of this dialect, whatever else it says. */
#define SEED "use: [{ service: '/svc/zz' }], "
#define AB                                                                     \
	"children: [{ name: 'A', url: 'x-y://a' }, "                           \
	"{ name: 'b', url: 'x-y://b' }], "

/* 16 characters, to make long ones of. */
#define S16   "0123456789abcdef"
#define S64   S16 S16 S16 S16
#define S256  S64 S64 S64 S64
#define S1023 S256 S256 S256 S64 S64 S64 S16 S16 S16 "0123456789abcde"
#define S1024 S256 S256 S256 S256
#define LEGAL "abcdefghijklmnopqrstuvwxyz0123456789_-."

static const struct manifest_case sections[] = {
	{ "nothing", "{}", "" },
	{ "not an object", "`[]", "wrong-type" },
	{ "unknown keys are accepted with a warning",
	  "{ " SEED "expose: [{ service: '/svc/a', from: 'self', `x: 1 }], "
	  "`extra: 1 }",
	  "?unknown-key ?unknown-key" },
	{ "program with anything besides",
	  "{ " SEED "program: { binary: 'bin/x', `shiny: true } }",
	  "?unknown-key" },
	{ "program without binary", "{ " SEED "program: `{} }", "missing-key" },
	{ "program binary absolute",
	  "{ " SEED "program: { binary: `'/bin/x' } }", "invalid-path" },
	{ "program binary out of the package",
	  "{ " SEED "program: { binary: `'../bin/x' } }", "invalid-path" },
	{ "args", "{ " SEED "program: { binary: 'x', args: ['a', 'a'] } }",
	  "" },
	{ "args empty", "{ " SEED "program: { binary: 'x', args: `[] } }",
	  "empty-list" },
	{ "args of numbers", "{ " SEED "program: { binary: 'x', args: [`1] } }",
	  "wrong-type" },
	{ "env", "{ " SEED "program: { binary: 'x', env: { A: 'b' } } }", "" },
	{ "env wrong",
	  "{ " SEED
	  "program: { binary: 'x', env: { `'A=': 'b', `'': 'c', D: `1 } } }",
	  "invalid-name invalid-name wrong-type" },
	{ "lifecycle",
	  "{ " SEED
	  "program: { binary: 'x', lifecycle: { stop_event: 'notify' } } }",
	  "" },
	{ "lifecycle wrong",
	  "{ " SEED
	  "program: { binary: 'x', lifecycle: { stop_event: `'notfy' } } }",
	  "invalid-value" },
	{ "children",
	  "{ " SEED "children: [{ name: 'a', url: 'x-y://a', "
	  "startup: 'lazy' }, { name: 'B', url: 'x-y://a', startup: 'eager' "
	  "}] }",
	  "" },
	{ "children empty", "{ " SEED "children: [``{}, `1] }",
	  "missing-key missing-key wrong-type" },
	{ "facets", "{ " SEED "facets: { any: [1, { a: null }] } }", "" },
	{ "facets wrong", "{ " SEED "facets: `55 }", "wrong-type" },
	{ "runners and resolvers",
	  "{ " SEED AB "runners: [{ name: 'r', from: 'self', path: '/r' }, "
	  "{ name: 's', from: `'realm', path: '/s' }, { name: 't', "
	  "from: `'#A', path: '/t' }, { name: 'u', from: `'framework', "
	  "path: '/u' }, { name: `'R', from: 'self', path: `'r' }, "
	  "```{}], resolvers: [{ name: 'v', path: '/v' }, { name: `'r', "
	  "path: `'/reeve/x' }, ``{}] }",
	  "unsupported unsupported bad-source invalid-name invalid-path "
	  "missing-key missing-key missing-key duplicate-name protected-path "
	  "missing-key missing-key" },
	{ "environments",
	  "{ " SEED "environments: [{ name: 'a' }, { name: 'b', "
	  "extends: 'realm' }, { name: 'c', extend: 'none', "
	  "__stop_timeout_ms: 0, runners: [{ runner: 'r', from: 'realm', "
	  "as: 's' }], resolvers: [{ resolver: 't', from: 'realm', "
	  "scheme: 'x-y' }] }, `{ extends: `'zzz' }], children: [{ name: 'd', "
	  "url: '#d', environment: '#a' }, { name: 'e', url: '#e', "
	  "environment: `'realm' }] }",
	  "missing-key invalid-value invalid-reference" },
	{ "startup wrong",
	  "{ " SEED
	  "children: [{ name: 'a', url: 'x-y://b', startup: `'zzz' }] }",
	  "invalid-value" },
	{ "child names",
	  "{ " SEED "children: [{ name: '" LEGAL "', url: 'x-y://b' }, "
	  "{ name: `'#bad', url: 'x-y://b' }, { name: `'', url: 'x-y://b' }, "
	  "{ name: '" S64 S16 S16 "abcd', url: 'x-y://b' }, "
	  "{ name: `'" S64 S16 S16 "abcde', url: 'x-y://b' }, "
	  "{ name: `'..', url: 'x-y://b' }] }",
	  "invalid-name invalid-name invalid-name invalid-name" },
	{ "urls",
	  "{ " SEED "children: [{ name: 'a', url: `'fuchsia-pkg://' }, "
	  "{ name: 'b', url: `'' }, { name: 'c', url: `'://x' }, "
	  "{ name: 'd', url: 'x-y://" S1024 S1024 S1024
	  "' }, { name: 'e', url: `'x-y://" S1024 S1024 S1024 S1024 "' }, "
	  "{ name: 'f', url: '#meta/a.cm' }] }",
	  "invalid-url invalid-url invalid-url invalid-url" },
	{ "url of a source file",
	  "{ " SEED "children: [{ name: 'a', url: `'#meta/a.cml' }] }",
	  "?cml-url" },
	{ "uri of an older form",
	  "{ " SEED "children: [`{ name: 'a', `uri: 'x-y://b' }] }",
	  "missing-key ?unknown-key" },
	{ "collections",
	  "{ " SEED "collections: [{ name: 'a', durability: 'transient' }] }",
	  "" },
	{ "durability wrong",
	  "{ " SEED "collections: [{ name: 'a', durability: `'zzz' }] }",
	  "invalid-value" },
	{ "durability persistent",
	  "{ " SEED "collections: [{ name: 'a', durability: `'persistent' }] }",
	  "unsupported" },
	{ "storage sections",
	  "{ " SEED AB "storage: [{ name: 's', from: 'realm', path: '/s' }, "
	  "{ name: 't', from: 'self', path: '/t' }, "
	  "{ name: 'u', from: '#A', path: '/u' }] }",
	  "" },
	{ "storage from elsewhere",
	  "{ " SEED AB
	  "storage: [{ name: 's', from: `'framework', path: '/s' }, "
	  "{ name: 't', from: `'#x', path: '/t' }, "
	  "{ name: 'u', from: '#A', path: `'u' }, { name: 'v', from: "
	  "`'#s', path: '/v' }] }",
	  "bad-source unknown-source invalid-path bad-source" },
	{ "one set of names",
	  "{ " SEED AB
	  "collections: [{ name: `'b', durability: 'transient' }], "
	  "storage: [{ name: `'b', from: 'realm', path: '/s' }] }",
	  "duplicate-name duplicate-name" },
};

static const struct manifest_case uses[] = {
	{ "all kinds",
	  "{ use: [{ service: '/svc/a' }, { protocol: ['/svc/b', '/svc/c'] }, "
	  "{ service: '/svc/d', from: 'realm', as: '/svc/e' }, "
	  "{ service: '/svc/f', from: 'framework' }, "
	  "{ directory: '/g', rights: ['r*'], subdir: 'h/i' }, "
	  "{ directory: '/j', as: '/k' }, { storage: 'data', as: '/l' }, "
	  "{ storage: 'cache' }, { storage: 'meta' }, { runner: 'elf' }] }",
	  "" },
	{ "without a capability",
	  "{ " SEED "offer: [], expose: [], "
	  "storage: [] }",
	  "" },
	{ "only as", "{ use: [`{ as: '/x' }] }", "missing-capability" },
	{ "meta with as", "{ use: [{ storage: 'meta', `as: '/x' }] }",
	  "misplaced-key" },
	{ "storage with from",
	  "{ use: [{ storage: 'cache', `from: 'realm' }] }", "misplaced-key" },
	{ "storage of no such type",
	  "{ use: [{ service: '/svc/a' }, { storage: `'dat' }] }",
	  "invalid-value" },
	{ "from a child", "{ " AB "use: [{ service: '/svc/a', from: `'#A' }] }",
	  "bad-source" },
	{ "from self", "{ use: [{ service: '/svc/a', from: `'self' }] }",
	  "bad-source" },
	{ "service and protocol of one path",
	  "{ use: [{ service: '/svc/a' }, { protocol: `'/svc/a' }] }",
	  "duplicate-target" },
	{ "protocol empty",
	  "{ " SEED "expose: [{ protocol: `[], from: 'self' "
	  "}] }",
	  "empty-list" },
	{ "protocol empty in a use",
	  "{ use: [{ service: '/svc/a' }, { protocol: `[] }] }", "empty-list" },
	{ "protocols with as",
	  "{ use: [{ protocol: ['/svc/a', '/svc/b'], `as: '/svc/c' }] }",
	  "multiple-names" },
	{ "services in a list", "{ use: [{ service: `['/svc/a'] }] }",
	  "wrong-type" },
	{ "directory without rights", "{ use: [{ directory: '/a' }] }", "" },
	{ "rights",
	  "{ use: [{ directory: '/a', rights: ['w*', 'read_bytes', 'admin'] }, "
	  "{ directory: '/b', rights: [`'zzz'] }, "
	  "{ directory: '/c', rights: `[] }, "
	  "{ directory: '/d', rights: ['w*', `'x*'] }, "
	  "{ directory: '/e', rights: ['connect', `'connect'] }, "
	  "{ directory: '/f', rights: `'r*' }] }",
	  "unknown-right empty-list duplicate-right duplicate-right "
	  "wrong-type" },
	{ "paths",
	  "{ use: [{ service: '/svc/a' }, { service: `'' }, "
	  "{ directory: `'foo/bar' }, { directory: '/" S1023 "' }, "
	  "{ directory: `'/' }, { directory: `'/a//b' }, "
	  "{ directory: `'/a/' }, { directory: `'/a/./b' }] }",
	  "invalid-path invalid-path invalid-path invalid-path invalid-path "
	  "invalid-path" },
	{ "path too long", "{ use: [{ directory: `'/" S1024 "' }] }",
	  "invalid-path" },
	{ "subdirs",
	  "{ use: [{ directory: '/a', subdir: `'' }, "
	  "{ directory: '/b', subdir: `'/' }, "
	  "{ directory: '/c', subdir: `'/bar' }, "
	  "{ directory: '/d', subdir: `'bar/' }, "
	  "{ directory: '/e', subdir: `'" S1024 "x' }, "
	  "{ directory: '/f', subdir: 'a/b' }] }",
	  "invalid-path invalid-path invalid-path invalid-path invalid-path" },
	{ "inside each other",
	  "{ use: [{ directory: '/a/b' }, { directory: `'/a/b/c' }] }",
	  "path-overlap" },
	{ "a service in a directory's place",
	  "{ use: [{ directory: '/svc' }, { service: `'/svc/a' }] }",
	  "path-overlap" },
	{ "the package", "{ use: [{ directory: `'/pkg' }] }",
	  "protected-path" },
	{ "as of a modern kind", "{ use: [{ service: '/svc/a', as: `'b' }] }",
	  "invalid-path" },
	{ "events",
	  "{ use: [{ service: '/svc/a' }, { event: 'started', as: 'x', "
	  "from: 'framework' }, { event: ['stopped', 'running'], "
	  "filter: { path: '/x' } }, { event_stream: 'all' }, "
	  "{ event: ['a', 'b'], `as: 'c' }, { event: 'd', from: `'self' }, "
	  "{ service: '/svc/b', `filter: {} }, { event: `'/svc/c' }] }",
	  "multiple-names bad-source misplaced-key invalid-name" },
	{ "services of an older form",
	  "{ use: [{ legacy_service: '/svc/a' }, { legacy_services: ['/svc/b', "
	  "`'/svc/a'] }] }",
	  "duplicate-target" },
	{ "two runners",
	  "{ use: [{ service: '/svc/a' }, { runner: 'elf' }, `{ runner: 'b' }] "
	  "}",
	  "runner-conflict" },
};

static const struct manifest_case exposes[] = {
	{ "all kinds",
	  "{ " AB "expose: [{ service: '/svc/a', from: 'self' }, "
	  "{ protocol: ['/svc/b', '/svc/c'], from: '#A' }, "
	  "{ directory: '/d', from: 'self', rights: ['rw*'], subdir: 'x' }, "
	  "{ directory: '/d', from: 'self', as: '/e', to: 'framework' }, "
	  "{ service: '/svc/f', from: 'framework', to: 'realm' }, "
	  "{ runner: 'g', from: '#b' }] }",
	  "" },
	{ "from a child with every legal character",
	  "{ children: [{ name: '" LEGAL "', url: 'x-y://a' }], "
	  "expose: [{ service: '/svc/a', from: '#" LEGAL "' }] }",
	  "" },
	{ "from a missing child",
	  "{ " AB "expose: [{ service: '/svc/a', from: `'#missing' }] }",
	  "unknown-source" },
	{ "from the realm",
	  "{ expose: [{ service: '/svc/a', from: `'realm' }] }", "bad-source" },
	{ "from a collection",
	  "{ collections: [{ name: 'c', durability: 'transient' }], "
	  "expose: [{ service: '/svc/a', from: `'#c' }] }",
	  "bad-source" },
	{ "without from", "{ expose: [`{ service: '/svc/a' }] }",
	  "missing-key" },
	{ "twice",
	  "{ " AB "expose: [{ protocol: ['/svc/a', '/svc/b'], from: 'self' }, "
	  "{ service: `'/svc/a', from: '#A' }] }",
	  "duplicate-target" },
	{ "a service and a directory in one place",
	  "{ expose: [{ service: '/svc/a', from: 'self', as: '/thing' }, "
	  "{ directory: `'/d', from: 'self', as: '/thing' }] }",
	  "duplicate-target" },
	{ "a runner lives apart",
	  "{ " AB "expose: [{ service: '/svc/a', from: 'self' }, "
	  "{ runner: 'a', from: '#A' }] }",
	  "" },
	{ "subdir wrong",
	  "{ expose: [{ directory: '/a', from: 'self', subdir: `'/' }] }",
	  "invalid-path" },
	{ "storage",
	  "{ " SEED "expose: [`{ storage: 'cache', from: 'self' }] }",
	  "bad-target" },
	{ "to a child",
	  "{ " AB "expose: [{ service: '/svc/a', from: 'self', to: `'#A' }] }",
	  "bad-target" },
	{ "a runner of one's own",
	  "{ " SEED "runners: [{ name: 'a', from: 'self', path: '/a' }], "
	  "expose: [{ runner: 'a', from: 'self' }, { runner: `'b', "
	  "from: 'self' }, { resolver: `'a', from: 'self', as: 'c' }] }",
	  "undeclared-capability undeclared-capability" },
	{ "a subdirectory to the framework",
	  "{ expose: [{ directory: '/a', from: 'self', to: 'framework', "
	  "`subdir: 'b' }] }",
	  "framework-subdir" },
};

static const struct manifest_case offers[] = {
	{ "all kinds",
	  "{ " AB "collections: [{ name: 'c', durability: 'transient' }], "
	  "storage: [{ name: 's', from: 'self', path: '/s' }], "
	  "offer: [{ service: '/svc/a', from: 'realm', to: ['#A', '#c'] }, "
	  "{ service: '/svc/b', from: 'self', to: [{ dest: '#A', as: '/svc/x' "
	  "}, '#b'] }, { protocol: ['/svc/c', '/svc/d'], from: 'framework', "
	  "to: [{ dest: '#c' }] }, { storage: 'cache', from: '#s', to: ['#A'] "
	  "}, { storage: 'data', from: 'realm', to: ['#A'] }, "
	  "{ runner: 'elf', from: 'realm', to: ['#A'], as: 'x' }, "
	  "{ directory: '/e', from: 'realm', to: ['#A'], subdir: 'f', "
	  "rights: ['r*'], dependency: 'weak_for_migration' }] }",
	  "" },
	{ "from a missing child",
	  "{ " AB "offer: [{ service: '/svc/a', from: `'#x', to: ['#A'] }] }",
	  "unknown-source" },
	{ "from no reference",
	  "{ " AB "offer: [{ service: '/svc/a', from: `'#invalid@', to: ['#A'] "
	  "}] }",
	  "invalid-reference" },
	{ "to nobody",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: `[] }] }",
	  "empty-list" },
	{ "without to",
	  "{ " AB "offer: [`{ service: '/svc/a', from: 'realm' }] }",
	  "missing-key" },
	{ "to a missing child",
	  "{ " AB
	  "offer: [{ service: '/svc/a', from: 'realm', to: [`'#missing'] }] }",
	  "unknown-target" },
	{ "to a storage",
	  "{ " AB "storage: [{ name: 's', from: 'self', path: '/s' }], "
	  "offer: [{ service: '/svc/a', from: 'realm', to: [`'#s'] }] }",
	  "unknown-target" },
	{ "to a word",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: [`'realm', "
	  "`'A', `1, `{}] }] }",
	  "bad-target invalid-reference wrong-type missing-key" },
	{ "to one string",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: `'#A' }] }",
	  "wrong-type" },
	{ "protocol empty",
	  "{ " AB "offer: [{ protocol: `[], from: 'realm', to: ['#A'] }] }",
	  "empty-list" },
	{ "storage back to its source",
	  "{ " AB "storage: [{ name: 's', from: '#A', path: '/s' }], "
	  "offer: [{ storage: 'data', from: '#s', to: [{ dest: `'#A' }] }] }",
	  "same-source-target" },
	{ "storage from a child",
	  "{ " AB SEED
	  "offer: [{ storage: 'data', from: `'#A', to: ['#b'] }] }",
	  "bad-source" },
	{ "storage with as",
	  "{ " AB "offer: [{ storage: 'data', from: 'realm', `as: 'x', "
	  "to: ['#A'] }, { storage: 'cache', from: 'realm', "
	  "to: [{ dest: '#A', `as: '/x' }] }] }",
	  "misplaced-key misplaced-key" },
	{ "the same to different children",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: ['#A'] }, "
	  "{ service: '/svc/a', from: 'realm', to: ['#b'] }] }",
	  "" },
	{ "the same to one child",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', to: ['#A'] }, "
	  "{ service: `'/svc/b', from: 'realm', to: [{ dest: '#A', "
	  "as: '/svc/a' }] }] }",
	  "duplicate-target" },
	{ "a target twice in one offer",
	  "{ " AB "offer: [{ service: `'/svc/a', from: 'realm', "
	  "to: ['#A', { dest: '#A' }] }] }",
	  "duplicate-target" },
	{ "two runners of one name",
	  "{ " AB "offer: [{ runner: 'a', from: 'realm', to: ['#A'] }, "
	  "{ runner: `'b', as: 'a', from: 'realm', to: ['#A'] }] }",
	  "duplicate-target" },
	{ "subdir wrong",
	  "{ " AB
	  "offer: [{ directory: '/a', from: 'realm', to: ['#A'], subdir: `'/' "
	  "}] }",
	  "invalid-path" },
	{ "directory without rights",
	  "{ " AB "offer: [{ directory: '/a', from: 'realm', to: ['#A'] }] }",
	  "" },
	{ "as twice",
	  "{ " AB "offer: [{ service: '/svc/a', from: 'realm', as: '/svc/b', "
	  "to: [{ dest: '#A', `as: '/svc/c' }] }] }",
	  "misplaced-key" },
	{ "as for several",
	  "{ " AB "offer: [{ protocol: ['/svc/a', '/svc/b'], from: 'realm', "
	  "to: [{ dest: '#A', `as: '/svc/c' }] }] }",
	  "multiple-names" },
	{ "a child to itself",
	  "{ " AB "offer: [{ service: '/svc/a', from: '#A', to: [`'#A'] }] }",
	  "same-source-target" },
	{ "a circle",
	  "{ " AB "offer: [{ service: '/svc/a', from: '#A', to: ['#b'] }, "
	  "{ service: '/svc/b', from: '#b', to: [`'#A'] }] }",
	  "dependency-cycle" },
	{ "a circle through a storage",
	  "{ " AB "storage: [{ name: 's', from: '#A', path: '/s' }], "
	  "offer: [{ storage: 'data', from: '#s', to: ['#b'] }, "
	  "{ service: '/svc/a', from: '#b', to: [`'#A'] }] }",
	  "dependency-cycle" },
};

static void test_sections(void **state)
{
	(void)state;
	manifest_expect_all(sections, N_ELEMENTS(sections));
}

static void test_uses(void **state)
{
	(void)state;
	manifest_expect_all(uses, N_ELEMENTS(uses));
}

static void test_exposes(void **state)
{
	(void)state;
	manifest_expect_all(exposes, N_ELEMENTS(exposes));
}

static void test_offers(void **state)
{
	(void)state;
	manifest_expect_all(offers, N_ELEMENTS(offers));
}

static int sweep(void *arg)
{
	struct manifest *m = NULL;
	const char *text = arg;
	struct report report;
	int r;

	report_init(&report);
	r = manifest_load("f", text, strlen(text), &m, &report);
	manifest_free(m);
	report_fini(&report);
	return r < 0 ? r : 0;
}

static void test_faults(void **state)
{
	(void)state;
	assert_true(
		fault_sweep(sweep,
			    "{ program: { binary: 'x', env: { A: 'b' } }, " AB
			    "storage: [{ name: 's', from: 'self', path: '/s' "
			    "}], offer: [{ protocol: ['/svc/a', '/svc/b'], "
			    "from: 'self', to: ['#A', '#b'] }, "
			    "{ storage: 'data', from: '#s', to: ['#A'] }], "
			    "expose: [{ service: '/svc/a', from: 'self' }] }") >
		3);
	/* And while complaining. */
	assert_true(
		fault_sweep(sweep,
			    "{ program: {}, " AB "use: [{ directory: '/a', "
			    "rights: ['zz'] }, { service: '/a/b' }, "
			    "{ service: '/svc/x', from: '#A' }], foo: 1, "
			    "offer: [{ service: '/svc/a', from: '#A', to: "
			    "['#b', '#c'] }, { service: '/svc/b', from: '#b', "
			    "to: ['#A'] }, { storage: 'x' }] }") > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections), cmocka_unit_test(test_uses),
		cmocka_unit_test(test_exposes),	 cmocka_unit_test(test_offers),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
