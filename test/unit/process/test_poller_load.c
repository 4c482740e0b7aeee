/* Many waits at once: a wake-up that is lost hangs the test. */
#include "poller_rig.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/poller_entry.h"

enum { N_PAIRS = 8, N_ROUNDS = 400 };

struct player {
	struct rig *rig;
	int fd;
	bool begins, is_own;
	reeve_pid pid;
	int n_done;
};

static bool play_read(struct player *p)
{
	char c;

	while (read(p->fd, &c, 1) != 1) {
		int r = p->is_own
				? poller_wait_own(p->rig->poller, p->fd, POLLIN,
						  -1, WAIT_FOREVER, NULL)
				: poller_wait(p->rig->poller, p->fd, POLLIN,
					      WAIT_FOREVER, NULL);

		if (r != 0)
			return false;
	}
	return true;
}

static void play(void *arg)
{
	struct player *p = arg;

	for (int i = 0; i < N_ROUNDS; i++) {
		if (p->begins)
			byte_write(p->fd);
		if (!play_read(p))
			return;
		if (!p->begins)
			byte_write(p->fd);
		p->n_done++;
	}
}

static void no_wake_up_is_lost(void **state)
{
	struct rig *rig = *state;
	struct player players[N_PAIRS][2];

	for (int i = 0; i < N_PAIRS; i++) {
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX,
					    SOCK_STREAM | SOCK_NONBLOCK, 0,
					    fds),
				 0);
		for (int k = 0; k < 2; k++) {
			players[i][k] = (struct player){
				.rig = rig,
				.fd = fds[k],
				.begins = k,
				.is_own = (i + k) % 3,
			};
			players[i][k].pid = stand_in_run(play, &players[i][k]);
		}
	}
	for (int i = 0; i < N_PAIRS; i++)
		for (int k = 0; k < 2; k++) {
			stand_in_join(players[i][k].pid);
			assert_int_equal(players[i][k].n_done, N_ROUNDS);
			poller_forget(rig->poller, players[i][k].fd);
			close(players[i][k].fd);
		}
	assert_false(poller_is_wanted(rig->poller));
}

static void *disturb(void *arg)
{
	struct rig *rig = arg;

	/* Readable, and mostly nobody there: it comes and goes. */
	while (!atomic_load(&rig->is_over)) {
		poller_interrupt(rig->poller);
		sched_yield();
	}
	return NULL;
}

static void waits_that_come_and_go_are_all_woken(void **state)
{
	struct rig *rig = *state;
	pthread_t disturber;

	byte_write(rig->pair[1]);
	assert_int_equal(pthread_create(&disturber, NULL, disturb, rig), 0);
	for (int i = 0; i < N_ROUNDS; i++) {
		struct waiting in =
			waiting_for(rig, rig->pair[0], POLLIN, i % 5);
		struct waiting out =
			waiting_for(rig, rig->pair[0], POLLOUT, i % 3);

		waiting_begin(&in);
		waiting_begin(&out);
		if (i % 7 == 0)
			stand_in_kill(in.pid);
		assert_int_equal(waiting_end(&out), 0);
		waiting_end(&in);
		if (i % 7)
			assert_int_equal(in.r, 0);
	}
	rig_stop(rig);
	assert_int_equal(pthread_join(disturber, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(no_wake_up_is_lost),
		rig_test(waits_that_come_and_go_are_all_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
