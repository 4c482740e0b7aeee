/*
 * Stacks: guards that really fault, addresses, reuse, memory that goes back.
 * All of it twice: as the kernel has it, and with mprotect(2).
 */
#include "process_test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "fault.h"
#include "process/annotate.h"
#include "process/guard.h"
#include "process/slab.h"
#include "process/stack.h"

enum {
	USUAL = 65536,
	OTHER = 3 * 65536,
};

static bool only_mprotect;

static int begin(void **state)
{
	(void)state;
	stack_set_usual(USUAL);
	guard_force_mprotect(only_mprotect);
	return 0;
}

static int end(void **state)
{
	(void)state;
	stack_free_all();
	return slab_count() == 0 ? 0 : -1;
}

static void exit_with(int number)
{
	_exit(number);
}

/* The signal that a child gets that writes there; 0: none. */
static int signal_of_touching(char *at)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGSEGV, exit_with);
		*(volatile char *)at = 1;
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void guards_fault(void **state)
{
	static const size_t sizes[] = { USUAL, OTHER, 4096 };
	void *stacks[3];
	char *lowest;
	size_t i, n;

	(void)state;
	for (i = 0; i < N_ELEMENTS(sizes); i++) {
		n = sizes[i];
		/* A neighbour on either side, so that all is in one slab. */
		assert_int_equal(stack_get(NULL, n, &stacks[0]), 0);
		assert_int_equal(stack_get(NULL, n, &stacks[1]), 0);
		assert_int_equal(stack_get(NULL, n, &stacks[2]), 0);
		lowest = stacks[1];
		assert_int_equal(signal_of_touching(lowest - 1), SIGSEGV);
		assert_int_equal(signal_of_touching(lowest - guard_size()),
				 SIGSEGV);
		assert_int_equal(signal_of_touching(lowest), 0);
		assert_int_equal(signal_of_touching(lowest + n - 1), 0);
		stack_put(NULL, stacks[0], n);
		stack_put(NULL, stacks[1], n);
		stack_put(NULL, stacks[2], n);
	}
}

static void guards_stay_when_a_stack_is_used_again(void **state)
{
	struct stack_cache c = { 0 };
	void *first, *again;

	(void)state;
	assert_int_equal(stack_get(&c, USUAL, &first), 0);
	memset(first, 1, USUAL);
	stack_put(&c, first, USUAL);
	stack_cache_fini(&c);
	assert_int_equal(stack_get(&c, USUAL, &again), 0);
	assert_int_equal(signal_of_touching((char *)again - 1), SIGSEGV);
	stack_put(&c, again, USUAL);
	stack_cache_fini(&c);
}

static void the_guard_is_the_page_below(void **state)
{
	char *lowest;
	void *stack;

	(void)state;
	assert_int_equal(stack_get(NULL, USUAL, &stack), 0);
	lowest = stack;
	assert_int_equal((uintptr_t)lowest % guard_size(), 0);
	assert_false(stack_is_guard(lowest, lowest));
	assert_true(stack_is_guard(lowest, lowest - 1));
	assert_true(stack_is_guard(lowest, lowest - guard_size()));
	assert_false(stack_is_guard(lowest, lowest - guard_size() - 1));
	assert_false(stack_is_guard(lowest, NULL));
	assert_false(stack_is_guard(lowest, lowest + USUAL));
	stack_put(NULL, stack, USUAL);
}

/* Several slabs of them; the ends of each are written and read again. */
static void stacks_do_not_overlap(void **state)
{
	enum { N = 200 };
	struct stack_cache c = { 0 };
	void *stacks[N];
	size_t sizes[N];
	unsigned i;

	(void)state;
	for (i = 0; i < N; i++) {
		sizes[i] = i % 10 == 9 ? OTHER : USUAL;
		assert_int_equal(stack_get(&c, sizes[i], &stacks[i]), 0);
		memcpy(stacks[i], &i, sizeof(i));
		memcpy((char *)stacks[i] + sizes[i] - sizeof(i), &i, sizeof(i));
	}
	for (i = 0; i < N; i++) {
		assert_memory_equal(stacks[i], &i, sizeof(i));
		assert_memory_equal((char *)stacks[i] + sizes[i] - sizeof(i),
				    &i, sizeof(i));
		stack_put(&c, stacks[i], sizes[i]);
	}
	stack_cache_fini(&c);
}

static void what_was_freed_last_is_used_first(void **state)
{
	struct stack_cache c = { 0 };
	void *stacks[3], *again;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++)
		assert_int_equal(stack_get(&c, USUAL, &stacks[i]), 0);
	for (i = 0; i < 3; i++)
		stack_put(&c, stacks[i], USUAL);
	for (i = 3; i-- > 0;) {
		assert_int_equal(stack_get(&c, USUAL, &again), 0);
		assert_ptr_equal(again, stacks[i]);
	}
	for (i = 0; i < 3; i++)
		stack_put(&c, stacks[i], USUAL);
	stack_cache_fini(&c);
}

/* In an order that leaves holes everywhere. */
static void slabs_go_back(void **state)
{
	enum { N = 6000, KEPT = 16 };
	struct stack_cache c = { 0 };
	void **stacks = calloc(N, sizeof(*stacks));
	unsigned i;
	size_t most;

	(void)state;
	assert_non_null(stacks);
	for (i = 0; i < N; i++)
		assert_int_equal(stack_get(&c, USUAL, &stacks[i]), 0);
	most = slab_count();
	assert_true(most >= N / 63);
	/* 40 has no divisor in common with 5999: this meets all but the
	 * last. */
	for (i = 0; i < N - 1; i++)
		stack_put(&c, stacks[(size_t)i * 40 % (N - 1)], USUAL);
	stack_cache_fini(&c);
	assert_true(slab_count() <= KEPT + 1);
	/* The one that is still there is whole. */
	memset(stacks[N - 1], 1, USUAL);
	stack_put(&c, stacks[N - 1], USUAL);
	stack_cache_fini(&c);
	assert_true(slab_count() <= KEPT);
	free(stacks);
}

struct carrier {
	struct stack_cache from, to;
	void *stacks[1000];
};

static void *carry(void *arg)
{
	struct carrier *c = arg;
	unsigned i;

	for (i = 0; i < N_ELEMENTS(c->stacks); i++)
		stack_put(&c->to, c->stacks[i], USUAL);
	return NULL;
}

/* One thread gets what another one puts: nothing is lost between them. */
static void stacks_travel_between_threads(void **state)
{
	struct carrier *c = calloc(1, sizeof(*c));
	size_t most = 0;
	pthread_t other;
	unsigned round, i;

	(void)state;
	assert_non_null(c);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < N_ELEMENTS(c->stacks); i++)
			assert_int_equal(
				stack_get(&c->from, USUAL, &c->stacks[i]), 0);
		if (round == 0)
			most = slab_count();
		assert_true(slab_count() <= most + 2);
		assert_int_equal(pthread_create(&other, NULL, carry, c), 0);
		assert_int_equal(pthread_join(other, NULL), 0);
	}
	stack_cache_fini(&c->from);
	stack_cache_fini(&c->to);
	free(c);
}

static void use_is_counted_from_the_top(void **state)
{
	size_t page = guard_size();
	char *lowest;
	void *stack;

	(void)state;
	assert_int_equal(stack_get(NULL, OTHER, &stack), 0);
	lowest = stack;
	assert_int_equal(stack_used(lowest, OTHER), 0);
	lowest[OTHER - 1] = 1;
	assert_int_equal(stack_used(lowest, OTHER), page);
	lowest[OTHER - 2 * page - 1] = 1;
	assert_int_equal(stack_used(lowest, OTHER), 3 * page);
	lowest[0] = 1;
	assert_int_equal(stack_used(lowest, OTHER), OTHER);
	stack_put(NULL, stack, OTHER);
}

#if !defined(TEST_EMULATED)

/* A page of a stack must not become two megabytes. */
static void stacks_get_no_huge_pages(void **state)
{
	unsigned long from, to;
	bool is_ours = false, seen = false;
	char line[512];
	void *stack;
	FILE *f;

	(void)state;
	if (access("/sys/kernel/mm/transparent_hugepage", F_OK) < 0)
		skip();
	assert_int_equal(stack_get(NULL, USUAL, &stack), 0);
	f = fopen("/proc/self/smaps", "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			is_ours = from <= (uintptr_t)stack &&
				  (uintptr_t)stack < to;
		if (is_ours && !strncmp(line, "VmFlags:", 8)) {
			assert_non_null(strstr(line, " nh"));
			seen = true;
		}
	}
	fclose(f);
	stack_put(NULL, stack, USUAL);
	assert_true(seen);
}

#else

/* An emulator knows no flags of mappings. */
static void stacks_get_no_huge_pages(void **state)
{
	(void)state;
	skip();
}

#endif

static void no_address_space_is_no_memory(void **state)
{
	struct stack_cache c = { 0 };
	void *stack = NULL;

	(void)state;
	assert_int_equal(stack_get(&c, (size_t)1 << 60, &stack), -ENOMEM);
	stack_set_usual((size_t)1 << 50);
	assert_int_equal(stack_get(&c, (size_t)1 << 50, &stack), -ENOMEM);
	assert_int_equal(stack_get(NULL, (size_t)1 << 50, &stack), -ENOMEM);
	assert_null(stack);
	assert_int_equal(slab_count(), 0);
	stack_set_usual(USUAL);
	assert_int_equal(stack_get(&c, USUAL, &stack), 0);
	stack_put(&c, stack, USUAL);
	stack_cache_fini(&c);
}

static int get_one(void *arg)
{
	struct stack_cache c = { 0 };
	void *stack;
	int r;

	(void)arg;
	r = stack_get(&c, USUAL, &stack);
	if (r)
		return r;
	stack_put(&c, stack, USUAL);
	stack_cache_fini(&c);
	stack_free_all();
	return 0;
}

static void lack_of_memory_is_survived(void **state)
{
	(void)state;
	assert_true(fault_sweep(get_one, NULL) > 0);
	assert_int_equal(slab_count(), 0);
}

#if !defined(TEST_EMULATED) && !defined(ANNOTATE_ADDRESS) &&                   \
	!defined(ANNOTATE_THREAD)

static long mappings_allowed(void)
{
	long n = 0;
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");

	if (f && fscanf(f, "%ld", &n) != 1)
		n = 0;
	if (f)
		fclose(f);
	return n;
}

/* In a child, which has no mappings left for anything else. 0: as it should. */
static int use_all_mappings(long n)
{
	struct stack_cache c = { 0 };
	void **stacks = calloc((size_t)n, sizeof(*stacks)), *another;
	long got = 0, i;
	int r = 0;

	while (got < n && !r) {
		r = stack_get(&c, USUAL, &stacks[got]);
		got += !r;
	}
	if (r != -ENOMEM || got < n / 3)
		return 1;
	/* What was given back is there for the next one. */
	stack_put(NULL, stacks[--got], USUAL);
	if (stack_get(&c, USUAL, &another))
		return 2;
	stack_put(&c, another, USUAL);
	for (i = 0; i < got; i++)
		stack_put(&c, stacks[i], USUAL);
	stack_cache_fini(&c);
	if (slab_count() > 16)
		return 3;
	return stack_get(&c, USUAL, &another) ? 4 : 0;
}

static void mappings_may_run_out(void **state)
{
	long n = mappings_allowed();
	int status;
	pid_t child;

	(void)state;
	if (!only_mprotect || n <= 0 || n > 100000)
		skip();
	child = fork();
	if (child == 0)
		_exit(use_all_mappings(n));
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#else

static void mappings_may_run_out(void **state)
{
	(void)state;
	skip();
}

#endif

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(guards_fault),
		TEST(guards_stay_when_a_stack_is_used_again),
		TEST(the_guard_is_the_page_below),
		TEST(stacks_do_not_overlap),
		TEST(what_was_freed_last_is_used_first),
		TEST(slabs_go_back),
		TEST(stacks_travel_between_threads),
		TEST(use_is_counted_from_the_top),
		TEST(stacks_get_no_huge_pages),
		TEST(no_address_space_is_no_memory),
		TEST(lack_of_memory_is_survived),
		TEST(mappings_may_run_out),
	};
	int n_failed;

	n_failed = cmocka_run_group_tests_name("stack", tests, NULL, NULL);
	only_mprotect = true;
	n_failed += cmocka_run_group_tests_name("stack, by mprotect", tests,
						NULL, NULL);
	return n_failed;
}
