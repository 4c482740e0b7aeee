/* Unit tests of what needs the runtime: a process plays the test, on several
 * runtimes. What does not hold ends it, and so the test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "reeve/process.h"

/* Play @fn with one worker, with three, and by chance with some seeds; each
 * time it has to end normally, and no descriptor is to be left. */
void play(reeve_process_fn fn, void *arg);
/* Only with workers, for what depends on other threads or on real time. */
void play_in_time(reeve_process_fn fn, void *arg);

/* The next message within a long time; it has to come. */
struct reeve_message *expect_message(void);
struct reeve_message *expect_ordinal(uint64_t ordinal);
/* The notice that @pid, which is monitored or linked, has ended. */
struct reeve_notice expect_end(reeve_pid pid);
/* Nothing waits in the mailbox. */
void expect_nothing(void);

/* On a channel. */
struct reeve_message *expect_receive(struct reeve_channel *channel);
void send_text(struct reeve_channel *channel, uint64_t ordinal, uint32_t txid,
	       const char *text);
/* Frees @take_m. */
void expect_text(struct reeve_message *take_m, const char *text);
