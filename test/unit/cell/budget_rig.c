#include "budget_rig.h"

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
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "sys/cgroup.h"
#include "sys/fd.h"

struct rig rig;
struct budget_root *root;

int budget_rig_start(void **state)
{
	(void)state;
	rig_start(&rig, 0, 0);
	assert_int_equal(budget_root_open(&rig.launcher, &root), 0);
	return 0;
}

void each_top(pid_t pid, void (*fn)(const char *path))
{
	static const char *const names[] = { "memory", "pids", "cpu",
					     "cpuacct" };
	char own[CGROUP_PATH_MAX], path[CGROUP_PATH_MAX + 64];
	size_t i;

	for (i = 0; i <= N_ELEMENTS(names); i++) {
		if (i < N_ELEMENTS(names) ? cgroup_find_v1(names[i], own)
					  : cgroup_find_own(own))
			continue;
		snprintf(path, sizeof(path), "%s/reeve-budget-%d", own,
			 (int)pid);
		fn(path);
	}
}

void expect_gone(const char *path)
{
	int i;

	for (i = 0; i < PATIENCE_MS && access(path, F_OK) == 0; i++)
		usleep(1000);
	if (access(path, F_OK) == 0)
		fail_msg("%s is left", path);
}

int budget_rig_stop(void **state)
{
	(void)state;
	budget_root_close(root);
	each_top(getpid(), expect_gone);
	rig_stop(&rig);
	return 0;
}

void need_cgroup(enum budget_limit limit)
{
	budget_root_prepare(root);
	if (budget_root_mechanism(root, limit) >= BUDGET_BY_V1)
		return;
	print_message("%s has no cgroup here: %s\n", budget_limit_name(limit),
		      budget_root_reason(root) ? budget_root_reason(root)
					       : "no controller");
	skip();
}

struct budget *budget(struct budget *parent, struct budget_limits limits)
{
	struct budget *b = NULL;

	assert_int_equal(budget_new(root, parent, "test", &limits, &b), 0);
	return b;
}

void end_budget(struct budget *b)
{
	int i;

	budget_free(b);
	for (i = 0; i < PATIENCE_MS && budget_root_tidy(root); i++)
		usleep(1000);
	assert_false(budget_root_tidy(root));
}

void run_start(struct run *run, struct budget *b, const char *script)
{
	struct cell_files files = { -1, -1, -1, NULL, 0 };
	struct cell_failure why;
	struct plan plan;
	int in[2], out[2];

	run->budget = b;
	rig_take(&rig, &run->cell);
	rig_plan_shell(&plan, script);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	files.stdin_fd = in[0];
	files.stdout_fd = files.stderr_fd = out[1];
	if (b)
		assert_int_equal(budget_enter(b, &run->cell), 0);
	assert_int_equal(
		budget_plan(root, b ? budget_limits(b) : NULL, 1024, &plan), 0);
	assert_int_equal(cell_send_plan(&run->cell, &plan, &files, &why), 0);
	plan_fini(&plan);
	close(in[0]);
	close(out[1]);
	run->in_fd = in[1];
	run->out_fd = out[0];
}

void run_expect(struct run *run, const char *expected)
{
	struct pollfd p = { .fd = run->out_fd, .events = POLLIN };
	char line[256];
	size_t n = 0;

	while (n < sizeof(line) - 1) {
		assert_true(poll(&p, 1, PATIENCE_MS) > 0);
		if (read(run->out_fd, line + n, 1) != 1 || line[n] == '\n')
			break;
		n++;
	}
	line[n] = 0;
	assert_string_equal(line, expected);
}

void run_tell(struct run *run, const char *line)
{
	dprintf(run->in_fd, "%s\n", line);
}

void run_end(struct run *run)
{
	struct pollfd p = { .fd = run->cell.pidfd, .events = POLLIN };
	uint64_t id = run->cell.id;
	int status;

	cell_kill(&run->cell);
	assert_true(poll(&p, 1, PATIENCE_MS) > 0);
	assert_int_equal(cell_reap(&run->cell, &status), 0);
	cell_fini(&run->cell);
	if (run->budget)
		budget_leave(run->budget, id);
	close(run->in_fd);
	close(run->out_fd);
}

struct budget_usage usage(struct budget *b)
{
	struct budget_usage u;

	budget_read(b, &u);
	return u;
}
