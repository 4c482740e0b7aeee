/* What people and scripts see of a route. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "manifest/json5.h"
#include "reeve/status.h"

#define EXAMPLE_A                                                              \
	"{\n"                                                                  \
	"    \"program\": {\n"                                                 \
	"        \"binary\": \"bin/hippo\",\n"                                 \
	"    },\n"                                                             \
	"    \"expose\": [\n"                                                  \
	"        {\n"                                                          \
	"            \"service\": \"/svc/fuchsia.example.Foo\",\n"             \
	"            \"from\": \"self\",\n"                                    \
	"        },\n"                                                         \
	"    ],\n"                                                             \
	"}\n"
#define EXAMPLE_B                                                              \
	"{\n"                                                                  \
	"    \"expose\": [\n"                                                  \
	"        {\n"                                                          \
	"            \"service\": \"/svc/fuchsia.example.Foo\",\n"             \
	"            \"from\": \"#A\",\n"                                      \
	"        },\n"                                                         \
	"    ],\n"                                                             \
	"    \"children\": [\n"                                                \
	"        {\n"                                                          \
	"            \"name\": \"A\",\n"                                       \
	"            \"url\": \"fuchsia-pkg://fuchsia.com/a#meta/a.cm\",\n"    \
	"        },\n"                                                         \
	"    ]\n"                                                              \
	"}\n"
#define EXAMPLE_C                                                              \
	"{\n"                                                                  \
	"    \"offer\": [\n"                                                   \
	"        {\n"                                                          \
	"            \"service\": \"/svc/fuchsia.example.Foo\",\n"             \
	"            \"from\": \"#B\",\n"                                      \
	"            \"to\": [\n"                                              \
	"                { \"dest\": \"#D\" },\n"                              \
	"            ],\n"                                                     \
	"        },\n"                                                         \
	"    ],\n"                                                             \
	"    \"children\": [\n"                                                \
	"        {\n"                                                          \
	"            \"name\": \"B\",\n"                                       \
	"            \"url\": \"fuchsia-pkg://fuchsia.com/b#meta/b.cm\",\n"    \
	"        },\n"                                                         \
	"        {\n"                                                          \
	"            \"name\": \"D\",\n"                                       \
	"            \"url\": \"fuchsia-pkg://fuchsia.com/d#meta/d.cm\",\n"    \
	"        },\n"                                                         \
	"    ]\n"                                                              \
	"}\n"
#define EXAMPLE_D                                                              \
	"{\n"                                                                  \
	"    \"program\": {\n"                                                 \
	"        \"binary\": \"bin/hippo\",\n"                                 \
	"    },\n"                                                             \
	"    \"use\": [\n"                                                     \
	"        {\n"                                                          \
	"            \"service\": \"/svc/fuchsia.example.Foo\",\n"             \
	"        },\n"                                                         \
	"    ],\n"                                                             \
	"}\n"

static const struct rig_file seed[] = { { "root", EXAMPLE_C },
					{ "b", EXAMPLE_B },
					{ "a", EXAMPLE_A },
					{ "d", EXAMPLE_D },
					{ NULL, NULL } };

/* B does not expose. */
static const struct rig_file broken[] = {
	{ "root", EXAMPLE_C },
	{ "b", "{ \"children\": [ { \"name\": \"A\", \"url\": "
	       "\"fuchsia-pkg://fuchsia.com/a#meta/a.cm\" } ] }" },
	{ "a", EXAMPLE_A },
	{ "d", EXAMPLE_D },
	{ NULL, NULL }
};

static void render_expect(struct rig *rig, const char *moniker,
			  const char *capability, const char *text,
			  const char *json)
{
	struct text t = TEXT_INIT;
	int k = rig_route(rig, moniker, capability);

	route_render(&rig->route, k, &t);
	assert_string_equal(text_string(&t), text);
	text_clear(&t);
	route_render_json(&rig->route, k, &t);
	assert_string_equal(text_string(&t), json);
	text_fini(&t);
}

static void the_seeds_tree(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, seed);
	render_expect(
		&rig, "/D", "fuchsia.example.Foo",
		"  use        d.cml:6:9     /D: "
		"service fuchsia.example.Foo from parent\n"
		"  offer      root.cml:3:9  /: "
		"service fuchsia.example.Foo from #B to #D\n"
		"  expose     b.cml:3:9     /B: "
		"service fuchsia.example.Foo from #A to parent\n"
		"  expose     a.cml:6:9     /B/A: "
		"service fuchsia.example.Foo from self to parent\n"
		"  source     /B/A serves it at /svc/fuchsia.example.Foo\n",
		"{\"verdict\":\"routed\",\"source\":{\"moniker\":\"/B/A\","
		"\"path\":\"/svc/fuchsia.example.Foo\"},\"hops\":["
		"{\"moniker\":\"/D\",\"declaration\":\"use\","
		"\"name\":\"fuchsia.example.Foo\",\"file\":\"d.cml\","
		"\"line\":6,\"column\":9},"
		"{\"moniker\":\"/\",\"declaration\":\"offer\","
		"\"name\":\"fuchsia.example.Foo\",\"file\":\"root.cml\","
		"\"line\":3,\"column\":9},"
		"{\"moniker\":\"/B\",\"declaration\":\"expose\","
		"\"name\":\"fuchsia.example.Foo\",\"file\":\"b.cml\","
		"\"line\":3,\"column\":9},"
		"{\"moniker\":\"/B/A\",\"declaration\":\"expose\","
		"\"name\":\"fuchsia.example.Foo\",\"file\":\"a.cml\","
		"\"line\":6,\"column\":9}]}");
	rig_fini(&rig);
}

static void a_broken_one(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, broken);
	render_expect(
		&rig, "/D", "fuchsia.example.Foo",
		"  use        d.cml:6:9     /D: "
		"service fuchsia.example.Foo from parent\n"
		"  offer      root.cml:3:9  /: "
		"service fuchsia.example.Foo from #B to #D\n"
		"  broken     b.cml:1:1: /B does not expose service "
		"fuchsia.example.Foo to its parent, which / offers on "
		"(root.cml:3:9) [offer-from-child-expose-not-found]\n"
		"  fix        add { service: \"fuchsia.example.Foo\", from: "
		"... } to \"expose\"\n",
		"{\"verdict\":\"failed\",\"hops\":["
		"{\"moniker\":\"/D\",\"declaration\":\"use\","
		"\"name\":\"fuchsia.example.Foo\",\"file\":\"d.cml\","
		"\"line\":6,\"column\":9},"
		"{\"moniker\":\"/\",\"declaration\":\"offer\","
		"\"name\":\"fuchsia.example.Foo\",\"file\":\"root.cml\","
		"\"line\":3,\"column\":9}],"
		"\"error\":{\"moniker\":\"/B\",\"file\":\"b.cml\",\"line\":1,"
		"\"column\":1,\"rule\":\"offer-from-child-expose-not-found\","
		"\"text\":\"/B does not expose service fuchsia.example.Foo to "
		"its parent, which / offers on (root.cml:3:9)\","
		"\"status\":\"NOT_FOUND\",\"fix\":\"add { service: "
		"\\\"fuchsia.example.Foo\\\", from: ... } to \\\"expose\\\"\""
		"}}");
	rig_fini(&rig);
}

static void other_sources(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "use: [ { protocol: 'fuchsia.component.Realm',\n"
		  "  from: 'framework' },\n"
		  "  { directory: 'state', path: '/s', subdir: 'a/b',\n"
		  "  rights: ['r*'] } ],\n"
		  "children: [ " CHILD(
			  "user") "],\n"
				  "offer: [ { protocol: 'X', from: 'void',\n"
				  "  to: '#user', availability: 'optional' } ] "
				  "}" },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			  "  availability: 'optional' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	render_expect(&rig, "/", "fuchsia.component.Realm",
		      "  use        root.cml:2:8  /: protocol "
		      "fuchsia.component.Realm from framework\n"
		      "  source     framework\n",
		      "{\"verdict\":\"routed\",\"source\":{\"moniker\":"
		      "\"framework\",\"path\":null},\"hops\":[{\"moniker\":"
		      "\"/\",\"declaration\":\"use\",\"name\":"
		      "\"fuchsia.component.Realm\",\"file\":\"root.cml\","
		      "\"line\":2,\"column\":8}]}");
	render_expect(&rig, "/", "state",
		      "  use        root.cml:4:3  /: directory state from "
		      "parent subdir a/b\n"
		      "  source     builtin, in a/b\n",
		      "{\"verdict\":\"routed\",\"source\":{\"moniker\":"
		      "\"builtin\",\"path\":null,\"subdir\":\"a/b\"},\"hops\":"
		      "[{\"moniker\":\"/\",\"declaration\":\"use\",\"name\":"
		      "\"state\",\"file\":\"root.cml\",\"line\":4,"
		      "\"column\":3}]}");
	/* Absent by design counts as routed. */
	render_expect(&rig, "/user", "X",
		      "  use        user.cml:2:8   /user: protocol X from "
		      "parent\n"
		      "  offer      root.cml:8:10  /: protocol X from void to "
		      "#user\n"
		      "  source     void\n",
		      "{\"verdict\":\"routed\",\"source\":{\"moniker\":"
		      "\"void\",\"path\":null},\"hops\":[{\"moniker\":"
		      "\"/user\",\"declaration\":\"use\",\"name\":\"X\","
		      "\"file\":\"user.cml\",\"line\":2,\"column\":8},"
		      "{\"moniker\":\"/\",\"declaration\":\"offer\",\"name\":"
		      "\"X\",\"file\":\"root.cml\",\"line\":8,\"column\":10}"
		      "]}");
	rig_fini(&rig);
}

static void declarations_in_words(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "kid") "],\n"
				 "collections: [ { name: 'pool',\n"
				 "  durability: 'transient' } ],\n"
				 "capabilities: [ { protocol: 'X', path: '/x' "
				 "},\n"
				 "  { directory: 'd', path: '/d', rights: "
				 "['r*'] },\n"
				 "  { storage: 's', from: 'parent',\n"
				 "    backing_dir: 'b',\n"
				 "    storage_id: "
				 "'static_instance_id_or_moniker' }"
				 "],\n"
				 "offer: [ { protocol: 'X', from: 'self',\n"
				 "  to: '#kid', as: 'Y' },\n"
				 "  { directory: 'd', from: 'self', to: "
				 "'#pool',\n"
				 "    subdir: 'sub' } ],\n"
				 "expose: [ { protocol: 'Z', from: '#kid' },\n"
				 "  { protocol: 'W', from: '#kid',\n"
				 "    to: 'framework' } ] }" },
		{ NULL, NULL },
	};
	static const struct {
		enum decl_kind kind;
		const char *name, *text;
	} rows[] = {
		{ DECL_CAPABILITY, "X", "protocol X at /x" },
		{ DECL_CAPABILITY, "d", "directory d at /d" },
		{ DECL_CAPABILITY, "s", "storage s" },
		{ DECL_OFFER, "Y", "protocol X from self to #kid as Y" },
		{ DECL_OFFER, "d",
		  "directory d from self to #pool subdir sub" },
		{ DECL_EXPOSE, "Z", "protocol Z from #kid to parent" },
		{ DECL_EXPOSE, "W", "protocol W from #kid to framework" },
	};
	struct text t = TEXT_INIT;
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		text_clear(&t);
		decl_render(rig_decl(rig_realm(&rig, "/"), rows[i].kind,
				     rows[i].name),
			    &t);
		assert_string_equal(text_string(&t), rows[i].text);
	}
	text_fini(&t);
	rig_fini(&rig);
}

/* The path-named dialect allows any byte in a path. */
static void nothing_in_a_manifest_drives_the_terminal(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ program: { binary: 'x' },\n"
			  "use: [ { service: '/svc/a\\u001b[2J\\u009b\\nb' } ]"
			  " }" },
		{ NULL, NULL },
	};
	struct text t = TEXT_INIT;
	struct realm *r;
	struct rig rig;
	size_t i;
	int k;

	(void)state;
	rig_init(&rig, files);
	r = rig.tree.root;
	assert_int_equal(rig_resolve(&rig, r, &rig.report), 0);
	assert_int_equal(r->state, REALM_RESOLVED);
	k = route_walk(r, &r->manifest->decls[DECL_USE][0], &rig.route);
	assert_int_equal(k, ROUTE_BROKEN);
	route_render(&rig.route, k, &t);
	for (i = 0; i < t.n; i++)
		assert_true((unsigned char)t.bytes[i] >= 0x20 ||
			    t.bytes[i] == '\n');
	assert_null(strstr(text_string(&t), "\xc2\x9b"));
	assert_non_null(strstr(text_string(&t), "a\\x1b[2J\\x9b\\x0ab"));
	text_fini(&t);
	rig_fini(&rig);
}

/* Every answer is JSON, and says in it what the contract promises. */
static void answers_are_json(void **state)
{
	static const struct {
		const struct rig_file *files;
		const char *verdict;
	} rows[] = { { seed, "routed" }, { broken, "failed" } };
	const struct json5_value *error, *hops;
	struct json5_value *v;
	struct text t = TEXT_INIT;
	struct report report;
	struct arena arena;
	struct rig rig;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < N_ELEMENTS(rows); i++) {
		rig_init(&rig, rows[i].files);
		k = rig_route(&rig, "/D", "fuchsia.example.Foo");
		text_clear(&t);
		route_render_json(&rig.route, k, &t);
		report_init(&report);
		arena = (struct arena)ARENA_INIT;
		assert_int_equal(
			json5_read("answer", t.bytes, t.n, &arena, &v, &report),
			0);
		assert_string_equal(json5_string(json5_get(v, "verdict")),
				    rows[i].verdict);
		hops = json5_get(v, "hops");
		assert_non_null(hops);
		assert_int_equal(hops->list.n, k == ROUTE_ENDED ? 4 : 2);
		json5_for_each(hop, hops)
		{
			assert_non_null(
				json5_string(json5_get(hop, "moniker")));
			assert_true(json5_number(json5_get(hop, "line"), 0) >
				    0);
		}
		error = json5_get(v, "error");
		assert_int_equal(!error, k == ROUTE_ENDED);
		assert_int_equal(!json5_get(v, "source"), k != ROUTE_ENDED);
		if (error) {
			assert_string_equal(
				json5_string(json5_get(error, "moniker")),
				"/B");
			assert_string_equal(
				json5_string(json5_get(error, "status")),
				"NOT_FOUND");
		}
		report_fini(&report);
		arena_fini(&arena);
		rig_fini(&rig);
	}
	text_fini(&t);
}

static void statuses_have_names(void **state)
{
	(void)state;
	assert_string_equal(route_status_name(REEVE_ERR_NOT_FOUND),
			    "NOT_FOUND");
	assert_string_equal(route_status_name(REEVE_ERR_ACCESS_DENIED),
			    "ACCESS_DENIED");
	assert_string_equal(route_status_name(REEVE_ERR_NOT_SUPPORTED),
			    "NOT_SUPPORTED");
	assert_string_equal(route_status_name(REEVE_ERR_TIMED_OUT),
			    "TIMED_OUT");
	assert_string_equal(route_status_name(REEVE_ERR_UNAVAILABLE),
			    "UNAVAILABLE");
	assert_string_equal(route_status_name(REEVE_ERR_NO_RESOURCES),
			    "NO_RESOURCES");
	assert_string_equal(route_status_name(-12345), "INTERNAL");
}

struct rendered {
	const struct route *route;
	int verdict;
};

static int sweep_render(void *arg)
{
	struct rendered *r = arg;
	struct text text = TEXT_INIT, json = TEXT_INIT;
	int k;

	route_render(r->route, r->verdict, &text);
	route_render_json(r->route, r->verdict, &json);
	k = text_is_failed(&text) || text_is_failed(&json) ? -ENOMEM : 0;
	text_fini(&text);
	text_fini(&json);
	return k;
}

static void lack_of_memory_is_not_a_shorter_answer(void **state)
{
	const struct rig_file *const trees[] = { seed, broken };
	struct rendered r;
	struct rig rig;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(trees); i++) {
		rig_init(&rig, trees[i]);
		r.verdict = rig_route(&rig, "/D", "fuchsia.example.Foo");
		r.route = &rig.route;
		assert_true(fault_sweep(sweep_render, &r) >= 6);
		rig_fini(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seeds_tree),
		cmocka_unit_test(a_broken_one),
		cmocka_unit_test(other_sources),
		cmocka_unit_test(declarations_in_words),
		cmocka_unit_test(nothing_in_a_manifest_drives_the_terminal),
		cmocka_unit_test(answers_are_json),
		cmocka_unit_test(statuses_have_names),
		cmocka_unit_test(lack_of_memory_is_not_a_shorter_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
