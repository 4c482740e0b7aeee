/* The mailbox's word: what each operation does alone. */
#include "mailbox_rig.h"

#include <string.h>

static void the_word_holds_a_pointer_a_generation_and_flags(void **state)
{
	static const uintptr_t pointers[] = { 0, 0x10, 0x5555deadbee0,
					      0x7ffffffffff0 };
	unsigned i, generation, flags;
	uint64_t w;

	(void)state;
	for (i = 0; i < 4; i++)
		for (generation = 0; generation < 0x20000; generation += 0x333)
			for (flags = 0; flags <= INBOX_FLAGS; flags++) {
				w = inbox_word((struct envelope *)pointers[i],
					       inbox_tag(generation), flags);
				assert_int_equal(w & INBOX_FLAGS, flags);
				assert_int_equal(w & 0xffff0,
						 inbox_tag(generation));
				assert_ptr_equal(inbox_envelope(w),
						 (void *)pointers[i]);
			}
	/* Neighbours differ, and each fits between the flags and the pointer.
	 */
	for (i = 0; i < 0x10000; i++) {
		assert_int_not_equal(inbox_tag(i), inbox_tag(i + 1));
		assert_int_equal(inbox_tag(i) & ~UINT64_C(0xffff0), 0);
	}
}

static void what_is_pushed_is_taken_whole(void **state)
{
	_Alignas(16) struct envelope e[3];
	struct process p;
	struct envelope *first;
	unsigned i;

	(void)state;
	process_prepare(&p, somebody);
	assert_false(mailbox_has_news(&p));
	assert_null(mailbox_take(&p));
	for (i = 0; i < 3; i++) {
		assert_int_equal(mailbox_push(&p, somebody, &e[i]), 0);
		assert_true(mailbox_has_news(&p));
	}
	first = mailbox_take(&p);
	assert_ptr_equal(first, &e[2]);
	assert_false(mailbox_has_news(&p));
	first = envelope_reverse(first);
	for (i = 0; i < 3; i++, first = first->next)
		assert_ptr_equal(first, &e[i]);
	assert_null(first);
	assert_null(envelope_reverse(NULL));
	assert_null(mailbox_take(&p));
}

static void a_parked_process_belongs_to_who_pushes_first(void **state)
{
	_Alignas(16) struct envelope e[2];
	struct process p;

	(void)state;
	process_prepare(&p, somebody);
	assert_true(mailbox_park(&p));
	assert_int_equal(mailbox_push(&p, somebody, &e[0]), MAILBOX_OWNED);
	/* It was not pushed: the owner links it. */
	assert_false(mailbox_has_news(&p));
	assert_int_equal(mailbox_push(&p, somebody, &e[1]), 0);
	assert_int_equal(mailbox_notify(&p, somebody), 0);
	assert_ptr_equal(mailbox_take(&p), &e[1]);
}

static void nobody_parks_who_has_news(void **state)
{
	_Alignas(16) struct envelope e;
	struct process p;

	(void)state;
	process_prepare(&p, somebody);
	assert_int_equal(mailbox_push(&p, somebody, &e), 0);
	assert_false(mailbox_park(&p));
	/* It was not taken by that. */
	assert_ptr_equal(mailbox_take(&p), &e);
	assert_true(mailbox_park(&p));
}

static void a_notification_is_one_until_it_is_taken(void **state)
{
	struct process p;

	(void)state;
	process_prepare(&p, somebody);
	assert_int_equal(mailbox_notify(&p, somebody), 0);
	assert_int_equal(mailbox_notify(&p, somebody), 0);
	assert_true(mailbox_has_news(&p));
	assert_false(mailbox_park(&p));
	assert_null(mailbox_take(&p));
	assert_false(mailbox_has_news(&p));
	assert_true(mailbox_park(&p));
	assert_int_equal(mailbox_notify(&p, somebody), MAILBOX_OWNED);
	assert_false(mailbox_has_news(&p));
	assert_int_equal(mailbox_notify(&p, somebody), 0);
}

static void a_notification_stays_beside_messages(void **state)
{
	_Alignas(16) struct envelope e[2];
	struct process p;

	(void)state;
	process_prepare(&p, somebody);
	assert_int_equal(mailbox_push(&p, somebody, &e[0]), 0);
	assert_int_equal(mailbox_notify(&p, somebody), 0);
	assert_int_equal(mailbox_push(&p, somebody, &e[1]), 0);
	assert_int_equal(atomic_load(&p.inbox) & INBOX_FLAGS, INBOX_NOTIFIED);
	assert_ptr_equal(mailbox_take(&p), &e[1]);
	assert_ptr_equal(e[1].next, &e[0]);
	assert_null(e[0].next);
	assert_int_equal(atomic_load(&p.inbox) & INBOX_FLAGS, 0);
}

static void other_lives_of_the_place_get_nothing(void **state)
{
	static const reeve_pid others[] = {
		UINT64_C(6) << 32 | 3,
		UINT64_C(8) << 32 | 3,
		UINT64_C(0x10007) << 32 | 3,
		REEVE_PID_NONE,
		(UINT64_C(7) << 32 | 3) ^ 1ull << 63,
	};
	_Alignas(16) struct envelope e;
	struct process p;
	uint64_t before;
	unsigned i, is_parked;

	(void)state;
	process_prepare(&p, somebody);
	for (is_parked = 0; is_parked < 2; is_parked++) {
		if (is_parked)
			assert_true(mailbox_park(&p));
		before = atomic_load(&p.inbox);
		for (i = 0; i < 5; i++) {
			assert_int_equal(mailbox_push(&p, others[i], &e),
					 MAILBOX_GONE);
			assert_int_equal(mailbox_notify(&p, others[i]),
					 MAILBOX_GONE);
			assert_int_equal(atomic_load(&p.inbox), before);
		}
	}
	/* A place that was given back reads as zeros. */
	memset(&p, 0, sizeof(p));
	assert_int_equal(mailbox_push(&p, UINT64_C(0x10000) << 32, &e),
			 MAILBOX_GONE);
	assert_int_equal(mailbox_notify(&p, somebody), MAILBOX_GONE);
}

static void a_closed_mailbox_gives_what_it_had_and_takes_nothing(void **state)
{
	_Alignas(16) struct envelope e[3];
	struct process p;

	(void)state;
	process_prepare(&p, somebody);
	assert_int_equal(mailbox_push(&p, somebody, &e[0]), 0);
	assert_int_equal(mailbox_push(&p, somebody, &e[1]), 0);
	assert_int_equal(mailbox_notify(&p, somebody), 0);
	assert_ptr_equal(mailbox_close(&p), &e[1]);
	assert_ptr_equal(e[1].next, &e[0]);
	assert_null(e[0].next);
	assert_int_equal(atomic_load(&p.pid), REEVE_PID_NONE);
	assert_int_equal(mailbox_push(&p, somebody, &e[2]), MAILBOX_GONE);
	assert_int_equal(mailbox_notify(&p, somebody), MAILBOX_GONE);
	/* Neither to the next one, whom nobody knows yet. */
	assert_int_equal(
		mailbox_push(&p, somebody + (UINT64_C(1) << 32), &e[2]),
		MAILBOX_GONE);
	/* It begins with the word that was left, and is awake. */
	atomic_store(&p.pid, somebody + (UINT64_C(1) << 32));
	assert_false(mailbox_has_news(&p));
	assert_int_equal(mailbox_push(&p, somebody, &e[2]), MAILBOX_GONE);
	assert_int_equal(
		mailbox_push(&p, somebody + (UINT64_C(1) << 32), &e[2]), 0);
	assert_ptr_equal(mailbox_take(&p), &e[2]);
}

/* The half of a generation that is in the word begins anew. */
static void generations_pass_the_width_of_the_word(void **state)
{
	reeve_pid pid = UINT64_C(0xffff) << 32 | 3, next = pid + (1ull << 32);
	_Alignas(16) struct envelope e;
	struct process p;

	(void)state;
	process_prepare(&p, pid);
	assert_null(mailbox_close(&p));
	atomic_store(&p.pid, next);
	assert_int_equal(mailbox_push(&p, pid, &e), MAILBOX_GONE);
	assert_int_equal(mailbox_push(&p, next & 0xffffffff, &e), MAILBOX_GONE);
	assert_int_equal(mailbox_push(&p, next, &e), 0);
	assert_ptr_equal(mailbox_take(&p), &e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_word_holds_a_pointer_a_generation_and_flags),
		cmocka_unit_test(what_is_pushed_is_taken_whole),
		cmocka_unit_test(a_parked_process_belongs_to_who_pushes_first),
		cmocka_unit_test(nobody_parks_who_has_news),
		cmocka_unit_test(a_notification_is_one_until_it_is_taken),
		cmocka_unit_test(a_notification_stays_beside_messages),
		cmocka_unit_test(other_lives_of_the_place_get_nothing),
		cmocka_unit_test(
			a_closed_mailbox_gives_what_it_had_and_takes_nothing),
		cmocka_unit_test(generations_pass_the_width_of_the_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
