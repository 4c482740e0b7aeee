/* The start of the runtime, where something is lacking: it fails, says so, and
 * leaves nothing. */
#include "process_test.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "process/annotate.h"
#include "reeve/process.h"

static void nothing(void *arg)
{
	++*(unsigned *)arg;
}

static int run_one(void *arg)
{
	const struct reeve_runtime_options *o = arg;
	unsigned n = 0;
	int r = reeve_processes_run(o, nothing, &n);

	/* It runs if that is what is said. */
	return (r == 0) == (n == 1) ? r : 1;
}

static void the_nth_allocation_fails(void **state)
{
	struct reeve_runtime_options o = { .n_workers = 1 };

	(void)state;
	assert_true(fault_sweep(run_one, &o) > 5);
	o = (struct reeve_runtime_options){ .seed = 1, .n_processes = 10 };
	assert_true(fault_sweep(run_one, &o) > 5);
}

/* ---- under a limit ---- */

static bool is_refusal(int r)
{
	return r == -ENOMEM || r == -EAGAIN || r == -EMFILE;
}

/* 0: it ran; 1: it was refused. */
static int run_under_limit(const struct reeve_runtime_options *o,
			   __rlimit_resource_t what, size_t max)
{
	const struct rlimit limit = { .rlim_cur = max, .rlim_max = max };
	struct reeve_runtime_options options = *o;
	int status = -1, r;
	pid_t child;

	child = fork();
	if (child == 0) {
		if (setrlimit(what, &limit) < 0)
			_exit(2);
		r = run_one(&options);
		_exit(r == 0 ? 0 : is_refusal(r) ? 1 : 3);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_in_range(WEXITSTATUS(status), 0, 1);
	return WEXITSTATUS(status);
}

static size_t mapped(void)
{
	unsigned long n_pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f || fscanf(f, "%lu", &n_pages) != 1)
		abort();
	fclose(f);
	return n_pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Run with @room bytes that may still be mapped. */
static int run_with_room(const struct reeve_runtime_options *o, size_t room)
{
	return run_under_limit(o, RLIMIT_AS, mapped() + room);
}

enum { STEP = 32 * 1024, LARGE_STEP = 1024 * 1024, ENOUGH = 256 * LARGE_STEP };

static void with_little_room_it_fails(void **state)
{
	const struct reeve_runtime_options small = { .n_workers = 2,
						     .n_processes = 100 };
	unsigned n_refused = 0;
	size_t room;

	(void)state;
#if defined(ANNOTATE_ADDRESS) || defined(ANNOTATE_THREAD)
	/* The sanitizers need all the room there is. */
	skip();
#endif
	for (room = 0; room < 64 * STEP; room += STEP)
		n_refused += (unsigned)run_with_room(&small, room);
	for (; room < 32 * LARGE_STEP; room += LARGE_STEP)
		n_refused += (unsigned)run_with_room(&small, room);
	assert_true(n_refused > 0);
	assert_int_equal(run_with_room(&small, ENOUGH), 0);
	/* Not even the places of all processes. */
	assert_int_equal(
		run_with_room(&(struct reeve_runtime_options){}, ENOUGH), 1);
}

static void without_descriptors_it_fails(void **state)
{
	const struct reeve_runtime_options o = { .n_workers = 2 };
	int next = dup(0);
	size_t first;

	(void)state;
	assert_true(next >= 0);
	close(next);
	first = (size_t)next;
	/* One is for the set, one to interrupt it. */
	assert_int_equal(run_under_limit(&o, RLIMIT_NOFILE, first), 1);
	assert_int_equal(run_under_limit(&o, RLIMIT_NOFILE, first + 1), 1);
	assert_int_equal(run_under_limit(&o, RLIMIT_NOFILE, first + 2), 0);
}

int main(void)
{
	/* In the first ones nothing was ever started before. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_little_room_it_fails),
		cmocka_unit_test(without_descriptors_it_fails),
		cmocka_unit_test(the_nth_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
