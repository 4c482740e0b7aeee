#include "channel/wait.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <time.h>

#include "channel/channel.h"
#include "sys/loop.h"

static _Atomic(const struct wait_hook *) current_hook;

void wait_set_hook(const struct wait_hook *hook)
{
	atomic_store_explicit(&current_hook, hook, memory_order_release);
}

static const struct wait_hook *hook_here(void)
{
	const struct wait_hook *hook =
		atomic_load_explicit(&current_hook, memory_order_acquire);

	return hook && hook->is_process() ? hook : NULL;
}

bool wait_is_parking(void)
{
	return hook_here();
}

static int wait_by_poll(int fd, short events, uint64_t deadline, int cancel_fd)
{
	struct pollfd p[2] = {
		{ .fd = fd, .events = events },
		{ .fd = cancel_fd, .events = POLLIN },
	};
	int n;

	do {
		uint64_t now = deadline == CHANNEL_FOREVER ? 0 : loop_now();
		uint64_t left = deadline > now ? deadline - now : 0;
		struct timespec t = {
			.tv_sec = (time_t)(left / NS_PER_SECOND),
			.tv_nsec = (long)(left % NS_PER_SECOND),
		};

		n = ppoll(p, cancel_fd >= 0 ? 2 : 1,
			  deadline == CHANNEL_FOREVER ? NULL : &t, NULL);
	} while (n < 0 && errno == EINTR);

	if (n < 0)
		return -errno;
	if (n == 0)
		return deadline == CHANNEL_NOW ? CHANNEL_WOULD_BLOCK
					       : CHANNEL_TIMED_OUT;
	if ((p[0].revents | p[1].revents) & POLLNVAL)
		return -EBADF;
	return p[1].revents ? CHANNEL_CANCELED : 0;
}

int wait_for(int fd, short events, uint64_t deadline, int cancel_fd)
{
	const struct wait_hook *hook = deadline ? hook_here() : NULL;

	return hook ? hook->wait(fd, events, deadline, cancel_fd)
		    : wait_by_poll(fd, events, deadline, cancel_fd);
}
