/*
 * One timer for each instance that is throttled, none for the others. When it
 * fires, everything that was paused goes on with the tokens that have come
 * meanwhile, and is paused again when these are used up. It runs on until
 * nothing was paused for one of its times and everything was told.
 */
#include "host/throttle.h"

#include <stdio.h>

#include "host/instance.h"
#include "host/journal.h"

void throttle_init(struct throttle *t, struct loop *loop,
		   struct journal *journal, const char *moniker, uint32_t rate)
{
	*t = (struct throttle){ .loop = loop,
				.journal = journal,
				.moniker = moniker,
				.rate = rate ? rate : THROTTLE_RATE };
	list_init(&t->paused);
	bucket_init(&t->bucket, t->rate,
		    t->rate < UINT32_MAX / THROTTLE_BURST_SECONDS
			    ? t->rate * THROTTLE_BURST_SECONDS
			    : t->rate);
}

static void throttle_resume(struct throttle *t)
{
	struct loop_source *s;

	while ((s = list_first(&t->paused, struct loop_source, paused)))
		loop_resume(s);
}

void throttle_fini(struct throttle *t)
{
	throttle_resume(t);
	loop_timer_cancel(&t->timer);
}

static void throttle_tell(struct throttle *t, uint64_t now)
{
	char fields[64];

	snprintf(fields, sizeof(fields), ",\"delayed\":%llu",
		 (unsigned long long)t->n_untold);
	journal_write(t->journal, JOURNAL_MANAGER, t->moniker, NULL, fields,
		      "throttled: %llu requests were delayed; it may ask for "
		      "%u a second",
		      (unsigned long long)t->n_untold, t->rate);
	t->n_untold = 0;
	t->told_at = now;
}

/* The time until the next look: when some tokens are there, but never so soon
 * that looking becomes the work. */
static uint64_t throttle_wait(const struct throttle *t, uint64_t now)
{
	uint64_t wait = bucket_wait(&t->bucket, 1, now);

	return wait > THROTTLE_PAUSE_MS * NS_PER_MS
		       ? wait
		       : THROTTLE_PAUSE_MS * NS_PER_MS;
}

static void on_timer(struct loop_timer *timer)
{
	struct throttle *t = container_of(timer, struct throttle, timer);
	bool was_paused = !list_is_empty(&t->paused);
	uint64_t now = loop_now();

	if (t->n_untold && now - t->told_at >= NS_PER_SECOND)
		throttle_tell(t, now);
	throttle_resume(t);
	if (!was_paused)
		t->is_throttled = false;
	if (was_paused || t->n_untold)
		loop_timer_set(t->loop, &t->timer, throttle_wait(t, now),
			       on_timer);
}

bool throttle_allows(struct throttle *t, struct loop_source *source)
{
	uint64_t now = loop_now();

	if (loop_is_paused(source))
		return false;
	if (bucket_has(&t->bucket, now))
		return true;
	t->is_throttled = true;
	t->n_pauses++;
	loop_pause(source, &t->paused);
	if (!t->timer.loop)
		loop_timer_set(t->loop, &t->timer, throttle_wait(t, now),
			       on_timer);
	return false;
}

void throttle_count(struct throttle *t)
{
	bucket_take(&t->bucket, loop_now());
	t->n_requests++;
	if (!t->is_throttled)
		return;
	t->n_delayed++;
	t->n_untold++;
}

bool throttle_may_ask(uint64_t client, struct loop_source *source)
{
	struct instance *i = (struct instance *)(uintptr_t)client;

	return throttle_allows(&i->throttle, source);
}

void throttle_on_request(uint64_t client)
{
	struct instance *i = (struct instance *)(uintptr_t)client;

	throttle_count(&i->throttle);
}

void throttle_render_json(const struct throttle *t, struct text *text)
{
	text_printf(text,
		    "{\"requests_per_second\":%u,\"requests\":%llu,"
		    "\"delayed\":%llu,\"pauses\":%llu,\"throttled\":%s}",
		    t->rate, (unsigned long long)t->n_requests,
		    (unsigned long long)t->n_delayed,
		    (unsigned long long)t->n_pauses,
		    t->is_throttled ? "true" : "false");
}
