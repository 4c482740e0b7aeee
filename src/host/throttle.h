/*
 * Throttling: how much of the manager's time a component may ask for.
 *
 * Everything that a component can ask of the manager (opens through its
 * namespace and its listeners, requests on directory channels, on the Realm
 * protocol and the like) takes a token of its own bucket. When that is empty,
 * the channels on which it asks are not read for a while: they are paused, not
 * refused, so what was asked waits in the component's own queues. Nobody else
 * notices.
 *
 * To have a source of events throttled, at the beginning of its handler:
 *
 *	if (!throttle_allows(&i->throttle, source))
 *		return;
 *
 * and throttle_count() for each request that was read.
 */
#pragma once

#include "base/text.h"
#include "route/bucket.h"
#include "sys/loop.h"

struct journal;

enum {
	/* Requests in a second, unless the manifest says otherwise. An honest
	 * component that opens one service after the other and waits for each
	 * comes to about twice that if it does nothing else; so it may, for
	 * some seconds. */
	THROTTLE_RATE = 5000,
	/* So many times that may be asked for at once. */
	THROTTLE_BURST_SECONDS = 2,
	/* What was paused is not looked at again sooner than this. */
	THROTTLE_PAUSE_MS = 50,
};

struct throttle {
	struct loop *loop;
	struct journal *journal;
	const char *moniker;
	struct bucket bucket;
	uint32_t rate;
	struct list paused; /* sources, by their paused */
	struct loop_timer
		timer;	     /* runs from the first pause to the last tale */
	uint64_t n_requests; /* since the instance was made */
	uint64_t n_delayed;  /* of these: read after a pause */
	uint64_t n_pauses;
	/* Delayed requests that were not told of, and when it was told last. */
	uint64_t n_untold, told_at;
	bool is_throttled;
};

/* @rate 0 is the default. @journal and @moniker outlive it. */
void throttle_init(struct throttle *t, struct loop *loop,
		   struct journal *journal, const char *moniker, uint32_t rate);

/* What is still paused goes on. */
void throttle_fini(struct throttle *t);

/* May @source be read now? If not it is paused, and is told its events again
 * when there are tokens. */
bool throttle_allows(struct throttle *t, struct loop_source *source);

/* One request was read. */
void throttle_count(struct throttle *t);

/* The same two for a struct directory_payer whose clients are instances. */
bool throttle_may_ask(uint64_t client, struct loop_source *source);
void throttle_on_request(uint64_t client);

/*
 * A JSON object: {"requests_per_second":5000,"requests":12,"delayed":0,
 * "pauses":0,"throttled":false}.
 */
void throttle_render_json(const struct throttle *t, struct text *text);
