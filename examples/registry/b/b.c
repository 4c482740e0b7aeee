/* Realm B: the database, for A and C. Writes to the logger what it was asked.
 */
#include "../words.h"

static struct reeve_channel *logger;

/*
 * Without waiting for an answer: B and the logger serve each other, and two who
 * wait for each other serve nobody.
 */
static void log_words(const char *words)
{
	struct reeve_message m = {
		.ordinal = reeve_ordinal("example/Words.Ask"),
		.bytes = words,
		.n_bytes = strlen(words),
	};

	if (logger)
		reeve_send(logger, &m);
}

static void on_message(struct reeve *r, struct reeve_channel *client,
		       struct reeve_message *m, void *userdata)
{
	static const char answer[] = "42";

	(void)r;
	(void)userdata;
	if (!m)
		return;
	reeve_reply(client, m, answer, strlen(answer));
	log_words("the database was asked");
}

static void on_open(struct reeve *r, struct reeve_channel *client,
		    void *userdata)
{
	reeve_watch(r, client, on_message, userdata);
}

int main(void)
{
	/* B knows its clients by their place in the tree. What the parent gives
	 * to others beyond these stays closed. */
	static const char *const access[] = { "/A", "/C", NULL };
	const struct reeve_registration options = { .access = access };
	struct reeve *r;
	int e;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("b: start me with reeve run\n", stderr);
		return 1;
	}
	e = reeve_register(r, "database", &options, on_open, NULL);
	if (e) {
		printf("database: not registered: %s\n",
		       e > 0 ? reeve_registry_why(r) : strerror(-e));
		return 1;
	}
	puts("registered \"database\" for /A and /C");
	reeve_wait_name(r, "logger", true, TIMEOUT_MS);
	logger = words_connect(r, "logger");
	log_words("the database is up");
	return reeve_run(r);
}
