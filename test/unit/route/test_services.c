/*
 * The tables of the text on services, row by row, as far as the core decides
 * them: the registry of its figure, the grant mechanisms, the comparison and
 * the summary.
 */
#include "rig_grant.h"

#include <stdio.h>
#include <string.h>

#include "manifest/access.h"
#include "reeve/status.h"

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* ---- the registry of the figure ---- */

static const struct rig_file realms[] = {
	{ "root", "{ " PROGRAM "children: [ " CHILD("A") CHILD("B") CHILD("C")
			  CHILD("D") "] }" },
	{ "A", "{ " PROGRAM "children: [ " CHILD("K") "] }" },
	{ "B", "{ " PROGRAM " }" },
	{ "C", "{ " PROGRAM "children: [ " CHILD("K") "] }" },
	{ "D", "{ " PROGRAM " }" },
	{ "K", "{ " PROGRAM " }" },
	{ NULL, NULL },
};

struct entry {
	const char *name, *provider, *source;
	const char *access[3];
	const char *allowed; /* the last letters of who is */
};

static const struct entry registry[] = {
	{ "database", "/B", "#B", { "/A", "/C" }, "AC" },
	{ "logger", "/C", "#C", { "/*" }, "ABD" },
	{ "network", "/D", "#D", { "/A" }, "A" },
};

static void registry_begin(struct rig *rig)
{
	size_t i;

	rig_init(rig, realms);
	for (i = 0; i < N_ELEMENTS(registry); i++)
		rig_register(rig, registry[i].provider, registry[i].name,
			     registry[i].access);
}

static struct grant *sibling_give(struct rig *rig, const struct entry *e,
				  const char *to)
{
	return rig_give(
		rig, "/", to,
		&(struct grant_spec){ .name = e->name, .from = e->source });
}

/* Connect by name: is it had? */
static bool is_had(struct rig *rig, const char *client, const char *name)
{
	struct realm *r = rig_realm(rig, client);
	const struct decl *d = NULL;
	struct text why = TEXT_INIT;
	int k = registry_look_up(r, name, &d, &why);

	text_fini(&why);
	if (k) {
		assert_int_equal(k, GRANT_INVALID);
		return false;
	}
	return rig_walk_slot(rig, realm_slot_of(r, TABLE_PROGRAM_INPUT, d),
			     client) == ROUTE_ENDED;
}

/* Everybody is given everything, and has what its policy says. */
static void figure_service_registry(void **state)
{
	static const char *const clients[] = { "/A", "/B", "/C", "/D" };
	const struct entry *e;
	struct rig rig;
	size_t i, k;

	(void)state;
	registry_begin(&rig);
	for (i = 0; i < N_ELEMENTS(registry); i++) {
		e = &registry[i];
		for (k = 0; k < N_ELEMENTS(clients); k++) {
			if (!strcmp(clients[k], e->provider))
				continue;
			assert_false(is_had(&rig, clients[k], e->name));
			sibling_give(&rig, e, clients[k]);
			assert_int_equal(is_had(&rig, clients[k], e->name),
					 strchr(e->allowed, clients[k][1]) !=
						 NULL);
			/* All that it lacks is to be on the list. */
			if (rig.route.why.rule)
				assert_string_equal(rig.route.why.rule,
						    "access-denied");
			else
				assert_string_equal(rig.route.realm->moniker,
						    e->provider);
		}
	}
	rig_check_tree(&rig);
	rig_fini(&rig);
}

/* "All children" of the logger's own realm, said in one word. */
static void figure_all_children(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, realms);
	rig_register(&rig, "/C", "logger", NAMES("children"));
	assert_true(is_had(&rig, "/C/K", "logger"));
	assert_false(is_had(&rig, "/A/K", "logger"));
	assert_false(is_had(&rig, "/", "logger"));
	sibling_give(&rig, &registry[1], "/A");
	assert_false(is_had(&rig, "/A", "logger"));
	assert_string_equal(rig.route.why.rule, "access-denied");
	rig_fini(&rig);
}

/* ---- grant mechanisms ---- */

static void grant_mechanisms_parent_grants(void **state)
{
	struct rig rig;

	(void)state;
	registry_begin(&rig);
	assert_false(is_had(&rig, "/A", "database"));
	sibling_give(&rig, &registry[0], "/A");
	assert_true(is_had(&rig, "/A", "database"));
	/* To this child, and this service. */
	assert_false(is_had(&rig, "/C", "database"));
	assert_false(is_had(&rig, "/A", "network"));
	rig_fini(&rig);
}

static const struct rig_file init_files[] = {
	{ "root", "{ children: [ " CHILD("A") CHILD("B")
			  CHILD("C") "],\n"
				     "offer: [ { protocol: 'database', from: "
				     "'#B', to: '#A',\n"
				     "  source_availability: 'unknown',\n"
				     "  availability: 'optional' } ] }" },
	{ "A", "{ " PROGRAM "use: [ { protocol: 'database',\n"
	       "  availability: 'optional' } ] }" },
	{ "B", "{ " PROGRAM " }" },
	{ "C", "{ " PROGRAM " }" },
	{ NULL, NULL },
};

static void grant_mechanisms_init_configuration(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, init_files);
	rig_register(&rig, "/B", "database", NULL);
	rig_expect_connect(&rig, "/A", "database",
			   "use /A database | offer / database | expose#1 /B "
			   "database | capability#1 /B database = "
			   "/B:/svc/database");
	assert_false(is_had(&rig, "/C", "database"));
	rig_fini(&rig);
}

static void grant_mechanisms_hierarchy_rules(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, realms);
	rig_register(&rig, "/", "down", NULL);
	rig_register(&rig, "/B", "up", NULL);
	/* Children and parent reach each other. */
	assert_true(is_had(&rig, "/A", "down"));
	assert_true(is_had(&rig, "/", "up"));
	/* Siblings need an explicit grant. */
	assert_false(is_had(&rig, "/A", "up"));
	rig_give(&rig, "/", "/A",
		 &(struct grant_spec){ .name = "up", .from = "#B" });
	assert_true(is_had(&rig, "/A", "up"));
	/* Nobody further away does at all. */
	assert_false(is_had(&rig, "/A/K", "down"));
	assert_false(is_had(&rig, "/A/K", "up"));
	rig_fini(&rig);
}

static void grant_mechanisms_service_policy(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig, realms);
	rig_register(&rig, "/", "some", NAMES("#A", "/C"));
	rig_register(&rig, "/", "none", (const char *const[]){ NULL });
	assert_true(is_had(&rig, "/A", "some"));
	assert_false(is_had(&rig, "/B", "some"));
	assert_true(is_had(&rig, "/C", "some"));
	assert_false(is_had(&rig, "/A", "none"));
	rig_fini(&rig);
}

/* ---- the comparison, its column on services ---- */

static void comparison_addressing_is_a_name_and_a_connection(void **state)
{
	struct rig rig;

	(void)state;
	registry_begin(&rig);
	sibling_give(&rig, &registry[0], "/A");
	sibling_give(&rig, &registry[0], "/C");
	/* Each client's connection is its own slot, under the same service. */
	assert_true(is_had(&rig, "/A", "database"));
	assert_ptr_equal(rig.route.hops[0].slot->holder, rig_realm(&rig, "/A"));
	assert_true(is_had(&rig, "/C", "database"));
	assert_ptr_equal(rig.route.hops[0].slot->holder, rig_realm(&rig, "/C"));
	assert_string_equal(rig.route.path, "/svc/database");
	rig_fini(&rig);
}

static void comparison_access_control_requires_a_capability(void **state)
{
	struct grant *own;
	struct rig rig;

	(void)state;
	registry_begin(&rig);
	/* One realm is one trust: what is its own needs no leave. */
	own = registry_find(rig_realm(&rig, "/D"), "network");
	rig_expect_grant(&rig, own,
			 "capability#3 /D network = /D:/svc/network");
	/* To be on the list is not to have it. */
	assert_false(is_had(&rig, "/A", "network"));
	sibling_give(&rig, &registry[2], "/A");
	assert_true(is_had(&rig, "/A", "network"));
	rig_fini(&rig);
}

static void comparison_setup_is_registration_and_connection(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct grant *g;
	struct rig rig;

	(void)state;
	rig_init(&rig, realms);
	assert_false(is_had(&rig, "/A", "x"));
	g = rig_register(&rig, "/", "x", NULL);
	assert_true(is_had(&rig, "/A", "x"));
	slot_end(grant_slot(g), &c);
	assert_false(is_had(&rig, "/A", "x"));
	rig_register(&rig, "/", "x", NULL);
	assert_true(is_had(&rig, "/A", "x"));
	rig_fini(&rig);
}

/* ---- the summary ---- */

static void summary_registration_records_name_endpoint_and_policy(void **state)
{
	struct text policy = TEXT_INIT;
	struct grant *g;
	struct rig rig;

	(void)state;
	registry_begin(&rig);
	g = registry_find(rig_realm(&rig, "/B"), "database");
	assert_string_equal(g->decls[0].name, "database");
	assert_ptr_equal(g->slots[0].holder, rig_realm(&rig, "/B"));
	assert_string_equal(g->decls[0].path, "/svc/database");
	access_render(g->decls[0].access, &policy);
	assert_string_equal(text_string(&policy), "[\"/A\", \"/C\"]");
	text_fini(&policy);
	rig_fini(&rig);
}

static void summary_connection_enforces_the_policy(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct rig rig;

	(void)state;
	registry_begin(&rig);
	sibling_give(&rig, &registry[0], "/A");
	assert_true(is_had(&rig, "/A", "database"));
	/* The next connection meets the policy that there is then. */
	slot_end(grant_slot(registry_find(rig_realm(&rig, "/B"), "database")),
		 &c);
	rig_register(&rig, "/B", "database", NAMES("/C"));
	assert_false(is_had(&rig, "/A", "database"));
	assert_string_equal(rig.route.why.rule, "access-denied");
	assert_int_equal(rig.route.why.status, REEVE_ERR_ACCESS_DENIED);
	rig_fini(&rig);
}

static void summary_communication_has_no_broker(void **state)
{
	struct rig rig;

	(void)state;
	registry_begin(&rig);
	sibling_give(&rig, &registry[0], "/A");
	assert_true(is_had(&rig, "/A", "database"));
	/* Whoever has it is sent to its provider, nobody between. */
	assert_int_equal(rig.route.source, ROUTE_SOURCE_COMPONENT);
	assert_ptr_equal(rig.route.realm, rig_realm(&rig, "/B"));
	rig_fini(&rig);
}

static void summary_access_control_takes_grant_and_policy(void **state)
{
	struct rig rig;

	(void)state;
	registry_begin(&rig);
	/* A policy without a grant, a grant without the policy, and both. */
	assert_false(is_had(&rig, "/A", "database"));
	sibling_give(&rig, &registry[0], "/D");
	assert_false(is_had(&rig, "/D", "database"));
	sibling_give(&rig, &registry[0], "/A");
	assert_true(is_had(&rig, "/A", "database"));
	rig_fini(&rig);
}

static void summary_revocation_cuts_off_access(void **state)
{
	struct cut_told told;
	struct cutting c = rig_cutting(&told);
	struct grant *to_a, *to_k;
	struct rig rig;

	(void)state;
	rig_init(&rig, realms);
	rig_register(&rig, "/B", "x", NULL);
	to_a = rig_give(&rig, "/", "/A",
			&(struct grant_spec){ .name = "x", .from = "#B" });
	to_k = rig_give(&rig, "/A", "/A/K",
			&(struct grant_spec){ .name = "x" });
	sibling_give(&rig, &(struct entry){ .name = "x", .source = "#B" },
		     "/C");
	assert_true(is_had(&rig, "/A/K", "x"));
	/* By the parent, and all that was derived; others keep theirs. */
	slot_cut(grant_slot(to_a), SLOT_CUT_BY_PARENT, &c);
	assert_int_equal(told.n_grants, 2);
	assert_true(rig_was_told(&told, &to_k->slots[0]));
	assert_false(is_had(&rig, "/A", "x"));
	assert_false(is_had(&rig, "/A/K", "x"));
	assert_true(is_had(&rig, "/C", "x"));
	/* By the end of the service. */
	slot_end(grant_slot(registry_find(rig_realm(&rig, "/B"), "x")), &c);
	assert_false(is_had(&rig, "/C", "x"));
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figure_service_registry),
		cmocka_unit_test(figure_all_children),
		cmocka_unit_test(grant_mechanisms_parent_grants),
		cmocka_unit_test(grant_mechanisms_init_configuration),
		cmocka_unit_test(grant_mechanisms_hierarchy_rules),
		cmocka_unit_test(grant_mechanisms_service_policy),
		cmocka_unit_test(
			comparison_addressing_is_a_name_and_a_connection),
		cmocka_unit_test(
			comparison_access_control_requires_a_capability),
		cmocka_unit_test(
			comparison_setup_is_registration_and_connection),
		cmocka_unit_test(
			summary_registration_records_name_endpoint_and_policy),
		cmocka_unit_test(summary_connection_enforces_the_policy),
		cmocka_unit_test(summary_communication_has_no_broker),
		cmocka_unit_test(summary_access_control_takes_grant_and_policy),
		cmocka_unit_test(summary_revocation_cuts_off_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
