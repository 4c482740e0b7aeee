/*
 * A stand-in for the runtime: each process is a thread, which parks by really
 * sleeping. For tests of units that only need to park, wake and die.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs the above before it. */
#include <cmocka.h>

#include "process/process.h"

/* Run @fn(@arg) as a process. */
reeve_pid stand_in_run(void (*fn)(void *arg), void *arg);
/* Wait for its end. */
void stand_in_join(reeve_pid pid);
/* It ends in the park that it is in, or in the next. */
void stand_in_kill(reeve_pid pid);
/* Wait until it is parked. */
void stand_in_until_parked(reeve_pid pid);
/* From now on the calling thread is that process; 0: none. */
void stand_in_be(reeve_pid pid);
