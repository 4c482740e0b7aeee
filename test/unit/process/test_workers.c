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
	while (atomic_load(&flag) < value)
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

static void compute_after(void *arg)
{
	unsigned i = (unsigned)(uintptr_t)arg;

	atomic_store(&flag, 3 * i + 1);
	compute_until(3 * i + 2);
}

/* The second worker works as well, and the third one has slept for long. */
static void spawn_one_by_one(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 1; i <= ROUNDS; i++) {
		MUST_EQUAL(reeve_sleep(9), 0);
		start(compute_after, (void *)(uintptr_t)i, NULL);
		compute_until(3 * i + 1);
		start(set_flag, (void *)(uintptr_t)(3 * i + 2), NULL);
		compute_until(3 * i + 2);
	}
}

static void all_workers_come_to_help(void **state)
{
	const struct reeve_runtime_options three = { .n_workers = 3 };

	(void)state;
	atomic_store(&flag, 0);
	assert_int_equal(reeve_processes_run(&three, spawn_one_by_one, NULL),
			 0);
}

enum { N_BEHIND = 3000 };

static void count_me(void *arg)
{
	(void)arg;
	atomic_fetch_add(&flag, 1);
}

static void spawn_many_and_compute(void *arg)
{
	unsigned i;

	(void)arg;
	for (i = 0; i < N_BEHIND; i++)
		start(count_me, NULL, NULL);
	compute_until(N_BEHIND);
}

static void all_that_wait_behind_one_run_elsewhere(void **state)
{
	(void)state;
	atomic_store(&flag, 0);
	assert_int_equal(reeve_processes_run(&two, spawn_many_and_compute, NULL),
			 0);
}

enum { N_PLACES = 100 };

static void take_most_places(void *arg)
{
	unsigned i;

	for (i = 0; i < N_PLACES - 10; i++)
		start(wait_for_ever, NULL, NULL);
	set_flag(arg);
}

/* Those that end here leave their places to whoever wants them. */
static void leave_places_to_another_worker(void *arg)
{
	reeve_pid last = REEVE_PID_NONE;
	unsigned i;

	(void)arg;
	for (i = 0; i < N_PLACES - 20; i++)
		last = start(set_flag, NULL, NULL);
	while (reeve_is_alive(last))
		reeve_yield();
	start(take_most_places, (void *)1, NULL);
	compute_until(1);
}

static void places_are_for_all_workers(void **state)
{
	const struct reeve_runtime_options o = { .n_workers = 2,
						 .n_processes = N_PLACES };

	(void)state;
	atomic_store(&flag, 0);
	assert_int_equal(
		reeve_processes_run(&o, leave_places_to_another_worker, NULL),
		0);
}

/* ---- the end ---- */

static void leave_some_that_wait(void *arg)
{
	unsigned i;

	for (i = 0; i < 1 + *(unsigned *)arg % 4; i++)
		start(wait_for_ever, NULL, NULL);
	MUST_EQUAL(reeve_sleep(1), 0);
}

static void all_end_though_they_end_at_once(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 500; i++)
		assert_int_equal(
			reeve_processes_run(&two, leave_some_that_wait, &i), 0);
}

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
	reeve_pid pid;
	unsigned i;

	/* The first one may have taken all places already. */
	for (i = 0; i < 3; i++)
		(void)reeve_spawn(spawn_without_end, NULL, NULL, &pid);
	for (i = 0; i < *(unsigned *)arg; i++)
		reeve_yield();
}

static void all_end_though_they_spawn(void **state)
{
	const struct reeve_runtime_options o = { .n_workers = 3,
						 .n_processes = 3000 };
	unsigned i;

	(void)state;
	for (i = 0; i < 40; i++)
		assert_int_equal(
			reeve_processes_run(&o, end_while_others_spawn, &i), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_computes_holds_up_nobody_else),
		cmocka_unit_test(who_yields_goes_on_where_there_is_room),
		cmocka_unit_test(time_and_descriptors_wait_for_nobody),
		cmocka_unit_test(all_workers_come_to_help),
		cmocka_unit_test(all_that_wait_behind_one_run_elsewhere),
		cmocka_unit_test(places_are_for_all_workers),
		cmocka_unit_test(all_end_though_they_end_at_once),
		cmocka_unit_test(all_end_though_they_spawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
