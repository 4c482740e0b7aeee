/* Realm D: the network, for A alone. */
#include "../words.h"

static void on_message(struct reeve *r, struct reeve_channel *client,
		       struct reeve_message *m, void *userdata)
{
	static const char answer[] = "200 OK";

	(void)r;
	(void)userdata;
	if (m)
		reeve_reply(client, m, answer, strlen(answer));
}

static void on_open(struct reeve *r, struct reeve_channel *client,
		    void *userdata)
{
	reeve_watch(r, client, on_message, userdata);
}

int main(void)
{
	static const char *const access[] = { "/A", NULL };
	const struct reeve_registration options = { .access = access };
	struct reeve_channel *logger;
	struct reeve *r;
	int e;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("d: start me with reeve run\n", stderr);
		return 1;
	}
	e = reeve_register(r, "network", &options, on_open, NULL);
	if (e) {
		printf("network: not registered: %s\n",
		       e > 0 ? reeve_registry_why(r) : strerror(-e));
		return 1;
	}
	puts("registered \"network\" for /A");
	reeve_wait_name(r, "logger", true, TIMEOUT_MS);
	logger = words_connect(r, "logger");
	if (logger)
		words_ask(logger, "logger", "the network is up");
	/* Nobody gave D the database: siblings have nothing of each other. */
	reeve_channel_close(words_connect(r, "database"));
	return reeve_run(r);
}
