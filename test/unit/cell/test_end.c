/* How cells end and are ended, what they refuse, and what they leave. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cell/protocol.h"
#include "rig.h"
#include "sys/cgroup.h"
#include "sys/packet.h"

static struct rig rig;

static int start(void **state)
{
	(void)state;
	rig_start(&rig, 0, 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	rig_stop(&rig);
	return 0;
}

static void cell_ends_with_its_main_task(void **state)
{
	struct rig_result result;
	struct plan p;

	(void)state;
	/* The left-over holds standard output: were it to live, we would wait
	 * for it. */
	rig_plan_shell(&p, "(setsid sleep 1000 &) ; (sleep 1000 &) ; exit 7");
	rig_run(&rig, &p, &result);
	assert_int_equal(result.code, 7);
	rig_result_fini(&result);
	plan_fini(&p);
}

static void wait_gone(struct cell *c, int *ret_status)
{
	struct pollfd poller = { .fd = c->pidfd, .events = POLLIN };

	assert_true(poll(&poller, 1, 30000) > 0);
	assert_int_equal(cell_reap(c, ret_status), 0);
}

static void cell_can_be_signalled(void **state)
{
	struct cell_files files = { -1, -1, -1, NULL, 0 };
	struct cell_failure why;
	struct cell c;
	struct plan p;
	int status;

	(void)state;
	rig_take(&rig, &c);
	rig_plan_shell(&p, "exec sleep 1000");
	assert_int_equal(cell_send_plan(&c, &p, &files, &why), 0);
	rig_wait_started(&c);
	assert_int_equal(cell_reap(&c, &status), CELL_RUNNING);
	assert_int_equal(cell_signal(&c, 0, false), -EINVAL);
	assert_int_equal(cell_signal(&c, 1000, false), -EINVAL);
	assert_int_equal(cell_signal(&c, SIGTERM, false), 0);
	wait_gone(&c, &status);
	assert_int_equal(status, 128 + SIGTERM);
	cell_fini(&c);
	plan_fini(&p);
	/* All of them, where the main task does not listen. */
	rig_take(&rig, &c);
	rig_plan_shell(&p, "trap '' TERM; sleep 1000");
	assert_int_equal(cell_send_plan(&c, &p, &files, &why), 0);
	rig_wait_started(&c);
	usleep(100000);
	assert_int_equal(cell_signal(&c, SIGKILL, true), 0);
	wait_gone(&c, &status);
	assert_int_equal(status, 128 + SIGKILL);
	cell_fini(&c);
	plan_fini(&p);
}

static void cell_can_be_killed(void **state)
{
	struct cell_files files = { -1, -1, -1, NULL, 0 };
	struct cell_failure why;
	struct cell c;
	struct plan p;
	int status;

	(void)state;
	rig_take(&rig, &c);
	rig_plan_shell(&p, "for i in 1 2 3 4 5; do (setsid sh -c 'trap \"\" "
			   "TERM INT HUP; while :; do sleep 1; done' &); done;"
			   "while :; do sleep 1; done");
	assert_int_equal(cell_send_plan(&c, &p, &files, &why), 0);
	rig_wait_started(&c);
	cell_kill(&c);
	wait_gone(&c, &status);
	if (c.cgroup_fd >= 0)
		assert_int_equal(cgroup_is_populated(c.cgroup_fd) > 0, 0);
	cell_kill(&c);
	cell_fini(&c);
	plan_fini(&p);
	/* A blank that was never used. */
	rig_take(&rig, &c);
	cell_kill(&c);
	wait_gone(&c, &status);
	assert_int_equal(cell_send_plan(&c, &p, &files, &why), CELL_REFUSED);
	cell_fini(&c);
}

static void cell_refuses_a_large_plan(void **state)
{
	struct cell_files files = { -1, -1, -1, NULL, 0 };
	struct cell_failure why;
	struct cell c;
	struct plan p;
	char *large = malloc(PLAN_BYTES_MAX);

	(void)state;
	rig_plan_shell(&p, "true");
	memset(large, 'x', PLAN_BYTES_MAX);
	large[PLAN_BYTES_MAX - 1] = 0;
	assert_int_equal(plan_add_arg(&p, large), 0);
	free(large);
	rig_take(&rig, &c);
	assert_int_equal(cell_send_plan(&c, &p, &files, &why), CELL_REFUSED);
	assert_int_equal(why.stage, CELL_STAGE_PLAN);
	assert_int_equal(why.error, EMSGSIZE);
	cell_kill(&c);
	cell_fini(&c);
	plan_fini(&p);
}

static void cell_carries_a_plan_that_just_fits(void **state)
{
	struct plan p;
	char *large = malloc(PLAN_BYTES_MAX);

	(void)state;
	rig_plan_shell(&p, "echo ${#0}");
	memset(large, 'x', PLAN_BYTES_MAX);
	large[PLAN_BYTES_MAX - 4096] = 0;
	assert_int_equal(plan_add_arg(&p, large), 0);
	free(large);
	rig_expect(&rig, &p, "126976\n");
}

static unsigned count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Open descriptors, but those of the blanks that happen to be in the pool. */
static unsigned count_own_fds(void)
{
	unsigned n = count_fds(), i;

	for (i = 0; i < rig.launcher.n_blanks; i++)
		n -= 4 + (rig.launcher.blanks[i].cgroup_fd >= 0);
	return n;
}

static void cell_leaks_nothing(void **state)
{
	struct rig_result result;
	unsigned before = 0;
	struct plan p;
	struct cell c;
	int i;

	(void)state;
	rig_mkdir(&rig, "leak", 0755);
	for (i = 0; i < 12; i++) {
		rig_take(&rig, &c);
		if (i == 0)
			before = count_own_fds();
		assert_int_equal(count_own_fds(), before);
		rig_plan_shell(&p, i % 2 ? "true" : "exit 1");
		rig_plan_mount(&p, "/d", rig_path(&rig, "leak"), NULL, RIGHTS_R,
			       PLAN_DIRECTORY);
		assert_int_equal(plan_add_service(&p, "/svc/a"), 0);
		if (i % 3 == 1)
			assert_int_equal(plan_set_binary(&p, "/none"), 0);
		rig_follow(&c, &p, NULL, 0, &result);
		rig_result_fini(&result);
		plan_fini(&p);
	}
}

/* An init that was taken over can say anything. */
static void cell_events_are_checked(void **state)
{
	struct protocol_event sent;
	struct cell_event got;
	struct cell c = CELL_INIT;
	unsigned type, before;
	int pair[2], fds[3];

	(void)state;
	assert_int_equal(packet_pair(pair), 0);
	c.socket_fd = pair[0];
	assert_int_equal(cell_read_event(&c, &got), CELL_AGAIN);
	fds[0] = fds[1] = fds[2] = pair[1];
	before = count_fds();
	for (type = 0; type < 40; type++) {
		memset(&sent, 0xff, sizeof(sent));
		sent.type = type;
		assert_int_equal(
			packet_send(pair[1], &sent, sizeof(sent), fds, 3, 0),
			0);
		assert_int_equal(cell_read_event(&c, &got), -EPROTO);
		assert_int_equal(packet_send(pair[1], &sent, 5, fds, 3, 0), 0);
		assert_int_equal(cell_read_event(&c, &got), -EPROTO);
	}
	assert_int_equal(count_fds(), before);
	memset(&sent, 0xff, sizeof(sent));
	sent.type = PROTOCOL_FAILED;
	sent.first = 0;
	assert_int_equal(packet_send(pair[1], &sent, sizeof(sent), NULL, 0, 0),
			 0);
	assert_int_equal(cell_read_event(&c, &got), 0);
	assert_true((unsigned)got.failure.stage < N_CELL_STAGES);
	assert_true((unsigned)got.failure.reason < N_CELL_REASONS);
	assert_int_equal(got.failure.detail[255], 0);
	assert_non_null(rig_sentence(&got.failure));
	close(pair[1]);
	assert_int_equal(cell_read_event(&c, &got), CELL_CLOSED);
	cell_fini(&c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cell_ends_with_its_main_task),
		cmocka_unit_test(cell_can_be_signalled),
		cmocka_unit_test(cell_can_be_killed),
		cmocka_unit_test(cell_refuses_a_large_plan),
		cmocka_unit_test(cell_carries_a_plan_that_just_fits),
		cmocka_unit_test(cell_leaks_nothing),
		cmocka_unit_test(cell_events_are_checked),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, start, stop);
}
