/*
 * Budgets as they come, change and go; that nothing is left of them; and what
 * there is without cgroups, as for an ordinary user.
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "budget_rig.h"
#include "sys/cgroup.h"
#include "sys/cgroup_file.h"

/* ---- the rest ---- */

static void what_is_used_can_be_read(void **state)
{
	struct budget *b;
	struct run run;

	(void)state;
	need_cgroup(BUDGET_MEMORY_MAX);
	need_cgroup(BUDGET_TASKS_MAX);
	b = budget(NULL, (struct budget_limits){ .memory_max = 64 * MIB,
						 .tasks_max = 30 });
	run_start(&run, b,
		  "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; "
		  "head -c 1048576 /dev/zero >/tmp/x; " WAITS);
	run_expect(&run, "ready");
	assert_true(usage(b).memory_now >= MIB);
	assert_true(usage(b).tasks_now == 2);
	assert_true(usage(b).cpu_usec > 0 &&
		    usage(b).cpu_usec != BUDGET_UNKNOWN);
	assert_int_equal(usage(b).oom_kills, 0);
	run_end(&run);
	assert_int_equal(usage(b).tasks_now, 0);
	end_budget(b);
}

static void limits_change_while_it_runs(void **state)
{
	struct budget *b;
	struct run run;
	int r;

	(void)state;
	need_cgroup(BUDGET_MEMORY_MAX);
	need_cgroup(BUDGET_TASKS_MAX);
	b = budget(NULL, (struct budget_limits){ .memory_max = 64 * MIB,
						 .tasks_max = 64 });
	run_start(&run, b, "echo ready; read -r x; " BOMB);
	run_expect(&run, "ready");
	r = budget_set(b, &(struct budget_limits){ .memory_max = 48 * MIB,
						   .tasks_max = 7 });
	assert_int_equal(r, 0);
	run_tell(&run, "go");
	run_expect(&run, "full");
	assert_true(usage(b).tasks_now <= 7);
	r = budget_set(b, &(struct budget_limits){ .memory_max = 128 * MIB });
	assert_int_equal(r, 0);
	run_end(&run);
	end_budget(b);
}

static void cell_that_runs_can_be_adopted(void **state)
{
	struct budget *b, *other;
	struct run run;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	run_start(&run, NULL, "sleep 1000 & echo ready; read -r x; " BOMB);
	run_expect(&run, "ready");
	if (run.cell.cgroup_fd < 0) {
		print_message("cells have no cgroup here\n");
		run_end(&run);
		skip();
	}
	b = budget(NULL, (struct budget_limits){ .tasks_max = 12 });
	other = budget(NULL, (struct budget_limits){ .tasks_max = 9 });
	assert_int_equal(budget_adopt(b, &run.cell), 0);
	assert_int_equal(usage(b).tasks_now, 3);
	assert_int_equal(budget_adopt(other, &run.cell), 0);
	budget_leave(b, run.cell.id);
	run.budget = other;
	assert_int_equal(usage(b).tasks_now, 0);
	run_tell(&run, "go");
	run_expect(&run, "full");
	assert_true(usage(other).tasks_now <= 9);
	assert_int_equal(access(run.cell.cgroup, F_OK), 0);
	run_end(&run);
	budget_free(b);
	end_budget(other);
}

static void cell_in_a_budget_can_be_frozen_and_killed(void **state)
{
	struct budget *b;
	struct run run;
	int i;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	b = budget(NULL, (struct budget_limits){ .tasks_max = 30 });
	run_start(&run, b, WAITS);
	run_expect(&run, "ready");
	if (run.cell.cgroup_fd < 0) {
		print_message("cells have no cgroup here\n");
		skip();
	}
	assert_int_equal(cgroup_is_populated(run.cell.cgroup_fd), 1);
	assert_int_equal(access(run.cell.cgroup, F_OK), 0);
	assert_int_equal(cgroup_freeze(run.cell.cgroup_fd, true), 0);
	for (i = 0; i < PATIENCE_MS && !cgroup_is_frozen(run.cell.cgroup_fd);
	     i++)
		usleep(1000);
	assert_int_equal(cgroup_is_frozen(run.cell.cgroup_fd), 1);
	run_end(&run);
	end_budget(b);
}

static void budget_is_removed_after_its_last_task(void **state)
{
	struct budget *b;
	struct run run;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	b = budget(NULL, (struct budget_limits){ .tasks_max = 30 });
	run_start(&run, b, WAITS);
	run_expect(&run, "ready");
	budget_free(b);
	assert_true(budget_root_tidy(root));
	run.budget = NULL;
	run_end(&run);
	while (budget_root_tidy(root))
		usleep(1000);
}

static void removed_directory_is_made_again(void **state)
{
	struct budget_root *own;
	struct budget *b, *child;
	struct run run;
	char path[CGROUP_PATH_MAX + 64], top[CGROUP_PATH_MAX];

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	own = root;
	assert_non_null(own);
	if (budget_root_mechanism(root, BUDGET_TASKS_MAX) == BUDGET_BY_V1)
		assert_int_equal(cgroup_find_v1("pids", top), 0);
	else
		assert_int_equal(cgroup_find_own(top), 0);
	snprintf(path, sizeof(path), "%s/reeve-budget-%d", top, (int)getpid());
	if (access(path, F_OK) < 0) {
		print_message("our own cgroup had to be left\n");
		skip();
	}
	b = budget(NULL, (struct budget_limits){ .tasks_max = 30 });
	child = budget(b, (struct budget_limits){ .tasks_max = 9 });
	assert_int_equal(cgroup_remove_path(path), 0);
	run_start(&run, child, BOMB);
	run_expect(&run, "full");
	assert_true(usage(child).tasks_now <= 9);
	run_end(&run);
	budget_free(child);
	end_budget(b);
}

/* ---- what is left ---- */

static void manage_until_killed(int ready_fd)
{
	struct budget_limits limits = { .tasks_max = 30,
					.memory_max = 64 * MIB };
	struct budget *parent = NULL, *child = NULL;
	struct rig own = { 0 };
	struct run run;

	rig_start(&own, 0, 0);
	rig = own;
	if (budget_root_open(&rig.launcher, &root) < 0 ||
	    budget_new(root, NULL, "parent", &limits, &parent) < 0 ||
	    budget_new(root, parent, "child", &limits, &child) < 0)
		_exit(1);
	run_start(&run, child, WAITS);
	run_expect(&run, "ready");
	dprintf(ready_fd, "%s\n", rig.dir);
	for (;;)
		pause();
}

static pid_t killed;

static void expect_there_and_gone(const char *path)
{
	if (kill(killed, 0) == 0 && access(path, F_OK) == 0)
		print_message("%s\n", path);
	expect_gone(path);
}

static void nothing_is_left_after_a_kill(void **state)
{
	char dir[64] = "";
	int ready[2], status;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	killed = fork();
	if (killed == 0)
		manage_until_killed(ready[1]);
	close(ready[1]);
	assert_true(read(ready[0], dir, sizeof(dir) - 1) > 0);
	dir[strcspn(dir, "\n")] = 0;
	close(ready[0]);
	assert_int_equal(kill(killed, SIGKILL), 0);
	assert_int_equal(waitpid(killed, &status, 0), killed);
	each_top(killed, expect_there_and_gone);
	rmdir(dir);
}

static pid_t dead;
static unsigned n_made;

static void make_stale(const char *path)
{
	char name[CGROUP_PATH_MAX + 128];
	bool is_v2;

	snprintf(name, sizeof(name), "%s/../cgroup.controllers", path);
	if (mkdir(path, 0755) < 0)
		return;
	/* A tree without controllers is none for budgets. */
	is_v2 = access(name, F_OK) == 0;
	if (is_v2 &&
	    budget_root_mechanism(root, BUDGET_TASKS_MAX) != BUDGET_BY_V2) {
		rmdir(path);
		return;
	}
	n_made++;
	snprintf(name, sizeof(name), "%s/a.1", path);
	assert_int_equal(mkdir(name, 0755), 0);
	snprintf(name, sizeof(name), "%s/a.1/b.2", path);
	assert_int_equal(mkdir(name, 0755), 0);
}

static void budgets_of_the_dead_are_removed(void **state)
{
	struct budget_root *other;

	(void)state;
	need_cgroup(BUDGET_TASKS_MAX);
	dead = fork();
	if (dead == 0)
		_exit(0);
	assert_int_equal(waitpid(dead, NULL, 0), dead);
	each_top(dead, make_stale);
	assert_true(n_made > 0);
	assert_int_equal(budget_root_open(NULL, &other), 0);
	budget_root_close(other);
	each_top(dead, expect_gone);
}

/* ---- without cgroups ---- */

static void limits_of_tasks_are_in_the_plan(void **state)
{
	static const struct budget_limits limits = { .tasks_max = 10,
						     .memory_max = 4096 };
	struct plan plan;
	bool by_rlimit;

	(void)state;
	budget_root_prepare(root);
	by_rlimit = budget_root_mechanism(root, BUDGET_TASKS_MAX) ==
		    BUDGET_BY_RLIMIT;
	plan_init(&plan);
	assert_int_equal(budget_plan(root, &limits, 1024, &plan), 0);
	assert_int_equal(plan.limits[0].resource, RLIMIT_NPROC);
	assert_int_equal(plan.limits[0].hard, by_rlimit ? 10 : 1024);
	by_rlimit = budget_root_mechanism(root, BUDGET_MEMORY_MAX) ==
		    BUDGET_BY_RLIMIT;
	assert_int_equal(plan.n_limits, by_rlimit ? 2 : 1);
	assert_int_equal(plan.tmp_bytes, by_rlimit ? 4096 : PLAN_TMP_DEFAULT);
	plan_fini(&plan);
	plan_init(&plan);
	assert_int_equal(budget_plan(root, NULL, 1024, &plan), 0);
	assert_int_equal(plan.limits[0].hard, 1024);
	assert_int_equal(plan.n_limits, 1);
	plan_fini(&plan);
}

static void without_cgroups_a_cell_has_its_limits(void **state)
{
	struct budget *b;
	struct run run;

	(void)state;
	budget_root_prepare(root);
	if (budget_root_mechanism(root, BUDGET_TASKS_MAX) != BUDGET_BY_RLIMIT ||
	    budget_root_mechanism(root, BUDGET_MEMORY_MAX) !=
		    BUDGET_BY_RLIMIT) {
		print_message("there are cgroups here\n");
		skip();
	}
	b = budget(NULL, (struct budget_limits){ .tasks_max = 15,
						 .memory_max = 64 * MIB });
	run_start(&run, b, "tail /dev/zero >/dev/null 2>&1; echo $?;" BOMB);
	run_expect(&run, "1");
	run_expect(&run, "full");
	run_end(&run);
	assert_true(usage(b).tasks_now == BUDGET_UNKNOWN);
	end_budget(b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_used_can_be_read),
		cmocka_unit_test(limits_change_while_it_runs),
		cmocka_unit_test(cell_that_runs_can_be_adopted),
		cmocka_unit_test(cell_in_a_budget_can_be_frozen_and_killed),
		cmocka_unit_test(budget_is_removed_after_its_last_task),
		cmocka_unit_test(removed_directory_is_made_again),
		cmocka_unit_test(nothing_is_left_after_a_kill),
		cmocka_unit_test(budgets_of_the_dead_are_removed),
		cmocka_unit_test(limits_of_tasks_are_in_the_plan),
		cmocka_unit_test(without_cgroups_a_cell_has_its_limits),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, budget_rig_start, budget_rig_stop);
}
