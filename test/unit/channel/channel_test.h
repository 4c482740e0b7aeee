/* For the tests of this floor: a pair of ends for each test, and a count of the
 * descriptors that it must leave as it found them. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the above before it. */
#include <cmocka.h>

#include "channel/channel.h"
#include "sys/loop.h"

struct pair {
	int fds[2];
	unsigned n_before;
};

/* How many descriptors this process has open. */
unsigned descriptors_count(void);

/* Set up *state as a struct pair, and afterwards assert that nothing leaked. */
int pair_setup(void **state);
int pair_teardown(void **state);

#define channel_test(f)                                                        \
	cmocka_unit_test_setup_teardown(f, pair_setup, pair_teardown)

/* A buffer as large as a message can be, over which a message is laid. */
#define TEST_MESSAGE(name)                                                     \
	static uint64_t name##_bytes[MESSAGE_BYTES_MAX / 8];                   \
	struct message name = { .bytes = (uint8_t *)name##_bytes,              \
				.capacity = MESSAGE_BYTES_MAX }

/* @ms milliseconds from now. */
uint64_t soon(unsigned ms);

/* Run @fn(@arg) in a thread; join it with thread_join(). */
struct thread;
struct thread *thread_run(void (*fn)(void *arg), void *arg);
void thread_join(struct thread *t);
