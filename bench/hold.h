/*
 * What an owner tells its children, over /svc/bench.Hold: a request with one
 * number, and a reply with what came of it.
 */
#pragma once

#include <stdint.h>

/* Open the thing n times, and have each opened answer once. */
#define HOLD_OPEN "bench/Hold.Open"
/* Close them. Those that still passed anything are counted. */
#define HOLD_DROP "bench/Hold.Drop"
/* Raw calls to /svc/bench.Raw, one after another, for n milliseconds. */
#define HOLD_TALK "bench/Hold.Talk"

#define THING "bench.Thing"

struct hold_request {
	uint64_t n;
};

struct hold_reply {
	int64_t error;	  /* 0 or -errno */
	uint64_t n_alive; /* Drop */
	/* Talk */
	uint64_t n_calls, ran_ns, median_ns, p99_ns, max_ns;
};
