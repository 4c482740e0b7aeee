/* Calls: what may come between a request and its reply. */
#include "channel_test.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/fd.h"

#define ORDINAL UINT64_C(0x1234)

static void request_make(struct message *m)
{
	wire_header_write(m, &(struct wire_header){ .ordinal = ORDINAL });
}

static void header_send(int fd, uint32_t txid, uint64_t ordinal)
{
	TEST_MESSAGE(m);

	wire_header_write(
		&m, &(struct wire_header){ .txid = txid, .ordinal = ordinal });
	assert_int_equal(channel_send(fd, &m, CHANNEL_NOW), 0);
}

/* A server of one request: what it does with it is the test's. */
struct server {
	int fd;
	void (*serve)(struct server *s, const struct wire_header *h);
	unsigned n_handles; /* that came with the request */
};

static void server_main(void *arg)
{
	struct server *s = arg;
	struct wire_header h;
	TEST_MESSAGE(m);

	if (channel_read(s->fd, &m, soon(5000)) || wire_header_read(&m, &h))
		return;
	s->n_handles = m.n_handles;
	message_close_handles(&m);
	s->serve(s, &h);
}

/* Call a server on the other end that does @serve. */
static int call_with(struct pair *p, struct channel_call *call,
		     void (*serve)(struct server *, const struct wire_header *))
{
	struct server s = { .fd = p->fds[1], .serve = serve };
	struct thread *t = thread_run(server_main, &s);
	TEST_MESSAGE(m);
	int r;

	request_make(&m);
	message_put_handle(&m, eventfd(0, EFD_CLOEXEC));
	r = channel_call(p->fds[0], &m, &m, call);
	thread_join(t);
	assert_int_equal(s.n_handles, 1);
	assert_int_equal(m.n_handles, 0);
	return r;
}

static void serve_reply(struct server *s, const struct wire_header *h)
{
	header_send(s->fd, h->txid, h->ordinal);
}

static void calls_are_answered(void **state)
{
	struct channel_call call = CHANNEL_CALL_INIT;

	assert_int_equal(call_with(*state, &call, serve_reply), 0);
	call.deadline = soon(5000);
	assert_int_equal(call_with(*state, &call, serve_reply), 0);
	call.cancel_fd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(call_with(*state, &call, serve_reply), 0);
	fd_close(call.cancel_fd);
}

static void serve_nothing(struct server *s, const struct wire_header *h)
{
	(void)s;
	(void)h;
}

static void calls_time_out(void **state)
{
	struct channel_call call = { .deadline = soon(30), .cancel_fd = -1 };

	assert_int_equal(call_with(*state, &call, serve_nothing),
			 CHANNEL_TIMED_OUT);
	assert_true(loop_now() >= call.deadline);
	call.deadline = CHANNEL_NOW;
	assert_int_equal(call_with(*state, &call, serve_nothing),
			 CHANNEL_WOULD_BLOCK);
}

static void serve_stale(struct server *s, const struct wire_header *h)
{
	header_send(s->fd, h->txid - 1, h->ordinal);
	header_send(s->fd, h->txid + 1, h->ordinal);
	header_send(s->fd, h->txid, h->ordinal);
}

static void late_replies_are_dropped(void **state)
{
	struct channel_call call = CHANNEL_CALL_INIT;

	assert_int_equal(call_with(*state, &call, serve_stale), 0);
}

static void serve_flood(struct server *s, const struct wire_header *h)
{
	uint64_t end = soon(300);

	while (loop_now() < end) {
		struct wire_header other = { .txid = h->txid ^ 0x40000000,
					     .ordinal = h->ordinal };
		TEST_MESSAGE(m);

		wire_header_write(&m, &other);
		channel_send(s->fd, &m, CHANNEL_NOW);
	}
}

static void floods_do_not_hold_up_the_deadline(void **state)
{
	struct pair *p = *state;
	struct channel_call call = { .deadline = soon(30), .cancel_fd = -1 };
	struct server s = { .fd = p->fds[1], .serve = serve_flood };
	struct thread *t = thread_run(server_main, &s);
	uint64_t end;
	TEST_MESSAGE(m);

	request_make(&m);
	assert_int_equal(channel_call(p->fds[0], &m, &m, &call),
			 CHANNEL_TIMED_OUT);
	end = loop_now();
	thread_join(t);
	assert_true(end < call.deadline + 200 * NS_PER_MS);
}

static void serve_other_ordinal(struct server *s, const struct wire_header *h)
{
	header_send(s->fd, h->txid, h->ordinal + 1);
}

static void serve_garbage(struct server *s, const struct wire_header *h)
{
	(void)h;
	channel_write(s->fd, "garbage", 7, &s->fd, 1, CHANNEL_NOW);
}

static void bad_replies_are_faults(void **state)
{
	struct channel_call call = CHANNEL_CALL_INIT;

	assert_int_equal(call_with(*state, &call, serve_other_ordinal),
			 -EPROTO);
	assert_int_equal(call_with(*state, &call, serve_garbage), -EBADMSG);
}

static void serve_events(struct server *s, const struct wire_header *h)
{
	header_send(s->fd, 0, 1);
	header_send(s->fd, 0, 2);
	header_send(s->fd, h->txid, h->ordinal);
}

static int on_event(struct message *m, void *arg)
{
	unsigned *n = arg;

	(void)m;
	return ++*n == 3 ? -ECANCELED : 0;
}

static void events_are_handed_on(void **state)
{
	struct channel_call call = CHANNEL_CALL_INIT;
	unsigned n = 0;
	struct pair *p = *state;
	TEST_MESSAGE(m);

	/* Nobody wants them. */
	assert_int_equal(call_with(p, &call, serve_events), -EPROTO);
	while (!channel_read(p->fds[0], &m, CHANNEL_NOW))
		;
	call.on_event = on_event;
	call.arg = &n;
	assert_int_equal(call_with(p, &call, serve_events), 0);
	assert_int_equal(n, 2);
	/* The handler ends the call. */
	assert_int_equal(call_with(p, &call, serve_events), -ECANCELED);
}

static void serve_epitaph(struct server *s, const struct wire_header *h)
{
	(void)h;
	assert_int_equal(
		channel_write_epitaph(s->fd, REEVE_ERR_UNAVAILABLE, true), 0);
	shutdown(s->fd, SHUT_RDWR);
}

static void epitaphs_are_told(void **state)
{
	struct channel_call call = CHANNEL_CALL_INIT;
	struct pair *p = *state;
	TEST_MESSAGE(m);

	assert_int_equal(call_with(p, &call, serve_epitaph), CHANNEL_CLOSED);
	assert_int_equal(call.epitaph.status, REEVE_ERR_UNAVAILABLE);
	assert_true(call.epitaph.by_manager);

	/* The next one finds only the end. */
	request_make(&m);
	assert_int_equal(channel_call(p->fds[0], &m, &m, &call),
			 CHANNEL_CLOSED);
	assert_int_equal(call.epitaph.status, REEVE_ERR_PEER_CLOSED);
	assert_false(call.epitaph.by_manager);
}

/* The peer was gone before the request could be written. */
static void epitaphs_are_found_by_a_late_caller(void **state)
{
	struct channel_call call = CHANNEL_CALL_INIT;
	struct pair *p = *state;
	unsigned n = descriptors_count();
	int handle = eventfd(0, EFD_CLOEXEC);
	TEST_MESSAGE(m);

	header_send(p->fds[1], 0, 1);
	channel_write(p->fds[1], "garbage", 7, &handle, 1, CHANNEL_NOW);
	fd_close(handle);
	p->fds[1] =
		channel_close_epitaph(p->fds[1], REEVE_ERR_NOT_FOUND, false);
	request_make(&m);
	message_put_handle(&m, eventfd(0, EFD_CLOEXEC));
	assert_int_equal(channel_call(p->fds[0], &m, &m, &call),
			 CHANNEL_CLOSED);
	assert_int_equal(call.epitaph.status, REEVE_ERR_NOT_FOUND);
	assert_false(call.epitaph.by_manager);
	assert_int_equal(descriptors_count(), n - 1);
}

static int canceler = -1;

static void serve_cancel(struct server *s, const struct wire_header *h)
{
	(void)s;
	(void)h;
	usleep(20000);
	eventfd_write(canceler, 1);
}

static void calls_can_be_canceled(void **state)
{
	struct channel_call call = CHANNEL_CALL_INIT;

	canceler = eventfd(0, EFD_CLOEXEC);
	call.cancel_fd = canceler;
	assert_int_equal(call_with(*state, &call, serve_cancel),
			 CHANNEL_CANCELED);
	canceler = fd_close(canceler);
}

static void requests_need_a_header(void **state)
{
	struct pair *p = *state;
	struct channel_call call = CHANNEL_CALL_INIT;
	unsigned n = descriptors_count();
	TEST_MESSAGE(m);

	m.n_bytes = 3;
	message_put_handle(&m, eventfd(0, EFD_CLOEXEC));
	assert_int_equal(channel_call(p->fds[0], &m, &m, &call), -EINVAL);
	assert_int_equal(descriptors_count(), n);
}

static void full_queues_time_out(void **state)
{
	struct pair *p = *state;
	struct channel_call call = { .deadline = soon(20), .cancel_fd = -1 };
	static uint8_t bytes[4096];
	TEST_MESSAGE(m);

	while (!channel_write(p->fds[0], bytes, sizeof(bytes), NULL, 0, 0))
		;
	request_make(&m);
	assert_int_equal(channel_call(p->fds[0], &m, &m, &call),
			 CHANNEL_TIMED_OUT);
	call.deadline = soon(20);
	call.cancel_fd = eventfd(0, EFD_CLOEXEC);
	request_make(&m);
	assert_int_equal(channel_call(p->fds[0], &m, &m, &call),
			 CHANNEL_TIMED_OUT);
	call.deadline = CHANNEL_FOREVER;
	eventfd_write(call.cancel_fd, 1);
	request_make(&m);
	assert_int_equal(channel_call(p->fds[0], &m, &m, &call),
			 CHANNEL_CANCELED);
	fd_close(call.cancel_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		channel_test(calls_are_answered),
		channel_test(calls_time_out),
		channel_test(late_replies_are_dropped),
		channel_test(floods_do_not_hold_up_the_deadline),
		channel_test(bad_replies_are_faults),
		channel_test(events_are_handed_on),
		channel_test(epitaphs_are_told),
		channel_test(epitaphs_are_found_by_a_late_caller),
		channel_test(calls_can_be_canceled),
		channel_test(requests_need_a_header),
		channel_test(full_queues_time_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
