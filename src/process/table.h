/*
 * The places of processes: control blocks in one reserved range, found by the
 * lower half of a PID.
 *
 * A place is only ever a place, so a stale PID may be looked up at any time.
 * What is not used any more goes back to the kernel in chunks, and a chunk
 * remembers how far the generations of its places had come.
 */
#pragma once

#include "process/process.h"

/* Of a worker: places at hand. All zero is empty. */
struct table_cache {
	struct process *free;
	unsigned n;
};

/* For at most @n processes. 0 or -errno. */
int table_init(uint32_t n);
/* Nobody looks anything up any more. */
void table_fini(void);

/* A place with a PID of its own in *ret_pid; all else in it is as its last
 * owner left it, or zero, and the PID is not set yet. -EAGAIN: there are @n. */
int table_take(struct table_cache *c, struct process **ret, reeve_pid *ret_pid);
void table_give(struct table_cache *c, struct process *take_p);
/* Gives back all that is in it. */
void table_cache_fini(struct table_cache *c);

/* Places from 0 to what this returns have been used. Any thread. */
uint32_t table_end(void);

extern struct process *table_places;
extern _Atomic uint32_t table_n_mapped;

/* The place of @pid, whoever has it now; NULL for what is no PID. */
static inline struct process *table_at(reeve_pid pid)
{
	uint32_t place = (uint32_t)pid;

	/* No process is of generation 0, but places that nobody has look so. */
	if (__builtin_expect(
		    place >= atomic_load_explicit(&table_n_mapped,
						  memory_order_acquire) ||
			    !(pid >> 32),
		    0))
		return NULL;
	return &table_places[place];
}

static inline uint32_t table_place(const struct process *p)
{
	return (uint32_t)(p - table_places);
}
