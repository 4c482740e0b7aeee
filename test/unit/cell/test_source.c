/* Whom the files belong to that a cell is given, on disks of either kind. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cell/source.h"
#include "rig.h"
#include "sys/fd.h"
#include "sys/mounts.h"
#include "sys/userns.h"

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

/* Can the disk that @path is on be mapped? */
static bool can_map(const char *path)
{
	_cleanup_fd_ int userns_fd = -1, mount_fd = -1;
	struct userns_range ids = { CELL_INSIDE_ID, 65534, 1 };

	return userns_new(ids, ids, &userns_fd) == 0 &&
	       mount_copy(AT_FDCWD, path, false, &mount_fd) == 0 &&
	       mount_set_idmap(mount_fd, userns_fd, false) == 0;
}

static void expect_with(const char *target, const char *name, uint32_t rights,
			enum plan_mount_kind kind, const char *script,
			const char *expected)
{
	struct plan p;

	rig_plan_shell(&p, script);
	rig_plan_mount(&p, target, rig_path(&rig, name), NULL, rights, kind);
	rig_expect(&rig, &p, expected);
}

/* The sentence says which directory, and what to do. */
static void expect_refusal(const char *name, uint32_t rights)
{
	struct cell_files files = { -1, -1, -1, NULL, 0 };
	struct cell_failure why;
	struct plan p;
	struct cell c;

	rig_plan_shell(&p, "true");
	rig_plan_mount(&p, "/in", rig_path(&rig, name), NULL, rights,
		       PLAN_DIRECTORY);
	rig_take(&rig, &c);
	assert_int_equal(cell_send_plan(&c, &p, &files, &why), CELL_REFUSED);
	assert_int_equal(why.stage, CELL_STAGE_IDMAP);
	assert_non_null(strstr(rig_sentence(&why), name));
	assert_non_null(strstr(rig_sentence(&why), "chmod o+rwx"));
	cell_kill(&c);
	cell_fini(&c);
	plan_fini(&p);
}

static void source_storage_outlives_its_cell(void **state)
{
	struct stat st;

	(void)state;
	rig_mkdir(&rig, "store", 0700);
	expect_with("/data", "store", RIGHTS_RW, PLAN_STORAGE,
		    "echo kept > /data/file && stat -c %u:%g /data/file",
		    "1000:1000\n");
	expect_with("/data", "store", RIGHTS_RW, PLAN_STORAGE,
		    "cat /data/file && echo more >> /data/file", "kept\n");
	assert_int_equal(stat(rig_path(&rig, "store/file"), &st), 0);
	assert_int_equal(st.st_size, 10);
	if (geteuid())
		assert_int_equal(st.st_uid, geteuid());
	else if (can_map(rig.dir))
		assert_int_equal(st.st_uid, 1000);
	else
		assert_int_not_equal(st.st_uid, 0);
}

/* A ramfs is such a disk, on every kernel. */
static void source_storage_on_a_disk_that_cannot_be_mapped(void **state)
{
	struct stat st;
	int i;

	(void)state;
	if (geteuid() || unshare(CLONE_NEWNS) < 0 || mount_make_private() < 0)
		skip();
	rig_mkdir(&rig, "ram", 0755);
	if (mount("none", rig_path(&rig, "ram"), "ramfs", 0, NULL) < 0)
		skip();
	assert_false(can_map(rig_path(&rig, "ram")));
	rig_mkdir(&rig, "ram/store", 0700);
	rig_write(&rig, "ram/secret", "root's\n", 0600);
	/* Every cell has another user: each must find all of it its own. */
	for (i = 0; i < 3; i++)
		expect_with("/data", "ram/store", RIGHTS_RW, PLAN_STORAGE,
			    "mkdir -p /data/a/b && echo x >> /data/a/b/file &&"
			    "ln -sf ../secret /data/link &&"
			    "find /data ! -uid 1000 && rm /data/a/b/file &&"
			    "echo y > /data/a/b/file && stat -c %u /data",
			    "1000\n");
	assert_int_equal(stat(rig_path(&rig, "ram/secret"), &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(lstat(rig_path(&rig, "ram/store/link"), &st), 0);
	assert_int_not_equal(st.st_uid, 0);
	/* Directories of the host are not given away. */
	rig_mkdir(&rig, "ram/open", 0777);
	expect_with("/in", "ram/open", RIGHTS_RW, PLAN_DIRECTORY,
		    "echo x > /in/new && stat -c %u /in/new", "1000\n");
	rig_mkdir(&rig, "ram/closed", 0755);
	expect_with("/in", "ram/closed", RIGHTS_R, PLAN_DIRECTORY, "ls /in",
		    "");
	expect_refusal("ram/closed", RIGHTS_RW);
	assert_int_equal(chmod(rig_path(&rig, "ram/closed"), 0700), 0);
	expect_refusal("ram/closed", RIGHTS_R);
	umount2(rig_path(&rig, "ram"), MNT_DETACH);
}

static void source_directory_of_another_owner(void **state)
{
	(void)state;
	/* Ours, and closed to everybody else. */
	rig_mkdir(&rig, "private", 0700);
	rig_write(&rig, "private/file", "mine\n", 0644);
	if (!geteuid() && !can_map(rig.dir))
		skip();
	expect_with("/in", "private", RIGHTS_RW, PLAN_DIRECTORY,
		    "cat /in/file; echo x > /in/new; ls /in | tr '\\n' ' '",
		    "mine\nfile new ");
	expect_with("/in", "private", RIGHTS_R, PLAN_DIRECTORY,
		    "cat /in/file; (echo x > /in/more) 2>/dev/null || echo no",
		    "mine\nno\n");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_storage_outlives_its_cell),
		cmocka_unit_test(source_directory_of_another_owner),
		cmocka_unit_test(
			source_storage_on_a_disk_that_cannot_be_mapped),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, start, stop);
}
