/*
 * The client: reads some ticks, passes its channel on, and is blocked in a read
 * when the ticker is taken away from it.
 */
#include "../tick.h"

#include <reeve/registry.h>
#include <unistd.h>

enum { TIMEOUT_MS = 10000, N_TICKS = 3 };

#define TICKER "example.Ticker"

static int fail(const char *what, int e)
{
	printf("%s: %s\n", what, strerror(-e));
	return 1;
}

/* Tell the owner how far we are. */
static void tell(struct reeve_channel *witness, const char *words)
{
	struct reeve_message m = {
		.ordinal = reeve_ordinal("example/Witness.Tell"),
		.bytes = words,
		.n_bytes = strlen(words),
	};

	reeve_send(witness, &m);
}

/* Read ticks until there are @n, or the channel ends: 0 or why. */
static int read_ticks(struct reeve_channel *ticker, uint64_t n, uint64_t *ret)
{
	struct reeve_message *m;
	int e = 0;

	for (*ret = 0; *ret < n; ++*ret) {
		e = reeve_receive(ticker, -1, &m);
		if (e)
			break;
		tick_read(m);
		reeve_message_free(m);
	}
	return e;
}

/* A second descriptor of the same end, for a friend, who answers when it has
 * read a tick from it. */
static int pass_on(struct reeve *r, struct reeve_channel *ticker)
{
	int copy = dup(reeve_channel_fd(ticker));
	struct reeve_message m = {
		.ordinal = reeve_ordinal("example/Friend.Take"),
		.handles = &copy,
		.n_handles = 1,
	}, *reply;
	struct reeve_channel *friend;
	int e;

	e = reeve_open(r, "/svc/example.Friend", &friend);
	if (e)
		return e;
	e = reeve_call(friend, &m, TIMEOUT_MS, &reply);
	if (!e)
		reeve_message_free(reply);
	reeve_channel_close(friend);
	return e;
}

static int lose_what_was_given(struct reeve *r, struct reeve_channel *witness)
{
	struct reeve_channel *ticker;
	uint64_t n;
	int e;

	e = reeve_open(r, "/svc/" TICKER, &ticker);
	if (!e)
		e = read_ticks(ticker, N_TICKS, &n);
	if (!e)
		e = pass_on(r, ticker);
	if (e)
		return fail("the ticker", e);
	SAY("read %d ticks and passed the channel on; reading", N_TICKS);
	tell(witness, "reading");
	(void)read_ticks(ticker, UINT64_MAX, &n);
	SAY("end of file, after %" PRIu64 " more ticks", n);
	reeve_channel_close(ticker);

	/* A new one is not to be had either. */
	e = reeve_open(r, "/svc/" TICKER, &ticker);
	if (!e) {
		(void)read_ticks(ticker, 1, &n);
		SAY("a new open: %s, by %s",
		    reeve_status_name(reeve_channel_status(ticker)),
		    reeve_channel_closer(ticker) == REEVE_CLOSER_MANAGER
			    ? "the manager"
			    : "somebody else");
		reeve_channel_close(ticker);
	} else {
		SAY("a new open: %s", strerror(-e));
	}
	tell(witness, "refused");
	return 0;
}

static int lose_what_runs_out(struct reeve *r, struct reeve_channel *witness)
{
	struct reeve_channel *ticker;
	uint64_t n, since;
	int e;

	/* The grant makes it appear. */
	e = reeve_wait_name(r, TICKER, true, TIMEOUT_MS);
	if (!e)
		e = reeve_open(r, "/svc/" TICKER, &ticker);
	if (e)
		return fail("the ticker again", e);
	since = clock_ns();
	SAY("it is there again");
	(void)read_ticks(ticker, UINT64_MAX, &n);
	SAY("end of file after %.0f ms and %" PRIu64 " ticks",
	    (double)(clock_ns() - since) / 1e6, n);
	reeve_channel_close(ticker);
	tell(witness, "done");
	return 0;
}

int main(void)
{
	struct reeve_channel *witness;
	struct reeve *r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("client: start me with reeve run\n", stderr);
		return 1;
	}
	if (reeve_open(r, "/svc/example.Witness", &witness) != 0)
		return 1;
	return lose_what_was_given(r, witness) ||
	       lose_what_runs_out(r, witness);
}
