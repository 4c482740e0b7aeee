/* The public channels: raw and framed, waiting, ending, handles. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/api.h"
#include "fault.h"
#include "reeve.h"
#include "reeve/status.h"
#include "sys/fd.h"

struct pair {
	struct reeve_channel *a, *b;
	int n_fds;
};

static void pair_init(struct pair *p)
{
	p->n_fds = count_fds();
	assert_int_equal(reeve_channel_pair(&p->a, &p->b), 0);
}

static void pair_fini(struct pair *p)
{
	reeve_channel_close(p->a);
	reeve_channel_close(p->b);
	assert_int_equal(count_fds(), p->n_fds);
}

static void test_raw(void **state)
{
	int fds[2], handles[REEVE_HANDLES_MAX];
	size_t n, n_handles;
	char buffer[16];
	struct pair p;

	(void)state;
	pair_init(&p);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(reeve_channel_write(p.a, "hi", 2, fds, 2), 0);
	assert_int_equal(reeve_channel_read(p.b, 0, buffer, sizeof(buffer), &n,
					    handles, &n_handles),
			 0);
	assert_int_equal(n, 2);
	assert_int_equal(n_handles, 2);
	assert_int_equal(write(handles[1], "x", 1), 1);
	assert_int_equal(read(handles[0], buffer, 1), 1);
	assert_int_equal(fcntl(handles[0], F_GETFD), FD_CLOEXEC);
	fd_close_all(handles, 2);
	/* Handles that nobody wants are closed. */
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(reeve_channel_write(p.a, "hi", 2, fds, 2), 0);
	assert_int_equal(reeve_channel_read(p.b, 0, buffer, sizeof(buffer), &n,
					    NULL, NULL),
			 0);
	assert_int_equal(reeve_channel_read(p.b, 0, buffer, sizeof(buffer), &n,
					    NULL, NULL),
			 -EAGAIN);
	assert_int_equal(reeve_channel_read(p.b, 1, buffer, sizeof(buffer), &n,
					    NULL, NULL),
			 -ETIMEDOUT);
	/* Too long for the buffer. */
	assert_int_equal(reeve_channel_write(p.a, "12345678", 8, NULL, 0), 0);
	assert_int_equal(reeve_channel_read(p.b, 0, buffer, 4, &n, NULL, NULL),
			 -EMSGSIZE);
	pair_fini(&p);
}

static void test_limits(void **state)
{
	static uint8_t bytes[REEVE_BYTES_MAX + 1];
	int handles[REEVE_HANDLES_MAX + 1];
	int got[REEVE_HANDLES_MAX];
	size_t n, n_handles, i;
	struct reeve_message m = { .ordinal = 1 }, *in;
	struct pair p;

	(void)state;
	pair_init(&p);
	assert_int_equal(
		reeve_channel_write(p.a, bytes, sizeof(bytes), NULL, 0),
		-EMSGSIZE);
	for (i = 0; i <= REEVE_HANDLES_MAX; i++)
		handles[i] = dup(1);
	/* Consumed, whatever happens. */
	assert_int_equal(reeve_channel_write(p.a, bytes, 1, handles,
					     REEVE_HANDLES_MAX + 1),
			 -EMSGSIZE);
	assert_int_equal(count_fds(), p.n_fds + 2);
	for (i = 0; i <= REEVE_HANDLES_MAX; i++)
		handles[i] = dup(1);
	m.handles = handles;
	m.n_handles = REEVE_HANDLES_MAX + 1;
	assert_int_equal(reeve_send(p.a, &m), -EMSGSIZE);
	assert_int_equal(count_fds(), p.n_fds + 2);
	m.n_handles = 0;
	m.bytes = bytes;
	m.n_bytes = REEVE_BYTES_MAX - REEVE_HEADER_SIZE + 1;
	assert_int_equal(reeve_send(p.a, &m), -EMSGSIZE);
	/* The largest of all. */
	m.n_bytes--;
	m.n_handles = REEVE_HANDLES_MAX;
	for (i = 0; i < REEVE_HANDLES_MAX; i++)
		handles[i] = dup(1);
	assert_int_equal(reeve_send(p.a, &m), 0);
	assert_int_equal(reeve_receive(p.b, 0, &in), 0);
	assert_int_equal(in->n_bytes, REEVE_BYTES_MAX - REEVE_HEADER_SIZE);
	assert_int_equal(in->n_handles, REEVE_HANDLES_MAX);
	i = (size_t)reeve_message_take_handle(in, 3);
	assert_int_equal(reeve_message_take_handle(in, 3), -1);
	assert_int_equal(reeve_message_take_handle(in, 64), -1);
	fd_close((int)i);
	reeve_message_free(in);
	assert_int_equal(
		reeve_channel_write(p.a, bytes, REEVE_BYTES_MAX, NULL, 0), 0);
	assert_int_equal(reeve_channel_read(p.b, 0, bytes, sizeof(bytes), &n,
					    got, &n_handles),
			 0);
	assert_int_equal(n, REEVE_BYTES_MAX);
	assert_int_equal(n_handles, 0);
	pair_fini(&p);
}

static void test_bad_frames(void **state)
{
	struct reeve_message m = { .ordinal = 0 }, *in;
	struct pair p;

	(void)state;
	pair_init(&p);
	/* An ordinal of 0 is none. */
	assert_int_equal(reeve_send(p.a, &m), -EINVAL);
	assert_int_equal(reeve_channel_write(p.a, "short", 5, NULL, 0), 0);
	assert_int_equal(reeve_receive(p.b, 0, &in), -EPROTO);
	assert_int_equal(reeve_channel_write(p.a, "short", 5, NULL, 0), 0);
	m.ordinal = 1;
	assert_int_equal(reeve_call(p.b, &m, 10, &in), -EPROTO);
	pair_fini(&p);
}

static void test_full_and_closed(void **state)
{
	struct reeve_message m = { .ordinal = 1 };
	size_t n, i = 0;
	struct pair p;
	char c;
	int r;

	(void)state;
	pair_init(&p);
	while ((r = reeve_send(p.a, &m)) == 0)
		assert_true(++i < 1000000);
	assert_int_equal(r, -EAGAIN);
	assert_int_equal(reeve_channel_wait(p.a, POLLOUT, 0), -ETIMEDOUT);
	assert_int_equal(reeve_channel_wait(p.b, POLLIN, 0), 0);
	assert_int_equal(reeve_channel_status(p.a), REEVE_OK);
	reeve_channel_close(p.b);
	p.b = NULL;
	assert_int_equal(reeve_send(p.a, &m), -EPIPE);
	assert_int_equal(reeve_channel_read(p.a, -1, &c, 1, &n, NULL, NULL),
			 -EPIPE);
	assert_int_equal(reeve_channel_status(p.a), REEVE_ERR_PEER_CLOSED);
	assert_int_equal(reeve_channel_closer(p.a), REEVE_CLOSER_UNKNOWN);
	pair_fini(&p);
}

static void test_epitaphs(void **state)
{
	struct reeve_message m = { .ordinal = 1 }, *in;
	struct pair p;

	(void)state;
	pair_init(&p);
	reeve_channel_close_with(TAKE(p.b), REEVE_ERR_BAD_STATE);
	assert_int_equal(reeve_receive(p.a, -1, &in), -EPIPE);
	assert_int_equal(reeve_channel_status(p.a), REEVE_ERR_BAD_STATE);
	assert_int_equal(reeve_channel_closer(p.a), REEVE_CLOSER_PEER);
	/* It is not forgotten by what comes after. */
	assert_int_equal(reeve_send(p.a, &m), -EPIPE);
	assert_int_equal(reeve_receive(p.a, 0, &in), -EPIPE);
	assert_int_equal(reeve_channel_status(p.a), REEVE_ERR_BAD_STATE);
	pair_fini(&p);
	/* A message that was sent before comes first, also after a write. */
	pair_init(&p);
	assert_int_equal(reeve_send(p.b, &m), 0);
	reeve_channel_close_with(TAKE(p.b), REEVE_ERR_IO);
	assert_int_equal(reeve_send(p.a, &m), -EPIPE);
	assert_int_equal(reeve_receive(p.a, 0, &in), 0);
	reeve_message_free(in);
	assert_int_equal(reeve_receive(p.a, 0, &in), -EPIPE);
	assert_int_equal(reeve_channel_status(p.a), REEVE_ERR_IO);
	pair_fini(&p);
	/* An orderly close. */
	pair_init(&p);
	reeve_channel_close_with(TAKE(p.b), REEVE_OK);
	assert_int_equal(reeve_receive(p.a, 0, &in), -EPIPE);
	assert_int_equal(reeve_channel_status(p.a), REEVE_ERR_PEER_CLOSED);
	assert_int_equal(reeve_channel_closer(p.a), REEVE_CLOSER_PEER);
	pair_fini(&p);
}

static void test_adopt_and_release(void **state)
{
	struct reeve_channel *c;
	int fds[2], n = count_fds();

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(reeve_channel_adopt(fds[0], &c), -ENOTSOCK);
	fd_close(fds[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_int_equal(reeve_channel_adopt(fds[0], &c), 0);
	assert_int_equal(reeve_channel_fd(c), fds[0]);
	assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(reeve_channel_release(c), fds[0]);
	assert_int_equal(write(fds[1], "x", 1), 1);
	fd_close_all(fds, 2);
	assert_int_equal(count_fds(), n);
}

static void test_cancel(void **state)
{
	struct reeve_message *in;
	struct pair p;
	int fds[2];

	(void)state;
	pair_init(&p);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	reeve_channel_set_cancel(p.a, fds[0]);
	assert_int_equal(reeve_receive(p.a, 1, &in), -ETIMEDOUT);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(reeve_receive(p.a, -1, &in), -ECANCELED);
	assert_int_equal(reeve_channel_wait(p.a, POLLIN, -1), -ECANCELED);
	fd_close_all(fds, 2);
	pair_fini(&p);
}

static void test_ordinals(void **state)
{
	uint64_t all = 0;
	char name[201];
	size_t i;

	(void)state;
	assert_int_equal(reeve_ordinal("fuchsia.io1/Directory.Open"),
			 IO_ORDINAL_OPEN);
	assert_int_equal(reeve_ordinal("fuchsia.io1/Node.OnOpen"),
			 IO_ORDINAL_ON_OPEN);
	assert_int_equal(reeve_ordinal("fuchsia.sys2/Realm.BindChild"),
			 UINT64_C(0x39e4908dc5362981));
	/* FIPS 180-4's own examples, and lengths around the block's. */
	assert_int_equal(reeve_ordinal("abc"), UINT64_C(0x6acf018fbf1678ba));
	assert_int_equal(reeve_ordinal(""), UINT64_C(0x141cfc9842c4b0e3));
	assert_int_equal(reeve_ordinal("abcdbcdecdefdefgefghfghighijhijk"
				       "ijkljklmklmnlmnomnopnopq"),
			 UINT64_C(0x383806d2616a8d24));
	for (i = 0; i < sizeof(name) - 1; i++) {
		name[i] = 'a';
		name[i + 1] = '\0';
		all ^= reeve_ordinal(name);
	}
	assert_int_equal(all, UINT64_C(0xcd9a4dc841c4a3f));
}

static int use_channels(void *arg)
{
	struct reeve_message m = { .ordinal = 1 }, *in = NULL;
	struct reeve_channel *a = NULL, *b = NULL;
	static uint8_t big[5000];
	int r;

	(void)arg;
	m.bytes = big;
	m.n_bytes = sizeof(big);
	r = reeve_channel_pair(&a, &b);
	if (r == 0)
		r = reeve_send(a, &m);
	/* Nothing is there: only the room for it is allocated. What cannot be
	 * cut to its length stays long, so nothing fails behind that. */
	if (r == 0)
		r = reeve_receive(a, 0, &in);
	if (r == -EAGAIN)
		r = 0;
	reeve_channel_close(a);
	reeve_channel_close(b);
	return r;
}

/*
 * Bind an end to the abstract name @head, then @n_digits of a number that no
 * other run of this test uses.
 */
static void bind_to(const struct reeve_channel *c, const char *head,
		    int n_digits)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	static unsigned count;
	int n;

	n = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
		     "%s%0*x%08x", head, n_digits - 8, ++count, getpid());
	n += (int)offsetof(struct sockaddr_un, sun_path) + 1;
	assert_int_equal(bind(reeve_channel_fd(c), (struct sockaddr *)&address,
			      (socklen_t)n),
			 0);
}

/* The number at both ends, of which one is bound so. */
static uint64_t id_of(const char *head, int n_digits)
{
	struct reeve_channel *a, *b;
	uint64_t id;

	assert_int_equal(reeve_channel_pair(&a, &b), 0);
	bind_to(b, head, n_digits);
	id = reeve_channel_id(a);
	assert_true(reeve_channel_id(b) == id);
	reeve_channel_close(a);
	reeve_channel_close(b);
	return id;
}

static void test_ids(void **state)
{
	struct reeve_channel *a, *b;

	(void)state;
	assert_true(id_of("reeve/0123456789abcdef/", 16) ==
		    UINT64_C(0x0123456789abcdef));
	assert_true(id_of("reeve/000000000000002a/", 16) == 42);
	/* Too short, too long, other digits, another name, another mark. */
	assert_true(id_of("reeve/000000000000002a/", 15) == 0);
	assert_true(id_of("reeve/000000000000002a/", 17) == 0);
	assert_true(id_of("reeve/000000000000002A/", 16) == 0);
	assert_true(id_of("reeve/00000000000000 1/", 16) == 0);
	assert_true(id_of("Reeve/000000000000002a/", 16) == 0);
	assert_true(id_of("reeve/000000000000002a-", 16) == 0);

	/* The client's end, which it bound itself, does not fool the provider.
	 */
	assert_int_equal(reeve_channel_pair(&a, &b), 0);
	assert_true(reeve_channel_id(a) == 0);
	bind_to(b, "reeve/0000000000000007/", 16);
	bind_to(a, "reeve/0000000000000008/", 16);
	assert_true(reeve_channel_id(b) == 7);
	/* It outlives either. */
	reeve_channel_close(a);
	assert_true(reeve_channel_id(b) == 7);
	reeve_channel_close(b);
	assert_int_equal(reeve_channel_pair(&a, &b), 0);
	bind_to(b, "reeve/0000000000000007/", 16);
	reeve_channel_close(b);
	assert_true(reeve_channel_id(a) == 7);
	reeve_channel_close(a);
}

static void test_faults(void **state)
{
	int n = count_fds();

	(void)state;
	assert_true(fault_sweep(use_channels, NULL) >= 3);
	assert_int_equal(count_fds(), n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bad_frames),
		cmocka_unit_test(test_full_and_closed),
		cmocka_unit_test(test_epitaphs),
		cmocka_unit_test(test_adopt_and_release),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_ordinals),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
