/*
 * Fault sweeps: run a piece of code with its first allocation failing, then its
 * second, and so on, until it runs through with none failing.
 *
 * The test executable is linked with --wrap for malloc, calloc and realloc; only
 * the code under test, between the begin and the end of a round, is affected.
 */
#pragma once

#include <stdbool.h>

/*
 * @fn returns 0 when it succeeded and a negative value when it reported the lack
 * of memory; anything it allocated is its own to free. It is called until a
 * round sees no failing allocation. Returns how many allocations were made to
 * fail, so that a test can assert that the sweep did something.
 */
unsigned fault_sweep(int (*fn)(void *arg), void *arg);
