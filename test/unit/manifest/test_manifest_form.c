/*
 * What comes out of the loader: the printed manifests that the path-named
 * dialect is known from, the normal form of both dialects, and its words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/own.h"
#include "manifest_test.h"

#define RUN "program: { runner: 'elf', binary: 'bin/x' }, "
#define AB                                                                     \
	"children: [{ name: 'a', url: '#meta/a.cm' }, "                        \
	"{ name: 'b', url: '#meta/b.cm' }], "
#define STORE                                                                  \
	"{ storage: 's', from: 'parent', backing_dir: 'd', "                   \
	"storage_id: 'static_instance_id_or_moniker' }"

/* The same with names and URLs of the path-named dialect. */
#define SEED "use: [{ service: '/svc/zz' }], "
#define SEED_AB                                                                \
	"children: [{ name: 'A', url: 'x-y://a' }, "                           \
	"{ name: 'b', url: 'x-y://b' }], "

static void test_form(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " AB
		"collections: [{ name: 'c', durability: 'single_run' }],"
		"program: { runner: 'elf', binary: 'bin/x', args: ['a'], "
		"environ: ['B=c'], strict: true }, "
		"capabilities: [{ protocol: ['p', 'q'] }, " STORE "], "
		"use: [{ protocol: 'u', availability: 'optional' }, "
		"{ directory: 'd', path: '/d', rights: ['r*', 'write_bytes'], "
		"subdir: 'e/f' }, { storage: 's', path: '/s' }], "
		"offer: [{ protocol: 'p', as: 'x', from: 'self', to: ['#a', "
		"'#c'], dependency: 'weak' }], expose: [{ protocol: 'y', "
		"from: '#b', to: 'framework' }] }",
		"");
	const struct decl *d;

	(void)state;
	assert_int_equal(m->dialect, DIALECT_MODERN);
	assert_string_equal(m->program->runner, "elf");
	assert_string_equal(m->program->args[0], "a");
	assert_string_equal(m->program->environ[0], "B=c");
	assert_true(m->program->strict);
	assert_int_equal(m->n_children, 2);
	assert_int_equal(m->collections[0].durability, DURABILITY_SINGLE_RUN);

	assert_int_equal(m->n_decls[DECL_CAPABILITY], 3);
	d = decl_find(m, DECL_CAPABILITY, "q");
	assert_string_equal(d->path, "/svc/q");
	assert_false(d->implied);
	d = decl_find(m, DECL_CAPABILITY, "s");
	assert_string_equal(d->backing, "d");
	assert_int_equal(d->from.kind, SOURCE_PARENT);
	assert_null(d->path);

	d = decl_find(m, DECL_USE, "u");
	assert_string_equal(d->path, "/svc/u");
	assert_int_equal(d->availability, AVAILABILITY_OPTIONAL);
	d = decl_find(m, DECL_USE, "d");
	assert_int_equal(d->rights, RIGHTS_R | RIGHT_WRITE_BYTES);
	assert_string_equal(d->subdir, "e/f");

	assert_int_equal(m->n_decls[DECL_OFFER], 2);
	d = m->decls[DECL_OFFER];
	assert_string_equal(d[0].target_name, "x");
	assert_int_equal(d[0].to.kind, TARGET_CHILD);
	assert_int_equal(d[1].to.kind, TARGET_COLLECTION);
	assert_true(d[1].weak);
	d = decl_find(m, DECL_EXPOSE, "y");
	assert_int_equal(d->to.kind, TARGET_FRAMEWORK);
	manifest_free(m);
}

static void test_undecided_is_modern(void **state)
{
	struct manifest *m = manifest_expect("{ " AB " facets: {} }", "");

	(void)state;
	assert_int_equal(m->dialect, DIALECT_NONE);
	assert_int_equal(m->n_children, 2);
	assert_null(m->program);
	manifest_free(m);
}

static void text_equal(struct text *t, const char *expected)
{
	assert_string_equal(text_string(t), expected);
	text_fini(t);
}

static void test_rendering(void **state)
{
	static const struct {
		uint32_t rights;
		const char *text;
	} cases[] = {
		{ RIGHTS_R, "r*" },
		{ RIGHTS_R | RIGHTS_W, "rw*" },
		{ RIGHTS_R | RIGHTS_X, "rx*" },
		{ RIGHTS_R | RIGHTS_W | RIGHTS_X, "rw*, execute" },
		{ RIGHT_CONNECT | RIGHT_READ_BYTES, "connect, read_bytes" },
		{ RIGHTS_W | RIGHT_READ_BYTES, "w*, read_bytes" },
		{ RIGHT_ADMIN, "admin" },
		{ 0, "none" },
	};
	struct source child = { .kind = SOURCE_CHILD, .name = "a" };
	struct source parent = { .kind = SOURCE_PARENT };
	struct text t = TEXT_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < N_ELEMENTS(cases); i++) {
		rights_render(cases[i].rights, &t);
		text_equal(&t, cases[i].text);
	}
	source_render(&child, &t);
	text_equal(&t, "#a");
	source_render(&parent, &t);
	text_equal(&t, "parent");
	assert_string_equal(capability_type_name(CAPABILITY_DIRECTORY),
			    "directory");
	assert_string_equal(decl_kind_name(DECL_EXPOSE), "expose");
}

/* Load TEST_DATA/@name; the verdict. */
static int file_load(const char *name, struct manifest **ret,
		     struct report *report)
{
	size_t n;
	char *bytes = data_read(name, &n);
	int r;

	report_init(report);
	r = manifest_load(name, bytes, n, ret, report);
	free(bytes);
	return r;
}

static void only_error(const char *name, unsigned line, unsigned column,
		       const char *part, const char *part2)
{
	struct manifest *m = NULL;
	struct report report;

	assert_int_equal(file_load(name, &m, &report), MANIFEST_INVALID);
	assert_int_equal(report.n_errors, 1);
	assert_int_equal(report.n_warnings, 0);
	assert_string_equal(report.first->rule, "syntax");
	assert_string_equal(report.first->file, name);
	assert_int_equal(report.first->place.line, line);
	assert_int_equal(report.first->place.column, column);
	assert_non_null(strstr(report.first->text, part));
	assert_non_null(strstr(report.first->text, part2));
	report_fini(&report);
}

static void test_printed_manifests_are_pointed_at(void **state)
{
	struct manifest *m = NULL;
	struct report report;

	(void)state;
	only_error("seed/A.cml", 5, 12, "begins at column 5 is not closed",
		   "behind \"expose\"");
	only_error("seed/B.cml", 2, 12, "begins at column 5 is not closed",
		   "behind \"expose\"");
	only_error("seed/C.cml", 10, 6, "a comma is missing",
		   "before \"children\" (line 11)");
	assert_int_equal(file_load("seed/D.cml", &m, &report), 0);
	assert_int_equal(report.n_errors + report.n_warnings, 0);
	manifest_free(m);
	report_fini(&report);
}

static struct manifest *corrected(const char *name)
{
	struct manifest *m = NULL;
	struct report report;

	assert_int_equal(file_load(name, &m, &report), 0);
	assert_int_equal(report.n_errors + report.n_warnings, 0);
	assert_int_equal(m->dialect, DIALECT_SEED);
	assert_string_equal(m->file, name);
	report_fini(&report);
	return m;
}

static void test_corrected_manifests(void **state)
{
	struct manifest *a = corrected("seed/corrected/A.cml");
	struct manifest *b = corrected("seed/corrected/B.cml");
	struct manifest *c = corrected("seed/corrected/C.cml");
	struct manifest *d = corrected("seed/corrected/D.cml");
	const struct decl *decl;

	(void)state;
	assert_string_equal(a->program->binary, "bin/hippo");
	assert_string_equal(a->program->runner, "elf");
	decl = decl_find(a, DECL_EXPOSE, "fuchsia.example.Foo");
	assert_int_equal(decl->from.kind, SOURCE_SELF);
	assert_int_equal(decl->to.kind, TARGET_PARENT);
	assert_string_equal(decl->keyword, "service");
	assert_int_equal(decl->place.line, 6);
	assert_int_equal(decl->place.column, 9);
	assert_int_equal(decl->name_place.line, 7);
	assert_int_equal(decl->from.place.line, 8);
	decl = decl_find(a, DECL_CAPABILITY, "fuchsia.example.Foo");
	assert_true(decl->implied);
	assert_string_equal(decl->path, "/svc/fuchsia.example.Foo");

	assert_null(b->program);
	decl = decl_find(b, DECL_EXPOSE, "fuchsia.example.Foo");
	assert_int_equal(decl->from.kind, SOURCE_CHILD);
	assert_string_equal(decl->from.name, "A");
	assert_int_equal(b->n_decls[DECL_CAPABILITY], 0);
	assert_string_equal(b->children[0].name, "A");
	assert_string_equal(b->children[0].url,
			    "fuchsia-pkg://fuchsia.com/a#meta/a.cm");

	decl = decl_find(c, DECL_OFFER, "fuchsia.example.Foo");
	assert_string_equal(decl->from.name, "B");
	assert_int_equal(decl->to.kind, TARGET_CHILD);
	assert_string_equal(decl->to.name, "D");
	assert_int_equal(decl->to.place.line, 7);
	assert_int_equal(c->n_children, 2);

	decl = decl_find(d, DECL_USE, "fuchsia.example.Foo");
	assert_int_equal(decl->from.kind, SOURCE_PARENT);
	assert_string_equal(decl->path, "/svc/fuchsia.example.Foo");
	manifest_free(a);
	manifest_free(b);
	manifest_free(c);
	manifest_free(d);
}

static void test_normal_form_of_names(void **state)
{
	struct manifest *m = manifest_expect(
		"{ use: [{ service: '/svc/a' }, { service: '/foo/b/c' }, "
		"{ service: '/d', as: '/svc/e' }, { directory: '/x/f', as: "
		"'/g' }] }",
		"");
	const struct decl *d;

	(void)state;
	assert_string_equal(decl_find(m, DECL_USE, "a")->path, "/svc/a");
	d = decl_find(m, DECL_USE, "/foo/b/c");
	assert_string_equal(d->path, "/foo/b/c");
	d = decl_find(m, DECL_USE, "/d");
	assert_string_equal(d->path, "/svc/e");
	d = decl_find(m, DECL_USE, "/x/f");
	assert_string_equal(d->path, "/g");
	assert_true(d->has_rights);
	assert_int_equal(d->rights, RIGHTS_R);
	manifest_free(m);
}

static void test_normal_form_of_offers(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " SEED_AB
		"storage: [{ name: 's', from: 'self', path: '/back' }], "
		"offer: [{ protocol: ['/svc/a', '/svc/b'], from: 'self', "
		"to: ['#A', { dest: '#b' }] }, "
		"{ directory: '/d', from: 'self', to: [{ dest: '#A', as: '/x' "
		"}]"
		" }, { directory: '/d', from: 'self', rights: ['rw*'], "
		"to: ['#b'] }, { directory: '/e', from: 'realm', to: ['#b'] }, "
		"{ storage: 'cache', from: '#s', to: ['#A'] }] }",
		"");
	const struct decl *d = m->decls[DECL_OFFER];

	(void)state;
	/* Two names and two targets are four declarations. */
	assert_int_equal(m->n_decls[DECL_OFFER], 8);
	assert_string_equal(d[0].name, "a");
	assert_string_equal(d[0].to.name, "A");
	assert_string_equal(d[1].to.name, "b");
	assert_string_equal(d[3].name, "b");
	assert_true(d[0].to.place.column < d[1].to.place.column);

	/* Each keeps its own rights; the source has them all. */
	assert_string_equal(d[4].target_name, "/x");
	assert_int_equal(d[4].rights, RIGHTS_R);
	assert_int_equal(d[5].rights, RIGHTS_R | RIGHTS_W);
	assert_false(d[6].has_rights);
	d = decl_find(m, DECL_CAPABILITY, "/d");
	assert_int_equal(d->rights, RIGHTS_R | RIGHTS_W);
	assert_string_equal(d->path, "/d");

	d = decl_find(m, DECL_OFFER, "cache");
	assert_int_equal(d->from.kind, SOURCE_CAPABILITY);
	assert_string_equal(d->from.name, "s");
	d = decl_find(m, DECL_CAPABILITY, "s");
	assert_int_equal(d->type, CAPABILITY_STORAGE);
	assert_string_equal(d->backing, "/back");
	assert_false(d->implied);
	d = decl_find(m, DECL_CAPABILITY, "/back");
	assert_true(d->implied);
	assert_int_equal(d->rights, RIGHTS_R | RIGHTS_W);
	/* a, b, /d, /back and the storage itself, which is no implied one. */
	assert_int_equal(m->n_decls[DECL_CAPABILITY], 5);
	assert_false(m->decls[DECL_CAPABILITY][0].implied);
	manifest_free(m);
}

static void test_storage_places(void **state)
{
	struct manifest *m = manifest_expect(
		"{ program: { binary: 'x' }, use: [{ storage: 'data' }, "
		"{ storage: 'cache', as: '/tmp/c' }, { storage: 'meta' }] }",
		"");

	(void)state;
	assert_int_equal(m->dialect, DIALECT_SEED);
	assert_string_equal(decl_find(m, DECL_USE, "data")->path, "/data");
	assert_string_equal(decl_find(m, DECL_USE, "cache")->path, "/tmp/c");
	assert_null(decl_find(m, DECL_USE, "meta")->path);
	manifest_free(m);
}

static void test_program(void **state)
{
	struct manifest *m = manifest_expect(
		"{ " SEED "program: { binary: 'bin/x', args: ['-v', 'a'], "
		"env: { HOME: '/data', EMPTY: '' }, "
		"lifecycle: { stop_event: 'notify' } } }",
		"");
	const struct program *p = m->program;

	(void)state;
	assert_string_equal(p->runner, "elf");
	assert_int_equal(p->n_args, 2);
	assert_string_equal(p->args[1], "a");
	assert_int_equal(p->n_environ, 2);
	assert_string_equal(p->environ[0], "HOME=/data");
	assert_string_equal(p->environ[1], "EMPTY=");
	assert_true(p->notify_stop);
	assert_false(p->strict);
	manifest_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_undecided_is_modern),
		cmocka_unit_test(test_rendering),
		cmocka_unit_test(test_printed_manifests_are_pointed_at),
		cmocka_unit_test(test_corrected_manifests),
		cmocka_unit_test(test_normal_form_of_names),
		cmocka_unit_test(test_normal_form_of_offers),
		cmocka_unit_test(test_storage_places),
		cmocka_unit_test(test_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
