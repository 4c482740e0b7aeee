/*
 * A component full of light processes, to be looked at.
 *
 * crowd N [MODE]: beside N handlers there are a process that sleeps, one that
 * waits for a descriptor, one whose mailbox is full, and one whose name a
 * terminal would obey. The first process turns the component's loop; with MODE
 * "once" only until somebody has asked, and is busy then; with "deaf" not at
 * all.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <reeve.h>
#include <reeve/process.h>

/* A byte that is no text, and a control character that is two bytes long. */
#define HOSTILE_NAME "evil \377\302\2332J"

enum { MAILBOX = 10 };

struct crowd {
	struct reeve *r;
	const char *mode;
	int n_handlers;
};

/* These two are exported, so that they have a name. */
REEVE_PUBLIC void crowd_sleep(void *arg);
REEVE_PUBLIC int crowd_handle(void *state, struct reeve_message *message);

void crowd_sleep(void *arg)
{
	(void)arg;
	for (;;)
		reeve_sleep(1000 * 1000);
}

int crowd_handle(void *state, struct reeve_message *message)
{
	(void)state;
	(void)message;
	return 0;
}

static void wait_for_descriptor(void *arg)
{
	int ends[2];

	(void)arg;
	if (pipe(ends) == 0)
		reeve_wait_fd(ends[0], POLLIN, -1, NULL);
}

static void start_named(const char *name, reeve_process_fn fn)
{
	const struct reeve_spawn_options options = { .name = name,
						     .mailbox = MAILBOX };
	reeve_pid pid;

	if (reeve_spawn(fn, NULL, &options, &pid))
		reeve_fail("%s cannot be started", name);
}

static void start_all(const struct crowd *c)
{
	const struct reeve_message m = { .ordinal = 1 };
	reeve_pid pid;
	int i;

	start_named("sleeper", crowd_sleep);
	start_named("reader", wait_for_descriptor);
	start_named("full", crowd_sleep);
	start_named(HOSTILE_NAME, crowd_sleep);
	while (reeve_send_to(reeve_whereis("full"), &m) == 0)
		;
	for (i = 0; i < c->n_handlers; i++)
		REEVE_CHECK(reeve_spawn_handler(crowd_handle, NULL, 0, NULL,
						&pid) == 0);
}

static void turn(struct crowd *c)
{
	while (!reeve_is_stopping(c->r)) {
		reeve_wait_fd(reeve_fd(c->r), POLLIN, -1, NULL);
		reeve_dispatch(c->r);
		if (!strcmp(c->mode, "once") &&
		    reeve_whereis("reeve.Processes"))
			return;
	}
	exit(0);
}

static void lead(void *arg)
{
	struct crowd *c = arg;

	reeve_register_name("lead", reeve_self());
	start_all(c);
	puts("ready");
	fflush(stdout);
	if (strcmp(c->mode, "deaf"))
		turn(c);
	for (;;) {
		if (!strcmp(c->mode, "deaf"))
			reeve_sleep(1000);
		reeve_yield();
	}
}

int main(int argc, char **argv)
{
	struct crowd c = { .mode = argc > 2 ? argv[2] : "",
			   .n_handlers = argc > 1 ? atoi(argv[1]) : 0 };

	if (reeve_join(&c.r))
		return 1;
	return reeve_processes_run(NULL, lead, &c);
}
