/*
 * A ring of processes, a million of them: each knows the next one, and passes
 * on what it gets. First of handlers, which are a function and some bytes of
 * state, then of processes with a stack each, as many as the manifest's third
 * argument says (a tenth, if it says nothing).
 */
#include <reeve.h>
#include <reeve/process.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PASS = 1, END };

struct plan {
	uint32_t n_handlers, n_stacks, n_rounds;
	int failed;
};

/* ---- what each of them does ---- */

static int pass_on(void *state, struct reeve_message *m)
{
	const reeve_pid *next = state;

	if (reeve_send_to(*next, m) < 0)
		return REEVE_EXIT_FAILED;
	return m->ordinal == END ? REEVE_EXIT_DONE : 0;
}

/* The same as a sequence, with a stack. */
static void pass_on_for_ever(void *arg)
{
	const reeve_pid *next = arg;
	struct reeve_message *m;
	bool ends = false;

	while (!ends && reeve_next(-1, &m) == 0) {
		REEVE_CHECK(reeve_send_to(*next, m) == 0);
		ends = m->ordinal == END;
		reeve_message_free(m);
	}
}

static int spawn_handler(reeve_pid next, reeve_pid *ret)
{
	return reeve_spawn_handler(pass_on, &next, sizeof(next), NULL, ret);
}

static int spawn_with_stack(reeve_pid next, reeve_pid *ret)
{
	const struct reeve_spawn_options options = { .arg_size = sizeof(next) };

	return reeve_spawn(pass_on_for_ever, &next, &options, ret);
}

/* ---- the ring ---- */

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What this task uses, in bytes; 0 if nobody says. */
static double memory(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return (double)pages * 4096;
}

static void say(const char *what, uint64_t n, double took)
{
	printf("  %-12s %8.3f s, %7.0f ns each\n", what, took,
	       took * 1e9 / (double)n);
}

/* Once round: from us to the first one, and from the last one back to us. */
static int go_round(reeve_pid first, uint64_t ordinal)
{
	const struct reeve_message out = { .ordinal = ordinal };
	struct reeve_message *back;
	int r;

	r = reeve_send_to(first, &out);
	if (r == 0)
		r = reeve_next(60000, &back);
	if (r == 0)
		reeve_message_free(back);
	return r;
}

static int ring(const char *kind, uint32_t n, uint32_t n_rounds,
		int (*spawn)(reeve_pid next, reeve_pid *ret))
{
	double before = memory(), used, begun = seconds();
	reeve_pid first = reeve_self();
	uint32_t i;
	int r = 0;

	printf("%u %s\n", n, kind);
	/* The last one first: it knows us, and each other one the next. */
	for (i = 0; i < n && r == 0; i++)
		r = spawn(first, &first);
	if (r < 0) {
		printf("  process number %u: %s\n", i, strerror(-r));
		return r;
	}
	say("spawn", n, seconds() - begun);
	begun = seconds();
	for (i = 0; i < n_rounds && r == 0; i++)
		r = go_round(first, PASS);
	say("pass", (uint64_t)n * n_rounds, seconds() - begun);
	used = memory() - before;
	if (used > 0)
		printf("  %-12s %8.1f MiB, %6.0f bytes each\n", "memory",
		       used / (1 << 20), used / n);
	begun = seconds();
	if (r == 0)
		r = go_round(first, END);
	say("end", n, seconds() - begun);
	if (r < 0)
		printf("  the message got lost: %s\n", strerror(-r));
	return r;
}

static void start(void *arg)
{
	struct plan *plan = arg;

	plan->failed = ring("handlers", plan->n_handlers, plan->n_rounds,
			    spawn_handler);
	if (!plan->failed)
		plan->failed = ring("processes with a stack", plan->n_stacks,
				    plan->n_rounds, spawn_with_stack);
}

static uint32_t number(const char *const *args, size_t i, uint32_t otherwise)
{
	size_t n = 0;

	while (args[n])
		n++;
	return i < n ? (uint32_t)strtoul(args[i], NULL, 10) : otherwise;
}

int main(void)
{
	struct plan plan = {};
	struct reeve *r;
	int reason;

	if (reeve_join(&r) < 0) {
		fputs("ring: start me with reeve run\n", stderr);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	plan.n_handlers = number(reeve_args(r), 0, 1000000);
	plan.n_rounds = number(reeve_args(r), 2, 3);
	plan.n_stacks = number(reeve_args(r), 1, 20000);
	reason = reeve_processes_run(NULL, start, &plan);
	reeve_leave(r);
	return reason != REEVE_EXIT_NORMAL || plan.failed;
}
