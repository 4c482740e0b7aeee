/* Who is said to have something of a mount that was taken off. */
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
#include "shell.h"
#include "sys/landlock.h"

static void graft_names_what_is_open(void **state)
{
	_cleanup_text_ struct text t = TEXT_INIT;
	char command[400];
	struct graft_result r;
	struct plan_mount m;
	struct shell s;

	(void)state;
	rig_mkdir(&rig, "held", 0777);
	rig_mkdir(&rig, "held/a b", 0777);
	rig_write(&rig, "held/a b/file", "text\n", 0666);
	rig_write(&rig, "held/gone", "gone\n", 0666);
	snprintf(command, sizeof(command), "cp /bin/sleep %s",
		 rig_path(&rig, "held/nap"));
	assert_int_equal(system(command), 0);
	m = mount_of("/grants/held", "held", RIGHTS_RW | PLAN_EXECUTE);
	shell_start(&s);
	put(&s, m);
	shell_expect(
		&s,
		"exec 5<>'/grants/held/a b/file' 6</grants/held/gone;"
		"rm /grants/held/gone; /grants/held/nap 1000 <&- & "
		"cd '/grants/held/a b'; exec 7<.;"
		"until [ $(readlink /proc/$!/exe) = /grants/held/nap ]; do :; "
		"done",
		"");
	take(&s, m, &r);
	assert_false(r.is_partial);
	assert_int_equal(r.n_opens, r.n_named);
	expect_open(&r, GRAFT_HOLD_FILE, 5, "/grants/held/a b/file");
	expect_open(&r, GRAFT_HOLD_FILE, 6, "/grants/held/gone (deleted)");
	expect_open(&r, GRAFT_HOLD_FILE, 7, "/grants/held/a b");
	expect_open(&r, GRAFT_HOLD_CWD, -1, "/grants/held/a b");
	expect_open(&r, GRAFT_HOLD_MAP, -1, "/grants/held/nap");
	/* The shell has 5, 6, 7 and a working directory; what it had started
	 * before has 5, 6 and itself. */
	assert_int_equal(r.n_opens, 7);
	shell_expect(&s, "cat <&5; echo more >&5; cat <&6", "text\ngone\n");
	/* No rule of Landlock's is above any more: nothing new is opened. */
	if (landlock_abi())
		shell_expect(&s,
			     "cat file /proc/self/fd/5 2>&1 | sed 's/.*: //'",
			     "Permission denied\nPermission denied\n");
	else
		shell_expect(&s, "cat file", "text\nmore\n");
	shell_expect(&s, "ls /grants; ls -d /grants/held 2>&1 | sed 's/.*: //'",
		     "No such file or directory\n");
	strcpy(r.opens[0].path, "/grants/\033x");
	r.opens[0].hold = GRAFT_HOLD_MAP;
	r.opens[0].pid = 17;
	graft_open_render(&r.opens[0], &t);
	assert_string_equal(text_string(&t),
			    "/grants/\\x1bx: mapped by task 17");
	shell_stop(&s);
}

/* One has many, many have one: what is named is bounded, all is counted. */
static void graft_counts_without_end(void **state)
{
	struct graft_result r;
	struct plan_mount m;
	struct shell s;
	int fd;

	(void)state;
	rig_mkdir(&rig, "many", 0777);
	rig_write(&rig, "many/file", "text\n", 0666);
	m = mount_of("/grants/many", "many", RIGHTS_R);
	shell_start(&s);
	put(&s, m);
	shell_expect(
		&s,
		"cd /grants/many; for i in $(seq 40); do sleep 1000 & done;"
		"cd /; exec 5<grants/many/file",
		"");
	take(&s, m, &r);
	assert_int_equal(r.n_opens, 41);
	assert_int_equal(r.n_named, GRAFT_OPENS_MAX);
	put(&s, m);
	assert_int_equal(graft_unmount(&rig.launcher, &s.cell, &m, 0, &fd), 0);
	read_answer(fd, &r);
	assert_false(r.is_failed);
	assert_true(r.is_partial);
	shell_expect(&s, "ls /grants", "");
	shell_stop(&s);
}
/* Without a cgroup the cell's tasks are found all the same. */
static void graft_finds_tasks_without_cgroup(void **state)
{
	struct graft_result r;
	struct plan_mount m;
	struct shell s;
	int fd;

	(void)state;
	rig_mkdir(&rig, "bare", 0777);
	m = mount_of("/grants/bare", "bare", RIGHTS_R);
	shell_start(&s);
	put(&s, m);
	shell_expect(&s, "exec 5</grants/bare; sleep 1000 <&- &", "");
	fd = s.cell.cgroup_fd;
	s.cell.cgroup_fd = -1;
	take(&s, m, &r);
	s.cell.cgroup_fd = fd;
	assert_int_equal(r.n_opens, 2);
	expect_open(&r, GRAFT_HOLD_FILE, 5, "/grants/bare");
	shell_stop(&s);
}

/* A component may hide from its equals, but not from us. */
static void graft_sees_an_undumpable_holder(void **state)
{
	struct graft_result r;
	struct plan_mount m;
	struct shell s;

	(void)state;
	if (access("/usr/bin/python3", X_OK) < 0)
		skip();
	rig_mkdir(&rig, "hidden", 0777);
	rig_write(&rig, "hidden/file", "text\n", 0666);
	m = mount_of("/grants/hidden", "hidden", RIGHTS_R);
	shell_start(&s);
	put(&s, m);
	shell_expect(
		&s,
		"exec 5</grants/hidden/file; mkfifo /tmp/ready;"
		"/usr/bin/python3 -c 'import ctypes, time;"
		"ctypes.CDLL(None).prctl(4, 0, 0, 0, 0);"
		"open(\"/tmp/ready\", \"w\").close(); time.sleep(1000)' <&- &"
		"exec 5<&-; cat /tmp/ready",
		"");
	take(&s, m, &r);
	assert_int_equal(r.n_opens, 1);
	assert_false(r.is_partial);
	expect_open(&r, GRAFT_HOLD_FILE, 5, "/grants/hidden/file");
	shell_stop(&s);
}

/* Without Landlock who is inside of it stays inside, but changes nothing. */
static void graft_leaves_who_is_inside(void **state)
{
	struct graft_result r;
	struct plan_mount m;
	struct shell s;

	(void)state;
	rig_stop(&rig);
	rig_start(&rig, CELL_LAYERS_ALL & ~(uint32_t)CELL_LAYER_LANDLOCK, 0);
	rig_mkdir(&rig, "inside", 0777);
	rig_write(&rig, "inside/file", "text\n", 0666);
	m = mount_of("/grants/inside", "inside", RIGHTS_RW);
	shell_start(&s);
	put(&s, m);
	shell_expect(&s, "cd /grants/inside; echo more >> file", "");
	take(&s, m, &r);
	assert_int_equal(r.n_opens, 1);
	expect_open(&r, GRAFT_HOLD_CWD, -1, "/grants/inside");
	shell_expect(&s, "cat file; (echo x > file) 2>&1 | sed 's/.*: //'",
		     "text\nmore\nRead-only file system\n");
	/* A file that is open for writing keeps all of it writable. */
	put(&s, m);
	shell_expect(&s, "cd /grants/inside; exec 5>>file", "");
	take(&s, m, &r);
	assert_int_equal(r.n_opens, 2);
	shell_expect(&s, "echo x > file; cat file", "x\n");
	shell_stop(&s);
	rig_stop(&rig);
	rig_start(&rig, 0, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(graft_names_what_is_open),
		cmocka_unit_test(graft_counts_without_end),
		cmocka_unit_test(graft_finds_tasks_without_cgroup),
		cmocka_unit_test(graft_sees_an_undumpable_holder),
		cmocka_unit_test(graft_leaves_who_is_inside),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, shell_rig_start, shell_rig_stop);
}
