#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "cell/probe.h"

static const char *const names[] = {
	"kernel",
	"clone3",
	"user-namespaces",
	"apparmor",
	"namespaces",
	"tmpfs",
	"mount-copies",
	"mount-attributes",
	"proc",
	"idmap",
	"uids",
	"seccomp",
	"landlock",
	"cgroup2",
	"memory-limits",
	"cpu-limits",
	"task-limits",
	"pidfd_getfd",
	"yama",
	"nofile",
};

static void probe_has_all_rows(void **state)
{
	const struct cell_probe_row *row;
	struct cell_probe p;
	size_t i;

	(void)state;
	cell_probe_run(&p);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		row = cell_probe_find(&p, names[i]);
		if (!row)
			fail_msg("no row %s", names[i]);
		assert_true(row->sentence[0]);
		/* What is not well says what to do. */
		if (row->state != PROBE_OK)
			assert_true(row->fix[0]);
	}
	assert_null(cell_probe_find(&p, "no such row"));
}

static void probe_state_is_the_worst(void **state)
{
	struct cell_probe p = { .n_rows = 2 };

	(void)state;
	assert_int_equal(cell_probe_state(&p), PROBE_OK);
	p.rows[1].state = PROBE_DEGRADED;
	assert_int_equal(cell_probe_state(&p), PROBE_DEGRADED);
	p.rows[0].state = PROBE_MISSING;
	assert_int_equal(cell_probe_state(&p), PROBE_MISSING);
}

static void probe_shows_each_row(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT, json = TEXT_INIT;
	struct cell_probe p;
	size_t i;

	(void)state;
	cell_probe_run(&p);
	cell_probe_render(&p, false, &t);
	cell_probe_render_json(&p, &json);
	for (i = 0; i < p.n_rows; i++) {
		assert_non_null(strstr(text_string(&t), p.rows[i].name));
		assert_non_null(strstr(text_string(&json), p.rows[i].name));
	}
	assert_int_equal(text_string(&json)[0], '[');
	assert_int_equal(text_string(&json)[json.n - 1], ']');
}

/* Probing again and again must not eat descriptors, tasks or cgroups. */
static void probe_leaves_nothing(void **state)
{
	struct rlimit few = { 32, 32 };
	struct cell_probe p;
	int i;

	(void)state;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (i = 0; i < 20; i++)
		cell_probe_run(&p);
	assert_int_equal(cell_probe_find(&p, "nofile")->state, PROBE_DEGRADED);
	assert_int_equal(cell_probe_find(&p, "clone3")->state, PROBE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe_has_all_rows),
		cmocka_unit_test(probe_state_is_the_worst),
		cmocka_unit_test(probe_shows_each_row),
		cmocka_unit_test(probe_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
