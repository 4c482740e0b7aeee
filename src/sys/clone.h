/* clone3(2), used like fork(): the child returns too, on a copy of the stack.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct clone_request {
	uint64_t flags;	 /* CLONE_*, but CLONE_PIDFD and CLONE_INTO_CGROUP */
	int exit_signal; /* must be 0 with CLONE_PARENT, which has its own */
	int cgroup_fd;	 /* begin in this cgroup2 directory; -1: in ours */
};

/*
 * In the parent: the child's pid, and in *ret_pidfd a close-on-exec descriptor.
 * In the child: 0. Or -errno. The C library does not know about the child: it
 * must not rely on what fork handlers mend (locks of other threads).
 */
pid_t clone_task(const struct clone_request *request, int *ret_pidfd);
