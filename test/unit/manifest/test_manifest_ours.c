/* The keys that are our own, and source_availability: what they refuse, and
 * what comes out. */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "fault.h"
#include "manifest/access.h"
#include "manifest_test.h"

#define A "name: 'a', url: '#meta/a.cm', "
#define AB                                                                     \
	"children: [{ name: 'a', url: '#meta/a.cm' }, "                        \
	"{ name: 'b', url: '#meta/b.cm' }], "
#define COLL "collections: [{ name: 'c', durability: 'transient' }], "
#define DIR  "directory: 'd', path: '/d', rights: ['r*'], "
#define STORE                                                                  \
	"storage: 's', from: 'parent', backing_dir: 'd', "                     \
	"storage_id: 'static_instance_id_or_moniker', "

#define LIMITS(text)  "{ children: [{ " A "limits: { " text " } }] }"
#define RESTART(text) "{ children: [{ " A "restart: " text " }] }"

static const struct manifest_case access_cases[] = {
	{ "all forms",
	  "{ " AB COLL "capabilities: [{ protocol: 'p', access: 'children' }, "
	  "{ service: 'q', access: [] }, { " DIR "access: ['#a', '#c', '/', "
	  "'/x/*/y', '/x/**'] }] }",
	  "" },
	{ "of others",
	  "{ capabilities: [{ " STORE "`access: [] }, { runner: 'r', path: "
	  "'/r', `access: 'children' }], use: [{ protocol: 'u', `access: [] }] "
	  "}",
	  "misplaced-key misplaced-key unknown-key" },
	{ "types",
	  "{ capabilities: [{ protocol: 'p', access: `{} }, { protocol: 'q', "
	  "access: `true }, { protocol: 'r', access: [`1, '/'] }] }",
	  "wrong-type wrong-type wrong-type" },
	{ "words",
	  "{ " AB "capabilities: [{ protocol: 'p', access: `'child' }, "
	  "{ protocol: 'q', access: `'#a' }, { protocol: 'r', access: `'' }, "
	  "{ protocol: 's', access: `'children\\0' }] }",
	  "invalid-value invalid-value invalid-value invalid-string" },
	{ "patterns",
	  "{ " AB "capabilities: [{ protocol: 'p', access: ['#a', `'a', "
	  "`'children', `'/**/x', `'#a/b', '/a/b'] }] }",
	  "invalid-pattern invalid-pattern invalid-pattern invalid-pattern" },
	{ "nobody of that name",
	  "{ " AB COLL "capabilities: [{ protocol: 'p', access: ['#a', `'#d', "
	  "`'#cc'] }, { " STORE "}, { protocol: ['q', 'r'], access: [`'#s'] }] "
	  "}",
	  "unknown-access unknown-access unknown-access" },
	{ "twice",
	  "{ " AB "capabilities: [{ protocol: 'p', access: ['#a', '/a', "
	  "`'#a'] }] }",
	  "duplicate-value" },
	{ "path-named",
	  "{ use: [{ service: '/svc/a', from: 'realm', `access: [] }] }",
	  "mixed-dialects" },
};

static const struct manifest_case limits_cases[] = {
	{ "none", LIMITS(""), "" },
	{ "all",
	  LIMITS("memory: { min: '16M', max: '256M' }, cpu: { share: 100, max: "
		 "'50%' }, tasks: { max: 100 }, opens: 128, connections: 4096, "
		 "channels: 64, children: 1024, requests_per_second: 2000"),
	  "" },
	{ "types",
	  "{ children: [{ " A "limits: `[] }], collections: [{ name: 'c', "
	  "durability: 'transient', limits: { memory: `'16M', cpu: `50, tasks: "
	  "`10, opens: `'1', connections: `[], channels: `{}, children: `null, "
	  "requests_per_second: `true } }] }",
	  "wrong-type wrong-type wrong-type wrong-type wrong-type wrong-type "
	  "wrong-type wrong-type wrong-type" },
	{ "types inside",
	  LIMITS("memory: { min: `[], max: `true }, cpu: { share: `'100', max: "
		 "`null }, tasks: { max: `'10' }"),
	  "wrong-type wrong-type wrong-type wrong-type wrong-type" },
	{ "unknown",
	  LIMITS("`memroy: {}, memory: { `mix: 1 }, cpu: { `shares: 1 }, "
		 "tasks: { `min: 1 }"),
	  "unknown-key unknown-key unknown-key unknown-key" },
	{ "zero",
	  LIMITS("memory: { min: `0, max: `'0' }, cpu: { share: `0, max: `'0%' "
		 "}, tasks: { max: `0 }, opens: `0, connections: `-0, "
		 "channels: `0.0, children: `0, requests_per_second: `0x0"),
	  "invalid-number invalid-number invalid-number invalid-number "
	  "invalid-number invalid-number invalid-number invalid-number "
	  "invalid-number invalid-number" },
	{ "edges",
	  LIMITS("memory: { min: 65536, max: 9007199254740992 }, cpu: { share: "
		 "1, max: '1%' }, tasks: { max: 4194304 }, opens: 1, "
		 "connections: 1000000, channels: 1e6, children: 0xf"),
	  "" },
	{ "more edges",
	  LIMITS("memory: { min: '64K', max: '8388608G' }, cpu: { share: "
		 "10000, max: '100000%' }, tasks: { max: 1 }"),
	  "" },
	{ "behind the edges",
	  LIMITS("memory: { min: `65535, max: `9007199254740994 }, cpu: { "
		 "share: `10001, max: `'100001%' }, tasks: { max: `4194305 }, "
		 "opens: `-1, connections: `1000001, channels: `1.5, children: "
		 "`NaN, requests_per_second: `Infinity"),
	  "invalid-number invalid-number invalid-number invalid-number "
	  "invalid-number invalid-number invalid-number invalid-number "
	  "invalid-number invalid-number" },
	{ "sizes behind the edges",
	  LIMITS("memory: { min: `'63K', max: `'8388609G' }"),
	  "invalid-number invalid-number" },
	{ "sizes that overflow",
	  LIMITS("memory: { min: `'18446744073709551617', max: "
		 "`'99999999999999999999999999G' }"),
	  "invalid-number invalid-number" },
	{ "no sizes",
	  "{ children: [{ " A "limits: { memory: { min: `'', max: `'M' } } }, "
	  "{ name: 'b', url: '#b', limits: { memory: { min: `'16m', max: "
	  "`'16MB' } } }, { name: 'c', url: '#c', limits: { memory: { min: "
	  "`'-16M', max: `' 16M' } } }, { name: 'd', url: '#d', limits: { "
	  "memory: { min: `'1.5G', max: `'16M\\0' } } }] }",
	  "invalid-number invalid-number invalid-number invalid-number "
	  "invalid-number invalid-number invalid-number invalid-string" },
	{ "shares of a core",
	  "{ children: [{ " A "limits: { cpu: { max: `50 } } }, { name: 'b', "
	  "url: '#b', limits: { cpu: { max: `'50' } } }, { name: 'c', url: "
	  "'#c', limits: { cpu: { max: `'%' } } }, { name: 'd', url: '#d', "
	  "limits: { cpu: { max: `'0.5%' } } }, { name: 'e', url: '#e', "
	  "limits: { cpu: { max: `'99999999999999999999999%' } } }] }",
	  "invalid-number invalid-number invalid-number invalid-number "
	  "invalid-number" },
	{ "more for sure than ever",
	  LIMITS("memory: { min: `'2M', max: '1M' }"), "min-above-max" },
	{ "as much for sure as ever",
	  LIMITS("memory: { min: '1M', max: 1048576 }"), "" },
	{ "path-named",
	  "{ use: [{ service: '/svc/a', from: 'realm' }], children: [{ name: "
	  "'b', url: 'x-y://b', `limits: {} }] }",
	  "mixed-dialects" },
	{ "path-named, a collection",
	  "{ use: [{ service: '/svc/a', from: 'realm' }], collections: [{ "
	  "name: 'b', durability: 'transient', `limits: {} }] }",
	  "mixed-dialects" },
};

static const struct manifest_case restart_cases[] = {
	{ "words",
	  "{ children: [{ " A "restart: 'never' }], collections: [{ name: 'b', "
	  "durability: 'transient', restart: 'on-failure' }, { name: 'c', "
	  "durability: 'transient', restart: 'always' }] }",
	  "" },
	{ "an object",
	  RESTART("{ policy: 'on-failure', delay_ms: 100, max_delay_ms: 30000, "
		  "give_up: 6, forget_ms: 10000 }"),
	  "" },
	{ "another word", RESTART("`'on_failure'"), "invalid-value" },
	{ "another word inside", RESTART("{ policy: `'Always' }"),
	  "invalid-value" },
	{ "no policy", RESTART("`{ delay_ms: 5 }"), "missing-key" },
	{ "types", RESTART("`true"), "wrong-type" },
	{ "types inside",
	  RESTART("{ policy: `1, delay_ms: `'5', max_delay_ms: `null, give_up: "
		  "`[], forget_ms: `{} }"),
	  "wrong-type wrong-type wrong-type wrong-type wrong-type" },
	{ "unknown", RESTART("{ policy: 'never', `delay: 5 }"), "unknown-key" },
	{ "edges",
	  RESTART("{ policy: 'never', delay_ms: 1, max_delay_ms: 86400000, "
		  "give_up: 1000000, forget_ms: 86400000 }"),
	  "" },
	{ "behind the edges",
	  RESTART("{ policy: 'never', delay_ms: `0, max_delay_ms: `86400001, "
		  "give_up: `0, forget_ms: `0.5 }"),
	  "invalid-number invalid-number invalid-number invalid-number" },
	{ "delays",
	  RESTART("{ policy: 'always', delay_ms: `101, max_delay_ms: 100 }"),
	  "min-above-max" },
	{ "path-named",
	  "{ use: [{ service: '/svc/a', from: 'realm' }], children: [{ name: "
	  "'b', url: 'x-y://b', `restart: 'always' }] }",
	  "mixed-dialects" },
};

static const struct manifest_case word_cases[] = {
	{ "all words",
	  "{ " AB "capabilities: [{ protocol: 'p', transfer: 'none' }], use: "
	  "[{ protocol: 'u', transfer: 'none', if_provider_ends: 'tell' }, "
	  "{ " DIR "if_provider_ends: 'restart', on_revoke: 'restart' }, "
	  "{ storage: 's', path: '/s', on_revoke: 'keep' }, { service: 'v', "
	  "if_provider_ends: 'nothing' }], offer: [{ protocol: 'p', from: "
	  "'self', to: '#a', transfer: 'none' }], expose: [{ service: 'q', "
	  "from: '#b', transfer: 'none' }] }",
	  "" },
	{ "other words",
	  "{ use: [{ protocol: 'u', transfer: `'any', if_provider_ends: "
	  "`'stop' }, { " DIR "on_revoke: `'restrat' }] }",
	  "invalid-value invalid-value invalid-value" },
	{ "types",
	  "{ use: [{ protocol: 'u', transfer: `true, if_provider_ends: `[] }, "
	  "{ " DIR "on_revoke: `1 }] }",
	  "wrong-type wrong-type wrong-type" },
	{ "with what they do not go",
	  "{ use: [{ storage: 's', path: '/s', `transfer: 'none', "
	  "`if_provider_ends: 'tell' }, { protocol: 'u', `on_revoke: 'keep' }, "
	  "{ " DIR "`transfer: 'none' }, { runner: 'elf', `if_provider_ends: "
	  "'tell' }] }",
	  "misplaced-key misplaced-key misplaced-key misplaced-key "
	  "misplaced-key" },
	{ "where they do not stand",
	  "{ " AB "capabilities: [{ protocol: 'p', `if_provider_ends: 'tell' "
	  "}], offer: [{ protocol: 'p', from: 'self', to: '#a', "
	  "`if_provider_ends: 'tell' }, { directory: 'd', from: 'parent', to: "
	  "'#a', `on_revoke: 'keep' }], expose: [{ directory: 'd', from: '#a', "
	  "`on_revoke: 'keep' }] }",
	  "unknown-key unknown-key unknown-key unknown-key" },
	{ "path-named",
	  "{ use: [{ service: '/svc/a', from: 'realm', `if_provider_ends: "
	  "'tell' }] }",
	  "mixed-dialects" },
	{ "path-named, of a directory",
	  "{ use: [{ directory: '/a', from: 'realm', `on_revoke: 'keep' }] }",
	  "mixed-dialects" },
	{ "path-named, of an expose",
	  "{ expose: [{ service: '/svc/a', from: 'self', `transfer: 'none' }] "
	  "}",
	  "mixed-dialects" },
};

static const struct manifest_case absent_cases[] = {
	{ "there or not",
	  "{ " AB "offer: [{ protocol: ['p', 'q'], from: '#gone', to: ['#a', "
	  "'#b'], source_availability: 'unknown' }, { directory: 'd', from: "
	  "'#gone', to: '#a', source_availability: 'unknown', availability: "
	  "'optional' }, { protocol: 'r', from: '#a', to: '#b', "
	  "source_availability: 'unknown', availability: 'required' }], "
	  "expose: "
	  "[{ service: 's', from: '#gone', source_availability: 'unknown' }] }",
	  "" },
	{ "required",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#gone', to: '#a', "
	  "source_availability: 'required' }, { protocol: 'q', from: `'#gone', "
	  "to: '#a' }] }",
	  "unknown-source unknown-source" },
	{ "absent and needed",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#gone', to: ['#a', '#b'], "
	  "source_availability: 'unknown', availability: 'required' }, "
	  "{ protocol: 'q', from: `'#gone', to: '#a', source_availability: "
	  "'unknown', availability: 'same_as_target' }, { protocol: 'r', from: "
	  "`'#gone', to: '#a', source_availability: 'unknown', availability: "
	  "'transitional' }] }",
	  "void-availability void-availability void-availability" },
	{ "of a wrong word",
	  "{ " AB "offer: [{ protocol: 'p', from: '#gone', to: '#a', "
	  "source_availability: 'unknown', availability: `'maybe' }, { "
	  "protocol: 'q', from: '#a', to: '#b', source_availability: `'maybe' "
	  "}] }",
	  "invalid-value invalid-value" },
	{ "no name at all",
	  "{ " AB "offer: [{ protocol: 'p', from: `'#', to: '#a', "
	  "source_availability: 'unknown' }, { protocol: 'q', from: `'gone', "
	  "to: '#a', source_availability: 'unknown' }] }",
	  "invalid-reference invalid-reference" },
	{ "what cannot be void",
	  "{ " AB "offer: [{ runner: 'r', from: `'#gone', to: '#a', "
	  "source_availability: 'unknown' }, { storage: 's', from: `'#gone', "
	  "to: '#a', source_availability: 'unknown' }] }",
	  "unknown-source unknown-source" },
	{ "not declared",
	  "{ " AB "offer: [{ protocol: `'p', from: 'self', to: '#a', "
	  "source_availability: 'unknown' }] }",
	  "undeclared-capability" },
	{ "of a use",
	  "{ use: [{ protocol: 'p', from: `'#gone', `source_availability: "
	  "'unknown' }] }",
	  "unknown-source unknown-key" },
};

static void test_refused(void **state)
{
	(void)state;
	manifest_expect_all(access_cases, N_ELEMENTS(access_cases));
	manifest_expect_all(limits_cases, N_ELEMENTS(limits_cases));
	manifest_expect_all(restart_cases, N_ELEMENTS(restart_cases));
	manifest_expect_all(word_cases, N_ELEMENTS(word_cases));
	manifest_expect_all(absent_cases, N_ELEMENTS(absent_cases));
}

static void test_access_form(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB COLL
		"capabilities: [\n{ protocol: ['p', 'q'],\n access: "
		"['/x/*', '#c',\n '#a'] }, { protocol: 'r', access: 'children' "
		"}, { " DIR "access: [] }, { protocol: 't' }] }",
		"");
	const struct access *access;
	struct text t = TEXT_INIT;

	(void)state;
	access = decl_find(m, DECL_CAPABILITY, "p")->access;
	assert_ptr_equal(access, decl_find(m, DECL_CAPABILITY, "q")->access);
	assert_int_equal(access->kind, ACCESS_LIST);
	assert_int_equal(access->place.line, 3);
	assert_int_equal(access->place.column, 10);
	assert_int_equal(access->n_patterns, 3);
	assert_int_equal(access->patterns[0].kind, ACCESS_PATTERN_MONIKER);
	assert_int_equal(access->patterns[1].kind, ACCESS_PATTERN_COLLECTION);
	assert_string_equal(access->patterns[1].text, "c");
	assert_int_equal(access->patterns[2].kind, ACCESS_PATTERN_CHILD);
	assert_int_equal(access->patterns[2].place.line, 4);
	assert_int_equal(access->patterns[2].place.column, 2);
	access_render(access, &t);
	assert_string_equal(text_string(&t), "[\"/x/*\", \"#c\", \"#a\"]");
	text_fini(&t);
	assert_true(access_allows(access, "/me", "/me/c:1"));
	assert_false(access_allows(access, "/me", "/me/b"));

	access = decl_find(m, DECL_CAPABILITY, "r")->access;
	assert_int_equal(access->kind, ACCESS_CHILDREN);
	access = decl_find(m, DECL_CAPABILITY, "d")->access;
	assert_int_equal(access->kind, ACCESS_LIST);
	assert_int_equal(access->n_patterns, 0);
	assert_null(decl_find(m, DECL_CAPABILITY, "t")->access);
	manifest_free(m);
}

static void test_limits_form(void **state)
{
	struct manifest *m = manifest_expect(
		"{ children: [{ " A "\nlimits: { memory: { min: '64K', max: "
		"'2G' }, cpu: { share: 7, max: '150%' }, tasks: { max: 3 }, "
		"opens: 1, connections: 2, channels: 4, children: 5, "
		"requests_per_second: 6 } }, { name: 'b', url: '#b', limits: "
		"{ memory: { max: 1048576 } } }, { name: 'd', url: '#d' }], "
		"collections: [{ name: 'c', durability: 'transient', limits: "
		"{} "
		"}] }",
		"");
	const struct limits *limits = m->children[0].limits;

	(void)state;
	assert_int_equal(limits->memory_min, 65536);
	assert_int_equal(limits->memory_max, UINT64_C(2) << 30);
	assert_int_equal(limits->cpu_share, 7);
	assert_int_equal(limits->cpu_max, 150);
	assert_int_equal(limits->tasks_max, 3);
	assert_int_equal(limits->opens, 1);
	assert_int_equal(limits->connections, 2);
	assert_int_equal(limits->channels, 4);
	assert_int_equal(limits->children, 5);
	assert_int_equal(limits->requests_per_second, 6);
	assert_int_equal(limits->place.line, 2);
	assert_int_equal(limits->place.column, 9);

	limits = m->children[1].limits;
	assert_int_equal(limits->memory_min, 0);
	assert_int_equal(limits->memory_max, 1048576);
	assert_int_equal(limits->cpu_share, 0);
	assert_int_equal(limits->cpu_max, 0);
	assert_int_equal(limits->tasks_max, 0);
	assert_int_equal(limits->opens, 0);
	assert_null(m->children[2].limits);
	assert_non_null(m->collections[0].limits);
	manifest_free(m);
}

static void restart_assert(const struct restart *r, enum restart_policy policy,
			   uint32_t delay_ms, uint32_t max_delay_ms,
			   uint32_t give_up, uint32_t forget_ms)
{
	assert_int_equal(r->policy, policy);
	assert_int_equal(r->delay_ms, delay_ms);
	assert_int_equal(r->max_delay_ms, max_delay_ms);
	assert_int_equal(r->give_up, give_up);
	assert_int_equal(r->forget_ms, forget_ms);
}

static void test_restart_form(void **state)
{
	struct manifest *m = manifest_expect(
		"{ children: [{ " A "}, { name: 'b', url: '#b', restart: "
		"'always' }, { name: 'c', url: '#c', restart: { policy: "
		"'on-failure', delay_ms: 1, max_delay_ms: 2, give_up: 3, "
		"forget_ms: 4 } }, { name: 'd', url: '#d', restart: { policy: "
		"'always', delay_ms: 40000 } }, { name: 'e', url: '#e', "
		"restart: { policy: 'always', max_delay_ms: 50 } }], "
		"collections: [{ name: 'f', durability: 'transient' }, { name: "
		"'g', durability: 'transient', restart: 'on-failure' }] }",
		"");

	(void)state;
	restart_assert(&m->children[0].restart, RESTART_NEVER, 100, 30000, 6,
		       10000);
	restart_assert(&m->children[1].restart, RESTART_ALWAYS, 100, 30000, 6,
		       10000);
	restart_assert(&m->children[2].restart, RESTART_ON_FAILURE, 1, 2, 3, 4);
	/* The other delay moves along. */
	restart_assert(&m->children[3].restart, RESTART_ALWAYS, 40000, 40000, 6,
		       10000);
	restart_assert(&m->children[4].restart, RESTART_ALWAYS, 50, 50, 6,
		       10000);
	restart_assert(&m->collections[0].restart, RESTART_NEVER, 100, 30000, 6,
		       10000);
	restart_assert(&m->collections[1].restart, RESTART_ON_FAILURE, 100,
		       30000, 6, 10000);
	manifest_free(m);

	m = manifest_expect("{ use: [{ service: '/svc/a', from: 'realm' }], "
			    "children: [{ name: 'b', url: 'x-y://b' }] }",
			    "");
	restart_assert(&m->children[0].restart, RESTART_NEVER, 100, 30000, 6,
		       10000);
	assert_null(m->children[0].limits);
	manifest_free(m);
}

static void test_words_form(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB "use: [{ protocol: 'p', if_provider_ends: 'tell', "
		"transfer: 'none' }, { " DIR "if_provider_ends: 'restart', "
		"on_revoke: 'restart' }, { storage: 's', path: '/s', "
		"on_revoke: "
		"'keep' }, { protocol: 'q' }], offer: [{ protocol: 'o', from: "
		"'#gone', to: '#a', source_availability: 'unknown' }, "
		"{ protocol: 'n', from: '#a', to: '#b', source_availability: "
		"'unknown' }] }",
		"");
	const struct decl *d;

	(void)state;
	d = decl_find(m, DECL_USE, "p");
	assert_int_equal(d->if_provider_ends, PROVIDER_END_TELL);
	assert_true(d->no_transfer);
	assert_false(d->restart_on_revoke);
	d = decl_find(m, DECL_USE, "d");
	assert_int_equal(d->if_provider_ends, PROVIDER_END_RESTART);
	assert_true(d->restart_on_revoke);
	assert_false(decl_find(m, DECL_USE, "s")->restart_on_revoke);
	d = decl_find(m, DECL_USE, "q");
	assert_int_equal(d->if_provider_ends, PROVIDER_END_NOTHING);
	assert_false(d->no_transfer);

	d = decl_find(m, DECL_OFFER, "o");
	assert_true(d->source_may_be_absent);
	assert_int_equal(d->from.kind, SOURCE_VOID);
	assert_null(d->from.name);
	assert_int_equal(d->availability, AVAILABILITY_OPTIONAL);
	d = decl_find(m, DECL_OFFER, "n");
	assert_true(d->source_may_be_absent);
	assert_int_equal(d->from.kind, SOURCE_CHILD);
	assert_int_equal(d->availability, AVAILABILITY_REQUIRED);
	manifest_free(m);
}

/* Every target of a list, not only the first, loses its source. */
static void test_absent_for_all(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB "offer: [{ protocol: ['p', 'q'], from: '#gone', to: "
		"['#a', '#b'], source_availability: 'unknown' }] }",
		"");
	size_t i;

	(void)state;
	assert_int_equal(m->n_decls[DECL_OFFER], 4);
	for (i = 0; i < 4; i++) {
		const struct decl *d = &m->decls[DECL_OFFER][i];

		assert_int_equal(d->from.kind, SOURCE_VOID);
		assert_null(d->from.name);
		assert_int_equal(d->availability, AVAILABILITY_OPTIONAL);
	}
	manifest_free(m);
}

/* What is said to somebody who nearly had it. */
static void test_near(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ LIMITS("memory: { max: '16MB' }"),
		  "\"16MB\" is no size for \"memory.max\"; did you mean "
		  "\"16M\"?" },
		{ LIMITS("memory: { max: '512 mib' }"),
		  "did you mean \"512M\"?" },
		{ LIMITS("memory: { max: 256 }"), "from 65536 to" },
		{ LIMITS("cpu: { max: 50 }"), "\"50%\"" },
		{ LIMITS("conections: 5"), "did you mean \"connections\"?" },
		{ LIMITS("opens: 0"),
		  "\"opens\" cannot be 0; it is a whole number from 1 to "
		  "1000000, or left out" },
		{ RESTART("'on_failure'"), "did you mean \"on-failure\"?" },
		{ RESTART("{ polcy: 'never' }"), "did you mean \"policy\"?" },
		{ "{ children: [{ " A "limit: {} }] }",
		  "did you mean \"limits\"?" },
		{ "{ use: [{ protocol: 'p', if_provider_end: 'tell' }] }",
		  "did you mean \"if_provider_ends\"?" },
		{ "{ " AB "capabilities: [{ protocol: 'p', access: ['a'] }] }",
		  "did you mean \"#a\"?" },
		{ "{ " AB "capabilities: [{ protocol: 'p', access: '#a' }] }",
		  "write [\"#a\"]" },
		{ "{ capabilities: [{ protocol: 'p', acess: [] }] }",
		  "did you mean \"access\"?" },
		{ "{ capabilities: [{ protocol: 'p', access: 'childen' }] }",
		  "did you mean \"children\"?" },
		{ "{ children: [{ name: 'worker', url: '#w' }], capabilities: "
		  "[{ protocol: 'p', access: ['#wroker'] }] }",
		  "did you mean \"#worker\"?" },
		{ "{ use: [{ service: '/svc/a', from: 'realm', transfer: "
		  "'none' }] }",
		  "\"transfer\" belongs to the modern dialect" },
	};
	struct manifest *m = NULL;
	struct report report;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		struct text t = TEXT_INIT;

		report_init(&report);
		assert_int_equal(manifest_load("f", cases[i].text,
					       strlen(cases[i].text), &m,
					       &report),
				 MANIFEST_INVALID);
		report_render(&report, &t);
		if (!strstr(text_string(&t), cases[i].says))
			fail_msg("%s\nlacks: %s", text_string(&t),
				 cases[i].says);
		text_fini(&t);
		report_fini(&report);
	}
}

static int sweep(void *arg)
{
	const char *text = arg;
	struct manifest *m = NULL;
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
	static const char *const texts[] = {
		"{ children: [{ " A "limits: { memory: { min: '1M' }, cpu: { "
		"max: '5%' }, opens: 3 }, restart: { policy: 'always', "
		"give_up: "
		"3 } }], capabilities: [{ protocol: ['p', 'q'], access: ['#a', "
		"'/a/*'], transfer: 'none' }, { protocol: 'r', access: "
		"'children' }], offer: [{ protocol: 's', from: '#gone', to: "
		"'#a', source_availability: 'unknown' }] }",
		"{ " AB "capabilities: [{ protocol: 'p', access: ['#x', 'a'] "
		"}, { protocol: 'q', access: 'child' }] }",
		LIMITS("memory: { min: '2MB', max: 0 }, cpu: { max: 5 }"),
		RESTART("{ policy: 'x', delay_ms: 9, max_delay_ms: 8 }"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(texts); i++)
		assert_true(fault_sweep(sweep, (void *)texts[i]) > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_access_form),
		cmocka_unit_test(test_limits_form),
		cmocka_unit_test(test_restart_form),
		cmocka_unit_test(test_words_form),
		cmocka_unit_test(test_absent_for_all),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
