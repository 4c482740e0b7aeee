/* Waiting for descriptors, with threads in the place of processes. */
#include "poller_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fault.h"
#include "process/poller_entry.h"
#include "sys/loop.h"

enum { N_CANCELED = 20 };

static bool set_is_readable(struct rig *rig)
{
	struct pollfd p = { .fd = rig->poller->epoll_fd,
			    .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* ---- ordinary waits ---- */

static void a_wait_ends_when_it_can_be_read(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 6; i++) {
		struct waiting w =
			waiting_for(rig, rig->pair[0], POLLIN, i % 3);

		waiting_park(&w);
		byte_write(rig->pair[1]);
		assert_int_equal(waiting_end(&w), 0);
		assert_int_equal(w.came, POLLIN);
		byte_read(rig->pair[0]);
	}
	assert_false(poller_is_wanted(rig->poller));
}

static void what_is_ready_already_ends_the_wait(void **state)
{
	struct rig *rig = *state;

	byte_write(rig->pair[1]);
	for (int i = 0; i < 4; i++) {
		struct waiting w = waiting_for(rig, rig->pair[0],
					       i < 2 ? POLLOUT : POLLIN, i % 2);

		waiting_begin(&w);
		assert_int_equal(waiting_end(&w), 0);
		assert_int_equal(w.came & w.events, w.events);
	}
}

static void a_hang_up_ends_all_waits(void **state)
{
	struct rig *rig = *state;
	struct waiting in = waiting_for(rig, rig->pair[0], POLLIN, true);

	waiting_park(&in);
	shutdown(rig->pair[1], SHUT_RDWR);
	assert_int_equal(waiting_end(&in), 0);
	assert_true(in.came & POLLHUP);
}

static void the_deadline_ends_a_wait_and_nothing_stays(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 2; i++) {
		struct waiting w = waiting_for(rig, rig->pair[0], POLLIN, i);
		uint64_t start = loop_now();

		w.deadline = start + 5 * NS_PER_MS;
		waiting_begin(&w);
		assert_int_equal(waiting_end(&w), -ETIMEDOUT);
		assert_true(loop_now() >= w.deadline);
		assert_false(poller_is_wanted(rig->poller));
		if (i == 0) {
			rig_stop(rig);
			byte_write(rig->pair[1]);
			assert_false(set_is_readable(rig));
			byte_read(rig->pair[0]);
		}
	}
}

static void a_deadline_of_zero_only_looks(void **state)
{
	struct rig *rig = *state;
	short came = 0;

	assert_int_equal(
		poller_wait(rig->poller, rig->pair[0], POLLIN, 0, &came),
		-ETIMEDOUT);
	byte_write(rig->pair[1]);
	assert_int_equal(
		poller_wait(rig->poller, rig->pair[0], POLLIN, 0, &came), 0);
	assert_int_equal(came, POLLIN);
}

static void a_reader_and_a_writer_may_wait_together(void **state)
{
	struct rig *rig = *state;
	char full[4096] = { 0 };

	for (int i = 0; i < 4; i++) {
		struct waiting in =
			waiting_for(rig, rig->pair[0], POLLIN, i & 1);
		struct waiting out =
			waiting_for(rig, rig->pair[0], POLLOUT, i >> 1);

		while (write(rig->pair[0], full, sizeof(full)) > 0)
			;
		waiting_park(&in);
		waiting_park(&out);
		while (read(rig->pair[1], full, sizeof(full)) > 0)
			;
		assert_int_equal(waiting_end(&out), 0);
		assert_int_equal(out.came, POLLOUT);
		byte_write(rig->pair[1]);
		assert_int_equal(waiting_end(&in), 0);
		assert_true(in.came & POLLIN);
		byte_read(rig->pair[0]);
	}
}

static void what_cannot_be_waited_for_is_refused(void **state)
{
	struct rig *rig = *state;
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	for (int i = 0; i < 2; i++) {
		struct waiting w = waiting_for(rig, file, POLLIN, i);

		waiting_begin(&w);
		assert_int_equal(waiting_end(&w), -EPERM);
		w = waiting_for(rig, -1, POLLIN, i);
		waiting_begin(&w);
		assert_int_equal(waiting_end(&w), -EBADF);
		w = waiting_for(rig, 1000, POLLIN, i);
		waiting_begin(&w);
		assert_int_equal(waiting_end(&w), -EBADF);
		w = waiting_for(rig, rig->pair[0], POLLPRI, i);
		waiting_begin(&w);
		assert_int_equal(waiting_end(&w), -EINVAL);
	}
	assert_false(poller_is_wanted(rig->poller));
	assert_int_equal(poller_wait(rig->poller, rig->pair[0], POLLIN,
				     WAIT_FOREVER, NULL),
			 -EPERM);
	close(file);
}

/* ---- places ---- */

static void
a_second_one_is_refused_and_a_dead_one_is_not_in_the_way(void **state)
{
	struct rig *rig = *state;

	for (int i = 0; i < 4; i++) {
		struct waiting first =
			waiting_for(rig, rig->pair[0], POLLIN, i & 1);
		struct waiting second = waiting_for(rig, rig->pair[0],
						    POLLIN | POLLOUT, i >> 1);

		waiting_park(&first);
		waiting_begin(&second);
		assert_int_equal(waiting_end(&second), -EBUSY);
		stand_in_kill(first.pid);
		assert_int_equal(waiting_end(&first), 12345);

		second.events = POLLIN;
		waiting_park(&second);
		byte_write(rig->pair[1]);
		assert_int_equal(waiting_end(&second), 0);
		byte_read(rig->pair[0]);
		assert_false(poller_is_wanted(rig->poller));
	}
}

static void what_nobody_waits_for_leaves_the_set(void **state)
{
	struct rig *rig = *state;
	struct waiting w = waiting_for(rig, rig->pair[0], POLLIN, true);

	rig_stop(rig);
	waiting_park(&w);
	byte_write(rig->pair[1]);
	while (poller_poll(rig->poller, UINT64_MAX) != 1)
		;
	assert_int_equal(waiting_end(&w), 0);
	assert_true(set_is_readable(rig));
	for (int i = 0; i < 100 && set_is_readable(rig); i++)
		assert_int_equal(poller_poll(rig->poller, 0), 0);
	assert_false(set_is_readable(rig));
	/* Nor does an end of the other side come through. */
	shutdown(rig->pair[1], SHUT_RDWR);
	assert_false(set_is_readable(rig));

	/* The next wait brings it back. */
	waiting_park(&w);
	assert_int_equal(poller_poll(rig->poller, UINT64_MAX), 1);
	assert_int_equal(waiting_end(&w), 0);
}

/* ---- closing ---- */

static void to_forget_wakes_and_makes_room_for_the_next(void **state)
{
	struct rig *rig = *state;
	int fd = rig->pair[0], other[2];

	for (int i = 0; i < 10; i++) {
		struct waiting w = waiting_for(rig, fd, POLLIN, i % 3);

		waiting_park(&w);
		poller_forget(rig->poller, fd);
		assert_int_equal(waiting_end(&w), -EBADF);

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
		assert_int_equal(dup2(other[0], fd), fd);
		close(other[0]);
		close(rig->pair[1]);
		rig->pair[1] = other[1];
		waiting_park(&w);
		byte_write(rig->pair[1]);
		assert_int_equal(waiting_end(&w), 0);
		byte_read(fd);
	}
	poller_forget(rig->poller, 1 << 20);
	poller_forget(rig->poller, -1);
}

/* The number means something else now, and what it was lives on elsewhere. */
static void a_close_that_nobody_told_of_does_no_harm(void **state)
{
	struct rig *rig = *state;
	int fd = rig->pair[0], elsewhere, other[2];
	uint64_t n;

	for (int i = 0; i < 10; i++) {
		struct waiting w = waiting_for(rig, fd, POLLIN, false);

		waiting_park(&w);
		byte_write(rig->pair[1]);
		assert_int_equal(waiting_end(&w), 0);

		elsewhere = dup(fd);
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
		assert_int_equal(dup2(other[0], fd), fd);
		close(other[0]);
		waiting_park(&w);
		byte_write(other[1]);
		assert_int_equal(waiting_end(&w), 0);
		byte_read(fd);

		close(elsewhere);
		close(rig->pair[1]);
		rig->pair[1] = other[1];
	}
	n = atomic_load(&rig->n_polls);
	assert_true(n <= 50);
}

/* ---- two at once ---- */

static void one_cancel_descriptor_ends_many_waits(void **state)
{
	struct rig *rig = *state;
	struct waiting w[N_CANCELED];
	int fds[N_CANCELED][2], cancel = eventfd(0, EFD_CLOEXEC);
	uint64_t one = 1;
	int i;

	for (i = 0; i < N_CANCELED; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]),
				 0);
		w[i] = waiting_for(rig, fds[i][0], POLLIN, true);
		w[i].cancel_fd = cancel;
		waiting_park(&w[i]);
	}
	/* One is ready before, and one is killed. */
	byte_write(fds[3][1]);
	assert_int_equal(waiting_end(&w[3]), 0);
	stand_in_kill(w[5].pid);
	assert_int_equal(waiting_end(&w[5]), 12345);

	assert_int_equal(write(cancel, &one, sizeof(one)), sizeof(one));
	for (i = 0; i < N_CANCELED; i++)
		if (i != 3 && i != 5)
			assert_int_equal(waiting_end(&w[i]), -ECANCELED);
	/* It stays cancelled, also for what is ready. */
	waiting_begin(&w[3]);
	assert_int_equal(waiting_end(&w[3]), -ECANCELED);
	w[3].deadline = 0;
	waiting_begin(&w[3]);
	assert_int_equal(waiting_end(&w[3]), -ECANCELED);

	for (i = 0; i < N_CANCELED; i++) {
		poller_forget(rig->poller, fds[i][0]);
		close(fds[i][0]);
		close(fds[i][1]);
	}
	assert_false(poller_is_wanted(rig->poller));
	close(cancel);
}

/* ---- being called ---- */

static void to_interrupt_ends_the_wait_and_the_next(void **state)
{
	struct rig *rig = *state;

	rig_stop(rig);
	assert_int_equal(poller_poll(rig->poller, 0), 0);
	poller_interrupt(rig->poller);
	poller_interrupt(rig->poller);
	assert_true(set_is_readable(rig));
	assert_int_equal(poller_poll(rig->poller, UINT64_MAX), 0);
	assert_false(set_is_readable(rig));
	poller_interrupt(rig->poller);
	assert_int_equal(poller_poll(rig->poller, UINT64_MAX), 0);
}

static void a_poll_ends_in_time(void **state)
{
	struct rig *rig = *state;
	uint64_t start;

	rig_stop(rig);
	/* The thread may have gone without having been called. */
	assert_int_equal(poller_poll(rig->poller, 0), 0);
	start = loop_now();
	assert_int_equal(poller_poll(rig->poller, 3 * NS_PER_MS / 2), 0);
	assert_true(loop_now() - start >= 3 * NS_PER_MS / 2);
}

/* ---- no memory ---- */

static int wait_with_faults(void *arg)
{
	const struct rig *rig = arg;
	struct poller *p;
	int r;

	r = poller_new(&p);
	if (r < 0)
		return r;
	r = poller_wait_own(p, rig->pair[0], POLLIN, rig->pair[1], loop_now(),
			    NULL);
	if (r == -ETIMEDOUT && !poller_is_wanted(p))
		r = 0;
	poller_free(p);
	return r;
}

static void a_lack_of_memory_is_told(void **state)
{
	struct rig *rig = *state;

	/* The thread of the rig allocates nothing. */
	stand_in_be(1);
	assert_true(fault_sweep(wait_with_faults, rig) >= 3);
	stand_in_be(REEVE_PID_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(a_wait_ends_when_it_can_be_read),
		rig_test(what_is_ready_already_ends_the_wait),
		rig_test(a_hang_up_ends_all_waits),
		rig_test(the_deadline_ends_a_wait_and_nothing_stays),
		rig_test(a_deadline_of_zero_only_looks),
		rig_test(a_reader_and_a_writer_may_wait_together),
		rig_test(what_cannot_be_waited_for_is_refused),
		rig_test(
			a_second_one_is_refused_and_a_dead_one_is_not_in_the_way),
		rig_test(what_nobody_waits_for_leaves_the_set),
		rig_test(to_forget_wakes_and_makes_room_for_the_next),
		rig_test(a_close_that_nobody_told_of_does_no_harm),
		rig_test(one_cancel_descriptor_ends_many_waits),
		rig_test(to_interrupt_ends_the_wait_and_the_next),
		rig_test(a_poll_ends_in_time),
		rig_test(a_lack_of_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
