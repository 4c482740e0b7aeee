/*
 * The owner of the tree: gives the ticker to two children, takes it back from
 * one of them, and gives it once more, for a time.
 */
#include "../tick.h"

#include <reeve/grant.h>
#include <stdlib.h>

enum { TIMEOUT_MS = 10000, PAUSE_MS = 300, LIMIT_MS = 500 };

static struct reeve_channel *realm;
static const struct reeve_child client = { .name = "client" };
static const struct reeve_child other = { .name = "other" };
static uint64_t given;

static void must(const char *what, int e)
{
	if (!e)
		return;
	printf("%s: %s\n", what, e > 0 ? reeve_realm_why(realm) : strerror(-e));
	exit(1);
}

/* Give the ticker to @child, for @ms milliseconds, 0: until taken back. */
static uint64_t give(const struct reeve_child *child, uint64_t ms)
{
	struct reeve_grant_spec spec = {
		.type = REEVE_CAPABILITY_SERVICE,
		.from = "#ticker",
		.name = "example.Ticker",
		.expires_ms = ms,
	};
	uint64_t id;

	must("grant", reeve_grant(realm, child, &spec, TIMEOUT_MS, &id));
	SAY("gave the ticker to %s%s", child->name,
	    ms ? ", for half a second" : "");
	return id;
}

static void take_back(struct reeve *r, void *userdata)
{
	struct reeve_revoke_report report;

	(void)r;
	(void)userdata;
	SAY("takes it back from the client");
	must("revoke", reeve_revoke(realm, given, 0, TIMEOUT_MS, &report));
	/* What this says is true now, wherever the channel had gone. */
	SAY("it is taken back: %u connection cut in %.2f ms, %u cells killed",
	    report.n_connections, (double)report.microseconds / 1000,
	    report.n_killed);
}

static void end(struct reeve *r, void *userdata)
{
	(void)userdata;
	reeve_quit(r, 0);
}

/* The client says how far it is: first that it reads, then that it was refused,
 * then that its time has run out. */
static void on_message(struct reeve *r, struct reeve_channel *witness,
		       struct reeve_message *m, void *userdata)
{
	static unsigned step;

	(void)witness;
	if (!m)
		return;
	switch (++step) {
	case 1:
		reeve_after(r, PAUSE_MS, take_back, userdata);
		break;
	case 2:
		given = give(&client, LIMIT_MS);
		break;
	case 3:
		/* The other one is to be seen going on. */
		reeve_after(r, PAUSE_MS, end, userdata);
		break;
	}
}

static void on_open(struct reeve *r, struct reeve_channel *witness,
		    void *userdata)
{
	reeve_watch(r, witness, on_message, userdata);
}

/* The first tick tells when the time of this example began. */
static void set_clock(struct reeve *r)
{
	struct reeve_channel *ticker;
	struct reeve_message *m;

	must("open", reeve_open(r, "/svc/example.Ticker", &ticker));
	must("tick", reeve_receive(ticker, TIMEOUT_MS, &m));
	tick_read(m);
	reeve_message_free(m);
	reeve_channel_close(ticker);
}

int main(void)
{
	struct reeve *r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("owner: start me with reeve run\n", stderr);
		return 1;
	}
	must("open", reeve_open(r, "/svc/reeve.Realm", &realm));
	must("serve", reeve_serve(r, "/svc/example.Witness", on_open, NULL));
	set_clock(r);
	given = give(&client, 0);
	give(&other, 0);
	must("start", reeve_start_child(realm, &other, TIMEOUT_MS));
	must("start", reeve_start_child(realm, &client, TIMEOUT_MS));
	return reeve_run(r);
}
