/*
 * What a process takes of memory that has said one message to its parent and
 * waits for one, and how long it takes to make so many of them.
 */
#include "ours.h"

static void stay(void *arg)
{
	(void)arg;
	say(main_pid, DONE);
	while (hear() != STOP)
		;
}

/* It runs when it is told something, so it is told something first. */
static int stay_handler(void *state, struct reeve_message *message)
{
	(void)state;
	if (message->ordinal == STOP)
		return REEVE_EXIT_DONE;
	say(main_pid, DONE);
	return 0;
}

static void start_one(bool is_handler, reeve_pid *ret)
{
	if (!is_handler) {
		must(reeve_spawn(stay, NULL, NULL, ret));
		return;
	}
	must(reeve_spawn_handler(stay_handler, NULL, 0, NULL, ret));
	say(*ret, PING);
}

static double memory_of(size_t size, bool is_handler)
{
	reeve_pid *all = array(size, sizeof(*all));
	uint64_t before, start, took;
	size_t i;

	/* The addresses are the measurer's; touched before, they do not count.
	 */
	memset(all, 1, size * sizeof(*all));
	before = memory_now();
	start = now_ns();
	for (i = 0; i < size; i++) {
		start_one(is_handler, &all[i]);
		hear();
	}
	took = now_ns() - start;
	print_memory((double)took / (double)size,
		     (double)(memory_now() - before) / (double)size);
	free(all);
	return 0;
}

double memory(size_t n, size_t size)
{
	(void)n;
	return memory_of(size, false);
}

double memory_handler(size_t n, size_t size)
{
	(void)n;
	return memory_of(size, true);
}
