/*
 * Token buckets: how often somebody may ask for something.
 *
 * A bucket holds as many tokens as may be used in a burst and is filled at a
 * rate. It is kept as one moment: when it would be full again. So it costs no
 * timer and nothing while nobody asks. The algorithm is the generic cell rate
 * algorithm of ITU-T I.371, as a virtual schedule.
 *
 * Pure: the caller says what time it is, in nanoseconds, never going back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bucket {
	uint64_t token_ns; /* how long a token takes to come */
	uint64_t burst_ns; /* the same for as many as there is room for */
	uint64_t full_at;
};

/* A full one: @rate tokens in a second, above 0, and room for @burst. */
void bucket_init(struct bucket *b, uint32_t rate, uint32_t burst);

/* Is there a token? */
bool bucket_has(const struct bucket *b, uint64_t now);

/*
 * Use one. It may be the last but some: what was begun is finished, and the
 * debt is paid before bucket_has() is true again.
 */
void bucket_take(struct bucket *b, uint64_t now);

/* How long until there are @n, at most as many as there is room for; 0: now. */
uint64_t bucket_wait(const struct bucket *b, uint32_t n, uint64_t now);
