/* Nothing stays frozen that was not before, whoever dies. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "hide.h"
#include "rig.h"
#include "sever_rig.h"
#include "sys/cgroup.h"
#include "sys/path.h"
#include "sys/task.h"

/* Is @pid a worker, or its guard, of our launcher's? Its parent, or 0. */
static pid_t parent_of_worker(pid_t pid)
{
	char path[64], text[512], *at;
	int parent, session;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (path_read_file(path, text, sizeof(text)) < 0 ||
	    !strstr(text, "(reeve-sever)"))
		return 0;
	at = strrchr(text, ')');
	return sscanf(at, ") %*c %d %*d %d", &parent, &session) == 2 &&
			       session == launcher.pid
		       ? parent
		       : 0;
}

static int find_number(int number, void *context)
{
	pid_t parent = parent_of_worker(number);

	if (parent && !parent_of_worker(parent))
		*(pid_t *)context = number;
	return 0;
}

/* The worker; a guard is its child. */
static pid_t find_worker(void)
{
	pid_t pid = 0;
	int i;

	for (i = 0; i < CALM_MS && !pid; i++) {
		task_each_number("/proc", find_number, &pid);
		usleep(1000);
	}
	assert_true(pid > 0);
	return pid;
}

/* Is it kept from running, in this way? */
static bool is_kept(const struct act *a, enum sever_freezer freezer)
{
	char state = task_state(a->cell.pid, a->cell.pid, NULL);

	if (freezer == SEVER_FREEZER_CGROUP2)
		return cgroup_is_frozen(a->cell.cgroup_fd) == 1;
	return state == (freezer == SEVER_FREEZER_STOP ? 'T' : 'D');
}

/* A search that takes long, in which the cell is kept from running: now, unless
 * it is over already. */
static void begin_long(struct act *a, struct channel *c,
		       enum sever_freezer freezer)
{
	struct sever_order order = {
		.kind = SEVER_SWEEP_FROZEN,
		.freezer = freezer,
		.cells = &a->cell,
		.n_cells = 1,
		.targets = &c->target,
		.n_targets = 1,
		.cell_ms = 600000,
		.order_ms = 600000,
	};
	int i;

	act_begin(a, freezer == SEVER_FREEZER_CGROUP2);
	channel_open(c);
	assert_int_equal(act_play(a, HIDE_SWAMP, -1), 0);
	sever_start();
	assert_int_equal(sever_order(&sever, &order), 0);
	for (i = 0; i < CALM_MS && !is_kept(a, freezer); i++) {
		struct pollfd p = { .fd = sever.fd, .events = POLLIN };

		if (poll(&p, 1, 1) > 0)
			return;
	}
	assert_true(i < CALM_MS);
}

/* Sooner or later: it was broken off. */
static void wait_until_running(struct act *a, enum sever_freezer freezer)
{
	int i;

	for (i = 0; i < CALM_MS && (is_kept(a, freezer) || act_is_kept(a)); i++)
		usleep(1000);
	assert_true(i < CALM_MS);
}

/* False if the search was over before the worker was killed. */
static bool end_long(enum sever_freezer freezer, bool is_killed)
{
	struct pollfd p;
	struct sever_report r;
	struct channel c;
	struct act a;
	int v = -EPIPE;

	begin_long(&a, &c, freezer);
	if (is_killed) {
		kill(find_worker(), SIGKILL);
		p = (struct pollfd){ .fd = sever.fd, .events = POLLIN };
		assert_int_equal(poll(&p, 1, CALM_MS), 1);
		v = sever_read(&sever, &r);
		assert_true(v == 0 || v == -EPIPE);
		if (v == 0)
			sever_report_fini(&r);
	}
	sever_end(&sever);
	wait_until_running(&a, freezer);
	act_expect_running(&a);
	act_end(&a);
	channel_close(&c);
	return v == -EPIPE;
}

/* The next one works. */
static void expect_worker(void)
{
	struct sever_report r;
	struct channel c;
	struct act a;

	act_begin(&a, false);
	channel_open(&c);
	assert_int_equal(act_play(&a, HIDE_PLAIN, TAKE_FD(c.server_fd)), 0);
	sever_do(SEVER_SWEEP_FROZEN, SEVER_FREEZER_BEST, &a.cell, 1, &c, 1, &r);
	assert_int_equal(r.found[0].ends, SEVER_SERVER_END);
	sever_report_fini(&r);
	act_end(&a);
	channel_close(&c);
}

static void end_long_each_way(bool is_killed)
{
	static const enum sever_freezer ways[] = { SEVER_FREEZER_CGROUP2,
						   SEVER_FREEZER_CGROUP1,
						   SEVER_FREEZER_STOP };
	size_t i;
	int k;

	for (i = 0; i < N_ELEMENTS(ways); i++) {
		if (!has_freezer(ways[i]))
			continue;
		for (k = 0; k < 20 && !end_long(ways[i], is_killed); k++)
			;
		assert_true(k < 20);
		expect_worker();
	}
}

static void sever_ended_thaws(void **state)
{
	(void)state;
	end_long_each_way(false);
}

static void sever_killed_thaws(void **state)
{
	(void)state;
	end_long_each_way(true);
}

/* Whom somebody else has stopped does not run again because of us. */
static void sever_leaves_the_stopped(void **state)
{
	struct sever_report r;
	struct channel c;
	struct act a;
	pid_t pid;
	int i;

	(void)state;
	act_begin(&a, false);
	channel_open(&c);
	pid = act_play(&a, HIDE_STOPPED, -1);
	assert_true(pid > 0);
	sever_do(SEVER_SWEEP_FROZEN, SEVER_FREEZER_STOP, &a.cell, 1, &c, 1, &r);
	sever_report_fini(&r);
	assert_false(is_kept(&a, SEVER_FREEZER_STOP));
	for (i = 0; i < 20; i++) {
		assert_int_equal(task_state(pid, pid, NULL), 'T');
		usleep(1000);
	}
	act_end(&a);
	channel_close(&c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sever_ended_thaws),
		cmocka_unit_test(sever_killed_thaws),
		cmocka_unit_test(sever_leaves_the_stopped),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, sever_rig_start, sever_rig_stop);
}
