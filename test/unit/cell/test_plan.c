#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/own.h"
#include "cell/plan.h"
#include "fault.h"

/* A plan with something of everything. */
static int fill(struct plan *p)
{
	static const struct plan_mount mounts[] = {
		{ "/pkg", "/srv/pkg/hippo", NULL,
		  PLAN_READ_BYTES | PLAN_EXECUTE | PLAN_ENUMERATE, PLAN_PACKAGE,
		  false },
		{ "/data", "/var/lib/reeve", "hippo/0",
		  PLAN_READ_BYTES | PLAN_WRITE_BYTES, PLAN_STORAGE, false },
		{ "/config/x", "/etc/x", "sub", PLAN_READ_BYTES, PLAN_DIRECTORY,
		  true },
	};
	size_t i;
	int r = 0;

	r = r ? r : plan_set_moniker(p, "/shop/web");
	r = r ? r : plan_set_binary(p, "/pkg/bin/hippo");
	r = r ? r : plan_set_cwd(p, "/data");
	r = r ? r : plan_set_config(p, "{\"a\":1}");
	r = r ? r : plan_add_arg(p, "hippo");
	r = r ? r : plan_add_arg(p, "");
	r = r ? r : plan_add_arg(p, "--loud");
	r = r ? r : plan_add_environ(p, "A=b=c");
	for (i = 0; i < N_ELEMENTS(mounts); i++)
		r = r ? r : plan_add_mount(p, &mounts[i]);
	r = r ? r : plan_add_link(p, "/config/y", "/grants/config/y");
	r = r ? r : plan_add_link(p, "/late", "/grants/late");
	r = r ? r : plan_add_service(p, "/svc/fuchsia.example.Foo");
	r = r ? r : plan_add_service(p, "/svc/Bar");
	r = r ? r : plan_add_service(p, "/run/sockets/Baz");
	r = r ? r : plan_add_dir(p, "/empty");
	r = r ? r : plan_add_limit(p, RLIMIT_NOFILE, 64, 128);
	p->strict = true;
	p->stop_ms = 1234;
	p->tmp_bytes = UINT64_C(1) << 40;
	return r;
}

static void plan_reads_what_it_wrote(void **state)
{
	_cleanup_text_ struct text once = TEXT_INIT, twice = TEXT_INIT;
	_cleanup_text_ struct text shown = TEXT_INIT, reshown = TEXT_INIT;
	struct plan p, copy;

	(void)state;
	plan_init(&p);
	plan_init(&copy);
	assert_int_equal(fill(&p), 0);
	assert_int_equal(plan_write(&p, &once), 0);
	assert_int_equal(plan_read(once.bytes, once.n, &copy), 0);
	assert_int_equal(plan_write(&copy, &twice), 0);
	assert_int_equal(once.n, twice.n);
	assert_memory_equal(once.bytes, twice.bytes, once.n);
	plan_render_json(&p, &shown);
	plan_render_json(&copy, &reshown);
	assert_string_equal(text_string(&shown), text_string(&reshown));
	assert_int_equal(copy.n_services, 3);
	assert_string_equal(copy.config, "{\"a\":1}");
	assert_int_equal(copy.n_links, 2);
	assert_string_equal(copy.links[1].path, "/late");
	assert_string_equal(copy.links[1].into, "/grants/late");
	assert_string_equal(copy.dirs[copy.services[2].dir], "/run/sockets");
	assert_string_equal(copy.services[0].name, "fuchsia.example.Foo");
	assert_true(copy.strict);
	assert_int_equal(copy.stop_ms, 1234);
	plan_fini(&p);
	plan_fini(&copy);
}

static void plan_refuses_every_truncation(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct plan p, copy;
	size_t n;

	(void)state;
	plan_init(&p);
	assert_int_equal(fill(&p), 0);
	assert_int_equal(plan_write(&p, &t), 0);
	for (n = 0; n < t.n; n++) {
		plan_init(&copy);
		assert_true(plan_read(t.bytes, n, &copy) > 0);
		plan_fini(&copy);
	}
	text_append(&t, "", 1);
	plan_init(&copy);
	assert_int_equal(plan_read(t.bytes, t.n, &copy), PLAN_CUT_SHORT);
	plan_fini(&copy);
	plan_fini(&p);
}

/* Whatever is changed, the reader refuses it or reads a plan that it would
 * write the same. */
static void plan_survives_every_changed_byte(void **state)
{
	static const unsigned char values[] = { 0, 1, 0x2e, 0x2f, 0x7f, 0xff };
	_cleanup_text_ struct text t = TEXT_INIT, again = TEXT_INIT;
	struct plan p, copy;
	size_t i, j;
	char saved;

	(void)state;
	plan_init(&p);
	assert_int_equal(fill(&p), 0);
	assert_int_equal(plan_write(&p, &t), 0);
	for (i = 0; i < t.n; i++) {
		saved = t.bytes[i];
		for (j = 0; j < N_ELEMENTS(values); j++) {
			t.bytes[i] = (char)values[j];
			plan_init(&copy);
			if (plan_read(t.bytes, t.n, &copy) == 0) {
				text_clear(&again);
				assert_int_equal(plan_write(&copy, &again), 0);
				assert_int_equal(again.n, t.n);
				assert_memory_equal(again.bytes, t.bytes, t.n);
			}
			plan_fini(&copy);
		}
		t.bytes[i] = saved;
	}
	plan_fini(&p);
}

static void plan_refuses_bad_parts(void **state)
{
	static const char *const paths[] = { "",	"x",	   "x/y",
					     "//",	"/a//b",   "/a/",
					     "/..",	"/a/../b", "/./a",
					     "/proc/x", "/dev",	   "/sys",
					     "/grants", "/grants/x" };
	struct plan_mount m = { "/x",		"/y", NULL, PLAN_READ_BYTES,
				PLAN_DIRECTORY, false };
	char name[300];
	struct plan p;
	size_t i;

	(void)state;
	plan_init(&p);
	for (i = 0; i < N_ELEMENTS(paths); i++) {
		m.target = paths[i];
		assert_int_equal(plan_add_mount(&p, &m), PLAN_BAD_PATH);
		assert_int_equal(plan_add_dir(&p, paths[i]), PLAN_BAD_PATH);
		assert_int_equal(plan_add_link(&p, paths[i], "/x"),
				 PLAN_BAD_PATH);
	}
	m.target = "/";
	assert_int_equal(plan_add_mount(&p, &m), PLAN_BAD_PATH);
	m.target = "/x";
	m.subpath = "../up";
	assert_int_equal(plan_add_mount(&p, &m), PLAN_BAD_PATH);
	m.subpath = "/absolute";
	assert_int_equal(plan_add_mount(&p, &m), PLAN_BAD_PATH);
	m.subpath = NULL;
	m.rights = 0;
	assert_int_equal(plan_add_mount(&p, &m), PLAN_BAD_RIGHTS);
	m.rights = 0x400;
	assert_int_equal(plan_add_mount(&p, &m), PLAN_BAD_RIGHTS);
	m.rights = PLAN_READ_BYTES;
	assert_int_equal(plan_add_mount(&p, &m), 0);
	assert_int_equal(plan_add_mount(&p, &m), PLAN_DOUBLE);
	assert_int_equal(plan_add_dir(&p, "/x"), PLAN_DOUBLE);
	assert_int_equal(plan_add_service(&p, "/svc/a"), 0);
	assert_int_equal(plan_add_service(&p, "/svc/a"), PLAN_DOUBLE);
	memset(name, 'n', sizeof(name));
	memcpy(name, "/svc/", 5);
	name[5 + 255] = 0;
	assert_int_equal(plan_add_service(&p, name), 0);
	name[5 + 255] = 'n';
	name[5 + 256] = 0;
	assert_int_equal(plan_add_service(&p, name), PLAN_BAD_PATH);
	assert_int_equal(plan_add_environ(&p, "novalue"), PLAN_BAD_STRING);
	assert_int_equal(plan_add_environ(&p, "=x"), PLAN_BAD_STRING);
	assert_int_equal(plan_add_limit(&p, 1, 5, 4), PLAN_BAD_VALUE);
	assert_int_equal(plan_check(&p), PLAN_BAD_STRING);
	plan_fini(&p);
}

/* A link must not lead what is mounted astray, nor be made inside of it. */
static void plan_keeps_links_apart(void **state)
{
	struct plan_mount m = { "/a/b",		"/y", NULL, PLAN_READ_BYTES,
				PLAN_DIRECTORY, false };
	static const char *const near[] = { "/a", "/a/b", "/a/b/c" };
	_cleanup_text_ struct text t = TEXT_INIT;
	char name[32];
	struct plan p;
	size_t i;

	(void)state;
	plan_init(&p);
	assert_int_equal(plan_add_link(&p, "/l", "x"), PLAN_BAD_PATH);
	assert_int_equal(plan_add_link(&p, "/l", "/x/.."), PLAN_BAD_PATH);
	assert_int_equal(plan_add_mount(&p, &m), 0);
	for (i = 0; i < N_ELEMENTS(near); i++)
		assert_int_equal(plan_add_link(&p, near[i], "/x"), PLAN_DOUBLE);
	assert_int_equal(plan_add_link(&p, "/a/bc", "/x"), 0);
	assert_int_equal(plan_add_link(&p, "/a/bc", "/x"), PLAN_DOUBLE);
	assert_int_equal(plan_add_service(&p, "/svc/a"), 0);
	assert_int_equal(plan_add_link(&p, "/svc", "/x"), PLAN_DOUBLE);
	assert_int_equal(plan_add_link(&p, "/svc/b", "/x"), PLAN_DOUBLE);
	plan_fini(&p);
	assert_int_equal(plan_add_link(&p, "/a/b", "/x"), 0);
	for (i = 0; i < N_ELEMENTS(near); i++) {
		m.target = near[i];
		assert_int_equal(plan_add_mount(&p, &m), PLAN_DOUBLE);
		assert_int_equal(plan_add_dir(&p, near[i]), PLAN_DOUBLE);
	}
	for (i = 1; i < PLAN_LINKS_MAX; i++) {
		snprintf(name, sizeof(name), "/l%zu", i);
		assert_int_equal(plan_add_link(&p, name, "/x"), 0);
	}
	assert_int_equal(plan_add_link(&p, "/more", "/x"), PLAN_TOO_LARGE);
	assert_int_equal(plan_set_moniker(&p, "/a"), 0);
	assert_int_equal(plan_set_binary(&p, "/pkg/a"), 0);
	assert_int_equal(plan_add_arg(&p, "a"), 0);
	assert_int_equal(plan_check(&p), 0);
	p.links[5].path = "/l1/x";
	assert_int_equal(plan_write(&p, &t), PLAN_DOUBLE);
	p.links[5].path = "/proc/x";
	assert_int_equal(plan_write(&p, &t), PLAN_BAD_PATH);
	plan_fini(&p);
}

static void plan_is_bounded(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	char name[32], *large;
	struct plan p;
	int i;

	(void)state;
	plan_init(&p);
	for (i = 0; i < PLAN_SERVICES_MAX; i++) {
		snprintf(name, sizeof(name), "/svc/s%d", i);
		assert_int_equal(plan_add_service(&p, name), 0);
	}
	assert_int_equal(plan_add_service(&p, "/svc/more"), PLAN_TOO_LARGE);
	for (i = 0; i < PLAN_DIRS_MAX - 1; i++) {
		snprintf(name, sizeof(name), "/d%d", i);
		assert_int_equal(plan_add_dir(&p, name), 0);
	}
	assert_int_equal(plan_add_dir(&p, "/more"), PLAN_TOO_LARGE);
	assert_int_equal(plan_set_moniker(&p, "/a"), 0);
	assert_int_equal(plan_set_binary(&p, "/pkg/a"), 0);
	large = malloc(PLAN_BYTES_MAX);
	assert_non_null(large);
	memset(large, 'x', PLAN_BYTES_MAX);
	large[PLAN_BYTES_MAX - 1] = 0;
	assert_int_equal(plan_add_arg(&p, large), 0);
	assert_int_equal(plan_write(&p, &t), PLAN_TOO_LARGE);
	free(large);
	plan_fini(&p);
}

/* Huge counts in front of nothing cost nothing. */
static void plan_does_not_believe_counts(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct plan p, copy;
	size_t i;

	(void)state;
	plan_init(&p);
	assert_int_equal(plan_set_moniker(&p, "/a"), 0);
	assert_int_equal(plan_set_binary(&p, "/pkg/a"), 0);
	assert_int_equal(plan_add_arg(&p, "a"), 0);
	assert_int_equal(plan_write(&p, &t), 0);
	for (i = 0; i + 4 <= t.n; i++) {
		char saved[4];

		memcpy(saved, t.bytes + i, 4);
		memset(t.bytes + i, 0xff, 4);
		plan_init(&copy);
		(void)!plan_read(t.bytes, t.n, &copy);
		assert_true(copy.arena.n_bytes < 64 * 1024);
		plan_fini(&copy);
		memcpy(t.bytes + i, saved, 4);
	}
	plan_fini(&p);
}

static int sweep(void *arg)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct plan p, copy;
	int r;

	(void)arg;
	plan_init(&p);
	plan_init(&copy);
	r = fill(&p);
	if (r == 0)
		r = plan_write(&p, &t);
	if (r == 0)
		r = plan_read(t.bytes, t.n, &copy);
	plan_fini(&p);
	plan_fini(&copy);
	return r;
}

static void plan_reports_lack_of_memory(void **state)
{
	(void)state;
	assert_true(fault_sweep(sweep, NULL) > 3);
}

static void plan_shows_itself_safely(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct plan p;

	(void)state;
	plan_init(&p);
	assert_int_equal(fill(&p), 0);
	assert_int_equal(plan_add_arg(&p, "\033[31mred"), 0);
	plan_render(&p, &t);
	assert_null(strchr(text_string(&t), '\033'));
	assert_non_null(strstr(text_string(&t), "/pkg/bin/hippo"));
	assert_non_null(strstr(text_string(&t), "/config/x"));
	assert_non_null(strstr(text_string(&t),
			       "link        /late  -> /grants/late\n"));
	assert_non_null(strstr(text_string(&t), "grants      /grants, "));
	assert_non_null(strstr(text_string(&t), "/svc/fuchsia.example.Foo"));
	assert_non_null(strstr(text_string(&t), "files 64"));
	plan_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_reads_what_it_wrote),
		cmocka_unit_test(plan_refuses_every_truncation),
		cmocka_unit_test(plan_survives_every_changed_byte),
		cmocka_unit_test(plan_refuses_bad_parts),
		cmocka_unit_test(plan_keeps_links_apart),
		cmocka_unit_test(plan_is_bounded),
		cmocka_unit_test(plan_does_not_believe_counts),
		cmocka_unit_test(plan_reports_lack_of_memory),
		cmocka_unit_test(plan_shows_itself_safely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
