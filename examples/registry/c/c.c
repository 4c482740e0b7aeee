/*
 * Realm C: the logger, for all children of the root. It keeps its own place in
 * the database, and would like to use the network too.
 */
#include "../words.h"

static const char network_is_up[] = "the network is up";

/* The parent offers C the network, but D did not mean C when it registered. */
static void try_network(struct reeve *r)
{
	struct reeve_channel *network = words_connect(r, "network");

	if (network)
		words_ask(network, "network", "let me out");
	reeve_channel_close(network);
}

static void on_message(struct reeve *r, struct reeve_channel *client,
		       struct reeve_message *m, void *userdata)
{
	static const char answer[] = "written";

	(void)userdata;
	if (!m)
		return;
	printf("log: %.*s\n", (int)m->n_bytes, (const char *)m->bytes);
	if (m->n_bytes == strlen(network_is_up) &&
	    !memcmp(m->bytes, network_is_up, m->n_bytes))
		try_network(r);
	/* Some only tell, and wait for no answer. */
	if (m->txid)
		reeve_reply(client, m, answer, strlen(answer));
}

static void on_open(struct reeve *r, struct reeve_channel *client,
		    void *userdata)
{
	reeve_watch(r, client, on_message, userdata);
}

int main(void)
{
	/* A star is one name: every child of the root, and nobody below. */
	static const char *const access[] = { "/*", NULL };
	const struct reeve_registration options = { .access = access };
	struct reeve_channel *database;
	struct reeve *r;
	int e;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("c: start me with reeve run\n", stderr);
		return 1;
	}
	e = reeve_register(r, "logger", &options, on_open, NULL);
	if (e) {
		printf("logger: not registered: %s\n",
		       e > 0 ? reeve_registry_why(r) : strerror(-e));
		return 1;
	}
	puts("registered \"logger\" for all children of the root");
	reeve_wait_name(r, "database", true, TIMEOUT_MS);
	database = words_connect(r, "database");
	if (database)
		words_ask(database, "database", "the last line I wrote");
	reeve_channel_close(database);
	return reeve_run(r);
}
