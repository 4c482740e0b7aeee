/*
 * Supervised children that tell the test what happens to them.
 *
 * A test is a first process that plays a story: it starts a supervisor, lets
 * children crash, and expects events in an order. Each story is played with
 * many seeds, where the clock is the runtime's own and everything between two
 * events happens in another order each time; and once with real workers.
 */
#pragma once

#include "process_test.h"

#include <errno.h>

#include "reeve/supervisor.h"

/* Play @story; it has to end normally. */
void play(reeve_process_fn story);
/* The same with seeds only: it waits on purpose, or says what must not happen.
 */
void play_seeded(reeve_process_fn story);

/* ---- in a story ---- */

/*
 * A child that is ready when it has told "+NAME", and tells "-NAME" when it
 * ends. Its argument is the name, which is also what it is registered as. It
 * does what the messages sent by do_to() say.
 */
void child(void *arg);
/* The same, and is not ready before it has told "?NAME" and was told to go on.
 */
void slow_child(void *arg);
/* Tells "!NAME" when it is asked to end, and does not. */
void stubborn_child(void *arg);

/* Such a child's specification. */
struct reeve_child_spec spec_of(reeve_process_fn fn, const char *name);

enum deed {
	RETURN = 1,
	CRASH, /* end with REEVE_EXIT_OWN */
	GO_ON,
	REFUSE, /* tell that it cannot start, and end */
	LET_GO, /* undo the link with its supervisor, and end */
};

/* By whoever has the name now. */
void do_to(const char *name, enum deed deed);
/* End it and wait until its name is gone, whatever comes after. */
void kill_named(const char *name);

/* These events are next, in this order: "-b +b". "x*3" comes three times. */
void expect(const char *events);
/* For any process: to the story. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Nothing happens for a long time; only with seeds. */
void expect_silence(void);

/* Reports as events: "b:ENDED:256". For struct reeve_supervisor_spec. */
void say_report(const struct reeve_supervisor_report *report, void *userdata);

/* Wait for the end of @pid and return its reason. */
int end_of(reeve_pid pid);
