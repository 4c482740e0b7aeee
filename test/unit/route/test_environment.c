/* Environments: runners, resolvers, debug capabilities, stop timeouts. */
#include "rig.h"

#include <string.h>

#include "reeve/status.h"

#define RUNNER                                                                 \
	"{ " PROGRAM "capabilities: [ { runner: 'web', path: '/svc/runner' },\n" \
	" { resolver: 'http', path: '/svc/resolver' },\n"                        \
	" { protocol: 'Log' } ],\n"                                              \
	"expose: [ { runner: 'web', from: 'self' },\n"                           \
	" { resolver: 'http', from: 'self' },\n"                                 \
	" { protocol: 'Log', from: 'self' } ] }"

#define PLACED(name)                                                           \
	"{ name: '" name "', url: '#meta/" name ".cm', environment: '#e' },\n"

static const struct rig_file files[] = {
	{ "root", "{ children: [ " CHILD("runner") PLACED("page") "],\n"
		  "environments: [ { name: 'e', extends: 'realm',\n"
		  " __stop_timeout_ms: 70,\n"
		  " runners: [ { runner: 'web', from: '#runner', as: 'www' } ],\n"
		  " resolvers: [ { resolver: 'http', from: '#runner',\n"
		  "  scheme: 'http' } ],\n"
		  " debug: [ { protocol: 'Log', from: '#runner' } ] } ] }" },
	{ "runner", RUNNER },
	{ "page", "{ program: { runner: 'www' },\n"
		  "use: [ { protocol: 'Log', from: 'debug' },\n"
		  " { protocol: 'None', from: 'debug' } ],\n"
		  "children: [ " CHILD("inner") " ] }" },
	{ "inner", "{ program: { runner: 'www' } }" },
	{ NULL, NULL },
};

static void runners(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/page", "www",
		   "self /page www | registration / web>www | "
		   "expose /runner web | capability /runner web = "
		   "/runner:/svc/runner");
	/* Who is not placed in an environment is in its parent's. */
	rig_expect(&rig, "/page/inner", "www",
		   "self /page/inner www | registration / web>www | "
		   "expose /runner web | capability /runner web = "
		   "/runner:/svc/runner");
	rig_fini(&rig);
}

static void debug_capabilities(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/page", "Log",
		   "use /page Log | registration / Log | expose /runner Log | "
		   "capability /runner Log = /runner:/svc/Log");
	rig_expect(&rig, "/page", "None",
		   "use /page None ! use-from-environment-not-found");
	assert_int_equal(rig.route.why.status, REEVE_ERR_NOT_FOUND);
	rig_fini(&rig);
}

static void resolvers(void **state)
{
	struct rig rig;
	struct text t = TEXT_INIT;
	struct realm *page;
	int k;

	(void)state;
	rig_init(&rig, files);
	page = rig_realm(&rig, "/page");
	assert_non_null(rig_realm(&rig, "/runner"));
	k = route_walk_resolver(page, "http", &rig.route);
	rig_summary(&rig, k, &t);
	assert_string_equal(text_string(&t),
			    "registration / http | expose /runner http | "
			    "capability /runner http = /runner:/svc/resolver");
	text_fini(&t);
	assert_int_equal(route_walk_resolver(page, "ftp", &rig.route),
			 ROUTE_BROKEN);
	assert_string_equal(rig.route.why.rule, "resolver-not-found");
	rig_fini(&rig);
}

static void stop_timeouts(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(realm_stop_timeout(rig_realm(&rig, "/page"), 5000), 70);
	assert_int_equal(realm_stop_timeout(rig_realm(&rig, "/page/inner"),
					    5000),
			 70);
	assert_int_equal(realm_stop_timeout(rig_realm(&rig, "/runner"), 5000),
			 5000);
	rig_fini(&rig);
}

/* One that extends nothing hides what is further up, the manager's as well. */
static void alone(void **state)
{
	static const struct rig_file closed[] = {
		{ "root", "{ children: [ " PLACED("page") "],\n"
			  "environments: [ { name: 'e', extends: 'none',\n"
			  " __stop_timeout_ms: 70 } ] }" },
		{ "page", "{ program: { runner: 'www' } }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, closed);
	rig_expect(&rig, "/page", "www",
		   "self /page www ! use-from-environment-not-found");
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runners),
		cmocka_unit_test(debug_capabilities),
		cmocka_unit_test(resolvers),
		cmocka_unit_test(stop_timeouts),
		cmocka_unit_test(alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
