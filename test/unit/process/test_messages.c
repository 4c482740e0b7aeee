/* Messages: copies, handles, order, selective receive. */
#include "everywhere.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { GO = 1, READY = 2, ITEM = 3, STOP = 4 };

/* ---- what arrives ---- */

PROCESS_TEST(a_message_arrives_as_a_copy)
{
	char text[] = "before";
	const struct reeve_message m = { .ordinal = UINT64_MAX >> 1,
					 .txid = 0x7fffffff,
					 .bytes = text,
					 .n_bytes = sizeof(text) };
	struct reeve_message *got;

	MUST_EQUAL(reeve_send_to(reeve_self(), &m), 0);
	strcpy(text, "after");
	MUST_EQUAL(reeve_next(-1, &got), 0);
	MUST_EQUAL(got->ordinal, m.ordinal);
	MUST_EQUAL(got->txid, m.txid);
	MUST_EQUAL(got->n_bytes, m.n_bytes);
	MUST_EQUAL((uintptr_t)got->bytes % 8, 0);
	MUST(memcmp(got->bytes, "before", 7) == 0);
	MUST_EQUAL(got->n_handles, 0);
	MUST_EQUAL(reeve_message_sender(got), reeve_self());
	reeve_message_free(got);
	reeve_message_free(NULL);
}

static char pattern[2 * REEVE_BYTES_MAX];

static int send_pattern(unsigned from, size_t n)
{
	return reeve_send_to(reeve_self(),
			     &(struct reeve_message){ .ordinal = ITEM,
						      .bytes = pattern + from,
						      .n_bytes = n });
}

static void hear_pattern(unsigned from, size_t n)
{
	struct reeve_message *m;

	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(m->n_bytes, n);
	MUST(memcmp(m->bytes, pattern + from, n) == 0);
	reeve_message_free(m);
}

PROCESS_TEST(messages_of_all_sizes_arrive)
{
	enum { MOST = REEVE_BYTES_MAX - REEVE_HEADER_SIZE };
	static const size_t sizes[] = { 0,    1,    7,	   8,	     9,	   31,
					32,   63,   64,	   65,	     100,  127,
					128,  200,  255,   256,	     257,  500,
					1000, 1023, 1024,  1025,     2000, 4000,
					4096, 5000, 30000, MOST - 1, MOST };
	enum { N_SIZES = sizeof(sizes) / sizeof(sizes[0]) };
	unsigned i, k;

	for (k = 0; k < sizeof(pattern); k++)
		pattern[k] = (char)(k * 7 + k / 256);
	/* The second time from what was freed. */
	for (k = 0; k < 2; k++) {
		for (i = 0; i < N_SIZES; i++)
			MUST_EQUAL(send_pattern(i, sizes[i]), 0);
		for (i = 0; i < N_SIZES; i++)
			hear_pattern(i, sizes[i]);
	}
	MUST_EQUAL(send_pattern(0, MOST + 1), -EMSGSIZE);
	MUST_EQUAL(send_pattern(0, SIZE_MAX), -EMSGSIZE);
	hear_nothing();
}

PROCESS_TEST(handles_move_with_the_message)
{
	int fds[REEVE_HANDLES_MAX + 1], fd, i;
	struct reeve_message *m;

	for (i = 0; i < REEVE_HANDLES_MAX; i++)
		fds[i] = open_something();
	MUST_EQUAL(reeve_send_to(reeve_self(),
				 &(struct reeve_message){
					 .ordinal = ITEM,
					 .handles = fds,
					 .n_handles = REEVE_HANDLES_MAX }),
		   0);
	MUST_EQUAL(reeve_next(-1, &m), 0);
	MUST_EQUAL(m->n_handles, REEVE_HANDLES_MAX);
	for (i = 0; i < REEVE_HANDLES_MAX; i++)
		MUST_EQUAL(m->handles[i], fds[i]);
	fd = reeve_message_take_handle(m, 5);
	MUST_EQUAL(fd, fds[5]);
	MUST_EQUAL(reeve_message_take_handle(m, 5), -1);
	MUST_EQUAL(reeve_message_take_handle(m, 64), -1);
	reeve_message_free(m);
	/* One was taken, the others went with the message. */
	for (i = 0; i < REEVE_HANDLES_MAX; i++)
		MUST_EQUAL(is_open(fds[i]), i == 5);
	close(fd);

	for (i = 0; i <= REEVE_HANDLES_MAX; i++)
		fds[i] = open_something();
	MUST_EQUAL(reeve_send_to(reeve_self(),
				 &(struct reeve_message){
					 .ordinal = ITEM,
					 .handles = fds,
					 .n_handles = REEVE_HANDLES_MAX + 1 }),
		   -EMSGSIZE);
	for (i = 0; i <= REEVE_HANDLES_MAX; i++)
		MUST(!is_open(fds[i]));
}

static int send_handle(reeve_pid to, int fd)
{
	return reeve_send_to(to, &(struct reeve_message){ .ordinal = ITEM,
							  .handles = &fd,
							  .n_handles = 1 });
}

static void receive_and_end(void *arg)
{
	struct reeve_message *m;

	(void)arg;
	hear(GO);
	/* One is held when it ends, the other waits. */
	MUST_EQUAL(reeve_next(-1, &m), 0);
}

/* Passed handles are consumed whatever is returned. */
PROCESS_TEST(handles_are_closed_where_nobody_gets_them)
{
	reeve_pid child = start(receive_and_end, NULL, NULL);
	uint64_t watched = watch(child);
	int fds[4], i;

	MUST_EQUAL(tell(child, GO), 0);
	for (i = 0; i < 4; i++)
		fds[i] = open_something();
	MUST_EQUAL(send_handle(child, fds[0]), 0);
	/* It may have ended by now. */
	(void)send_handle(child, fds[1]);
	MUST_EQUAL(end_of(watched), REEVE_EXIT_NORMAL);
	MUST(!is_open(fds[0]));
	MUST(!is_open(fds[1]));
	MUST_EQUAL(send_handle(child, fds[2]), -ESRCH);
	MUST(!is_open(fds[2]));
	while (tell(reeve_self(), ITEM) == 0)
		;
	MUST_EQUAL(send_handle(reeve_self(), fds[3]), -EAGAIN);
	MUST(!is_open(fds[3]));
}

enum { N_ORDERED = 500, N_SENDERS = 4 };

static void send_in_order(void *arg)
{
	uint64_t i;

	for (i = 0; i < N_ORDERED; i++) {
		MUST_EQUAL(send_number(*(reeve_pid *)arg, ITEM, i), 0);
		if (i % 17 == 0)
			reeve_yield();
	}
}

PROCESS_TEST(messages_of_each_sender_keep_their_order)
{
	reeve_pid self = reeve_self(), senders[N_SENDERS];
	const struct reeve_spawn_options o = { .arg_size = sizeof(self) };
	uint64_t next[N_SENDERS] = {};
	struct reeve_message *m;
	unsigned i, k;

	for (i = 0; i < N_SENDERS; i++)
		senders[i] = start(send_in_order, &self, &o);
	for (i = 0; i < N_SENDERS * N_ORDERED; i++) {
		MUST_EQUAL(reeve_next(-1, &m), 0);
		for (k = 0; senders[k] != reeve_message_sender(m); k++)
			MUST(k < N_SENDERS - 1);
		MUST_EQUAL(number_of(m), next[k]++);
		reeve_message_free(m);
	}
	hear_nothing();
}

PROCESS_TEST(nothing_is_sent_to_who_is_not_there)
{
	static const reeve_pid nobody[] = { REEVE_PID_NONE, 1, UINT64_MAX,
					    UINT64_C(1) << 32 | 4194303,
					    UINT64_C(1) << 32 | UINT32_MAX };
	unsigned i;

	for (i = 0; i < 5; i++) {
		MUST_EQUAL(tell(nobody[i], GO), -ESRCH);
		MUST(!reeve_is_alive(nobody[i]));
	}
	/* The same place in another life. */
	MUST_EQUAL(tell(reeve_self() + (UINT64_C(1) << 32), GO), -ESRCH);
	MUST_EQUAL(tell(reeve_self() + (UINT64_C(0x10000) << 32), GO), -ESRCH);
	MUST(!reeve_is_alive(reeve_self() ^ UINT64_C(1) << 63));
	hear_nothing();
}

/* ---- selective receive ---- */

static bool is_even(const struct reeve_message *m, void *arg)
{
	++*(unsigned *)arg;
	return m->txid % 2 == 0;
}

static uint32_t next_match(const struct reeve_match *match)
{
	struct reeve_message *m;
	uint32_t txid;

	MUST_EQUAL(reeve_next_match(match, -1, &m), 0);
	txid = m->txid;
	reeve_message_free(m);
	return txid;
}

static void send_ten(reeve_pid to)
{
	uint32_t i;

	for (i = 1; i <= 10; i++)
		MUST_EQUAL(reeve_send_to(
				   to,
				   &(struct reeve_message){
					   .ordinal = i % 3 + 1, .txid = i }),
			   0);
}

static void match_begin(void *arg)
{
	send_ten(*(reeve_pid *)arg);
}

PROCESS_TEST(a_match_takes_the_first_and_leaves_the_others)
{
	unsigned n_asked = 0;
	reeve_pid self = reeve_self();
	reeve_pid other = start(
		match_begin, &self,
		&(struct reeve_spawn_options){ .arg_size = sizeof(self) });
	struct reeve_message *m;

	/* Of the other: ordinal 2, 3, 1, 2, 3, 1, 2, 3, 1, 2. */
	while (reeve_is_alive(other))
		reeve_yield();
	send_ten(self);
	MUST_EQUAL(next_match(&(struct reeve_match){ .ordinal = 1 }), 3);
	MUST_EQUAL(next_match(&(struct reeve_match){ .txid = 10 }), 10);
	MUST_EQUAL(next_match(&(struct reeve_match){ .sender = self }), 1);
	MUST_EQUAL(next_match(&(struct reeve_match){ .sender = self,
						     .ordinal = 1 }),
		   3);
	MUST_EQUAL(next_match(&(struct reeve_match){ .sender = other,
						     .ordinal = 2,
						     .fn = is_even,
						     .arg = &n_asked }),
		   4);
	/* The function is asked last. */
	MUST_EQUAL(n_asked, 2);
	MUST_EQUAL(
		reeve_next_match(&(struct reeve_match){ .ordinal = 9 }, 0, &m),
		-EAGAIN);
	MUST_EQUAL(
		reeve_next_match(&(struct reeve_match){ .ordinal = 9 }, 3, &m),
		-ETIMEDOUT);
	/* Nothing else was taken or moved. */
	MUST_EQUAL(next_match(&(struct reeve_match){}), 1);
	MUST_EQUAL(next_match(&(struct reeve_match){}), 2);
	MUST_EQUAL(next_match(&(struct reeve_match){}), 5);
	MUST_EQUAL(next_match(&(struct reeve_match){ .txid = 10 }), 10);
	/* It was the last one: what comes goes behind what is left. */
	MUST_EQUAL(reeve_send_to(self, &(struct reeve_message){ .ordinal = 1,
								.txid = 11 }),
		   0);
	MUST_EQUAL(next_match(&(struct reeve_match){ .txid = 11 }), 11);
	MUST_EQUAL(next_match(&(struct reeve_match){ .sender = other }), 6);
	MUST_EQUAL(next_match(&(struct reeve_match){ .sender = other }), 7);
	MUST_EQUAL(next_match(&(struct reeve_match){ .sender = other }), 8);
	MUST_EQUAL(next_match(&(struct reeve_match){ .sender = other }), 9);
	for (n_asked = 2; n_asked < 10; n_asked++)
		if (n_asked != 3)
			MUST_EQUAL(next_match(&(struct reeve_match){}),
				   n_asked);
	hear_nothing();
}

static void send_late(void *arg)
{
	reeve_pid to = *(reeve_pid *)arg;
	unsigned i;

	for (i = 0; i < 100; i++) {
		MUST_EQUAL(tell(to, ITEM), 0);
		if (i % 10 == 0)
			reeve_yield();
	}
	MUST_EQUAL(tell(to, GO), 0);
	for (i = 0; i < 100; i++)
		MUST_EQUAL(tell(to, ITEM), 0);
	MUST_EQUAL(tell(to, STOP), 0);
}

PROCESS_TEST(a_match_waits_for_what_is_not_there_yet)
{
	reeve_pid self = reeve_self();
	unsigned i;

	start(send_late, &self,
	      &(struct reeve_spawn_options){ .arg_size = sizeof(self) });
	next_match(&(struct reeve_match){ .ordinal = STOP });
	next_match(&(struct reeve_match){ .ordinal = GO });
	for (i = 0; i < 200; i++)
		hear(ITEM);
	hear_nothing();
}

PROCESS_TEST(receiving_ends_when_the_time_is_over)
{
	struct reeve_message *m;

	MUST_EQUAL(reeve_next(0, &m), -EAGAIN);
	MUST_EQUAL(reeve_next(2, &m), -ETIMEDOUT);
	MUST_EQUAL(tell(reeve_self(), GO), 0);
	MUST_EQUAL(reeve_next(0, &m), 0);
	reeve_message_free(m);
	/* The deadline of a wait that is over means nothing to the next one. */
	MUST_EQUAL(reeve_next(2, &m), -ETIMEDOUT);
	MUST_EQUAL(tell(reeve_self(), GO), 0);
	MUST_EQUAL(reeve_next(1, &m), 0);
	reeve_message_free(m);
	hear_nothing();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_as_a_copy),
		cmocka_unit_test(messages_of_all_sizes_arrive),
		cmocka_unit_test(handles_move_with_the_message),
		cmocka_unit_test(handles_are_closed_where_nobody_gets_them),
		cmocka_unit_test(messages_of_each_sender_keep_their_order),
		cmocka_unit_test(nothing_is_sent_to_who_is_not_there),
		cmocka_unit_test(a_match_takes_the_first_and_leaves_the_others),
		cmocka_unit_test(a_match_waits_for_what_is_not_there_yet),
		cmocka_unit_test(receiving_ends_when_the_time_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
