/* Gets a channel from the client, which nobody gave to it otherwise, and reads
 * from it. */
#include "../tick.h"

/* The request of the client that waits for the first tick. */
static struct reeve_channel *client;
static uint32_t txid;
static uint64_t n_ticks;

static void on_tick(struct reeve *r, struct reeve_channel *ticker,
		    struct reeve_message *m, void *userdata)
{
	struct reeve_message request = { .txid = txid };

	(void)r;
	(void)ticker;
	(void)userdata;
	if (!m) {
		SAY("end of file on the channel that was passed to me");
		return;
	}
	tick_read(m);
	if (n_ticks++)
		return;
	SAY("reads ticks over the client's channel");
	request.ordinal = reeve_ordinal("example/Friend.Take");
	if (client)
		reeve_reply(client, &request, NULL, 0);
}

static void on_message(struct reeve *r, struct reeve_channel *from,
		       struct reeve_message *m, void *userdata)
{
	struct reeve_channel *ticker;

	(void)userdata;
	if (!m) {
		client = NULL;
		return;
	}
	client = from;
	txid = m->txid;
	if (reeve_channel_adopt(reeve_message_take_handle(m, 0), &ticker) == 0)
		reeve_watch(r, ticker, on_tick, NULL);
}

static void on_open(struct reeve *r, struct reeve_channel *from, void *userdata)
{
	reeve_watch(r, from, on_message, userdata);
}

int main(void)
{
	struct reeve *r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("friend: start me with reeve run\n", stderr);
		return 1;
	}
	reeve_serve(r, "/svc/example.Friend", on_open, NULL);
	return reeve_run(r);
}
