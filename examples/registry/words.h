/*
 * What the four programs say to each other: words, in calls with one ordinal
 * for each service. The first seed's services are any protocol one likes; this
 * is the shortest.
 */
#pragma once

#include <reeve.h>
#include <reeve/registry.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 10000 };

/* Find @name, now or as soon as somebody has registered it, and connect. What
 * is refused is said. NULL then. */
static inline struct reeve_channel *words_connect(struct reeve *r,
						  const char *name)
{
	struct reeve_channel *channel;
	int e;

	e = reeve_connect(r, name, TIMEOUT_MS, &channel);
	if (!e)
		return channel;
	printf("%s: refused: %s\n", name,
	       e > 0 ? reeve_registry_why(r) : strerror(-e));
	return NULL;
}

/* Say @words, and print what is answered. */
static inline int words_ask(struct reeve_channel *channel, const char *name,
			    const char *words)
{
	struct reeve_message request = {
		.ordinal = reeve_ordinal("example/Words.Ask"),
		.bytes = words,
		.n_bytes = strlen(words),
	}, *reply;
	int e;

	e = reeve_call(channel, &request, TIMEOUT_MS, &reply);
	if (e) {
		printf("%s: %s\n", name, strerror(-e));
		return e;
	}
	printf("%s: \"%s\" -> \"%.*s\"\n", name, words, (int)reply->n_bytes,
	       (const char *)reply->bytes);
	reeve_message_free(reply);
	return 0;
}
