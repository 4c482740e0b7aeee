/* The kernel gear: reading, writing, handles, ends. */
#include "channel_test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"
#include "sys/fd.h"

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

static void messages_arrive_whole_and_in_order(void **state)
{
	struct pair *p = *state;
	TEST_MESSAGE(m);

	assert_int_equal(
		channel_write(p->fds[0], "one", 3, NULL, 0, CHANNEL_NOW), 0);
	assert_int_equal(
		channel_write(p->fds[0], "three", 5, NULL, 0, CHANNEL_FOREVER),
		0);
	assert_int_equal(channel_read(p->fds[1], &m, CHANNEL_NOW), 0);
	assert_int_equal(m.n_bytes, 3);
	assert_memory_equal(m.bytes, "one", 3);
	assert_int_equal(channel_read(p->fds[1], &m, CHANNEL_FOREVER), 0);
	assert_int_equal(m.n_bytes, 5);
	assert_int_equal(channel_read(p->fds[1], &m, CHANNEL_NOW),
			 CHANNEL_WOULD_BLOCK);
}

static void limits_are_the_promised_ones(void **state)
{
	static uint8_t bytes[MESSAGE_BYTES_MAX + 1];
	int handles[MESSAGE_HANDLES_MAX + 1];
	struct pair *p = *state;
	TEST_MESSAGE(m);

	for (size_t i = 0; i < N_ELEMENTS(handles); i++)
		handles[i] = p->fds[0];
	assert_int_equal(channel_write(p->fds[0], bytes, 0, NULL, 0, 0),
			 -EINVAL);
	assert_int_equal(
		channel_write(p->fds[0], bytes, sizeof(bytes), NULL, 0, 0),
		-EMSGSIZE);
	assert_int_equal(channel_write(p->fds[0], bytes, 1, handles,
				       MESSAGE_HANDLES_MAX + 1, 0),
			 -EMSGSIZE);
	assert_int_equal(channel_write(p->fds[0], bytes, MESSAGE_BYTES_MAX,
				       handles, MESSAGE_HANDLES_MAX, 0),
			 0);
	assert_int_equal(channel_read(p->fds[1], &m, 0), 0);
	assert_int_equal(m.n_bytes, MESSAGE_BYTES_MAX);
	assert_int_equal(m.n_handles, MESSAGE_HANDLES_MAX);
	message_close_handles(&m);
}

static void handles_are_passed_in_order(void **state)
{
	struct pair *p = *state;
	int other[2], handles[2];
	TEST_MESSAGE(m);
	char b[2];

	assert_int_equal(pipe2(other, O_CLOEXEC), 0);
	assert_int_equal(channel_write(p->fds[0], "x", 1, other, 2, 0), 0);
	assert_int_equal(channel_read(p->fds[1], &m, 0), 0);
	assert_int_equal(m.n_handles, 2);
	for (uint32_t i = 0; i < 2; i++) {
		handles[i] = message_take_handle(&m, i);
		assert_int_not_equal(handles[i], other[i]);
		assert_int_equal(fcntl(handles[i], F_GETFD), FD_CLOEXEC);
	}
	/* They are the same pipe, and the writer kept its own. */
	assert_int_equal(write(other[1], "1", 1), 1);
	assert_int_equal(write(handles[1], "2", 1), 1);
	assert_int_equal(read(handles[0], b, 2), 2);
	fd_close_all(other, 2);
	fd_close_all(handles, 2);
	message_close_handles(&m);
}

static void sending_gives_handles_away(void **state)
{
	struct pair *p = *state;
	unsigned n = descriptors_count();
	TEST_MESSAGE(m);

	m.n_bytes = 1;
	message_put_handle(&m, eventfd(0, EFD_CLOEXEC));
	assert_int_equal(channel_send(p->fds[0], &m, 0), 0);
	assert_int_equal(m.n_handles, 0);
	assert_int_equal(descriptors_count(), n);

	/* Not when it failed. The pair has one end less then. */
	message_put_handle(&m, eventfd(0, EFD_CLOEXEC));
	p->fds[1] = fd_close(p->fds[1]);
	assert_int_equal(channel_send(p->fds[0], &m, 0), CHANNEL_CLOSED);
	assert_int_equal(m.n_handles, 1);
	assert_int_equal(descriptors_count(), n);
	message_close_handles(&m);
	assert_int_equal(descriptors_count(), n - 1);
}

static void bad_handles_are_a_fault(void **state)
{
	struct pair *p = *state;
	int bad = -1;

	assert_int_equal(channel_write(p->fds[0], "x", 1, &bad, 1, 0), -EBADF);
	assert_int_equal(channel_write(-1, "x", 1, NULL, 0, 0), -EBADF);
	bad = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(channel_write(bad, "x", 1, NULL, 0, 0), -ENOTSOCK);
	fd_close(bad);
}

/* Bytes beyond the reader's buffer: the message is refused, with its handles.
 */
static void long_messages_are_refused_whole(void **state)
{
	struct pair *p = *state;
	unsigned n = descriptors_count();
	uint64_t small[2];
	struct message m = { .bytes = (uint8_t *)small,
			     .capacity = sizeof(small) };

	assert_int_equal(channel_write(p->fds[0], "seventeen bytes!!", 17,
				       &p->fds[0], 1, 0),
			 0);
	assert_int_equal(
		channel_write(p->fds[0], "sixteen bytes!!!", 16, NULL, 0, 0),
		0);
	assert_int_equal(channel_read(p->fds[1], &m, 0), -EBADMSG);
	assert_int_equal(m.n_handles, 0);
	assert_int_equal(descriptors_count(), n);
	assert_int_equal(channel_read(p->fds[1], &m, 0), 0);
	assert_int_equal(m.n_bytes, 16);
}

/* A peer that does not use our library can send up to 253. */
static void raw_send(int fd, const void *bytes, size_t n, const int *handles,
		     size_t n_handles)
{
	char control[CMSG_SPACE(253 * sizeof(int))]
		__attribute__((aligned(8))) = { 0 };
	struct iovec v = { .iov_base = (void *)bytes, .iov_len = n };
	struct msghdr h = { .msg_iov = &v,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen =
				    CMSG_SPACE(n_handles * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n_handles * sizeof(int));
	memcpy(CMSG_DATA(c), handles, n_handles * sizeof(int));
	assert_int_equal(sendmsg(fd, &h, 0), n);
}

static void too_many_handles_are_refused_whole(void **state)
{
	struct pair *p = *state;
	unsigned n = descriptors_count();
	int handles[253];
	TEST_MESSAGE(m);

	for (size_t i = 0; i < N_ELEMENTS(handles); i++)
		handles[i] = p->fds[0];
	for (size_t i = 65; i <= 253; i += 47) {
		raw_send(p->fds[0], "x", 1, handles, i);
		assert_int_equal(channel_read(p->fds[1], &m, 0), -EBADMSG);
		assert_int_equal(m.n_handles, 0);
		assert_int_equal(descriptors_count(), n);
	}
}

static void lack_of_descriptors_is_told_apart(void **state)
{
	struct pair *p = *state;
	struct rlimit limit, low;
	int handles[8];
	unsigned n = descriptors_count();
	TEST_MESSAGE(m);
	int r;

	for (size_t i = 0; i < N_ELEMENTS(handles); i++)
		handles[i] = p->fds[0];
	assert_int_equal(channel_write(p->fds[0], "x", 1, handles, 8, 0), 0);
	getrlimit(RLIMIT_NOFILE, &limit);
	low = limit;
	low.rlim_cur = (rlim_t)p->fds[1] + 3;
	setrlimit(RLIMIT_NOFILE, &low);
	r = channel_read(p->fds[1], &m, 0);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(r, -EMFILE);
	assert_int_equal(m.n_handles, 0);
	assert_int_equal(descriptors_count(), n);
}

/* Packets without bytes are no messages; what they carry must not stay. */
static void empty_packets_are_the_end(void **state)
{
	struct pair *p = *state;
	unsigned n = descriptors_count();
	TEST_MESSAGE(m);

	raw_send(p->fds[0], "", 0, p->fds, 2);
	assert_int_equal(channel_read(p->fds[1], &m, 0), CHANNEL_CLOSED);
	assert_int_equal(m.n_handles, 0);
	assert_int_equal(descriptors_count(), n);
}

static void death_is_seen_after_the_last_message(void **state)
{
	struct pair *p = *state;
	TEST_MESSAGE(m);

	assert_false(channel_is_closed(p->fds[1]));
	channel_write(p->fds[0], "x", 1, NULL, 0, 0);
	p->fds[0] = fd_close(p->fds[0]);
	assert_true(channel_is_closed(p->fds[1]));
	assert_int_equal(channel_read(p->fds[1], &m, CHANNEL_FOREVER), 0);
	assert_int_equal(channel_read(p->fds[1], &m, CHANNEL_FOREVER),
			 CHANNEL_CLOSED);
	assert_int_equal(
		channel_write(p->fds[1], "x", 1, NULL, 0, CHANNEL_FOREVER),
		CHANNEL_CLOSED);
}

/* The kernel reports a reset before what the peer had sent. */
static void unread_messages_do_not_hide_the_epitaph(void **state)
{
	struct pair *p = *state;
	struct wire_epitaph e;
	TEST_MESSAGE(m);

	assert_int_equal(channel_write(p->fds[1], "unread", 6, NULL, 0, 0), 0);
	p->fds[0] = channel_close_epitaph(p->fds[0], REEVE_ERR_NOT_FOUND, true);
	assert_int_equal(p->fds[0], -1);
	assert_int_equal(channel_read(p->fds[1], &m, CHANNEL_FOREVER), 0);
	assert_int_equal(wire_epitaph_read(&m, &e), 0);
	assert_int_equal(e.status, REEVE_ERR_NOT_FOUND);
	assert_true(e.by_manager);
	assert_int_equal(channel_read(p->fds[1], &m, CHANNEL_FOREVER),
			 CHANNEL_CLOSED);
	assert_int_equal(channel_close_epitaph(-1, 0, false), -1);
}

static void shutdown_ends_both_directions(void **state)
{
	struct pair *p = *state;
	TEST_MESSAGE(m);

	shutdown(p->fds[0], SHUT_RDWR);
	for (int i = 0; i < 2; i++) {
		assert_true(channel_is_closed(p->fds[i]));
		assert_int_equal(channel_read(p->fds[i], &m, soon(1000)),
				 CHANNEL_CLOSED);
		assert_int_equal(
			channel_write(p->fds[i], "x", 1, NULL, 0, soon(1000)),
			CHANNEL_CLOSED);
	}
}

static void deadlines_are_kept(void **state)
{
	struct pair *p = *state;
	TEST_MESSAGE(m);
	static uint8_t bytes[4096];
	uint64_t start = loop_now();
	unsigned n = 0;

	assert_int_equal(channel_read(p->fds[0], &m, soon(30)),
			 CHANNEL_TIMED_OUT);
	assert_true(loop_now() - start >= 30 * NS_PER_MS);
	/* One that has passed already does not wait. */
	assert_int_equal(channel_read(p->fds[0], &m, start), CHANNEL_TIMED_OUT);

	/* The writer's bound is its own. */
	while (!channel_write(p->fds[0], bytes, sizeof(bytes), NULL, 0, 0))
		n++;
	assert_in_range(n, 16, 1000);
	assert_int_equal(channel_write(p->fds[0], bytes, 1, NULL, 0, 0),
			 CHANNEL_WOULD_BLOCK);
	start = loop_now();
	assert_int_equal(channel_write(p->fds[0], bytes, 1, NULL, 0, soon(30)),
			 CHANNEL_TIMED_OUT);
	assert_true(loop_now() - start >= 30 * NS_PER_MS);
	/* Room again. */
	while (!channel_read(p->fds[1], &m, 0))
		n--;
	assert_int_equal(n, 0);
	assert_int_equal(channel_write(p->fds[0], bytes, 1, NULL, 0, soon(30)),
			 0);
}

static void write_later(void *arg)
{
	struct pair *p = arg;

	usleep(20000);
	channel_write(p->fds[0], "x", 1, NULL, 0, CHANNEL_FOREVER);
}

/* Whoever holds a copy of an end can make its file non-blocking. */
static void waiting_does_not_depend_on_the_file(void **state)
{
	struct pair *p = *state;
	struct thread *t;
	TEST_MESSAGE(m);

	assert_int_equal(fd_set_nonblocking(p->fds[1]), 0);
	t = thread_run(write_later, p);
	assert_int_equal(channel_read(p->fds[1], &m, CHANNEL_FOREVER), 0);
	thread_join(t);
}

static void on_alarm(int number)
{
	(void)number;
}

static void signals_do_not_end_a_wait(void **state)
{
	struct pair *p = *state;
	struct sigaction action = { .sa_handler = on_alarm }, old;
	struct itimerval every = { { 0, 5000 }, { 0, 5000 } }, none = { 0 };
	uint64_t start = loop_now();
	TEST_MESSAGE(m);

	/* Without SA_RESTART each alarm interrupts. */
	sigaction(SIGALRM, &action, &old);
	setitimer(ITIMER_REAL, &every, NULL);
	assert_int_equal(channel_read(p->fds[0], &m, soon(60)),
			 CHANNEL_TIMED_OUT);
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &old, NULL);
	assert_true(loop_now() - start >= 60 * NS_PER_MS);
	assert_true(loop_now() - start < 5000 * NS_PER_MS);
}

static void waits_can_be_canceled(void **state)
{
	struct pair *p = *state;
	int cancel = eventfd(0, EFD_CLOEXEC);

	assert_int_equal(channel_wait(p->fds[0], CHANNEL_NOW, cancel),
			 CHANNEL_WOULD_BLOCK);
	assert_int_equal(channel_wait(p->fds[0], soon(10), cancel),
			 CHANNEL_TIMED_OUT);
	eventfd_write(cancel, 1);
	assert_int_equal(channel_wait(p->fds[0], CHANNEL_FOREVER, cancel),
			 CHANNEL_CANCELED);
	channel_write(p->fds[1], "x", 1, NULL, 0, 0);
	assert_int_equal(channel_wait(p->fds[0], CHANNEL_FOREVER, -1), 0);
	fd_close(cancel);
	assert_int_equal(channel_wait(p->fds[0], CHANNEL_NOW, cancel), -EBADF);
}

/*
 * Somebody who keeps a copy of our end switches on everything that the kernel
 * can deliver beside a message. One of these is a descriptor.
 */
static void unasked_control_messages_leave_nothing(void **state)
{
	const int options[] = { SO_PASSCRED, SO_PASSSEC, SO_TIMESTAMPNS,
				SO_PASSPIDFD };
	struct pair *p = *state;
	unsigned n = descriptors_count();
	int on = 1, handles[MESSAGE_HANDLES_MAX];
	TEST_MESSAGE(m);

	for (size_t i = 0; i < N_ELEMENTS(options); i++)
		setsockopt(p->fds[1], SOL_SOCKET, options[i], &on, sizeof(on));
	for (size_t i = 0; i < N_ELEMENTS(handles); i++)
		handles[i] = p->fds[0];
	assert_int_equal(channel_write(p->fds[0], "x", 1, handles,
				       MESSAGE_HANDLES_MAX, 0),
			 0);
	assert_int_equal(channel_read(p->fds[1], &m, 0), 0);
	assert_int_equal(m.n_handles, MESSAGE_HANDLES_MAX);
	message_close_handles(&m);
	assert_int_equal(descriptors_count(), n);
}

static int listener_new(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	/* An empty name: the kernel chooses an abstract one. */
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(sa_family_t)),
			 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void foreign_descriptors_are_not_channels(void **state)
{
	struct pair *p = *state;
	int fds[9], dgram[2], stream[2], pipes[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, dgram), 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream), 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fds[1] = open("/", O_PATH | O_CLOEXEC);
	fds[2] = eventfd(0, EFD_CLOEXEC);
	fds[3] = dgram[0];
	fds[4] = stream[0];
	fds[5] = pipes[0];
	fds[6] = pipes[1];
	fds[7] = listener_new();
	fds[8] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; i < N_ELEMENTS(fds); i++)
		assert_false(channel_is(fds[i]));
	assert_false(channel_is(-1));
	assert_true(channel_is(p->fds[0]));
	assert_true(channel_is(p->fds[1]));
	fd_close_all(fds, N_ELEMENTS(fds));
	fd_close(dgram[1]);
	fd_close(stream[1]);
}

static void ends_are_close_on_exec(void **state)
{
	struct pair *p = *state;

	for (int i = 0; i < 2; i++)
		assert_int_equal(fcntl(p->fds[i], F_GETFD), FD_CLOEXEC);
}

static void nothing_leaks_over_many_messages(void **state)
{
	struct pair *p = *state;
	unsigned n = descriptors_count();
	int other[2];
	TEST_MESSAGE(m);

	for (int i = 0; i < 10000; i++) {
		m.n_bytes = 16;
		assert_int_equal(channel_pair(other), 0);
		message_put_handle(&m, other[0]);
		message_put_handle(&m, other[1]);
		assert_int_equal(channel_send(p->fds[0], &m, 0), 0);
		assert_int_equal(channel_read(p->fds[1], &m, 0), 0);
		assert_int_equal(m.n_handles, 2);
		message_close_handles(&m);
	}
	assert_int_equal(descriptors_count(), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		channel_test(messages_arrive_whole_and_in_order),
		channel_test(limits_are_the_promised_ones),
		channel_test(handles_are_passed_in_order),
		channel_test(sending_gives_handles_away),
		channel_test(bad_handles_are_a_fault),
		channel_test(long_messages_are_refused_whole),
		channel_test(too_many_handles_are_refused_whole),
		channel_test(lack_of_descriptors_is_told_apart),
		channel_test(empty_packets_are_the_end),
		channel_test(death_is_seen_after_the_last_message),
		channel_test(unread_messages_do_not_hide_the_epitaph),
		channel_test(shutdown_ends_both_directions),
		channel_test(deadlines_are_kept),
		channel_test(waiting_does_not_depend_on_the_file),
		channel_test(signals_do_not_end_a_wait),
		channel_test(waits_can_be_canceled),
		channel_test(unasked_control_messages_leave_nothing),
		channel_test(foreign_descriptors_are_not_channels),
		channel_test(ends_are_close_on_exec),
		channel_test(nothing_leaks_over_many_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
