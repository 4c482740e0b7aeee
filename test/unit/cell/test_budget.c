/*
 * Budgets with real cgroups and real cells: what is limited, and who is hurt.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "budget_rig.h"

/* ---- tasks ---- */

static void fork_bomb_stops_and_siblings_can_fork(void **state)
{
	struct budget *a, *b;
	struct run bomb, sibling;
	struct budget_usage u;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	a = budget(NULL, (struct budget_limits){ .tasks_max = 20 });
	b = budget(NULL, (struct budget_limits){ .tasks_max = 20 });
	run_start(&bomb, a, BOMB);
	run_expect(&bomb, "full");
	u = usage(a);
	assert_true(u.tasks_now > 2 && u.tasks_now <= 20);
	assert_true(u.tasks_refused > 0);
	run_start(&sibling, b, FORKS);
	run_expect(&sibling, "fine");
	assert_int_equal(usage(b).tasks_refused, 0);
	run_end(&sibling);
	run_end(&bomb);
	/* What was counted in a cell's own directory is kept. */
	assert_true(usage(a).tasks_refused > 0);
	end_budget(a);
	end_budget(b);
}

static void child_is_inside_its_parents_tasks(void **state)
{
	struct budget *parent, *child;
	struct run bomb, sibling;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	parent = budget(NULL, (struct budget_limits){ .tasks_max = 12 });
	child = budget(parent, (struct budget_limits){ .tasks_max = 1000 });
	run_start(&sibling, parent, WAITS);
	run_expect(&sibling, "ready");
	run_start(&bomb, child, BOMB);
	run_expect(&bomb, "full");
	assert_true(usage(child).tasks_now <= 10);
	assert_true(usage(parent).tasks_now <= 12);
	assert_true(usage(parent).tasks_refused > 0);
	run_end(&bomb);
	run_tell(&sibling, "alive");
	run_expect(&sibling, "alive");
	run_end(&sibling);
	budget_free(parent);
	/* It stays as long as there is a child in it. */
	assert_true(budget_root_tidy(root));
	assert_int_equal(usage(child).tasks_now, 0);
	end_budget(child);
}

static void cell_does_not_enter_where_there_is_no_room(void **state)
{
	struct budget *parent, *child;
	struct cell refused;
	struct run bomb;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	parent = budget(NULL, (struct budget_limits){ .tasks_max = 8 });
	child = budget(parent, (struct budget_limits){ .tasks_max = 100 });
	run_start(&bomb, child, BOMB);
	run_expect(&bomb, "full");
	rig_take(&rig, &refused);
	assert_int_equal(budget_enter(child, &refused), -EAGAIN);
	assert_int_equal(refused.n_groups, 0);
	run_end(&bomb);
	assert_int_equal(budget_enter(child, &refused), 0);
	/* One that never arrives leaves nothing. */
	cell_fini(&refused);
	budget_leave(child, refused.id);
	budget_free(parent);
	end_budget(child);
}

static void thousand_children_have_what_the_parent_has(void **state)
{
	enum { N = 100 };
	struct budget *parent, *children[N];
	struct run runs[8];
	uint64_t n = 0;
	size_t i;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	parent = budget(NULL, (struct budget_limits){ .tasks_max = 40 });
	for (i = 0; i < N; i++)
		children[i] = budget(parent,
				     (struct budget_limits){ .tasks_max = 40 });
	for (i = 0; i < N_ELEMENTS(runs) / 2; i++) {
		run_start(&runs[i], children[i], WAITS);
		run_expect(&runs[i], "ready");
	}
	run_start(&runs[i], children[i], BOMB);
	run_expect(&runs[i], "full");
	for (i = 0; i < N; i++)
		n += usage(children[i]).tasks_now;
	assert_true(n <= 40);
	assert_int_equal(usage(parent).tasks_now, n);
	for (i = 0; i <= N_ELEMENTS(runs) / 2; i++)
		run_end(&runs[i]);
	for (i = 0; i < N; i++)
		budget_free(children[i]);
	end_budget(parent);
}

/* ---- memory ---- */

static void hog_is_killed_and_its_sibling_lives(void **state)
{
	struct budget *a, *b, *above;
	struct run hog, sibling;

	(void)state;
	need_cgroup(BUDGET_MEMORY_MAX);
	above = budget(NULL, (struct budget_limits){ 0 });
	a = budget(above, (struct budget_limits){ .memory_max = 32 * MIB });
	b = budget(above, (struct budget_limits){ .memory_max = 64 * MIB });
	run_start(&sibling, b, "head -c 16777216 /dev/zero >/tmp/own; " WAITS);
	run_expect(&sibling, "ready");
	/* It has as much in memory as it can get. */
	run_start(&hog, a, "tail /dev/zero 2>/dev/null; echo $?; read -r x");
	run_expect(&hog, "137");
	assert_true(usage(a).oom_kills > 0);
	assert_true(usage(above).oom_kills > 0);
	assert_true(usage(a).memory_now <= 32 * MIB);
	assert_true(usage(a).memory_hits > 0);
	assert_int_equal(usage(b).oom_kills, 0);
	assert_true(usage(b).memory_now >= 16 * MIB);
	assert_true(usage(b).memory_now <= 64 * MIB);
	run_tell(&sibling, "alive");
	run_expect(&sibling, "alive");
	run_end(&hog);
	run_end(&sibling);
	budget_free(a);
	end_budget(b);
	/* The counts of a budget that is gone are its parent's. */
	assert_true(usage(above).oom_kills > 0);
	end_budget(above);
}

static void child_is_inside_its_parents_memory(void **state)
{
	struct budget *parent, *child;
	struct run hog;

	(void)state;
	need_cgroup(BUDGET_MEMORY_MAX);
	parent = budget(NULL, (struct budget_limits){ .memory_max = 32 * MIB });
	child = budget(parent,
		       (struct budget_limits){ .memory_max = 1024ULL * MIB });
	run_start(&hog, child,
		  "tail /dev/zero 2>/dev/null; echo $?; read -r x");
	run_expect(&hog, "137");
	assert_true(usage(parent).memory_peak <= 33 * MIB);
	run_end(&hog);
	budget_free(child);
	end_budget(parent);
}

static void limit_that_is_met_is_told(void **state)
{
	struct budget_watch watches[N_BUDGET_WATCHES];
	struct budget *b;
	struct pollfd p;
	struct run hog;

	(void)state;
	need_cgroup(BUDGET_MEMORY_MAX);
	b = budget(NULL, (struct budget_limits){ .memory_max = 32 * MIB });
	budget_watch(b, watches);
	if (watches[BUDGET_WATCH_MEMORY].fd < 0) {
		print_message("this kernel tells nothing\n");
		skip();
	}
	p = (struct pollfd){ .fd = watches[BUDGET_WATCH_MEMORY].fd,
			     .events = POLLIN | POLLPRI };
	if (watches[BUDGET_WATCH_MEMORY].events & POLLPRI)
		p.events = POLLPRI;
	assert_int_equal(poll(&p, 1, 0), 0);
	run_start(&hog, b, "tail /dev/zero 2>/dev/null; echo $?; read -r x");
	run_expect(&hog, "137");
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	budget_watch_clear(&watches[BUDGET_WATCH_MEMORY]);
	assert_int_equal(poll(&p, 1, 0), 0);
	run_end(&hog);
	budget_watch_fini(&watches[BUDGET_WATCH_MEMORY]);
	budget_watch_fini(&watches[BUDGET_WATCH_TASKS]);
	end_budget(b);
}

/* ---- processors ---- */

static uint64_t now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

#define SPINS                                                                  \
	"(while :; do :; done) & (while :; do :; done) & echo ready; read -r " \
	"x"

/* Two loops that would take 200 percent must stay near @percent. */
static void expect_cap(struct budget *b, unsigned percent)
{
	uint64_t from = usage(b).cpu_usec, start_usec = now_usec();
	uint64_t used = 0, passed = 0;

	/* On a busy machine they may not get enough to be stopped. */
	while (passed < 3000000 && usage(b).throttled_periods < 5) {
		usleep(100000);
		passed = now_usec() - start_usec;
	}
	usleep(500000);
	used = usage(b).cpu_usec - from;
	passed = now_usec() - start_usec;
	if (used > passed * percent / 100 * 2 + 100000)
		fail_msg("%llu of %llu us", (unsigned long long)used,
			 (unsigned long long)passed);
}

static void cap_of_processor_time_holds(void **state)
{
	struct budget *b;
	struct run spin;

	(void)state;
	need_cgroup(BUDGET_CPU_MAX);
	b = budget(NULL, (struct budget_limits){ .cpu_max = 20 });
	run_start(&spin, b, SPINS);
	run_expect(&spin, "ready");
	expect_cap(b, 20);
	run_end(&spin);
	end_budget(b);
}

static void cap_can_come_later(void **state)
{
	struct budget *parent, *child;
	struct run spin;

	(void)state;
	need_cgroup(BUDGET_CPU_MAX);
	need_cgroup(BUDGET_TASKS_MAX);
	parent = budget(NULL, (struct budget_limits){ .tasks_max = 50 });
	child = budget(parent, (struct budget_limits){ .tasks_max = 50 });
	run_start(&spin, child, SPINS);
	run_expect(&spin, "ready");
	assert_int_equal(
		budget_set(parent, &(struct budget_limits){ .tasks_max = 50,
							    .cpu_max = 20 }),
		0);
	assert_int_equal(budget_limits(parent)->cpu_max, 20);
	/* Its usage counts from before: so does this. */
	expect_cap(child, 20);
	run_end(&spin);
	budget_free(child);
	end_budget(parent);
}

static void caps_can_be_moved_in_any_order(void **state)
{
	static const unsigned caps[][2] = {
		{ 50, 80 }, { 20, 80 }, { 100, 80 }, { 100, 10 },
		{ 5, 0 },   { 0, 300 }, { 1, 1 },
	};
	struct budget *parent, *child;
	size_t i;

	(void)state;
	need_cgroup(BUDGET_CPU_MAX);
	parent = budget(NULL, (struct budget_limits){ .cpu_max = 10 });
	child = budget(parent, (struct budget_limits){ .cpu_max = 90,
						       .cpu_share = 500 });
	for (i = 0; i < N_ELEMENTS(caps); i++) {
		assert_int_equal(budget_set(parent,
					    &(struct budget_limits){
						    .cpu_max = caps[i][0] }),
				 0);
		assert_int_equal(budget_set(child,
					    &(struct budget_limits){
						    .cpu_max = caps[i][1] }),
				 0);
	}
	budget_free(child);
	end_budget(parent);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fork_bomb_stops_and_siblings_can_fork),
		cmocka_unit_test(child_is_inside_its_parents_tasks),
		cmocka_unit_test(cell_does_not_enter_where_there_is_no_room),
		cmocka_unit_test(thousand_children_have_what_the_parent_has),
		cmocka_unit_test(hog_is_killed_and_its_sibling_lives),
		cmocka_unit_test(child_is_inside_its_parents_memory),
		cmocka_unit_test(limit_that_is_met_is_told),
		cmocka_unit_test(cap_of_processor_time_holds),
		cmocka_unit_test(cap_can_come_later),
		cmocka_unit_test(caps_can_be_moved_in_any_order),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, budget_rig_start, budget_rig_stop);
}
