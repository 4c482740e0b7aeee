/*
 * Rows that settings of the system decide and no trial shows: switches of
 * distributions, and limits that are met only when much is running. A setting
 * that is not there is none.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/own.h"
#include "cell/probe_row.h"
#include "sys/fd.h"
#include "sys/path.h"

enum {
	PROBE_FEW_NAMESPACES = 100,
	PROBE_FEW_WATCHERS = 64,
	PROBE_FEW_TASKS = 1024,
	/* What a channel's socket must hold: the longest message, as the kernel
	 * counts it. */
	PROBE_SOCKET_BYTES = 2 * 65536,
};

/* Debian's switch; others have none. */
static void probe_switch(struct cell_probe *p, bool is_root)
{
	long long on = path_read_number("/proc/sys/kernel/unprivileged_userns_"
					"clone",
					-1);
	const char *fix = "as root: sysctl kernel.unprivileged_userns_clone=1, "
			  "and the same in /etc/sysctl.d to keep it";

	if (on)
		cell_probe_add(p, "userns-switch", PROBE_OK, NULL, "%s",
			       on > 0 ? "ordinary users may make user "
					"namespaces (unprivileged_userns_clone)"
				      : "this kernel has no switch for user "
					"namespaces of ordinary users");
	else
		cell_probe_add(p, "userns-switch",
			       is_root ? PROBE_DEGRADED : PROBE_MISSING, fix,
			       "only root may make user namespaces%s",
			       is_root ? ": nobody else can run reeve" : "");
}

static void probe_max_namespaces(struct cell_probe *p)
{
	static const char *const kinds[] = { "mnt", "pid", "ipc",
					     "uts", "net", "cgroup" };
	char path[64], few[64] = "", fix[160];
	long long max, least = -1;
	size_t i, n = 0;

	for (i = 0; i < N_ELEMENTS(kinds); i++) {
		snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces",
			 kinds[i]);
		max = path_read_number(path, -1);
		if (max < 0 || (least >= 0 && max >= least))
			continue;
		least = max;
		n = i;
	}
	if (least < 0)
		return;
	snprintf(few, sizeof(few), "%s", kinds[n]);
	snprintf(fix, sizeof(fix),
		 "as root: sysctl "
		 "user.max_%s_namespaces=10000",
		 few);
	if (least < PROBE_FEW_NAMESPACES)
		cell_probe_add(p, "max_namespaces",
			       least ? PROBE_DEGRADED : PROBE_MISSING, fix,
			       "at most %lld %s namespaces, one for each cell",
			       least, few);
	else
		cell_probe_add(p, "max_namespaces", PROBE_OK, NULL,
			       "at most %lld namespaces of the other kinds",
			       least);
}

static void probe_nproc(struct cell_probe *p, bool is_root)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NPROC, &limit) < 0)
		return;
	if (is_root || limit.rlim_cur == RLIM_INFINITY)
		cell_probe_add(p, "nproc", PROBE_OK, NULL,
			       is_root ? "root's own tasks are not counted"
				       : "as many tasks as there is room for");
	else
		cell_probe_add(p, "nproc",
			       limit.rlim_cur < PROBE_FEW_TASKS ? PROBE_DEGRADED
								: PROBE_OK,
			       limit.rlim_cur < PROBE_FEW_TASKS
				       ? "raise it: ulimit -u, or limits.conf"
				       : NULL,
			       "at most %llu tasks of this user, cells' "
			       "included",
			       (unsigned long long)limit.rlim_cur);
}

static void probe_inotify(struct cell_probe *p)
{
	long long max = path_read_number("/proc/sys/fs/inotify/"
					 "max_user_instances",
					 -1);

	if (max < 0)
		return;
	cell_probe_add(p, "inotify",
		       max < PROBE_FEW_WATCHERS ? PROBE_DEGRADED : PROBE_OK,
		       max < PROBE_FEW_WATCHERS
			       ? "as root: sysctl "
				 "fs.inotify.max_user_instances=1024"
			       : NULL,
		       "components of one user can have %lld watches of files "
		       "(inotify)",
		       max);
}

static void probe_sockets(struct cell_probe *p)
{
	long long bytes =
		path_read_number("/proc/sys/net/core/wmem_default", -1);

	/* Not to be seen from a network namespace of one's own. */
	if (bytes < 0)
		return;
	cell_probe_add(p, "socket-buffers",
		       bytes < PROBE_SOCKET_BYTES ? PROBE_DEGRADED : PROBE_OK,
		       bytes < PROBE_SOCKET_BYTES
			       ? "as root: sysctl net.core.wmem_default=212992"
			       : NULL,
		       "a channel holds %lld bytes%s", bytes,
		       bytes < PROBE_SOCKET_BYTES
			       ? ": the longest messages do not fit"
			       : "");
}

static void probe_memfd(struct cell_probe *p)
{
	long long mode = path_read_number("/proc/sys/vm/memfd_noexec", 0);

	cell_probe_add(p, "memfd", mode < 2 ? PROBE_OK : PROBE_DEGRADED,
		       mode < 2 ? NULL : "as root: sysctl vm.memfd_noexec=1",
		       mode < 2 ? "programs can be run from memory (reeve exec "
				  "--bring)"
				: "no program can be run from memory: reeve "
				  "exec --bring does not work");
}

static void probe_terminals(struct cell_probe *p)
{
	_cleanup_fd_ int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	bool works = fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0;

	cell_probe_add(p, "terminals", works ? PROBE_OK : PROBE_DEGRADED,
		       works ? NULL : "mount devpts at /dev/pts, with ptmx",
		       works ? "reeve explore can give a shell its terminal"
			     : "no terminals can be made: reeve exec and "
			       "explore have none to give");
}

void cell_probe_settings(struct cell_probe *p, bool is_root)
{
	probe_switch(p, is_root);
	probe_max_namespaces(p);
	probe_nproc(p, is_root);
	probe_inotify(p);
	probe_sockets(p);
	probe_memfd(p);
	probe_terminals(p);
}
