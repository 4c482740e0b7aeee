/* Mounts of running cells: what a component sees come and go. */
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "cell/source.h"
#include "shell.h"
#include "sys/fd.h"
#include "sys/landlock.h"
#include "sys/packet.h"
#include "sys/path.h"

static void graft_dir_is_the_kernels(void **state)
{
	struct shell s;

	(void)state;
	shell_start(&s);
	shell_expect(&s, "ls -A /grants; stat -c '%a %U' /grants",
		     "755 component\n");
	shell_expect(&s,
		     "mkdir /grants/a 2>&1 | sed 's/.*: //';"
		     "(echo x > /grants/f) 2>&1 | sed 's/.*: //';"
		     "ln -s /etc /grants/l 2>&1 | sed 's/.*: //';"
		     "chmod 777 /grants 2>&1 | sed 's/.*: //';"
		     "mv /grants /tmp/g 2>/dev/null || echo stays;"
		     "mount -o remount,rw /grants 2>/dev/null || echo ro;"
		     "mount -t tmpfs x /grants 2>/dev/null || echo no",
		     "Read-only file system\nRead-only file system\n"
		     "Read-only file system\nRead-only file "
		     "system\nstays\nro\nno\n");
	shell_stop(&s);
}

static void graft_comes_and_goes(void **state)
{
	struct plan_mount m;
	struct graft_result r;
	struct shell s;

	(void)state;
	rig_mkdir(&rig, "live", 0777);
	rig_write(&rig, "live/file", "text\n", 0666);
	m = mount_of("/grants/deep/er/live", "live", RIGHTS_RW);
	shell_start(&s);
	put(&s, m);
	shell_expect(
		&s,
		"cd /grants/deep/er/live; cat file; echo new > other;"
		"mkdir sub; mv other sub; ls -R; > sub/other; ln sub/other l;"
		"rm -r l sub; cd /; ls -A /grants/deep/er",
		"text\n.:\nfile\nsub\n\n./sub:\nother\nlive\n");
	take(&s, m, &r);
	assert_int_equal(r.n_opens, 0);
	assert_false(r.is_partial);
	shell_expect(
		&s, "ls -A /grants; cat /grants/deep/er/live/file 2>&1",
		"cat: /grants/deep/er/live/file: No such file or directory\n");
	put(&s, m);
	shell_expect(&s, "cat /grants/deep/er/live/file", "text\n");
	take_fails(&s, mount_of("/grants/deep/er", "live", RIGHTS_RW),
		   CELL_STAGE_DETACH, EINVAL);
	shell_stop(&s);
}

/* The mount's flags are all that says what is allowed. */
static void graft_rights_are_the_mounts(void **state)
{
	static const char look[] =
		"cat file; (echo x > file) 2>&1 | sed 's/.*: //';"
		"rm file 2>&1 | sed 's/.*: //'; ./run 2>&1 | sed 's/.*: //'";
	struct shell s;

	(void)state;
	rig_mkdir(&rig, "rights", 0777);
	rig_write(&rig, "rights/file", "text\n", 0666);
	rig_write(&rig, "rights/run", "#!/bin/sh\necho ran\n", 0777);
	shell_start(&s);
	put(&s, mount_of("/grants/r", "rights", RIGHTS_R));
	put(&s, mount_of("/grants/rx", "rights", RIGHTS_RX));
	put(&s, mount_of("/grants/rw", "rights", RIGHTS_RW));
	shell_expect(&s, "cd /grants/r", "");
	shell_expect(&s, look,
		     "text\nRead-only file system\nRead-only file system\n"
		     "Permission denied\n");
	shell_expect(&s, "cd /grants/rx", "");
	shell_expect(
		&s, look,
		"text\nRead-only file system\nRead-only file system\nran\n");
	shell_expect(&s, "cd /grants/rw", "");
	shell_expect(&s, look, "text\nPermission denied\n");
	put_fails(&s,
		  mount_of("/grants/blind", "rights",
			   PLAN_CONNECT | PLAN_READ_BYTES | PLAN_TRAVERSE),
		  CELL_STAGE_ATTACH, EOPNOTSUPP);
	put_fails(
		&s,
		mount_of("/grants/half", "rights", RIGHTS_R | PLAN_WRITE_BYTES),
		CELL_STAGE_ATTACH, EOPNOTSUPP);
	shell_expect(&s, "ls -x /grants", "r  rw  rx\n");
	shell_stop(&s);
}

/* A path that leads somewhere else leads nowhere. */
static void graft_follows_no_links(void **state)
{
	struct plan_mount m;
	struct shell s;
	struct plan p;

	(void)state;
	rig_mkdir(&rig, "source", 0777);
	rig_mkdir(&rig, "source/sub", 0777);
	rig_mkdir(&rig, "writable", 0777);
	assert_int_equal(symlink("/etc", rig_path(&rig, "source/link")), 0);
	shell_plan(&p);
	rig_plan_mount(&p, "/w", rig_path(&rig, "writable"), NULL, RIGHTS_RW,
		       PLAN_DIRECTORY);
	shell_start_in(&s, &p);
	shell_expect(&s, "ln -s /etc /w/link; mkdir /w/place", "");
	put_fails(&s, mount_of("/w/link", "source", RIGHTS_R),
		  CELL_STAGE_ATTACH, ELOOP);
	put_fails(&s, mount_of("/w/link/alternatives", "source", RIGHTS_R),
		  CELL_STAGE_ATTACH, ELOOP);
	put_fails(&s, mount_of("/w/none", "source", RIGHTS_R),
		  CELL_STAGE_ATTACH, ENOENT);
	put_fails(&s, mount_of("/grants/x", "none", RIGHTS_R),
		  CELL_STAGE_SOURCE, ENOENT);
	m = mount_of("/grants/x", "source", RIGHTS_R);
	m.subpath = "link";
	put_fails(&s, m, CELL_STAGE_SOURCE, ELOOP);
	m.subpath = "../writable";
	put_fails(&s, m, CELL_STAGE_SOURCE, EXDEV);
	m.subpath = "sub";
	put(&s, m);
	shell_expect(&s, "ls -A /grants /grants/x",
		     "/grants:\nx\n\n/grants/x:\n");
	/* Neither over nor inside of another. */
	put_fails(&s, mount_of("/grants/x", "source", RIGHTS_R),
		  CELL_STAGE_ATTACH, EBUSY);
	put(&s, mount_of("/grants/y", "writable", RIGHTS_RW));
	shell_expect(&s, "mkdir -p /grants/y/in", "");
	put_fails(&s, mount_of("/grants/y/in", "source", RIGHTS_R),
		  CELL_STAGE_ATTACH, EBUSY);
	put_fails(&s, mount_of("/w", "source", RIGHTS_R), CELL_STAGE_ATTACH,
		  EBUSY);
	take_fails(&s, mount_of("/grants/none", "source", RIGHTS_R),
		   CELL_STAGE_DETACH, ENOENT);
	shell_stop(&s);
}

static void graft_refuses_paths_of_its_own(void **state)
{
	static const char *const paths[] = {
		"/",	       "/grants",    "/grants/",     "/grants/..",
		"/grants/a/.", "grants/a",   "/proc/self",   "/dev/shm",
		"/sys",	       "/grants//a", "/grants/a/..", "",
	};
	struct cell c = CELL_INIT;
	struct plan_mount m = mount_of("", "", RIGHTS_R);
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < N_ELEMENTS(paths); i++) {
		m.target = paths[i];
		assert_int_equal(graft_mount(&rig.launcher, &c, &m, &fd),
				 -EINVAL);
		assert_int_equal(graft_unmount(&rig.launcher, &c, &m, 0, &fd),
				 -EINVAL);
	}
	m.target = "/grants/a";
	m.rights = 0;
	assert_int_equal(graft_mount(&rig.launcher, &c, &m, &fd), -EINVAL);
}
static bool host_has_mounts_of_ours(void)
{
	char text[65536];

	assert_int_equal(
		path_read_file("/proc/self/mountinfo", text, sizeof(text)), 0);
	return strstr(text, rig.dir);
}

/* One that was there from the start is restored where it was. */
static void graft_restores_an_offer(void **state)
{
	struct graft_result r;
	struct plan_mount m, inner;
	struct shell s;
	struct plan p;

	(void)state;
	rig_mkdir(&rig, "offer", 0777);
	rig_mkdir(&rig, "offer/in", 0777);
	rig_mkdir(&rig, "inner", 0777);
	rig_write(&rig, "offer/file", "text\n", 0666);
	rig_mkdir(&rig, "store", 0777);
	m = mount_of("/example/data", "offer", RIGHTS_RW);
	inner = mount_of("/example/data/in", "inner", RIGHTS_R);
	shell_plan(&p);
	assert_int_equal(plan_add_mount(&p, &m), 0);
	assert_int_equal(plan_add_mount(&p, &inner), 0);
	shell_start_in(&s, &p);
	shell_expect(&s, "cat /example/data/file; exec 5</example/data/in",
		     "text\n");
	/* What is mounted inside of another does not appear on the host. */
	assert_false(host_has_mounts_of_ours());
	take(&s, m, &r);
	assert_int_equal(r.n_opens, 1);
	expect_open(&r, GRAFT_HOLD_FILE, 5, "/example/data/in");
	shell_expect(&s, "ls -A /example/data", "");
	put(&s, m);
	shell_expect(&s,
		     "cat /example/data/file; echo more >> /example/data/file;"
		     "> /example/data/new; cat /example/data/file",
		     "text\ntext\nmore\n");
	/* Who is inside stays there: Landlock knows that directory. */
	shell_expect(&s, "cd /example/data", "");
	take(&s, m, &r);
	assert_int_equal(r.n_opens, 1);
	expect_open(&r, GRAFT_HOLD_CWD, -1, "/example/data");
	shell_expect(&s,
		     "cat file; ls /example/data; (echo x > file) 2>&1 |"
		     "sed 's/.*: //'; cd /",
		     "text\nmore\nRead-only file system\n");
	put(&s, m);
	/* Another directory there is one that Landlock does not know. */
	take(&s, m, &r);
	put(&s, mount_of("/example/data", "store", RIGHTS_RW));
	if (landlock_abi())
		shell_expect(&s,
			     "(echo x > /example/data/x) 2>&1 | sed 's/.*: //'",
			     "Permission denied\n");
	shell_stop(&s);
}

/* A mount below a directory that the component may rename is not mistaken. */
static void graft_knows_a_mount_again(void **state)
{
	struct plan_mount a, b;
	struct graft_result r;
	struct shell s;
	struct plan p;

	(void)state;
	rig_mkdir(&rig, "top", 0777);
	rig_mkdir(&rig, "top/a", 0777);
	rig_mkdir(&rig, "top/b", 0777);
	rig_mkdir(&rig, "top/a/in", 0777);
	rig_mkdir(&rig, "top/b/in", 0777);
	rig_mkdir(&rig, "one", 0777);
	rig_mkdir(&rig, "two", 0777);
	a = mount_of("/top/a/in", "one", RIGHTS_R);
	b = mount_of("/top/b/in", "two", RIGHTS_R);
	shell_plan(&p);
	rig_plan_mount(&p, "/top", rig_path(&rig, "top"), NULL, RIGHTS_RW,
		       PLAN_DIRECTORY);
	assert_int_equal(plan_add_mount(&p, &a), 0);
	assert_int_equal(plan_add_mount(&p, &b), 0);
	shell_start_in(&s, &p);
	take(&s, a, &r);
	put(&s, a);
	shell_expect(&s, "cd /top; mv a c; mv b a; mv c b; echo $?", "0\n");
	take_fails(&s, a, CELL_STAGE_DETACH, ESTALE);
	shell_expect(&s, "mv a c; mv b a; mv c b", "");
	take(&s, a, &r);
	take(&s, b, &r);
	shell_stop(&s);
}

static void graft_gives_storage_its_owner(void **state)
{
	struct plan_mount m;
	struct shell s;
	struct stat st;

	(void)state;
	rig_mkdir(&rig, "storage", 0700);
	m = mount_of("/grants/store", "storage", RIGHTS_RW);
	m.kind = PLAN_STORAGE;
	shell_start(&s);
	put(&s, m);
	shell_expect(&s,
		     "> /grants/store/mine; cd /grants/store;"
		     "stat -c '%u %g %a' . mine; cd /",
		     "1000 1000 700\n1000 1000 644\n");
	assert_int_equal(stat(rig_path(&rig, "storage/mine"), &st), 0);
	/* Where ids cannot be mapped, storage is given to the cell's user. */
	if (st.st_uid != s.cell.uid)
		assert_int_equal(st.st_uid, CELL_INSIDE_ID);
	shell_stop(&s);
}

static void graft_of_a_dying_cell_fails(void **state)
{
	struct plan_mount m;
	struct graft_result r;
	struct shell s;
	int fd, i;

	(void)state;
	rig_mkdir(&rig, "late", 0777);
	m = mount_of("/grants/late", "late", RIGHTS_R);
	for (i = 0; i < 8; i++) {
		shell_start(&s);
		put(&s, m);
		/* The order is on its way when the cell ends. */
		assert_int_equal(graft_unmount(&rig.launcher, &s.cell, &m,
					       GRAFT_BUDGET_MS, &fd),
				 0);
		cell_kill(&s.cell);
		read_answer(fd, &r);
		wait_for(s.cell.pidfd);
		m.target = "/grants/other";
		put_fails(&s, m, CELL_STAGE_ENTER, ESRCH);
		take_fails(&s, m, CELL_STAGE_ENTER, ESRCH);
		m.target = "/grants/late";
		shell_stop(&s);
	}
}

static void graft_without_an_answer(void **state)
{
	struct plan_mount m;
	struct graft_result r;
	struct shell s;
	int ends[2], fd;

	(void)state;
	assert_int_equal(packet_pair(ends), 0);
	assert_int_equal(graft_read(ends[0], &r), GRAFT_AGAIN);
	close(ends[1]);
	assert_int_equal(graft_read(ends[0], &r), 0);
	assert_true(r.is_failed);
	assert_int_equal(r.failure.stage, CELL_STAGE_WORKER);
	close(ends[0]);
	/* Nobody waits for it: that harms nobody. */
	rig_mkdir(&rig, "unheard", 0777);
	m = mount_of("/grants/unheard", "unheard", RIGHTS_R);
	shell_start(&s);
	assert_int_equal(graft_mount(&rig.launcher, &s.cell, &m, &fd), 0);
	close(fd);
	m.target = "/grants/heard";
	put(&s, m);
	shell_expect(&s, "ls -d /grants/heard", "/grants/heard\n");
	shell_stop(&s);
}

static void graft_a_hundred_times(void **state)
{
	struct graft_result r;
	struct plan_mount m;
	char target[64];
	struct shell s;
	int i;

	(void)state;
	rig_mkdir(&rig, "again", 0777);
	m = mount_of(target, "again", RIGHTS_RW);
	shell_start(&s);
	for (i = 0; i < 100; i++) {
		snprintf(target, sizeof(target), "/grants/d%d/again", i);
		put(&s, m);
	}
	shell_expect(
		&s, "ls /grants | wc -l; grep -c ' /grants/' /proc/self/mounts",
		"100\n100\n");
	for (i = 0; i < 100; i++) {
		snprintf(target, sizeof(target), "/grants/d%d/again", i);
		take(&s, m, &r);
		assert_int_equal(r.n_opens, 0);
	}
	shell_expect(&s, "ls -A /grants; grep -c ' /grants/' /proc/self/mounts",
		     "0\n");
	shell_stop(&s);
}

/* A directory that is not there at the start is a link to where it will be. */
static void graft_behind_a_link(void **state)
{
	struct graft_result r;
	struct plan_mount m;
	struct shell s;
	struct plan p;

	(void)state;
	rig_mkdir(&rig, "linked", 0777);
	rig_write(&rig, "linked/file", "text\n", 0666);
	shell_plan(&p);
	assert_int_equal(
		plan_add_link(&p, "/example/data", "/grants/example/data"), 0);
	assert_int_equal(plan_add_link(&p, "/example/more", "/grants/more"), 0);
	assert_int_equal(plan_add_link(&p, "/top", "/grants/top"), 0);
	shell_start_in(&s, &p);
	shell_expect(&s,
		     "readlink /example/data /example/more /top;"
		     "cat /example/data/file 2>&1 | sed 's/.*: //'",
		     "/grants/example/data\n/grants/more\n/grants/top\n"
		     "No such file or directory\n");
	m = mount_of("/grants/example/data", "linked", RIGHTS_RW);
	put(&s, m);
	shell_expect(&s, "cd /example/data; cat file; echo x > y; ls; cd /",
		     "text\nfile\ny\n");
	take(&s, m, &r);
	assert_int_equal(r.n_opens, 0);
	shell_expect(&s, "ls /example/data/ 2>&1 | sed 's/.*: //'",
		     "No such file or directory\n");
	shell_stop(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(graft_dir_is_the_kernels),
		cmocka_unit_test(graft_comes_and_goes),
		cmocka_unit_test(graft_rights_are_the_mounts),
		cmocka_unit_test(graft_follows_no_links),
		cmocka_unit_test(graft_refuses_paths_of_its_own),
		cmocka_unit_test(graft_restores_an_offer),
		cmocka_unit_test(graft_knows_a_mount_again),
		cmocka_unit_test(graft_gives_storage_its_owner),
		cmocka_unit_test(graft_of_a_dying_cell_fails),
		cmocka_unit_test(graft_without_an_answer),
		cmocka_unit_test(graft_a_hundred_times),
		cmocka_unit_test(graft_behind_a_link),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, shell_rig_start, shell_rig_stop);
}
