/* What somebody made who may have wanted it to stay. */
#include "host_test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cell/erase.h"
#include "sys/fd.h"

/* Erase @name in the scene's directory. */
static int erase(struct scene *s, const char *name)
{
	int fd = open(s->directory, O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	assert_true(fd >= 0);
	r = erase_beneath(fd, name);
	fd_close(fd);
	return r;
}

static void test_simple_things(void **state)
{
	struct scene *s = *state;

	assert_int_equal(erase(s, "none"), 0);
	scene_write(s, "file", "x");
	assert_int_equal(erase(s, "file"), 0);
	assert_false(scene_has(s, "file"));
	scene_write(s, "d/a/b/c", "x");
	scene_write(s, "d/a/x", "x");
	scene_write(s, "d/y", "x");
	mkfifo(scene_path(s, "d/a/fifo"), 0600);
	assert_int_equal(erase(s, "d"), 0);
	assert_false(scene_has(s, "d"));
}

static void test_links_are_not_followed(void **state)
{
	struct scene *s = *state;

	scene_write(s, "kept/file", "kept");
	scene_write(s, "d/a/x", "x");
	assert_int_equal(symlink("../kept", scene_path(s, "d/link")), 0);
	assert_int_equal(symlink("../../kept", scene_path(s, "d/a/link")), 0);
	assert_int_equal(symlink("..", scene_path(s, "d/up")), 0);
	assert_int_equal(symlink("/proc/self/cwd", scene_path(s, "d/cwd")), 0);
	assert_int_equal(
		link(scene_path(s, "kept/file"), scene_path(s, "d/a/hard")), 0);
	assert_int_equal(erase(s, "d"), 0);
	assert_false(scene_has(s, "d"));
	assert_string_equal(scene_read(s, "kept/file"), "kept");
	/* The thing itself may be a link. */
	assert_int_equal(symlink("kept", scene_path(s, "d")), 0);
	assert_int_equal(erase(s, "d"), 0);
	assert_false(scene_has(s, "d"));
	assert_string_equal(scene_read(s, "kept/file"), "kept");
}

static void test_very_deep(void **state)
{
	enum { DEPTH = 600 };
	struct scene *s = *state;
	int at = open(s->directory, O_PATH | O_DIRECTORY | O_CLOEXEC), next;
	unsigned i;

	for (i = 0; i < DEPTH; i++) {
		assert_int_equal(mkdirat(at, "d", 0700), 0);
		next = openat(at, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		fd_close(at);
		at = next;
	}
	fd_close(at);
	assert_int_equal(erase(s, "d"), 0);
	assert_false(scene_has(s, "d"));
}

/* Names that the eraser itself uses, taken by directories that are not empty.
 */
static void test_taken_names(void **state)
{
	struct scene *s = *state;
	char name[32];
	unsigned i;

	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "d/%u/%u/%u", i, i, i + 1);
		scene_write(s, name, "x");
		snprintf(name, sizeof(name), "d/x/%u/y", i);
		scene_write(s, name, "x");
	}
	assert_int_equal(erase(s, "d"), 0);
	assert_false(scene_has(s, "d"));
}

static void test_wide(void **state)
{
	struct scene *s = *state;
	char name[64];
	unsigned i;

	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "d/%u/%u", i % 40, i);
		scene_write(s, name, "");
	}
	assert_int_equal(erase(s, "d"), 0);
	assert_false(scene_has(s, "d"));
}

/* Directories that deny everything, erased by whom that stops: not root. */
static void erase_as_somebody(const char *directory)
{
	int fd;

	if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		_exit(2);
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || mkdirat(fd, "d", 0700) < 0 ||
	    mkdirat(fd, "d/a", 0700) < 0 || mkdirat(fd, "d/a/b", 0700) < 0 ||
	    mkdirat(fd, "d/a/b/c", 0700) < 0 || mkdirat(fd, "d/z", 0) < 0 ||
	    fchmodat(fd, "d/a/b", 0, 0) < 0 ||
	    fchmodat(fd, "d/a", 0500, 0) < 0 || fchmodat(fd, "d", 0, 0) < 0)
		_exit(3);
	_exit(erase_beneath(fd, "d") ? 1 : 0);
}

static void test_locked(void **state)
{
	struct scene *s = *state;
	int status;
	pid_t pid;

	assert_int_equal(chmod(s->directory, 0777), 0);
	pid = fork();
	if (!pid)
		erase_as_somebody(s->directory);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(scene_has(s, "d"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(test_simple_things),
		host_test(test_links_are_not_followed),
		host_test(test_very_deep),
		host_test(test_taken_names),
		host_test(test_wide),
		host_test(test_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
