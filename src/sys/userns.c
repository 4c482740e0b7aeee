#include "sys/userns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/clone.h"
#include "sys/fd.h"
#include "sys/path.h"
#include "sys/pidfd.h"

static int userns_write_map(pid_t pid, const char *file,
			    struct userns_range range)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	snprintf(line, sizeof(line), "%u %u %u", range.inside, range.outside,
		 range.n);
	return path_write_file(AT_FDCWD, path, line);
}

int userns_write_maps(pid_t pid, struct userns_range uids,
		      struct userns_range gids, int may_set_groups)
{
	char path[64];
	int r;

	if (!may_set_groups) {
		snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
		r = path_write_file(AT_FDCWD, path, "deny");
		if (r < 0)
			return r;
	}
	r = userns_write_map(pid, "uid_map", uids);
	if (r < 0)
		return r;
	return userns_write_map(pid, "gid_map", gids);
}

int userns_open_task(pid_t pid, int *ret)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

int userns_new(struct userns_range uids, struct userns_range gids, int *ret)
{
	/*
	 * The child does nothing but wait for its end. It runs in a copy of the
	 * caller's memory only for as long as that takes, and shares the
	 * descriptor table so that none has to be copied.
	 */
	struct clone_request request = {
		.flags = CLONE_NEWUSER | CLONE_FILES,
		.exit_signal = 0,
		.cgroup_fd = -1,
	};
	_cleanup_fd_ int pidfd = -1;
	int r, fd = -1;
	siginfo_t info;
	pid_t pid;

	pid = clone_task(&request, &pidfd);
	if (pid < 0)
		return pid;
	if (pid == 0) {
		for (;;)
			pause();
	}
	r = userns_write_maps(pid, uids, gids, 1);
	if (r == 0)
		r = userns_open_task(pid, &fd);
	pidfd_signal(pidfd, SIGKILL);
	/* Exit signal 0 makes it a "clone child", which plain waits overlook.
	 */
	while (waitid((idtype_t)3, (id_t)pidfd, &info, WEXITED | __WALL) < 0 &&
	       errno == EINTR)
		;
	if (r == 0)
		*ret = fd;
	return r;
}
