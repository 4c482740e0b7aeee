/* Realm A: a client of all three services, which it knows by name only. */
#include "../words.h"

int main(void)
{
	static const char *const questions[][2] = {
		{ "logger", "A was here" },
		{ "database", "how many orders" },
		{ "network", "GET /" },
	};
	struct reeve_channel *service;
	const char *name;
	struct reeve *r;
	size_t i;
	int e = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (reeve_join(&r) < 0) {
		fputs("a: start me with reeve run\n", stderr);
		return 1;
	}
	for (i = 0; i < sizeof(questions) / sizeof(questions[0]) && !e; i++) {
		name = questions[i][0];
		/* Whoever provides it may not have come so far yet. */
		reeve_wait_name(r, name, true, TIMEOUT_MS);
		service = words_connect(r, name);
		if (!service)
			return 1;
		/* From here on A and the service are alone. */
		e = words_ask(service, name, questions[i][1]);
		reeve_channel_close(service);
	}
	reeve_leave(r);
	return e ? 1 : 0;
}
