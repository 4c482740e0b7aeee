/* Waiting for what the kernel has: descriptors, and the ends of tasks. */
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>

#include "process/poller.h"
#include "process/process.h"
#include "process/runtime.h"
#include "sys/fd.h"
#include "sys/pidfd.h"

int reeve_wait_fd(int fd, short events, int timeout_ms, short *ret_events)
{
	if (reeve_self() == REEVE_PID_NONE)
		return -EPERM;
	process_look();
	return poller_wait(runtime->poller, fd, events,
			   process_deadline(timeout_ms), ret_events);
}

/* As waitpid(2) says it. */
static int status_of(const siginfo_t *end)
{
	if (end->si_code == CLD_EXITED)
		return (end->si_status & 0xff) << 8;
	return end->si_status | (end->si_code == CLD_DUMPED ? 0x80 : 0);
}

static void pidfd_close(void *arg)
{
	fd_close((int)(intptr_t)arg);
}

int reeve_wait_task(int task, int timeout_ms, int *ret)
{
	siginfo_t end;
	int r, pidfd;

	if (reeve_self() == REEVE_PID_NONE)
		return -EPERM;
	process_look();
	r = pidfd_from_pid(task, &pidfd);
	if (r < 0)
		return r == -ESRCH ? -ECHILD : r;
	r = reeve_defer(pidfd_close, (void *)(intptr_t)pidfd);
	if (r < 0) {
		fd_close(pidfd);
		return r;
	}
	/* First without waiting: it may be no child of ours. */
	r = pidfd_reap(pidfd, &end);
	if (r == -EAGAIN)
		r = poller_wait_own(runtime->poller, pidfd, POLLIN, -1,
				    process_deadline(timeout_ms), NULL)
			    ?: pidfd_reap(pidfd, &end);
	reeve_undefer(true);
	if (r == 0)
		*ret = status_of(&end);
	return r;
}
