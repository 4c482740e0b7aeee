/* Another client of the same ticker, which nothing is taken from. */
#include "../tick.h"

enum { SAY_EVERY = 10 };

static uint64_t n_ticks, n_missed, last;

static void on_tick(struct reeve *r, struct reeve_channel *ticker,
		    struct reeve_message *m, void *userdata)
{
	uint64_t number;

	(void)r;
	(void)ticker;
	(void)userdata;
	if (!m) {
		SAY("end of file: it was taken from me");
		return;
	}
	number = tick_read(m);
	n_missed += last ? number - last - 1 : 0;
	last = number;
	if (!(++n_ticks % SAY_EVERY))
		SAY("%" PRIu64 " ticks, %" PRIu64 " missed", n_ticks, n_missed);
}

static void on_stop(struct reeve *r, void *userdata)
{
	(void)userdata;
	SAY("%" PRIu64 " ticks in all, %" PRIu64 " missed", n_ticks, n_missed);
	reeve_quit(r, 0);
}

int main(void)
{
	struct reeve_channel *ticker;
	struct reeve *r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("other: start me with reeve run\n", stderr);
		return 1;
	}
	if (reeve_open(r, "/svc/example.Ticker", &ticker) != 0)
		return 1;
	reeve_watch(r, ticker, on_tick, NULL);
	reeve_on_stop(r, on_stop, NULL);
	return reeve_run(r);
}
