#include "poller_rig.h"

#include <sys/socket.h>
#include <unistd.h>

static void *poll_main(void *arg)
{
	struct rig *rig = arg;

	while (!atomic_load(&rig->is_over)) {
		assert_true(poller_poll(rig->poller, UINT64_MAX) >= 0);
		atomic_fetch_add(&rig->n_polls, 1);
	}
	return NULL;
}

int rig_setup(void **state)
{
	static struct rig rig;

	rig = (struct rig){ 0 };
	assert_int_equal(poller_new(&rig.poller), 0);
	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				    0, rig.pair),
			 0);
	assert_int_equal(pthread_create(&rig.thread, NULL, poll_main, &rig), 0);
	*state = &rig;
	return 0;
}

void rig_stop(struct rig *rig)
{
	if (atomic_exchange(&rig->is_over, true))
		return;
	poller_interrupt(rig->poller);
	assert_int_equal(pthread_join(rig->thread, NULL), 0);
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	rig_stop(rig);
	close(rig->pair[0]);
	close(rig->pair[1]);
	poller_free(rig->poller);
	return 0;
}

static void wait_once(void *arg)
{
	struct waiting *w = arg;

	if (w->is_own)
		w->r = poller_wait_own(w->rig->poller, w->fd, w->events,
				       w->cancel_fd, w->deadline, &w->came);
	else
		w->r = poller_wait(w->rig->poller, w->fd, w->events,
				   w->deadline, &w->came);
}

struct waiting waiting_for(struct rig *rig, int fd, short events, bool is_own)
{
	return (struct waiting){ .rig = rig,
				 .fd = fd,
				 .cancel_fd = -1,
				 .events = events,
				 .is_own = is_own,
				 .deadline = WAIT_FOREVER,
				 .r = 12345 };
}

void waiting_begin(struct waiting *w)
{
	w->pid = stand_in_run(wait_once, w);
}

void waiting_park(struct waiting *w)
{
	waiting_begin(w);
	stand_in_until_parked(w->pid);
}

int waiting_end(struct waiting *w)
{
	stand_in_join(w->pid);
	return w->r;
}

void byte_write(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

void byte_read(int fd)
{
	char c;

	assert_int_equal(read(fd, &c, 1), 1);
}
