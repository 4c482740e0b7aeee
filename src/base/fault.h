/*
 * Verdicts and faults.
 *
 * A function that can fail returns 0 (done, outputs set), a value above zero (a
 * verdict: one of its own enum, answered by its direct caller) or a value below
 * zero (a fault, -errno, passed up untouched to a bulkhead). Outputs are
 * untouched unless 0 is returned.
 */
#pragma once

#include <errno.h>

/*
 * Pass on what a callee returned where only 0 or a fault can be meant. A
 * verdict that arrives here was not answered by its direct caller, which is our
 * own bug; it becomes a fault, so that a bulkhead contains it.
 */
static inline int fault(int r)
{
	return r > 0 ? -ENOTRECOVERABLE : r;
}
