/* Processes: their ends, and those without a stack. */
#include "everywhere.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { REASON = REEVE_EXIT_OWN + 1, GO = 1, READY = 2, ITEM = 3 };

static const struct reeve_spawn_options monitored = {
	.flags = REEVE_SPAWN_MONITOR
};

/* ---- ending ---- */

static _Atomic uint64_t trace; /* a decimal digit for each that was called */

static void note(void *arg)
{
	atomic_store(&trace, atomic_load(&trace) * 10 + (uintptr_t)arg);
}

static void defer(uintptr_t digit)
{
	MUST_EQUAL(reeve_defer(note, (void *)digit), 0);
}

static void defer_and_take_back(void *arg)
{
	defer(1);
	defer(2);
	reeve_undefer(false);
	defer(3);
	reeve_undefer(true);
	defer(4);
	defer(5);
	if (arg)
		reeve_exit((int)(intptr_t)arg);
}

PROCESS_TEST(what_was_deferred_is_called_last_first)
{
	atomic_store(&trace, 0);
	start(defer_and_take_back, NULL, &monitored);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, 0);
	MUST_EQUAL(atomic_load(&trace), 3541);
	atomic_store(&trace, 0);
	start(defer_and_take_back, (void *)REASON, &monitored);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REASON);
	MUST_EQUAL(atomic_load(&trace), 3541);
}

static reeve_pid main_process;

static void say_ready(void *arg)
{
	MUST_EQUAL(tell(*(reeve_pid *)arg, READY), 0);
}

static void use_the_end(void *arg)
{
	struct reeve_message *m;

	(void)arg;
	/* It must not wait, */
	MUST_EQUAL(reeve_sleep(1), -EDEADLK);
	MUST_EQUAL(reeve_next(-1, &m), -EDEADLK);
	MUST_EQUAL(reeve_send_wait(main_process,
				   &(struct reeve_message){ .ordinal = 1 }, 1),
		   -EDEADLK);
	MUST_EQUAL(reeve_call_to(main_process,
				 &(struct reeve_message){ .ordinal = 1 }, 1,
				 &m),
		   -EDEADLK);
	reeve_yield();
	/* but all else can be done. */
	MUST_EQUAL(tell(main_process, READY), 0);
	start(say_ready, &main_process, NULL);
}

static void defer_the_use_of_the_end(void *arg)
{
	MUST_EQUAL(reeve_defer(use_the_end, NULL), 0);
	if (arg)
		wait_for_ever(NULL);
}

PROCESS_TEST(what_is_deferred_may_not_wait)
{
	struct reeve_runtime_info info;
	reeve_pid child;

	main_process = reeve_self();
	start(defer_the_use_of_the_end, NULL, NULL);
	hear(READY);
	hear(READY);
	child = start(defer_the_use_of_the_end, &child, NULL);
	do
		reeve_yield();
	while (reeve_sleep(1) < 0);
	MUST_EQUAL(reeve_kill(child, REEVE_EXIT_KILLED), 0);
	/* It may have been killed before it began. What it started at its end
	 * tells us something as well. */
	do {
		reeve_yield();
		reeve_runtime_info(&info);
	} while (info.n_processes > 1);
}

static void hold_and_defer(void *arg)
{
	(void)arg;
	defer(6);
	wait_for_ever(NULL);
}

static void leave_others_behind(void *arg)
{
	unsigned i;

	(void)arg;
	atomic_store(&trace, 0);
	for (i = 0; i < 3; i++)
		start(hold_and_defer, NULL, NULL);
	/* They wait by now. */
	for (i = 0; i < 20; i++)
		reeve_yield();
	MUST_EQUAL(reeve_sleep(5), 0);
	start(wait_for_ever, NULL, NULL);
}

static void all_end_with_the_first(void **state)
{
	const struct reeve_runtime_options o = { .n_workers = 1 };

	(void)state;
	assert_int_equal(reeve_processes_run(&o, leave_others_behind, NULL), 0);
	assert_int_equal(atomic_load(&trace), 666);
}

/* What is written to standard error by @fn and all after it; freed by who calls
 * it. */
static int error_begin(int *ret_saved)
{
	int ends[2];

	MUST_EQUAL(pipe2(ends, O_CLOEXEC), 0);
	*ret_saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	MUST(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
	return ends[0];
}

static size_t error_end(int fd, int saved, char *ret, size_t n)
{
	ssize_t got;

	MUST(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	got = read(fd, ret, n - 1);
	close(fd);
	MUST(got >= 0);
	ret[got] = 0;
	return (size_t)got;
}

static void fail_a_check(void *arg)
{
	REEVE_CHECK(arg != NULL);
	REEVE_CHECK(arg == NULL);
	MUST(false);
}

static void fail_with_a_sentence(void *arg)
{
	(void)arg;
	reeve_fail("the %s is %d", "number", 42);
}

PROCESS_TEST(a_failed_check_ends_one_process_and_says_so)
{
	char text[8192];
	int saved, fd = error_begin(&saved);

	start(fail_a_check, text, &monitored);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REEVE_EXIT_FAILED);
	start(fail_with_a_sentence, NULL, &monitored);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REEVE_EXIT_FAILED);
	error_end(fd, saved, text, sizeof(text));
	MUST(strstr(text, "arg == NULL does not hold"));
	MUST(strstr(text, "test_processes.c"));
	MUST(strstr(text, "the number is 42"));
}

/* ---- handlers ---- */

struct sum {
	reeve_pid to;
	uint64_t n, last;
};

static int add_up(void *state, struct reeve_message *m)
{
	struct sum *s = state;

	MUST_EQUAL((uintptr_t)state % 16, 0);
	MUST(reeve_self() != REEVE_PID_NONE);
	s->n += m->ordinal;
	if (m->ordinal != s->last)
		return 0;
	MUST_EQUAL(reeve_send_to(s->to,
				 &(struct reeve_message){ .ordinal = s->n }),
		   0);
	return (int)m->txid;
}

PROCESS_TEST(a_handler_keeps_its_own_state)
{
	struct sum s = { .to = reeve_self(), .last = 300 };
	reeve_pid one, other;
	uint64_t i;

	MUST_EQUAL(reeve_spawn_handler(add_up, &s, sizeof(s), NULL, &one), 0);
	s.n = 1000000;
	MUST_EQUAL(reeve_spawn_handler(add_up, &s, sizeof(s), NULL, &other), 0);
	s.n = 5;
	for (i = 1; i <= 300; i++)
		MUST_EQUAL(tell(one, i), 0);
	MUST_EQUAL(hear(300 * 301 / 2), one);
	for (i = 1; i <= 300; i++)
		MUST_EQUAL(tell(other, i), 0);
	MUST_EQUAL(hear(1000000 + 300 * 301 / 2), other);
	MUST(reeve_is_alive(one));
	MUST(reeve_is_alive(other));
}

PROCESS_TEST(what_a_handler_returns_ends_it)
{
	static const int reasons[] = { REEVE_EXIT_DONE, REASON,
				       REEVE_EXIT_FAILED };
	struct sum s = { .to = reeve_self(), .last = 9 };
	reeve_pid pid;
	unsigned i;

	for (i = 0; i < 3; i++) {
		MUST_EQUAL(reeve_spawn_handler(add_up, &s, sizeof(s),
					       &monitored, &pid),
			   0);
		MUST_EQUAL(
			reeve_send_to(pid,
				      &(struct reeve_message){
					      .ordinal = 9,
					      .txid = (uint32_t)reasons[i] }),
			0);
		MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason,
			   i ? reasons[i] : REEVE_EXIT_NORMAL);
		hear(9);
		MUST_EQUAL(tell(pid, GO), -ESRCH);
	}
}

struct kept {
	reeve_pid to;
	struct reeve_message *first;
};

static int keep_the_first(void *state, struct reeve_message *m)
{
	struct kept *k = state;

	if (!k->first) {
		reeve_message_keep(m);
		k->first = m;
		return 0;
	}
	MUST_EQUAL(k->first->ordinal, ITEM);
	MUST_EQUAL(k->first->n_bytes, 4);
	MUST(memcmp(k->first->bytes, "kept", 4) == 0);
	if (m->ordinal == READY)
		reeve_message_free(k->first);
	MUST_EQUAL(tell(k->to, m->ordinal), 0);
	/* The other way, what was kept is freed with it. */
	return m->ordinal == READY || m->ordinal == GO ? REEVE_EXIT_DONE : 0;
}

PROCESS_TEST(a_handler_can_keep_a_message)
{
	const struct kept k = { .to = reeve_self() };
	reeve_pid pid;
	uint64_t way;

	for (way = GO; way <= READY; way++) {
		MUST_EQUAL(reeve_spawn_handler(keep_the_first, &k, sizeof(k),
					       NULL, &pid),
			   0);
		MUST_EQUAL(
			reeve_send_to(pid,
				      &(struct reeve_message){ .ordinal = ITEM,
							       .bytes = "kept",
							       .n_bytes = 4 }),
			0);
		MUST_EQUAL(tell(pid, ITEM), 0);
		hear(ITEM);
		MUST_EQUAL(tell(pid, way), 0);
		hear(way);
		while (reeve_is_alive(pid))
			reeve_yield();
	}
}

static int try_to_wait(void *state, struct reeve_message *m)
{
	const struct reeve_message one = { .ordinal = 1 };
	reeve_pid to = *(reeve_pid *)state;
	struct reeve_message *got;

	(void)m;
	MUST_EQUAL(reeve_sleep(1), -EDEADLK);
	MUST_EQUAL(reeve_next(-1, &got), -EDEADLK);
	MUST_EQUAL(reeve_next(1, &got), -EDEADLK);
	MUST_EQUAL(reeve_next_match(&(struct reeve_match){ .ordinal = 9 }, -1,
				    &got),
		   -EDEADLK);
	MUST_EQUAL(reeve_call_to(to, &one, 1, &got), -EDEADLK);
	MUST_EQUAL(reeve_send_wait(to, &one, 1), -EDEADLK);
	MUST_EQUAL(reeve_defer(note, (void *)7), 0);
	reeve_yield();
	MUST_EQUAL(reeve_next(0, &got), -EAGAIN);
	MUST_EQUAL(tell(to, READY), 0);
	reeve_exit(REASON);
}

PROCESS_TEST(a_handler_cannot_wait_and_can_exit)
{
	reeve_pid self = reeve_self(), pid;

	atomic_store(&trace, 0);
	MUST_EQUAL(reeve_spawn_handler(try_to_wait, &self, sizeof(self),
				       &monitored, &pid),
		   0);
	MUST_EQUAL(tell(pid, GO), 0);
	hear(READY);
	MUST_EQUAL(hear_notice(REEVE_NOTICE_DOWN).reason, REASON);
	MUST_EQUAL(atomic_load(&trace), 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_deferred_is_called_last_first),
		cmocka_unit_test(what_is_deferred_may_not_wait),
		cmocka_unit_test(all_end_with_the_first),
		cmocka_unit_test(a_failed_check_ends_one_process_and_says_so),
		cmocka_unit_test(a_handler_keeps_its_own_state),
		cmocka_unit_test(what_a_handler_returns_ends_it),
		cmocka_unit_test(a_handler_can_keep_a_message),
		cmocka_unit_test(a_handler_cannot_wait_and_can_exit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
