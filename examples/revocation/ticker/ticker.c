/* The provider: a tick for every client, twenty times a second. */
#include "../tick.h"

enum { PERIOD_MS = 50, CLIENTS_MAX = 8 };

static struct reeve_channel *clients[CLIENTS_MAX];
static uint64_t n_ticks;

/* Clients say nothing; the call that matters is the last one. */
static void on_message(struct reeve *r, struct reeve_channel *client,
		       struct reeve_message *m, void *userdata)
{
	struct reeve_channel **place = userdata;

	(void)r;
	if (m)
		return;
	SAY("connection %" PRIu64 " has ended", reeve_channel_id(client));
	*place = NULL;
}

static void on_open(struct reeve *r, struct reeve_channel *client,
		    void *userdata)
{
	int i = 0;

	(void)userdata;
	while (i < CLIENTS_MAX && clients[i])
		i++;
	if (i == CLIENTS_MAX) {
		reeve_channel_close_with(client, REEVE_ERR_NO_RESOURCES);
		return;
	}
	SAY("connection %" PRIu64 " has begun", reeve_channel_id(client));
	if (reeve_watch(r, client, on_message, &clients[i]) == 0)
		clients[i] = client;
}

static void on_time(struct reeve *r, void *userdata)
{
	struct tick tick = { zero_ns, ++n_ticks };
	struct reeve_message m = {
		.ordinal = reeve_ordinal("example/Ticker.OnTick"),
		.bytes = &tick,
		.n_bytes = sizeof(tick),
	};
	int i;

	/* A client that does not read misses some; one that is gone is told
	 * of in its handler. */
	for (i = 0; i < CLIENTS_MAX; i++)
		if (clients[i])
			reeve_send(clients[i], &m);
	reeve_after(r, PERIOD_MS, on_time, userdata);
}

int main(void)
{
	struct reeve *r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("ticker: start me with reeve run\n", stderr);
		return 1;
	}
	zero_ns = clock_ns();
	reeve_serve(r, "/svc/example.Ticker", on_open, NULL);
	reeve_after(r, PERIOD_MS, on_time, NULL);
	return reeve_run(r);
}
