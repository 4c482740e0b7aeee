/* Availability: what a use asks for, and what the way to its source promises.
 */
#include "rig.h"

#include <string.h>

/* user of @asks, through an offer of @promises; the rule or "". */
static void availability_expect(const char *asks, const char *promises,
				const char *rule)
{
	struct text user = TEXT_INIT, root = TEXT_INIT, why = TEXT_INIT;
	struct rig_file files[] = { { "root", NULL },
				    { "user", NULL },
				    { NULL, NULL } };
	struct rig rig;
	int k;

	text_printf(&user,
		    "{ " PROGRAM "use: [ { protocol: 'X',\n"
		    "  availability: '%s' } ] }",
		    asks);
	text_printf(&root,
		    "{ " PROGRAM "children: [ " CHILD(
			    "user") "],\n"
				    "capabilities: [ { protocol: 'X' } ],\n"
				    "offer: [ { protocol: 'X', from: 'self',\n"
				    "  to: '#user', availability: '%s' } ] }",
		    promises);
	files[0].text = text_string(&root);
	files[1].text = text_string(&user);
	rig_init(&rig, files);
	k = rig_route(&rig, "/user", "X");
	assert_int_equal(k, *rule ? ROUTE_BROKEN : ROUTE_ENDED);
	if (*rule) {
		assert_string_equal(rig.route.why.rule, rule);
		assert_string_equal(rig.route.why.realm->moniker, "/");
		text_printf(&why,
			    "X is %s for its user, but this offer promises "
			    "only %s",
			    asks, promises);
		assert_string_equal(text_string(&rig.route.why.text),
				    text_string(&why));
	}
	rig_fini(&rig);
	text_fini(&user);
	text_fini(&root);
	text_fini(&why);
}

static void the_table_of_availability(void **state)
{
	(void)state;
	availability_expect("required", "required", "");
	availability_expect("required", "optional", "availability");
	availability_expect("required", "transitional", "availability");
	availability_expect("required", "same_as_target", "");
	availability_expect("optional", "required", "");
	availability_expect("optional", "optional", "");
	availability_expect("optional", "transitional", "availability");
	availability_expect("optional", "same_as_target", "");
	availability_expect("transitional", "required", "");
	availability_expect("transitional", "optional", "");
	availability_expect("transitional", "transitional", "");
	availability_expect("transitional", "same_as_target", "");
}

static void void_is_a_source_for_who_can_do_without(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD(
			  "mid") "],\n"
				 "offer: [ { protocol: 'X', from: 'void',\n"
				 "  to: '#mid', availability: 'optional' } ] "
				 "}" },
		{ "mid",
		  "{ children: [ " CHILD("may") CHILD(
			  "perhaps") "],\n"
				     "offer: [ { protocol: 'X', from: "
				     "'parent',\n"
				     "  to: ['#may', '#perhaps'],\n"
				     "  availability: 'same_as_target' } ] }" },
		{ "may", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			 "  availability: 'optional' } ] }" },
		{ "perhaps", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			     "  availability: 'transitional' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/mid/may", "X",
		   "use /mid/may X | offer /mid X | offer / X = void");
	assert_int_equal(rig.route.source, ROUTE_SOURCE_VOID);
	rig_expect(&rig, "/mid/perhaps", "X",
		   "use /mid/perhaps X | offer /mid X | offer / X = void");
	rig_fini(&rig);
}

/* Who asks for nothing goes on asking for nothing. */
static void transitional_stays_transitional(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ " PROGRAM "children: [ " CHILD(
			  "mid") "],\n"
				 "capabilities: [ { protocol: 'X' } ],\n"
				 "offer: [ { protocol: 'X', from: 'self',\n"
				 "  to: '#mid', availability: 'transitional' } "
				 "] }" },
		{ "mid",
		  "{ children: [ " CHILD(
			  "user") "],\n"
				  "offer: [ { protocol: 'X', from: 'parent',\n"
				  "  to: '#user', availability: 'optional' } ] "
				  "}" },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			  "  availability: 'transitional' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/mid/user", "X",
		   "use /mid/user X | offer /mid X | offer / X"
		   " | capability / X = /:/svc/X");
	rig_fini(&rig);
}

/* What was made stronger on the way stays so. */
static void optional_becomes_required(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD(
			  "mid") "],\n"
				 "offer: [ { protocol: 'X', from: 'void',\n"
				 "  to: '#mid', availability: 'optional' } ] "
				 "}" },
		{ "mid",
		  "{ children: [ " CHILD(
			  "user") "],\n"
				  "offer: [ { protocol: 'X', from: 'parent',\n"
				  "  to: '#user' } ] }" },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			  "  availability: 'optional' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;
	struct decl *d;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/mid/user", "X",
		   "use /mid/user X | offer /mid X | offer / X"
		   " ! availability");
	/* The language wants "optional" beside "void"; the core does not rely
	 * on it. */
	d = (struct decl *)rig_decl(rig.tree.root, DECL_OFFER, "X");
	d->availability = AVAILABILITY_SAME_AS_TARGET;
	rig_expect(&rig, "/mid/user", "X",
		   "use /mid/user X | offer /mid X | offer / X"
		   " ! void-to-required");
	assert_string_equal(rig.route.why.realm->moniker, "/");
	assert_string_equal(text_string(&rig.route.why.text),
			    "X comes from void, but its user requires it");
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_availability),
		cmocka_unit_test(void_is_a_source_for_who_can_do_without),
		cmocka_unit_test(transitional_stays_transitional),
		cmocka_unit_test(optional_becomes_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
