/*
 * Running the same program in every kind of runtime: one worker, two workers,
 * and the deterministic mode with several seeds.
 *
 * What runs in a process is on a stack of its own, and cmocka's asserts jump
 * off it: MUST() is for there.
 */
#pragma once

#include "process_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "reeve/process.h"

/* What must hold, in any thread and on any stack. */
#define MUST(condition)                                                        \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, \
				__LINE__, #condition);                         \
			abort();                                               \
		}                                                              \
	} while (0)

/* The same for numbers, and shows them. */
#define MUST_EQUAL(a, b)                                                       \
	do {                                                                   \
		long long left_ = (long long)(a), right_ = (long long)(b);     \
		if (left_ != right_) {                                         \
			fprintf(stderr, "%s:%d: %s is %lld and not %lld\n",    \
				__FILE__, __LINE__, #a, left_, right_);        \
			abort();                                               \
		}                                                              \
	} while (0)

/* Run @fn in each kind, with options but n_workers and seed from @like (may be
 * NULL). Each returns @reason and leaves no descriptor open. */
void run_everywhere(const struct reeve_runtime_options *like,
		    reeve_process_fn fn, int reason);

/*
 * A cmocka test whose body is the first process:
 *
 *	PROCESS_TEST(a_name_that_says_it)
 *	{
 *		MUST(...);
 *	}
 */
#define PROCESS_TEST(name)                                                     \
	static void name##_body(void *arg);                                    \
	static void name(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		run_everywhere(NULL, name##_body, REEVE_EXIT_NORMAL);          \
	}                                                                      \
	static void name##_body(__attribute__((unused)) void *arg)

/* ---- for programs of tests; called from a process ---- */

/* Send an empty message with that ordinal. */
int tell(reeve_pid pid, uint64_t ordinal);

/* Wait for the next message, which has to have that ordinal; its sender. */
reeve_pid hear(uint64_t ordinal);

/* Wait for a notice with that ordinal, past other messages. */
struct reeve_notice hear_notice(uint64_t ordinal);

/* Monitor @pid, and wait for its end: the reason. */
uint64_t watch(reeve_pid pid);
int end_of(uint64_t watched);

/* Nothing is in the caller's mailbox, once all that others do meanwhile is
 * done: let them run until a message to oneself came back. */
void hear_nothing(void);

/* A process that waits without end. */
void wait_for_ever(void *arg);

/* Spawn, which has to succeed. @options may be NULL. */
reeve_pid start(reeve_process_fn fn, void *arg,
		const struct reeve_spawn_options *options);

/* A message whose body is one number. */
uint64_t number_of(const struct reeve_message *m);
int send_number(reeve_pid to, uint64_t ordinal, uint64_t n);
/* The next message, which has to have that ordinal. */
uint64_t next_number(uint64_t ordinal);

bool is_open(int fd);
/* A descriptor of something harmless. */
int open_something(void);
