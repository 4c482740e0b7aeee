/* The bucket is empty when it would take the whole burst's time to fill. */
#include "route/bucket.h"

enum { SECOND_NS = 1000000000 };

void bucket_init(struct bucket *b, uint32_t rate, uint32_t burst)
{
	*b = (struct bucket){ .token_ns = SECOND_NS / rate };
	if (!b->token_ns)
		b->token_ns = 1;
	b->burst_ns = b->token_ns * (burst ? burst : 1);
}

/* How long filling takes from @now on. */
static uint64_t bucket_missing(const struct bucket *b, uint64_t now)
{
	return b->full_at > now ? b->full_at - now : 0;
}

bool bucket_has(const struct bucket *b, uint64_t now)
{
	return bucket_missing(b, now) + b->token_ns <= b->burst_ns;
}

void bucket_take(struct bucket *b, uint64_t now)
{
	b->full_at = now + bucket_missing(b, now) + b->token_ns;
}

uint64_t bucket_wait(const struct bucket *b, uint32_t n, uint64_t now)
{
	uint64_t wanted = b->token_ns * n, missing = bucket_missing(b, now);

	if (wanted > b->burst_ns)
		wanted = b->burst_ns;
	return missing + wanted > b->burst_ns ? missing + wanted - b->burst_ns
					      : 0;
}
