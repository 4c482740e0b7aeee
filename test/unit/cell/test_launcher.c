/* The launcher: what it makes, and that nothing is left behind. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/own.h"
#include "rig.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/pidfd.h"

static const struct cell_files no_files = { -1, -1, -1, NULL, 0 };

/* Is there no such task any more, or only what its parent has not reaped? */
static bool is_gone(pid_t pid)
{
	char path[64], text[512], *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (path_read_file(path, text, sizeof(text)) < 0)
		return true;
	at = strrchr(text, ')');
	return at && at[2] == 'Z';
}

static void wait_until_gone(pid_t pid)
{
	int i;

	for (i = 0; i < 5000 && !is_gone(pid); i++)
		usleep(1000);
	assert_true(is_gone(pid));
}

/* True once @path is not there any more; waits some seconds for it. */
static bool is_removed(const char *path)
{
	int i;

	for (i = 0; i < 5000; i++) {
		if (access(path, F_OK) < 0 && errno == ENOENT)
			return true;
		usleep(1000);
	}
	return false;
}

static void run_sleep(struct rig *r, struct cell *c)
{
	struct cell_failure why;
	struct plan p;

	rig_take(r, c);
	rig_plan_shell(&p, "(setsid sleep 1000 &); exec sleep 1000");
	assert_int_equal(cell_send_plan(c, &p, &no_files, &why), 0);
	plan_fini(&p);
	rig_wait_started(c);
}

/* What a manager that is about to be killed tells about itself. */
struct confession {
	pid_t launcher, used, blank;
	char cgroup[256], path[256];
	volatile bool is_ready;
};

static void doomed_manager(struct confession *said)
{
	struct cell c, other;
	struct rig r;

	rig_start(&r, 0, 0);
	snprintf(said->path, sizeof(said->path), "%s", rig_path(&r, "socket"));
	rig_write(&r, "socket", "", 0600);
	rig_write(&r, "kept", "", 0600);
	assert_int_equal(launcher_register_path(&r.launcher, said->path), 0);
	assert_int_equal(
		launcher_register_path(&r.launcher, rig_path(&r, "kept")), 0);
	assert_int_equal(
		launcher_unregister_path(&r.launcher, rig_path(&r, "kept")), 0);
	run_sleep(&r, &c);
	rig_take(&r, &other);
	said->launcher = r.launcher.pid;
	said->used = c.pid;
	said->blank = other.pid;
	strcpy(said->cgroup, c.cgroup);
	said->is_ready = true;
	for (;;)
		pause();
}

static void launcher_outlives_and_tidies(int signo)
{
	struct confession *said;
	char kept[256], *slash;
	int status, i;
	pid_t pid;

	rig_need_cells();
	said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(said, 0, sizeof(*said));
	pid = fork();
	if (pid == 0) {
		doomed_manager(said);
		_exit(1);
	}
	for (i = 0; i < 30000 && !said->is_ready; i++)
		usleep(1000);
	assert_true(said->is_ready);
	assert_int_equal(kill(pid, signo), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	wait_until_gone(said->used);
	wait_until_gone(said->blank);
	wait_until_gone(said->launcher);
	assert_true(is_removed(said->path));
	if (said->cgroup[0]) {
		assert_true(is_removed(said->cgroup));
		*strrchr(said->cgroup, '/') = 0;
		assert_true(is_removed(said->cgroup));
	}
	strcpy(kept, said->path);
	slash = strrchr(kept, '/');
	strcpy(slash, "/kept");
	assert_int_equal(access(kept, F_OK), 0);
	unlink(kept);
	*slash = 0;
	rmdir(kept);
	munmap(said, sizeof(*said));
}

static void launcher_tidies_after_sigkill(void **state)
{
	(void)state;
	launcher_outlives_and_tidies(SIGKILL);
}

static void launcher_tidies_after_sigterm(void **state)
{
	(void)state;
	launcher_outlives_and_tidies(SIGTERM);
}

/* A second manager with cells of its own is none of the first one's business.
 */
static void launcher_leaves_others_alone(void **state)
{
	struct cell mine, theirs;
	struct rig a, b;
	int status;

	(void)state;
	rig_start(&a, 0, 0);
	rig_start(&b, 0, 0);
	run_sleep(&a, &mine);
	run_sleep(&b, &theirs);
	rig_stop(&b);
	wait_until_gone(theirs.pid);
	assert_int_equal(cell_reap(&mine, &status), CELL_RUNNING);
	cell_kill(&mine);
	cell_fini(&mine);
	cell_fini(&theirs);
	rig_stop(&a);
}

static void launcher_stop_leaves_no_children(void **state)
{
	struct cell c;
	struct rig r;
	int i;

	(void)state;
	/* What other tests have left to reap. */
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
	for (i = 0; i < 3; i++) {
		rig_start(&r, 0, 0);
		if (i)
			rig_take(&r, &c);
		if (i == 2) {
			struct pollfd p = { .fd = c.pidfd, .events = POLLIN };

			cell_kill(&c);
			assert_true(poll(&p, 1, 10000) > 0);
			cell_fini(&c);
		}
		rig_stop(&r);
		if (i == 1) {
			struct pollfd p = { .fd = c.pidfd, .events = POLLIN };

			/* The launcher killed it; reaping is ours. */
			assert_true(poll(&p, 1, 10000) > 0);
			cell_fini(&c);
		}
		assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
		assert_int_equal(errno, ECHILD);
	}
}

static void launcher_ignores_the_terminal(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
				       SIGTSTP };
	struct cell c;
	struct rig r;
	size_t i;

	(void)state;
	rig_start(&r, 0, 0);
	rig_take(&r, &c);
	cell_kill(&c);
	cell_fini(&c);
	for (i = 0; i < N_ELEMENTS(signals); i++)
		assert_int_equal(kill(r.launcher.pid, signals[i]), 0);
	usleep(20000);
	assert_false(is_gone(r.launcher.pid));
	assert_int_not_equal(getsid(r.launcher.pid), getsid(0));
	rig_take(&r, &c);
	cell_kill(&c);
	cell_fini(&c);
	rig_stop(&r);
}

static void launcher_that_died_is_missed(void **state)
{
	struct pollfd p = { .events = POLLIN };
	struct cell_failure why;
	struct cell c;
	struct rig r;
	int v;

	(void)state;
	rig_start(&r, 0, 0);
	rig_take(&r, &c);
	cell_kill(&c);
	cell_fini(&c);
	assert_int_equal(pidfd_signal(r.launcher.pidfd, SIGKILL), 0);
	p.fd = r.launcher.socket_fd;
	do
		assert_true(poll(&p, 1, 10000) > 0);
	while ((v = launcher_process(&r.launcher)) == 0);
	assert_int_equal(v, -EPIPE);
	while ((v = launcher_take(&r.launcher, &c, &why)) == 0) {
		cell_kill(&c);
		cell_fini(&c);
	}
	assert_int_equal(v, LAUNCHER_FAILED);
	assert_int_equal(why.stage, CELL_STAGE_LAUNCHER);
	rig_stop(&r);
}

/* Many at once: more than the pool holds, each a cell of its own. */
static void launcher_serves_a_burst(void **state)
{
	struct cell cells[20];
	struct rig r;
	size_t i, j;

	(void)state;
	rig_start(&r, 0, 0);
	for (i = 0; i < N_ELEMENTS(cells); i++) {
		rig_take(&r, &cells[i]);
		for (j = 0; j < i; j++) {
			assert_true(cells[i].id != cells[j].id);
			if (r.launcher.is_root)
				assert_true(cells[i].uid / 256 !=
					    cells[j].uid / 256);
		}
	}
	for (i = 0; i < N_ELEMENTS(cells); i++) {
		cell_kill(&cells[i]);
		cell_fini(&cells[i]);
	}
	rig_stop(&r);
}

/* Every layer can be left out, and the cell works. */
static void launcher_leaves_out_layers(void **state)
{
	struct rig_result result;
	struct plan p;
	struct rig r;
	uint32_t bit;

	(void)state;
	for (bit = 1; bit & CELL_LAYERS_ALL; bit <<= 1) {
		rig_start(&r, CELL_LAYERS_ALL & ~bit, 0);
		rig_plan_shell(&p, "echo fine");
		rig_run(&r, &p, &result);
		if (result.is_failed)
			fail_msg("without %s: %s", cell_layer_name(bit),
				 rig_sentence(&result.failure));
		assert_string_equal(text_string(&result.out), "fine\n");
		assert_int_equal(result.missing & bit, 0);
		rig_result_fini(&result);
		plan_fini(&p);
		rig_stop(&r);
	}
}

/* Run @fn in a child that has root in a user namespace of its own. */
static void in_namespace(void (*fn)(void))
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char line[64];
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
			_exit(77);
		path_write_file(AT_FDCWD, "/proc/self/setgroups", "deny");
		snprintf(line, sizeof(line), "0 %u 1", uid);
		if (path_write_file(AT_FDCWD, "/proc/self/uid_map", line) < 0)
			_exit(76);
		snprintf(line, sizeof(line), "0 %u 1", gid);
		if (path_write_file(AT_FDCWD, "/proc/self/gid_map", line) < 0)
			_exit(75);
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("status %x", (unsigned)status);
}

static void expect_no_blank(uint32_t required, enum cell_stage stage,
			    enum cell_reason reason)
{
	struct launcher_config config = { .required = required };
	struct pollfd p = { .events = POLLIN };
	struct cell_failure why;
	struct launcher l;
	struct cell c;
	int v;

	if (launcher_start(&l, &config) < 0)
		_exit(2);
	p.fd = l.socket_fd;
	while ((v = launcher_take(&l, &c, &why)) == LAUNCHER_EMPTY)
		if (poll(&p, 1, 10000) <= 0 || launcher_process(&l) < 0)
			_exit(3);
	if (v != LAUNCHER_FAILED)
		_exit(4);
	if (why.stage != stage || why.reason != reason) {
		fprintf(stderr, "%s\n", rig_sentence(&why));
		_exit(5);
	}
	/* And it goes on saying so. */
	while ((v = launcher_take(&l, &c, &why)) == LAUNCHER_EMPTY)
		if (poll(&p, 1, 10000) <= 0 || launcher_process(&l) < 0)
			_exit(6);
	if (v != LAUNCHER_FAILED || launcher_stop(&l, 10000) < 0)
		_exit(7);
}

static void no_user_namespaces(void)
{
	if (path_write_file(AT_FDCWD, "/proc/sys/user/max_user_namespaces",
			    "0") < 0)
		_exit(74);
	expect_no_blank(0, CELL_STAGE_CLONE, CELL_REASON_NO_USERNS);
}

static void launcher_without_user_namespaces(void **state)
{
	(void)state;
	rig_need_cells();
	in_namespace(no_user_namespaces);
}

/* Root of a container that has one user id to its name. */
static void one_user_id(void)
{
	struct rig_result result;
	struct plan p;
	struct rig r;

	rig_start(&r, 0, 0);
	rig_plan_shell(&p, "id -u");
	rig_run(&r, &p, &result);
	if (result.is_failed) {
		fprintf(stderr, "%s\n", rig_sentence(&result.failure));
		_exit(9);
	}
	if (strcmp(text_string(&result.out), "1000\n") ||
	    !(result.missing & CELL_LAYER_UIDS))
		_exit(10);
	rig_result_fini(&result);
	plan_fini(&p);
	rig_stop(&r);
	expect_no_blank(CELL_LAYER_UIDS, CELL_STAGE_REQUIRED, CELL_REASON_NONE);
}

static void launcher_with_one_user_id(void **state)
{
	(void)state;
	rig_need_cells();
	in_namespace(one_user_id);
}

static void run_degraded(void)
{
	struct rig_result result;
	struct plan p;
	struct rig r;

	rig_start(&r, 0, 0);
	rig_plan_shell(&p, "echo fine");
	rig_run(&r, &p, &result);
	if (strcmp(text_string(&result.out), "fine\n") ||
	    !(result.missing & CELL_LAYER_CGROUP))
		_exit(11);
	rig_result_fini(&result);
	plan_fini(&p);
	rig_stop(&r);
	expect_no_blank(CELL_LAYER_CGROUP, CELL_STAGE_CGROUP, CELL_REASON_NONE);
}

/* Somebody has taken the cgroup mounts away. */
static void launcher_without_cgroups(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	rig_need_cells();
	if (geteuid() != 0)
		skip();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 ||
		    system("mount --make-rprivate / && "
			   "mount -t tmpfs none /sys/fs/cgroup"))
			_exit(77);
		run_degraded();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		fail_msg("status %x", (unsigned)status);
}

static void launcher_refuses_relative_paths(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 0, 0);
	assert_int_equal(launcher_register_path(&r.launcher, "relative"),
			 -EINVAL);
	rig_stop(&r);
}

/* The sockets of services: they connect, can be added, and go with the cell. */
static void launcher_cells_have_services(void **state)
{
	static const char script[] =
		"import os, socket\n"
		"def hello(name):\n"
		"    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
		"    s.connect('/svc/' + name)\n"
		"    return s.recv(10).decode()\n"
		"os.chdir('/svc')\n"
		"print(hello('first'), hello('later'), len(os.listdir('.')))\n"
		"s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
		"s.connect('/svc/go')\n";
	char name[256], byte[1] = "x";
	struct cell_failure why;
	struct cell_event e;
	struct pollfd p = { .events = POLLIN };
	int listeners[3] = { -1, -1, -1 }, later = -1, dir_fd = -1, status, fd;
	struct cell_files files = no_files;
	struct plan plan;
	struct cell c;
	struct rig r;
	int ends[2];
	char out[64] = "";

	(void)state;
	if (access("/usr/bin/python3", X_OK) < 0)
		skip();
	rig_start(&r, 0, 0);
	rig_take(&r, &c);
	memset(name, 'n', 255);
	name[255] = 0;
	plan_init(&plan);
	assert_int_equal(plan_set_moniker(&plan, "/s"), 0);
	assert_int_equal(plan_set_binary(&plan, "/usr/bin/python3"), 0);
	assert_int_equal(plan_add_arg(&plan, "python3"), 0);
	assert_int_equal(plan_add_arg(&plan, "-c"), 0);
	assert_int_equal(plan_add_arg(&plan, script), 0);
	assert_int_equal(plan_add_service(&plan, "/svc/first"), 0);
	assert_int_equal(plan_add_service(&plan, "/svc/go"), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	files.stdout_fd = files.stderr_fd = ends[1];
	assert_int_equal(cell_send_plan(&c, &plan, &files, &why), 0);
	close(ends[1]);
	p.fd = c.socket_fd;
	while (dir_fd < 0) {
		assert_true(poll(&p, 1, 10000) > 0);
		assert_int_equal(cell_read_event(&c, &e), 0);
		if (e.type == CELL_EVENT_DIRS) {
			assert_int_equal(e.n_fds, 1);
			dir_fd = e.fds[0];
			e.fds[0] = -1;
		} else {
			assert_int_equal(e.type, CELL_EVENT_LISTENERS);
			assert_int_equal(e.first, 0);
			assert_int_equal(e.n_fds, 2);
			memcpy(listeners, e.fds, 2 * sizeof(int));
			e.n_fds = 0;
		}
		cell_event_fini(&e);
	}
	assert_int_equal(cell_bind_service(&c, dir_fd, "later", &later), 0);
	/* A longer name than an address can hold, and one that is replaced. */
	assert_int_equal(cell_bind_service(&c, dir_fd, name, &fd), 0);
	close(fd);
	assert_int_equal(cell_bind_service(&c, dir_fd, name, &fd), 0);
	close(fd);
	assert_int_equal(cell_unbind_service(&c, dir_fd, name), 0);
	assert_int_equal(cell_unbind_service(&c, dir_fd, name), -ENOENT);
	assert_int_equal(cell_bind_service(&c, dir_fd, "a/b", &fd), -EINVAL);
	assert_int_equal(cell_bind_service(&c, dir_fd, "..", &fd), -EINVAL);
	assert_int_equal(cell_bind_service(&c, dir_fd, "", &fd), -EINVAL);
	p.fd = listeners[0];
	assert_true(poll(&p, 1, 10000) > 0);
	fd = accept4(listeners[0], NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(send(fd, byte, 1, MSG_NOSIGNAL), 1);
	close(fd);
	p.fd = later;
	assert_true(poll(&p, 1, 10000) > 0);
	fd = accept4(later, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(send(fd, "yz", 2, MSG_NOSIGNAL), 2);
	close(fd);
	p.fd = c.pidfd;
	assert_true(poll(&p, 1, 10000) > 0);
	assert_int_equal(cell_reap(&c, &status), 0);
	assert_true(read(ends[0], out, sizeof(out) - 1) > 0);
	assert_string_equal(out, "x yz 3\n");
	close(ends[0]);
	fd_close_all(listeners, 3);
	close(later);
	close(dir_fd);
	plan_fini(&plan);
	cell_fini(&c);
	rig_stop(&r);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(launcher_stop_leaves_no_children),
		cmocka_unit_test(launcher_tidies_after_sigkill),
		cmocka_unit_test(launcher_tidies_after_sigterm),
		cmocka_unit_test(launcher_leaves_others_alone),
		cmocka_unit_test(launcher_ignores_the_terminal),
		cmocka_unit_test(launcher_that_died_is_missed),
		cmocka_unit_test(launcher_serves_a_burst),
		cmocka_unit_test(launcher_leaves_out_layers),
		cmocka_unit_test(launcher_without_user_namespaces),
		cmocka_unit_test(launcher_with_one_user_id),
		cmocka_unit_test(launcher_without_cgroups),
		cmocka_unit_test(launcher_refuses_relative_paths),
		cmocka_unit_test(launcher_cells_have_services),
	};

	rig_init(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
