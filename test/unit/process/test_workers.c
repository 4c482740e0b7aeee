/* What workers owe each other: nobody waits where somebody is idle, and all end
 * together. */
#include "everywhere.h"

#include <poll.h>
#include <stdatomic.h>
#include <unistd.h>

enum { ROUNDS = 12 };

static const struct reeve_runtime_options two = { .n_workers = 2 };

static _Atomic unsigned flag;

static void set_flag(void *arg)
{
	atomic_store(&flag, (unsigned)(uintptr_t)arg);
}

/* As a long computation: it calls nothing. */
static void compute_until(unsigned value)
{
	while (atomic_load(&flag) != value)
		;
}

/* What has just been spawned, and what was spawned at a time at which all had
 * been idle for some time, and for a short time. */
static void spawn_and_compute(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 1; i <= ROUNDS; i++) {
		MUST_EQUAL(reeve_sleep((int)(i % 4) * 3), 0);
		if (i % 2)
			MUST_EQUAL(reeve_sleep(3), 0);
		start(set_flag, (void *)(uintptr_t)i, NULL);
		compute_until(i);
	}
}

static void who_computes_holds_up_nobody_else(void **state)
{
	(void)state;
	atomic_store(&flag, 0);
	assert_int_equal(reeve_processes_run(&two, spawn_and_compute, NULL), 0);
}

static void compute_for_it(void *arg)
{
	compute_until((unsigned)(uintptr_t)arg);
}

static void yield_and_go_on(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 1; i <= ROUNDS; i++) {
		if (i % 3 == 0)
			MUST_EQUAL(reeve_sleep(8), 0);
		start(compute_for_it, (void *)(uintptr_t)i, NULL);
		/* The other one has this worker now, until the flag is set. */
		reeve_yield();
		atomic_store(&flag, i);
	}
}

static void who_yields_goes_on_where_there_is_room(void **state)
{
	(void)state;
	atomic_store(&flag, 0);
	assert_int_equal(reeve_processes_run(&two, yield_and_go_on, NULL), 0);
}

static void set_flag_later(void *arg)
{
	MUST_EQUAL(reeve_sleep(5), 0);
	set_flag(arg);
}

static int ends[2];

static void set_flag_when_readable(void *arg)
{
	char c;

	MUST_EQUAL(reeve_wait_fd(ends[0], POLLIN, -1, NULL), 0);
	MUST_EQUAL(read(ends[0], &c, 1), 1);
	set_flag(arg);
}

static void compute_beside_time_and_descriptors(void *arg)
{
	unsigned i;

	(void)arg;
	MUST_EQUAL(pipe(ends), 0);
	for (i = 1; i <= ROUNDS; i++) {
		start(i % 2 ? set_flag_later : set_flag_when_readable,
		      (void *)(uintptr_t)i, NULL);
		MUST_EQUAL(reeve_sleep((int)i % 3 * 2), 0);
		if (!(i % 2))
			MUST_EQUAL(write(ends[1], "", 1), 1);
		compute_until(i);
	}
	close(ends[0]);
	close(ends[1]);
}

static void time_and_descriptors_wait_for_nobody(void **state)
{
	(void)state;
	atomic_store(&flag, 0);
	assert_int_equal(
		reeve_processes_run(&two, compute_beside_time_and_descriptors,
				    NULL),
		0);
}

/* ---- the end ---- */

static int do_nothing(void *state, struct reeve_message *m)
{
	(void)state;
	(void)m;
	return 0;
}

static void spawn_without_end(void *arg)
{
	reeve_pid pid;

	(void)arg;
	while (reeve_spawn_handler(do_nothing, NULL, 0, NULL, &pid) == 0)
		;
	wait_for_ever(NULL);
}

static void end_while_others_spawn(void *arg)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		start(spawn_without_end, NULL, NULL);
	for (i = 0; i < *(unsigned *)arg; i++)
		reeve_yield();
}

static void all_end_though_they_spawn(void **state)
{
	const struct reeve_runtime_options o = { .n_workers = 3,
						 .n_processes = 3000 };
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_int_equal(
			reeve_processes_run(&o, end_while_others_spawn, &i), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_computes_holds_up_nobody_else),
		cmocka_unit_test(who_yields_goes_on_where_there_is_room),
		cmocka_unit_test(time_and_descriptors_wait_for_nobody),
		cmocka_unit_test(all_end_though_they_spawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
