/*
 * Most rows come from one trial: a child in new namespaces tries, one after the
 * other, what a cell's init does, and leaves what it got in shared memory. The
 * others ask the system directly. Each row says in one place what is tried,
 * what the answer means, and what to do about it.
 */
#include "cell/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/failure.h"
#include "cell/filter.h"
#include "cell/hearth.h"
#include "cell/probe_row.h"
#include "cell/range.h"
#include "cell/source.h"
#include "sys/caps.h"
#include "sys/clone.h"
#include "sys/fd.h"
#include "sys/landlock.h"
#include "sys/mounts.h"
#include "sys/packet.h"
#include "sys/path.h"
#include "sys/pidfd.h"
#include "sys/seccomp.h"
#include "sys/userns.h"

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

/* What the trial child got: 0, -errno, or PROBE_UNTRIED. */
enum { PROBE_UNTRIED = 1 };

struct probe_trial {
	int clone, maps, user, private, tmpfs, attach, copy, change, proc;
};

struct probe {
	struct cell_probe *out;
	bool is_root;
	bool has_userns; /* else most of the rest cannot be tried */
	bool freezes;	 /* a cell's cgroup can be frozen */
	struct probe_trial trial;
	struct hearth hearth;
};

/* A row of this probe. */
#define probe_row(p, ...) cell_probe_add((p)->out, __VA_ARGS__)

static void probe_trial_child(struct probe_trial *t, int socket_fd)
{
	_cleanup_fd_ int tmpfs_fd = -1, copy_fd = -1, proc_fd = -1;
	size_t n_fds;
	char go;

	if (packet_receive(socket_fd, &go, 1, NULL, 0, &n_fds, 0) != 1)
		_exit(1);
	t->user = setresgid(CELL_INSIDE_ID, CELL_INSIDE_ID, CELL_INSIDE_ID) < 0
			  ? -errno
			  : 0;
	if (setresuid(CELL_INSIDE_ID, CELL_INSIDE_ID, CELL_INSIDE_ID) < 0)
		t->user = -errno;
	t->private = mount_make_private();
	t->tmpfs = mount_new_tmpfs(1024 * 1024, 0755,
				   MOUNT_NOSUID | MOUNT_NODEV, &tmpfs_fd);
	if (t->tmpfs == 0)
		t->attach = mount_attach(tmpfs_fd, AT_FDCWD, "/tmp");
	t->copy = mount_copy(AT_FDCWD, "/usr", true, &copy_fd);
	if (t->copy == 0)
		t->change = mount_set(copy_fd, MOUNT_RDONLY, true);
	t->proc = mount_new_proc(MOUNT_NOSUID, &proc_fd);
	_exit(0);
}

static int probe_try_clone(uint64_t flags, int cgroup_fd)
{
	struct clone_request request = { .flags = flags,
					 .exit_signal = SIGCHLD,
					 .cgroup_fd = cgroup_fd };
	_cleanup_fd_ int pidfd = -1;
	siginfo_t info;
	pid_t pid = clone_task(&request, &pidfd);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return pid;
	pidfd_wait(pidfd, &info);
	return 0;
}

static void probe_run_trial(struct probe *p, struct probe_trial *shared)
{
	struct clone_request request = {
		.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
			 CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
			 CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
		.cgroup_fd = -1,
	};
	struct userns_range uids = { CELL_INSIDE_ID, geteuid(), 1 };
	struct userns_range gids = { CELL_INSIDE_ID, getegid(), 1 };
	_cleanup_fd_ int pidfd = -1;
	int sockets[2];
	siginfo_t info;
	pid_t pid;

	if (packet_pair(sockets) < 0)
		return;
	pid = clone_task(&request, &pidfd);
	if (pid == 0)
		probe_trial_child(shared, sockets[1]);
	shared->clone = pid < 0 ? pid : 0;
	if (pid > 0) {
		shared->maps = userns_write_maps(pid, uids, gids, p->is_root);
		if (shared->maps == 0)
			packet_send(sockets[0], "", 1, NULL, 0, 0);
	}
	fd_close_all(sockets, 2);
	if (pid > 0)
		pidfd_wait(pidfd, &info);
}

static void probe_trial(struct probe *p)
{
	struct probe_trial *shared;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return;
	*shared = (struct probe_trial){ 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	probe_run_trial(p, shared);
	p->trial = *shared;
	munmap(shared, sizeof(*shared));
}

static void probe_kernel(struct probe *p)
{
	struct utsname name;

	uname(&name);
	probe_row(p, "kernel", PROBE_OK, NULL, "%s %s on %s, %s", name.sysname,
		  name.release, name.machine,
		  p->is_root ? "run as root" : "run as an ordinary user");
}

/* Row "user-namespaces": the one thing that nothing works without. */
static void probe_userns(struct probe *p)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	enum cell_stage stage = CELL_STAGE_CLONE;
	int error = probe_try_clone(CLONE_NEWUSER, -1);
	const char *cause, *fix;
	struct cell_failure why;

	if (error == 0 && p->trial.maps < 0) {
		stage = CELL_STAGE_IDS;
		error = p->trial.maps;
	}
	p->has_userns = error == 0;
	if (p->has_userns) {
		probe_row(p, "user-namespaces", PROBE_OK, NULL,
			  "cells can have user namespaces of their own");
		return;
	}
	cell_failure_set(&why, stage, error, cell_failure_reason(stage, error),
			 NULL);
	cell_failure_render(&why, &text);
	/* "could not ...: the cause; the remedy" */
	cause = strstr(text_string(&text), ": ") + 2;
	fix = strstr(cause, "; ");
	probe_row(p, "user-namespaces", PROBE_MISSING, fix ? fix + 2 : NULL,
		  "no cell can have one: %.*s",
		  fix ? (int)(fix - cause) : (int)strlen(cause), cause);
}

/* A row about what builds on another that is missing. */
static void probe_untried(struct probe *p, const char *name)
{
	probe_row(p, name, PROBE_MISSING, "mend what is above first",
		  "could not be tried");
}

static void probe_settings(struct probe *p)
{
	long long max, apparmor;

	max = path_read_number("/proc/sys/user/max_user_namespaces", -1);
	/* That none are allowed has been told with the row before. */
	if (max > 0)
		probe_row(p, "max_user_namespaces",
			  max < 100 ? PROBE_DEGRADED : PROBE_OK,
			  max < 100 ? "as root: sysctl "
				      "user.max_user_namespaces=10000"
				    : NULL,
			  "at most %lld user namespaces, one for each cell",
			  max);
	apparmor = path_read_number("/proc/sys/kernel/apparmor_restrict_"
				    "unprivileged_userns",
				    0);
	if (apparmor && (p->trial.tmpfs || p->trial.maps))
		probe_row(p, "apparmor", PROBE_MISSING,
			  "as root: sysctl kernel.apparmor_restrict_"
			  "unprivileged_userns=0, or an AppArmor profile that "
			  "allows userns for reeve",
			  "AppArmor restricts unprivileged user namespaces");
	else
		probe_row(p, "apparmor", PROBE_OK, NULL,
			  apparmor ? "AppArmor restricts user namespaces, but "
				     "not ours"
				   : "AppArmor does not restrict user "
				     "namespaces");
}

static void probe_namespaces(struct probe *p)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} kinds[] = {
		{ CLONE_NEWNS, "mount" },    { CLONE_NEWPID, "pid" },
		{ CLONE_NEWIPC, "ipc" },     { CLONE_NEWUTS, "uts" },
		{ CLONE_NEWNET, "network" }, { CLONE_NEWCGROUP, "cgroup" },
	};
	char lacking[100] = "";
	const char *fix = "use a kernel with all CONFIG_*_NS, and leave the "
			  "container that restricts them";
	size_t i, n;
	int r;

	if (!p->has_userns) {
		probe_untried(p, "namespaces");
		return;
	}
	if (p->trial.clone == 0) {
		probe_row(p, "namespaces", PROBE_OK, NULL,
			  "user, mount, pid, ipc, uts, network and cgroup "
			  "namespaces, in one clone3");
		return;
	}
	for (i = 0; i < N_ELEMENTS(kinds); i++) {
		r = probe_try_clone(CLONE_NEWUSER | kinds[i].flag, -1);
		if (r == 0)
			continue;
		if (r == -ENOSPC)
			fix = "as root: raise user.max_*_namespaces of these";
		n = strlen(lacking);
		snprintf(lacking + n, sizeof(lacking) - n, " %s",
			 kinds[i].name);
	}
	probe_row(p, "namespaces", PROBE_MISSING, fix, "cannot be made:%s",
		  lacking[0] ? lacking : " all together");
}

static void probe_clone3(struct probe *p)
{
	int r = probe_try_clone(0, -1);

	if (r == 0)
		probe_row(p, "clone3", PROBE_OK, NULL,
			  "tasks are made with clone3 and a pidfd");
	else
		probe_row(p, "clone3", PROBE_MISSING,
			  "use Linux 6.1 or later; in a container, allow "
			  "clone3 in its seccomp profile",
			  "clone3: %s", strerror(-r));
}

static void probe_one_mount(struct probe *p, const char *name, int r,
			    const char *works, const char *fails)
{
	if (r == 0)
		probe_row(p, name, PROBE_OK, NULL, "%s", works);
	else if (r == PROBE_UNTRIED)
		probe_untried(p, name);
	else
		probe_row(p, name, PROBE_MISSING,
			  r == -ENOSYS ? "use Linux 6.1 or later"
				       : "leave the container, or the "
					 "security module's profile, that "
					 "forbids mounts",
			  "%s: %s", fails, strerror(-r));
}

static void probe_mounts(struct probe *p)
{
	const struct probe_trial *t = &p->trial;

	probe_one_mount(p, "tmpfs", t->tmpfs ? t->tmpfs : t->attach,
			"a cell can have file systems in memory, of limited "
			"size",
			"no tmpfs inside of a user namespace");
	probe_one_mount(p, "mount-copies", t->copy,
			"mounts can be copied detached (open_tree)",
			"no detached copies of mounts");
	probe_one_mount(p, "mount-attributes", t->change,
			"copies can be made read-only (mount_setattr)",
			"no read-only copies of mounts");
	if (t->proc == -EPERM)
		probe_row(p, "proc", PROBE_DEGRADED,
			  "unmask /proc: docker run --security-opt "
			  "systempaths=unconfined, podman --security-opt "
			  "unmask=ALL",
			  "our own /proc is partly masked, so cells cannot "
			  "have one");
	else
		probe_one_mount(p, "proc", t->proc,
				"a cell can have its own /proc",
				"no /proc inside of a pid namespace");
}

/* Only root's cells need it; see source.c. */
static void probe_idmap(struct probe *p)
{
	static const char path[] = "/var/lib";
	_cleanup_fd_ int mount_fd = -1, userns_fd = -1;
	struct userns_range range = { CELL_INSIDE_ID, 65534, 1 };
	int r;

	if (!p->is_root) {
		probe_row(p, "idmap", PROBE_OK, NULL,
			  "not needed: cells run as the user who runs reeve");
		return;
	}
	r = p->has_userns ? userns_new(range, range, &userns_fd)
			  : PROBE_UNTRIED;
	if (r == 0)
		r = mount_copy(AT_FDCWD, path, false, &mount_fd);
	if (r == 0)
		r = mount_set_idmap(mount_fd, userns_fd, false);
	if (r == PROBE_UNTRIED)
		probe_untried(p, "idmap");
	else if (r == 0)
		probe_row(p, "idmap", PROBE_OK, NULL,
			  "mounts of %s can be mapped to a cell's user", path);
	else
		probe_row(
			p, "idmap", PROBE_DEGRADED,
			"keep storage on ext4, xfs or btrfs (from Linux 6.3 "
			"on, also tmpfs)",
			"%s cannot be mapped to a cell's user (%s): storage "
			"there is chowned at each start, and other directories "
			"must be open to others",
			path, strerror(-r));
}

static void probe_uids(struct probe *p)
{
	struct range range;

	if (!p->is_root) {
		probe_row(p, "uids", PROBE_OK, NULL,
			  "all cells run as the user who runs reeve; root "
			  "would give each its own ids");
		return;
	}
	range_init(&range);
	if (range.n)
		probe_row(p, "uids", PROBE_OK, NULL,
			  "each cell gets %d user ids of its own, from %u on",
			  RANGE_IDS, range.first);
	else
		probe_row(p, "uids", PROBE_DEGRADED,
			  "give this container more user ids (65536 or more)",
			  "too few user ids here: all cells share one");
}

static void probe_landlock(struct probe *p)
{
	int abi = landlock_abi();

	if (!abi)
		probe_row(p, "landlock", PROBE_DEGRADED,
			  "boot with landlock among lsm=, on a kernel with "
			  "CONFIG_SECURITY_LANDLOCK",
			  "Landlock is missing: one wall less");
	else if (abi < 3)
		probe_row(p, "landlock", PROBE_DEGRADED,
			  "use Linux 6.2 or later",
			  "ABI %d: files, but who may change a directory can "
			  "empty files in it without the right to write them; "
			  "no second wall for sockets and signals",
			  abi);
	else
		probe_row(p, "landlock", PROBE_OK, NULL, "ABI %d: files%s%s",
			  abi, abi >= 4 ? ", TCP" : "",
			  abi >= 6 ? ", abstract sockets and signals"
				   : "; no second wall for abstract sockets "
				     "and signals");
}

static void probe_seccomp(struct probe *p)
{
	struct filter f = FILTER_INIT;
	int r = seccomp_has_action(0x80000000U); /* SECCOMP_RET_KILL_PROCESS */

	if (r == 0)
		r = filter_build(&f);
	if (r == 0)
		probe_row(p, "seccomp", PROBE_OK, NULL,
			  "the system call filter compiles to %u instructions",
			  (unsigned)f.n);
	else
		probe_row(p, "seccomp", PROBE_MISSING,
			  "use a kernel with CONFIG_SECCOMP_FILTER",
			  "no system call filter: %s", strerror(-r));
	filter_fini(&f);
}

static void probe_cgroup_files(struct probe *p, int fd)
{
	bool kills = faccessat(fd, "cgroup.kill", W_OK, AT_EACCESS) == 0;

	p->freezes = faccessat(fd, "cgroup.freeze", W_OK, AT_EACCESS) == 0;
	probe_row(p, "cgroup-kill", kills ? PROBE_OK : PROBE_DEGRADED,
		  kills ? NULL : "use Linux 6.1 or later",
		  kills ? "a cell is killed in one step"
			: "cells are killed through their pid namespace");
}

static void probe_cgroup(struct probe *p)
{
	_cleanup_fd_ int fd = -1;
	char path[256];
	int r;

	hearth_open(&p->hearth);
	if (p->hearth.error == -ENOENT) {
		probe_row(p, "cgroup2", PROBE_DEGRADED,
			  "as root: mount -t cgroup2 none /sys/fs/cgroup, or "
			  "below it as unified",
			  "no cgroup2 tree is mounted: cells go without");
		return;
	}
	if (p->hearth.error) {
		probe_row(p, "cgroup2", PROBE_DEGRADED,
			  "run reeve as: systemd-run --user --scope -p "
			  "Delegate=yes reeve ...",
			  "our own cgroup is not ours to divide (%s): cells "
			  "go without",
			  strerror(-p->hearth.error));
		return;
	}
	r = hearth_new_cgroup(&p->hearth, 0, &fd, path);
	if (r == 0)
		r = probe_try_clone(0, fd);
	if (r == 0)
		probe_row(p, "cgroup2", PROBE_OK, NULL,
			  "cells are born in %.120s", p->hearth.path);
	else
		probe_row(p, "cgroup2", PROBE_DEGRADED,
			  "run reeve where cgroups are delegated to it",
			  "tasks cannot be born in a cgroup of ours: %s",
			  strerror(-r));
	if (fd >= 0)
		probe_cgroup_files(p, fd);
	hearth_remove(&p->hearth);
}

static void probe_limits(struct probe *p)
{
	cell_probe_budgets(p->out);
}

static void probe_freezer(struct probe *p)
{
	cell_probe_freezer(p->out, p->freezes);
}

/* A copy of a descriptor of a child: what revoking builds on. */
static void probe_getfd(struct probe *p)
{
	struct clone_request request = { .exit_signal = SIGCHLD,
					 .cgroup_fd = -1 };
	_cleanup_fd_ int pidfd = -1, copy_fd = -1;
	siginfo_t info;
	pid_t pid = clone_task(&request, &pidfd);
	int r;

	if (pid == 0)
		for (;;)
			pause();
	if (pid < 0)
		return;
	r = pidfd_take_fd(pidfd, 0, &copy_fd);
	pidfd_signal(pidfd, SIGKILL);
	pidfd_wait(pidfd, &info);
	if (r == 0 || r == -EBADF)
		probe_row(p, "pidfd_getfd", PROBE_OK, NULL,
			  "descriptors of components can be reached, to revoke "
			  "them");
	else
		probe_row(p, "pidfd_getfd", PROBE_DEGRADED,
			  "allow ptrace of children (kernel.yama.ptrace_scope "
			  "below 3), and pidfd_getfd in the container's filter",
			  "descriptors of components cannot be reached (%s): "
			  "revoking kills them instead",
			  strerror(-r));
}

static void probe_yama(struct probe *p)
{
	long long scope =
		path_read_number("/proc/sys/kernel/yama/ptrace_scope", 0);

	probe_row(p, "yama", scope >= 3 ? PROBE_DEGRADED : PROBE_OK,
		  scope >= 3 ? "boot with kernel.yama.ptrace_scope at 2 or "
			       "less (it cannot be lowered again)"
			     : NULL,
		  scope >= 3 ? "Yama forbids all ptrace: revoking kills "
			       "components instead"
			     : "Yama is not in the way (scope %lld)",
		  scope);
}

static void probe_nofile(struct probe *p)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	probe_row(
		p, "nofile", limit.rlim_max < 4096 ? PROBE_DEGRADED : PROBE_OK,
		limit.rlim_max < 4096 ? "raise the hard limit: ulimit -Hn, "
					"or limits.conf"
				      : NULL,
		"at most %llu open files", (unsigned long long)limit.rlim_max);
}

void cell_probe_run(struct cell_probe *out)
{
	static void (*const probes[])(struct probe *) = {
		probe_kernel,	probe_clone3,	  probe_trial,	  probe_userns,
		probe_settings, probe_namespaces, probe_mounts,	  probe_idmap,
		probe_uids,	probe_seccomp,	  probe_landlock, probe_cgroup,
		probe_freezer,	probe_limits,	  probe_getfd,	  probe_yama,
		probe_nofile,
	};
	struct probe p = {
		.out = out,
		.is_root = caps_has(CAPS_SYS_ADMIN),
	};
	size_t i;

	out->n_rows = 0;
	for (i = 0; i < N_ELEMENTS(probes); i++)
		probes[i](&p);
	cell_probe_settings(out, p.is_root);
}
