/*
 * What comes out of the loader for what is put together: environments,
 * dictionaries, services of several sources, offers to all, and the runner that
 * a program only names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/own.h"
#include "manifest_test.h"

#define AB                                                                     \
	"children: [{ name: 'a', url: '#meta/a.cm' }, "                        \
	"{ name: 'b', url: '#meta/b.cm' }], "
#define COLL "collections: [{ name: 'c', durability: 'transient' }], "

static void test_environments(void **state)
{
	struct manifest *m = manifest_expect(
		"{ capabilities: [{ runner: 'r', path: '/r' }], "
		"children: [{ name: 'a', url: '#a', environment: '#f' }, "
		"{ name: 'b', url: '#b' }], collections: [{ name: 'c', "
		"durability: 'transient', environment: '#e', "
		"allowed_offers: 'static_and_dynamic', "
		"persistent_storage: true }], environments: [{ name: 'e' }, "
		"{ name: 'f', extends: 'realm', __stop_timeout_ms: 0, "
		"runners: [{ runner: 'r', from: 'self', as: 's' }], "
		"resolvers: [{ resolver: 't', from: 'parent', "
		"scheme: 'x-y' }], debug: [{ protocol: ['u', 'v'], "
		"from: '#b' }] }] }",
		"");
	const struct environment_decl *e = manifest_environment(m, "e");
	const struct environment_decl *f = manifest_environment(m, "f");
	const struct decl *d = m->decls[DECL_REGISTRATION];

	(void)state;
	assert_int_equal(m->n_environments, 2);
	assert_null(manifest_environment(m, "a"));
	assert_false(e->extends_parent || e->has_stop_timeout);
	assert_true(f->extends_parent && f->has_stop_timeout);
	assert_int_equal(f->stop_timeout_ms, 0);
	assert_ptr_equal(m->children[0].environment, f);
	assert_null(m->children[1].environment);
	assert_ptr_equal(m->collections[0].environment, e);
	assert_false(m->collections[0].has_static_offers_only);
	assert_true(m->collections[0].keeps_storage);

	assert_int_equal(m->n_decls[DECL_REGISTRATION], 4);
	assert_int_equal(d[0].type, CAPABILITY_RUNNER);
	assert_string_equal(d[0].name, "r");
	assert_string_equal(d[0].target_name, "s");
	assert_int_equal(d[0].from.kind, SOURCE_SELF);
	assert_ptr_equal(d[0].environment, f);
	assert_int_equal(d[1].type, CAPABILITY_RESOLVER);
	assert_string_equal(d[1].target_name, "x-y");
	assert_int_equal(d[2].type, CAPABILITY_SERVICE);
	assert_string_equal(d[2].target_name, "u");
	assert_string_equal(d[3].name, "v");
	assert_int_equal(d[3].from.kind, SOURCE_CHILD);
	manifest_free(m);
}

static void test_environments_of_the_path_named(void **state)
{
	struct manifest *m = manifest_expect(
		"{ runners: [{ name: 'r', from: 'self', path: '/svc/R' }], "
		"resolvers: [{ name: 's', path: '/svc/S' }], "
		"environments: [{ name: 'e', extend: 'realm', runners: ["
		"{ runner: 'r', from: 'self' }, { runner: 't', "
		"from: 'realm' }], resolvers: [{ resolver: 's', from: 'self', "
		"scheme: 'x-y' }] }], children: [{ name: 'A', url: 'x-y://a', "
		"environment: '#e' }] }",
		"");
	const struct decl *d;

	(void)state;
	assert_int_equal(m->dialect, DIALECT_SEED);
	assert_true(m->environments[0].extends_parent);
	assert_ptr_equal(m->children[0].environment, m->environments);
	/* Nothing is implied where it can be declared. */
	assert_int_equal(m->n_decls[DECL_CAPABILITY], 2);
	d = decl_find(m, DECL_CAPABILITY, "r");
	assert_int_equal(d->type, CAPABILITY_RUNNER);
	assert_string_equal(d->path, "/svc/R");
	d = decl_find(m, DECL_CAPABILITY, "s");
	assert_int_equal(d->type, CAPABILITY_RESOLVER);
	assert_int_equal(m->n_decls[DECL_REGISTRATION], 3);
	manifest_free(m);
}

static void source_equal(const struct decl *d, const char *expected)
{
	struct text t = TEXT_INIT;

	source_render(&d->from, &t);
	assert_string_equal(text_string(&t), expected);
	text_fini(&t);
}

static void test_dictionaries(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB "capabilities: [{ dictionary: 'd' }], "
		"use: [{ protocol: 'p', from: 'parent/x/y' }, "
		"{ dictionary: 'e', path: '/e', from: '#a/z' }], "
		"offer: [{ protocol: 'q', from: 'parent', to: 'self/d' }, "
		"{ dictionary: 'd', from: 'self', to: '#b' }], "
		"expose: [{ protocol: 'q', from: 'self/d' }, "
		"{ directory: 'f', from: '#gone/g', "
		"source_availability: 'unknown' }] }",
		"");
	const struct decl *d;

	(void)state;
	d = decl_find(m, DECL_CAPABILITY, "d");
	assert_int_equal(d->type, CAPABILITY_DICTIONARY);
	assert_null(d->path);
	d = decl_find(m, DECL_USE, "p");
	assert_string_equal(d->from.dictionary, "x/y");
	source_equal(d, "parent/x/y");
	d = decl_find(m, DECL_USE, "e");
	assert_int_equal(d->from.kind, SOURCE_CHILD);
	assert_string_equal(d->from.name, "a");
	assert_string_equal(d->path, "/e");
	source_equal(d, "#a/z");
	d = decl_find(m, DECL_OFFER, "q");
	assert_int_equal(d->to.kind, TARGET_DICTIONARY);
	assert_string_equal(d->to.name, "d");
	assert_null(d->from.dictionary);
	d = decl_find(m, DECL_EXPOSE, "q");
	source_equal(d, "self/d");
	/* What is not there is in no dictionary either. */
	source_equal(decl_find(m, DECL_EXPOSE, "f"), "void");
	manifest_free(m);
}

static void test_aggregates(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB COLL "expose: [{ service: 's', from: ['#a', '#c'] }], "
		"offer: [{ service: ['t', 'u'], from: ['parent', '#gone', "
		"'#c'], to: ['#a', '#b'], source_availability: 'unknown' }, "
		"{ service: 'v', from: ['#gone', '#went'], to: '#a', "
		"source_availability: 'unknown' }] }",
		"");
	const struct decl *d = m->decls[DECL_EXPOSE];
	size_t i;

	(void)state;
	assert_int_equal(m->n_decls[DECL_EXPOSE], 2);
	source_equal(&d[0], "#a");
	source_equal(&d[1], "#c");
	assert_int_equal(d[1].from.kind, SOURCE_COLLECTION);
	/* Two names, two targets, and two sources of three. */
	d = m->decls[DECL_OFFER];
	assert_int_equal(m->n_decls[DECL_OFFER], 9);
	for (i = 0; i < 8; i++) {
		assert_string_equal(d[i].name, i < 4 ? "t" : "u");
		assert_string_equal(d[i].to.name, i % 4 < 2 ? "a" : "b");
		source_equal(&d[i], i % 2 ? "#c" : "parent");
		assert_int_equal(d[i].availability, AVAILABILITY_REQUIRED);
	}
	source_equal(&d[8], "void");
	assert_int_equal(d[8].availability, AVAILABILITY_OPTIONAL);
	manifest_free(m);
}

static void test_instances(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB "offer: [{ service: 's', from: '#a', to: '#b', "
		"source_instance_filter: ['x', 'y'], renamed_instances: ["
		"{ source_name: 'y', target_name: 'q' }, { source_name: 'y', "
		"target_name: 'p' }, { source_name: 'z', target_name: 'r' }] "
		"}, { service: 't', from: '#a', to: '#b', renamed_instances: ["
		"{ source_name: 'y', target_name: 'z' }] }, "
		"{ service: 'u', from: '#a', to: '#b' }] }",
		"");
	static const struct instance_name expected[] = { { "x", "x" },
							 { "y", "q" },
							 { "y", "p" } };
	const struct decl *d = decl_find(m, DECL_OFFER, "s");
	size_t i;

	(void)state;
	assert_int_equal(d->n_instances, N_ELEMENTS(expected));
	for (i = 0; i < d->n_instances; i++) {
		assert_string_equal(d->instances[i].source, expected[i].source);
		assert_string_equal(d->instances[i].target, expected[i].target);
	}
	d = decl_find(m, DECL_OFFER, "t");
	assert_int_equal(d->n_instances, 1);
	assert_string_equal(d->instances[0].target, "z");
	assert_null(decl_find(m, DECL_OFFER, "u")->instances);
	manifest_free(m);
}

static void test_all(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB COLL "offer: [{ protocol: 'p', from: 'parent', "
		"to: 'all' }, { protocol: 'q', from: '#a', to: 'all', "
		"as: 'r' }, { protocol: 'p', from: 'parent', to: '#b' }] }",
		"");
	const struct decl *d = m->decls[DECL_OFFER];

	(void)state;
	/* p to three of whom one is named, and r to all but its source. */
	assert_int_equal(m->n_decls[DECL_OFFER], 5);
	assert_string_equal(d[0].to.name, "a");
	assert_true(d[0].to.is_all);
	assert_string_equal(d[1].to.name, "c");
	assert_int_equal(d[1].to.kind, TARGET_COLLECTION);
	assert_string_equal(d[2].to.name, "b");
	assert_string_equal(d[2].target_name, "r");
	assert_string_equal(d[3].to.name, "c");
	assert_string_equal(d[4].to.name, "b");
	assert_false(d[4].to.is_all);
	manifest_free(m);
}

static void test_runner_is_implied(void **state)
{
	struct manifest *m =
		manifest_expect("{ program: { runner: 'web', at: 1 }, "
				"use: [{ protocol: 'p' }] }",
				"");
	const struct decl *d = decl_find(m, DECL_USE, "web");

	(void)state;
	assert_int_equal(m->n_decls[DECL_USE], 2);
	assert_ptr_equal(d, &m->decls[DECL_USE][1]);
	assert_true(d->implied);
	assert_int_equal(d->type, CAPABILITY_RUNNER);
	assert_int_equal(d->from.kind, SOURCE_ENVIRONMENT);
	assert_int_equal(d->name_place.column, 22);
	manifest_free(m);

	m = manifest_expect("{ program: {}, use: [{ runner: 'web', "
			    "from: 'parent' }] }",
			    "");
	assert_int_equal(m->n_decls[DECL_USE], 1);
	assert_int_equal(m->decls[DECL_USE]->from.kind, SOURCE_PARENT);
	manifest_free(m);

	m = manifest_expect("{ program: { runner: 'elf', binary: 'x', "
			    "forward_stdout_to: 'log', "
			    "forward_stderr_to: 'none' } }",
			    "");
	assert_false(m->program->drops_stdout);
	assert_true(m->program->drops_stderr);
	assert_int_equal(m->n_decls[DECL_USE], 0);
	manifest_free(m);
}

static void test_events(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB "use: [{ event_stream: ['started', 'stopped'] }], "
		"offer: [{ event_stream: 'started', from: 'parent', "
		"to: '#a', as: 'begun' }] }",
		"");
	const struct decl *d = decl_find(m, DECL_USE, "stopped");

	(void)state;
	assert_int_equal(d->type, CAPABILITY_EVENT_STREAM);
	assert_string_equal(d->path, "/svc/fuchsia.component.EventStream");
	d = decl_find(m, DECL_OFFER, "started");
	assert_string_equal(d->target_name, "begun");
	manifest_free(m);
}

/* What could not be read is not spoken of when something else is wrong. */
static void test_half_read_source(void **state)
{
	(void)state;
	manifest_free(manifest_expect(
		"{ " AB "offer: [{ protocol: 'p', from: `'#-', to: `'#x' }, "
		"{ service: 's', from: [`'#-', '#a'], to: `'#y' }] }",
		"invalid-reference unknown-target invalid-reference "
		"unknown-target"));
}

/* A megabyte that is as bad as it can be is still read at once: whatever is
 * compared is sorted first. This ends, that is all: time is not measured. */
static void test_hostile(void **state)
{
	struct text t = TEXT_INIT;
	struct manifest *m = NULL;
	struct report report;
	int i;

	(void)state;
	text_puts(&t,
		  "{ children: [{ name: 'z', url: '#z' }], environments: [");
	for (i = 0; i < 4000; i++)
		text_printf(&t, "{name:'e%d'},", i);
	text_puts(&t, "], offer: [");
	for (i = 0; i < 6000; i++)
		text_printf(&t,
			    "{service:'s',from:'#x%d',to:'#z',"
			    "source_availability:'unknown',"
			    "source_instance_filter:'i%d'},",
			    i, i / 2);
	text_puts(&t, "{service:'t',to:'#z',from:[");
	for (i = 0; i < 20000; i++)
		text_printf(&t, "'parent/d%d',", i);
	text_puts(&t, "]}] }");
	assert_true(t.n < 1024 * 1024);
	report_init(&report);
	assert_int_equal(manifest_load("f", t.bytes, t.n, &m, &report), 0);
	assert_int_equal(m->n_environments, 4000);
	manifest_free(m);
	report_fini(&report);
	text_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environments),
		cmocka_unit_test(test_environments_of_the_path_named),
		cmocka_unit_test(test_dictionaries),
		cmocka_unit_test(test_aggregates),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_runner_is_implied),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_half_read_source),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
