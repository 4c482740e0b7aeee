/*
 * Supervisors without memory: the n-th allocation fails, for each n, in a life
 * with all that can happen in it. Whatever is refused, everything ends.
 *
 * A supervisor goes on without some of it (a timer, a monitor), so not each
 * failure is seen from outside; what is leaked the address sanitizer sees.
 */
#include "process_test.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "reeve/supervisor.h"

/* ---- the allocator ---- */

static _Atomic long countdown = -1;
static atomic_bool has_failed;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static bool fails(void)
{
	if (atomic_load(&countdown) < 0 || atomic_fetch_sub(&countdown, 1) > 0)
		return false;
	atomic_store(&has_failed, true);
	return true;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

/* ---- the life ---- */

enum { CRASH = 1 };

static void serve(void *arg)
{
	struct reeve_message *m;

	(void)arg;
	reeve_started(0);
	while (reeve_next(-1, &m) == 0)
		if (m->ordinal == CRASH)
			reeve_exit(REEVE_EXIT_OWN);
}

static int handle(void *state, struct reeve_message *m)
{
	(void)state;
	return m->ordinal == CRASH ? REEVE_EXIT_OWN : 0;
}

static const struct reeve_child_spec inner_children[] = {
	{ .id = "x", .fn = serve, .name = "x", .start_ms = 1000 },
	{ .id = "y", .handler = handle, .name = "y" },
};

static const struct reeve_supervisor_spec inner = {
	.strategy = REEVE_ALL_FOR_ONE,
	.max_restarts = 10,
	.children = inner_children,
	.n_children = 2,
};

static const struct reeve_child_spec outer_children[] = {
	{ .id = "a", .fn = serve, .name = "a", .start_ms = 1000 },
	{ .id = "inner", .supervisor = &inner },
};

static const struct reeve_supervisor_spec outer = {
	.strategy = REEVE_REST_FOR_ONE,
	.max_restarts = 10,
	.children = outer_children,
	.n_children = 2,
};

static const int refusals[] = { 0, -ENOMEM, -ESRCH, -ENOENT, -ETIMEDOUT };

static int checked(int r)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (r == refusals[i])
			return r;
	reeve_fail("%d is not among what may be refused", r);
}

static void crash(const char *name)
{
	const struct reeve_message m = { .ordinal = CRASH };

	checked(reeve_send_to(reeve_whereis(name), &m));
	reeve_sleep(10);
}

static void story(void *arg)
{
	const struct reeve_child_spec more = { .id = "more",
					       .handler = handle };
	struct reeve_child_info rows[4];
	reeve_pid s, pid;
	size_t n;

	(void)arg;
	reeve_trap_exit(true);
	if (checked(reeve_supervisor_start(&outer, &s)) < 0)
		return;
	crash("y");
	crash("a");
	checked(reeve_supervisor_start_child(s, &more, &pid));
	checked(reeve_supervisor_list_children(s, 0, 4, rows, &n));
	checked(reeve_supervisor_stop_child(s, "more"));
	crash("x");
	/* Asked again if there was no memory to ask. */
	while (checked(reeve_supervisor_stop(s, -1)) == -ENOMEM)
		;
	REEVE_CHECK(!reeve_is_alive(s));
	REEVE_CHECK(reeve_whereis("a") == REEVE_PID_NONE);
}

static void ends_in_order_whatever_fails(void **state)
{
	const struct reeve_runtime_options options = { .seed = 1 };
	long n;
	int r;

	(void)state;
	for (n = 0;; n++) {
		atomic_store(&has_failed, false);
		atomic_store(&countdown, n);
		r = reeve_processes_run(&options, story, NULL);
		atomic_store(&countdown, -1);
		if (r && r != -ENOMEM)
			print_error("allocation %ld: %d\n", n, r);
		assert_true(r == REEVE_EXIT_NORMAL || r == -ENOMEM);
		if (!atomic_load(&has_failed))
			break;
	}
	assert_int_equal(r, REEVE_EXIT_NORMAL);
	assert_true(n > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_in_order_whatever_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
