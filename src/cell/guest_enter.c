/*
 * Three tasks, one after the other.
 *
 * The first enters the cell: its cgroups, so that from here on everything is
 * counted and frozen with it; the namespaces of the component's main task, all
 * at once, for they are what the component has; its user and its limits. A pid
 * namespace is only for children, and a child of this task would, once we end,
 * belong to the init of the host. So there is a second, inside, which makes the
 * third and ends: then the third is a child of the cell's init, like every
 * orphan there, and whoever looks for the tasks of the cell finds it.
 *
 * The third, the guest, waits until the init watches over it. Then it confines
 * itself in an order in which it has its capabilities until all the rest is
 * done: up to then the component, which has none, cannot reach into it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/exec.h"
#include "cell/guest_work.h"
#include "cell/layer.h"
#include "cell/source.h"
#include "sys/caps.h"
#include "sys/fd.h"
#include "sys/landlock.h"
#include "sys/path.h"

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

enum {
	GUEST_KEYCTL_JOIN = 1, /* KEYCTL_JOIN_SESSION_KEYRING */
	/* Above the standard streams, whatever those are. */
	GUEST_FIRST_FREE = 10,
};

static _Noreturn void guest_fail_as(const struct guest_parts *p,
				    const struct cell_failure *why)
{
	struct guest_report report = { .failure = *why };

	(void)!write(p->report_fd, &report, sizeof(report));
	_exit(127);
}

static _Noreturn void guest_fail(const struct guest_parts *p,
				 enum cell_stage stage, int error,
				 const char *detail)
{
	struct cell_failure why;

	cell_failure_set(&why, stage, error, CELL_REASON_NONE, detail);
	guest_fail_as(p, &why);
}

/* ---- entering ---- */

static int guest_join_groups(const struct guest_parts *p)
{
	size_t i;

	for (i = 0; i < p->n_groups; i++)
		if (write(p->groups[i], "0", 1) < 0)
			return -errno;
	return 0;
}

/* The number of a task on the host; 0 if it is gone. */
static pid_t guest_pid_of(int pidfd)
{
	char path[64], text[512];
	const char *at;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if (path_read_file(path, text, sizeof(text)) < 0)
		return 0;
	at = strstr(text, "Pid:");
	return at ? (pid_t)strtol(at + 4, NULL, 10) : 0;
}

/* Where a kernel has fewer, the rest reads as unlimited. */
static int guest_read_limits(int main_fd, struct rlimit ret[RLIM_NLIMITS])
{
	pid_t pid = guest_pid_of(main_fd);
	int i;

	if (pid <= 0)
		return -ESRCH;
	for (i = 0; i < RLIM_NLIMITS; i++)
		if (prlimit(pid, (__rlimit_resource_t)i, NULL, &ret[i]) < 0)
			return -errno;
	return 0;
}

static int guest_set_limits(const struct rlimit limits[RLIM_NLIMITS])
{
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++)
		if (setrlimit((__rlimit_resource_t)i, &limits[i]) < 0)
			return -errno;
	return 0;
}

static int guest_enter_namespaces(const struct guest_parts *p)
{
	int kinds = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
		    CLONE_NEWUTS | CLONE_NEWCGROUP;

	if (p->order->layers & CELL_LAYER_NET)
		kinds |= CLONE_NEWNET;
	return setns(p->main_fd, kinds) < 0 ? -errno : 0;
}

/* Capabilities stay: only leaving user 0 of a namespace takes them. */
static int guest_become_user(const struct guest_parts *p)
{
	if (p->order->layers & CELL_LAYER_UIDS && setgroups(0, NULL) < 0)
		return -errno;
	if (setresgid(CELL_INSIDE_ID, CELL_INSIDE_ID, CELL_INSIDE_ID) < 0 ||
	    setresuid(CELL_INSIDE_ID, CELL_INSIDE_ID, CELL_INSIDE_ID) < 0)
		return -errno;
	return 0;
}

/* ---- the guest ---- */

static void guest_wait(const struct guest_parts *p)
{
	char go;

	if (read(p->go_fd, &go, 1) != 1)
		_exit(127);
}

static int guest_set_streams(const struct guest_parts *p)
{
	int i;

	for (i = 0; i < 3; i++)
		if (dup2(p->streams[i], i) < 0)
			return -errno;
	if (p->has_terminal && ioctl(0, TIOCSCTTY, 0) < 0)
		return -errno;
	if (syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	return 0;
}

static void guest_reset(void)
{
	(void)exec_reset_signals();
	umask(022);
	/* A session keyring of its own, in place of the manager's. */
	syscall(SYS_keyctl, GUEST_KEYCTL_JOIN, NULL);
}

static void guest_confine(const struct guest_parts *p)
{
	uint32_t layers = p->order->layers;
	int r;

	r = caps_set_no_new_privs();
	if (r < 0)
		guest_fail(p, CELL_STAGE_PRIVILEGES, r, NULL);
	r = layers & CELL_LAYER_SECCOMP ? filter_load(p->filter) : 0;
	if (r < 0)
		guest_fail(p, CELL_STAGE_SECCOMP, r, NULL);
	r = p->rules_fd >= 0 ? landlock_confine(p->rules_fd) : 0;
	if (r < 0)
		guest_fail(p, CELL_STAGE_LANDLOCK, r, NULL);
	r = layers & CELL_LAYER_CAPS ? caps_drop_all() : caps_keep_all();
	if (r < 0)
		guest_fail(p, CELL_STAGE_PRIVILEGES, r, NULL);
}

static const char *guest_search_path(const struct guest_parts *p)
{
	char **e;

	for (e = p->environ; *e; e++)
		if (!strncmp(*e, "PATH=", 5))
			return *e + 5;
	return "/usr/bin:/bin";
}

/* As execvpe(3) looks for it: what is there and cannot be run is the answer, if
 * nothing that can be run follows. */
static _Noreturn void guest_run(const struct guest_parts *p)
{
	const char *name = p->args[0], *at, *end;
	char path[PATH_MAX], refused[PATH_MAX] = "";
	struct cell_failure why;
	int error = ENOENT;

	if (p->streams[3] >= 0) {
		execveat(p->streams[3], "", p->args, p->environ, AT_EMPTY_PATH);
		guest_fail(p, CELL_STAGE_EXEC, errno, name);
	}
	if (strchr(name, '/')) {
		execve(name, p->args, p->environ);
		error = errno;
		exec_diagnose(name, error, &why);
		guest_fail_as(p, &why);
	}
	for (at = guest_search_path(p); *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ':');
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)(end - at), at,
			     name) >= (int)sizeof(path))
			continue;
		execve(path, p->args, p->environ);
		if (errno == ENOENT && access(path, F_OK) < 0)
			continue;
		if (errno == ENOTDIR || refused[0])
			continue;
		error = errno;
		strcpy(refused, path);
	}
	exec_diagnose(refused[0] ? refused : name, error, &why);
	guest_fail_as(p, &why);
}

static _Noreturn void guest_main(struct guest_parts *p)
{
	int r;

	guest_wait(p);
	setsid();
	r = guest_set_streams(p);
	if (r < 0)
		guest_fail(p, CELL_STAGE_STDIO, r, NULL);
	guest_reset();
	guest_confine(p);
	if (chdir("/") < 0)
		guest_fail(p, CELL_STAGE_CWD, errno, "/");
	guest_run(p);
}

/* Out of the way of the standard streams. */
static int guest_lift(int *fd)
{
	int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, GUEST_FIRST_FREE);

	if (lifted < 0)
		return -errno;
	*fd = lifted;
	return 0;
}

static int guest_lift_all(struct guest_parts *p)
{
	int i, r;

	r = guest_lift(&p->go_fd);
	if (r == 0)
		r = guest_lift(&p->report_fd);
	if (r == 0 && p->rules_fd >= 0)
		r = guest_lift(&p->rules_fd);
	for (i = 0; r == 0 && i < 4; i++)
		if (p->streams[i] >= 0)
			r = guest_lift(&p->streams[i]);
	return r;
}

/* ---- the two before it ---- */

static _Noreturn void guest_make(struct guest_parts *p)
{
	struct guest_report report = { .pid = 0 };
	pid_t pid = fork();

	if (pid == 0)
		guest_main(p);
	if (pid < 0)
		guest_fail(p, CELL_STAGE_FORK, errno, NULL);
	report.pid = pid;
	(void)!write(p->report_fd, &report, sizeof(report));
	_exit(0);
}

_Noreturn void guest_enter(const struct guest_parts *parts)
{
	struct rlimit limits[RLIM_NLIMITS];
	struct guest_parts p = *parts;
	pid_t pid;
	int r;

	r = guest_lift_all(&p);
	if (r < 0)
		guest_fail(&p, CELL_STAGE_STDIO, r, NULL);
	r = guest_join_groups(&p);
	if (r < 0)
		guest_fail(&p, CELL_STAGE_CGROUP, r, NULL);
	r = guest_read_limits(p.main_fd, limits);
	if (r == 0)
		r = guest_enter_namespaces(&p);
	if (r == 0)
		r = guest_become_user(&p);
	if (r < 0)
		guest_fail(&p, CELL_STAGE_ENTER, r, NULL);
	r = guest_set_limits(limits);
	if (r < 0)
		guest_fail(&p, CELL_STAGE_LIMIT, r,
			   "all that the component has");
	pid = fork();
	if (pid == 0)
		guest_make(&p);
	if (pid < 0)
		guest_fail(&p, CELL_STAGE_FORK, errno, NULL);
	/* Once it is gone, the guest is the init's. */
	waitpid(pid, NULL, 0);
	_exit(0);
}
