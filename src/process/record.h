/*
 * Records: what a process knows of those that it is linked with, that watch it,
 * and that it watches. Each is an envelope, so that it can become the signal
 * that it is kept for.
 *
 * Most processes have one or two: they hang in a chain. Whoever has many gets
 * an index, which is an envelope as well and stands in the place of the chain.
 * Without memory for one it goes on with the chain, only slower.
 *
 * A link is found by who is at the other end, a monitor by its reference.
 */
#pragma once

#include "process/process.h"

/* Of that kind, with nothing in it but these. NULL: no memory. */
struct envelope *record_new(enum envelope_kind kind, reeve_pid from,
			    uint64_t reference);
void record_add(struct process *p, struct envelope *take_e);

/* Take one out; NULL if there is none. Of a link @reference is 0; of what is
 * watched @pid may be NONE. */
struct envelope *record_take(struct process *p, enum envelope_kind kind,
			     reeve_pid pid, uint64_t reference);
bool record_is_linked(struct process *p, reeve_pid pid);

/* Take all out, as one chain. */
struct envelope *record_take_all(struct process *p);
