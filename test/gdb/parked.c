/* Processes that wait for different things, and a place to stop at. */
#include <string.h>
#include <unistd.h>

#include "reeve/process.h"

/* The last call of a function must not be a jump: that would leave no frame. */
#define STAY() __asm__ volatile("" ::: "memory")

void everything_waits(void);

/* Where to crash; NULL: not at all. */
static volatile int *volatile wild;

/* Where the debugger stops. */
__attribute__((noinline)) void everything_waits(void)
{
	if (wild)
		*wild = 1;
}

static __attribute__((noinline)) void wait_for_mail(int depth)
{
	struct reeve_message *m;

	if (depth)
		wait_for_mail(depth - 1);
	else if (!reeve_next(-1, &m))
		reeve_message_free(m);
	STAY();
}

static void serve(void *arg)
{
	wait_for_mail(*(int *)arg);
	STAY();
}

static void sleep_long(void *arg)
{
	(void)arg;
	reeve_sleep(1000000);
	STAY();
}

static void read_pipe(void *arg)
{
	int *ends = arg;

	reeve_wait_fd(ends[0], 1, -1, NULL);
	STAY();
}

static int handle(void *state, struct reeve_message *m)
{
	(void)state;
	(void)m;
	return 0;
}

static void start(void *arg)
{
	struct reeve_spawn_options server = { .name = "server" };
	int depth = 3, ends[2];
	reeve_pid pid;
	unsigned i;

	(void)arg;
	if (pipe(ends) < 0 || reeve_spawn(serve, &depth, &server, &pid) ||
	    reeve_spawn(sleep_long, NULL, NULL, &pid) ||
	    reeve_spawn(read_pipe, ends, NULL, &pid) ||
	    reeve_spawn_handler(handle, NULL, 0, NULL, &pid))
		return;
	for (i = 0; i < 100; i++)
		reeve_yield();
	everything_waits();
	STAY();
}

int main(int argc, char **argv)
{
	const struct reeve_runtime_options options = { .n_workers = 1 };

	if (argc > 1 && !strcmp(argv[1], "crash"))
		wild = (int *)16;
	return reeve_processes_run(&options, start, NULL);
}
