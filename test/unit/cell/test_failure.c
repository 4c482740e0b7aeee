#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "cell/failure.h"
#include "cell/layer.h"

static const char *render(const struct cell_failure *f, struct text *t)
{
	text_clear(t);
	cell_failure_render(f, t);
	return text_string(t);
}

/* Every stage, with every errno, is a sentence on one line. */
static void failure_has_words_for_everything(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct cell_failure f;
	int stage, error;

	(void)state;
	for (stage = 0; stage < N_CELL_STAGES; stage++)
		for (error = 0; error < 134; error++) {
			cell_failure_set(&f, stage, error, CELL_REASON_NONE,
					 "/some/path");
			render(&f, &t);
			assert_memory_equal(text_string(&t), "could not ", 10);
			assert_null(strchr(text_string(&t), '\n'));
			assert_null(strstr(text_string(&t), "(null)"));
			assert_true(t.n > 30);
		}
}

static void failure_has_words_for_every_reason(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT, other = TEXT_INIT;
	struct cell_failure f;
	int reason;

	(void)state;
	for (reason = 1; reason < N_CELL_REASONS; reason++) {
		cell_failure_set(&f, CELL_STAGE_EXEC, 0, reason, "/detail");
		render(&f, &t);
		cell_failure_set(&f, CELL_STAGE_EXEC, 0, CELL_REASON_NONE,
				 "/detail");
		render(&f, &other);
		assert_string_not_equal(text_string(&t), text_string(&other));
	}
}

static void failure_names_the_detail(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct cell_failure f;

	(void)state;
	cell_failure_set(&f, CELL_STAGE_SOURCE, -ENOENT, CELL_REASON_NONE,
			 "/srv/missing");
	assert_string_equal(render(&f, &t),
			    "could not open the directory /srv/missing: No "
			    "such file or directory; create it, or correct the "
			    "path");
	cell_failure_set(&f, CELL_STAGE_EXEC, ENOENT, CELL_REASON_NO_LOADER,
			 "/lib/ld.so");
	assert_non_null(strstr(render(&f, &t), "/lib/ld.so"));
	cell_failure_set(&f, CELL_STAGE_SOURCE, ENOENT, CELL_REASON_NONE,
			 "/a\033[2J");
	assert_null(strchr(render(&f, &t), '\033'));
}

static void failure_lists_missing_layers(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	struct cell_failure f;

	(void)state;
	cell_failure_set(&f, CELL_STAGE_REQUIRED, 0, CELL_REASON_NONE, NULL);
	f.layers = CELL_LAYER_LANDLOCK | CELL_LAYER_CGROUP;
	assert_non_null(strstr(render(&f, &t), "landlock, cgroup"));
}

/* A detail that is too long is cut, not overrun. */
static void failure_cuts_long_details(void **state)
{
	char detail[4096];
	struct cell_failure f;

	(void)state;
	memset(detail, 'x', sizeof(detail));
	detail[sizeof(detail) - 1] = 0;
	cell_failure_set(&f, CELL_STAGE_EXEC, 1, CELL_REASON_NONE, detail);
	assert_int_equal(strlen(f.detail), sizeof(f.detail) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failure_has_words_for_everything),
		cmocka_unit_test(failure_has_words_for_every_reason),
		cmocka_unit_test(failure_names_the_detail),
		cmocka_unit_test(failure_lists_missing_layers),
		cmocka_unit_test(failure_cuts_long_details),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
