/* What A and B say to each other: words, with one ordinal for each service. */
#pragma once

#include <reeve.h>
#include <reeve/process.h>
#include <reeve/router.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATABASE "/svc/database"
#define REPORTS	 "/svc/reports"

enum { TIMEOUT_MS = 20000 };

/* A message of @words. */
static inline struct reeve_message words_of(const char *words)
{
	return (struct reeve_message){
		.ordinal = reeve_ordinal("example/Words.Ask"),
		.bytes = words,
		.n_bytes = strlen(words),
	};
}

/* The words of a message, as a string. */
static inline void words_copy(const struct reeve_message *m, char *buffer,
			      size_t n)
{
	snprintf(buffer, n, "%.*s", (int)m->n_bytes, (const char *)m->bytes);
}
