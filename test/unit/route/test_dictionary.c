/* Dictionaries: what is put in, what is taken out, and what takes it back. */
#include "rig_grant.h"

#include <string.h>

#include "reeve/status.h"
#include "route/carry.h"
#include "route/cut.h"
#include "route/survey.h"

#define BUNDLE                                                                 \
	"{ " PROGRAM "capabilities: [ { protocol: 'X' }, { protocol: 'Y' },\n"   \
	" { dictionary: 'd' } ],\n"                                              \
	"offer: [ { protocol: [ 'X', 'Y' ], from: 'self', to: 'self/d' } ],\n"   \
	"expose: [ { dictionary: 'd', from: 'self' } ] }"

static void taken_from_the_parent(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("bundle") CHILD("user") "],\n"
			  "offer: [ { dictionary: 'd', from: '#bundle',\n"
			  "  to: '#user', as: 'e' } ] }" },
		{ "bundle", BUNDLE },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			  "  from: 'parent/e' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "X",
		   "use /user X | offer / d>e | expose /bundle d | "
		   "capability /bundle d | offer /bundle X | "
		   "capability /bundle X = /bundle:/svc/X");
	rig_fini(&rig);
}

static void inside_each_other(void **state)
{
	static const struct rig_file files[] = {
		{ "root",
		  "{ children: [ " CHILD("bundle") CHILD("user") "],\n"
		  "capabilities: [ { dictionary: 'outer' } ],\n"
		  "offer: [ { dictionary: 'd', from: '#bundle',\n"
		  "  to: 'self/outer', as: 'inner' },\n"
		  "  { dictionary: 'outer', from: 'self', to: '#user' } ] }" },
		{ "bundle", BUNDLE },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'Y',\n"
			  "  from: 'parent/outer/inner' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "Y",
		   "use /user Y | offer / outer | capability / outer | "
		   "offer / d>inner | expose /bundle d | "
		   "capability /bundle d | offer /bundle Y | "
		   "capability /bundle Y = /bundle:/svc/Y");
	rig_fini(&rig);
}

/* What is put in may itself be taken out of another. */
static void taken_out_and_put_in(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("bundle") CHILD("user") "],\n"
			  "capabilities: [ { dictionary: 'mine' } ],\n"
			  "offer: [ { protocol: 'X', from: '#bundle/d',\n"
			  "  to: 'self/mine', as: 'Z' },\n"
			  "  { dictionary: 'mine', from: 'self',\n"
			  "  to: '#user' } ] }" },
		{ "bundle", BUNDLE },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'Z',\n"
			  "  from: 'parent/mine' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "Z",
		   "use /user Z | offer / mine | capability / mine | "
		   "offer / X>Z | expose /bundle d | capability /bundle d | "
		   "offer /bundle X | capability /bundle X = /bundle:/svc/X");
	rig_fini(&rig);
}

static void used_whole(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("bundle") CHILD("user") "],\n"
			  "offer: [ { dictionary: 'd', from: '#bundle',\n"
			  "  to: '#user' } ] }" },
		{ "bundle", BUNDLE },
		{ "user", "{ " PROGRAM "use: [ { dictionary: 'd',\n"
			  "  path: '/svc' } ] }" },
		{ NULL, NULL },
	};
	struct survey s;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	rig_expect(&rig, "/user", "d",
		   "use /user d | offer / d | expose /bundle d | "
		   "capability /bundle d = /bundle of X Y");
	rig_expect_instance(&rig, "/user", "d", "Y",
			    "use /user d | offer / d | expose /bundle d | "
			    "capability /bundle d | offer /bundle Y | "
			    "capability /bundle Y = /bundle:/svc/Y");
	rig_expect_instance(&rig, "/user", "d", "Z",
			    "use /user d | offer / d | expose /bundle d | "
			    "capability /bundle d ! not-in-dictionary");
	/* Whoever looks at the tree as a whole sees what it gives. */
	assert_int_equal(survey_take(&rig.tree, NULL, NULL, &s), 0);
	assert_int_equal(s.n, 3);
	assert_string_equal(s.routes[1].realm->moniker, "/user");
	assert_string_equal(s.routes[1].instance, "X");
	assert_string_equal(s.routes[2].name, "Y");
	survey_fini(&s);
	rig_fini(&rig);
}

static void broken(const char *user, const char *name, const char *rule,
		   const char *text)
{
	struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("bundle") CHILD("user") "],\n"
			  "offer: [ { dictionary: 'd', from: '#bundle',\n"
			  "  to: '#user' } ] }" },
		{ "bundle", BUNDLE },
		{ "user", user },
		{ NULL, NULL },
	};
	struct rig rig;

	rig_init(&rig, files);
	assert_int_equal(rig_route(&rig, "/user", name), ROUTE_BROKEN);
	assert_string_equal(rig.route.why.rule, rule);
	if (!strstr(text_string(&rig.route.why.text), text))
		fail_msg("%s", text_string(&rig.route.why.text));
	rig_fini(&rig);
}

static void what_breaks(void **state)
{
	(void)state;
	broken("{ " PROGRAM "use: [ { protocol: 'Xx', from: 'parent/d' } ] }",
	       "Xx", "not-in-dictionary", "did you mean X?");
	broken("{ " PROGRAM "use: [ { protocol: 'X', from: 'parent/e' } ] }",
	       "X", "use-from-parent-not-found", "dictionary e");
	broken("{ " PROGRAM "use: [ { protocol: 'X', from: 'parent/d/e' } ] }",
	       "X", "not-in-dictionary", "dictionary e");
	broken("{ " PROGRAM "use: [ { directory: 'X', from: 'parent/d',\n"
	       "  path: '/x', rights: [ 'r*' ] } ] }",
	       "X", "not-in-dictionary", "no directory X");
}

struct cut_seen {
	const struct slot *slots[32];
	size_t n;
};

static void on_slot(void *userdata, struct slot *s)
{
	struct cut_seen *seen = userdata;

	seen->slots[seen->n++] = s;
}

static void on_grant(void *userdata, struct grant *g)
{
	(void)userdata;
	(void)g;
}

static bool is_seen(const struct cut_seen *seen, const struct slot *s)
{
	size_t i;

	for (i = 0; i < seen->n; i++)
		if (seen->slots[i] == s)
			return true;
	return false;
}

/* Taking the dictionary back reaches what was taken out of it; so does taking
 * back what was put in. */
static void taken_back(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("bundle") CHILD("user")
				  CHILD("other") "],\n"
			  "offer: [ { dictionary: 'd', from: '#bundle',\n"
			  "  to: [ '#user', '#other' ] } ] }" },
		{ "bundle", BUNDLE },
		{ "user", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			  "  from: 'parent/d' } ] }" },
		{ "other", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			   "  from: 'parent/d' } ] }" },
		{ NULL, NULL },
	};
	struct cut_seen seen = { .n = 0 };
	const struct cutting c = { on_slot, on_grant, &seen };
	struct slot *use, *other, *offer;
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(rig_route(&rig, "/user", "X"), ROUTE_ENDED);
	assert_int_equal(rig_route(&rig, "/other", "X"), ROUTE_ENDED);
	use = &rig_realm(&rig, "/user")->tables[TABLE_PROGRAM_INPUT].slots[0];
	other = &rig_realm(&rig, "/other")->tables[TABLE_PROGRAM_INPUT].slots[0];
	offer = &rig_realm(&rig, "/user")->tables[TABLE_INPUT].slots[0];
	assert_true(use->is_carried);
	assert_true(offer->is_carrier);
	slot_cut(offer, SLOT_CUT_BY_OPERATOR, &c);
	assert_true(is_seen(&seen, use));
	assert_false(is_seen(&seen, other));
	assert_int_equal(rig_route(&rig, "/user", "X"), ROUTE_BROKEN);
	assert_string_equal(rig.route.why.rule, "revoked");
	assert_int_equal(rig_route(&rig, "/other", "X"), ROUTE_ENDED);
	seen.n = 0;
	slot_cut(&rig_realm(&rig, "/bundle")->tables[TABLE_DICTIONARY].slots[0],
		 SLOT_CUT_BY_OPERATOR, &c);
	assert_true(is_seen(&seen, other));
	assert_int_equal(rig_route(&rig, "/other", "X"), ROUTE_BROKEN);
	rig_fini(&rig);
}

/* A weak circle inside one manifest ends. */
static void taken_out_of_itself(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ " PROGRAM "capabilities: [ { dictionary: 'd' },\n"
			  " { dictionary: 'e' } ],\n"
			  "offer: [ { protocol: 'X', from: 'self/d',\n"
			  "  to: 'self/e', dependency: 'weak' },\n"
			  " { protocol: 'X', from: 'self/e',\n"
			  "  to: 'self/d', dependency: 'weak' } ],\n"
			  "use: [ { protocol: 'X', from: 'self/d' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;
	int k;

	(void)state;
	rig_init(&rig, files);
	k = rig_route(&rig, "/", "X");
	assert_int_equal(k, ROUTE_BROKEN);
	assert_string_equal(rig.route.why.rule, "dictionary-cycle");
	rig_fini(&rig);
}

/*
 * What a parent gives back to its child by a weak dependency may come out of the
 * child's dictionary again. Which of its names is asked for first does not matter:
 * no later walk, and nothing that is taken back, goes round in it.
 */
static void taken_out_of_itself_by_the_parent(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ children: [ " CHILD("a") " ],\n"
			  "offer: [ { protocol: [ 'X', 'Y' ], from: '#a',\n"
			  "  to: '#a', dependency: 'weak' } ] }" },
		{ "a", "{ " PROGRAM "capabilities: [ { dictionary: 'd' } ],\n"
		       "use: [ { protocol: [ 'X', 'Y' ] } ],\n"
		       "offer: [ { protocol: 'X', from: 'parent',\n"
		       "  to: 'self/d' } ],\n"
		       "expose: [ { protocol: 'X', from: 'self/d' },\n"
		       "  { protocol: 'X', from: 'self/d', as: 'Y' } ] }" },
		{ NULL, NULL },
	};
	static const char *const names[] = { "X", "Y", "X" };
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct realm *a;
	struct rig rig;
	size_t i;

	(void)state;
	rig_init(&rig, files);
	for (i = 0; i < 3; i++) {
		assert_int_equal(rig_route(&rig, "/a", names[i]), ROUTE_BROKEN);
		assert_string_equal(rig.route.why.rule, "dictionary-cycle");
		rig_check_tree(&rig);
	}
	a = rig_realm(&rig, "/a");
	assert_true(slot_cut(&a->tables[TABLE_DICTIONARY].slots[0],
			     SLOT_CUT_BY_OPERATOR, &c) > 0);
	rig_check_tree(&rig);
	rig_fini(&rig);
}

/* A way that breaks at a dictionary in between still says at what. */
static void what_is_in_between(void **state)
{
	static const struct rig_file files[] = {
		{ "root", "{ " PROGRAM "use: [ { protocol: 'X',\n"
			  "  from: 'parent/outer/inner' } ] }" },
		{ NULL, NULL },
	};
	struct rig rig;

	(void)state;
	rig_init(&rig, files);
	assert_int_equal(rig_route(&rig, "/", "X"), ROUTE_BROKEN);
	assert_non_null(rig.route.why.decl);
	assert_int_equal(rig.route.why.decl->type, CAPABILITY_DICTIONARY);
	assert_string_equal(rig.route.why.decl->name, "outer");
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_from_the_parent),
		cmocka_unit_test(inside_each_other),
		cmocka_unit_test(taken_out_and_put_in),
		cmocka_unit_test(used_whole),
		cmocka_unit_test(what_breaks),
		cmocka_unit_test(taken_back),
		cmocka_unit_test(taken_out_of_itself),
		cmocka_unit_test(taken_out_of_itself_by_the_parent),
		cmocka_unit_test(what_is_in_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
