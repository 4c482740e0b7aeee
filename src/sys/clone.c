/* Constants of our own where the C library's headers may be older. */
#include "sys/clone.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#define CLONE_FLAG_INTO_CGROUP UINT64_C(0x200000000)

/* The kernel's struct clone_args, its third version. */
struct clone_args_v2 {
	uint64_t flags;
	uint64_t pidfd;
	uint64_t child_tid;
	uint64_t parent_tid;
	uint64_t exit_signal;
	uint64_t stack;
	uint64_t stack_size;
	uint64_t tls;
	uint64_t set_tid;
	uint64_t set_tid_size;
	uint64_t cgroup;
};

pid_t clone_task(const struct clone_request *request, int *ret_pidfd)
{
	int pidfd = -1;
	struct clone_args_v2 args = {
		.flags = request->flags | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&pidfd,
		.exit_signal = (uint64_t)request->exit_signal,
	};
	long pid;

	if (request->cgroup_fd >= 0) {
		args.flags |= CLONE_FLAG_INTO_CGROUP;
		args.cgroup = (uint64_t)request->cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return -errno;
	if (pid > 0)
		*ret_pidfd = pidfd;
	return (pid_t)pid;
}
