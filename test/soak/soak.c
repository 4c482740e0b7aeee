/*
 * A million processes alive at once, ten million messages, and the memory back
 * afterwards: first handlers, then processes with stacks, as many as half of
 *the memory that is available holds.
 *
 *	soak [DIVISOR]
 *
 * With a divisor it is so much smaller. Each kind lives and dies several times:
 * what is used after the last time may not be more than after the first, and
 *not much more than before it. Nothing here is about time.
 */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reeve/process.h"

enum {
	PROCESSES = 1000000,
	MESSAGES_EACH = 10,
	ROUNDS = 3,
	/* Of a stackful process: a page of its stack, its control block, and
	 * what the kernel keeps for both, with some air. */
	STACKFUL_BYTES = 8192,
	PROCESSES_PER_YIELD = 1000,
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* Sanitizers keep what was freed for a while, and have room for so many stacks.
 */
static const bool memory_counts = false;
static const uint32_t stacks_max = 4000;
#else
static const bool memory_counts = true;
static const uint32_t stacks_max = PROCESSES;
#endif

static double mib(uint64_t bytes)
{
	return (double)bytes / (1024 * 1024);
}

static _Atomic uint64_t n_received, n_full;

static _Noreturn void fail(const char *what, uint64_t is, uint64_t should_be)
{
	fprintf(stderr, "%s: %llu and not %llu\n", what, (unsigned long long)is,
		(unsigned long long)should_be);
	exit(1);
}

static void check(const char *what, uint64_t is, uint64_t should_be)
{
	if (is != should_be)
		fail(what, is, should_be);
}

static uint64_t bytes_used(void)
{
	unsigned long long total, resident;
	FILE *f;

	/* What malloc has for the next who asks is not in use. */
	malloc_trim(0);
	f = fopen("/proc/self/statm", "re");
	if (!f || fscanf(f, "%llu %llu", &total, &resident) != 2)
		fail("/proc/self/statm", 0, 1);
	fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t bytes_available(void)
{
	unsigned long long kib = 0;
	char line[256];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib * 1024;
}

/* ---- those who live ---- */

struct counter {
	uint32_t n;
};

static void count(struct counter *c, const struct reeve_message *m)
{
	/* In order, and nothing twice. */
	check("a message", m->ordinal, ++c->n);
	check("its bytes", m->n_bytes, sizeof(uint64_t));
	atomic_fetch_add_explicit(&n_received, 1, memory_order_relaxed);
	if (c->n == MESSAGES_EACH)
		atomic_fetch_add_explicit(&n_full, 1, memory_order_relaxed);
}

static int handle(void *state, struct reeve_message *m)
{
	count(state, m);
	return 0;
}

static void receive(void *arg)
{
	struct counter c = {};
	struct reeve_message *m;

	(void)arg;
	while (reeve_next(-1, &m) == 0) {
		count(&c, m);
		reeve_message_free(m);
	}
}

static int spawn(bool is_handler, reeve_pid *ret)
{
	const struct counter c = {};

	return is_handler
		       ? reeve_spawn_handler(handle, &c, sizeof(c), NULL, ret)
		       : reeve_spawn(receive, NULL, NULL, ret);
}

/* ---- a life of all ---- */

struct kind {
	const char *name;
	bool is_handler;
	uint32_t n;
	reeve_pid *pids;
	uint64_t before, alive, after_first, after;
};

static uint32_t n_alive(void)
{
	struct reeve_runtime_info info;

	reeve_runtime_info(&info);
	return info.n_processes;
}

static void let_run(uint32_t i)
{
	if (i % PROCESSES_PER_YIELD == 0)
		reeve_yield();
}

static void spawn_all(struct kind *k)
{
	uint32_t i;
	int r = 0;

	for (i = 0; i < k->n && !r; i++) {
		r = spawn(k->is_handler, &k->pids[i]);
		let_run(i);
	}
	if (!r)
		return;
	/* The kernel's bound on mappings, where guards cost one. */
	if (k->is_handler || i < 10000)
		fail("spawning", (uint64_t)-r, 0);
	printf("%s: the kernel has room for %u\n", k->name, i - 1);
	k->n = i - 1;
}

static void send_all(const struct kind *k)
{
	const uint64_t bytes = 0;
	struct reeve_message m = { .bytes = &bytes, .n_bytes = sizeof(bytes) };
	uint32_t i;
	int r;

	for (m.ordinal = 1; m.ordinal <= MESSAGES_EACH; m.ordinal++)
		for (i = 0; i < k->n; i++) {
			r = reeve_send_to(k->pids[i], &m);
			if (r)
				fail("sending", (uint64_t)-r, 0);
			let_run(i);
		}
	while (atomic_load(&n_full) < k->n)
		reeve_sleep(1);
}

static void end_all(const struct kind *k)
{
	uint32_t i;
	int r;

	for (i = 0; i < k->n; i++) {
		r = reeve_kill(k->pids[i], REEVE_EXIT_KILLED);
		if (r)
			fail("killing", (uint64_t)-r, 0);
		let_run(i);
	}
	while (n_alive() > 1)
		reeve_sleep(1);
}

static void live(struct kind *k)
{
	atomic_store(&n_received, 0);
	atomic_store(&n_full, 0);
	spawn_all(k);
	check("alive", n_alive(), k->n + 1);
	send_all(k);
	k->alive = bytes_used();
	check("received", atomic_load(&n_received),
	      (uint64_t)k->n * MESSAGES_EACH);
	end_all(k);
	k->after = bytes_used();
}

static void check_memory(const struct kind *k)
{
	uint64_t most = k->alive - k->before;

	printf("%s: %u alive, %llu messages, %.1f MiB: %.0f bytes each; "
	       "before %.1f MiB, after the first time %.1f, after the last "
	       "%.1f\n",
	       k->name, k->n, (unsigned long long)k->n * MESSAGES_EACH * ROUNDS,
	       mib(most), (double)most / (double)k->n, mib(k->before),
	       mib(k->after_first), mib(k->after));
	fflush(stdout);
	if (!memory_counts)
		return;
	/* A tenth, and what the caches of the workers keep. */
	if (k->after > k->before + most / 10 + 4 * 1024 * 1024)
		fail("memory was not given back", k->after, k->before);
	if (k->after > k->after_first + most / 10 + 2 * 1024 * 1024)
		fail("memory grows with each time", k->after, k->after_first);
}

static void soak(struct kind *k)
{
	unsigned i;

	k->pids = calloc(k->n, sizeof(*k->pids));
	if (!k->pids)
		fail("memory for PIDs", 0, k->n);
	/* It is no memory of the processes. */
	memset(k->pids, 1, k->n * sizeof(*k->pids));
	k->before = bytes_used();
	for (i = 0; i < ROUNDS; i++) {
		live(k);
		if (i == 0)
			k->after_first = k->after;
	}
	check_memory(k);
	free(k->pids);
}

static void first(void *arg)
{
	uint32_t n = PROCESSES / *(const uint32_t *)arg;
	uint64_t n_room = bytes_available() / 2 / STACKFUL_BYTES;
	struct kind handlers = { .name = "handlers",
				 .is_handler = true,
				 .n = n };
	struct kind stackful = { .name = "with stacks",
				 .n = n < n_room ? n : (uint32_t)n_room };

	if (stackful.n > stacks_max)
		stackful.n = stacks_max;
	soak(&handlers);
	soak(&stackful);
}

int main(int argc, char **argv)
{
	uint32_t divisor = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
	uint64_t before;
	int r;

	if (!divisor)
		fail("the divisor", 0, 1);
	/* What the C library and the first thread need for themselves. */
	r = reeve_processes_run(NULL, first, &(uint32_t){ PROCESSES / 100 });
	check("the first run", (uint64_t)r, 0);
	before = bytes_used();
	r = reeve_processes_run(NULL, first, &divisor);
	check("the run", (uint64_t)r, 0);
	printf("before %.1f MiB, at the end %.1f\n", mib(before),
	       mib(bytes_used()));
	if (memory_counts && bytes_used() > before + 4 * 1024 * 1024)
		fail("memory was not given back at the end", bytes_used(),
		     before);
	return 0;
}
