#include "process/channel_wait.h"

#include <errno.h>
#include <pthread.h>

#include "channel/channel.h"
#include "channel/wait.h"
#include "process/poller.h"
#include "process/process.h"
#include "process/mail.h"
#include "process/runtime.h"
#include "sys/fd.h"
#include "sys/loop.h"

/* The runtime does not end while a worker runs a process. Other threads may
 * close descriptors at any time: they keep it from ending meanwhile. */
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct poller *poller; /* NULL: no runtime */

static bool is_process(void)
{
	return process_self();
}

/* Channels know only the real time. */
static uint64_t deadline_here(uint64_t deadline)
{
	uint64_t now;

	if (!runtime->seed || deadline == CHANNEL_FOREVER)
		return deadline;
	now = loop_now();
	return runtime_now() + (deadline > now ? deadline - now : 0);
}

static int wait(int fd, short events, uint64_t deadline, int cancel_fd)
{
	int r = poller_wait_own(runtime->poller, fd, events, cancel_fd,
				deadline_here(deadline), NULL);

	switch (r) {
	case -ETIMEDOUT:
		return CHANNEL_TIMED_OUT;
	case -ECANCELED:
		return CHANNEL_CANCELED;
	default:
		return r;
	}
}

void process_received(struct envelope *e)
{
	struct process *p = process_self();

	if (p)
		process_hold(p, e);
}

static void on_close(int fd)
{
	if (worker_here()) {
		poller_forget(runtime->poller, fd);
		return;
	}
	pthread_rwlock_rdlock(&lock);
	if (poller)
		poller_forget(poller, fd);
	pthread_rwlock_unlock(&lock);
}

void channel_waits_begin(void)
{
	static const struct wait_hook hook = {
		.is_process = is_process,
		.wait = wait,
	};

	pthread_rwlock_wrlock(&lock);
	poller = runtime->poller;
	pthread_rwlock_unlock(&lock);
	wait_set_hook(&hook);
	fd_set_on_close(on_close);
}

void channel_waits_end(void)
{
	fd_set_on_close(NULL);
	wait_set_hook(NULL);
	pthread_rwlock_wrlock(&lock);
	poller = NULL;
	pthread_rwlock_unlock(&lock);
}
