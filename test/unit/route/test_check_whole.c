/* Checking a tree as a whole: what nobody takes, policy. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tree @files has these diagnostics, in this order. */
static void expect(const struct rig_file *files, const char *expected)
{
	struct text t = TEXT_INIT;
	struct rig rig;

	rig_init(&rig, files);
	assert_int_equal(check_tree(&rig.tree, rig_resolve, &rig, NULL,
				    &rig.report),
			 0);
	report_render(&rig.report, &t);
	assert_string_equal(text_string(&t), expected);
	text_fini(&t);
	rig_fini(&rig);
}

#define PEER(mine, its)                                                        \
	"{ " PROGRAM "capabilities: [ { protocol: '" mine "' } ],\n"             \
	"use: [ { protocol: '" its "' } ],\n"                                    \
	"expose: [ { protocol: '" mine "', from: 'self' } ] }"

static void offers_that_nobody_takes(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ " PROGRAM "children: [ " CHILD("a") CHILD("b") "],\n"
			  "capabilities: [ { protocol: [ 'X', 'Y' ] } ],\n"
			  "offer: [\n"
			  "{ protocol: 'X', from: 'self',\n"
			  "  to: [ '#a',\n '#b' ] },\n"
			  "{ protocol: 'Y', from: 'self', to: 'all' } ] }" },
		{ "a", "{ children: [ " CHILD("c") "],\n"
		       "offer: [ { protocol: 'X', from: 'parent',\n"
		       "  to: '#c' } ] }" },
		{ "b", "{ " PROGRAM "}" },
		{ "c", "{ " PROGRAM "}" },
		{ NULL, NULL },
	};

	(void)state;
	expect(files,
	       "a.cml:4:7: warning: X is offered to /a/c, which neither uses it "
	       "nor passes it on [unused-offer]\n"
	       "root.cml:9:2: warning: X is offered to /b, which neither uses it "
	       "nor passes it on [unused-offer]\n");
}

#define BANK                                                                   \
	"{ " PROGRAM "capabilities: [ { protocol: 'Pay' } ],\n"                  \
	"expose: [ { protocol: 'Pay', from: 'self' } ] }"

static void never(const char *policy, const char *expected)
{
	char root[2000];
	struct rig_file files[] = {
		{ "root", root },
		{ "bank", BANK },
		{ "shop", PEER("Buy", "Pay") },
		{ "guest", "{ " PROGRAM "use: [ { protocol: 'Buy' } ] }" },
		{ NULL, NULL },
	};

	snprintf(root, sizeof(root),
		 "{ policy: { never: [\n%s ] },\n"
		 "children: [ " CHILD("bank") CHILD("shop") CHILD("guest") "],\n"
		 "offer: [ { protocol: 'Pay', from: '#bank', to: '#shop' },\n"
		 " { protocol: 'Buy', from: '#shop', to: '#guest' } ] }",
		 policy);
	expect(files, expected);
}

static void what_must_never_be(void **state)
{
	(void)state;
	never("{ from: '/bank', to: '/guest' }", "");
	never("{ from: '/bank', to: '/*' }",
	      "shop.cml:3:8: error: /shop would have Pay of /bank, and the "
	      "tree's policy (root.cml:2:1) says never; so the use of Pay by "
	      "/shop is broken [policy-never]\n");
	never("{ from: '/bank', to: '/*', capability: 'Other' }", "");
	never("{ from: '/bank', to: '/guest', indirect: true }",
	      "guest.cml:2:8: error: /guest can get at /bank through others "
	      "(/guest -> /shop -> /bank), and the tree's policy (root.cml:2:1) "
	      "says never [policy-never]\n");
	never("{ from: '/guest', to: '/**', indirect: true }", "");
	never("{ from: '/bnak', to: '/guest' }",
	      "root.cml:2:9: warning: no component of this tree is \"/bnak\", so "
	      "nothing is forbidden here; did you mean \"/bank\"? "
	      "[policy-unmatched]\n");
}

/* Whoever is made there would have it, and would be refused. */
static void members_are_meant_as_well(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ policy: { never: [ { from: '/bank', to: '/*' } ] },\n"
			  "children: [ " CHILD("bank") "],\n"
			  "collections: [ { name: 'pool',\n"
			  "  durability: 'transient' } ],\n"
			  "offer: [\n"
			  "{ protocol: 'Pay', from: '#bank', to: '#pool' } ] }" },
		{ "bank", BANK },
		{ NULL, NULL },
	};

	(void)state;
	expect(files, "root.cml:7:1: error: /pool:* would have Pay of /bank, and "
		      "the tree's policy (root.cml:1:22) says never "
		      "[policy-never]\n");
}

static void what_must_be(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ policy: { must_use: [ { protocol: 'Log' } ],\n"
			  "  must_offer: [ { protocol: 'Log' } ] },\n"
			  "children: [\n"
			  "{ name: 'log', url: '#meta/log.cm' },\n"
			  "{ name: 'good', url: '#meta/good.cm' },\n"
			  "{ name: 'bad', url: '#meta/bad.cm' } ],\n"
			  "offer: [ { protocol: 'Log', from: '#log',\n"
			  "  to: '#good' } ] }" },
		{ "log", "{ " PROGRAM "capabilities: [ { protocol: 'Log' } ],\n"
			 "expose: [ { protocol: 'Log', from: 'self' } ] }" },
		{ "good", "{ " PROGRAM "use: [ { protocol: 'Log' } ] }" },
		{ "bad", "{ policy: { must_use: [] }, " PROGRAM "}" },
		{ NULL, NULL },
	};

	(void)state;
	expect(files,
	       "bad.cml:1:11: warning: /bad is not the root of this tree; only "
	       "the root's \"policy\" counts [policy-ignored]\n"
	       "bad.cml:1:38: error: /bad has to use the protocol Log, as every "
	       "component with a program here: add { protocol: \"Log\" } to "
	       "\"use\" [must-use]\n"
	       "root.cml:6:1: error: / has to offer the protocol Log to "
	       "\"#bad\", as to every child here: add { protocol: \"Log\", "
	       "from: ..., to: \"#bad\" } to \"offer\" [must-offer]\n");
}

#define SHARED                                                                 \
	"{ " PROGRAM "capabilities: [ { service: 'X' } ],\n"                     \
	"expose: [ { service: 'X', from: 'self' } ] }"

/* A child that is called as the parent's own word for something else. */
static void instances_of_one_name(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ " PROGRAM "children: [ " CHILD("self") CHILD("user")
			  "],\n"
			  "capabilities: [ { service: 'X' } ],\n"
			  "offer: [ { service: 'X', from: [ 'self', '#self' ],\n"
			  "  to: '#user' } ] }" },
		{ "self", SHARED },
		{ "user", "{ " PROGRAM "use: [ { service: 'X' } ] }" },
		{ NULL, NULL },
	};

	(void)state;
	expect(files, "user.cml:2:8: error: two sources of X, which /user uses, "
		      "give an instance called \"self\"; rename one with "
		      "\"renamed_instances\" [ambiguous-source]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_that_nobody_takes),
		cmocka_unit_test(what_must_never_be),
		cmocka_unit_test(members_are_meant_as_well),
		cmocka_unit_test(what_must_be),
		cmocka_unit_test(instances_of_one_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
